/**
 * Names of the stamps of `--cache-snapshots`: paths made of hashes, so that any dataset on any host has its place.
 *
 * Source: docs/spec/replication.md §14.1.
 * @module
 */
import { base64url } from "../model/text/mod.ts";
import type { Dataset } from "../model/dataset.ts";
import { composeName } from "./labels.ts";
import type { HostAddress, LabelPolicy } from "../model/job.ts";

/** SHA-256 of a text in UTF-8. */
export type TextHash = (text: string) => Uint8Array;

/** Lengths of shortened hashes: half of one, a third of one. */
const HALF = 21;
const THIRD = 14;

/** The hash of a text as it stands in names: in base64url. */
export type NameHash = (text: string) => string;

/** Texts whose hashes are remembered. */
const MOST_KNOWN = 1024;

/**
 * Hashes texts for names. Remembers for a while: the same host, labels and filters are asked for with every dataset.
 */
export function nameHash(hash: TextHash): NameHash {
  const known = new Map<string, string>();
  return (text) => {
    let name = known.get(text);
    if (name === undefined) {
      if (known.size >= MOST_KNOWN) known.clear();
      known.set(text, name = base64url(hash(text)));
    }
    return name;
  };
}

/** What distinguishes hosts, whose configurations have absolute paths: `-` for this one. */
export function namespaceOf({ userHost, port, configFile }: HostAddress, hashed: NameHash): string {
  if (userHost === "") return "-";
  return `${userHost}#${port ?? ""}#${configFile === undefined ? "" : hashed(configFile)}`;
}

/** Names of the stamps of one dataset on one host. */
export class MarkNames {
  readonly #hashed: NameHash;
  /** Folder of all stamps of the dataset. */
  readonly folder: string;

  constructor(host: HostAddress, dataset: Dataset, hashed: NameHash) {
    this.#hashed = hashed;
    this.folder = `${hashed(namespaceOf(host, hashed))}/${hashed(dataset)}`;
  }

  /** The dataset itself. */
  get dataset(): string {
    return `${this.folder}/=`;
  }

  /** Its newest snapshot of a label, for creation. */
  label(label: LabelPolicy): string {
    return `${this.folder}/${this.#hashed(composeName(label, "")).slice(0, HALF)}`;
  }

  /** Its replication to another dataset with these filters. */
  replication(to: { readonly host: HostAddress; readonly dataset: Dataset }, filterKey: string): string {
    const third = (text: string): string => this.#hashed(text).slice(0, THIRD);
    return `${this.folder}/==/${third(namespaceOf(to.host, this.#hashed))}/${third(to.dataset)}/${third(filterKey)}`;
  }

  /** Its newest or oldest snapshot of a label, for monitoring with these alerts. */
  monitored(kind: "latest" | "oldest", label: LabelPolicy, alertKey: string): string {
    const half = (text: string): string => this.#hashed(text).slice(0, HALF);
    return `${this.folder}/===/${kind === "latest" ? "L" : "O"}/${half(composeName(label, ""))}/${half(alertKey)}`;
  }
}
