/**
 * What happens in a run, as plain data: the lines of `--event-log`, from which `--result-file` is folded.
 *
 * A closed union, so that no code can handle one of them and not the other. 64-bit numbers are decimal text, since JSON
 * readers lose their last digits. The published form is docs/event.schema.json.
 * @module
 */
import type { FleetAction } from "../model/fleet.ts";
import type { Failure } from "./failure.ts";

/** Version of events and results. It changes when a reader has to. */
export const REPORT_FORMAT = 1;

/**
 * Which operand of the run a dataset belongs to. It is a role: what prunes or monitors looks at its destination operand, also
 * where a job runner means the snapshots of a source host, which the action of the subjob shows.
 */
export type EventSide = "src" | "dst";

/** The parts of a pair's work, named after what asks for them. */
export type PhaseName =
  | "create-snapshots"
  | "replicate"
  | "delete-datasets"
  | "delete-snapshots"
  | "delete-empty-datasets"
  | "forget-guards"
  | "compare"
  | "monitor";

/** An event of a kind. */
export interface EventKind<K extends string> {
  /** Kind of the event. */
  readonly event: K;
}

/** The first event of a run. */
export interface RunStarted extends EventKind<"run-started"> {
  /** Version of events and results. */
  readonly format: typeof REPORT_FORMAT;
  /** The program. */
  readonly program: "bzfs";
  /** Version of the program. */
  readonly version: string;
  /** Words behind the program's name, without secrets. */
  readonly arguments: readonly string[];
  /** Name of the host that the program runs on. */
  readonly host: string;
  /** Real user id. */
  readonly uid: number;
  /** Effective user id. */
  readonly effectiveUid: number;
  /** Whether changes were only shown. */
  readonly dryRun: "off" | "send" | "recv";
  /** Path of the log file. */
  readonly log: string;
}

/** The last event of a run. */
export interface RunEnded extends EventKind<"run-ended"> {
  /** Status that the process ends with. */
  readonly exitStatus: number;
  /** Duration in seconds. */
  readonly seconds: number;
  /** What ended the run; absent after a success. */
  readonly error?: Failure;
}

/** A round of a daemon over all pairs is over; the daemon goes on. */
export interface RoundEnded extends EventKind<"round-ended"> {
  /** Status that a run of this round alone would end with. */
  readonly exitStatus: number;
  /** Duration in seconds. */
  readonly seconds: number;
  /** The worst failure that was tolerated; absent after a success. */
  readonly error?: Failure;
}

/** Work on a pair begins; a daemon works on the same pair again and again. */
export interface PairStarted extends EventKind<"pair-started"> {
  /** Number of the pair on the command line, from 0. */
  readonly pair: number;
  /** The operands. */
  readonly source: string;
  /** The destination dataset. */
  readonly destination: string;
  /** Digest of the options that decide what is done; of all pairs of a run the same. Absent if nobody wants events. */
  readonly options?: string;
}

/** Where one side of a pair is: what tells it from datasets and guids of the same kind elsewhere. */
export interface Place {
  /** As ssh gets to it, with its user if there is one; `localhost` for the host that the program runs on. */
  readonly host: string;
  /** Port of ssh, if it was given. */
  readonly port?: number;
  /** Configuration file of ssh, if it was given. */
  readonly configFile?: string;
  /** Guid of the pool; absent if it is not known. */
  readonly poolGuid?: string;
}

/** Both sides of a pair were reached. */
export interface PairOpened extends EventKind<"pair-opened"> {
  /** Number of the pair on the command line, from 0. */
  readonly pair: number;
  /** Where the source is. */
  readonly sourcePlace: Place;
  /** Where the destination is. */
  readonly destinationPlace: Place;
}

/** Work on a pair is over. */
export interface PairEnded extends EventKind<"pair-ended"> {
  /** Number of the pair on the command line, from 0. */
  readonly pair: number;
  /** Duration in seconds. */
  readonly seconds: number;
  /** What ended the work on the pair before its time. */
  readonly error?: Failure;
}

/** What an event about a dataset is about. */
export interface AboutDataset {
  /** The part of the work. */
  readonly phase: PhaseName;
  /** Which end of the pair it belongs to. */
  readonly side: EventSide;
  /** Name of the dataset. */
  readonly dataset: string;
}

/** A change of a pool. */
export interface PoolChange extends AboutDataset {
  /** False in a dry run: it was only said. */
  readonly performed: boolean;
}

/** The destination has everything that is selected. */
export interface UpToDate extends AboutDataset, EventKind<"up-to-date"> {
  /** The destination dataset. */
  readonly destination: string;
}

