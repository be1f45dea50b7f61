/**
 * Destinations that are set aside, and renames that are followed: what is done, said, refused and kept.
 */
import { exitCodeOf, messageOf } from "../../../../lib/model/errors.ts";
import { PlanFold } from "../../../../lib/report/plan_file/mod.ts";
import type { RunEvent } from "../../../../lib/report/events.ts";
import { must } from "../../../laws/world_gen.ts";
import { execute } from "../../../sim/commands/dispatch.ts";
import { FaultScript } from "../../../sim/faults.ts";
import { FEW_RETRIES, runBzfs } from "../../../sim/run.ts";
import { type SimulatedWorld, simulatedWorld } from "../../../sim/world.ts";
import { assert, assertEquals, assertMatch } from "../../../support/assert.ts";
import { jobOf } from "../../../support/job.ts";
import { surroundings } from "../../../support/surroundings.ts";

const ROUTE = ["tank/s", "back/d", "-r", "--threads=1", ...FEW_RETRIES];
const SET_ASIDE = [...ROUTE, "--on-conflict=set-aside"];
const RIGHTS = ["canmount", "clone", "create", "mount", "promote", "readonly", "rename"];

/** Two snapshots of `tank/s`, a filesystem and a volume below it, and their copies. */
async function world(hosts: "one" | "two" = "two"): Promise<SimulatedWorld> {
  const sim = simulatedWorld({ hosts });
  for (const name of ["tank/s", "tank/s/a", "tank/s/a/k"]) must(sim.sourceHost, "zfs", "create", name);
  must(sim.sourceHost, "zfs", "create", "-V", "4M", "-s", "tank/s/vol");
  for (const tag of ["1", "2"]) {
    sim.sourceHost.write("tank/s/a", 1000);
    must(sim.sourceHost, "zfs", "snapshot", "-r", `tank/s@${tag}`);
  }
  assertEquals(await runBzfs(sim.again(), ROUTE), undefined);
  return sim;
}

/** The copy of `tank/s/a` has a snapshot of its own, and the source a new one. */
async function diverged(dataset = "back/d/a"): Promise<SimulatedWorld> {
  const sim = await world();
  must(sim.destinationHost, "zfs", "set", "compression=lz4", dataset);
  must(sim.destinationHost, "zfs", "set", "x:y=a b", dataset);
  must(sim.destinationHost, "zfs", "set", "mountpoint=/here", dataset);
  sim.destinationHost.write(dataset, 10);
  must(sim.destinationHost, "zfs", "snapshot", `${dataset}@own`);
  must(sim.sourceHost, "zfs", "snapshot", "-r", "tank/s@3");
  return sim;
}

interface Ran {
  readonly error: unknown;
  readonly sim: SimulatedWorld;
  readonly events: readonly RunEvent[];
}

async function run(sim: SimulatedWorld, argv: readonly string[], faults = new FaultScript()): Promise<Ran> {
  const events: RunEvent[] = [];
  const recorder = { isWanted: true, record: (event: RunEvent) => void events.push(event) };
  const next = sim.again(faults);
  return { error: await runBzfs(next, argv, {}, { ...surroundings(), recorder }), sim: next, events };
}

function tags(sim: SimulatedWorld): Record<string, string> {
  const all = sim.destination.tree("back").filter(({ name }) => name !== "back");
  return Object.fromEntries(all.map(({ name, snapshots }) => [name, snapshots.map(({ tag }) => tag).join(" ")]));
}

function changes(sim: SimulatedWorld): string[] {
  return sim.history().filter((line) => /^zfs (?:rename|clone|promote|destroy|set|rollback|create) /.test(line));
}

/** What a plan file says about datasets beyond changes: dataset and note. */
function notesOf(events: readonly RunEvent[]): string[][] {
  const fold = new PlanFold();
  for (const event of events) fold.add({ at: "", run: "", ...event });
  const head = { program: "bzfs", version: "", createdAt: "", host: "" } as const;
  return fold.document(head).runs.flatMap(({ datasets }) => datasets)
    .flatMap(({ dataset, notes = [] }) => notes.map((note) => [dataset, note])).sort();
}

