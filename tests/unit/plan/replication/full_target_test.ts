import { datasetFromZfs } from "../../../../lib/model/dataset.ts";
import { ConflictError } from "../../../../lib/model/errors.ts";
import { type Replacement, replacesTarget } from "../../../../lib/plan/replication/full_target.ts";
import { assertEquals, assertStringIncludes, assertThrows } from "../../../support/assert.ts";

const destination = datasetFromZfs("q/d");
const kid = datasetFromZfs("q/d/kid");

/** `true`, `false`, or what it is refused with. */
function outcome(
  target:
    | { readonly occupied?: boolean; readonly isUnfinished?: boolean; readonly type?: "filesystem" | "volume" }
    | undefined,
  { force = false, existingData = "replace" }: {
    readonly force?: boolean;
    readonly existingData?: "replace" | "refuse";
  } = {},
): boolean | string {
  const { occupied = false, isUnfinished = false, type = "filesystem" } = target ?? {};
  const request: Replacement = {
    destination,
    type: "filesystem",
    target: target === undefined
      ? { kind: "absent" }
      : { kind: "present", type, isUnfinished, occupied: occupied ? kid : undefined },
    force: { replaceUnrelated: force },
    existingData,
  };
  try {
    return replacesTarget(request);
  } catch {
    return assertThrows(() => replacesTarget(request), ConflictError, "onsider using --force").message;
  }
}

Deno.test("replacesTarget() lets a full send replace a dataset only where nothing below it could go along", () => {
  assertEquals(outcome(undefined), false);
  assertEquals(outcome(undefined, { force: true, existingData: "refuse" }), false);
  assertEquals(outcome({}), true);
  assertEquals(outcome({ occupied: true }, { force: true }), true);
  assertStringIncludes(outcome({ occupied: true }) as string, "because q/d/kid below it has snapshots");
});

Deno.test("replacesTarget() never replaces a volume by a filesystem without force", () => {
  const text = "Cannot replace q/d, a volume without snapshots, by a full send of a filesystem";
  assertStringIncludes(outcome({ type: "volume" }) as string, text);
  assertEquals(outcome({ type: "volume" }, { force: true }), true);
});

Deno.test("replacesTarget() replaces no data at all where that is asked for, but completes what it has begun", () => {
  const refuse = { existingData: "refuse" } as const;
  assertStringIncludes(outcome({}, refuse) as string, "q/d exists and has no snapshots");
  assertEquals(outcome({}, { ...refuse, force: true }), true);
  assertEquals(outcome({ isUnfinished: true }, refuse), true);
});
