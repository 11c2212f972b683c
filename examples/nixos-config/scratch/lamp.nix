{ config, lib, ... }:
{
  imports = [ { services.printing.enable = config.scratch.lamp; } ];

  options.scratch.lamp = lib.mkEnableOption "the lamp";

  config = lib.mkMerge [
    (lib.optionalAttrs config.scratch.lamp { services.lamp.enable = true; })
    (lib.mkIf config.scratch.lamp { imports = [ ./draft.nix ]; })
    { environment = { etc.lamp.text = "on"; } // { etc.desk.text = "on"; }; }
    { services.lamp = { enable = true; } // { bright = true; }; }
  ];
}
