/**
 * Two simulated hosts, a replication between them, and what `bzfs doctor` finds there.
 * @module
 */
import { sha256 } from "../../lib/host/node.ts";
import type { Checkup, Finding, HereFacts, JobFacts } from "../../lib/model/checkup.ts";
import type { Dataset } from "../../lib/model/dataset.ts";
import { examine, planDoctor } from "../../lib/plan/doctor/mod.ts";
import { examineHosts } from "../../lib/run/doctor/mod.ts";
import type { Runner } from "../../lib/zfs/world.ts";
import { scrubbed } from "../sim/commands/checkup.ts";
import { execute } from "../sim/commands/dispatch.ts";
import { SimClock } from "../sim/clock.ts";
import { SimHost } from "../sim/host.ts";
import type { Pool } from "../sim/pool.ts";
import { SimRunner } from "../sim/runner.ts";
import type { DatasetState } from "../sim/state.ts";
import { jobOf } from "./job.ts";

/** The names of both hosts. */
export const SOURCE = "root@web1";
export const DESTINATION = "root@nas";

const DAY_SECONDS = 86_400;

/** What the checks look at, to be harmed and mended by a test. */
export class DoctorScene {
  readonly clock = new SimClock(Date.UTC(2026, 10, 29, 12));
  readonly source = host(SOURCE, 1, this.clock);
  readonly destination = host(DESTINATION, 2, this.clock);
  readonly tank: Pool = this.source.addPool("tank", { scan: scrubbed(this.clock.now()) });
  readonly back: Pool = this.destination.addPool("back", { scan: scrubbed(this.clock.now()) });
  /** Words of `bzfs`. */
  words: string[] = ["--recursive", `${SOURCE}:tank/src`, `${DESTINATION}:back/dst`];
  removable = false;
  here: { -readonly [K in keyof HereFacts]: HereFacts[K] } = {
    folders: [{ path: "/root/bzfs-logs", problem: undefined, isOnlyMode: false }],
    logRoom: { available: 10_000_000_000n, size: 20_000_000_000n },
    deadSockets: [],
    deadLocks: [],
    publicKeys: ["/root/.ssh/id_ed25519.pub"],
    schedules: ["/etc/cron.d/bzfs"],
  };
  job: { -readonly [K in keyof JobFacts]: JobFacts[K] } = {
    jobFile: { path: "/etc/bzfs/fleet.yaml", problem: undefined, isOnlyMode: false },
    thisHost: "hub",
    words: ["--config=/etc/bzfs/fleet.yaml"],
    suspicions: [],
    faults: new Set(),
    misnomers: [],
    isScheduledHere: true,
    refusals: [],
    helpers: ["zstd", "mbuffer", "pv", "ps"],
    elevation: "sudo",
    keptMs: 30 * DAY_SECONDS * 1000,
  };
  /** Hosts whose commands end in this way, those before this one excepted. */
  readonly failures = new Map<string, unknown>();
  failingFrom = "";

  constructor() {
    for (const name of ["tank/src", "tank/src/a"]) this.tank.add({ name, type: "filesystem" });
    for (const name of ["back/dst", "back/dst/a"]) this.back.add({ name, type: "filesystem" });
  }

  /** A dataset of one of the pools. */
  dataset(name: string): DatasetState {
    return (this.tank.find(name) ?? this.back.find(name))!;
  }

  /** Unix seconds so many days ago. */
  daysAgo(days: number): number {
    return Math.floor(this.clock.now() / 1000) - days * DAY_SECONDS;
  }

  /** Asks the hosts. */
  async checkup(): Promise<Checkup> {
    const plan = planDoctor([{ job: jobOf(this.words), isRemovable: this.removable }]);
    const hosts = await examineHosts(
      plan.tasks.map((task) => ({ task, runner: this.#runner(task.host) })),
      {
        clock: this.clock,
        signal: new AbortController().signal,
        helpers: this.job.helpers,
        elevation: this.job.elevation,
      },
    );
    const job = { ...this.job, refusals: plan.refusals };
    return { nowMs: this.clock.now(), hosts, routes: plan.routes, here: this.here, job, digest: sha256 };
  }

  /** All findings. */
  async examine(): Promise<Finding[]> {
    return examine(await this.checkup());
  }

  /** Runs the words of a remedy at a host, and throws if they fail. */
  perform(host: string, argv: readonly string[]): void {
    const { status, stderr } = execute(this.#host(host), argv);
    if (status !== 0) throw new Error(`${argv.join(" ")}: ${stderr}`);
  }

  #host(name: string): SimHost {
    return name === SOURCE ? this.source : this.destination;
  }

  #runner(name: string): Runner {
    const runner = new SimRunner(this.#host(name), { latencyMs: 1 });
    const failures = this.failures;
    return {
      host: name,
      maxCommandLineBytes: runner.maxCommandLineBytes,
      describe: (argv) => runner.describe(argv),
      run: async (argv, options) => {
        if (failures.has(name) && argv.join(" ").startsWith(this.failingFrom)) throw failures.get(name);
        return await runner.run(argv, options);
      },
    };
  }
}

function host(name: string, seed: number, clock: SimClock): SimHost {
  return SimHost.create({ name, seed, clock });
}

/** A name of a dataset. */
export function datasetOf(name: string): Dataset {
  return name as Dataset;
}
