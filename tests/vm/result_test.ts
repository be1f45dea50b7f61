/**
 * Results and events of runs over real pools agree with each other, with the log, and with what `zfs` says.
 */
import { foldRun } from "../support/fold.ts";
import { assert, assertEquals } from "@std/assert";
import { formatBytes } from "../../lib/model/text/number_format.ts";
import type { RunEvent, Stamped } from "../../lib/report/events.ts";
import { type RunResult } from "../../lib/report/result.ts";
import { EVENT_SCHEMA, RESULT_SCHEMA } from "../../scripts/report_schemas.ts";
import { schemaErrors } from "../support/json_schema.ts";
import { initiator, PATIENCE_MS, recordsOf, type Run, snapshotsOf } from "../support/replicas.ts";
import { testbed } from "../support/vm.ts";

const bed = await testbed("src");
const { src } = bed.hosts;
const bzfs = await initiator(bed);
const tank = await src.createPool("tank");
const back = await src.createPool("back");
const [from, to] = [`${tank}/s`, `${back}/d`];

interface Told {
  readonly run: Run;
  readonly result: RunResult;
}

/** Runs bzfs; its events fit their schema, and the result is what they amount to. */
async function told(words: readonly string[], isLocal = bed.sshConfig !== undefined): Promise<Told> {
  const folder = isLocal ? await Deno.makeTempDir() : (await src.sh("mktemp -d")).trim();
  const read = (name: string): Promise<string> =>
    isLocal ? Deno.readTextFile(`${folder}/${name}`) : src.sh(`cat ${folder}/${name}`);
  const run = await bzfs([`--result-file=${folder}/result`, `--event-log=${folder}/events`, "--retries=0", ...words]);
  const events = (await read("events")).trim().split("\n").map((line) => JSON.parse(line) as Stamped<RunEvent>);
  for (const event of events) assertEquals(schemaErrors(event, EVENT_SCHEMA), []);
  const result = JSON.parse(await read("result")) as RunResult;
  assertEquals(schemaErrors(result, RESULT_SCHEMA), []);
  assertEquals(JSON.parse(JSON.stringify(foldRun(events))), result);
  assertEquals(result.exitStatus, run.status, run.log);
  return { run, result };
}

