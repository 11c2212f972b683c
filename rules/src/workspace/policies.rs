//! What becomes of policies on each host.

use super::{Joined, View, WorkspaceContext};
use crate::Config;
use crate::diagnostic::Diagnostic;
use crate::knowledge::{self, Host, Knowledge, OptionFacts, Site, Stand};
use crate::linter::Document;
use crate::module::{Definition, Literal, Moved, Updated};
use crate::options::Known;
use crate::policy::{Policy, Scalar, Value};
use crate::rules;
use crate::sorted;
use crate::syntax::rest_of_line;
use smol_str::SmolStr;

/// What becomes of a policy on a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The host.
    pub host: SmolStr,
    /// The first line of the module that it starts from.
    pub site: Site,
    /// What is so.
    pub standing: Standing,
    /// The setting that says so.
    pub by: Option<Site>,
    /// Its value, or the option's default, as Nix writes it.
    pub value: Option<String>,
}

/// How a policy stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// What is asked for is so.
    Kept,
    /// It is not.
    Broken,
    /// It depends on a condition, or on modules that could not be followed.
    Unsure,
    /// A value that is computed decides.
    Unknown,
}

/// Is a policy a demand, or a ban?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// `[[require]]`.
    Require,
    /// `[[forbid]]`.
    Forbid,
}

/// A policy, and what becomes of it.
#[derive(Debug)]
pub struct Judged<'p> {
    /// The policy.
    pub policy: &'p Policy,
    /// Which kind it is.
    pub asks: Asks,
    /// What becomes of it on each host that it is about.
    pub verdicts: Vec<Verdict>,
}

/// What one setting says of what a policy names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    /// It is that.
    Yes,
    /// It is something else.
    No,
    /// Nobody knows.
    Unknown,
}

impl From<Option<bool>> for Says {
    fn from(known: Option<bool>) -> Self {
        match known {
            Some(true) => Self::Yes,
            Some(false) => Self::No,
            None => Self::Unknown,
        }
    }
}

/// What becomes of a policy, host by host.
pub(super) fn judge<'p>(view: View<'_>, policy: &'p Policy, asks: Asks) -> Judged<'p> {
    let knowledge = Knowledge::new(view, &[]);
    let view = knowledge.view();
    let facts = knowledge.option(policy.class.class(), &policy.option);
    let hosts = knowledge::hosts(view.graph).into_iter();
    let about = hosts.filter(|host| {
        let configuration = host.configuration;
        view.graph.is_host(configuration)
            && configuration.class == facts.class
            && policy.is_about(&host.name)
    });
    let mut verdicts: Vec<Verdict> = about
        .filter_map(|host| verdict(view, &facts, policy, asks, host))
        .collect();
    // A variant of a host that does no worse is no news.
    verdicts.dedup();
    Judged {
        policy,
        asks,
        verdicts,
    }
}

/// Does a definition say anything of what a policy names?
pub(super) fn concerns(policy: &Policy, definition: &Definition) -> bool {
    let mut both = definition.path.iter().zip(&policy.option);
    both.all(|(key, name)| key.name.as_ref().is_none_or(|own| own == name))
}

fn verdict(
    view: &View<'_>,
    facts: &OptionFacts<'_>,
    policy: &Policy,
    asks: Asks,
    host: Host<'_>,
) -> Option<Verdict> {
    let mut start = host.configuration.start.iter();
    let (first, _) = start.find(|(_, way)| host.takes(way))?;
    let (file, index) = view.graph.place(*first);
    let at = view.documents[file].facts.modules[index].range.start();
    let range = rest_of_line(view.documents[file].text(), at);
    let (standing, by, value) = match &policy.value {
        Some(Value::All(elements)) => {
            let each = elements
                .iter()
                .map(|element| of_element(&host, facts, element, asks));
            let worst = each.max_by_key(|(standing, ..)| weight(*standing));
            worst.unwrap_or((Standing::Kept, None, None))
        }
        Some(Value::One(value)) => of_value(&host, facts, value, asks),
        None => of_presence(&host, facts, asks),
    };
    let standing = match (standing, asks) {
        // Some module that nobody could find may set it.
        (Standing::Broken, Asks::Require)
            if by.is_none() && view.graph.has_gaps(host.configuration) =>
        {
            Standing::Unsure
        }
        (standing, _) => standing,
    };
    Some(Verdict {
        host: host.name,
        site: Site { file, range },
        standing,
        by,
        value,
    })
}

fn weight(standing: Standing) -> u8 {
    match standing {
        Standing::Kept => 0,
        Standing::Unknown => 1,
        Standing::Unsure => 2,
        Standing::Broken => 3,
    }
}

/// How a policy stands, what says so, and with which value.
type Result = (Standing, Option<Site>, Option<String>);

