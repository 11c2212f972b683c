//! Actions, pages, names.

use crate::client::{Client, Folder, applied};
use crate::{TWINS, change};
use serde_json::{Value, json};

const MODULE: &str = "{ lib, ... }:\n{\n  # nixamine: allow(mk-force) long gone\n  a = 1;\n  # nixamine: allow(long-module)\n  c = 1;\n  b.c = lib.mkForce 1;\n}\n";

fn at(line: u32, character: u32) -> Value {
    let place = json!({ "line": line, "character": character });
    json!({ "start": place, "end": place })
}

fn opened(files: &[(&str, &str)]) -> (Folder, Client, String) {
    let folder = Folder::new(files);
    let mut client = Client::open(&folder.path());
    let uri = folder.uri("module.nix");
    client.open_file(&folder, "module.nix");
    client.findings_of(&uri, 1);
    (folder, client, uri)
}

#[test]
fn findings_are_mended() {
    let (_folder, mut client, uri) = opened(&[("nixamine.toml", ""), ("module.nix", MODULE)]);
    let actions = client.actions(&uri, &at(6, 10), None);
    let titles: Vec<_> = actions.iter().map(|(title, _)| title.as_str()).collect();
    for wanted in [
        "use the plain value (mk-force)",
        "add a reason (mk-force)",
        "allow mk-force in this line",
        "allow mk-force in this binding",
        "allow mk-force in this file",
    ] {
        assert!(titles.contains(&wanted), "{wanted}: {titles:?}");
    }
    let named = |title: &str| {
        actions
            .iter()
            .find(|(known, _)| known == title)
            .unwrap()
            .1
            .clone()
    };
    let plain = named("use the plain value (mk-force)");
    assert!(applied(MODULE, &plain, &uri).contains("b.c = 1;"));
    assert!(
        plain.get("isPreferred").is_none(),
        "it may change what the module means"
    );
    assert_eq!(
        plain["edit"]["documentChanges"][0]["textDocument"]["version"],
        1
    );
    assert_eq!(plain["diagnostics"][0]["code"], "mk-force");
    // The cursor goes where the reason belongs.
    let at_end_of_line = |action: &Value, after: &str| {
        let target = &action["command"]["arguments"][1];
        let line = target["line"].as_u64().unwrap() as usize;
        let line = after.lines().nth(line).unwrap();
        assert_eq!(target["character"], line.len(), "{line}");
        assert!(line.ends_with(' ') && line.contains('#'), "{line}");
    };
    let reason = named("add a reason (mk-force)");
    at_end_of_line(&reason, &applied(MODULE, &reason, &uri));
    assert!(plain.get("command").is_none());
    // Allowed, it is no longer found.
    for place in ["line", "binding", "file"] {
        let allow = named(&format!("allow mk-force in this {place}"));
        let after = applied(MODULE, &allow, &uri);
        client.did_change(&uri, 2, json!([{ "text": after }]));
        let rules: Vec<_> = client.findings_of(&uri, 2);
        assert!(
            rules.iter().all(|found| found["code"] != "mk-force"),
            "{after}"
        );
        at_end_of_line(&allow, &after);
        client.request(
            "workspace/executeCommand",
            json!({
                "command": allow["command"]["command"],
                "arguments": allow["command"]["arguments"],
            }),
        );
        client.until("the cursor to be put", |client| {
            let shown = client
                .requests
                .iter()
                .find(|(method, _)| method == "window/showDocument");
            shown.map(|_| ())
        });
        client.requests.clear();
        client.did_change(&uri, 1, json!([{ "text": MODULE }]));
        client.findings_of(&uri, 1);
    }
    // An editor may stand elsewhere on the line and name the finding.
    let found = client.findings_of(&uri, 1);
    let named: Vec<_> = found
        .iter()
        .filter(|found| found["code"] == "mk-force")
        .collect();
    let params = json!({
        "textDocument": { "uri": uri }, "range": at(6, 2), "context": { "diagnostics": named },
    });
    let offered = client.request("textDocument/codeAction", params);
    assert_eq!(offered[0]["title"], "use the plain value (mk-force)");
    assert!(client.actions(&uri, &at(6, 2), None).is_empty());
    // From the comment the way back.
    let back = client.actions(&uri, &at(2, 8), None);
    let again = back
        .iter()
        .find(|(title, _)| title == "look for this again")
        .unwrap();
    assert!(!applied(MODULE, &again.1, &uri).contains("long gone"));
}

