//! The protocol's side: what comes in goes to the engine's thread in the order in
//! which it came, and what that says goes out.
//!
//! Handlers of requests run side by side. Notifications could overtake each other
//! there, so they are taken before, where their order is still that of the wire.

use crate::actions;
use crate::convert;
use crate::help;
use crate::log::{Level, LogFile};
use crate::options::Delivery;
use crate::position;
use crate::session::{Question, Session, Work};
use crate::wire::{self, Incoming};
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use nixamine_project::Progress;
use serde::Serialize;
use serde_json::{Value, json};
use std::future::Future as _;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{Notify, oneshot};
use tower_lsp::jsonrpc::{Error, ErrorCode, Request, Response, Result};
use tower_lsp::lsp_types::notification::{Notification, Progress as ProgressNotification};
use tower_lsp::lsp_types::request::{
    RegisterCapability, ShowDocument, WorkDoneProgressCreate, WorkspaceConfiguration,
    WorkspaceDiagnosticRefresh,
};
use tower_lsp::lsp_types::{
    CodeAction, CodeActionKind, CodeActionOptions, CodeActionParams, CodeActionProviderCapability,
    CodeActionResponse, CodeLens, CodeLensOptions, CodeLensParams, CompletionOptions,
    CompletionParams, CompletionResponse, ConfigurationItem, ConfigurationParams,
    DiagnosticOptions, DiagnosticServerCapabilities, DidChangeWatchedFilesRegistrationOptions,
    DocumentDiagnosticParams, DocumentDiagnosticReport, DocumentDiagnosticReportResult,
    DocumentSymbolParams, DocumentSymbolResponse, ExecuteCommandOptions, ExecuteCommandParams,
    FileOperationFilter, FileOperationPattern, FileOperationPatternKind,
    FileOperationRegistrationOptions, FileSystemWatcher, FullDocumentDiagnosticReport, GlobPattern,
    GotoDefinitionParams, GotoDefinitionResponse, Hover, HoverParams, HoverProviderCapability,
    InitializeParams, InitializeResult, Location, NumberOrString, OneOf, PrepareRenameResponse,
    ProgressParams, ProgressParamsValue, ReferenceParams, Registration, RegistrationParams,
    RelatedFullDocumentDiagnosticReport, RenameOptions, RenameParams, SaveOptions,
    ServerCapabilities, ServerInfo, ShowDocumentParams, TextDocumentPositionParams,
    TextDocumentSyncCapability, TextDocumentSyncKind, TextDocumentSyncOptions,
    TextDocumentSyncSaveOptions, Url, WorkDoneProgress, WorkDoneProgressBegin,
    WorkDoneProgressCreateParams, WorkDoneProgressEnd, WorkDoneProgressOptions,
    WorkDoneProgressReport, WorkspaceEdit, WorkspaceFileOperationsServerCapabilities,
    WorkspaceFoldersServerCapabilities, WorkspaceServerCapabilities,
};
use tower_lsp::{Client, LanguageServer, LspService};
use tower_service::Service;

/// How the server is started.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to write a log.
    pub log_file: Option<PathBuf>,
    /// How much to log.
    pub level: Level,
}

