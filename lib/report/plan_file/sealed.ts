/**
 * Plans as text that shows whether it was cut or edited, and back.
 *
 * The digest is over the text, and a text is only taken for a plan if it is, byte for byte, what is written for that plan:
 * neither a field that is there twice nor one that nobody reads passes. It protects against mistakes; who may write the
 * file could make a digest, too, so that the file has to be one that nobody else may write.
 * @module
 */
import { jsonOf } from "../visible.ts";
import { PLAN_FORMAT, PLAN_KIND, type PlanDocument, type PlannedDataset, type PlannedRun } from "./document.ts";
import type { UnsealedPlan } from "./fold.ts";

/** Bytes of a plan at most: one that is larger is neither written nor read. */
export const PLAN_BYTES_MAX = 64 * 1024 * 1024;

/** Digest of a text. */
export type Digest = (text: string) => string;

/** The plan as text, sealed by its digest. */
export function sealPlan(plan: UnsealedPlan, digest: Digest): string {
  return textOf({ ...plan, digest: digest(textOf(plan)) });
}

function textOf(plan: UnsealedPlan | PlanDocument): string {
  return `${jsonOf(plan, 2)}\n`;
}

/** A plan that was read, or why a text is none, to be read behind the name of the file. */
export type PlanReading = PlanDocument | { readonly fault: string };

/** Reads what {@linkcode sealPlan} has made. Never throws. */
export function openPlan(text: string, digest: Digest): PlanReading {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { fault: "is no plan, or was cut: it is not valid JSON" };
  }
  if (!isRecord(value) || value["kind"] !== PLAN_KIND) return { fault: "is no plan of this program" };
  if (value["format"] !== PLAN_FORMAT) return { fault: "has another format: it was made by another version" };
  const { digest: seal, ...rest } = value;
  const plan = rest as unknown as UnsealedPlan;
  if (
    typeof seal !== "string" || seal !== digest(textOf(plan)) ||
    textOf({ ...plan, digest: seal } as PlanDocument) !== text
  ) {
    return { fault: "was edited since it was made: its digest does not fit" };
  }
  if (!hasForm(value)) return { fault: "is no plan of this program: it lacks what every plan has" };
  return value as unknown as PlanDocument;
}

type Raw = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is Raw {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function areTexts(value: Raw, ...names: readonly string[]): boolean {
  return names.every((name) => typeof value[name] === "string");
}

function isListOf(value: unknown, isItem: (item: Raw) => boolean): boolean {
  return Array.isArray(value) && value.every((item) => isRecord(item) && isItem(item));
}

/** True if all is there that a permit is made from. */
function hasForm(value: Raw): boolean {
  const isOptional = (list: unknown, isItem: (item: Raw) => boolean): boolean =>
    list === undefined || isListOf(list, isItem);
  const isLoss = (loss: Raw): boolean => areTexts(loss, "name", "guid");
  const isDataset = (dataset: Raw): boolean =>
    areTexts(dataset, "host", "dataset" satisfies keyof PlannedDataset) &&
    isOptional(dataset["destroy"], isLoss) && isOptional(dataset["heldBack"], isLoss) &&
    isOptional(dataset["rollBack"], (one) => areTexts(one, "to", "guid"));
  const isRun = (run: Raw): boolean =>
    areTexts(run, "options" satisfies keyof PlannedRun) && isListOf(run["datasets"], isDataset);
  return areTexts(value, "program", "version", "createdAt", "host") && isListOf(value["runs"], isRun);
}
