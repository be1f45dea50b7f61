/**
 * Names of the marks of `--cache-snapshots`: paths made of hashes, so that any dataset on any host has its place.
 *
 * Source: spec/replication.md §14.1.
 * @module
 */
import { base64url } from "../model/base64url.ts";
import type { Dataset } from "../model/dataset.ts";
import { composeName } from "./labels.ts";
import type { LabelPolicy } from "./policy.ts";

/** SHA-256 of a text in UTF-8. */
export type Hash = (text: string) => Uint8Array;

/** Where datasets are, as far as names of marks go. */
export interface MarkedHost {
  /** Empty for this host. */
  readonly userHost: string;
  readonly port: number | undefined;
  /** Absolute path of the ssh configuration. */
  readonly configFile: string | undefined;
}

/** Lengths of shortened hashes: half of one, a third of one. */
const HALF = 21;
const THIRD = 14;

function hashed(text: string, hash: Hash): string {
  return base64url(hash(text));
}

/** What tells hosts apart: `-` for this one. */
export function namespaceOf({ userHost, port, configFile }: MarkedHost, hash: Hash): string {
  if (userHost === "") return "-";
  return `${userHost}#${port ?? ""}#${configFile === undefined ? "" : hashed(configFile, hash)}`;
}

/** Names of the marks of one dataset on one host. */
export class MarkNames {
  readonly #hash: Hash;
  readonly #namespace: string;
  /** Folder of all marks of the dataset. */
  readonly folder: string;

  constructor(host: MarkedHost, dataset: Dataset, hash: Hash) {
    this.#hash = hash;
    this.#namespace = namespaceOf(host, hash);
    this.folder = `${hashed(this.#namespace, hash)}/${hashed(dataset, hash)}`;
  }

  /** The dataset itself. */
  get dataset(): string {
    return `${this.folder}/=`;
  }

  /** Its newest snapshot of a label, for creation. */
  label(label: LabelPolicy): string {
    return `${this.folder}/${hashed(composeName(label, ""), this.#hash).slice(0, HALF)}`;
  }

  /** Its replication to another dataset with these filters. */
  replication(to: { readonly host: MarkedHost; readonly dataset: Dataset }, filterKey: string): string {
    const third = (text: string): string => hashed(text, this.#hash).slice(0, THIRD);
    return `${this.folder}/==/${third(namespaceOf(to.host, this.#hash))}/${third(to.dataset)}/${third(filterKey)}`;
  }

  /** Its newest or oldest snapshot of a label, for monitoring with these alerts. */
  monitored(kind: "latest" | "oldest", label: LabelPolicy, alertKey: string): string {
    const half = (text: string): string => hashed(text, this.#hash).slice(0, HALF);
    return `${this.folder}/===/${kind === "latest" ? "L" : "O"}/${half(composeName(label, ""))}/${half(alertKey)}`;
  }
}
