/**
 * A daemon on the simulator that makes a snapshot and replicates it in every tenth round, and finds nothing new in the
 * others. Prints how many rounds there were, the bytes of its heap after a third of them, after two, and at the end, and what
 * some of the first rounds and as many of the last ones cost: commands, looks at the time, and CPU time in ms.
 * Needs `--v8-flags=--expose-gc`.
 *
 * Arguments: seconds, one for each round; `leak` to keep something of each round, `more` to have more to do now and then.
 * @module
 */
import { must } from "../../../laws/world_gen.ts";
import { SimClock } from "../../../sim/clock.ts";
import { runBzfs } from "../../../sim/run.ts";
import { simulatedWorld } from "../../../sim/world.ts";
import { surroundings } from "../../../support/surroundings.ts";

/** A clock for those who sleep often. Now and then other tasks have their turn: what is weakly held is kept until then. */
class PatientClock extends SimClock {
  looks = 0;

  override monotonicNs(): number {
    this.looks++;
    return super.monotonicNs();
  }

  override async sleep(ns: number): Promise<void> {
    await (ns > 1e8 ? new Promise((resolve) => setTimeout(resolve, 0)) : undefined);
    this.advance(ns / 1e6);
  }
}

const [seconds = "", fault] = Deno.args;
const clock = new PatientClock();
const sim = simulatedWorld({ clock, isForgetful: true });
for (const name of ["tank/s", "tank/s/a", "back/d"]) must(sim.sourceHost, "zfs", "create", name);
must(sim.sourceHost, "zfs", "snapshot", "-r", "tank/s@0");

const { gc } = globalThis as unknown as { readonly gc: () => void };
const heaps: number[] = [];
const kept: unknown[] = [];
let rounds = 0;

/** What was done so far. */
interface Work {
  readonly commands: number;
  readonly looks: number;
  readonly cpuMs: number;
}

/** Rounds are compared in groups of so many, of which every tenth replicates. */
const GROUP = Number(seconds) >= 5000 ? 1000 : 100;
/** The first rounds do what is done once. */
const FIRST = 50;
const LAST = Math.floor(Number(seconds) / 10) * 10 - GROUP - 10;
const marks: Work[] = [];
let commands = 0;

/** Linux counts CPU time in hundredths of a second. */
function mark(): void {
  const [user, system] = Deno.readTextFileSync("/proc/self/stat").replace(/^.*\) /, "").split(" ").slice(11, 13);
  marks.push({ commands, looks: clock.looks, cpuMs: (Number(user) + Number(system)) * 10 });
}

/** What was done between two marks. */
function between(from: Work, to: Work): Work {
  return { commands: to.commands - from.commands, looks: to.looks - from.looks, cpuMs: to.cpuMs - from.cpuMs };
}

function look(): void {
  gc();
  heaps.push(Deno.memoryUsage().heapUsed);
}

const reset = (): void => {
  if (fault === "leak") kept.push(AbortSignal.any([AbortSignal.timeout(2 ** 31)]));
  commands += sim.faults.passed.length;
  sim.faults.passed.length = 0;
  rounds++;
  if ([FIRST, FIRST + GROUP, LAST, LAST + GROUP].includes(rounds)) mark();
  if (fault === "more" && rounds % 100 === 0) must(sim.sourceHost, "zfs", "create", `tank/s/${rounds}`);
  if (rounds % 10 === 0) {
    const tag = (at: number): string => `tank/s@${at}`;
    must(sim.sourceHost, "zfs", "snapshot", "-r", tag(rounds));
    if (rounds > 30) {
      for (const host of ["tank/s", "back/d/s"]) {
        must(sim.sourceHost, "zfs", "destroy", "-r", tag(rounds - 30).replace("tank/s", host));
      }
      for (const dataset of ["tank/s", "tank/s/a"]) {
        for (const bookmark of sim.source.find(dataset)!.bookmarks.slice(0, -2)) {
          must(sim.sourceHost, "zfs", "destroy", `${dataset}#${bookmark.tag}`);
        }
      }
    }
  }
  if (rounds === Math.floor(Number(seconds) / 3) || rounds === Math.floor((2 * Number(seconds)) / 3)) look();
};
const words = [`--daemon-lifetime=${seconds} seconds`, "--daemon-frequency=secondly", "--retries=0", "-r"];
const error = await runBzfs(
  sim,
  ["tank/s", "back/d/s", ...words],
  {},
  surroundings({ progress: { pause: () => {}, reset } }),
);
if (error !== undefined) throw error;
look();
console.log(
  JSON.stringify({
    rounds,
    heaps,
    work: [between(marks[0]!, marks[1]!), between(marks[2]!, marks[3]!)],
    arrived: sim.destination.find("back/d/s/a")!.snapshots.length,
    kept: kept.length,
  }),
);
