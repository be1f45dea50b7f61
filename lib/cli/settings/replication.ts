/**
 * Settings of replication: send and receive options, property groups, force and retry policies.
 *
 * Source: docs/spec/cli.md §7, docs/spec/replication.md §8 and §11.
 * @module
 */
import { UsageError } from "../../model/errors.ts";
import { compareNames } from "../../model/text/mod.ts";
import { retryBounds } from "../../model/retry.ts";
import type { ForcePolicy, PropertyGroup, ReplicationPolicy, RetryPolicy } from "../../model/job.ts";
import type { BzfsArguments } from "../parse/bzfs_arguments.ts";
import { plainWord } from "../options/option_string.ts";
import { makePreservedProperties, makeReceiveOptions, makeSendOptions } from "./zfs_options.ts";

/** Makes the settings of sending and receiving; they are checked even if nothing is to be replicated. */
export function makeReplication(parsed: BzfsArguments): ReplicationPolicy {
  const verbosity = parsed.count("--verbose");
  const { send, resume } = makeSendOptions(parsed.text("--zfs-send-program-opts"), verbosity);
  return {
    sendOptions: send,
    resumeSendOptions: resume,
    receiveOptions: makeReceiveOptions(
      parsed.text("--zfs-recv-program-opts"),
      parsed.list("--zfs-recv-program-opt"),
      verbosity,
    ),
    preserveProperties: makePreservedProperties(parsed.list("--preserve-properties")),
    propertyGroups: makePropertyGroups(parsed),
    skipMissingSnapshots: parsed.text("--skip-missing-snapshots"),
    existingData: parsed.text("--existing-data"),
    onConflict: makeOnConflict(parsed),
    followRenames: parsed.text("--follow-renames"),
    emptySelection: parsed.text("--empty-selection"),
    stream: !parsed.flag("--no-stream"),
    resumable: !parsed.flag("--no-resume-recv"),
    createBookmarks: parsed.text("--create-bookmarks"),
    promoteBookmarks: parsed.flag("--promote-bookmarks"),
    bookmarksDemanded: parsed.isGiven("--create-bookmarks"),
    guard: parsed.text("--guard"),
    useBookmarks: !parsed.flag("--no-use-bookmark"),
    estimateSize: !parsed.flag("--no-estimate-send-size"),
    r2r: parsed.text("--r2r"),
    bandwidthLimit: bandwidthLimit(parsed.text("--bwlimit")),
  };
}

/** What a destination is set aside for would be destroyed by force. */
const DESTROYING = [
  "--force",
  "--force-rollback-to-latest-snapshot",
  "--force-rollback-to-latest-common-snapshot",
  "--force-once",
  "--force-destroy-dependents",
] as const;

function makeOnConflict(parsed: BzfsArguments): ReplicationPolicy["onConflict"] {
  const policy = parsed.text("--on-conflict");
  const force = DESTROYING.find((option) => parsed.flag(option));
  if (policy === "stop" || force === undefined) return policy;
  throw new UsageError(`argument --on-conflict: set-aside destroys nothing, ${force} does: not allowed together`, {
    hint: `Leave out one of both`,
  });
}

function bandwidthLimit(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const word = plainWord(text, "--bwlimit");
  if (/^[0-9]+(?:\.[0-9]+)?[kKmMgGtT]?$/.test(word)) return word;
  throw new UsageError(`argument --bwlimit: is no rate: '${word}'`, {
    hint: "A rate is a number of bytes a second, optionally followed by k, m, g or t: 10m",
  });
}

function makePropertyGroups(parsed: BzfsArguments): PropertyGroup[] {
  return (["recv-o", "recv-x", "set"] as const).map((kind) => {
    const option = `--zfs-${kind}` as const;
    return {
      kind,
      targets: targetsOf(parsed.text(`${option}-targets`)),
      sources: sourcesOf(parsed.text(`${option}-sources`), `${option}-sources`),
      includeRegexes: parsed.list(`${option}-include-regex`),
      excludeRegexes: parsed.list(`${option}-exclude-regex`),
      isDemanded: parsed.isGiven(`${option}-include-regex`),
    };
  });
}

function targetsOf(text: "full" | "incremental" | "full+incremental"): PropertyGroup["targets"] {
  const targets = text.split("+");
  return { full: targets.includes("full"), incremental: targets.includes("incremental") };
}

/** Sorted and joined again, so that equal requests look equal. */
function sourcesOf(text: string, option: string): string {
  return plainWord(text, option).split(",").sort(compareNames).join(",");
}

/** What may be destroyed at the destination. */
export function makeForce(parsed: BzfsArguments): ForcePolicy {
  return {
    rollbackToLatest: parsed.flag("--force-rollback-to-latest-snapshot"),
    rollbackToLatestCommon: parsed.flag("--force-rollback-to-latest-common-snapshot"),
    replaceUnrelated: parsed.flag("--force"),
    destroyDependents: parsed.flag("--force-destroy-dependents"),
    unmount: parsed.flag("--force-unmount"),
    once: parsed.flag("--force-once"),
  };
}

/** Bounds of retry loops, brought into order. */
export function makeRetry(parsed: BzfsArguments): RetryPolicy {
  return retryBounds({
    retries: parsed.number("--retries"),
    minSleepSecs: parsed.number("--retry-min-sleep-secs"),
    initialMaxSleepSecs: parsed.number("--retry-initial-max-sleep-secs"),
    maxSleepSecs: parsed.number("--retry-max-sleep-secs"),
    maxElapsedSecs: parsed.number("--retry-max-elapsed-secs"),
  });
}
