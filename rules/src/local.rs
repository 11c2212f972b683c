//! Local rules: from the places where a text mentions what a rule is about to
//! the findings there, with what each finding depends on.

use crate::config::FileSettings;
use crate::diagnostic::Diagnostic;
use crate::rules::{self, RuleIndex};
use crate::semantics::{
    self, Asked, Env, LibCall, Meaning, application, attr_name, opens_scope, sees_scope,
};
use crate::sorted;
use crate::syntax::comments::{self, Attached, Heads, Seen};
use crate::syntax::{
    AstNode, SyntaxKind, SyntaxNode, SyntaxToken, TextRange, TextSize, Tree, ast, token_at,
};
use memchr::memmem::Finder;
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;
use std::ops::Range;
use std::rc::Rc;
use std::sync::LazyLock;

/// A place where a text mentions what a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mention {
    pub(crate) at: TextSize,
    pub(crate) rule: RuleIndex,
}

/// The needles of all rules.
static NEEDLES: LazyLock<Vec<(RuleIndex, Finder<'static>)>> = LazyLock::new(|| {
    let all = rules::ALL.iter().enumerate();
    all.flat_map(|(index, rule)| {
        let needles = rule.needles().iter();
        needles.map(move |needle| (index, Finder::new(needle.as_bytes())))
    })
    .collect()
});

/// The longest needle that no settings name, in bytes.
static LONGEST_NEEDLE: LazyLock<usize> = LazyLock::new(|| {
    let lengths = NEEDLES.iter().map(|(_, finder)| finder.needle().len());
    lengths.max().unwrap_or(0)
});

/// What to look for in one file.
pub(crate) struct Wanted<'s> {
    settings: &'s FileSettings,
    /// What the options of rules name.
    words: Vec<(&'s str, RuleIndex)>,
    /// Other names for what a needle names: `f` after `f = lib.mkForce;`.
    pub(crate) aliases: FxHashSet<(SmolStr, RuleIndex)>,
}

impl<'s> Wanted<'s> {
    pub(crate) fn new(settings: &'s FileSettings) -> Self {
        let mut words = Vec::new();
        for (index, rule) in rules::ALL.iter().enumerate() {
            if settings.is_on(index) {
                let own = rule.words(settings.any_options(index)).iter();
                let own = own.filter(|word| !word.is_empty());
                words.extend(own.map(|word| (word.as_str(), index)));
            }
        }
        Self {
            settings,
            words,
            aliases: FxHashSet::default(),
        }
    }

    /// The longest text that is looked for, in bytes.
    pub(crate) fn longest(&self) -> usize {
        let aliases = self.aliases.iter().map(|(name, _)| name.len());
        let words = self.words.iter().map(|(word, _)| word.len());
        aliases.chain(words).fold(*LONGEST_NEEDLE, usize::max)
    }

    /// The mentions that start in a part of `text`, in order.
    pub(crate) fn mentions(&self, text: &str, part: Range<usize>) -> Vec<Mention> {
        let mut found = Vec::new();
        let mut add = |at: usize, rule: RuleIndex| {
            found.push(Mention {
                at: TextSize::new(at as u32),
                rule,
            });
        };
        for (rule, finder) in NEEDLES.iter() {
            if self.settings.is_on(*rule) {
                let end = text.len().min(part.end + finder.needle().len() - 1);
                for at in finder.find_iter(&text.as_bytes()[part.start..end]) {
                    add(part.start + at, *rule);
                }
            }
        }
        let aliases = self.aliases.iter().map(|(name, rule)| (&**name, *rule));
        for (word, rule) in aliases.chain(self.words.iter().copied()) {
            for at in words(text, word, part.clone()) {
                add(at, rule);
            }
        }
        // There are thousands in a large file.
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// The places that start in a part of a text where `word` stands by itself.
pub(crate) fn words<'t>(
    text: &'t str,
    word: &'t str,
    part: Range<usize>,
) -> impl Iterator<Item = usize> + 't {
    let bytes = text.as_bytes();
    let in_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'\'' | b'-');
    let end = bytes.len().min(part.end + word.len().saturating_sub(1));
    memchr::memmem::find_iter(&bytes[part.start..end], word.as_bytes())
        .map(move |at| part.start + at)
        .filter(move |at| {
            let before = at.checked_sub(1).and_then(|at| bytes.get(at));
            let behind = bytes.get(at + word.len());
            !before.is_some_and(in_name) && !behind.is_some_and(in_name)
        })
}

