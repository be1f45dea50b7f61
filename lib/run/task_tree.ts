/**
 * Drives a {@linkcode TaskSchedule} with real work: bounded concurrency, parents first, failures by policy.
 * @module
 */
import { compareNames } from "../model/text/mod.ts";
import { type TaskOutcome, type TaskPriority, TaskSchedule } from "../plan/task_schedule.ts";

/** Where a task stands in the run. */
export interface TaskPlace {
  /** Number in the order of starts, from 1. */
  readonly number: number;
  /** The worker that it has, or had last: the lowest free one when it got it, from 0. */
  readonly worker: number;
  /**
   * Lets another task have the worker: what remains to be done is no work, only an answer is waited for. Does nothing with
   * one worker, where everything is done one after the other, and while many others wait without a worker: then it returns
   * false.
   */
  release(): boolean;
  /** Waits for a worker, unless it has one. Those who wait come before tasks that were not started. */
  hold(): Promise<void>;
  /** Aborted when the run is, and when another task threw. */
  readonly signal: AbortSignal;
}

/** How a tree of tasks shall run. */
export interface TaskTreeOptions {
  /** Tasks at once. */
  readonly workers: number;
  readonly priority?: TaskPriority;
  /** Called when a worker has nothing to do before a task that runs has ended. */
  readonly onIdle?: () => void;
  readonly signal: AbortSignal;
}

/** How it went. */
export interface TaskTreeResult {
  readonly failed: boolean;
  /** Tasks that were never started. */
  readonly skipped: readonly string[];
}

/**
 * Performs all tasks that become eligible. A task that throws ends the run: the others are aborted and awaited, then
 * the error is thrown. After an abort of `signal` nothing new starts, and its reason is thrown.
 */
export async function runTaskTree(
  tasks: readonly string[],
  perform: (task: string, place: TaskPlace) => Promise<TaskOutcome>,
  options: TaskTreeOptions,
): Promise<TaskTreeResult> {
  const schedule = new TaskSchedule(tasks, options.priority);
  const abort = new AbortController();
  const signal = AbortSignal.any([options.signal, abort.signal]);
  const workers = new Workers(options.workers);
  const running = new Map<string, Promise<void>>();
  const ended: { readonly task: string; readonly outcome: TaskOutcome }[] = [];
  const errors: unknown[] = [];
  let number = 0;

  const start = (task: string): void => {
    const place = new Place(workers, ++number, signal);
    const end = perform(task, place)
      .then((outcome) => void ended.push({ task, outcome }))
      .catch((error) => {
        errors.push(error);
        abort.abort(error);
      })
      .finally(() => {
        place.end();
        running.delete(task);
      });
    running.set(task, end);
  };

  while (true) {
    while (!signal.aborted && workers.isOneFree) {
      const task = schedule.next();
      if (task === undefined) break;
      start(task);
    }
    if (running.size === 0) break;
    if (workers.isOneFree) options.onIdle?.();
    await Promise.race([...running.values(), workers.freed]);
    for (const { task, outcome } of ended.splice(0).sort((a, b) => compareNames(a.task, b.task))) {
      schedule.complete(task, outcome);
    }
  }
  if (errors.length > 0) throw errors[0];
  options.signal.throwIfAborted();
  return { failed: schedule.failed, skipped: schedule.skipped() };
}

/** Tasks that may wait without a worker at once. */
const MOST_RELEASED = 64;

/** Numbers that are given out, the lowest first. */
class Workers {
  readonly #isSingle: boolean;
  readonly #free: number[];
  readonly #waiting: ((worker: number) => void)[] = [];
  #released = 0;
  #freed = Promise.withResolvers<void>();

  constructor(count: number) {
    this.#free = Array.from({ length: Math.max(1, count) }, (_, worker) => worker);
    this.#isSingle = this.#free.length === 1;
  }

  get isOneFree(): boolean {
    return this.#free.length > 0;
  }

  /** Resolves when a worker becomes free without the end of its task. */
  get freed(): Promise<void> {
    return this.#freed.promise;
  }

  /** There must be a free one. */
  take(): number {
    return this.#free.shift()!;
  }

  giveBack(worker: number): void {
    const next = this.#waiting.shift();
    if (next !== undefined) return next(worker);
    this.#free.push(worker);
    this.#free.sort((a, b) => a - b);
  }

  /** True if the worker was given back. */
  release(worker: number): boolean {
    if (this.#isSingle || this.#released === MOST_RELEASED) return false;
    this.#released++;
    this.giveBack(worker);
    this.#freed.resolve();
    this.#freed = Promise.withResolvers();
    return true;
  }

  /** Says that one who had released its worker has ended. */
  forget(): void {
    this.#released--;
  }

  /** The next free one, for one who had released another. */
  async takeAgain(): Promise<number> {
    const worker = this.isOneFree ? this.take() : await new Promise<number>((take) => this.#waiting.push(take));
    this.#released--;
    return worker;
  }
}

class Place implements TaskPlace {
  readonly #workers: Workers;
  readonly number: number;
  readonly signal: AbortSignal;
  #worker: number;
  #isHeld = true;

  constructor(workers: Workers, number: number, signal: AbortSignal) {
    this.#workers = workers;
    this.number = number;
    this.signal = signal;
    this.#worker = workers.take();
  }

  get worker(): number {
    return this.#worker;
  }

  release(): boolean {
    this.#isHeld &&= !this.#workers.release(this.#worker);
    return !this.#isHeld;
  }

  async hold(): Promise<void> {
    if (this.#isHeld) return;
    this.#worker = await this.#workers.takeAgain();
    this.#isHeld = true;
  }

  /** Says that the task has ended. */
  end(): void {
    if (this.#isHeld) this.#workers.giveBack(this.#worker);
    else this.#workers.forget();
  }
}
