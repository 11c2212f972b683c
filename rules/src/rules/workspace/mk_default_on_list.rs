//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Diagnostic, Related};
use crate::module::{DEFAULT_PRIORITY, Definition, Guard};
use crate::options::{Known, Type};
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::sorted;
use crate::workspace::{
    Configuration, FileContext, Setting, Settings, View, WorkspaceContext, always_holds, dotted,
    goes_with, holds,
};

declare_rule! {
    /// Entries of a list that are lost because they are a default.
    ///
    /// ## Why
    ///
    /// Lists of several modules are joined, but only those of the strongest
    /// priority. `mkDefault [ … ]` does not stand back entry by entry: one plain
    /// definition anywhere, and all of its entries are gone. Nothing says so.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// # FILE: host.nix
    /// {
    ///   imports = [ ./options.nix ./base.nix ./mail.nix ./web.nix ];
    /// }
    /// # FILE: base.nix
    /// { lib, ... }:
    /// {
    ///   site.ports = lib.mkDefault [ 22 ];
    /// #      ^^^^^ `site.ports` drops these entries: mail.nix and web.nix add to it without `mkDefault`
    /// }
    /// # FILE: mail.nix
    /// {
    ///   site.ports = [ 25 ];
    /// }
    /// # FILE: web.nix
    /// {
    ///   site.ports = [ 80 443 ];
    /// }
    /// # FILE: options.nix
    /// { lib, ... }:
    /// {
    ///   options.site.ports = lib.mkOption { type = lib.types.listOf lib.types.port; };
    /// }
    /// ```
    ///
    /// ```nix good
    /// # FILE: host.nix
    /// {
    ///   imports = [ ./options.nix ./base.nix ./mail.nix ];
    ///   # This host wants others.
    ///   site.nameservers = [ "192.0.2.1" ];
    /// }
    /// # FILE: base.nix
    /// { lib, ... }:
    /// {
    ///   site.nameservers = lib.mkDefault [ "192.0.2.53" ];
    ///   site.ports = [ 22 ];
    /// }
    /// # FILE: mail.nix
    /// {
    ///   site.ports = [ 25 ];
    /// }
    /// # FILE: options.nix
    /// { lib, ... }:
    /// {
    ///   options.site.nameservers = lib.mkOption { type = lib.types.listOf lib.types.str; };
    ///   options.site.ports = lib.mkOption { type = lib.types.listOf lib.types.port; };
    /// }
    /// ```
    ///
    /// A default that one other definition replaces is there for that, and silent.
    /// It takes several modules of one host that add to the list. Where a
    /// condition decides whether they do, the finding says "may".
    ///
    /// To some lists NixOS itself adds on every machine: `boot.kernelParams`,
    /// `boot.kernelModules`, and the same of the initrd. A default for these is
    /// never what happens:
    ///
    /// ```nix bad
    /// { lib, ... }:
    /// {
    ///   boot.kernelParams = lib.mkDefault [ "acpi_osi=Linux" ];
    /// #      ^^^^^^^^^^^^ NixOS itself adds to `boot.kernelParams`, which drops these entries
    /// }
    /// ```
    ///
    /// ```nix good
    /// {
    ///   boot.kernelParams = [ "acpi_osi=Linux" ];
    /// }
    /// ```
    ///
    /// ## When to allow it
    ///
    /// When the entries are for hosts where nobody adds any.
    ///
    /// ## Fix safety
    ///
    /// There is no fix: without `mkDefault` the list gets longer, and whether that
    /// was meant is for the owner to say.
    ///
    /// ## References
    ///
    /// `filterOverrides` in `lib/modules.nix` of nixpkgs, and what
    /// `nixos/modules/system/boot/kernel.nix` sets.
    pub struct MkDefaultOnList {
        name: "mk-default-on-list",
        group: Workspace,
        severity: Warning,
        enabled: false,
        since: "0.1.0",
        effort: 5,
        fix: None,
        options: NoOptions,
    }
}

/// The priority of `mkDefault`.
const MK_DEFAULT: u32 = 1000;

/// What NixOS sets on every machine that has a kernel, without `mkDefault`.
const ADDED_BY_NIXOS: &[&[&str]] = &[
    &["boot", "kernelParams"],
    &["boot", "kernelModules"],
    &["boot", "initrd", "kernelModules"],
    &["boot", "initrd", "availableKernelModules"],
];

impl Rule for MkDefaultOnList {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check_file(&self, cx: &mut FileContext<'_>) {
        let facts = cx.facts();
        let mut told = Vec::new();
        for definition in facts.modules.iter().flat_map(|it| &it.definitions) {
            let Some(names) = definition.names() else {
                continue;
            };
            let is_lost = ADDED_BY_NIXOS.contains(&names.as_slice())
                && definition.priorities == [(names.len(), MK_DEFAULT)]
                && is_some_list(definition, names.len());
            // A module that several names stand for is there more than once.
            if !is_lost || told.contains(&definition.value) {
                continue;
            }
            told.push(definition.value);
            let message = format!(
                "NixOS itself adds to `{}`, which drops these entries",
                dotted(&names)
            );
            let key = definition.path.last();
            let range = key.map_or(definition.binding, |key| key.range);
            cx.report(Diagnostic::new(&Self::META, range, message).help(HELP));
        }
    }

