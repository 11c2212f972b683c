# Module: editor
# Helix, with the colours of the desktop.
{ config, lib, ... }:
let
  cfg = config.site.editor;
in
{
  options.site.editor = {
    theme = lib.mkOption {
      type = lib.types.str;
      default = "onedark";
      description = "The name of the colour theme.";
    };

    scratchFile = lib.mkOption {
      default = null;
      defaultText = lib.literalExpression "null";
      example = "/home/user/scratch.md";
      description = "A file for passing thoughts.";
    };
  };

  config.programs.helix = {
    enable = true;
    settings = {
      # Stylix sets a theme of its own, which is too pale for this screen.
      theme = lib.mkForce cfg.theme;

      editor.line-number = "relative";
      editor.cursorline = lib.mkForce true;
    };
  };
}
