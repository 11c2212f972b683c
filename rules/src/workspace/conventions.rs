//! Where libraries look that find hosts and modules by their places.
//!
//! | library | hosts | homes | modules |
//! |---|---|---|---|
//! | ez-configs | `nixos-configurations/HOST`, `darwin-configurations/HOST` | `home-configurations/USER` | `nixos-modules/NAME` and so on; `default` goes into each |
//! | snowfall-lib | `systems/TARGET/HOST` | `homes/TARGET/USER@HOST` | `modules/nixos/**/default.nix` and so on, all of them in each |
//! | blueprint | `hosts/HOST/configuration.nix`, `darwin-configuration.nix` | `hosts/HOST/users/USER.nix` | `modules/nixos/NAME` and so on |
//!
//! What a flake tells such a library is read off its text by `module/convention.rs`.

use super::graph::Resolver;
use crate::linter::Document;
use crate::module::{Class, Convention, EzConfigs, EzSystem, Guard, Import, Layout, Spot};
use crate::path;
use crate::sorted;
use smol_str::SmolStr;

/// A library that finds hosts and modules by their places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Library {
    EzConfigs,
    Snowfall,
    Blueprint,
}

impl Library {
    /// The words by which flakes speak of it.
    pub(super) fn words(self) -> &'static [&'static str] {
        match self {
            Self::EzConfigs => &["ez-configs", "ezConfigs"],
            Self::Snowfall => &["snowfall"],
            Self::Blueprint => &["blueprint"],
        }
    }
}

/// What a library finds in a flake.
#[derive(Debug)]
pub(super) struct Found<'d> {
    pub(super) library: Library,
    /// The folder of the flake.
    pub(super) flake: &'d str,
    pub(super) hosts: Vec<Host<'d>>,
    /// The modules that the flake hands out.
    pub(super) exports: Vec<Export>,
    /// Folders of files that belong to a module system.
    areas: Vec<(String, Class)>,
}

/// A host or home.
#[derive(Debug)]
pub(super) struct Host<'d> {
    /// As the flake calls it.
    pub(super) name: SmolStr,
    pub(super) class: Class,
    /// Its modules, each a file, with the doubts about it.
    pub(super) modules: Vec<(usize, Option<Guard>)>,
    /// More modules, and the file that names them.
    pub(super) extras: Vec<(usize, &'d Import)>,
}

/// A module that a flake hands out.
#[derive(Debug)]
pub(super) struct Export {
    /// Its names.
    pub(super) names: Vec<String>,
    pub(super) class: Class,
    pub(super) file: usize,
}

impl Found<'_> {
    /// The files that have a name among the outputs.
    pub(super) fn named<'f>(&'f self, name: &'f str) -> impl Iterator<Item = usize> + 'f {
        let has_name = move |export: &&Export| export.names.iter().any(|own| own == name);
        self.exports.iter().filter(has_name).map(|it| it.file)
    }

    /// The module system that a file at such a place belongs to.
    pub(super) fn class_at(&self, path: &str) -> Class {
        let holding = self.areas.iter().filter(|(folder, _)| below(path, folder));
        holding
            .max_by_key(|(folder, _)| folder.len())
            .map_or(Class::Unknown, |(_, class)| *class)
    }
}

/// Does a path lie in a folder?
fn below(path: &str, folder: &str) -> bool {
    inside(path, folder).is_some()
}

/// A path, from a folder on in which it lies.
fn inside<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    match folder {
        "" => Some(path),
        folder => path.strip_prefix(folder)?.strip_prefix('/'),
    }
}

fn joined(folder: &str, name: &str) -> String {
    match folder {
        "" => name.to_owned(),
        folder => format!("{folder}/{name}"),
    }
}

