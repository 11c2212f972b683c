//! The engine's thread: all texts, trees and findings, and what the client may ask.

use crate::convert::{config_diagnostics, diagnostic};
use crate::log::{Level, LogFile};
use crate::options::{ClientOptions, Delivery};
use crate::position::{self, Measured};
use crate::server::Mouth;
use crate::space::{ConfigProblems, Read, Space, read, stamp};
use nixamine_project::{Progress, catch, read::read as read_text, resolve_parent};
use nixamine_rules::config::{Config, FILE_NAME};
use nixamine_rules::syntax::{Encoding, GreenNode, LineIndex, TextEdit, TextRange};
use nixamine_rules::workspace::Edited;
use nixamine_rules::{Settings, path};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc::UnboundedSender, oneshot};
use tower_lsp::lsp_types::notification::{LogMessage, PublishDiagnostics, ShowMessage};
use tower_lsp::lsp_types::{
    self, ClientCapabilities, DeleteFilesParams, DidChangeConfigurationParams,
    DidChangeTextDocumentParams, DidChangeWatchedFilesParams, DidChangeWorkspaceFoldersParams,
    DidCloseTextDocumentParams, DidOpenTextDocumentParams, DidSaveTextDocumentParams,
    FileChangeType, FileEvent, InitializeParams, Location, LogMessageParams, MessageType,
    PublishDiagnosticsParams, Range, RenameFilesParams, ShowMessageParams, Url,
};

/// Something for the engine's thread to do.
pub(crate) enum Work {
    /// A notification of the client: its method and what came with it.
    Notify(String, Value),
    /// Something that is no message.
    Nonsense(String),
    /// Something that somebody waits for.
    Ask(Box<dyn FnOnce(&mut Session) + Send>),
    /// A project was read.
    Read {
        space: u32,
        reading: u64,
        result: Box<Result<Read, String>>,
    },
    /// A project has files that are not known, or misses some.
    Stale(u32),
}

/// Something that the client is asked, or asked to do.
pub(crate) enum Question {
    /// Asks to be told of changed files.
    Watch,
    /// Asks for the section `nixamine` of the configuration.
    Configuration,
    /// Asks the client to ask for findings again.
    Refresh,
    /// Shows how far a reading is, until the other end is dropped.
    Progress(String, Arc<Progress>, oneshot::Receiver<()>),
    /// Puts the cursor somewhere.
    Select(Url, Range),
}

/// What the client can do.
#[derive(Debug, Clone, Default)]
pub(crate) struct Client {
    pub(crate) document_changes: bool,
    pub(crate) creates: bool,
    pub(crate) resolves_actions: bool,
    pub(crate) shows_documents: bool,
    pub(crate) markdown: bool,
    watches: bool,
    configures: bool,
    progress: bool,
    refreshes: bool,
}

/// A file of a space.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Home {
    pub(crate) space: u32,
    pub(crate) path: Arc<str>,
}

/// What an open document is.
enum Role {
    /// A file that is checked.
    Member(Home),
    /// A `nixamine.toml`.
    Config,
    /// Nothing to say anything of.
    Silent,
}

/// An open document.
pub(crate) struct Open {
    pub(crate) version: i32,
    pub(crate) text: String,
    lines: LineIndex,
    role: Role,
    /// Why the engine does not know it: it failed.
    failed: Option<String>,
}

impl Open {
    pub(crate) fn measured(&self, encoding: Encoding) -> Measured<'_> {
        Measured {
            text: &self.text,
            lines: &self.lines,
            encoding,
        }
    }
}

/// The state of the server.
pub(crate) struct Session {
    mouth: Mouth,
    asking: UnboundedSender<Question>,
    own: Sender<Work>,
    dropper: Sender<Vec<GreenNode>>,
    log: Option<LogFile>,
    level: Level,
    pub(crate) encoding: Encoding,
    pub(crate) client: Client,
    pub(crate) options: ClientOptions,
    initial: Value,
    folders: Vec<PathBuf>,
    is_running: bool,
    pub(crate) spaces: BTreeMap<u32, Space>,
    next_space: u32,
    open: HashMap<Url, Open>,
    at: HashMap<Home, Url>,
    /// What was last said of each file.
    published: HashMap<Url, PublishDiagnosticsParams>,
    /// Files of which something else may have to be said.
    dirty: BTreeSet<Home>,
    /// Must the client ask again?
    stale_pull: bool,
    /// The document that is being worked on.
    current: Option<Url>,
}

/// Without anything to do for so long, the disk is looked at, where the client
/// does not tell what changes there.
const LOOK: Duration = Duration::from_secs(2);
/// More files are looked at only when something was saved or opened.
const MOST_LOOKED_AT: usize = 2_000;
/// While work keeps coming, something is said at least so often.
const PATIENCE: Duration = Duration::from_millis(100);
/// The store of Nix: what lies there is nobody's to mend.
const STORE: &str = "/nix/store";
/// Of so many files that are not open something is said before new work is taken.
const MOST_OTHERS: usize = 8;
/// More changed files have a project read again as a whole.
const MOST_SINGLY: usize = 20;

