/**
 * Where the scripts keep what is dear to make: `$XDG_CACHE_HOME/bzfs` or `~/.cache/bzfs`.
 * @module
 */
import { userInfo } from "node:os";

/** A folder below the project's cache folder; it need not exist yet. */
export function cacheFolder(name: string): string {
  const base = Deno.env.get("XDG_CACHE_HOME") || `${Deno.env.get("HOME") || userInfo().homedir}/.cache`;
  return `${base}/bzfs/${name}`;
}

/** The SHA-256 of some bytes, in hexadecimal digits. */
export async function sha256(bytes: BufferSource): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
