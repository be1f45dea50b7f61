/**
 * Failures that nobody waits for: a promise that was rejected and not awaited, an error in a timer or an event handler.
 *
 * Such a failure is a defect. The runtime would end the process at once, with children left behind and no result written;
 * instead it ends the run as an interrupt does.
 * @module
 */
import { UnawaitedFailure } from "../../model/errors.ts";
import { after, type Timer } from "../timers.ts";

/** Keeps the runtime from ending the process for such failures, and hands them to `end`. */
export function catchDefects(end: (failure: UnawaitedFailure) => void): void {
  const heed = (event: Event, cause: unknown): void => {
    event.preventDefault();
    end(new UnawaitedFailure(cause));
  };
  addEventListener("unhandledrejection", (event) => heed(event, event.reason));
  addEventListener("error", (event) => heed(event, event.error ?? event.message));
}

/** How long a run may take to end after a defect. Children get SIGKILL 5 s after SIGTERM. */
const PATIENCE_MS = 30_000;

/**
 * The outcome of `work`. If the signal is aborted by an {@linkcode UnawaitedFailure} and the work does not end within a
 * while, rejects with that failure: what the work waits for may never come.
 */
export async function unlessStuck<T>(work: Promise<T>, signal: AbortSignal, patienceMs = PATIENCE_MS): Promise<T> {
  const stuck = Promise.withResolvers<never>();
  let timer: Timer | undefined;
  const onAbort = (): void => {
    if (signal.reason instanceof UnawaitedFailure) timer = after(patienceMs, () => stuck.reject(signal.reason));
  };
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    if (signal.aborted) onAbort();
    return await Promise.race([work, stuck.promise]);
  } finally {
    timer?.stop();
    signal.removeEventListener("abort", onAbort);
  }
}
