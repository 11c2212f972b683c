//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Diagnostic, Related};
use crate::module::{Definition, Guard, Literal, is_option_root};
use crate::options::Known;
use crate::path;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::sorted;
use crate::syntax::TextRange;
use crate::workspace::{ModuleId, Place, View, WorkspaceContext};

declare_rule! {
    /// Several modules repeat the name of a user.
    ///
    /// ## Why
    ///
    /// A module that names `alice` is of no use for anybody else, and not even for her
    /// on the machine at work, where she has another account. When the name stands in
    /// one place, that place is all there is to change.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// # FILE: flake.nix
    /// {
    ///   outputs = { nixpkgs, ... }: {
    ///     nixosConfigurations.a = nixpkgs.lib.nixosSystem { modules = [ ./hosts/a.nix ./modules ]; };
    ///     nixosConfigurations.b = nixpkgs.lib.nixosSystem { modules = [ ./hosts/b.nix ./modules ]; };
    ///   };
    /// }
    /// # FILE: hosts/a.nix
    /// { services.getty.autologinUser = "alice"; }
    /// # FILE: hosts/b.nix
    /// { networking.hostName = "b"; }
    /// # FILE: modules/default.nix
    /// { imports = [ ./users.nix ./docker.nix ./sync.nix ]; }
    /// # FILE: modules/users.nix
    /// {
    ///   users.users.alice.isNormalUser = true;
    /// }
    /// # FILE: modules/docker.nix
    /// {
    ///   virtualisation.docker.enable = true;
    ///   users.users.alice.extraGroups = [ "docker" ];
    /// #             ^^^^^ several modules repeat the user name `alice`
    /// }
    /// # FILE: modules/sync.nix
    /// {
    ///   services.syncthing.user = "alice";
    /// #                           ^^^^^^^ several modules repeat the user name `alice`
    ///   nix.settings.trusted-users = [ "alice" ];
    /// }
    /// ```
    ///
    /// ```nix good
    /// # FILE: flake.nix
    /// {
    ///   outputs = { nixpkgs, ... }: {
    ///     nixosConfigurations.a = nixpkgs.lib.nixosSystem { modules = [ ./hosts/a.nix ./modules ]; };
    ///     nixosConfigurations.b = nixpkgs.lib.nixosSystem { modules = [ ./hosts/b.nix ./modules ]; };
    ///   };
    /// }
    /// # FILE: hosts/a.nix
    /// { my.user = "alice"; }
    /// # FILE: hosts/b.nix
    /// { my.user = "alice"; }
    /// # FILE: modules/default.nix
    /// { imports = [ ./users.nix ./docker.nix ]; }
    /// # FILE: modules/users.nix
    /// { config, lib, ... }:
    /// {
    ///   options.my.user = lib.mkOption {
    ///     type = lib.types.str;
    ///     description = "Whose machine it is.";
    ///   };
    ///   config.users.users.${config.my.user}.isNormalUser = true;
    /// }
    /// # FILE: modules/docker.nix
    /// { config, ... }:
    /// {
    ///   users.users.${config.my.user}.extraGroups = [ "docker" ];
    /// }
    /// ```
    ///
    /// Names are known from accounts with `isNormalUser = true`, from
    /// `home-manager.users` and from `home.username`. Uses are keys below `users.users`
    /// and its like, and settings for a user of the machine: `user`, `owner`,
    /// `trusted-users`. Each module is told once, and only where two or more repeat what
    /// another one defines. That one is silent, and so are files of one host, files and
    /// folders of the user's own name, and names that machines use for services.
    ///
    /// ## When to allow it
    ///
    /// When the module is about that very person.
    ///
    /// ## Fix safety
    ///
    /// There is no fix: an option of your own that each host sets, or an argument that
    /// `specialArgs` hands to all modules, is the usual way.
    pub struct HardcodedUsername {
        name: "hardcoded-username",
        group: Module,
        severity: Info,
        enabled: true,
        since: "0.1.0",
        effort: 10,
        fix: None,
        options: NoOptions,
    }
}

/// Accounts that are somebody's job, and names that may be anything.
const NOBODY: &[&str] = &[
    "root", "admin", "user", "guest", "me", "nix", "nixos", "git", "builder", "deploy", "media",
    "test", "demo", "share", "shared", "backup", "kiosk", "ssh", "server", "home",
];

