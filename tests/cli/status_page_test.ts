/** The page of `bzfs status --html` in a browser: light, dark, on paper, on a telephone, without scripts, with hostile names. */
import { renderPage } from "../../lib/report/status/page/mod.ts";
import type { StatusReport } from "../../lib/report/status/report.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { type Screen, type Tab, withBrowser } from "../support/chromium.ts";
import { HOSTILE_NAMES, hostileReport, largeReport, troubledReport } from "../support/status_reports.ts";
import { withTempFolder } from "../support/temp.ts";

/** How each report is looked at. */
const SCREENS: Readonly<Record<string, Screen>> = {
  light: { width: 1280 },
  dark: { width: 1280, scheme: "dark" },
  telephone: { width: 360 },
  paper: { width: 1010, media: "print" },
};

/** Texts whose contrast with the ground behind them is below 4.5 to 1. */
const LOW_CONTRAST = `(() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const linear = (c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const color = rgb(getComputedStyle(e).backgroundColor);
      if (color.length === 3 || color[3] > 0) return color;
    }
    return matchMedia("(prefers-color-scheme: dark)").matches && !matchMedia("print").matches ? [0, 0, 0] : [255, 255, 255];
  };
  const low = new Set();
  for (const e of document.body.querySelectorAll("*")) {
    if (e instanceof SVGElement || ["SCRIPT", "STYLE"].includes(e.tagName)) continue;
    if (![...e.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== "")) continue;
    const [a, b] = [luminance(rgb(getComputedStyle(e).color)), luminance(ground(e))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) low.add(e.tagName + "." + e.className + " " + contrast.toFixed(2));
  }
  return [...low];
})()`;

const COUNT_SHOWN =
  `[...document.querySelectorAll("tbody.route")].filter((e) => !e.hidden && !e.closest("details").hidden).length`;

Deno.test("the page of bzfs status in a browser", async (t) => {
  await withTempFolder(async (folder) => {
    await withBrowser(async (tab) => {
      const open = async (report: StatusReport, screen: Screen = { width: 1280 }): Promise<void> => {
        await Deno.writeTextFile(`${folder}/page.html`, renderPage(report));
        await tab.open(`${folder}/page.html`, screen);
        assertEquals([tab.complaints, tab.requests], [[], [`file://${folder}/page.html`]]);
      };

      const pictures = new Set<string>();
      for (const [name, screen] of Object.entries(SCREENS)) {
        await t.step(`${name}: nothing is cut off, every text can be read, all complaints are none`, async () => {
          for (const report of [hostileReport(), troubledReport()]) {
            await open(report, screen);
            assertEquals(await tab.ask("document.documentElement.scrollWidth"), screen.width);
            assertEquals(await tab.ask(LOW_CONTRAST), []);
          }
          const picture = await tab.picture(0, 900);
          assert(picture.length > 15_000, `${picture.length} bytes make no picture of a page`);
          pictures.add(picture.slice(-20_000).join());
        });
      }
      assertEquals(pictures.size, Object.keys(SCREENS).length);

      await t.step("names that would be markup are text", async () => {
        await open(hostileReport());
        assertEquals(await tab.ask("[document.scripts.length, document.images.length, document.forms.length]"), [
          1,
          0,
          1,
        ]);
        assertEquals(await tab.ask('document.querySelectorAll("tbody.route").length'), HOSTILE_NAMES.length);
        assertEquals(await tab.ask('document.querySelector("h3").textContent'), HOSTILE_NAMES[0]);
        assertEquals(await tab.ask('document.querySelector("[onerror],[onload],[style]")'), null);
      });

      await t.step(
        "each table has titles of its columns, each row its own, and each chart says what it shows",
        async () => {
          await open(troubledReport());
          assertEquals(await tab.ask('[...document.querySelectorAll("table")].filter((e) => !e.tHead).length'), 0);
          const rows = 'document.querySelectorAll("tbody tr").length';
          assertEquals(await tab.ask(`document.querySelectorAll('tbody tr > th[scope="row"]').length - ${rows}`), 0);
          assertEquals(await tab.ask("document.querySelectorAll('thead th:not([scope=\"col\"])').length"), 0);
          assertEquals(await tab.ask('document.querySelectorAll("svg:not([aria-hidden],:has(title))").length'), 0);
          assert(Number(await tab.ask('document.querySelectorAll("svg > title").length')) > 8);
        },
      );

      await t.step("the keyboard reaches the report, the search and the groups", async () => {
        await open(troubledReport());
        const reached: string[] = [];
        for (let i = 0; i < 16; i++) reached.push(await focusNext(tab));
        assertEquals(reached[0], "A.skip");
        for (const one of ["INPUT.words", "INPUT.bad", "SUMMARY."]) assert(reached.includes(one), reached.join());
      });

      await t.step("the search finds routes by host, dataset and message, or only those that are not ok", async () => {
        await open(largeReport());
        const search = async (words: string): Promise<unknown> => {
          await tab.ask(
            `words.value = ${JSON.stringify(words)}; words.form.dispatchEvent(new Event("input", { bubbles: true }))`,
          );
          return await tab.ask(`[${COUNT_SHOWN}, found.textContent]`);
        };
        assertEquals(await search(""), [1000, ""]);
        assertEquals(await search("HOST07 data3"), [1, "1 of 1000 routes"]);
        assertEquals(await search("permission denied"), [7, "7 of 1000 routes"]);
        assertEquals(await search("<script>"), [0, "0 of 1000 routes"]);
        await tab.ask("bad.checked = true");
        assertEquals(await search(""), [28, "28 of 1000 routes"]);
        await tab.ask("bad.checked = false");
        assertEquals(await search(""), [1000, ""]);
        assertEquals(await tab.ask('document.querySelectorAll("details.group[open]").length'), 14);
      });

      await t.step("without scripts the search is not there, and everything else is", async () => {
        await open(troubledReport(), { width: 1280, isWithoutScripts: true });
        assertEquals(await tab.ask("[words.form.hidden, old.hidden]"), [true, true]);
        assertEquals(await tab.ask(COUNT_SHOWN), 5);
      });

      await t.step("with scripts a page that is old says so", async () => {
        await open(troubledReport({ reportedAt: "2001-01-01T00:00:00Z" }));
        assertEquals(await tab.ask("old.hidden"), false);
        await open(troubledReport({ reportedAt: new Date().toISOString() }));
        assertEquals(await tab.ask("old.hidden"), true);
      });

      await t.step("on paper, what is closed on the screen is there", async () => {
        const isShown = 'document.querySelector("details.group:not([open]) table").checkVisibility()';
        await open(largeReport(8, 10));
        assertEquals(await tab.ask(isShown), false);
        await open(largeReport(8, 10), SCREENS["paper"]);
        assertEquals(await tab.ask(isShown), true);
        assertEquals(new TextDecoder().decode((await tab.paper()).slice(0, 5)), "%PDF-");
      });
    });
  });
});

/** Presses the tabulator; returns what has the focus then. */
async function focusNext(tab: Tab): Promise<string> {
  const key = { key: "Tab", code: "Tab", windowsVirtualKeyCode: 9 };
  await tab.send("Input.dispatchKeyEvent", { type: "rawKeyDown", ...key });
  await tab.send("Input.dispatchKeyEvent", { type: "keyUp", ...key });
  return String(
    await tab.ask(
      'document.activeElement.tagName + "." + (document.activeElement.id || document.activeElement.className)',
    ),
  );
}
