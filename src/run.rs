//! What `check` and `fix` have in common: from arguments to a project in memory.

use crate::args::{CommonArgs, ProjectArgs};
use crate::render::frame::Source;
use crate::render::text;
use crate::terminal::{self, clean, paint};
use annotate_snippets::{AnnotationKind, Level, Snippet};
use indicatif::{ProgressBar, ProgressStyle};
use nixamine_project::{
    ConfigSource, FileList, Loaded, OpenError, Progress, Project, Targets, catch, index, load,
    presence, read,
};
use nixamine_rules::config::{ConfigError, Settings};
use nixamine_rules::knowledge::Knowledge;
use nixamine_rules::report::{Audit, Surroundings};
use nixamine_rules::syntax::TextRange;
use nixamine_rules::wire::Unreadable;
use nixamine_rules::{Workspace, wire};
use std::fmt::Display;
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::time::Duration;

/// Why a command could not do its work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Something to tell the user, complete and ready to print.
    Message(String),
    /// Standard output or error did not take what was written.
    Output(io::Error),
}

impl Failure {
    /// A failure with one line of explanation.
    pub(crate) fn new(message: impl Display) -> Self {
        let message = clean(&message.to_string()).into_owned();
        Self::Message(format!("{}: {message}\n", paint(terminal::ERROR, "error")))
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// A project in memory, and how it was asked for.
pub(crate) struct Run {
    cwd: PathBuf,
    root: PathBuf,
    pub(crate) settings: Settings,
    pub(crate) loaded: Loaded,
    /// What came from standard input.
    pub(crate) stdin: Option<Vec<u8>>,
}

impl Run {
    /// Opens, reads and analyses the project of the paths.
    pub(crate) fn start(args: &CommonArgs) -> Result<(Self, Workspace), Failure> {
        Self::start_with(args, |settings| settings)
    }

    fn start_with(
        args: &CommonArgs,
        change: impl FnOnce(Settings) -> Settings,
    ) -> Result<(Self, Workspace), Failure> {
        let cwd = std::env::current_dir().map_err(|error| {
            Failure::new(format_args!(
                "the working directory cannot be used: {error}"
            ))
        })?;
        let stdin = args.stdin.then(read_stdin).transpose()?;
        let targets = match &stdin {
            Some(bytes) => Targets::overlay(&cwd, &args.stdin_filename, bytes.clone()),
            None => Targets::new(&cwd, &args.paths),
        };
        let mut project = Project::open(&targets.start(&cwd), &args.config_choice())
            .map_err(|error| open_failure(&cwd, &error))?;
        let list = FileList::find(&project, targets, args.force_exclude);
        let is_whole = list.is_whole;
        let config = std::mem::take(&mut project.config);
        if let Some(source) = &project.source {
            let mut stderr = stderr();
            for warning in &config.warnings {
                let text = config_message(&cwd, source, warning, Level::WARNING);
                stderr.write_all(text.as_bytes())?;
            }
        }
        let settings = Settings::new(config, &args.select, &args.ignore).map_err(|error| {
            Failure::new(format_args!("{error} (`nixamine rules` lists them all)"))
        })?;
        let settings = change(settings);
        let threads = args.threads.map(usize::from);
        let (mut workspace, loaded) =
            with_progress(|progress| load(list, &settings, threads, progress))
                .map_err(|error| Failure::new(format_args!("no threads: {error}")))?;
        let root = project.root;
        workspace.know(index::known(&root, settings.config()));
        if is_whole {
            workspace.is_whole(presence::presence(&root));
        }
        Ok((
            Self {
                cwd,
                root,
                settings,
                loaded,
                stdin,
            },
            workspace,
        ))
    }

    /// Reads and joins a project, to ask what is known of it.
    pub(crate) fn joined(args: &ProjectArgs) -> Result<Joined, Failure> {
        Self::joined_with(args, |settings| settings)
    }

    /// The same with the settings of a report.
    pub(crate) fn reported(args: &ProjectArgs) -> Result<Joined, Failure> {
        Self::joined_with(args, Settings::for_report)
    }

    fn joined_with(
        args: &ProjectArgs,
        change: impl FnOnce(Settings) -> Settings,
    ) -> Result<Joined, Failure> {
        if !args.path.exists() {
            let path = args.path.display();
            return Err(Failure::new(format_args!("{path}: does not exist")));
        }
        let (run, mut workspace) = Self::start_with(&args.common(), change)?;
        for Unreadable { path, reason } in run.unreadable() {
            let warning = paint(terminal::WARNING, "warning");
            let (path, reason) = (clean(&path), clean(&reason));
            writeln!(stderr(), "{warning}: {path}: {reason}")?;
        }
        catch(|| workspace.join(&run.settings)).map_err(Failure::new)?;
        Ok(Joined { run, workspace })
    }

    /// The root of the project.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A path of the engine as a reader sees it.
    pub(crate) fn show(&self, path: &str) -> String {
        show_path(&self.cwd, &self.root.join(path))
    }

    /// A path of the system as a reader sees it.
    pub(crate) fn show_disk(&self, path: &Path) -> String {
        show_path(&self.cwd, path)
    }

    /// What could not be read.
    pub(crate) fn unreadable(&self) -> Vec<wire::Unreadable> {
        self.loaded
            .unreadable
            .iter()
            .map(|unreadable| wire::Unreadable {
                path: self.show_disk(&unreadable.path),
                reason: unreadable.reason.clone(),
            })
            .collect()
    }
}

/// A project that can be asked.
pub(crate) struct Joined {
    pub(crate) run: Run,
    workspace: Workspace,
}

impl Joined {
    /// Where it stands.
    pub(crate) fn audit(&self, around: Surroundings, is_wanted: &dyn Fn(&str) -> bool) -> Audit {
        Audit::new(&self.workspace, &self.run.settings, around, is_wanted)
    }

    /// What is known of it.
    pub(crate) fn knowledge(&self) -> Knowledge<'_> {
        self.workspace
            .knowledge()
            .expect("a workspace that was joined")
    }
}

/// Relative to the working directory, with `/`; absolute outside it.
fn show_path(cwd: &Path, path: &Path) -> String {
    let shown = path.strip_prefix(cwd).unwrap_or(path);
    let shown = if shown.as_os_str().is_empty() {
        Path::new(".")
    } else {
        shown
    };
    let shown = shown.to_string_lossy();
    if cfg!(windows) {
        shown.replace('\\', "/")
    } else {
        shown.into_owned()
    }
}

fn read_stdin() -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .take(read::MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::new(format_args!("standard input cannot be read: {error}")))?;
    if bytes.len() as u64 > read::MAX_BYTES {
        let limit = read::MAX_BYTES >> 20;
        return Err(Failure::new(format_args!(
            "standard input is larger than {limit} MiB"
        )));
    }
    Ok(bytes)
}

