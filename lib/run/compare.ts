/**
 * `--compare-snapshot-lists`: writes which versions are where, dataset by dataset, and logs a summary of each.
 *
 * Both sides are listed in the same order and merged as they come, so that memory holds a few batches of listings and
 * never the tree. Source: docs/spec/snapshots.md §6.
 * @module
 */
import type { Dataset } from "../model/dataset.ts";
import { compareNames } from "../model/text/mod.ts";
import { bookmarksEnabled } from "../model/capabilities.ts";
import {
  type ComparedVersion,
  compareVersionLists,
  type ComparisonRow,
  DATASETS_HEADER,
  describeSummary,
  formatDatasetRow,
  formatRows,
  prepareVersions,
  summarise,
  VERSIONS_HEADER,
} from "../plan/comparison.ts";
import type { ComparePolicy, Side } from "../model/job.ts";
import { selectsAll } from "../plan/selection.ts";
import type { DatasetInfo, History, ReportFile } from "../zfs/world.ts";
import { visible } from "../report/visible.ts";
import { directionOf, type VerbContext, type WorkContext } from "./job/context.ts";
import { namesOf, requireSource, type SideDatasets } from "./datasets.ts";
import { listHistories } from "./retrying.ts";

type ComparedPair = VerbContext<"isDummy" | "operands" | "filters" | "nowMs", "reports">;

/** One dataset of one side. */
interface Entry {
  /** Path below the root, with its leading slash; empty for the root. */
  readonly relative: string;
  readonly dataset: Dataset;
  readonly history: History;
}

/**
 * Compares the selected datasets of both sides. Throws `RefusedError` if the source does not exist, and what listings
 * throw. Differences are no failure.
 */
export async function compareTrees(
  source: SideDatasets,
  destination: readonly DatasetInfo[],
  policy: ComparePolicy,
  context: ComparedPair,
): Promise<void> {
  const { log, roots, state: { reports } } = context;
  log.log("INFO", "--compare-snapshot-lists: ", directionOf(context));
  requireSource(source, context);
  const stem = `${roots.src}%${roots.dst}`.replaceAll("/", "~");
  const versions = reports.open(`${stem}.tsv`);
  const datasets = reports.open(`${stem}.rel_datasets_tsv`);
  try {
    const both = `${roots.src} vs. ${roots.dst} is: `;
    log.log("DEBUG", "", `Temporary TSV output file comparing ${both}${versions.temporaryPath}`);
    const selected = { src: namesOf(await source.selected()), dst: namesOf(destination) };
    await writeComparison(selected, policy, { versions, datasets }, context);
    versions.finish();
    datasets.finish();
    log.log("INFO", "", `Final TSV output file comparing ${both}${versions.path}`);
  } finally {
    versions.discard();
    datasets.discard();
  }
}

async function writeComparison(
  selected: Readonly<Record<Side, readonly Dataset[]>>,
  policy: ComparePolicy,
  files: { readonly versions: ReportFile; readonly datasets: ReportFile },
  context: ComparedPair,
): Promise<void> {
  const { log, job, roots, facts: { nowMs } } = context;
  const now = Math.floor(nowMs / 1000);
  const isWritten = job.dryRun === "off";
  files.datasets.append(DATASETS_HEADER);
  let isFirst = true;
  const entries = (side: Side): AsyncGenerator<Entry> => sideEntries(side, selected[side], policy, context);
  for await (const { relative, src, dst } of merge(entries("src"), entries("dst"))) {
    if (isFirst) files.versions.append(VERSIONS_HEADER);
    isFirst = false;
    const rows = compareVersionLists(...preparedPair(src, dst, context), policy);
    record(rows, (src ?? dst)!.dataset, src === undefined ? "dst" : "src", context);
    if (isWritten) {
      files.versions.append(visible(formatRows(rows, roots)));
      files.datasets.append(visible(`${formatDatasetRow(relative, src?.dataset, dst?.dataset)}\n`));
    }
    if (log.isEnabled("INFO")) {
      log.log("INFO", "", describeSummary(relative, summarise(rows, { policy, roots, now }), roots));
    }
  }
}

function record(rows: readonly ComparisonRow[], dataset: Dataset, side: Side, { recorder, phase }: WorkContext): void {
  const count = (location: ComparisonRow["location"]): number => rows.filter((row) => row.location === location).length;
  const counts = { sourceOnly: count("src"), destinationOnly: count("dst"), both: count("all") };
  recorder.record({ event: "compared", phase, side, dataset, ...counts });
}

/**
 * Both lists. Where the source has all guids of the destination and no filter asks for more, the destination's versions
 * are never looked at: rows about what both have are made from the source's.
 */
function preparedPair(
  src: Entry | undefined,
  dst: Entry | undefined,
  context: ComparedPair,
): [readonly ComparedVersion[], readonly ComparedVersion[]] {
  const source = prepared(src, context);
  if (dst !== undefined && selectsAll(context.facts.filters)) {
    const guids = new Set(dst.history.guids);
    const common = source.filter(({ guid }) => guids.has(guid));
    if (common.length === guids.size) return [source, common];
  }
  return [source, prepared(dst, context)];
}

function prepared(entry: Entry | undefined, { facts: { filters, nowMs } }: ComparedPair): readonly ComparedVersion[] {
  return entry === undefined ? [] : prepareVersions(entry.history.versions ?? [], filters, nowMs);
}

/** The datasets of one side, in their order, as they are listed; one that has vanished has no versions. */
async function* sideEntries(
  side: Side,
  datasets: readonly Dataset[],
  policy: ComparePolicy,
  context: WorkContext,
): AsyncGenerator<Entry> {
  const { world, roots } = context;
  const zfs = side === "src" ? world.source : world.destination;
  const bookmarks = side === "src" && policy.bookmarks && bookmarksEnabled(zfs.capabilities);
  const listing = { bookmarks, creation: true, written: true };
  for await (const history of listHistories(side, datasets, listing, context)) {
    const { dataset } = history;
    yield { relative: dataset.slice(roots[side].length), dataset, history };
  }
}

/** Joins both sides by relative name. */
async function* merge(
  src: AsyncGenerator<Entry>,
  dst: AsyncGenerator<Entry>,
): AsyncGenerator<{ readonly relative: string; readonly src?: Entry; readonly dst?: Entry }> {
  try {
    let [a, b] = await Promise.all([nextOf(src), nextOf(dst)]);
    while (a !== undefined || b !== undefined) {
      const order = a === undefined ? 1 : b === undefined ? -1 : compareNames(a.relative, b.relative);
      yield {
        relative: (order <= 0 ? a : b)!.relative,
        ...(order <= 0 ? { src: a! } : {}),
        ...(order >= 0 ? { dst: b! } : {}),
      };
      [a, b] = await Promise.all([order <= 0 ? nextOf(src) : a, order >= 0 ? nextOf(dst) : b]);
    }
  } finally {
    await Promise.all([src.return(undefined), dst.return(undefined)]);
  }
}

async function nextOf(entries: AsyncGenerator<Entry>): Promise<Entry | undefined> {
  const next = await entries.next();
  return next.done === true ? undefined : next.value;
}
