import { localZone, parseTimezone } from "../../lib/host/zoneinfo.ts";
import { AppError } from "../../lib/model/errors.ts";
import { parseIsoTime } from "../../lib/model/time/iso_time.ts";
import { labelMs, parsePeriod, tryParseDuration } from "../../lib/model/text/units.ts";
import { type Capabilities, zfsAtLeast } from "../../lib/model/capabilities.ts";
import { parity } from "../support/parity.ts";

interface ParseInput {
  readonly fn: string;
  readonly text: string;
  readonly localTz: string;
  readonly min: string;
}

const FAILED = { error: true };

const PARSERS: Readonly<Record<string, (input: ParseInput) => unknown>> = {
  durationMillis: ({ text }) => tryParseDuration(text) ?? FAILED,
  period: ({ text }) => {
    const period = parsePeriod(text);
    return period === undefined ? [0, ""] : [period.amount, period.unit];
  },
  labelMillis: ({ text }) => labelMs(text),
  isoUnix: ({ text, localTz }) => parseIsoTime(text, localZone({ tz: localTz })) ?? FAILED,
  zfsVersionAtLeast: ({ text, min }) => {
    const numbers = (version: string): [number, number, number] =>
      version.split(".").map(Number) as [number, number, number];
    return zfsAtLeast({ zfsVersion: numbers(text) } as unknown as Capabilities, ...numbers(min));
  },
  tzOffsetMinutes: ({ text }) => {
    try {
      const zone = parseTimezone(text, { tz: "UTC" });
      return zone === undefined ? "local" : zone.offsetAt(Date.UTC(2024, 6, 1) / 1000).seconds / 60;
    } catch (error) {
      if (error instanceof AppError) return FAILED;
      throw error;
    }
  },
};

parity<ParseInput>("parse", (input) => PARSERS[input.fn]?.(input));
