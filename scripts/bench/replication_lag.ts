/**
 * How far a copy is behind when snapshots are made and replicated every second from one guest to another.
 *
 * Two daemons of the job runner, one that creates and one that replicates, run on this machine and reach both guests by
 * ssh. The lag of a snapshot is the time from its creation, which ZFS tells in whole seconds, to its first appearance
 * at the destination, which is asked several times a second; so it is half a second too long in the mean. Each guest
 * sets its clock to a whole second when it boots, so what their clocks differ by is measured and taken out.
 * @module
 */
import { capture } from "../process.ts";
import { startTestbed, type Testbed } from "../testbed/guest.ts";
import type { TestHost } from "../testbed/host.ts";
import { median } from "./cost.ts";

/** Lags in milliseconds, one for each snapshot that arrived, and how many were made in how many seconds. */
export interface ReplicationLag {
  readonly lagsMs: readonly number[];
  readonly created: number;
  readonly seconds: number;
}

/** Runs both daemons for so many seconds. */
export async function measureReplicationLag(executable: string, seconds: number): Promise<ReplicationLag> {
  await using testbed = await startTestbed({ hosts: ["src", "dst"] });
  const { src, dst } = testbed.hosts;
  await src.createPool("tank");
  await src.sh("zfs create tank/data; echo > /tank/data/file");
  await dst.createPool("vault");
  const folder = await Deno.makeTempDir({ prefix: "bzfs-lag-" });
  try {
    const words = await policyWords(testbed, folder, seconds);
    const run = async (action: string): Promise<void> => {
      const argv = [executable, "jobrunner", ...words, action, "--root-dataset-pairs", "tank/data", "data"];
      const { code, stdout, stderr } = await capture(argv);
      if (code !== 0) throw new Error(`${action} ended with status ${code}:\n${stdout.slice(-4000)}${stderr}`);
    };
    const aheadMs = await clockOffsetMs(dst) - await clockOffsetMs(src);
    const timeoutMs = (seconds + 300) * 1000;
    const writer = src.sh(`while [ ! -e /tmp/stop ]; do date >> /tank/data/file; sleep 0.5; done`, { timeoutMs });
    const watcher = watch(dst, timeoutMs);
    await Promise.all([run("--create-src-snapshots"), run("--replicate")]);
    await Promise.all([src, dst].map((host) => host.sh("touch /tmp/stop")));
    const [seen] = await Promise.all([watcher, writer]);
    const created = Number(await src.sh("zfs list -Hp -t snapshot -o name tank/data | wc -l"));
    return { lagsMs: seen.map((ms) => ms - aheadMs), created, seconds };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function policyWords(testbed: Testbed<string>, folder: string, seconds: number): Promise<string[]> {
  const config = `${folder}/bzfs_ssh_config`;
  await Deno.copyFile(testbed.sshConfig!, config);
  await Deno.chmod(config, 0o600);
  return [
    "--job-id=lag",
    "--src-hosts=['src']",
    "--dst-hosts={'dst': ['hot']}",
    "--retain-dst-targets={'dst': ['hot']}",
    "--dst-root-datasets={'dst': 'vault'}",
    "--src-snapshot-plan={'lag': {'hot': {'secondly': 60}}}",
    "--dst-snapshot-plan={'lag': {'hot': {'secondly': 600}}}",
    "--daemon-replication-frequency=secondly",
    `--daemon-lifetime=${seconds}seconds`,
    "--create-bookmarks=minutely", // as in docs/examples/hot-standby.yaml
    `--ssh-src-config-file=${config}`,
    `--ssh-dst-config-file=${config}`,
    "--ssh-src-user=root",
    "--ssh-dst-user=root",
    "--ssh-exit-on-shutdown",
    `--log-dir=${folder}/bzfs-logs`,
  ];
}

/** How far a guest's clock is ahead of ours, by the quickest of several answers. */
async function clockOffsetMs(host: TestHost): Promise<number> {
  const answers = [];
  for (let asked = 0; asked < 10; asked++) {
    const before = Date.now();
    const theirs = Number(await host.sh("date +%s%3N"));
    const after = Date.now();
    answers.push({ took: after - before, offset: theirs - (before + after) / 2 });
  }
  return answers.toSorted((a, b) => a.took - b.took)[0]!.offset;
}

/** Notes how old each snapshot is when it is there for the first time; in milliseconds. */
async function watch(host: TestHost, timeoutMs: number): Promise<number[]> {
  const script = `declare -A seen
    while [ ! -e /tmp/stop ]; do
      while read -r name creation; do
        [ -n "\${seen[$name]:-}" ] || { seen[$name]=1; echo "$(( $(date +%s%3N) - creation * 1000 ))"; }
      done < <(zfs list -Hp -t snapshot -d 1 -o name,creation -S createtxg vault/data 2>/dev/null | head -n 30)
      sleep 0.2
    done`;
  const text = await host.sh(script, { timeoutMs });
  return text.split("\n").filter((line) => line !== "").map(Number);
}

/** The figures in one line. */
export function describeReplicationLag({ lagsMs, created, seconds: duration }: ReplicationLag): string {
  if (lagsMs.length === 0) return `none of ${created} snapshots arrived in time`;
  const seconds = (ms: number): string => (ms / 1000).toFixed(1);
  return `${created} snapshots in ${duration} s, of which ${lagsMs.length} arrived, median ${
    seconds(median(lagsMs))
  } s, ` +
    `worst ${seconds(Math.max(...lagsMs))} s after their creation`;
}
