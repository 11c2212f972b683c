//! One missing character costs one error near where it is missing, and leaves
//! the rest of the tree as it was, against rnix: for every third character of some
//! generated modules, or for every character of 200 files of the folder that
//! `NIXAMINE_CORPUS` names.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test"
)]

use nixamine_benches::recovery::{Damage, delete_each};
use nixamine_benches::{corpus, module};
use nixamine_rules::syntax::{SyntaxNode, parse};

fn ours(text: &str) -> (SyntaxNode, Option<usize>) {
    let tree = parse(text);
    let first = tree.errors().first();
    (tree.root(), first.map(|error| error.range.start().into()))
}

fn rnix(text: &str) -> (SyntaxNode, Option<usize>) {
    use rnix::ParseError::*;
    let parse = rnix::Root::parse(text);
    let place = |error: &rnix::ParseError| match error {
        Unexpected(range)
        | UnexpectedExtra(range)
        | UnexpectedWanted(_, range, _)
        | UnexpectedDoubleBind(range)
        | DuplicatedArgs(range, _) => range.start().into(),
        _ => text.len(),
    };
    (parse.syntax(), parse.errors().iter().map(place).min())
}

#[test]
fn a_missing_character_costs_less_than_with_rnix() {
    let real = corpus(6_000);
    let step = if real.is_empty() { 3 } else { 1 };
    let modules: Vec<String> = if real.is_empty() {
        (0..8).map(|seed| module(seed, 1_500)).collect()
    } else {
        // Spread over the folder.
        let apart = (real.len() / 200).max(1);
        real.into_iter().step_by(apart).take(200).collect()
    };
    let (mut here, mut there) = (Damage::default(), Damage::default());
    for text in &modules {
        if ours(text).1.is_some() {
            continue;
        }
        let both = |at: usize| {
            let mut edited = text.clone();
            edited.remove(at);
            ours(&edited).1.is_some() && rnix(&edited).1.is_some()
        };
        delete_each(text, step, ours, both, &mut here);
        delete_each(text, step, rnix, both, &mut there);
    }
    println!(
        "| parser | deletions with an error | other top-level bindings intact | distance of the first error |"
    );
    println!("|---|---|---|---|");
    for (name, damage) in [("Nixamine", here), ("rnix", there)] {
        let intact = 100.0 * damage.intact as f64 / damage.bindings as f64;
        let distance = damage.distance as f64 / damage.errors as f64;
        println!(
            "| {name} | {} | {intact:.1} % | {distance:.1} bytes |",
            damage.errors
        );
    }
    assert!(here.errors > 100 && here.errors == there.errors);
    assert!(here.intact > there.intact && here.distance < there.distance);
}
