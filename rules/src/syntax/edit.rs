//! An edited text to a tree, at the price of what the edit touched.
//!
//! The tree after an edit is the tree that a parse of the whole new text would
//! give; everything here is about knowing that without doing it. A set, a `let`
//! or a list around the edit is read again from a binding before the edit to
//! where the new reading meets the old one: at the start of a binding that both
//! have. From there on both are the same, because reading on from such a place
//! depends on the text behind it and on nothing else.
//!
//! For a text that is Nix before and after, that is all. A text with errors is
//! read tolerantly, binding by binding inside fences, but only if it does not
//! read strictly as a whole. So the tree of such a text carries a [`Proof`] that
//! it does not, and an edit must show that one still holds. And since a
//! tolerant reading believes the layout, it may be spliced only where the layout
//! speaks the truth (`Tree::unclean` says where not). In all other cases the whole text is
//! parsed.

use super::SyntaxKind::{self, *};
use super::builder::{Element, Tables};
use super::find::{child_at, nodes_at};
use super::layout;
use super::parser::{END, MOST_FENCES, MOST_UNCLEAN, Parser, Unclean, Wanted};
use super::{
    GreenNode, MAX_BYTES, NodeOrToken, SyntaxError, SyntaxNode, TextEdit, TextRange, TextSize,
    Tree, parse,
};
use crate::sorted;
use rowan::{GreenNodeData, GreenTokenData};
use std::ops::Range;

/// Why a text is not Nix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Proof {
    /// A strict reading from the start of a binding fails at the end of this
    /// range, and has looked at nothing behind it.
    Fails(Range<usize>),
    /// Its brackets do not match, and there is no doubt about what is code and
    /// what is a string.
    Unbalanced,
}

impl Proof {
    /// The proof for a whole text whose strict reading failed at `to`, in a
    /// binding that starts at `from`, and the surplus of its brackets.
    pub(super) fn new(
        text: &str,
        green: &GreenNode,
        mut errors: impl Iterator<Item = usize>,
        from: usize,
        to: usize,
    ) -> (Self, [i32; 3]) {
        let root = SyntaxNode::new_root(green.clone());
        let surplus = surplus(green.children());
        if surplus != [0; 3] && !errors.any(|at| is_lexical(text, &root, at)) {
            return (Self::Unbalanced, surplus);
        }
        (Self::Fails(from..horizon(text, to)), surplus)
    }
}

/// How far a reader that failed at `at` may have looked.
fn horizon(text: &str, at: usize) -> usize {
    let rest = &text.as_bytes()[at..];
    if rest.starts_with(b"/*") {
        return text.len();
    }
    // A run of path characters, whose end decides what it is; and what stands
    // behind a name and a blank.
    let line = memchr::memchr(b'\n', rest).map_or(rest.len(), |found| found + 1);
    at + line
}

/// Does an error here leave doubt about where a string ends?
fn is_lexical(text: &str, root: &SyntaxNode, at: usize) -> bool {
    let unclosed = |mark: &str| text[at..].starts_with(mark);
    if unclosed("\"") || unclosed("''") || unclosed("/*") {
        return true;
    }
    // On both sides of the place: rowan's own search reads all children.
    [at, at.saturating_sub(1)].into_iter().any(|at| {
        nodes_at(root, at).any(|node| {
            matches!(
                node.kind(),
                NODE_STRING
                    | NODE_INTERPOL
                    | NODE_DYNAMIC
                    | NODE_PATH_REL
                    | NODE_PATH_ABS
                    | NODE_PATH_HOME
            )
        })
    })
}

