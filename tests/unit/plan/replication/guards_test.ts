import type { IncrementalStep } from "../../../../lib/model/action.ts";
import type { Dataset } from "../../../../lib/model/dataset.ts";
import type { Guid, Snapshot, Version } from "../../../../lib/model/snapshot.ts";
import { bookmarkTags, destinationMark } from "../../../../lib/plan/replication/bookmarks.ts";
import {
  areGuardsSettled,
  betweenGuards,
  type GuardPolicy,
  guardTag,
  planGuards,
  protectionOf,
} from "../../../../lib/plan/replication/guards.ts";
import { assert, assertEquals } from "../../../support/assert.ts";
import { snapshots } from "../../../support/history.ts";

const MARK = destinationMark("5", new Uint8Array(32).fill(7));
const OTHER = destinationMark("6", new Uint8Array(32).fill(7));

/** `@a:1` is a snapshot with guid 1, `#1` a guard of the destination for it, `~1` one of another destination. */
function versions(text: string): Version[] {
  return text.split(" ").map((word): Version => {
    const guid = (word.split(":")[1] ?? word.slice(1)) as Guid;
    const base = { dataset: "p/s" as Dataset, guid, createtxg: BigInt(guid), createdAt: 60 * Number(guid) };
    if (word.startsWith("@")) return { kind: "snapshot", tag: word.slice(1).split(":")[0]!, ...base };
    return { kind: "bookmark", tag: guardTag(guid, word.startsWith("#") ? MARK : OTHER), ...base };
  });
}

/** What is planned, in guids: made, kept, former, superseded, abandoned. */
function planned(text: string, present: string, policy: GuardPolicy = "on"): string {
  const plan = planGuards(versions(text), new Set(present.split("") as Guid[]), MARK, policy);
  const isSettled = areGuardsSettled(plan) ? " settled" : "";
  const guids = (list: readonly { readonly guid: string }[]): string => list.map(({ guid }) => guid).join("");
  return `${plan.make?.guid ?? "-"} ${plan.kept?.guid ?? "-"} ${plan.former?.guid ?? "-"} ${
    guids(plan.superseded) || "-"
  } ${guids(plan.abandoned) || "-"}${isSettled}`;
}

const plans: Readonly<Record<string, readonly [listing: string, present: string, plan: string, policy?: GuardPolicy]>> =
  {
    "it stands": ["@a:1 #2 @b:2 @c:3", "12", "- 2 - - - settled"],
    "the destination has nothing": ["@a:1 @b:2", "", "- - - - - settled"],
    "the destination has only what the source has not": ["@a:1 #2", "9", "- - - - - settled"],
    "there is none yet": ["@a:1 @b:2 @c:3", "12", "2 2 - - -"],
    "of another destination": ["@a:1 ~2 @b:2", "12", "2 2 - - -"],
    "it is old": ["#1 @a:1 @b:2", "12", "2 2 1 - -"],
    "a kill has left the former one": ["#1 #2 @b:2", "12", "- 2 - 1 -"],
    "a kill has left the next one": ["#1 @a:1 #2 @b:2", "1", "- 1 - - - settled"],
    "several never arrived": ["#1 #2 #3 #4 @d:4", "1", "- 1 - - 23"],
    "one that never arrived is older than what did": ["#1 #2 #3 @c:3", "13", "- 3 - 12 -"],
    "the destination was rolled back": ["@a:1 #3 @c:3", "1", "1 1 - - -"],
    "none is wanted": ["@a:1 @b:2", "12", "- - - - - settled", "off"],
    "with a period, the first": ["@a:1 @b:2", "12", "2 2 - - -", "minutely"],
    "with a period, too early": ["#1 @a:1 @b:2", "12", "- 1 - - - settled", "hourly"],
    "with a period, of such a label": ["#1 @a:1 @x_hourly:2", "12", "2 2 1 - -", "hourly"],
    "with a period, of a longer label": ["#1 @a:1 @x_daily:2", "12", "2 2 1 - -", "hourly"],
    "with a period, of a shorter label": ["#1 @a:1 @x_minutely:2", "12", "- 1 - - - settled", "hourly"],
    "with a period, late enough": ["#1 @a:1 @b:2", "12", "2 2 1 - -", "minutely"],
  };
