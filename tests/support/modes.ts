/**
 * The five ways in which data can travel, as a table: a test plays its story in all of them, side by side, each with
 * copies of its own of one source. Runs start where a user would start them: in a guest, and for pull-push on this
 * machine, which has no ZFS.
 * @module
 */
import { assertEquals } from "@std/assert";
import { bzfs, bzfsHere, type Run } from "./replicas.ts";
import { IS_SOAK, type Testbed, type TestHost } from "./vm.ts";

/** How a run of a mode differs from a plain one by root. */
export interface ModeRunOptions {
  readonly user?: "root" | "bzfsuser";
  /** Kills it with SIGKILL after so many seconds; the exit status is then 137. */
  readonly killAfter?: number;
}

export interface Mode {
  readonly name: "local" | "push" | "pull" | "pull-push" | "r2r";
  /** Where its copies are. */
  readonly at: TestHost;
  /** The pool of its copies, `back` on the source's host or `vault` on the other one. */
  readonly pool: "back" | "vault";
  /** Runs bzfs with these words in front of the operands. */
  run(words: readonly string[], from: string, to: string, options?: ModeRunOptions): Promise<Run>;
}

/** All modes between two guests; datasets at the source are those of `src`. None if there are no guests. */
export async function modesOf({ hosts: { src, dst }, sshConfig }: Testbed<"src" | "dst">): Promise<readonly Mode[]> {
  if (sshConfig === undefined) return [];
  const here = await throughThisMachine(sshConfig);
  return [
    mode("local", src, inGuest(src, "-", "-")),
    mode("push", dst, inGuest(src, "-", "dst")),
    mode("pull", dst, inGuest(dst, "src", "-")),
    mode("pull-push", dst, here),
    mode("r2r", dst, inGuest(src, "src", "dst", ["--r2r=push"])),
  ];

  function mode(name: Mode["name"], at: TestHost, run: Mode["run"]): Mode {
    return { name, at, pool: at === src ? "back" : "vault", run };
  }
}

/**
 * The mode without ssh and the one with ssh on both sides, which stand for the others outside of `deno task soak:vm`: a
 * story that takes minutes in each mode need not be told in all of them each time.
 */
export async function sampleOfModes(bed: Testbed<"src" | "dst">): Promise<readonly Mode[]> {
  const all = await modesOf(bed);
  return IS_SOAK ? all : all.filter(({ name }) => name === "local" || name === "pull-push");
}

/** Runs in a guest, which knows hosts by name. Operands come after `--`, as one that begins with `-` must. */
function inGuest(host: TestHost, srcHost: string, dstHost: string, more: readonly string[] = []): Mode["run"] {
  return (words, from, to, { user = "root", killAfter } = {}) => {
    const argv = [...more, ...words, "--", `${srcHost}:${from}`, `${dstHost}:${to}`];
    return bzfs(host, argv, { user, wrapper: killer(killAfter) });
  };
}

/** Runs on this machine, which knows the guests only by a configuration file for ssh, and logs to a guest's folder. */
async function throughThisMachine(sshConfig: string): Promise<Mode["run"]> {
  const folder = sshConfig.replace(/[/][^/]*$/, "/dst"); // the guest's own, which is removed with it
  const config = `${folder}/modes-bzfs_ssh_config`;
  const shared = `Host *\n  ControlPath ${folder}/../%n/ssh-%r\n`;
  await Deno.writeTextFile(config, `${await Deno.readTextFile(sshConfig)}${shared}`, { mode: 0o600 });
  const common = ["--ssh-exit-on-shutdown", `--log-dir=${folder}/modes-bzfs-logs`];
  const files = [`--ssh-src-config-file=${config}`, `--ssh-dst-config-file=${config}`];
  return (words, from, to, { user = "root", killAfter } = {}) => {
    const users = [`--ssh-src-user=${user}`, `--ssh-dst-user=${user}`];
    const argv = [...files, ...users, ...common, ...words, "--", `src:${from}`, `dst:${to}`];
    // Who is killed leaves connections behind, so it gets those of the testbed.
    const env = killAfter === undefined ? {} : { bzfs_reuse_ssh_connection: "false" };
    return bzfsHere(argv, { wrapper: killer(killAfter), env });
  };
}

/** What kills a program after a while: it alone, and not what it has started. */
function killer(seconds: number | undefined): readonly string[] {
  return seconds === undefined ? [] : ["timeout", "--foreground", "-s", "KILL", seconds.toFixed(2)];
}

/** Does the same in all modes at the same time. A failure says in which mode it was, with the run's log. */
export async function inAllModes(
  modes: readonly Mode[],
  play: (mode: Mode) => Promise<Run>,
  check: (mode: Mode, run: Run) => void | Promise<void>,
): Promise<void> {
  const runs = await Promise.all(modes.map(async (mode) => ({ mode, run: await play(mode) })));
  for (const { mode, run } of runs) {
    try {
      await check(mode, run);
    } catch (error) {
      throw new Error(`In mode ${mode.name}:\n${run.log}${run.stderr}`, { cause: error });
    }
  }
}

/** A run that did all it had to, without a warning. */
export function assertSuccess(run: Run): void {
  assertEquals(run.status, 0);
  assertEquals(run.messages.filter((message) => /^(ERROR|WARN)/.test(message)), []);
  assertEquals(run.messages.at(-2), "Success. Goodbye!");
}
