/** What stays in the cache of images. */
import { removeUnusedImages, touchImage } from "../../../scripts/testbed/unused_images.ts";
import { assertEquals } from "../../support/assert.ts";
import { withTempFolder } from "../../support/temp.ts";

Deno.test("images that nobody used for two weeks go, others and what is no image stay", () =>
  withTempFolder(async (cache) => {
    const before = (days: number): Date => new Date(Date.now() - days * 86_400_000);
    for (
      const [name, days] of [["zfs-2.3-old", 15], ["zfs-2.3-new", 13], ["zfs-2.1-used", 99], ["other", 99]] as const
    ) {
      await Deno.mkdir(`${cache}/${name}`);
      await Deno.writeTextFile(`${cache}/${name}/root.qcow2`, "");
      await Deno.writeTextFile(`${cache}/${name}.lock`, "");
      await Deno.utime(`${cache}/${name}`, before(days), before(days));
    }
    await touchImage(`${cache}/zfs-2.1-used`);
    assertEquals(await removeUnusedImages(cache), ["zfs-2.3-old"]);
    const left = [...Deno.readDirSync(cache)].map(({ name }) => name).sort();
    const names = ["other", "zfs-2.1-used", "zfs-2.3-new"];
    assertEquals(left, names.flatMap((name) => [name, `${name}.lock`]).sort());
  }));
