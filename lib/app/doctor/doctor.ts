/**
 * `bzfs doctor`: from its words to its exit status. Puts the layers together. Source: docs/spec/doctor.md.
 * @module
 */
import { type DoctorRequest, parseDoctorArgv } from "../../cli/doctor/mod.ts";
import {
  inspectFile,
  inspectFolders,
  lookAtLocks,
  publicKeysIn,
  readTrustedFile,
  roomAt,
  schedulesNaming,
} from "../../host/files/mod.ts";
import { sha256 } from "../../host/node.ts";
import { absolutePath, joinWords, quoteWord, readEnvironment, unlessStuck } from "../../host/process/mod.ts";
import { deadSockets } from "../../host/ssh/ssh.ts";
import { systemClock, systemRandom } from "../../host/system.ts";
import { localZone } from "../../host/zoneinfo.ts";
import { adviceOf, AppError, UsageError } from "../../model/errors.ts";
import type { Checkup, Finding, HereFacts, OwnPath, Remedy } from "../../model/checkup.ts";
import { examine } from "../../plan/doctor/mod.ts";
import { type DoctorReport, doctorReport, renderDoctorJson, renderDoctorText } from "../../report/doctor/mod.ts";
import { indented, visible } from "../../report/visible.ts";
import { type ExaminationContext, type ExaminedHost, examineHosts } from "../../run/doctor/mod.ts";
import type { Program } from "../bzfs.ts";
import type { Connector } from "../connect.ts";
import { observerLog, observingConnector, STUCK_MS } from "../observer.ts";
import { type DoctorJobs, jobsOf } from "./jobs.ts";

/** What the doctor itself ends with if it fails. */
const FAILED = 3;

/** Runs `bzfs doctor` with these words; returns its exit status. */
export async function runDoctor(argv: readonly string[], program: Program): Promise<number> {
  const environment = readEnvironment();
  const zone = localZone({ tz: environment.get("TZ") });
  const parsing = { files: { read: readTrustedFile }, zone: () => zone };
  try {
    const request = parseDoctorArgv(argv, parsing, absolutePath);
    if (request.kind !== "arguments") {
      program.print("out", await program.tell(request));
      return 0;
    }
    const jobFile = request.config === undefined ? undefined : inspectFile(request.config);
    const isRefused = jobFile?.problem !== undefined;
    if (isRefused) return tell([fileFinding(jobFile)], request, program);
    const jobs = jobsOf(request, { ...program, environment }, parsing);
    return await unlessStuck(check(request, { jobs, jobFile, program }), program.signal, STUCK_MS);
  } catch (error) {
    program.signal.throwIfAborted();
    if (error instanceof UsageError) {
      const { DOCTOR_HELP, renderBriefing, renderUsageError } = await import("../../cli/render/mod.ts");
      program.print(
        "err",
        argv.length === 0 ? renderBriefing(DOCTOR_HELP, error) : renderUsageError(DOCTOR_HELP, error),
      );
      return error.exitCode;
    }
    const text = error instanceof AppError
      ? adviceOf(error)
      : error instanceof Error
      ? error.stack ?? ""
      : String(error);
    program.print("err", `bzfs doctor: error: ${indented(visible(text))}\n`);
    return FAILED;
  }
}

/** A job file that the program refuses is all that can be told. */
function fileFinding({ path, problem, isOnlyMode }: OwnPath): Finding {
  const remedy = isOnlyMode ? { argv: ["chmod", "go-w,a-x", path] } : undefined;
  return { id: "job-file", severity: "FAIL", host: "localhost", text: problem ?? "", remedy };
}

interface DoctorParts {
  readonly jobs: DoctorJobs;
  readonly jobFile: OwnPath | undefined;
  readonly program: Program;
}

