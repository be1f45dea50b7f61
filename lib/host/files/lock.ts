/**
 * The lock that keeps two runs of the same job apart (docs/spec/cli.md §16).
 *
 * The runtime has no lock that gives up at once. So a wait is raced against a limit; if it loses, the file is closed
 * the moment the lock is granted after all. The file is removed while the lock is held, hence a lock counts only if the
 * path still leads to the locked file.
 *
 * Since when a lock is held is given by the time of the last change of its file, which the holder writes once. What the
 * file says is for people; the process that it names counts only if it exists, and only to bound that time: clocks jump.
 * @module
 */
import { BusyError, OverdueError, RefusedError } from "../../model/errors.ts";
import { SILENT_LOGGER } from "../../model/log.ts";
import { formatSpan } from "../../model/text/mod.ts";
import type { Clock } from "../../zfs/world.ts";
import { sha256Hex } from "../node.ts";
import {
  createFile,
  isSameFile,
  listFolder,
  lookAt,
  openFile,
  privateFolder,
  readPrivateFile,
  removeFile,
  ReplacedError,
  writeText,
} from "./files.ts";
import { isSettledWithin } from "../process/patience.ts";
import { Processes } from "../process/process.ts";
import { systemClock } from "../system.ts";

/** A lock that is held. */
export interface JobLock {
  readonly path: string;
  /** Removes the file and lets the lock go; further calls do nothing. */
  release(): void;
}

/** Which lock, and how long to wait for another run to end. */
export interface JobLockOptions {
  /** `<log parent>/.locks`; made if it is not there. */
  readonly folder: string;
  /** Canonical text of what makes two runs the same job. */
  readonly identity: string;
  readonly patienceMs?: number;
  /** How long another run may hold the lock before that is a failure; `Infinity` = for ever, as by default. */
  readonly busyLimitMs?: number;
  readonly clock?: Clock;
  readonly processes?: ProcessLister;
}

/** Runs `ps`, and says which processes exist. */
type ProcessLister = Pick<Processes, "run" | "living">;

/** Who holds a lock, as far as that is known. */
interface Holder {
  readonly pid?: number | undefined;
  readonly ageMs?: number | undefined;
}

/**
 * Locks that this process holds or waits for, and since when: what the file system says about another process, this
 * says about us.
 */
const ours = new Map<string, number>();

/**
 * Takes the lock. Throws {@linkcode BusyError} if another run holds it, {@linkcode OverdueError} if it does so for too
 * long, {@linkcode RefusedError} for an unsafe file.
 */
export async function lockJob(options: JobLockOptions): Promise<JobLock> {
  const { clock = systemClock, busyLimitMs = Infinity, processes = new Processes({ log: SILENT_LOGGER }) } = options;
  privateFolder(options.folder);
  const path = lockPath(options);
  const since = ours.get(path);
  if (since !== undefined) throw busy(path, { pid: Deno.pid, ageMs: elapsedMs(since, clock) }, busyLimitMs);
  ours.set(path, clock.monotonicNs());
  try {
    const file = await lockFile(path, options.patienceMs ?? 2000);
    if (file === undefined) throw busy(path, await holderOf(path, clock, processes), busyLimitMs);
    return heldLock(path, file);
  } catch (error) {
    ours.delete(path);
    throw error;
  }
}

/** How long a lock that nobody holds takes to be granted. */
const GRANT_MS = 200;

/**
 * The lock files in a folder, and whether a process holds each. What nobody holds is removed if asked, under its lock. Files
 * that are not ours are left out.
 */
export async function lookAtLocks(
  folder: string,
  { removes }: { readonly removes: boolean },
): Promise<{ readonly path: string; readonly isHeld: boolean }[]> {
  const found: { readonly path: string; readonly isHeld: boolean }[] = [];
  for (const { name } of listFolder(folder)) {
    const path = `${folder}/${name}`;
    if (!/^bzfs-lockfile-[0-9a-f]{64}\.lock$/.test(name)) continue;
    try {
      found.push({ path, isHeld: await isHeld(path, removes ? (file) => removeLocked(path, file) : undefined) });
    } catch {
      // It went in the meantime, or is none of ours.
    }
  }
  return found;
}