impl Session {
    pub(crate) fn new(
        mouth: Mouth,
        asking: UnboundedSender<Question>,
        own: Sender<Work>,
        log: Option<LogFile>,
        level: Level,
    ) -> Self {
        let (dropper, dropped) = std::sync::mpsc::channel::<Vec<GreenNode>>();
        // Dropping a large tree takes as long as making one. Without such a thread
        // they are dropped here.
        let _ = std::thread::Builder::new()
            .name("dropper".to_owned())
            .spawn(move || dropped.into_iter().for_each(drop));
        Self {
            mouth,
            asking,
            own,
            dropper,
            log,
            level,
            encoding: Encoding::Utf16,
            client: Client::default(),
            options: ClientOptions::default(),
            initial: Value::Null,
            folders: Vec::new(),
            is_running: false,
            spaces: BTreeMap::new(),
            next_space: 0,
            open: HashMap::new(),
            at: HashMap::new(),
            published: HashMap::new(),
            dirty: BTreeSet::new(),
            stale_pull: false,
            current: None,
        }
    }

    /// Works until nobody is left to give work.
    pub(crate) fn run(mut self, work: &Receiver<Work>) {
        loop {
            let first = if !self.dirty.is_empty() {
                // There is more to say.
                work.try_recv().map_err(|error| match error {
                    TryRecvError::Empty => None,
                    TryRecvError::Disconnected => Some(RecvTimeoutError::Disconnected),
                })
            } else if self.looks() {
                work.recv_timeout(LOOK).map_err(Some)
            } else {
                work.recv()
                    .map_err(|_| Some(RecvTimeoutError::Disconnected))
            };
            match first {
                Ok(first) => self.attempt("a message", |session| session.handle(first)),
                Err(None) => {}
                Err(Some(RecvTimeoutError::Timeout)) => {
                    self.attempt("looking at the disk", |session| session.look(false));
                }
                Err(Some(RecvTimeoutError::Disconnected)) => return,
            }
            // What waits may change what there is to say.
            let start = Instant::now();
            while start.elapsed() < PATIENCE
                && let Ok(next) = work.try_recv()
            {
                self.attempt("a message", |session| session.handle(next));
            }
            self.attempt("publishing", Self::publish);
        }
    }

    /// Does something that may panic. Then the document at hand is set aside, and
    /// the server goes on.
    fn attempt(&mut self, what: &str, work: impl FnOnce(&mut Self)) {
        let outcome = catch(|| work(self));
        let current = self.current.take();
        let Err(reason) = outcome else { return };
        self.say(Level::Error, &format!("{what} failed: {reason}"));
        if let Some(uri) = current {
            self.set_aside(&uri, reason);
        }
    }

    /// Takes a document on which the engine failed out of its project.
    fn set_aside(&mut self, uri: &Url, reason: String) {
        let Some(open) = self.open.get_mut(uri) else {
            return;
        };
        let range = Range::default();
        let item = lsp_types::Diagnostic {
            range,
            severity: Some(lsp_types::DiagnosticSeverity::WARNING),
            source: Some(crate::convert::SOURCE.to_owned()),
            message: format!("Nixamine failed on this file: {reason}"),
            ..lsp_types::Diagnostic::default()
        };
        open.failed = Some(reason);
        let version = Some(open.version);
        if let Role::Member(home) = &open.role {
            let home = home.clone();
            let removed = catch(|| {
                let space = self.spaces.get_mut(&home.space)?;
                let settings = space.settings.clone();
                Some(space.workspace.remove(&home.path, &settings))
            });
            match removed {
                Ok(Some(edited)) => self.mark(&home, edited),
                Ok(None) => {}
                // Whatever state it is in: from the beginning.
                Err(_) => self.read_space(home.space),
            }
            self.dirty.remove(&home);
        }
        self.tell(uri.clone(), version, vec![item]);
    }

    fn handle(&mut self, work: Work) {
        match work {
            Work::Notify(method, params) => self.notified(&method, params),
            Work::Nonsense(reason) => self.say(Level::Warn, &reason),
            Work::Ask(ask) => ask(self),
            Work::Read {
                space,
                reading,
                result,
            } => self.has_read(space, reading, *result),
            Work::Stale(space) => self.read_space(space),
        }
    }

    /// Writes to the log, and to the client.
    pub(crate) fn say(&mut self, level: Level, text: &str) {
        if level > self.level {
            return;
        }
        if let Some(log) = &mut self.log {
            log.write(level, text);
        }
        // Before that nothing may be said.
        if self.is_running {
            self.mouth.notify::<LogMessage>(&LogMessageParams {
                typ: level.message_type(),
                message: text.to_owned(),
            });
        }
    }

    fn show(&mut self, kind: MessageType, text: String) {
        if let Some(log) = &mut self.log {
            log.write(Level::Warn, &text);
        }
        let message = text;
        self.mouth
            .notify::<ShowMessage>(&ShowMessageParams { typ: kind, message });
    }

    pub(crate) fn ask(&self, question: Question) {
        // Nobody listens any more when the server ends.
        let _ = self.asking.send(question);
    }

    // The life of a session.

