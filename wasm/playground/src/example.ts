// What the page starts with: the committed example, as it is.

import { CONFIG_PATH } from "./files.ts";

const FOLDER = "../../../examples/nixos-config/";
const texts = import.meta.glob<string>(["../../../examples/nixos-config/**/*.nix", "../../../examples/nixos-config/nixamine.toml"], {
  query: "?raw",
  import: "default",
  eager: true,
});
const names = Object.keys(import.meta.glob("../../../examples/nixos-config/**/*", { query: "?url" }));

const relative = (path: string): string => path.slice(FOLDER.length);

export const example = {
  name: "nixos-config",
  files: Object.entries(texts).map(([path, text]) => ({ path: relative(path), text })),
  others: names.map(relative).filter((path) => !path.endsWith(".nix") && path !== CONFIG_PATH),
  absent: [],
  selected: "hosts/desktop/default.nix",
};
