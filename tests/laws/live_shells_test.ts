/**
 * What a run does whose commands go through shells that stay, which break: it asks again or fails, destroys nothing, makes no
 * change twice (`tests/sim/shells.ts` looks after that), and a second run makes up for it.
 *
 * A failing law names its seed; `BZFS_LAW_SEED=n` runs that seed alone, `BZFS_SOAK=1` twenty times as many.
 * @module
 */
import { AppError, messageOf } from "../../lib/model/errors.ts";
import type { ShellFault, ShellFaults } from "../sim/shells.ts";
import { FEW_RETRIES, runBzfs } from "../sim/run.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { Dice } from "../support/for_all.ts";
import { appearance, dutiesOf, inventory, losses, unfulfilled, unsettled } from "./oracle.ts";
import { destinationDatasets, drawStory } from "./world_gen.ts";

const soak = Deno.env.get("BZFS_SOAK") === "1" ? 20 : 1;
const onlySeed = Deno.env.get("BZFS_LAW_SEED");
const RUNS = 150;

const NONE: ShellFaults = () => undefined;

/** One in so many requests is answered in this way, at whichever byte. */
function drawFaults(dice: Dice, rarity: number): ShellFaults & { readonly kinds: Set<string> } {
  const kinds = new Set<string>();
  const draw = (): ShellFault | undefined => {
    if (dice.integer(1, rarity) > 1) return undefined;
    const stream = dice.pick([0, 1] as const);
    const at = dice.integer(0, 1000) / 1000;
    const dies: ShellFault = { kind: "dies", stream, at, behindRow: dice.chance(0.7), isRun: dice.chance(0.8) };
    const fault = dice.chance(0.5) ? dies : dice.pick<ShellFault>([
      { kind: "late", at },
      { kind: "another word" },
      { kind: "two statuses" },
      { kind: "noise", stream, place: dice.pick(["before", "behind"]) },
    ]);
    kinds.add(fault.kind);
    return fault;
  };
  return Object.assign(draw, { kinds });
}

Deno.test("law: commands in shells that stay do what they do by themselves", async () => {
  for (let seed = 1; seed <= 20 * soak; seed++) {
    const story = drawStory(seed, { tampered: true });
    const [alone, inShells] = [await story.tell(), (await story.tell()).again(undefined, NONE)];
    const errors = [await runBzfs(alone, story.argv), await runBzfs(inShells, story.argv)];
    assertEquals(appearance(inShells), appearance(alone), `seed ${seed}`);
    const [first, second] = errors.map((error) => error === undefined ? "" : messageOf(error));
    assertEquals(second, first, `seed ${seed}`);
  }
});

Deno.test("law: whatever shells answer, nothing is lost or made twice, and a second run makes up for it", async () => {
  const met = new Set<string>();
  const seeds = onlySeed ? [Number(onlySeed)] : Array.from({ length: RUNS * soak }, (_, index) => index + 1);
  for (const seed of seeds) {
    const dice = new Dice(seed ^ 0x51ed270b);
    const story = drawStory(seed, { interrupted: dice.chance(0.3) });
    const sim = await story.tell();
    const duties = dutiesOf(sim, story);
    if (duties.some(({ conflict }) => conflict !== undefined)) continue;
    const before = inventory(destinationDatasets(sim));
    const faults = drawFaults(dice, dice.pick([2, 5, 20]));
    const first = await runBzfs(sim.again(undefined, faults), [...story.argv, ...FEW_RETRIES]);
    faults.kinds.forEach((kind) => met.add(kind));
    assert(first === undefined || first instanceof AppError, `seed ${seed}: ${first}`);
    assertEquals(losses(before, inventory(destinationDatasets(sim))), [], `seed ${seed}`);
    if (first === undefined) assertEquals(unfulfilled(sim, duties), [], `seed ${seed}`);
    const second = await runBzfs(sim.again(undefined, NONE), story.argv);
    assertEquals(second === undefined ? "" : messageOf(second), "", `seed ${seed}`);
    assertEquals([unfulfilled(sim, duties), unsettled(sim)], [[], []], `seed ${seed}`);
  }
  if (!onlySeed) assertEquals(met.size, 5);
});
