//! Where a repository stands: scores, the audit checklist, debt, and what to do first.
//!
//! Doors bring what only they know (which files there are besides, earlier reports,
//! the day) and carry the [`Audit`] out, as data or as one of the pages that are
//! written here.

mod badge;
mod checklist;
mod html;
mod markdown;
pub mod score;

pub use badge::badge;
pub use html::html;
pub use markdown::{counted_as, gain, hours, markdown};
pub use score::Score;

use crate::config::Settings;
use crate::diagnostic::{Applicability, Diagnostic, Severity};
use crate::linter::Document;
use crate::module::Class;
use crate::path;
use crate::rule::{Group, RuleMeta, Topic};
use crate::rules;
use crate::sorted;
use crate::syntax::{Encoding, LineIndex};
use crate::wire::{self, ImportGraph};
use crate::workspace::{Asks, Standing, Workspace};
use checklist::{About, Answer, Figure};
use score::{Share, mean, points, share_of, share_of_points};
use serde::{Deserialize, Serialize};

/// The version of the form.
pub const VERSION: u32 = 1;

/// What is scored by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Area {
    /// Modules of machines.
    Nixos,
    /// Modules of homes.
    Home,
    /// How modules fit together.
    Architecture,
    /// What tells people what things are for.
    Documentation,
    /// Who may come in, and what must never change by accident.
    Security,
    /// What keeps the repository as it is.
    Tooling,
}

impl Area {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Nixos,
        Self::Home,
        Self::Architecture,
        Self::Documentation,
        Self::Security,
        Self::Tooling,
    ];

    /// The name in configuration and data.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nixos => "nixos",
            Self::Home => "home",
            Self::Architecture => "architecture",
            Self::Documentation => "documentation",
            Self::Security => "security",
            Self::Tooling => "tooling",
        }
    }

    /// What people call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Nixos => "NixOS modules",
            Self::Home => "Home Manager modules",
            Self::Architecture => "Architecture",
            Self::Documentation => "Documentation",
            Self::Security => "Security and operation",
            Self::Tooling => "Tooling",
        }
    }
}

/// How much each area weighs; as a table of `nixamine.toml`.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, default))]
pub struct Weights {
    nixos: u8,
    home: u8,
    architecture: u8,
    documentation: u8,
    security: u8,
    tooling: u8,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            nixos: 25,
            home: 25,
            architecture: 15,
            documentation: 15,
            security: 10,
            tooling: 10,
        }
    }
}

impl Weights {
    /// The weight of an area.
    pub fn of(mut self, area: Area) -> u8 {
        *self.at(area)
    }

    /// Changes the weight of an area.
    pub fn set(&mut self, area: Area, weight: u8) {
        *self.at(area) = weight;
    }

    fn at(&mut self, area: Area) -> &mut u8 {
        match area {
            Area::Nixos => &mut self.nixos,
            Area::Home => &mut self.home,
            Area::Architecture => &mut self.architecture,
            Area::Documentation => &mut self.documentation,
            Area::Security => &mut self.security,
            Area::Tooling => &mut self.tooling,
        }
    }
}

/// What only a door knows.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// What the repository is called.
    pub name: String,
    /// The day, as `2026-11-24`.
    pub date: Option<String>,
    /// The paths of all files, Nix or not, relative to the root; hidden ones as well.
    pub files: Vec<String>,
    /// Earlier reports, oldest first.
    pub earlier: Vec<Earlier>,
}

