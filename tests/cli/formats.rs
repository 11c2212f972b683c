//! Every format of `check`, and where it goes.

use super::{CLEAN, FORCED, Folder, UNUSED};
use serde_json::Value;

#[test]
fn text_is_a_frame_with_all_that_helps() {
    let folder = Folder::project(&[("a.nix", FORCED)]);
    let run = folder.run(&["check"]).code(1);
    for part in [
        "warning[mk-force]: ",
        "--> a.nix:3:29\n",
        "3 |   services.openssh.enable = lib.mkForce false;\n",
        "  |                             ^^^^^^^^^^^",
        "= fix: ",
        "(unsafe)\n",
        "= see: https://",
        "\n\nFound 1 warning in 1 file\n",
        "1 fixable with `nixamine fix --unsafe-fixes`\n",
    ] {
        assert!(run.out.contains(part), "no {part:?} in\n{}", run.out);
    }
    assert!(!run.out.contains('\u{1b}') && run.err.is_empty());
}

#[test]
fn colours_when_asked_for() {
    let folder = Folder::project(&[("a.nix", FORCED)]);
    folder.run(&["check", "--color", "always"]).out("\u{1b}[");
    assert!(
        !folder
            .run(&["check", "--color", "never"])
            .out
            .contains('\u{1b}')
    );
    let forced = |variable, value| {
        let output = folder
            .command(&["check"])
            .env(variable, value)
            .output()
            .unwrap();
        output.stdout.contains(&0x1b)
    };
    assert!(forced("CLICOLOR_FORCE", "1"));
    assert!(!forced("NO_COLOR", "1"));
}

#[test]
fn a_long_line_stays_readable() {
    let pad = format!("\"{}\"", "long ".repeat(100_000));
    let text = format!("{{ lib, ... }}: {{ a = {pad}; y = lib.mkForce 1; z = {pad}; }}");
    let folder = Folder::project(&[("a.nix", &text)]);
    let run = folder
        .run(&["check"])
        .code(1)
        .out("lib.mkForce 1")
        .out("^^^");
    assert!(
        run.out.lines().all(|line| line.chars().count() < 300),
        "{}",
        run.out.len()
    );
    let column = text.find("lib.mkForce").unwrap() + 1;
    run.out(&format!("--> a.nix:1:{column}\n"));
}

#[test]
fn concise_is_one_line_each() {
    let folder = Folder::project(&[("a.nix", FORCED), ("b.nix", UNUSED)]);
    let run = folder.run(&["check", "--format", "concise"]).code(1);
    let lines: Vec<_> = run.out.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(
        lines[0].starts_with("a.nix:3:29: warning[mk-force] "),
        "{}",
        lines[0]
    );
    assert!(lines[1].starts_with("b.nix:3:"), "{}", lines[1]);
    assert!(run.err.contains("Found 2 warnings"), "{}", run.err);
}

#[test]
fn json_is_the_contract() {
    let folder = Folder::project(&[("a.nix", FORCED), ("b.nix", "\u{feff}"), ("c.nix", CLEAN)]);
    folder.write("d.nix", b"\xe4");
    let run = folder.run(&["check", "--format", "json"]).code(2);
    assert_eq!(run.out.matches('\n').count(), 1);
    let report = run.json();
    assert_eq!(report["version"], 1);
    let finding = &report["diagnostics"][0];
    assert_eq!(finding["rule"], "mk-force");
    assert_eq!(finding["path"], "a.nix");
    assert_eq!(
        finding["range"]["start"],
        serde_json::json!({"line": 3, "column": 29, "offset": 44})
    );
    assert_eq!(finding["range"]["end"]["column"], 40);
    assert!(finding["fixes"][0]["edits"][0]["text"].is_string());
    assert_eq!(report["summary"]["files"], 3);
    assert_eq!(report["summary"]["warnings"], 1);
    assert_eq!(report["summary"]["unreadable"][0]["path"], "d.nix");
}

#[test]
fn the_output_keeps_to_its_schema() {
    let folder = Folder::project(&[("a.nix", FORCED)]);
    let schema = folder.run(&["schema", "output"]).code(0).json();
    let report = folder.run(&["check", "--format", "json"]).json();
    // Enough of a validator for this: required and known properties.
    fn check(value: &Value, schema: &Value, root: &Value) {
        let schema = match schema["$ref"].as_str() {
            Some(reference) => root.pointer(reference.trim_start_matches('#')).unwrap(),
            None => schema,
        };
        if let (Some(object), Some(properties)) =
            (value.as_object(), schema["properties"].as_object())
        {
            for name in schema["required"].as_array().into_iter().flatten() {
                assert!(
                    object.contains_key(name.as_str().unwrap()),
                    "{name} in {value}"
                );
            }
            for (name, value) in object {
                let schema = properties
                    .get(name)
                    .unwrap_or_else(|| panic!("{name} is unknown"));
                check(value, schema, root);
            }
        }
        for value in value.as_array().into_iter().flatten() {
            check(value, &schema["items"], root);
        }
    }
    check(&report, &schema, &schema);
    folder.run(&["schema", "config"]).code(0).out("mk-force");
}

