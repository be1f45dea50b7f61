/**
 * A shell that stays, and runs one command after the other: a request in, a framed answer out, see `frame.ts`.
 *
 * To its user a request is a {@linkcode Child} as any other: streams that end, a status, a way to end it. What ends it
 * ends the shell with it. A shell that prints anything but the frames of its requests is broken, and ended too.
 * @module
 */
import { randomWord } from "../system.ts";
import { after } from "../timers.ts";
import { Tail } from "../process/byte_tail.ts";
import { beginText, FrameReader, type FrameWords, lastText, statusText } from "./frame.ts";
import type { ByteStream } from "../process/output.ts";
import { isSettledWithin } from "../process/patience.ts";
import type { Child } from "../process/process.ts";

/** The status of a request whose shell broke: that of an ssh that has lost its connection. */
export const BROKEN_STATUS = 255;

/** What is wrong with a shell that is not there any more. */
const ENDED = "it has ended";

/** How long a shell may take to show that it is one. */
const PROOF_MS = 10_000;

/** How long a shell may take to end after its last request. */
const CLOSE_MS = 1000;

/**
 * Shell text for a request. The command reads nothing and prints right into the streams of the shell. Its status is told
 * at once; the last mark comes when nobody is left who has inherited descriptor 9, and thus stdout, from it. The blank in
 * front of the command is for one that begins with a parenthesis: two of them begin a calculation.
 */
function requestText(command: string, words: FrameWords): string {
  const [begin, told, last] = [beginText(words), statusText(words, "$bzfs_live"), lastText(words)];
  return `${begin}; ${begin} >&2; ` +
    `bzfs_live=$( ${command} </dev/null 9>&1 >&3 3>&-; bzfs_live=$?; ${told} >&2; ${told} >&3); ${last} >&2; ${last}\n`;
}

/** A shell that stays. */
export class LiveShell {
  readonly #child: Child;
  readonly #requests: WritableStreamDefaultWriter<Uint8Array>;
  readonly #feeds: readonly [out: Feed, err: Feed];
  #frames: readonly [out: FrameReader, err: FrameReader] | undefined;
  readonly #noise = new Tail();
  readonly #proofMs: number;
  #isProven = false;
  #isBusy = false;
  #isHeld = false;
  #isStopped = false;
  #fault: string | undefined;

  /** @param child runs `sh`, all its streams piped */
  constructor(child: Child, proofMs = PROOF_MS) {
    this.#child = child;
    this.#proofMs = proofMs;
    this.#requests = child.stdin!.getWriter();
    this.#requests.closed.catch(() => {}); // its streams end as well
    this.#feeds = [new Feed(child.stdout!), new Feed(child.stderr)];
    this.#send("exec 3>&1\n");
  }

  /** It has answered once, so that it is a shell. */
  get isProven(): boolean {
    return this.#isProven;
  }

  /** What is wrong with it; `undefined` if it can take requests. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** The command of the last request has ended, but others hold its output open. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** The command was ended by its user, and the shell with it. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** What was printed on stderr that belongs to no request: the words of ssh, for example. */
  get noise(): string {
    return this.#noise.text();
  }