/// A mention, what the rule says there, and what that depends on.
#[derive(Debug)]
pub(crate) struct Hit {
    pub(crate) mention: Mention,
    /// The statement around it, or the text that was read for it: whatever changes in
    /// it may change the finding.
    pub(crate) statement: TextRange,
    /// Nothing for most mentions.
    pub(crate) said: Option<Box<Said>>,
}

/// What a rule said at a mention, and what it looked at.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// What it said, with the places of when it said it.
    pub(crate) findings: Vec<Diagnostic>,
    /// Where the mention was then.
    pub(crate) base: TextSize,
    /// What was looked at beside the statement.
    pub(crate) seen: Vec<TextRange>,
    /// The names that were looked up.
    pub(crate) asked: Vec<SmolStr>,
    /// The name that the place gives to what it mentions.
    pub(crate) alias: Option<SmolStr>,
}

impl Said {
    /// What was said of a mention at `base`, depending on nothing yet.
    fn of(findings: Vec<Diagnostic>, base: TextSize) -> Self {
        Self {
            findings,
            base,
            ..Self::default()
        }
    }

    /// Gives back what memory was taken for more: it is kept for long.
    fn shrink(&mut self) {
        self.findings.shrink_to_fit();
        self.findings.iter_mut().for_each(Diagnostic::shrink);
        self.seen.shrink_to_fit();
        self.asked.shrink_to_fit();
    }
}

impl Hit {
    /// The name that the place gives to what it mentions.
    pub(crate) fn alias(&self) -> Option<&SmolStr> {
        self.said.as_ref()?.alias.as_ref()
    }

    /// What was said, with the place of the mention at that time.
    pub(crate) fn findings(&self) -> (&[Diagnostic], TextSize) {
        let said = self.said.as_ref();
        said.map_or((&[], TextSize::new(0)), |said| (&said.findings, said.base))
    }
}

/// What is worked out once for a tree and asked for again and again.
#[derive(Default)]
struct Memo {
    envs: FxHashMap<(SyntaxKind, TextRange), Env>,
    statements: FxHashMap<TextRange, Rc<Known>>,
}

/// What is known of a statement.
struct Known {
    comments: Rc<Attached>,
    before: Heads,
    seen: [TextRange; 2],
}

/// Runs local rules at mentions.
pub(crate) struct Judge<'a> {
    tree: &'a Tree,
    root: SyntaxNode,
    path: &'a str,
    settings: &'a FileSettings,
    asked: Option<Asked>,
    memo: Memo,
    /// The last node that each rule looked at.
    last: FxHashMap<RuleIndex, (SyntaxKind, TextRange)>,
}

impl<'a> Judge<'a> {
    /// With `records` each hit says what it depends on.
    pub(crate) fn new(
        tree: &'a Tree,
        path: &'a str,
        settings: &'a FileSettings,
        records: bool,
    ) -> Self {
        Self {
            tree,
            root: tree.root(),
            path,
            settings,
            asked: records.then(Asked::default),
            memo: Memo::default(),
            last: FxHashMap::default(),
        }
    }

