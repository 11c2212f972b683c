//! `nixamine.toml`: what is on, how bad it is, and the options of the rules.

use crate::diagnostic::Severity;
use crate::given;
use crate::knowledge;
use crate::path;
use crate::policy::{self, Policy, PolicyClass, Scalar};
use crate::report::{Area, Weights};
use crate::rule::{Group, OptionValue};
use crate::rules::{self, RuleIndex};
use crate::sorted;
use crate::syntax::{LineIndex, TextSize};
use serde::{Deserialize, Serialize};
use std::any::Any;
use std::ops::Range;
use std::sync::Arc;
use toml::de::DeValue;

/// The name of the configuration file.
pub const FILE_NAME: &str = "nixamine.toml";

/// Why a configuration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// What is wrong and what to do.
    pub message: String,
    /// Where in the text, in bytes; `None` when it came from the command line.
    pub span: Option<Range<usize>>,
}

impl ConfigError {
    fn at(span: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            span: Some(span),
        }
    }

    /// At this place, unless it has one.
    pub(crate) fn or_at(mut self, span: Range<usize>) -> Self {
        self.span.get_or_insert(span);
        self
    }

    /// The line of the error in `text`, from 1.
    pub fn line(&self, text: &str) -> Option<u32> {
        let span = self.span.as_ref()?;
        Some(LineIndex::new(text).line(TextSize::new(span.start.min(text.len()) as u32)) + 1)
    }
}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ConfigError {}

/// Something in a configuration that works but deserves a word.
pub type ConfigWarning = ConfigError;

/// The severity of a rule in a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The rule does not run.
    Off,
    /// As the severity.
    Hint,
    /// As the severity.
    Info,
    /// As the severity.
    Warning,
    /// As the severity.
    Error,
}

impl Level {
    fn severity(self) -> Option<Severity> {
        Some(match self {
            Self::Off => return None,
            Self::Hint => Severity::Hint,
            Self::Info => Severity::Info,
            Self::Warning => Severity::Warning,
            Self::Error => Severity::Error,
        })
    }
}

/// What a set of rules is: those that are on, their severities, their options.
/// The same keys stand at the top of the file and in an override.
#[derive(Debug, Clone, Default)]
struct Layer {
    select: Option<Vec<String>>,
    ignore: Vec<String>,
    severity: Vec<(RuleIndex, Level)>,
    options: Vec<(RuleIndex, Arc<dyn Any + Send + Sync>)>,
}

#[derive(Debug, Clone)]
struct Override {
    paths: Vec<String>,
    layer: Layer,
}

/// How reports are made.
#[derive(Debug, Clone, Copy, Default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, default))]
pub struct ReportOptions {
    /// How much each area weighs in the score. Areas that there is nothing of weigh
    /// nothing.
    pub weights: Weights,
}

/// A parsed `nixamine.toml`.
#[derive(Debug, Clone, Default)]
pub struct Config {
    layer: Layer,
    overrides: Vec<Override>,
    /// Globs of files that are not checked.
    pub exclude: Vec<String>,
    /// Files or folders that configurations start from, where they cannot be found.
    pub roots: Vec<String>,
    /// Are the options of libraries looked up? They are, unless somebody says no.
    pub index: Option<bool>,
    /// Does a suppression need a reason?
    pub require_reason: bool,
    /// What the settings of hosts must be.
    pub require: Vec<Policy>,
    /// What they must not be.
    pub forbid: Vec<Policy>,
    /// How reports are made.
    pub report: ReportOptions,
    /// The version of Nixamine that the repository asks for, as written.
    pub required_version: Option<String>,
    /// What works but deserves a word.
    pub warnings: Vec<ConfigWarning>,
}

const TOP_KEYS: &[&str] = &[
    "select",
    "ignore",
    "severity",
    "rules",
    "overrides",
    "exclude",
    "roots",
    "index",
    "require",
    "forbid",
    "report",
    "require-reason",
    "required-version",
];
const OVERRIDE_KEYS: &[&str] = &["paths", "select", "ignore", "severity", "rules"];

/// The selectors that `select` and `ignore` know beside the rules' names.
fn selector_names() -> impl Iterator<Item = &'static str> {
    rules::metas()
        .flat_map(|meta| std::iter::once(meta.name).chain(meta.aliases.iter().copied()))
        .chain(Group::ALL.iter().map(|group| group.name()))
        .chain(["all"])
}

