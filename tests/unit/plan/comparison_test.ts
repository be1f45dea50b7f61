import type { Dataset } from "../../../lib/model/dataset.ts";
import type { Guid } from "../../../lib/model/snapshot.ts";
import {
  type ComparedVersion,
  compareVersionLists,
  describeSummary,
  prepareVersions,
  summarise,
} from "../../../lib/plan/comparison.ts";
import { compileFilters } from "../../../lib/plan/selection.ts";
import { assertEquals } from "../../support/assert.ts";

const ROOTS = { src: "p/s" as Dataset, dst: "q/d" as Dataset };
const ALL = { src: true, dst: true, all: true, bookmarks: true };

/** `@a:7`: tag and guid. */
function versions(dataset: string, text: string): ComparedVersion[] {
  return text.split(" ").map((name, index) => ({
    kind: (name.startsWith("#") ? "bookmark" : "snapshot") as "snapshot",
    dataset: dataset as Dataset,
    tag: name.slice(1, name.indexOf(":")),
    guid: name.slice(name.indexOf(":") + 1) as Guid,
    createtxg: BigInt(index),
    createdAt: 100 + index,
    ...(name.startsWith("@") ? { written: "1024" } : {}),
  }));
}

function prepared(dataset: string, text: string): string {
  return prepareVersions(versions(dataset, text), compileFilters([[]]), 0).map(({ tag, guid }) => `${tag}:${guid}`)
    .join(" ");
}

Deno.test("prepareVersions() keeps one version for each guid, snapshots first, sorted by guid as text", () => {
  assertEquals(prepared("p/s", "#a:9 @b:10 @c:9 #d:10 #e:1 #f:1"), "e:1 b:10 c:9");
});

Deno.test("prepareVersions() drops temporary bookmarks whose guid something else has", () => {
  assertEquals(prepared("p/s", "@a:1 #.TMPBZFS.a:1 #.TMPBZFS.b:2"), "a:1 .TMPBZFS.b:2");
});

Deno.test("compareVersionLists() drops temporary bookmarks without counterpart", () => {
  const filters = compileFilters([[]]);
  const src = prepareVersions(versions("p/s", "#.TMPBZFS.b:2 #.TMPBZFS.c:3 @x:4"), filters, 0);
  const dst = prepareVersions(versions("q/d", "@b:2 @y:5"), filters, 0);
  const rows = compareVersionLists(src, dst, ALL).map(({ location, version }) => `${location} ${version.tag}`);
  assertEquals(rows, ["all .TMPBZFS.b", "dst y", "src x"]);
  const guarded = prepareVersions(versions("p/s", "#.GUARDBZFS.b:2 #.GUARDBZFS.c:3 @x:4"), filters, 0);
  const same = compareVersionLists(guarded, dst, ALL).map(({ location, version }) => `${location} ${version.tag}`);
  assertEquals(same, ["all .GUARDBZFS.b", "dst y", "src x"]);
});

Deno.test("describeSummary() tells what is missing where", () => {
  const rows = compareVersionLists(versions("p/s/a", "@a:1 @b:2"), versions("q/d/a", "@a:1"), ALL);
  const lines = summarise(rows, { policy: ALL, roots: ROOTS, now: 200 });
  const text = describeSummary("/a", lines, ROOTS);
  const wanted = [
    "Comparing /a~ of p/s vs. q/d",
    "Comparing /a~ Q: No src snapshots are missing on dst, and no dst snapshots are missing on src, and there is a common snapshot? A: False",
    "Comparing /a~ Snapshots only in src since latest common snapshot: 1",
    "Comparing /a~ Snapshot data written only in src since latest common snapshot: 1 KiB",
    "Comparing /a~ Time diff between latest common snapshot and latest snapshot only in src: -1s",
    "Comparing /a~ Time diff between now and latest snapshot only in src: 1.65m",
    "Comparing /a~ Latest snapshot only in dst: n/a",
  ];
  assertEquals(wanted.filter((line) => text.split("\n").includes(line)), wanted);
});
