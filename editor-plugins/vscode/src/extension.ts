// Starts the language server of Nixamine and shows how it is.

import {
  ExtensionContext,
  StatusBarAlignment,
  StatusBarItem,
  commands,
  window,
  workspace,
} from "vscode";
import { LanguageClient, State } from "vscode-languageclient/node";

const SECTION = "nixamine";
// What only a new server takes.
const NEEDS_RESTART = ["path", "logFile", "logLevel", "diagnostics"];

let client: LanguageClient | undefined;
let status: StatusBarItem;
// Starts and stops happen one after the other.
let turn: Promise<void> = Promise.resolve();

export async function activate(context: ExtensionContext): Promise<void> {
  status = window.createStatusBarItem("nixamine.status", StatusBarAlignment.Right);
  status.name = "Nixamine";
  status.command = "nixamine.restart";
  show(State.Stopped);
  status.show();
  context.subscriptions.push(
    status,
    commands.registerCommand("nixamine.restart", restart),
    workspace.onDidChangeConfiguration((event) => {
      if (NEEDS_RESTART.some((name) => event.affectsConfiguration(`${SECTION}.${name}`))) {
        void restart();
      }
    }),
  );
  await restart();
}

export function deactivate(): Promise<void> {
  return inTurn(stop);
}

function restart(): Promise<void> {
  return inTurn(async () => {
    await stop();
    await start();
  });
}

function inTurn(work: () => Promise<void>): Promise<void> {
  turn = turn.then(work, work);
  return turn;
}

async function start(): Promise<void> {
  const settings = workspace.getConfiguration(SECTION);
  const command = settings.get("path", "nixamine");
  const args = ["lsp", "--log-level", settings.get("logLevel", "info")];
  const logFile = settings.get<string | null>("logFile", null);
  if (logFile) {
    args.push("--log-file", logFile);
  }
  client = new LanguageClient(
    SECTION,
    "Nixamine",
    { command, args },
    {
      documentSelector: [{ scheme: "file", language: "nix" }],
      initializationOptions: settings,
      synchronize: { configurationSection: SECTION },
    },
  );
  client.onDidChangeState(({ newState }) => show(newState));
  try {
    await client.start();
  } catch {
    // Why, the client has said.
    show(State.Stopped);
    void window.showErrorMessage(
      `Nixamine: \`${command}\` could not be started. ` +
        "Install it so that it is on PATH, or set nixamine.path.",
    );
  }
}

async function stop(): Promise<void> {
  const old = client;
  client = undefined;
  try {
    await old?.dispose();
  } catch {
    // A server that is gone or never came need not be stopped.
  }
}

function show(state: State): void {
  const [icon, words] =
    state === State.Running
      ? ["check", "runs"]
      : state === State.Starting
        ? ["sync~spin", "starts"]
        : ["error", "does not run"];
  status.text = `$(${icon}) Nixamine`;
  status.tooltip = `The language server ${words}. Click to restart it.`;
  void commands.executeCommand("setContext", "nixamine.running", state === State.Running);
}
