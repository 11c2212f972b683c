//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Applicability, Condition, Diagnostic, Edit, Fix};
use crate::local::LocalContext;
use crate::mk_option::MkOption;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::semantics::{Meaning, Origin, application, without_parens};
use crate::syntax::{AstNode, SyntaxKind, SyntaxNode, ast};
use crate::workspace::has_word;

declare_rule! {
    /// The type of an option takes much that the option does not.
    ///
    /// ## Why
    ///
    /// The tighter the type, the earlier a mistake is found: port 80443 by the
    /// evaluation, and not by the service. `types.attrs` and `types.unspecified` are
    /// worse than loose: with `attrs` the deeper parts of one definition replace those
    /// of another, and a `mkIf` or `mkForce` inside is taken for a value.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// { lib, ... }:
    /// {
    ///   options.site.web = {
    ///     port = lib.mkOption {
    ///       type = lib.types.int;
    /// #            ^^^^^^^^^^^^^ `int` takes what is no port
    ///       default = 8080;
    ///       description = "Where it listens.";
    ///     };
    ///     dataDir = lib.mkOption {
    ///       type = lib.types.str;
    /// #            ^^^^^^^^^^^^^ `str` takes what is no path
    ///       default = "/var/lib/web";
    ///       description = "Where the pages are.";
    ///     };
    ///     settings = lib.mkOption {
    ///       type = lib.types.attrs;
    /// #            ^^^^^^^^^^^^^^^ `attrs` does not merge what lies deeper in the sets
    ///       default = { };
    ///       description = "What goes into the configuration file.";
    ///     };
    ///   };
    /// }
    /// ```
    ///
    /// ```nix fixed
    /// { lib, ... }:
    /// {
    ///   options.site.web = {
    ///     port = lib.mkOption {
    ///       type = lib.types.port;
    ///       default = 8080;
    ///       description = "Where it listens.";
    ///     };
    ///     dataDir = lib.mkOption {
    ///       type = lib.types.path;
    ///       default = "/var/lib/web";
    ///       description = "Where the pages are.";
    ///     };
    ///     settings = lib.mkOption {
    ///       type = lib.types.attrsOf lib.types.anything;
    ///       default = { };
    ///       description = "What goes into the configuration file.";
    ///     };
    ///   };
    /// }
    /// ```
    ///
    /// ```nix good
    /// { lib, ... }:
    /// {
    ///   options.site.web = {
    ///     # A path of an address.
    ///     metricsPath = lib.mkOption {
    ///       type = lib.types.str;
    ///       default = "/metrics";
    ///       description = "Where the metrics are.";
    ///     };
    ///     # A path that must not become one of the Nix store.
    ///     passwordFile = lib.mkOption {
    ///       type = lib.types.str;
    ///       default = "/run/secrets/web";
    ///       description = "What holds the password.";
    ///     };
    ///     workers = lib.mkOption {
    ///       type = lib.types.int;
    ///       default = 4;
    ///       description = "How many there are.";
    ///     };
    ///     values = lib.mkOption {
    ///       type = lib.types.attrs;
    ///       readOnly = true;
    ///       default = { };
    ///       description = "There is one definition, and nothing to merge.";
    ///     };
    ///   };
    /// }
    /// ```
    ///
    /// The name of the option and its default (without one, its description) have to
    /// agree before anything is said:
    ///
    /// | name | default | instead of | the type |
    /// |---|---|---|---|
    /// | ends in `port`, `ports` | a port, or the description speaks of one | `int`, `ints.unsigned` … | `port` |
    /// | ends in `percent`, `percentage` | 0 to 100 | `int`, `ints.unsigned` | `ints.between 0 100` |
    /// | ends in `path`, `file`, `dir`, `directory`, `folder` | a path of a file system | `str` | `path` |
    /// | ends in `package` | one of `pkgs` | `attrs`, `unspecified`, `anything`, `raw` | `package` |
    /// | ends in `enable` | `true`, `false` | `unspecified`, `anything`, `raw` | `bool` |
    /// | any | `true`, `false` | `str`, `int` … | `bool` |
    /// | any | a set | `attrs`, `unspecified` | `attrsOf anything` |
    /// | any | a list | `unspecified` | `listOf anything` |
    ///
    /// ## When to allow it
    ///
    /// When the values are more than name and default tell: a port of `-1`, or sets
    /// that are to replace each other. A comment at the type says so and counts.
    ///
    /// ## Fix safety
    ///
    /// Unsafe: somewhere the option may be set to what the tighter type refuses, and
    /// sets merge otherwise.
    ///
    /// ## References
    ///
    /// "Options Types" in the manual of NixOS.
    pub struct LooseOptionType {
        name: "loose-option-type",
        group: Module,
        severity: Hint,
        enabled: true,
        since: "0.1.0",
        effort: 5,
        fix: Some(Applicability::Unsafe),
        options: NoOptions,
    }
}

