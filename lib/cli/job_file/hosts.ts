/**
 * Hosts of a job file.
 *
 * Rules that the options check, too, are checked here first, as here the place of what is wrong is known.
 * @module
 */
import { DST_HOST_TOKEN, SRC_HOST_TOKEN } from "../../model/fleet.ts";
import { isValidAccount, isValidDataset, NAME_RULE } from "../../model/location.ts";
import type { JobFileEntry } from "./entry.ts";
import { readSwitch } from "./fields.ts";
import { didYouMean } from "../parse/suggestion.ts";

/** The source hosts. */
export function readSources(list: JobFileEntry): string[] {
  const hosts = list.items().map((entry) => ({ entry, name: readHost(entry) }));
  if (hosts.length === 0) throw list.error("must not be empty");
  refuseTwice(hosts);
  return hosts.map(({ name }) => name);
}

function readHost(entry: JobFileEntry): string {
  const name = entry.word();
  if (/^[^:]*:\d+$/.test(name)) {
    throw entry.error(
      "is the name of a host with a port",
      "Ports are fields of their own: ssh-src-port, ssh-dst-port.",
    );
  }
  const mistake = MISTAKES.find(([form]) => form.test(name));
  if (mistake === undefined && isValidAccount(name)) return name;
  throw entry.error("is no name of a host", mistake?.[1] ?? "A name has no blanks, slashes or signs of the shell.");
}

/** Names that people write for hosts, and what is said of each. */
const MISTAKES: readonly (readonly [RegExp, string])[] = [
  [/@/, "Users are fields of their own: ssh-src-user, ssh-dst-user."],
  [/^\[.*:.*\]$/, "An address has no brackets here."],
  [/^[^:]*:[^:]*$/, "Datasets are fields of their own: root-dataset-pairs, and root-dataset of dst-hosts."],
];

function refuseTwice(hosts: readonly { readonly entry: JobFileEntry; readonly name: string }[]): void {
  const twice = hosts.find(({ name }, index) => hosts.findIndex((host) => host.name === name) < index);
  if (twice !== undefined) throw twice.entry.error("occurs twice");
}

/** What destinations depend on. */
interface Sources {
  readonly sources: readonly string[];
  /** All targets that there are. */
  readonly targets: readonly string[];
}

/** What the policy says of destination hosts, by host. */
export interface Destinations {
  readonly targets: ReadonlyMap<string, readonly string[]>;
  readonly retained: ReadonlyMap<string, readonly string[]>;
  readonly roots: ReadonlyMap<string, string>;
}

const HOST_FIELDS = ["name", "targets", "retain-targets", "root-dataset", "removable"] as const;

/** The destination hosts. */
export function readDestinations(list: JobFileEntry, { sources, targets: all }: Sources): Destinations {
  const hosts = list.items().map((item) => {
    const { name, targets, "retain-targets": retained, "root-dataset": root, removable } = item.fields(
      HOST_FIELDS,
    );
    isRemovable(removable);
    if (name.isAbsent) throw name.error("is missing");
    if (root.isAbsent) {
      throw root.error("is missing", "It may be empty: then datasets have the same names as at the source.");
    }
    const own = readTargets(targets, all, all);
    const prefix = readRoot(root, sources);
    return { entry: name, name: readHost(name), root: prefix, own, retained: readTargets(retained, own, all) };
  });
  refuseTwice(hosts);
  return {
    targets: new Map(hosts.map(({ name, own }) => [name, own])),
    retained: new Map(hosts.map(({ name, retained }) => [name, retained])),
    roots: new Map(hosts.map(({ name, root }) => [name, root])),
  };
}

/** Names of the destination hosts whose pools may be absent. */
export function removableHosts(list: JobFileEntry): ReadonlySet<string> {
  const hosts = list.items().map((item) => item.fields(HOST_FIELDS));
  return new Set(hosts.filter(({ removable }) => isRemovable(removable)).map(({ name }) => name.word()));
}

function isRemovable(entry: JobFileEntry): boolean {
  return !entry.isAbsent && readSwitch(entry);
}

const TOKEN_RULE = `${SRC_HOST_TOKEN} and ${DST_HOST_TOKEN} stand for names of hosts.`;

/** The dataset in front of all names, in which placeholders stand for names of hosts. */
function readRoot(entry: JobFileEntry, sources: readonly string[]): string {
  const root = entry.text();
  const example = root.replaceAll(SRC_HOST_TOKEN, "host").replaceAll(DST_HOST_TOKEN, "host");
  if (root !== "" && !isValidDataset(example)) {
    throw entry.error("is no name of a dataset", root.includes("^") ? TOKEN_RULE : NAME_RULE.hint);
  }
  if (root === "" || sources.length < 2 || root.includes(SRC_HOST_TOKEN)) return root;
  throw entry.error(`must contain ${SRC_HOST_TOKEN}, as several sources would write to the same dataset`);
}

function readTargets(list: JobFileEntry, otherwise: readonly string[], known: readonly string[]): readonly string[] {
  if (list.isAbsent) return otherwise;
  return list.itemsOrOne().map((item) => {
    const target = item.text();
    if (known.includes(target)) return target;
    const hint = didYouMean(target, known) ?? `Known targets: ${known.join(", ")}.`;
    throw item.error("is a target that no plan of snapshots knows", hint);
  });
}
