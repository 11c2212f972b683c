//! Tokens to a tree: the grammar of Nix, in the shape of tree that rnix's typed
//! nodes expect.
//!
//! A text is parsed strictly first; the first error ends that. A text with an
//! error is parsed again, and now each binding of a set or `let` is tried
//! strictly by itself, inside its fence: the lines that its indentation gives
//! it (see `layout`). Only a binding that fails there is read tolerantly, and
//! whatever is wrong with it ends at its fence.
//!
//! Functions that make a node recurse; how deep is counted in nodes of the
//! tree, so that text cannot exhaust the stack, and neither can whoever walks
//! the tree or drops it.

use super::SyntaxError;
use super::SyntaxKind::{self, *};
use super::TextSize;
use super::builder::{Builder, Element, Tables};
use super::layout;
use super::lexer::{Lexer, PartEnd};
use super::limits::MAX_DEPTH;
use super::message;
use crate::sorted;
use rowan::GreenNode;

/// What the parser sees where the text or the fence ends.
pub(super) const END: SyntaxKind = NODE_ROOT;

/// Fences in fences are not followed further. What a fence encloses is read
/// once more for each fence around it, so this bounds the time.
pub(super) const MOST_FENCES: u32 = 12;

/// More places where the layout lies are not remembered.
pub(super) const MOST_UNCLEAN: usize = 512;

/// More errors that follow from others are not remembered.
const MOST_HIDDEN: usize = 64;

/// Where a node starts that is not finished.
struct Open {
    /// Its first element.
    first: usize,
    /// The height of what its parent holds already.
    height: u32,
}

/// What a strict attempt puts at risk.
#[derive(Clone, Copy)]
struct Snapshot {
    elements: usize,
    errors: usize,
    kind: SyntaxKind,
    start: usize,
    end: usize,
    behind: usize,
    one_blank: bool,
    depth: u32,
    height: u32,
    wanted: Wanted,
    unclean: usize,
}

/// How many constructs wait for each of these.
#[derive(Clone, Copy, Default)]
pub(super) struct Wanted {
    pub(super) paren: u32,
    pub(super) bracket: u32,
    pub(super) brace: u32,
    pub(super) in_: u32,
}

pub(super) struct Parser<'t> {
    text: &'t str,
    pub(super) lexer: Lexer<'t>,
    pub(super) builder: Builder,
    /// The token in front.
    pub(super) kind: SyntaxKind,
    pub(super) start: usize,
    end: usize,
    /// The end of the last token that was taken; trivia lies from here to `start`.
    pub(super) behind: usize,
    /// Is that trivia, if there is any, one token of white space?
    one_blank: bool,
    /// Where the text, or the fence, ends.
    pub(super) limit: usize,
    /// Nodes that are open.
    pub(super) depth: u32,
    /// The height of the innermost open node so far.
    height: u32,
    pub(super) tolerant: bool,
    /// Is it written down where the layout lies, for edits to come?
    keeps_layout: bool,
    /// Where a strict parse met its first error.
    pub(super) failed: Option<usize>,
    /// Where the tree became too deep.
    pub(super) too_deep: Option<usize>,
    pub(super) errors: Vec<SyntaxError>,
    /// Where errors were not reported, because they follow from others.
    pub(super) hidden: Vec<usize>,
    /// Has the innermost fence an error already?
    pub(super) reported: bool,
    pub(super) wanted: Wanted,
    pub(super) fences: u32,
    /// In a strict parse, the start and the column of the innermost open binding
    /// that starts its line.
    pub(super) base: Option<(usize, usize)>,
    /// Where something does not lie where its indentation says. Elsewhere the
    /// fences of a tolerant parse would cut nothing that is whole.
    pub(super) unclean: Vec<Unclean>,
    /// Did the layout of lines far behind something decide about it?
    far: bool,
    /// The starts of the bindings that were read tolerantly inside a fence of
    /// their own.
    pub(super) damaged: Vec<usize>,
    /// The start of the innermost binding that is open where a strict parse failed.
    pub(super) entry_start: Option<usize>,
}

/// A place where something does not lie where its indentation says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Unclean {
    pub(super) at: usize,
    /// The start of the binding whose fence ends too early or too late there, or
    /// of the one that holds what does.
    pub(super) entry: Option<usize>,
    /// Is it inside that binding that something is amiss?
    pub(super) inside: bool,
    /// The column of a line that is too far to the left.
    pub(super) column: usize,
}

/// How operators of one precedence group.
#[derive(PartialEq, Eq)]
enum Assoc {
    Left,
    Right,
    None,
}

/// Precedence (the higher, the tighter) and grouping of a binary operator.
fn infix(kind: SyntaxKind) -> Option<(u8, Assoc)> {
    Some(match kind {
        TOKEN_PIPE_LEFT => (1, Assoc::Right),
        TOKEN_PIPE_RIGHT => (2, Assoc::Left),
        TOKEN_IMPLICATION => (3, Assoc::Right),
        TOKEN_OR_OR => (4, Assoc::Left),
        TOKEN_AND_AND => (5, Assoc::Left),
        TOKEN_EQUAL | TOKEN_NOT_EQUAL => (6, Assoc::None),
        TOKEN_LESS | TOKEN_LESS_OR_EQ | TOKEN_MORE | TOKEN_MORE_OR_EQ => (7, Assoc::None),
        TOKEN_UPDATE => (8, Assoc::Right),
        // 9 is `!`.
        TOKEN_ADD | TOKEN_SUB => (10, Assoc::Left),
        TOKEN_MUL | TOKEN_DIV => (11, Assoc::Left),
        TOKEN_CONCAT => (12, Assoc::Right),
        TOKEN_QUESTION => (13, Assoc::Left),
        // 14 is the `-` of a negative number.
        _ => return None,
    })
}
const NOT: u8 = 9;
const NEGATE: u8 = 14;

