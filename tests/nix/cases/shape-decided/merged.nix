# The same, in the branches of a merge and one level further down.
{ config, lib, ... }:
{
  config = lib.mkMerge [
    (lib.optionalAttrs (builtins.pathExists "/home/alice/.never") {
      programs.never.enable = true;
    })
    {
      home.sessionVariables.DRAFTS = "/home/alice/drafts";
      home.sessionVariables.LATE = lib.optionalString (
        !builtins.pathExists "/home/alice/.never"
      ) "/home/alice/late";
    }
    {
      home = lib.optionalAttrs (!builtins.pathExists "/home/alice/.never") {
        sessionVariables.EARLY = "early";
      };
    }
    (if "/home/alice/a" == "/home/alice/b" then { home.file = { }; } else { })
    (lib.mkIf (builtins.pathExists "/home/alice/.never") { programs.never.enable = true; })
  ];
}
