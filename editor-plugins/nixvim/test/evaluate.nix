# A Nixvim configuration with the module of this repository, by the real Nixvim
# and the real module system. Packages are stand-ins: nothing is built.
{
  # The sources of Nixvim.
  nixvim,
  # A folder with Nixpkgs' lib/.
  nixpkgs,
  # Where the package of Nixamine is said to be: the folder that has bin/.
  package,
  # Settings of Nixvim: a file.
  configuration,
}:
let
  root = ../../..;
  lib = import (nixpkgs + "/lib");
  system = "x86_64-linux";

  standIn = name: {
    type = "derivation";
    inherit name;
    pname = name;
    version = "1";
    outPath = "/stand-in/${name}";
    meta.mainProgram = name;
  };
  pkgs = lib.genAttrs [ "neovim-unwrapped" "wayland" ] standIn // {
    _type = "pkgs";
    inherit lib;
    config = { };
    overlays = [ ];
    appendOverlays = _: pkgs;
    __splicedPackages = pkgs;
    stdenv.hostPlatform = lib.systems.elaborate system;
    vimUtils.buildVimPlugin = args: standIn args.name // { inherit (args) src; };
    symlinkJoin = args: standIn args.name;
    writeShellApplication = args: standIn args.name;
    runCommand = name: _: _: standIn name;
    runCommandLocal = name: _: _: standIn name;
    rustPlatform.buildRustPackage = args: standIn args.pname // { outPath = package; };
    callPackage =
      file: _:
      import file {
        inherit lib;
        inherit (pkgs) rustPlatform;
      };
  };

  outputs = (import (root + "/flake.nix")).outputs {
    self = outputs // {
      outPath = toString root;
    };
    nixpkgs = {
      inherit lib;
      legacyPackages = lib.genAttrs [ system ] (_: pkgs);
    };
  };

  # Until November 2025 Nixvim found its lib through its own flake, and until May
  # 2026 the overlay wanted to have the flake.
  flake.lib.nixvim = lib.makeOverridable (import (nixvim + "/lib")) { inherit lib flake; };
  overlay = import (nixvim + "/lib/overlay.nix");
  nixvimLib = lib.extend (
    if builtins.functionArgs overlay ? flake then overlay { inherit flake; } else overlay
  );

  inherit
    (nixvimLib.nixvim.evalNixvim {
      modules = [
        outputs.nixvimModules.default
        # It may come from two places.
        outputs.nixvimModules.default
        configuration
        { nixpkgs.pkgs = pkgs; }
        # A lib/ that is some weeks older or newer does. The first revisions do not ask.
        (
          { options, ... }:
          {
            config = lib.optionalAttrs (options ? version) {
              version.enableNixpkgsReleaseCheck = false;
            };
          }
        )
      ];
    })
    config
    ;
in
{
  init = config.content;
  # Those with sources, without Nixvim's own folder of files. As text: paths would
  # be copied.
  plugins = map (plugin: toString plugin.src) (lib.filter (one: one ? src) config.extraPlugins);
  path = map (one: "${one}/bin") config.extraPackages;
  problems =
    config.warnings ++ map (one: one.message) (lib.filter (one: !one.assertion) config.assertions);
}
