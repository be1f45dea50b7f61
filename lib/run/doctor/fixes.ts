/**
 * What `bzfs doctor --fix` destroys in pools: partial receives and temporary bookmarks that no run needs any more. Each is
 * observed again right before, and passes through `run/destroy.ts`. Source: docs/spec/doctor.md §6.
 * @module
 */
import { type Dataset, reRoot } from "../../model/dataset.ts";
import type { Route } from "../../model/checkup.ts";
import type { Job } from "../../model/job.ts";
import type { Logger } from "../../model/log.ts";
import { poolGuid } from "../../model/capabilities.ts";
import type { Version } from "../../model/snapshot.ts";
import { inflate, readNvlist } from "../../model/nvlist/mod.ts";
import { destinationMark, openToken, readToken, supersededTemporaries } from "../../plan/replication/mod.ts";
import type { World } from "../../zfs/world.ts";
import { announceLoss, destroy } from "../destroy.ts";
import type { DeletionGuard } from "../limits/mod.ts";
import { firstHistory } from "../lookahead.ts";

/** What mending needs of one route. */
export interface FixContext {
  readonly job: Job;
  readonly log: Logger;
  readonly world: World;
  readonly guard: DeletionGuard;
  readonly signal: AbortSignal;
  readonly digest: (text: string) => Uint8Array;
  /** True while a run of this host is at work. */
  readonly isRunning: () => Promise<boolean>;
}

/**
 * Drops the partial receives of these datasets of a route's destination that no run can resume. Each stays if somebody is, or
 * may be, at work there, if it is not about the source of that route, or unless the source says that it has not got the
 * snapshot any more. Returns the datasets whose partial receive it dropped, or would. Throws `CommandError`, `Retryable`.
 */
export async function dropPartialReceives(
  datasets: readonly Dataset[],
  { source: from, destination: to }: Route,
  context: FixContext,
): Promise<string[]> {
  const { world: { destination, source }, log, signal } = context;
  const dropped: string[] = [];
  for (const dataset of datasets) {
    const sealed = await destination.receiveToken(dataset, { signal });
    if (sealed === undefined) continue;
    const token = await unsealed(sealed);
    const origin = reRoot(dataset, to.dataset, from.dataset);
    if (!token?.name.startsWith(`${origin}@`)) {
      log.log("WARN", "Left alone, since it is not known to come from the source of this job: ", dataset);
      continue;
    }
    const history = await firstHistory(source.histories([origin], { bookmarks: false, creation: false, signal }));
    const versions = history?.versions;
    if (versions === undefined || versions.some(({ guid }) => guid === token.guid)) {
      const why = versions === undefined ? "the source dataset is not there" : "the next run can resume it";
      log.log("WARN", `Left alone, since ${why}: `, dataset);
      continue;
    }
    if (await isAtWork(dataset, context)) continue;
    announceLoss({ level: "INFO", label: "Dropping a partial receive: ", text: dataset }, context);
    const action = { kind: "abort-receive", dataset } as const;
    await destroy(destination, { action, grounds: "own state", losses: [] }, context, { signal });
    dropped.push(dataset);
  }
  return dropped;
}

/** What a token is about; `undefined` if that cannot be read. */
async function unsealed(token: string): Promise<Exclude<ReturnType<typeof readToken>, string> | undefined> {
  const sealed = openToken(token);
  const packed = sealed && await inflate(sealed.compressed, sealed.size);
  const pairs = packed && readNvlist(packed);
  const read = pairs && readToken(pairs);
  return typeof read === "object" ? read : undefined;
}

/** Asked right before each removal. Where nobody can see the processes of the destination, somebody counts as at work. */
async function isAtWork(dataset: Dataset, context: FixContext): Promise<boolean> {
  const { world: { destination }, log, signal, isRunning } = context;
  const why = await isRunning()
    ? "a run of this host is at work"
    : !destination.capabilities.programs.has("ps")
    ? "there is no ps at the destination, which would tell whether a process is at work"
    : await destination.isBusy(dataset, "send-and-receive", { signal, fresh: true })
    ? "a process is at work there"
    : undefined;
  if (why === undefined) return false;
  log.log("WARN", `Left alone, since ${why}: `, dataset);
  return true;
}

/**
 * Destroys those of the temporary bookmarks of a route's destination that are older than another version which both sides
 * have: whatever becomes of them, increments go on from that. Returns the names of those that it destroyed, or would.
 *
 * @param names `DATASET#TAG`
 */
export async function dropTemporaryBookmarks(
  names: readonly string[],
  { source: from, destination: to }: Route,
  context: FixContext,
): Promise<string[]> {
  const { world: { source, destination }, signal, digest } = context;
  const guid = poolGuid(destination.capabilities);
  if (guid === undefined) return [];
  const dropped: string[] = [];
  for (const dataset of new Set(names.map((name) => name.slice(0, name.indexOf("#")) as Dataset))) {
    const target = reRoot(dataset, from.dataset, to.dataset);
    // The destination is asked first: what the source has of it then is not older than that.
    const there = await firstHistory(destination.histories([target], { bookmarks: false, creation: false, signal }));
    const here = await firstHistory(source.histories([dataset], { bookmarks: true, creation: false, signal }));
    const versions: readonly Version[] = here?.versions ?? [];
    const mark = destinationMark(guid, digest(target));
    for (const { tag } of supersededTemporaries(versions, mark, new Set(there?.guids))) {
      if (!names.includes(`${dataset}#${tag}`)) continue;
      if (await isAtWork(target, context)) break;
      announceLoss({ level: "INFO", label: "Destroying a temporary bookmark: ", text: `${dataset}#${tag}` }, context);
      const action = { kind: "destroy-bookmark", dataset, tag } as const;
      await destroy(source, { action, grounds: "own state", losses: [] }, context, { signal });
      dropped.push(`${dataset}#${tag}`);
    }
  }
  return dropped;
}
