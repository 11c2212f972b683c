//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix, Related};
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::semantics::{attr_name, is_rec};
use crate::syntax::{self, AstNode, HasEntry, SyntaxNode, TextRange, ast};
use crate::workspace::FileContext;
use smol_str::SmolStr;

declare_rule! {
    /// Settings beside a top-level `options` or `config`.
    ///
    /// ## Why
    ///
    /// A module is either a set of settings, or a set of `imports`, `options` and
    /// `config`. Once it has one of the last two, a setting beside them is an error:
    /// "Module … has an unsupported attribute".
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// # FILE: default.nix
    /// { imports = [ ./desktop.nix ]; }
    /// # FILE: desktop.nix
    /// { lib, ... }:
    /// {
    ///   options.site.desktop = lib.mkEnableOption "the desktop";
    ///   services.printing.enable = true;
    /// # ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ `services.printing` stands beside `options`
    /// }
    /// ```
    ///
    /// ```nix fixed
    /// # FILE: default.nix
    /// { imports = [ ./desktop.nix ]; }
    /// # FILE: desktop.nix
    /// { lib, ... }:
    /// {
    ///   options.site.desktop = lib.mkEnableOption "the desktop";
    ///   config.services.printing.enable = true;
    /// }
    /// ```
    ///
    /// ```nix good
    /// { lib, ... }:
    /// {
    ///   imports = [ ./printing.nix ];
    ///   options.site.desktop = lib.mkEnableOption "the desktop";
    ///   config.services.printing.enable = true;
    /// }
    /// ```
    ///
    /// A file of that shape that no module of the project imports is silent: other
    /// things have `options`, too.
    ///
    /// ## When to allow it
    ///
    /// Never: it does not evaluate.
    ///
    /// ## Fix safety
    ///
    /// Unsafe: a module that did not evaluate begins to set something. `config.` is put
    /// before the settings where they stand. Where `config` is computed, or sets the
    /// same, there is no fix.
    ///
    /// ## References
    ///
    /// `unifyModuleSyntax` in `lib/modules.nix` of nixpkgs.
    pub struct MixedModuleShape {
        name: "mixed-module-shape",
        group: Workspace,
        severity: Error,
        enabled: true,
        since: "0.1.0",
        effort: 5,
        fix: Some(Applicability::Unsafe),
        options: NoOptions,
    }
}

/// Beside what is not taken for a section: what else may stand there.
const ALLOWED: &[&str] = &[
    "_class",
    "_file",
    "key",
    "meta",
    "freeformType",
    "disabledModules",
];

impl Rule for MixedModuleShape {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check_file(&self, cx: &mut FileContext<'_>) {
        for (index, module) in cx.facts().modules.iter().enumerate() {
            let beside = match (module.has_options, module.has_config) {
                (true, _) => "options",
                (_, true) => "config",
                _ => continue,
            };
            let is_odd = |name: &str| {
                let first = name.split('.').next().unwrap_or(name);
                !ALLOWED.contains(&first)
            };
            let mut odd = module
                .sections
                .iter()
                .filter(|section| section.is_outermost && is_odd(&section.name));
            let Some(first) = odd.next() else { continue };
            // Several sets may be one each, and a set that is an operand loses entries.
            if module.outermost_sets != 1 || !cx.view().is_surely_module(cx.module_id(index)) {
                continue;
            }
            let message = format!("`{}` stands beside `{beside}`", first.name);
            let mut diagnostic = Diagnostic::new(&Self::META, first.range, message)
                .label("no module has both")
                .help("move it into `config`");
            diagnostic.related = odd
                .map(|section| Related {
                    path: None,
                    range: section.range,
                    message: "and this one".to_owned(),
                })
                .collect();
            cx.report(diagnostic);
        }
    }

    fn complete(&self, diagnostic: &mut Diagnostic, cx: &FileContext<'_>) {
        diagnostic
            .fixes
            .extend(below_config(diagnostic.range, cx.text()));
    }
}

/// Puts `config.` before the settings that stand where the one at `range` does.
fn below_config(range: TextRange, text: &str) -> Option<Fix> {
    let tree = syntax::parse(text);
    if !tree.errors().is_empty() {
        return None;
    }
    let mut around = tree.root().covering_element(range).ancestors();
    let binding = around.find(|node| node.text_range() == range)?;
    let set = ast::AttrSet::cast(binding.parent()?)?;
    // What is bound in it may be named in it.
    if is_rec(set.syntax()) {
        return None;
    }
    let mut odd = Vec::new();
    let mut known = Vec::new();
    for entry in set.entries() {
        let ast::Entry::AttrpathValue(entry) = entry else {
            return None;
        };
        let path = path_of(&entry)?;
        match path.first()?.as_deref() {
            Some("config") if path.len() > 1 => known.push(path[1..].to_vec()),
            Some("config") => known.extend(paths_in(entry.value()?.syntax())?),
            Some("options" | "imports") => {}
            Some(name) if ALLOWED.contains(&name) => {}
            _ => odd.push((path, entry.syntax().text_range().start())),
        }
    }
    // Nix takes no name twice.
    let meets = |path: &Path| known.iter().any(|other| may_meet(path, other));
    if odd.iter().any(|(path, _)| meets(path)) {
        return None;
    }
    let edits = odd.into_iter().map(|(_, at)| Edit::insert(at, "config."));
    Some(Fix::new(
        Applicability::Unsafe,
        "move the settings below `config`",
        edits,
    ))
}

