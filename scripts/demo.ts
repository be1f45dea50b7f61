/**
 * `deno task demo`: the main job on real pools, told to a newcomer: replicate a tree, change it, replicate again, compare.
 * The pools are in virtual machines that are thrown away; with BZFS_TEST_HOST_ZFS=1, on files of this machine's own ZFS.
 * @module
 */
import { during } from "./announce.ts";
import { compile } from "./compile.ts";
import { startTestbed, type TestHost, usesHostZfs } from "./testbed/guest.ts";

/** A place that the tree was replicated to. */
interface Copy {
  readonly host: TestHost;
  readonly root: string;
}

const executable = await compile();
const where = usesHostZfs() ? "Making pools with this machine's ZFS" : "Starting two virtual machines with OpenZFS";
await using testbed = await during(where, () => startTestbed({ hosts: ["src", "dst"], payload: [executable] }));
const { src, dst } = testbed.hosts;

console.log(`
bzfs copies ZFS datasets by their snapshots: the first time everything, from then on only what has changed.
Watch it do so with real pools: "tank1" holds the data, "tank2" is a second pool for the backup.`);

const source = `${await src.createPool("tank1")}/src`;
const backup = `${await src.createPool("tank2")}/backup`;

step("Make a small tree of datasets with files in it, and a snapshot of all of them");
await show(
  src,
  `
zfs create -p ${source}/home/alice
zfs create ${source}/home/bob
zfs create ${source}/projects`,
);
await src.sh(`
cd $(zfs get -H -o value mountpoint ${source})
echo 'remember the milk' > home/alice/notes.txt
head -c 2M /dev/urandom > home/bob/photo.raw
seq 100000 > projects/numbers.txt`);
await show(src, `zfs snapshot -r ${source}@monday`);

step("Replicate: the backup does not exist yet, so everything is sent");
await show(src, `bzfs --recursive ${source} ${backup}`);

step("Change something: a file more, one longer, one gone, one dataset more; and take another snapshot");
await src.sh(`
cd $(zfs get -H -o value mountpoint ${source})
echo 'and the bread' >> home/alice/notes.txt
head -c 1M /dev/urandom > home/alice/song.raw
rm projects/numbers.txt
zfs create ${source}/projects/secret
echo 'x marks the spot' > projects/secret/map.txt`);
await show(src, `zfs snapshot -r ${source}@tuesday`);

step("Replicate again, with the same words: only the changes since the common snapshot are sent");
await show(src, `bzfs --recursive ${source} ${backup}`);
const copies: Copy[] = [{ host: src, root: backup }];

if (!usesHostZfs()) {
  const remote = `${await dst.createPool("tank3")}/backup`;
  step('And to another machine: "dst" is reached over ssh, and needs nothing but ssh and zfs');
  await show(src, `bzfs --recursive ${source} dst:${remote}`);
  copies.push({ host: dst, root: remote });
}

step("Compare: a snapshot and its copy have the same guid, whatever they are called");
for (const copy of copies) await compareSnapshots(copy);

step("Compare the files, read back from the pools, by their checksums");
for (const copy of copies) await compareFiles(copy);

console.log(`
Everything arrived. What happened: each dataset below ${source} was copied in full to its place below
${backup}, and then brought up to date by an increment from the snapshot that both sides had.
Run the same command as often as you like, by hand or from cron. Nothing of this demo is left behind.`);

function step(text: string): void {
  console.log(`\n── ${text}`);
}

/** Runs a script in front of the reader. */
async function show(host: TestHost, script: string): Promise<void> {
  console.log(script.trim().split("\n").map((line) => `  ${host.name}# ${line}`).join("\n"));
  const { code, stdout, stderr } = await host.run(script);
  const output = (stdout + stderr).trimEnd();
  if (output !== "") console.log(output.split("\n").map((line) => `    ${line}`).join("\n"));
  if (code !== 0) throw new Error(`The last command ended with status ${code}`);
}

/** Prints the snapshots of both sides next to each other; throws when they are not the same. */
async function compareSnapshots(copy: Copy): Promise<void> {
  const [left, right] = await Promise.all([snapshots(src, source), snapshots(copy.host, copy.root)]);
  const rows = [...new Set([...left.keys(), ...right.keys()])].map((name) => {
    const [a, b] = [left.get(name), right.get(name)];
    return { name, a, b, verdict: a !== undefined && a === b ? "same" : "DIFFERENT" };
  });
  const nameWidth = Math.max(...rows.map(({ name }) => name.length));
  const line = (name: string, a = "-", b = "-", verdict = ""): void =>
    console.log(`    ${name.padEnd(nameWidth)}  ${a.padStart(20)}  ${b.padStart(20)}  ${verdict}`.trimEnd());
  console.log(`  ${source} and ${placeOf(copy)}`);
  line("snapshot", "guid at the source", "guid of the copy");
  for (const { name, a, b, verdict } of rows) line(name, a, b, verdict);
  if (rows.some(({ verdict }) => verdict !== "same")) throw new Error("The two sides differ");
}

/** Returns the guids of all snapshots below a dataset by their names relative to it. */
async function snapshots(host: TestHost, root: string): Promise<ReadonlyMap<string, string>> {
  const list = await host.sh(`zfs list -H -r -t snapshot -o name,guid -s createtxg ${root}`);
  const rows = list.split("\n").map((line) => line.split("\t"));
  return new Map(rows.map(([name = "", guid = ""]) => [name.slice(root.length).replace(/^\//, ""), guid]));
}

async function compareFiles(copy: Copy): Promise<void> {
  const [left, right] = [await checksums(src, source), await checksums(copy.host, copy.root)];
  console.log(`  ${source} and ${placeOf(copy)}: ${left === right ? "all files are the same" : "DIFFERENT"}`);
  if (copy === copies[0]) {
    console.log(left.split("\n").map((line) => `    ${line.replace(/^(.{12})\S*/, "$1…")}`).join("\n"));
  }
  if (left !== right) throw new Error(`The copy has:\n${right}`);
}

/** Returns a line for each file of all datasets below one, after mounting them where need be. */
async function checksums(host: TestHost, root: string): Promise<string> {
  return await host.sh(`
zfs list -H -r -o name,mounted ${root} | while read -r name mounted; do [ $mounted = yes ] || zfs mount $name; done
cd $(zfs get -H -o value mountpoint ${root})
find . -type f | sort | xargs sha256sum`);
}

function placeOf(copy: Copy): string {
  return copy.host === src ? copy.root : `${copy.host.name}:${copy.root}`;
}
