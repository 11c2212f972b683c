//! All files together: who imports whom, which modules meet in which
//! configuration, and the findings that this decides.

mod graph;

pub use graph::{Configuration, Graph, ModuleId, Ways};

use crate::config::{FileSettings, Settings};
use crate::diagnostic::{Applicability, Condition, Diagnostic, Edit, Fix};
use crate::linter::Document;
use crate::module::{Class, Definition, FileFacts, Literal};
use crate::rule::Group;
use crate::rules::unused::unused_suppression::UnusedSuppression;
use crate::rules::{self, RuleIndex};
use crate::syntax::{SyntaxError, Text, TextRange, TextSize, TooComplex};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::OnceCell;
use std::sync::Arc;

/// The files of a project.
#[derive(Debug)]
pub struct Workspace {
    documents: Vec<Document>,
    others: Vec<Arc<str>>,
}

/// The findings of a run, by file.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// Every checked file, by path, with or without findings.
    pub files: Vec<FileFindings>,
    texts: FxHashMap<Arc<str>, Text>,
}

/// The findings of one file.
#[derive(Debug, Clone)]
pub struct FileFindings {
    /// The file, relative to the root.
    pub path: Arc<str>,
    /// Its text.
    pub text: Text,
    /// What was found, by position.
    pub diagnostics: Vec<Diagnostic>,
    /// How many findings a suppression allows.
    pub suppressed: usize,
}

impl Findings {
    /// The text of a file, reported or not.
    pub fn text(&self, path: &str) -> Option<&Text> {
        self.texts.get(path)
    }

    /// Keeps only the files that `keep` names. The texts of the others stay,
    /// because findings may point into them.
    pub fn retain(&mut self, mut keep: impl FnMut(&str) -> bool) {
        self.files.retain(|file| keep(&file.path));
    }

    /// All findings with their files.
    pub fn iter(&self) -> impl Iterator<Item = (&FileFindings, &Diagnostic)> {
        self.files
            .iter()
            .flat_map(|file| file.diagnostics.iter().map(move |d| (file, d)))
    }
}

impl Workspace {
    /// Joins files. `others` are files that exist but were not analysed.
    pub fn new(documents: Vec<Document>, others: impl IntoIterator<Item = Arc<str>>) -> Self {
        let mut documents = documents;
        documents.sort_by(|a, b| a.path().cmp(b.path()));
        Self {
            documents,
            others: others.into_iter().collect(),
        }
    }

    /// The files, by path.
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// Replaces a file by a new state of it, or adds it.
    pub fn replace(&mut self, document: Document) {
        match self
            .documents
            .binary_search_by(|known| known.path().cmp(document.path()))
        {
            Ok(index) => self.documents[index] = document,
            Err(index) => self.documents.insert(index, document),
        }
    }

    /// Links the modules of all files.
    pub fn graph(&self, settings: &Settings) -> Graph {
        Graph::new(&self.documents, &self.others, &settings.config().roots)
    }

    /// Judges everything.
    pub fn check(&self, settings: &Settings) -> Findings {
        let graph = self.graph(settings);
        let view = View::new(&self.documents, &graph);
        let mut found: Vec<Vec<Diagnostic>> = (0..self.documents.len())
            .map(|file| self.local_findings(file, &view))
            .collect();
        for (index, rule) in rules::ALL.iter().enumerate() {
            for (file, document) in self.documents.iter().enumerate() {
                if document.settings.is_on(index) {
                    let mut cx = FileContext {
                        file,
                        document,
                        view: &view,
                        rule: index,
                        out: Vec::new(),
                    };
                    rule.check_file(&mut cx);
                    found[file].append(&mut cx.out);
                }
            }
            let mut cx = WorkspaceContext {
                view: &view,
                rule: index,
                out: Vec::new(),
            };
            rule.check_workspace(&mut cx);
            for (file, diagnostic) in cx.out {
                found[file].push(diagnostic);
            }
        }
        let mut findings = Findings::default();
        for (document, mut diagnostics) in self.documents.iter().zip(found) {
            let suppressed = suppress(document, &mut diagnostics);
            for diagnostic in &mut diagnostics {
                let rule = rules::find(diagnostic.rule.name).map(|(index, _)| index);
                if let Some(severity) = rule.and_then(|rule| document.settings.severity(rule)) {
                    diagnostic.severity = severity;
                }
            }
            diagnostics.sort_by(|a, b| {
                let key = |d: &Diagnostic| (d.range.start(), d.range.end(), d.rule.name);
                key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
            });
            diagnostics.dedup();
            let (path, text) = (document.path().clone(), document.text().clone());
            findings.texts.insert(path.clone(), text.clone());
            findings.files.push(FileFindings {
                path,
                text,
                diagnostics,
                suppressed,
            });
        }
        findings
    }

