/**
 * A limit on the time of work with a host, whatever it prints meanwhile.
 * @module
 */
import type { Clock } from "../../zfs/world.ts";

/** What waiting needs. */
export interface WaitingParts {
  readonly clock: Pick<Clock, "sleep">;
  readonly signal: AbortSignal;
}

/**
 * What the work results in; `undefined` if it takes longer than so many milliseconds: its signal is aborted then, and nobody
 * waits for it any more. Throws what the work throws before.
 */
export async function within<T>(
  limitMs: number,
  { clock, signal }: WaitingParts,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  if (!Number.isFinite(limitMs)) return await work(signal);
  const [late, done] = [new AbortController(), new AbortController()];
  const working = work(AbortSignal.any([signal, late.signal]));
  const waiting = clock.sleep(limitMs * 1e6, { signal: done.signal }).then(() => undefined);
  try {
    return await Promise.race([working, waiting]);
  } finally {
    // Whichever of them is the loser, its end is of no interest.
    for (const loser of [working, waiting]) loser.catch(() => {});
    done.abort();
    late.abort();
  }
}