    /// Takes what the client says of itself. Returns the encoding and the delivery.
    pub(crate) fn initialize(&mut self, params: InitializeParams) -> (Encoding, Delivery) {
        let capabilities = &params.capabilities;
        let offered = capabilities
            .general
            .as_ref()
            .and_then(|general| general.position_encodings.as_deref());
        self.encoding = position::negotiate(offered.unwrap_or_default());
        self.client = Client::of(capabilities);
        self.initial = params.initialization_options.unwrap_or_default();
        self.set_options(&Value::Null);
        #[allow(deprecated, reason = "older clients send nothing else")]
        let root = params.root_uri;
        let folders = params
            .workspace_folders
            .filter(|folders| !folders.is_empty());
        let folders = folders.map_or_else(
            || root.into_iter().collect(),
            |folders| {
                folders
                    .into_iter()
                    .map(|folder| folder.uri)
                    .collect::<Vec<_>>()
            },
        );
        let paths = folders.iter().filter_map(|uri| uri.to_file_path().ok());
        self.folders = paths.collect();
        (self.encoding, self.options.diagnostics)
    }

    /// Takes the client's options: what it gives now over what it gave first.
    fn set_options(&mut self, given: &Value) {
        let mut merged = self
            .initial
            .get("nixamine")
            .unwrap_or(&self.initial)
            .clone();
        let given = given.get("nixamine").unwrap_or(given);
        if let (Some(merged), Some(given)) = (merged.as_object_mut(), given.as_object()) {
            merged.extend(given.clone());
        } else if given.is_object() {
            merged = given.clone();
        }
        match ClientOptions::read(&merged) {
            Ok(mut options) => {
                // The capability was given; one session keeps to it.
                if self.is_running {
                    options.diagnostics = self.options.diagnostics;
                }
                let known = Settings::new(Config::default(), &options.select, &options.ignore);
                if let Err(error) = known {
                    let text = format!("Nixamine's settings in the editor: {error}");
                    self.show(MessageType::WARNING, text);
                }
                self.options = options;
            }
            Err(error) => {
                let text = format!("Nixamine's settings in the editor are not understood: {error}");
                self.show(MessageType::WARNING, text);
            }
        }
    }

    fn initialized(&mut self) {
        self.is_running = true;
        if self.client.watches {
            self.ask(Question::Watch);
        }
        if self.client.configures {
            self.ask(Question::Configuration);
        }
        for folder in std::mem::take(&mut self.folders) {
            self.add_folder(&folder);
        }
    }

    /// The space of a folder, read if it is new.
    fn add_folder(&mut self, folder: &Path) -> Option<u32> {
        let folder = match folder.canonicalize() {
            Ok(folder) => folder,
            Err(error) => {
                let text = format!("{}: {error}", folder.display());
                self.say(Level::Warn, &text);
                return None;
            }
        };
        Some(self.add_space(Space::open(&folder, &self.options)))
    }

    /// The number of a project, read if it is new.
    fn add_space(&mut self, space: Space) -> u32 {
        let root = &space.project.root;
        let known = self
            .spaces
            .iter()
            .find(|(_, known)| !known.single && known.project.root == *root);
        if let Some((id, _)) = known {
            return *id;
        }
        let id = self.next_space;
        self.next_space += 1;
        self.spaces.insert(id, space);
        self.tell_config(id);
        self.read_space(id);
        id
    }

    /// Reads a project, elsewhere.
    pub(crate) fn read_space(&mut self, id: u32) {
        let Some(space) = self.spaces.get_mut(&id).filter(|space| !space.single) else {
            return;
        };
        space.reading += 1;
        let reading = space.reading;
        let (project, settings) = (space.project.clone(), space.settings.clone());
        let (most, own) = (self.options.max_files, self.own.clone());
        let progress = Arc::new(Progress::default());
        let (done, ended) = oneshot::channel();
        if self.client.progress && !space.ready {
            let title = format!("Reading {}", project.root.display());
            self.ask(Question::Progress(title, progress.clone(), ended));
        }
        let spawned = std::thread::Builder::new()
            .name("reader".to_owned())
            .spawn(move || {
                let result = catch(|| read(&project, &settings, most, &progress)).and_then(|it| it);
                let result = Box::new(result);
                drop(done);
                // The session may have ended meanwhile.
                let _ = own.send(Work::Read {
                    space: id,
                    reading,
                    result,
                });
            });
        if let Err(error) = spawned {
            self.say(Level::Error, &format!("no thread to read with: {error}"));
        }
    }

    fn has_read(&mut self, id: u32, reading: u64, result: Result<Read, String>) {
        let Some(space) = self
            .spaces
            .get_mut(&id)
            .filter(|space| space.reading == reading)
        else {
            return;
        };
        let before: Vec<_> = known_files(id, space).collect();
        space.ready = true;
        let root = space.project.root.display().to_string();
        match result {
            Ok(read) => {
                space.stamps = read.stamps;
                match read.workspace {
                    Some(workspace) => {
                        space.workspace = workspace;
                        let count = space.workspace.documents().len();
                        self.say(Level::Info, &format!("{root}: {count} files read"));
                    }
                    None => {
                        let text = format!(
                            "{root} holds too much to read it all, so each open file is checked \
                             with the other open ones only. Open the folder of a configuration, \
                             or raise `maxFiles` (now {}).",
                            self.options.max_files
                        );
                        self.show(MessageType::WARNING, text);
                    }
                }
                for (path, reason) in read.unreadable {
                    let text = format!("{}: {reason}", path.display());
                    self.say(Level::Warn, &text);
                }
            }
            Err(reason) => {
                let text = format!("{root} could not be read: {reason}");
                self.show(MessageType::ERROR, text);
            }
        }
        // What is open is as the editor has it.
        let open = self.open.iter().filter(|(_, open)| match &open.role {
            Role::Member(home) => {
                let single = self
                    .spaces
                    .get(&home.space)
                    .is_none_or(|space| space.single);
                home.space == id || single
            }
            Role::Config | Role::Silent => false,
        });
        let open: Vec<Url> = open.map(|(uri, _)| uri.clone()).collect();
        for uri in open {
            self.current = Some(uri.clone());
            self.assign(&uri);
            self.enter(&uri);
        }
        self.current = None;
        let Some(space) = self.spaces.get(&id) else {
            return;
        };
        self.dirty.extend(before);
        self.dirty.extend(known_files(id, space));
    }

