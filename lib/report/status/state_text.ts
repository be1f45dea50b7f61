/**
 * Reads a file of the state folder. What is not exactly of the published form is nothing: half a file, one of another version,
 * one that somebody has changed. Source: docs/spec/status.md §5.
 * @module
 */
import {
  type ActionState,
  type HeldBack,
  type KnownDataset,
  type Place,
  type RouteState,
  type RunPoint,
  STATE_FORMAT,
} from "../../model/status/mod.ts";

/** The state; `undefined` if the text is none. */
export function readState(text: string): ActionState | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isState(value) ? value : undefined;
}

type Check<T> = (value: unknown) => value is T;
type Checks<T> = { readonly [K in keyof T]-?: Check<Exclude<T[K], undefined>> };

/** True for an object that has these fields; those of the second list may be absent, others are ignored. */
function objectOf<T>(checks: Checks<T>, optional: readonly (keyof T)[] = []): Check<T> {
  const entries = Object.entries(checks) as [keyof T & string, Check<unknown>][];
  return (value): value is T => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
    const fields = value as Readonly<Record<string, unknown>>;
    return entries.every(([name, check]) =>
      Object.hasOwn(fields, name) ? check(fields[name]) : optional.includes(name)
    );
  };
}

function listOf<T>(check: Check<T>): Check<readonly T[]> {
  return (value): value is readonly T[] => Array.isArray(value) && value.every(check);
}

const isText = (value: unknown): value is string => typeof value === "string";
const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
const isDecimal = (value: unknown): value is string => isText(value) && /^\d{1,39}$/.test(value);
const isInstant = (value: unknown): value is string =>
  isText(value) && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value) && !Number.isNaN(Date.parse(value));
const exactly = <const T>(wanted: T): Check<T> => (value): value is T => value === wanted;

const isPlace = objectOf<Place>({ host: isText, dataset: isText });
const isPoint = objectOf<RunPoint>({
  startedAt: isInstant,
  seconds: isNumber,
  exitStatus: isNumber,
  bytes: isDecimal,
  error: isText,
  command: isText,
}, ["error", "command"]);
const isWhat = (value: unknown): value is HeldBack["what"] =>
  value === "snapshots" || value === "bookmarks" || value === "datasets";
const isHeldBack = objectOf<HeldBack>({
  host: isText,
  dataset: isText,
  what: isWhat,
  count: isCount,
  total: isCount,
  bytes: isDecimal,
  since: isInstant,
  limit: isText,
}, ["bytes"]);
const isRoute = objectOf<RouteState>({
  source: isPlace,
  destination: isPlace,
  sourcePool: isDecimal,
  destinationPool: isDecimal,
  runs: listOf(isPoint),
  succeededAt: isInstant,
  sentAt: isInstant,
  datasets: listOf(objectOf<KnownDataset>({ name: isText, seenAt: isInstant })),
}, ["destination", "sourcePool", "destinationPool", "succeededAt", "sentAt"]);
const isState = objectOf<ActionState>({
  format: exactly(STATE_FORMAT),
  program: exactly("bzfs"),
  jobId: isText,
  action: isText,
  host: isText,
  runs: listOf(isPoint),
  succeededAt: isInstant,
  routes: listOf(isRoute),
  heldBack: listOf(isHeldBack),
  lostAt: isInstant,
  roundEndedAt: isInstant,
}, ["succeededAt", "lostAt", "roundEndedAt"]);
