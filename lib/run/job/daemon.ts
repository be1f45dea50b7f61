/**
 * The loop of `--daemon-lifetime`: rounds on the schedule of the job.
 *
 * It sleeps until instants, so that neither a change of the offset nor a clock that is set makes it miss an event. An
 * event that comes while a round is still at work is served by the next round at once; several such events are one.
 * Source: docs/spec/jobrunner.md §7.7, docs/spec/snapshots.md §1.6.
 * @module
 */
import { formatDuration } from "../../model/text/mod.ts";
import type { DaemonPolicy, SchedulePolicy } from "../../model/job.ts";
import { type Calendar, nextWakeUp } from "../../plan/schedule.ts";
import type { Logger } from "../../model/log.ts";
import type { Clock } from "../../zfs/world.ts";

/** The clock is looked at again at least this often while sleeping: it may be set. */
const LONGEST_NAP_NS = 60e9;

/** A clock that shows so much less than before was set; by less it is corrected all the time. */
const CORRECTION_MS = 2000;

/** What a daemon needs. */
export interface DaemonParts {
  readonly policy: DaemonPolicy;
  readonly periods: SchedulePolicy["periods"];
  readonly calendar: Calendar;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Named while sleeping. */
  readonly logFile: string;
  readonly progress: ProgressSwitch;
}

/** Stops and restarts what shows progress. */
export interface ProgressSwitch {
  pause(): void;
  /** Goes on, and counts anew. */
  reset(): void;
}

/**
 * Runs rounds until the lifetime is over. Throws what a round throws, and the signal's reason.
 *
 * @param round one run over all pairs, told its start in milliseconds since 1970
 */
export async function runDaemon(round: (nowMs: number) => Promise<void>, parts: DaemonParts): Promise<void> {
  const { clock, policy, periods, calendar, progress } = parts;
  const endNs = clock.monotonicNs() + policy.lifetimeMs * 1e6;
  for (;;) {
    const nowMs = clock.now();
    await round(nowMs);
    const wakeUp = nextWakeUp(periods.map(({ period }) => period), BigInt(Math.floor(nowMs * 1000)), calendar);
    progress.pause();
    const wakeUpMs = wakeUp === undefined ? Infinity : Number(wakeUp) / 1000;
    await sleepUntil({ wakeUpMs, endNs, sinceMs: nowMs }, parts);
    if (clock.monotonicNs() >= endNs) return;
    progress.reset();
  }
}

/** When a sleep ends. */
interface Alarm {
  readonly wakeUpMs: number;
  readonly endNs: number;
  /** The present when `wakeUpMs` was the next event. */
  readonly sinceMs: number;
}

/** Sleeps until an instant has come, until the end of the lifetime, or until another event may be the next one. */
async function sleepUntil({ wakeUpMs, endNs, sinceMs }: Alarm, parts: DaemonParts): Promise<void> {
  const { clock, log, signal, logFile } = parts;
  const restNs = (): number => Math.min((wakeUpMs - clock.now()) * 1e6, endNs - clock.monotonicNs());
  signal.throwIfAborted();
  if (restNs() <= 0) return;
  let latestMs = sinceMs;
  const isSetBack = (): boolean => clock.now() < latestMs - CORRECTION_MS;
  if (!isSetBack()) log.log("INFO", "Daemon sleeping for: ", `${formatDuration(restNs(), "ns")} ... [Log ${logFile}]`);
  for (let rest = restNs(); rest > 0 && !isSetBack(); rest = restNs()) {
    latestMs = Math.max(latestMs, clock.now());
    await clock.sleep(Math.min(rest, LONGEST_NAP_NS), { signal });
  }
  if (isSetBack()) log.log("INFO", "", "The clock was set back, hence what is due is looked up again");
}
