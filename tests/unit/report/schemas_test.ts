import { foldRun } from "../../support/fold.ts";
import { Descriptions } from "../../../scripts/schema_descriptions.ts";
import { EVENT_SCHEMA, RESULT_SCHEMA } from "../../../scripts/report_schemas.ts";
import { REPORT_FORMAT, type RunEvent, type Stamped } from "../../../lib/report/events.ts";
import { assert, assertEquals, assertThrows } from "../../support/assert.ts";
import { schemaErrors } from "../../support/json_schema.ts";

const STAMP = { at: "2026-01-01T00:00:00.000Z", run: "r" };
const ABOUT = { pair: 0, phase: "replicate", side: "src", dataset: "a" } as const;

const EVENTS: readonly Stamped<RunEvent>[] = [
  {
    ...{ ...STAMP, event: "run-started", format: REPORT_FORMAT, program: "bzfs", version: "1", arguments: ["x"] },
    ...{ host: "h", uid: 0, effectiveUid: 0, dryRun: "off", log: "/l" },
  },
  { ...STAMP, event: "pair-started", pair: 0, source: "a", destination: "b" },
  {
    ...{ ...STAMP, ...ABOUT, event: "sent", performed: true, destination: "b", kind: "incremental", from: "@1" },
    ...{ to: "@2", guid: "2", snapshots: 1, bytes: "3", estimatedBytes: "4", seconds: 0.5 },
  },
  { ...STAMP, ...ABOUT, event: "failed", error: { type: "E", message: "m", exitStatus: 3 } },
  { ...STAMP, event: "pair-ended", pair: 0, seconds: 1 },
  { ...STAMP, event: "round-ended", exitStatus: 0, seconds: 1 },
  { ...STAMP, event: "run-ended", exitStatus: 0, seconds: 1 },
];

/** The value with one of its fields missing, unknown, or of another type: each of these once. */
function* spoiled(value: unknown, isOptional: (name: string) => boolean): Generator<unknown> {
  if (typeof value !== "object" || value === null) return;
  const entries = Object.entries(value);
  const withField = (name: string, field: unknown): unknown =>
    Array.isArray(value) ? value.with(Number(name), field) : { ...value, [name]: field };
  if (!Array.isArray(value)) yield { ...value, unknown: 1 };
  for (const [name, field] of entries) {
    yield withField(name, null);
    if (!Array.isArray(value) && !isOptional(name)) yield Object.fromEntries(entries.filter(([key]) => key !== name));
    for (const inner of spoiled(field, isOptional)) yield withField(name, inner);
  }
}

/** Fields that these documents have and may do without. */
const OPTIONAL = new Set(
  [...["from", "bytes", "estimatedBytes", "error", "endedAt", "seconds", "exitStatus", "destination", "sent"]],
);

Deno.test("the published schemas take what is told, and nothing that has a field more, less, or of another type", () => {
  const documents: readonly (readonly [unknown, Readonly<Record<string, unknown>>])[] = [
    ...EVENTS.map((event) => [event, EVENT_SCHEMA] as const),
    [JSON.parse(JSON.stringify(foldRun(EVENTS))), RESULT_SCHEMA],
  ];
  let count = 0;
  for (const [document, schema] of documents) {
    assertEquals(schemaErrors(document, schema), []);
    for (const bad of spoiled(document, (name) => OPTIONAL.has(name))) {
      count++;
      assert(schemaErrors(bad, schema).length > 0, JSON.stringify(bad));
    }
  }
  assert(count > 150, String(count));
});

/** Paths of fields that nothing is said about. */
function undescribed(schema: unknown, path: string): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  return Object.entries(schema).flatMap(([key, inner]) => {
    const fields = key === "properties"
      ? Object.entries(inner as Readonly<Record<string, { description?: string }>>)
      : [];
    const silent = fields.filter(([, { description = "" }]) => description === "").map(([name]) => `${path}/${name}`);
    return [...silent, ...undescribed(inner, `${path}/${key}`)];
  });
}

Deno.test("the published schemas describe every field, in the words of the types", () => {
  assertEquals([undescribed(EVENT_SCHEMA, "event"), undescribed(RESULT_SCHEMA, "result")], [[], []]);
  const { oneOf } = EVENT_SCHEMA as { readonly oneOf: readonly { description: string; properties: { at: unknown } }[] };
  assertEquals(oneOf.find(({ description }) => description === "One stream arrived.")?.properties.at, {
    description: "When it happened: ISO 8601, UTC.",
    type: "string",
    pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z$",
  });
});

Deno.test("Descriptions refuses a field without a comment, and an event that no interface is", () => {
  const of = new Descriptions([
    '/** An event. */\nexport interface A extends EventKind<"a"> {\n  readonly b: string;\n}\n',
  ]);
  assertEquals(of.ofEvent("a"), "A");
  assertThrows(() => of.ofEvent("b"), TypeError, "No interface");
  assertThrows(() => of.describe({ properties: { b: {} } }, "A"), TypeError, "Nothing is said about A.b");
});

Deno.test("schemaErrors() takes no keyword that it does not know for granted", () => {
  assertThrows(() => schemaErrors("x", { type: "string", maxLength: 3 }), TypeError, "maxLength");
});
