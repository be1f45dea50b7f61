/**
 * Leases of control sockets: no two processes ever use the same master (docs/spec/replication.md §15.4).
 *
 * A socket `c/NAME` is used by the process that made `used/NAME`, a file that must not exist before and holds host and
 * process id. `free/NAME` advertises a socket that was given back. Nothing ever waits. What a dead process left behind
 * is taken over by the process that makes `used/NAME.take` and then finds the dead owner still there: one rename puts
 * the new owner into the old one's place and gives the right to take over back.
 * @module
 */
import { RefusedError } from "../../model/errors.ts";
import type { Random } from "../../zfs/world.ts";
import {
  createFile,
  ifThere,
  listFolder,
  lookAt,
  privateFolder,
  readPrivateFile,
  removeFile,
  writeText,
} from "../files/files.ts";
import { randomName } from "../system.ts";

/** A control socket that nobody else uses. */
export interface SocketLease {
  /** Path of the socket; the master may or may not be there yet. */
  readonly socket: string;
  /** Gives the socket back; further calls do nothing. */
  release(): void;
}

/** Gives out control sockets. */
export interface SocketSource {
  acquire(): Promise<SocketLease>;
}

/** Who leases. */
export interface LeaseOptions {
  readonly pid: number;
  readonly hostname: string;
  readonly random: Random;
  /** Which of these processes exist on this host. */
  readonly living: (pids: readonly number[]) => Promise<ReadonlySet<number>>;
}

/** Longest path of a Unix socket on Linux. */
const MAX_SOCKET_PATH = 107;

/** While a master starts, its socket has a dot and 16 random characters at the end of its name. */
const TEMPORARY_SUFFIX = 17;

/** Throws `RefusedError` if a socket cannot have this path. */
function expectShortPath(path: string): string {
  if (socketPathRoom(path) >= 0) return path;
  throw new RefusedError(`Unix domain socket path is too long for ssh: ${path}`, {
    hint: "Set the environment variable bzfs_reuse_ssh_connection=false.",
  });
}

/** Bytes by which the path may still grow. */
function socketPathRoom(path: string): number {
  return MAX_SOCKET_PATH - TEMPORARY_SUFFIX - new TextEncoder().encode(path).length;
}

/** Leases of sockets that outlive us: the next process finds the master running. */
export class LeasedSockets implements SocketSource {
  readonly #folder: string;
  readonly #maxAgeMs: number;
  readonly #options: LeaseOptions;

  /** @param maxAgeMs masters whose socket is older count as gone */
  constructor(folder: string, maxAgeMs: number, options: LeaseOptions) {
    this.#folder = folder;
    this.#maxAgeMs = maxAgeMs;
    this.#options = options;
  }

