/** The page of `bzfs status --html` as text; tests/cli/status_page_test.ts looks at it in a browser. */
import { renderPage } from "../../../../lib/report/status/page/mod.ts";
import { SCRIPT, SCRIPT_DIGEST } from "../../../../lib/report/status/page/script.ts";
import { STYLE, STYLE_DIGEST } from "../../../../lib/report/status/page/style.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../../../support/assert.ts";
import { healthyReport, hostileReport, largeReport, troubledReport } from "../../../support/status_reports.ts";

async function digestOf(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return `sha256-${btoa(String.fromCharCode(...bytes))}`;
}

Deno.test("the policy of the page allows its own style and script, by digest, and nothing else", async () => {
  assertEquals([SCRIPT_DIGEST, STYLE_DIGEST], [await digestOf(SCRIPT), await digestOf(STYLE)]);
  const page = renderPage(troubledReport());
  const policy = `default-src 'none'; style-src '${STYLE_DIGEST}'; script-src '${SCRIPT_DIGEST}'`;
  assertStringIncludes(page, `content="${policy.replaceAll("'", "&#39;")}`);
  for (const [element, text] of [["style", STYLE], ["script", SCRIPT]] as const) {
    assertEquals(page.split(`<${element}>`).slice(1).map((rest) => rest.split(`</${element}>`)[0]), [text]);
  }
});

Deno.test("the page has no address of anything elsewhere", () => {
  for (const report of [troubledReport(), healthyReport(), largeReport(3, 3)]) {
    assertEquals(
      renderPage(report).match(/\b(?:src|href|action|style|on\w+)="(?!#)[^"]*"|url\(|@import|https?:/g),
      null,
    );
  }
});

Deno.test("names of the outside cannot become markup, end what they stand in, or change the order of the text", () => {
  const page = renderPage(hostileReport());
  const plain = renderPage(troubledReport());
  const tags = (text: string): ReadonlySet<string> =>
    new Set([...text.matchAll(/<\/?([\w!]+)/g)].map(([, tag]) => tag!));
  assertEquals([...tags(page)].filter((tag) => !tags(plain).has(tag)), []);
  assertEquals(
    page.match(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\p{Surrogate}/gu),
    null,
  );
  assertStringIncludes(page, "&#60;script&#62;alert(1)&#60;/script&#62;");
  assertStringIncludes(page, "line\\nfeed\\r\\nand\\ttab");
  assertStringIncludes(page, "a\\u202edesrever\\u202c\\u2066marks\\u2069");
});

Deno.test("the page is made of the report alone, and tells what it is about", () => {
  assertEquals(renderPage(troubledReport()), renderPage(troubledReport()));
  const page = renderPage(troubledReport());
  for (
    const text of [
      "<title>critical: fleet · bzfs status</title>",
      "ssh: root@web1: Permission denied (publickey)",
      "ssh -o BatchMode=yes root@web1 &#39;zfs list -Hp -o name,guid -r tank/data&#39;",
      "<code>zpool import tank</code>",
      "3 d 14 h late",
      "30 runs within 1 d 5 h, 10 failed, at most",
      "137 snapshots of 138",
      "backup/web1/data_aside_2026-11-20_03:00:00",
      "process 4296 since",
      "1 partial receive",
    ]
  ) assertStringIncludes(page, text);
  const order = [...page.matchAll(/<h3><span class="name">(\w+)</g)].map(([, host]) => host);
  assertEquals(order, ["web1", "gone", "desktop"]);
});

Deno.test("what is not there is said to be not there, and is not left out", () => {
  const page = renderPage(healthyReport({ routes: [], pools: [], runs: [], offline: true, reportedAt: "?" }));
  assertStringIncludes(page, "The job file expects no route.");
  assertStringIncludes(page, "No pool was asked for this report");
  const young = { ...healthyReport().routes[0]!, newDatasets: 1 };
  assertStringIncludes(renderPage(healthyReport({ routes: [young] })), "138 snapshots, 3 datasets, 1 new<");
  assertMatch(renderPage(troubledReport()), /tank\/home[^]*?<b>none<\/b> of 2 h/);
});

Deno.test("each run is seen in its chart: what it sent, that it had nothing to send, or that it failed", () => {
  const at = (hour: number, bytes: string, exitStatus = 0) => ({
    ...{ startedAt: `2026-11-28T${hour}:05:00Z`, seconds: 10, exitStatus, bytes },
  });
  const history = [at(10, "1000"), at(14, "0"), at(16, "500"), at(18, "0", 3)];
  const report = healthyReport({ routes: [], runs: [{ action: "replicate", level: "ok", history }] });
  const [chart = ""] = renderPage(report).match(/<svg class="chart both"[^]*?<\/svg>/) ?? [];
  const paths = Object.fromEntries(
    [...chart.matchAll(/<path class="(\w+)" d="([^"]+)"/g)].map(([, kind, d]) => [kind, d]),
  );
  assertEquals(paths, {
    base: "M0 44.5H360",
    sent: "M4 44v-40M215 44v-20",
    idle: "M145 44v-5",
    speed: "M4 4L215 24",
    failed: "M284 42l4 4m0-4l-4 4",
  });
  assertStringIncludes(chart, "<title>4 runs within 8 h, 1 failed, at most 1000 B</title>");
});

Deno.test("a run that left its work to another, or held something back, has not failed anywhere on the page", () => {
  const history = [4, 5, 1].map((exitStatus, i) => ({
    ...{ startedAt: `2026-11-28T1${i}:05:00Z`, seconds: 10, exitStatus, bytes: i === 1 ? "1000" : "0" },
  }));
  const pageOf = (runs: typeof history): string => {
    const [last, level] = [runs.at(-1)!, "ok"] as const;
    const route = { ...healthyReport().routes[0]!, lastRun: last, history: runs };
    return renderPage(healthyReport({ routes: [route], runs: [{ action: "replicate", level, last, history: runs }] }));
  };
  const words = (page: string): string[] =>
    [...page.matchAll(/<span class="(word[^"]*)">([^<]*)</g)].map(([, kind, word]) => `${kind}: ${word}`);
  for (const [count, word] of [[1, "busy"], [2, "held back"]] as const) {
    const page = pageOf(history.slice(0, count));
    assertEquals(words(page).filter((text) => !text.includes("ok")), Array(2).fill(`word: ${word}`));
    assertEquals(page.match(/failed \(|class="failed"|id="failures"/g), null);
    assertStringIncludes(page, `${count} run${count === 1 ? "" : "s"} within ${count === 1 ? "0 s" : "1 h"}, 0 failed`);
    assertEquals(page.match(/class="idle"/g)?.length, 2);
    assertEquals(page.match(/class="speed dot"/g)?.length, count === 1 ? undefined : 2);
  }
  const page = pageOf(history);
  assertEquals(words(page).filter((text) => !text.includes("ok")), Array(2).fill("word bad: failed (1)"));
  assertEquals([page.match(/, 1 failed,/g)?.length, page.match(/id="failures"/g)?.length], [3, 1]);
});

Deno.test("1,000 routes make a page of at most 4 MB, with the groups closed in which all is well", () => {
  const page = renderPage(largeReport());
  assert(page.length < 4e6, `${page.length}`);
  assertEquals(page.match(/<details class="group many" ?>/g)?.length, 36);
  assertEquals(page.match(/<details class="group many" open>/g)?.length, 14);
});
