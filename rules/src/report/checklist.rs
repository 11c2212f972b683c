//! The audit checklist: what a careful owner asks of each module and of the whole.

/// Where a line belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// Each module.
    Module,
    /// The repository.
    Repository,
}

/// How a line is answered.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answer {
    /// By what these rules find.
    Rules(&'static [&'static str]),
    /// By a figure of the report.
    Figure(Figure),
    /// Not by reading: what to run instead.
    Elsewhere(&'static str),
}

/// Figures that answer a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Figure {
    /// Folders of modules without a README.
    Readmes,
    /// What the tooling lacks.
    Tools,
    /// Policies that are not kept.
    Policies,
}

/// A line of the checklist.
pub(crate) struct Line {
    pub(crate) about: About,
    pub(crate) question: &'static str,
    pub(crate) answer: Answer,
}

const fn module(question: &'static str, rules: &'static [&'static str]) -> Line {
    Line {
        about: About::Module,
        question,
        answer: Answer::Rules(rules),
    }
}

const fn whole(question: &'static str, answer: Answer) -> Line {
    Line {
        about: About::Repository,
        question,
        answer,
    }
}

/// Every line, in the order in which it is printed.
pub(crate) const LINES: &[Line] = &[
    module(
        "Does the function take `...`, so that new arguments do not break it?",
        &["closed-signature"],
    ),
    module(
        "Does it offer options where somebody would want to change it?",
        &["module-without-options"],
    ),
    module(
        "Is its configuration guarded by `mkIf` on its own enable option?",
        &["unguarded-config"],
    ),
    module(
        "Do shared modules set values with `mkDefault`, so that hosts can differ?",
        &["missing-mk-default", "mk-default-on-list"],
    ),
    module(
        "Is every option typed, and with the tightest type that fits?",
        &["untyped-option", "loose-option-type"],
    ),
    module(
        "Is every option described?",
        &[
            "undocumented-option",
            "enable-description",
            "missing-default-text",
        ],
    ),
    module(
        "Does a header say what the module is for and what it depends on?",
        &["missing-header", "header-dependencies"],
    ),
    module(
        "Do comments say why: numbers, kernel parameters, thresholds?",
        &["magic-number", "undocumented-kernel-param"],
    ),
    module(
        "Is nothing written for one user, one machine, one network card?",
        &[
            "hardcoded-home",
            "hardcoded-interface",
            "hardcoded-username",
        ],
    ),
    module(
        "Is there no code that another module already has?",
        &["duplicate-code", "duplicate-setting", "duplicate-sysctl"],
    ),
    module(
        "Are shell scripts short, or in a package of their own?",
        &["inline-script"],
    ),
    module(
        "Are programs named by their package, and not by a bare name?",
        &["bare-command"],
    ),
    module(
        "Do assertions stand where two options must agree?",
        &["missing-assertion"],
    ),
    module(
        "Two spaces of indentation, lines of a readable length?",
        &["tab-indentation", "long-line"],
    ),
    module(
        "Is nothing forced without a reason?",
        &["mk-force", "nested-priority"],
    ),
    module(
        "Is it short, with one concern for each file?",
        &["long-module", "too-complex"],
    ),
    module(
        "No open ends, no commented-out code, no dead code?",
        &[
            "todo-comment",
            "commented-code",
            "dead-definition",
            "contradiction",
            "unused-suppression",
        ],
    ),
    module(
        "Does it say what it means: no lost sides of `//`, keys in quotes, names that exist?",
        &[
            "syntax-error",
            "update-with-mkif",
            "shallow-update",
            "unquoted-sysctl-key",
            "mixed-module-shape",
            "config-decides-shape",
            "deprecated-lib",
            "state-version-not-literal",
        ],
    ),
    Line {
        about: About::Module,
        question: "Do statix and deadnix pass?",
        answer: Answer::Elsewhere("statix check && deadnix --fail"),
    },
    whole(
        "Is each module reached from a host, and does each import lead somewhere?",
        Answer::Rules(&[
            "unimported-module",
            "missing-import",
            "import-cycle",
            "imports-not-top-level",
            "string-import",
            "import-in-imports",
            "config-in-imports",
        ]),
    ),
    whole(
        "Is nothing set twice, or against itself, on one host?",
        Answer::Rules(&[
            "option-conflict",
            "duplicate-sysctl",
            "duplicate-setting",
            "silent-override",
            "pins-default",
        ]),
    ),
    whole(
        "Are options declared once, named by one convention, set to what they take, and used?",
        Answer::Rules(&[
            "duplicate-option",
            "option-naming",
            "unknown-option",
            "option-type-mismatch",
            "renamed-option",
            "read-only-set",
            "unused-option",
        ]),
    ),
    whole(
        "Are optional language servers gated behind a profile?",
        Answer::Rules(&["ungated-language-server"]),
    ),
    whole(
        "Do secrets stay encrypted, and sources pinned?",
        Answer::Rules(&[
            "plaintext-secret",
            "world-readable-secret",
            "unpinned-fetch",
            "insecure-package-allowed",
        ]),
    ),
    whole(
        "Are sudo, SSH and the firewall as strict as planned?",
        Answer::Rules(&[
            "passwordless-sudo",
            "ssh-root-login",
            "ssh-password-login",
            "firewall-disabled",
            "open-to-all",
        ]),
    ),
    whole(
        "Does each host keep the policies of the repository?",
        Answer::Figure(Figure::Policies),
    ),
    whole(
        "Has each folder of modules a README?",
        Answer::Figure(Figure::Readmes),
    ),
    whole(
        "Does something keep all this from getting worse: hooks, CI, a formatter?",
        Answer::Figure(Figure::Tools),
    ),
    whole(
        "Does the flake evaluate, does the system build?",
        Answer::Elsewhere("nix flake check"),
    ),
];
