import init, { Workspace } from "nixamine";
import type { Finding, Severity } from "nixamine/types";

export async function worst(path: string, text: string): Promise<Severity | undefined> {
  await init();
  const workspace = new Workspace("bytes");
  workspace.add(path, text);
  const findings: Finding[] = workspace.findings(path);
  const [finding] = findings;
  return finding && finding.rule !== "mk-force" ? finding.severity : undefined;
}
