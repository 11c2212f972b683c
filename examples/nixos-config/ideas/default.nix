# Ideas for a desk. No host imports them yet.
{ ... }:
{
  imports = [
    "./desk.nix"
    ./desk.nix
    (import ./lamp.nix)
  ];
}
