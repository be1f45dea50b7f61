/**
 * Decimal texts of numbers with up to 64 bits, as `zfs` prints them by the million.
 *
 * `Number()` and `BigInt()` take ten to twenty times as long for a part of a larger text as the arithmetic here does.
 * @module
 */

/** A text of at most so many digits is a number below 2^53 for certain. */
export const SAFE_DIGITS = 15;

const ZERO = 0x30;

/** End of the digits that begin at `start`. */
export function digitsEnd(text: string, start: number): number {
  let at = start;
  for (let code = text.charCodeAt(at); code >= ZERO && code <= ZERO + 9; code = text.charCodeAt(at)) at++;
  return at;
}

/** True for one or more digits, and nothing else. */
export function isDecimal(text: string): boolean {
  return text !== "" && digitsEnd(text, 0) === text.length;
}

/** The value of at most {@linkcode SAFE_DIGITS} digits, which are the text from `start` up to, not including, `end`. */
export function valueOfDigits(text: string, start = 0, end = text.length): number {
  let value = 0;
  for (let at = start; at < end; at++) value = 10 * value + text.charCodeAt(at) - ZERO;
  return value;
}

/** The sum of decimal texts, as exact as a double is. */
export function sumOfDecimals(texts: Iterable<string>): number {
  let large = 0n;
  let small = 0;
  for (const text of texts) {
    if (text.length > SAFE_DIGITS) large += BigInt(text);
    else small += valueOfDigits(text);
    if (small > Number.MAX_SAFE_INTEGER - 10 ** SAFE_DIGITS) {
      large += BigInt(small);
      small = 0;
    }
  }
  return Number(large + BigInt(small));
}
