/**
 * Plans that are written and applied on real pools: what changed in between is kept and named, what did not is done, and what
 * limits hold back goes by the plan.
 */
import { assertEquals, assertMatch } from "@std/assert";
import { capture, type ProcessResult } from "../../scripts/process.ts";
import type { PlanDocument } from "../../lib/report/plan_file/document.ts";
import { PLAN_SCHEMA } from "../../scripts/plan_schema.ts";
import { schemaErrors } from "../support/json_schema.ts";
import { inGuests, initiator, PATIENCE_MS, recordsOf, tagsOf } from "../support/replicas.ts";
import { executable, sshFields, testbed } from "../support/vm.ts";

const bed = await testbed("src");
const { src } = bed.hosts;
const bzfs = await initiator(bed);
const tank = await src.createPool("tank");
const back = await src.createPool("back");
const folder = await Deno.makeTempDir({ prefix: "bzfs-plan-" });
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
const [from, to] = [`${tank}/s`, `${back}/d`];

/** Names of what a plan would destroy, or limits hold back, below the copy. */
function doomedBy(path: string): readonly string[] {
  const plan = JSON.parse(Deno.readTextFileSync(path)) as PlanDocument;
  assertEquals(schemaErrors(plan, PLAN_SCHEMA), []);
  const datasets = plan.runs.flatMap((run) => run.datasets);
  return datasets.flatMap(({ dataset, destroy = [], heldBack = [] }) =>
    [...destroy, ...heldBack].map(({ name }) => dataset.slice(dataset.indexOf("/")) + name)
  );
}

async function guidOf(name: string): Promise<string> {
  return (await src.sh(`zfs get -Hp -o value guid ${name}`)).trim();
}

inGuests("what was made anew under a name of the plan survives, is named, and the rest is done", async () => {
  await src.sh(
    `zfs create ${from}; zfs create ${from}/kid; for i in 1 2 3 4 5; do zfs snapshot -r ${from}@s$i; done`,
    { timeoutMs: PATIENCE_MS },
  );
  assertEquals((await bzfs(["-r", "--create-bookmarks=none", from, to])).status, 0);
  await src.sh(`zfs destroy -r ${from}@s1%s3; zfs create ${to}/old; zfs snapshot ${to}/old@x`);
  const words = ["-r", "--skip-replication", "--delete-dst-datasets", "--delete-dst-snapshots=snapshots", from, to];
  const planned = await bzfs([...words, "--dryrun", `--plan-file=${folder}/plan`]);
  assertEquals(planned.status, 0, planned.stderr);
  assertMatch(planned.log, /Plan: create 0, receive 0, destroy 8.*Nothing has been done\.\n$/);
  const names = ["/d/old@x", "/d/old", ...["", "/kid"].flatMap((kid) => ["1", "2", "3"].map((i) => `/d${kid}@s${i}`))];
  assertEquals([...doomedBy(`${folder}/plan`)].sort(), names.sort());

  // The same names again, of which the guids are others: a snapshot, and a dataset with its snapshot; and one is held.
  await src.sh(
    `zfs destroy ${to}/kid@s2; zfs snapshot ${to}/kid@s2; zfs destroy -r ${to}/old; zfs create ${to}/old
    zfs snapshot ${to}/old@x; zfs hold keep ${to}@s1`,
  );
  const anew = await Promise.all([`${to}/kid@s2`, `${to}/old`, `${to}/old@x`].map(guidOf));
  const applied = await bzfs([...words, `--apply-plan=${folder}/plan`]);
  assertEquals(applied.status, 5, applied.log);
  const left = recordsOf(applied, /^Left, although the plan holds it: /);
  assertEquals(left.length, 4, applied.log);
  assertEquals(left.filter((text) => text.includes("another one of this name is there now")).length, 3, applied.log);
  assertEquals(await Promise.all([`${to}/kid@s2`, `${to}/old`, `${to}/old@x`].map(guidOf)), anew);
  assertEquals(await tagsOf(src, to), ["s1", "s4", "s5"]);
  assertEquals(await tagsOf(src, `${to}/kid`), ["s4", "s5", "s2"]);
});