    fn check_settings(&self, settings: &Settings<'_>, cx: &mut WorkspaceContext<'_>) {
        // NixOS adds to these whatever else does.
        if ADDED_BY_NIXOS.contains(&settings.path.as_slice()) {
            return;
        }
        let len = settings.path.len();
        let says = |it: &std::sync::Arc<crate::options::Declared>| {
            it.says.apply || it.says.partly || it.says.maybe
        };
        if settings.all.len() < 3
            || !settings.ty.is_some_and(is_list)
            || settings.declared.iter().any(says)
        {
            return;
        }
        let view = cx.view();
        let mut told: Vec<Setting<'_>> = Vec::new();
        for own in settings.all.iter().filter(|it| is_default(it, len)) {
            if told.iter().any(|known| known.is(own)) {
                continue;
            }
            let id = own.module;
            if !view.meets_declaration(settings, id) || !view.is_evaluated(settings, id) {
                continue;
            }
            let mut holding = view
                .graph
                .configurations
                .iter()
                .filter(|it| it.members.contains_key(&id));
            let Some((certain, others)) = holding.find_map(|it| stronger(view, it, settings, own))
            else {
                continue;
            };
            told.push(*own);
            let diagnostic = describe(view, own, &others, certain);
            cx.report(own.file, diagnostic);
        }
    }
}

/// What drops a default in a configuration, and whether it certainly does. It takes
/// several that are joined: a single one is what a default is there for.
fn stronger<'v>(
    view: &View<'_>,
    configuration: &Configuration,
    settings: &Settings<'v>,
    own: &Setting<'v>,
) -> Option<(bool, Vec<Setting<'v>>)> {
    let len = settings.path.len();
    let mut others: Vec<(bool, Setting<'v>)> = Vec::new();
    for other in &settings.all {
        if !is_plain(other, len) || others.iter().any(|(_, known)| known.is(other)) {
            continue;
        }
        let certain = goes_with(configuration, own, other);
        if !certain && !may_go_with(view, configuration, own, other) {
            continue;
        }
        // Whoever says an entry again knows the default and replaces it.
        if entries(view, other).any(|it| entries(view, own).any(|own| own == it)) {
            return None;
        }
        others.push((certain, *other));
    }
    let mut files: Vec<_> = others.iter().map(|(_, it)| it.file).collect();
    sorted::sort(&mut files);
    files.dedup();
    if files.len() < 2 {
        return None;
    }
    let certain = others.iter().any(|(certain, _)| *certain);
    Some((certain, others.into_iter().map(|(_, it)| it).collect()))
}

/// May a condition of the other one's own hold together with the default?
fn may_go_with(
    view: &View<'_>,
    configuration: &Configuration,
    own: &Setting<'_>,
    other: &Setting<'_>,
) -> bool {
    let guards = |setting: &Setting<'_>| setting.definition.guards.to_vec();
    let excludes =
        |guard: &Guard| guards(own).iter().any(|it| it.contradicts(guard)) || guard.is_never();
    always_holds(configuration, own.module)
        && always_holds(configuration, other.module)
        && !guards(other).iter().any(excludes)
        && [own, other]
            .iter()
            .all(|it| holds(view, configuration, it) != Some(false))
}

/// Is it `mkDefault [ … ]`, for the option itself?
fn is_default(setting: &Setting<'_>, len: usize) -> bool {
    setting.definition.priorities == [(len, MK_DEFAULT)] && is_some_list(setting.definition, len)
}

/// Is it `[ … ]` with the priority of a plain definition?
fn is_plain(setting: &Setting<'_>, len: usize) -> bool {
    setting.definition.option_priority(len) == DEFAULT_PRIORITY
        && is_some_list(setting.definition, len)
}

fn is_some_list(definition: &Definition, len: usize) -> bool {
    definition.path.len() == len
        && definition.update.is_none()
        && !definition.is_dropped()
        && matches!(&definition.known, Known::List(all) if !all.is_empty())
}

/// The words of the list, as they are written.
fn entries<'v>(view: &'v View<'_>, setting: &Setting<'_>) -> impl Iterator<Item = &'v str> {
    let text = &view.documents[setting.file].text()[setting.definition.value];
    let list = text.find('[').map_or("", |at| &text[at..]);
    list.split(|c: char| c.is_whitespace() || "[]()".contains(c))
        .filter(|it| !it.is_empty())
}

fn is_list(ty: &Type) -> bool {
    match ty {
        Type::ListOf(_) | Type::NonEmptyListOf(_) => true,
        Type::NullOr(inner) | Type::Called(_, inner) => is_list(inner),
        _ => false,
    }
}

const HELP: &str = "leave `mkDefault` out: lists of the same priority are joined";

