/**
 * What the runs of one action of a job have left behind on the host that ran them: a file of the state folder.
 *
 * The published form is docs/state.schema.json. Source: docs/spec/status.md §5.
 * @module
 */
import type { HeldBack, Place, RunPoint } from "./report.ts";

/** Version of the form. It changes when a reader has to. */
export const STATE_FORMAT = 1;

/** How long a dataset is expected after it was last found at the destination, in milliseconds. */
export const FORGOTTEN_AFTER_MS = 90 * 86_400_000;

/** One file. */
export interface ActionState {
  /** Version of this form. */
  readonly format: typeof STATE_FORMAT;
  /** The program. */
  readonly program: "bzfs";
  /** `job-id` of the job file. */
  readonly jobId: string;
  /** Such as `replicate`. */
  readonly action: string;
  /** Name of the host that ran it, as the job file names it. */
  readonly host: string;
  /** The last runs, oldest first, at most 30. */
  readonly runs: readonly RunPoint[];
  /** End of the last run with status 0 or 5: ISO 8601, UTC; absent if there was none. */
  readonly succeededAt?: string;
  /** What it worked on. */
  readonly routes: readonly RouteState[];
  /** What limits have held back, and nobody has decided about. */
  readonly heldBack: readonly HeldBack[];
  /** When a file was found that could not be read, so that what was before is lost: ISO 8601, UTC. */
  readonly lostAt?: string;
  /**
   * Of daemons: when the one that is silent for longest has ended its last round, or was started if none has ended. ISO 8601,
   * UTC; absent if the last run was no daemon.
   */
  readonly roundEndedAt?: string;
}

/** What was done for one root dataset, with its destination if it has one. */
export interface RouteState {
  /** The source root. */
  readonly source: Place;
  /** Absent for actions about a source alone. */
  readonly destination?: Place;
  /** Guid of the pool, as decimal digits; absent if it was not told. */
  readonly sourcePool?: string;
  /** The same of the destination. */
  readonly destinationPool?: string;
  /** The last runs, oldest first, at most 30. */
  readonly runs: readonly RunPoint[];
  /** End of the last one that did not fail: ISO 8601, UTC; absent if there was none. */
  readonly succeededAt?: string;
  /** End of the last run that sent something: nothing newer is there. ISO 8601, UTC; absent if none has. */
  readonly sentAt?: string;
  /** Datasets that were replicated. */
  readonly datasets: readonly KnownDataset[];
}

/** A dataset that was replicated. */
export interface KnownDataset {
  /** Its name below the source root: empty for the root itself, others begin with a slash. */
  readonly name: string;
  /** When it was last found at the destination: ISO 8601, UTC. */
  readonly seenAt: string;
}
