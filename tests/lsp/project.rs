//! Files together: what one says of the other, settings, the disk.

use crate::client::{Client, Folder, uri};
use crate::{TWINS, change};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

#[test]
fn the_findings_are_those_of_the_command_line() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/nixos-config");
    let output = Command::new(env!("CARGO_BIN_EXE_nixamine"))
        .args(["check", "--format", "json", "--fail-on", "never"])
        .arg(&example)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut expected: Vec<(String, String, u64, u64)> = Vec::new();
    for finding in report["diagnostics"].as_array().unwrap() {
        let start = &finding["range"]["start"];
        expected.push((
            uri(&Path::new(env!("CARGO_MANIFEST_DIR")).join(finding["path"].as_str().unwrap())),
            finding["rule"].as_str().unwrap().to_owned(),
            start["line"].as_u64().unwrap() - 1,
            start["column"].as_u64().unwrap() - 1,
        ));
    }
    expected.sort();
    let mut capabilities = Client::capabilities();
    capabilities["general"]["positionEncodings"] = json!(["utf-32"]);
    let mut client = Client::open_with(&example, capabilities, json!({}));
    assert!(expected.len() > 15);
    client.until("all findings", |client| {
        let all = client.findings.iter().flat_map(|(uri, (_, items))| {
            items.iter().map(|item| {
                let start = &item["range"]["start"];
                (
                    uri.clone(),
                    item["code"].as_str().unwrap().to_owned(),
                    start["line"].as_u64().unwrap(),
                    start["character"].as_u64().unwrap(),
                )
            })
        });
        let mut all: Vec<_> = all.collect();
        all.sort();
        (all == expected).then_some(())
    });
}

#[test]
fn an_unsaved_text_counts_for_other_files() {
    let folder = Folder::new(TWINS);
    let mut client = Client::open(&folder.path());
    let (a, b) = (folder.uri("a.nix"), folder.uri("b.nix"));
    // Neither is open.
    client.rules_once(&a, |rules| rules == ["duplicate-sysctl"]);
    client.rules_once(&b, |rules| rules == ["duplicate-sysctl"]);
    let related = &client.findings[&a].1[0]["relatedInformation"][0]["location"];
    assert_eq!(related["uri"], json!(b));
    client.open_file(&folder, "b.nix");
    client.did_change(&b, 2, json!([change(1, 22, 35, "vm.other")]));
    client.rules_once(&a, <[String]>::is_empty);
    assert!(client.findings_of(&b, 2).is_empty());
    client.did_change(&b, 3, json!([change(1, 22, 30, "vm.swappiness")]));
    client.rules_once(&a, |rules| rules == ["duplicate-sysctl"]);
    // Closed without being saved, it is again as on the disk.
    client.did_change(&b, 4, json!([change(1, 22, 35, "vm.other")]));
    client.rules_once(&a, <[String]>::is_empty);
    client.notify(
        "textDocument/didClose",
        json!({ "textDocument": { "uri": b } }),
    );
    client.rules_once(&a, |rules| rules == ["duplicate-sysctl"]);
    client.rules_once(&b, |rules| rules == ["duplicate-sysctl"]);
}

#[test]
fn a_file_that_is_not_on_the_disk_yet_counts() {
    let folder = Folder::new(TWINS);
    folder.write("host.nix", "{ imports = [ ./a.nix ./new.nix ]; }\n");
    let mut client = Client::open(&folder.path());
    let (a, new) = (folder.uri("a.nix"), folder.uri("new.nix"));
    client.did_open(&new, TWINS[3].1);
    client.rules_once(&a, |rules| rules == ["duplicate-sysctl"]);
    client.notify(
        "textDocument/didClose",
        json!({ "textDocument": { "uri": new } }),
    );
    client.rules_once(&a, <[String]>::is_empty);
    client.rules_once(&new, <[String]>::is_empty);
}

