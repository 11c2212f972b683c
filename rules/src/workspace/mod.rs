//! All files together: who imports whom, which modules meet in which
//! configuration, and the findings that this decides.

mod conventions;
mod copies;
mod graph;
mod habits;
mod joined;
mod options;
mod policies;
mod reach;
mod reads;
mod redeclare;

pub use graph::{Configuration, Graph, ImportedBy, Missing, ModuleId, Ways};
pub use habits::{Case, Habits, Naming};
use joined::Joined;
pub use joined::{EVERY_KEY, Place};
pub(crate) use options::line_of;
pub use options::{
    Completeness, Declaration, Options, Rivals, Setting, Settings, always_goes_with, always_holds,
    can_meet, dotted, goes_with, holds, is_identifier, may_be_set_elsewhere, removal, rivals,
    switches_off,
};
pub use policies::{Asks, Judged, Standing, Verdict};
pub(crate) use reads::has_word;

use crate::config::{self, FileSettings};
use crate::diagnostic::{
    Applicability, Condition, Diagnostic, Edit, Fix, Related, Severity, shifted_range,
};
use crate::knowledge::Knowledge;
use crate::linter::{Document, Source};
use crate::module::{
    Class, Definition, FileFacts, Import, Literal, OptionDeclaration, Target, class_of_path,
};
use crate::options::{Declared, IndexedLibrary};
use crate::path;
use crate::rule::{Group, RuleMeta};
use crate::rules::unused::unused_suppression::UnusedSuppression;
use crate::rules::{self, RuleIndex};
use crate::sorted;
use crate::syntax::{
    GreenNode, SyntaxError, SyntaxNode, Text, TextEdit, TextRange, TextSize, TooComplex,
};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;
use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::sync::Arc;

/// The files of a project.
#[derive(Debug)]
pub struct Workspace {
    documents: Vec<Document>,
    others: Vec<Arc<str>>,
    libraries: Vec<Arc<IndexedLibrary>>,
    presence: Option<Presence>,
    /// What the files say together, once somebody edits them.
    joined: Option<Joined>,
}

/// Tells whether a file that nobody read may exist, or somebody means to be absent:
/// one that git ignores, a part of a repository that was not fetched. The path is
/// relative to the root; it may be that of a folder with a `default.nix`.
#[derive(Clone)]
pub struct Presence(Arc<dyn Fn(&str) -> bool + Send + Sync>);

impl Presence {
    /// One that asks `may_exist`.
    pub fn new(may_exist: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(may_exist))
    }

    /// One for a workspace that holds every file there is.
    pub fn nothing_else() -> Self {
        Self::new(|_| false)
    }

    fn may_exist(&self, path: &str) -> bool {
        (self.0)(path)
    }
}

impl std::fmt::Debug for Presence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Presence")
    }
}

/// A finding where it stands now. Its fixes are those that its rule proposed; the
/// others come with [`Workspace::complete`].
#[derive(Debug, Clone)]
pub struct Placed<'w> {
    finding: Cow<'w, Diagnostic>,
    /// Where it is.
    pub range: TextRange,
    /// How bad it is, as the configuration has it.
    pub severity: Severity,
    /// What stood at the one place stands at the other.
    from: TextSize,
    to: TextSize,
}

impl<'w> Placed<'w> {
    fn here(finding: Cow<'w, Diagnostic>) -> Self {
        Self {
            range: finding.range,
            severity: finding.severity,
            from: TextSize::new(0),
            to: TextSize::new(0),
            finding,
        }
    }

    fn moved(finding: &'w Diagnostic, from: TextSize, to: TextSize) -> Self {
        Self {
            range: shifted_range(finding.range, from, to),
            severity: finding.severity,
            from,
            to,
            finding: Cow::Borrowed(finding),
        }
    }

    /// The rule that found it.
    pub fn rule(&self) -> &'static RuleMeta {
        self.finding.rule
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.finding.message
    }

    /// How to do it right.
    pub fn help(&self) -> Option<&str> {
        self.finding.help.as_deref()
    }

    /// The other places that belong to it.
    pub fn related(&self) -> impl Iterator<Item = PlacedRelated<'_>> {
        self.finding.related.iter().map(|related| PlacedRelated {
            path: related.path.as_deref(),
            range: match related.path {
                Some(_) => related.range,
                None => shifted_range(related.range, self.from, self.to),
            },
            message: &related.message,
        })
    }

    /// Has it a fix that is safe, or is if a condition holds?
    pub fn may_be_safe(&self) -> bool {
        let mut fixes = self.finding.fixes.iter();
        fixes.any(|fix| fix.applicability == Applicability::Safe || fix.safe_if.is_some())
    }

    /// All of it, where it stands now, without the ways to mend it that take
    /// time to find.
    pub fn into_diagnostic(self) -> Diagnostic {
        let mut finding = self.finding.into_owned();
        finding.shift(self.from, self.to);
        finding.severity = self.severity;
        finding.only_if = None;
        finding
    }
}

