# The login screen of the desktop.
{
  imports = [ ../../modules/nixos/greeter.nix ];

  site.greeter = {
    enable = true;
    theme = "light";
    timeout = 0;
    session = [ "sway" ];
    command = "greet";
  };
}
