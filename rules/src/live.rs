//! A file that somebody edits: its tree is kept, and what an edit did not touch
//! is not looked at again.
//!
//! Everything that is known of the file stands where it stood or moved with the
//! text. Said again is only what depends on something that was read again: a
//! finding on its statement, on the comments that were looked at for it and on
//! the names that were looked up. What all that is, the rules' own context
//! writes down while they run (see [`crate::local`]).

use crate::config::Settings;
use crate::linter::{Document, Source};
use crate::local::{Hit, Judge, Mention, Wanted, judge_all};
use crate::module::{self, FileFacts, Moved, Updated};
use crate::pieces;
use crate::rules::RuleIndex;
use crate::rules::module::duplicate_code::least;
use crate::semantics::{bound_names, is_rec};
use crate::sorted;
use crate::suppression;
use crate::syntax::{
    self, Cache, GreenNode, SyntaxKind, SyntaxNode, TextEdit, TextRange, TextSize, Tree,
    node_around,
};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;
use std::ops::Range;
use std::sync::OnceLock;

/// What only an open file keeps.
#[derive(Debug)]
pub(crate) struct Live {
    tree: Tree,
    /// How often the text breaks its line.
    breaks: usize,
    /// Other names that the file has for what rules look for.
    aliases: FxHashSet<(SmolStr, RuleIndex)>,
}

/// The names that an edit bound otherwise, and the scope that binds them, in the
/// text of before.
struct Rebound {
    scope: TextRange,
    names: FxHashSet<SmolStr>,
}

impl Document {
    /// Reads a file that will be edited.
    pub fn open(source: Source, settings: &Settings) -> Self {
        Self::open_with(&mut Cache::for_text(source.text.len()), source, settings)
    }

    /// As [`Document::open`], for one of many files.
    pub fn open_with(cache: &mut Cache, source: Source, settings: &Settings) -> Self {
        let tree = syntax::parse_with(cache, source.text);
        let mut document = Self::of(source.path, &tree, settings);
        if let Some(least) = least(&document.source.path, &document.settings) {
            document.pieces = pieces::read(&tree, least);
        }
        document.live = Some(Box::new(Live {
            breaks: module::line_breaks(tree.text()),
            tree,
            aliases: FxHashSet::default(),
        }));
        document.judge_whole();
        document
    }

    /// Its tree, while it is open.
    pub fn tree(&self) -> Option<&Tree> {
        self.live.as_ref().map(|live| &live.tree)
    }

    /// The root of its tree, which is read again when it is not kept.
    pub(crate) fn root(&self) -> SyntaxNode {
        match self.tree() {
            Some(tree) => tree.root(),
            None => syntax::parse(self.text().clone()).root(),
        }
    }

    /// Judges every mention of the text.
    fn judge_whole(&mut self) {
        let Some(live) = &mut self.live else { return };
        live.aliases.clear();
        self.hits.clear();
        if live.tree.too_complex().is_none() {
            let mut wanted = Wanted::new(&self.settings);
            let path = &self.source.path;
            self.hits = judge_all(&live.tree, path, &mut wanted, true);
            live.aliases = wanted.aliases;
        }
    }

    /// Changes the text. Returns what became of the facts, what was read again,
    /// and the green tree of before, whose dropping takes time. A file that is not
    /// open stays as it is.
    ///
    /// # Panics
    /// When the range of the edit is not one of the text.
    pub(crate) fn edit(&mut self, edit: &TextEdit) -> Option<(Updated, Moved, GreenNode)> {
        let live = self.live.as_mut()?;
        let readable = live.tree.too_complex().is_none();
        let gone = &live.tree.text()[Range::<usize>::from(edit.range)];
        let (new, gone) = (module::line_breaks(&edit.text), module::line_breaks(gone));
        live.breaks = live.breaks + new - gone;
        // Whoever holds the text alone edits it in place.
        self.source.text = Default::default();
        self.code_lines = OnceLock::new();
        let change = live.tree.apply(edit);
        self.source.text = live.tree.text().clone();
        self.errors.clear();
        self.errors.extend_from_slice(live.tree.errors());
        self.too_complex = live.tree.too_complex().cloned();
        let moved = Moved {
            old: TextRange::at(change.range.start(), change.old_len),
            new: change.range,
        };
        let whole = usize::from(change.range.len()) == live.tree.text().len();
        if let Some(least) = least(&self.source.path, &self.settings) {
            let is_part = !whole && readable && self.too_complex.is_none();
            match is_part {
                true => pieces::update(&mut self.pieces, &live.tree, least, moved),
                false => self.pieces = pieces::read(&live.tree, least),
            }
        }
        let updated = if whole || !readable || self.too_complex.is_some() {
            self.read_whole()
        } else {
            let old_root = SyntaxNode::new_root(change.old.clone());
            self.judge_again(&old_root, moved);
            self.allow_again(moved);
            let live = self.live.as_ref()?;
            module::update(
                &self.source.path,
                &live.tree,
                &mut self.facts,
                &old_root,
                moved,
                live.breaks,
            )
        };
        Some((updated, moved, change.old))
    }

    /// Reads all facts and judges all mentions again.
    fn read_whole(&mut self) -> Updated {
        let Some(live) = &self.live else {
            return Updated::default();
        };
        let facts = match live.tree.too_complex() {
            None => module::collect(&self.source.path, &live.tree),
            Some(_) => FileFacts::default(),
        };
        self.suppressions = suppression::collect(&live.tree);
        let old = std::mem::replace(&mut self.facts, facts);
        self.judge_whole();
        Updated::between(&old, &self.facts)
    }

