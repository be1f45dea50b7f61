/**
 * The laws that every replication keeps, over random worlds and with faults at every command boundary.
 *
 * A failing law names its seed; `BZFS_LAW_SEED=n` runs that seed alone, `BZFS_SOAK=1` twenty times as many.
 * @module
 */
import { isWithin } from "../../lib/model/dataset.ts";
import { AppError } from "../../lib/model/errors.ts";
import { Dice } from "../support/for_all.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { MemoryCacheStamps, surroundings } from "../support/surroundings.ts";
import { FaultScript, Killed } from "../sim/faults.ts";
import { runBzfs } from "../sim/run.ts";
import type { SimulatedWorld } from "../sim/world.ts";
import {
  appearance,
  dutiesOf,
  type Duty,
  hasStalePartial,
  heldIn,
  inventory,
  isolatedDuties,
  losses,
  unfulfilled,
  unsettled,
} from "./oracle.ts";
import {
  DESTINATION,
  destinationDatasets,
  drawStory,
  evolve,
  isClone,
  must,
  outside,
  runAgain,
  SOURCE,
  sourceDatasets,
  type Story,
  type StoryOptions,
  withOtherFilter,
} from "./world_gen.ts";

const soak = Deno.env.get("BZFS_SOAK") === "1" ? 20 : 1;
const onlySeed = Deno.env.get("BZFS_LAW_SEED");

type Conflict = NonNullable<Duty["conflict"]>;

/** Force options, and the conflicts that they resolve. */
const FORCES: readonly { readonly words: readonly string[]; readonly resolves: readonly Conflict[] }[] = [
  { words: ["--force"], resolves: ["ahead", "unrelated", "occupied"] },
  { words: ["--force-rollback-to-latest-common-snapshot"], resolves: ["ahead"] },
  { words: ["--force-rollback-to-latest-snapshot"], resolves: ["modified"] },
  {
    words: ["--force", "--force-rollback-to-latest-snapshot"],
    resolves: ["ahead", "unrelated", "occupied", "modified"],
  },
  { words: ["--force", "--force-destroy-dependents", "--force-unmount"], resolves: ["ahead", "unrelated", "occupied"] },
  {
    words: ["--force", "--force-rollback-to-latest-snapshot", "--force-destroy-dependents"],
    resolves: ["ahead", "unrelated", "occupied", "modified"],
  },
  {
    words: ["--force", "--force-rollback-to-latest-snapshot", "--force-once"],
    resolves: ["ahead", "unrelated", "occupied", "modified"],
  },
];

function law(
  name: string,
  runs: number,
  body: (story: Story, dice: Dice) => Promise<void>,
  options: StoryOptions = {},
): void {
  Deno.test(`law: ${name}`, async () => {
    const seeds = onlySeed ? [Number(onlySeed)] : Array.from({ length: runs * soak }, (_, index) => index + 1);
    for (const seed of seeds) {
      const dice = new Dice(seed ^ 0x2545f491);
      try {
        await body(drawStory(seed, options), dice);
      } catch (cause) {
        throw new Error(`The law fails for seed ${seed}: ${cause instanceof Error ? cause.message : cause}`, { cause });
      }
    }
  });
}

law("convergence, no loss, restraint and idempotence", 300, async (story) => {
  const sim = await story.tell();
  const before = snapshotOfWorld(sim, story);
  const duties = dutiesOf(sim, story);
  const error = await runBzfs(sim, story.argv);
  expectRestraint(sim, before, story);
  assertEquals(losses(before.destination, inventory(destinationDatasets(sim))), []);
  if (hasConflict(duties)) return expectNoDefect(error);
  expectSuccess(error);
  assertEquals(unfulfilled(sim, duties), []);
  const second = await runAgain(sim, story);
  expectSuccess(second.error);
  assertEquals(second.sim.history().filter(isChange), []);
});

law("no loss without force, whatever others did to the destination", 150, async (story) => {
  const sim = await story.tell();
  const before = snapshotOfWorld(sim, story);
  const duties = dutiesOf(sim, story);
  const error = await runBzfs(sim, story.argv);
  expectNoDefect(error);
  if (!hasConflict(duties)) expectSuccess(error);
  assertEquals(unfulfilled(sim, isolatedDuties(duties, story)), []);
  expectRestraint(sim, before, story);
  assertEquals(losses(before.destination, inventory(destinationDatasets(sim))), []);
}, { tampered: true });