/// Where a repository stands.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Audit {
    /// The version of this form.
    pub version: u32,
    /// What the repository is called.
    pub name: String,
    /// The day, as `2026-11-24`.
    pub date: Option<String>,
    /// The mean of the areas by weight, from 0 to 10.
    pub score: Score,
    /// What people call such a score.
    pub band: &'static str,
    /// The score after the quick wins.
    pub next: Score,
    /// The areas that there is something of.
    pub areas: Vec<AreaScore>,
    /// The checklist.
    pub checklist: Vec<Check>,
    /// What mending everything that counts takes.
    pub debt: Debt,
    /// Rules with findings that count, those first that raise the score most for the
    /// time they take.
    pub wins: Vec<Win>,
    /// The policies.
    pub policies: Vec<PolicyLine>,
    /// What the tooling has and lacks.
    pub tools: Vec<Tool>,
    /// The modules.
    pub modules: Vec<ModuleLine>,
    /// Folders of several modules that have no README.
    pub unexplained: Vec<String>,
    /// How much of the modules are comments.
    pub comments: Comments,
    /// Earlier reports, oldest first, and this one.
    pub trend: Vec<Earlier>,
    /// Every finding.
    pub findings: Vec<Found>,
    /// Who imports whom.
    pub imports: ImportGraph,
}

/// How an area stands.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AreaScore {
    /// Which one.
    pub area: Area,
    /// What people call it.
    pub title: &'static str,
    /// How much it weighs.
    pub weight: u8,
    /// From 0 to 10.
    pub score: Score,
    /// What the score is the mean of.
    pub parts: Vec<Part>,
    /// Findings that count.
    pub findings: usize,
    /// How long mending them takes, in minutes.
    pub minutes: u64,
}

/// Something that an area is judged by.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Part {
    /// What it is.
    pub title: &'static str,
    /// How much it weighs among the parts of its area.
    pub weight: u64,
    /// From 0 to 10.
    pub score: Score,
    /// The figures behind it.
    pub because: String,
}

/// A line of the checklist.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Check {
    /// Is it asked of each module, or of the repository?
    pub of_each_module: bool,
    /// What is asked.
    pub question: &'static str,
    /// How it stands.
    pub state: CheckState,
    /// The rules that answer it.
    pub rules: Vec<&'static str>,
    /// How many findings are open.
    pub open: usize,
    /// More about the answer.
    pub note: Option<String>,
}

/// How a line of the checklist stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CheckState {
    /// Nothing is open.
    Done,
    /// Something is.
    Open,
    /// The configuration switched off what would tell.
    Off,
    /// There is nothing of the kind.
    Nothing,
    /// Reading cannot tell.
    Elsewhere,
}

/// What mending takes, in minutes.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Debt {
    /// All of it.
    pub minutes: u64,
    /// By what it is about.
    pub by_group: Vec<DebtOf>,
    /// By how soon it should be done.
    pub by_priority: Vec<DebtOf>,
}

/// A part of the debt.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DebtOf {
    /// The group of rules, or the priority.
    pub name: &'static str,
    /// Findings.
    pub findings: usize,
    /// In minutes.
    pub minutes: u64,
}

/// How soon something should be done: P0 first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Priority {
    /// It does not work, or is lost.
    P0,
    /// It lets somebody in.
    P1,
    /// It will go wrong.
    P2,
    /// It is in the way.
    P3,
    /// It could be nicer.
    P4,
    /// It is looked for only because this is a report.
    P5,
}

impl Priority {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::P0, Self::P1, Self::P2, Self::P3, Self::P4, Self::P5];

    /// The name.
    pub fn name(self) -> &'static str {
        ["P0", "P1", "P2", "P3", "P4", "P5"][self as usize]
    }

    fn of(meta: &RuleMeta, severity: Severity, counts: bool) -> Self {
        match severity {
            _ if !counts => Self::P5,
            Severity::Error => Self::P0,
            Severity::Warning if meta.group == Group::Security => Self::P1,
            Severity::Warning => Self::P2,
            Severity::Info => Self::P3,
            Severity::Hint => Self::P4,
        }
    }
}

/// What mending everything that a rule found brings.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Win {
    /// The rule.
    pub rule: &'static str,
    /// How many findings count.
    pub findings: usize,
    /// How long it takes, in minutes.
    pub minutes: u64,
    /// The score after that alone.
    pub score: Score,
    /// How much more that is.
    pub gain: Score,
    /// How many of them `nixamine fix` mends.
    pub fixable: usize,
    /// Among the first steps?
    pub quick: bool,
}

