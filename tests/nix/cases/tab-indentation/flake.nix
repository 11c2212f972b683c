{
  outputs =
    { nixpkgs, home-manager, ... }:
    {
      nixosConfigurations.demo = nixpkgs.lib.nixosSystem {
        system = "x86_64-linux";
        modules = [
          home-manager.nixosModules.home-manager
          ./host.nix
        ];
      };
    };
}