fn describe(
    view: &View<'_>,
    own: &Setting<'_>,
    others: &[Setting<'_>],
    certain: bool,
) -> Diagnostic {
    let path: Vec<_> = own
        .definition
        .path
        .iter()
        .filter_map(|key| key.name.as_deref())
        .collect();
    let path_of = |it: &Setting<'_>| view.documents[it.file].path().clone();
    let mut others = others.to_vec();
    sorted::sort_by_key(&mut others, |it| {
        (path_of(it), it.definition.binding.start())
    });
    let mut files: Vec<String> = Vec::new();
    for other in &others {
        let file = match other.file == own.file {
            true => "this file".to_owned(),
            false => path_of(other).to_string(),
        };
        if !files.contains(&file) {
            files.push(file);
        }
    }
    let places = match files.as_slice() {
        [one, two] => format!("{one} and {two}"),
        [one, two, rest @ ..] => format!("{one}, {two} and {} more", rest.len()),
        _ => files.concat(),
    };
    let drops = if certain { "drops" } else { "may drop" };
    let message = format!(
        "`{}` {drops} these entries: {places} add to it without `mkDefault`",
        dotted(&path)
    );
    let key = |setting: &Setting<'_>| {
        let last = setting.definition.path.last();
        last.map_or(setting.definition.binding, |key| key.range)
    };
    let mut diagnostic = Diagnostic::new(&MkDefaultOnList::META, key(own), message).help(HELP);
    for other in others.iter().take(12) {
        diagnostic.related.push(Related {
            path: (other.file != own.file).then(|| path_of(other)),
            range: key(other),
            message: "this is stronger".to_owned(),
        });
    }
    diagnostic
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    #[test]
    fn page() {
        crate::testing::check_page(&MkDefaultOnList::META);
    }

    #[test]
    fn what_is_replaced_on_purpose_is_silent() {
        check(
            &MkDefaultOnList::META,
            r#"
# FILE: host.nix
{ config, lib, ... }: {
  imports = [ ./options.nix ./a.nix ./b.nix ];
  my.once = lib.mkDefault [ "a" ];
  my.again = lib.mkDefault [ "a" "b" ];
  my.joined = lib.mkDefault [ "a" ];
#    ^^^^^^ `my.joined` drops these entries: a.nix and b.nix add
  my.when = lib.mkDefault [ "a" ];
#    ^^^^ `my.when` may drop these entries: a.nix and b.nix add
  my.unless = lib.mkIf (!config.x) (lib.mkDefault [ "a" ]);
  my.empty = lib.mkDefault [ ];
  my.forced = lib.mkDefault [ "a" ];
  my.text = lib.mkDefault "a";
  my.applied = lib.mkDefault [ "a" ];
}
# FILE: a.nix
{ config, lib, ... }: {
  my.once = [ "b" ];
  my.again = [ "a" ];
  my.joined = [ "b" ];
  my.when = lib.mkIf config.x [ "b" ];
  my.unless = lib.mkIf config.x [ "b" ];
  my.empty = [ "b" ];
  my.forced = lib.mkForce [ "b" ];
  my.text = "b";
  my.applied = [ "b" ];
}
# FILE: b.nix
{ config, lib, ... }: {
  my.again = [ "c" ];
  my.joined = lib.mkIf config.y [ "c" ];
  my.when = lib.mkIf config.y [ "c" ];
  my.unless = lib.mkIf config.x [ "c" ];
  my.empty = [ "c" ];
  my.forced = lib.mkForce [ "c" ];
  my.text = "c";
  my.applied = [ "c" ];
}
# FILE: options.nix
{ lib, ... }:
let
  list = lib.mkOption { type = lib.types.listOf lib.types.str; };
in
{
  options.my = {
    once = list;
    again = list;
    joined = list;
    when = list;
    unless = list;
    empty = list;
    forced = list;
    text = lib.mkOption { type = lib.types.lines; };
    applied = lib.mkOption { type = lib.types.listOf lib.types.str; apply = lib.unique; };
  };
}
"#,
        );
    }

    #[test]
    fn what_nixos_adds_to_itself() {
        check(
            &MkDefaultOnList::META,
            r#"
{ config, lib, ... }: let l = lib // builtins; in {
  boot = {
    kernelParams = lib.mkIf config.x (lib.mkDefault [ "a" ]);
#   ^^^^^^^^^^^^ NixOS itself adds to `boot.kernelParams`
    kernelModules = lib.mkForce [ "a" ];
    blacklistedKernelModules = lib.mkDefault [ "a" ];
    initrd.kernelModules = lib.mkDefault [ ];
    initrd.availableKernelModules = l.mkDefault [ "a" ];
#          ^^^^^^^^^^^^^^^^^^^^^^ NixOS itself adds
  };
  other.boot.kernelParams = lib.mkDefault [ "a" ];
}
"#,
        );
    }

    #[test]
    fn hosts_that_never_meet_are_silent() {
        check(
            &MkDefaultOnList::META,
            r#"
# FILE: one.nix
{ imports = [ ./base.nix ]; my.list = [ "b" ]; }
# FILE: two.nix
{ imports = [ ./base.nix ]; my.list = [ "c" ]; }
# FILE: base.nix
{ lib, ... }: {
  options.my.list = lib.mkOption { type = lib.types.listOf lib.types.str; };
  config.my.list = lib.mkDefault [ "a" ];
}
"#,
        );
    }
}
