//! All measurements in one run, as Markdown: `cargo bench -p nixamine-benches
//! --bench report`, with the names of sections behind `--` for some of them
//! (`cold`, `keystrokes`, `workspace`, `memory`). Everything runs on one thread.
//! `NIXAMINE_CORPUS=DIR` adds real files to `cold`, `NIXAMINE_SEED` changes the
//! seed.
#![allow(clippy::print_stdout, reason = "a report")]

use nixamine_benches::sessions::{Key, Session};
use nixamine_benches::{ceiling, corpus, corpus_files, module, package_set, project};
use nixamine_rules::syntax::{self, Cache, TextEdit, TextRange};
use nixamine_rules::{Document, Settings, Source, Workspace, analyze, analyze_with};
use std::hint::black_box;
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    // Cargo says `--bench`.
    let wanted: Vec<_> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with("--"))
        .collect();
    if let [first, rest @ ..] = wanted.as_slice()
        && first == "memory-of"
    {
        memory_of(rest);
        return;
    }
    let seed = std::env::var("NIXAMINE_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(1);
    // As criterion has it: everything once, to see that it runs.
    let quick = std::env::args().any(|arg| arg == "--test");
    let run = Run { seed, quick };
    type Section = fn(&Run);
    let sections: [(&str, Section); 4] = [
        ("cold", cold),
        ("keystrokes", keystrokes),
        ("workspace", workspace),
        ("memory", memory),
    ];
    for (name, section) in sections {
        if wanted.is_empty() || wanted.iter().any(|arg| arg == name) {
            section(&run);
        }
    }
}

/// How to measure.
struct Run {
    seed: u64,
    /// Small inputs and few rounds.
    quick: bool,
}

impl Run {
    fn sizes<'s>(&self, sizes: &'s [usize]) -> &'s [usize] {
        if self.quick { &sizes[..1] } else { sizes }
    }

    fn rounds(&self, rounds: usize) -> usize {
        if self.quick { 10 } else { rounds }
    }
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn time<T>(run: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    black_box(run());
    start.elapsed()
}

/// As [`time`], without the time to drop what is made.
fn time_kept<T>(run: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    let made = black_box(run());
    let elapsed = start.elapsed();
    drop(made);
    elapsed
}

