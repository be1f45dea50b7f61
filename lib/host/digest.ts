/**
 * SHA-256 without waiting: names of bookmarks and files are made from it in synchronous code.
 * @module
 */
import { hashSha256 } from "./node.ts";

/** SHA-256 of a text in UTF-8: 32 bytes. */
export function sha256(text: string): Uint8Array {
  return hashSha256(text);
}

/** The same as 64 hexadecimal digits. */
export function sha256Hex(text: string): string {
  return [...sha256(text)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
