// Makes a report, with an engine of its own: the one of the playground stays free for
// whoever types.

import init, { Workspace } from "nixamine/web";
import wasm from "nixamine/nixamine_report_bg.wasm?url";
import type { Answer, Project } from "./project.ts";

const scope = globalThis as unknown as { onmessage: (event: MessageEvent<Project>) => void; postMessage(answer: Answer): void };

async function report({ name, files, others, absent, config }: Project): Promise<string> {
  await init({ module_or_path: wasm });
  const space = new Workspace();
  for (const toml of config) space.configure(toml);
  if (absent !== null) space.isWhole([...absent]);
  for (const { path, text } of files) space.add(path, text);
  for (const path of others) space.mention(path);
  return space.report(name, new Date().toISOString().slice(0, 10));
}

scope.onmessage = ({ data }) => {
  report(data).then(
    (html) => scope.postMessage({ html }),
    (error: unknown) => scope.postMessage({ reason: error instanceof Error ? error.message : String(error) }),
  );
};
