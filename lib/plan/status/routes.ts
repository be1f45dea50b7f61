/**
 * Judges each route: what is at the source, what is at the destination, what runs have left behind.
 * Source: docs/spec/status.md §4.1, §4.4.
 * @module
 */
import { ancestorsOf, type Dataset } from "../../model/dataset.ts";
import {
  FORGOTTEN_AFTER_MS,
  isFine,
  type LabelStatus,
  type Level,
  type RouteState,
  type RouteStatus,
  type StatusFinding,
} from "../../model/status/mod.ts";
import { formatSpan } from "../../model/text/mod.ts";
import {
  type DatasetFacts,
  type ExpectedRoot,
  type ExpectedRoute,
  isLimited,
  keyOf,
  type LabelFacts,
  type RootFacts,
  type StatusInputs,
} from "./facts.ts";
import { clockFinding, pastMs } from "./clock.ts";
import { remedyOfFailure, SET_ASIDE, withoutFailing } from "./conflict.ts";
import { judgeLabels, labelStatus } from "./labels.ts";
import { worstFirst, worstLevel } from "./levels.ts";
import { routeOf } from "./knowledge.ts";
import { runnerLine } from "./runs.ts";
import { newDatasets } from "./young.ts";

/** A route with what is wrong with it. */
export interface JudgedRoute {
  readonly status: RouteStatus;
  readonly findings: readonly StatusFinding[];
  /** Those that do not count. */
  readonly uncounted: readonly StatusFinding[];
}

/** Names of datasets in a message; of the others there is a number. */
const MOST_NAMED = 3;

/** Most names in a remedy; the next look tells the others. */
const MOST_EXCLUDED = 10;

/** Judges all routes, in their order. */
export function judgeRoutes(inputs: StatusInputs): JudgedRoute[] {
  return inputs.expected.routes.map((route) => new RouteJudge(route, inputs).judge());
}

/** How a route is named: `web1 tank/data → nas`. */
function nameOf({ source, destination }: Pick<ExpectedRoute, "source" | "destination">): string {
  const from = `${source.place.host} ${source.place.dataset}`;
  return destination === undefined ? from : `${from} → ${destination.place.host}`;
}

class RouteJudge {
  readonly #route: ExpectedRoute;
  readonly #inputs: StatusInputs;
  readonly #about: string;
  readonly #findings: StatusFinding[] = [];
  readonly #uncounted: StatusFinding[] = [];
  readonly #labels: LabelStatus[] = [];
  /** What runs of this host have replicated and the job still selects; `undefined` if they did not. */
  readonly #known: RouteState | undefined;
  /** Without what the job does not select on this route. */
  readonly #src: RootFacts;

  constructor(route: ExpectedRoute, inputs: StatusInputs) {
    this.#route = route;
    this.#inputs = inputs;
    this.#about = nameOf(route);
    this.#known = route.destination && this.#selectedOf(routeOf("replicate", route, inputs));
    this.#src = this.#selectedAt(route.source);
  }

