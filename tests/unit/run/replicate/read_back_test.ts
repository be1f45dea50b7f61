import { datasetFromZfs } from "../../../../lib/model/dataset.ts";
import { RefusedError, Retryable } from "../../../../lib/model/errors.ts";
import type { Guid } from "../../../../lib/model/snapshot.ts";
import { ReadBack } from "../../../../lib/run/replicate/read_back.ts";
import { goneHistory } from "../../../../lib/zfs/listed_history.ts";
import type { Cancel, History } from "../../../../lib/zfs/world.ts";
import { SimClock } from "../../../sim/clock.ts";
import { assert, assertEquals, assertRejects } from "../../../support/assert.ts";

/** A destination whose datasets have as their only guid what `guidOf` says, and how often and when it was listed. */
function destination(guidOf: (name: string) => string | undefined, listingMs = 5): {
  readonly readBack: ReadBack;
  readonly listings: { readonly names: readonly string[]; readonly atMs: number }[];
  guidsOf(name: string, options?: Cancel & { readonly mayWait?: boolean }): Promise<readonly string[]>;
} {
  const clock = new SimClock(0);
  const listings: { names: readonly string[]; atMs: number }[] = [];
  const readBack = new ReadBack({
    async *histories(of, { signal }): AsyncIterable<History> {
      listings.push({ names: of, atMs: clock.monotonicNs() / 1e6 });
      await clock.sleep(listingMs * 1e6);
      signal?.throwIfAborted();
      for (const dataset of of) {
        const guid = guidOf(dataset);
        if (guid === undefined) throw new Retryable(new RefusedError(dataset));
        yield { ...goneHistory(dataset), dataset, guids: guid === "" ? [] : [guid as Guid] };
      }
    },
  }, clock);
  const guidsOf: ReturnType<typeof destination>["guidsOf"] = async (name, options) => [
    ...await readBack.guidsOf(datasetFromZfs(name), { mayWait: true, ...options }),
  ];
  return { readBack, listings, guidsOf };
}

/** Asks about one dataset, and about others while it is listed. */
async function oneAndOthers<T>(
  names: readonly string[],
  ask: (name: string) => Promise<T>,
): Promise<PromiseSettledResult<T>[]> {
  const first = ask(names[0]!);
  for (let i = 0; i < 3; i++) await Promise.resolve();
  return await Promise.allSettled([first, ...names.slice(1).map(ask)]);
}

const NAMES = Array.from({ length: 40 }, (_, index) => `p/${index}`);

Deno.test("who asks first is answered at once, and who asks meanwhile together, a while later", async () => {
  const { guidsOf, listings } = destination((name) => name === "p/3" ? "" : `guid of ${name}`);
  const answers = await oneAndOthers(NAMES.slice(0, 5), (name) => guidsOf(name));
  const guids = answers.flatMap((answer) => answer.status === "fulfilled" ? answer.value : ["failed"]);
  assertEquals(guids, [0, 1, 2, 4].map((index) => `guid of p/${index}`));
  assertEquals(listings.map(({ names }) => names), [["p/0"], NAMES.slice(1, 5)]);
  assertEquals(listings.map(({ atMs }) => atMs), [0, 50]);
});

Deno.test("no listing is of more than 16 datasets, and where so many wait none is put off", async () => {
  const { guidsOf, listings } = destination((name) => name);
  assertEquals((await Promise.all(NAMES.map((name) => guidsOf(name)))).flat(), NAMES);
  assertEquals(listings.map(({ names }) => names.length), [16, 16, 8]);
  assertEquals(listings.map(({ atMs }) => atMs), [0, 5, 55]);
});

Deno.test("where a listing takes long more of them share one, but none waits for more than three seconds", async () => {
  for (const [listingMs, secondMs] of [[5, 50], [20, 200], [40, 400], [400, 3000], [4000, 4000]] as const) {
    const { guidsOf, listings } = destination((name) => name, listingMs);
    await guidsOf("p/0");
    await Promise.all(NAMES.slice(1, 4).map((name) => guidsOf(name)));
    assertEquals(listings.map(({ names, atMs }) => [names.length, atMs]), [[1, 0], [3, secondMs]]);
  }
});

Deno.test("those who wait do so no longer when there are enough of them for a listing", async () => {
  const { guidsOf, listings } = destination((name) => name);
  await guidsOf("p/0");
  await Promise.all(NAMES.slice(1, 17).map((name) => guidsOf(name)));
  assertEquals(listings.map(({ names, atMs }) => [names.length, atMs]), [[1, 0], [16, 5]]);
});

Deno.test("who cannot wait is answered at once, with those who wait", async () => {
  const { guidsOf, listings } = destination((name) => name);
  for (const name of ["p/0", "p/1"]) await guidsOf(name, { mayWait: false });
  assertEquals(listings.map(({ atMs }) => atMs), [0, 5]);
  const waiting = [guidsOf("p/2"), guidsOf("p/3")];
  await Promise.all([...waiting, guidsOf("p/4", { mayWait: false })]);
  await guidsOf("p/5");
  assertEquals(listings.slice(2).map(({ names, atMs }) => [names.join(), atMs]), [["p/2,p/3,p/4", 10], ["p/5", 60]]);
});

Deno.test("where somebody has nothing else to do, those who wait are not put off for the distance", async () => {
  const { guidsOf, listings, readBack } = destination((name) => name, 20);
  readBack.hurry(); // for nobody
  await guidsOf("p/0");
  const waiting = [guidsOf("p/1"), guidsOf("p/2")];
  readBack.hurry();
  await Promise.all(waiting);
  await guidsOf("p/3");
  assertEquals(listings.map(({ names, atMs }) => [names.join(), atMs]), [["p/0", 0], ["p/1,p/2", 50], ["p/3", 250]]);
});

Deno.test("no answer is older than its question", async () => {
  let committed = "old";
  const { guidsOf } = destination(() => committed);
  const first = guidsOf("p/0");
  await Promise.resolve();
  committed = "new";
  const second = guidsOf("p/0");
  assertEquals(await second, ["new"]);
  assert((await first).length === 1);
});

Deno.test("the failure of one dataset's listing is that of this dataset alone", async () => {
  const { guidsOf, listings } = destination((name) => name === "p/2" ? undefined : name);
  const answers = await oneAndOthers(NAMES.slice(0, 4), (name) => guidsOf(name));
  assertEquals(answers.map(({ status }) => status), ["fulfilled", "fulfilled", "rejected", "fulfilled"]);
  const names = listings.map(({ names }) => names.join());
  assertEquals(names, ["p/0", "p/1,p/2,p/3", "p/1", "p/2", "p/3"]);
  assertEquals(await guidsOf("p/1"), ["p/1"]);
});

Deno.test("an abort ends all who wait, with its reason", async () => {
  const { guidsOf } = destination((name) => name);
  const abort = new AbortController();
  const waiting = NAMES.slice(0, 3).map((name) => guidsOf(name, { signal: abort.signal }));
  abort.abort(new RangeError("stop"));
  for (const each of waiting) await assertRejects(() => each, RangeError, "stop");
});
