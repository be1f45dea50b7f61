/**
 * A fleet of two guests that keep copies of each other, with this machine as the bastion between them, all from one job
 * file: rounds with changes in between, then the power of one guest fails, and comes back.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { capture, type ProcessResult } from "../../scripts/process.ts";
import { bookmarksOf, contentsOf, inGuests, PATIENCE_MS, snapshotsOf, tagsOf } from "../support/replicas.ts";
import { executable, IS_SOAK, testbed, type TestHost } from "../support/vm.ts";

const bed = await testbed("src", "dst");
const { src, dst } = bed.hosts;
const folder = await Deno.makeTempDir({ prefix: "bzfs-fleet-" });
/** A copy of its own: a build in the meantime would take the executable away for a moment. */
const program = `${folder}/bzfs`;
await Deno.copyFile(executable, program);
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

/** More than anything is kept of. */
const ROUNDS = IS_SOAK ? 10 : 6;
const KEPT_AT_SOURCE = 3;
const KEPT_AT_DESTINATION = 5;
const KEPT_BOOKMARKS = 4;

const JOB_FILE = `job-id: both-ways
root-dataset-pairs: [{src: tank/data, dst: data}]
src-hosts: [src, dst]
dst-hosts:
  - {name: src, root-dataset: vault/^SRC_HOST}
  - {name: dst, root-dataset: vault/^SRC_HOST}
src-snapshot-plan: {fleet: {round: {secondly: ${KEPT_AT_SOURCE}}}}
src-bookmark-plan: {fleet: {round: {secondly: ${KEPT_BOOKMARKS}}}}
dst-snapshot-plan: {fleet: {round: {secondly: ${KEPT_AT_DESTINATION}}}}
monitor-snapshot-plan:
  fleet: {round: {secondly: {warning: 2 hours, critical: 3 hours}}}
ssh-src-config-file: ${folder}/bzfs_ssh_config
ssh-dst-config-file: ${folder}/bzfs_ssh_config
ssh-src-user: root
ssh-dst-user: root
bzfs:
  recursive: true
  retries: 0
  log-dir: ${folder}/bzfs-logs
`;

const EVERYTHING = [
  "--create-src-snapshots",
  "--replicate",
  "--prune-src-snapshots",
  "--prune-src-bookmarks",
  "--prune-dst-snapshots",
  "--monitor-src-snapshots",
  "--monitor-dst-snapshots",
];

/** One direction of the fleet. */
interface Way {
  readonly from: TestHost;
  readonly to: TestHost;
}

const ways: readonly Way[] = [{ from: src, to: dst }, { from: dst, to: src }];

function copyOf({ from }: Way): string {
  return `vault/${from.name}/data`;
}

/** All actions for one direction. */
async function run({ from, to }: Way, more: readonly string[] = []): Promise<ProcessResult> {
  const parts = [`--src-host=${from.name}`, `--dst-host=${to.name}`];
  const argv = [program, "jobrunner", `--config=${folder}/fleet.yaml`, ...parts, ...EVERYTHING, ...more];
  return await capture(argv, { env: { bzfs_reuse_ssh_connection: "false" } });
}

/** Both directions at the same time. */
async function round(more: readonly string[] = []): Promise<readonly ProcessResult[]> {
  return await Promise.all(ways.map((way) => run(way, more)));
}

function assertSuccess(result: ProcessResult): void {
  assertEquals(result.code, 0, result.stderr + result.stdout.split("\n").slice(-80).join("\n"));
  assertMatch(result.stderr, /Final Progress: all:7, started:7\/7=100%, completed:7\/7=100%, failed:0\/7=0%/);
  assert(!/ \[[EW]\]/.test(result.stderr + result.stdout), result.stderr + result.stdout);
}

/** The copies have all snapshots that their sources have; with `contents`, also the same files in the newest ones. */
async function assertCopied(contents: boolean): Promise<void> {
  await Promise.all(ways.map(async (way) => {
    const { from, to } = way;
    const [source, copy] = await Promise.all([snapshotsOf(from, "tank/data"), snapshotsOf(to, copyOf(way))]);
    assertEquals(source.filter((line) => !copy.includes(line)), [], `missing at ${to.name}`);
    if (contents) assertEquals(await contentsOf(to, copyOf(way)), await contentsOf(from, "tank/data"));
  }));
}

