/**
 * Destroys snapshots of one destination dataset, around those that cannot be destroyed.
 *
 * `zfs destroy` of several snapshots destroys all or none. So one that is held, busy or cloned would keep all others
 * alive for ever; it is left out, the others go, and only then the failure is told.
 *
 * Each snapshot is named. Ranges (`a%b`) would save commands where names fill more than one, but `zfs` resolves them by
 * itself when it runs: if somebody destroys `b` and makes it anew after we have looked, everything newer than `a` goes,
 * be it selected or not. No look beforehand closes that gap, and a snapshot cannot be pinned while it is destroyed.
 * Source: docs/spec/replication.md §16.2.
 * @module
 */
import type { Dataset } from "../../model/dataset.ts";
import { CommandError } from "../../model/errors.ts";
import { pythonList } from "../../model/text/mod.ts";
import type { ChangeAction, Destroying } from "../../model/action.ts";
import { blockedTags } from "../../zfs/diagnosis.ts";
import type { Cancel, ChangeReport } from "../../zfs/world.ts";
import type { PairContext } from "../job/context.ts";
import { announceLoss, destroy, type Grounds } from "../destroy.ts";

type DestroySnapshots = Extract<ChangeAction, { kind: "destroy-snapshots" }>;

/** Flags of `zfs destroy` as the job wants them. The world of a dry run simulates. */
export function destroyingFlags(
  { job }: Pick<PairContext, "job">,
  unmount: "never" | "if-forced",
): Destroying {
  return {
    unmount: unmount === "if-forced" && job.force.unmount,
    dependents: job.force.destroyDependents,
    verbose: !job.report.quiet,
    simulate: false,
  };
}

/** What goes, and why that is right. */
export interface SnapshotLoss {
  readonly dataset: Dataset;
  readonly tags: readonly string[];
  readonly grounds: Grounds;
}

/**
 * Says what is lost and destroys it. Throws `CommandError` for what is left, after everything else is gone.
 *
 * @returns bytes that `zfs` says it has freed, or would free in a dry run; `undefined` if it does not say
 */
export async function destroySnapshots(
  { dataset, tags, grounds }: SnapshotLoss,
  context: PairContext,
  cancel: Cancel,
): Promise<number | undefined> {
  const zfs = context.world.destination;
  const text = `${dataset}: ${pythonList(tags)}`;
  announceLoss({ level: "INFO", label: `Deleting ${tags.length} snapshots within `, text }, context);
  const whole: DestroySnapshots = { kind: "destroy-snapshots", dataset, tags, ...destroyingFlags(context, "never") };
  const ends: Destroyed[] = [];
  for (const part of zfs.split(whole)) ends.push(await destroyPart(part, grounds, context, cancel));
  const failure = ends.findLast((end) => end.failure !== undefined)?.failure;
  if (failure !== undefined) throw failure;
  const freed = ends.flatMap(({ freedBytes }) => freedBytes ?? []);
  return freed.length === 0 ? undefined : freed.reduce((sum, bytes) => sum + bytes, 0);
}

/** What became of snapshots; the failure names those that are left. */
interface Destroyed extends ChangeReport {
  readonly failure?: CommandError | undefined;
}

/** Destroys what can be destroyed. Throws a failure that names nothing. */
async function destroyPart(
  part: DestroySnapshots,
  grounds: Grounds,
  { log, world }: PairContext,
  cancel: Cancel,
): Promise<Destroyed> {
  let failure: CommandError | undefined;
  let { tags } = part;
  while (tags.length > 0) {
    try {
      return { ...await destroy(world.destination, { ...part, tags }, grounds, cancel), failure };
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      const blocked = blockedTags(error.failure.stderr, part.dataset);
      const rest = tags.filter((tag) => !blocked.has(tag));
      if (rest.length === tags.length) throw error;
      failure = error;
      for (const tag of tags) {
        if (blocked.has(tag)) log.log("WARN", "Cannot delete a snapshot that is in use: ", `${part.dataset}@${tag}`);
      }
      tags = rest;
    }
  }
  return { failure };
}
