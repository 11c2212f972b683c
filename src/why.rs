//! `nixamine why`: what sets an option, and which setting wins on which host.

use crate::args::{ListFormat, WhyArgs};
use crate::render::json;
use crate::run::{self, Failure, Run};
use crate::terminal::{self, BAD, BOLD, CODE, DIM, GOOD, WARNING, clean, paint};
use anstyle::Style;
use nixamine_rules::knowledge::{Knowledge, parse_path};
use nixamine_rules::module::Class;
use nixamine_rules::rules::did_you_mean;
use nixamine_rules::wire::{Former, Location, Offsets, OptionForm, SettingForm, StandingForm};
use nixamine_rules::workspace::dotted;
use std::fmt::Write as _;
use std::io::Write;

/// Says what is known of an option; the result is the exit code.
pub(crate) fn why(args: &WhyArgs) -> Result<u8, Failure> {
    let Some(path) = parse_path(&args.option) else {
        return Err(Failure::new(format_args!(
            "`{}` is no path of an option; write it as in services.openssh.enable",
            args.option
        )));
    };
    let run = Run::joined(&args.project)?;
    let knowledge = run.knowledge();
    let show = |path: &str| run.run.show(path);
    let mut former = Former::new(&knowledge, &show, Offsets::Bytes);
    let mut forms: Vec<_> = knowledge
        .about(&path)
        .iter()
        .map(|facts| former.option(facts))
        .collect();
    if let Some(host) = &args.host {
        let names: Vec<String> = knowledge
            .hosts()
            .into_iter()
            .map(|host| host.name.to_string())
            .collect();
        if !names.contains(host) {
            return Err(no_host(host, &names));
        }
        for form in &mut forms {
            form.outcomes.retain(|outcome| outcome.hosts.contains(host));
            form.outcomes
                .iter_mut()
                .for_each(|outcome| outcome.hosts.retain(|name| name == host));
        }
        forms.retain(|form| form.declared || !form.outcomes.is_empty());
    }
    let mut out = run::stdout();
    match args.format {
        ListFormat::Json => json::write_value(&mut out, &forms)?,
        ListFormat::Text if forms.is_empty() => {
            return Err(nothing(&knowledge, &args.option));
        }
        ListFormat::Text => {
            let all: Vec<_> = forms
                .iter()
                .map(|form| text(form, args.host.is_some()))
                .collect();
            out.write_all(all.join("\n").as_bytes())?;
        }
    }
    out.flush()?;
    Ok(0)
}

fn no_host(host: &str, names: &[String]) -> Failure {
    let all = || names.iter().map(String::as_str);
    let hint = match did_you_mean(host, all()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => "none was found here".to_owned(),
        None => format!("there are {}", all().collect::<Vec<_>>().join(", ")),
    };
    Failure::new(format_args!("there is no host `{host}`; {hint}"))
}

/// Nobody declares it and nobody sets it.
fn nothing(knowledge: &Knowledge<'_>, written: &str) -> Failure {
    let path = parse_path(written).unwrap_or_default();
    let mut hint = "nobody here declares or sets it".to_owned();
    if let Some((last, around)) = path.split_last() {
        let mut beside = knowledge.set_below(around);
        for class in Class::ALL {
            let candidates = knowledge.below(class, around);
            beside.extend(candidates.into_iter().map(|candidate| candidate.name));
        }
        if let Some(near) = did_you_mean(last, beside.iter().map(AsRef::as_ref)) {
            let mut names: Vec<&str> = around.iter().map(AsRef::as_ref).collect();
            names.push(near);
            hint = format!("did you mean `{}`?", dotted(&names));
        }
    }
    Failure::new(format_args!("nothing is known of `{written}`: {hint}"))
}

