//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix, Severity};
use crate::module::{Guard, Import, Target};
use crate::path;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::workspace::{FileContext, ImportedBy, Missing};

declare_rule! {
    /// An import of a file that does not exist.
    ///
    /// ## Why
    ///
    /// Nix reads a module as soon as something imports it. A path that leads
    /// nowhere, or to a folder without a `default.nix`, stops the evaluation of
    /// every configuration that holds the import. Mostly a file was moved or
    /// renamed, or it was never added.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// # FILE: configuration.nix
    /// {
    ///   imports = [
    ///     ./modules/network.nix
    ///     ./modules/desktpo.nix
    /// #   ^^^^^^^^^^^^^^^^^^^^^ `modules/desktpo.nix` does not exist
    ///   ];
    /// }
    /// # FILE: modules/network.nix
    /// { networking.useDHCP = true; }
    /// # FILE: modules/desktop.nix
    /// { services.xserver.enable = true; }
    /// ```
    ///
    /// ```nix fixed
    /// # FILE: configuration.nix
    /// {
    ///   imports = [
    ///     ./modules/network.nix
    ///     ./modules/desktop.nix
    ///   ];
    /// }
    /// # FILE: modules/network.nix
    /// { networking.useDHCP = true; }
    /// # FILE: modules/desktop.nix
    /// { services.xserver.enable = true; }
    /// ```
    ///
    /// ```nix good
    /// # FILE: configuration.nix
    /// { lib, hostname, ... }:
    /// {
    ///   imports = [
    ///     # Every machine has its own.
    ///     ./hardware-configuration.nix
    ///     ./hosts/${hostname}.nix
    ///   ] ++ lib.optional (builtins.pathExists ./local.nix) ./local.nix;
    /// }
    /// ```
    ///
    /// Nothing is said of files that git ignores, of paths that lead out of the
    /// project or are computed, of templates and examples, and of imports that ask
    /// `pathExists`. Under a condition, or in a module that no configuration holds,
    /// a missing file is a warning. A file that is checked alone, outside of a
    /// project, has no findings.
    ///
    /// ## When to allow it
    ///
    /// When the file comes into being before the configuration is built, and git
    /// does not ignore it.
    ///
    /// ## Fix safety
    ///
    /// The fix imports the file whose path is most like the missing one. Whether
    /// that is the one you meant is yours to say, so the fix is unsafe.
    pub struct MissingImport {
        name: "missing-import",
        group: Workspace,
        severity: Error,
        enabled: true,
        since: "0.1.0",
        effort: 5,
        fix: Some(Applicability::Unsafe),
        options: NoOptions,
    }
}

impl Rule for MissingImport {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check_file(&self, cx: &mut FileContext<'_>) {
        if path::is_sample(cx.path()) {
            return;
        }
        for missing in cx.view().graph.missing(cx.file()) {
            if let Some(finding) = judge(missing, cx) {
                cx.report(finding);
            }
        }
    }
}

fn judge(missing: &Missing, cx: &FileContext<'_>) -> Option<Diagnostic> {
    let facts = cx.facts();
    let imports = match missing.by {
        ImportedBy::Module(index) => &facts.modules.get(index)?.imports,
        ImportedBy::Configuration(index) => &facts.configurations.get(index)?.modules,
    };
    let import = imports.get(missing.import)?;
    // Each machine makes its own.
    if path::file_name(&missing.path) == "hardware-configuration.nix" {
        return None;
    }
    let asks = memchr::memmem::find(cx.text().as_bytes(), b"pathExists").is_some();
    let never = import.guards.iter().any(Guard::is_never);
    if never || !import.guards.is_empty() && asks {
        return None;
    }
    let certain = cx.view().reads_imports(cx.file(), missing.by)? && import.guards.is_empty();
    let what = match missing.is_folder {
        true => "is a folder without a `default.nix`",
        false => "does not exist",
    };
    let message = format!("`{}` {what}", missing.path);
    let mut finding = Diagnostic::new(&MissingImport::META, import.place, message);
    if !certain {
        finding = finding.severity(Severity::Warning);
    }
    if let Some(near) = nearest(missing, cx) {
        let new = path::relative(path::parent(cx.path()), near);
        finding = finding.help(format!("did you mean `{new}`?"));
        if is_plain(import, cx) {
            let title = format!("import `{new}`");
            let edit = Edit::replace(import.place, new);
            finding = finding.fix(Fix::new(Applicability::Unsafe, title, [edit]));
        }
    }
    Some(finding)
}

/// Is what stands there a path and nothing else?
fn is_plain(import: &Import, cx: &FileContext<'_>) -> bool {
    let text = &cx.text()[std::ops::Range::<usize>::from(import.place)];
    matches!(&import.target, Target::Path(path) if path == text)
}

