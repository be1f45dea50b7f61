/** Streams survive their byte form, and a cut of the value equals a cut of the bytes. */
import { assertEquals } from "../support/assert.ts";
import { type Dice, forAll } from "../support/for_all.ts";
import { cutStream, decodeStream, encodeStream, type Stream, streamBytes, type StreamPart } from "./stream.ts";

function part(dice: Dice, index: number): StreamPart {
  return {
    traits: {
      toName: `tank/a b@${index}`,
      toGuid: String(dice.integer(1, 1e9)),
      ...(index > 0 ? { fromGuid: "7" } : {}),
      creation: 1,
      type: "filesystem",
      blockSize: 131072,
      raw: false,
      compressed: dice.chance(0.5),
      embedded: false,
      largeBlocks: false,
      ...(dice.chance(0.3) ? { properties: { "x:y": "ä\n" } } : {}),
    },
    skipped: 0,
    resuming: false,
    writes: dice.times(dice.integer(0, 4), (id) => ({ id, bytes: dice.integer(0, 300) })),
    complete: true,
  };
}

function stream(dice: Dice): { readonly stream: Stream; readonly cut: number } {
  const packaged = dice.chance(0.5);
  const parts = dice.times(packaged ? dice.integer(1, 3) : 1, (index) => part(dice, index));
  const whole: Stream = { packaged, parts, truncated: false, root: "tank/a b" };
  return { stream: whole, cut: dice.integer(0, streamBytes(whole) + 10) };
}

Deno.test("streams survive their byte form", async () => {
  await forAll(stream, ({ stream }) => assertEquals(decodeStream(encodeStream(stream)), stream), { runs: 200 });
});

Deno.test("a cut of the value equals a cut of the bytes", async () => {
  await forAll(stream, ({ stream, cut }) => {
    const [value, bytes] = [cutStream(stream, cut), decodeStream(encodeStream(stream).slice(0, cut))];
    assertEquals(value.parts, bytes.parts);
    assertEquals(value.truncated, bytes.truncated);
  }, { runs: 500 });
});