fn suggestion<'n>(name: &str, names: impl IntoIterator<Item = &'n str>) -> String {
    match rules::did_you_mean(name, names) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => String::new(),
    }
}

fn unknown_rule(name: &str) -> String {
    format!(
        "there is no rule or group `{name}`{}",
        suggestion(name, selector_names())
    )
}

fn read<'t, T: Deserialize<'t>>(value: OptionValue<'t>) -> Result<T, ConfigError> {
    let span = value.span();
    given::read(value).map_err(|error| explained(error, span))
}

/// Reads the tables of `[[require]]` or `[[forbid]]`. By hand: a derived reader of
/// values of any type is a twentieth of what a browser loads.
fn policies(value: OptionValue<'_>, name: &str) -> Result<Vec<Policy>, ConfigError> {
    let span = value.span();
    match value.into_inner() {
        DeValue::Array(entries) => entries.into_iter().map(policy).collect(),
        _ => Err(ConfigError::at(
            span,
            format!("`{name}` is a list of tables: write `[[{name}]]`"),
        )),
    }
}

const POLICY_KEYS: &[&str] = &["option", "value", "hosts", "class", "reason"];

fn policy(entry: OptionValue<'_>) -> Result<Policy, ConfigError> {
    let span = entry.span();
    let DeValue::Table(table) = entry.into_inner() else {
        return Err(ConfigError::at(span, "a policy is a table"));
    };
    let mut policy = Policy {
        option: Vec::new(),
        value: None,
        hosts: None,
        class: PolicyClass::default(),
        reason: None,
    };
    for (key, value) in table {
        let at = value.span();
        match &**key.get_ref() {
            "option" => {
                let text: String = read(value)?;
                policy.option = knowledge::parse_path(&text).ok_or_else(|| {
                    let message = format!(
                        "`{text}` is no option: write names with dots between them, \
                         and quote what is no name (`environment.persistence.\"/persist\"`)"
                    );
                    ConfigError::at(at, message)
                })?;
            }
            "value" => {
                policy.value = Some(
                    match value.into_inner() {
                        DeValue::Array(items) => {
                            let items = items.into_iter().map(|item| scalar(item.into_inner()));
                            let items: Option<_> = items.collect();
                            items.map(policy::Value::All)
                        }
                        one => scalar(one).map(policy::Value::One),
                    }
                    .ok_or_else(|| {
                        let what =
                            "a value is a text, a whole number, true or false, or a list of these";
                        ConfigError::at(at, what)
                    })?,
                );
            }
            "hosts" => policy.hosts = Some(read(value)?),
            "class" => {
                let name: String = read(value)?;
                let mut all = PolicyClass::ALL.iter();
                let found = all.find(|(known, _)| *known == name);
                let names = PolicyClass::ALL.map(|(name, _)| name);
                policy.class = found.map(|(_, class)| *class).ok_or_else(|| {
                    let hint = suggestion(&name, names);
                    let known = names.join(", ");
                    let message = format!("there is no class `{name}`{hint} (known are {known})");
                    ConfigError::at(at, message)
                })?;
            }
            "reason" => policy.reason = Some(read(value)?),
            other => return Err(unknown_key(key.span(), other, POLICY_KEYS)),
        }
    }
    match policy.option.is_empty() {
        true => Err(ConfigError::at(span, "a policy needs `option = \"…\"`")),
        false => Ok(policy),
    }
}

fn scalar(value: DeValue<'_>) -> Option<Scalar> {
    match value {
        DeValue::Boolean(value) => Some(Scalar::Bool(value)),
        DeValue::Integer(value) => i64::from_str_radix(value.as_str(), value.radix())
            .ok()
            .map(Scalar::Integer),
        DeValue::String(value) => Some(Scalar::String(value.into_owned())),
        _ => None,
    }
}

/// Reads the table `[report]`.
fn report(value: OptionValue<'_>) -> Result<ReportOptions, ConfigError> {
    let mut options = ReportOptions::default();
    for (key, span, value) in entries(value, "report")? {
        if key != "weights" {
            return Err(unknown_key(span, &key, &["weights"]));
        }
        for (key, span, value) in entries(value, "report.weights")? {
            let names = Area::ALL.map(Area::name);
            let Some(area) = Area::ALL.into_iter().find(|area| area.name() == key) else {
                return Err(unknown_key(span, &key, &names));
            };
            let at = value.span();
            match scalar(value.into_inner()) {
                Some(Scalar::Integer(weight @ 0..=100)) => options.weights.set(area, weight as u8),
                _ => return Err(ConfigError::at(at, "a weight is a number from 0 to 100")),
            }
        }
    }
    Ok(options)
}