/// How many brackets are opened and not closed.
fn surplus<'e>(
    elements: impl Iterator<Item = NodeOrToken<&'e GreenNodeData, &'e GreenTokenData>>,
) -> [i32; 3] {
    let mut surplus = [0; 3];
    let mut count = |kind: u16| {
        const KINDS: [(SyntaxKind, usize, i32); 8] = [
            (TOKEN_L_BRACE, 0, 1),
            (TOKEN_INTERPOL_START, 0, 1),
            (TOKEN_R_BRACE, 0, -1),
            (TOKEN_INTERPOL_END, 0, -1),
            (TOKEN_L_PAREN, 1, 1),
            (TOKEN_R_PAREN, 1, -1),
            (TOKEN_L_BRACK, 2, 1),
            (TOKEN_R_BRACK, 2, -1),
        ];
        if let Some((_, index, change)) = KINDS.iter().find(|(k, ..)| *k as u16 == kind) {
            surplus[*index] += change;
        }
    };
    let mut stack: Vec<_> = elements.collect();
    while let Some(element) = stack.pop() {
        match element {
            NodeOrToken::Token(token) => count(token.kind().0),
            NodeOrToken::Node(node) => stack.extend(node.children()),
        }
    }
    surplus
}

fn borrowed(element: &Element) -> NodeOrToken<&GreenNodeData, &GreenTokenData> {
    match element {
        NodeOrToken::Node(node) => NodeOrToken::Node(node),
        NodeOrToken::Token(token) => NodeOrToken::Token(token),
    }
}

/// Is a `}` among some elements that nothing among them opens?
fn closes_early(elements: &[Element]) -> bool {
    let mut open = 0u32;
    let mut stack: Vec<_> = elements.iter().rev().map(borrowed).collect();
    while let Some(element) = stack.pop() {
        match element {
            NodeOrToken::Node(node) => stack.extend(node.children().rev()),
            NodeOrToken::Token(token) => {
                let kind = token.kind().0;
                if kind == TOKEN_L_BRACE as u16 || kind == TOKEN_INTERPOL_START as u16 {
                    open += 1;
                } else if kind == TOKEN_R_BRACE as u16 || kind == TOKEN_INTERPOL_END as u16 {
                    match open.checked_sub(1) {
                        Some(rest) => open = rest,
                        None => return true,
                    }
                }
            }
        }
    }
    false
}

/// What an edit did to a tree.
#[derive(Debug)]
pub struct Change {
    /// The part of the new text that was read again; everything outside it is
    /// the same green nodes as before.
    pub range: TextRange,
    /// How long that part was before, in bytes.
    pub old_len: TextSize,
    /// The green tree of before. Dropping it takes time; whoever is in a hurry
    /// hands it to another thread.
    pub old: GreenNode,
}

/// A new tree, found without reading everything.
struct Spliced {
    green: GreenNode,
    errors: Vec<SyntaxError>,
    unclean: Vec<Unclean>,
    proof: Option<Proof>,
    surplus: [i32; 3],
    damaged: Vec<usize>,
    hidden: Vec<usize>,
    /// What was read again, in the new text.
    range: Range<usize>,
}

/// An edit, in bytes.
#[derive(Clone, Copy)]
struct Span {
    start: usize,
    old_end: usize,
    new_end: usize,
    /// Does nothing but blanks stand before its end on the line, in the old text?
    old_blank: bool,
}

impl Span {
    /// The place of something behind the edit in the old text.
    fn old(self, at: usize) -> usize {
        at - self.new_end + self.old_end
    }
    /// The place of something behind the edit in the new text.
    fn moved(self, at: usize) -> usize {
        at - self.old_end + self.new_end
    }
}

/// A set, `let` or list around the edit.
struct Container {
    node: SyntaxNode,
    /// What closes it, and where that is in the old text.
    closer: SyntaxKind,
    closer_at: usize,
    /// Where its `{`, `let` or `[` is.
    opener: usize,
    /// Where to read on from: the child with this index starts there.
    from: usize,
    first: usize,
    /// The start and the column of the binding that ends before `from`, if it
    /// starts its line.
    before: Option<(usize, usize)>,
    /// The end of the old child that the edit ends in.
    old_child_end: usize,
    /// The fences of the damaged bindings near it, in the old text, those around
    /// it left out.
    fences: Vec<(usize, usize)>,
    /// Was it read tolerantly itself?
    tolerant: bool,
    /// The bindings around it that start their lines, innermost first.
    around: Vec<Around>,
}

