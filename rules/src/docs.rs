//! A rule's page, and the fences on it.

use crate::rule::RuleMeta;
use std::fmt::Write as _;

/// The page of a rule in Markdown, with what its metadata says at the top.
pub fn page(meta: &RuleMeta) -> String {
    let mut out = format!("# {}\n\n", meta.name);
    let fix = match meta.fix {
        None => "no fix".to_owned(),
        Some(applicability) => {
            format!("{} fix", format!("{applicability:?}").to_ascii_lowercase())
        }
    };
    let on = if meta.enabled {
        "on by default"
    } else {
        "off by default"
    };
    let _ = writeln!(
        out,
        "*{} · {} · {on} · {fix} · about {} min each · since {}*\n",
        meta.group.name(),
        meta.severity.name(),
        meta.effort,
        meta.since,
    );
    for line in meta.page.trim_end().lines() {
        let line = line.strip_prefix(' ').unwrap_or(line);
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// A fenced piece of code on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    /// The words behind the opening marks: `nix bad`.
    pub info: String,
    /// The code.
    pub code: String,
}

/// The fences of a page.
pub fn fences(page: &str) -> Vec<Fence> {
    let mut fences = Vec::new();
    let mut open: Option<Fence> = None;
    for line in page.lines() {
        let line = line.strip_prefix(' ').unwrap_or(line);
        match (&mut open, line.trim_start().strip_prefix("```")) {
            (None, Some(info)) => {
                open = Some(Fence {
                    info: info.trim().to_owned(),
                    code: String::new(),
                });
            }
            (Some(_), Some(_)) => fences.extend(open.take()),
            (Some(fence), None) => {
                fence.code.push_str(line);
                fence.code.push('\n');
            }
            (None, None) => {}
        }
    }
    fences
}

#[cfg(feature = "schema")]
mod schema {
    use crate::config::Level;
    use crate::rules;
    use schemars::{Schema, SchemaGenerator, generate::SchemaSettings, json_schema};
    use serde_json::{Map, Value, json};

    fn generator() -> SchemaGenerator {
        SchemaSettings::draft07().into_generator()
    }

    /// The JSON schema of [`crate::wire::Report`].
    pub fn output_schema() -> Value {
        generator()
            .into_root_schema_for::<crate::wire::Report>()
            .into()
    }

    /// The JSON schema of [`crate::report::Audit`].
    pub fn report_schema() -> Value {
        generator()
            .into_root_schema_for::<crate::report::Audit>()
            .into()
    }

    /// The JSON schema of what the package for JavaScript gives.
    pub fn package_schema() -> Value {
        generator()
            .into_root_schema_for::<crate::wire::Package>()
            .into()
    }

    /// The JSON schema of `nixamine.toml`.
    pub fn config_schema() -> Value {
        let mut generator = generator();
        let level = generator.subschema_for::<Level>();
        let mut options = Map::new();
        let mut levels = Map::new();
        for meta in rules::metas() {
            let schema: Schema = (meta.options.schema)(&mut generator);
            options.insert(meta.name.to_owned(), schema.into());
            levels.insert(meta.name.to_owned(), level.clone().into());
        }
        let selectors = json!({ "type": "array", "items": { "type": "string" } });
        let layer = json!({
            "select": selectors,
            "ignore": selectors,
            "severity": { "type": "object", "properties": levels },
            "rules": { "type": "object", "properties": options },
        });
        let mut entry = layer.as_object().cloned().unwrap_or_default();
        entry.insert(
            "paths".into(),
            json!({ "type": "array", "items": { "type": "string" }, "minItems": 1 }),
        );
        let mut properties = layer.as_object().cloned().unwrap_or_default();
        properties.insert("exclude".into(), selectors.clone());
        properties.insert("roots".into(), selectors);
        let policy = generator.subschema_for::<crate::policy::Policy>();
        let policies = json!({ "type": "array", "items": policy });
        properties.insert("require".into(), policies.clone());
        properties.insert("forbid".into(), policies);
        let report = generator.subschema_for::<crate::config::ReportOptions>();
        properties.insert("report".into(), report.into());
        properties.insert("index".into(), json!({ "type": "boolean" }));
        properties.insert("require-reason".into(), json!({ "type": "boolean" }));
        properties.insert("required-version".into(), json!({ "type": "string" }));
        properties.insert("overrides".into(), json!({
            "type": "array",
            "items": { "type": "object", "properties": entry, "required": ["paths"], "additionalProperties": false },
        }));
        let mut root = json_schema!({
            "$schema": "http://json-schema.org/draft-07/schema#",
            "title": "nixamine.toml",
            "type": "object",
            "properties": properties,
            "additionalProperties": false,
        });
        let definitions = generator.take_definitions(true);
        root.insert("definitions".to_owned(), definitions.into());
        root.into()
    }
}

#[cfg(feature = "schema")]
pub use schema::{config_schema, output_schema, package_schema, report_schema};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{rules, testing};

    /// The headings that every page has, in this order.
    const HEADINGS: &[&str] = &[
        "## Why",
        "## Example",
        "## When to allow it",
        "## Fix safety",
    ];

    #[test]
    fn every_page_has_its_headings_and_fences() {
        for meta in rules::metas() {
            let page = page(meta);
            let places: Vec<_> = HEADINGS
                .iter()
                .map(|heading| {
                    page.find(&format!("\n{heading}\n"))
                        .unwrap_or_else(|| panic!("{}: no `{heading}`", meta.name))
                })
                .collect();
            assert!(places.is_sorted(), "{}: headings out of order", meta.name);
            let fences = fences(&page);
            let count = |word: &str| {
                fences
                    .iter()
                    .filter(|f| f.info.split(' ').any(|w| w == word))
                    .count()
            };
            assert!(count("bad") >= 1, "{}: no bad example", meta.name);
            assert!(count("good") >= 1, "{}: no good example", meta.name);
        }
    }

    #[test]
    fn every_fence_shows_what_it_says() {
        for meta in rules::metas() {
            testing::check_page(meta);
        }
    }
}
