//! A small workspace that somebody edits: what [`crate::Workspace`] gives to
//! JavaScript, as Rust has it.

use nixamine_rules::fixer::{fix, fixes_of_file};
use nixamine_rules::knowledge::{Knowledge, OptionFacts, parse_path};
use nixamine_rules::path::glob_matches;
#[cfg(feature = "report")]
use nixamine_rules::report::{Audit, Surroundings, html};
use nixamine_rules::suppression::{Reach, allow};
use nixamine_rules::syntax::{Cache, Text, TextEdit, TextRange, Utf16Index, parse};
use nixamine_rules::wire::{
    self, ConfigProblem, Drawing, FileEdit, FileForm, Finding, Fixed, Former, ImportGraph,
    ListedForm, Offsets, OptionForm, Report, SourceFile, TreeForm,
};
use nixamine_rules::{
    Applicability, Config, ConfigError, Presence, Settings, Severity, Source, Workspace, analyze,
    analyze_with,
};
use std::collections::{BTreeMap, BTreeSet};

/// Files, with the configuration that holds for them.
pub struct Session {
    offsets: Offsets,
    settings: Settings,
    workspace: Workspace,
    cache: Cache,
    /// Files that the configuration leaves out.
    excluded: BTreeMap<String, Text>,
    /// Files that exist, without their text.
    others: BTreeSet<String>,
    /// Files whose trees are kept.
    open: BTreeSet<String>,
    /// Is all that was added joined?
    joined: bool,
    /// What may exist besides, where all other files of the project are here.
    presence: Option<Presence>,
    /// Files whose findings may be other ones than when [`Session::touched`] was last
    /// asked.
    touched: BTreeSet<String>,
}

/// Why something cannot be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No file has this path.
    UnknownFile(String),
    /// There is no rule of this name.
    UnknownRule(String),
    /// How far a suppression reaches is `line`, `statement` or `file`.
    UnknownReach(String),
    /// The text has no such range.
    Range(u32, u32),
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownFile(path) => write!(f, "there is no file {path}; add it first"),
            Self::UnknownRule(name) => write!(f, "there is no rule {name}"),
            Self::UnknownReach(reach) => write!(
                f,
                "a comment reaches over a line, a statement or a file, not a {reach}"
            ),
            Self::Range(from, to) => write!(f, "the text has no range from {from} to {to}"),
        }
    }
}

impl Session {
    /// No files, and the default configuration. `offsets` says what the places that
    /// go in and out count.
    pub fn new(offsets: Offsets) -> Self {
        Self {
            offsets,
            settings: Settings::default(),
            workspace: Workspace::new(Vec::new(), []),
            // Small files share what their trees have in common.
            cache: Cache::for_text(1 << 20),
            excluded: BTreeMap::new(),
            others: BTreeSet::new(),
            open: BTreeSet::new(),
            joined: false,
            presence: None,
            touched: BTreeSet::new(),
        }
    }

    /// Makes a `nixamine.toml` hold. One with an error changes nothing.
    pub fn configure(&mut self, toml: &str) -> Vec<ConfigProblem> {
        let written = |problem: &ConfigError, severity| {
            ConfigProblem::new(problem, severity, toml, self.offsets)
        };
        let config = match Config::from_toml(toml) {
            Ok(config) => config,
            Err(error) => return vec![written(&error, Severity::Error)],
        };
        let warnings = config.warnings.iter();
        let warnings = warnings
            .map(|warning| written(warning, Severity::Warning))
            .collect();
        let settings = match Settings::new(config, &[], &[]) {
            Ok(settings) => settings,
            Err(error) => return vec![written(&error, Severity::Error)],
        };
        self.settings = settings;
        self.read_again();
        warnings
    }

    fn read_again(&mut self) {
        let documents = self.workspace.documents().iter();
        let texts = documents.map(|it| (it.path().to_string(), it.text().clone()));
        let mut texts: Vec<(String, Text)> = texts.collect();
        texts.extend(std::mem::take(&mut self.excluded));
        self.workspace = Workspace::new(Vec::new(), []);
        if let Some(presence) = self.presence.clone() {
            self.workspace.is_whole(presence);
        }
        self.open.clear();
        for other in &self.others {
            self.workspace.mention(other);
        }
        for (path, text) in texts {
            self.put(path, text);
        }
    }

