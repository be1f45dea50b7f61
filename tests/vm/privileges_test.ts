/** Users other than root: elevated by sudo or doas, delegated by `zfs allow`, and refused without either. */
import { assert, assertEquals } from "@std/assert";
import { bookmarksOf, bzfs, inGuests, initiator, recordsOf, tagsOf } from "../support/replicas.ts";
import { testbed } from "../support/vm.ts";

const bed = await testbed("src", "dst");
const { src, dst } = bed.hosts;
const within = await initiator(bed, { src: "src", dst: "src", user: "bzfsuser" });
const across = await initiator(bed, { src: "src", dst: "dst", user: "bzfsuser" });

inGuests("set up; and where a user may not talk to ZFS at all, a run shows what ZFS says", async () => {
  await Promise.all([
    src.createPool("tank").then(() =>
      src.sh("zfs create tank/s; echo data > /tank/s/file; zfs snapshot tank/s@1; zfs snapshot tank/s@2")
    ),
    src.createPool("back"),
    dst.createPool("vault"),
  ]);
  await src.sh("chmod 600 /dev/zfs");
  const run = await within(["--retries=0", "tank/s", "back/never"]);
  assertEquals(run.status, 3, run.log);
  assert(/Permission denied/i.test(run.log), run.log);
  // As on any system with udev, which guests have not.
  await Promise.all([src.sh("chmod 666 /dev/zfs"), dst.sh("chmod 666 /dev/zfs")]);
});

inGuests("a plain user elevates what changes something, and nothing else, with sudo or doas", async () => {
  const run = await bzfs(src, ["-v", "-v", "tank/s", "back/sudo"], { user: "bzfsuser" });
  assertEquals(run.status, 0, run.log);
  const commands = recordsOf(run, /^Executing: /).map((line) => line.slice("Executing: ".length).trim());
  assert(commands.some((command) => /^sudo -n zfs send .*\| sudo -n zfs receive /.test(command)), run.log);
  assert(commands.some((command) => command.startsWith("sudo -n zfs bookmark ")), run.log);
  assertEquals(commands.filter((command) => /sudo.*(zfs list|zfs get|zpool get|ps -A)/.test(command)), []);
  assertEquals(await tagsOf(src, "back/sudo"), ["1", "2"]);
  const doas = await within(["-v", "--sudo-program=doas", "tank/s", "back/doas"]);
  assertEquals(doas.status, 0, doas.log);
  assertEquals(recordsOf(doas, /^Executing: .*doas -n zfs send .*\| .*doas -n zfs receive /).length, 2, doas.log);
});

inGuests(
  "without elevation and delegation a run fails, names the right that is missing, and changes nothing",
  async () => {
    const names = "zfs list -H -t all -o name";
    const before = await src.sh(names);
    const run = await within(["-p", "--retries=0", "tank/s", "back/denied"]);
    assertEquals(run.status, 3, run.log);
    assert(/permission denied/.test(run.log), run.log);
    await src.sh("zpool set delegation=off back");
    const off = await within(["-p", "--retries=0", "tank/s", "back/denied"]);
    assertEquals(off.status, 3, off.log);
    assert(/Permission denied as ZFS delegation is disabled for .*back/.test(off.log), off.log);
    assertEquals(await src.sh(names), before);
  },
);

inGuests("delegated users of two hosts replicate with -p, with force too", async () => {
  const copy = "vault/of-user/s";
  await src.sh("zfs snapshot tank/s@3; zfs allow bzfsuser send,snapshot,destroy,bookmark,hold,mount tank/s");
  await dst.sh(
    `zfs create vault/of-user
    zfs allow bzfsuser mount,create,receive,rollback,destroy,compression vault/of-user`,
  );
  const first = await across(["-p", "-v", "tank/s", copy]);
  assertEquals(first.status, 0, first.log);
  assertEquals(recordsOf(first, /^Executing: .*(sudo|doas)/), []);
  assertEquals(await tagsOf(dst, copy), ["1", "2", "3"]);
  assertEquals(await bookmarksOf(src, "tank/s"), ["1_GUID", "2_GUID", "3_GUID"]);
  await src.sh("zfs snapshot tank/s@4");
  await dst.sh(`zfs snapshot ${copy}@own`);
  const forced = await across(["-p", "-v", "--force", "tank/s", copy]);
  assertEquals(forced.status, 0, forced.log);
  assertEquals(await tagsOf(dst, copy), ["1", "2", "3", "4"]);
});

inGuests("a receive option that the user has no right to is a failure that names it, once the data is in", async () => {
  const copy = "vault/of-user/s";
  await src.sh("zfs snapshot tank/s@5");
  const words = ["-p", "-q", "--zfs-recv-program-opt=-o", "--zfs-recv-program-opt=readonly=on", "tank/s", copy];
  const run = await across(words);
  assertEquals(run.status, 3, run.log);
  assert(
    /was received on .*, but zfs receive did not set or exclude readonly: permission denied/.test(run.log),
    run.log,
  );
  assert(run.log.includes(`zfs allow -u USER readonly ${copy}`), run.log);
  assertEquals(await tagsOf(dst, copy), ["1", "2", "3", "4", "5"]);
  await dst.sh("zfs allow bzfsuser readonly vault/of-user");
  await src.sh("zfs snapshot tank/s@6");
  const allowed = await across(words);
  assertEquals(allowed.status, 0, allowed.log);
  assertEquals(await dst.sh(`zfs get -H -o value readonly ${copy}`), "on");
});