  judge(): JudgedRoute {
    const { source, destination, isRemovable } = this.#route;
    const src = this.#src;
    const dst = destination && this.#selectedAt(destination);
    this.#judgeLimits(destination ?? source);
    this.#judgeSource(source, this.#factsOf(source));
    const vanished = this.#vanished(src, dst);
    const expected = this.#expectedDatasets(src).difference(vanished);
    if (destination !== undefined && dst !== undefined) {
      const isAway = isRemovable && (dst.kind === "no-pool" || dst.kind === "unreachable");
      if (isAway || dst.kind === "not-asked") this.#judgeByRuns(destination, isAway);
      else this.#judgeDestination(destination, dst, { src, expected });
      this.#judgeVanished(destination, vanished);
    }
    this.#judgeLastRun();
    const there = dst ?? src;
    const end = destination ?? source;
    const found = there.kind === "seen" ? there.datasets : [];
    const young = this.#newIn(end);
    const grown = found.filter(({ dataset }) => !young.has(dataset.slice(end.place.dataset.length)));
    const status: RouteStatus = {
      source: source.place,
      ...(destination === undefined ? {} : { destination: destination.place }),
      level: worstLevel(this.#findings),
      ...this.#message(),
      datasets: Math.max(expected.size, found.length),
      ...(young.size === 0 ? {} : { newDatasets: young.size }),
      ...this.#newest(grown, expected.difference(young).size, dst === undefined ? "src" : "dst"),
      ...this.#late(dst === undefined ? "src" : "dst"),
      snapshots: found.reduce((sum, { snapshots }) => sum + snapshots, 0),
      partialReceives: found.filter(({ partial }) => partial !== "none").length,
      ...(this.#known?.runs.at(-1) === undefined ? {} : { lastRun: this.#known.runs.at(-1)! }),
      history: this.#known?.runs ?? [],
      labels: this.#labels,
    };
    const [failing, instead] = [REPLICATE, SET_ASIDE].map((words) => runnerLine(this.#inputs, words));
    const findings = withoutFailing(this.#findings, { failing: failing!, instead: instead! });
    return { status, findings, uncounted: this.#uncounted };
  }

  /** What is wrong with a source concerns all its routes, and is told once. */
  #aboutOf(root: ExpectedRoot): string {
    return root === this.#route.source ? nameOf({ source: root }) : this.#about;
  }

  #factsOf({ place }: ExpectedRoot): RootFacts {
    return this.#inputs.found.get(keyOf(place)) ?? { kind: "not-asked" };
  }

  /** What was found at a root, without what the job does not select on this route. */
  #selectedAt(root: ExpectedRoot): RootFacts {
    const facts = this.#factsOf(root);
    const { selects } = this.#route;
    if (facts.kind !== "seen" || selects === undefined) return facts;
    const above = root.place.dataset.length;
    return { ...facts, datasets: facts.datasets.filter(({ dataset }) => selects(dataset.slice(above))) };
  }

  #selectedOf(known: RouteState | undefined): RouteState | undefined {
    const { selects } = this.#route;
    if (known === undefined || selects === undefined) return known;
    return { ...known, datasets: known.datasets.filter(({ name }) => selects(name)) };
  }

  #find(id: string, level: StatusFinding["level"], message: string, remedy?: string, about = this.#about): void {
    const told = remedy?.startsWith("--") ? runnerLine(this.#inputs, remedy) : remedy;
    this.#findings.push({ id, level, about, message, ...(told === undefined ? {} : { remedy: told }) });
  }

  /** The same of an age, which perhaps does not count. */
  #findAge(
    { uncounted = [] }: ExpectedRoot,
    { id, level, about = this.#about, message, remedy }: StatusFinding & { readonly remedy: string },
  ): void {
    if (!uncounted.includes(level)) return this.#find(id, level, message, remedy, about);
    this.#uncounted.push({ id, level, about, message, remedy: runnerLine(this.#inputs, remedy) });
  }

  #findClock(aheadMs: number, what: "snapshots" | "runs", example: string): void {
    const finding = clockFinding(aheadMs, { host: this.#inputs.host, about: this.#about, what, example });
    if (finding !== undefined) this.#findings.push(finding);
  }

  /** Without a limit on the newest snapshot at its end nothing on a route would ever be late. */
  #judgeLimits({ place: { host, dataset }, limits }: ExpectedRoot): void {
    if (limits.some((limit) => limit.kind === "latest" && isLimited(limit))) return;
    const text = `nothing limits the age of the newest snapshots of ${dataset} on ${host}`;
    this.#find("not-monitored", "warning", text, "Add limits for its targets to monitor-snapshot-plan in the job file");
  }

  /** Datasets that should be at the destination, by their names below the root. */
  #expectedDatasets(src: RootFacts): ReadonlySet<string> {
    const root = this.#route.source.place.dataset;
    const atSource = src.kind === "seen" ? src.datasets.map(({ dataset }) => dataset.slice(root.length)) : [];
    return new Set([...atSource, ...(this.#known?.datasets ?? []).map(({ name }) => name)]);
  }

  /**
   * Datasets that were replicated, and are at neither side any more, by their names below the root. Only if both roots are there
   * and have told what is below them: otherwise a copy is missing.
   */
  #vanished(src: RootFacts, dst: RootFacts | undefined): ReadonlySet<string> {
    const [source, destination] = [src, dst].map((facts) =>
      facts?.kind === "seen" && facts.datasets.length > 0 ? facts.datasets : undefined
    );
    if (source === undefined || destination === undefined) return new Set();
    const { source: from, destination: to } = this.#route;
    const there = new Set([
      "",
      ...source.map(({ dataset }) => dataset.slice(from.place.dataset.length)),
      ...destination.map(({ dataset }) => dataset.slice(to!.place.dataset.length)),
    ]);
    return new Set(this.#known?.datasets.map(({ name }) => name)).difference(there);
  }

  #judgeVanished({ place: { dataset: root } }: ExpectedRoot, vanished: ReadonlySet<string>): void {
    if (vanished.size === 0) return;
    const text = `was replicated, and is gone from both sides: ${named([...vanished].map((name) => root + name))}`;
    // What lies below an excluded dataset is excluded, too.
    const tops = [...vanished].filter((name) => !ancestorsOf(name as Dataset).some((above) => vanished.has(above)));
    const names = tops.slice(0, MOST_EXCLUDED).map((name) => yamlWord(`/${root}${name}`)).join(", ");
    const untilMs = Math.max(
      ...this.#known!.datasets.filter(({ name }) => vanished.has(name))
        .map(({ seenAt }) => pastMs(seenAt, this.#inputs.nowMs) ?? -Infinity),
    ) + FORGOTTEN_AFTER_MS;
    const until = Number.isFinite(untilMs) ? `until ${new Date(untilMs).toISOString().slice(0, 10)}` : "for 90 days";
    const remedy = `If that was meant: write bzfs: { exclude-dataset: [${names}] } into the job file, ` +
      `or let runs forget it: it is remembered ${until}`;
    this.#find("both-gone", "warning", text, remedy);
  }

  /** Datasets that need not have a snapshot at a place yet. */
  #newIn(root: ExpectedRoot): ReadonlySet<string> {
    const { limits } = root;
    const { source, destination } = this.#route;
    const src = root === source ? this.#factsOf(source) : this.#src;
    const dst = destination && this.#factsOf(destination);
    if (src.kind !== "seen") return new Set();
    const copies = dst?.kind === "seen" ? dst.datasets.filter(({ snapshots }) => snapshots > 0) : [];
    const evidence = {
      known: new Set(this.#known?.datasets.map(({ name }) => name)),
      copied: new Set(copies.map(({ dataset }) => dataset.slice(destination!.place.dataset.length))),
    };
    const above = source.place.dataset.length;
    return newDatasets(src.datasets, { limits, above, nowMs: this.#inputs.nowMs, evidence });
  }

  #judgeSource(root: ExpectedRoot, facts: RootFacts): void {
    if (facts.kind === "not-asked") return this.#judgeCreation(root);
    if (!this.#isSeen(root, facts, "source-missing")) return;
    this.#judgeLabels("src", root, facts.datasets, { late: "source-late", old: "source-old" });
    this.#judgePool(root, facts, this.#known?.sourcePool);
  }

  /** Without a look: by what this host has created. Of others nothing is known here. */
  #judgeCreation(root: ExpectedRoot): void {
    const created = routeOf("create-src-snapshots", { source: root }, this.#inputs);
    const isOurs = this.#inputs.expected.actions.some(({ action }) => action === "create-src-snapshots");
    if (created !== undefined || isOurs) this.#judgeAge("src", root, created?.succeededAt, "source-late", "created");
  }

  /** True if there are datasets to be judged. */
  #isSeen(root: ExpectedRoot, facts: RootFacts, missingId: string): facts is Extract<RootFacts, { kind: "seen" }> {
    const { host, dataset } = root.place;
    switch (facts.kind) {
      case "unreachable":
        this.#find("host-unreachable", "critical", facts.message, facts.hint ?? `ssh ${host} true`, host);
        return false;
      case "no-pool":
        this.#find(
          "pool-not-imported",
          "critical",
          facts.message,
          `zpool import ${facts.pool}`,
          `${host} pool ${facts.pool}`,
        );
        return false;
      case "missing":
        this.#find(missingId, "critical", `${dataset} does not exist on ${host}`, REPLICATE, this.#aboutOf(root));
        return false;
      case "not-asked":
        return false;
    }
    if (facts.datasets.length === 0) {
      this.#find(
        "nothing-selected",
        "critical",
        `No dataset below ${dataset} on ${host} is selected`,
        EXPLAIN,
        this.#aboutOf(root),
      );
      return false;
    }
    return true;
  }

  #judgeDestination(
    root: ExpectedRoot,
    facts: RootFacts,
    { src, expected }: { readonly src: RootFacts; readonly expected: ReadonlySet<string> },
  ): void {
    const known = new Set(this.#known?.datasets.map(({ name }) => name));
    const missingId = known.size > 0 ? "destination-gone" : "never-received";
    if (!this.#isSeen(root, facts, missingId)) return;
    const below = (datasets: readonly DatasetFacts[], above: string): Set<string> =>
      new Set(datasets.map(({ dataset }) => dataset.slice(above.length)));
    const there = below(facts.datasets, root.place.dataset);
    const isListed = src.kind === "seen" && src.datasets.length > 0;
    const atSource = isListed ? below(src.datasets, this.#route.source.place.dataset) : undefined;
    const young = this.#newIn(root);
    const missing = [...expected].filter((name) => !there.has(name) && !young.has(name));
    const fullName = (name: string): string => root.place.dataset + name;
    const never = missing.filter((name) => !known.has(name));
    const gone = missing.filter((name) => known.has(name));
    if (never.length > 0) {
      this.#find("never-received", "critical", `never received: ${named(never.map(fullName))}`, REPLICATE);
    }
    if (gone.length > 0) {
      this.#find("destination-gone", "critical", `was there and is gone: ${named(gone.map(fullName))}`, REPLICATE);
    }
    const full = isListed ? below(src.datasets.filter(isFull), this.#route.source.place.dataset) : new Set<string>();
    const hollow = below(facts.datasets.filter(({ snapshots }) => snapshots === 0), root.place.dataset).intersection(
      full,
    );
    if (hollow.size > 0) {
      const text = `has no snapshot, unlike the source: ${named([...hollow].map(fullName))}`;
      this.#find("never-received", "critical", text, REPLICATE);
    }
    if (atSource !== undefined) {
      const left = [...there].filter((name) => !atSource.has(name));
      const text = `is at the destination and no longer at the source: ${named(left.map(fullName))}`;
      if (left.length > 0) this.#find("source-gone", "warning", text, ACCEPT);
    }
    this.#judgeLabels("dst", root, facts.datasets, { late: "route-late", old: "route-old" });
    if (isListed) this.#judgeIdentity(src.datasets, facts.datasets);
    const waiting = facts.datasets.filter(({ partial }) => partial === "waiting").map(({ dataset }) => dataset);
    if (waiting.length > 0) {
      this.#find(
        "partial-receive",
        "warning",
        `holds a partial receive that nobody goes on with: ${named(waiting)}`,
        REPLICATE,
      );
    }
    this.#judgePool(root, facts, this.#known?.destinationPool);
  }

  /** What has a name at both sides has to be one and the same snapshot. */
  #judgeIdentity(src: readonly DatasetFacts[], dst: readonly DatasetFacts[]): void {
    const { source, destination } = this.#route;
    const keyed = (
      { dataset, labels }: DatasetFacts,
      root: ExpectedRoot,
    ): [string, LabelFacts & { dataset: string }][] =>
      labels.filter(({ kind, guid }) => kind === "latest" && guid !== undefined).map((label) => [
        JSON.stringify([dataset.slice(root.place.dataset.length), label.label, label.snapshot]),
        { ...label, dataset },
      ]);
    const atSource = new Map(src.flatMap((one) => keyed(one, source)));
    const others = dst.flatMap((one) => keyed(one, destination!)).filter(([key, { guid }]) =>
      atSource.has(key) && atSource.get(key)!.guid !== guid
    ).map(([, { dataset, snapshot }]) => `${dataset}@${snapshot}`);
    if (others.length === 0) return;
    const text = `has snapshots of the same names that are others than those of the source: ${named(others)}`;
    this.#find("diverged", "critical", text, SET_ASIDE);
  }

  #judgePool(
    { place: { host } }: ExpectedRoot,
    { pool }: Extract<RootFacts, { kind: "seen" }>,
    known: string | undefined,
  ): void {
    if (known === undefined || pool.guid === undefined || pool.guid === known) return;
    const text = `pool ${pool.pool} is not the one that it was: its guid is ${pool.guid}, and was ${known}`;
    this.#find("pool-replaced", "critical", text, `zpool get guid ${pool.pool}`, `${host} pool ${pool.pool}`);
  }

  /** The worst dataset of each label, and what is wrong with it. */
  #judgeLabels(
    side: "src" | "dst",
    root: ExpectedRoot,
    datasets: readonly DatasetFacts[],
    ids: { readonly late: string; readonly old: string },
  ): void {
    const { nowMs } = this.#inputs;
    const young = this.#newIn(root);
    const grown = datasets.filter(({ dataset }) => !young.has(dataset.slice(root.place.dataset.length)));
    const { labels, ages, ahead } = judgeLabels(grown, { side, uncounted: root.uncounted ?? [], nowMs });
    this.#labels.push(...labels);
    for (const { kind, level, message } of ages) {
      const [id, remedy] = kind === "latest" ? [ids.late, REPLICATE] : [ids.old, PRUNE];
      const about = side === "src" ? this.#aboutOf(this.#route.source) : this.#about;
      this.#findAge(root, { id, level, about, message, remedy });
    }
    if (ahead !== undefined) this.#findClock(ahead.ms, "snapshots", ahead.name);
  }

  /** A destination that was not asked: what runs have proved counts. */
  #judgeByRuns(root: ExpectedRoot, isAway: boolean): void {
    // That its pool was there does not prove that something has arrived in it.
    this.#judgeAge("dst", root, this.#known?.sentAt, isAway ? "removable-away" : "route-late", "replicated");
  }

  #judgeAge(side: "src" | "dst", root: ExpectedRoot, since: string | undefined, id: string, verb: string): void {
    const { nowMs } = this.#inputs;
    const { host, dataset } = root.place;
    if (since !== undefined) this.#findClock(Date.parse(since) - nowMs, "runs", `${dataset} was ${verb} at ${since}`);
    const createdAtMs = pastMs(since, nowMs);
    const ageMs = createdAtMs === undefined ? Infinity : nowMs - createdAtMs;
    const latest = root.limits.filter((limits) => limits.kind === "latest" && isLimited(limits));
    const { uncounted = [] } = root;
    const levels: Level[] = createdAtMs === undefined && latest.length === 0 ? ["critical"] : [];
    for (const limits of latest) {
      const level = ageMs > limits.criticalMs ? "critical" : ageMs > limits.warningMs ? "warning" : "ok";
      levels.push(level);
      this.#labels.push(labelStatus({ side, ...limits, level, createdAtMs }, root.place.dataset, uncounted));
    }
    const message = createdAtMs === undefined
      ? `no snapshots of ${dataset} on ${host} were ever ${verb}, as far as is known`
      : `snapshots of ${dataset} on ${host} were last ${verb} ${formatSpan(ageMs)} ago`;
    for (const doesCount of [true, false]) {
      const worst = worstLevel(
        levels.filter((one) => uncounted.includes(one) !== doesCount).map((level) => ({ level })),
      );
      if (worst !== "ok") this.#findAge(root, { id, level: worst, about: this.#about, message, remedy: REPLICATE });
    }
  }

  /** A failed run is a warning as long as nothing is late. */
  #judgeLastRun(): void {
    const last = this.#known?.runs.at(-1);
    if (last === undefined || isFine(last.exitStatus)) return;
    const text = `the last run failed with status ${last.exitStatus}${
      last.error === undefined ? "" : `: ${last.error}`
    }`;
    const remedy = remedyOfFailure(last.error, "--replicate");
    const isConflict = remedy === SET_ASIDE;
    if (isConflict && this.#findings.some(({ id }) => id === "diverged")) return;
    this.#find(isConflict ? "diverged" : "run-failed", "warning", text, remedy);
  }

  /** Why it is not well: the worst finding; where that is an age, the failure of the last run says more. */
  #message(): { readonly message?: string } {
    const [worst] = worstFirst(this.#findings);
    if (worst === undefined) return {};
    const last = this.#known?.runs.at(-1);
    const isFailed = last !== undefined && !isFine(last.exitStatus);
    const isAge = worst.id === "route-late" || worst.id === "source-late";
    return { message: isAge && isFailed && last.error !== undefined ? last.error : worst.message };
  }

  /** The oldest of the newest snapshots; nothing if a dataset has none. */
  #newest(found: readonly DatasetFacts[], expected: number, side: "src" | "dst"): { readonly newestAt?: string } {
    const byRuns = this.#labels.find((label) => label.side === side)?.createdAt;
    if (found.length === 0 && byRuns !== undefined) return { newestAt: byRuns };
    const oldest = found.reduce((least, { labels }) => {
      const latest = labels.filter(({ kind }) => kind === "latest");
      return Math.min(least, Math.max(...latest.map(({ createdAtMs }) => createdAtMs ?? -Infinity)));
    }, Infinity);
    const isComplete = found.length > 0 && found.length >= expected;
    return isComplete && Number.isFinite(oldest) ? { newestAt: new Date(oldest).toISOString() } : {};
  }