/// A binding around a container that starts its line, in the old text.
struct Around {
    node: SyntaxNode,
    start: usize,
    end: usize,
    column: usize,
}

/// A strict reading goes on for this many bytes behind what was edited before
/// it is given up.
const REACH: usize = 32 << 10;
/// More damaged bindings are not looked at one by one.
const MOST_DAMAGED: usize = 16;

impl Tree {
    /// Changes the text and the tree.
    ///
    /// # Panics
    /// When the range of the edit is not one of this text.
    pub fn apply(&mut self, edit: &TextEdit) -> Change {
        let range = Range::<usize>::from(edit.range);
        let span = Span {
            start: range.start,
            old_end: range.end,
            new_end: range.start + edit.text.len(),
            old_blank: layout::column(&self.text, range.end).is_some(),
        };
        let containers = self.containers(span);
        self.text.replace(range, &edit.text);
        let old = self.green.clone();
        let old_len = old.text_len();
        let fits = self.text.len() <= MAX_BYTES;
        let containers = containers.filter(|_| fits);
        let spliced = containers.and_then(|containers| self.splice(span, &containers));
        let range = match spliced {
            Some(spliced) => {
                self.green = spliced.green;
                self.errors = spliced.errors;
                self.unclean = spliced.unclean;
                self.proof = spliced.proof;
                self.surplus = spliced.surplus;
                self.damaged = spliced.damaged;
                self.hidden = spliced.hidden;
                spliced.range
            }
            None => {
                *self = parse(self.text.clone());
                0..self.text.len()
            }
        };
        let kept = self.text.len() - range.len();
        Change {
            old_len: old_len - TextSize::new(kept as u32),
            range: TextRange::new(
                TextSize::new(range.start as u32),
                TextSize::new(range.end as u32),
            ),
            old,
        }
    }

    /// What may be read again for an edit, the innermost first. `None` when only
    /// the whole text will do.
    fn containers(&self, span: Span) -> Option<Vec<Container>> {
        let len = self.green.text_len();
        if self.far
            || self.too_complex.is_some()
            || span.old_end >= usize::from(len)
            || span.start == 0
        {
            return None;
        }
        if self.proof.is_some() && self.damaged.len() + self.hidden.len() > MOST_DAMAGED {
            return None;
        }
        let mut node = self.root();
        let mut containers = Vec::new();
        let range = TextRange::new(size(span.start), size(span.old_end + 1));
        loop {
            if matches!(
                node.kind(),
                NODE_ATTR_SET | NODE_LET_IN | NODE_LEGACY_LET | NODE_LIST
            ) && let Some(container) = self.container(&node, span)
            {
                containers.push(container);
            }
            // The edit and a byte on each side of it.
            let around = TextRange::new(range.start() - TextSize::new(1), range.end());
            match node.child_or_token_at_range(around) {
                Some(NodeOrToken::Node(child)) => node = child,
                _ => break,
            }
        }
        containers.reverse();
        Some(containers)
    }

