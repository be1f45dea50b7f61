import { EstimatesAhead } from "../../../../lib/run/replicate/estimates_ahead.ts";
import { assertEquals, assertRejects } from "../../../support/assert.ts";

/** Sizes, and the requests for them. */
function sizes(answer: (name: string) => number | undefined): {
  readonly ahead: EstimatesAhead;
  readonly requests: string[][];
} {
  const requests: string[][] = [];
  const ahead = new EstimatesAhead({
    estimates(of, { signal } = {}): Promise<(number | undefined)[]> {
      requests.push(of.map(([name]) => name!));
      return signal?.aborted ? Promise.reject(signal.reason) : Promise.resolve(of.map(([name]) => answer(name!)));
    },
  });
  return { ahead, requests };
}

Deno.test("EstimatesAhead asks for one size, then for twice as many each time, at most 16, and for none twice", async () => {
  const { ahead, requests } = sizes(Number);
  const names = Array.from({ length: 60 }, (_, index) => `${index}`);
  ahead.expect(names.map((name) => [name]));
  for (const name of names) assertEquals(await ahead.take([name], {}), Number(name));
  assertEquals(requests.map(({ length }) => length), [1, 2, 4, 8, 16, 16, 13]);
  assertEquals(requests.flat(), names);
  for (const name of ["7", "unknown"]) assertEquals(await ahead.take([name], {}), undefined);
  assertEquals(requests.length, 7);
});

Deno.test("EstimatesAhead asks for those behind the one that is asked for, and for others when their turn comes", async () => {
  const { ahead, requests } = sizes((name) => name === "c" ? undefined : 1);
  ahead.expect(["a", "b", "c", "d"].map((name) => [name]));
  const taken = await Promise.all(["b", "c", "a", "d"].map((name) => ahead.take([name], {})));
  assertEquals([taken, requests], [[1, undefined, 1, 1], [["b"], ["c", "d"], ["a"]]]);
});

Deno.test("EstimatesAhead ends with the reason of an abort", async () => {
  const { ahead } = sizes(Number);
  ahead.expect([["1"], ["2"]]);
  await ahead.take(["1"], {});
  const reason = new Error("stop");
  await assertRejects(() => ahead.take(["2"], { signal: AbortSignal.abort(reason) }), Error, "stop");
});