/// What becomes of a policy.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PolicyLine {
    /// What is asked, as in `security.apparmor.enable = true`.
    pub asks: String,
    /// Must it be, or must it not be?
    pub required: bool,
    /// Why.
    pub reason: Option<String>,
    /// The hosts that keep it.
    pub kept: Vec<String>,
    /// Those that do not.
    pub broken: Vec<String>,
    /// Those of which nobody knows without evaluation.
    pub unsure: Vec<String>,
}

/// Something that keeps a repository in order.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Tool {
    /// What it is.
    pub title: &'static str,
    /// Where it was found.
    pub found: Option<String>,
}

/// A module.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ModuleLine {
    /// The file.
    pub path: String,
    /// The module system.
    pub class: Option<&'static str>,
    /// Lines of code.
    pub lines: u32,
    /// Options that it declares.
    pub options: usize,
    /// Settings in it.
    pub settings: usize,
    /// Does a comment say what it is for?
    pub header: bool,
    /// Findings that count.
    pub findings: usize,
}

/// How much of the modules are comments.
#[derive(Debug, Clone, Copy, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Comments {
    /// Lines that hold nothing but a comment.
    pub comment_lines: u64,
    /// Lines of code.
    pub code_lines: u64,
}

/// An earlier report, as far as the trend needs it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Earlier {
    /// The day.
    pub date: String,
    /// The score.
    pub score: Score,
    /// The areas.
    pub areas: Vec<EarlierArea>,
    /// The debt, in minutes.
    pub minutes: u64,
    /// Findings that counted.
    pub findings: usize,
}

/// An area of an earlier report.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EarlierArea {
    /// Which one.
    pub area: Area,
    /// From 0 to 10.
    pub score: Score,
}

/// A finding.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Found {
    /// The rule.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// How soon it should be mended.
    pub priority: Priority,
    /// Whose score it lowers.
    pub area: Area,
    /// Does it lower it? What only the report looks for does not.
    pub counts: bool,
    /// What is wrong.
    pub message: String,
    /// The file.
    pub path: String,
    /// The line, from 1.
    pub line: u32,
    /// How long mending it takes, in minutes.
    pub minutes: u32,
    /// Does `nixamine fix` mend it?
    pub fixable: bool,
    /// The same after its lines moved.
    pub fingerprint: String,
}

/// Folders of fewer modules need no README.
const FOLDER: usize = 3;

/// Modules of fewer lines need no header.
const HEADER_LINES: u32 = 40;

/// How many steps are the first ones.
const QUICK: usize = 5;

impl Audit {
    /// Looks at a workspace that was joined with the settings of
    /// [`Settings::for_report`]. `is_wanted` tells which files are reported; the others
    /// were read for context.
    ///
    /// # Panics
    /// When the workspace was not joined.
    pub fn new(
        workspace: &Workspace,
        settings: &Settings,
        around: Surroundings,
        is_wanted: &dyn Fn(&str) -> bool,
    ) -> Self {
        let documents = workspace.documents();
        let classes = classes(workspace, is_wanted);
        let findings = findings(workspace, &classes, is_wanted);
        let modules = modules(documents, &classes, &findings);
        let comments = comments(documents, &classes);
        let policies = policies(workspace);
        let tools = tools(&around.files, documents);
        let unexplained = unexplained(&modules, &around.files);
        let figures = Counted::new(documents, &classes, &modules, &unexplained);
        let figures = Counted {
            policies: &policies,
            tools: &tools,
            weights: settings.config().report.weights,
            ..figures
        };
        let areas = figures.areas(&findings, &[]);
        let score = overall(&areas);
        let wins = figures.wins(&findings, score);
        let quick: Vec<&str> = wins
            .iter()
            .filter(|it| it.quick)
            .map(|it| it.rule)
            .collect();
        let next = overall(&figures.areas(&findings, &quick));
        let debt = debt(&findings);
        let mut trend = around.earlier;
        if let Some(date) = &around.date {
            trend.retain(|it| it.date != *date);
            trend.push(Earlier {
                date: date.clone(),
                score,
                areas: areas
                    .iter()
                    .map(|it| EarlierArea {
                        area: it.area,
                        score: it.score,
                    })
                    .collect(),
                minutes: debt.minutes,
                findings: findings.iter().filter(|it| it.counts).count(),
            });
        }
        let checklist = checklist(&findings, settings, &figures);
        let knowledge = workspace.knowledge().expect("it was joined");
        let imports = ImportGraph::new(&knowledge, &str::to_owned);
        Self {
            version: VERSION,
            name: around.name,
            date: around.date,
            score,
            band: score.band(),
            next,
            areas,
            checklist,
            debt,
            wins,
            comments,
            trend,
            imports,
            policies,
            tools,
            modules,
            unexplained,
            findings,
        }
    }

