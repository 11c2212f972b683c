# Nixamine for those who have Nix; everybody else builds it with cargo.
{
  description = "Linter and language server for NixOS and Home Manager modules";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      systems = [
        "x86_64-linux"
        "aarch64-linux"
        "aarch64-darwin"
      ];
      eachSystem =
        make: nixpkgs.lib.genAttrs systems (system: make nixpkgs.legacyPackages.${system});
    in
    {
      packages = eachSystem (pkgs: rec {
        nixamine = pkgs.callPackage ./nix/package.nix { };
        default = nixamine;
      });

      overlays.default = final: _: {
        nixamine = final.callPackage ./nix/package.nix { };
      };

      nixvimModules.default =
        { lib, pkgs, ... }:
        {
          # A function has no name by which the module system knows it again.
          key = "${self}#nixvimModules.default";
          imports = [ ./editor-plugins/nixvim ];
          plugins.nixamine.package = lib.mkDefault (
            self.packages.${pkgs.stdenv.hostPlatform.system}.nixamine or pkgs.nixamine or null
          );
        };

      # What scripts/test and the editor plugins need.
      devShells = eachSystem (pkgs: {
        default = pkgs.mkShell {
          packages = [
            pkgs.cargo
            pkgs.clippy
            pkgs.helix
            pkgs.neovim
            pkgs.nix
            pkgs.nodejs
            pkgs.pre-commit
            pkgs.rustc
            pkgs.rustfmt
          ];
        };
      });

      # Clippy and the other tests are left to scripts/test: here they would build
      # everything once more.
      checks = eachSystem (
        pkgs:
        let
          inherit (self.packages.${pkgs.stdenv.hostPlatform.system}) nixamine;
        in
        {
          inherit nixamine;

          example =
            pkgs.runCommand "nixamine-example"
              {
                nativeBuildInputs = [ nixamine ];
                example = ./examples/nixos-config;
              }
              ''
                # The example has findings: 0 would mean that they were missed, and
                # 2 that it could not be read.
                status=0
                nixamine check "$example" >"$out" || status=$?
                [ "$status" = 1 ]
              '';

          format =
            pkgs.runCommand "nixamine-format"
              {
                nativeBuildInputs = [
                  pkgs.cargo
                  pkgs.rustfmt
                ];
                source = ./.;
              }
              ''
                cargo fmt --manifest-path "$source/Cargo.toml" --all --check
                touch "$out"
              '';
        }
      );
    };
}
