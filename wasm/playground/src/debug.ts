// With `?debug` in the address: what tests and measurements need.

import type { Editor } from "./editor.ts";
import type { Report } from "./engine/api.ts";
import type { Engine } from "./engine/client.ts";
import { exported, type Files, textOf } from "./files.ts";
import type { Findings } from "./findings.ts";

export interface DebugHandle {
  typed(): void;
  shown(): void;
}

interface Parts {
  engine: Engine;
  files: Files;
  editor: Editor;
  findings: Findings;
}

export function install({ engine, files, editor, findings }: Parts): DebugHandle {
  let typedAt = 0;
  const latencies: number[] = [];
  const handle = {
    latencies,
    /** The engine's own time for the last change. */
    micros: () => engine.micros,
    settled: () => engine.whenSettled(),
    report: (): Promise<Report> => engine.ask("report", {}),
    trap: () => engine.provoke("trap"),
    hang: () => engine.provoke("hang"),
    text: (path: string): string | null => {
      const file = files.get(path);
      return file === undefined ? null : textOf(file);
    },
    exported: (path: string): string | null => {
      const file = files.get(path);
      return file === undefined ? null : exported(file);
    },
    paths: () => files.all().map(({ path }) => path),
    findings: (path: string) => findings.of(path),
    marked: () => editor.marked(),
    cursor: (from: number, to = from) => editor.select(from, to, true),
  };
  Object.assign(window, { nixamine: handle });
  return {
    typed() {
      // The first key that is not answered yet.
      if (typedAt === 0) typedAt = performance.now();
    },
    shown() {
      if (typedAt > 0) latencies.push(performance.now() - typedAt);
      typedAt = 0;
    },
  };
}
