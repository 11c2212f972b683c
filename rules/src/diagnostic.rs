//! What a rule says: findings, their places and their fixes.

use crate::module::Moved;
use crate::rule::RuleMeta;
use crate::syntax::{TextRange, TextSize};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::sync::Arc;

/// How bad a finding is; ordered, so that `Error` is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something worth a thought; shown in editors, hidden in text output.
    Hint,
    /// Something to improve when one is there anyway.
    Info,
    /// Something that will bite.
    Warning,
    /// Something that Nix rejects or silently loses.
    Error,
}

impl Severity {
    /// The name as it stands in configuration and output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hint => "hint",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Who may apply a fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Applicability {
    /// Somebody has to choose it, and perhaps to fill something in.
    Manual,
    /// Applied with `--unsafe-fixes`: it may change what the configuration means.
    Unsafe,
    /// Never changes meaning.
    Safe,
}

/// One replaced piece of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The file, relative to the root; `None` is the finding's own file.
    pub path: Option<Arc<str>>,
    /// The bytes that go.
    pub range: TextRange,
    /// What comes instead.
    pub text: String,
}

impl Edit {
    /// Replaces `range` of the finding's own file.
    pub fn replace(range: TextRange, text: impl Into<String>) -> Self {
        Self {
            path: None,
            range,
            text: text.into(),
        }
    }

    /// Inserts at `offset` of the finding's own file.
    pub fn insert(offset: TextSize, text: impl Into<String>) -> Self {
        Self::replace(TextRange::empty(offset), text)
    }

    /// Removes `range` of the finding's own file.
    pub fn delete(range: TextRange) -> Self {
        Self::replace(range, "")
    }

    /// The same edit in another file.
    #[must_use]
    pub fn in_file(mut self, path: Arc<str>) -> Self {
        self.path = Some(path);
        self
    }
}

/// A file that a fix creates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// The file, relative to the root.
    pub path: Arc<str>,
    /// Its whole text.
    pub text: String,
}

/// Something the module system must know for a claim to hold. Local rules
/// cannot know it; the workspace answers when all facts are joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// The module expression that holds this offset belongs to Home Manager.
    HomeManagerModule(TextSize),
    /// A module expression holds this offset, and it is surely one.
    Module(TextSize),
    /// The module belongs to Home Manager, and the homes that it is part of set
    /// `home.homeDirectory` to this literal, all of them; `config_depth` is
    /// where the name `config` is bound that a fix would use.
    HomeDirectoryIs {
        /// A place in the module.
        at: TextSize,
        /// The literal.
        directory: Arc<str>,
        /// How deep in the file's lambdas the one stands that binds `config`.
        config_depth: u32,
    },
    /// The project has no library of its own, in a folder `lib`, that defines this name.
    LibLacks {
        /// The name.
        name: &'static str,
        /// Is it one of `lib.types`?
        is_type: bool,
    },
    /// No declaration of an option that is known describes it.
    Undescribed {
        /// A place in the module that declares it.
        at: TextSize,
        /// The option.
        path: Vec<SmolStr>,
    },
    /// The text of the file has this nowhere.
    FileLacks(&'static str),
}

/// A way to mend a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an imperative.
    pub title: String,
    /// Who may apply it.
    pub applicability: Applicability,
    /// The condition under which an `Unsafe` fix is `Safe`.
    pub safe_if: Option<Condition>,
    /// The changes, not overlapping.
    pub edits: Vec<Edit>,
    /// Files to create.
    pub creates: Vec<NewFile>,
    /// Where something is left to write, in the text of the first edit, in bytes.
    pub blank: Option<usize>,
}

impl Fix {
    /// A fix that only edits.
    pub fn new(
        applicability: Applicability,
        title: impl Into<String>,
        edits: impl IntoIterator<Item = Edit>,
    ) -> Self {
        Self {
            title: title.into(),
            applicability,
            safe_if: None,
            edits: edits.into_iter().collect(),
            creates: Vec::new(),
            blank: None,
        }
    }

    /// Says where in the text of the first edit something is left to write.
    #[must_use]
    pub fn blank(mut self, at: usize) -> Self {
        self.blank = Some(at);
        self
    }
}

/// Another place that belongs to a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// The file, relative to the root; `None` is the finding's own file.
    pub path: Option<Arc<str>>,
    /// Where in that file.
    pub range: TextRange,
    /// What is there.
    pub message: String,
}

