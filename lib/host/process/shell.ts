/**
 * The one home of quoting: words of a command as text for a POSIX shell.
 *
 * Rules: docs/spec/replication.md §10.2. Anything that ends up in a shell's text passes through here; nobody else
 * writes a quote character.
 * @module
 */

/** Texts that a shell takes as they are. ASCII only: what counts as a letter beyond it depends on the locale. */
const BARE_WORD = /^[A-Za-z0-9_@%+=:,./-]+$/;

/** One word of a shell command that stands for exactly `text`: bare if harmless, else in single quotes. */
export function quoteWord(text: string): string {
  return BARE_WORD.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`;
}

/** One word in double quotes, the quotes included, that stands for exactly `text`. */
export function quoteInsideDoubleQuotes(text: string): string {
  return `"${text.replaceAll(/[\\"$`]/g, "\\$&")}"`;
}

/** A command as one line of shell text, each word quoted. */
export function joinWords(argv: readonly string[]): string {
  return argv.map(quoteWord).join(" ");
}

/** Shell text that puts variables into the environment of what stands behind it. */
export function exportText(variables: ReadonlyMap<string, string>): string {
  return [...variables].map(([name, value]) => `export ${name}=${quoteWord(value)}; `).join("");
}
