//! What is answered about a small project.

use super::{Knowledge, Offer, Role, Stand, parse_path};
use crate::config::Settings;
use crate::linter::{Source, analyze};
use crate::syntax::{TextEdit, TextRange};
use crate::workspace::Workspace;
use smol_str::SmolStr;

const FLAKE: &str = r#"
{
  outputs = { nixpkgs, ... }: {
    nixosConfigurations.desk = nixpkgs.lib.nixosSystem {
      modules = [ ./desk.nix ./site.nix ];
    };
    nixosConfigurations.box = nixpkgs.lib.nixosSystem {
      modules = [ ./box.nix ./site.nix ];
    };
  };
}
"#;

const SITE: &str = r#"
{ config, lib, ... }:
let
  cfg = config.site.web;
in
{
  options.site.web = {
    port = lib.mkOption { type = lib.types.port; default = 80; description = "Where it listens."; };
    mode = lib.mkOption { type = lib.types.enum [ "fast" "safe" ]; default = "safe"; };
    hosts = lib.mkOption {
      type = lib.types.attrsOf (lib.types.submodule {
        options.root = lib.mkOption { type = lib.types.str; };
        options.level = lib.mkOption { type = lib.types.enum [ "low" "high" ]; default = "low"; };
      });
      default = { };
    };
  };
  config = {
    site.web.port = lib.mkDefault 8080;
    site.web.hosts.all.root = "/srv";
    networking.firewall.allowedTCPPorts = [ cfg.port config.site.web.port ];
  };
}
"#;

const DESK: &str = r#"
{ config, lib, ... }: {
  site.web.port = 1;
  site.web.mode = lib.mkIf config.site.web.quiet "safe";
  site.web.hosts = lib.mkForce { mine.root = "/home"; };
}
"#;

const BOX: &str = r#"{ lib, ... }: { imports = [ ./other.nix ]; site.web.port = lib.mkForce 2; }"#;
const OTHER: &str = r#"{ site.web.port = 3; site.web.mode = "fast"; }"#;

fn project(files: &[(&str, &str)]) -> Workspace {
    let settings = Settings::default();
    let mut files = files.to_vec();
    files.sort_unstable();
    let documents = files
        .iter()
        .map(|(path, text)| analyze(Source::new(*path, *text), &settings));
    let mut workspace = Workspace::new(documents.collect(), []);
    workspace.join(&settings);
    workspace
}

fn site() -> Workspace {
    project(&[
        ("flake.nix", FLAKE),
        ("site.nix", SITE),
        ("desk.nix", DESK),
        ("box.nix", BOX),
        ("other.nix", OTHER),
    ])
}

#[test]
fn a_description_is_that_of_the_last_edit() {
    let settings = Settings::default();
    let mut workspace = site();
    workspace.open("site.nix", SITE, &settings);
    workspace.join(&settings);
    let at = SITE.find("listens.").unwrap() as u32;
    let edit = TextEdit {
        range: TextRange::empty(at.into()),
        text: "never ".to_owned(),
    };
    let edited = workspace.edit("site.nix", &[edit], &settings);
    // Nobody else is looked at again.
    assert_eq!(edited.others, [0; 0]);
    let knowledge = workspace.knowledge().unwrap();
    let path = parse_path("site.web.port").unwrap();
    let facts = &knowledge.about(&path)[0];
    assert_eq!(facts.description.unwrap(), "Where it never listens.");
}

#[test]
fn all_that_is_declared_or_set_is_listed() {
    let workspace = site();
    let knowledge = workspace.knowledge().unwrap();
    let all: Vec<_> = knowledge
        .listed()
        .iter()
        .map(|it| (it.path.join("."), it.declared, it.settings))
        .collect();
    let all: Vec<_> = all
        .iter()
        .map(|(path, declared, settings)| (path.as_str(), *declared, *settings))
        .collect();
    assert_eq!(
        all,
        [
            ("networking.firewall.allowedTCPPorts", false, 1),
            ("site.web.hosts", true, 2),
            ("site.web.mode", true, 2),
            ("site.web.port", true, 4),
        ]
    );
}

