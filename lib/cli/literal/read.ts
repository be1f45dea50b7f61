/**
 * Reads and writes Python literals, the notation of plans: ordered dictionaries, integers as bigint.
 *
 * A reader of our own, because YAML and JSON readers lose the order of keys, large integers, or read the text
 * differently. Strict JSON is accepted too. Source: docs/spec/cli.md §18.
 * @module
 */
import { type Literal, type LiteralDict, type LiteralKey, readStringToken, writeLiteral } from "./text.ts";

/** The text is not a literal. */
export class LiteralError extends Error {
  override readonly name = "LiteralError";
}

/** Values of options: a text, which is read where it is used, since its faults are those of the option; or the value. */
export type Notation = string | LiteralDict | readonly Literal[];

/**
 * The value. For a text that is none, throws the error that is made of what is wrong with it.
 *
 * @param errorOf told the problem, with the text behind it, and the cause
 */
export function readNotation(notation: Notation, errorOf: (problem: string, cause: LiteralError) => Error): Literal {
  if (typeof notation !== "string") return notation;
  try {
    return readLiteral(notation);
  } catch (cause) {
    throw cause instanceof LiteralError ? errorOf(`${cause.message}: ${notation}`, cause) : cause;
  }
}

/** The text: what was written, or what is read as the same value. */
export function notationText(notation: Notation): string {
  return typeof notation === "string" ? notation : writeLiteral(notation);
}

/** Nesting beyond this is refused instead of exhausting the stack. */
const MAX_DEPTH = 100;

const PYTHON_NAMES: ReadonlyMap<string, Literal> = new Map([["None", null], ["True", true], ["False", false]]);
const JSON_NAMES: ReadonlyMap<string, Literal> = new Map([["null", null], ["true", true], ["false", false]]);

/** Reads one literal. Throws {@linkcode LiteralError}. */
export function readLiteral(text: string): Literal {
  try {
    return new LiteralReader(text, PYTHON_NAMES).whole();
  } catch (error) {
    if (error instanceof LiteralError && isJson(text)) return new LiteralReader(text, JSON_NAMES).whole();
    throw error;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

class LiteralReader {
  #at = 0;
  #depth = 0;
  readonly #text: string;
  readonly #names: ReadonlyMap<string, Literal>;

  constructor(text: string, names: ReadonlyMap<string, Literal>) {
    this.#text = text;
    this.#names = names;
  }

  whole(): Literal {
    this.#skipBlank("lines");
    const value = this.#value();
    this.#skipBlank("lines");
    if (this.#at < this.#text.length) throw this.#error("unexpected text behind the value");
    return value;
  }

  #error(problem: string): LiteralError {
    return new LiteralError(`${problem} at position ${this.#at + 1}`);
  }

  /** Skips blanks, and line ends where they mean nothing: inside brackets, before and behind the whole. */
  #skipBlank(ends?: "lines"): void {
    const lines = ends === "lines" || this.#depth > 0;
    const pattern = lines ? /(?:[ \t\f\r\n]|\\\r?\n|#[^\r\n]*)*/y : /(?:[ \t\f]|\\\r?\n)*/y;
    pattern.lastIndex = this.#at;
    pattern.test(this.#text);
    this.#at = pattern.lastIndex;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #value(): Literal {
    const c = this.#text[this.#at];
    if (c === "{") return this.#nested("}", () => this.#braces());
    if (c === "[") return this.#nested("]", () => this.#items("]"));
    if (c === "(") return this.#nested(")", () => this.#parentheses());
    if (c === "+" || c === "-") return this.#signed();
    if (c !== undefined && /[0-9.]/.test(c)) return this.#number();
    return this.#strings() ?? this.#named();
  }

  #nested(close: string, read: () => Literal): Literal {
    if (++this.#depth > MAX_DEPTH) throw this.#error("nested too deeply");
    this.#at++;
    this.#skipBlank();
    const value = read();
    if (this.#text[this.#at] !== close) throw this.#error(`expected "${close}"`);
    this.#at++;
    this.#depth--;
    return value;
  }

  /** Values separated by commas, up to but not including the closing bracket. */
  #items(close: string): Literal[] {
    const items: Literal[] = [];
    while (this.#at < this.#text.length && this.#text[this.#at] !== close) {
      items.push(this.#value());
      if (!this.#comma()) break;
    }
    return items;
  }

  #comma(): boolean {
    this.#skipBlank();
    if (this.#text[this.#at] !== ",") return false;
    this.#at++;
    this.#skipBlank();
    return true;
  }

  #parentheses(): Literal {
    if (this.#text[this.#at] === ")") return [];
    const first = this.#value();
    if (!this.#comma()) return first;
    return [first, ...this.#items(")")];
  }

  #braces(): Literal {
    if (this.#text[this.#at] === "}") return new Map<LiteralKey, Literal>();
    const first = this.#value();
    this.#skipBlank();
    if (this.#text[this.#at] === ":") return this.#dict(first);
    return this.#comma() ? [first, ...this.#items("}")] : [first];
  }

  #dict(firstKey: Literal): LiteralDict {
    const dict = new Map<LiteralKey, Literal>();
    let key = firstKey;
    while (true) {
      if (typeof key === "object" && key !== null) throw this.#error("a key must be a text or a number");
      this.#skipBlank();
      if (this.#text[this.#at] !== ":") throw this.#error('expected ":"');
      this.#at++;
      this.#skipBlank();
      dict.set(key, this.#value());
      if (!this.#comma() || this.#text[this.#at] === "}") return dict;
      key = this.#value();
    }
  }

  #signed(): Literal {
    const sign = this.#text[this.#at++];
    this.#skipBlank();
    const value = this.#number();
    return sign === "-" ? -value : value;
  }

  #number(): bigint | number {
    const float = this.#match(
      /(?:\d(?:_?\d)*\.(?:\d(?:_?\d)*)?|\.\d(?:_?\d)*)(?:[eE][+-]?\d(?:_?\d)*)?|\d(?:_?\d)*[eE][+-]?\d(?:_?\d)*/y,
    );
    const integer = float === undefined
      ? this.#match(/0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|0(?:_?0)*(?![0-9_])|[1-9](?:_?\d)*/y)
      : undefined;
    const digits = (float ?? integer)?.replaceAll("_", "");
    if (digits === undefined || /[\w.]/.test(this.#text[this.#at] ?? "")) throw this.#error("invalid number");
    return float === undefined ? BigInt(digits) : Number(digits);
  }

  /** One or more adjacent strings, which are joined. */
  #strings(): string | undefined {
    let joined: string | undefined;
    while (true) {
      const token = readStringToken(this.#text, this.#at);
      if (token === undefined) return joined;
      if (typeof token === "string") throw this.#error(token);
      joined = (joined ?? "") + token.value;
      this.#at = token.end;
      const behind = this.#at;
      this.#skipBlank();
      if (readStringToken(this.#text, this.#at) === undefined) {
        this.#at = behind;
        return joined;
      }
    }
  }

  #named(): Literal {
    const start = this.#at;
    const name = this.#match(/[\p{L}_][\p{L}\p{N}_]*/uy) ?? "";
    const value = this.#names.get(name);
    if (value !== undefined) return value;
    this.#at = start;
    throw this.#error(name === "" ? "expected a value" : `unknown name ${JSON.stringify(name)}`);
  }
}
