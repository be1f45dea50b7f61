/**
 * Reads what hosts answer to the questions of `bzfs doctor`. What does not have its form is unknown, never an error.
 * @module
 */
import { type Dataset, datasetFromZfs } from "../../model/dataset.ts";
import type { DatasetFacts, NotedVersion, PoolFacts, SystemFacts, VersionFacts } from "../../model/checkup.ts";
import { CommandError, messageOf, Retryable } from "../../model/errors.ts";
import { isDecimal } from "../../model/text/mod.ts";
import { deniedNames, isGone, libzfsError } from "../diagnosis.ts";
import type { CommandResult } from "../world.ts";
import { ANSWER, DATASET_COLUMNS, ZFS_FOLDERS } from "./questions.ts";

/** Names of users, groups and systems as they are put into commands. */
const PLAIN = /^[A-Za-z0-9_.-]{1,64}$/;
const PATH = /^\/[A-Za-z0-9_./+-]{1,255}$/;

/** Why a host could not be asked, with all that ssh said; bounded. */
export function failureText(error: unknown): string {
  const cause = error instanceof Retryable ? error.cause : error;
  const said = cause instanceof CommandError ? cause.failure.stderr.trim() : "";
  return (said === "" ? messageOf(cause) : said).slice(-2000);
}

/** Why a command failed, in a line; `undefined` for one that did not. */
export function faultOf(argv: readonly string[], { status, stderr }: CommandResult): string | undefined {
  const said = status === 0 ? libzfsError(stderr) : stderr.trim().split("\n").at(-1) || `status ${status}`;
  return said === undefined ? undefined : `${argv.slice(0, 2).join(" ")}: ${said.slice(0, 300)}`;
}

/** When a question left and its answer came, in Unix milliseconds of this host. */
export interface Asked {
  readonly sentMs: number;
  readonly receivedMs: number;
}

/** What the shell told, and what its start-up files printed before; no facts if the answer is not whole. */
export function readSystem(
  stdout: string,
  { sentMs, receivedMs }: Asked,
): { readonly noise: string; readonly system: SystemFacts | undefined } {
  const start = stdout.indexOf(ANSWER);
  const noise = (start < 0 ? stdout : stdout.slice(0, start)).trim().slice(0, 200);
  const lines = stdout.split("\n").filter((line) => line.startsWith(ANSWER)).map((line) => line.slice(ANSWER.length));
  if (lines.at(-1)?.trimEnd() !== "end") return { noise, system: undefined };
  const value = (key: string): string => lines.find((line) => line.startsWith(`${key} `))?.slice(key.length + 1) ?? "";
  const plain = (key: string): string => PLAIN.test(value(key)) ? value(key) : "";
  const programs = lines.flatMap((line): [string, string][] => {
    const [key, name = "", path = ""] = line.split(" ");
    return key === "has" && path !== "" ? [[name, PATH.test(path) ? path : name]] : [];
  });
  const seconds = Number(isDecimal(value("time")) ? value("time") : NaN);
  const middleMs = (sentMs + receivedMs) / 2;
  const system = {
    user: plain("user"),
    uid: isDecimal(value("uid")) ? Number(value("uid")) : -1,
    groups: value("groups").split(" ").filter((name) => PLAIN.test(name)),
    loginShell: value("shell").slice(0, 255),
    path: value("path").slice(0, 1000),
    programs: new Map(programs),
    zfsElsewhere: ZFS_FOLDERS.map((folder) => `${folder}/zfs`).find((path) => lines.includes(`elsewhere ${path}`)),
    mayElevate: lines.includes("elevates yes"),
    os: plain("os").toLowerCase(),
    clock: Number.isSafeInteger(seconds)
      // The answer counts whole seconds.
      ? { aheadMs: seconds * 1000 + 500 - middleMs, uncertaintyMs: (receivedMs - sentMs) / 2 + 500 }
      : undefined,
  };
  return { noise, system };
}

/** Versions as `2.3.2-2`; empty = unknown. */
export function readVersions(stdout: string): { readonly zfsVersion: string; readonly moduleVersion: string } {
  const version = (line: RegExp): string => line.exec(stdout)?.[1] ?? "";
  return {
    zfsVersion: version(/^zfs-(\d[^\s]{0,60})$/m),
    moduleVersion: version(/^zfs-kmod-v?(\d[^\s]{0,60})$/m),
  };
}

