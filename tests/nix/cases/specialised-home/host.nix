# With the travel disk the home is elsewhere, but not the notes.
{ lib, ... }:
{
  # nixamine: allow(mk-force) nothing is forced
  home-manager.users.alice = {
    imports = [ ./home.nix ];
    home.homeDirectory = "/home/alice";
  };

  specialisation.travel.configuration = {
    # The travel disk has to win.
    home-manager.users.alice.home.homeDirectory = lib.mkForce "/travel/alice";
  };
}
