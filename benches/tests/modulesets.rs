//! What Nixamine says of sets of modules against what the module system makes of
//! them.
//!
//! Nix was asked once: `benches/tests/modulesets.json` holds sets with its answers.
//! `tests/nix/module-sets` asks it again, of as many sets as one likes.

#![allow(clippy::print_stdout, reason = "a report")]

use nixamine_benches::modulesets::{ModuleSet, module_set};
use nixamine_rules::knowledge::Stand;
use nixamine_rules::linter::{Source, analyze};
use nixamine_rules::{Config, Settings, Severity, Workspace};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What Nixamine says of an option.
#[derive(Debug, Default)]
struct Opinion {
    /// Rules that say it is an error.
    errors: BTreeSet<&'static str>,
    /// Rules that say it may be one.
    warnings: BTreeSet<&'static str>,
    /// The files whose settings are the value or part of it.
    wins: BTreeSet<String>,
    /// Those whose settings are, if a condition holds.
    may: BTreeSet<String>,
    /// Has a setting conditions, or is one hidden by a priority?
    open: bool,
    /// Those all of whose settings lose.
    loses: BTreeSet<String>,
}

#[derive(Debug, Default)]
struct Opinions {
    options: BTreeMap<String, Opinion>,
    /// Errors about names that nobody declares at the top.
    unknown: bool,
    /// The same, under a condition.
    may_be_unknown: bool,
    /// What else is an error.
    others: BTreeSet<&'static str>,
}

fn judge(set: &ModuleSet) -> Opinions {
    let mut config = Config::default();
    config.roots = vec!["main.nix".to_owned()];
    let settings = Settings::new(config, &["all".to_owned()], &[]).expect("settings");
    let mut files = set.files.clone();
    files.sort();
    let documents = files
        .iter()
        .map(|(path, text)| analyze(Source::new(path.as_str(), text.as_str()), &settings));
    let mut workspace = Workspace::new(documents.collect(), []);
    workspace.join(&settings);
    let findings = workspace.check(&settings);
    let knowledge = workspace.knowledge().expect("joined");
    let mut opinions = Opinions::default();
    for path in &set.options {
        let path: Vec<_> = path.iter().map(|name| name.as_str().into()).collect();
        let mut opinion = Opinion::default();
        for facts in knowledge.about(&path) {
            opinion.open |= facts
                .settings
                .iter()
                .any(|it| !it.definition.guards.is_empty() || it.definition.is_hidden(path.len()));
            for standing in facts.outcomes.iter().flat_map(|outcome| &outcome.standings) {
                let file = facts.settings[standing.setting].site.file;
                let file = knowledge.path(file).to_string();
                match standing.stand {
                    Stand::Wins | Stand::Merges | Stand::Conflicts | Stand::Ties => {
                        opinion.wins.insert(file)
                    }
                    Stand::May => opinion.may.insert(file),
                    Stand::Loses(_) => opinion.loses.insert(file),
                };
            }
        }
        opinion
            .loses
            .retain(|file| !opinion.wins.contains(file) && !opinion.may.contains(file));
        opinions
            .options
            .insert(dotted(&set.options, &path), opinion);
    }
    for (file, diagnostic) in findings.iter() {
        let rule = diagnostic.rule.name;
        let named = set.options.iter().map(|path| path.join("."));
        // Messages name the option, or something in it.
        let about = named.filter(|name| {
            let message = diagnostic.message.replace('"', "");
            message.contains(&format!("`{name}`")) || message.contains(&format!("`{name}."))
        });
        let about = about.max_by_key(String::len);
        let is_error = diagnostic.severity == Severity::Error;
        match about.and_then(|name| opinions.options.get_mut(&name)) {
            Some(opinion) if is_error => {
                opinion.errors.insert(rule);
            }
            Some(opinion) => {
                opinion.warnings.insert(rule);
            }
            None if rule == "unknown-option" && is_error => opinions.unknown = true,
            None if rule == "unknown-option" => opinions.may_be_unknown = true,
            None if is_error => {
                opinions.others.insert(rule);
                let _ = file;
            }
            None => {}
        }
    }
    opinions
}

fn dotted(_: &[Vec<String>], path: &[impl AsRef<str>]) -> String {
    let names: Vec<&str> = path.iter().map(AsRef::as_ref).collect();
    names.join(".")
}

