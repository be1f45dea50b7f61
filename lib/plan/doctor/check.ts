/**
 * What a check of `bzfs doctor` is, and how it goes over its subjects.
 * @module
 */
import { isWithin } from "../../model/dataset.ts";
import type { Checkup, Finding, HostFacts, PoolFacts, Remedy, RootTask, Severity } from "../../model/checkup.ts";

/** One row of the table of checks. */
export interface Check {
  readonly id: string;
  /** What is looked at, without a period. */
  readonly about: string;
  /** What a finding means, and what to do. */
  readonly meaning: string;
  readonly examine: (checkup: Checkup) => readonly Omit<Finding, "id">[];
}

/** What a check says about one subject. */
export interface Verdict {
  readonly severity: Severity;
  /** Of a check that is ok: short, or empty. */
  readonly text: string;
  readonly remedy?: Remedy | undefined;
}

/** No verdict where nothing can be told; several where there are several things to say. */
export type Verdicts = Verdict | readonly Verdict[] | undefined;

/** All is well, with a short word about it. */
export function ok(text = ""): Verdict {
  return { severity: "ok", text };
}

/** A warning. */
export function warn(text: string, ...argv: string[]): Verdict {
  return found("warn", text, argv);
}

/** A failure. */
export function fail(text: string, ...argv: string[]): Verdict {
  return found("FAIL", text, argv);
}

function found(severity: Severity, text: string, argv: readonly string[]): Verdict {
  return { severity, text, remedy: argv.length === 0 ? undefined : { argv } };
}

/** Verdicts about a host. */
export function at(host: string, verdicts: Verdicts): Omit<Finding, "id">[] {
  const all = verdicts === undefined ? [] : "severity" in verdicts ? [verdicts] : verdicts;
  return all.map(({ severity, text, remedy }) => ({ severity, host, text, remedy }));
}

/** Judges each host. */
export function eachHost(judge: (host: HostFacts, checkup: Checkup) => Verdicts): Check["examine"] {
  return (checkup) => checkup.hosts.flatMap((host) => at(host.task.host, judge(host, checkup)));
}

/** Judges each host that has answered. */
export function eachAnswering(
  judge: (host: HostFacts & { readonly system: NonNullable<HostFacts["system"]> }, checkup: Checkup) => Verdicts,
): Check["examine"] {
  return eachHost((host, checkup) => {
    const { system } = host;
    return system === undefined ? undefined : judge({ ...host, system }, checkup);
  });
}

/** A pool of a host, and what the job does in it. */
export interface PoolSubject {
  readonly name: string;
  readonly pool: PoolFacts;
  readonly roots: readonly RootTask[];
  readonly host: HostFacts;
}

/** Judges each pool that is there; with `absent`, each one that is not, too. */
export function eachPool(
  judge: (subject: PoolSubject, checkup: Checkup) => Verdicts,
  absent = false,
): Check["examine"] {
  return eachHost((host, checkup) =>
    [...host.pools].flatMap(([name, pool]) => {
      if (pool.failure !== undefined && !absent) return [];
      const roots = host.task.roots.filter(({ dataset }) => isWithin(dataset, name));
      const verdicts = judge({ name, pool, roots, host }, checkup);
      return verdicts === undefined ? [] : verdicts;
    })
  );
}

/** The findings of many subjects, or the one word that all is well. */
export function orOk(verdicts: readonly Verdict[], text = ""): readonly Verdict[] {
  return verdicts.length === 0 ? [ok(text)] : verdicts;
}

/** The first few names, and how many more there are. */
export function few(names: readonly string[]): string {
  const more = names.length - 3;
  return `${names.slice(0, 3).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