/// What libraries find in all flakes.
pub(super) fn find<'d>(documents: &'d [Document], resolver: &Resolver<'d>) -> Vec<Found<'d>> {
    let mut all = Vec::new();
    let mut ez: sorted::Map<&str, Vec<(usize, &EzConfigs)>> = sorted::Map::new();
    for (file, document) in documents.iter().enumerate() {
        for convention in &document.facts.conventions {
            let flake = resolver.flake(document.path());
            let places = Places {
                documents,
                resolver,
                file,
                flake,
            };
            match &convention.layout {
                Layout::EzConfigs(own) => ez.or_insert(flake, Vec::new).push((file, own)),
                Layout::Snowfall(root) => all.extend(places.snowfall(root, convention)),
                Layout::Blueprint(root) => all.extend(places.blueprint(root)),
            }
        }
    }
    for (flake, parts) in ez {
        let places = Places {
            documents,
            resolver,
            file: parts[0].0,
            flake,
        };
        all.extend(places.ez_configs(&parts));
    }
    all.retain(|found| !found.hosts.is_empty() || !found.exports.is_empty());
    all
}

struct Places<'r, 'd> {
    documents: &'d [Document],
    resolver: &'r Resolver<'d>,
    /// The file that speaks to the library.
    file: usize,
    flake: &'d str,
}

