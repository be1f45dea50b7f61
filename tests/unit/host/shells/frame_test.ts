/** The frame around an answer: whatever is read, and however it is cut, it is the exact answer, or it is broken. */
import { concat } from "../../../../lib/host/process/byte_tail.ts";
import { beginText, FrameReader, statusText } from "../../../../lib/host/shells/frame.ts";
import { assert, assertEquals } from "../../../support/assert.ts";
import { Dice } from "../../../support/for_all.ts";

const WORDS = { begin: "b".repeat(26), end: "e".repeat(26) };
const BEGIN = `\x1e${WORDS.begin}\n`;
const LAST = `\x1e${WORDS.end}\n`;

function endOf(status: number): string {
  return `\x1e${WORDS.end} ${status} ${LAST}`;
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(new TextEncoder().encode(text));
}

/** What a reader makes of pieces, and of their end. */
function read(pieces: readonly Uint8Array<ArrayBuffer>[]): string {
  const reader = new FrameReader(WORDS);
  let body = new Uint8Array(0);
  for (const piece of pieces) reader.feed(piece, (bytes) => void (body = concat(body, bytes)));
  reader.finish();
  if (reader.isBroken) return "broken";
  return `${reader.status} ${new TextDecoder("latin1").decode(body)}`;
}

const CASES: Readonly<Record<string, readonly [stream: string, outcome: string]>> = {
  "nothing is printed": [`${BEGIN}${endOf(0)}`, "0 "],
  "lines": [`${BEGIN}a\nb\n${endOf(1)}`, "1 a\nb\n"],
  "no line feed at the end": [`${BEGIN}a\nb${endOf(127)}`, "127 a\nb"],
  "only line feeds": [`${BEGIN}\n\n${endOf(0)}`, "0 \n\n"],
  "separators": [`${BEGIN}\x1e\x1e\n\x1e${endOf(0)}`, "0 \x1e\x1e\n\x1e"],
  "the first mark once more": [`${BEGIN}${BEGIN}${endOf(0)}`, `0 ${BEGIN}`],
  "the end with another word": [`${BEGIN}\x1e${"f".repeat(26)} 0\n${endOf(3)}`, `3 \x1e${"f".repeat(26)} 0\n`],
  "half of the last word": [`${BEGIN}\x1e${"e".repeat(25)} 0\n${endOf(3)}`, `3 \x1e${"e".repeat(25)} 0\n`],
  "bytes that are no text": [`${BEGIN}\0\x01\x1f${endOf(0)}`, "0 \0\x01\x1f"],
  "noise before": [`Welcome\n${BEGIN}${endOf(0)}`, "broken"],
  "a line feed before": [`\n${BEGIN}${endOf(0)}`, "broken"],
  "noise behind": [`${BEGIN}a${endOf(0)}x`, "broken"],
  "a second answer": [`${BEGIN}a${endOf(0)}${BEGIN}b${endOf(0)}`, "broken"],
  "another first word": [`\x1e${"f".repeat(26)}\na${endOf(0)}`, "broken"],
  "no status": [`${BEGIN}\x1e${WORDS.end}  ${LAST}`, "broken"],
  "a status that is none": [`${BEGIN}\x1e${WORDS.end} 0x ${LAST}`, "broken"],
  "a status of four digits": [`${BEGIN}\x1e${WORDS.end} 1000 ${LAST}`, "broken"],
  "bytes before the line feed": [`${BEGIN}a\x1e${WORDS.end} 0 x${LAST}`, "broken"],
  "no status at all": [`${BEGIN}a${LAST}`, "broken"],
  "two last marks": [`${BEGIN}a${endOf(0)}${LAST}`, "broken"],
  "no last mark": [`${BEGIN}a\x1e${WORDS.end} 0 `, "broken"],
  "no end": [`${BEGIN}a\n`, "broken"],
  "nothing at all": ["", "broken"],
  "the request itself": [`${beginText(WORDS)}; x=$(zfs list; ${statusText(WORDS, "$?")} >&2)\n`, "broken"],
};

for (const [name, [stream, outcome]] of Object.entries(CASES)) {
  Deno.test(`a frame, cut anywhere: ${name}`, () => {
    const bytes = bytesOf(stream);
    assertEquals(read([bytes]), outcome);
    assertEquals(read([...bytes].map((byte) => Uint8Array.of(byte))), outcome);
    for (let one = 0; one <= bytes.length; one++) {
      for (let other = one; other <= bytes.length; other += 1 + bytes.length % 3) {
        assertEquals(read([bytes.slice(0, one), bytes.slice(one, other), bytes.slice(other)]), outcome);
      }
    }
  });
}

Deno.test("a frame that ends at any byte is broken", () => {
  const bytes = bytesOf(`${BEGIN}a\n\x1e\n${endOf(12)}`);
  for (let length = 0; length < bytes.length; length++) assertEquals(read([bytes.slice(0, length)]), "broken");
});

Deno.test("a frame of any bytes, in any pieces, is read as it is", () => {
  const dice = new Dice(11);
  for (let round = 0; round < 300; round++) {
    const parts = ["\x1e", "\n", `\x1e${"e".repeat(dice.integer(0, 25))}`, BEGIN, endOf(1).replaceAll("e", "f"), "x"];
    const body = dice.times(dice.integer(0, 12), () => dice.pick(parts)).join("");
    const bytes = bytesOf(`${BEGIN}${body}${endOf(7)}`);
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    for (let at = 0; at < bytes.length;) {
      const length = dice.integer(1, 40);
      pieces.push(bytes.slice(at, at + length));
      at += length;
    }
    assertEquals(read(pieces), `7 ${body}`);
  }
});

Deno.test("what a command prints is handed over at once, but for what may be a mark", () => {
  const reader = new FrameReader(WORDS);
  const seen: string[] = [];
  const feed = (text: string): void =>
    reader.feed(bytesOf(text), (bytes) => void seen.push(new TextDecoder().decode(bytes)));
  for (const text of [BEGIN, "one\n", "two", "\x1e", `${WORDS.end}`, " 1"]) feed(text);
  assertEquals([reader.isOver, reader.status], [false, undefined]);
  feed(" ");
  assertEquals([reader.isOver, reader.status], [false, 1]);
  feed(LAST);
  assertEquals([reader.isOver, reader.status], [true, 1]);
  assertEquals(seen, ["one\n", "two"]);
});

Deno.test("marks are found at the speed at which memory is read", () => {
  const reader = new FrameReader(WORDS);
  const chunk = bytesOf("tank/data@a\t1\n".repeat(4600));
  let bytes = 0;
  reader.feed(bytesOf(BEGIN), () => {});
  const startedAt = performance.now();
  for (let times = 0; times < 1600; times++) reader.feed(chunk, (piece) => void (bytes += piece.length));
  assertEquals(bytes, 1600 * chunk.length);
  assert(performance.now() - startedAt < 2000, "100 MB");
});
