import { logFileSink } from "../../../lib/host/log_file.ts";
import { writePatiently } from "../../../lib/host/print.ts";
import { Console, type ConsoleOptions, type ConsoleOutput } from "../../../lib/host/terminal.ts";
import { assert, assertEquals, assertThrows } from "../../support/assert.ts";
import { forAll } from "../../support/for_all.ts";

/** A terminal, or a pipe, that remembers what was written. */
class Paper implements ConsoleOutput {
  readonly isLineBuffered: boolean = false;
  text = "";
  width: number | undefined = 20;
  readonly #isTerminal: boolean;

  constructor(isTerminal: boolean) {
    this.#isTerminal = isTerminal;
  }

  /** At most seven bytes at once, as a slow pipe. */
  writeSync(bytes: Uint8Array): number {
    this.text += new TextDecoder().decode(bytes.subarray(0, 7));
    return Math.min(7, bytes.length);
  }

  isTerminal(): boolean {
    return this.#isTerminal;
  }

  columns(): number | undefined {
    return this.width;
  }

  canErase(): boolean {
    return true;
  }
}

const DEFAULTS: ConsoleOptions = { isTerminal: undefined, columns: undefined, plain: false };

Deno.test("Console pads on a terminal and draws the status line again below a record", () => {
  const paper = new Paper(true);
  const console = new Console(DEFAULTS, paper);
  console.write("one");
  console.status("status");
  console.write("two");
  console.clearStatus();
  console.write("three");
  const blanks = (n: number): string => " ".repeat(n);
  assertEquals(
    paper.text,
    `one${blanks(17)}\nstatus\rtwo${blanks(17)}\nstatus\r${blanks(19)}\rthree${blanks(15)}\n`,
  );
});

Deno.test("Console neither pads nor shows a status line where no terminal is", () => {
  const paper = new Paper(false);
  const console = new Console(DEFAULTS, paper);
  console.status("status");
  console.write("\x1b[31mraw");
  console.clearStatus();
  console.flush();
  assertEquals(paper.text, "\x1b[31mraw\n");
});

Deno.test("Console keeps the order of records and status lines where no terminal is", () => {
  const pipe = new Paper(false);
  const console = new Console({ ...DEFAULTS, isTerminal: true, columns: 4 }, pipe);
  console.write("one");
  console.status("status");
  console.write("two");
  console.status("end");
  assertEquals(pipe.text, "one \nstatus\rtwo \nend \r");
});

Deno.test("Console does as bzfs_isatty says", () => {
  const pipe = new Paper(false);
  const forced = new Console({ ...DEFAULTS, isTerminal: true, columns: 8 }, pipe);
  forced.status("a longer status line");
  forced.write("x");
  forced.flush();
  assertEquals(pipe.text, "a longer status line\rx       \n");
  const paper = new Paper(true);
  const off = new Console({ ...DEFAULTS, isTerminal: false }, paper);
  off.status("status");
  off.write("x");
  assertEquals(paper.text, "x\n");
});

Deno.test("Console follows changes of the width, cuts what does not fit, and shows control characters", () => {
  const paper = new Paper(true);
  const console = new Console(DEFAULTS, paper);
  console.status("0123456789".repeat(3));
  paper.width = 10;
  console.status("0123456789".repeat(3));
  console.write("\x1b]0;title\x07\r\ttext");
  assertEquals(paper.text, "0123456789012345678\r\x1b[J012345678\r\\x1b]0;title\\x07\\x0d\ttext\n012345678\r");
});

Deno.test("Console falls back to 120 columns", () => {
  const paper = new Paper(true);
  paper.width = undefined;
  assertEquals(new Console(DEFAULTS, paper).width, 120);
  assertEquals(new Console({ ...DEFAULTS, plain: true }, paper).width, 0);
});

Deno.test("Console covers a longer status line with a shorter one", () => {
  const paper = new Paper(true);
  const console = new Console(DEFAULTS, paper);
  console.status("longer");
  console.status("abc");
  assertEquals(paper.text, "longer\rabc   \r");
});

Deno.test("Console goes silent when its reader has gone, and a run goes on", () => {
  let writes = 0;
  const console = new Console(DEFAULTS, {
    writeSync(): number {
      writes++;
      throw new Deno.errors.BrokenPipe("gone");
    },
    isLineBuffered: false,
    isTerminal: () => false,
    columns: () => undefined,
    canErase: () => false,
  });
  for (const line of ["one", "two"]) {
    console.write(line);
    console.flush();
  }
  assertEquals(writes, 1);
});