    /// What `rule` sees.
    fn context(&mut self, rule: RuleIndex) -> LocalContext<'_> {
        LocalContext {
            text: self.tree.text(),
            root: &self.root,
            path: self.path,
            settings: self.settings,
            rule,
            asked: self.asked.as_ref(),
            memo: &mut self.memo,
            seen: Vec::new(),
            out: Vec::new(),
        }
    }

    /// Judges one mention; mentions come in order.
    pub(crate) fn judge(&mut self, mention: Mention) -> Hit {
        let mut hit = Hit {
            mention,
            statement: self.root.text_range(),
            said: None,
        };
        let rule = rules::ALL[mention.rule];
        if rule.kinds().is_empty() {
            let mut cx = self.context(mention.rule);
            hit.statement = rule.check_text(mention.at, &mut cx);
            let mut said = Said::of(cx.out, mention.at);
            said.shrink();
            hit.said = (!said.findings.is_empty()).then(|| Box::new(said));
            return hit;
        }
        let Some(token) = token_at(&self.root, mention.at) else {
            return hit;
        };
        let mut inside = Vec::new();
        let mut statement = None;
        let mut innermost = None;
        let mut node = token.parent();
        while let Some(current) = node {
            match current.kind() {
                SyntaxKind::NODE_ATTRPATH_VALUE | SyntaxKind::NODE_INHERIT => {
                    statement.get_or_insert_with(|| current.text_range());
                    innermost.get_or_insert_with(|| current.text_range());
                }
                // A string is one thing, with the code in it.
                SyntaxKind::NODE_STRING => statement = None,
                _ => {}
            }
            if innermost.is_none() {
                inside.push(current.clone());
            }
            node = current.parent();
        }
        hit.statement = statement.unwrap_or_else(|| self.root.text_range());
        let intact = innermost.unwrap_or(hit.statement);
        if token.kind() == SyntaxKind::TOKEN_COMMENT || !self.tree.is_intact(intact) {
            return hit;
        }
        let mut said = Said::of(Vec::new(), mention.at);
        if token.kind() == SyntaxKind::TOKEN_IDENT {
            said.alias = semantics::alias_of(&token)
                .filter(|name| !rule.needles().iter().any(|needle| name.contains(needle)));
        }
        inside.retain(|node| {
            // One finding for a node, however often it mentions something.
            let place = (node.kind(), node.text_range());
            rule.kinds().contains(&node.kind())
                && self.last.insert(mention.rule, place) != Some(place)
        });
        let mut cx = self.context(mention.rule);
        for node in inside {
            rule.check_node(&node, &mut cx);
        }
        said.findings = cx.out;
        let seen = cx.seen;
        // What a finding depends on, only a file that is edited has to know.
        if let Some(asked) = &self.asked {
            said.seen = seen;
            said.asked = std::mem::take(&mut *asked.borrow_mut());
            sorted::sort(&mut said.asked);
            said.asked.dedup();
        }
        said.shrink();
        let something = !said.findings.is_empty()
            || !said.seen.is_empty()
            || !said.asked.is_empty()
            || said.alias.is_some();
        hit.said = something.then(|| Box::new(said));
        hit
    }
}

/// A statement (a binding, an `inherit`, an element of a list that holds
/// bindings) around a node.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Its comments.
    pub comments: Rc<Attached>,
    /// Does it start on the line of the innermost statement around the node?
    pub same_line: bool,
    /// What stands in it before the innermost statement around the node.
    pub before: Heads,
}

/// What a local rule sees beside the node.
pub struct LocalContext<'a> {
    text: &'a str,
    root: &'a SyntaxNode,
    path: &'a str,
    settings: &'a FileSettings,
    rule: RuleIndex,
    asked: Option<&'a Asked>,
    memo: &'a mut Memo,
    seen: Vec<TextRange>,
    out: Vec<Diagnostic>,
}

