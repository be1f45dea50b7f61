/**
 * `bzfs_jobrunner` as a process that runs from source.
 * @module
 */

const main = `${import.meta.dirname}/../../main.ts`;

/** The end of a run. */
export interface RunnerResult {
  readonly status: number;
  readonly out: string;
  /** The runner's log, without times and name. */
  readonly log: string;
}

/** What a run is given beside its words. */
export interface RunnerOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Called with the process while it runs. */
  readonly meanwhile?: (child: Deno.ChildProcess) => Promise<void>;
}

/** Runs it with these words. */
export async function jobrunner(words: readonly string[], options: RunnerOptions = {}): Promise<RunnerResult> {
  const args = ["run", "--no-check", "--no-prompt", "--unstable-net", "-A", main, "jobrunner", ...words];
  const env = { bzfs_reuse_ssh_connection: "false", ...options.env };
  const child = new Deno.Command(Deno.execPath(), { args, env, stdin: "piped", stdout: "piped", stderr: "piped" })
    .spawn();
  const writer = child.stdin.getWriter();
  const written = writer.write(new TextEncoder().encode(options.input ?? "")).then(() => writer.close()).catch(
    () => {},
  );
  const [{ code, stdout, stderr }] = await Promise.all([child.output(), options.meanwhile?.(child), written]);
  return { status: code, out: new TextDecoder().decode(stdout), log: plainRecords(stderr) };
}

/** Records of the runner without times and name. */
export function plainRecords(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replaceAll(/^\S+ \S+ (\[.\](?: \w+:)?) \[bzfs_jobrunner\] /gm, "$1 ");
}
