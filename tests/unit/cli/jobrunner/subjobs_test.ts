/**
 * A subjob as values and as words: both ways lead to the very same job, so what is logged, and what a process of its
 * own is started with, is what is done.
 */
import { parseJobrunnerArgv, readForwarded } from "../../../../lib/cli/jobrunner/arguments.ts";
import { makeFleet } from "../../../../lib/cli/jobrunner/fleet.ts";
import { type SubjobCommand, subjobCommand } from "../../../../lib/cli/jobrunner/subjobs.ts";
import { jobFileOptions, openJobFile } from "../../../../lib/cli/job_file/job_file.ts";
import { parseArgv, type ParseOutcome } from "../../../../lib/cli/parse/bzfs_arguments.ts";
import { occurrenceWords } from "../../../../lib/cli/parse/occurrence.ts";
import { makeJob } from "../../../../lib/cli/settings/settings.ts";
import { AppError } from "../../../../lib/model/errors.ts";
import { type Fleet, FLEET_ACTIONS } from "../../../../lib/model/fleet.ts";
import { type FleetSurroundings, localPoolsOf, planSubjobs } from "../../../../lib/plan/fleet/subjobs.ts";
import { assert, assertEquals } from "../../../support/assert.ts";
import { type Dice, forAll } from "../../../support/for_all.ts";
import { JOB_CONTEXT } from "../../../support/jobs.ts";

const ORGANISATIONS = ["prod", "test", "null", "1", "-", "a b"];
const TARGETS = ["onsite", "off site", "", "-r"];
const PERIODS = ["hourly", "daily", "10minutely", "adhoc", "7hourly", "99999999yearly"];

/** Settings of a job file, each of them as a line. */
const SETTINGS = [
  "job-id: 'a b,/..'",
  'job-id: "x\\ty"',
  "ssh-src-user: jane",
  "ssh-dst-port: 2222",
  "ssh-dst-config-file: /etc/bzfs_ssh_config",
  "daemon-replication-frequency: 10secondly",
  "daemon-prune-src-frequency: never",
  "busy-limit: 2 hours",
  "workers: 50%",
  "src-bookmark-plan: {}",
  "src-bookmark-plan: {prod: {onsite: {daily: 0, weekly: 9007199254740993}}}",
  "dst-snapshot-plan: {prod: {onsite: {hourly: 3}, us: {daily: 4}}}",
];

/** Options of bzfs in a job file. */
const OF_BZFS = [
  "recursive: true",
  "verbose: 2",
  "dryrun: true",
  "dryrun: recv",
  "exclude-dataset: [a, '-b', '', 'c d']",
  "exclude-dataset-regex: ['!.*tmp', '(']",
  "preserve-properties: [x, y]",
  "zfs-send-program-opts: '--raw -i x'",
  "threads: 200%",
  "create-src-snapshots-timezone: Europe/Vienna",
  "create-src-snapshots-timezone: Mars",
  "daemon-lifetime: 1 days",
  "skip-on-error: dataset",
  "retry-max-elapsed-secs: 3",
  "log-dir: /x/bzfs-logs",
  "force-once: true",
];

