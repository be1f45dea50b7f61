/**
 * Every option of `bzfs` means something, and means the same in each of its spellings and notations.
 * Source: docs/spec/cli.md §1.2, §1.3, §19.
 */
import { BZFS_OPTIONS } from "../../../../lib/cli/options/bzfs_options.ts";
import { type OptionSpec, spellingsOf } from "../../../../lib/cli/options/option.ts";
import { makeReportPolicy } from "../../../../lib/cli/settings/report.ts";
import { assert, assertEquals, deepEqual } from "../../../support/assert.ts";
import { JOB_CONTEXT, jobOf, parsedArguments } from "../../../support/jobs.ts";

const OPTIONS: readonly OptionSpec[] = BZFS_OPTIONS;
const PLAN = "{'a': {'b': {'hourly': 3}}}";
const ALERTS = "{'a': {'b': {'hourly': {'latest': {'warning': '1 hours'}}}}}";

/** Values that differ from the default, where the row alone does not tell any. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  "--include-snapshot-times-and-ranks": ["2020-01-01..anytime", "latest 3"],
  "--include-snapshot-plan": [PLAN],
  "--delete-dst-snapshots-except-plan": [PLAN],
  "--create-src-snapshots-plan": [PLAN],
  "--monitor-snapshots": [ALERTS],
  "--create-src-snapshots-timezone": ["UTC"],
  "--create-src-snapshots-timeformat": ["%Y"],
  "--zfs-send-program-opts": ["--raw"],
  "--zfs-recv-program-opts": ["-e"],
  "--zfs-recv-program-opt": ["-u"],
  "--timeout": ["5 minutes"],
  "--daemon-lifetime": ["5 minutes"],
  "--daemon-frequency": ["hourly"],
  "--daemon-remote-conf-cache-ttl": ["7 minutes"],
  "--bwlimit": ["1m"],
  "--pv-program-opts": ["--timer --bytes --eta --fineta --rate --average-rate"],
  "--log-dir": ["/x/bzfs-logs"],
  "--exclude-dataset-property": ["a:b"],
  "--ssh-src-config-file": ["none"],
  "--ssh-dst-config-file": ["none"],
  "--log-file-prefix": ["x-"],
  "--log-file-infix": ["x"],
  "--log-file-suffix": ["x-"],
  "--log-subdir": ["hourly"],
  "--log-syslog-address": ["/dev/other"],
  "--log-syslog-socktype": ["TCP"],
  "--busy-limit": ["5 hours"],
  "--forget-guards": ["any"],
  "--log-keep": ["5 days"],
  "--query-timeout": ["5 minutes"],
  "--stall-timeout": ["5 minutes"],
  "--plan-max-age": ["5 hours"],
  "--delete-limit": ["30% and 10"],
  "--delete-aside-after": ["90 days"],
  "--delete-datasets-limit": ["20% and 1"],
};

/** Words that an option is useless without. */
const COMPANIONS: Readonly<Record<string, readonly string[]>> = {
  "--own-names": ["--foreign-snapshots=keep"],
  "--plan-memory": ["--delete-dst-snapshots-except-plan={'a': {'b': {'hourly': 1}}}"],
  "--force-delete-dst-tmp-bookmarks": ["--skip-replication"],
  "--delete-dst-snapshots-except": ["--skip-replication", "--delete-dst-snapshots"],
  "--delete-dst-snapshots-no-crosscheck": ["--skip-replication", "--delete-dst-snapshots"],
  "--create-src-snapshots-plan": ["--create-src-snapshots"],
  "--create-src-snapshots-even-if-not-due": ["--create-src-snapshots", `--create-src-snapshots-plan=${PLAN}`],
  "--create-src-snapshots-timezone": ["--create-src-snapshots", `--create-src-snapshots-plan=${PLAN}`],
  "--create-src-snapshots-timeformat": ["--create-src-snapshots", `--create-src-snapshots-plan=${PLAN}`],
  "--create-src-snapshots": [`--create-src-snapshots-plan=${PLAN}`],
  "--create-src-snapshots-enable-snapshots-changed-cache": ["--create-src-snapshots"],
  "--monitor-snapshots-dont-warn": [`--monitor-snapshots=${ALERTS}`],
  "--monitor-snapshots-dont-crit": [`--monitor-snapshots=${ALERTS}`],
  "--monitor-snapshots-no-latest-check": [`--monitor-snapshots=${ALERTS}`],
  "--monitor-snapshots-no-oldest-check": [`--monitor-snapshots=${ALERTS.replace("latest", "oldest")}`],
  "--forget-guards": ["--skip-replication"],
  "--log-syslog-socktype": ["--log-syslog-address=host:514"],
  "--log-syslog-facility": ["--log-syslog-address=/dev/log"],
  "--log-syslog-prefix": ["--log-syslog-address=/dev/log"],
  "--log-syslog-level": ["--log-syslog-address=/dev/log"],
  "--plan-file": ["--dryrun"],
  "--plan-max-age": ["--apply-plan=x"],
  "--new-snapshot-filter-group": ["--include-snapshot-regex=x"],
};

/** The words of values for an option, the first of which is in use where only one is wanted. */
function valuesOf(option: OptionSpec): readonly string[] {
  const known = VALUES[option.name];
  if (known !== undefined) return known;
  if (option.choices !== undefined) {
    const other = option.choices.find((choice) => choice !== (option.default ?? option.bareValue)) ??
      option.choices[0]!;
    return [other];
  }
  if (option.type === "integer" || option.type === "int-or-percent") return [String((option.min ?? 2) + 3)];
  if (option.type === "number") return ["7"];
  return ["x"];
}

/** Each way to write an option with its values. */
function notationsOf(option: OptionSpec): readonly (readonly string[])[] {
  if (option.arity === "flag" || option.arity === "count") return spellingsOf(option).map((spelling) => [spelling]);
  const values = valuesOf(option);
  const single = values.length === 1;
  return spellingsOf(option).flatMap((spelling) => [
    ...values[0]!.startsWith("-") ? [] : [[spelling, ...values]], // that would be another option
    ...single && spelling.startsWith("--") ? [[`${spelling}=${values[0]}`]] : [],
    ...single && !spelling.startsWith("--") ? [[`${spelling}${values[0]}`]] : [],
  ]);
}

/** Everything that the words mean, apart from the words themselves. */
function meaningOf(words: readonly string[], companions: readonly string[]): unknown {
  const argv = ["p/a", "p/b", ...companions, ...words];
  const job = jobOf(argv, JOB_CONTEXT);
  return { ...job, report: makeReportPolicy(parsedArguments(argv)) };
}

for (const option of OPTIONS) {
  if (option.stops !== undefined || option.isProtected === true) continue;
  Deno.test(`${option.name} means the same in each spelling and notation`, () => {
    const companions = COMPANIONS[option.name] ?? [];
    const [first, ...others] = notationsOf(option).map((words) => [words, meaningOf(words, companions)] as const);
    for (const [words, meaning] of others) assertEquals(meaning, first![1], words.join(" "));
    if (option.name === "--no-argument-file") return; // changes how words are read, see argument_file_test
    assert(!deepEqual(meaningOf([], companions), first![1]), `${first![0].join(" ")} changes nothing`);
  });
}

Deno.test("flags of one letter can be joined", () => {
  const letters = OPTIONS.filter(({ short, arity, stops }) =>
    short !== undefined && arity === "flag" && stops === undefined
  );
  assert(letters.length > 1);
  const joined = `-${letters.map(({ short }) => short!.slice(1)).join("")}`;
  assertEquals(meaningOf([joined], []), meaningOf(letters.map(({ name }) => name), []));
});
