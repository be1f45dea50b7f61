import type { Dataset } from "../../../lib/model/dataset.ts";
import { RefusedError } from "../../../lib/model/errors.ts";
import { UTC } from "../../../lib/model/time/zone.ts";
import {
  type CreationContext,
  creationNames,
  describeUpcoming,
  judgeCreation,
  needsHistories,
  planCreation,
  recursiveRoots,
} from "../../../lib/plan/creation.ts";
import type { LabelledSnapshot } from "../../../lib/plan/labels.ts";
import { labelTimestamp } from "../../../lib/plan/labels.ts";
import { anchorsOf } from "../../support/anchors.ts";
import { jobOf } from "../../support/arguments.ts";
import { assertEquals, assertThrows } from "../../support/assert.ts";

const NOW = BigInt(Date.UTC(2025, 4, 5, 10, 20, 30)) * 1000n;

function contextOf(plan: string, ...words: readonly string[]): CreationContext {
  const argv = ["p/s", "q/d", "--create-src-snapshots", `--create-src-snapshots-plan=${plan}`, ...words];
  const policy = jobOf(argv).verbs.create!;
  const calendar = { zone: UTC, namesZone: true, anchors: anchorsOf() };
  const timestamp = labelTimestamp({ instant: NOW, localZone: UTC, ...calendar }, policy.timeFormat);
  return { policy, names: creationNames(policy, timestamp), calendar, now: NOW };
}

function snapshot(tag: string, at: string): LabelledSnapshot {
  return { tag, createtxg: 1n, createdAt: Date.parse(at) / 1000 };
}

function datasets(names: string): Dataset[] {
  return names.split(" ") as Dataset[];
}

Deno.test("judgeCreation() takes everything as due where there is no snapshot", () => {
  const context = contextOf("{'p': {'': {'hourly': 1, 'daily': 1, 'adhoc': 1}}}");
  const judgement = judgeCreation("t" as Dataset, [], context);
  assertEquals(judgement.due, [0, 1, 2]);
  assertEquals(judgement.upcoming, []);
});

Deno.test("judgeCreation() looks at the newest snapshot of each label", () => {
  const context = contextOf("{'p': {'': {'hourly': 1, 'daily': 1, 'adhoc': 1}}}");
  const judgement = judgeCreation("t" as Dataset, [
    snapshot("p_2025-05-05_00:00:00_daily", "2025-05-05T00:00:00Z"),
    snapshot("p_2025-05-05_09:00:00_hourly", "2025-05-05T09:00:00Z"),
  ], context);
  assertEquals(judgement.due.map((index) => context.names[index]), [
    "p_2025-05-05_10:20:30_hourly",
    "p_2025-05-05_10:20:30_adhoc",
  ]);
  assertEquals(
    describeUpcoming(planCreation([judgement], context, { listing: [], recursive: false }).upcoming, context.calendar),
    [
      "Next scheduled snapshot times ...\n" +
      "Next scheduled snapshot time: 2025-05-05 10:00:00+00:00 for t@p_2025-05-05_10:20:30_hourly has passed\n" +
      "Next scheduled snapshot time: 2025-05-06 00:00:00+00:00 for t@p_2025-05-05_10:20:30_daily",
    ],
  );
});

Deno.test("judgeCreation() does not create a name that exists", () => {
  const context = contextOf("{'p': {'': {'secondly': 1}}}");
  const judgement = judgeCreation(
    "t" as Dataset,
    [snapshot("p_2025-05-05_10:20:30_secondly", "1970-01-01T00:00:01Z")],
    context,
  );
  assertEquals([judgement.due, judgement.existing], [[], ["t@p_2025-05-05_10:20:30_secondly"]]);
});

Deno.test("needsHistories() is false where nothing existing matters", () => {
  assertEquals(needsHistories(contextOf("{'p': {'': {'daily': 1}}}").policy), true);
  assertEquals(needsHistories(contextOf("{'p': {'': {'adhoc': 1}}}").policy), false);
  assertEquals(
    needsHistories(contextOf("{'p': {'': {'daily': 1}}}", "--create-src-snapshots-even-if-not-due").policy),
    false,
  );
});

Deno.test("planCreation() makes one action for each label", () => {
  const context = contextOf("{'p': {'': {'daily': 1, 'adhoc': 1}}}");
  const listing = datasets("t t/a t/b");
  const judgements = listing.map((dataset) => judgeCreation(dataset, undefined, context));
  const recursive = planCreation(judgements, context, { listing, recursive: true });
  assertEquals(recursive.count, 6);
  assertEquals(recursive.creations.map(({ action }) => action.names), [
    ["t@p_2025-05-05_10:20:30_daily"],
    ["t@p_2025-05-05_10:20:30_adhoc"],
  ]);
  const single = planCreation(judgements.slice(0, 1), context, { listing: listing.slice(0, 1), recursive: false });
  assertEquals(single.creations.map(({ action }) => action.recursive), [false, false]);
});

Deno.test("recursiveRoots() never snapshots what is not due, whatever sorts in between", () => {
  const cases: readonly (readonly [string, string, string | undefined])[] = [
    ["a a-b a/b a/c", "a a-b a/c", undefined],
    ["t t/a t/a-b t/a/c", "t/a t/a-b t/a/c", "t/a t/a-b"],
    ["t t/a t/a/a t/a/a/a-b", "t/a t/a/a/a-b", undefined],
    ["t t/a t/b", "t t/a t/b", "t"],
  ];
  for (const [listing, due, expected] of cases) {
    assertEquals(recursiveRoots(datasets(listing), datasets(due))?.join(" "), expected, `${listing} | ${due}`);
  }
});

Deno.test("creationNames() refuses names that ZFS or the label grammar does not take", () => {
  for (const [prefix, target] of [["", "t"], ["a_b", "t"], ["p", "x/y"], ["p", "x\\x00y"]]) {
    assertThrows(() => contextOf(`{'${prefix}': {'${target}': {'daily': 1}}}`), RefusedError, "nvalid");
  }
  assertThrows(
    () => contextOf("{'p': {'': {'daily': 1}}}", "--create-src-snapshots-timeformat=%Q"),
    RefusedError,
    "Invalid",
  );
});
