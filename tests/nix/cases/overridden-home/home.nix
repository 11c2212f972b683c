# The old place is still mounted and read.
{ config, ... }:
{
  home.homeDirectory = "/home/alice";
  # nixamine: allow(mk-force) nothing is forced
  home.sessionVariables.OLD = "/home/alice/notes";
  home.sessionVariables.NEW = "${config.home.homeDirectory}/notes";
}
