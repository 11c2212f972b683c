# No host imports this.
{ lib, ... }:
{
  imports = [
    "./host.nix"
    "host.nix"
    ("../string-import/host.nix")
  ];
  options.x = lib.mkOption { default = 1; };
}