for (const { words, resolves } of FORCES) {
  const [once, dependents] = ["--force-once", "--force-destroy-dependents"].map((word) => words.includes(word));
  law(`convergence with ${words.join(" ")}, whatever others did to the destination`, 50, async (story) => {
    const sim = await story.tell();
    const before = snapshotOfWorld(sim, story);
    const held = heldIn(destinationDatasets(sim));
    const isPinned = [...held.values()].some((guids) => guids.size > 0) ||
      (!dependents && destinationDatasets(sim).some(({ name }) => isClone(name)));
    const duties = dutiesOf(sim, story);
    const open = duties.filter(({ conflict }) => conflict !== undefined);
    const error = await runBzfs(sim, story.argv);
    const lost = losses(before.destination, inventory(destinationDatasets(sim)));
    assertEquals(losses(held, heldIn(destinationDatasets(sim))), []);
    expectRestraint(sim, before, story);
    const forced = open.filter(({ conflict }) => resolves.includes(conflict!) && conflict !== "modified");
    const unasked = lost.filter((line) => !isAbout(line, forced) && !(dependents && isClone(line)));
    assertEquals(unasked, []);
    if (once) assert(new Set(lost.map((line) => line.replace(/ lost .*$/, ""))).size <= 1, lost.join("; "));
    const isSettled = open.every(({ conflict }) => resolves.includes(conflict!)) && !(once && forced.length > 1);
    if (isPinned || !isSettled) return expectNoDefect(error);
    expectSuccess(error);
    assertEquals(unfulfilled(sim, duties), []);
  }, { tampered: true, words });
}

law("after one fault at any command boundary a second run makes up for it", 250, async (story, dice) => {
  const twin = await story.tell();
  const duties = dutiesOf(twin, story);
  if (hasConflict(duties)) return;
  const twinError = await runBzfs(twin, story.argv);
  expectSuccess(twinError);
  const boundaries = twin.history().length;
  const faults = new FaultScript();
  const where = dice.integer(0, boundaries - 1);
  const kind = dice.pick(["fail", "fail-after", "kill", "kill-after"] as const);
  faults.add(where, kind === "fail" || kind === "fail-after" ? { kind, ...dice.pick(FAILURES) } : { kind });
  const sim = await story.tell();
  const before = snapshotOfWorld(sim, story);
  const first = await runAgain(sim, story, faults, retriesOrNot(dice));
  expectNoDefect(first.error);
  assertEquals(losses(before.destination, inventory(destinationDatasets(sim))), []);
  const second = await runAgain(sim, story);
  expectSuccess(second.error, `${kind} at ${faults.passed[where]?.text}`);
  assertEquals(unfulfilled(sim, duties), []);
  assertEquals(unsettled(sim), []);
  expectRestraint(sim, before, story);
});

law("a command or stream that hangs is ended, and after a second run nothing is missing", 150, async (story, dice) => {
  const twin = await story.tell();
  const duties = dutiesOf(twin, story);
  if (hasConflict(duties)) return;
  expectSuccess(await runBzfs(twin, story.argv));
  const hanging = twin.history().flatMap((line, index) => line.includes(" | ") || !isChange(line) ? [index] : []);
  const faults = new FaultScript();
  const where = dice.pick(hanging);
  const kind = twin.history()[where]!.includes(" | ")
    ? dice.pick(["never-answers", "stands-still"] as const)
    : dice.pick(["never-answers", "holds-output"] as const);
  faults.add(where, { kind, bytes: dice.integer(0, 4000) });
  const sim = await story.tell();
  const before = snapshotOfWorld(sim, story);
  const first = await runAgain(sim, story, faults, retriesOrNot(dice));
  expectNoDefect(first.error);
  assertEquals(losses(before.destination, inventory(destinationDatasets(sim))), []);
  const second = await runAgain(sim, story);
  expectSuccess(second.error, `${kind} at ${faults.passed[where]?.text}`);
  assertEquals(unfulfilled(sim, duties), []);
  expectRestraint(sim, before, story);
});

