/**
 * What a daemon costs that finds nothing new, round by round: CPU and memory must not grow with the number of rounds.
 * @module
 */
import { incrementsGround } from "./increments.ts";

/** One look at the daemon. */
interface Look {
  readonly rounds: number;
  /** User and system time of it and the children that it waited for, in milliseconds. */
  readonly cpuMs: number;
  readonly residentMiB: number;
}

/** Runs a daemon for so many seconds at a cadence of 50 ms, and looks at it ten times. */
export async function watchDaemon(executable: string, seconds: number): Promise<readonly Look[]> {
  await using ground = await incrementsGround(10, 20);
  const { folder, env } = ground;
  const words = [`--daemon-lifetime=${seconds}seconds`, "--daemon-frequency=50millisecondly"];
  const argv = [`--log-dir=${folder}/bzfs-logs`, "-v", "--recursive", ...words, "--", "tank1/src", "tank2/dst"];
  const child = new Deno.Command(executable, { args: argv, env, stdout: "piped", stderr: "null" }).spawn();
  let rounds = 0;
  const reading = (async () => {
    let rest = "";
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      rounds += lines.filter((line) => line.includes("Daemon sleeping for")).length;
    }
  })();
  const looks: Look[] = [];
  for (let look = 0; look < 10; look++) {
    await new Promise((resolve) => setTimeout(resolve, seconds * 95));
    looks.push({ rounds, ...await costOf(child.pid) });
  }
  const { code } = await child.status;
  await reading;
  if (code !== 0) throw new Error(`The daemon ended with status ${code}`);
  return looks;
}

const TICKS_PER_SECOND = 100;

async function costOf(pid: number): Promise<Omit<Look, "rounds">> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  const ticks = stat.slice(stat.lastIndexOf(")") + 2).split(" ").slice(11, 15).map(Number);
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const residentMiB = Number(/^VmRSS:\s+(\d+)/m.exec(status)![1]) / 1024;
  return { cpuMs: ticks.reduce((sum, tick) => sum + tick, 0) * 1000 / TICKS_PER_SECOND, residentMiB };
}

/** The figures of the first and the last tenth. */
export function describeDaemon(looks: readonly Look[]): string {
  const perRound = (from: Look, to: Look): string => ((to.cpuMs - from.cpuMs) / (to.rounds - from.rounds)).toFixed(2);
  const [first, second] = looks;
  const [last, end] = looks.slice(-2);
  return `${end!.rounds} rounds; CPU of a round ${perRound(first!, second!)} ms in the beginning, ${
    perRound(last!, end!)
  } ms ` +
    `at the end; resident ${looks.map(({ residentMiB }) => residentMiB.toFixed(0)).join(", ")} MiB`;
}
