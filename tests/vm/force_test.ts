/**
 * Destinations that went their own way: refused without force, and each force option destroys what it says and no
 * more. One dataset for each kind of trouble, so that one run meets them all.
 */
import { assert, assertEquals } from "@std/assert";
import { initiator, PATIENCE_MS, recordsOf, type Run, snapshotsOf, stateOf, tagsOf } from "../support/replicas.ts";
import { testbed } from "../support/vm.ts";

const bed = await testbed("src");
const { src } = bed.hosts;
const bzfs = await initiator(bed);
const tank = await src.createPool("tank");
const back = await src.createPool("back");
const [from, to] = [`${tank}/s`, `${back}/d`];
const tree = ["-r", "--retries=0", from, to];

/** What happens to each copy after the first run. */
const troubles: Readonly<Record<string, string>> = {
  ahead: "zfs snapshot $copy@own",
  clones: `zfs snapshot $copy@own; zfs clone $copy@own ${back}/clone`,
  dirty: "zfs mount $copy; echo changed > $(zfs get -Hp -o value mountpoint $copy)/changed",
  held: "zfs snapshot $copy@own; zfs hold keep $copy@own",
  once1: "zfs snapshot $copy@own",
  once2: "zfs snapshot $copy@own",
  unrelated: "zfs destroy -r $copy; zfs create -u $copy; zfs snapshot $copy@own",
};
const names = Object.keys(troubles);

Deno.test("without force a run refuses what only the destination has, and changes nothing there", async () => {
  await src.sh(
    `zfs create ${from}
    for name in ${names.join(" ")}; do zfs create ${from}/$name; done
    zfs snapshot -r ${from}@1; zfs snapshot -r ${from}@2`,
    { timeoutMs: PATIENCE_MS },
  );
  const first = await bzfs(tree);
  assertEquals(first.status, 0, first.log);
  const script = names.map((name) => `copy=${to}/${name}; ${troubles[name]}`);
  await src.sh([...script, `zfs snapshot -r ${from}@3`].join("\n"), { timeoutMs: PATIENCE_MS });

  const before = await stateOf(src, back);
  const run = await bzfs(tree);
  assertEquals(run.status, 3, run.log);
  for (const name of ["ahead", "clones", "held", "once1", "once2"]) {
    const message = `Conflict: Most recent destination snapshot ${to}/${name}@own is more recent than most recent ` +
      `common snapshot ${to}/${name}@2. Only the destination has: @own. (To keep both and go on, add ` +
      `--on-conflict=set-aside: see bzfs help diverged. To keep them, replicate to another dataset, or rename this one: zfs rename ${to}/${name} ${to}/${name}-kept. To destroy them, roll back the destination, for ` +
      "example via --force-rollback-to-latest-common-snapshot (or --force) option)";
    assert(saysError(run, message), run.log);
  }
  assert(
    saysError(
      run,
      `Conflict: No common snapshot found between ${from}/unrelated and ${to}/unrelated even though destination has at ` +
        "least one snapshot. Aborting. Only the destination has: @own. (To keep both and go on, add " +
        "--on-conflict=set-aside: see bzfs help no common snapshot. To keep them, ",
    ),
    run.log,
  );
  assert(run.log.includes(`cannot receive incremental stream: destination ${to}/dirty has been modified`), run.log);
  assertEquals(recordsOf(run, /Tolerated 7 errors/).length, 1);
  assertEquals(without(await stateOf(src, back), `${to}@3`), without(before, `${to}@3`));
});

Deno.test("--force-once resolves one conflict of a run", async () => {
  const words = ["--force-once", "--force", "--skip-parent", "--include-dataset", "once1", "once2", "--"];
  const run = await bzfs(["-r", "--retries=0", ...words, from, to]);
  assertEquals(run.status, 3, run.log);
  assertEquals(recordsOf(run, /Rolling back destination to most recent common snapshot/).length, 1, run.log);
  assertEquals(recordsOf(run, /^ERROR: Conflict: .*once2@own/).length, 1, run.log);
  assertEquals(await tagsOf(src, `${to}/once1`), ["1", "2", "3"]);
  assertEquals(await tagsOf(src, `${to}/once2`), ["1", "2", "own"]);
});

Deno.test("--force-rollback-to-latest-snapshot undoes changes since then, and no snapshot is lost", async () => {
  const run = await bzfs(["--force-rollback-to-latest-snapshot", "--retries=0", `${from}/dirty`, `${to}/dirty`]);
  assertEquals(run.status, 0, run.log);
  assertEquals(recordsOf(run, /Rolling back destination to most recent snapshot: .*dirty@2$/).length, 1, run.log);
  assertEquals(await tagsOf(src, `${to}/dirty`), ["1", "2", "3"]);
  const refused = await bzfs([
    "--force-rollback-to-latest-snapshot",
    "--retries=0",
    `${from}/ahead`,
    `${to}/ahead`,
  ]);
  assertEquals([refused.status, await tagsOf(src, `${to}/ahead`)], [3, ["1", "2", "own"]], refused.log);
});