impl<'d> Places<'_, 'd> {
    /// The folder that a file names.
    fn folder(&self, file: usize, spot: &Spot) -> Option<String> {
        let base = match spot.from_flake {
            true => self.flake,
            false => path::parent(self.documents[file].path()),
        };
        path::join(base, &spot.of(""))
    }

    /// The modules in a folder, by name: `NAME.nix`, else `NAME/default.nix` or another
    /// file of that folder.
    fn named(&self, folder: &str, file: &str) -> sorted::Map<&'d str, usize> {
        let mut found = sorted::Map::new();
        for (index, document) in self.documents.iter().enumerate() {
            let Some(rest) = inside(document.path(), folder) else {
                continue;
            };
            if let Some((name, rest)) = rest.split_once('/') {
                if rest == file {
                    found.or_insert(name, || index);
                }
            } else if let Some(name) = rest.strip_suffix(".nix") {
                found.insert(name, index);
            }
        }
        found
    }

    /// The files `TARGET/NAME/default.nix` of a folder. Of two with one name the last
    /// target has it.
    fn targeted(&self, folder: &str) -> sorted::Map<&'d str, (&'d str, usize)> {
        let mut found: sorted::Map<&str, (&str, usize)> = sorted::Map::new();
        for (index, document) in self.documents.iter().enumerate() {
            let rest = inside(document.path(), folder).unwrap_or_default();
            let parts: Vec<_> = rest.split('/').collect();
            if let [target, name, "default.nix"] = parts.as_slice() {
                let entry = found.or_insert(*name, || (*target, index));
                *entry = (*entry).max((*target, index));
            }
        }
        found
    }

    fn snowfall(&self, root: &Spot, convention: &'d Convention) -> Option<Found<'d>> {
        let root = self.folder(self.file, root)?;
        let mut found = Found {
            library: Library::Snowfall,
            flake: self.flake,
            hosts: Vec::new(),
            exports: Vec::new(),
            areas: Vec::new(),
        };
        for (kind, class) in [
            ("nixos", Class::NixOs),
            ("darwin", Class::Darwin),
            ("home", Class::HomeManager),
        ] {
            let folder = joined(&root, &format!("modules/{kind}"));
            for (file, document) in self.documents.iter().enumerate() {
                let Some(rest) = inside(document.path(), &folder) else {
                    continue;
                };
                if path::file_name(rest) == "default.nix" {
                    let name = path::parent(rest);
                    found.exports.push(Export {
                        names: vec![format!("{kind}Modules.{name}")],
                        class,
                        file,
                    });
                }
            }
            found.areas.push((folder, class));
        }
        let extras = |class: Class, name: &str| -> Vec<(usize, &'d Import)> {
            let wanted = convention.extras.iter().filter(|extra| {
                let is_system = extra.class == Class::Unknown && class != Class::HomeManager;
                (extra.class == class || is_system) && extra.of.as_ref().is_none_or(|of| of == name)
            });
            let modules = wanted.flat_map(|extra| &extra.modules);
            modules.map(|import| (self.file, import)).collect()
        };
        let systems = self.targeted(&joined(&root, "systems"));
        let systems = systems.into_iter().map(|(name, (target, file))| {
            let class = match target.contains("darwin") {
                true => Class::Darwin,
                false => Class::NixOs,
            };
            (name, class, file)
        });
        let homes = self.targeted(&joined(&root, "homes"));
        let homes = homes.into_iter();
        let homes = homes.map(|(name, (_, file))| (name, Class::HomeManager, file));
        for (name, class, file) in systems.chain(homes) {
            let shared = found.exports.iter().filter(|export| export.class == class);
            let files = std::iter::once(file).chain(shared.map(|export| export.file));
            found.hosts.push(Host {
                name: name.into(),
                class,
                modules: files.map(|file| (file, None)).collect(),
                extras: extras(class, name),
            });
        }
        Some(found)
    }

    fn blueprint(&self, root: &Spot) -> Option<Found<'d>> {
        let root = self.folder(self.file, root)?;
        let mut found = Found {
            library: Library::Blueprint,
            flake: self.flake,
            hosts: Vec::new(),
            exports: Vec::new(),
            areas: Vec::new(),
        };
        let modules = joined(&root, "modules");
        let mut kinds: Vec<&str> = self
            .documents
            .iter()
            .filter_map(|document| Some(inside(document.path(), &modules)?.split_once('/')?.0))
            .collect();
        sorted::sort(&mut kinds);
        kinds.dedup();
        for kind in kinds {
            let (output, class) = match kind {
                "nixos" => (Some("nixosModules"), Class::NixOs),
                "darwin" => (Some("darwinModules"), Class::Darwin),
                "home" => (Some("homeModules"), Class::HomeManager),
                _ => (None, Class::Unknown),
            };
            for (name, file) in self.named(&joined(&modules, kind), "default.nix") {
                let output = output.map(|output| format!("{output}.{name}"));
                let names = output.into_iter().chain([format!("modules.{kind}.{name}")]);
                found.exports.push(Export {
                    names: names.collect(),
                    class,
                    file,
                });
            }
        }
        let hosts = joined(&root, "hosts");
        let mut names: Vec<&str> = self
            .documents
            .iter()
            .filter_map(|document| Some(inside(document.path(), &hosts)?.split_once('/')?.0))
            .collect();
        sorted::sort(&mut names);
        names.dedup();
        for name in names {
            let folder = joined(&hosts, name);
            // Each excludes those behind it. A `default.nix` evaluates its modules itself.
            let entry = [
                ("default.nix", None),
                ("configuration.nix", Some(Class::NixOs)),
                ("rpi-configuration.nix", Some(Class::NixOs)),
                ("darwin-configuration.nix", Some(Class::Darwin)),
            ]
            .into_iter()
            .find_map(|(entry, class)| {
                Some((self.resolver.exact(&joined(&folder, entry))?, class))
            });
            if let Some((file, Some(class))) = entry {
                found.hosts.push(Host {
                    name: name.into(),
                    class,
                    modules: vec![(file, None)],
                    extras: Vec::new(),
                });
            }
            for (user, file) in self.named(&joined(&folder, "users"), "home-configuration.nix") {
                found.hosts.push(Host {
                    name: format!("{user}@{name}").into(),
                    class: Class::HomeManager,
                    modules: vec![(file, None)],
                    extras: Vec::new(),
                });
            }
        }
        Some(found)
    }

    fn ez_configs(&self, parts: &[(usize, &'d EzConfigs)]) -> Option<Found<'d>> {
        if parts.iter().any(|(_, part)| part.is_vague) {
            return None;
        }
        let own_root = |(file, part): &(usize, &EzConfigs)| {
            let root = part.root.as_ref()?;
            self.folder(*file, root)
        };
        let root = parts.iter().find_map(own_root);
        let system = |kind: &str, own: fn(&EzConfigs) -> &EzSystem| -> Option<Area<'d>> {
            let all = || parts.iter().map(|(file, part)| (*file, own(part)));
            let folder = |of: fn(&EzSystem) -> Option<&Spot>, usual: &str| match all()
                .find_map(|(file, own)| Some((file, of(own)?)))
            {
                Some((file, spot)) => self.folder(file, spot),
                None => Some(joined(root.as_deref()?, &format!("{kind}-{usual}"))),
            };
            let configurations = folder(|it| it.configurations.as_ref(), "configurations");
            let modules = folder(|it| it.modules.as_ref(), "modules");
            // `modules.nix` instead of the folder.
            let is_file = |folder: &String| self.resolver.exact(&format!("{folder}.nix")).is_some();
            if configurations.iter().chain(&modules).any(is_file) {
                return None;
            }
            let named = |folder: Option<&String>| match folder {
                Some(folder) => self.named(folder, "default.nix"),
                None => sorted::Map::new(),
            };
            Some(Area {
                entries: named(configurations.as_ref()),
                modules: named(modules.as_ref()),
                folders: configurations.into_iter().chain(modules).collect(),
                told: all().map(|(_, own)| own).collect(),
            })
        };
        let nixos = system("nixos", |it| &it.nixos)?;
        let darwin = system("darwin", |it| &it.darwin)?;
        let home = system("home", |it| &it.home)?;
        let mut found = Found {
            library: Library::EzConfigs,
            flake: self.flake,
            hosts: Vec::new(),
            exports: Vec::new(),
            areas: Vec::new(),
        };
        for (area, class, output) in [
            (&nixos, Class::NixOs, "nixosModules"),
            (&darwin, Class::Darwin, "darwinModules"),
            (&home, Class::HomeManager, "homeModules"),
        ] {
            let folders = area.folders.iter();
            let folders = folders.map(|folder| (folder.clone(), class));
            found.areas.extend(folders);
            let exports = area.modules.iter().map(|(name, file)| Export {
                names: vec![format!("{output}.{name}")],
                class,
                file: *file,
            });
            found.exports.extend(exports);
        }
        let mut hosts = Vec::new();
        for (area, class) in [(&nixos, Class::NixOs), (&darwin, Class::Darwin)] {
            for (name, file) in area.entries.iter() {
                let mut modules = vec![(*file, None)];
                modules.extend(area.default(name));
                hosts.push((*name, class));
                found.hosts.push(Host {
                    name: (*name).into(),
                    class,
                    modules,
                    extras: Vec::new(),
                });
            }
        }
        for (user, file) in home.entries.iter() {
            let is_in = |names: fn(&EzSystem) -> &[SmolStr]| {
                let mut all = home.told.iter().flat_map(|own| names(own));
                all.any(|name| name == user)
            };
            let mut add = |name: SmolStr, systems: &[&str], doubt: bool| {
                let mut modules = vec![(*file, None)];
                let default = home.default(user);
                let is_imported = default.is_some();
                let doubts = default.as_ref().and_then(|(_, doubt)| doubt.clone());
                modules.extend(default);
                for system in systems.iter().filter(|_| is_imported) {
                    let guard = doubt.then(|| Guard::doubt("stdenv", system));
                    let file = home.modules.get(system);
                    modules.extend(file.map(|file| (*file, guard.or(doubts.clone()))));
                }
                found.hosts.push(Host {
                    name,
                    class: Class::HomeManager,
                    modules,
                    extras: Vec::new(),
                });
            };
            if is_in(|own| &own.standalone) {
                add((*user).into(), &["linux", "darwin"], true);
                continue;
            }
            let is_renamed = is_in(|own| &own.renamed);
            let mut seen = Vec::new();
            for (host, class) in &hosts {
                let system = match class {
                    Class::Darwin => "darwin",
                    _ => "linux",
                };
                if !is_renamed {
                    add(format!("{user}@{host}").into(), &[system], false);
                } else if !seen.contains(&system) {
                    // What a function calls it nobody knows.
                    seen.push(system);
                    add(
                        self.documents[*file].path().as_ref().into(),
                        &[system],
                        false,
                    );
                }
            }
        }
        Some(found)
    }
}

/// What ez-configs knows of a module system.
struct Area<'d> {
    entries: sorted::Map<&'d str, usize>,
    modules: sorted::Map<&'d str, usize>,
    folders: Vec<String>,
    told: Vec<&'d EzSystem>,
}