/** Why a dataset was left alone; `ancestor`: work on a dataset above it had to come first and was skipped or failed. */
export type SkipReason = "no-snapshot-included" | "vanished" | "ancestor";

/** Nothing was done for a dataset. */
export interface Skipped extends AboutDataset, EventKind<"skipped"> {
  /** Why it was skipped. */
  readonly reason: SkipReason;
}

/** One stream arrived. */
export interface Sent extends PoolChange, EventKind<"sent"> {
  /** The destination dataset. */
  readonly destination: string;
  /** `resume` completes what an earlier run began. */
  readonly kind: "full" | "incremental" | "resume";
  /** `@tag` or `#tag` that the stream builds upon; absent for a full stream. */
  readonly from?: string;
  /** Newest version of the stream, as `@tag` or `#tag`. */
  readonly to: string;
  /** Its ZFS guid, as decimal digits. */
  readonly guid: string;
  /** Snapshots that the destination has more. */
  readonly snapshots: number;
  /** What `pv` showed, hence with as many digits as it shows; absent where there is none. */
  readonly bytes?: string;
  /** What `zfs` expected; absent with `--no-estimate-send-size`. */
  readonly estimatedBytes?: string;
  /** Duration in seconds. */
  readonly seconds: number;
}

/** An attempt failed and another one is made; `side` and `dataset` are absent where it was not about a single dataset. */
export interface Retried
  extends EventKind<"retried">, Pick<AboutDataset, "phase">, Partial<Pick<AboutDataset, "side" | "dataset">> {
  /** What is retried; empty for anything. */
  readonly display: string;
  /** Number of the attempt that failed, from 1. */
  readonly attempt: number;
  /** Attempts at most. */
  readonly attempts: number;
  /** Seconds until the next attempt. */
  readonly waitSeconds: number;
  /** What went wrong. */
  readonly error: Failure;
}

/** Work on a dataset failed for good. */
export interface Failed extends AboutDataset, EventKind<"failed"> {
  /** What went wrong. */
  readonly error: Failure;
}

/** Something exists now that did not. */
export interface Created extends PoolChange, EventKind<"created"> {
  /** `ancestor`: a filesystem above a destination, made unless it was there. */
  readonly what: "ancestor" | "snapshot" | "bookmark";
  /** `@tag` or `#tag`; absent for a filesystem. */
  readonly version?: string;
}

/** Something is gone for ever. */
export interface Deleted extends PoolChange, EventKind<"deleted"> {
  /** `dataset`: what was below it and its snapshots have events of their own. */
  readonly what: "dataset" | "versions" | "partial-receive";
  /** Why it was deleted. */
  readonly reason: DeletionReason;
  /** `@tag` or `#tag`; none for a dataset and for a partial receive. */
  readonly versions: readonly string[];
  /** Their guids, in the same order; that of the dataset if that is what was deleted. Absent if they are not known. */
  readonly guids?: readonly string[];
  /** Transaction groups of their creation, in the same order; absent if they are not known. */
  readonly createtxgs?: readonly string[];
  /** What `zfs` says that this frees; absent if it says nothing. */
  readonly freedBytes?: string;
}

/**
 * Why something was deleted. `selected`: the snapshot filters say so. `in-the-way`: of a receive. `set-aside`: long ago.
 */
export type DeletionReason =
  | "conflict"
  | "selected"
  | "not-retained"
  | "not-on-source"
  | "empty"
  | "in-the-way"
  | "given-up"
  | "set-aside";

/** A guard, as `#tag`. */
export interface GuardName {
  /** `#tag`. */
  readonly version: string;
  /** ZFS guid of the snapshot that it stands for, as decimal digits. */
  readonly guid: string;
}

/**
 * The bookmark that stands for the newest snapshot of a destination is another one now: the names are those of the one that
 * is there.
 */
export interface GuardMoved extends PoolChange, EventKind<"guard-moved">, GuardName {
  /** The destination dataset. */
  readonly destination: string;
  /** Those that are gone: none if it is the first. */
  readonly former: readonly GuardName[];
}

/** Why something is kept that would be deleted otherwise. `foreign`: no plan gives such names. */
export type KeepReason = "foreign" | "newest" | "held";

/** What would be deleted is kept; told in dry runs only. */
export interface Kept extends AboutDataset, EventKind<"kept"> {
  /** Why it is kept. */
  readonly reason: KeepReason;
  /** `@tag` or `#tag`, oldest first. */
  readonly versions: readonly string[];
}

