/**
 * Judges the runs of this host: whether they take place, succeed and end, and what they hold back.
 * Source: docs/spec/status.md §4.3.
 * @module
 */
import {
  type ActionState,
  type HeldBack,
  isDone,
  isFine,
  type RunPoint,
  type RunStatus,
  type StatusFinding,
} from "../../model/status/mod.ts";
import { formatSpan } from "../../model/text/mod.ts";
import type { ExpectedAction, RunningFacts, StatusInputs, UnreadableState } from "./facts.ts";
import { CLOCK_TOLERANCE_MS, clockFinding, pastMs } from "./clock.ts";
import { remedyOfFailure } from "./conflict.ts";
import { worstFirst, worstLevel } from "./levels.ts";

/** The runs of an action with what is wrong with them. */
interface JudgedRuns {
  readonly status: RunStatus;
  readonly findings: readonly StatusFinding[];
}

/** Before any run. */
const NEVER = "1970-01-01T00:00:00.000Z";

/** When a run ended, in milliseconds since 1970. */
function endMs({ startedAt, seconds }: RunPoint): number {
  return Date.parse(startedAt) + Math.max(0, seconds * 1000);
}

/** Judges what the schedule of this host has, and what it has run beside. */
export function judgeRuns(inputs: StatusInputs): JudgedRuns[] {
  const { expected, states, unreadable } = inputs;
  const known = new Set([...expected.actions.map(({ action }) => action), ...states.keys(), ...unreadable.keys()]);
  return [...known].map((action) => judgeAction(action, inputs));
}

function judgeAction(action: string, inputs: StatusInputs): JudgedRuns {
  const { expected, states, unreadable, running, nowMs, host, jobFile, given } = inputs;
  const about = `${host} ${action}`;
  const findings: StatusFinding[] = [];
  const find = (id: string, level: StatusFinding["level"], message: string, remedy: string): void =>
    void findings.push({ id, level, about, message, remedy });
  const state = states.get(action);
  const last = state?.runs.at(-1);
  const again = (): string => {
    const remedy = remedyOfFailure(last?.error, `--${action}`);
    return remedy.startsWith("--") ? runnerLine(inputs, remedy) : remedy;
  };
  const first = running.filter((run) => run.action === action).toSorted((a, b) => a.startedAtMs - b.startedAtMs)[0];
  const roundMs = pastMs(state?.roundEndedAt, nowMs) ?? 0;
  const atWork = first && { ...first, silentSinceMs: Math.max(first.startedAtMs, roundMs) };
  const damage = unreadable.get(action);
  if (damage !== undefined) {
    find(
      "state-unreadable",
      "warning",
      `what runs have kept cannot be used: ${damage.why}`,
      "bzfs help status log-dir",
    );
  }
  if (state?.lostAt !== undefined) {
    const text = `what runs had kept before ${state.lostAt} was lost: datasets that are gone since then are not missed`;
    find("state-lost", "warning", text, "Compare the datasets of both sides; goes away by itself with 30 runs");
  }
  const newestMs = Math.max(last === undefined ? 0 : endMs(last), Date.parse(state?.succeededAt ?? NEVER));
  const example = `the last one of ${action}`;
  const clock = clockFinding(newestMs - nowMs, { host, about, what: "runs", example });
  if (clock !== undefined) findings.push(clock);
  const limits = expected.actions.find((one) => one.action === action);
  if (limits !== undefined) {
    const late = latenessOf(limits, damage ?? state, atWork, nowMs);
    const printed = runnerLine({ jobFile, given: ofAllHosts(given) }, "--print-schedule=cron");
    if (late !== undefined) {
      find(
        late.id,
        late.level,
        late.message,
        late.id === "run-missing" ? printed : late.id === "run-stuck" ? `ps -fp ${atWork?.processId}` : again(),
      );
    }
  }
  if (last !== undefined && !isFine(last.exitStatus)) {
    const isLong = findings.some(({ id }) => id === "run-failing");
    const why = last.error === undefined ? "" : `: ${last.error}`;
    if (!isLong) {
      find(
        "run-failed",
        "warning",
        `the last run failed with status ${last.exitStatus}${why}`,
        again(),
      );
    }
  }
  const isStuck = findings.some(({ id }) => id === "run-stuck");
  if (atWork !== undefined && !isStuck && nowMs - atWork.silentSinceMs > expected.busyLimitMs) {
    const span = formatSpan(nowMs - atWork.silentSinceMs);
    find(
      "run-stuck",
      "warning",
      `process ${atWork.processId} has been at work for ${span}`,
      `ps -fp ${atWork.processId}`,
    );
  }
  const [worst] = worstFirst(findings);
  return {
    status: {
      action,
      level: worstLevel(findings),
      ...(worst === undefined ? {} : { message: worst.message }),
      ...(last === undefined ? {} : { last }),
      ...(atWork === undefined
        ? {}
        : { running: { processId: atWork.processId, startedAt: new Date(atWork.startedAtMs).toISOString() } }),
      ...(state?.succeededAt === undefined ? {} : { succeededAt: state.succeededAt }),
      history: state?.runs ?? [],
    },
    findings,
  };
}