/** Options of the command line, for the runner and for bzfs. */
const OF_COMMAND_LINE = [
  ["-r"],
  ["-vh"],
  ["--exclude-dataset", "x", "y"],
  ["--exclude-dataset="],
  ["--dryrun"],
  ["--create-src-snapshots-timeformat=%F"],
  ["--cache-snapshots"],
  ["--new-snapshot-filter-group"],
  ["--log-dir=elsewhere"],
  ["--retries", "0x1"],
  ["--include-dataset", "+file"],
  ["--src-hosts=['-', 'web', '+h']"],
  ["--dst-hosts={'nas': ['onsite', 'us']}"],
  ["--src-snapshot-plan={'prod': {'onsite': {'hourly': True, 'weekly': 1}}}"],
  ["--dst-snapshot-plan={'prod': {'onsite': {'hourly': False, 'adhoc': 2}}}"],
  ["--src-bookmark-plan={'prod': {'onsite': {'hourly': True}}}"],
  ['--monitor-snapshot-plan={"prod": {"onsite": {"hourly": {"warning": "1 hours", "src_snapshot_cycles": "3"}}}}'],
  ["--monitor-snapshot-plan={'a': {'': {'x': {'critical': 5, 'wrong': True}}}}"],
  [String.raw`--src-snapshot-plan={"it's": {'"': {'+x': 1, 'a\tb': 2}}, 'tür': {'{}': {'\\': 9007199254740993}}}`],
  [String.raw`--dst-snapshot-plan={"it's": {'onsite': {'"': 1, '\x00': 2}}, 'tür': {'onsite': {'\\': 1}}}`],
  ["--dst-root-datasets={'nas': '^DST_HOST'}"],
  ["--job-run=r 1"],
  ["--root-dataset-pairs", "tank/b", "b", "tank/b", "b"],
];

function some<T>(dice: Dice, items: readonly T[], probability: number): T[] {
  return items.filter(() => dice.chance(probability));
}

function mapping(entries: readonly (readonly [string, string])[]): string {
  return `{${entries.map(([key, value]) => `${JSON.stringify(key)}: ${value}`).join(", ")}}`;
}

function plan(dice: Dice, value: () => string): string {
  return mapping(
    some(dice, ORGANISATIONS, 0.3).map((organisation) => [
      organisation,
      mapping(
        some(dice, TARGETS, 0.4).map((target) => [
          target,
          mapping(some(dice, PERIODS, 0.4).map((period) => [period, value()])),
        ]),
      ),
    ]),
  );
}

function alert(dice: Dice): string {
  const lines = ["warning: 30 minutes", "critical: 3 days", "src_snapshot_cycles: 3", "oldest_skip_holds: true"];
  return `{${some(dice, lines, 0.6).join(", ")}}`;
}

interface Sample {
  readonly jobFile: string;
  readonly argv: readonly string[];
}

function sample(dice: Dice): Sample {
  const bzfs = some(dice, OF_BZFS, 0.12).filter((line, index, all) =>
    all.findIndex((other) => keyOf(other) === keyOf(line)) === index
  );
  const settings = some(dice, SETTINGS, 0.15).filter((line, index, all) =>
    all.findIndex((other) => keyOf(other) === keyOf(line)) === index
  );
  const jobFile = [
    `root-dataset-pairs: [${dice.pick(["{both: tank/a}", "{src: tank/a, dst: b}", "{both: tank/a}, {both: '+y'}"])}]`,
    `src-hosts: [${dice.pick(["web", "here", "web, db", "'::1', web"])}]`,
    "dst-hosts:",
    "  - {name: nas, root-dataset: bak/^SRC_HOST}",
    ...(dice.chance(0.5) ? ["  - {name: here, root-dataset: 'my pool/^SRC_HOST/^DST_HOST'}"] : []),
    `src-snapshot-plan: ${plan(dice, () => String(dice.integer(0, 3)))}`,
    ...(dice.chance(0.5) ? [`monitor-snapshot-plan: ${plan(dice, () => alert(dice))}`] : []),
    "always-due: [adhoc]",
    ...settings,
    ...(bzfs.length > 0 ? ["bzfs:", ...bzfs.map((line) => `  ${line}`)] : []),
  ].join("\n");
  const actions = FLEET_ACTIONS.map((action) => `--${action}`);
  return { jobFile, argv: ["--config=fleet.yaml", ...actions, ...some(dice, OF_COMMAND_LINE, 0.06).flat()] };
}

function keyOf(line: string): string {
  return line.slice(0, line.indexOf(":"));
}

/** The result, or class, status and text of what a user is told. */
function answer<T>(ask: () => T): T | readonly [string, number, string] {
  try {
    return ask();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return [error.name, error.exitCode, `${error.message} ${error.hint}`];
  }
}