    /// Adds a file, or replaces one.
    pub fn add(&mut self, path: &str, text: &str) {
        self.others.remove(path);
        self.put(path.to_owned(), text.into());
    }

    fn put(&mut self, path: String, text: Text) {
        self.open.remove(&path);
        self.joined = false;
        self.touched.insert(path.clone());
        if self.settings.config().excludes(&path) {
            self.workspace.mention(&path);
            self.excluded.insert(path, text);
        } else {
            let source = Source::new(path.as_str(), text);
            let document = analyze_with(&mut self.cache, source, &self.settings);
            self.workspace.replace(document);
        }
    }

    /// Says that a file exists, without its text.
    pub fn mention(&mut self, path: &str) {
        if self.text(path).is_none() && self.others.insert(path.to_owned()) {
            self.workspace.mention(path);
            self.joined = false;
        }
    }

    /// Says that all files of the project are here, but those that match one of
    /// `absent`: globs of what git ignores and of submodules, as in `exclude` of the
    /// configuration. Without that nothing is found missing.
    pub fn is_whole(&mut self, absent: Vec<String>) {
        let presence = Presence::new(move |path| {
            let inside = format!("{path}/default.nix");
            absent.iter().any(|glob| glob_matches(glob, &inside))
        });
        self.workspace.is_whole(presence.clone());
        self.presence = Some(presence);
        self.joined = false;
    }

    /// Forgets a file.
    pub fn remove(&mut self, path: &str) {
        self.open.remove(path);
        self.others.remove(path);
        self.excluded.remove(path);
        self.workspace.remove(path, &self.settings);
        self.joined = false;
        self.touched.insert(path.to_owned());
    }

    /// The files that have a text, by path.
    pub fn paths(&self) -> Vec<String> {
        let documents = self.workspace.documents().iter();
        let mut paths: Vec<String> = documents.map(|it| it.path().to_string()).collect();
        paths.extend(self.excluded.keys().cloned());
        paths.sort();
        paths
    }

    /// The text of a file.
    pub fn text(&self, path: &str) -> Option<&Text> {
        match self.workspace.position(path) {
            Some(file) => Some(self.workspace.documents()[file].text()),
            None => self.excluded.get(path),
        }
    }

    /// Joins what the files say, after some were added: then findings of all of them
    /// may be others.
    fn settle(&mut self) {
        if !self.joined {
            self.workspace.join(&self.settings);
            self.joined = true;
            let documents = self.workspace.documents().iter();
            self.touched
                .extend(documents.map(|it| it.path().to_string()));
        }
    }

    fn file(&self, path: &str) -> Result<usize, Refusal> {
        let unknown = || Refusal::UnknownFile(path.to_owned());
        self.workspace.position(path).ok_or_else(unknown)
    }

    /// A range of a text that came from outside.
    fn range(&self, text: &str, from: u32, to: u32) -> Result<TextRange, Refusal> {
        let at = |offset: u32| match self.offsets {
            Offsets::Bytes => text
                .is_char_boundary(offset as usize)
                .then(|| offset.into()),
            Offsets::Utf16 => {
                let index = Utf16Index::new(text);
                let at = index.to_byte(text, offset);
                // Not inside of a character, and not behind the end.
                (index.to_utf16(at) == offset).then_some(at)
            }
        };
        match (at(from), at(to)) {
            (Some(start), Some(end)) if start <= end => Ok(TextRange::new(start, end)),
            _ => Err(Refusal::Range(from, to)),
        }
    }

    /// Replaces a part of a file.
    ///
    /// # Errors
    /// When there is no such file, or no such range in it; then nothing is changed.
    pub fn edit(&mut self, path: &str, from: u32, to: u32, insert: &str) -> Result<(), Refusal> {
        let unknown = || Refusal::UnknownFile(path.to_owned());
        let text = self.text(path).ok_or_else(unknown)?;
        let range = self.range(text, from, to)?;
        if let Some(text) = self.excluded.get_mut(path) {
            text.replace(range.into(), insert);
            return Ok(());
        }
        self.settle();
        self.keep_tree(path)?;
        let edit = TextEdit {
            range,
            text: insert.to_owned(),
        };
        let edited = self.workspace.edit(path, &[edit], &self.settings);
        self.touched.insert(path.to_owned());
        let documents = self.workspace.documents();
        let others = edited.others.iter();
        self.touched
            .extend(others.map(|file| documents[*file].path().to_string()));
        Ok(())
    }