/** Changes files on both guests; one round also brings a new dataset. */
async function change(number: number): Promise<void> {
  const script = `head -c 50k /dev/urandom > /tank/data/file${number % 3}; echo ${number} > /tank/data/number
    ${number === 6 ? "zfs create tank/data/late; echo > /tank/data/late/file" : ""}`;
  await Promise.all([src, dst].map((host) => host.sh(script, { timeoutMs: PATIENCE_MS })));
}

inGuests("set up: data and a place for copies on both guests, and a job file", async () => {
  await Promise.all([src, dst].map(async (host) => {
    for (const pool of ["tank", "vault"]) await host.createPool(pool, { onDisk: true });
    await host.sh("zfs create tank/data");
  }));
  // One login for each guest, whichever subjob needs it: they are slow in an emulated guest. Connections that bzfs shares
  // by itself would leave sockets in the home of whoever runs the tests.
  const shared =
    `Host *\n  ControlPath ${folder}/%n-%r\n  ControlMaster auto\n  ControlPersist 600\n  ConnectTimeout 60\n`;
  const config = `${await Deno.readTextFile(bed.sshConfig!)}${shared}`;
  await Deno.writeTextFile(`${folder}/bzfs_ssh_config`, config, { mode: 0o600 });
  await Deno.writeTextFile(`${folder}/fleet.yaml`, JOB_FILE, { mode: 0o600 });
});

inGuests(`${ROUNDS} rounds create, replicate both ways, prune and monitor`, async () => {
  for (let number = 1; number <= ROUNDS; number++) {
    await change(number);
    const more = number % 2 === 0 ? ["--spawn-process-per-job"] : [];
    for (const result of await round(more)) assertSuccess(result);
    await assertCopied(number % 5 === 0);
  }
  for (const way of ways) {
    assertEquals((await tagsOf(way.from, "tank/data")).length, KEPT_AT_SOURCE);
    assertEquals((await tagsOf(way.to, copyOf(way))).length, KEPT_AT_DESTINATION);
    const bookmarks = await bookmarksOf(way.from, "tank/data");
    const guards = bookmarks.filter((tag) => tag.startsWith(".GUARDBZFS."));
    assertEquals([guards.length, bookmarks.length], [1, 1 + KEPT_BOOKMARKS]);
  }
});

inGuests("what is late raises an alarm, and nothing else happens", async () => {
  const limits = "{'fleet': {'round': {'secondly': {'warning': '1 milliseconds', 'critical': '2 hours'}}}}";
  const argv = [program, "jobrunner", `--config=${folder}/fleet.yaml`, "--src-host=src", "--dst-host=dst"];
  const monitor = [`--monitor-snapshot-plan=${limits}`, "--monitor-dst-snapshots"];
  const { code, stdout } = await capture([...argv, ...monitor], { env: { bzfs_reuse_ssh_connection: "false" } });
  assertEquals(code, 1, stdout);
});

/** The source did its part, and nothing was tried any more once its destination had gone. */
function assertCutOff({ code, stderr }: ProcessResult): void {
  assert(code !== 0, "the guest is still there");
  assertMatch(
    stderr,
    /Worker job failed with exit code -?\d+ in .*: bzfs .*--log-file-prefix=bzfs_jobrunner,replicate,/,
  );
  assertMatch(stderr, /completed:2\/7=28\.6%, failed:1\/7=14\.3%, running:0.*skipped:5\/7=71\.4%/);
}

inGuests("a guest whose power fails in the middle fails its part, and the next rounds make up for it", async () => {
  await change(11);
  const before = await tagsOf(src, "tank/data");
  await src.sh("head -c 32M /dev/urandom > /tank/data/long");
  const cut = round();
  await dst.sh("until pgrep -f '[z]fs receive' > /dev/null; do sleep 0.05; done", { timeoutMs: PATIENCE_MS });
  await dst.power!.cut();
  const [there, back] = await cut;
  assertCutOff(there!);
  assert(back!.code !== 0, back!.stderr);
  assertMatch(back!.stderr, /Worker job failed with exit code /);
  assertCutOff(await run(ways[0]!));
  assert((await tagsOf(src, "tank/data")).length > before.length, "the guest that is there was neglected");

  await dst.power!.restore();
  await dst.sh("zpool import -f -d /var/tmp -a");
  for (let number = 12; number <= 13; number++) {
    await change(number);
    for (const result of await round()) assertEquals(result.code, 0, result.stderr + result.stdout);
  }
  await assertCopied(true);
  for (const way of ways) assertEquals((await tagsOf(way.from, "tank/data")).length, KEPT_AT_SOURCE);
});
