// Prints the TypeScript declarations of the forms in schemas/package.schema.json.
// It knows the parts of JSON schema that stand there, and refuses any other.

import { readFileSync } from "node:fs";

const KNOWN = new Set([
  "$ref", "allOf", "anyOf", "const", "description", "enum", "format", "items", "minimum",
  "oneOf", "properties", "required", "type",
]);

/** The type that a schema describes. */
function typeOf(schema, at) {
  for (const key of Object.keys(schema)) {
    if (!KNOWN.has(key)) throw new Error(`${at}: what is \`${key}\`?`);
  }
  if (schema.$ref) return nameOf(schema.$ref);
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const choice = schema.oneOf ?? schema.anyOf ?? (schema.allOf?.length === 1 ? schema.allOf : undefined);
  if (choice) return [...new Set(choice.map((it, index) => typeOf(it, `${at}.${index}`)))].join(" | ");
  const types = [schema.type].flat();
  return types.map((type) => plain(type, schema, at)).join(" | ");
}

function plain(type, schema, at) {
  switch (type) {
    case "string":
    case "boolean":
    case "null":
      return type;
    case "integer":
    case "number":
      return "number";
    case "array": {
      const item = typeOf(schema.items, `${at}[]`);
      return item.includes("|") ? `(${item})[]` : `${item}[]`;
    }
    default:
      throw new Error(`${at}: what is the type \`${type}\`?`);
  }
}

function nameOf(reference) {
  return reference.replace(/^#\/definitions\//, "");
}

function comment(text, indent = "") {
  // Links of Rust's documentation lead nowhere here.
  const plain = text?.replace(/\s+/g, " ").replace(/\[`(\w+)::(\w+)`\]/g, "`$1.$2`");
  return plain ? `${indent}/** ${plain} */\n` : "";
}

function declaration(name, schema) {
  if (schema.type !== "object") {
    return `${comment(schema.description)}export type ${name} = ${typeOf(schema, name)};\n`;
  }
  const required = new Set(schema.required ?? []);
  const lines = Object.entries(schema.properties).map(([key, value]) => {
    const mark = required.has(key) ? "" : "?";
    return `${comment(value.description, "  ")}  ${key}${mark}: ${typeOf(value, `${name}.${key}`)};\n`;
  });
  return `${comment(schema.description)}export interface ${name} {\n${lines.join("")}}\n`;
}

const schema = JSON.parse(readFileSync(new URL("../../schemas/package.schema.json", import.meta.url), "utf8"));
const all = Object.entries(schema.definitions).map(([name, it]) => declaration(name, it));
process.stdout.write(`// Generated from schemas/package.schema.json; do not edit.\n\n${all.join("\n")}`);