    /// Keeps the tree of a file that is going to be edited or asked for.
    fn keep_tree(&mut self, path: &str) -> Result<(), Refusal> {
        let file = self.file(path)?;
        if self.open.insert(path.to_owned()) {
            let text = self.workspace.documents()[file].text().clone();
            self.workspace.open(path, &text, &self.settings);
        }
        Ok(())
    }

    /// The files whose findings may have changed since this was last asked.
    pub fn touched(&mut self) -> Vec<String> {
        self.settle();
        std::mem::take(&mut self.touched).into_iter().collect()
    }

    /// What is found in a file. Fixes that take time to find are missing:
    /// [`Session::complete`] has them.
    ///
    /// # Errors
    /// When there is no such file.
    pub fn findings(&mut self, path: &str) -> Result<Vec<Finding>, Refusal> {
        self.settle();
        if self.excluded.contains_key(path) {
            return Ok(Vec::new());
        }
        let file = self.file(path)?;
        Ok(wire::findings_of(&self.workspace, file, self.offsets))
    }

    /// A finding of [`Session::findings`] with all its fixes; `None` when there are
    /// not so many.
    ///
    /// # Errors
    /// When there is no such file.
    pub fn complete(&mut self, path: &str, index: usize) -> Result<Option<Finding>, Refusal> {
        self.settle();
        let file = self.file(path)?;
        Ok(wire::complete(&self.workspace, file, index, self.offsets))
    }

    /// Everything that is found, as the command line has it.
    pub fn check(&self) -> Report {
        let findings = self.workspace.check(&self.settings);
        Report::with_offsets(&findings, &str::to_owned, Vec::new(), self.offsets)
    }

    /// The edits that mend what can be mended safely in a file, by all rules or one.
    ///
    /// # Errors
    /// When there is no such file or rule.
    pub fn fix_file(&mut self, path: &str, rule: Option<&str>) -> Result<Vec<FileEdit>, Refusal> {
        self.settle();
        let file = self.file(path)?;
        let rule = rule.map(known_rule).transpose()?;
        let edits = fixes_of_file(&self.workspace, file, Applicability::Safe, &|found| {
            rule.is_none_or(|rule| found.rule.name == rule)
        });
        Ok(wire::edits_of(&self.workspace, file, &edits, self.offsets))
    }

    /// What becomes of all files when everything that can be mended safely is. The
    /// files here stay as they are.
    pub fn fix_all(&self) -> Fixed {
        let workspace = self.read_with(&self.settings);
        let outcome = fix(workspace, &self.settings, Applicability::Safe, &|_| true);
        let changed = outcome.changed.iter().map(|file| SourceFile {
            path: file.path.to_string(),
            text: file.after.to_string(),
        });
        let created = outcome.created.into_iter().map(|file| SourceFile {
            path: file.path.to_string(),
            text: file.text,
        });
        Fixed {
            changed: changed.collect(),
            created: created.collect(),
            applied: outcome.applied,
            refused: outcome.refused,
        }
    }

    /// Where the project stands, as the page that `nixamine report --format html`
    /// writes. `date` is a day, as in `2026-11-24`.
    #[cfg(feature = "report")]
    pub fn report(&self, name: &str, date: Option<&str>) -> String {
        let settings = self.settings.clone().for_report();
        let mut workspace = self.read_with(&settings);
        workspace.join(&settings);
        let mut files = self.paths();
        files.extend(self.others.iter().cloned());
        files.sort();
        let around = Surroundings {
            name: name.to_owned(),
            date: date.map(str::to_owned),
            files,
            earlier: Vec::new(),
        };
        html(&Audit::new(&workspace, &settings, around, &|_| true))
    }

    /// All files once more, as they are read with other settings.
    fn read_with(&self, settings: &Settings) -> Workspace {
        let documents = self.workspace.documents().iter();
        let documents = documents.map(|document| {
            let source = Source::new(document.path().clone(), document.text().clone());
            analyze(source, settings)
        });
        let mut workspace = Workspace::new(documents.collect(), []);
        let excluded = self.excluded.keys();
        for path in self.others.iter().chain(excluded) {
            workspace.mention(path);
        }
        if let Some(presence) = self.presence.clone() {
            workspace.is_whole(presence);
        }
        workspace
    }