    // Documents.

    fn notified(&mut self, method: &str, params: Value) {
        fn with<T: DeserializeOwned>(
            session: &mut Session,
            params: Value,
            run: fn(&mut Session, T),
        ) {
            match serde_json::from_value(params) {
                Ok(params) => run(session, params),
                Err(error) => {
                    session.say(
                        Level::Warn,
                        &format!("a notification is not understood: {error}"),
                    );
                }
            }
        }
        self.say(Level::Debug, method);
        if !self.is_running && method != "initialized" {
            return self.say(Level::Warn, &format!("{method} came too early"));
        }
        match method {
            "initialized" => self.initialized(),
            "textDocument/didOpen" => with(self, params, Self::did_open),
            "textDocument/didChange" => with(self, params, Self::did_change),
            "textDocument/didClose" => with(self, params, Self::did_close),
            "textDocument/didSave" => with(self, params, Self::did_save),
            "workspace/didChangeConfiguration" => {
                with(self, params, Self::did_change_configuration)
            }
            "workspace/didChangeWatchedFiles" => with(self, params, Self::did_change_files),
            "workspace/didRenameFiles" => with(self, params, Self::did_rename_files),
            "workspace/didDeleteFiles" => with(self, params, Self::did_delete_files),
            "workspace/didChangeWorkspaceFolders" => with(self, params, Self::did_change_folders),
            _ => {}
        }
    }

    fn did_open(&mut self, params: DidOpenTextDocumentParams) {
        let document = params.text_document;
        let uri = document.uri;
        if self.open.contains_key(&uri) {
            self.say(Level::Warn, &format!("{uri} was opened twice"));
            self.leave(&uri);
        }
        let open = Open {
            version: document.version,
            lines: LineIndex::new(&document.text),
            text: document.text,
            role: Role::Silent,
            failed: None,
        };
        self.open.insert(uri.clone(), open);
        self.current = Some(uri.clone());
        self.assign(&uri);
        self.enter(&uri);
        if !self.client.watches {
            self.look(true);
        }
    }

    /// Decides what a document is.
    fn assign(&mut self, uri: &Url) {
        let role = self.role_of(uri);
        let Some(open) = self.open.get_mut(uri) else {
            return;
        };
        let old = std::mem::replace(&mut open.role, role);
        if let Role::Member(old) = old {
            self.at.remove(&old);
            // Each such space has one document.
            let single = self
                .spaces
                .get(&old.space)
                .is_some_and(|space| space.single);
            if single {
                self.spaces.remove(&old.space);
            }
        }
        if let Some(Role::Member(home)) = self.open.get(uri).map(|open| &open.role) {
            self.at.insert(home.clone(), uri.clone());
        }
    }

    fn role_of(&mut self, uri: &Url) -> Role {
        let disk = match uri.scheme() {
            "file" => uri.to_file_path().ok(),
            "untitled" => return self.single(Path::new("/"), uri.path()),
            _ => return Role::Silent,
        };
        let Some(disk) = disk else {
            return Role::Silent;
        };
        if disk.starts_with(STORE) {
            return Role::Silent;
        }
        let name = disk
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if name == FILE_NAME {
            return Role::Config;
        }
        if !name.ends_with(".nix") {
            return Role::Silent;
        }
        let resolved = resolve_parent(&disk);
        let disk = resolved.as_ref().unwrap_or(&disk);
        let Some(folder) = disk.parent() else {
            return Role::Silent;
        };
        match self
            .space_around(disk)
            .or_else(|| self.project_around(folder))
        {
            Some(id) => self.member(id, disk, name),
            None => self.single(folder, name),
        }
    }

    /// The innermost project that holds a file.
    fn space_around(&self, disk: &Path) -> Option<u32> {
        let folders = self.spaces.iter().filter(|(_, space)| !space.single);
        let around = folders.filter(|(_, space)| disk.starts_with(&space.project.root));
        let innermost = around.max_by_key(|(_, space)| space.project.root.as_os_str().len());
        innermost.map(|(id, _)| *id)
    }

    /// The project around a folder that the client did not name.
    fn project_around(&mut self, folder: &Path) -> Option<u32> {
        let folder = folder.ancestors().find(|folder| folder.is_dir())?;
        let folder = folder.canonicalize().ok()?;
        let space = Space::open(&folder, &self.options);
        space.project.marked.then(|| self.add_space(space))
    }