    fn container(&self, node: &SyntaxNode, span: Span) -> Option<Container> {
        let list = node.kind() == NODE_LIST;
        let closer = match node.kind() {
            NODE_LIST => TOKEN_R_BRACK,
            NODE_LET_IN => TOKEN_IN,
            _ => TOKEN_R_BRACE,
        };
        // The brackets stay what they are: the edit touches neither.
        let opens = match node.kind() {
            NODE_LIST => TOKEN_L_BRACK,
            NODE_LET_IN => TOKEN_LET,
            _ => TOKEN_L_BRACE,
        };
        let opener = node
            .children_with_tokens()
            .take(8)
            .find(|child| child.kind() == opens)?
            .text_range();
        // A bracket ends where it ends; `let` may run on.
        let touches = span.start <= usize::from(opener.end());
        if span.start < usize::from(opener.end()) || touches && opens == TOKEN_LET {
            return None;
        }
        let before = child_at(node, span.start - 1)?;
        // Back to the last binding that ends before the edit, with a byte between.
        let mut child = before;
        let (from, first, column) = loop {
            let range = Range::<usize>::from(child.text_range());
            let is_node = matches!(child, NodeOrToken::Node(_)) && child.kind() != NODE_ERROR;
            if is_node && list && range.start < span.start {
                break (range.start, child.index(), None);
            }
            let ended = || {
                let last = child.as_node().and_then(SyntaxNode::last_child_or_token);
                last.is_some_and(|last| last.kind() == TOKEN_SEMICOLON)
            };
            if is_node && !list && range.end < span.start && ended() {
                break (
                    range.end,
                    child.index() + 1,
                    layout::column(&self.text, range.start).map(|column| (range.start, column)),
                );
            }
            if child.text_range() == opener {
                break (range.end, child.index() + 1, None);
            }
            child = child.prev_sibling_or_token()?;
        };
        let last = node.last_child_or_token()?;
        let close = match node.kind() {
            NODE_LET_IN => node
                .children_with_tokens()
                .filter(|child| child.kind() == TOKEN_IN)
                .last()?,
            _ if last.kind() == closer => last,
            _ => return None,
        };
        if span.old_end > usize::from(close.text_range().start()) {
            return None;
        }
        let after = child_at(node, span.old_end)?;
        let around: Vec<Around> = node
            .ancestors()
            .skip(1)
            .filter(is_entry)
            .filter_map(|node| {
                let range = Range::<usize>::from(node.text_range());
                Some(Around {
                    column: layout::column(&self.text, range.start)?,
                    start: range.start,
                    end: range.end,
                    node,
                })
            })
            .collect();
        let tolerant = self.proof.is_some()
            && around
                .first()
                .is_none_or(|around| self.damaged.contains(&around.start));
        let inside = around.first().map_or(0, |around| around.start);
        let mut fences = Vec::new();
        for &start in &self.damaged {
            let is_around = around.iter().any(|around| around.start == start);
            if start >= inside && !is_around {
                // What is damaged over that many lines is not worth the search.
                let limit = floor(&self.text, start + 2 * REACH);
                let (end, _) = layout::fence(&self.text, start, limit)?;
                if end == limit && limit < self.text.len() {
                    return None;
                }
                fences.push((start, end));
            }
        }
        // What stands in the fence of a damaged binding was read with it.
        let (mut from, mut first, mut column) = (from, first, column);
        while let Some(&(start, _)) = fences
            .iter()
            .find(|(start, end)| *start < from && from < *end)
        {
            let child = child_at(node, start)?;
            if usize::from(child.text_range().start()) != start {
                return None;
            }
            (from, first, column) = (start, child.index(), None);
        }
        Some(Container {
            closer,
            closer_at: close.text_range().start().into(),
            opener: opener.start().into(),
            from,
            first,
            before: column,
            old_child_end: after.text_range().end().into(),
            fences,
            tolerant,
            around,
            node: node.clone(),
        })
    }

