//! `why`, `graph`, `options` and `index`.

use super::{Folder, Run};

const FILES: &[(&str, &str)] = &[
    ("nixamine.toml", ""),
    (
        "flake.nix",
        r#"{
  outputs = { nixpkgs, ... }: {
    nixosConfigurations.desk = nixpkgs.lib.nixosSystem { modules = [ ./host.nix ]; };
    nixosConfigurations.box = nixpkgs.lib.nixosSystem { modules = [ ./host.nix ./other.nix ]; };
  };
}
"#,
    ),
    (
        "host.nix",
        r#"{ lib, ... }:
{
  imports = [ ./site.nix ] ++ lib.optional true ./extra.nix;
  site.port = 8080;
}
"#,
    ),
    ("extra.nix", "{ services.openssh.enable = true; }\n"),
    (
        "other.nix",
        "{ lib, ... }: { site.port = lib.mkForce 1; }\n",
    ),
    (
        "site.nix",
        r#"{ lib, ... }:
{
  options.site.port = lib.mkOption {
    type = lib.types.port;
    default = 80;
    description = "Where it listens.";
  };
}
"#,
    ),
];

#[test]
fn why_tells_who_wins() {
    let folder = Folder::new(FILES);
    let run = folder.run(&["why", "site.port"]).code(0);
    let expected = "\
site.port (nixos): integer between 0 and 65535 (both inclusive)
  Where it listens.
  default  80
  declared site.nix:3:11

  box
    wins      other.nix:1:22  mkForce 1
    loses     host.nix:4:8  8080  to other.nix:1:22

  desk
    wins      host.nix:4:8  8080
";
    assert_eq!(run.out, expected);
    let run = folder.run(&["why", "site.port", "--host", "desk"]).code(0);
    assert!(run.out.contains("wins      host.nix:4:8") && !run.out.contains("other.nix"));
    // An option that nobody declares, and one by what leads to it.
    folder
        .run(&["why", "services"])
        .code(0)
        .out("services.openssh.enable (nixos): its declaration is not known")
        .out("wins      extra.nix:1:20  true");
    let json = folder
        .run(&["why", "site.port", "--format", "json"])
        .code(0)
        .json();
    assert_eq!(json[0]["name"], "site.port");
    assert_eq!(json[0]["outcomes"][0]["hosts"][0], "box");
    assert_eq!(json[0]["outcomes"][0]["standings"][1]["result"], "loses");
}

#[test]
fn why_says_what_is_wrong_with_a_question() {
    let folder = Folder::new(FILES);
    let refused = |arguments: &[&str], part: &str| {
        let _: Run = folder.run(arguments).code(2).err(part);
    };
    refused(&["why", "site.prt"], "did you mean `site.port`?");
    refused(
        &["why", "nothing.at.all"],
        "nobody here declares or sets it",
    );
    refused(&["why", "a b"], "is no path of an option");
    refused(
        &["why", "site.port", "--host", "dsk"],
        "there is no host `dsk`; did you mean `desk`?",
    );
    refused(&["why", "site.port", "nowhere"], "nowhere: does not exist");
}

#[test]
fn imports_are_drawn() {
    let folder = Folder::new(FILES);
    let dot = folder
        .run(&["graph"])
        .code(0)
        .out("digraph imports {")
        .out("label=\"box\"");
    assert_eq!(dot.out.matches(" -> f").count(), 2 + 3, "{}", dot.out);
    folder
        .run(&["graph", "--format", "mermaid"])
        .code(0)
        .out("flowchart LR")
        .out("([\"desk\"])");
    let svg = folder.run(&["graph", "--format", "svg"]).code(0);
    assert!(svg.out.starts_with("<svg ") && svg.out.ends_with("</svg>\n"));
    assert_eq!(svg.out.matches("<path ").count(), 5);
    let json = folder.run(&["graph", "--format", "json"]).code(0).json();
    assert_eq!(json["files"].as_array().unwrap().len(), 4);
    assert_eq!(json["imports"].as_array().unwrap().len(), 2);
    // Of one host only its own files.
    let json = folder
        .run(&["graph", "--host", "desk", "--format", "json"])
        .code(0)
        .json();
    assert_eq!(
        json["files"],
        serde_json::json!(["extra.nix", "host.nix", "site.nix"])
    );
    folder
        .run(&["graph", "--host", "x"])
        .code(2)
        .err("there are desk, box");
}

#[test]
fn options_are_written_down() {
    let folder = Folder::new(FILES);
    let page = folder.run(&["options"]).code(0);
    let expected = "\
# Options

## NixOS

### `site.port`

Where it listens.

- Type: integer between 0 and 65535 (both inclusive)
- Default: `80`
- Declared in [site.nix](site.nix)
";
    assert_eq!(page.out, expected);
    let json = folder.run(&["options", "--format", "json"]).code(0).json();
    assert_eq!(json[0]["default"], "80");
    assert_eq!(json[0]["settings"].as_array().unwrap().len(), 2);
}

/// A library that is read by hand makes its options known to every later run.
#[test]
fn an_index_is_kept_and_used() {
    let folder = Folder::new(&[
        ("project/nixamine.toml", ""),
        (
            "project/flake.nix",
            r#"{
  outputs = { home-manager, ... }: {
    homeConfigurations.me = home-manager.lib.homeManagerConfiguration { modules = [ ./home.nix ]; };
  };
}
"#,
        ),
        ("project/home.nix", "{\n  programs.thing.colour = 3;\n}\n"),
        ("library/modules/default.nix", "{ }\n"),
        ("library/modules/lib/stdlib-extended.nix", "{ }\n"),
        (
            "library/modules/programs/thing.nix",
            r#"{ lib, ... }:
{
  options.programs.thing.colour = lib.mkOption { type = lib.types.str; };
}
"#,
        ),
    ]);
    let run = |arguments: &[&str]| {
        let mut command = folder.command(arguments);
        command
            .current_dir(folder.path().join("project"))
            .env("XDG_CACHE_HOME", folder.path().join("cache"));
        Run::from(command.output().unwrap())
    };
    run(&["check"]).code(0);
    run(&["index", "../library"])
        .code(0)
        .out("home-manager: 1 option of Home Manager, 0 names of the past");
    run(&["check"])
        .code(1)
        .out("`programs.thing.colour` takes a string, not an integer");
    run(&["why", "programs.thing.colour"])
        .code(0)
        .out("(home-manager): string");
    // Only what the project itself declares.
    std::fs::write(
        folder.path().join("project/nixamine.toml"),
        "index = false\n",
    )
    .unwrap();
    run(&["check"]).code(0);
    run(&["index", "../nowhere"]).code(2).err("is no folder");
}
