//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix};
use crate::local::LocalContext;
use crate::module::{DEFAULT_PRIORITY, Literal, literal, priority_number};
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::semantics::{Origin, is_value, without_parens};
use crate::syntax::comments::{self, Attached};
use crate::syntax::{SyntaxKind, SyntaxNode, TextRange, TextSize};
use crate::workspace::FileContext;
use smol_str::SmolStr;

declare_rule! {
    /// A priority stronger than a plain definition needs a reason beside it.
    ///
    /// ## Why
    ///
    /// `mkForce` (priority 50), `mkImageMediaOverride` (60), `mkVMOverride` (10)
    /// and `mkOverride` with a number below 100 silence every plain definition
    /// of the same option, in every module, now and later. Somebody who finds
    /// one in a review cannot tell whether it works around a conflict that is
    /// long gone, and does not dare to remove it. One comment line settles that.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// { lib, ... }:
    /// {
    ///   services.openssh.enable = lib.mkForce false;
    /// #                           ^^^^^^^^^^^ `mkForce` without a reason
    ///   boot.loader.timeout = lib.mkOverride 40 3;
    /// #                       ^^^^^^^^^^^^^^^^^ `mkOverride 40` without a reason
    /// }
    /// ```
    ///
    /// ```nix fixed
    /// { lib, ... }:
    /// {
    ///   services.openssh.enable = false;
    ///   boot.loader.timeout = 3;
    /// }
    /// ```
    ///
    /// ```nix good
    /// { lib, ... }:
    /// {
    ///   # The installer profile turns it on; this image is offline.
    ///   services.openssh.enable = lib.mkForce false;
    ///   services.getty.autologinUser = lib.mkForce null; # a kiosk has no shell
    ///
    ///   # GNOME brings its own; they fight over the same bus name.
    ///   services.power-profiles-daemon.enable = lib.mkForce false;
    ///   services.tlp.enable = lib.mkForce true;
    ///
    ///   boot.loader.timeout = lib.mkDefault 3;
    /// }
    /// ```
    ///
    /// A reason is any comment in the block above the setting, on its line, or
    /// above a run of forced settings; a sentence at the head of its paragraph;
    /// and a comment on a binding around it, if all of that is forced, if nothing
    /// that is not forced comes before the setting, or if the comment names the
    /// setting or speaks of forcing, overriding or priorities. Code that is
    /// commented out is none.
    ///
    /// ## When to allow it
    ///
    /// Write the reason as a comment: that is what the rule asks for. In a
    /// folder of tests or images where forcing is the point, switch it off with
    /// an override in `nixamine.toml`.
    ///
    /// ## Fix safety
    ///
    /// All fixes are unsafe or a choice of yours: the plain value is a conflict
    /// wherever another module sets the option, and `mkDefault` on the other
    /// side changes a file that others may import.
    ///
    /// ## References
    ///
    /// `lib/modules.nix` of nixpkgs defines the priorities.
    pub struct MkForce {
        name: "mk-force",
        group: Module,
        severity: Warning,
        enabled: true,
        since: "0.1.0",
        effort: 10,
        fix: Some(Applicability::Unsafe),
        options: NoOptions,
    }
}

/// Functions of `lib` that force whatever number they get or stand for.
const FORCING: &[&str] = &["mkForce", "mkImageMediaOverride", "mkVMOverride"];

/// The last names of what forces.
const ALL_FORCING: &[&str] = &[
    "mkForce",
    "mkImageMediaOverride",
    "mkVMOverride",
    "mkOverride",
];

/// A comment on an enclosing binding is about the priority when it has one of these.
const ABOUT_PRIORITY: &[&str] = &[
    "forc", "overrid", "overrul", "overwrit", "priorit", "conflict", "clash", "collid",
];

