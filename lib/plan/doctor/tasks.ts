/**
 * What `bzfs doctor` asks of which host: everything that the jobs do there.
 * @module
 */
import type { HostTask, RootTask, Route } from "../../model/checkup.ts";
import { AppError } from "../../model/errors.ts";
import type { Job, Side } from "../../model/job.ts";
import { checkPair, type Location, parseLocation } from "../../model/location.ts";
import { sendsRaw, SET_ASIDE_RIGHTS } from "../replication/mod.ts";

/** A job, and whether the pool of its destination may be away. */
export interface CheckedJob {
  readonly job: Job;
  readonly isRemovable: boolean;
}

/** What is asked, and what is wrong already. */
export interface DoctorPlan {
  readonly tasks: readonly HostTask[];
  readonly routes: readonly Route[];
  /** Why pairs are refused. */
  readonly refusals: readonly string[];
}

/** Plans the questions. Throws `RefusedError` for an operand that is none. */
export function planDoctor(jobs: readonly CheckedJob[]): DoctorPlan {
  const tasks = new Map<string, { task: Omit<HostTask, "roots">; roots: Map<string, RootTask> }>();
  const routes = new Map<string, Route>();
  const refusals = new Set<string>();
  const add = (
    location: Location,
    side: Side,
    permissions: readonly string[],
    { job, isRemovable }: CheckedJob,
  ): void => {
    if (location.isDummy) return;
    const { userHost, dataset } = location;
    const host = hostName(location);
    const known = tasks.get(host) ?? { task: { host, userHost, side }, roots: new Map() };
    tasks.set(host, known);
    const before = known.roots.get(dataset);
    known.roots.set(dataset, {
      dataset,
      side: before?.side ?? side,
      isRecursive: (before?.isRecursive ?? false) || job.datasets.recursive,
      permissions: [...new Set([...before?.permissions ?? [], ...permissions])].toSorted(),
      isRemovable: (before?.isRemovable ?? true) && side === "dst" && isRemovable,
    });
  };
  // Replication says which side a dataset is on; what prunes or monitors a source calls it the destination.
  const ordered = jobs.toSorted((a, b) =>
    Number(b.job.replication !== undefined) - Number(a.job.replication !== undefined)
  );
  for (const checked of ordered) {
    const { job } = checked;
    for (const pair of job.pairs) {
      const src = parseLocation(pair.src, job.hosts.src);
      const dst = parseLocation(pair.dst, job.hosts.dst);
      add(src, "src", sourcePermissions(job), checked);
      add(dst, "dst", destinationPermissions(job), checked);
      if (job.replication === undefined || src.isDummy || dst.isDummy) continue;
      const isRecursive = job.datasets.recursive;
      const isRaw = sendsRaw(job.replication.sendOptions);
      const [source, destination] = [src, dst].map((at) => ({ host: hostName(at), dataset: at.dataset }));
      routes.set(`${pair.src}\n${pair.dst}`, { source: source!, destination: destination!, isRecursive, isRaw });
      try {
        checkPair(src, dst, { recursive: isRecursive });
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        refusals.add(error.message);
      }
    }
  }
  return {
    tasks: [...tasks.values()].map(({ task, roots }) => ({ ...task, roots: [...roots.values()] })),
    routes: [...routes.values()],
    refusals: [...refusals],
  };
}

function hostName({ userHost }: Location): string {
  return userHost === "" ? "localhost" : userHost;
}

/** Words of `zfs allow`; `destroy` is for bookmarks that are temporary, or moved, and wants `mount`. */
function sourcePermissions({ replication, verbs: { create } }: Job): string[] {
  const bookmarks = replication !== undefined &&
    (replication.createBookmarks !== "none" || replication.guard !== "off");
  return [
    ...replication === undefined ? [] : ["send"],
    ...bookmarks ? ["bookmark", "destroy", "mount"] : [],
    ...create === undefined ? [] : ["snapshot", "mount"],
  ];
}

function destinationPermissions({ replication, force, verbs }: Job): string[] {
  const destroys = verbs.deleteSnapshots !== undefined || verbs.deleteDatasets ||
    verbs.deleteEmptyDatasets !== undefined;
  const rollsBack = force.rollbackToLatest || force.rollbackToLatestCommon;
  return [
    ...replication === undefined ? [] : ["create", "mount", "receive"],
    ...replication?.followRenames === "on" ? ["create", "mount", "rename"] : [],
    ...replication?.onConflict === "set-aside" ? SET_ASIDE_RIGHTS.split(",") : [],
    ...destroys || rollsBack || force.replaceUnrelated ? ["destroy", "mount"] : [],
    ...rollsBack ? ["rollback"] : [],
  ];
}
