/**
 * The console: the only writer of stdout, and the owner of the terminal's last line.
 *
 * Records scroll, the status line stays below them. Every record is padded with blanks to the width of the terminal, so
 * that it covers a status line; on a real terminal the status line is then drawn again. Rules:
 * docs/spec/logging-progress.md §3.
 * @module
 */
import { STANDARD_ERROR_STREAM, STANDARD_OUTPUT_STREAM, type StandardStream } from "./standard_stream.ts";
import type { LogRecord } from "../../model/log.ts";
import type { Sink } from "../../report/logger.ts";
import { lengthOf, padTo } from "../../report/record.ts";
import { journalText } from "../../report/syslog.ts";
import { identityOfFile } from "../node.ts";

/** Where the console's bytes go. */
export interface ConsoleOutput {
  readonly stream: Pick<StandardStream, "print" | "drain">;
  isTerminal(): boolean;
  /** Columns of the terminal, at this moment; `undefined` if nobody knows. */
  columns(): number | undefined;
  /** True if the journal of systemd is at the other end. */
  isJournal(): boolean;
  /** True if a terminal understands escape sequences. */
  canErase(): boolean;
}

/** What the user wants of the console. */
export interface ConsoleOptions {
  /** `bzfs_isatty`: false = no padding and no status line, true = both even without a terminal. */
  readonly isTerminal: boolean | undefined;
  /** `bzfs_terminal_columns`, or `COLUMNS`: overrides the terminal. */
  readonly columns: number | undefined;
  /** True with `--quiet` and without `pv`: there is never a status line, so nothing has to cover one. */
  readonly plain: boolean;
}

/** Width if nobody knows better. */
const DEFAULT_COLUMNS = 120;

/** Erases everything from the cursor to the end of the screen. */
const ERASE_BELOW = "\x1b[J";

function consoleOn(stream: StandardStream, device: { isTerminal(): boolean }, descriptor: 1 | 2): ConsoleOutput {
  return {
    stream,
    isTerminal: () => device.isTerminal(),
    isJournal: () => leadsToJournal(descriptor),
    columns: terminalColumns,
    canErase: hasCapableTerminal,
  };
}

/** True if systemd has said that a file descriptor is the journal, and it still is: `JOURNAL_STREAM=DEVICE:INODE`. */
function leadsToJournal(descriptor: 1 | 2): boolean {
  const named = Deno.env.get("JOURNAL_STREAM");
  return named !== undefined && named !== "" && named === identityOfFile(descriptor);
}

/** Standard output of this process. */
export const standardOutput: ConsoleOutput = consoleOn(STANDARD_OUTPUT_STREAM, Deno.stdout, 1);

/** Standard error of this process: for a log that has to leave standard output to something else. */
export const standardError: ConsoleOutput = consoleOn(STANDARD_ERROR_STREAM, Deno.stderr, 2);

/** Writes records and the status line to the console. Never throws: a console that has gone away is no failure. */
export class Console implements Sink {
  readonly #output: ConsoleOutput;
  readonly #options: ConsoleOptions;
  readonly #isRealTerminal: boolean;
  readonly #hasStatus: boolean;
  readonly #isJournal: boolean;
  #status = "";
  /** Columns of the status line on the screen. */
  #drawnColumns = 0;
  #isGone = false;

  constructor(options: ConsoleOptions, output: ConsoleOutput = standardOutput) {
    this.#output = output;
    this.#options = options;
    this.#isRealTerminal = output.isTerminal();
    this.#isJournal = output.isJournal();
    this.#hasStatus = !options.plain && (options.isTerminal ?? this.#isRealTerminal);
  }

  /** Columns to which records are padded; 0 = they are not. */
  get width(): number {
    if (!this.#hasStatus) return 0;
    return this.#options.columns ?? this.#output.columns() ?? DEFAULT_COLUMNS;
  }

  write(text: string, record?: Pick<LogRecord, "level">): void {
    if (this.#isJournal) return this.#print(`${journalText(text, record?.level ?? "INFO")}\n`);
    const erasure = this.#erasure();
    const status = this.#isRealTerminal ? this.#drawnStatus(this.#status) : "";
    this.#print(`${erasure}${padTo(text, this.width)}\n${status}`);
  }

  /** Waits a while for a reader that is slow. */
  async close(): Promise<void> {
    if (!this.#isGone) await this.#output.stream.drain(FAREWELL_MS).catch(() => {});
  }

  readonly status = (line: string): void => {
    if (!this.#hasStatus) return;
    const covering = padTo(line, Math.min(lengthOf(this.#status), this.width));
    this.#status = line;
    this.#print(this.#erasure() + this.#drawnStatus(covering));
  };

  readonly clearStatus = (): void => {
    if (this.#status !== "" && this.#isRealTerminal) {
      this.#print(`${this.#erasure()}${" ".repeat(Math.max(0, this.width - 1))}\r`);
    }
    this.#status = "";
    this.#drawnColumns = 0;
  };

  /** On a real terminal a line that does not fit would scroll with each repetition. */
  #drawnStatus(line: string): string {
    if (line === "") return "";
    const characters = [...line].slice(0, Math.max(1, this.width - 1));
    this.#drawnColumns = characters.length;
    return `${this.#isRealTerminal ? characters.join("") : line}\r`;
  }

  /** A terminal that became narrower has put the status line on several rows: blanks would cover only the first. */
  #erasure(): string {
    const isWrapped = this.#isRealTerminal && this.#drawnColumns > this.width && this.#output.canErase();
    return isWrapped ? ERASE_BELOW : "";
  }

  #print(text: string): void {
    if (this.#isGone) return;
    try {
      this.#output.stream.print(text);
    } catch {
      this.#isGone = true;
    }
  }
}

/** How long a run waits for a slow reader at its end. */
const FAREWELL_MS = 10_000;

function terminalColumns(): number | undefined {
  try {
    const { columns } = Deno.consoleSize();
    return columns > 0 ? columns : undefined;
  } catch {
    return undefined;
  }
}

function hasCapableTerminal(): boolean {
  return !["", "dumb"].includes(Deno.env.get("TERM") ?? "");
}
