/**
 * Puts simulated hosts on a PATH: `zfs`, `zpool`, and an `ssh` that leads to other simulated hosts.
 *
 *     await using sims = await installSimulatedHosts({ localhost: host, nas: other });
 *     new Deno.Command("dist/bzfs", { args: ["tank/a", "nas:back/a"], env: sims.env })
 * @module
 */
import { leftProcessesWith } from "../../support/leftovers.ts";
import { SimHost } from "../host.ts";
import type { HostState } from "../state.ts";

/**
 * Simulated hosts on a PATH. Before they go, they wait up to 10 s until no process is alive that was started with their state
 * in its environment.
 */
export interface InstalledHosts extends AsyncDisposable {
  /** PATH and state of this host: give it to the process under test. */
  readonly env: Readonly<Record<string, string>>;
  /** The folder of the executables. */
  readonly bin: string;
  /** The present state of a host. */
  read(name: string): Promise<SimHost>;
}

const ZFS_SCRIPT = `${import.meta.dirname}/zfs.ts`;

/** Installs hosts by name; the process under test runs at `localhost`. Other programs are those of this machine. */
export async function installSimulatedHosts(
  hosts: Readonly<Record<string, SimHost>> & { readonly localhost: SimHost },
): Promise<InstalledHosts> {
  const folder = await Deno.makeTempDir({ prefix: "bzfs-sim-" });
  const bin = `${folder}/bin`;
  await Deno.mkdir(bin);
  for (const [name, host] of Object.entries(hosts)) {
    host.state.nowMs = host.clock.now();
    await Deno.writeTextFile(stateFile(folder, name), JSON.stringify(host.state));
  }
  for (const program of ["zfs", "zpool"]) await writeScript(`${bin}/${program}`, launcher(program));
  await writeScript(`${bin}/ssh`, SSH.replaceAll("FOLDER", quote(folder)));
  return {
    bin,
    env: { PATH: `${bin}:${Deno.env.get("PATH") ?? ""}`, BZFS_SIM_STATE: stateFile(folder, "localhost") },
    async read(name): Promise<SimHost> {
      return new SimHost(JSON.parse(await Deno.readTextFile(stateFile(folder, name))) as HostState);
    },
    async [Symbol.asyncDispose](): Promise<void> {
      // Those of a program that was killed still write their state.
      const left = await leftProcessesWith(`BZFS_SIM_STATE=${folder}/`);
      await Deno.remove(folder, { recursive: true }).catch((cause: unknown) => {
        throw new Error(`Left behind: ${left.join(", ") || "no process"}`, { cause });
      });
    },
  };
}

function stateFile(folder: string, name: string): string {
  return `${folder}/${name}.json`;
}

async function writeScript(path: string, text: string): Promise<void> {
  await Deno.writeTextFile(path, text, { mode: 0o755 });
}

function launcher(program: string): string {
  const words = [Deno.execPath(), "run", "--no-check", "-A", ZFS_SCRIPT, program].map(quote).join(" ");
  return `#!/bin/sh\nexec ${words} "$@"\n`;
}

/** Options are skipped; control commands (`-O`) and masters (`-M`) succeed, for there is no connection to keep. */
const SSH = `#!/bin/sh
while [ $# -gt 0 ]; do
  case $1 in
    -O) exit 0 ;;
    -[SpFcloi]) shift 2 ;;
    -*) shift ;;
    *) break ;;
  esac
done
host=\${1#*@}
shift
BZFS_SIM_STATE=FOLDER/$host.json
export BZFS_SIM_STATE
if [ ! -f "$BZFS_SIM_STATE" ]; then
  echo "ssh: Could not resolve hostname $host: Name or service not known" >&2
  exit 255
fi
exec sh -c "$*"
`;

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
