//! Options: what one is, where it is declared, set and read, and its other name.

use crate::client::{Client, Folder};
use serde_json::{Value, json};

const SITE: &str = r#"{ config, lib, ... }:
{
  options.site.port = lib.mkOption {
    type = lib.types.port;
    default = 80;
    description = "Where it listens.";
  };
  options.site.mode = lib.mkOption {
    type = lib.types.enum [ "fast" "safe" ];
    default = "safe";
  };
  config.networking.firewall.allowedTCPPorts = [ config.site.port ];
}
"#;
const HOST: &str = "{ lib, ... }:\n{\n  imports = [ ./site.nix ];\n  site.port = 8080; # ü\n  site.mode = \"\";\n}\n";
const OTHER: &str = "{ lib, ... }: { site.port = lib.mkForce 1; }\n";
const FLAKE: &str = r#"{
  outputs = { nixpkgs, ... }: {
    nixosConfigurations.desk = nixpkgs.lib.nixosSystem { modules = [ ./host.nix ]; };
    nixosConfigurations.box = nixpkgs.lib.nixosSystem { modules = [ ./host.nix ./other.nix ]; };
  };
}
"#;

fn opened(options: Value) -> (Folder, Client, String) {
    let folder = Folder::new(&[
        ("nixamine.toml", ""),
        ("flake.nix", FLAKE),
        ("site.nix", SITE),
        ("host.nix", HOST),
        ("other.nix", OTHER),
    ]);
    let mut client = Client::open_with(&folder.path(), Client::capabilities(), options);
    let uri = folder.uri("host.nix");
    client.open_file(&folder, "host.nix");
    client.findings_of(&uri, 1);
    (folder, client, uri)
}

fn at(uri: &str, line: u32, character: u32) -> Value {
    json!({
        "textDocument": { "uri": uri },
        "position": { "line": line, "character": character },
    })
}

/// The end of the path and the first line of each location.
fn places(answer: &Value) -> Vec<(String, u64)> {
    let mut all: Vec<_> = answer
        .as_array()
        .expect("locations")
        .iter()
        .map(|it| {
            let uri = it["uri"].as_str().unwrap();
            let line = it["range"]["start"]["line"].as_u64().unwrap();
            (uri.rsplit('/').next().unwrap().to_owned(), line)
        })
        .collect();
    all.sort();
    all
}

fn labels(answer: &Value) -> Vec<&str> {
    let all = answer.as_array().expect("items");
    all.iter().map(|it| it["label"].as_str().unwrap()).collect()
}

#[test]
fn an_option_tells_what_it_is_and_who_wins() {
    let (_folder, mut client, uri) = opened(json!({}));
    let hover = client.request("textDocument/hover", at(&uri, 3, 8));
    let page = hover["contents"]["value"].as_str().unwrap();
    for piece in [
        "**`site.port`**: integer between 0 and 65535",
        "Where it listens.",
        "Default: `80`",
        "Declared in site.nix:3",
        "On box:",
        "- **wins**: `mkForce 1` in other.nix:1",
        "- loses: `8080` in host.nix:4, to other.nix:1",
        "On desk:",
        "- **wins**: `8080` in host.nix:4",
    ] {
        assert!(page.contains(piece), "{piece} is not in\n{page}");
    }
    let nothing = client.request("textDocument/hover", at(&uri, 2, 5));
    assert!(nothing.is_null(), "{nothing}");
}

#[test]
fn declarations_and_references_are_found() {
    let (_folder, mut client, uri) = opened(json!({}));
    let found = client.request("textDocument/definition", at(&uri, 3, 8));
    assert_eq!(places(&found), [("site.nix".to_owned(), 2)]);
    let mut params = at(&uri, 3, 8);
    params["context"] = json!({ "includeDeclaration": true });
    let found = client.request("textDocument/references", params.clone());
    let place = |file: &str, line| (file.to_owned(), line);
    let all = [
        place("host.nix", 3),
        place("other.nix", 0),
        place("site.nix", 2),
        place("site.nix", 11),
    ];
    assert_eq!(places(&found), all);
    params["context"]["includeDeclaration"] = json!(false);
    let found = client.request("textDocument/references", params);
    assert_eq!(places(&found).len(), 3);
    let nowhere = client.request("textDocument/definition", at(&uri, 0, 3));
    assert!(nowhere.is_null(), "{nowhere}");
}

#[test]
fn names_and_members_are_completed() {
    let (_folder, mut client, uri) = opened(json!({}));
    let values = client.request("textDocument/completion", at(&uri, 4, 15));
    assert_eq!(labels(&values), ["fast", "safe"]);
    let change = json!([{
        "range": { "start": { "line": 4, "character": 2 }, "end": { "line": 4, "character": 17 } },
        "text": "site.",
    }]);
    client.did_change(&uri, 2, change);
    let names = client.request("textDocument/completion", at(&uri, 4, 7));
    assert_eq!(labels(&names), ["mode", "port"]);
    let port = &names.as_array().unwrap()[1];
    assert_eq!(port["textEdit"]["newText"], "port");
    assert!(port["detail"].as_str().unwrap().starts_with("integer"));
    let said = port["documentation"]["value"].as_str().unwrap();
    assert!(
        said.contains("Where it listens.") && said.contains("`80`"),
        "{said}"
    );
}

#[test]
fn an_option_gets_another_name_everywhere() {
    let (folder, mut client, uri) = opened(json!({}));
    let can = client.request("textDocument/prepareRename", at(&uri, 3, 8));
    assert_eq!(can["placeholder"], "port");
    let mut params = at(&uri, 3, 8);
    params["newName"] = json!("listen");
    let edit = client.request("textDocument/rename", params.clone());
    let changes = edit["documentChanges"].as_array().unwrap();
    let mut files: Vec<_> = changes
        .iter()
        .map(|change| {
            let uri = change["textDocument"]["uri"].as_str().unwrap();
            (uri.to_owned(), change["edits"].as_array().unwrap().len())
        })
        .collect();
    files.sort();
    let expected = [("host.nix", 1), ("other.nix", 1), ("site.nix", 2)];
    let expected = expected.map(|(path, edits)| (folder.uri(path), edits));
    assert_eq!(files, expected);
    // A name that is taken, and an option that nobody here declares.
    params["newName"] = json!("mode");
    let id = client.ask("textDocument/rename", params);
    let refused = client.answer(id);
    assert_eq!(
        refused["error"]["message"],
        "there is an option `site.mode` already"
    );
}

#[test]
fn a_file_has_an_outline_and_lenses_when_wanted() {
    let (folder, mut client, uri) = opened(json!({ "codeLens": true }));
    let document = json!({ "textDocument": { "uri": uri } });
    let outline = client.request("textDocument/documentSymbol", document);
    let names: Vec<_> = outline
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["name"].as_str().unwrap(), it["detail"].as_str()))
        .collect();
    assert_eq!(
        names,
        [("site.port", Some("8080")), ("site.mode", Some("\"\""))]
    );
    client.open_file(&folder, "site.nix");
    let site = folder.uri("site.nix");
    let document = json!({ "textDocument": { "uri": site } });
    let lenses = client.request("textDocument/codeLens", document.clone());
    let titles: Vec<_> = lenses
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["command"]["title"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(titles, ["set in 2 modules", "set in 1 module"]);
    // Off unless it is wanted.
    let (folder, mut client, _) = opened(json!({}));
    client.open_file(&folder, "site.nix");
    let site = folder.uri("site.nix");
    let document = json!({ "textDocument": { "uri": site } });
    let lenses = client.request("textDocument/codeLens", document);
    assert_eq!(lenses, json!([]));
}
