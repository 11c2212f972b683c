//! Which of the settings of an option win, host by host.

use super::{OptionFacts, SetHere};
use crate::module::{Class, DEFAULT_PRIORITY, Definition, Guard};
use crate::options::{Meeting, Type};
use crate::sorted;
use crate::workspace::{Configuration, Graph, View, Ways};
use smol_str::SmolStr;

/// A machine or home that is evaluated.
#[derive(Debug, Clone)]
pub struct Host<'g> {
    /// Its name, or the file that it starts from.
    pub name: SmolStr,
    /// What is evaluated.
    pub configuration: &'g Configuration,
    /// Which of several files it picks where a path has a hole.
    choice: Option<Guard>,
}

impl Host<'_> {
    /// Is a module that such a way leads to among its own?
    pub(crate) fn takes(&self, way: &[Guard]) -> bool {
        let choice = self.choice.as_ref();
        !way.iter()
            .any(|guard| choice.is_some_and(|it| it.contradicts(guard)))
    }
}

/// What becomes of the settings of an option on some hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The hosts.
    pub hosts: Vec<SmolStr>,
    /// The settings that these hosts have, by what becomes of them, winners first.
    pub standings: Vec<Standing>,
}

/// What becomes of a setting.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Standing {
    /// How it ends.
    pub stand: Stand,
    /// Its position among [`OptionFacts::settings`].
    pub setting: usize,
    /// The conditions under which it holds, of its own and of its module.
    pub conditions: Vec<String>,
}

/// How a setting ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stand {
    /// It is the value.
    Wins,
    /// It is part of the value, with others.
    Merges,
    /// Another one has the same priority; what becomes of them, the type tells, which
    /// is not known.
    Ties,
    /// It stands against another one of the same priority, and both cannot be.
    Conflicts,
    /// It wins, or has a part, if its conditions hold.
    May,
    /// One with a stronger priority, at this position of the settings, comes first.
    Loses(usize),
}

/// The hosts of a workspace.
pub(crate) fn hosts(graph: &Graph) -> Vec<Host<'_>> {
    let mut all = Vec::new();
    for configuration in &graph.configurations {
        let mut choices: sorted::Map<&str, &Guard> = sorted::Map::new();
        let mut hole = None;
        let ways = configuration.members.values().flatten();
        for (guard, of, name) in ways.flatten().filter_map(|guard| {
            let (of, name) = guard.chosen()?;
            Some((guard, of, name))
        }) {
            if *hole.get_or_insert(of) == of {
                choices.insert(name, guard);
            }
        }
        if hole.is_none() {
            all.push(Host {
                name: configuration.name.clone(),
                configuration,
                choice: None,
            });
        }
        all.extend(choices.into_iter().map(|(name, guard)| Host {
            name: name.into(),
            configuration,
            choice: Some(guard.clone()),
        }));
    }
    all
}

/// Where along a path priorities are compared: at the option, and then at each name
/// below it that the type merges by itself.
fn levels(ty: Option<&Type>, len: usize, names: &[SmolStr]) -> Vec<usize> {
    let mut levels = vec![len];
    let (mut at, mut ty) = (len, ty);
    while let Some(here) = ty {
        ty = match here {
            Type::NullOr(inner) | Type::Unique(inner) | Type::Called(_, inner) => Some(inner),
            Type::AttrsOf { element, .. } if at < names.len() => {
                at += 1;
                levels.push(at);
                Some(element)
            }
            Type::Submodule(set) => {
                let rest: Vec<_> = names[at..].iter().map(|it| Some(it.as_str())).collect();
                match set.option(&rest) {
                    Some((inner, declared)) => {
                        at += inner;
                        levels.push(at);
                        declared.first().map(|declared| &declared.ty)
                    }
                    None => None,
                }
            }
            _ => None,
        };
    }
    levels
}

/// The priority of a definition at each level that it reaches.
fn priorities(definition: &Definition, levels: &[usize]) -> Vec<u32> {
    let mut rest = definition.priorities.as_slice();
    let mut all = Vec::new();
    for (index, level) in levels.iter().enumerate() {
        if index > 0 && *level > definition.path.len() {
            break;
        }
        match rest.split_first() {
            Some(((at, priority), others)) if *at <= *level => {
                all.push(*priority);
                rest = others;
            }
            _ => all.push(DEFAULT_PRIORITY),
        }
    }
    all
}

/// Compares as far as both go.
fn is_stronger(a: &[u32], b: &[u32]) -> bool {
    let both = a.len().min(b.len());
    a[..both] < b[..both]
}

struct Member<'f> {
    setting: usize,
    definition: &'f Definition,
    priorities: Vec<u32>,
    conditions: Vec<String>,
    certain: bool,
}