/// What happens on each host, as text.
fn told(knowledge: &Knowledge<'_>, path: &str) -> Vec<String> {
    let path = parse_path(path).unwrap();
    let mut lines = Vec::new();
    for facts in knowledge.about(&path) {
        for outcome in &facts.outcomes {
            for standing in &outcome.standings {
                let setting = &facts.settings[standing.setting];
                let file = knowledge.path(setting.site.file);
                lines.push(format!(
                    "{} {}: {:?} {}",
                    facts.name(),
                    outcome.hosts.join(","),
                    standing.stand,
                    file
                ));
            }
        }
    }
    lines
}

#[test]
fn who_wins_is_said_host_by_host() {
    let workspace = site();
    let knowledge = workspace.knowledge().unwrap();
    assert_eq!(
        told(&knowledge, "site.web.port"),
        [
            "site.web.port box: Wins box.nix",
            "site.web.port box: Loses(0) other.nix",
            "site.web.port box: Loses(0) site.nix",
            "site.web.port desk: Wins desk.nix",
            "site.web.port desk: Loses(1) site.nix",
        ]
    );
    // A condition leaves it open.
    assert_eq!(
        told(&knowledge, "site.web.mode"),
        [
            "site.web.mode box: Wins other.nix",
            "site.web.mode desk: May desk.nix",
        ]
    );
    // What is forced away takes its parts with it.
    assert_eq!(
        told(&knowledge, "site.web.hosts.all.root"),
        ["site.web.hosts.all.root box,desk: Wins site.nix"]
    );
    assert_eq!(
        told(&knowledge, "site.web.hosts"),
        [
            "site.web.hosts box: Wins site.nix",
            "site.web.hosts desk: Wins desk.nix",
            "site.web.hosts desk: Loses(0) site.nix",
        ]
    );
    // Above the options, each is told of.
    assert_eq!(told(&knowledge, "site").len(), 5 + 2 + 3);
    assert!(told(&knowledge, "site.nothing").is_empty());
    let about = knowledge.about(&parse_path("site.web.port").unwrap());
    assert_eq!(
        about[0].ty.unwrap().to_string(),
        "integer between 0 and 65535 (both inclusive)"
    );
    assert_eq!(about[0].declarations.len(), 1);
    assert!(matches!(
        about[0].outcomes[0].standings[0].stand,
        Stand::Wins
    ));
}

/// The place of `|` in a text, and the text without it.
fn cursor(text: &str) -> (String, u32) {
    let at = text.find('|').expect("a cursor");
    (text.replacen('|', "", 1), at as u32)
}

#[test]
fn a_place_is_a_declaration_a_setting_or_a_read() {
    let workspace = site();
    let knowledge = workspace.knowledge().unwrap();
    let file = workspace.position("site.nix").unwrap();
    let spot = |needle: &str, within: usize| {
        let at = SITE.find(needle).unwrap() + within;
        let spot = knowledge.spot(file, (at as u32).into())?;
        Some((spot.path.join("."), spot.role))
    };
    assert_eq!(
        spot("port = lib", 1),
        Some(("site.web.port".into(), Role::Declares))
    );
    assert_eq!(
        spot("port = lib.mkDefault", 4),
        Some(("site.web.port".into(), Role::Sets))
    );
    assert_eq!(
        spot("web.port = lib.mkDefault", 1),
        Some(("site.web".into(), Role::Sets))
    );
    assert_eq!(
        spot("cfg.port", 5),
        Some(("site.web.port".into(), Role::Reads))
    );
    assert_eq!(spot("cfg.port", 1), Some(("site.web".into(), Role::Reads)));
    assert_eq!(
        spot("config.site.web.port", 9),
        Some(("site".into(), Role::Reads))
    );
    assert_eq!(spot("mkOption", 2), None);
}