/** Names of all snapshots and bookmarks of a source dataset. */
function versionsOf(sim: SimulatedWorld, name: string): { readonly kind: "@" | "#"; readonly tag: string }[] {
  const { snapshots, bookmarks } = sim.source.find(name)!;
  return [
    ...snapshots.map(({ tag }) => ({ kind: "@" as const, tag })),
    ...bookmarks.map(({ tag }) => ({ kind: "#" as const, tag })),
  ];
}

const TIME = /\d{4}-\d{2}-\d{2}_\d{2}:\d{2}:\d{2}/;

Deno.test("a destination that has diverged gets another name, its place is taken without sending anything again", async () => {
  const { error, sim, events } = await run(await diverged(), SET_ASIDE);
  assertEquals(error, undefined);
  const time = TIME.exec(Object.keys(tags(sim)).join())![0];
  const aside = `back/d/a_aside_${time}`;
  const mark = `org.bzfs:aside=${sim.destination.find(aside)!.guid}`;
  assertEquals(tags(sim), {
    "back/d": "1 2 3",
    "back/d/a": "1 2 3",
    "back/d/a/k": "1 2 3",
    [aside]: "own",
    "back/d/vol": "1 2 3",
  });
  assertEquals(changes(sim), [
    "zfs clone -o canmount=noauto -o mountpoint=/here -o compression=lz4 -o x:y=a b back/d/a@2 back/d/a_aside_try",
    "zfs rename -u back/d/a_aside_try back/d/a_aside_new",
    `zfs set readonly=on ${mark} back/d/a`,
    "zfs promote back/d/a_aside_new",
    "zfs rename -u back/d/a/k back/d/a_aside_new/k",
    "zfs set canmount=on back/d/a_aside_new",
    "zfs set canmount=noauto back/d/a",
    `zfs rename -u back/d/a ${aside}`,
    "zfs rename -u back/d/a_aside_new back/d/a",
  ]);
  assert(sim.history().filter((line) => line.includes(" | zfs receive ")).every((line) => / -i tank\S+@2 /.test(line)));
  const guid = sim.destination.find(aside)!.snapshots[0]!.guid;
  const [event] = events.filter((event) => event.event === "set-aside");
  assertEquals(event, {
    event: "set-aside",
    pair: 0,
    phase: "replicate",
    side: "dst",
    performed: true,
    dataset: "back/d/a",
    aside,
    versions: ["@own"],
    guids: [guid],
  });
});

