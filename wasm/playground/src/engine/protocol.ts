// What the page and the worker say to each other. Every message of the page has an
// id and gets one answer; messages that change something carry a revision and take
// effect in the order in which they were sent.

import type {
  ConfigProblem,
  Drawing,
  FileEdit,
  FileForm,
  Finding,
  Fixed,
  ImportGraph,
  ListedForm,
  OptionForm,
  Report,
  RuleForm,
  TreeForm,
} from "./api.ts";

export interface SourceText {
  path: string;
  text: string;
}

/** A replaced piece of text, in code units of UTF-16. */
export interface Change {
  from: number;
  to: number;
  insert: string;
}

/** What changes something. */
export type Command =
  /**
   * Starts afresh; `config` holds before any file is read. With `absent`, globs of
   * what need not be here, all files of a project follow.
   */
  | { kind: "begin"; config: readonly string[]; absent: readonly string[] | null }
  /** Adds files; findings are given after `end`. */
  | { kind: "files"; files: readonly SourceText[] }
  | { kind: "mention"; paths: readonly string[] }
  | { kind: "end" }
  | { kind: "add"; path: string; text: string }
  /** Changes that all refer to the text before, in the order of the text. */
  | { kind: "edit"; path: string; changes: readonly Change[] }
  | { kind: "remove"; path: string }
  | { kind: "configure"; toml: string }
  /** The file on the screen, whose findings are given first. */
  | { kind: "show"; path: string }
  /** For tests: a trap, or a loop without an end. */
  | { kind: "trap" }
  | { kind: "hang" };

/** What asks for something, and what the answer is. */
export interface Queries {
  report: { ask: object; answer: Report };
  complete: { ask: { path: string; index: number }; answer: Finding | null };
  fixFile: { ask: { path: string; rule: string | null }; answer: FileEdit[] };
  fixAll: { ask: object; answer: Fixed };
  allow: {
    ask: { path: string; from: number; to: number; rule: string; reach: "line" | "statement" | "file" };
    answer: FileEdit | null;
  };
  tree: { ask: { path: string }; answer: TreeForm };
  facts: { ask: { path: string }; answer: FileForm };
  options: { ask: object; answer: ListedForm[] };
  why: { ask: { option: string }; answer: OptionForm[] };
  optionAt: { ask: { path: string; at: number }; answer: OptionForm | null };
  imports: { ask: object; answer: ImportGraph };
  drawing: { ask: { host: string | null }; answer: Drawing | null };
}

export type QueryKind = keyof Queries;
export type Query = { [K in QueryKind]: { kind: K } & Queries[K]["ask"] }[QueryKind];

export type ToWorker =
  | { id: number; revision: number; command: Command }
  | { id: number; query: Query };

export type FromWorker =
  /** The engine runs. Sent once, before anything else. */
  | { kind: "ready"; version: string; rules: RuleForm[] }
  /** A command took effect. */
  | { kind: "done"; id: number }
  /** A query was answered; `revision` is the last change that the answer knows. */
  | { kind: "answer"; id: number; revision: number; value: Queries[QueryKind]["answer"] }
  /** A message was refused; nothing was changed. */
  | { kind: "refused"; id: number; reason: string }
  | { kind: "problems"; problems: ConfigProblem[] }
  /** Findings of some files, and how many files are still to come. */
  | { kind: "findings"; revision: number; files: { path: string; findings: Finding[] }[]; left: number; micros: number }
  /** The engine is gone. The worker has to be replaced. */
  | { kind: "trapped"; path: string | null; reason: string };