  async acquire(): Promise<SocketLease> {
    for (const folder of [this.#folder, this.#path("c"), this.#path("free"), this.#path("used")]) privateFolder(folder);
    return this.#takeFree() ?? await this.#takeOver() ?? this.#takeNew();
  }

  #path(kind: "c" | "free" | "used", name?: string): string {
    return name === undefined ? `${this.#folder}/${kind}` : `${this.#folder}/${kind}/${name}`;
  }

  #takeFree(): SocketLease | undefined {
    for (const { name } of listFolder(this.#path("free"))) {
      const record = claim(this.#path("used", name), this.#options);
      if (record === undefined) continue;
      removeFile(this.#path("free", name));
      if (this.#isUsable(name)) return this.#lease(name, record);
      this.#forget(name);
    }
    return undefined;
  }

  async #takeOver(): Promise<SocketLease | undefined> {
    const names = listFolder(this.#path("used")).map((entry) => entry.name).filter((name) => !name.includes("."));
    const owners = names.map((name) => ({ name, owner: this.#ownerOf(name) }));
    const here = owners.filter(({ owner }) => owner?.hostname === this.#options.hostname);
    const living = await this.#options.living(here.map(({ owner }) => owner!.pid!));
    for (const { name, owner } of here) {
      const record = living.has(owner!.pid!) ? undefined : this.#replaceOwner(name, owner!.record);
      if (record === undefined) continue;
      if (this.#isUsable(name)) return this.#lease(name, record);
      this.#forget(name);
    }
    return undefined;
  }

  #takeNew(): SocketLease {
    for (;;) {
      const name = `s${randomName(this.#options.random, 7)}`;
      expectShortPath(this.#path("c", name));
      const record = claim(this.#path("used", name), this.#options);
      if (record !== undefined) return this.#lease(name, record);
    }
  }

  #lease(name: string, record: string): SocketLease {
    const socket = this.#path("c", name);
    const release = (): void => {
      if (this.#ownerOf(name)?.record !== record) return;
      touchSocket(socket);
      claim(this.#path("free", name), this.#options);
      removeFile(this.#path("used", name));
    };
    return { socket, release };
  }

  /** Drops a socket that is ours but of no use. */
  #forget(name: string): void {
    removeFile(this.#path("c", name));
    removeFile(this.#path("used", name));
  }

  #ownerOf(name: string): OwnerRecord | undefined {
    return readOwner(this.#path("used", name));
  }

  /** Our record, if it has replaced that of the dead owner. */
  #replaceOwner(name: string, deadRecord: string): string | undefined {
    const right = this.#path("used", `${name}.take`);
    const record = claim(right, this.#options);
    if (record === undefined) {
      if (isOlderThan(lookAt(right), this.#maxAgeMs)) removeFile(right);
      return undefined;
    }
    if (this.#ownerOf(name)?.record !== deadRecord) {
      removeFile(right);
      return undefined;
    }
    try {
      Deno.renameSync(right, this.#path("used", name));
    } catch (error) {
      // Somebody took our right for that of a dead process: then the socket is not ours.
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
    removeFile(this.#path("free", name));
    return record;
  }

  #isUsable(name: string): boolean {
    const info = lookAt(this.#path("c", name));
    return info?.isSocket === true && !isOlderThan(info, this.#maxAgeMs);
  }
}

/** What stands in `used/NAME`. */
interface OwnerRecord {
  readonly record: string;
  /** Absent, as the host is, if the record was cut or is none. */
  readonly pid?: number;
  readonly hostname?: string;
}

/** Who uses a socket; `undefined` if there is no such file. Throws for a file that is not ours alone. */
export function readOwner(path: string): OwnerRecord | undefined {
  const record = readPrivateFile(path);
  if (record === undefined) return undefined;
  const [, pid, hostname] = /^([0-9]{1,10}) (.*) \w+\n$/.exec(record) ?? [];
  return pid === undefined || hostname === undefined ? { record } : { record, pid: Number(pid), hostname };
}

/** What the file holds if it is now there because we made it. */
export function claim(path: string, { pid, hostname, random }: LeaseOptions): string | undefined {
  const record = `${pid} ${hostname} ${randomName(random, 8)}\n`;
  try {
    using file = createFile(path);
    writeText(file, record);
    return record;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return undefined;
    throw error;
  }
}

/** Says that the socket was in use just now. */
export function touchSocket(socket: string): void {
  const now = new Date(Date.now());
  if (lookAt(socket)?.isSocket) ifThere(() => Deno.utimeSync(socket, now, now));
}

function isOlderThan(info: Deno.FileInfo | undefined, ageMs: number): boolean {
  return info !== undefined && Date.now() - (info.mtime?.getTime() ?? 0) > ageMs;
}

/** Longest part of a private socket's name that holds the host. */
const MAX_HOST_LENGTH = 45;

/** Sockets that end with us (`--ssh-exit-on-shutdown`); their names hold the process that made them. */
export function privateSockets(folder: string, userHost: string, { pid, random }: LeaseOptions): SocketSource {
  const at = userHost.lastIndexOf("@");
  const host = socketWord(userHost.slice(at + 1)).slice(0, MAX_HOST_LENGTH);
  const user = socketWord(userHost.slice(0, Math.max(at, 0)));
  return {
    acquire(): Promise<SocketLease> {
      privateFolder(folder);
      const unique = `s${pid}@${Math.floor(Date.now() / 1000)}@${randomName(random, 6)}`;
      expectShortPath(`${folder}/${unique}`);
      const path = `${folder}/${unique}@${host}@${user}`;
      const socket = path.slice(0, Math.min(path.length, path.length + socketPathRoom(path)));
      return Promise.resolve({ socket, release: () => removeFile(socket) });
    },
  };
}

/** Nothing that ssh replaces in a socket's path, and one byte per character. */
function socketWord(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9._-]/g, "_");
}

/** Removes private sockets of processes that are gone. */
export async function sweepPrivateSockets(folder: string, options: LeaseOptions): Promise<void> {
  const entries = listFolder(folder).flatMap(({ name }) => {
    const match = /^s(\d+)@/.exec(name);
    return match ? [{ name, pid: Number(match[1]) }] : [];
  });
  const living = await options.living([...new Set(entries.map((entry) => entry.pid))]);
  for (const { name, pid } of entries) {
    if (!living.has(pid)) removeFile(`${folder}/${name}`);
  }
}
