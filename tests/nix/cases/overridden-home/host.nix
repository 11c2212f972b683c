# The home directory is moved by a stronger definition.
{ lib, ... }:
{
  home-manager.users.alice = {
    imports = [ ./home.nix ];
    # The old disk is gone, this has to be forced.
    home.homeDirectory = lib.mkForce "/data/alice";
  };
}
