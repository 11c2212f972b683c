//! Prints every rule with its page and the examples on it, as `rules.json` of the
//! package has them.
#![allow(clippy::print_stdout, reason = "it is what this is for")]

use nixamine_rules::rules;
use nixamine_rules::wire::RuleForm;

fn main() {
    let rules: Vec<_> = rules::metas().map(RuleForm::new).collect();
    let text = serde_json::to_string(&rules).expect("rules are data");
    println!("{text}");
}
