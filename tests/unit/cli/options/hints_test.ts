/** Plans and times that are usual mistakes are answered with the form that is expected. */
import { AppError } from "../../../../lib/model/errors.ts";
import { makeFleet } from "../../../../lib/cli/jobrunner/fleet.ts";
import { parseJobrunnerArgv } from "../../../../lib/cli/jobrunner/arguments.ts";
import { assert, assertEquals, assertThrows } from "../../../support/assert.ts";
import { JOB_CONTEXT } from "../../../support/jobs.ts";
import { jobOf } from "../../../support/job.ts";

const EXAMPLE = "A plan looks like {'prod': {'onsite': {'hourly': 36, 'daily': 31}}}";
const ALERTS =
  "A plan looks like {'prod': {'onsite': {'daily': {'latest': {'warning': '4 hours', 'critical': '8 hours'}}}}}";
const TIME = "A time is written as '30 days ago', 2026-01-31, or seconds since 1970; a range as '30 days ago..*'";

for (
  const [mistake, words, hint] of [
    [
      "a plan whose quotes the shell ate",
      ["--include-snapshot-plan={prod:{onsite:{daily:3}}}"],
      `${EXAMPLE}, in double quotes, since the shell takes single ones away`,
    ],
    ["a plan of two levels", ["--include-snapshot-plan={'prod': {'daily': 3}}"], EXAMPLE],
    ["a plan with amounts that are texts", ["--include-snapshot-plan={'prod': {'onsite': {'daily': '3'}}}"], EXAMPLE],
    [
      "a plan of what is created, whose quotes the shell ate",
      ["--create-src-snapshots", "--create-src-snapshots-plan={prod:{onsite:{daily:3}}}"],
      `${EXAMPLE}, in double quotes, since the shell takes single ones away`,
    ],
    [
      "a plan of two levels of what is created",
      ["--create-src-snapshots", "--create-src-snapshots-plan={'prod': {'daily': 3}}"],
      EXAMPLE,
    ],
    [
      "a plan of what is created, with amounts that are texts",
      ["--create-src-snapshots", "--create-src-snapshots-plan={'prod': {'onsite': {'daily': '3'}}}"],
      EXAMPLE,
    ],
    [
      "a plan of what is monitored, whose quotes the shell ate",
      ["--monitor-snapshots={prod:{onsite:{daily:3}}}"],
      `${ALERTS}, in double quotes, since the shell takes single ones away`,
    ],
    ["amounts in place of limits", ["--monitor-snapshots={'prod': {'onsite': {'daily': 3}}}"], ALERTS],
    [
      "limits of the job runner",
      ["--monitor-snapshots={'prod': {'onsite': {'daily': {'warning': '3 hours'}}}}"],
      ALERTS,
    ],
    [
      "a single dataset of which snapshots are created",
      ["--create-src-snapshots"],
      "Where only one place counts, write dummy for the other: dummy a/b to delete or monitor there, a/b dummy to create " +
      "snapshots there",
    ],
    ["an age without a unit that is known", ["--include-snapshot-times-and-ranks", "30d..*"], TIME],
    ["an age in short form", ["--include-snapshot-times-and-ranks", "30d ago..*"], TIME],
  ] as const
) {
  Deno.test(`${mistake} is answered with the form that is expected`, () => {
    const error = assertThrows(
      () => jobOf(["a/b", ...(mistake.startsWith("a single") ? [] : ["c/d"]), ...words]),
      AppError,
    );
    assertEquals(error.hint, hint);
  });
}

for (
  const [option, value, hint] of [
    ["--src-snapshot-plan", "{'prod': {'daily': 3}}", EXAMPLE],
    ["--dst-snapshot-plan", "{'prod': {'onsite': {'daily': '3'}}}", EXAMPLE],
    [
      "--src-bookmark-plan",
      "{prod:{onsite:{daily:3}}}",
      `${EXAMPLE}, in double quotes, since the shell takes single ones away`,
    ],
    [
      "--monitor-snapshot-plan",
      "{'p': {'t': {'daily': 3}}}",
      "A plan looks like {'prod': {'onsite': {'daily': {'warning': '4 hours', 'critical': '8 hours'}}}}",
    ],
    ["--dst-hosts", "['nas']", "It looks like {'nas': ['onsite'], 'vault': ['offsite']}"],
    ["--retain-dst-targets", "{'nas': 'onsite'}", "It looks like {'nas': ['onsite'], 'vault': ['offsite']}"],
    ["--dst-root-datasets", "{'nas': ['tank']}", "It looks like {'nas': 'tank/bak/^SRC_HOST', 'vault': ''}"],
    [
      "--src-hosts",
      "[web1]",
      "It is a list such as ['web1', 'web2'], in double quotes, since the shell takes single ones away",
    ],
  ] as const
) {
  Deno.test(`the job runner answers ${option}=${value} with the form that is expected`, () => {
    const words = ["--job-id=j", "--src-hosts=['a']", `${option}=${value}`, "--root-dataset-pairs", "a", "b"];
    const run = parseJobrunnerArgv(words, JOB_CONTEXT);
    assert(run.kind === "arguments");
    assertEquals(assertThrows(() => makeFleet(run.arguments, () => undefined), AppError).hint, hint);
  });
}
