/**
 * Plans as files: whatever is not, byte for byte, what was written is no plan; and where a permit holds.
 */
import { checkFleetPlan, permitOf, planDigest } from "../../../lib/app/plan_files.ts";
import { UsageError } from "../../../lib/model/errors.ts";
import type { Place, RunEvent, Stamped } from "../../../lib/report/events.ts";
import type { PlanHead } from "../../../lib/report/plan_file/document.ts";
import { openPlan, PLAN_BYTES_MAX, PlanFold, planTable, sealPlan } from "../../../lib/report/plan_file/mod.ts";
import { assert, assertEquals, assertThrows } from "../../support/assert.ts";
import { withTempFolder } from "../../support/temp.ts";

const HERE: Place = { host: "localhost", poolGuid: "7" };
const THERE: Place = { host: "root@nas", port: 22, poolGuid: "8" };

/** Events of a run that would destroy `@x` of `p/a` at the destination, and roll back `p/b`. */
function events(options: string): Stamped<RunEvent>[] {
  const stamp = { at: "2026-01-01T00:00:00.000Z", run: "r" };
  const about = { ...stamp, pair: 0, phase: "delete-snapshots", side: "dst", performed: false } as const;
  return [
    { ...stamp, event: "pair-started", pair: 0, source: "p/a", destination: "nas:p/a", options },
    { ...stamp, event: "pair-opened", pair: 0, sourcePlace: HERE, destinationPlace: THERE },
    {
      ...about,
      event: "deleted",
      dataset: "p/a",
      what: "versions",
      reason: "not-retained",
      versions: ["@x"],
      guids: ["5"],
      createtxgs: ["9"],
    },
    {
      ...about,
      event: "rolled-back",
      dataset: "p/b",
      to: "@y",
      guid: "6",
      destroysNewer: true,
      versions: ["@z"],
      guids: ["18446744073709551615"],
    },
  ];
}

function planText(head: Partial<PlanHead> = {}): string {
  const fold = new PlanFold();
  for (const event of events(planDigest("options"))) fold.add(event);
  const whole = { program: "bzfs", version: "1", createdAt: new Date().toISOString(), host: "me", ...head } as const;
  return sealPlan(fold.document(whole), planDigest);
}

Deno.test("a text in which any byte was changed, taken out or added is no plan", () => {
  const text = planText();
  assert("runs" in openPlan(text, planDigest));
  for (let at = 0; at < text.length; at++) {
    const other = text[at] === "5" ? "6" : "5";
    for (
      const edited of [
        text.slice(0, at) + other + text.slice(at + 1),
        text.slice(0, at) + text.slice(at + 1),
        text.slice(0, at) + " " + text.slice(at),
        text.slice(0, at),
      ]
    ) {
      assert("fault" in openPlan(edited, planDigest), `at ${at}: ${edited}`);
    }
  }
});

Deno.test("a plan with a field that is there twice, or a digest that fits another text, is none", () => {
  const text = planText();
  const twice = text.replace('"host": "me"', '"host": "you",\n  "host": "me"');
  assert("fault" in openPlan(twice, planDigest));
  const { digest: _, ...forged } = { ...JSON.parse(text), runs: [{ options: "x" }] };
  assertEquals(openPlan(sealPlan(forged, planDigest), planDigest), {
    fault: "is no plan of this program: it lacks what every plan has",
  });
});

Deno.test("a permit holds for a guid at the place and under the name that the plan has, and nowhere else", async () => {
  await withTempFolder((folder) => {
    const path = `${folder}/plan`;
    Deno.writeTextFileSync(path, planText(), { mode: 0o600 });
    const permit = permitOf({ path, maxAgeMs: Infinity }, "options", "me");
    const loss = { side: "dst", dataset: "p/a", what: "snapshot", tag: "x", guid: "5" } as const;
    const at = permit.at({ src: HERE, dst: THERE });
    assertEquals(at.verdictOn(loss), "permitted");
    // A replicated snapshot has the same name and guid at both sides, and on every disk of a rotation.
    const others = [
      at.verdictOn({ ...loss, side: "src" }),
      at.verdictOn({ ...loss, dataset: "p/b" }),
      at.verdictOn({ ...loss, guid: "6" }),
      at.verdictOn({ ...loss, tag: "y" }),
      at.verdictOn({ ...loss, what: "bookmark" }),
      at.verdictOn({ ...loss, what: "dataset", tag: "" }),
      ...[HERE, { ...THERE, host: "root@vault" }, { ...THERE, port: 23 }, { ...THERE, poolGuid: "9" }, {
        ...THERE,
        configFile: "x",
      }].map((dst) => permit.at({ src: HERE, dst }).verdictOn(loss)),
    ];
    assertEquals([...new Set(others)], ["refused"]);
    const newer = { ...loss, dataset: "p/b", tag: "z", guid: "18446744073709551615" };
    assertEquals(at.verdictOn(newer), "permitted");
    assertEquals(at.verdictOn({ ...loss, dataset: "p/b", what: "changes", tag: "y", guid: "6" }), "permitted");
    assertEquals(at.verdictOn({ ...loss, dataset: "p/b", what: "changes", tag: "z", guid: "6" }), "refused");
  });
});

