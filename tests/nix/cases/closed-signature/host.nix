# The function is called with just what it names; nobody evaluates the list that
# names it as a module.
{ ... }:
let
  text = import ./motd.nix { name = "demo"; };
in
{
  environment.etc.motd.text = text.environment.etc.motd.text;
  environment.etc.names.text = builtins.concatStringsSep " " (
    builtins.attrNames (builtins.functionArgs (import ./motd.nix))
  );
}
