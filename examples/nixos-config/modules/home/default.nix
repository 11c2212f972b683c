# Module: home
# Everything alice has on a machine with a screen.
{
  imports = [
    ./shell.nix
    ./editor.nix
    ./reading.nix
    ./sync.nix
  ];

  home.username = "alice";
  home.homeDirectory = "/home/alice";
  home.stateVersion = "25.05";
}
