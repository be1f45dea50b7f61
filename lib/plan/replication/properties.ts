/**
 * Options of `zfs receive` that concern properties: what to copy, what to block, what a volume cannot take.
 *
 * Source: docs/spec/replication.md §8. Each group sees only its own selection (docs/spec/replication.md §8).
 * @module
 */
import { RefusedError } from "../../model/errors.ts";
import { compareNames } from "../../model/text/mod.ts";
import { literalsIn, type Pattern } from "../../model/regex/regex.ts";
import { type Capabilities, zfsAtLeast } from "../../model/capabilities.ts";
import type { PropertyGroup, ReplicationPolicy } from "../../model/job.ts";

/** Part of a replication to which a property group applies: the first full send, or everything after it. */
export type ReceivePhase = "full" | "incremental";

/** Options and their place: what a step's `zfs receive` gets, and what `zfs set` does after the last step. */
export interface ReceiveProperties {
  /** Words between `zfs receive` and the dataset. */
  readonly options: readonly string[];
  /** Items `name=value` for `zfs set`. */
  readonly assignments: readonly string[];
  /** Names that the user wants to be set or excluded by options: it is a failure if one of them is not. */
  readonly demanded: ReadonlySet<string>;
}

/** A property that a group selected. `value` is the source's. */
export interface SelectedProperty {
  readonly name: string;
  readonly value: string;
}

/** What one group selected. */
export interface GroupSelection {
  readonly kind: PropertyGroup["kind"];
  readonly isDemanded: boolean;
  readonly properties: readonly SelectedProperty[];
}

/** True if the group takes part in this phase. */
export function isGroupActive(group: PropertyGroup, phase: ReceivePhase): boolean {
  return group.includeRegexes.length > 0 && group.targets[phase];
}

/** Names that match at least one include and no exclude pattern. */
export function selectNames(
  names: readonly string[],
  includes: readonly Pattern[],
  excludes: readonly Pattern[],
): string[] {
  return names.filter((name) =>
    includes.some((pattern) => pattern.matches(name)) && !excludes.some((pattern) => pattern.matches(name))
  );
}

/**
 * Names that patterns of exclusions name in full. They are excluded from a stream whether or not the source says that
 * it has them, since the source writes the stream.
 */
export function namedExclusions(includes: readonly string[], excludes: readonly Pattern[]): string[] {
  const names = new Set(includes.flatMap(literalsIn).filter((name) => /^[a-z0-9][a-z0-9:+._-]*$/i.test(name)));
  return [...names].filter((name) => !excludes.some((pattern) => pattern.matches(name)));
}

/** Parameters of encryption that `zfs receive` does not let be excluded from raw streams of encrypted datasets. */
const FIXED_IN_RAW = new Set(["encryption", "keyformat", "pbkdf2iters"]);

/** True if one of the names cannot be excluded from raw streams of encrypted datasets. */
export function hasFixedInRaw(names: readonly string[]): boolean {
  return names.some((name) => FIXED_IN_RAW.has(name));
}

/**
 * Sorts names by whether `zfs receive -x` takes them: it refuses what the destination does not know or cannot set.
 *
 * @param settable properties of the destination that can be set, user properties aside
 * @param isFixed whether the stream is raw and the dataset encrypted
 */
export function sortExclusions(
  names: readonly string[],
  settable: ReadonlySet<string>,
  isFixed: boolean,
): { readonly accepted: readonly string[]; readonly unknown: readonly string[] } {
  const isKnown = (name: string): boolean => name.includes(":") || settable.has(name);
  return {
    accepted: names.filter((name) => isKnown(name) && !(isFixed && FIXED_IN_RAW.has(name))),
    unknown: names.filter((name) => !isKnown(name) && !NEVER.has(name)),
  };
}

/** Inputs of {@linkcode receiveProperties}. */
export interface ReceivePropertiesInput {
  readonly policy: Pick<ReplicationPolicy, "receiveOptions" | "preserveProperties">;
  /** Add `-s`. */
  readonly resumable: boolean;
  readonly destination: Capabilities;
  readonly type: "filesystem" | "volume";
  /** What each active group selected, in the order of the groups. */
  readonly selections: readonly GroupSelection[];
}

