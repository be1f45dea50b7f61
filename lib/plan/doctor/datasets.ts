/**
 * Checks of datasets: what is there, room, keys, mountpoints, and what earlier runs have left.
 * @module
 */
import type { Checkup, DatasetFacts, HostFacts, NotedVersion, Place, Remedy, Route } from "../../model/checkup.ts";
import { type Dataset, isWithin, poolOf, reRoot } from "../../model/dataset.ts";
import { counted, DAY_MS, formatBytes, formatSpan } from "../../model/text/mod.ts";
import { destinationMark } from "../replication/mod.ts";
import { at, type Check, eachAnswering, eachHost, fail, few, ok, orOk, type Verdict, warn } from "./check.ts";

/** Age in days from which on what a run has left is not that of one at work. */
const LEFTOVER_DAYS = 7;

/** Age from which on guards of an unknown destination are told: another job may have made them. */
const GUARD_DAYS = 90;

/** Where a filesystem must not appear over what a system needs to run. */
const SYSTEM_FOLDERS = new Set(
  [
    "/",
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/home",
    "/lib",
    "/opt",
    "/root",
    "/run",
    "/sbin",
    "/srv",
    "/tmp",
    "/usr",
    "/var",
  ],
);

/** A pair of datasets that replication looks at. */
interface DatasetPair {
  readonly route: Route;
  readonly source: DatasetFacts;
  readonly target: Dataset;
  /** Absent if it has not been received yet. */
  readonly destination: DatasetFacts | undefined;
  /** The nearest dataset above that is there. */
  readonly above: DatasetFacts | undefined;
}

/** Judges what each route replicates; the findings are about the host of the destination. */
function eachRoute(
  judge: (pairs: readonly DatasetPair[], route: Route) => readonly Verdict[],
): Check["examine"] {
  return (checkup) =>
    checkup.routes.flatMap((route) => {
      const pairs = pairsOf(route, checkup);
      return pairs === undefined ? [] : at(route.destination.host, judge(pairs, route));
    });
}

/** `undefined` if one of the hosts has not told. */
function pairsOf(route: Route, { hosts }: Checkup): DatasetPair[] | undefined {
  const [from, to] = [route.source, route.destination].map((place) => hostOf(place, hosts));
  if (from === undefined || to === undefined || from.datasets.size === 0 || to.datasets.size === 0) return undefined;
  const { source, destination, isRecursive } = route;
  const within = [...from.datasets.values()].filter(({ name }) =>
    isRecursive ? isWithin(name, source.dataset) : name === source.dataset
  );
  return within.map((facts) => {
    const target = reRoot(facts.name, source.dataset, destination.dataset);
    return { route, source: facts, target, destination: to.datasets.get(target), above: nearest(target, to) };
  });
}

function hostOf({ host }: Place, hosts: readonly HostFacts[]): HostFacts | undefined {
  return hosts.find(({ task }) => task.host === host);
}