#[test]
fn settings_are_read_again_and_broken_ones_are_shown() {
    let folder = Folder::new(TWINS);
    let mut client = Client::open(&folder.path());
    let (a, config) = (folder.uri("a.nix"), folder.uri("nixamine.toml"));
    client.rules_once(&a, |rules| rules == ["duplicate-sysctl"]);
    let told = |client: &mut Client| {
        let changes = json!([{ "uri": config, "type": 2 }]);
        client.notify(
            "workspace/didChangeWatchedFiles",
            json!({ "changes": changes }),
        );
    };
    folder.write("nixamine.toml", "ignore = [\"duplicate-sysctl\"]\n");
    told(&mut client);
    client.rules_once(&a, <[String]>::is_empty);
    // A broken one is shown, and the last good one holds.
    folder.write("nixamine.toml", "ignore = [\n\"duplicate-sysctl\"\n");
    told(&mut client);
    client.rules_once(&config, |rules| rules == ["configuration"]);
    client.open_file(&folder, "a.nix");
    assert!(client.findings_of(&a, 1).is_empty());
    // While it is written, too.
    client.did_open(&config, "ignor = []\n");
    let found = client.findings_of(&config, 1);
    assert_eq!(
        found[0]["range"]["start"],
        json!({ "line": 0, "character": 0 }),
        "{found:?}"
    );
    client.did_change(&config, 2, json!([change(0, 5, 5, "e")]));
    assert!(client.findings_of(&config, 2).is_empty());
    client.notify(
        "textDocument/didClose",
        json!({ "textDocument": { "uri": config } }),
    );
    folder.write("nixamine.toml", "\n");
    told(&mut client);
    client.rules_once(&config, <[String]>::is_empty);
    client.rules_once(&a, |rules| rules == ["duplicate-sysctl"]);
}

#[test]
fn a_client_that_watches_nothing_gets_the_disk_looked_at() {
    let folder = Folder::new(TWINS);
    let mut capabilities = Client::capabilities();
    capabilities["workspace"]["didChangeWatchedFiles"] = Value::Null;
    let mut client = Client::open_with(&folder.path(), capabilities, json!({}));
    let (a, b) = (folder.uri("a.nix"), folder.uri("b.nix"));
    client.rules_once(&a, |rules| rules == ["duplicate-sysctl"]);
    folder.write("b.nix", "{ }\n");
    client.rules_once(&a, <[String]>::is_empty);
    folder.write("nixamine.toml", "select = [\"mk-force\"]\n");
    folder.write("b.nix", "{ lib, ... }: { x.y = lib.mkForce 1; }\n");
    client.rules_once(&b, |rules| rules == ["mk-force"]);
    assert!(
        client
            .requests
            .iter()
            .all(|(method, _)| method != "client/registerCapability")
    );
    // New files are found when something is saved.
    folder.write("c.nix", "{ lib, ... }: { x.y = lib.mkForce 2; }\n");
    client.open_file(&folder, "a.nix");
    client.notify(
        "textDocument/didSave",
        json!({ "textDocument": { "uri": a } }),
    );
    client.rules_once(&folder.uri("c.nix"), |rules| rules == ["mk-force"]);
    std::fs::remove_file(folder.path().join("c.nix")).unwrap();
    client.rules_once(&folder.uri("c.nix"), <[String]>::is_empty);
}

#[test]
fn files_come_and_go() {
    let folder = Folder::new(TWINS);
    let mut client = Client::open(&folder.path());
    let (a, b) = (folder.uri("a.nix"), folder.uri("b.nix"));
    client.rules_once(&a, |rules| rules == ["duplicate-sysctl"]);
    client.until("the wish to be told of files", |client| {
        client
            .requests
            .iter()
            .any(|(method, _)| method == "client/registerCapability")
            .then_some(())
    });
    let told = |client: &mut Client, path: &str, kind: u32| {
        let changes = json!([{ "uri": folder.uri(path), "type": kind }]);
        client.notify(
            "workspace/didChangeWatchedFiles",
            json!({ "changes": changes }),
        );
    };
    std::fs::rename(folder.path().join("b.nix"), folder.path().join("c.nix")).unwrap();
    told(&mut client, "b.nix", 3);
    told(&mut client, "c.nix", 1);
    client.rules_once(&a, <[String]>::is_empty);
    client.rules_once(&b, <[String]>::is_empty);
    folder.write("host.nix", "{ imports = [ ./a.nix ./c.nix ]; }\n");
    told(&mut client, "host.nix", 2);
    client.rules_once(&a, |rules| rules == ["duplicate-sysctl"]);
    client.rules_once(&folder.uri("c.nix"), |rules| rules == ["duplicate-sysctl"]);
}

