import { type ByteSink, StandardStream } from "../../../../lib/host/output/standard_stream.ts";
import { Console } from "../../../../lib/host/output/terminal.ts";
import { assert, assertEquals, assertThrows } from "../../../support/assert.ts";
import { forAll } from "../../../support/for_all.ts";

/**
 * Something non-blocking behind the line buffer of the runtime's standard output: what does not end a line stays in the
 * buffer until a later write gets rid of it. A pipe takes up to 4096 bytes as a whole or not at all; a terminal takes a
 * part of anything.
 */
class Slow implements ByteSink {
  readonly isLineBuffered = true;
  text = "";
  room = 0;
  tries = 0;
  readonly #kind: "pipe" | "terminal";
  #kept = new Uint8Array();

  constructor(kind: "pipe" | "terminal") {
    this.#kind = kind;
  }

  isTerminal(): boolean {
    return this.#kind === "terminal";
  }

  writeSync(bytes: Uint8Array): number {
    this.tries++;
    const count = this.#buffer(bytes);
    this.#flush();
    return count;
  }

  #buffer(bytes: Uint8Array): number {
    const lines = bytes.lastIndexOf(0x0a) + 1;
    if (lines > 0) {
      this.#flush();
      const count = this.#take(bytes.subarray(0, lines));
      if (count < lines) {
        this.#kept = new Uint8Array(bytes.subarray(count, lines).subarray(0, 1024));
        return count + this.#kept.length;
      }
    }
    const rest = bytes.subarray(lines);
    if (this.#kept.length + rest.length > 1024) this.#flush();
    if (rest.length >= 1024) return lines + this.#take(rest);
    this.#kept = new Uint8Array([...this.#kept, ...rest]);
    return lines + rest.length;
  }

  #flush(): void {
    while (this.#kept.length > 0) this.#kept = this.#kept.slice(this.#take(this.#kept));
  }

  #take(bytes: Uint8Array): number {
    const count = Math.min(this.room, bytes.length);
    const isWhole = this.#kind === "pipe" && bytes.length <= 4096;
    if (count === 0 || (isWhole && count < bytes.length)) throw new Deno.errors.WouldBlock("full");
    this.text += new TextDecoder().decode(bytes.subarray(0, count));
    this.room -= count;
    return count;
  }
}

/** The longest line of a pipe is one that it takes as a whole; a terminal may be given any. */
for (const [kind, longest] of [["pipe", 4000], ["terminal", 9000]] as const) {
  Deno.test(`StandardStream prints nothing twice and leaves nothing out, whatever a ${kind} takes at a time`, () =>
    forAll(
      (dice) => ({
        dice,
        texts: dice.times(dice.integer(1, 20), () =>
          dice.times(dice.integer(0, 8), () => {
            const length = dice.integer(0, Math.min(longest, dice.pick([10, 200, 600, 1030, 5000, 9000])));
            return `${dice.pick([..."abcdefgh"]).repeat(length)}\n`;
          }).join("")),
      }),
      ({ dice, texts }) => {
        const slow = new Slow(kind);
        const stream = new StandardStream(slow);
        for (const text of texts) {
          slow.room = Math.min(65_536, slow.room + dice.integer(0, 3000));
          stream.print(text);
        }
        for (let turns = 0; turns < 1000 && slow.text.length < texts.join("").length; turns++) {
          slow.room = Math.min(65_536, slow.room + dice.integer(0, 9000));
          stream.flush();
        }
        assert(slow.text === texts.join(""));
      },
      { runs: 300 },
    ));
}

Deno.test("StandardStream writes many short lines at once, and a long one as a whole, where nothing is slow", () => {
  const pieces: number[] = [];
  const writeSync = (bytes: Uint8Array): number => {
    pieces.push(bytes.length);
    return bytes.length;
  };
  const stream = new StandardStream({ writeSync, isLineBuffered: true, isTerminal: () => false });
  stream.print(`${"x".repeat(99)}\n`.repeat(100));
  assertEquals(pieces, [4000, 4000, 2000]);
  stream.print(`${"y".repeat(9999)}\n`);
  assertEquals(pieces.at(-1), 10_000);
});

Deno.test("StandardStream waits for a slow reader only once, as long as it takes nothing", () => {
  const slow = new Slow("pipe");
  const stream = new StandardStream(slow);
  const line = `${"x".repeat(999)}\n`;
  for (let i = 0; i < 1040; i++) stream.print(line);
  assert(slow.tries < 1100);
  stream.print(line.repeat(20));
  const waited = slow.tries;
  assert(waited > 1200);
  for (let i = 0; i < 10; i++) {
    stream.print(line);
    stream.flush();
  }
  assert(slow.tries < waited + 50);
  slow.room = Infinity;
  stream.print("next\n");
  const lines = slow.text.split("\n");
  assertEquals([lines.at(-2), new Set(lines.slice(0, -2)).size], ["next", 1]);
});

Deno.test("printPatiently() throws what a reader does that takes nothing, and what the system says", () => {
  const slow = new Slow("pipe");
  const stream = new StandardStream(slow);
  assertThrows(() => stream.printPatiently("x\n", 5), Deno.errors.WouldBlock);
  slow.room = Infinity;
  stream.printPatiently("y\n", 5);
  assertEquals(slow.text, "x\ny\n");
  const writeSync = (): number => {
    throw new Deno.errors.BrokenPipe("gone");
  };
  const broken = new StandardStream({ writeSync, isLineBuffered: true, isTerminal: () => false });
  assertThrows(() => broken.printPatiently("x\n", 5), Deno.errors.BrokenPipe);
});

Deno.test("drain() lets everything else go on while it waits, and ends", async () => {
  const slow = new Slow("pipe");
  const stream = new StandardStream(slow);
  stream.print("x\n");
  const drained = stream.drain(60_000);
  assertEquals(slow.text, "");
  slow.room = 100;
  await drained;
  assertEquals(slow.text, "x\n");
  slow.room = 0;
  stream.print("y\n");
  await stream.drain(10);
  await stream.drain(60_000); // does not wait again
  assertEquals(slow.text, "x\n");
});

Deno.test("two consoles on one stream do not print into each other's lines", async () => {
  const slow = new Slow("pipe");
  const output = {
    stream: new StandardStream(slow),
    isTerminal: () => false,
    columns: () => undefined,
    isJournal: () => false,
    canErase: () => false,
  };
  const options = { isTerminal: undefined, columns: undefined, plain: true };
  const [a, b] = [new Console(options, output), new Console(options, output)];
  a.write("a".repeat(8000));
  slow.room = 100;
  b.write("b".repeat(20));
  slow.room = Infinity;
  await b.close();
  await a.close();
  assertEquals(slow.text.split("\n").map((line) => [line[0], line.length]), [["a", 8000], ["b", 20], [undefined, 0]]);
});
