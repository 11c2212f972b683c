//! How much is too much to read.

use super::TextRange;

/// The deepest tree that is built, in nodes. Real code nests to about 250. A
/// tree is walked and dropped recursively by whoever meets it, so its depth is
/// bounded here, once, for every stack.
pub const MAX_DEPTH: u32 = 500;
/// The longest text that is parsed, in bytes.
pub const MAX_BYTES: usize = 32 << 20;

/// Why a text was not parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TooComplex {
    /// Where the limit was crossed, in bytes.
    pub range: TextRange,
    /// What was too much.
    pub reason: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::{Tree, WalkEvent, parse};

    /// The depth of a tree, in nodes.
    fn depth(tree: &Tree) -> u32 {
        let (mut depth, mut deepest) = (0, 0);
        for event in tree.root().preorder() {
            match event {
                WalkEvent::Enter(_) => depth += 1,
                WalkEvent::Leave(_) => depth -= 1,
            }
            deepest = deepest.max(depth);
        }
        deepest
    }

    /// Units whose repetition nests; the second text closes what they open.
    const NESTING: &[(&str, &str)] = &[
        ("[", "]"),
        ("(", ")"),
        ("{a=", "1;}"),
        ("!", "a"),
        ("-", "1"),
        ("- ", "1"),
        ("a ++ ", "b"),
        ("a++", "b"),
        ("a//", "b"),
        ("a // ", "b"),
        ("1 - ", "1"),
        ("1-", "1"),
        ("1+", "1"),
        ("a -> ", "b"),
        ("a || ", "b"),
        ("a ? b || ", "c"),
        ("a.b or ", "c"),
        ("f ", "a"),
        ("f \"\" ", "a"),
        ("a: ", "a"),
        ("{a}: ", "a"),
        ("if a then b else ", "c"),
        ("if ", ""),
        ("let a = 1; in ", "a"),
        ("let a = 1; b = 2; in ", "a"),
        ("let a = ", ""),
        ("with a; ", "b"),
        ("assert a; ", "b"),
        ("assert a == b; ", "b"),
        ("with ", ""),
        ("assert (", ") == b; b"),
        ("a == b && ", "b"),
        ("\"${", "}\""),
        ("''${", "}''"),
        ("./a${", "}"),
        ("a.${", "}"),
        ("a |> ", "b"),
        ("( ] ", ""),
        ("[ } ", ""),
        ("{ ) ", ""),
        ("rec { a = let b = ", ""),
        ("a.b.c or (", ")"),
        ("[ (", ") ]"),
        ("[ ! ", "]"),
        ("[ a or ", "]"),
        ("[ a.b or ", "]"),
        ("let { a = ", "1; }"),
        ("inherit (", ")"),
        ("{ a ? ", "}: 1"),
    ];

    #[test]
    fn the_limit_is_the_depth_of_the_tree() {
        for (open, close) in NESTING {
            for count in [10, 60, 120, 160, 240, 480, 700] {
                let text = format!("{}{}", open.repeat(count), close.repeat(count));
                let tree = parse(text.as_str());
                let depth = depth(&tree);
                match tree.too_complex() {
                    None => assert!(depth <= MAX_DEPTH, "{open:?} x {count}: depth {depth}"),
                    Some(_) => assert!(count > 120, "{open:?} x {count} is not too deep"),
                }
            }
        }
    }

    #[test]
    fn the_limit_is_exact() {
        // Root, list, …, list.
        let nested = |count: usize| format!("{}{}", "[".repeat(count), "]".repeat(count));
        assert_eq!(depth(&parse(nested(499))), MAX_DEPTH);
        assert_eq!(parse(nested(499)).too_complex(), None);
        assert!(parse(nested(500)).too_complex().is_some());
        // Root, application, …, name: the deepest name is the first.
        let applied = |count: usize| format!("f{}", " a".repeat(count));
        assert_eq!(depth(&parse(applied(498))), MAX_DEPTH);
        assert_eq!(parse(applied(498)).too_complex(), None);
        assert!(parse(applied(499)).too_complex().is_some());
    }

    #[test]
    fn a_hundred_thousand_of_anything_neither_crashes_nor_hangs() {
        for (open, close) in NESTING {
            let text = format!("{}{}", open.repeat(100_000), close.repeat(100_000));
            let tree = parse(&*text);
            let read = tree.root().text() == text.as_str();
            assert!(tree.too_complex().is_some() || read, "{open:?}");
        }
        for unit in [
            "a.",
            "a",
            "-",
            "<",
            "+",
            "/",
            ".",
            "~",
            "a-b_",
            "1",
            "\u{fc}",
            "a:",
            "_a.",
            "\"",
            "''",
            "${",
            "/*",
            "#",
            "=",
            ";",
            "\n",
            "a=",
            "a=\"\n",
            "a={\n",
            " }\n",
            "a=''\n",
            "'' ${ \"",
            "a.b=\"${\n",
            "{ a = [\n",
            " a = 1\n",
            "in ",
            "let\n",
            "a = (\n",
            "inherit (\n",
            "}\n",
            "a b\n",
            "<a/",
            "./a${\n",
            "\\",
            "\0",
        ] {
            let text = unit.repeat(100_000);
            for text in [
                text.clone(),
                format!("{{\n{text}"),
                format!("{{ a = {text}\n}}"),
            ] {
                let tree = parse(&*text);
                let read = tree.root().text() == text.as_str();
                assert!(tree.too_complex().is_some() || read, "{unit:?}");
            }
        }
    }

    #[test]
    fn long_is_not_deep() {
        for unit in [
            "a = b ++ c; ",
            "a = with b; [ c <d> (e: f) ./g \"h${i}\" ]; ",
            "a = let b = 1; in b; ",
            "inherit (a) b c; ",
            "a = assert b == c && d != e -> f; g; ",
            "# it's a \"comment\" [[[ \n",
            "/* [[[ */ ",
            "a = '' ''${ [[[ ''' $${ ''; ",
            "a = \"[[[ \\\" $${ \"; ",
        ] {
            let tree = parse(format!("{{ {} }}", unit.repeat(5_000)));
            let read = tree.too_complex().is_none() && tree.errors().is_empty();
            assert!(read, "{unit}");
        }
        let tree = parse(format!("/* {} */ 1", "[ a ".repeat(2_000)));
        assert!(tree.too_complex().is_none() && tree.errors().is_empty());
        // Each of these is one level, whatever its condition holds.
        let asserts = "assert (f a).b == \"c\" && ! d -> e ++ g; ".repeat(300);
        let tree = parse(format!("{asserts} 1"));
        assert!(tree.too_complex().is_none() && tree.errors().is_empty());
        for text in [
            format!("x: {}b", "a.".repeat(50_000)),
            format!("[ {} ]", "a <b> http://c.d/e (!x) ".repeat(5_000)),
            format!("{{ {} }}: 1", "a ? b, ".repeat(5_000)),
        ] {
            let tree = parse(text);
            assert!(tree.too_complex().is_none() && tree.errors().is_empty());
        }
    }
}
