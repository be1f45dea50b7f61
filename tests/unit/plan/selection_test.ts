import { parseTimesAndRanks } from "../../../lib/cli/options/times_and_ranks.ts";
import { datasetFromZfs } from "../../../lib/model/dataset.ts";
import type { Guid, Version } from "../../../lib/model/snapshot.ts";
import { UTC } from "../../../lib/model/time/zone.ts";
import type { SnapshotFilter } from "../../../lib/model/snapshot_filter.ts";
import {
  compileFilters,
  gainsWithTime,
  needsCreation,
  selectedOf,
  type SelectionOptions,
  selectVersions,
} from "../../../lib/plan/selection.ts";
import { assertEquals } from "../../support/assert.ts";
import { type Dice, forAll } from "../../support/for_all.ts";

const NOW_MS = 10_000_000_000;

/** `@a #b`: versions a day apart, the last one created now. */
function history(text: string): Version[] {
  const names = text.split(" ").filter((name) => name !== "");
  return names.map((name, index) => ({
    kind: name.startsWith("#") ? "bookmark" : "snapshot",
    dataset: datasetFromZfs("tank"),
    tag: name.slice(1),
    guid: `${index}` as Guid,
    createtxg: BigInt(index),
    createdAt: NOW_MS / 1000 - (names.length - 1 - index) * 86_400,
  }));
}

function times(...values: string[]): SnapshotFilter {
  return parseTimesAndRanks(values, UTC);
}

function select(
  text: string,
  groups: readonly (readonly SnapshotFilter[])[],
  options: Partial<SelectionOptions> = {},
): string {
  const all: SelectionOptions = { nowMs: NOW_MS, bookmarks: "keep", ...options };
  const selected = selectedOf(selectVersions(history(text), compileFilters(groups), all));
  return selected.map(({ kind, tag }) => (kind === "bookmark" ? "#" : "@") + tag).join(" ");
}

const EIGHT = "@s0 @s1 @s2 @s3 @s4 @s5 @s6 @s7";

/** The table of docs/spec/snapshots.md §3.4. */
const RANKS: readonly (readonly [readonly string[], string])[] = [
  [["notime", "latest 3"], "@s5 @s6 @s7"],
  [["notime", "oldest 25%"], "@s0 @s1"],
  [["notime", "all except latest 1"], "@s0 @s1 @s2 @s3 @s4 @s5 @s6"],
  [["notime", "all except latest 25%"], "@s0 @s1 @s2 @s3 @s4 @s5"],
  [["notime", "oldest 2..oldest 4"], "@s2 @s3"],
  [["notime", "latest 2..latest 100%"], "@s0 @s1 @s2 @s3 @s4 @s5"],
  [["notime", "oldest 50%", "latest 1"], "@s3"],
  [["anytime..3 days ago", "latest 2"], "@s0 @s1 @s2 @s3 @s6 @s7"],
  [["anytime..anytime", "latest 5"], EIGHT],
  [["notime", "latest 0"], ""],
];

Deno.test("selectVersions() selects by rank as the specification's table says", () => {
  for (const [values, expected] of RANKS) assertEquals(select(EIGHT, [[times(...values)]]), expected, values.join(" "));
});

Deno.test("selectVersions() treats bookmarks as it is told", () => {
  const text = "#a @b #c @d";
  const latest = [[times("notime", "latest 1")]];
  assertEquals(select(text, latest), "#a #c @d");
  assertEquals(select(text, latest, { bookmarks: "filter" }), "@d");
  assertEquals(select("@a #b", latest, { bookmarks: "as-snapshots" }), "#b");
  assertEquals(select(text, latest, { invert: true }), "#a @b #c");
  assertEquals(select(text, latest, { bookmarks: "filter", invert: true }), "#a @b #c");
});