#[test]
fn safe_fixes_are_applied_together() {
    let (_folder, mut client, uri) = opened(&[("nixamine.toml", ""), ("module.nix", MODULE)]);
    let all = client.actions(&uri, &at(0, 0), Some("source.fixAll.nixamine"));
    let [(_, action)] = all.as_slice() else {
        panic!("{all:?}")
    };
    assert!(
        action.get("edit").is_none(),
        "it is worked out when it is wanted"
    );
    let resolved = client.request("codeAction/resolve", action.clone());
    let after = applied(MODULE, &resolved, &uri);
    assert_eq!(
        after,
        "{ lib, ... }:\n{\n  a = 1;\n  c = 1;\n  b.c = lib.mkForce 1;\n}\n"
    );
    // The broader kinds name it, too; others do not.
    assert_eq!(
        client.actions(&uri, &at(0, 0), Some("source.fixAll")).len(),
        1
    );
    assert!(
        client
            .actions(&uri, &at(0, 0), Some("source.organizeImports"))
            .is_empty()
    );
    assert!(
        client
            .actions(&uri, &at(0, 0), None)
            .iter()
            .all(|(_, action)| action["kind"] == "quickfix")
    );
    let one = client.actions(&uri, &at(2, 24), None);
    let of_rule = one
        .iter()
        .find(|(title, _)| title == "fix all of unused-suppression in this file");
    let resolved = client.request("codeAction/resolve", of_rule.unwrap().1.clone());
    assert_eq!(applied(MODULE, &resolved, &uri), after);
    let safe = one
        .iter()
        .find(|(title, _)| title == "remove the comment (unused-suppression)");
    assert_eq!(safe.unwrap().1["isPreferred"], true);
    // Too late.
    client.did_change(&uri, 2, json!([change(0, 0, 0, " ")]));
    let id = client.ask("codeAction/resolve", action.clone());
    assert_eq!(client.answer(id)["error"]["code"], -32801);
}

#[test]
fn a_client_that_resolves_nothing_gets_edits_at_once() {
    let folder = Folder::new(&[("nixamine.toml", ""), ("module.nix", MODULE)]);
    let mut client = Client::open_with(&folder.path(), json!({}), json!({}));
    let uri = folder.uri("module.nix");
    client.open_file(&folder, "module.nix");
    client.findings_of(&uri, 1);
    let all = client.actions(&uri, &at(0, 0), Some("source.fixAll"));
    assert_eq!(
        all[0].1["edit"]["changes"][&uri].as_array().unwrap().len(),
        2
    );
}

#[test]
fn shared_keys_move_to_a_module_of_their_own() {
    let folder = Folder::new(TWINS);
    folder.write(
        "b.nix",
        "{\n  boot.kernel.sysctl.\"vm.swappiness\" = 1;\n}\n",
    );
    let mut client = Client::open(&folder.path());
    let uri = folder.uri("a.nix");
    client.open_file(&folder, "a.nix");
    client.rules_once(&uri, |rules| rules == ["duplicate-sysctl"]);
    let actions = client.actions(&uri, &at(1, 25), None);
    let (_, extract) = actions
        .iter()
        .find(|(title, _)| title.starts_with("move "))
        .unwrap_or_else(|| panic!("{actions:?}"));
    let changes = extract["edit"]["documentChanges"].as_array().unwrap();
    assert_eq!(changes[0]["kind"], "create");
    let touched: Vec<_> = changes
        .iter()
        .filter_map(|change| change["textDocument"]["uri"].as_str())
        .collect();
    for path in ["a.nix", "b.nix", "host.nix"] {
        assert!(
            touched.contains(&folder.uri(path).as_str()),
            "{path}: {touched:?}"
        );
    }
}

#[test]
fn pages_stand_where_names_do() {
    let (folder, mut client, uri) = opened(&[("nixamine.toml", ""), ("module.nix", MODULE)]);
    let hover = |client: &mut Client, uri: &str, line: u32, character: u32| {
        let position = json!({ "line": line, "character": character });
        let params = json!({ "textDocument": { "uri": uri }, "position": position });
        client.request("textDocument/hover", params)["contents"]["value"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    assert!(hover(&mut client, &uri, 6, 12).starts_with("# mk-force\n"));
    assert!(hover(&mut client, &uri, 4, 24).starts_with("# long-module\n"));
    assert_eq!(hover(&mut client, &uri, 0, 3), "");
    let complete = |client: &mut Client, uri: &str, line: u32, character: u32| {
        let position = json!({ "line": line, "character": character });
        let params = json!({ "textDocument": { "uri": uri }, "position": position });
        let items = client.request("textDocument/completion", params);
        items.as_array().map_or(0, Vec::len)
    };
    assert!(complete(&mut client, &uri, 2, 22) >= 10);
    assert_eq!(complete(&mut client, &uri, 3, 3), 0);
    let config = folder.uri("nixamine.toml");
    client.did_open(&config, "select = [\"mk-force\"]\n");
    assert!(hover(&mut client, &config, 0, 14).starts_with("# mk-force\n"));
    assert!(complete(&mut client, &config, 0, 12) >= 10);
}

#[test]
fn findings_have_tags() {
    let text = "{ lib, ... }:\n{\n  # nixamine: allow(mk-force)\n  a = lib.mdDoc \"x\";\n}\n";
    let (_folder, mut client, uri) = opened(&[("nixamine.toml", ""), ("module.nix", text)]);
    let found = client.findings_of(&uri, 1);
    let tags = found.iter().map(|found| (&found["code"], &found["tags"]));
    let tags: Vec<_> = tags.collect();
    let expected = [
        (json!("unused-suppression"), json!([1])),
        (json!("deprecated-lib"), json!([2])),
    ];
    assert_eq!(tags, expected.each_ref().map(|(code, tags)| (code, tags)));
}
