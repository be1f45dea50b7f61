import type { BzfsArguments } from "../../../../lib/cli/parse/bzfs_arguments.ts";
import { ENVIRONMENT_VARIABLES, makeTerminalTuning, namesToRemove } from "../../../../lib/cli/environment.ts";
import { makeReportPolicy } from "../../../../lib/cli/settings/report.ts";
import { auxiliaryWords, doubtfulPeriods, makeJob } from "../../../../lib/cli/settings/settings.ts";
import { JOBRUNNER_OPTIONS } from "../../../../lib/cli/options/jobrunner_options.ts";
import { FLEET_ACTIONS } from "../../../../lib/model/fleet.ts";
import { BZFS_OPTIONS } from "../../../../lib/cli/options/bzfs_options.ts";
import { RefusedError, UsageError } from "../../../../lib/model/errors.ts";
import { assert, assertEquals, assertThrows } from "../../../support/assert.ts";
import { JOB_CONTEXT, jobOf, parsedArguments } from "../../../support/jobs.ts";

const PAIR = ["p/a", "q/b"];

Deno.test("makeJob() reads every option of the table", () => {
  const read = new Set<string>();
  const alert = "{'a': {'': {'daily': {'latest': {'warning': '1 days'}}}}}";
  const create = ["--create-src-snapshots", `--monitor-snapshots=${alert}`, "--log-syslog-address=/dev/log"];
  const clean = ["--force-delete-dst-tmp-bookmarks", "--skip-replication"];
  for (const words of [create, clean, ["--delete-dst-snapshots"]]) {
    makeJob(spiedOn(parsedArguments([...PAIR, ...words]), read), JOB_CONTEXT);
  }
  const takenByTheParser = ["--help", "--version", "--no-argument-file"];
  const names = BZFS_OPTIONS.filter((option) => !("filter" in option)).map((option) => option.name);
  assertEquals(names.filter((name) => !read.has(name) && !takenByTheParser.includes(name)), []);
});

/** All sources that act on settings: not those that declare or make them. */
const SOURCES = readSources("lib").filter(([path]) =>
  !/^lib\/(?:model\/job|cli\/environment|cli\/options\/(?:table|jobrunner_options))\b/.test(path)
)
  .map(([, text]) => text).join("\n");

function readSources(folder: string): (readonly [string, string])[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    return isDirectory ? readSources(path) : path.endsWith(".ts") ? [[path, Deno.readTextFileSync(path)] as const] : [];
  });
}

Deno.test("every environment variable is asked for, and somebody acts on what it says", () => {
  const asked = new Set<string>();
  const environment = (name: string): undefined => void asked.add(name);
  const { tuning } = jobOf(PAIR, { ...JOB_CONTEXT, environment });
  makeTerminalTuning(environment);
  const names = ENVIRONMENT_VARIABLES.map(({ name }) => name);
  assertEquals(names.filter((name) => !asked.has(name) && !SOURCES.includes(`"${name}"`)), []);
  const unread = Object.keys(tuning).filter((key) =>
    !new RegExp(`(?:tuning|\\btuning[^;]*)\\.${key}\\b|[{,] ${key}\\b`).test(SOURCES)
  );
  assertEquals(unread, []);
});

Deno.test("live shells on remote hosts are switched off by a word that says so", () => {
  const isOn = (text: string | undefined): boolean => {
    const environment = (name: string): string | undefined => name === "bzfs_ssh_session" ? text : undefined;
    return jobOf(PAIR, { ...JOB_CONTEXT, environment }).tuning.liveSshSessions;
  };
  assertEquals([undefined, "on", "true", ""].map(isOn), [true, true, true, true]);
  assertEquals(["off", " Off", "false"].map(isOn), [false, false, false]);
});

Deno.test("every option of the job runner is asked for", () => {
  const actions: readonly string[] = FLEET_ACTIONS.map((action) => `--${action}`);
  const takenByTheParser = ["--help", "--version", "--print-jobfile-schema"];
  const names = JOBRUNNER_OPTIONS.map(({ name }) => name).filter((name) => !actions.includes(name));
  assertEquals(names.filter((name) => !takenByTheParser.includes(name) && !SOURCES.includes(`"${name}"`)), []);
});

/**
 * The same arguments, with the names of the options that are asked for; `valueOf`, which asks for all, is not counted.
 */
function spiedOn(parsed: BzfsArguments, read: Set<string>): BzfsArguments {
  return new Proxy(parsed, {
    get(target, key): unknown {
      const value = Reflect.get(target, key, target);
      if (typeof value !== "function") return value;
      return (name: string) => {
        if (key !== "valueOf") read.add(name);
        return value.call(target, name);
      };
    },
  });
}

