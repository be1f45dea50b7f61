/**
 * Where a run writes: log file, pv files, compare results, and the links that lead to the newest run
 * (docs/spec/logging-progress.md §4).
 * @module
 */
import type { ReportPolicy } from "../../model/job.ts";
import { DAY_MS } from "../../model/text/mod.ts";
import {
  createFile,
  lineAppender,
  listFolder,
  lookAt,
  makeFolder,
  privateFolder,
  replaceLink,
} from "../files/files.ts";
import { effectiveUid } from "../node.ts";
import { safeFolder } from "../files/safe_path.ts";
import type { Sink } from "../../report/logger.ts";

/** Folders of `.current` that are older belong to no run that is just starting. */
const CURRENT_LIFETIME_MS = 5000;

/** What decides about the names. */
export interface LogFileOptions {
  readonly report: Pick<ReportPolicy, "logDir" | "filePrefix" | "fileInfix" | "fileSuffix" | "subdir" | "keepMs">;
  /** Home folder from the password file. */
  readonly home: string;
  /** Local time of the start as `YYYY-MM-DD_HH:MM:SS`. */
  readonly timestamp: string;
  /** Eight random characters. */
  readonly randomName: string;
}

/** Names of all that a run writes. */
export interface LogPaths {
  /** `--log-dir` or its default. */
  readonly parent: string;
  /** Folder of this run's files. */
  readonly folder: string;
  /** Name of the files without extension. */
  readonly stem: string;
  readonly log: string;
  /** Folder for the results of comparisons; made when it is needed. */
  readonly compare: string;
  /** Folder for lock files; made when it is needed. */
  readonly locks: string;
  /** Folder of `--cache-snapshots`. */
  readonly cache: string;
}

/** The files of a run, with its log open. */
export interface LogFiles extends LogPaths {
  /** Appends whole lines to the log. Throws what the system says. */
  append(text: string): void;
  close(): void;
}

/** Length of the timestamp's part that names the folder. */
const SUBDIR_LENGTH: Readonly<Record<ReportPolicy["subdir"], number>> = { daily: 10, hourly: 13, minutely: 16 };

/** Computes all names. */
export function logPaths(options: LogFileOptions): LogPaths {
  const { report, timestamp } = options;
  const parent = report.logDir ?? `${options.home}/bzfs-logs`;
  const folder = `${parent}/${timestamp.slice(0, SUBDIR_LENGTH[report.subdir])}`;
  const stem = `${report.filePrefix}${timestamp}${report.fileInfix}${report.fileSuffix}-${options.randomName}`;
  return {
    parent,
    folder,
    stem,
    log: `${folder}/${stem}.log`,
    compare: `${folder}/${stem}.cmp`,
    locks: `${parent}/.locks`,
    cache: `${parent}/.cache`,
  };
}

/** The pv file of a worker; worker 0 also stands for work without workers. */
export function pvPath(paths: LogPaths, worker: number): string {
  const suffix = worker === 0 ? "" : `_${String(worker).padStart(4, "0")}`;
  return `${paths.folder}/${paths.stem}.pv${suffix}`;
}

/** Makes folders, log file and links. Throws `RefusedError` if a folder is not private, or others can replace it. */
export function openLogFiles(options: LogFileOptions): LogFiles {
  const paths = logPaths(options);
  safeFolder(paths.parent);
  privateFolder(paths.folder);
  const file = createFile(paths.log);
  try {
    privateFolder(paths.cache);
    makeCurrent(paths);
    removeOldFolders(paths, options);
  } catch (error) {
    file.close();
    throw error;
  }
  return { ...paths, append: lineAppender(file), close: () => file.close() };
}

/**
 * Appends records, unpadded, and status lines, which end in CR. The first time that `append` throws (the disk is full),
 * `onFailure` is called; later records are tried again.
 */
export function logFileSink(append: (text: string) => void, onFailure: (error: unknown) => void = () => {}): Sink {
  let hasFailed = false;
  const attempt = (text: string): void => {
    try {
      append(text);
    } catch (error) {
      if (hasFailed) return;
      hasFailed = true;
      onFailure(error);
    }
  };
  return { write: (text) => attempt(`${text}\n`), status: (line) => attempt(`${line}\r`) };
}

/**
 * Makes `current` lead to this run, and sweeps out what led to others. That others do the same at the same time is no
 * reason not to run (docs/spec/logging-progress.md §4: races are ignored).
 */
function makeCurrent(paths: LogPaths): void {
  const all = `${paths.parent}/.current`;
  privateFolder(all);
  try {
    link(paths, all);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return; // somebody has swept out our folder, whose own links now are the newest
  }
  const now = lookAt(`${all}/${paths.stem}`)?.mtime?.getTime() ?? 0;
  for (const { name } of listFolder(all)) {
    if (name !== paths.stem) sweep(`${all}/${name}`, now);
  }
}

function link(paths: LogPaths, all: string): void {
  const own = `${all}/${paths.stem}`;
  makeFolder(own);
  const folder = `../../${paths.folder.slice(paths.parent.length + 1)}`;
  Deno.symlinkSync(`${folder}/${paths.stem}.log`, `${own}/current.log`);
  Deno.symlinkSync(`${folder}/${paths.stem}.pv`, `${own}/current.pv`);
  Deno.symlinkSync(folder, `${own}/current.dir`);
  replaceLink(`.current/${paths.stem}`, `${paths.parent}/current`, paths.stem);
}

/** @param now by the clock of the file system, which need not be ours: the time of our own folder */
function sweep(path: string, now: number): void {
  const made = lookAt(path)?.mtime?.getTime();
  if (made === undefined || now - made < CURRENT_LIFETIME_MS) return;
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound) && codeOf(error) !== "ENOTEMPTY") throw error;
  }
}

/** Names that {@linkcode SUBDIR_LENGTH} makes of a time. */
const FOLDER_NAME = /^\d{4}-\d\d-\d\d(?:_\d\d(?::\d\d)?)?$/;

/**
 * Removes folders of logs that are named after a time that is long ago, by the clock that names them. Only whole folders of
 * ours, in which nothing was written since. What cannot be removed stays: no run fails of it.
 */
function removeOldFolders(paths: LogPaths, { report: { keepMs }, timestamp }: LogFileOptions): void {
  if (keepMs === Infinity) return;
  const oldestMs = timeOfName(timestamp) - keepMs;
  const oldestWritten = Date.now() - keepMs;
  for (const { name, isDirectory } of listFolder(paths.parent)) {
    const path = `${paths.parent}/${name}`;
    if (!isDirectory || !FOLDER_NAME.test(name) || path === paths.folder || timeOfName(name) + DAY_MS > oldestMs) {
      continue;
    }
    try {
      if (lookAt(path)?.uid !== effectiveUid() || isWrittenAfter(path, oldestWritten)) continue;
      Deno.removeSync(path, { recursive: true });
    } catch {
      // Somebody else removes it, too, or it cannot be removed.
    }
  }
}

/** Milliseconds of `YYYY-MM-DD…` as if it were UTC: for differences in days. */
function timeOfName(name: string): number {
  return Date.parse(`${name.slice(0, 10)}T00:00:00Z`);
}

function isWrittenAfter(folder: string, ms: number): boolean {
  return listFolder(folder).some(({ name }) => (lookAt(`${folder}/${name}`)?.mtime?.getTime() ?? 0) > ms);
}

function codeOf(error: unknown): string | undefined {
  return (error as { readonly code?: string }).code;
}
