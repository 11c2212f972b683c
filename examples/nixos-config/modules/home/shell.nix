# Module: shell
# The prompt, a few variables and short names.
{ config, pkgs, ... }:
{
  home.packages = [
    pkgs.fd
    pkgs.jq
  ];

  home.sessionPath = [ "${config.home.homeDirectory}/bin" ];

  home.sessionVariables = {
    EDITOR = "hx";
    NOTES = "/home/alice/notes";
  };

  programs.bash = {
    enable = true;
    shellAliases.notes = "hx $NOTES";
    initExtra = ''
      # Start where the work is.
      if [ -d /home/alice/src ]; then
      	cd /home/alice/src
      fi
    '';
  };
}
