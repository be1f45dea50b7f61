/**
 * The commands in the log of a run can be pasted into a shell: whoever does that with all of them, in a world like the
 * one before the run, starts the same programs with the same words and ends with the same pools.
 */
import { type InstalledHosts, installSimulatedHosts } from "../sim/bin/install.ts";
import { SimClock } from "../sim/clock.ts";
import { SimHost } from "../sim/host.ts";
import { must } from "../laws/world_gen.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { withTempFolder } from "../support/temp.ts";

const main = `${import.meta.dirname}/../../main.ts`;
const BZFS = [Deno.execPath(), "run", "--no-check", "--no-prompt", "--unstable-net", "-A", main];

/** What a shell would take apart, expand or run if it were not quoted. */
const HOSTILE = `it's "quoted" \\ $HOME \`id\` $(id) 100% *?[a]\n\tsecond line; <script> & ~ # é `;

const HOSTS = ["localhost", "near", "far"];

/** All hosts have the same source tree and a pool for copies. */
function newHost(seed: number): SimHost {
  const host = SimHost.create({ seed, clock: new SimClock(Date.now()) });
  host.addPool("tank");
  host.addPool("back");
  for (const name of ["tank/s", "tank/s/two words"]) must(host, "zfs", "create", name);
  for (const tag of ["first one", "2"]) must(host, "zfs", "snapshot", `tank/s/two words@${tag}`);
  must(host, "zfs", "set", `org.x:key=${HOSTILE}`, "tank/s/two words");
  must(host, "zfs", "create", "back/new one");
  must(host, "zfs", "create", "back/new one/gone by");
  return host;
}

/** Hosts on a PATH on which `zfs`, `zpool` and `ps` note their words before they do what they should. */
async function recordingHosts(folder: string): Promise<InstalledHosts & { readonly words: () => string[] }> {
  const hosts = Object.fromEntries(HOSTS.map((name, index) => [name, newHost(index + 1)]));
  const sims = await installSimulatedHosts(hosts as typeof hosts & { localhost: SimHost });
  await Deno.mkdir(`${folder}/bin`);
  await Deno.mkdir(`${folder}/notes`);
  const note = `f=$(mktemp '${folder}/notes/XXXXXXXX'); printf '%s\\0' "\${0##*/}" "$@" > "$f"`;
  for (const name of ["zfs", "zpool", "ps"]) {
    const real = name === "ps" ? "true" : `'${sims.bin}/${name}'`;
    await Deno.writeTextFile(`${folder}/bin/${name}`, `#!/bin/sh\n${note}\nexec ${real} "$@"\n`, { mode: 0o755 });
  }
  const words = (): string[] =>
    [...Deno.readDirSync(`${folder}/notes`)].map(({ name }) => Deno.readTextFileSync(`${folder}/notes/${name}`)).sort();
  return { ...sims, env: { ...sims.env, PATH: `${folder}/bin:${sims.env["PATH"]}` }, words };
}

/** The commands of a log, in its order: each is one line. */
function commandsIn(log: string): string[] {
  return [...log.matchAll(/^\S+ \S+ \[[DT]\] Executing: +(.*)$/gm)].map(([, command]) => command!);
}

/** All pools of all hosts, without what depends on when something was done. */
async function poolsOf(sims: InstalledHosts): Promise<unknown> {
  const hosts = await Promise.all(HOSTS.map((name) => sims.read(name)));
  return hosts.map((host) =>
    ["tank", "back"].flatMap((pool) =>
      host.poolOf(pool)!.datasets.map(({ name, snapshots, bookmarks, local }) => ({
        name,
        local,
        snapshots: snapshots.map(({ tag, guid }) => ({ tag, guid })),
        bookmarks: bookmarks.map(({ tag, guid }) => ({ tag, guid })),
      }))
    ).sort((a, b) => a.name < b.name ? -1 : 1)
  );
}

const MODES: Readonly<Record<string, readonly [source: string, destination: string, ...options: string[]]>> = {
  "locally": ["", ""],
  "pushed": ["", "far:"],
  "pulled": ["near:", ""],
  "from remote to remote, pushed": ["near:", "far:", "--r2r=push"],
};

const OPTIONS = [
  ...["-v", "-v", "--recursive", "--threads=1", "--delete-dst-datasets"],
  ...["--zfs-recv-o-include-regex=.*", "--zfs-recv-o-sources=local"],
  ...["--zfs-set-include-regex=org.x:.*", "--zfs-set-sources=local"],
];

for (const [mode, [source, destination, ...options]] of Object.entries(MODES)) {
  Deno.test(`every command in the log of a run can be pasted into a shell: ${mode}`, () =>
    withTempFolder(async (folder) => {
      for (const name of ["run", "pasted"]) await Deno.mkdir(`${folder}/${name}`);
      await using run = await recordingHosts(`${folder}/run`);
      await using pasted = await recordingHosts(`${folder}/pasted`);
      const before = await poolsOf(run);
      const operands = [`${source}tank/s`, `${destination}back/new one`];
      const words = [...BZFS, `--log-dir=${folder}/bzfs-logs`, ...OPTIONS, ...options, ...operands];
      const { code, stdout: log } = await output(words, { ...run.env, bzfs_min_pipe_transfer_size: "0" });
      assertEquals(code, 0, log);
      const commands = commandsIn(log);
      assert(commands.some((command) => command.includes("\\n\tsecond line")), log);
      for (const command of commands) await output(["sh", "-c", command], pasted.env);
      assertEquals(pasted.words(), run.words());
      const copies = await poolsOf(run);
      assertEquals(await poolsOf(pasted), copies);
      assert(JSON.stringify(copies) !== JSON.stringify(before));
    }));
}

async function output(
  [program = "", ...args]: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ readonly code: number; readonly stdout: string }> {
  const { code, stdout } = await new Deno.Command(program, { args, env, stdin: "null", stderr: "null" }).output();
  return { code, stdout: new TextDecoder().decode(stdout) };
}
