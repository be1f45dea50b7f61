/**
 * A far shell in memory, that answers as a test says: a child process with streams, for those who speak to a live shell.
 * @module
 */
import type { Child } from "../../lib/host/process/process.ts";
import type { FrameWords } from "../../lib/host/shells/frame.ts";

/** What is printed on a stream, in pieces; `end` ends the whole shell. */
export type Printed = string | { readonly end: number };

/** Answers a request. */
export interface Answer {
  readonly out: readonly Printed[];
  readonly err: readonly Printed[];
}

/** A shell that a test speaks for. */
export interface FarShell {
  readonly child: Child;
  /** Commands that it was told, as shell text. */
  readonly commands: readonly string[];
  /** Prints something that nobody has asked for, on stdout. */
  say(text: string): void;
  /** Ends with this status. */
  end(status: number): void;
}

/** The frame that a shell prints for a request: on stdout, and on stderr. */
export function wholeAnswer(words: FrameWords, status: number, stdout: string, stderr = ""): readonly [string, string] {
  const frame = (body: string): string => `\x1e${words.begin}\n${body}\x1e${words.end} ${status} \x1e${words.end}\n`;
  return [frame(stdout), frame(stderr)];
}

/** Starts one. */
export function farShell(answer: (words: FrameWords, command: string) => Answer): FarShell {
  const commands: string[] = [];
  const streams = [new Printer(), new Printer()] as const;
  const ended = Promise.withResolvers<number>();
  const end = (status: number): void => {
    streams.forEach((stream) => stream.close());
    ended.resolve(status);
  };
  const stdin = new WritableStream<Uint8Array>({
    write(bytes): void {
      const text = new TextDecoder().decode(bytes);
      const match = /printf '\\036(\w{26})\\n'.*=\$\( (.*) <\/dev\/null 9>.*printf '\\036(\w{26}) %s/s.exec(text);
      if (match === null) return;
      const [, begin = "", command = "", last = ""] = match;
      commands.push(command);
      const { out, err } = answer({ begin, end: last }, command);
      [out, err].forEach((printed, index) => {
        for (const piece of printed) {
          if (typeof piece === "string") streams[index]!.print(piece);
          else end(piece.end);
        }
      });
    },
    close: () => end(0),
  });
  const child: Child = {
    pid: 2 ** 22 + 1,
    stdin,
    stdout: streams[0].stream,
    stderr: streams[1].stream,
    ended: ended.promise,
    terminate: () => Promise.resolve(end(-15)),
    abandon: () => end(-9),
  };
  return { child, commands, say: (text) => streams[0].print(text), end };
}

/** A stream that is printed to. */
class Printer {
  #controller: ReadableByteStreamController | undefined;
  #isOpen = true;
  readonly stream = new ReadableStream({
    type: "bytes",
    start: (controller) => void (this.#controller = controller),
    cancel: () => void (this.#isOpen = false),
  }) as Child["stderr"];

  print(text: string): void {
    if (this.#isOpen && text !== "") this.#controller!.enqueue(new TextEncoder().encode(text));
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#controller!.close();
    this.#controller!.byobRequest?.respond(0);
  }
}
