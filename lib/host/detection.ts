/**
 * What a host is asked about itself, and how its answers are read (docs/spec/replication.md §3). Runs nothing.
 * @module
 */
import type { Capabilities } from "../model/capabilities.ts";
import { RefusedError } from "../model/errors.ts";
import type { ProgramPolicy } from "../model/job.ts";
import { quoteWord } from "./process/shell.ts";

/** What the detection script says. */
export interface HostFacts extends Pick<Capabilities, "programs" | "os" | "cpus"> {
  /** Path of the login shell, empty if unknown. */
  readonly loginShell: string;
}

/** CPUs of a host that does not say. */
export const DEFAULT_CPUS = 8;

/** Keys under which programs are recorded, with the configured names, in the order of the script. */
function programNames(programs: ProgramPolicy): readonly (readonly [key: string, name: string])[] {
  return [
    ["zpool", programs.zpool],
    ["ssh", programs.ssh],
    ["sh", programs.shell],
    ["sudo", programs.sudo],
    ["zstd", programs.compression],
    ["mbuffer", programs.mbuffer],
    ["pv", programs.pv],
    ["ps", programs.ps],
  ];
}

/** The script whose lines {@linkcode readHostFacts} reads; disabled programs are not looked for. */
export function detectionScript(programs: ProgramPolicy): string {
  const wanted = programNames(programs).filter(([, name]) => name !== "-");
  return [
    `printf 'default_shell-%s\\n' "$SHELL"`,
    ...[["echo", "echo"] as const, ...wanted].map(([key, name]) =>
      `if command -v ${quoteWord(name)} > /dev/null; then printf '${key}\\n'; fi`
    ),
    "if command -v getconf > /dev/null; then printf 'getconf_cpu_count-'; getconf _NPROCESSORS_ONLN; fi",
    "if command -v uname > /dev/null; then printf 'uname-'; uname -a || true; fi",
  ].join("; ");
}

/** Reads the lines of the script; what a host does not say is unknown. */
export function readHostFacts(lines: readonly string[], programs: ProgramPolicy): HostFacts {
  const said = new Set(lines);
  const valueOf = (key: string): string => lines.find((line) => line.startsWith(key))?.slice(key.length) ?? "";
  const cpus = Number(valueOf("getconf_cpu_count-").trim() || NaN);
  const found = programNames(programs).filter(([key, name]) => name !== "-" && said.has(key));
  return {
    programs: new Set(found.map(([key]) => key)),
    os: valueOf("uname-").trim().split(/\s+/)[0] ?? "",
    cpus: Number.isInteger(cpus) && cpus > 0 ? cpus : DEFAULT_CPUS,
    loginShell: valueOf("default_shell-").trim(),
  };
}

/** Lines of an answer, without line ends. */
export function linesOf(text: string): readonly string[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** Reads what `zfs --version` prints. Throws `RefusedError` if its first line holds no version. */
export function readZfsVersion(stdout: string): readonly [number, number, number] {
  const line = linesOf(stdout)[0] ?? "";
  const match = /(?<!\d)(\d{1,9})\.(\d{1,9})\.(\d{1,9})/.exec(line);
  if (!match) throw new RefusedError(`Unparsable zfs version string: '${line.slice(0, 200)}'`);
  return [Number(match[1]), Number(match[2]), Number(match[3])];
}

/** Reads `zpool get -Hp -o property,value all`: features, delegation, guid, health and how full it is. */
export function readPoolProperties(stdout: string): ReadonlyMap<string, string> {
  const properties = new Map<string, string>();
  for (const line of linesOf(stdout)) {
    const tab = line.indexOf("\t");
    if (tab < 0) continue;
    const name = line.slice(0, tab);
    if (/^(?:feature@.*|delegation|guid|health|capacity|size|free)$/.test(name)) {
      properties.set(name, line.slice(tab + 1));
    }
  }
  return properties;
}

/**
 * What a login shell has printed in front of the answer of `zfs --version`, its first 100 characters; `undefined` if it
 * has printed nothing, or if the answer is not found.
 */
export function greetingOf(stdout: string): string | undefined {
  if (stdout.startsWith("zfs")) return undefined; // other forms of a version, such as that of macOS
  const start = /(?:zfs-kmod-|zfs-)\d+\.\d+\.\d+/.exec(stdout)?.index ?? 0;
  const text = stdout.slice(0, start);
  return text === "" ? undefined : text.trim().slice(0, 100);
}

const FOREIGN_SHELLS = new Set(["csh", "tcsh", "elvish", "fish", "nu", "nushell", "xonsh"]);

/** True if words quoted for a POSIX shell would mean something else to this login shell. */
export function isForeignShell(path: string): boolean {
  return FOREIGN_SHELLS.has(path.slice(path.lastIndexOf("/") + 1));
}

/** Where `zfs` lives when PATH does not lead to it. */
const ZFS_PATHS = ["/usr/local/sbin/zfs", "/usr/sbin/zfs", "/sbin/zfs", "/usr/local/zfs/bin/zfs"];

/** A script that prints where `zfs` is, if it is anywhere. */
export const ZFS_SEARCH_SCRIPT = `for file in ${ZFS_PATHS.join(" ")}; do if test -x $file; then echo $file; fi; done`;
