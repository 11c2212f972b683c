//! The invariants of absence in ARCHITECTURE.md, checked on the text of the
//! project itself.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The files below `folder` that end in `ending`, with their text.
fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    fn walk(folder: &Path, ending: &str, out: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                if !path.ends_with("target") && !path.ends_with("node_modules") {
                    walk(&path, ending, out);
                }
            } else if path.to_string_lossy().ends_with(ending) {
                out.push(path);
            }
        }
    }
    let mut paths = Vec::new();
    walk(&root().join(folder), ending, &mut paths);
    paths.sort();
    assert!(!paths.is_empty(), "{folder} has files that end in {ending}");
    paths
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a source is text");
            let name = path
                .strip_prefix(root())
                .expect("below the root")
                .to_string_lossy()
                .into_owned();
            (name, text)
        })
        .collect()
}

/// The names under `[dependencies]` of a crate.
fn dependencies(manifest: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(manifest)).expect("a manifest");
    let table: toml::Table = toml::from_str(&text).expect("TOML");
    table
        .get("dependencies")
        .and_then(toml::Value::as_table)
        .map_or(Vec::new(), |d| d.keys().cloned().collect())
}

#[test]
fn the_engine_is_pure() {
    let banned = [
        "std::fs",
        "std::net",
        "std::thread",
        "std::process",
        "std::env",
        "std::time",
        "std::io",
        "SystemTime",
        "Instant::now",
        "tower_lsp",
        "lsp_types",
        "wasm_bindgen",
        "js_sys",
        "println!",
        "eprintln!",
    ];
    for (name, text) in files("rules/src", ".rs") {
        for word in banned {
            assert!(
                !text.contains(word),
                "{name} uses {word}; the engine is pure"
            );
        }
    }
}

#[test]
fn rules_know_no_parser_crate() {
    for (name, text) in files("rules/src", ".rs") {
        let may = name.starts_with("rules/src/syntax/");
        for word in ["rnix::", "rowan::"] {
            assert!(
                may || !text.contains(word),
                "{name} uses {word}; use crate::syntax"
            );
        }
    }
}

#[test]
fn crates_depend_downwards_only() {
    let own = |manifest: &str| -> Vec<String> {
        dependencies(manifest)
            .into_iter()
            .filter(|name| name.starts_with("nixamine"))
            .collect()
    };
    assert_eq!(own("rules/Cargo.toml"), [""; 0]);
    assert_eq!(own("project/Cargo.toml"), ["nixamine-rules"]);
    assert_eq!(own("wasm/Cargo.toml"), ["nixamine-rules"]);
    let lsp = own("lsp/Cargo.toml");
    assert!(
        lsp.iter()
            .all(|name| name == "nixamine-rules" || name == "nixamine-project"),
        "{lsp:?}"
    );
    let allowed = [
        "fast-glob",
        "memchr",
        "rnix",
        "rowan",
        "rustc-hash",
        "schemars",
        "serde",
        "serde_json",
        "smol_str",
        "strsim",
        "toml",
    ];
    for name in dependencies("rules/Cargo.toml") {
        assert!(
            allowed.contains(&name.as_str()),
            "the engine needs a reason to depend on {name}"
        );
    }
}

#[test]
fn a_rule_is_one_file_and_one_line() {
    let registry =
        std::fs::read_to_string(root().join("rules/src/rules/mod.rs")).expect("the registry");
    for (name, text) in files("rules/src/rules", ".rs") {
        let stem = name
            .rsplit('/')
            .next()
            .expect("a file")
            .trim_end_matches(".rs");
        if stem == "mod" {
            continue;
        }
        let kebab = stem.replace('_', "-");
        assert!(
            text.contains(&format!("name: \"{kebab}\"")),
            "{name} declares the rule {kebab}"
        );
        let lines = registry
            .lines()
            .filter(|line| line.contains(&format!("{stem}::")))
            .count();
        assert_eq!(lines, 1, "{name} has one line in the registry");
    }
}

#[test]
fn the_map_shows_what_is_there() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    assert!(text.lines().count() <= 150, "the map fits two pages");
    let mut named = 0;
    for word in text.split('`').skip(1).step_by(2) {
        let is_path = word.contains('/') && !word.contains([' ', '*', '<', ':', '(', '$', '{']);
        if is_path {
            assert!(
                root().join(word).exists(),
                "ARCHITECTURE.md names {word}, which is not there"
            );
            named += 1;
        }
    }
    assert!(named > 15, "the map names paths: {named}");
}
