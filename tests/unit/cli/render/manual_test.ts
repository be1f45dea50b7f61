import {
  EXAMPLES,
  exampleText,
  manualFiles,
  nearestHelp,
  nearestTopic,
  renderSections,
  renderTopic,
  renderTopics,
  TOPICS,
} from "../../../../lib/cli/render/manual.ts";
import { PROGRAM_HELPS } from "../../../../lib/cli/render/program_help.ts";
import { spellingsOf } from "../../../../lib/cli/options/option.ts";
import { UsageError } from "../../../../lib/model/errors.ts";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "../../../support/assert.ts";

const docs = new URL("../../../../docs/", import.meta.url);
const read = (path: string): string => Deno.readTextFileSync(new URL(path, docs));
const style = { columns: 80, bold: false };

for (const { word, brief, files } of TOPICS) {
  for (const file of files) {
    Deno.test(`bzfs help ${word}: ${file} fits the width, and nothing of its markup is left`, () => {
      const page = files.length === 1 ? undefined : file.replace(/^.*\/|\.md$/g, "");
      for (const columns of [60, 80, 120]) {
        const text = renderTopic(word, page, read, { columns, bold: false });
        assert(text.length > 400, text);
        for (const line of text.split("\n").filter((each) => !each.startsWith("    "))) {
          const isOneWord = !line.trim().includes(" ");
          assert(line.length <= Math.min(columns, 100) || isOneWord, `${line.length} columns: ${line}`);
          assert(!/^#+ |\]\(|\*\*|^\|.*\|$|<!--|!\[/.test(line.trim()), line);
        }
      }
    });

    Deno.test(`${file} is in the index of the manual`, () => assertStringIncludes(read("README.md"), `](${file})`));
  }

  Deno.test(`bzfs help ${word}: no option has this name`, () => {
    const names = PROGRAM_HELPS.flatMap(({ options }) => options.flatMap(spellingsOf));
    assert(!names.some((name) => name.replace(/^-+/, "") === word) && brief.length <= 60);
  });
}

Deno.test("bzfs help lists every subject, and what else there is", () => {
  const text = renderTopics();
  for (const { word } of TOPICS) assert(new RegExp(`^  bzfs help ${word} `, "m").test(text), word);
  assert(text.split("\n").every((line) => line.length <= 85));
  assertStringIncludes(text, "bzfs help OPTION");
});

Deno.test("renderTopic() shows the sections that a word is about, with those below them", () => {
  assert(renderTopic("job-file", "time-zones", read, style).startsWith("Time zones\n\n  Periods begin"));
  const page = "# T\n\nintro\n\n## Pool `full`\n\na\n\n### detail\n\nb\n\n## Other\n\nc\n";
  const shown = (words: string): string => renderTopic("retention", words, () => page, style);
  assertEquals(shown("full"), "Pool 'full'\n\n  a\n\ndetail\n\n  b\n");
  assertEquals(shown("DETAIL"), "detail\n\n  b\n");
  assertEquals(shown("C"), "Other\n\n  c\n");
  const error = assertThrows(() => shown("intr"), UsageError);
  assertEquals(error.hint, "Sections: Pool 'full'; detail; Other");
});

Deno.test("renderTopic() shows whole words of headings before parts of them", () => {
  const page = "# T\n\n## SSH keys changed\n\na\n\n## Hang\n\nb\n";
  const shown = (words: string): string => renderTopic("runbook", words, () => page, style);
  assertEquals(shown("hang"), "Hang\n\n  b\n");
  assertEquals(shown("chang"), "SSH keys changed\n\n  a\n");
});

Deno.test("renderSections() looks into the runbook first, and into its text only if it is told to", () => {
  const pages: Record<string, string> = {
    "runbook.md": "# R\n\n## Restore\n\npause it\n",
    "cron.md": "# C\n\n## Logs\n\nx\n",
  };
  const shown = (words: string, deep: boolean): string | undefined =>
    renderSections(words, (path) => pages[path] ?? "# O\n\n## Restore\n\nother\n", style, { deep });
  assertEquals(shown("restore", false), "Restore\n\n  pause it\n");
  assertEquals(shown("logs", false), "Logs\n\n  x\n");
  assertEquals([shown("pause", false), shown("pause", true)], [undefined, "Restore\n\n  pause it\n"]);
  assertEquals([shown("stor", true), shown("?", true), shown("", true)], [undefined, undefined, undefined]);
});

Deno.test("nearestTopic()", () => {
  assertEquals(nearestTopic("retension"), "retention");
  assertEquals(nearestTopic("zpool"), undefined);
});

Deno.test("nearestHelp() knows subjects, programs, sections of the runbook and what else is named", () => {
  const like = (words: string): string | undefined =>
    nearestHelp(words, ["host-unreachable"], (path) => path === "runbook.md" ? "# R\n\n## Pool full\n\n## `x`\n" : "");
  assertEquals(like("Pol full"), "bzfs help pool full");
  assertEquals(like("retension"), "bzfs help retention");
  assertEquals(like("statsu"), "bzfs help status");
  assertEquals(like("jobruner"), "bzfs help jobrunner");
  assertEquals(like("hst-unreachable"), "bzfs help host-unreachable");
  assertEquals([like("zpool"), like(""), like("y")], [undefined, undefined, undefined]);
});

Deno.test("exampleText() gives each file of docs/examples, byte for byte", () => {
  const names = [...Deno.readDirSync(new URL("examples/", docs))].map(({ name }) => name);
  const files = names.filter((name) => name.endsWith(".yaml"));
  assertEquals(EXAMPLES.map((name) => `${name}.yaml`).sort(), files.sort());
  for (const name of EXAMPLES) {
    assertEquals(exampleText(name, read), read(`examples/${name}.yaml`));
    assertStringIncludes(read("examples/README.md"), `[${name}](${name}.yaml)`);
  }
  assertEquals(exampleText("home.yaml", read), read("examples/home.yaml"));
  assertEquals(assertThrows(() => exampleText("two-host", read), UsageError).hint, "Did you mean two-hosts?");
});

Deno.test("manualFiles() names each file that the executable must hold once", () => {
  const files = manualFiles();
  assertEquals(new Set(files).size, files.length);
  for (const file of files) assert(read(file).length > 0);
});