impl Rule for LooseOptionType {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn kinds(&self) -> &'static [SyntaxKind] {
        &[SyntaxKind::NODE_APPLY]
    }

    fn needles(&self) -> &'static [&'static str] {
        &["mkOption"]
    }

    fn check_node(&self, node: &SyntaxNode, cx: &mut LocalContext<'_>) {
        let Some(option) = MkOption::of(node, cx) else {
            return;
        };
        let (Some(written), Some(name)) = (option.value("type"), option.path(cx).pop()) else {
            return;
        };
        let Some(ty) = Written::of(written) else {
            return;
        };
        let mut rows = TABLE.iter().filter(|row| row.takes(&ty, &name)).peekable();
        // Names are dear to look up.
        if rows.peek().is_none() {
            return;
        }
        let shape = shape_of(&option, &name, cx);
        let Some(row) = rows.find(|row| row.shape & shape != 0) else {
            return;
        };
        if !ty.is_of_lib(cx) {
            return;
        }
        // With one definition there is nothing to merge, and `apply` may turn anything
        // into what fits.
        if option.find("readOnly").is_some()
            || option.find("apply").is_some()
            || !option.is_for_manuals(cx)
        {
            return;
        }
        let mut around = cx.statements(&ty.node).into_iter();
        let comments = around.next().map(|statement| statement.comments);
        if comments.is_some_and(|it| !it.above.is_empty() || it.trailing.is_some()) {
            return;
        }
        let message = format!("`{}` {}", ty.name, row.message);
        let mut diagnostic = Diagnostic::new(&Self::META, ty.node.text_range(), message)
            .help(format!("use `{}`", row.tighter));
        // `mkAliasDefinitions` hands on the definitions as they are, and nothing is merged.
        if ty.name == "attrs" {
            diagnostic.only_if = Some(Condition::FileLacks("mkAlias"));
        }
        diagnostic.fixes.extend(fix(&ty, row.tighter, &option, cx));
        cx.report(diagnostic);
    }
}

/// A type as it is written, without `nullOr` and the like around it.
struct Written {
    node: SyntaxNode,
    /// Its name below `types`.
    name: String,
    /// `nullOr`, `listOf`, `attrsOf`, outermost first.
    around: Vec<(String, SyntaxNode)>,
}

impl Written {
    fn of(expr: &SyntaxNode) -> Option<Self> {
        let mut node = without_parens(expr);
        let mut around = Vec::new();
        // `with types; nullOr int`
        while let Some(with) = ast::With::cast(node.clone()) {
            node = without_parens(with.body()?.syntax());
        }
        while let Some((function, arguments)) = application(&node) {
            let [argument] = arguments.as_slice() else {
                return None;
            };
            let name = last_name(&function);
            if !matches!(name.as_str(), "nullOr" | "listOf" | "attrsOf") {
                return None;
            }
            around.push((name, function));
            node = without_parens(argument);
        }
        let name = last_name(&node);
        Some(Self { node, name, around })
    }

    /// Are the names those of `lib`?
    fn is_of_lib(&self, cx: &mut LocalContext<'_>) -> bool {
        let own = (&self.name, &self.node);
        let mut all = self.around.iter().map(|it| (&it.0, &it.1)).chain([own]);
        all.all(|(name, node)| {
            let meaning = cx.meaning(node);
            meaning.is_some_and(|it| type_name(&it) == *name)
        })
    }
}

/// The last name of a selection, with `ints` before it.
fn last_name(node: &SyntaxNode) -> String {
    let text = node.text().to_string();
    let (before, last) = text.rsplit_once('.').unwrap_or(("", &text));
    match before.ends_with("ints") {
        true => format!("ints.{last}"),
        false => last.to_owned(),
    }
}

/// The name of a type; empty for what is none. Where `with lib; with types;` stands, a
/// name may be of either, but `lib` has none that types have.
fn type_name(meaning: &Meaning) -> String {
    let path = meaning.path.as_slice();
    let path = match path.first() {
        Some(first) if first == "types" => &path[1..],
        _ => path,
    };
    match meaning.origin {
        Origin::Lib => path.join("."),
        _ => String::new(),
    }
}

