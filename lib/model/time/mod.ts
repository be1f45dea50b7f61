/**
 * Time zones, wall clocks and their formats, from the system's own files.
 *
 * The door of this folder: what the rest of the program may use of it.
 * @module
 */
export {
  civilOf,
  type CivilTime,
  daysInMonth,
  floorDiv,
  floorMod,
  formatWall,
  MICROS,
  midnightOf,
  wallOf,
} from "./civil.ts";
export { builtInZone } from "./intl_zone.ts";
export { parseIsoTime } from "./iso_time.ts";
export { parsePosixZone } from "./posix_zone.ts";
export { type Moment, strftime } from "./strftime.ts";
export { parseZoneFile, ZoneFileError } from "./tzif.ts";
export { fixedZone, formatOffset, instantsOf, UTC, wallClockOf, type Zone } from "./zone.ts";
