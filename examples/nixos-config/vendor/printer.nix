# Taken over from the printer's project as it is; not ours to tidy.
{ lib, ... }:
{
  services.printing.enable = lib.mkForce true;
  services.printing.extraConf = "LogFile /home/printer/log";
}
