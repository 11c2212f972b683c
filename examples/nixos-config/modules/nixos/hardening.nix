# Module: hardening
# Stricter kernel and login settings on machines that run AppArmor.
{ config, lib, ... }:
let
  inherit (lib) mkForce mkIf;
in
{
  # The desktop has none of these screens, but reads the same file.
  options.site.greeter.timeout = lib.mkOption {
    type = lib.types.ints.positive;
    default = 10;
    description = "Seconds until an unattended screen goes dark.";
  };

  config = mkIf config.security.apparmor.enable {
    boot.kernel.sysctl."kernel.sysrq" = 0;
    boot.kernel.sysctl."kernel.kptr_restrict" = 2;

    # nixamine: allow(mk-force) agreed on in the yearly review, see the wiki
    security.sudo.execWheelOnly = mkForce true;

    security.protectKernelImage = mkForce true;
    services.openssh.settings.AllowUsers = [ "alice" ];
  };
}
