/**
 * `--cache-snapshots` for one pair: asks the stamps of earlier runs what need not be listed, and leaves stamps for later.
 *
 * Correctness never depends on it. What may be believed and remembered is decided in `plan/cache_trust.ts`, where stamps
 * are kept in `plan/cache_names.ts`. Values of `snapshots_changed` are those that were read before the snapshots were
 * listed. Source: docs/spec/replication.md §14.
 * @module
 */
import type { Dataset } from "../model/dataset.ts";
import { formatPercent } from "../model/text/mod.ts";
import { MarkNames, type NameHash, nameHash, type TextHash } from "../plan/cache_names.ts";
import { isEndKnown, isFinal, isLabelKnown, isUnchanged } from "../plan/cache_trust.ts";
import { zfsAtLeast } from "../model/capabilities.ts";
import { type LabelEnd, type MonitoredEnds, needsHolds } from "../plan/health.ts";
import type { AlertPolicy, BothSides, HostAddress, LabelPolicy, Side } from "../model/job.ts";
import type { CacheStamps, DatasetInfo, World } from "../zfs/world.ts";

/** What the cache of a pair is made of. */
export interface CacheParts {
  readonly stamps: CacheStamps;
  readonly world: World;
  readonly digest: TextHash;
  readonly hosts: BothSides<HostAddress>;
  /** `--cache-snapshots` was given. */
  readonly isAsked: boolean;
  /** False in dry runs: nothing is remembered. */
  readonly remembers: boolean;
  /**
   * Any stable text of what decides about the replication of a dataset; `undefined` if the passing of time can add to
   * what is replicated: then nothing is believed, and nothing remembered.
   */
  readonly filterKey: string | undefined;
}

/** A source dataset and its counterpart. */
export interface Replica {
  readonly source: Dataset;
  readonly destination: Dataset;
}

/** A value of `snapshots_changed` and when it was read. */
interface Live {
  readonly changed: number;
  readonly readAtMs: number;
}

const UNKNOWN: Live = { changed: 0, readAtMs: 0 };

/** The cache as one pair uses it. */
export class SnapshotCache {
  readonly #parts: CacheParts;
  readonly #nameHash: NameHash;
  readonly #live: BothSides<Map<Dataset, Live>> = { src: new Map(), dst: new Map() };
  #hits = 0;
  #misses = 0;

  constructor(parts: CacheParts) {
    this.#parts = parts;
    this.#nameHash = nameHash(parts.digest);
  }

  /** True if datasets of this side shall be listed with `snapshots_changed`. */
  isEffective(side: Side): boolean {
    const { world, isAsked } = this.#parts;
    const zfs = side === "src" ? world.source : world.destination;
    return isAsked && zfsAtLeast(zfs.capabilities, 2, 2, 0);
  }

  /** Takes the values of a listing that was begun at a time. */
  observe(side: Side, listing: readonly DatasetInfo[], readAtMs: number): void {
    for (const { dataset, snapshotsChanged } of listing) {
      this.#live[side].set(dataset, { changed: snapshotsChanged, readAtMs });
    }
  }

  /** Drops the values of datasets whose snapshots we change. */
  invalidate(side: Side, datasets: readonly Dataset[]): void {
    for (const dataset of datasets) this.#live[side].delete(dataset);
  }

