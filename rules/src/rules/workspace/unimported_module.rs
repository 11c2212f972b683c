//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix};
use crate::module::{Class, Origin, Target};
use crate::path;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::syntax::{TextRange, TextSize};
use crate::workspace::FileContext;

declare_rule! {
    /// A module that nothing imports.
    ///
    /// ## Why
    ///
    /// What such a module sets holds nowhere. It was forgotten in the list of
    /// imports, or it is left from a machine that is gone. A reader who searches
    /// for a setting finds it and believes it.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// # FILE: flake.nix
    /// {
    ///   outputs = { nixpkgs, ... }: {
    ///     nixosConfigurations.laptop = nixpkgs.lib.nixosSystem {
    ///       modules = [ ./modules ];
    ///     };
    ///   };
    /// }
    /// # FILE: modules/default.nix
    /// {
    ///   imports = [ ./network.nix ];
    /// }
    /// # FILE: modules/network.nix
    /// { networking.useDHCP = true; }
    /// # FILE: modules/printing.nix
    /// { services.printing.enable = true; }
    /// #^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ nothing imports this module
    /// ```
    ///
    /// ```nix fixed
    /// # FILE: flake.nix
    /// {
    ///   outputs = { nixpkgs, ... }: {
    ///     nixosConfigurations.laptop = nixpkgs.lib.nixosSystem {
    ///       modules = [ ./modules ];
    ///     };
    ///   };
    /// }
    /// # FILE: modules/default.nix
    /// {
    ///   imports = [ ./network.nix ./printing.nix ];
    /// }
    /// # FILE: modules/network.nix
    /// { networking.useDHCP = true; }
    /// # FILE: modules/printing.nix
    /// { services.printing.enable = true; }
    /// ```
    ///
    /// ```nix good
    /// # FILE: flake.nix
    /// {
    ///   outputs = { nixpkgs, ... }: {
    ///     nixosConfigurations.laptop = nixpkgs.lib.nixosSystem {
    ///       modules = map (name: ./modules + "/${name}") (builtins.attrNames (builtins.readDir ./modules));
    ///     };
    ///   };
    /// }
    /// # FILE: modules/printing.nix
    /// { services.printing.enable = true; }
    /// ```
    ///
    /// A module counts as imported when any text of the project mentions its file,
    /// also in a comment, or the folder around it otherwise than to import the
    /// `default.nix` there: a function may read that folder. So does one that
    /// ez-configs, snowfall-lib or blueprint finds by its place. The rule is silent in
    /// projects without a list of hosts, where other libraries find hosts and modules by
    /// their place (nixos-unified, flakelight and others), where modules are handed out
    /// in a way that cannot be followed, and about templates, tests, packages, disk
    /// layouts and what else people build by hand.
    ///
    /// ## When to allow it
    ///
    /// When somebody outside of the project imports the module by its path. A file
    /// that a configuration starts from belongs into `roots` of `nixamine.toml`.
    ///
    /// ## Fix safety
    ///
    /// The fix adds the module to the imports of the `default.nix` next to it. That
    /// switches its settings on, so the fix is unsafe.
    pub struct UnimportedModule {
        name: "unimported-module",
        group: Workspace,
        severity: Warning,
        enabled: true,
        since: "0.1.0",
        effort: 5,
        fix: Some(Applicability::Unsafe),
        options: NoOptions,
    }
}

impl Rule for UnimportedModule {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check_file(&self, cx: &mut FileContext<'_>) {
        if !cx.view().is_unimported(cx.file()) || cx.facts().header.generated {
            return;
        }
        let text = cx.text();
        let start = usize::from(cx.facts().header.code_start);
        let rest = &text[start..];
        let len = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let range = TextRange::at(TextSize::new(start as u32), TextSize::new(len as u32));
        let finding = Diagnostic::new(&Self::META, range, "nothing imports this module")
            .help("import it, or remove it");
        cx.report(finding);
    }

    fn complete(&self, diagnostic: &mut Diagnostic, cx: &FileContext<'_>) {
        diagnostic.fixes.extend(import(cx));
    }
}

