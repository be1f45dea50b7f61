/**
 * A diverged destination that is set aside instead of being destroyed: names, and which snapshot both sides go on from.
 * Source: docs/spec/replication.md §5.5.
 * @module
 */
import type { Dataset } from "../../model/dataset.ts";
import type { ReplicationPolicy } from "../../model/job.ts";
import type { Guid, Snapshot, Version } from "../../model/snapshot.ts";
import { lineage, namesakesOf, snapshotsToSend } from "./lineage.ts";

const MARK = "_aside_";

/** Ends of names: when it was set aside, in UTC, or what is not finished. */
const SET_ASIDE = /_aside_(?:(\d{4}-\d{2}-\d{2})_(\d{2}:\d{2}:\d{2})|new|try)(?=\/|$)/;

/** True for a dataset below a root that was set aside, or lies below one. No deletion touches it. */
export function isSetAside(dataset: Dataset, root: Dataset): boolean {
  return SET_ASIDE.test(dataset.slice(root.length));
}

/**
 * When a dataset below a root was set aside, or the one that it lies below, by the name, as milliseconds since the epoch;
 * `undefined` for what is not finished, for a time that does not exist, and for other names.
 */
export function setAsideSince(dataset: string, root: string): number | undefined {
  const [end, day, time] = SET_ASIDE.exec(dataset.slice(root.length)) ?? [];
  const atMs = Date.parse(`${day}T${time}Z`);
  return Number.isFinite(atMs) && asideName("" as Dataset, atMs) === end ? atMs : undefined;
}

/** The name of a dataset that is set aside now. */
export function asideName(dataset: Dataset, nowMs: number): Dataset {
  const time = new Date(nowMs).toISOString().slice(0, "YYYY-MM-DDTHH:MM:SS".length).replace("T", "_");
  return (dataset + MARK + time) as Dataset;
}

/**
 * User property of a dataset that was set aside: its own guid, so that no other one has it by inheritance, by being received,
 * or by having such a name.
 */
export const ASIDE_MARK = "org.bzfs:aside";

/** Words of `zfs allow` that a set-aside needs at the destination's parent (zfs-allow(8)), joined by commas. */
export const SET_ASIDE_RIGHTS = "canmount,clone,create,mount,promote,readonly,rename,userprop";

/** What a dataset was called before it was set aside, and when that was, by its name; `undefined` for other names. */
export function setAsideFrom(name: Dataset): { readonly dataset: Dataset; readonly atMs: number } | undefined {
  const dataset = name.slice(0, -NAME_GROWTH) as Dataset;
  const atMs = setAsideSince(name, dataset);
  return dataset === "" || atMs === undefined ? undefined : { dataset, atMs };
}

/** The dataset that will take the place of one that is set aside: ready to do so, and before the rights are tried. */
export function successorNames(dataset: Dataset): { readonly ready: Dataset; readonly trial: Dataset } {
  return { ready: `${dataset}${MARK}new` as Dataset, trial: `${dataset}${MARK}try` as Dataset };
}

/** The dataset whose place another one will take; `undefined` if this is none that is ready to do so. */
export function predecessorOf(dataset: Dataset): Dataset | undefined {
  const end = `${MARK}new`;
  return dataset.endsWith(end) ? (dataset.slice(0, -end.length) as Dataset) : undefined;
}

/**
 * The name that a dataset below a root will have when all that is half set aside there is finished; `undefined` for what was
 * set aside, or is a trial.
 */
export function placeOf(dataset: Dataset, root: Dataset): Dataset | undefined {
  const place = (root + dataset.slice(root.length).replace(/_aside_new(?=\/|$)/g, "")) as Dataset;
  return isSetAside(place, root) ? undefined : place;
}

/** Bytes that names grow by at most while a dataset is set aside. */
export const NAME_GROWTH = `${MARK}YYYY-MM-DD_HH:MM:SS`.length;

/**
 * The destination's copy of the newest snapshot that both sides can go on from: nothing at or before it has the name of
 * what would be sent. `undefined` if there is none.
 */
export function commonToKeep(
  seen: { readonly usable: readonly Version[]; readonly selected: ReadonlySet<Guid> },
  existing: readonly Snapshot[],
  policy: Pick<ReplicationPolicy, "stream">,
): Snapshot | undefined {
  for (let kept = existing;;) {
    const verdict = lineage(seen.usable, kept);
    if (verdict.kind === "empty" || verdict.kind === "unrelated") return undefined;
    const common = verdict.kind === "common" ? kept[kept.length - 1]! : verdict.common;
    const history = kept.slice(0, kept.indexOf(common) + 1);
    const [clash] = namesakesOf(snapshotsToSend(seen, verdict.base, policy), history);
    if (clash === undefined) return common;
    kept = kept.slice(0, kept.indexOf(clash.present));
  }
}
