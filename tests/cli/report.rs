//! `nixamine report`: scores that follow the work, and the forms they come in.

use super::{CLEAN, FORCED, Folder};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// A copy of the example configuration.
fn example() -> Folder {
    let folder = Folder::new(&[]);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/nixos-config");
    copy(&root, &root, &folder);
    folder
}

fn copy(root: &Path, from: &Path, to: &Folder) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            copy(root, &path, to);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap();
            to.write(name, fs::read(&path).unwrap());
        }
    }
}

fn report(folder: &Folder) -> Value {
    let run = folder.run(&["report", "--format", "json"]).code(0);
    serde_json::from_str(&run.out).unwrap()
}

#[track_caller]
fn area(report: &Value, name: &str) -> f64 {
    let areas = report["areas"].as_array().unwrap();
    let area = areas.iter().find(|it| it["area"] == name);
    area.expect("the area is scored")["score"].as_f64().unwrap()
}

/// Replaces text that must be there.
#[track_caller]
fn change(folder: &Folder, path: &str, from: &str, to: &str) {
    let text = folder.read(path);
    assert!(text.contains(from), "{path} has no {from:?}");
    folder.write(path, text.replace(from, to));
}

#[test]
fn each_step_of_mending_raises_its_area_and_the_score() {
    let folder = example();
    let mut before = report(&folder);
    let mut step = |what: &str, raised: &str, mend: &dyn Fn()| {
        mend();
        let after = report(&folder);
        let (old, new) = (area(&before, raised), area(&after, raised));
        assert!(new > old, "{what}: {raised} was {old} and is {new}");
        let score = |report: &Value| report["score"].as_f64().unwrap();
        assert!(score(&after) > score(&before), "{what}: the score");
        before = after;
    };
    step("extract the sysctl keys", "architecture", &|| {
        change(
            &folder,
            "hosts/desktop/default.nix",
            "      \"net.ipv4.tcp_fastopen\" = 1;\n",
            "",
        );
        change(
            &folder,
            "hosts/desktop/default.nix",
            "      \"kernel.sysrq\" = 1;\n",
            "",
        );
    });
    step("add a header", "documentation", &|| {
        let path = "modules/nixos/workstation.nix";
        let text = folder.read(path);
        folder.write(
            path,
            format!("# Module: workstation\n# What a person at a desk needs.\n{text}"),
        );
    });
    step("split the long module", "nixos", &|| {
        let path = "modules/nixos/monitoring.nix";
        let text = folder.read(path);
        let head = "# Module: dashboards\n# The other half of monitoring.\n{ config, lib, ... }:\n{\n  config = {\n";
        let (first, second) = text.split_at(text.find("    services.grafana").unwrap());
        folder.write(path, format!("{first}  }};\n}}\n"));
        folder.write("modules/nixos/dashboards.nix", format!("{head}{second}"));
        let own = "            ./modules/nixos/monitoring.nix\n";
        let both = format!("{own}            ./modules/nixos/dashboards.nix\n");
        change(&folder, "flake.nix", own, &both);
    });
    step("replace the paths", "home", &|| {
        let path = "modules/home/shell.nix";
        change(
            &folder,
            path,
            "\"/home/alice/notes\"",
            "\"${config.home.homeDirectory}/notes\"",
        );
        change(&folder, path, "/home/alice/src", "$HOME/src");
    });
    step("give a folder its README", "documentation", &|| {
        folder.write("modules/nixos/README.md", "# Modules of machines\n");
    });
    step("run something with each push", "tooling", &|| {
        folder.write(".github/workflows/check.yml", "on: push\n");
    });
}