for (const [name, [listing, present, plan, policy]] of Object.entries(plans)) {
  Deno.test(`planGuards() where ${name}`, () => assertEquals(planned(listing, present, policy), plan));
}

Deno.test("planGuards() does not take a bookmark of another snapshot for a guard", () => {
  const [snapshot] = versions("@a:1");
  const forged = { ...versions("#1")[0]!, tag: guardTag("2" as Guid, MARK) };
  const plan = planGuards([forged, snapshot!], new Set(["1"] as Guid[]), MARK, "on");
  assertEquals([plan.make?.guid, plan.superseded.map(({ tag }) => tag)], ["1" as Guid, [forged.tag]]);
});

Deno.test("guardTag() is as long for any snapshot", () => {
  const longest = guardTag(String(2n ** 64n - 1n) as Guid, MARK);
  assertEquals([guardTag("1" as Guid, MARK).length, longest.length], [46, 46]);
  assert(/^\.GUARDBZFS\.[-:A-Za-z0-9]{11}\.[-:A-Za-z0-9]{11}\.[-:A-Za-z0-9]{11}$/.test(longest), longest);
});

function step(text: string): IncrementalStep {
  const [from, ...gains] = snapshots(text, "p/s");
  return { kind: "incremental", flag: "-I", from: from!, to: gains.at(-1)!, gains };
}

function protectedBy(
  createBookmarks: Parameters<typeof protectionOf>[1]["createBookmarks"],
  guard: GuardPolicy,
  transfer = step("@a_daily=1 @b_daily=2 @c_hourly=3 @d_secondly=4"),
): string {
  const standing = versions("#1")[0] as Extract<Version, { kind: "bookmark" }>;
  const { finals, guards } = protectionOf(transfer, { createBookmarks, guard }, MARK, { place: "last", standing });
  const guids = (list: readonly Snapshot[]): string => list.map(({ guid }) => guid).join("");
  return `${guids(finals)} ${guids(guards)}`;
}

Deno.test("protectionOf() gives all that a transfer brings a bookmark that no pruning takes", () => {
  assertEquals(protectedBy("all", "on"), "234 4");
  assertEquals(protectedBy("hourly", "on"), "23 4");
  assertEquals(protectedBy("none", "on"), " 234");
});

Deno.test("protectionOf() leaves the plan's bookmarks as they are where the guard stays", () => {
  assertEquals(protectedBy("hourly", "off"), "234 ");
  assertEquals(protectedBy("hourly", "daily"), "234 ");
  assertEquals(protectedBy("none", "off"), " ");
});

Deno.test("protectionOf() guards what is too long for the plan's bookmark", () => {
  const long = "x".repeat(215);
  const transfer = step(`@a=1 @${long}=2 @c=3`);
  const { final } = bookmarkTags(long, "2" as Guid, MARK);
  assert(`p/s#${final}`.length < 255);
  assertEquals(protectedBy("all", "on", transfer), "23 23");
});

Deno.test("betweenGuards() holds what lies between two guards of one destination", () => {
  const list = [..."abcdef"].flatMap((letter, index) => {
    const bookmark = { ...versions(`#${index + 1}`)[0]!, tag: letter };
    return [bookmark, ...versions(letter === "b" || letter === "d" ? `#${index + 1}` : `~9`).slice(0, 1)];
  }).filter(({ guid }, index) => guid !== "9" || index === 1);
  const spared = [...betweenGuards(list)].map(({ tag }) => tag).filter((tag) => tag.length === 1);
  assertEquals(spared, ["c", "d"]);
  assertEquals(betweenGuards(versions("#1 ~2 @a:3")).size, 0);
});
