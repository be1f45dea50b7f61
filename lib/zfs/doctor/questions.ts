/**
 * What `bzfs doctor` asks a host: every command of its queries. Source: docs/spec/doctor.md.
 * @module
 */

/** Folders in which `zfs` lies where PATH does not lead to it. */
export const ZFS_FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/zfs/bin"];

/** Programs that are looked for whatever the job uses. */
const PROGRAMS = ["zfs", "zpool", "chronyc", "timedatectl"];

/** Marks the lines of {@linkcode systemCommand} that are answers; what comes before the first is the login shell's. */
export const ANSWER = "bzfs-doctor:";

/**
 * Asks for everything that a shell can tell, in one command. Names of programs must be plain words.
 *
 * @param elevation the program that elevates, if commands are run by it
 */
export function systemCommand(helpers: readonly string[], elevation: string | undefined): string[] {
  const say = (key: string, command: string): string => `printf '%s\\n' "${ANSWER}${key} $(${command})"`;
  const elevates = elevation === undefined ? [] : [
    `if { ${elevation} -n zfs --version || ${elevation} -n -l | grep NOPASSWD | grep -E 'zfs|ALL'; } > /dev/null 2>&1; ` +
    `then printf '%s\\n' '${ANSWER}elevates yes'; fi`,
  ];
  return [
    "sh",
    "-c",
    [
      `printf '%s\\n' "${ANSWER}shell $SHELL" "${ANSWER}path $PATH"`,
      say("time", "date +%s"),
      say("uid", "id -u"),
      say("user", "id -un"),
      say("groups", "id -Gn"),
      say("os", "{ . /etc/os-release && echo $ID; } 2> /dev/null || uname -s"),
      ...[...new Set([...PROGRAMS, ...helpers])].map((name) => say(`has ${name}`, `command -v ${name}`)),
      `for folder in ${ZFS_FOLDERS.join(" ")}; do if test -x $folder/zfs; then ${
        say("elsewhere", "echo $folder/zfs")
      }; fi; done`,
      ...elevates,
      `printf '%s\\n' "${ANSWER}end "`,
    ].join("; "),
  ];
}

/** Versions of the program and of the module. */
export const VERSION_COMMAND: readonly string[] = ["zfs", "--version"];

/** All properties of a pool. */
export function poolCommand(pool: string): string[] {
  return ["zpool", "get", "-Hp", "-o", "property,value", "all", pool];
}

/** Scrubs and errors of a pool. */
export function poolStatusCommand(pool: string): string[] {
  return ["zpool", "status", pool];
}

/** Columns of {@linkcode datasetsCommand}; the last one may hold anything. */
export const DATASET_COLUMNS = [
  "name",
  "available",
  "referenced",
  "usedbydataset",
  "usedbysnapshots",
  "quota",
  "refquota",
  "readonly",
  "mounted",
  "canmount",
  "encryptionroot",
  "keystatus",
  "receive_resume_token",
  "mountpoint",
];

/** Datasets, and those below if asked. Those that are not there are denied on stderr, and the others told. */
export function datasetsCommand(names: readonly string[], isRecursive: boolean): string[] {
  const depth = isRecursive ? ["-r"] : [];
  return ["zfs", "list", "-Hp", "-t", "filesystem,volume", ...depth, "-o", DATASET_COLUMNS.join(","), ...names];
}

/** Snapshots and bookmarks of datasets, and of those below if asked. */
export function versionsCommand(names: readonly string[], isRecursive: boolean): string[] {
  const depth = isRecursive ? ["-r"] : ["-d", "1"];
  return ["zfs", "list", "-Hp", "-t", "snapshot,bookmark", ...depth, "-o", "creation,userrefs,name", ...names];
}

/** When partial receives began: into a dataset that is new, or into its hidden clone. */
export function partialsCommand(datasets: readonly string[]): string[] {
  const names = datasets.flatMap((name) => [name, `${name}/%recv`]);
  return ["zfs", "get", "-Hp", "-o", "name,value", "creation", ...names];
}

/** What users may do with a dataset. */
export function grantsCommand(dataset: string): string[] {
  return ["zfs", "allow", dataset];
}
