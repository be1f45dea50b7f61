import { parseArgv } from "../../../../lib/cli/parse/bzfs_arguments.ts";
import { BZFS_OPTIONS } from "../../../../lib/cli/options/bzfs_options.ts";
import { occurrenceWords } from "../../../../lib/cli/parse/occurrence.ts";
import type { OptionTable } from "../../../../lib/cli/options/option.ts";
import type { ParsedArguments } from "../../../../lib/cli/parse/parsed_arguments.ts";
import { readLiteral } from "../../../../lib/cli/literal/read.ts";
import { writeLiteral } from "../../../../lib/cli/literal/text.ts";
import { LiteralError } from "../../../../lib/cli/literal/read.ts";
import { type OptionSpec, spellingsOf, takesValue } from "../../../../lib/cli/options/option.ts";
import { makeJob } from "../../../../lib/cli/settings/settings.ts";
import { RefusedError, UsageError } from "../../../../lib/model/errors.ts";
import { assert, assertEquals } from "../../../support/assert.ts";
import { type Dice, forAll } from "../../../support/for_all.ts";
import { JOB_CONTEXT } from "../../../support/jobs.ts";

/** 200,000 vectors with `BZFS_SOAK=1`. */
const RUNS = Deno.env.get("BZFS_SOAK") === "1" ? 200_000 : 20_000;

const WORDS = [
  ..."a b p/a q/b -:t host:p/a dummy +bzfs_argument_file + - -- -x --x -1 -.5 1.5 7 100% 5% = x=y notime".split(" "),
  "",
  " ",
  "a b",
  "-u -o a=b",
  "latest 3",
  "*..*",
  "7 days ago..anytime",
  "oldest 10%..oldest 3",
  "(",
  "!.*",
  "{'a': {'': {'daily': 1}}}",
  "{}",
  "1 hours",
  "hourly",
  "UTC",
  "\u0000",
  "é😀",
  "\ud800",
];

/** Mostly sensible, sometimes not. */
function words(dice: Dice): string[] {
  const options = dice.times(dice.integer(0, 6), () => optionWords(dice, dice.pick(BZFS_OPTIONS))).flat();
  const operands = dice.chance(0.9) ? ["p/a", "q/b"] : dice.times(dice.integer(0, 3), () => dice.pick(WORDS));
  if (dice.chance(0.5)) return [...operands, ...options];
  return [...options, ...(dice.chance(0.8) ? ["--"] : []), ...operands];
}

function optionWords(dice: Dice, option: OptionSpec): string[] {
  const spelling = dice.pick(spellingsOf(option));
  const name = dice.chance(0.02) ? misspelled(dice, spelling) : spelling;
  if (option.stops && dice.chance(0.9)) return [];
  if (!takesValue(option)) return dice.chance(0.02) ? [`${name}=${dice.pick(WORDS)}`] : [name];
  const values = dice.times(
    option.arity === "many" || option.arity === "any" ? dice.integer(0, 3) : 1,
    () => value(dice, option),
  );
  if (values.length === 1 && dice.chance(0.6)) return [`${name}=${values[0]}`];
  return option.arity === "optional" && dice.chance(0.5) ? [name] : [name, ...values];
}

function value(dice: Dice, option: OptionSpec): string {
  if (option.choices !== undefined && dice.chance(0.9)) return dice.pick(option.choices);
  if (option.type === "times-and-ranks") return dice.pick(["notime", "latest 3", "*..*", "1..2", "3 days ago..*"]);
  if (option.type === "include-plan" || option.type === "except-plan") return "{'a': {'': {'daily': 1}}}";
  if (option.min !== undefined && dice.chance(0.9)) return String(option.min + dice.integer(0, 3));
  return dice.pick(WORDS);
}

function misspelled(dice: Dice, name: string): string {
  const at = dice.integer(0, name.length - 1);
  return name.slice(0, at) + name.slice(at + 1);
}

/** What a command line leads to: the job without what depends on the way it is written, or the error. */
function outcomeOf(argv: readonly string[]): { readonly canonical?: string[]; readonly meaning: unknown } {
  const outcome = expected(() => parseArgv(argv, JOB_CONTEXT));
  if (outcome instanceof Error) return { meaning: String(outcome) };
  if (outcome.kind !== "arguments") return { meaning: outcome };
  const job = expected(() => makeJob(outcome.arguments, JOB_CONTEXT));
  const meaning = job instanceof Error ? String(job) : { ...job, argv: undefined };
  return { canonical: canonicalWords(outcome.arguments), meaning };
}

/** The result, or the error if it is one that a user may see. */
function expected<T>(f: () => T): T | Error {
  try {
    return f();
  } catch (error) {
    if (error instanceof UsageError || error instanceof RefusedError) return error;
    throw error;
  }
}

Deno.test(`fuzz: ${RUNS} command lines never surprise, and mean the same in canonical form`, async () => {
  let jobs = 0;
  await forAll(words, (argv) => {
    const first = outcomeOf(argv);
    if (first.canonical === undefined) return;
    const again = outcomeOf(first.canonical);
    if (typeof first.meaning !== "string") jobs++;
    assertEquals(JSON.stringify(again.meaning), JSON.stringify(first.meaning), JSON.stringify({ argv, ...first }));
    assertEquals(again.canonical, first.canonical);
  }, { runs: RUNS });
  assert(jobs > RUNS / 20, `only ${jobs} command lines made a job`);
});

Deno.test("fuzz: readLiteral() reads what writeLiteral() writes, and throws nothing but LiteralError", async () => {
  const pieces = [
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    ":",
    ",",
    "'",
    '"',
    "a",
    "\\",
    "n",
    "1",
    ".",
    "e",
    "-",
    "True",
    " ",
    "\n",
    "#",
    "r'",
  ];
  await forAll((dice) => dice.times(dice.integer(0, 12), () => dice.pick(pieces)).join(""), (text) => {
    try {
      const value = readLiteral(text);
      assertEquals(writeLiteral(readLiteral(writeLiteral(value))), writeLiteral(value));
    } catch (error) {
      if (!(error instanceof LiteralError)) throw error;
    }
  }, { runs: RUNS });
});

Deno.test("readLiteral() refuses deep nesting instead of exhausting the stack", () => {
  assert(expectedLiteralError("[".repeat(100_000)));
});

function expectedLiteralError(text: string): boolean {
  try {
    readLiteral(text);
    return false;
  } catch (error) {
    return error instanceof LiteralError;
  }
}

/**
 * Words that mean the same as the parsed ones, in their safest form: every option by its first long name, with
 * attached values where there is one, in the order given; then `--` and the operands as they were written.
 */
function canonicalWords<T extends OptionTable>(parsed: ParsedArguments<T>): string[] {
  const { occurrences, operandWords } = parsed.words;
  return [...occurrences.flatMap(occurrenceWords), ...(operandWords === undefined ? [] : ["--", ...operandWords])];
}