impl<'a> LocalContext<'a> {
    /// Reports a finding.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.out.push(diagnostic);
    }

    /// The text of the file.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The comment that the byte at `at` belongs to.
    pub fn comment_at(&self, at: TextSize) -> Option<SyntaxToken> {
        let token = token_at(self.root, at);
        token.filter(|token| token.kind() == SyntaxKind::TOKEN_COMMENT)
    }

    /// The file, relative to the root.
    pub fn path(&self) -> &str {
        self.path
    }

    /// The options of the rule.
    pub fn options<T: 'static>(&self) -> &'a T {
        self.settings.options(self.rule)
    }

    /// The scopes that `node` sees.
    pub fn env(&mut self, node: &SyntaxNode) -> Env {
        // From the node up to the first scope that is known, then down again.
        let mut opened = Vec::new();
        let mut env = match self.asked {
            Some(asked) => Env::asking(asked.clone()),
            None => Env::default(),
        };
        let mut child = node.clone();
        while let Some(parent) = child.parent() {
            if opens_scope(&parent) && sees_scope(&parent, &child) {
                let place = (parent.kind(), parent.text_range());
                if let Some(known) = self.memo.envs.get(&place) {
                    env = known.clone();
                    break;
                }
                opened.push(parent.clone());
            }
            child = parent;
        }
        for node in opened.into_iter().rev() {
            env = env.enter(&node);
            let place = (node.kind(), node.text_range());
            self.memo.envs.insert(place, env.clone());
        }
        env
    }

    /// What an expression is known to be.
    pub fn meaning(&mut self, expr: &SyntaxNode) -> Option<Meaning> {
        self.env(expr).meaning(expr)
    }

    /// The name of the function of `lib` that an expression is.
    pub fn lib_function(&mut self, expr: &SyntaxNode) -> Option<SmolStr> {
        self.meaning(expr)?.lib_function().map(SmolStr::from)
    }

    /// The call that an expression is, if it is one of the functions of `lib` that are
    /// `known`, with as many arguments.
    pub fn lib_call(&mut self, expr: &SyntaxNode, known: &[(&str, usize)]) -> Option<LibCall> {
        let (function, arguments) = application(expr)?;
        // Names are dear to look up.
        if !known.iter().any(|(_, count)| *count == arguments.len()) {
            return None;
        }
        let name = self.lib_function(&function)?;
        let is_it = |it: &&(&str, usize)| it.0 == name && it.1 == arguments.len();
        known.iter().find(is_it)?;
        Some(LibCall {
            name,
            call: expr.clone(),
            function,
            value: arguments.last()?.clone(),
        })
    }

    /// Writes down that what is said depends on `node`, too. What lies in the statement
    /// around the place need not be written down.
    pub fn saw(&mut self, node: &SyntaxNode) {
        self.seen.push(node.text_range());
    }

    /// The keys of all bindings around `node`, outermost first; its own, if it
    /// is a binding, are not among them.
    pub fn attr_path(&self, node: &SyntaxNode) -> Vec<Option<SmolStr>> {
        let mut parts = Vec::new();
        let mut child = node.clone();
        while let Some(parent) = child.parent() {
            if parent.kind() == SyntaxKind::NODE_ATTRPATH_VALUE
                && child.kind() != SyntaxKind::NODE_ATTRPATH
            {
                parts.push(keys(&parent));
            }
            child = parent;
        }
        parts.into_iter().rev().flatten().collect()
    }

    /// The keys of a binding and of all bindings around it, outermost first.
    pub fn whole_path(&self, binding: &SyntaxNode) -> Vec<Option<SmolStr>> {
        let mut path = self.attr_path(binding);
        path.extend(keys(binding));
        path
    }

    /// The statements around `node`, innermost first; itself, if it is one.
    pub fn statements(&mut self, node: &SyntaxNode) -> Vec<Statement> {
        // An element of a list is one only for the bindings in it.
        let around = node
            .ancestors()
            .filter(comments::is_statement)
            .skip_while(|node| !is_binding(node));
        let mut target = None;
        let mut before = Heads::default();
        let mut statements = Vec::new();
        for node in around {
            let start = node.text_range().start();
            let target = *target.get_or_insert(start);
            let between = &self.text[usize::from(start)..usize::from(target)];
            let line = memchr::memchr(b'\n', between.as_bytes());
            let end = start + TextSize::new(line.unwrap_or(between.len()) as u32);
            let known = self.known(&node);
            let [ahead, behind] = known.seen;
            self.seen.push(ahead.cover(TextRange::new(start, end)));
            self.seen.push(behind);
            statements.push(Statement {
                comments: known.comments.clone(),
                same_line: line.is_none(),
                before: before.clone(),
            });
            before.add(&known.before);
        }
        statements
    }

    fn known(&mut self, statement: &SyntaxNode) -> Rc<Known> {
        let range = statement.text_range();
        if let Some(known) = self.memo.statements.get(&range) {
            return known.clone();
        }
        let mut seen = Seen::around(range);
        let comments = Rc::new(Attached::of(statement, &mut seen));
        let known = Rc::new(Known {
            comments,
            before: Heads::before(statement, &mut seen),
            seen: seen.ranges(),
        });
        self.memo.statements.insert(range, known.clone());
        known
    }

    /// The comments on the line of `token`, and right above it, inside the
    /// innermost binding around it.
    pub fn comments_around(&self, token: &SyntaxToken) -> Vec<SmolStr> {
        comments::around_line(token)
    }
}