/// The stack of the engine's thread: the engine bounds its own depth, this is the
/// margin.
const STACK: usize = 64 << 20;
/// A client that does not answer for so long is not waited for.
const ANSWER: Duration = Duration::from_secs(10);
/// What was asked before `exit` gets so long to be answered.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Speaks the protocol on standard input and output until the client says `exit`
/// or goes away. Returns the exit code: 0 after `shutdown`, else 1.
///
/// # Errors
/// When the log file cannot be written or there are no threads.
pub fn serve(options: &Options) -> io::Result<u8> {
    let log = match &options.log_file {
        Some(path) => Some(LogFile::open(path).map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", path.display()))
        })?),
        None => None,
    };
    let (work, waiting) = std::sync::mpsc::channel();
    let (asking, questions) = tokio::sync::mpsc::unbounded_channel();
    let mouth = Mouth::default();
    let session = Session::new(mouth.clone(), asking, work.clone(), log, options.level);
    spawn("engine", move || session.run(&waiting))?;
    let was_shut_down = Arc::new(AtomicBool::new(false));
    let backend = |client| Backend {
        client,
        work: work.clone(),
        was_shut_down: was_shut_down.clone(),
        questions: Mutex::new(Some(questions)),
    };
    let (service, socket) = LspService::build(backend)
        .custom_method("nixamine/text", Backend::text)
        .custom_method("nixamine/panic", Backend::panic)
        .finish();
    let (mut outgoing, mut answers) = socket.split();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    let door = Door {
        service,
        work: work.clone(),
        mouth: mouth.clone(),
        answered: Box::new(move |answer| {
            // There is always room for it.
            let mut cx = Context::from_waker(Waker::noop());
            let _ = answers.send(answer).poll_unpin(&mut cx);
        }),
        runtime: runtime.handle().clone(),
        asked: Arc::default(),
    };
    let asked = door.asked.clone();
    let (ended, end) = oneshot::channel();
    spawn("door", move || {
        door.stand();
        // The other side is there as long as the runtime is.
        let _ = ended.send(());
    })?;
    runtime.block_on(async {
        tokio::spawn(async move {
            while let Some(question) = outgoing.next().await {
                mouth.say(&question);
            }
        });
        // When the thread is gone, so is the client.
        let _ = end.await;
        // Some wait for an answer of the client, which does not come any more.
        let _ = tokio::time::timeout(LAST_WORDS, asked.done()).await;
    });
    Ok(u8::from(!was_shut_down.load(Ordering::Acquire)))
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    let thread = std::thread::Builder::new().name(name.to_owned());
    thread.stack_size(STACK).spawn(work)
}

/// The way to the client. Whoever has something to say says it at once.
#[derive(Clone, Default)]
pub(crate) struct Mouth(Arc<Mutex<()>>);

impl Mouth {
    /// Writes a message.
    pub(crate) fn say(&self, message: &impl Serialize) {
        if let Ok(body) = serde_json::to_vec(message) {
            let turn = self.0.lock();
            let mut output = io::stdout().lock();
            // Nobody listens any more when this fails.
            let _ = wire::write(&mut output, &body).and_then(|()| output.flush());
            drop(turn);
        }
    }

    /// Writes a notification.
    pub(crate) fn notify<N: Notification>(&self, params: &N::Params) {
        #[derive(Serialize)]
        struct Message<'p, P> {
            jsonrpc: &'static str,
            method: &'static str,
            params: &'p P,
        }
        self.say(&Message {
            jsonrpc: "2.0",
            method: N::METHOD,
            params,
        });
    }
}

/// How many requests are being answered.
#[derive(Default)]
struct Asked {
    count: AtomicUsize,
    less: Notify,
}

impl Asked {
    async fn done(&self) {
        loop {
            let less = self.less.notified();
            if self.count.load(Ordering::Acquire) == 0 {
                return;
            }
            less.await;
        }
    }

    fn is_answered(&self) {
        self.count.fetch_sub(1, Ordering::AcqRel);
        self.less.notify_waiters();
    }
}

/// Where messages come in: a thread that reads them, so that they reach the
/// engine's thread in the order in which they came.
struct Door {
    service: LspService<Backend>,
    work: Sender<Work>,
    mouth: Mouth,
    /// Takes an answer of the client.
    answered: Box<dyn FnMut(Response) + Send>,
    runtime: Handle,
    asked: Arc<Asked>,
}

impl Door {
    /// Lets messages through until the client says `exit` or goes away.
    fn stand(mut self) {
        let mut input = io::stdin().lock();
        while let Ok(Some(message)) = wire::read(&mut input) {
            match message {
                Incoming::Request(request) if request.method() == "exit" => return,
                Incoming::Request(request) => self.take(lenient(request)),
                Incoming::Response(response) => (self.answered)(response),
                // Nobody listens any more when the engine's thread is gone.
                Incoming::Nonsense(reason) => {
                    let _ = self.work.send(Work::Nonsense(reason));
                }
            }
        }
    }

