/**
 * Reaches the hosts of a job file and looks at them, all at once, each with a limit of its own.
 * Source: docs/spec/status.md §3.
 * @module
 */
import { sha256 } from "../../host/node.ts";
import { absolutePath } from "../../host/process/mod.ts";
import { systemClock, systemRandom } from "../../host/system.ts";
import { localZone } from "../../host/zoneinfo.ts";
import { formatSpan } from "../../model/text/mod.ts";
import { keyOf, type RootFacts } from "../../plan/status/mod.ts";
import type { JobEnvironment } from "../../run/job/mod.ts";
import { observeRoots } from "../../run/status/mod.ts";
import type { Connector } from "../connect.ts";
import { type Observer, observingConnector } from "../observer.ts";
import type { Look } from "./expectations.ts";
import { within } from "./within.ts";

/** Hosts that are asked at once. */
const MOST_HOSTS_AT_ONCE = 32;

/** How long all looks at one side of a host may take: a multiple of the limit on silence, and at least so many milliseconds. */
const LOOKING_FACTOR = 10;
const LEAST_LOOKING_MS = 300_000;

/** Facts about all places of the looks, by {@linkcode keyOf}. Throws the reason of the signal, and defects. */
export async function lookAtAll(looks: readonly Look[], parts: Observer): Promise<ReadonlyMap<string, RootFacts>> {
  const found = new Map<string, RootFacts>();
  const sides = await Promise.all((["src", "dst"] as const).flatMap((side) => {
    const own = looks.filter((look) => look.side === side);
    return own.length === 0 ? [] : [openSide(own, parts)];
  }));
  try {
    const queues = sides.flatMap(({ looks: own, connect }) =>
      [...Map.groupBy(own, ({ places }) => places[0]?.host ?? "").values()].map((queue) => ({ queue, connect }))
    );
    const work = async (): Promise<void> => {
      for (let next = queues.shift(); next !== undefined; next = queues.shift()) {
        await lookAtHostInTime(next.queue, next.connect, parts, found);
      }
    };
    await Promise.all(Array.from({ length: MOST_HOSTS_AT_ONCE }, work));
  } finally {
    await Promise.all(sides.map(({ end }) => end()));
  }
  return found;
}

/** The looks at one side, whose hosts are reached in the same way. */
interface Side {
  readonly looks: readonly Look[];
  readonly connect: Connector["connect"];
  readonly end: Connector["end"];
}

async function openSide(looks: readonly Look[], observer: Observer): Promise<Side> {
  const { connect: { connect, end } } = await observingConnector(looks[0]!.job, observer);
  return { looks, connect, end };
}

/** Nothing is kept, and nothing is transferred. */
const NO_FILES: JobEnvironment["files"] = {
  stamps: { read: () => undefined, write: () => {}, forget: () => {} },
  plans: { read: () => undefined, write: () => false },
  reports: {
    open: () => {
      throw new TypeError("A look has no reports");
    },
  },
  logFile: "",
  absolutePath,
};

/** The same as {@linkcode lookAtHost}, of a host that may print without end. */
async function lookAtHostInTime(
  looks: readonly Look[],
  connect: Connector["connect"],
  parts: Observer,
  found: Map<string, RootFacts>,
): Promise<void> {
  const limitMs = Math.max(LOOKING_FACTOR * looks[0]!.job.patience.queryMs, LEAST_LOOKING_MS);
  const { signal } = parts;
  const isDone = await within(limitMs, { clock: systemClock, signal }, async (limited) => {
    await lookAtHost(looks, connect, { ...parts, signal: limited }, found);
    return true;
  });
  if (isDone) return;
  const message = `it has not told everything within ${formatSpan(limitMs)}`;
  for (const place of looks.flatMap(({ places }) => places)) {
    if (!found.has(keyOf(place))) found.set(keyOf(place), { kind: "unreachable", message });
  }
}

/** All looks at one host, until one finds that it does not answer. */
async function lookAtHost(
  looks: readonly Look[],
  connect: Connector["connect"],
  { program, log, signal }: Observer,
  found: Map<string, RootFacts>,
): Promise<void> {
  let lost: RootFacts | undefined;
  for (const { job, places } of looks) {
    const facts = lost === undefined
      ? await observeRoots(job, {
        log,
        clock: systemClock,
        random: systemRandom,
        digest: sha256,
        hostName: program.identity.hostname,
        zones: { local: localZone({ tz: program.environment?.get("TZ") }), named: undefined },
        files: NO_FILES,
        display: { progress: { pause: () => {}, reset: () => {} }, headline: () => {}, alarm: () => {} },
        signal,
        connect,
      })
      : places.map(() => lost!);
    // Too late: it has been told already.
    signal.throwIfAborted();
    places.forEach((place, index) => void found.set(keyOf(place), facts[index]!));
    const last = facts.at(-1);
    if (last?.kind === "unreachable") lost = last;
  }
}
