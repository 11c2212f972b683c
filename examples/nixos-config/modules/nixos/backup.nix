# Feature: backup
# Provides: site.backup, a nightly copy of the documents to the other machine
# Dependencies: services.restic
{
  config,
  lib,
  ...
}:
let
  cfg = config.site.backup;
  type = lib.types.listOf lib.types.str;

  common = {
    default = "03:30";
    example = "04:15";
    description = "When the nightly run starts.";
  };

  mkText =
    description:
    lib.mkOption {
      type = lib.types.str;
      inherit description;
    };
in
{
  imports = [
    (lib.mkRenamedOptionModule [ "site" "backup" "days" ] [ "site" "backup" "keep" ])
    (lib.mkAliasOptionModule [ "site" "backup" "target" ] [ "site" "backup" "repository" ])
  ];

  options.site.backup = {
    interval = lib.mkOption {
      default = "daily";
      description = "How often a copy is made, as a systemd calendar event.";
    };

    keep = lib.mkOption {
      types = lib.types.ints.positive;
      default = 7;
      description = "How many daily copies stay.";
    };

    exclude = lib.mkOption {
      inherit type;
      default = [ "/home/*/.cache" ];
      description = "Patterns that are left out.";
    };

    extraPaths = lib.mkOption {
      inherit type;
      default = [ ];
      example = [ "/home/user/pictures" ];
      description = "More folders, for instance /home/user/music.";
    };

    start = lib.mkOption ({ type = lib.types.str; } // common);

    repository = mkText "Where the copies go.";
  };

  config.services.restic.backups.documents = {
    initialize = true;
    paths = [ "/home/alice/documents" ] ++ cfg.extraPaths;
    inherit (cfg) exclude repository;
    passwordFile = "/run/secrets/restic";
    pruneOpts = [ "--keep-daily ${toString cfg.keep}" ];
    timerConfig.OnCalendar = if cfg.interval == "daily" then cfg.start else cfg.interval;
  };

  config.systemd.services.restore-test = {
    startAt = "monthly";
    script = ''
      set -eu
      target=$(mktemp -d)
      trap 'rm -rf "$target"' EXIT

      for copy in documents; do
        restic-$copy restore latest --target "$target/$copy"
        if [ -z "$(find "$target/$copy" -type f | head -n 1)" ]; then
          echo "nothing came back of $copy" >&2
          exit 1
        fi
        size=$(du -sh "$target/$copy" | cut -f 1)
        echo "$copy: ''${size:-nothing}"
      done
    '';
  };
}
