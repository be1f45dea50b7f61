/**
 * A folder for one test.
 * @module
 */

/** Runs `use` with a fresh private folder, and removes it. */
export async function withTempFolder(use: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
