# Module: access
# How people get into the server, and what they find there.
{ ... }:
{
  services.openssh.enable = true;
  services.openssh.startWhenNeeded = false;
  security.sudo.wheelNeedsPassword = false;
  services.openssh.settings.PermitRootLogin = "yes";
  services.openssh.settings.PasswordAuthentication = true;
  networking.firewall.enable = false;
  nixpkgs.config.permittedInsecurePackages = [ "olm-3.2.16" ];
  services.grafana.settings.security.admin_password = "correct-horse";
  users.users.alice.hashedPasswordFile = "/run/secrets/alice";
  containers.sandbox.config.networking.firewall.enable = false;
}