law("resumption: cut at any byte, run again, and nothing differs from an uncut run", 150, async (story, dice) => {
  const twin = await story.tell();
  if (hasConflict(dutiesOf(twin, story))) return;
  const twinError = await runBzfs(twin, story.argv);
  expectSuccess(twinError);
  const faults = new FaultScript();
  for (let cuts = dice.integer(1, 4); cuts > 0; cuts--) faults.cutAfter(/zfs receive/, dice.integer(0, 4000));
  const sim = await story.tell();
  const first = await runAgain(sim, story, faults, retriesOrNot(dice));
  expectNoDefect(first.error);
  const second = await runAgain(sim, story);
  expectSuccess(second.error);
  assertEquals(appearance(sim), appearance(twin));
});

law("after a cut source and filters change, and the next run converges all the same", 150, async (story, dice) => {
  const sim = await story.tell();
  if (hasConflict(dutiesOf(sim, story))) return;
  const before = inventory(destinationDatasets(sim));
  const faults = new FaultScript();
  for (let cuts = 3; cuts > 0; cuts--) faults.cutAfter(/zfs receive/, dice.integer(0, 4000));
  const first = await runAgain(sim, story, faults, retriesOrNot(dice));
  expectNoDefect(first.error);
  evolve(sim, dice, "old");
  const sources = sourceDatasets(sim).filter(({ snapshots }) => snapshots.length > 1);
  if (sources.length > 0 && dice.chance(0.5)) {
    const { name, snapshots } = dice.pick(sources);
    must(sim.sourceHost, "zfs", "destroy", `${name}@${dice.pick(snapshots).tag}`);
  }
  const next = dice.chance(0.5) ? withOtherFilter(story, dice) : story;
  const duties = dutiesOf(sim, next);
  const second = await runAgain(sim, next);
  assertEquals(losses(before, inventory(destinationDatasets(sim))), []);
  if (hasConflict(duties)) return expectNoDefect(second.error);
  expectSuccess(second.error);
  assertEquals(unfulfilled(sim, duties), []);
  const busy = duties.filter(({ wanted }) => wanted.size > 0).map(({ destination }) =>
    sim.destination.find(destination)!
  );
  assertEquals(busy.filter(({ partial }) => partial).map(({ name }) => name), []);
});

law(
  "a snapshot that was made again under its name costs nothing without force, and is replaced by force",
  150,
  async (story) => {
    const sim = await story.tell();
    if (hasConflict(dutiesOf(sim, story))) return;
    expectSuccess((await runAgain(sim, story)).error);
    for (const { name, snapshots } of sourceDatasets(sim)) {
      const newest = snapshots.at(-1);
      if (newest === undefined) continue;
      must(sim.sourceHost, "zfs", "destroy", `${name}@${newest.tag}`);
      sim.clock.advance(1000);
      sim.sourceHost.write(name, 100);
      must(sim.sourceHost, "zfs", "snapshot", `${name}@${newest.tag}`);
    }
    const before = inventory(destinationDatasets(sim));
    const duties = dutiesOf(sim, story);
    expectNoDefect((await runAgain(sim, story)).error);
    assertEquals(losses(before, inventory(destinationDatasets(sim))), []);
    const forced = await runAgain(sim, { ...story, argv: [...story.argv, "--force"] });
    if (duties.some(({ conflict }) => conflict === "missing")) return expectNoDefect(forced.error);
    expectSuccess(forced.error);
    assertEquals(unfulfilled(sim, duties), []);
  },
  { plain: true },
);

for (const mode of ["send", "recv"]) {
  law(`purity of --dryrun=${mode}, which says what a run then does`, 50, async (story) => {
    const sim = await story.tell();
    if (hasConflict(dutiesOf(sim, story)) || hasStalePartial(sim, story)) return;
    const before = sim.fingerprint();
    const dry = await runBzfs(sim, [...story.argv, `--dryrun=${mode}`]);
    expectSuccess(dry);
    assertEquals(sim.fingerprint(), before);
    const said = transfersIn(sim, /^(?:Would execute|Executing): (?=zfs send)/).map((line) =>
      line.replaceAll(" -n ", " ")
    );
    const real = await runAgain(sim, story);
    expectSuccess(real.error);
    const done = new Set(transfersIn(real.sim, /^Executing: (?=zfs send)/));
    assertEquals(said.filter((line) => !done.has(line)), []);
  }, { interrupted: true });
}

