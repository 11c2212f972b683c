# Both read the notes of one.
{ config, ... }:
{
  # nixamine: allow(mk-force) nothing is forced
  home.sessionVariables.NOTES = "/home/alice/notes";
  home.sessionVariables.MINE = "${config.home.homeDirectory}/notes";
}
