# What flake.nix and the Nixvim module promise, looked at with stand-ins for
# Nixpkgs and for the module system. `failed` tells of each promise whether it is
# kept, and is the number of those that are not.
{ root, version }:
let
  inherit (builtins)
    all
    attrNames
    concatLists
    elem
    filter
    foldl'
    fromTOML
    functionArgs
    intersectAttrs
    isList
    length
    listToAttrs
    map
    mapAttrs
    pathExists
    readFile
    removeAttrs
    substring
    toJSON
    trace
    ;
  modules = import ./modules.nix;
  lib = modules.lib // {
    genAttrs =
      names: make:
      listToAttrs (
        map (name: {
          inherit name;
          value = make name;
        }) names
      );
    licenses = {
      mit = "MIT";
      asl20 = "Apache-2.0";
    };
  };

  expect = promise: wanted: got: { inherit promise wanted got; };
  judge =
    failed:
    {
      promise,
      wanted,
      got,
    }:
    if wanted == got then
      trace "ok   ${promise}" failed
    else
      trace "FAIL ${promise}\n     wanted ${toJSON wanted}\n     got    ${toJSON got}" (failed + 1);

  systems = [
    "aarch64-darwin"
    "aarch64-linux"
    "x86_64-linux"
  ];
  tools = [
    "cargo"
    "clippy"
    "helix"
    "neovim"
    "nix"
    "nodejs"
    "pre-commit"
    "rustc"
    "rustfmt"
  ];
  pkgsFor =
    system:
    let
      pkgs = lib.genAttrs tools (name: name) // {
        inherit lib;
        gitMinimal = "git";
        installShellFiles = "installShellFiles";
        stdenv = {
          hostPlatform = { inherit system; };
          buildPlatform.canExecute = _: true;
        };
        callPackage =
          file: more:
          let
            package = import file;
          in
          package (intersectAttrs (functionArgs package) pkgs // more);
        # What a builder was given, and for which system. Paths become text,
        # because Nix would copy all that is there.
        rustPlatform.buildRustPackage =
          args:
          args
          // {
            builtFor = system;
            src = toString args.src;
            cargoLock.lockFile = toString args.cargoLock.lockFile;
          };
        vimUtils.buildVimPlugin = args: args // { src = toString args.src; };
        mkShell = args: args;
        runCommand = name: args: script: { inherit name args script; };
      };
    in
    pkgs;

  manifest = fromTOML (readFile (root + "/Cargo.toml"));
  locked = (fromTOML (readFile (root + "/Cargo.lock"))).package;
  folder = name: toString (root + "/${name}");

  flake = import (root + "/flake.nix");
  outputs = flake.outputs {
    self = outputs // {
      outPath = toString root;
    };
    nixpkgs = {
      lib = removeAttrs lib [ "licenses" ];
      legacyPackages = lib.genAttrs systems pkgsFor;
    };
  };
  package = outputs.packages.x86_64-linux.nixamine;

  flakeItself = [
    (expect "flake.nix has nothing but what a flake may have" [
      "description"
      "inputs"
      "outputs"
    ] (attrNames flake))
    (expect "the only input is Nixpkgs" {
      nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
    } flake.inputs)
    (expect "the outputs ask for it, and for nothing else" {
      nixpkgs = false;
      self = false;
    } (functionArgs flake.outputs))
    (expect "the flake and the crate describe themselves alike" manifest.package.description
      flake.description
    )
    (expect "the outputs" [
      "checks"
      "devShells"
      "nixvimModules"
      "overlays"
      "packages"
    ] (attrNames outputs))
  ]
  ++
    map
      (
        output:
        expect "${output.name} for every system" (lib.genAttrs systems (_: output.wanted)) (
          mapAttrs (_: attrNames) outputs.${output.name}
        )
      )
      [
        {
          name = "packages";
          wanted = [
            "default"
            "nixamine"
          ];
        }
        {
          name = "devShells";
          wanted = [ "default" ];
        }
        {
          name = "checks";
          wanted = [
            "example"
            "format"
            "nixamine"
          ];
        }
      ];

  thePackage = [
    (expect "the package's name" "nixamine" package.pname)
    (expect "its version is that of the program" version package.version)
    (expect "its source is this repository" (toString root) package.src)
    (expect "its lock file is the repository's" (folder "Cargo.lock") package.cargoLock.lockFile)
    (expect "the lock file has its version"
      [ version ]
      (map (crate: crate.version) (filter (crate: crate.name == "nixamine") locked))
    )
    # Nix would want a hash of each crate that is not from a registry.
    (expect "no crate comes from git" [ ] (
      filter (crate: substring 0 4 (crate.source or "") == "git+") locked
    ))
    (expect "only the program is built" [ "-p" "nixamine" ] package.cargoBuildFlags)
    (expect "the manual and the completions are installed" [ ] (
      builtins.filter (word: builtins.length (builtins.split word package.postInstall) < 2) [
        "installManPage"
        "installShellCompletion"
      ]
    ))
    (expect "only the program is tested" [ "-p" "nixamine" ] package.cargoTestFlags)
    (expect "it is tested" true (package.doCheck or true))
    (expect "what it says of itself" {
      inherit (manifest.package) description;
      homepage = manifest.workspace.package.repository;
      license = [
        "MIT"
        "Apache-2.0"
      ];
      mainProgram = "nixamine";
    } package.meta)
    (expect "the program it names is one of the crate's" true (
      elem package.meta.mainProgram (map (bin: bin.name) manifest.bin)
    ))
    (expect "each system has its own" (lib.genAttrs systems (system: system)) (
      mapAttrs (_: own: own.nixamine.builtFor) outputs.packages
    ))
    (expect "it is the default" package outputs.packages.x86_64-linux.default)
    (expect "the overlay adds it, and nothing else" { nixamine = package; } (
      outputs.overlays.default (pkgsFor "x86_64-linux") { }
    ))
    (expect "the checks build it" package outputs.checks.x86_64-linux.nixamine)
    (expect "the example is checked by it" [ package ]
      outputs.checks.x86_64-linux.example.args.nativeBuildInputs
    )
    (expect "the shell has the tools" true (
      all (tool: elem tool outputs.devShells.x86_64-linux.default.packages) tools
    ))
  ];

  # The options and settings of Nixvim with some modules.
  nixvim =
    pkgs: list:
    (modules.evalModules {
      inherit pkgs;
      modules = list;
    }).config;
  module = root + "/editor-plugins/nixvim";
  pkgs = pkgsFor "x86_64-linux";
  # As if Nixpkgs had it.
  packaged = pkgs // {
    nixamine = "of Nixpkgs";
  };
  enabled.plugins.nixamine.enable = true;
  settingsOf =
    pkgs: own:
    nixvim pkgs [
      module
      enabled
      { plugins.nixamine = own; }
    ];
  unset = "<not set>";

  declared =
    (import module {
      inherit lib pkgs;
      config = { };
    }).options.plugins.nixamine;
  plain = settingsOf pkgs { };
  plugin = plain.extraPlugins;

  theModule = [
    (expect "the options and their types" {
      enable = "bool";
      package = "null or package";
      settings = "set of anything";
      fixOnSave = "bool";
    } (mapAttrs (_: option: option.type or "none") declared))
    (expect "their defaults" {
      enable = false;
      package = null;
      settings = { };
      fixOnSave = false;
    } (nixvim pkgs [ module ]).plugins.nixamine)
    (expect "nothing happens unless it is enabled" {
      extraPlugins = unset;
      autoCmd = unset;
      lsp.servers.nixamine = {
        enable = unset;
        package = unset;
        config.settings.nixamine = { };
      };
    } (removeAttrs (nixvim pkgs [ module ]) [ "plugins" ]))
    (expect "enabled, it adds the plugin and the server, and nothing else" {
      extraPlugins = [
        {
          name = "nixamine.nvim";
          src = folder "editor-plugins/nvim";
        }
      ];
      autoCmd = unset;
      lsp.servers.nixamine = {
        enable = true;
        package = null;
        config.settings.nixamine = { };
      };
    } (removeAttrs plain [ "plugins" ]))
    # The stand-in for the module system looks at conditions last, and so leaves an
    # empty set above; here they are decided at once.
    (expect "without settings the server is not configured" unset
      (import module {
        inherit pkgs;
        lib = lib // {
          mkIf = condition: content: if condition then content else unset;
        };
        config.plugins.nixamine = {
          enable = true;
          package = null;
          settings = { };
        };
      }).config.lsp.servers.nixamine.config
    )
    (expect "the plugin knows the server by that name" true (
      isList plugin && all (it: pathExists (it.src + "/lsp/nixamine.lua")) plugin
    ))
    (expect "settings go to the server as they are" {
      ignore = [ "long-module" ];
      maxFiles = 5;
    }
      (settingsOf pkgs {
        settings = {
          ignore = [ "long-module" ];
          maxFiles = 5;
        };
      }).lsp.servers.nixamine.config.settings.nixamine
    )
    (expect "fixOnSave fixes before a file is written"
      [
        {
          event = "BufWritePre";
          desc = "nixamine: apply the safe fixes";
          callback.__raw = "function(event) require('nixamine').fix(event.buf) end";
        }
      ]
      (settingsOf pkgs { fixOnSave = true; }).autoCmd
    )
    (expect "the package of Nixpkgs is taken where there is one" "of Nixpkgs"
      (settingsOf packaged { }).lsp.servers.nixamine.package
    )
    (expect "a package that is given comes first" "given"
      (settingsOf packaged { package = "given"; }).lsp.servers.nixamine.package
    )
  ];

  # The same module as the flake offers it.
  offered =
    system: more:
    (nixvim (pkgsFor system) (
      [
        outputs.nixvimModules.default
        enabled
      ]
      ++ more
    )).lsp.servers.nixamine.package;

  theOffer = [
    (expect "the flake offers one Nixvim module" [ "default" ] (attrNames outputs.nixvimModules))
    # Without a key, a module that comes from two places declares its options twice.
    (expect "the module system knows it again" true (
      (outputs.nixvimModules.default { inherit lib pkgs; }) ? key
    ))
    (expect "it takes the flake's package" outputs.packages.aarch64-linux.nixamine (
      offered "aarch64-linux" [ ]
    ))
    (expect "it does what the module does" plain.extraPlugins
      (nixvim pkgs [
        outputs.nixvimModules.default
        enabled
      ]).extraPlugins
    )
    (expect "a package that is given comes first here, too" "given" (
      offered "x86_64-linux" [ { plugins.nixamine.package = "given"; } ]
    ))
    (expect "a system that the flake has no package for is no error" null (
      offered "riscv64-linux" [ ]
    ))
  ];

  promises = concatLists [
    flakeItself
    thePackage
    theModule
    theOffer
  ];
in
{
  failed = foldl' judge 0 promises;
  promised = length promises;
  # The commands of the checks that do not build. They are told, too, because a
  # result would come with escapes.
  example = trace outputs.checks.x86_64-linux.example.script null;
  format = trace outputs.checks.x86_64-linux.format.script null;
}
