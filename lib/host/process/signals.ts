/**
 * Signals of the operating system: those that end the run become one abort, those that stop it are passed on.
 *
 * A signal that was ignored when we were started stays ignored, as the user of `nohup` and of `&` in a script expects;
 * to find out takes a child, which inherits what is ignored.
 * @module
 */
import { Cancelled } from "../../model/errors.ts";
import { isSuccess } from "./group_signals.ts";
import { askWhatChildrenInherit, inherited } from "./inherited.ts";
import type { Processes } from "./process.ts";

/** Signals that end a run, with their numbers on Linux. */
const ENDING: Readonly<Record<"SIGHUP" | "SIGINT" | "SIGQUIT" | "SIGTERM", number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGTERM: 15,
};

/** Number of SIGTSTP on Linux. */
const SIGTSTP = 20;

/** What to do beside the abort. */
export interface InterruptOptions {
  /** Called for a Ctrl-C after the run was aborted already: the user does not want to wait. */
  readonly onImpatience: () => void;
}

/** Handlers that are in place. */
export interface Handlers {
  /** Takes the handlers away: signals act as if we had never cared. */
  remove(): void;
}

/** Handlers for the end of a run. */
export interface Interrupts extends Handlers {
  /** Aborted with {@linkcode Cancelled} at the first signal, or by {@linkcode abort}. */
  readonly signal: AbortSignal;
  /** Ends the run as a signal does, for this reason. */
  abort(reason: Error): void;
}

/**
 * Makes the ends of children known to us again where our parent ignores SIGCHLD: that is inherited, and the kernel then
 * forgets a child at once, so that to wait for it fails with ECHILD. A handler that was once in place ends this, for
 * children too.
 */
export function acceptChildStatus(): void {
  listen("SIGCHLD", () => {})();
}

/** Turns SIGHUP, SIGINT, SIGQUIT and SIGTERM into one abort. */
export function catchInterrupts(options: InterruptOptions): Interrupts {
  const controller = new AbortController();
  const signals = Object.entries(ENDING);
  const ignored = signals.filter(([, number]) => inherited().ignored.has(number));
  const heeded = signals.filter(([, number]) => !inherited().ignored.has(number));
  const removals = heeded.map(([name, number]) =>
    listen(name as Deno.Signal, () => {
      if (name === "SIGINT" && controller.signal.aborted) options.onImpatience();
      controller.abort(new Cancelled(name, number));
    })
  );
  removals.push(...keepIgnoring(ignored));
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    remove: () => removals.forEach((remove) => remove()),
  };
}

/** Deno 2.9 takes SIGHUP and SIGINT for itself as soon as anything listens to any signal: then ignoring is up to us. */
function keepIgnoring(signals: readonly [string, number][]): (() => void)[] {
  if (signals.length === 0) return [];
  const still = askWhatChildrenInherit().ignored;
  return signals.filter(([, number]) => !still.has(number)).map(([name]) => listen(name as Deno.Signal, () => {}));
}

/** Passes a stop (Ctrl-Z) on to the groups of `processes`, then stops us; lets all go on together. */
export function passOnStops(processes: Pick<Processes, "signalAll">): Handlers {
  if (inherited().ignored.has(SIGTSTP)) return { remove: () => {} };
  const removals = [
    listen("SIGTSTP", () => void stopTogether(processes)),
    listen("SIGCONT", () => void processes.signalAll("CONT")),
  ];
  return { remove: () => removals.forEach((remove) => remove()) };
}

function listen(name: Deno.Signal, handle: () => void): () => void {
  Deno.addSignalListener(name, handle);
  return () => Deno.removeSignalListener(name, handle);
}

/** Where nobody can stop us, the children go on as well: we wait for them. Never rejects. */
async function stopTogether(processes: Pick<Processes, "signalAll">): Promise<void> {
  await processes.signalAll("STOP");
  const words = ["kill", "-s", "STOP", String(Deno.pid)];
  for (const [program = "", ...args] of [["sh", "-c", words.join(" ")], words]) {
    if (await isSuccess(program, args).catch(() => false)) return;
  }
  await processes.signalAll("CONT");
}
