//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix};
use crate::module::{Definition, Literal, ModuleFacts};
use crate::path;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::syntax::TextSize;
use crate::syntax::comments::is_explained;
use crate::workspace::{FileContext, has_word, is_identifier};
use std::ops::Range;

declare_rule! {
    /// A number that nothing explains.
    ///
    /// ## Why
    ///
    /// Was `65536` measured, copied from a wiki, or the first thing that worked?
    /// Whoever wants to change it has to know. A comment tells, and so does a name.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// { ... }:
    /// {
    ///   services.postgresql.settings.max_connections = 340;
    /// #                                                ^^^ nothing says why `max_connections` is 340
    /// }
    /// ```
    ///
    /// ```nix fixed manual
    /// { ... }:
    /// let
    ///   max_connections = 340;
    /// in
    /// {
    ///   services.postgresql.settings.max_connections = max_connections;
    /// }
    /// ```
    ///
    /// ```nix good
    /// let
    ///   connectionsOfTheWorkers = 340;
    /// in
    /// {
    ///   services.postgresql.settings.max_connections = connectionsOfTheWorkers;
    ///   # Half of the memory, in pages.
    ///   boot.kernel.sysctl."kernel.shmall" = 2097152;
    ///   services.openssh.ports = [ 22 ];
    ///   services.nginx.defaultHTTPListenPort = 8080;
    ///   systemd.services.a.serviceConfig.TimeoutSec = 90;
    ///   users.users.alice.uid = 1000;
    ///   boot.loader.timeout = 1;
    /// }
    /// ```
    ///
    /// A text that holds just a number counts as one. Silent are 0, 1 and -1,
    /// well-known ports, the numbers of users, groups and devices, tables of ports,
    /// modes, colours, fonts, gaps and the like, versions, coordinates, numbers whose key names the unit (`TimeoutSec`,
    /// `memoryMB`), and what a comment explains: one speaks for all lines below it,
    /// up to the next blank one.
    ///
    /// ## When to allow it
    ///
    /// Where the key says it all, as `tabSize` does.
    ///
    /// ## Fix safety
    ///
    /// The number gets the name of its key in a `let`. That changes nothing, but the
    /// name should say more than the key, so it is only offered.
    pub struct MagicNumber {
        name: "magic-number",
        group: Module,
        topic: Documentation,
        severity: Hint,
        enabled: false,
        since: "0.1.0",
        effort: 5,
        fix: Some(Applicability::Manual),
        options: NoOptions,
    }
}

/// Ports above 1023 that everybody knows.
const PORTS: &[i64] = &[
    1080, 1883, 3000, 3306, 5000, 5353, 5432, 6379, 8000, 8080, 8443, 8888, 9090, 9100, 51820,
];

/// Words in keys whose numbers are names, places or looks, or whose unit they give.
const SPEAKING: &[&str] = &[
    "id",
    "uid",
    "gid",
    "umask",
    "mask",
    "mode",
    "permissions",
    "vlan",
    "serial",
    "address",
    "mac",
    "card",
    "device",
    "version",
    "color",
    "colour",
    "opacity",
    "alpha",
    "latitude",
    "longitude",
    "lat",
    "lon",
    "x",
    "y",
    "width",
    "height",
    "index",
    "priority",
    "order",
    "position",
    "workspace",
    "tag",
    "padding",
    "margin",
    "spacing",
    "rounding",
    "gap",
    "gaps",
    "radius",
    "border",
    "blur",
    "brightness",
    "contrast",
    "scale",
    "transform",
    "ms",
    "msec",
    "msecs",
    "millis",
    "milliseconds",
    "us",
    "usec",
    "sec",
    "secs",
    "second",
    "seconds",
    "min",
    "mins",
    "minute",
    "minutes",
    "weekday",
    "hour",
    "hours",
    "day",
    "days",
    "week",
    "weeks",
    "month",
    "months",
    "byte",
    "bytes",
    "kb",
    "kib",
    "mb",
    "mib",
    "gb",
    "gib",
    "tb",
    "megabytes",
    "gigabytes",
    "percent",
    "percentage",
    "px",
    "pixels",
    "pt",
    "dpi",
    "hz",
    "khz",
    "mhz",
    "rpm",
    "celsius",
];

/// Words that say as much of all that lies below.
const ABOVE: &[&str] = &[
    "ids", "uids", "gids", "ports", "font", "fonts", "cursor", "icon", "colors",
];

