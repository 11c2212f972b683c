# A home of its own, with guards and branches.
{
  config,
  lib,
  pkgs,
  ...
}@args:
with lib;
let
  cfg = config.site.notes;
in
{
  imports = [ ./mail.nix ];

  options.site.notes = {
    enable = mkEnableOption "notes" // {
      default = true;
    };
    folder = mkOption {
      type = types.str;
      default = "/home/alice/notes";
      description = "Where the notes are.";
    };
  };

  config = mkMerge [
    {
      home.username = "alice";
      home.homeDirectory = "/home/alice";
      home.arguments = args ? osConfig;
    }
    (mkIf cfg.enable {
      home.sessionVariables.NOTES = cfg.folder;
      home.sessionVariables.DRAFTS = mkDefault "/home/alice/drafts";
      systemd.user.services.sync.Service.ExecStart = "${pkgs.hello}/bin/sync /home/alice/notes";
    })
  ];
}
