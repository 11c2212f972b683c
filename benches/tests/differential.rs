//! Edited trees against parsed ones: after every edit of a session the tree must
//! be the one that a parse of the whole text gives.
//!
//! `NIXAMINE_EDITS` says how many edits (50,000 unless set), `NIXAMINE_SEED`
//! where to start, `NIXAMINE_CORPUS` a folder whose files are edited beside the
//! generated ones.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test"
)]

use nixamine_benches::modulesets::module_set;
use nixamine_benches::{Random, corpus, module, sessions::Session};
use nixamine_rules::syntax::{Text, TextEdit, TextRange, Tree, parse};
use nixamine_rules::{
    Config, Diagnostic, Document, Presence, Settings, Source, Workspace, analyze,
};
use std::fmt::Write as _;

/// Texts that are hard on whoever splices.
const ODD: &[&str] = &[
    "{ a = 1; }",
    "{ a ? 1, b }: a",
    "{ }",
    "{}: { a = 1; }",
    "a@{ b, ... }: { c = b; }\n",
    "let a = 1; in { b = a; }\n",
    "[ a b (c d) ./e \"f\" ''g'' ]\n",
    "{\n  a = ''\n    x ''${ y } ''' z\n  '';\n  b = \"\\\"${a + \"}\"}\";\n}\n",
    "{ lib, ... }:\n{\n  a = {\n    b = {\n      c = [\n        1\n        2\n      ];\n    };\n  };\n  d = x: y: {\n    e = 1;\n  };\n}\n",
    "{\n a = 1;\n   b = 2;\nc = {\nd = 1;\n};\n    }\n",
    "{ a = if b then c else d; e = with f; g; h = assert i; j; }\n",
    "x: { inherit (x) a b; inherit c; }\n",
    "{\n  a = let\n    b = 1;\n  in\n  b;\n  c = 2;\n}\n",
    "{\r\n  a = 1;\r\n  b = \"x\";\r\n}\r\n",
    "\u{feff}{ a = 1; }\n",
    "{ a = b.c or d; e = -f; g = !h; i = j ? k.l; m = n -> o; p = q |> r; }\n",
    "{ \"a b\".${c}.d = ./e/${f}/g; h = <i/j>; k = ~/l; m = n:o; }\n",
];

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|value| value.parse().ok())
        .unwrap_or(default)
}

fn start(random: &mut Random, corpus: &[String]) -> String {
    if random.below(60) == 0 {
        // Longer than what is read behind an edit, with long characters in it.
        let text = module(random.below(1 << 30) as u64, 80_000);
        return text
            .replace("enable", "en\u{fc}ble")
            .replace("127.0.0.1", "\u{1f600}");
    }
    match random.below(if corpus.is_empty() { 2 } else { 4 }) {
        0 => ODD[random.below(ODD.len())].to_owned(),
        1 => {
            let bytes = 200 + random.below(3_000);
            module(random.below(1 << 30) as u64, bytes)
        }
        _ => corpus[random.below(corpus.len())].clone(),
    }
}

/// The difference between an edited tree and a parsed one, if there is one.
fn difference(tree: &Tree) -> Option<String> {
    let whole = parse(tree.text().clone());
    let mut out = String::new();
    if tree.green() != whole.green() {
        let (a, b) = (shown(tree), shown(&whole));
        let at = a.iter().zip(&b).position(|(a, b)| a != b).unwrap_or(0);
        let from = at.saturating_sub(3);
        let _ = writeln!(out, "tree: edited {:?}", &a[from..(at + 6).min(a.len())]);
        let _ = writeln!(out, "      parsed {:?}", &b[from..(at + 6).min(b.len())]);
    }
    if tree.errors() != whole.errors() {
        let _ = writeln!(out, "errors: edited {:?}", tree.errors());
        let _ = writeln!(out, "        parsed {:?}", whole.errors());
    }
    if whole.errors().is_empty() && tree.remembered() != whole.remembered() {
        let (a, b) = (tree.remembered(), whole.remembered());
        let _ = writeln!(out, "remembered: edited {a}\n            parsed {b}");
    }
    if tree.too_complex() != whole.too_complex() {
        let _ = writeln!(out, "too complex: {:?}", whole.too_complex());
    }
    (!out.is_empty()).then_some(out)
}

