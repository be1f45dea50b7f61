/** What a daemon keeps of its rounds: nothing, and each costs what any other did. In `deno task soak` for 10,000 rounds. */
import { assert, assertEquals } from "../../../support/assert.ts";

const PROGRAM = new URL("daemon_heap.ts", import.meta.url).pathname;
const ROUNDS = Deno.env.get("BZFS_SOAK") === "1" ? 10_000 : 450;

/** What some of the first rounds cost, or of the last ones. */
interface Work {
  readonly commands: number;
  readonly looks: number;
  readonly cpuMs: number;
}

/** What a daemon has cost. */
interface Cost {
  /** What its heap grows by in a third of its rounds: the smaller of the last two thirds, in bytes. */
  readonly growth: number;
  readonly work: readonly [first: Work, last: Work];
}

async function run(rounds: number, ...more: readonly string[]): Promise<Cost> {
  const args = ["run", "--no-check", "-A", "--v8-flags=--expose-gc", PROGRAM, `${rounds}`, ...more];
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), { args }).output();
  assert(success, new TextDecoder().decode(stderr));
  const told = JSON.parse(new TextDecoder().decode(stdout)) as {
    readonly rounds: number;
    readonly heaps: readonly number[];
    readonly arrived: number;
    readonly work: Cost["work"];
  };
  assert(told.rounds >= rounds - 1, `${told.rounds}`);
  assertEquals([told.heaps.length, told.arrived >= 3], [3, true]);
  const [first, second, third] = told.heaps;
  return { growth: Math.min(second! - first!, third! - second!), work: told.work };
}

/** Some memory is taken by what happens for the first time. */
const ALLOWED = 100 * 1024;

/** Commands, and looks at the time: nothing else of what a round does can be counted from outside. */
function counts({ commands, looks }: Work): readonly number[] {
  return [commands, looks];
}

Deno.test("law: a daemon that replicates now and then keeps nothing of its rounds, and none costs more than others", async () => {
  const { growth, work: [first, last] } = await run(ROUNDS);
  const told = [first, last].map(({ cpuMs, commands }) => `${cpuMs.toFixed(0)} ms CPU for ${commands} commands`);
  if (ROUNDS > 450) console.log(`first rounds ${told[0]}, last rounds ${told[1]}`);
  assert(growth <= ALLOWED, `${growth} bytes`);
  assert(first.commands > 0 && first.looks > 0);
  assertEquals(counts(last), counts(first));
});

Deno.test("a daemon that kept a signal of each round would be noticed", async () => {
  const { growth } = await run(450, "leak");
  assert(growth > ALLOWED, `${growth} bytes`);
});

Deno.test("a daemon that did more in later rounds would be noticed", async () => {
  const { work: [first, last] } = await run(450, "more");
  assert(last.commands > first.commands && last.looks > first.looks, JSON.stringify([first, last]));
});
