import { sha256 } from "../../lib/host/node.ts";
import type { Dataset } from "../../lib/model/dataset.ts";
import { type AppError, Retryable } from "../../lib/model/errors.ts";
import type { Guid, Version } from "../../lib/model/snapshot.ts";
import { bookmarkTags, destinationMark, isTemporaryTag } from "../../lib/plan/replication/bookmarks.ts";
import type { ReplicationPolicy } from "../../lib/model/job.ts";
import { isGroupActive, withoutUnsettable } from "../../lib/plan/replication/properties.ts";
import { ReceiveOptions } from "../../lib/run/replicate/receive_options.ts";
import { validateToken } from "../../lib/run/replicate/receive_state.ts";
import { dryRun } from "../../lib/zfs/layers.ts";
import { RealZfs } from "../../lib/zfs/real_zfs.ts";
import type { World } from "../../lib/zfs/world.ts";
import { tokenOfPairs } from "../sim/token.ts";
import { contextOf, fullCapabilities, jobOf, rootTask } from "../support/job.ts";
import { parity } from "../support/parity.ts";
import { type Answer, scriptedRunner } from "../support/runner.ts";
import type { Logger } from "../../lib/model/log.ts";
import { SILENT_LOGGER } from "../../lib/model/log.ts";

parity<{ snapshot: string; guid: Guid; dst: string; dstPoolGuid: string }>("bookmark-names", (input) => {
  const mark = destinationMark(input.dstPoolGuid, sha256(input.dst));
  const { temporary, final } = bookmarkTags(input.snapshot, input.guid, mark);
  return {
    temporary: `p/s#${temporary}`,
    final: `p/s#${final}`,
    isTemporary: [isTemporaryTag(temporary), isTemporaryTag(final)],
  };
});

parity<{ opts: string[]; volume: boolean }>(
  "recv-type-filter",
  ({ opts, volume }) => withoutUnsettable(opts, volume ? "volume" : "filesystem"),
);

/** A world of two hosts that answer as told; `changes` takes down what would change the destination. */
function scriptedWorld(answer: Answer, dstZfs: string): World {
  const zfs = (version: string): RealZfs =>
    new RealZfs({
      runner: scriptedRunner(answer),
      capabilities: fullCapabilities({ zfsVersion: version.split(".").map(Number) as [number, number, number] }),
      privilegePrefix: [],
      log: SILENT_LOGGER,
      maxDatasetsPerListing: 1024,
      maxSnapshotsPerDelete: 1000,
      parallelListings: 1,
      clock: { monotonicNs: () => 0 },
    });
  return {
    source: zfs("2.2.0"),
    destination: zfs(dstZfs),
    clock: { now: () => 0, monotonicNs: () => 0, sleep: () => Promise.resolve() },
    random: { integer: (low) => low },
    transfer: () => Promise.resolve({ elapsedMs: 0, bytes: undefined }),
  };
}

interface PropertiesCase {
  readonly argv: readonly string[];
  readonly properties: readonly (readonly [name: string, value: string, source: string])[];
  readonly full: boolean;
  readonly resume: boolean;
  readonly volume: boolean;
  readonly dstZfs: string;
}

/**
 * Deliberate: names that `--zfs-recv-x-include-regex` has in full are excluded also where the source says that it does
 * not have them. Takes those exclusions out.
 */
function withoutNamed(options: readonly string[], input: PropertiesCase, policy: ReplicationPolicy): string[] {
  const phase = input.full ? "full" : "incremental";
  const group = policy.propertyGroups.find(({ kind }) => kind === "recv-x")!;
  if (!isGroupActive(group, phase)) return [...options];
  const kept = [...options];
  const sources = group.sources.split(",");
  const theirs = input.properties.filter(([, , source]) => sources.includes(source)).map(([name]) => name);
  const hasExclusion = Number(input.dstZfs.split(".").slice(0, 2).join(".")) >= 2.2;
  const byHand = [...policy.receiveOptions, ...(hasExclusion ? policy.preserveProperties : [])];
  const others = new Set([...theirs, ...byHand, ...group.excludeRegexes]);
  for (const name of new Set(group.includeRegexes.flatMap((regex) => regex.split("|")))) {
    if (!/^[a-z:]+$/.test(name) || others.has(name)) continue;
    const at = kept.findIndex((word, index) => word === name && kept[index - 1] === "-x");
    if (at >= 0) kept.splice(at - 1, 2);
  }
  return kept;
}