impl Rule for HardcodedUsername {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn keys(&self, definition: &Definition, add: &mut dyn FnMut(&str)) {
        for (name, _) in named(definition) {
            if !NOBODY.contains(&name) {
                add(name);
            }
        }
    }

    fn check_key(&self, name: &str, places: &[Place], cx: &mut WorkspaceContext<'_>) {
        let view = cx.view();
        let mut uses: Vec<Use> = homes(view)
            .filter(|(of, _)| *of == name)
            .map(|it| it.1)
            .collect();
        let mut defining = Vec::new();
        for place in places {
            let definition = view.definition(*place);
            let known = named(definition).find(|(known, _)| *known == name);
            let found = known.map(|(_, range)| Use {
                file: place.file,
                module: place.module,
                range,
                is_home: false,
            });
            match defines(definition) {
                true => defining.extend(found.map(|it| (!is_username(definition), it))),
                false => uses.extend(found),
            }
        }
        // Nobody knows whose name it is, or that it is one.
        let account = defining.iter().find(|(is_account, _)| *is_account);
        let Some((_, home)) = account.or(defining.first()).copied() else {
            return;
        };
        uses.retain(|it| !defining.iter().any(|(_, other)| other.file == it.file));
        for it in repeated(view, name, uses, 2) {
            cx.report(it.file, finding(view, name, it, home, "defined here"));
        }
    }

    /// Names that only Home Manager knows.
    fn check_imports(&self, cx: &mut WorkspaceContext<'_>) {
        let view = cx.view();
        let mut names: Vec<_> = homes(view).map(|(name, _)| name).collect();
        sorted::sort(&mut names);
        names.dedup();
        names.retain(|name| !NOBODY.contains(name));
        for name in names {
            let own = homes(view).filter(|(of, _)| *of == name);
            let uses = repeated(view, name, own.map(|it| it.1).collect(), 3);
            for (at, it) in uses.iter().enumerate() {
                let other = uses[usize::from(at == 0)];
                cx.report(it.file, finding(view, name, *it, other, "and here"));
            }
        }
    }
}

/// A place that names a user.
#[derive(Clone, Copy)]
struct Use {
    file: usize,
    module: usize,
    range: TextRange,
    /// Is it the name of a home?
    is_home: bool,
}

/// Where it is said whose home is what follows: `home-manager.users.alice = …`.
fn homes<'w>(view: &View<'w>) -> impl Iterator<Item = (&'w str, Use)> {
    let documents = view.documents.iter().enumerate();
    documents.flat_map(|(file, document)| {
        let modules = document.facts.modules.iter();
        modules.filter_map(move |module| {
            let key = module.user.as_ref()?;
            let place = Use {
                file,
                module: module.parent.unwrap_or_default(),
                range: key.range,
                is_home: true,
            };
            Some((key.name.as_deref()?, place))
        })
    })
}

/// The first use in each module that is nobody's own, where there are enough of them. A
/// home goes first: it may be found in two ways.
fn repeated(view: &View<'_>, name: &str, mut uses: Vec<Use>, least: usize) -> Vec<Use> {
    uses.retain(|it| !is_own(view, *it, name));
    sorted::sort_by_key(&mut uses, |it| (it.file, !it.is_home, it.range.start()));
    uses.dedup_by_key(|it| it.file);
    if uses.len() < least { Vec::new() } else { uses }
}

fn finding(view: &View<'_>, name: &str, at: Use, other: Use, what: &str) -> Diagnostic {
    let message = format!("several modules repeat the user name `{name}`");
    let mut finding = Diagnostic::new(&HardcodedUsername::META, at.range, message).help(
        "take it from one place: an option of your own, or an argument that `specialArgs` hands over",
    );
    finding.related.push(Related {
        path: Some(view.documents[other.file].path().clone()),
        range: other.range,
        message: what.to_owned(),
    });
    finding
}

