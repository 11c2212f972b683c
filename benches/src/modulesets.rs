//! Small sets of modules, for Nix and Nixamine to judge.
//!
//! Each set declares a few options in several files and sets them in all ways that
//! the module system knows: conditions, priorities, merges, `//`, wrong values, wrong
//! names, repeated declarations. Every text is whole Nix that evaluates as far as the
//! module system lets it.

use crate::Random;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// A set of modules; `main.nix` imports the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleSet {
    /// Paths and texts.
    pub files: Vec<(String, String)>,
    /// The options that are declared, `flag` among them.
    pub options: Vec<Vec<String>>,
    /// A name that is set and that nobody declares.
    pub stray: Option<Vec<String>>,
    /// Options of which nobody can tell without evaluation whether two values are equal,
    /// or what two declarations make of each other.
    pub loose: Vec<Vec<String>>,
}

/// A type: as Nix, values that it takes, and values that it does not.
struct Kind {
    ty: &'static str,
    good: &'static [&'static str],
    bad: &'static [&'static str],
}

const SUBMODULE: &str = "lib.types.submodule { options.size = lib.mkOption { type = lib.types.int; default = 0; }; options.mode = lib.mkOption { type = lib.types.enum [ \"a\" \"b\" ]; default = \"a\"; }; }";
const SUBMODULES: &str = "lib.types.attrsOf (lib.types.submodule { options.size = lib.mkOption { type = lib.types.int; default = 0; }; })";

const KINDS: &[Kind] = &[
    Kind {
        ty: "lib.types.bool",
        good: &["true", "false"],
        bad: &["1", "\"x\""],
    },
    Kind {
        ty: "lib.types.int",
        good: &["1", "2", "3"],
        bad: &["\"x\"", "true", "[ ]"],
    },
    Kind {
        ty: "lib.types.ints.between 1 5",
        good: &["1", "4"],
        bad: &["9", "\"1\""],
    },
    Kind {
        ty: "lib.types.ints.positive",
        good: &["1", "4"],
        bad: &["0", "-3"],
    },
    Kind {
        ty: "lib.types.port",
        good: &["80", "443"],
        bad: &["70000", "\"80\""],
    },
    Kind {
        ty: "lib.types.str",
        good: &["\"a\"", "\"b\""],
        bad: &["1", "[ \"a\" ]"],
    },
    Kind {
        ty: "lib.types.nonEmptyStr",
        good: &["\"a\"", "\"b\""],
        bad: &["\"\"", "null"],
    },
    Kind {
        ty: "lib.types.singleLineStr",
        good: &["\"a\"", "\"b\""],
        bad: &["\"a\\nb\""],
    },
    Kind {
        ty: "lib.types.lines",
        good: &["\"a\"", "\"b\""],
        bad: &["3"],
    },
    Kind {
        ty: "lib.types.commas",
        good: &["\"a\"", "\"b\""],
        bad: &["true"],
    },
    Kind {
        ty: "lib.types.enum [ \"a\" \"b\" ]",
        good: &["\"a\"", "\"b\""],
        bad: &["\"c\"", "1"],
    },
    Kind {
        ty: "lib.types.enum [ 1 2 ]",
        good: &["1", "2"],
        bad: &["3", "\"1\""],
    },
    Kind {
        ty: "lib.types.float",
        good: &["1.5", "2.5"],
        bad: &["\"x\"", "1"],
    },
    Kind {
        ty: "lib.types.number",
        good: &["1.5", "2"],
        bad: &["\"x\""],
    },
    Kind {
        ty: "lib.types.path",
        good: &["\"/a\"", "/b"],
        bad: &["\"a\"", "1"],
    },
    Kind {
        ty: "lib.types.listOf lib.types.int",
        good: &["[ 1 ]", "[ 2 3 ]"],
        bad: &["1", "[ \"x\" ]"],
    },
    Kind {
        ty: "lib.types.nonEmptyListOf lib.types.str",
        good: &["[ \"a\" ]"],
        bad: &["[ ]", "\"a\""],
    },
    Kind {
        ty: "lib.types.attrsOf lib.types.int",
        good: &["{ x = 1; }", "{ y = 2; }"],
        bad: &["{ x = \"s\"; }", "3"],
    },
    Kind {
        ty: "lib.types.attrsOf (lib.types.listOf lib.types.str)",
        good: &["{ x = [ \"a\" ]; }", "{ y = [ ]; }"],
        bad: &["{ x = \"s\"; }"],
    },
    Kind {
        ty: "lib.types.nullOr lib.types.str",
        good: &["null", "\"a\""],
        bad: &["1"],
    },
    Kind {
        ty: "lib.types.nullOr (lib.types.listOf lib.types.str)",
        good: &["null", "[ \"a\" ]"],
        bad: &["1"],
    },
    Kind {
        ty: "lib.types.either lib.types.int lib.types.str",
        good: &["1", "\"a\""],
        bad: &["true"],
    },
    Kind {
        ty: "lib.types.oneOf [ lib.types.bool lib.types.int (lib.types.listOf lib.types.int) ]",
        good: &["true", "1", "[ 1 ]"],
        bad: &["\"a\""],
    },
    Kind {
        ty: "lib.types.uniq lib.types.str",
        good: &["\"a\"", "\"b\""],
        bad: &["1"],
    },
    Kind {
        ty: "lib.types.coercedTo lib.types.int toString lib.types.str",
        good: &["1", "\"a\""],
        bad: &["true"],
    },
    Kind {
        ty: "lib.types.anything",
        good: &["1", "\"a\"", "{ x = 1; }"],
        bad: &[],
    },
    Kind {
        ty: "lib.types.attrs",
        good: &["{ x = 1; }", "{ y = 2; }"],
        bad: &["1"],
    },
    Kind {
        ty: "lib.types.raw",
        good: &["1", "\"a\""],
        bad: &[],
    },
    Kind {
        ty: SUBMODULE,
        good: &["{ size = 1; }", "{ mode = \"b\"; }", "{ }"],
        bad: &["{ size = \"x\"; }", "{ sizee = 1; }", "5"],
    },
    Kind {
        ty: SUBMODULES,
        good: &["{ p.size = 1; }", "{ q = { }; }"],
        bad: &["{ p.size = \"x\"; }", "{ p.sizee = 1; }"],
    },
    Kind {
        ty: "",
        good: &["1", "\"a\""],
        bad: &[],
    },
];

