/**
 * Reads YAML into texts, lists and ordered entries that know their lines: the only place that knows `@std/yaml`, which
 * has no types here.
 *
 * The schema is "failsafe": every scalar is a text, so that long numbers, dates and `no` stay what the user wrote. What
 * the package does not tell is told by marks: the number of the line is put in front of every scalar that may be a key
 * or an item, and taken out of all texts afterwards. This also keeps keys that are numbers in their place, which as
 * keys of an object would move to the front.
 * @module
 */
import { parse } from "@std/yaml";

/** A value: text, nothing, list, or entries in the order of the text. */
export type YamlNode = string | null | readonly YamlNode[] | YamlMapping;

/** Entries in the order of the text. */
export type YamlMapping = ReadonlyMap<string, YamlNode>;

/** A document. */
export interface YamlDocument {
  readonly node: YamlNode;
  /** Line, from 1, of the entry with this path, such as `hosts[2].name`; that of the nearest one above if unknown. */
  readonly lineOf: (path: string) => number | undefined;
}

/** The text is no YAML, or more than one document, or refers to itself. */
export class YamlError extends Error {
  override readonly name = "YamlError";
  /** From 1; `undefined` if it cannot be told. */
  readonly line: number | undefined;

  constructor(message: string, options: { readonly line?: number | undefined; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.line = options.line;
  }
}

/** The path of an entry below another one. */
export function pathBelow(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

/**
 * Where a key or an item may begin. That a text may look the same inside does not matter: marks are taken out of it.
 * What YAML gives a meaning to at the beginning of a scalar is left alone.
 */
const SCALAR = /(^(?!---|\.\.\.)[ \t]*(?:- +)*|[[{,] *)(["']?)(?=[^\s?:,[\]{}#&*!|>'"%@`-]|[?:-][^\s,[\]{}])/g;

/** Two characters of the private use area, which have no business in a text of ours, around the number of the line. */
const MARK = /\ue000(\d+)\ue001/g;

/** Aliases may make a small text stand for a huge value: beyond so many nodes it is refused. */
const MOST_NODES = 100_000;

/**
 * Tabs are no indentation in YAML, but the package takes some of them for none at all, and so values for absent ones.
 * Texts of several lines may hold them.
 */
function refuseTabs(text: string): void {
  if (/[|>][+-]?\d?[ \t]*(?:#.*)?$/m.test(text)) return;
  const line = text.split("\n").findIndex((line) => /^ *\t[ \t]*[^\s#]/.test(line));
  if (line >= 0) throw new YamlError("a tab stands in the indentation, where only blanks may", { line: line + 1 });
}

/** Reads one document. Throws {@linkcode YamlError}. */
export function readYaml(text: string): YamlDocument {
  refuseTabs(text);
  const marked = text.replace(/^\ufeff/, "").split("\n").map((line, index) =>
    line.replaceAll(SCALAR, (_, before: string, quote: string) => `${before}${quote}\ue000${index + 1}\ue001`)
  );
  let value: unknown;
  try {
    value = (parse as (text: string, options: object) => unknown)(marked.join("\n"), { schema: "failsafe" });
  } catch (cause) {
    throw syntaxError(cause);
  }
  const reader = new NodeReader();
  const node = reader.node(value, "");
  return { node, lineOf: (path) => reader.lineOf(path) };
}

/** The package quotes the place behind its message, with our marks in it. */
function syntaxError(cause: unknown): YamlError {
  const message = (cause instanceof Error ? cause.message : String(cause)).replaceAll(MARK, "");
  const [, problem = message, line] = /^(.*?) at line (\d+), column -?\d+/s.exec(message) ?? [];
  return new YamlError(problem, { line: line === undefined ? undefined : Number(line), cause });
}

/** A text without its mark, and the line that it had told. */
function unmarked(text: string): readonly [string, number | undefined] {
  const line = /\ue000(\d+)\ue001/.exec(text)?.[1];
  return [text.replaceAll(MARK, ""), line === undefined ? undefined : Number(line)];
}

/** Stands for the entries of another mapping, of which those that are here, too, count less. */
const MERGE_KEY = "<<";

class NodeReader {
  readonly #above = new Set<unknown>();
  readonly #lines = new Map<string, number>();
  #nodes = 0;

  lineOf(path: string): number | undefined {
    const line = this.#lines.get(path);
    if (line !== undefined || path === "") return line;
    return this.lineOf(path.slice(0, Math.max(0, path.lastIndexOf("."), path.lastIndexOf("["))));
  }

  node(value: unknown, path: string): YamlNode {
    if (++this.#nodes > MOST_NODES) throw new YamlError(`its aliases stand for more than ${MOST_NODES} values`);
    if (value === null || value === undefined) return null;
    if (typeof value !== "object") return this.#text(String(value), path);
    return this.#within(value, path, () => {
      if (Array.isArray(value)) return value.map((item, index) => this.node(item, `${path}[${index}]`));
      const entries = new Map<string, YamlNode>();
      this.#addEntries(entries, value, { path, isMerged: false });
      return entries;
    });
  }

  #text(marked: string, path: string): string {
    const [text, line] = unmarked(marked);
    this.#remember(path, line);
    return text;
  }

  #remember(path: string, line: number | undefined): void {
    if (line !== undefined) this.#lines.set(path, line);
  }

  #within<T>(value: object, path: string, read: () => T): T {
    if (this.#above.has(value)) {
      throw new YamlError(`${path} is an alias of what it is part of`, { line: this.lineOf(path) });
    }
    this.#above.add(value);
    const result = read();
    this.#above.delete(value);
    return result;
  }

  /** Entries that are merged in count less than those that are there. */
  #addEntries(entries: Map<string, YamlNode>, value: object, at: { path: string; isMerged: boolean }): void {
    const own = new Set<string>();
    for (const [marked, item] of Object.entries(value)) {
      const [key, line] = unmarked(marked);
      const path = pathBelow(at.path, key);
      if (own.has(key)) throw new YamlError(`${path} occurs twice`, { line });
      own.add(key);
      if (at.path.endsWith("]") && own.size === 1 && !at.isMerged) this.#remember(at.path, line);
      if (key === MERGE_KEY) this.#merge(entries, item, at.path);
      if (key === MERGE_KEY || (at.isMerged && entries.has(key))) continue;
      this.#remember(path, line);
      entries.set(key, this.node(item, path));
    }
  }

  #merge(entries: Map<string, YamlNode>, item: unknown, path: string): void {
    for (const source of Array.isArray(item) ? item : [item]) {
      if (typeof source !== "object" || source === null || Array.isArray(source)) {
        throw new YamlError(`${pathBelow(path, MERGE_KEY)} must stand for a mapping`, { line: this.lineOf(path) });
      }
      this.#within(source, path, () => this.#addEntries(entries, source, { path, isMerged: true }));
    }
  }
}
