/**
 * Tells what a pair's work does, as events: changes at the door, new attempts.
 * @module
 */
import { splitVersionName } from "../model/snapshot.ts";
import type { RetryFacts } from "../model/retry.ts";
import type { ChangeAction, DestroyedVersion } from "../model/action.ts";
import {
  type Deleted,
  type DeletionReason,
  type EventSide,
  type PairEvent,
  type PhaseName,
  secondsOf,
} from "../report/events.ts";
import { failureOf } from "../report/failure.ts";
import { withApply } from "../zfs/layers.ts";
import type { ChangeReport, Zfs } from "../zfs/world.ts";
import type { WorkContext } from "./job/context.ts";

/** The same pair, worked on for something else. */
export function inPhase<C extends WorkContext>(context: C, phase: PhaseName): C {
  return { ...context, phase };
}

/** The part of an event that says what it is about. */
export interface Subject {
  readonly side: EventSide;
  readonly dataset: string;
}

/** The same pair; what is changed in its world from now on is told with this reason. */
export function recordingChanges<C extends WorkContext>(context: C, reasonOf: (tag: string) => DeletionReason): C {
  const { world } = context;
  const wear = (side: EventSide, zfs: Zfs): Zfs =>
    withApply(zfs, async (action, options) => {
      const report = await zfs.apply(action, options);
      for (const event of eventsOf(action, report, { side, reasonOf, context })) context.recorder.record(event);
      return report;
    });
  return {
    ...context,
    world: { ...world, source: wear("src", world.source), destination: wear("dst", world.destination) },
  };
}

/** Tells the new attempts of a retry loop. */
export function recordRetries(
  { recorder, phase }: Pick<WorkContext, "recorder" | "phase">,
  subject?: Subject,
): (facts: RetryFacts) => void {
  return ({ waitNs, error, ...facts }) =>
    recorder.record({
      event: "retried",
      phase,
      ...subject,
      ...facts,
      waitSeconds: secondsOf(waitNs),
      error: failureOf(error),
    });
}

interface Circumstances {
  readonly side: EventSide;
  readonly reasonOf: (tag: string) => DeletionReason;
  readonly context: WorkContext;
}

/**
 * What a change that was made amounts to. Creations are told by those who know what they made; the bookmarks that a
 * replication makes and deletes in passing are nobody's business.
 */
function eventsOf(
  action: ChangeAction,
  { freedBytes }: ChangeReport,
  { side, reasonOf, context }: Circumstances,
): PairEvent[] {
  const common = { phase: context.phase, side, performed: context.job.dryRun === "off" };
  switch (action.kind) {
    case "snapshot":
    case "bookmark":
    case "rename":
    case "clone":
    case "promote":
      return [];
    case "create-filesystem":
      if (!action.dataset.includes("/")) return []; // a pool's own dataset is there as long as the pool is
      return [{ event: "created", ...common, dataset: action.dataset, what: "ancestor" }];
    case "rollback": {
      const { dataset, tag } = splitVersionName(action.to)!;
      const versions = action.destroys.map((newer) => `@${newer}`);
      const destroysNewer = versions.length > 0;
      const to = { to: `@${tag}`, ...(action.guid === undefined ? {} : { guid: action.guid }) };
      const known = identitiesOf(action.destroyed);
      return [{ event: "rolled-back", ...common, dataset, ...to, destroysNewer, versions, ...known }];
    }
    case "destroy-snapshots":
    case "destroy-bookmark": {
      if (action.kind === "destroy-bookmark" && context.phase === "replicate") return [];
      const [mark, tags] = action.kind === "destroy-snapshots" ? ["@", action.tags] : ["#", [action.tag]];
      const about = { event: "deleted", ...common, dataset: action.dataset, what: "versions" } as const;
      const rows = tags.map((tag, index) => ({ tag, version: action.destroyed?.[index] }));
      const groups = [...Map.groupBy(rows, ({ tag }) => reasonOf(tag))];
      const freed = freedBytes === undefined || groups.length > 1 ? {} : { freedBytes: String(freedBytes) };
      return groups.map(([reason, some]) => {
        const known = identitiesOf(some.flatMap(({ version }) => version ?? []));
        return { ...about, reason, versions: some.map(({ tag }) => mark + tag), ...known, ...freed };
      });
    }
    case "destroy-dataset": {
      const about = { what: "dataset", reason: reasonOf(""), versions: [] } as const;
      return [{ event: "deleted", ...common, dataset: action.dataset, ...about, ...identitiesOf(action.destroyed) }];
    }
    case "abort-receive": {
      const what = { what: "partial-receive", reason: "in-the-way", versions: [] } as const;
      return [{ event: "deleted", ...common, dataset: action.dataset, ...what }];
    }
    case "set-properties": {
      const names = action.assignments.map((assignment) => assignment.split("=", 1)[0]!);
      return [{ event: "properties-set", ...common, dataset: action.dataset, names }];
    }
  }
}

/** Guids and, of versions, transaction groups, as far as they are known. */
function identitiesOf(destroyed: readonly DestroyedVersion[] = []): Pick<Deleted, "guids" | "createtxgs"> {
  const createtxgs = destroyed.flatMap(({ createtxg }) => createtxg === undefined ? [] : [String(createtxg)]);
  return {
    ...(destroyed.length === 0 ? {} : { guids: destroyed.map(({ guid }) => guid) }),
    ...(createtxgs.length === 0 ? {} : { createtxgs }),
  };
}
