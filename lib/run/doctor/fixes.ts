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
}

/**
 * Drops the partial receives of these datasets of a route's destination, each unless a process sends or receives there, or it
 * is not about the source of that route. Returns how many it dropped, or would. Throws `CommandError`, `Retryable`.
 */
export async function dropPartialReceives(
  datasets: readonly Dataset[],
  { source: from, destination: to }: Route,
  context: FixContext,
): Promise<number> {
  const { world: { destination }, log, signal } = context;
  let count = 0;
  for (const dataset of datasets) {
    if (await isAtWork(dataset, context)) continue;
    const token = await destination.receiveToken(dataset, { signal });
    if (token === undefined) continue;
    const name = await nameIn(token);
    const source = reRoot(dataset, to.dataset, from.dataset);
    if (!name?.startsWith(`${source}@`)) {
      log.log("WARN", "Left alone, since it is not known to come from the source of this job: ", dataset);
      continue;
    }
    announceLoss({ level: "INFO", label: "Dropping a partial receive: ", text: dataset }, context);
    const action = { kind: "abort-receive", dataset } as const;
    await destroy(destination, { action, grounds: "own state", losses: [] }, context, { signal });
    count++;
  }
  return count;
}

/** The name of the snapshot that a token is about; `undefined` if that cannot be read. */
async function nameIn(token: string): Promise<string | undefined> {
  const sealed = openToken(token);
  const packed = sealed && await inflate(sealed.compressed, sealed.size);
  const pairs = packed && readNvlist(packed);
  const read = pairs && readToken(pairs);
  return typeof read === "object" ? read.name : undefined;
}

async function isAtWork(dataset: Dataset, { world: { destination }, log, signal }: FixContext): Promise<boolean> {
  if (!destination.capabilities.programs.has("ps")) {
    log.log("WARN", "Left alone, since processes of its host cannot be listed: ", dataset);
    return true;
  }
  if (!await destination.isBusy(dataset, "send-and-receive", { signal, fresh: true })) return false;
  log.log("WARN", "Left alone, since a process is at work there: ", dataset);
  return true;
}

/**
 * Destroys temporary bookmarks of a route's destination that are older than another version which both sides have: whatever
 * becomes of them, increments go on from that. Returns how many.
 */
export async function dropTemporaryBookmarks(
  datasets: readonly Dataset[],
  { source: from, destination: to }: Route,
  context: FixContext,
): Promise<number> {
  const { world: { source, destination }, signal, digest } = context;
  const guid = poolGuid(destination.capabilities);
  if (guid === undefined) return 0;
  let count = 0;
  for (const dataset of datasets) {
    const target = reRoot(dataset, from.dataset, to.dataset);
    if (await isAtWork(target, context)) continue;
    // The destination is asked first: what the source has of it then is not older than that.
    const there = await firstHistory(destination.histories([target], { bookmarks: false, creation: false, signal }));
    const here = await firstHistory(source.histories([dataset], { bookmarks: true, creation: false, signal }));
    const versions: readonly Version[] = here?.versions ?? [];
    const mark = destinationMark(guid, digest(target));
    for (const { tag } of supersededTemporaries(versions, mark, new Set(there?.guids))) {
      announceLoss({ level: "INFO", label: "Destroying a temporary bookmark: ", text: `${dataset}#${tag}` }, context);
      const action = { kind: "destroy-bookmark", dataset, tag } as const;
      await destroy(source, { action, grounds: "own state", losses: [] }, context, { signal });
      count++;
    }
  }
  return count;
}
