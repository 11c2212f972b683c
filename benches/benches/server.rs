//! What an editor waits for: `cargo build --release` and then `cargo bench -p
//! nixamine-benches --bench server` measure the language server over pipes, as
//! Markdown. `NIXAMINE_PEERS` names other servers to measure in the same run,
//! commands separated by `:`.
#![allow(clippy::print_stdout, reason = "a report")]

use nixamine_benches::{module, package_set, project};
use nixamine_rules::{Settings, Source, Workspace, analyze};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// A line with a finding for every server.
const PROBE: &str = "probe = lib.mkForce (let unused = 1; in 1);";

/// `text` with the probe in its middle, in front of a line that starts with `at`.
fn probed(text: &str, at: &str) -> String {
    let middle = text.len() / 2;
    let place = text[middle..]
        .find(at)
        .map_or(middle, |found| middle + found + 1);
    let indent = at.trim_start_matches('\n').trim_end_matches('#');
    format!("{}{indent}{PROBE}\n{}", &text[..place], &text[place..])
}

/// The line of the probe, and how far it is indented.
fn probe_of(text: &str) -> (u64, u64) {
    let mut lines = text.lines().enumerate();
    let found = lines.find_map(|(number, line)| Some((number, line.find(PROBE)?)));
    let (line, indent) = found.expect("the probe");
    (line as u64, indent as u64)
}

