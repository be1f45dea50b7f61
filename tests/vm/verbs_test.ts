/**
 * Creating, pruning, comparing and monitoring on real pools: what is atomic, what is held, cloned or bookmarked, and
 * what others do at the same time.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { bookmarksOf, inGuests, initiator, PATIENCE_MS, recordsOf, tagsOf } from "../support/replicas.ts";
import { testbed, zfsVersion } from "../support/vm.ts";

const bed = await testbed("src");
const { src } = bed.hosts;
const bzfs = await initiator(bed);
const tank = await src.createPool("tank");
const back = await src.createPool("back");
const plan = "{'p': {'on': {'hourly': 2, 'adhoc': 1}}}";

Deno.test("creation is atomic in a whole tree, replication and pruning follow in the same run, and all is well", async () => {
  const [from, to] = [`${tank}/c`, `${back}/c`];
  await src.sh(`zfs create ${from}; zfs create ${from}/a; zfs create ${from}/a-b; zfs create ${from}/a/c`);
  const limits = "{'warning': '9 days', 'critical': '9 days'}";
  const monitor = `{'p': {'on': {'hourly': {'latest': ${limits}, 'oldest': ${limits}}}}}`;
  const words = ["-r", "-v", "--create-src-snapshots", `--create-src-snapshots-plan=${plan}`, from, to];
  const run = await bzfs([...words, "--delete-dst-snapshots", `--monitor-snapshots=${monitor}`]);
  assertEquals(run.status, 0, run.log);
  assertEquals(recordsOf(run, /Executing: .*zfs snapshot -r /).length, 2, run.log);
  assertEquals(recordsOf(run, /^--monitor_snapshots: OK\. Latest snapshot for /).length, 8, run.log);
  const txgs = await src.sh(`zfs list -Hp -r -t snapshot -o createtxg,name ${from}`);
  const byLabel = Map.groupBy(txgs.split("\n"), (line) => line.slice(line.lastIndexOf("_")));
  for (const rows of byLabel.values()) {
    assertEquals(rows.length, 4);
    assertEquals(new Set(rows.map((row) => row.split("\t")[0])).size, 1, txgs);
  }
  const again = await bzfs([...words, "--exclude-dataset=a", "--skip-replication"]);
  assertEquals(again.status, 0, again.log);
  assertEquals((await tagsOf(src, `${from}/a`)).length, 2);
  assertEquals((await tagsOf(src, `${from}/a-b`)).length, 3);
  assertEquals(recordsOf(again, /^Next scheduled snapshot time: .* for \S+_hourly$/).length, 2, again.log);
});

Deno.test("pruning goes around what is held or cloned, tells the space beforehand, and leaves others' new snapshots", async () => {
  const [from, to] = [`${tank}/p`, `${back}/p`];
  await src.sh(
    `zfs create ${from}; zfs create ${from}/kid; zfs snapshot -r ${from}@s1
    file=$(zfs get -Hp -o value mountpoint ${from}/kid)/file
    head -c 3M /dev/urandom > $file; zfs snapshot -r ${from}@s2; rm $file
    for i in 3 4 5 6; do zfs snapshot -r ${from}@s$i; done`,
    { timeoutMs: PATIENCE_MS },
  );
  assertEquals((await bzfs(["-r", "--create-bookmarks=none", from, to])).status, 0);
  await src.sh(`zfs destroy -r ${from}@s1%s5; zfs hold keep ${to}@s1; zfs clone ${to}@s3 ${back}/clone
    zfs bookmark ${to}@s2 ${to}#mark; zfs bookmark ${to}@s2 '${to}#.TMPBZFS.s2.a.b.c'`);
  const words = ["-r", "-v", "--skip-replication", "--retries=1", "--retry-max-sleep-secs=0"];
  const prune = [...words, "--delete-dst-snapshots", "--exclude-snapshot-regex=s5", from, to];
  const dry = await bzfs([...prune, "--dryrun", "--exclude-snapshot-regex=s3"]);
  assertEquals(dry.status, 0, dry.log);
  assertMatch(dry.log, /^ +would destroy \S+kid@s2\n(?: +would destroy .*\n)* +would reclaim 3\.\d+M/m);
  assertMatch(dry.log, /Would free about 3\.\d+ ?MiB\n/);
  assertEquals((await tagsOf(src, `${to}/kid`)).length, 6);

  const others = `(for i in 1 2 3 4 5 6 7 8; do zfs snapshot ${to}/kid@other$i; done) > /dev/null 2>&1 &`;
  await src.sh(others);
  const run = await bzfs(prune);
  assertEquals(run.status, 3, run.log);
  assertEquals(recordsOf(run, /^Cannot delete a snapshot that is in use: /).at(0)?.endsWith(`${to}@s3`), true, run.log);
  assertEquals(await tagsOf(src, to), ["s1", "s3", "s5", "s6"]);
  const kept = (await tagsOf(src, `${to}/kid`)).filter((tag) => !tag.startsWith("other"));
  assertEquals(kept, ["s5", "s6"]);
  await src.sh(`for i in 1 2 3 4 5 6 7 8 9; do zfs list ${to}/kid@other8 && exit; sleep 1; done`);

  const bookmarks = await bzfs([...words, "--delete-dst-snapshots=bookmarks", from, to]);
  assertEquals(bookmarks.status, 0, bookmarks.log);
  assertEquals(await bookmarksOf(src, to), [".TMPBZFS.s2.a.b.c"]);
  await src.sh(`zfs destroy ${back}/clone; zfs create ${to}/extra; zfs create ${to}/extra/deep`);
  const datasets = await bzfs([...words, "--delete-dst-datasets", from, to]);
  assertEquals(datasets.status, 0, datasets.log);
  assertEquals(await src.sh(`zfs list -H -r -o name ${to}`), `${to}\n${to}/kid`);
});

inGuests("a tree goes from the leaves up while others add to it: what they add stays, with all above it", async () => {
  const [from, to] = [`${tank}/t`, `${back}/t`];
  const letters = [..."abcdefghijkl"];
  await src.sh(
    `zfs create ${from}; zfs create ${to}; zfs create ${to}/x
    for d in ${letters.join(" ")}; do zfs create -u ${to}/x/$d; zfs create -u ${to}/x/$d/k; done
    for i in 1 2 3; do zfs snapshot -r ${to}/x@s$i; done; zfs bookmark ${to}/x/a@s1 ${to}/x/a#mark
    zfs clone ${to}/x/l@s2 ${to}/x/a/clone`,
    { timeoutMs: PATIENCE_MS },
  );
  // Others act right behind the end of the first dataset, before the run destroys the next one.
  await src.sh(
    `cat > /usr/local/sbin/zfs <<'END'
#!/bin/sh
/usr/sbin/zfs "$@"
status=$?
case "$*" in
destroy*${to}/x/l)
  {
    /usr/sbin/zfs snapshot -r ${to}/x@own
    /usr/sbin/zfs list -H -o name -t snapshot -r ${to}/x | grep @own > /tmp/theirs
    /usr/sbin/zfs create ${to}/x/b/new
  } > /dev/null 2>&1
  ;;
esac
exit $status
END
    chmod +x /usr/local/sbin/zfs`,
  );
  const words = ["-r", "-v", "--skip-replication", "--retries=0", "--delete-dst-datasets", from, to];
  const run = await bzfs(words);
  assertEquals(run.status, 0, run.log);
  await src.sh("rm /usr/local/sbin/zfs");
  const theirs = (await src.sh("cat /tmp/theirs || true")).split("\n");
  const left = (await src.sh(`zfs list -H -o name -t filesystem,snapshot -r ${to}`)).split("\n");
  assert(theirs.length > 10, `${theirs.join(" ")}\n${run.log}`);
  assertEquals(theirs.filter((name) => !left.includes(name)), [], run.log);
  assert(!left.includes(`${to}/x/l`) && left.includes(`${to}/x/b/new`), left.join(" "));
  assertEquals(recordsOf(run, /^Executing: .*zfs destroy .*-r/), []);
  assert(
    recordsOf(run, /^Somebody has added something to a dataset tree meanwhile, hence it is kept: /).length > 0,
    run.log,
  );
  const again = await bzfs(words);
  assertEquals(again.status, 0, again.log);
  assertEquals(await src.sh(`zfs list -H -r -o name ${to}`), to);
});

Deno.test("what was received in part survives the deletion of empty datasets, and is resumed; -F goes nowhere else", async () => {
  const [from, to] = [`${tank}/r`, `${back}/r`];
  await src.sh(
    `zfs create ${from}; zfs create ${from}/kid
    head -c 3M /dev/urandom > $(zfs get -Hp -o value mountpoint ${from}/kid)/file; zfs snapshot -r ${from}@s1
    zfs create ${to}; zfs create ${to}/empty; zfs create ${to}/e; zfs snapshot ${to}@own
    for d in new e; do zfs send --raw ${from}/kid@s1 | head -c 1000000 | zfs receive -F -s -u ${to}/$d || true; done`,
    { timeoutMs: PATIENCE_MS },
  );
  const prune = await bzfs([
    "-r",
    "-v",
    "--skip-replication",
    "--delete-empty-dst-datasets=snapshots+bookmarks",
    from,
    to,
  ]);
  assertEquals(prune.status, 0, prune.log);
  assertEquals(await src.sh(`zfs list -H -r -o name ${to}`), `${to}\n${to}/e\n${to}/new`);
  for (const name of ["new", "e"]) {
    const run = await bzfs(["-v", "--create-bookmarks=none", `${from}/kid`, `${to}/${name}`]);
    assertEquals(run.status, 0, run.log);
    assertEquals(recordsOf(run, /^Executing: .*zfs send .*-t 1-\S+ .*zfs receive -F /).length, 1, run.log);
    assertEquals(await tagsOf(src, `${to}/${name}`), ["s1"]);
  }
  await src.sh(`zfs create ${to}/f; zfs create ${to}/f/theirs; zfs snapshot ${to}/f/theirs@x`);
  const refused = await bzfs(["-v", "--retries=0", "--create-bookmarks=none", from, `${to}/f`]);
  assertEquals(refused.status, 3, refused.log);
  assert(refused.log.includes(`Conflict: Cannot replace ${to}/f, `), refused.log);
  assertEquals(await src.sh(`zfs list -H -r -t all -o name ${to}/f`), `${to}/f\n${to}/f/theirs\n${to}/f/theirs@x`);
  const forced = await bzfs(["-v", "--force", "--create-bookmarks=none", from, `${to}/f`]);
  assertEquals(forced.status, 0, forced.log);
  assertEquals([await tagsOf(src, `${to}/f`), await tagsOf(src, `${to}/f/theirs`)], [["s1"], ["x"]]);
  const doomed = ["-r", "-v", "--skip-replication", "--delete-dst-datasets", `${tank}/none`, to];
  await src.sh(`zfs create ${tank}/none; for d in p q; do zfs create ${to}/$d; done
    for d in p/new q; do zfs send --raw ${from}/kid@s1 | head -c 1000000 | zfs receive -F -s -u ${to}/$d || true; done`);
  const datasets = await bzfs(doomed);
  assertEquals(datasets.status, 0, datasets.log);
  assertEquals(recordsOf(datasets, /^Aborting an interrupted zfs receive -s, /).length, 2, datasets.log);
  assertEquals(await src.sh(`zfs list -H -r -o name ${to}`), to);
});

Deno.test("comparison after a partial replication tells what is missing where; monitoring turns red on both ends", async () => {
  const [from, to] = [`${tank}/m`, `${back}/m`];
  await src.sh(`zfs create ${from}; zfs snapshot ${from}@p_on_1_daily; zfs snapshot ${from}@p_on_2_daily`);
  assertEquals((await bzfs(["--create-bookmarks=none", from, to])).status, 0);
  await src.sh(`zfs snapshot ${from}@p_on_3_daily; zfs snapshot ${to}@mine`);
  const compare = await bzfs(["--skip-replication", "--compare-snapshot-lists=src+dst+all", from, to]);
  assertEquals(compare.status, 0, compare.log);
  for (const [where, count] of [["all", 2], ["src", 1], ["dst", 1]]) {
    assert(compare.messages.includes(`Comparing ~ Snapshots only in ${where}: ${count}`), compare.log);
  }
  assertEquals(recordsOf(compare, /^Final TSV output file comparing .*\.tsv$/).length, 1, compare.log);
  const red = "{'p': {'on': {'daily': {'latest': {'critical': '1 millis', 'cycles': 0}}}}}";
  const alarm = await bzfs(["--quiet", "--skip-replication", `--monitor-snapshots=${red}`, from, to]);
  assertEquals(alarm.status, 2, alarm.log);
  assertMatch(
    alarm.log.split("\n")[0]!,
    /^CRITICAL - --monitor_snapshots: Latest snapshot for \S+@p_on_<timestamp>_daily /,
  );
  const calm = red.replace("1 millis", "9 days");
  const well = await bzfs(["--quiet", "--skip-replication", `--monitor-snapshots=${calm}`, from, to]);
  assertEquals([well.status, well.log.split("\n")[0]], [0, "OK - 2 datasets monitored"]);
});

Deno.test({
  name: "the cache sees each change of a real pool",
  ignore: zfsVersion() === "2.1",
  async fn(): Promise<void> {
    const [from, to] = [`${tank}/k`, `${back}/k`];
    await src.sh(`zfs create ${from}; zfs snapshot ${from}@1`);
    const run = async (): Promise<string> => {
      const { status, log } = await bzfs(["--cache-snapshots", "--create-bookmarks=none", from, to]);
      assertEquals(status, 0, log);
      return /cache hits: ([^,]+),/.exec(log)?.[1] ?? "";
    };
    await run();
    await src.sh("sleep 2");
    assertEquals(await run(), "0/1=0%");
    assertEquals(await run(), "1/1=100%");
    await src.sh(`zfs snapshot ${from}@2`);
    assertEquals(await run(), "0/1=0%");
    assertEquals(await tagsOf(src, to), ["1", "2"]);
  },
});