impl Rule for MkForce {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn kinds(&self) -> &'static [SyntaxKind] {
        &[SyntaxKind::NODE_IDENT, SyntaxKind::NODE_SELECT]
    }

    fn needles(&self) -> &'static [&'static str] {
        &[
            "mkForce",
            "mkImageMediaOverride",
            "mkVMOverride",
            "mkOverride",
        ]
    }

    fn check_node(&self, node: &SyntaxNode, cx: &mut LocalContext<'_>) {
        let Some(used) = use_of(node, cx) else { return };
        if has_reason(node, cx) {
            return;
        }
        let mut diagnostic = Diagnostic::new(
            &Self::META,
            used.range,
            format!("`{}` without a reason", used.name),
        )
        .label("silences every plain definition of this option")
        .help("say in a comment why the other definitions must lose");
        diagnostic.setting = setting(node, cx);
        if let Some((application, value)) = &used.application {
            // Parentheses around a whole value say nothing any more.
            let whole = application
                .parent()
                .is_some_and(|parent| parent.kind() == SyntaxKind::NODE_ATTRPATH_VALUE);
            let value = if whole {
                without_parens(value)
            } else {
                value.clone()
            };
            let edit = Edit::replace(application.text_range(), value.text().to_string());
            diagnostic = diagnostic.fix(Fix::new(
                Applicability::Unsafe,
                "use the plain value",
                [edit],
            ));
        }
        cx.report(diagnostic);
    }

    fn complete(&self, diagnostic: &mut Diagnostic, cx: &FileContext<'_>) {
        diagnostic.fixes.extend(default_elsewhere(diagnostic, cx));
        diagnostic.fixes.push(add_reason(diagnostic.range, cx));
    }
}

/// A use of a forcing function.
struct Use {
    /// As it is called in the message: `mkForce`, `mkOverride 40`.
    name: String,
    /// The function, with the number of `mkOverride`.
    range: TextRange,
    /// The application to the value, and the value.
    application: Option<(SyntaxNode, SyntaxNode)>,
}

fn use_of(node: &SyntaxNode, cx: &mut LocalContext<'_>) -> Option<Use> {
    // `f = lib.mkForce;` gives it another name; what uses that name forces.
    if !is_value(node) || node.parent()?.kind() == SyntaxKind::NODE_ATTRPATH_VALUE {
        return None;
    }
    let applied = argument(node);
    // An alias can only matter where it is applied; resolving every name of a
    // file would cost more than all other rules together.
    let last = node.last_token()?;
    let speaks = FORCING.contains(&last.text()) || last.text() == "mkOverride";
    if !speaks && applied.is_none() {
        return None;
    }
    let name = function_name(node, cx)?;
    if FORCING.contains(&name.as_str()) {
        let range = node.text_range();
        return Some(Use {
            name: name.to_string(),
            range,
            application: applied,
        });
    }
    if name != "mkOverride" {
        return None;
    }
    let (partial, number) = applied?;
    let env = cx.env(&number);
    let number_value = priority_number(&number, &env)?;
    (number_value < DEFAULT_PRIORITY).then(|| Use {
        name: format!("mkOverride {number_value}"),
        range: partial.text_range(),
        application: argument(&partial),
    })
}

/// The name of the function of `lib` that `node` is. A selection of that name
/// from something unknown (`l.mkForce`) counts, because nobody gives it to
/// anything else.
fn function_name(node: &SyntaxNode, cx: &mut LocalContext<'_>) -> Option<SmolStr> {
    let meaning = cx.meaning(node);
    if let Some(name) = meaning.as_ref().and_then(|meaning| meaning.lib_function()) {
        return Some(name.into());
    }
    let last = node.last_token()?;
    let unknown = meaning.is_none_or(|meaning| matches!(meaning.origin, Origin::Argument(_)));
    let selected = node.kind() == SyntaxKind::NODE_SELECT && ALL_FORCING.contains(&last.text());
    (selected && unknown).then(|| last.text().into())
}

/// The setting in whose value `node` stands, if its path is written down.
fn setting(node: &SyntaxNode, cx: &LocalContext<'_>) -> Option<Vec<SmolStr>> {
    let path: Option<Vec<_>> = cx.attr_path(node).into_iter().collect();
    let mut path = path?;
    // Where the settings of a module begin.
    let names: Vec<_> = path.iter().map(SmolStr::as_str).collect();
    let start = (0..names.len()).rev().find_map(|at| match &names[at..] {
        ["config" | "imports", ..] => Some(at + 1),
        ["specialisation", _, "configuration", ..] | ["home-manager", "users", _, ..] => {
            Some(at + 3)
        }
        _ => None,
    });
    path.drain(..start.unwrap_or(0));
    (!path.is_empty()).then_some(path)
}

/// The application of `function` (perhaps in parentheses), and its argument.
fn argument(function: &SyntaxNode) -> Option<(SyntaxNode, SyntaxNode)> {
    let mut function = function.clone();
    loop {
        let parent = function.parent()?;
        match parent.kind() {
            SyntaxKind::NODE_PAREN => function = parent,
            SyntaxKind::NODE_APPLY if parent.first_child().as_ref() == Some(&function) => {
                let argument = parent.last_child()?;
                return Some((parent, argument));
            }
            _ => return None,
        }
    }
}

