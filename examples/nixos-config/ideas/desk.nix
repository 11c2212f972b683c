{ config, lib, ... }:
{
  imports = lib.optional config.ideas.lamp ./lamp.nix;

  options.ideas.desk = lib.mkEnableOption "the desk";

  system.stateVersion = lib.trivial.release;
}