    /// What local rules said, with the conditions answered.
    fn local_findings<'a>(&'a self, file: usize, view: &'a View<'a>) -> Vec<Diagnostic> {
        let mut out = Vec::new();
        for finding in &self.documents[file].findings {
            if finding
                .only_if
                .as_ref()
                .is_some_and(|condition| !view.holds(file, condition))
            {
                continue;
            }
            let mut finding = finding.clone();
            finding.only_if = None;
            if let Some((rule, check)) = rules::find(finding.rule.name) {
                let document = &self.documents[file];
                let cx = FileContext {
                    file,
                    document,
                    view,
                    rule,
                    out: Vec::new(),
                };
                check.complete(&mut finding, &cx);
            }
            for fix in &mut finding.fixes {
                if let Some(condition) = fix.safe_if.take()
                    && view.holds(file, &condition)
                {
                    fix.applicability = Applicability::Safe;
                }
            }
            out.push(finding);
        }
        out
    }
}

/// Takes out what suppressions allow, and reports those that allow nothing.
/// Returns how many findings went.
fn suppress(document: &Document, diagnostics: &mut Vec<Diagnostic>) -> usize {
    if document.suppressions.is_empty() {
        return 0;
    }
    let settings = &document.settings;
    let meta = &UnusedSuppression::META;
    let own = rules::find(meta.name)
        .map(|(index, _)| index)
        .filter(|rule| settings.is_on(*rule));
    let mut used: Vec<Vec<bool>> = document
        .suppressions
        .iter()
        .map(|s| vec![false; s.allowed.len()])
        .collect();
    let before = diagnostics.len();
    diagnostics.retain(|diagnostic| {
        let mut allowed = false;
        for (suppression, used) in document.suppressions.iter().zip(&mut used) {
            if settings.require_reason && !suppression.has_reason
                || !suppression.scope.contains(diagnostic.range.start())
            {
                continue;
            }
            for (name, used) in suppression.allowed.iter().zip(used) {
                if names_rule(&name.name, diagnostic) {
                    *used = true;
                    allowed = true;
                }
            }
        }
        !allowed
    });
    let gone = before - diagnostics.len();
    let (Some(_), true) = (own, document.errors.is_empty()) else {
        return gone;
    };
    let mut late = Vec::new();
    for (suppression, used) in document.suppressions.iter().zip(&used) {
        if settings.require_reason && !suppression.has_reason {
            late.push(
                Diagnostic::new(
                    meta,
                    suppression.comment,
                    "this suppression gives no reason, so it allows nothing",
                )
                .help("write the reason behind the `)`; `require-reason` is set"),
            );
            continue;
        }
        // A rule that is off cannot tell whether its suppression is needed.
        let idle: Vec<_> = suppression
            .allowed
            .iter()
            .zip(used)
            .filter(|(name, used)| !**used && is_judged(&name.name, settings))
            .map(|(name, _)| name)
            .collect();
        let all = idle.len() == suppression.allowed.len();
        for name in &idle {
            let known = rules::find(&name.name).is_some()
                || Group::ALL.iter().any(|group| group.name() == name.name)
                || name.name == "all";
            let message = if known {
                format!("nothing here needs `allow({})`", name.name)
            } else {
                let names = rules::metas().map(|meta| meta.name);
                match rules::did_you_mean(&name.name, names) {
                    Some(near) => {
                        format!("there is no rule `{}`; did you mean `{near}`?", name.name)
                    }
                    None => format!("there is no rule `{}`", name.name),
                }
            };
            let edit = if all {
                Edit::delete(suppression.removal)
            } else {
                Edit::delete(with_comma(document.text(), name.range))
            };
            let applicability = if known {
                Applicability::Safe
            } else {
                Applicability::Unsafe
            };
            let title = if all {
                "remove the comment"
            } else {
                "remove the name"
            };
            late.push(Diagnostic::new(meta, name.range, message).fix(Fix::new(
                applicability,
                title,
                [edit],
            )));
        }
    }
    diagnostics.append(&mut late);
    gone
}

