//! What the editor asks of options: what one is, where it is declared, set and read,
//! what may be written, and the outline of a file.

use crate::session::{Home, Session};
use crate::space::Space;
use nixamine_rules::Edit;
use nixamine_rules::knowledge::{Candidate, Knowledge, Offer, OptionFacts, Role, Site, Spot};
use nixamine_rules::syntax::{LineIndex, TextRange};
use nixamine_rules::wire::{Former, Location as Place, Offsets, OptionForm, StandingForm};
use std::fmt::Write as _;
use std::path::Path;
use tower_lsp::lsp_types::{
    CodeLens, Command, CompletionItem, CompletionItemKind, CompletionItemTag, CompletionTextEdit,
    DocumentSymbol, Documentation, Location, MarkupContent, MarkupKind, Range, SymbolKind,
    TextDocumentPositionParams, TextEdit, Url, WorkspaceEdit,
};

/// More hosts and settings than these are counted.
const MOST_SHOWN: usize = 12;

/// What the client points at.
struct Asked<'s> {
    home: &'s Home,
    space: &'s Space,
    knowledge: Knowledge<'s>,
    file: usize,
    spot: Spot,
    range: Range,
}

impl Session {
    /// The option that the client points at.
    fn asked(&self, at: &TextDocumentPositionParams) -> Option<Asked<'_>> {
        let uri = &at.text_document.uri;
        let measured = self.open(uri)?.measured(self.encoding);
        let offset = measured.offset(at.position);
        let home = self.home(uri)?;
        let space = self.spaces.get(&home.space)?;
        let (file, _) = space.document(&home.path)?;
        let knowledge = space.workspace.knowledge()?;
        let spot = knowledge.spot(file, offset)?;
        let range = measured.to_range(spot.range);
        Some(Asked {
            home,
            space,
            knowledge,
            file,
            spot,
            range,
        })
    }

    fn location(&self, home: &Home, knowledge: &Knowledge<'_>, site: Site) -> Option<Location> {
        let other = Home {
            space: home.space,
            path: knowledge.path(site.file).clone(),
        };
        self.place(&other, site.range)
    }

    /// What is known of the option at a place, as a page.
    pub(crate) fn option_page(&self, at: &TextDocumentPositionParams) -> Option<(Range, String)> {
        let asked = self.asked(at)?;
        let facts = asked.knowledge.option(asked.spot.class, &asked.spot.path);
        if facts.declared.is_empty() && facts.settings.is_empty() {
            return None;
        }
        // The name of a set around options says little.
        if facts.declared.is_empty() && asked.spot.role == Role::Sets {
            let inner = facts.settings.iter();
            let mut inner = inner.filter(|it| it.definition.path.len() > asked.spot.path.len());
            if inner.next().is_some() {
                return None;
            }
        }
        let show = |path: &str| path.to_owned();
        let form = Former::new(&asked.knowledge, &show, Offsets::Bytes).option(&facts);
        let library = asked.knowledge.library_site(&facts);
        let link = library.and_then(|(folder, path, _)| {
            let uri = Url::from_file_path(Path::new(folder).join(&*path)).ok()?;
            Some(format!("[{path}]({uri})"))
        });
        Some((asked.range, page(&form, link)))
    }

    /// Where the option at a place is declared.
    pub(crate) fn definition(&self, at: &TextDocumentPositionParams) -> Vec<Location> {
        let Some(asked) = self.asked(at) else {
            return Vec::new();
        };
        let facts = asked.knowledge.option(asked.spot.class, &asked.spot.path);
        let own = facts.declarations.iter();
        let mut all: Vec<Location> = own
            .filter_map(|site| self.location(asked.home, &asked.knowledge, *site))
            .collect();
        all.extend(self.in_library(&asked.knowledge, &facts));
        all
    }

    /// Where a library on the disk declares an option.
    fn in_library(&self, knowledge: &Knowledge<'_>, facts: &OptionFacts<'_>) -> Option<Location> {
        let (folder, path, range) = knowledge.library_site(facts)?;
        let disk = Path::new(folder).join(&*path);
        let text = nixamine_project::read::read(&disk).ok()?;
        if usize::from(range.end()) > text.len() {
            return None;
        }
        let lines = LineIndex::new(&text);
        let measured = crate::position::Measured {
            text: &text,
            lines: &lines,
            encoding: self.encoding,
        };
        let uri = Url::from_file_path(disk).ok()?;
        Some(Location::new(uri, measured.to_range(range)))
    }

    /// Every place that names the option at a place.
    pub(crate) fn references(
        &self,
        at: &TextDocumentPositionParams,
        with_declarations: bool,
    ) -> Vec<Location> {
        let Some(asked) = self.asked(at) else {
            return Vec::new();
        };
        let all = asked
            .knowledge
            .references(asked.spot.class, &asked.spot.path);
        let wanted = all
            .into_iter()
            .filter(|it| with_declarations || it.role != Role::Declares);
        wanted
            .filter_map(|it| self.location(asked.home, &asked.knowledge, it.site))
            .collect()
    }

    /// What of the option at a place can be renamed: its name, and where it stands.
    pub(crate) fn can_rename(
        &self,
        at: &TextDocumentPositionParams,
    ) -> Result<Option<(Range, String)>, String> {
        let Some(asked) = self.asked(at) else {
            return Ok(None);
        };
        let can = asked.knowledge.can_rename(&asked.spot);
        can.map_err(|reason| reason.to_string())?;
        let name = asked.spot.path.last().map(ToString::to_string);
        Ok(name.map(|name| (asked.range, name)))
    }

    /// The option at a place under another name.
    pub(crate) fn rename(
        &self,
        at: &TextDocumentPositionParams,
        name: &str,
    ) -> Result<Option<WorkspaceEdit>, String> {
        let Some(asked) = self.asked(at) else {
            return Ok(None);
        };
        let edits = asked.knowledge.rename(&asked.spot, name);
        let edits = edits.map_err(|reason| reason.to_string())?;
        let edits = edits.into_iter().map(|(site, text)| Edit {
            path: (site.file != asked.file).then(|| asked.knowledge.path(site.file).clone()),
            range: site.range,
            text,
        });
        Ok(self.edit_of_files(asked.home, asked.space, edits.collect()))
    }

    /// What may be written at a place.
    pub(crate) fn offer(&self, at: &TextDocumentPositionParams) -> Option<Vec<CompletionItem>> {
        let uri = &at.text_document.uri;
        let measured = self.open(uri)?.measured(self.encoding);
        let home = self.home(uri)?;
        let space = self.spaces.get(&home.space)?;
        let (file, _) = space.document(&home.path)?;
        let knowledge = space.workspace.knowledge()?;
        let markdown = self.client.markdown;
        let edit = |range: TextRange, text: &str| {
            let range = measured.to_range(range);
            Some(CompletionTextEdit::Edit(TextEdit::new(
                range,
                text.to_owned(),
            )))
        };
        Some(match knowledge.offer(file, measured.offset(at.position))? {
            Offer::Names { range, all } => {
                let item = |candidate: &Candidate<'_>| CompletionItem {
                    text_edit: edit(range, &as_key(&candidate.name)),
                    ..item_of(candidate, markdown)
                };
                all.iter().map(item).collect()
            }
            Offer::Values { range, all } => {
                let item = |value: &String| CompletionItem {
                    label: value.clone(),
                    kind: Some(CompletionItemKind::ENUM_MEMBER),
                    text_edit: edit(range, value),
                    ..CompletionItem::default()
                };
                all.iter().map(item).collect()
            }
        })
    }

    /// The outline of a file: the options that it declares and what it sets.
    pub(crate) fn outline(&self, uri: &Url) -> Option<Vec<DocumentSymbol>> {
        let measured = self.open(uri)?.measured(self.encoding);
        let home = self.home(uri)?;
        let (_, document) = self.spaces.get(&home.space)?.document(&home.path)?;
        let mut symbols = Vec::new();
        for module in &document.facts().modules {
            for option in &module.options {
                let names: Vec<&str> = option.path.iter().map(AsRef::as_ref).collect();
                let key = measured.to_range(option.range);
                let detail = Some(option.declared.ty.to_string());
                let name = nixamine_rules::workspace::dotted(&names);
                symbols.push(symbol(name, detail, SymbolKind::INTERFACE, key, key));
            }
            for definition in &module.definitions {
                let Some(key) = definition.path.last() else {
                    continue;
                };
                let names = definition.path.iter();
                let names: Vec<&str> = names.map(|it| it.name.as_deref().unwrap_or("*")).collect();
                let name = nixamine_rules::workspace::dotted(&names);
                let detail = definition.literal().map(ToString::to_string);
                let whole = measured.to_range(definition.binding);
                let key = measured.to_range(key.range);
                let whole = match whole.start <= key.start && key.end <= whole.end {
                    true => whole,
                    false => key,
                };
                symbols.push(symbol(name, detail, SymbolKind::PROPERTY, whole, key));
            }
        }
        symbols.sort_by_key(|symbol| (symbol.selection_range.start, symbol.range.end));
        symbols.dedup_by(|a, b| a.selection_range == b.selection_range && a.name == b.name);
        Some(symbols)
    }

    /// Over each option that a file declares, how many modules set it.
    pub(crate) fn lenses(&self, uri: &Url) -> Option<Vec<CodeLens>> {
        if !self.options.code_lens {
            return Some(Vec::new());
        }
        let measured = self.open(uri)?.measured(self.encoding);
        let home = self.home(uri)?;
        let space = self.spaces.get(&home.space)?;
        let (file, document) = space.document(&home.path)?;
        let knowledge = space.workspace.knowledge()?;
        let mut lenses = Vec::new();
        for (index, module) in document.facts().modules.iter().enumerate() {
            for option in &module.options {
                let facts = knowledge.option(knowledge.class(file, index), &option.path);
                let mut modules: Vec<_> = facts.settings.iter().map(|it| it.module).collect();
                modules.sort_unstable();
                modules.dedup();
                let title = match modules.len() {
                    0 => "set nowhere".to_owned(),
                    1 => "set in 1 module".to_owned(),
                    many => format!("set in {many} modules"),
                };
                let places = facts.settings.iter();
                let places: Vec<Location> = places
                    .filter_map(|it| self.location(home, &knowledge, it.site))
                    .collect();
                let range = measured.to_range(option.range);
                lenses.push(CodeLens {
                    range,
                    command: Some(Command {
                        title,
                        // Editors that know no such command show the title.
                        command: "editor.action.showReferences".to_owned(),
                        arguments: Some(vec![
                            serde_json::json!(uri),
                            serde_json::json!(range.start),
                            serde_json::json!(places),
                        ]),
                    }),
                    data: None,
                });
            }
        }
        Some(lenses)
    }
}

