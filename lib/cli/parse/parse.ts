/**
 * Splits words into occurrences of options, operands and leftovers, over any option table.
 *
 * The grammar is that of Python's argparse without abbreviations, because cron lines depend on it; `@std/cli`
 * `parseArgs` loses the order between options and takes values for options. What the values mean together is
 * `cli/settings/settings.ts`'s business. Source: docs/spec/cli.md §1.
 * @module
 */
import { UsageError } from "../../model/errors.ts";
import { type ArgumentFileReader, expandOperands } from "./argument_file.ts";
import { type Occurrence, occurrenceOf } from "./occurrence.ts";
import { pythonText } from "../../model/text/mod.ts";
import { type OptionSpec, type OptionTable, spellingsOf, takesValue } from "../options/option.ts";
import { argumentError, type ValueContext } from "../options/values.ts";

/** A word that nobody took. */
export interface Leftover {
  readonly word: string;
  /** `option`: looks like one, but no row has it. `operand`: there was no place for it. */
  readonly kind: "option" | "operand" | "separator";
}

/** What was found, in the order of the words. */
export interface ParsedWords {
  readonly occurrences: readonly Occurrence[];
  /** Operands as they were written; `undefined` if there were none. */
  readonly operandWords: readonly string[] | undefined;
  /** The same after argument files were read. */
  readonly operands: readonly string[];
  readonly leftovers: readonly Leftover[];
  /** The option that ended parsing (`--help`, `--version`), and how it was spelled. */
  readonly stop: { readonly option: OptionSpec; readonly spelling: string } | undefined;
}

/** How to parse. */
export interface ParseOptions extends ValueContext {
  readonly files: ArgumentFileReader;
  /** `run`: the first run of operands is taken. `none`: all operands are left over. */
  readonly operands: "run" | "none";
  /** Checks the operands where they occur; also gets what was left over before them. */
  readonly checkOperands?: (operands: readonly string[], leftovers: readonly Leftover[]) => void;
}

/** Parses the words behind the program's name. Throws only {@linkcode UsageError}. */
export function parseWords(argv: readonly string[], table: OptionTable, options: ParseOptions): ParsedWords {
  return new WordParser(argv, table, options).parse();
}

/** How one word is used: an option, possibly with an attached value; an unknown option; a value; the first `--`. */
type WordClass =
  | { readonly kind: "option"; readonly option: OptionSpec; readonly attached: Attached | undefined }
  | { readonly kind: "unknown" | "value" | "separator" };

/** What follows an option in the same word: `=value`, or the rest of a cluster. */
interface Attached {
  readonly form: "equals" | "cluster";
  readonly text: string;
}

class WordParser {
  readonly #argv: readonly string[];
  readonly #classes: readonly WordClass[];
  readonly #options: ParseOptions;
  readonly #bySpelling: ReadonlyMap<string, OptionSpec>;
  readonly #occurrences: Occurrence[] = [];
  readonly #leftovers: Leftover[] = [];
  #operandWords: readonly string[] | undefined;
  #operands: readonly string[] = [];
  #filesAllowed = true;
  #stop: ParsedWords["stop"];
  #at = 0;