/// Where options are: some beside each other, some deep.
const PATHS: &[&[&str]] = &[
    &["alpha"],
    &["beta", "one"],
    &["beta", "two"],
    &["gamma", "deep", "er"],
    &["gamma", "other"],
];

/// Names that nobody declares.
const STRAYS: &[&[&str]] = &[
    &["alhpa"],
    &["beta", "tow"],
    &["gamma", "deep", "err"],
    &["zeta", "one"],
];

const CONDITIONS: &[&str] = &[
    "true",
    "false",
    "config.flag",
    "!config.flag",
    "!config.flag || true",
];

struct Declared {
    path: Vec<String>,
    kind: &'static Kind,
    read_only: bool,
}

/// One way to set something: the path, and the value as Nix.
struct Setting {
    path: Vec<String>,
    value: String,
}

fn chance(random: &mut Random, percent: usize) -> bool {
    random.below(100) < percent
}

/// The set of modules that belongs to a seed.
pub fn module_set(seed: u64) -> ModuleSet {
    let mut random = Random::new(seed);
    let random = &mut random;
    let count = 2 + random.below(4);
    let names: Vec<String> = (1..count).map(|index| format!("m{index}.nix")).collect();
    // Which file imports which: every one somehow, and some also back.
    let mut imports: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); count];
    let mut reached = vec![0];
    for file in 1..count {
        // One that nobody imports sets nothing.
        if chance(random, 8) {
            continue;
        }
        let from = reached[random.below(reached.len())];
        imports[from].insert(file);
        reached.push(file);
    }
    if chance(random, 8) {
        let (from, to) = (random.below(count), random.below(count));
        if from != to && (to == 0 || reached.contains(&to)) {
            imports[from].insert(to);
        }
    }
    let mut declared = Vec::new();
    let mut declarations: Vec<Vec<(Vec<String>, String)>> = vec![Vec::new(); count];
    for path in PATHS {
        if !chance(random, 60) {
            continue;
        }
        let kind = &KINDS[random.below(KINDS.len())];
        let path: Vec<String> = path.iter().map(|name| (*name).to_owned()).collect();
        let read_only = chance(random, 6);
        let file = reached[random.below(reached.len())];
        let default = chance(random, 60).then(|| kind.good[random.below(kind.good.len())]);
        declarations[file].push((path.clone(), declaration(kind.ty, default, read_only)));
        if chance(random, 10) {
            let again = reached[random.below(reached.len())];
            if again != file {
                let text = repeated(random, kind);
                declarations[again].push((path.clone(), text));
            }
        }
        declared.push(Declared {
            path,
            kind,
            read_only,
        });
    }
    let flag = if chance(random, 50) { "true" } else { "false" };
    declarations[0].push((
        vec!["flag".to_owned()],
        declaration("lib.types.bool", Some(flag), false),
    ));
    let mut settings: Vec<Vec<Setting>> = (0..count).map(|_| Vec::new()).collect();
    for option in &declared {
        let times = match option.read_only {
            true => random.below(3),
            false => random.below(5),
        };
        for _ in 0..times {
            let file = random.below(count);
            let value = value(random, option.kind);
            settings[file].push(Setting {
                path: option.path.clone(),
                value: wrapped(random, &value),
            });
        }
    }
    let mut unknown = None;
    if chance(random, 15) {
        let stray = STRAYS[random.below(STRAYS.len())];
        let file = random.below(count);
        let path: Vec<String> = stray.iter().map(|name| (*name).to_owned()).collect();
        unknown = Some(path.clone());
        settings[file].push(Setting {
            path,
            value: "1".to_owned(),
        });
    }
    let free = chance(random, 6);
    let mut files = Vec::new();
    for file in 0..count {
        let name = if file == 0 {
            "main.nix"
        } else {
            &names[file - 1]
        };
        let imports: Vec<String> = imports[file]
            .iter()
            .map(|to| {
                if *to == 0 {
                    "./main.nix".to_owned()
                } else {
                    format!("./{}", names[to - 1])
                }
            })
            .collect();
        let text = text(
            random,
            &imports,
            &declarations[file],
            &settings[file],
            free && file == 0,
        );
        files.push((name.to_owned(), text));
    }
    let is_loose = |kind: &Kind| kind.ty.contains("coercedTo") || kind.ty.contains("anything");
    let loose = declared.iter().filter(|it| is_loose(it.kind));
    let mut loose: Vec<Vec<String>> = loose.map(|it| it.path.clone()).collect();
    let all = declarations.iter().flatten().map(|(path, _)| path);
    let mut once = BTreeSet::new();
    loose.extend(all.filter(|path| !once.insert(*path)).cloned());
    let mut options: Vec<Vec<String>> = declared.into_iter().map(|it| it.path).collect();
    options.push(vec!["flag".to_owned()]);
    ModuleSet {
        loose,
        files,
        options,
        stray: unknown,
    }
}

