/**
 * Wearers of the door: a world that only says what it would do.
 *
 * A dry run is not a flag that the engine carries around; it is another world (docs/decisions.md). `zfs destroy` of
 * snapshots alone is run, with `-n`, since ZFS then says what would be reclaimed (docs/spec/cli.md §7.5).
 * @module
 */
import type { DryRun } from "../model/job.ts";
import type { Logger } from "../model/log.ts";
import type { TransferOptions, World, Zfs } from "./world.ts";
import type { Pipeline } from "../model/pipeline.ts";

/**
 * A world in which nothing changes. With `send` no pipeline runs; with `recv` pipelines run, and whoever makes them
 * gives `-n` to `zfs receive`.
 */
export function dryRun(world: World, kind: Exclude<DryRun, "off">, log: Logger): World {
  return {
    source: dryZfs(world.source, log),
    destination: dryZfs(world.destination, log),
    clock: world.clock,
    random: world.random,
    transfer: (pipeline: Pipeline, options: TransferOptions) =>
      world.transfer(pipeline, { ...options, suppress: options.suppress || kind === "send" }),
  };
}

function dryZfs(zfs: Zfs, log: Logger): Zfs {
  return withApply(zfs, (action, options = {}) => {
    if (action.kind === "destroy-snapshots" && action.standsInDryRun !== true) {
      return zfs.apply({ ...action, simulate: true }, options);
    }
    for (const line of zfs.describe(action)) log.log("DEBUG", "Would execute: ", line);
    return Promise.resolve({});
  });
}

/** The same pools, changed in another way. */
export function withApply(zfs: Zfs, apply: Zfs["apply"]): Zfs {
  return new Proxy(zfs, {
    get(target, name): unknown {
      const member: unknown = name === "apply" ? apply : Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}
