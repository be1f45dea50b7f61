/**
 * Limits on destruction on real pools, from a job file as users write it: what a backlog, a plan that was cut, a new name of
 * the organisation and a source tree that was destroyed do to the copies.
 */
import { assertEquals, assertMatch } from "@std/assert";
import { capture, type ProcessResult } from "../../scripts/process.ts";
import { inGuests, initiator, PATIENCE_MS, recordsOf, tagsOf } from "../support/replicas.ts";
import { executable, sshFields, testbed } from "../support/vm.ts";

const bed = await testbed("src");
const { src } = bed.hosts;
const bzfs = await initiator(bed);
const folder = await Deno.makeTempDir({ prefix: "bzfs-limits-" });
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

const COPY = "vault/src/data";
const ALL = 40;

const jobFile = (organisation: string, daily: number): string =>
  `job-id: limits
root-dataset-pairs: [{src: tank/data, dst: data}]
src-hosts: [src]
dst-hosts: [{name: src, root-dataset: vault/^SRC_HOST}]
src-snapshot-plan: {${organisation}: {onsite: {daily: ${daily}}}}
${sshFields(folder)}bzfs: {recursive: true, log-dir: ${folder}/bzfs-logs, quiet: true}
`;

/** Prunes the copy by a plan. */
async function prune(organisation: string, daily: number, more: readonly string[] = []): Promise<ProcessResult> {
  const path = `${folder}/fleet.yaml`;
  await Deno.writeTextFile(path, jobFile(organisation, daily), { mode: 0o600 });
  const argv = [executable, "jobrunner", `--config=${path}`, "--prune-dst-snapshots", ...more];
  return await capture(argv, { env: { bzfs_reuse_ssh_connection: "false" } });
}

/** Makes a snapshot for each day, from so many days ago to so many. */
async function snapshots(from: number, to: number): Promise<void> {
  await src.sh(
    `now=$(date +%s); day=${from}
    while [ $day -ge ${to} ]; do
      date -s @$((now - day * 86400)) > /dev/null
      zfs snapshot ${COPY}@mine_onsite_$(date +%Y-%m-%d_%H:%M:%S)_daily
      day=$((day - 1))
    done; date -s @$now > /dev/null`,
    { timeoutMs: PATIENCE_MS },
  );
}

inGuests("a backlog goes, a cut plan and a renamed organisation are held back until a person decides", async () => {
  for (const pool of ["tank", "vault"]) await src.createPool(pool, { onDisk: true });
  // One login for all subjobs: they are slow in an emulated guest.
  const shared =
    `Host *\n  ControlPath ${folder}/%n-%r\n  ControlMaster auto\n  ControlPersist 600\n  ConnectTimeout 60\n`;
  const config = `${await Deno.readTextFile(bed.sshConfig!)}${shared}`;
  await Deno.writeTextFile(`${folder}/bzfs_ssh_config`, config, { mode: 0o600 });
  await src.sh(`zfs create -p ${COPY}; zfs create tank/data; zfs snapshot ${COPY}@before-upgrade`);
  await snapshots(60, 21);
  const first = await prune("mine", ALL);
  assertEquals([first.code, (await tagsOf(src, COPY)).length], [0, ALL + 1], first.stderr + first.stdout);

  await snapshots(20, 0);
  const backlog = await prune("mine", ALL);
  assertEquals([backlog.code, (await tagsOf(src, COPY)).length], [0, ALL + 1], backlog.stderr + backlog.stdout);

  const cut = await prune("mine", 9);
  assertEquals([cut.code, (await tagsOf(src, COPY)).length], [5, ALL + 1], cut.stderr + cut.stdout);
  assertMatch(cut.stderr, new RegExp(`^bzfs: held back: 31 of 40 snapshots of ${COPY}, more than 30% and 10: `, "m"));
  const looked = await prune("mine", 9, ["--explain", "--ask-hosts"]);
  assertEquals([looked.code, (await tagsOf(src, COPY)).length], [5, ALL + 1], looked.stderr + looked.stdout);
  assertMatch(looked.stdout, / HELD BACK +31 of 40: @mine_onsite_.* \(limit\)$/m);
  assertMatch(looked.stdout, / keep +@before-upgrade \(foreign\)$/m);
  const renamed = await prune("ours", ALL);
  assertEquals([renamed.code, (await tagsOf(src, COPY)).length], [5, ALL + 1], renamed.stderr + renamed.stdout);
  const allowed = await prune("ours", ALL, ["--allow-deletions", COPY]);
  assertEquals(allowed.code, 0, allowed.stderr + allowed.stdout);
  const left = await tagsOf(src, COPY);
  assertEquals([left.length, left[0]], [2, "before-upgrade"], allowed.stderr + allowed.stdout);
  const again = await prune("ours", ALL);
  assertEquals([again.code, await tagsOf(src, COPY)], [0, left], again.stderr + again.stdout);
});

inGuests("the copies of a source tree that was destroyed stay, until a person names them", async () => {
  const children = [..."abcde"];
  await src.sh(`for d in ${children.join(" ")}; do zfs create -u tank/data/$d; done; zfs snapshot -r tank/data@s`);
  const words = ["-r", "--retries=0", "--create-bookmarks=none", "tank/data", "vault/tree"];
  assertEquals((await bzfs(words)).status, 0);
  await src.sh("zfs destroy -r tank/data/a; zfs destroy -r tank/data/b");
  const deleting = ["--delete-dst-datasets", "--delete-datasets-limit=20% and 1", "--skip-replication", ...words];
  const run = await bzfs(deleting);
  assertEquals(run.status, 5, run.log);
  assertEquals(recordsOf(run, /Executing: .*zfs destroy/), []);
  assertEquals(await tagsOf(src, "vault/tree/b"), ["s"]);
  const allowed = await bzfs(["--allow-deletions=vault/tree/", ...deleting]);
  assertEquals(allowed.status, 0, allowed.log);
  assertEquals((await src.sh("zfs list -H -r -o name vault/tree")).split("\n").length, 4);
});
