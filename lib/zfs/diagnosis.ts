/**
 * What stderr of `zfs` and `ssh` means: the only place in the program that reads English.
 *
 * Texts: docs/spec/replication.md §6, §7.4, §12.1. Real samples of each are under `tests/samples/`; a conformance test
 * shows that real ZFS still prints them.
 * @module
 */
import type { Fault } from "../model/errors.ts";

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
 * The forms in which libzfs and `zfs` tell an error: what they were doing and why that failed (openzfs `zfs_verror`),
 * or what went wrong inside. The last one also finds a line that follows a prompt without a line feed.
 */
const LIBZFS_ERRORS = [
  /^cannot .+: ./,
  /^internal error\b/,
  /: (?:I\/O error|pool I\/O is currently suspended|out of memory)$/,
];

/**
 * The first line by which libzfs tells an error; `undefined` if there is none. What ssh, sudo, a login shell or a
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

/** What a failure says about partially received state of the destination. */
export interface ReceiveStateVerdict {
  /**
   * Why the partial state must be aborted before anything else can work; absent if it need not. `blocked`: the destination
   * says that it is in the way. `target-gone`, `base-gone`: the sender says that the snapshot to be received, or its base, is
   * no more; it looks for them by iterations, which end early without a word.
   */
  readonly clear?: "blocked" | "target-gone" | "base-gone";
  /** The first retry may be made at once. */
  readonly retryAtOnce: boolean;
}

/** Reads a failure that concerns `dataset` by the table of docs/spec/replication.md §7.4. */
export function receiveStateVerdict(stderr: string, dataset: string): ReceiveStateVerdict {
  const clear = reasonToClear(stderr, dataset);
  if (clear !== undefined) return { clear, retryAtOnce: true };
  const saved = stderr.includes("cannot receive new filesystem stream: checksum mismatch or incomplete stream") &&
    stderr.includes("Partially received snapshot is saved");
  return { retryAtOnce: saved };
}

function reasonToClear(stderr: string, dataset: string): ReceiveStateVerdict["clear"] {
  if (isBlocked(stderr, dataset)) return "blocked";
  const has = (text: string): boolean => stderr.includes(text);
  if (!has("cannot resume send")) return undefined;
  if (has("is no longer the same snapshot used in the initial send")) return "target-gone";
  if (has("used in the initial send no longer exists")) return "target-gone";
  return /incremental source [0-9a-fx]+ no longer exists/.test(stderr) ? "base-gone" : undefined;
}

function isBlocked(stderr: string, dataset: string): boolean {
  const has = (text: string): boolean => stderr.includes(text);
  if (has("cannot receive")) {
    if (has("cannot receive resume stream: incompatible embedded data stream feature with encrypted receive")) {
      return true;
    }
    if (has('contains partially-complete state from "zfs receive -s"')) return true;
  }
  const namesPartialState = stderr.includes(`\n${dataset}/%recv\n`);
  if (
    has("cannot destroy") && has("snapshot has dependent clone") &&
    has("use '-R' to destroy the following dataset") && namesPartialState
  ) return true;
  return has("cannot rollback to") && has("clones of previous snapshots exist") &&
    has("use '-R' to force deletion of the following clones and dependents") && namesPartialState;
}

/** Why a snapshot cannot be destroyed: it has clones, or is held or busy. */
export type Block = "cloned" | "in-use";

const BLOCKED: readonly (readonly [Block, RegExp])[] = [
  ["in-use", /^cannot destroy snapshot (.+): (?:dataset is busy|it's being held\b.*)$/s],
  ["in-use", /^cannot destroy '(.+)': (?:dataset is busy|it's being held\b.*)$/s],
  ["cloned", /^cannot destroy snapshot (.+): snapshot is cloned$/s],
  ["cloned", /^cannot destroy '(.+)': snapshot has dependent clones$/s],
];

/**
 * Tags of the snapshots that kept a `zfs destroy` of several snapshots of `dataset` from destroying any: they are held,
 * busy or cloned. None if it failed for another reason. ZFS may name only the first of them.
 */
export function blockedTags(stderr: string, dataset: string): ReadonlyMap<string, Block> {
  const tags = new Map<string, Block>();
  for (const line of stderr.split("\n")) {
    for (const [block, pattern] of BLOCKED) {
      const name = pattern.exec(line.trimEnd())?.[1];
      if (name?.startsWith(`${dataset}@`)) tags.set(name.slice(dataset.length + 1), block);
    }
  }
  return tags;
}

const FAULTS: readonly (readonly [Fault, RegExp])[] = [
  ["connection", /^(?:ssh|kex_exchange_identification|client_loop): |^Connection .*(?:closed|reset|timed out)/m],
  ["partial-receive-blocks", /contains partially-complete state/],
  ["token-stale", /cannot resume send/],
  ["held", /it's being held|snapshot has (?:user )?holds?|holds? exists?/],
  ["has-children", /^cannot destroy '.*': (?:filesystem|volume) has children$/m],
  ["has-clones", /has dependent clones|clones of previous snapshots exist/],
  ["no-space", /out of space|No space left|quota exceeded/],
  ["denied", /permission denied|Permission denied|must be superuser|may not be run/],
  ["exists", /already exists/],
  ["busy", /dataset is busy|pool is busy/],
];

/** Sorts a failure into one of the kinds that the program or its user can act upon. */
export function faultOf(stderr: string): Fault {
  for (const [fault, pattern] of FAULTS) if (pattern.test(stderr)) return fault;
  return isGone(stderr) ? "gone" : "unknown";
}

/** False if a process has nothing to do with {@linkcode isBusy}, whatever the dataset. */
export function mayBeBusy(process: string): boolean {
  return process.includes("zfs ");
}

/**
 * True if a process of the list sends from or receives into `dataset` (docs/spec/replication.md §5.4).
 *
 * @param sendCounts whether a running `zfs send` counts as well
 */
export function isBusy(processes: readonly string[], dataset: string, sendCounts: boolean): boolean {
  const verbs = sendCounts ? "receive|recv|send" : "receive|recv";
  const pattern = new RegExp(`^(([^ ]*?/)?(sudo|doas)( +-n)? +)?([^ ]*?/)?zfs (${verbs}) .*$`, "s");
  return processes.some((line) =>
    (line.endsWith(` ${dataset}`) || line.includes(` ${dataset}@`)) && pattern.test(line)
  );
}
