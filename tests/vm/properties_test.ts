/**
 * Properties at the destination: copied, blocked, set and preserved; values with any characters; and what a volume does
 * not take.
 */
import { assert, assertEquals } from "@std/assert";
import { initiator, PATIENCE_MS, quote } from "../support/replicas.ts";
import { testbed, zfsVersion } from "../support/vm.ts";

const bed = await testbed("src");
const { src } = bed.hosts;
const bzfs = await initiator(bed);
const tank = await src.createPool("tank");
const back = await src.createPool("back");
const [from, to] = [`${tank}/s`, `${back}/d`];
/** Quotes, blanks, a tab, a line feed, characters that are special to some shell, and no ASCII. */
const AWKWARD = 'it\'s  "q"\tb\nc $HOME `id` \\ ü';
/** The line feed makes its end look like another property in what `zfs get` prints. */
const MOUNTPOINT = `/tmp/m  "p"\t$HOME \\ ü's\natime\ton`;
const hasReceiveExclusion = zfsVersion() !== "2.1";

Deno.test("by default, properties that concern storage are copied with the first send, and others are not", async () => {
  await src.sh(
    `zfs create -o compression=gzip-3 -o recordsize=64K -o atime=off -o canmount=noauto -o exec=off ${from}
    zfs set org.test:note=${quote(AWKWARD)} mountpoint=${quote(MOUNTPOINT)} ${from}
    zfs create -V 8M -o compression=zle -o org.test:note=v -o checksum=sha256 ${from}/volume
    zfs create -u -o quota=100M -o sync=always ${from}/child
    zfs snapshot -r ${from}@1`,
    { timeoutMs: PATIENCE_MS },
  );
  const run = await bzfs(["-r", "-v", from, to]);
  assertEquals(run.status, 0, run.log);
  assertEquals(await received(to), ["atime=off", "compression=gzip-3", "recordsize=65536"]);
  assertEquals(await received(`${to}/volume`), ["checksum=sha256", "compression=zle"]);
  assertEquals(await received(`${to}/child`), ["sync=always"]);
});

Deno.test("user properties and mountpoints arrive as they are, whatever their values hold", async () => {
  const run = await bzfs(["-r", "--zfs-recv-o-include-regex=.*", "--", from, `${back}/all`]);
  assertEquals(run.status, 0, run.log);
  assertEquals(await value(`${back}/all`, "org.test:note"), AWKWARD);
  assertEquals(await value(`${back}/all`, "mountpoint"), MOUNTPOINT);
  assertEquals(await value(`${back}/all`, "canmount"), "noauto");
  assertEquals(await value(`${back}/all/volume`, "org.test:note"), "v");
  assertEquals(await value(`${back}/all/child`, "quota"), "104857600");
});

Deno.test("options given by hand, zfs set, and exclusions from a stream that carries properties", async () => {
  const words = [
    "-v",
    "--zfs-send-program-opts=--props --raw --compressed",
    "--zfs-recv-program-opts=-u -o readonly=on",
    "--zfs-recv-program-opt=-o",
    `--zfs-recv-program-opt=org.test:by-hand=${AWKWARD}`,
    "--zfs-recv-x-include-regex=atime|exec|org.test:.*",
    "--zfs-set-include-regex=canmount",
  ];
  const run = await bzfs([...words, "--", from, `${back}/hand`]);
  assertEquals(run.status, 0, run.log);
  const seen = Object.fromEntries(
    await Promise.all(
      ["readonly", "org.test:by-hand", "org.test:note", "atime", "exec", "canmount", "compression"].map(async (name) =>
        [name, await value(`${back}/hand`, name)] as const
      ),
    ),
  );
  assertEquals(seen, {
    readonly: "on",
    "org.test:by-hand": AWKWARD,
    "org.test:note": "-",
    atime: "off", // one of those that are copied by default, which wins
    exec: "on",
    canmount: "noauto",
    compression: "gzip-3",
  });
});

// A copy that has received properties before: the first stream with properties that a dataset ever gets replaces its
// local ones even if `zfs receive -x` names them (seen in OpenZFS 2.3).
Deno.test("--preserve-properties keeps what the destination has", async () => {
  const copy = `${back}/hand`;
  await src.sh(`zfs set compression=lz4 ${copy}; zfs set compression=off ${from}; zfs snapshot ${from}@2`);
  const words = ["--retries=0", "--preserve-properties", "compression", "--zfs-recv-o-targets=full+incremental"];
  const run = await bzfs([...words, "--zfs-send-program-opts=--props --raw", "--", from, copy]);
  if (hasReceiveExclusion) {
    assertEquals(run.status, 0, run.log);
  } else {
    assertEquals(run.status, 3, run.log);
    assert(run.log.includes("--preserve-properties is unreliable on destination ZFS < 2.2.0"), run.log);
    const plain = await bzfs([...words, "--", from, copy]);
    assertEquals(plain.status, 0, plain.log);
  }
  assertEquals(await value(copy, "compression"), "lz4");
  assertEquals(await value(copy, "recordsize"), "65536");
});

Deno.test("what is excluded by its name is excluded although the source does not list it, where zfs receive takes that", async () => {
  await src.sh(
    `echo 12345678 > /tmp/properties.key
    zfs create -u -o exec=off -o setuid=off ${from}/named; zfs create -V 8M -s ${from}/named/volume
    zfs create -u -o encryption=on -o keyformat=passphrase -o keylocation=file:///tmp/properties.key ${from}/named/secret
    zfs snapshot -r ${from}/named@1`,
    { timeoutMs: PATIENCE_MS },
  );
  const names = "exec|mountpoint|canmount|keyformat|pbkdf2iters|keylocation|used|nosuch|volsize";
  const words = ["-r", "-v", "--zfs-send-program-opts=--props --raw", "--zfs-recv-x-sources=received"];
  const run = await bzfs([...words, `--zfs-recv-x-include-regex=${names}`, "--", `${from}/named`, `${back}/named`]);
  assertEquals(run.status, 0, run.log);
  const seen = await src.sh(`zfs get -Hp -o value exec,setuid,mountpoint ${back}/named`);
  assertEquals(seen, `on\noff\n/${back}/named`.replace("//", "/"), run.log);
  const unknown = run.log.split("\n").filter((line) => line.includes("names what is no property that can be set"));
  assertEquals(unknown.map((line) => line.replace(/^.*: /, "")), ["used", "nosuch"], run.log);
});

/** Items `name=value` that a receive or `zfs set` left at a dataset. */
async function received(dataset: string): Promise<readonly string[]> {
  const list = await src.sh(`zfs get -Hp -o property,value -s local,received all ${quote(dataset)}`);
  const ofStorage = /^(atime|canmount|checksum|compression|org\.test:note|quota|recordsize|sync)\t/;
  return list.split("\n").filter((line) => ofStorage.test(line)).map((line) => line.replace("\t", "=")).sort();
}

async function value(dataset: string, name: string): Promise<string> {
  return await src.sh(`zfs get -Hp -o value ${quote(name)} ${quote(dataset)}`);
}
