import { compileRegex, escapeRegex } from "../../lib/model/regex/regex.ts";
import { parity } from "../support/parity.ts";

interface RegexInput {
  readonly regex: string;
  readonly dataset: boolean;
  readonly names: readonly string[];
}

parity<RegexInput>("regex", ({ regex, dataset, names }) => {
  const pattern = compileRegex(regex, dataset ? "dataset" : "name");
  return names.map((name) => pattern.matches(name));
}, {
  deliberate({ regex }): string | undefined {
    if (regex === "(a)?(?(1)b|c)") return "docs/spec/cli.md §17: conditionals are refused";
    if (regex === "\\N{LATIN SMALL LETTER A}") return "docs/spec/cli.md §17: RegExp knows no character names";
    return undefined;
  },
});

parity<{ readonly text: string }>("regex-escape", ({ text }) => escapeRegex(text));
