//! An option of the workspace under another name.

use super::reads::{self, Form};
use super::{Knowledge, Site, Spot};
use crate::sorted;
use crate::syntax::TextRange;
use crate::workspace::is_identifier;

/// Why an option cannot be renamed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cannot(pub String);

impl std::fmt::Display for Cannot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Cannot {}

fn cannot<T>(reason: impl Into<String>) -> Result<T, Cannot> {
    Err(Cannot(reason.into()))
}

impl Knowledge<'_> {
    /// Can what stands at a place be renamed? Only options that the workspace itself
    /// declares, and by their last name.
    ///
    /// # Errors
    /// Says why not.
    pub fn can_rename(&self, spot: &Spot) -> Result<(), Cannot> {
        let facts = self.option(spot.class, &spot.path);
        if facts.declarations.is_empty() || facts.len != spot.path.len() {
            return cannot("only options that this project declares can be renamed");
        }
        if self.library_site(&facts).is_some() {
            return cannot("a library declares this option as well");
        }
        Ok(())
    }

    /// The texts to replace so that the last name of an option becomes `name`.
    ///
    /// # Errors
    /// Says why that cannot be done: the name is none or taken, or something names the
    /// option in a way that a new name would not reach.
    pub fn rename(&self, spot: &Spot, name: &str) -> Result<Vec<(Site, String)>, Cannot> {
        self.can_rename(spot)?;
        if name.is_empty() || name.contains(['"', '\\', '$', '\n']) {
            return cannot("this is no name for an option");
        }
        let written = match is_identifier(name) {
            true => name.to_owned(),
            false => format!("\"{name}\""),
        };
        let Some(last) = spot.path.len().checked_sub(1) else {
            return cannot("this is no option");
        };
        let mut new = spot.path.clone();
        new[last] = name.into();
        let taken = self.option(spot.class, &new);
        if !taken.declared.is_empty() || !taken.settings.is_empty() {
            return cannot(format!("there is an option `{}` already", taken.name()));
        }
        let mut sites: Vec<Site> = Vec::new();
        let facts = self.option(spot.class, &spot.path);
        for site in &facts.declarations {
            let text = self.text(*site);
            let Some(range) = last_name(text, site.range) else {
                return cannot(format!(
                    "{} declares it in a way that is not understood",
                    self.path(site.file)
                ));
            };
            sites.push(Site { range, ..*site });
        }
        for setting in &facts.settings {
            if let Some(key) = setting.definition.path.get(last) {
                let site = Site {
                    file: setting.site.file,
                    range: key.range,
                };
                sites.push(site);
            }
        }
        let mut hidden = None;
        self.each_read(spot.class, &spot.path, |file, read| {
            let known = read.path.len() - read.sites.len();
            let site = |range| Site { file, range };
            match (read.form, last.checked_sub(known)) {
                (Form::Selected, Some(at)) => {
                    sites.push(site(read.sites[at]));
                }
                // Through a name for it, which stays.
                (Form::Selected, None) => {}
                (Form::Inherited, Some(at)) if at + 1 == read.sites.len() => {
                    hidden.get_or_insert((file, "`inherit` makes a name of it"));
                }
                (Form::Inherited, _) => {}
                (Form::Name, _) => {
                    let range = read.sites[0];
                    if self.text(site(range)) == spot.path[last].as_str()
                        && self.is_through_with(file, range)
                    {
                        hidden.get_or_insert((file, "it is read through `with`"));
                    }
                }
            }
        });
        if let Some((file, why)) = hidden {
            let path = self.path(file);
            return cannot(format!("{why} in {path}: write out the path there first"));
        }
        sorted::set(&mut sites);
        let edits = sites.into_iter().map(|site| (site, written.clone()));
        Ok(edits.collect())
    }

    fn text(&self, site: Site) -> &str {
        let text = self.documents()[site.file].text();
        &text[std::ops::Range::<usize>::from(site.range)]
    }

    /// Does `with` bring a name into scope, as far as one can see?
    fn is_through_with(&self, file: usize, range: TextRange) -> bool {
        let root = self.documents()[file].root();
        let name = self.text(Site { file, range });
        reads::is_through_with(&root, range, name)
    }
}

/// The last name of the key of a declaration: of `site.a.port` the `port`.
fn last_name(text: &str, range: TextRange) -> Option<TextRange> {
    let start = match text.strip_suffix('"') {
        Some(rest) => rest.rfind('"')?,
        None => text.rfind(['.', ' ', '\n', '\t']).map_or(0, |at| at + 1),
    };
    let start = range.start() + crate::syntax::TextSize::new(start as u32);
    (start < range.end()).then(|| TextRange::new(start, range.end()))
}