    /// The tree after an edit, from reading one of the containers again.
    fn splice(&self, span: Span, containers: &[Container]) -> Option<Spliced> {
        for container in containers {
            if container.tolerant && container.closer == TOKEN_R_BRACK {
                continue;
            }
            // What was a set may have become the formals of a function.
            let mut parser = Parser::new(&self.text, Tables::for_text(0), true);
            parser.go_to(container.opener);
            let is_set = container.node.kind() == NODE_ATTR_SET;
            if is_set && !is_rec(&container.node) && parser.is_pattern() {
                continue;
            }
            // While something is being typed, it is unfinished key after key, and a
            // strict reading would run far into what follows.
            if container.tolerant
                && let Some(read) = self.read_tolerantly(span, container)
                && let Some(spliced) = self.finish(span, container, read, &Strict::Unknown)
            {
                return Some(spliced);
            }
            let strict = match self.read_strictly(span, container) {
                Reading::Meets(read) => {
                    let spliced = self.finish(span, container, read, &Strict::Meets);
                    if spliced.is_some() || !container.tolerant {
                        return spliced;
                    }
                    Strict::Meets
                }
                Reading::Fails(range) => Strict::Fails(range),
                Reading::Passes => Strict::Passes,
            };
            if let Some(read) = self.read_tolerantly(span, container)
                && let Some(spliced) = self.finish(span, container, read, &strict)
            {
                return Some(spliced);
            }
        }
        None
    }

