/**
 * Compares a local transfer by bzfs with the same line typed by hand, in a guest with real ZFS.
 *
 * Measured is the step from the `Executing` record to the end of the pipeline, as the log tells it; pv is part of both.
 * Runs alternate, and so does who comes first, so that what else the machine does hits both alike.
 * @module
 */
import { startTestbed } from "../testbed/guest.ts";
import { quote, type TestHost } from "../testbed/host.ts";
import { median } from "./cost.ts";

/** Times in milliseconds, one for each run. */
export interface TransferTimes {
  readonly byBzfs: readonly number[];
  readonly byHand: readonly number[];
  /** Whole runs of bzfs, beside which the transfer step stands. */
  readonly wholeRuns: readonly number[];
}

/** Sends a dataset of `mebibytes` so many times each way. */
export async function timeTransfers(executable: string, mebibytes: number, runs: number): Promise<TransferTimes> {
  await using testbed = await startTestbed({ hosts: ["src"], payload: [executable], memoryMiB: 3072 });
  const { src } = testbed.hosts;
  const sizeMiB = 4 * mebibytes;
  const [from, to] = [await src.createPool("tank1", { sizeMiB }), await src.createPool("tank2", { sizeMiB })];
  await src.sh(
    `zfs create ${from}/big; head -c ${mebibytes}M /dev/urandom > $(zfs get -H -o value mountpoint ${from}/big)/data
     zfs snapshot ${from}/big@a`,
  );
  const byBzfs: number[] = [];
  const byHand: number[] = [];
  const wholeRuns: number[] = [];
  // The first round warms caches, and tells the line.
  const { line } = await byProgram(src, `${from}/big`, `${to}/big`);
  await typed(src, line, `${to}/big`);
  const program = async (): Promise<void> => {
    const { stepMs, wholeMs } = await byProgram(src, `${from}/big`, `${to}/big`);
    byBzfs.push(stepMs);
    wholeRuns.push(wholeMs);
  };
  const hand = async (): Promise<void> => void byHand.push(await typed(src, line, `${to}/big`));
  for (let run = 0; run < runs; run++) {
    const inTurn = run % 2 === 0 ? [program, hand] : [hand, program];
    for (const next of inTurn) await next();
  }
  return { byBzfs, byHand, wholeRuns };
}

async function byProgram(
  host: TestHost,
  from: string,
  to: string,
): Promise<{ readonly line: string; readonly stepMs: number; readonly wholeMs: number }> {
  const bzfs = `bzfs -v -v --create-bookmarks=none ${from} ${to}`;
  const log = await host.sh(`${timed(bzfs, "whole")}; zfs destroy -r ${to}; sync`);
  const line = /\[D\] Executing: +(.*\bzfs send\b.*\bpv\b.*\| .*\bzfs receive\b.*?) *$/m.exec(log)?.[1];
  const stepMs = /Executed \[success\] \[(\d+)ms\]: +sh -c .*zfs receive/.exec(log)?.[1];
  const wholeMs = /^whole (\d+)$/m.exec(log)?.[1];
  if (!line || !stepMs || !wholeMs) throw new Error(`The log does not tell the transfer:\n${log}`);
  return { line, stepMs: Number(stepMs), wholeMs: Number(wholeMs) };
}

async function typed(host: TestHost, line: string, to: string): Promise<number> {
  const script = `${timed(`sh -c ${quote(line)} < /dev/null`, "typed")}; zfs destroy -r ${to}; sync`;
  return Number(/^typed (\d+)$/m.exec(await host.sh(script))![1]);
}

/** Bash that runs a command and then tells its milliseconds behind a word. Starts no program to read the clock. */
function timed(command: string, word: string): string {
  return `start=\${EPOCHREALTIME/[.,]/}; ${command}; echo "${word} $(( (\${EPOCHREALTIME/[.,]/} - start) / 1000 ))"`;
}

/** One line that compares the medians. */
export function describeTransfers(times: TransferTimes): string {
  const ratios = times.byBzfs.map((ms, i) => ms / times.byHand[i]!);
  return `by bzfs ${median(times.byBzfs)} ms, by hand ${median(times.byHand)} ms, median ratio of ` +
    `${ratios.length} alternating runs ${median(ratios).toFixed(3)} (aim 1.02); ` +
    `fixed cost of a run ${median(times.wholeRuns.map((ms, i) => ms - times.byBzfs[i]!))} ms`;
}
