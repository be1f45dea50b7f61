/**
 * Reads the properties of a source dataset that the property groups ask about, and puts receive options together.
 *
 * Answers are remembered for one attempt: the same question is put to ZFS once (docs/spec/replication.md §8).
 * @module
 */
import { compileRegex } from "../../model/regex/mod.ts";
import type { PropertyGroup } from "../../model/job.ts";
import {
  type GroupSelection,
  isGroupActive,
  namedExclusions,
  type Phase,
  type ReceiveProperties,
  receiveProperties,
  selectNames,
} from "../../plan/replication/mod.ts";
import type { Property } from "../../zfs/world.ts";
import type { DatasetTask, ReplicationContext } from "../job/context.ts";

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
  async of(phase: Phase, resumable: boolean): Promise<ReceiveProperties> {
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
      const unknown = namedExclusions(group.includeRegexes, excludes).filter((name) => !known.has(name));
      properties.push(...unknown.map((name) => ({ name, value: "" })));
    }
    return { kind: group.kind, properties };
  }
}

function remembered<T>(memory: Map<string, Promise<T>>, key: string, ask: () => Promise<T>): Promise<T> {
  const known = memory.get(key) ?? ask();
  memory.set(key, known);
  return known;
}