    /// Judges again what depends on the part that was read again.
    fn judge_again(&mut self, old_root: &SyntaxNode, moved: Moved) {
        let Some(live) = &mut self.live else { return };
        let root = live.tree.root();
        let Some(rebound) = rebound(old_root, &root, moved) else {
            return self.judge_whole();
        };
        let mut wanted = Wanted::new(&self.settings);
        wanted.aliases = std::mem::take(&mut live.aliases);
        let longest = TextSize::new(wanted.longest() as u32);
        let mut mentions: Vec<Mention> = Vec::new();
        let mut lost_alias = false;
        self.hits.retain_mut(|hit| {
            if moved.touches(TextRange::at(hit.mention.at, longest)) {
                lost_alias |= hit.alias().is_some();
                return false;
            }
            let stale = moved.touches(hit.statement) || hit.depends_on(moved, &rebound);
            hit.shift(moved);
            if stale {
                lost_alias |= hit.alias().is_some();
                mentions.push(hit.mention);
            }
            !stale
        });
        let start = moved.new.start().checked_sub(longest).unwrap_or_default();
        let part = usize::from(start)..usize::from(moved.new.end()) + 1;
        mentions.extend(wanted.mentions(live.tree.text(), part));
        sorted::sort(&mut mentions);
        mentions.dedup();
        let mut judge = Judge::new(&live.tree, &self.source.path, &self.settings, true);
        let mut new_alias = false;
        for mention in mentions {
            let hit = judge.judge(mention);
            new_alias |= hit.alias().is_some();
            let at = self.hits.partition_point(|known| known.mention < mention);
            self.hits.insert(at, hit);
        }
        live.aliases = wanted.aliases;
        if lost_alias || new_alias {
            let named = self.hits.iter().filter_map(|hit| {
                let alias = hit.alias()?;
                Some((alias.clone(), hit.mention.rule))
            });
            let named: FxHashSet<_> = named.collect();
            if named != live.aliases {
                self.judge_whole();
            }
        }
    }

    /// Reads again the suppressions that the part that was read again decides.
    fn allow_again(&mut self, moved: Moved) {
        let Some(live) = &self.live else { return };
        let mut places: Vec<Range<usize>> = Vec::new();
        self.suppressions.retain_mut(|suppression| {
            let stale = moved.touches(suppression.seen);
            let is_new = moved.old.contains_range(suppression.comment);
            suppression.shift(moved);
            if stale && !is_new {
                places.push(suppression.comment.into());
            }
            !stale
        });
        places.push(moved.new.into());
        // A mark may have come to stand across the border.
        let len = live.tree.text().len();
        for place in places {
            let part = suppression::around_mark(place, len);
            suppression::collect_in(&live.tree, part, &mut self.suppressions);
        }
        sorted::sort_by_key(&mut self.suppressions, |it| it.comment.start());
        self.suppressions
            .dedup_by_key(|suppression| suppression.comment);
    }
}

impl Hit {
    /// Was something looked at for it that is new, or a name looked up that is
    /// bound otherwise?
    fn depends_on(&self, moved: Moved, rebound: &[Rebound]) -> bool {
        let Some(said) = &self.said else { return false };
        said.seen.iter().any(|seen| moved.touches(*seen))
            || rebound.iter().any(|rebound| {
                rebound.scope.contains(self.mention.at)
                    && said.asked.iter().any(|name| rebound.names.contains(name))
            })
    }

    fn shift(&mut self, moved: Moved) {
        self.mention.at = moved.at(self.mention.at);
        moved.range(&mut self.statement);
        for seen in self.said.iter_mut().flat_map(|said| &mut said.seen) {
            moved.range(seen);
        }
    }
}

/// What scopes around the part bind otherwise than before. `None` when that
/// cannot be told.
fn rebound(old_root: &SyntaxNode, root: &SyntaxNode, moved: Moved) -> Option<Vec<Rebound>> {
    let scopes = |root: &SyntaxNode, part: TextRange| -> Vec<SyntaxNode> {
        let around = node_around(root, part).ancestors();
        around.filter(|node| binds_entries(node, part)).collect()
    };
    let (old, new) = (scopes(old_root, moved.old), scopes(root, moved.new));
    if old.len() != new.len() {
        return None;
    }
    let mut all = Vec::new();
    for (old, new) in old.iter().zip(&new) {
        let names = |scope: &SyntaxNode, part| {
            let mut counts = FxHashMap::default();
            let entries = module::touched(scope, part).into_iter();
            for (name, binding) in bound_names(entries) {
                counts.entry(name).or_insert_with(Vec::new).push(binding);
            }
            counts
        };
        let (before, now) = (names(old, moved.old), names(new, moved.new));
        let changed = before.keys().chain(now.keys());
        let names: FxHashSet<_> = changed
            .filter(|name| before.get(*name) != now.get(*name))
            .cloned()
            .collect();
        if !names.is_empty() {
            all.push(Rebound {
                scope: old.text_range(),
                names,
            });
        }
    }
    Some(all)
}

/// Does `node` bind names by entries, of which `part` holds some?
fn binds_entries(node: &SyntaxNode, part: TextRange) -> bool {
    let binds = match node.kind() {
        SyntaxKind::NODE_LET_IN | SyntaxKind::NODE_LEGACY_LET => true,
        SyntaxKind::NODE_ATTR_SET => is_rec(node),
        _ => false,
    };
    let range = node.text_range();
    binds && range.start() < part.start() && part.end() < range.end()
}
