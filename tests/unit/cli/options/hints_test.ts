/** Plans and times that are usual mistakes are answered with the form that is expected. */
import { UsageError } from "../../../../lib/model/errors.ts";
import { assertEquals, assertThrows } from "../../../support/assert.ts";
import { jobOf } from "../../../support/job.ts";

const EXAMPLE = "A plan looks like {'prod': {'onsite': {'hourly': 36, 'daily': 31}}}";
const TIME = "A time is written as '30 days ago', 2026-01-31, or seconds since 1970; a range as '30 days ago..*'";

for (
  const [mistake, words, hint] of [
    [
      "a plan whose quotes the shell ate",
      ["--include-snapshot-plan={prod:{onsite:{daily:3}}}"],
      `${EXAMPLE}, in double quotes, since the shell takes single ones away`,
    ],
    ["a plan of two levels", ["--include-snapshot-plan={'prod': {'daily': 3}}"], EXAMPLE],
    ["an age without a unit that is known", ["--include-snapshot-times-and-ranks", "30d..*"], TIME],
    ["an age in short form", ["--include-snapshot-times-and-ranks", "30d ago..*"], TIME],
  ] as const
) {
  Deno.test(`${mistake} is answered with the form that is expected`, () => {
    const error = assertThrows(() => jobOf(["a/b", "c/d", ...words]), UsageError);
    assertEquals(error.hint, hint);
  });
}
