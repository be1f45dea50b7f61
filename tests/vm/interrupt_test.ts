/**
 * Interrupts: what is left after a signal is what docs/spec/logging-progress.md §8 allows, and the next run completes
 * the job. And the worst: `kill -9` at random moments, after which there is still a bookmark at the source for all that
 * arrived.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { inAllModes, type Mode, sampleOfModes } from "../support/modes.ts";
import { contentsOf, inGuests, initiator, PATIENCE_MS, recordsOf, type Run, snapshotsOf } from "../support/replicas.ts";
import { IS_SOAK, testbed, type TestHost } from "../support/vm.ts";

const bed = await testbed("src", "dst");
const { src, dst } = bed.hosts;
const bzfs = await initiator(bed);
const modes = await sampleOfModes(bed);

/** Addenda D8 grants 10 s; an emulated guest on a busy machine takes its time to notice. */
const REMOTE_GRACE_SECONDS = 30;
/** Longer than remote stages may live on at the rate of the scenes, with time for a slow look at what has arrived. */
const BIG_MIB = 24;
/** Exit status of what SIGKILL ended. */
const KILLED = 137;

/** A transfer that is interrupted. */
interface Scene {
  readonly signal: string;
  /** (−N) & 0xFF for signal N, docs/spec/logging-progress.md §8. */
  readonly status: number;
  readonly at: TestHost;
  readonly words: readonly string[];
  readonly destination: { readonly host: TestHost; readonly dataset: string };
  /** Beginnings of commands that must be gone at `at` as soon as the run has ended. */
  readonly ours: string;
}

const LOCAL_STAGES = "bzfs|zfs|pv|mbuffer|zstd|sh -c";

const scenes: readonly Scene[] = [
  scene("INT", 254, src, ["tank/big", "back/int"], { host: src, dataset: "back/int" }),
  scene("TERM", 241, src, ["tank/big", "dst:vault/term"], { host: dst, dataset: "vault/term" }),
  scene("HUP", 255, dst, ["src:tank/big", "vault/hup"], { host: dst, dataset: "vault/hup" }),
  // All stages are remote, and those on this host may take their time, too.
  scene(
    "QUIT",
    253,
    src,
    ["--r2r=push", "src:tank/big", "dst:vault/quit"],
    { host: dst, dataset: "vault/quit" },
    "bzfs",
  ),
];

function scene(
  signal: string,
  status: number,
  at: TestHost,
  words: readonly string[],
  destination: Scene["destination"],
  ours = LOCAL_STAGES,
): Scene {
  return { signal, status, at, words: ["-v", "--bwlimit=500k", ...words], destination, ours };
}

inGuests("set up: one dataset that takes long, and a tree of small ones", async () => {
  await Promise.all([
    src.sh(
      `truncate -s 512M /tmp/tank.pool /tmp/back.pool /tmp/small.pool
      for pool in tank back small; do zpool create $pool /tmp/$pool.pool; done
      zfs create tank/big; head -c ${BIG_MIB}M /dev/urandom > /tank/big/file; zfs snapshot tank/big@1
      echo > /tank/big/more; zfs snapshot tank/big@2
      for mode in ${modes.map(({ name }) => name).join(" ")}; do
        for child in '' /b /c; do zfs create small/$mode$child; head -c 200k /dev/urandom > /small/$mode$child/file; done
      done
      zfs snapshot -r small@1`,
      { timeoutMs: PATIENCE_MS },
    ),
    dst.createPool("vault"),
  ]);
});

for (const scene of scenes) {
  const { signal, status, at, destination } = scene;
  inGuests(`after SIG${signal} nothing of ours is left, and the next run resumes`, async () => {
    const interrupted = await at.run(interruptScript(scene), { timeoutMs: PATIENCE_MS });
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
function interruptScript({ words, signal, destination, at, ours }: Scene): string {
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
    pgrep -af '^([^ ]*/)?(${ours})'
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

/** At least one for each mode; `deno task soak:vm` has more. */
const KILLS = IS_SOAK ? 20 : 2;

inGuests(
  `${KILLS} times kill -9 at random moments of all modes: bookmarks cover all that arrived, and a run converges`,
  async () => {
    const words = ["-r", "-v", "--retries=0"];
    const casualties = modes.map((mode) => new Casualty(mode));
    for (let round = 2; casualties.some(({ kills }) => kills < KILLS / modes.length); round++) {
      assert(round < 10 + KILLS, `kills that hit a run: ${casualties.map(({ kills }) => kills)}`);
      await src.sh(`for mode in /small/*; do echo ${round} > $mode/b/file; done; zfs snapshot -r small@${round}`);
      await Promise.all(casualties.map((casualty) => casualty.runAndKill(words)));
    }
    const patient = ["-r", "-v", "--retries=9", "--retry-min-sleep-secs=1"];
    const play = (mode: Mode): Promise<Run> => mode.run(patient, `small/${mode.name}`, `${mode.pool}/s-${mode.name}`);
    await inAllModes(modes, play, async ({ name, at, pool }, run) => {
      assertEquals(run.status, 0);
      assertEquals(await snapshotsOf(at, `${pool}/s-${name}`), await snapshotsOf(src, `small/${name}`));
      assertEquals(await contentsOf(at, `${pool}/s-${name}`), await contentsOf(src, `small/${name}`));
    });
    await inAllModes(modes, play, (_, run) => assertEquals(recordsOf(run, /Already up-to-date/).length, 3));
  },
);

/** A mode whose runs are killed. */
class Casualty {
  /** Kills that hit a run. */
  kills = 0;
  /** How long a run takes at most, as far as is known. */
  #seconds = 20;

  constructor(readonly mode: Mode) {}

  /** Kills a run at a random moment; checks that all that has arrived by then has a bookmark at the source. */
  async runAndKill(words: readonly string[]): Promise<void> {
    const { name, at, pool } = this.mode;
    const [from, to] = [`small/${name}`, `${pool}/s-${name}`];
    const start = Date.now();
    const run = await this.mode.run(words, from, to, { killAfter: Math.random() * this.#seconds });
    if (run.status === KILLED) this.kills++;
    else if (run.status === 0) this.#seconds = (Date.now() - start) / 1000;
    // In this order: what the destination has by now must be covered already.
    const arrived = await at.sh(`zfs list -Hp -r -t snapshot -o guid ${to} 2> /dev/null || true`);
    const covered = new Set((await src.sh(`zfs list -Hp -r -t bookmark -o guid ${from}`)).split("\n"));
    const uncovered = arrived.split("\n").filter((guid) => guid !== "" && !covered.has(guid));
    assertEquals(uncovered, [], `after kill ${this.kills} in mode ${name}\n${run.log}`);
  }
}
