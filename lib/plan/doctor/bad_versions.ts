/**
 * Versions of OpenZFS that are known to damage data, each with the issue that says so.
 * @module
 */

/** A fault of OpenZFS. */
export interface KnownFault {
  readonly issue: number;
  readonly what: string;
  /** The first version that has it. */
  readonly from: readonly number[];
  /** The first version of the same line without it. */
  readonly fixedIn: readonly number[];
}

/** Lines of one fault that were mended apart have rows of their own. Only what the issue, or its releases, say for sure. */
const KNOWN_FAULTS: readonly KnownFault[] = [
  { issue: 15526, what: "files may be copied with holes in place of data", from: [2, 2, 0], fixedIn: [2, 2, 2] },
  { issue: 15526, what: "files may be copied with holes in place of data", from: [2, 1, 4], fixedIn: [2, 1, 14] },
  { issue: 14753, what: "files that are being written may be read damaged", from: [2, 1, 10], fixedIn: [2, 1, 11] },
  {
    issue: 12762,
    what: "zfs receive may damage data on disks of another sector size",
    from: [2, 1, 0],
    fixedIn: [2, 1, 2],
  },
];

/** The faults of a version, such as `2.1.11-1`; none if it cannot be read. */
export function knownFaults(version: string): readonly KnownFault[] {
  const numbers = numbersOf(version);
  return numbers === undefined
    ? []
    : KNOWN_FAULTS.filter(({ from, fixedIn }) => isBefore(numbers, fixedIn) && !isBefore(numbers, from));
}

/** True if a version is known to be older than this one. */
export function isOlder(version: string, than: readonly number[]): boolean {
  const numbers = numbersOf(version);
  return numbers !== undefined && isBefore(numbers, than);
}

function numbersOf(version: string): readonly number[] | undefined {
  const match = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})/.exec(version);
  return match === null ? undefined : match.slice(1).map(Number);
}

function isBefore(version: readonly number[], other: readonly number[]): boolean {
  const place = version.findIndex((number, index) => number !== other[index]);
  return place >= 0 && version[place]! < other[place]!;
}
