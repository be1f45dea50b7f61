/**
 * Where the scripts keep what is dear to make: `$XDG_CACHE_HOME/bzfs` or `~/.cache/bzfs`.
 * @module
 */

/** A folder below the project's cache folder; it need not exist yet. */
export function cacheFolder(name: string): string {
  const home = Deno.env.get("HOME");
  const base = Deno.env.get("XDG_CACHE_HOME") || (home ? `${home}/.cache` : undefined);
  if (base === undefined) throw new Error("Cannot find the cache folder: neither XDG_CACHE_HOME nor HOME is set");
  return `${base}/bzfs/${name}`;
}

/** The SHA-256 of some bytes, in hexadecimal digits. */
export async function sha256(bytes: BufferSource): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
