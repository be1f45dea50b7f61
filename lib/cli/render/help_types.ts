/**
 * The form of what help and man pages contain.
 * @module
 */
import type { EnvironmentVariable } from "../environment.ts";
import type { OptionTable } from "../options/option.ts";
import type { ProgramName } from "../parse/command_words.ts";

/** A command line and what it is good for. */
export interface Example {
  readonly purpose: string;
  /** Can be pasted into a POSIX shell. */
  readonly command: string;
}

/** A term and what it means. */
export interface Definition {
  readonly term: string;
  readonly meaning: string;
}

/** Everything about one program. */
export interface ProgramHelp {
  readonly name: ProgramName;
  /** At most 60 columns, no final period. */
  readonly brief: string;
  readonly synopsis: readonly string[];
  readonly description: readonly string[];
  readonly examples: readonly Example[];
  /** Four command lines for somebody who has typed none. */
  readonly briefExamples: readonly string[];
  readonly options: OptionTable;
  readonly exitStatuses: readonly Definition[];
  readonly files: readonly Definition[];
  readonly environment: readonly EnvironmentVariable[];
  readonly seeAlso: readonly string[];
}