#[test]
fn options_of_the_client_lie_on_top() {
    let folder = Folder::new(TWINS);
    let mut capabilities = Client::capabilities();
    capabilities["workspace"]["configuration"] = json!(true);
    let options = json!({ "ignore": ["duplicate-sysctl"] });
    let mut client = Client::open_with(&folder.path(), capabilities, options);
    let a = folder.uri("a.nix");
    client.open_file(&folder, "a.nix");
    assert!(client.findings_of(&a, 1).is_empty());
    client.configuration = json!({ "ignore": [] });
    client.notify(
        "workspace/didChangeConfiguration",
        json!({ "settings": null }),
    );
    client.rules_once(&a, |rules| rules == ["duplicate-sysctl"]);
    let settings = json!({ "nixamine": { "select": ["no-such-rule"] } });
    client.notify(
        "workspace/didChangeConfiguration",
        json!({ "settings": settings }),
    );
    client.until("a warning", |client| {
        client
            .messages
            .iter()
            .any(|text| text.contains("no-such-rule"))
            .then_some(())
    });
}

#[test]
fn findings_are_pushed_or_pulled_and_never_both() {
    let folder = Folder::new(TWINS);
    let mut capabilities = Client::capabilities();
    capabilities["workspace"]["diagnostics"] = json!({ "refreshSupport": true });
    let options = json!({ "diagnostics": "pull" });
    let mut client = Client::open_with(&folder.path(), capabilities, options);
    let (a, b) = (folder.uri("a.nix"), folder.uri("b.nix"));
    client.open_file(&folder, "a.nix");
    client.open_file(&folder, "b.nix");
    let pull = |client: &mut Client| {
        let report = client.request(
            "textDocument/diagnostic",
            json!({ "textDocument": { "uri": a } }),
        );
        assert_eq!(report["kind"], "full");
        report["items"].as_array().unwrap().len()
    };
    client.until("the first reading", |client| {
        (pull(client) == 1).then_some(())
    });
    client.did_change(&b, 2, json!([change(1, 22, 35, "vm.other")]));
    assert_eq!(pull(&mut client), 0);
    assert_eq!(client.publications, 0);
    let mut pushing = Client::start();
    let told = pushing.request("initialize", json!({ "capabilities": {} }));
    assert!(told["capabilities"].get("diagnosticProvider").is_none());
}

