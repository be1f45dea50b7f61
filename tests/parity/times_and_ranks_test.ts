import { parseTimesAndRanks } from "../../lib/cli/options/times_and_ranks.ts";
import { localZone } from "../../lib/host/zoneinfo.ts";
import { parity } from "../support/parity.ts";
import { describeFilter } from "../support/filters.ts";

interface TimesAndRanksInput {
  readonly values: readonly string[];
  readonly localTz: string;
}

parity<TimesAndRanksInput>(
  "times-and-ranks",
  ({ values, localTz }) => describeFilter(parseTimesAndRanks(values, localZone({ tz: localTz }))),
);
