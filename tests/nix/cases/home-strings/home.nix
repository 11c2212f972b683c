# Strings of many kinds that hold the home directory.
{ config, pkgs, ... }:
{
  home.sessionVariables = {
    NOTES = "/home/alice/notes";
    PLAIN = "/home/alice";
    BOTH = "/home/alice/bin:/home/alice/.local/bin";
    LATER = "/opt/tools:/home/alice/bin";
    MIXED = "${pkgs.hello}/share:/home/alice/share";
    ESCAPED = "\${HOME} is /home/alice/\"quoted\"";
    DOLLAR = "$/home/alice/x and $${not} /home/alice";
    OTHER = "/home/alice.old/notes";
    LONGER = "/home/alice2/notes";
    SLASH = "/home/alice/";
    URL = "https://example.org/home/alice/notes";
    FILEURL = "file:///home/alice/notes";
    INSIDE = "/srv/home/alice/notes";
    NESTED = "${toString "/home/alice/deep"}/x";
    GLOB = "/home/alice/*.md";
    OTHERS = "/home/bob/notes";
  };

  home.file."notes.conf".text = ''
    path = /home/alice/notes
    ''${literal} ''$ /home/alice/more
      indented ${pkgs.hello} /home/alice
  '';
  home.file."/home/alice/.inputrc".text = "set bell-style none";
  home.file."one.conf".text = ''/home/alice/one'';

  programs.demo.paths = [
    "/home/alice/a"
    ("/home/alice" + "/b")
    (builtins.substring 6 5 "/home/alice/c")
  ];
  programs.demo.kind = builtins.typeOf /home/alice/picture;
  programs.demo.lookup.${"/home/alice/key"} = 1;
  programs.demo.found = { "/home/alice" = 1; }."/home/alice" or 0;
  programs.demo.same = config.home.homeDirectory == "/home/alice";
  programs.demo.fromFunction = ({ dir ? "/home/alice/d" }: dir) { };
}
