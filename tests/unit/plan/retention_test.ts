import { type Dataset, datasetFromZfs } from "../../../lib/model/dataset.ts";
import type { Guid, Version } from "../../../lib/model/snapshot.ts";
import type { DeleteSnapshotsPolicy } from "../../../lib/model/job.ts";
import type { SnapshotFilter } from "../../../lib/model/snapshot_filter.ts";
import {
  destructionOrder,
  emptyCandidates,
  judgeVersions,
  planDatasetDeletion,
  planDeletionListing,
  planEmptyDatasetDeletion,
} from "../../../lib/plan/retention.ts";
import { compileFilters } from "../../../lib/plan/selection.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { forAll } from "../../support/for_all.ts";

const SNAPSHOTS: DeleteSnapshotsPolicy = {
  kind: "snapshots",
  crosscheck: true,
  except: false,
  temporaryBookmarks: false,
};

function versions(text: string): Version[] {
  return text.split(" ").map((name, index) => ({
    kind: name.startsWith("#") ? "bookmark" : "snapshot",
    dataset: "q/d" as Dataset,
    tag: name.slice(1).replace("!", ""),
    guid: name.slice(1, 2) as Guid,
    createtxg: BigInt(index),
    createdAt: index,
    ...(name.startsWith("@") ? { holds: name.endsWith("!") ? 1 : 0 } : {}),
  }));
}

/** `!` marks held snapshots; the first letter of a tag is its guid. */
function judge(
  text: string,
  policy: Partial<DeleteSnapshotsPolicy>,
  source: { readonly guids: string; readonly dummy?: boolean; readonly keep?: string },
): string {
  const filter: SnapshotFilter[] = source.keep === undefined ? [] : [{ kind: "include-regex", regexes: [source.keep] }];
  const verdicts = judgeVersions(versions(text), {
    policy: { ...SNAPSHOTS, ...policy },
    filters: compileFilters([filter]),
    nowMs: 0,
    sourceGuids: new Set([...source.guids] as Guid[]),
    sourceIsDummy: source.dummy ?? false,
  });
  return verdicts.map(({ version, why, verdict }) => `${version.tag} ${verdict}: ${why}`).join(", ");
}

Deno.test("judgeVersions() deletes what is selected and gone from the source, but nothing held", () => {
  assertEquals(
    judge("@a @b! @c #d @e", {}, { guids: "c", keep: "[abc]" }),
    "a delete: selected, b keep: held, c keep: on source, e keep: not selected",
  );
});

Deno.test("judgeVersions() retains with --delete-dst-snapshots-except what is selected and on the source", () => {
  const except = { except: true };
  assertEquals(
    judge("@a @b @c!", except, { guids: "ac", keep: "[ab]" }),
    "a keep: retained, b delete: not on source, c keep: held",
  );
  assertEquals(
    judge("@a @b", except, { guids: "", dummy: true, keep: "a" }),
    "a keep: retained, b delete: not retained",
  );
});

Deno.test("judgeVersions() tells temporary bookmarks from others", () => {
  const text = "@a #b #.TMPBZFS.c";
  const source = { guids: "" };
  assertEquals(judge(text, { kind: "bookmarks" }, source), "b delete: selected");
  assertEquals(
    judge(text, { kind: "bookmarks", temporaryBookmarks: true }, source),
    ".TMPBZFS.c delete: selected",
  );
});

Deno.test("judgeVersions() never considers guards, nor what lies between two guards of one destination", () => {
  const [first, last, other] = ["1.p.d", "2.p.d", "3.q.d"].map((tail) => `#.GUARDBZFS.${tail.padStart(15, "x")}`);
  const text = `#a ${first} #b ${last} #c ${other} #d @e`;
  const source = { guids: "" };
  const verdicts = "a delete: selected, c delete: selected, d delete: selected";
  assertEquals(judge(text, { kind: "bookmarks" }, source), verdicts);
  assertEquals(judge(text, { kind: "bookmarks", temporaryBookmarks: true }, source), "");
  assertEquals(judge(text, { kind: "snapshots" }, source), "e delete: selected");
});

Deno.test("planDeletionListing() asks the source only for what can protect", () => {
  const both = { src: true, dst: true };
  const bookmarks: DeleteSnapshotsPolicy = { ...SNAPSHOTS, kind: "bookmarks" };
  assertEquals(planDeletionListing(SNAPSHOTS, both, true)?.source, { snapshots: true, bookmarks: true });
  assertEquals(planDeletionListing({ ...SNAPSHOTS, crosscheck: false }, both, true)?.source, {
    snapshots: true,
    bookmarks: false,
  });
  assertEquals(planDeletionListing({ ...bookmarks, crosscheck: false }, both, true)?.source, {
    snapshots: false,
    bookmarks: true,
  });
  assertEquals(planDeletionListing(bookmarks, { src: false, dst: true }, true)?.source, undefined);
  assertEquals(planDeletionListing(bookmarks, { src: true, dst: false }, true), undefined);
  assertEquals(planDeletionListing(SNAPSHOTS, both, false)?.source, undefined);
});

