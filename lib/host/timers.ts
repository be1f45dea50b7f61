/**
 * Timers that do nothing once they have been stopped.
 *
 * Those of the runtime may (Deno 2.4.2): where a timer has become due in the same turn of the event loop in which an
 * operation has ended, its function is called although what went on behind the operation has cleared it.
 * @module
 */

/** A timer that runs. */
export interface Timer {
  /** After this the function is not called any more; further calls do nothing. */
  stop(): void;
}

/** Calls the function once, after the time. */
export function after(milliseconds: number, act: () => void): Timer {
  let isStopped = false;
  const timer = setTimeout(() => isStopped || act(), milliseconds);
  return {
    stop(): void {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

/** Calls the function again and again, each time after the time. */
export function every(milliseconds: number, act: () => void): Timer {
  let isStopped = false;
  const timer = setInterval(() => isStopped || act(), milliseconds);
  return {
    stop(): void {
      isStopped = true;
      clearInterval(timer);
    },
  };
}
