//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix, NewFile, Related, Severity};
use crate::module::{DEFAULT_PRIORITY, Definition, Guard};
use crate::path;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::sorted;
use crate::syntax::TextRange;
use crate::workspace::{
    self, Configuration, EVERY_KEY, FileContext, ModuleId, View, WorkspaceContext, line_of,
};
use rustc_hash::FxHashMap;
use std::fmt::Write as _;
use std::sync::Arc;

declare_rule! {
    /// Two modules of one host set the same kernel parameter.
    ///
    /// ## Why
    ///
    /// A key of `boot.kernel.sysctl` takes exactly one definition: two of the
    /// same priority stop the evaluation, even when both say the same. The
    /// second one is usually a copy that somebody forgot, two folders away, and
    /// it is found when the host that imports both is built.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// # FILE: host.nix
    /// {
    ///   imports = [ ./network.nix ./hardening.nix ];
    /// }
    /// # FILE: hardening.nix
    /// {
    ///   boot.kernel.sysctl = {
    ///     "kernel.kptr_restrict" = 2;
    ///     "net.ipv4.tcp_syncookies" = 1;
    /// #   ^^^^^^^^^^^^^^^^^^^^^^^^^ `net.ipv4.tcp_syncookies` is also set in network.nix
    ///   };
    /// }
    /// # FILE: network.nix
    /// {
    ///   boot.kernel.sysctl."net.ipv4.tcp_syncookies" = 1;
    /// #                    ^^^^^^^^^^^^^^^^^^^^^^^^^ `net.ipv4.tcp_syncookies` is also set in hardening.nix
    /// }
    /// ```
    ///
    /// ```nix fixed
    /// # FILE: host.nix
    /// {
    ///   imports = [ ./network.nix ./hardening.nix ];
    /// }
    /// # FILE: hardening.nix
    /// {
    ///   boot.kernel.sysctl = {
    ///     "kernel.kptr_restrict" = 2;
    ///     "net.ipv4.tcp_syncookies" = 1;
    ///   };
    /// }
    /// # FILE: network.nix
    /// {
    /// }
    /// ```
    ///
    /// ```nix good
    /// # FILE: host.nix
    /// {
    ///   imports = [ ./network.nix ./hardening.nix ];
    /// }
    /// # FILE: hardening.nix
    /// { lib, ... }:
    /// {
    ///   # Another module may differ: this one gives way.
    ///   boot.kernel.sysctl."net.ipv4.tcp_syncookies" = lib.mkDefault 1;
    ///   # These two keys merge: the larger value wins.
    ///   boot.kernel.sysctl."net.core.rmem_max" = 2500000;
    /// }
    /// # FILE: network.nix
    /// {
    ///   boot.kernel.sysctl."net.ipv4.tcp_syncookies" = 0;
    ///   boot.kernel.sysctl."net.core.rmem_max" = 7500000;
    /// }
    /// ```
    ///
    /// Where one of the definitions, or the import that brings it, depends on a
    /// condition, the finding is a warning that says "may". Conditions that
    /// exclude each other, hosts that never meet, templates, and modules that no
    /// configuration imports are silent.
    ///
    /// ## When to allow it
    ///
    /// When two conditions exclude each other for a reason that the text does
    /// not show.
    ///
    /// ## Fix safety
    ///
    /// Removing one of two equal definitions is unsafe: another host may import
    /// just that module and lose the setting. Moving the shared keys into a
    /// module of their own is a choice offered in the editor.
    ///
    /// ## References
    ///
    /// `nixos/modules/config/sysctl.nix` of nixpkgs: the type merges by
    /// `mergeOneOption`; `net.core.rmem_max` and `net.core.wmem_max` are options
    /// of their own that take the maximum.
    pub struct DuplicateSysctl {
        name: "duplicate-sysctl",
        group: Module,
        topic: Architecture,
        severity: Error,
        enabled: true,
        since: "0.1.0",
        effort: 15,
        fix: Some(Applicability::Unsafe),
        options: NoOptions,
    }
}

/// The option, and how many keys lead to it.
const OPTION: &[&str] = &["boot", "kernel", "sysctl"];

/// Keys whose definitions merge.
const MERGING: &[&str] = &["net.core.rmem_max", "net.core.wmem_max"];

