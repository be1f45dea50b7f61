/**
 * Reads the properties of a source dataset that the property groups ask about, and puts receive options together.
 *
 * Answers are remembered for one attempt: the same question is put to ZFS once (docs/spec/replication.md §8).
 * @module
 */
import { poolOf } from "../../model/dataset.ts";
import { compileRegex } from "../../model/regex/regex.ts";
import type { PropertyGroup } from "../../model/job.ts";
import {
  type GroupSelection,
  hasFixedInRaw,
  isGroupActive,
  namedExclusions,
  type ReceivePhase,
  type ReceiveProperties,
  receiveProperties,
  selectNames,
  sendsRaw,
  sortExclusions,
} from "../../plan/replication/mod.ts";
import type { Property } from "../../zfs/world.ts";
import type { WorkContext } from "../job/context.ts";
import type { DatasetTask, ReplicationContext } from "./context.ts";

/** Makes the receive options of one dataset during one attempt. */
export class ReceiveOptions {
  readonly #task: DatasetTask;
  readonly #context: ReplicationContext;
  readonly #names = new Map<string, Promise<readonly string[]>>();
  readonly #values = new Map<string, Promise<readonly Property[]>>();

  constructor(task: DatasetTask, context: ReplicationContext) {
    this.#task = task;
    this.#context = context;
  }

  /** Options and later `zfs set` items of a phase. Throws `Retryable`. */
  async of(phase: ReceivePhase, resumable: boolean): Promise<ReceiveProperties> {
    const { policy, world } = this.#context;
    const selections: GroupSelection[] = [];
    for (const group of policy.propertyGroups) {
      if (isGroupActive(group, phase)) selections.push(await this.#select(group));
    }
    return receiveProperties({
      policy,
      resumable,
      destination: world.destination.capabilities,
      type: this.#task.type,
      selections,
    });
  }

  async #select(group: PropertyGroup): Promise<GroupSelection> {
    const { source, signal } = this.#task;
    const zfs = this.#context.world.source;
    const all = await remembered(
      this.#names,
      group.sources,
      () => zfs.propertyNames(source, group.sources, { signal }),
    );
    const compiled = (regexes: readonly string[]) => regexes.map((regex) => compileRegex(regex, "name"));
    const excludes = compiled(group.excludeRegexes);
    const names = selectNames(all, compiled(group.includeRegexes), excludes);
    const read = (wanted: readonly string[]) =>
      remembered(
        this.#values,
        JSON.stringify([group.sources, wanted]),
        () => zfs.propertyValues(source, group.sources, wanted, { signal }),
      );
    const system = names.filter((name) => !name.includes(":"));
    const user = names.filter((name) => name.includes(":"));
    const properties = system.length > 0 ? [...await read(system)] : [];
    for (const name of user) properties.push(...await read([name]));
    if (group.kind === "recv-x") {
      const known = new Set(properties.map(({ name }) => name));
      const hidden = namedExclusions(group.includeRegexes, excludes).filter((name) => !known.has(name));
      properties.push(...(await this.#acceptedOf(hidden)).map((name) => ({ name, value: "" })));
    }
    return { kind: group.kind, isDemanded: group.isDemanded, properties };
  }

  /** Those that the destination lets be excluded. Warns of those that it does not know. */
  async #acceptedOf(names: readonly string[]): Promise<readonly string[]> {
    const { world, policy, settableProperties, log, state: { told } } = this.#context;
    const { source, signal } = this.#task;
    if (names.every((name) => name.includes(":"))) return names;
    const isFixed = hasFixedInRaw(names) && sendsRaw(policy.sendOptions) &&
      await world.source.encryptionRoot(source, { signal }) !== "-";
    const { accepted, unknown } = sortExclusions(names, await settableProperties(), isFixed);
    for (const name of unknown) {
      const text = `--zfs-recv-x-include-regex names what is no property that can be set at the destination: ${name}`;
      if (!told.has(text)) log.log("WARN", "", text);
      told.add(text);
    }
    return accepted;
  }
}

/**
 * Names of the properties that can be set at the destination, as its pool has them; asked once. User properties count
 * only where the pool has a value. Throws `Retryable`.
 */
export function askSettable({ world, roots, signal }: WorkContext): () => Promise<ReadonlySet<string>> {
  let known: Promise<ReadonlySet<string>> | undefined;
  const sources = "default,inherited,local,received,temporary"; // what cannot be set has none of these
  return async () => {
    known ??= world.destination.propertyNames(poolOf(roots.dst), sources, { signal }).then((names) => new Set(names));
    try {
      return await known;
    } catch (error) {
      known = undefined;
      throw error;
    }
  };
}

function remembered<T>(memory: Map<string, Promise<T>>, key: string, ask: () => Promise<T>): Promise<T> {
  const known = memory.get(key) ?? ask();
  memory.set(key, known);
  return known;
}