#[test]
fn clean_modules_and_the_order_of_files_change_no_finding() {
    let found = |folder: &Folder| {
        let report = report(folder);
        let mut all: Vec<_> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| {
                (
                    it["path"].to_string(),
                    it["line"].to_string(),
                    it["message"].to_string(),
                )
            })
            .collect();
        all.sort();
        (all, report["score"].as_f64().unwrap())
    };
    let folder = example();
    let (before, score) = found(&folder);
    for number in 0..1000 {
        folder.write(
            &format!("modules/clean/m{number}.nix"),
            format!("# Module: m{number}\n# Nothing to see.\n{{ ... }}:\n{{\n  services.m{number}.enable = true;\n}}\n"),
        );
    }
    folder.write(
        "modules/clean/default.nix",
        "{ ... }:\n{\n  imports = map (name: ./. + \"/${name}\") (\n    builtins.filter (name: name != \"default.nix\") (builtins.attrNames (builtins.readDir ./.))\n  );\n}\n",
    );
    let host = "hosts/server/default.nix";
    change(
        &folder,
        host,
        "  imports = [\n",
        "  imports = [\n    ../../modules/clean\n",
    );
    let (after, more) = found(&folder);
    // The lines of the host have moved; all else is as it was.
    let elsewhere = |all: &[(String, String, String)]| {
        let all = all.iter();
        let all = all.filter(|it| !it.0.contains("hosts/server") && !it.0.contains("clean"));
        all.cloned().collect::<Vec<_>>()
    };
    assert_eq!(elsewhere(&before), elsewhere(&after));
    assert!(more > score, "{more} is not better than {score}");
    // Folders come in another order.
    let folder = example();
    let root = folder.path();
    fs::rename(root.join("ideas"), root.join("zz-ideas")).unwrap();
    fs::rename(root.join("zz-ideas"), root.join("ideas")).unwrap();
    assert_eq!(found(&folder), (before, score));
}

#[test]
fn the_score_of_twice_the_repository_is_the_same() {
    let one = Folder::project(&[]);
    let two = Folder::project(&[]);
    let module = |number: u32| {
        let settings: String = (0..300)
            .map(|it| format!("  services.s{number}.o{it} = {it};\n"))
            .collect();
        format!(
            "{{ lib, ... }}:\n{{\n{settings}  services.x{number}.enable = lib.mkForce true;\n}}\n"
        )
    };
    one.write("a.nix", module(1));
    two.write("a.nix", module(1));
    two.write("b.nix", module(2));
    assert_eq!(area(&report(&one), "nixos"), area(&report(&two), "nixos"));
}

#[test]
fn weights_are_the_owners() {
    let folder = Folder::project(&[("a.nix", FORCED)]);
    folder.write("nixamine.toml", "[report.weights]\nnixos = 100\narchitecture = 0\ndocumentation = 0\nsecurity = 0\ntooling = 0\n");
    let report = report(&folder);
    assert_eq!(report["score"].as_f64().unwrap(), area(&report, "nixos"));
    folder.write("nixamine.toml", "[report.weights]\nnixso = 1\n");
    folder.run(&["report"]).code(2).err("did you mean `nixos`");
}

#[test]
fn the_forms_say_the_same() {
    let folder = example();
    let data = report(&folder);
    // Five hundredths are rounded up.
    let tenths = (data["score"].as_f64().unwrap() * 100.0).round() as u32;
    let tenths = (tenths + 5) / 10;
    let score = format!("{}.{}", tenths / 10, tenths % 10);
    folder
        .run(&["report"])
        .code(0)
        .out(&format!("{score} of 10"));
    folder
        .run(&["report", "--format", "markdown"])
        .out(&format!(": {score} of 10"))
        .out("- [ ] Is nothing forced");
    let short = folder.run(&["report", "--format", "summary"]).out(&format!(
        "| `{}` |",
        data["wins"][0]["rule"].as_str().unwrap()
    ));
    assert!(short.out.lines().count() < 30, "{}", short.out);
    folder
        .run(&["report", "--format", "badge"])
        .out("<svg")
        .out(&format!(">{score}<"));
    let page = folder.run(&["report", "--format", "html"]);
    assert!(!page.out.contains("src="), "the page asks for something");
    for found in data["findings"].as_array().unwrap() {
        let place = format!(
            "{}:{}</span>",
            found["path"].as_str().unwrap(),
            found["line"]
        );
        assert!(page.out.contains(&place), "{place}");
    }
    folder.run(&["report", "--fail-under", "9.9"]).code(1);
    folder.run(&["report", "--fail-under", "1"]).code(0);
}

#[test]
fn history_shows_the_trend() {
    let folder = Folder::project(&[("a.nix", FORCED)]);
    folder
        .run(&["report", "--history", "kept", "--date", "2026-01-05"])
        .code(0);
    folder.write("a.nix", CLEAN);
    // Twice on a day counts once.
    for _ in 0..2 {
        folder
            .run(&["report", "--history", "kept", "--date", "2026-02-05"])
            .code(0)
            .out("2026-01-05: ");
    }
    let kept = fs::read_dir(folder.path().join("kept")).unwrap().count();
    assert_eq!(kept, 2);
    let run = folder.run(&[
        "report",
        "--history",
        "kept",
        "--date",
        "2026-03-05",
        "--format",
        "json",
    ]);
    let report: Value = serde_json::from_str(&run.out).unwrap();
    let days: Vec<_> = report["trend"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["date"].as_str().unwrap())
        .collect();
    assert_eq!(days, ["2026-01-05", "2026-02-05", "2026-03-05"]);
    let html = folder.run(&[
        "report",
        "--history",
        "kept",
        "--date",
        "2026-03-05",
        "--format",
        "html",
    ]);
    assert!(html.out.contains("id=\"trend\""));
    folder
        .run(&["report", "--date", "../x"])
        .code(2)
        .err("is no day");
    folder.write("kept/x.json", "{}");
    folder
        .run(&["report", "--history", "kept"])
        .code(2)
        .err("is no report of nixamine");
}