// What a default is, as bits: 80 may be a port and a percentage.
const BOOL: u8 = 1;
const SET: u8 = 2;
const LIST: u8 = 4;
const PORT: u8 = 8;
const PERCENT: u8 = 16;
const PATH: u8 = 32;
const PACKAGE: u8 = 64;

/// A type that is too loose for some options.
struct Row {
    shape: u8,
    types: &'static [&'static str],
    /// What may stand around it.
    around: &'static [&'static str],
    /// The last word of the option's name; any where none is here.
    ends: &'static [&'static str],
    message: &'static str,
    tighter: &'static str,
}

const TABLE: &[Row] = &[
    Row {
        shape: PORT,
        types: &[
            "int",
            "ints.unsigned",
            "ints.positive",
            "ints.u32",
            "number",
        ],
        around: &["nullOr", "listOf", "attrsOf"],
        ends: &["port", "ports"],
        message: "takes what is no port",
        tighter: "port",
    },
    Row {
        shape: PERCENT,
        types: &["int", "ints.unsigned", "number"],
        around: &["nullOr"],
        ends: &["percent", "percentage"],
        message: "takes more than 100 percent",
        tighter: "ints.between 0 100",
    },
    Row {
        shape: PATH,
        types: &["str", "nonEmptyStr"],
        around: &["nullOr"],
        ends: &["path", "file", "dir", "directory", "folder"],
        message: "takes what is no path",
        tighter: "path",
    },
    Row {
        shape: PACKAGE,
        types: &["attrs", "unspecified", "anything", "raw"],
        around: &["nullOr"],
        ends: &["package"],
        message: "takes what is no package",
        tighter: "package",
    },
    Row {
        shape: BOOL,
        types: &["unspecified", "anything", "raw"],
        around: &[],
        ends: &["enable"],
        message: "takes what is no bool",
        tighter: "bool",
    },
    Row {
        shape: BOOL,
        types: &["str", "int", "lines", "path", "port"],
        around: &[],
        ends: &[],
        message: "does not take the default",
        tighter: "bool",
    },
    Row {
        shape: SET,
        types: &["attrs"],
        around: &["nullOr", "attrsOf"],
        ends: &[],
        message: "does not merge what lies deeper in the sets",
        tighter: "attrsOf anything",
    },
    Row {
        shape: SET,
        types: &["unspecified"],
        around: &[],
        ends: &[],
        message: "checks nothing, and replaces what lies deeper in sets",
        tighter: "attrsOf anything",
    },
    Row {
        shape: LIST,
        types: &["unspecified"],
        around: &[],
        ends: &[],
        message: "checks nothing",
        tighter: "listOf anything",
    },
];

impl Row {
    fn takes(&self, ty: &Written, name: &str) -> bool {
        let mut around = ty.around.iter();
        self.types.contains(&ty.name.as_str())
            && around.all(|it| self.around.contains(&it.0.as_str()))
            && (self.ends.is_empty() || self.ends.iter().any(|word| ends_in(name, word)))
    }
}

/// Is a word the last one of a name?
fn ends_in(name: &str, word: &str) -> bool {
    let at = name.len().saturating_sub(word.len());
    let (Some(head), Some(tail)) = (name.get(..at), name.get(at..)) else {
        return false;
    };
    let starts = head.is_empty() || head.ends_with(['-', '_']);
    tail.eq_ignore_ascii_case(word) && (starts || tail.as_bytes()[0].is_ascii_uppercase())
}

/// What the default is, or what the description says of it.
fn shape_of(option: &MkOption, name: &str, cx: &mut LocalContext<'_>) -> u8 {
    let lower = name.to_ascii_lowercase();
    if NO_DATA.contains(&lower.as_str()) || lower.ends_with("args") {
        return 0;
    }
    let speaks_of = |words: &[&str]| {
        let text = option.value("description").map(|it| it.text().to_string());
        let text = text.unwrap_or_default().to_ascii_lowercase();
        words.iter().any(|word| has_word(&text, word))
    };
    let shape = match option.find("default") {
        None => 0,
        Some(attribute) => match &attribute.value {
            Some(value) => match default_of(&without_parens(value), cx) {
                Some(shape) => shape,
                None => return 0,
            },
            None => return 0,
        },
    };
    match shape {
        // Nothing, or an empty list.
        0 | LIST if speaks_of(&["port", "ports"]) => shape | PORT,
        PATH if UNFIT.iter().any(|word| lower.contains(word)) || speaks_of(UNFIT) => 0,
        shape => shape,
    }
}

