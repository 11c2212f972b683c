# Two users share a module that speaks of one of them.
{
  home-manager.users.alice = {
    imports = [ ./shared.nix ];
    home.homeDirectory = "/home/alice";
  };
  home-manager.users.bob = {
    imports = [ ./shared.nix ];
    home.homeDirectory = "/home/bob";
  };
}
