# Module: reading
# Books and comics, where somebody wants them.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.site.reading;
in
{
  options.site.reading.enable = lib.mkEnableOption "books and comics";

  config = lib.mkMerge [
    { home.packages = [ pkgs.foliate ]; }
    {
      programs.zathura.enable = cfg.enable;
      programs.zathura.options.recolor = true;
    }
    (lib.mkIf cfg.enable { home.sessionVariables.COMICS = "mcomix"; })
  ];
}