/** Puts the options of one phase together. Throws {@linkcode RefusedError} for a value that cannot be copied. */
export function receiveProperties(input: ReceivePropertiesInput): ReceiveProperties {
  const options = [...input.policy.receiveOptions, ...(input.resumable ? ["-s"] : [])];
  const named = propertyNamesIn(input.policy.receiveOptions);
  const preserved = new Set(input.policy.preserveProperties);
  if (zfsAtLeast(input.destination, 2, 2, 0)) {
    for (const name of [...preserved].sort(compareNames)) {
      if (!named.has(name)) options.push("-x", name);
    }
    for (const name of preserved) named.add(name);
  }
  const demanded = new Set(named);
  const assignments: string[] = [];
  for (const { kind, isDemanded, properties } of input.selections) {
    for (const { name, value } of [...properties].sort((a, b) => compareNames(a.name, b.name))) {
      if (kind === "set") {
        assignments.push(assignment(name, value));
      } else if (!named.has(name) && (kind === "recv-x" || !preserved.has(name))) {
        options.push(...(kind === "recv-x" ? ["-x", name] : ["-o", assignment(name, value)]));
        named.add(name);
        if (isDemanded) demanded.add(name);
      }
    }
  }
  return { options: withoutUnsettable(options, input.type), assignments, demanded };
}

/** What was no UTF-8 became U+FFFD when it was read: better no copy of a property than a damaged one. */
function assignment(name: string, value: string): string {
  if (!value.includes("\ufffd")) return `${name}=${value}`;
  throw new RefusedError(`Cannot copy property '${name}' because its value is not UTF-8`, {
    hint: "Leave it out with --zfs-recv-o-exclude-regex or --zfs-set-exclude-regex",
  });
}

/**
 * Refuses `--preserve-properties` where the destination would get the source's properties all the same: its ZFS is too
 * old to be told `-x`, and the stream carries them. Throws {@linkcode RefusedError}.
 */
export function checkPreservation(
  policy: Pick<ReplicationPolicy, "sendOptions" | "preserveProperties">,
  destination: Capabilities,
): void {
  const sendsProperties = policy.sendOptions.some((word) => word === "--props" || /^-[^-]*p/.test(word));
  if (policy.preserveProperties.length === 0 || !sendsProperties || zfsAtLeast(destination, 2, 2, 0)) return;
  throw new RefusedError(
    "Cowardly refusing to proceed as --preserve-properties is unreliable on destination ZFS < 2.2.0 when using " +
      "'zfs send --props'",
    { hint: "Leave --props and -p out of --zfs-send-program-opts, or upgrade ZFS on the destination host" },
  );
}

/** Names that the user's own options set or block already. */
function propertyNamesIn(options: readonly string[]): Set<string> {
  const names = new Set<string>();
  for (let i = 0; i + 1 < options.length; i++) {
    if (options[i] === "-o" || options[i] === "-x") names.add(options[++i]!.split("=", 1)[0]!);
  }
  return names;
}

const NEVER = new Set(["casesensitivity", "normalization", "utf8only", "volblocksize", "volsize"]);
const NOT_ON_VOLUMES = new Set(
  ("aclinherit aclmode acltype atime canmount devices mountpoint overlay recordsize relatime sharenfs sharesmb " +
    "snapdir xattr").split(" "),
);

/**
 * Removes the pairs `-o name=value` and `-x name` that `zfs receive` rejects for this type of dataset, the user's own
 * among them. A trailing `-o` or `-x` without argument is left alone.
 */
export function withoutUnsettable(options: readonly string[], type: "filesystem" | "volume"): string[] {
  const kept: string[] = [];
  for (let i = 0; i < options.length; i++) {
    const word = options[i]!;
    const argument = options[i + 1];
    if ((word !== "-o" && word !== "-x") || argument === undefined) {
      kept.push(word);
      continue;
    }
    i++;
    const name = argument.split("=", 1)[0]!;
    const rejected = NEVER.has(name) || (type === "volume" && word === "-o" && NOT_ON_VOLUMES.has(name));
    if (!rejected) kept.push(word, argument);
  }
  return kept;
}
