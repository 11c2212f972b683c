// The page's side of the engine. The page keeps every text itself, so that a worker
// that dies or hangs costs a moment and nothing else.

import type { ConfigProblem, Finding, RuleForm } from "./api.ts";
import type { Change, Command, FromWorker, Queries, Query, QueryKind, SourceText, ToWorker } from "./protocol.ts";

/** Everything the engine has to know, as the page has it. */
export interface Snapshot {
  files: SourceText[];
  others: string[];
  /** What need not be here of a whole project; `null` for just some files. */
  absent: readonly string[] | null;
  /** Configurations to hold one after the other: one with an error changes nothing. */
  config: string[];
  shown: string | null;
}

export interface EngineEvents {
  /** The engine runs; `rules` never change. */
  ready(version: string, rules: RuleForm[]): void;
  findings(path: string, findings: Finding[]): void;
  /** Files are being loaded, and so many of them are done. */
  progress(done: number, total: number): void;
  problems(problems: ConfigProblem[]): void;
  /** Something went wrong that the user should know. */
  trouble(message: string, final: boolean): void;
  /** After trouble all is well again. */
  recovered(reason: string): void;
  /** All findings of all files are known. */
  settled(): void;
}

/** The engine was replaced, or an edit came in between: ask again if it still matters. */
export class Outdated extends Error {}

interface Pending {
  resolve(value: unknown): void;
  reject(reason: Error): void;
  path: string | null;
}

const BATCH = 100;
const MOST_FAILURES = 3;

export class Engine {
  #worker: Worker | null = null;
  #pending = new Map<number, Pending>();
  #id = 0;
  #revision = 0;
  /** The last change whose findings are all known. */
  #settled = 0;
  /** The last change of each file; findings that do not know it are dropped. */
  #changed = new Map<string, number>();
  /** Files that the engine died of. They wait for an edit. */
  #aside = new Set<string>();
  #settling: (() => void)[] = [];
  #watchdog: number | undefined;
  #failures = 0;
  #troubled = false;
  #reason = "";
  #loading: { done: number; total: number } | null = null;
  #snapshot: () => Snapshot;
  #events: EngineEvents;
  #patience: number;
  /** Time from the last change to its findings, as the worker measured it. */
  micros = 0;

  /** `patience` is how long the engine may say nothing, in milliseconds. */
  constructor(snapshot: () => Snapshot, events: EngineEvents, patience = 20_000) {
    this.#snapshot = snapshot;
    this.#events = events;
    this.#patience = patience;
  }