/// One definition of one key.
#[derive(Clone, Copy)]
struct Place<'w> {
    module: ModuleId,
    definition: &'w Definition,
}

impl Place<'_> {
    /// The priority of the whole option, and that of the key in it.
    fn priorities(&self) -> (u32, u32) {
        let len = OPTION.len();
        (
            self.definition.option_priority(len),
            self.definition.inner_priority(len),
        )
    }
    fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self.definition, other.definition)
    }
}

/// What stands against a definition.
struct Clash<'w> {
    place: Place<'w>,
    others: Vec<Place<'w>>,
    certain: bool,
}

impl Rule for DuplicateSysctl {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn keys(&self, definition: &Definition, add: &mut dyn FnMut(&str)) {
        if !definition.starts_with(OPTION) {
            return;
        }
        if definition.option_priority(OPTION.len()) != DEFAULT_PRIORITY {
            add(EVERY_KEY);
        }
        if let [_, _, _, key] = definition.path.as_ref()
            && let Some(key) = key.name.as_deref()
            && !MERGING.contains(&key)
        {
            add(key);
        }
    }

    fn check_key(&self, key: &str, places: &[workspace::Place], cx: &mut WorkspaceContext<'_>) {
        if key == EVERY_KEY || places.len() < 2 {
            return;
        }
        let view = cx.view();
        let known = |place: &workspace::Place| Place {
            module: view.graph.id(place.file, place.module),
            definition: view.definition(*place),
        };
        let all: Vec<_> = places.iter().map(known).collect();
        let every: Vec<_> = cx.every().iter().map(known).collect();
        let mut clashes = Clashes::default();
        for configuration in &view.graph.configurations {
            clashes_in(configuration, &every, &all, view, &mut clashes);
        }
        for clash in &clashes.all {
            let (file, _) = view.graph.place(clash.place.module);
            cx.report(file, describe(clash, view));
        }
    }

    fn complete(&self, diagnostic: &mut Diagnostic, cx: &FileContext<'_>) {
        if diagnostic.severity == Severity::Error {
            diagnostic.fixes.extend(extract(diagnostic, cx));
        }
    }
}

fn clashes_in<'w>(
    configuration: &Configuration,
    every: &[Place<'w>],
    places: &[Place<'w>],
    view: &View<'w>,
    clashes: &mut Clashes<'w>,
) {
    let mut members: Vec<_> = places
        .iter()
        .filter_map(|place| Some((*place, configuration.members.get(&place.module)?)))
        .collect();
    // A stronger definition settles it, and so does one that may be there, as
    // far as anybody can tell: only the strongest can clash.
    let Some(strongest) = members.iter().map(|(place, _)| place.priorities()).min() else {
        return;
    };
    // An operand of `//` can win, but it may also have been replaced by another.
    members
        .retain(|(place, _)| place.priorities() == strongest && place.definition.update.is_none());
    if members.len() < 2 || strongest.0 > strongest_option(configuration, every, strongest.0, view)
    {
        return;
    }
    let always = |place: &Place<'_>, ways: &[Vec<Guard>]| {
        ways.iter().any(|way| is_certain(way)) && is_certain(&place.definition.guards)
    };
    for (at, (place, ways)) in members.iter().enumerate() {
        for (other, other_ways) in &members[at + 1..] {
            if clashes.is_told(place) && clashes.is_told(other) {
                continue;
            }
            let (own_guards, other_guards) = (&place.definition.guards, &other.definition.guards);
            if can_meet(ways, own_guards, other_ways, other_guards) {
                let certain = always(place, ways) && always(other, other_ways);
                clashes.note(*place, *other, certain);
                clashes.note(*other, *place, certain);
            }
        }
    }
}

/// The clashes found so far, in the order of their finding.
#[derive(Default)]
struct Clashes<'w> {
    all: Vec<Clash<'w>>,
    by_definition: FxHashMap<*const Definition, usize>,
}

/// A finding that names more others than this is not read to its end.
const MOST_OTHERS: usize = 12;

impl<'w> Clashes<'w> {
    /// Are enough others known for this one, and that one of them is certain?
    fn is_told(&self, place: &Place<'_>) -> bool {
        self.by_definition
            .get(&std::ptr::from_ref(place.definition))
            .is_some_and(|at| self.all[*at].certain && self.all[*at].others.len() >= MOST_OTHERS)
    }

