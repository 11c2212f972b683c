{
  config,
  lib,
  pkgs,
  ...
}:
# Module: base
# What every machine has: the user, the shell tools, the Nix settings.
# Dependencies: none
let
  cfg = config.site.base;
in
{
  options.site.base = {
    enable = lib.mkEnableOption "the settings that all machines share" // {
      default = true;
    };

    extraTools = lib.mkOption {
      type = lib.types.listOf lib.types.package;
      default = [ ];
      description = lib.mdDoc "Command line tools that one host wants on top.";
    };
  };

  options.networking.hosts = lib.mkOption {
    apply = lib.filterAttrs (_: names: names != [ ]);
  };

  config = lib.mkIf cfg.enable {
    users.users.alice = {
      isNormalUser = true;
      home = "/home/alice";
      extraGroups = [ "wheel" ];
    };

    environment.systemPackages = [
      pkgs.git
      pkgs.ripgrep
    ] ++ cfg.extraTools;

    nix.settings.experimental-features = [
      "nix-command"
      "flakes"
    ];

    boot.kernel.sysctl = {
      "vm.swappiness" = lib.mkDefault 60;
      "net.core.rmem_max" = 2500000;
    };
  };
}
