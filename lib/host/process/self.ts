/**
 * Starts this very executable again, for a subjob in a process of its own.
 *
 * The permissions of the executable do not name itself, since nobody knows where it will be; a shell may start it. The
 * first word `bzfs` selects the program whatever the file is called. The child stays in our process group and gets its
 * own copy of a Ctrl-C, as it knows best how to end what it has started.
 * @module
 */
import type { Logger } from "../../model/log.ts";
import type { Cancel } from "../../zfs/world.ts";
import { signalLeader } from "./group_signals.ts";
import { isSettledWithin } from "./patience.ts";
import { exportText, joinWords } from "./shell.ts";

/** A limit, and what the child inherits beside our environment. */
export interface SpawnSelfOptions extends Cancel {
  readonly timeoutMs: number | undefined;
  /** Variables `LD_…` that were taken out of our environment. */
  readonly loaderVariables: ReadonlyMap<string, string>;
  readonly log: Logger;
  /** Where the child's standard output goes. */
  readonly outputTo: "stdout" | "stderr";
}

/** Path of the executable; `undefined` if the program runs from source. */
export function executablePath(): string | undefined {
  return Deno.build.standalone ? Deno.execPath() : undefined;
}

/** Words that start this program. */
function ownWords(): readonly string[] {
  return Deno.build.standalone ? [Deno.execPath()] : [Deno.execPath(), "run", "-A", "--unstable-net", Deno.mainModule];
}

/** Runs `bzfs` with these words in a new process; returns its status, −N if it was ended by signal N. */
export async function spawnSelf(words: readonly string[], options: SpawnSelfOptions): Promise<number> {
  const redirection = options.outputTo === "stderr" ? " 1>&2" : "";
  const args = [
    "-c",
    `${exportText(options.loaderVariables)}exec "$0" "$@"${redirection}`,
    ...ownWords(),
    "bzfs",
    ...words,
  ];
  const child = new Deno.Command("sh", { args, stdin: "null", stdout: "inherit", stderr: "inherit" }).spawn();
  const ended = child.status.then(({ code, signal }) => signal === null ? code : 128 - code);
  const interrupt = (): void => signalLeader(child, "SIGTERM");
  options.signal?.addEventListener("abort", interrupt, { once: true });
  try {
    if (options.signal?.aborted) interrupt();
    if (options.timeoutMs !== undefined && !await isSettledWithin(ended, options.timeoutMs)) {
      await endLate(child, ended, options.timeoutMs, `${joinWords(["bzfs", ...words])}`, options.log);
    }
    return await ended;
  } finally {
    options.signal?.removeEventListener("abort", interrupt);
  }
}

/** SIGTERM, some patience, then SIGTERM for all that it has started and SIGKILL for itself. */
async function endLate(
  child: Deno.ChildProcess,
  ended: Promise<number>,
  timeoutMs: number,
  command: string,
  log: Logger,
): Promise<void> {
  const limit = `${timeoutMs / 1000}s`;
  log.log("ERROR", "", `Terminating worker job as it failed to complete within ${limit}: ${command}`);
  signalLeader(child, "SIGTERM");
  if (await isSettledWithin(ended, Math.min(1000, timeoutMs))) return;
  log.log("ERROR", "", `Killing worker job as it failed to terminate within ${limit}: ${command}`);
  const descendants = await descendantsOf(child.pid);
  if (descendants.length > 0) await quietly("sh", ["-c", `kill -s TERM -- ${descendants.join(" ")}`]);
  signalLeader(child, "SIGKILL");
}

/** Processes below this one; none if that is unknown. */
async function descendantsOf(pid: number): Promise<number[]> {
  const rows = (await quietly("ps", ["-Ao", "pid,ppid"])).split("\n").map((line) =>
    line.trim().split(/\s+/).map(Number)
  );
  const found = [pid];
  for (const parent of found) found.push(...rows.filter(([, ppid]) => ppid === parent).map(([child]) => child!));
  return found.slice(1);
}

/** What a program prints; nothing if it cannot be run. */
async function quietly(program: string, args: readonly string[]): Promise<string> {
  const options: Deno.CommandOptions = { args: [...args], stdin: "null", stderr: "null" };
  return await new Deno.Command(program, options).output()
    .then(({ stdout }) => new TextDecoder().decode(stdout))
    .catch(() => "");
}