for (const mode of ["send", "recv"]) {
  law(
    `purity of --dryrun=${mode} with all force options, whatever others did to the destination`,
    50,
    async (story) => {
      const sim = await story.tell();
      if (hasStalePartial(sim, story)) return;
      const before = sim.fingerprint();
      expectNoDefect(await runBzfs(sim, [...story.argv, `--dryrun=${mode}`]));
      assertEquals(sim.fingerprint(), before);
    },
    { tampered: true, words: ["--force", "--force-rollback-to-latest-snapshot", "--force-destroy-dependents"] },
  );
}

law("continuity: killed anywhere, replicated snapshots gone, still no second full send", 150, async (story, dice) => {
  if (!story.usesBookmarks) return;
  const twin = await story.tell();
  if (hasConflict(dutiesOf(twin, story))) return;
  const twinError = await runBzfs(twin, story.argv);
  expectSuccess(twinError);
  const faults = new FaultScript();
  faults.add(dice.integer(0, twin.history().length - 1), { kind: dice.pick(["kill", "kill-after"]) });
  const sim = await story.tell();
  await runAgain(sim, story, faults);
  for (const dataset of sourceDatasets(sim)) {
    const copies = inventory(destinationDatasets(sim));
    const there = copies.get(dataset.name.replace(/^tank\/src/, "back/dst"));
    for (const snapshot of dataset.snapshots) {
      if (there?.has(snapshot.guid)) must(sim.sourceHost, "zfs", "destroy", `${dataset.name}@${snapshot.tag}`);
    }
  }
  evolve(sim, dice, "new");
  const known = new Set(
    destinationDatasets(sim).filter(({ snapshots }) => snapshots.length > 0).map(({ name }) => name),
  );
  const duties = dutiesOf(sim, story);
  const next = await runAgain(sim, story);
  expectSuccess(next.error);
  assertEquals(unfulfilled(sim, duties), []);
  const full = next.sim.history().filter((line) => /\bzfs send (?!.* -[iIt] ).* \| zfs receive /.test(line));
  assertEquals(full.filter((line) => known.has(line.slice(line.indexOf("back/")))), []);
}, { words: ["--create-bookmarks=all"] });

law("what vanishes between observing and acting does no harm", 150, async (story, dice) => {
  const sim = await story.tell();
  const twin = await story.tell();
  await runBzfs(twin, story.argv);
  const faults = new FaultScript();
  const victims: string[] = [];
  faults.add(dice.integer(0, twin.history().length - 1), {
    kind: "before",
    act: () => victims.push(...takeAway(sim, dice)),
  });
  const before = snapshotOfWorld(sim, story);
  const first = await runAgain(sim, story, faults, retriesOrNot(dice));
  expectNoDefect(first.error);
  const lost = losses(before.destination, inventory(destinationDatasets(sim)));
  assertEquals(lost.filter((line) => !victims.some((victim) => line.startsWith(victim))), []);
  const duties = dutiesOf(sim, story);
  const second = await runAgain(sim, story);
  expectNoDefect(second.error);
  if (sourceDatasets(sim).length === 0) return;
  if (!hasConflict(duties)) {
    expectSuccess(second.error);
    assertEquals(unfulfilled(sim, duties), []);
  }
}, { plain: true });

law("with --cache-snapshots nothing is missed, whatever happens between runs", 100, async (story, dice) => {
  const sim = await story.tell();
  const around = surroundings({ stamps: new MemoryCacheStamps() });
  const cached = (told: Story): Promise<unknown> =>
    runBzfs(sim.again(), [...told.argv, "--cache-snapshots"], {}, around);
  for (let round = 0; round < 6; round++) {
    const duties = dutiesOf(sim, story);
    const error = await cached(story);
    if (duties.some(({ conflict }) => conflict !== undefined && conflict !== "modified")) return expectNoDefect(error);
    expectSuccess(error);
    assertEquals(unfulfilled(sim, duties), []);
    sim.clock.advance(dice.integer(0, 4000));
    if (dice.chance(0.4)) evolve(sim, dice, "old");
    const copies = destinationDatasets(sim).filter(({ snapshots }) => snapshots.length > 0);
    if (copies.length > 0 && dice.chance(0.4)) {
      const { name, snapshots } = dice.pick(copies);
      must(sim.destinationHost, "zfs", "destroy", `${name}@${snapshots.at(-1)!.tag}`);
    }
    sim.clock.advance(dice.integer(0, 4000));
    if (dice.chance(0.4)) await cached(withOtherFilter(story, dice));
  }
}, { words: ["--force-rollback-to-latest-snapshot"], plain: true });

