/**
 * `bzfs status`: from its words to its exit status. Puts the layers together.
 * Source: docs/spec/status.md.
 * @module
 */
import { readForwarded, sameWords } from "../../cli/jobrunner/mod.ts";
import { parseStatusArgv, type StatusRequest } from "../../cli/status/mod.ts";
import { readTrustedFile } from "../../host/files/mod.ts";
import { standardOutput } from "../../host/output/mod.ts";
import { readEnvironment, unlessStuck } from "../../host/process/mod.ts";
import { systemClock } from "../../host/system.ts";
import { localZone } from "../../host/zoneinfo.ts";
import { asUsage, messageOf, UsageError } from "../../model/errors.ts";
import type { Level, StatusReport } from "../../model/status/mod.ts";
import type { Zone } from "../../model/time/mod.ts";
import { judgeStatus, type StatusInputs } from "../../plan/status/mod.ts";
import type { RunLogger } from "../../report/logger.ts";
import { renderNagios, renderTable } from "../../report/status/mod.ts";
import { headlineOf, jsonOf } from "../../report/visible.ts";
import { jobContext, type Program } from "../bzfs.ts";
import { fleetOf, logFolderOf, prepare, removableOf } from "../fleet_preparation.ts";
import { observerLog, STUCK_MS } from "../observer.ts";
import { expectationsOf, type Look } from "./expectations.ts";
import { openStatusFiles, type StatusFiles } from "./files.ts";
import { hasRunElsewhere, KEPT_ACTIONS, readActionState } from "./keeping.ts";
import { busyMsOf, lockIdentities, type LockIdentity, namesHosts, runsAtWork, scheduledHere } from "./schedule.ts";
import { lookAtAll } from "./looking.ts";

const EXIT: Readonly<Record<Level, number>> = { ok: 0, warning: 1, critical: 2 };

/** Goes to the top left, and erases the screen. */
const REPAINT = "\x1b[H\x1b[2J";

/** Runs `bzfs status` with these words; returns its exit status. */
export async function runStatus(argv: readonly string[], program: Program): Promise<number> {
  const environment = readEnvironment();
  const zone = localZone({ tz: environment.get("TZ") });
  try {
    const parse = (): ReturnType<typeof parseStatusArgv> =>
      parseStatusArgv(argv, { files: { read: readTrustedFile }, zone: () => zone });
    const request = parse();
    if (request.kind !== "arguments") {
      program.print("out", await program.tell(request));
      return 0;
    }
    const prepare = (now = request): StatusParts => preparedParts(now, { ...program, environment }, zone);
    const first = prepare();
    const files = asUsage(() =>
      openStatusFiles(request, first.jobId, (message) => program.print("err", `${headlineOf(`ERROR: ${message}`)}\n`))
    );
    // The job file may have changed since the last look.
    const again = (): StatusParts => {
      const now = parse();
      if (now.kind !== "arguments") throw new TypeError("The same words ask for something else");
      return prepare(now);
    };
    return await unlessStuck(show(request, { first, again, files }, zone), program.signal, STUCK_MS);
  } catch (error) {
    // What a monitoring system reads must not be empty, and say what the exit status says.
    if (argv.includes("--nagios")) {
      const word = error instanceof UsageError ? "CRITICAL" : "UNKNOWN";
      program.print("out", `${headlineOf(`${word} - bzfs status: ${messageOf(error)}`)}\n`);
    }
    if (!(error instanceof UsageError)) throw error;
    const { STATUS_HELP, renderBriefing, renderUsageError } = await import("../../cli/render/mod.ts");
    program.print("err", argv.length === 0 ? renderBriefing(STATUS_HELP, error) : renderUsageError(STATUS_HELP, error));
    return error.exitCode;
  }
}

/** What a look needs: of the job file as it was before it. */
interface StatusParts {
  readonly program: Program;
  readonly log: RunLogger;
  readonly expected: StatusInputs["expected"];
  readonly looks: readonly Look[];
  /** What the runs of this job lock. */
  readonly locks: () => readonly LockIdentity[];
  readonly host: string;
  /** Options that commands about the same need, too. */
  readonly given: readonly string[];
  /** The job file says which hosts have a part in its schedule, and nothing restricts it to some hosts. */
  readonly isHostNamed: boolean;
  readonly jobId: string;
  /** Below it are locks and state. */
  readonly logFolder: string;
}

