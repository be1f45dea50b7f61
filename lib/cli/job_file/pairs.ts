/**
 * Pairs of datasets of a job file, and the plans that some of them have for themselves.
 * @module
 */
import { isWithin } from "../../model/dataset.ts";
import type { UsageError } from "../../model/errors.ts";
import type { PairGroup } from "../../model/fleet.ts";
import type { OperandPair } from "../../model/job.ts";
import { isValidDataset, NAME_RULE } from "../../model/location.ts";
import type { JobFileEntry } from "./entry.ts";
import { placeOfOption, PLAN_FIELDS } from "./fields.ts";
import { type PlanEntries, type Plans, plansKey } from "./plans.ts";

/** A pair and its place in the file. */
export interface FilePair {
  readonly pair: OperandPair;
  readonly plans: PlanEntries;
  readonly entry: JobFileEntry;
}

/** `{src: …, dst: …}`, or `{both: …}` for a name that is the same on both sides. */
export function readPairs(list: JobFileEntry): FilePair[] {
  const items = list.items();
  if (items.length === 0) throw list.error("must not be empty");
  return items.map((item, index) => {
    if (!item.isMapping) throw flat(items, index);
    const { src, dst, both, ...plans } = item.fields(
      ["src", "dst", "both", ...PLAN_FIELDS],
      (name) => placeOfOption(name, "a pair"),
    );
    const pairOf = (source: JobFileEntry, destination: JobFileEntry): FilePair => ({
      pair: { src: readDataset(source, ""), dst: readDataset(destination, "root/") },
      plans,
      entry: item,
    });
    if (both.isAbsent) return pairOf(src, dst);
    if (!src.isAbsent || !dst.isAbsent) throw both.error("stands for src and dst, so it must stand alone");
    return pairOf(both, both);
  });
}

/** Pairs with equal plans make a group, at the place of its first one. Throws `UsageError` if groups overlap. */
export function groupPairs(pairs: readonly FilePair[], plansOf: (own: PlanEntries) => Plans): PairGroup[] {
  const planned = pairs.map(({ pair, plans: own, entry }) => {
    const plans = plansOf(own);
    return { pair, entry, plans, key: plansKey(plans) };
  });
  for (const [index, { pair, entry, key }] of planned.entries()) {
    const other = planned.slice(0, index).find((one) => one.key !== key && overlap(one.pair, pair));
    if (other !== undefined) {
      throw entry.error(
        `overlaps with ${other.entry.path}, so that plans of both would create and delete there`,
        "Pairs that contain each other must have the same plans: write the datasets below one by one instead.",
      );
    }
  }
  const groups = Map.groupBy(planned, ({ key }) => key);
  return [...groups.values()].map((group) => ({ pairs: group.map(({ pair }) => pair), ...group[0]!.plans }));
}

/** True if a dataset of one pair is that of the other or below it, on either side. */
function overlap(a: OperandPair, b: OperandPair): boolean {
  const within = (x: string, y: string): boolean => isWithin(x, y) || isWithin(y, x);
  return within(a.src, b.src) || within(a.dst, b.dst);
}

/** In options source and destination take turns; here that would be two datasets, each with one name on both sides. */
function flat(items: readonly JobFileEntry[], index: number): UsageError {
  const [src, dst] = items.slice(index - index % 2).map((item) =>
    item.isMapping || item.isList ? undefined : item.text()
  );
  const pair = `{src: ${src ?? "tank/data"}, dst: ${dst ?? "backup/data"}}`;
  return items[index]!.error(
    "must say source and destination",
    `Write ${pair}, or {both: ${src ?? "tank/data"}} for a name that is the same on both sides.`,
  );
}

/** @param above what may stand in front of the name */
function readDataset(entry: JobFileEntry, above: string): string {
  if (entry.isAbsent) throw entry.error("is missing");
  const name = entry.word();
  if (isValidDataset(above + name)) return name;
  throw entry.error("is no name of a dataset", NAME_RULE.hint);
}
