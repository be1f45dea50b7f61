/**
 * Options of `zfs send` and `zfs receive` that the user passes on: what the program manages itself is removed.
 *
 * Source: docs/spec/cli.md §7.1 to §7.3.
 * @module
 */
import { RefusedError } from "../../model/errors.ts";
import { checkPropertyName } from "../../model/location.ts";
import { writeLiteral } from "../literal/text.ts";
import { splitOptions } from "../options/option_string.ts";

/** What to do with options: names are exact words, letters are those of clusters such as `-Lec`. */
interface Cleaning {
  readonly dropped: readonly string[];
  readonly droppedWithArgument: readonly string[];
  readonly droppedLetters: string;
  readonly keptWithArgument: readonly string[];
}

const SEND: Cleaning = {
  dropped: ["--dryrun"],
  droppedWithArgument: ["-i", "-I", "-t", "--resume"],
  droppedLetters: "den",
  keptWithArgument: ["-X", "--exclude", "--redact"],
};

/** What `zfs send -t` does not take, from a list that {@linkcode SEND} has cleaned. */
const RESUME: Cleaning = {
  dropped: ["--backup", "--holds", "--props", "--replicate", "--skip-missing"],
  droppedWithArgument: ["-X", "--exclude", "--redact"],
  droppedLetters: "bhpRsU",
  keptWithArgument: [],
};

const RECEIVE: Cleaning = {
  dropped: ["--dryrun"],
  droppedWithArgument: [],
  droppedLetters: "densFA",
  keptWithArgument: ["-o", "-x"],
};

/** Options of `zfs send`, and those for resuming. */
export interface SendOptions {
  readonly send: readonly string[];
  readonly resume: readonly string[];
}

/** Splits and cleans `--zfs-send-program-opts`. */
export function makeSendOptions(text: string, verbosity: number): SendOptions {
  const send = clean(splitOptions(text, "--zfs-send-program-opts"), SEND);
  return { send: withVerbose(send, verbosity), resume: clean(send, RESUME) };
}

/** Splits and cleans `--zfs-recv-program-opts`, followed by the words of `--zfs-recv-program-opt`. */
export function makeReceiveOptions(text: string, more: readonly string[], verbosity: number): string[] {
  return withVerbose(clean([...splitOptions(text, "--zfs-recv-program-opts"), ...more], RECEIVE), verbosity);
}

function withVerbose(words: readonly string[], verbosity: number): string[] {
  return verbosity >= 2 && !words.includes("-v") ? [...words, "-v"] : [...words];
}

function clean(words: readonly string[], rules: Cleaning): string[] {
  const result: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const name = word.trim();
    if (rules.dropped.includes(name)) continue;
    if (rules.droppedWithArgument.includes(name)) {
      i++;
    } else if (rules.keptWithArgument.includes(name)) {
      result.push(name, ...words.slice(i + 1, i + 2));
      i++;
    } else if (!hasAttached(name, rules.droppedWithArgument)) {
      result.push(...cleanWord(word, words, rules));
    }
  }
  return result;
}

/** True for compact forms: `-iX`, `--resume=X`. */
function hasAttached(word: string, names: readonly string[]): boolean {
  return names.some((name) => name.startsWith("--") ? word.startsWith(`${name}=`) : word.startsWith(name));
}

function cleanWord(word: string, words: readonly string[], rules: Cleaning): string[] {
  const name = word.trim();
  if (!/^-[^-]/.test(name)) return [word];
  const compact = rules.keptWithArgument.find((kept) => !kept.startsWith("--") && name.startsWith(kept));
  if (compact !== undefined) return [compact, name.slice(compact.length)];
  if (name.includes("=")) throw new RefusedError(`Invalid short opt '${name}' within ${writeLiteral(words)}`);
  const letters = [...name.slice(1)].filter((letter) => !rules.droppedLetters.includes(letter)).join("");
  return letters === "" ? [] : [`-${letters}`];
}

const RECEIVE_CONTEXT = "--zfs-recv-program-opt(s)";

/** Checks the properties that `-o` and `-x` name, and that none of them contradicts `--preserve-properties`. */
export function checkReceiveOptions(words: readonly string[], preserved: readonly string[]): void {
  for (let i = 0; i < words.length; i++) {
    const flag = words[i]!;
    if (flag !== "-o" && flag !== "-x") continue;
    const argument = words[++i];
    if (argument === undefined || /^\s*-[ox]\s*$/.test(argument)) {
      throw new RefusedError(`Missing value for ${flag} option in ${RECEIVE_CONTEXT}: ${words.join(" ")}`);
    }
    const equals = argument.indexOf("=");
    if (flag === "-o" && equals < 0) {
      throw new RefusedError(`Missing value for -o name=value pair in ${RECEIVE_CONTEXT}: ${words.join(" ")}`);
    }
    const name = flag === "-o" ? argument.slice(0, equals) : argument;
    checkPropertyName(name, RECEIVE_CONTEXT);
    if (flag === "-o" && preserved.includes(name)) {
      throw new RefusedError(
        `--preserve-properties: Disallowed ZFS property found in ${RECEIVE_CONTEXT}: -o ${argument}`,
      );
    }
  }
}

/** Checks and sorts the names of `--preserve-properties`. */
export function makePreservedProperties(names: readonly string[]): string[] {
  for (const name of names) checkPropertyName(name, "--preserve-properties");
  return [...new Set(names)].sort();
}
