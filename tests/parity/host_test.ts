/** Recorded answers for the host layer and the retry loop. */
import { makeReportPolicy } from "../../lib/cli/settings/report.ts";
import { openLogFiles, pvPath } from "../../lib/host/output/log_files.ts";
import { Probe } from "../../lib/host/probe.ts";
import { quoteInsideDoubleQuotes, quoteWord } from "../../lib/host/process/shell.ts";
import { sshWords } from "../../lib/host/ssh/words.ts";
import { AppError, Retryable } from "../../lib/model/errors.ts";
import { parseLocation } from "../../lib/model/location.ts";
import { retry, retryBounds } from "../../lib/model/retry.ts";
import type { Capabilities } from "../../lib/model/capabilities.ts";
import { type PrivilegeFacts, privilegesOf } from "../../lib/plan/privileges.ts";
import { SILENT_LOGGER } from "../../lib/model/log.ts";
import { argumentsOf, jobOf } from "../support/arguments.ts";
import { parity } from "../support/parity.ts";
import { DEFAULT_PROGRAMS } from "../support/programs.ts";
import { scriptedRunner } from "../support/runner.ts";
import { GUARD_WORDS } from "../support/ssh_guards.ts";

parity<{ readonly text: string }>("shell-quote", ({ text }) => ({
  word: quoteWord(text),
  insideDoubleQuotes: quoteInsideDoubleQuotes(text),
}));

interface RetryInput {
  readonly retries: number;
  readonly minSecs: number;
  readonly initialMaxSecs: number;
  readonly maxSecs: number;
  readonly maxElapsedSecs: number;
  readonly failures: number;
  readonly attemptNanos: number;
  readonly immediateOnce: boolean;
  readonly display: string;
  readonly jitter: "low" | "high" | "mid";
}

parity<RetryInput>("retry", async (input) => {
  const policy = retryBounds({
    retries: input.retries,
    minSleepSecs: input.minSecs,
    initialMaxSleepSecs: input.initialMaxSecs,
    maxSleepSecs: input.maxSecs,
    maxElapsedSecs: input.maxElapsedSecs,
  });
  let now = 0;
  let attempts = 0;
  const sleeps: number[] = [];
  const log: [string, string][] = [];
  const randomRanges: [number, number][] = [];
  const attempt = (): Promise<string> => {
    attempts++;
    now += input.attemptNanos;
    if (attempts > input.failures) return Promise.resolve("ok");
    const options = { display: input.display, immediatelyOnce: input.immediateOnce };
    return Promise.reject(new Retryable(new AppError("failed"), options));
  };
  const sleep = (ns: number): Promise<void> => {
    sleeps.push(ns);
    now += ns;
    return Promise.resolve();
  };
  const integer = (low: number, high: number): number => {
    randomRanges.push([low, high]);
    return { low, high, mid: Math.floor((low + high) / 2) }[input.jitter];
  };
  const result = await retry(attempt, {
    policy,
    clock: { monotonicNs: () => now, sleep },
    random: { integer },
    log: { log: (level, _label, text) => void log.push([level, text]) },
  }).catch(() => "failed");
  return {
    normalisedNanos: {
      min: policy.minSleepNs,
      initialMax: policy.initialMaxSleepNs,
      max: policy.maxSleepNs,
      maxElapsed: policy.maxElapsedNs,
    },
    result,
    attempts,
    randomRanges,
    sleeps,
    log,
  };
});

parity<Omit<PrivilegeFacts, "elevate"> & { readonly elevation: boolean }>("privileges", (input) => {
  const { prefix, delegation } = privilegesOf({ ...input, elevate: input.elevation });
  return { prefix: prefix.join(" "), delegation };
});

interface DetectInput {
  readonly argv: readonly string[];
  readonly remote: boolean;
  readonly zfsVersion: { readonly stdout?: string; readonly stderr?: string; readonly rc?: number };
  readonly script: readonly string[] | null;
}

const NO_WAIT = { retries: 0, minSleepNs: 0, initialMaxSleepNs: 0, maxSleepNs: 0, maxElapsedNs: 0 };

