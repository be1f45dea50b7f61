/**
 * `bzfs doctor` on real pools: faults are planted in a guest, each is found, its remedy is performed as it was printed, and
 * then it is found no more (docs/spec/doctor.md §5).
 */
import { assert, assertEquals } from "@std/assert";
import { capture } from "../../scripts/process.ts";
import { sha256 } from "../../lib/host/node.ts";
import type { Guid } from "../../lib/model/snapshot.ts";
import { bookmarkTags, destinationMark } from "../../lib/plan/replication/mod.ts";
import type { DoctorReport, ShownFinding } from "../../lib/report/doctor/mod.ts";
import { bookmarksOf, inGuests } from "../support/replicas.ts";
import { executable, testbed } from "../support/vm.ts";

const bed = await testbed("src");
const { src } = bed.hosts;
const folder = await Deno.makeTempDir({ prefix: "bzfs-doctor-" });
/** A copy of its own: a build in the meantime would take the executable away for a moment. */
const program = `${folder}/bzfs`;
await Deno.copyFile(executable, program);
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

const CONFIG = `${folder}/bzfs_ssh_config`;
const LOGS = `--log-dir=${folder}/bzfs-logs`;

const JOB_FILE = `root-dataset-pairs: [{src: tank/data, dst: data}]
src-hosts: [src]
dst-hosts:
  - {name: src, root-dataset: vault}
src-snapshot-plan: {prod: {onsite: {hourly: 3, daily: 2}}}
monitor-snapshot-plan: {prod: {onsite: {hourly: {warning: 2 hours, critical: 3 hours}}}}
ssh-src-config-file: ${CONFIG}
ssh-dst-config-file: ${CONFIG}
ssh-src-user: root
ssh-dst-user: root
bzfs: {recursive: true, zfs-send-program-opts: --props}
`;

const OF_JOB_FILE = [`--config=${folder}/fleet.yaml`, LOGS];

function ofDatasets(user: string, dataset: string): string[] {
  const configs = [`--ssh-src-config-file=${CONFIG}`, `--ssh-dst-config-file=${CONFIG}`];
  return ["--recursive", "-p", ...configs, LOGS, `${user}@src:tank/data`, `${user}@src:${dataset}`];
}

async function doctor(words: readonly string[]): Promise<{ readonly out: string; readonly status: number }> {
  const env = { bzfs_reuse_ssh_connection: "false" };
  const { code, stdout, stderr } = await capture([program, "doctor", ...words], { env });
  return { status: code, out: stdout + stderr };
}

/** What is not ok. */
async function findings(words: readonly string[]): Promise<readonly ShownFinding[]> {
  const { out } = await doctor(["--json", ...words]);
  return (JSON.parse(out) as DoctorReport).findings.filter(({ severity }) => severity !== "ok");
}

/** Performs remedies where they belong, as they were printed. */
async function perform(ill: readonly ShownFinding[]): Promise<void> {
  for (const { remedy = "" } of ill) {
    if (remedy.startsWith("bzfs doctor ")) {
      const env = { bzfs_reuse_ssh_connection: "false" };
      const { code, stdout, stderr } = await capture(["sh", "-c", `${program} ${remedy.slice("bzfs ".length)}`], {
        env,
      });
      assertEquals(code, 0, remedy + stdout + stderr);
    } else if (remedy !== "") await src.sh(`export ZPOOL_IMPORT_PATH=/tmp; ${remedy}`);
  }
}

const seconds = (): number => Math.floor(Date.now() / 1000);

