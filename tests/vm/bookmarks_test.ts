/**
 * Bookmarks: they are the base when the source's snapshots are gone, they replace temporary ones that a killed run left
 * behind, and they are made for the snapshots that `--create-bookmarks` says.
 */
import { assert, assertEquals } from "@std/assert";
import { sha256 } from "../../lib/host/node.ts";
import type { Guid } from "../../lib/model/snapshot.ts";
import { bookmarkTags, destinationMark } from "../../lib/plan/replication/bookmarks.ts";
import { bookmarksOf, initiator, PATIENCE_MS, recordsOf, tagsOf } from "../support/replicas.ts";
import { testbed } from "../support/vm.ts";

const bed = await testbed("src");
const { src } = bed.hosts;
const bzfs = await initiator(bed);
const tank = await src.createPool("tank");
const back = await src.createPool("back");

Deno.test("after the source's snapshots are gone their bookmarks are the base", async () => {
  await src.sh(
    `zfs create ${tank}/base; zfs create ${tank}/base/child
    zfs snapshot -r ${tank}/base@1; zfs snapshot -r ${tank}/base@d_daily`,
    { timeoutMs: PATIENCE_MS },
  );
  const words = ["-r", "-v", `${tank}/base`, `${back}/base`];
  assertEquals((await bzfs(words)).status, 0);
  assertEquals(await bookmarksOf(src, `${tank}/base/child`), ["1_GUID", "d_GUID_daily"]);
  await src.sh(`zfs destroy -r ${tank}/base@1,d_daily; zfs snapshot -r ${tank}/base@3; zfs snapshot -r ${tank}/base@4`);
  const run = await bzfs(words);
  assertEquals(run.status, 0, run.log);
  assertEquals(recordsOf(run, /Incremental send -i: .*#d_\d+_daily \.\. @3 --> /).length, 2, run.log);
  assertEquals(await tagsOf(src, `${back}/base/child`), ["1", "d_daily", "3", "4"]);
  assertEquals(await bookmarksOf(src, `${tank}/base/child`), ["1_GUID", "d_GUID_daily", "3_GUID", "4_GUID"]);

  await src.sh(`zfs destroy -r ${tank}/base@3,4; zfs snapshot -r ${tank}/base@5`);
  const refused = await bzfs(["--no-use-bookmark", "--retries=0", `${tank}/base`, `${back}/base`]);
  assertEquals(refused.status, 3);
  assertEquals(recordsOf(refused, /^ERROR: Conflict: No common snapshot found/).length, 1, refused.log);
});

Deno.test("what a killed run left is promoted if it arrived and collected if it did not; others' is not touched", async () => {
  const [from, to] = [`${tank}/left`, `${back}/left`];
  await src.sh(`zfs create ${from}; zfs snapshot ${from}@1; zfs snapshot ${from}@2`);
  assertEquals((await bzfs(["--create-bookmarks=none", from, to])).status, 0);
  assertEquals(await bookmarksOf(src, from), []);
  await src.sh(`zfs snapshot ${from}@3; zfs snapshot ${from}@4; zfs snapshot ${from}@5`);
  const mark = async (dataset: string) =>
    destinationMark(await src.sh(`zpool get -Hp -o value guid ${back}`), sha256(dataset));
  const leave = async (tag: string, dataset: string): Promise<string> => {
    const guid = await src.sh(`zfs get -Hp -o value guid ${from}@${tag}`) as Guid;
    const { temporary } = bookmarkTags(tag, guid, await mark(dataset));
    await src.sh(`zfs bookmark ${from}@${tag} '${from}#${temporary}'`);
    return temporary;
  };
  await leave("2", to);
  await leave("3", to);
  const foreign = await leave("2", `${back}/elsewhere`);
  await src.sh(`zfs destroy ${from}@2,3`);
  const run = await bzfs(["-v", from, to]);
  assertEquals(run.status, 0, run.log);
  assertEquals(recordsOf(run, /Incremental send -i: .*#.*2.* \.\. @4 --> /).length, 1, run.log);
  assertEquals(await tagsOf(src, to), ["1", "2", "4", "5"]);
  assertEquals((await bookmarksOf(src, from)).toSorted(), [foreign, "2_GUID", "4_GUID", "5_GUID"]);
});

Deno.test("--create-bookmarks=hourly marks hourly and longer periods, and the last of a run", async () => {
  const [from, to] = [`${tank}/periods`, `${back}/periods`];
  const words = ["--create-bookmarks=hourly", from, to];
  await src.sh(`zfs create ${from}; zfs snapshot ${from}@a_secondly`);
  assertEquals((await bzfs(words)).status, 0);
  await src.sh(`for tag in b_hourly c_secondly d_daily e_minutely f_secondly; do zfs snapshot ${from}@$tag; done`);
  assertEquals((await bzfs(words)).status, 0);
  assertEquals(await bookmarksOf(src, from), ["a_GUID_secondly", "b_GUID_hourly", "d_GUID_daily", "f_GUID_secondly"]);
});

Deno.test("names as long as ZFS allows are replicated without a bookmark, and a bookmark of another snapshot is a conflict", async () => {
  const [from, to] = [`${tank}/names`, `${back}/n`];
  const long = "a b:c.d-e_".repeat(26).slice(0, 255 - `${from}@`.length);
  await src.sh(`zfs create ${from}; zfs snapshot ${from}@1; zfs snapshot '${from}@${long}'; zfs snapshot ${from}@3`);
  const run = await bzfs([from, to]);
  assertEquals(run.status, 0, run.log);
  assertEquals(recordsOf(run, /^(\[W\] )?.*No bookmark is made/).length, 1, run.log);
  assertEquals(await tagsOf(src, to), ["1", long, "3"]);
  assertEquals(await bookmarksOf(src, from), ["1_GUID", "3_GUID"]);
  const wanted = await bzfs(["--create-bookmarks=all", from, `${back}/m`]);
  assertEquals(wanted.status, 3, wanted.log);
  assertEquals(await tagsOf(src, `${back}/m`), ["1", long, "3"]);

  await src.sh(`zfs snapshot ${from}@4; zfs bookmark ${from}@1 ${from}#4_$(zfs get -Hp -o value guid ${from}@4)`);
  const conflict = await bzfs(["--retries=0", from, to]);
  assertEquals(conflict.status, 3, conflict.log);
  assert(
    /Conflict: Cannot create bookmark '.*#4_\d+' with expected GUID '\d+' from '.*', because the bookmark already exists/
      .test(conflict.log),
    conflict.log,
  );
});