/// Another place of a finding, where it stands now.
#[derive(Debug, Clone, Copy)]
pub struct PlacedRelated<'w> {
    /// The file, relative to the root, when it is not that of the finding.
    pub path: Option<&'w str>,
    /// Where it is.
    pub range: TextRange,
    /// What it has to do with the finding.
    pub message: &'w str,
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
        sorted::sort_by(&mut documents, |a, b| a.path().cmp(b.path()));
        Self {
            documents,
            others: others.into_iter().collect(),
            libraries: Vec::new(),
            presence: None,
            joined: None,
        }
    }

    /// Says that all files of the project are here, but those that `presence` knows
    /// of. Without that nobody is told that a file is missing, or that nothing
    /// imports one. What was joined has to be joined again.
    pub fn is_whole(&mut self, presence: Presence) {
        self.joined = None;
        self.presence = Some(presence);
    }

    /// The files, by path.
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// Replaces a file by a new state of it, or adds it.
    pub fn replace(&mut self, document: Document) {
        self.joined = None;
        match self
            .documents
            .binary_search_by(|known| known.path().cmp(document.path()))
        {
            Ok(index) => self.documents[index] = document,
            Err(index) => self.documents.insert(index, document),
        }
    }

    /// Says that a file exists, without analysing it. What was joined has to be joined
    /// again. Twice is no harm.
    pub fn mention(&mut self, path: &str) {
        self.joined = None;
        self.others.push(path.into());
    }

    /// Says which options libraries declare. What was joined has to be joined again.
    pub fn know(&mut self, libraries: Vec<Arc<IndexedLibrary>>) {
        self.joined = None;
        self.libraries = libraries;
    }

    /// The position of a file in [`Workspace::documents`].
    pub fn position(&self, path: &str) -> Option<usize> {
        position(&self.documents, path)
    }

    /// Keeps the tree of a file from now on, so that it can be edited, and makes
    /// `text` its text. A file that is not known is added.
    pub fn open(&mut self, path: &str, text: &str, settings: &config::Settings) -> Edited {
        let Some(file) = self.position(path) else {
            let document = Document::open(Source::new(path, text), settings);
            self.others.retain(|other| **other != *path);
            self.replace(document);
            self.join(settings);
            return self.all_but(path);
        };
        if self.documents[file].live.is_none() {
            // What is known of it stays as it is.
            let source = self.documents[file].source.clone();
            self.documents[file] = Document::open(source, settings);
        }
        match difference(self.documents[file].text(), text) {
            Some(edit) => self.edit(path, &[edit], settings),
            None => Edited::default(),
        }
    }

    /// Makes `text` the text of a file, and lets go of its tree.
    pub fn close(&mut self, path: &str, text: &str, settings: &config::Settings) -> Edited {
        let edited = self.open(path, text, settings);
        if let Some(file) = self.position(path) {
            self.documents[file].live = None;
        }
        edited
    }

    /// Forgets a file.
    pub fn remove(&mut self, path: &str, settings: &config::Settings) -> Edited {
        let mentioned = self.others.len();
        self.others.retain(|other| **other != *path);
        let file = self.position(path);
        if let Some(file) = file {
            self.documents.remove(file);
        }
        if file.is_some() || self.others.len() < mentioned {
            self.join(settings);
        }
        self.all_but(path)
    }

    fn all_but(&self, path: &str) -> Edited {
        let own = self.position(path);
        let others = (0..self.documents.len()).filter(|file| Some(*file) != own);
        Edited {
            others: others.collect(),
            old: Vec::new(),
        }
    }

    /// Joins what the files say, so that edits cost what they change. What
    /// [`Workspace::replace`] brings has to be joined again.
    pub fn join(&mut self, settings: &config::Settings) {
        self.joined = Some(Joined::new(self, settings));
    }

    /// Edits a file that was opened, as an editor tells it: each edit in the text
    /// that the one before it left.
    ///
    /// # Panics
    /// When the range of an edit is not one of the text.
    pub fn edit(&mut self, path: &str, edits: &[TextEdit], settings: &config::Settings) -> Edited {
        let mut all = Edited::default();
        let Some(file) = self.position(path) else {
            return all;
        };
        // However many of the edits change what is linked, it is linked once.
        let mut link = false;
        for edit in edits {
            let Some((updated, moved, old)) = self.documents[file].edit(edit) else {
                break;
            };
            all.old.push(old);
            link |= updated.structure;
            if let Some(joined) = &mut self.joined
                && !link
            {
                match joined.update(&self.documents, file, updated, moved) {
                    Some(others) => all.others.extend(others),
                    None => link = true,
                }
            }
        }
        if link && self.joined.is_some() {
            self.join(settings);
            let others = (0..self.documents.len()).filter(|other| *other != file);
            all.others.extend(others);
        }
        sorted::sort(&mut all.others);
        all.others.dedup();
        all
    }

    /// Links the modules of all files.
    pub fn graph(&self, settings: &config::Settings) -> Graph {
        let roots = &settings.config().roots;
        Graph::new(&self.documents, &self.others, roots, self.presence.as_ref())
    }

    /// The findings of one file, by position. The workspace must be joined.
    pub fn findings(&self, file: usize) -> Vec<Placed<'_>> {
        let Some(joined) = &self.joined else {
            return Vec::new();
        };
        let view = joined.view(&self.documents);
        self.placed(file, joined, &view).0
    }

    /// Adds the ways to mend a finding of [`Workspace::findings`] that take time to
    /// find. The workspace must be joined.
    pub fn complete(&self, file: usize, finding: &mut Diagnostic) {
        if let Some(joined) = &self.joined {
            joined.view(&self.documents).complete(file, finding);
        }
    }

    /// Answers questions about options. The workspace must be joined.
    pub fn knowledge(&self) -> Option<Knowledge<'_>> {
        let joined = self.joined.as_ref()?;
        let view = joined.view(&self.documents);
        Some(Knowledge::new(view, &self.libraries))
    }

    /// What becomes of the policies on each host. The workspace must be joined.
    pub fn policies(&self) -> Vec<Judged<'_>> {
        let joined = self.joined.as_ref();
        joined.map_or_else(Vec::new, |joined| joined.verdicts(&self.documents))
    }

    /// Judges everything.
    pub fn check(&self, settings: &config::Settings) -> Findings {
        let joined = Joined::new(self, settings);
        let view = joined.view(&self.documents);
        let mut findings = Findings::default();
        for (file, document) in self.documents.iter().enumerate() {
            let (placed, suppressed) = self.placed(file, &joined, &view);
            let complete = |placed: Placed<'_>| {
                let mut finding = placed.into_diagnostic();
                view.complete(file, &mut finding);
                finding
            };
            let diagnostics = placed.into_iter().map(complete).collect();
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

    /// The findings of one file, by position, and how many are allowed.
    fn placed<'w>(
        &'w self,
        file: usize,
        joined: &'w Joined,
        view: &View<'_>,
    ) -> (Vec<Placed<'w>>, usize) {
        let document = &self.documents[file];
        let mut all = Vec::new();
        for hit in &document.hits {
            let (findings, from) = hit.findings();
            let to = hit.mention.at;
            let holds = |finding: &&Diagnostic| match &finding.only_if {
                None => true,
                Some(condition) => view.holds(file, &condition.moved(from, to)),
            };
            let findings = findings.iter().filter(holds);
            all.extend(findings.map(|finding| Placed::moved(finding, from, to)));
        }
        let others = joined.findings(file).map(Cow::Borrowed);
        all.extend(others.map(Placed::here));
        let suppressed = suppress(document, &mut all);
        for placed in &mut all {
            let rule = rules::index_of(placed.rule());
            if let Some(severity) = document.settings.severity(rule) {
                placed.severity = severity;
            }
        }
        sorted::sort_by(&mut all, |a, b| {
            let key = |placed: &Placed<'_>| {
                (placed.range.start(), placed.range.end(), placed.rule().name)
            };
            key(a)
                .cmp(&key(b))
                .then_with(|| a.message().cmp(b.message()))
        });
        all.dedup_by(|a, b| {
            a.range == b.range && a.rule() == b.rule() && a.message() == b.message()
        });
        (all, suppressed)
    }
}