    /// The findings of one rule.
    pub fn found_by<'a>(&'a self, rule: &'a str) -> impl Iterator<Item = &'a Found> {
        self.findings.iter().filter(move |it| it.rule == rule)
    }
}

/// What is read of an earlier report.
#[derive(Debug, Clone, Deserialize)]
pub struct Kept {
    /// The version of its form.
    pub version: u32,
    /// The reports before it, and itself at the end.
    pub trend: Vec<Earlier>,
}

/// The module system of each file that is a module.
fn classes(workspace: &Workspace, is_wanted: &dyn Fn(&str) -> bool) -> Vec<Option<Class>> {
    let knowledge = workspace.knowledge().expect("it was joined");
    let view = knowledge.view();
    let files = 0..workspace.documents().len();
    files
        .map(|file| {
            let document = &view.documents[file];
            let is_module = view.is_module_file(file)
                && !document.facts.header.generated
                && is_wanted(document.path());
            is_module.then(|| view.class(file, 0))
        })
        .collect()
}

fn area_of_class(class: Class) -> Area {
    match class {
        Class::HomeManager | Class::Neovim => Area::Home,
        Class::FlakeParts => Area::Architecture,
        Class::NixOs | Class::Darwin | Class::Unknown => Area::Nixos,
    }
}

/// Whose score a finding lowers.
fn area(meta: &RuleMeta, class: Option<Class>) -> Area {
    match (meta.topic, meta.group) {
        (Topic::Documentation, _) => Area::Documentation,
        (Topic::Architecture, _) | (Topic::Code, Group::Workspace) => Area::Architecture,
        (Topic::Code, Group::Security) => Area::Security,
        (Topic::Code, _) => class.map_or(Area::Architecture, area_of_class),
    }
}

fn findings(
    workspace: &Workspace,
    classes: &[Option<Class>],
    is_wanted: &dyn Fn(&str) -> bool,
) -> Vec<Found> {
    let mut all = Vec::new();
    for (file, document) in workspace.documents().iter().enumerate() {
        if !is_wanted(document.path()) {
            continue;
        }
        let found = workspace.findings(file).into_iter();
        let found: Vec<Diagnostic> = found.map(|it| it.into_diagnostic()).collect();
        let prints = wire::fingerprints(document.path(), document.text(), &found);
        let lines = LineIndex::new(document.text());
        for (finding, fingerprint) in found.into_iter().zip(prints) {
            let meta = finding.rule;
            let counts = !document.settings.is_extra(rules::index_of(meta));
            let at = lines.position(document.text(), finding.range.start(), Encoding::Utf32);
            let is_safe = |fix: &crate::Fix| fix.applicability == Applicability::Safe;
            all.push(Found {
                rule: meta.name,
                severity: finding.severity,
                priority: Priority::of(meta, finding.severity, counts),
                area: area(meta, classes[file]),
                counts,
                path: document.path().to_string(),
                line: at.line + 1,
                minutes: meta.effort,
                fixable: finding.fixes.iter().any(is_safe),
                message: finding.message,
                fingerprint,
            });
        }
    }
    all
}

