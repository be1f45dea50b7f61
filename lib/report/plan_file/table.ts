/**
 * A plan as a table for a person: one line for each thing that would be done, and one that sums up.
 * @module
 */
import { formatBytes } from "../../model/text/mod.ts";
import { visible } from "../visible.ts";
import type { PlannedDataset, PlannedRun, PlanTotals } from "./document.ts";

/** What a table shows of a plan. */
export interface ShownPlan {
  readonly totals: PlanTotals;
  readonly runs: readonly Pick<PlannedRun, "datasets">[];
}

/** A line: columns, and bytes at the end, empty if they are not known. */
type Row = readonly [host: string, dataset: string, verb: string, text: string, bytes: string];

/** The table; ends in a line feed. */
export function planTable({ totals, runs }: ShownPlan): string {
  const rows = runs.flatMap(({ datasets }) => datasets.flatMap(rowsOf)).map((row) =>
    row.map((cell) => visible(cell).replaceAll("\n", " ")) as unknown as Row
  );
  const widthOf = (column: number): number => Math.max(0, ...rows.map((row) => row[column]!.length));
  const widths = [0, 1, 2, 3].map(widthOf);
  const lines = rows.map((row) => {
    const cells = row.slice(0, 4).map((cell, column) => cell.padEnd(widths[column]!));
    return `${cells.join("  ")}  ${row[4].padStart(widthOf(4))}`.trimEnd();
  });
  return [...lines, sumOf(totals)].map((line) => `${line}\n`).join("");
}

function sumOf({ create, receive, receiveBytes, destroy, destroyBytes, heldBack }: PlanTotals): string {
  const parts = [
    `create ${create}`,
    `receive ${receive}${inBrackets(receiveBytes)}`,
    `destroy ${destroy}${inBrackets(destroyBytes)}`,
    `held back ${heldBack}`,
  ];
  return `Plan: ${parts.join(", ")}. Nothing has been done.`;
}

function inBrackets(bytes: string): string {
  return bytes === "0" ? "" : ` (${sizeOf(bytes)})`;
}

/** Sizes are for reading: their last digits do not matter. */
function sizeOf(bytes: string | undefined): string {
  return bytes === undefined ? "" : formatBytes(Number(bytes));
}

function rowsOf(plan: PlannedDataset): Row[] {
  const row = (verb: string, text: string, bytes = ""): Row => [plan.host, plan.dataset, verb, text, bytes];
  const { create = [], receive = [], destroy = [], rollBack = [], heldBack = [], keep = [], notes = [] } = plan;
  const held = [...Map.groupBy(heldBack, ({ name, reason }) => `${reason} ${/^[@#]?/.exec(name)![0]}`).values()];
  const groups = [...Map.groupBy(destroy, ({ reason }) => reason).values()];
  return [
    ...create.map((name) => row("create", name)),
    ...rollBack.map(({ to }) => row("roll back", `to ${to}`)),
    ...groups.map((losses, index) =>
      row("destroy", describe(losses), index === groups.length - 1 ? sizeOf(plan.destroyBytes) : "")
    ),
    ...receive.map(({ from, to, snapshots, bytes }) => {
      const many = `${snapshots} snapshot${snapshots === 1 ? "" : "s"} up to ${to}`;
      return row("receive", from === undefined ? many : `${many}, onto ${from}`, sizeOf(bytes));
    }),
    ...held.map((losses) => {
      const isOfVersions = /^[@#]/.test(losses[0]!.name);
      return row("HELD BACK", describe(losses, isOfVersions ? plan.heldBackOf : undefined));
    }),
    ...keep.map(({ reason, versions }) => row("keep", describe(versions.map((name) => ({ name, reason }))))),
    ...notes.map((note) => row("note", note)),
  ];
}

/** A name, and a reason in words that hyphens join. */
interface Named {
  readonly name: string;
  readonly reason: string;
}

/** What goes, or stays, of how many if that is known, and why, or why not. */
function describe(losses: readonly Named[], of?: number): string {
  const [first, last] = [losses[0]!, losses.at(-1)!];
  const why = `(${first.reason.replaceAll("-", " ")})`;
  const nameOf = ({ name }: Named): string => name === "" ? "the dataset" : name;
  const total = of === undefined ? "" : ` of ${of}`;
  if (losses.length === 1) return `${of === undefined ? "" : `1${total}: `}${nameOf(first)} ${why}`;
  return `${losses.length}${total}: ${nameOf(first)} … ${nameOf(last)} ${why}`;
}