/// The position of a file among documents that are sorted by path.
fn position(documents: &[Document], path: &str) -> Option<usize> {
    let known = |document: &Document| (**document.path()).cmp(path);
    documents.binary_search_by(known).ok()
}

/// The one edit that makes `new` of `old`, as small as can be.
fn difference(old: &str, new: &str) -> Option<TextEdit> {
    if old == new {
        return None;
    }
    let same = |(a, b): &(u8, u8)| a == b;
    let mut start = old.bytes().zip(new.bytes()).take_while(same).count();
    while !old.is_char_boundary(start) || !new.is_char_boundary(start) {
        start -= 1;
    }
    let (a, b) = (&old[start..], &new[start..]);
    let mut end = a
        .bytes()
        .rev()
        .zip(b.bytes().rev())
        .take_while(same)
        .count();
    while !a.is_char_boundary(a.len() - end) || !b.is_char_boundary(b.len() - end) {
        end -= 1;
    }
    let range = TextRange::at(
        TextSize::new(start as u32),
        TextSize::new((a.len() - end) as u32),
    );
    let text = b[..b.len() - end].to_owned();
    Some(TextEdit { range, text })
}

/// What an edit changed.
#[derive(Debug, Default)]
pub struct Edited {
    /// The positions of the other files whose findings may have changed.
    pub others: Vec<usize>,
    /// The green trees of before. Dropping them takes time; whoever is in a hurry
    /// hands them to another thread.
    pub old: Vec<GreenNode>,
}