  constructor(argv: readonly string[], table: OptionTable, options: ParseOptions) {
    this.#argv = argv;
    this.#options = options;
    this.#bySpelling = new Map(table.flatMap((option) => spellingsOf(option).map((spelling) => [spelling, option])));
    const separator = argv.indexOf("--");
    this.#classes = argv.map((word, i) => {
      if (separator < 0 || i < separator) return this.#classOf(word);
      return { kind: i === separator ? "separator" : "value" };
    });
  }

  parse(): ParsedWords {
    while (this.#at < this.#argv.length && this.#stop === undefined) {
      const found = this.#classes[this.#at]!;
      const word = this.#argv[this.#at]!;
      if (found.kind === "option") {
        this.#at++;
        this.#takeOption(found.option, word, found.attached);
      } else if (found.kind === "unknown") {
        this.#at++;
        this.#leftovers.push({ word, kind: "option" });
      } else {
        this.#takeRun();
      }
    }
    return {
      occurrences: this.#occurrences,
      operandWords: this.#operandWords,
      operands: this.#operands,
      leftovers: this.#leftovers,
      stop: this.#stop,
    };
  }

  /** Rules 1 to 9 of docs/spec/cli.md §1.1; a word before the first `--`. */
  #classOf(word: string): WordClass {
    if (word === "" || word === "-" || !word.startsWith("-")) return { kind: "value" };
    const exact = this.#bySpelling.get(word);
    if (exact !== undefined) return { kind: "option", option: exact, attached: undefined };
    const equals = word.indexOf("=");
    const before = equals < 0 ? undefined : this.#bySpelling.get(word.slice(0, equals));
    if (before !== undefined) {
      return { kind: "option", option: before, attached: { form: "equals", text: word.slice(equals + 1) } };
    }
    const clustered = word.startsWith("--") ? undefined : this.#bySpelling.get(word.slice(0, 2));
    if (clustered !== undefined) {
      return { kind: "option", option: clustered, attached: { form: "cluster", text: word.slice(2) } };
    }
    return { kind: /^-(?:\d+|\d*\.\d+)$/.test(word) || word.includes(" ") ? "value" : "unknown" };
  }

  #takeOption(first: OptionSpec, word: string, attachedToFirst: Attached | undefined): void {
    let option = first;
    let attached = attachedToFirst;
    while (attached !== undefined && !takesValue(option)) {
      const ignored = `ignored explicit argument ${pythonText(attached.text)}`;
      if (attached.form === "equals" || attached.text.startsWith("=")) throw argumentError(option, ignored);
      this.#record(option, word, []);
      const next = this.#bySpelling.get(`-${[...attached.text][0]}`);
      if (next === undefined) throw argumentError(option, ignored);
      if (this.#stop !== undefined) return;
      option = next;
      attached = attached.text.length > 1 ? { form: "cluster", text: attached.text.slice(1) } : undefined;
    }
    this.#record(option, word, attached === undefined ? this.#followers(option) : [textOf(attached)]);
  }

  /** The words behind an option that belong to it. */
  #followers(option: OptionSpec): string[] {
    const { arity } = option;
    if (arity === "flag" || arity === "count") return [];
    let end = this.#at;
    const limit = arity === "one" || arity === "optional" ? 1 : Infinity;
    while (this.#classes[end]?.kind === "value" && end - this.#at < limit) end++;
    const words = this.#argv.slice(this.#at, end);
    if (words.length === 0 && (arity === "one" || arity === "many")) throw this.#missingValue(option);
    this.#at = end;
    return words;
  }

  #missingValue(option: OptionSpec): UsageError {
    const problem = option.arity === "one" ? "expected one argument" : "expected at least one argument";
    const next = this.#argv[this.#at];
    const isLongOption = next?.startsWith("--") === true && this.#classes[this.#at]?.kind === "option";
    const dash = next?.startsWith("-") === true && next !== "--" && !isLongOption;
    return argumentError(
      option,
      problem,
      dash ? `A value that starts with a dash is written ${option.name}=${next}` : undefined,
    );
  }

  #record(option: OptionSpec, word: string, words: readonly string[]): void {
    if (option.isProtected) {
      throw argumentError(option, `Security: Overriding protected argument '${option.name}' is not allowed.`);
    }
    if (option.stops !== undefined) this.#stop ??= { option, spelling: word };
    if (option.forbidsFiles) this.#filesAllowed = false;
    const { readTimesAndRanks } = this.#options;
    this.#occurrences.push(occurrenceOf(option, words, { readTimesAndRanks, files: this.#reader() }));
  }

  #reader(): ArgumentFileReader | undefined {
    return this.#filesAllowed ? this.#options.files : undefined;
  }

  /** Takes the words up to the next option: operands the first time, leftovers afterwards. */
  #takeRun(): void {
    const start = this.#at;
    while (this.#at < this.#argv.length && /value|separator/.test(this.#classes[this.#at]!.kind)) this.#at++;
    const run = this.#argv.slice(start, this.#at).map((word, i): Leftover => ({
      word,
      kind: this.#classes[start + i]!.kind === "separator" ? "separator" : "operand",
    }));
    const operands = run.filter((item) => item.kind === "operand").map((item) => item.word);
    if (this.#options.operands === "none" || this.#operandWords !== undefined || operands.length === 0) {
      this.#leftovers.push(...run);
      return;
    }
    this.#operandWords = operands;
    this.#operands = expandOperands(operands, this.#reader());
    this.#options.checkOperands?.(this.#operands, this.#leftovers);
  }
}

/** Inside a cluster an equals sign may stand before the value, too. */
function textOf(attached: Attached): string {
  return attached.form === "cluster" && attached.text.startsWith("=") ? attached.text.slice(1) : attached.text;
}
