/** Each rule about citations, broken once. */
import { complaintsAboutCitations, complaintsAboutSpelling } from "../../../scripts/check_documents.ts";
import { assertEquals } from "../../support/assert.ts";

const SPEC = `# A chapter

## 1. First

### 1.1 Inner

## 2. Second

<!-- prose -->

## 10. Tenth
`;

/** What is said about one source text and one page beside the specification. */
function about(code: string, page = "", architecture = ""): string[] {
  const documents = new Map([["docs/spec/a.md", SPEC], ["docs/page.md", page], ["docs/architecture.md", architecture]]);
  const sources = new Map([["lib/a.ts", code], ["lib/b.ts", "// docs/spec/a.md §1, §10"]]);
  const present = new Set([...documents.keys(), ...sources.keys(), "docs", "docs/spec"]);
  return complaintsAboutCitations(sources, documents, present);
}

Deno.test("complaintsAboutCitations() is content with citations of what is there", () => {
  assertEquals(about("/** Source: docs/spec/a.md §1.1 and\n * §10. */"), []);
  assertEquals(about("", "See [the chapter](spec/a.md), `lib/a.ts`, lib/b.ts and [the web](https://example.com)."), []);
  assertEquals(about("const decide = 1;", "", "| 1 | Where? | `lib/a.ts` | `decide` |"), []);
});

Deno.test("complaintsAboutCitations() names chapters, sections and documents that are not there", () => {
  assertEquals(about("// docs/spec/a.md §1.2"), ["lib/a.ts: cites docs/spec/a.md §1.2, which does not exist"]);
  assertEquals(about("// docs/spec/a.md §1,\n// §3"), ["lib/a.ts: cites docs/spec/a.md §3, which does not exist"]);
  assertEquals(about("// docs/spec/b.md"), ["lib/a.ts: cites docs/spec/b.md, which does not exist"]);
  assertEquals(about("// spec/a.md"), ["lib/a.ts: cites spec/a.md, which is not in the repository"]);
  const former = ["design", "md"].join(".");
  assertEquals(about(`// ${former}`), [`lib/a.ts: cites ${former}, which is not in the repository`]);
});

Deno.test("complaintsAboutCitations() names sections that nobody cites, unless they are prose", () => {
  const documents = new Map([["docs/spec/a.md", SPEC]]);
  const text = ": neither code nor test cites this section, and it is not marked as prose";
  const present = new Set(documents.keys());
  assertEquals(complaintsAboutCitations(new Map([["lib/a.ts", "// docs/spec/a.md §1.1"]]), documents, present), [
    `docs/spec/a.md §10${text}`,
  ]);
});

Deno.test("complaintsAboutCitations() names files that pages name and that are not there, and wrong answers", () => {
  assertEquals(about("", "`lib/gone.ts`"), ["docs/page.md: names lib/gone.ts, which is not in the repository"]);
  assertEquals(about("", "[x](gone.md)"), ["docs/page.md: names docs/gone.md, which is not in the repository"]);
  assertEquals(about("", "", "| 1 | Where? | `lib/a.ts` | `decide` |"), [
    "docs/architecture.md: lib/a.ts does not hold decide",
  ]);
});

Deno.test("complaintsAboutSpelling() wants one spelling, and leaves the words of others alone", () => {
  const complaints = (text: string): string[] => complaintsAboutSpelling(new Map([["a.md", text]]));
  assertEquals(complaints("an organization"), ["a.md: 'organization' is no British spelling"]);
  assertEquals(complaints("an organisation; `unrecognized arguments: -x`; the property normalization"), []);
});
