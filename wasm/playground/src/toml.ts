// As much of TOML as it takes to switch a rule in a `nixamine.toml` and leave every
// other character where it is. What is not understood is left alone; whether the
// text is right at all says the engine.

import type { RuleForm } from "./engine/api.ts";
import type { Change } from "./engine/protocol.ts";

interface Names {
  /** Between the brackets. */
  from: number;
  to: number;
  items: { name: string; from: number; to: number }[];
}

interface Level {
  value: string;
  /** The value with its quotes. */
  from: number;
  to: number;
  /** The whole entry, if it stands on a line of its own. */
  line: { from: number; to: number } | null;
}

interface Reading {
  select: Names | null;
  ignore: Names | null;
  severity: Map<string, Level>;
  /** Where a key of the top level can be put, and one of `[severity]`. */
  topEnd: number;
  severityEnd: number | null;
  /** `severity` is an inline table or dotted, so that `[severity]` cannot be added. */
  severityElsewhere: boolean;
}

class Reader {
  at = 0;
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  here(): string {
    return this.text[this.at] ?? "";
  }

  /** White space and comments, over lines too if wanted. */
  space(lines: boolean): void {
    const pattern = lines ? /(?:[ \t\r\n]|#[^\n]*)*/y : /[ \t]*(?:#[^\n]*)?/y;
    pattern.lastIndex = this.at;
    this.at += pattern.exec(this.text)?.[0].length ?? 0;
  }

  match(pattern: RegExp): string | null {
    const sticky = new RegExp(pattern.source, "y");
    sticky.lastIndex = this.at;
    const found = sticky.exec(this.text)?.[0] ?? null;
    this.at += found?.length ?? 0;
    return found;
  }

  string(): string | null {
    const long = this.match(/"""(?:[^\\]|\\[\s\S])*?"{3,5}|'''[\s\S]*?'{3,5}/);
    if (long !== null) return long.slice(3, -3);
    const short = this.match(/"(?:[^"\\\n]|\\.)*"|'[^'\n]*'/);
    return short === null ? null : short.slice(1, -1);
  }

  /** A key with its dots. */
  key(): string[] | null {
    const parts: string[] = [];
    for (;;) {
      this.match(/[ \t]*/);
      const part = this.string() ?? this.match(/[\w-]+/);
      if (part === null) return null;
      parts.push(part);
      this.match(/[ \t]*/);
      if (this.here() !== ".") return parts;
      this.at += 1;
    }
  }

  /** Passes a value; tells the texts of a list. */
  value(): Names["items"] {
    const items: Names["items"] = [];
    if (this.here() === "[" || this.here() === "{") {
      const close = this.here() === "[" ? "]" : "}";
      this.at += 1;
      for (;;) {
        this.space(true);
        if (this.here() === close || this.here() === "") break;
        const from = this.at;
        const text = this.string();
        if (text !== null) items.push({ name: text, from, to: this.at });
        else if (this.here() === "[" || this.here() === "{") this.value();
        else this.at += 1;
      }
      this.at += 1;
    } else if (this.string() === null) this.match(/[^\n#,\]}]*/);
    return items;
  }
}

function read(text: string): Reading {
  const reader = new Reader(text);
  const reading: Reading = {
    select: null,
    ignore: null,
    severity: new Map(),
    topEnd: 0,
    severityEnd: null,
    severityElsewhere: false,
  };
  let table = "";
  for (;;) {
    reader.space(true);
    if (reader.at >= text.length) return reading;
    const lineStart = reader.at;
    const header = reader.match(/\[\[?[^\]\n]*\]\]?/);
    if (header !== null) {
      table = header.replaceAll(/[\s"']/g, "");
      reader.space(false);
      if (table === "[severity]") reading.severityEnd = reader.at;
      continue;
    }
    const key = reader.key();
    if (key === null || reader.here() !== "=") {
      reader.match(/[^\n]*\n?/);
      continue;
    }
    reader.at += 1;
    reader.match(/[ \t]*/);
    const from = reader.at;
    const path = table === "" ? key : table === "[severity]" ? ["severity", ...key] : [];
    if (path.length === 1 && path[0] === "severity" && reader.here() === "{") {
      reading.severityElsewhere = true;
      inlineLevels(reader, reading);
    } else {
      const items = reader.value();
      const to = reader.at;
      if (path.length === 1 && (path[0] === "select" || path[0] === "ignore") && text[from] === "[") {
        reading[path[0]] = { from: from + 1, to: to - 1, items };
      }
      if (path.length === 2 && path[0] === "severity") {
        reader.space(false);
        const end = reader.here() === "\n" ? reader.at + 1 : reader.at;
        reading.severity.set(path[1] ?? "", { value: text.slice(from, to).replaceAll(/^["']|["']$/g, ""), from, to, line: { from: lineStart, to: end } });
        if (table === "") reading.severityElsewhere = true;
      }
    }
    reader.space(false);
    if (table === "") reading.topEnd = reader.at;
    if (table === "[severity]") reading.severityEnd = reader.at;
  }
}

function inlineLevels(reader: Reader, reading: Reading): void {
  reader.at += 1;
  while (reader.here() !== "}" && reader.here() !== "") {
    const key = reader.key();
    if (key === null || reader.here() !== "=") {
      reader.at += 1;
      continue;
    }
    reader.at += 1;
    reader.match(/[ \t]*/);
    const from = reader.at;
    const value = reader.string();
    if (value !== null) reading.severity.set(key.join("."), { value, from, to: reader.at, line: null });
    reader.match(/[ \t]*,?/);
  }
  reader.at += 1;
}

/** How much a list speaks of a rule: by name, by group, by `all`. */
function weight(names: Names | null, rule: RuleForm): number {
  const weights = (names?.items ?? []).map(({ name }) =>
    name === rule.name || rule.aliases.includes(name) ? 3 : name === rule.group ? 2 : name === "all" ? 1 : 0,
  );
  return Math.max(0, ...weights);
}

function levelOf(reading: Reading, rule: RuleForm): Level | undefined {
  for (const name of [rule.name, ...rule.aliases]) {
    const level = reading.severity.get(name);
    if (level !== undefined) return level;
  }
  return undefined;
}

function onIn(reading: Reading, rule: RuleForm): boolean {
  const level = levelOf(reading, rule);
  if (level !== undefined) return level.value !== "off";
  const selected = weight(reading.select, rule);
  const ignored = weight(reading.ignore, rule);
  if (ignored > 0 && ignored >= selected) return false;
  if ((reading.select?.items.length ?? 0) === 0) return rule.enabled;
  return selected === 2 ? rule.enabled : selected > 0;
}

/** Is the rule on at the top level of this configuration? */
export function isOn(toml: string, rule: RuleForm): boolean {
  return onIn(read(toml), rule);
}

/** The changes that switch a rule, in the order of the text. */
export function switched(toml: string, rule: RuleForm, on: boolean): Change[] {
  const reading = read(toml);
  if (onIn(reading, rule) === on) return [];
  const level = levelOf(reading, rule);
  if (on) {
    const changes: Change[] = [];
    if (level !== undefined) changes.push(level.line === null ? set(level, rule.severity) : { ...level.line, insert: "" });
    const named = reading.ignore?.items.find(({ name }) => name === rule.name || rule.aliases.includes(name));
    if (named !== undefined && reading.ignore !== null) changes.push(without(toml, reading.ignore, named));
    const after = apply(toml, sorted(changes));
    if (isOn(after, rule)) return sorted(changes);
    // A group is ignored, or others are selected: only a severity says otherwise.
    if (level !== undefined) return [set(level, rule.severity)];
    return [withLevel(toml, reading, rule)];
  }
  if (level !== undefined) return [set(level, "off")];
  if (reading.ignore !== null) return [withName(toml, reading.ignore, rule.name)];
  const line = `ignore = ["${rule.name}"]\n`;
  if (reading.topEnd === 0) return [{ from: 0, to: 0, insert: toml === "" ? line : `${line}\n` }];
  return [{ from: reading.topEnd, to: reading.topEnd, insert: `\n${line.trimEnd()}` }];
}

function set(level: Level, value: string): Change {
  return { from: level.from, to: level.to, insert: `"${value}"` };
}

function withLevel(toml: string, reading: Reading, rule: RuleForm): Change {
  const entry = `${rule.name} = "${rule.severity}"`;
  if (reading.severityEnd !== null) return { from: reading.severityEnd, to: reading.severityEnd, insert: `\n${entry}` };
  if (reading.severityElsewhere) return { from: reading.topEnd, to: reading.topEnd, insert: `\nseverity.${entry}` };
  const before = toml === "" ? "" : toml.endsWith("\n") ? "\n" : "\n\n";
  return { from: toml.length, to: toml.length, insert: `${before}[severity]\n${entry}\n` };
}

function withName(toml: string, names: Names, name: string): Change {
  const last = names.items.at(-1);
  if (last === undefined) return { from: names.from, to: names.from, insert: `"${name}"` };
  const lines = toml.slice(names.from, names.to).includes("\n");
  const indent = /[ \t]*$/.exec(toml.slice(0, last.from))?.[0] ?? "";
  return { from: last.to, to: last.to, insert: lines ? `,\n${indent}"${name}"` : `, "${name}"` };
}

function without(toml: string, names: Names, item: Names["items"][number]): Change {
  const at = names.items.indexOf(item);
  const next = names.items[at + 1];
  const previous = names.items[at - 1];
  if (next !== undefined) return { from: item.from, to: next.from, insert: "" };
  if (previous !== undefined) return { from: previous.to, to: item.to, insert: "" };
  const comma = /^\s*,/.exec(toml.slice(item.to, names.to))?.[0].length ?? 0;
  return { from: item.from, to: item.to + comma, insert: "" };
}

function sorted(changes: Change[]): Change[] {
  return changes.sort((a, b) => a.from - b.from);
}

export function apply(text: string, changes: readonly Change[]): string {
  let result = text;
  for (const { from, to, insert } of changes.toReversed()) result = result.slice(0, from) + insert + result.slice(to);
  return result;
}