    fn note(&mut self, place: Place<'w>, other: Place<'w>, certain: bool) {
        let at = *self
            .by_definition
            .entry(std::ptr::from_ref(place.definition))
            .or_insert_with(|| {
                self.all.push(Clash {
                    place,
                    others: Vec::new(),
                    certain: false,
                });
                self.all.len() - 1
            });
        let clash = &mut self.all[at];
        clash.certain |= certain;
        let known = clash.others.iter().any(|known| known.is(&other));
        if !known && clash.others.len() < MOST_OTHERS {
            clash.others.push(other);
        }
    }
}

/// The strongest priority of the whole option in a configuration, if it is
/// stronger than `known`.
fn strongest_option(
    configuration: &Configuration,
    every: &[Place<'_>],
    known: u32,
    view: &View<'_>,
) -> u32 {
    let members = &configuration.members;
    let spelled_out = every
        .iter()
        .filter(|place| members.contains_key(&place.module))
        .map(|place| place.definition.option_priority(OPTION.len()))
        .min()
        .unwrap_or(u32::MAX);
    // Somebody may set it plainly, too.
    let plain = known > DEFAULT_PRIORITY
        && members
            .keys()
            .flat_map(|id| &view.module(*id).definitions)
            .any(|definition| {
                definition.starts_with(OPTION)
                    && definition.option_priority(OPTION.len()) == DEFAULT_PRIORITY
            });
    if plain {
        spelled_out.min(DEFAULT_PRIORITY)
    } else {
        spelled_out.min(known)
    }
}

fn is_certain(guards: &[Guard]) -> bool {
    guards.iter().all(Guard::is_choice)
}

/// Is there a way to each of two modules such that no two conditions exclude
/// each other?
fn can_meet(a: &[Vec<Guard>], a_own: &[Guard], b: &[Vec<Guard>], b_own: &[Guard]) -> bool {
    a.iter().any(|a| {
        b.iter().any(|b| {
            let all: Vec<_> = a.iter().chain(a_own).chain(b).chain(b_own).collect();
            let never = all.iter().any(|guard| guard.is_never());
            !never
                && !all.iter().enumerate().any(|(index, guard)| {
                    all[..index]
                        .iter()
                        .any(|earlier| earlier.contradicts(guard))
                })
        })
    })
}

fn describe<'w>(clash: &Clash<'w>, view: &View<'w>) -> Diagnostic {
    let file_of = |place: &Place<'_>| view.graph.place(place.module).0;
    let path_of = |place: &Place<'_>| view.documents[file_of(place)].path().clone();
    let own_file = file_of(&clash.place);
    let mut others = clash.others.clone();
    sorted::sort_by_key(&mut others, |other| {
        (path_of(other), other.definition.binding.start())
    });
    let key = key_of(clash.place.definition);
    let name = key.name.as_deref().unwrap_or_default();
    let mut files: Vec<String> = Vec::new();
    for other in &others {
        let here = file_of(other) == own_file;
        let file = if here {
            "this file".to_owned()
        } else {
            path_of(other).to_string()
        };
        if !files.contains(&file) {
            files.push(file);
        }
    }
    let files = match files.as_slice() {
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [one, two, rest @ ..] => format!("{one}, {two} and {} more", rest.len()),
        [] => String::new(),
    };
    let (message, severity) = if clash.certain {
        let again = if files == "this file" {
            "set twice in"
        } else {
            "also set in"
        };
        (
            format!("`{name}` is {again} {files}, with the same priority"),
            Severity::Error,
        )
    } else {
        (
            format!("`{name}` may also be set in {files}, with the same priority"),
            Severity::Warning,
        )
    };
    let help = if clash.certain {
        "a sysctl takes one definition: remove one, or let one give way with `mkDefault`"
    } else {
        "when both conditions hold, the evaluation fails; let one give way with `mkDefault`"
    };
    let mut diagnostic = Diagnostic::new(&DuplicateSysctl::META, key.range, message)
        .severity(severity)
        .help(help);
    for other in &others {
        diagnostic.related.push(Related {
            path: (file_of(other) != own_file).then(|| path_of(other)),
            range: key_of(other.definition).range,
            message: if clash.certain {
                "set here, too"
            } else {
                "may be set here, too"
            }
            .to_owned(),
        });
    }
    let position = |place: &Place<'_>| (path_of(place), place.definition.binding.start());
    let text_of = |place: &Place<'_>| {
        let text = view.documents[file_of(place)].text();
        text[std::ops::Range::<usize>::from(place.definition.value)].to_owned()
    };
    let equal = others
        .iter()
        .all(|other| text_of(other) == text_of(&clash.place));
    let first = others
        .iter()
        .all(|other| position(&clash.place) < position(other));
    if equal && clash.certain && clash.place.definition.literal().is_some() {
        // Of several equal ones the first stays; otherwise all would go.
        if !first {
            let text = view.documents[own_file].text();
            let edit = Edit::delete(line_of(text, clash.place.definition.binding));
            diagnostic = diagnostic.fix(Fix::new(
                Applicability::Unsafe,
                "remove this definition, which says the same",
                [edit],
            ));
        }
    }
    diagnostic
}

