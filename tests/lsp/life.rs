//! Beginning, end, and clients that do it wrong.

use crate::client::{Client, Folder};
use crate::{TWINS, change};
use serde_json::{Value, json};

#[test]
fn the_end_comes_when_it_is_asked_for() {
    // Standard input stays open in all of these.
    let folder = Folder::new(TWINS);
    assert_eq!(Client::open(&folder.path()).exit(), Some(0));
    let mut rude = Client::open(&folder.path());
    rude.notify("exit", Value::Null);
    assert_eq!(rude.wait_for_end(), Some(1));
    let mut early = Client::start();
    early.notify("exit", Value::Null);
    assert_eq!(early.wait_for_end(), Some(1));
    let mut gone = Client::open(&folder.path());
    gone.hang_up();
    assert_eq!(gone.wait_for_end(), Some(1));
}

#[test]
fn both_words_of_goodbye_may_come_at_once() {
    let folder = Folder::new(TWINS);
    let mut client = Client::open(&folder.path());
    let mut both = Client::frame(&json!({ "jsonrpc": "2.0", "id": 99, "method": "shutdown" }));
    both.extend(Client::frame(
        &json!({ "jsonrpc": "2.0", "method": "exit" }),
    ));
    client.raw(&both);
    assert_eq!(client.answer(99)["result"], Value::Null);
    assert_eq!(client.wait_for_end(), Some(0));
}

#[test]
fn nothing_is_answered_before_the_beginning() {
    let mut client = Client::start();
    let id = client.ask("textDocument/hover", json!({}));
    assert_eq!(client.answer(id)["error"]["code"], -32002);
    // And what is told is not taken.
    client.did_open("file:///tmp/early.nix", "{ }");
    let folder = Folder::new(TWINS);
    client.request(
        "initialize",
        json!({ "rootUri": folder.uri(""), "capabilities": {} }),
    );
    client.notify("initialized", json!({}));
    client.rules_once(&folder.uri("a.nix"), |rules| rules == ["duplicate-sysctl"]);
}

#[test]
fn the_encoding_is_agreed_on() {
    for (offered, agreed, column) in [
        (json!(["utf-16", "utf-8"]), "utf-8", 15),
        (json!(["utf-32"]), "utf-32", 12),
        (json!(["utf-16"]), "utf-16", 13),
        (Value::Null, "utf-16", 13),
    ] {
        let folder = Folder::new(&[("nixamine.toml", "")]);
        let mut client = Client::start();
        let mut params = json!({ "rootUri": folder.uri(""), "capabilities": { "general": {} } });
        if !offered.is_null() {
            params["capabilities"]["general"]["positionEncodings"] = offered;
        }
        let told = client.request("initialize", params);
        assert_eq!(told["capabilities"]["positionEncoding"], agreed);
        client.notify("initialized", json!({}));
        let uri = folder.uri("emoji.nix");
        client.did_open(
            &uri,
            "{ lib, ... }:\r\n{\r\n  a.\"🐧\" = \r\n  /* 🐧 */ lib.mkForce 1;\r\n}\r\n",
        );
        let found = client.findings_of(&uri, 1);
        // Three blanks and six signs stand before it, one of them the bird.
        assert_eq!(
            found[0]["range"]["start"],
            json!({ "line": 3, "character": column - 2 }),
            "{found:?}"
        );
    }
}

#[test]
fn a_request_that_fails_ends_nothing() {
    let folder = Folder::new(TWINS);
    let mut client = Client::open(&folder.path());
    let id = client.ask("nixamine/panic", Value::Null);
    assert_eq!(client.answer(id)["error"]["code"], -32603);
    client.until("a line in the log", |client| {
        client
            .messages
            .iter()
            .any(|text| text.contains("a request asked for it"))
            .then_some(())
    });
    let uri = folder.uri("a.nix");
    client.open_file(&folder, "a.nix");
    client.did_change(&uri, 2, json!([change(1, 22, 35, "other")]));
    assert!(client.findings_of(&uri, 2).is_empty());
    assert_eq!(client.exit(), Some(0));
}

#[test]
fn nonsense_is_answered_or_logged() {
    let folder = Folder::new(TWINS);
    let mut client = Client::open(&folder.path());
    let uri = folder.uri("a.nix");
    let text = client.open_file(&folder, "a.nix");
    for body in [
        "{",
        "[1, 2",
        "{\"jsonrpc\": \"1.0\"}",
        "null",
        "\"\\ud800\"",
        "",
    ] {
        client.raw(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    }
    client.raw(b"Nonsense: 1\r\n\r\n");
    for (method, params) in [
        ("textDocument/didChange", json!({ "textDocument": {} })),
        ("textDocument/didChange", json!([1, 2])),
        ("textDocument/didOpen", json!("x")),
        (
            "textDocument/didClose",
            json!({ "textDocument": { "uri": "nowhere" } }),
        ),
        ("workspace/didChangeWatchedFiles", json!({ "changes": 1 })),
        ("textDocument/nothing", json!({})),
        ("$/nothing", json!({})),
    ] {
        client.notify(method, params);
    }
    // Files that nobody opened.
    client.did_change("file:///tmp/unknown.nix", 2, json!([{ "text": "{ }" }]));
    client.notify(
        "textDocument/didClose",
        json!({ "textDocument": { "uri": "file:///x.nix" } }),
    );
    let unknown = json!({ "textDocument": { "uri": "file:///x.nix" }, "position": { "line": 0, "character": 0 } });
    assert_eq!(client.request("textDocument/hover", unknown), Value::Null);
    let id = client.ask("textDocument/unknown", json!({}));
    assert_eq!(client.answer(id)["error"]["code"], -32601);
    let id = client.ask("workspace/executeCommand", json!({ "command": "rm" }));
    assert_eq!(client.answer(id)["error"]["code"], -32602);
    // Places that do not exist mean the nearest ones that do.
    client.did_change(&uri, 2, json!([change(99, 5, 7, "# end\n")]));
    assert_eq!(client.text(&uri), format!("{text}# end\n"));
    client.did_change(&uri, 3, json!([change(3, 2, 999, "")]));
    assert_eq!(client.text(&uri), format!("{text}# \n"));
    client.did_change(&uri, 4, json!([{ "text": text }]));
    // A version that goes back is taken as it comes.
    client.did_change(&uri, 2, json!([change(0, 0, 0, "# 🐧\n")]));
    assert_eq!(client.text(&uri), format!("# 🐧\n{text}"));
    // Inside of a pair of surrogates.
    client.did_change(&uri, 5, json!([change(0, 3, 3, "x")]));
    assert_eq!(client.text(&uri), format!("# 🐧x\n{text}"));
    // Opened twice: the second text counts.
    client.did_open(&uri, "{ }");
    assert_eq!(client.text(&uri), "{ }");
    assert_eq!(client.exit(), Some(0));
}

#[test]
fn any_text_is_survived() {
    let folder = Folder::new(&[("nixamine.toml", "")]);
    let mut client = Client::open(&folder.path());
    for (number, text) in [
        "[".repeat(100_000),
        "\0\u{feff}\u{202e}".repeat(1_000),
        "a = ''".repeat(20_000),
        "((((".repeat(30_000),
    ]
    .iter()
    .enumerate()
    {
        let uri = folder.uri(&format!("{number}.nix"));
        client.did_open(&uri, text);
        client.findings_of(&uri, 1);
        client.did_change(&uri, 2, json!([change(0, 1, 1, "{")]));
        client.findings_of(&uri, 2);
    }
    assert_eq!(client.exit(), Some(0));
}