/** The destination was taken back to a snapshot; with `destroysNewer` the snapshots behind it are gone. */
export interface RolledBack extends PoolChange, EventKind<"rolled-back"> {
  /** Newest version of the stream, as `@tag` or `#tag`. */
  readonly to: string;
  /** Guid of the snapshot that it was taken back to; absent if it is not known. */
  readonly guid?: string;
  /** Whether newer snapshots went. */
  readonly destroysNewer: boolean;
  /** Those that went, as `@tag`, oldest first. */
  readonly versions: readonly string[];
  /** Their guids, in the same order; absent if they are not known. */
  readonly guids?: readonly string[];
  /** Transaction groups of their creation, in the same order; absent if they are not known. */
  readonly createtxgs?: readonly string[];
}

/** A diverged destination got another name, and what it shares with the source is where it was. */
export interface SetAside extends PoolChange, EventKind<"set-aside"> {
  /** The new name of the diverged dataset. */
  readonly aside: string;
  /** `@tag` of the snapshots that it holds, oldest first. */
  readonly versions: readonly string[];
  /** Their ZFS guids, as decimal digits. */
  readonly guids: readonly string[];
}

/** A destination dataset got the name that its source has got; `dataset` is the new name. */
export interface Renamed extends PoolChange, EventKind<"renamed"> {
  /** The name before. */
  readonly from: string;
  /** ZFS guid of a version that it shares with the source of its new name, as decimal digits. */
  readonly guid: string;
}

/** Something that goes, or would: by its full name, and guid. */
export interface NamedLoss {
  /** `dataset@tag`, `dataset#tag` or `dataset`. */
  readonly name: string;
  /** Its ZFS guid, as decimal digits. */
  readonly guid: string;
}

/**
 * Why something is held back. `limit`: it is more than the limits allow. `foreign`: something of a foreign name would go
 * along. `not-in-plan`: a plan is applied that does not hold it.
 */
export type HoldReason = "limit" | "foreign" | "not-in-plan";

/** What was to be destroyed of a dataset, or of a tree, was held back: a person has to decide. */
export interface HeldBack extends PoolChange, EventKind<"held-back"> {
  /** What was to go; `changes`: what was written since a snapshot to which a rollback would go back. */
  readonly what: "snapshot" | "bookmark" | "dataset" | "changes";
  /** Why it was held back. */
  readonly reason: HoldReason;
  /** How many there are, those that this run has destroyed before included. */
  readonly of: number;
  /** The limit, as a job file writes it; absent for other reasons, and for what is held back along with something else. */
  readonly limit?: string;
  /** All that was to go. */
  readonly losses: readonly NamedLoss[];
}

/** A person has allowed that this goes, whatever the limits say. */
export interface Permitted extends PoolChange, EventKind<"permitted"> {
  /** What goes. */
  readonly what: HeldBack["what"];
  /** All that may go. */
  readonly losses: readonly NamedLoss[];
}

/** Properties were set. Values may be secrets and are left out. */
export interface PropertiesSet extends PoolChange, EventKind<"properties-set"> {
  /** Names of the properties. */
  readonly names: readonly string[];
}

/**
 * The versions of a dataset were compared with those of its counterpart; an event of the source's unless it has none.
 */
export interface Compared extends AboutDataset, EventKind<"compared"> {
  /** Versions that only one side has, and that both have; 0 also if they were not asked for. */
  readonly sourceOnly: number;
  /** Versions that only the destination has. */
  readonly destinationOnly: number;
  /** Versions that both sides have. */
  readonly both: number;
}

/** The age of a label's newest or oldest snapshot was judged. */
export interface Monitored extends AboutDataset, EventKind<"monitored"> {
  /** How bad it is. */
  readonly severity: "ok" | "warning" | "critical";
  /** Which end of the history was looked at. */
  readonly kind: "latest" | "oldest";
  /** The finding in words. */
  readonly message: string;
  /** Name of the snapshots that were looked at, `*` standing for the time in it. */
  readonly label: string;
  /** Tag of the snapshot, without `@`; absent if there is none, or if only its time is known, from the cache. */
  readonly snapshot?: string;
  /** When the snapshot was made: ISO 8601, UTC; absent if there is none. */
  readonly createdAt?: string;
  /** Its age; absent if there is none. */
  readonly ageSeconds?: number;
  /** The age above which it is a warning; absent if it never is. */
  readonly warningSeconds?: number;
  /** The age above which it is critical; absent if it never is. */
  readonly criticalSeconds?: number;
}