/// The key of the parameter.
fn key_of(definition: &Definition) -> &crate::module::Key {
    &definition.path[OPTION.len()]
}

/// A new module with the keys that the two files share, imported where one of
/// them is.
fn extract(diagnostic: &Diagnostic, cx: &FileContext<'_>) -> Option<Fix> {
    let [related] = diagnostic.related.as_slice() else {
        return None;
    };
    let (view, file) = (cx.view(), cx.file());
    let other_path = related.path.as_ref()?;
    let other_file = view
        .documents
        .iter()
        .position(|document| document.path() == other_path)?;
    let (module, own) = defined_at(view, file, diagnostic.range)?;
    let (other_module, other) = defined_at(view, other_file, related.range)?;
    let text_of = |file: usize, definition: &Definition| {
        &view.documents[file].text()[std::ops::Range::<usize>::from(definition.value)]
    };
    if own.literal().is_none() || text_of(file, own) != text_of(other_file, other) {
        return None;
    }
    // Every key that both modules set to the same literal.
    let keys = |module: ModuleId| -> FxHashMap<&str, &Definition> {
        view.module(module)
            .definitions
            .iter()
            .filter(|d| d.starts_with(OPTION) && d.path.len() == OPTION.len() + 1)
            .filter(|d| d.guards.is_empty() && d.update.is_none() && d.priorities.is_empty())
            .filter(|d| d.literal().is_some())
            .filter_map(|d| Some((key_of(d).name.as_deref()?, d)))
            .collect()
    };
    let (own, theirs) = (keys(module), keys(other_module));
    let mut shared: Vec<(&str, (&Definition, &Definition))> = own
        .iter()
        .filter_map(|(name, definition)| {
            let other = theirs.get(name)?;
            (definition.literal() == other.literal()).then_some((*name, (*definition, *other)))
        })
        .collect();
    if shared.is_empty() {
        return None;
    }
    sorted::sort_by_key(&mut shared, |(name, _)| *name);
    let documents = view.documents;
    let folder = common_folder(documents[file].path(), documents[other_file].path());
    let target = path::join(&folder, "shared-sysctl.nix")?;
    if documents
        .iter()
        .any(|document| **document.path() == *target)
    {
        return None;
    }
    // Where one of the two is imported by its path, the new module can stand beside it.
    let (importer, import) = view.importer(documents[file].path())?;
    let mut edits = Vec::new();
    let mut text = String::from("{\n  boot.kernel.sysctl = {\n");
    for (name, (definition, other)) in &shared {
        for (at, definition) in [(file, definition), (other_file, other)] {
            let line = line_of(documents[at].text(), definition.binding);
            edits.push(Edit::delete(line).in_file(documents[at].path().clone()));
        }
        let value = &documents[file].text()[std::ops::Range::<usize>::from(definition.value)];
        let _ = writeln!(text, "    \"{name}\" = {value};");
    }
    text.push_str("  };\n}\n");
    let relative = path::relative(path::parent(documents[importer].path()), &target);
    edits.push(
        Edit::insert(import.range.end(), format!(" {relative}"))
            .in_file(documents[importer].path().clone()),
    );
    let count = shared.len();
    let keys = if count == 1 {
        "the shared key".to_owned()
    } else {
        format!("{count} shared keys")
    };
    let mut fix = Fix::new(
        Applicability::Manual,
        format!("move {keys} to {target}"),
        edits,
    );
    fix.creates.push(NewFile {
        path: Arc::from(target),
        text,
    });
    Some(fix)
}

