/**
 * Values of Python literals: ordered dictionaries, integers as bigint.
 * @module
 */

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