/// What the two do not agree on, and how often what was compared.
fn compare(set: &ModuleSet, answer: &Value, counts: &mut BTreeMap<String, usize>) -> Vec<String> {
    let opinions = judge(set);
    let mut problems = Vec::new();
    let mut count = |what: String| *counts.entry(what).or_default() += 1;
    // The evaluation never came to an end, or ended where no condition can be tried.
    if let Some(ends) = answer["ends"].as_str() {
        let is_cycle = ends.contains("stack overflow");
        count(format!(
            "ends: {}",
            if is_cycle { "recursion" } else { ends }
        ));
        if is_cycle && !opinions.others.contains("import-cycle") {
            problems.push("missed: an endless recursion".to_owned());
        }
        return problems;
    }
    if opinions.others.contains("import-cycle") {
        problems.push("error: no cycle".to_owned());
    }
    // What a priority or condition is taken for the value of, nobody has to understand.
    if opinions.others.contains("nested-priority") || opinions.others.contains("update-with-mkif") {
        count("nested".to_owned());
        let all = answer["options"].as_object().expect("options");
        if all
            .values()
            .all(|it| it["status"] == "ok" || it["status"] == "unset")
        {
            count("nested, and it loses".to_owned());
        }
        return problems;
    }
    let unknown = answer["unknown"] == true;
    count(format!("unknown: {unknown}"));
    if opinions.unknown && !unknown {
        problems.push("error: an unknown option that Nix knows".to_owned());
    }
    if unknown && !opinions.unknown {
        // Of a name at the root nobody can tell who declares it.
        let stray = set.stray.as_ref().expect("what is unknown");
        let is_foreign = !set.options.iter().any(|path| path[0] == stray[0]);
        match opinions.may_be_unknown || is_foreign {
            true => count("unknown, said as may or left open".to_owned()),
            false => problems.push("missed: an unknown option".to_owned()),
        }
    }
    for (name, opinion) in &opinions.options {
        let answer = &answer["options"][name];
        let status = answer["status"].as_str().expect("a status");
        count(format!("status: {status}"));
        let fails = !matches!(status, "ok" | "unset");
        // What is declared twice fails when somebody asks for the value.
        let unset = status == "unset" && opinion.errors.contains("duplicate-option");
        if !opinion.errors.is_empty() && !fails && !unset {
            problems.push(format!(
                "error: {name} is {status}, not {:?}",
                opinion.errors
            ));
        }
        let expected: &[&str] = match status {
            "mismatch" => &["option-type-mismatch", "nested-priority"],
            "conflict" => &[
                "option-conflict",
                "option-type-mismatch",
                "unknown-option",
                "nested-priority",
                "duplicate-option",
            ],
            "declaration" => &["duplicate-option"],
            "read-only" => &["read-only-set"],
            "value" => &["nested-priority"],
            _ => &[],
        };
        let said = |rules: &BTreeSet<&str>| expected.iter().any(|rule| rules.contains(rule));
        if fails && !said(&opinion.errors) {
            let loose = set.loose.iter().any(|path| path.join(".") == *name);
            let open = opinion.open && matches!(status, "read-only" | "conflict");
            // What an option at the root takes, others may say, too.
            let at_root =
                !name.contains('.') && set.files.iter().any(|(_, it)| it.contains("sizee"));
            let open = open || loose || at_root;
            match said(&opinion.warnings) || !opinion.may.is_empty() || open {
                true => count(format!("{status}, said as may or left open")),
                false => problems.push(format!(
                    "missed: {name} is {status}; said: {:?} {:?}",
                    opinion.errors, opinion.warnings
                )),
            }
        }
        let Some(winners) = answer["winners"].as_array() else {
            continue;
        };
        let winners: BTreeSet<String> = winners
            .iter()
            .map(|it| it.as_str().expect("a file").to_owned())
            .collect();
        count("winners".to_owned());
        for winner in &winners {
            if !opinion.wins.contains(winner) && !opinion.may.contains(winner) {
                problems.push(format!(
                    "winner: {name}: {winner} wins, not said: {opinion:?}"
                ));
            }
        }
        if opinion.may.is_empty() && opinion.wins != winners {
            problems.push(format!(
                "winner: {name}: {winners:?} win, not {:?}",
                opinion.wins
            ));
        }
        if let Some(loser) = opinion.loses.iter().find(|it| winners.contains(*it)) {
            problems.push(format!("winner: {name}: {loser} does not lose"));
        }
    }
    problems
}