/// The text of a kind of token that has only one.
fn fixed(kind: SyntaxKind) -> bool {
    !matches!(
        kind,
        TOKEN_IDENT
            | TOKEN_INTEGER
            | TOKEN_FLOAT
            | TOKEN_URI
            | TOKEN_PATH_ABS
            | TOKEN_PATH_REL
            | TOKEN_PATH_HOME
            | TOKEN_PATH_SEARCH
            | TOKEN_STRING_START
            | TOKEN_STRING_END
            | TOKEN_STRING_CONTENT
            | TOKEN_ERROR
            | TOKEN_WHITESPACE
            | TOKEN_COMMENT
    )
}

/// Can a key of a set start with this?
fn starts_entry(kind: SyntaxKind) -> bool {
    matches!(
        kind,
        TOKEN_IDENT | TOKEN_OR | TOKEN_STRING_START | TOKEN_INTERPOL_START | TOKEN_INHERIT
    )
}

/// Does this end whatever stands before it, however broken?
fn stops(kind: SyntaxKind) -> bool {
    matches!(
        kind,
        END | TOKEN_SEMICOLON
            | TOKEN_R_BRACE
            | TOKEN_R_PAREN
            | TOKEN_R_BRACK
            | TOKEN_IN
            | TOKEN_THEN
            | TOKEN_ELSE
            | TOKEN_COMMA
            | TOKEN_INHERIT
    )
}

impl<'t> Parser<'t> {
    /// A parser for a text. Without the layout the tree cannot be edited.
    pub(super) fn new(text: &'t str, tables: Box<Tables>, keeps_layout: bool) -> Self {
        Self {
            keeps_layout,
            text,
            lexer: Lexer::new(text),
            builder: Builder::new(tables),
            kind: END,
            start: 0,
            end: 0,
            behind: 0,
            one_blank: false,
            limit: text.len(),
            depth: 0,
            height: 0,
            tolerant: false,
            failed: None,
            too_deep: None,
            errors: Vec::new(),
            hidden: Vec::new(),
            reported: false,
            wanted: Wanted::default(),
            fences: 0,
            base: None,
            unclean: Vec::new(),
            damaged: Vec::new(),
            far: false,
            entry_start: None,
        }
    }

    /// Parses the whole text.
    pub(super) fn file(&mut self) -> Option<GreenNode> {
        self.go_to(0);
        self.root();
        if self.failed.is_some() {
            self.base = None;
            self.unclean.clear();
            self.builder.truncate(0);
            (self.depth, self.height) = (0, 0);
            self.wanted = Wanted::default();
            self.limit = self.text.len();
            self.tolerant = true;
            let (failed, entry_start) = (self.failed.take(), self.entry_start);
            self.go_to(0);
            self.root();
            (self.failed, self.entry_start) = (failed, entry_start);
        }
        sorted::sort_by_key(&mut self.errors, |error| error.range.start());
        match (self.too_deep, self.builder.pop()) {
            (None, Some(Element::Node(root))) => Some(root),
            _ => None,
        }
    }

    /// Does something broken depend on text far behind it?
    pub(super) fn is_far(&self) -> bool {
        self.far || self.lexer.has_open_comment()
    }

    fn root(&mut self) {
        let open = self.open_here();
        if self.kind == END {
            self.unexpected("a value");
        } else {
            self.expr();
        }
        while self.kind != END {
            self.unexpected("the end of the file");
            self.junk(|_| false);
            if self.kind != END {
                self.expr();
            }
        }
        if self.failed.is_none() {
            self.flush();
        }
        self.close(open, NODE_ROOT);
    }

    // Tokens.

    /// Continues at a position in code.
    pub(super) fn go_to(&mut self, at: usize) {
        self.behind = at;
        self.load(at);
    }

    #[inline]
    fn load(&mut self, at: usize) {
        self.start = match self.lexer.trivia(at) {
            None => at,
            Some((kind, end)) => {
                let start = self.lexer.behind_trivia(end);
                self.one_blank = start == end && kind == TOKEN_WHITESPACE;
                // Most gaps are a single blank, which starts no line.
                if (start > at + 1 || self.lexer.byte(at) != b' ') && !self.tolerant {
                    self.check_lines(at, start);
                }
                start
            }
        };
        if self.start >= self.limit {
            (self.kind, self.end) = (END, self.start);
        } else {
            (self.kind, self.end) = self.lexer.token(self.start);
        }
    }

    /// Do the lines that start between two places belong to the binding around
    /// them?
    #[inline]
    fn check_lines(&mut self, from: usize, to: usize) {
        if let Some((entry, base)) = self.base
            && let Some(column) = layout::leftmost_outside(self.text, from, to, base)
        {
            self.is_unclean(to, Some(entry), false, column);
        }
    }

    fn is_unclean(&mut self, at: usize, entry: Option<usize>, inside: bool, column: usize) {
        if self.unclean.len() <= MOST_UNCLEAN {
            self.unclean.push(Unclean {
                at,
                entry,
                inside,
                column,
            });
        }
    }

