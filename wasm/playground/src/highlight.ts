// Colours for pieces of Nix outside of the editor.

import { classHighlighter, highlightCode } from "@lezer/highlight";
import { nixLanguage } from "@replit/codemirror-lang-nix";

export interface Piece {
  text: string;
  classes: string;
}

/** The code in pieces; other languages than Nix are one piece. */
export function highlighted(code: string, info: string): Piece[] {
  if (!/^nix\b/.test(info)) return [{ text: code, classes: "" }];
  const pieces: Piece[] = [];
  highlightCode(
    code,
    nixLanguage.parser.parse(code),
    classHighlighter,
    (text, classes) => pieces.push({ text, classes }),
    () => pieces.push({ text: "\n", classes: "" }),
  );
  return pieces;
}
