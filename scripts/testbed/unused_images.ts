/**
 * Images of recipes that nobody uses any more. Each takes some hundred megabytes, and a changed recipe makes another.
 * @module
 */

/** Branches with other recipes may be in use side by side, so that building a new image is no reason by itself. */
const DAYS_KEPT = 14;

/** Notes that an image is used now. */
export async function touchImage(image: string): Promise<void> {
  const now = new Date();
  await Deno.utime(image, now, now);
}

/** Removes images of a cache folder that were not used for {@linkcode DAYS_KEPT} days; returns their names. */
export async function removeUnusedImages(cache: string): Promise<readonly string[]> {
  const oldest = Date.now() - DAYS_KEPT * 86_400_000;
  const removed: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(cache)) {
    if (!isDirectory || !name.startsWith("zfs-")) continue;
    const used = await Deno.stat(`${cache}/${name}`).then(({ mtime }) => mtime?.getTime(), () => undefined);
    if (used === undefined || used > oldest) continue;
    // Another process may be tidying up, too. The lock is that of the build.
    for (const path of [name, `${name}.lock`]) {
      await Deno.remove(`${cache}/${path}`, { recursive: true }).catch(() => {});
    }
    removed.push(name);
  }
  return removed;
}
