/** How much a run may destroy, as tables: limits, what is spared, plans that are remembered. Source: docs/spec/snapshots.md §8. */
import type { Dataset } from "../../../../lib/model/dataset.ts";
import type { Guid, Version } from "../../../../lib/model/snapshot.ts";
import { compileRegexes } from "../../../../lib/model/regex/regex.ts";
import {
  describeLimit,
  type Doomed,
  isUncut,
  ORDINARY,
  ownNameRegex,
  parseDeletionLimit,
  permitOf,
  ration,
  readPlans,
  spare,
  UNLIMITED,
  writePlans,
} from "../../../../lib/plan/limits/mod.ts";
import type { DeletionVerdict } from "../../../../lib/plan/retention.ts";
import { assertEquals } from "../../../support/assert.ts";

Deno.test("parseDeletionLimit() reads a share and a number, a number, or no limit", () => {
  const limits: Readonly<Record<string, ReturnType<typeof parseDeletionLimit>>> = {
    "30% and 10": { percent: 30, amount: 10 },
    "30 % and 10": { percent: 30, amount: 10 },
    "100%": { percent: 100, amount: 0 },
    "10": { percent: 0, amount: 10 },
    "0": { percent: 0, amount: 0 },
    "unlimited": UNLIMITED,
  };
  for (const [text, limit] of Object.entries(limits)) assertEquals(parseDeletionLimit(text), limit, text);
  for (
    const text of ["", "%", "101%", "30% 10", "30 and 10", "and 10", "-1", "1.5", "30% or 10", "Unlimited", "30% and "]
  ) {
    assertEquals(parseDeletionLimit(text), undefined, text);
  }
  for (const limit of [{ percent: 30, amount: 10 }, { percent: 5, amount: 0 }, { percent: 0, amount: 7 }, UNLIMITED]) {
    assertEquals(parseDeletionLimit(describeLimit(limit)), limit);
  }
});

/** Which of so many ordinary ones go, that are doomed of so many, where so many have gone before. */
const rations: readonly { doomed: number; all: number; before?: number; limit: string; goes: boolean }[] = [
  { doomed: 10, all: 10, limit: "30% and 10", goes: true },
  { doomed: 11, all: 11, limit: "30% and 10", goes: false },
  { doomed: 30, all: 100, limit: "30% and 10", goes: true },
  { doomed: 31, all: 100, limit: "30% and 10", goes: false },
  { doomed: 5, all: 5, before: 6, limit: "30% and 10", goes: false },
  { doomed: 5, all: 5, before: 5, limit: "30% and 10", goes: true },
  { doomed: 5, all: 95, before: 25, limit: "30% and 10", goes: true },
  { doomed: 6, all: 70, before: 31, limit: "30% and 10", goes: false },
  { doomed: 1, all: 1, limit: "0", goes: false },
  { doomed: 1, all: 1000, limit: "0%", goes: false },
  { doomed: 1000, all: 1000, limit: "unlimited", goes: true },
  { doomed: 2, all: 9, limit: "20% and 1", goes: false },
  { doomed: 2, all: 10, limit: "20% and 1", goes: true },
];

for (const { doomed, all, before = 0, limit, goes } of rations) {
  Deno.test(`ration(): ${doomed} of ${all} after ${before} with ${limit} ${goes ? "go" : "are held back"}`, () => {
    const rows = Array.from(
      { length: doomed },
      (_, item): Doomed<number> => ({ item, verdict: "ordinary", isLimited: true }),
    );
    const { counted, beyond } = ration(rows, { limit: parseDeletionLimit(limit)!, before, all });
    assertEquals([counted.length, beyond.length], goes ? [doomed, 0] : [0, doomed]);
  });
}

Deno.test("ration() does not count what is permitted, refused, or no surprise", () => {
  const rows: Doomed<string>[] = [
    { item: "a", verdict: "ordinary", isLimited: true },
    { item: "b", verdict: "permitted", isLimited: true },
    { item: "c", verdict: "refused", isLimited: false },
    { item: "d", verdict: "ordinary", isLimited: false },
    { item: "e", verdict: "permitted", isLimited: false },
  ];
  const others = { uncounted: ["d"], permitted: ["b", "e"], refused: ["c"] };
  const question = { before: 0, all: 5 };
  assertEquals(ration(rows, { limit: parseDeletionLimit("1")!, ...question }), {
    ...others,
    counted: ["a"],
    beyond: [],
  });
  assertEquals(ration(rows, { limit: parseDeletionLimit("0")!, ...question }), {
    ...others,
    counted: [],
    beyond: ["a"],
  });
});

function verdict(tag: string, index: number, what: "delete" | "keep" = "delete"): DeletionVerdict {
  const kind = tag.startsWith("#") ? "bookmark" : "snapshot";
  const dataset = "tank/a" as Dataset;
  const guid = `${index + 1}` as Guid;
  const version = { kind, dataset, tag: tag.replace("#", ""), guid, createtxg: BigInt(index), createdAt: 0 } as Version;
  return { version, verdict: what, why: "not retained", reason: { ground: "no snapshot filter", rule: "" } as never };
}

const OWN = compileRegexes(["a_b_.*"], "name");

const spared: Readonly<
  Record<string, {
    readonly tags: readonly string[];
    readonly floor: number;
    readonly shared?: readonly string[];
    readonly goes: readonly string[];
    readonly allOwn?: boolean;
  }>
