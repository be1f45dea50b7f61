/**
 * A fleet of simulated hosts for `bzfs status`: two sources that a nas pulls from, this host being the bastion.
 * @module
 */
import { type InstalledHosts, installSimulatedHosts } from "../sim/bin/install.ts";
import { SimClock } from "../sim/clock.ts";
import { SimHost } from "../sim/host.ts";

const MAIN = `${import.meta.dirname}/../../main.ts`;

const JOB_FILE = `root-dataset-pairs: [{src: tank/data, dst: data}]
src-hosts: [web1, web2]
dst-hosts:
  - {name: nas, root-dataset: back/^SRC_HOST}
src-snapshot-plan: {prod: {onsite: {hourly: 3, daily: 2}}}
monitor-snapshot-plan: {prod: {onsite: {hourly: {warning: 2 hours, critical: 3 hours}}}}
bzfs: {recursive: true, retries: 0}
`;

/** How a process ended. */
export interface Ended {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** The fleet. */
export interface StatusScene extends AsyncDisposable {
  readonly sims: InstalledHosts;
  /** Holds the job file and the logs. */
  readonly folder: string;
  /** Runs `bzfs status` for the job file. */
  status(...words: string[]): Promise<Ended>;
  /** Starts `bzfs status` for the job file, with its standard error piped. */
  start(...words: string[]): Deno.ChildProcess;
  /** Runs the job runner for the job file. */
  jobrunner(...words: string[]): Promise<Ended>;
  /** Replaces the text of the job file. */
  writeJobFile(change: (text: string) => string): Promise<void>;
}

function sourceHost(name: string, seed: number): SimHost {
  const host = SimHost.create({ name, seed, clock: new SimClock(Date.now()) });
  const pool = host.addPool("tank");
  for (const dataset of ["tank/data", "tank/data/sub"]) {
    pool.add({ name: dataset, type: "filesystem" });
    host.write(dataset, 500);
  }
  return host;
}

/** Makes it. `isFresh`: everything was created and replicated just now. */
export async function statusScene({ isFresh = true } = {}): Promise<StatusScene> {
  const clock = (): SimClock => new SimClock(Date.now());
  const nas = SimHost.create({ name: "nas", seed: 3, clock: clock() });
  nas.addPool("back");
  const localhost = SimHost.create({ seed: 4, clock: clock() });
  const sims = await installSimulatedHosts({
    localhost,
    web1: sourceHost("web1", 1),
    web2: sourceHost("web2", 2),
    nas,
  });
  const folder = await Deno.makeTempDir({ prefix: "bzfs-status-" });
  const path = `${folder}/fleet.yaml`;
  await Deno.writeTextFile(path, JOB_FILE, { mode: 0o600 });
  const command = (words: readonly string[], options: Deno.CommandOptions = {}): Deno.Command => {
    const args = ["run", "--no-check", "--no-prompt", "--unstable-net", "-A", MAIN, ...words];
    const env = { bzfs_reuse_ssh_connection: "false", ...sims.env };
    return new Deno.Command(Deno.execPath(), { args, env, stdin: "null", ...options });
  };
  const run = async (...words: string[]): Promise<Ended> => {
    const { code, stdout, stderr } = await command(words).output();
    return { status: code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
  };
  const common = [`--config=${path}`, `--log-dir=${folder}/bzfs-logs`];
  const scene: StatusScene = {
    sims,
    folder,
    status: (...words) => run("status", ...common, ...words),
    start: (...words) => command(["status", ...common, ...words], { stdout: "null", stderr: "piped" }).spawn(),
    jobrunner: (...words) => run("jobrunner", ...common, ...words),
    async writeJobFile(change): Promise<void> {
      await Deno.writeTextFile(path, change(await Deno.readTextFile(path)), { mode: 0o600 });
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await sims[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
  if (isFresh) {
    const { status, err } = await scene.jobrunner("--create-src-snapshots", "--replicate", "--quiet");
    if (status !== 0) throw new Error(err);
  }
  return scene;
}
