/**
 * Typed access to parsed words: the names and the types of values come from the option table.
 * @module
 */
import type { IntOrPercent } from "../../model/job.ts";
import type {
  ListName,
  NamesLike,
  NotationName,
  NotationOf,
  NumberOf,
  NumericName,
  OptionName,
  OptionSpec,
  OptionTable,
  PlanName,
  TextName,
  TextOf,
} from "../options/option.ts";
import { type Notation, notationText } from "../literal/read.ts";
import type { Occurrence } from "./occurrence.ts";
import type { ParsedWords } from "./parse.ts";
import type { PlanFilters } from "../options/plan_options.ts";
import { NO_FILTERS, readValues, type Value } from "../options/values.ts";

/** What the user wrote, by option. */
export class ParsedArguments<T extends OptionTable> {
  /** The words behind the program's name. */
  readonly argv: readonly string[];
  readonly words: ParsedWords;
  readonly #rows: ReadonlyMap<string, OptionSpec>;
  readonly #byName: ReadonlyMap<string, readonly Occurrence[]>;

  constructor(argv: readonly string[], table: T, words: ParsedWords) {
    this.argv = argv;
    this.words = words;
    this.#rows = new Map(table.map((row) => [row.name, row]));
    this.#byName = Map.groupBy(words.occurrences, (occurrence) => occurrence.option.name);
  }

  /** True if the option was given at all. */
  isGiven(name: OptionName<T>): boolean {
    return this.#byName.has(name);
  }

  /** True if the flag was given. */
  flag(name: NamesLike<T, { readonly arity: "flag" }>): boolean {
    return this.#byName.has(name);
  }

  /** How often the option was given. */
  count(name: NamesLike<T, { readonly arity: "count" }>): number {
    return this.#byName.get(name)?.length ?? 0;
  }

  /** The last value, or the default. */
  text<N extends TextName<T>>(name: N): TextOf<T, N> {
    return this.#last(name) as TextOf<T, N>;
  }

  /** The last value, or the default. */
  number<N extends NumericName<T>>(name: N): NumberOf<T, N> {
    return this.#last(name) as NumberOf<T, N>;
  }

  /** The last value, or the default. */
  amount(name: NamesLike<T, { readonly type: "int-or-percent"; readonly default: string }>): IntOrPercent {
    return this.#last(name) as IntOrPercent;
  }

  /** All values if occurrences accumulate, else those of the last one; or the defaults. */
  list(name: ListName<T>): readonly string[] {
    return this.#list(this.#rows.get(name)!) as string[];
  }

  /** The last list or dictionary, or the default. */
  notation<N extends NotationName<T>>(name: N): NotationOf<T, N> {
    return this.#last(name) as NotationOf<T, N>;
  }

  /** The plans of all occurrences, in their order. */
  plans(name: PlanName<T>): readonly PlanFilters[] {
    return this.#list(this.#rows.get(name)!) as PlanFilters[];
  }

  /**
   * The value of any option as plain data: count, flag, list, single value or `undefined`; defaults included, lists and
   * dictionaries as texts.
   */
  valueOf(name: OptionName<T>): number | boolean | readonly Value[] | Value | undefined {
    const row = this.#rows.get(name)!;
    if (row.arity === "flag") return this.#byName.has(name);
    if (row.arity === "count") return this.#byName.get(name)?.length ?? 0;
    if (row.arity === "many" || row.arity === "any" || row.repeat === "add") return this.#list(row);
    const value = this.#last(name);
    return row.type === "literal" && value !== undefined ? notationText(value as Notation) : value;
  }

  #list(row: OptionSpec): readonly Value[] {
    const given = this.#byName.get(row.name);
    if (given === undefined) return row.defaults ?? [];
    return (row.repeat === "add" ? given : given.slice(-1)).flatMap((occurrence) => occurrence.values);
  }

  #last(name: string): Value | undefined {
    const given = this.#byName.get(name)?.at(-1);
    if (given !== undefined) return given.values[0];
    const row = this.#rows.get(name)!;
    return row.default === undefined ? undefined : readValues(row, [row.default], NO_FILTERS)[0];
  }
}