    #[inline]
    fn advance(&mut self) {
        self.behind = self.end;
        self.load(self.end);
    }

    /// Adds the trivia in front of the current token.
    #[inline]
    pub(super) fn flush(&mut self) {
        if self.behind >= self.start {
            return;
        }
        if self.one_blank {
            let text = &self.text[self.behind..self.start];
            self.builder.token(TOKEN_WHITESPACE, text);
            self.behind = self.start;
            return;
        }
        while self.behind < self.start {
            let Some((kind, end)) = self.lexer.trivia(self.behind) else {
                break;
            };
            self.builder.token(kind, &self.text[self.behind..end]);
            self.behind = end;
        }
    }

    /// As `flush`; but what lies before the end of a fence belongs to what comes
    /// behind it.
    #[inline]
    fn flush_unless_over(&mut self) {
        if self.kind != END {
            self.flush();
        }
    }

    /// Adds the current token as `kind`, without reading on.
    #[inline]
    fn take_as(&mut self, kind: SyntaxKind) {
        self.flush();
        let text = &self.text[self.start..self.end];
        if fixed(kind) {
            self.builder.fixed_token(kind, text);
        } else {
            self.builder.token(kind, text);
        }
        self.behind = self.end;
    }

    #[inline]
    fn bump(&mut self) {
        if self.kind != END {
            self.take_as(self.kind);
            self.load(self.end);
        }
    }

    /// Adds the current token as a node of its own.
    #[inline]
    fn leaf(&mut self, node: SyntaxKind, token: SyntaxKind) {
        if self.kind == END {
            return;
        }
        self.flush();
        let text = &self.text[self.start..self.end];
        self.builder.leaf(node, token, text);
        self.height = self.height.max(1);
        self.advance();
    }

    /// The first byte behind the current token and the trivia behind it.
    #[inline]
    fn byte_behind(&mut self) -> u8 {
        let at = self.lexer.behind_trivia(self.end);
        self.lexer.byte(at)
    }

    // Nodes.

    fn open(&mut self) -> Open {
        self.flush_unless_over();
        self.open_here()
    }

    fn open_here(&mut self) -> Open {
        self.depth += 1;
        let open = Open {
            first: self.builder.len(),
            height: std::mem::take(&mut self.height),
        };
        self.check_depth();
        open
    }

    fn close(&mut self, open: Open, kind: SyntaxKind) {
        self.builder.node(kind, open.first);
        self.depth -= 1;
        self.height = open.height.max(self.height + 1);
    }

    /// Starts something that `wrap` and `wrapped` may put nodes around.
    fn begin(&mut self) -> Open {
        self.flush_unless_over();
        Open {
            first: self.builder.len(),
            height: std::mem::take(&mut self.height),
        }
    }

    fn wrap(&mut self) {
        self.depth += 1;
        self.check_depth();
    }

    fn wrapped(&mut self, begun: &Open, kind: SyntaxKind) {
        self.builder.node(kind, begun.first);
        self.depth -= 1;
        self.height += 1;
    }

    fn finish(&mut self, begun: Open) {
        self.height = self.height.max(begun.height);
    }

    #[inline]
    fn check_depth(&mut self) {
        if self.depth + self.height > MAX_DEPTH {
            if self.tolerant {
                self.too_deep.get_or_insert(self.start);
            }
            self.give_up();
        }
    }

    // Errors.

    /// Ends the parse: from now on everything ends here.
    fn give_up(&mut self) {
        self.failed.get_or_insert(self.start);
        self.limit = 0;
        self.kind = END;
    }

    /// Reports an error, or ends a strict parse.
    fn error(&mut self, error: impl FnOnce(&Self) -> SyntaxError) {
        if !self.tolerant {
            return self.give_up();
        }
        if self.too_deep.is_some() {
            return;
        }
        // Where one thing ends too early, everything around it does.
        let here = TextSize::new(self.behind as u32);
        let follows = self
            .errors
            .last()
            .is_some_and(|last| last.range.end() >= here);
        if self.reported || follows {
            // So broken a text is parsed whole after every edit.
            self.far |= self.hidden.len() >= MOST_HIDDEN;
            if !self.far && self.hidden.last() != Some(&self.behind) {
                self.hidden.push(self.behind);
            }
            return;
        }
        let error = error(self);
        self.errors.push(error);
        self.reported = true;
    }

    fn unexpected(&mut self, wanted: &str) {
        self.error(|this| match this.found() {
            Some(next) if this.kind == END => {
                message::ends_early(this.text, this.behind, next, wanted)
            }
            found => message::unexpected(this.text, this.behind, found, wanted),
        });
    }

    /// Where the token in front starts, or what comes behind the fence.
    fn found(&self) -> Option<usize> {
        (self.start < self.text.len()).then_some(self.start)
    }

    fn missing(&mut self, token: &'static str) {
        self.error(|this| message::missing(this.text, this.behind, this.found(), token));
    }

    /// Takes a token, or says that it is missing.
    fn expect(&mut self, kind: SyntaxKind, text: &'static str) {
        if self.kind == kind {
            self.bump();
        } else {
            self.missing(text);
        }
    }

    /// As `expect`, for a word whose insertion alone would mend nothing.
    fn keyword(&mut self, kind: SyntaxKind, name: &str) {
        if self.kind == kind {
            self.bump();
        } else {
            self.unexpected(name);
        }
    }