Deno.test("a plan of another host, of the future, or larger than any is refused with status 2", async () => {
  await withTempFolder((folder) => {
    const refused = (text: string, maxAgeMs = 60_000): string => {
      const path = `${folder}/plan`;
      Deno.writeTextFileSync(path, text, { mode: 0o600 });
      const error = assertThrows(() => permitOf({ path, maxAgeMs }, "options", "me"), UsageError);
      assertEquals(error.exitCode, 2);
      return error.message.slice(error.message.indexOf(": it ") + 5);
    };
    const at = (ms: number): string => new Date(Date.now() + ms).toISOString();
    assertEquals(refused(planText({ host: "you" })), "was made on another host, you");
    assertEquals(refused(planText({ createdAt: at(120_000) })), "was made in the future");
    assertEquals(refused(planText({ createdAt: "yesterday" })), "was made in the future");
    assertEquals(refused(planText({ createdAt: at(-61_000) })), "is 1 min 1 s old, more than --plan-max-age allows");
    const path = `${folder}/huge`;
    const file = Deno.openSync(path, { createNew: true, write: true, mode: 0o600 });
    file.truncateSync(2 ** 30);
    file.close();
    const error = assertThrows(() => permitOf({ path, maxAgeMs: 1 }, "options", "me"), UsageError);
    assert(error.message.includes(`more than ${PLAN_BYTES_MAX} bytes`), error.message);
  });
});

Deno.test("the plan of a fleet is bound to its options and to its job file", async () => {
  await withTempFolder((folder) => {
    const path = `${folder}/plan`;
    const policy = { path, maxAgeMs: 60_000 };
    const [options, jobFile] = [planDigest("fleet"), planDigest("file")];
    Deno.writeTextFileSync(path, planText({ program: "bzfs_jobrunner", options, jobFile }), { mode: 0o600 });
    checkFleetPlan(policy, { options: "fleet", jobFile: "file" }, "me");
    const refused = (inputs: Parameters<typeof checkFleetPlan>[1]): string =>
      assertThrows(() => checkFleetPlan(policy, inputs, "me"), UsageError).message.replace(/.*for /, "");
    assertEquals(refused({ options: "other", jobFile: "file" }), "other options");
    assertEquals(refused({ options: "fleet", jobFile: "other" }), "another job file");
    assertEquals(refused({ options: "fleet", jobFile: undefined }), "another job file");
    Deno.writeTextFileSync(path, planText(), { mode: 0o600 });
    assertEquals(refused({ options: "options", jobFile: undefined }), "other options");
  });
});

Deno.test("a plan as a table: a line for each thing, and nothing in a name that steers a terminal or makes a line", () => {
  const stamp = { at: "2026-01-01T00:00:00.000Z", run: "r" };
  const about = { ...stamp, pair: 0, side: "dst", performed: false } as const;
  const dataset = "p/a";
  const fold = new PlanFold();
  const rest: Stamped<RunEvent>[] = [
    {
      ...about,
      phase: "create-snapshots",
      side: "src",
      event: "created",
      dataset,
      what: "snapshot",
      version: "@n\n\x1b[1m",
    },
    {
      ...about,
      phase: "replicate",
      side: "src",
      event: "sent",
      dataset,
      destination: "p/a",
      kind: "incremental",
      from: "@m",
      to: "@n",
      guid: "4",
      snapshots: 1,
      estimatedBytes: "2048",
      seconds: 0,
    },
    { ...about, phase: "delete-snapshots", event: "kept", dataset, reason: "foreign", versions: ["@before"] },
    {
      ...about,
      phase: "delete-snapshots",
      event: "held-back",
      dataset,
      what: "snapshot",
      reason: "limit",
      of: 9,
      losses: [{ name: "p/a@h", guid: "1" }, { name: "p/a@i", guid: "2" }],
    },
    { ...about, phase: "replicate", event: "set-aside", dataset: "p/c", aside: "p/c_aside", versions: [], guids: [] },
  ];
  for (const event of [...events("x"), ...rest]) fold.add(event);
  const plan = fold.document({ program: "bzfs", version: "1", createdAt: "", host: "me" });
  assertEquals(planTable(plan).split("\n"), [
    "root@nas   p/a  destroy    @x (not retained)",
    "root@nas   p/a  receive    1 snapshot up to @n, onto @m  2 KiB",
    "root@nas   p/a  HELD BACK  2 of 9: @h … @i (limit)",
    "root@nas   p/a  keep       @before (foreign)",
    "root@nas   p/b  roll back  to @y",
    "root@nas   p/b  destroy    @z (conflict)",
    "localhost  p/a  create     @n \\x1b[1m",
    "root@nas   p/c  note       set aside as p/c_aside",
    "Plan: create 1, receive 1 (2 KiB), destroy 2, held back 2. Nothing has been done.",
    "",
  ]);
});