  /** True if it was killed, or the connection to it was lost: another one may do better. */
  async isLost(): Promise<boolean> {
    const status = await Promise.race([this.#child.ended, 0]);
    return this.#fault === ENDED && (status < 0 || status === BROKEN_STATUS);
  }

  /** Runs a command, given as shell text. One at a time; {@linkcode rest} before the next one. */
  start(command: string): Child {
    const words = { begin: randomWord(), end: randomWord() };
    const frames = this.#frames = [new FrameReader(words), new FrameReader(words)] as const;
    this.#isBusy = true;
    const ended = Promise.withResolvers<number>();
    const tooLate = this.#isProven ? undefined : after(this.#proofMs, () => void end("it does not answer"));
    const end = async (fault: string): Promise<void> => {
      this.#fault ??= fault;
      tooLate?.stop();
      await this.#child.terminate();
      ended.resolve(BROKEN_STATUS);
    };
    const onRead = (frame: FrameReader, isEnd: boolean): void => {
      if (this.#isHeld) return; // nobody waits for it any more
      if (frame.isBroken) void end(isEnd ? ENDED : "it printed something else than an answer");
      if (!this.#isProven && frames.every((each) => each.hasBegun)) {
        this.#isProven = true;
        tooLate?.stop();
      }
      if (frames.every(({ status }) => status !== undefined)) ended.resolve(frame.status!);
      if (frame === frames[1] && frame.isBroken) this.#noise.push(frame.rest);
    };
    this.#send(requestText(command, words));
    const [stdout, stderr] = frames.map((frame, index) =>
      answerStream(this.#feeds[index]!, frame, onRead, () => {
        this.#isHeld ||= this.#fault === undefined && frames.every(({ status }) => status !== undefined);
        this.#fault ??= "another process holds its output open";
      })
    );
    const { pid } = this.#child;
    const terminate = (): Promise<void> => {
      this.#isStopped = true;
      return end("its command had to be ended");
    };
    return { pid, stdin: undefined, stdout, stderr: stderr!, ended: ended.promise, terminate, abandon: () => {} };
  }

  /** True if the last request has been answered as a whole; the shell then waits for the next one. */
  rest(): boolean {
    const [out, err] = this.#frames!;
    this.#isBusy = false;
    if (this.#fault === undefined && (!out.isOver || !err.isOver || out.status !== err.status)) {
      this.#fault = "it gave half an answer";
    }
    if (this.#fault !== undefined) return false;
    for (const feed of this.#feeds) void feed.peek().then(() => this.#onIdle());
    return true;
  }

  /** Ends it: the idle one by the end of its requests. What a held one has left behind lives on. */
  async close(): Promise<void> {
    if (this.#isHeld) {
      this.#child.abandon();
      await isSettledWithin(this.#child.ended, CLOSE_MS);
    } else if (this.#fault === undefined) {
      this.#fault = "it was closed";
      this.#requests.close().catch(() => {});
      if (!await isSettledWithin(this.#child.ended, CLOSE_MS)) await this.#child.terminate();
    } else await this.#child.terminate();
    this.#requests.abort().catch(() => {});
    this.#feeds.forEach((feed) => feed.cancel());
  }

  /** Nothing was asked, and something came: bytes that would get into the next answer, or the end. */
  #onIdle(): void {
    if (this.#isBusy || this.#fault !== undefined) return;
    this.#fault = "it printed something, or ended, without a request";
    void this.#child.terminate();
  }

  #send(text: string): void {
    this.#requests.write(new TextEncoder().encode(text)).catch(() => {}); // its streams end as well
  }
}

/** One stream of a shell, which outlives the frames on it. */
class Feed {
  readonly #reader: ReadableStreamBYOBReader;
  #buffer = new ArrayBuffer(65_536);
  #next: Promise<Uint8Array<ArrayBuffer> | undefined> | undefined;

  constructor(stream: ByteStream) {
    this.#reader = stream.getReader({ mode: "byob" });
  }

  /** The next bytes, which stay there; `undefined` at the end. */
  peek(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#next ??= this.#read();
  }

  /** The next bytes, good until the one after is asked for; `undefined` at the end. */
  async take(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const bytes = await this.peek();
    if (bytes !== undefined) this.#next = undefined;
    return bytes;
  }

  cancel(): void {
    this.#reader.cancel().catch(() => {});
  }

  async #read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      const { done, value } = await this.#reader.read(new Uint8Array(this.#buffer));
      if (done) return undefined;
      this.#buffer = value.buffer;
      return value;
    } catch {
      return undefined;
    }
  }
}

/** The bytes of a command as a stream of their own, which ends with the frame. Reads no faster than it is read. */
function answerStream(
  feed: Feed,
  frame: FrameReader,
  onRead: (frame: FrameReader, isEnd: boolean) => void,
  onCancel: () => void,
): ByteStream {
  const source: UnderlyingByteSource = {
    type: "bytes",
    async pull(controller): Promise<void> {
      for (let isAnswered = false; !isAnswered && !frame.isOver;) {
        const chunk = await feed.take();
        if (chunk === undefined) frame.finish();
        else {
          frame.feed(chunk, (bytes) => {
            controller.enqueue(bytes.slice());
            isAnswered = true;
          });
        }
        onRead(frame, chunk === undefined);
      }
      if (!frame.isOver) return;
      controller.close();
      controller.byobRequest?.respond(0);
    },
    cancel: onCancel,
  };
  return new ReadableStream(source) as ByteStream;
}