Deno.test("makeJob() puts each calendar anchor into the field of its name", () => {
  const names = BZFS_OPTIONS.filter(({ section }) => section === "Calendar anchors").map(({ name }) => name);
  const given = names.map((name, index) => [name, index % 5 + 1]);
  const { anchors } = jobOf([...PAIR, ...given.map(([name, value]) => `${name}=${value}`)]).verbs.schedule;
  const found = Object.entries(anchors).flatMap(([unit, fields]) =>
    Object.entries(fields).map(([field, value]) => [`--${unit}_${field}`, value])
  );
  assertEquals(found, given);
  assertEquals(names.length, 23);
});

Deno.test("makeJob() freezes the job", () => {
  const job = jobOf(PAIR);
  assert(Object.isFrozen(job) && Object.isFrozen(job.verbs.schedule.anchors.yearly) && Object.isFrozen(job.pairs[0]));
});

Deno.test("makeJob() has no replication with --skip-replication, but checks its options", () => {
  assertEquals(jobOf([...PAIR, "--skip-replication"]).replication, undefined);
  assertThrows(() => jobOf([...PAIR, "--skip-replication", "--zfs-send-program-opts=-a=b"]), RefusedError);
});

Deno.test("makeJob() makes one thread of --force-once", () => {
  assertEquals(jobOf([...PAIR, "--f1", "--threads=8"]).threads, { amount: 1, percent: false });
});

Deno.test("makeJob() passes -v on to zfs from the second one", () => {
  const { replication } = jobOf([...PAIR, "-vv"]);
  assertEquals(replication?.sendOptions, ["--raw", "--compressed", "-v"]);
  assertEquals(replication?.resumeSendOptions, ["--raw", "--compressed"]);
  assertEquals(replication?.receiveOptions, ["-u", "-v"]);
});

Deno.test("makeJob() expands plans behind explicit filters", () => {
  const words = [
    ...PAIR,
    "--delete-dst-snapshots",
    "--delete-dst-snapshots-except-plan={'b': {'': {'daily': 2}}}",
    "--include-snapshot-plan={'a': {'t': {'hourly': 3}}}",
    "--include-snapshot-regex=x",
  ];
  const job = jobOf(words);
  assertEquals(
    job.snapshotFilters.map((group) => group[0]!.kind === "include-regex" ? group[0]!.regexes : undefined),
    [["x"], ["a_t_.*_hourly"], ["b_[1-9][0-9][0-9][0-9].*_daily"]],
  );
  assertEquals(job.verbs.deleteSnapshots, {
    kind: "snapshots",
    crosscheck: true,
    except: true,
    temporaryBookmarks: false,
  });
  assertEquals(auxiliaryWords(parsedArguments(words)).length, 11);
});

Deno.test("makeJob() orders labels by period, and wakes a daemon by them", () => {
  const plan = "{'b': {'t': {'hourly': 1, 'adhoc': 1, 'daily': 0}}, 'a': {'': {'hourly': 2, '10minutely': 1}}}";
  const { create, schedule } = jobOf([...PAIR, "--create-src-snapshots", `--create-src-snapshots-plan=${plan}`]).verbs;
  assertEquals(create?.labels.map((label) => label.prefix + label.infix + label.suffix), [
    "a__hourly",
    "b_t__hourly",
    "a__10minutely",
    "b_t__adhoc",
  ]);
  assertEquals(schedule.periods.map(({ suffix }) => suffix), ["_hourly", "_10minutely", "_adhoc"]);
  assertEquals(jobOf(PAIR).verbs.schedule.periods, [{ suffix: "_minutely", period: { amount: 1, unit: "minutely" } }]);
});

Deno.test("doubtfulPeriods() names words of all plans that are near a period, and no others", () => {
  const words = [
    ...PAIR,
    "--create-src-snapshots",
    "--create-src-snapshots-plan={'a': {'': {'quarterly': 4, 'adhoc': 1, 'daily': 1, 'hour': 0}}}",
    "--include-snapshot-plan={'a': {'': {'quarterly': 4, 'frequently': 8, '2hours': 1, '': 1, 'onrelease': 3}}}",
    "--delete-dst-snapshots-except-plan={'a': {'': {'dayly': 8}}}",
    "--monitor-snapshots={'a': {'': {'weeks': {'latest': {'warning': '1 days'}}}}}",
  ];
  const texts = doubtfulPeriods(parsedArguments(words), jobOf(words));
  assertEquals(texts.map((text) => /^'(.*?)'.* Did you mean (.*)\?$/.exec(text)?.slice(1)), [
    ["quarterly", "3monthly"],
    ["weeks", "weekly"],
    ["frequently", "15minutely"],
    ["2hours", "2hourly"],
    ["dayly", "daily"],
  ]);
  assertEquals(doubtfulPeriods(parsedArguments(PAIR), jobOf(PAIR)), []);
});

