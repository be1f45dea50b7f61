/**
 * A simulated host as executables: stands on the PATH as `zfs` and `zpool`, keeps its pools in a JSON file, and sends
 * and receives real bytes, so that the compiled program can run through real processes and pipes without ZFS.
 *
 * Words: the name of the program, then its arguments. BZFS_SIM_STATE names the state file. See `install.ts`.
 * @module
 */
import { execute } from "../commands/dispatch.ts";
import { SimHost } from "../host.ts";
import type { HostState } from "../state.ts";
import { decodeStream, encodeStream } from "../stream.ts";

/** Virtual time that a command takes. */
const COMMAND_MS = 100;

async function main(argv: readonly string[]): Promise<number> {
  const path = Deno.env.get("BZFS_SIM_STATE");
  if (path === undefined) throw new Error("BZFS_SIM_STATE is not set");
  const receives = argv[0] === "zfs" && (argv[1] === "receive" || argv[1] === "recv") && !argv.includes("-A");
  const stdin = receives ? decodeStream(await readAll(Deno.stdin.readable)) : undefined;
  const outcome = await withState(path, (host) => execute(host, argv, stdin));
  await writeAll(Deno.stderr, new TextEncoder().encode(outcome.stderr));
  const bytes = outcome.stream ? encodeStream(outcome.stream) : new TextEncoder().encode(outcome.stdout);
  const written = await writeAll(Deno.stdout, bytes);
  return written ? outcome.status : 141;
}

/**
 * Reads the state under a lock, lets `act` change it, and puts the new state in its place in one step: a pool does not break
 * when its command is killed.
 */
async function withState<T>(path: string, act: (host: SimHost) => T): Promise<T> {
  const lock = await Deno.open(`${path}.lock`, { write: true, create: true });
  try {
    await lock.lock(true);
    const host = new SimHost(JSON.parse(await Deno.readTextFile(path)) as HostState);
    const result = act(host);
    host.state.nowMs = host.clock.now() + COMMAND_MS;
    await Deno.writeTextFile(`${path}.new`, JSON.stringify(host.state));
    await Deno.rename(`${path}.new`, path);
    return result;
  } finally {
    lock.close();
  }
}

async function readAll(readable: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(readable).arrayBuffer());
}

/** False if the reader has gone away. */
async function writeAll(
  writer: { write(bytes: Uint8Array): Promise<number> },
  bytes: Uint8Array,
): Promise<boolean> {
  try {
    for (let done = 0; done < bytes.length;) done += await writer.write(bytes.subarray(done));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return false;
    throw error;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
