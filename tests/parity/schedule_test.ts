import { localZone, parseTimezone } from "../../lib/host/zoneinfo.ts";
import { formatWall, MICROS, wallOf } from "../../lib/model/time/civil.ts";
import { formatOffset, wallClockOf } from "../../lib/model/time/zone.ts";
import type { Moment } from "../../lib/model/time/strftime.ts";
import type { PeriodUnit } from "../../lib/model/text/units.ts";
import { roundUp } from "../../lib/plan/calendar.ts";
import { compareLabelled, findLabelEnds, type LabelledSnapshot, labelName, labelTimestamp } from "../../lib/plan/labels.ts";
import type { LabelPolicy } from "../../lib/model/job.ts";
import { type Calendar, formatMoment, judgeDue } from "../../lib/plan/schedule.ts";
import { anchorsOf } from "../support/anchors.ts";
import { jobOf } from "../support/arguments.ts";
import { parity } from "../support/parity.ts";

interface RoundUpInput {
  readonly t: string;
  readonly tz: string;
  readonly n: number;
  readonly unit: PeriodUnit;
  readonly anchors: Readonly<Record<string, number>>;
}

function readWall(text: string): bigint {
  const [year, month, day, hour, minute, second, microsecond] = text.split(/[-: .]/).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return wallOf({ year, month, day, hour, minute, second, microsecond });
}

/** The calendar of a run whose option for time zones is `tz` while `TZ` is `localTz`. */
function calendarOf(tz: string, localTz: string, anchors: Readonly<Record<string, number>> = {}): Calendar {
  const named = parseTimezone(tz, { tz: localTz });
  return { zone: named ?? localZone({ tz: localTz }), namesZone: named !== undefined, anchors: anchorsOf(anchors) };
}

parity<RoundUpInput>("roundup", ({ t, tz, n, unit, anchors }) => {
  const calendar = calendarOf(tz, "UTC", anchors);
  const wall = roundUp(readWall(t), { amount: n, unit }, calendar.anchors);
  const text = formatWall(wall);
  return { t: text.includes(".") ? text : `${text}.000000`, text: formatMoment(wall, calendar) };
});

interface DueInput {
  readonly creation: number;
  readonly nowMicros: number;
  readonly localTz: string;
  readonly tz: string;
  readonly n: number;
  readonly unit: PeriodUnit;
  readonly anchors: Readonly<Record<string, number>>;
}

parity<DueInput>("due", ({ creation, nowMicros, localTz, tz, n, unit, anchors }) => {
  const calendar = calendarOf(tz, localTz, anchors);
  const now = BigInt(nowMicros);
  const answer = judgeDue({ period: { amount: n, unit }, newest: creation, now }, calendar);
  return { next: formatMoment(answer.next, calendar), nowText: formatInstant(now, calendar), due: answer.isDue };
});

interface LabelsInput {
  readonly plan: string;
  readonly timeformat: string;
  readonly tz: string;
  readonly localTz: string;
  readonly nowMicros: number;
  readonly create: boolean;
  readonly daemonFrequency?: string;
}

parity<LabelsInput>("labels", (input) => {
  const { verbs } = jobOf([
    "p/s",
    "q/d",
    `--create-src-snapshots-plan=${input.plan}`,
    `--create-src-snapshots-timeformat=${input.timeformat}`,
    `--create-src-snapshots-timezone=${input.tz}`,
    ...(input.create ? ["--create-src-snapshots"] : []),
    ...(input.daemonFrequency === undefined ? [] : [`--daemon-frequency=${input.daemonFrequency}`]),
  ], { tz: input.localTz });
  const local = localZone({ tz: input.localTz });
  const { zone, namesZone } = calendarOf(input.tz, input.localTz);
  const moment: Moment = { instant: BigInt(input.nowMicros), zone, namesZone, localZone: local };
  const timestamp = labelTimestamp(moment, input.timeformat);
  const labels = verbs.create?.labels ?? [];
  return {
    names: labels.map((label) => labelName(label, timestamp)),
    parts: labels.map(({ prefix, infix, suffix }) => [prefix, infix, timestamp, suffix]),
    schedule: verbs.schedule.periods.map(({ suffix, period }) => [suffix, period?.amount ?? 0, period?.unit ?? ""]),
  };
});

interface MinMaxInput {
  readonly datasets: Readonly<Record<string, readonly (readonly [string, number, number, string])[]>>;
  readonly labels: readonly (readonly [string, string, string, string])[];
  readonly skipHolds: readonly boolean[];
}

parity<MinMaxInput>("label-minmax", ({ datasets, labels, skipHolds }) => {
  const policies = labels.map(([prefix, infix, , suffix]): LabelPolicy => ({ prefix, infix, suffix, period: undefined }));
  const found: unknown[] = [];
  for (const [dataset, rows] of Object.entries(datasets)) {
    const snapshots = rows.map(([tag, createtxg, createdAt, userrefs]): LabelledSnapshot => ({
      tag,
      createtxg: BigInt(createtxg),
      createdAt,
      holds: Number(userrefs) || 0,
    })).sort(compareLabelled);
    if (snapshots.length === 0) continue;
    for (const [index, ends] of findLabelEnds(snapshots, policies, skipHolds).entries()) {
      for (const kind of ["latest", "oldest"] as const) {
        found.push([dataset, index, kind, ends[kind]?.createdAt ?? 0, ends[kind]?.tag ?? ""]);
      }
    }
  }
  return {
    found: found.sort((a, b) => JSON.stringify(a) < JSON.stringify(b) ? -1 : 1),
    withoutSnapshots: Object.keys(datasets).filter((dataset) => datasets[dataset]!.length === 0).sort(),
  };
}, {
  expected: (out) => {
    const { found, ...rest } = out as { found: unknown[] };
    return { ...rest, found: [...found].sort((a, b) => JSON.stringify(a) < JSON.stringify(b) ? -1 : 1) };
  },
});

/** Local date and time of an instant as the log prints it. */
function formatInstant(instant: bigint, calendar: Calendar): string {
  const wall = wallClockOf(calendar.zone, instant);
  if (!calendar.namesZone) return formatWall(wall);
  return formatWall(wall) + formatOffset(Number((wall - instant) / MICROS.second));
}
