//! The arguments. Their documentation is what `--help` prints.

use clap::{Args, Parser, Subcommand, ValueEnum};
use nixamine_project::ConfigChoice;
use nixamine_rules::Severity;
use std::path::PathBuf;

/// Linter for NixOS and Home Manager modules
#[derive(Debug, Parser)]
#[command(
    name = "nixamine",
    version,
    max_term_width = 100,
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub(crate) color: Color,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Report what is wrong
    #[command(after_help = CHECK_CODES)]
    Check(CheckArgs),
    /// Apply the fixes that never change meaning
    #[command(after_help = FIX_CODES)]
    Fix(FixArgs),
    /// Show the page of a rule
    Explain {
        /// The name of the rule, as in `mk-force`
        rule: String,
    },
    /// List the rules
    Rules {
        /// How to print the list
        #[arg(long, value_enum, default_value_t)]
        format: ListFormat,
    },
    /// Speak the language server protocol on standard input and output
    Lsp(LspArgs),
    /// Tell what sets an option, and which setting wins on which host
    Why(WhyArgs),
    /// Draw which file imports which
    Graph(GraphArgs),
    /// Write down the options that the modules here declare
    Options(OptionsArgs),
    /// Tell where a repository stands: scores, the audit checklist, what to do first
    Report(ReportArgs),
    /// Read the options that libraries declare, so that what sets them can be judged
    #[command(after_help = INDEX_HELP)]
    Index(IndexArgs),
    /// Write a commented nixamine.toml into the working directory
    Init,
    /// Print what makes a shell complete arguments
    Completions {
        /// Which shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Write the manual pages into a folder
    Man {
        /// The folder, which is made if it is not there
        folder: PathBuf,
    },
    /// Print a JSON schema
    #[command(hide = true)]
    Schema {
        /// Which schema
        #[arg(value_enum)]
        which: SchemaKind,
    },
}

const CHECK_CODES: &str = "\
Exit codes:
  0  nothing at or above --fail-on was found
  1  something was found
  2  wrong usage or configuration, or a file could not be read; wins over 1

When the reader of the output goes away (as in `| head -1`), the rest is not
written and the exit code is 0.";

const FIX_CODES: &str = "\
Exit codes:
  0  done, whether or not findings remain; with --diff: nothing would change
  1  with --diff: something would change; with --exit-nonzero-on-fix: something did
  2  wrong usage or configuration, or a file could not be read or written";

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    /// The lowest severity for which the exit code is 1
    #[arg(long, value_enum, default_value = "warning", value_name = "SEVERITY")]
    pub(crate) fail_on: FailOn,
    /// The lowest severity that is printed; other formats than text carry all
    /// [default: warning, or --fail-on where that is lower]
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub(crate) show: Option<Show>,
    /// How to print the findings
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// Write the findings into this file and only the summary to standard error
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Leave out the findings that this file holds
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write all findings into the file of --baseline, and end with 0
    #[arg(long, requires = "baseline")]
    pub(crate) write_baseline: bool,
    /// Only findings in files that are another than in this revision of git, or new
    #[arg(long, value_name = "REV", conflicts_with = "write_baseline")]
    pub(crate) changed_since: Option<String>,
    /// Count the findings of each rule: instead of them as text, on standard error with other formats
    #[arg(long)]
    pub(crate) statistics: bool,
}

const INDEX_HELP: &str = "\
Without paths, the inputs that flake.lock names are looked up in the Nix store,
as every run does by itself. With paths, what is found there is kept for this
project in the user's cache and is used instead of the inputs.";

#[derive(Debug, Args)]
pub(crate) struct IndexArgs {
    /// Folders of libraries: home-manager, nixvim, nix-darwin, nixpkgs, or any
    /// other with modules
    pub(crate) paths: Vec<PathBuf>,
}

/// A project that is read as a whole.
#[derive(Debug, Args)]
pub(crate) struct ProjectArgs {
    /// A folder of the project [default: the working directory]
    #[arg(default_value = ".", hide_default_value = true)]
    pub(crate) path: PathBuf,
    /// Use this configuration file
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    config: Option<PathBuf>,
    /// Use no configuration file
    #[arg(long)]
    no_config: bool,
}