    /// As `expect`, and leaves out what stands before it.
    fn expect_close(&mut self, kind: SyntaxKind, text: &'static str) {
        if self.kind != kind {
            self.missing(text);
            if self.tolerant && !self.is_over() {
                self.junk(|kind| kind == TOKEN_ASSIGN);
            }
            if self.kind != kind {
                return;
            }
        }
        self.bump();
    }

    /// Does something else start or end here?
    fn is_over(&mut self) -> bool {
        stops(self.kind) || self.is_entry_ahead()
    }

    /// Leaves out tokens until something ends or starts, or `until` holds. At
    /// the top of a file only what starts its line can be a new start.
    fn junk(&mut self, until: impl Fn(SyntaxKind) -> bool) {
        if self.kind == END {
            return;
        }
        let in_root = self.depth == 1;
        let open = self.open();
        loop {
            match self.kind {
                TOKEN_STRING_START => self.string(),
                _ => self.bump(),
            }
            let done = match self.kind {
                END => true,
                TOKEN_L_BRACE | TOKEN_LET | TOKEN_WITH if in_root => {
                    layout::column(self.text, self.start) == Some(0)
                }
                _ if in_root => false,
                kind => until(kind) || self.is_over(),
            };
            if done {
                break;
            }
        }
        self.close(open, NODE_ERROR);
    }

    /// Leaves out one token.
    fn junk_one(&mut self) {
        let open = self.open();
        match self.kind {
            TOKEN_STRING_START => self.string(),
            _ => self.bump(),
        }
        self.close(open, NODE_ERROR);
    }

    /// Does a binding start here, with a `=` behind its path?
    fn is_entry_ahead(&mut self) -> bool {
        let mut at = match self.kind {
            TOKEN_IDENT | TOKEN_OR => self.end,
            TOKEN_STRING_START => match self.plain_string(self.start) {
                Some(end) => end,
                None => return false,
            },
            _ => return false,
        };
        loop {
            at = self.lexer.behind_trivia(at);
            if at >= self.limit {
                return false;
            }
            match self.lexer.byte(at) {
                b'=' => return self.lexer.byte(at + 1) != b'=',
                b'.' => {}
                _ => return false,
            }
            at = self.lexer.behind_trivia(at + 1);
            if at >= self.limit {
                return false;
            }
            at = match self.lexer.token(at) {
                (TOKEN_IDENT | TOKEN_OR, end) => end,
                (TOKEN_STRING_START, _) => match self.plain_string(at) {
                    Some(end) => end,
                    None => return false,
                },
                (TOKEN_INTERPOL_START, end) => match self.plain_computed(end) {
                    Some(end) => end,
                    None => return false,
                },
                _ => return false,
            };
        }
    }

    /// The end of a computed key, from behind its `${`, if nothing nests in it.
    fn plain_computed(&self, start: usize) -> Option<usize> {
        let rest = &self.text.as_bytes()[start..self.limit.max(start)];
        let end = rest
            .iter()
            .position(|byte| matches!(byte, b'}' | b'{' | b'"' | b'\'' | b'#' | b'\n'))?;
        (rest[end] == b'}').then_some(start + end + 1)
    }

    /// The end of a string of one line without interpolation.
    fn plain_string(&mut self, start: usize) -> Option<usize> {
        if self.lexer.byte(start) != b'"' {
            return None;
        }
        let limit = self.lexer.end_of_line(start).min(self.limit);
        match self.lexer.string_part(start + 1, false, limit) {
            (end, PartEnd::Close) => Some(end + 1),
            _ => None,
        }
    }

    // Expressions.

    fn expr(&mut self) {
        let kind = self.kind;
        match kind {
            TOKEN_IDENT => match self.byte_behind() {
                b':' => self.lambda(),
                b'@' => self.lambda_with_name(),
                _ => self.operators(0),
            },
            TOKEN_L_BRACE if self.is_pattern() => self.lambda_with_pattern(),
            TOKEN_LET if self.byte_behind() != b'{' => {
                let open = self.open();
                let at = self.start;
                self.bump();
                self.wanted.in_ += 1;
                self.entries(TOKEN_IN, at);
                self.wanted.in_ = self.wanted.in_.saturating_sub(1);
                self.keyword(TOKEN_IN, "`in`");
                self.expr();
                self.close(open, NODE_LET_IN);
            }
            TOKEN_WITH => self.head(NODE_WITH),
            TOKEN_ASSERT => self.head(NODE_ASSERT),
            TOKEN_IF => {
                let open = self.open();
                self.bump();
                self.expr();
                self.keyword(TOKEN_THEN, "`then`");
                self.expr();
                self.keyword(TOKEN_ELSE, "`else`");
                self.expr();
                self.close(open, NODE_IF_ELSE);
            }
            _ => self.operators(0),
        }
    }

    /// `with a; b` and `assert a; b`.
    fn head(&mut self, kind: SyntaxKind) {
        let open = self.open();
        self.bump();
        self.expr();
        self.expect(TOKEN_SEMICOLON, ";");
        self.expr();
        self.close(open, kind);
    }

    /// `a: b`
    fn lambda(&mut self) {
        let open = self.open();
        let param = self.open();
        self.leaf(NODE_IDENT, TOKEN_IDENT);
        self.close(param, NODE_IDENT_PARAM);
        self.bump();
        self.expr();
        self.close(open, NODE_LAMBDA);
    }

