import { ProgressReporter, totalBytesOfRun } from "../../../../lib/host/transfer/progress_reporter.ts";
import { systemClock } from "../../../../lib/host/system.ts";
import { createLogger } from "../../../../lib/report/logger.ts";
import { describeFinalStatistics, progressIntervals } from "../../../../lib/report/progress.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../../../support/assert.ts";

interface Stage {
  readonly dir: string;
  readonly lines: string[];
  readonly reporter: ProgressReporter;
  /** Appends to a file, as pv does. */
  readonly write: (name: string, text: string) => Promise<void>;
  readonly until: (condition: () => boolean) => Promise<void>;
}

async function stage(test: (stage: Stage) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  const lines: string[] = [];
  let changed = (): void => {};
  const note = (line: string): void => {
    lines.push(line);
    changed();
  };
  const timestamp = (): string => "2025-01-17 01:23:04";
  const sink = { write: note, status: note, clearStatus: () => note("cleared") };
  const log = createLogger({ level: "INFO", sinks: [sink], timestamp });
  const reporter = new ProgressReporter({
    log,
    clock: systemClock,
    timestamp,
    intervals: progressIntervals(["-i0.1"]),
  });
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await new Promise<void>((resolve) => void (changed = resolve));
  };
  const write = (name: string, text: string): Promise<void> =>
    Deno.writeTextFile(`${dir}/${name}`, text, { append: true, mode: 0o600 });
  try {
    await test({ dir, lines, reporter, write, until });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("ProgressReporter sums up files that grow, and takes its line away", () =>
  stage(async ({ dir, lines, reporter, write, until }) => {
    reporter.follow(`${dir}/run.pv`);
    reporter.follow(`${dir}/run.pv_0001`);
    await until(() => lines.length > 0);
    assertStringIncludes(lines[0]!, "2025-01-17 01:23:04 [I] zfs sent 0.00 B 0:00:00 [0.00 B/s] [0.00 B/s]");
    await write("run.pv", "\nx: 1.00MiB 0:00:01 [1MiB/s] [=>] 10%\r");
    await write("run.pv_0001", "\nx: 1.00KiB\n\nx: 2.00KiB\r");
    await until(() => lines.at(-1)!.includes("zfs sent 1.00 MiB"));
    await write("run.pv", "x: 3.00MiB 0:00:01 [1MiB/s] [==>] 30%\r");
    await until(() => lines.at(-1)!.includes("zfs sent 3.00 MiB"));
    await reporter.stop();
    assertEquals(lines.at(-1), "cleared");
    assertEquals(totalBytesOfRun(`${dir}/run.pv`), 3 * 1024 ** 2 + 3 * 1024);
  }));

Deno.test("ProgressReporter pauses and counts anew", () =>
  stage(async ({ dir, lines, reporter, write, until }) => {
    await write("run.pv", "\nx: 1.00MiB\n");
    reporter.follow(`${dir}/run.pv`);
    await until(() => lines.at(-1)?.includes("zfs sent 1.00 MiB") ?? false);
    reporter.pause();
    assertEquals(lines.at(-1), "cleared");
    await write("run.pv", "\nx: 7.00MiB\n");
    const before = lines.length;
    await systemClock.sleep(3e8);
    assertEquals(lines.length, before);
    reporter.reset();
    await until(() => lines.length > before);
    assertStringIncludes(lines.at(-1)!, "zfs sent 0.00 B 0:00:00");
    await reporter.stop();
  }));

Deno.test("ProgressReporter tells at the end why it could not go on", () =>
  stage(async ({ dir, lines, reporter, write, until }) => {
    await write("run.pv", "\nx: 963MiB/s\n");
    reporter.follow(`${dir}/run.pv`);
    await until(() => lines.some((line) => line.includes("[E] ERROR: Progress reporter failed: ")));
    await assertRejects(() => reporter.stop(), Error, "has a rate but no size");
  }));

Deno.test("ProgressReporter that never started has nothing to stop", () =>
  stage(async ({ lines, reporter }) => {
    await reporter.stop();
    assertEquals(lines, ["cleared"]);
  }));

Deno.test("describeFinalStatistics() says how much was sent and how fast", () => {
  const statistics = { dryRun: false, snapshots: 3, elapsedNs: 2e9, bytes: 3 * 1024 };
  assertEquals(describeFinalStatistics(statistics, 0), "zfs sent 3 snapshots in 2s. zfs sent 3 KiB [1.5 KiB/s].");
  const dry = describeFinalStatistics({ ...statistics, dryRun: true, bytes: undefined }, 80);
  assertEquals(dry.trimEnd(), "Dry zfs sent 3 snapshots in 2s.");
  assert(dry.length === 56);
});