#[allow(deprecated, reason = "the protocol's type has a field that is")]
fn symbol(
    name: String,
    detail: Option<String>,
    kind: SymbolKind,
    range: Range,
    selection_range: Range,
) -> DocumentSymbol {
    DocumentSymbol {
        name,
        detail,
        kind,
        tags: None,
        deprecated: None,
        range,
        selection_range,
        children: None,
    }
}

/// A name as a key of a set.
fn as_key(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '\'');
    let first = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    match first && name.chars().all(plain) {
        true => name.to_owned(),
        false => format!("{name:?}"),
    }
}

fn item_of(candidate: &Candidate<'_>, markdown: bool) -> CompletionItem {
    let Some(declared) = candidate.declared else {
        return CompletionItem {
            label: candidate.name.to_string(),
            kind: Some(CompletionItemKind::MODULE),
            ..CompletionItem::default()
        };
    };
    let kind = match markdown {
        true => MarkupKind::Markdown,
        false => MarkupKind::PlainText,
    };
    let mut value = declared
        .description
        .as_deref()
        .unwrap_or_default()
        .trim()
        .to_owned();
    if let Some(default) = &declared.default {
        if !value.is_empty() {
            value.push_str("\n\n");
        }
        let _ = write!(value, "Default: `{}`", default.text);
    }
    let said =
        (!value.is_empty()).then_some(Documentation::MarkupContent(MarkupContent { kind, value }));
    let ty = declared.ty.to_string();
    CompletionItem {
        label: candidate.name.to_string(),
        kind: Some(CompletionItemKind::PROPERTY),
        detail: (ty != "unknown").then_some(ty),
        documentation: said,
        tags: declared
            .renamed
            .is_some()
            .then(|| vec![CompletionItemTag::DEPRECATED]),
        ..CompletionItem::default()
    }
}

