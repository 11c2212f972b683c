//! The engine of Nixamine for browsers and Node: text in, the serialised form out.
//!
//! So far a plain function; the bindings for JavaScript and the playground are
//! built on it.

use nixamine_rules::wire::Report;
use nixamine_rules::{Config, Settings, Source, Workspace, analyze};

/// Checks a small workspace and gives [`Report`] as JSON. `files` are paths,
/// relative to the root, with their texts; `config` is a `nixamine.toml`.
///
/// # Errors
/// When the configuration cannot be used; the message says why.
pub fn check(files: &[(&str, &str)], config: &str) -> Result<String, String> {
    let located = |error: nixamine_rules::ConfigError| match error.line(config) {
        Some(line) => format!("nixamine.toml:{line}: {error}"),
        None => error.to_string(),
    };
    let config = Config::from_toml(config).map_err(located)?;
    let settings = Settings::new(config, &[], &[]).map_err(|error| error.to_string())?;
    let documents = files
        .iter()
        .filter(|(path, _)| !settings.config().excludes(path))
        .map(|(path, text)| analyze(Source::new(*path, *text), &settings))
        .collect();
    let findings = Workspace::new(documents, []).check(&settings);
    let report = Report::new(&findings, &str::to_owned, Vec::new());
    serde_json::to_string(&report).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_cross_files() {
        let set = "{ boot.kernel.sysctl.\"a.b\" = 1; }";
        let host = "{ imports = [ ./a.nix ./b.nix ]; }";
        let json = check(&[("host.nix", host), ("a.nix", set), ("b.nix", set)], "").unwrap();
        let report: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(report["summary"]["errors"], 2);
        assert_eq!(report["diagnostics"][0]["related"][0]["path"], "b.nix");
    }

    #[test]
    fn a_broken_configuration_names_its_line() {
        let error = check(&[], "\nselct = []").unwrap_err();
        assert!(
            error.starts_with("nixamine.toml:2:") && error.contains("select"),
            "{error}"
        );
    }
}
