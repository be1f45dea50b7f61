import { ConflictError, RefusedError } from "../../../../lib/model/errors.ts";
import { datasetFromZfs } from "../../../../lib/model/dataset.ts";
import type { Guid } from "../../../../lib/model/snapshot.ts";
import type { ForcePolicy } from "../../../../lib/model/job.ts";
import {
  decide,
  type Decision,
  type Observation,
  replacesTarget,
  usableVersions,
} from "../../../../lib/plan/replication/replication.ts";
import { assertEquals, assertStringIncludes, assertThrows } from "../../../support/assert.ts";
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
    list.map((r) => r.kind === "delete-all" ? `delete ${notation(r.snapshots)}, ` : `${r.kind} @${r.to.tag}, `).join(
      "",
    );
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

Deno.test("decide() fails on a source without selected snapshots if asked to", () => {
  const strict = { ...POLICY, skipMissingSnapshots: "fail" } as const;
  assertThrows(() => decide(seen("@a", undefined), strict, NO_FORCE), RefusedError, "includes no snapshot: p/s");
});

Deno.test("replacesTarget() lets a full send replace a dataset only where nothing below it could go along", () => {
  const d = datasetFromZfs("q/d");
  const force = { replaceUnrelated: true };
  const occupied = datasetFromZfs("q/d/kid");
  assertEquals(replacesTarget(d, { kind: "absent" }, NO_FORCE), false);
  assertEquals(replacesTarget(d, { kind: "absent" }, force), false);
  assertEquals(replacesTarget(d, { kind: "present", occupied: undefined }, NO_FORCE), true);
  assertEquals(replacesTarget(d, { kind: "present", occupied }, force), true);
  const error = assertThrows(
    () => replacesTarget(d, { kind: "present", occupied }, NO_FORCE),
    ConflictError,
    "q/d/kid",
  );
  assertStringIncludes(error.message, "Consider using --force");
});
