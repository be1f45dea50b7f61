/**
 * What a scheduler is told, whichever it is.
 * @module
 */

/** A command, and the same as one line for a shell. */
export interface ScheduledCommand {
  readonly argv: readonly string[];
  readonly shellLine: string;
}

/** What follows a start; each is absent if nothing does. */
export interface AfterStart {
  /** Tells a dead man's switch of a success. */
  readonly ping?: ScheduledCommand | undefined;
  /** The user's own program after a success. */
  readonly success?: ScheduledCommand | undefined;
  /** The user's own program after a failure. */
  readonly failure?: ScheduledCommand | undefined;
}

/** One thing to start. */
export interface ScheduledTask {
  /** Unique on the host; letters, digits and `_.-` only. */
  readonly name: string;
  /** What it is for, in one line. */
  readonly title: string;
  /** The program and its words. */
  readonly argv: readonly string[];
  /** The same as one line for a shell. */
  readonly shellLine: string;
  /** True if it may unmount datasets of this host. */
  readonly unmounts: boolean;
  /** Minutes between starts, if that is not as for the others. */
  readonly every?: number;
  /** Exit statuses that are no failure, beside 0: unless given 4, an earlier start is still at work. */
  readonly quietStatuses?: readonly number[];
  /** A folder that it writes into. */
  readonly writes?: string;
  /** What follows each start; absent if nothing does. */
  readonly after?: AfterStart;
}

/** While this file exists, nothing is started; a reboot removes it. */
export const PAUSE_FILE = "/run/bzfs.paused";

/** All that a host starts. */
export interface Schedule {
  /** Of the job; letters, digits and `_.-` only. */
  readonly name: string;
  readonly host: string;
  readonly user: string;
  readonly home: string;
  /** Minutes between starts, 1 to 30; `always` = it stays. */
  readonly every: number | "always";
  /** How long a start may take before it is ended, as it can only hang; `Infinity` = for ever. */
  readonly runLimitMs: number;
  readonly tasks: readonly ScheduledTask[];
}

/** Exit statuses of a task that are neither a success nor a failure. */
export function quietOf({ quietStatuses = [4] }: Pick<ScheduledTask, "quietStatuses">): readonly number[] {
  return quietStatuses;
}

/** The five fields of cron for a start every so many minutes. A task that stays is tried every minute. */
export function cronFields(every: Schedule["every"]): string {
  return every === "always" || every === 1 ? "* * * * *" : `*/${every} * * * *`;
}
