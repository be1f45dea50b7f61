/**
 * A schedule as units of systemd, hardened as far as ZFS allows.
 *
 * Each service has no devices but `/dev/zfs`, the system calls of services, and cannot gain privileges. One that does not
 * unmount datasets also sees a read-only system with one folder of its own and the user's ssh folder, which is made
 * beforehand as nothing can be made beside it then. `MemoryDenyWriteExecute` is absent as the runtime compiles at run
 * time, `PrivateDevices` as it would hide `/dev/zfs`. `tests/vm/systemd_test.ts` runs the units.
 * @module
 */
import { PAUSE_FILE, quietOf, type Schedule, type ScheduledTask } from "./schedule.ts";

/** Folder for unit files. */
const FOLDER = "/etc/systemd/system";

/** All unit files in turn, each behind a comment with its path, as `systemctl cat` shows them. */
export function renderSystemd(schedule: Schedule): string {
  return schedule.tasks.flatMap((task) => unitsOf(task, schedule)).map(({ name, text }) =>
    `# ${FOLDER}/${name}\n${text}`
  ).join("\n");
}

interface Unit {
  readonly name: string;
  readonly text: string;
}

function unitsOf(task: ScheduledTask, schedule: Schedule): Unit[] {
  const service = { name: `${task.name}.service`, text: serviceText(task, schedule) };
  const every = task.every ?? schedule.every;
  if (every === "always") return [service];
  return [
    service,
    { name: `${task.name}.timer`, text: timerText(task, every) },
    ...FOLLOWERS.flatMap((what) => followerOf(what, task, schedule)),
  ];
}

/** What may follow a start, in units of their own: what a service has given up, these have. */
const FOLLOWERS = ["ping", "success", "failure"] as const;

function followerOf(what: typeof FOLLOWERS[number], { name, title, after }: ScheduledTask, { user }: Schedule): Unit[] {
  const command = after?.[what];
  if (command === undefined) return [];
  const start = what === "failure" ? commandLine(command.argv) : IF_SUCCESS + command.argv.map(quoted).join(" ");
  const text = [
    "[Unit]",
    `Description=${unquoted(title)}: ${what}`,
    "",
    "[Service]",
    "Type=oneshot",
    "TimeoutStartSec=10min",
    `ExecStart=${start}`,
    ...(what === "ping" ? PING_HARDENING : [`User=${unquoted(user)}`]),
    "",
  ].join("\n");
  return [{ name: `${name}-${what}.service`, text }];
}

/**
 * A start that ends with 4 counts as a success, too, and has done nothing. systemd tells the status since 251, and `ExecStart=`
 * only; under an older one nothing is called a success.
 */
const IF_SUCCESS = `/bin/sh -c 'test "$$MONITOR_EXIT_STATUS" != 0 || exec "$$0" "$$@"' `;

const PING_HARDENING = [
  "DynamicUser=yes",
  "ProtectHome=yes",
  "PrivateDevices=yes",
  "CapabilityBoundingSet=",
  "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6",
  "SystemCallFilter=@system-service",
];

/** Lines that name the units which follow a start. */
function followerLines({ name, after = {} }: ScheduledTask): string[] {
  const unitsFor = (...some: readonly typeof FOLLOWERS[number][]): string =>
    some.filter((what) => after[what] !== undefined).map((what) => `${name}-${what}.service`).join(" ");
  const [success, failure] = [unitsFor("ping", "success"), unitsFor("failure")];
  return [
    ...(success === "" ? [] : [`OnSuccess=${success}`]),
    ...(failure === "" ? OWN_TEMPLATE : [`OnFailure=${failure}`]),
  ];
}

const OWN_TEMPLATE = [
  "# To get notified of failures, write a template unit and uncomment this line. %n is the name of this unit.",
  "# OnFailure=notify@%n.service",
];

