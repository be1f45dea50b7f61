/**
 * Prints what bzfs costs: start-up, a transfer against the same line typed by hand, runs with nothing to do,
 * how far a copy is behind that is brought up to date every second.
 *
 *     deno task bench              all of it
 *     deno task bench startup idle only these parts
 *
 * `idle`, `prune`, `compare` and `monitor` run the executable over two equal trees that a stand-in for `zfs` prints:
 * what is left is our own cost, and that of reading the listings. CPU is user and system time of all processes, those
 * of the stand-in among them (they make up 5 to 15 %); peak is the largest resident set of one process. Going from 1000
 * to 10000 datasets, CPU may grow tenfold, less the start-up; memory of `prune` and `monitor` should hardly grow.
 *
 * Figures are printed, never asserted: machines differ and are noisy, so compare ratios. An aim is what a quiet machine
 * should keep; wall clock is told for the impression only.
 * @module
 */
import { orExplain } from "./announce.ts";
import { costOf, median } from "./bench/cost.ts";
import { IDLE_VERBS, type IdleRun, runIdle } from "./bench/idle.ts";
import { describeDaemon, watchDaemon } from "./bench/daemon.ts";
import { describeIncrements, runIncrements } from "./bench/increments.ts";
import { modulesLoadedBy } from "./bench/modules.ts";
import { costOfOutputs } from "./bench/outputs.ts";
import type { TreeSize } from "./bench/listings.ts";
import { describeReplicationLag, measureReplicationLag } from "./bench/replication_lag.ts";
import { describeTransfers, timeTransfers } from "./bench/transfer.ts";
import { runStatus } from "./bench/status.ts";
import { describeWan } from "./bench/wan.ts";
import { compile } from "./compile.ts";

/** A part of the benchmark: prints its lines. */
type Part = (executable: string) => Promise<void>;

const PARTS: Readonly<Record<string, Part>> = {
  async startup(executable): Promise<void> {
    const costs = [];
    for (let run = 0; run < 31; run++) costs.push(await costOf([executable, "--version"]));
    const wall = median(costs.map((cost) => cost.wallMs));
    const peak = Math.max(...costs.map((cost) => cost.peakMiB));
    print(
      "start-up",
      `--version: median of 31 runs ${wall.toFixed(1)} ms (aim 60), peak ${peak.toFixed(0)} MiB (aim 80)`,
    );
    for (const program of ["bzfs", "jobrunner"]) {
      print(
        "start-up",
        `${program} loads ${await modulesLoadedBy(`lib/app/${program}.ts`)} modules before its first command`,
      );
    }
  },
  async idle(executable): Promise<void> {
    await runVerb("replicate", executable, [
      { datasets: 1000, snapshots: 20, aim: "16 processes, 0.5 s CPU" },
      { datasets: 10_000, snapshots: 20, aim: "160 processes, 5 s CPU, 143 MiB" },
    ]);
  },
  async increments(executable): Promise<void> {
    const run = await runIncrements(executable, 300, 20);
    print("increments", `300 datasets of 20 snapshots, one new each: ${describeIncrements(run, 300)}`);
  },
  async outputs(executable): Promise<void> {
    const size = { datasets: 1000, snapshots: 20 };
    const { quietMs, everythingMs } = await costOfOutputs(executable, size, IDLE_VERBS.replicate, 15);
    const percent = (100 * (everythingMs / quietMs - 1)).toFixed(1);
    print(
      "outputs",
      `1000 datasets: ${quietMs.toFixed(0)} ms CPU with --quiet, ${everythingMs.toFixed(0)} ms with log, result and ` +
        `events: ${percent} % more (aim 15 %), medians of 15 runs in turn`,
    );
  },
  async prune(executable): Promise<void> {
    await runVerb("prune", executable, [
      { datasets: 1000, snapshots: 100 },
      { datasets: 10_000, snapshots: 100, aim: "2 s CPU, 114 MiB" },
    ]);
  },
  async compare(executable): Promise<void> {
    await runVerb("compare", executable, [
      { datasets: 1000, snapshots: 100 },
      { datasets: 10_000, snapshots: 100, aim: "4 s CPU, 190 MiB" },
    ]);
  },
  async monitor(executable): Promise<void> {
    await runVerb("monitor, destination only", executable, [
      { datasets: 1000, snapshots: 1, aim: "0.15 s CPU" },
      { datasets: 1000, snapshots: 10, aim: "0.15 s CPU" },
      { datasets: 1000, snapshots: 100, aim: "0.15 s CPU" },
    ]);
    await runVerb("monitor", executable, [{ datasets: 1000, snapshots: 100 }, { datasets: 10_000, snapshots: 100 }]);
  },
  async status(executable): Promise<void> {
    for (const size of [{ datasets: 1000, snapshots: 100 }, { datasets: 10_000, snapshots: 100 }]) {
      const { cpuMs, wallMs, peakMiB } = await runStatus(executable, size);
      const aim = size.datasets === 1000 ? " (aim 0.5 s CPU)" : "";
      print(
        "status",
        `${size.datasets} datasets of ${size.snapshots} snapshots on both sides: ${(cpuMs / 1000).toFixed(2)} s CPU, ` +
          `${(wallMs / 1000).toFixed(2)} s wall, peak ${peakMiB.toFixed(0)} MiB, medians of 5 runs${aim}`,
      );
    }
  },
  async wan(executable): Promise<void> {
    for (const figures of await describeWan(executable, 100)) print("wan", figures);
  },
  async transfer(executable): Promise<void> {
    print("transfer", describeTransfers(await timeTransfers(executable, 200, 7)));
  },
  async daemon(executable): Promise<void> {
    print("daemon, nothing to do", describeDaemon(await watchDaemon(executable, 600)));
  },
  async lag(executable): Promise<void> {
    print(
      "replication every second for 2 minutes",
      describeReplicationLag(await measureReplicationLag(executable, 120)),
    );
  },
};

/** Trees of a run, and what a quiet machine should keep. */
interface AimedSize extends TreeSize {
  readonly aim?: string;
}

/** Runs a verb with nothing to do over trees of several sizes. */
async function runVerb(verb: keyof typeof IDLE_VERBS, executable: string, sizes: readonly AimedSize[]): Promise<void> {
  for (const size of sizes) {
    const run = await runIdle(executable, size, IDLE_VERBS[verb]);
    const aim = size.aim === undefined ? "" : ` (aim ${size.aim})`;
    const tree = `${size.datasets} datasets of ${size.snapshots} snapshots`;
    print(`${verb}, nothing to do`, `${tree}: ${describeRun(run)}${aim}`);
  }
}

function describeRun({ processes, runs, cpuMs, wallMs, peakMiB }: IdleRun): string {
  return `${processes} processes, ${(cpuMs / 1000).toFixed(2)} s CPU, ${(wallMs / 1000).toFixed(2)} s wall, ` +
    `peak ${peakMiB.toFixed(0)} MiB, medians of ${runs} runs`;
}

function print(part: string, figures: string): void {
  console.log(`${part}: ${figures}`);
}

await orExplain(async () => {
  const wanted = Deno.args.length > 0 ? Deno.args : Object.keys(PARTS);
  const unknown = wanted.find((name) => !(name in PARTS));
  if (unknown !== undefined) throw new Error(`There is no part '${unknown}': ${Object.keys(PARTS).join(", ")}`);
  const executable = await compile();
  for (const name of wanted) await PARTS[name]!(executable);
});