/// What an expression is: 0 for null, nothing for what tells nothing.
fn default_of(default: &SyntaxNode, cx: &mut LocalContext<'_>) -> Option<u8> {
    match default.kind() {
        SyntaxKind::NODE_IDENT if is_bool(default) => Some(BOOL),
        SyntaxKind::NODE_IDENT if default.text() == "null" => Some(0),
        SyntaxKind::NODE_IDENT | SyntaxKind::NODE_SELECT => {
            let meaning = cx.meaning(default)?;
            let is_package =
                meaning.origin == Origin::Argument("pkgs".into()) && !meaning.path.is_empty();
            is_package.then_some(PACKAGE)
        }
        SyntaxKind::NODE_ATTR_SET => Some(SET),
        SyntaxKind::NODE_LIST => {
            let shapes = default.children().map(|item| number(&item));
            Some(shapes.reduce(|a, b| a & b).unwrap_or_default() | LIST)
        }
        SyntaxKind::NODE_LITERAL => Some(number(default)).filter(|shape| *shape != 0),
        SyntaxKind::NODE_STRING => is_path(default, cx).then_some(PATH),
        _ => None,
    }
}

fn is_bool(name: &SyntaxNode) -> bool {
    name.text() == "true" || name.text() == "false"
}

/// What a number may be.
fn number(expr: &SyntaxNode) -> u8 {
    match expr.text().to_string().parse::<i64>() {
        Ok(0) => PERCENT,
        Ok(1..=100) => PERCENT | PORT,
        Ok(101..=65535) => PORT,
        _ => 0,
    }
}

/// Where file systems begin. `/metrics` is rather a path of an address.
const ROOTS: &[&str] = &[
    "var", "etc", "run", "srv", "home", "mnt", "media", "nix", "tmp", "usr", "opt", "dev", "sys",
    "proc", "boot", "root", "persist",
];

/// Is a text certainly an absolute path?
fn is_path(text: &SyntaxNode, cx: &mut LocalContext<'_>) -> bool {
    let whole = text.text().to_string();
    let Some(rest) = whole.strip_prefix('"') else {
        return false;
    };
    if rest.bytes().any(|it| b" \n\t*?~,;|:'".contains(&it)) {
        return false;
    }
    if let Some(rest) = rest.strip_prefix('/') {
        let is_root = |root: &&str| {
            let behind = rest.strip_prefix(*root);
            behind.is_some_and(|it| it.starts_with(['/', '"']))
        };
        return ROOTS.iter().any(is_root);
    }
    let Some((_, behind)) = rest.split_once('}').filter(|_| rest.starts_with("${")) else {
        return false;
    };
    let expr = text.first_child().and_then(|part| part.first_child());
    let meaning = expr.and_then(|expr| cx.meaning(&expr));
    behind.starts_with(['/', '"']) && meaning.is_some_and(|it| is_folder(&it))
}

/// Is it an option whose value is the path of a folder?
fn is_folder(meaning: &Meaning) -> bool {
    let last = meaning.path.last().map_or("", |name| name.as_str());
    matches!(meaning.origin, Origin::Config(_))
        && matches!(
            last,
            "homeDirectory"
                | "configHome"
                | "dataHome"
                | "cacheHome"
                | "stateHome"
                | "dataDir"
                | "stateDir"
        )
}

/// Words in names and descriptions of paths that are not to be typed so: those of what
/// must not get into the Nix store, as a path literal would, and of what lies elsewhere.
const UNFIT: &[&str] = &[
    "remote",
    "relative",
    "container",
    "secret",
    "password",
    "passphrase",
    "token",
    "key",
    "credential",
    "auth",
    "environment",
    "env",
    "private",
    "cert",
];

/// Names of sets that are no data: to merge them deeply costs much, or never ends.
const NO_DATA: &[&str] = &["pkgs", "packages", "lib", "inputs", "self"];

