/** Which stages a send/receive pipeline has on which host (spec/replication.md chapter 10). */

/** What a stage is for. */
export type StageRole = "send" | "compress" | "buffer" | "meter" | "decompress" | "receive";

/** One command of a pipeline. */
export interface Stage {
  readonly role: StageRole;
  readonly argv: readonly string[];
}

/** The commands that run on one host. */
export interface Leg {
  readonly host: "src" | "dst" | "local";
  readonly stages: readonly Stage[];
}

/** From `zfs send` to `zfs receive`; `via` tells which host joins the legs. */
export interface Pipeline {
  readonly via: "local" | "src" | "dst";
  readonly legs: readonly Leg[];
}
