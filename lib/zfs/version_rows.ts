/**
 * The listing of versions: what to say to `zfs`, and how to read the rows of its answer, side by side.
 *
 * Millions of rows pass here, so they are read where they stand in the text that came, and a string is made only of
 * what is asked for. Listings of versions carry no `-s` option and so keep the fast path of ZFS (openzfs dc95911d21):
 * we sort them ourselves.
 * @module
 */
import type { Dataset } from "../model/dataset.ts";
import { digitsEnd, isDecimal, SAFE_DIGITS, valueOfDigits } from "../model/text/mod.ts";
import type { Guid, Snapshot, Version } from "../model/snapshot.ts";
import type { HistoryListing } from "./world.ts";

/**
 * The words of a listing of versions before the names of the datasets. It also asks for the datasets themselves, so
 * that one without versions comes with a row too: a dataset that comes with none is not empty, it was not looked at.
 * The price are rows of its children.
 */
export function historiesCommand(listing: HistoryListing): string[] {
  const types = [
    "filesystem,volume",
    ...(listing.snapshots === false ? [] : ["snapshot"]),
    ...(listing.bookmarks ? ["bookmark"] : []),
  ];
  const columns = [
    "createtxg",
    ...(listing.creation ? ["creation"] : []),
    ...(listing.holds ? ["userrefs"] : []),
    ...(listing.written ? ["written"] : []),
    "guid",
    "name",
  ];
  return ["zfs", "list", "-t", types.join(","), "-d", "1", "-Hp", "-o", columns.join(",")];
}

/** Number of cells between createtxg and guid. */
export function cellsBetween(listing: HistoryListing): number {
  return (listing.creation ? 1 : 0) + (listing.holds ? 1 : 0) + (listing.written ? 1 : 0);
}

/** End of the line that begins at `start`, without its line feed. */
export function lineEnd(text: string, start: number): number {
  const end = text.indexOf("\n", start);
  return end < 0 ? text.length : end;
}

/** Rows that one match takes at most: bounds the memory of the regular expression's engine. */
const MOST_ROWS = 1000;

/**
 * A sticky pattern for rows about one and the same dataset, whose name is its first group: the row of the dataset
 * itself or one of a version of it, which then is the second group, and further versions. A row belongs to the run only
 * if all of its cells have their form: createtxg, creation and guid are numbers (a creation that is none must not pass
 * for 1970, older than anything that is retained), and neither `@` nor `#` can be part of the name.
 *
 * One match for all rows of a dataset looks at each character once, in the machine code of the engine: this takes a
 * quarter of the time that looking for tabs and line feeds row by row takes.
 */
export function runOfRows(listing: HistoryListing): RegExp {
  const numbers = listing.creation ? "[0-9]+\\t[0-9]+\\t" : "[0-9]+\\t";
  const others = cellsBetween(listing) - (listing.creation ? 1 : 0);
  const head = `${numbers}(?:[^\\t\\n]*\\t){${others}}[0-9]+\\t`;
  const tail = "[@#][^\\t\\n]*";
  const next = `\\n${head}\\1${tail}`;
  return new RegExp(`${head}([^\\t\\n@#]+)(${tail})?(?:${next}){0,${MOST_ROWS - 1}}(?:\\n|$)`, "y");
}

/** createtxg of the row that begins at `start`; `NaN` if it may be too large for a number. */
export function createtxgAt(text: string, start: number): number {
  const end = digitsEnd(text, start);
  return end - start > SAFE_DIGITS ? NaN : valueOfDigits(text, start, end);
}

/** Guid of the row that begins at `start`. */
export function guidAt(text: string, start: number, cells: number): Guid {
  let tab = text.indexOf("\t", start);
  for (let cell = 0; cell < cells; cell++) tab = text.indexOf("\t", tab + 1);
  return text.slice(tab + 1, text.indexOf("\t", tab + 1)) as Guid;
}

/** Reads the row that begins at `start`, of this dataset; {@linkcode runOfRows} has accepted it. */
export function readVersion(
  text: string,
  start: number,
  { dataset, listing }: { readonly dataset: Dataset; readonly listing: HistoryListing },
): Version {
  let tab = start - 1;
  const nextCell = (): string => {
    const begin = tab + 1;
    tab = text.indexOf("\t", begin);
    return text.slice(begin, tab);
  };
  const createtxg = wholeNumber(nextCell());
  const createdAt = listing.creation ? Math.min(numberOrZero(nextCell()), LATEST) : 0;
  const holds = listing.holds ? nextCell() : undefined;
  const written = listing.written ? nextCell() : undefined;
  const guid = nextCell() as Guid;
  const mark = tab + 1 + dataset.length;
  const tag = text.slice(mark + 1, lineEnd(text, mark));
  if (text.charCodeAt(mark) === HASH) return { kind: "bookmark", dataset, tag, guid, createtxg, createdAt };
  const version: Writable<Snapshot> = { kind: "snapshot", dataset, tag, guid, createtxg, createdAt };
  if (holds !== undefined) version.holds = numberOrZero(holds);
  if (written !== undefined && isDecimal(written)) version.written = written;
  return version;
}

/** The latest Unix second that a date can have. */
const LATEST = 8.64e12;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const HASH = 0x23;
/** The value of digits. */
function wholeNumber(digits: string): bigint {
  return BigInt(digits.length > SAFE_DIGITS ? digits : valueOfDigits(digits));
}

function numberOrZero(text: string): number {
  if (!isDecimal(text)) return 0;
  return text.length > SAFE_DIGITS ? Number(text) : valueOfDigits(text);
}
