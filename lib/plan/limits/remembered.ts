/**
 * Retention plans that were carried out, as they are remembered between runs: what is deleted by a plan that has not been cut
 * since then is no surprise.
 *
 * Source: docs/spec/snapshots.md §8.
 * @module
 */
import type { PlanAmounts } from "../../model/job.ts";
import { base64url } from "../../model/text/mod.ts";
import type { TextHash } from "../cache_names.ts";

/** Version of the form. A reader of another one remembers nothing. */
const FORMAT = 1;

/** The plan with which each dataset was pruned last, by {@linkcode rememberedName}. */
export type RememberedPlans = ReadonlyMap<string, PlanAmounts>;

/** What a file of remembered plans is about. */
export interface PlanPlace {
  /** `--plan-memory` */
  readonly job: string;
  /** `user@host` of the destination; empty = this host. */
  readonly host: string;
  /** The destination root. */
  readonly root: string;
  readonly what: "snapshots" | "bookmarks";
}

/** Name of the file. */
export function rememberedFileName({ job, host, root, what }: PlanPlace, digest: TextHash): string {
  return `${what}-${base64url(digest(JSON.stringify([job, host, root, what]))).slice(0, 16)}.json`;
}

/**
 * What a dataset is remembered as: disks of a rotation may hold datasets of the same names, so that the guid of the pool, as far
 * as it is known, tells them apart.
 */
export function rememberedName(dataset: string, pool: string | undefined): string {
  return pool === undefined ? dataset : `${dataset} (pool ${pool})`;
}

/** The dataset that is remembered so. */
export function datasetOfRemembered(name: string): string {
  return name.replace(/ \(pool \d+\)$/, "");
}

/** Labels of which a plan keeps less than the one before, with both amounts. */
export function cutsOf(
  before: PlanAmounts,
  now: PlanAmounts,
): { readonly label: string; readonly before: bigint; readonly now: bigint }[] {
  return [...before].map(([label, amount]) => ({ label, before: amount, now: now.get(label) ?? 0n }))
    .filter((cut) => !(now.has(cut.label) && cut.now >= cut.before));
}

/** True if a plan keeps at least as many of each label as the one before. */
export function isUncut(before: PlanAmounts | undefined, now: PlanAmounts): boolean {
  return before !== undefined && cutsOf(before, now).length === 0;
}

/** Organisation and target of each label. */
export function ownersOf(plan: PlanAmounts): { readonly organisation: string; readonly target: string }[] {
  return [...plan.keys()].map((label) => {
    const [organisation = "", target = ""] = label.split("/");
    return { organisation, target };
  });
}

/** The file that is kept: JSON that a person can read, datasets of the same plan together. */
export function writePlans(about: PlanPlace, plans: RememberedPlans): string {
  const textOf = (plan: PlanAmounts): string =>
    JSON.stringify([...plan].map(([label, amount]) => [label, `${amount}`]));
  const groups = Map.groupBy(plans, ([, plan]) => textOf(plan));
  const entries = [...groups].map(([text, group]) => ({
    plan: Object.fromEntries(JSON.parse(text)),
    datasets: group.map(([dataset]) => dataset),
  }));
  return `${JSON.stringify({ format: FORMAT, ...about, plans: entries }, undefined, 1)}\n`;
}

/** Reads what {@linkcode writePlans} has written; nothing of a text that is torn or has another form. */
export function readPlans(text: string): RememberedPlans {
  const plans = new Map<string, PlanAmounts>();
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    return plans;
  }
  const entries = fieldOf(file, "plans");
  if (fieldOf(file, "format") !== FORMAT || !Array.isArray(entries)) return plans;
  for (const entry of entries) {
    const amounts = amountsOf(fieldOf(entry, "plan"));
    const datasets = fieldOf(entry, "datasets");
    if (amounts === undefined || !Array.isArray(datasets)) return new Map();
    for (const dataset of datasets) plans.set(String(dataset), amounts);
  }
  return plans;
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

function amountsOf(plan: unknown): PlanAmounts | undefined {
  if (typeof plan !== "object" || plan === null || Array.isArray(plan)) return undefined;
  const amounts = new Map<string, bigint>();
  for (const [label, amount] of Object.entries(plan)) {
    if (typeof amount !== "string" || !/^\d{1,30}$/.test(amount) || label.split("/").length !== 3) return undefined;
    amounts.set(label, BigInt(amount));
  }
  return amounts;
}
