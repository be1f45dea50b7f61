/**
 * Pools that fail or leave while they are listed: `zfs list` then lacks rows and ends with status 0, and nothing may be
 * destroyed because of rows that are not there. Forged tokens are in `resume_test.ts`, trees that go from the leaves up in
 * `verbs_test.ts`.
 */
import { assert, assertEquals } from "@std/assert";
import { Dice } from "../support/for_all.ts";
import { inGuests, initiator, PATIENCE_MS, type Run, snapshotsOf } from "../support/replicas.ts";
import { IS_SOAK, testbed } from "../support/vm.ts";

const bed = await testbed("src");
const { src } = bed.hosts;
const bzfs = await initiator(bed);

/** A listing of 200 takes a guest a second; a run asks for each of them. */
const DATASETS = IS_SOAK ? 200 : 50;
const EXPORTS = IS_SOAK ? 20 : 2;
/** So many, of long names, that the names fill blocks of their own, which nothing reads before they are listed. */
const MANY = 100;
const PRUNE = [
  ...["tank/src", "back/dst", "-r", "--skip-replication", "--retries=0"],
  ...["--delete-dst-snapshots", "--delete-dst-datasets"],
];

inGuests(`set up: a tree of ${DATASETS} datasets with snapshots, and a copy of it in another pool`, async () => {
  await src.createPool("tank", { options: "-O mountpoint=none" });
  // The copy is one of the pool's file: quicker than 200 streams.
  await src.sh(
    `zfs create tank/src
    for i in $(seq ${DATASETS}); do zfs create tank/src/d$i; done
    zfs snapshot -r tank/src@s1
    for i in $(seq ${MANY}); do zfs snapshot tank/src/d${DATASETS}@$(printf '%0200d' $i); done
    zpool export tank
    mkdir /tmp/copy; cp --sparse=always /tmp/tank.pool /tmp/copy/back.pool
    zpool import -N -d /tmp/copy tank back; zpool reguid back; zfs rename back/src back/dst
    zpool import -N -d /tmp tank`,
    { timeoutMs: PATIENCE_MS },
  );
});

inGuests(
  "a source pool that is exported while it is listed, at random moments, costs the destination nothing",
  async () => {
    const original = await snapshotsOf(src, "tank/src");
    const dice = new Dice(12);
    const started = Date.now();
    const undisturbed = await prune();
    assertEquals(undisturbed.status, 0, undisturbed.log);
    assert(!(await snapshotsOf(src, "back/dst")).some((line) => line.includes("extra")), undisturbed.log);
    const tookMs = Date.now() - started;
    let within = 0;
    for (let round = 0; round < EXPORTS; round++) {
      let isOver = false;
      const run = prune().finally(() => isOver = true);
      await new Promise((resolve) => setTimeout(resolve, dice.integer(0, tookMs)));
      await src.sh("zpool export -f tank");
      const isWithin = !isOver;
      const { status, log } = await run;
      if (isWithin && status !== 0) within++;
      const copy = new Set(await snapshotsOf(src, "back/dst"));
      assertEquals(original.filter((line) => !copy.has(line)), [], log);
      await src.sh("zpool import -N -d /tmp tank", { timeoutMs: PATIENCE_MS });
    }
    assert(within >= EXPORTS / 4, `only ${within} exports were met by a run`);
  },
);

inGuests("a listing that meets a read error fails the run, and costs the destination nothing", async () => {
  const original = await snapshotsOf(src, "tank/src");
  const dataset = `tank/src/d${DATASETS}`;
  // Overwrites all three copies of the last block of names of snapshots; imports do not read it. The name of the newest
  // one must stand before it: the kernel itself breaks where it cannot read that (VERIFY in dsl_dataset_name()).
  await src.sh(
    `id=$(zfs get -Hp -o value objsetid ${dataset})
    names=$(zdb -dddd tank $id | sed -n 's/.*snapnames_zapobj = //p')
    for try in $(seq 50); do
      zfs snapshot ${dataset}@newest$try; zpool sync tank
      place=$(zdb -dddd tank $names | grep -E '^\\s+\\S+ = [0-9]+' | grep -n "newest$try " | cut -d: -f1)
      [ "$place" -gt ${MANY / 4} ] || break
    done
    [ "$place" -le ${MANY / 4} ]
    zpool export tank
    zdb -e -p /tmp -dddddd tank $names | grep ' L0 ' | tail -n 1 | grep -oE '\\b0:[0-9a-f]+:[0-9a-f]+' > /tmp/copies
    [ $(wc -l < /tmp/copies) = 3 ]
    while IFS=: read -r _ at size; do
      dd if=/dev/urandom of=/tmp/tank.pool bs=512 seek=$(((0x$at + 0x400000) / 512)) count=$((0x$size / 512)) \\
        conv=notrunc status=none
    done < /tmp/copies
    zpool import -N -d /tmp tank`,
    { timeoutMs: PATIENCE_MS },
  );
  const list = await src.run(`zfs list -Hp -t filesystem,volume,snapshot -d 1 -o name ${dataset}`);
  assertEquals(list.code, 0, list.stderr);
  assert(list.stdout.split("\n").length < MANY, list.stdout);
  const { status, log } = await prune();
  assertEquals(status, 3, log);
  const copy = new Set(await snapshotsOf(src, "back/dst"));
  assertEquals(original.filter((line) => !copy.has(line)), [], log);
});

/** Prunes the copy, which has something that the source lacks. */
async function prune(): Promise<Run> {
  await src.sh(
    `zfs snapshot back/dst/d7@extra 2> /dev/null || true
    zfs create back/dst/extra 2> /dev/null || true
    zfs snapshot back/dst/extra@s1 2> /dev/null || true`,
  );
  return await bzfs(PRUNE);
}