/// Takes out what suppressions allow, and reports those that allow nothing.
/// Returns how many findings went.
fn suppress(document: &Document, diagnostics: &mut Vec<Placed<'_>>) -> usize {
    if document.suppressions.is_empty() {
        return 0;
    }
    let settings = &document.settings;
    let meta = &UnusedSuppression::META;
    let is_judged_itself = settings.is_on(rules::index_of(meta));
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
    if !is_judged_itself || !document.errors.is_empty() {
        return gone;
    }
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
    diagnostics.extend(
        late.into_iter()
            .map(|found| Placed::here(Cow::Owned(found))),
    );
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

fn names_rule(name: &str, diagnostic: &Placed<'_>) -> bool {
    let meta = diagnostic.rule();
    name == meta.name || name == "all" || name == meta.group.name() || meta.aliases.contains(&name)
}

fn is_judged(name: &str, settings: &FileSettings) -> bool {
    match rules::find(name) {
        Some((index, _)) => settings.is_on(index),
        None => true,
    }
}

/// An import, and who imports by it.
#[derive(Debug, Clone, Copy)]
pub struct Importer<'w> {
    /// The position of the file in [`View::documents`].
    pub file: usize,
    /// What of the file.
    pub by: ImportedBy,
    /// The import.
    pub import: &'w Import,
}

/// Code that stands in several files.
#[derive(Debug)]
pub(crate) struct Copies {
    /// The files, in order.
    pub(crate) files: Vec<usize>,
    /// Where each of them has the code that all of them have.
    pub(crate) ranges: Vec<TextRange>,
    /// What else some of them share, as one of them has it.
    pub(crate) more: Vec<(usize, TextRange)>,
}

/// Modules of at least this many lines say whether a repository writes headers.
const HEADER_LINES: u32 = 40;

/// The joined facts, as rules see them.
pub struct View<'w> {
    /// The files, by path.
    pub documents: &'w [Document],
    /// The modules, linked.
    pub graph: &'w Graph,
    options: &'w Options,
    home_directories: OnceCell<Option<Vec<&'w str>>>,
    /// Who imports a file, found when somebody first asks.
    importers: OnceCell<FxHashMap<String, Vec<Importer<'w>>>>,
    habits: OnceCell<Habits>,
    /// The files in which a name stands, found when somebody first asks.
    mentioning: RefCell<FxHashMap<SmolStr, Vec<usize>>>,
    /// What `users.users` says, made when somebody first asks.
    accounts: OnceCell<Accounts<'w>>,
    /// What the project's own libraries define, found when somebody first asks.
    own_lib: OnceCell<OwnLib<'w>>,
    /// The definitions by their options, while options are judged.
    placed: Option<&'w FxHashMap<SmolStr, Vec<Place>>>,
    /// What may be read, while options are judged.
    reads: Option<&'w reads::Reads>,
    /// The modules that nothing imports, while files are judged.
    reach: Option<&'w reach::Reach>,
    /// The keys of options that were asked for.
    asked: RefCell<FxHashSet<SmolStr>>,
}

