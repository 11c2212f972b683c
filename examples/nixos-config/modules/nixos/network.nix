# Module: network
# Queueing and buffer sizes for a fast line.
{ lib, ... }:
{
  networking.nftables.enable = true;
  networking.hosts."0.0.0.0" = (import ../../data/blocklist.nix).domains;
  networking.firewall.allowedTCPPorts = [ 22 ];

  boot.kernelModules = [ "tcp_bbr" ];

  users.groups.netdev.members = [ "alice" ];

  boot.kernel.sysctl = {
    "net.core.default_qdisc" = "fq";
    "net.core.rmem_max" = 7500000;
    "net.ipv4.tcp_congestion_control" = lib.mkOverride 200 "bbr";
    "net.ipv4.tcp_fastopen" = 3;
  };
}
