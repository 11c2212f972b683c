// What the parts of the page may ask of the whole.

import type { Editor } from "./editor.ts";
import type { Finding, FixProposal, Range } from "./engine/api.ts";
import type { Engine } from "./engine/client.ts";
import type { Files } from "./files.ts";
import type { Findings } from "./findings.ts";

export interface App {
  readonly files: Files;
  readonly findings: Findings;
  readonly engine: Engine;
  readonly editor: Editor;
  /** Shows a place. The editor gets the focus unless it shall stay. */
  open(path: string, range: Range | null, focus?: boolean): void;
  /** Applies a fix in all files that it touches. */
  applyFix(finding: Finding, fix: FixProposal): void;
  /** Writes a comment that allows a finding. */
  allow(finding: Finding, reach: "line" | "statement" | "file"): Promise<void>;
  showRule(name: string): void;
  /** Says something that goes away by itself, with a button perhaps. */
  say(text: string, action?: { label: string; run(): void }): void;
}
