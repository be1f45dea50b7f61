/**
 * The texts that the executable prints about itself.
 * @module
 */
import { type Command, type ProgramName, programOf, tooManyWords } from "../cli/parse/mod.ts";
import {
  exampleText,
  helpOf,
  isTopic,
  nearestTopic,
  PROGRAM_HELPS,
  type ReadDocument,
  renderCompletion,
  renderJobFilePage,
  renderLongHelp,
  renderManPage,
  renderOptionHelp,
  renderShortHelp,
  renderTopic,
  renderTopics,
  renderVersion,
} from "../cli/render/mod.ts";
import { helpColumns, isHelpOnTerminal } from "../host/output/mod.ts";
import { UsageError } from "../model/errors.ts";

const AUTHOR = "the bzfs authors";

/** What the executable knows of itself. */
export interface BuildInfo {
  readonly version: string;
  /** What it was made with, if that is known. */
  readonly runtime: () => string | undefined;
}

/** What all that it can print is made of. */
export interface OwnTexts extends BuildInfo {
  readonly readDocument: ReadDocument;
}

/** Text of a command that only tells something. Throws `UsageError` for a topic that there is not. */
export function textOf(command: Exclude<Command, { kind: "run" }>, own: OwnTexts): string {
  switch (command.kind) {
    case "version":
      return versionText(command.program, command.verbose, own);
    case "usage":
      return helpText(command.program, command.form);
    case "help":
      return helpAbout(command, own);
    case "example":
      return command.name === undefined ? topicText("examples", own) : exampleText(command.name, own.readDocument);
    case "man":
      if (command.page === "job-file") return renderJobFilePage(own.version);
      return renderManPage(helpOf(programOf(command.page)!), own.version);
    case "completion":
      return renderCompletion(command.shell, PROGRAM_HELPS);
  }
}

/** What `help` shows: the list of subjects, one of them, a part of one, or an option. */
function helpAbout({ program, topic, section }: Extract<Command, { kind: "help" }>, own: OwnTexts): string {
  if (topic === undefined) return renderTopics();
  if (isTopic(topic)) return topicText(topic, own, section);
  if (section !== undefined) throw tooManyWords("help", [topic, section]);
  try {
    return renderOptionHelp(helpOf(program), topic, helpColumns());
  } catch (error) {
    const near = nearestTopic(topic);
    if (!(error instanceof UsageError) || near === undefined) throw error;
    throw new UsageError(error.message, { hint: `Did you mean ${near}?` });
  }
}

function topicText(topic: string, { readDocument }: OwnTexts, section?: string): string {
  return renderTopic(topic, section, readDocument, { columns: helpColumns(), bold: isHelpOnTerminal() });
}

/** Help as `-h` (short) and `--help` (long) ask for it. */
export function helpText(program: ProgramName, form: "short" | "long"): string {
  const render = form === "short" ? renderShortHelp : renderLongHelp;
  return render(helpOf(program), helpColumns());
}

/** What `--version` prints, and with `-v`. */
export function versionText(program: ProgramName, verbose: boolean, { version, runtime }: BuildInfo): string {
  return renderVersion(program, { version, author: AUTHOR, runtime: verbose ? runtime() : undefined });
}
