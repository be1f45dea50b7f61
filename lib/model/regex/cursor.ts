/**
 * A place in the text of a regular expression, the flags in force there, and the error that names what is wrong.
 * @module
 */

/** What is wrong with a pattern; the caller adds the pattern itself. */
export class RegexError extends Error {
  override readonly name = "RegexError";
}

/** Flags in force at a place of the pattern. */
export interface Flags {
  readonly ascii: boolean;
  readonly fold: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
  readonly verbose: boolean;
}

/** The characters of a pattern and a place among them. */
export class Cursor {
  readonly characters: readonly string[];
  position = 0;

  constructor(text: string) {
    this.characters = Array.from(text);
  }

  /** The next character without taking it; empty at the end. */
  peek(ahead = 0): string {
    return this.characters[this.position + ahead] ?? "";
  }

  /** Takes the next character; empty at the end. */
  next(): string {
    const character = this.peek();
    if (character !== "") this.position++;
    return character;
  }

  /** Takes `character` if it is the next one. */
  take(character: string): boolean {
    if (this.peek() !== character) return false;
    this.position++;
    return true;
  }

  /** Takes at most `limit` characters that `allowed` contains. */
  takeWhile(allowed: string, limit = Infinity): string {
    let taken = "";
    while (taken.length < limit && this.peek() !== "" && allowed.includes(this.peek())) taken += this.next();
    return taken;
  }

  /** Takes everything up to `end`, and `end`. */
  takeUntil(end: string, what: string): string {
    let taken = "";
    for (;;) {
      const character = this.next();
      if (character === "") {
        throw new RegexError(taken === "" ? `missing ${what}` : `missing ${end}, unterminated name`);
      }
      if (character === end) break;
      taken += character;
    }
    if (taken === "") throw new RegexError(`missing ${what}`);
    return taken;
  }
}
