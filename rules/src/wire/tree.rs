//! A syntax tree as data.

use super::Offsets;
use crate::syntax::{NodeOrToken, SyntaxKind, Tree, Utf16Index, WalkEvent};
use serde::Serialize;

/// A syntax tree: its elements in the order of the text, parents first.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TreeForm {
    /// The kinds that are in it.
    pub kinds: Vec<String>,
    /// Four numbers for each element: the position of its kind in `kinds`, how many
    /// elements it lies in, and where it starts and ends, as in `Place.offset`.
    pub elements: Vec<u32>,
}

impl TreeForm {
    /// The tree of a text.
    pub fn new(tree: &Tree, offsets: Offsets) -> Self {
        let units = (offsets == Offsets::Utf16).then(|| Utf16Index::new(tree.text()));
        let mut known: Vec<SyntaxKind> = Vec::new();
        let mut elements = Vec::new();
        let mut depth = 0;
        for event in tree.root().preorder_with_tokens() {
            match event {
                WalkEvent::Enter(element) => {
                    let kind = element.kind();
                    let kind = match known.iter().position(|it| *it == kind) {
                        Some(at) => at,
                        None => {
                            known.push(kind);
                            known.len() - 1
                        }
                    };
                    let range = element.text_range();
                    let at = |offset| match &units {
                        Some(units) => units.to_utf16(offset),
                        None => offset.into(),
                    };
                    elements.extend([kind as u32, depth, at(range.start()), at(range.end())]);
                    depth += u32::from(matches!(element, NodeOrToken::Node(_)));
                }
                WalkEvent::Leave(NodeOrToken::Node(_)) => depth -= 1,
                WalkEvent::Leave(NodeOrToken::Token(_)) => {}
            }
        }
        Self {
            kinds: known.iter().map(|kind| format!("{kind:?}")).collect(),
            elements,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_with_its_depth_and_place() {
        let form = TreeForm::new(&crate::syntax::parse("[ \"ü🐧\" a ]"), Offsets::Utf16);
        let lines: Vec<String> = form
            .elements
            .chunks(4)
            .map(|it| {
                format!(
                    "{} {} {}..{}",
                    form.kinds[it[0] as usize], it[1], it[2], it[3]
                )
            })
            .collect();
        let expected = [
            "NODE_ROOT 0 0..11",
            "NODE_LIST 1 0..11",
            "TOKEN_L_BRACK 2 0..1",
            "TOKEN_WHITESPACE 2 1..2",
            "NODE_STRING 2 2..7",
            "TOKEN_STRING_START 3 2..3",
            "TOKEN_STRING_CONTENT 3 3..6",
            "TOKEN_STRING_END 3 6..7",
            "TOKEN_WHITESPACE 2 7..8",
            "NODE_IDENT 2 8..9",
            "TOKEN_IDENT 3 8..9",
            "TOKEN_WHITESPACE 2 9..10",
            "TOKEN_R_BRACK 2 10..11",
        ];
        assert_eq!(lines, expected);
    }
}
