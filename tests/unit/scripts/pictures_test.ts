import { renderPictures } from "../../../scripts/pictures.ts";
import { assert, assertEquals } from "../../support/assert.ts";

for (const [path, picture] of renderPictures()) {
  Deno.test(`${path} needs nothing from elsewhere, has a title, and colours for dark screens`, () => {
    assertEquals(picture.match(/https?:[^"]*/g), ["http://www.w3.org/2000/svg"]);
    assert(!/@font-face|url\(|<image|<script/.test(picture));
    assert(/<title>[^<]{20,}<\/title>/.test(picture) && picture.includes("prefers-color-scheme:dark"));
    const used = new Set([...picture.matchAll(/class="([^"]+)"/g)].flatMap(([, names]) => names!.split(" ")));
    const [light = "", dark = ""] = picture.split("prefers-color-scheme:dark");
    const coloured = (rules: string): string[] => [...used].filter((name) => rules.includes(`.${name}{`));
    assertEquals(coloured(light).filter((name) => !["title", "small"].includes(name)), coloured(dark));
    const [, width = "", height = ""] = /viewBox="0 0 (\d+) (\d+)"/.exec(picture)!;
    for (const [, x = "", y = ""] of picture.matchAll(/<(?:circle|text)[^>]* c?x="([\d.]+)" c?y="([\d.]+)"/g)) {
      assert(Number(x) <= Number(width) && Number(y) <= Number(height), `${x} ${y}`);
    }
  });
}

Deno.test("the picture of retention shows one dot for each snapshot that the plans of home.yaml keep", () => {
  const picture = renderPictures().get("docs/pictures/retention.svg")!;
  assertEquals(picture.match(/class="hourly"/g)?.length, 24 + 48);
  assertEquals(picture.match(/class="daily"/g)?.length, 7 + 90);
});
