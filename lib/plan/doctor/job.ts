/**
 * Checks of the job itself, and of what this host keeps for it.
 * @module
 */
import type { OwnPath } from "../../model/checkup.ts";
import { counted } from "../../model/text/mod.ts";
import { at, type Check, fail, few, ok, orOk, type Verdicts, warn } from "./check.ts";

const HERE = "localhost";

/** Room that logs and caches need. */
const LOG_ROOM_BYTES = 50_000_000n;

function here(judge: (checkup: Parameters<Check["examine"]>[0]) => Verdicts): Check["examine"] {
  return (checkup) => at(HERE, judge(checkup));
}

/** A folder, or file, that must be ours alone, or writable for us alone. */
function ownPaths(paths: readonly OwnPath[], mode: string): Verdicts {
  return orOk(
    paths.filter(({ problem }) => problem !== undefined).map(({ path, problem, isOnlyMode }) =>
      isOnlyMode ? fail(problem!, "chmod", mode, path) : fail(problem!)
    ),
  );
}

/** Checks of the job, and of this host's files. */
export const JOB_CHECKS: readonly Check[] = [
  {
    id: "job-file",
    about: "the job file is ours, and nobody else may write it",
    meaning: "Who can write the job file decides what is destroyed. The program refuses it.",
    examine: here(({ job: { jobFile } }) => jobFile && ownPaths([jobFile], "go-w")),
  },
  {
    id: "review",
    about: "nothing in the job looks like a mistake",
    meaning:
      'The same sentences as those of `--explain` under "Suspicious". That nothing is copied at all is a failure.',
    examine: here(({ job: { jobFile, suspicions, faults } }) =>
      jobFile && orOk(suspicions.map((text) => faults.has(text) ? fail(text) : warn(text)))
    ),
  },
  {
    id: "overlap",
    about: "no source and destination are the same dataset, or inside each other",
    meaning: "Such a pair is refused, or would replicate its own copies.",
    examine: here(({ job: { refusals } }) => orOk(refusals.map((text) => fail(text)))),
  },
  {
    id: "shared-destination",
    about: "no two sources write to the same destination dataset",
    meaning: "Each would find the other's snapshots in its way.",
    examine: here(({ routes }) => {
      const writers = Map.groupBy(routes, ({ destination }) => `${destination.host}:${destination.dataset}`);
      const shared = [...writers].map(([dst, some]) => ({
        dst,
        sources: [...new Set(some.map(({ source }) => `${source.host}:${source.dataset}`))],
      })).filter(({ sources }) => sources.length > 1);
      return orOk(shared.map(({ dst, sources }) => fail(`several sources write to ${dst}: ${few(sources)}`)));
    }),
  },
  {
    id: "folders",
    about: "the folders of logs, caches, locks and ssh connections are ours alone",
    meaning: "The program refuses a folder that others may enter, since it trusts what is in there.",
    examine: here(({ here: { folders } }) => ownPaths(folders, "700")),
  },
  {
    id: "log-room",
    about: "there is room for logs and caches",
    meaning: "A full disk ends no backup, but nobody learns why the next one fails.",
    examine: here(({ here: { logRoom } }) => {
      if (logRoom === undefined) return undefined;
      return logRoom.available < LOG_ROOM_BYTES
        ? warn(`the file system of the logs has ${logRoom.available / 1_000_000n} MB left`)
        : ok();
    }),
  },
  {
    id: "control-sockets",
    about: "no control sockets of ssh are left by processes that are gone",
    meaning: "They do no harm, but an ssh that meets one has to find out. `--fix control-sockets` removes them.",
    examine: here(({ here: { deadSockets }, job }) =>
      deadSockets.length === 0 ? ok() : {
        ...warn(`${counted(deadSockets.length, "control socket")} of no process: ${few(deadSockets)}`),
        remedy: { argv: ["bzfs", "doctor", "--fix", "control-sockets", ...job.words] },
      }
    ),
  },
  {
    id: "locks",
    about: "no lock file is left by a run that was killed",
    meaning: "The lock itself ended with its process: the file holds up nobody. `--fix locks` removes it.",
    examine: here(({ here: { deadLocks }, job }) =>
      deadLocks.length === 0 ? ok() : {
        ...warn(`${counted(deadLocks.length, "lock file")} of no process: ${few(deadLocks)}`),
        remedy: { argv: ["bzfs", "doctor", "--fix", "locks", ...job.words] },
      }
    ),
  },
  {
    id: "schedule",
    about: "cron or systemd of this host start the job, or it is not this host that does",
    meaning:
      "Without a schedule nothing runs. If another host starts the job, there is nothing to do here. What is printed " +
      "says where to put it. The job file must know this host by its name: see `--localhost`.",
    examine: here(({ here: { schedules }, job: { jobFile, thisHost, words, misnomers, isScheduledHere } }) => {
      if (jobFile === undefined || schedules === undefined) return undefined;
      if (schedules.length > 0) return ok();
      if (misnomers.length > 0) return misnomers.map((text) => warn(text));
      if (!isScheduledHere) return ok();
      const logs = words.filter((word) => word.startsWith("--log-dir="));
      const command = ["bzfs", "jobrunner", "--config", jobFile.path, `--localhost=${thisHost}`, ...logs];
      const argv = [...command, "--print-schedule=cron"];
      return warn("neither cron nor systemd of this host starts the job file", ...argv);
    }),
  },
];
