//! What one missing character does to the tree of a module.

use nixamine_rules::syntax::{SyntaxKind, SyntaxNode};

/// What was lost, over many deletions.
#[derive(Debug, Default, Clone, Copy)]
pub struct Damage {
    /// Deletions that left a syntax error.
    pub errors: usize,
    /// Top-level bindings that were not touched themselves, over all deletions.
    pub bindings: usize,
    /// How many of those are still bindings of the outermost set, as they were.
    pub intact: usize,
    /// The sum of the distances from the deletion to the first error, in bytes.
    pub distance: usize,
}

/// The bindings of the outermost set of a file: their ranges and texts.
pub fn top_level(root: &SyntaxNode) -> Vec<(std::ops::Range<usize>, String)> {
    // Behind an error the file may start again.
    let last = root
        .children()
        .filter(|child| child.kind() != SyntaxKind::NODE_ERROR)
        .last();
    let Some(mut node) = last else {
        return Vec::new();
    };
    loop {
        match node.kind() {
            SyntaxKind::NODE_ATTR_SET => break,
            SyntaxKind::NODE_LAMBDA
            | SyntaxKind::NODE_LET_IN
            | SyntaxKind::NODE_WITH
            | SyntaxKind::NODE_ASSERT
            | SyntaxKind::NODE_PAREN => match node.last_child() {
                Some(inner) => node = inner,
                None => return Vec::new(),
            },
            _ => return Vec::new(),
        }
    }
    node.children()
        .filter(|child| {
            matches!(
                child.kind(),
                SyntaxKind::NODE_ATTRPATH_VALUE | SyntaxKind::NODE_INHERIT
            )
        })
        .map(|child| (child.text_range().into(), child.text().to_string()))
        .collect()
}

/// Deletes each character of `text` in turn (every `step`th) and adds what that
/// does to `damage`. `parse` gives the tree and the place of the first error.
pub fn delete_each(
    text: &str,
    step: usize,
    mut parse: impl FnMut(&str) -> (SyntaxNode, Option<usize>),
    mut counts: impl FnMut(usize) -> bool,
    damage: &mut Damage,
) {
    let before = top_level(&parse(text).0);
    for (at, c) in text.char_indices().step_by(step) {
        if !counts(at) {
            continue;
        }
        let mut edited = String::with_capacity(text.len());
        edited.push_str(&text[..at]);
        edited.push_str(&text[at + c.len_utf8()..]);
        let (root, Some(error)) = parse(&edited) else {
            continue;
        };
        damage.errors += 1;
        damage.distance += error.abs_diff(at);
        let mut left: Vec<String> = top_level(&root).into_iter().map(|(_, text)| text).collect();
        for (range, text) in &before {
            if range.contains(&at) {
                continue;
            }
            damage.bindings += 1;
            if let Some(found) = left.iter().position(|other| other == text) {
                left.swap_remove(found);
                damage.intact += 1;
            }
        }
    }
}
