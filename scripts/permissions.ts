/**
 * What the executable may do, compiled into it. Defence in depth: `sh`, `ssh` and `sudo` are on the list of programs and
 * can run anything. No network, no native libraries; what is not on the list is refused without a question.
 * @module
 */

const programs = [
  ...["zfs", "zpool", "ssh", "hpnssh", "sh", "sudo", "doas", "ps"],
  ...["zstd", "lz4", "pzstd", "pigz", "gzip", "mbuffer", "pv"],
  ...["getconf", "uname", "kill", "logger"],
];

/** Where zfs and zpool are on systems whose PATH lacks these folders. */
const systemFolders = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

const absolute = systemFolders.flatMap((folder) => [`${folder}/zfs`, `${folder}/zpool`]);

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
