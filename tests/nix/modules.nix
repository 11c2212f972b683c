# A small stand-in for the module system: just enough to ask whether a
# configuration still means the same after a fix. It knows imports, options
# with defaults, mkIf, mkMerge, priorities and specialisations. Values of equal priority that
# differ are kept side by side, so that no difference is lost.
let
  inherit (builtins)
    all
    attrNames
    concatLists
    elem
    elemAt
    filter
    foldl'
    head
    isAttrs
    isFunction
    isList
    length
    listToAttrs
    map
    mapAttrs
    removeAttrs
    ;

  mkOverride = priority: content: {
    _type = "override";
    inherit priority content;
  };

  modulesLib = {
    inherit mkOverride;
    mkForce = mkOverride 50;
    mkDefault = mkOverride 1000;
    mkOptionDefault = mkOverride 1500;
    mkIf = condition: content: {
      _type = "if";
      inherit condition content;
    };
    mkMerge = contents: {
      _type = "merge";
      inherit contents;
    };
    mkOption = args: args // { _type = "option"; };
    # As in the last release of nixpkgs that had all of these.
    mdDoc = text: text;
    literalExample = modulesLib.literalExpression;
    literalMD = text: text;
    foldr =
      op: nul: list:
      if list == [ ] then nul else op (builtins.head list) (modulesLib.foldr op nul (builtins.tail list));
    fold = modulesLib.foldr;
    version = "24.05";
    nixpkgsVersion = modulesLib.version;
    mkEnableOption = name: {
      _type = "option";
      type = "bool";
      default = false;
      description = "Whether to enable ${name}.";
    };
    # Who takes the old name is not judged here.
    mkRenamedOptionModule = _: _: { };
    mkAliasOptionModule = _: _: { };
    mkPackageOption = pkgs: name: _: {
      _type = "option";
      default = pkgs.${name};
    };
    literalExpression = text: text;
    optional = condition: x: if condition then [ x ] else [ ];
    optionals = condition: xs: if condition then xs else [ ];
    optionalAttrs = condition: set: if condition then set else { };
    optionalString = condition: text: if condition then text else "";
    concatMapStrings = f: xs: foldl' (text: x: text + f x) "" xs;
    filterAttrs =
      keep: set:
      listToAttrs (
        map (name: {
          inherit name;
          value = set.${name};
        }) (filter (name: keep name set.${name}) (attrNames set))
      );
    types = {
      anything = "anything";
      bool = "bool";
      str = "string";
      path = "path";
      lines = "lines";
      package = "package";
      port = "port";
      int = "int";
      ints.positive = "positive int";
      listOf = element: "list of ${element}";
      attrsOf = element: "set of ${element}";
      nullOr = other: "null or ${other}";
    };
  };

  typeOf = value: value._type or null;

  # One definition: { priority, value }. Conditions and priorities are pushed
  # down to the leaves, as the module system does; a condition is looked at
  # only where a leaf is.
  plain = value: {
    priority = 100;
    conditions = [ ];
    inherit value;
  };

  unwrap =
    def:
    if !isAttrs def.value then
      [ def ]
    else if typeOf def.value == "override" then
      unwrap (
        def
        // {
          inherit (def.value) priority;
          value = def.value.content;
        }
      )
    else if typeOf def.value == "if" then
      unwrap (
        def
        // {
          conditions = def.conditions ++ [ def.value.condition ];
          value = def.value.content;
        }
      )
    else if typeOf def.value == "merge" then
      concatLists (map (value: unwrap (def // { inherit value; })) def.value.contents)
    else
      [ def ];

  winners =
    defs:
    let
      holding = filter (def: all (c: c) def.conditions) defs;
      best = foldl' (p: def: if def.priority < p then def.priority else p) 10000 holding;
    in
    map (def: def.value) (filter (def: def.priority == best) holding);

  # Where a whole module may stand as a value.
  isHomePath =
    path: length path == 3 && elemAt path 0 == "home-manager" && elemAt path 1 == "users";
  isSpecialisationPath =
    path: length path == 3 && elemAt path 0 == "specialisation" && elemAt path 2 == "configuration";

  mergeLeaf =
    path: defs:
    let
      values = winners defs;
      distinct = foldl' (seen: value: if elem value seen then seen else seen ++ [ value ]) [ ] values;
    in
    if values == [ ] then
      "<not set>"
    else if all isList values then
      concatLists values
    else if length distinct == 1 then
      head distinct
    else
      { several = distinct; };

  merge =
    args: path: wrapped:
    let
      defs = concatLists (map unwrap wrapped);
      anyFunction = foldl' (found: def: found || isFunction def.value) false defs;
    in
    if isSpecialisationPath path then
      # The parent and what is special; there is no specialisation inside one.
      (evalModules (
        args
        // {
          modules = args.modules ++ winners defs;
          special = true;
        }
      )).config
    else if isHomePath path || anyFunction then
      (evalModules (
        args
        // {
          # The value is a module: it gets a `config` of its own.
          modules = winners defs;
        }
      )).config
    else if defs != [ ] && all (def: isAttrs def.value) defs then
      mapAttrs (
        name: _:
        merge args (path ++ [ name ]) (
          concatLists (
            map (
              def: if def.value ? ${name} then [ (def // { value = def.value.${name}; }) ] else [ ]
            ) defs
          )
        )
      ) (foldl' (names: def: names // def.value) { } defs)
    else
      mergeLeaf path defs;

  defaults =
    options:
    if typeOf options == "option" then
      mkOverride 1500 (options.default or "<no default>")
    else
      mapAttrs (_: defaults) options;

  evalModules =
    {
      modules,
      pkgs ? { },
      special ? false,
    }@args:
    let
      load =
        module:
        let
          value = if isAttrs module || isFunction module then module else import module;
          set =
            if isFunction value then
              value {
                inherit config pkgs;
                lib = modulesLib;
                options = { };
              }
            else
              value;
          split = set ? config || set ? options;
          own = [
            (plain (
              removeAttrs (if split then set.config or { } else removeAttrs set [ "imports" "key" ]) (
                if special then [ "specialisation" ] else [ ]
              )
            ))
            (plain (defaults (set.options or { })))
          ];
        in
        own ++ concatLists (map load (set.imports or [ ]));

      config = merge args [ ] (concatLists (map load modules));
    in
    {
      inherit config;
    };

  # The real module system rejects a set as the value of a kernel parameter, so
  # `sysctl.vm.swappiness` has no meaning that a fix could keep. What it is meant
  # to say is taken for it: the parameter "vm.swappiness".
  flattenSysctl =
    config:
    if config ? boot.kernel.sysctl then
      config
      // {
        boot = config.boot // {
          kernel = config.boot.kernel // {
            sysctl = listToAttrs (flatten "" config.boot.kernel.sysctl);
          };
        };
      }
    else
      config;
  flatten =
    prefix: set:
    concatLists (
      map (
        name:
        if isAttrs set.${name} && !(set.${name} ? several) then
          flatten "${prefix}${name}." set.${name}
        else
          [
            {
              name = prefix + name;
              value = set.${name};
            }
          ]
      ) (attrNames set)
    );
in
{
  inherit evalModules;
  lib = modulesLib;

  # Evaluates every host of a flake whose only inputs are Nixpkgs and Home
  # Manager: { HOST = its whole configuration; }.
  evalFlake =
    {
      flake,
      pkgs ? { },
      extraModules ? [ ],
    }:
    let
      outputs = (import flake).outputs {
        self = outputs;
        nixpkgs = {
          lib = modulesLib // {
            nixosSystem =
              { modules, ... }:
              evalModules {
                inherit pkgs;
                modules = modules ++ extraModules;
              };
          };
          legacyPackages.x86_64-linux = pkgs // {
            callPackage = file: _: toString file;
          };
        };
        home-manager = {
          nixosModules.home-manager = { };
          lib.homeManagerConfiguration =
            { modules, ... }:
            evalModules { inherit pkgs modules; };
        };
      };
      hosts = outputs.nixosConfigurations or { };
      homes = outputs.homeConfigurations or { };
    in
    mapAttrs (_: host: flattenSysctl host.config) hosts // mapAttrs (_: home: home.config) homes;
}