fn shown(tree: &Tree) -> Vec<String> {
    tree.root()
        .descendants_with_tokens()
        .map(|element| format!("{:?}@{:?}", element.kind(), element.text_range()))
        .collect()
}

#[test]
fn edited_trees_are_parsed_trees() {
    let edits = number("NIXAMINE_EDITS", 50_000);
    let seed = number("NIXAMINE_SEED", 1);
    eprintln!("seed {seed}, {edits} edits");
    let corpus = corpus(20_000);
    let mut random = Random::new(seed);
    let (mut done, mut session_seed) = (0, seed << 32);
    let (mut broken, mut spliced) = (0, 0);
    let (mut typed, mut typed_spliced) = (0, 0);
    while done < edits {
        session_seed += 1;
        let first = start(&mut random, &corpus);
        let from_module = first.contains("my.") && first.len() < 10_000;
        let mut tree = parse(first);
        let wild = [0, 0, 5, 30, 100][random.below(5)];
        let mut session = Session::new(session_seed, wild);
        for _ in 0..20 + random.below(200) {
            let (_, edit) = session.next(tree.text());
            let before = tree.text().clone();
            let change = tree.apply(&edit);
            let is_spliced = usize::from(change.range.len()) < tree.text().len();
            spliced += u64::from(is_spliced);
            if wild == 0 && from_module {
                typed += 1;
                typed_spliced += u64::from(is_spliced);
            }
            broken += u64::from(!tree.errors().is_empty());
            done += 1;
            if let Some(difference) = difference(&tree) {
                let (before, edit) = shrink(&before, &edit);
                panic!(
                    "seed {seed}, session {session_seed}:\n{difference}\nshrunk: {before:?}\nedit: {edit:?}"
                );
            }
            if tree.text().len() > 200_000 {
                break;
            }
        }
    }
    eprintln!("{done} edits, {broken} left a syntax error, {spliced} were spliced");
    eprintln!("of {typed} typed in modules {typed_spliced} were spliced");
    assert!(typed_spliced * 10 > typed * 8, "most keys are spliced");
}

