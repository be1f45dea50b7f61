/**
 * Parts of man pages, in the macros of man(7), which every `man` understands.
 * @module
 */
import { wrap } from "./markup.ts";
import type { Definition } from "./help_types.ts";
import { MANUAL_DATE } from "./program_help.ts";

/** The lines that a page begins with, up to its section NAME. */
export function heading(page: {
  readonly name: string;
  /** Number of the section of the manual. */
  readonly section: number;
  /** Title of that section. */
  readonly manual: string;
  readonly version: string;
  /** At most 60 columns, no final period. */
  readonly brief: string;
}): string[] {
  const { name, section, manual, version, brief } = page;
  return [
    `.TH ${name.toUpperCase()} ${section} ${MANUAL_DATE} "bzfs ${version}" "${manual}"`,
    ".ad l",
    ".nh",
    ".SH NAME",
    `${escape(name)} \\- ${escape(brief)}`,
  ];
}

/** Paragraphs that follow a heading. */
export function paragraphs(texts: readonly string[]): string[] {
  return texts.flatMap((paragraph, i) => i === 0 ? [prose(paragraph)] : [".PP", prose(paragraph)]);
}

/** A name, the notation of its value, and what it means. */
export function entry(names: readonly string[], notation: string, meaning: string): string[] {
  const value = notation === "" ? "" : ` \\fI${escape(notation)}\\fR`;
  return [".TP", names.map(code).join(", ") + value, prose(meaning)];
}

/** A term and what it means. */
export function definition({ term, meaning }: Definition): string[] {
  return entry([term], "", meaning);
}

/** Lines that are shown as they are. */
export function verbatim(lines: readonly string[]): string[] {
  return [".PP", ".nf", ".RS 4", ...lines.map(escape), ".RE", ".fi"];
}

/** Text with its markup, in input lines of ordinary length. */
export function prose(text: string): string {
  const parts = text.split(/(\{--[\w-]+\}|`[^`]*`)/);
  const line = parts.map((part) => {
    if (part.startsWith("{--")) return code(part.slice(1, -1));
    return part.startsWith("`") ? code(part.slice(1, -1)) : escape(part);
  }).join("");
  return wrap(line, 78).map((part) => /^[.']/.test(part) ? `\\&${part}` : part).join("\n");
}

/** Bold, in one piece. */
function code(text: string): string {
  return `\\fB${escape(text)}\\fR`;
}

/** Characters that troff would take for something else. */
function escape(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("'", "\\(aq")
    .replaceAll("`", "\\(ga")
    .replaceAll("~", "\\(ti")
    .replaceAll("^", "\\(ha")
    .replaceAll("|", "|\\:") // a line may be broken there
    .replaceAll("…", "\\&...");
}
