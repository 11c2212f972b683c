//! `nixamine init` and `nixamine schema`.

use crate::args::SchemaKind;
use crate::run::{self, Failure};
use crate::terminal;
use nixamine_rules::config::FILE_NAME;
use nixamine_rules::{docs, rules};
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, Write};

const HEAD: &str = r#"# Configuration of Nixamine. Every line below is a default or an example:
# remove the `#` in front of what you want to change. `nixamine explain RULE`
# shows the page of a rule, `nixamine rules` lists them all.

# Only these rules or groups; "all" also brings those that are off by default.
#select = ["module", "workspace", "security", "unused", "correctness"]

# Not these rules or groups.
#ignore = []

# Files and folders that are not checked. A glob without `/` holds at any depth.
#exclude = ["hardware-configuration.nix", "generated/**"]

# Where configurations start, if Nixamine cannot see it from flake.nix.
#roots = ["hosts/*/default.nix"]

# Look up the options of the flake's inputs, where the Nix store has them?
#index = true

# Must a suppression comment give a reason?
#require-reason = false

# The versions of Nixamine that may check this project.
#required-version = ">=0.1"

# Other settings for some files; later ones win.
#[[overrides]]
#paths = ["hosts/**"]
#ignore = ["mk-force"]

# What the settings of hosts must be, and must not be.
#[[require]]
#option = "networking.firewall.enable"
#value = true
#hosts = ["*"]
#reason = "every machine has a firewall"
#[[forbid]]
#option = "services.openssh.settings.PermitRootLogin"
#value = "yes"

# How much each area weighs in the score of `nixamine report`.
#[report.weights]
#nixos = 25
#home = 25
#architecture = 15
#documentation = 15
#security = 10
#tooling = 10
"#;

/// Writes a configuration to start from.
pub(crate) fn init() -> Result<u8, Failure> {
    let text = configuration();
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(FILE_NAME);
    match file.and_then(|mut file| file.write_all(text.as_bytes())) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(Failure::new(format_args!(
                "{FILE_NAME} exists and was left as it is; move it away to start afresh"
            )));
        }
        Err(error) => {
            return Err(Failure::new(format_args!(
                "{FILE_NAME} cannot be written: {error}"
            )));
        }
    }
    writeln!(
        run::stderr(),
        "{} {FILE_NAME}",
        terminal::paint(terminal::GOOD, "created")
    )?;
    Ok(0)
}

fn configuration() -> String {
    let mut text = HEAD.to_owned();
    text.push_str(
        "\n# How bad a finding is: \"off\", \"hint\", \"info\", \"warning\" or \"error\".\n",
    );
    text.push_str("#[severity]\n");
    for meta in rules::metas() {
        let off = if meta.enabled {
            ""
        } else {
            "  # off unless selected"
        };
        let _ = writeln!(text, "#{} = \"{}\"{off}", meta.name, meta.severity.name());
    }
    let schema = docs::config_schema();
    for meta in rules::metas() {
        let options = default_options(&schema, meta.name);
        if !options.is_empty() {
            let _ = writeln!(text, "\n#[rules.{}]", meta.name);
            for (name, value, about) in options {
                if let Some(about) = about {
                    let _ = writeln!(text, "# {about}");
                }
                let _ = writeln!(text, "#{name} = {value}");
            }
        }
    }
    text
}

/// The options of a rule with their defaults, as the schema has them.
fn default_options(
    schema: &serde_json::Value,
    rule: &str,
) -> Vec<(String, String, Option<String>)> {
    let resolve = |value: &serde_json::Value| -> serde_json::Value {
        let reference = value["$ref"].as_str().and_then(|r| r.strip_prefix('#'));
        reference
            .and_then(|r| schema.pointer(r))
            .unwrap_or(value)
            .clone()
    };
    let all_rules = resolve(&schema["properties"]["rules"]);
    let options = resolve(&all_rules["properties"][rule]);
    let Some(properties) = options["properties"].as_object() else {
        return Vec::new();
    };
    properties
        .iter()
        // JSON and TOML write strings, numbers, truth values and lists alike.
        .filter(|(_, about)| !matches!(about["default"], serde_json::Value::Null))
        .map(|(name, about)| {
            let description = about["description"].as_str();
            let description = description.map(|text| text.lines().collect::<Vec<_>>().join(" "));
            (name.clone(), about["default"].to_string(), description)
        })
        .collect()
}

/// Prints a schema.
pub(crate) fn schema(which: SchemaKind) -> Result<u8, Failure> {
    let schema = match which {
        SchemaKind::Config => docs::config_schema(),
        SchemaKind::Output => docs::output_schema(),
        SchemaKind::Report => docs::report_schema(),
    };
    let mut out = run::stdout();
    writeln!(out, "{schema:#}")?;
    out.flush()?;
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nixamine_rules::Config;

    #[test]
    fn the_configuration_to_start_from_is_valid_and_so_are_its_lines() {
        let text = configuration();
        Config::from_toml(&text).unwrap();
        // A line that starts with `#` and no space is a setting.
        let settings: Vec<_> = text
            .lines()
            .filter(|line| !line.starts_with("# "))
            .map(|line| line.strip_prefix('#').unwrap_or(line))
            .collect();
        let config = Config::from_toml(&settings.join("\n")).unwrap();
        assert!(config.warnings.is_empty(), "{:?}", config.warnings);
    }
}
