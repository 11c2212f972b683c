# Ideas for a desk. No host imports them yet.
{ ... }:
{
  imports = [
    "./desk.nix"
    ./desk.nix
    ./shelf.nix
    (import ./lamp.nix)
    ./curtain.nix
  ];
}
