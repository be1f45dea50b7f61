/**
 * Both kinds of dry run change nothing, however much there is to do: the pools' own histories grow by nothing, and the
 * log says what would have been done. The real run then does just that.
 */
import { assert, assertEquals } from "@std/assert";
import { changesOf, initiator, PATIENCE_MS, recordsOf, snapshotsOf } from "../support/replicas.ts";
import { testbed } from "../support/vm.ts";

const bed = await testbed("src");
const { src } = bed.hosts;
const bzfs = await initiator(bed);
const tank = await src.createPool("tank");
const back = await src.createPool("back");
const [from, to] = [`${tank}/s`, `${back}/above/d`];
const words = ["-r", "-v", "--force", "--exclude-snapshot-regex=skip", "--", from, to];

Deno.test("set up: full and incremental sends, tokens, a conflict and an unrelated history", async () => {
  await src.sh(
    `cut_short() { zfs send --raw $1 2> /dev/null | head -c 300000 | zfs receive -s -u $2 2> /dev/null || true; }
    zfs create ${from}; zfs create -p ${to}
    for name in ahead behind new resumed skipped unrelated; do zfs create ${from}/$name; done
    for name in resumed skipped; do head -c 600k /dev/urandom > /${from}/$name/file; done
    zfs snapshot -r ${from}@1
    for name in ahead behind; do zfs send --raw ${from}/$name@1 | zfs receive -F -u ${to}/$name; done 2> /dev/null || true
    zfs snapshot ${to}/ahead@own
    zfs create -u ${to}/unrelated; zfs snapshot ${to}/unrelated@own
    cut_short ${from}/resumed@1 ${to}/resumed
    zfs snapshot ${from}/skipped@skip; cut_short ${from}/skipped@skip ${to}/skipped
    zfs snapshot -r ${from}@2`,
    { timeoutMs: PATIENCE_MS },
  );
});

for (const kind of ["send", "recv"] as const) {
  Deno.test(`--dryrun=${kind} changes nothing and says what would be done`, async () => {
    const before = [await changesOf(src, tank), await changesOf(src, back)];
    const run = await bzfs([`--dryrun=${kind}`, "--retries=0", "--exclude-dataset=skipped", ...words]);
    assertEquals([await changesOf(src, tank), await changesOf(src, back)], before, run.log);
    assert(recordsOf(run, /^Dry \d\/6 Full send: .*new@1 --> /).length === 1, run.log);
    assert(recordsOf(run, /^Dry \d\/6 Incremental send -i: .*behind@1 \.\. @2 --> /).length === 1, run.log);
    assertEquals(recordsOf(run, /^Dry \d\/6 Rolling back destination to .*ahead@1$/).length, 1, run.log);
    assertEquals(recordsOf(run, /^Would execute: .*zfs rollback -r .*ahead@1/).length, 1, run.log);
    assertEquals(recordsOf(run, /^Dry Deleting 1 snapshots within .*unrelated: \['own'\]$/).length, 1, run.log);
    const behind = recordsOf(run, /zfs send .*behind@1 .*zfs receive /);
    const verb = kind === "send" ? "Would execute: " : "Executing: ";
    assert(behind.length === 1 && behind[0]!.startsWith(verb), run.log);
    if (kind === "recv") assert(/zfs receive .*-n /.test(behind[0]!), behind[0]);
  });
}

Deno.test("a dry run stops at a token that it would have to clear, and keeps it", async () => {
  const before = [await changesOf(src, tank), await changesOf(src, back)];
  const run = await bzfs([
    "--dryrun",
    "--retries=0",
    "--exclude-snapshot-regex=skip",
    `${from}/skipped`,
    `${to}/skipped`,
  ]);
  assertEquals(run.status, 3, run.log);
  assertEquals(recordsOf(run, /^Dry Aborting an interrupted zfs receive -s/).length, 1, run.log);
  assertEquals([await changesOf(src, tank), await changesOf(src, back)], before, run.log);
});

Deno.test("the real run does it", async () => {
  const run = await bzfs(words);
  assertEquals(run.status, 0, run.log);
  await src.sh(`zfs destroy ${from}/skipped@skip`);
  assertEquals(await snapshotsOf(src, to), await snapshotsOf(src, from));
});