  #late(side: "src" | "dst"): { readonly lateSeconds?: number } {
    const { nowMs } = this.#inputs;
    const late = this.#labels.filter((label) => label.side === side && label.kind === "latest").flatMap((label) => {
      const limit = label.warningSeconds ?? label.criticalSeconds;
      if (limit === undefined || label.createdAt === undefined) return [];
      return [Math.round((nowMs - Date.parse(label.createdAt)) / 1000 - limit)];
    });
    const most = Math.max(...late);
    return most > 0 ? { lateSeconds: most } : {};
  }
}

/** Words behind `bzfs jobrunner --config FILE`. */
const REPLICATE = "--create-src-snapshots --replicate";
const PRUNE = "--prune-src-snapshots --prune-dst-snapshots";
const EXPLAIN = "--explain";
const ACCEPT = "If it was destroyed on purpose: destroy the copy, or exclude it in the job file";

/** True if it has snapshots that can have been sent: of those that are monitored, if any are. */
function isFull({ snapshots, labels }: DatasetFacts): boolean {
  return snapshots > 0 && (labels.length === 0 || labels.some(({ createdAtMs }) => createdAtMs !== undefined));
}

/** As a value in a list of YAML. */
function yamlWord(word: string): string {
  return /^[\w/.-]+$/.test(word) ? word : JSON.stringify(word);
}

/** The first names, and how many more there are. */
function named(names: readonly string[]): string {
  const rest = names.length - MOST_NAMED;
  return names.slice(0, MOST_NAMED).join(", ") + (rest > 0 ? `, and ${rest} more` : "");
}
