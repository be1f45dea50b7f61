/**
 * The texts that the executable prints about itself.
 * @module
 */
import { type Command, type ProgramName, programOf, tooManyWords } from "../cli/parse/mod.ts";
import {
  exampleText,
  helpOf,
  isTopic,
  nearestHelp,
  nearestTopic,
  PROGRAM_HELPS,
  type ReadDocument,
  renderCompletion,
  renderJobFilePage,
  renderLongHelp,
  renderManPage,
  renderMarkdown,
  renderOptionHelp,
  renderSections,
  renderShortHelp,
  renderTopic,
  renderTopics,
  renderVersion,
  type TextStyle,
} from "../cli/render/mod.ts";
import { helpColumns, isHelpOnTerminal } from "../host/output/mod.ts";
import { UsageError } from "../model/errors.ts";
import { CHECKS } from "../plan/doctor/mod.ts";
import { FINDING_MEANINGS } from "../plan/status/mod.ts";

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

/**
 * What `help` shows: the list of subjects, one of them, a part of one, an option, what a finding means, or the sections of
 * the manual that have the words in their headings.
 */
function helpAbout({ program, topic, section }: Extract<Command, { kind: "help" }>, own: OwnTexts): string {
  if (topic === undefined) return renderTopics();
  if (isTopic(topic)) return topicText(topic, own, section);
  const verb = program.replace(/^bzfs-?/, "");
  const words = [...program.startsWith("bzfs-") ? [verb] : [], topic, ...section === undefined ? [] : [section]].join(
    " ",
  );
  const sections = (deep: boolean): string | undefined =>
    renderSections(words, own.readDocument, styleHere(), { deep });
  if (section !== undefined) {
    const found = sections(true);
    if (found !== undefined) return found;
    const near = nearestHelp(words, [], own.readDocument);
    if (near !== undefined) {
      throw new UsageError(`help: There is no section '${words}'`, { hint: `Did you mean ${near}?` });
    }
    throw tooManyWords("help", [topic, section]);
  }
  try {
    return renderOptionHelp(helpOf(program), topic, helpColumns());
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const found = findingText(topic, own) ?? sections(false);
    if (found !== undefined) return found;
    const near = nearestTopic(topic);
    if (near !== undefined) throw new UsageError(error.message, { hint: `Did you mean ${near}?` });
    const told = sections(true);
    if (told !== undefined) return told;
    const like = nearestHelp(topic, HELP_WORDS, own.readDocument);
    throw like === undefined ? error : new UsageError(error.message, { hint: `Did you mean ${like}?` });
  }
}

/** What is explained by one word: findings, and checks. */
const HELP_WORDS = [...FINDING_MEANINGS, ...CHECKS].map(({ id }) => id);

/** What a finding of `bzfs status` or `bzfs doctor` means, and what the runbook says of it; `undefined` for other words. */
function findingText(id: string, { readDocument }: OwnTexts): string | undefined {
  const style = styleHere();
  const found = FINDING_MEANINGS.find((finding) => finding.id === id);
  const check = CHECKS.find((each) => each.id === id);
  const texts = [
    ...found === undefined ? [] : [`**${id}** (bzfs status): ${found.meaning}.\n`],
    ...check === undefined ? [] : [`**${id}** (bzfs doctor) checks that ${check.about}. ${check.meaning}\n`],
  ].map((text) => renderMarkdown(text, style));
  if (texts.length === 0) return undefined;
  const section = found?.section;
  return [...texts, ...section === undefined ? [] : [renderTopic("runbook", section, readDocument, style)]].join("\n");
}

function styleHere(): TextStyle {
  return { columns: helpColumns(), bold: isHelpOnTerminal() };
}

function topicText(topic: string, { readDocument }: OwnTexts, section?: string): string {
  return renderTopic(topic, section, readDocument, styleHere());
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