#[test]
fn sarif_has_what_its_readers_need() {
    let folder = Folder::project(&[("a b.nix", FORCED), ("c.nix", UNUSED)]);
    folder.write("d.nix", b"\0");
    let log = folder.run(&["check", "--format", "sarif"]).code(2).json();
    assert_eq!(log["version"], "2.1.0");
    assert!(log["$schema"].as_str().unwrap().contains("sarif-2.1.0"));
    let run = &log["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let driver = &run["tool"]["driver"];
    let rules = driver["rules"].as_array().unwrap();
    for rule in rules {
        assert!(
            rule["id"].is_string() && rule["helpUri"].as_str().unwrap().starts_with("https://")
        );
        assert!(
            !rule["shortDescription"]["text"]
                .as_str()
                .unwrap()
                .is_empty()
        );
        let level = rule["defaultConfiguration"]["level"].as_str().unwrap();
        assert!(["error", "warning", "note"].contains(&level));
    }
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    for result in results {
        let index = result["ruleIndex"].as_u64().unwrap() as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert_eq!(result["level"], "warning");
        assert!(result["message"]["text"].is_string());
        assert_eq!(
            result["partialFingerprints"]["nixamine/v1"]
                .as_str()
                .unwrap()
                .len(),
            16
        );
        let region = &result["locations"][0]["physicalLocation"]["region"];
        for bound in ["startLine", "startColumn", "endLine", "endColumn"] {
            assert!(region[bound].as_u64().unwrap() >= 1);
        }
    }
    let uri = |result: &Value| {
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].clone()
    };
    assert_eq!(uri(&results[0]), "a%20b.nix");
    // Only fixes that are always right.
    assert!(results[0]["fixes"].is_null());
    let change = &results[1]["fixes"][0]["artifactChanges"][0];
    assert_eq!(change["artifactLocation"]["uri"], "c.nix");
    assert!(change["replacements"][0]["deletedRegion"]["startLine"].is_u64());
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let notification = &invocation["toolExecutionNotifications"][0];
    assert!(
        notification["message"]["text"]
            .as_str()
            .unwrap()
            .contains("NUL")
    );
}

#[test]
fn github_annotations() {
    let folder = Folder::project(&[("a,b.nix", FORCED)]);
    let run = folder.run(&["check", "--format", "github"]).code(1);
    let line = run.out.lines().next().unwrap();
    let start = "::warning file=a%2Cb.nix,line=3,endLine=3,col=29,endColumn=40,title=mk-force::";
    assert!(line.starts_with(start), "{line}");
}

#[test]
fn output_goes_into_a_file_and_the_summary_to_standard_error() {
    let folder = Folder::project(&[("a.nix", FORCED)]);
    for format in ["text", "concise", "json", "sarif", "github"] {
        let arguments = [
            "check", "--format", format, "--output", "report", "--color", "always",
        ];
        let run = folder.run(&arguments).code(1).err("1 warning");
        assert!(run.out.is_empty());
        let report = folder.read("report");
        assert!(
            report.contains("mk-force") && !report.contains('\u{1b}'),
            "{report}"
        );
    }
    folder
        .run(&["check", "--output", "no/such/folder"])
        .code(2)
        .err("cannot be written");
}

#[test]
fn statistics_count_by_rule() {
    let folder = Folder::project(&[("a.nix", FORCED), ("b.nix", UNUSED), ("c.nix", FORCED)]);
    let table = "2  warning  mk-force\n1  warning  unused-suppression  1 fixable\n";
    let run = folder.run(&["check", "--statistics"]).code(1).out(table);
    assert!(!run.out.contains("-->"));
    let run = folder
        .run(&["check", "--statistics", "--format", "json"])
        .code(1)
        .err(table);
    run.json();
}

#[test]
fn suppressed_findings_are_counted() {
    let allowed = format!("# nixamine: allow-file(mk-force) offline image\n{FORCED}");
    let folder = Folder::project(&[("a.nix", &allowed)]);
    folder
        .run(&["check"])
        .code(0)
        .out("Found nothing in 1 file; 1 suppressed\n");
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_ends_the_run_quietly() {
    use std::io::{BufRead, BufReader};
    let many: String = (0..2_000)
        .map(|i| format!("  x.y{i} = lib.mkForce 1;\n"))
        .collect();
    let text = FORCED.replace("}\n", &many) + "}\n";
    let folder = Folder::project(&[("a.nix", &text)]);
    for format in ["text", "concise", "json", "github"] {
        let mut child = folder
            .command(&["check", "--format", format])
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        BufReader::with_capacity(16, child.stdout.take().unwrap()).by_ref_line(&mut first);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert!(
            output.stderr.is_empty(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(!first.is_empty());
    }

    trait FirstBytes {
        fn by_ref_line(self, first: &mut String);
    }
    impl<R: std::io::Read> FirstBytes for BufReader<R> {
        /// Reads a little and closes the pipe.
        fn by_ref_line(mut self, first: &mut String) {
            first.push_str(&String::from_utf8_lossy(self.fill_buf().unwrap()));
        }
    }
}
