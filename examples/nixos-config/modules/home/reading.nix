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
  options.site.reading = {
    enable = lib.mkEnableOption "books and comics";

    folder = lib.mkOption {
      type = lib.types.path;
      default = "${config.home.homeDirectory}/books";
      description = "Where the books are.";
    };

    port = lib.mkOption {
      type = lib.types.int;
      default = 8081;
      description = "Where other rooms find the catalogue.";
    };

    cataloguePath = lib.mkOption {
      type = lib.types.str;
      default = "/opds";
      description = "What stands behind the port in the address.";
    };

    shelf = lib.mkOption {
      type = lib.types.str;
      default = "new";
    };
  };

  config = lib.mkMerge [
    { home.packages = [ pkgs.foliate ]; }
    {
      programs.zathura.enable = cfg.enable;
      programs.zathura.options.recolor = true;
    }
    (lib.mkIf cfg.enable {
      home.sessionVariables = {
        BOOKS = "${cfg.folder}/${cfg.shelf}";
        CATALOGUE = "http://desktop.lan:${toString cfg.port}${cfg.cataloguePath}";
        COMICS = "mcomix";
      };
    })
  ];
}
