# Feature: greeter
# Provides: site.greeter, the login screen of a machine with a display
{ config, lib, ... }:
let
  cfg = config.site.greeter;
in
{
  options.site.greeter = {
    enable = lib.mkEnableOption "the login screen";

    theme = lib.mkOption {
      type = lib.types.enum [
        "dark"
        "light"
      ];
      default = "dark";
      description = "How the login screen looks.";
    };

    sessions = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      default = [ ];
      description = "What can be started.";
    };

    timeout = lib.mkOption {
      type = lib.types.ints.positive;
      default = 30;
      description = "Seconds until the screen goes dark.";
    };

    command = lib.mkOption {
      type = lib.types.str;
      readOnly = true;
      default = "greet --remember";
      description = "What the display manager starts.";
    };
  };

  config = lib.mkIf cfg.enable {
    services.greetd.enable = true;
    services.greetd.settings.default_session.command = cfg.command;
  };
}
