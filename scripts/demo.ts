/**
 * `deno task demo`: the main job on real pools, told to a newcomer: replicate a tree, change it, replicate again,
 * compare. The pools are in virtual machines that are thrown away; with BZFS_TEST_HOST_ZFS=1, on files of this
 * machine's own ZFS.
 * @module
 */
import { during, orExplain, withSignsOfLife } from "./announce.ts";
import { compile } from "./compile.ts";
import { startTestbed, type TestHost, usesHostZfs } from "./testbed/guest.ts";

/** The root of a tree of datasets. */
interface Place {
  readonly host: TestHost;
  readonly root: string;
}

await orExplain(demo);

async function demo(): Promise<void> {
  const executable = await compile();
  const how = usesHostZfs() ? "Making pools with this machine's ZFS" : "Starting two virtual machines with OpenZFS";
  await using testbed = await during(how, () => startTestbed({ hosts: ["src", "dst"], payload: [executable] }));
  const { src, dst } = testbed.hosts;
  console.log(`
bzfs copies ZFS datasets by their snapshots: the first time everything, from then on only what has changed.
Watch it do so with real pools: "tank1" holds the data, "tank2" is a second pool for the backup.`);
  const source = { host: src, root: `${await src.createPool("tank1")}/src` };
  const backup = { host: src, root: `${await src.createPool("tank2")}/backup` };
  await makeTree(source);
  step("Replicate: the backup does not exist yet, so everything is sent");
  await replicate(source, backup);
  await changeTree(source);
  step("Replicate again, with the same words: only the changes since the common snapshot are sent");
  await replicate(source, backup);
  const copies = usesHostZfs() ? [backup] : [backup, { host: dst, root: `${await dst.createPool("tank3")}/backup` }];
  for (const copy of copies.slice(1)) {
    step('And to another machine: "dst" is reached over ssh, and needs no bzfs');
    await replicate(source, copy);
  }
  step("Compare the snapshots: a copy has the same guid, the unique number that ZFS gave its original");
  for (const copy of copies) await compareSnapshots(source, copy);
  step("Compare the files, read back from the pools, by their checksums");
  for (const copy of copies) await withSignsOfLife(() => compareFiles(source, copy));
  console.log(`
Everything arrived. What happened: each dataset below ${source.root} was sent in full to its place below
${backup.root}, and later brought up to date by an increment from the snapshot that both sides had.
Run the same command as often as you like, by hand or from cron. Nothing of this demo is left behind.`);
}

async function makeTree({ host, root }: Place): Promise<void> {
  step("Make a small tree of datasets with files in it, and a snapshot of all of them");
  await show(host, `zfs create -p ${root}/home/alice`);
  await show(host, `zfs create ${root}/home/bob`);
  await show(host, `zfs create ${root}/projects`);
  await host.sh(`
    cd "$(zfs get -H -o value mountpoint ${root})"
    echo 'remember the milk' > home/alice/notes.txt
    head -c 2M /dev/urandom > home/bob/photo.raw
    seq 100000 > projects/numbers.txt`);
  await show(host, `zfs snapshot -r ${root}@monday`);
}

async function changeTree({ host, root }: Place): Promise<void> {
  step("Change something: a file more, one longer, one gone, one dataset more; and take another snapshot");
  await show(host, `zfs create ${root}/projects/secret`);
  await host.sh(`
    cd "$(zfs get -H -o value mountpoint ${root})"
    echo 'and the bread' >> home/alice/notes.txt
    head -c 1M /dev/urandom > home/alice/song.raw
    rm projects/numbers.txt
    echo 'x marks the spot' > projects/secret/map.txt`);
  await show(host, `zfs snapshot -r ${root}@tuesday`);
}

async function replicate(source: Place, copy: Place): Promise<void> {
  await show(source.host, `bzfs --recursive ${source.root} ${nameSeenFrom(source, copy)}`);
}

function step(text: string): void {
  console.log(`\n── ${text}`);
}

/** Runs a command in front of the reader. */
async function show(host: TestHost, command: string): Promise<void> {
  console.log(`  ${host.name}# ${command}`);
  const { code, stdout, stderr } = await withSignsOfLife(() => host.run(command));
  const output = (stdout + stderr).trimEnd();
  if (output !== "") console.log(indent(output));
  if (code !== 0) throw new Error(`The last command ended with status ${code}`);
}

function indent(text: string): string {
  return text.split("\n").map((line) => `    ${line}`).join("\n");
}

/** The operand for a place, `dataset` or `host:dataset`. */
function nameSeenFrom(here: Place, there: Place): string {
  return here.host === there.host ? there.root : `${there.host.name}:${there.root}`;
}

/** Prints the snapshots of both sides next to each other; throws when they are not the same. */
async function compareSnapshots(source: Place, copy: Place): Promise<void> {
  const [left, right] = await Promise.all([snapshots(source), snapshots(copy)]);
  const names = [...new Set([...left.keys(), ...right.keys()])];
  const width = Math.max(...names.map((name) => name.length));
  const row = (name: string, a: string, b: string, verdict = ""): string =>
    `    ${name.padEnd(width)}  ${a.padStart(20)}  ${b.padStart(20)}  ${verdict}`.trimEnd();
  console.log(`  ${source.root} and ${nameSeenFrom(source, copy)}`);
  console.log(row("snapshot", "guid at the source", "guid of the copy"));
  const isSame = (name: string): boolean => left.get(name) === right.get(name);
  for (const name of names) {
    console.log(row(name, left.get(name) ?? "-", right.get(name) ?? "-", isSame(name) ? "same" : "DIFFERENT"));
  }
  if (!names.every(isSame)) throw new Error("The two sides differ");
}

/** Returns the guids of all snapshots of a tree by their names relative to its root. */
async function snapshots({ host, root }: Place): Promise<ReadonlyMap<string, string>> {
  const list = await host.sh(`zfs list -H -r -t snapshot -o name,guid -s createtxg ${root}`);
  const rows = list.split("\n").map((line) => line.split("\t"));
  return new Map(rows.map(([name = "", guid = ""]) => [name.slice(root.length).replace(/^\//, ""), guid]));
}

async function compareFiles(source: Place, copy: Place): Promise<void> {
  const [left, right] = await Promise.all([checksums(source), checksums(copy)]);
  const verdict = left === right ? "all files are the same" : "DIFFERENT";
  console.log(`  ${source.root} and ${nameSeenFrom(source, copy)}: ${verdict}`);
  console.log(indent(right.replaceAll(/^(.{12})\S*/gm, "$1…")));
  if (left !== right) throw new Error(`The source has:\n${left}`);
}

/** Returns a line for each file of a tree, after mounting the datasets that are not: copies arrive unmounted. */
async function checksums({ host, root }: Place): Promise<string> {
  return await host.sh(`
    zfs list -H -r -o name,mounted ${root} | while read -r name mounted; do
      [ "$mounted" = yes ] || zfs mount "$name"
    done
    cd "$(zfs get -H -o value mountpoint ${root})"
    find . -type f | sort | xargs sha256sum`);
}
