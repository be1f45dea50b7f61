/**
 * A send/receive pipeline as data: the commands, and the host that runs each.
 *
 * Decided in `plan/replication/pipeline.ts`, run by `host/transfer/`.
 * @module
 */
import type { Side } from "./job.ts";

/** What a stage is for. */
export type StageRole = "send" | "compress" | "buffer" | "meter" | "decompress" | "receive";

/** One command of a pipeline. A `meter` appends its stderr to the worker's pv file. */
export interface Stage {
  readonly role: StageRole;
  readonly argv: readonly string[];
}

/** The commands that run on one host. The middle leg, `local`, may have no stages. */
export interface Leg {
  readonly host: Side | "local";
  readonly stages: readonly Stage[];
}

/**
 * From `zfs send` to `zfs receive`.
 *
 * Via `local`, this host joins three legs: source, middle, destination. Otherwise the stream goes past us: `via` is the
 * side whose shell joins the two legs.
 */
export interface Pipeline {
  readonly via: "local" | Side;
  /** The side that the shell of side `via` reaches by an ssh of its own; absent if both are the same host. */
  readonly nested?: Side;
  readonly legs: readonly Leg[];
}
