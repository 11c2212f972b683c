# The hosts of the example configuration, with what Nixpkgs would supply.
{ flake }:
(import ./modules.nix).evalFlake {
  inherit flake;
  pkgs = {
    git = "git";
    ripgrep = "ripgrep";
    rsync = "rsync";
    fd = "fd";
    foliate = "foliate";
    jq = "jq";
    inter = "inter";
    jetbrains-mono = "jetbrains-mono";
  };
  extraModules = [
    {
      services.prometheus.exporters.node.port = 9100;
      security.apparmor.enable = true;
    }
  ];
}