    fn take(&mut self, request: Request) {
        let method = request.method();
        let is_known = method.starts_with("textDocument/") || method.starts_with("workspace/");
        if request.id().is_none() && is_known {
            let (method, _, params) = request.into_parts();
            let params = params.unwrap_or_default();
            let _ = self.work.send(Work::Notify(method.into_owned(), params));
            return;
        }
        // It is always ready.
        let mut answer = Box::pin(self.service.call(request));
        // A request reaches the engine's thread when it is looked at first: here,
        // where the order is still that of the wire.
        let _guard = self.runtime.enter();
        let mut cx = Context::from_waker(Waker::noop());
        let mouth = self.mouth.clone();
        match answer.as_mut().poll(&mut cx) {
            Poll::Ready(answer) => {
                if let Ok(Some(answer)) = answer {
                    mouth.say(&answer);
                }
            }
            Poll::Pending => {
                let asked = self.asked.clone();
                asked.count.fetch_add(1, Ordering::AcqRel);
                self.runtime.spawn(async move {
                    if let Ok(Some(answer)) = answer.await {
                        mouth.say(&answer);
                    }
                    asked.is_answered();
                });
            }
        }
    }
}

/// Some clients send `null`, or an empty object, where nothing is meant; and what
/// the protocol calls `diagnostics`, the types of this version call `diagnostic`.
fn lenient(request: Request) -> Request {
    let is_null = request.params().is_some_and(Value::is_null);
    let is_first = request.method() == "initialize";
    if !is_null && !is_first && request.method() != "shutdown" {
        return request;
    }
    let (method, id, params) = request.into_parts();
    let mut builder = Request::build(method);
    if let Some(id) = id {
        builder = builder.id(id);
    }
    if let Some(mut params) = params.filter(|_| is_first && !is_null) {
        let workspace = params.pointer_mut("/capabilities/workspace");
        if let Some(workspace) = workspace.and_then(Value::as_object_mut)
            && let Some(capability) = workspace.remove("diagnostics")
        {
            workspace.insert("diagnostic".to_owned(), capability);
        }
        builder = builder.params(params);
    }
    builder.finish()
}

struct Backend {
    client: Client,
    work: Sender<Work>,
    was_shut_down: Arc<AtomicBool>,
    questions: Mutex<Option<UnboundedReceiver<Question>>>,
}

impl Backend {
    /// Has the engine's thread do something, after all that came before.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Session) -> T + Send + 'static,
    ) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        let ask = Work::Ask(Box::new(move |session| {
            // A request that was cancelled is not worked on.
            if !answer.is_closed() {
                let _ = answer.send(question(session));
            }
        }));
        // Then nobody answers either.
        let _ = self.work.send(ask);
        answered.await.map_err(|_| {
            let mut error = Error::internal_error();
            error.message = "Nixamine failed on this request; its log has more".into();
            error
        })
    }

    /// For tests: the text of a document as the engine has it.
    async fn text(&self, params: Value) -> Result<Value> {
        let uri = params
            .get("uri")
            .and_then(Value::as_str)
            .and_then(|uri| Url::parse(uri).ok());
        let uri = uri.ok_or_else(|| Error::invalid_params("`uri` is missing"))?;
        self.ask(move |session| {
            let open = session.open(&uri).filter(|_| session.options.debug);
            let text = open.map(|open| open.text.as_str());
            let space = session.home(&uri).and_then(|home| {
                let (_, document) = session.spaces.get(&home.space)?.document(&home.path)?;
                Some(document.text().to_string())
            });
            json!({ "text": text, "engine": space })
        })
        .await
    }

    /// For tests: a request on which the engine fails.
    async fn panic(&self) -> Result<()> {
        self.ask(|session| {
            assert!(!session.options.debug, "a request asked for it");
        })
        .await
    }
}

