/**
 * How far a copy is behind when snapshots are made and replicated every second: two guests, one daemon on each.
 *
 * The lag of a snapshot is the time from its creation to its first appearance at the destination, which is asked several
 * times a second. Both guests take their time from this machine.
 * @module
 */
import { startTestbed } from "../testbed/guest.ts";
import type { TestHost } from "../testbed/host.ts";
import { median } from "./cost.ts";

/** Lags in milliseconds, one for each snapshot that arrived, and how many there were to arrive. */
export interface ReplicationLag {
  readonly lagsMs: readonly number[];
  readonly created: number;
}

const POLICY = [
  "--job-id=lag",
  "--recursive",
  "--src-hosts=\"['src']\"",
  "--dst-hosts=\"{'dst': ['hot']}\"",
  "--retain-dst-targets=\"{'dst': ['hot']}\"",
  "--dst-root-datasets=\"{'dst': 'vault'}\"",
  "--src-snapshot-plan=\"{'lag': {'hot': {'secondly': 60}}}\"",
  "--dst-snapshot-plan=\"{'lag': {'hot': {'secondly': 600}}}\"",
  "--daemon-replication-frequency=secondly",
].join(" ");

/** Runs both daemons for so many seconds. */
export async function measureReplicationLag(executable: string, seconds: number): Promise<ReplicationLag> {
  await using testbed = await startTestbed({ hosts: ["src", "dst"], payload: [executable] });
  const { src, dst } = testbed.hosts;
  await src.createPool("tank");
  await src.sh("zfs create tank/data; echo > /tank/data/file");
  await dst.createPool("vault");
  const timeoutMs = (seconds + 300) * 1000;
  const daemon = (host: TestHost, action: string): Promise<string> =>
    host.sh(
      `bzfs jobrunner ${POLICY} --localhost=${host.name} --daemon-lifetime=${seconds}seconds ${action} \\
        --root-dataset-pairs tank/data data > /tmp/daemon.log 2>&1 || { tail -n 40 /tmp/daemon.log; exit 1; }`,
      { timeoutMs },
    );
  const writer = src.sh(`for ((i = 0; i < ${seconds}; i++)); do echo $i >> /tank/data/file; sleep 1; done`, {
    timeoutMs,
  });
  const watcher = watch(dst, seconds);
  await Promise.all([daemon(src, "--create-src-snapshots"), daemon(dst, "--replicate"), writer]);
  const seen = await watcher;
  const list = await src.sh("zfs list -Hp -t snapshot -o name tank/data | wc -l");
  const lagsMs = seen.map(({ tag, seenMs }) => seenMs - createdMs(tag)).filter((lag) => Number.isFinite(lag));
  return { lagsMs, created: Number(list) };
}

interface Sighting {
  readonly tag: string;
  readonly seenMs: number;
}

/** Notes when each snapshot is there for the first time. */
async function watch(host: TestHost, seconds: number): Promise<Sighting[]> {
  const script = `declare -A seen; end=$(( $(date +%s) + ${seconds + 20} ))
    while [ $(date +%s) -lt $end ]; do
      for name in $(zfs list -Hp -t snapshot -d 1 -o name vault/data 2>/dev/null); do
        [ -n "\${seen[$name]:-}" ] || { seen[$name]=1; echo "$name $(date +%s%3N)"; }
      done
      sleep 0.1
    done`;
  const text = await host.sh(script, { timeoutMs: (seconds + 300) * 1000 });
  return text.split("\n").filter((line) => line !== "").map((line) => {
    const [name = "", ms = ""] = line.split(" ");
    return { tag: name.slice(name.indexOf("@") + 1), seenMs: Number(ms) };
  });
}

/** The second in the name of a snapshot, which the guests' clocks tell in UTC. */
function createdMs(tag: string): number {
  const [, date, time] = /_(\d{4}-\d\d-\d\d)_(\d\d:\d\d:\d\d)_secondly$/.exec(tag) ?? [];
  return Date.parse(`${date}T${time}Z`);
}

/** The figures in one line. */
export function describeReplicationLag({ lagsMs, created }: ReplicationLag): string {
  const seconds = (ms: number): string => (ms / 1000).toFixed(1);
  return `${lagsMs.length} snapshots arrived (${created} are kept at the source): median ${
    seconds(median(lagsMs))
  } s, ` +
    `worst ${seconds(Math.max(...lagsMs))} s behind`;
}