/// The keys of a binding.
fn keys(binding: &SyntaxNode) -> Vec<Option<SmolStr>> {
    ast::AttrpathValue::cast(binding.clone())
        .and_then(|binding| binding.attrpath())
        .map(|path| path.attrs().map(|attr| attr_name(&attr)).collect())
        .unwrap_or_default()
}

fn is_binding(node: &SyntaxNode) -> bool {
    matches!(
        node.kind(),
        SyntaxKind::NODE_ATTRPATH_VALUE | SyntaxKind::NODE_INHERIT
    )
}

/// Judges every mention of a text, and those of the names that the text gives
/// to what it mentions.
pub(crate) fn judge_all(
    tree: &Tree,
    path: &str,
    wanted: &mut Wanted<'_>,
    records: bool,
) -> Vec<Hit> {
    let settings = wanted.settings;
    let mut judge = Judge::new(tree, path, settings, records);
    let whole = 0..tree.text().len();
    loop {
        let mentions = wanted.mentions(tree.text(), whole.clone());
        let hits: Vec<_> = mentions.into_iter().map(|m| judge.judge(m)).collect();
        let known = wanted.aliases.len();
        for hit in &hits {
            if let Some(alias) = hit.alias() {
                wanted.aliases.insert((alias.clone(), hit.mention.rule));
            }
        }
        if wanted.aliases.len() == known {
            return hits;
        }
        judge.last.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;
    use crate::docs;
    use crate::syntax::parse;

    /// What the rules say about every node, wherever a text mentions what.
    fn walked(tree: &Tree, settings: &FileSettings) -> Vec<Diagnostic> {
        let mut judge = Judge::new(tree, "module.nix", settings, false);
        let root = tree.root();
        let mut out = Vec::new();
        for (rule, check) in rules::ALL.iter().enumerate() {
            for node in root.descendants() {
                if settings.is_on(rule) && check.kinds().contains(&node.kind()) {
                    let mut cx = judge.context(rule);
                    check.check_node(&node, &mut cx);
                    out.append(&mut cx.out);
                }
            }
        }
        out
    }

    fn sorted(mut findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
        sorted::sort_by_key(&mut findings, |found| {
            (found.range.start(), found.range.end(), found.rule.name)
        });
        findings.dedup();
        findings
    }

    #[test]
    fn mentions_lead_to_all_that_a_walk_finds() {
        let aliases = r#"{ lib, config, ... }:
            let f = lib.mkForce; inherit (lib) mkForce; g = (f); in
            with lib;
            {
              a = f 1;
              b = { c = mkForce { d = 1; }; };
              e = mkIf config.x { g = g 2; # why
                h = mkForce 3; };
              i = mkMerge [ { j = f 4; } { k = x: f 5; } ];
              l = { m = f 6; n = rec { f = 1; o = f 7; p = lib.mkVMOverride; q = p 8; }; };
              options.p = mkOption { default = "/home/alice/q:/home/bob/r"; };
              users.users.alice = { home = "/home/alice"; r = "/home/alice/${"/home/eve"}/s"; };
            }"#;
        let all = Settings::new(Default::default(), &["all".to_owned()], &[]).unwrap();
        let settings = all.for_path("module.nix");
        let pages = rules::metas().flat_map(|meta| docs::fences(meta.page));
        let texts = pages.map(|fence| fence.code).chain([aliases.to_owned()]);
        let mut checked = 0;
        for text in texts {
            let tree = parse(text.as_str());
            if !tree.errors().is_empty() || tree.too_complex().is_some() {
                continue;
            }
            let mut wanted = Wanted::new(&settings);
            let hits = judge_all(&tree, "module.nix", &mut wanted, false);
            let found = hits
                .iter()
                .filter(|hit| !rules::ALL[hit.mention.rule].kinds().is_empty())
                .flat_map(|hit| hit.findings().0)
                .cloned()
                .collect();
            let (found, walked) = (sorted(found), sorted(walked(&tree, &settings)));
            assert_eq!(found, walked, "{text}");
            checked += found.len();
        }
        assert!(checked > 12, "there is something to find: {checked}");
    }
}
