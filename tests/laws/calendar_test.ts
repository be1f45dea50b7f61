/**
 * Years of creation, pruning and monitoring on a virtual clock, in zones whose offsets change in all ways there are.
 *
 * Runs come once a minute within three hours of every change of the offset, of every boundary of a day (half past two)
 * and of every midnight, where weeks, months and years begin, and hourly otherwise. One zone and one year here;
 * `deno task soak` (BZFS_SOAK=1) takes five years in each of six zones.
 */
import { parseTimezone } from "../../lib/host/zoneinfo.ts";
import { civilOf, floorDiv, MICROS } from "../../lib/model/time/civil.ts";
import { datasetFromZfs } from "../../lib/model/dataset.ts";
import type { Guid, Snapshot } from "../../lib/model/snapshot.ts";
import { wallClockOf, type Zone } from "../../lib/model/time/zone.ts";
import { type CreationContext, creationNames, judgeCreation, judgeCreationByTimes } from "../../lib/plan/creation.ts";
import { findMonitoredEnds, judgeHealth } from "../../lib/plan/health.ts";
import { labelTimestamp } from "../../lib/plan/labels.ts";
import type { Job, LabelPolicy } from "../../lib/model/job.ts";
import { judgeVersions } from "../../lib/plan/retention.ts";
import type { Calendar } from "../../lib/plan/schedule.ts";
import { compileFilters } from "../../lib/plan/selection.ts";
import { periodMs } from "../../lib/model/text/units.ts";
import { jobOf } from "../support/arguments.ts";
import { assertEquals } from "../support/assert.ts";

const IS_SOAK = Deno.env.get("BZFS_SOAK") === "1";
const ZONES = [
  "Australia/Lord_Howe", // half an hour of summer time, on the southern hemisphere
  "Europe/Vienna",
  "America/Santiago", // changes at midnight, southern
  "Pacific/Chatham", // 12:45 hours off, southern
  "America/St_Johns", // 3:30 hours off
  "Asia/Kolkata", // never changes
];
const [MINUTE, HOUR, DAY] = [60, 3600, 86_400];
const FIRST = Date.UTC(2025, 0, 1) / 1000;

/** Amounts to retain, by period. */
const AMOUNTS = { hourly: 36, "6hourly": 8, daily: 31, weekly: 6, monthly: 14, yearly: 3 } as const;
/** How late the newest, and how old the oldest may be beyond its cycles: boundaries are not equally far apart. */
const SLACK = {
  hourly: "2 minutes",
  "6hourly": "61 minutes",
  daily: "2 hours",
  weekly: "3 hours",
  monthly: "2 days",
  yearly: "3 days",
} as const;

function jobFor(zone: string): Job {
  const amounts = JSON.stringify({ p: { on: AMOUNTS } });
  const limits = Object.entries(AMOUNTS).map(([period, amount]) => [period, {
    latest: { warning: SLACK[period as keyof typeof SLACK] },
    oldest: { warning: `${3 * amount} days`, cycles: amount + 1 },
  }]);
  return jobOf([
    "tank/s",
    "back/d",
    "--create-src-snapshots",
    `--create-src-snapshots-plan=${amounts}`,
    `--create-src-snapshots-timezone=${zone}`,
    "--daily_hour=2",
    "--daily_minute=30",
    "--delete-dst-snapshots",
    `--delete-dst-snapshots-except-plan=${amounts}`,
    `--monitor-snapshots=${JSON.stringify({ p: { on: Object.fromEntries(limits) } })}`,
  ]);
}

/** One dataset whose snapshots come and go. */
class Simulation {
  readonly #job: Job;
  readonly #zone: Zone;
  readonly #calendar: Calendar;
  readonly #dataset = datasetFromZfs("tank/s");
  readonly #newest = new Map<LabelPolicy, number>();
  readonly #keys = new Map<LabelPolicy, number[]>();
  snapshots: Snapshot[] = [];
  /** Names that were due and existed, as in a repeated hour: the next run is a minute later. */
  taken = 0;
  #made = 0;

  constructor(zoneName: string) {
    this.#job = jobFor(zoneName);
    this.#zone = parseTimezone(zoneName, { tz: "UTC" })!;
    this.#calendar = { zone: this.#zone, namesZone: true, anchors: this.#job.verbs.schedule.anchors };
    for (const label of this.#labels) this.#keys.set(label, []);
  }

  get #labels(): readonly LabelPolicy[] {
    return this.#job.verbs.create!.labels;
  }

