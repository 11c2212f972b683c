# nixamine: allow-file(hardcoded-home) the other devices know these folders by this name
# Module: sync
# Folders that travel between the desktop and the telephone.
{ pkgs, ... }:
{
  services.syncthing = {
    enable = true;
    settings.folders = {
      notes.path = "/home/alice/notes";
      photos.path = "/home/alice/photos";
    };
  };

  home.packages = [ pkgs.rsync ];
}