    fn parser(&self, span: Span, container: &Container) -> Parser<'_> {
        let expected = span.new_end - container.from.min(span.new_end) + 4096;
        let mut parser = Parser::new(&self.text, Tables::for_text(expected), true);
        parser.depth = container.node.ancestors().count() as u32;
        parser
    }

    /// How far behind an edit a container is read at most.
    fn reach(&self, span: Span, container: &Container) -> usize {
        let end = span.moved(container.old_child_end.max(span.old_end)) + REACH;
        floor(&self.text, end)
    }

    /// Where the new reading meets the old one, if it does at the current token.
    fn meets(&self, span: Span, container: &Container, at: usize) -> Option<usize> {
        if at < span.new_end {
            return None;
        }
        // What the indentation says of the rest must be what it said before.
        let between = &self.text[span.new_end..at];
        let moved = || layout::column(&self.text, at).is_some() || span.old_blank;
        if !between.contains('\n') && moved() {
            return None;
        }
        let old = span.old(at);
        if old > container.closer_at {
            return None;
        }
        let child = child_at(&container.node, old)?;
        let fenced = |(start, end): &(usize, usize)| *start < old && old < *end;
        let meets = usize::from(child.text_range().start()) == old
            && !is_trivia(child.kind())
            && child.kind() != NODE_ERROR
            && (child.kind() == container.closer || !container.fences.iter().any(fenced));
        meets.then(|| child.index())
    }

    fn read_strictly(&self, span: Span, container: &Container) -> Reading {
        let mut parser = self.parser(span, container);
        let limit = self.reach(span, container);
        parser.limit = limit;
        let around = container.around.first();
        parser.base = around.map(|around| (around.start, around.column));
        let entry = container.node.ancestors().skip(1).find(is_entry);
        parser.entry_start = entry.map(|entry| entry.text_range().start().into());
        parser.go_to(container.from);
        if container.closer == TOKEN_R_BRACK && matches!(parser.kind, TOKEN_OR | TOKEN_DOT) {
            return Reading::Passes;
        }
        if let Some((entry, column)) = container.before
            && parser.runs_on(Some(column))
        {
            parser.unclean.push(Unclean {
                at: parser.start,
                entry: Some(entry),
                inside: false,
                column: usize::MAX,
            });
        }
        loop {
            if let Some(at) = parser.failed {
                // At the limit everything fails.
                let horizon = horizon(&self.text, at);
                return if horizon < limit || limit == self.text.len() {
                    Reading::Fails(parser.entry_start.unwrap_or(container.from).min(at)..horizon)
                } else {
                    Reading::Passes
                };
            }
            if let Some(last) = self.meets(span, container, parser.start) {
                return Reading::Meets(Read::new(parser, last));
            }
            if parser.kind == END || parser.kind == container.closer {
                return Reading::Passes;
            }
            if container.closer == TOKEN_R_BRACK {
                parser.element();
            } else {
                parser.strict_entry();
            }
        }
    }

    fn read_tolerantly(&self, span: Span, container: &Container) -> Option<Read> {
        if container.closer == TOKEN_R_BRACK {
            return None;
        }
        let entries = container.node.ancestors().skip(1).filter(is_entry).count();
        if entries as u32 + 2 >= MOST_FENCES {
            return None;
        }
        let mut parser = self.parser(span, container);
        parser.tolerant = true;
        parser.fences = entries as u32;
        let around = container.around.first();
        let end = self.reach(span, container);
        parser.limit = match around {
            // Up to here the lines are its own, or this would not be inside.
            Some(around) => layout::own_lines_end(&self.text, container.from, end, around.column),
            None => end,
        };
        let is_capped = parser.limit == end && end < self.text.len();
        parser.wanted = wanted(&container.node, around.map(|around| &around.node));
        parser.go_to(container.from);
        if parser.runs_on(container.before.map(|(_, column)| column)) {
            return None;
        }
        let last = loop {
            if parser.too_deep.is_some() {
                return None;
            }
            if let Some(last) = self.meets(span, container, parser.start) {
                break last;
            }
            if parser.kind == END
                || !parser.tolerant_step(container.closer, container.opener)
                || is_capped && parser.behind + REACH / 2 > end
            {
                return None;
            }
        };
        // Errors hide each other: in one fence only the first is reported, and
        // where one thing ends too early, everything around it does. So there may
        // be none outside of what is read again.
        let old_to = span.old(parser.start);
        let read_again = |at: usize| at >= container.from && at < old_to;
        let all_here = self
            .errors
            .iter()
            .all(|error| read_again(error.range.start().into()))
            && self.hidden.iter().all(|at| read_again(*at))
            && container.fences.iter().all(|(start, _)| read_again(*start));
        if !all_here || parser.reported {
            return None;
        }
        if let Some(around) = around
            && layout::leftmost_outside(&self.text, container.from, parser.start, around.column)
                .is_some()
        {
            return None;
        }
        Some(Read::new(parser, last))
    }

    /// Would a tolerant reading of what is around a container be misled here? Not
    /// if it happens inside a binding that starts its line and is whole.
    fn matters(&self, container: &Container, place: &Unclean, span: Span) -> bool {
        let Some(start) = place.entry else {
            return true;
        };
        let root = self.root();
        let start_of = |node: &SyntaxNode| usize::from(node.text_range().start());
        let around = container.node.text_range();
        let outermost = nodes_at(&root, start)
            .filter(is_entry)
            .skip_while(|node| node.text_range().contains_range(around))
            .take_while(|node| place.inside || start_of(node) != start)
            .find_map(|node| {
                let start = start_of(&node);
                let moved = span.moved(start.max(span.old_end));
                let start = if start < span.start { start } else { moved };
                layout::column(&self.text, start)
            });
        outermost.is_none_or(|column| place.column <= column)
    }

    fn finish(
        &self,
        span: Span,
        container: &Container,
        read: Read,
        strict: &Strict,
    ) -> Option<Spliced> {
        // At a `}` that is taken for a stray one a strict reading of what is around
        // may end, and it comes first.
        if read.tolerantly && !read.errors.is_empty() && closes_early(&read.elements) {
            return None;
        }
        let children = container.node.green();
        let count = read.last - container.first;
        let replaced = children.children().skip(container.first).take(count);
        let change = {
            let old = surplus(replaced);
            let new = surplus(read.elements.iter().map(borrowed));
            [new[0] - old[0], new[1] - old[1], new[2] - old[2]]
        };
        let replaced = Replaced {
            before: children.children().take(container.first),
            new: read.elements.into_iter(),
            after: children.children().skip(read.last),
        };
        let node = GreenNode::new(children.kind(), replaced);
        let green = container.node.replace_with(node);

        let (from, old_to) = (container.from, span.old(read.to));
        let shift = |at: usize| at - old_to + read.to;
        let mut errors = Vec::new();
        let position = |error: &SyntaxError| usize::from(error.range.start());
        errors.extend(self.errors.iter().filter(|e| position(e) < from).cloned());
        errors.extend(read.errors);
        for error in self.errors.iter().filter(|e| position(e) >= old_to) {
            let mut error = error.clone();
            error.range = TextRange::at(size(shift(position(&error))), error.range.len());
            errors.push(error);
        }
        let mut damaged = read.damaged;
        for &start in &self.damaged {
            if container.around.iter().any(|around| around.start == start) {
                continue;
            }
            if start < from {
                damaged.push(start);
            } else if start >= old_to {
                damaged.push(shift(start));
            }
        }
        for around in &container.around {
            let end = shift(around.end);
            let inside = around.start..end;
            let is_damaged = errors.iter().any(|error| inside.contains(&position(error)))
                || damaged.iter().any(|start| inside.contains(start));
            if is_damaged {
                damaged.push(around.start);
            } else if self.damaged.contains(&around.start)
                && errors.iter().any(|error| position(error) >= end)
            {
                // Its fence may reach further than it does.
                return None;
            }
        }
        sorted::sort(&mut damaged);
        let mut hidden = read.hidden;
        for &at in &self.hidden {
            if at < from {
                hidden.push(at);
            } else if at >= old_to {
                hidden.push(shift(at));
            }
        }
        sorted::sort(&mut hidden);
        hidden.dedup();
        let clean = read.is_clean
            && self.unclean.len() <= MOST_UNCLEAN
            && self.unclean.iter().all(|unclean| {
                unclean.at > from && unclean.at < old_to || !self.matters(container, unclean, span)
            });
        let mut unclean = read.unclean;
        for &place in &self.unclean {
            let at = place.at;
            if at <= from {
                unclean.push(place);
            } else if at > old_to || at == old_to && place.inside {
                let entry = place.entry.map(|entry| match entry < old_to {
                    true => entry,
                    false => shift(entry),
                });
                let at = shift(at);
                unclean.push(Unclean { at, entry, ..place });
            }
        }
        let mut spliced = Spliced {
            unclean,
            hidden,
            proof: None,
            surplus: [0; 3],
            damaged,
            range: container.from..read.to,
            green,
            errors,
        };
        let surplus = self.surplus;
        spliced.surplus = std::array::from_fn(|i| surplus[i] + change[i]);
        if spliced.errors.is_empty() && spliced.hidden.is_empty() && !read.far {
            // Nothing was cut short, so this is what a strict reading gives.
            // But a strict one would have seen where the layout lies.
            let known = self.proof.is_none() || !read.tolerantly || clean;
            return (known && spliced.damaged.is_empty()).then_some(spliced);
        }
        // A strict reading speaks for a text with errors only inside of what was
        // read strictly before.
        if !clean || read.far || !read.tolerantly && container.tolerant {
            return None;
        }
        sorted::sort_by_key(&mut spliced.errors, position);
        let root = SyntaxNode::new_root(spliced.green.clone());
        let mut places = spliced
            .errors
            .iter()
            .map(position)
            .chain(spliced.hidden.iter().copied());
        let unbalanced =
            spliced.surplus != [0; 3] && !places.any(|at| is_lexical(&self.text, &root, at));
        // A strict reading of the whole text comes to `from` as this one did only
        // if nothing is wrong before it.
        let first = self.errors.iter().all(|error| position(error) >= from)
            && self.damaged.iter().all(|start| {
                *start >= from || container.around.iter().any(|around| around.start == *start)
            });
        spliced.proof = match (&self.proof, strict) {
            _ if unbalanced => Some(Proof::Unbalanced),
            (_, Strict::Fails(range)) if first => Some(Proof::Fails(range.clone())),
            (Some(Proof::Fails(old)), Strict::Meets) if first && old_to <= old.start => {
                Some(Proof::Fails(shift(old.start)..shift(old.end)))
            }
            (Some(Proof::Fails(old)), _) if span.start > old.end => Some(Proof::Fails(old.clone())),
            _ => None,
        };
        spliced.proof.is_some().then_some(spliced)
    }
}

