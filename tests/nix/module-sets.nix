# What the module system itself makes of sets of modules. `folder` holds cases.json
# and a folder with the files of each case; `lib` is nixpkgs' library.
{
  lib,
  folder,
  from,
  to,
}:
let
  cases = builtins.fromJSON (builtins.readFile (folder + "/cases.json"));

  succeeds = value: (builtins.tryEval (builtins.seq value null)).success;
  succeedsDeeply = value: (builtins.tryEval (builtins.deepSeq value null)).success;

  judge =
    case:
    let
      main = folder + "/${case.name}/main.nix";
      strict = lib.evalModules { modules = [ main ]; };
      lenient = lib.evalModules {
        modules = [
          main
          { _module.check = false; }
        ];
      };
      option =
        path:
        let
          found = lib.attrByPath path null lenient.options;
          definitions = found.definitionsWithLocations;
          winners = lib.unique (map (it: baseNameOf (toString it.file)) definitions);
        in
        if !(succeeds found.type.name) then
          { status = "declaration"; }
        else if !(succeeds definitions) then
          { status = "read-only"; }
        else if !(succeedsDeeply (map (it: it.value) definitions)) then
          { status = "value"; }
        else
          {
            status =
              if succeedsDeeply found.value then
                "ok"
              else if definitions == [ ] then
                "unset"
              else if !(lib.all (it: found.type.check it.value) definitions) then
                "mismatch"
              else
                "conflict";
            # The default is one, too.
            winners = if found.highestPrio == 1500 then [ ] else winners;
          };
    in
    {
      inherit (case) name;
      unknown = !(succeeds strict.config);
      options = lib.listToAttrs (
        map (path: {
          name = lib.concatStringsSep "." path;
          value = option path;
        }) case.options
      );
    };
in
map judge (lib.sublist from (to - from) cases)