/** What a run does: the job, and everything that is asked of its arguments before. */
function meaning(read: () => ParseOutcome): unknown {
  return answer(() => {
    const outcome = read();
    if (outcome.kind !== "arguments") return outcome;
    const { words, argv } = outcome.arguments;
    const options = words.occurrences.map(({ option, words }) => [option.name, words]);
    return { job: answer(() => makeJob(outcome.arguments, JOB_CONTEXT)), options, operands: words.operands, argv };
  });
}

/** Compares both ways of all subjobs; returns how many of them would run. */
function compare(commands: readonly SubjobCommand[]): number {
  let jobs = 0;
  for (const { words: [program, ...words], read } of commands) {
    assertEquals(program, "bzfs");
    const byWords = meaning(() => parseArgv(words, JOB_CONTEXT));
    assertEquals(meaning(() => read()), byWords);
    const limited = meaning(() => parseArgv(["--timeout=1500milliseconds", ...words], JOB_CONTEXT));
    assertEquals(meaning(() => read(1500)), limited);
    if (typeof byWords === "object" && "job" in byWords! && !Array.isArray(byWords.job)) jobs++;
  }
  return jobs;
}

function around(fleet: Fleet): FleetSurroundings {
  const where = {
    thisHost: { names: new Set(["here", "::1"]), loginName: "root", loopbackAddress: "127.0.0.1" },
    users: { src: "", dst: "" },
  };
  return { ...where, localPools: new Set(localPoolsOf(fleet, where)), removable: "all" };
}

Deno.test("subjobCommand() asks for the same by its words as without them", async () => {
  const tally = { jobs: 0, subjobs: 0, samples: 0, runs: 0 };
  await forAll(sample, ({ jobFile, argv }) => {
    tally.runs++;
    const environment = { ...JOB_CONTEXT, files: { read: () => new TextEncoder().encode(jobFile) } };
    const commands = answer((): SubjobCommand[] => {
      const run = parseJobrunnerArgv(argv, environment);
      assert(run.kind === "arguments");
      const forwarded = readForwarded(run, environment);
      const fleet = makeFleet(run.arguments, () => undefined);
      const { subjobs } = planSubjobs(fleet, around(fleet));
      const context = { args: run.arguments, forwarded, localhost: "here", jobRun: "r 1", busyLimit: "60minutes" };
      return subjobs.map((subjob) => subjobCommand(subjob, context));
    });
    if (typeof commands[0] === "string") return;
    tally.samples++;
    tally.subjobs += commands.length;
    tally.jobs += compare(commands as SubjobCommand[]);
  }, { runs: 400 });
  assert(tally.samples > 100 && tally.jobs > 500 && tally.jobs < tally.subjobs, JSON.stringify(tally));
});

Deno.test("a job file leads to the same fleet as the options that it stands for", async () => {
  let fleets = 0;
  await forAll(sample, ({ jobFile, argv }) => {
    const environment = { ...JOB_CONTEXT, files: { read: () => new TextEncoder().encode(jobFile) } };
    const fleetOf = (words: readonly string[]) =>
      answer(() => {
        const run = parseJobrunnerArgv(words, environment);
        assert(run.kind === "arguments");
        const { words: forwarded } = readForwarded(run, environment);
        return { fleet: makeFleet(run.arguments, () => undefined), forwarded };
      });
    const file = answer(() =>
      jobFileOptions(openJobFile("fleet.yaml", new TextEncoder().encode(jobFile)), "fleet.yaml")
    );
    if (!("runner" in file)) return;
    const words = [...file.runner, ...file.bzfs].flatMap(occurrenceWords);
    const direct = fleetOf(argv);
    assertEquals(direct, fleetOf([...words, ...argv.slice(1)]));
    if ("fleet" in direct) fleets++;
  }, { runs: 400 });
  assert(fleets > 100, String(fleets));
});
