// Owns the engine. A trap leaves its memory as it was in the middle of something, so
// that after one nothing here may be used again: the page replaces the worker.

import init, { version, Workspace } from "nixamine/web";
import wasm from "nixamine/nixamine_bg.wasm?url";
import pages from "nixamine/rules.json?url";
import type { Finding, RuleForm } from "./api.ts";
import type { Command, FromWorker, Queries, Query, QueryKind, ToWorker } from "./protocol.ts";

const scope = self as unknown as {
  postMessage(message: FromWorker): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
};
const tell = (message: FromWorker): void => scope.postMessage(message);

let workspace: Workspace | null = null;
/** The last change that took effect. */
let revision = 0;
/** The file at hand, to be named after a trap. */
let current: string | null = null;
/** The file on the screen. */
let shown = "";
let loading = false;
let waiting: ToWorker[] | null = [];

/** Files whose findings the page has yet to be given. */
const due = new Set<string>();
let microsSince = 0;

// A turn of the event loop: messages that came meanwhile are handled before, so that
// findings are only looked for once for several edits.
const turn = new MessageChannel();
let turning = false;
turn.port1.onmessage = () => {
  turning = false;
  guarded(null, publish);
};

function publishSoon(): void {
  if (turning || loading) return;
  turning = true;
  turn.port2.postMessage(null);
}

function publish(): void {
  const space = workspace;
  if (space === null || loading) return;
  const start = performance.now();
  current = null;
  for (const path of space.touched()) due.add(path);
  const files: { path: string; findings: Finding[] }[] = [];
  const known = (path: string): void => {
    due.delete(path);
    current = path;
    if (space.text(path) !== undefined) files.push({ path, findings: space.findings(path) });
  };
  if (due.has(shown)) known(shown);
  for (const path of due) {
    // A later edit shall not wait long.
    if (files.length >= 200 || performance.now() - start > 12) break;
    known(path);
  }
  current = null;
  const micros = microsSince + (performance.now() - start) * 1000;
  microsSince = 0;
  // Also when there is nothing to say: the page waits for it.
  tell({ kind: "findings", revision, files, left: due.size, micros });
  if (due.size > 0) publishSoon();
}

function run(space: Workspace, command: Command): void {
  switch (command.kind) {
    case "begin":
      space.free();
      workspace = null;
      workspace = new Workspace();
      due.clear();
      loading = true;
      for (const [at, toml] of command.config.entries()) {
        const problems = workspace.configure(toml);
        if (at === command.config.length - 1) tell({ kind: "problems", problems });
      }
      if (command.absent !== null) workspace.isWhole([...command.absent]);
      return;
    case "files":
      for (const file of command.files) {
        current = file.path;
        space.add(file.path, file.text);
      }
      return;
    case "mention":
      for (const path of command.paths) space.mention(path);
      return;
    case "end":
      loading = false;
      return;
    case "add":
      current = command.path;
      return space.add(command.path, command.text);
    case "remove":
      due.delete(command.path);
      return space.remove(command.path);
    case "edit":
      current = command.path;
      // From the end, so that the places before keep their numbers.
      for (const change of command.changes.toReversed()) {
        space.edit(command.path, change.from, change.to, change.insert);
      }
      return;
    case "configure":
      return tell({ kind: "problems", problems: space.configure(command.toml) });
    case "show":
      shown = command.path;
      return;
    case "trap":
      return space.trap();
    case "hang":
      for (;;);
  }
}

function answer(space: Workspace, query: Query): Queries[QueryKind]["answer"] {
  current = "path" in query ? query.path : null;
  switch (query.kind) {
    case "report":
      return space.check();
    case "complete":
      return space.complete(query.path, query.index);
    case "fixFile":
      return space.fixFile(query.path, query.rule);
    case "fixAll":
      return space.fixAll();
    case "allow":
      return space.allow(query.path, query.from, query.to, query.rule, query.reach);
    case "tree":
      return space.tree(query.path);
    case "facts":
      return space.facts(query.path);
    case "options":
      return space.options();
    case "why":
      return space.why(query.option);
    case "optionAt":
      return space.optionAt(query.path, query.at);
    case "imports":
      return space.imports();
    case "drawing":
      return space.drawing(query.host);
  }
}

/** Does something, and tells the page when the engine refuses or dies. */
function guarded(id: number | null, action: () => void): void {
  try {
    action();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    // A refusal is an Error; a trap is a RuntimeError, an overflow a RangeError.
    const dead = error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
    if (dead || id === null) {
      workspace = null;
      tell({ kind: "trapped", path: current, reason });
    } else {
      tell({ kind: "refused", id, reason });
    }
  }
}

function handle(message: ToWorker): void {
  const { id } = message;
  guarded(id, () => {
    const space = workspace;
    if (space === null) return;
    current = null;
    if ("query" in message) {
      tell({ kind: "answer", id, revision, value: answer(space, message.query) });
      return;
    }
    const start = performance.now();
    revision = message.revision;
    // Also when it is refused, others may have been changed before.
    publishSoon();
    run(space, message.command);
    publishSoon();
    microsSince += (performance.now() - start) * 1000;
    tell({ kind: "done", id });
  });
}

scope.onmessage = ({ data }) => {
  if (waiting === null) handle(data);
  else waiting.push(data);
};

try {
  const [answer] = await Promise.all([fetch(pages), init({ module_or_path: wasm })]);
  const rules = (await answer.json()) as RuleForm[];
  workspace = new Workspace();
  tell({ kind: "ready", version: version(), rules });
  const early = waiting;
  waiting = null;
  early.forEach(handle);
} catch (error) {
  tell({ kind: "trapped", path: null, reason: error instanceof Error ? error.message : String(error) });
}
