/**
 * `bzfs status` on real pools: two guests with this machine as the bastion between them, a job file as users have it, and faults
 * that are planted one after the other. Each is found, and gone when it is mended. Source: docs/spec/status.md §4.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { capture, type ProcessResult } from "../../scripts/process.ts";
import { inGuests, PATIENCE_MS } from "../support/replicas.ts";
import { executable, testbed } from "../support/vm.ts";

const bed = await testbed("src", "dst");
const { src, dst } = bed.hosts;
const folder = await Deno.makeTempDir({ prefix: "bzfs-status-" });
/** A copy of its own: a build in the meantime would take the executable away for a moment. */
const program = `${folder}/bzfs`;
await Deno.copyFile(executable, program);
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

const CONFIG = `${folder}/bzfs_ssh_config`;

const JOB_FILE = `job-id: copies
root-dataset-pairs: [{src: tank/data, dst: data}]
src-hosts: [src]
dst-hosts: [{name: dst, root-dataset: vault/^SRC_HOST}]
schedule: {mode: bastion, bastion: hub}
src-snapshot-plan: {prod: {onsite: {minutely: 40, daily: 31}}}
monitor-snapshot-plan: {prod: {onsite: {minutely: {warning: 2 hours, critical: 3 hours}, daily: {warning: 4 hours}}}}
ssh-src-config-file: ${CONFIG}
ssh-dst-config-file: ${CONFIG}
ssh-src-user: root
ssh-dst-user: root
bzfs:
  recursive: true
  retries: 0
  log-dir: ${folder}/bzfs-logs
`;

const env = { bzfs_reuse_ssh_connection: "false" };
const words = [`--config=${folder}/fleet.yaml`, "--localhost=hub"];

async function run(...actions: string[]): Promise<ProcessResult> {
  return await capture([program, "jobrunner", ...words, ...actions, "--quiet"], { env });
}

/** Everything that the schedule has. */
async function runAll(): Promise<void> {
  const prune = ["--prune-src-snapshots", "--prune-src-bookmarks", "--prune-dst-snapshots"];
  const { code, stderr, stdout } = await run("--create-src-snapshots", "--replicate", ...prune);
  assertEquals(code, 0, stderr + stdout);
}

/** What `status --nagios` finds: its exit status, and the ids of the findings. */
async function look(
  ...more: string[]
): Promise<{ readonly status: number; readonly ids: readonly string[]; readonly text: string }> {
  const { code, stdout, stderr } = await capture([program, "status", ...words, "--nagios", ...more], { env });
  const text = stdout + stderr;
  assertMatch(stdout, [/^OK - /, /^WARNING - /, /^CRITICAL - /][code] ?? /^$/, text);
  return { status: code, ids: [...stdout.matchAll(/ \[([a-z-]+)\]$/gm)].map(([, id]) => id!), text };
}

async function assertFound(id: string, ...more: string[]): Promise<void> {
  const { status, ids, text } = await look(...more);
  assert(status > 0 && ids.includes(id), `${id} was not found: ${text}`);
}

async function assertWell(): Promise<void> {
  const { status, text } = await look();
  assertEquals(status, 0, text);
}

/** The ssh of the hosts, with a line in front. */
async function writeConfig(line: string): Promise<void> {
  const shared =
    `Host *\n  ControlPath ${folder}/%n-%r\n  ControlMaster auto\n  ControlPersist 600\n  ConnectTimeout 60\n`;
  await Deno.writeTextFile(CONFIG, `${line}\n${await Deno.readTextFile(bed.sshConfig!)}${line === "" ? shared : ""}`, {
    mode: 0o600,
  });
}

inGuests("set up: data on one guest, a place for copies on the other, and a first run", async () => {
  await Promise.all([
    src.createPool("tank", { onDisk: true }).then(() =>
      src.sh("zfs create -p tank/data/sub; echo 1 > /tank/data/sub/file")
    ),
    // Read-only, so that mounting copies at an import makes no folder in them, which would be in the way of the next receive.
    dst.createPool("vault", { onDisk: true }).then(() => dst.sh("zfs set readonly=on vault")),
  ]);
  await writeConfig("");
  await Deno.writeTextFile(`${folder}/fleet.yaml`, JOB_FILE, { mode: 0o600 });
  const bare = await look();
  // New datasets need not have a snapshot yet.
  assertEquals([bare.ids.includes("never-received"), bare.ids.includes("source-late")], [true, false], bare.text);
  await src.sh("zfs snapshot -r tank/data@manual");
  const { ids } = await look();
  await src.sh("zfs destroy -r tank/data@manual");
  assert(ids.includes("never-received") && ids.includes("source-late") && ids.includes("run-missing"), ids.join());
  await runAll();
  await assertWell();
});

inGuests("what was destroyed is found, and gone when it is mended", async () => {
  await dst.sh("zfs destroy -r vault/src/data/sub");
  await assertFound("destination-gone");
  await run("--replicate");
  await assertWell();
  await src.sh("zfs create tank/data/new");
  await assertWell();
  await src.sh("zfs snapshot tank/data/new@manual");
  await assertFound("never-received");
  await src.sh("zfs destroy tank/data/new@manual");
  await runAll();
  await assertWell();
  await src.sh("zfs rename tank/data tank/moved");
  await assertFound("source-missing");
  await src.sh("zfs rename tank/moved tank/data");
  await assertWell();
});

inGuests("pools that are away, are others or cannot be written are found", async () => {
  await src.sh("zpool export tank");
  await assertFound("pool-not-imported");
  await src.sh("zpool import -d /var/tmp tank");
  await dst.sh("zpool export vault");
  await assertFound("pool-not-imported");
  await dst.sh("truncate -s 128M /var/tmp/other && zpool create vault /var/tmp/other && zfs create -p vault/src/data");
  await assertFound("pool-replaced");
  await dst.sh("zpool destroy vault; rm /var/tmp/other; zpool import -o readonly=on -d /var/tmp vault");
  await src.sh("echo 2 > /tank/data/sub/file");
  assert((await run("--create-src-snapshots", "--create-src-snapshots-even-if-not-due", "--replicate")).code !== 0);
  await assertFound("run-failed");
  await dst.sh("zpool export vault && zpool import -d /var/tmp vault", { timeoutMs: PATIENCE_MS });
  await runAll();
  await assertWell();
});

inGuests("a partial receive that nobody goes on with is found", async () => {
  const part = "zfs send vault/src/data/sub@p | head -c 12000 | zfs receive -s -u vault/src/data/part";
  await dst.sh(`zfs snapshot vault/src/data/sub@p; ${part} || true`);
  await assertFound("partial-receive");
  await dst.sh("zfs receive -A vault/src/data/part; zfs destroy vault/src/data/sub@p");
  await assertWell();
});

inGuests("hosts that hang, or let nobody in, are told within their limit, and the others too", async () => {
  for (const line of ["ProxyCommand sleep 600", "PreferredAuthentications none"].map((how) => `Host dst\n  ${how}`)) {
    await writeConfig(line);
    const { ids, text, status } = await look("--query-timeout=10 seconds");
    assert(status === 2 && ids.includes("host-unreachable") && !/^CRITICAL: src:/m.test(text), text);
  }
  await writeConfig("");
  await assertWell();
});