Deno.test("writePatiently() waits for a slow reader of a non-blocking stream as long as it takes something, and not for ever", () => {
  let text = "";
  let tries = 0;
  const slow = {
    isLineBuffered: false,
    writeSync(bytes: Uint8Array): number {
      if (++tries % 3 !== 0) throw new Deno.errors.WouldBlock("full");
      text += new TextDecoder().decode(bytes.subarray(0, 1));
      return 1;
    },
  };
  assertEquals(writePatiently(slow, new TextEncoder().encode("0123456789"), 10).length, 0);
  assertEquals(text, "0123456789");
  assertEquals(writePatiently(slow, new TextEncoder().encode("xy"), 5).length, 2);
  const broken = {
    isLineBuffered: false,
    writeSync(): number {
      throw new Deno.errors.BrokenPipe("gone");
    },
  };
  assertThrows(() => writePatiently(broken, new TextEncoder().encode("x"), 5), Deno.errors.BrokenPipe);
});

/**
 * A non-blocking pipe behind the line buffer of the runtime's standard output: takes up to 4096 bytes as a whole or not at
 * all, more in part; what does not end a line stays in the buffer until a later write gets rid of it.
 */
class Pipe extends Paper {
  override readonly isLineBuffered = true;
  room = 0;
  #kept = new Uint8Array();

  constructor() {
    super(false);
  }

  override writeSync(bytes: Uint8Array): number {
    this.#flush();
    const lines = bytes.lastIndexOf(0x0a) + 1;
    if (lines > 0) {
      const count = this.#take(bytes.subarray(0, lines));
      if (count < lines) return count;
    }
    const rest = bytes.subarray(lines);
    if (lines === 0 && rest.length >= 1024) return this.#take(rest);
    this.#kept = new Uint8Array(rest.subarray(0, 1024));
    this.#flush();
    return lines + Math.min(1024, rest.length);
  }

  #flush(): void {
    this.#kept = this.#kept.slice(this.#kept.length === 0 ? 0 : this.#take(this.#kept));
  }

  #take(bytes: Uint8Array): number {
    const count = Math.min(this.room, bytes.length);
    if (count === 0 || (bytes.length <= 4096 && count < bytes.length)) throw new Deno.errors.WouldBlock("full");
    this.text += new TextDecoder().decode(bytes.subarray(0, count));
    this.room -= count;
    return count;
  }
}

Deno.test("writePatiently() prints nothing twice and leaves nothing out, whatever a pipe takes at a time", () =>
  forAll(
    (dice) => ({
      dice,
      lines: dice.times(dice.integer(1, 40), () => {
        const length = dice.integer(0, dice.pick([10, 200, 600, 1030, 5000, 9000]));
        return `${dice.pick([..."abcdefgh"]).repeat(length)}\n`;
      }),
    }),
    ({ dice, lines }) => {
      const pipe = new Pipe();
      let rest: Uint8Array = new TextEncoder().encode(lines.join(""));
      while (rest.length > 0) {
        pipe.room = Math.min(65_536, pipe.room + dice.integer(0, 9000));
        rest = writePatiently(pipe, rest, 0);
      }
      assert(pipe.text === lines.join(""));
    },
    { runs: 300 },
  ));

Deno.test("Console keeps for a slow reader what it has not taken yet, without waiting for it", () => {
  const pipe = new Pipe();
  const console = new Console(DEFAULTS, pipe);
  const records = Array.from({ length: 2000 }, (_, index) => `record ${index}`);
  for (const record of records) console.write(record);
  console.flush();
  assertEquals(pipe.text, "");
  pipe.room = 10_000;
  console.flush();
  console.write("next");
  pipe.room = Infinity;
  console.close();
  assertEquals(pipe.text, [...records, "next", ""].join("\n"));
});

Deno.test("Console gives up, line by line, what nobody takes for long", () => {
  const pipe = new Pipe();
  const console = new Console(DEFAULTS, pipe);
  const line = "x".repeat(99_999);
  for (let record = 0; record < 20; record++) console.write(line);
  console.flush();
  pipe.room = Infinity;
  console.write("next");
  console.flush();
  assertEquals(pipe.text.split("\n").map(({ length }) => length), [...new Array(10).fill(99_999), 4, 0]);
});

Deno.test("logFileSink() appends records and status lines, and tells once that the disk is full", () => {
  let text = "";
  let isFull = false;
  const failures: unknown[] = [];
  const append = (more: string): void => {
    if (isFull) throw new Error("No space left on device");
    text += more;
  };
  const sink = logFileSink(append, (error) => void failures.push(error));
  const write = (line: string): void => sink.write(line, { level: "INFO", label: "", text: line });
  write("one");
  sink.status?.("status");
  sink.flush?.();
  isFull = true;
  for (const line of ["two", "three"]) {
    write(line);
    sink.flush?.();
  }
  isFull = false;
  write("four");
  sink.flush?.();
  assertEquals(text, "one\nstatus\rfour\n");
  assertEquals(failures.length, 1);
});