async function check(request: DoctorRequest, parts: DoctorParts): Promise<number> {
  const { jobs, program } = parts;
  const { job } = jobs.checked[0]!;
  const log = observerLog(request.verbosity, program);
  const { identity, signal } = program;
  const { connect, processes } = await observingConnector(job, { program, log, signal });
  try {
    const leases = {
      pid: identity.pid,
      hostname: identity.hostname,
      random: systemRandom,
      living: (pids: readonly number[]) => processes.living(pids),
    };
    const sockets = `${identity.home}/.ssh/bzfs`;
    const locks = `${jobs.logFolder}/.locks`;
    const checkup: Checkup = {
      nowMs: systemClock.now(),
      hosts: await askHosts(parts, connect),
      routes: jobs.plan.routes,
      here: {
        folders: inspectFolders([
          sockets,
          jobs.logFolder,
          ...[".cache", ".locks", ".current"].map((name) => `${jobs.logFolder}/${name}`),
        ]),
        logRoom: roomAt(jobs.logFolder),
        deadSockets: await deadSockets(sockets, leases),
        deadLocks: (await lookAtLocks(locks, { removes: false })).filter(({ isHeld }) => !isHeld).map(({ path }) =>
          path
        ),
        publicKeys: publicKeysIn(identity.home),
        schedules: parts.jobFile === undefined ? undefined : schedulesNaming(parts.jobFile.path),
      } satisfies HereFacts,
      job: {
        jobFile: parts.jobFile,
        thisHost: jobs.thisHost,
        words: request.again,
        suspicions: jobs.suspicions,
        faults: jobs.faults,
        misnomers: jobs.misnomers,
        isScheduledHere: jobs.isScheduledHere,
        refusals: jobs.plan.refusals,
        helpers: helpersOf(job.programs),
        elevation: elevationOf(jobs),
        keptMs: jobs.keptMs,
      },
      digest: sha256,
    };
    const name = jobs.isNamed ? jobs.thisHost : undefined;
    if (request.fix === undefined) return tell(examine(checkup), request, program, name);
    const { fix } = await import("./fix.ts");
    return await fix(request.fix, request.isDry, { checkup, jobs: jobs.checked, connect, log, leases, locks, program });
  } finally {
    await connect.end();
  }
}

async function askHosts({ jobs, program }: DoctorParts, connect: Connector): Promise<Checkup["hosts"]> {
  const { job } = jobs.checked[0]!;
  const hosts: ExaminedHost[] = await Promise.all(jobs.plan.tasks.map(async (task) => ({
    task,
    runner: await connect.runnerOf(task.side, task.userHost),
  })));
  const context: ExaminationContext = {
    clock: systemClock,
    signal: program.signal,
    helpers: helpersOf(job.programs),
    elevation: elevationOf(jobs),
  };
  return await examineHosts(hosts, context);
}

function helpersOf({ compression, mbuffer, pv, ps }: DoctorJobs["checked"][0]["job"]["programs"]): string[] {
  return [compression, mbuffer, pv, ps].filter((name) => /^[A-Za-z0-9_.+-]+$/.test(name) && name !== "-");
}

function elevationOf({ checked }: DoctorJobs): string | undefined {
  const { hosts, programs } = checked[0]!.job;
  return hosts.elevatePrivileges && programs.sudo !== "-" ? quoteWord(programs.sudo) : undefined;
}

/**
 * Prints findings; returns the exit status.
 *
 * @param hereName what the user calls this host
 */
function tell(
  findings: readonly Finding[],
  { isJson }: DoctorRequest,
  { version, print }: Program,
  hereName = HERE,
): number {
  const shown = findings.map(({ remedy, ...finding }) => ({
    ...finding,
    ...(remedy === undefined ? {} : { remedy: lineOf(remedy) }),
  }));
  const report = doctorReport(shown, { version, reportedAt: new Date(systemClock.now()).toISOString() });
  print("out", isJson ? renderDoctorJson(report) : renderDoctorText(named(report, hereName)));
  return report.exitStatus;
}

const HERE = "localhost";

/** For people: this host under its name. */
function named(report: DoctorReport, name: string): DoctorReport {
  return { ...report, findings: report.findings.map((each) => each.host === HERE ? { ...each, host: name } : each) };
}

/** A remedy as it can be pasted into a shell. */
function lineOf({ argv }: Remedy): string {
  return joinWords(argv);
}