  /** `, cache hits: …, misses: …`, or nothing if the cache was not asked. */
  describe(): string {
    const [hits, misses] = [this.#hits, this.#misses];
    if (hits + misses === 0) return "";
    return `, cache hits: ${formatPercent(hits, hits + misses)}, misses: ${formatPercent(misses, hits + misses)}`;
  }

  /** Creations of the newest snapshots of the labels of a source dataset; `undefined` if they must be listed. */
  newestOfLabels(dataset: Dataset, labels: readonly LabelPolicy[]): readonly number[] | undefined {
    if (!this.isEffective("src")) return undefined;
    const { stamps } = this.#parts;
    const names = this.#names("src", dataset);
    const live = this.#liveOf("src", dataset);
    const own = stamps.read(names.dataset);
    if (own !== undefined && own.changed !== live.changed && this.#parts.remembers) stamps.forget(names.folder);
    const now = { changed: live.changed, nowMs: this.#nowMs };
    const created = labels.map((label) => {
      const stamp = stamps.read(names.label(label));
      return isLabelKnown(stamp, own, now) ? stamp.created : undefined;
    });
    return created.every((time) => time !== undefined) ? created : undefined;
  }

  /** Remembers what a listing told about the labels of a source dataset; 0 = no snapshot. */
  rememberLabels(dataset: Dataset, labels: readonly LabelPolicy[], created: readonly number[]): void {
    const changed = this.#finalOf("src", dataset);
    if (changed === undefined) return;
    const names = this.#names("src", dataset);
    for (const [index, label] of labels.entries()) {
      this.#parts.stamps.write(names.label(label), { changed, created: created[index]! });
    }
    this.#parts.stamps.write(names.dataset, { changed, created: changed });
  }

  /** Those of these datasets that nothing has happened to, on either side, since they were found up to date. */
  async unchanged(replicas: readonly Replica[]): Promise<ReadonlySet<Dataset>> {
    const unchanged = new Set<Dataset>();
    if (!this.isEffective("src")) return unchanged;
    const { filterKey } = this.#parts;
    if (filterKey !== undefined) {
      await this.#readDestination(replicas); // of all: before they are changed, for `rememberReplicated`
      for (const replica of replicas) if (this.#isUnchanged(replica, filterKey)) unchanged.add(replica.source);
    }
    this.#hits += unchanged.size;
    this.#misses += replicas.length - unchanged.size;
    return unchanged;
  }

  /**
   * The stamp of a replication holds the times of both sides. That of the destination dataset alone would not do: runs
   * with other filters, or from other sources, renew it too.
   */
  #isUnchanged(replica: Replica, filterKey: string): boolean {
    const { stamps } = this.#parts;
    const replicated = stamps.read(this.#replicationName(replica, filterKey));
    const own = stamps.read(this.#names("dst", replica.destination).dataset);
    const { changed } = this.#liveOf("dst", replica.destination);
    return isUnchanged(replicated, this.#liveOf("src", replica.source).changed, this.#nowMs) &&
      isUnchanged(own, changed, this.#nowMs) && replicated!.created === changed;
  }

  /**
   * Remembers datasets that were found or made up to date. Those whose destination has changed meanwhile, be it by
   * ourselves, are left out: another change may share the stamp of the last one.
   */
  async rememberReplicated(replicas: readonly Replica[]): Promise<void> {
    const { filterKey, stamps } = this.#parts;
    if (filterKey === undefined) return;
    const final = replicas.filter(({ source, destination }) =>
      this.#finalOf("src", source) !== undefined && this.#finalOf("dst", destination) !== undefined
    );
    if (final.length === 0) return;
    const before = new Map(final.map(({ destination }) => [destination, this.#liveOf("dst", destination).changed]));
    await this.#readDestination(final);
    for (const replica of final) {
      const { source, destination } = replica;
      const changed = this.#liveOf("dst", destination).changed;
      if (changed !== before.get(destination)) continue;
      const replicated = { changed: this.#liveOf("src", source).changed, created: changed };
      stamps.write(this.#replicationName(replica, filterKey), replicated);
      stamps.write(this.#names("dst", destination).dataset, { changed, created: changed });
    }
  }

  /**
   * The ends that the alerts look at, in their order; `undefined` if they must be listed. So they must where holds
   * count, which come and go without a trace in `snapshots_changed`.
   */
  monitoredEnds(side: Side, dataset: Dataset, alerts: readonly AlertPolicy[]): readonly MonitoredEnds[] | undefined {
    if (!this.isEffective(side)) return undefined;
    const names = this.#names(side, dataset);
    const { changed } = this.#liveOf(side, dataset);
    const key = JSON.stringify(alerts);
    let isKnown = !needsHolds(alerts);
    const endOf = (kind: "latest" | "oldest", { label }: AlertPolicy): LabelEnd | undefined => {
      const stamp = this.#parts.stamps.read(names.monitored(kind, label, key));
      if (!isEndKnown(stamp, changed, this.#nowMs)) isKnown = false;
      else if (stamp.created > 0) return { createdAt: stamp.created };
      return undefined;
    };
    const ends = alerts.map((alert) => ({
      latest: alert.latest && endOf("latest", alert),
      oldest: alert.oldest && endOf("oldest", alert),
    }));
    if (isKnown) this.#hits++;
    else this.#misses++;
    return isKnown ? ends : undefined;
  }

  /** Remembers the ends that a listing told. */
  rememberEnds(side: Side, dataset: Dataset, alerts: readonly AlertPolicy[], ends: readonly MonitoredEnds[]): void {
    const changed = this.#finalOf(side, dataset);
    if (changed === undefined || needsHolds(alerts)) return;
    const names = this.#names(side, dataset);
    const key = JSON.stringify(alerts);
    for (const [index, alert] of alerts.entries()) {
      for (const kind of ["latest", "oldest"] as const) {
        if (alert[kind] === undefined) continue;
        const created = ends[index]?.[kind]?.createdAt ?? 0;
        this.#parts.stamps.write(names.monitored(kind, alert.label, key), { changed, created });
      }
    }
  }

  get #nowMs(): number {
    return this.#parts.world.clock.now();
  }

  #liveOf(side: Side, dataset: Dataset): Live {
    return this.#live[side].get(dataset) ?? UNKNOWN;
  }

  /** The value of a dataset if it may be remembered. */
  #finalOf(side: Side, dataset: Dataset): number | undefined {
    const { changed, readAtMs } = this.#liveOf(side, dataset);
    return this.#parts.remembers && this.isEffective(side) && isFinal(changed, readAtMs) ? changed : undefined;
  }

  async #readDestination(replicas: readonly Replica[]): Promise<void> {
    if (replicas.length === 0 || !this.isEffective("dst")) return;
    const readAtMs = this.#nowMs;
    const found = await this.#parts.world.destination.snapshotsChanged(replicas.map((replica) => replica.destination));
    for (const { destination } of replicas) {
      this.#live.dst.set(destination, { changed: found.get(destination) ?? 0, readAtMs });
    }
  }

  #replicationName({ source, destination }: Replica, filterKey: string): string {
    const to = { host: this.#parts.hosts.dst, dataset: destination };
    return this.#names("src", source).replication(to, filterKey);
  }

  #names(side: Side, dataset: Dataset): MarkNames {
    return new MarkNames(this.#parts.hosts[side], dataset, this.#nameHash);
  }
}
