# Host: desktop
# Disks and mount points. The home volume carries its own snapshots.
let
  btrfs = subvolume: {
    device = "/dev/disk/by-label/desktop";
    fsType = "btrfs";
    options = [
      "subvol=${subvolume}"
      "compress=zstd"
      "noatime"
    ];
  };
in
{
  fileSystems = {
    "/" = btrfs "root";
    "/home" = btrfs "home";
    "/home/.snapshots" = btrfs "snapshots";
    "/boot" = {
      device = "/dev/disk/by-label/ESP";
      fsType = "vfat";
    };
  };

  services.snapper.configs.home = {
    SUBVOLUME = "/home";
    TIMELINE_CREATE = true;
  };
}