fn has_reason(node: &SyntaxNode, cx: &mut LocalContext<'_>) -> bool {
    let on_line = node
        .last_token()
        .map(|token| cx.comments_around(&token))
        .unwrap_or_default();
    if on_line.iter().any(|comment| is_reason(comment)) {
        return true;
    }
    let names = names_of(node, cx);
    cx.statements(node)
        .iter()
        .enumerate()
        .any(|(distance, statement)| {
            let comments = &statement.comments;
            if comments
                .heading
                .iter()
                .any(|line| is_reason(line) && is_about_priority(line))
            {
                return true;
            }
            let mut reasons = comments
                .above
                .iter()
                .chain(&comments.trailing)
                .filter(|line| is_reason(line));
            if distance == 0 || statement.same_line {
                let paragraph = comments.paragraph.iter();
                return reasons.next().is_some()
                    || run_has_reason(comments)
                    || paragraph
                        .filter(|line| is_reason(line))
                        .any(|line| is_sentence(line));
            }
            // Over a set the comment may be about something else in it, unless the
            // set is nothing but forced, or nothing but forced comes before this in
            // it, or the comment says so.
            let all_forced = comments.heads.all_among(ALL_FORCING);
            let leads = statement.before.is_empty() || statement.before.all_among(ALL_FORCING);
            reasons.any(|line| {
                all_forced || leads || is_about_priority(line) || mentions(line, &names)
            }) || all_forced && run_has_reason(comments)
        })
}

/// Three words or more: not just the title of what follows.
fn is_sentence(comment: &str) -> bool {
    crate::module::comment_text(comment)
        .split_whitespace()
        .count()
        >= 3
}

/// The words by which a comment would call the forced setting: those of its
/// last two keys, and of its value.
fn names_of(node: &SyntaxNode, cx: &LocalContext<'_>) -> Vec<String> {
    let path = cx.attr_path(node);
    let mut texts: Vec<SmolStr> = path.iter().rev().take(2).flatten().cloned().collect();
    if let Some((_, value)) = argument(node)
        && let Some(Literal::String(text)) = literal(&value)
    {
        texts.push(text);
    }
    let mut names = Vec::new();
    for text in texts {
        // `extraApps`, `syncthing-tray`, `PATH=…`
        let mut word = String::new();
        for c in text.chars().chain(['.']) {
            if !c.is_alphanumeric()
                || (c.is_ascii_uppercase() && word.ends_with(|c: char| c.is_ascii_lowercase()))
            {
                names.push(std::mem::take(&mut word));
            }
            if c.is_alphanumeric() {
                word.push(c.to_ascii_lowercase());
            }
        }
        names.push(text.to_ascii_lowercase());
    }
    // Short words, and those that stand anywhere, name nothing.
    names.retain(|name| name.len() >= 4 && !COMMON_WORDS.contains(&name.as_str()));
    names
}

const COMMON_WORDS: &[&str] = &[
    "enable", "enabled", "extra", "config", "services", "service", "programs", "package",
    "packages", "settings", "options", "default", "user", "users", "system", "true", "false",
];

fn mentions(comment: &str, names: &[String]) -> bool {
    let comment = comment.to_ascii_lowercase();
    names.iter().any(|name| comment.contains(name.as_str()))
}

/// Is there a reason above the run of forced settings that this one is in?
fn run_has_reason(statement: &Attached) -> bool {
    statement
        .run
        .iter()
        .all(|entry| entry.heads.all_among(ALL_FORCING))
        && statement
            .run
            .last()
            .is_some_and(|first| first.above.iter().any(|comment| is_reason(comment)))
}

fn is_reason(comment: &str) -> bool {
    let text = crate::module::comment_text(comment);
    // What allows a finding cannot also be the reason why there is none.
    let directive = text.starts_with("nixamine:");
    text.chars().any(char::is_alphabetic) && !directive && !comments::is_code(text)
}

fn is_about_priority(comment: &str) -> bool {
    comment.split_whitespace().any(|word| {
        // `clock.force-quantum` is a name, not a word about priorities.
        let word = word
            .trim_matches(|c: char| !c.is_alphanumeric())
            .to_ascii_lowercase();
        let is_prose = !word.contains(['.', '-', '_', '=']);
        is_prose && ABOUT_PRIORITY.iter().any(|about| word.contains(about))
    })
}

/// A fix that changes more places than this is a project of its own.
const MOST_PLACES: usize = 8;

