// The page of the report: asks the playground that opened it for the files, lets a
// worker make the report, and becomes the very page that `nixamine report` writes.

import "../theme.ts";
import "./report.css";
import { byId, count } from "../dom.ts";
import { type Answer, ASKING, type Project } from "./project.ts";

const opener = window.opener as Window | null;
const state = byId("state", HTMLParagraphElement);

function lost(): void {
  state.textContent = "The playground that asked for this report is closed. Open it again, and there the report.";
}

/** Turns into the report, with a link that downloads it. */
function show(name: string, html: string): void {
  document.open();
  document.write(html);
  document.close();
  const link = document.createElement("a");
  link.textContent = "Download";
  link.download = `${name}-report.html`;
  link.href = URL.createObjectURL(new Blob([html], { type: "text/html" }));
  const item = document.createElement("li");
  item.append(link);
  document.querySelector("header nav ul")?.append(item);
}

function make(project: Project): void {
  state.textContent = `Reading ${count(project.files.length, "file")} …`;
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "nixamine-report" });
  const failed = (reason: string): void => {
    state.textContent = `The report could not be made (${reason}).`;
    worker.terminate();
  };
  worker.onerror = ({ message }) => failed(message || "the worker could not be loaded");
  worker.onmessage = ({ data }: MessageEvent<Answer>) => {
    if ("reason" in data) return failed(data.reason);
    worker.terminate();
    show(project.name, data.html);
  };
  worker.postMessage(project);
}

if (opener === null) lost();
else {
  const silence = window.setTimeout(lost, 5000);
  const given = ({ origin, source, data }: MessageEvent<Project>): void => {
    if (origin !== location.origin || source !== opener) return;
    window.removeEventListener("message", given);
    clearTimeout(silence);
    make(data);
  };
  window.addEventListener("message", given);
  opener.postMessage(ASKING, location.origin);
}
