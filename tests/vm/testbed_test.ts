/** The testbed itself: real ZFS, two hosts that reach each other, and nothing left behind. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { capture } from "../../scripts/process.ts";
import { usesHostZfs } from "../../scripts/testbed/guest.ts";
import { ensureImage } from "../../scripts/testbed/image.ts";
import { Machine } from "../../scripts/testbed/qemu.ts";
import { testbed, zfsVersion } from "../support/vm.ts";

const { hosts: { src, dst }, sshConfig = "" } = await testbed("src", "dst");

/** A test of what only guests have. */
function inGuests(name: string, fn: () => Promise<void>, options: Partial<Deno.TestDefinition> = {}): void {
  Deno.test({ name, ignore: usesHostZfs(), fn, ...options });
}

inGuests("a guest has the version of OpenZFS that its image is for", async () => {
  assertMatch(await src.sh("zfs version"), new RegExp(`^zfs-${RegExp.escape(zfsVersion())}\\.`));
});

Deno.test("a host replicates a snapshot within itself", async () => {
  const pool = await src.createPool("self");
  const root = await src.sh(`zfs get -H -o value mountpoint ${pool}`);
  await src.sh(
    `head -c 3M /dev/urandom > ${root}/data; zfs snapshot ${pool}@a; zfs send ${pool}@a | zfs receive ${pool}/copy`,
  );
  const [before, after] = await Promise.all([
    src.sh(`sha256sum < ${root}/data`),
    src.sh(`sha256sum < ${root}/copy/data`),
  ]);
  assertEquals(after, before);
});

inGuests("two guests replicate over ssh", async () => {
  await Promise.all([src.createPool("tank"), dst.createPool("backup")]);
  await src.sh("zfs snapshot tank@a; zfs send tank@a | ssh dst zfs receive backup/tank");
  const guid = "zfs get -H -o value guid";
  assertEquals(await dst.sh(`${guid} backup/tank@a`), await src.sh(`${guid} tank@a`));
  assertEquals(await dst.sh("ssh src hostname; ssh dst hostname"), "src\ndst");
});

inGuests("the ssh configuration leads from this machine to each guest", async () => {
  const names = await Promise.all(["src", "dst"].map((name) => capture(["ssh", "-F", sshConfig, name, "hostname"])));
  assertEquals(names.map(({ stdout }) => stdout), ["src\n", "dst\n"]);
});

inGuests("a guest's plain user may run zfs by sudo and doas, and nothing else", async () => {
  const script =
    "sudo -n zfs version && doas -n zfs version && ! sudo -n id && ! doas -n id && ! zpool create x /tmp/x";
  assertEquals((await src.run(script, { user: "bzfsuser" })).code, 0);
});

inGuests("zvol-device finds the device of a volume", async () => {
  const pool = await dst.createPool("volumes");
  await dst.sh(`zfs create -V 8M ${pool}/a; zfs create -V 8M ${pool}/b; udevadm settle 2> /dev/null || sleep 0.2`);
  const script = `echo data > $(zvol-device ${pool}/b); sync; head -c 4 $(zvol-device ${pool}/b)`;
  assertEquals(await dst.sh(script), "data");
});

Deno.test("a script that fails says what it printed", async () => {
  const error = await assertRejects(() => src.sh("echo to stdout; zfs list nonexistent"), Error);
  assertMatch(error.message, /status 1[^]*to stdout[^]*dataset does not exist/);
});

inGuests("a guest is booted once more when QEMU aborts", async () => {
  const image = await ensureImage(zfsVersion());
  const run = await Deno.makeTempDir({ prefix: "bzfs-testbed-" });
  const machine = await Machine.start({
    ...{ name: "phoenix", image, folder: `${run}/phoenix`, memoryMiB: 512 },
    ports: new Map([["phoenix", 0]]),
  });
  try {
    const booted = machine.boot();
    while (await machinesIn(run, "kill -s ABRT") === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    await booted;
    assertEquals(await machinesIn(run), 1);
  } finally {
    await machine.stop();
  }
});

inGuests("guests and their folder are gone when their runner is killed", async () => {
  const image = await ensureImage(zfsVersion());
  const run = await Deno.makeTempDir({ prefix: "bzfs-testbed-" });
  const runner = `
    import { Machine } from ${JSON.stringify(import.meta.resolve("../../scripts/testbed/qemu.ts"))};
    const options = ${JSON.stringify({ name: "lost", image, folder: `${run}/lost`, memoryMiB: 512 })};
    const machine = await Machine.start({ ...options, ports: new Map([["lost", 0]]) });
    console.log("started");
    await machine.exited;`;
  const child = new Deno.Command(Deno.execPath(), { args: ["eval", runner], stdout: "piped" }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  assertEquals(await machinesIn(run), 1);
  child.kill("SIGKILL");
  await child.status;
  await reader.cancel();
  while (await exists(run)) await new Promise((resolve) => setTimeout(resolve, 50));
  assertEquals(await machinesIn(run), 0);
});

inGuests("a guest whose kernel breaks fails the test with its console", async () => {
  const error = await assertRejects(() => dst.run("echo c > /proc/sysrq-trigger; sleep 60"), Error);
  assert(error.message.includes("Kernel panic"), error.message);
}, { sanitizeResources: false, sanitizeOps: false }); // ends a process that an earlier line of this file started

async function machinesIn(run: string, act = ":"): Promise<number> {
  const script = `for process in /proc/[0-9]*; do
    case $(readlink $process/exe) in *qemu-system*)
      if grep -qsF "$1/" $process/cmdline; then ${act} \${process#/proc/}; echo; fi ;;
    esac
  done`;
  const { stdout } = await capture(["sh", "-c", script, "sh", run]);
  return stdout.split("\n").length - 1;
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
