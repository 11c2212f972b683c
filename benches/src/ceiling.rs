//! How fast a rowan tree can be made at all: green nodes from ready-made events,
//! every token made once, without lexing, parsing or sharing of nodes.

use nixamine_rules::syntax::{GreenNode, NodeOrToken, Tree};
use rowan::{GreenToken, SyntaxKind};

/// A step of building a tree.
pub enum Event {
    /// A node starts.
    Open,
    /// A token, made before.
    Token(GreenToken),
    /// A node of this kind ends.
    Close(SyntaxKind),
}

/// The steps that build a tree. Equal tokens are the same.
pub fn events(tree: &Tree) -> Vec<Event> {
    let mut events = Vec::new();
    let mut stack = vec![(tree.green().clone(), 0)];
    events.push(Event::Open);
    while let Some((node, next)) = stack.pop() {
        match node.children().nth(next).map(|child| child.to_owned()) {
            None => events.push(Event::Close(node.kind())),
            Some(child) => {
                stack.push((node, next + 1));
                match child {
                    NodeOrToken::Token(token) => events.push(Event::Token(token)),
                    NodeOrToken::Node(child) => {
                        events.push(Event::Open);
                        stack.push((child, 0));
                    }
                }
            }
        }
    }
    events
}

/// Builds the tree.
pub fn build(events: &[Event]) -> Option<GreenNode> {
    let mut elements = Vec::new();
    let mut open = Vec::new();
    for event in events {
        match event {
            Event::Open => open.push(elements.len()),
            Event::Token(token) => elements.push(NodeOrToken::Token(token.clone())),
            Event::Close(kind) => {
                let first = open.pop()?;
                let node = GreenNode::new(*kind, elements.drain(first..));
                elements.push(NodeOrToken::Node(node));
            }
        }
    }
    elements.pop()?.into_node()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_tree_comes_out() {
        let tree = nixamine_rules::syntax::parse(crate::module(1, 5_000));
        assert!(build(&events(&tree)).as_ref() == Some(tree.green()));
    }
}
