//! A client that says exactly what a test wants, and remembers what it is told.

use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// A server that does not answer for so long is stuck.
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder with files, gone when the test ends.
pub(crate) struct Folder {
    guard: tempfile::TempDir,
}

impl Folder {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self {
            guard: tempfile::tempdir().unwrap(),
        };
        for (path, text) in files {
            folder.write(path, text);
        }
        folder
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.guard.path().canonicalize().unwrap()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn uri(&self, path: &str) -> String {
        uri(&self.path().join(path))
    }
}

/// The URI of a path, encoded as editors do.
pub(crate) fn uri(path: &Path) -> String {
    let mut out = String::from("file://");
    for byte in path.to_str().unwrap().bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

pub(crate) struct Client {
    pub(crate) child: Child,
    input: Option<ChildStdin>,
    incoming: Receiver<Value>,
    last_id: i64,
    /// The last findings of each file, with the version they are of.
    pub(crate) findings: HashMap<String, (Option<i64>, Vec<Value>)>,
    /// How often findings came.
    pub(crate) publications: usize,
    /// What the server logged or showed.
    pub(crate) messages: Vec<String>,
    /// Requests of the server, by method, with their parameters.
    pub(crate) requests: Vec<(String, Value)>,
    /// What the server reports of its progress: the kind and the message.
    pub(crate) progress: Vec<(String, Value)>,
    /// Answers that nobody has waited for yet.
    answers: HashMap<i64, Value>,
    /// What the client answers when it is asked for its configuration.
    pub(crate) configuration: Value,
}

impl Client {
    /// Starts a server. It is not initialized.
    pub(crate) fn start() -> Self {
        Self::start_with(&["--log-level", "warn"])
    }

    pub(crate) fn start_with(args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_nixamine"))
            .arg("lsp")
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let (send, incoming) = channel();
        std::thread::spawn(move || {
            loop {
                let mut len = 0;
                loop {
                    let mut line = String::new();
                    if output.read_line(&mut line).unwrap_or(0) == 0 {
                        return;
                    }
                    let line = line.trim();
                    if line.is_empty() {
                        break;
                    }
                    let (name, value) = line.split_once(':').expect("a header");
                    if name.eq_ignore_ascii_case("content-length") {
                        len = value.trim().parse().expect("a length");
                    }
                }
                let mut body = vec![0; len];
                output.read_exact(&mut body).unwrap();
                let message = serde_json::from_slice(&body).expect("JSON");
                if send.send(message).is_err() {
                    return;
                }
            }
        });
        Self {
            input: child.stdin.take(),
            child,
            incoming,
            last_id: 0,
            findings: HashMap::new(),
            publications: 0,
            messages: Vec::new(),
            requests: Vec::new(),
            progress: Vec::new(),
            answers: HashMap::new(),
            configuration: Value::Null,
        }
    }

    /// What most clients can do.
    pub(crate) fn capabilities() -> Value {
        json!({
            "general": { "positionEncodings": ["utf-16"] },
            "textDocument": {
                "codeAction": { "resolveSupport": { "properties": ["edit"] } },
                "hover": { "contentFormat": ["markdown"] },
            },
            "workspace": {
                "workspaceEdit": { "documentChanges": true, "resourceOperations": ["create"] },
                "didChangeWatchedFiles": { "dynamicRegistration": true },
            },
            "window": { "showDocument": { "support": true } },
        })
    }

    /// Starts a server for a folder.
    pub(crate) fn open(root: &Path) -> Self {
        Self::open_with(root, Self::capabilities(), json!({}))
    }

    pub(crate) fn open_with(root: &Path, capabilities: Value, options: Value) -> Self {
        let mut client = Self::start();
        client.begin(root, capabilities, options);
        client
    }

    /// The first words to a server.
    pub(crate) fn begin(&mut self, root: &Path, capabilities: Value, options: Value) {
        let mut options = options;
        options["debug"] = json!(true);
        self.request(
            "initialize",
            json!({
                "processId": null,
                "rootUri": uri(root),
                "capabilities": capabilities,
                "initializationOptions": options,
            }),
        );
        self.notify("initialized", json!({}));
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().expect("standard input is open");
        input.write_all(bytes).unwrap();
        input.flush().unwrap();
    }

    pub(crate) fn frame(message: &Value) -> Vec<u8> {
        let body = message.to_string();
        format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
    }

    pub(crate) fn send(&mut self, message: &Value) {
        self.raw(&Self::frame(message));
    }

    pub(crate) fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Asks without waiting. Returns the id.
    pub(crate) fn ask(&mut self, method: &str, params: Value) -> i64 {
        self.last_id += 1;
        let id = self.last_id;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        id
    }

    /// The answer with this id: a result or an error.
    pub(crate) fn answer(&mut self, id: i64) -> Value {
        self.until("an answer", |client| client.answers.remove(&id))
    }

    pub(crate) fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.ask(method, params);
        let answer = self.answer(id);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// Waits until `found` finds something in what the server said.
    pub(crate) fn until<T>(
        &mut self,
        what: &str,
        mut found: impl FnMut(&mut Self) -> Option<T>,
    ) -> T {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = found(self) {
                return found;
            }
            let left = end.saturating_duration_since(Instant::now());
            match self.incoming.recv_timeout(left) {
                Ok(message) => self.take(message),
                Err(error) => panic!(
                    "{what} did not come ({error}); findings {:?}, messages {:?}, requests {:?}",
                    self.findings, self.messages, self.requests
                ),
            }
        }
    }

    fn take(&mut self, message: Value) {
        let method = message["method"].as_str().map(str::to_owned);
        let params = &message["params"];
        match method.as_deref() {
            Some("textDocument/publishDiagnostics") => {
                let items = params["diagnostics"].as_array().cloned().unwrap();
                let version = params["version"].as_i64();
                let uri = params["uri"].as_str().unwrap().to_owned();
                self.publications += 1;
                self.findings.insert(uri, (version, items));
            }
            Some("window/logMessage" | "window/showMessage") => {
                self.messages
                    .push(params["message"].as_str().unwrap().to_owned());
            }
            Some("$/progress") => {
                let value = &params["value"];
                let kind = value["kind"].as_str().unwrap().to_owned();
                self.progress.push((kind, value["message"].clone()));
            }
            Some(method) => {
                if let Some(id) = message.get("id") {
                    let result = match method {
                        "workspace/configuration" => json!([self.configuration]),
                        _ => Value::Null,
                    };
                    let answer = json!({ "jsonrpc": "2.0", "id": id, "result": result });
                    self.requests.push((method.to_owned(), params.clone()));
                    self.send(&answer);
                }
            }
            None => {
                if let Some(id) = message["id"].as_i64() {
                    self.answers.insert(id, message);
                } else {
                    self.messages.push(message.to_string());
                }
            }
        }
    }

    pub(crate) fn did_open(&mut self, uri: &str, text: &str) {
        let document = json!({ "uri": uri, "languageId": "nix", "version": 1, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
    }

    /// Opens a file as it is on the disk. Returns its text.
    pub(crate) fn open_file(&mut self, folder: &Folder, path: &str) -> String {
        let text = std::fs::read_to_string(folder.path().join(path)).unwrap();
        self.did_open(&folder.uri(path), &text);
        text
    }

    pub(crate) fn did_change(&mut self, uri: &str, version: i64, changes: Value) {
        let document = json!({ "uri": uri, "version": version });
        let params = json!({ "textDocument": document, "contentChanges": changes });
        self.notify("textDocument/didChange", params);
    }

    /// The rules of the findings of a file, once `fits` says that they are right.
    pub(crate) fn rules_once(
        &mut self,
        uri: &str,
        fits: impl Fn(&[String]) -> bool,
    ) -> Vec<String> {
        self.until(&format!("the wanted findings of {uri}"), |client| {
            let rules = client.rules(uri)?;
            fits(&rules).then_some(rules)
        })
    }

    fn rules(&self, uri: &str) -> Option<Vec<String>> {
        let (_, items) = self.findings.get(uri)?;
        let codes = items
            .iter()
            .map(|item| item["code"].as_str().unwrap_or_default().to_owned());
        Some(codes.collect())
    }

    /// The findings of a version of a file.
    pub(crate) fn findings_of(&mut self, uri: &str, version: i64) -> Vec<Value> {
        self.until(&format!("version {version} of {uri}"), |client| {
            let (known, items) = client.findings.get(uri)?;
            (*known == Some(version)).then(|| items.clone())
        })
    }

    /// The text of a document as the server has it. That of the protocol's side and
    /// that of the engine must be one.
    pub(crate) fn text(&mut self, uri: &str) -> String {
        let told = self.request("nixamine/text", json!({ "uri": uri }));
        let text = told["text"].as_str().expect("it is open").to_owned();
        if let Some(engine) = told["engine"].as_str() {
            assert_eq!(engine, text);
        }
        text
    }

    /// The titles of the actions for a range, with the actions.
    pub(crate) fn actions(
        &mut self,
        uri: &str,
        range: &Value,
        only: Option<&str>,
    ) -> Vec<(String, Value)> {
        let mut context = json!({ "diagnostics": [] });
        if let Some(only) = only {
            context["only"] = json!([only]);
        }
        let params = json!({ "textDocument": { "uri": uri }, "range": range, "context": context });
        let actions = self.request("textDocument/codeAction", params);
        let actions = actions.as_array().cloned().unwrap_or_default();
        let titled = actions.into_iter().map(|action| {
            let title = action["title"].as_str().unwrap().to_owned();
            (title, action)
        });
        titled.collect()
    }

    /// Says goodbye. Returns the exit code; standard input stays open.
    pub(crate) fn exit(&mut self) -> Option<i32> {
        self.request("shutdown", Value::Null);
        self.notify("exit", Value::Null);
        self.wait_for_end()
    }

    pub(crate) fn wait_for_end(&mut self) -> Option<i32> {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("the server does not end");
    }

    /// Closes standard input.
    pub(crate) fn hang_up(&mut self) {
        self.input = None;
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `text` after the edits of an action, for one file.
pub(crate) fn applied(text: &str, action: &Value, uri: &str) -> String {
    let changes = action["edit"]["documentChanges"]
        .as_array()
        .expect("changes");
    let mut edits: Vec<Value> = Vec::new();
    for change in changes {
        if change["textDocument"]["uri"] == uri {
            edits.extend(change["edits"].as_array().cloned().unwrap());
        }
    }
    edits.sort_by_key(|edit| {
        let start = &edit["range"]["start"];
        (start["line"].as_u64(), start["character"].as_u64())
    });
    let mut out = text.to_owned();
    for edit in edits.iter().rev() {
        let (start, end) = (&edit["range"]["start"], &edit["range"]["end"]);
        out.replace_range(
            offset(text, start)..offset(text, end),
            edit["newText"].as_str().unwrap(),
        );
    }
    out
}

/// The byte of a position in UTF-16 units.
pub(crate) fn offset(text: &str, position: &Value) -> usize {
    let (line, character) = (
        position["line"].as_u64().unwrap() as usize,
        position["character"].as_u64().unwrap() as usize,
    );
    let mut at = 0;
    let mut lines = 0;
    while lines < line {
        match text[at..].find(['\n', '\r']) {
            Some(found) => {
                at += found;
                at += match text[at..].starts_with("\r\n") {
                    true => 2,
                    false => 1,
                };
                lines += 1;
            }
            None => return text.len(),
        }
    }
    let mut units = 0;
    for (byte, c) in text[at..].char_indices() {
        if units >= character || matches!(c, '\n' | '\r') {
            return at + byte;
        }
        units += c.len_utf16();
    }
    text.len()
}
