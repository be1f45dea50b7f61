/**
 * Selection on real trees and times: datasets by pattern, path and property, snapshots by pattern, rank, time and plan.
 * What each filter means in detail is tested without ZFS; here, that the right things arrive.
 */
import { assertEquals } from "@std/assert";
import { initiator, PATIENCE_MS, snapshotsOf } from "../support/replicas.ts";
import { testbed } from "../support/vm.ts";

const bed = await testbed("src");
const { src } = bed.hosts;
const bzfs = await initiator(bed);
const tank = await src.createPool("tank");
const back = await src.createPool("back");
const from = `${tank}/s`;

Deno.test("set up", async () => {
  await src.sh(
    `zfs create ${from}
    for name in a a-b a/c a/tmp keep keep/d; do zfs create ${from}/$name; done
    zfs set org.test:sync=false ${from}/keep; zfs set org.test:sync=other,${Deno.hostname()} ${from}/a
    for tag in h1_hourly h2_hourly p_q_1_adhoc; do zfs snapshot -r ${from}@$tag; done
    sleep 2; date +%s > /tmp/between; sleep 2
    for tag in h3_hourly p_q_2_adhoc h4_hourly; do zfs snapshot -r ${from}@$tag; done`,
    { timeoutMs: PATIENCE_MS },
  );
});

/** Names of what must arrive, in the order of `snapshotsOf`. */
function expected(datasets: readonly string[], tags: readonly string[]): readonly string[] {
  return datasets.flatMap((dataset) => tags.map((tag) => `${dataset}@${tag}`));
}

async function arrived(copy: string, words: readonly string[]): Promise<readonly string[]> {
  const run = await bzfs(["-r", ...words, "--", from, copy]);
  assertEquals(run.status, 0, run.log);
  return (await snapshotsOf(src, copy)).map((line) => line.split("\t")[0]!);
}

Deno.test("datasets: the default leaves out temporary ones; patterns and paths include and exclude subtrees", async () => {
  const one = ["--include-snapshot-regex=p_q_2_adhoc"];
  assertEquals(
    await arrived(`${back}/default`, one),
    expected(["", "/a", "/a-b", "/a/c", "/keep", "/keep/d"], ["p_q_2_adhoc"]),
  );
  const words = [
    "--include-dataset-regex",
    "a",
    "keep/.*",
    "--exclude-dataset",
    `/${from}/a/c`,
    "--exclude-dataset-regex=!.*",
  ];
  assertEquals(
    await arrived(`${back}/chosen`, [...one, ...words]),
    expected(["/a", "/a/tmp", "/keep/d"], ["p_q_2_adhoc"]),
  );
  assertEquals(
    await arrived(`${back}/property`, [...one, "--exclude-dataset-property=org.test:sync", "--skip-parent"]),
    expected(["/a", "/a-b", "/a/c"], ["p_q_2_adhoc"]),
  );
});

Deno.test("snapshots: patterns, ranks, times and plans; each incremental step jumps over what is left out", async () => {
  const only = ["--include-dataset", "a-b"];
  assertEquals(
    await arrived(`${back}/pattern`, [...only, "--include-snapshot-regex=.*hourly", "--exclude-snapshot-regex=h2.*"]),
    expected(["/a-b"], ["h1_hourly", "h3_hourly", "h4_hourly"]),
  );
  const between = await src.sh("cat /tmp/between");
  assertEquals(
    await arrived(`${back}/times`, [
      ...only,
      "--include-snapshot-times-and-ranks",
      `0..${between}`,
      "--include-snapshot-regex=p.*",
    ]),
    expected(["/a-b"], ["p_q_1_adhoc"]),
  );
  assertEquals(
    await arrived(`${back}/ranks`, [...only, "--include-snapshot-times-and-ranks", "notime", "latest 2"]),
    expected(["/a-b"], ["p_q_2_adhoc", "h4_hourly"]),
  );
  const plan = "{'p': {'q': {'adhoc': 1, 'hourly': 5}}}";
  assertEquals(
    await arrived(`${back}/plan`, [...only, "--include-snapshot-plan", plan]),
    expected(["/a-b"], ["p_q_2_adhoc"]),
  );
});