#[test]
fn documents_of_all_kinds() {
    const FORCED: &str = "{ lib, ... }: { a.b = lib.mkForce 1; }\n";
    let folder = Folder::new(&[
        ("my modules/nixamine.toml", ""),
        ("my modules/ümlaut.nix", FORCED),
    ]);
    let second = Folder::new(TWINS);
    let lonely = Folder::new(&[("lonely.nix", FORCED)]);
    let mut client = Client::start();
    let folders = json!([
        { "uri": folder.uri("my modules"), "name": "one" },
        { "uri": second.uri(""), "name": "two" },
    ]);
    client.request(
        "initialize",
        json!({ "workspaceFolders": folders, "capabilities": {} }),
    );
    client.notify("initialized", json!({}));
    let umlaut = folder.uri("my modules/ümlaut.nix");
    assert!(umlaut.contains("my%20modules/%C3%BCmlaut"));
    client.rules_once(&umlaut, |rules| rules == ["mk-force"]);
    client.rules_once(&second.uri("a.nix"), |rules| rules == ["duplicate-sysctl"]);
    // Without a project, without a file.
    for uri in [&lonely.uri("lonely.nix"), "untitled:Untitled-1"] {
        client.did_open(uri, FORCED);
        client.rules_once(uri, |rules| rules == ["mk-force"]);
        client.did_change(uri, 2, json!([{ "text": "{ }" }]));
        assert!(client.findings_of(uri, 2).is_empty());
        client.notify(
            "textDocument/didClose",
            json!({ "textDocument": { "uri": uri } }),
        );
    }
    // Not what somebody works on.
    let silent = [
        "git:/tmp/a.nix?ref=1",
        "fugitive:///tmp/.git//0/a.nix",
        "oil:///tmp/",
        "file:///nix/store/00000000000000000000000000000000-source/a.nix",
        "file:///tmp/readme.md",
    ];
    for uri in silent {
        client.did_open(uri, FORCED);
    }
    client.did_change(silent[0], 2, json!([change(0, 0, 1, "")]));
    client.did_open(&lonely.uri("lonely.nix"), FORCED);
    client.rules_once(&lonely.uri("lonely.nix"), |rules| rules == ["mk-force"]);
    assert!(silent.iter().all(|uri| !client.findings.contains_key(*uri)));
    // A folder that goes takes its findings along.
    let gone = json!([{ "uri": second.uri(""), "name": "two" }]);
    let event = json!({ "event": { "removed": gone, "added": [] } });
    client.notify("workspace/didChangeWorkspaceFolders", event);
    client.rules_once(&second.uri("a.nix"), <[String]>::is_empty);
}

#[test]
fn excluded_and_ignored_files_are_left_alone() {
    const FORCED: &str = "{ lib, ... }: { a.b = lib.mkForce 1; }\n";
    let folder = Folder::new(TWINS);
    folder.write("nixamine.toml", "exclude = [\"b.nix\"]\n");
    folder.write(".gitignore", "ignored.nix\n");
    folder.write(".git/HEAD", "ref: refs/heads/main\n");
    folder.write("ignored.nix", TWINS[3].1);
    folder.write(
        "host.nix",
        "{ imports = [ ./a.nix ./b.nix ./ignored.nix ]; }\n",
    );
    let mut client = Client::open(&folder.path());
    let (a, b) = (folder.uri("a.nix"), folder.uri("b.nix"));
    client.did_open(&b, FORCED);
    client.open_file(&folder, "ignored.nix");
    client.did_open(&a, FORCED);
    client.rules_once(&a, |rules| rules == ["mk-force"]);
    assert!(!client.findings.contains_key(&b));
    client.did_change(&a, 2, json!([{ "text": TWINS[2].1 }]));
    assert!(
        client.findings_of(&a, 2).is_empty(),
        "git ignores what would clash"
    );
}

#[test]
fn a_renamed_folder_takes_its_modules_along() {
    let folder = Folder::new(TWINS);
    folder.write("host.nix", "{ imports = [ ./new/a.nix ./b.nix ]; }\n");
    folder.write("old/a.nix", TWINS[2].1);
    let mut client = Client::open(&folder.path());
    let (old, new) = (folder.uri("old/a.nix"), folder.uri("new/a.nix"));
    client.open_file(&folder, "b.nix");
    assert!(client.findings_of(&folder.uri("b.nix"), 1).is_empty());
    let rename = |from: &str, to: &str| {
        std::fs::rename(folder.path().join(from), folder.path().join(to)).unwrap();
    };
    let watched = |client: &mut Client, changes: &[(&str, u8)]| {
        let changes = changes.iter();
        let changes = changes.map(|(uri, kind)| json!({ "uri": uri, "type": kind }));
        let changes: Vec<_> = changes.collect();
        let params = json!({ "changes": changes });
        client.notify("workspace/didChangeWatchedFiles", params);
    };
    // As a client tells it that names every file.
    rename("old", "new");
    watched(&mut client, &[(&old, 3), (&new, 1)]);
    client.rules_once(&new, |rules| rules == ["duplicate-sysctl"]);
    client.rules_once(&folder.uri("b.nix"), |rules| rules == ["duplicate-sysctl"]);
    // As a client tells it that names the folders alone.
    rename("new", "old");
    watched(
        &mut client,
        &[(&folder.uri("new"), 3), (&folder.uri("old"), 1)],
    );
    client.rules_once(&folder.uri("b.nix"), <[String]>::is_empty);
    client.rules_once(&new, <[String]>::is_empty);
    // As an editor tells it that renamed the folder itself.
    rename("old", "new");
    let renamed = json!({ "oldUri": folder.uri("old"), "newUri": folder.uri("new") });
    client.notify("workspace/didRenameFiles", json!({ "files": [renamed] }));
    client.rules_once(&new, |rules| rules == ["duplicate-sysctl"]);
    std::fs::remove_dir_all(folder.path().join("new")).unwrap();
    let deleted = json!({ "files": [{ "uri": folder.uri("new") }] });
    client.notify("workspace/didDeleteFiles", deleted);
    client.rules_once(&folder.uri("b.nix"), <[String]>::is_empty);
}

