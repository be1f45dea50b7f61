/**
 * Guards on real pools: a source that keeps two snapshots and two bookmarks, and two destinations, one of which is switched off
 * for ten rounds, goes on with an increment, and is given up in the end.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { capture, type ProcessResult } from "../../scripts/process.ts";
import { bookmarksOf, inGuests, snapshotsOf, tagsOf } from "../support/replicas.ts";
import { executable, sshFields, testbed } from "../support/vm.ts";

const bed = await testbed("src", "dst");
const { src, dst } = bed.hosts;
const folder = await Deno.makeTempDir({ prefix: "bzfs-guard-" });
/** A copy of its own: a build in the meantime would take the executable away for a moment. */
const program = `${folder}/bzfs`;
await Deno.copyFile(executable, program);
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

const ROUNDS = 10;

const JOB_FILE = `root-dataset-pairs: [{src: tank/data, dst: data}]
src-hosts: [src]
dst-hosts:
  - {name: near, root-dataset: near/^SRC_HOST}
  - {name: far, root-dataset: far/^SRC_HOST}
src-snapshot-plan: {guard: {round: {secondly: 2}}}
dst-snapshot-plan: {guard: {round: {secondly: 50}}}
${sshFields(folder)}bzfs:
  recursive: true
  retries: 0
  log-dir: ${folder}/bzfs-logs
`;

/** One run of the job runner. */
async function run(...words: string[]): Promise<ProcessResult> {
  const argv = [program, "jobrunner", `--config=${folder}/fleet.yaml`, ...words];
  return await capture(argv, { env: { bzfs_reuse_ssh_connection: "false" } });
}

async function succeed(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...words);
  assertEquals(code, 0, stderr + stdout.split("\n").slice(-60).join("\n"));
  return stdout;
}

const CREATE = ["--create-src-snapshots", "--replicate"];
const PRUNE = ["--prune-src-snapshots", "--prune-src-bookmarks"];

/** Guards of a dataset of the source. */
async function guards(dataset = "tank/data"): Promise<readonly string[]> {
  return (await bookmarksOf(src, dataset)).filter((tag) => tag.startsWith(".GUARDBZFS."));
}

inGuests(
  "a destination that was away for ten rounds goes on with an increment, whatever was pruned meanwhile",
  async () => {
    for (const pool of ["tank", "near"]) await src.createPool(pool, { sizeMiB: 128 });
    await dst.createPool("far", { sizeMiB: 128, onDisk: true });
    await src.sh("zfs create tank/data; zfs create tank/data/kid");
    const shared =
      `Host *\n  ControlPath ${folder}/%n-%r\n  ControlMaster auto\n  ControlPersist 600\n  ConnectTimeout 60\n`;
    const config = (await Deno.readTextFile(bed.sshConfig!)).replace(/^(Host .*\bsrc\b.*)$/m, "$1 near").replace(
      /^(Host .*\bdst\b.*)$/m,
      "$1 far",
    );
    await Deno.writeTextFile(`${folder}/bzfs_ssh_config`, `${config}${shared}`, { mode: 0o600 });
    await Deno.writeTextFile(`${folder}/fleet.yaml`, JOB_FILE, { mode: 0o600 });
    await succeed(...CREATE);
    const first = (await tagsOf(src, "tank/data"))[0]!;
    const known = await snapshotsOf(dst, "far/src/data");
    assertEquals((await guards()).length, 2);

    await dst.power!.cut();
    assertEquals((await run(...CREATE, ...PRUNE)).code, 3);
    for (let round = 2; round <= ROUNDS; round++) {
      await src.sh(`head -c 20k /dev/urandom > /tank/data/file${round}`);
      await succeed(...CREATE, ...(round === ROUNDS ? PRUNE : []), "--dst-host=near");
    }
    assert(!(await tagsOf(src, "tank/data")).includes(first), "pruned");
    const bookmarks = await bookmarksOf(src, "tank/data");
    assertEquals([bookmarks.length, (await guards()).length, (await guards("tank/data/kid")).length], [4, 2, 2]);

    await dst.power!.restore();
    await dst.sh("zpool import -f -d /var/tmp -a");
    const out = await succeed("--replicate", "--dst-host=far");
    assertMatch(out, /Incremental send/);
    assert(!/Full send/.test(out), out);
    const copy = await snapshotsOf(dst, "far/src/data");
    assertEquals(known.filter((line) => !copy.includes(line)), []);
    const [newest] = (await snapshotsOf(src, "tank/data")).slice(-1);
    assert(copy.includes(newest!), copy.join("\n"));
    assertEquals((await guards()).length, 2);
    await succeed(...PRUNE);
  },
);

inGuests("a destination that is given up takes its guards along, though its pool is gone", async () => {
  await dst.sh("zpool export far");
  const before = await guards();
  const shown = await succeed("--forget-destination=far");
  assertMatch(shown, /Dry A full send would take about .*: tank\/data\/kid@/);
  assertMatch(shown, /Nothing has been done\. Add --yes to do it\.\n$/);
  assertEquals(await guards(), before);
  await succeed("--forget-destination=far", "--yes");
  const left = [...await guards(), ...await guards("tank/data/kid")];
  assertEquals(left.length, 2);
  assert(before.includes(left[0]!));
  await succeed(...CREATE, "--dst-host=near");
  assertEquals((await guards()).length, 1);
  assertEquals((await run("--forget-destination=elsewhere")).code, 2);
});