    fn member(&mut self, id: u32, disk: &Path, name: &str) -> Role {
        let Some(space) = self.spaces.get(&id) else {
            return Role::Silent;
        };
        let Some(path) = space.project.relative(disk) else {
            return Role::Silent;
        };
        if space.project.config.excludes(&path) {
            return Role::Silent;
        }
        // A file that was left out although it exists is one that git ignores.
        let is_read = space.ready && !space.stamps.is_empty();
        if is_read && !space.stamps.contains_key(&*path) && disk.exists() {
            return self.single(disk.parent().unwrap_or(Path::new("/")), name);
        }
        Role::Member(Home {
            space: id,
            path: path.into(),
        })
    }

    fn single(&mut self, folder: &Path, name: &str) -> Role {
        let name = path::file_name(name.trim_start_matches('/'));
        let space = Space::single(folder, &self.options);
        let id = self.next_space;
        self.next_space += 1;
        self.spaces.insert(id, space);
        Role::Member(Home {
            space: id,
            path: name.into(),
        })
    }

    /// Gives the text of an open document to the engine.
    fn enter(&mut self, uri: &Url) {
        let Some(open) = self.open.get_mut(uri) else {
            return;
        };
        match &open.role {
            Role::Member(home) => {
                let home = home.clone();
                let Some(space) = self.spaces.get_mut(&home.space) else {
                    return;
                };
                if space.ready {
                    space.forget_lines(&home.path);
                    let settings = space.settings.clone();
                    let edited = space.workspace.open(&home.path, &open.text, &settings);
                    open.failed = None;
                    self.mark(&home, edited);
                }
            }
            Role::Config => self.check_config(uri),
            Role::Silent => {}
        }
    }

    /// What was said of other files may have to be said otherwise.
    fn mark(&mut self, home: &Home, edited: Edited) {
        if let Some(space) = self.spaces.get(&home.space) {
            let documents = space.workspace.documents();
            let others = edited.others.iter().filter_map(|file| documents.get(*file));
            self.dirty.extend(others.map(|document| Home {
                space: home.space,
                path: document.path().clone(),
            }));
        }
        self.dirty.insert(home.clone());
        if !edited.old.is_empty() {
            // If that thread is gone, they are dropped here.
            let _ = self.dropper.send(edited.old);
        }
    }

    fn did_change(&mut self, params: DidChangeTextDocumentParams) {
        let uri = params.text_document.uri;
        self.current = Some(uri.clone());
        let Some(open) = self.open.get_mut(&uri) else {
            return self.say(
                Level::Warn,
                &format!("{uri} was changed, but it is not open"),
            );
        };
        let (old_version, version) = (open.version, params.text_document.version);
        open.version = version;
        let mut edits = Vec::with_capacity(params.content_changes.len());
        for change in params.content_changes {
            let range = match change.range {
                Some(range) => open.measured(self.encoding).range(range),
                None => TextRange::up_to((open.text.len() as u32).into()),
            };
            let place = std::ops::Range::<usize>::from(range);
            open.text.replace_range(place, &change.text);
            open.lines.edit(&open.text, range, change.text.len());
            edits.push(TextEdit {
                range,
                text: change.text,
            });
        }
        let failed = open.failed.is_some();
        match &open.role {
            Role::Member(home) => {
                let home = home.clone();
                let Some(space) = self.spaces.get_mut(&home.space) else {
                    return;
                };
                if failed {
                    self.enter(&uri);
                } else if space.ready {
                    let settings = space.settings.clone();
                    let edited = space.workspace.edit(&home.path, &edits, &settings);
                    self.mark(&home, edited);
                }
            }
            Role::Config => self.check_config(&uri),
            Role::Silent => {}
        }
        if version <= old_version {
            let text = format!("{uri}: version {version} came after {old_version}");
            self.say(Level::Warn, &text);
        }
    }

    fn did_close(&mut self, params: DidCloseTextDocumentParams) {
        let uri = params.text_document.uri;
        if !self.open.contains_key(&uri) {
            return self.say(
                Level::Warn,
                &format!("{uri} was closed, but it was not open"),
            );
        }
        self.leave(&uri);
    }

    /// A document is again as it is on the disk.
    fn leave(&mut self, uri: &Url) {
        let Some(open) = self.open.remove(uri) else {
            return;
        };
        let Role::Member(home) = open.role else {
            if let Role::Config = open.role {
                self.tell(uri.clone(), None, Vec::new());
                let spaces: Vec<u32> = self.spaces.keys().copied().collect();
                spaces.into_iter().for_each(|id| self.tell_config(id));
            }
            return;
        };
        self.at.remove(&home);
        let Some(space) = self.spaces.get_mut(&home.space) else {
            return;
        };
        if space.single {
            self.spaces.remove(&home.space);
            return self.tell(uri.clone(), None, Vec::new());
        }
        // It may be called otherwise from now on.
        let canonical = Url::from_file_path(space.disk(&home.path)).ok();
        if canonical.as_ref() != Some(uri) {
            self.tell(uri.clone(), None, Vec::new());
        }
        self.read_again(&home);
    }

