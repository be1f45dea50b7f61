/**
 * The rule of trust against a model of a dataset whose snapshots change at any time: what is trusted has not changed.
 */
import type { CacheStamp } from "../../../lib/model/cache_stamp.ts";
import { isEndKnown, isFinal, isLabelKnown, isUnchanged } from "../../../lib/plan/cache_trust.ts";
import { assert, assertEquals } from "../../support/assert.ts";

/** Quarters of a second, from 100 s on: instants at which something may happen. */
const INSTANTS = Array.from({ length: 25 }, (_, i) => 100_000 + i * 250);

/** One history: changes to the set of snapshots, the run that leaves a stamp, the run that asks it. */
interface History {
  readonly changes: readonly number[];
  /** The value is read, and the snapshots are listed a little later. */
  readonly readAt: number;
  readonly listedAt: number;
  readonly askedAt: number;
}

/** What the clock shows at an instant. */
type ClockOf = (instant: number) => number;

/** True if the stamp of the first run is believed by the second one. */
function isBelieved({ changes, readAt, askedAt }: History, poolClock: ClockOf, ownClock: ClockOf): boolean {
  const stampAt = (instant: number): number => {
    const last = changes.findLast((change) => change <= instant);
    return last === undefined ? 0 : Math.floor(poolClock(last) / 1000);
  };
  const read = stampAt(readAt);
  const stamp: CacheStamp | undefined = isFinal(read, ownClock(readAt)) ? { changed: read, created: read } : undefined;
  return isUnchanged(stamp, stampAt(askedAt), ownClock(askedAt));
}

function* histories(): Generator<History> {
  for (const [i, first] of INSTANTS.entries()) {
    for (const second of [undefined, ...INSTANTS.slice(i)]) {
      const changes = second === undefined ? [first] : [first, second];
      for (const [j, readAt] of INSTANTS.entries()) {
        for (const listedAt of INSTANTS.slice(j, j + 2)) {
          for (const askedAt of INSTANTS.slice(j + 1)) {
            if (askedAt >= listedAt) yield { changes, readAt, listedAt, askedAt };
          }
        }
      }
    }
  }
}

function hasChanged({ changes, listedAt, askedAt }: History): boolean {
  return changes.some((change) => listedAt < change && change <= askedAt);
}

const exact: ClockOf = (instant) => instant;
const stepAt = (at: number, byMs: number): ClockOf => (instant) => instant < at ? instant : instant + byMs;

for (
  const [name, pool, own] of [
    ["clocks that agree", exact, exact],
    ["a pool whose clock is 0.1 s behind", (t: number): number => t - 100, exact],
    ["a pool whose clock is 2 s ahead", (t: number): number => t + 2000, exact],
    ["a clock that is set 3 s forward", stepAt(103_000, 3000), stepAt(103_000, 3000)],
    ["an own clock that is set 3 s back", exact, stepAt(103_000, -3000)],
  ] as const
) {
  Deno.test(`isUnchanged() believes no stamp after a change, with ${name}`, () => {
    let believed = 0;
    for (const history of histories()) {
      if (!isBelieved(history, pool, own)) continue;
      believed++;
      if (hasChanged(history)) throw new Error(`believed in spite of a change: ${JSON.stringify(history)}`);
    }
    assert(believed > 1000, `only ${believed} stamps were believed`);
  });
}

Deno.test("isUnchanged() is wrong only if the pool's clock went back to the very second of the stamp", () => {
  for (const back of [1000, 2250, 4000]) {
    const clock = stepAt(103_000, -back);
    for (const history of histories()) {
      if (!isBelieved(history, clock, clock) || !hasChanged(history)) continue;
      const stamped = Math.floor(clock(history.changes.findLast((change) => change <= history.readAt)!) / 1000);
      const last = history.changes.findLast((change) => change <= history.askedAt)!;
      assert(last >= 103_000 && Math.floor(clock(last) / 1000) === stamped, JSON.stringify(history));
    }
  }
});

Deno.test("isFinal() wants a known stamp that is more than 1.1 s old", () => {
  assertEquals([0, 98, 99, 100, 101].map((stamp) => isFinal(stamp, 100_200)), [false, true, true, false, false]);
  assertEquals(isFinal(99, 100_100), false);
});

Deno.test("isUnchanged() wants the same stamp; two changes within one second look alike, hence wait", () => {
  const stamp = { changed: 100, created: 100 };
  assertEquals([99, 100, 101].map((live) => isUnchanged(stamp, live, 110_000)), [false, true, false]);
  assertEquals(isUnchanged(stamp, 100, 101_000), false);
  assertEquals(isUnchanged(undefined, 100, 110_000), false);
  assertEquals(isUnchanged({ changed: 0, created: 0 }, 0, 110_000), false);
});

Deno.test("isEndKnown() takes no creation after the last change, and 0 for no snapshot", () => {
  const known = (created: number): boolean => isEndKnown({ changed: 100, created }, 100, 110_000);
  assertEquals([0, 99, 100, 101].map(known), [true, true, true, false]);
});

Deno.test("isLabelKnown() wants stamps of label and dataset that agree, and a snapshot", () => {
  const live = { changed: 100, nowMs: 110_000 };
  const stamp = (changed: number, created = changed): CacheStamp => ({ changed, created });
  assertEquals(isLabelKnown(stamp(100, 90), stamp(100), live), true);
  assertEquals(isLabelKnown(stamp(100, 0), stamp(100), live), false);
  assertEquals(isLabelKnown(stamp(99, 90), stamp(100), live), false);
  assertEquals(isLabelKnown(stamp(100, 90), stamp(99), live), false);
  assertEquals(isLabelKnown(stamp(100, 90), stamp(0), live), false);
  assertEquals(isLabelKnown(undefined, stamp(100), live), false);
});