    /// `a@{ b }: c`
    fn lambda_with_name(&mut self) {
        let open = self.open();
        let pattern = self.open();
        let bind = self.open();
        self.leaf(NODE_IDENT, TOKEN_IDENT);
        self.bump();
        self.close(bind, NODE_PAT_BIND);
        self.expect(TOKEN_L_BRACE, "{");
        self.pattern(true);
        self.close(pattern, NODE_PATTERN);
        self.expect(TOKEN_COLON, ":");
        self.expr();
        self.close(open, NODE_LAMBDA);
    }

    /// `{ a }: b` and `{ a }@b: c`
    fn lambda_with_pattern(&mut self) {
        let open = self.open();
        let pattern = self.open();
        self.bump();
        self.pattern(false);
        self.close(pattern, NODE_PATTERN);
        self.expect(TOKEN_COLON, ":");
        self.expr();
        self.close(open, NODE_LAMBDA);
    }

    /// Does the `{` here open the formals of a function? Two tokens tell.
    pub(super) fn is_pattern(&mut self) -> bool {
        let first = self.lexer.behind_trivia(self.end);
        if first >= self.limit {
            return false;
        }
        let (kind, end) = match self.lexer.byte(first) {
            b'}' => (TOKEN_R_BRACE, first + 1),
            b'.' => self.lexer.token(first),
            byte if byte.is_ascii_alphabetic() || byte == b'_' => self.lexer.token(first),
            _ => return false,
        };
        let second = self.lexer.behind_trivia(end);
        let next = self.lexer.byte(second);
        match kind {
            TOKEN_R_BRACE => matches!(next, b':' | b'@'),
            TOKEN_ELLIPSIS => next == b'}',
            TOKEN_IDENT => matches!(next, b',' | b'?' | b'}'),
            _ => false,
        }
    }

    /// The formals behind a `{`, and the name behind them.
    fn pattern(&mut self, bound: bool) {
        self.wanted.brace += 1;
        while self.kind != TOKEN_R_BRACE {
            match self.kind {
                TOKEN_ELLIPSIS => {
                    self.bump();
                    break;
                }
                TOKEN_IDENT => {
                    let entry = self.open();
                    self.leaf(NODE_IDENT, TOKEN_IDENT);
                    if self.kind == TOKEN_QUESTION {
                        self.bump();
                        self.expr();
                    }
                    self.close(entry, NODE_PAT_ENTRY);
                    match self.kind {
                        TOKEN_COMMA => self.bump(),
                        // `{ a b }`: a missing comma.
                        TOKEN_IDENT | TOKEN_ELLIPSIS if self.tolerant => self.missing(","),
                        _ => break,
                    }
                }
                TOKEN_COMMA if self.tolerant => {
                    self.unexpected("a name");
                    self.junk_one();
                }
                _ => {
                    self.unexpected("a name");
                    break;
                }
            }
        }
        self.wanted.brace = self.wanted.brace.saturating_sub(1);
        self.expect_close(TOKEN_R_BRACE, "}");
        if self.kind == TOKEN_AT {
            if bound {
                self.error(|this| message::bound_twice(this.start));
            }
            let bind = self.open();
            self.bump();
            if self.kind == TOKEN_IDENT {
                self.leaf(NODE_IDENT, TOKEN_IDENT);
            } else {
                self.unexpected("a name");
            }
            self.close(bind, if bound { NODE_ERROR } else { NODE_PAT_BIND });
        }
    }

    /// Operators that bind at least as tight as `min`, and their operands.
    fn operators(&mut self, min: u8) {
        let begun = self.begin();
        match self.kind {
            TOKEN_SUB => self.prefix(&begun, NEGATE),
            TOKEN_INVERT => self.prefix(&begun, NOT),
            _ => self.application(&begun),
        }
        // The precedence that must not come again: `a == b == c`.
        let mut closed = 0;
        while let Some((precedence, assoc)) = infix(self.kind) {
            if precedence < min {
                break;
            }
            if precedence == closed {
                self.error(|this| message::not_associative(this.text, this.start, this.end));
                if !self.tolerant {
                    break;
                }
            }
            self.wrap();
            let has_attr = self.kind == TOKEN_QUESTION;
            self.bump();
            if has_attr {
                self.attrpath();
            } else {
                self.operators(precedence + u8::from(assoc != Assoc::Right));
            }
            self.wrapped(&begun, if has_attr { NODE_HAS_ATTR } else { NODE_BIN_OP });
            closed = if assoc == Assoc::None { precedence } else { 0 };
        }
        self.finish(begun);
    }

    fn prefix(&mut self, begun: &Open, precedence: u8) {
        self.wrap();
        self.bump();
        self.operators(precedence + u8::from(precedence == NOT));
        self.wrapped(begun, NODE_UNARY_OP);
    }

    /// A function and its arguments.
    fn application(&mut self, begun: &Open) {
        self.primary();
        while self.is_argument() {
            if self.tolerant && self.is_entry_ahead() {
                break;
            }
            self.wrap();
            self.primary();
            self.wrapped(begun, NODE_APPLY);
        }
    }

    #[inline]
    fn is_argument(&mut self) -> bool {
        match self.kind {
            TOKEN_IDENT | TOKEN_STRING_START | TOKEN_L_PAREN | TOKEN_L_BRACE | TOKEN_L_BRACK
            | TOKEN_REC | TOKEN_INTEGER | TOKEN_FLOAT | TOKEN_URI | TOKEN_PATH_ABS
            | TOKEN_PATH_REL | TOKEN_PATH_HOME | TOKEN_PATH_SEARCH => true,
            TOKEN_LET => self.byte_behind() == b'{',
            _ => false,
        }
    }

