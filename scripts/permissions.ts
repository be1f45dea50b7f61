/**
 * What the executable may do, compiled into it. Defence in depth: `sh`, `ssh` and `sudo` are on the list of programs
 * and can run anything. No network, no native libraries; what is not on the list is refused without a question.
 * @module
 */
import { DEFAULT_FOLDERS } from "../lib/host/process/environment.ts";

const programs = [
  ...["zfs", "zpool", "ssh", "hpnssh", "sh", "sudo", "doas", "ps"],
  ...["zstd", "lz4", "pzstd", "pigz", "gzip", "mbuffer", "pv"],
  ...["getconf", "uname", "kill", "logger"],
];

/**
 * The runtime looks names up on the PATH that it is started with. Where that has none of the usual folders, the program
 * gives itself a PATH of these, in which names are found too late.
 */
const absolute = DEFAULT_FOLDERS.flatMap((folder) => programs.map((name) => `${folder}/${name}`));

/** Flags of `deno compile`. */
export const permissionFlags: readonly string[] = [
  "--no-prompt",
  "--unstable-net", // for unix datagram sockets, which --deny-net leaves alone
  "--deny-net",
  `--allow-run=${[...programs, ...absolute].join(",")}`,
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-sys=hostname,uid,gid,homedir,username,networkInterfaces",
];
