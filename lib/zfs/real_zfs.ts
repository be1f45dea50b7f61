/**
 * The pools of one host, spoken to through a {@linkcode Runner}: dialect, diagnosis and batching put together.
 *
 * Which failures are worth a retry is decided here by wrapping them in `Retryable`; changes throw `CommandError` and
 * leave that decision to their callers, who know what they were doing.
 * Source: docs/spec/replication.md §16.3.
 * @module
 */
import { AppError, CommandError, ConflictError, RefusedError, Retryable } from "../model/errors.ts";
import { type Dataset, datasetFromZfs, isWithin } from "../model/dataset.ts";
import type { ChangeAction } from "../model/action.ts";
import type { Capabilities } from "../model/capabilities.ts";
import type { Level, Logger } from "../model/log.ts";
import { batches, byteLength } from "./batching.ts";
import { LONG_ANSWER_BYTES, slicesOf } from "./change_slices.ts";
import {
  busyProcess,
  diagnose,
  goneDatasets,
  isBookmarkExists,
  isCreatedAnyway,
  isGone,
  libzfsError,
} from "./diagnosis.ts";
import * as dialect from "./dialect.ts";
import { eachLine } from "./lines.ts";
import { goneHistory, ListedHistory, RowCollector } from "./listed_history.ts";
import { TransferProcesses } from "./transfer_processes.ts";
import { historiesCommand } from "./version_rows.ts";
import { readWitness, requireRoot, WITNESS_LIMITS, witnessCommand, witnessOf } from "./witness.ts";
import type {
  Answer,
  BusyOptions,
  Cancel,
  ChangeReport,
  Clock,
  CommandResult,
  DatasetInfo,
  DatasetListing,
  History,
  HistoryListing,
  Property,
  Runner,
  RunOptions,
  Witness,
  Zfs,
} from "./world.ts";

/** Stderr longer than this may have lost its beginning; see `CommandResult`. */
const STDERR_LIMIT_BYTES = 64 * 1024;

/**
 * Exit status of a `zfs list` that came to its end and could not open something. With any other failure (a connection
 * that broke, a process that was killed) rows may be missing, whatever stderr says is gone.
 */
const LISTED_WITH_ERRORS = 1;

/** Datasets of one pool, or of one tree, beyond which a listing is not believed: there must be memory for them. */
const MOST_DATASETS = 2 ** 21;

/** Bytes that a list of all processes of a host may have. */
const PROCESS_LIST_BYTES = 2 ** 26;

/** What a {@linkcode RealZfs} is made of. */
export interface RealZfsParts {
  readonly runner: Runner;
  readonly capabilities: Capabilities;
  /** Words before commands that change something: `sudo -n` or nothing. */
  readonly privilegePrefix: readonly string[];
  readonly log: Logger;
  /** Most datasets in one listing of versions. */
  readonly maxDatasetsPerListing: number;
  /** Most snapshots in one `zfs destroy`. */
  readonly maxSnapshotsPerDelete: number;
  /** Listings in flight at once. */
  readonly parallelListings: number;
  readonly clock: Pick<Clock, "monotonicNs">;
}

/** How the output of a command is read. */
type ReadOptions = Omit<RunOptions, "level">;

/** {@linkcode Zfs} on top of a {@linkcode Runner}. */
export class RealZfs implements Zfs {
  readonly capabilities: Capabilities;
  readonly #parts: RealZfsParts;
  /**
   * Reads that are complete, or right about what is gone, only if their pool is there afterwards; and how many of them had
   * ended when the root was last seen.
   */
  #listed = 0;
  #confirmed = 0;
  readonly #transferProcesses: TransferProcesses;

  constructor(parts: RealZfsParts) {
    this.#parts = parts;
    this.capabilities = parts.capabilities;
    this.#transferProcesses = new TransferProcesses(parts.clock, (take, signal) => this.#listProcesses(take, signal));
  }

