# The old place is still read.
{ config, ... }:
{
  home.sessionVariables.OLD = "/home/alice/notes";
  home.sessionVariables.NEW = "${config.home.homeDirectory}/notes";
}
