/**
 * Which program the words select: the name under which the executable was started, and words that are commands when
 * they come first. A pool of such a name is written behind `--`. Source: docs/spec/cli.md §1.9.
 * @module
 */
import { UsageError } from "../../model/errors.ts";
import { didYouMean } from "./suggestion.ts";

/** The two programs in the executable. */
export type ProgramName = "bzfs" | "bzfs_jobrunner";

/** Man pages, by the words that ask for them. */
export const MAN_PAGES = ["bzfs", "bzfs_jobrunner", "job-file"] as const;

/** Such a word. */
export type ManPage = typeof MAN_PAGES[number];

/** Shells for which there is completion. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** Name of such a shell. */
export type Shell = typeof SHELLS[number];

/** What to do. */
export type Command =
  | { readonly kind: "run"; readonly program: ProgramName; readonly argv: readonly string[] }
  /** `--version` as the first word. */
  | { readonly kind: "version"; readonly program: ProgramName; readonly verbose: boolean }
  /** `-h` or `--help` as the first word. */
  | { readonly kind: "usage"; readonly program: ProgramName; readonly form: "short" | "long" }
  /** Without topic: the whole help. A topic is the name of an option, with or without dashes. */
  | { readonly kind: "help"; readonly program: ProgramName; readonly topic: string | undefined }
  | { readonly kind: "man"; readonly page: ManPage }
  | { readonly kind: "completion"; readonly shell: Shell };

/**
 * Selects the command.
 *
 * @param startedAs path or name under which the executable was started
 * @param words what follows it
 * @throws {UsageError} if a command word is used wrongly
 */
export function selectCommand(startedAs: string, words: readonly string[]): Command {
  const program: ProgramName = startedAs.split("/").at(-1) === "bzfs_jobrunner" ? "bzfs_jobrunner" : "bzfs";
  const [first, ...rest] = words;
  switch (first) {
    case "bzfs":
      return runOrTell("bzfs", rest);
    case "jobrunner":
      return runOrTell("bzfs_jobrunner", rest);
    case "help":
      return selectHelp(program, rest);
    case "man":
      return { kind: "man", page: pageOf(atMostOne("man", rest) ?? program) };
    case "completion":
      return { kind: "completion", shell: shellOf(atMostOne("completion", rest)) };
    default:
      return runOrTell(program, words);
  }
}

/** These options act where they stand: as the first word they decide alone, and nothing of a run is needed. */
function runOrTell(program: ProgramName, argv: readonly string[]): Command {
  switch (argv[0]) {
    case "--version":
      return { kind: "version", program, verbose: asksForMore(argv) };
    case "-h":
      return { kind: "usage", program, form: "short" };
    case "--help":
      return { kind: "usage", program, form: "long" };
    default:
      return { kind: "run", program, argv };
  }
}

/** True if the words hold `-v`. */
export function asksForMore(argv: readonly string[]): boolean {
  return argv.some((word) => word === "--verbose" || /^-v+$/.test(word));
}

/** `help`, `help PROGRAM`, `help OPTION`, `help PROGRAM OPTION`. */
function selectHelp(program: ProgramName, words: readonly string[]): Command {
  const [first, ...rest] = words;
  if (first === "jobrunner" || first === "bzfs_jobrunner" || first === "bzfs") {
    return { kind: "help", program: first === "bzfs" ? "bzfs" : "bzfs_jobrunner", topic: atMostOne("help", rest) };
  }
  return { kind: "help", program, topic: atMostOne("help", words) };
}

function pageOf(word: string): ManPage {
  if (word === "jobrunner") return "bzfs_jobrunner";
  if (word === "bzfs-job-file") return "job-file";
  const page = MAN_PAGES.find((name) => name === word);
  if (page !== undefined) return page;
  const hint = didYouMean(word, MAN_PAGES) ?? `Use: bzfs man [${MAN_PAGES.join("|")}]`;
  throw new UsageError(`man: There is no page '${word}'`, { hint });
}

function shellOf(word: string | undefined): Shell {
  const shell = SHELLS.find((name) => name === word);
  if (shell !== undefined) return shell;
  const problem = word === undefined ? "The name of a shell is missing" : `There is no completion for '${word}'`;
  const hint = didYouMean(word ?? "", SHELLS) ?? `Use: bzfs completion ${SHELLS.join("|")}`;
  throw new UsageError(`completion: ${problem}`, { hint });
}

function atMostOne(command: string, words: readonly string[]): string | undefined {
  if (words.length <= 1) return words[0];
  throw new UsageError(`${command}: Too many words: ${words.join(" ")}`, {
    hint: `A pool called '${command}' is written behind --`,
  });
}