fn modules(
    documents: &[Document],
    classes: &[Option<Class>],
    findings: &[Found],
) -> Vec<ModuleLine> {
    let mut counted = findings.iter().filter(|it| it.counts).peekable();
    let mut all = Vec::new();
    for (document, class) in documents.iter().zip(classes) {
        let path = document.path();
        let mut own = 0;
        // Both are in the order of the files.
        while counted.next_if(|it| *it.path == **path).is_some() {
            own += 1;
        }
        let Some(class) = class else { continue };
        let facts = document.facts();
        all.push(ModuleLine {
            path: path.to_string(),
            class: class.name(),
            lines: document.code_lines(),
            options: facts.modules.iter().map(|it| it.options.len()).sum(),
            settings: facts.modules.iter().map(|it| it.definitions.len()).sum(),
            header: facts.header.present,
            findings: own,
        });
    }
    all
}

fn comments(documents: &[Document], classes: &[Option<Class>]) -> Comments {
    let mut sum = Comments::default();
    for (document, _) in documents.iter().zip(classes).filter(|(_, it)| it.is_some()) {
        let code = u64::from(document.code_lines());
        let written = document.text().lines().filter(|it| !it.trim().is_empty());
        sum.code_lines += code;
        sum.comment_lines += (written.count() as u64).saturating_sub(code);
    }
    sum
}

fn policies(workspace: &Workspace) -> Vec<PolicyLine> {
    let judged = workspace.policies().into_iter();
    judged
        .map(|judged| {
            let named = |wanted: &[Standing]| {
                let hosts = judged.verdicts.iter();
                let some = hosts.filter(|it| wanted.contains(&it.standing));
                let mut names: Vec<_> = some.map(|it| it.host.to_string()).collect();
                names.dedup();
                names
            };
            let option = judged.policy.name();
            PolicyLine {
                asks: match &judged.policy.value {
                    Some(value) => format!("{option} = {value}"),
                    None => option,
                },
                required: judged.asks == Asks::Require,
                reason: judged.policy.reason.clone(),
                kept: named(&[Standing::Kept]),
                broken: named(&[Standing::Broken]),
                unsure: named(&[Standing::Unsure, Standing::Unknown]),
            }
        })
        .collect()
}

/// What keeps a repository in order, and where it is.
fn tools(files: &[String], documents: &[Document]) -> Vec<Tool> {
    let file = |is_it: &dyn Fn(&str) -> bool| files.iter().find(|path| is_it(path)).cloned();
    let word = |words: &[&str]| {
        let mut documents = documents.iter();
        let found = documents.find(|document| {
            let text = document.text().as_bytes();
            let mut words = words.iter();
            words.any(|word| memchr::memmem::find(text, word.as_bytes()).is_some())
        });
        found.map(|document| document.path().to_string())
    };
    let named = |names: &'static [&'static str]| {
        move |path: &str| {
            names
                .iter()
                .any(|name| path == *name || path.starts_with(&format!("{name}/")))
        }
    };
    let locks = named(&[
        "flake.lock",
        "npins/sources.json",
        "nix/sources.json",
        "lon.lock",
    ]);
    let formats = named(&[
        "treefmt.toml",
        ".treefmt.toml",
        "treefmt.nix",
        ".editorconfig",
    ]);
    let hooks = named(&[
        ".pre-commit-config.yaml",
        "lefthook.yml",
        ".lefthook.yml",
        ".husky",
    ]);
    let runs = named(&[
        ".github/workflows",
        ".gitlab-ci.yml",
        ".forgejo/workflows",
        ".gitea/workflows",
        ".woodpecker",
        ".woodpecker.yml",
        ".woodpecker.yaml",
        ".builds",
        ".build.yml",
        ".buildkite",
        "garnix.yaml",
        "buildbot-nix.toml",
    ]);
    let settings = named(&["nixamine.toml", "statix.toml"]);
    let readme = |path: &str| path::parent(path).is_empty() && is_readme(path);
    vec![
        Tool {
            title: "Inputs are locked",
            found: file(&locks),
        },
        Tool {
            title: "A formatter is chosen",
            found: file(&formats)
                .or_else(|| word(&["treefmt", "formatter", "nixfmt", "alejandra"])),
        },
        Tool {
            title: "Hooks look at each commit",
            found: file(&hooks).or_else(|| word(&["git-hooks", "pre-commit-hooks", "lefthook"])),
        },
        Tool {
            title: "Something runs with each push",
            found: file(&runs),
        },
        Tool {
            title: "A linter knows the rules of the house",
            found: file(&settings).or_else(|| word(&["nixamine", "statix", "deadnix"])),
        },
        Tool {
            title: "A README tells what this is",
            found: file(&readme),
        },
    ]
}