const SETTABLE = ("aclinherit aclmode acltype atime canmount checksum compression copies mountpoint quota recordsize " +
  "snapdir sync xattr").split(" ");

parity<PropertiesCase>("recv-properties", async (input) => {
  const queries: (readonly string[])[] = [];
  const world = scriptedWorld((argv) => {
    if (argv.at(-1) === "q") return { stdout: `${SETTABLE.join("\n")}\n` }; // a part of what is deliberate below
    queries.push(argv);
    const sources = argv[argv.indexOf("-s") + 1]!.split(",");
    const wanted = argv[argv.indexOf("-s") + 2]!.split(",");
    const columns = argv[argv.indexOf("-o") + 1]!;
    const rows = input.properties.filter(([name, , source]) =>
      sources.includes(source) && (wanted[0] === "all" || wanted.includes(name))
    );
    return { stdout: rows.map(([name, value]) => columns === "property" ? `${name}\n` : `${name}\t${value}\n`).join("") };
  }, input.dstZfs);
  const job = jobOf(["p/s", "q/d", ...input.argv]);
  const context = contextOf({ job, world, log: SILENT_LOGGER });
  const task = rootTask(context, input.volume ? "volume" : "filesystem");
  const result = await new ReceiveOptions(task, context).of(input.full ? "full" : "incremental", input.resume);
  const recv = withoutNamed(result.options, input, context.policy);
  return { recv, set: result.assignments, queries };
});

interface TokenCase {
  readonly decoded: string;
  readonly includedGuids: readonly Guid[];
  readonly encryptionroot: string;
  readonly argv: readonly string[];
}

/** The token of which `zfs send -nvt` prints this. */
function tokenOfDump(text: string): string {
  const lines = [...text.matchAll(/^\t(\w+) = (.*)$/gm)];
  return tokenOfPairs(lines.map(([, name = "", value = ""]) => {
    if (name.endsWith("ok")) return [name, true];
    return [name, name === "toname" ? value : BigInt(value)];
  }));
}

/** What the source has of it: a source that lacks it is asked by name first. */
function versionOfDump(text: string): Version {
  const guid = BigInt(/^\ttoguid = (.*)$/m.exec(text)![1]!).toString() as Guid;
  return { kind: "snapshot", dataset: "p/s" as Dataset, tag: "a", guid, createtxg: 1n, createdAt: 0 };
}

parity<TokenCase>("resume-token", async (input) => {
  let askedEncryption = false;
  const cleared: { argv: unknown; dry: boolean }[] = [];
  const plain = scriptedWorld((argv) => {
    if (argv.includes("encryptionroot")) askedEncryption = true;
    if (argv.includes("-A")) cleared.push({ argv, dry: false });
    return { stdout: argv.includes("encryptionroot") ? `${input.encryptionroot}\n` : input.decoded };
  }, "2.2.0");
  const log: Logger = {
    isEnabled: () => true,
    log: (_level, label, text) => {
      if (label === "Would execute: ") cleared.push({ argv: text.split(" "), dry: true });
    },
  };
  const job = jobOf(["p/s", "q/d", ...input.argv]);
  const world = job.dryRun === "off" ? plain : dryRun(plain, job.dryRun, log);
  const context = contextOf({ job, world, log, existing: ["q/d" as Dataset] });
  try {
    const selected = new Set(input.includedGuids);
    const seen = { source: "p/s" as Dataset, usable: [versionOfDump(input.decoded)], selected, destinationSnapshots: [] };
    const text = tokenOfDump(input.decoded);
    const token = await validateToken(text, { seen, base: undefined }, rootTask(context), context);
    return { snapshot: token.name, cleared, askedEncryption };
  } catch (error) {
    if (!(error instanceof Retryable)) return { failed: (error as AppError).exitCode, cleared, askedEncryption };
    return { retry: true, immediatelyOnce: error.immediatelyOnce, display: error.display, cleared, askedEncryption };
  }
}, {
  expected: (out) => {
    const { error, ...rest } = out as { error?: { status: number } };
    return error ? { failed: error.status, ...rest } : rest;
  },
});
