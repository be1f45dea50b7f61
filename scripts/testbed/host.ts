/**
 * What a test may do with a host that has ZFS, be it a guest of the testbed or, by explicit switch, this machine.
 * @module
 */
import type { ProcessResult } from "../process.ts";

export { quoteWord as quote } from "../../lib/host/process/shell.ts";

/** How a script is run on a host. */
export interface RunOptions {
  /** Who runs it: `root` if not given; a guest also has `bzfsuser`, who may run `sudo zfs`, `doas zfs` and no more. */
  readonly user?: "root" | "bzfsuser";
  readonly stdin?: string | Uint8Array;
  readonly signal?: AbortSignal;
  /** Five minutes if not given. */
  readonly timeoutMs?: number;
}

/** A host that has ZFS and is there for tests. */
export interface TestHost {
  readonly name: string;
  /** Runs a bash script and returns how it ended; throws only when the host itself fails. */
  run(script: string, options?: RunOptions): Promise<ProcessResult>;
  /** Runs a bash script that must succeed (`set -euo pipefail`) and returns its stdout without the last line end. */
  sh(script: string, options?: RunOptions): Promise<string>;
  /** Writes a file. */
  write(path: string, content: string | Uint8Array): Promise<void>;
  /** Makes an empty pool on a file and returns its name, which is `name` in a guest. */
  createPool(name: string, options?: PoolOptions): Promise<string>;
  /** Absent if the host is this machine. */
  readonly power?: Power;
}

/** The switch of a guest. */
export interface Power {
  /** Ends the guest at once: memory and connections are lost, what it had flushed to its disk is not. */
  cut(): Promise<void>;
  /** Boots it again. Pools are not imported. */
  restore(): Promise<void>;
}

/** What a pool for tests is like. */
export interface PoolOptions {
  /** Size of the file behind the pool, which is sparse: 512 if not given. */
  readonly sizeMiB?: number;
  /** The file outlives a cut of the power: in a guest, /tmp is in memory. */
  readonly onDisk?: boolean;
  /** More words for `zpool create`, such as `-O compression=lz4`. */
  readonly options?: string;
}

/** The hosts of one test run; disposing of it takes away everything that was made on them. */
export interface Testbed<Name extends string> extends AsyncDisposable {
  readonly hosts: Readonly<Record<Name, TestHost>>;
  /** For `ssh -F`: leads from this machine to each host by name. Absent when the hosts are this machine itself. */
  readonly sshConfig?: string;
}

/** Adds `sh` to what can run scripts. */
export async function mustRun(host: TestHost, script: string, options: RunOptions = {}): Promise<string> {
  const result = await host.run(`set -euo pipefail\n${script}`, options);
  if (result.code === 0) return result.stdout.replace(/\n$/, "");
  throw new Error(
    `Script on ${host.name} ended with status ${result.code}:\n${script}\n--- stdout\n${result.stdout}--- stderr\n${result.stderr}`,
  );
}
