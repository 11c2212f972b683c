# The host, and the one user on it.
{
  networking.hostName = "demo";
  home-manager.users.alice = {
    imports = [ ./home.nix ];
    home.homeDirectory = "/home/alice";
  };
}
