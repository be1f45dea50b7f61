/**
 * Reads the lists and dictionaries of a fleet's policy from their notation, and checks their shape.
 *
 * Every violation is a `RefusedError`, status 3: the runner has opened its log by then. Source: docs/spec/jobrunner.md
 * §3, rules 1 and 2.
 * @module
 */
import { RefusedError } from "../../model/errors.ts";
import { checkHost } from "../../model/location.ts";
import type { AlertEntry, AlertPlan, Amount, RetentionPlan } from "../../model/fleet.ts";
import { type PeriodTable, readPeriodTable } from "../../model/period_table.ts";
import { isDict, type Literal, writeLiteral } from "../literal/text.ts";
import { quoted, runnerForm } from "../literal/forms.ts";
import { type Notation, readNotation } from "../literal/read.ts";
import { readInteger } from "../options/numbers.ts";

/** Reads the notation of a value. */
export function readPolicyLiteral(policy: Notation, option: string): Literal {
  return readNotation(
    policy,
    (problem, cause) => new RefusedError(`Invalid ${option}: ${problem}`, { cause, hint: quoted(runnerForm(option)) }),
  );
}

/** Checks the names of hosts. */
export function checkHostNames(names: readonly string[], option: string): readonly string[] {
  for (const name of names) {
    if (name === "") throw new RefusedError(`${option}: the name of a host must not be empty!`);
    checkHost(name, option);
  }
  return names;
}

/** Host -> list of targets. */
export function readTargetLists(policy: Notation, option: string): ReadonlyMap<string, readonly string[]> {
  const lists = readDict(readPolicyLiteral(policy, option), option).map(([host, targets]) => {
    if (!Array.isArray(targets)) throw wrongType(`${option} targets of ${host}`, "list", targets);
    return [host, targets.map((target) => readText(target, `${option} target of ${host}`))] as const;
  });
  checkHostNames(lists.map(([host]) => host), option);
  return new Map(lists);
}

/** Host -> dataset, which may be empty. */
export function readRoots(policy: Notation, option: string): ReadonlyMap<string, string> {
  const roots = readDict(readPolicyLiteral(policy, option), option).map(([host, root]) =>
    [host, readText(root, `${option} root dataset of ${host}`)] as const
  );
  checkHostNames(roots.map(([host]) => host), option);
  return new Map(roots);
}

/** Organisation -> target -> period -> amount. */
export function readRetentionPlan(policy: Notation, option: string): RetentionPlan {
  return readTable(policy, option, readAmount);
}

/** Organisation -> target -> period -> what is alarming. */
export function readAlertPlan(policy: Notation, option: string): AlertPlan {
  return readTable(policy, option, readAlert);
}

function readTable<V>(policy: Notation, option: string, read: (value: Literal, path: string) => V): PeriodTable<V> {
  const pathOf = (keys: readonly string[]): string => [option, ...keys].join(" ");
  return readPeriodTable(readPolicyLiteral(policy, option), {
    entriesOf: (level, keys) => readDict(level, pathOf(keys)),
    valueOf: ({ organisation, target, period, value }) => {
      if (period !== "") return read(value, pathOf([organisation, target, period]));
      throw new RefusedError(`${pathOf([organisation, target])}: the name of a period must not be empty!`);
    },
  });
}

function readAmount(value: Literal, path: string): Amount {
  if (typeof value !== "bigint" && typeof value !== "boolean") throw wrongType(path, "int", value);
  if (Number(value) < 0) throw new RefusedError(`${path} must be a non-negative integer: ${value}`);
  return value;
}

function readAlert(value: Literal, path: string): AlertEntry {
  return new Map(
    readDict(value, path).map(([key, item]) => {
      if (key === "") throw new RefusedError(`${path}: the name of a setting must not be empty!`);
      return [key, key.endsWith("_snapshot_cycles") ? readCycles(item, `${path} ${key}`) : readScalar(item, path)];
    }),
  );
}

function readScalar(value: Literal, path: string): string | Amount {
  if (typeof value === "string" || typeof value === "bigint" || typeof value === "boolean") return value;
  throw wrongType(path, "str or int", value);
}

/** A whole number, which may be written as a text. */
function readCycles(value: Literal, path: string): Amount {
  const number = typeof value === "string" ? readInteger(value) : readScalar(value, path);
  if (number === undefined) throw new RefusedError(`${path} must be an integer: ${value}`);
  return BigInt(number);
}

function readDict(value: Literal, what: string): [string, Literal][] {
  if (!isDict(value)) throw wrongType(what, "dict", value);
  return [...value].map(([key, item]) => [readText(key, `key of ${what}`), item]);
}

/** A text. */
export function readText(value: Literal, what: string): string {
  if (typeof value === "string") return value;
  throw wrongType(what, "str", value);
}

function wrongType(what: string, wanted: string, value: Literal): RefusedError {
  return new RefusedError(`${what} must be of type ${wanted} but got ${typeName(value)}: ${writeLiteral(value)}`, {
    hint: runnerForm(what.replace(/^key of /, "")),
  });
}

/** What Python calls the type of a value. */
function typeName(value: Literal): string {
  if (value === null) return "NoneType";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "bigint") return "int";
  if (typeof value === "number") return "float";
  if (typeof value === "string") return "str";
  return isDict(value) ? "dict" : "list";
}
