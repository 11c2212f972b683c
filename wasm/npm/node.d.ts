import type { RuleForm } from "./types.d.ts";

export * from "./nixamine.js";
export { default } from "./nixamine.js";
/** Every rule, with its page and the examples on it. In browsers, `nixamine/rules.json` has them. */
export declare function rules(): RuleForm[];
