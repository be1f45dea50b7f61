/**
 * Seeded random tests: a generator of numbers, and a loop that names the seed of a failing run.
 * @module
 */

/** Deterministic source of randomness for tests. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A number in [0, 1): mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number in [low, high], both included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of the items. */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError("Cannot pick from nothing");
    return items[this.integer(0, items.length - 1)]!;
  }

  /** `count` values. */
  times<T>(count: number, make: (index: number) => T): T[] {
    return Array.from({ length: count }, (_, i) => make(i));
  }
}

/**
 * Lets the event loop turn once for every hundredth of many runs that wait for nothing outside: what a weak reference was asked
 * for, as combined signals do, is kept until then (ECMA-262, KeepDuringJob).
 */
export async function macrotask(run: number): Promise<void> {
  if (run % 100 === 0) await new Promise<void>((resolve) => setTimeout(resolve));
}

/** How often and from which seed. */
export interface ForAllOptions {
  readonly runs: number;
  /** Seed of the first run; run i uses seed + i. */
  readonly seed?: number;
}

/** Checks a law on `runs` random inputs; a failure names the seed that repeats it with `runs: 1`. */
export async function forAll<T>(
  make: (dice: Dice) => T,
  law: (input: T) => void | Promise<void>,
  options: ForAllOptions,
): Promise<void> {
  const first = options.seed ?? 1;
  for (let seed = first; seed < first + options.runs; seed++) {
    await macrotask(seed);
    const input = make(new Dice(seed));
    try {
      await law(input);
    } catch (cause) {
      throw new Error(`The law fails for seed ${seed}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    }
  }
}