fn unknown_key(span: Range<usize>, key: &str, known: &[&str]) -> ConfigError {
    let hint = suggestion(key, known.iter().copied());
    let known = known.join(", ");
    ConfigError::at(
        span,
        format!("there is no key `{key}`{hint} (known are {known})"),
    )
}

/// A key of a table, its place, and its value.
type TableEntry<'t> = (String, Range<usize>, OptionValue<'t>);

/// The entries of a table.
fn entries<'t>(value: OptionValue<'t>, name: &str) -> Result<Vec<TableEntry<'t>>, ConfigError> {
    let span = value.span();
    let DeValue::Table(table) = value.into_inner() else {
        let message = format!("`{name}` is a table: write `[{name}]`");
        return Err(ConfigError::at(span, message));
    };
    Ok(table
        .into_iter()
        .map(|(key, value)| (key.get_ref().to_string(), key.span(), value))
        .collect())
}

fn from_toml(error: &toml::de::Error, text: &str) -> ConfigError {
    let message = error.message().trim_end().replace('\n', ", ");
    ConfigError::at(error.span().unwrap_or(0..text.len()), message)
}

/// What serde says, in the words of this file.
fn explained(mut error: ConfigError, fallback: Range<usize>) -> ConfigError {
    // serde lists what it expected; name the likeliest.
    if let Some(rest) = error.message.strip_prefix("unknown field `")
        && let Some((field, expected)) = rest.split_once('`')
    {
        let names: Vec<_> = expected.split('`').skip(1).step_by(2).collect();
        let hint = suggestion(field, names.iter().copied());
        let known = match names.as_slice() {
            [] => "there are none".to_owned(),
            names => format!("known are {}", names.join(", ")),
        };
        error.message = format!("there is no option `{field}`{hint} ({known})");
    }
    error.or_at(fallback)
}

