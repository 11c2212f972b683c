# No host imports this.
{ ... }:
{
  imports = [ ./motd.nix ];
  services.printing.enable = true;
}
