/**
 * Checks of hosts: whether they answer, as whom, with which programs.
 * @module
 */
import type { HostFacts, SystemFacts } from "../../model/checkup.ts";
import { formatSpan } from "../../model/text/mod.ts";
import { isOlder, knownFaults } from "./bad_versions.ts";
import { at, type Check, eachAnswering, eachHost, fail, few, ok, orOk, type Verdict, warn } from "./check.ts";

/** Login shells to whose start-up file the remedies fit. */
const BASH = /(?:^|\/)bash$/;
const FOREIGN_SHELL = /(?:^|\/)(?:t?csh|elvish|fish|nu|nushell|xonsh)$/;
const HOST_KEY = /Host key verification failed|HOST IDENTIFICATION HAS CHANGED/;

/** How far clocks may be apart: less than any limit of monitoring, more than NTP leaves. */
const CLOCK_TOLERANCE_MS = 5000;

/** Commands that install packages, by `ID` of the system, and the package of ZFS. */
const INSTALL: Readonly<Record<string, readonly [zfs: string, ...argv: string[]]>> = {
  debian: ["zfsutils-linux", "apt-get", "install"],
  ubuntu: ["zfsutils-linux", "apt-get", "install"],
  fedora: ["zfs", "dnf", "install"],
  rocky: ["zfs", "dnf", "install"],
  almalinux: ["zfs", "dnf", "install"],
  arch: ["zfs-dkms", "pacman", "-S"],
  alpine: ["zfs", "apk", "add"],
  freebsd: ["openzfs", "pkg", "install"],
};

/** The command that installs, or renews, packages; `undefined` where that is not known. `zfs` is the package of ZFS. */
function install({ os }: SystemFacts, ...names: string[]): string[] {
  const [zfs, ...argv] = INSTALL[os] ?? [];
  return zfs === undefined ? [] : [...argv, ...names.map((name) => name === "zfs" ? zfs : name)];
}

/** A command in the start-up file of the login shell there, in front of all others. */
function firstInBashrc({ task, system }: HostFacts, line: string): string[] {
  if (task.userHost === "" || !BASH.test(system?.loginShell ?? "")) return [];
  return ["ssh", task.userHost, `sed -i '1i ${line}' .bashrc`];
}