#[test]
fn references_are_found_and_renamed() {
    let workspace = site();
    let knowledge = workspace.knowledge().unwrap();
    let file = workspace.position("box.nix").unwrap();
    let at = BOX.find("web.port").unwrap() as u32 + 4;
    let spot = knowledge.spot(file, at.into()).unwrap();
    let all = knowledge.references(spot.class, &spot.path);
    let of = |role| all.iter().filter(|it| it.role == role).count();
    assert_eq!(
        (of(Role::Declares), of(Role::Sets), of(Role::Reads)),
        (1, 4, 2)
    );
    assert!(all.iter().all(|it| {
        let text = workspace.documents()[it.site.file].text();
        text[std::ops::Range::<usize>::from(it.site.range)].ends_with("port")
    }));
    let edits = knowledge.rename(&spot, "listen").unwrap();
    let mut texts: Vec<(SmolStr, String)> = Vec::new();
    for (file, document) in workspace.documents().iter().enumerate() {
        let mut text = document.text().to_string();
        for (site, new) in edits.iter().rev().filter(|(site, _)| site.file == file) {
            text.replace_range(std::ops::Range::<usize>::from(site.range), new);
        }
        texts.push((document.path().as_ref().into(), text));
    }
    let files: Vec<_> = texts
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let renamed = project(&files);
    let after = renamed.knowledge().unwrap();
    assert!(told(&after, "site.web.port").is_empty());
    assert_eq!(
        told(&after, "site.web.listen"),
        told(&knowledge, "site.web.port")
            .iter()
            .map(|line| line.replace("port", "listen"))
            .collect::<Vec<_>>()
    );
    let left: Vec<_> = texts
        .iter()
        .filter(|(_, text)| text.contains("web.port") || text.contains("cfg.port"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    // Names that cannot be.
    let refused = |name| knowledge.rename(&spot, name).unwrap_err().to_string();
    assert_eq!(
        refused("mode"),
        "there is an option `site.web.mode` already"
    );
    assert_eq!(refused(""), "this is no name for an option");
    let foreign = parse_path("networking.firewall.allowedTCPPorts").unwrap();
    let foreign = super::Spot {
        path: foreign,
        ..spot.clone()
    };
    assert!(knowledge.rename(&foreign, "x").is_err());
}

#[test]
fn a_name_that_is_brought_into_scope_stops_a_rename() {
    for (text, why) in [
        (
            "{ config, ... }: let inherit (config.site.web) port; in { a = port; }",
            "`inherit` makes a name of it",
        ),
        (
            "{ config, ... }: with config.site.web; { a = port; }",
            "it is read through `with`",
        ),
    ] {
        let workspace = project(&[("flake.nix", FLAKE), ("site.nix", SITE), ("desk.nix", text)]);
        let knowledge = workspace.knowledge().unwrap();
        let file = workspace.position("site.nix").unwrap();
        let at = SITE.find("port =").unwrap() as u32;
        let spot = knowledge.spot(file, at.into()).unwrap();
        let refused = knowledge.rename(&spot, "listen").unwrap_err().to_string();
        assert!(refused.starts_with(why), "{refused}");
    }
}

#[test]
fn what_may_be_written_is_offered() {
    for (text, wanted) in [
        ("{ site.web.|}", "names: hosts mode port"),
        ("{ site.web.po|rt = 1; }", "names: hosts mode port"),
        ("{ si| }", "names: site"),
        ("{ site = { w|; }; }", "names: web"),
        (
            "{ lib, ... }: { config = lib.mkIf true { site.web = { a = 1;\n  m|\n  }; }; }",
            "names: hosts mode port",
        ),
        ("{ site.web.hosts.x = { r| }; }", "names: level root"),
        ("{ site.web.mode = \"|\"; }", "values: fast safe"),
        ("{ site.web.mode = |; }", "values: \"fast\" \"safe\""),
        ("{ site.web.mode = |\n}", "values: \"fast\" \"safe\""),
        ("{ site.web.hosts.x.level = \"l|\"; }", "values: low high"),
        (
            "{ lib, ... }: { site.web.mode = lib.mkForce \"f|\"; }",
            "values: fast safe",
        ),
        ("{ config, ... }: { a = config.site.|; }", "names: web"),
        (
            "{ config, ... }: let cfg = config.site.web; in { a = cfg.p|; }",
            "names: hosts mode port",
        ),
        ("{ other.thing.|}", "nothing"),
        ("{ pkgs, ... }: { a = pkgs.|; }", "nothing"),
        ("{ a = 1; # site.web.|\n}", "nothing"),
    ] {
        let (module, at) = cursor(text);
        let workspace = project(&[
            ("flake.nix", FLAKE),
            ("site.nix", SITE),
            ("desk.nix", &module),
        ]);
        let knowledge = workspace.knowledge().unwrap();
        let file = workspace.position("desk.nix").unwrap();
        let offered = match knowledge.offer(file, at.into()) {
            None => "nothing".to_owned(),
            Some(Offer::Names { all, .. }) => {
                let names: Vec<&str> = all.iter().map(|it| it.name.as_str()).collect();
                format!("names: {}", names.join(" "))
            }
            Some(Offer::Values { all, .. }) => format!("values: {}", all.join(" ")),
        };
        assert_eq!(offered, wanted, "{text}");
    }
}