impl Rule for MagicNumber {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn reads_text(&self) -> bool {
        true
    }

    fn check_file(&self, cx: &mut FileContext<'_>) {
        let facts = cx.facts();
        if facts.header.generated || path::is_sample(cx.path()) {
            return;
        }
        let text = cx.text();
        let mut found = Vec::new();
        for (index, module) in facts.modules.iter().enumerate() {
            if cx.view().graph.is_module(cx.module_id(index)) {
                found.extend(
                    module
                        .definitions
                        .iter()
                        .filter(|it| is_magic(it) && !is_explained(text, it.binding)),
                );
            }
        }
        for definition in found {
            let Some(key) = definition.path.last().and_then(|key| key.name.as_deref()) else {
                continue;
            };
            let number = &text[Range::from(definition.value)];
            let message = format!("nothing says why `{key}` is {number}");
            cx.report(
                Diagnostic::new(&Self::META, definition.value, message)
                    .help("say it in a comment, or give the number a name in a `let`"),
            );
        }
    }

    fn complete(&self, diagnostic: &mut Diagnostic, cx: &FileContext<'_>) {
        let text = cx.text();
        let facts = cx.facts();
        let Some(module) = facts.modules.first() else {
            return;
        };
        let mut definitions = module.definitions.iter();
        let definition = definitions.find(|it| it.value == diagnostic.range);
        let key = definition.and_then(|it| it.path.last()?.name.as_deref());
        let Some(name) = key.filter(|name| is_identifier(name)) else {
            return;
        };
        let number = &text[Range::from(diagnostic.range)];
        if let Some(insert) = binding(module, text, name, number) {
            let edits = [insert, Edit::replace(diagnostic.range, name)];
            let title = format!("name it `{name}` in a `let`");
            diagnostic
                .fixes
                .push(Fix::new(Applicability::Manual, title, edits));
        }
    }
}

fn is_magic(definition: &Definition) -> bool {
    let (number, text) = match definition.literal() {
        Some(Literal::Integer(number)) => (*number, None),
        Some(Literal::Float(text)) => (2, Some(text)),
        Some(Literal::String(text)) if is_number(text) => (text.parse().unwrap_or(2), Some(text)),
        _ => return false,
    };
    let is_whole = |text: &str| matches!(text.trim_end_matches('0'), "0." | "1." | "." | "1" | "");
    if matches!(number, -1..=1) || text.is_some_and(|text| is_whole(text) || is_name(text)) {
        return false;
    }
    let Some(key) = definition.path.last().and_then(|key| key.name.as_deref()) else {
        return false;
    };
    let names = definition.path.iter().filter_map(|key| key.name.as_deref());
    let mut above = names.flat_map(words_of);
    if above.any(|word| ABOVE.contains(&word.as_str())) {
        return false;
    }
    let lower = key.to_ascii_lowercase();
    if lower.contains("port") && (number < 1024 || PORTS.contains(&number)) {
        return false;
    }
    let parts = ["version", "color", "uid", "gid"];
    !words_of(key).any(|word| SPEAKING.contains(&word.as_str()))
        && !parts.iter().any(|part| lower.contains(part))
}

/// Is it rather a mode, a colour, a serial number or a release of NixOS?
fn is_name(text: &str) -> bool {
    let padded = text.len() > 1 && text.starts_with('0') && !text.contains('.');
    padded || text.len() > 5 || text.ends_with(".05") || text.ends_with(".11")
}

fn is_number(text: &str) -> bool {
    let has_digits = |part: &str| !part.is_empty() && part.bytes().all(|it| it.is_ascii_digit());
    text.splitn(2, '.').all(has_digits)
}

/// The words in a name, in lower case: `max-size`, `maxSize`, `MaxSizeMB`.
fn words_of(name: &str) -> impl Iterator<Item = String> {
    let mut words = vec![String::new()];
    let mut after_lower = false;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() || c.is_ascii_uppercase() && after_lower {
            words.push(String::new());
        }
        after_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        if c.is_ascii_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.push(c.to_ascii_lowercase());
        }
    }
    words.into_iter()
}

