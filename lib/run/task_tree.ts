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
  /** Lowest free worker at its start, from 0. */
  readonly worker: number;
  /** Aborted when the run is, and when another task threw. */
  readonly signal: AbortSignal;
}

/** How a tree of tasks shall run. */
export interface TaskTreeOptions {
  /** Tasks at once. */
  readonly workers: number;
  readonly priority?: TaskPriority;
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
  const free = Array.from({ length: Math.max(1, options.workers) }, (_, worker) => worker);
  const running = new Map<string, Promise<void>>();
  const ended: { readonly task: string; readonly outcome: TaskOutcome }[] = [];
  const errors: unknown[] = [];
  let number = 0;

  const start = (task: string): void => {
    const worker = free.shift()!;
    const end = perform(task, { number: ++number, worker, signal })
      .then((outcome) => void ended.push({ task, outcome }))
      .catch((error) => {
        errors.push(error);
        abort.abort(error);
      })
      .finally(() => {
        free.push(worker);
        free.sort((a, b) => a - b);
        running.delete(task);
      });
    running.set(task, end);
  };

  while (true) {
    while (!signal.aborted && free.length > 0) {
      const task = schedule.next();
      if (task === undefined) break;
      start(task);
    }
    if (running.size === 0) break;
    await Promise.race(running.values());
    for (const { task, outcome } of ended.splice(0).sort((a, b) => compareNames(a.task, b.task))) {
      schedule.complete(task, outcome);
    }
  }
  if (errors.length > 0) throw errors[0];
  options.signal.throwIfAborted();
  return { failed: schedule.failed, skipped: schedule.skipped() };
}
