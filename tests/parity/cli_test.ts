/**
 * The command line of `bzfs` against the reference.
 * @module
 */
import { type BzfsArguments, parseArgv } from "../../lib/cli/parse/bzfs_arguments.ts";
import { BZFS_OPTIONS } from "../../lib/cli/options/bzfs_options.ts";
import { namesToRemove } from "../../lib/cli/environment.ts";
import { LiteralError, readLiteral } from "../../lib/cli/literal/read.ts";
import type { Literal } from "../../lib/cli/literal/text.ts";
import { writeLiteral } from "../../lib/cli/literal/text.ts";
import type { OptionSpec } from "../../lib/cli/options/option.ts";
import { makeJob, pairsOf } from "../../lib/cli/settings/settings.ts";
import { foldFilters } from "../../lib/cli/settings/snapshot_filters.ts";
import { AppError, exitCodeOfChild } from "../../lib/model/errors.ts";
import {
  checkPair,
  isNonlocal,
  isValidAccount,
  isValidDataset,
  isValidProperty,
  type Location,
  parseLocation,
} from "../../lib/model/location.ts";
import { UTC } from "../../lib/model/time/zone.ts";
import type { Job } from "../../lib/model/job.ts";
import { workerCount } from "../../lib/model/capabilities.ts";
import { argumentsOf } from "../support/arguments.ts";
import { describeFilter } from "../support/filters.ts";
import { describeValue, isDefault } from "../support/option_values.ts";
import { parity } from "../support/parity.ts";
import { REAL_FILES, withFiles } from "../support/safe_files.ts";

type Files = Readonly<Record<string, { readonly text: string; readonly mode?: string }>>;

interface ArgvInput {
  readonly argv: readonly string[];
  readonly files?: Files;
  readonly env?: Readonly<Record<string, string>>;
}

function parsed(argv: readonly string[]): BzfsArguments {
  const outcome = parseArgv(argv, { files: REAL_FILES, zone: () => UTC });
  if (outcome.kind !== "arguments") throw new TypeError(`The words ask for ${outcome.kind}`);
  return outcome.arguments;
}

function job(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Job {
  return makeJob(parsed(argv), {
    files: REAL_FILES,
    environment: (name) => env[name],
    checkTimezone: () => {},
    absolutePath: (path) => path.startsWith("/") ? path : `/work/${path}`,
  });
}

/** The value of an option in the notation of the data, `undefined` if it equals the default. */
function valueOf(args: BzfsArguments, option: OptionSpec): unknown {
  const given = args.words.occurrences.filter((occurrence) => occurrence.option.name === option.name);
  if (given.length === 0 || option.type === "times-and-ranks" || option.name === "--new-snapshot-filter-group") {
    return undefined;
  }
  const isBare = option.arity === "optional" && given.at(-1)!.words.length === 0 && option.default !== undefined;
  const value = isBare ? null : args.valueOf(option.name as Parameters<BzfsArguments["valueOf"]>[0]);
  return isDefault(option, value) ? undefined : describeValue(value);
}

parity<ArgvInput>("argv-bzfs", ({ argv, files }) =>
  withFiles(files, argv, (words, dir) => {
    const outcome = parseArgv(words, { files: REAL_FILES, zone: () => UTC });
    if (outcome.kind !== "arguments") return { exit: 0 };
    const args = outcome.arguments;
    const values = Object.fromEntries(
      BZFS_OPTIONS.map((option) => [option.name, valueOf(args, option)]).filter(([, value]) => value !== undefined),
    );
    const pairs = pairsOf(args.words.operands).map(({ src, dst }) => [src, dst]);
    const groups = foldFilters(args.words.occurrences).map((group) => group.map(describeFilter));
    const answer = { values: { ...values, pairs }, ...(groups.flat().length > 0 ? { filterGroups: groups } : {}) };
    return JSON.parse(JSON.stringify(answer).replaceAll(dir, "$DIR"));
  }));

parity<ArgvInput>("startup-checks", ({ argv, files, env }) =>
  withFiles(files, argv, (words) => {
    job(words, env);
    return "ok";
  }));

const VALIDATORS: Readonly<Record<string, (text: string) => boolean>> = {
  dataset: isValidDataset,
  user: (text) => text === "" || isValidAccount(text),
  host: (text) => text === "" || isValidAccount(text),
  port: (text) => text === "" || isAccepted(`--ssh-src-port=${text}`),
  property: isValidProperty,
};

function isAccepted(word: string): boolean {
  try {
    argumentsOf([word, "p/a", "p/b"]);
    return true;
  } catch (error) {
    if (error instanceof AppError) return false;
    throw error;
  }
}

parity<{ what: string; text: string }>("names", ({ what, text }) => VALIDATORS[what]!(text), {
  deliberate: ({ what, text }) => what === "port" && text === "65536" ? "the option table gives the range" : undefined,
});

function describeLocation({ user, host, userHost, pool, dataset }: Location): unknown {
  return { user, host, userHost, pool, dataset };
}

parity<{ operand: string; user?: string | null; host?: string | null }>("operands", ({ operand, user, host }) =>
  describeLocation(parseLocation(operand, { user: user ?? undefined, host: host ?? undefined })));

parity<{ argv: readonly string[] }>("pairs", ({ argv }) => {
  const { hosts, pairs, datasets } = job(argv);
  const src = parseLocation(pairs[0]!.src, hosts.src);
  const dst = parseLocation(pairs[0]!.dst, hosts.dst);
  checkPair(src, dst, datasets);
  const describe = (location: Location): unknown => ({
    ...describeLocation(location) as object,
    isNonlocal: isNonlocal(location),
    isDummy: location.isDummy,
  });
  return { src: describe(src), dst: describe(dst) };
});

function toJson(value: Literal): unknown {
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [String(key), toJson(item)]));
  return Array.isArray(value) ? value.map(toJson) : value;
}

