/**
 * Several queries as one piece of shell text, and what each of them has printed.
 * @module
 */
import { joinWords } from "../process/shell.ts";

/** Shell text that runs commands one after the other. Behind what each prints comes a line of the word and its status. */
export function togetherText(argvs: readonly (readonly string[])[], word: string): string {
  return `{ ${argvs.map((argv) => `${joinWords(argv)}; printf '\\n%s %s\\n' ${word} "$?"; `).join("")}}`;
}

/**
 * What each command printed, without its last line feed; `undefined` for one that did not end with 0. `undefined` for all
 * if it is not what so many commands print.
 *
 * @param word nobody can guess it
 */
export function readTogether(stdout: string, word: string, count: number): readonly (string | undefined)[] | undefined {
  const [...parts] = stdout.split(`\n${word} `);
  const answers: (string | undefined)[] = [];
  for (const [index, part] of parts.slice(1).entries()) {
    const [told, status] = /^(\d{1,3})\n/.exec(part) ?? [];
    if (told === undefined) return undefined;
    const printed = parts[index]!.slice(index === 0 ? 0 : parts[index]!.indexOf("\n") + 1);
    answers.push(status === "0" ? printed.replace(/\n$/, "") : undefined);
  }
  const isWhole = answers.length === count && /^\d+\n$/.test(parts.at(-1)!);
  return isWhole ? answers : undefined;
}
