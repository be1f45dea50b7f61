/**
 * The daemon on a virtual clock: when it works, when it ends, and what it survives.
 */
import { exitCodeOf, messageOf } from "../../../../lib/model/errors.ts";
import { must } from "../../../laws/world_gen.ts";
import { FaultScript } from "../../../sim/faults.ts";
import { runBzfs } from "../../../sim/run.ts";
import { type SimulatedWorld, simulatedWorld } from "../../../sim/world.ts";
import { assert, assertEquals } from "../../../support/assert.ts";
import { surroundings } from "../../../support/surroundings.ts";

function world(faults = new FaultScript()): SimulatedWorld {
  const sim = simulatedWorld({ faults });
  for (const name of ["tank/s", "back/d"]) must(sim.sourceHost, "zfs", "create", name);
  return sim;
}

function daemon(lifetime: string, plan: string): string[] {
  const words = ["--create-src-snapshots", `--create-src-snapshots-plan={'p': {'on': ${plan}}}`];
  const format = "--create-src-snapshots-timeformat=%H:%M:%S.%F";
  return ["tank/s", "dummy", "--skip-replication", ...words, format, `--daemon-lifetime=${lifetime}`, "--retries=0"];
}

function tags(sim: SimulatedWorld): string[] {
  return sim.source.find("tank/s")!.snapshots.map(({ tag }) => tag.replace(/^p_on_|_[a-z0-9]*$/g, ""));
}

Deno.test("daemon: works at once, then at each boundary, until its lifetime is over", async () => {
  const sim = world();
  const calls: string[] = [];
  const progress = { pause: () => void calls.push("pause"), reset: () => void calls.push("reset") };
  const error = await runBzfs(sim, daemon("3 minutes", "{'minutely': 1, 'adhoc': 0}"), {}, surroundings({ progress }));
  assertEquals(error === undefined ? "" : messageOf(error), "");
  assertEquals(tags(sim).map((tag) => tag.slice(0, 8)), ["08:30:05", "08:31:00", "08:32:00", "08:33:00"]);
  assertEquals(Math.round(sim.clock.monotonicNs() / 1e9), 180);
  assertEquals(calls, ["pause", "reset", "pause", "reset", "pause", "reset", "pause"]);
  const naps = sim.log.texts("INFO").filter((text) => text.startsWith("Daemon sleeping for: "));
  assertEquals(naps.length, 4);
  assert(naps.every((text) => text.endsWith(" ... [Log /bzfs-logs/run.log]")));
});

Deno.test("daemon: keeps a cadence of milliseconds", async () => {
  const sim = world();
  await runBzfs(sim, daemon("1 seconds", "{'100millisecondly': 1}"));
  const times = tags(sim);
  assert(times.length >= 10, times.join(" "));
  assertEquals(new Set(times).size, times.length);
  assert(times.slice(1).every((time) => time.endsWith("00")), times.join(" "));
});

Deno.test("daemon: survives failures, and they do not count", async () => {
  const sim = world(new FaultScript().failNext(/^zfs snapshot/));
  const error = await runBzfs(sim, daemon("3 minutes", "{'minutely': 1}"));
  assertEquals(error, undefined);
  assertEquals(tags(sim).length, 3);
  assertEquals(sim.log.texts("INFO").filter((text) => text.startsWith("Tolerated 1 error.")).length, 1);
});

Deno.test("daemon: ends at the first failure with --skip-on-error=fail", async () => {
  const sim = world(new FaultScript().failNext(/^zfs snapshot/));
  assertEquals(exitCodeOf(await runBzfs(sim, [...daemon("3 minutes", "{'minutely': 1}"), "--skip-on-error=fail"])), 3);
  assertEquals(tags(sim).length, 0);
});

Deno.test("daemon: without any period sleeps to the end of its lifetime instead of running all the time", async () => {
  const sim = world();
  await runBzfs(sim, daemon("2 hours", "{'adhoc': 1}"));
  assertEquals(tags(sim).length, 1);
  assertEquals(Math.round(sim.clock.monotonicNs() / 1e9), 7200);
});

Deno.test("daemon: looks at once after events that came while it worked; what it made meanwhile serves them", async () => {
  const sim = world();
  const delay = { kind: "before", act: () => sim.clock.advance(150_000) } as const;
  const slow = sim.again(new FaultScript().add(/^zfs snapshot/, delay));
  await runBzfs(slow, daemon("5 minutes", "{'minutely': 1}"));
  assertEquals(tags(sim).map((tag) => tag.slice(0, 8)), ["08:30:05", "08:33:00", "08:34:00", "08:35:00"]);
  assertEquals(
    slow.history().filter((command) => command.startsWith("zfs list -t filesystem,volume,snapshot")).length,
    5,
  );
});

Deno.test("daemon: does not wait for a time that a wrong clock showed, once the clock is set back", async () => {
  const sim = world();
  const correction = { kind: "before", act: () => sim.clock.setBack(3_600_000) } as const;
  const corrected = sim.again(new FaultScript().add(/^zfs snapshot/, correction));
  await runBzfs(corrected, daemon("3 minutes", "{'minutely': 1}"));
  assertEquals(tags(sim).map((tag) => tag.slice(0, 8)), ["08:30:05", "07:31:00", "07:32:00", "07:33:00"]);
  assert(corrected.log.texts("INFO").some((text) => text.startsWith("The clock was set back")));
});

Deno.test("daemon: a round that finds nothing new asks six questions about a tree, and the same ones each time", async () => {
  const sim = world();
  for (const name of ["tank/s/a", "tank/s/b"]) must(sim.sourceHost, "zfs", "create", name);
  must(sim.sourceHost, "zfs", "snapshot", "-r", "tank/s@1");
  const words = ["--daemon-lifetime=5 seconds", "--daemon-frequency=secondly", "--retries=0"];
  assertEquals(await runBzfs(sim, ["tank/s", "back/d/s", "-r", ...words]), undefined);
  const quiet = sim.history().slice(sim.history().findLastIndex((text) => text.includes(" | zfs receive ")) + 1);
  const starts = quiet.flatMap((text, at) => text.includes("volblocksize") ? [at] : []);
  const rounds = starts.slice(0, -1).map((start, index) => quiet.slice(start, starts[index + 1]));
  assert(rounds.length >= 3, quiet.join("\n"));
  for (const round of rounds) assertEquals(round.toSorted(), rounds[0]!.toSorted());
  assertEquals(rounds[0]!.map((text) => text.split(" ").slice(0, 2).join(" ")), Array(6).fill("zfs list"));
});
