/**
 * `bzfs doctor --fix`: removes what runs of this program have left behind, as long as none is at work.
 * @module
 */
import { lookAtLocks } from "../../host/files/mod.ts";
import { sha256 } from "../../host/node.ts";
import { removeDeadSocket } from "../../host/ssh/ssh.ts";
import type { Checkup, HostFacts, Route } from "../../model/checkup.ts";
import { type Dataset, isWithin } from "../../model/dataset.ts";
import { parseLocation } from "../../model/location.ts";
import type { Logger } from "../../model/log.ts";
import { counted } from "../../model/text/mod.ts";
import { type CheckedJob, oldPartials, oldTemporaries } from "../../plan/doctor/mod.ts";
import { ORDINARY } from "../../plan/limits/mod.ts";
import type { RunLogger } from "../../report/logger.ts";
import { visible } from "../../report/visible.ts";
import { dropPartialReceives, dropTemporaryBookmarks, type FixContext } from "../../run/doctor/mod.ts";
import { DeletionGuard } from "../../run/limits/mod.ts";
import { dryRun } from "../../zfs/layers.ts";
import type { DoctorRequest } from "../../cli/doctor/mod.ts";
import type { Program } from "../bzfs.ts";
import type { Connector } from "../connect.ts";

/** What mending needs. */
export interface FixParts {
  readonly checkup: Checkup;
  readonly jobs: readonly CheckedJob[];
  readonly connect: Connector;
  readonly log: RunLogger;
  readonly leases: Parameters<typeof removeDeadSocket>[1];
  /** The folder of lock files. */
  readonly locks: string;
  readonly program: Program;
}

/** Removes; returns 0 if nothing is left to be removed, 1 if something was left alone. */
export async function fix(
  id: NonNullable<DoctorRequest["fix"]>,
  isDry: boolean,
  parts: FixParts,
): Promise<number> {
  const { locks, program: { print } } = parts;
  const say = (text: string): void => print("out", `${visible(text)}\n`);
  const held = await lockHeld(locks);
  if (held !== undefined) {
    say(`Nothing is removed: a run is at work, per ${held}`);
    return 1;
  }
  const { found, removed } = await FIXES[id](parts, isDry, (text) => say(`${isDry ? "Dry " : ""}${text}`));
  say(`${isDry ? "Would remove" : "Removed"} ${removed} of ${counted(found, "thing")}`);
  return removed === found ? 0 : 1;
}

interface Counts {
  readonly found: number;
  readonly removed: number;
}

type Fix = (parts: FixParts, isDry: boolean, say: (text: string) => void) => Promise<Counts>;

const FIXES: Readonly<Record<NonNullable<DoctorRequest["fix"]>, Fix>> = {
  "control-sockets": async ({ checkup: { here }, leases }, isDry, say) => {
    let removed = 0;
    for (const path of here.deadSockets) {
      say(`Removing a control socket: ${path}`);
      if (isDry || await removeDeadSocket(path, leases)) removed++;
    }
    return { found: here.deadSockets.length, removed };
  },
  "locks": async ({ checkup: { here }, locks }, isDry, say) => {
    for (const path of here.deadLocks) say(`Removing a lock file: ${path}`);
    const left = isDry ? [] : await lookAtLocks(locks, { removes: true });
    const held = left.filter(({ path, isHeld }) => isHeld && here.deadLocks.includes(path)).length;
    return { found: here.deadLocks.length, removed: here.deadLocks.length - held };
  },
  "partial-receives": (parts) =>
    eachRoute(parts, "destination", (host) => oldPartials(host, parts.checkup.nowMs), dropPartialReceives),
  "temporary-bookmarks": (parts) =>
    eachRoute(
      parts,
      "source",
      (host) => oldTemporaries(host, parts.checkup.nowMs).map(({ name }) => name),
      dropTemporaryBookmarks,
    ),
};

/** The lock file of a run that is at work; `undefined` if there is none. */
async function lockHeld(locks: string): Promise<string | undefined> {
  return (await lookAtLocks(locks, { removes: false })).find(({ isHeld }) => isHeld)?.path;
}

/** Mends what is found on one side of each route: names of datasets, or of bookmarks. */
async function eachRoute<Name extends string>(
  parts: FixParts,
  side: "source" | "destination",
  findingsOf: (host: HostFacts) => readonly Name[],
  mend: (names: readonly Name[], route: Route, context: FixContext) => Promise<readonly string[]>,
): Promise<Counts> {
  const { checkup, jobs, connect, program, locks } = parts;
  const found = checkup.hosts.flatMap(findingsOf).length;
  const log: Logger = {
    isEnabled: () => true,
    log: (_, label, text) => program.print("out", `${visible(label + text)}\n`),
  };
  // Several jobs may be about the same dataset.
  const removed = new Set<string>();
  for (const { job } of jobs.filter(({ job: { replication } }) => replication !== undefined)) {
    for (const pair of job.pairs) {
      const [src, dst] = [parseLocation(pair.src, job.hosts.src), parseLocation(pair.dst, job.hosts.dst)];
      const route = routeOf(checkup.routes, src!, dst!);
      const host = checkup.hosts.find(({ task }) => task.host === route?.[side].host);
      const names = host === undefined
        ? []
        : findingsOf(host).filter((name) =>
          isWithin(name.replace(/#.*$/, "") as Dataset, route![side].dataset) &&
          !removed.has(`${route![side].host}:${name}`)
        );
      if (names.length === 0) continue;
      const { signal } = program;
      const { world } = await connect.connect(src!, dst!, { signal });
      const guard = new DeletionGuard(job.limits, {
        permit: ORDINARY,
        counts: new Map(),
        host: dst!.userHost,
        alarm: () => {},
        told: new Set(),
      });
      const gone = await mend(names, route!, {
        job,
        log,
        world: job.dryRun === "off" ? world : dryRun(world, job.dryRun, parts.log),
        guard,
        signal,
        digest: sha256,
        isRunning: async () => await lockHeld(locks) !== undefined,
      });
      for (const name of gone) removed.add(`${route![side].host}:${name}`);
    }
  }
  return { found, removed: removed.size };
}

function routeOf(
  routes: readonly Route[],
  src: ReturnType<typeof parseLocation>,
  dst: ReturnType<typeof parseLocation>,
): Route | undefined {
  const isAt = ({ host, dataset }: Route["source"], location: typeof src): boolean =>
    dataset === location.dataset && host === (location.userHost || "localhost");
  return routes.find(({ source, destination }) => isAt(source, src) && isAt(destination, dst));
}
