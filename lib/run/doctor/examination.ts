/**
 * Asks each host what the checks of `bzfs doctor` want to know. One that fails or hangs keeps no other from being asked.
 * Source: docs/spec/doctor.md §3.
 * @module
 */
import { ancestorsOf, type Dataset, poolOf } from "../../model/dataset.ts";
import type { DatasetFacts, HostFacts, HostTask, PoolFacts, RootTask, SystemFacts } from "../../model/checkup.ts";
import * as doctor from "../../zfs/doctor/mod.ts";
import { eachLine } from "../../zfs/lines.ts";
import type { Clock, CommandResult, Runner } from "../../zfs/world.ts";
import { mapParallel } from "../parallel.ts";

/** A host, and the way to it. */
export interface ExaminedHost {
  readonly task: HostTask;
  readonly runner: Runner;
}

/** What examining needs. */
export interface ExaminationContext {
  readonly clock: Pick<Clock, "now">;
  readonly signal: AbortSignal;
  /** Names of programs that transfers use. */
  readonly helpers: readonly string[];
  /** The program that elevates; `undefined` = commands run as they are. */
  readonly elevation: string | undefined;
}

/** Hosts that are asked at once. */
const MOST_HOSTS = 16;

/** Datasets that one command is asked about: names have 255 bytes at most. */
const MOST_NAMES = 100;

/** Asks all hosts. Rejects with the signal's reason only. */
export async function examineHosts(hosts: readonly ExaminedHost[], context: ExaminationContext): Promise<HostFacts[]> {
  return await mapParallel(hosts, MOST_HOSTS, (host) => new Examination(host, context).run());
}

class Examination {
  readonly #host: ExaminedHost;
  readonly #context: ExaminationContext;
  readonly #faults: string[] = [];

  constructor(host: ExaminedHost, context: ExaminationContext) {
    this.#host = host;
    this.#context = context;
  }

