/**
 * Reads TZif, the format of the system's zone files (RFC 8536, versions 1 to 4).
 *
 * A file is data from outside: every count is checked against its length, and anything inconsistent is refused. Files
 * that count leap seconds (`right/…`) are refused too, because their instants are not Unix times.
 * @module
 */
import { parsePosixZone } from "./posix_zone.ts";
import { tableZone, type Transition, type Zone, type ZoneOffset } from "./zone.ts";

/** Says what is wrong with a zone file. */
export class ZoneFileError extends Error {
  override readonly name = "ZoneFileError";
}

/** Counts in the header of a data block. */
interface Header {
  readonly version: number;
  readonly utcFlags: number;
  readonly standardFlags: number;
  readonly leapSeconds: number;
  readonly transitions: number;
  readonly types: number;
  readonly characters: number;
}

const HEADER_BYTES = 44;
const LARGEST_OFFSET = 26 * 3600;

/**
 * Makes the contents of a zone file into a zone.
 *
 * @throws {ZoneFileError} if the contents are no consistent zone file
 */
export function parseZoneFile(bytes: Uint8Array, name: string): Zone {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const old = readHeader(view, 0);
  if (old.version < 2) {
    return readBlock(view, { start: HEADER_BYTES, header: old, timeBytes: 4, footer: undefined, name });
  }
  const start = HEADER_BYTES + blockBytes(old, 4);
  const header = readHeader(view, start);
  const block = start + HEADER_BYTES;
  const footer = readFooter(bytes, block + blockBytes(header, 8), name);
  return readBlock(view, { start: block, header, timeBytes: 8, footer, name });
}

function readHeader(view: DataView, start: number): Header {
  if (start + HEADER_BYTES > view.byteLength) throw new ZoneFileError("the file is too short");
  if (view.getUint32(start) !== 0x545a6966) throw new ZoneFileError("it is no TZif file");
  const version = view.getUint8(start + 4);
  const count = (index: number): number => view.getUint32(start + 20 + 4 * index);
  const header = {
    version: version === 0 ? 1 : version - 0x30,
    utcFlags: count(0),
    standardFlags: count(1),
    leapSeconds: count(2),
    transitions: count(3),
    types: count(4),
    characters: count(5),
  };
  if (header.types === 0 || header.types > 256) throw new ZoneFileError("it has no local time types");
  return header;
}

function blockBytes(header: Header, timeBytes: 4 | 8): number {
  return header.transitions * (timeBytes + 1) + header.types * 6 + header.characters +
    header.leapSeconds * (timeBytes + 4) + header.standardFlags + header.utcFlags;
}

/** The rule for times after the table; `undefined` if the file has none. */
function readFooter(bytes: Uint8Array, start: number, name: string): Zone | undefined {
  const end = bytes.indexOf(0x0a, start + 1);
  if (bytes[start] !== 0x0a || end < 0) throw new ZoneFileError("its footer is missing");
  const text = new TextDecoder("latin1").decode(bytes.subarray(start + 1, end));
  if (text === "") return undefined;
  const zone = parsePosixZone(text, name);
  if (zone === undefined) throw new ZoneFileError(`its footer '${text}' is no time zone rule`);
  return zone;
}

interface Block {
  readonly start: number;
  readonly header: Header;
  readonly timeBytes: 4 | 8;
  readonly footer: Zone | undefined;
  readonly name: string;
}

function readBlock(view: DataView, { start, header, timeBytes, footer, name }: Block): Zone {
  if (start + blockBytes(header, timeBytes) > view.byteLength) throw new ZoneFileError("the file is too short");
  if (header.leapSeconds > 0) throw new ZoneFileError("zones that count leap seconds are not supported");
  const indexes = start + header.transitions * timeBytes;
  const types = readTypes(view, indexes + header.transitions, header);
  const transitions: Transition[] = [];
  let before = types[0]!;
  for (let i = 0; i < header.transitions; i++) {
    const place = start + i * timeBytes;
    const at = timeBytes === 8 ? Number(view.getBigInt64(place)) : view.getInt32(place);
    const after = types[view.getUint8(indexes + i)];
    if (after === undefined) throw new ZoneFileError("a transition has an unknown type");
    if (at <= (transitions.at(-1)?.at ?? -Infinity)) throw new ZoneFileError("its transitions are out of order");
    transitions.push({ at, before, after });
    before = after;
  }
  return tableZone(name, { first: types[0]!, transitions, after: footer });
}

function readTypes(view: DataView, start: number, header: Header): ZoneOffset[] {
  const names = new Uint8Array(view.buffer, view.byteOffset + start + header.types * 6, header.characters);
  const types: ZoneOffset[] = [];
  for (let i = 0; i < header.types; i++) {
    const seconds = view.getInt32(start + i * 6);
    const from = view.getUint8(start + i * 6 + 5);
    const to = names.indexOf(0, from);
    if (Math.abs(seconds) > LARGEST_OFFSET) throw new ZoneFileError("an offset is out of range");
    if (from >= header.characters || to < 0) throw new ZoneFileError("an abbreviation is missing");
    const abbreviation = new TextDecoder("latin1").decode(names.subarray(from, to));
    types.push({ seconds, abbreviation, isSummer: view.getUint8(start + i * 6 + 4) !== 0 });
  }
  return types;
}
