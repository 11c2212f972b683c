//! Code that stands in several files: pieces of equal hash, joined to what they are
//! parts of.
//!
//! Files that have a piece in common hang together. An edit has the files judged
//! again that hang together with its file, if it changes a piece that others have or
//! moves what was found.

use super::{Copies, View};
use crate::diagnostic::Diagnostic;
use crate::linter::Document;
use crate::pieces::Piece;
use crate::rules::module::duplicate_code;
use crate::sorted;
use crate::syntax::TextRange;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Reverse;

/// Which pieces stand where, and what was found of them.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    /// The hashes of each file, in order.
    of_file: Vec<Vec<u64>>,
    /// A file that has the piece; most pieces have no other.
    first: FxHashMap<u64, usize>,
    /// The other files that have it.
    more: FxHashMap<u64, Vec<usize>>,
    found: Vec<Vec<Diagnostic>>,
    /// Has a file a part in a finding?
    has_part: Vec<bool>,
}

impl Pieces {
    pub(super) fn new(view: &View<'_>) -> Self {
        let files = view.documents.len();
        let mut pieces = Self {
            of_file: vec![Vec::new(); files],
            found: vec![Vec::new(); files],
            has_part: vec![false; files],
            ..Self::default()
        };
        let all = view.documents.iter().map(|it| it.pieces.len()).sum();
        pieces.first.reserve(all);
        for file in 0..files {
            let own = hashes(view, file);
            own.iter().for_each(|hash| pieces.add(*hash, file));
            pieces.of_file[file] = own;
        }
        let mut some: Vec<_> = pieces.more.values().flatten().copied().collect();
        some.extend(pieces.more.keys().filter_map(|hash| pieces.first.get(hash)));
        sorted::set(&mut some);
        pieces.judge(view, &some);
        pieces
    }

    /// What is found in a file.
    pub(super) fn found(&self, file: usize) -> &[Diagnostic] {
        &self.found[file]
    }

    /// Reads a file again. Returns the files in which something was, or is, found.
    pub(super) fn update(&mut self, view: &View<'_>, file: usize) -> Vec<usize> {
        let new = hashes(view, file);
        let old = &self.of_file[file];
        let lacks = |all: &Vec<u64>, hash: &u64| all.binary_search(hash).is_err();
        let gone: Vec<_> = old.iter().filter(|it| lacks(&new, it)).copied().collect();
        let come: Vec<_> = new.iter().filter(|it| lacks(old, it)).copied().collect();
        let mut again = Vec::new();
        if self.has_part[file] || gone.iter().any(|hash| self.is_shared(*hash)) {
            again = self.together_with(file);
        }
        self.of_file[file] = new;
        gone.iter().for_each(|hash| self.remove(*hash, file));
        come.iter().for_each(|hash| self.add(*hash, file));
        if !again.is_empty() || come.iter().any(|hash| self.is_shared(*hash)) {
            again.extend(self.together_with(file));
            sorted::set(&mut again);
            self.judge(view, &again);
        }
        again
    }

    fn add(&mut self, hash: u64, file: usize) {
        let first = *self.first.entry(hash).or_insert(file);
        if first != file {
            self.more.entry(hash).or_default().push(file);
        }
    }

    fn remove(&mut self, hash: u64, file: usize) {
        let Some(others) = self.more.get_mut(&hash) else {
            self.first.remove(&hash);
            return;
        };
        if self.first.get(&hash) == Some(&file) {
            self.first.extend(others.pop().map(|other| (hash, other)));
        } else {
            others.retain(|other| *other != file);
        }
        if others.is_empty() {
            self.more.remove(&hash);
        }
    }

    fn is_shared(&self, hash: u64) -> bool {
        self.more.contains_key(&hash)
    }

    /// The files that have a piece that several have, in order.
    fn with(&self, hash: u64) -> Vec<usize> {
        let Some(others) = self.more.get(&hash) else {
            return Vec::new();
        };
        let mut files = others.clone();
        files.extend(self.first.get(&hash));
        sorted::sort(&mut files);
        files
    }

    /// The files that hang together with one, and itself.
    fn together_with(&self, file: usize) -> Vec<usize> {
        let mut seen = FxHashSet::default();
        seen.insert(file);
        let mut all = vec![file];
        let mut at = 0;
        while let Some(file) = all.get(at).copied() {
            for hash in &self.of_file[file] {
                let others = self.more.get(hash);
                for other in others.into_iter().flatten().chain(self.first.get(hash)) {
                    if seen.insert(*other) {
                        all.push(*other);
                    }
                }
            }
            at += 1;
        }
        all
    }