/// Parsing and linting from nothing: everything in turns, so that a noisy machine
/// is noisy for all.
fn cold(run: &Run) {
    let seed = run.seed;
    println!("\n## Cold (seed {seed}; MB/s, medians of rounds in turns)\n");
    println!(
        "| input | rnix parse | parse | × rnix | × rnix, trees kept | parse, default rules and findings | × rnix | ceiling | parse / ceiling |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let mut inputs = Vec::new();
    for &size in run.sizes(&[10_000, 100_000, 1_000_000, 10_000_000]) {
        inputs.push((format!("module, {}", bytes(size)), vec![module(seed, size)]));
        inputs.push((
            format!("packages, {}", bytes(size)),
            vec![package_set(seed, size)],
        ));
    }
    let mut real = corpus(1_000_000);
    // Some of all folders.
    let step = real.len() / 2_000 + 1;
    real = real.into_iter().step_by(step).collect();
    if !real.is_empty() {
        inputs.push((format!("{} real files", real.len()), real));
    }
    let settings = Settings::default();
    for (name, texts) in inputs {
        let len: usize = texts.iter().map(String::len).sum();
        let events: Vec<_> = texts
            .iter()
            .map(|text| ceiling::events(&syntax::parse(text.as_str())))
            .collect();
        let rounds = run.rounds((60_000_000 / len).clamp(5, 200));
        let mut times: [Vec<Duration>; 6] = Default::default();
        for _ in 0..rounds {
            times[0].push(time(|| {
                texts
                    .iter()
                    .for_each(|text| drop(black_box(rnix::Root::parse(text))))
            }));
            times[1].push(time(|| {
                let mut cache = Cache::for_text(len);
                for text in &texts {
                    drop(black_box(syntax::parse_with(&mut cache, text.as_str())));
                }
            }));
            times[2].push(time(|| {
                let mut cache = Cache::for_text(len);
                for text in &texts {
                    let source = Source::new("m.nix", text.as_str());
                    let document = analyze_with(&mut cache, source, &settings);
                    let mut workspace = Workspace::new(vec![document], []);
                    workspace.join(&settings);
                    black_box(workspace.findings(0).len());
                }
            }));
            times[3].push(time(|| {
                events
                    .iter()
                    .for_each(|events| drop(black_box(ceiling::build(events))))
            }));
            times[4].push(time_kept(|| {
                let trees = texts.iter().map(|text| rnix::Root::parse(text));
                trees.collect::<Vec<_>>()
            }));
            times[5].push(time_kept(|| {
                let mut cache = Cache::for_text(len);
                let parse = |text: &String| syntax::parse_with(&mut cache, text.as_str());
                let trees: Vec<_> = texts.iter().map(parse).collect();
                (trees, cache)
            }));
        }
        let [rnix, parse, rules, ceiling, rnix_kept, kept] =
            times.map(|mut times| median(&mut times).as_secs_f64());
        let rate = |seconds: f64| len as f64 / seconds / 1e6;
        println!(
            "| {name} | {:.0} | {:.0} | {:.2} | {:.2} | {:.0} | {:.2} | {:.0} | {:.0} % |",
            rate(rnix),
            rate(parse),
            rnix / parse,
            rnix_kept / kept,
            rate(rules),
            rnix / rules,
            rate(ceiling),
            100.0 * ceiling / parse
        );
    }
}

fn bytes(size: usize) -> String {
    match size {
        0..1_000_000 => format!("{} KB", size / 1_000),
        _ => format!("{} MB", size / 1_000_000),
    }
}

/// A module with a finding after most of its attribute sets.
fn dense(seed: u64, size: usize) -> String {
    let text = module(seed, size);
    let mut out = String::with_capacity(size * 5 / 4);
    for (number, line) in text.lines().enumerate() {
        out.push_str(line);
        out.push('\n');
        if number > 12 && line == "    };" && out.len() < size {
            out.push_str(&format!(
                "    services.d_{number}.enable = lib.mkForce \"/home/alice/x\";\n"
            ));
        }
    }
    out
}

/// From a keystroke to the findings of the file, with their places.
fn keystrokes(run: &Run) {
    let seed = run.seed;
    println!("\n## Keystroke to findings (seed {seed}; ms; every key of typing sessions)\n");
    println!("| input | findings | keys | p50 | p99 | worst | broken p50 | by key: p50, p99 |");
    println!("|---|---|---|---|---|---|---|---|");
    let settings = Settings::default();
    for &size in run.sizes(&[10_000, 100_000, 1_000_000, 10_000_000]) {
        for (name, make) in MAKES {
            let document = Document::open(Source::new("m.nix", make(seed, size)), &settings);
            let mut workspace = Workspace::new(vec![document], []);
            workspace.join(&settings);
            let found = workspace.findings(0).len();
            let count = run.rounds(if size > 1_000_000 { 600 } else { 3_000 });
            let mut times: Vec<(Key, Duration, bool)> = Vec::with_capacity(count);
            let mut session = Session::new(seed, 0);
            for _ in 0..count {
                let text = workspace.documents()[0].text().clone();
                let (key, edit) = session.next(&text);
                drop(text);
                let edits = [edit];
                let start = Instant::now();
                let edited = workspace.edit("m.nix", &edits, &settings);
                let findings = workspace.findings(0);
                let elapsed = start.elapsed();
                black_box(&findings);
                drop((findings, edited));
                let broken = workspace.documents()[0]
                    .tree()
                    .is_some_and(|t| !t.errors().is_empty());
                times.push((key, elapsed, broken));
            }
            let mut all: Vec<_> = times.iter().map(|(_, time, _)| *time).collect();
            all.sort_unstable();
            let mut kinds = Vec::new();
            for kind in [
                Key::Letter,
                Key::Quote,
                Key::Brace,
                Key::Sign,
                Key::Newline,
                Key::Delete,
                Key::Paste,
            ] {
                let own = times.iter().filter(|(key, ..)| *key == kind);
                let mut own: Vec<_> = own.map(|(_, time, _)| *time).collect();
                own.sort_unstable();
                if !own.is_empty() {
                    kinds.push(format!(
                        "{kind:?} {}, {}",
                        ms(at(&own, 50)),
                        ms(at(&own, 99))
                    ));
                }
            }
            let broken = times.iter().filter(|(.., broken)| *broken);
            let mut broken: Vec<_> = broken.map(|(_, time, _)| *time).collect();
            broken.sort_unstable();
            println!(
                "| {name}, {} | {found} | {count} | {} | {} | {} | {} | {} |",
                bytes(size),
                ms(at(&all, 50)),
                ms(at(&all, 99)),
                ms(at(&all, 100)),
                if broken.is_empty() {
                    "–".to_owned()
                } else {
                    ms(at(&broken, 50))
                },
                kinds.join("; ")
            );
        }
    }
}

fn at(sorted: &[Duration], percent: usize) -> Duration {
    sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)]
}