impl Config {
    /// Reads a configuration.
    ///
    /// # Errors
    /// When the text is no TOML, holds an unknown key or a value of the wrong
    /// type. Unknown *rules* are only warnings: a newer version may know them.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        let table = toml::de::DeTable::parse(text).map_err(|error| from_toml(&error, text))?;
        let mut config = Self::default();
        for (key, value) in table.into_inner() {
            let span = key.span();
            match &**key.get_ref() {
                "exclude" => config.exclude = read(value)?,
                "roots" => config.roots = read(value)?,
                "index" => config.index = Some(read(value)?),
                "require" => config.require = policies(value, "require")?,
                "report" => config.report = report(value)?,
                "forbid" => config.forbid = policies(value, "forbid")?,
                "require-reason" => config.require_reason = read(value)?,
                "required-version" => config.required_version = Some(read(value)?),
                "overrides" => {
                    let value_span = value.span();
                    let DeValue::Array(entries) = value.into_inner() else {
                        return Err(ConfigError::at(
                            value_span,
                            "`overrides` is a list of tables: write `[[overrides]]`",
                        ));
                    };
                    for entry in entries {
                        let entry = config.read_override(entry)?;
                        config.overrides.push(entry);
                    }
                }
                key => {
                    let mut layer = std::mem::take(&mut config.layer);
                    config.read_layer(&mut layer, key, span, value, TOP_KEYS)?;
                    config.layer = layer;
                }
            }
        }
        sorted::sort_by_key(&mut config.warnings, |warning| {
            warning.span.as_ref().map(|span| span.start)
        });
        Ok(config)
    }

    fn read_override(&mut self, entry: OptionValue<'_>) -> Result<Override, ConfigError> {
        let span = entry.span();
        let DeValue::Table(table) = entry.into_inner() else {
            return Err(ConfigError::at(span, "an override is a table"));
        };
        let mut paths = Vec::new();
        let mut layer = Layer::default();
        for (key, value) in table {
            let key_span = key.span();
            match &**key.get_ref() {
                "paths" => paths = read(value)?,
                key => self.read_layer(&mut layer, key, key_span, value, OVERRIDE_KEYS)?,
            }
        }
        if paths.is_empty() {
            return Err(ConfigError::at(span, "an override needs `paths = [\"…\"]`"));
        }
        Ok(Override { paths, layer })
    }

    fn read_layer(
        &mut self,
        layer: &mut Layer,
        key: &str,
        key_span: Range<usize>,
        value: OptionValue<'_>,
        known: &[&str],
    ) -> Result<(), ConfigError> {
        match key {
            "select" => layer.select = Some(self.read_selectors(value)?),
            "ignore" => layer.ignore = self.read_selectors(value)?,
            "severity" => {
                for (name, span, value) in entries(value, "severity")? {
                    let level = read(value)?;
                    match rules::find(&name) {
                        Some((index, _)) => layer.severity.push((index, level)),
                        None => self
                            .warnings
                            .push(ConfigError::at(span, unknown_rule(&name))),
                    }
                }
            }
            "rules" => {
                for (name, span, value) in entries(value, "rules")? {
                    let value_span = value.span();
                    match rules::find(&name) {
                        Some((index, rule)) => {
                            let options = (rule.meta().options.parse)(value)
                                .map_err(|error| explained(error, value_span))?;
                            layer.options.push((index, options));
                        }
                        None => self
                            .warnings
                            .push(ConfigError::at(span, unknown_rule(&name))),
                    }
                }
            }
            other => return Err(unknown_key(key_span, other, known)),
        }
        Ok(())
    }

    fn read_selectors(&mut self, value: OptionValue<'_>) -> Result<Vec<String>, ConfigError> {
        let span = value.span();
        let DeValue::Array(entries) = value.into_inner() else {
            let message = "this is a list of rules and groups: write `[\"…\"]`";
            return Err(ConfigError::at(span, message));
        };
        let mut names = Vec::new();
        for entry in entries {
            let span = entry.span();
            let name: String = read(entry)?;
            if !selector_names().any(|known| known == name) {
                self.warnings
                    .push(ConfigError::at(span, unknown_rule(&name)));
            }
            names.push(name);
        }
        Ok(names)
    }

    /// Is this file excluded?
    pub fn excludes(&self, path: &str) -> bool {
        self.exclude
            .iter()
            .any(|glob| path::glob_matches(glob, path))
    }
}

/// How one rule stands for one file.
#[derive(Debug, Clone)]
struct RuleState {
    on: bool,
    /// Was it named, as a rule and not as part of a group or of the defaults?
    named: bool,
    /// Does it run only because a report looks for more?
    extra: bool,
    /// Did somebody decide whether it runs?
    spoken_of: bool,
    severity: Option<Severity>,
    options: Arc<dyn Any + Send + Sync>,
}

/// How every rule stands for one file.
#[derive(Debug, Clone, Default)]
pub struct FileSettings {
    states: Vec<RuleState>,
    /// Does a suppression need a reason?
    pub require_reason: bool,
}

impl FileSettings {
    /// Does the rule run?
    pub fn is_on(&self, rule: RuleIndex) -> bool {
        self.states[rule].on
    }

    /// Does the rule run only because a report looks for more?
    pub fn is_extra(&self, rule: RuleIndex) -> bool {
        self.states[rule].extra
    }

    /// Was the rule selected by its own name or by `all`, and not only by default?
    pub fn is_named(&self, rule: RuleIndex) -> bool {
        self.states[rule].named
    }

    /// The severity that the configuration sets for the rule.
    pub fn severity(&self, rule: RuleIndex) -> Option<Severity> {
        self.states[rule].severity
    }

    /// The options of the rule.
    ///
    /// # Panics
    /// When `T` is not the type that the rule declares as its options.
    pub fn options<T: 'static>(&self, rule: RuleIndex) -> &T {
        let options = self.any_options(rule).downcast_ref();
        options.expect("a rule asks for its own options")
    }

    /// The options of the rule, of whatever type.
    pub(crate) fn any_options(&self, rule: RuleIndex) -> &dyn Any {
        &*self.states[rule].options
    }
}

/// A configuration made ready for use: the file and the command line together,
/// resolved per path.
#[derive(Debug, Clone)]
pub struct Settings {
    config: Config,
    base: Arc<FileSettings>,
    select: Vec<String>,
    ignore: Vec<String>,
    /// Do rules run that are off by default and that nobody spoke of?
    wide: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self::new(Config::default(), &[], &[]).expect("the defaults name no rule")
    }
}

