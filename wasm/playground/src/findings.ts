// What is found at present, by file.

import { type Finding, SEVERITIES, type Severity } from "./engine/api.ts";

export interface Found {
  finding: Finding;
  /** Its place among the findings of its file. */
  index: number;
}

export type Counts = Record<Severity, number>;

export function counts(findings: Iterable<Finding>): Counts {
  const result: Counts = { error: 0, warning: 0, info: 0, hint: 0 };
  for (const { severity } of findings) result[severity] += 1;
  return result;
}

export class Findings {
  #byFile = new Map<string, readonly Finding[]>();
  #listeners: (() => void)[] = [];
  #due = false;

  /** Calls back before the next frame after a change. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  set(path: string, findings: readonly Finding[]): void {
    if (findings.length === 0) this.#byFile.delete(path);
    else this.#byFile.set(path, findings);
    this.#tell();
  }

  clear(): void {
    this.#byFile.clear();
    this.#tell();
  }

  #tell(): void {
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => {
      this.#due = false;
      for (const listener of this.#listeners) listener();
    });
  }

  of(path: string): readonly Finding[] {
    return this.#byFile.get(path) ?? [];
  }

  /** All, by path and place. */
  all(): Found[] {
    const paths = [...this.#byFile.keys()].sort();
    return paths.flatMap((path) => this.of(path).map((finding, index) => ({ finding, index })));
  }

  /** The worst severity in a file. */
  worst(path: string): Severity | null {
    const found = new Set(this.of(path).map((finding) => finding.severity));
    return SEVERITIES.find((severity) => found.has(severity)) ?? null;
  }

  /** Rules by how much they find. */
  byRule(): { rule: string; found: number; files: number; severity: Severity }[] {
    const rules = new Map<string, { found: number; files: Set<string>; severity: Severity }>();
    for (const [path, findings] of this.#byFile) {
      for (const { rule, severity } of findings) {
        const entry = rules.get(rule) ?? { found: 0, files: new Set<string>(), severity };
        entry.found += 1;
        entry.files.add(path);
        if (SEVERITIES.indexOf(severity) < SEVERITIES.indexOf(entry.severity)) entry.severity = severity;
        rules.set(rule, entry);
      }
    }
    const rows = [...rules].map(([rule, { found, files, severity }]) => ({ rule, found, files: files.size, severity }));
    return rows.sort((a, b) => b.found - a.found || (a.rule < b.rule ? -1 : 1));
  }
}