/// The users that a definition names, as a key or as (a part of) its value, and where.
fn named(definition: &Definition) -> impl Iterator<Item = (&str, TextRange)> {
    let path = &definition.path;
    let first = path.first().and_then(|key| key.name.as_deref());
    let has_users = matches!(
        first,
        Some("users" | "home-manager" | "hjem" | "environment")
    );
    let key = path.windows(2).skip(1).find_map(|pair| {
        let is_below = has_users && pair[0].name.as_deref() == Some("users");
        let name = pair[1].name.as_deref().filter(|_| is_below)?;
        Some((name, pair[1].range))
    });
    let (values, range): (&[Known], _) = match (&definition.known, path.last()) {
        (Known::List(items), Some(last)) => (items, last.range),
        (known, _) => (std::slice::from_ref(known), definition.value),
    };
    let values = if is_about_user(definition) {
        values
    } else {
        &[]
    };
    let values = values.iter().filter_map(move |known| match known {
        Known::Literal(Literal::String(name)) => Some((name.as_str(), range)),
        _ => None,
    });
    key.into_iter().chain(values)
}

/// Where users are those of another machine, of a service, or of the web.
const ELSEWHERE: &[&str] = &[
    "ssh",
    "git",
    "gh",
    "github",
    "jujutsu",
    "accounts",
    "matchBlocks",
    "database",
    "buildMachines",
];

/// Is its value a user of the machine, or several?
fn is_about_user(definition: &Definition) -> bool {
    let mut names = definition.path.iter().map(|key| key.name.as_deref());
    let is_local = names.clone().next().flatten().is_some_and(is_option_root)
        && !names.any(|name| name.is_some_and(|name| ELSEWHERE.contains(&name)));
    let last = definition.path.last().and_then(|key| key.name.as_deref());
    is_local
        && last.is_some_and(|key| {
            matches!(key, "user" | "users" | "owner" | "members" | "username")
                || ["User", "Users", "-users"]
                    .iter()
                    .any(|end| key.ends_with(end))
        })
        && last.is_some_and(|key| key != "username" || is_username(definition))
}

/// Is it `home.username`, here or for a user that the path names?
fn is_username(definition: &Definition) -> bool {
    matches!(
        definition.names().as_deref(),
        Some([.., "home", "username"])
    )
}

/// Does it make the account?
fn defines(definition: &Definition) -> bool {
    match definition.names().as_deref() {
        Some(["users", "users", _, "isNormalUser"]) => {
            definition.literal() == Some(&Literal::Bool(true))
        }
        _ => is_username(definition),
    }
}

/// Is it the user's own file, or that of one machine, or nobody's configuration?
fn is_own(view: &View<'_>, place: Use, name: &str) -> bool {
    let path = &**view.documents[place.file].path();
    let is_host = |part: &str| {
        matches!(
            part,
            "host" | "hosts" | "machine" | "machines" | "systems" | "nodes" | "configurations"
        )
    };
    // `e-alice.nix`, `home/alice@laptop`.
    let mut words = path.split(|c: char| !c.is_ascii_alphanumeric());
    let mut parts = path.split('/');
    parts.any(|part| part == name || is_host(part))
        || words.any(|word| word == name)
        || path::is_throwaway(path)
        || !is_shared(view, view.graph.id(place.file, place.module))
}