#[tower_lsp::async_trait]
impl LanguageServer for Backend {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let (encoding, delivery) = self.ask(|session| session.initialize(params)).await?;
        let pulls = delivery == Delivery::Pull;
        let options = DiagnosticOptions {
            identifier: Some(convert::SOURCE.to_owned()),
            inter_file_dependencies: true,
            ..DiagnosticOptions::default()
        };
        Ok(InitializeResult {
            capabilities: ServerCapabilities {
                position_encoding: Some(position::name(encoding)),
                text_document_sync: Some(TextDocumentSyncCapability::Options(
                    TextDocumentSyncOptions {
                        open_close: Some(true),
                        change: Some(TextDocumentSyncKind::INCREMENTAL),
                        save: Some(TextDocumentSyncSaveOptions::SaveOptions(
                            SaveOptions::default(),
                        )),
                        ..TextDocumentSyncOptions::default()
                    },
                )),
                diagnostic_provider: pulls
                    .then_some(DiagnosticServerCapabilities::Options(options)),
                code_action_provider: Some(CodeActionProviderCapability::Options(
                    CodeActionOptions {
                        code_action_kinds: Some(vec![
                            CodeActionKind::QUICKFIX,
                            actions::fix_all_kind(),
                        ]),
                        resolve_provider: Some(true),
                        ..CodeActionOptions::default()
                    },
                )),
                hover_provider: Some(HoverProviderCapability::Simple(true)),
                completion_provider: Some(CompletionOptions {
                    trigger_characters: Some(["(", ",", "\"", "."].map(str::to_owned).to_vec()),
                    ..CompletionOptions::default()
                }),
                definition_provider: Some(OneOf::Left(true)),
                references_provider: Some(OneOf::Left(true)),
                document_symbol_provider: Some(OneOf::Left(true)),
                rename_provider: Some(OneOf::Right(RenameOptions {
                    prepare_provider: Some(true),
                    work_done_progress_options: WorkDoneProgressOptions::default(),
                })),
                code_lens_provider: Some(CodeLensOptions {
                    resolve_provider: Some(false),
                }),
                execute_command_provider: Some(ExecuteCommandOptions {
                    commands: vec![actions::REINDEX.to_owned(), actions::SELECT.to_owned()],
                    ..ExecuteCommandOptions::default()
                }),
                workspace: Some(WorkspaceServerCapabilities {
                    workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                        supported: Some(true),
                        change_notifications: Some(OneOf::Left(true)),
                    }),
                    file_operations: Some(file_operations()),
                }),
                ..ServerCapabilities::default()
            },
            server_info: Some(ServerInfo {
                name: "nixamine".to_owned(),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            }),
        })
    }

    async fn initialized(&self, _: tower_lsp::lsp_types::InitializedParams) {
        let _ = self
            .work
            .send(Work::Notify("initialized".to_owned(), Value::Null));
        // The client is asked nothing before it is initialized.
        let questions = self
            .questions
            .lock()
            .map_or(None, |mut questions| questions.take());
        if let Some(questions) = questions {
            tokio::spawn(carry(self.client.clone(), self.work.clone(), questions));
        }
    }

    async fn shutdown(&self) -> Result<()> {
        self.was_shut_down.store(true, Ordering::Release);
        Ok(())
    }

    async fn diagnostic(
        &self,
        params: DocumentDiagnosticParams,
    ) -> Result<DocumentDiagnosticReportResult> {
        let uri = params.text_document.uri;
        let items = self.ask(move |session| {
            let home = session.home(&uri)?.clone();
            session.diagnostics(&home)
        });
        let items = items.await?;
        // While its project is being read there are none; then the client is asked to
        // ask again.
        let items = items.unwrap_or_default();
        let full = RelatedFullDocumentDiagnosticReport {
            related_documents: None,
            full_document_diagnostic_report: FullDocumentDiagnosticReport {
                result_id: None,
                items,
            },
        };
        let report = DocumentDiagnosticReport::Full(full);
        Ok(DocumentDiagnosticReportResult::Report(report))
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        self.ask(move |session| session.code_actions(&params)).await
    }

    async fn code_action_resolve(&self, action: CodeAction) -> Result<CodeAction> {
        let resolved = self.ask(move |session| session.resolve(action)).await?;
        resolved.ok_or_else(|| {
            let mut error = Error::new(ErrorCode::ContentModified);
            error.message = "the text has changed since".into();
            error
        })
    }

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        let at = params.text_document_position_params;
        self.ask(move |session| help::hover(session, &at)).await
    }

    async fn completion(&self, params: CompletionParams) -> Result<Option<CompletionResponse>> {
        let at = params.text_document_position;
        self.ask(move |session| help::completion(session, &at))
            .await
    }

    async fn goto_definition(
        &self,
        params: GotoDefinitionParams,
    ) -> Result<Option<GotoDefinitionResponse>> {
        let at = params.text_document_position_params;
        let found = self.ask(move |session| session.definition(&at)).await?;
        Ok((!found.is_empty()).then_some(GotoDefinitionResponse::Array(found)))
    }

    async fn references(&self, params: ReferenceParams) -> Result<Option<Vec<Location>>> {
        let at = params.text_document_position;
        let with = params.context.include_declaration;
        let found = self
            .ask(move |session| session.references(&at, with))
            .await?;
        Ok((!found.is_empty()).then_some(found))
    }

    async fn document_symbol(
        &self,
        params: DocumentSymbolParams,
    ) -> Result<Option<DocumentSymbolResponse>> {
        let uri = params.text_document.uri;
        let symbols = self.ask(move |session| session.outline(&uri)).await?;
        Ok(symbols.map(DocumentSymbolResponse::Nested))
    }

    async fn code_lens(&self, params: CodeLensParams) -> Result<Option<Vec<CodeLens>>> {
        let uri = params.text_document.uri;
        self.ask(move |session| session.lenses(&uri)).await
    }

    async fn prepare_rename(
        &self,
        at: TextDocumentPositionParams,
    ) -> Result<Option<PrepareRenameResponse>> {
        let can = self.ask(move |session| session.can_rename(&at)).await?;
        let found = can.map_err(refused)?;
        Ok(found.map(
            |(range, placeholder)| PrepareRenameResponse::RangeWithPlaceholder {
                range,
                placeholder,
            },
        ))
    }

    async fn rename(&self, params: RenameParams) -> Result<Option<WorkspaceEdit>> {
        let (at, name) = (params.text_document_position, params.new_name);
        let edit = self.ask(move |session| session.rename(&at, &name)).await?;
        edit.map_err(refused)
    }

    async fn execute_command(&self, params: ExecuteCommandParams) -> Result<Option<Value>> {
        let known = self.ask(move |session| session.execute(&params)).await?;
        match known {
            true => Ok(None),
            false => Err(Error::invalid_params(
                "this command does not exist, or not like that",
            )),
        }
    }
}