inGuests(
  "where nothing has changed the whole plan is done, a rollback included, with a snapshot of the same guid elsewhere",
  async () => {
    await src.sh(
      `zfs release keep ${to}@s1; zfs destroy ${to}/kid@s2; zfs snapshot ${to}/kid@own; zfs snapshot ${from}/kid@s6
    zfs send ${to}@s1 | zfs receive -u ${to}/old/copy`,
    );
    const words = ["-r", "--force", "--delete-dst-snapshots=snapshots", from, to];
    const planned = await bzfs([...words, "--dryrun", `--plan-file=${folder}/whole`]);
    assertEquals(planned.status, 0, planned.stderr);
    assertEquals([...doomedBy(`${folder}/whole`)].sort(), ["/d/kid@own", "/d/old/copy@s1", "/d/old@x", "/d@s1"]);
    await src.sh(`zfs destroy ${to}/old/copy@s1`);
    const partly = await bzfs([...words, `--apply-plan=${folder}/whole`, "--dryrun"]);
    assertEquals(partly.status, 5, partly.log);
    await src.sh(`zfs destroy -r ${to}/old`);
    const again = await bzfs([...words, "--dryrun", `--plan-file=${folder}/whole`]);
    assertEquals(again.status, 0, again.stderr);
    const applied = await bzfs([...words, `--apply-plan=${folder}/whole`]);
    assertEquals(applied.status, 0, applied.log);
    assertEquals(await tagsOf(src, to), ["s4", "s5"]);
    assertEquals(await tagsOf(src, `${to}/kid`), ["s4", "s5", "s6"]);
  },
);

const JOB_FILE = (organisation: string): string =>
  `job-id: renamed
root-dataset-pairs: [{src: ${tank}/o, dst: o}]
src-hosts: [src]
dst-hosts: [{name: src, root-dataset: ${back}}]
src-snapshot-plan: {${organisation}: {on: {secondly: 40}}}
${sshFields(folder)}bzfs: {recursive: true, retries: 0, log-dir: ${folder}/bzfs-logs}
`;

async function jobrunner(...words: readonly string[]): Promise<ProcessResult> {
  const argv = [executable, "jobrunner", `--config=${folder}/fleet.yaml`, ...words];
  return await capture(argv, { env: { bzfs_reuse_ssh_connection: "false" } });
}

inGuests("an organisation that was renamed: nothing goes, status 5, until a plan permits it", async () => {
  const shared = `Host *\n  ControlPath ${bed.sshConfig!.replace(/[/][^/]*$/, "")}/%n/ssh-%r\n`;
  await Deno.writeTextFile(`${folder}/bzfs_ssh_config`, `${await Deno.readTextFile(bed.sshConfig!)}${shared}`, {
    mode: 0o600,
  });
  const write = (organisation: string): Promise<void> =>
    Deno.writeTextFile(`${folder}/fleet.yaml`, JOB_FILE(organisation), { mode: 0o600 });
  await write("old");
  await src.sh(
    `zfs create ${tank}/o
    for i in 10 11 12 13 14 15 16 17 18 19 20 21; do zfs snapshot ${tank}/o@old_on_2026-01-01_00:00:\${i}_secondly; done`,
    { timeoutMs: PATIENCE_MS },
  );
  const first = await jobrunner("--replicate", "--prune-dst-snapshots");
  assertEquals(first.code, 0, first.stderr + first.stdout);
  const copies = await tagsOf(src, `${back}/o`);
  assertEquals(copies.length, 12);

  await write("new");
  const held = await jobrunner("--prune-dst-snapshots");
  assertEquals(held.code, 5, held.stderr + held.stdout);
  assertEquals(await tagsOf(src, `${back}/o`), copies);
  const planned = await jobrunner("--prune-dst-snapshots", "--dryrun", `--plan-file=${folder}/renamed`);
  assertEquals(planned.code, 5, planned.stderr);
  assertMatch(planned.stdout, /HELD BACK {2}11 of 12: @old_on_.* … @old_on_.* \(limit\)\n/);
  const applied = await jobrunner("--prune-dst-snapshots", `--apply-plan=${folder}/renamed`);
  assertEquals(applied.code, 0, applied.stderr + applied.stdout);
  assertEquals(await tagsOf(src, `${back}/o`), copies.slice(-1)); // the newest stays whatever plans say
});