/// The path most like a missing one.
fn nearest<'a>(missing: &Missing, cx: &FileContext<'a>) -> Option<&'a str> {
    let path = missing.path.as_str();
    let own = cx.path();
    let others = || {
        let all = cx.view().documents.iter().map(|it| &**it.path());
        all.filter(move |other| *other != own)
    };
    // A file instead of a folder, or a folder instead of a file.
    let stem = path.strip_suffix(".nix").unwrap_or(path);
    let (file, folder) = (format!("{stem}.nix"), format!("{stem}/default.nix"));
    if let Some(found) = others().find(|other| *other == file || *other == folder) {
        return Some(found);
    }
    // Written otherwise, in the same folder.
    let name = path::module_name(path);
    let similar = others()
        .filter(|other| path::parent(named(other)) == path::parent(path))
        .map(|other| (strsim::jaro_winkler(path::module_name(other), name), other))
        .filter(|(score, _)| *score > 0.88)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((_, found)) = similar {
        return Some(found);
    }
    // Moved to another folder, if there is but one of that name.
    let name = path::file_name(path);
    if matches!(name, "default.nix" | "configuration.nix" | "home.nix") {
        return None;
    }
    let mut moved = others().filter(|other| path::file_name(named(other)) == name);
    let found = moved.next()?;
    moved.next().is_none().then_some(found)
}

/// What an import writes: the folder of a `default.nix`.
fn named(path: &str) -> &str {
    path.strip_suffix("/default.nix").unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linter::{Source, analyze};
    use crate::testing::{check, check_fix};
    use crate::{Presence, Settings, Workspace};

    #[test]
    fn what_may_be_absent() {
        check(
            &MissingImport::META,
            r#"
# FILE: flake.nix
{ outputs = { nixpkgs, self, ... }: {
  nixosConfigurations.a = nixpkgs.lib.nixosSystem {
    modules = [
      ./host
      ./gone
#     ^^^^^^ `gone` does not exist
      (import ./lost.nix { inherit self; })
#             ^^^^^^^^^^ `lost.nix` does not exist
      "${self}/no.nix"
#     ^^^^^^^^^^^^^^^^ `no.nix` does not exist
    ];
  };
  other = nixpkgs.lib.something { modules = [ ./data.d ]; };
}; }
# FILE: host/default.nix
{ lib, config, ... }: {
  imports = [
    ../../elsewhere.nix
    ../hardware-configuration.nix
    ./part
#   ^^^^^^ `host/part` is a folder without a `default.nix`
  ] ++ lib.optional config.x ./maybe.nix
#                            ^^^^^^^^^^^ `host/maybe.nix` does not exist
    ++ lib.optionals false [ ./never.nix ]
    ++ map (name: ./. + "/${name}") [ "a" ];
}
# FILE: host/part/x.nix
{ services.x.enable = true; }
# FILE: templates/default.nix
{ imports = [ ./your-host.nix ]; }
"#,
        );
    }

    #[test]
    fn a_file_alone_says_nothing_of_others() {
        check(&MissingImport::META, "{ imports = [ ./a.nix ]; }");
    }

    #[test]
    fn paths_that_are_nearly_right() {
        let others = "# FILE: a/new.nix\n{ }\n# FILE: b/default.nix\n{ }\n# FILE: c.nix\n{ }\n";
        let text =
            |imports: &str| format!("# FILE: host.nix\n{{ imports = [\n{imports}]; }}\n{others}");
        let bad = "  ./new.nix
# ^^^^^^^^^ `new.nix` does not exist
  ./b.nix
# ^^^^^^^ `b.nix` does not exist
  ./c
# ^^^ `c` does not exist
";
        check_fix(
            &MissingImport::META,
            &text(bad),
            Applicability::Unsafe,
            &text("  ./a/new.nix\n  ./b/default.nix\n  ./c.nix\n"),
        );
    }

    #[test]
    fn edits_files_and_who_knows_of_them() {
        let settings = Settings::default();
        let document = |path, text| analyze(Source::new(path, text), &settings);
        let documents = vec![document("host.nix", "{ imports = [ ./a.nix ]; }")];
        let mut workspace = Workspace::new(documents, []);
        let missing = |workspace: &Workspace| {
            let host = workspace.position("host.nix").expect("it is there");
            let found = workspace.findings(host);
            let names = found.iter().map(|it| it.rule().name);
            names.filter(|name| *name == "missing-import").count()
        };
        workspace.join(&settings);
        assert_eq!(missing(&workspace), 0, "who knows what else there is");
        workspace.is_whole(Presence::new(|path| path == "secret.nix"));
        workspace.join(&settings);
        assert_eq!(missing(&workspace), 1);
        let mut write = |text: &str| {
            workspace.open("host.nix", text, &settings);
            missing(&workspace)
        };
        assert_eq!(write("{ imports = [ ./a.nix ./secret.nix ]; }"), 1);
        assert_eq!(write("{ imports = [ ./b.nix ./secret.nix ./c.nix ]; }"), 2);
        workspace.open("b.nix", "{ }", &settings);
        assert_eq!(missing(&workspace), 1);
        workspace.mention("c.nix");
        workspace.join(&settings);
        assert_eq!(missing(&workspace), 0);
        workspace.remove("c.nix", &settings);
        workspace.remove("b.nix", &settings);
        assert_eq!(missing(&workspace), 2);
    }
}
