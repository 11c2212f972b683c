# Not every `config` is the module's own.
{ config, lib, ... }:
{
  home.sessionVariables.NOTES = "/home/alice/notes";

  programs.one =
    let
      config.home.homeDirectory = "/elsewhere";
    in
    {
      path = "/home/alice/one";
      other = config.home.homeDirectory;
    };

  programs.two = rec {
    config.home.homeDirectory = "/elsewhere";
    path = "/home/alice/two";
  };

  programs.three = map (config: "/home/alice/${config}") [ "three" ];

  # A submodule has a configuration of its own.
  programs.four =
    { config, ... }:
    {
      path = "/home/alice/four";
      home.homeDirectory = "/elsewhere";
      other = config.path;
    };

  programs.five = with { config.home.homeDirectory = "/elsewhere"; }; { path = "/home/alice/five"; };
}