#[test]
fn reading_a_project_shows_its_progress() {
    let folder = Folder::new(TWINS);
    let mut capabilities = Client::capabilities();
    capabilities["window"]["workDoneProgress"] = json!(true);
    let mut client = Client::open_with(&folder.path(), capabilities, json!({}));
    client.until("the end of it", |client| {
        let last = client.progress.last();
        last.is_some_and(|(kind, _)| kind == "end").then_some(())
    });
    assert_eq!(client.progress[0].0, "begin");
    let mut asked = client.requests.iter();
    let asked = asked.find(|(method, _)| method == "window/workDoneProgress/create");
    assert!(asked.unwrap().1["token"].is_string());
    // Nobody is bothered who did not ask for it.
    let mut client = Client::open(&folder.path());
    client.rules_once(&folder.uri("a.nix"), |rules| rules == ["duplicate-sysctl"]);
    assert!(client.progress.is_empty());
}

#[test]
fn the_log_file_has_what_the_client_is_told() {
    let folder = Folder::new(TWINS);
    let log = folder.path().join("server.log");
    let args = ["--log-level", "debug", "--log-file", log.to_str().unwrap()];
    let mut client = Client::start_with(&args);
    client.begin(&folder.path(), Client::capabilities(), json!({}));
    client.rules_once(&folder.uri("a.nix"), |rules| rules == ["duplicate-sysctl"]);
    client.raw(b"Content-Length: 5\r\n\r\n{no}!");
    client.until("a word about it", |client| {
        let refused = |text: &String| text.contains("not understood");
        client.messages.iter().any(refused).then_some(())
    });
    assert_eq!(client.exit(), Some(0));
    let log = std::fs::read_to_string(log).unwrap();
    assert!(
        log.contains("3 files read") && log.contains("not understood"),
        "{log}"
    );
    assert!(log.lines().any(|line| line.starts_with("debug")), "{log}");
}

#[test]
fn a_log_file_that_cannot_be_written_is_an_error() {
    let folder = Folder::new(&[]);
    let mut client = Client::start_with(&["--log-file", folder.path().to_str().unwrap()]);
    assert_eq!(client.wait_for_end(), Some(2));
}

#[test]
fn too_much_is_not_read() {
    let folder = Folder::new(TWINS);
    for number in 0..20 {
        folder.write(&format!("more/{number}.nix"), "{ }\n");
    }
    let options = json!({ "maxFiles": 10 });
    let mut client = Client::open_with(&folder.path(), Client::capabilities(), options);
    client.until("a word about it", |client| {
        client
            .messages
            .iter()
            .any(|text| text.contains("maxFiles"))
            .then_some(())
    });
    // What is open is checked all the same.
    client.open_file(&folder, "a.nix");
    client.open_file(&folder, "b.nix");
    client.open_file(&folder, "host.nix");
    client.rules_once(&folder.uri("a.nix"), |rules| rules == ["duplicate-sysctl"]);
}