/// A server, and this bench as its client.
struct Server {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

/// A message as it goes over a pipe.
fn framed(message: &Value) -> Vec<u8> {
    let mut message = message.clone();
    message["jsonrpc"] = json!("2.0");
    let body = message.to_string();
    format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// The body of the next message of a server.
fn frame(output: &mut BufReader<ChildStdout>) -> Vec<u8> {
    let mut len = 0;
    loop {
        let mut line = String::new();
        let read = output.read_line(&mut line).expect("the server speaks");
        assert!(read > 0, "the server went away");
        match line.trim().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                len = value.parse().expect("a length");
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; len];
    output.read_exact(&mut body).expect("a whole message");
    body
}

impl Server {
    fn start(command: &str, root: &Path) -> std::io::Result<Self> {
        let mut words = command.split(' ');
        let mut child = Command::new(words.next().unwrap_or_default())
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(std::io::Error::other("no pipes"));
        };
        let mut server = Self {
            child,
            input,
            output: BufReader::new(output),
        };
        let root = format!("file://{}", root.display());
        let params = json!({ "processId": null, "rootUri": root, "capabilities": {} });
        server.send(&json!({ "id": 1, "method": "initialize", "params": params }));
        while server.receive().get("result").is_none() {}
        server.send(&json!({ "method": "initialized", "params": {} }));
        Ok(server)
    }

    fn send(&mut self, message: &Value) {
        let sent = self.input.write_all(&framed(message));
        sent.and_then(|()| self.input.flush())
            .expect("the server listens");
    }

    /// The next message; what the server asks is answered.
    fn receive(&mut self) -> Value {
        let body = frame(&mut self.output);
        let message: Value = serde_json::from_slice(&body).expect("JSON");
        if let (Some(id), Some(_)) = (message.get("id"), message.get("method")) {
            self.send(&json!({ "id": id, "result": null }));
        }
        message
    }

    /// Waits for the findings of a version; of any, where the server does not say of
    /// which they are. Returns when they were there.
    fn findings(&mut self, uri: &str, version: i64) -> Instant {
        loop {
            let body = frame(&mut self.output);
            let now = Instant::now();
            let message: Value = serde_json::from_slice(&body).expect("JSON");
            if let (Some(id), Some(_)) = (message.get("id"), message.get("method")) {
                self.send(&json!({ "id": id, "result": null }));
            }
            let params = &message["params"];
            if message["method"] == "textDocument/publishDiagnostics"
                && params["uri"] == uri
                && (params["version"] == version || params["version"].is_null())
            {
                return now;
            }
        }
    }

    fn open(&mut self, uri: &str, text: &str) {
        let document = json!({ "uri": uri, "languageId": "nix", "version": 1, "text": text });
        let params = json!({ "textDocument": document });
        self.send(&json!({ "method": "textDocument/didOpen", "params": params }));
    }

    /// Types letters into a word in front of a finding (`PROBE`), `count` keys, one
    /// after the other is answered. So every key moves what is found, because some
    /// servers say nothing when it is found where it was.
    fn type_letters(&mut self, uri: &str, text: &str, count: usize) -> Vec<Duration> {
        let (line, indent) = probe_of(text);
        let mut times = Vec::new();
        for version in 2..=i64::try_from(count).unwrap_or_default() + 1 {
            // The word does not grow for ever.
            let typed = (times.len() % 20) as u64;
            let (from, to, letter) = match typed {
                0 if version > 2 => (indent + 1, indent + 20, ""),
                _ => (indent + typed, indent + typed, "a"),
            };
            let start = json!({ "line": line, "character": from });
            let end = json!({ "line": line, "character": to });
            let change = json!({ "range": { "start": start, "end": end }, "text": letter });
            times.push(self.change(uri, version, &change));
        }
        times
    }

    /// Types bindings, each on a new line above the probe, as an editor indents it.
    fn type_bindings(&mut self, uri: &str, text: &str, count: usize) -> Vec<Duration> {
        let (line, indent) = probe_of(text);
        let at = |line: u64, character: u64| json!({ "line": line, "character": character });
        let mut times = Vec::new();
        let mut version = 1;
        let mut edit = |start: Value, end: Value, text: &str| {
            version += 1;
            let change = json!({ "range": { "start": start, "end": end }, "text": text });
            times.push(self.change(uri, version, &change));
            times.len()
        };
        loop {
            edit(
                at(line, 0),
                at(line, 0),
                &format!("{}\n", " ".repeat(indent as usize)),
            );
            for (typed, sign) in "new.option = true;".chars().enumerate() {
                let place = indent + typed as u64;
                edit(at(line, place), at(line, place), &sign.to_string());
            }
            if edit(at(line, 0), at(line + 1, 0), "") >= count {
                return times;
            }
        }
    }

    fn change(&mut self, uri: &str, version: i64, change: &Value) -> Duration {
        let document = json!({ "uri": uri, "version": version });
        let params = json!({ "textDocument": document, "contentChanges": [change] });
        self.send(&json!({ "method": "textDocument/didChange", "params": params }));
        let sent = Instant::now();
        self.findings(uri, version).saturating_duration_since(sent)
    }

    /// Resident memory in MB, where the system tells.
    fn memory(&self) -> Option<f64> {
        let path = format!("/proc/{}/statm", self.child.id());
        let statm = fs::read_to_string(path).ok()?;
        let pages: f64 = statm.split(' ').nth(1)?.parse().ok()?;
        Some(pages * 4096.0 / 1e6)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn percentile(times: &mut [Duration], percent: usize) -> f64 {
    times.sort_unstable();
    let at = (times.len() * percent / 100).min(times.len() - 1);
    times[at].as_secs_f64() * 1e3
}

fn main() {
    let quick = std::env::args().any(|arg| arg == "--test");
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(top.join("target"), PathBuf::from);
    let own = target.join("release/nixamine");
    if !own.exists() {
        println!("The language server is measured once `cargo build --release` has made it.");
        return;
    }
    let mut commands = vec![("nixamine".to_owned(), format!("{} lsp", own.display()))];
    let peers = std::env::var("NIXAMINE_PEERS").unwrap_or_default();
    for peer in peers.split(':').filter(|peer| !peer.is_empty()) {
        let name = Path::new(peer)
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        commands.push((name.into_owned(), peer.to_owned()));
    }
    let folder = target.join("tmp/server-bench");
    keystrokes(&commands, &folder, quick);
    storm(&commands, &folder, quick);
    many_modules(&commands[0].1, &folder, quick);
    // What is left is overwritten by the next run.
    let _ = fs::remove_dir_all(&folder);
}

/// From the last byte of `didChange` to the last byte of the findings.
fn keystrokes(commands: &[(String, String)], folder: &Path, quick: bool) {
    println!("\n## Keystroke to findings over pipes (ms)\n");
    println!("| file | typed | server | keys | p50 | p99 | worst |\n|---|---|---|---|---|---|---|");
    let count = match quick {
        true => 20,
        false => 2_000,
    };
    for (name, text) in [
        ("module, 5 KB", probed(&module(1, 5_000), "\n    #")),
        (
            "packages, 675 KB",
            probed(&package_set(1, 675_000), "\n  #"),
        ),
    ] {
        for (server, command) in commands {
            let root = folder.join("alone");
            fs::create_dir_all(&root).expect("a folder");
            // A project of its own, wherever the folder lies.
            fs::write(root.join("nixamine.toml"), "").expect("a file");
            let root = root.canonicalize().expect("the folder");
            let uri = format!("file://{}/edited.nix", root.display());
            let Ok(mut running) = Server::start(command, &root) else {
                println!("| {name} | {server} | does not start | | | | |");
                continue;
            };
            running.open(&uri, &text);
            running.findings(&uri, 1);
            // Some say it twice.
            std::thread::sleep(Duration::from_secs(1));
            // A peer may take a hundred times as long.
            let count = match server.as_str() {
                "nixamine" => count,
                _ => count / 10,
            };
            let times = running.type_letters(&uri, &text, count);
            row(name, "letters", server, times);
            if server == "nixamine" {
                let mut running = Server::start(command, &root).expect("it started before");
                running.open(&uri, &text);
                running.findings(&uri, 1);
                let times = running.type_bindings(&uri, &text, count);
                row(name, "new bindings", server, times);
            }
        }
    }
}

/// Edits sent at once, with requests among them: how long each answer takes after the
/// last byte was sent, and how long the findings of the last edit take.
fn storm(commands: &[(String, String)], folder: &Path, quick: bool) {
    let (edits, requests) = match quick {
        true => (40, 2),
        false => (2_000, 100),
    };
    println!("\n## {edits} edits and {requests} requests sent at once, module of 5 KB (ms)\n");
    println!(
        "| server | answers p50 | p99 | last | findings of the last edit |\n|---|---|---|---|---|"
    );
    let text = probed(&module(1, 5_000), "\n    #");
    let (line, indent) = probe_of(&text);
    let root = folder.join("alone");
    let root = root.canonicalize().expect("the folder");
    let uri = format!("file://{}/storm.nix", root.display());
    for (name, command) in commands {
        let Ok(mut server) = Server::start(command, &root) else {
            continue;
        };
        server.open(&uri, &text);
        server.findings(&uri, 1);
        let mut bytes = Vec::new();
        let mut wanted = HashSet::new();
        let last = edits + 1;
        for version in 2..=last {
            let at = json!({ "line": line, "character": indent });
            let change = json!({ "range": { "start": at, "end": at }, "text": "a" });
            let document = json!({ "uri": uri, "version": version });
            let params = json!({ "textDocument": document, "contentChanges": [change] });
            let method = "textDocument/didChange";
            bytes.extend(framed(&json!({ "method": method, "params": params })));
            if version % (edits / requests) == 0 {
                let document = json!({ "uri": uri });
                let params = json!({ "textDocument": document, "position": at });
                let method = "textDocument/hover";
                let id = 1_000 + version;
                bytes.extend(framed(
                    &json!({ "id": id, "method": method, "params": params }),
                ));
                wanted.insert(id);
            }
        }
        let (input, output) = (&mut server.input, &mut server.output);
        let (sent, answers, found) = std::thread::scope(|scope| {
            // It reads what is said meanwhile, or both would wait.
            let writer = scope.spawn(move || {
                input.write_all(&bytes).expect("the server listens");
                Instant::now()
            });
            let (mut answers, mut found) = (Vec::new(), None);
            let mut says_versions = true;
            while !wanted.is_empty() || (found.is_none() && says_versions) {
                let body = frame(output);
                let now = Instant::now();
                let message: Value = serde_json::from_slice(&body).expect("JSON");
                if message["id"].as_i64().is_some_and(|id| wanted.remove(&id)) {
                    answers.push(now);
                }
                let params = &message["params"];
                if params["uri"] == uri.as_str() {
                    says_versions = !params["version"].is_null();
                    found = found.or((params["version"] == last).then_some(now));
                }
            }
            (writer.join().expect("all is sent"), answers, found)
        });
        let answers = answers.into_iter();
        let mut times: Vec<_> = answers
            .map(|at| at.saturating_duration_since(sent))
            .collect();
        let [p50, p99, slowest] = [50, 99, 100].map(|percent| percentile(&mut times, percent));
        let found = found.map(|at| at.saturating_duration_since(sent).as_secs_f64() * 1e3);
        let found = found.map_or("–".to_owned(), |found| format!("{found:.1}"));
        println!("| {name} | {p50:.1} | {p99:.1} | {slowest:.1} | {found} |");
    }
}

fn row(file: &str, typed: &str, server: &str, mut times: Vec<Duration>) {
    let [p50, p99, worst] = [50, 99, 100].map(|percent| percentile(&mut times, percent));
    let keys = times.len();
    println!("| {file} | {typed} | {server} | {keys} | {p50:.2} | {p99:.2} | {worst:.2} |");
}

/// A project of many modules: until all is said, and then a keystroke.
fn many_modules(command: &str, folder: &Path, quick: bool) {
    let count = match quick {
        true => 50,
        false => 5_000,
    };
    let root = folder.join("many");
    let files = project(1, count, 3_000);
    for (path, text) in &files {
        let path = root.join(path);
        let _ = path.parent().map(fs::create_dir_all);
        fs::write(path, text).expect("a file");
    }
    fs::write(root.join("nixamine.toml"), "").expect("a file");
    let root = root.canonicalize().expect("the folder");
    // What there is to be said.
    let settings = Settings::default();
    let documents = files
        .iter()
        .map(|(path, text)| analyze(Source::new(path.as_str(), text.as_str()), &settings));
    let mut workspace = Workspace::new(documents.collect(), []);
    workspace.join(&settings);
    let all = 0..workspace.documents().len();
    let mut wanted: HashSet<String> = all
        .filter(|file| !workspace.findings(*file).is_empty())
        .map(|file| {
            format!(
                "file://{}/{}",
                root.display(),
                workspace.documents()[file].path()
            )
        })
        .collect();
    let with_findings = wanted.len();
    let size: usize = files.iter().map(|(_, text)| text.len()).sum();
    let start = Instant::now();
    let mut server = Server::start(command, &root).expect("the server starts");
    while !wanted.is_empty() {
        let message = server.receive();
        if let Some(uri) = message["params"]["uri"].as_str() {
            wanted.remove(uri);
        }
    }
    let took = start.elapsed();
    let memory = server.memory().unwrap_or_default();
    let (path, text) = &files[count / 2];
    let text = &probed(text, "\n    #");
    let uri = format!("file://{}/{path}", root.display());
    server.open(&uri, text);
    server.findings(&uri, 1);
    let mut times = server.type_bindings(&uri, text, 1_000);
    let [p50, p99, worst] = [50, 99, 100].map(|percent| percentile(&mut times, percent));
    println!(
        "\n## A project of {count} modules ({:.1} MB)\n",
        size as f64 / 1e6
    );
    println!(
        "| from `initialize` to all findings | files with findings | memory | keystroke p50 | p99 | worst |"
    );
    println!("|---|---|---|---|---|---|");
    println!(
        "| {:.0} ms | {with_findings} | {memory:.0} MB | {p50:.2} ms | {p99:.2} ms | {worst:.2} ms |",
        took.as_secs_f64() * 1e3
    );
}
