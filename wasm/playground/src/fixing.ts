// Applying fixes: always to the text that they were found in, in all files at once,
// and so that they can be undone.

import type { App } from "./app.ts";
import { count } from "./dom.ts";
import type { FileEdit, Finding, FixProposal } from "./engine/api.ts";
import { Outdated } from "./engine/client.ts";
import type { Change } from "./engine/protocol.ts";
import { entry, type Entry, textOf } from "./files.ts";

/** Done this often at most; each time less should be left. */
const MOST_ROUNDS = 20;

interface Creation {
  path: string;
  text: string;
}

/** The one change that makes a text another. */
function difference(before: string, after: string): Change[] {
  if (before === after) return [];
  let from = 0;
  const most = Math.min(before.length, after.length);
  while (from < most && before[from] === after[from]) from += 1;
  let end = 0;
  while (end < most - from && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  return [{ from, to: before.length - end, insert: after.slice(from, after.length - end) }];
}

export class Fixing {
  #app: App;
  #create: (file: Entry) => void;
  #remove: (path: string) => void;

  constructor(app: App, create: (file: Entry) => void, remove: (path: string) => void) {
    this.#app = app;
    this.#create = create;
    this.#remove = remove;
  }

  async one(finding: Finding, fix: FixProposal): Promise<void> {
    await this.#when("The finding is gone.", async () => {
      const index = this.#app.findings.of(finding.path).findIndex((it) => it.fingerprint === finding.fingerprint);
      const now = index < 0 ? null : await this.#app.engine.ask("complete", { path: finding.path, index });
      const same = now?.fixes.find((it) => it.title === fix.title);
      if (same === undefined) return false;
      this.#apply(this.#byFile(same.edits), same.creates, fix.title);
      return true;
    });
  }

  async allow(finding: Finding, reach: "line" | "statement" | "file"): Promise<void> {
    await this.#when("No comment fits there.", async () => {
      const now = this.#app.findings.of(finding.path).find((it) => it.fingerprint === finding.fingerprint);
      if (now === undefined) return false;
      const { start, end } = now.range;
      const edit = await this.#app.engine.ask("allow", { path: now.path, from: start.offset, to: end.offset, rule: now.rule, reach });
      if (edit === null) return false;
      this.#apply(this.#byFile([edit]), [], `${now.rule} is allowed here`);
      // The reason is for the user to write, at the end of the comment.
      const at = edit.range.start.offset + edit.text.replace(/\s+$/, "").length;
      if (this.#app.files.selected === now.path) this.#app.editor.select(at, at, true);
      return true;
    });
  }

  /** All safe fixes of a file. */
  async file(path: string): Promise<void> {
    let applied = 0;
    await this.#when("There is nothing in this file that can be fixed safely.", async () => {
      for (let round = 0; round < MOST_ROUNDS; round += 1) {
        await this.#app.engine.whenSettled();
        const edits = await this.#app.engine.ask("fixFile", { path, rule: null });
        if (edits.length === 0) break;
        applied += edits.length;
        this.#apply(this.#byFile(edits), [], "Everything that is safe to fix in this file is fixed");
      }
      return applied > 0;
    });
  }

  /** All safe fixes of all files. */
  async all(): Promise<void> {
    await this.#when("There is nothing that can be fixed safely.", async () => {
      const fixed = await this.#app.engine.ask("fixAll", {});
      if (fixed.applied === 0) return false;
      const changes = new Map<Entry, Change[]>();
      for (const { path, text } of fixed.changed) {
        const file = this.#app.files.get(path);
        if (file !== undefined) changes.set(file, difference(textOf(file), text));
      }
      const refused = fixed.refused > 0 ? `, ${fixed.refused} left alone` : "";
      this.#apply(changes, fixed.created, `${count(fixed.applied, "fix", "fixes")} in ${count(fixed.changed.length, "file")}${refused}`);
      return true;
    });
  }

  /** Does it when all findings are known, again if an edit comes in between. */
  async #when(nothing: string, action: () => Promise<boolean>): Promise<void> {
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      await this.#app.engine.whenSettled();
      try {
        if (!(await action())) this.#app.say(nothing);
        return;
      } catch (error) {
        if (error instanceof Outdated) continue;
        this.#app.say(error instanceof Error ? error.message : String(error));
        return;
      }
    }
  }

  #byFile(edits: readonly FileEdit[]): Map<Entry, Change[]> {
    const changes = new Map<Entry, Change[]>();
    for (const { path, range, text } of edits) {
      const file = this.#app.files.get(path);
      if (file === undefined) continue;
      const list = changes.get(file) ?? [];
      list.push({ from: range.start.offset, to: range.end.offset, insert: text });
      changes.set(file, list);
    }
    return changes;
  }

  #apply(changes: Map<Entry, Change[]>, creates: readonly Creation[], what: string): void {
    const { files, editor } = this.#app;
    for (const [file, list] of changes) {
      list.sort((a, b) => a.from - b.from);
      editor.change(file, list, "input.fix");
    }
    const created = creates.filter(({ path }) => files.get(path) === undefined);
    for (const { path, text } of created) this.#create(entry(path, text));
    const after = new Map([...changes.keys()].map((file) => [file.path, editor.state(file).doc]));
    this.#app.say(`${what}.`, {
      label: "Undo",
      run: () => {
        for (const [path, doc] of after) {
          const file = files.get(path);
          // Only what nobody has touched since.
          if (file !== undefined && editor.state(file).doc.eq(doc)) editor.undo(file);
        }
        for (const { path, text } of created) {
          const file = files.get(path);
          if (file !== undefined && textOf(file) === text) this.#remove(path);
        }
      },
    });
  }
}