function nearest(dataset: Dataset, { datasets }: HostFacts): DatasetFacts | undefined {
  for (let end = dataset.length; end > 0; end = dataset.lastIndexOf("/", end - 1)) {
    const found = datasets.get(dataset.slice(0, end) as Dataset);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Datasets of the roots of one side of a host. */
function ownDatasets({ task, datasets }: HostFacts, side: "src" | "dst"): DatasetFacts[] {
  const roots = task.roots.filter((root) => root.side === side);
  return [...datasets.values()].filter(({ name }) =>
    roots.some(({ dataset, isRecursive }) => isRecursive ? isWithin(name, dataset) : name === dataset)
  );
}

/** A verdict for each dataset, or one that all is well. */
function eachOwn(side: "src" | "dst", judge: (dataset: DatasetFacts) => Verdict | undefined): Check["examine"] {
  return eachAnswering((host) => {
    const datasets = ownDatasets(host, side);
    if (datasets.length === 0) return undefined;
    return orOk(datasets.flatMap((dataset) => judge(dataset) ?? []));
  });
}

/** Checks of datasets. */
export const DATASET_CHECKS: readonly Check[] = [
  {
    id: "source-there",
    about: "each source dataset is there",
    meaning: "A root that is misspelt, or was renamed, is not backed up.",
    examine: eachAnswering(({ task, missing, datasets }) => {
      const roots = task.roots.filter(({ side }) => side === "src");
      if (roots.length === 0 || datasets.size + missing.size === 0) return undefined;
      return orOk(
        roots.filter(({ dataset }) => missing.has(dataset)).map(({ dataset }) =>
          fail(`source dataset ${dataset} does not exist`)
        ),
      );
    }),
  },
  {
    id: "keys",
    about: "keys are loaded where encrypted datasets are sent decrypted, or received into",
    meaning: "Without its key an encrypted dataset can only be sent with `--raw`, and takes only raw streams.",
    examine: (checkup) =>
      checkup.routes.flatMap((route) => {
        const pairs = pairsOf(route, checkup);
        if (pairs === undefined) return [];
        const locked = (some: readonly (DatasetFacts | undefined)[]): readonly Verdict[] => {
          const roots = some.filter((facts) => facts?.keyStatus === "unavailable").map((facts) =>
            facts!.encryptionRoot
          );
          const faults = [...new Set(route.isRaw ? [] : roots)].map((root) =>
            fail(`the key of ${root} is not loaded`, "zfs", "load-key", root)
          );
          return orOk(faults);
        };
        return [
          ...at(route.source.host, locked(pairs.map(({ source }) => source))),
          ...at(route.destination.host, locked(pairs.map(({ destination, above }) => destination ?? above))),
        ];
      }),
  },
  {
    id: "encryption",
    about: "raw streams meet datasets that were received raw, and nothing encrypted is stored in plain text unseen",
    meaning: "A raw increment is refused by a dataset that was received decrypted, and the other way round. Without " +
      "`--raw` the destination stores what it receives as its own parent is encrypted, or not.",
    examine: eachRoute((pairs, { isRaw }) => {
      const encrypted = pairs.filter(({ source }) => source.encryptionRoot !== "-");
      return orOk(encrypted.flatMap(({ source, target, destination, above }) => {
        const there = (destination ?? above)?.encryptionRoot;
        if (there === undefined) return [];
        if (isRaw) {
          return destination !== undefined && there === "-"
            ? [fail(`${source.name} is sent raw, but ${target} was received decrypted: increments are refused`)]
            : [];
        }
        return there === "-"
          ? [warn(`${source.name} is encrypted, and stored decrypted as ${target}: see --zfs-send-program-opts=--raw`)]
          : [];
      }));
    }),
  },
  {
    id: "quota",
    about: "no quota at a destination is smaller than what its source refers to",
    meaning: "Quotas that came along with properties end a receive for lack of room.",
    examine: eachRoute((pairs) =>
      orOk(pairs.flatMap(({ source, destination }) => {
        if (destination === undefined) return [];
        return (["quota", "refquota"] as const).filter((name) =>
          destination[name] > 0n && destination[name] < source.referenced
        ).map((name) =>
          fail(
            `${name} of ${destination.name} is ${bytes(destination[name])}, its source refers to ${
              bytes(source.referenced)
            }`,
            "zfs",
            "set",
            `${name}=none`,
            destination.name,
          )
        );
      }))
    ),
  },
  {
    id: "room",
    about: "there is room for what has never been received",
    meaning:
      "The estimate is what the datasets and their snapshots use at the source; what the job leaves out is in it.",
    examine: eachRoute((pairs) => {
      const fresh = pairs.filter(({ destination }) => destination === undefined);
      const needed = fresh.reduce((sum, { source }) => source.ownBytes < 0n ? sum : sum + source.ownBytes, 0n);
      const available = fresh[0]?.above?.available ?? -1n;
      if (available < 0n || needed <= available) return [ok()];
      return [fail(
        `first replication to ${fresh[0]!.target} needs about ${bytes(needed)}, and ${bytes(available)} are available`,
      )];
    }),
  },
  {
    id: "mountpoint",
    about: "no destination filesystem would be mounted over a folder of the system, or of another dataset",
    meaning: "After the next start of the host the copy would stand in the place of the original.",
    examine: eachAnswering((host) => {
      const own = ownDatasets(host, "dst").filter(({ canmount, mountpoint }) =>
        canmount === "on" && mountpoint.startsWith("/")
      );
      if (!host.task.roots.some(({ side }) => side === "dst")) return undefined;
      const places = Map.groupBy(
        [...host.datasets.values()].filter(({ canmount }) => canmount === "on"),
        (dataset) => dataset.mountpoint,
      );
      return orOk(
        own.filter(({ mountpoint }) => SYSTEM_FOLDERS.has(mountpoint) || places.get(mountpoint)!.length > 1)
          .map(({ name, mountpoint }) =>
            warn(
              `${name} mountpoint=${mountpoint} canmount=on would shadow ${mountpoint}`,
              "zfs",
              "set",
              "canmount=noauto",
              name,
            )
          ),
      );
    }),
  },
  {
    id: "readonly",
    about: "destination filesystems that are mounted are read-only",
    meaning: "A file that is changed, even read, at the destination makes it diverge: the next increment is refused.",
    examine: eachOwn(
      "dst",
      ({ name, isMounted, isReadonly }) => {
        if (!isMounted || isReadonly) return undefined;
        // All of a pool would inherit it, also what is not of the job.
        const remedy = name.includes("/") ? ["zfs", "set", "readonly=on", name] : [];
        return warn(`${name} is mounted for writing`, ...remedy);
      },
    ),
  },
  {
    id: "partial-receives",
    about: `no receive was interrupted more than ${LEFTOVER_DAYS} days ago`,
    meaning:
      "What was received so far takes room, and is resumed by the next run of the job: a first send may take weeks. What " +
      "cannot be resumed, as the source has not got the snapshot any more, `--fix partial-receives` drops: nothing of it is " +
      "visible.",
    examine: eachHost((host, { nowMs, job }) => {
      if (host.datasets.size === 0) return undefined;
      const old = oldPartials(host, nowMs);
      return old.length === 0 ? ok() : {
        ...warn(`${counted(old.length, "partial receive")} older than ${LEFTOVER_DAYS} days: ${few(old)}`),
        remedy: fix("partial-receives", job.words),
      };
    }),
  },
  {
    id: "temporary-bookmarks",
    about: `no temporary bookmark stands for a snapshot of more than ${LEFTOVER_DAYS} days ago`,
    meaning: "A transfer makes them, and turns them into bookmarks when it is complete. `--fix temporary-bookmarks` " +
      "destroys those that are older than another common version of both sides.",
    examine: eachHost((host, { nowMs, job }) => {
      if (ownDatasets(host, "src").length === 0 || host.versions === undefined) return undefined;
      const old = oldTemporaries(host, nowMs);
      return old.length === 0 ? ok() : {
        ...warn(`${counted(old.length, "temporary bookmark")} of old snapshots: ${few(old.map(({ name }) => name))}`),
        remedy: fix("temporary-bookmarks", job.words),
      };
    }),
  },
  {
    id: "guards",
    about: `no guard older than ${GUARD_DAYS} days is that of a destination which the job file does not know`,
    meaning:
      "Another job, or a drive in a safe, may need it to go on without a full send. If a destination was given up, " +
      "`bzfs jobrunner --config FILE --forget-destination HOST` removes its guards, as long as the file names it. Without a " +
      "job file guards are not judged.",
    examine: (checkup) =>
      checkup.hosts.flatMap(({ task, versions }) => {
        const { jobFile } = checkup.job;
        const marks = versions && jobFile && marksOf(task.host, checkup);
        if (marks === undefined) return [];
        const strange = versions!.guards.filter(({ name, createdAt }) =>
          isOld(createdAt, GUARD_DAYS, checkup.nowMs) && !marks.some((mark) => name.endsWith(mark))
        );
        return at(
          task.host,
          orOk(
            strange.slice(0, 3).map(({ name }) =>
              warn(`${name} guards a destination that ${jobFile!.path} does not know: see --forget-destination`)
            ),
          ),
        );
      }),
  },
  {
    id: "holds",
    about: "no hold keeps a snapshot for longer than any plan does",
    meaning:
      "Pruning leaves held snapshots alone. `zfs holds` tells the tags of those who hold them: another program may " +
      "need what it holds. `zfs release TAG SNAPSHOT` ends one that nobody needs.",
    examine: eachHost(({ versions }, { nowMs, job: { keptMs } }) => {
      if (versions === undefined || keptMs === undefined) return undefined;
      const days = Math.max(keptMs / DAY_MS, LEFTOVER_DAYS);
      const old = versions.held.filter(({ createdAt }) => isOld(createdAt, days, nowMs));
      return orOk(
        old.slice(0, 3).map(({ name, createdAt }) => {
          const age = formatSpan(nowMs - createdAt * 1000);
          return warn(`${name} is held, ${age} old, longer than any plan keeps it`, "zfs", "holds", name);
        }),
      );
    }),
  },
];

/** Destination datasets with a partial receive that is known to be old. */
export function oldPartials(host: HostFacts, nowMs: number): Dataset[] {
  const { partialSince } = host;
  return ownDatasets(host, "dst").filter(({ name, isPartial }) =>
    isPartial && isOld(partialSince.get(name) ?? Infinity, LEFTOVER_DAYS, nowMs)
  ).map(({ name }) => name);
}

/** Temporary bookmarks of old snapshots. */
export function oldTemporaries({ versions }: HostFacts, nowMs: number): NotedVersion[] {
  return (versions?.temporary ?? []).filter(({ createdAt }) => isOld(createdAt, LEFTOVER_DAYS, nowMs));
}

/** True if it is older than so many days. */
function isOld(createdAt: NotedVersion["createdAt"], days: number, nowMs: number): boolean {
  return nowMs - createdAt * 1000 > days * DAY_MS;
}

/** Ends of the names of guards that destinations of the job have; `undefined` if a destination did not tell its pool. */
function marksOf(source: string, { hosts, routes, digest }: Checkup): string[] | undefined {
  const marks: string[] = [];
  for (const route of routes.filter(({ source: { host } }) => host === source)) {
    const guid = hostOf(route.destination, hosts)?.pools.get(poolOf(route.destination.dataset))?.properties.get("guid");
    const from = hostOf(route.source, hosts);
    if (guid === undefined || !/^[0-9]{1,20}$/.test(guid) || from === undefined) return undefined;
    for (const name of from.datasets.keys()) {
      if (!isWithin(name, route.source.dataset)) continue;
      const target = reRoot(name, route.source.dataset, route.destination.dataset);
      marks.push(destinationMark(guid, digest(target)).suffix);
    }
  }
  return marks;
}

function fix(id: string, words: readonly string[]): Remedy {
  return { argv: ["bzfs", "doctor", "--fix", id, ...words] };
}

function bytes(size: bigint): string {
  return formatBytes(Number(size));
}
