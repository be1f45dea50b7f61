/**
 * The plans that pruning has carried out, read when a phase begins and kept when it ends.
 *
 * Whatever goes wrong with the file: then nothing is remembered, and limits hold. Source: docs/spec/snapshots.md §8.
 * @module
 */
import type { Dataset } from "../../model/dataset.ts";
import type { PlanAmounts } from "../../model/job.ts";
import { poolGuid } from "../../model/capabilities.ts";
import { compileRegexes, type Pattern } from "../../model/regex/regex.ts";
import {
  isUncut,
  ownersOf,
  ownNameRegex,
  type PlanPlace,
  readPlans,
  rememberedFileName,
  rememberedName,
  type RememberedPlans,
  writePlans,
} from "../../plan/limits/mod.ts";
import type { VerbContext } from "../job/context.ts";

type RememberingPair = VerbContext<"digest" | "destinationHost", "plans">;

/** What is remembered about the datasets below one root, of one kind. */
export class PlanMemory {
  readonly #plan: PlanAmounts | undefined;
  readonly #kind: PlanPlace["what"];
  readonly #context: RememberingPair;
  readonly #known: RememberedPlans;
  readonly #done = new Set<Dataset>();
  readonly #own = new Map<PlanAmounts, readonly Pattern[]>();

  constructor(kind: PlanPlace["what"], context: RememberingPair) {
    this.#plan = context.job.limits.memory?.plan;
    this.#kind = kind;
    this.#context = context;
    this.#known = this.#plan === undefined ? new Map() : readPlans(context.state.plans.read(this.#name) ?? "");
  }

  /**
   * True if the plan has not been cut since it was last carried out for a dataset, so that it is no surprise what it deletes
   * of those names that were its own then.
   */
  isUncut(dataset: Dataset): boolean {
    return this.#plan !== undefined && isUncut(this.#known.get(this.#keyOf(dataset)), this.#plan);
  }

  /** Patterns of names that were own when the plan was last carried out: they do not become foreign by being forgotten. */
  ownOf(dataset: Dataset): readonly Pattern[] {
    const plan = this.#known.get(this.#keyOf(dataset));
    if (plan === undefined) return [];
    let own = this.#own.get(plan);
    if (own === undefined) {
      own = compileRegexes([...new Set(ownersOf(plan).map(ownNameRegex))], "name");
      this.#own.set(plan, own);
    }
    return own;
  }

  /** Says that the plan was carried out for a dataset. */
  note(dataset: Dataset): void {
    this.#done.add(dataset);
  }

  /** Keeps what was carried out. Others may have written meanwhile: what they say about other datasets stays. */
  save(): void {
    const { job, log, roots, state: { plans } } = this.#context;
    const plan = this.#plan;
    if (plan === undefined || job.dryRun !== "off") return;
    const isNews = (dataset: Dataset): boolean => {
      const known = this.#known.get(this.#keyOf(dataset));
      return known === undefined || known.size !== plan.size || !isUncut(known, plan) || !isUncut(plan, known);
    };
    if (![...this.#done].some(isNews)) return;
    const all = new Map(readPlans(plans.read(this.#name) ?? ""));
    for (const dataset of this.#done) all.set(this.#keyOf(dataset), plan);
    if (plans.write(this.#name, writePlans(this.#place, all))) return;
    log.log("WARN", "Cannot remember the plan, hence what it deletes stays limited: ", `${roots.dst} (${this.#name})`);
  }

  #keyOf(dataset: Dataset): string {
    return rememberedName(dataset, poolGuid(this.#context.world.destination.capabilities));
  }

  get #place(): PlanPlace {
    const { job, roots, facts: { destinationHost } } = this.#context;
    return { job: job.limits.memory!.name, host: destinationHost, root: roots.dst, what: this.#kind };
  }

  get #name(): string {
    return rememberedFileName(this.#place, this.#context.facts.digest);
  }
}