function serviceText(task: ScheduledTask, { user, home, runLimitMs, ...schedule }: Schedule): string {
  const stays = (task.every ?? schedule.every) === "always";
  return [
    "[Unit]",
    `Description=${unquoted(task.title)}`,
    "Documentation=man:bzfs_jobrunner(1) man:bzfs-job-file(5)",
    "Wants=network-online.target",
    "After=network-online.target zfs.target",
    "# While this file exists, nothing is started: create it for maintenance. A reboot removes it.",
    `ConditionPathExists=!${PAUSE_FILE}`,
    ...followerLines(task),
    "",
    "[Service]",
    "Type=exec", // systemd ignores RuntimeMaxSec for the type oneshot
    ...(stays ? ["Restart=always", "RestartSec=1s"] : []),
    "# A last resort, far above what a run may take: the program itself ends what hangs.",
    `RuntimeMaxSec=${Number.isFinite(runLimitMs) ? `${Math.ceil(runLimitMs / 1000)}s` : "infinity"}`,
    `User=${unquoted(user)}`,
    `ExecStart=${commandLine(task.argv)}`,
    task.quietStatuses === undefined
      ? "# 4: the previous run is still going."
      : "# What it finds is in what it writes.",
    `SuccessExitStatus=${quietOf(task).join(" ")}`,
    "LogsDirectory=bzfs",
    "LogsDirectoryMode=0700",
    ...HARDENING,
    ...capabilities(user),
    ...(task.unmounts ? SHARED_MOUNTS : ownMounts(user, `${home}/.ssh`, task.writes)),
    ...(stays ? ["", "[Install]", "WantedBy=multi-user.target"] : []),
    "",
  ].join("\n");
}

const HARDENING = [
  "UMask=0077",
  "NoNewPrivileges=yes",
  "DevicePolicy=closed",
  "DeviceAllow=/dev/zfs rw",
  "ProtectClock=yes",
  "ProtectHostname=yes",
  "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK",
  "RestrictNamespaces=yes",
  "RestrictRealtime=yes",
  "RestrictSUIDSGID=yes",
  "LockPersonality=yes",
  "SystemCallArchitectures=native",
  "# @mount is for zfs, @pkey for the runtime on processors that have memory protection keys.",
  "SystemCallFilter=@system-service @mount @pkey",
  "SystemCallErrorNumber=EPERM",
];

/** What would give the service mounts of its own is left out. */
const SHARED_MOUNTS = [
  "# ProtectSystem=, PrivateTmp= and the like are absent: they make a mount namespace, and an unmount in there does not",
  "# reach the host, so that no dataset could be destroyed that is mounted.",
];

function ownMounts(user: string, sshFolder: string, writes?: string): string[] {
  return [
    `ExecStartPre=+/usr/bin/install -d -m 0700 -o ${quoted(user)} ${quoted(sshFolder)}`,
    "ProtectSystem=strict",
    `ReadWritePaths=-${literal(sshFolder)}`,
    ...(writes === undefined ? [] : [`ReadWritePaths=${literal(writes)}`]),
    "PrivateTmp=yes",
    "ProtectControlGroups=yes",
    "ProtectKernelLogs=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelTunables=yes",
  ];
}

/** ZFS checks `CAP_SYS_ADMIN` of root; other users get their rights from `zfs allow`. */
function capabilities(user: string): string[] {
  if (user === "root") return ["CapabilityBoundingSet=CAP_SYS_ADMIN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER"];
  return [
    "# sudo does not work here: give rights with `zfs allow`, and set no-privilege-elevation in the job file.",
    "CapabilityBoundingSet=",
  ];
}

function timerText(task: ScheduledTask, every: number): string {
  return [
    "[Unit]",
    `Description=${unquoted(task.title)}`,
    "",
    "[Timer]",
    `OnCalendar=${every === 1 ? "*:*:00" : `*:0/${every}:00`}`,
    "AccuracySec=1s",
    "# So that hosts of a fleet do not all start at once. Snapshots that are due at a minute are created within it.",
    "RandomizedDelaySec=10s",
    "Persistent=true",
    "",
    "[Install]",
    "WantedBy=timers.target",
    "",
  ].join("\n");
}

/** A command: in its program, other than in the words behind it, systemd takes a dollar sign as it is. */
function commandLine([program = "", ...words]: readonly string[]): string {
  return [literal(program), ...words.map(quoted)].join(" ");
}

/** A word behind the program of a command; percent and dollar signs would be expanded. */
function quoted(word: string): string {
  return literal(word).replaceAll("$", "$$$$");
}

/** A word of which only percent signs would be expanded. */
function literal(word: string): string {
  const escaped = specifiersEscaped(word);
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? escaped : `"${escaped.replaceAll(/["\\]/g, "\\$&")}"`;
}

/** A value that is not taken apart into words. One backslash at its end would join the next line to it, two do not. */
function unquoted(text: string): string {
  return specifiersEscaped(text).replace(/\\+$/, "$&$&");
}

function specifiersEscaped(text: string): string {
  return text.replaceAll("%", "%%");
}