/// Two files that a third imports: the second is edited. In a flake there is one
/// more, which nothing imports.
fn workspace(document: Document, settings: &Settings, is_flake: bool) -> Workspace {
    let beside = |path: &str, text: &str| analyze(Source::new(path, text), settings);
    let host = "{
  imports = [ ./edited.nix ./other.nix ];
  nix.settings.trusted-users = [ \"alice\" ];
  home-manager.users.bob.imports = [ ];
  services.copy.a = [ 1 2 3 ];
  services.copy.b = f { c = \"d\"; };
}";
    let other = "{ lib, ... }: {
  boot.kernel.sysctl.\"net.git.3\" = 3;
  boot.kernel.sysctl.\"net.x\" = lib.mkDefault 1;
  boot.kernel.sysctl = lib.mkDefault { \"net.git\" = 1; };
  users.users.git.home = \"/home/git\";
  services.y.user = \"alice\";
  home-manager.users.bob.imports = [ ];
  # Copied.
  services.copy.b = f { c = \"d\"; };
  services.copy.c = let g = [ x.y x.z x.a ]; in [ (g.h 1) (g.h 2) ];
  services.copy.d = 1;
}";
    let mut documents = vec![
        document,
        beside("host.nix", host),
        beside("other.nix", other),
    ];
    if is_flake {
        let flake = "{ outputs = { nixpkgs, ... }: { \
            nixosConfigurations.a = nixpkgs.lib.nixosSystem { modules = [ ./host.nix ]; }; \
            nixosConfigurations.b = nixpkgs.lib.nixosSystem { modules = [ ./host.nix ]; }; }; }";
        documents.push(beside("flake.nix", flake));
        documents.push(beside("mods/lone.nix", "{ services.x.enable = true; }"));
    }
    let mut workspace = Workspace::new(documents, []);
    workspace.is_whole(Presence::new(|path| path == "x"));
    workspace.join(settings);
    workspace
}

/// Every rule, and modules and scripts are long soon.
fn everything() -> Settings {
    let config = Config::from_toml(
        "rules.long-module.max-lines = 12\nrules.inline-script.max-lines = 3\nrules.duplicate-code.min-tokens = 14\n",
    );
    let config = config.expect("the rules have these options");
    Settings::new(config, &["all".to_owned()], &[]).expect("`all` is a selector")
}

/// What is wrong with the findings of an edited workspace, if anything.
fn wrong_findings(edited: &Workspace, settings: &Settings) -> Option<String> {
    let text = |workspace: &Workspace| {
        let mut documents = workspace.documents().iter();
        let document = documents.find(|document| &**document.path() == "edited.nix");
        document.map(|document| document.text().clone())
    };
    let whole = analyze(Source::new("edited.nix", text(edited)?), settings);
    let files = edited.documents().len();
    let whole = workspace(whole, settings, files > 3);
    let (ours, theirs) = (edited.check(settings), whole.check(settings));
    for file in 0..files {
        // What an editor shows, by difference, and what it offers.
        let shown = |workspace: &Workspace| -> Vec<_> {
            let placed = workspace.findings(file).into_iter();
            let complete = |mut finding| {
                workspace.complete(file, &mut finding);
                finding
            };
            placed
                .map(|placed| complete(placed.into_diagnostic()))
                .collect()
        };
        let (ours, theirs) = (shown(edited), shown(&whole));
        if ours != theirs {
            return Some(format!("file {file}: edited {ours:#?}\nwhole {theirs:#?}"));
        }
    }
    for (ours, theirs) in ours.files.iter().zip(&theirs.files) {
        if ours.suppressed != theirs.suppressed {
            return Some(format!(
                "allowed {} not {}",
                ours.suppressed, theirs.suppressed
            ));
        }
        let both = ours.diagnostics.iter().zip(&theirs.diagnostics);
        for (ours, theirs) in both {
            if ours != theirs {
                return Some(format!("edited {ours:#?}\nwhole {theirs:#?}"));
            }
        }
        let (ours, theirs) = (&ours.diagnostics, &theirs.diagnostics);
        if ours.len() != theirs.len() {
            let more = ours.get(theirs.len()).or(theirs.get(ours.len()));
            return Some(format!(
                "edited {}, whole {}: {more:#?}",
                ours.len(),
                theirs.len()
            ));
        }
    }
    None
}

#[test]
fn edited_findings_are_those_of_a_full_run() {
    let edits = number("NIXAMINE_EDITS", 50_000);
    let seed = number("NIXAMINE_SEED", 1);
    eprintln!("seed {seed}, {edits} edits");
    let corpus = corpus(20_000);
    let settings = everything();
    let mut random = Random::new(seed);
    let (mut done, mut session_seed) = (0, seed << 32);
    let (mut found, mut broken_found) = (0, 0);
    while done < edits {
        session_seed += 1;
        let first = match random.below(4) {
            0 => start(&mut random, &corpus),
            _ => dense(&mut random),
        };
        let document = Document::open(Source::new("edited.nix", first), &settings);
        let is_flake = random.below(3) == 0;
        let mut workspace = workspace(document, &settings, is_flake);
        let wild = [0, 0, 5, 30, 100][random.below(5)];
        let mut session = Session::new(session_seed, wild);
        for _ in 0..20 + random.below(100) {
            let edited = &workspace.documents()[0];
            let before = edited.text().clone();
            if before.len() > 30_000 {
                break;
            }
            let (_, edit) = session.next(&before);
            workspace.edit("edited.nix", std::slice::from_ref(&edit), &settings);
            done += 1;
            if let Some(wrong) = wrong_findings(&workspace, &settings) {
                let (before, edit) = shrink_by(&before, &edit, |text, edit| {
                    let source = Source::new("edited.nix", text);
                    let mut small =
                        self::workspace(Document::open(source, &settings), &settings, is_flake);
                    small.edit("edited.nix", std::slice::from_ref(edit), &settings);
                    wrong_findings(&small, &settings).is_some()
                });
                panic!(
                    "seed {seed}, session {session_seed}:\n{wrong}\nshrunk: {before:?}\nedit: {edit:?}"
                );
            }
            let findings = workspace.check(&settings);
            let local = |rule: &str| rule != "syntax-error" && rule != "missing-header";
            let all = findings.files[0].diagnostics.iter();
            let count = all.filter(|found| local(found.rule.name)).count();
            found += count;
            let is_broken = workspace.documents()[0]
                .tree()
                .is_some_and(|tree| !tree.errors().is_empty());
            broken_found += if is_broken { count } else { 0 };
        }
    }
    eprintln!("{done} edits, {found} findings, {broken_found} of them in broken texts");
    assert!(
        found > done as usize && broken_found > 0,
        "there is something to compare"
    );
}

/// Settings with much to find in them, and much that decides about it.
/// What the files of sets of modules say of each other's options, while declarations
/// and definitions come, go and change.
#[test]
fn edited_sets_are_checked_sets() {
    let edits = number("NIXAMINE_EDITS", 50_000) / 25;
    let seed = number("NIXAMINE_SEED", 1);
    let settings = everything();
    let mut random = Random::new(seed);
    let mut done = 0;
    let mut linked = 0;
    while done < edits {
        let mut files = module_set(random.below(1 << 20) as u64).files;
        let set = |files: &[(String, String)]| {
            let documents = files.iter();
            let documents = documents
                .map(|(path, text)| analyze(Source::new(path.as_str(), text.as_str()), &settings));
            let mut workspace = Workspace::new(documents.collect(), []);
            workspace.join(&settings);
            workspace
        };
        let mut edited = set(&files);
        for _ in 0..40 {
            done += 1;
            let at = random.below(files.len());
            let before = files[at].1.clone();
            files[at].1 = next_state(&mut random, &files[at]);
            let (path, text) = &files[at];
            let touched = edited.open(path, text, &settings);
            linked += u64::from(touched.others.len() + 1 == files.len());
            let whole = set(&files);
            for file in 0..files.len() {
                let shown = |workspace: &Workspace| -> Vec<_> {
                    let placed = workspace.findings(file).into_iter();
                    placed.map(|placed| placed.into_diagnostic()).collect()
                };
                let (ours, theirs) = (shown(&edited), shown(&whole));
                let said = |found: &[Diagnostic]| -> Vec<String> {
                    let all = found.iter();
                    all.map(|it| format!("{} {:?} {}", it.rule.name, it.range, it.message))
                        .collect()
                };
                let place = edited.documents()[file].path();
                assert!(
                    ours == theirs,
                    "seed {seed}: {path} was\n{before}\nfiles {files:#?}\n\
                     in {place}: edited {:#?}\nchecked {:#?}",
                    said(&ours),
                    said(&theirs)
                );
            }
        }
    }
    println!("{done} edits of sets, {linked} of which touched all files");
}

/// Another text for a file: that of another set, without a line, with one twice, or
/// with another word.
fn next_state(random: &mut Random, (path, text): &(String, String)) -> String {
    const WORDS: &[&str] = &[
        "lib.types.int",
        "lib.types.str",
        "lib.types.bool",
        "a",
        "b",
        "enable",
        "true",
        "false",
        "default",
        "mkIf",
        "mkForce",
        "options",
        "my",
        "readOnly",
    ];
    let mut lines: Vec<&str> = text.lines().collect();
    let at = random.below(lines.len().max(1));
    match random.below(8) {
        0 => {
            let others = module_set(random.below(1 << 20) as u64).files;
            let other = others.into_iter().find(|(other, _)| other == path);
            return other.map_or_else(|| text.clone(), |(_, text)| text);
        }
        1 if !lines.is_empty() => {
            lines.remove(at);
        }
        2 if !lines.is_empty() => lines.insert(random.below(at + 1), lines[at]),
        _ => {
            let (from, to) = (random.pick(WORDS), random.pick(WORDS));
            let places: Vec<usize> = text.match_indices(from).map(|(at, _)| at).collect();
            if places.is_empty() {
                return text.clone();
            }
            let at = places[random.below(places.len())];
            return format!("{}{to}{}", &text[..at], &text[at + from.len()..]);
        }
    }
    lines.join("\n") + "\n"
}

const DENSE: &[&str] = &[
    "  # forced because of the driver\n  services.@.enable = lib.mkForce true;\n",
    "  services.@.enable = mkForce false; # nixamine: allow(mk-force) the vendor says so\n",
    "  services.@ = {\n    enable = f true;\n    home = \"/home/alice/x\";\n\n    b = mkForce 1;\n  };\n",
    "\n",
    "  # nixamine: allow(hardcoded-home)\n  environment.x = {\n    y = \"/home/bob\";\n    z = [ \"/Users/eve\" ];\n  };\n",
    "  boot.kernel.sysctl = {\n    \"net.@\" = 1;\n    \"net.x\" = 2;\n  };\n",
    "  boot.kernel.sysctl.\"net.git.3\" = if a then 1 else lib.mkDefault 2;\n",
    "  boot.kernel.sysctl.net.@ = 5;\n",
    "  boot.kernel.sysctl = lib.mkDefault {\n    \"net.x\" = 2;\n    \"net.@\" = 1;\n  };\n",
    "  config = mkIf cfg.enable {\n    boot.kernel.sysctl.\"net.@\" = mkVMOverride 1;\n    users.users.@.home = \"/home/@\";\n  };\n",
    "  options.my.@ = {\n    a = mkOption { default = 1; };\n    b = lib.mkOption { types = lib.types.str; };\n  };\n",
    "  systemd.@ = let g = lib.mkForce; inherit (lib) mkOption; in {\n    a = g 1;\n    # why not\n    b = g 2;\n  };\n",
    "  home-manager.users.@ = {\n    home.homeDirectory = \"/home/@\";\n    home.file.x.text = \"/home/@/y\";\n  };\n",
    "  specialisation.@.configuration = { boot.kernel.sysctl.\"net.git.3\" = 1; };\n",
    "  imports = [ ./other.nix (lib.mkIf a { services.y = lib.mkForce 1; }) ] ++ more;\n",
    "  my.@ = [ ./mods/lone.nix ];\n  my.x = f ./mods; # ../mods\n",
    "  imports = [ ./@ ./othr.nix ] ++ lib.optional a (import ./@.nix { });\n",
    "  options.@ = if lib ? mdDoc then mkOption {\n    type = lib.types.string;\n    description = lib.mdDoc \"x\";\n  } else lib.id (lib.literalMD or (x: lib.literalDocBook x));\n",
    "  programs.@ = mkMerge [ { a = mkForce 1; } (mkIf b { c = mkForce 2; }) ];\n",
    "  options.my.opt = {\n    port = mkOption { type = lib.types.port; default = 1; };\n    mode = lib.mkOption { type = lib.types.enum [ \"a\" \"@\" ]; };\n    only = lib.mkOption { type = lib.types.int; readOnly = true; default = 1; };\n    enable = lib.mkEnableOption \"x\";\n  };\n",
    "  my.opt.port = \"80\";\n  my.opt.mode = \"@\";\n",
    "  my.opt = {\n    mode = \"git\";\n    porrt = 1;\n    only = 2;\n    port = lib.mkForce 2;\n  };\n",
    "  my.opt.enable = true;\n  my.opt.enable = lib.mkForce false;\n",
    "  imports = [ (lib.mkRenamedOptionModule [ \"my\" \"@\" ] [ \"my\" \"opt\" \"port\" ]) ];\n  my.git = 1;\n",
    "  my.opt.port = 1;\n  my.opt.mode = \"git\";\n  my.x = 3;\n  my.opt.port = 1;\n",
    "  my.opt.mode = lib.mkIf config.my.opt.enable \"a\";\n  my.opt = lib.mkIf config.my.opt.enable { mode = \"git\"; port = 3; };\n",
    "  my.opt = lib.@;\n  config.my.opt.enable = mkIf config.my.x.enable true;\n  options.my.x.enable = lib.mkEnableOption \"x\";\n",
    "  my.@ = lib.mkIf false { y = 1; };\n  my.opt.mode = mkIf a \"@\";\n",
    "  services.@ = { s.a = 1; t = 2; } // { s.b = 1; };\n",
    "  system.stateVersion = lib.trivial.release;\n  x = mkIf a.@ { home.stateVersion = lib.version; };\n",
    "  imports = [ \"./@.nix\" (import ./x.nix) ] ++ lib.optional cfg.@ ./y.nix;\n",
    "  ezConfigs = {\n    root = ./.;\n    nixos.configurationsDirectory = ./mods;\n    nixos.hosts.@.importDefault = false;\n  };\n",
    "  ezConfigs.home.users.@.standalone.enable = true;\n  imports = with ezModules; [ @ ] ++ [ ezModules.lone ];\n",
    "  config = mkMerge [ { imports = [ ./@.nix ]; } (lib.optionalAttrs config.my.x { a = 1; }) ];\n",
    "  options.my.edited.enable = lib.mkEnableOption \"x\";\n  config.services.@ = [ cfg.@ ];\n  config.services.x = [ more ];\n",
    "  boot.kernelParams = [\n    \"@=1\"\n    # why\n    \"b=2\"\n  ];\n",
    "  services.@.retries = 12;\n  # because\n  services.x.retries = \"13\";\n",
    "  systemd.user.services.@.serviceConfig.ExecStart = \"waybar -l\";\n  programs.x.terminal = [ \"foot\" \"${lib.getExe pkgs.@}\" ];\n",
    "  options.my.x.some_thing = lib.mkOption { default = null; description = \"Required if x.\"; };\n  options.@.someThing = lib.mkEnableOption \"x\";\n",
    "  services.@.a = config.my.net.name;\n  services.@.b = throw \"some_thing\";\n",
    "  plugins.lsp.servers = {\n    a.enable = true;\n    b.enable = true;\n    c.enable = true;\n    @.enable = true;\n    d.enable = true;\n    e.enable = true;\n  };\n",
    "  security.sudo.wheelNeedsPassword = false;\n  security.sudo = mkIf a.@ { wheelNeedsPassword = mkForce true; };\n",
    "  security.sudo.extraRules = [ { commands = [ { command = \"ALL\"; options = [ \"NOPASSWD\" ]; } ]; } ];\n  security.doas.extraRules = [ { noPass = true; cmd = \"@\"; } ];\n",
    "  security.sudo.extraConfig = ''\n    @ ALL=(ALL) NOPASSWD: ALL\n    # x ALL=(ALL) NOPASSWD: ALL\n  '';\n",
    "  services.openssh = {\n    settings.PermitRootLogin = \"yes\";\n    settings.PasswordAuthentication = @ true;\n    extraConfig = \"PermitRootLogin yes\";\n  };\n",
    "  networking.firewall.enable = false;\n  networking.@.openFirewall = true;\n  networking.firewall.allowedTCPPorts = [ 80 a.@ ];\n",
    "  networking.nftables.enable = mkIf a.@ true;\n  services.@.listenAddress = \"0.0.0.0\";\n",
    "  my.y = let fetchTarball = f; in [ (builtins.fetchGit { url = \"https://x.org\"; @ = 1; }) (fetchTarball \"https://x.org\") ];\n",
    "  nixpkgs.config = {\n    permittedInsecurePackages = [ \"@-1\" ] ++ [ \"b\" ];\n    allowInsecure = true;\n  };\n",
    "  services.@ = {\n    adminPassword = mkForce \"hunter2\";\n    apiKey = \"e6619670253d4b17baaa\";\n    example = { password = \"a\"; };\n  };\n",
    "  x.env = [ \"DB_PASSWORD=@\" ];\n  x.@ = { tokenFile = ./token; y = lib.readFile config.age.secrets.x.path; };\n",
    "  networking.interfaces.eth0.useDHCP = mkIf a.@ true;\n  networking.nat.internalInterfaces = [ \"wlan0\" \"@\" ];\n",
    "\tservices.@ = {\n\t\tx = ''\n\t\t\ty\n\t\t'';\n\t};\n",
    "  # services.@ = {\n  #   enable = true;\n  # };\n\n  # a.@ = 1;\n  # because\n  # b.x = 2; # FIXME: x\n",
    "  /*\n  services.@ = 1;\n  a.b = ''#'';\n  c = 2;\n  */\n  x = [ \"# TODO\" ]; # TODO(@): later\n  #d = 1;\n  #e = 2;\n  #f = 3;\n",
    "  services.x.y = [ @ a b c d e f g h i j k l m n o p q r s t u v w x y z a b c d e f g h i j k l m n o p q r s t u v w ]; # HACK\n",
    "  options.my.@ = {\n    port = mkOption { type = lib.types.int; default = 80; };\n    dataDir = lib.mkOption { type = with lib.types; nullOr str; default = \"/var/@\"; };\n    s = lib.mkOption {\n      internal = true;\n      type = lib.types.submodule { options.@ = mkOption { type = lib.types.attrs; default = { }; }; };\n    };\n  };\n",
    "  my.x = let dir = \"${cfg.@}/x\"; where = name: name + pkgs.@; in {\n    options.a = lib.mkOption { default = dir; };\n    options.b = mkOption { default = where \"@\"; };\n    options.c = mkOption { default = [ pkgs.@ cfg ]; defaultText = \"x\"; };\n  };\n",
    "  options.my.opt.port = lib.mkOption { type = lib.types.@; };\n  my.@ = lib.mkAliasDefinitions options.my.x;\n",
    "  systemd.services.@.script = lib.mkAfter ''\n    one\n    two ${a.@\n    } b\n    three\n    four\n  '';\n  programs.@.initExtra = ''\n    #!/bin/sh\n    1\n    2\n    3\n  '';\n",
    "  users.users.alice.isNormalUser = true;\n  services.@.user = mkIf a \"alice\";\n  nix.settings.trusted-users = [ \"@\" \"bob\" ];\n",
    "  home-manager.users.bob.imports = [ ];\n  users.users.bob.@ = [ ];\n",
    "  services.copy.a = [ 1 2 3 ];\n  services.copy.b = f { c = \"d\"; };\n  services.copy.c = let g = [ x.y x.z x.a ]; in [ (g.h 1) (g.h 2) ];\n  services.copy.d = 1;\n",
    "  services.@ = [ (f { services.copy.a = [ 1 2 3 ]; # x\n    services.copy.b = f { c = \"d\"; }; }) ];\n  my.@ = let g = [ x.y x.z x.a ]; in [ (g.h 1) (g.h 2) ];\n",
];

fn dense(random: &mut Random) -> String {
    const HEADS: &[&str] = &[
        "{ lib, config, ... }:\nwith lib;\nlet\n  f = lib.mkForce;\n  cfg = config.my;\n  more = [ ./host.nix ];\nin\n{\n",
        "{ lib, ... }:\n{\n",
        "# Module: x\n# nixamine: allow-file(untyped-option)\n{ lib, config, pkgs, ... }:\nlet inherit (lib) mkForce mkIf; f = mkForce; in\nrec {\n",
        "{\n",
    ];
    let mut text = random.pick(HEADS).to_owned();
    for _ in 0..random.below(14) {
        let word = random.pick(&["git", "nginx", "x", "enable"]).to_owned();
        text.push_str(&random.pick(DENSE).replace('@', &word));
    }
    text.push_str("}\n");
    text
}

/// Edits that once gave another tree than a parse, cut down.
const ONCE_WRONG: &[(&str, u32, u32, &str)] = &[
    ("{üt[\"\"]}}", 6, 6, "\n    '';\n    users.users.samba_3 = "),
    ("{a]i\n|>}", 6, 7, ""),
    ("{\nm={\n n;e\nk;_{} \"\"}", 16, 16, "a b c\n"),
    ("{\n    b={b=e;n=[\"\"];\n    };", 21, 22, ""),
    ("#\nlet{\n f\n e=;\n{}}", 10, 10, "g"),
    ("{=\"A\";a}", 6, 6, "\n"),
    ("./*\nlet { }", 10, 10, "*/"),
    ("{\n  a=let\n b==;\n */\n}", 16, 16, " "),
    ("{\n a=let\nb=1;in\n b;inherit c=2;}", 27, 27, ";"),
    ("{a let \nin\nb", 7, 8, "#"),
    ("let=\nin\ns", 4, 5, "x:y"),
    (
        "{\ng={t=\"\";\n s.itx=if a then b else c;/**/};\n}",
        16,
        16,
        " ",
    ),
    (
        "{x=if a then b else c;f={...}:{};\ne b=2;\nc={\nd=1;};}",
        35,
        36,
        "",
    ),
    ("{a=d;e=f;g[\"\"];;}", 10, 10, "="),
    ("let a=(x;in", 8, 8, ")"),
    ("{\no\nq=1;\"\";};", 8, 8, "\n"),
    (
        "{\"\n\".${c}.d=/${f};e=\"\";\n f={...}:{};\nk=l;m=n(x);a=[\"\"];}",
        24,
        24,
        "x",
    ),
    (
        "{...}:{\n  s={v=[\"\"];e=e;};d=let\n   d={\n x=\"\";x=\"\";p=\"\";\n};in([]''${s r.${o}}'');}",
        39,
        39,
        "t",
    ),
    (
        "#\nlet g=r;in{\n  r={a=\"\";\n   t=''\n''{t=t;d=0;};};\n c={\n \"\".t=\"\";\n   o={\n  n=[\"\"];\n };t=if f then\"\"else e;x=with s;[];};\n}",
        105,
        105,
        "e;\n      l = [ \"1\" \"${t c.p",
    ),
    (
        "{}:with b;let c=l;in{\n  p={e=\"\";t=\"\";_=with s;[];\n   dservices.tailscale_12.script = ''\n      set -eu\n      ${pkgs.tailscale}/bin/tailscale --port ${toString cfg.port} \"$@\"\n    '';\n    services.kitty_13 = {\n      en=e;\n    n=[\"\"];\n   };};}",
        54,
        215,
        "",
    ),
];

#[test]
fn what_once_went_wrong() {
    for &(text, start, end, with) in ONCE_WRONG {
        let mut tree = parse(text);
        tree.apply(&TextEdit {
            range: TextRange::new(start.into(), end.into()),
            text: with.to_owned(),
        });
        assert_eq!(difference(&tree), None, "{text:?}");
    }
}

/// Texts and edits after which findings once were other ones than of a full run.
const FOUND_WRONG: &[(&str, u32, u32, &str)] = &[(
    "{...}:{\n f config.opt.enable { mode = \"git\"; port = 3; };\n  nixpkgs.config = {\n    permittedInsecurePackages = [ \"enable-1\" ] ++ [ \"b\" ];\n    allowInsecure = tru\n security.sudo={e=e;};}",
    18,
    161,
    "sudo.wheelNeedsPassword = false;\n  security.sudo = mkIf a.x { wheelNeedsPassword = mkForce tr",
)];

#[test]
fn findings_that_once_went_wrong() {
    let settings = everything();
    for &(text, start, end, with) in FOUND_WRONG {
        let document = Document::open(Source::new("edited.nix", text), &settings);
        let mut workspace = workspace(document, &settings, false);
        let edit = TextEdit {
            range: TextRange::new(start.into(), end.into()),
            text: with.to_owned(),
        };
        workspace.edit("edited.nix", &[edit], &settings);
        assert_eq!(wrong_findings(&workspace, &settings), None, "{text:?}");
    }
}

#[test]
fn several_edits_and_undo_give_the_old_tree() {
    // As a notification brings them: one after the other, then all taken back.
    let text = module(3, 4_000);
    let (first, mut tree) = (parse(text.as_str()), parse(text.as_str()));
    let places: Vec<u32> = text.match_indices(" = ").map(|(at, _)| at as u32).collect();
    let insert = |at: u32, text: &str| TextEdit {
        range: TextRange::empty(at.into()),
        text: text.to_owned(),
    };
    // The last first, as editors send the edits of many cursors.
    for &at in places.iter().rev() {
        tree.apply(&insert(at, "X"));
    }
    assert_eq!(difference(&tree), None);
    for &at in &places {
        tree.apply(&TextEdit {
            range: TextRange::at(at.into(), 1.into()),
            text: String::new(),
        });
    }
    assert!(tree.green() == first.green() && tree.text() == first.text());
    let block = "\n  services.x = {\n    enable = true;\n  };".repeat(2_000);
    let at = text.find("  config = ").expect("it is in every module") as u32 - 1;
    tree.apply(&insert(at, &block));
    assert_eq!(difference(&tree), None);
}

/// A smaller text and edit that differ too, if the last edit alone is enough.
fn shrink(before: &Text, edit: &TextEdit) -> (String, TextEdit) {
    shrink_by(before, edit, |text, edit| {
        let mut tree = parse(text);
        tree.apply(edit);
        difference(&tree).is_some()
    })
}

fn shrink_by(
    before: &Text,
    edit: &TextEdit,
    fails: impl Fn(&str, &TextEdit) -> bool,
) -> (String, TextEdit) {
    let (mut text, mut edit) = (before.to_string(), edit.clone());
    if !fails(&text, &edit) {
        return (text, edit);
    }
    let mut size = text.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at + size <= text.len() {
            let (start, end) = (
                usize::from(edit.range.start()),
                usize::from(edit.range.end()),
            );
            let whole = text.is_char_boundary(at) && text.is_char_boundary(at + size);
            let mut smaller = edit.clone();
            if at + size <= start {
                smaller.range = edit.range - nixamine_rules::syntax::TextSize::new(size as u32);
            } else if at < end {
                at += 1;
                continue;
            }
            let mut cut = text.clone();
            if whole {
                cut.replace_range(at..at + size, "");
            }
            if whole && fails(&cut, &smaller) {
                (text, edit) = (cut, smaller);
            } else {
                at += size;
            }
        }
        size /= 2;
    }
    (text, edit)
}