Deno.test("a replication is told as zfs shows it", async () => {
  await src.sh(
    `zfs create ${from}; zfs create ${from}/a; zfs create ${from}/b; zfs create ${from}/none
    zfs snapshot ${from}@1; zfs snapshot ${from}/a@1; zfs snapshot ${from}/b@1
    zfs set 'org.x:key=<script>"hush"' ${from}/b
    echo one > $(zfs get -Hp -o value mountpoint ${from}/a)/file; zfs snapshot ${from}/a@2; zfs snapshot ${from}/a@3`,
    { timeoutMs: PATIENCE_MS },
  );
  const words = ["-r", "--zfs-recv-o-include-regex=org.x:.*", "--zfs-recv-o-sources=local", from, to];
  const { run, result } = await told(words);
  assertEquals(run.status, 0, run.log);
  const sent = result.pairs[0]!.datasets.flatMap(({ destination, sent = [] }) =>
    sent.map((stream) => ({ destination: destination!, ...stream }))
  );
  const arrived = new Set(await snapshotsOf(src, to));
  for (const { destination, to: tag, guid } of sent) {
    assert(arrived.has(`${destination.slice(to.length)}${tag}\t${guid}`), `${destination}${tag}`);
  }
  assertEquals(result.totals.snapshotsSent, arrived.size);
  for (const { dataset, destination, sent = [] } of result.pairs[0]!.datasets) {
    for (const { kind, from: base, to: tag } of sent) {
      const text = kind === "full"
        ? `Full send: ${dataset}${tag} --> ${destination} (`
        : `: ${dataset}${base} .. ${tag} --> ${destination} (`;
      assertEquals(run.messages.filter((message) => message.includes(text)).length, 1, text);
    }
  }
  const bytes = sent.reduce((sum, stream) => sum + BigInt(stream.bytes!), 0n);
  assertEquals(result.totals.bytesSent, String(bytes));
  assertEquals(
    recordsOf(run, / zfs sent [\d.]+ [KMG]?i?B \[/).filter((text) =>
      text.includes(` zfs sent ${formatBytes(Number(bytes))} [`)
    ).length,
    1,
  );
  assertEquals(recordsOf(run, /^\d\/\d (Full|Incremental) send/).length, result.totals.streams);
  assertEquals(recordsOf(run, /Replicated 5 out of 5 snapshots within 4 datasets/).length, 1);
  assert(sent.every(({ bytes, seconds }) => BigInt(bytes!) > 0n && seconds > 0));
  const bookmarks = (await src.sh(`zfs list -Hp -r -t bookmark -o name ${from}`)).trim().split("\n").sort();
  const made = result.pairs[0]!.datasets.flatMap(({ dataset, created = [] }) =>
    created.filter(({ what }) => what === "bookmark").map(({ version }) => `${dataset}${version}`)
  );
  assertEquals(made.sort(), bookmarks);
  const skipped = result.pairs[0]!.datasets.filter((dataset) => dataset.skipped === "no-snapshot-included");
  assertEquals([skipped.map(({ dataset }) => dataset), result.totals.skipped], [[`${from}/none`], 1]);
  assert(!JSON.stringify(result).includes("hush"));
});

Deno.test("a conflict is told with its error, and what force destroys with its names", async () => {
  await src.sh(`zfs snapshot ${to}/a@own; zfs snapshot ${from}/a@4`);
  const refused = await told(["-r", from, to]);
  assertEquals(refused.run.status, 3, refused.run.log);
  const failed = refused.result.pairs[0]!.datasets.filter(({ outcome }) => outcome === "failed");
  assertEquals(failed.map(({ dataset, error }) => [dataset, error?.type]), [[`${from}/a`, "ConflictError"]]);
  assert(refused.run.log.includes(failed[0]!.error!.message));
  const identities = await src.sh(`zfs list -Hp -t snapshot -o guid,createtxg ${to}/a@3 ${to}/a@own`);
  const [base, own] = identities.trim().split("\n").map((line) => line.split("\t") as [guid: string, txg: string]);
  const forced = await told(["-r", "--force", from, to]);
  assertEquals(forced.run.status, 0, forced.run.log);
  const copy = forced.result.pairs[0]!.datasets.find(({ dataset }) => dataset === `${to}/a`)!;
  assertEquals(copy.rolledBack, [{
    phase: "replicate",
    to: "@3",
    guid: base![0],
    destroysNewer: true,
    versions: ["@own"],
    guids: [own![0]],
    createtxgs: [own![1]],
  }]);
  assertEquals(recordsOf(forced.run, /The rollback destroys 1 snapshot within .*\/a: \['own'\]/).length, 1);
  assert(!(await src.sh(`zfs list -Hp -r -t snapshot -o name ${to}`)).includes("@own"));
});

Deno.test("what is pruned is told by name", async () => {
  await src.sh(`zfs destroy ${from}/a@1`);
  const before = new Set(await snapshotsOf(src, to));
  const words = ["--skip-replication", "--delete-dst-snapshots", "--delete-dst-snapshots-no-crosscheck"];
  const { run, result } = await told(["-r", ...words, from, to]);
  assertEquals(run.status, 0, run.log);
  const after = new Set(await snapshotsOf(src, to));
  const gone = [...before.difference(after)];
  const deleted = result.pairs[0]!.datasets.flatMap(({ dataset, deleted = [] }) =>
    deleted.flatMap(({ versions, guids }) =>
      versions.map((version, index) => `${dataset.slice(to.length)}${version}\t${guids?.[index]}`)
    )
  );
  assertEquals(deleted, gone);
  assertEquals(deleted.map((line) => line.replace(/\t.*/, "")), ["/a@1"]);
});

Deno.test("a receive without space is told with its stage", async () => {
  await src.sh(
    `zfs create ${from}/big; dd if=/dev/urandom of=$(zfs get -Hp -o value mountpoint ${from}/big)/data bs=1M count=8
    zfs snapshot ${from}/big@1; zfs set quota=$(($(zfs get -Hp -o value used ${to}) + 2000000)) ${to}`,
    { timeoutMs: PATIENCE_MS },
  );
  const { run, result } = await told(["-r", from, to]);
  assertEquals(run.status, 3, run.log);
  const { error } = result.pairs[0]!.datasets.find(({ dataset }) => dataset === `${from}/big`)!;
  assertEquals(error?.type, "TransferError");
  assertEquals(error?.stages?.find(({ isCulprit }) => isCulprit)?.role, "receive");
  assertEquals(error?.command?.fault, "no-space");
});