fn set_of(value: &Value) -> ModuleSet {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let files = value["files"].as_object().expect("files");
    let paths = |value: &Value| -> Vec<Vec<String>> {
        let all = value.as_array().expect("paths").iter();
        all.map(|path| path.as_array().expect("a path").iter().map(text).collect())
            .collect()
    };
    ModuleSet {
        loose: paths(&value["loose"]),
        stray: value["stray"]
            .as_array()
            .map(|path| path.iter().map(text).collect()),
        files: files
            .iter()
            .map(|(path, it)| (path.clone(), text(it)))
            .collect(),
        options: paths(&value["options"]),
    }
}

/// The recorded answers.
#[test]
fn nix_agrees() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/modulesets.json");
    let text = std::fs::read_to_string(sample).expect("the sample");
    let sample: Value = serde_json::from_str(&text).expect("JSON");
    let cases = sample.as_array().expect("cases");
    assert!(cases.len() >= 200, "{}", cases.len());
    let mut counts = BTreeMap::new();
    for case in cases {
        let problems = compare(&set_of(case), &case["answer"], &mut counts);
        let files = &case["files"];
        assert!(
            problems.is_empty(),
            "{problems:#?}\n{files:#}\n{:#}",
            case["answer"]
        );
    }
    for status in ["ok", "mismatch", "conflict", "declaration", "read-only"] {
        assert!(
            counts.contains_key(&format!("status: {status}")),
            "{counts:?}"
        );
    }
}

/// For `tests/nix/module-sets`: writes sets, and compares when Nix has answered.
/// Without the folder to do that in there is nothing to do.
#[test]
fn by_request() {
    let Ok(folder) = std::env::var("NIXAMINE_MODULE_SETS") else {
        return;
    };
    let folder = Path::new(&folder);
    let number = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
    let (first, count) = (
        number("NIXAMINE_SEED").unwrap_or(1),
        number("NIXAMINE_CASES").unwrap_or(1000),
    );
    let answers = folder.join("answers.json");
    if !answers.exists() {
        let mut cases = Vec::new();
        for seed in first..first + count {
            let set = module_set(seed);
            let own = folder.join(seed.to_string());
            std::fs::create_dir_all(&own).expect("a folder");
            for (path, text) in &set.files {
                std::fs::write(own.join(path), text).expect("a file");
            }
            cases.push(json!({ "name": seed.to_string(), "options": set.options }));
        }
        std::fs::write(folder.join("cases.json"), json!(cases).to_string()).expect("cases");
        return;
    }
    let text = std::fs::read_to_string(answers).expect("answers");
    let mut counts = BTreeMap::new();
    let (mut compared, mut disagree) = (0, 0);
    let mut kept = Vec::new();
    for line in text.lines() {
        let answers: Value = serde_json::from_str(line).expect("JSON");
        for answer in answers.as_array().expect("answers") {
            let name = answer["name"].as_str().expect("a name");
            let set = module_set(name.parse().expect("a seed"));
            compared += 1;
            let problems = compare(&set, answer, &mut counts);
            disagree += usize::from(!problems.is_empty());
            for problem in problems {
                println!("{name}: {problem}");
            }
            let files: BTreeMap<_, _> = set.files.iter().cloned().collect();
            let mut answer = answer.clone();
            answer.as_object_mut().expect("an answer").remove("name");
            kept.push(json!({ "files": files, "options": set.options, "stray": set.stray, "loose": set.loose, "answer": answer }));
        }
    }
    println!("{compared} sets, {disagree} with a difference; {counts:#?}");
    if std::env::var_os("NIXAMINE_BLESS").is_some() {
        let lines: Vec<_> = kept.iter().map(ToString::to_string).collect();
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/modulesets.json");
        std::fs::write(sample, format!("[\n{}\n]\n", lines.join(",\n"))).expect("the sample");
    }
    assert_eq!(disagree, 0, "see above");
}
