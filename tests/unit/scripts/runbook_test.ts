/**
 * docs/runbook.md against its test on real pools, without guests: who adds an event or a command learns here that nobody
 * tries it.
 */
import { assert, assertEquals, assertThrows } from "../../support/assert.ts";
import { hasMessage, Reader, sectionsOf } from "../../support/runbook.ts";

const root = `${import.meta.dirname}/../../../`;

Deno.test("each event of the runbook is played in guests, and each of its commands is typed there", () => {
  const page = Deno.readTextFileSync(`${root}docs/runbook.md`);
  const test = Deno.readTextFileSync(`${root}tests/vm/runbook_test.ts`);
  const typed = new Set([...test.matchAll(/\["([^"]+)", (\d+)\]/g)].map(([, title, index]) => `${title} ${index}`));
  for (const [, list, title] of test.matchAll(/of \[([\d, ]+)\]\) await follow\(\["([^"]+)", index\]\)/g)) {
    for (const index of list!.split(", ")) typed.add(`${title} ${index}`);
  }
  const sections = sectionsOf(page);
  assert(sections.length >= 22);
  assertEquals(
    [...typed].sort(),
    sections.flatMap(({ title, scripts }) => scripts.map((_, index) => `${title} ${index}`)).sort(),
  );
  for (const { title, messages, scripts } of sections) {
    assert(messages.length + scripts.length > 0, title);
    if (messages.length > 0) {
      assert(new RegExp(`assertShows\\([^]*"${title}"|"${title}"[^]*assertShows`).test(test), title);
    }
  }
});

Deno.test("links within the runbook lead to its sections", () => {
  const page = Deno.readTextFileSync(`${root}docs/runbook.md`);
  const anchors = new Set(sectionsOf(page).map(({ title }) => title.toLowerCase().replaceAll(" ", "-")));
  const links = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor!);
  assertEquals(links.filter((anchor) => !anchors.has(anchor)), []);
  assertEquals([...anchors].filter((anchor) => !links.includes(anchor)), []);
});

Deno.test("what a test has neither seen nor run of a page is left", () => {
  const page =
    "# P\n\n## A\n\n```text\nlost … of 3\n```\n\n```sh\nls\n```\n\n## B\n\n```sh\nls\n```\n\n## C\n\nNothing.\n";
  const reader = new Reader(page);
  assertEquals(reader.left.length, 4);
  assertEquals(reader.missing("A", "lost 4 of 3"), []);
  assertEquals(reader.script("A", 0, ["B", 0]), "ls\n");
  assertEquals(reader.left, ["C: no message and no command"]);
  assertThrows(() => reader.script("B", 1), Error, "B has no script 1");
  assertEquals(reader.missing("A", "lost 4 of 5"), ["lost … of 3"]);
  assertEquals(hasMessage("a@x_2026-01-31_10:00:00_daily  is\n gone", "a@x_2020-01-01_00:00:00_daily is gone"), true);
});