/** What can be wrong with words and job file is wrong before a host is asked. Throws `UsageError`. */
function preparedParts(request: StatusRequest, program: Program, zone: Zone): StatusParts {
  const { run } = request;
  const environment = program.environment!;
  const forwarded = readForwarded(run, { files: { read: readTrustedFile }, zone: () => zone });
  const around = { program, environment, forwarded };
  return asUsage(() => {
    const fleet = fleetOf(run);
    const { thisHost, users, context } = prepare(run, fleet, around);
    const removable = removableOf(run);
    const { routes, looks } = expectationsOf(fleet, {
      around: { thisHost, users },
      context,
      jobContext: jobContext(around),
      removable: removable === "all" ? new Set() : removable,
    });
    return {
      program,
      log: observerLog(request.verbosity, program),
      expected: {
        routes,
        actions: scheduledHere(fleet, run, { host: context.localhost, routes }),
        busyLimitMs: busyMsOf(context, around),
      },
      looks,
      locks: () => lockIdentities(fleet, { around: { thisHost, users }, context, jobContext: jobContext(around) }),
      host: context.localhost,
      given: [...sameWords(run, forwarded), ...hostWords(run)],
      isHostNamed: namesHosts(run),
      jobId: run.arguments.text("--job-id") ?? "",
      logFolder: logFolderOf(around),
    };
  });
}

/** Options that restrict a look to some hosts. */
function hostWords({ arguments: args }: StatusRequest["run"]): string[] {
  return (["--src-host", "--dst-host"] as const).filter((name) => args.isGiven(name))
    .flatMap((name) => args.list(name).map((host) => `${name}=${host}`));
}

/** All looks of a run. */
interface Looks {
  readonly first: StatusParts;
  /** Reads the job file again. Throws `UsageError` if it is none any more. */
  readonly again: () => StatusParts;
  readonly files: StatusFiles;
}

/** Looks once, or again and again until the signal; returns the exit status of the last look. */
async function show(request: StatusRequest, { first, again, files }: Looks, zone: Zone): Promise<number> {
  const { print, signal } = first.program;
  const isScreen = request.watchMs !== undefined && request.form === "table" && standardOutput.isTerminal();
  let status: number | undefined;
  for (;;) {
    let report: StatusReport;
    try {
      report = await lookOnce(request, status === undefined ? first : again());
    } catch (error) {
      // Before the first look has ended nothing is known: that is an interrupt as any other.
      if (status !== undefined && signal.aborted) return status;
      throw error;
    }
    status = EXIT[report.level];
    if (request.form !== "none") print("out", (isScreen ? REPAINT : "") + textOf(request, report, zone));
    if (!await files.write(report) && status === 0) status = 3;
    if (request.watchMs === undefined) return status;
    await systemClock.sleep(request.watchMs * 1e6, { signal }).catch(() => {});
    if (signal.aborted) return status;
  }
}

function textOf({ form }: StatusRequest, report: StatusReport, zone: Zone): string {
  if (form === "json") return `${jsonOf(report, 2)}\n`;
  return form === "nagios" ? renderNagios(report) : renderTable(report, zone);
}

async function lookOnce(request: StatusRequest, parts: StatusParts): Promise<StatusReport> {
  const { program, log, looks, expected, host, given, jobId, logFolder } = parts;
  const owner = { jobId, jobFile: request.config, host, logFolder };
  const known = KEPT_ACTIONS.map((action) => [action, readActionState(action, owner)] as const);
  const states = known.flatMap(([action, state]) =>
    state === undefined || "why" in state ? [] : [[action, state] as const]
  );
  const unreadable = known.flatMap(([action, state]) =>
    state !== undefined && "why" in state ? [[action, state] as const] : []
  );
  const [found, running] = await Promise.all([
    request.isOffline ? new Map() : lookAtAll(looks, { program, log, signal: program.signal }),
    runsAtWork(`${logFolder}/.locks`, parts.locks),
  ]);
  return judgeStatus({
    expected,
    found,
    states: new Map(states),
    unreadable: new Map(unreadable),
    running,
    isStranger: hasRunElsewhere(owner) || (parts.isHostNamed && states.length > 0),
    host,
    jobFile: request.config,
    given,
    nowMs: systemClock.now(),
  }, { version: program.version, jobId, offline: request.isOffline });
}
