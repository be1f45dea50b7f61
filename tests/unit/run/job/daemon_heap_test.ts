/** What a daemon keeps of its rounds: nothing. In `deno task soak` for 10,000 rounds. */
import { assert, assertEquals } from "../../../support/assert.ts";

const PROGRAM = new URL("daemon_heap.ts", import.meta.url).pathname;

/** What the heap of a daemon grows by in a third of its rounds: the smaller of the last two thirds, in bytes. */
async function growth(rounds: number, ...more: readonly string[]): Promise<number> {
  const args = ["run", "--no-check", "-A", "--v8-flags=--expose-gc", PROGRAM, `${rounds}`, ...more];
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), { args }).output();
  assert(success, new TextDecoder().decode(stderr));
  const told = JSON.parse(new TextDecoder().decode(stdout)) as { rounds: number; heaps: number[]; arrived: number };
  assert(told.rounds >= rounds - 1, `${told.rounds}`);
  assertEquals([told.heaps.length, told.arrived >= 3], [3, true]);
  const [first, second, third] = told.heaps;
  return Math.min(second! - first!, third! - second!);
}

/** Some memory is taken by what happens for the first time. */
const ALLOWED = 100 * 1024;

Deno.test("law: a daemon that replicates now and then keeps nothing of its rounds", async () => {
  const grown = await growth(Deno.env.get("BZFS_SOAK") === "1" ? 10_000 : 450);
  assert(grown <= ALLOWED, `${grown} bytes`);
});

Deno.test("a daemon that kept a signal of each round would be noticed", async () => {
  const grown = await growth(450, "leak");
  assert(grown > ALLOWED, `${grown} bytes`);
});
