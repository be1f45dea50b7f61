/**
 * The job runner's subjobs and exit status against the reference.
 * @module
 */
import { boolean } from "../../lib/cli/environment.ts";
import { makeFleet } from "../../lib/cli/jobrunner/fleet.ts";
import { parseJobrunnerArgv, readForwarded } from "../../lib/cli/jobrunner/arguments.ts";
import { subjobCommand } from "../../lib/cli/jobrunner/subjobs.ts";
import { LOOPBACK_NAMES } from "../../lib/plan/fleet/subjobs.ts";
import { localPoolsOf, planSubjobs } from "../../lib/plan/fleet/subjobs.ts";
import { combineStatuses } from "../../lib/plan/fleet/status.ts";
import { describeReadiness } from "../../lib/report/fleet/progress.ts";
import { JOB_CONTEXT } from "../support/jobs.ts";
import { parity } from "../support/parity.ts";

interface SubjobsCase {
  readonly argv: readonly string[];
  readonly env: {
    readonly hostname: string;
    readonly login: string;
    readonly addresses: readonly string[];
    readonly loopbackAddress: string;
    readonly localPools: readonly string[];
    readonly stdin?: string;
    readonly vars?: Readonly<Record<string, string>>;
  };
}

parity<SubjobsCase>("jobrunner-subjobs", ({ argv, env }) => {
  const outcome = parseJobrunnerArgv(argv, JOB_CONTEXT);
  if (outcome.kind !== "arguments") throw new TypeError("no arguments");
  const { arguments: args } = outcome;
  const forwarded = readForwarded(outcome, JOB_CONTEXT);
  const fleet = makeFleet(args, () => env.stdin);
  const localhost = args.text("--localhost") ?? env.hostname;
  const names = boolean((name) => env.vars?.[name], "bzfs_disable_loopback")
    ? []
    : [...LOOPBACK_NAMES, env.hostname, localhost, ...env.addresses];
  const loopbackAddress = env.loopbackAddress || undefined;
  const thisHost = { names: new Set(names), loginName: env.login, loopbackAddress };
  const users = { src: args.text("--ssh-src-user"), dst: args.text("--ssh-dst-user") };
  const pools = localPoolsOf(fleet, { thisHost, users }).filter((pool) => env.localPools.includes(pool));
  const { subjobs, skippedDestinations } = planSubjobs(fleet, { thisHost, users, localPools: new Set(pools), removable: "all" });
  const context = { args, forwarded, localhost, jobRun: args.text("--job-run") ?? "" };
  return {
    subjobs: subjobs.map((subjob) => subjobCommand(subjob, context)).map(({ name, words }) => [name, words]),
    summary: [`${args.flag("--jobrunner-dryrun") ? "Dry " : ""}${describeReadiness(fleet, subjobs.length)}`],
    skippedPools: skippedDestinations.length,
  };
});

parity<{ codes: readonly (number | null)[] }>(
  "exit-combine",
  ({ codes }) => combineStatuses(codes.map((code) => code ?? undefined)),
);
