/**
 * Tables of organisation, target and period: the shape of every plan. The only place that walks one.
 * @module
 */

/** Organisation -> target -> period -> value. The order is that of the user. */
export type PeriodTable<V> = ReadonlyMap<string, ReadonlyMap<string, ReadonlyMap<string, V>>>;

/** One period of a plan. */
export interface PeriodEntry<V> {
  readonly organisation: string;
  readonly target: string;
  readonly period: string;
  readonly value: V;
}

/** How a notation is read as a table. Both functions throw for what has another shape. */
export interface PeriodTableReader<N, V> {
  /** The entries of one level in their order; `path` = the keys above it, none to two. */
  readonly entriesOf: (level: N, path: readonly string[]) => readonly (readonly [string, N])[];
  /** The value of one period. */
  readonly valueOf: (entry: PeriodEntry<N>) => V;
}

/** Reads a table, depth first and in its order. */
export function readPeriodTable<N, V>(root: N, { entriesOf, valueOf }: PeriodTableReader<N, V>): PeriodTable<V> {
  const level = <W>(node: N, path: readonly string[], inner: (item: N, key: string) => W): ReadonlyMap<string, W> =>
    new Map(entriesOf(node, path).map(([key, item]) => [key, inner(item, key)]));
  return level(
    root,
    [],
    (targets, organisation) =>
      level(
        targets,
        [organisation],
        (periods, target) =>
          level(periods, [organisation, target], (value, period) => valueOf({ organisation, target, period, value })),
      ),
  );
}

/** The same table with other values. */
export function mapPeriods<V, W>(table: PeriodTable<V>, change: (entry: PeriodEntry<V>) => W): PeriodTable<W> {
  return readPeriodTable<unknown, W>(table, {
    entriesOf: (level) => [...level as ReadonlyMap<string, unknown>],
    valueOf: (entry) => change(entry as PeriodEntry<V>),
  });
}

/** All periods of a table in its order. */
export function periodsOf<V>(table: PeriodTable<V>): PeriodEntry<V>[] {
  const entries: PeriodEntry<V>[] = [];
  mapPeriods(table, (entry) => void entries.push(entry));
  return entries;
}

/** The part of a table that is about these targets; organisations stay, even if nothing of them is left. */
export function onlyTargets<V>(table: PeriodTable<V>, targets: readonly string[]): PeriodTable<V> {
  return new Map(
    [...table].map(([organisation, own]) => [
      organisation,
      new Map([...own].filter(([target]) => targets.includes(target))),
    ]),
  );
}
