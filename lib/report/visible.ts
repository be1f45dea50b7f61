/**
 * Texts of others, made safe to be shown: nothing in them steers a terminal, changes the order in which a text is read,
 * or ends a line unseen (docs/spec/logging-progress.md §3).
 *
 * Applied once, where a record, a status line or a document is made, for whatever reads it then: a terminal, a pipe, a
 * mail, a file, syslog. Pure.
 * @module
 */

/** C0 but tab and line feed, DEL, C1, separators of lines and paragraphs, and marks of the direction of writing. */
const UNSAFE = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Whatever makes a text another one when it is shown. */
const SPECIAL = /[\n\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

/** True for one line without unsafe characters, as nearly all texts are: nothing below changes it but {@linkcode quoted}. */
export function isPlain(text: string): boolean {
  return !SPECIAL.test(text);
}

/** The text with unsafe characters as `\xNN` or `\uNNNN`; CR LF is a line feed. */
export function visible(text: string): string {
  return text.replaceAll("\r\n", "\n").replaceAll(UNSAFE, codeOf);
}

/** The same in one line, for monitoring systems: behind a vertical bar they would look for numbers. */
export function headlineOf(text: string): string {
  return visible(text).replaceAll(/[\t\n]+/g, " ").replaceAll("|", codeOf);
}

/**
 * Shell text as one line that a POSIX shell takes for the same: as it is, or, if characters in it may not be shown, as a
 * command that makes it again.
 */
export function pasteable(shellText: string): string {
  if (isPlain(shellText)) return shellText;
  const format = shellText.replaceAll(/[\\%]/g, "$&$&").replaceAll("'", "'\\''").replaceAll("\n", "\\n");
  return `eval "$(printf '${format.replaceAll(UNSAFE, octalOf)}')"`;
}

function octalOf(character: string): string {
  return Array.from(new TextEncoder().encode(character), (byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
}

/** In front of lines that do not begin a record. No record begins with a blank. */
const INDENT = "    ";

/** The text with all lines but the first one indented. */
export function indented(text: string): string {
  return text.replaceAll(/\n(?=[^\n])/g, `\n${INDENT}`);
}

/** The text with all lines indented. */
export function quoted(text: string): string {
  return INDENT + indented(text);
}

/** A value as JSON without unsafe characters, which it has as `\uNNNN`: a reader gets the value unchanged. */
export function jsonOf(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replaceAll(UNSAFE, (character) => `\\u${hex(character, 4)}`);
}

function codeOf(character: string): string {
  return character <= "\xff" ? `\\x${hex(character, 2)}` : `\\u${hex(character, 4)}`;
}

function hex(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, "0");
}
