//! From a place in a text to what stands there. rowan's own searches read all
//! children of a node; these halve.

use super::{SyntaxElement, SyntaxNode, SyntaxToken, TextRange, TextSize};

/// The child of a node that the byte at `at` belongs to.
pub(super) fn child_at(node: &SyntaxNode, at: usize) -> Option<SyntaxElement> {
    let byte = TextRange::at(TextSize::new(at as u32), TextSize::new(1));
    let inside = node.text_range().contains_range(byte);
    inside.then(|| node.child_or_token_at_range(byte))?
}

/// The nodes around the byte at `at`, from `root` inwards.
pub(super) fn nodes_at(root: &SyntaxNode, at: usize) -> impl Iterator<Item = SyntaxNode> {
    std::iter::successors(Some(root.clone()), move |node| {
        child_at(node, at)?.into_node()
    })
}

/// The token that the byte at `at` belongs to.
pub fn token_at(root: &SyntaxNode, at: TextSize) -> Option<SyntaxToken> {
    let innermost = nodes_at(root, at.into()).last()?;
    child_at(&innermost, at.into())?.into_token()
}

/// The innermost node below `root` that holds `range`.
pub fn node_around(root: &SyntaxNode, range: TextRange) -> SyntaxNode {
    let mut node = root.clone();
    while let Some(child) = node
        .child_or_token_at_range(range)
        .and_then(SyntaxElement::into_node)
    {
        node = child;
    }
    node
}