/// A finding.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnostic {
    /// The rule that found it.
    pub rule: &'static RuleMeta,
    /// How bad it is.
    pub severity: Severity,
    /// Where, in bytes of the file.
    pub range: TextRange,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// What stands beside the underline, if more than nothing.
    pub label: Option<String>,
    /// What to do about it.
    pub help: Option<String>,
    /// Other places.
    pub related: Vec<Related>,
    /// Ways to mend it, the preferred one first.
    pub fixes: Vec<Fix>,
    /// The finding holds only if this does.
    pub only_if: Option<Condition>,
    /// The setting it is about, if it is about one, for who completes it.
    pub setting: Option<Vec<SmolStr>>,
}

impl Diagnostic {
    /// A finding of `rule` at `range`, with the rule's own severity.
    pub fn new(rule: &'static RuleMeta, range: TextRange, message: impl Into<String>) -> Self {
        Self {
            rule,
            severity: rule.severity,
            range,
            message: message.into(),
            label: None,
            help: None,
            related: Vec::new(),
            fixes: Vec::new(),
            only_if: None,
            setting: None,
        }
    }

    /// Gives back what memory was taken for more.
    pub(crate) fn shrink(&mut self) {
        self.message.shrink_to_fit();
        self.related.shrink_to_fit();
        self.fixes.shrink_to_fit();
        for fix in &mut self.fixes {
            fix.edits.shrink_to_fit();
        }
    }

    /// Sets another severity than the rule's.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Sets the text beside the underline.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Sets the help line.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a fix.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fixes.push(fix);
        self
    }

    /// Moves everything that lies in the finding's own file: what was at `from`
    /// is at `to`.
    pub(crate) fn shift(&mut self, from: TextSize, to: TextSize) {
        if from == to {
            return;
        }
        let at = |at| shifted(at, from, to);
        let range = |range: &mut TextRange| *range = shifted_range(*range, from, to);
        range(&mut self.range);
        let related = self.related.iter_mut();
        related
            .filter(|related| related.path.is_none())
            .for_each(|related| range(&mut related.range));
        for fix in &mut self.fixes {
            let edits = fix.edits.iter_mut().filter(|edit| edit.path.is_none());
            edits.for_each(|edit| range(&mut edit.range));
            if let Some(condition) = &mut fix.safe_if {
                condition.shift(at);
            }
        }
        if let Some(condition) = &mut self.only_if {
            condition.shift(at);
        }
    }
}

impl Diagnostic {
    /// Moves what it says of another file with the text of that file.
    pub(crate) fn follow_related(&mut self, path: &str, moved: Moved) {
        for related in &mut self.related {
            if related.path.as_deref() == Some(path) {
                moved.range(&mut related.range);
            }
        }
    }

    /// Does it point to a part of another file that changed?
    pub(crate) fn points_into(&self, path: &str, moved: Moved) -> bool {
        let mut related = self.related.iter();
        related.any(|it| it.path.as_deref() == Some(path) && moved.touches(it.range))
    }

    /// Moves the finding with the text, unless it stands where the text changed:
    /// then false.
    pub(crate) fn follow(&mut self, moved: Moved) -> bool {
        let mut ranges: Vec<&mut TextRange> = vec![&mut self.range];
        let related = self.related.iter_mut();
        let own = related.filter(|related| related.path.is_none());
        ranges.extend(own.map(|related| &mut related.range));
        let edits = self.fixes.iter_mut().flat_map(|fix| &mut fix.edits);
        let own = edits.filter(|edit| edit.path.is_none());
        ranges.extend(own.map(|edit| &mut edit.range));
        let stays = ranges.iter().all(|range| !moved.touches(**range));
        if stays {
            ranges.into_iter().for_each(|range| moved.range(range));
        }
        stays
    }
}

/// Where a place is when what was at `from` is at `to`; it may lie before both.
fn shifted(at: TextSize, from: TextSize, to: TextSize) -> TextSize {
    at + to - from
}

/// Where a range is when what was at `from` is at `to`.
pub(crate) fn shifted_range(range: TextRange, from: TextSize, to: TextSize) -> TextRange {
    let moved = |at| shifted(at, from, to);
    TextRange::new(moved(range.start()), moved(range.end()))
}

impl Condition {
    pub(crate) fn moved(&self, from: TextSize, to: TextSize) -> Self {
        let mut moved = self.clone();
        moved.shift(|at| shifted(at, from, to));
        moved
    }

    fn shift(&mut self, moved: impl Fn(TextSize) -> TextSize) {
        match self {
            Self::HomeManagerModule(at)
            | Self::Module(at)
            | Self::HomeDirectoryIs { at, .. }
            | Self::Undescribed { at, .. } => *at = moved(*at),
            Self::LibLacks { .. } | Self::FileLacks(_) => {}
        }
    }
}