    /// Reads a file that is not open.
    fn read_again(&mut self, home: &Home) {
        let Some(space) = self.spaces.get_mut(&home.space).filter(|space| space.ready) else {
            return;
        };
        let disk = space.disk(&home.path);
        let settings = space.settings.clone();
        let found = stamp(&disk).and_then(|stamp| Some((stamp, read_text(&disk).ok()?)));
        let edited = match found {
            Some((stamp, text)) => {
                space.stamps.insert(home.path.clone(), stamp);
                space.workspace.close(&home.path, &text, &settings)
            }
            None => {
                space.stamps.remove(&home.path);
                space.workspace.remove(&home.path, &settings)
            }
        };
        self.mark(home, edited);
    }

    fn did_save(&mut self, params: DidSaveTextDocumentParams) {
        let uri = params.text_document.uri;
        let Some(open) = self.open.get(&uri) else {
            return;
        };
        match &open.role {
            Role::Config => self.look_at_configs(),
            Role::Member(home) => {
                let Some(space) = self.spaces.get_mut(&home.space) else {
                    return;
                };
                if let Some(stamp) = stamp(&space.disk(&home.path)) {
                    space.stamps.insert(home.path.clone(), stamp);
                }
            }
            Role::Silent => {}
        }
        if !self.client.watches {
            self.look(true);
        }
    }

    // What changes beside the documents.

    fn did_change_configuration(&mut self, params: DidChangeConfigurationParams) {
        if params.settings.is_null() && self.client.configures {
            return self.ask(Question::Configuration);
        }
        self.configure(&params.settings);
    }

    /// Takes other options.
    pub(crate) fn configure(&mut self, given: &Value) {
        let before = self.options.clone();
        self.set_options(given);
        if self.options == before {
            return;
        }
        let spaces: Vec<u32> = self.spaces.keys().copied().collect();
        for id in spaces {
            self.reload(id);
        }
    }

    /// Reads a configuration again, and all files if it says something else.
    fn reload(&mut self, id: u32) {
        let Some(space) = self.spaces.get_mut(&id) else {
            return;
        };
        let is_new = space.reload(&self.options);
        if space.single {
            let open = self.at.iter().find(|(home, _)| home.space == id);
            if let Some((home, uri)) = open.map(|(home, uri)| (home.clone(), uri.clone())) {
                let settings = space.settings.clone();
                let edited = space.workspace.remove(&home.path, &settings);
                self.mark(&home, edited);
                self.enter(&uri);
            }
            return;
        }
        self.tell_config(id);
        if is_new {
            self.read_space(id);
        }
    }

    fn did_change_folders(&mut self, params: DidChangeWorkspaceFoldersParams) {
        for folder in params.event.removed {
            let root = folder
                .uri
                .to_file_path()
                .ok()
                .and_then(|path| path.canonicalize().ok());
            let gone = self
                .spaces
                .iter()
                .find(|(_, space)| !space.single && root.as_ref() == Some(&space.project.root));
            let Some(id) = gone.map(|(id, _)| *id) else {
                continue;
            };
            let Some(space) = self.spaces.remove(&id) else {
                continue;
            };
            for home in known_files(id, &space) {
                if !self.at.contains_key(&home)
                    && let Ok(uri) = Url::from_file_path(space.disk(&home.path))
                {
                    self.tell(uri, None, Vec::new());
                }
            }
            let open: Vec<Url> = self
                .at
                .iter()
                .filter(|(home, _)| home.space == id)
                .map(|(_, uri)| uri.clone())
                .collect();
            for uri in open {
                self.assign(&uri);
                self.enter(&uri);
            }
        }
        for folder in params.event.added {
            if let Ok(path) = folder.uri.to_file_path() {
                self.add_folder(&path);
            }
        }
    }

    fn did_change_files(&mut self, params: DidChangeWatchedFilesParams) {
        let mut configs = false;
        let mut again = BTreeSet::new();
        let many = params.changes.len() > MOST_SINGLY;
        for change in params.changes {
            let Ok(disk) = change.uri.to_file_path() else {
                continue;
            };
            let disk = resolve_parent(&disk).unwrap_or(disk);
            if disk.file_name().is_some_and(|name| name == FILE_NAME) {
                configs = true;
                continue;
            }
            let Some(id) = self.space_around(&disk) else {
                continue;
            };
            let Some(space) = self.spaces.get(&id) else {
                continue;
            };
            let Some(path) = space.project.relative(&disk) else {
                continue;
            };
            let home = Home {
                space: id,
                path: path.into(),
            };
            let known = space.workspace.position(&home.path).is_some();
            if self.at.contains_key(&home) {
                continue;
            }
            match change.typ {
                _ if many => {
                    again.insert(id);
                }
                FileChangeType::DELETED if known => self.read_again(&home),
                // A folder may have gone.
                FileChangeType::DELETED => {
                    again.insert(id);
                }
                _ if known => self.read_again(&home),
                // Whether it belongs to the project, git's rules decide.
                _ => {
                    again.insert(id);
                }
            }
        }
        if configs {
            self.look_at_configs();
        }
        for id in again {
            self.read_space(id);
        }
    }

    fn did_rename_files(&mut self, params: RenameFilesParams) {
        let changes = params.files.iter().flat_map(|file| {
            [
                event(&file.old_uri, FileChangeType::DELETED),
                event(&file.new_uri, FileChangeType::CREATED),
            ]
        });
        let changes = changes.flatten().collect();
        self.did_change_files(DidChangeWatchedFilesParams { changes });
    }

