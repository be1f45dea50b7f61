/**
 * Checks of pools.
 * @module
 */
import type { RootTask } from "../../model/checkup.ts";
import { DAY_MS } from "../../model/text/mod.ts";
import { type Check, eachPool, fail, ok, orOk, warn } from "./check.ts";

/** Percent of a pool that may be full. */
const FULL_WARN = 85;
const FULL_FAIL = 96;

/** How old the last scrub may be. */
const SCRUB_DAYS = 45;

/** Features by the side that needs them, and what is lost without. */
const FEATURES: readonly (readonly [name: string, RootTask["side"] | "both", string])[] = [
  ["bookmark_v2", "src", "bookmarks cannot stand for snapshots of encrypted datasets"],
  ["bookmark_written", "src", "bookmarks cannot be made from bookmarks"],
  ["extensible_dataset", "dst", "interrupted transfers begin anew"],
  ["large_blocks", "both", "blocks of more than 128 KiB are split on their way"],
  ["embedded_data", "dst", "streams with embedded blocks are refused"],
];

/** Checks of pools. */
export const POOL_CHECKS: readonly Check[] = [
  {
    id: "pool-imported",
    about: "each pool is imported",
    meaning: "A pool on a drive that may be away (`removable: true`) is fine without.",
    examine: eachPool(({ name, pool, roots }) => {
      if (pool.failure === undefined) return ok();
      if (roots.every(({ isRemovable }) => isRemovable)) return ok(`pool ${name} is away`);
      // Without its mounts: those of a pool of copies may stand over what this host needs.
      const unmounted = roots.some(({ side }) => side === "src") ? [] : ["-N"];
      return fail(`pool ${name} is not imported: ${pool.failure}`, "zpool", "import", ...unmounted, name);
    }, true),
  },
  {
    id: "pool-health",
    about: "each pool is ONLINE",
    meaning:
      "`zpool status -v` tells which disk is at fault. A suspended pool goes on with `zpool clear` once its disks " +
      "are back.",
    examine: eachPool(({ name, pool: { properties } }) => {
      const health = properties.get("health");
      if (health === undefined) return undefined;
      if (health === "ONLINE") return ok(`pool ${name} ONLINE`);
      if (health === "DEGRADED") return warn(`pool ${name} is DEGRADED: see zpool status -v ${name}`);
      if (health === "SUSPENDED") return fail(`pool ${name} is SUSPENDED`, "zpool", "clear", name);
      return fail(`pool ${name} is ${health}: see zpool status -v ${name}`);
    }),
  },
  {
    id: "pool-writable",
    about: "no pool in which the job changes something is imported read-only",
    meaning:
      "Nothing can be received, created or pruned in such a pool. Somebody may have imported it so on purpose: to " +
      "rescue it, or below another root. Who knows why can export it, and import it as it was, without `readonly=on`.",
    examine: eachPool(({ name, pool: { properties }, roots }) => {
      const isReadonly = properties.get("readonly");
      if (isReadonly === undefined) return undefined;
      const changes = roots.some(({ permissions }) => permissions.some((word) => word !== "send"));
      if (isReadonly === "off" || !changes) return ok();
      return warn(`pool ${name} is imported read-only: nothing can be changed in it`);
    }),
  },
  {
    id: "capacity",
    about: `each pool is less than ${FULL_WARN} % full`,
    meaning: "A full pool is slow, and takes neither snapshots nor streams. Keep less in the plans, or add disks.",
    examine: eachPool(({ name, pool: { properties } }) => {
      const text = properties.get("capacity");
      if (text === undefined || !/^\d{1,3}%?$/.test(text)) return undefined;
      const percent = parseInt(text, 10);
      const full = `pool ${name} is ${percent} % full`;
      if (percent >= FULL_FAIL) return fail(full);
      return percent >= FULL_WARN ? warn(full) : ok(`${percent} % full`);
    }),
  },
  {
    id: "scrub",
    about: `the last scrub of each pool is not older than ${SCRUB_DAYS} days`,
    meaning: "Damage that no scrub finds is found by the restore.",
    examine: eachPool(({ name, pool: { scrubbed } }, { nowMs }) => {
      if (scrubbed === undefined) return undefined;
      if (scrubbed === "never") return warn(`pool ${name} was never scrubbed`, "zpool", "scrub", name);
      if (scrubbed === "running") return ok();
      const days = Math.floor((nowMs - scrubbed) / DAY_MS);
      if (days <= SCRUB_DAYS) return ok();
      return warn(`the last scrub of pool ${name} is ${days} days old`, "zpool", "scrub", name);
    }),
  },
  {
    id: "pool-errors",
    about: "no pool knows of data that is lost",
    meaning: "`zpool status -v` names the files: bring them back from the other side, or destroy them, and scrub.",
    examine: eachPool(({ name, pool: { scrubbed, errors } }) => {
      if (errors !== undefined) return fail(`pool ${name}: ${errors}: see zpool status -v ${name}`);
      return scrubbed === undefined ? undefined : ok();
    }),
  },
  {
    id: "features",
    about: "each pool has the features that its side of a replication uses",
    meaning:
      "`zpool set feature@NAME=enabled POOL` enables one. It cannot be disabled again: older hosts and boot loaders " +
      "may then not read the pool.",
    examine: eachPool(({ name, pool: { properties }, roots }) => {
      if (!properties.has("guid")) return undefined;
      const sides = new Set(roots.map(({ side }) => side));
      const isMissing = (feature: string): boolean =>
        !["active", "enabled"].includes(properties.get(`feature@${feature}`) ?? "");
      const missing = FEATURES.filter(([feature, side]) => (side === "both" || sides.has(side)) && isMissing(feature));
      return orOk(
        missing.map(([feature, , lost]) => warn(`pool ${name} lacks ${feature}: ${lost}`)),
      );
    }),
  },
  {
    id: "delegation",
    about: "pools let users other than root do what `zfs allow` grants",
    meaning: "Only where commands run as they are (`--no-privilege-elevation`).",
    examine: eachPool(({ name, pool: { properties }, host }, { job: { elevation } }) => {
      if ((host.system?.uid ?? 0) === 0 || elevation !== undefined) return undefined;
      return properties.get("delegation") === "off"
        ? fail(`pool ${name} has delegation=off`, "zpool", "set", "delegation=on", name)
        : ok();
    }),
  },
];
