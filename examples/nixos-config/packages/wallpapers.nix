{
  config ? { },
  lib,
  pkgs,
  ...
}:

let
  sizes = config.sizes or [
    "1920x1080"
    "2560x1440"
    "3840x2160"
  ];

  render = size: ''
    magick -size ${size} \
      gradient:'#1d2021'-'#3c3836' \
      -swirl 30 \
      "$out/share/wallpapers/gradient-${size}.png"
  '';
in
pkgs.stdenvNoCC.mkDerivation {
  pname = "wallpapers";
  version = "1.2";

  dontUnpack = true;
  nativeBuildInputs = [ pkgs.imagemagick ];

  # The sandbox has no home; some tools insist on one.
  HOME = "/build/home/alice";

  buildPhase = ''
    runHook preBuild
    mkdir -p "$out/share/wallpapers"
    ${lib.concatMapStrings render sizes}
    runHook postBuild
  '';

  dontInstall = true;

  meta = {
    description = "Plain gradients in the sizes of our screens";
    license = lib.licenses.cc0;
    platforms = lib.platforms.all;
  };
}
