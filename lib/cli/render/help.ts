/**
 * Help on a terminal: short (`-h`), long (`--help`), and of one option (`help OPTION`).
 * @module
 */
import { UsageError } from "../../model/errors.ts";
import { commandOf, type ProgramName } from "../parse/command_words.ts";
import { indented, plainText } from "./markup.ts";
import { type OptionSpec, SECTIONS, spellingsOf, takesValue } from "../options/option.ts";
import type { Definition, ProgramHelp } from "./help_types.ts";
import { nearest } from "../../model/text/mod.ts";

/** Column in which briefs start. */
const BRIEF_COLUMN = 34;
const NARROWEST = 60;
const WIDEST = 100;

/**
 * What goes to stderr for a usage error: the synopsis, the error, and what can be done about it.
 *
 * @param name how the program was called
 */
export function renderUsageError(help: ProgramHelp, error: UsageError, name = commandOf(help.name)): string {
  const usage = help.synopsis[0]!.replace(commandOf(help.name), () => name);
  return text([`usage: ${usage}`, ...errorLines(error, name)]);
}

function errorLines(error: UsageError, name: string): string[] {
  const hint = error.hint === undefined ? [] : [`${name}: hint: ${error.hint}`];
  return [`${name}: error: ${error.message}`, ...hint];
}

/** What `--version` prints. `runtime` (with `-v`) says what the executable was made with. */
export function renderVersion(
  program: ProgramName,
  about: { readonly version: string; readonly author: string; readonly runtime: string | undefined },
): string {
  return text([
    `${program.split("-")[0]}-${about.version}, by ${about.author}`,
    ...(about.runtime === undefined ? [] : [`runtime: ${about.runtime}`]),
  ]);
}

/** One line per option. */
export function renderShortHelp(help: ProgramHelp, columns: number): string {
  const width = fit(columns);
  const lines = [...usageLines(help), "", `${help.brief}.`];
  forEachSection(help.options, (section, options) => {
    const isAlike = section === ANCHORS;
    const briefs = isAlike ? [anchorsLine(options, width)] : options.flatMap((option) => briefLines(option, width));
    lines.push("", `${section}:`, ...briefs);
  });
  return text([
    ...lines,
    "",
    ...indented(`More: ${commandOf(help.name)} --help, ${helpCommand(help)} OPTION`, 0, width),
  ]);
}

/** What shows help: `bzfs help status`. */
function helpCommand({ name }: ProgramHelp): string {
  const [program, verb] = commandOf(name).split(" ");
  return `${program} help${verb === undefined ? "" : ` ${verb}`}`;
}

/** Many options that differ in unit and period only. */
const ANCHORS = "Calendar anchors";

function anchorsLine(options: readonly OptionSpec[], width: number): string {
  const [first, last] = [options[0]!.name, options.at(-1)!.name];
  const line = `  ${first} N .. ${last} N (${options.length} of them): when periods begin`;
  return line.length <= width ? line : `  ${first} N .. (${options.length} of them)`;
}

/**
 * What to print for a command line without a word: how the program is used, in a few lines, and what is missing.
 *
 * @param called how the program was called
 */
export function renderBriefing(help: ProgramHelp, missing?: UsageError, called = commandOf(help.name)): string {
  const name = commandOf(help.name);
  return text([
    `usage: ${help.synopsis[0]}`,
    `${help.brief}.`,
    "",
    ...help.briefExamples.map((example) => `  ${example}`),
    "",
    `Read on: bzfs help (the manual), ${name} -h (all options), ${name} --help (in full), ${helpCommand(help)} OPTION`,
    ...missing === undefined ? [] : errorLines(missing, called),
  ]);
}

/** Everything, beginning with examples. */
export function renderLongHelp(help: ProgramHelp, columns: number): string {
  const width = fit(columns);
  const lines = [...usageLines(help), "", `${help.brief}.`, "", "Examples:"];
  for (const { purpose, command } of help.examples) {
    lines.push(...indented(`# ${purpose}`, 2, width), ...continued(command, width), "");
  }
  for (const paragraph of help.description) lines.push(...indented(plainText(paragraph), 0, width), "");
  forEachSection(help.options, (section, options) => {
    lines.push(`${section}:`, "", ...options.flatMap((option) => [...detailLines(option, width), ""]));
  });
  const environment = environmentDefinitions(help);
  if (environment.length > 0) lines.push("Environment variables:", "", ...definitionLines(environment, width));
  lines.push("Exit status:", "", ...definitionLines(help.exitStatuses, width));
  lines.push("Files:", "", ...definitionLines(help.files, width));
  return text(lines.slice(0, -1));
}

