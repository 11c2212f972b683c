// Serves the built site: node serve.mjs [PORT]. Any other file server does it as well;
// this one also sends the policy as a header, which a worker needs to be held to it.

import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

export const CSP =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'nonce-nixamine'; connect-src 'self'; img-src 'self' data:; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'";

/** The report has its script and its style in itself, as it has on a disk. */
const REPORT_CSP = CSP.replace(/(?<=(script|style)-src [^;]*)(?=;)/g, " 'unsafe-inline'").replace("'nonce-nixamine' ", "");

/** Serves a folder; resolves to the server and its address. */
export function serve(folder = fileURLToPath(new URL("./dist/", import.meta.url)), port = 0) {
  const root = normalize(folder + sep);
  const server = createServer((request, response) => {
    let path;
    try {
      path = decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname);
    } catch {
      path = "\0";
    }
    if (path.endsWith("/")) path += "index.html";
    const file = join(root, path);
    let size = -1;
    try {
      const entry = statSync(file);
      if (file.startsWith(root) && entry.isFile()) size = entry.size;
    } catch {
      // No such file.
    }
    if (size < 0) {
      response.writeHead(404, { "content-type": "text/plain; charset=utf-8" }).end("not found\n");
      return;
    }
    response.writeHead(200, {
      "content-type": TYPES[extname(file)] ?? "application/octet-stream",
      "content-length": size,
      "content-security-policy": path === "/report.html" ? REPORT_CSP : CSP,
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      // What has a hash in its name never changes.
      "cache-control": path.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache",
    });
    if (request.method === "HEAD") response.end();
    else createReadStream(file).pipe(response);
  });
  return new Promise((resolve, reject) => {
    server.on("error", reject);
    // This machine only.
    server.listen(port, "127.0.0.1", () => resolve({ server, url: `http://127.0.0.1:${server.address().port}/` }));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url } = await serve(undefined, Number(process.argv[2] ?? 4173));
  console.log(`The playground is at ${url}`);
}