fn open_failure(cwd: &Path, error: &OpenError) -> Failure {
    match error {
        OpenError::Invalid { source, error } => {
            Failure::Message(config_message(cwd, source, error, Level::ERROR))
        }
        OpenError::Unreadable { path, reason } => {
            Failure::new(format_args!("{}: {reason}", show_path(cwd, path)))
        }
    }
}

/// A place in the configuration file, with its frame.
fn config_message(
    cwd: &Path,
    source: &ConfigSource,
    error: &ConfigError,
    level: Level<'_>,
) -> String {
    let path = clean(&show_path(cwd, &source.path)).into_owned();
    let message = clean(&error.message).into_owned();
    let span = error.span.clone().unwrap_or(0..0);
    let size = |at: usize| (at.min(source.text.len()) as u32).into();
    let range = TextRange::new(size(span.start), size(span.end.max(span.start)));
    let frame = Source::new(&source.text).frame(&[range]);
    let marked = frame.ranges[0].clone();
    let snippet = Snippet::source(frame.text)
        .path(path)
        .line_start(frame.first)
        .annotation(AnnotationKind::Primary.span(marked));
    let group = level.primary_title(message).element(snippet);
    format!("{}\n\n", text::renderer().render(&[group]))
}

/// Runs `work` and, if it takes long on a terminal, shows how far it is.
fn with_progress<T>(work: impl FnOnce(&Progress) -> T) -> T {
    let progress = Progress::default();
    if !io::stderr().is_terminal() {
        return work(&progress);
    }
    std::thread::scope(|scope| {
        let (finished, wait) = mpsc::channel::<()>();
        let progress = &progress;
        scope.spawn(move || {
            let ends = |timeout| wait.recv_timeout(timeout) != Err(mpsc::RecvTimeoutError::Timeout);
            if ends(Duration::from_millis(500)) {
                return;
            }
            let bar = ProgressBar::new(progress.total.load(Ordering::Relaxed) as u64);
            if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} files") {
                bar.set_style(style);
            }
            loop {
                bar.set_position(progress.done.load(Ordering::Relaxed) as u64);
                if ends(Duration::from_millis(100)) {
                    break;
                }
            }
            bar.finish_and_clear();
        });
        let result = work(progress);
        drop(finished);
        result
    })
}

/// Standard output, with colours if they are wanted.
pub(crate) fn stdout() -> io::BufWriter<anstream::AutoStream<io::StdoutLock<'static>>> {
    // The buffer is outside, so that the filter gets large pieces.
    let choice = anstream::AutoStream::choice(&io::stdout());
    io::BufWriter::with_capacity(
        1 << 16,
        anstream::AutoStream::new(io::stdout().lock(), choice),
    )
}

/// Standard error, with colours if they are wanted.
pub(crate) fn stderr() -> anstream::AutoStream<io::StderrLock<'static>> {
    let choice = anstream::AutoStream::choice(&io::stderr());
    anstream::AutoStream::new(io::stderr().lock(), choice)
}
