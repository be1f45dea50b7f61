/**
 * The texts that the executable prints about itself.
 * @module
 */
import { type Command, type ProgramName, programOf } from "../cli/parse/mod.ts";
import {
  helpOf,
  PROGRAM_HELPS,
  renderCompletion,
  renderJobFilePage,
  renderLongHelp,
  renderManPage,
  renderOptionHelp,
  renderShortHelp,
  renderVersion,
} from "../cli/render/mod.ts";
import { helpColumns } from "../host/output/mod.ts";

const AUTHOR = "the bzfs authors";

/** What the executable knows of itself. */
export interface BuildInfo {
  readonly version: string;
  /** What it was made with, if that is known. */
  readonly runtime: () => string | undefined;
}

/** Text of a command that only tells something. Throws `UsageError` for a topic that there is not. */
export function textOf(command: Exclude<Command, { kind: "run" }>, buildInfo: BuildInfo): string {
  switch (command.kind) {
    case "version":
      return versionText(command.program, command.verbose, buildInfo);
    case "usage":
      return helpText(command.program, command.form);
    case "help": {
      const help = helpOf(command.program);
      if (command.topic === undefined) return renderLongHelp(help, helpColumns());
      return renderOptionHelp(help, command.topic, helpColumns());
    }
    case "man":
      if (command.page === "job-file") return renderJobFilePage(buildInfo.version);
      return renderManPage(helpOf(programOf(command.page)!), buildInfo.version);
    case "completion":
      return renderCompletion(command.shell, PROGRAM_HELPS);
  }
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
