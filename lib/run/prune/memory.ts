/**
 * The plans that pruning has carried out, read when a phase begins and kept when it ends.
 *
 * Whatever goes wrong with the file: then nothing is remembered, and limits hold. Source: docs/spec/snapshots.md §8.
 * @module
 */
import type { Dataset } from "../../model/dataset.ts";
import type { PlanAmounts } from "../../model/job.ts";
import { compileRegexes, type Pattern } from "../../model/regex/regex.ts";
import { base64url } from "../../model/text/mod.ts";
import { isUncut, ownersOf, ownNameRegex, readPlans, type RememberedPlans, writePlans } from "../../plan/limits/mod.ts";
import type { VerbContext } from "../job/context.ts";

type RememberingPair = VerbContext<"digest" | "destinationHost", "plans">;

/** What is remembered about the datasets below one root, of one kind. */
export class PlanMemory {
  readonly #plan: PlanAmounts | undefined;
  readonly #kind: string;
  readonly #context: RememberingPair;
  readonly #known: RememberedPlans;
  readonly #done = new Set<Dataset>();
  readonly #own = new Map<PlanAmounts, readonly Pattern[]>();

  /** @param kind `snapshots` or `bookmarks` */
  constructor(kind: string, context: RememberingPair) {
    this.#plan = context.job.limits.memory?.plan;
    this.#kind = kind;
    this.#context = context;
    this.#known = this.#plan === undefined ? new Map() : readPlans(context.state.plans.read(this.#name) ?? "");
  }

  /** True if the plan has not been cut since it was last carried out for a dataset: what it deletes is no surprise. */
  isUncut(dataset: Dataset): boolean {
    return this.#plan !== undefined && isUncut(this.#known.get(dataset), this.#plan);
  }

  /** Patterns of names that were own when the plan was last carried out: they do not become foreign by being forgotten. */
  ownOf(dataset: Dataset): readonly Pattern[] {
    const plan = this.#known.get(dataset);
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
    const { job, log, roots, facts: { destinationHost }, state: { plans } } = this.#context;
    const plan = this.#plan;
    if (plan === undefined || job.dryRun !== "off") return;
    const isNews = (dataset: Dataset): boolean => {
      const known = this.#known.get(dataset);
      return known === undefined || known.size !== plan.size || !isUncut(known, plan) || !isUncut(plan, known);
    };
    if (![...this.#done].some(isNews)) return;
    const all = new Map(readPlans(plans.read(this.#name) ?? ""));
    for (const dataset of this.#done) all.set(dataset, plan);
    const about = { job: job.limits.memory!.name, host: destinationHost, root: roots.dst, what: this.#kind };
    if (plans.write(this.#name, writePlans(about, all))) return;
    log.log("WARN", "Cannot remember the plan, hence what it deletes stays limited: ", `${roots.dst} (${this.#name})`);
  }

  get #name(): string {
    const { job, roots, facts: { digest, destinationHost } } = this.#context;
    const key = JSON.stringify([job.limits.memory!.name, destinationHost, roots.dst, this.#kind]);
    return `${this.#kind}-${base64url(digest(key)).slice(0, 16)}.json`;
  }
}
