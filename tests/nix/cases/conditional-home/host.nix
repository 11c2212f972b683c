# Where the home is depends on something.
{
  # nixamine: allow(mk-force) nothing is forced
  home-manager.users.alice = {
    imports = [ ./home.nix ];
    home.homeDirectory = if builtins.pathExists "/never/there" then "/home/alice" else "/data/alice";
  };
}