  /** Runs in a span of time: Unix seconds, and seconds of the local day. */
  *runs(from: number, to: number): Generator<{ readonly now: number; readonly wall: number }> {
    const changes = this.#zone.transitionsBetween(from - DAY, to + DAY).map(({ at }) => at);
    let next = 0;
    for (let now = from; now < to; now += MINUTE) {
      while (next < changes.length && changes[next]! < now - 3 * HOUR) next++;
      const nearChange = next < changes.length && Math.abs(changes[next]! - now) <= 3 * HOUR;
      const wall = Number(wallClockOf(this.#zone, BigInt(now) * MICROS.second) / MICROS.second) % DAY;
      const nearBoundary = wall <= 5.5 * HOUR || wall >= 21 * HOUR;
      if (wall % HOUR === 0 || nearChange || nearBoundary) yield { now, wall };
    }
  }

  /**
   * Creates what is due. Times decide whether anything is; if so the names decide, too, as in a run without a cache.
   */
  create(now: number): void {
    const times = this.#context(now);
    const isFirst = this.snapshots.length === 0;
    const byTimes = isFirst ? [] : judgeCreationByTimes(this.#dataset, this.#newest, times).due;
    if (byTimes.length === 0 && !isFirst) return;
    const context = { ...times, names: this.#namesAt(now) };
    const { due, existing } = judgeCreation(this.#dataset, this.snapshots, context);
    this.taken += existing.length;
    const taken = context.names.flatMap((name, index) => existing.includes(`${this.#dataset}@${name}`) ? [index] : []);
    assertEquals([...due, ...taken].sort(), isFirst ? due : byTimes);
    for (const index of due) this.#make(this.#labels[index]!, context.names[index]!, now);
  }

  #namesAt(now: number): string[] {
    const policy = this.#job.verbs.create!;
    const moment = { instant: BigInt(now) * MICROS.second, localZone: this.#zone, ...this.#calendar };
    return creationNames(policy, labelTimestamp(moment, policy.timeFormat));
  }

  #context(now: number): CreationContext {
    const policy = this.#job.verbs.create!;
    const instant = BigInt(now) * MICROS.second;
    return {
      policy,
      names: policy.labels.map(() => "not asked for"),
      calendar: this.#calendar,
      now: instant,
    };
  }

  #make(label: LabelPolicy, tag: string, now: number): void {
    const guid = `${++this.#made}` as Guid;
    const createtxg = BigInt(this.#made);
    this.snapshots.push({ kind: "snapshot", dataset: this.#dataset, tag, guid, createtxg, createdAt: now, holds: 0 });
    this.#newest.set(label, now);
    this.#keys.get(label)!.push(this.#checkPeriod(label, now));
  }

  /** Checks that a snapshot is the only one of its period and that none was left out before; returns its key. */
  #checkPeriod(label: LabelPolicy, now: number): number {
    const keys = this.#keys.get(label)!;
    const { unit, amount } = label.period!;
    const wall = wallClockOf(this.#zone, BigInt(now) * MICROS.second);
    if (unit === "hourly") {
      // Periods of real time: no hole longer than the period, and nothing twice in one hour of the same offset.
      const previous = keys.at(-1);
      if (previous !== undefined && now - previous > amount * HOUR + this.#delay(previous, now, amount)) {
        this.#fail(label, now, "a hole");
      }
      if (previous !== undefined && this.#hourKey(previous, amount) === this.#hourKey(now, amount)) {
        this.#fail(label, now, "a duplicate");
      }
      return now;
    }
    const key = this.#calendarKey(unit, wall);
    const last = keys.at(-1);
    if (last !== undefined && key !== last + 1) this.#fail(label, now, key <= last ? "a duplicate" : "a hole");
    return key;
  }

  /**
   * By how many seconds the next boundary may come late: a clock that is set back by half an hour moves the boundaries
   * of hours, and one that is set back by an hour those of several hours. Where the name is taken the next run does it.
   */
  #delay(from: number, to: number, amount: number): number {
    const fold = this.setBackBy(from, to + 1);
    return fold < HOUR ? fold : (amount === 1 ? 0 : fold) + MINUTE;
  }

  /** By how many seconds the clock is set back at most within a span. */
  setBackBy(from: number, to: number): number {
    const changes = this.#zone.transitionsBetween(from, to);
    return Math.max(0, ...changes.map(({ before, after }) => before.seconds - after.seconds));
  }

  #hourKey(now: number, amount: number): string {
    const wall = wallClockOf(this.#zone, BigInt(now) * MICROS.second);
    return `${floorDiv(wall, BigInt(amount) * MICROS.hour)} ${wall - BigInt(now) * MICROS.second}`;
  }

  #calendarKey(unit: string, wall: bigint): number {
    const { year, month } = civilOf(wall);
    switch (unit) {
      case "daily":
        return Number(floorDiv(wall - 150n * MICROS.minute, MICROS.day));
      case "weekly":
        return Number(floorDiv(wall / MICROS.day + 4n, 7n));
      case "monthly":
        return year * 12 + month;
      default:
        return year;
    }
  }

  /** Prunes as the plan says, and checks that it keeps exactly what the plan promises. */
  prune(now: number): void {
    const { verbs, snapshotFilters } = this.#job;
    const verdicts = judgeVersions(this.snapshots, {
      policy: verbs.deleteSnapshots!,
      filters: compileFilters(snapshotFilters),
      nowMs: now * 1000,
      sourceGuids: new Set(),
      sourceIsDummy: true,
    });
    const kept = new Set(verdicts.filter(({ verdict }) => verdict === "keep").map(({ version }) => version.guid));
    for (const label of this.#labels) {
      const own = this.snapshots.filter(({ tag }) => tag.endsWith(label.suffix));
      const amount = AMOUNTS[label.suffix.slice(1) as keyof typeof AMOUNTS];
      const oldest = now - (amount * periodMs(label.period)) / 1000;
      for (const [index, { guid, createdAt }] of own.entries()) {
        const isPromised = createdAt >= oldest || index >= own.length - amount;
        if (isPromised !== kept.has(guid)) {
          this.#fail(label, now, isPromised ? "a lost snapshot" : "a snapshot too many");
        }
      }
    }
    this.snapshots = this.snapshots.filter(({ guid }) => kept.has(guid));
  }

  /** Texts of the findings that are not well. */
  alarms(now: number): string[] {
    const { alerts } = this.#job.verbs.monitor!;
    const ends = findMonitoredEnds(this.snapshots, alerts);
    return judgeHealth(this.#dataset, ends, { alerts, nowMs: now * 1000 })
      .filter(({ severity }) => severity !== "ok").map(({ text }) => text);
  }

  /** Seconds from now at which each label's newest snapshot must be too old. */
  get thresholds(): readonly {
    readonly suffix: string;
    readonly kind: "latest" | "oldest";
    readonly seconds: number;
  }[] {
    return this.#job.verbs.monitor!.alerts.flatMap(({ label: { suffix }, latest, oldest }) => [
      { suffix, kind: "latest" as const, seconds: latest!.warningMs / 1000 },
      { suffix, kind: "oldest" as const, seconds: oldest!.warningMs / 1000 },
    ]);
  }

  #fail(label: LabelPolicy, now: number, what: string): never {
    throw new Error(`${this.#zone.name}: ${what} of ${label.suffix} at ${new Date(now * 1000).toISOString()}`);
  }
}

/** Runs for a while; checks that the alarms are those that are expected at each hour. */
function pass(
  simulation: Simulation,
  span: { readonly from: number; readonly to: number; readonly prunes: boolean },
  expected: (now: number) => readonly string[],
): void {
  for (const { now, wall } of simulation.runs(span.from, span.to)) {
    simulation.create(now);
    if (span.prunes && wall === 12 * HOUR) simulation.prune(now);
    if (wall % HOUR !== 0) continue;
    const alarms = simulation.alarms(now);
    assertEquals(alarms.map((text) => text.replace(/ is .*/, "")), expected(now), new Date(now * 1000).toISOString());
  }
}

for (const zone of IS_SOAK ? ZONES : ZONES.slice(0, 1)) {
  const years = IS_SOAK ? 5 : 1;
  Deno.test(`creation, pruning and monitoring keep their promises for ${years} years in ${zone}`, () => {
    const simulation = new Simulation(zone);
    const end = FIRST + years * 365 * DAY;
    pass(simulation, { from: FIRST, to: end, prunes: true }, () => []);
    // Nothing is pruned any more: each label turns red when its oldest one passes its threshold.
    const dues = simulation.thresholds.filter(({ kind }) => kind === "oldest").map((threshold) => ({
      ...threshold,
      at: simulation.snapshots.find(({ tag }) => tag.endsWith(threshold.suffix))!.createdAt + threshold.seconds,
    }));
    const red = (now: number): string[] =>
      dues.filter(({ at }) => now > at).map(({ suffix }) => `Oldest snapshot for tank/s@p_on_<timestamp>${suffix}`);
    pass(simulation, { from: end, to: end + 130 * DAY, prunes: false }, red);
    assertEquals(red(end + 130 * DAY).length >= 4, true);
    for (const { at } of dues) {
      const oldest = (now: number): string[] =>
        simulation.alarms(now).filter((text) => text.startsWith("Oldest")).map((text) => text.replace(/ is .*/, ""));
      if (at > end + 130 * DAY) assertEquals([oldest(at), oldest(at + 1)], [red(at), red(at + 1)]);
    }
    // Nothing is created any more: each label turns red within its threshold, and not before it is due.
    for (const { suffix, seconds } of simulation.thresholds.filter(({ kind }) => kind === "latest")) {
      const isRed = (now: number): boolean =>
        simulation.alarms(now).some((text) => text.startsWith("Latest") && text.includes(`${suffix} is `));
      const newest = simulation.snapshots.findLast(({ tag }) => tag.endsWith(suffix))!.createdAt;
      if (isRed(newest + seconds)) throw new Error(`${suffix} is red too early`);
      if (!isRed(newest + seconds + 1)) throw new Error(`${suffix} is not red after its threshold`);
    }
    // Pruning goes on: what is promised by number stays for ever.
    simulation.prune(end + 20 * 365 * DAY);
    assertEquals(simulation.snapshots.filter(({ tag }) => tag.endsWith("_hourly")).length, AMOUNTS.hourly);
    // Names are taken where the clock shows the same full hour twice: the default time format tells no offset.
    assertEquals(simulation.taken > 0, simulation.setBackBy(FIRST, end) >= HOUR);
  });
}