    /// A simple expression and what is selected from it.
    fn primary(&mut self) {
        let begun = self.begin();
        self.simple();
        if self.kind == TOKEN_DOT {
            self.wrap();
            self.bump();
            self.attrpath();
            if self.kind == TOKEN_OR {
                self.bump();
                self.primary();
            }
            self.wrapped(&begun, NODE_SELECT);
        } else if self.kind == TOKEN_OR {
            // `a or` without a selection applies `a` to a name `or`, and so
            // does Nix, for programs older than the keyword.
            self.wrap();
            self.leaf(NODE_IDENT, TOKEN_IDENT);
            self.wrapped(&begun, NODE_APPLY);
        }
        self.finish(begun);
    }

    fn simple(&mut self) {
        let kind = self.kind;
        match kind {
            TOKEN_IDENT => {
                if &self.text[self.start..self.end] == "__curPos" {
                    self.leaf(NODE_CUR_POS, TOKEN_CUR_POS);
                } else {
                    self.leaf(NODE_IDENT, TOKEN_IDENT);
                }
            }
            TOKEN_STRING_START => self.string(),
            TOKEN_L_PAREN => {
                let open = self.open();
                self.bump();
                self.wanted.paren += 1;
                self.expr();
                self.wanted.paren = self.wanted.paren.saturating_sub(1);
                self.expect_close(TOKEN_R_PAREN, ")");
                self.close(open, NODE_PAREN);
            }
            TOKEN_L_BRACE => self.set(NODE_ATTR_SET),
            TOKEN_REC => self.set(NODE_ATTR_SET),
            TOKEN_LET if self.byte_behind() == b'{' => self.set(NODE_LEGACY_LET),
            TOKEN_L_BRACK => self.list(),
            TOKEN_INTEGER | TOKEN_FLOAT | TOKEN_URI => self.leaf(NODE_LITERAL, self.kind),
            TOKEN_PATH_ABS => self.path(NODE_PATH_ABS),
            TOKEN_PATH_REL => self.path(NODE_PATH_REL),
            TOKEN_PATH_HOME => self.path(NODE_PATH_HOME),
            TOKEN_PATH_SEARCH => self.leaf(NODE_PATH_SEARCH, TOKEN_PATH_SEARCH),
            // A statement where only a value may stand: `1 + if …`.
            TOKEN_LET | TOKEN_WITH | TOKEN_ASSERT | TOKEN_IF if self.tolerant => {
                self.error(|this| message::needs_parens(this.text, this.start, this.end));
                self.expr();
            }
            kind => {
                self.unexpected("a value");
                if self.tolerant && !stops(kind) && kind != TOKEN_ASSIGN {
                    self.junk_one();
                }
            }
        }
    }

    /// A set, from its `rec`, `let` or `{` on.
    fn set(&mut self, kind: SyntaxKind) {
        let open = self.open();
        if self.kind != TOKEN_L_BRACE {
            self.bump();
        }
        let at = self.start;
        self.expect(TOKEN_L_BRACE, "{");
        self.wanted.brace += 1;
        self.entries(TOKEN_R_BRACE, at);
        self.wanted.brace = self.wanted.brace.saturating_sub(1);
        if !self.tolerant
            && self.keeps_layout
            && self.kind == TOKEN_R_BRACE
            && layout::is_right_of(self.text, at, self.start)
        {
            self.is_unclean(self.start, self.entry_start, true, usize::MAX);
        }
        self.expect(TOKEN_R_BRACE, "}");
        self.close(open, kind);
    }

    fn list(&mut self) {
        let open = self.open();
        self.bump();
        self.wanted.bracket += 1;
        self.elements();
        self.wanted.bracket = self.wanted.bracket.saturating_sub(1);
        self.expect(TOKEN_R_BRACK, "]");
        self.close(open, NODE_LIST);
    }

    fn elements(&mut self) {
        while self.kind != TOKEN_R_BRACK && self.kind != END {
            if self.tolerant {
                if self.is_over() {
                    break;
                }
                if !self.is_argument() {
                    self.unexpected("an element of the list");
                    self.junk_one();
                    continue;
                }
            }
            self.primary();
        }
    }

    /// One element of a list, read strictly.
    pub(super) fn element(&mut self) {
        self.primary();
    }

    fn string(&mut self) {
        let open = self.open();
        let first = self.start;
        let indented = self.lexer.byte(first) == b'\'';
        self.take_as(TOKEN_STRING_START);
        let mut at = self.end;
        while self.failed.is_none() {
            let mut limit = self.limit;
            if self.tolerant && !indented {
                limit = limit.min(self.lexer.end_of_line(at));
            }
            let (mut end, found) = self.lexer.string_part(at, indented, limit.max(at));
            if found == PartEnd::Limit {
                // A `;` at the end ends the binding, as far as anybody can tell.
                let kept = self.text[at..end].trim_end();
                end = at + kept.strip_suffix(';').unwrap_or(kept).len();
            }
            if end > at {
                let text = &self.text[at..end];
                self.builder.token(TOKEN_STRING_CONTENT, text);
                if !self.tolerant && self.keeps_layout {
                    // A tolerant reading would end such a string with its line.
                    if !indented && text.contains('\n') {
                        self.is_unclean(at, self.entry_start, true, usize::MAX);
                    }
                    self.check_lines(at, end);
                }
            }
            self.behind = end;
            (self.start, self.end) = (end, end);
            match found {
                PartEnd::Close => {
                    self.end = end + 1 + usize::from(indented);
                    self.take_as(TOKEN_STRING_END);
                    break;
                }
                PartEnd::Limit => {
                    let indented = usize::from(indented);
                    self.error(|_| message::unclosed_string(first, first + 1 + indented));
                    break;
                }
                PartEnd::Interpolation => at = self.interpolation(end, NODE_INTERPOL),
            }
        }
        self.go_to_unless_failed(self.behind);
        self.close(open, NODE_STRING);
    }