impl Settings {
    /// Joins a configuration with the selections of the command line, which win.
    ///
    /// # Errors
    /// When the command line names a rule or group that does not exist.
    pub fn new(config: Config, select: &[String], ignore: &[String]) -> Result<Self, ConfigError> {
        for name in select.iter().chain(ignore) {
            if !selector_names().any(|known| known == name) {
                return Err(ConfigError {
                    message: unknown_rule(name),
                    span: None,
                });
            }
        }
        let states = rules::ALL
            .iter()
            .map(|rule| RuleState {
                on: rule.meta().enabled,
                named: false,
                extra: false,
                spoken_of: false,
                severity: None,
                options: (rule.meta().options.default)(),
            })
            .collect();
        let mut base = FileSettings {
            states,
            require_reason: config.require_reason,
        };
        base.apply(&config.layer);
        let mut settings = Self {
            config,
            base: Arc::default(),
            select: select.to_vec(),
            ignore: ignore.to_vec(),
            wide: false,
        };
        base.apply_names(&settings.select, &settings.ignore);
        settings.base = Arc::new(base);
        Ok(settings)
    }

    /// The same for a report, which also looks for what the rules find that are off by
    /// default, unless the configuration or the command line speaks of them.
    #[must_use]
    pub fn for_report(mut self) -> Self {
        self.wide = true;
        let mut base = (*self.base).clone();
        base.widen();
        self.base = Arc::new(base);
        self
    }

    /// The configuration file's content.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// How the rules stand for the file at `path`, relative to the root.
    pub fn for_path(&self, path: &str) -> Arc<FileSettings> {
        let mut matching = self
            .config
            .overrides
            .iter()
            .filter(|o| o.paths.iter().any(|glob| path::glob_matches(glob, path)))
            .peekable();
        if matching.peek().is_none() {
            return self.base.clone();
        }
        let mut settings = (*self.base).clone();
        for entry in matching {
            settings.apply(&entry.layer);
        }
        settings.apply_names(&self.select, &self.ignore);
        if self.wide {
            settings.widen();
        }
        Arc::new(settings)
    }
}

impl FileSettings {
    fn widen(&mut self) {
        for (rule, state) in rules::ALL.iter().zip(&mut self.states) {
            if !rule.meta().enabled && !state.on && !state.spoken_of {
                state.on = true;
                state.extra = true;
            }
        }
    }

    fn apply(&mut self, layer: &Layer) {
        self.apply_names(layer.select.as_deref().unwrap_or_default(), &layer.ignore);
        for (index, level) in &layer.severity {
            let state = &mut self.states[*index];
            state.severity = level.severity();
            state.spoken_of = true;
            state.on = state.severity.is_some();
        }
        for (index, options) in &layer.options {
            self.states[*index].options = options.clone();
        }
    }

