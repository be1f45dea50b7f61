/**
 * A fleet of simulated hosts for `bzfs status`: `web1` is replicated to `nas`, and to the removable pool `usb` of `hub`, the
 * host that runs everything. It is made once and can be put back into its first state, since that takes long.
 * @module
 */
import { type InstalledHosts, installSimulatedHosts } from "../sim/bin/install.ts";
import { SimClock } from "../sim/clock.ts";
import { SimHost } from "../sim/host.ts";
import type { Pool } from "../sim/pool.ts";
import type { ActionState } from "../../lib/model/status/mod.ts";
import { jobrunner } from "./jobrunner.ts";

const MAIN = `${import.meta.dirname}/../../main.ts`;

const JOB_FILE = `root-dataset-pairs: [{src: tank/data, dst: data}]
src-hosts: [web1]
dst-hosts:
  - {name: nas, root-dataset: back/^SRC_HOST}
  - {name: hub, root-dataset: usb/^SRC_HOST, removable: true}
schedule: {mode: bastion, bastion: hub}
src-snapshot-plan: {prod: {onsite: {hourly: 3, daily: 2}}}
monitor-snapshot-plan: {prod: {onsite: {hourly: {warning: 2 hours, critical: 3 hours}}}}
bzfs: {recursive: true, retries: 0}
`;

/** All that the schedule of the host does. */
export const EVERYTHING = [
  "--create-src-snapshots",
  "--replicate",
  "--prune-src-snapshots",
  "--prune-src-bookmarks",
  "--prune-dst-snapshots",
];

