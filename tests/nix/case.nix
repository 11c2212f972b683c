# The hosts and homes of one case.
{ flake }:
(import ./modules.nix).evalFlake {
  inherit flake;
  pkgs.hello = "/hello";
}
