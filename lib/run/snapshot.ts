/**
 * Creates the snapshots that are due: the effects of `plan/creation.ts`.
 *
 * Nothing is repeated but the attempt to reach a host: a snapshot that was made is there. Sources:
 * docs/spec/snapshots.md §1.6 and §1.9.
 * @module
 */
import { type Dataset, datasetFromZfs } from "../model/dataset.ts";
import { CommandError, MissingRootError } from "../model/errors.ts";
import { isSnapshot, splitVersionName } from "../model/snapshot.ts";
import {
  type CreationContext,
  type CreationJudgement,
  creationNames,
  describeFuture,
  describeUpcoming,
  judgeCreation,
  judgeCreationByTimes,
  type LabelCreation,
  needsHistories,
  planCreation,
} from "../plan/creation.ts";
import { Subtrees } from "../plan/dataset_selection.ts";
import { compareLabelled, findLabelEnds, type LabelledSnapshot, labelTimestamp } from "../plan/labels.ts";
import type { CreatePolicy } from "../model/job.ts";
import { dryPrefix, type VerbContext, type WorkContext } from "./job/context.ts";
import { namesOf, type SideDatasets } from "./datasets.ts";
import { mapParallel } from "./parallel.ts";
import { listHistories, retrying } from "./retrying.ts";

const OPTION = "--create-src-snapshots";
const NAMES_ONLY = { bookmarks: false, creation: false } as const;

type CreatingPair = VerbContext<"operands" | "workers" | "nowMs" | "calendar" | "localZone", "cache">;

/** Creates what is due in the selected datasets. Throws `RefusedError` if the source does not exist, `CommandError`. */
export async function createSnapshots(
  source: SideDatasets,
  policy: CreatePolicy,
  context: CreatingPair,
): Promise<void> {
  const { log, job, roots, facts: { operands, nowMs, calendar, workers }, state: { cache } } = context;
  const { recursive } = job.datasets;
  if (source.all.length === 0) throw new MissingRootError(`Source dataset does not exist: ${operands.src}`, "src");
  log.log("INFO", `${OPTION}: `, `${roots.src} ${recursive ? "-r " : ""}...`);
  const selected = namesOf(await source.selected());
  const creation = creationContext(policy, context);
  const judgements = await judge(selected, creation, context);
  const listing = namesOf(source.all);
  const plan = planCreation(judgements, creation, { listing, recursive });
  for (const text of describeUpcoming(plan.upcoming, calendar)) log.log("INFO", "", text);
  const future = describeFuture(plan.upcoming, nowMs);
  if (future !== undefined) log.log("WARN", `${OPTION}: `, future);
  for (const name of judgements.flatMap(({ existing }) => existing)) warnExisting(name, context);
  const count = `Creating ${plan.count} snapshots within ${selected.length} datasets ...`;
  log.log("INFO", `${dryPrefix(job)}${OPTION}: `, count);
  const created = new Set(plan.creations.flatMap(({ datasets }) => datasets));
  cache.invalidate("src", [...created]);
  await mapParallel(plan.creations, workers, (creation) => create(creation, context));
}

function creationContext(policy: CreatePolicy, { facts }: CreatingPair): CreationContext {
  const { nowMs, calendar, localZone } = facts;
  const now = BigInt(Math.floor(nowMs * 1000));
  const timestamp = labelTimestamp({ instant: now, localZone, ...calendar }, policy.timeFormat);
  return { policy, names: creationNames(policy, timestamp), calendar, now };
}

async function judge(
  selected: readonly Dataset[],
  creation: CreationContext,
  context: CreatingPair,
): Promise<CreationJudgement[]> {
  if (!needsHistories(creation.policy)) return selected.map((dataset) => judgeCreation(dataset, undefined, creation));
  const { state: { cache } } = context;
  const labels = creation.policy.labels.filter(({ period }) => period !== undefined);
  const judgements = new Map<Dataset, CreationJudgement>();
  for (const dataset of selected) {
    const known = cache.newestOfLabels(dataset, labels);
    if (known === undefined) continue;
    const newest = new Map(labels.map((label, index) => [label, known[index]!]));
    judgements.set(dataset, judgeCreationByTimes(dataset, newest, creation));
  }
  const unknown = selected.filter((dataset) => !judgements.has(dataset));
  const listing = { bookmarks: false, creation: true };
  for await (const { dataset, versions } of listHistories("src", unknown, listing, context)) {
    if (versions === undefined) {
      warnVanished(dataset, context);
      continue;
    }
    const snapshots: LabelledSnapshot[] = versions.filter(isSnapshot).sort(compareLabelled);
    judgements.set(dataset, judgeCreation(dataset, snapshots, creation));
    const ends = findLabelEnds(snapshots, labels);
    cache.rememberLabels(dataset, labels, ends.map(({ latest }) => latest?.createdAt ?? 0));
  }
  return selected.flatMap((dataset) => judgements.get(dataset) ?? []);
}

async function create({ datasets, action }: LabelCreation, context: WorkContext): Promise<void> {
  const { world, signal, log, job } = context;
  const zfs = world.source;
  const tag = splitVersionName(action.names[0]!)!.tag;
  for (const part of zfs.split(action)) {
    let names = part.recursive ? namesWithin(datasets, part.names, tag) : part.names;
    try {
      await retrying(() => zfs.apply(part, { signal }), context);
    } catch (error) {
      if (!(error instanceof CommandError) || error.failure.fault !== "exists") throw error;
      names = await createMissing({ names, tag, error }, context);
    }
    for (const name of names) {
      log.log("DEBUG", `${dryPrefix(job)}${OPTION}: Created snapshot `, name);
      const about = { phase: context.phase, side: "src", dataset: splitVersionName(name)!.dataset } as const;
      const made = { what: "snapshot", version: `@${tag}`, performed: job.dryRun === "off" } as const;
      context.recorder.record({ event: "created", ...about, ...made });
    }
  }
}

/** Names of the snapshots of the datasets at or below these roots. */
function namesWithin(datasets: readonly Dataset[], roots: readonly string[], tag: string): string[] {
  const trees = new Subtrees(roots.map((root) => datasetFromZfs(splitVersionName(root)!.dataset)));
  return datasets.filter((dataset) => trees.covers(dataset)).map((dataset) => `${dataset}@${tag}`);
}

/** Some of the names exist, hence nothing was created: creates the others, and returns their names. */
async function createMissing(
  failed: { readonly names: readonly string[]; readonly tag: string; readonly error: CommandError },
  context: WorkContext,
): Promise<readonly string[]> {
  const { world, signal } = context;
  const { tag } = failed;
  const datasets = failed.names.map((name) => datasetFromZfs(splitVersionName(name)!.dataset));
  const missing: string[] = [];
  for await (const { dataset, versions } of listHistories("src", datasets, NAMES_ONLY, context)) {
    const name = `${dataset}@${tag}`;
    if (versions === undefined) warnVanished(dataset, context);
    else if (versions.some((version) => version.tag === tag)) warnExisting(name, context);
    else missing.push(name);
  }
  if (missing.length === datasets.length) throw failed.error;
  const rest = { kind: "snapshot", names: missing, recursive: false } as const;
  for (const part of world.source.split(rest)) {
    await retrying(() => world.source.apply(part, { signal }), context);
  }
  return missing;
}

function warnVanished(dataset: Dataset, { log }: WorkContext): void {
  log.log("WARN", "Third party deleted source: ", dataset);
}

function warnExisting(name: string, { log }: WorkContext): void {
  log.log("WARN", "Snapshot is due but exists already, hence it is not created: ", name);
}
