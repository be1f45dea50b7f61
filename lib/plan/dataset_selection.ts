/**
 * Which datasets of a listing are selected, and why.
 *
 * Excludes come first and win; descendants of an excluded dataset match the same exclude, so nothing below it comes
 * back. The property that excludes datasets is read elsewhere; here is what its value means. Sources: docs/spec/cli.md
 * §4, docs/spec/snapshots.md §7.
 * @module
 */
import { ancestorsOf, type Dataset, isWithin } from "../model/dataset.ts";
import { compileRegexes, escapeRegex, type Pattern } from "../model/regex/regex.ts";
import type { BothSides, DatasetPolicy, Side } from "../model/job.ts";

/** Selection of datasets for one pair of roots, its patterns compiled; serves both sides. */
export interface CompiledDatasetSelection {
  readonly roots: BothSides<Dataset>;
  readonly skipParent: boolean;
  readonly excludes: readonly Pattern[];
  readonly includes: readonly Pattern[];
}

/** What the value of the exclude property means. */
export interface PropertyVerdict {
  readonly verdict: "selected" | "excluded";
  /** For the log: why. */
  readonly reason: string;
}

/** What was decided about a dataset; the reason is the pattern that decided, or empty for `--skip-parent`. */
export interface DatasetVerdict extends PropertyVerdict {
  readonly dataset: Dataset;
}

/**
 * Compiles the dataset selection of a pair.
 *
 * @throws {RefusedError} for a pattern that is none
 */
export function compileDatasetSelection(policy: DatasetPolicy, roots: BothSides<Dataset>): CompiledDatasetSelection {
  const includes = [...policy.includeRegexes, ...literals(policy.includeDatasets, roots)];
  const excludes = [...policy.excludeRegexes, ...literals(policy.excludeDatasets, roots)];
  return {
    roots,
    skipParent: policy.skipParent,
    includes: compileRegexes(includes.length === 0 ? [".*"] : includes, "dataset"),
    excludes: compileRegexes(excludes.filter((regex) => regex !== "" && regex !== "!.*"), "dataset"),
  };
}

/** Patterns for datasets that were named literally; absolute names outside of both trees are left out. */
function literals(names: readonly string[], roots: BothSides<Dataset>): string[] {
  return names.flatMap((name) => {
    const relative = name.startsWith("/") ? relativeToRoots(name.slice(1), roots) : name;
    if (relative === undefined) return [];
    const stem = relative.endsWith("/") ? relative.slice(0, -1) : relative;
    return [stem === "" ? ".*" : escapeRegex(stem)];
  });
}

function relativeToRoots(name: string, { src, dst }: BothSides<Dataset>): string | undefined {
  const root = [src, dst].find((candidate) => isWithin(name, candidate));
  if (root === undefined) return undefined;
  const rest = name.slice(root.length);
  return rest.startsWith("/") ? rest.slice(1) : rest;
}

/**
 * Decides about every dataset of a listing of one side, sorted by name and not filtered; the answer keeps its order.
 * The listing begins with the root, unless that does not exist.
 */
export function selectDatasets(
  listing: readonly Dataset[],
  selection: CompiledDatasetSelection,
  side: Side,
): DatasetVerdict[] {
  const root = selection.roots[side];
  return listing.map((dataset, index) => {
    if (selection.skipParent && index === 0) return { dataset, verdict: "excluded", reason: "" };
    return { dataset, ...judgeName(dataset.slice(root.length + 1), selection) };
  });
}

/** True if the patterns select a dataset, by its name below the root: empty for the root itself, others begin with a slash. */
export function selectsName(name: string, selection: CompiledDatasetSelection): boolean {
  if (selection.skipParent && name === "") return false;
  return judgeName(name.slice(1), selection).verdict === "selected";
}

function judgeName(relative: string, { excludes, includes }: CompiledDatasetSelection): PropertyVerdict {
  const exclude = excludes.find((pattern) => pattern.matches(relative));
  if (exclude !== undefined) return { verdict: "excluded", reason: exclude.text };
  const include = includes.find((pattern) => pattern.matches(relative));
  if (include === undefined) return { verdict: "excluded", reason: "no include matches" };
  return { verdict: "selected", reason: include.text };
}

/** The datasets that are selected, in order. */
export function selectedDatasets(verdicts: readonly DatasetVerdict[]): Dataset[] {
  return verdicts.filter(({ verdict }) => verdict === "selected").map(({ dataset }) => dataset);
}

/**
 * Decides by the value of `--exclude-dataset-property`; an excluded dataset takes its descendants with it.
 *
 * @param value the property's value; `undefined` if the dataset has vanished
 * @param hostName what `gethostname()` says here
 */
export function judgeProperty(value: string | undefined, hostName: string): PropertyVerdict {
  if (value === undefined) return { verdict: "excluded", reason: "the dataset has vanished" };
  const trimmed = value.trim();
  const lower = trimmed.toLowerCase();
  if (trimmed === "" || trimmed === "-" || lower === "true") return { verdict: "selected", reason: `'${trimmed}'` };
  if (lower === "false") return { verdict: "excluded", reason: `'${trimmed}'` };
  const isNamed = trimmed.split(",").some((host) => host.trim() === hostName);
  return { verdict: isNamed ? "selected" : "excluded", reason: `'${trimmed}', this host is '${hostName}'` };
}

/** A set of datasets that also knows what lies below them, for walks in sorted order. */
export class Subtrees {
  readonly #roots: Set<Dataset>;

  constructor(roots: Iterable<Dataset> = []) {
    this.#roots = new Set(roots);
  }

  /** Adds a dataset with all its descendants. */
  add(dataset: Dataset): void {
    this.#roots.add(dataset);
  }

  /** True if the dataset or one of its ancestors was added. */
  covers(dataset: Dataset): boolean {
    return this.#roots.has(dataset) || ancestorsOf(dataset).some((ancestor) => this.#roots.has(ancestor));
  }
}