/// The range of a name in a list with the comma that goes with it.
fn with_comma(text: &str, range: TextRange) -> TextRange {
    let (start, end) = (usize::from(range.start()), usize::from(range.end()));
    let behind = &text[end..];
    let blanks = behind.len() - behind.trim_start_matches([' ', '\t']).len();
    if behind[blanks..].starts_with(',') {
        let rest = &behind[blanks + 1..];
        let more = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        return TextRange::new(
            range.start(),
            TextSize::new((end + blanks + 1 + more) as u32),
        );
    }
    let kept = text[..start].trim_end_matches([' ', '\t']);
    match kept.strip_suffix(',') {
        Some(kept) => TextRange::new(TextSize::of(kept), range.end()),
        None => range,
    }
}

fn names_rule(name: &str, diagnostic: &Diagnostic) -> bool {
    let meta = diagnostic.rule;
    name == meta.name || name == "all" || name == meta.group.name() || meta.aliases.contains(&name)
}

fn is_judged(name: &str, settings: &FileSettings) -> bool {
    match rules::find(name) {
        Some((index, _)) => settings.is_on(index),
        None => true,
    }
}

/// Modules of at least this many lines say whether a repository writes headers.
const HEADER_LINES: u32 = 40;

/// The joined facts, as rules see them.
pub struct View<'w> {
    /// The files, by path.
    pub documents: &'w [Document],
    /// The modules, linked.
    pub graph: &'w Graph,
    /// The literal value of every `home.homeDirectory`; `None` when one is
    /// computed or there is none.
    home_directories: Option<Vec<&'w str>>,
    header_habit: OnceCell<bool>,
    /// Every definition by its path, made when somebody first asks.
    definitions: OnceCell<DefinitionIndex<'w>>,
    /// What `users.users` says, made when somebody first asks.
    accounts: OnceCell<Accounts<'w>>,
}

/// The accounts that modules declare.
#[derive(Default)]
struct Accounts<'w> {
    /// Attributes of `users.users`.
    attributes: FxHashSet<&'w str>,
    /// The attribute by the literal of its `home` or `name`.
    by_alias: FxHashMap<&'w str, &'w str>,
}

