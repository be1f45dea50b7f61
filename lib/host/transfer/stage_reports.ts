/**
 * What the shells of a pipeline report about their stages: taken out of stderr, and read as a verdict.
 *
 * Reports come in the order of causes: a shell holds its ends of the pipes until it has reported a status, so a stage
 * that fails because of a neighbour reports it later. The first failure among the stages of one shell is therefore the
 * culprit, and a broken pipe behind it only a consequence.
 * Source: docs/spec/replication.md §10.6.
 * @module
 */
import { RECORD_PREFIX, type WatchedStage } from "./pipeline_text.ts";
import { SSH_FAILURE } from "../../model/errors.ts";
import { concat, Tail } from "../process/byte_tail.ts";

/** How a stage ended. */
export interface StageOutcome {
  readonly stage: WatchedStage;
  /** Exit status; 128 + N if ended by signal N; `undefined` if it is unknown. */
  readonly status: number | undefined;
}

/** The stage whose failure made the transfer fail. */
export interface Culprit extends StageOutcome {
  /** The end of what the pipeline had written to stderr when this stage's end was reported. */
  readonly stderr: string;
}

interface Report {
  readonly order: number;
  readonly status: number;
  readonly stderr: string;
}

/** Collects what is known about the stages of one pipeline. */
export class StageReports {
  readonly #stages: readonly WatchedStage[];
  readonly #reports = new Map<number, Report>();
  readonly #tail = new Tail();
  readonly #ownTails = new Map<number, Tail>();

  readonly #onEnd: (stage: WatchedStage, status: number) => void;

  /** @param onEnd called with each stage whose end is known, once unless a failure follows */
  constructor(stages: readonly WatchedStage[], onEnd: (stage: WatchedStage, status: number) => void = () => {}) {
    this.#stages = stages;
    this.#onEnd = onEnd;
  }

  /** Called after each report. */
  onReport: () => void = () => {};