/// The accounts that modules declare.
#[derive(Default)]
struct Accounts<'w> {
    /// Attributes of `users.users`.
    attributes: FxHashSet<&'w str>,
    /// The attribute by the literal of its `home` or `name`.
    by_alias: FxHashMap<&'w str, &'w str>,
}

/// The names that files in folders `lib` define.
#[derive(Default)]
struct OwnLib<'w> {
    all: FxHashSet<&'w str>,
    /// Those that may be types.
    types: FxHashSet<&'w str>,
}

/// The name that a line binds, if it starts with a binding.
fn bound_by_line(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_'-".contains(c);
    let end = line.find(|c| !is_name(c))?;
    let (name, rest) = line.split_at(end);
    let value = rest.trim_start().strip_prefix('=')?;
    (!name.is_empty() && !value.starts_with('=')).then_some(name)
}

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
    fn new(documents: &'w [Document], graph: &'w Graph, options: &'w Options) -> Self {
        Self {
            documents,
            graph,
            options,
            home_directories: OnceCell::new(),
            habits: OnceCell::new(),
            mentioning: RefCell::default(),
            accounts: OnceCell::new(),
            own_lib: OnceCell::new(),
            importers: OnceCell::new(),
            placed: None,
            reads: None,
            reach: None,
            asked: RefCell::default(),
        }
    }

    /// Is a file a module that nothing imports?
    pub fn is_unimported(&self, file: usize) -> bool {
        self.reach.is_some_and(|reach| reach.is_unimported(file))
    }

    /// May something read an option that a module declares? Told while options are
    /// judged.
    pub fn may_read(&self, id: ModuleId, option: &OptionDeclaration) -> bool {
        let Some(reads) = self.reads else { return true };
        !reads::is_asked(self.graph, id, option) || reads.may_read(&option.path)
    }

    /// The definitions that meet under the key of an option. What is said depends on
    /// them from now on.
    fn placed(&self, key: SmolStr) -> &'w [Place] {
        let places = self.placed.and_then(|placed| placed.get(&key));
        self.asked.borrow_mut().insert(key);
        places.map_or(&[], Vec::as_slice)
    }

    /// What sets an option, as far as that is understood. What is said depends on it
    /// from now on.
    pub fn settings_of(&self, class: Class, path: &[&str]) -> Option<Settings<'w>> {
        Settings::of(
            self,
            self.placed(options::key_of_option(class, path)),
            false,
        )
    }

    /// The literal value of every `home.homeDirectory`; `None` when one is
    /// computed.
    fn home_directories(&self) -> Option<&[&'w str]> {
        let all = self.home_directories.get_or_init(|| {
            let modules = self.documents.iter().flat_map(|d| &d.facts.modules);
            let definitions = modules.flat_map(|module| &module.definitions);
            let homes = definitions.filter(|definition| is_home_directory(definition));
            let literal = |definition: &'w Definition| match definition.literal() {
                Some(Literal::String(value)) => Some(value.as_str()),
                _ => None,
            };
            homes.map(literal).collect()
        });
        all.as_deref()
    }

    /// What may be set.
    pub fn options(&self) -> &'w Options {
        self.options
    }

    /// Does a module meet one that declares the option? In a module system that is
    /// not known, options of the same name may be different ones.
    pub fn meets_declaration(&self, settings: &Settings<'_>, id: ModuleId) -> bool {
        let declares = |other: &ModuleId| {
            let options = &self.module(*other).options;
            options.iter().any(|option| option.path == settings.path)
        };
        settings.class != Class::Unknown
            || self.graph.configurations.iter().any(|configuration| {
                configuration.members.contains_key(&id)
                    && configuration.members.keys().any(declares)
            })
    }

    /// Is a module that sets an option certainly evaluated, and by the module system
    /// that declares the option?
    pub fn is_evaluated(&self, settings: &Settings<'_>, id: ModuleId) -> bool {
        if !self.graph.is_module(id) {
            return false;
        }
        let holding = |configuration: &Configuration| configuration.members.contains_key(&id);
        let mut configurations = self
            .graph
            .configurations
            .iter()
            .filter(|it| holding(it))
            .peekable();
        if self.options.is_own(settings) {
            return settings.class != Class::Unknown || configurations.peek().is_some();
        }
        // The text of a module may only look like that of this module system.
        let mut certain = configurations.filter(|it| it.certain).peekable();
        match certain.peek() {
            Some(_) => certain.all(|it| it.class == settings.class),
            None => {
                let path = self.documents[self.graph.place(id).0].path();
                matches!(settings.class, Class::HomeManager | Class::Darwin)
                    && class_of_path(path) == settings.class
            }
        }
    }

    /// Where the project declares the option that is set.
    pub fn declared_at(&self, settings: &Settings<'_>, from: usize) -> Option<Related> {
        let places = settings.declared.iter().map(|it| it.place.as_ref());
        let files: Option<Vec<_>> = places.map(|place| Some(&*place?.file)).collect();
        let files: Vec<usize> = match files {
            Some(files) => {
                let known = files.into_iter();
                let known = known.filter_map(|file| position(self.documents, file));
                let mut known: Vec<_> = known.collect();
                sorted::set(&mut known);
                known
            }
            // Not all of them say where they stand.
            None => (0..self.documents.len()).collect(),
        };
        files.into_iter().find_map(|file| {
            let document = &self.documents[file];
            let modules = document.facts.modules.iter().enumerate();
            let mut fitting = modules.filter(|(index, _)| {
                let class = self.class(file, *index);
                class == settings.class || class == Class::Unknown
            });
            let is_it = |option: &&OptionDeclaration| option.path == settings.path;
            let option = fitting.find_map(|(_, module)| module.options.iter().find(is_it))?;
            Some(Related {
                path: (file != from).then(|| document.path().clone()),
                range: option.range,
                message: "declared here".to_owned(),
            })
        })
    }

    /// The definition at a place.
    pub fn definition(&self, place: Place) -> &'w Definition {
        let facts = &self.documents[place.file].facts;
        &facts.modules[place.module].definitions[place.definition]
    }

    /// Who names the file, or the folder, at `path` in a list of modules.
    pub fn importers(&self, path: &str) -> &[Importer<'w>] {
        let by_path = self.importers.get_or_init(|| {
            let mut by_path: FxHashMap<String, Vec<Importer<'w>>> = FxHashMap::default();
            for (file, document) in self.documents.iter().enumerate() {
                let base = path::parent(document.path());
                let mut add = |by: ImportedBy, imports: &'w [Import]| {
                    for import in imports {
                        if let Target::Path(written) = &import.target
                            && let Some(path) = path::join(base, written)
                        {
                            let all = by_path.entry(path).or_default();
                            all.push(Importer { file, by, import });
                        }
                    }
                };
                for (index, module) in document.facts.modules.iter().enumerate() {
                    add(ImportedBy::Module(index), &module.imports);
                }
                for (index, list) in document.facts.configurations.iter().enumerate() {
                    add(ImportedBy::Configuration(index), &list.modules);
                }
            }
            by_path
        });
        by_path.get(path).map_or(&[], Vec::as_slice)
    }

    /// The file that imports a file by its path and without a condition, and the
    /// import.
    pub fn importer(&self, path: &str) -> Option<(usize, &'w Import)> {
        let is_it = |it: &&Importer<'_>| {
            matches!(it.by, ImportedBy::Module(_)) && it.import.guards.is_empty()
        };
        let found = self.importers(path).iter().find(is_it)?;
        Some((found.file, found.import))
    }

    /// Does every evaluation of a configuration read what a file imports? `None` when
    /// it may be no import at all.
    pub fn reads_imports(&self, file: usize, by: ImportedBy) -> Option<bool> {
        match by {
            ImportedBy::Module(index) => {
                let id = self.graph.id(file, index);
                let mut configurations = self.graph.configurations.iter();
                let is_module = self.graph.is_module(id);
                is_module.then(|| configurations.any(|it| always_holds(it, id)))
            }
            // Other functions have lists of that name, too.
            ImportedBy::Configuration(index) => {
                let facts = &self.documents[file].facts;
                (facts.configurations[index].class != Class::Unknown).then_some(true)
            }
        }
    }

    /// What most of the repository does.
    pub fn habits(&self) -> &Habits {
        self.habits.get_or_init(|| Habits {
            headers: self.has_header_habit(),
            naming: Naming::of(self.documents),
        })
    }

    /// Have at least a third of the modules that are long enough to need one a
    /// header?
    fn has_header_habit(&self) -> bool {
        let long = (0..self.documents.len()).filter(|file| {
            let facts = &self.documents[*file].facts;
            facts.lines >= HEADER_LINES && !facts.header.generated && self.is_module_file(*file)
        });
        let (mut all, mut with_header) = (0, 0);
        for file in long {
            all += 1;
            with_header += usize::from(self.documents[file].facts.header.present);
        }
        all > 0 && with_header * 3 >= all
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
                    (keys.next(), definition.literal())
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

    /// Does a library in the project define a name? Nixpkgs is one, and a library that
    /// extends nixpkgs' is as good.
    fn own_lib_has(&self, name: &str, is_type: bool) -> bool {
        let own = self.own_lib.get_or_init(|| {
            let mut own = OwnLib::default();
            for document in self.documents {
                let path = document.path();
                if path::file_name(path::parent(path)) != "lib" {
                    continue;
                }
                let names = document.text().lines().filter_map(bound_by_line);
                let names: Vec<_> = names.collect();
                if matches!(path::file_name(path), "types.nix" | "default.nix") {
                    own.types.extend(&names);
                }
                own.all.extend(names);
            }
            own
        });
        let names = if is_type { &own.types } else { &own.all };
        names.contains(name)
    }

    /// Adds the ways to mend a finding that only the joined facts show.
    fn complete(&'w self, file: usize, finding: &mut Diagnostic) {
        let rule = rules::index_of(finding.rule);
        let cx = FileContext {
            file,
            document: &self.documents[file],
            view: self,
            rule,
            out: Vec::new(),
        };
        rules::ALL[rule].complete(finding, &cx);
        for fix in &mut finding.fixes {
            if let Some(condition) = fix.safe_if.take()
                && self.holds(file, &condition)
            {
                fix.applicability = Applicability::Safe;
            }
        }
    }

    /// Does a condition hold in a file?
    fn holds(&self, file: usize, condition: &Condition) -> bool {
        let facts = &self.documents[file].facts;
        match condition {
            Condition::HomeManagerModule(at) => facts
                .module_at(TextRange::empty(*at))
                .is_some_and(|index| self.class(file, index) == Class::HomeManager),
            Condition::Module(at) => facts
                .module_at(TextRange::empty(*at))
                .is_some_and(|index| self.graph.is_module(self.graph.id(file, index))),
            Condition::HomeDirectoryIs {
                at,
                directory,
                config_depth,
            } => {
                let Some(index) = facts.module_at(TextRange::empty(*at)) else {
                    return false;
                };
                let unanimous = self.home_directories().is_some_and(|all| {
                    !all.is_empty() && all.iter().all(|value| *value == &**directory)
                });
                unanimous
                    && self.class(file, index) == Class::HomeManager
                    && facts.modules[index].config_depth == Some(*config_depth)
                    && self.always_sets_home(self.graph.id(file, index))
                    && self.is_in_setting(file, *at)
            }
            Condition::LibLacks { name, is_type } => !self.own_lib_has(name, *is_type),
            Condition::Undescribed { at, path } => {
                let Some(index) = facts.module_at(TextRange::empty(*at)) else {
                    return true;
                };
                let path: Vec<_> = path.iter().map(|name| Some(name.as_str())).collect();
                let option = self.options.option(self.class(file, index), &path);
                let describes = |it: &Arc<Declared>| it.says.description;
                !option.is_some_and(|(len, all)| len == path.len() && all.iter().any(describes))
            }
            Condition::FileLacks(what) => {
                let text = self.documents[file].text().as_bytes();
                memchr::memmem::find(text, what.as_bytes()).is_none()
            }
        }
    }

    /// Is a place in the value of a setting? Only there is the text certain to be
    /// read after the configuration is known.
    fn is_in_setting(&self, file: usize, at: TextSize) -> bool {
        let modules = &self.documents[file].facts.modules;
        let mut definitions = modules.iter().flat_map(|module| &module.definitions);
        definitions.any(|definition| {
            definition.value.contains_inclusive(at)
                && definition.update.is_none()
                && !definition.starts_with(&["_module"])
        })
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

    /// Is a module surely evaluated as one? A file may look like a module and be the
    /// value of an option (`containers.web = import ./web.nix;`), or use the names for
    /// something of its own: who imports it tells, or options beside nothing else.
    pub fn is_surely_module(&self, id: ModuleId) -> bool {
        let module = self.module(id);
        self.graph.is_module(id)
            && (module.origin != crate::module::Origin::File
                || !module.options.is_empty() && module.sections.iter().all(|it| !it.is_outermost)
                || self.graph.each_edge().any(|(_, to, _)| to == id)
                || self
                    .graph
                    .configurations
                    .iter()
                    .any(|it| it.certain && it.members.contains_key(&id)))
    }

    /// May the argument of a module be one of those that are known before any module
    /// is read? Then some file speaks of special arguments and of it.
    pub fn may_be_special(&self, argument: &str) -> bool {
        if matches!(argument, "config" | "options") {
            return false;
        }
        self.documents.iter().any(|document| {
            let text = document.text();
            let at = text.find("pecialArgs");
            at.is_some_and(|at| text[at..].contains(argument))
        })
    }

    /// Does the `config` that the outermost set of a module sees belong to the very
    /// configuration of the module?
    pub fn has_own_config(&self, file: usize, index: usize) -> bool {
        let modules = &self.documents[file].facts.modules;
        let mut index = index;
        loop {
            let module = &modules[index];
            if module.config_depth.is_some() {
                return true;
            }
            // A set in a list of imports sees what the importing module sees.
            let parent = module.parent.filter(|parent| {
                let is_it = |import: &Import| import.target == Target::Module(index);
                module.origin == crate::module::Origin::Inline
                    && modules[*parent].imports.iter().any(is_it)
            });
            match parent {
                Some(parent) => index = parent,
                None => return false,
            }
        }
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
        let meet = |other: ModuleId| {
            other == id
                || self.graph.configurations.iter().any(|configuration| {
                    configuration.members.contains_key(&id)
                        && configuration.members.contains_key(&other)
                })
        };
        let files = self.mentioning(path);
        // Nothing but the place that asks.
        let own = self.graph.place(id).0;
        let once = |name: &&str| {
            let text = self.documents[own].text().as_bytes();
            memchr::memmem::find_iter(text, name.as_bytes())
                .take(2)
                .count()
                == 1
        };
        if files == [own] && path.iter().any(once) {
            return Some(Vec::new());
        }
        let mut found = Vec::new();
        for file in files {
            let document = &self.documents[file];
            let modules = 0..document.facts.modules.len();
            if !modules
                .into_iter()
                .any(|index| meet(self.graph.id(file, index)))
            {
                continue;
            }
            for (index, module) in document.facts.modules.iter().enumerate() {
                let id = self.graph.id(file, index);
                let own = module.definitions.iter().filter(|definition| {
                    definition.path.len() == path.len() && definition.starts_with(path)
                });
                if meet(id) {
                    found.extend(own.map(|definition| (id, definition)));
                }
            }
            if found.len() > most {
                return None;
            }
        }
        Some(found)
    }

    /// The files in whose texts all names of a path stand.
    fn mentioning(&self, path: &[&str]) -> Vec<usize> {
        let mut names = path.to_vec();
        sorted::sort_by_key(&mut names, |name| std::cmp::Reverse(name.len()));
        let Some((longest, others)) = names.split_first() else {
            return Vec::new();
        };
        let holds = |file: usize, name: &str| {
            let text = self.documents[file].text().as_bytes();
            memchr::memmem::find(text, name.as_bytes()).is_some()
        };
        let mut known = self.mentioning.borrow_mut();
        let files = known.entry((*longest).into()).or_insert_with(|| {
            let all = 0..self.documents.len();
            all.filter(|file| holds(*file, longest)).collect()
        });
        let all = files.iter().copied();
        all.filter(|file| others.iter().all(|name| holds(*file, name)))
            .collect()
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

    /// Its tree. Outside of editors it is read again: look at the text first.
    pub fn root(&self) -> SyntaxNode {
        self.document.root()
    }

    /// How many lines of the file hold more than white space and comments.
    pub fn code_lines(&self) -> u32 {
        self.document.code_lines()
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
    every: &'a [Place],
    out: Vec<(usize, Diagnostic)>,
}

impl<'a> WorkspaceContext<'a> {
    /// Reports a finding in a file, if the rule is on there.
    pub fn report(&mut self, file: usize, diagnostic: Diagnostic) {
        if self.view.documents[file].settings.is_on(self.rule) {
            self.out.push((file, diagnostic));
        }
    }

    /// The definitions that matter for all keys.
    pub fn every(&self) -> &'a [Place] {
        self.every
    }

    /// The joined facts.
    pub fn view(&self) -> &'a View<'a> {
        self.view
    }
}