fn is_readme(path: &str) -> bool {
    let name = path::file_name(path).to_ascii_lowercase();
    name == "readme" || name.starts_with("readme.")
}

/// The folders of several modules in which no README is.
fn unexplained(modules: &[ModuleLine], files: &[String]) -> Vec<String> {
    let folders = folders(modules);
    let mut explained: Vec<&str> = files
        .iter()
        .filter(|path| is_readme(path))
        .map(|path| path::parent(path))
        .collect();
    sorted::sort(&mut explained);
    let lacks = |folder: &&str| explained.binary_search(folder).is_err();
    let all = folders.into_iter().filter(lacks);
    all.map(|folder| if folder.is_empty() { "." } else { folder }.to_owned())
        .collect()
}

/// The folders of several modules.
fn folders(modules: &[ModuleLine]) -> Vec<&str> {
    let mut all: Vec<&str> = modules.iter().map(|it| path::parent(&it.path)).collect();
    sorted::sort(&mut all);
    let mut folders: Vec<&str> = Vec::new();
    for folder in all.chunk_by(|a, b| a == b) {
        if folder.len() >= FOLDER {
            folders.push(folder[0]);
        }
    }
    folders
}

/// What scores are made of, besides findings.
#[derive(Default)]
struct Counted<'a> {
    /// Lines of code: of all modules, of those of machines and of homes.
    all: u64,
    nixos: u64,
    home: u64,
    /// Modules that need a header, and those that have one.
    long: usize,
    headed: usize,
    /// Options, and those with a description.
    options: usize,
    described: usize,
    folders: usize,
    unexplained: &'a [String],
    policies: &'a [PolicyLine],
    tools: &'a [Tool],
    weights: Weights,
}

impl<'a> Counted<'a> {
    /// Counts what the files hold.
    fn new(
        documents: &[Document],
        classes: &[Option<Class>],
        modules: &[ModuleLine],
        unexplained: &'a [String],
    ) -> Self {
        let mut counted = Self {
            folders: folders(modules).len(),
            unexplained,
            ..Self::default()
        };
        for (document, class) in documents.iter().zip(classes) {
            let Some(class) = class else { continue };
            let lines = u64::from(document.code_lines());
            counted.all += lines;
            match area_of_class(*class) {
                Area::Nixos => counted.nixos += lines,
                Area::Home => counted.home += lines,
                _ => {}
            }
            let modules = document.facts().modules.iter();
            for option in modules.flat_map(|it| &it.options) {
                let says = option.declared.says;
                let is_told = !says.internal && !says.hidden && !says.partly;
                // What says none of this adds to an option that is declared elsewhere.
                let is_whole = says.ty || says.default || says.description;
                if is_told && is_whole && option.declared.renamed.is_none() {
                    counted.options += 1;
                    counted.described += usize::from(says.description);
                }
            }
        }
        let long = modules.iter().filter(|it| it.lines >= HEADER_LINES);
        counted.long = long.clone().count();
        counted.headed = long.filter(|it| it.header).count();
        counted
    }
}

