// All files as a .zip, or the only one as it is.

import { strToU8, zipSync } from "fflate";
import { exported, type Files } from "./files.ts";

export function download(files: Files): void {
  const all = files.all();
  const [only] = all;
  const single = all.length === 1 && only !== undefined;
  const data = single
    ? strToU8(exported(only))
    : zipSync(Object.fromEntries(all.map((file) => [file.path, strToU8(exported(file))])));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([data as Uint8Array<ArrayBuffer>]));
  link.download = single ? (only.path.split("/").at(-1) ?? "file.nix") : "nixamine.zip";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
