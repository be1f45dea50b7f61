/**
 * Values of Python literals: what they are, reading one quoted string, and writing values the way Python prints them.
 * @module
 */
import { pythonText } from "../../model/text/mod.ts";

/** A value. Tuples and sets are read as lists. */
export type Literal = null | boolean | bigint | number | string | readonly Literal[] | LiteralDict;

/** A dictionary in the order of the text; the last of equal keys wins, at the place of the first. */
export type LiteralDict = ReadonlyMap<LiteralKey, Literal>;

/** What can be a key. */
export type LiteralKey = null | boolean | bigint | number | string;

/** True if the value is a dictionary. */
export function isDict(value: Literal | undefined): value is LiteralDict {
  return value instanceof Map;
}

/** A string that was read, and where the text goes on. */
export interface StringToken {
  readonly value: string;
  readonly end: number;
}

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  "\n": "",
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** Reads the string that starts at `at`; `undefined` if there is none, a description of the problem if it is broken. */
export function readStringToken(text: string, at: number): StringToken | string | undefined {
  const opening = /([rRuU]?)('''|"""|'|")/y;
  opening.lastIndex = at;
  const found = opening.exec(text);
  if (found === null) {
    return /^(?:[bB][rR]?|[rR][bB]|[fF][rR]?|[rR][fF])['"]/.test(text.slice(at, at + 3))
      ? "unsupported kind of text"
      : undefined;
  }
  const raw = found[1]!.toLowerCase() === "r";
  const quote = found[2]!;
  const body = bodyUpTo(text, at + found[0].length, quote);
  if (body === undefined) return "text without end";
  const normal = body.replace(/\r\n?/g, "\n");
  const value = raw ? normal : unescape(normal);
  return value === undefined
    ? "invalid escape in a text"
    : { value, end: at + found[0].length + body.length + quote.length };
}

/** What stands before the closing quote; a backslash protects the character behind it. */
function bodyUpTo(text: string, start: number, quote: string): string | undefined {
  for (let i = start; i < text.length; i++) {
    if (text[i] === "\\") {
      i += text.startsWith("\r\n", i + 1) ? 2 : 1;
      continue;
    }
    if (text.startsWith(quote, i)) return text.slice(start, i);
    if (quote.length === 1 && (text[i] === "\n" || text[i] === "\r")) return undefined;
  }
  return undefined;
}

/** Resolves escapes; an unknown one stands for itself. `undefined` if a numeric escape is broken. */
function unescape(body: string): string | undefined {
  let broken = false;
  const value = body.replace(
    /\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{1,3}|[^])/gu,
    (whole, code: string) => {
      if (/^[xuU]./.test(code)) return fromCode(Number.parseInt(code.slice(1), 16));
      if (/^[0-7]/.test(code)) return fromCode(Number.parseInt(code, 8));
      if (/^[xuUN]/.test(code)) broken = true;
      return SIMPLE_ESCAPES[code] ?? whole;
    },
  );
  return broken ? undefined : value;

  function fromCode(code: number): string {
    if (code <= 0x10ffff) return code < 0x10000 ? String.fromCharCode(code) : String.fromCodePoint(code);
    broken = true;
    return "";
  }
}

/** Writes a value the way Python's `repr` prints it. */
export function writeLiteral(value: Literal): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number") return writeFloat(value);
  if (typeof value === "string") return pythonText(value);
  if (value instanceof Map) {
    return `{${[...value].map(([key, item]) => `${writeLiteral(key)}: ${writeLiteral(item)}`).join(", ")}}`;
  }
  return `[${[...value as readonly Literal[]].map(writeLiteral).join(", ")}]`;
}

function writeFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const [mantissa = "0", exponent = "0"] = Math.abs(value).toExponential().split("e");
  const power = Number(exponent);
  const digits = mantissa.replace(".", "");
  if (power < -4 || power >= 16) {
    return `${sign}${mantissa}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  }
  if (power < 0) return `${sign}0.${"0".repeat(-power - 1)}${digits}`;
  const padded = digits.padEnd(power + 2, "0");
  return `${sign}${padded.slice(0, power + 1)}.${padded.slice(power + 1)}`;
}