  /** What was learned before a command failed, or hung, counts all the same. */
  async run(): Promise<HostFacts> {
    const { task } = this.#host;
    let known: HostFacts = { ...NOTHING, task, faults: this.#faults };
    const learn = (facts: Partial<HostFacts>): void => void (known = { ...known, ...facts });
    try {
      const { noise, system } = await this.#askSystem();
      learn({ noise, system });
      if (system === undefined && noise === "" && this.#faults.length === 0) {
        this.#faults.push("the shell did not answer in full");
      }
      if (system?.programs.has("zfs") !== true) return known;
      learn(doctor.readVersions((await this.#run(doctor.VERSION_COMMAND)).stdout));
      learn({ pools: await this.#askPools(system) });
      const roots = task.roots.filter(({ dataset }) => known.pools.get(poolOf(dataset))?.failure === undefined);
      learn(await this.#listDatasets(roots));
      const { datasets } = known;
      const present = roots.filter(({ dataset }) => datasets.has(dataset));
      learn({ partialSince: await this.#askPartials(datasets) });
      learn({ grants: await this.#askGrants(roots, datasets, system) });
      learn({ versions: await this.#listVersions(present) });
    } catch (error) {
      this.#context.signal.throwIfAborted();
      const failure = doctor.failureText(error);
      if (known.system === undefined) learn({ failure });
      else this.#faults.push(failure);
    }
    return known;
  }

  /** The first question: what start-up files print stands in front of the answer. */
  async #askSystem(): Promise<ReturnType<typeof doctor.readSystem>> {
    const { clock, helpers, elevation } = this.#context;
    await this.#run(["true"]); // makes the connection, so that it does not count as the way of the next question
    const sentMs = clock.now();
    const argv = doctor.systemCommand(helpers, elevation);
    const result = await this.#run(argv);
    const answer = doctor.readSystem(result.stdout, { sentMs, receivedMs: clock.now() });
    if (answer.system === undefined && answer.noise === "") this.#note(argv, result);
    return answer;
  }

  async #askPools(system: SystemFacts): Promise<Map<string, PoolFacts>> {
    const pools = new Map<string, PoolFacts>();
    if (!system.programs.has("zpool")) return pools;
    for (const pool of new Set(this.#host.task.roots.map(({ dataset }) => poolOf(dataset)))) {
      const properties = await this.#run(doctor.poolCommand(pool));
      const status = properties.status === 0 ? await this.#run(doctor.poolStatusCommand(pool)) : undefined;
      pools.set(pool, doctor.readPool(properties, status));
    }
    return pools;
  }

  /** Datasets of the roots, and all that is above them. */
  async #listDatasets(roots: readonly RootTask[]): Promise<Pick<HostFacts, "datasets" | "missing">> {
    const datasets = new Map<Dataset, DatasetFacts>();
    const missing = new Set<Dataset>();
    const take = eachLine((line) => {
      const facts = doctor.readDataset(line);
      if (facts !== undefined) datasets.set(facts.name, facts);
    });
    const names = (isRecursive: boolean): Dataset[] =>
      roots.filter((root) => root.isRecursive === isRecursive).map(({ dataset }) => dataset);
    const above = roots.flatMap(({ dataset }) => ancestorsOf(dataset));
    const questions = [[true, names(true)], [false, [...new Set([...names(false), ...above])]]] as const;
    for (const [isRecursive, all] of questions) {
      for (const some of slices(all)) {
        const argv = doctor.datasetsCommand(some, isRecursive);
        const result = await this.#run(argv, take);
        const denied = doctor.readMissing(some, result);
        if (denied === undefined) this.#note(argv, result);
        denied?.forEach((name) => missing.add(name));
      }
    }
    return { datasets, missing };
  }

  async #listVersions(roots: readonly RootTask[]): Promise<HostFacts["versions"]> {
    const notes = new doctor.VersionNotes();
    const before = this.#faults.length;
    const take = eachLine((line) => notes.take(line));
    for (const isRecursive of [true, false]) {
      const names = roots.filter((root) => root.isRecursive === isRecursive).map(({ dataset }) => dataset);
      for (const some of slices(names)) {
        const argv = doctor.versionsCommand(some, isRecursive);
        this.#note(argv, await this.#run(argv, take));
      }
    }
    return this.#faults.length === before ? notes : undefined;
  }

  /** Of each two names one does not exist: what is said about that is no fault. */
  async #askPartials(datasets: HostFacts["datasets"]): Promise<HostFacts["partialSince"]> {
    const partial = [...datasets.values()].filter(({ isPartial }) => isPartial).map(({ name }) => name);
    const since = new Map<Dataset, number>();
    for (const some of slices(partial)) {
      const { stdout } = await this.#run(doctor.partialsCommand(some));
      for (const [name, seconds] of doctor.readPartials(stdout)) since.set(name, seconds);
    }
    return since;
  }

  async #askGrants(
    roots: readonly RootTask[],
    datasets: HostFacts["datasets"],
    system: SystemFacts,
  ): Promise<HostFacts["grants"]> {
    const grants = new Map<Dataset, ReadonlySet<string>>();
    if (system.uid === 0 || this.#context.elevation !== undefined) return grants;
    for (const { dataset } of roots) {
      const asked = [...ancestorsOf(dataset), dataset].findLast((name) => datasets.has(name));
      if (asked === undefined) continue;
      const argv = doctor.grantsCommand(asked);
      const result = await this.#run(argv);
      if (result.status === 0) grants.set(dataset, doctor.readGrants(result.stdout, dataset, system));
      else this.#note(argv, result);
    }
    return grants;
  }

  #note(argv: readonly string[], result: CommandResult): void {
    const fault = doctor.faultOf(argv, result);
    if (fault !== undefined) this.#faults.push(fault);
  }

  async #run(argv: readonly string[], onLines?: (piece: string) => void): Promise<CommandResult> {
    const { signal } = this.#context;
    return await this.#host.runner.run(argv, { signal, onLines, longLines: "drop", level: "TRACE" });
  }
}

const NOTHING: Omit<HostFacts, "task"> = {
  failure: undefined,
  noise: "",
  system: undefined,
  zfsVersion: "",
  moduleVersion: "",
  pools: new Map(),
  datasets: new Map(),
  missing: new Set(),
  grants: new Map(),
  versions: undefined,
  partialSince: new Map(),
  faults: [],
};

function slices<T>(items: readonly T[]): T[][] {
  return Array.from(
    { length: Math.ceil(items.length / MOST_NAMES) },
    (_, index) => items.slice(index * MOST_NAMES, (index + 1) * MOST_NAMES),
  );
}