/// Adds the module to the imports of the nearest `default.nix`.
fn import(cx: &FileContext<'_>) -> Option<Fix> {
    let view = cx.view();
    let own = match path::file_name(cx.path()) {
        "default.nix" => path::parent(cx.path()),
        _ => cx.path(),
    };
    let mut folder = path::parent(own);
    for _ in 0..2 {
        let aggregator = match folder {
            "" => "default.nix".to_owned(),
            folder => format!("{folder}/default.nix"),
        };
        let mut documents = view.documents.iter();
        let found = documents.position(|it| **it.path() == *aggregator);
        if let Some(file) = found.filter(|file| *file != cx.file()) {
            return add_to(file, own, cx);
        }
        if folder.is_empty() {
            return None;
        }
        folder = path::parent(folder);
    }
    None
}

fn add_to(file: usize, own: &str, cx: &FileContext<'_>) -> Option<Fix> {
    let view = cx.view();
    let document = &view.documents[file];
    let module = document.facts().modules.first()?;
    let (ours, theirs) = (view.class(cx.file(), 0), view.class(file, 0));
    let same = ours == theirs || ours == Class::Unknown || theirs == Class::Unknown;
    if module.origin != Origin::File || !same {
        return None;
    }
    let plain = |import: &&crate::module::Import| {
        import.guards.is_empty() && matches!(import.target, Target::Path(_))
    };
    let last = module.imports.iter().rfind(plain)?;
    let path = path::relative(path::parent(document.path()), own);
    let text = &document.text()[..usize::from(last.range.start())];
    let line = &text[text.rfind('\n').map_or(0, |end| end + 1)..];
    // As the list is written.
    let between = match line.trim().is_empty() {
        true => format!("\n{line}"),
        false => " ".to_owned(),
    };
    let edit = Edit::insert(last.range.end(), format!("{between}{path}"));
    Some(Fix::new(
        Applicability::Unsafe,
        format!("import it in {}", document.path()),
        [edit.in_file(document.path().clone())],
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linter::{Source, analyze};
    use crate::testing::check;
    use crate::{Presence, Settings, Workspace};

    const FLAKE: &str = "{ outputs = { nixpkgs, self, ... }: {
  nixosConfigurations.a = nixpkgs.lib.nixosSystem { modules = [ ./host ]; };
  MORE
}; }";

    /// A module that nothing imports but what is said in the flake, the host and a
    /// third file.
    #[track_caller]
    fn lone(is_found: bool, flake: &str, host: &str, third: &str) {
        let mark = match is_found {
            true => "\n#^^^^^^^^^^^^^^^^^^^^^^^^^^^^ nothing imports this module",
            false => "",
        };
        let flake = FLAKE.replace("MORE", flake);
        check(
            &UnimportedModule::META,
            &format!(
                "# FILE: flake.nix\n{flake}\n# FILE: host/default.nix\n{host}\n\
                 # FILE: lists/third.nix\n{third}\n\
                 # FILE: mods/lone.nix\n{{ services.x.enable = true; }}{mark}\n"
            ),
        );
    }

    #[test]
    fn whatever_may_mean_a_module_imports_it() {
        let host = "{ imports = [ ../lists/third.nix ]; }";
        let third = "{ }";
        lone(true, "", host, third);
        lone(true, "src = ./.;", host, third);
        for flake in [
            "nixosModules.lone = ./mods/lone.nix;",
            "nixosModules = self.lib.find ./mods;",
            "x = flakelight { inherit inputs; };",
            // Which folder is meant, nobody knows.
            "x = blueprint { inherit inputs; prefix = f 1; };",
            "y = f ./.;",
            "z = builtins.readDir self;",
            "c = f \"${self}/mods\";",
        ] {
            lone(false, flake, host, third);
        }
        for imports in [
            "[ ../mods/lone.nix ]",
            "[ ../lists/third.nix ] # ../mods/lone.nix",
            "[ ../lists/third.nix ] ++ f ../mods",
            "map (name: ../mods/${name}.nix) [ \"lone\" ]",
            "[ (root \"mods/lone\") ]",
            "[ (import-tree ../mods) ]",
        ] {
            lone(false, "", &format!("{{ imports = {imports}; }}"), third);
        }
        lone(
            true,
            "",
            host,
            "{ x = [ ./a.nix \"https://example.org/mods/a\" ]; }",
        );
        lone(false, "", host, "{ x = { y = ../mods/lone.nix; }; }");
    }

    #[test]
    fn libraries_find_modules_by_their_place() {
        check(
            &UnimportedModule::META,
            "# FILE: flake.nix
{ outputs = inputs: inputs.snowfall-lib.mkFlake { inherit inputs; src = ./.; }; }
# FILE: modules/nixos/a/default.nix
{ services.x.enable = true; }
# FILE: modules/nixos/a/part.nix
{ services.x.enable = true; }
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^ nothing imports this module
# FILE: systems/x86_64-linux/pc/default.nix
{ services.x.enable = true; }
# FILE: systems/x86_64-linux/pc/part.nix
{ services.x.enable = true; }
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^ nothing imports this module
",
        );
        check(
            &UnimportedModule::META,
            "# FILE: flake.nix
{ outputs = inputs: inputs.parts.lib.mkFlake { } { imports = [ inputs.ez-configs.flakeModule ./ez.nix ]; }; }
# FILE: ez.nix
{ self, ... }: { ezConfigs = { root = ./.; nixos.modulesDirectory = \"${self}/mods\"; }; }
# FILE: mods/a.nix
{ services.x.enable = true; }
# FILE: mods/b/part.nix
{ services.x.enable = true; }
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^ nothing imports this module
# FILE: nixos-configurations/pc.nix
{ services.x.enable = true; }
",
        );
    }

    #[test]
    fn where_there_are_no_hosts() {
        let lone = "# FILE: mods/lone.nix\n{ services.x.enable = true; }";
        let flake = "{ outputs = { ... }: { nixosModules.a = ./a.nix; }; }";
        for text in [
            lone.to_owned(),
            format!("# FILE: flake.nix\n{flake}\n# FILE: a.nix\n{{ }}\n{lone}"),
            format!("# FILE: configuration.nix\n{{ imports = [ ./a.nix ]; }}\n{lone}"),
        ] {
            check(&UnimportedModule::META, &text);
        }
    }

    #[test]
    fn edits_elsewhere_decide() {
        let settings = Settings::default();
        let flake = FLAKE.replace("MORE", "");
        let documents = [
            ("flake.nix", flake.as_str()),
            ("host/default.nix", "{ x.y = [ ]; }"),
            ("mods/lone.nix", "{ services.x.enable = true; }"),
        ];
        let documents = documents.map(|(path, text)| analyze(Source::new(path, text), &settings));
        let mut workspace = Workspace::new(documents.into(), []);
        workspace.is_whole(Presence::nothing_else());
        workspace.join(&settings);
        let is_found = |workspace: &Workspace| {
            let lone = workspace.position("mods/lone.nix").expect("it is there");
            let found = workspace.findings(lone);
            found.iter().any(|it| it.rule().name == "unimported-module")
        };
        assert!(is_found(&workspace));
        for (text, expected) in [
            ("{ x.y = [ ../mods/lone.nix ]; }", false),
            ("{ x.y = [ ../mods/lon.nix ]; }", true),
            ("{ x.y = [ ../mods ]; }", false),
            ("{ x.y = [ ]; }", true),
            ("{ imports = [ ../mods/lone.nix ]; }", false),
            ("{ imports = [ ]; }", true),
        ] {
            let edited = workspace.open("host/default.nix", text, &settings);
            assert_eq!(is_found(&workspace), expected, "{text}");
            let lone = workspace.position("mods/lone.nix").expect("it is there");
            assert!(edited.others.contains(&lone), "{text}");
            // What a new run says.
            let fresh = workspace.check(&settings);
            let own = fresh
                .iter()
                .filter(|(file, _)| &*file.path == "mods/lone.nix");
            let fresh = own.filter(|(_, it)| it.rule.name == "unimported-module");
            assert_eq!(fresh.count(), usize::from(expected), "{text}");
        }
        workspace.open("other.nix", "import ./mods/lone.nix", &settings);
        assert!(!is_found(&workspace));
        workspace.remove("other.nix", &settings);
        assert!(is_found(&workspace));
    }
}