/// Definitions by the names of their path.
type DefinitionIndex<'w> = FxHashMap<Vec<&'w str>, Vec<(ModuleId, &'w Definition)>>;

/// Does it set `home.homeDirectory`, of its own module or of one further down
/// (`home-manager.users.alice.home.homeDirectory`)?
fn is_home_directory(definition: &Definition) -> bool {
    let names: Vec<_> = definition
        .path
        .iter()
        .map(|key| key.name.as_deref())
        .collect();
    matches!(
        names.as_slice(),
        [Some("home"), Some("homeDirectory")]
            | [
                ..,
                Some("home-manager"),
                Some("users"),
                _,
                Some("home"),
                Some("homeDirectory")
            ]
    )
}

impl<'w> View<'w> {
    fn new(documents: &'w [Document], graph: &'w Graph) -> Self {
        let mut home_directories = Some(Vec::new());
        for document in documents {
            for module in &document.facts.modules {
                for definition in &module.definitions {
                    if is_home_directory(definition) {
                        match (&definition.literal, &mut home_directories) {
                            (Some(Literal::String(value)), Some(all)) => all.push(value.as_str()),
                            _ => home_directories = None,
                        }
                    }
                }
            }
        }
        Self {
            documents,
            graph,
            home_directories,
            header_habit: OnceCell::new(),
            definitions: OnceCell::new(),
            accounts: OnceCell::new(),
        }
    }

    /// Have at least a third of the modules that are long enough to need one a
    /// header?
    pub fn has_header_habit(&self) -> bool {
        *self.header_habit.get_or_init(|| {
            let long = (0..self.documents.len()).filter(|file| {
                let facts = &self.documents[*file].facts;
                facts.lines.physical >= HEADER_LINES
                    && !facts.header.generated
                    && self.is_module_file(*file)
            });
            let (mut all, mut with_header) = (0, 0);
            for file in long {
                all += 1;
                with_header += usize::from(self.documents[file].facts.header.present);
            }
            all > 0 && with_header * 3 >= all
        })
    }

    /// The attribute in `users.users` of the account with this home or this name.
    pub fn account(&self, home: &str, name: &str) -> Option<&'w str> {
        let accounts = self.accounts.get_or_init(|| {
            let mut accounts = Accounts::default();
            let modules = self
                .documents
                .iter()
                .flat_map(|document| &document.facts.modules);
            for definition in modules.flat_map(|module| &module.definitions) {
                if !definition.starts_with(&["users", "users"]) {
                    continue;
                }
                let mut keys = definition.path[2..].iter().map(|key| key.name.as_deref());
                let Some(Some(attribute)) = keys.next() else {
                    continue;
                };
                accounts.attributes.insert(attribute);
                if let (Some(Some("home" | "name")), Some(Literal::String(text))) =
                    (keys.next(), &definition.literal)
                {
                    accounts.by_alias.entry(text.as_str()).or_insert(attribute);
                }
            }
            accounts
        });
        let said = accounts
            .by_alias
            .get(home)
            .or_else(|| accounts.by_alias.get(name));
        said.or_else(|| accounts.attributes.get(name)).copied()
    }

    /// Does a condition hold in a file?
    fn holds(&self, file: usize, condition: &Condition) -> bool {
        let facts = &self.documents[file].facts;
        match condition {
            Condition::HomeManagerModule(at) => facts
                .module_at(TextRange::empty(*at))
                .is_some_and(|index| self.class(file, index) == Class::HomeManager),
            Condition::HomeDirectoryIs {
                at,
                directory,
                config_depth,
            } => {
                let Some(index) = facts.module_at(TextRange::empty(*at)) else {
                    return false;
                };
                let unanimous = self.home_directories.as_ref().is_some_and(|all| {
                    !all.is_empty() && all.iter().all(|value| *value == &**directory)
                });
                unanimous
                    && self.class(file, index) == Class::HomeManager
                    && facts.modules[index].config_depth == Some(*config_depth)
                    && self.always_sets_home(self.graph.id(file, index))
            }
        }
    }

    /// Does every configuration that holds `id` also hold, without a
    /// condition, a module that sets `home.homeDirectory`?
    fn always_sets_home(&self, id: ModuleId) -> bool {
        let mut holding = self
            .graph
            .configurations
            .iter()
            .filter(|c| c.members.contains_key(&id))
            .peekable();
        holding.peek().is_some()
            && holding.all(|configuration| {
                configuration.members.iter().any(|(member, ways)| {
                    let always = ways.iter().any(|way| way.iter().all(|g| g.is_choice()));
                    always
                        && self.module(*member).definitions.iter().any(|definition| {
                            is_home_directory(definition)
                                && definition.guards.is_empty()
                                && definition.update.is_none()
                        })
                })
            })
    }

    /// The module system that a module of a file belongs to.
    pub fn class(&self, file: usize, index: usize) -> Class {
        self.graph.class(self.graph.id(file, index))
    }

    /// Is the file itself a module?
    pub fn is_module_file(&self, file: usize) -> bool {
        let facts = &self.documents[file].facts;
        matches!(facts.modules.first(), Some(module) if module.origin == crate::module::Origin::File)
            && self.graph.is_module(self.graph.id(file, 0))
    }

    /// The facts of a module.
    pub fn module(&self, id: ModuleId) -> &'w crate::module::ModuleFacts {
        let (file, index) = self.graph.place(id);
        &self.documents[file].facts.modules[index]
    }

    /// Where modules that meet `id` in some configuration set `path`, at most
    /// `most` places; `None` when there are more.
    pub fn other_definitions(
        &self,
        id: ModuleId,
        path: &[&str],
        most: usize,
    ) -> Option<Vec<(ModuleId, &'w Definition)>> {
        let all = self.definitions.get_or_init(|| {
            let mut all: DefinitionIndex<'w> = FxHashMap::default();
            for (file, document) in self.documents.iter().enumerate() {
                for (index, module) in document.facts.modules.iter().enumerate() {
                    let id = self.graph.id(file, index);
                    for definition in &module.definitions {
                        if let Some(path) = definition.names() {
                            all.entry(path).or_default().push((id, definition));
                        }
                    }
                }
            }
            all
        });
        let meet = |other: ModuleId| {
            other == id
                || self.graph.configurations.iter().any(|configuration| {
                    configuration.members.contains_key(&id)
                        && configuration.members.contains_key(&other)
                })
        };
        let found = all.get(path).map_or(&[][..], Vec::as_slice);
        if found.len() > most.saturating_mul(8) {
            return None;
        }
        let found: Vec<_> = found
            .iter()
            .copied()
            .filter(|(other, _)| meet(*other))
            .collect();
        (found.len() <= most).then_some(found)
    }
}

