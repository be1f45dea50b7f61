/**
 * Interrupts: what is left after a signal is what spec/addenda.md D8 allows, and the next run completes the job. And
 * the worst: `kill -9` at random moments, after which there is still a bookmark at the source for all that arrived.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { contentsOf, inGuests, initiator, PATIENCE_MS, recordsOf, snapshotsOf } from "../support/replicas.ts";
import { testbed, type TestHost } from "../support/vm.ts";

const bed = await testbed("src", "dst");
const { src, dst } = bed.hosts;
const bzfs = await initiator(bed);

/** Addenda D8 grants 10 s; an emulated guest on a busy machine takes its time to notice. */
const REMOTE_GRACE_SECONDS = 30;
const BIG_MIB = 24;

/** A transfer that is interrupted. */
interface Scene {
  readonly signal: string;
  /** (−N) & 0xFF for signal N, addenda D7. */
  readonly status: number;
  readonly at: TestHost;
  readonly words: readonly string[];
  readonly destination: { readonly host: TestHost; readonly dataset: string };
}

const scenes: readonly Scene[] = [
  scene("INT", 254, src, "tank/big", "back/int", { host: src, dataset: "back/int" }),
  scene("TERM", 241, src, "tank/big", "dst:vault/term", { host: dst, dataset: "vault/term" }),
  scene("HUP", 255, dst, "src:tank/big", "vault/hup", { host: dst, dataset: "vault/hup" }),
];

function scene(
  signal: string,
  status: number,
  at: TestHost,
  from: string,
  to: string,
  destination: Scene["destination"],
): Scene {
  return { signal, status, at, words: ["-v", from, to], destination };
}

inGuests("set up: one dataset that takes long, and a tree of small ones", async () => {
  await Promise.all([
    src.sh(
      `truncate -s 512M /tmp/tank.pool /tmp/back.pool /tmp/small.pool /tmp/copy.pool
      for pool in tank back small copy; do zpool create $pool /tmp/$pool.pool; done
      zfs create tank/big; head -c ${BIG_MIB}M /dev/urandom > /tank/big/file; zfs snapshot tank/big@1
      echo > /tank/big/more; zfs snapshot tank/big@2
      for name in small/s small/s/a small/s/a/b small/s/c; do zfs create $name; echo 1 > /$name/file; done
      zfs snapshot -r small/s@1`,
      { timeoutMs: PATIENCE_MS },
    ),
    dst.createPool("vault"),
  ]);
});

for (const { signal, status, at, words, destination } of scenes) {
  inGuests(`after SIG${signal} nothing of ours is left, and the next run resumes`, async () => {
    const interrupted = await at.run(interruptScript(words.concat("--bwlimit=500k"), signal, destination, at), {
      timeoutMs: PATIENCE_MS,
    });
    const log = await at.sh("cat /tmp/run.log");
    assertEquals(interrupted.stdout.trim(), `status ${status}`, interrupted.stderr + log);
    assertMatch(log, new RegExp(`Interrupted by SIG${signal}`));
    assert(!log.includes("Goodbye"));
    for (const other of [src, dst]) assertEquals(await transferProcesses(other), "", `left on ${other.name}`);

    const completion = destination.host === src ? bzfs : await initiator(bed, { src: "src", dst: "dst" });
    const next = await completion(["-v", "tank/big", destination.dataset]);
    assertEquals(next.status, 0, next.log);
    assertEquals(recordsOf(next, /^Executing: .*zfs send .*-t 1-.*zfs receive/).length, 1, next.log);
    assertEquals(await snapshotsOf(destination.host, destination.dataset), await snapshotsOf(src, "tank/big"));
    assertEquals(await contentsOf(destination.host, destination.dataset), await contentsOf(src, "tank/big"));
  });
}

/**
 * Starts a run with job control, for a background job of a shell without it ignores SIGINT; sends the signal once some
 * data has been received; prints the exit status and, if there are any, local processes and locks that are left.
 */
function interruptScript(
  words: readonly string[],
  signal: string,
  destination: Scene["destination"],
  at: TestHost,
): string {
  const there = destination.host === at ? "" : `ssh ${destination.host.name} `;
  return `set -m
    bzfs ${words.join(" ")} > /tmp/run.log 2>&1 < /dev/null & pid=$!
    for try in $(seq 600); do
      used=$(${there}zfs list -Hp -o used ${destination.dataset} 2> /dev/null) && [ "$used" -gt 1000000 ] && break
      kill -0 $pid 2> /dev/null || break
      sleep 0.3
    done
    kill -${signal} $pid
    wait $pid 2> /dev/null; echo "status $?"
    pgrep -af '^([^ ]*/)?(bzfs|zfs|pv|mbuffer|zstd|sh -c)'
    ls /root/bzfs-logs/.locks
    true`;
}

/** Processes of a transfer on a host, after the time that they have to go away. */
async function transferProcesses(host: TestHost): Promise<string> {
  return await host.sh(`for second in $(seq ${REMOTE_GRACE_SECONDS}); do
      left=$(pgrep -af '^([^ ]*/)?(zfs|pv|mbuffer|zstd) ') || exit 0
      sleep 1
    done
    echo "$left"`);
}

const KILLS = 20;

inGuests(
  `${KILLS} times kill -9 at random moments: bookmarks cover all that arrived, and a run converges`,
  async () => {
    const words = ["-r", "-v", "small/s", "copy/s"];
    let hits = 0;
    for (let round = 1; hits < KILLS; round++) {
      if (round % 2 === 0) await src.sh(`echo ${round} > /small/s/a/b/file; zfs snapshot -r small/s@${round}`);
      if (await runAndKill([...words, "--retries=0"], Math.random() * 4000)) hits++;
      assertEquals(await uncovered(), "", `after kill ${hits}`);
      assert(round < 4 * KILLS, `only ${hits} of ${KILLS} kills hit a run`);
    }
    const last = await bzfs([...words, "--retries=9", "--retry-min-sleep-secs=1"]);
    assertEquals(last.status, 0, last.log);
    assertEquals(await snapshotsOf(src, "copy/s"), await snapshotsOf(src, "small/s"));
    assertEquals(await contentsOf(src, "copy/s"), await contentsOf(src, "small/s"));
    const again = await bzfs(words);
    assertEquals(recordsOf(again, /Already up-to-date/).length, 4, again.log);
  },
);

/** Starts a run on this machine and kills it after a while; false if it had ended by then. */
async function runAndKill(words: readonly string[], afterMs: number): Promise<boolean> {
  const { argv: [program = "", ...options], env } = bzfs.command;
  const args = [...options, ...words];
  const run = new Deno.Command(program, { args, env, stdin: "null", stdout: "null", stderr: "null" }).spawn();
  const timer = setTimeout(() => run.kill("SIGKILL"), afterMs);
  const { signal } = await run.status;
  clearTimeout(timer);
  return signal === "SIGKILL";
}

/**
 * Guids that the destination has and no bookmark of the source. The destination is listed first: what it has by then
 * must be covered already.
 */
async function uncovered(): Promise<string> {
  return await src.sh(
    `zfs list -Hp -r -t snapshot -o guid copy/s 2> /dev/null | sort > /tmp/arrived || true
    zfs list -Hp -r -t bookmark -o guid small/s | sort -u > /tmp/covered
    comm -23 /tmp/arrived /tmp/covered`,
  );
}
