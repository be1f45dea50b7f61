import { adviceOf, briefOf, RefusedError } from "../../../../lib/model/errors.ts";
import { type Dataset, datasetFromZfs } from "../../../../lib/model/dataset.ts";
import type { Guid } from "../../../../lib/model/snapshot.ts";
import type { ForcePolicy, ReplicationPolicy } from "../../../../lib/model/job.ts";
import {
  decide,
  type Decision,
  type Observation,
  usableVersions,
} from "../../../../lib/plan/replication/replication.ts";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "../../../support/assert.ts";
import { history, notation, snapshots } from "../../../support/history.ts";

const NO_FORCE: ForcePolicy = {
  rollbackToLatest: false,
  rollbackToLatestCommon: false,
  replaceUnrelated: false,
  destroyDependents: false,
  unmount: false,
  once: false,
};
const POLICY = { skipMissingSnapshots: "dataset", stream: true, useBookmarks: true } as const;

/** Selected snapshots are those in capital letters. */
function seen(source: string, destination: string | undefined): Observation {
  const destinationSnapshots = destination === undefined ? undefined : snapshots(destination);
  const usable = usableVersions(history(source), destinationSnapshots, POLICY);
  const selected = usable.filter((v) => v.kind === "snapshot" && v.tag === v.tag.toUpperCase());
  return {
    source: datasetFromZfs("p/s"),
    destination: datasetFromZfs("q/d"),
    usable,
    selected: new Set(selected.map((v) => v.guid as Guid)),
    anySelected: selected.length > 0 || usable.some((v) => v.kind === "bookmark"),
    destinationSnapshots,
  };
}

function told(decision: Decision): string {
  const losses = (list: Extract<Decision, { kind: "replicate" }>["resolutions"]): string =>
    list.map((r) => "snapshots" in r ? `delete ${notation(r.snapshots)}, ` : `${r.kind} @${r.to.tag}, `).join("");
  switch (decision.kind) {
    case "up-to-date":
      return `${losses(decision.resolutions)}up-to-date`;
    case "replicate":
      return losses(decision.resolutions) +
        (decision.base ? `from ${notation([decision.base])}` : `full @${decision.first.tag}`);
    case "refuse":
      return `${losses(decision.resolutions)}${decision.error.message}`;
    default:
      return decision.kind;
  }
}

const CASES: readonly (readonly [string, string | undefined, Partial<ForcePolicy>, string])[] = [
  ["@A @B", undefined, {}, "full @A"],
  ["@a @B @C", "", {}, "full @B"],
  ["@A @B", "@A", {}, "from @A"],
  ["@A @B", "@A @B", {}, "up-to-date"],
  ["@A @b", "@A", {}, "up-to-date"],
  ["@A @b", "@A @x", { rollbackToLatestCommon: true }, "rollback-to-common @A, up-to-date"],
  ["@a", "@a", {}, "skip-missing"],
  ["#a", "@a", {}, "nothing-selected"],
  ["#a @B", "@a", {}, "from #a"],
  ["@A @B", "@A @x", { rollbackToLatestCommon: true }, "rollback-to-common @A, from @A"],
  ["@A @B", "@A @x", { replaceUnrelated: true }, "rollback-to-common @A, from @A"],
  ["@A @B", "@x @y", { replaceUnrelated: true }, "delete @x @y, full @A"],
  ["@A @B", "@A", { rollbackToLatest: true }, "rollback-to-latest @A, from @A"],
  ["@A", "@A", { rollbackToLatest: true }, "rollback-to-latest @A, up-to-date"],
  // @T=1 was destroyed at the source and made again as @T=2.
  ["@A #t=1 @t=2", "@A @T=1", {}, "from #t"],
  ["@A #t=1 @T=2", "@A @T=1", { rollbackToLatestCommon: true }, "rollback-to-common @A, from @A"],
  ["#t=1 @T=2", "@T=1", { replaceUnrelated: true }, "delete @T, full @T"],
  ["@A @B @T=2", "@A @T=1 @B", { rollbackToLatestCommon: true }, "delete @T, from @B"],
  ["@A @B @T=2", "@A @T=1 @B @x", { replaceUnrelated: true }, "rollback-to-common @B, delete @T, from @B"],
  ["@A #t=1 @T=2", "@A @T=1 @x", { replaceUnrelated: true }, "rollback-to-common @A, from @A"],
  ["@A @B @T=2 @U=2", "@T=1 @A @U=1 @B", { replaceUnrelated: true }, "delete @T @U, from @B"],
  ["#t=1 #u=1 @T=2 @U=2", "@U=1 @T=1", { replaceUnrelated: true }, "delete @U @T, full @T"],
];

for (const [source, destination, force, expected] of CASES) {
  const name = `decide() on "${source}" and "${destination}" with ${JSON.stringify(force)} is: ${expected}`;
  Deno.test(name, () => {
    assertEquals(told(decide(seen(source, destination), POLICY, { ...NO_FORCE, ...force })), expected);
  });
}