/// What a file rule sees.
pub struct FileContext<'a> {
    file: usize,
    document: &'a Document,
    view: &'a View<'a>,
    rule: RuleIndex,
    out: Vec<Diagnostic>,
}

impl<'a> FileContext<'a> {
    /// Reports a finding.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.out.push(diagnostic);
    }

    /// The options of the rule.
    pub fn options<T: 'static>(&self) -> &'a T {
        self.document.settings.options(self.rule)
    }

    /// Was the rule selected by its own name or by `all`?
    pub fn is_named(&self) -> bool {
        self.document.settings.is_named(self.rule)
    }

    /// The file, relative to the root.
    pub fn path(&self) -> &'a str {
        self.document.path()
    }

    /// The text of the file.
    pub fn text(&self) -> &'a str {
        self.document.text()
    }

    /// The facts of the file.
    pub fn facts(&self) -> &'a FileFacts {
        &self.document.facts
    }

    /// Where the file is not Nix.
    pub fn errors(&self) -> &'a [SyntaxError] {
        &self.document.errors
    }

    /// Set when the file was too much to parse.
    pub fn too_complex(&self) -> Option<&'a TooComplex> {
        self.document.too_complex.as_ref()
    }

    /// Is the file itself a module?
    pub fn is_module(&self) -> bool {
        self.view.is_module_file(self.file)
    }

    /// The position of the file in [`View::documents`].
    pub fn file(&self) -> usize {
        self.file
    }

    /// The joined facts.
    pub fn view(&self) -> &'a View<'a> {
        self.view
    }

    /// The id of one of the file's modules.
    pub fn module_id(&self, index: usize) -> ModuleId {
        self.view.graph.id(self.file, index)
    }
}

/// What a workspace rule sees.
pub struct WorkspaceContext<'a> {
    view: &'a View<'a>,
    rule: RuleIndex,
    out: Vec<(usize, Diagnostic)>,
}

impl<'a> WorkspaceContext<'a> {
    /// Reports a finding in a file, if the rule is on there.
    pub fn report(&mut self, file: usize, diagnostic: Diagnostic) {
        if self.view.documents[file].settings.is_on(self.rule) {
            self.out.push((file, diagnostic));
        }
    }

    /// The joined facts.
    pub fn view(&self) -> &'a View<'a> {
        self.view
    }
}
