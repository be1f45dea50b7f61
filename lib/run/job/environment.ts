/**
 * What a job needs from outside, and what its pairs share.
 * @module
 */
import type { Dataset } from "../../model/dataset.ts";
import type { BothSides } from "../../model/job.ts";
import type { Location } from "../../model/location.ts";
import type { Logger } from "../../model/log.ts";
import type { Zone } from "../../model/time/mod.ts";
import type { TextHash } from "../../plan/cache_names.ts";
import type { Permit } from "../../plan/limits/mod.ts";
import type { Calendar } from "../../plan/schedule.ts";
import type { Place, Recorder } from "../../report/events.ts";
import type { CacheStamps, Clock, Random, ReportFolder, StateFiles, World } from "../../zfs/world.ts";
import type { DestroyedCounts } from "../limits/mod.ts";
import type { PairState, Route } from "./context.ts";
import type { ProgressSwitch } from "./daemon.ts";

/** Both ends of a pair, reached and detected. */
export interface Connection extends Omit<Route, "ends"> {
  readonly world: World;
}

/** Files of a job. */
export interface JobFiles {
  /** What `--cache-snapshots` remembers. */
  readonly stamps: CacheStamps;
  /** Where comparisons are written. */
  readonly reports: ReportFolder;
  /** What a file of a person says about what may be destroyed at two places; nothing unless given. */
  readonly permitAt?: ((places: BothSides<Place>) => Permit) | undefined;
  /** Plans that pruning has carried out. */
  readonly plans: StateFiles;
  /** Path of the log, for messages. */
  readonly logFile: string;
  /** The path with the working directory in front if it is relative. */
  absolutePath(path: string): string;
}

/** What a job needs from outside. */
export interface JobEnvironment {
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: Random;
  readonly digest: TextHash;
  /** Name of this host, as `--exclude-dataset-property` knows it. */
  readonly hostName: string;
  /** The system's time zone, and the one that the user named. */
  readonly zones: { readonly local: Zone; readonly named: Zone | undefined };
  readonly files: JobFiles;
  readonly display: Display;
  /** Told what happens; nobody is unless given. */
  readonly recorder?: Recorder;
  /** Aborted with the reason to stop. */
  readonly signal: AbortSignal;
  /** How many of so many workers this process has the means for; all unless given. */
  readonly affordable?: (workers: number) => Promise<number>;
  /** Reaches both ends of a pair and finds out what they can do. Throws `RefusedError`, `MissingToolError`. */
  connect(src: Location, dst: Location, options: { readonly signal: AbortSignal }): Promise<Connection>;
}

/** What the terminal shows beside the log. */
export interface Display {
  readonly progress: ProgressSwitch;
  /** Puts a line in front of everything that the terminal was going to show (docs/spec/logging-progress.md §10). */
  headline(line: string): void;
  /** Says on standard error what a person has to decide, also with `--quiet`. */
  alarm(text: string): void;
}

/** State that pairs of one run share. */
export interface RunState extends Pick<PairState, "force" | "health" | "told"> {
  /** Datasets known to exist, by `user@host` of the destination. */
  readonly existing: Map<string, Set<Dataset>>;
  /** What was destroyed, as far as limits count it. */
  readonly destroyed: DestroyedCounts;
  /** The time that relative filters, creation and monitoring are measured from: Unix milliseconds. */
  readonly startedAtMs: number;
  readonly calendar: Calendar;
}
