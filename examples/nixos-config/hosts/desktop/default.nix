# Host: desktop
# The machine under the desk: graphics, audio, a lot of memory.
{ lib, ... }:
{
  imports = [
    ./disks.nix
    ../../vendor/printer.nix
    ../../modules/nixos/base.nix
    ../../modules/nixos/backup.nix
    ../../modules/nixos/hardening.nix
    ../../modules/nixos/network.nix
  ];

  networking.hostName = "desktop";
  networking.networkmanager.enable = lib.mkForce true;

  services.power-profiles-daemon.enable = lib.mkForce false; # TLP governs this machine
  services.tlp.enable = true;

  boot = {
    kernelModules = [ "kvm-amd" ];
    kernel.sysctl = {
      "fs.inotify.max_user_watches" = 524288;
      "kernel.sysrq" = 1;
      "net.ipv4.tcp_fastopen" = 1;
      "vm.swappiness" = 10;
    };
  };

  site.backup.keep = 14;
  site.backup.start = "02:15";

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