    fn did_delete_files(&mut self, params: DeleteFilesParams) {
        let changes = params.files.iter();
        let changes = changes.filter_map(|file| event(&file.uri, FileChangeType::DELETED));
        let changes = changes.collect();
        self.did_change_files(DidChangeWatchedFilesParams { changes });
    }

    /// Does the disk have to be looked at?
    fn looks(&self) -> bool {
        self.is_running && !self.client.watches && !self.spaces.is_empty()
    }

    /// Looks for what changed on the disk, where the client does not tell.
    fn look(&mut self, thoroughly: bool) {
        self.look_at_configs();
        let mut changed = Vec::new();
        for (id, space) in &self.spaces {
            if !space.ready || space.single || !thoroughly && space.stamps.len() > MOST_LOOKED_AT {
                continue;
            }
            for (path, known) in &space.stamps {
                let home = Home {
                    space: *id,
                    path: path.clone(),
                };
                if !self.at.contains_key(&home) && stamp(&space.disk(path)) != Some(*known) {
                    changed.push(home);
                }
            }
        }
        match changed.len() > MOST_SINGLY {
            true => {
                let spaces: BTreeSet<u32> = changed.iter().map(|home| home.space).collect();
                spaces.into_iter().for_each(|id| self.read_space(id));
            }
            false => changed.iter().for_each(|home| self.read_again(home)),
        }
        if thoroughly {
            self.look_for_files();
        }
    }

    /// Looks, elsewhere, for files that came or went.
    fn look_for_files(&self) {
        for (id, space) in &self.spaces {
            if !space.ready || space.single || space.stamps.is_empty() {
                continue;
            }
            let known: HashSet<Arc<str>> = space.stamps.keys().cloned().collect();
            let (id, project) = (*id, space.project.clone());
            let (most, own) = (self.options.max_files, self.own.clone());
            // When there is no thread, the next look may find one.
            let _ = std::thread::Builder::new()
                .name("finder".to_owned())
                .spawn(move || {
                    let found = catch(|| nixamine_project::FileList::of_project(&project, most));
                    if let Ok(Some(list)) = found {
                        let same = list.entries.len() == known.len()
                            && list.entries.iter().all(|entry| known.contains(&entry.path));
                        if !same {
                            let _ = own.send(Work::Stale(id));
                        }
                    }
                });
        }
    }

    fn look_at_configs(&mut self) {
        let stale = |space: &Space| space.is_config_stale(&self.options);
        let spaces = self.spaces.iter().filter(|(_, space)| stale(space));
        let spaces: Vec<u32> = spaces.map(|(id, _)| *id).collect();
        for id in spaces {
            self.reload(id);
        }
    }

    // What is said.

    /// The document that is open of a file.
    pub(crate) fn open_at(&self, home: &Home) -> Option<(&Url, &Open)> {
        let uri = self.at.get(home)?;
        Some((uri, self.open.get(uri)?))
    }

    /// An open document.
    pub(crate) fn open(&self, uri: &Url) -> Option<&Open> {
        self.open.get(uri)
    }

    /// The file that an open document is.
    pub(crate) fn home(&self, uri: &Url) -> Option<&Home> {
        match &self.open.get(uri)?.role {
            Role::Member(home) => Some(home),
            Role::Config | Role::Silent => None,
        }
    }

    /// Is a document a `nixamine.toml`?
    pub(crate) fn is_config(&self, uri: &Url) -> bool {
        self.open
            .get(uri)
            .is_some_and(|open| matches!(open.role, Role::Config))
    }

    /// Where a file is, as the client names it.
    pub(crate) fn uri_of(&self, home: &Home) -> Option<Url> {
        if let Some(uri) = self.at.get(home) {
            return Some(uri.clone());
        }
        let space = self.spaces.get(&home.space)?;
        Url::from_file_path(space.disk(&home.path)).ok()
    }

    /// A range in some file of a space.
    pub(crate) fn place(&self, home: &Home, range: TextRange) -> Option<Location> {
        let uri = self.uri_of(home)?;
        if let Some((_, open)) = self.open_at(home) {
            return Some(Location::new(
                uri,
                open.measured(self.encoding).to_range(range),
            ));
        }
        let space = self.spaces.get(&home.space)?;
        let (_, document) = space.document(&home.path)?;
        let lines = space.lines(document);
        let measured = Measured {
            text: document.text(),
            lines: &lines,
            encoding: self.encoding,
        };
        Some(Location::new(uri, measured.to_range(range)))
    }

    /// The findings of a file, for the client.
    pub(crate) fn diagnostics(&self, home: &Home) -> Option<Vec<lsp_types::Diagnostic>> {
        let space = self.spaces.get(&home.space)?;
        let (file, document) = space.document(&home.path)?;
        let findings = space.workspace.findings(file);
        if findings.is_empty() {
            return Some(Vec::new());
        }
        let uri = self.uri_of(home)?;
        let own;
        let measured = match self.open_at(home) {
            Some((_, open)) => open.measured(self.encoding),
            None => {
                own = space.lines(document);
                Measured {
                    text: document.text(),
                    lines: &own,
                    encoding: self.encoding,
                }
            }
        };
        let mut place = |path: &str, range| {
            let other = Home {
                space: home.space,
                path: path.into(),
            };
            self.place(&other, range)
        };
        let all = findings.iter();
        Some(
            all.map(|found| diagnostic(found, measured, &mut place, &uri))
                .collect(),
        )
    }