/** One option. Throws {@linkcode UsageError} with the nearest name if there is none of this name. */
export function renderOptionHelp(help: ProgramHelp, topic: string, columns: number): string {
  const bare = (name: string): string => name.replace(/^-+/, "");
  const option = help.options.find((row) => spellingsOf(row).some((spelling) => bare(spelling) === bare(topic)));
  if (option !== undefined) return text(detailLines(option, fit(columns)));
  const near = nearest(bare(topic), help.options.flatMap((row) => spellingsOf(row).map(bare)));
  throw new UsageError(`help: There is no subject or option '${topic}'`, {
    hint: near === undefined
      ? `See ${commandOf(help.name)} -h for all options, bzfs help for the manual.`
      : `Did you mean --${near}?`,
  });
}

/** Environment variables as terms: `name=default`. */
export function environmentDefinitions(help: ProgramHelp): Definition[] {
  return help.environment.map((variable) => ({
    term: `${variable.name}${variable.default === undefined ? "" : `=${variable.default}`}`,
    meaning: `${variable.brief}.`,
  }));
}

/** Calls `use` for each section of which visible options are among these. */
export function forEachSection(
  table: readonly OptionSpec[],
  use: (section: string, options: readonly OptionSpec[]) => void,
): void {
  for (const section of SECTIONS) {
    const options = table.filter((option) => option.section === section && !option.hidden);
    if (options.length > 0) use(section, options);
  }
}

/** How a value is written: `MODE`, `[MODE]`, `REGEX ...`; empty for flags. */
export function valueNotation(option: OptionSpec): string {
  const name = option.metavar ?? option.choices?.join("|") ?? "";
  const notations = {
    one: name,
    optional: `[${name}]`,
    many: `${name} ...`,
    any: `[${name} ...]`,
    flag: "",
    count: "",
  };
  return notations[option.arity];
}

/** What else is to be known about the values: default, range, repetition. */
export function valueNotes(option: OptionSpec): string {
  const notes: string[] = [];
  const byDefault = option.default ?? option.defaults?.join(" ");
  if (byDefault !== undefined) notes.push(`Default: ${byDefault === "" ? "empty" : byDefault}.`);
  if (option.bareValue !== undefined) notes.push(`Without a value: ${option.bareValue}.`);
  if (option.min !== undefined || option.max !== undefined) notes.push(`Range: ${rangeOf(option)}.`);
  if (option.repeat === "add" && takesValue(option)) notes.push("Can be repeated.");
  return notes.join(" ");
}

function rangeOf({ min, max }: OptionSpec): string {
  if (max === undefined) return `${min} or more`;
  return min === undefined ? `${max} or less` : `${min} to ${max}`;
}

function usageLines(help: ProgramHelp): string[] {
  return help.synopsis.map((line, i) => (i === 0 ? "usage: " : "       ") + line);
}

function briefLines(option: OptionSpec, width: number): string[] {
  const left = `  ${option.short === undefined ? "    " : `${option.short}, `}${nameAndValue(option)}`;
  const brief = indented(option.brief, BRIEF_COLUMN, Math.max(width, BRIEF_COLUMN + 24));
  if (left.length > BRIEF_COLUMN - 2) return [left, ...brief];
  return [left.padEnd(BRIEF_COLUMN) + brief[0]!.trimStart(), ...brief.slice(1)];
}

function nameAndValue(option: OptionSpec): string {
  const notation = valueNotation(option);
  return notation === "" ? option.name : `${option.name} ${notation}`;
}

function detailLines(option: OptionSpec, width: number): string[] {
  const names = [option.short, nameAndValue(option), option.alias].filter((name) => name !== undefined);
  const notes = valueNotes(option);
  return [
    ...indented(names.join(", "), 2, width),
    ...indented(`${option.brief}. ${plainText(option.detail)}`, 6, width),
    ...(notes === "" ? [] : indented(notes, 6, width)),
  ];
}

function definitionLines(definitions: readonly Definition[], width: number): string[] {
  return definitions.flatMap(({ term, meaning }) => [`  ${term}`, ...indented(plainText(meaning), 6, width)]).concat(
    "",
  );
}

/** A command line, broken with backslashes. Quoted parts stay in one piece. */
function continued(command: string, width: number): string[] {
  const words = command.match(/(?:"[^"]*"|[^" ])+/g) ?? [];
  const lines: string[] = [];
  let line = "  ";
  for (const word of words) {
    if (line.trim() !== "" && line.length + 1 + word.length > width - 2) {
      lines.push(`${line} \\`);
      line = "     ";
    }
    line = line.trim() === "" ? `${line}${word}` : `${line} ${word}`;
  }
  return [...lines, line];
}

function fit(columns: number): number {
  return Math.max(NARROWEST, Math.min(WIDEST, columns));
}

function text(lines: readonly string[]): string {
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}
