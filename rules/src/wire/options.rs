//! What is known of an option, for people and programs: what it is, what sets it,
//! and which setting wins where.

use super::{Measured, Offsets, Range};
use crate::knowledge::{self, Knowledge, Listed, OptionFacts, Site, Stand};
use crate::module::{Class, Definition};
use crate::options::Declared;
use crate::sorted;
use crate::workspace::dotted;
use rustc_hash::FxHashMap;
use serde::Serialize;

/// An option, with all that is known of it.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OptionForm {
    /// Its path, as people write it.
    pub name: String,
    /// The names of its path.
    pub path: Vec<String>,
    /// The module system it belongs to: `nixos`, `home-manager`, `darwin`, `neovim`,
    /// `flake-parts`.
    pub class: Option<&'static str>,
    /// Is it declared, as far as Nixamine can see?
    pub declared: bool,
    /// Its type, in the words of nixpkgs' manual.
    pub r#type: Option<String>,
    /// Its default, as Nix.
    pub default: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// What became of an option that is gone.
    pub gone: Option<String>,
    /// May nobody set it but its declaration?
    pub read_only: bool,
    /// Where the project declares it.
    pub declarations: Vec<Location>,
    /// What sets it, or something in it.
    pub settings: Vec<SettingForm>,
    /// What becomes of these, by host.
    pub outcomes: Vec<OutcomeForm>,
}

/// An option in the list of those that a workspace declares or sets.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ListedForm {
    /// Its path, as people write it.
    pub name: String,
    /// The module system, as in [`OptionForm::class`].
    pub class: Option<&'static str>,
    /// Does the workspace declare it?
    pub declared: bool,
    /// How many definitions of it, or of something in it, there are.
    pub settings: usize,
}

impl ListedForm {
    /// The form of an option.
    pub fn new(listed: &Listed) -> Self {
        let names: Vec<&str> = listed.path.iter().map(AsRef::as_ref).collect();
        Self {
            name: dotted(&names),
            class: class_name(listed.class),
            declared: listed.declared,
            settings: listed.settings,
        }
    }
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Location {
    /// The file.
    pub path: String,
    /// Where in it.
    pub range: Range,
}

/// Something that sets an option.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SettingForm {
    /// What it sets, if that is only a part of the option, or more than it.
    pub name: Option<String>,
    /// Where.
    pub place: Location,
    /// The text of the value, on one line and cut where it is long.
    pub value: String,
    /// Its priorities, the outermost first: 50 is `mkForce`, 1000 `mkDefault`. Empty
    /// for a plain setting, which has 100.
    pub priorities: Vec<u32>,
}

/// What becomes of the settings on some hosts.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OutcomeForm {
    /// The hosts, or the files that configurations start from.
    pub hosts: Vec<String>,
    /// The settings that they have, winners first.
    pub standings: Vec<StandingForm>,
}

/// What becomes of a setting.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StandingForm {
    /// `wins`, `merges` (is part of the value), `ties` (another one has the same
    /// priority, and the type is not known), `conflicts` (another one has, and both
    /// cannot be), `may` (if its conditions hold) or `loses`.
    pub result: &'static str,
    /// Its position among the settings.
    pub setting: usize,
    /// The position of the setting that it loses to.
    pub to: Option<usize>,
    /// The conditions under which it holds.
    pub conditions: Vec<String>,
}

/// Which file imports which.
#[derive(Debug, Clone, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ImportGraph {
    /// The files with modules.
    pub files: Vec<String>,
    /// What starts where: hosts, and the positions of the files that they hold.
    pub hosts: Vec<HostForm>,
    /// The imports.
    pub imports: Vec<ImportLine>,
}

/// What one evaluation holds.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HostForm {
    /// Its name, or the file that it starts from.
    pub name: String,
    /// The module system.
    pub class: Option<&'static str>,
    /// The positions of its files.
    pub files: Vec<usize>,
}

/// An import of one file by another, by their positions.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ImportLine {
    /// The file that imports.
    pub from: usize,
    /// The file that is imported.
    pub to: usize,
    /// Only under a condition?
    pub conditional: bool,
}

/// The longest text of a value that is shown.
const LONGEST: usize = 72;

/// Makes forms, and remembers where lines of files start.
pub struct Former<'k, 'w> {
    knowledge: &'k Knowledge<'w>,
    show: &'k dyn Fn(&str) -> String,
    offsets: Offsets,
    measured: FxHashMap<usize, Measured>,
}

impl<'k, 'w> Former<'k, 'w> {
    /// For paths as `show` writes them.
    pub fn new(
        knowledge: &'k Knowledge<'w>,
        show: &'k dyn Fn(&str) -> String,
        offsets: Offsets,
    ) -> Self {
        Self {
            knowledge,
            show,
            offsets,
            measured: FxHashMap::default(),
        }
    }

    /// A place.
    pub fn place(&mut self, site: Site) -> Location {
        let document = &self.knowledge.documents()[site.file];
        let offsets = self.offsets;
        let measured = self.measured.entry(site.file);
        let measured = measured.or_insert_with(|| Measured::new(document.text().clone(), offsets));
        Location {
            path: (self.show)(document.path()),
            range: measured.range(site.range),
        }
    }

