/**
 * One destination dataset of `--delete-dst-snapshots`: what is listed for it, what is decided, how that is told.
 * @module
 */
import type { Dataset } from "../../model/dataset.ts";
import { type Guid, relativeName, type Version, versionName } from "../../model/snapshot.ts";
import type { DeleteSnapshotsPolicy } from "../../model/job.ts";
import type { Pattern } from "../../model/regex/regex.ts";
import { isOwn, lossOfVersion, spare } from "../../plan/limits/mod.ts";
import { type DeletionListing, type DeletionVerdict, judgeVersions } from "../../plan/retention.ts";
import type { DeletionReason, KeepReason } from "../../report/events.ts";
import type { HistoryListing } from "../../zfs/world.ts";
import { Absence, type Suspect } from "../absence.ts";
import type { Grounds } from "../destroy.ts";
import type { PlanMemory } from "./memory.ts";
import { dryPrefix, type VerbContext, type WorkContext } from "../job/context.ts";

/** A pair of which versions are deleted. */
export type PrunedPair = VerbContext<
  "isDummy" | "operands" | "workers" | "filter" | "filters" | "nowMs" | "digest" | "destinationHost",
  "cache" | "plans"
>;

/** What decides about the datasets of a deletion. */
export interface PruneRules {
  readonly policy: DeleteSnapshotsPolicy;
  readonly context: PrunedPair;
  readonly memory: PlanMemory;
}

/** One destination dataset of the phase. */
export interface PruneTask {
  readonly dataset: Dataset;
  /** The name of the source's counterpart; `undefined` for the virtual source. */
  readonly counterpart: Dataset | undefined;
  /**
   * True if the counterpart was listed when the run began. A reason to keep what has lost it since, and to spare a look
   * ahead at it; never a reason to delete.
   */
  readonly hadCounterpart: boolean;
  /** What to list for it, if it has a counterpart. */
  readonly listing: DeletionListing;
}

/** Columns and types of the listing of a destination dataset. */
export function destinationListing(task: PruneTask, { facts: { filter } }: VerbContext<"filter">): HistoryListing {
  const bookmarks = task.listing.destination === "bookmarks";
  return { snapshots: !bookmarks, bookmarks, holds: true, creation: filter.needsCreation };
}

/** The listing of the guids of its counterpart; `undefined` if the source is not asked. */
export function sourceListing({ listing, counterpart }: PruneTask): HistoryListing | undefined {
  if (listing.source === undefined || counterpart === undefined) return undefined;
  return { ...listing.source, creation: false };
}

/** Decides about all versions of a destination dataset, whatever the limits say about how many they are. */
export function judge(
  { dataset }: Pick<PruneTask, "dataset">,
  versions: readonly Version[],
  sourceGuids: ReadonlySet<Guid>,
  { policy, memory, context: { job, guard, facts: { filters, nowMs, isDummy } } }: PruneRules,
): DeletionVerdict[] {
  const verdicts = judgeVersions(versions, { policy, filters, nowMs, sourceGuids, sourceIsDummy: isDummy.src });
  const own = ownNow(guard, memory.ownOf(dataset));
  return spare(verdicts, { own, keepNewest: job.limits.keepNewest, sourceGuids });
}

/** Patterns of names that are not foreign: those of the run, and those that were own when the plan was last carried out. */
function ownNow({ own }: PrunedPair["guard"], known: readonly Pattern[]): readonly Pattern[] | undefined {
  return own && [...own, ...known];
}

/** The same verdicts, in which what the limits do not allow is kept. It is said, and told as an event. */
export function limited(
  { dataset }: Pick<PruneTask, "dataset">,
  verdicts: readonly DeletionVerdict[],
  { policy, memory, context }: PruneRules,
): readonly DeletionVerdict[] {
  const known = memory.ownOf(dataset);
  const own = ownNow(context.guard, known);
  // What was foreign when the plan was carried out, and is own now, was not meant then.
  const isNoSurprise = ({ version, why }: DeletionVerdict): boolean =>
    why === "not retained" && memory.isUncut(dataset) && isOwn(version.tag, context.guard.own && known);
  const doomed = verdicts.filter(({ verdict }) => verdict === "delete").map((judged) => ({
    judged,
    loss: lossOfVersion("dst", judged.version),
    isLimited: !isNoSurprise(judged),
  }));
  const going = context.guard.admit({
    place: dataset,
    what: policy.kind === "snapshots" ? "snapshot" : "bookmark",
    doomed,
    all: verdicts.filter(({ version }) => isOwn(version.tag, own)).length,
  }, context);
  const held = new Set(doomed.filter(({ loss }) => !going.has(loss)).map(({ judged }) => judged));
  if (held.size === 0) return verdicts;
  return verdicts.map((judged) => held.has(judged) ? { ...judged, verdict: "keep", why: "held back" } : judged);
}

