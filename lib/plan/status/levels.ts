/**
 * Levels: the worst of many, and the order of what is told.
 * @module
 */
import type { Level } from "../../model/status/mod.ts";

const RANK: Readonly<Record<Level, number>> = { ok: 0, warning: 1, critical: 2 };

/** Something with a level. */
interface Levelled {
  readonly level: Level;
}

/** The worst level; `ok` of nothing. */
export function worstLevel(of: readonly Levelled[]): Level {
  return of.reduce<Level>((worst, { level }) => RANK[level] > RANK[worst] ? level : worst, "ok");
}

/** The worst first, otherwise in their order. */
export function worstFirst<T extends Levelled>(of: readonly T[]): T[] {
  return of.toSorted((a, b) => RANK[b.level] - RANK[a.level]);
}
