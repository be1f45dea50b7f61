/**
 * Prints what bzfs costs: start-up, a transfer against the same line typed by hand, runs with nothing to do,
 * how far a copy is behind that is brought up to date every second.
 *
 *     deno task bench              all of it
 *     deno task bench startup idle only these parts
 *
 * Figures are printed, never asserted: machines differ and are noisy, so compare ratios.
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
    for (const datasets of [1000, 10_000]) {
      const run = await runIdle(executable, { datasets, snapshots: 20 }, IDLE_VERBS.replicate);
      print("nothing to do", `${datasets} datasets of 20 snapshots: ${describeRun(run)}`);
    }
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
    await runVerb("prune", "aim at 10000: 2 s CPU, 120 MiB", executable);
  },
  async compare(executable): Promise<void> {
    await runVerb("compare", "aim at 10000: 4 s CPU, 200 MiB", executable);
  },
  async monitor(executable): Promise<void> {
    await runVerb("monitor", "aim at 1000: 0.15 s CPU", executable);
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

/** Runs a verb over trees of two sizes, with a hundred snapshots in each dataset. */
async function runVerb(verb: keyof typeof IDLE_VERBS, aim: string, executable: string): Promise<void> {
  for (const datasets of [1000, 10_000]) {
    const run = await runIdle(executable, { datasets, snapshots: 100 }, IDLE_VERBS[verb]);
    print(verb, `${datasets} datasets of 100 snapshots: ${describeRun(run)} (${aim})`);
  }
}

function describeRun({ processes, cpuMs, wallMs, peakMiB }: IdleRun): string {
  return `${processes} processes, ${(cpuMs / 1000).toFixed(2)} s CPU, ${(wallMs / 1000).toFixed(2)} s, ` +
    `peak ${peakMiB.toFixed(0)} MiB`;
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
