//! The command line of Nixamine: arguments, rendering and exit codes. What is
//! right or wrong is the engine's to say, what lies on disk the project's.

mod args;
mod baseline;
mod check;
mod explain;
mod fix;
mod graph;
mod index;
mod init;
mod lsp;
mod options;
mod patch;
mod render;
mod report;
mod run;
mod shells;
mod terminal;
mod why;

use args::{Cli, Color, Command};
use clap::Parser;
use run::Failure;
use std::io::{self, Write};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The engine bounds how deep it goes; this is what it may use on the way.
const STACK: usize = 64 << 20;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.color {
        Color::Auto => anstream::ColorChoice::Auto,
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
    }
    .write_global();
    let work = std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(move || run(&cli.command));
    let result = match work.map(std::thread::JoinHandle::join) {
        Ok(Ok(result)) => result,
        // The panic has been printed.
        Ok(Err(_)) => return ExitCode::from(2),
        Err(error) => Err(Failure::new(format_args!("no thread to work on: {error}"))),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        // The reader has seen enough, as in `| head -1`: that is a success, and
        // ripgrep has it so too.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(failure) => {
            let text = match failure {
                Failure::Message(text) => text,
                Failure::Output(error) => format!("error: the output cannot be written: {error}\n"),
            };
            // Nobody is left to tell when this fails.
            let _ = run::stderr().write_all(text.as_bytes());
            ExitCode::from(2)
        }
    }
}

fn run(command: &Command) -> Result<u8, Failure> {
    match command {
        Command::Check(args) => check::check(args),
        Command::Fix(args) => fix::fix(args),
        Command::Explain { rule } => explain::explain(rule),
        Command::Rules { format } => explain::list(*format),
        Command::Lsp(args) => lsp::lsp(args),
        Command::Index(args) => index::index(args),
        Command::Why(args) => why::why(args),
        Command::Graph(args) => graph::graph(args),
        Command::Report(args) => report::report(args),
        Command::Options(args) => options::options(args),
        Command::Init => init::init(),
        Command::Completions { shell } => shells::completions(*shell),
        Command::Man { folder } => shells::man(folder),
        Command::Schema { which } => init::schema(*which),
    }
}