/** Verdicts of which all deletions have their grounds. */
export interface GroundedVerdicts {
  readonly verdicts: readonly DeletionVerdict[];
  readonly grounds: Grounds;
}

/**
 * Finds the grounds of all deletions; what is not proved to be missing at the source is kept instead. Throws what
 * {@linkcode Absence.prove} throws: without the root of the source nothing is deleted, not even by a plan.
 */
export async function ground(
  verdicts: readonly DeletionVerdict[],
  task: PruneTask,
  context: WorkContext,
): Promise<GroundedVerdicts> {
  const doomed = verdicts.filter(({ verdict }) => verdict === "delete");
  if (task.counterpart === undefined || doomed.length === 0) return { verdicts, grounds: "dummy source" };
  const { counterpart, listing: { source } } = task;
  const suspects = doomed.map(({ version, why }): Suspect => {
    const marks = why === "not retained" ? [] : [
      ...(source?.snapshots ? ["@"] : []),
      ...(version.kind === "bookmark" ? ["#"] : []), // also where the features of the source's pool do not show any
    ];
    const counterparts = marks.map((mark) => `${counterpart}${mark}${version.tag}`);
    return { name: versionName(version), counterparts, guid: version.guid };
  });
  // A bookmark may have any name. That `zfs` can open one, or deny it, shows at least that it can read all of them.
  const mustAnswer = source?.bookmarks ? [`${counterpart}#${doomed[0]!.version.tag}`] : [];
  const grounds = await Absence.prove(suspects, context, mustAnswer);
  return {
    grounds,
    verdicts: verdicts.map((judged) =>
      judged.verdict === "keep" || grounds.lacks(versionName(judged.version))
        ? judged
        : { ...judged, verdict: "keep", why: "not proved to be missing at the source" }
    ),
  };
}

/** Says what is deleted, with its reason, at info level, and what is kept at debug level. */
export function tellVerdicts(
  verdicts: readonly DeletionVerdict[],
  { log, job, recorder, phase }: Pick<WorkContext, "log" | "job" | "recorder" | "phase">,
): void {
  const deleting = `${dryPrefix(job)}Deleting`;
  for (const { version, verdict, why, reason } of verdicts) {
    if (verdict === "keep" && !log.isEnabled("DEBUG")) continue;
    const rule = reason.rule === "" ? "" : ` (${reason.rule})`;
    const [level, verb] = verdict === "delete" ? ["INFO", deleting] as const : ["DEBUG", "Keeping"] as const;
    log.log(level, `${verb} b/c ${why}: `, `${versionName(version)}${rule}`);
  }
  if (job.dryRun === "off") return;
  for (const [reason, kept] of Map.groupBy(verdicts, ({ why }) => KEEP_REASONS.find((known) => known === why))) {
    if (reason === undefined) continue;
    const about = { phase, side: "dst", dataset: kept[0]!.version.dataset } as const;
    recorder.record({ event: "kept", ...about, reason, versions: kept.map(({ version }) => relativeName(version)) });
  }
}

const KEEP_REASONS: readonly KeepReason[] = ["foreign", "newest", "held"];

/** Why versions are deleted, by tag, as events tell it. */
export function reasonsOf(verdicts: readonly DeletionVerdict[]): (tag: string) => DeletionReason {
  const reasons = new Map(verdicts.map(({ version, why }) => [version.tag, REASONS[why]]));
  return (tag) => reasons.get(tag) ?? "selected";
}

const REASONS: Partial<Readonly<Record<DeletionVerdict["why"], DeletionReason>>> = {
  "not retained": "not-retained",
  "not on source": "not-on-source",
};
