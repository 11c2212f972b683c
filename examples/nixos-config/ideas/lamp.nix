{ config, lib, ... }:
{
  imports = [ { services.printing.enable = config.ideas.lamp; } ];

  options.ideas.lamp = lib.mkEnableOption "the lamp";

  config = lib.mkMerge [
    (lib.optionalAttrs config.ideas.lamp { services.lamp.enable = true; })
    (lib.mkIf config.ideas.lamp { imports = [ ./desk.nix ]; })
    { environment = { etc.lamp.text = "on"; } // { etc.desk.text = "on"; }; }
    { services.lamp = { enable = true; } // { bright = true; }; }
  ];
}
