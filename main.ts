/**
 * The executable: selects the program, runs it, exits with its status. The only place that exits.
 * @module
 */
import meta from "./deno.json" with { type: "json" };
import { type Program, runBzfs } from "./lib/app/bzfs.ts";
import { helpText, textOf, versionText } from "./lib/app/texts.ts";
import { type ProgramName, selectCommand } from "./lib/cli/command_words.ts";
import { prepareEnvironment } from "./lib/host/environment.ts";
import { startedAs } from "./lib/host/node.ts";
import type { Processes } from "./lib/host/process.ts";
import { buildRecord, printTo } from "./lib/host/print.ts";
import { catchInterrupts, passOnStops } from "./lib/host/signals.ts";
import { restrictUmask, whoAmI } from "./lib/host/system.ts";
import { AppError, exitCodeOf, messageOf, RefusedError } from "./lib/model/errors.ts";

/** What an interrupt by Ctrl-C ends with: −2 as a byte. */
const SIGINT_STATUS = 254;

Deno.exit(await main());

async function main(): Promise<number> {
  try {
    const command = selectCommand(startedAs(), Deno.args);
    if (command.kind === "run") return await run(command.program, command.argv);
    printTo("out", textOf(command, meta.version));
    return 0;
  } catch (error) {
    const isExpected = error instanceof AppError;
    printTo("err", `bzfs: error: ${isExpected ? messageOf(error) : (error as Error)?.stack ?? error}\n`);
    if (isExpected && error.hint !== undefined) printTo("err", `bzfs: hint: ${error.hint}\n`);
    return exitCodeOf(error);
  }
}

async function run(name: ProgramName, argv: readonly string[]): Promise<number> {
  if (name === "bzfs_jobrunner") throw new RefusedError(`${name} is not part of this version`);
  restrictUmask();
  const loaderVariables = prepareEnvironment();
  const running = new Set<Processes>();
  const killAll = async (): Promise<void> => {
    await Promise.all([...running].map((processes) => processes.signalAll("KILL")));
  };
  const interrupts = catchInterrupts({ onImpatience: () => void killAll().finally(() => Deno.exit(SIGINT_STATUS)) });
  const runtime = (): string | undefined => buildRecord(new URL("./dist/build.json", import.meta.url));
  const program: Program = {
    name,
    loaderVariables,
    identity: whoAmI(),
    signal: interrupts.signal,
    onProcesses: (processes) => {
      running.add(processes);
      passOnStops(processes);
    },
    print: printTo,
    tell: (outcome) =>
      outcome.kind === "help"
        ? helpText(name, outcome.form)
        : versionText(name, meta.version, outcome.verbose ? runtime() : undefined),
  };
  return await runBzfs(argv, program);
}