/** A run that is at work, and since when nothing is known of it: since its start, or the last round that it has ended. */
interface AtWork extends RunningFacts {
  readonly silentSinceMs: number;
}

/** What is wrong with when runs take place. */
type Lateness = Pick<StatusFinding, "id" | "level" | "message">;

/** Whether runs do not take place, or fail for too long; of a daemon that is at work, its rounds. */
function latenessOf(
  { warningMs, criticalMs }: ExpectedAction,
  known: ActionState | UnreadableState | undefined,
  atWork: AtWork | undefined,
  nowMs: number,
): Lateness | undefined {
  // What lies ahead proves nothing, and is a finding of its own.
  const isPast = (ms: number): boolean => ms - nowMs <= CLOCK_TOLERANCE_MS;
  const isDamaged = known !== undefined && "why" in known;
  const state = isDamaged ? undefined : known;
  const last = state?.runs.findLast((run) => isPast(endMs(run)));
  if (atWork !== undefined) {
    // A run may take long. A daemon has to end its rounds.
    if (state?.roundEndedAt === undefined) return undefined;
    const silentMs = nowMs - atWork.silentSinceMs;
    if (silentMs > warningMs) {
      const level = silentMs > criticalMs ? "critical" : "warning";
      const text = `process ${atWork.processId} is a daemon, and has ended no round for ${formatSpan(silentMs)}`;
      return { id: "run-stuck", level, message: text };
    }
    return failingFor({ state, last, criticalMs }, nowMs);
  }
  // Of a file that cannot be read, when it was written is the last sign of life.
  const lastMs = last !== undefined ? endMs(last) : isDamaged ? known.writtenAtMs : undefined;
  const schedule = "the schedule of this host has it";
  if (lastMs === undefined || !isPast(lastMs)) {
    return { id: "run-missing", level: "warning", message: `no run is known, and ${schedule}` };
  }
  const idleMs = nowMs - lastMs;
  if (idleMs > warningMs) {
    const level = idleMs > criticalMs ? "critical" : "warning";
    return { id: "run-missing", level, message: `the last run was ${formatSpan(idleMs)} ago, and ${schedule}` };
  }
  return failingFor({ state, last, criticalMs }, nowMs);
}

/** Whether runs take place and do not succeed for too long. */
function failingFor(
  { state, last, criticalMs }: {
    readonly state: ActionState | undefined;
    readonly last: RunPoint | undefined;
    readonly criticalMs: number;
  },
  nowMs: number,
): Lateness | undefined {
  if (last === undefined) return undefined;
  const since = pastMs(state?.succeededAt, nowMs);
  // A run that leaves its work to another one has done nothing.
  if (isDone(last.exitStatus) || (since !== undefined && nowMs - since <= criticalMs)) return undefined;
  if (since === undefined && !Number.isFinite(criticalMs)) return undefined;
  const when = since === undefined ? "no run has succeeded" : `the last success was ${formatSpan(nowMs - since)} ago`;
  const why = last.error === undefined ? "" : `: ${last.error}`;
  return { id: "run-failing", level: "critical", message: `${when}, status ${last.exitStatus}${why}` };
}

/** That runs take place here of which the schedule does not know, so that nobody would miss them. */
export function judgeHost(
  { expected, isStranger, host }: StatusInputs,
): { readonly findings: readonly StatusFinding[] } {
  if (!isStranger || expected.actions.length > 0) return { findings: [] };
  const message = `the schedule has no part for ${host}, and runs of this job have been here: nobody would miss them`;
  return {
    findings: [{
      id: "host-not-in-job",
      level: "warning",
      about: host,
      message,
      remedy: "Give --localhost as the runs do",
    }],
  };
}

/** A command line of the job runner about the same, with the words behind it as they are. */
export function runnerLine({ jobFile, given }: Pick<StatusInputs, "jobFile" | "given">, words: string): string {
  return `bzfs jobrunner --config ${[jobFile, ...given].map(quotedWord).join(" ")} ${words}`;
}

/** Without options that name hosts. */
function ofAllHosts(given: readonly string[]): readonly string[] {
  return given.filter((word) => !/^--(?:src|dst)-host=/.test(word));
}

/** As a word of a shell. */
function quotedWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** What waits for a decision, with a finding for each. */
export function judgeHeldBack(
  { states, jobFile, given }: StatusInputs,
): { readonly all: readonly HeldBack[]; readonly findings: readonly StatusFinding[] } {
  const ofAction = [...states].flatMap(([action, state]) => state.heldBack.map((held) => ({ action, held })));
  return {
    all: ofAction.map(({ held }) => held),
    findings: ofAction.map(({ action, held: { host, dataset, what, count, total, since, limit } }) => ({
      id: "held-back",
      level: "warning",
      about: `${host} ${dataset}`,
      message: `${count} of ${total} ${what} were held back since ${since}, limit ${limit}`,
      remedy: runnerLine(
        { jobFile, given: ofAllHosts(given) },
        `--${action} ${action.includes("-src-") ? "--src-host" : "--dst-host"} ${quotedWord(host)} --allow-deletions ${
          quotedWord(dataset)
        }`,
      ),
    })),
  };
}
