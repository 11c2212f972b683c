//! What JavaScript sees. Data go out as JSON, which an engine of JavaScript reads
//! faster than it makes objects one by one.

use crate::session::{Refusal, Session};
use nixamine_rules::wire::Offsets;
use serde::Serialize;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
import type {
  ConfigProblem, Drawing, FileEdit, FileForm, Finding, Fixed, ImportGraph, ListedForm, OptionForm, Report, TreeForm,
} from "./types.js";
"#;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = JSON, js_name = parse, catch)]
    fn parse_json(text: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn console_error(text: &str);
}

/// A value as JavaScript has it.
fn give(value: &impl Serialize) -> Result<JsValue, JsError> {
    let json = serde_json::to_string(value)?;
    parse_json(&json).map_err(|_| JsError::new("JSON.parse refused what it was given"))
}

fn refused(refusal: Refusal) -> JsError {
    JsError::new(&refusal.to_string())
}

/// Runs once, before anything else.
#[wasm_bindgen(start)]
fn start() {
    // Without it a trap says nothing but "unreachable".
    std::panic::set_hook(Box::new(|panic| console_error(&panic.to_string())));
}

/// The version of Nixamine.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// Files that are checked together. Paths are relative to the root and have `/`.
/// Offsets count code units of UTF-16, as strings do, unless bytes are asked for.
#[wasm_bindgen]
pub struct Workspace(Session);

#[wasm_bindgen]
impl Workspace {
    /// No files, and the default configuration.
    #[wasm_bindgen(constructor)]
    pub fn new(
        #[wasm_bindgen(unchecked_optional_param_type = "'utf-16' | 'bytes'")] offsets: Option<
            String,
        >,
    ) -> Result<Self, JsError> {
        let offsets = match offsets.as_deref() {
            None | Some("utf-16") => Offsets::Utf16,
            Some("bytes") => Offsets::Bytes,
            Some(_) => return Err(JsError::new("offsets count \"utf-16\" or \"bytes\"")),
        };
        Ok(Self(Session::new(offsets)))
    }

    /// Makes the text of a `nixamine.toml` hold, and tells what is wrong with it. One
    /// with an error changes nothing.
    #[wasm_bindgen(unchecked_return_type = "ConfigProblem[]")]
    pub fn configure(&mut self, toml: &str) -> Result<JsValue, JsError> {
        give(&self.0.configure(toml))
    }

    /// Adds a file, or replaces one. Many files are added before anything is asked.
    pub fn add(&mut self, path: &str, text: &str) {
        self.0.add(path, text);
    }

    /// Says that a file exists, without its text: one that is no Nix.
    pub fn mention(&mut self, path: &str) {
        self.0.mention(path);
    }

    /// Says that all files of the project are here, but those that match one of
    /// these globs: what git ignores, and submodules. Without that nothing is found
    /// missing.
    #[wasm_bindgen(js_name = isWhole)]
    pub fn is_whole(&mut self, absent: Vec<String>) {
        self.0.is_whole(absent);
    }

    /// Forgets a file.
    pub fn remove(&mut self, path: &str) {
        self.0.remove(path);
    }

    /// Replaces what stands between two offsets of a file.
    pub fn edit(&mut self, path: &str, from: u32, to: u32, insert: &str) -> Result<(), JsError> {
        self.0.edit(path, from, to, insert).map_err(refused)
    }

    /// The files that have a text, by path.
    pub fn paths(&self) -> Vec<String> {
        self.0.paths()
    }

    /// The text of a file.
    pub fn text(&self, path: &str) -> Option<String> {
        self.0.text(path).map(|text| text.to_string())
    }

    /// The files whose findings may have changed since this was last asked.
    pub fn touched(&mut self) -> Vec<String> {
        self.0.touched()
    }

    /// What is found in a file, by position. Fixes that take time to find are
    /// missing: `complete` has them.
    #[wasm_bindgen(unchecked_return_type = "Finding[]")]
    pub fn findings(&mut self, path: &str) -> Result<JsValue, JsError> {
        give(&self.0.findings(path).map_err(refused)?)
    }

