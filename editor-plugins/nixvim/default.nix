# A module for Nixvim: plugins.nixamine.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.plugins.nixamine;
in
{
  options.plugins.nixamine = {
    enable = lib.mkEnableOption "Nixamine, a linter for NixOS and Home Manager modules";

    package = lib.mkOption {
      type = lib.types.nullOr lib.types.package;
      default = pkgs.nixamine or null;
      defaultText = lib.literalExpression "pkgs.nixamine or null";
      description = "The package that has bin/nixamine; with null it is taken from PATH.";
    };

    settings = lib.mkOption {
      type = lib.types.attrsOf lib.types.anything;
      default = { };
      example = {
        ignore = [ "long-module" ];
      };
      description = "The settings of the language server.";
    };

    fixOnSave = lib.mkOption {
      type = lib.types.bool;
      default = false;
      description = "Whether to apply the safe fixes before a file is written.";
    };
  };

  config = lib.mkIf cfg.enable {
    # Brings lsp/nixamine.lua, where the command, the file type and the root are.
    extraPlugins = [
      (pkgs.vimUtils.buildVimPlugin {
        name = "nixamine.nvim";
        src = ../nvim;
      })
    ];

    lsp.servers.nixamine = {
      enable = true;
      inherit (cfg) package;
      config = lib.mkIf (cfg.settings != { }) { settings.nixamine = cfg.settings; };
    };

    autoCmd = lib.mkIf cfg.fixOnSave [
      {
        event = "BufWritePre";
        desc = "nixamine: apply the safe fixes";
        callback.__raw = "function(event) require('nixamine').fix(event.buf) end";
      }
    ];
  };
}