Deno.test("decide() refuses to lose what only the destination has", () => {
  const toldOf = (source: string, destination: string, force: ForcePolicy): string =>
    told(decide(seen(source, destination), POLICY, force));
  assertStringIncludes(toldOf("@A @B", "@A @x", NO_FORCE), "q/d@x is more recent than");
  assertStringIncludes(toldOf("@A @b", "@A @x", NO_FORCE), "q/d@x is more recent than");
  assertStringIncludes(toldOf("@A @B", "@x", NO_FORCE), "No common snapshot found");
  const common = { ...NO_FORCE, rollbackToLatestCommon: true };
  assertStringIncludes(toldOf("@A @B", "@x", common), "No common snapshot found");
});

Deno.test("decide() refuses a snapshot whose name another one has at the destination, with both guids and the ways out", () => {
  const refusal = (source: string, destination: string, force: Partial<ForcePolicy> = {}, stream = true): string => {
    const decision = decide(seen(source, destination), { ...POLICY, stream }, { ...NO_FORCE, ...force });
    return decision.kind === "refuse" ? adviceOf(decision.error) : decision.kind;
  };
  for (const [source, destination] of [["@A #t=1 @T=2", "@A @T=1"], ["@A @B @T=2", "@A @T=1 @B"]] as const) {
    assertEquals(
      refusal(source, destination),
      "Conflict: Destination snapshot q/d@T (guid 1) has the name of another snapshot that is to be sent, p/s@T (guid 2), " +
        "which was made later. (To keep both and go on, add --on-conflict=set-aside: see bzfs help diverged. To keep it, " +
        "give it another name: zfs rename q/d@T q/d@T-kept. To destroy it, with what " +
        "is newer at the destination if nothing else can be the base, use --force-rollback-to-latest-common-snapshot (or " +
        "--force) option)",
    );
  }
  assertStringIncludes(refusal("#t=1 @T=2", "@T=1", { rollbackToLatestCommon: true }), "has the name of another");
  assertEquals(refusal("@A @T=2 @B", "@T=1 @A", {}, false), "replicate");
  assertStringIncludes(refusal("@A @T=2 @B", "@T=1 @A"), "has the name of another");
});

Deno.test("decide() tells the newest ten snapshots that only the destination has, and first what loses none", () => {
  const many = Array.from({ length: 12 }, (_, index) => `@x${index}`);
  const refusal = (source: string): string => {
    const decision = decide(seen(source, ["@A", ...many].join(" ")), POLICY, NO_FORCE);
    return decision.kind === "refuse" ? adviceOf(decision.error) : decision.kind;
  };
  const only = "Only the destination has: @x11, @x10, @x9, @x8, @x7, @x6, @x5, @x4, @x3, @x2 and ";
  const keep =
    "To keep them, replicate to another dataset, or rename this one: zfs rename q/d q/d-kept. To destroy them, ";
  const both = "(To keep both and go on, add --on-conflict=set-aside: see bzfs help ";
  assertStringIncludes(refusal("@A @B"), `common snapshot q/d@A. ${only}2 more. ${both}diverged. ${keep}roll back`);
  assertStringIncludes(refusal("@B"), `${only}3 more. ${both}no common snapshot. ${keep}consider using --force`);
});

Deno.test("decide() names set-aside only where it was not given, fits the other options and is possible", () => {
  const hint = (policy: Partial<ReplicationPolicy>, force: Partial<ForcePolicy> = {}, root?: Dataset): string => {
    const observed = seen("@B", "@A");
    const place = root === undefined ? observed : { ...observed, destination: root };
    const decision = decide(place, { ...POLICY, ...policy }, { ...NO_FORCE, ...force });
    return "error" in decision ? decision.error.hint ?? "" : decision.kind;
  };
  assert(hint({ onConflict: "stop" }).startsWith("To keep both and go on, add --on-conflict=set-aside: see bzfs help"));
  assert(
    hint({}, { rollbackToLatestCommon: true }).startsWith(
      "To keep both and go on, write, in place of --force options, --on-conflict=set-aside: see",
    ),
  );
  assert(hint({}, { once: true }).includes("in place of --force options"));
  assert(
    hint({ onConflict: "set-aside" }).startsWith("To keep them, replicate to another dataset, or rename this one"),
  );
  assert(hint({}, {}, "q" as Dataset).startsWith("To keep them, replicate to another dataset. To destroy them"));
});

Deno.test("decide() has a short form of each conflict, which names the dataset and the section of the runbook", () => {
  const brief = (source: string, destination: string): string => {
    const decision = decide(seen(source, destination), POLICY, NO_FORCE);
    return decision.kind === "refuse" ? briefOf(decision.error) : decision.kind;
  };
  assertEquals(brief("@A @B", "@A @x"), "Conflict: q/d has diverged: bzfs help diverged");
  assertEquals(
    brief("@B", "@A"),
    "Conflict: q/d has no snapshot in common with its source: bzfs help no common snapshot",
  );
  assertEquals(
    brief("@A #t=1 @T=2", "@A @T=1"),
    "Conflict: q/d@T is another snapshot than that of the source: bzfs help diverged",
  );
});

Deno.test("decide() fails on a source without selected snapshots if asked to", () => {
  const strict = { ...POLICY, skipMissingSnapshots: "fail" } as const;
  assertThrows(() => decide(seen("@a", undefined), strict, NO_FORCE), RefusedError, "includes no snapshot: p/s");
});