/// The plain value here, `mkDefault` where else the option is set.
fn default_elsewhere(diagnostic: &Diagnostic, cx: &FileContext<'_>) -> Option<Fix> {
    let plain = diagnostic.fixes.first()?;
    let module = cx.facts().module_at(diagnostic.range)?;
    let path: Vec<_> = diagnostic
        .setting
        .as_ref()?
        .iter()
        .map(SmolStr::as_str)
        .collect();
    let mut others = cx
        .view()
        .other_definitions(cx.module_id(module), &path, MOST_PLACES)?;
    others.retain(|(id, other)| {
        *id != cx.module_id(module) || !other.binding.contains_range(diagnostic.range)
    });
    let mut edits = plain.edits.clone();
    for (id, other) in &others {
        let (file, index) = cx.view().graph.place(*id);
        let document = &cx.view().documents[file];
        let has_lib = document.facts().modules[index].has_lib;
        if !other.priorities.is_empty() || other.update.is_some() || !has_lib {
            return None;
        }
        let text = &document.text()[std::ops::Range::<usize>::from(other.value)];
        let simple = other.literal().is_some() || text.starts_with(['{', '[', '(', '"']);
        let text = if simple {
            format!("lib.mkDefault {text}")
        } else {
            format!("lib.mkDefault ({text})")
        };
        edits.push(Edit::replace(other.value, text).in_file(document.path().clone()));
    }
    let (first, _) = others.first()?;
    let file = cx.view().documents[cx.view().graph.place(*first).0].path();
    let title = match others.len() {
        1 => format!("use the plain value here and `mkDefault` in {file}"),
        count => format!("use the plain value here and `mkDefault` in {count} other places"),
    };
    Some(Fix::new(Applicability::Unsafe, title, edits))
}