/// The keys of a binding; `None` for one that is computed.
type Path = Vec<Option<SmolStr>>;

fn path_of(entry: &ast::AttrpathValue) -> Option<Path> {
    let path = entry.attrpath()?;
    Some(path.attrs().map(|attr| attr_name(&attr)).collect())
}

/// The paths that a set binds to which others may be added; `None` when it is none.
fn paths_in(expr: &SyntaxNode) -> Option<Vec<Path>> {
    let set = ast::AttrSet::cast(expr.clone()).filter(|set| !is_rec(set.syntax()))?;
    let mut paths = Vec::new();
    for entry in set.entries() {
        match entry {
            ast::Entry::AttrpathValue(entry) => paths.push(path_of(&entry)?),
            ast::Entry::Inherit(inherit) => {
                paths.extend(inherit.attrs().map(|attr| vec![attr_name(&attr)]));
            }
        }
    }
    Some(paths)
}

/// May one of the paths lead to, or through, what the other one names?
fn may_meet(a: &Path, b: &Path) -> bool {
    let same = |(a, b): (&Option<SmolStr>, &Option<SmolStr>)| a.is_none() || b.is_none() || a == b;
    a.iter().zip(b).all(same)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, check_fix};

    #[test]
    fn page() {
        crate::testing::check_page(&MixedModuleShape::META);
    }

    #[test]
    fn only_modules() {
        check(
            &MixedModuleShape::META,
            r#"
# FILE: default.nix
{ imports = [ ./a.nix ./b.nix ./c.nix ./d.nix ]; containers.x = import ./value.nix; }
# FILE: a.nix
{ lib, ... }: {
  _class = "nixos"; _file = "x"; key = "y"; disabledModules = [ ]; imports = [ ]; meta.maintainers = [ ];
  freeformType = lib.types.anything;
  options.x = lib.mkOption { type = lib.types.int; };
  config.x = 1;
}
# FILE: b.nix
{ lib, ... }: let y = 1; in {
  config.x = y;
  assertions = [ ];
# ^^^^^^^^^^^^^^^^^ `assertions` stands beside `config`
  _module.args.z = 1;
}
# FILE: c.nix
{ lib, ... }: if lib.x then { config.x = 1; } else { services.x = 1; }
# FILE: d.nix
{ lib, ... }: { services.x = { options.y = 1; config = 2; z = 3; }; }
# FILE: alone.nix
{ lib, ... }: {
  options.x = lib.mkOption { type = lib.types.int; };
  extraConfig = "";
}
# FILE: value.nix
{ config = { services.x = 1; }; autoStart = true; }
"#,
        );
    }

    #[test]
    fn settings_move_where_nothing_is_in_the_way() {
        check_fix(
            &MixedModuleShape::META,
            r#"
# FILE: default.nix
{ imports = [ ./a.nix ./b.nix ./c.nix ./d.nix ./e.nix ]; }
# FILE: a.nix
{ lib, name, ... }: {
  options.x = lib.mkOption { type = lib.types.int; };
  # the web
  services.web = { # quick
# ^^^^^^^^^^^^^^^^^^^^^^^^ `services.web` stands beside `options`
    enable = true;
  };
  meta.maintainers = [ ];
  config = { services.mail.enable = true; };
  config.programs.vim.enable = true;
  users.${name}.x = 1;
}
# FILE: b.nix
{ lib, ... }: {
  config = lib.mkIf true { a = 1; };
  services.x = 1;
# ^^^^^^^^^^^^^^^ `services.x` stands beside `config`
}
# FILE: c.nix
{ lib, ... }: {
  config.services = lib.mkIf true { y = 1; };
  services.x = 1;
# ^^^^^^^^^^^^^^^ `services.x` stands beside `config`
}
# FILE: d.nix
{ lib, ... }: rec {
  config.x = services.x;
  services.x = 1;
# ^^^^^^^^^^^^^^^ `services.x` stands beside `config`
}
# FILE: e.nix
{ lib, ... }: {
  config = { services = { y = 1; }; };
  services.x = 1;
# ^^^^^^^^^^^^^^^ `services.x` stands beside `config`
}
"#,
            Applicability::Unsafe,
            r#"
# FILE: default.nix
{ imports = [ ./a.nix ./b.nix ./c.nix ./d.nix ./e.nix ]; }
# FILE: a.nix
{ lib, name, ... }: {
  options.x = lib.mkOption { type = lib.types.int; };
  # the web
  config.services.web = { # quick
    enable = true;
  };
  meta.maintainers = [ ];
  config = { services.mail.enable = true; };
  config.programs.vim.enable = true;
  config.users.${name}.x = 1;
}
# FILE: b.nix
{ lib, ... }: {
  config = lib.mkIf true { a = 1; };
  services.x = 1;
}
# FILE: c.nix
{ lib, ... }: {
  config.services = lib.mkIf true { y = 1; };
  services.x = 1;
}
# FILE: d.nix
{ lib, ... }: rec {
  config.x = services.x;
  services.x = 1;
}
# FILE: e.nix
{ lib, ... }: {
  config = { services = { y = 1; }; };
  services.x = 1;
}
"#,
        );
    }
}