fn declaration(ty: &str, default: Option<&str>, read_only: bool) -> String {
    let mut text = "lib.mkOption {".to_owned();
    if !ty.is_empty() {
        let _ = write!(text, " type = {ty};");
    }
    if let Some(default) = default {
        let _ = write!(text, " default = {default};");
    }
    if read_only {
        text.push_str(" readOnly = true;");
    }
    text.push_str(" }");
    text
}

/// A second declaration of an option, which may fit the first.
fn repeated(random: &mut Random, kind: &Kind) -> String {
    match random.below(5) {
        0 => declaration(kind.ty, None, false),
        1 => "lib.mkOption { description = \"Again.\"; }".to_owned(),
        2 => declaration(kind.ty, Some(kind.good[0]), false),
        3 => declaration("lib.types.enum [ \"c\" \"d\" ]", None, false),
        _ => {
            let other = &KINDS[random.below(KINDS.len())];
            declaration(other.ty, None, false)
        }
    }
}

fn value(random: &mut Random, kind: &Kind) -> String {
    if !kind.bad.is_empty() && chance(random, 7) {
        return kind.bad[random.below(kind.bad.len())].to_owned();
    }
    kind.good[random.below(kind.good.len())].to_owned()
}

fn condition(random: &mut Random) -> &'static str {
    CONDITIONS[random.below(CONDITIONS.len())]
}