inGuests("set up: a replica of 100 days ago, and everything that can be wrong with it", async () => {
  const shared =
    `Host *\n  ControlPath ${folder}/%n-%r\n  ControlMaster auto\n  ControlPersist 600\n  ConnectTimeout 60\n`;
  await Deno.writeTextFile(CONFIG, `${await Deno.readTextFile(bed.sshConfig!)}${shared}`, { mode: 0o600 });
  await Deno.writeTextFile(`${folder}/fleet.yaml`, JOB_FILE, { mode: 0o600 });
  await src.sh(`date -s @${seconds() - 100 * 86_400}; head -c 32 /dev/urandom > /root/key; chmod 666 /dev/zfs`);
  await src.createPool("tank", { options: "-o feature@bookmark_written=disabled" });
  for (const pool of ["vault", "arch"]) await src.createPool(pool);
  await src.sh(`
    zfs create tank/data; zfs create tank/data/sub; zfs create tank/data/part
    zfs create -o encryption=on -o keyformat=raw -o keylocation=file:///root/key tank/data/enc
    head -c 2M /dev/urandom > /tank/data/part/file; echo a > /tank/data/sub/file
    zfs snapshot -r tank/data@old
    zfs send tank/data@old | zfs receive -u vault/data
    zfs send tank/data/enc@old | zfs receive -u vault/data/enc
    zfs send tank/data/sub@old | zfs receive -u -o mountpoint=/etc vault/data/sub
    { zfs send tank/data/part@old | head -c 600000 | zfs receive -s -u vault/data/part; } || true
    zfs hold keep vault/data@old
    zfs bookmark tank/data@old 'tank/data#.GUARDBZFS.AAAAAAAAAAA.AAAAAAAAAAA.AAAAAAAAAAA'`);
  const [guid = "", pool = ""] = (await src.sh(
    "zfs get -Hp -o value guid tank/data@old; zpool get -Hp -o value guid vault",
  )).split("\n");
  const { temporary } = bookmarkTags("old", guid as Guid, destinationMark(pool, sha256("vault/data")));
  await src.sh(`zfs bookmark tank/data@old 'tank/data#${temporary}'
    date -s @${seconds() - 94}
    zfs snapshot -r tank/data@new; zfs send -i @old tank/data@new | zfs receive -u vault/data
    head -c 8M /dev/urandom > /tank/data/sub/file; sync; zpool sync
    zfs set refquota=4M vault/data/sub; zfs mount vault/data
    zfs umount tank/data/enc; zfs unload-key tank/data/enc`);
});

inGuests("each fault is found, and its remedy removes it", async () => {
  const ill = await findings(OF_JOB_FILE);
  const planted = [
    "clock",
    "features",
    "guards",
    "holds",
    "keys",
    "mountpoint",
    "partial-receives",
    "quota",
    "readonly",
    "scrub",
    "temporary-bookmarks",
  ];
  const text = JSON.stringify(ill, undefined, 1);
  const ids = new Set(ill.map(({ id }) => id));
  assertEquals(planted.filter((id) => !ids.has(id)), [], text);
  const ours = ill.filter(({ id }) => planted.includes(id));
  const forPersons = ["clock", "features", "guards", "holds"];
  assertEquals(ours.filter(({ id, remedy }) => remedy === undefined && !forPersons.includes(id)), [], text);
  assertEquals(ours.filter(({ id }) => id === "holds").map(({ remedy }) => remedy), ["zfs holds vault/data@old"]);
  // What the source still has could be resumed, and stays.
  const [partial] = ours.filter(({ id }) => id === "partial-receives");
  assert((await doctor(partial!.remedy!.split(" ").slice(2))).out.includes("the next run can resume it"));
  await src.sh("zfs destroy tank/data/part@old");
  await perform(ours.filter(({ id }) => !forPersons.includes(id)));
  await src.sh(`zfs release keep vault/data@old; zpool set feature@bookmark_written=enabled tank
    zfs destroy 'tank/data#.GUARDBZFS.AAAAAAAAAAA.AAAAAAAAAAA.AAAAAAAAAAA'`);
  await src.sh(`date -s @${seconds()}; zpool wait -t scrub tank; zpool wait -t scrub vault`);
  const after = await findings(OF_JOB_FILE);
  assertEquals(after.filter(({ id }) => planted.includes(id)), []);
  assertEquals(
    await src.sh("zfs get -H -o value receive_resume_token vault/data/part 2> /dev/null || echo gone"),
    "gone",
  );
  assertEquals(await bookmarksOf(src, "tank/data"), []);
});

inGuests("a pool that is read-only, and one that is away", async () => {
  const words = ofDatasets("root", "arch/x");
  await src.sh("zpool export arch; zpool import -d /tmp -o readonly=on arch");
  const of = async (id: string) => (await findings(words)).filter((finding) => finding.id === id);
  assertEquals((await of("pool-writable")).map(({ remedy }) => remedy), [undefined]);
  await src.sh("zpool export arch");
  const away = await of("pool-imported");
  assertEquals(away.length, 1);
  await perform(away);
  assertEquals([...await of("pool-imported"), ...await of("pool-writable")], []);
  await src.sh("zpool export arch");
});

inGuests("a user without elevation, rights and delegation gets all three named, and works in the end", async () => {
  await src.sh("zpool set delegation=off vault");
  const words = ofDatasets("bzfsuser", "vault/data");
  const ill = (await findings(words)).filter(({ id }) => id === "delegation" || id === "permissions");
  assertEquals(ill.map(({ id }) => id), ["permissions", "permissions", "delegation"], JSON.stringify(ill));
  await perform(ill);
  const after = await doctor(words);
  assert(!/delegation|lacks/.test(after.out), after.out);
});
