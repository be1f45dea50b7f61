/**
 * What stderr of `zfs` and `ssh` means: the only place in the program that reads English.
 *
 * Texts: docs/spec/replication.md §6, §7.4, §12.1. Real samples of each are under `tests/samples/`; a conformance test
 * shows that real ZFS still prints them.
 * @module
 */
import type { Block, Diagnosis, Fault, PartialReceiveFault } from "../model/errors.ts";
import type { UnappliedProperty } from "./world.ts";

const GONE = [
  ": dataset does not exist",
  ": filesystem does not exist",
  ": no such pool",
  "does not have any resumable receive state to abort",
];

/** True if the failure says that what was asked for does not exist. */
export function isGone(stderr: string): boolean {
  return GONE.some((text) => stderr.includes(text)) || stderr.split("\n").some(saysBookmarkIsGone);
}

function saysBookmarkIsGone(line: string): boolean {
  const start = line.indexOf("bookmark '");
  return start >= 0 && line.includes("' does not exist", start + "bookmark '".length);
}

/**
 * Names of the datasets that a listing could not open because they do not exist; `undefined` if stderr also holds
 * anything else, so that the listing as a whole cannot be trusted.
 */
export function goneDatasets(stderr: string): ReadonlySet<string> | undefined {
  const gone = new Set<string>();
  for (const line of stderr.split("\n")) {
    if (line.trim() === "") continue;
    const name = goneName(line.trimEnd());
    if (name === undefined) return undefined;
    gone.add(name);
  }
  return gone;
}

function goneName(line: string): string | undefined {
  for (const reason of ["dataset does not exist", "filesystem does not exist", "no such pool"]) {
    const name = unopened(line, reason);
    if (name !== undefined) return name;
  }
  // A pool may be named once more: cannot open 'pool/a': no such pool 'pool'.
  const again = line.lastIndexOf(" '");
  return line.endsWith("'") ? unopened(line.slice(0, Math.max(0, again)), "no such pool") : undefined;
}

const CANNOT_OPEN = "cannot open '";

/** The name in `cannot open 'NAME': reason`; `undefined` if the line says something else. */
function unopened(line: string, reason: string): string | undefined {
  const end = line.length - reason.length - "': ".length;
  const isSaid = line.startsWith(CANNOT_OPEN) && line.endsWith(`': ${reason}`) && end > CANNOT_OPEN.length;
  return isSaid ? line.slice(CANNOT_OPEN.length, end) : undefined;
}

/**
 * The forms in which libzfs and `zfs` state an error: what they were doing and why that failed (openzfs `zfs_verror`),
 * or what went wrong inside. The last one also finds a line that follows a prompt without a line feed.
 */
const LIBZFS_ERRORS = [
  /^cannot .+: ./,
  /^internal error\b/,
  /: (?:I\/O error|pool I\/O is currently suspended|out of memory)$/,
];

/**
 * The first line by which libzfs states an error; `undefined` if there is none. What ssh, sudo, a login shell or a
 * banner prints has other forms.
 */
export function libzfsError(stderr: string): string | undefined {
  return stderr.split("\n").map((line) => line.trimEnd()).find((line) => LIBZFS_ERRORS.some((form) => form.test(line)));
}

/** Names of datasets, snapshots and bookmarks of which `zfs` says that they do not exist, or cannot. */
export function deniedNames(stderr: string): ReadonlySet<string> {
  const names = stderr.split("\n").map((line) => deniedName(line.trimEnd()));
  return new Set(names.filter((name) => name !== undefined));
}

function deniedName(line: string): string | undefined {
  const name = unopened(line, "dataset does not exist") ?? unopened(line, "name is too long");
  if (name !== undefined) return name;
  // `zfs` looks for a bookmark among those of its dataset, and has other words for what it has not found there.
  const bookmark = unopened(line, "no such pool or dataset");
  return bookmark?.slice(1, -1).includes("#") ? bookmark : undefined;
}

/** What `zfs` says about a name that it could not open; `undefined` if it says nothing about it. */
export function complaintAbout(name: string, stderr: string): string | undefined {
  return stderr.split("\n").find((line) => line.startsWith(`cannot open '${name}': `))?.trimEnd();
}

const CREATED_ANYWAY = [
  "filesystem successfully created, but it may only be mounted by root",
  "filesystem successfully created, but not mounted",
  "dataset already exists",
  "filesystem already exists",
];

/** True if `zfs create` failed but the dataset is there now. */
export function isCreatedAnyway(stderr: string): boolean {
  return CREATED_ANYWAY.some((text) => stderr.includes(text));
}

/** True if `zfs bookmark` failed because the bookmark exists. */
export function isBookmarkExists(stderr: string): boolean {
  return stderr.includes(": bookmark exists");
}

/** Reads what a failure says about a partial receive by the table of docs/spec/replication.md §7.4. */
function partialReceiveOf(stderr: string): PartialReceiveFault {
  const gone = goneForResume(stderr);
  return {
    blocks: isBlockedByOwn(stderr),
    blockers: blockersOf(stderr),
    ...(gone === undefined ? {} : { gone }),
    isSaved: stderr.includes("cannot receive new filesystem stream: checksum mismatch or incomplete stream") &&
      stderr.includes("Partially received snapshot is saved"),
  };
}

function goneForResume(stderr: string): PartialReceiveFault["gone"] {
  const has = (text: string): boolean => stderr.includes(text);
  if (!has("cannot resume send")) return undefined;
  if (has("is no longer the same snapshot used in the initial send")) return "target";
  if (has("used in the initial send no longer exists")) return "target";
  return /incremental source [0-9a-fx]+ no longer exists/.test(stderr) ? "base" : undefined;
}