fn ms(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64() * 1e3)
}

/// An edit that changes what is said of other modules, and back.
struct Shared {
    /// What is edited.
    what: &'static str,
    /// The modules that take the place of the first ones; the last is edited.
    modules: [String; 2],
    /// The letter that changes, in two states. In the second a rule finds something
    /// in both modules, or in the one that is not edited.
    letters: [&'static str; 2],
    /// The rule, and whether it speaks in the edited module, too.
    rule: (&'static str, bool),
}

fn shared() -> [Shared; 4] {
    let sysctl = |key: &str| format!("{{\n  boot.kernel.sysctl.\"{key}\" = 1;\n}}\n");
    let declaring = |ty: &str, rest: &str| {
        format!(
            "{{ lib, ... }}:\n{{\n  options.bench.shared = lib.mkOption {{ type = lib.types.{ty}; }};\n{rest}}}\n"
        )
    };
    let setting = |value: &str| format!("{{\n  bench.shared = {value};\n}}\n");
    [
        Shared {
            what: "sysctl key",
            modules: [sysctl("bench.key_a"), sysctl("bench.key_@")],
            letters: ["b", "a"],
            rule: ("duplicate-sysctl", true),
        },
        Shared {
            what: "value of a declared option",
            modules: [
                declaring("int", "  config.bench.shared = 1;\n"),
                setting("@"),
            ],
            letters: ["1", "2"],
            rule: ("option-conflict", true),
        },
        Shared {
            what: "type of a declared option",
            modules: [setting("200"), declaring("ints.@8", "")],
            letters: ["u", "s"],
            rule: ("option-type-mismatch", false),
        },
        Shared {
            what: "name of a declared option",
            modules: [
                setting("200"),
                declaring("int", "").replace("shared", "share@").replace(
                    "{\n",
                    "{\n  options.bench.enable = lib.mkEnableOption \"it\";\n",
                ),
            ],
            letters: ["d", "s"],
            rule: ("unknown-option", false),
        },
    ]
}

/// A letter of one module changes, and with it what is found in another one.
fn workspace(run: &Run) {
    let seed = run.seed;
    println!("\n## Workspace (seed {seed}; ms; one letter, and every module it concerns)\n");
    println!(
        "| modules | what changes | join from nothing | edit to findings, p50 | p99 | worst |"
    );
    println!("|---|---|---|---|---|---|");
    let settings = Settings::default();
    for &count in run.sizes(&[100, 5_000]) {
        for shared in shared() {
            let mut documents: Vec<_> = project(seed, count, 3_000)
                .into_iter()
                .map(|(path, text)| analyze(Source::new(path, text), &settings))
                .collect();
            // Two of the modules that the host imports.
            let [other, edited] = ["modules/m0.nix", "modules/m1.nix"];
            documents.retain(|document| ![other, edited].contains(&&**document.path()));
            let [text, template] = &shared.modules;
            documents.push(analyze(Source::new(other, text.as_str()), &settings));
            let place = template.find('@').unwrap_or_default() as u32;
            let text = template.replace('@', shared.letters[0]);
            documents.push(Document::open(Source::new(edited, text), &settings));
            let mut workspace = Workspace::new(documents, []);
            let join = time(|| workspace.join(&settings));
            let (Some(file), Some(other)) = (workspace.position(edited), workspace.position(other))
            else {
                continue;
            };
            let mut times = Vec::new();
            for round in 0..run.rounds(1_000) {
                let state = (round + 1) % 2;
                let edits = [TextEdit {
                    range: TextRange::at(place.into(), 1.into()),
                    text: shared.letters[state].to_owned(),
                }];
                let start = Instant::now();
                let touched = workspace.edit(edited, &edits, &settings);
                let own = workspace.findings(file).len();
                let others: usize = touched
                    .others
                    .iter()
                    .map(|file| workspace.findings(*file).len())
                    .sum();
                times.push(start.elapsed());
                let (rule, both) = shared.rule;
                let is_found = |file: usize| {
                    let found = workspace.findings(file);
                    found.iter().any(|found| found.rule().name == rule)
                };
                assert_eq!(
                    (is_found(file), is_found(other)),
                    (both && state == 1, state == 1),
                    "{}",
                    shared.what
                );
                black_box((own, others));
            }
            times.sort_unstable();
            println!(
                "| {count} | {} | {} | {} | {} | {} |",
                shared.what,
                ms(join),
                ms(at(&times, 50)),
                ms(at(&times, 99)),
                ms(at(&times, 100))
            );
        }
    }
}

/// Bytes of resident memory, where the system tells.
fn resident() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: usize = status.split(' ').nth(1)?.parse().ok()?;
    Some(pages * 4096)
}

type Make = fn(u64, usize) -> String;

const MAKES: [(&str, Make); 3] = [
    ("module", module),
    ("dense module", dense),
    ("packages", package_set),
];

/// What files keep in memory. Each number comes from a process of its own,
/// because memory that was let go of is used again.
fn memory(run: &Run) {
    let seed = run.seed;
    println!("\n## Memory (seed {seed}; resident bytes per byte of source)\n");
    println!("| input | tree and text | open: tree, text, what is known | closed: what is known |");
    println!("|---|---|---|---|");
    let Ok(own) = std::env::current_exe() else {
        return;
    };
    let told = |name: &str, size: usize, how: &str| {
        let arguments = [name, &size.to_string(), how, &seed.to_string()];
        let mut command = std::process::Command::new(&own);
        // What was let go of goes back to the system at once.
        command.env("MIMALLOC_PURGE_DELAY", "0");
        let output = command.arg("memory-of").args(arguments).output();
        let told = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        told.ok()?.trim().parse::<f64>().ok()
    };
    let line = |name: &str, size| {
        let kept = ["text", "tree", "open", "closed"].map(|how| told(name, size, how));
        if let [Some(text), Some(tree), Some(open), Some(closed)] = kept {
            // The text of a closed file is on the disk; whoever shows its findings
            // can read it there.
            let closed = closed - text;
            println!(
                "| {name}, {} | {tree:.1} | {open:.1} | {closed:.1} |",
                bytes(size)
            );
        }
    };
    for (name, _) in MAKES {
        for &size in run.sizes(&[3_000, 1_000_000]) {
            line(name, size);
        }
    }
    if std::env::var_os("NIXAMINE_CORPUS").is_some() {
        line(REAL, 0);
    }
}

/// The name of the files of the corpus.
const REAL: &str = "real files";

/// Keeps 30 MB of files in one way and tells how much that takes.
fn memory_of(arguments: &[String]) -> Option<()> {
    let [name, size, how, seed] = arguments else {
        return None;
    };
    let (size, seed): (usize, u64) = (size.parse().ok()?, seed.parse().ok()?);
    let settings = Settings::default();
    // Texts are made one by one, so that nothing but what is kept counts.
    let texts: Box<dyn Iterator<Item = String>> = match name == REAL {
        true => Box::new(
            corpus_files()
                .into_iter()
                .filter_map(|path| std::fs::read_to_string(path).ok()),
        ),
        false => {
            let make = MAKES.iter().find(|(known, _)| known == name)?.1;
            Box::new((0..30_000_000 / size as u64).map(move |file| make(seed + file, size)))
        }
    };
    let (mut texts_kept, mut trees, mut documents) = (Vec::new(), Vec::new(), Vec::new());
    let mut cache = Cache::default();
    let mut len = 0;
    let before = resident()?;
    for text in texts {
        len += text.len();
        // Without room to grow.
        let source = Source::new("m.nix", text.as_str());
        match how.as_str() {
            "text" => texts_kept.push(source),
            "tree" => trees.push(syntax::parse_with(&mut cache, source.text)),
            "open" => documents.push(Document::open_with(&mut cache, source, &settings)),
            _ => documents.push(analyze_with(&mut cache, source, &settings)),
        }
    }
    let kept = resident()?.saturating_sub(before);
    println!("{:.3}", kept as f64 / len as f64);
    drop((texts_kept, trees, documents));
    Some(())
}
