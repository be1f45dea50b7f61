import { auxiliaryWords } from "../../lib/cli/settings.ts";
import { foldFilters } from "../../lib/cli/snapshot_filters.ts";
import type { Dataset } from "../../lib/model/dataset.ts";
import type { Guid, Version } from "../../lib/model/snapshot.ts";
import { compileDatasetSelection, judgeProperty, selectDatasets, selectedDatasets, Subtrees } from "../../lib/plan/dataset_selection.ts";
import type { Side } from "../../lib/plan/policy.ts";
import { compileFilters, needsCreation, selectedOf, selectVersions } from "../../lib/plan/selection.ts";
import { argumentsOf, jobOf } from "../support/arguments.ts";
import { describeFilter } from "../support/filters.ts";
import { parity } from "../support/parity.ts";

interface SnapshotFilterInput {
  readonly filters: readonly string[];
  readonly entries: readonly (readonly [string, number])[];
  readonly filterBookmarks: boolean;
  readonly invert: boolean;
  readonly nowMicros: number;
}

parity<SnapshotFilterInput>("snapshot-filter", ({ filters, entries, filterBookmarks, invert, nowMicros }) => {
  const groups = jobOf(["p/s", "q/d", ...filters]).snapshotFilters;
  const history = entries.map(([name, creation], index): Version => ({
    kind: name.startsWith("#") ? "bookmark" : "snapshot",
    dataset: "p/s" as Dataset,
    tag: name.slice(1),
    guid: `${index}` as Guid,
    createtxg: BigInt(index),
    createdAt: creation,
  }));
  const bookmarks = filterBookmarks ? "filter" : "keep";
  const verdicts = selectVersions(history, compileFilters(groups), { nowMs: nowMicros / 1000, bookmarks, invert });
  return {
    needsCreation: needsCreation(groups),
    selected: selectedOf(verdicts).map(({ kind, tag }) => (kind === "bookmark" ? "#" : "@") + tag),
  };
});

interface DatasetFilterInput {
  readonly srcRoot: Dataset;
  readonly dstRoot: Dataset;
  readonly location: Side;
  readonly datasets: readonly Dataset[];
  readonly argv: readonly string[];
  readonly properties: Readonly<Record<string, string | null>>;
}

parity<DatasetFilterInput>("dataset-filter", ({ srcRoot, dstRoot, location, datasets, argv, properties }) => {
  const policy = jobOf([srcRoot, dstRoot, ...argv]).datasets;
  const selection = compileDatasetSelection(policy, { srcRoot, dstRoot });
  const selected = selectedDatasets(selectDatasets(datasets, selection, location));
  if (policy.excludeProperty === undefined) return { kept: selected, queried: [] };
  const dropped = new Subtrees();
  const queried: Dataset[] = [];
  const kept = selected.filter((dataset) => {
    if (dropped.covers(dataset)) return false;
    queried.push(dataset);
    if (judgeProperty(properties[dataset] ?? undefined, "nas").verdict === "selected") return true;
    dropped.add(dataset);
    return false;
  });
  return { kept, queried };
});

parity<{ readonly argv: readonly string[] }>("plan-expand", ({ argv }) => {
  const args = argumentsOf(["p/s", "q/d", ...argv]);
  const generated = argumentsOf(["p/s", "q/d", ...auxiliaryWords(args)]);
  const groups = foldFilters([...args.words.occurrences, ...generated.words.occurrences]);
  const orNull = (words: readonly string[]): readonly string[] | null => words.length > 0 ? words : null;
  return {
    include: orNull(args.list("--include-snapshot-plan")),
    except: orNull(args.list("--delete-dst-snapshots-except-plan")),
    groups: groups.map((group) => group.map(describeFilter)),
  };
});