impl Area<'_> {
    /// The module that everybody imports, if this one does.
    fn default(&self, name: &str) -> Option<(usize, Option<Guard>)> {
        let file = *self.modules.get(&"default")?;
        let own = self.told.iter().flat_map(|own| &own.defaults);
        let mut own = own.filter(|(of, _)| of == name).map(|(_, known)| *known);
        let doubtful = self.told.iter().any(|own| own.is_doubtful);
        let is_imported = own.next_back().unwrap_or((!doubtful).then_some(true));
        match is_imported {
            Some(true) => Some((file, None)),
            Some(false) => None,
            None => Some((file, Some(Guard::doubt("importDefault", name)))),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::linter::{Source, analyze};
    use crate::syntax::{TextEdit, TextRange};
    use crate::{Settings, Workspace};

    /// The hosts that are certain, a line each: module system, name, and the files of
    /// its modules, each with a `?` where that is in doubt. A file without a text holds
    /// a setting.
    #[track_caller]
    fn finds(files: &[(&str, &str)], expected: &[&str]) {
        let settings = Settings::default();
        let document = |(path, text): &(&str, &str)| {
            let text = match *text {
                "" => "{ services.x.enable = true; }",
                text => text,
            };
            analyze(Source::new(*path, text), &settings)
        };
        let workspace = Workspace::new(files.iter().map(document).collect(), []);
        let graph = workspace.graph(&settings);
        let line = |it: &crate::workspace::Configuration| {
            let mut members: Vec<_> = it
                .members
                .iter()
                .map(|(id, ways)| {
                    let path = workspace.documents[graph.place(*id).0].path();
                    let is_sure = ways.iter().any(Vec::is_empty);
                    format!("{path}{}", if is_sure { "" } else { "?" })
                })
                .collect();
            members.sort();
            format!("{:?} {}: {}", it.class, it.name, members.join(" "))
        };
        let certain = graph.configurations.iter().filter(|it| it.certain);
        let found: Vec<_> = certain.map(line).collect();
        assert_eq!(found, expected);
    }

    /// Nothing is followed.
    #[track_caller]
    fn leaves(files: &[(&str, &str)]) {
        finds(files, &[]);
    }

    /// A flake with these files.
    fn flake<'t>(outputs: &'t str, others: &[(&'t str, &'t str)]) -> Vec<(&'t str, &'t str)> {
        let mut files = others.to_vec();
        files.push(("flake.nix", outputs));
        files.sort_unstable();
        files
    }

    const SNOWFALL: &[(&str, &str)] = &[
        ("homes/x86_64-linux/ann@pc/default.nix", ""),
        ("modules/darwin/dock/default.nix", ""),
        ("modules/home/shell/default.nix", ""),
        ("modules/nixos/a/b/default.nix", ""),
        ("modules/nixos/a/b/part.nix", ""),
        (
            "modules/nixos/c/default.nix",
            "{ imports = [ ./more.nix ]; }",
        ),
        ("modules/nixos/c/more.nix", ""),
        ("systems/aarch64-darwin/mac/default.nix", ""),
        ("systems/x86_64-install-iso/usb/default.nix", ""),
        ("systems/x86_64-linux/pc/default.nix", ""),
        ("systems/x86_64-linux/pc/disks.nix", ""),
    ];

    #[test]
    fn snowfall_takes_all_modules() {
        let modules = "modules/nixos/a/b/default.nix modules/nixos/c/default.nix \
                       modules/nixos/c/more.nix";
        let expected = [
            "Darwin mac: modules/darwin/dock/default.nix systems/aarch64-darwin/mac/default.nix",
            &format!("NixOs pc: {modules} systems/x86_64-linux/pc/default.nix"),
            &format!("NixOs usb: {modules} systems/x86_64-install-iso/usb/default.nix"),
            "HomeManager ann@pc: homes/x86_64-linux/ann@pc/default.nix \
             modules/home/shell/default.nix",
        ];
        for outputs in [
            "inputs: inputs.snowfall-lib.mkFlake { inherit inputs; src = ./.; }",
            "{ snowfall-lib, self, ... }@inputs: snowfall-lib.mkFlake { inherit inputs; src = self; }",
            "inputs: let lib = inputs.snowfall-lib.mkLib { inherit inputs; src = ./.; }; \
             in lib.mkFlake { overlays = [ ]; } // { x = 1; }",
            "{ nixpkgs, ... }@inputs: let lib = nixpkgs.lib; in inputs.snowfall.mkFlake { \
             src = lib.cleanSourceWith { src = ./.; filter = lib.id; }; }",
        ] {
            let text = format!("{{ outputs = {outputs}; }}");
            finds(&flake(&text, SNOWFALL), &expected);
        }
    }

    #[test]
    fn snowfall_below_another_folder_and_with_more_modules() {
        let others = [
            ("extra/all.nix", ""),
            ("extra/home.nix", ""),
            ("extra/pc.nix", ""),
            ("nix/homes/x86_64-linux/ann/default.nix", ""),
            ("nix/systems/x86_64-linux/lap/default.nix", ""),
            ("nix/systems/x86_64-linux/pc/default.nix", ""),
            ("systems/x86_64-linux/old/default.nix", ""),
        ];
        let text = "{ outputs = inputs: inputs.snowfall-lib.mkFlake {
          src = ./.;
          snowfall = { namespace = \"x\"; root = ./nix; };
          systems.modules.nixos = with inputs; [ ./extra/all.nix disko.nixosModules.disko ];
          systems.hosts = { pc.modules = [ ./extra/pc.nix ]; lap.specialArgs = { }; };
          homes.modules = [ ./extra/home.nix ];
        }; }";
        let expected = [
            "NixOs lap: extra/all.nix nix/systems/x86_64-linux/lap/default.nix",
            "NixOs pc: extra/all.nix extra/pc.nix nix/systems/x86_64-linux/pc/default.nix",
            "HomeManager ann: extra/home.nix nix/homes/x86_64-linux/ann/default.nix",
        ];
        finds(&flake(text, &others), &expected);
    }

    #[test]
    fn what_snowfall_is_told_may_not_be_known() {
        for outputs in [
            "inputs: inputs.snowfall-lib.mkFlake { src = inputs.other; }",
            "inputs: inputs.snowfall-lib.mkFlake (f { src = ./.; })",
            "inputs: inputs.snowfall-lib.mkFlake { inherit (f inputs) src; }",
            "inputs: inputs.snowfall-lib.mkFlake { src = ./.; snowfall.root = f ./.; }",
            // Somebody else's, in a file that speaks of snowfall.
            "inputs: inputs.parts.mkFlake { src = ./.; }",
        ] {
            leaves(&flake(&format!("{{ outputs = {outputs}; }}"), SNOWFALL));
        }
    }

    const EZ: &[(&str, &str)] = &[
        ("darwin-configurations/mac.nix", ""),
        (
            "home-configurations/ann.nix",
            "{ ezModules, ... }: { imports = [ ezModules.shell ]; }",
        ),
        ("home-modules/default.nix", ""),
        ("home-modules/linux.nix", ""),
        ("home-modules/shell.nix", ""),
        (
            "nixos-configurations/pc/default.nix",
            "{ ezModules, ... }: { imports = with ezModules; [ shell ]; }",
        ),
        ("nixos-configurations/pc/disks.nix", ""),
        ("nixos-modules/default.nix", ""),
        (
            "nixos-modules/shell/default.nix",
            "{ home-manager.sharedModules = [ ({ ezModules, ... }: { imports = [ ezModules.shell ]; }) ]; }",
        ),
    ];

    #[test]
    fn ez_configs_takes_the_default_modules() {
        let home = "home-configurations/ann.nix home-modules/default.nix";
        let expected = [
            "NixOs pc: nixos-configurations/pc/default.nix nixos-modules/default.nix \
             nixos-modules/shell/default.nix",
            "Darwin mac: darwin-configurations/mac.nix",
            &format!("HomeManager ann@pc: {home} home-modules/linux.nix home-modules/shell.nix"),
            &format!("HomeManager ann@mac: {home} home-modules/shell.nix"),
            "HomeManager nixos-modules/shell/default.nix: home-modules/shell.nix \
             nixos-modules/shell/default.nix nixos-modules/shell/default.nix",
        ];
        for settings in [
            "ezConfigs.root = ./.;",
            "ezConfigs = { root = self; globalArgs = { inherit self; }; };",
            "ezConfigs = let root = \"${self}\"; in { inherit root; \
             nixos.modulesDirectory = root + \"/nixos-modules\"; };",
            "ezConfigs = let root = config.ezConfigs.root + \"/home-modules\"; in { root = ./.; \
             home.modulesDirectory = root; nixos.hosts.pc.userHomeModules = [ \"ann\" ]; };",
            "ezConfigs.root = ./.; ezConfigs.nixos.hosts = builtins.readDir ./nixos-configurations \
             |> lib.concatMapAttrs (name: _: { ${name}.userHomeModules = [ \"ann\" ]; });",
        ] {
            let text = format!(
                "{{ outputs = i: i.parts.lib.mkFlake {{ }} ({{ self, lib, config, ... }}: {{ {settings} }}); }}"
            );
            finds(&flake(&text, EZ), &expected);
        }
    }

    #[test]
    fn ez_configs_may_be_told_otherwise() {
        let others = [
            ("home/ann.nix", ""),
            ("home/bob.nix", ""),
            ("home-modules/default.nix", ""),
            ("home-modules/linux.nix", ""),
            ("hosts/lap.nix", ""),
            ("hosts/pc.nix", ""),
            ("hosts/srv.nix", ""),
            ("nixos-modules/default.nix", ""),
            (
                "settings.nix",
                "{ f, ... }: { ezConfigs.nixos.hosts = { pc.importDefault = false; srv = f 1; }; }",
            ),
        ];
        let text = "{ outputs = i: i.parts.lib.mkFlake { } { ezConfigs = {
          root = ./.;
          nixos.configurationsDirectory = ./hosts;
          home.configurationsDirectory = ./home;
          home.users.ann = { importDefault = false; nameFunction = host: \"ann\"; };
          home.users.bob.standalone = { enable = true; pkgs = i.pkgs; };
        }; }; }";
        let expected = [
            "NixOs lap: hosts/lap.nix nixos-modules/default.nix",
            "NixOs pc: hosts/pc.nix",
            "NixOs srv: hosts/srv.nix nixos-modules/default.nix?",
            "HomeManager home/ann.nix: home/ann.nix",
            "HomeManager bob: home-modules/default.nix home-modules/linux.nix? home/bob.nix",
        ];
        finds(&flake(text, &others), &expected);
    }

    #[test]
    fn what_ez_configs_is_told_may_not_be_known() {
        for settings in [
            "ezConfigs.root = dir;",
            "ezConfigs = f { root = ./.; };",
            "ezConfigs = lib.mkIf dir { root = ./.; };",
            "ezConfigs = { root = ./.; nixos = f 1; };",
            "ezConfigs = { root = ./.; more = 1; };",
            "ezConfigs = { root = ./.; nixos.modulesDirectory = dir; };",
            "packages = { ezConfigs = ./.; };",
        ] {
            let text = format!(
                "{{ outputs = i: i.parts.lib.mkFlake {{ }} ({{ f, dir, lib, ... }}: {{ {settings} }}); }}"
            );
            let hosts = &EZ[..1];
            leaves(&flake(&text, hosts));
        }
    }

    const BLUEPRINT: &[(&str, &str)] = &[
        ("nix/hosts/mac/darwin-configuration.nix", ""),
        ("nix/hosts/mac/users/ann.nix", ""),
        ("nix/hosts/own/configuration.nix", ""),
        (
            "nix/hosts/own/default.nix",
            "{ inputs, ... }: { class = \"nixos\"; }",
        ),
        (
            "nix/hosts/pc/configuration.nix",
            "{ flake, inputs, ... }: { imports = [ flake.modules.nixos.ssh inputs.self.nixosModules.vpn ]; }",
        ),
        ("nix/hosts/pc/darwin-configuration.nix", ""),
        (
            "nix/hosts/pc/users/ann/home-configuration.nix",
            "{ flake, ... }: { imports = [ flake.homeModules.shell ]; }",
        ),
        ("nix/hosts/pc/users/ann/shell.nix", ""),
        ("nix/modules/home/shell.nix", ""),
        ("nix/modules/nixos/ssh.nix", ""),
        ("nix/modules/nixos/unused.nix", ""),
        ("nix/modules/nixos/vpn/default.nix", ""),
    ];

    #[test]
    fn blueprint_names_modules() {
        let expected = [
            "Darwin mac: nix/hosts/mac/darwin-configuration.nix",
            "HomeManager ann@mac: nix/hosts/mac/users/ann.nix",
            "NixOs pc: nix/hosts/pc/configuration.nix nix/modules/nixos/ssh.nix \
             nix/modules/nixos/vpn/default.nix",
            "HomeManager ann@pc: nix/hosts/pc/users/ann/home-configuration.nix \
             nix/modules/home/shell.nix",
        ];
        for outputs in [
            "inputs: inputs.blueprint { inherit inputs; prefix = \"nix\"; }",
            "{ blueprint, ... }@inputs: blueprint { inherit inputs; prefix = ./nix; } // { x = 1; }",
        ] {
            let text = format!("{{ outputs = {outputs}; }}");
            finds(&flake(&text, BLUEPRINT), &expected);
        }
        for outputs in [
            "inputs: inputs.blueprint { inherit inputs; prefix = f 1; }",
            "inputs: inputs.blueprint { inherit inputs; }",
            "inputs: blueprint { prefix = \"nix\"; }",
        ] {
            leaves(&flake(&format!("{{ outputs = {outputs}; }}"), BLUEPRINT));
        }
    }

    #[test]
    fn edits_give_what_a_new_run_gives() {
        let settings = Settings::default();
        let part = "{ inputs, ... }:\n{\n  imports = [ inputs.ez.flakeModule ];\n  a.b = 1;\n}\n";
        let told = "{ inputs, ... }:\n{\n  a.b = 1;\n  ezConfigs = {\n    root = ./.;\n  };\n}\n";
        let mut files = EZ.to_vec();
        files.extend([("flake.nix", "{ outputs = i: { }; }"), ("part.nix", part)]);
        let documents = files.iter().map(|(path, text)| {
            let text = if text.is_empty() {
                "{ a.b = 1; }"
            } else {
                text
            };
            analyze(Source::new(*path, text), &settings)
        });
        let mut workspace = Workspace::new(documents.collect(), []);
        workspace.join(&settings);
        workspace.open("part.nix", part, &settings);
        let hosts = |workspace: &Workspace| {
            let graph = workspace.graph(&settings);
            graph.configurations.iter().filter(|it| it.certain).count()
        };
        let before = hosts(&workspace);
        for (text, more) in [
            (told.to_owned(), 4),
            (told.replace("root = ./.", "root = f ./."), 0),
            (told.to_owned(), 4),
            (
                told.replace(
                    "root = ./.;",
                    "root = ./.; nixos.configurationsDirectory = ./x;",
                ),
                2,
            ),
            (told.replace("ezConfigs", "ezConfig"), 0),
            (part.to_owned(), 0),
        ] {
            // What differs, as somebody types it.
            let file = workspace.position("part.nix").expect("it is there");
            let old = workspace.documents[file].text().to_string();
            let same = |(a, b): &(u8, u8)| a == b;
            let start = old.bytes().zip(text.bytes()).take_while(same).count();
            let most = old.len().min(text.len()) - start;
            let ends = old.bytes().rev().zip(text.bytes().rev());
            let end = ends.take_while(same).count().min(most);
            let edit = TextEdit {
                range: TextRange::new((start as u32).into(), ((old.len() - end) as u32).into()),
                text: text[start..text.len() - end].to_owned(),
            };
            workspace.edit("part.nix", &[edit], &settings);
            assert_eq!(workspace.documents[file].text().as_ref(), text);
            assert_eq!(hosts(&workspace), before + more, "{text}");
        }
    }
}
