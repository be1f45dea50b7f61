/**
 * Hosts with real ZFS for tests, demo and benchmarks: guests of the testbed, which boot in seconds and are thrown away,
 * or this machine when BZFS_TEST_HOST_ZFS=1 says so.
 *
 *     await using testbed = await startTestbed({ zfs: "2.3", hosts: ["src", "dst"], payload: ["dist/bzfs"] });
 *     const { src, dst } = testbed.hosts;
 *     await src.createPool("tank");
 *     await src.sh("bzfs tank dst:backup");   // guests know each other by name
 * @module
 */
import { capture } from "../process.ts";
import type { Testbed } from "./host.ts";
import { ensureImage, type ZfsVersion, zfsVersions } from "./image.ts";
import { startLocal } from "./local.ts";
import { Machine } from "./qemu.ts";
import { Guest, writeSshConfig } from "./ssh.ts";

export type { PoolOptions, RunOptions, Testbed, TestHost } from "./host.ts";
export { type ZfsVersion, zfsVersions } from "./image.ts";

/** Which hosts a testbed has, and what they carry. */
export interface TestbedOptions<Name extends string> {
  /** The default version if not given. */
  readonly zfs?: ZfsVersion;
  /** Names of the guests to boot, side by side; one or two. */
  readonly hosts: readonly Name[];
  /** Files to lend to the guests: they appear in /opt/payload, executable ones also on the PATH. */
  readonly payload?: readonly string[];
  /** Memory of each guest: 2048 if not given. */
  readonly memoryMiB?: number;
}

/** Says whether the switch is on that makes this machine the host of all pools. */
export function usesHostZfs(): boolean {
  return Deno.env.get("BZFS_TEST_HOST_ZFS") === "1";
}

/** Boots guests and returns when all of them answer. */
export async function startTestbed<const Name extends string>(options: TestbedOptions<Name>): Promise<Testbed<Name>> {
  if (usesHostZfs()) return await startLocal(options.hosts, options.payload ?? []);
  const image = await ensureImage(options.zfs ?? zfsVersions[0]!);
  const folder = await Deno.makeTempDir({ prefix: "bzfs-testbed-" });
  const machines: Machine[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(machines.map((machine) => machine.stop()));
    await Deno.remove(folder, { recursive: true }).catch(() => {}); // with the last guest, its guard removes it
  };
  try {
    const ports = freePorts(options.hosts);
    const sshConfig = `${folder}/ssh_config`;
    await writeSshConfig(sshConfig, image, ports);
    const payload = options.payload?.length ? await makePayload(folder, options.payload) : undefined;
    const { memoryMiB = 2048 } = options;
    for (const name of options.hosts) {
      const disks = payload === undefined ? {} : { payload };
      machines.push(await Machine.start({ name, image, folder: `${folder}/${name}`, ports, memoryMiB, ...disks }));
    }
    await Promise.all(machines.map((machine) => machine.boot()));
    const guests = machines.map((machine) => new Guest(machine, sshConfig));
    await Promise.all(guests.map((guest) => guest.sh("true")));
    const hosts = Object.fromEntries(guests.map((guest) => [guest.name, guest])) as Record<Name, Guest>;
    return { hosts, sshConfig, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Ports of the loopback that nothing listens on, one for each name. */
function freePorts(names: readonly string[]): ReadonlyMap<string, number> {
  const listeners = names.map(() => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  const ports = new Map(names.map((name, index) => [name, (listeners[index]!.addr as Deno.NetAddr).port]));
  listeners.forEach((listener) => listener.close());
  return ports;
}

/** Makes a disk image of files: the quickest way into a guest, which reads only what it needs of it. */
async function makePayload(folder: string, files: readonly string[]): Promise<string> {
  const stage = `${folder}/payload`;
  await Deno.mkdir(stage);
  let bytes = 0;
  for (const file of files) {
    const target = `${stage}/${file.split("/").at(-1)}`;
    await Deno.link(await Deno.realPath(file), target).catch(() => Deno.copyFile(file, target));
    bytes += (await Deno.stat(target)).size;
  }
  const disk = `${folder}/payload.ext4`;
  const sizeMiB = Math.ceil(bytes / 2 ** 20 * 1.05) + 16;
  const argv = ["-q", "-t", "ext4", "-O", "^has_journal", "-m", "0", "-d", stage, disk, `${sizeMiB}M`];
  const made = await capture(["mke2fs", ...argv], { env: { PATH: `${Deno.env.get("PATH")}:/usr/sbin:/sbin` } });
  if (made.code !== 0) throw new Error(`Cannot make the payload disk: ${made.stderr}`);
  await Deno.remove(stage, { recursive: true });
  return disk;
}
