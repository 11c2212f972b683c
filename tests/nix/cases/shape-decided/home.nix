# Which names a module defines must not depend on the configuration either.
{ config, lib, ... }:
let
  where = "/home/alice/.kept";
in
{
  imports = [ ./merged.nix ];
  home.sessionVariables.NOTES = "/home/alice/notes";
}
// lib.optionalAttrs (builtins.pathExists "/home/alice/.never") {
  programs.work.enable = true;
}
// (if builtins.pathExists where then { programs.kept.enable = true; } else { })
// {
  ${if "/home/alice/a" == "/home/alice/b" then "services" else null} = { };
}