/// Writes the type that fits.
fn fix(ty: &Written, tighter: &str, option: &MkOption, cx: &mut LocalContext<'_>) -> Option<Fix> {
    let text = ty.node.text().to_string();
    let mut types = text.strip_suffix(ty.name.as_str())?;
    // `with types; int` may have the other one, too; `inherit (types) int` has not.
    let end = tighter.bytes().position(|it| !it.is_ascii_alphabetic());
    let first = &tighter[..end.unwrap_or(tighter.len())];
    if types.is_empty() {
        let meaning = cx.env(&ty.node).lookup(first);
        if meaning.is_none_or(|it| type_name(&it) != first) {
            types = option.types(cx)?;
        }
    }
    let mut written = match tighter.strip_suffix(" anything") {
        Some(outer) => format!("{types}{outer} {types}anything"),
        None => format!("{types}{tighter}"),
    };
    // Is it what a function takes?
    if !ty.around.is_empty() && written.contains(' ') {
        written = format!("({written})");
    }
    let node = ty.node.text_range();
    let parens = ty.node.parent();
    let parens = parens.filter(|it| it.kind() == SyntaxKind::NODE_PAREN);
    let range = parens.map_or(node, |it| it.text_range());
    let title = format!("write `{written}`");
    let edit = Edit::replace(range, written);
    Some(Fix::new(Applicability::Unsafe, title, [edit]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, check_fix};

    fn is_silent(name: &str, says: &str) {
        check(
            &LooseOptionType::META,
            &format!(
                "{{ config, lib, pkgs, ... }}: with lib.types; {{ options.my.{name} = lib.mkOption {{ {says} }}; }}"
            ),
        );
    }

    #[test]
    fn ports() {
        is_silent("viewport", "type = int; default = 800;");
        is_silent("support", "type = int; default = 1;");
        is_silent("port", "type = port; default = 80;");
        is_silent("port", "type = int; default = -1;");
        is_silent("port", "type = int; default = 0;");
        is_silent("port", "type = int;");
        is_silent("port", "type = int; description = \"Where it goes.\";");
        is_silent(
            "port",
            "type = int; default = config.x; description = \"A port.\";",
        );
        is_silent("port", "type = str; default = \"8080\";");
        is_silent("ports", "type = attrsOf int; default = { };");
        is_silent("port", "type = either int str; default = 80;");
        is_silent("port", "type = int; default = 80; internal = true;");
        is_silent("port", "inherit type; default = 80;");
        check_fix(
            &LooseOptionType::META,
            r#"
{ lib, ... }:
let
  inherit (lib) mkOption types;
  inherit (lib.types) int;
in
{
  options.my = {
    httpPort = mkOption { type = types.ints.positive; default = 80; };
#                                ^^^^^^^^^^^^^^^^^^^ `ints.positive` takes what is no port
    http_port = mkOption { type = with types; nullOr int; default = null; description = "The port."; };
#                                                    ^^^ `int` takes what is no port
    ports = mkOption { type = types.listOf types.int; default = [ 80 443 ]; };
#                                          ^^^^^^^^^ `int` takes what is no port
    port = mkOption { type = int; default = 80; };
#                            ^^^ `int` takes what is no port
  };
}"#,
            Applicability::Unsafe,
            r#"
{ lib, ... }:
let
  inherit (lib) mkOption types;
  inherit (lib.types) int;
in
{
  options.my = {
    httpPort = mkOption { type = types.port; default = 80; };
    http_port = mkOption { type = with types; nullOr port; default = null; description = "The port."; };
    ports = mkOption { type = types.listOf types.port; default = [ 80 443 ]; };
    port = mkOption { type = types.port; default = 80; };
  };
}"#,
        );
    }

    #[test]
    fn percents() {
        is_silent("percent", "type = int; default = 150;");
        is_silent("percent", "type = int;");
        is_silent("rate", "type = int; default = 50;");
        check_fix(
            &LooseOptionType::META,
            "{ lib, ... }: {
  options.my.fillPercent = lib.mkOption { type = lib.types.nullOr lib.types.int; default = 80; };
#                                                                 ^^^^^^^^^^^^^ `int` takes more than 100 percent
}",
            Applicability::Unsafe,
            "{ lib, ... }: {
  options.my.fillPercent = lib.mkOption { type = lib.types.nullOr (lib.types.ints.between 0 100); default = 80; };
}",
        );
    }

    #[test]
    fn paths() {
        is_silent("metricsPath", "type = str; default = \"/metrics\";");
        is_silent("dataDir", "type = str; default = \"data\";");
        is_silent("dataDir", "type = str; default = \"~/data\";");
        is_silent("dataDir", "type = str; default = \"%h/data\";");
        is_silent("dataDir", "type = str;");
        is_silent(
            "dataDir",
            "type = str; default = \"${config.my.name}/data\";",
        );
        is_silent("logFile", "type = str; default = \"/var/log/*.log\";");
        is_silent("path", "type = str; default = \"/usr/bin:/bin\";");
        is_silent("home", "type = str; default = \"/var/lib/x\";");
        is_silent("tokenFile", "type = str; default = \"/run/x\";");
        is_silent(
            "credFile",
            "type = str; default = \"/run/x\"; description = \"Holds the password.\";",
        );
        is_silent("remoteDir", "type = str; default = \"/srv/backup\";");
        is_silent(
            "dataDir",
            "type = str; default = \"/var/x\"; apply = toString;",
        );
        is_silent(
            "dataDir",
            "type = str; # may begin with a variable
default = \"/var/x\";",
        );
        check(
            &LooseOptionType::META,
            "{ config, lib, ... }: with lib.types; {
  options.my.data-dir = lib.mkOption { default = \"/var/lib/${config.x}\"; type = str; };
#                                                                               ^^^ `str` takes what is no path
  options.my.stateFile = lib.mkOption { default = \"${config.xdg.stateHome}/x\"; type = nullOr str; };
#                                                                                            ^^^ `str` takes what is no path
}",
        );
    }

    #[test]
    fn sets() {
        is_silent("settings", "type = attrs; description = \"x\";");
        is_silent("settings", "type = listOf attrs; default = [ { } ];");
        is_silent("pkgs", "type = attrs; default = { };");
        is_silent("extraSpecialArgs", "type = attrs; default = { };");
        is_silent("settings", "type = attrs; default = config.x;");
        is_silent("settings", "type = attrsOf anything; default = { };");
        is_silent("modules", "type = unspecified; default = null;");
        is_silent("modules", "type = listOf unspecified; default = [ ];");
        // The definitions are handed on, and nothing is merged.
        check(
            &LooseOptionType::META,
            "{ lib, options, ... }: {
  options.my.file = lib.mkOption { type = lib.types.attrs; default = { }; };
  config.home.file = lib.mkAliasDefinitions options.my.file;
}",
        );
        check_fix(
            &LooseOptionType::META,
            "{ lib, ... }: with lib; {
  options.my.a = mkOption { type = with types; attrsOf attrs; default = { }; };
#                                                      ^^^^^ `attrs` does not merge
  options.my.b = mkOption { type = types.unspecified; default = { }; };
#                                  ^^^^^^^^^^^^^^^^^ `unspecified` checks nothing
  options.my.c = mkOption { type = types.unspecified; default = [ ]; };
#                                  ^^^^^^^^^^^^^^^^^ `unspecified` checks nothing
}",
            Applicability::Unsafe,
            "{ lib, ... }: with lib; {
  options.my.a = mkOption { type = with types; attrsOf (attrsOf anything); default = { }; };
  options.my.b = mkOption { type = types.attrsOf types.anything; default = { }; };
  options.my.c = mkOption { type = types.listOf types.anything; default = [ ]; };
}",
        );
    }

    #[test]
    fn switches_and_packages() {
        is_silent("mode", "type = anything; default = false;");
        is_silent("enable", "type = bool; default = false;");
        is_silent("enable", "type = either str bool; default = false;");
        is_silent("packages", "type = raw; default = pkgs.hello;");
        is_silent("package", "type = package; default = pkgs.hello;");
        is_silent("package", "type = raw; default = config.x;");
        check_fix(
            &LooseOptionType::META,
            "{ lib, pkgs, ... }: {
  options.my.mode = lib.mkOption { type = lib.types.str; default = false; };
#                                         ^^^^^^^^^^^^^ `str` does not take the default
  options.my.enable = lib.mkOption { type = lib.types.raw; default = true; };
#                                           ^^^^^^^^^^^^^ `raw` takes what is no bool
  options.my.package = lib.mkOption { type = lib.types.raw; default = pkgs.hello; };
#                                            ^^^^^^^^^^^^^ `raw` takes what is no package
}",
            Applicability::Unsafe,
            "{ lib, pkgs, ... }: {
  options.my.mode = lib.mkOption { type = lib.types.bool; default = false; };
  options.my.enable = lib.mkOption { type = lib.types.bool; default = true; };
  options.my.package = lib.mkOption { type = lib.types.package; default = pkgs.hello; };
}",
        );
    }
}
