// deno-lint-ignore-file explicit-function-return-type -- the literal types of a family of rows only survive inference
/**
 * Options about hosts and the programs that run there. Data only.
 * @module
 */
import type { OptionTable } from "../option.ts";
import { chapter } from "./chapter.ts";

/** The user of ssh at one side, for either program; `end` = what the help calls that side. */
export function sshUser<const S extends "src" | "dst">(side: S, end: string, detail: string) {
  return { name: `--ssh-${side}-user`, metavar: "USER", brief: `User at the ${end}`, detail } as const;
}

/** The port of ssh at one side, for either program; `end` = what the help calls that side. */
export function sshPort<const S extends "src" | "dst">(side: S, end: string) {
  return {
    name: `--ssh-${side}-port`,
    type: "integer",
    metavar: "PORT",
    min: 1,
    max: 65535,
    brief: `Port of ssh at the ${end}`,
    detail: "Unless given, ssh decides.",
  } as const;
}

/** The configuration of ssh for one side, for either program; `end` = what the help calls that side. */
export function sshConfigFile<const S extends "src" | "dst">(side: S, end: string, detail: string) {
  return {
    name: `--ssh-${side}-config-file`,
    type: "ssh-config-file",
    metavar: "FILE",
    completes: "file",
    brief: `ssh client configuration for the ${end}`,
    detail,
  } as const;
}

/** The four ssh options of one side. */
function sshSide<const S extends "src" | "dst">(side: S) {
  const end = side === "src" ? "source" : "destination";
  return [
    sshUser(side, `${end} host`, "Overrides the user in the dataset operands."),
    {
      name: `--ssh-${side}-host`,
      metavar: "HOST",
      completes: "host",
      brief: `The ${end} host`,
      detail: "Overrides the host in the dataset operands; `-` or nothing means this host.",
    },
    sshPort(side, `${end} host`),
    sshConfigFile(
      side,
      `${end} host`,
      "Passed as `ssh -F FILE`. The file's name must contain `bzfs_ssh_config` (or be `none`); it must belong to you " +
        "or root and be writable by nobody else.",
    ),
  ] as const;
}

/** An option that chooses a program or switches it off. */
function program<const N extends string, const C extends readonly string[], const D extends string>(
  row: { readonly program: N; readonly choices: C; readonly default: D; readonly brief: string; readonly off: string },
) {
  return {
    name: `--${row.program}-program`,
    choices: row.choices,
    default: row.default,
    brief: row.brief,
    detail: `Looked up on the PATH of the host where it runs. ${row.off}`,
  } as const;
}

/** The options of such a program. */
function programOptions<const N extends string, const D extends string>(
  row: { readonly program: N; readonly default: D; readonly detail: string },
) {
  return {
    name: `--${row.program}-program-opts`,
    metavar: "STRING",
    default: row.default,
    brief: `Options of ${row.program === "compression" ? "the compression program" : row.program}`,
    detail: row.detail,
  } as const;
}

/** Chapters "Hosts and ssh" and "Programs". */
export const HOST_OPTIONS = [
  ...chapter("Hosts and ssh", [...sshSide("src"), ...sshSide("dst")]),
  ...chapter("Hosts and ssh", [
    {
      name: "--ssh-cipher",
      metavar: "CIPHER",
      default: "^aes256-gcm@openssh.com",
      brief: "Cipher of ssh",
      detail: "Passed as `ssh -c`; empty leaves the choice to ssh.",
    },
    {
      name: "--ssh-control-persist-secs",
      type: "integer",
      metavar: "N",
      min: 1,
      default: "600",
      brief: "How long an idle shared ssh connection stays open",
      detail: "Later runs use it again and save the handshake.",
    },
    {
      name: "--ssh-forward-agent",
      brief: "Lend the ssh agent of this host to remote hosts",
      detail:
        "Passed as `ssh -A`, so that two remote hosts can reach each other with the keys of this one ({--r2r}). Who " +
        "is root there can then use these keys, too. Without it the agent stays here, regardless of the ssh configuration.",
    },
    {
      name: "--ssh-exit-on-shutdown",
      hidden: true,
      brief: "Close shared ssh connections at the end",
      detail: "Without it they stay open for {--ssh-control-persist-secs}.",
    },
    {
      name: "--r2r",
      choices: ["off", "pull", "push"],
      default: "off",
      brief: "Let two remote hosts talk to each other directly",
      detail:
        "If both sides are remote, streams pass through this host (`off`), or the destination host fetches them from the " +
        "source host (`pull`), or the source host brings them (`push`).",
    },
    {
      name: "--no-privilege-elevation",
      short: "-p",
      brief: "Run zfs as the plain user, without sudo",
      detail: "Needs `zfs allow` delegations for that user, and the pool property delegation=on.",
    },
  ]),
  ...chapter("Programs", [
    program({
      program: "compression",
      choices: ["zstd", "lz4", "pzstd", "pigz", "gzip", "-"],
      default: "zstd",
      brief: "Compression between hosts; - for none",
      off: "Used only between different hosts and for streams that are not tiny.",
    }),
    programOptions({
      program: "compression",
      default: "-1",
      detail: "Separated by blanks; -o and --output-file are refused.",
    }),
    program({
      program: "mbuffer",
      choices: ["mbuffer", "-"],
      default: "mbuffer",
      brief: "Buffer that smoothes transfers; - for none",
      off: "Used only between different hosts and for streams that are not tiny.",
    }),
    programOptions({
      program: "mbuffer",
      default: "-q -m 128M",
      detail: "Separated by blanks. Options that open files or connections are refused.",
    }),
    program({
      program: "pv",
      choices: ["pv", "-"],
      default: "pv",
      brief: "Progress meter and rate limiter; - for none",
      off: "Without it there is no progress, and {--bwlimit} is kept by mbuffer only.",
    }),
    programOptions({
      program: "pv",
      default:
        "--progress --timer --eta --fineta --rate --average-rate --bytes --interval=1 --width=120 --buffer-size=2M",
      detail: "Separated by blanks. Must hold --bytes or --bits and, unless {--quiet} is given, --eta, --fineta and " +
        "--average-rate. Options that open files or touch other processes are refused.",
    }),
    program({
      program: "ps",
      choices: ["ps", "-"],
      default: "ps",
      brief: "Finds busy destination datasets; - for none",
      off: "Without it there is no check whether another process is receiving into a dataset.",
    }),
    program({
      program: "shell",
      choices: ["sh", "-"],
      default: "sh",
      brief: "Shell of the remote hosts; - for none",
      off: "`-` assumes that remote hosts cannot run pipelines. `sh` is still used on this host; see {--pipeline}.",
    }),
    program({
      program: "ssh",
      choices: ["ssh", "hpnssh", "-"],
      default: "ssh",
      brief: "Reaches remote hosts; - refuses remote datasets",
      off: "`-` refuses to talk to remote hosts.",
    }),
    program({
      program: "sudo",
      choices: ["sudo", "doas", "-"],
      default: "sudo",
      brief: "Raises privileges; - for none",
      off: "See {--no-privilege-elevation} for the way without it.",
    }),
    program({
      program: "zpool",
      choices: ["zpool", "-"],
      default: "zpool",
      brief: "Finds pool features; - for none",
      off: "`-` assumes no optional feature: no bookmarks, no resuming.",
    }),
  ]),
] as const satisfies OptionTable;