  /** Starts the worker, or replaces it, and gives it all files. */
  start(): void {
    this.#stop("the engine was started again");
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "nixamine" });
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (worker === this.#worker) this.#receive(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      if (worker === this.#worker) this.#failed(event.message || "the worker could not be loaded", null);
    };
    this.load();
  }

  /** Tries once more after the engine gave up. */
  retry(): void {
    this.#failures = 0;
    this.#aside.clear();
    this.start();
  }

  /** Gives the engine all files, in place of those that it has. */
  load(): void {
    if (this.#worker === null) return;
    const { files, others, absent, config, shown } = this.#snapshot();
    this.#changed.clear();
    const good = files.filter((file) => !this.#aside.has(file.path));
    this.#loading = { done: 0, total: good.length };
    void this.#command({ kind: "begin", config, absent });
    if (shown !== null) void this.#command({ kind: "show", path: shown });
    for (let at = 0; at < good.length; at += BATCH) {
      const batch = good.slice(at, at + BATCH);
      void this.#command({ kind: "files", files: batch }).then(() => {
        if (this.#loading === null) return;
        // Reading is half of the work, judging the other.
        this.#loading.done += batch.length / 2;
        this.#events.progress(this.#loading.done, this.#loading.total);
      }, ignore);
    }
    void this.#command({ kind: "mention", paths: others });
    void this.#command({ kind: "end" });
  }

  show(path: string): void {
    void this.#command({ kind: "show", path });
  }

  add(path: string, text: string): void {
    this.#aside.delete(path);
    void this.#change(path, { kind: "add", path, text });
  }

  remove(path: string): void {
    this.#aside.delete(path);
    void this.#change(path, { kind: "remove", path });
  }

  /** Sends changes; `text` is only asked for when the engine does not have the file. */
  edit(path: string, changes: readonly Change[], text: () => string): void {
    if (this.#aside.has(path)) return this.add(path, text());
    this.#change(path, { kind: "edit", path, changes }).catch((error: unknown) => {
      // Refused: the engine has another text. It gets ours.
      if (!(error instanceof Outdated)) this.add(path, text());
    });
  }

  configure(toml: string): void {
    void this.#command({ kind: "configure", toml });
  }

  /** Asks something. Rejects with [`Outdated`] when the engine is replaced meanwhile. */
  ask<K extends QueryKind>(kind: K, ask: Queries[K]["ask"]): Promise<Queries[K]["answer"]> {
    const path = "path" in ask ? (ask as { path: string }).path : null;
    // The compiler cannot see that the two belong together.
    const query = { kind, ...ask } as unknown as Query;
    return this.#send((id) => ({ id, query }), path) as Promise<Queries[K]["answer"]>;
  }

  /** For tests. */
  provoke(kind: "trap" | "hang"): void {
    void this.#command({ kind });
  }

  /** Resolves when all findings are known, at once if they are. */
  async whenSettled(): Promise<void> {
    if (this.#settled < this.#revision) await new Promise<void>((resolve) => this.#settling.push(resolve));
  }

  #change(path: string, command: Command): Promise<unknown> {
    this.#changed.set(path, this.#revision + 1);
    return this.#command(command);
  }

  #command(command: Command): Promise<unknown> {
    this.#revision += 1;
    const revision = this.#revision;
    const sent = this.#send((id) => ({ id, revision, command }), "path" in command ? command.path : null);
    sent.catch(ignore);
    return sent;
  }

  #send(message: (id: number) => ToWorker, path: string | null): Promise<unknown> {
    const worker = this.#worker;
    if (worker === null) return Promise.reject(new Outdated("the engine does not run"));
    this.#id += 1;
    const id = this.#id;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject, path });
      worker.postMessage(message(id));
      if (this.#watchdog === undefined) this.#watch();
    });
  }

  #receive(message: FromWorker): void {
    this.#watch();
    switch (message.kind) {
      case "ready":
        return this.#events.ready(message.version, message.rules);
      case "done":
        return this.#take(message.id)?.resolve(null);
      case "answer": {
        const pending = this.#take(message.id);
        if (message.revision === this.#revision) pending?.resolve(message.value);
        else pending?.reject(new Outdated("an edit came in between"));
        return;
      }
      case "refused":
        return this.#take(message.id)?.reject(new Error(message.reason));
      case "problems":
        return this.#events.problems(message.problems);
      case "findings": {
        this.micros = message.micros;
        for (const { path, findings } of message.files) {
          if ((this.#changed.get(path) ?? 0) <= message.revision) this.#events.findings(path, findings);
        }
        if (this.#loading !== null) {
          const { total } = this.#loading;
          this.#events.progress(Math.max(total / 2, total - message.left / 2), total);
        }
        if (message.left === 0 && message.revision === this.#revision) this.#settle();
        return;
      }
      case "trapped":
        return this.#failed(message.reason, message.path);
    }
  }

  #settle(): void {
    this.#settled = this.#revision;
    for (const resolve of this.#settling.splice(0)) resolve();
    this.#watch();
    this.#loading = null;
    this.#failures = 0;
    if (this.#troubled) {
      this.#troubled = false;
      this.#events.recovered(this.#reason);
    }
    this.#events.settled();
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  /** Waits anew for the next sign of life, if one is due. */
  #watch(): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = undefined;
    if (this.#worker !== null && (this.#pending.size > 0 || this.#settled < this.#revision)) {
      this.#watchdog = window.setTimeout(() => {
        const [first] = this.#pending.values();
        this.#failed("it did not answer in time", first?.path ?? null);
      }, this.#patience);
    }
  }

  #failed(reason: string, path: string | null): void {
    this.#failures += 1;
    this.#troubled = true;
    this.#reason = reason;
    // Once may be chance. A file that is at hand twice is left out.
    if (this.#failures > 1 && path !== null) this.#aside.add(path);
    if (this.#failures > MOST_FAILURES) {
      this.#stop("the engine does not run");
      this.#events.trouble(`The engine stops again and again (${reason}). Your text is safe.`, true);
      return;
    }
    const left = [...this.#aside].map((it) => ` ${it} is not checked until it is changed.`).join("");
    this.#events.trouble(`The engine stopped (${reason}) and was started again. Your text is safe.${left}`, false);
    this.start();
  }

  #stop(reason: string): void {
    this.#worker?.terminate();
    this.#worker = null;
    clearTimeout(this.#watchdog);
    this.#watchdog = undefined;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(new Outdated(reason));
  }
}

function ignore(): void {
  // The caller does not care; whoever replaced the engine has told the user.
}