    /// Says what is new: of open documents, then of some others, because there may
    /// be many of them.
    fn publish(&mut self) {
        let open = self.dirty.iter().filter(|home| self.at.contains_key(home));
        let mut now: Vec<Home> = open.cloned().collect();
        let others = self.dirty.iter().filter(|home| !self.at.contains_key(home));
        now.extend(others.take(MOST_OTHERS).cloned());
        for home in now {
            self.dirty.remove(&home);
            let ready = self.spaces.get(&home.space).is_none_or(|space| space.ready);
            let open = self
                .open_at(&home)
                .map(|(_, open)| (open.version, open.failed.is_some()));
            if !ready || open.is_some_and(|(_, failed)| failed) {
                continue;
            }
            if self.options.diagnostics == Delivery::Pull {
                self.stale_pull = true;
                continue;
            }
            let Some(uri) = self.uri_of(&home) else {
                continue;
            };
            self.current = Some(uri.clone());
            let items = self.diagnostics(&home).unwrap_or_default();
            self.tell(uri, open.map(|(version, _)| version), items);
        }
        self.current = None;
        if self.dirty.is_empty() && std::mem::take(&mut self.stale_pull) && self.client.refreshes {
            self.ask(Question::Refresh);
        }
    }

    /// Says what was found in a file, unless that was said.
    fn tell(&mut self, uri: Url, version: Option<i32>, items: Vec<lsp_types::Diagnostic>) {
        let is_silent = items.is_empty() && version.is_none();
        let new = PublishDiagnosticsParams::new(uri, items, version);
        match self.published.get(&new.uri) {
            Some(known) if *known == new => return,
            None if is_silent => return,
            _ => {}
        }
        self.mouth.notify::<PublishDiagnostics>(&new);
        match is_silent {
            true => self.published.remove(&new.uri),
            false => self.published.insert(new.uri.clone(), new),
        };
    }

    /// Says what is wrong with the configuration of a project.
    fn tell_config(&mut self, id: u32) {
        let Some(space) = self.spaces.get(&id) else {
            return;
        };
        let problems = space.config.problems.as_ref();
        let path = match problems {
            Some(problems) => problems.path.clone(),
            None => space.project.root.join(FILE_NAME),
        };
        let Ok(uri) = Url::from_file_path(path) else {
            return;
        };
        let items = problems.map(|problems| config_diagnostics(problems, self.encoding));
        let version = self.open.get(&uri).map(|open| open.version);
        self.tell(uri, version, items.unwrap_or_default());
    }

    /// Says what is wrong with a configuration that is being written.
    fn check_config(&mut self, uri: &Url) {
        let Some(open) = self.open.get(uri) else {
            return;
        };
        let (error, warnings) = match Config::from_toml(&open.text) {
            Ok(config) => (None, config.warnings),
            Err(error) => (Some(error), Vec::new()),
        };
        let problems = ConfigProblems {
            path: PathBuf::new(),
            text: open.text.clone(),
            error,
            warnings,
        };
        let version = Some(open.version);
        self.tell(
            uri.clone(),
            version,
            config_diagnostics(&problems, self.encoding),
        );
    }
}

fn known_files(space: u32, of: &Space) -> impl Iterator<Item = Home> {
    of.workspace.documents().iter().map(move |document| Home {
        space,
        path: document.path().clone(),
    })
}

impl Client {
    fn of(capabilities: &ClientCapabilities) -> Self {
        let workspace = capabilities.workspace.clone().unwrap_or_default();
        let documents = capabilities.text_document.clone().unwrap_or_default();
        let window = capabilities.window.clone().unwrap_or_default();
        let edits = workspace.workspace_edit.unwrap_or_default();
        let create = lsp_types::ResourceOperationKind::Create;
        let resolve = documents
            .code_action
            .and_then(|actions| actions.resolve_support);
        let markup = documents.hover.and_then(|hover| hover.content_format);
        Self {
            document_changes: edits.document_changes.unwrap_or_default(),
            creates: edits
                .resource_operations
                .is_some_and(|all| all.contains(&create)),
            resolves_actions: resolve.is_some_and(|it| it.properties.iter().any(|p| p == "edit")),
            shows_documents: window.show_document.is_some_and(|it| it.support),
            markdown: markup.is_some_and(|all| all.contains(&lsp_types::MarkupKind::Markdown)),
            watches: workspace
                .did_change_watched_files
                .is_some_and(|it| it.dynamic_registration.unwrap_or_default()),
            configures: workspace.configuration.unwrap_or_default(),
            progress: window.work_done_progress.unwrap_or_default(),
            refreshes: workspace
                .diagnostic
                .is_some_and(|it| it.refresh_support.unwrap_or_default()),
        }
    }
}

fn event(uri: &str, typ: FileChangeType) -> Option<FileEvent> {
    Url::parse(uri).ok().map(|uri| FileEvent { uri, typ })
}
