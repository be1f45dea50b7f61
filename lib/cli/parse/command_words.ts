/**
 * Which program the words select: the name under which the executable was started, and words that are commands when
 * they come first. A pool of such a name is written after `--`. Source: docs/spec/cli.md §1.9.
 * @module
 */
import { UsageError } from "../../model/errors.ts";
import { didYouMean } from "./suggestion.ts";

/** Words that are programs of their own, each with an option table, when they come first: `bzfs status`. */
export const VERB_WORDS = ["status", "doctor"] as const;

/** Such a word. */
export type VerbWord = typeof VERB_WORDS[number];

/** All words that are commands when they come first, but for the name of the executable. */
export const COMMAND_WORDS = ["jobrunner", ...VERB_WORDS, "help", "example", "man", "completion"] as const;

/** The programs in the executable, by the names of their man pages. */
export type ProgramName = "bzfs" | "bzfs_jobrunner" | `bzfs-${VerbWord}`;

/** How a program is called: `bzfs status`. */
export function commandOf(program: ProgramName): string {
  return program === "bzfs_jobrunner" ? "bzfs jobrunner" : program.replace("-", " ");
}

/** Man pages, by the words that ask for them. */
export const MAN_PAGES = ["bzfs", "bzfs_jobrunner", "job-file", ...VERB_WORDS] as const;

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
  /**
   * Without topic: what there is help about. A topic is a subject of the manual or the name of an option, with or without
   * dashes; more words choose a section of a subject.
   */
  | {
    readonly kind: "help";
    readonly program: ProgramName;
    readonly topic: string | undefined;
    readonly section?: string;
  }
  /** Without name: the list of example job files. */
  | { readonly kind: "example"; readonly name: string | undefined }
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
  const program = startedAs.split("/").at(-1) === "bzfs_jobrunner" ? "bzfs_jobrunner" : "bzfs";
  const [first, ...rest] = words;
  switch (first) {
    case "bzfs":
      return runOrTell("bzfs", rest);
    case "jobrunner":
      return runOrTell("bzfs_jobrunner", rest);
    case "status":
    case "doctor":
      return runOrTell(programOf(first)!, rest);
    case "help":
      return selectHelp(program, rest);
    case "example":
      return { kind: "example", name: atMostOne("example", rest) };
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

/** `help`, `help PROGRAM`, `help OPTION`, `help PROGRAM OPTION`, `help SUBJECT [WORD ...]`. */
function selectHelp(program: ProgramName, words: readonly string[]): Command {
  const [first = "", ...rest] = words;
  const named = programOf(first);
  if (named !== undefined && rest.length === 0) return { kind: "usage", program: named, form: "long" };
  if (named !== undefined) return { kind: "help", program: named, topic: atMostOne("help", rest) };
  const section = rest.length === 0 ? {} : { section: rest.join(" ") };
  return { kind: "help", program, topic: words[0], ...section };
}

/** The program that a word behind `help` or `man` names; `undefined` if it names none. */
export function programOf(word: string): ProgramName | undefined {
  if (word === "bzfs") return word;
  if (word === "jobrunner" || word === "bzfs_jobrunner") return "bzfs_jobrunner";
  const verb = VERB_WORDS.find((name) => name === word);
  return verb && `bzfs-${verb}`;
}

function pageOf(word: string): ManPage {
  if (word === "jobrunner") return "bzfs_jobrunner";
  const page = MAN_PAGES.find((name) => name === word || `bzfs-${name}` === word);
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
  throw tooManyWords(command, words);
}

/** The error of a command word behind which something stands that it cannot be about. */
export function tooManyWords(command: string, words: readonly string[]): UsageError {
  return new UsageError(`${command}: Too many words: ${words.join(" ")}`, {
    hint: `A pool called '${command}' is written after --`,
  });
}
