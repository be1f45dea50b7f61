/**
 * This machine in place of guests, for hosts that have ZFS: pools on files, destroyed with us. Only by explicit switch.
 * @module
 */
import { capture, type ProcessResult } from "../process.ts";
import { mustRun, type PoolOptions, quote, type RunOptions, type Testbed, type TestHost } from "./host.ts";

/** Hands out this machine under each of the names. */
export async function startLocal<const Name extends string>(
  names: readonly Name[],
  payload: readonly string[],
): Promise<Testbed<Name>> {
  const folder = await Deno.makeTempDir({ prefix: "bzfs-testbed-" });
  await Deno.writeTextFile(`${folder}/pools`, "");
  const guard = new Deno.Command("sh", {
    args: [`${import.meta.dirname}/local_guard.sh`, folder],
    env: { PATH: systemPath() },
    stdin: "piped",
    detached: true,
  }).spawn();
  for (const file of payload) await Deno.symlink(await Deno.realPath(file), `${folder}/${file.split("/").at(-1)}`);
  const hosts = Object.fromEntries(names.map((name) => [name, new LocalHost(name, folder)]));
  return {
    hosts: hosts as Record<Name, LocalHost>,
    [Symbol.asyncDispose]: async () => {
      await guard.stdin.close();
      await guard.status;
    },
  };
}

function systemPath(): string {
  return `${Deno.env.get("PATH")}:/usr/local/sbin:/usr/sbin:/sbin`;
}

class LocalHost implements TestHost {
  constructor(readonly name: string, private readonly folder: string) {}

  run(script: string, options: RunOptions = {}): Promise<ProcessResult> {
    if (options.user === "bzfsuser") {
      throw new Error("This machine has no user bzfsuser; only guests of the testbed have");
    }
    const timeout = AbortSignal.timeout(options.timeoutMs ?? 300_000);
    const signal = AbortSignal.any([timeout, ...(options.signal ? [options.signal] : [])]);
    const env = { PATH: `${this.folder}:${systemPath()}` };
    const { stdin } = options;
    return capture(["bash", "-c", script], { env, signal, ...(stdin === undefined ? {} : { stdin }) });
  }

  sh(script: string, options: RunOptions = {}): Promise<string> {
    return mustRun(this, script, options);
  }

  async write(path: string, content: string | Uint8Array): Promise<void> {
    await this.sh(`cat > ${quote(path)}`, { stdin: content });
  }

  /** Pools of this machine may have the name that a test asks for, so it gets another. */
  async createPool(name: string, options: PoolOptions = {}): Promise<string> {
    const pool = `bzfs_test_${Deno.pid}_${this.name}_${name}`;
    const file = `${this.folder}/${pool}`;
    const mounts = `${this.folder}/mnt`;
    const words = `-R ${quote(mounts)} ${options.options ?? ""} ${quote(pool)} ${quote(file)}`;
    await this.sh(`truncate -s ${options.sizeMiB ?? 512}M ${quote(file)}; zpool create ${words}`);
    await Deno.writeTextFile(`${this.folder}/pools`, `${pool}\n`, { append: true });
    return pool;
  }
}