/** What the two commands about a pool told. */
export function readPool(properties: CommandResult, status: CommandResult | undefined): PoolFacts {
  const rows = properties.stdout.split("\n").flatMap((line): [string, string][] => {
    const tab = line.indexOf("\t");
    return tab <= 0 ? [] : [[line.slice(0, tab), line.slice(tab + 1, tab + 300)]];
  });
  const failure = properties.status === 0 && rows.length > 0
    ? undefined
    : properties.stderr.trim().split("\n").at(-1)!.slice(0, 300) || "it is not there";
  return { failure, properties: new Map(rows), ...readPoolStatus(status?.status === 0 ? status.stdout : "") };
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const DATE = /(?:^|\s)([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) (\d{4})$/;

/** The lines `scan:` and `errors:` of `zpool status`. */
function readPoolStatus(stdout: string): Pick<PoolFacts, "scrubbed" | "errors"> {
  const lines = stdout.split("\n").map((line) => line.trim());
  const line = (key: string): string | undefined =>
    lines.find((text) => text.startsWith(`${key}:`))?.slice(key.length + 1).trim();
  const errors = line("errors");
  return {
    scrubbed: stdout === "" ? undefined : readScan(line("scan")),
    errors: errors === undefined || errors === "No known data errors" ? undefined : errors.slice(0, 200),
  };
}

function readScan(scan: string | undefined): PoolFacts["scrubbed"] {
  if (scan === undefined || scan.startsWith("none requested") || scan.startsWith("resilver")) {
    return scan?.startsWith("resilver") ? undefined : "never";
  }
  if (scan.startsWith("scrub in progress") || scan.startsWith("scrub paused")) return "running";
  const [, month = "", day, hour, minute, second, year] = DATE.exec(scan) ?? [];
  if (!scan.startsWith("scrub") || !MONTHS.includes(month)) return undefined;
  return Date.UTC(Number(year), MONTHS.indexOf(month), Number(day), Number(hour), Number(minute), Number(second));
}

/** A row of `datasetsCommand`; `undefined` if it is none. */
export function readDataset(row: string): DatasetFacts | undefined {
  const cells = row.split("\t");
  if (cells.length < DATASET_COLUMNS.length) return undefined;
  const cell = (column: string): string => cells[DATASET_COLUMNS.indexOf(column)]!;
  const size = (column: string): bigint => isDecimal(cell(column)) ? BigInt(cell(column)) : -1n;
  const own = ["usedbydataset", "usedbysnapshots"].map(size);
  return {
    name: datasetFromZfs(cell("name")),
    available: size("available"),
    ownBytes: own.includes(-1n) ? -1n : own[0]! + own[1]!,
    referenced: size("referenced"),
    quota: size("quota"),
    refquota: size("refquota"),
    isReadonly: cell("readonly") === "on",
    isMounted: cell("mounted") === "yes",
    canmount: cell("canmount"),
    encryptionRoot: cell("encryptionroot"),
    keyStatus: cell("keystatus"),
    isPartial: !["-", ""].includes(cell("receive_resume_token")),
    mountpoint: cells.slice(DATASET_COLUMNS.indexOf("mountpoint")).join("\t").slice(0, 4096),
  };
}

/** Names that a listing said not to exist; `undefined` if it failed for another reason. */
export function readMissing(names: readonly string[], { status, stderr }: CommandResult): Set<Dataset> | undefined {
  if (status === 0) return libzfsError(stderr) === undefined ? new Set() : undefined;
  if (status !== 1 || !isGone(stderr)) return undefined;
  const denied = deniedNames(stderr);
  return new Set(names.filter((name) => denied.has(name)).map(datasetFromZfs));
}

/** More of one kind is not remembered. */
const MOST_NOTED = 1000;

/** Notes the versions that checks are about, out of a listing of any length. */
export class VersionNotes implements VersionFacts {
  readonly temporary: NotedVersion[] = [];
  readonly guards: NotedVersion[] = [];
  readonly held: NotedVersion[] = [];

  /** Takes a row of `versionsCommand`. */
  take(row: string): void {
    const [creation = "", holds = "", name = ""] = row.split("\t");
    if (!isDecimal(creation)) return;
    const tag = name.slice(name.indexOf("#") + 1);
    const kind = /^[1-9]\d*$/.test(holds) && name.includes("@")
      ? this.held
      : !name.includes("#")
      ? undefined
      : tag.startsWith(".TMPBZFS.")
      ? this.temporary
      : tag.startsWith(".GUARDBZFS.")
      ? this.guards
      : undefined;
    if (kind !== undefined && kind.length < MOST_NOTED) kind.push({ name, createdAt: Number(creation) });
  }
}

/** When partial receives began, in Unix seconds: that of the hidden clone where there is one. */
export function readPartials(stdout: string): Map<Dataset, number> {
  const since = new Map<Dataset, number>();
  for (const line of stdout.split("\n")) {
    const [name = "", value = ""] = line.split("\t");
    if (!isDecimal(value)) continue;
    const dataset = datasetFromZfs(name.replace(/\/%recv$/, ""));
    if (name !== dataset || !since.has(dataset)) since.set(dataset, Number(value));
  }
  return since;
}

/** Words that `zfs allow` grants a user at a dataset, sets taken apart. */
export function readGrants(
  stdout: string,
  dataset: string,
  { user, groups }: Pick<SystemFacts, "user" | "groups">,
): Set<string> {
  const granted = new Set<string>();
  const sets = new Map<string, string[]>();
  let place = "";
  let isCounted = false;
  for (const line of stdout.split("\n")) {
    const at = /^---- Permissions on (.*?) -+$/.exec(line);
    if (at !== null) place = at[1]!;
    else if (/^\S.*:$/.test(line)) {
      const scope = line.toLowerCase();
      isCounted = scope.startsWith("local+desc") || scope.startsWith(place === dataset ? "local " : "desc");
    } else {
      const [who = "", name = "", words = ""] = line.trim().split(" ");
      const list = (who === "everyone" || who.startsWith("@") ? name : words).split(",").filter((word) => word !== "");
      if (who.startsWith("@")) sets.set(who, [...sets.get(who) ?? [], ...list]);
      const isOurs = who === "everyone" || (who === "user" && name === user) ||
        (who === "group" && groups.includes(name));
      if (isCounted && isOurs) list.forEach((word) => granted.add(word));
    }
  }
  for (const word of granted) sets.get(word)?.forEach((member) => granted.add(member));
  return granted;
}
