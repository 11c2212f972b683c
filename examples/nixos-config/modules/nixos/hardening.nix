# Module: hardening
# Stricter kernel and login settings on machines that run AppArmor.
{ config, lib, ... }:
let
  inherit (lib) mkForce mkIf;
in
{
  config = mkIf config.security.apparmor.enable {
    boot.kernel.sysctl."kernel.sysrq" = 0;
    boot.kernel.sysctl."kernel.kptr_restrict" = 2;

    # nixamine: allow(mk-force) agreed on in the yearly review, see the wiki
    security.sudo.execWheelOnly = mkForce true;

    security.protectKernelImage = mkForce true;
  };
}
