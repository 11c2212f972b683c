// What a report is made of, as the playground hands it to the page of the report.

/** Asks the page that opened this one for its files. */
export const ASKING = "nixamine-report";

export interface Project {
  name: string;
  files: { path: string; text: string }[];
  /** Files that only exist. */
  others: string[];
  /** What need not be here of a whole project; `null` for just some files. */
  absent: readonly string[] | null;
  /** Configurations to hold one after the other: one with an error changes nothing. */
  config: string[];
}

export type Answer = { html: string } | { reason: string };
