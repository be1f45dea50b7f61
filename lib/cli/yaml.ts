/**
 * Reads YAML into texts, lists and ordered entries: the only place that knows `@std/yaml`, which has no types here.
 *
 * The schema is "failsafe": every scalar is a text, so that long numbers, dates and `no` stay what the user wrote. A
 * mapping arrives as an object, which would move keys that are numbers to the front; so such keys are marked before the
 * text is parsed, and the marks are taken out of all texts afterwards.
 * @module
 */
import { parse } from "@std/yaml";

/** A value: text, nothing, list, or entries in the order of the text. */
export type YamlNode = string | null | readonly YamlNode[] | YamlMapping;

/** Entries in the order of the text. */
export type YamlMapping = ReadonlyMap<string, YamlNode>;

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

/** A character of the private use area, which has no business in a text of ours. */
const MARK = "\ue000";

/** A number where a key may stand. */
const NUMERIC_KEY = /(^|[\s{[,?"'-])(\d+)(?=["']?\s*:)/gm;

/** Aliases may make a small text stand for a huge value: beyond so many nodes it is refused. */
const MOST_NODES = 100_000;

/** Reads one document. Throws {@linkcode YamlError}. */
export function readYaml(text: string): YamlNode {
  let value: unknown;
  try {
    value = (parse as (text: string, options: object) => unknown)(text.replaceAll(NUMERIC_KEY, `$1${MARK}$2`), {
      schema: "failsafe",
    });
  } catch (cause) {
    throw syntaxError(cause);
  }
  return new Reader().node(value);
}

function syntaxError(cause: unknown): YamlError {
  const message = (cause instanceof Error ? cause.message : String(cause)).replaceAll(MARK, "");
  const [, problem = message, line] = /^(.*?) at line (\d+), column \d+/s.exec(message) ?? [];
  return new YamlError(problem, { line: line === undefined ? undefined : Number(line), cause });
}

class Reader {
  readonly #above = new Set<unknown>();
  #nodes = 0;

  node(value: unknown): YamlNode {
    if (++this.#nodes > MOST_NODES) throw new YamlError(`its aliases stand for more than ${MOST_NODES} values`);
    if (value === null || value === undefined) return null;
    if (typeof value !== "object") return String(value).replaceAll(MARK, "");
    if (this.#above.has(value)) throw new YamlError("an alias refers to what it is part of");
    this.#above.add(value);
    const result = Array.isArray(value) ? value.map((item) => this.node(item)) : this.#mapping(value);
    this.#above.delete(value);
    return result;
  }

  #mapping(value: object): YamlMapping {
    return new Map(Object.entries(value).map(([key, item]) => [key.replaceAll(MARK, ""), this.node(item)]));
  }
}