  /**
   * True if nothing useful can happen any more: a command of this host failed, all behind it have ended, and only some
   * before it still run. They will notice when they write, which may never happen.
   */
  isDeadEnd(): boolean {
    const local = this.#stages.filter((stage) => stage.parent === undefined);
    const failed = local.findLastIndex(({ id }) => (this.#reports.get(id)?.status ?? 0) !== 0);
    const silent = local.map(({ id }) => !this.#reports.has(id));
    return failed >= 0 && silent.lastIndexOf(true) >= 0 && silent.lastIndexOf(true) < failed;
  }

  /**
   * A reader of stderr that separates the records of shells from what the stages themselves write. Every stream of
   * bytes needs one of its own. `command` is the number of the local command whose stderr it is, if it has one of its
   * own.
   */
  reader(command?: number): RecordReader {
    const own = command === undefined ? undefined : new Tail();
    if (own !== undefined) this.#ownTails.set(command!, own);
    return new RecordReader({
      text: (bytes) => {
        this.#tail.push(bytes);
        own?.push(bytes);
      },
      record: (word, id, status) => {
        if (this.#stages[id]?.word !== word) return false;
        this.add(id, status);
        return true;
      },
    });
  }

  /** Notes the end of a stage. A failure is never taken back. */
  add(id: number, status: number): void {
    const known = this.#reports.get(id);
    if (known !== undefined && known.status !== 0) return;
    const stderr = status === 0 ? "" : this.#tailOf(id).text();
    this.#reports.set(id, { order: this.#reports.size, status, stderr });
    this.#onEnd(this.#stages[id]!, status);
    this.onReport();
  }

  /** What the stages wrote to stderr, or its end. */
  text(): string {
    return this.#tail.text();
  }

  /** How each stage ended. */
  outcomes(): readonly StageOutcome[] {
    return this.#stages.map((stage) => ({ stage, status: this.#statusOf(stage) }));
  }

  /**
   * Who made the transfer fail; `undefined` if nobody did. `shellStatus` is that of the local shell: if it failed
   * although no stage did, the last stage that said nothing is to blame, or the last of all.
   */
  culprit(shellStatus: number): Culprit | undefined {
    const found = this.#culpritAmong(undefined);
    if (found !== undefined || shellStatus === 0) return found;
    const local = this.#stages.filter((stage) => stage.parent === undefined);
    const silent = local.findLast((stage) => !this.#reports.has(stage.id)) ?? local.at(-1)!;
    return { stage: silent, status: shellStatus, stderr: this.text() };
  }

  /** The stderr of the local command to which a stage belongs, or that of all. */
  #tailOf(id: number): Tail {
    for (let at: number | undefined = id; at !== undefined; at = this.#stages[at]?.parent) {
      const own = this.#ownTails.get(at);
      if (own !== undefined) return own;
    }
    return this.#tail;
  }

  #statusOf(stage: WatchedStage): number | undefined {
    if (stage.word === undefined) return this.#reports.get(stage.parent!)?.status;
    return this.#reports.get(stage.id)?.status;
  }

  /** The first failure among the stages of the shell that the ssh `parent` runs, or of the local shell. */
  #culpritAmong(parent: number | undefined): Culprit | undefined {
    const stages = this.#stages.filter((stage) => stage.parent === parent && stage.word !== undefined);
    const failed = stages
      .map((stage) => ({ order: this.#reports.get(stage.id)?.order ?? Infinity, culprit: this.#failureOf(stage) }))
      .filter((each) => each.culprit !== undefined)
      .sort((a, b) => a.order - b.order);
    if (failed.length > 0) return failed[0]!.culprit;
    return this.#silentAmong(stages, parent);
  }

  #failureOf(stage: WatchedStage): Culprit | undefined {
    const inner = this.#culpritAmong(stage.id);
    if (inner !== undefined) return inner;
    const report = this.#reports.get(stage.id);
    if (report === undefined || report.status === 0) return undefined;
    const { status, stderr } = report;
    const only = this.#stages.find((each) => each.parent === stage.id && each.word === undefined);
    return { stage: only !== undefined && status !== SSH_FAILURE ? only : stage, status, stderr };
  }

  /**
   * A stage whose shell said nothing, although it spoke of others, has failed in an unknown way. A remote shell that
   * said nothing at all (its stderr may be kept from us) is judged by the status of its ssh.
   */
  #silentAmong(stages: readonly WatchedStage[], parent: number | undefined): Culprit | undefined {
    const silent = stages.find((stage) => !this.#reports.has(stage.id));
    if (silent === undefined || stages.every((stage) => !this.#reports.has(stage.id))) return undefined;
    if (parent !== undefined && this.#reports.get(parent)?.status !== 0) return undefined;
    return { stage: silent, status: undefined, stderr: this.#tailOf(silent.id).text() };
  }
}

/** Takes what a {@linkcode RecordReader} finds. */
export interface RecordHandlers {
  /** Bytes that belong to no record, valid during the call. */
  readonly text: (bytes: Uint8Array) => void;
  /** Returns false if the record is not ours: then it is text. */
  readonly record: (word: string, id: number, status: number) => boolean;
}

/** Finds records in a stream of bytes, however reads cut it. */
class RecordReader {
  readonly #handlers: RecordHandlers;
  #held: Uint8Array = new Uint8Array();

  constructor(handlers: RecordHandlers) {
    this.#handlers = handlers;
  }

  /** Takes the next bytes. */
  feed(chunk: Uint8Array): void {
    const bytes = this.#held.length === 0 ? chunk : concat(this.#held, chunk);
    const text = decodeBytewise(bytes);
    let start = 0;
    let from = 0;
    for (let at = text.indexOf(RECORD_PREFIX); at >= 0; at = text.indexOf(RECORD_PREFIX, from)) {
      RECORD.lastIndex = at;
      const match = RECORD.exec(text);
      if (match === null && text.length - at < RECORD_MAX_BYTES && !text.includes("\n", at)) break;
      from = at + RECORD_PREFIX.length;
      if (match === null) continue;
      this.#handlers.text(bytes.subarray(start, at));
      const isRecord = this.#handlers.record(match[1]!, Number(match[2]), Number(match[3]));
      start = isRecord ? at + match[0].length : at;
      if (isRecord) from = start;
    }
    const keep = heldFrom(text, from);
    this.#handlers.text(bytes.subarray(start, keep));
    this.#held = bytes.slice(keep);
  }

  /** Says that nothing more comes. */
  end(): void {
    this.#handlers.text(this.#held);
    this.#held = new Uint8Array();
  }
}

const RECORD = new RegExp(`(${RECORD_PREFIX}[0-9a-f]{16}) (\\d{1,3}) (\\d{1,3})\\n`, "y");

const RECORD_MAX_BYTES = RECORD_PREFIX.length + 16 + 9;

/** From where on the text may be the beginning of a record whose rest is still to come. */
function heldFrom(text: string, from: number): number {
  const at = text.indexOf(RECORD_PREFIX, from);
  if (at >= 0) return at;
  for (let length = Math.min(RECORD_PREFIX.length - 1, text.length - from); length > 0; length--) {
    if (text.endsWith(RECORD_PREFIX.slice(0, length))) return text.length - length;
  }
  return text.length;
}

/** Made once: it is asked for each read of each transfer. */
const BYTEWISE = new TextDecoder("latin1");

/** One UTF-16 unit for each byte, the same for ASCII: for searching. */
function decodeBytewise(bytes: Uint8Array): string {
  return BYTEWISE.decode(bytes);
}