function isBlockedByOwn(stderr: string): boolean {
  return stderr.includes("cannot receive") && (
    stderr.includes("cannot receive resume stream: incompatible embedded data stream feature with encrypted receive") ||
    stderr.includes('contains partially-complete state from "zfs receive -s"')
  );
}

/** Partial states among the clones that keep a snapshot alive: each has a line, `dataset/%recv`. */
function blockersOf(stderr: string): readonly string[] {
  const has = (text: string): boolean => stderr.includes(text);
  const isDestroy = has("cannot destroy") && has("snapshot has dependent clone") &&
    has("use '-R' to destroy the following dataset");
  const isRollback = has("cannot rollback to") && has("clones of previous snapshots exist") &&
    has("use '-R' to force deletion of the following clones and dependents");
  if (!isDestroy && !isRollback) return [];
  const lines = stderr.split("\n").slice(1, -1);
  return lines.filter((line) => line.endsWith(PARTIAL)).map((line) => line.slice(0, -PARTIAL.length));
}

const PARTIAL = "/%recv";

const BLOCKED: readonly (readonly [Block, RegExp])[] = [
  ["in-use", /^cannot destroy snapshot (.+): (?:dataset is busy|it's being held\b.*)$/s],
  ["in-use", /^cannot destroy '(.+)': (?:dataset is busy|it's being held\b.*)$/s],
  ["cloned", /^cannot destroy snapshot (.+): snapshot is cloned$/s],
  ["cloned", /^cannot destroy '(.+)': snapshot has dependent clones$/s],
];

function blockedSnapshots(stderr: string): ReadonlyMap<string, Block> {
  const snapshots = new Map<string, Block>();
  for (const line of stderr.split("\n")) {
    for (const [block, pattern] of BLOCKED) {
      const name = pattern.exec(line.trimEnd())?.[1];
      if (name?.includes("@")) snapshots.set(name, block);
    }
  }
  return snapshots;
}

const UNAPPLIED = /^cannot receive (\S+) property on .+: (.+)$/;
const MORE_UNAPPLIED = /^\d+ more propert(?:y|ies) could not be set$/;

/**
 * What a successful `zfs receive` says about properties that it could not set or exclude (openzfs `zfs_receive_one`: the
 * data stays, and the status is 0).
 */
export function unappliedProperties(stderr: string): readonly UnappliedProperty[] {
  return stderr.split("\n").map((line) => line.trimEnd()).flatMap((line): UnappliedProperty[] => {
    if (MORE_UNAPPLIED.test(line)) return [{ name: undefined, why: line }];
    const [, name, why] = UNAPPLIED.exec(line) ?? [];
    return name === undefined ? [] : [{ name, why: why! }];
  });
}

const FAULTS: readonly (readonly [Fault, RegExp])[] = [
  ["connection", /^(?:ssh|kex_exchange_identification|client_loop): |^Connection .*(?:closed|reset|timed out)/m],
  ["partial-receive-blocks", /contains partially-complete state/],
  ["token-stale", /cannot resume send/],
  // OpenZFS 2.1 has other words for it where `-s` is given.
  [
    "embedded-blocks",
    /incompatible embedded data stream feature with encrypted receive|kernel modules must be upgraded to receive this/,
  ],
  ["held", /it's being held|snapshot has (?:user )?holds?|holds? exists?/],
  ["has-children", /^cannot destroy '.*': (?:filesystem|volume) has children$/m],
  ["has-clones", /has dependent clones|clones of previous snapshots exist/],
  ["no-space", /out of space|No space left|quota exceeded/],
  ["denied", /permission denied|Permission denied|must be superuser|may not be run/],
  ["read-only", /: (?:pool is read-only|Read-only file system)$/m],
  ["unsupported", /bookmark feature not enabled|: (?:unsupported version or feature|operation not supported)/],
  ["exists", /already exists/],
  ["busy", /dataset is busy|pool is busy/],
];

/** Reads all that the program acts upon when a command has failed. */
export function diagnose(stderr: string): Diagnosis {
  return { fault: faultOf(stderr), blocked: blockedSnapshots(stderr), partialReceive: partialReceiveOf(stderr) };
}

/** Sorts a failure into one of the kinds that the program or its user can act upon. */
function faultOf(stderr: string): Fault {
  for (const [fault, pattern] of FAULTS) if (pattern.test(stderr)) return fault;
  return isGone(stderr) ? "gone" : "unknown";
}

/**
 * Finds processes that send from or receive into `dataset` (docs/spec/replication.md §5.4).
 *
 * @param sendCounts whether a running `zfs send` counts as well
 * @returns whether a command line is that of such a process
 */
export function busyProcess(dataset: string, sendCounts: boolean): (line: string) => boolean {
  const pattern = sendCounts ? TRANSFER : RECEIVE;
  return (line) => (line.endsWith(` ${dataset}`) || line.includes(` ${dataset}@`)) && pattern.test(line);
}

/** True for the command line of a process that sends or receives any dataset. */
export function isTransferProcess(line: string): boolean {
  return TRANSFER.test(line);
}

const [RECEIVE, TRANSFER] = ["receive|recv", "receive|recv|send"].map((verbs) =>
  new RegExp(`^(([^ ]*?/)?(sudo|doas)( +-n)? +)?([^ ]*?/)?zfs (${verbs}) .*$`, "s")
) as [RegExp, RegExp];
