//! What is generated from the rules is committed, and is up to date:
//! `rules/docs/`, `schemas/` and the table in README.md.
//!
//! `NIXAMINE_BLESS=1 cargo test --test docs` writes the files anew.

use nixamine_rules::{docs, rules, wire};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Compares a committed file with what it should be, or writes it.
fn check(path: &Path, expected: &str) {
    if std::env::var_os("NIXAMINE_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("the folder");
        std::fs::write(path, expected).expect("the file can be written");
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        found == expected,
        "{} is not up to date; run NIXAMINE_BLESS=1 cargo test --test docs",
        path.display()
    );
}

#[test]
fn every_rule_has_its_page_and_every_page_its_rule() {
    let folder = root().join("rules/docs");
    let mut index = String::from(
        "# Rules\n\nGenerated from the rules' source; do not edit.\n\n\
         | rule | group | severity | on | fix | |\n|---|---|---|---|---|---|\n",
    );
    let mut names = Vec::new();
    for meta in rules::metas() {
        check(&folder.join(format!("{}.md", meta.name)), &docs::page(meta));
        let fix = meta
            .fix
            .map_or("–".to_owned(), |fix| format!("{fix:?}").to_lowercase());
        let on = if meta.enabled { "yes" } else { "no" };
        let _ = writeln!(
            index,
            "| [{name}]({name}.md) | {} | {} | {on} | {fix} | {} |",
            meta.group.name(),
            meta.severity.name(),
            meta.summary().replace('\n', " "),
            name = meta.name,
        );
        names.push(format!("{}.md", meta.name));
    }
    check(&folder.join("README.md"), &index);
    names.push("README.md".to_owned());
    for entry in std::fs::read_dir(&folder).expect("the folder of pages") {
        let name = entry
            .expect("an entry")
            .file_name()
            .to_string_lossy()
            .into_owned();
        assert!(
            names.contains(&name),
            "rules/docs/{name} belongs to no rule: remove it"
        );
    }
}

#[test]
fn schemas_are_up_to_date() {
    let pretty = |value| serde_json::to_string_pretty(&value).expect("a schema is JSON") + "\n";
    let folder = root().join("schemas");
    check(
        &folder.join("output.schema.json"),
        &pretty(docs::output_schema()),
    );
    check(
        &folder.join("package.schema.json"),
        &pretty(docs::package_schema()),
    );
    check(
        &folder.join("report.schema.json"),
        &pretty(docs::report_schema()),
    );
    check(
        &folder.join("config.schema.json"),
        &pretty(docs::config_schema()),
    );
    assert_eq!(
        wire::VERSION,
        1,
        "a new version of the form needs a schema of its own"
    );
}

#[test]
fn the_readme_lists_every_rule() {
    let mut table = String::from("| rule | severity | what it finds | fix |\n|---|---|---|---|\n");
    for meta in rules::metas() {
        let fix = meta
            .fix
            .map_or("–".to_owned(), |fix| format!("{fix:?}").to_lowercase());
        let _ = writeln!(
            table,
            "| [`{name}`](rules/docs/{name}.md) | {} | {} | {fix} |",
            meta.severity.name(),
            meta.summary().replace('\n', " "),
            name = meta.name,
        );
    }
    let path = root().join("README.md");
    let readme = std::fs::read_to_string(&path).expect("README.md");
    let (before, rest) = readme
        .split_once("by tests/docs -->\n")
        .expect("the start mark");
    let (_, after) = rest.split_once("<!-- /rules -->").expect("the end mark");
    check(
        &path,
        &format!("{before}by tests/docs -->\n{table}<!-- /rules -->{after}"),
    );
}