> = {
  "foreign ones": { tags: ["a_b_1", "x", "a_b", "a_c_1", "a_b_2"], floor: 0, goes: ["a_b_1", "a_b_2"] },
  "foreign bookmarks": { tags: ["#a_b_1", "#x"], floor: 1, goes: ["a_b_1"] },
  "nothing unless asked": { tags: ["a_b_1", "x"], floor: 0, allOwn: true, goes: ["a_b_1", "x"] },
  "the newest": { tags: ["a_b_1", "a_b_2", "a_b_3"], floor: 2, goes: ["a_b_1"] },
  "the newest own one, also if a foreign one is newer": { tags: ["a_b_1", "a_b_2", "x"], floor: 1, goes: ["a_b_1"] },
  "all if there are fewer": { tags: ["a_b_1"], floor: 3, goes: [] },
  "the newest that both have": { tags: ["a_b_1", "a_b_2", "a_b_3"], floor: 1, shared: ["1", "2"], goes: ["a_b_1"] },
  "nothing that both have without a floor": {
    tags: ["a_b_1", "a_b_2"],
    floor: 0,
    shared: ["1"],
    goes: ["a_b_1", "a_b_2"],
  },
};

for (const [what, { tags, floor, shared = [], goes, allOwn }] of Object.entries(spared)) {
  Deno.test(`spare() keeps ${what}`, () => {
    const verdicts = tags.map((tag, index) => verdict(tag, index));
    const sourceGuids = new Set(shared as readonly Guid[]);
    const left = spare(verdicts, { own: allOwn ? undefined : OWN, keepNewest: floor, sourceGuids });
    assertEquals(left.filter((each) => each.verdict === "delete").map(({ version }) => version.tag), goes);
    assertEquals(left.length, tags.length);
  });
}

Deno.test("ownNameRegex() matches what a plan names, and nothing of other targets", () => {
  const matches = (organisation: string, target: string, tag: string): boolean =>
    compileRegexes([ownNameRegex({ organisation, target })], "name").some((pattern) => pattern.matches(tag));
  assertEquals(matches("prod", "onsite", "prod_onsite_2026-01-01_00:00:00_daily"), true);
  assertEquals(matches("prod", "onsite", "prod_onsite_2026-01-01_00:00:00_77_daily"), true);
  assertEquals(matches("prod", "onsite", "prod_onsite2_2026-01-01_00:00:00_daily"), false);
  assertEquals(matches("prod", "onsite", "xprod_onsite_2026"), false);
  assertEquals(matches("prod", "", "prod_2026-01-01_00:00:00_daily"), true);
  assertEquals(matches("prod", "", "prod_onsite_2026-01-01_00:00:00_daily"), false);
  assertEquals(matches("a.b", "c", "aXb_c_2026"), false);
});

const plan = (amounts: Readonly<Record<string, number>>): ReadonlyMap<string, bigint> =>
  new Map(Object.entries(amounts).map(([label, amount]) => [label, BigInt(amount)]));

Deno.test("isUncut(): a plan is cut if it keeps less of anything", () => {
  const before = plan({ "a/b/daily": 90, "a/b/hourly": 24 });
  assertEquals(isUncut(before, before), true);
  assertEquals(isUncut(before, plan({ "a/b/daily": 91, "a/b/hourly": 24, "a/c/daily": 1 })), true);
  assertEquals(isUncut(before, plan({ "a/b/daily": 9, "a/b/hourly": 24 })), false);
  assertEquals(isUncut(before, plan({ "a/b/daily": 90 })), false);
  assertEquals(isUncut(before, plan({ "x/b/daily": 90, "x/b/hourly": 24 })), false);
  assertEquals(isUncut(undefined, before), false);
});

Deno.test("readPlans() reads what writePlans() has written, and nothing of anything else", () => {
  const plans = new Map([
    ["tank/a", plan({ "a/b/daily": 90 })],
    ["tank/é", plan({ "a//hourly": 2, "__proto__/x/daily": 3 })],
    ["tank/c", plan({ "a/b/daily": 90 })],
  ]);
  const text = writePlans({ job: "fleet", host: "", root: "tank", what: "snapshots" }, plans);
  assertEquals([...readPlans(text)].toSorted(), [...plans].toSorted());
  for (let end = 0; end < text.length - 2; end++) {
    assertEquals(readPlans(text.slice(0, end)).size, 0, text.slice(0, end));
  }
  const forged = [
    "null",
    "[]",
    "1",
    '{"format":2,"plans":[]}',
    '{"format":1}',
    '{"format":1,"plans":{}}',
    text.replace('"90"', "90"),
    text.replace('"90"', '"-1"'),
    text.replace('"90"', '"x"'),
    text.replace("a/b/daily", "a/b"),
    text.replace('"tank/a"', '"tank/a"]'),
    text.replace(/"datasets": \[[^\]]*\]/, '"datasets": "x"'),
  ];
  for (const each of forged) assertEquals(readPlans(each).size, 0, each);
});

Deno.test("permitOf() permits the datasets that are named, and what is below a slash", () => {
  const permit = permitOf(["tank/a", "tank/b/"], ORDINARY);
  const verdictOn = (dataset: string): string =>
    permit.verdictOn({ side: "dst", dataset: dataset as Dataset, what: "snapshot", tag: "x", guid: "1" as Guid });
  assertEquals(["tank/a", "tank/a/c", "tank/ab", "tank/b", "tank/b/c/d", "tank"].map(verdictOn), [
    "permitted",
    "ordinary",
    "ordinary",
    "ordinary",
    "permitted",
    "ordinary",
  ]);
});
