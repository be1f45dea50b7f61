/**
 * Takes out of texts what nobody may read who can read a result: values of properties that may be secrets, and tokens
 * of interrupted receives, which name snapshots and lengths of streams.
 *
 * Log and commands show them, as the reference does; events and results are made to be passed on. Pure.
 * @module
 */

/** Stands for what was taken out. */
const REDACTED = "<redacted>";

/** `keylocation=`, or the name of a user property, which holds a colon, where a word or a value of an option begins. */
const ASSIGNMENT = /(^|[\s='"`])((?:-[oO])?(?:keylocation|[\w.+-]*:[\w.:+-]*)=)/g;

/** What `zfs` prints for `receive_resume_token`. */
const RESUME_TOKEN = /\b\d+-[0-9a-f]+-[0-9a-f]+-[0-9a-f]{32,}\b/g;

/** A command, message or word without what may be secret. */
export function redactText(text: string): string {
  let safe = "";
  let rest = 0;
  for (const match of text.matchAll(ASSIGNMENT)) {
    const start = match.index + match[0].length;
    if (match.index < rest) continue;
    safe += text.slice(rest, start) + REDACTED;
    rest = endOfValue(text, start, quotesBefore(text, match.index + match[1]!.length));
  }
  return (safe + text.slice(rest)).replaceAll(RESUME_TOKEN, REDACTED);
}

/** The words of a command line, each one without what may be secret. */
export function redactWords(words: readonly string[]): string[] {
  // A word is a value to its end if its option takes one receive option, and several in a row otherwise.
  return words.map((word, index) => {
    const single = word.startsWith(`${SINGLE}=`) || words[index - 1] === SINGLE;
    const name = single ? /^(?:--[\w-]+=)?(?:-[oO])?(?:keylocation|[\w.+-]*:[\w.:+-]*)=/.exec(word)?.[0] : undefined;
    return name === undefined ? redactText(word) : name + REDACTED;
  });
}

/** Its value is one word of `zfs receive`, blanks and all. */
const SINGLE = "--zfs-recv-program-opt";

/** The quotes directly in front: `'`, or `'"'"'` for a word inside a quoted word. */
function quotesBefore(text: string, end: number): string {
  let start = end;
  while (start > 0 && QUOTES.has(text[start - 1]!)) start--;
  return text.slice(start, end);
}

const QUOTES: ReadonlySet<string> = new Set(["'", '"', "`"]);

/** A quoted value ends at the same quotes; longer or shorter runs of quotes stand for quotes in the value. */
function endOfValue(text: string, start: number, quotes: string): number {
  if (quotes === "") {
    const end = text.slice(start).search(/[\s'"`]/);
    return end < 0 ? text.length : start + end;
  }
  for (const run of text.slice(start).matchAll(/['"`]+/g)) if (run[0] === quotes) return start + run.index;
  return text.length;
}
