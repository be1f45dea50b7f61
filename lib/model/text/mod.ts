/**
 * lib/model/text
 *
 * The door of this folder: what the rest of the program may use of it.
 * @module
 */
export { base64url } from "./base64url.ts";
export { digitsEnd, isDecimal, SAFE_DIGITS, sumOfDecimals, valueOfDigits } from "./digits.ts";
export {
  formatBytes,
  formatBytesFixed,
  formatDuration,
  formatHms,
  formatIsoUtc,
  formatPercent,
  formatRate,
  formatSizeField,
  formatSpan,
  roundHalfEven,
} from "./number_format.ts";
export { compareNames } from "./order.ts";
export { pythonList, pythonText } from "./python_list.ts";
export {
  DAY_MS,
  labelMs,
  parseDuration,
  parseLimit,
  parsePeriod,
  type Period,
  PERIOD_UNITS,
  periodMs,
  type PeriodUnit,
  tryParseDuration,
} from "./units.ts";
