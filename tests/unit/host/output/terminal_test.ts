import { logFileSink } from "../../../../lib/host/output/log_files.ts";
import { type ByteSink, StandardStream } from "../../../../lib/host/output/standard_stream.ts";
import { Console, type ConsoleOptions, type ConsoleOutput } from "../../../../lib/host/output/terminal.ts";
import { assertEquals } from "../../../support/assert.ts";

/** A terminal, or a pipe, that remembers what was written. */
class Paper implements ConsoleOutput, ByteSink {
  readonly stream = new StandardStream(this);
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

  isJournal(): boolean {
    return false;
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
  console.write("raw");
  console.clearStatus();
  assertEquals(paper.text, "raw\n");
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
  assertEquals(pipe.text, "a longer status line\rx       \n");
  const paper = new Paper(true);
  const off = new Console({ ...DEFAULTS, isTerminal: false }, paper);
  off.status("status");
  off.write("x");
  assertEquals(paper.text, "x\n");
});

Deno.test("Console follows changes of the width, and cuts what does not fit", () => {
  const paper = new Paper(true);
  const console = new Console(DEFAULTS, paper);
  console.status("0123456789".repeat(3));
  paper.width = 10;
  console.status("0123456789".repeat(3));
  console.write("a longer text");
  assertEquals(paper.text, "0123456789012345678\r\x1b[J012345678\ra longer text\n012345678\r");
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
  const stream = new StandardStream({
    writeSync(): number {
      writes++;
      throw new Deno.errors.BrokenPipe("gone");
    },
    isLineBuffered: false,
    isTerminal: () => false,
  });
  const console = new Console(DEFAULTS, {
    stream,
    isTerminal: () => false,
    columns: () => undefined,
    isJournal: () => false,
    canErase: () => false,
  });
  for (const line of ["one", "two"]) {
    console.write(line);
  }
  assertEquals(writes, 1);
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
  isFull = true;
  for (const line of ["two", "three"]) {
    write(line);
  }
  isFull = false;
  write("four");
  assertEquals(text, "one\nstatus\rfour\n");
  assertEquals(failures.length, 1);
});