Deno.test("makeJob() refuses a time zone that nobody knows", () => {
  assertThrows(() => jobOf([...PAIR, "--create-src-snapshots-timezone=Mars"]), RefusedError, "Invalid timezone");
});

Deno.test("makeJob() refuses regexes, durations and frequencies that cannot be read", () => {
  assertThrows(() => jobOf([...PAIR, "--include-dataset-regex=("]), RefusedError, "within regex '('");
  assertThrows(() => jobOf([...PAIR, "--timeout=5"]), RefusedError, "Invalid duration format");
  assertThrows(() => jobOf([...PAIR, "--daemon-frequency=7minutely"]), RefusedError, "divisor");
});

Deno.test("makeJob() names the environment variable that is no number", () => {
  const environment = (name: string): string | undefined => name === "bzfs_isatty" ? " True " : undefined;
  assertEquals(makeTerminalTuning(environment).isTerminal, true);
  const empty = (of: string) => (name: string): string | undefined => name === of ? "" : undefined;
  assertThrows(() => makeTerminalTuning(empty("bzfs_terminal_columns")), RefusedError, "bzfs_terminal_columns");
  const broken = { ...JOB_CONTEXT, environment: empty("bzfs_max_listing_size") };
  assertThrows(() => jobOf(PAIR, broken), RefusedError, "bzfs_max_listing_size");
});

Deno.test("makeReportPolicy() takes --quiet before --verbose, and keeps logs out of other folders", () => {
  assertEquals(makeReportPolicy(parsedArguments([...PAIR, "-q", "-v"])).level, "ERROR");
  assertEquals(makeReportPolicy(parsedArguments([...PAIR, "-vvv"])).level, "TRACE");
  assertThrows(() => makeReportPolicy(parsedArguments([...PAIR, "--log-dir=/etc"])), RefusedError, "bzfs-logs");
});

Deno.test("makeReportPolicy() cleans the prefix for syslog", () => {
  const policy = makeReportPolicy(
    parsedArguments([...PAIR, "--log-syslog-address=h:514", "--log-syslog-prefix= a%b "]),
  );
  assertEquals(policy.syslog?.prefix, "ab");
});

Deno.test("namesToRemove() keeps everything without a policy", () => {
  assertEquals(namesToRemove(["PATH"], undefined), []);
});

Deno.test("the identity of a job does not depend on how its words are written", () => {
  const identity = (...words: string[]): string => jobOf(words).identity;
  assertEquals(identity("-r", "--", "p/a", "q/b"), identity("p/a", "q/b", "--recursive", "-v", "--dryrun"));
  assert(identity("p/a", "q/b", "--yearly_hour=3") !== identity("p/a", "q/b"));
  assertEquals(
    identity("p/a", "q/b", "--create-src-snapshots-plan="),
    identity("p/a", "q/b"),
  );
});

Deno.test("--bwlimit takes a number of bytes with one letter behind it, and nothing that pv would refuse later", () => {
  for (const rate of ["1", "10m", "2.5G", "100K", "1t"]) {
    assertEquals(jobOf([...PAIR, `--bwlimit=${rate}`]).replication?.bandwidthLimit, rate);
  }
  for (const rate of ["fast", "10MB", "10MB/s", "10MiB", "m", "-1", "1e6", "0x10"]) {
    assertThrows(() => jobOf([...PAIR, `--bwlimit=${rate}`]), UsageError, `is no rate: '${rate}'`);
  }
});

Deno.test("guards are given up by themselves: nothing is deleted at a host that may not have been reached", () => {
  const forget = [...PAIR, "--skip-replication", "--forget-guards=any"];
  jobOf(forget);
  const others = [
    ["--delete-dst-datasets"],
    ["--delete-dst-snapshots"],
    ["--delete-empty-dst-datasets"],
    ["--compare-snapshot-lists"],
  ];
  for (const other of others) {
    assertThrows(() => jobOf([...forget, ...other]), RefusedError, `--forget-guards cannot be combined with ${other}.`);
  }
});
