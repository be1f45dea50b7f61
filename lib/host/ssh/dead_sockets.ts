/**
 * Control sockets that no process has: what `bzfs doctor` finds and removes. The protocol is that of `sockets.ts`.
 * @module
 */
import { ifThere, listFolder, lookAt, removeFile } from "../files/files.ts";
import { claim, type LeaseOptions, readOwner } from "./sockets.ts";

/** A socket of a connection, or what stands for one. */
interface Found {
  readonly folder: string;
  readonly name: string;
}

/**
 * Paths of sockets to which no master listens, and that no living process of this host uses. Sockets of processes that may
 * be on another host are left out.
 *
 * @param home `~/.ssh/bzfs`
 */
export async function deadSockets(home: string, options: LeaseOptions): Promise<string[]> {
  const dead: string[] = [];
  for (const { folder, name } of socketsIn(home)) {
    const path = `${folder}/c/${name}`;
    if (!await answers(path) && await ownerIsGone(`${folder}/used/${name}`, options)) dead.push(path);
  }
  return dead;
}

/** Removes such a socket, unless somebody has taken it since. Returns whether it did. */
export async function removeDeadSocket(path: string, options: LeaseOptions): Promise<boolean> {
  const [, folder, name] = /^(.*)\/c\/([^/]+)$/.exec(path) ?? [];
  if (folder === undefined || name === undefined) return false;
  const used = `${folder}/used/${name}`;
  // Whoever makes the first of these files may use the socket, or take it over: nobody else can meanwhile.
  const right = lookAt(used) === undefined ? used : `${used}.take`;
  if (claim(right, options) === undefined) return false;
  try {
    const isFree = right === used || await ownerIsGone(used, options);
    if (!isFree || await answers(path)) return false;
    removeFile(path);
    removeFile(`${folder}/free/${name}`);
    if (right !== used) removeFile(used);
    return true;
  } finally {
    removeFile(right);
  }
}

function socketsIn(home: string): Found[] {
  const folders = ifThere(() => listFolder(home)) ?? [];
  return folders.filter(({ name, isDirectory }) => isDirectory && name !== "x").flatMap(({ name }) => {
    const folder = `${home}/${name}`;
    return listFolder(`${folder}/c`).map((entry) => ({ folder, name: entry.name }));
  }).filter(({ folder, name }) => lookAt(`${folder}/c/${name}`)?.isSocket === true);
}

/** True if the record names a process of this host that is gone, or there is none. */
async function ownerIsGone(path: string, { hostname, living }: LeaseOptions): Promise<boolean> {
  let owner: ReturnType<typeof readOwner>;
  try {
    owner = readOwner(path);
  } catch {
    return false;
  }
  if (owner === undefined) return true;
  const { pid } = owner;
  return pid !== undefined && owner.hostname === hostname && !(await living([pid])).has(pid);
}

async function answers(path: string): Promise<boolean> {
  try {
    (await Deno.connect({ transport: "unix", path })).close();
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.ConnectionRefused || error instanceof Deno.errors.NotFound);
  }
}
