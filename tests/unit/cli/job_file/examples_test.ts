/** The job files that users copy: each is understood, and means what its comments say. */
import { parseJobrunnerArgv, readForwarded } from "../../../../lib/cli/jobrunner/arguments.ts";
import { makeFleet } from "../../../../lib/cli/jobrunner/fleet.ts";
import { subjobCommand } from "../../../../lib/cli/jobrunner/subjobs.ts";
import { renderJobFileSchema } from "../../../../lib/cli/job_file/schema.ts";
import { parseArgv } from "../../../../lib/cli/parse/bzfs_arguments.ts";
import { makeJob } from "../../../../lib/cli/settings/settings.ts";
import { FLEET_ACTIONS, type FleetAction } from "../../../../lib/model/fleet.ts";
import { suspicionsOf } from "../../../../lib/plan/fleet/review.ts";
import { localPoolsOf, planSubjobs, type Subjob } from "../../../../lib/plan/fleet/subjobs.ts";
import { readYaml, type YamlNode } from "../../../../lib/cli/job_file/yaml.ts";
import { assert, assertEquals } from "../../../support/assert.ts";
import { JOB_CONTEXT } from "../../../support/jobs.ts";

const folder = new URL("../../../../docs/examples/", import.meta.url);
const files = { read: (path: string): Uint8Array => Deno.readFileSync(new URL(path, folder)) };
const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith(".yaml")).sort();

/** Actions of hosts without destinations and bookmarks: those that `--print-schedule` names. */
const SNAPSHOTS_ONLY: readonly FleetAction[] = ["create-src-snapshots", "prune-src-snapshots", "monitor-src-snapshots"];

/** Which host reads the file, and how many subjobs all its actions are. */
const wanted: Readonly<Record<string, readonly [string, number]>> = {
  "bastion.yaml": ["hub", 14],
  "home.yaml": ["nas", 7],
  "hot-standby.yaml": ["standby", 7],
  "local-backup.yaml": ["server", 7],
  "many-to-many.yaml": ["backup1", 50],
  "one-source-two-destinations.yaml": ["laptop", 10],
  "plans-per-pair.yaml": ["nas", 21],
  "removable-drive.yaml": ["desktop", 7],
  "snapshots-only.yaml": ["server", 3],
  "two-hosts.yaml": ["nas", 7],
};

Deno.test("docs/examples has the examples that are tested", () => assertEquals(names, Object.keys(wanted)));

Deno.test("a backup of one host by another takes no more than 15 lines", () => {
  const lines = Deno.readTextFileSync(new URL("home.yaml", folder)).trimEnd().split("\n");
  assert(lines.length <= 15 && lines.every((line) => line.length <= 100));
});

for (const name of names) {
  Deno.test(`${name} becomes subjobs that bzfs understands, and nothing in it is suspicious`, () => {
    const [host, count] = wanted[name]!;
    const actions = name === "snapshots-only.yaml" ? SNAPSHOTS_ONLY : FLEET_ACTIONS;
    const argv = [`--config=${name}`, ...actions.map((action) => `--${action}`)];
    const outcome = parseJobrunnerArgv(argv, { ...JOB_CONTEXT, files });
    assert(outcome.kind === "arguments");
    const { arguments: args } = outcome;
    const forwarded = readForwarded(outcome, JOB_CONTEXT);
    const fleet = makeFleet(args, () => undefined, outcome.groups);
    const thisHost = { names: new Set([host]), loginName: "root", loopbackAddress: "127.0.0.1" };
    const users = { src: args.text("--ssh-src-user"), dst: args.text("--ssh-dst-user") };
    const localPools = new Set(localPoolsOf(fleet, { thisHost, users }));
    const { subjobs } = planSubjobs(fleet, { thisHost, users, localPools, removable: "all" });
    assertEquals(subjobs.length, count);
    const context = { args, forwarded, localhost: host, jobRun: "r" };
    for (const subjob of subjobs) checkCommand(subjobCommand(subjob, context).words);
    const isRoute = ({ action }: Subjob): boolean => action === "replicate";
    const staying = forwarded.words.some((word) => word.startsWith("--daemon-lifetime"));
    const cadenceMs = staying ? 1000 : 60_000;
    assertEquals(suspicionsOf(fleet, { routes: subjobs.filter(isRoute), cadenceMs }), []);
  });

  Deno.test(`${name} fits the schema`, () => {
    const schema = JSON.parse(renderJobFileSchema()) as SchemaNode;
    assertEquals(violations(readYaml(Deno.readTextFileSync(new URL(name, folder))).node, schema, name), []);
  });
}

function checkCommand([, ...words]: readonly string[]): void {
  const outcome = parseArgv(words, JOB_CONTEXT);
  assert(outcome.kind === "arguments");
  makeJob(outcome.arguments, JOB_CONTEXT);
}

/** The part of JSON Schema that ours uses. */
interface SchemaNode {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | false;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly enum?: readonly string[];
  readonly pattern?: string;
}

/** What in a value does not fit; scalars are texts here, so their type is judged by how they look. */
function violations(node: YamlNode, schema: SchemaNode, path: string): string[] {
  if (schema.anyOf !== undefined) {
    return schema.anyOf.some((one) => violations(node, one, path).length === 0) ? [] : [`${path}: none of anyOf`];
  }
  if (node instanceof Map) {
    const missing = (schema.required ?? []).filter((key) => !node.has(key)).map((key) => `${path}: lacks ${key}`);
    const inner = [...node].flatMap(([key, value]) => {
      const known = schema.properties?.[key] ?? schema.additionalProperties;
      return known ? violations(value, known, `${path}.${key}`) : [`${path}.${key}: unknown`];
    });
    return schema.type === "object" ? [...missing, ...inner] : [`${path}: an object`];
  }
  if (Array.isArray(node)) {
    if (schema.type !== "array" || schema.items === undefined) return [`${path}: a list`];
    return node.flatMap((item, index) => violations(item, schema.items!, `${path}[${index}]`));
  }
  return scalarFits(String(node ?? ""), schema) ? [] : [`${path}: ${node}`];
}

function scalarFits(text: string, schema: SchemaNode): boolean {
  if (schema.enum !== undefined) return schema.enum.includes(text);
  if (schema.pattern !== undefined) return new RegExp(schema.pattern).test(text);
  const types = [schema.type ?? "string"].flat();
  if (types.includes("string")) return true;
  if (types.includes("boolean") && /^(?:true|false)$/.test(text)) return true;
  return types.some((type) => type === "integer" || type === "number") && /^\d+$/.test(text);
}