#[test]
fn opt_in_rules_are_asked_and_do_not_count() {
    let folder = Folder::project(&[(
        "a.nix",
        "{ config, lib, ... }:\n{\n  options.x.y = lib.mkOption { type = lib.types.int; default = 1; description = \"Y.\"; };\n  config.x.y = 1;\n}\n",
    )]);
    let pins = |folder: &Folder| {
        let report = report(folder);
        let all = report["findings"].as_array().unwrap().clone();
        let own: Vec<_> = all
            .into_iter()
            .filter(|it| it["rule"] == "pins-default")
            .collect();
        own.iter()
            .map(|it| it["counts"].as_bool().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(pins(&folder), [false]);
    folder.write("nixamine.toml", "[severity]\npins-default = \"info\"\n");
    assert_eq!(pins(&folder), [true]);
    folder.write("nixamine.toml", "ignore = [\"pins-default\"]\n");
    assert_eq!(pins(&folder), [false; 0]);
}

/// The repository of the example in the guide.
fn router() -> Folder {
    let settings: String = (0..297)
        .map(|it| format!("  services.s{it}.port = {it};\n"))
        .collect();
    let module = format!(
        "# Module: router\n# What stands between the house and the street.\n{{ lib, ... }}:\n{{\n{settings}  networking.useDHCP = lib.mkForce false;\n}}\n"
    );
    let folder = Folder::project(&[("router.nix", &module)]);
    folder.write("README.md", "# A house\n");
    folder
}

#[test]
fn the_example_of_the_guide_is_worked_out_right() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guide/report.md");
    let guide = fs::read_to_string(guide).unwrap();
    let (_, example) = guide.split_once("<!-- example").unwrap();
    let folder = router();
    let said = folder
        .run(&["report", "--format", "markdown"])
        .out(": 8.4 of 10 (excellent)")
        .out;
    let rows: Vec<_> = said
        .lines()
        .filter(|it| it.starts_with("| ") && it.contains(" % | "))
        .collect();
    assert_eq!(rows.len(), 5, "{said}");
    for row in rows {
        assert!(example.contains(row), "the guide does not say\n{row}");
    }
    change(
        &folder,
        "router.nix",
        "  networking",
        "  # The line gives out addresses of its own.\n  networking",
    );
    folder.run(&["report"]).out(" 8.7 of 10");
}

#[test]
fn the_example_policies_are_policies() {
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/policies.toml");
    let flake = "{ outputs = { nixpkgs, ... }: { nixosConfigurations.laptop-1 = nixpkgs.lib.nixosSystem { modules = [ ./laptop.nix ]; }; }; }";
    let folder = Folder::new(&[
        ("flake.nix", flake),
        (
            "laptop.nix",
            "{\n  security.apparmor.enable = true;\n  services.usbguard.enable = false;\n}\n",
        ),
    ]);
    folder.write("nixamine.toml", fs::read(policies).unwrap());
    let report = report(&folder);
    let policies = report["policies"].as_array().unwrap();
    let hosts = |option: &str, what: &str| {
        let policy = policies
            .iter()
            .find(|it| it["asks"].as_str().unwrap().starts_with(option));
        policy.unwrap()[what].as_array().unwrap().len()
    };
    assert_eq!(hosts("security.apparmor.enable", "kept"), 1);
    assert_eq!(hosts("services.usbguard.enable", "broken"), 1);
    assert_eq!(
        hosts("security.auditd.enable", "kept") + hosts("security.auditd.enable", "broken"),
        0
    );
    assert_eq!(hosts("environment.persistence.\"/persist\"", "broken"), 1);
    let found = report["findings"].as_array().unwrap();
    assert!(
        found
            .iter()
            .any(|it| it["rule"] == "required-setting" && it["priority"] == "P1")
    );
}
