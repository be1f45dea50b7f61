/**
 * The option reference in Markdown, for the documentation folder.
 * @module
 */
import { type OptionSpec, spellingsOf } from "../options/option.ts";
import type { ProgramHelp } from "./help_types.ts";
import { environmentDefinitions, forEachSection, valueNotation, valueNotes } from "./help.ts";

/** Renders the options and environment variables of a program. */
export function renderReference(help: ProgramHelp): string {
  const lines: string[] = [];
  forEachSection(help.options, (section, options) => {
    lines.push(`### ${section}`, "", ...options.flatMap((option) => [...optionLines(option), ""]));
  });
  if (help.environment.length === 0) return `${lines.slice(0, -1).join("\n")}\n`;
  lines.push("### Environment variables", "");
  lines.push("| variable and default | meaning |", "|---|---|");
  lines.push(...environmentDefinitions(help).map(({ term, meaning }) => `| \`${term}\` | ${meaning} |`));
  return `${lines.join("\n")}\n`;
}

function optionLines(option: OptionSpec): string[] {
  const notation = valueNotation(option);
  const names = spellingsOf(option).map((name) => `\`${name}\``).join(", ");
  const notes = valueNotes(option);
  const detail = option.detail.replace(/\{(--[\w-]+)\}/g, "`$1`");
  return [
    `- ${names}${notation === "" ? "" : ` \`${notation}\``}: **${option.brief}.** ${detail}${
      notes === "" ? "" : ` *${code(notes)}*`
    }`,
  ];
}

/** Values in notes hold characters that Markdown would take for something else. */
function code(notes: string): string {
  return notes.replace(/(Default|Without a value): (.+?)\.(?= (?:Without|Range|Can)|$)/g, "$1: `$2`.");
}