/// The settings that are, or may be, the value or a part of it: each with what it says,
/// and whether it holds for sure.
fn say<'f>(
    host: &Host<'_>,
    facts: &'f OptionFacts<'_>,
    says: impl Fn(&Known) -> Option<bool> + 'f,
) -> Vec<(Says, bool, Site, &'f Known)> {
    let standings = knowledge::on_host(host, facts).into_iter();
    let deciding = standings.filter(|it| !matches!(it.stand, Stand::Loses(_)));
    deciding
        .filter_map(|it| {
            let set = &facts.settings[it.setting];
            let len = set.definition.path.len();
            let says = match len.cmp(&facts.path.len()) {
                // In a set that is made elsewhere it may stand.
                std::cmp::Ordering::Less => Says::Unknown,
                std::cmp::Ordering::Equal => says(&set.definition.known).into(),
                std::cmp::Ordering::Greater => return None,
            };
            let certain = it.stand != Stand::May || len < facts.path.len();
            Some((says, certain, set.site, &set.definition.known))
        })
        .collect()
}

fn of_value(host: &Host<'_>, facts: &OptionFacts<'_>, value: &Scalar, asks: Asks) -> Result {
    let said = say(host, facts, |known| value.is(known));
    let good = match asks {
        Asks::Require => Says::Yes,
        Asks::Forbid => Says::No,
    };
    let result = |standing, (_, _, site, known): &(Says, bool, Site, &Known)| {
        (standing, Some(*site), shown(known))
    };
    let certain = || said.iter().filter(|(_, certain, ..)| *certain);
    let guarded = || said.iter().filter(|(_, certain, ..)| !certain);
    let is_bad = |says: Says| says != good && says != Says::Unknown;
    if let Some(bad) = certain().find(|(says, ..)| is_bad(*says)) {
        return result(Standing::Broken, bad);
    }
    if let Some(unknown) = certain().find(|(says, ..)| *says == Says::Unknown) {
        return result(Standing::Unknown, unknown);
    }
    let decided = certain().next();
    if let Some(bad) = guarded().find(|(says, ..)| is_bad(*says)) {
        return result(Standing::Unsure, bad);
    }
    if let Some(kept) = decided {
        return result(Standing::Kept, kept);
    }
    // Where no condition holds, the default is the value.
    let default = facts.declared.iter().find_map(|it| it.default.as_ref());
    let default = default.and_then(|it| it.literal.as_ref());
    let is_asked = default.map(|default| value.is(&Known::Literal(default.clone())) == Some(true));
    let is_kept = match asks {
        Asks::Require => is_asked == Some(true),
        Asks::Forbid => is_asked != Some(true),
    };
    if is_kept {
        return (Standing::Kept, None, default.map(Literal::to_string));
    }
    match guarded().find(|(says, ..)| *says == good) {
        Some(good) => result(Standing::Unsure, good),
        None => (Standing::Broken, None, default.map(Literal::to_string)),
    }
}

fn of_element(host: &Host<'_>, facts: &OptionFacts<'_>, element: &Scalar, asks: Asks) -> Result {
    let said = say(host, facts, |known| holds(known, element));
    let find = |wanted: Says, sure: bool| {
        let mut said = said.iter();
        said.find(|(says, certain, ..)| *says == wanted && *certain == sure)
            .map(|(_, _, site, _)| *site)
    };
    let value = Some(element.to_string());
    let sure = find(Says::Yes, true);
    let guarded = find(Says::Yes, false);
    let unknown = find(Says::Unknown, true).or(find(Says::Unknown, false));
    let (yes, no) = match asks {
        Asks::Require => (Standing::Kept, Standing::Broken),
        Asks::Forbid => (Standing::Broken, Standing::Kept),
    };
    match (sure, guarded, unknown) {
        (Some(_), ..) => (yes, sure, value),
        (None, Some(_), _) => (Standing::Unsure, guarded, value),
        (None, None, Some(_)) => (Standing::Unknown, unknown, value),
        (None, None, None) => (no, None, None),
    }
}

/// Is something in a list?
fn holds(known: &Known, element: &Scalar) -> Option<bool> {
    let Known::List(items) = known else {
        return match known {
            Known::Literal(_) | Known::Text | Known::Path | Known::Set => Some(false),
            _ => None,
        };
    };
    let each: Vec<_> = items.iter().map(|item| element.is(item)).collect();
    match each.contains(&Some(true)) {
        true => Some(true),
        false if each.contains(&None) => None,
        false => Some(false),
    }
}

