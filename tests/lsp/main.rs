//! The language server, over pipes, without an editor.

mod client;
mod life;
mod options;
mod project;
mod storm;
mod words;

use serde_json::{Value, json};

/// Two modules of one host that set the same key otherwise.
const TWINS: &[(&str, &str)] = &[
    ("nixamine.toml", ""),
    ("host.nix", "{ imports = [ ./a.nix ./b.nix ]; }\n"),
    (
        "a.nix",
        "{\n  boot.kernel.sysctl.\"vm.swappiness\" = 1;\n}\n",
    ),
    (
        "b.nix",
        "{\n  boot.kernel.sysctl.\"vm.swappiness\" = 2;\n}\n",
    ),
];

/// A replaced piece of a line.
fn change(line: u32, from: u32, to: u32, text: &str) -> Value {
    json!({
        "range": {
            "start": { "line": line, "character": from },
            "end": { "line": line, "character": to },
        },
        "text": text,
    })
}
