/**
 * Prints what bzfs costs: start-up, a transfer against the same line typed by hand, runs with nothing to do,
 * how far a copy is behind that is brought up to date every second.
 *
 *     deno task bench              all of it
 *     deno task bench startup idle only these parts
 *
 * `idle`, `prune`, `compare` and `monitor` run the executable over two equal trees that a stand-in for `zfs` prints: what is
 * left is our own cost, and that of reading the listings. CPU is user and system time of all processes, those of the
 * stand-in among them (they make up 5 to 15 %); peak is the largest resident set of one process. Going from 1000 to 10000
 * datasets, CPU may grow tenfold, less the start-up; memory of `prune` and `monitor` should hardly grow.
 *
 * Figures are printed, never asserted: machines differ and are noisy, so compare ratios. An aim is what a quiet machine
 * should keep; wall clock is told for the impression only.
 * @module
 */
import { orExplain } from "./announce.ts";
import { costOf, median } from "./bench/cost.ts";
import { IDLE_VERBS, type IdleRun, runIdle } from "./bench/idle.ts";
import { costOfOutputs } from "./bench/outputs.ts";
import { describeReplicationLag, measureReplicationLag } from "./bench/replication_lag.ts";
import { describeTransfers, timeTransfers } from "./bench/transfer.ts";
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
  },
  async idle(executable): Promise<void> {
    const aims = ["16 processes, 0.5 s CPU", "160 processes, 5 s CPU, 143 MiB"] as const;
    await runVerb("replicate", { executable, snapshots: 20, aims });
  },
  async outputs(executable): Promise<void> {
    const size = { datasets: 1000, snapshots: 20 };
    const { quietMs, everythingMs } = await costOfOutputs(executable, size, IDLE_VERBS.replicate, 15);
    const percent = (100 * (everythingMs / quietMs - 1)).toFixed(1);
    print(
      "outputs",
      `1000 datasets: ${quietMs.toFixed(0)} ms CPU with --quiet, ${everythingMs.toFixed(0)} ms with log, result and ` +
        `events: ${percent} % more (aim 10 %), medians of 15 runs in turn`,
    );
  },
  async prune(executable): Promise<void> {
    await runVerb("prune", { executable, snapshots: 100, aims: [undefined, "2 s CPU, 114 MiB"] });
  },
  async compare(executable): Promise<void> {
    await runVerb("compare", { executable, snapshots: 100, aims: [undefined, "4 s CPU, 190 MiB"] });
  },
  async monitor(executable): Promise<void> {
    await runVerb("monitor", { executable, snapshots: 100, aims: ["0.15 s CPU", undefined] });
  },
  async transfer(executable): Promise<void> {
    print("transfer", describeTransfers(await timeTransfers(executable, 200, 7)));
  },
  async lag(executable): Promise<void> {
    print(
      "replication every second for 2 minutes",
      describeReplicationLag(await measureReplicationLag(executable, 120)),
    );
  },
};

/** Trees of a verb's runs. */
interface VerbTrees {
  readonly executable: string;
  /** In each dataset. */
  readonly snapshots: number;
  /** Of the small tree and of the large one. */
  readonly aims: readonly [string | undefined, string | undefined];
}

/** Runs a verb with nothing to do over trees of 1000 and 10000 datasets. */
async function runVerb(verb: keyof typeof IDLE_VERBS, { executable, snapshots, aims }: VerbTrees): Promise<void> {
  for (const [index, datasets] of [1000, 10_000].entries()) {
    const run = await runIdle(executable, { datasets, snapshots }, IDLE_VERBS[verb]);
    const aim = aims[index] === undefined ? "" : ` (aim ${aims[index]})`;
    print(`${verb}, nothing to do`, `${datasets} datasets of ${snapshots} snapshots: ${describeRun(run)}${aim}`);
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