    /// `select` replaces the defaults, unless it is empty; `ignore` takes away.
    /// A name weighs more than its group, a group more than `all`.
    fn apply_names(&mut self, select: &[String], ignore: &[String]) {
        for (rule, state) in rules::ALL.iter().zip(&mut self.states) {
            let meta = rule.meta();
            let weight = |names: &[String]| {
                names
                    .iter()
                    .filter_map(|name| match &**name {
                        "all" => Some(1),
                        name if name == meta.group.name() => Some(2),
                        name if name == meta.name || meta.aliases.contains(&name) => Some(3),
                        _ => None,
                    })
                    .max()
                    .unwrap_or(0)
            };
            let (selected, ignored) = (weight(select), weight(ignore));
            if !select.is_empty() {
                // A group brings its default rules; only `all` or the name brings the others.
                let brings = match selected {
                    0 => false,
                    2 => meta.enabled,
                    _ => true,
                };
                state.on = brings;
                state.named = matches!(selected, 1 | 3);
            }
            // Who selects some rules wants these.
            state.spoken_of |= !select.is_empty() || ignored > 0;
            if ignored > 0 && ignored >= selected {
                state.on = false;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(name: &str) -> RuleIndex {
        rules::find(name).expect("the rule exists").0
    }

    #[track_caller]
    fn settings(text: &str, select: &[&str], ignore: &[&str]) -> Settings {
        let names = |names: &[&str]| {
            names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>()
        };
        let config = Config::from_toml(text).expect("the configuration is right");
        Settings::new(config, &names(select), &names(ignore)).expect("the names exist")
    }

    /// The rules of a few that are on for a file.
    #[track_caller]
    fn on(text: &str, select: &[&str], ignore: &[&str]) -> Vec<&'static str> {
        let settings = settings(text, select, ignore).for_path("hosts/a.nix");
        ["mk-force", "long-module", "syntax-error"]
            .into_iter()
            .filter(|name| settings.is_on(index(name)))
            .collect()
    }

    #[test]
    fn a_name_weighs_more_than_its_group_and_a_group_more_than_all() {
        let all = ["mk-force", "long-module", "syntax-error"];
        assert_eq!(on("", &[], &[]), all);
        assert_eq!(on("ignore = [\"module\"]", &[], &[]), ["syntax-error"]);
        assert_eq!(on("select = [\"mk-force\"]", &[], &[]), ["mk-force"]);
        assert_eq!(
            on("select = [\"module\"]\nignore = [\"mk-force\"]", &[], &[]),
            ["long-module"]
        );
        assert_eq!(
            on(
                "select = [\"all\", \"mk-force\"]\nignore = [\"module\"]",
                &[],
                &[]
            ),
            ["mk-force", "syntax-error"]
        );
        // An empty list selects what is on by default; the command line wins.
        assert_eq!(on("select = []", &[], &[]), all);
        assert_eq!(
            on("select = [\"mk-force\"]", &["long-module"], &[]),
            ["long-module"]
        );
        assert_eq!(on("", &[], &["all"]), [""; 0]);
        assert_eq!(
            on("[severity]\nmk-force = \"off\"", &[], &[]),
            ["long-module", "syntax-error"]
        );
    }

    #[test]
    fn overrides_hold_for_their_paths() {
        let text = "[severity]\nmk-force = \"hint\"\n[[overrides]]\npaths = [\"hosts\"]\n\
                    ignore = [\"long-module\"]\nseverity = { mk-force = \"error\" }\n";
        let settings = settings(text, &[], &[]);
        let (inside, outside) = (settings.for_path("hosts/a.nix"), settings.for_path("a.nix"));
        assert_eq!(inside.severity(index("mk-force")), Some(Severity::Error));
        assert_eq!(outside.severity(index("mk-force")), Some(Severity::Hint));
        assert!(!inside.is_on(index("long-module")) && outside.is_on(index("long-module")));
    }

    #[test]
    fn options_reach_their_rule() {
        use crate::rules::module::long_module::Options;
        let text = "[rules.long-module]\nmax-lines = 7\n";
        let settings = settings(text, &[], &[]).for_path("a.nix");
        assert_eq!(
            settings.options::<Options>(index("long-module")).max_lines,
            7
        );
    }

    #[test]
    fn errors_name_the_line_and_what_was_meant() {
        for (text, line, message) in [
            ("\nselct = []", 2, "did you mean `select`"),
            (
                "[rules.long-module]\nmax-line = 3",
                2,
                "did you mean `max-lines`",
            ),
            (
                "[rules.long-module]\n\nmax-lines = \"x\"",
                3,
                "invalid type",
            ),
            ("[severity]\nmk-force = \"loud\"", 2, "unknown variant"),
            ("[[overrides]]\nignore = []", 1, "needs `paths"),
            ("overrides = 1", 1, "write `[[overrides]]`"),
            ("a = = 1", 1, ""),
        ] {
            let error = Config::from_toml(text).expect_err(text);
            assert!(error.message.contains(message), "{text}: {error}");
            assert_eq!(error.line(text), Some(line), "{text}: {error}");
        }
    }

    #[test]
    fn unknown_rules_are_warnings_in_the_file_and_errors_on_the_command_line() {
        let text =
            "select = [\"mk-farce\"]\n[severity]\nnew-rule = \"off\"\n[rules.newer]\na = 1\n";
        let config = Config::from_toml(text).expect("a newer version may know them");
        let lines: Vec<_> = config
            .warnings
            .iter()
            .filter_map(|w| w.line(text))
            .collect();
        assert_eq!(lines, [1, 3, 4]);
        let error = Settings::new(Config::default(), &["mk-farce".to_owned()], &[]).unwrap_err();
        assert!(error.message.contains("did you mean `mk-force`"), "{error}");
    }
}
