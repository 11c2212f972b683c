// Writes the service worker, with the list of all files and a version that changes
// when one of them does.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

export function serviceWorker(): Plugin {
  let folder = "";
  return {
    name: "nixamine-service-worker",
    apply: "build",
    configResolved(config) {
      folder = join(config.root, config.build.outDir);
    },
    closeBundle: {
      order: "post",
      handler() {
        const files = readdirSync(folder, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile() && entry.name !== "sw.js")
          .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
          .sort();
        const hash = createHash("sha256");
        for (const file of files) hash.update(file).update(readFileSync(join(folder, file)));
        const source = readFileSync(fileURLToPath(new URL("./service-worker.js", import.meta.url)), "utf8");
        writeFileSync(
          join(folder, "sw.js"),
          source
            .replace('"@VERSION@"', JSON.stringify(hash.digest("hex").slice(0, 16)))
            .replace('["@FILES@"]', JSON.stringify(files)),
        );
      },
    },
  };
}
