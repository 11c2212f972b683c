# nixamine: allow-file(long-module) it was long once
{ config, lib, ... }:
let
  # nixamine: allow(hardcoded-home) nothing of the kind is left here
  name = "demo";
  text = ''
    # nixamine: allow(mk-force) this is text, not a comment
    echo ready
  '';
in
{
  networking.hostName = name; # nixamine: allow(mk-force) plain these days

  # Every night.
  # nixamine: allow(mk-force) it was forced last year
  services.cron.enable = true;

  # nixamine: allow(mk-force, long-module) the installer insists
  services.openssh.enable = lib.mkForce false;

  # nixamine: allow(mk-force) and this one is needed
  services.ntp.enable = lib.mkForce true;

  environment.etc = {
    motd.text = "# nixamine: allow(mk-force) text again";
    script.text = text;
    list.value = [
      1
      # nixamine: allow(mk-force) no use inside a list
      2
      /* nixamine: allow(mk-force) not a line comment */ 3
    ];
    sum.value = 1 /* between */ + # nixamine: allow(untyped-option) mid-expression
      2;
    function.value = (x: # nixamine: allow(mk-force) after the colon
      x + 1) 1;
    host.value = config.networking.hostName;
  };
}