/// What the user asked for cannot be done, and this is why.
fn refused(reason: String) -> Error {
    Error {
        code: ErrorCode::ServerError(REQUEST_FAILED),
        message: reason.into(),
        data: None,
    }
}

/// The protocol's code for a request that was understood and cannot be answered.
const REQUEST_FAILED: i64 = -32803;

/// Asks the client what the engine's thread wants to know. An answer may take its
/// time, and no question waits for it.
async fn carry(client: Client, work: Sender<Work>, mut questions: UnboundedReceiver<Question>) {
    let mut reading = 0;
    while let Some(question) = questions.recv().await {
        match question {
            Question::Watch => {
                let client = client.clone();
                tokio::spawn(async move {
                    let params = RegistrationParams {
                        registrations: watched(),
                    };
                    let asked = client.send_request::<RegisterCapability>(params);
                    let _ = tokio::time::timeout(ANSWER, asked).await;
                });
            }
            Question::Configuration => {
                let (client, work) = (client.clone(), work.clone());
                tokio::spawn(async move {
                    let item = ConfigurationItem {
                        scope_uri: None,
                        section: Some(convert::SOURCE.to_owned()),
                    };
                    let params = ConfigurationParams { items: vec![item] };
                    let asked = client.send_request::<WorkspaceConfiguration>(params);
                    if let Ok(Ok(mut values)) = tokio::time::timeout(ANSWER, asked).await {
                        let value = values.pop().unwrap_or_default();
                        let ask = Box::new(move |session: &mut Session| session.configure(&value));
                        let _ = work.send(Work::Ask(ask));
                    }
                });
            }
            Question::Refresh => {
                let client = client.clone();
                tokio::spawn(async move {
                    let asked = client.send_request::<WorkspaceDiagnosticRefresh>(());
                    let _ = tokio::time::timeout(ANSWER, asked).await;
                });
            }
            Question::Select(uri, range) => {
                let client = client.clone();
                tokio::spawn(async move {
                    let params = ShowDocumentParams {
                        uri,
                        external: None,
                        take_focus: Some(true),
                        selection: Some(range),
                    };
                    let asked = client.send_request::<ShowDocument>(params);
                    let _ = tokio::time::timeout(ANSWER, asked).await;
                });
            }
            Question::Progress(title, progress, ended) => {
                reading += 1;
                let token = NumberOrString::String(format!("nixamine/reading/{reading}"));
                tokio::spawn(show_progress(client.clone(), token, title, progress, ended));
            }
        }
    }
}