/// May several machines hold a module, as far as anybody can tell?
fn is_shared(view: &View<'_>, id: ModuleId) -> bool {
    let mut last: Option<&str> = None;
    let holding = view
        .graph
        .configurations
        .iter()
        .filter(|it| it.members.contains_key(&id));
    for it in holding {
        // `./hosts/${name}` is one for each of them.
        let mut chosen = it.start.iter().flat_map(|(_, guards)| guards);
        let has_choice = chosen.any(Guard::is_choice);
        let always = it.members[&id]
            .iter()
            .any(|way| !way.iter().any(Guard::is_choice));
        if has_choice && always || last.is_some_and(|last| last != it.name) {
            return true;
        }
        last = Some(&it.name);
    }
    last.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    /// Modules that two hosts import.
    #[track_caller]
    fn shared(modules: &[(&str, &str)]) {
        let imports: String = modules
            .iter()
            .map(|(path, _)| format!(" ./{path}"))
            .collect();
        let mut text = format!(
            "# FILE: flake.nix
{{ outputs = {{ nixpkgs, ... }}: {{
  nixosConfigurations.a = nixpkgs.lib.nixosSystem {{ modules = [ ./hosts/a.nix{imports} ]; }};
  nixosConfigurations.b = nixpkgs.lib.nixosSystem {{ modules = [ ./hosts/b.nix{imports} ]; }};
}}; }}
# FILE: hosts/a.nix
{{ networking.hostName = \"a\"; services.getty.autologinUser = \"alice\"; }}
# FILE: hosts/b.nix
{{ networking.hostName = \"b\"; services.getty.autologinUser = \"alice\"; }}
"
        );
        for (path, module) in modules {
            text += &format!("# FILE: {path}\n{module}\n");
        }
        check(&HardcodedUsername::META, &text);
    }

    #[test]
    fn keys_values_and_lists() {
        shared(&[
            (
                "users.nix",
                "{ users.users = { alice = { isNormalUser = true; extraGroups = [ ]; }; }; }",
            ),
            (
                "a.nix",
                "{ lib, ... }: {
  users.groups.docker.members = lib.mkAfter [ \"bob\" \"alice\" ];
#                     ^^^^^^^ several modules
  sops.secrets.x.owner = \"alice\";
}",
            ),
            (
                "b.nix",
                "{ ... }: { home-manager.users.\"alice\" = { programs.git.enable = true; }; }
#                             ^^^^^^^ several modules",
            ),
            (
                "c.nix",
                "{ environment.persistence.\"/keep\".users.alice.directories = [ ]; }
#                                       ^^^^^ several modules",
            ),
        ]);
    }

    #[test]
    fn what_is_no_user_of_the_machine() {
        shared(&[
            (
                "users.nix",
                "{ users.users.alice.isNormalUser = true; users.users.bob.isSystemUser = true; }",
            ),
            (
                "a.nix",
                "{ programs.ssh.matchBlocks.x.user = \"alice\"; services.a.user = \"bob\"; }",
            ),
            (
                "b.nix",
                "{ programs.git.settings.user.name = \"alice\"; services.b.user = \"bob\"; }",
            ),
            (
                "c.nix",
                "{ networking.domain = \"alice\"; services.d.email = \"alice\"; }",
            ),
            ("alice/d.nix", "{ services.c.user = \"alice\"; }"),
            ("e-alice.nix", "{ services.c.user = \"alice\"; }"),
        ]);
    }

    #[test]
    fn once_is_no_habit() {
        shared(&[
            (
                "users.nix",
                "{ users.users.alice.isNormalUser = true; services.a.user = \"alice\"; }",
            ),
            ("a.nix", "{ services.a.user = \"alice\"; }"),
        ]);
    }

    #[test]
    fn homes_inside_of_modules() {
        shared(&[
            ("users.nix", "{ users.users.alice.isNormalUser = true; }"),
            (
                "a.nix",
                "{ ... }: { home-manager.users.alice = { pkgs, ... }: { programs.git.enable = true; }; }
#                             ^^^^^ several modules",
            ),
            (
                "b.nix",
                "{ home-manager.users.alice.imports = [ ./c.nix ]; }
#                    ^^^^^ several modules",
            ),
            ("c.nix", "{ home.username = \"alice\"; programs.a.user = \"alice\"; }"),
        ]);
        // Nobody says that there is such an account.
        shared(&[
            (
                "a.nix",
                "{ home-manager.users.bob = ./d.nix; }
#                    ^^^ several modules",
            ),
            (
                "b.nix",
                "{ home-manager.users.bob.imports = [ ./d.nix ]; }
#                    ^^^ several modules",
            ),
            (
                "c.nix",
                "{ home-manager.users.bob = { programs.git.enable = true; }; }
#                    ^^^ several modules",
            ),
            (
                "d.nix",
                "{ home-manager.users.bob = { lib, ... }: { programs.git.enable = true; }; }
#                    ^^^ several modules",
            ),
        ]);
        // Others choose that name, too.
        shared(&[
            ("users.nix", "{ users.users.nixos.isNormalUser = true; }"),
            ("a.nix", "{ home-manager.users.nixos = ./c.nix; }"),
            (
                "b.nix",
                "{ home-manager.users.nixos.programs.git.enable = true; }",
            ),
        ]);
    }
}
