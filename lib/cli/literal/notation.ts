/**
 * Values of options that take a list or a dictionary: written in a command line, or made by the program itself.
 * @module
 */
import type { Literal, LiteralDict } from "./value.ts";
import { readLiteral } from "./read.ts";
import { writeLiteral } from "./text.ts";

/** A text, which is read where it is used, since its faults are those of the option; or the value itself. */
export type Notation = string | LiteralDict | readonly Literal[];

/** The value. Throws `LiteralError` for a text that is none. */
export function readNotation(notation: Notation): Literal {
  return typeof notation === "string" ? readLiteral(notation) : notation;
}

/** The text: what was written, or what `readNotation` reads as the same value. */
export function notationText(notation: Notation): string {
  return typeof notation === "string" ? notation : writeLiteral(notation);
}
