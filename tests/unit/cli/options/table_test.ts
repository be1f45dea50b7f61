/** The option tables as a whole. Source: docs/spec/cli.md §19. */
import { BZFS_OPTIONS } from "../../../../lib/cli/options/bzfs_options.ts";
import { JOBRUNNER_TABLE } from "../../../../lib/cli/options/jobrunner_options.ts";
import { DOCTOR_OPTIONS, STATUS_OPTIONS } from "../../../../lib/cli/options/verb_options.ts";
import { type OptionSpec, SECTIONS, spellingsOf, takesValue } from "../../../../lib/cli/options/option.ts";
import { BZFS_HELP } from "../../../../lib/cli/render/program_help.ts";
import { readValues } from "../../../../lib/cli/options/values.ts";
import { assert, assertEquals } from "../../../support/assert.ts";

/** Options of ours that the reference does not have. */
const OWN_OPTIONS = [
  "--pipeline",
  "--result-file",
  "--event-log",
  "--existing-data",
  "--ssh-forward-agent",
  "--query-timeout",
  "--stall-timeout",
  "--busy-limit",
  "--empty-selection",
  "--log-keep",
  "--missing-root",
  "--promote-bookmarks",
  "--guard",
  "--on-conflict",
  "--follow-renames",
  "--delete-limit",
  "--delete-datasets-limit",
  "--foreign-snapshots",
  "--own-names",
  "--keep-newest",
  "--delete-aside-after",
  "--allow-deletions",
  "--plan-memory",
  "--forget-guards",
  "--plan-file",
  "--apply-plan",
  "--plan-max-age",
];

const TABLES: Readonly<Record<string, readonly OptionSpec[]>> = {
  "bzfs": BZFS_OPTIONS,
  "bzfs_jobrunner": JOBRUNNER_TABLE,
  "bzfs status": STATUS_OPTIONS,
  "bzfs doctor": DOCTOR_OPTIONS,
};

for (const [table, options] of Object.entries(TABLES)) {
  Deno.test(`table of ${table}: every spelling is unique`, () => {
    const spellings = options.flatMap((option) => spellingsOf(option));
    assertEquals(spellings.filter((spelling, i) => spellings.indexOf(spelling) !== i), []);
  });

  for (const option of options) {
    Deno.test(`table of ${table}: ${option.name} is well formed`, () => checkRow(option, options));
  }
}

function checkRow(option: OptionSpec, options: readonly OptionSpec[]): void {
  assert((SECTIONS as readonly string[]).includes(option.section), "section exists");
  assert(option.brief.length <= 60, `brief has ${option.brief.length} columns`);
  assert(/^[A-Z0-9]/.test(option.brief) || option.brief.startsWith("ssh "), "brief starts with a capital");
  assert(!/[.'`"]$|['`"]/.test(option.brief), "brief has no final period and nothing that a shell would quote");
  assert(/[.!]$/.test(option.detail), "detail is made of sentences");
  assertEquals(takesValue(option), option.metavar !== undefined || option.choices !== undefined, "metavar iff a value");
  assert(option.bareValue === undefined || option.arity === "optional", "bareValue only where the value is optional");
  assert(option.arity !== "optional" || option.bareValue !== undefined, "an optional value has a bareValue");
  assert(option.default === undefined || option.defaults === undefined, "one kind of default");
  for (const value of [option.default, option.bareValue].filter((text) => text !== undefined)) {
    readValues(option, [value], {
      readTimesAndRanks: () => ({ kind: "times-and-ranks", times: undefined, ranks: [] }),
    });
  }
  for (const name of references(option.detail)) {
    const other = options.find((row) => row.name === name);
    assert(other !== undefined, `${name} exists`);
    assert(!other.hidden || option.hidden, `help does not refer to the hidden option ${name}`);
  }
}

Deno.test("table of bzfs: every option of the specification is in exactly one row", () => {
  const wanted = Deno.readTextFileSync(new URL("../../../support/option_names.txt", import.meta.url)).trim().split(
    "\n",
  );
  const names = BZFS_OPTIONS.flatMap((option) => spellingsOf(option).filter((spelling) => spelling.startsWith("--")));
  assertEquals(names.filter((name) => !OWN_OPTIONS.includes(name)).sort(), wanted.sort());
  assertEquals(wanted.length, 139);
});

Deno.test("table of bzfs: one-letter options are those of the specification", () => {
  const letters = BZFS_OPTIONS.flatMap((option) => "short" in option ? [option.short] : []);
  assertEquals(letters.sort(), ["-h", "-n", "-p", "-q", "-r", "-v"]);
});

Deno.test("table of bzfs_jobrunner: the options that the runner manages itself are options of bzfs", () => {
  const names = JOBRUNNER_TABLE.filter((option) => option.isProtected).map((option) => option.name);
  assertEquals(names.length, 20);
  assertEquals(names.filter((name) => !BZFS_OPTIONS.some((option) => option.name === name)), []);
});

Deno.test("help of bzfs refers to options that exist", () => {
  const texts = [...BZFS_HELP.description, ...BZFS_HELP.files.map((file) => file.meaning)];
  for (const name of texts.flatMap(references)) assert(BZFS_OPTIONS.some((option) => option.name === name), name);
});

/** Names of the options that a text refers to. */
function references(text: string): string[] {
  return [...text.matchAll(/\{(--[\w-]+)\}/g)].map((match) => match[1]!);
}
