/**
 * The parts of Python's `re` syntax that stand for characters: escapes and character sets.
 *
 * Digits of escapes are ASCII; an unknown escape of an ASCII letter is an error, any other character stands for
 * itself. Source: docs/spec/cli.md §17.
 * @module
 */
import { type Cursor, type Flags, RegexError } from "./cursor.ts";
import type { Category, Node, Range } from "./syntax.ts";

const HEX = "0123456789abcdefABCDEF";
const OCTAL = "01234567";
/** How many hexadecimal digits follow a letter. */
const HEX_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };
const CONTROLS: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };

/** What an escape outside of a set can be; the reader checks a reference. */
export type Escape = Node | { readonly kind: "reference"; readonly group: number };

/** A node that matches one character. */
export function literal(code: number): Node {
  return { kind: "set", negated: false, items: [{ kind: "range", low: code, high: code }] };
}

/** A node that matches a category. */
function category(letter: Category["letter"], flags: Flags): Node {
  return { kind: "set", negated: false, items: [{ kind: "category", letter, ascii: flags.ascii }] };
}

/** The one code point of a range that stands for a single character. */
export function singleOf(item: Category | Range): number | undefined {
  return item.kind === "range" && item.low === item.high ? item.low : undefined;
}

/** Reads what follows a backslash outside of a set. */
export function readEscape(cursor: Cursor, flags: Flags): Escape {
  const character = cursor.peek();
  const ascii = flags.ascii;
  if (isCategoryLetter(character)) {
    cursor.next();
    return category(character, flags);
  }
  if (cursor.take("A")) return { kind: "anchor", at: "start" };
  if (cursor.take("Z")) return { kind: "anchor", at: "end" };
  if (cursor.take("b")) return { kind: "anchor", at: "word-edge", ascii };
  if (cursor.take("B")) return { kind: "anchor", at: "no-word-edge", ascii };
  if (character >= "1" && character <= "9") return readReferenceOrOctal(cursor);
  return literal(readCharacterEscape(cursor));
}

/** `\N` is a group; three octal digits are a character. */
function readReferenceOrOctal(cursor: Cursor): Escape {
  const isOctal = [0, 1, 2].every((i) => cursor.peek(i) !== "" && OCTAL.includes(cursor.peek(i)));
  if (isOctal) return literal(octal(cursor.takeWhile(OCTAL, 3)));
  return { kind: "reference", group: Number(cursor.takeWhile("0123456789", 2)) };
}

/** Escapes that mean the same in and outside of sets: one character. */
function readCharacterEscape(cursor: Cursor): number {
  const character = cursor.next();
  switch (character) {
    case "":
      throw new RegexError("bad escape (end of pattern)");
    case "N":
      throw new RegexError("a character name, \\N{…}, is not supported");
    case "0":
      return octal(`0${cursor.takeWhile(OCTAL, 2)}`);
  }
  const digits = HEX_DIGITS[character];
  if (digits !== undefined) return hex(cursor, character, digits);
  const control = CONTROLS[character];
  if (control !== undefined) return control;
  if (/[A-Za-z0-9]/.test(character)) throw new RegexError(`bad escape \\${character}`);
  return character.codePointAt(0)!;
}

function hex(cursor: Cursor, letter: string, digits: number): number {
  const text = cursor.takeWhile(HEX, digits);
  const code = parseInt(text, 16);
  if (text.length !== digits) throw new RegexError(`incomplete escape \\${letter}${text}`);
  if (code > 0x10ffff) throw new RegexError(`bad escape \\${letter}${text}`);
  return code;
}

function octal(digits: string): number {
  const code = parseInt(digits, 8);
  if (code > 0o377) throw new RegexError(`octal escape value \\${digits} outside of range 0-0o377`);
  return code;
}

/** Reads what follows `[`. A `]` in first place is a member. */
export function readCharacterSet(cursor: Cursor, flags: Flags): Node {
  const negated = cursor.take("^");
  const items: (Category | Range)[] = [];
  for (let first = true; first || cursor.peek() !== "]"; first = false) {
    const low = readMember(cursor, flags);
    if (cursor.peek() !== "-") {
      items.push(low);
      continue;
    }
    cursor.next();
    if (cursor.peek() === "]") {
      items.push(low, { kind: "range", low: 0x2d, high: 0x2d });
      break;
    }
    items.push(rangeOf(low, readMember(cursor, flags)));
  }
  cursor.next();
  return { kind: "set", negated, items };
}

function rangeOf(from: Category | Range, to: Category | Range): Range {
  const low = singleOf(from);
  const high = singleOf(to);
  if (low === undefined || high === undefined || high < low) throw new RegexError("bad character range");
  return { kind: "range", low, high };
}

function readMember(cursor: Cursor, flags: Flags): Category | Range {
  const character = cursor.next();
  if (character === "") throw new RegexError("unterminated character set");
  if (character !== "\\") return single(character.codePointAt(0)!);
  const letter = cursor.peek();
  if (isCategoryLetter(letter)) {
    cursor.next();
    return { kind: "category", letter, ascii: flags.ascii };
  }
  if (letter === "b") {
    cursor.next();
    return single(8);
  }
  if (letter !== "" && OCTAL.includes(letter)) return single(octal(cursor.takeWhile(OCTAL, 3)));
  return single(readCharacterEscape(cursor));
}

function single(code: number): Range {
  return { kind: "range", low: code, high: code };
}

function isCategoryLetter(letter: string): letter is Category["letter"] {
  return letter !== "" && "dDwWsS".includes(letter);
}
