# Every option that a set of modules declares, as Nix itself sees it: see
# `options` beside this file, which finds the arguments.
{
  # home-manager, nixvim, nix-darwin or nixos
  kind,
  # The folder of that project.
  source,
  # A folder with lib/, nixos/modules and pkgs/pkgs-lib. None of its packages is used.
  nixpkgs,
  # JSON: every name that `pkgs.NAME` may have
  names,
  # JSON: parts of options ("default programs.git.enable") whose evaluation
  # fails in a way that Nix cannot catch
  skip ? null,
  # More modules, and then only what these declare: files below `only`.
  modules ? [ ],
  only ? null,
}:
let
  nixpkgsLib =
    let
      plain = import (nixpkgs + "/lib");
      people = {
        maintainers = genAttrs allNames (name: {
          inherit name;
          github = name;
          githubId = 0;
          email = name;
        });
        teams = genAttrs allNames (shortName: {
          inherit shortName;
          members = [ ];
        });
      };
    in
    # Libraries before 2018 cannot be extended.
    if plain ? extend then plain.extend (_: _: people) else plain // people;

  lib =
    if kind == "home-manager" then
      import (source + "/modules/lib/stdlib-extended.nix") nixpkgsLib
    else if kind == "nixvim" then
      nixpkgsLib.extend (import (source + "/lib/overlay.nix"))
    else
      nixpkgsLib;

  genAttrs =
    keys: f:
    builtins.listToAttrs (
      map (name: {
        inherit name;
        value = f name;
      }) keys
    );
  allNames = builtins.fromJSON (builtins.readFile names);
  skipped = if skip == null then { } else genAttrs (builtins.fromJSON (builtins.readFile skip)) (_: true);

  # ------------------------------------------------------------- packages
  # A package that is asked nothing but its name: a derivation, a function and
  # a set of its own outputs.
  package =
    name:
    let
      self = {
        type = "derivation";
        inherit name;
        pname = name;
        version = "0";
        system = "x86_64-linux";
        outPath = "/nix/store/00000000000000000000000000000000-${name}";
        drvPath = "/nix/store/00000000000000000000000000000000-${name}.drv";
        outputName = "out";
        outputs = [ "out" ];
        meta = {
          description = name;
          homepage = "https://example.org/${name}";
          mainProgram = name;
          maintainers = [ ];
          license = lib.licenses.mit;
          platforms = lib.platforms.all;
        };
        passthru = { };
        src = "/nix/store/00000000000000000000000000000000-${name}-source";
        override = _: self;
        overrideAttrs = _: self;
        overridePythonAttrs = _: self;
        extend = _: self;
        withPackages = _: self;
        __functor = _: _: self;
      }
      // genAttrs [ "out" "bin" "dev" "lib" "man" "doc" "all" "unwrapped" ] (_: self);
    in
    self;

  # Sets of packages share one set of every name.
  members = genAttrs allNames package;
  isSet =
    name:
    builtins.match ".*(Plugins|Packages|Extensions|Scripts)(_[0-9_]*)?" name != null
    || builtins.elem name [
      "gnome"
      "kdePackages"
      "libsForQt5"
      "plasma5Packages"
      "qt6"
      "qt5"
      "xorg"
      "xfce"
      "haskell"
      "nodePackages_latest"
      "vscode-extensions"
      "jetbrains"
      "beam"
      "gst_all_1"
      "nerd-fonts"
      "darwin"
      "unixtools"
      "python3Packages"
      "tree-sitter-grammars"
    ];
  pkgs =
    members
    // genAttrs (builtins.filter isSet allNames) (
      name: members // { outPath = "/nix/store/00000000000000000000000000000000-${name}"; }
    )
    // rec {
      _type = "pkgs";
      inherit lib pkgs;
      path = nixpkgs;
      config = { };
      overlays = [ ];
      buildPackages = pkgs;
      pkgsBuildBuild = pkgs;
      pkgsi686Linux = pkgs;
      targetPackages = pkgs;
      extend = _: pkgs;
      appendOverlays = _: pkgs;
      system = stdenv.system;
      stdenv = package "stdenv" // rec {
        system = if kind == "nix-darwin" then "aarch64-darwin" else "x86_64-linux";
        hostPlatform = lib.systems.elaborate system;
        buildPlatform = hostPlatform;
        targetPlatform = hostPlatform;
        inherit (hostPlatform) isLinux isDarwin isx86_64 isAarch64;
        isi686 = false;
        is64bit = true;
        mkDerivation = args: package args.name or args.pname or "derivation";
        shell = "/bin/sh";
        cc = package "cc";
      };
      stdenvNoCC = stdenv;
      hostPlatform = stdenv.hostPlatform;
      formats = import (nixpkgs + "/pkgs/pkgs-lib/formats.nix") { inherit lib pkgs; };
      callPackage = f: args: package "called";
      callPackages = f: args: { };
      writeText = name: _: package name;
      writeScript = name: _: package name;
      writeScriptBin = name: _: package name;
      writeShellScript = name: _: package name;
      writeShellScriptBin = name: _: package name;
      writeShellApplication = args: package args.name;
      runCommand = name: _: _: package name;
      runCommandLocal = name: _: _: package name;
      symlinkJoin = args: package args.name or "join";
      linkFarm = name: _: package name;
      buildEnv = args: package args.name or "env";
      makeSetupHook = _: _: package "hook";
      substituteAll = args: package args.name or "substituted";
      replaceVars = _: _: package "replaced";
    };

  # -------------------------------------------------------------- modules
  # Whoever reads the configuration gets an error that can be caught: only some
  # defaults depend on it. In other sets of modules the options do, too.
  unreadable =
    { options, ... }:
    {
      config = genAttrs (builtins.filter (n: n != "_module") (builtins.attrNames options)) (
        n: throw "`config.${n}` is read"
      );
    };
  ours = [
    {
      _file = "options.nix";
      _module.check = false;
      _module.args = {
        pkgs = lib.mkForce pkgs;
        pkgs_i686 = lib.mkForce { };
      };
    }
  ]
  ++ (if kind == "home-manager" && only == null then [ unreadable ] else [ ])
  ++ modules;

  exists = builtins.filter builtins.pathExists;

  evaluated =
    {
      home-manager = lib.evalModules {
        class = "homeManager";
        modules =
          import (source + "/modules/modules.nix") {
            inherit lib pkgs;
            check = false;
          }
          ++ ours;
        specialArgs.modulesPath = toString (source + "/modules");
      };
      nixvim = lib.nixvim.modules.evalNixvim { modules = ours ++ [ { isDocs = true; } ]; };
      nix-darwin = lib.evalModules {
        class = "darwin";
        modules = import (source + "/modules/module-list.nix") ++ ours;
        specialArgs.modulesPath = toString (source + "/modules");
      };
      nixos = lib.evalModules (
        {
          modules = exists (import (source + "/nixos/modules/module-list.nix")) ++ [
            {
              nixpkgs.system = "x86_64-linux";
              _module.args = {
                baseModules = [ ];
                modules = [ ];
                extraModules = [ ];
                noUserModules = { };
                lib = lib.mkForce lib;
                utils = import (source + "/nixos/lib/utils.nix") {
                  inherit lib pkgs;
                  config = throw "`config` is read";
                };
              };
            }
          ] ++ ours;
          specialArgs.modulesPath = toString (source + "/nixos/modules");
        }
        // (if (builtins.functionArgs lib.evalModules) ? class then { class = "nixos"; } else { })
      );
    }
    .${kind};

  # -------------------------------------------------------------- options
  # Says where the evaluation is, so that a fatal error can be skipped next time.
  at =
    part: path: value: otherwise:
    let
      what = "${part} ${builtins.concatStringsSep "." path}";
    in
    if skipped ? ${what} then otherwise else builtins.trace "@${what}" value;

  attempt =
    value: otherwise:
    let
      tried = builtins.tryEval value;
    in
    if tried.success then tried.value else otherwise;

  # Whether a value is one that JSON has. Strings that name a package have not
  # been written by anybody.
  isLiteral =
    value:
    if builtins.isAttrs value then
      !(value ? type && value.type == "derivation")
      && !(value ? _type)
      && !(value ? __functor)
      && lib.all isLiteral (builtins.attrValues value)
    else if builtins.isList value then
      lib.all isLiteral value
    else if builtins.isString value then
      value == builtins.replaceStrings [ "/nix/store/00000000" (toString source) ] [ "" "" ] value
    else
      builtins.isBool value || builtins.isInt value || builtins.isFloat value || value == null;

  # A recursive type names itself: it has the name and the description of one
  # that it is in. Some have no end to their description.
  type =
    described: above: t:
    let
      name = t.name or "unspecified";
      description =
        if described then
          attempt (if builtins.isString (t.description or null) then t.description else "") ""
        else
          "";
      key = "${name} ${description}";
      nested = attempt (if builtins.isAttrs (t.nestedTypes or null) then t.nestedTypes else { }) { };
      payload = t.functor.payload or null;
      values = if builtins.isAttrs payload then payload.values or [ ] else payload;
    in
    {
      inherit name description;
    }
    // (
      if (described && builtins.elem key above) || builtins.length above > (if described then 40 else 8) then
        { recursive = true; }
      else
        {
          nested = builtins.mapAttrs (_: n: type described (above ++ [ key ]) n) (
            lib.filterAttrs (_: n: builtins.isAttrs n) nested
          );
        }
    )
    // (
      if name == "enum" && builtins.isList values && attempt (isLiteral values) false then
        { inherit values; }
      else
        { }
    );

  # Options below an option. The library does not say those of `either`, whose
  # sides may be submodules all the same.
  subOptions =
    path: t: hidden:
    let
      own = if t ? getSubOptions then attempt (t.getSubOptions path) { } else { };
      sides = t.nestedTypes or { };
      through = t.name or "" == "nullOr" || t.name or "" == "coercedTo";
    in
    if builtins.isAttrs own && builtins.removeAttrs own [ "_module" ] != { } then
      [
        {
          either = hidden;
          options = own;
        }
      ]
    else if t.name or "" == "either" && sides ? left then
      subOptions path sides.left true ++ subOptions path sides.right true
    else if through then
      subOptions path (sides.elemType or sides.finalType or { }) hidden
    else
      [ ];

  relative =
    file:
    let
      text = toString file;
      inside = base: lib.hasPrefix (toString base + "/") text;
      cut = base: lib.removePrefix (toString base + "/") text;
    in
    if only != null && inside only then
      cut only
    else if inside source then
      cut source
    else if inside nixpkgs then
      "<nixpkgs>/" + cut nixpkgs
    else
      text;

  option =
    either: depth: opt:
    let
      path = opt.loc;
      visible = opt.visible or true;
      t = opt.type or lib.types.unspecified;
      # A module in another one has no name, but its text has a place.
      positions = opt.declarationPositions or [ ];
      declarations = map relative (
        if builtins.length positions == builtins.length (opt.declarations or [ ]) then
          lib.zipListsWith (
            d: p: if d == "<unknown-file>" && p != null then p.file or d else d
          ) opt.declarations positions
        else
          opt.declarations or [ ]
      );
      hasDefault = opt ? default;
      literal = at "default" path (attempt (isLiteral opt.default) false) false;
      wanted = only == null || lib.any (d: lib.hasPrefix (toString only + "/") (toString d)) opt.declarations;
      described = at "type" path (type true [ ] t) (type false [ ] t);
      one = {
        inherit path declarations hasDefault visible;
        type = described.name;
        inherit (described) description;
        nested = described.nested or { };
        readOnly = opt.readOnly or false;
        internal = opt.internal or false;
        hasDefaultText = opt ? defaultText;
        positions = map (
          p:
          if p == null then
            null
          else
            {
              file = relative p.file;
              inherit (p) line;
            }
        ) positions;
      }
      // (if described ? values then { inherit (described) values; } else { })
      // (if hasDefault && literal then { inherit (opt) default; } else { })
      // (if either then { either = true; } else { });
      below =
        if visible == "shallow" || depth > 6 then
          [ ]
        else
          at "below" path (builtins.concatMap (
            sub: builtins.concatMap (option sub.either (depth + 1)) (collect sub.options)
          ) (subOptions path t either)) [ ];
    in
    (if wanted then [ one ] else [ ]) ++ below;

  collect =
    options:
    builtins.concatMap (
      name:
      let
        value = options.${name};
      in
      if name == "_module" || !builtins.isAttrs value then
        [ ]
      else if value._type or "" == "option" then
        [ value ]
      else
        collect value
    ) (builtins.attrNames options);
in
builtins.concatMap (option false 0) (collect evaluated.options)
