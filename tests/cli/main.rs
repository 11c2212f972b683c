//! Real runs of the binary in folders of their own.

mod ask;
mod bad_input;
mod check;
mod fix;
mod formats;
mod ratchet;
mod report;
mod rest;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A finding that only `--unsafe-fixes` mends.
const FORCED: &str = "{ lib, ... }:\n{\n  services.openssh.enable = lib.mkForce false;\n}\n";

/// A finding with a safe fix.
const UNUSED: &str =
    "{ ... }:\n{\n  # nixamine: allow(mk-force) long gone\n  services.openssh.enable = true;\n}\n";

/// Nothing to find.
const CLEAN: &str = "{ ... }:\n{\n  services.openssh.enable = true;\n}\n";

/// A folder with files, gone when the test ends.
struct Folder {
    guard: tempfile::TempDir,
}

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self {
            guard: tempfile::tempdir().unwrap(),
        };
        for (path, text) in files {
            folder.write(path, text);
        }
        folder
    }

    /// One that is the root of a project.
    fn project(files: &[(&str, &str)]) -> Self {
        let folder = Self::new(files);
        folder.write("nixamine.toml", "");
        folder
    }

    fn path(&self) -> &Path {
        self.guard.path()
    }

    fn write(&self, path: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nixamine"));
        command.args(arguments).current_dir(self.path());
        for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "RUST_BACKTRACE"] {
            command.env_remove(variable);
        }
        command
    }

    fn run(&self, arguments: &[&str]) -> Run {
        Run::from(self.command(arguments).output().unwrap())
    }

    fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Run {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        Run::from(child.wait_with_output().unwrap())
    }
}

/// What a run printed and how it ended.
#[derive(Debug)]
struct Run {
    code: i32,
    out: String,
    err: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().expect("ended by a signal"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Run {
    #[track_caller]
    fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.out, self.err);
        self
    }

    #[track_caller]
    fn out(self, part: &str) -> Self {
        assert!(
            self.out.contains(part),
            "no {part:?} in:\n{}\n{}",
            self.out,
            self.err
        );
        self
    }

    #[track_caller]
    fn err(self, part: &str) -> Self {
        assert!(
            self.err.contains(part),
            "no {part:?} in:\n{}\n{}",
            self.err,
            self.out
        );
        self
    }

    #[track_caller]
    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }
}