/// The children of a node with some replaced. It knows how many they are, so
/// that the node is made in one go: sets of ten thousand bindings are common.
struct Replaced<'g> {
    before: std::iter::Take<rowan::Children<'g>>,
    new: std::vec::IntoIter<Element>,
    after: std::iter::Skip<rowan::Children<'g>>,
}

impl Iterator for Replaced<'_> {
    type Item = Element;

    fn next(&mut self) -> Option<Element> {
        if let Some(old) = self.before.next() {
            return Some(old.to_owned());
        }
        let new = self.new.next();
        new.or_else(|| self.after.next().map(NodeOrToken::to_owned))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = self.before.len() + self.new.len() + self.after.len();
        (len, Some(len))
    }
}

impl ExactSizeIterator for Replaced<'_> {}

/// As [`Reading`], without what was read.
enum Strict {
    Meets,
    Fails(Range<usize>),
    Passes,
    Unknown,
}

/// What reading a container again came to.
enum Reading {
    /// It meets the old reading.
    Meets(Read),
    /// It fails in this range.
    Fails(Range<usize>),
    /// It goes on behind the container, or too far.
    Passes,
}

/// What was read until the old reading was met.
struct Read {
    elements: Vec<Element>,
    errors: Vec<SyntaxError>,
    damaged: Vec<usize>,
    hidden: Vec<usize>,
    unclean: Vec<Unclean>,
    /// Does its layout speak the truth to what is around it?
    is_clean: bool,
    tolerantly: bool,
    far: bool,
    /// Where, in the new text.
    to: usize,
    /// The old child that starts there.
    last: usize,
}

