/**
 * What `bzfs doctor` asks beside listings: the shell of a host, `zpool status`, `zfs allow`; and commands of its remedies.
 * @module
 */
import { ZfsFailure } from "../failure.ts";
import type { SimHost } from "../host.ts";
import type { PoolState } from "../state.ts";
import { openDataset } from "./names.ts";
import { type Outcome, success } from "./outcome.ts";

/** What a shell of a simulated host tells, beside its programs. */
export interface SystemState {
  user: string;
  uid: number;
  groups: string;
  path: string;
  /** What its start-up files print. */
  noise: string;
  clockAheadMs: number;
  os: string;
  /** Where `zfs` is if it is not on the path. */
  elsewhere: string;
  /** Version of the kernel module, if it is not that of the program. */
  moduleVersion?: string;
}

/** A host as it should be. */
export function healthySystem(): SystemState {
  const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin";
  return { user: "root", uid: 0, groups: "root", path, noise: "", clockAheadMs: 0, os: "debian", elsewhere: "" };
}

/** The answer to the script of the doctor, whose lines have a mark. */
export function shellAnswer(host: SimHost, text: string): Outcome {
  const { system } = host;
  const line = (words: string): string => `bzfs-doctor:${words}\n`;
  const asked = [...text.matchAll(/bzfs-doctor:has (\S+) /g)].map((match) => match[1]!);
  const has = (name: string): boolean =>
    name === "zfs" || name === "zpool" ? system.elsewhere === "" : host.programs.has(name);
  return success([
    system.noise,
    line(`shell ${host.loginShell}`),
    line(`path ${system.path}`),
    line(`time ${Math.floor((host.clock.now() + system.clockAheadMs) / 1000)}`),
    line(`uid ${system.uid}`),
    line(`user ${system.user}`),
    line(`groups ${system.groups}`),
    line(`os ${system.os}`),
    ...asked.map((name) => line(`has ${name} ${has(name) ? `/usr/sbin/${name}` : ""}`)),
    system.elsewhere === "" ? "" : line(`elsewhere ${system.elsewhere}`),
    text.includes("elevates") && host.mayElevate ? line("elevates yes") : "",
    line("end "),
  ].join(""));
}

/** `zpool status POOL`. */
export function poolStatus({ name, state }: { readonly name: string; readonly state: PoolState }): Outcome {
  return success(
    [
      `  pool: ${name}`,
      ` state: ${state.health ?? "ONLINE"}`,
      `  scan: ${state.scan ?? "none requested"}`,
      "config:",
      "",
      "\tNAME        STATE     READ WRITE CKSUM",
      `\t${name}        ONLINE       0     0     0`,
      "",
      `errors: ${state.errors ?? "No known data errors"}`,
      "",
    ].join("\n"),
  );
}

/** What `zpool` does to a pool: `scrub`, `set`, `clear`, `export`, `import`. */
export function changePool(host: SimHost, verb: string, words: readonly string[]): Outcome {
  const name = words.at(-1) ?? "";
  if (verb === "import") {
    const pool = host.exported.get(name);
    if (pool === undefined) throw new ZfsFailure(`cannot import '${name}': no such pool available`);
    host.importPool(pool);
    delete pool.state.readonly;
    return success();
  }
  const pool = host.poolOf(name);
  if (pool === undefined) throw new ZfsFailure(`cannot open '${name}': no such pool`);
  const { state } = pool;
  if (verb === "scrub") state.scan = scrubbed(host.clock.now());
  else if (verb === "clear") delete state.health;
  else if (verb === "export") {
    host.exported.set(name, pool);
    host.removePool(name);
  } else if (verb === "set") {
    const [key = "", value = ""] = (words[0] ?? "").split("=");
    if (key === "delegation") state.delegation = value === "on" ? "on" : "off";
    else state.features[key.replace("feature@", "")] = value;
  } else throw new ZfsFailure(`unrecognized command '${verb}'\n`, 2);
  return success();
}

/** The end of a scrub, as `zpool status` tells it. */
export function scrubbed(ms: number): string {
  const [day, date, month, year, time] = new Date(ms).toUTCString().replace(",", "").split(" ");
  return `scrub repaired 0B in 00:00:01 with 0 errors on ${day} ${month} ${Number(date)} ${time} ${year}`;
}

/** `zfs allow DATASET`, `zfs allow -u USER WORDS DATASET`. */
export function allow(host: SimHost, argv: readonly string[]): Outcome {
  const name = argv.at(-1)!;
  openDataset(host, name);
  if (argv[0] === "-u") {
    host.permissions = new Set([...host.permissions ?? [], ...argv[2]!.split(",")]);
    return success();
  }
  const words = [...host.permissions ?? []].join(",");
  const line = words === "" ? "" : `Local+Descendent permissions:\n\tuser ${host.system.user} ${words}\n`;
  return success(`---- Permissions on ${name} ${"-".repeat(20)}\n${line}`);
}
