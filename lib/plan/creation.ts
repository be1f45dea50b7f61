/**
 * Which snapshots to create: labels that are due, dataset by dataset, and the commands that create them.
 *
 * Missing history means "now", with the current time in the name; missed periods are not caught up. A dataset that is
 * not selected is never snapshotted, not even by `-r`. Sources: docs/spec/snapshots.md §1.6 and §1.9, §7, §1.6.
 * @module
 */
import { ancestorsOf, type Dataset } from "../model/dataset.ts";
import { compareNames, formatIsoUtc } from "../model/text/mod.ts";
import type { ChangeAction } from "../model/action.ts";
import { findLabelEnds, isFromFuture, type LabelledSnapshot, labelName } from "./labels.ts";
import type { CreatePolicy, LabelPolicy } from "../model/job.ts";
import { type Calendar, formatMoment, judgeDue } from "./schedule.ts";

/** What all judgements of one run share. */
export interface CreationContext {
  readonly policy: CreatePolicy;
  /** Names of the labels at this run's time, checked, in the order of `policy.labels`. */
  readonly names: readonly string[];
  readonly calendar: Calendar;
  /** Start of the run: microseconds since 1970 UTC. */
  readonly now: bigint;
}

/** What was decided about the labels of one dataset. */
export interface CreationJudgement {
  readonly dataset: Dataset;
  /** Indexes of the labels that are due. */
  readonly due: readonly number[];
  /** When the labels that were looked up are due next. */
  readonly upcoming: readonly Upcoming[];
  /** Names that are due and exist already: not created, worth a warning. */
  readonly existing: readonly string[];
}

/** When a label is due next in a dataset. */
export interface Upcoming {
  readonly dataset: Dataset;
  readonly label: LabelPolicy;
  /** `dataset@label` */
  readonly name: string;
  /** Unix seconds of the newest snapshot; 0 = there is none. */
  readonly newest: number;
  /** Wall clock. */
  readonly next: bigint;
  readonly hasPassed: boolean;
}

/** Snapshots to create for one label: one transaction as long as they fit into one command. */
export interface LabelCreation {
  readonly label: LabelPolicy;
  /** All datasets that get the snapshot. */
  readonly datasets: readonly Dataset[];
  readonly action: Extract<ChangeAction, { kind: "snapshot" }>;
}

/** Everything that one run creates. */
export interface CreationPlan {
  /** In the order of the labels; those without any due dataset left out. */
  readonly creations: readonly LabelCreation[];
  /** Number of snapshots. */
  readonly count: number;
  /** Sorted by time, dataset, label. */
  readonly upcoming: readonly Upcoming[];
}

/** Checked names of the labels at a time. Throws {@linkcode RefusedError}. */
export function creationNames(policy: CreatePolicy, timestamp: string): string[] {
  return policy.labels.map((label) => labelName(label, timestamp));
}

/** True if the snapshots that exist decide about anything, so that they must be listed. */
export function needsHistories(policy: CreatePolicy): boolean {
  return !policy.evenIfNotDue && policy.labels.some(({ period }) => period !== undefined);
}

/**
 * Decides which labels are due in a dataset.
 *
 * @param snapshots all of the dataset, in the order of `compareLabelled`; `undefined` where they need not be listed
 */
export function judgeCreation(
  dataset: Dataset,
  snapshots: readonly LabelledSnapshot[] | undefined,
  context: CreationContext,
): CreationJudgement {
  const { policy } = context;
  const ends = snapshots === undefined ? [] : findLabelEnds(snapshots, policy.labels);
  const newest = new Map(policy.labels.map((label, index) => [label, ends[index]?.latest?.createdAt ?? 0]));
  const tags = new Set(snapshots?.map(({ tag }) => tag));
  return judgeLabels(dataset, { newest, tags, hasSnapshots: tags.size > 0 }, context);
}

/**
 * The same where only times are known, from the cache.
 *
 * @param newest Unix seconds of the newest snapshot of each label that has a period; none is 0
 */
export function judgeCreationByTimes(
  dataset: Dataset,
  newest: ReadonlyMap<LabelPolicy, number>,
  context: CreationContext,
): CreationJudgement {
  return judgeLabels(dataset, { newest, tags: new Set(), hasSnapshots: true }, context);
}

/** What is known about the snapshots of a dataset. */
interface KnownSnapshots {
  /** Unix seconds, 0 = none. */
  readonly newest: ReadonlyMap<LabelPolicy, number>;
  /** As far as they are known. */
  readonly tags: ReadonlySet<string>;
  readonly hasSnapshots: boolean;
}