    /// Judges files that hang together with no others.
    fn judge(&mut self, view: &View<'_>, files: &[usize]) {
        let mut fragments = Vec::new();
        // Where each file has what several have.
        let mut places: FxHashMap<usize, Vec<Piece>> = FxHashMap::default();
        for file in files {
            self.found[*file].clear();
            self.has_part[*file] = false;
            let own = view.documents[*file].pieces.iter();
            let mut own: Vec<_> = own.filter(|it| self.is_shared(it.hash)).copied().collect();
            sorted::sort_by_key(&mut own, |it| (it.range.start(), Reverse(it.range.end())));
            places.insert(*file, own);
        }
        for file in files {
            self.fragments(view, *file, &places, &mut fragments);
        }
        for copies in group(fragments) {
            for file in &copies.files {
                self.has_part[*file] = true;
            }
            let finding = duplicate_code::describe(view, &copies);
            self.found[copies.files[0]].push(finding);
        }
    }

    /// Finds what a file shares with files behind it, in pieces as large as can be.
    fn fragments(
        &self,
        view: &View<'_>,
        file: usize,
        places: &FxHashMap<usize, Vec<Piece>>,
        all: &mut Vec<Fragment>,
    ) {
        let first = all.len();
        for piece in &places[&file] {
            let files = self.with(piece.hash);
            if files[0] != file {
                continue;
            }
            let mut known = all[first..].iter_mut().rev();
            let mut is_told = false;
            let joins = known.find(|known| {
                is_told = known.ranges[0].contains_range(piece.range)
                    && files.iter().all(|it| known.files.contains(it));
                is_told || known.files == files && known.goes_on(view, 0, piece.range)
            });
            if is_told {
                continue;
            }
            let ranges_of = |file: usize| {
                let own = places[&file].iter().filter(|it| it.hash == piece.hash);
                own.map(|it| it.range)
            };
            if let Some(known) = joins {
                let others = files.iter().enumerate().skip(1);
                let ranges: Option<Vec<_>> = others
                    .map(|(at, file)| ranges_of(*file).find(|it| known.goes_on(view, at, *it)))
                    .collect();
                if let Some(ranges) = ranges {
                    known.ranges[0] = known.ranges[0].cover(piece.range);
                    for (own, range) in known.ranges[1..].iter_mut().zip(ranges) {
                        *own = own.cover(range);
                    }
                    continue;
                }
            }
            let others = files[1..].iter().filter_map(|file| ranges_of(*file).next());
            let ranges = std::iter::once(piece.range).chain(others).collect();
            all.push(Fragment { files, ranges });
        }
    }
}

/// Equal code in several files, and where.
struct Fragment {
    files: Vec<usize>,
    ranges: Vec<TextRange>,
}

impl Fragment {
    /// Does a piece of one of the files overlap, or follow right behind?
    fn goes_on(&self, view: &View<'_>, at: usize, piece: TextRange) -> bool {
        let own = self.ranges[at];
        if piece.start() <= own.start() || piece.end() <= own.end() {
            return false;
        }
        if piece.start() <= own.end() {
            return true;
        }
        let text = view.documents[self.files[at]].text();
        let between = &text[usize::from(own.end())..usize::from(piece.start())];
        let is_nothing = |line: &str| line.is_empty() || line.starts_with('#');
        between.lines().all(|line| is_nothing(line.trim()))
    }
}

/// One finding for files that have more than one fragment in common.
fn group(mut fragments: Vec<Fragment>) -> Vec<Copies> {
    sorted::sort_by_key(&mut fragments, |it| {
        let start = it.ranges[0].start();
        let size = (it.files.len(), it.ranges[0].len());
        (Reverse(size), it.files.clone(), start)
    });
    let mut groups: Vec<Copies> = Vec::new();
    for fragment in fragments {
        let holds = |group: &&mut Copies| {
            let mut files = fragment.files.iter();
            files.all(|file| group.files.contains(file))
        };
        match groups.iter_mut().find(holds) {
            Some(group) => group.more.push((fragment.files[0], fragment.ranges[0])),
            None => groups.push(Copies {
                files: fragment.files,
                ranges: fragment.ranges,
                more: Vec::new(),
            }),
        }
    }
    groups
}

/// The hashes of a file's pieces, if it is a module that somebody writes.
fn hashes(view: &View<'_>, file: usize) -> Vec<u64> {
    let document: &Document = &view.documents[file];
    if document.pieces.is_empty() || document.facts.header.generated || !view.is_module_file(file) {
        return Vec::new();
    }
    let mut hashes: Vec<_> = document.pieces.iter().map(|piece| piece.hash).collect();
    sorted::set(&mut hashes);
    hashes
}
