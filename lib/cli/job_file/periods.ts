/**
 * The words of plans in a job file: periods that the calendar knows, and words that are marked as always due.
 *
 * On the command line any other word is always due, too; there, a plan that says `quarterly` keeps a few hours.
 * @module
 */
import { parsePeriod } from "../../model/text/mod.ts";
import { likelyPeriod } from "../options/periods.ts";
import type { JobFileEntry } from "./entry.ts";

/** Reads `always-due`. Throws `UsageError` for a period. */
export function readAlwaysDue(list: JobFileEntry): ReadonlySet<string> {
  if (list.isAbsent) return new Set();
  return new Set(
    list.itemsOrOne().map((item) => {
      const word = item.word();
      if (parsePeriod(word) !== undefined) throw item.error("is a period, so it is due when the calendar says so");
      if (/^[A-Za-z0-9.: -]*$/.test(word)) return word;
      throw item.error("cannot be the end of the name of a snapshot");
    }),
  );
}

/** Throws `UsageError` that names the entry unless the word is a period or always due. */
export function checkPeriod(word: string, entry: JobFileEntry, alwaysDue: ReadonlySet<string>): void {
  if (word === "") throw entry.error("must have a name");
  if (parsePeriod(word) !== undefined || alwaysDue.has(word)) return;
  const likely = likelyPeriod(word);
  throw entry.error("is no period", likely === undefined ? HINT : `Did you mean ${likely}?`);
}

const HINT =
  "A period is yearly, monthly, weekly, daily, hourly, minutely, secondly or millisecondly, with a number in " +
  "front if it is several of them (10minutely). A word for snapshots that are created at every start stands in " +
  "always-due: [adhoc].";
