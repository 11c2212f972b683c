//! Prints what is found in every example of every rule's page, as JSON. What the
//! WASM build finds in them has to be the same.
#![allow(clippy::print_stdout, reason = "a program")]

use nixamine_rules::rules;
use nixamine_rules::wire::{Offsets, RuleForm};
use nixamine_wasm::Session;
use serde_json::json;

fn main() {
    let mut all = Vec::new();
    for rule in rules::metas().map(RuleForm::new) {
        for example in &rule.examples {
            let mut session = Session::new(Offsets::Utf16);
            let problems = session.configure(&example.config);
            session.is_whole(Vec::new());
            for file in &example.files {
                session.add(&file.path, &file.text);
            }
            let report = session.check();
            all.push(json!({ "rule": rule.name, "problems": problems, "report": report }));
        }
    }
    println!("{}", serde_json::Value::from(all));
}