fn of_presence(host: &Host<'_>, facts: &OptionFacts<'_>, asks: Asks) -> Result {
    let standings = knowledge::on_host(host, facts).into_iter();
    let setting = standings.filter(|it| {
        let set = &facts.settings[it.setting];
        let is_around = set.definition.path.len() < facts.path.len();
        let is_null = set.definition.known == Known::Literal(Literal::Null);
        !matches!(it.stand, Stand::Loses(_)) && !is_null && !is_around
    });
    let setting: Vec<_> = setting
        .map(|it| (it.stand != Stand::May, facts.settings[it.setting].site))
        .collect();
    let (yes, no) = match asks {
        Asks::Require => (Standing::Kept, Standing::Broken),
        Asks::Forbid => (Standing::Broken, Standing::Kept),
    };
    match setting.iter().max_by_key(|(certain, _)| *certain) {
        Some((true, site)) => (yes, Some(*site), None),
        Some((false, site)) => (Standing::Unsure, Some(*site), None),
        None => (no, None, None),
    }
}

/// A value as Nix writes it, if it is short.
fn shown(known: &Known) -> Option<String> {
    match known {
        Known::Literal(literal) => Some(literal.to_string()).filter(|text| text.len() <= 40),
        _ => None,
    }
}

/// The policies, and what is said of them.
#[derive(Debug, Default)]
pub(super) struct Policies {
    all: Vec<(Asks, Policy)>,
    /// For each file, the policies that it has a part in.
    of_file: Vec<Vec<usize>>,
    /// For each policy what was found, with its file.
    found: Vec<Vec<(usize, Diagnostic)>>,
}

impl Policies {
    /// Those of a configuration; nothing is judged yet.
    pub(super) fn new(documents: &[Document], config: &Config) -> Self {
        let require = config.require.iter().map(|it| (Asks::Require, it.clone()));
        let forbid = config.forbid.iter().map(|it| (Asks::Forbid, it.clone()));
        let all: Vec<_> = require.chain(forbid).collect();
        let mut policies = Self {
            found: vec![Vec::new(); all.len()],
            all,
            of_file: Vec::new(),
        };
        let of_file = documents.iter().map(|it| policies.concerning(it));
        policies.of_file = of_file.collect();
        policies
    }

    /// The policies about which a file says something.
    fn concerning(&self, document: &Document) -> Vec<usize> {
        let concerns = |policy: &Policy| {
            let mut modules = document.facts.modules.iter();
            modules.any(|module| {
                let mut definitions = module.definitions.iter();
                definitions.any(|definition| concerns(policy, definition))
            })
        };
        let all = self.all.iter().enumerate();
        let some = all.filter(|(_, (_, policy))| concerns(policy));
        some.map(|(index, _)| index).collect()
    }

    /// All of them.
    pub(super) fn each(&self) -> std::ops::Range<usize> {
        0..self.all.len()
    }

    /// What is said of a file.
    pub(super) fn found(&self, file: usize) -> impl Iterator<Item = &Diagnostic> {
        let found = self.found.iter().flatten();
        found
            .filter(move |(at, _)| *at == file)
            .map(|(_, found)| found)
    }

    /// The policies to judge again after an edit of a file. What is said of the others
    /// moves with the text.
    pub(super) fn stale(
        &mut self,
        documents: &[Document],
        file: usize,
        updated: Updated,
        moved: Moved,
    ) -> Vec<usize> {
        if updated.declares {
            return self.each().collect();
        }
        let mut stale = Vec::new();
        if updated.settings {
            let now = self.concerning(&documents[file]);
            stale = std::mem::replace(&mut self.of_file[file], now.clone());
            stale.extend(now);
        }
        let path = documents[file].path();
        for (policy, found) in self.found.iter_mut().enumerate() {
            let mut stays = true;
            for (at, found) in found {
                stays &= match *at == file {
                    true => found.follow(moved),
                    false => !found.points_into(path, moved),
                };
                found.follow_related(path, moved);
            }
            if !stays {
                stale.push(policy);
            }
        }
        sorted::sort(&mut stale);
        stale.dedup();
        stale
    }

    /// Judges some again. Returns the files in which something was, or is, found.
    pub(super) fn judge(
        &mut self,
        joined: &Joined,
        documents: &[Document],
        some: impl IntoIterator<Item = usize>,
    ) -> Vec<usize> {
        let mut files = Vec::new();
        for index in some {
            let (asks, policy) = &self.all[index];
            let judged = judge(joined.view(documents), policy, *asks);
            let view = joined.view(documents);
            let mut out = Vec::new();
            for (rule, check) in rules::ALL.iter().enumerate() {
                let mut cx = WorkspaceContext {
                    view: &view,
                    rule,
                    every: &[],
                    out,
                };
                check.check_policy(&judged, &mut cx);
                out = cx.out;
            }
            let old = std::mem::replace(&mut self.found[index], out);
            let both = old.iter().chain(&self.found[index]);
            files.extend(both.map(|(file, _)| *file));
        }
        files
    }

    /// What becomes of all policies.
    pub(super) fn verdicts(&self, joined: &Joined, documents: &[Document]) -> Vec<Judged<'_>> {
        let all = self.all.iter();
        all.map(|(asks, policy)| judge(joined.view(documents), policy, *asks))
            .collect()
    }
}