parity<DetectInput>("detect", async (input) => {
  const runner = scriptedRunner(([program, ...rest]) => {
    if (program === "zpool" || rest[0] === "list") return { stdout: "guid\t5\n" };
    if (program !== "zfs") return input.script ? { stdout: input.script.join("\n") } : { status: 1 };
    const { stdout = "", stderr = "", rc = 0 } = input.zfsVersion;
    return { stdout, stderr, status: rc };
  });
  const probe = new Probe({
    programs: { ...DEFAULT_PROGRAMS, shell: input.argv.includes("--shell-program=-") ? "-" : "sh" },
    ttlMs: 0,
    log: SILENT_LOGGER,
    retry: {
      policy: NO_WAIT,
      clock: { monotonicNs: () => 0, sleep: () => Promise.resolve() },
      random: { integer: (low) => low },
      log: SILENT_LOGGER,
    },
  });
  const userHost = input.remote ? "al@h" : "";
  const place = { side: "src", userHost, port: undefined, configFile: undefined, operand: "p/s", pool: "p" } as const;
  return facts(await probe.capabilities({ ...place, runner }));
}, { expected: recordedFacts });

function facts(c: Capabilities): unknown {
  return { version: c.zfsVersion.join("."), programs: [...c.programs].sort(), os: c.os, cpus: c.cpus };
}

/** The recorded keys are those of the reference's table; ours hold the same in another shape. */
function recordedFacts(output: unknown): unknown {
  const keys = output as Record<string, string>;
  if ("error" in keys) return output;
  const known = ["mbuffer", "ps", "pv", "sh", "ssh", "sudo", "zpool", "zstd"];
  const valueOf = (prefix: string): string | undefined =>
    Object.keys(keys).find((key) => key.startsWith(prefix))?.slice(prefix.length);
  return {
    version: keys["zfs"],
    programs: known.filter((key) => key in keys),
    os: valueOf("uname-")?.split(" ")[0] ?? "",
    cpus: Number(valueOf("getconf_cpu_count-") ?? 8),
  };
}

parity<{ readonly argv: readonly string[]; readonly now: string }>("log-paths", ({ argv, now }) => {
  const dir = Deno.makeTempDirSync();
  try {
    const report = makeReportPolicy(argumentsOf([...argv.map((word) => word.replace("$DIR", dir)), "--", "a", "b"]));
    const timestamp = now.slice(0, 19).replace("T", "_");
    Deno.mkdirSync(`${dir}/home`);
    const files = openLogFiles({ report, home: `${dir}/home`, timestamp, randomName: "RANDOM__" });
    files.close();
    const links = `${files.parent}/.current/${files.stem}`;
    return {
      log: files.log.replace(dir, "$DIR"),
      pv: pvPath(files, 0).replace(dir, "$DIR"),
      level: report.level,
      current: Deno.readLinkSync(`${files.parent}/current`),
      links: Object.fromEntries([...Deno.readDirSync(links)].map(({ name }) => [name, Deno.readLinkSync(`${links}/${name}`)])),
    };
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
});

parity<{ readonly argv: readonly string[]; readonly socket: string | null }>("ssh-prefix", ({ argv, socket }) => {
  const { hosts, pairs, programs, report } = jobOf(argv);
  const settings = {
    program: programs.ssh,
    cipher: hosts.cipher,
    verbosity: report.verbosity,
    serverAliveIntervalSecs: 0,
    forwardsAgent: false,
  };
  const words = (side: "src" | "dst"): readonly string[] => {
    const { userHost } = parseLocation(pairs[0]![side], hosts[side]);
    return sshWords({ userHost, ...hosts[side] }, settings, socket ?? undefined);
  };
  return { src: words("src"), dst: words("dst") };
}, {
  // The words that we add are a deliberate difference.
  expected: (sides) => JSON.parse(JSON.stringify(sides).replaceAll('"-T"', JSON.stringify(["-T", ...GUARD_WORDS]).slice(1, -1))),
});
