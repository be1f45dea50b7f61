/**
 * Runs the recorded answers of the reference (`tests/parity/NAME.json`) against a function of ours.
 *
 * One test per file; it fails with the number of differing cases and the first of them in full. Cases in which we
 * differ on purpose are listed by the caller with a reason, and the test fails if one of them has stopped to differ.
 * @module
 */
import { AppError } from "../../lib/model/errors.ts";
import { deepEqual } from "./assert.ts";

/** One recorded case. */
export interface ParityCase<I> {
  readonly in: I;
  readonly out: unknown;
}

/** How a file is compared. */
export interface ParityOptions<I> {
  /** Text after the file's name in the test's name, where one file is consumed in parts. */
  readonly part?: string;
  /** Takes only the cases of this part. */
  readonly only?: (input: I) => boolean;
  /** Reason why we differ in this case; `undefined` for all others. */
  readonly deliberate?: (input: I) => string | undefined;
  /** Changes the recorded answer before it is compared, for example to drop what only describes the reference. */
  readonly expected?: (output: unknown) => unknown;
}

/** Reads the cases of one file. */
export function parityCases<I>(name: string): readonly ParityCase<I>[] {
  const text = Deno.readTextFileSync(new URL(`../parity/${name}.json`, import.meta.url));
  return (JSON.parse(text) as { cases: ParityCase<I>[] }).cases;
}

/**
 * Registers a test that feeds each case to `answer` and compares what it returns. A thrown {@linkcode AppError} becomes
 * `{ error: { status } }`; of a recorded error only the status counts, since kinds are the data's own invention.
 */
export function parity<I>(
  name: string,
  answer: (input: I) => unknown | Promise<unknown>,
  options: ParityOptions<I> = {},
): void {
  Deno.test(`parity: ${name}${options.part ? ` (${options.part})` : ""}`, async () => {
    const failures: string[] = [];
    let compared = 0;
    for (const [index, entry] of parityCases<I>(name).entries()) {
      if (options.only && !options.only(entry.in)) continue;
      compared++;
      const wanted = onlyStatus(options.expected ? options.expected(entry.out) : entry.out);
      const got = await answerOrError(answer, entry.in);
      const reason = options.deliberate?.(entry.in);
      const same = deepEqual(got, wanted);
      if (same === (reason === undefined)) continue;
      failures.push(
        `case ${index}: ${reason === undefined ? "differs" : `listed as deliberate (${reason}) but agrees`}\n` +
          `  in:   ${JSON.stringify(entry.in)}\n  want: ${JSON.stringify(wanted)}\n  got:  ${show(got)}`,
      );
    }
    if (compared === 0) throw new Error(`no case of ${name} was compared`);
    if (failures.length > 0) throw new Error(`${failures.length} of ${compared} cases fail; ${failures[0]}`);
  });
}

async function answerOrError<I>(answer: (input: I) => unknown | Promise<unknown>, input: I): Promise<unknown> {
  try {
    return await answer(input);
  } catch (error) {
    if (error instanceof AppError) return { error: { status: error.exitCode } };
    return { thrown: error instanceof Error ? error.stack : String(error) };
  }
}

function onlyStatus(output: unknown): unknown {
  const status = (output as { error?: { status?: number } } | null)?.error?.status;
  return status === undefined ? output : { error: { status } };
}

function show(value: unknown): string {
  return JSON.stringify(value, (_key, v) => (typeof v === "bigint" ? v.toString() : v));
}