/** Checks of hosts. */
export const HOST_CHECKS: readonly Check[] = [
  {
    id: "reachable",
    about: "each host answers a command within the query limit",
    meaning: "Nothing can be done at a host that does not answer. Other hosts are checked all the same.",
    examine: eachHost(({ task, failure }, { here }) => {
      if (failure === undefined) return ok();
      if (HOST_KEY.test(failure)) return undefined;
      const text = lastLine(failure);
      if (!/Permission denied/.test(failure)) return fail(text);
      const [key] = here.publicKeys;
      return key === undefined
        ? fail(text, "ssh-keygen", "-t", "ed25519")
        : fail(text, "ssh-copy-id", "-i", key, task.userHost);
    }),
  },
  {
    id: "host-key",
    about: "the key of each remote host is known, and is the one that is known",
    meaning:
      "Compare the key with that of the host before you accept it: another one may be a host that listens. Only " +
      "if the host has got a new key, `ssh-keygen -R` removes the one that is known.",
    examine: eachHost(({ task, failure }) => {
      if (failure === undefined) return task.userHost === "" ? undefined : ok();
      if (!HOST_KEY.test(failure)) return undefined;
      const name = task.userHost.slice(task.userHost.lastIndexOf("@") + 1);
      return /HAS CHANGED/.test(failure)
        ? fail(`ssh: the key of the host is not the one that is known: see ssh-keygen -F ${name}`)
        : fail("ssh: the key of the host is not known", "ssh", task.userHost, "true");
    }),
  },
  {
    id: "login-shell",
    about: "the login shell takes words that are quoted for a POSIX shell",
    meaning: "Other shells would read names with blanks or quotes differently, hence the program refuses them.",
    examine: eachAnswering(({ task, system: { loginShell, user } }) =>
      task.userHost === "" || loginShell === "" || !FOREIGN_SHELL.test(loginShell)
        ? ok()
        : fail(`the login shell is ${loginShell}`, "chsh", "-s", "/bin/sh", user)
    ),
  },
  {
    id: "shell-noise",
    about: "the login shell prints nothing before a command",
    meaning: "What start-up files print would be taken for the answer of `zfs`. They may print to a terminal only.",
    examine: eachHost((host) => {
      if (host.failure !== undefined) return undefined;
      if (host.noise === "") return ok();
      const text = `the login shell prints text before any command: ${JSON.stringify(host.noise.slice(0, 60))}`;
      return fail(text, ...firstInBashrc(host, "case $- in *i*) ;; *) return ;; esac"));
    }),
  },
  {
    id: "path",
    about: "`zfs` and `zpool` are on the PATH of commands without a terminal",
    meaning: "Commands that ssh or cron run often have a shorter PATH than a person who has logged in.",
    examine: eachAnswering((host) => {
      const { programs, zfsElsewhere, path } = host.system;
      const missing = ["zfs", "zpool"].filter((name) => !programs.has(name));
      if (missing.length === 0) return ok();
      if (zfsElsewhere === undefined) {
        const more = host.system.os === "debian" ? " (in contrib; the module needs linux-headers of the kernel)" : "";
        return fail(`${missing.join(" and ")}: not there${more}`, ...install(host.system, "zfs"));
      }
      const folder = zfsElsewhere.slice(0, zfsElsewhere.lastIndexOf("/"));
      const text = `${zfsElsewhere} is not on the PATH of commands there, ${path}`;
      return fail(text, ...firstInBashrc(host, `PATH=$PATH:${folder}`));
    }),
  },
  {
    id: "zfs-version",
    about: "OpenZFS has none of the faults that are known to damage data, and is new enough to resume",
    meaning: "The text names the issue of OpenZFS. Before 2.1 an interrupted transfer begins anew.",
    examine: eachAnswering(({ zfsVersion, moduleVersion, system }) => {
      const version = moduleVersion || zfsVersion;
      if (version === "") return undefined;
      const renew = install(system, "zfs");
      const faults = knownFaults(version).map(({ issue, what, fixedIn }) =>
        fail(`OpenZFS ${version}: ${what} (openzfs/zfs#${issue}, fixed in ${fixedIn.join(".")})`, ...renew)
      );
      const old = isOlder(version, [2, 1, 0])
        ? [warn(`OpenZFS ${version} cannot resume interrupted transfers reliably: 2.1 can`, ...renew)]
        : [];
      return orOk([...faults, ...old], `OpenZFS ${version.replace(/-.*/, "")}`);
    }),
  },
  {
    id: "module-version",
    about: "the `zfs` program and the kernel module have the same version",
    meaning: "After an update the old module runs until the host starts anew: choose a time when nobody is at work.",
    examine: eachAnswering(({ zfsVersion, moduleVersion }) => {
      if (zfsVersion === "" || moduleVersion === "") return undefined;
      const [program, module] = [zfsVersion, moduleVersion].map((version) => version.replace(/-.*/, ""));
      return program === module ? ok() : warn(`zfs is ${program}, its kernel module ${module}`);
    }),
  },
  {
    id: "programs",
    about: "the programs that make transfers faster, and show their progress, are there",
    meaning:
      "Without `zstd` on both sides nothing is compressed on its way, without `mbuffer` the slower side is waited " +
      "for more often, and without `pv` here there is no progress. Without `ps` no transfer of others is seen.",
    examine: (checkup) => {
      const { helpers } = checkup.job;
      const isNetwork = checkup.hosts.some(({ task }) => task.userHost !== "");
      const forHere = ["pv", "ps"];
      return eachAnswering(({ system, task }) => {
        const wanted = helpers.filter((name) =>
          isNetwork ? task.userHost === "" || name !== "pv" : forHere.includes(name)
        );
        const missing = wanted.filter((name) => !system.programs.has(name));
        if (missing.length === 0) return ok(wanted.join(" "));
        const side = task.userHost === "" ? "here" : task.side === "src" ? "at the source" : "at the destination";
        const packages = missing.map((name) => name === "ps" ? "procps" : name);
        return warn(`${missing.join(", ")}: not there (${side})`, ...install(system, ...packages));
      })(checkup);
    },
  },
  {
    id: "elevation",
    about: "commands run as root, or sudo or doas let the user run `zfs` without a password",
    meaning: "As another user without either, use `--no-privilege-elevation` and `zfs allow`.",
    examine: eachAnswering(({ system }, { job: { elevation } }) => {
      const { uid, user, mayElevate, programs } = system;
      if (uid === 0) return ok();
      if (elevation === undefined) return undefined;
      if (mayElevate) return ok(elevation);
      const text = `${elevation} does not let user ${user} run zfs without a password`;
      if (user === "") return fail(text);
      const zfs = programs.get("zfs") ?? "zfs";
      // sudo ignores files with a dot in their names.
      const file = `/etc/sudoers.d/bzfs-${user.replaceAll(".", "_")}`;
      const rule = elevation.endsWith("doas")
        ? `echo 'permit nopass ${user} as root cmd zfs' >> /etc/doas.conf`
        : `echo '${user} ALL=(root) NOPASSWD: ${zfs}' >> ${file}`;
      return fail(text, "sh", "-c", rule);
    }),
  },
  {
    id: "permissions",
    about: "a user other than root has the permissions of `zfs allow` that the job needs",
    meaning: "Only where commands run as they are (`--no-privilege-elevation`). Properties that are set at the " +
      "destination need their names in addition.",
    examine: eachAnswering(({ task, system, grants }, { job: { elevation } }) => {
      if (system.uid === 0 || elevation !== undefined) return undefined;
      return orOk(task.roots.flatMap(({ dataset, permissions }) => {
        const granted = grants.get(dataset);
        const lacking = granted && permissions.filter((word) => !granted.has(word));
        if (lacking === undefined || lacking.length === 0) return [];
        const text = `user ${system.user} lacks ${lacking.join(", ")} on ${dataset}`;
        return [fail(text, "zfs", "allow", "-u", system.user, permissions.join(","), dataset)];
      }));
    }),
  },
  {
    id: "clock",
    about: "clocks of the hosts and of this one show the same time",
    meaning: "Snapshots have the times of the host that creates them: monitoring and retention are wrong by as much.",
    examine: eachAnswering(({ task, system: { clock, programs, os } }) => {
      if (task.userHost === "" || clock === undefined) return undefined;
      const offMs = Math.abs(clock.aheadMs);
      if (offMs <= CLOCK_TOLERANCE_MS + clock.uncertaintyMs) return ok();
      const text = `clock is ${formatSpan(offMs)} ${clock.aheadMs < 0 ? "behind" : "ahead of"} this host's: ` +
        "monitoring limits are off";
      const step = programs.has("chronyc")
        ? ["chronyc", "makestep"]
        : programs.has("timedatectl") && os !== "freebsd"
        ? ["timedatectl", "set-ntp", "true"]
        : [];
      return warn(text, ...step);
    }),
  },
  {
    id: "answers",
    about: "every listing of a host came to its end",
    meaning: "What a host did not tell is not checked: see the reason, and run the doctor again.",
    examine: (checkup) =>
      checkup.hosts.filter(({ failure }) => failure === undefined)
        .flatMap(({ task, faults }) => at(task.host, orOk(faults.map((text): Verdict => fail(few([text])))))),
  },
];

function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1)!.trim();
}