/// A value with what the module system understands around it.
fn wrapped(random: &mut Random, value: &str) -> String {
    match random.below(40) {
        0 | 1 => format!("lib.mkForce {}", atom(value)),
        2 | 3 => format!("lib.mkDefault {}", atom(value)),
        4 => format!("lib.mkOverride {} {}", 30 + random.below(1200), atom(value)),
        5 | 6 => format!("lib.mkIf {} {}", atom(condition(random)), atom(value)),
        7 => format!("lib.mkMerge [ {} ]", atom(value)),
        8 => format!(
            "lib.mkIf {} (lib.mkForce {})",
            atom(condition(random)),
            atom(value)
        ),
        9 => format!(
            "lib.mkForce (lib.mkIf {} {})",
            atom(condition(random)),
            atom(value)
        ),
        10 => format!(
            "lib.mkMerge [ (lib.mkIf {} {}) (lib.mkDefault {}) ]",
            atom(condition(random)),
            atom(value),
            atom(value)
        ),
        11 => format!("lib.mkDefault (lib.mkForce {})", atom(value)),
        12 => format!("lib.mkBefore {}", atom(value)),
        13 => format!("lib.mkMerge [ {} {} ]", atom(value), atom(value)),
        _ => value.to_owned(),
    }
}

fn atom(text: &str) -> String {
    match text.contains(' ') && !text.starts_with(['[', '{', '"']) || text.starts_with(['-', '!']) {
        true => format!("({text})"),
        false => text.to_owned(),
    }
}

/// The text of a module.
fn text(
    random: &mut Random,
    imports: &[String],
    declarations: &[(Vec<String>, String)],
    settings: &[Setting],
    free: bool,
) -> String {
    let mut text = "{ config, lib, ... }:\n{\n".to_owned();
    if !imports.is_empty() {
        let _ = writeln!(text, "  imports = [ {} ];", imports.join(" "));
    }
    if free {
        text.push_str("  freeformType = lib.types.attrsOf lib.types.anything;\n");
    }
    for (path, declaration) in declarations {
        let _ = writeln!(text, "  options.{} = {declaration};", path.join("."));
    }
    let mut paths = BTreeSet::new();
    let distinct = settings.iter().all(|setting| paths.insert(&setting.path));
    if settings.is_empty() {
        text.push_str("}\n");
        return text;
    }
    if distinct && chance(random, 60) {
        let below = match declarations.is_empty() && !free && chance(random, 50) {
            true => "",
            false => "config.",
        };
        for setting in settings {
            let _ = writeln!(
                text,
                "  {below}{} = {};",
                setting.path.join("."),
                setting.value
            );
        }
        text.push_str("}\n");
        return text;
    }
    text.push_str("  config = lib.mkMerge [\n");
    for setting in settings {
        let (first, rest) = (&setting.path[0], setting.path[1..].join("."));
        let nested = match rest.is_empty() {
            true => format!("{{ {first} = {}; }}", setting.value),
            false => {
                let inner = format!("{{ {rest} = {}; }}", setting.value);
                match random.below(14) {
                    0 => format!(
                        "{{ {first} = lib.mkIf {} {inner}; }}",
                        atom(condition(random))
                    ),
                    1 => format!("{{ {first} = lib.mkForce {inner}; }}"),
                    2 => format!("{{ {first} = lib.mkMerge [ {inner} ]; }}"),
                    3 => format!("{{ {first} = {inner} // {{ }}; }}"),
                    4 => format!("{{ {first} = lib.mkDefault {inner}; }}"),
                    _ => format!("{{ {first}.{rest} = {}; }}", setting.value),
                }
            }
        };
        let _ = match random.below(20) {
            0 | 2 => writeln!(text, "    (lib.mkIf {} {nested})", atom(condition(random))),
            1 => writeln!(text, "    (lib.mkForce {nested})"),
            _ => writeln!(text, "    {nested}"),
        };
    }
    text.push_str("  ];\n}\n");
    text
}
