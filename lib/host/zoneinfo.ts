/**
 * The system's time zones: `TZ`, `/etc/localtime` and the zone files.
 *
 * The runtime's own idea of time zones is not used where files exist: its data is frozen and it takes POSIX texts for
 * UTC without a word. A zone that cannot be understood is an error, never UTC. Sources: docs/spec/snapshots.md §1.10,
 * docs/spec/cli.md §6.
 * @module
 */
import { RefusedError } from "../model/errors.ts";
import {
  builtInZone,
  fixedZone,
  parsePosixZone,
  parseZoneFile,
  UTC,
  type Zone,
  ZoneFileError,
} from "../model/time/mod.ts";

/** Where zones are looked up. */
export interface ZoneSources {
  /** Value of the variable `TZ`; `undefined` if it is not set. */
  readonly tz: string | undefined;
  /** Folders with zone files, the first one that has the file wins. */
  readonly folders?: readonly string[];
  /** The file of the local zone. */
  readonly localtime?: string;
}

const ZONE_FOLDERS = ["/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo"];
const LARGEST_ZONE_FILE = 1 << 20;

/**
 * The local zone: `TZ` if set (a file's name, with or without a leading colon, or a POSIX text), else
 * `/etc/localtime`, else UTC, as in the C library.
 *
 * @throws {RefusedError} if it is set but cannot be understood
 */
export function localZone(sources: ZoneSources): Zone {
  if (sources.tz === undefined) {
    const path = sources.localtime ?? "/etc/localtime";
    return readZoneFile(path, path) ?? UTC;
  }
  const text = sources.tz.startsWith(":") ? sources.tz.slice(1) : sources.tz;
  if (text === "") return UTC;
  const zone = text.startsWith("/") ? readZoneFile(text, text) : findZone(text, sources);
  const found = zone ?? parsePosixZone(text) ?? (text.startsWith("/") ? undefined : builtInZone(text));
  if (found !== undefined) return found;
  throw new RefusedError(`Cannot understand the time zone in TZ: '${sources.tz}'`, {
    hint:
      "Set TZ to the name of a zone such as Europe/Vienna, to a POSIX rule such as CET-1CEST,M3.5.0,M10.5.0/3, or unset it",
  });
}

/**
 * The zone that the option for time zones names: empty for the local zone (`undefined`), `UTC`, `[+-]HH[:]MM`, or a
 * name with a slash.
 *
 * @throws {RefusedError} `Invalid timezone specification: …`
 */
export function parseTimezone(text: string, sources: ZoneSources): Zone | undefined {
  if (text === "") return undefined;
  if (text === "UTC") return UTC;
  const zone = parseOffset(text) ?? (text.includes("/") ? findZone(text, sources) ?? builtInZone(text) : undefined);
  if (zone !== undefined) return zone;
  throw new RefusedError(`Invalid timezone specification: '${text}'`, {
    hint: "Say UTC, an offset such as +0530, or the name of a zone such as Europe/Vienna; empty means the local zone",
  });
}

function parseOffset(text: string): Zone | undefined {
  const match = /^([+-])(\d\d):?(\d\d)$/.exec(text);
  if (match === null) return undefined;
  const size = Number(match[2]) * 3600 + Number(match[3]) * 60;
  if (size >= 86_400) return undefined;
  const hours = `${Math.floor(size / 3600)}`.padStart(2, "0");
  const name = `UTC${match[1]}${hours}:${`${(size / 60) % 60}`.padStart(2, "0")}`;
  return fixedZone(size === 0 ? "UTC" : name, match[1] === "-" ? 0 - size : size);
}

/** Looks for a zone file by name; names that leave the folder are unknown. */
function findZone(name: string, sources: ZoneSources): Zone | undefined {
  const isPlain = name.split("/").every((part) => /^[A-Za-z0-9_+-][A-Za-z0-9_+.-]*$/.test(part));
  if (!isPlain) return undefined;
  for (const folder of sources.folders ?? ZONE_FOLDERS) {
    const zone = readZoneFile(`${folder}/${name}`, name);
    if (zone !== undefined) return zone;
  }
  return undefined;
}

function readZoneFile(path: string, name: string): Zone | undefined {
  const bytes = readBounded(path);
  if (bytes === undefined) return undefined;
  try {
    return parseZoneFile(bytes, name);
  } catch (cause) {
    if (!(cause instanceof ZoneFileError)) throw cause;
    throw new RefusedError(`Cannot read time zone file ${path}: ${cause.message}`, { cause });
  }
}

/** The file's contents; `undefined` if there is no such regular file. */
function readBounded(path: string): Uint8Array | undefined {
  try {
    const info = Deno.statSync(path);
    if (!info.isFile) return undefined;
    if (info.size > LARGEST_ZONE_FILE) throw new RefusedError(`Cannot read time zone file ${path}: it is too large`);
    return Deno.readFileSync(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotADirectory) return undefined;
    if (cause instanceof RefusedError) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new RefusedError(`Cannot read time zone file ${path}: ${message}`, { cause });
  }
}