/// A comment to fill in, above the line.
fn add_reason(range: TextRange, cx: &FileContext<'_>) -> Fix {
    let text = cx.text();
    let at = usize::from(range.start());
    let line = text[..at].rfind(['\n', '\r']).map_or(0, |found| found + 1);
    let before = &text[line..at];
    let indent = before.len() - before.trim_start().len();
    const ASIDE: &str = "/* reason: ";
    const ABOVE: &str = "# Reason: ";
    let (edit, blank) = if before.contains("''") || before.matches('"').count() % 2 == 1 {
        // The line starts inside a string: a comment can only stand right here.
        let edit = Edit::insert(range.start(), format!("{ASIDE}*/ "));
        (edit, ASIDE.len())
    } else {
        let start = TextSize::new((line + indent) as u32);
        let edit = Edit::insert(start, format!("{ABOVE}\n{}", &before[..indent]));
        (edit, ABOVE.len())
    };
    Fix::new(Applicability::Manual, "add a reason", [edit]).blank(blank)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, check_fix};

    fn finds(text: &str) {
        check(&MkForce::META, text);
    }

    #[test]
    fn the_name_is_resolved() {
        finds(
            "{ lib, ... }: with lib; {
  a = mkForce 1;
#     ^^^^^^^ without
  b = (lib.modules.mkForce) 1;
#      ^^^^^^^^^^^^^^^^^^^ without
  c = mapAttrs (_: mkForce) { };
#                  ^^^^^^^ without
  d = mkVMOverride 1;
#     ^^^^^^^^^^^^ without
  e = mkImageMediaOverride 1;
#     ^^^^^^^^^^^^^^^^^^^^ without
}",
        );
        finds(
            "{ lib, ... }:
let
  inherit (lib) mkForce;
  f = lib.mkForce;
  g = lib.mkDefault;
in
{
  a = f 1;
#     ^ `mkForce` without
  b = g 1;
  c = mkForce 2;
#     ^^^^^^^ without
}",
        );
        finds(
            "{ l, nixpkgs, ... }: let lib2 = (import nixpkgs { }).lib; in {
  a = l.mkForce 1;
#     ^^^^^^^^^ `mkForce` without
  b = 1;

  c = lib2.mkForce 1;
#     ^^^^^^^^^^^^ `mkForce` without
}",
        );
        finds("{ mkForce, ... }: { a = mkForce 1; }");
        finds("{ config, ... }: { a = config.lib.mkForce 1; }");
        finds("{ lib, ... }: let mkForce = x: x; in with lib; { a = mkForce 1; }");
        finds(
            r#"{ lib, ... }: { a = "mkForce"; programs.mkForceX11 = lib.mkForceX11 1; /* mkForce */ }"#,
        );
        finds("{ lib, ... }: { options.a = lib.mkOption { description = ''use mkForce''; }; }");
    }

    #[test]
    fn only_strong_priorities() {
        finds(
            "{ lib, ... }: let n = 5; in {
  a = lib.mkOverride 99 1;
#     ^^^^^^^^^^^^^^^^^ `mkOverride 99`
  b = lib.mkOverride 100 1;
  c = lib.mkOverride 1000 1;
  d = lib.mkOverride n 1;
  e = lib.mkDefault 1;
}",
        );
    }

    #[test]
    fn any_comment_nearby_is_a_reason() {
        finds(
            "{ lib, ... }: {
  # The vendor module sets it.
  a = lib.mkForce 1;

  b = lib.mkForce 1; # the vendor module sets it
  c =
    # the vendor module sets it
    lib.mkForce 1;
  d = lib.mkForce { # the vendor module sets it
    x = 1;
  };
  e = /* vendor */ lib.mkForce 1;

  # The vendor module sets them.
  f = lib.mkForce 1;
  g = lib.mkForce 2;
  h = lib.mkForce 3;

  # Forced, because the vendor module sets them.
  i = {
    j = lib.mkForce 1;

    k.l = lib.mkIf true (lib.mkForce 2);
  };
}",
        );
    }

    #[test]
    fn a_comment_over_a_set_of_forced_settings_is_about_forcing() {
        finds(
            "{ lib, ... }: {
  # Disable DynamicUser
  a = {
    b = lib.mkForce 1;

    c.d = lib.mkForce 2;
  };

  # The first one is what this is about.
  e = lib.mkIf true {
    f = lib.mkForce 1;
    g = 2;
    h = lib.mkForce 3;
#       ^^^^^^^^^^^ without
  };

  # There are no such apps on a server.
  t = {
    u = 1;
    v.extraApps = lib.mkForce [ ];
  };

  # Whatever the installer says.
  w = map (x: {
    y = if x then lib.mkForce 1 else 2;
    z = [ { a = lib.mkForce 1; } ];
  }) [ ];

  # This machine is offline, so
  b = 1;
  c = lib.mkForce 1;

  # The root device is /dev/vda here.
  i = {
    j = 1;
    k = lib.mkForce \"/dev/vda\";
  };

  # Not needed for work
  l = lib.mkForce 1;
  m = { n.o = lib.mkForce 2; };
  p = lib.mkForce 3;

  ## Overrides from srvos:

  q = 1;
  r = lib.mkForce 3;
  s = map f [
    # The host name is that of the flake
    { t = lib.mkForce 1; }
    { t = lib.mkForce 1; }
#         ^^^^^^^^^^^ without
  ];
}"
            .replace("  s = map", "\n  #\n  s = map")
            .as_str(),
        );
    }

    #[test]
    fn what_is_no_reason() {
        finds(
            "{ lib, ... }: {
  # services.foo.enable = true;
  a = lib.mkForce 1;
#     ^^^^^^^^^^^ without

  # About b
  b = 1;
  c = lib.mkForce 1;
#     ^^^^^^^^^^^ without

  # Settings of the thing.
  d = {
    b = 1;
    e = lib.mkForce 1;
#       ^^^^^^^^^^^ without
  };

  # pw-cli set clock.force-quantum to 0
  h = {
    b = 1;
    i.j = lib.mkForce 1;
#         ^^^^^^^^^^^ without
  };

  # nixamine: allow(long-module) this is no reason to force anything
  g = lib.mkForce 1;
#     ^^^^^^^^^^^ without

  #
  f = lib.mkForce 1;
#     ^^^^^^^^^^^ without
}",
        );
    }

    #[test]
    fn the_other_side_can_give_way() {
        check_fix(
            &MkForce::META,
            "# FILE: host.nix
{ lib, ... }: {
  imports = [ ./base.nix ];
  services.a.port = lib.mkForce (1 + 2);
#                   ^^^^^^^^^^^ without
}
# FILE: base.nix
{ lib, ... }: { services.a.port = 1; }",
            Applicability::Unsafe,
            "# FILE: host.nix
{ lib, ... }: {
  imports = [ ./base.nix ];
  services.a.port = 1 + 2;
}
# FILE: base.nix
{ lib, ... }: { services.a.port = 1; }",
        );
    }

    #[test]
    fn one_comment_is_enough_for_a_long_table() {
        let line = |n: u32| format!("  unused.k{n} = lib.mkForce null;\n");
        let table: String = (0..200).map(line).collect();
        check(
            &MkForce::META,
            &format!("{{ lib, ... }}: {{\n  # not on this board\n{table}}}\n"),
        );
    }
}
