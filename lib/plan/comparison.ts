/**
 * Comparison of the versions that a dataset has on both sides: rows of the TSV files, and a summary.
 *
 * Everything here is about one relative dataset at a time, so that memory is bounded by the largest one. Versions are
 * the same if their guids are. Source: docs/spec/snapshots.md §6.
 * @module
 */
import { compareNames, formatBytes, formatDuration, formatIsoUtc, sumOfDecimals } from "../model/text/mod.ts";
import type { Dataset } from "../model/dataset.ts";
import { type Guid, isSnapshot, relativeName, type Version } from "../model/snapshot.ts";
import { isTemporaryTag } from "./replication/bookmarks.ts";
import { isGuardTag } from "./replication/guards.ts";
import type { BothSides, ComparePolicy } from "../model/job.ts";
import { type CompiledFilters, selectedOf, selectsAll, selectVersions } from "./selection.ts";

/** Where a version is. */
export type Whereabouts = "all" | "src" | "dst";

/** A version, and bytes written since the one before; `undefined` for bookmarks. */
export type ComparedVersion = Version & { readonly written?: string | undefined };

/** One row of the TSV file. */
export interface ComparisonRow {
  readonly location: Whereabouts;
  /** The source's version if both sides have it. */
  readonly version: ComparedVersion;
}

/** First line of the TSV file of versions. */
export const VERSIONS_HEADER =
  "location\tcreation_iso\tcreatetxg\trel_name\tguid\troot_dataset\trel_dataset\tname\tcreation\twritten\n";

/** First line of the TSV file of datasets. */
export const DATASETS_HEADER = "location\trel_dataset\tsrc_dataset\tdst_dataset\n";

/**
 * The versions of one side that take part: filtered, one for each guid, sorted by guid as text. A snapshot wins over
 * its bookmarks; temporary bookmarks and guards pass the filters, but only where nothing else has their guid.
 */
export function prepareVersions(
  versions: readonly ComparedVersion[],
  filters: CompiledFilters,
  nowMs: number,
): ComparedVersion[] {
  if (versions.every(isSnapshot)) return withoutTwins(selectCompared(versions, filters, nowMs));
  const regular = versions.filter((version) => !isOwn(version));
  const regularGuids = new Set(regular.map(({ guid }) => guid));
  const filtered = selectCompared(regular, filters, nowMs);
  const temporary = versions.filter((version) => isOwn(version) && !regularGuids.has(version.guid));
  const byGuid = new Map<Guid, ComparedVersion>();
  for (const version of [...filtered, ...temporary]) {
    const known = byGuid.get(version.guid);
    if (known === undefined || (!isSnapshot(known) && isSnapshot(version))) byGuid.set(version.guid, version);
  }
  return [...byGuid.values()].sort((a, b) => a.guid < b.guid ? -1 : 1);
}

/** True for bookmarks that this program makes for itself: temporary ones and guards. */
function isOwn(version: Version): boolean {
  return !isSnapshot(version) && (isTemporaryTag(version.tag) || isGuardTag(version.tag));
}

function selectCompared(
  versions: readonly ComparedVersion[],
  filters: CompiledFilters,
  nowMs: number,
): readonly ComparedVersion[] {
  if (selectsAll(filters)) return versions;
  return selectedOf(selectVersions(versions, filters, { nowMs, bookmarks: "filter" }));
}

/** Sorted by guid, the first one of each. */
function withoutTwins(versions: readonly ComparedVersion[]): ComparedVersion[] {
  const sorted = [...versions].sort(compareGuids);
  return sorted.filter((version, index) => version.guid !== sorted[index - 1]?.guid);
}

function compareGuids(a: Version, b: Version): number {
  return a.guid < b.guid ? -1 : a.guid > b.guid ? 1 : 0;
}

/**
 * Merges both sides of one dataset, each as {@linkcode prepareVersions} returns it.
 *
 * @returns the rows that the policy asks for, by creation, createtxg and name
 */
export function compareVersionLists(
  src: readonly ComparedVersion[],
  dst: readonly ComparedVersion[],
  policy: ComparePolicy,
): ComparisonRow[] {
  const rows: ComparisonRow[] = [];
  let s = 0;
  let d = 0;
  while (s < src.length || d < dst.length) {
    const [a, b] = [src[s], dst[d]];
    const order = a === undefined ? 1 : b === undefined ? -1 : a.guid < b.guid ? -1 : a.guid > b.guid ? 1 : 0;
    if (order <= 0) s++;
    if (order >= 0) d++;
    const location = order < 0 ? "src" : order > 0 ? "dst" : "all";
    const version = (order <= 0 ? a : b)!;
    if (policy[location] && !(location === "src" && isOwn(version))) rows.push({ location, version });
  }
  return rows.sort(compareRows);
}

function compareRows({ version: a }: ComparisonRow, { version: b }: ComparisonRow): number {
  if (a.createdAt !== b.createdAt) return a.createdAt - b.createdAt;
  if (a.createtxg !== b.createtxg) return a.createtxg < b.createtxg ? -1 : 1;
  return compareNames(a.tag, b.tag);
}

/** A row as a line of the TSV file, without its end. */
export function formatRow({ location, version }: ComparisonRow, roots: BothSides<Dataset>): string {
  const root = roots[location === "dst" ? "dst" : "src"];
  const { createdAt, createtxg, dataset, guid, written } = version;
  const relative = dataset.slice(root.length);
  const name = relativeName(version);
  return `${location}\t${formatIsoUtc(createdAt)}\t${createtxg}\t${relative}${name}\t${guid}\t${root}\t${relative}\t` +
    `${dataset}${name}\t${createdAt}\t${written ?? "-"}`;
}