/// Clients that watch `*.nix` see no folder that is renamed or deleted.
fn file_operations() -> WorkspaceFileOperationsServerCapabilities {
    let filter = |kind, glob: &str| FileOperationFilter {
        scheme: Some("file".to_owned()),
        pattern: FileOperationPattern {
            glob: glob.to_owned(),
            matches: Some(kind),
            options: None,
        },
    };
    let filters = vec![
        filter(FileOperationPatternKind::File, "**/*.nix"),
        filter(FileOperationPatternKind::Folder, "**"),
    ];
    let interest = Some(FileOperationRegistrationOptions { filters });
    WorkspaceFileOperationsServerCapabilities {
        did_rename: interest.clone(),
        did_delete: interest,
        ..WorkspaceFileOperationsServerCapabilities::default()
    }
}

fn watched() -> Vec<Registration> {
    let watchers = ["**/*.nix", "**/nixamine.toml"].map(|glob| FileSystemWatcher {
        glob_pattern: GlobPattern::String(glob.to_owned()),
        kind: None,
    });
    let options = DidChangeWatchedFilesRegistrationOptions {
        watchers: watchers.to_vec(),
    };
    vec![Registration {
        id: "nixamine/files".to_owned(),
        method: "workspace/didChangeWatchedFiles".to_owned(),
        register_options: serde_json::to_value(options).ok(),
    }]
}

/// Shows how far a reading is, until it ends.
async fn show_progress(
    client: Client,
    token: NumberOrString,
    title: String,
    progress: Arc<Progress>,
    mut ended: oneshot::Receiver<()>,
) {
    let params = WorkDoneProgressCreateParams {
        token: token.clone(),
    };
    let asked = client.send_request::<WorkDoneProgressCreate>(params);
    if !matches!(tokio::time::timeout(ANSWER, asked).await, Ok(Ok(()))) {
        return;
    }
    let tell = |value: WorkDoneProgress| {
        client.send_notification::<ProgressNotification>(ProgressParams {
            token: token.clone(),
            value: ProgressParamsValue::WorkDone(value),
        })
    };
    tell(WorkDoneProgress::Begin(WorkDoneProgressBegin {
        title,
        percentage: Some(0),
        ..WorkDoneProgressBegin::default()
    }))
    .await;
    loop {
        let tick = tokio::time::timeout(Duration::from_millis(200), &mut ended).await;
        let done = progress.done.load(Ordering::Relaxed);
        if tick.is_ok() {
            let message = Some(format!("{done} files"));
            tell(WorkDoneProgress::End(WorkDoneProgressEnd { message })).await;
            return;
        }
        let total = progress.total.load(Ordering::Relaxed);
        tell(WorkDoneProgress::Report(WorkDoneProgressReport {
            message: Some(format!("{done} of {total} files")),
            percentage: Some((100 * done / total.max(1)) as u32),
            ..WorkDoneProgressReport::default()
        }))
        .await;
    }
}
