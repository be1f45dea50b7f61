/**
 * What tests on real ZFS ask of a replication: the run itself, what both ends have afterwards, and whether anything
 * changed. Each function costs one script on the host, as logins and `zfs` are slow in an emulated guest.
 * @module
 */
import { capture, type ProcessResult } from "../../scripts/process.ts";
import { usesHostZfs } from "../../scripts/testbed/guest.ts";
import { quote } from "../../scripts/testbed/host.ts";
import { executable, type Testbed, type TestHost } from "./vm.ts";

export { quote } from "../../scripts/testbed/host.ts";

/** The end of one run of bzfs. */
export interface Run {
  readonly status: number;
  /** What it printed on stdout: its log. */
  readonly log: string;
  /** Log records without time and level, blanks of alignment made one. */
  readonly messages: readonly string[];
  readonly stderr: string;
}

/** A test of what takes guests: other hosts to log in to, or processes that may be killed. */
export function inGuests(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: usesHostZfs(), fn });
}

/** Guests are slow when their machine is busy with other things. */
export const PATIENCE_MS = 900_000;

/** How a run of bzfs differs from a plain one. */
export interface RunOptions {
  /** In guests only. */
  readonly user?: "root" | "bzfsuser";
  /** Words in front of the program. */
  readonly wrapper?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs bzfs on a host with these words. */
export async function bzfs(host: TestHost, words: readonly string[], options: RunOptions = {}): Promise<Run> {
  const { user = "root", wrapper = [], env = {} } = options;
  const variables = Object.entries(env).map(([name, value]) => `${name}=${quote(value)}`);
  const command = [...variables, ...[...wrapper, "bzfs", ...words].map(quote)].join(" ");
  return runOf(await host.run(command, { user, timeoutMs: PATIENCE_MS }));
}

/** Runs bzfs on this machine. */
export async function bzfsHere(words: readonly string[], options: Omit<RunOptions, "user"> = {}): Promise<Run> {
  const { wrapper = [], env = {} } = options;
  return runOf(await capture([...wrapper, executable, ...words], { env }));
}

/** Runs bzfs of this machine on datasets of the guests. */
export interface Initiator {
  (words: readonly string[]): Promise<Run>;
  /** Words and environment of such a run, for those who start it themselves. */
  readonly command: { readonly argv: readonly string[]; readonly env: Readonly<Record<string, string>> };
}

/** Where the operands of an initiator's runs are. */
export interface Ends {
  readonly src: string;
  readonly dst: string;
  readonly user?: "root" | "bzfsuser";
}

/**
 * An initiator on this machine: pull-push through the logins that the testbed has, so that a run costs neither logins
 * nor a start of the executable in an emulated guest, where it takes seconds. For all tests that are not about a mode.
 */
export async function initiator(bed: Testbed<string>, ends: Ends = { src: "src", dst: "src" }): Promise<Initiator> {
  if (bed.sshConfig === undefined) {
    const host = bed.hosts[ends.src]!;
    const command = { argv: ["bzfs"], env: {} };
    return Object.assign((words: readonly string[]) => bzfs(host, words), { command });
  }
  const run = bed.sshConfig.replace(/[/][^/]*$/, "");
  const folder = `${run}/${ends.src}`; // the guest's own, which is removed with it
  const config = `${folder}/bzfs_ssh_config`;
  const shared = `Host *\n  ControlPath ${run}/%n/ssh-%r\n`;
  await Deno.writeTextFile(config, `${await Deno.readTextFile(bed.sshConfig)}${shared}`, { mode: 0o600 });
  const { user = "root" } = ends;
  const side = (name: "src" | "dst") => [
    `--ssh-${name}-config-file=${config}`,
    `--ssh-${name}-host=${ends[name]}`,
    `--ssh-${name}-user=${user}`,
  ];
  const options = [...side("src"), ...side("dst"), `--log-dir=${folder}/bzfs-logs`];
  const env = { bzfs_reuse_ssh_connection: "false" };
  const start = (words: readonly string[]): Promise<Run> => bzfsHere([...options, ...words], { env });
  return Object.assign(start, { command: { argv: [executable, ...options], env } });
}

function runOf({ code, stdout, stderr }: ProcessResult): Run {
  const messages = stdout.split("\n").map((line) =>
    line.replace(/^[-\d]+ [:\d]+ \[.\] /, "").replaceAll(/ {2,}/g, " ").trim()
  );
  return { status: code, log: stdout, messages, stderr };
}

/** Records of a run that match. */
export function recordsOf(run: Run, pattern: RegExp): readonly string[] {
  return run.messages.filter((message) => pattern.test(message));
}

/** Lines `name-below-root<TAB>guid` of all snapshots below a root, each dataset's oldest first. */
export async function snapshotsOf(host: TestHost, root: string): Promise<readonly string[]> {
  const list = await host.sh(`zfs list -Hp -r -t snapshot -o name,guid -s createtxg ${quote(root)}`);
  const byDataset = Map.groupBy(list.split("\n"), (line) => line.slice(0, line.indexOf("@")));
  return [...byDataset.keys()].sort().flatMap((dataset) =>
    byDataset.get(dataset)!.map((line) => line.slice(root.length))
  );
}

/** Tags of the snapshots of one dataset, oldest first. */
export async function tagsOf(host: TestHost, dataset: string): Promise<readonly string[]> {
  return await tags(host, dataset, "snapshot", "@");
}

/** Tags of the bookmarks of one dataset, oldest first; the guid in a final name is written `GUID`. */
export async function bookmarksOf(host: TestHost, dataset: string): Promise<readonly string[]> {
  return (await tags(host, dataset, "bookmark", "#")).map((tag) => tag.replace(/_\d{9,20}(?=_|$)/, "_GUID"));
}

async function tags(host: TestHost, dataset: string, type: string, mark: string): Promise<readonly string[]> {
  const list = await host.sh(`zfs list -Hp -d 1 -t ${type} -o name -s createtxg ${quote(dataset)}`);
  return list.split("\n").filter((name) => name.includes(mark)).map((name) => name.slice(name.indexOf(mark) + 1));
}

/**
 * Checksums of what the newest snapshot of each dataset below a root holds: of all files of a filesystem, of the first
 * megabyte of a volume (whose head must be its newest snapshot). Changes nothing: snapshots are mounted elsewhere.
 */
export async function contentsOf(host: TestHost, root: string): Promise<readonly string[]> {
  const text = await host.sh(
    `
    look=$(mktemp -d)
    zfs list -Hp -r -t filesystem,volume -o type,name ${quote(root)} | while IFS=$'\\t' read -r type dataset; do
      if [ "$type" = volume ]; then
        for try in $(seq 100); do device=$(zvol-device "\${dataset// /+}" 2> /dev/null) && break || sleep 0.2; done
        sum=$(head -c 1M "$device" | sha256sum)
      else
        mount -t zfs -o ro "$(zfs list -Hp -d 1 -t snapshot -s createtxg -o name "$dataset" | tail -n 1)" "$look"
        sum=$(cd "$look"; find . -type f -exec sha256sum {} + | sort | sha256sum)
        umount "$look"
      fi
      printf '%s %s\\n' "$sum" "$dataset"
    done`,
    { timeoutMs: PATIENCE_MS },
  );
  return text.split("\n").map((line) => line.replace(root, ""));
}

/** All datasets and snapshots of a pool with their guids, and all properties that somebody set. */
export async function stateOf(host: TestHost, pool: string): Promise<string> {
  return await host.sh(
    `zfs list -Hp -r -t filesystem,volume,snapshot -o name,guid -s name ${quote(pool)}
     zfs get -Hp -r -t filesystem,volume,snapshot -s local,received all ${quote(pool)}`,
  );
}

/** How many changes a pool has seen: a run that changes nothing leaves this number as it is. */
export async function changesOf(host: TestHost, pool: string): Promise<number> {
  return Number(await host.sh(`zpool history -i ${quote(pool)} | grep -c .`));
}