parity<{ text: string }>("python-literals", ({ text }) => {
  try {
    const value = readLiteral(text);
    return { value: toJson(value), repr: writeLiteral(value) };
  } catch (error) {
    if (error instanceof LiteralError) return { error: true };
    throw error;
  }
}, { part: "without tuples", only: ({ text }) => !/\(.*\)/.test(text) });

parity<{ text: string }>("python-literals", ({ text }) => ({ value: toJson(readLiteral(text)) }), {
  part: "with tuples",
  only: ({ text }) => /\(.*\)/.test(text),
});

parity<{ threads: string; cpus: number; forceOnce?: boolean }>("workers", ({ threads, cpus, forceOnce }) => {
  const args = [`--threads=${threads}`, ...(forceOnce ? ["--force-once"] : []), "p/a", "q/b"];
  const given = parsed(args).amount("--threads");
  return { parsed: [given.amount, given.percent], workers: workerCount(job(args).threads, cpus) };
});

parity<{ a: string[]; b: string[] }>("lock-identity", ({ a, b }) => job(a).identity === job(b).identity);

parity<{ argv: string[]; names: string[] }>("env-filter", ({ argv, names }) => {
  const removed = new Set(namesToRemove(names, job(["p/a", "q/b", ...argv]).environment));
  return names.filter((name) => !removed.has(name)).sort();
});

parity<{ code: number }>("exit-normalise", ({ code }) => exitCodeOfChild(code), {
  expected: (code) => Number(code) & 0xff,
  deliberate: ({ code }) => code === 5 ? "5 has a meaning of its own here: held back" : undefined,
});

parity<{ argv: string[]; largeBlocks: boolean }>("send-recv-opts", ({ argv, largeBlocks }) => {
  const { replication } = job(["p/s", "q/d", ...argv]);
  if (replication === undefined) throw new TypeError("no replication");
  const { sendOptions, resumeSendOptions, receiveOptions, preserveProperties } = replication;
  const large = (options: readonly string[]): string[] =>
    largeBlocks && !options.includes("--large-block") ? [...options, "--large-block"] : [...options];
  const named = (flags: readonly string[]): string[] =>
    receiveOptions.flatMap((word, i) => flags.includes(word) ? [receiveOptions[i + 1]!.split("=")[0]!.trim()] : []);
  return {
    send: large(sendOptions),
    resume: large(resumeSendOptions),
    recv: receiveOptions,
    addX: preserveProperties.filter((name) => !named(["-x"]).includes(name)),
    oxNames: [...new Set(named(["-o", "-x"]))].sort(),
  };
});

parity<{ argv: string[] }>("monitor-plan", ({ argv }) =>
  (job(["p/a", "q/b", ...argv]).verbs.monitor?.alerts ?? []).map(({ label, latest, oldest, oldestSkipHolds }) => ({
    prefix: label.prefix,
    infix: label.infix,
    suffix: label.suffix,
    latest: ages(latest),
    oldest: ages(oldest),
    oldestSkipHolds,
  })));

function ages(limits: { warningMs: number; criticalMs: number } | undefined): unknown {
  if (limits === undefined) return null;
  const text = (ms: number): number | string => ms === Infinity ? "infinity" : ms;
  return { warningMillis: text(limits.warningMs), criticalMillis: text(limits.criticalMs) };
}