/**
 * Rows as lines of the TSV file. Text that grows is copied once, when it is written; joined lines would be copied
 * twice.
 */
export function formatRows(rows: readonly ComparisonRow[], roots: BothSides<Dataset>): string {
  let text = "";
  for (const row of rows) text += `${formatRow(row, roots)}\n`;
  return text;
}

/** A dataset as a line of the second TSV file, without its end; a side where it does not exist is `undefined`. */
export function formatDatasetRow(relative: string, src: Dataset | undefined, dst: Dataset | undefined): string {
  const location = src === undefined ? "dst" : dst === undefined ? "src" : "all";
  return [location, relative, src ?? "", dst ?? ""].join("\t");
}

/** How the lines of a summary begin; `{}` = the location. */
const FIELD_TEXTS = {
  inSync: "Q: No src snapshots are missing on dst, and no dst snapshots are missing on src, and there is a common " +
    "snapshot? A: ",
  latestRow: "Latest snapshot only in {}: ",
  oldestRow: "Oldest snapshot only in {}: ",
  count: "Snapshots only in {}: ",
  bytes: "Snapshot data written only in {}: ",
  countSinceCommon: "Snapshots only in {} since latest common snapshot: ",
  bytesSinceCommon: "Snapshot data written only in {} since latest common snapshot: ",
  commonMinusLatest: "Time diff between latest common snapshot and latest snapshot only in {}: ",
  commonMinusOldest: "Time diff between latest common snapshot and oldest snapshot only in {}: ",
  nowMinusLatest: "Time diff between now and latest snapshot only in {}: ",
  nowMinusOldest: "Time diff between now and oldest snapshot only in {}: ",
} as const;

/** What a line of the summary says. */
export type SummaryField = keyof typeof FIELD_TEXTS;

/** One line of the summary of a dataset. */
export interface SummaryLine {
  /** `undefined` for what concerns all locations. */
  readonly location: Whereabouts | undefined;
  readonly field: SummaryField;
  /** As printed. */
  readonly value: string;
}

const UNKNOWN = "n/a";

/** How the time and the rows of a summary are printed. */
export interface SummaryContext {
  readonly policy: ComparePolicy;
  readonly roots: BothSides<Dataset>;
  /** Unix seconds, fixed for the run. */
  readonly now: number;
}

/** Summarises the rows of one dataset, in the order of {@linkcode compareVersionLists}. */
export function summarise(rows: readonly ComparisonRow[], context: SummaryContext): SummaryLine[] {
  const { policy } = context;
  const has = (location: Whereabouts): boolean => rows.some((row) => row.location === location);
  const isInSync = policy.all && policy.src && policy.dst
    ? (has("all") && !has("src") && !has("dst") ? "True" : "False")
    : UNKNOWN;
  const locations = (["all", "src", "dst"] as const).filter((location) => policy[location]);
  return [
    { location: undefined, field: "inSync", value: isInSync },
    ...locations.flatMap((location) => summariseLocation(rows, location, context)),
  ];
}

function summariseLocation(
  rows: readonly ComparisonRow[],
  location: Whereabouts,
  { roots, now }: SummaryContext,
): SummaryLine[] {
  const own = rows.filter((row) => row.location === location);
  const [oldest, latest] = [own[0], own.at(-1)];
  const common = rows.findLastIndex((row) => row.location === "all");
  const commonRow = rows[common];
  const since = rows.slice(common + 1).filter((row) => row.location === location);
  const show = (row: ComparisonRow | undefined): string => row === undefined ? UNKNOWN : formatRow(row, roots);
  const age = (from: number | undefined, row: ComparisonRow | undefined): string =>
    from === undefined || row === undefined ? UNKNOWN : formatDuration(from - row.version.createdAt, "s");
  const values: [SummaryField, string][] = [
    ["latestRow", show(latest)],
    ["oldestRow", show(oldest)],
    ["count", `${own.length}`],
    ["bytes", formatBytes(writtenBy(own))],
  ];
  if (location !== "all") {
    const commonTime = commonRow?.version.createdAt;
    values.push(
      ["countSinceCommon", commonRow === undefined ? UNKNOWN : `${since.length}`],
      ["bytesSinceCommon", commonRow === undefined ? UNKNOWN : formatBytes(writtenBy(since))],
      ["commonMinusLatest", age(commonTime, latest)],
      ["commonMinusOldest", age(commonTime, oldest)],
    );
  }
  values.push(["nowMinusLatest", age(now, latest)], ["nowMinusOldest", age(now, oldest)]);
  return values.map(([field, value]) => ({ location, field, value }));
}

function writtenBy(rows: readonly ComparisonRow[]): number {
  return sumOfDecimals(rows.map(({ version }) => version.written ?? "0"));
}

/** The summary of a dataset as one message. */
export function describeSummary(relative: string, lines: readonly SummaryLine[], roots: BothSides<Dataset>): string {
  const texts = lines.map(({ location = "", field, value }) => FIELD_TEXTS[field].replace("{}", location) + value);
  return [`of ${roots.src} vs. ${roots.dst}`, ...texts].map((text) => `Comparing ${relative}~ ${text}`).join(
    "\n",
  );
}
