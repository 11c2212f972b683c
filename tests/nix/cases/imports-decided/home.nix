# What is imported must not depend on the configuration.
{ config, lib, ... }:
let
  work = "/home/alice/.work";
in
{
  imports =
    lib.optional (builtins.pathExists work) ./none.nix
    ++ (if "/home/alice/x" == "/home/alice/y" then [ ./none.nix ] else [ ]);

  home.sessionVariables.NOTES = "/home/alice/notes";
}