function judgeLabels(dataset: Dataset, known: KnownSnapshots, context: CreationContext): CreationJudgement {
  const { policy, names, calendar, now } = context;
  const due: number[] = [];
  const upcoming: Upcoming[] = [];
  const existing: string[] = [];
  for (const [index, label] of policy.labels.entries()) {
    const name = `${dataset}@${names[index]}`;
    let isDue = true;
    if (label.period !== undefined && !policy.evenIfNotDue && known.hasSnapshots) {
      const newest = known.newest.get(label) ?? 0;
      const answer = judgeDue({ period: label.period, newest, now }, calendar);
      upcoming.push({ dataset, label, name, newest, next: answer.next, hasPassed: answer.isDue });
      isDue = answer.isDue;
    }
    if (!isDue) continue;
    if (known.tags.has(names[index]!)) existing.push(name);
    else due.push(index);
  }
  return { dataset, due, upcoming, existing };
}

/**
 * Puts the judgements of all selected datasets together.
 *
 * @param judgements sorted by dataset
 * @param listing the source's datasets, not filtered, sorted
 */
export function planCreation(
  judgements: readonly CreationJudgement[],
  context: CreationContext,
  options: { readonly listing: readonly Dataset[]; readonly recursive: boolean },
): CreationPlan {
  const creations = context.policy.labels.flatMap((label, index): LabelCreation[] => {
    const datasets = judgements.filter(({ due }) => due.includes(index)).map(({ dataset }) => dataset);
    if (datasets.length === 0) return [];
    const roots = options.recursive ? recursiveRoots(options.listing, datasets) : undefined;
    const names = (roots ?? datasets).map((dataset) => `${dataset}@${context.names[index]}`);
    return [{ label, datasets, action: { kind: "snapshot", names, recursive: roots !== undefined } }];
  });
  return {
    creations,
    count: creations.reduce((sum, { datasets }) => sum + datasets.length, 0),
    upcoming: judgements.flatMap(({ upcoming }) => upcoming).sort(compareUpcoming),
  };
}

/**
 * The datasets on which `zfs snapshot -r` would snapshot exactly the due ones: roots without an ancestor among them.
 * `undefined` if a dataset below a root is not due.
 *
 * @param listing all datasets that exist
 */
export function recursiveRoots(listing: readonly Dataset[], due: readonly Dataset[]): Dataset[] | undefined {
  const isDue = new Set(due);
  const hasDueAncestor = (dataset: Dataset): boolean => ancestorsOf(dataset).some((ancestor) => isDue.has(ancestor));
  if (listing.some((dataset) => !isDue.has(dataset) && hasDueAncestor(dataset))) return undefined;
  return due.filter((dataset) => !hasDueAncestor(dataset));
}

function compareUpcoming(a: Upcoming, b: Upcoming): number {
  if (a.next !== b.next) return a.next < b.next ? -1 : 1;
  return compareNames(a.dataset, b.dataset) || compareNames(a.label.prefix, b.label.prefix) ||
    compareNames(a.label.infix, b.label.infix) || compareNames(a.label.suffix, b.label.suffix);
}

/** A warning if snapshots from the future keep labels from being due; `undefined` if none does. */
export function describeFuture(upcoming: readonly Upcoming[], nowMs: number): string | undefined {
  const ahead = upcoming.filter(({ newest, hasPassed }) => !hasPassed && isFromFuture(newest, nowMs));
  const first = ahead[0];
  if (first === undefined) return undefined;
  return `${ahead.length} labels are not due because their newest snapshots were created in the future, by this clock; ` +
    `the first one at ${formatIsoUtc(first.newest)} in place of ${first.name}. If a clock was wrong then, destroy them`;
}

const LINES_PER_MESSAGE = 10_000;

/** Messages that say when labels are due next; none if nothing was looked up. */
export function describeUpcoming(upcoming: readonly Upcoming[], calendar: Calendar): string[] {
  const lines = upcoming.map(({ name, next, hasPassed }) =>
    `\nNext scheduled snapshot time: ${formatMoment(next, calendar)} for ${name}${hasPassed ? " has passed" : ""}`
  );
  const messages: string[] = [];
  for (let i = 0; i < lines.length; i += LINES_PER_MESSAGE) {
    messages.push(`Next scheduled snapshot times ...${lines.slice(i, i + LINES_PER_MESSAGE).join("")}`);
  }
  return messages;
}