Deno.test("selectVersions() unites groups and says which rule decided", () => {
  const groups: SnapshotFilter[][] = [
    [{ kind: "include-regex", regexes: ["a.*"] }, { kind: "exclude-regex", regexes: [".*x"] }],
    [{ kind: "include-regex", regexes: ["b.*"] }],
  ];
  const verdicts = selectVersions(history("@a1 @ax @b1 @c1"), compileFilters(groups), { nowMs: 0, bookmarks: "keep" });
  assertEquals(
    verdicts.map(({ version, verdict, reason }) => `${version.tag} ${verdict}: ${reason.ground}: ${reason.rule}`),
    [
      "a1 selected: snapshot regex: --exclude-snapshot-regex .*x",
      "ax excluded: snapshot regex: --include-snapshot-regex b.*",
      "b1 selected: snapshot regex: --include-snapshot-regex b.*",
      "c1 excluded: snapshot regex: --include-snapshot-regex b.*",
    ],
  );
});

Deno.test("selectVersions() without filters selects everything", () => {
  assertEquals(select(EIGHT, [[]]), EIGHT);
  assertEquals(select(EIGHT, [[]], { invert: true }), "");
  assertEquals(select("", [[times("notime", "latest 1")]]), "");
});

Deno.test("needsCreation() asks for times only where a filter looks at them", () => {
  assertEquals(needsCreation([[{ kind: "include-regex", regexes: ["a"] }]]), false);
  assertEquals(needsCreation([[], [times("notime", "latest 1")]]), true);
});

function randomFilter(dice: Dice): SnapshotFilter {
  if (dice.chance(0.4)) {
    return { kind: dice.pick(["include-regex", "exclude-regex"]), regexes: [dice.pick(["s[0-4]", ".*[13579]", "x"])] };
  }
  const range = dice.pick(["notime", "2 days ago..anytime", "anytime..4 days ago", "5 days ago..1 days ago"]);
  const ranks = dice.times(dice.integer(0, 2), () => dice.pick(["latest 3", "oldest 40%", "all except latest 1"]));
  return times(range, ...ranks);
}

Deno.test("selectVersions() keeps order, invents nothing, and inverts exactly", async () => {
  await forAll((dice) => ({
    text: dice.times(dice.integer(0, 10), (i) => `${dice.pick(["@", "@", "#"])}s${i}`).join(" "),
    groups: dice.times(dice.integer(1, 3), () => dice.times(dice.integer(0, 3), () => randomFilter(dice))),
  }), ({ text, groups }) => {
    const bookmarks = "filter";
    const chosen = new Set(select(text, groups, { bookmarks }).split(" "));
    const rest = new Set(select(text, groups, { bookmarks, invert: true }).split(" "));
    const names = text.split(" ").filter((name) => name !== "");
    assertEquals(names.filter((name) => chosen.has(name)).join(" "), select(text, groups, { bookmarks }));
    assertEquals(names.every((name) => chosen.has(name) !== rest.has(name)), true);
  }, { runs: 1000 });
});

Deno.test("gainsWithTime() misses no filters that select more as time goes by, and takes retention plans for what they are", async () => {
  let losing = 0;
  await forAll((dice) => ({
    text: dice.times(dice.integer(0, 10), (i) => `@s${i}`).join(" "),
    groups: dice.times(dice.integer(1, 2), () => dice.times(dice.integer(0, 3), () => randomFilter(dice))),
    days: dice.integer(1, 9),
  }), ({ text, groups, days }) => {
    if (gainsWithTime(groups)) return;
    losing++;
    const now = new Set(select(text, groups).split(" "));
    const later = select(text, groups, { nowMs: NOW_MS + days * 86_400_000 }).split(" ");
    assertEquals(later.filter((name) => name !== "" && !now.has(name)), []);
  }, { runs: 3000 });
  assertEquals(losing > 500, true);
  assertEquals(gainsWithTime([[times("36 hours ago..anytime", "latest 36")]]), false);
  assertEquals(gainsWithTime([[], [times("anytime..3 days ago")]]), true);
  assertEquals(gainsWithTime([[times("3 days ago..anytime"), times("notime", "oldest 2")]]), true);
});