    fn go_to_unless_failed(&mut self, at: usize) {
        if self.failed.is_none() {
            self.go_to(at);
        }
    }

    /// The `${ … }` at a position in a string or path. Returns its end.
    fn interpolation(&mut self, at: usize, kind: SyntaxKind) -> usize {
        self.behind = at;
        (self.start, self.end) = (at, at + 2);
        let open = self.open();
        self.take_as(TOKEN_INTERPOL_START);
        self.load(self.end);
        self.wanted.brace += 1;
        self.expr();
        self.wanted.brace = self.wanted.brace.saturating_sub(1);
        if self.kind == TOKEN_R_BRACE {
            self.take_as(TOKEN_INTERPOL_END);
        } else {
            self.missing("}");
        }
        self.close(open, kind);
        self.behind
    }

    fn path(&mut self, node: SyntaxKind) {
        let kind = self.kind;
        if self.lexer.byte(self.end) != b'$' || self.lexer.byte(self.end + 1) != b'{' {
            return self.leaf(node, kind);
        }
        let open = self.open();
        self.take_as(kind);
        let mut at = self.end;
        while self.failed.is_none() {
            if self.lexer.byte(at) == b'$' && self.lexer.byte(at + 1) == b'{' {
                at = self.interpolation(at, NODE_INTERPOL);
                continue;
            }
            let end = self.lexer.path_part(at);
            if end == at {
                break;
            }
            let goes_on = self.lexer.byte(end) == b'$' && self.lexer.byte(end + 1) == b'{';
            if !goes_on && self.text[at..end].ends_with('/') {
                (self.start, self.end) = (at, end);
                self.error(|this| message::bad_path(this.text, this.start, this.end));
            }
            self.builder.token(kind, &self.text[at..end]);
            at = end;
        }
        self.go_to_unless_failed(at);
        self.close(open, node);
    }

    fn attrpath(&mut self) {
        let open = self.open();
        self.attr();
        while self.kind == TOKEN_DOT {
            self.bump();
            self.attr();
        }
        self.close(open, NODE_ATTRPATH);
    }

    #[inline]
    fn attr(&mut self) {
        match self.kind {
            TOKEN_IDENT | TOKEN_OR => self.leaf(NODE_IDENT, TOKEN_IDENT),
            TOKEN_STRING_START => self.string(),
            TOKEN_INTERPOL_START => {
                self.flush();
                let end = self.interpolation(self.start, NODE_DYNAMIC);
                self.go_to_unless_failed(end);
            }
            _ => self.unexpected("a name"),
        }
    }

    // Bindings.

    /// The bindings of a set or `let` whose `{` or `let` is at `opener`.
    fn entries(&mut self, closer: SyntaxKind, opener: usize) {
        if !self.tolerant {
            while self.kind != closer && self.kind != END {
                self.strict_entry();
            }
            return;
        }
        while self.kind != END && self.tolerant_step(closer, opener) {}
    }

    /// One binding of a strict parse.
    pub(super) fn strict_entry(&mut self) {
        let start = self.start;
        let base = self.entry();
        if self.runs_on(base) {
            self.is_unclean(self.start, Some(start), false, usize::MAX);
        }
    }

    /// One binding or stray token of a tolerant parse; false when the set or
    /// `let` is over.
    pub(super) fn tolerant_step(&mut self, closer: SyntaxKind, opener: usize) -> bool {
        if self.kind == closer {
            let brace = closer == TOKEN_R_BRACE;
            self.far |= brace && layout::is_right_of(self.text, opener, self.start);
            if !brace || !layout::is_stray(self.text, opener, self.start, self.limit) {
                return false;
            }
            self.stray();
        } else if starts_entry(self.kind) {
            self.tolerant_entry();
        } else if self.is_wanted() {
            return false;
        } else {
            self.stray();
        }
        true
    }

    /// Tokens that belong nowhere, up to where a binding may start or something
    /// may end.
    fn stray(&mut self) {
        self.unexpected("a binding");
        let open = self.open();
        loop {
            self.bump();
            let stays = matches!(self.kind, END | TOKEN_R_BRACE | TOKEN_IN);
            if stays || starts_entry(self.kind) || self.is_wanted() {
                break;
            }
        }
        self.close(open, NODE_ERROR);
    }

    /// Does something around this wait for the token here?
    fn is_wanted(&self) -> bool {
        match self.kind {
            TOKEN_R_PAREN => self.wanted.paren > 0,
            TOKEN_R_BRACK => self.wanted.bracket > 0,
            TOKEN_R_BRACE => self.wanted.brace > 0,
            TOKEN_IN => self.wanted.in_ > 0,
            _ => false,
        }
    }