  async datasets(root: Dataset, listing: DatasetListing): Promise<readonly DatasetInfo[] | undefined> {
    const argv = dialect.datasetsCommand(root, listing);
    const found: DatasetInfo[] = [];
    const unreadable: string[] = [];
    const result = await this.#read(argv, "DEBUG", {
      ...listing,
      onLines: eachLine((row) => {
        const info = unreadable.length > 0 ? undefined : dialect.readDatasetRow(row, listing);
        if (info !== undefined && isWithin(info.dataset, root) && found.length < MOST_DATASETS) found.push(info);
        else if (unreadable.length === 0) unreadable.push(row);
      }),
    });
    if (result.status !== 0) {
      if (saysGone(result) && found.length === 0) return undefined;
      throw this.#retryable(argv, result);
    }
    if (listing.recursive) this.#listed++;
    // What exists is listed, before all that is below it. Nothing is no answer: it must not pass for an empty source.
    if (found[0]?.dataset !== root) unreadable.push(found[0]?.dataset ?? "");
    if (unreadable.length > 0) throw new Retryable(unreadableRow(argv, unreadable[0]!));
    return found;
  }

  async *histories(of: readonly Dataset[], listing: HistoryListing): AsyncIterable<History> {
    const fixed = historiesCommand(listing);
    const limits = { maxItems: this.#parts.maxDatasetsPerListing, maxBytes: this.#argumentBudget(fixed) };
    const queue: Promise<readonly History[]>[] = [];
    for (const batch of batches(of, limits)) {
      queue.push(defuse(this.#historiesOf(batch, listing)));
      if (queue.length >= this.#parts.parallelListings) yield* await queue.shift()!;
    }
    for (const batch of queue) yield* await batch;
  }

  /**
   * Lists one batch. Where too many are gone for stderr to name them all, halves are listed separately. A dataset
   * that neither came with a row of its own nor was said to be gone is unknown, and so is the whole batch.
   */
  async #historiesOf(batch: readonly Dataset[], listing: HistoryListing): Promise<readonly History[]> {
    const argv = [...historiesCommand(listing), ...batch];
    const found = new RowCollector(batch, listing);
    const result = await this.#read(argv, "TRACE", { ...listing, onLines: (piece) => found.take(piece) });
    this.#listed++;
    if (found.unreadable !== undefined) throw new Retryable(unreadableRow(argv, found.unreadable));
    if (result.status !== 0 && batch.length > 1 && byteLength(result.stderr) >= STDERR_LIMIT_BYTES / 2) {
      const half = batch.length >> 1;
      return [
        ...await this.#historiesOf(batch.slice(0, half), listing),
        ...await this.#historiesOf(batch.slice(half), listing),
      ];
    }
    if (batch.length === 1 && saysGone(result)) return [goneHistory(batch[0]!)];
    const gone = result.status === LISTED_WITH_ERRORS ? goneDatasets(result.stderr) : new Set<Dataset>();
    if (gone === undefined || (result.status !== 0 && gone.size === 0)) throw this.#retryable(argv, result);
    const unknown = [...found.unseen].find((dataset) => !gone.has(dataset));
    if (unknown !== undefined) throw new Retryable(withoutRow(argv, unknown));
    return [...found.rows].map(([dataset, rows]) =>
      gone.has(dataset) ? goneHistory(dataset) : new ListedHistory(dataset, rows, listing)
    );
  }

  async witness(root: Dataset, names: readonly string[], options: Cancel = {}): Promise<Witness> {
    const budget = this.#argumentBudget(witnessCommand(root, [root, `${root}@`, `${root}#`]));
    const limits = { ...WITNESS_LIMITS, maxBytes: Math.min(WITNESS_LIMITS.maxBytes, budget) };
    const answers: ReadonlyMap<string, Answer>[] = [];
    const listed = this.#listed;
    for (const batch of names.length === 0 ? [[]] : batches(names, limits)) {
      const argv = witnessCommand(root, batch);
      const result = await this.#read(argv, "TRACE", options);
      if (result.status !== 0 && result.status !== LISTED_WITH_ERRORS) throw this.#retryable(argv, result);
      const read = readWitness(root, batch, result);
      if ("unreadable" in read) throw new Retryable(unreadableRow(argv, read.unreadable));
      answers.push(read);
    }
    const witness = witnessOf(root, answers);
    if (witness.root.kind === "present") this.#confirmed = Math.max(this.#confirmed, listed);
    return witness;
  }

  async confirm(root: Dataset, options: Cancel = {}): Promise<void> {
    if (this.#confirmed === this.#listed) return;
    requireRoot(root, (await this.witness(root, [], options)).root);
  }

  async propertyNames(of: Dataset, sources: string, options: Cancel = {}): Promise<readonly string[]> {
    const argv = dialect.propertyNamesCommand(of, sources);
    const result = await this.#query(argv, "zfs get", { ...options, answerBytes: LONG_ANSWER_BYTES });
    const names = dialect.readPropertyNames(result.stdout);
    if (names === undefined) throw new Retryable(unreadableRow(argv, result.stdout));
    return names;
  }

  async propertyValues(
    of: Dataset,
    sources: string,
    names: readonly string[],
    options: Cancel = {},
  ): Promise<readonly Property[]> {
    const limits = { ...options, answerBytes: LONG_ANSWER_BYTES };
    const get = async (asked: readonly string[]): Promise<string> =>
      (await this.#query(dialect.propertyValuesCommand(of, sources, asked), "zfs get", limits)).stdout;
    const system = names.filter((name) => !name.includes(":"));
    const rows = system.length === 0 ? [] : dialect.readPropertyRows(await get(system), system);
    const single = rows === undefined ? names : names.filter((name) => name.includes(":"));
    const values = [...rows ?? []];
    for (const name of single) {
      const property = dialect.readPropertyRecord(await get([name]));
      if (property !== undefined) values.push(property);
    }
    return values;
  }

  async column(of: Dataset, name: string, options: Cancel = {}): Promise<string | undefined> {
    const argv = dialect.columnCommand(of, name);
    const result = await this.#read(argv, "TRACE", options);
    if (result.status === 0) return result.stdout.replace(/\n$/, "");
    this.#listed++;
    if (saysGone(result)) return undefined;
    throw this.#retryable(argv, result);
  }

  async clonesOf(snapshot: string, options: Cancel = {}): Promise<readonly Dataset[]> {
    const clones = (await this.#query(dialect.valueCommand(snapshot, "clones"), "zfs get clones", options)).stdout
      .trimEnd();
    return clones.split(",").filter((name) => name !== "" && name !== "-" && !name.includes("%")).map(datasetFromZfs);
  }

  async receiveToken(of: Dataset, options: Cancel = {}): Promise<string | undefined> {
    const argv = dialect.valueCommand(of, "receive_resume_token");
    const token = (await this.#query(argv, "zfs get receive_resume_token", options)).stdout.trimEnd();
    return token === "-" || token === "" ? undefined : token;
  }

  async checkToken(token: string, options: Cancel = {}): Promise<void> {
    const argv = [...this.#parts.privilegePrefix, "zfs", "send", "-n", "-v", "-t", token];
    const result = await this.#read(argv, "TRACE", options);
    if (result.status !== 0) throw this.#failure(argv, result);
  }

  async encryptionRoot(of: Dataset, options: Cancel = {}): Promise<string> {
    return (await this.#query(dialect.valueCommand(of, "encryptionroot"), "zfs get", options)).stdout.trimEnd();
  }

  async estimate(sendArguments: readonly string[], options: Cancel = {}): Promise<number> {
    const argv = this.#estimateCommand(sendArguments);
    // With -I there is a line for each snapshot before it.
    let last = "";
    const onLines = eachLine((line) => void (line.trim() !== "" && (last = line)));
    const result = await this.#read(argv, "TRACE", { ...options, onLines });
    if (result.status !== 0) {
      if (isGone(result.stderr)) return 0;
      throw this.#failure(argv, result);
    }
    const size = dialect.readEstimate(last);
    if (size === undefined) throw new Retryable(unreadableRow(argv, last));
    return size;
  }

  async estimates(
    of: readonly (readonly string[])[],
    options: Cancel = {},
  ): Promise<readonly (number | undefined)[]> {
    const argvs = of.map((words) => this.#estimateCommand(words));
    const result = await this.#parts.runner.runTogether?.(argvs, options).catch((error: unknown) => {
      options.signal?.throwIfAborted();
      if (error instanceof Retryable || error instanceof AppError) return undefined; // the next question says why
      throw error;
    });
    const answers = result === undefined || this.#contradiction(result) !== undefined ? [] : result.stdouts;
    return of.map((_, index) => dialect.readEstimate(answers[index]?.trimEnd().split("\n").at(-1) ?? ""));
  }

  #estimateCommand(sendArguments: readonly string[]): readonly string[] {
    return [...this.#parts.privilegePrefix, "zfs", "send", ...dialect.estimateArguments(sendArguments)];
  }

  async isBusy(of: Dataset, against: "send-and-receive" | "receive", options: BusyOptions = {}): Promise<boolean> {
    if (!this.capabilities.programs.has("ps")) return false;
    return await this.#transferProcesses.include(busyProcess(of, against === "send-and-receive"), options);
  }

  async #listProcesses(take: (line: string) => void, signal: AbortSignal | undefined): Promise<void> {
    const argv = ["ps", "-Ao", "args"];
    const limits = { answerBytes: PROCESS_LIST_BYTES, longLines: "drop" } as const;
    const result = await this.#run(argv, "TRACE", { signal, ...limits, onLines: eachLine(take) });
    if (result.status !== 0) throw this.#retryable(argv, result);
  }

  async apply(action: ChangeAction, options: Cancel = {}): Promise<ChangeReport> {
    let freedBytes: number | undefined;
    for (const argv of this.#commands(action)) {
      const result = await this.#run(argv, "DEBUG", { ...options, isChange: true, answerBytes: LONG_ANSWER_BYTES });
      this.#parts.log.log("STDOUT", "", result.stdout);
      const freed = action.kind === "destroy-snapshots" ? dialect.readFreedBytes(result.stdout) : undefined;
      if (freed !== undefined) freedBytes = (freedBytes ?? 0) + freed;
      if (result.status === 0) continue;
      if (await this.#isSuccessAnyway(action, result, options)) continue;
      throw this.#failure(argv, result);
    }
    return freedBytes === undefined ? {} : { freedBytes };
  }

  snapshotsChanged(of: readonly Dataset[], options: Cancel = {}): Promise<ReadonlyMap<Dataset, number>> {
    return this.#values(of, dialect.valuesCommand("snapshots_changed"), dialect.readSnapshotsChanged, options);
  }

  partialReceives(of: readonly Dataset[], options: Cancel = {}): Promise<ReadonlyMap<Dataset, boolean>> {
    return this.#values(of, dialect.valuesCommand("receive_resume_token"), dialect.readHasToken, options);
  }

  /** One value of each dataset that is there; none behind a row that cannot be read, and of a batch whose command was cut. */
  async #values<V>(
    of: readonly Dataset[],
    argv: readonly string[],
    read: (value: string) => V | undefined,
    options: Cancel,
  ): Promise<ReadonlyMap<Dataset, V>> {
    const limits = { maxItems: this.#parts.maxDatasetsPerListing, maxBytes: this.#argumentBudget(argv) };
    const found = new Map<Dataset, V>();
    for (const batch of batches(of, limits)) {
      let isReadable = true;
      const takeRow = (row: string): void => {
        const cells = isReadable ? dialect.readValueRow(row) : undefined;
        const value = cells && read(cells.value);
        if (value === undefined) isReadable = false;
        else found.set(cells!.dataset, value);
      };
      await this.#read([...argv, ...batch], "TRACE", { ...options, onLines: eachLine(takeRow) }).catch(
        (error: unknown) => {
          if (!(error instanceof Retryable)) throw error;
          batch.forEach((dataset) => found.delete(dataset));
        },
      );
    }
    return found;
  }

  split<A extends ChangeAction>(action: A): readonly A[] {
    return this.#slices(action) as readonly ChangeAction[] as readonly A[];
  }

  describe(action: ChangeAction): readonly string[] {
    return this.#commands(action).map((argv) => this.#parts.runner.describe(argv));
  }

  /** Commands that fit the command line. */
  #commands(action: ChangeAction): string[][] {
    return this.#slices(action).map((slice) => [...this.#parts.privilegePrefix, ...dialect.changeCommand(slice)]);
  }

  #slices(action: ChangeAction): ChangeAction[] {
    const budget = (fixed: readonly string[]): number => this.#argumentBudget(fixed);
    return slicesOf(action, { budget, maxSnapshotsPerDelete: this.#parts.maxSnapshotsPerDelete });
  }

  async #isSuccessAnyway(action: ChangeAction, result: CommandResult, options: Cancel): Promise<boolean> {
    switch (action.kind) {
      case "create-filesystem":
        return isCreatedAnyway(result.stderr);
      case "abort-receive":
      case "destroy-bookmark":
        return isGone(result.stderr);
      case "bookmark":
        return isBookmarkExists(result.stderr) && await this.#isSameBookmark(action, options);
      default:
        return false;
    }
  }

  /** Throws if the bookmark belongs to another snapshot: its maker may rely on it. */
  async #isSameBookmark(action: ChangeAction & { kind: "bookmark" }, options: Cancel): Promise<true> {
    const argv = dialect.bookmarkGuidCommand(action.to);
    const guid = (await this.#query(argv, "zfs list -t bookmark", options)).stdout.trimEnd();
    if (guid === action.guid) return true;
    throw new ConflictError(
      `Conflict: Cannot create bookmark '${action.to}' with expected GUID '${action.guid}' from '${action.from}', ` +
        `because the bookmark already exists with a different GUID '${guid}'`,
      { hint: "Rename or destroy that bookmark if nothing relies on it" },
    );
  }

  /** Runs a read for which any failure is worth a retry. */
  async #query(argv: readonly string[], display: string, options: ReadOptions): Promise<CommandResult> {
    const result = await this.#read(argv, "TRACE", options);
    if (result.status !== 0) throw this.#retryable(argv, result, display);
    return result;
  }

  /**
   * Runs a read. `zfs` drops the result of its iterations, so that one which met an error prints part of its rows and
   * exits with 0: such a success that stderr contradicts is a failure. Throws `Retryable` for it.
   */
  async #read(argv: readonly string[], level: Level, options: ReadOptions): Promise<CommandResult> {
    const result = await this.#run(argv, level, options);
    const told = result.status === 0 ? this.#contradiction(result) : undefined;
    if (told === undefined) return result;
    throw new Retryable(new RefusedError(`'${argv.join(" ")}' says that it has succeeded, and also: ${told}`));
  }

  /** What stderr says against a success, if anything. */
  #contradiction({ stderr }: Pick<CommandResult, "stderr">): string | undefined {
    if (stderr === "") return undefined;
    this.#parts.log.log("DEBUG", "", stderr.trimEnd());
    return byteLength(stderr) < STDERR_LIMIT_BYTES ? libzfsError(stderr) : "too much to be kept";
  }

  #run(argv: readonly string[], level: Level, options: ReadOptions): Promise<CommandResult> {
    const { signal, isChange = false, onLines, longLines, answerBytes } = options;
    return this.#parts.runner.run(argv, { level, signal, isChange, onLines, longLines, answerBytes });
  }

  #argumentBudget(fixed: readonly string[]): number {
    const { runner, privilegePrefix } = this.#parts;
    return runner.maxCommandLineBytes - byteLength(runner.describe([...privilegePrefix, ...fixed]));
  }

  #retryable(argv: readonly string[], result: CommandResult, display = ""): Retryable {
    return new Retryable(this.#failure(argv, result), { display });
  }

  /** Logs what the command said: the error says only its status. */
  #failure(argv: readonly string[], result: CommandResult): CommandError {
    this.#parts.log.log("WARN", "", result.stderr.trimEnd());
    return new CommandError({
      command: argv.join(" "),
      host: this.#parts.runner.host,
      status: result.status,
      stderr: result.stderr,
      ...diagnose(result.stderr),
    });
  }
}

/** True if a listing came to its end, and what it was asked about does not exist. */
function saysGone({ status, stderr }: CommandResult): boolean {
  return status === LISTED_WITH_ERRORS && isGone(stderr);
}

/** Marks a promise as observed, so that its failure counts when it is awaited and not before. */
function defuse<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

function withoutRow(argv: readonly string[], dataset: Dataset): RefusedError {
  return new RefusedError(`'${argv.join(" ").slice(0, 200)}' did not come to ${dataset}: it may be there or not`);
}

function unreadableRow(argv: readonly string[], row: string): RefusedError {
  return new RefusedError(`Cannot read what '${argv.join(" ")}' printed: ${JSON.stringify(row.slice(0, 200))}`);
}
