{ config, lib, ... }:
{
  imports = lib.optional config.scratch.lamp ./lamp.nix;

  options.scratch.desk = lib.mkEnableOption "the desk";

  system.stateVersion = lib.trivial.release;
}