/// A page about an option, as Markdown.
fn page(form: &OptionForm, library: Option<String>) -> String {
    let mut text = format!("**`{}`**", form.name);
    if let Some(ty) = &form.r#type {
        let _ = write!(text, ": {ty}");
    }
    text.push('\n');
    if let Some(gone) = &form.gone {
        let _ = write!(text, "\n**Gone:** {gone}\n");
    }
    if let Some(description) = &form.description {
        let _ = write!(text, "\n{description}\n");
    }
    if let Some(default) = &form.default {
        match default.contains('\n') {
            true => {
                let _ = write!(text, "\nDefault:\n\n```nix\n{default}\n```\n");
            }
            false => {
                let _ = write!(text, "\nDefault: `{default}`\n");
            }
        }
    }
    let own = form.declarations.iter().map(place);
    let all: Vec<String> = own.chain(library).collect();
    if !all.is_empty() {
        let _ = write!(text, "\nDeclared in {}\n", all.join(", "));
    }
    if !form.declared && form.settings.len() < 2 {
        return text;
    }
    if form.settings.is_empty() {
        text.push_str("\nNothing here sets it.\n");
        return text;
    }
    for outcome in form.outcomes.iter().take(MOST_SHOWN) {
        let shown = outcome.hosts.iter().take(MOST_SHOWN);
        let mut hosts = shown.cloned().collect::<Vec<_>>().join(", ");
        if outcome.hosts.len() > MOST_SHOWN {
            let _ = write!(hosts, " and {} more", outcome.hosts.len() - MOST_SHOWN);
        }
        let _ = write!(text, "\nOn {hosts}:\n\n");
        for standing in outcome.standings.iter().take(MOST_SHOWN) {
            line(&mut text, form, standing);
        }
        if outcome.standings.len() > MOST_SHOWN {
            let more = outcome.standings.len() - MOST_SHOWN;
            let _ = writeln!(text, "- and {more} more");
        }
    }
    if form.outcomes.is_empty() {
        text.push_str("\nSet, but on no host that is known:\n\n");
        for setting in form.settings.iter().take(MOST_SHOWN) {
            let _ = writeln!(text, "- {}: `{}`", place(&setting.place), setting.value);
        }
    }
    text
}

fn line(text: &mut String, form: &OptionForm, standing: &StandingForm) {
    let setting = &form.settings[standing.setting];
    let word = match standing.result {
        "wins" => "**wins**",
        "merges" => "merges",
        "ties" => "ties",
        "conflicts" => "**conflicts**",
        "may" => "may win",
        _ => "loses",
    };
    let name = setting.name.iter().map(|name| format!("{name} = "));
    let priorities = setting.priorities.iter().map(|priority| match priority {
        50 => "mkForce ".to_owned(),
        1000 => "mkDefault ".to_owned(),
        other => format!("mkOverride {other} "),
    });
    let value: String = name.chain(priorities).collect();
    let _ = write!(
        text,
        "- {word}: `{value}{}` in {}",
        setting.value,
        place(&setting.place)
    );
    if !standing.conditions.is_empty() {
        let _ = write!(text, ", if `{}`", standing.conditions.join(" && "));
    }
    if let Some(to) = standing.to {
        let _ = write!(text, ", to {}", place(&form.settings[to].place));
    }
    text.push('\n');
}

fn place(place: &Place) -> String {
    format!("{}:{}", place.path, place.range.start.line)
}
