/**
 * Terse notation of histories: `history("@a #b @c")`. A version's guid is its letter unless given: `@a=7`.
 * @module
 */
import { datasetFromZfs } from "../../lib/model/dataset.ts";
import type { Guid, Snapshot, Version } from "../../lib/model/snapshot.ts";

/** Versions in the order written, which is the order of their createtxg; a bookmark shares it with what follows it. */
export function history(text: string, dataset = "p/s"): Version[] {
  return text.split(" ").filter((word) => word !== "").map((word, index): Version => {
    const [name, guid] = word.slice(1).split("=") as [string, string | undefined];
    const base = {
      dataset: datasetFromZfs(dataset),
      tag: name,
      guid: (guid ?? name) as Guid,
      createtxg: BigInt(index + 1),
      createdAt: index + 1,
    };
    return word.startsWith("@") ? { kind: "snapshot", ...base } : { kind: "bookmark", ...base };
  });
}

/** As {@linkcode history}, for snapshots only. */
export function snapshots(text: string, dataset = "q/d"): Snapshot[] {
  return history(text, dataset) as Snapshot[];
}

/** The inverse of {@linkcode history}, without guids. */
export function notation(versions: readonly Version[]): string {
  return versions.map((version) => `${version.kind === "snapshot" ? "@" : "#"}${version.tag}`).join(" ");
}
