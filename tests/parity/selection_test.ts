import { planGroups, planWords } from "../../lib/cli/options/plan_options.ts";
import { auxiliaryWords } from "../../lib/cli/settings/settings.ts";
import { foldFilters } from "../../lib/cli/settings/snapshot_filters.ts";
import type { Dataset } from "../../lib/model/dataset.ts";
import type { Guid, Version } from "../../lib/model/snapshot.ts";
import type { Side } from "../../lib/model/job.ts";
import { compileFilters, needsCreation, selectedOf, selectVersions } from "../../lib/plan/selection.ts";
import { SILENT_LOGGER } from "../../lib/model/log.ts";
import { selectListed } from "../../lib/run/select_datasets.ts";
import { RealZfs } from "../../lib/zfs/real_zfs.ts";
import type { World } from "../../lib/zfs/world.ts";
import { argumentsOf, jobOf } from "../support/arguments.ts";
import { describeFilter } from "../support/filters.ts";
import { contextOf, fullCapabilities } from "../support/job.ts";
import { parity } from "../support/parity.ts";
import { assertEquals } from "../support/assert.ts";
import { scriptedRunner } from "../support/runner.ts";

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

parity<DatasetFilterInput>("dataset-filter", async ({ srcRoot, dstRoot, location, datasets, argv, properties }) => {
  const queried: Dataset[] = [];
  const zfs = new RealZfs({
    runner: scriptedRunner((words) => {
      const dataset = words[words.length - 1]! as Dataset;
      queried.push(dataset);
      const value = properties[dataset] ?? undefined;
      if (value !== undefined) return { stdout: `${value}\n` };
      return { status: 1, stderr: `cannot open '${dataset}': dataset does not exist\n` };
    }),
    capabilities: fullCapabilities(),
    privilegePrefix: [],
    log: SILENT_LOGGER,
    maxDatasetsPerListing: 1024,
    maxSnapshotsPerDelete: 1000,
    parallelListings: 1,
    clock: { monotonicNs: () => 0 },
  });
  const world: World = {
    source: zfs,
    destination: zfs,
    clock: { now: () => 0, monotonicNs: () => 0, sleep: () => Promise.resolve() },
    random: { integer: (low) => low },
    transfer: () => Promise.reject(new Error("nothing is sent")),
  };
  const context = contextOf({ job: jobOf([srcRoot, dstRoot, ...argv]), world, log: SILENT_LOGGER });
  const listing = datasets.map((dataset) => ({ dataset, type: "filesystem", blockSize: 0, snapshotsChanged: 0, isPartial: false, origin: "", guid: "" as Guid } as const));
  const kept = await selectListed(listing, location, { ...context, facts: { hostName: "nas" } });
  return { kept: kept.map(({ dataset }) => dataset), queried };
});

parity<{ readonly argv: readonly string[] }>("plan-expand", ({ argv }) => {
  const args = argumentsOf(["p/s", "q/d", ...argv]);
  const generated = argumentsOf(["p/s", "q/d", ...auxiliaryWords(args)]);
  const groups = foldFilters([...args.words.occurrences, ...generated.words.occurrences]);
  const ofPlans = [...args.plans("--include-snapshot-plan"), ...args.plans("--delete-dst-snapshots-except-plan")];
  assertEquals(ofPlans.flatMap(planGroups), groups.slice(groups.length - ofPlans.flatMap(planGroups).length));
  const orNull = (words: readonly string[]): readonly string[] | null => words.length > 0 ? words : null;
  return {
    include: orNull(args.plans("--include-snapshot-plan").flatMap(planWords)),
    except: orNull(args.plans("--delete-dst-snapshots-except-plan").flatMap(planWords)),
    groups: groups.map((group) => group.map(describeFilter)),
  };
});
