{
  description = "One desktop, one small server, one user";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.05";
    home-manager = {
      url = "github:nix-community/home-manager/release-25.05";
      inputs.nixpkgs.follows = "nixpkgs";
    };
  };

  outputs =
    { nixpkgs, home-manager, ... }:
    let
      system = "x86_64-linux";
      pkgs = nixpkgs.legacyPackages.${system};
    in
    {
      nixosConfigurations = {
        desktop = nixpkgs.lib.nixosSystem {
          inherit system;
          modules = [
            ./hosts/desktop
            ./hosts/desktop/greeter.nix
            ./modules/nixos/workstation.nix
            home-manager.nixosModules.home-manager
            {
              home-manager.useGlobalPkgs = true;
              home-manager.users.alice = import ./modules/home;
            }
          ];
        };

        server = nixpkgs.lib.nixosSystem {
          inherit system;
          modules = [
            ./hosts/server
            ./modules/nixos/access.nix
            ./modules/nixos/monitoring.nix
          ];
        };
      };

      packages.${system}.wallpapers = pkgs.callPackage ./packages/wallpapers.nix { };
    };
}