    /// The edit that writes a comment which allows what `rule` finds at a place;
    /// `None` where no comment fits. The reason belongs at its end.
    ///
    /// # Errors
    /// When there is no such file, range, rule or reach.
    pub fn allow(
        &mut self,
        path: &str,
        (from, to): (u32, u32),
        rule: &str,
        reach: &str,
    ) -> Result<Option<FileEdit>, Refusal> {
        let reach = match reach {
            "line" => Reach::Line,
            "statement" => Reach::Statement,
            "file" => Reach::File,
            other => return Err(Refusal::UnknownReach(other.to_owned())),
        };
        let rule = known_rule(rule)?;
        self.keep_tree(path)?;
        let file = self.file(path)?;
        let document = &self.workspace.documents()[file];
        let range = self.range(document.text(), from, to)?;
        let edit = document
            .tree()
            .and_then(|tree| allow(tree, range, rule, reach));
        let mut edits = wire::edits_of(&self.workspace, file, edit.as_slice(), self.offsets);
        Ok(edits.pop())
    }

    /// The syntax tree of a file.
    ///
    /// # Errors
    /// When there is no such file.
    pub fn tree(&self, path: &str) -> Result<TreeForm, Refusal> {
        let unknown = || Refusal::UnknownFile(path.to_owned());
        let text = self.text(path).ok_or_else(unknown)?;
        let file = self.workspace.position(path);
        let kept = file.and_then(|file| self.workspace.documents()[file].tree());
        Ok(match kept {
            Some(tree) => TreeForm::new(tree, self.offsets),
            None => TreeForm::new(&parse(text.clone()), self.offsets),
        })
    }

    /// What a file says about options, settings and imports.
    ///
    /// # Errors
    /// When there is no such file, or the configuration excludes it.
    pub fn facts(&self, path: &str) -> Result<FileForm, Refusal> {
        let file = self.file(path)?;
        let document = &self.workspace.documents()[file];
        Ok(FileForm::new(document, self.offsets))
    }

    /// What is known of the joined files.
    fn knowledge(&mut self) -> Option<Knowledge<'_>> {
        self.settle();
        self.workspace.knowledge()
    }

    /// Every option that the files declare or set.
    pub fn options(&mut self) -> Vec<ListedForm> {
        let listed = self.knowledge().map(|it| it.listed());
        let listed = listed.iter().flatten();
        listed.map(ListedForm::new).collect()
    }

    /// What is known of the options at a path, as people write it. Nothing where it is
    /// no path.
    pub fn why(&mut self, option: &str) -> Vec<OptionForm> {
        let Some(path) = parse_path(option) else {
            return Vec::new();
        };
        self.ask(|knowledge| knowledge.about(&path))
    }

    /// What is known of the option that is named at a place of a file.
    ///
    /// # Errors
    /// When there is no such file or place.
    pub fn option_at(&mut self, path: &str, at: u32) -> Result<Option<OptionForm>, Refusal> {
        self.keep_tree(path)?;
        let file = self.file(path)?;
        let text = self.workspace.documents()[file].text();
        let at = self.range(text, at, at)?.start();
        let found = self.ask(|knowledge| {
            let spot = knowledge.spot(file, at);
            let facts = spot.map(|spot| knowledge.option(spot.class, &spot.path));
            facts.into_iter().collect()
        });
        Ok(found.into_iter().next())
    }

    fn ask<'s>(
        &'s mut self,
        question: impl FnOnce(&Knowledge<'s>) -> Vec<OptionFacts<'s>>,
    ) -> Vec<OptionForm> {
        let offsets = self.offsets;
        let Some(knowledge) = self.knowledge() else {
            return Vec::new();
        };
        let show = |path: &str| path.to_owned();
        let mut former = Former::new(&knowledge, &show, offsets);
        let facts = question(&knowledge);
        facts.iter().map(|facts| former.option(facts)).collect()
    }

    /// Which file imports which, and what each host holds.
    pub fn imports(&mut self) -> ImportGraph {
        let graph = self
            .knowledge()
            .map(|knowledge| ImportGraph::new(&knowledge, &str::to_owned));
        graph.unwrap_or_default()
    }

    /// A drawing of that, or of the part of one host. `None` when there is no such
    /// host.
    pub fn drawing(&mut self, host: Option<&str>) -> Option<Drawing> {
        let graph = self.imports();
        match host {
            None => Some(Drawing::new(&graph)),
            Some(host) => graph.of_host(host).map(|part| Drawing::new(&part)),
        }
    }
}

