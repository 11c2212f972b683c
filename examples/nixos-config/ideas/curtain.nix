{ lib, pkgs }:
{
	options.ideas.curtain.package = lib.mkPackageOption pkgs "curtain" { };
}