fn text(form: &OptionForm, one_host: bool) -> String {
    let mut text = paint(BOLD, &clean(&form.name));
    if let Some(class) = form.class {
        let _ = write!(text, " {}", paint(DIM, &format!("({class})")));
    }
    match &form.r#type {
        Some(ty) => {
            let _ = write!(text, ": {}", clean(ty));
        }
        None if !form.declared => text.push_str(": its declaration is not known"),
        None => {}
    }
    text.push('\n');
    if let Some(gone) = &form.gone {
        let gone = clean(gone).into_owned();
        let _ = writeln!(text, "  {}: {gone}", paint(WARNING, "gone"));
    }
    if let Some(description) = &form.description {
        let first = description.lines().next().unwrap_or_default();
        let _ = writeln!(text, "  {}", clean(first));
    }
    if let Some(default) = &form.default {
        let default: Vec<_> = default.split_whitespace().collect();
        let _ = writeln!(
            text,
            "  default  {}",
            paint(CODE, &clean(&default.join(" ")))
        );
    }
    for declaration in &form.declarations {
        let _ = writeln!(
            text,
            "  declared {}",
            paint(DIM, &clean(&place(declaration)))
        );
    }
    if form.settings.is_empty() {
        text.push_str("  nothing sets it\n");
        return text;
    }
    for outcome in &form.outcomes {
        if !one_host {
            let _ = writeln!(
                text,
                "\n  {}",
                paint(BOLD, &clean(&outcome.hosts.join(", ")))
            );
        }
        for standing in &outcome.standings {
            line(&mut text, form, standing);
        }
    }
    let reached = |index: usize| {
        let mut all = form.outcomes.iter().flat_map(|outcome| &outcome.standings);
        all.any(|standing| standing.setting == index)
    };
    let settings = form.settings.iter().enumerate();
    let unreached: Vec<_> = settings.filter(|(index, _)| !reached(*index)).collect();
    if !one_host && !unreached.is_empty() {
        let _ = writeln!(text, "\n  {}", paint(BOLD, "on no host that is known"));
        for (_, setting) in unreached {
            let _ = writeln!(text, "    {:9} {}", "", of_setting(setting));
        }
    }
    text
}

fn line(text: &mut String, form: &OptionForm, standing: &StandingForm) {
    let (style, word): (Style, _) = match standing.result {
        "wins" => (GOOD, "wins"),
        "merges" => (GOOD, "merges"),
        "ties" => (WARNING, "ties"),
        "conflicts" => (terminal::ERROR, "conflicts"),
        "may" => (WARNING, "may win"),
        _ => (BAD, "loses"),
    };
    let setting = &form.settings[standing.setting];
    // The style's own characters have no width.
    let word = paint(style, &format!("{word:9}"));
    let _ = write!(text, "    {word} {}", of_setting(setting));
    if !standing.conditions.is_empty() {
        let conditions = standing.conditions.join(" and ");
        let _ = write!(text, ", if {}", clean(&conditions));
    }
    if let Some(to) = standing.to {
        let winner = place(&form.settings[to].place);
        let _ = write!(text, "  {}", paint(DIM, &format!("to {}", clean(&winner))));
    }
    text.push('\n');
}

fn of_setting(setting: &SettingForm) -> String {
    let at = paint(DIM, &clean(&place(&setting.place)));
    let mut text = format!("{at}  ");
    if let Some(name) = &setting.name {
        let _ = write!(text, "{} = ", clean(name));
    }
    for priority in &setting.priorities {
        let word = match priority {
            50 => "mkForce ".to_owned(),
            60 => "mkVMOverride ".to_owned(),
            1000 => "mkDefault ".to_owned(),
            1500 => "mkOptionDefault ".to_owned(),
            other => format!("mkOverride {other} "),
        };
        text.push_str(&paint(CODE, &word));
    }
    text.push_str(&paint(CODE, &clean(&setting.value)));
    text
}

fn place(place: &Location) -> String {
    let start = &place.range.start;
    format!("{}:{}:{}", place.path, start.line, start.column)
}