function lockPath({ folder, identity }: Pick<JobLockOptions, "folder" | "identity">): string {
  return `${folder}/bzfs-lockfile-${sha256Hex(identity)}.lock`;
}

/** A process that is at work. */
export interface LockHolder {
  readonly pid: number;
  readonly ageMs: number;
}

/** Locks that others hold, and that we still wait for, since a wait cannot be given up: one for each, however often it is asked. */
const waits = new Set<string>();

/**
 * True if a process holds the lock of a file. If none does, it is ours for a moment, which is shorter than a run waits for it;
 * `use` is called then.
 */
async function isHeld(path: string, use?: (locked: Deno.FsFile) => void): Promise<boolean> {
  if (ours.has(path) || waits.has(path)) return true;
  const file = openFile(path, { kind: "private", access: "write" });
  waits.add(path);
  const granted = await isLockedWithin(file, GRANT_MS, () => waits.delete(path));
  if (!granted) return true;
  try {
    use?.(file);
  } finally {
    file.close();
    waits.delete(path);
  }
  return false;
}

/**
 * The process that a lock file names, if the lock is held, and the process has lived since the file was written: for those who
 * only look. What a process has left behind that was killed is no lock, and a number that another process has got since is none
 * either.
 */
export async function lockHolder(
  options: Pick<JobLockOptions, "folder" | "identity">,
): Promise<LockHolder | undefined> {
  const path = lockPath(options);
  try {
    const mtime = lookAt(path)?.mtime;
    if (!mtime || !await isHeld(path)) return undefined;
    const writtenMs = systemClock.now() - mtime.getTime();
    const process = await namedProcess(path, new Processes({ log: SILENT_LOGGER }));
    const isOlder = process?.ageMs === undefined || process.ageMs + AGE_SLACK_MS >= writtenMs;
    return process?.pid === undefined || !isOlder ? undefined : { pid: process.pid, ageMs: Math.max(0, writtenMs) };
  } catch {
    return undefined; // not ours, or gone in this moment
  }
}

/** True if there is a lock file at all. */
export function hasLocks(folder: string): boolean {
  try {
    return listFolder(folder).some(({ name }) => name.endsWith(".lock"));
  } catch {
    return false;
  }
}

/** How far the two ways to tell an age may be apart. */
const AGE_SLACK_MS = 5000;

function elapsedMs(sinceNs: number, clock: Clock): number {
  return (clock.monotonicNs() - sinceNs) / 1e6;
}

/**
 * Tries again as long as the file is replaced by others between our opening and our locking. `undefined` if another
 * process keeps the lock.
 */
async function lockFile(path: string, patienceMs: number): Promise<Deno.FsFile | undefined> {
  for (let tries = 0; tries < 100; tries++) {
    const file = openOrCreate(path);
    if (file === undefined) continue;
    if (!await isLockedWithin(file, patienceMs)) return undefined;
    const atPath = lookAt(path);
    if (atPath !== undefined && isSameFile(atPath, file.statSync())) {
      noteHolder(file);
      return file;
    }
    file.close();
  }
  throw new RefusedError(`Cannot lock '${path}': it is replaced all the time`);
}

/** Who holds the lock, for those who find it held: a full disk is no reason not to run. */
function noteHolder(file: Deno.FsFile): void {
  try {
    file.truncateSync();
    writeText(file, `${Deno.pid} since ${new Date().toISOString()}\n`);
  } catch {
    // The lock is ours all the same.
  }
}

