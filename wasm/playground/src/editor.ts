// The text on the screen: CodeMirror, one state for each file, so that each keeps its
// own history. Changes go to the engine as changes.

import { defaultKeymap, history, historyKeymap, undo } from "@codemirror/commands";
import {
  bracketMatching,
  foldGutter,
  foldKeymap,
  indentOnInput,
  LanguageSupport,
  StreamLanguage,
  syntaxHighlighting,
} from "@codemirror/language";
import { type Diagnostic, forEachDiagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension, Prec, StateEffect, StateField, type Transaction } from "@codemirror/state";
import {
  crosshairCursor,
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
  rectangularSelection,
} from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";
import { nixLanguage } from "@replit/codemirror-lang-nix";
import type { Finding } from "./engine/api.ts";
import type { Change } from "./engine/protocol.ts";
import type { Entry, Files } from "./files.ts";

/** All that changes direction or cannot be seen, beside what CodeMirror shows itself. */
const MORE_SPECIALS = /[\u180e\u202a-\u202c\u2060-\u2065\u2068\u206a-\u206f]/g;

export interface EditorEvents {
  /** A file was changed, on the screen or not. */
  changed(file: Entry, changes: Change[]): void;
  /** The cursor moved in the file on the screen. */
  moved(from: number, to: number): void;
  /** What a finding says, for its tooltip. */
  explain(finding: Finding, index: number): Node;
}

const setMark = StateEffect.define<{ from: number; to: number } | null>();

/** The piece of text that belongs to what is chosen beside it. */
const mark = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    let now = marks.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (!effect.is(setMark)) continue;
      const range = effect.value;
      now =
        range === null || range.from === range.to
          ? Decoration.none
          : Decoration.set(Decoration.mark({ class: "cm-linked" }).range(range.from, range.to));
    }
    return now;
  },
  provide: (field) => EditorView.decorations.from(field),
});

