/**
 * What one option is: a row of data that parser, help, man page, README and shell completion loop over.
 *
 * The rows live in `table/*.ts`. The types at the end turn names of a table into types, so that asking for an option
 * that does not exist, or for a number where the row says text, does not compile.
 * @module
 */
import type { Notation } from "../literal/read.ts";

/**
 * How many values an option takes: none; none but counted; exactly one; none or one; one or more; any number.
 * All but `one` are greedy. Source: docs/spec/cli.md §1.3.
 */
export type Arity = "flag" | "count" | "one" | "optional" | "many" | "any";

/** How the text of a value is checked and read (docs/spec/cli.md §1.7). */
export type ValueType =
  | "text"
  | "non-empty"
  | "file-name"
  | "directory-name"
  | "ssh-config-file"
  /** All values together are source and destination datasets in turn. */
  | "dataset-pairs"
  | "integer"
  | "number"
  | "int-or-percent"
  /** All values together are one snapshot filter. */
  | "times-and-ranks"
  /** A list or dictionary in Python's notation or JSON, read where it is used. */
  | "literal"
  /** A retention plan; its value is what it selects (`plan_options.ts`). */
  | "include-plan"
  | "except-plan";

/** Chapters of help and man page, in their order. */
export const SECTIONS = [
  "General",
  "Output",
  "Actions",
  "Policy",
  "Execution",
  "Dataset selection",
  "Snapshot selection",
  "Snapshot creation",
  "Replication",
  "Conflict resolution",
  "Properties",
  "Deletion",
  "Comparison and monitoring",
  "Errors and retries",
  "Speed",
  "Hosts and ssh",
  "Programs",
  "Logging",
  "Environment and daemon",
  "Calendar anchors",
] as const;

/** Name of a chapter. */
export type Section = typeof SECTIONS[number];

/** What a shell can complete without asking the program. */
export type CompletionKind = "file" | "folder" | "dataset" | "host";

/** One option. */
export interface OptionSpec {
  /** First long spelling. */
  readonly name: `--${string}`;
  /** One-letter spelling, with its dash. */
  readonly short?: `-${string}`;
  /** Another long spelling. */
  readonly alias?: `--${string}`;
  readonly arity: Arity;
  /** Default: `text`. */
  readonly type?: ValueType;
  /** What a value is called in the help; required if the option takes a value that has no choices. */
  readonly metavar?: string;
  readonly choices?: readonly string[];
  /** What a shell offers as the value: names of files, folders, datasets of this host, or hosts. */
  readonly completes?: CompletionKind;
  /** Bounds of a number, both included. */
  readonly min?: number;
  readonly max?: number;
  /** Text form of the value that counts if the option is absent. */
  readonly default?: string;
  /** The same for options with several values. */
  readonly defaults?: readonly string[];
  /** Value of an `optional` option that was given without one. */
  readonly bareValue?: string;
  /** `add`: occurrences accumulate; otherwise the last one wins. */
  readonly repeat?: "add";
  /** A value that starts with `+` names an argument file (docs/spec/cli.md §1.8). */
  readonly files?: true;
  /** Appends to the ordered pipeline of snapshot filters. */
  readonly filter?: true;
  /** From here on argument files are refused. */
  readonly forbidsFiles?: true;
  /** Ends parsing at once: help, version, schema of job files. */
  readonly stops?: "help" | "version" | "schema";
  /** Using the option is an error: the program manages it itself. */
  readonly isProtected?: true;
  /** Accepted, but absent from help. */
  readonly hidden?: true;
  readonly section: Section;
  /** At most 60 columns, no final period. */
  readonly brief: string;
  /** Whole sentences; `{--name}` refers to another option. */
  readonly detail: string;
}

/** A list of options. */
export type OptionTable = readonly OptionSpec[];

/** Name of any option of a table. */
export type OptionName<T extends OptionTable> = T[number]["name"];

/** The row of a name. */
export type RowOf<T extends OptionTable, N extends string> = Extract<T[number], { readonly name: N }>;

/** Names of the options whose rows fit a shape. */
export type NamesLike<T extends OptionTable, Shape> = Extract<T[number], Shape>["name"];

/** Names of options with at most one value. */
export type SingleName<T extends OptionTable> = NamesLike<T, { readonly arity: "one" | "optional" }>;

/** Names of numeric options. */
export type NumericName<T extends OptionTable> = NamesLike<T, { readonly type: "integer" | "number" }>;

/** Names of options with one text value. */
export type TextName<T extends OptionTable> = Exclude<
  SingleName<T>,
  NamesLike<T, { readonly type: "integer" | "number" | "int-or-percent" | "include-plan" | "except-plan" | "literal" }>
>;

/** Names of options with one list or dictionary. */
export type NotationName<T extends OptionTable> = NamesLike<T, { readonly type: "literal" }>;

/** Type of the value of such an option; `undefined` only if there is no default. */
export type NotationOf<T extends OptionTable, N extends string> =
  | Notation
  | (RowOf<T, N> extends { readonly default: string } ? never : undefined);

/** Names of options whose values are retention plans. */
export type PlanName<T extends OptionTable> = NamesLike<T, { readonly type: "include-plan" | "except-plan" }>;

/** Names of options whose values make a list of texts. */
export type ListName<T extends OptionTable> = Exclude<
  NamesLike<T, { readonly arity: "many" | "any" }> | NamesLike<T, { readonly repeat: "add" }>,
  PlanName<T>
>;

/** Type of a text option's value: its choices if it has some; `undefined` only if there is no default. */
export type TextOf<T extends OptionTable, N extends string> =
  | (RowOf<T, N> extends { readonly choices: readonly (infer C)[] } ? C : string)
  | (RowOf<T, N> extends { readonly default: string } ? never : undefined);

/** Type of a numeric option's value. */
export type NumberOf<T extends OptionTable, N extends string> =
  | number
  | (RowOf<T, N> extends { readonly default: string } ? never : undefined);

/** Every spelling of an option, the way the user can write it. */
export function spellingsOf(option: OptionSpec): string[] {
  return [option.short, option.name, option.alias].filter((s) => s !== undefined);
}

/** True if the option can be given a value. */
export function takesValue(option: OptionSpec): boolean {
  return option.arity !== "flag" && option.arity !== "count";
}