    /// The finding at this place of `findings`, with all its fixes.
    #[wasm_bindgen(unchecked_return_type = "Finding | null")]
    pub fn complete(&mut self, path: &str, index: usize) -> Result<JsValue, JsError> {
        give(&self.0.complete(path, index).map_err(refused)?)
    }

    /// Everything that is found in all files, as the command line reports it.
    #[wasm_bindgen(unchecked_return_type = "Report")]
    pub fn check(&self) -> Result<JsValue, JsError> {
        give(&self.0.check())
    }

    /// The edits that mend what can be mended safely in a file, by all rules or by
    /// one. More may be left to mend afterwards.
    #[wasm_bindgen(js_name = fixFile, unchecked_return_type = "FileEdit[]")]
    pub fn fix_file(&mut self, path: &str, rule: Option<String>) -> Result<JsValue, JsError> {
        let edits = self.0.fix_file(path, rule.as_deref());
        give(&edits.map_err(refused)?)
    }

    /// What becomes of all files when everything that can be mended safely is, to the
    /// end. The files here stay as they are.
    #[wasm_bindgen(js_name = fixAll, unchecked_return_type = "Fixed")]
    pub fn fix_all(&self) -> Result<JsValue, JsError> {
        give(&self.0.fix_all())
    }

    /// Where the project stands: the page that `nixamine report --format html` writes.
    /// `date` is a day, as in `2026-11-24`. In browsers only the engine of
    /// `nixamine_report_bg.wasm` has it; the other one is smaller.
    #[cfg(feature = "report")]
    pub fn report(&self, name: &str, date: Option<String>) -> String {
        self.0.report(name, date.as_deref())
    }

    /// The edit that writes a comment which allows what a rule finds at a place; null
    /// where no comment fits. The reason belongs at the end of the comment.
    #[wasm_bindgen(unchecked_return_type = "FileEdit | null")]
    pub fn allow(
        &mut self,
        path: &str,
        from: u32,
        to: u32,
        rule: &str,
        #[wasm_bindgen(unchecked_param_type = "'line' | 'statement' | 'file'")] reach: &str,
    ) -> Result<JsValue, JsError> {
        let edit = self.0.allow(path, (from, to), rule, reach);
        give(&edit.map_err(refused)?)
    }

    /// The syntax tree of a file.
    #[wasm_bindgen(unchecked_return_type = "TreeForm")]
    pub fn tree(&self, path: &str) -> Result<JsValue, JsError> {
        give(&self.0.tree(path).map_err(refused)?)
    }

    /// What a file says about options, settings and imports.
    #[wasm_bindgen(unchecked_return_type = "FileForm")]
    pub fn facts(&self, path: &str) -> Result<JsValue, JsError> {
        give(&self.0.facts(path).map_err(refused)?)
    }

    /// Every option that the files declare or set, by path.
    #[wasm_bindgen(unchecked_return_type = "ListedForm[]")]
    pub fn options(&mut self) -> Result<JsValue, JsError> {
        give(&self.0.options())
    }

    /// What is known of the options at a path, as in `services.openssh.enable`: what
    /// sets each, and which setting wins on which host.
    #[wasm_bindgen(unchecked_return_type = "OptionForm[]")]
    pub fn why(&mut self, option: &str) -> Result<JsValue, JsError> {
        give(&self.0.why(option))
    }

    /// What is known of the option that is named at a place of a file.
    #[wasm_bindgen(js_name = optionAt, unchecked_return_type = "OptionForm | null")]
    pub fn option_at(&mut self, path: &str, at: u32) -> Result<JsValue, JsError> {
        give(&self.0.option_at(path, at).map_err(refused)?)
    }

    /// Which file imports which, and what each host holds.
    #[wasm_bindgen(unchecked_return_type = "ImportGraph")]
    pub fn imports(&mut self) -> Result<JsValue, JsError> {
        give(&self.0.imports())
    }

    /// A drawing of that, or of the part of one host; null when there is no such host.
    #[wasm_bindgen(unchecked_return_type = "Drawing | null")]
    pub fn drawing(&mut self, host: Option<String>) -> Result<JsValue, JsError> {
        give(&self.0.drawing(host.as_deref()))
    }

    /// Ends in a trap, to try out what a page does then.
    pub fn trap(&self) {
        panic!("a trap was asked for");
    }
}
