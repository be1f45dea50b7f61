import { type Dataset, datasetFromZfs } from "../../lib/model/dataset.ts";
import { compareNames } from "../../lib/model/text/order.ts";
import type { Guid } from "../../lib/model/snapshot.ts";
import { type ComparedVersion, compareVersionLists, DATASETS_HEADER, formatDatasetRow, formatRow, prepareVersions, summarise, VERSIONS_HEADER } from "../../lib/plan/comparison.ts";
import { compileDatasetSelection, selectDatasets, selectedDatasets } from "../../lib/plan/dataset_selection.ts";
import type { Side } from "../../lib/model/job.ts";
import { compileFilters } from "../../lib/plan/selection.ts";
import { jobOf } from "../support/arguments.ts";
import { parity } from "../support/parity.ts";

type Rows = readonly (readonly [string, number, string, number, string])[];

interface CompareInput {
  readonly argv: readonly string[];
  readonly now: number;
  readonly srcBookmarks: boolean;
  readonly lists: Readonly<Record<Side, Readonly<Record<string, Rows>>>>;
}

function versionsOf(dataset: Dataset, rows: Rows, bookmarks: boolean): ComparedVersion[] {
  return rows.filter(([name]) => bookmarks || name.startsWith("@")).map(([name, createdAt, guid, createtxg, written]) => ({
    kind: (name.startsWith("#") ? "bookmark" : "snapshot") as "snapshot",
    dataset,
    tag: name.slice(1),
    guid: guid as Guid,
    createtxg: BigInt(createtxg),
    createdAt,
    ...(written === "-" ? {} : { written }),
  }));
}

parity<CompareInput>("compare", ({ argv, now, srcBookmarks, lists }) => {
  const job = jobOf(argv);
  const policy = job.verbs.compare!;
  const filters = compileFilters(job.snapshotFilters);
  const roots = { src: datasetFromZfs(argv[0]!), dst: datasetFromZfs(argv[1]!) };
  const selection = compileDatasetSelection(job.datasets, roots);
  const relatives = (side: Side): Map<string, Dataset> => {
    const listing = Object.keys(lists[side]).map(datasetFromZfs).sort(compareNames);
    const selected = selectedDatasets(selectDatasets(listing, selection, side));
    return new Map(selected.map((dataset) => [dataset.slice(roots[side].length), dataset]));
  };
  const [src, dst] = [relatives("src"), relatives("dst")];
  const isDry = job.dryRun !== "off";
  const prepared = (side: Side, dataset: Dataset | undefined): ComparedVersion[] => {
    if (dataset === undefined) return [];
    const bookmarks = side === "src" && srcBookmarks && !argv.includes("--no-use-bookmark");
    return prepareVersions(versionsOf(dataset, lists[side][dataset]!, bookmarks), filters, now * 1000);
  };
  let versions = "";
  let datasets = DATASETS_HEADER;
  const summary = [...new Set([...src.keys(), ...dst.keys()])].sort(compareNames).map((relative) => {
    if (versions === "") versions = VERSIONS_HEADER;
    const rows = compareVersionLists(prepared("src", src.get(relative)), prepared("dst", dst.get(relative)), policy);
    if (!isDry) {
      versions += rows.map((row) => `${formatRow(row, roots)}\n`).join("");
      datasets += `${formatDatasetRow(relative, src.get(relative), dst.get(relative))}\n`;
    }
    const lines = summarise(rows, { policy, roots, now });
    return { rel: relative, lines: lines.map(({ location, field, value }) => [location ?? "", field, value]) };
  });
  const stem = `${argv[0]!}%${argv[1]!}`.replaceAll("/", "~");
  return { files: { [`${stem}.tsv`]: versions, [`${stem}.rel_datasets_tsv`]: datasets }, summary };
});