impl ProjectArgs {
    /// What `check` would be told.
    pub(crate) fn common(&self) -> CommonArgs {
        CommonArgs {
            paths: vec![self.path.clone()],
            select: Vec::new(),
            ignore: Vec::new(),
            config: self.config.clone(),
            no_config: self.no_config,
            force_exclude: false,
            stdin: false,
            stdin_filename: PathBuf::new(),
            threads: None,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct WhyArgs {
    /// The option, as in services.openssh.enable; or what leads to several
    pub(crate) option: String,
    #[command(flatten)]
    pub(crate) project: ProjectArgs,
    /// Only on this host
    #[arg(long, value_name = "HOST")]
    pub(crate) host: Option<String>,
    /// How to print the answer
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: ListFormat,
}

#[derive(Debug, Args)]
pub(crate) struct GraphArgs {
    #[command(flatten)]
    pub(crate) project: ProjectArgs,
    /// Only what this host holds
    #[arg(long, value_name = "HOST")]
    pub(crate) host: Option<String>,
    /// What to write
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: GraphFormat,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// For Graphviz
    #[default]
    Dot,
    /// For Markdown pages
    Mermaid,
    /// A drawing
    Svg,
    /// JSON
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct OptionsArgs {
    #[command(flatten)]
    pub(crate) project: ProjectArgs,
    /// What to write
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: OptionsFormat,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OptionsFormat {
    /// A page, as for OPTIONS.md
    #[default]
    Markdown,
    /// JSON
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    pub(crate) project: ProjectArgs,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: ReportFormat,
    /// Write it into this file
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// A folder of earlier reports: shows the trend, and keeps this one there
    #[arg(long, value_name = "DIR")]
    pub(crate) history: Option<PathBuf>,
    /// The day of the report, as in 2026-11-24 [default: today, or SOURCE_DATE_EPOCH]
    #[arg(long, value_name = "DAY")]
    pub(crate) date: Option<String>,
    /// Exit with 1 when the score is lower than this
    #[arg(long, value_name = "SCORE")]
    pub(crate) fail_under: Option<f64>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For the terminal
    #[default]
    Text,
    /// All of it as data
    Json,
    /// A page for a repository or a wiki
    Markdown,
    /// A few lines of Markdown, as for a comment
    Summary,
    /// One page that needs nothing else
    Html,
    /// A badge as SVG
    Badge,
}

#[derive(Debug, Args)]
pub(crate) struct LspArgs {
    /// Also write the log into this file
    #[arg(long, value_name = "FILE")]
    pub(crate) log_file: Option<PathBuf>,
    /// How much to log, in the file and to the editor
    #[arg(long, value_enum, default_value = "info", value_name = "LEVEL")]
    pub(crate) log_level: LogLevel,
    /// Accepted because editors pass it; nothing else is spoken
    #[arg(long, hide = true)]
    stdio: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
}

#[derive(Debug, Args)]
pub(crate) struct FixArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    /// Print what would change as a patch and change nothing
    #[arg(long)]
    pub(crate) diff: bool,
    /// Also apply fixes that may change what the configuration means
    #[arg(long)]
    pub(crate) unsafe_fixes: bool,
    /// Exit with 1 when something was fixed, as pre-commit wants it
    #[arg(long, conflicts_with = "diff")]
    pub(crate) exit_nonzero_on_fix: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CommonArgs {
    /// Files and folders; the rest of their project is read for context
    #[arg(
        default_value = ".",
        hide_default_value = true,
        conflicts_with = "stdin"
    )]
    pub(crate) paths: Vec<PathBuf>,
    /// Only these rules or groups, or `all`
    #[arg(long, value_delimiter = ',', value_name = "RULE")]
    pub(crate) select: Vec<String>,
    /// Not these rules or groups
    #[arg(long, value_delimiter = ',', value_name = "RULE")]
    pub(crate) ignore: Vec<String>,
    /// Use this configuration file
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    config: Option<PathBuf>,
    /// Use no configuration file
    #[arg(long)]
    no_config: bool,
    /// Let `exclude` also hold for files given by hand
    #[arg(long)]
    pub(crate) force_exclude: bool,
    /// Read one file from standard input; `fix` writes it to standard output
    #[arg(long)]
    pub(crate) stdin: bool,
    /// The path that standard input stands for; it need not exist
    #[arg(
        long,
        value_name = "FILE",
        requires = "stdin",
        default_value = "stdin.nix"
    )]
    pub(crate) stdin_filename: PathBuf,
    /// How many threads to use [default: one per processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
}

impl CommonArgs {
    pub(crate) fn config_choice(&self) -> ConfigChoice {
        match &self.config {
            Some(file) => ConfigChoice::File(file.clone()),
            None if self.no_config => ConfigChoice::Defaults,
            None => ConfigChoice::Find,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Frames of source with the findings marked
    #[default]
    Text,
    /// `path:line:column: severity[rule] message`
    Concise,
    /// One line of JSON, a documented contract
    Json,
    /// SARIF 2.1.0
    Sarif,
    /// Annotations of GitHub Actions
    Github,
    /// Code Quality of GitLab
    Gitlab,
    /// Test results, as most CI systems show them
    Junit,
    /// The diagnostic format of reviewdog
    Rdjson,
    /// `path>line:column:severity:number:message`, as statix has it for editors
    Errfmt,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// A table
    #[default]
    Text,
    /// JSON
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaKind {
    /// Of nixamine.toml
    Config,
    /// Of what `check --format json` prints
    Output,
    /// Of what `report --format json` prints
    Report,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Show {
    Error,
    Warning,
    Info,
    Hint,
}

impl Show {
    pub(crate) fn severity(self) -> Severity {
        match self {
            Self::Error => Severity::Error,
            Self::Warning => Severity::Warning,
            Self::Info => Severity::Info,
            Self::Hint => Severity::Hint,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    Error,
    Warning,
    Info,
    Hint,
    /// Findings never make the exit code 1
    Never,
}

impl FailOn {
    pub(crate) fn severity(self) -> Option<Severity> {
        Some(match self {
            Self::Error => Severity::Error,
            Self::Warning => Severity::Warning,
            Self::Info => Severity::Info,
            Self::Hint => Severity::Hint,
            Self::Never => return None,
        })
    }
}