function datasets(names: string): Dataset[] {
  return (names === "" ? [] : names.split(" ")) as Dataset[];
}

Deno.test("planDatasetDeletion() destroys each tree once, whatever sorts in between", () => {
  const all = datasets("q/d q/d/a q/d/a-x q/d/a/c q/d/b");
  const plan = planDatasetDeletion({ all, selected: all }, new Set(datasets("q/d q/d/b")));
  assertEquals(plan, {
    verdicts: [
      { dataset: "q/d" as Dataset, verdict: "keep", why: "on source" },
      { dataset: "q/d/a" as Dataset, verdict: "delete", why: "not on source" },
      { dataset: "q/d/a-x" as Dataset, verdict: "delete", why: "not on source" },
      { dataset: "q/d/a/c" as Dataset, verdict: "delete", why: "not on source" },
      { dataset: "q/d/b" as Dataset, verdict: "keep", why: "on source" },
    ],
    roots: datasets("q/d/a q/d/a-x"),
    remainingAll: datasets("q/d q/d/b"),
    remainingSelected: datasets("q/d q/d/b"),
  });
});

Deno.test("planDatasetDeletion() spares what lies above a dataset that is not selected", () => {
  const all = datasets("q/d q/d/a q/d/a/tmp q/d/b");
  const selected = datasets("q/d q/d/a q/d/b");
  assertEquals(planDatasetDeletion({ all, selected }, new Set(datasets("q/d"))).roots, datasets("q/d/b"));
});

Deno.test("planEmptyDatasetDeletion() wants whole trees without snapshots", () => {
  const all = datasets("q/d q/d/a q/d/a/b q/d/c");
  assertEquals(emptyCandidates({ all, selected: datasets("q/d q/d/a/b q/d/c") }), datasets("q/d/a/b q/d/c"));
  const plan = planEmptyDatasetDeletion({ all, selected: all }, new Set(datasets("q/d/a/b")));
  assertEquals(plan.roots, datasets("q/d/c"));
});

Deno.test("planDatasetDeletion() never touches a dataset that is not selected or has a counterpart", async () => {
  await forAll((dice) => {
    const names = ["q/d"];
    for (let i = 0; i < 12; i++) names.push(`${dice.pick(names)}/${dice.pick(["a", "a-b", "b", "c"])}`);
    const all = [...new Set(names)].sort() as Dataset[];
    const closed = (p: number): Dataset[] => {
      const kept: Dataset[] = [];
      for (const name of all) {
        const parent = name.slice(0, name.lastIndexOf("/")) as Dataset;
        if (name === "q/d" || (kept.includes(parent) && dice.chance(p))) kept.push(name);
      }
      return kept;
    };
    return { all, selected: all.filter(() => dice.chance(0.9)), images: closed(0.5) };
  }, ({ all, selected, images }) => {
    const plan = planDatasetDeletion({ all, selected }, new Set(images));
    const gone = all.filter((dataset) => !plan.remainingAll.includes(dataset));
    assert(gone.every((dataset) => selected.includes(dataset) && !images.includes(dataset)));
    const covered = all.filter((dataset) =>
      plan.roots.some((root) => dataset === root || dataset.startsWith(`${root}/`))
    );
    assertEquals(gone, covered);
  }, { runs: 500 });
});

Deno.test("destructionOrder() has children before parents and clones before what they stand on", () => {
  const order = (...tree: (readonly [string, string?])[]): string =>
    destructionOrder(tree.map(([name, origin = ""]) => ({ dataset: datasetFromZfs(name), origin })))
      .map(({ dataset }) => dataset).join(" ");
  assertEquals(order(["d"], ["d/a"], ["d/a-b"], ["d/a/c"]), "d/a/c d/a-b d/a d");
  assertEquals(order(["d"], ["d/a", "d/b@1"], ["d/a/k"], ["d/b"]), "d/a/k d/a d/b d");
  assertEquals(order(["d"], ["d/a", "d/c@1"], ["d/b", "d/a@x"], ["d/c"]), "d/b d/a d/c d");
  assertEquals(order(["d"], ["d/a", "else@1"]), "d/a d");
  // Promoted: the parent stands on its child. ZFS cannot destroy them either; what matters is that this ends.
  assertEquals(order(["d", "d/a@1"], ["d/a"]), "d d/a");
});
