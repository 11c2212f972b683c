// The forms of data that the package gives, under one roof.

import type {
  ConfigProblem,
  Drawing,
  FileEdit,
  FileForm,
  Finding,
  Fixed,
  ImportGraph,
  ListedForm,
  Location,
  OptionForm,
  Report,
  RuleForm,
  TreeForm,
} from "nixamine/types";

export type {
  ConfigProblem,
  Drawing,
  FileEdit,
  FileForm,
  Finding,
  Fixed,
  ImportGraph,
  ListedForm,
  Location,
  OptionForm,
  Report,
  RuleForm,
  TreeForm,
};
export type Severity = Finding["severity"];
export type FixProposal = Finding["fixes"][number];
export type Range = Finding["range"];
export type ModuleForm = FileForm["modules"][number];
export type ImportForm = ModuleForm["imports"][number];
export type Example = RuleForm["examples"][number];

/** From worst to least. */
export const SEVERITIES: readonly Severity[] = ["error", "warning", "info", "hint"];
