//! Replays edits as JavaScript makes them and prints how long they took, as JSON in
//! milliseconds, to compare the WASM build with: an object with the `text` of a file
//! and its `edits` (`from`, `to`, `insert`) comes on standard input.
#![allow(clippy::print_stdout, reason = "a program")]

use nixamine_rules::wire::Offsets;
use nixamine_wasm::Session;
use serde::Deserialize;
use std::hint::black_box;
use std::time::Instant;

#[derive(Deserialize)]
struct Replay {
    text: String,
    edits: Vec<Edit>,
}

#[derive(Deserialize)]
struct Edit {
    from: u32,
    to: u32,
    insert: String,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let replay: Replay = serde_json::from_reader(std::io::stdin())?;
    let mut session = Session::new(Offsets::Utf16);
    session.add("module.nix", &replay.text);
    session.touched();
    let mut times = Vec::with_capacity(replay.edits.len());
    for edit in &replay.edits {
        let start = Instant::now();
        session
            .edit("module.nix", edit.from, edit.to, &edit.insert)
            .map_err(|refusal| refusal.to_string())?;
        black_box(session.touched());
        let findings = session.findings("module.nix");
        black_box(serde_json::to_string(
            &findings.map_err(|it| it.to_string())?,
        )?);
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    let at = |percent: usize| times.get(times.len() * percent / 100);
    println!("{}", serde_json::json!({ "p50": at(50), "p95": at(95) }));
    Ok(())
}