/** What happens while a pair is worked on. */
export type PairEvent =
  | UpToDate
  | Skipped
  | Sent
  | Retried
  | Failed
  | Created
  | Deleted
  | RolledBack
  | Kept
  | HeldBack
  | Permitted
  | PropertiesSet
  | GuardMoved
  | SetAside
  | Renamed
  | Compared
  | Monitored;

/** Everything that can happen in a run of `bzfs`. */
export type RunEvent =
  | RunStarted
  | RunEnded
  | RoundEnded
  | PairStarted
  | PairOpened
  | PairEnded
  | ({ readonly pair: number } & PairEvent);

/** The first event of a run of `bzfs_jobrunner`. */
export interface FleetStarted
  extends Omit<RunStarted, "event" | "program" | "dryRun" | "log">, EventKind<"fleet-started"> {
  /** The program. */
  readonly program: "bzfs_jobrunner";
  /** Whether changes were only shown. */
  readonly dryRun: boolean;
  /** `--job-id`. */
  readonly jobId: string;
  /** Name of this host in the policy: `--localhost`, or its host name. */
  readonly localhost: string;
}

/** The last event of a run of `bzfs_jobrunner`. */
export type FleetEnded = Omit<RunEnded, "event"> & EventKind<"fleet-ended">;

/** What a subjob does, and for whom. */
export interface SubjobAbout {
  /** The step of the fleet. */
  readonly action: FleetAction;
  /** Name of the source host. */
  readonly source: string;
  /** Name of the destination host; absent if the step is about the source alone. */
  readonly destination?: string;
  /** Source datasets that it is about; absent unless others of the fleet have plans and subjobs of their own. */
  readonly datasets?: readonly string[];
}

/** What something says of a subjob, and nothing else of it. */
export function aboutOf({ action, source, destination, datasets }: Pick<SubjobAbout, "action" | "source"> & {
  readonly destination?: string | undefined;
  readonly datasets?: readonly string[] | undefined;
}): SubjobAbout {
  return {
    action,
    source,
    ...(destination === undefined ? {} : { destination }),
    ...(datasets === undefined ? {} : { datasets }),
  };
}

/** A subjob begins; all may be repeated. */
export interface SubjobStarted extends SubjobAbout, EventKind<"subjob-started"> {
  /** Name of the subjob. */
  readonly subjob: string;
  /** Words behind `bzfs`, without secrets. */
  readonly arguments: readonly string[];
}

/** A subjob is over. */
export interface SubjobEnded extends EventKind<"subjob-ended"> {
  /** Name of the subjob. */
  readonly subjob: string;
  /** −N if its process was ended by signal N. */
  readonly exitStatus: number;
  /** Duration in seconds. */
  readonly seconds: number;
}

/** A subjob did not run, since one before it failed or the run was stopped. */
export interface SubjobSkipped extends SubjobAbout, EventKind<"subjob-skipped"> {
  /** Name of the subjob. */
  readonly subjob: string;
  /** `earlier-failure`: one that it has to wait for did not succeed. `interrupted`: the run was stopped. */
  readonly reason: "earlier-failure" | "interrupted";
}

/** Everything that can happen in a run of `bzfs_jobrunner`; events of a subjob carry its name. */
export type FleetEvent =
  | FleetStarted
  | FleetEnded
  | SubjobStarted
  | SubjobEnded
  | SubjobSkipped
  | ({ readonly subjob: string } & RunEvent);

/** When an event happened, in ISO 8601 and UTC, and in which run: several may append to one file. */
export interface Stamp {
  /** When it happened: ISO 8601, UTC. */
  readonly at: string;
  /** Eight characters that no other run has; the runs of subjobs have that of their runner. */
  readonly run: string;
}

/** An event as it is written. */
export type Stamped<E> = Stamp & E;

/** Seconds with no more digits than mean something. */
export function secondsOf(nanoseconds: number): number {
  return Math.round(nanoseconds / 1000) / 1e6;
}

/** Takes events. Never throws. */
export interface Recorder<E = RunEvent> {
  /** Takes an event. */
  record(event: E): void;
  /** False if nobody will ever read an event: for code that would make thousands of them. */
  readonly isWanted: boolean;
}

/** Takes events and forgets them. */
export const SILENT_RECORDER: Recorder<unknown> = { record: () => {}, isWanted: false };

/** Hands every event of a pair to the run's recorder. */
export function pairRecorder(recorder: Recorder, pair: number): Recorder<PairEvent> {
  return { record: (event) => recorder.record({ pair, ...event }), isWanted: recorder.isWanted };
}
