/**
 * Man pages, in the macros of man(7), which every `man` understands.
 * @module
 */
import { wrap } from "./markup.ts";
import { type OptionSpec, spellingsOf } from "../options/option.ts";
import { type Definition, MANUAL_DATE, type ProgramHelp } from "./program_help.ts";
import { environmentDefinitions, forEachSection, valueNotation, valueNotes } from "./help.ts";

/** Renders the page of a program. */
export function renderManPage(help: ProgramHelp, version: string): string {
  const lines = [
    `.TH ${help.name.toUpperCase()} 1 ${MANUAL_DATE} "bzfs ${version}" "User Commands"`,
    ".ad l",
    ".nh",
    ".SH NAME",
    `${escape(help.name)} \\- ${escape(help.brief)}`,
    ".SH SYNOPSIS",
    ...help.synopsis.flatMap((line, i) => i === 0 ? [prose(line)] : [".br", prose(line)]),
    ".SH DESCRIPTION",
    ...help.description.flatMap((paragraph, i) => i === 0 ? [prose(paragraph)] : [".PP", prose(paragraph)]),
    ".SH EXAMPLES",
    ...help.examples.flatMap((
      { purpose, command },
      i,
    ) => [...(i === 0 ? [] : [".PP"]), prose(`${purpose}:`), ...verbatim(command)]),
    ".SH OPTIONS",
  ];
  forEachSection(help, (section, options) => {
    lines.push(`.SS ${section}`, ...options.flatMap(optionLines));
  });
  lines.push(".SH ENVIRONMENT", ...environmentDefinitions(help).flatMap(definition));
  lines.push(".SH FILES", ...help.files.flatMap(definition));
  lines.push(".SH EXIT STATUS", ...help.exitStatuses.flatMap(definition));
  lines.push(".SH SEE ALSO", prose(help.seeAlso.join(", ")));
  return `${lines.join("\n")}\n`;
}

function optionLines(option: OptionSpec): string[] {
  const notation = valueNotation(option);
  const value = notation === "" ? "" : ` \\fI${escape(notation)}\\fR`;
  const names = spellingsOf(option).map((name) => code(name)).join(", ");
  const notes = valueNotes(option);
  return [
    ".TP",
    names + value,
    prose(`${option.brief}. ${option.detail}`),
    ...(notes === "" ? [] : [".br", prose(notes)]),
  ];
}

function definition({ term, meaning }: Definition): string[] {
  return [".TP", code(term), prose(meaning)];
}

/** A command as it is typed, with the line ends that a shell takes for none. */
function verbatim(command: string): string[] {
  const lines = wrap(command, 70);
  return [
    ".PP",
    ".nf",
    ".RS 4",
    ...lines.map((line, i) => escape(line) + (i + 1 < lines.length ? " \\e" : "")),
    ".RE",
    ".fi",
  ];
}

/** Bold, in one piece. */
function code(text: string): string {
  return `\\fB${escape(text)}\\fR`;
}

/** Text with its markup, in input lines of ordinary length. */
function prose(text: string): string {
  const parts = text.split(/(\{--[\w-]+\}|`[^`]*`)/);
  const line = parts.map((part) => {
    if (part.startsWith("{--")) return code(part.slice(1, -1));
    return part.startsWith("`") ? code(part.slice(1, -1)) : escape(part);
  }).join("");
  return wrap(line, 78).map((part) => /^[.']/.test(part) ? `\\&${part}` : part).join("\n");
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
