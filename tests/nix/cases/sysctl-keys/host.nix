# Kernel parameters, with and without the quotes that they need.
{ config, lib, ... }:
let
  interface = "lan0";
  swap.vm.swappiness = 5;
in
{
  boot.kernel.sysctl.vm.max_map_count = 262144;
  boot.kernel.sysctl.kernel.sysrq = lib.mkDefault 0;
  boot.kernel.sysctl."kernel.panic" = 10;
  boot.kernel.sysctl.net.ipv4.conf.${interface}.rp_filter = 1;
  boot.kernel.sysctl."net".core.somaxconn = 1024;
  boot.kernel.sysctl.fs.inotify = {
    max_user_watches = 524288;
    max_user_instances = 512; # for the editor
  };
  boot.kernel.sysctl.${"kernel.domainname"} = "lan";
  boot.kernel.sysfs.kernel.mm.ksm.run = 1;

  boot.kernelParams = [ "vm.swappiness=${toString swap.vm.swappiness}" ];
  environment.etc.sysctl.vm.swappiness = config.boot.kernel.sysctl."kernel.panic";
}