Deno.test("a volume and a root are set aside, too; a pool is not", async () => {
  for (const dataset of ["back/d/vol", "back/d"]) {
    const sim = await world();
    must(sim.destinationHost, "zfs", "snapshot", `${dataset}@own`);
    must(sim.sourceHost, "zfs", "snapshot", "-r", "tank/s@3");
    const end = await run(sim, SET_ASIDE);
    assertEquals(end.error, undefined);
    const { [dataset]: copy, ...others } = tags(end.sim);
    assertEquals(copy, "1 2 3");
    const aside = Object.keys(others).find((name) => name.startsWith(`${dataset}_aside_`))!;
    assertEquals([others[aside], sim.destination.find(aside)!.local.readonly], ["own", "on"]);
    assertEquals(others["back/d/a/k"], "1 2 3");
  }
  const sim = simulatedWorld({ hosts: "two" });
  must(sim.sourceHost, "zfs", "create", "tank/s");
  must(sim.sourceHost, "zfs", "snapshot", "tank/s@1");
  must(sim.destinationHost, "zfs", "snapshot", "back@own");
  const { error } = await run(sim, ["tank/s", "back", "--on-conflict=set-aside", ...FEW_RETRIES]);
  assertMatch(messageOf(error), /It cannot be set aside: a pool's own dataset cannot be renamed$/);
});

Deno.test("without a common snapshot all is sent again, but nothing that the source could go on from", async () => {
  const sim = await world();
  const zfs = (...words: string[]): void => must(sim.sourceHost, "zfs", ...words);
  zfs("destroy", "-r", "tank/s/a");
  zfs("create", "-p", "tank/s/a/k");
  zfs("snapshot", "-r", "tank/s@new");
  const whole = await run(sim, SET_ASIDE);
  assertEquals(whole.error, undefined, messageOf(whole.error));
  const { "back/d/a": copy, "back/d/a/k": below, ...others } = tags(sim);
  assertEquals([copy, below], ["new", "new"]);
  assertEquals(Object.entries(others).filter(([name]) => /_aside_/.test(name)).map(([, text]) => text), ["1 2", "1 2"]);

  for (const { tag } of sim.source.find("tank/s/a")!.bookmarks) zfs("destroy", `tank/s/a#${tag}`);
  zfs("destroy", "tank/s/a@new");
  zfs("snapshot", "tank/s/a@newer");
  const before = tags(sim);
  const end = await run(sim, SET_ASIDE);
  assertMatch(messageOf(end.error), /It cannot be set aside: back\/d\/a\/k below it shares snapshots with its source/);
  assertEquals(tags(end.sim), before);
});

Deno.test("what is half set aside is finished before what is above it is set aside with all below", async () => {
  const sim = await diverged();
  const zfs = (...words: string[]): void => must(sim.sourceHost, "zfs", ...words);
  // Nothing else that is shared is below the root.
  zfs("destroy", "-r", "tank/s/vol");
  must(sim.destinationHost, "zfs", "destroy", "-r", "back/d/vol");
  for (const { kind, tag } of versionsOf(sim, "tank/s")) zfs("destroy", `tank/s${kind}${tag}`);
  zfs("snapshot", "tank/s@new");
  const move = /^zfs rename .* back\/d\/a_aside_new\/k$/;
  const killed = await run(sim, SET_ASIDE, new FaultScript().add(move, { kind: "kill-after" }));
  assert(killed.error !== undefined);
  const stopped = await run(sim, SET_ASIDE);
  assertMatch(
    messageOf(stopped.error),
    /It cannot be set aside: back\/d\/a_aside_new below it shares snapshots with its source/,
  );
  const { "back/d": root, "back/d/a": a, "back/d/a/k": k, ...others } = tags(sim);
  assertEquals([root, a, k], ["1 2", "1 2 3", "1 2 3"]);
  assertEquals(Object.keys(others).filter((name) => /_aside_new/.test(name)), []);
});

Deno.test("without one of the rights nothing but readonly changes, and the message names what is missing", async () => {
  for (const missing of ["clone", "rename", "promote"]) {
    const sim = await diverged();
    sim.destinationHost.permissions = new Set([...RIGHTS, "receive", "userprop"].filter((right) => right !== missing));
    sim.destinationHost.mayElevate = false;
    const end = await run(sim, SET_ASIDE);
    assertEquals(exitCodeOf(end.error), 3);
    assertMatch(messageOf(end.error), new RegExp(`^Conflict: .* a right is missing for 'zfs ${missing}'$`));
    assertEquals([tags(end.sim)["back/d/a"], tags(end.sim)["back/d/a/k"]], ["1 2 own", "1 2 3"]);
    sim.destinationHost.permissions = undefined;
    assertEquals((await run(sim, SET_ASIDE)).error, undefined);
    assertEquals(tags(sim)["back/d/a"], "1 2 3");
    assertEquals(Object.keys(tags(sim)).filter((name) => /_aside_(?:new|try)$/.test(name)), []);
  }
});

Deno.test("no deletion, rollback or comparison touches what was set aside", async () => {
  const sim = await diverged();
  assertEquals((await run(sim, SET_ASIDE)).error, undefined);
  must(sim.destinationHost, "zfs", "create", "back/d/empty_aside_new");
  const aside = Object.keys(tags(sim)).find((name) => /_aside_2/.test(name))!;
  must(sim.destinationHost, "zfs", "create", `${aside}/below`);
  const deletions = ["--delete-dst-datasets", "--delete-dst-snapshots", "--delete-empty-dst-datasets"];
  const forced = ["--force", "--force-destroy-dependents", "--skip-replication", ...deletions];
  const plain = await run(sim, ["dummy", "back/d/a", "--skip-replication", "--delete-dst-snapshots", ...FEW_RETRIES]);
  assertEquals([plain.error, tags(sim)["back/d/a"]], [undefined, "2"]);
  const kept = "Kept as long as what was set aside stands on it: back/d/a@2";
  assert(plain.sim.log.texts("WARN").includes(kept), plain.sim.log.texts("WARN").join());
  for (const source of ["tank/s", "dummy"]) {
    await run(sim, [source, ...ROUTE.slice(1), ...forced]);
    assertEquals([tags(sim)[aside], tags(sim)[`${aside}/below`], tags(sim)["back/d/empty_aside_new"]], ["own", "", ""]);
  }
  assertEquals(tags(sim)["back/d/a"], "2"); // held by the clone
  must(sim.sourceHost, "zfs", "snapshot", "-r", "tank/s@4");
  const again = await diverged();
  assertEquals((await run(again, SET_ASIDE)).error, undefined);
  for (const tag of ["2", "3"]) must(again.sourceHost, "zfs", "destroy", `tank/s/a@${tag}`);
  for (const { tag } of again.source.find("tank/s/a")!.bookmarks) {
    if (!tag.startsWith("1_")) must(again.sourceHost, "zfs", "destroy", `tank/s/a#${tag}`);
  }
  must(again.sourceHost, "zfs", "snapshot", "-r", "tank/s@4");
  const rolled = await run(again, [...ROUTE, "--force", "--force-destroy-dependents"]);
  assertMatch(messageOf(rolled.error), /^Conflict: back\/d\/a_aside_\S+, which was set aside, would go with snapshots/);
  assertEquals(tags(again)["back/d/a"], "1 2 3");
});

Deno.test("nothing is set aside because a listing of the source lacks what the source has", async () => {
  for (const lost of [/tank\/s\/a[@#][23]/, /tank\/s\/a[@#][12]/]) {
    const sim = await world();
    must(sim.sourceHost, "zfs", "snapshot", "-r", "tank/s@3");
    const before = tags(sim);
    const fault = { kind: "end-early", rows: (row: string) => !lost.test(row) } as const;
    const end = await run(sim, SET_ASIDE, new FaultScript().add(/^zfs list .*guid.* tank\//, fault, Infinity));
    assertMatch(messageOf(end.error), /Cannot set back\/d\/a aside .*the source may still have/);
    assertEquals([changes(end.sim), tags(sim)["back/d/a"]], [[], before["back/d/a"]]);
    assertEquals((await run(sim, SET_ASIDE)).error, undefined);
    assertEquals(tags(sim)["back/d/a"], "1 2 3");
  }
});

Deno.test("a run without the option does not send again what an unfinished set-aside has under another name", async () => {
  for (const dataset of ["back/d/a", "back/d", "back/d/a/k"]) {
    for (const where of [/^zfs rename \S+ \S+ \S+_aside_2/, /^zfs rename .* \S+_aside_new\//]) {
      const sim = await diverged(dataset);
      const killed = await run(sim, [...SET_ASIDE, "--guard=on"], new FaultScript().add(where, { kind: "kill-after" }));
      if (killed.error === undefined) continue; // nothing is below it
      const before = tags(sim);
      const plain = await run(sim, [...ROUTE, "--guard=on"]);
      assertEquals(exitCodeOf(plain.error), 3);
      assertEquals(plain.sim.history().filter((line) => /zfs send (?!.* -[iIn] ).*\| zfs receive/.test(line)), []);
      assertEquals(Object.keys(tags(sim)), Object.keys(before));
      if (before[dataset] === undefined) {
        const wanted = new RegExp(
          `^Conflict: ${dataset}_aside_new was to take the place of ${dataset}, which was not finished$`,
        );
        assertMatch(messageOf(plain.error), wanted);
      }
      assertEquals((await run(sim, SET_ASIDE)).error, undefined);
      assertEquals([tags(sim)[dataset], tags(sim)["back/d/a/k"]], ["1 2 3", "1 2 3"]);
    }
  }
});

Deno.test("a clone that is older than the common snapshot, or somebody else's, does not take a place", async () => {
  const sim = await diverged();
  must(sim.destinationHost, "zfs", "clone", "back/d/a@1", "back/d/a_aside_new");
  const { error } = await run(sim, SET_ASIDE);
  assertMatch(messageOf(error), /back\/d\/a_aside_new is in the way, and no clone of back\/d\/a@2/);
  assertEquals(tags(sim)["back/d/a"], "1 2 own");

  const foreign = await world();
  must(foreign.destinationHost, "zfs", "create", "back/d/b_aside_new");
  must(foreign.destinationHost, "zfs", "create", "back/d/a_aside_new");
  must(foreign.sourceHost, "zfs", "create", "tank/s/b");
  must(foreign.sourceHost, "zfs", "snapshot", "-r", "tank/s@3");
  assertEquals((await run(foreign, SET_ASIDE)).error, undefined);
  const { "back/d/a": a, "back/d/b": b, "back/d/a_aside_new": a2, "back/d/b_aside_new": b2 } = tags(foreign);
  assertEquals([a, b, a2, b2], ["1 2 3", "3", "", ""]);
});

Deno.test("a dry run changes nothing, and says what would be set aside", async () => {
  const sim = await diverged();
  const before = sim.fingerprint();
  const { error, events, sim: dry } = await run(sim, [...SET_ASIDE, "--dryrun"]);
  assertEquals(error, undefined);
  assertEquals(sim.fingerprint(), before);
  const [event] = events.filter((event) => event.event === "set-aside");
  assertEquals([event!.performed, event!.versions], [false, ["@own"]]);
  assertEquals(notesOf(events), [["back/d/a", `set aside as ${event!.aside}`]]);
  assert(
    dry.log.texts("INFO").some((text) => /^Dry .* Setting a diverged destination aside: back\/d\/a \(/.test(text)),
  );
});

Deno.test("set-aside together with force is a wrong command line", () => {
  for (
    const force of ["--force", "--force-once", "--force-rollback-to-latest-snapshot", "--force-destroy-dependents"]
  ) {
    let status = 0;
    try {
      jobOf([...SET_ASIDE, force]);
    } catch (error) {
      status = exitCodeOf(error);
    }
    assertEquals(status, 2, force);
  }
  jobOf([...SET_ASIDE, "--force-unmount"]);
});

Deno.test("a rename at the source is followed with all below it, also into what is new", async () => {
  const sim = await world();
  must(sim.sourceHost, "zfs", "create", "tank/s/new");
  must(sim.sourceHost, "zfs", "rename", "tank/s/a", "tank/s/new/b");
  must(sim.sourceHost, "zfs", "rename", "tank/s/new/b/k", "tank/s/k");
  must(sim.sourceHost, "zfs", "rename", "tank/s/vol", "tank/s/new/b/v");
  must(sim.sourceHost, "zfs", "snapshot", "-r", "tank/s@3");
  const before = sim.fingerprint();
  const dry = await run(sim, [...ROUTE, "--follow-renames", "--dryrun"]);
  assertEquals([dry.error, sim.fingerprint()], [undefined, before]);
  assertEquals(dry.events.filter(({ event }) => event === "renamed").length, 3);
  assertEquals(notesOf(dry.events).slice(0, 1), [["back/d/k", "renamed from back/d/a/k"]]);
  const end = await run(sim, [...ROUTE, "--follow-renames"]);
  assertEquals(end.error, undefined);
  assertEquals(tags(end.sim), {
    "back/d": "1 2 3",
    "back/d/k": "1 2 3",
    "back/d/new": "3",
    "back/d/new/b": "1 2 3",
    "back/d/new/b/v": "1 2 3",
  });
  const renamed = end.events.flatMap((event) => event.event === "renamed" ? [`${event.from} ${event.dataset}`] : []);
  assertEquals(renamed.sort(), ["back/d/a back/d/new/b", "back/d/a/k back/d/k", "back/d/vol back/d/new/b/v"]);
});

Deno.test("with guards a dataset that was restored at another source is no rename: nothing at its origin's copy changes", async () => {
  const words = [...ROUTE, "--follow-renames=on", "--guard=on"];
  const renamed = await world();
  assertEquals((await run(renamed, words)).error, undefined);
  must(renamed.sourceHost, "zfs", "rename", "tank/s/a", "tank/s/b");
  must(renamed.sourceHost, "zfs", "snapshot", "-r", "tank/s@3");
  const followed = await run(renamed, words);
  assertEquals([followed.error, tags(renamed)["back/d/b"], tags(renamed)["back/d/a"]], [undefined, "1 2 3", undefined]);

  const sim = await world("one");
  assertEquals((await run(sim, words)).error, undefined);
  must(sim.sourceHost, "zfs", "create", "tank/other");
  must(sim.sourceHost, "zfs", "create", "tank/other/x");
  must(sim.sourceHost, "zfs", "snapshot", "-r", "tank/other@0");
  const restore = await run(sim, ["tank/s/a", "tank/other/restored", ...FEW_RETRIES]);
  assertEquals(restore.error, undefined);
  const before = tags(sim);
  const other = await run(sim, ["tank/other", ...words.slice(1)]);
  assertEquals(changes(other.sim).filter((line) => /^zfs (?:rename|rollback|destroy .*back) /.test(line)), []);
  assertEquals([tags(sim)["back/d/a"], tags(sim)["back/d/restored"]], [before["back/d/a"], "1 2"]);
  const told = other.sim.log.texts("WARN").filter((text) => text.startsWith("Not taken for a rename"));
  assertMatch(told.join(), /tank\/other\/restored, whose snapshots the destination has as back\/d\/a: it has no guard/);
});

Deno.test("a rename whose connection was lost behind it has been made, for what was below it, too", async () => {
  const sim = await world();
  must(sim.sourceHost, "zfs", "rename", "tank/s/a", "tank/s/b");
  must(sim.sourceHost, "zfs", "rename", "tank/s/b/k", "tank/s/b/l");
  const next = sim.again(new FaultScript().failAfter(/^zfs rename /, "client_loop: send disconnect: Broken pipe\n"));
  assertEquals(await runBzfs(next, [...ROUTE, "--follow-renames"]), undefined);
  const first = "zfs rename -u back/d/a back/d/b";
  assertEquals(changes(next), [first, first, "zfs rename -u back/d/b/k back/d/b/l"]);
  assertEquals(next.history().filter((line) => line.includes(" | zfs receive ")), []);
});

Deno.test("a rename of another dataset goes on from where one has taken it whose connection was lost", async () => {
  const lost = "client_loop: send disconnect: Broken pipe\n";
  for (const end of ["not made", "made", "made late"]) {
    const sim = await world();
    must(sim.sourceHost, "zfs", "rename", "tank/s/a/k", "tank/s/l");
    must(sim.sourceHost, "zfs", "rename", "tank/s/a", "tank/s/b");
    const kind = end === "made" ? "fail-after" : "fail";
    const faults = new FaultScript().add(/^zfs rename .* back\/d\/b$/, { kind, status: 255, stderr: lost });
    const act = (): void => must(sim.destinationHost, "zfs", "rename", "back/d/a", "back/d/b");
    if (end === "made late") faults.add(/^zfs rename .* back\/d\/l$/, { kind: "before", act });
    const ran = await run(sim, [...ROUTE, "--threads=2", "--follow-renames"], faults);
    assertEquals(ran.error, undefined, `${end}: ${messageOf(ran.error)}`);
    const { "back/d/b": b, "back/d/l": l, ...others } = tags(sim);
    assertEquals([b, l, Object.keys(others)], ["1 2", "1 2", ["back/d", "back/d/vol"]]);
    assertEquals(ran.sim.history().filter((line) => line.includes(" | zfs receive ")), []);
    const renamed = ran.events.flatMap((event) => event.event === "renamed" ? [`${event.from} ${event.dataset}`] : []);
    const from = end === "not made" ? "back/d/a/k" : "back/d/b/k";
    assertEquals(renamed.sort(), ["back/d/a back/d/b", `${from} back/d/l`], end);
  }
});

Deno.test("a rename is followed where the cache has left nothing else to do", async () => {
  const sim = await world();
  must(sim.sourceHost, "zfs", "snapshot", "-r", "tank/s@3");
  const around = surroundings();
  const cached = [...ROUTE, "--follow-renames", "--cache-snapshots"];
  for (let round = 0; round < 2; round++) {
    sim.clock.advance(60_000);
    assertEquals(await runBzfs(sim.again(), cached, {}, around), undefined);
  }
  must(sim.sourceHost, "zfs", "rename", "tank/s/vol", "tank/s/w");
  sim.clock.advance(60_000);
  const next = sim.again();
  assertEquals(await runBzfs(next, cached, {}, around), undefined);
  assert(next.log.texts("INFO").filter((text) => text.includes("Already up-to-date [cached]")).length >= 3);
  assertEquals(changes(next), ["zfs rename back/d/vol back/d/w"]);
});

Deno.test("where renames are not followed the run says what that costs, and asks nothing where there are none", async () => {
  const sim = await world();
  must(sim.sourceHost, "zfs", "snapshot", "-r", "tank/s@3");
  const plain = await run(sim, ROUTE);
  const questions = (ran: Ran): string[] => ran.sim.history().filter((line) => /^zfs list .*guid/.test(line));
  const count = questions(plain).length;
  must(sim.sourceHost, "zfs", "snapshot", "-r", "tank/s@4");
  assertEquals(questions(await run(sim, [...ROUTE, "--follow-renames"])).length, count);
  must(sim.sourceHost, "zfs", "rename", "tank/s/a", "tank/s/b");
  const { error, sim: told } = await run(sim, ROUTE);
  assertEquals(error, undefined);
  const hints = told.log.texts("WARN").filter((text) => text.startsWith("Seems to have been renamed"));
  assertEquals(hints.length, 1);
  assertMatch(
    hints[0]!,
    /: tank\/s\/b, which the destination has as back\/d\/a\. --follow-renames would rename that instead, and save about /,
  );
  assertEquals(changes(told), []);
});

Deno.test("where one dataset cannot be listed, renames of the others are found, and all others replicated", async () => {
  for (const follow of [[], ["--follow-renames"]]) {
    for (const bad of ["tank/s/bad", "back/d/old"]) {
      const sim = await world();
      must(sim.sourceHost, "zfs", "rename", "tank/s/vol", "tank/s/v2");
      must(sim.sourceHost, "zfs", "create", "tank/s/bad");
      must(sim.sourceHost, "zfs", "snapshot", "-r", "tank/s@3");
      must(sim.destinationHost, "zfs", "create", "back/d/old");
      const stderr = `cannot open '${bad}': I/O error\n`;
      const isListing = new RegExp(`^zfs list .*guid.* ${bad}( |$)`);
      const end = await run(
        sim,
        [...ROUTE, ...follow],
        new FaultScript().add(isListing, { kind: "fail", stderr }, Infinity),
      );
      assertEquals(end.error === undefined, bad === "back/d/old", messageOf(end.error));
      const { "back/d": root, "back/d/a": copy, "back/d/v2": renamed, "back/d/vol": former } = tags(sim);
      assertEquals([root, copy, renamed, former], ["1 2 3", "1 2 3", "1 2 3", follow.length > 0 ? undefined : "1 2"]);
    }
  }
});

Deno.test("renames are looked for on the side of the fewer datasets first, and nowhere else if these have no snapshots", async () => {
  const asked = ({ sim }: Ran): string[] =>
    sim.history().filter((line) => /^zfs list .*guid.* \S+\/(?:few|many)\d?/.test(line))
      .map((line) => /(few|many)\d?/.exec(line)![0].slice(0, 4));
  for (const fewer of ["tank/s", "back/d"]) {
    const sim = await world();
    for (const [host, root] of [[sim.sourceHost, "tank/s"], [sim.destinationHost, "back/d"]] as const) {
      const names = root === fewer ? ["few"] : ["many1", "many2"];
      for (const name of names) must(host, "zfs", "create", `${root}/${name}`);
      if (root !== fewer) { for (const name of names) must(host, "zfs", "snapshot", `${root}/${name}@x`); }
    }
    const without = asked(await run(sim.twin(), [...ROUTE, "--dryrun"]));
    assertEquals([without[0], without.includes("many")], ["few", fewer === "back/d"]);
    must(fewer === "tank/s" ? sim.sourceHost : sim.destinationHost, "zfs", "snapshot", `${fewer}/few@x`);
    assertEquals(asked(await run(sim.twin(), [...ROUTE, "--dryrun"])).slice(0, 2), ["few", "many"], fewer);
  }
});

Deno.test("a copy, a clone and a name that is used again are no renames", async () => {
  const sim = await world();
  const zfs = (...words: string[]): void => must(sim.sourceHost, "zfs", ...words);
  zfs("clone", "tank/s/a@2", "tank/s/clone");
  zfs("promote", "tank/s/clone");
  zfs("snapshot", "-r", "tank/s@3");
  const promoted = await run(sim, [...ROUTE, "--follow-renames"]);
  assertEquals(changes(promoted.sim).filter((line) => line.startsWith("zfs rename")), []);

  const copied = await world();
  for (const name of ["x", "y"]) {
    const { stream } = execute(copied.sourceHost, ["zfs", "send", "tank/s/vol@2"]);
    assertEquals(execute(copied.sourceHost, ["zfs", "receive", `tank/s/${name}`], stream).status, 0);
  }
  must(copied.sourceHost, "zfs", "destroy", "-r", "tank/s/vol");
  const end = await run(copied, [...ROUTE, "--follow-renames"]);
  assertEquals(end.error, undefined);
  assertEquals(changes(end.sim).filter((line) => line.startsWith("zfs rename")), []);
  const doubt =
    "Cannot tell whether it was renamed at the source: back/d/vol shares snapshots with tank/s/x and tank/s/y";
  assertEquals(end.sim.log.texts("WARN").filter((text) => text.startsWith("Cannot tell")), [doubt]);
});

Deno.test("without the right to rename all is sent again, with a warning", async () => {
  const sim = await world();
  must(sim.sourceHost, "zfs", "rename", "tank/s/a", "tank/s/b");
  sim.destinationHost.permissions = new Set(["create", "mount", "receive"]);
  sim.destinationHost.mayElevate = false;
  const end = await run(sim, [...ROUTE, "--follow-renames"]);
  assertEquals(end.error, undefined);
  assertEquals([tags(end.sim)["back/d/a"], tags(end.sim)["back/d/b"]], ["1 2", "1 2"]);
  assert(end.sim.log.texts("WARN").some((text) => text.startsWith("Cannot rename it at the destination")));
});