/// What binds a name in a `let` around the settings of a module.
fn binding(module: &ModuleFacts, text: &str, name: &str, number: &str) -> Option<Edit> {
    let start = module.range.start();
    if let Some(body) = module.plain_body {
        // In the text it must not mean anything yet, but be a key.
        let is_taken = has_word(&text[start.into()..body.start().into()], name)
            || used_as_value(&text[Range::from(body)], name);
        let insert = format!("let\n  {name} = {number};\nin\n");
        return (!is_taken).then(|| Edit::insert(body.start(), insert));
    }
    let before = &text[Range::from(module.head())];
    let at = before
        .find("\nlet\n")
        .filter(|_| before.matches("let").count() == 1)?;
    let is_taken = has_word(before, name) || used_as_value(&text[Range::from(module.range)], name);
    let at = start + TextSize::of(&before[..at]) + TextSize::of("\nlet\n");
    (!is_taken).then(|| Edit::insert(at, format!("  {name} = {number};\n")))
}

/// Does a name stand anywhere but before `=` or `.` as a key?
fn used_as_value(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let rest = text[at + name.len()..].trim_start();
        let is_key = rest.starts_with('=') && !rest.starts_with("==");
        let end = (at + name.len() + 1).min(text.len());
        let around = text.get(at.saturating_sub(1)..end);
        !is_key && around.is_none_or(|around| has_word(around, name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, check_fix};

    #[test]
    fn numbers_that_are_names() {
        for setting in [
            "users.users.a.uid = 1234",
            "environment.etc.a.mode = \"0755\"",
            "services.a.port = 443",
            "services.a.listenPort = 8080",
            "system.stateVersion = \"25.05\"",
            "services.a.release = \"24.11\"",
            "services.a.backgroundColor = 123456",
            "services.a.base00 = \"181818\"",
            "services.a.device-id = 17",
            "systemd.services.a.serviceConfig.TimeoutStopSec = 20",
            "services.a.maxSizeMB = 500",
            "services.a.days_to_keep = 30",
            "location.latitude = 52.5",
            "services.a.b = 1",
            "services.a.b = -1",
            "services.a.b = \"0\"",
            "services.a.b = \"1.2.3\"",
            "services.a.b = \"5m\"",
            "services.a.b = \"0.0\"",
            "services.a.b = 1.0",
            "ids.gids.a = 444",
            "services.a.\"directory mask\" = \"2775\"",
            "programs.a.font.normal = 12",
            "programs.a.padding_left = 12",
        ] {
            check(
                &MagicNumber::META,
                &format!("{{ pkgs, ... }}: {{ {setting}; }}"),
            );
        }
    }

    #[test]
    fn numbers_that_are_values() {
        check(
            &MagicNumber::META,
            "{ lib, ... }: {
  options.a = lib.mkOption { default = 12; };
  config.services = lib.mkMerge [ {
    a.port = 4711;
#            ^^^^ nothing says why `port` is 4711
    a.factor = lib.mkDefault 2.5;
#                            ^^^ why `factor` is 2.5
    a.retries = \"12\";
#               ^^^^ why `retries` is \"12\"

    # The vendor's advice.
    a.cache = 12;
    a.depth = 13;
    a.lists = [ 14 ];
  } ];
}",
        );
    }

    #[test]
    fn names_that_are_free() {
        let bad = "{ lib, ... }:
let
  b = 2;
in
{
  services.a.retries = 12;
#                      ^^ why
  services.a.b = 13;
#                ^^ why
}";
        let fixed = "{ lib, ... }:
let
  retries = 12;
  b = 2;
in
{
  services.a.retries = retries;
  services.a.b = 13;
}";
        check_fix(&MagicNumber::META, bad, Applicability::Manual, fixed);
        let recursive = "# Services.

{ lib, ... }: rec {
  imports = [ (lib.mkRemovedOptionModule [ \"my\" \"old\" ] \"x\") ];
  services.a.retries = 12;
#                      ^^ nothing says why
}";
        let same: Vec<_> = recursive
            .lines()
            .filter(|line| !line.contains('^'))
            .collect();
        check_fix(
            &MagicNumber::META,
            recursive,
            Applicability::Manual,
            &same.join("\n"),
        );
        let used = "{ retries, ... }: {
  services.a.retries = 12;
#                      ^^ why
}";
        let same = used
            .lines()
            .filter(|line| !line.contains('^'))
            .collect::<Vec<_>>();
        check_fix(
            &MagicNumber::META,
            used,
            Applicability::Manual,
            &same.join("\n"),
        );
    }
}
