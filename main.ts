/**
 * The executable: selects the program, runs it, exits with its status. The only place that exits.
 *
 * Imports what a run needs only when there is one, and the job runner only for itself: to load a module takes time. For
 * the same reason it enters folders by the files that it needs, not by their doors.
 * @module
 */
import meta from "./deno.json" with { type: "json" };
import type { Program } from "./lib/app/bzfs.ts";
import { type ProgramName, selectCommand } from "./lib/cli/parse/command_words.ts";
import { startedAs } from "./lib/host/node.ts";
import { buildRecord, printTo, readOwnText } from "./lib/host/output/print.ts";
import { catchDefects } from "./lib/host/process/defects.ts";
import { prepareEnvironment } from "./lib/host/process/environment.ts";
import type { GroupSignal } from "./lib/host/process/group_signals.ts";
import type { Processes } from "./lib/host/process/process.ts";
import { acceptChildStatus, catchInterrupts, passOnStops } from "./lib/host/process/signals.ts";
import { restrictUmask, whoAmI } from "./lib/host/system.ts";
import { AppError, exitCodeOf, messageOf } from "./lib/model/errors.ts";
import { indented, visible } from "./lib/report/visible.ts";

/** What an interrupt by Ctrl-C ends with: −2 as a byte. */
const SIGINT_STATUS = 254;

/** What a run ends with that was successful but for a defect. */
const DEFECT_STATUS = 3;

/** What this executable is. */
const buildInfo = {
  version: meta.version,
  runtime: (): string | undefined => buildRecord(new URL("./dist/build.json", import.meta.url)),
  readDocument: (path: string): string => readOwnText(new URL(`./docs/${path}`, import.meta.url)),
};

Deno.exit(await main());

async function main(): Promise<number> {
  try {
    const command = selectCommand(startedAs(), Deno.args);
    if (command.kind === "run") return await run(command.program, command.argv);
    const { textOf } = await import("./lib/app/texts.ts");
    printTo("out", textOf(command, buildInfo));
    return 0;
  } catch (error) {
    const isExpected = error instanceof AppError;
    const text = isExpected ? messageOf(error) : (error as Error)?.stack ?? String(error);
    printTo("err", `bzfs: error: ${indented(visible(text))}\n`);
    if (isExpected && error.hint !== undefined) printTo("err", `bzfs: hint: ${visible(error.hint)}\n`);
    return exitCodeOf(error);
  }
}

async function run(name: ProgramName, argv: readonly string[]): Promise<number> {
  restrictUmask();
  acceptChildStatus();
  const loaderVariables = prepareEnvironment();
  const running = new Set<Processes>();
  const signalAll = async (signal: GroupSignal): Promise<void> => {
    await Promise.all([...running].map((processes) => processes.signalAll(signal)));
  };
  const leaveAtOnce = (): void => void signalAll("KILL").finally(() => Deno.exit(SIGINT_STATUS));
  const interrupts = catchInterrupts({ onImpatience: leaveAtOnce });
  passOnStops({ signalAll });
  let isDefective = false;
  catchDefects((failure) => {
    // An interrupt may be met twice: there is nothing new in its own reason.
    if (failure.cause === interrupts.signal.reason) return;
    if (interrupts.signal.aborted) printTo("err", `bzfs: error: ${indented(visible(String(failure.stack)))}\n`);
    isDefective = true;
    interrupts.abort(failure);
  });
  const program: Program = {
    name,
    version: buildInfo.version,
    loaderVariables,
    identity: whoAmI(),
    signal: interrupts.signal,
    onProcesses: (processes) => void running.add(processes),
    print: printTo,
    tell: async (outcome) => {
      const { helpText, versionText } = await import("./lib/app/texts.ts");
      return outcome.kind === "help" ? helpText(name, outcome.form) : versionText(name, outcome.verbose, buildInfo);
    },
  };
  const status = await perform(name, argv, program);
  if (!isDefective) return status;
  await signalAll("KILL"); // what the run may have lost sight of
  return status === 0 ? DEFECT_STATUS : status;
}

async function perform(name: ProgramName, argv: readonly string[], program: Program): Promise<number> {
  if (name === "bzfs") return await (await import("./lib/app/bzfs.ts")).runBzfs(argv, program);
  if (name === "bzfs_jobrunner") return await (await import("./lib/app/jobrunner.ts")).runJobrunner(argv, program);
  if (name === "bzfs-doctor") return await (await import("./lib/app/doctor/doctor.ts")).runDoctor(argv, program);
  return await (await import("./lib/app/status/status.ts")).runStatus(argv, program);
}
