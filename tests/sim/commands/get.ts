/**
 * `zfs get`, `zfs set`, `zfs inherit`.
 * @module
 */
import { doesNotExist, ZfsFailure } from "../failure.ts";
import type { SimHost } from "../host.ts";
import {
  allPropertyNames,
  isNativeProperty,
  isUserProperty,
  propertyOf,
  type PropertyValue,
  whyNotSettable,
} from "../properties.ts";
import { cell, type Listed } from "./list.ts";
import { openBookmark, openDataset, openSnapshot } from "./names.ts";
import { type Outcome, success } from "./outcome.ts";
import { splitWords } from "./words.ts";

const INFORMATION = "type creation used available referenced mounted origin createtxg guid written".split(" ");

/** `zfs get`. */
export function get(host: SimHost, argv: readonly string[]): Outcome {
  const words = splitWords(argv, { flags: "Hprj", values: "dots" });
  const [names, ...operands] = words.operands;
  if (names === undefined) throw new ZfsFailure("missing property argument\nusage:\n", 2);
  const invalid = names.split(",").find((name) => name !== "all" && !isKnown(host, name));
  if (invalid) throw new ZfsFailure(`bad property list: invalid property '${invalid}'\nusage:\n`, 2);
  const fields = (words.last("o") ?? "name,property,value,source").split(",");
  const sources = new Set((words.last("s") ?? "local,default,inherited,temporary,received,none").split(","));
  const lines: string[] = [];
  let stderr = "";
  for (const operand of operands) {
    try {
      lines.push(...linesOf(host, operand, names, fields, sources));
    } catch (error) {
      if (!(error instanceof ZfsFailure)) throw error;
      stderr += error.stderr;
    }
  }
  return { status: stderr === "" ? 0 : 1, stdout: lines.join(""), stderr };
}

function linesOf(
  host: SimHost,
  operand: string,
  names: string,
  fields: readonly string[],
  sources: ReadonlySet<string>,
): string[] {
  const row = find(host, operand);
  const wanted = names === "all" ? everyName(host, row) : names.split(",");
  return wanted.flatMap((name) => {
    const value = valueOf(row, name);
    if (names === "all" && value.value === "-" && value.source === "none" && !INFORMATION.includes(name)) return [];
    if (!sources.has(value.source)) return [];
    const texts: Record<string, string> = {
      name: operand,
      property: name,
      value: value.value,
      source: value.source === "none" ? "-" : value.from ? `inherited from ${value.from}` : value.source,
    };
    return [fields.map((field) => texts[field] ?? "-").join("\t") + "\n"];
  });
}

function find(host: SimHost, operand: string): Listed {
  if (operand.includes("@")) {
    const { pool, dataset, snapshot } = openSnapshot(host, operand);
    return { type: "snapshot", name: operand, pool, dataset, version: snapshot };
  }
  if (operand.includes("#")) {
    const { pool, dataset, bookmark } = openBookmark(host, operand);
    return { type: "bookmark", name: operand, pool, dataset, version: bookmark };
  }
  if (operand.endsWith("/%recv")) return partialOf(host, operand);
  const { pool, dataset } = openDataset(host, operand);
  return { type: dataset.type, name: operand, pool, dataset };
}

/** The hidden clone that takes an increment. */
function partialOf(host: SimHost, operand: string): Listed {
  const { pool, dataset } = openDataset(host, operand.replace(/\/%recv$/, ""));
  const { partial } = dataset;
  if (partial === undefined || partial.newDataset) throw doesNotExist(operand);
  return {
    type: "filesystem",
    name: operand,
    pool,
    dataset: { ...dataset, creation: partial.creation ?? dataset.creation },
  };
}

function everyName(host: SimHost, row: Listed): string[] {
  if (row.version) return ["type", "creation", "createtxg", "guid", "userrefs"];
  const changed = host.zfsAtLeast(2, 2) ? ["snapshots_changed"] : [];
  return [...INFORMATION, ...allPropertyNames(row.pool, row.dataset), "receive_resume_token", ...changed];
}

function valueOf(row: Listed, name: string): PropertyValue {
  const settable = row.version ? undefined : propertyOf(row.pool, row.dataset, name);
  return settable ?? { value: cell(row, name, true), source: "none" };
}

function isKnown(host: SimHost, name: string): boolean {
  if (name === "snapshots_changed") return host.zfsAtLeast(2, 2);
  return isNativeProperty(name) || isUserProperty(name);
}

/** `zfs set name=value … dataset …`. */
export function set(host: SimHost, argv: readonly string[]): Outcome {
  const { operands } = splitWords(argv, { flags: "u" });
  const assignments = operands.filter((word) => word.includes("="));
  const targets = operands.filter((word) => !word.includes("=")).map((name) => openDataset(host, name));
  for (const { dataset } of targets) {
    for (const assignment of assignments) {
      const reason = whyNotSettable(assignment.slice(0, assignment.indexOf("=")), dataset.type);
      if (!reason) continue;
      throw new ZfsFailure(
        `cannot set property for '${dataset.name}': ${reason}`,
        host.zfsAtLeast(2, 2) ? 255 : 1,
      );
    }
  }
  for (const { dataset, pool } of targets) {
    for (const assignment of assignments) {
      const equals = assignment.indexOf("=");
      dataset.local[assignment.slice(0, equals)] = parseValue(assignment.slice(equals + 1));
    }
    pool.nextTxg();
  }
  return success();
}

/** `zfs inherit name dataset …`. */
export function inherit(host: SimHost, argv: readonly string[]): Outcome {
  const { operands: [name, ...datasets] } = splitWords(argv, { flags: "rS" });
  for (const operand of datasets) {
    const { dataset } = openDataset(host, operand);
    delete dataset.local[name!];
    delete dataset.received[name!];
  }
  return success();
}

/** `128K` and the like as plain bytes, everything else as it is. */
export function parseValue(text: string): string {
  const match = /^(\d+)([KMGT])$/.exec(text);
  if (!match) return text;
  return String(Number(match[1]) * 1024 ** ("KMGT".indexOf(match[2]!) + 1));
}