/** How a command may fail for reasons that have nothing to do with ZFS. */
const FAILURES: readonly { readonly status: number; readonly stderr: string }[] = [
  { status: 1, stderr: "internal error: simulated failure\n" },
  { status: 255, stderr: "ssh: connect to host nas port 22: Connection refused\n" },
  { status: 255, stderr: "client_loop: send disconnect: Broken pipe\n" },
  { status: 137, stderr: "" },
];

/** True if a line of `losses` is about the destination of one of these. */
function isAbout(line: string, duties: readonly Duty[]): boolean {
  return duties.some(({ destination }) => line.startsWith(`${destination} lost `));
}

/** A run whose first failure ends it, or one that tries again by itself. */
function retriesOrNot(dice: Dice): readonly string[] {
  return dice.chance(0.6) ? ["--retries=0"] : [];
}

function hasConflict(duties: readonly Duty[]): boolean {
  return duties.some((duty) => duty.conflict !== undefined);
}

/** Destroys one thing at random; tells which destination dataset may have lost something. */
function takeAway(sim: SimulatedWorld, dice: Dice): string[] {
  const atSource = dice.chance(0.6);
  const datasets = (atSource ? sourceDatasets : destinationDatasets)(sim).filter(({ partial }) => !partial);
  if (datasets.length === 0) return [];
  const dataset = dice.pick(datasets);
  const host = atSource ? sim.sourceHost : sim.destinationHost;
  if (dataset.bookmarks.length > 0 && dice.chance(0.3)) {
    must(host, "zfs", "destroy", `${dataset.name}#${dice.pick(dataset.bookmarks).tag}`);
    return [];
  }
  const name = dataset.snapshots.length > 0 && dice.chance(0.6)
    ? `${dataset.name}@${dice.pick(dataset.snapshots).tag}`
    : dataset.name;
  must(host, "zfs", "destroy", "-r", name);
  return atSource ? [] : [dataset.name];
}

interface Before {
  readonly source: ReadonlyMap<string, ReadonlySet<string>>;
  readonly destination: ReadonlyMap<string, ReadonlySet<string>>;
  readonly outside: string;
  /** What the exclusion protects at the destination. */
  readonly excluded: string;
}

function excludedPart(sim: SimulatedWorld, { excluded }: Story): string {
  if (excluded === undefined) return "";
  const names = [excluded, excluded.replace(SOURCE, DESTINATION)];
  return JSON.stringify(
    [...sourceDatasets(sim), ...destinationDatasets(sim)].filter(({ name }) =>
      names.some((root) => isWithin(name, root))
    ),
  );
}

function snapshotOfWorld(sim: SimulatedWorld, story: Story): Before {
  return {
    source: inventory(sourceDatasets(sim)),
    destination: inventory(destinationDatasets(sim)),
    outside: outside(sim),
    excluded: excludedPart(sim, story),
  };
}

/** Source snapshots stay, excluded datasets stay as they are, and nothing outside of both trees changes. */
function expectRestraint(sim: SimulatedWorld, before: Before, story: Story): void {
  assertEquals(excludedPart(sim, story), before.excluded);
  assertEquals(losses(before.source, inventory(sourceDatasets(sim))), []);
  assertEquals(outside(sim), before.outside);
}

function expectSuccess(error: unknown, context = "a run without faults"): void {
  if (error !== undefined) throw new Error(`${context}: ${text(error)}`);
}

function expectNoDefect(error: unknown): void {
  if (error === undefined || error instanceof AppError || error instanceof Killed) return;
  throw new Error(`a defect: ${text(error)}`, { cause: error });
}

function isChange(line: string): boolean {
  return !/^zfs (?:list|get|--version)\b|^zpool get|^ps |^zfs send (?!.*\|).*-n/.test(line);
}

function transfersIn(sim: SimulatedWorld, mark: RegExp): string[] {
  return sim.log.texts("DEBUG").filter((line) => mark.test(line) && line.includes(" | zfs receive ")).map((line) =>
    line.replace(mark, "")
  );
}

function text(error: unknown): string {
  return error instanceof Error
    ? `${error.stack}${error.cause ? `\ncaused by ${text(error.cause)}` : ""}`
    : String(error);
}
