// The page's own copy of everything: what the engine, a link and a download are made of.

import type { EditorState } from "@codemirror/state";

export const CONFIG_PATH = "nixamine.toml";

/** How the lines of a file end, where all end alike. Else they are kept as they are. */
export type LineEnd = "\n" | "\r\n" | "mixed";

export interface Entry {
  readonly path: string;
  /** The text as it was added, with `\n` for `\r\n` where all lines end so. */
  readonly source: string;
  readonly lineEnd: LineEnd;
  /** The state of the editor, once the file was shown or changed. */
  state: EditorState | null;
}

/** All files at one moment. States do not change, so that this costs little. */
export interface Snapshot {
  readonly entries: readonly Entry[];
  readonly others: readonly string[];
  readonly absent: readonly string[] | null;
  readonly selected: string | null;
}

export interface FileData {
  path: string;
  text: string;
}

function lineEnd(text: string): LineEnd {
  if (!text.includes("\r")) return "\n";
  return /(^|[^\r])\n|\r(?!\n)/.test(text) ? "mixed" : "\r\n";
}

/** A new entry for a text as it stands on a disk. */
export function entry(path: string, text: string): Entry {
  const end = lineEnd(text);
  return { path, source: end === "\r\n" ? text.replaceAll("\r\n", "\n") : text, lineEnd: end, state: null };
}

/** The text as the editor and the engine have it. */
export function textOf(file: Entry): string {
  return file.state === null ? file.source : file.state.doc.toString();
}

/** The text as it goes to a disk. */
export function exported(file: Entry): string {
  const text = textOf(file);
  return file.lineEnd === "\r\n" ? text.replaceAll("\n", "\r\n") : text;
}

/** A clean relative path, or what is wrong with this one. */
export function checkedPath(path: string): { path: string } | { error: string } {
  const parts = path.trim().split("/");
  const clean = parts.filter((part) => part !== "" && part !== ".").join("/");
  if (clean === "") return { error: "A file needs a name." };
  if (parts.includes("..")) return { error: "A path cannot leave the folder (`..`)." };
  if (/[\u0000-\u001f\u007f\\]/.test(clean)) return { error: "A path has no backslash and no control character." };
  if (clean.length > 500) return { error: "The path is too long." };
  return { path: clean };
}

type Listener = () => void;

export class Files {
  #entries = new Map<string, Entry>();
  #others = new Set<string>();
  #absent: readonly string[] | null = null;
  #selected: string | null = null;
  #listeners: Listener[] = [];

  /** Calls back when files come, go or are selected; not when a text changes. */
  onChange(listener: Listener): void {
    this.#listeners.push(listener);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  get size(): number {
    return this.#entries.size;
  }

  get selected(): string | null {
    return this.#selected;
  }

  get others(): ReadonlySet<string> {
    return this.#others;
  }

  /**
   * When these are all files of a project: globs of those that need not be here, as
   * git ignores them. `null` when they are just some files.
   */
  get absent(): readonly string[] | null {
    return this.#absent;
  }

  get(path: string): Entry | undefined {
    return this.#entries.get(path);
  }

  /** By path. */
  all(): Entry[] {
    return [...this.#entries.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** The text of the configuration, if there is one. */
  config(): string | null {
    const file = this.#entries.get(CONFIG_PATH);
    return file === undefined ? null : textOf(file);
  }

  add(file: Entry): void {
    this.#others.delete(file.path);
    this.#entries.set(file.path, file);
    this.#tell();
  }

  remove(path: string): void {
    this.#entries.delete(path);
    if (this.#selected === path) this.#selected = this.all()[0]?.path ?? null;
    this.#tell();
  }

  select(path: string): void {
    if (!this.#entries.has(path) || this.#selected === path) return;
    this.#selected = path;
    this.#tell();
  }

  replaceAll(files: readonly Entry[], others: Iterable<string>, absent: readonly string[] | null, selected: string | null): void {
    this.#entries = new Map(files.map((file) => [file.path, file]));
    this.#others = new Set(others);
    this.#absent = absent;
    this.#selected = selected !== null && this.#entries.has(selected) ? selected : (this.all()[0]?.path ?? null);
    this.#tell();
  }

  snapshot(): Snapshot {
    const entries = [...this.#entries.values()].map((file) => ({ ...file }));
    return { entries, others: [...this.#others], absent: this.#absent, selected: this.#selected };
  }

  restore(snapshot: Snapshot): void {
    this.replaceAll(snapshot.entries, snapshot.others, snapshot.absent, snapshot.selected);
  }
}