/// The definition whose key stands at `range`, and its module.
fn defined_at<'w>(
    view: &View<'w>,
    file: usize,
    range: TextRange,
) -> Option<(ModuleId, &'w Definition)> {
    let modules = view.documents[file].facts().modules.iter().enumerate();
    modules
        .flat_map(|(index, module)| module.definitions.iter().map(move |d| (index, d)))
        .find(|(_, definition)| {
            definition.starts_with(OPTION)
                && definition.path.len() > OPTION.len()
                && key_of(definition).range == range
        })
        .map(|(index, definition)| (view.graph.id(file, index), definition))
}

/// The deepest folder that holds both files.
fn common_folder(a: &str, b: &str) -> String {
    let folders = |path| {
        path::parent(path)
            .split('/')
            .filter(|part| !part.is_empty())
    };
    let shared: Vec<_> = folders(a)
        .zip(folders(b))
        .take_while(|(a, b)| a == b)
        .map(|(part, _)| part)
        .collect();
    shared.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, check_fix};

    fn finds(text: &str) {
        check(&DuplicateSysctl::META, text);
    }

    /// Two modules of one host, each with a body, and what is found in them.
    #[track_caller]
    fn pair(a: &str, b: &str) {
        let host = "# FILE: host.nix\n{ imports = [ ./a.nix ./b.nix ]; }";
        finds(&format!("{host}\n# FILE: a.nix\n{a}\n# FILE: b.nix\n{b}"));
    }

    const PLAIN: &str = "{ boot.kernel.sysctl.\"a.b\" = 1; }";

    #[test]
    fn every_spelling_is_the_same_key() {
        for other in [
            "{ boot.kernel = { sysctl = { \"a.b\" = 2; }; }; }",
            "{ lib, ... }: with lib; { config = mkMerge [ { boot.kernel.sysctl.\"a.b\" = 2; } ]; }",
            "{ boot = { kernel.sysctl.${\"a.b\"} = 2; }; }",
            "{ lib, ... }: { boot.kernel.sysctl = lib.mkIf true { \"a.b\" = lib.mkOverride 100 2; }; }",
            "{ inherit (rec { boot.kernel = 1; }) x; boot.kernel.sysctl.\"a.b\" = 2; }",
        ] {
            let at = other.find("\"a.b\"").unwrap();
            let at = if other[..at].ends_with("${") {
                at - 2
            } else {
                at
            };
            let width = if other[at..].starts_with('$') { 8 } else { 5 };
            let b = format!(
                "{other}\n#{}{} `a.b` is also set in a.nix",
                " ".repeat(at - 1),
                "^".repeat(width)
            );
            let a = format!("{PLAIN}\n#                    ^^^^^ `a.b` is also set in b.nix");
            pair(&a, &b);
        }
    }

    #[test]
    fn priorities_are_compared_as_numbers() {
        pair(
            PLAIN,
            "{ lib, ... }: { boot.kernel.sysctl.\"a.b\" = lib.mkDefault 2; }",
        );
        pair(
            PLAIN,
            "{ lib, ... }: { boot.kernel.sysctl.\"a.b\" = lib.mkForce 2; }",
        );
        pair(
            PLAIN,
            "{ lib, ... }: { boot.kernel.sysctl = lib.mkDefault { \"a.b\" = 2; }; }",
        );
        // One that `//` brings wins like any other.
        pair(
            "{ lib, ... }: { boot.kernel.sysctl = { \"c.d\" = 1; } // { \"a.b\" = 1; }; }",
            "{ lib, ... }: { config = lib.mkMerge [
               { boot.kernel.sysctl.\"a.b\" = lib.mkDefault 1; }
               { boot.kernel.sysctl.\"a.b\" = lib.mkDefault 2; }
             ]; }",
        );
        // What never holds still has its priority.
        pair(
            PLAIN,
            "{ lib, ... }: { imports = [ ./c.nix ]; boot.kernel.sysctl.\"a.b\" = 1; }
# FILE: c.nix
{ lib, ... }: { boot = lib.mkForce { kernel.sysctl = lib.mkIf false { \"a.b\" = 2; }; }; }",
        );
        // The option takes the outer priority, the key the inner one.
        pair(
            "{ lib, ... }: { boot.kernel.sysctl = lib.mkOverride 1000 { \"a.b\" = 1; }; }",
            "{ lib, ... }: { boot = lib.mkDefault { kernel.sysctl = lib.mkForce { \"a.b\" = 2; }; }; }",
        );
        pair(
            PLAIN,
            "{ lib, ... }: { config = lib.mkForce { boot.kernel.sysctl.\"a.b\" = 2; }; }",
        );
        pair(
            "{ lib, ... }: { boot.kernel.sysctl.\"a.b\" = lib.mkDefault 1; }
#                                  ^^^^^ `a.b` is also set in b.nix",
            "{ lib, ... }: { boot.kernel.sysctl.\"a.b\" = lib.mkOverride 1000 1; }
#                                  ^^^^^ `a.b` is also set in a.nix",
        );
    }

    #[test]
    fn a_third_that_wins_settles_it() {
        finds(&format!(
            "# FILE: host.nix
{{ lib, ... }}: {{ imports = [ ./a.nix ./b.nix ]; boot.kernel.sysctl.\"a.b\" = lib.mkForce 3; }}
# FILE: a.nix
{PLAIN}
# FILE: b.nix
{PLAIN}"
        ));
    }

    #[test]
    fn conditions_leave_doubt_or_exclude() {
        pair(
            "{ boot.kernel.sysctl.\"a.b\" = 1; }
#                    ^^^^^ `a.b` may also be set in b.nix",
            "{ lib, config, ... }: { boot = lib.mkIf config.x.enable { kernel.sysctl.\"a.b\" = 2; }; }
#                                                                       ^^^^^ `a.b` may also be set in a.nix",
        );
        pair(
            "{ lib, config, ... }: lib.mkIf config.x.enable { boot.kernel.sysctl.\"a.b\" = 2; }",
            "{ lib, config, ... }: let cfg = config.x; in
             { config = lib.mkIf (!cfg.enable) { boot.kernel.sysctl.\"a.b\" = 2; }; }",
        );
        pair(
            "{ lib, config, ... }: lib.mkIf (config.h == \"a\") { boot.kernel.sysctl.\"a.b\" = 2; }",
            "{ lib, config, ... }: lib.mkIf (config.h == \"b\") { boot.kernel.sysctl.\"a.b\" = 2; }",
        );
        pair(
            PLAIN,
            "{ lib, ... }: lib.mkIf false { boot.kernel.sysctl.\"a.b\" = 2; }",
        );
        finds("{ boot.kernel.sysctl = if x then { \"a.b\" = 1; } else { \"a.b\" = 2; }; }");
    }

    #[test]
    fn twice_in_one_file() {
        finds(
            "{ lib, ... }: { boot.kernel.sysctl = lib.mkMerge [
  { \"a.b\" = 1; }
#   ^^^^^ `a.b` is set twice in this file
  { \"a.b\" = 2; }
#   ^^^^^ `a.b` is set twice in this file
]; }",
        );
        finds("{ boot.kernel.sysctl = { \"a.b\" = 1; } // { \"a.b\" = 2; }; }");
    }

    #[test]
    fn hosts_that_never_meet() {
        let files = "# FILE: a.nix\n{ boot.kernel.sysctl.\"a.b\" = 1; }
# FILE: b.nix\n{ boot.kernel.sysctl.\"a.b\" = 1; }";
        finds(files);
        finds(&format!(
            "# FILE: flake.nix
{{ outputs = {{ nixpkgs, ... }}: {{
  nixosConfigurations.x = nixpkgs.lib.nixosSystem {{ modules = [ ./a.nix ]; }};
  nixosConfigurations.y = nixpkgs.lib.nixosSystem {{ modules = [ ./b.nix ]; }};
}}; }}
{files}"
        ));
        finds(
            "# FILE: flake.nix
{ outputs = { nixpkgs, ... }: let
  host = name: nixpkgs.lib.nixosSystem { modules = [ ./hosts/${name} ]; };
in { nixosConfigurations.x = host \"x\"; }; }
# FILE: hosts/x/default.nix
{ boot.kernel.sysctl.\"a.b\" = 1; }
# FILE: hosts/y/default.nix
{ boot.kernel.sysctl.\"a.b\" = 1; }",
        );
        finds(
            "# FILE: templates/default.nix
{ imports = [ ./a.nix ./b.nix ]; }
# FILE: templates/a.nix
{ boot.kernel.sysctl.\"a.b\" = 1; }
# FILE: templates/b.nix
{ boot.kernel.sysctl.\"a.b\" = 1; }",
        );
    }

    #[test]
    fn modules_of_one_list_meet() {
        finds(
            "# FILE: flake.nix
{ outputs = { self, nixpkgs, ... }: {
  nixosModules.base = ./base;
  nixosConfigurations = { x = nixpkgs.lib.nixosSystem {
    modules = [ self.nixosModules.base ./hosts/x.nix { boot.kernel.sysctl.\"c.d\" = 1; } ];
#                                                                         ^^^^^ `c.d` is also set in hosts/x.nix
  }; };
}; }
# FILE: base/default.nix
{ boot.kernel.sysctl.\"a.b\" = 1; }
#                    ^^^^^ `a.b` is also set in hosts/x.nix
# FILE: hosts/x.nix
{ boot.kernel.sysctl = { \"a.b\" = 1; \"c.d\" = 2; }; }
#                        ^^^^^ `a.b` is also set in base/default.nix
#                                   ^^^^^ `c.d` is also set in flake.nix",
        );
    }

    #[test]
    fn lists_with_a_name_are_followed() {
        finds(
            "# FILE: flake.nix
{ outputs = { self, nixpkgs, ... }: let
  common = [ ./a.nix ] ++ more;
  more = [ self.nixosModules.b ];
  host = modules: nixpkgs.lib.nixosSystem { modules = modules ++ common; };
  loop = loop ++ loop;
in {
  nixosModules.b = { boot.kernel.sysctl.\"c.d\" = 1; };
  nixosConfigurations.x = nixpkgs.lib.nixosSystem { modules = common ++ [ ./x.nix ] ++ loop; };
}; }
# FILE: a.nix
{ boot.kernel.sysctl.\"a.b\" = 1; }
#                    ^^^^^ `a.b` is also set in x.nix
# FILE: x.nix
{ boot.kernel.sysctl.\"a.b\" = 1; }
#                    ^^^^^ `a.b` is also set in a.nix",
        );
    }

    #[test]
    fn modules_that_no_configuration_reaches() {
        finds(
            "# FILE: flake.nix
{ outputs = { nixpkgs, ... }: {
  nixosConfigurations.x = nixpkgs.lib.nixosSystem { modules = [ ./x.nix ]; };
}; }
# FILE: x.nix
{ services.a.enable = true; }
# FILE: attic.nix
{ imports = [ ./a.nix ./b.nix ]; }
# FILE: a.nix
{ boot.kernel.sysctl.\"a.b\" = 1; }
# FILE: b.nix
{ boot.kernel.sysctl.\"a.b\" = 1; }",
        );
    }

    #[test]
    fn specialisations_meet_their_parent_but_not_each_other() {
        finds(
            "{
  boot.kernel.sysctl.\"a.b\" = 1;
#                    ^^^^^ `a.b` is set twice in this file
  specialisation.x.configuration = { boot.kernel.sysctl = { \"a.b\" = 2; \"c.d\" = 1; }; };
#                                                           ^^^^^ `a.b` is set twice
  specialisation.y.configuration.boot.kernel.sysctl.\"c.d\" = 1;
}",
        );
    }

    #[test]
    fn shared_keys_move_into_a_module() {
        check_fix(
            &DuplicateSysctl::META,
            "# FILE: host.nix
{ imports = [ ./m/a.nix ./m/b.nix ]; }
# FILE: m/a.nix
{
  boot.kernel.sysctl.\"a.b\" = 1;
#                    ^^^^^ `a.b` is also set in m/b.nix
}
# FILE: m/b.nix
{
  boot.kernel.sysctl.\"a.b\" = 1;
#                    ^^^^^ `a.b` is also set in m/a.nix
}",
            Applicability::Manual,
            "# FILE: host.nix
{ imports = [ ./m/a.nix ./m/shared-sysctl.nix ./m/b.nix ]; }
# FILE: m/a.nix
{
}
# FILE: m/b.nix
{
}
# FILE: m/shared-sysctl.nix
{
  boot.kernel.sysctl = {
    \"a.b\" = 1;
  };
}",
        );
    }
}
