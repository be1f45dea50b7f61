/**
 * The one comparator for names.
 *
 * ZFS sorts names by byte; JavaScript's default sort goes by UTF-16 unit, which differs above U+FFFF. Every sorted
 * list of names in the program uses this module, so that our lists merge with those that `zfs` prints.
 * @module
 */

/**
 * Compares two strings by Unicode code point, which equals byte order of their UTF-8 forms.
 *
 * @returns a negative number, zero or a positive number, as `Array.prototype.sort` wants it
 */
export function compareNames(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return codePointRank(x) - codePointRank(y);
  }
  return a.length - b.length;
}

/** Moves surrogates (which stand for code points above U+FFFF) behind all other UTF-16 units. */
function codePointRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}