impl Counted<'_> {
    /// The areas as they are, or as they were without what some rules found.
    fn areas(&self, findings: &[Found], without: &[&str]) -> Vec<AreaScore> {
        let is_left = |it: &&Found| it.counts && !without.contains(&it.rule);
        Area::ALL
            .into_iter()
            .filter_map(|area| {
                let own = findings.iter().filter(is_left).filter(|it| it.area == area);
                let (mut count, mut minutes, mut lost) = (0, 0, 0);
                for finding in own {
                    count += 1;
                    minutes += u64::from(finding.minutes);
                    lost += points(finding.severity);
                }
                let parts = self.parts(area, count, lost, without);
                let marks = parts.iter().map(|it| (it.weight, it.score.0));
                let score = Score(mean(marks)?);
                Some(AreaScore {
                    area,
                    title: area.title(),
                    weight: self.weights.of(area),
                    score,
                    parts,
                    findings: count,
                    minutes,
                })
            })
            .collect()
    }

    fn parts(&self, area: Area, findings: usize, points: u64, without: &[&str]) -> Vec<Part> {
        let lines = match area {
            Area::Nixos if self.nixos == 0 => return Vec::new(),
            Area::Home if self.home == 0 => return Vec::new(),
            Area::Nixos => self.nixos,
            Area::Home => self.home,
            _ => self.all,
        };
        let mut parts = Vec::new();
        let mut add = |title, weight, share: Share, because| {
            parts.push(Part {
                title,
                weight,
                score: Score(share),
                because,
            });
        };
        let some = |part: usize, whole: usize, what: &str| {
            (share_of(part, whole), format!("{part} of {whole} {what}"))
        };
        match area {
            Area::Documentation => {
                if self.long > 0 {
                    let what = format!("modules of {HEADER_LINES} lines and more");
                    let headed = match without.contains(&"missing-header") {
                        true => self.long,
                        false => self.headed,
                    };
                    let (share, because) = some(headed, self.long, &what);
                    add("Headers", 3, share, because);
                }
                if self.options > 0 {
                    let described = match without.contains(&"undocumented-option") {
                        true => self.options,
                        false => self.described,
                    };
                    let (share, because) = some(described, self.options, "options");
                    add("Descriptions", 2, share, because);
                }
                if self.folders > 0 {
                    let explained = self.folders - self.unexplained.len();
                    let (share, because) = some(explained, self.folders, "folders of modules");
                    add("READMEs", 1, share, because);
                }
            }
            Area::Tooling => {
                let has = self.tools.iter().filter(|it| it.found.is_some()).count();
                let (share, because) = some(has, self.tools.len(), "tools");
                add("Tools", 1, share, because);
                return parts;
            }
            Area::Security if !self.policies.is_empty() => {
                let kept: usize = self.policies.iter().map(|it| it.kept.len()).sum();
                let broken: usize = self.policies.iter().map(|it| it.broken.len()).sum();
                let (share, because) = some(kept, kept + broken, "policies kept, host by host");
                add("Policies", 1, share, because);
            }
            _ => {}
        }
        let because = format!(
            "{}, {points} points in {lines} lines of code",
            counted_as(findings, "finding")
        );
        let weight = if area == Area::Documentation { 2 } else { 1 };
        add("Findings", weight, share_of_points(points, lines), because);
        parts
    }

    /// What mending everything of one rule brings, for all rules.
    fn wins(&self, findings: &[Found], score: Score) -> Vec<Win> {
        let mut wins: Vec<Win> = Vec::new();
        for meta in rules::metas() {
            let own = findings
                .iter()
                .filter(|it| it.counts && it.rule == meta.name);
            let count = own.clone().count();
            if count == 0 {
                continue;
            }
            let after = overall(&self.areas(findings, &[meta.name]));
            wins.push(Win {
                rule: meta.name,
                findings: count,
                minutes: count as u64 * u64::from(meta.effort),
                score: after,
                gain: Score(after.0.saturating_sub(score.0)),
                fixable: own.filter(|it| it.fixable).count(),
                quick: false,
            });
        }
        // The most for the time it takes: a cross product, as these are fractions.
        sorted::sort_by(&mut wins, |a, b| {
            let worth = |one: &Win, other: &Win| u64::from(one.gain.0) * other.minutes.max(1);
            worth(b, a)
                .cmp(&worth(a, b))
                .then_with(|| a.minutes.cmp(&b.minutes))
        });
        let mut left = QUICK;
        for win in wins.iter_mut().filter(|it| it.gain.0 > 0) {
            win.quick = left > 0;
            left = left.saturating_sub(1);
        }
        wins
    }
}