/// The name of a rule, which may have been given by a former one.
fn known_rule(name: &str) -> Result<&'static str, Refusal> {
    let found = nixamine_rules::rules::find(name);
    let unknown = || Refusal::UnknownRule(name.to_owned());
    Ok(found.ok_or_else(unknown)?.1.meta().name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SET: &str = "{ boot.kernel.sysctl.\"a.b\" = 1; }\n";

    fn host() -> Session {
        let mut session = Session::new(Offsets::Utf16);
        session.add("host.nix", "{ imports = [ ./a.nix ./b.nix ]; }\n");
        session.add("a.nix", SET);
        session.add("b.nix", SET);
        session
    }

    fn rules(session: &mut Session, path: &str) -> Vec<&'static str> {
        let findings = session.findings(path).unwrap();
        findings.iter().map(|found| found.rule).collect()
    }

    #[test]
    fn findings_cross_files_and_follow_edits() {
        let mut session = host();
        assert_eq!(session.touched(), ["a.nix", "b.nix", "host.nix"]);
        assert_eq!(rules(&mut session, "a.nix"), ["duplicate-sysctl"]);
        let found = &session.findings("b.nix").unwrap()[0];
        assert_eq!(found.related[0].path, "a.nix");
        // Another key.
        session.edit("a.nix", 24, 25, "c").unwrap();
        assert_eq!(&**session.text("a.nix").unwrap(), SET.replace("a.b", "a.c"));
        assert_eq!(session.touched(), ["a.nix", "b.nix"]);
        assert!(rules(&mut session, "b.nix").is_empty());
        session.remove("a.nix");
        session.add("c.nix", SET);
        session.edit("host.nix", 16, 17, "c").unwrap();
        assert_eq!(rules(&mut session, "c.nix"), ["duplicate-sysctl"]);
        assert_eq!(session.paths(), ["b.nix", "c.nix", "host.nix"]);
    }

    #[test]
    fn an_edited_session_says_what_a_new_one_says() {
        let mut edited = host();
        edited
            .edit("a.nix", 0, 0, "# ü🐧 what it is for\n")
            .unwrap();
        edited.edit("a.nix", 2, 5, "").unwrap();
        let mut new = host();
        new.add("a.nix", &edited.text("a.nix").unwrap().clone());
        let form = |session: &Session| serde_json::to_string(&session.check()).unwrap();
        assert_eq!(form(&edited), form(&new));
        assert!(edited.text("a.nix").unwrap().starts_with("#  what"));
    }

    #[test]
    fn settings_are_read_again() {
        let mut session = host();
        assert!(
            session
                .configure("ignore = [\"duplicate-sysctl\"]")
                .is_empty()
        );
        assert!(rules(&mut session, "a.nix").is_empty());
        let problems = session.configure("\nignroe = []");
        let [problem] = problems.as_slice() else {
            panic!("{problems:?}")
        };
        assert_eq!(problem.severity, Severity::Error);
        assert_eq!(problem.range.unwrap().start.line, 2);
        assert!(
            rules(&mut session, "a.nix").is_empty(),
            "the former ones hold"
        );
        assert!(session.configure("exclude = [\"b.nix\"]").is_empty());
        assert!(rules(&mut session, "a.nix").is_empty() && session.check().summary.files == 2);
        session.edit("b.nix", 0, 0, "#\n").unwrap();
        assert!(session.configure("").is_empty());
        assert_eq!(rules(&mut session, "b.nix"), ["duplicate-sysctl"]);
        assert!(session.text("b.nix").unwrap().starts_with("#\n{"));
        let [warning] = session
            .configure("ignore = [\"no-such-rule\"]")
            .try_into()
            .unwrap();
        assert_eq!(warning.severity, Severity::Warning);
    }

    #[test]
    fn fixes_are_edits() {
        let mut session = Session::new(Offsets::Utf16);
        let text = "# ü🐧\n{ boot.kernel.sysctl.net.ipv4.x = 1; }\n";
        session.add("a.nix", text);
        let found = session.complete("a.nix", 0).unwrap().unwrap();
        assert_eq!(found.rule, "unquoted-sysctl-key");
        let [edit] = session.fix_file("a.nix", None).unwrap().try_into().unwrap();
        let (from, to) = (edit.range.start.offset, edit.range.end.offset);
        let fixed = session.fix_all();
        session.edit("a.nix", from, to, &edit.text).unwrap();
        assert_eq!(fixed.changed[0].text, **session.text("a.nix").unwrap());
        assert!(session.findings("a.nix").unwrap().is_empty());
        assert!(fixed.changed[0].text.contains("\"net.ipv4.x\""));
    }

    #[test]
    fn a_finding_is_allowed() {
        let mut session = host();
        let found = &session.findings("a.nix").unwrap()[0];
        let range = (found.range.start.offset, found.range.end.offset);
        let edit = session
            .allow("a.nix", range, found.rule, "file")
            .unwrap()
            .unwrap();
        let at = edit.range.start.offset;
        session.edit("a.nix", at, at, &edit.text).unwrap();
        assert!(session.findings("a.nix").unwrap().is_empty());
    }

    #[test]
    fn what_is_not_there_is_refused() {
        let mut session = host();
        session.add("u.nix", "🐧");
        let refused = [
            session.edit("x.nix", 0, 0, "").unwrap_err(),
            session.edit("u.nix", 1, 2, "").unwrap_err(),
            session.edit("u.nix", 0, 3, "").unwrap_err(),
            session.edit("u.nix", 2, 0, "").unwrap_err(),
            session.fix_file("a.nix", Some("mkforce")).unwrap_err(),
            session
                .allow("a.nix", (0, 0), "mk-force", "house")
                .unwrap_err(),
        ];
        for refusal in refused {
            assert!(!refusal.to_string().is_empty());
        }
        assert_eq!(&**session.text("u.nix").unwrap(), "🐧");
        assert!(session.complete("a.nix", 7).unwrap().is_none());
    }

    #[test]
    fn what_is_missing_is_said_of_a_whole_project_alone() {
        let mut session = Session::new(Offsets::Utf16);
        let flake = "{ outputs = { nixpkgs, ... }: { nixosConfigurations.a = nixpkgs.lib.nixosSystem { modules = [ ./a.nix ./b.nix ./sub ]; }; }; }";
        session.add("flake.nix", flake);
        assert!(rules(&mut session, "flake.nix").is_empty());
        session.is_whole(vec!["/sub".to_owned()]);
        let missing = ["missing-import"; 2];
        assert_eq!(rules(&mut session, "flake.nix"), missing);
        session.configure("[rules]\n");
        assert_eq!(rules(&mut session, "flake.nix"), missing);
        assert_eq!(session.check().diagnostics.len(), 2);
        session.add("b.nix", "{ }\n");
        assert_eq!(rules(&mut session, "flake.nix").len(), 1);
    }

    #[test]
    fn questions_are_answered_in_units_of_javascript() {
        let mut session = Session::new(Offsets::Utf16);
        session.add("host.nix", "{ imports = [ ./a.nix ./b.nix ]; }\n");
        session.add(
            "a.nix",
            "{ lib, ... }: { services.\"ä\".on = lib.mkForce 1; }\n",
        );
        session.add("b.nix", "{ services.\"ä\".on = 2; }\n");
        let listed = session.options();
        assert_eq!((listed.len(), listed[0].settings), (1, 2));
        let forms = session.why(&listed[0].name);
        let standings = forms[0].outcomes[0].standings.iter();
        let results: Vec<_> = standings.map(|it| it.result).collect();
        assert_eq!((forms.len(), results), (1, vec!["wins", "loses"]));
        // A byte less than in UTF-8.
        let at = u32::try_from("{ services.\"a\".o".len()).unwrap();
        let found = session.option_at("b.nix", at).unwrap();
        assert_eq!(found.unwrap().name, forms[0].name);
        assert!(session.option_at("b.nix", 0).unwrap().is_none());
        assert!(session.option_at("b.nix", 999).is_err() && session.why("a b").is_empty());
        let drawing = session.drawing(None).unwrap();
        assert_eq!((drawing.nodes.len(), drawing.edges.len()), (3, 2));
        assert!(session.drawing(Some("x")).is_none());
    }
}