/** `undefined` if the file came, went or became another one in the very moment. */
function openOrCreate(path: string): Deno.FsFile | undefined {
  try {
    return lookAt(path) === undefined ? createFile(path) : openFile(path, { kind: "private", access: "write" });
  } catch (error) {
    const isInMotion = error instanceof Deno.errors.NotFound || error instanceof Deno.errors.AlreadyExists ||
      error instanceof ReplacedError;
    if (isInMotion) return undefined;
    throw error;
  }
}

/** A file whose lock is granted too late is closed then, and `onLate` called. */
async function isLockedWithin(file: Deno.FsFile, patienceMs: number, onLate = (): void => {}): Promise<boolean> {
  let granted = false;
  let abandoned = false;
  const lock = file.lock(true).then(() => {
    granted = true;
    if (!abandoned) return;
    file.close();
    onLate();
  });
  await isSettledWithin(lock, patienceMs);
  abandoned = !granted;
  return granted;
}

function heldLock(path: string, file: Deno.FsFile): JobLock {
  let held = true;
  return {
    path,
    release(): void {
      if (!held) return;
      held = false;
      removeLocked(path, file);
      file.close();
      ours.delete(path);
    },
  };
}

/** Removes a file whose lock we hold, unless the path leads to another one by now. */
function removeLocked(path: string, file: Deno.FsFile): void {
  const atPath = lookAt(path);
  if (atPath !== undefined && isSameFile(atPath, file.statSync())) removeFile(path);
}

function busy(path: string, holder: Holder, limitMs: number): BusyError | OverdueError {
  const { pid, ageMs } = holder;
  const facts = [
    ...(ageMs === undefined ? [] : [`since ${formatSpan(ageMs)}`]),
    ...(pid === undefined ? [] : [`process ${pid}`]),
  ].join(", ");
  if (ageMs !== undefined && ageMs > limitMs) {
    return new OverdueError(
      `The same job has been at work for longer than ${formatSpan(limitMs)}, ${facts}, per ${path}`,
      { hint: "See in its log whether it hangs, and end it then; or raise --busy-limit." },
    );
  }
  const text = `Exiting as same previous periodic job is still running without completion yet per ${path}`;
  return new BusyError(text, { hint: facts === "" ? undefined : `It is at work ${facts}.` });
}

/** Who holds the lock of another process. A file that is gone, cut or forged leaves out what it does not prove. */
async function holderOf(path: string, clock: Clock, processes: ProcessLister): Promise<Holder> {
  const mtime = lookAt(path)?.mtime;
  const pid = await namedProcess(path, processes);
  const written = mtime ? clock.now() - mtime.getTime() : undefined;
  const ages = [written, pid?.ageMs].filter((age) => age !== undefined && age >= 0) as number[];
  return { pid: pid?.pid, ageMs: written === undefined || ages.length === 0 ? undefined : Math.min(...ages) };
}

/** The process that the file names, if there is one of that number. */
async function namedProcess(path: string, processes: ProcessLister): Promise<Holder | undefined> {
  let text: string;
  try {
    text = readPrivateFile(path) ?? "";
  } catch {
    return undefined;
  }
  const pid = Number(/^([1-9][0-9]{0,9})\b/.exec(text)?.[1] ?? NaN);
  if (Number.isNaN(pid)) return undefined;
  const signal = AbortSignal.timeout(PS_PATIENCE_MS);
  const listed = await processes.run(["ps", "-o", "etimes=", "-p", String(pid)], { signal }).catch(() => undefined);
  if (listed?.status === 0) return { pid, ageMs: secondsIn(listed.stdout) };
  return (await processes.living([pid])).has(pid) ? { pid } : undefined;
}

/** How long `ps` may take. */
const PS_PATIENCE_MS = 5000;

/** Milliseconds that a process has lived for, from whole seconds that were cut off. */
function secondsIn(text: string): number | undefined {
  const match = /^\s*([0-9]+)\s*$/.exec(text);
  return match === null ? undefined : (Number(match[1]) + 1) * 1000;
}
