/** How subjobs run: order, pace, repetition, failures, interrupts. Time is virtual. */
import { type FleetRunOptions, runFleet } from "../../../lib/run/fleet.ts";
import { Cancelled } from "../../../lib/model/errors.ts";
import type { Logger } from "../../../lib/model/log.ts";
import { SimClock } from "../../sim/clock.ts";
import { assert, assertEquals } from "../../support/assert.ts";

interface Observed {
  readonly status: number;
  /** Names in the order of starts, with the second of the start. */
  readonly starts: readonly string[];
  readonly log: readonly string[];
}

/** Runs subjobs that take a second each and end with the status of their name, or 0. */
async function run(
  names: readonly string[],
  statuses: Readonly<Record<string, number>> = {},
  more: Partial<FleetRunOptions> = {},
): Promise<Observed> {
  const clock = new SimClock();
  const startMs = clock.now();
  const starts: string[] = [];
  const log: string[] = [];
  const logger: Logger = {
    isEnabled: () => true,
    log: (level, label, text) => void log.push(`${level} ${label}${text}`),
  };
  const status = await runFleet(
    names.map((name) => ({ name, words: ["bzfs", name], action: "replicate", source: "s", destination: "d" })),
    {
      failedMonitoringIsCritical: false,
      lacksRoots: () => false,
      workers: 1,
      workPeriodNs: 0,
      jitter: false,
      repeatAboveNs: Infinity,
      log: logger,
      clock,
      random: { integer: (_, high) => high },
      signal: new AbortController().signal,
      perform: async ({ name }) => {
        starts.push(`${name}@${Math.round((clock.now() - startMs) / 100) / 10}`);
        await clock.sleep(1e9);
        return statuses[name] ?? 0;
      },
      ...more,
    },
  );
  return { status, starts, log };
}

Deno.test("runFleet() runs the shallow subjobs first", async () => {
  const { status, starts } = await run(["a", "a/x", "b", "b/~/y", "b/z"]);
  assertEquals(starts, ["a@0", "b@1", "a/x@2", "b/z@3", "b/~/y@4"]);
  assertEquals(status, 0);
});

Deno.test("runFleet() leaves out what is behind a failure, and behind its barrier, and nothing else", async () => {
  const { status, starts, log } = await run(["a", "a/x", "b", "b/p", "b/q", "b/~/y", "c"], { a: 255, "b/p": 1 });
  assertEquals(starts.map((start) => start.split("@")[0]), ["a", "b", "c", "b/p", "b/q"]);
  assertEquals(status, 255);
  assert(log.includes("ERROR Worker job failed with exit code 255 in 1s: bzfs a"));
  assert(log.includes("DEBUG Worker job succeeded in 1s: bzfs b"));
  assert(log.includes("DEBUG Skipped subjobs: ['a/x', 'b/~/y']"));
  assertEquals(
    log.find((line) => line.includes("Final")),
    "INFO Final Progress: all:7, started:5/7=71.4%, completed:5/7=71.4%, failed:2/7=28.6%, running:0, " +
      "avg_completion_time:1s, skipped:2/7=28.6%",
  );
});

Deno.test("runFleet() spreads starts over the work period", async () => {
  const { starts } = await run(["a", "b", "c", "d"], {}, { workPeriodNs: 40e9 });
  assertEquals(starts, ["a@0", "b@10", "c@20", "d@30"]);
});

Deno.test("runFleet() delays the first start by chance if there is jitter", async () => {
  const { starts, log } = await run(["a", "b", "c"], {}, { workPeriodNs: 40e9, jitter: true });
  assertEquals(starts, ["a@10", "b@20", "c@30"]);
  assert(log.some((line) => line.startsWith("INFO Jitter: Delaying job start time by sleeping for 10s")));
});

Deno.test("runFleet() without subjobs succeeds", async () => {
  const { status, log } = await run([]);
  assertEquals(status, 0);
  assert(log[0]!.startsWith("INFO Final Progress: all:0, started:0/0=inf%"));
});

Deno.test("runFleet() repeats a pass that took too long, until one fails", async () => {
  let passes = 0;
  const clock = new SimClock();
  const { status } = await run(["a", "b"], {}, {
    clock,
    repeatAboveNs: 1.5e9,
    perform: async ({ name }) => {
      if (name === "a") passes++;
      await clock.sleep(1e9);
      return passes === 3 ? 4 : 0;
    },
  });
  assertEquals(passes, 3);
  assertEquals(status, 4);
});

Deno.test("runFleet() starts nothing more after an interrupt, and fails", async () => {
  const interrupt = new AbortController();
  const { status, starts, log } = await run(["a", "b", "c"], {}, {
    signal: interrupt.signal,
    perform: ({ name }) => {
      if (name === "b") interrupt.abort(new Cancelled("SIGTERM", 15));
      return Promise.resolve(name === "b" ? 241 : 0);
    },
  });
  assertEquals(starts, []);
  assertEquals(status, 241);
  assert(log.includes("DEBUG Skipped subjobs: ['c']"));
});
