/**
 * Snapshot filters of the laws: as words of a command line, and as what they mean, said once more.
 * @module
 */
import type { SnapshotState } from "../sim/state.ts";

/** A filter. */
export interface StoryFilter {
  readonly words: readonly string[];
  /** The selected ones of a history, oldest first. */
  readonly select: (history: readonly SnapshotState[]) => readonly SnapshotState[];
}

const isDaily = ({ tag }: SnapshotState): boolean => tag.endsWith("daily");

/** All filters; those that let everything pass are more frequent. */
export const FILTERS: readonly StoryFilter[] = [
  { words: [], select: (history) => history },
  { words: [], select: (history) => history },
  { words: ["--include-snapshot-regex", ".*daily"], select: (history) => history.filter(isDaily) },
  {
    words: ["--exclude-snapshot-regex", ".*hourly"],
    select: (history) => history.filter(({ tag }) => !tag.endsWith("hourly")),
  },
  {
    words: ["--include-snapshot-regex", ".*(daily|adhoc)", "--exclude-snapshot-regex", ".*2_.*"],
    select: (history) => history.filter(({ tag }) => /(daily|adhoc)$/.test(tag) && !tag.includes("2_")),
  },
  {
    words: ["--include-snapshot-times-and-ranks", "0..0", "latest 2"],
    select: (history) => history.slice(-2),
  },
  {
    words: ["--include-snapshot-times-and-ranks", "0..0", "all except oldest 1", "latest 50%"],
    select: (history) => {
      const younger = history.slice(1);
      return younger.slice(younger.length - roundHalfEven(younger.length / 2));
    },
  },
  {
    words: [
      "--include-snapshot-regex=.*daily",
      "--new-snapshot-filter-group",
      "--include-snapshot-regex=.*adhoc",
      "--include-snapshot-times-and-ranks",
      "0..0",
      "latest 1",
    ],
    select: (history) => {
      const newest = history.findLast(({ tag }) => tag.endsWith("adhoc"));
      return history.filter((snapshot) => isDaily(snapshot) || snapshot === newest);
    },
  },
];

function roundHalfEven(value: number): number {
  const whole = Math.floor(value);
  return value - whole === 0.5 ? whole + (whole % 2) : Math.round(value);
}

/** True for a word that belongs to a filter. */
export function isFilterWord(word: string): boolean {
  return FILTERS.some(({ words }) => words.includes(word));
}
