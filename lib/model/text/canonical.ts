/**
 * Plain data as text that tells apart what is not the same, for digests.
 * @module
 */

/** JSON, in which maps and sets are lists, and numbers that JSON lacks are texts. Fields keep their order. */
export function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => {
    if (item instanceof Map || item instanceof Set) return [...item];
    if (typeof item === "bigint") return `${item}n`;
    if (typeof item === "number" && !Number.isFinite(item)) return String(item);
    return item;
  });
}