impl Read {
    fn new(mut parser: Parser<'_>, last: usize) -> Self {
        parser.flush();
        Self {
            // What was read tolerantly was cut by its layout already.
            is_clean: parser.tolerant || parser.unclean.is_empty(),
            tolerantly: parser.tolerant,
            to: parser.start,
            unclean: std::mem::take(&mut parser.unclean),
            far: parser.is_far(),
            errors: std::mem::take(&mut parser.errors),
            damaged: std::mem::take(&mut parser.damaged),
            hidden: std::mem::take(&mut parser.hidden),
            elements: parser.builder.into_elements(),
            last,
        }
    }
}

/// The last place at or before `at` between two characters.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn size(at: usize) -> TextSize {
    TextSize::new(at as u32)
}

fn is_trivia(kind: SyntaxKind) -> bool {
    matches!(kind, TOKEN_WHITESPACE | TOKEN_COMMENT)
}

fn is_rec(set: &SyntaxNode) -> bool {
    let first = set.first_child_or_token();
    first.is_some_and(|first| first.kind() == TOKEN_REC)
}

fn is_entry(node: &SyntaxNode) -> bool {
    matches!(node.kind(), NODE_ATTRPATH_VALUE | NODE_INHERIT)
}

/// What the constructs wait for that are open inside a node, up to a binding.
fn wanted(node: &SyntaxNode, until: Option<&SyntaxNode>) -> Wanted {
    let mut wanted = Wanted::default();
    let mut inner: Option<SyntaxNode> = None;
    for node in node.ancestors() {
        if Some(&node) == until {
            break;
        }
        // What stands behind an `in` waits for none.
        let body = inner.is_some() && node.last_child() == inner;
        inner = Some(node.clone());
        match node.kind() {
            NODE_LET_IN if body => {}
            NODE_PAREN | NODE_INHERIT_FROM => wanted.paren += 1,
            NODE_LIST => wanted.bracket += 1,
            NODE_ATTR_SET | NODE_LEGACY_LET | NODE_INTERPOL | NODE_DYNAMIC | NODE_PATTERN => {
                wanted.brace += 1;
            }
            NODE_LET_IN => wanted.in_ += 1,
            _ => {}
        }
    }
    wanted
}
