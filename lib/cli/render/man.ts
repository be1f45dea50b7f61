/**
 * Man pages of the programs.
 * @module
 */
import { wrap } from "./markup.ts";
import { type OptionSpec, spellingsOf } from "../options/option.ts";
import { definition, entry, heading, paragraphs, prose, verbatim } from "./man_macros.ts";
import type { ProgramHelp } from "./help_types.ts";
import { environmentDefinitions, forEachSection, valueNotation, valueNotes } from "./help.ts";

/** Renders the page of a program. */
export function renderManPage(help: ProgramHelp, version: string): string {
  const lines = [
    ...heading({ ...help, section: 1, manual: "User Commands", version }),
    ".SH SYNOPSIS",
    ...help.synopsis.flatMap((line, i) => i === 0 ? [prose(line)] : [".br", prose(line)]),
    ".SH DESCRIPTION",
    ...paragraphs(help.description),
    ".SH EXAMPLES",
    ...help.examples.flatMap((
      { purpose, command },
      i,
    ) => [...(i === 0 ? [] : [".PP"]), prose(`${purpose}:`), ...verbatim(typed(command))]),
    ".SH OPTIONS",
  ];
  forEachSection(help.options, (section, options) => {
    lines.push(`.SS ${section}`, ...options.flatMap(optionLines));
  });
  const environment = environmentDefinitions(help);
  if (environment.length > 0) lines.push(".SH ENVIRONMENT", ...environment.flatMap(definition));
  lines.push(".SH FILES", ...help.files.flatMap(definition));
  lines.push(".SH EXIT STATUS", ...help.exitStatuses.flatMap(definition));
  lines.push(".SH SEE ALSO", prose(help.seeAlso.join(", ")));
  return `${lines.join("\n")}\n`;
}

function optionLines(option: OptionSpec): string[] {
  const notes = valueNotes(option);
  return [
    ...entry(spellingsOf(option), valueNotation(option), `${option.brief}. ${option.detail}`),
    ...(notes === "" ? [] : [".br", prose(notes)]),
  ];
}

/** A command as it is typed, with the line ends that a shell takes for none. */
function typed(command: string): string[] {
  const lines = wrap(command, 70);
  return lines.map((line, i) => i + 1 < lines.length ? `${line} \\` : line);
}