    /// One binding, or an error. Gives the column of a strict one that starts
    /// its line.
    fn entry(&mut self) -> Option<usize> {
        let outer = (self.base, self.entry_start);
        let mut base = None;
        if !self.tolerant {
            if self.keeps_layout {
                base = layout::column(self.text, self.start);
                self.base = base.map(|base| (self.start, base)).or(self.base);
            }
            self.entry_start = Some(self.start);
        }
        if self.kind == TOKEN_INHERIT {
            self.inherit(outer.0);
        } else {
            let open = self.open();
            self.attrpath();
            let has_value = self.kind == TOKEN_ASSIGN;
            self.expect(TOKEN_ASSIGN, "=");
            // A key in front of something whole is a binding that is being typed.
            let is_bare = self.tolerant && !has_value && self.is_over();
            if !is_bare {
                self.expr();
                self.end_of_entry(outer.0);
            } else if self.kind == TOKEN_SEMICOLON {
                self.bump();
            }
            self.close(open, NODE_ATTRPATH_VALUE);
        }
        self.base = outer.0;
        if self.failed.is_none() {
            self.entry_start = outer.1;
        }
        base
    }

    /// The `;`. What comes behind it belongs to the binding around, at column `base`.
    fn end_of_entry(&mut self, base: Option<(usize, usize)>) {
        self.base = base;
        if self.kind != TOKEN_SEMICOLON {
            if !self.tolerant || self.is_over() {
                return self.missing(";");
            }
            self.unexpected("a `;`");
            self.junk(|_| false);
            if self.kind != TOKEN_SEMICOLON {
                return;
            }
        }
        self.bump();
    }

    fn inherit(&mut self, base: Option<(usize, usize)>) {
        let open = self.open();
        self.bump();
        if self.kind == TOKEN_L_PAREN {
            let from = self.open();
            self.bump();
            self.wanted.paren += 1;
            self.expr();
            self.wanted.paren = self.wanted.paren.saturating_sub(1);
            self.expect_close(TOKEN_R_PAREN, ")");
            self.close(from, NODE_INHERIT_FROM);
        }
        while matches!(
            self.kind,
            TOKEN_IDENT | TOKEN_OR | TOKEN_STRING_START | TOKEN_INTERPOL_START
        ) && !(self.tolerant && self.is_entry_ahead())
        {
            self.attr();
        }
        self.end_of_entry(base);
        self.close(open, NODE_INHERIT);
    }

    /// One binding of a text with errors: strictly if it can be, else whatever
    /// can be made of the lines that are its own.
    pub(super) fn tolerant_entry(&mut self) {
        let start = self.start;
        let (fence, base) = match layout::fence(self.text, start, self.limit) {
            Some((fence, base)) if self.fences < MOST_FENCES => (fence, Some(base)),
            _ => (self.limit, None),
        };
        let outer = (self.limit, self.wanted, self.reported);
        if base.is_some() && self.too_deep.is_none() {
            let before = self.snapshot();
            self.limit = fence;
            self.tolerant = false;
            self.entry();
            self.tolerant = true;
            self.limit = outer.0;
            if self.failed.take().is_none() && !self.goes_on(fence, base) {
                self.load(self.behind);
                if self.runs_on(base) {
                    self.is_unclean(self.start, Some(start), false, usize::MAX);
                }
                return;
            }
            self.restore(before);
        }
        self.limit = fence;
        self.fences += 1;
        if base.is_some() {
            self.wanted = Wanted::default();
            self.reported = false;
            self.damaged.push(start);
        }
        self.load(self.behind);
        self.entry();
        while base.is_some() && self.kind != END {
            if starts_entry(self.kind) {
                self.tolerant_entry();
            } else if self.kind == TOKEN_IN
                || self.kind == TOKEN_R_BRACE && layout::column(self.text, self.start).is_none()
            {
                break;
            } else {
                self.stray();
            }
        }
        self.fences -= 1;
        (self.limit, self.wanted) = (outer.0, outer.1);
        if base.is_some() {
            self.reported = outer.2;
        }
        if self.too_deep.is_some() {
            self.limit = 0;
        }
        self.load(self.behind);
    }

    /// Is what stands behind a finished binding among its lines? Then a tolerant
    /// reading could take it for a part of it.
    pub(super) fn runs_on(&self, base: Option<usize>) -> bool {
        let Some(base) = base else { return false };
        !matches!(self.kind, END | TOKEN_IN)
            && layout::column(self.text, self.start)
                .is_some_and(|column| layout::is_own_line(self.text, self.start, column, base))
    }

    /// Do the lines of a finished binding go on with another one? Then it was
    /// closed by something that was not its own.
    fn goes_on(&self, fence: usize, base: Option<usize>) -> bool {
        let Some(base) = base else { return false };
        self.start < fence
            && starts_entry(self.kind)
            && layout::column(self.text, self.start).is_some_and(|column| column > base)
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot {
            elements: self.builder.len(),
            errors: self.errors.len(),
            kind: self.kind,
            start: self.start,
            end: self.end,
            behind: self.behind,
            one_blank: self.one_blank,
            depth: self.depth,
            height: self.height,
            wanted: self.wanted,
            unclean: self.unclean.len(),
        }
    }

    fn restore(&mut self, to: Snapshot) {
        self.builder.truncate(to.elements);
        self.errors.truncate(to.errors);
        (self.kind, self.start, self.end, self.behind) = (to.kind, to.start, to.end, to.behind);
        (self.depth, self.height, self.wanted) = (to.depth, to.height, to.wanted);
        self.one_blank = to.one_blank;
        self.unclean.truncate(to.unclean);
    }
}
