{
  config,
  lib,
  pkgs,
  ...
}:

with lib;

let
  cfg = config.site.workstation;
  user = "alice";
  mkForceX11 = enabled: { services.displayManager.gdm.wayland = !enabled; };
in
{
  options.site.workstation = {
    enable = mkEnableOption "a graphical session" // {
      default = true;
    };

    x11 = mkOption {
      type = types.bool;
      default = false;
      description = "Whether the session runs on X11; see `mkForce` for stronger words.";
    };
  };

  config = mkIf cfg.enable (mkMerge [
    (mkForceX11 cfg.x11)
    (mkIf cfg.x11 {
      services.xserver.videoDrivers = mkIf (!cfg.x11) [ "modesetting" ];
    })
    { services.pulseaudio.enable = mkForce false; }
    {
      services.xserver.enable = true;
      services.pipewire.enable = true;
      services.pulseaudio.enable = true;

      site.greeter.theme = "dark";
      site.greeter.sessions = mkIf cfg.x11 [ "xterm" ];

      programs.ssh.askPassword = mkForce "";

      # Off until the scanner is back from repair:
      # hardware.sane = {
      #   enable = true;
      #   extraBackends = [ pkgs.sane-airscan ];
      # };

      fonts.packages = with pkgs; [
        inter
        jetbrains-mono
      ];

      systemd.tmpfiles.rules = [
        "d /home/${user}/.cache/thumbnails 0700 ${user} users 30d"
      ];
    }
  ]);
}