fn overall(areas: &[AreaScore]) -> Score {
    let marks = areas.iter().map(|it| (u64::from(it.weight), it.score.0));
    mean(marks).map_or(Score::FULL, Score)
}

fn debt(findings: &[Found]) -> Debt {
    let sum = |name: &'static str, is_of: &dyn Fn(&Found) -> bool| {
        let own = findings.iter().filter(|it| it.counts && is_of(it));
        DebtOf {
            name,
            findings: own.clone().count(),
            minutes: own.map(|it| u64::from(it.minutes)).sum(),
        }
    };
    let group = |group: Group| {
        sum(group.name(), &|it| {
            rules::find(it.rule).is_some_and(|(_, rule)| rule.meta().group == group)
        })
    };
    let mut by_group: Vec<_> = Group::ALL.iter().map(|it| group(*it)).collect();
    by_group.retain(|it| it.findings > 0);
    let mut by_priority: Vec<_> = Priority::ALL
        .into_iter()
        .map(|priority| sum(priority.name(), &|it| it.priority == priority))
        .collect();
    by_priority.retain(|it| it.findings > 0);
    Debt {
        minutes: sum("", &|_| true).minutes,
        by_group,
        by_priority,
    }
}

fn checklist(findings: &[Found], settings: &Settings, figures: &Counted<'_>) -> Vec<Check> {
    let base = settings.for_path("");
    let lines = checklist::LINES.iter();
    lines
        .map(|line| {
            let mut check = Check {
                of_each_module: line.about == About::Module,
                question: line.question,
                state: CheckState::Done,
                rules: Vec::new(),
                open: 0,
                note: None,
            };
            match line.answer {
                Answer::Rules(names) => {
                    let known = names.iter().filter(|it| rules::find(it).is_some());
                    let names: Vec<&str> = known.copied().collect();
                    check.rules.clone_from(&names);
                    check.open = findings
                        .iter()
                        .filter(|it| names.contains(&it.rule))
                        .count();
                    let is_on = |name: &&&str| {
                        rules::find(name).is_some_and(|(index, _)| base.is_on(index))
                    };
                    let off: Vec<&str> = names.iter().filter(|it| !is_on(it)).copied().collect();
                    if off.len() == names.len() {
                        check.state = CheckState::Off;
                    }
                    if !off.is_empty() {
                        check.note = Some(format!("off: {}", off.join(", ")));
                    }
                }
                Answer::Figure(figure) => figures.answer(figure, &mut check),
                Answer::Elsewhere(command) => {
                    check.state = CheckState::Elsewhere;
                    check.note = Some(command.to_owned());
                }
            }
            if check.open > 0 {
                check.state = CheckState::Open;
            }
            check
        })
        .collect()
}

impl Counted<'_> {
    fn answer(&self, figure: Figure, check: &mut Check) {
        match figure {
            Figure::Readmes => check.open = self.unexplained.len(),
            Figure::Tools => {
                let missing = self.tools.iter().filter(|it| it.found.is_none());
                let titles: Vec<_> = missing.map(|it| it.title).collect();
                check.open = titles.len();
                check.note =
                    (!titles.is_empty()).then(|| format!("not yet: {}", titles.join("; ")));
            }
            Figure::Policies => {
                check.rules = vec!["required-setting", "forbidden-setting"];
                check.open = self
                    .policies
                    .iter()
                    .filter(|it| !it.broken.is_empty())
                    .count();
                if self.policies.is_empty() {
                    check.state = CheckState::Nothing;
                    check.note = Some("`[[require]]` and `[[forbid]]` in nixamine.toml".to_owned());
                }
            }
        }
    }
}