/// Enough of a JSON schema validator for the two schemas above: types,
/// properties, required, items, enums, references and alternatives.
fn validate(
    schema: &serde_json::Value,
    root: &serde_json::Value,
    value: &serde_json::Value,
    at: &str,
) {
    use serde_json::Value;
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let pointer = reference.trim_start_matches('#');
        let target = root
            .pointer(pointer)
            .unwrap_or_else(|| panic!("{reference} exists"));
        return validate(target, root, value, at);
    }
    if let Some(choices) = schema.get("enum").and_then(Value::as_array) {
        assert!(
            choices.contains(value),
            "{at}: {value} is none of {choices:?}"
        );
    }
    if let Some(constant) = schema.get("const") {
        assert_eq!(value, constant, "{at}");
    }
    for key in ["oneOf", "anyOf"] {
        if let Some(choices) = schema.get(key).and_then(Value::as_array) {
            let fits = |choice: &&Value| {
                std::panic::catch_unwind(|| validate(choice, root, value, at)).is_ok()
            };
            assert!(
                choices.iter().any(|choice| fits(&choice)),
                "{at}: {value} fits no {key}"
            );
        }
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    match schema.get("type") {
        Some(Value::String(expected)) => assert_eq!(kind, expected, "{at}"),
        Some(Value::Array(expected)) => {
            assert!(
                expected.iter().any(|e| e == kind),
                "{at}: {kind} is none of {expected:?}"
            );
        }
        _ => {}
    }
    if let Value::Object(fields) = value {
        let properties = schema.get("properties").and_then(Value::as_object);
        for required in schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let name = required.as_str().expect("a name");
            assert!(fields.contains_key(name), "{at}.{name} is missing");
        }
        for (name, field) in fields {
            match properties.and_then(|properties| properties.get(name)) {
                Some(schema) => validate(schema, root, field, &format!("{at}.{name}")),
                None => assert!(
                    schema.get("additionalProperties") != Some(&Value::Bool(false)),
                    "{at}.{name} is unknown"
                ),
            }
        }
    }
    if let (Value::Array(items), Some(schema)) = (value, schema.get("items")) {
        for (index, item) in items.iter().enumerate() {
            validate(schema, root, item, &format!("{at}[{index}]"));
        }
    }
}

#[test]
fn the_example_fits_the_schemas() {
    let example = root().join("examples/nixos-config");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_nixamine"))
        .args(["check", "--format", "json", "--select", "all"])
        .arg(&example)
        .output()
        .expect("the binary runs");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let schema = docs::output_schema();
    validate(&schema, &schema, &report, "report");
    let rules_found: std::collections::BTreeSet<_> = report["diagnostics"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|d| &d["rule"])
        .map(|r| r.as_str())
        .collect();
    // What its README promises to be found there.
    let promised = std::fs::read_to_string(example.join("README.md")).expect("its README");
    let promised: Vec<_> = rules::metas()
        .filter(|meta| promised.contains(&format!("`{}`", meta.name)))
        .collect();
    assert!(promised.len() >= 10, "{promised:?}");
    for meta in promised {
        assert!(
            rules_found.contains(&Some(meta.name)),
            "the example shows no {}",
            meta.name
        );
    }
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_nixamine"))
        .args(["report", "--format", "json"])
        .arg(&example)
        .output()
        .expect("the binary runs");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let schema = docs::report_schema();
    validate(&schema, &schema, &report, "audit");
    let text = std::fs::read_to_string(example.join("nixamine.toml")).expect("its configuration");
    let config: serde_json::Value =
        serde_json::to_value(toml::from_str::<toml::Table>(&text).expect("TOML")).expect("JSON");
    let schema = docs::config_schema();
    validate(&schema, &schema, &config, "nixamine.toml");
    let wrong = serde_json::json!({ "rules": { "long-module": { "max-line": 3 } } });
    let refused = std::panic::catch_unwind(|| validate(&schema, &schema, &wrong, "wrong"));
    assert!(refused.is_err(), "the schema refuses an unknown option");
}

/// What `--help` says of each command, as a page of the guide.
#[test]
fn the_guide_has_every_command() {
    let help = |words: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_nixamine"))
            .args(words)
            .arg("--help")
            .env_remove("COLUMNS")
            .output()
            .expect("the binary runs");
        String::from_utf8(output.stdout).expect("text")
    };
    let all = help(&[]);
    let (_, commands) = all.split_once("Commands:\n").expect("a list of commands");
    let (commands, _) = commands.split_once("\n\n").expect("options behind it");
    let names = commands
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    let mut page = String::from("# All commands\n\n<!-- generated by tests/docs -->\n");
    for name in names {
        let text = help(&[name]);
        let text = text
            .lines()
            .map(str::trim_end)
            .collect::<Vec<_>>()
            .join("\n");
        let _ = write!(
            page,
            "\n## nixamine {name}\n\n```text\n{}\n```\n",
            text.trim_end()
        );
    }
    check(&root().join("docs/guide/commands.md"), &page);
}

#[test]
fn the_guide_has_no_broken_link() {
    let folder = root().join("docs/guide");
    for entry in std::fs::read_dir(&folder).expect("the guide") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|it| it != "md") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a page");
        for link in text.split("](").skip(1) {
            let target = link.split(')').next().unwrap_or_default();
            let target = target.split('#').next().unwrap_or_default();
            let is_there =
                target.is_empty() || target.starts_with("https://") || folder.join(target).exists();
            assert!(is_there, "{}: {target} does not exist", path.display());
        }
        let name = path.file_name().and_then(|it| it.to_str()).expect("a name");
        let summary = std::fs::read_to_string(folder.join("SUMMARY.md")).expect("the summary");
        assert!(
            name == "SUMMARY.md" || summary.contains(name),
            "{name} is not in the summary"
        );
    }
}
