/** Plans of transfers in terse notation: selected snapshots are in capital letters. */
import { RefusedError } from "../../../../lib/model/errors.ts";
import { isSnapshot } from "../../../../lib/model/snapshot.ts";
import type { Guid } from "../../../../lib/model/snapshot.ts";
import { gainOf, incrementalPhases, planTransfers } from "../../../../lib/plan/replication/transfers.ts";
import { assertEquals, assertThrows } from "../../../support/assert.ts";
import { history } from "../../../support/history.ts";

interface Case {
  /** What both sides have; absent = nothing. */
  readonly base?: string;
  /** What was being received when it was interrupted. */
  readonly interrupted?: string;
  readonly stream?: boolean;
  readonly allowIntermediates?: boolean;
}

function transfersOf(
  text: string,
  { base, interrupted, stream = true, allowIntermediates = true }: Case,
): ReturnType<typeof planTransfers> {
  const usable = history(text);
  const selected = usable.filter((version) => isSnapshot(version) && version.tag === version.tag.toUpperCase());
  const chosen = selected.filter(isSnapshot);
  const start = {
    base: usable.findLast(({ tag }) => tag === base),
    first: stream ? chosen[0]! : chosen.at(-1)!,
  };
  const seen = { usable, selected: new Set(selected.map(({ guid }) => guid)) };
  const token = { name: `p/s@${interrupted}`, guid: interrupted as Guid, fromGuid: undefined, raw: true };
  const resumable = interrupted === undefined ? undefined : { text: "1-token", token };
  return planTransfers(seen, start, resumable, { stream, allowIntermediates });
}

function planned(text: string, given: Case): string[] {
  return transfersOf(text, given).map((transfer) => {
    const to = `${transfer.to.tag} (${gainOf(transfer)})`;
    switch (transfer.kind) {
      case "full":
        return `full ${to}`;
      case "resume":
        return `resume ${transfer.token} ${transfer.from?.tag ?? "-"} ${to}`;
      case "incremental":
        return `${transfer.flag} ${transfer.from.tag} ${to}`;
    }
  });
}

const CASES: readonly (readonly [string, Case, readonly string[]])[] = [
  ["@A", {}, ["full A (1)"]],
  ["@A @B @C", {}, ["full A (1)", "-I A C (2)"]],
  ["@A @b @C", {}, ["full A (1)", "-i A C (1)"]],
  ["@A @B @C", { allowIntermediates: false }, ["full A (1)", "-i A B (1)", "-i B C (1)"]],
  ["@A @B @C", { stream: false }, ["full C (1)"]],
  ["@A @B @c @D @e", { base: "A", stream: false }, ["-i A D (1)"]],
  ["@A @B @C", { base: "A" }, ["-I A C (2)"]],
  ["@A @B", { base: "B" }, []],
  ["@A @b", { base: "A" }, []],
  ["#A @B @C", { base: "A" }, ["-i A B (1)", "-i B C (1)"]],
  ["@A @B @C", { interrupted: "A" }, ["resume 1-token - A (1)", "-I A C (2)"]],
  ["@A @B @C", { base: "A", interrupted: "B" }, ["resume 1-token A B (1)", "-i B C (1)"]],
  ["@A @B", { base: "A", interrupted: "B" }, ["resume 1-token A B (1)"]],
  ["@A #B @B @C", { base: "A", interrupted: "B" }, ["resume 1-token A B (1)", "-i B C (1)"]],
];

Deno.test("planTransfers() opens with a full send or what completes an interrupted one, steps follow", () => {
  for (const [text, given, wanted] of CASES) assertEquals([text, given, planned(text, given)], [text, given, wanted]);
});

Deno.test("planTransfers() refuses to complete an incremental receive of which only a bookmark is left", () => {
  assertThrows(
    () => planned("@A #B @C", { base: "A", interrupted: "B" }),
    RefusedError,
    "receive of a bookmark: p/s@B",
  );
});

Deno.test("incrementalPhases() reads back after a completed receive, and a dry run only shows what builds upon it", () => {
  const phases = (given: Case, isDry: boolean, onlyShown: boolean): string[] =>
    incrementalPhases(transfersOf("@A @B @C", given), { isDry, onlyShown }).map((phase) =>
      `${phase.transfers.map(({ kind }) => kind).join()}${phase.onlyShown ? " shown" : ""}`
    );
  assertEquals(phases({ base: "A", interrupted: "B" }, false, false), ["resume", "incremental"]);
  assertEquals(phases({ base: "A", interrupted: "B" }, true, false), ["resume", "incremental shown"]);
  assertEquals(phases({ base: "A", interrupted: "B" }, true, true), ["resume shown", "incremental shown"]);
  assertEquals(phases({ base: "A" }, true, false), ["incremental"]);
  assertEquals(phases({ base: "A" }, true, true), ["incremental shown"]);
  assertEquals(phases({ base: "C" }, true, false), []);
});
