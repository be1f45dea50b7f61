import { labelMs, parsePeriod, tryParseDuration } from "../../lib/model/units.ts";
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
};

parity<ParseInput>("parse", (input) => PARSERS[input.fn]?.(input), { part: "units", only: ({ fn }) => fn in PARSERS });
