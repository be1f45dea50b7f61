/**
 * Runs the commands of a pipeline by one shell, `sh -c` or one that stays: the bytes flow through kernel pipes, never
 * through us.
 * @module
 */
import { type Child, startFailureText } from "../process/process.ts";
import { StageReports } from "./stage_reports.ts";
import { abortable, endOf, OutputReading, type Supervision, type TransferEnd, watchForDeadEnd } from "./end.ts";

/** Runs the pipeline to its end. Rejects only with the signal's reason, once the whole process group is gone. */
export async function superviseByShell(supervision: Supervision): Promise<TransferEnd> {
  const { watched, processes, signal } = supervision;
  const reports = new StageReports(watched.stages, supervision.onStageEnd);
  const output = new OutputReading(processes.listing);
  const argv = ["sh", "-c", watched.script];
  let child: Child;
  try {
    child = start(argv, supervision);
  } catch (error) {
    reports.reader().feed(new TextEncoder().encode(startFailureText(argv, error)));
    return endOf(reports, output, 127);
  }
  const stop = (): Promise<void> => child.terminate();
  output.onStop = stop;
  const forget = watchForDeadEnd(reports, supervision, stop);
  const settle = (): Promise<unknown> => Promise.all([forget(), output.stopped]);
  const status = await abortable(signal, stop, async () => {
    output.collectStdout(child.stdout!);
    output.collectStderr(child.stderr, reports);
    const ended = await child.ended;
    await child.stdin?.close().catch(() => {});
    await output.finish();
    return ended;
  }).finally(settle);
  return endOf(reports, output, status);
}

function start(argv: readonly string[], { watched, processes, shell, goesPastUs }: Supervision): Child {
  if (shell === undefined) {
    return processes.start(argv, { stdin: goesPastUs ? "piped" : "null", stdout: "piped", lasts: true });
  }
  processes.prepareSignals();
  return shell.start(`{ ${watched.script}; }`);
}
