/**
 * One entry of a job file, which knows where it stands, so that every complaint says file, path, line and value.
 * @module
 */
import { UsageError } from "../../model/errors.ts";
import { pythonText } from "../../model/text/mod.ts";
import { didYouMean } from "../parse/suggestion.ts";
import { pathBelow, type YamlDocument, type YamlNode } from "./yaml.ts";

/** A file while it is read. */
export interface JobFileSource extends Pick<YamlDocument, "lineOf"> {
  readonly name: string;
}

/** A value of the file and its place. */
export class JobFileEntry {
  readonly #source: JobFileSource;
  readonly #node: YamlNode | undefined;
  /** Such as `dst-hosts[2].name`; empty for the whole file. */
  readonly path: string;

  constructor(source: JobFileSource, node: YamlNode | undefined, path = "") {
    this.#source = source;
    this.#node = node;
    this.path = path;
  }

  /** True if the file does not say anything here. */
  get isAbsent(): boolean {
    return this.#node === undefined;
  }

  /** True if it is a mapping. */
  get isMapping(): boolean {
    return this.#node instanceof Map;
  }

  /** True if it is a list. */
  get isList(): boolean {
    return Array.isArray(this.#node);
  }

  /** The text; an entry without value is empty. */
  text(): string {
    if (this.#node === null) return "";
    if (typeof this.#node === "string") return this.#withoutNul(this.#node);
    throw this.error(`must be a single value, but is ${this.#describe()}`);
  }

  /** The value of a flag in the notation of YAML; `undefined` for any other text. */
  flag(): boolean | undefined {
    const text = this.text();
    if (/^(?:true|True|TRUE)$/.test(text)) return true;
    return /^(?:false|False|FALSE)$/.test(text) ? false : undefined;
  }

  /** The text, which must not be empty. */
  word(): string {
    const text = this.text();
    if (text.trim() === "") throw this.error("must not be empty");
    return text;
  }

  /** The items of a list. */
  items(): JobFileEntry[] {
    if (!Array.isArray(this.#node)) throw this.error(`must be a list, but is ${this.#describe()}`);
    return this.#node.map((item, index) => this.#below(item, `${this.path}[${index}]`));
  }

  /** The items of a list; a single value counts as a list of one. */
  itemsOrOne(): JobFileEntry[] {
    return typeof this.#node === "string" ? [this] : this.items();
  }

  /** The entries of a mapping, in their order. */
  entries(): (readonly [string, JobFileEntry])[] {
    if (!(this.#node instanceof Map)) {
      throw this.error(`must be a mapping of names to values, but is ${this.#describe()}`);
    }
    return [...this.#node].map(([key, value]) => [
      this.#withoutNul(key),
      this.#below(value, pathBelow(this.path, key)),
    ]);
  }

  #withoutNul(text: string): string {
    if (text.includes("\0")) throw this.error("must not hold a NUL, which no word of a command can");
    return text;
  }

  /**
   * The entries of a mapping whose names are all known; those that are not there are absent.
   *
   * @param placeOf what is said of a name that belongs elsewhere; `undefined` for others
   */
  fields<K extends string>(
    known: readonly K[],
    placeOf: (name: string) => string | undefined = () => undefined,
  ): Readonly<Record<K, JobFileEntry>> {
    const given = new Map(this.entries());
    const unknown = [...given.keys()].find((key) => !(known as readonly string[]).includes(key));
    if (unknown !== undefined) throw given.get(unknown)!.#unknownKey(unknown, known, placeOf(unknown));
    const fields = known.map((key) =>
      [key, given.get(key) ?? this.#below(undefined, pathBelow(this.path, key))] as const
    );
    return Object.fromEntries(fields) as Record<K, JobFileEntry>;
  }

  /** A complaint about this entry. */
  error(problem: string, hint?: string): UsageError {
    const value = typeof this.#node === "string" ? `: ${pythonText(this.#node)}` : "";
    return this.#complaint(problem.endsWith(value) ? problem : `${problem}${value}`, hint);
  }

  #unknownKey(key: string, known: readonly string[], place: string | undefined): UsageError {
    if (place !== undefined) return this.#complaint("is not known here", place);
    const all = known.length > 20 ? "See --print-jobfile-schema." : `Known here: ${known.join(", ")}.`;
    return this.#complaint("is not known", didYouMean(key, known) ?? all);
  }

  #complaint(problem: string, hint: string | undefined): UsageError {
    const line = this.#source.lineOf(this.path);
    const place = `${this.#source.name}${line === undefined ? "" : `, line ${line}`}`;
    const what = this.path === "" ? "The file" : this.path;
    return new UsageError(`${place}: ${what} ${problem}`, { hint });
  }

  #below(node: YamlNode | undefined, path: string): JobFileEntry {
    return new JobFileEntry(this.#source, node, path);
  }

  #describe(): string {
    if (this.isMapping) return "a mapping";
    if (this.isList) return "a list";
    return this.#node === null || this.isAbsent ? "empty" : "a single value";
  }
}
