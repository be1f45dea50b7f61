/** What names say of datasets that were set aside. Source: docs/spec/replication.md §5.5. */
import { type Dataset, datasetFromZfs } from "../../../../lib/model/dataset.ts";
import { asideName, isSetAside, placeOf, setAsideFrom, setAsideSince } from "../../../../lib/plan/replication/mod.ts";
import { assertEquals } from "../../../support/assert.ts";

const AT_MS = Date.parse("2026-11-20T03:00:00Z");
const OLDER_MS = Date.parse("2025-01-02T03:04:05Z");
const ROOT = "back/d" as Dataset;
const KEPT = asideName(datasetFromZfs("back/d/a"), AT_MS);
const OLDER = asideName(datasetFromZfs("back/d/a"), OLDER_MS);

/** Names below {@linkcode ROOT}: set aside at all, since when, and from what. */
const NAMES: readonly (readonly [name: string, isAside: boolean, sinceMs?: number, from?: string])[] = [
  [KEPT, true, AT_MS, "back/d/a"],
  [`${KEPT}/below`, true, AT_MS],
  [`${OLDER}/b_aside_2026-11-20_03:00:00`, true, OLDER_MS, `${OLDER}/b`],
  ["back/d/a_aside_new", true],
  ["back/d/a_aside_try/b", true],
  // Times that never were: kept, as their names say, but nobody knows since when.
  ["back/d/a_aside_2026-02-30_03:00:00", true],
  ["back/d/a_aside_2026-11-20_99:00:00", true],
  ["back/d/a_aside_2026-11-20_03:00:00.5", false],
  ["back/d/a_aside_2026-11-20", false],
  ["back/d/aside_2026-11-20_03:00:00", false],
  ["back/d", false],
];

Deno.test("the names of what was set aside are read alike by all who ask", () => {
  for (const [name, isAside, sinceMs, from] of NAMES) {
    const dataset = datasetFromZfs(name);
    assertEquals(isSetAside(dataset, ROOT), isAside, name);
    assertEquals(setAsideSince(name, ROOT), sinceMs, name);
    assertEquals(setAsideFrom(dataset)?.dataset, from === undefined ? undefined : datasetFromZfs(from), name);
  }
  assertEquals(setAsideFrom(KEPT)?.atMs, AT_MS);
  // What stands in the name of the root itself is no matter of the run.
  assertEquals(setAsideSince(`${KEPT}/below`, KEPT), undefined);
  assertEquals(setAsideFrom(datasetFromZfs("_aside_2026-11-20_03:00:00")), undefined);
});

Deno.test("what is half set aside has the place that it will take, what was set aside has none", () => {
  const places: readonly (readonly [name: string, place: string | undefined])[] = [
    ["back/d/a", "back/d/a"],
    ["back/d/a_aside_new", "back/d/a"],
    ["back/d/a_aside_new/b", "back/d/a/b"],
    ["back/d/a_aside_new/b_aside_new/c", "back/d/a/b/c"],
    ["back/d/a_aside_newer", "back/d/a_aside_newer"],
    ["back/d/a_aside_try", undefined],
    ["back/d/a_aside_new/b_aside_try", undefined],
    [KEPT, undefined],
    [`${KEPT}/b_aside_new`, undefined],
  ];
  for (const [name, place] of places) assertEquals(placeOf(name as Dataset, ROOT), place as Dataset | undefined, name);
  assertEquals(placeOf("back/d_aside_new/a_aside_new" as Dataset, "back/d_aside_new" as Dataset), "back/d_aside_new/a");
});
