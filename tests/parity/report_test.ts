import { parsePvLine, totalBytesOf } from "../../lib/report/pv_lines.ts";
import { parity } from "../support/parity.ts";

/** Whole numbers as the data has them: exact text where JSON has no exact number. */
function exact(value: number): number | string {
  return value >= 2 ** 53 ? BigInt(value).toString() : value;
}

parity<{ readonly line: string }>("pv-lines", ({ line }) => {
  try {
    const { bytes, remainingSecs = 0, tail } = parsePvLine(line);
    return { bytes: exact(bytes), remainingSecs, tail };
  } catch {
    return { error: true };
  }
});

parity<{ readonly files: Readonly<Record<string, string>> }>("pv-files", ({ files }) => {
  const followed = Object.entries(files).filter(([name]) => /^run\.pv(_[0-9]{4,})?$/.test(name));
  return exact(followed.reduce((sum, [, text]) => sum + totalBytesOf(text), 0));
});
