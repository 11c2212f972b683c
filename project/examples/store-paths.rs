//! What Nixamine knows of a lock file, for `tests/nix/store-paths`: a line
//! `input NAME NODE` for each input of the flake, and `node NAME HASH PATH` for
//! each source that has a hash, with `-` where it has no path in the store.

use nixamine_project::lock::{DEFAULT_STORE, Lock};
use std::io::{Write, stdout};
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = stdout().lock();
    for file in std::env::args_os().skip(1) {
        let lock = Lock::read(Path::new(&file))?;
        for (name, node) in lock.inputs() {
            writeln!(out, "input {name} {}", node.name)?;
        }
        for node in lock.nodes() {
            if let Some(hash) = &node.nar_hash {
                let path = node.store_path(DEFAULT_STORE);
                let path = path.as_deref().unwrap_or("-");
                writeln!(out, "node {} {hash} {path}", node.name)?;
            }
        }
    }
    Ok(())
}
