import { type Dataset, datasetFromZfs, reRoot } from "../../lib/model/dataset.ts";
import type { Guid, Version } from "../../lib/model/snapshot.ts";
import { compileDatasetSelection, selectDatasets, selectedDatasets } from "../../lib/plan/dataset_selection.ts";
import type { Job } from "../../lib/model/job.ts";
import { type DestinationDatasets, emptyCandidates, judgeVersions, planDatasetDeletion, planDeletionListing, planEmptyDatasetDeletion } from "../../lib/plan/retention.ts";
import { compileFilters, needsCreation } from "../../lib/plan/selection.ts";
import { changeCommand } from "../../lib/zfs/dialect.ts";
import { jobOf } from "../support/arguments.ts";
import { parity } from "../support/parity.ts";

/**
 * Deliberate: the reference destroys a tree by `zfs destroy -r`, with `-R` under --force-destroy-dependents, which takes
 * what nobody has listed. Ours go one by one, leaves first; what is compared is which trees go.
 */
function treeCommand(root: Dataset, job: Job): string[] {
  const flags = [
    [job.force.unmount, "-f"],
    [job.force.destroyDependents, "-R"],
    [!job.report.quiet, "-v"],
    [job.dryRun !== "off", "-n"],
  ] as const;
  return ["zfs", "destroy", "-r", ...flags.flatMap(([isSet, flag]) => isSet ? [flag] : []), root];
}

interface Entry {
  readonly name: string;
  readonly guid: string;
  readonly creation: number;
  readonly holds?: string;
}

interface DeleteSnapshotsInput {
  readonly argv: readonly string[];
  readonly nowMicros: number;
  readonly src: readonly Entry[];
  readonly dst: readonly Entry[];
  readonly bookmarksEnabled: { readonly src: boolean; readonly dst: boolean };
}

function versionOf({ name, guid, creation, holds }: Entry, index: number): Version {
  return {
    kind: name.startsWith("#") ? "bookmark" : "snapshot",
    dataset: datasetFromZfs("q/d"),
    tag: name.slice(1),
    guid: guid as Guid,
    createtxg: BigInt(index),
    createdAt: creation,
    holds: Number(holds) || 0,
  };
}

parity<DeleteSnapshotsInput>("delete-snapshots", ({ argv, nowMicros, src, dst, bookmarksEnabled }) => {
  const job = jobOf(argv);
  const policy = job.verbs.deleteSnapshots!;
  const sourceIsDummy = argv[0] === "dummy";
  const listing = planDeletionListing(policy, bookmarksEnabled, !sourceIsDummy);
  if (listing === undefined) return { failed: false, queries: [], commands: [], summary: [] };
  const { source } = listing;
  const queries = [["dst", policy.kind.slice(0, -1), `${needsCreation(job.snapshotFilters) ? "creation," : ""}guid,name,userrefs`]];
  if (source !== undefined) {
    const types = [...(source.snapshots ? ["snapshot"] : []), ...(source.bookmarks ? ["bookmark"] : [])];
    queries.push(["src", types.join(","), "guid"]);
  }
  const guids = src.map(versionOf)
    .filter(({ kind }) => kind === "snapshot" ? source?.snapshots : source?.bookmarks).map(({ guid }) => guid);
  const verdicts = judgeVersions(dst.map(versionOf), {
    policy,
    filters: compileFilters(job.snapshotFilters),
    nowMs: nowMicros / 1000,
    sourceGuids: new Set(guids),
    sourceIsDummy,
  });
  const doomed = verdicts.filter(({ verdict }) => verdict === "delete").map(({ version }) => version);
  const dataset = datasetFromZfs("q/d");
  const isDry = job.dryRun !== "off";
  const tags = doomed.map(({ tag }) => tag);
  const commands = tags.length === 0 ? [] : policy.kind === "snapshots"
    ? [changeCommand({ kind: "destroy-snapshots", dataset, tags, simulate: isDry, verbose: !job.report.quiet })]
    : tags.map((tag) => changeCommand({ kind: "destroy-bookmark", dataset, tag }));
  return {
    failed: false,
    queries,
    commands: commands.map((words) => ({ argv: words, dry: policy.kind === "bookmarks" && isDry })),
    summary: [[`${doomed.length}`, `${verdicts.length}`, policy.kind]],
  };
}, {
  // Deliberate: -R also takes snapshots of the same names from all descendants; ours destroys the clones by themselves.
  expected: (out) => {
    const { commands, ...rest } = out as { commands?: readonly { readonly argv: readonly string[] }[] };
    return commands === undefined ? out : {
      ...rest,
      commands: commands.map(({ argv, ...others }) => ({ ...others, argv: argv.filter((word) => word !== "-R") })),
    };
  },
});

interface DeleteDatasetsInput {
  readonly argv: readonly string[];
  readonly src: readonly Dataset[];
  readonly dst: readonly Dataset[];
  readonly entries: Readonly<Record<string, readonly string[]>>;
}

parity<DeleteDatasetsInput>("delete-datasets", ({ argv, src, dst, entries }) => {
  const job = jobOf(argv);
  const roots = { src: datasetFromZfs(argv[0]!), dst: datasetFromZfs(argv[1]!) };
  const selection = compileDatasetSelection(job.datasets, roots);
  let datasets: DestinationDatasets = { all: dst, selected: selectedDatasets(selectDatasets(dst, selection, "dst")) };
  const commands = (roots: readonly Dataset[]): string[][] => roots.map((root) => treeCommand(root, job));
  const out: Record<string, unknown> = {};
  if (job.verbs.deleteDatasets) {
    const images = new Set(src.map((dataset) => reRoot(dataset, roots.src, roots.dst)));
    const plan = planDatasetDeletion(datasets, images);
    out.commands1 = commands(plan.roots);
    datasets = { all: plan.remainingAll, selected: plan.remainingSelected };
  }
  const kind = job.verbs.deleteEmptyDatasets;
  if (kind !== undefined) {
    const occupied = emptyCandidates(datasets).filter((dataset) =>
      (entries[dataset] ?? []).some((entry) => entry.startsWith("@") || kind === "snapshots+bookmarks")
    );
    const plan = planEmptyDatasetDeletion(datasets, new Set(occupied));
    out.commands2 = commands(plan.roots);
    datasets = { all: plan.remainingAll, selected: plan.remainingSelected };
  }
  return { ...out, remainingAll: datasets.all, remainingSelected: datasets.selected };
});