    /// An option.
    pub fn option(&mut self, facts: &OptionFacts<'_>) -> OptionForm {
        let declared = facts.declared.first();
        let is_option = facts.len == facts.path.len();
        let own = declared.filter(|_| is_option);
        let settings = facts.settings.iter().map(|setting| SettingForm {
            name: (setting.definition.path.len() != facts.path.len())
                .then(|| written(setting.definition)),
            place: self.place(setting.site),
            value: self.value(setting.site.file, setting.definition),
            priorities: setting
                .definition
                .priorities
                .iter()
                .map(|it| it.1)
                .collect(),
        });
        let settings = settings.collect();
        let sites = facts.declarations.iter();
        OptionForm {
            name: facts.name(),
            path: facts.path.iter().map(ToString::to_string).collect(),
            class: class_name(facts.class),
            declared: declared.is_some(),
            r#type: facts
                .ty
                .map(ToString::to_string)
                .filter(|text| text != "unknown"),
            default: own.and_then(|it| Some(it.default.as_ref()?.text.to_string())),
            description: facts
                .description
                .filter(|_| is_option)
                .map(|it| it.trim().to_owned()),
            gone: declared.and_then(|declared| gone(declared)),
            read_only: own.is_some_and(|it| it.says.read_only),
            declarations: sites.map(|site| self.place(*site)).collect(),
            settings,
            outcomes: facts.outcomes.iter().map(outcome).collect(),
        }
    }

    fn value(&self, file: usize, definition: &Definition) -> String {
        let text = self.knowledge.documents()[file].text();
        let text = &text[std::ops::Range::<usize>::from(definition.value)];
        let mut line = String::new();
        for word in text.split_whitespace() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
            if line.len() > LONGEST {
                let end = (0..=LONGEST).rev().find(|at| line.is_char_boundary(*at));
                line.truncate(end.unwrap_or(0));
                line.push('…');
                break;
            }
        }
        line
    }
}

fn gone(declared: &Declared) -> Option<String> {
    let renamed = declared.renamed.as_ref()?;
    if let Some(to) = &renamed.to {
        let names: Vec<&str> = to.iter().map(|name| name.as_str()).collect();
        return Some(format!("it is `{}` now", dotted(&names)));
    }
    let message = renamed.message.as_deref().unwrap_or("it was removed");
    Some(message.trim().to_owned())
}

/// The path of a definition, computed names as `*`.
fn written(definition: &Definition) -> String {
    let names = definition.path.iter();
    let names: Vec<&str> = names
        .map(|key| key.name.as_deref().unwrap_or("*"))
        .collect();
    dotted(&names)
}

fn outcome(outcome: &knowledge::Outcome) -> OutcomeForm {
    let standings = outcome.standings.iter().map(|standing| {
        let (result, to) = match standing.stand {
            Stand::Wins => ("wins", None),
            Stand::Merges => ("merges", None),
            Stand::Ties => ("ties", None),
            Stand::Conflicts => ("conflicts", None),
            Stand::May => ("may", None),
            Stand::Loses(to) => ("loses", Some(to)),
        };
        StandingForm {
            result,
            setting: standing.setting,
            to,
            conditions: standing.conditions.clone(),
        }
    });
    OutcomeForm {
        hosts: outcome.hosts.iter().map(ToString::to_string).collect(),
        standings: standings.collect(),
    }
}

impl ImportGraph {
    /// The imports of a workspace, with paths as `show` writes them.
    pub fn new(knowledge: &Knowledge<'_>, show: &dyn Fn(&str) -> String) -> Self {
        let mut files: Vec<usize> = Vec::new();
        let hosts = knowledge.hosts();
        let edges = knowledge.imports();
        files.extend(hosts.iter().flat_map(|host| knowledge.files(host)));
        files.extend(edges.iter().flat_map(|edge| [edge.from, edge.to]));
        sorted::sort(&mut files);
        files.dedup();
        let position = |file: usize| files.binary_search(&file).unwrap_or_default();
        let line = |edge: &knowledge::ImportEdge| ImportLine {
            from: position(edge.from),
            to: position(edge.to),
            conditional: edge.conditional,
        };
        let host = |host: &knowledge::Host<'_>| HostForm {
            name: host.name.to_string(),
            class: class_name(host.configuration.class),
            files: knowledge.files(host).into_iter().map(position).collect(),
        };
        Self {
            hosts: hosts.iter().map(host).collect(),
            imports: edges.iter().map(line).collect(),
            files: files
                .iter()
                .map(|file| show(knowledge.path(*file)))
                .collect(),
        }
    }
}

pub(super) fn class_name(class: Class) -> Option<&'static str> {
    match class {
        Class::Unknown => None,
        Class::NixOs => Some("nixos"),
        Class::HomeManager => Some("home-manager"),
        Class::Darwin => Some("darwin"),
        Class::Neovim => Some("neovim"),
        Class::FlakeParts => Some("flake-parts"),
    }
}