Deno.test("--force-rollback-to-latest-common-snapshot spares clones, holds and unrelated histories", async () => {
  const run = await bzfs(["--force-rollback-to-latest-common-snapshot", ...tree]);
  assertEquals(run.status, 3, run.log);
  assert(run.log.includes("use '-R' to force deletion of the following clones"), run.log);
  assertEquals(recordsOf(run, /^ERROR: Conflict: No common snapshot/).length, 1, run.log);
  for (const name of ["ahead", "once2"]) assertEquals(await tagsOf(src, `${to}/${name}`), ["1", "2", "3"], name);
  for (const name of ["clones", "held"]) assertEquals(await tagsOf(src, `${to}/${name}`), ["1", "2", "own"], name);
  assertEquals(await tagsOf(src, `${to}/unrelated`), ["own"]);
});

Deno.test("--force replaces an unrelated history, but neither clones nor held snapshots", async () => {
  const run = await bzfs(["--force", ...tree]);
  assertEquals(run.status, 3, run.log);
  assertEquals(recordsOf(run, /^Deleting 1 snapshots within .*unrelated: \['own'\]$/).length, 1, run.log);
  assertEquals(await tagsOf(src, `${to}/unrelated`), ["1", "2", "3"]);
  for (const name of ["clones", "held"]) assertEquals(await tagsOf(src, `${to}/${name}`), ["1", "2", "own"], name);
});

Deno.test("--force-destroy-dependents takes clones along; a hold must be released by its owner", async () => {
  const run = await bzfs(["--force", "--force-destroy-dependents", "--force-unmount", ...tree]);
  assertEquals(run.status, 3, run.log);
  assertEquals(await tagsOf(src, `${to}/clones`), ["1", "2", "3"]);
  assertEquals(await tagsOf(src, `${to}/held`), ["1", "2", "own"]);
  await src.sh(`! zfs list ${back}/clone; zfs release keep ${to}/held@own`);
  const last = await bzfs(["--force", ...tree]);
  assertEquals(last.status, 0, last.log);
  assertEquals(await snapshotsOf(src, to), await snapshotsOf(src, from));
});

Deno.test("a snapshot that was made again under its name is a conflict, which --force resolves", async () => {
  const [remade, copy] = [`${from}/remade`, `${to}/remade`];
  await src.sh(`zfs create ${remade}; for n in 1 2; do zfs snapshot ${remade}@$n; done`);
  assertEquals((await bzfs(["--retries=0", remade, copy])).status, 0);
  await src.sh(`zfs destroy ${remade}@2; zfs snapshot ${remade}@2; zfs snapshot ${remade}@3`);
  const before = await stateOf(src, copy);
  for (const dry of [[], ["--dryrun"]]) {
    const refused = await bzfs([...dry, "--retries=0", remade, copy]);
    assertEquals(refused.status, 3, refused.log);
    assert(saysError(refused, `Conflict: Destination snapshot ${copy}@2 (guid `), refused.log);
    assertEquals(recordsOf(refused, /Incremental send/), []);
  }
  assertEquals(await stateOf(src, copy), before);
  const forced = await bzfs(["--force", "--retries=0", remade, copy]);
  assertEquals(forced.status, 0, forced.log);
  const guids = async (dataset: string): Promise<string> =>
    await src.sh(`zfs list -Hp -d 1 -t snapshot -o guid -s createtxg ${dataset}`);
  assertEquals(await guids(copy), await guids(remade));
});

Deno.test("data without a snapshot is replaced with a warning that --quiet shows, and never by another type", async () => {
  const [fresh, copy] = [`${from}/fresh`, `${to}/fresh`];
  await src.sh(
    `zfs create ${fresh}; zfs snapshot ${fresh}@1
    zfs create -p ${copy}/below; zfs create -V 8M -s ${to}/volume`,
    { timeoutMs: PATIENCE_MS },
  );
  const before = await stateOf(src, back);
  const typed = await bzfs(["--retries=0", fresh, `${to}/volume`]);
  assertEquals(typed.status, 3, typed.log);
  assert(saysError(typed, `Conflict: Cannot replace ${to}/volume, a volume without snapshots`), typed.log);
  const refused = await bzfs(["--retries=0", "--existing-data=refuse", fresh, copy]);
  assertEquals(refused.status, 3, refused.log);
  assertEquals(await stateOf(src, back), before);
  const quiet = await bzfs(["--retries=0", "--quiet", fresh, copy]);
  assertEquals(quiet.status, 0, quiet.log);
  const warning =
    `Overwriting a destination that has no snapshots: ${copy} (this unmounts what is below it: ${copy}/below)`;
  assert(quiet.log.includes(warning), quiet.log);
  assertEquals(await tagsOf(src, copy), ["1"]);
  assertEquals(await src.sh(`zfs get -Hp -o value mounted ${copy}/below`), "no");
  const forced = await bzfs(["--retries=0", "--force", fresh, `${to}/volume`]);
  assertEquals(forced.status, 0, forced.log);
  assertEquals(await src.sh(`zfs get -Hp -o value type ${to}/volume`), "filesystem");
});

function saysError(run: Run, text: string): boolean {
  return run.messages.some((message) => message.startsWith(`ERROR: ${text}`));
}

function without(state: string, name: string): readonly string[] {
  return state.split("\n").filter((line) => !line.startsWith(name));
}
