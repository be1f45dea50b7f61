import {
  formatBytes,
  formatBytesCompact,
  formatBytesFixed,
  formatDuration,
  formatFloat,
  formatHms,
  formatIsoUtc,
  formatPercent,
  formatRate,
  formatSizeField,
  type TimeUnit,
} from "../../lib/model/text/number_format.ts";
import { parity } from "../support/parity.ts";

interface FormatInput {
  readonly fn: string;
  readonly v: number;
  readonly unit: TimeUnit;
  readonly a: number;
  readonly b: number;
  readonly nanos: number;
}

const FORMATS: Readonly<Record<string, (input: FormatInput) => string>> = {
  float: ({ v }) => formatFloat(v),
  bytes: ({ v }) => formatBytes(v),
  bytesCompact: ({ v }) => formatBytesCompact(v),
  bytesFixed2: ({ v }) => formatBytesFixed(v),
  sizeField: ({ v }) => formatSizeField(v),
  duration: ({ v, unit }) => formatDuration(v, unit),
  percent: ({ a, b }) => formatPercent(a, b),
  hms: ({ v }) => formatHms(v),
  rate: ({ v, nanos }) => formatRate(v, nanos),
  isotime: ({ v }) => formatIsoUtc(v),
};

parity<FormatInput>("format", (input) => FORMATS[input.fn]?.(input));