/** How a process ended. */
export interface Ended {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** What runs have left behind, to be changed. */
export type WritableState = { -readonly [K in keyof ActionState]: ActionState[K] };

/** Hosts of the fleet; `localhost` is `hub`. */
export type SceneHost = "web1" | "nas" | "localhost";

/** The fleet. */
export interface StatusScene extends AsyncDisposable {
  readonly sims: InstalledHosts;
  /** Holds the job file and the logs. */
  readonly folder: string;
  /** Path of the job file. */
  readonly jobFile: string;
  /** Folder of the files with the state of runs. */
  readonly stateFolder: string;
  /** Words for every run: the job file, the name of this host, where it logs. */
  readonly common: readonly string[];
  /** Runs `bzfs status`. */
  status(...words: string[]): Promise<Ended>;
  /** Starts `bzfs status`, with its standard error piped. */
  start(...words: string[]): Deno.ChildProcess;
  /** Runs `bzfs status` with hosts that never answer, and interrupts it while it waits for them. */
  interrupt(...words: string[]): Promise<Ended>;
  /** Runs `bzfs status` until its output matches, and interrupts it then; something can be done after its first output. */
  watch(words: readonly string[], until: RegExp, afterFirst?: () => Promise<void>): Promise<Ended>;
  /** Runs the job runner. */
  run(...words: string[]): Promise<{ readonly status: number; readonly log: string }>;
  /** Runs it so that `ssh` never answers, and ends it when the work beside it is done. */
  runHanging(words: readonly string[], meanwhile: () => Promise<void>): Promise<void>;
  /** Runs it as a daemon that replicates each second, and sends it a signal when the work beside it is done. */
  runDaemon(words: readonly string[], signal: Deno.Signal, meanwhile: () => Promise<void>): Promise<void>;
  /** Changes a host behind everybody's back. */
  change(host: SceneHost, act: (host: SimHost) => void): Promise<void>;
  /** Makes all snapshots of a host older by so many hours. */
  age(host: SceneHost, hours: number): Promise<void>;
  /** Makes everything older by so many hours that runs have left behind. */
  ageState(hours: number): Promise<void>;
  /** Changes what runs of an action have left behind. */
  changeState(action: string, act: (state: WritableState) => void): Promise<void>;
  /** Replaces the text of the job file. */
  writeJobFile(change: (text: string) => string): Promise<void>;
  /** Lines that `ssh` begins with, in which `$host` is the host that is asked and `$*` the command. */
  onSsh(script: string): Promise<void>;
  /** Puts everything back to how it was when the scene was made. */
  reset(): Promise<void>;
}

/** The pool of a host that has one. */
export function poolOf(host: SimHost): Pool {
  return host.pools[0]!;
}

function hostWith(pool: string, name: string, seed: number): SimHost {
  const host = SimHost.create({ name, seed, clock: new SimClock(Date.now()) });
  host.addPool(pool);
  return host;
}

/** Makes it. `isFresh`: everything was created and replicated just now. */
export async function statusScene({ isFresh = true } = {}): Promise<StatusScene> {
  const web1 = hostWith("tank", "web1", 1);
  for (const name of ["tank/data", "tank/data/sub"]) {
    poolOf(web1).add({ name, type: "filesystem" });
    web1.write(name, 500);
  }
  const sims = await installSimulatedHosts({
    localhost: hostWith("usb", "hub", 2),
    web1,
    nas: hostWith("back", "nas", 3),
  });
  const root = sims.bin.replace(/\/bin$/, "");
  const folder = await Deno.makeTempDir({ prefix: "bzfs-status-" });
  const jobFile = `${folder}/fleet.yaml`;
  const logFolder = `${folder}/bzfs-logs`;
  const stateFolder = `${logFolder}/.cache/state`;
  const common = [`--config=${jobFile}`, `--log-dir=${logFolder}`, "--localhost=hub"];
  await Deno.writeTextFile(jobFile, JOB_FILE, { mode: 0o600 });
  const copy = async (from: string, to: string): Promise<void> => {
    const script = 'rm -rf "$2" && cp -a "$1" "$2"';
    const { code, stderr } = await new Deno.Command("sh", { args: ["-c", script, "sh", from, to] }).output();
    if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
  };
  const commandOf = (words: readonly string[], options: Deno.CommandOptions = {}): Deno.Command => {
    const args = ["run", "--no-check", "--no-prompt", "--unstable-net", "-A", MAIN, "status", ...common, ...words];
    const env = { bzfs_reuse_ssh_connection: "false", ...sims.env };
    return new Deno.Command(Deno.execPath(), {
      args,
      env,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      ...options,
    });
  };
  const scene: StatusScene = {
    sims,
    folder,
    jobFile,
    stateFolder,
    common,
    async status(...words): Promise<Ended> {
      const { code, stdout, stderr } = await commandOf(words).output();
      return { status: code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
    },
    start: (...words) => commandOf(words, { stdout: "null" }).spawn(),
    async interrupt(...words): Promise<Ended> {
      const mark = `${folder}/asked`;
      await scene.onSsh(`: > ${mark}; exec sleep 60`);
      const child = commandOf(words).spawn();
      while (!await Deno.stat(mark).then(() => true, () => false)) await new Promise((done) => setTimeout(done, 20));
      child.kill("SIGINT");
      const { code, stdout, stderr } = await child.output();
      return { status: code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
    },
    async watch(words, until, afterFirst = () => Promise.resolve()): Promise<Ended> {
      const child = commandOf(words).spawn();
      let out = "";
      for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
        if (out === "") await afterFirst();
        out += text;
        if (until.test(out)) child.kill("SIGINT");
      }
      return { status: (await child.status).code, out, err: await new Response(child.stderr).text() };
    },
    run: (...words) => jobrunner([...common, "--quiet", ...words], sims),
    async runHanging(words, meanwhile): Promise<void> {
      await scene.onSsh('[ -z "$SCENE_HANGS" ] || exec sleep 60');
      await jobrunner([...common, "--quiet", ...words], {
        env: { ...sims.env, SCENE_HANGS: "1" },
        async meanwhile(child): Promise<void> {
          await meanwhile().finally(() => child.kill("SIGKILL"));
        },
      });
    },
    async runDaemon(words, signal, meanwhile): Promise<void> {
      const daemon = ["--replicate", "--daemon-lifetime=1days", "--daemon-replication-frequency=secondly"];
      await jobrunner([...common, "--quiet", ...daemon, ...words], {
        env: sims.env,
        async meanwhile(child): Promise<void> {
          await meanwhile().finally(() => child.kill(signal));
        },
      });
    },
    async change(name, act): Promise<void> {
      const host = await sims.read(name);
      act(host);
      await Deno.writeTextFile(`${root}/${name}.json`, JSON.stringify(host.state));
    },
    async age(name, hours): Promise<void> {
      await scene.change(name, (host) => {
        for (const dataset of host.pools.flatMap((pool) => pool.state.datasets)) {
          dataset.snapshots = dataset.snapshots.map((one) => ({ ...one, creation: one.creation - hours * 3600 }));
        }
      });
    },
    async ageState(hours): Promise<void> {
      for await (const { name } of Deno.readDir(stateFolder)) {
        const path = `${stateFolder}/${name}`;
        const older = (iso: string): string => new Date(Date.parse(iso) - hours * 3_600_000).toISOString();
        const text = await Deno.readTextFile(path);
        await Deno.writeTextFile(path, text.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, older));
      }
    },
    async changeState(action, act): Promise<void> {
      for await (const { name } of Deno.readDir(stateFolder)) {
        if (!name.startsWith(`${action}-`)) continue;
        const path = `${stateFolder}/${name}`;
        const state: WritableState = JSON.parse(await Deno.readTextFile(path));
        act(state);
        await Deno.writeTextFile(path, JSON.stringify(state));
      }
    },
    async writeJobFile(change): Promise<void> {
      await Deno.writeTextFile(jobFile, change(await Deno.readTextFile(jobFile)));
    },
    async onSsh(script): Promise<void> {
      const text = await Deno.readTextFile(`${sims.bin}/ssh`);
      await Deno.writeTextFile(`${sims.bin}/ssh`, text.replace("\nshift\nBZFS", () => `\nshift\n${script}\nBZFS`));
    },
    async reset(): Promise<void> {
      await copy(`${root}.kept`, root);
      await copy(`${folder}.kept`, folder);
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await sims[Symbol.asyncDispose]();
      for (const path of [folder, `${folder}.kept`, `${root}.kept`]) {
        await Deno.remove(path, { recursive: true }).catch(() => {});
      }
    },
  };
  if (isFresh) {
    const { status, log } = await scene.run(...EVERYTHING);
    if (status !== 0) throw new Error(log);
  }
  await copy(root, `${root}.kept`);
  await copy(folder, `${folder}.kept`);
  return scene;
}