/// What happens on each host.
pub(super) fn outcomes(view: &View<'_>, facts: &OptionFacts<'_>) -> Vec<Outcome> {
    let mut all: Vec<Outcome> = Vec::new();
    for host in hosts(view.graph) {
        let standings = on_host(&host, facts);
        if standings.is_empty() {
            continue;
        }
        match all.iter_mut().find(|known| known.standings == standings) {
            Some(known) => {
                if !known.hosts.contains(&host.name) {
                    known.hosts.push(host.name);
                }
            }
            None => all.push(Outcome {
                hosts: vec![host.name],
                standings,
            }),
        }
    }
    all.iter_mut()
        .for_each(|outcome| sorted::sort(&mut outcome.hosts));
    sorted::sort_by(&mut all, |a, b| a.hosts.cmp(&b.hosts));
    all
}

/// What becomes of the settings on a host; empty when it has none of them.
pub(crate) fn on_host(host: &Host<'_>, facts: &OptionFacts<'_>) -> Vec<Standing> {
    let class = host.configuration.class;
    if class != facts.class && class != Class::Unknown && facts.class != Class::Unknown {
        return Vec::new();
    }
    let option_type = facts.declared.first().map(|declared| &declared.ty);
    let levels = levels(option_type, facts.len, &facts.path);
    let settings = facts.settings.iter().enumerate();
    let members: Vec<_> = settings
        .filter_map(|(index, setting)| member(host, index, setting, &levels))
        .collect();
    stand(facts, &members)
}

/// A setting as a host has it; `None` when it never does.
fn member<'f>(
    host: &Host<'_>,
    setting: usize,
    set: &SetHere<'f>,
    levels: &[usize],
) -> Option<Member<'f>> {
    let ways: &Ways = host.configuration.members.get(&set.module)?;
    // A condition that is taken for the value excludes nothing.
    let hidden = set.definition.is_hidden(levels[0]);
    if set.definition.is_dropped() {
        return None;
    }
    let own = set.definition.guards.iter();
    let mut possible: Vec<Vec<&Guard>> = Vec::new();
    for way in ways.iter().filter(|way| host.takes(way)) {
        let all: Vec<&Guard> = way.iter().chain(own.clone()).collect();
        let excluded =
            |guard: &&Guard| guard.is_never() || all.iter().any(|other| other.contradicts(guard));
        if hidden || !all.iter().any(excluded) {
            possible.push(all.into_iter().filter(|guard| !guard.is_choice()).collect());
        }
    }
    let fewest = possible.into_iter().min_by_key(Vec::len)?;
    let mut conditions: Vec<String> = fewest.iter().map(ToString::to_string).collect();
    // A value around the option, in which it may not be.
    if set.definition.path.len() < levels[0] {
        conditions.push("it is in there".to_owned());
    }
    if set.definition.update.is_some() {
        conditions.push("`//` keeps it".to_owned());
    }
    Some(Member {
        setting,
        definition: set.definition,
        priorities: priorities(set.definition, levels),
        certain: conditions.is_empty(),
        conditions,
    })
}

fn stand(facts: &OptionFacts<'_>, members: &[Member<'_>]) -> Vec<Standing> {
    let certain = || members.iter().filter(|member| member.certain);
    // One that sets a part only tells nothing of the others.
    let strongest = certain().min_by(|a, b| a.priorities.cmp(&b.priorities));
    let whole = |member: &Member<'_>| member.definition.path.len() <= facts.path.len();
    let ties = |member: &Member<'_>| {
        strongest.is_some_and(|best| {
            !is_stronger(&member.priorities, &best.priorities)
                && !is_stronger(&best.priorities, &member.priorities)
        })
    };
    let tied: Vec<_> = certain().filter(|member| ties(member)).collect();
    let mut standings: Vec<_> = members
        .iter()
        .map(|member| {
            let stand = match strongest {
                Some(best) if is_stronger(&best.priorities, &member.priorities) => {
                    Stand::Loses(best.setting)
                }
                _ if !member.certain => Stand::May,
                _ if tied.len() <= 1 => Stand::Wins,
                _ if whole(member) => tied
                    .iter()
                    .filter(|other| other.setting != member.setting && whole(other))
                    .map(|other| meet(facts.ty, member.definition, other.definition))
                    .max()
                    .unwrap_or(Stand::Merges),
                _ => Stand::Merges,
            };
            Standing {
                stand,
                setting: member.setting,
                conditions: member.conditions.clone(),
            }
        })
        .collect();
    sorted::sort(&mut standings);
    standings
}

/// What two settings of the same option and priority do. The worst comes last.
fn meet(ty: Option<&Type>, a: &Definition, b: &Definition) -> Stand {
    match ty.map(|ty| ty.meet(&a.known, &b.known)) {
        Some(Meeting::Merge) => Stand::Merges,
        Some(Meeting::Unique | Meeting::Differ | Meeting::NullAndNot) => Stand::Conflicts,
        Some(Meeting::Unsure) | None => Stand::Ties,
    }
}
