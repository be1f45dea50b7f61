/**
 * Locations: `[[user@]host:]dataset` operands, and the rules for names of datasets, users, hosts and properties.
 *
 * Everything that reaches a command line is checked here first. Source: docs/spec/cli.md §2.
 * @module
 */
import { type Dataset, isWithin, poolOf } from "./dataset.ts";
import { RefusedError } from "./errors.ts";

/** Characters with a meaning to some shell. `-`, `_`, `.`, `:` and `/` are not among them. */
const SHELL_CHARS = "\"'`~!@#$%^&*()+={}[]|;<>?,\\";

/** A dataset and where it is. */
export interface Location {
  /** As the user wrote it, for messages. */
  readonly operand: string;
  /** Empty if none was given. */
  readonly user: string;
  /** Empty for this host. */
  readonly host: string;
  /** `user@host` or `host`, as ssh wants it; empty means that commands run here without ssh. */
  readonly userHost: string;
  readonly pool: Dataset;
  readonly dataset: Dataset;
  /** The virtual dataset `dummy`, which is always empty. */
  readonly isDummy: boolean;
}

/** What options say about a side; what is given overrides the operand, even as empty text. */
export interface LocationOverrides {
  readonly user?: string | undefined;
  readonly host?: string | undefined;
}

/** Name of the virtual dataset that is always empty. */
export const DUMMY = "dummy";
const LOCAL_COLON = { hint: "A local dataset whose name holds a colon is written as -:name, after --" };
/** What is said of a name that is none of a dataset. */
export const NAME_RULE = {
  hint: "A name begins with a letter; ZFS allows letters, digits, blanks, _ - . : and / between parts",
};
const OPERAND_RULE = {
  hint: "An operand is written as [[user@]host:]dataset; in user and host no blanks or signs of the shell",
};
const DOMAIN_USER_RULE = {
  hint:
    "Give the host an alias in the ssh configuration (Host nas, HostName nas.example.com, User CORP\\jane), and write " +
    "nas:dataset",
};
/** An IPv6 address in brackets, with a user before it if there is one. */
const BRACKETS = /^((?:[^@[]*@)?)\[([0-9a-f:.]*:[0-9a-f:.]*)\]/i;
const OTHER_HOST_RULE = { hint: "Datasets of another host are written as host:dataset" };
const OPERAND = /^(?:(?:([^@]*)@)?([^:]+):)?(.*)$/s;

/** Parses and checks an operand. Throws {@linkcode RefusedError}. */
export function parseLocation(operand: string, overrides: LocationOverrides = {}): Location {
  const [, operandUser = "", operandHost = "", dataset = ""] = OPERAND.exec(operand)!;
  const user = overrides.user ?? operandUser;
  const host = hostOf(overrides.host ?? operandHost);
  checkUser(user, operand);
  checkHost(host, operand);
  const name = parseDataset(dataset, operand);
  const userHost = host === "" ? "" : user === "" ? host : `${user}@${host}`;
  return { operand, user, host, userHost, pool: poolOf(name), dataset: name, isDummy: isDummy(name) };
}

/** The dataset of an operand, without host and user: what {@linkcode parseLocation} takes for it, but not checked. */
export function datasetOf(operand: string): string {
  return OPERAND.exec(operand)![3]!;
}

/** `-` means this host; `|` stands for the `:` of IPv6 addresses. */
function hostOf(text: string): string {
  return text === "-" ? "" : text.replaceAll("|", ":");
}

/** Checks a dataset name. Throws {@linkcode RefusedError} that names the operand. */
export function parseDataset(name: string, operand: string): Dataset {
  if (isValidDataset(name)) return name as Dataset;
  throw new RefusedError(
    `Invalid ZFS dataset name: '${name}' for: '${operand}'`,
    mistakeOf(operand) ?? (operand.includes(":") ? LOCAL_COLON : NAME_RULE),
  );
}

/** Throws unless the user name is empty or fit for ssh. */
export function checkUser(user: string, context: string): void {
  if (user === "" || isValidAccount(user)) return;
  throw new RefusedError(
    `Invalid user name: '${user}' for: '${context}'`,
    user.includes("\\") ? DOMAIN_USER_RULE : OPERAND_RULE,
  );
}

/** Throws unless the host name is empty or fit for ssh. */
export function checkHost(host: string, context: string): void {
  if (host === "" || isValidAccount(host)) return;
  throw new RefusedError(
    `Invalid host name: '${host}' for: '${context}'`,
    addressRule(context) ?? mistakeOf(context) ?? (host.includes("/") ? LOCAL_COLON : OPERAND_RULE),
  );
}

/** Mistakes that people make with operands, and what is said of each; the first that fits counts. */
const MISTAKES: readonly (readonly [RegExp, string])[] = [
  [
    /^[a-z]+:\/\//i,
    "An operand is no URL: write [user@]host:pool/dataset; --ssh-src-port and --ssh-dst-port take the port",
  ],
  [
    /^[^:/]+:\d+:/,
    "The port does not belong here: write host:pool/dataset, and the port as --ssh-src-port or --ssh-dst-port",
  ],
  [
    /^[^@:/]+@[^@:/]+:?$/,
    "A dataset is missing after the host: [user@]host:pool/dataset. A snapshot is no operand either",
  ],
  [/[@#][^:]*$/, "A snapshot or bookmark is no operand: name its dataset; --include-snapshot-regex selects snapshots"],
  [/[^:/]\/$/, "Leave out the slash at the end"],
  [
    /^(?:[^:/]+:)?(?:\/|\.\.?(?:\/|$)|~)/,
    "This is a path. Name the dataset, without a slash in front: zfs list -o name,mountpoint tells it",
  ],
  [/\/\//, "Leave out one of the two slashes"],
];

/** What is said of an operand that looks like a usual mistake; `undefined` if it does not. */
function mistakeOf(operand: string): { readonly hint: string } | undefined {
  const found = MISTAKES.find(([form]) => form.test(operand));
  return found && { hint: found[1] };
}

/** How to write the IPv6 address of an operand; `undefined` if there is none. */
function addressRule(operand: string): { readonly hint: string } | undefined {
  const [brackets, user = "", address = ""] = BRACKETS.exec(operand) ?? [];
  if (brackets === undefined) return undefined;
  const written = user + address.replaceAll(":", "|") + operand.slice(brackets.length);
  return { hint: `An IPv6 address is written with | in place of each colon: '${written}'` };
}

/** Throws unless the text can be the name of a ZFS property. */
export function checkPropertyName(name: string, context: string): void {
  if (!isValidProperty(name)) throw new RefusedError(`Invalid ZFS property name: '${name}' for: '${context}'`);
}

/** True for the name of the virtual dataset `dummy`, which is always empty; a pool of that name cannot be reached. */
export function isDummy(dataset: Dataset): boolean {
  return dataset === DUMMY;
}

/** True if the text can be the name of a dataset. */
export function isValidDataset(name: string): boolean {
  if (/^\.{0,2}$|^\.{0,2}\/|\/\.{0,2}$|\/\.{0,2}\//.test(name)) return false;
  return !hasShellCharacter(name) && !OTHER_WHITESPACE.test(name) && /^\p{L}/u.test(name);
}

/** True if the text can be a user or host name. */
export function isValidAccount(name: string): boolean {
  return !name.startsWith("-") && !name.includes("..") && !name.includes("/") && !hasWhitespace(name) &&
    !hasShellCharacter(name);
}

/** True if the text can be the name of a property. */
export function isValidProperty(name: string): boolean {
  return name !== "" && !name.startsWith("-") && !hasWhitespace(name) && !hasShellCharacter(name);
}

/** True if the text holds one of {@linkcode SHELL_CHARS}. */
export function hasShellCharacter(text: string): boolean {
  return [...text].some((character) => SHELL_CHARS.includes(character));
}

/** Whitespace in Python's sense: `\s` and four separators that JavaScript takes for control characters. */
const WHITESPACE = /[\s\x1c-\x1f\x85]/;
const OTHER_WHITESPACE = /[^\S ]|[\x1c-\x1f\x85]/;

/** True if the text holds whitespace of any kind. */
export function hasWhitespace(text: string): boolean {
  return WHITESPACE.test(text);
}

/** True if the text holds whitespace other than the plain blank. */
export function hasSpecialWhitespace(text: string): boolean {
  return OTHER_WHITESPACE.test(text);
}

/** True if data between here and there passes a network: then compression and buffering are worth their CPU time. */
export function isNonlocal(location: Location, options: { readonly loopbackIsNonlocal?: boolean } = {}): boolean {
  if (location.host === "") return false;
  return options.loopbackIsNonlocal === true || !["127.0.0.1", "::1"].includes(location.host);
}

/**
 * Throws if source and destination are the same, or, in a recursive run, overlap. Users and ports do not count.
 *
 * @param options `samePool`: the pools were found to be the same one, whatever their hosts are called
 */
export function checkPair(
  src: Location,
  dst: Location,
  options: { readonly recursive: boolean; readonly samePool?: boolean },
): void {
  if (src.host !== dst.host && !(options.samePool ?? false)) return;
  const both = `src: ${src.operand}, dst: ${dst.operand}`;
  if (src.host !== dst.host) {
    const isNested = isWithin(src.dataset, dst.dataset) || isWithin(dst.dataset, src.dataset);
    if (src.dataset !== dst.dataset && !(options.recursive && isNested)) return;
    throw new RefusedError(`Source and destination are on the same pool, by its guid, and must not overlap! ${both}`, {
      hint: "If one of two hosts is a copy of the other one, give its pool a guid of its own: zpool reguid",
    });
  }
  if (src.dataset === dst.dataset) {
    throw new RefusedError(`Source and destination dataset must not be the same! ${both}`, OTHER_HOST_RULE);
  }
  if (options.recursive && (isWithin(src.dataset, dst.dataset) || isWithin(dst.dataset, src.dataset))) {
    throw new RefusedError(`Source and destination dataset trees must not overlap! ${both}`, OTHER_HOST_RULE);
  }
}

/**
 * Throws if the destination is the virtual dataset, unless the run does nothing but create snapshots at the source.
 * Source: docs/spec/cli.md §2.3.
 */
export function checkDummyDestination(
  dst: Location,
  run: { readonly replicates: boolean; readonly looksAtDestination: boolean },
): void {
  if (!dst.isDummy || !(run.replicates || run.looksAtDestination)) return;
  const rule = "Destination may be a dummy dataset only if exclusively creating snapshots on the source!";
  throw new RefusedError(run.replicates ? `Replication: ${rule}` : rule, {
    hint: "Add --skip-replication, and leave out options that delete, compare or monitor.",
  });
}