// Enough TOML to see keys, texts and comments by.
const toml = StreamLanguage.define<object>({
  startState: () => ({}),
  token(stream) {
    if (stream.sol() && stream.match(/^\s*\[+[^\]]*\]+/)) return "heading";
    if (stream.eatSpace()) return null;
    if (stream.match(/^#.*/)) return "comment";
    if (stream.match(/^"(?:[^"\\]|\\.)*"?/) || stream.match(/^'[^']*'?/)) return "string";
    if (stream.match(/^(true|false)\b/)) return "bool";
    if (stream.match(/^[-+]?\d[\d_.]*\b/)) return "number";
    if (stream.match(/^[\w-]+(?=\s*[=.])/)) return "propertyName";
    if (stream.match(/^[\w-]+/)) return null;
    stream.next();
    return null;
  },
});

const NIX = new LanguageSupport(nixLanguage);
const TOML = new LanguageSupport(toml);

export class Editor {
  readonly view: EditorView;
  #files: Files;
  #events: EditorEvents;
  #extensions: Extension;
  #path: string | null = null;

  constructor(parent: HTMLElement, files: Files, nonce: string, keys: Extension, events: EditorEvents) {
    this.#files = files;
    this.#events = events;
    this.#extensions = [
      keys,
      EditorView.cspNonce.of(nonce),
      lineNumbers(),
      highlightActiveLineGutter(),
      highlightSpecialChars({ addSpecialChars: MORE_SPECIALS }),
      history(),
      foldGutter(),
      drawSelection(),
      EditorState.allowMultipleSelections.of(true),
      indentOnInput(),
      syntaxHighlighting(classHighlighter),
      bracketMatching(),
      rectangularSelection(),
      crosshairCursor(),
      highlightActiveLine(),
      highlightSelectionMatches(),
      search({ top: true }),
      lintGutter(),
      mark,
      // Tab moves the focus on, as everywhere in a page.
      keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, ...foldKeymap]),
      EditorView.contentAttributes.of({ tabindex: "0", "aria-label": "Text of the file", spellcheck: "false" }),
    ];
    this.view = new EditorView({
      parent,
      state: EditorState.create({ doc: "", extensions: [EditorState.readOnly.of(true), EditorView.cspNonce.of(nonce)] }),
      dispatchTransactions: (transactions, view) => {
        const file = this.#shown();
        const last = transactions.at(-1);
        if (file === undefined || last === undefined) {
          view.update(transactions);
          return;
        }
        // The engine is told first: it works while the page is drawn.
        file.state = last.state;
        for (const transaction of transactions) this.#tell(file, transaction);
        view.update(transactions);
        if (transactions.some((it) => it.docChanged || it.selection !== undefined)) {
          const { from, to } = view.state.selection.main;
          events.moved(from, to);
        }
      },
    });
  }

  #shown(): Entry | undefined {
    return this.#path === null ? undefined : this.#files.get(this.#path);
  }

  #tell(file: Entry, transaction: Transaction): void {
    if (!transaction.docChanged) return;
    const changes: Change[] = [];
    transaction.changes.iterChanges((from, to, _fromNew, _toNew, insert) => {
      changes.push({ from, to, insert: insert.sliceString(0, insert.length, "\n") });
    });
    this.#events.changed(file, changes);
  }

  /** The state of a file, which from now on has one. */
  state(file: Entry): EditorState {
    file.state ??= EditorState.create({
      doc: file.source,
      extensions: [
        this.#extensions,
        // Else CodeMirror would make all line ends alike.
        file.lineEnd === "mixed" ? EditorState.lineSeparator.of("\n") : [],
        file.path.endsWith(".toml") ? TOML : file.path.endsWith(".nix") ? NIX : [],
      ],
    });
    return file.state;
  }

  /** Shows the file that is selected, or nothing. */
  show(): void {
    const path = this.#files.selected;
    const file = path === null ? undefined : this.#files.get(path);
    this.#path = path;
    const state = file === undefined ? EditorState.create({ extensions: EditorState.readOnly.of(true) }) : this.state(file);
    if (this.view.state !== state) this.view.setState(state);
  }

  /** Changes a file so that it can be undone, whether it is on the screen or not. */
  change(file: Entry, changes: readonly Change[], event: string): void {
    const spec = { changes: [...changes], userEvent: event };
    if (file.path === this.#path) {
      this.view.dispatch(spec);
      return;
    }
    const transaction = this.state(file).update(spec);
    file.state = transaction.state;
    this.#tell(file, transaction);
  }

  /** Undoes the last change of a file. */
  undo(file: Entry): void {
    if (file.path === this.#path) {
      undo(this.view);
      return;
    }
    undo({
      state: this.state(file),
      dispatch: (transaction) => {
        file.state = transaction.state;
        this.#tell(file, transaction);
      },
    });
  }

  /** Selects a range of the file on the screen and brings it into view. */
  select(from: number, to: number, focus: boolean): void {
    const { length } = this.view.state.doc;
    const anchor = Math.min(from, length);
    this.view.dispatch({
      selection: { anchor, head: Math.min(Math.max(to, from), length) },
      effects: EditorView.scrollIntoView(anchor, { y: "center" }),
      userEvent: "select",
    });
    if (focus) this.view.focus();
  }

  /** Marks a range without moving the cursor. */
  mark(range: { from: number; to: number } | null, scroll = false): void {
    const { length } = this.view.state.doc;
    const value = range === null ? null : { from: Math.min(range.from, length), to: Math.min(range.to, length) };
    const effects: StateEffect<unknown>[] = [setMark.of(value)];
    if (value !== null && scroll) effects.push(EditorView.scrollIntoView(value.from, { y: "center" }));
    this.view.dispatch({ effects });
  }

  /** Shows findings of the file on the screen. */
  findings(findings: readonly Finding[]): void {
    const { length } = this.view.state.doc;
    const diagnostics = findings.map((finding, index): Diagnostic => {
      const from = Math.min(finding.range.start.offset, length);
      return {
        from,
        to: Math.min(Math.max(finding.range.end.offset, from), length),
        severity: finding.severity,
        message: finding.message,
        source: finding.rule,
        renderMessage: () => this.#events.explain(finding, index),
      };
    });
    this.view.dispatch(setDiagnostics(this.view.state, diagnostics));
  }

  /** Are there squiggles at this place? Where they are now, after later edits. */
  marked(): { from: number; to: number; source: string }[] {
    const found: { from: number; to: number; source: string }[] = [];
    forEachDiagnostic(this.view.state, (diagnostic, from, to) => {
      found.push({ from, to, source: diagnostic.source ?? "" });
    });
    return found;
  }
}

/** Keys that win over those of the editor. */
export function keys(bindings: readonly { key: string; run: () => void }[]): Extension {
  return Prec.highest(
    keymap.of(
      bindings.map(({ key, run }) => ({
        key,
        preventDefault: true,
        run: () => {
          run();
          return true;
        },
      })),
    ),
  );
}
