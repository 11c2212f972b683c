// Puts the package of the engine where imports find it. It is built beside this
// folder, so that it is no dependency that a registry could have.

import { existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const target = resolve(process.env.NIXAMINE_PACKAGE ?? resolve(here, "../package"));
if (!existsSync(resolve(target, "package.json"))) {
  console.error(`There is no package in ${target}: wasm/build makes it, or NIXAMINE_PACKAGE says where it is.`);
  process.exit(1);
}
mkdirSync(resolve(here, "node_modules"), { recursive: true });
const link = resolve(here, "node_modules/nixamine");
rmSync(link, { recursive: true, force: true });
symlinkSync(target, link, "junction");
