/**
 * Keeps what a run of the job runner leaves behind for `bzfs status`: in the state folder, one file for each action.
 *
 * Whatever goes wrong with that is no failure of the run: it is told once, and `bzfs status` says itself that it knows
 * nothing newer. Source: docs/spec/status.md §5.
 * @module
 */
import type { JobrunnerArguments } from "../../cli/jobrunner/mod.ts";
import { lockJob, lookAtState, stateFiles, stateNames } from "../../host/files/mod.ts";
import { sha256Hex } from "../../host/node.ts";
import { absolutePath } from "../../host/process/mod.ts";
import { systemClock } from "../../host/system.ts";
import { messageOf } from "../../model/errors.ts";
import type { FleetAction } from "../../model/fleet.ts";
import type { Logger } from "../../model/log.ts";
import type { ActionState } from "../../model/status/mod.ts";
import type { UnreadableState } from "../../plan/status/mod.ts";
import type { FleetEvent, Recorder } from "../../report/events.ts";
import { readState, StateFold } from "../../report/status/mod.ts";
import { jsonOf } from "../../report/visible.ts";
import { uniqueName } from "../fleet_preparation.ts";

/** Whose state it is. */
export interface StateOwner {
  readonly jobId: string;
  /** Path of the job file: two files may have the same `job-id`. */
  readonly jobFile: string;
  /** Name of this host in the job file. */
  readonly host: string;
  /** Below it are locks and state. */
  readonly logFolder: string;
}

/** How long to wait for another run that writes the same file. */
const PATIENCE_MS = 10_000;

function stateFolder({ logFolder }: StateOwner): string {
  return `${logFolder}/.cache/state`;
}

/** The same for runs of one job, whatever their host is called. */
function jobPrefix(action: FleetAction, { jobId, jobFile }: StateOwner): string {
  // Without `.`, `..` and double slashes; links stay, since what they lead to may be another file after each update.
  const path = new URL("file:///");
  path.pathname = absolutePath(jobFile).replaceAll(/\/+/g, "/");
  return `${action}-${sha256Hex(JSON.stringify([jobId, path.pathname])).slice(0, 16)}-`;
}

function fileName(action: FleetAction, owner: StateOwner): string {
  return `${jobPrefix(action, owner)}${sha256Hex(owner.host).slice(0, 16)}.json`;
}

/** True if runs of this job have left something behind here under another name of this host. */
export function hasRunElsewhere(owner: StateOwner): boolean {
  const names = stateNames(stateFolder(owner)).filter((name) => name.endsWith(".json"));
  return KEPT_ACTIONS.some((action) =>
    names.some((name) => name.startsWith(jobPrefix(action, owner)) && name !== fileName(action, owner))
  );
}

/** What is known of an action; `why` = there is something that cannot be used, and when it was written. */
export type KnownState = ActionState | UnreadableState | undefined;

/** Reads the state of an action. */
export function readActionState(action: FleetAction, owner: StateOwner): KnownState {
  const found = lookAtState(stateFolder(owner), fileName(action, owner));
  if (found.kind === "absent") return undefined;
  if (found.kind === "unusable") return { why: found.why };
  const state = readState(found.text);
  const isOurs = state?.action === action && state.jobId === owner.jobId && state.host === owner.host;
  if (isOurs) return state;
  const why = `${stateFolder(owner)}/${fileName(action, owner)} is not what a run has written`;
  return { why, writtenAtMs: found.writtenAtMs };
}

/** Takes the events of a run, and keeps at its end what they amount to; of daemons also while it goes on. */
export class StateKeeper implements Recorder<FleetEvent> {
  readonly isWanted: boolean;
  readonly #fold: StateFold;
  readonly #owner: StateOwner;
  readonly #log: Logger;
  /** One write after the other. */
  #written = Promise.resolve();
  #hasComplained = false;

  /** @param isWanted events of processes of their own are wanted, too */
  constructor(actions: readonly FleetAction[], owner: StateOwner, log: Logger, isWanted: boolean) {
    this.#owner = owner;
    this.#fold = new StateFold({ ...owner, actions }, instant());
    this.#log = log;
    this.isWanted = isWanted;
  }

  record(event: FleetEvent): void {
    const action = this.#fold.add(instant(), event);
    // Of what only monitors nothing is kept.
    if (action === undefined || !this.#fold.actions.includes(action)) return;
    const write = (): Promise<void> =>
      this.#write(action, (before, now) => this.#fold.stateOfRounds(action, before, now));
    this.#written = this.#written.then(write);
  }

  /** Writes what is to be kept. Never throws; tells once what went wrong. */
  async keep(): Promise<void> {
    await this.#written;
    for (const action of this.#fold.actions) {
      await this.#write(action, (before, now) => this.#fold.stateOf(action, before, now));
    }
  }

  async #write(
    action: FleetAction,
    stateAfter: (before: ActionState | "lost" | undefined, now: string) => ActionState | undefined,
  ): Promise<void> {
    const folder = stateFolder(this.#owner);
    try {
      const files = stateFiles(folder, uniqueName);
      const name = fileName(action, this.#owner);
      const identity = `state ${folder}/${name}`;
      const lock = await lockJob({ folder: `${this.#owner.logFolder}/.locks`, identity, patienceMs: PATIENCE_MS });
      try {
        const before = readActionState(action, this.#owner);
        const now = instant();
        const state = stateAfter(before !== undefined && "why" in before ? "lost" : before, now);
        if (state === undefined) return;
        if (!files.write(name, `${jsonOf(state)}\n`)) throw new Error(`cannot write ${folder}/${name}`);
        this.#fold.settle(action, now);
      } finally {
        lock.release();
      }
    } catch (error) {
      if (!this.#hasComplained) this.#log.log("WARN", "", `Cannot keep the state for bzfs status: ${messageOf(error)}`);
      this.#hasComplained = true;
    }
  }
}

/** What is kept of a run that does something; `undefined` if it only monitors. */
export function makeStateKeeper(
  args: JobrunnerArguments,
  log: Logger,
  { logFolder, hostname }: { readonly logFolder: string; readonly hostname: string },
): StateKeeper | undefined {
  const actions = KEPT_ACTIONS.filter((action) => args.valueOf(`--${action}`) === true);
  if (actions.length === 0) return undefined;
  const [jobId = "", jobFile = "", host = hostname] = ["--job-id", "--config", "--localhost"].map((name) =>
    args.text(name as "--config")
  );
  return new StateKeeper(actions, { jobId, jobFile, host, logFolder }, log, args.flag("--spawn-process-per-job"));
}

/** Actions of which a state is kept: what monitoring finds, `bzfs status` finds itself. */
export const KEPT_ACTIONS = [
  "create-src-snapshots",
  "replicate",
  "prune-src-snapshots",
  "prune-src-bookmarks",
  "prune-dst-snapshots",
] as const satisfies readonly FleetAction[];

function instant(): string {
  return new Date(systemClock.now()).toISOString();
}
