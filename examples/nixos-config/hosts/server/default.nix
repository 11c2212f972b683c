# Host: server
# A small machine in the cupboard: notes, metrics, a few containers.
{ config, lib, ... }:
let
  routing = {
    "net.ipv4.ip_forward" = 0;
    "net.ipv4.conf.all.rp_filter" = 1;
  };
in
{
  imports = [
    ../../modules/nixos/base.nix
    ../../modules/nixos/backup.nix
    ../../modules/nixos/hardening.nix
    ../../modules/nixos/network.nix
  ]
  ++ lib.optional (builtins.pathExists ./local.nix) ./local.nix;

  networking.hostName = "server";
  networking.domain = lib.mkOverride 900 "lan";
  networking.useDHCP = lib.mkOverride 40 false;

  # The cupboard has no screen: whatever a profile asks for, the manuals and
  # the fonts stay out.
  documentation.enable = lib.mkForce false;
  documentation.nixos.enable = lib.mkForce false;
  fonts.fontconfig.enable = lib.mkForce false;

  # services.openssh.settings.X11Forwarding = true;
  services.openssh.settings.X11Forwarding = lib.mkForce false;

  # nixamine: allow(mk-force) the upstream profile used to switch this off
  services.timesyncd.enable = true;

  boot.kernel.sysctl =
    routing
    // {
      "net.ipv4.ip_forward" = 1;
      "fs.inotify.max_user_watches" = 65536;
    };

  services.nginx = {
    enable = true;
  } // lib.mkIf (config.networking.domain == "lan") { recommendedTlsSettings = false; };
  services.openssh.openFirewall = lib.mkDefault (lib.mkOptionDefault true);

  virtualisation.oci-containers.containers.notes = {
    image = "docker.io/library/notes:2.4";
    volumes = [ "/srv/notes:/home/node/data" ];
    environment.PUBLIC_URL = "https://notes.example.org/home/alice";
  };

  users.motd = "Welcome to ${config.networking.hostName}. Settings here need no mkForce.";

  site.backup.days = 30;
  site.backup.target = "sftp:desktop:/srv/copies";
  site.backup.start = "02:15";

  # services.fail2ban = {
  #   enable = true;
  #   maxretry = 5;
  # };

  time.timeZone = "Europe/Zurich";
  i18n = {
    defaultLocale = "en_GB.UTF-8";
    extraLocaleSettings = {
      LC_ADDRESS = "de_CH.UTF-8";
      LC_MEASUREMENT = "de_CH.UTF-8";
      LC_MONETARY = "de_CH.UTF-8";
      LC_NUMERIC = "de_CH.UTF-8";
      LC_PAPER = "de_CH.UTF-8";
      LC_TELEPHONE = "de_CH.UTF-8";
      LC_TIME = "de_CH.UTF-8";
    };
  };

  system.stateVersion = "25.05";
}
