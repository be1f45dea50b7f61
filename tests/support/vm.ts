/**
 * Real ZFS for the tests of tests/vm: a file boots its hosts once, at its top, and all its tests share them.
 *
 *     const { src, dst } = await hosts("src", "dst");
 *     Deno.test("...", async () => { await src.sh("zpool list"); });
 *
 * The runner (scripts/test.ts) runs the folder once for each version of OpenZFS; run by hand, it is the default one.
 * @module
 */
import {
  startTestbed,
  type Testbed,
  type TestHost,
  type ZfsVersion,
  zfsVersions,
} from "../../scripts/testbed/guest.ts";

export type { Testbed, TestHost } from "../../scripts/testbed/guest.ts";

/** The executable under test on this machine; on the hosts it is `bzfs` on the PATH. */
export const executable: string = `${import.meta.dirname}/../../dist/bzfs`;

/** True in `deno task soak:vm`: random stories are played for long. */
export const IS_SOAK: boolean = Deno.env.get("BZFS_SOAK") === "1";

/** The version of OpenZFS that this run is about. */
export function zfsVersion(): ZfsVersion {
  const chosen = Deno.env.get("BZFS_TEST_ZFS") ?? zfsVersions[0];
  const version = zfsVersions.find((each) => each === chosen);
  if (version === undefined) throw new Error(`BZFS_TEST_ZFS=${chosen}: the testbed has ${zfsVersions.join(" and ")}`);
  return version;
}

/** Boots hosts that carry the executable. They end with this test file, whose tests need not care. */
export async function testbed<const Name extends string>(...names: readonly Name[]): Promise<Testbed<Name>> {
  return await startTestbed({ zfs: zfsVersion(), hosts: names, payload: [executable] });
}

/** The hosts of a testbed without the rest of it. */
export async function hosts<const Name extends string>(
  ...names: readonly Name[]
): Promise<Readonly<Record<Name, TestHost>>> {
  return (await testbed(...names)).hosts;
}

/** Lines of a job file by which the job runner gets to guests: as root, with a configuration of ssh in this folder. */
export function sshFields(folder: string): string {
  return ["src", "dst"].map((side) => `ssh-${side}-config-file: ${folder}/bzfs_ssh_config\nssh-${side}-user: root\n`)
    .join("");
}
