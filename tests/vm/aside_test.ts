/**
 * Destinations that have diverged are set aside, and renames of the source are followed, on real ZFS: a mounted destination
 * that is in use, an encrypted one without its key, a volume, and a run that is killed while a name is missing.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { bzfs, contentsOf, inGuests, initiator, PATIENCE_MS, recordsOf, tagsOf } from "../support/replicas.ts";
import { testbed } from "../support/vm.ts";

const bed = await testbed("src");
const { src } = bed.hosts;
const run = await initiator(bed);
const [from, to] = [`${await src.createPool("tank")}/s`, `${await src.createPool("back")}/d`];
const words = ["-r", "-v", "-v", "--on-conflict=set-aside", "--follow-renames=on", from, to];

/** Guids of all snapshots of the destination's pool. */
async function guids(): Promise<readonly string[]> {
  return (await src.sh(`zfs list -Hp -r -t snapshot -o guid ${to.split("/")[0]}`)).split("\n");
}

inGuests("a rename at the source is followed, with all below it: nothing is sent again", async () => {
  await src.write("/tmp/key", "12345678");
  await src.sh(
    `zfs create ${from}; zfs create ${from}/plain; zfs create ${from}/plain/kid; zfs create -V 4M -s ${from}/vol
    zfs create -o encryption=on -o keyformat=passphrase -o keylocation=file:///tmp/key ${from}/enc
    zfs create -p ${from}/old/kid
    for d in plain plain/kid enc old/kid; do head -c 1M /dev/urandom > /${from}/$d/file; done
    zfs snapshot -r ${from}@1`,
    { timeoutMs: PATIENCE_MS },
  );
  const first = await run(words);
  assertEquals(first.status, 0, first.log);
  await src.sh(`zfs rename ${from}/old ${from}/new; zfs snapshot -r ${from}@2`);
  const second = await run(words);
  assertEquals(second.status, 0, second.log);
  assertEquals(recordsOf(second, /^Executing: .*zfs (?:rename|destroy) /).length, 1, second.log);
  assertEquals(recordsOf(second, /^Executing: .*zfs send (?!.* -[iIn] ).*\| /), [], second.log);
  assertEquals([await tagsOf(src, `${to}/new/kid`), await tagsOf(src, `${to}/new`)], [["1", "2"], ["1", "2"]]);
});

inGuests("what has diverged is set aside: mounted and in use, encrypted, a volume; killed in the middle", async () => {
  await src.sh(
    `zfs set mountpoint=/mnt/plain ${to}/plain; (zfs mount ${to}/plain; zfs mount ${to}/plain/kid) 2> /dev/null || true
    echo own > /mnt/plain/own; sleep 1000 < /mnt/plain/own > /dev/null 2>&1 &
    for d in plain enc vol; do zfs snapshot ${to}/$d@own; done
    zfs snapshot -r ${from}@3
    cat > /usr/local/sbin/zfs <<'END'
#!/bin/sh
/usr/sbin/zfs "$@"
status=$?
case "$*" in
rename*_aside_2*) kill -9 $(ps -C bzfs -o pid=) ;;
esac
exit $status
END
    chmod +x /usr/local/sbin/zfs`,
    { timeoutMs: PATIENCE_MS },
  );
  const before = await guids();
  const killed = await bzfs(src, ["--threads=1", ...words]);
  assert(killed.status !== 0, killed.log);
  const names = await src.sh(`rm /usr/local/sbin/zfs; zfs list -H -r -o name ${to}`);
  assertMatch(names, /_aside_new$/m);
  assertMatch(names, /_aside_2[-0-9_:]+$/m);

  const next = await run(words);
  assertEquals(next.status, 0, next.log);
  assertEquals(recordsOf(next, /^Executing: .*zfs send (?!.* -[iIn] ).*\| /), [], next.log);
  const left = new Set(await guids());
  assertEquals(before.filter((guid) => !left.has(guid)), []);
  const list = await src.sh(`zfs list -H -r -t filesystem,volume -o name,readonly,origin,encryptionroot ${to}`);
  assert(!/_aside_(?:new|try)/.test(list), list);
  for (const name of ["plain", "enc", "vol"]) {
    assertEquals(await tagsOf(src, `${to}/${name}`), ["1", "2", "3"]);
    assertMatch(list, new RegExp(`^${to}/${name}_aside_\\S+\ton\t${to}/${name}@2\t(?:-|${to}/enc)$`, "m"));
  }
  assertEquals(await tagsOf(src, `${to}/plain/kid`), ["1", "2", "3"]);
  const aside = /(\S+plain_aside_\S+)/.exec(list)![1]!;
  assertEquals(await src.sh(`zfs list -H -o mounted,canmount ${aside}; cat /mnt/plain/own`), "yes\tnoauto\nown");
  await src.sh(`zfs load-key -L file:///tmp/key ${to}/enc`);
  assertEquals(await contentsOf(src, `${to}/enc`), await contentsOf(src, `${from}/enc`));

  const prune = ["--skip-replication", "--delete-dst-snapshots", "--force-destroy-dependents", "--retries=0"];
  const pruned = await run([...prune, "dummy", `${to}/vol`]);
  assertEquals(pruned.status, 0, pruned.log);
  assertEquals(recordsOf(pruned, /^Kept(?:, since it was| as long as what was) set aside/).length, 2, pruned.log);
  assertMatch(await src.sh(`zfs list -H -t snapshot -r -o name ${to}`), /vol@2\n(?:.*\n)*.*vol_aside_2\S+@own/);
});

inGuests(
  "what was set aside goes by its age and its mark, and a dataset of a user with such a name stays",
  async () => {
    const mine = `${to}/plain_aside_2020-01-01_00:00:00`;
    const marks = await src.sh(
      `kill $(pidof sleep); zfs unmount ${to}/plain/kid; zfs create -o readonly=on -o org.bzfs:aside=$(zfs get -Hp -o value guid ${to}/vol) ${mine}
    zfs snapshot ${mine}@mine; sleep 2; zfs list -H -r -t filesystem,volume -o guid,org.bzfs:aside,name ${to} | grep _aside_2`,
    );
    const own = marks.split("\n").map((line) => line.split("\t")).filter(([guid, mark]) => guid === mark);
    assertEquals(own.length, 3, marks);
    const words = ["-r", "--skip-replication", "--delete-dst-snapshots", "--include-snapshot-regex=!.*", "--retries=0"];
    const aged = [...words, "--delete-aside-after=1seconds", "--delete-datasets-limit=5% and 2", "dummy", to];
    const held = await run(aged);
    assertEquals(held.status, 5, held.log);
    const before = await src.sh(`zfs list -H -r -t filesystem,volume,snapshot -o name ${to}`);
    const pruned = await run(["--allow-deletions", ...own.map(([, , name]) => name!), ...aged]);
    assertEquals(pruned.status, 0, pruned.log);
    const left = await src.sh(`zfs list -H -r -t filesystem,volume,snapshot -o name ${to}`);
    const gone = before.split("\n").filter((name) => !left.split("\n").includes(name));
    assertEquals(gone.filter((name) => !own.some(([, , aside]) => name.split("@")[0] === aside)), []);
    assertEquals([gone.length, left.includes(`${mine}@mine`)], [6, true], left);
  },
);
