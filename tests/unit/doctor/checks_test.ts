/**
 * Each row of the table of checks: fine on healthy hosts, a finding where something is wrong, and none any more after its
 * remedy was performed (docs/spec/doctor.md §5).
 */
import { CommandError, Retryable, TimeoutError } from "../../../lib/model/errors.ts";
import { CHECKS } from "../../../lib/plan/doctor/mod.ts";
import type { Finding } from "../../../lib/model/checkup.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { DESTINATION, DoctorScene, SOURCE } from "../../support/doctor_scene.ts";
import type { StreamTraits } from "../../sim/state.ts";
import { scrubbed } from "../../sim/commands/checkup.ts";

/** A way to be ill, and to get well again. */
interface Case {
  readonly harm: (scene: DoctorScene) => void;
  /** `severity host text -> remedy`, words of the remedy joined by blanks. */
  readonly finding: string;
  /** `run`: the remedy is run at the simulated host; a function stands for what its command does elsewhere. */
  readonly cure?: "run" | ((scene: DoctorScene) => void);
  /** What a healthy scene needs for the check to apply. */
  readonly ground?: (scene: DoctorScene) => void;
}

function refused(stderr: string): Retryable {
  const failure = { command: "ssh", host: SOURCE, status: 255, stderr, fault: "connection" } as const;
  return new Retryable(new CommandError(failure));
}

const withoutElevation = (scene: DoctorScene): void => {
  scene.job.elevation = undefined;
  Object.assign(scene.source.system, { user: "bzfs", uid: 1000 });
  scene.source.permissions = new Set(["send", "bookmark", "destroy", "mount", "snapshot"]);
};

const encrypted = (scene: DoctorScene): void => {
  Object.assign(scene.dataset("tank/src/a"), { encryptionRoot: "tank/src/a", keyLoaded: true });
  Object.assign(scene.dataset("back/dst/a"), { encryptionRoot: "back/dst/a", keyLoaded: true });
};

const decrypted = (scene: DoctorScene): void => {
  encrypted(scene);
  scene.words.push("--zfs-send-program-opts=--props --compressed");
};

const mended = (failures: DoctorScene["failures"]): void => failures.clear();

/** By the id of the check. */
const CASES: Readonly<Record<string, readonly Case[]>> = {
  "reachable": [
    {
      harm: ({ failures }) => failures.set(SOURCE, refused("banner\nroot@web1: Permission denied (publickey).")),
      finding: "FAIL root@web1 root@web1: Permission denied (publickey). -> " +
        "ssh-copy-id -i /root/.ssh/id_ed25519.pub root@web1",
      cure: ({ failures }) => mended(failures),
    },
    {
      harm: (scene) => {
        scene.failures.set(SOURCE, refused("Permission denied (publickey)."));
        scene.here.publicKeys = [];
      },
      finding: "FAIL root@web1 Permission denied (publickey). -> ssh-keygen -t ed25519",
    },
    {
      harm: ({ failures }) => failures.set(SOURCE, refused("ssh: Could not resolve hostname web1: Name or service")),
      finding: "FAIL root@web1 ssh: Could not resolve hostname web1: Name or service",
    },
    {
      harm: ({ failures }) => failures.set(DESTINATION, new Retryable(new TimeoutError("'zfs list' hung"))),
      finding: "FAIL root@nas 'zfs list' hung",
    },
  ],
  "host-key": [
    {
      harm: ({ failures }) => failures.set(SOURCE, refused("No ED25519 key\nHost key verification failed.")),
      finding: "FAIL root@web1 ssh: the key of the host is not known -> ssh root@web1 true",
      cure: ({ failures }) => mended(failures),
    },
    {
      harm: ({ failures }) =>
        failures.set(SOURCE, refused("REMOTE HOST IDENTIFICATION HAS CHANGED!\nHost key verification failed.")),
      finding: "FAIL root@web1 ssh: the key of the host is not the one that is known: see ssh-keygen -F web1",
      cure: ({ failures }) => mended(failures),
    },
  ],
  "login-shell": [{
    harm: ({ source }) => Object.assign(source, { loginShell: "/usr/bin/fish" }),
    finding: "FAIL root@web1 the login shell is /usr/bin/fish -> chsh -s /bin/sh root",
    cure: ({ source }) => Object.assign(source, { loginShell: "/bin/sh" }),
  }],
  "shell-noise": [{
    harm: ({ source }) => source.system.noise = "Welcome!\n",
    finding: 'FAIL root@web1 the login shell prints text before any command: "Welcome!" -> ' +
      "ssh root@web1 sed -i '1i case $- in *i*) ;; *) return ;; esac' .bashrc",
    cure: ({ source }) => source.system.noise = "",
  }],
  "path": [
    {
      harm: ({ source }) => Object.assign(source.system, { elsewhere: "/usr/sbin/zfs", path: "/usr/bin" }),
      finding: "FAIL root@web1 /usr/sbin/zfs is not on the PATH of commands there, /usr/bin -> " +
        "ssh root@web1 sed -i '1i PATH=$PATH:/usr/sbin' .bashrc",
      cure: ({ source }) => source.system.elsewhere = "",
    },
    {
      harm: ({ source }) => source.system.elsewhere = "/nowhere/zfs",
      finding:
        "FAIL root@web1 zfs and zpool: not there (in contrib; the module needs linux-headers of the kernel) -> apt-get install zfsutils-linux",
      cure: ({ source }) => source.system.elsewhere = "",
    },
  ],
  "zfs-version": [
    ...([
      ["2.2.1-1", "files may be copied with holes in place of data (openzfs/zfs#15526, fixed in 2.2.2)"],
      ["2.1.13-1", "files may be copied with holes in place of data (openzfs/zfs#15526, fixed in 2.1.14)"],
      ["2.1.1-1", "zfs receive may damage data on disks of another sector size (openzfs/zfs#12762, fixed in 2.1.2)"],
    ] as const).map(([version, text]): Case => ({
      harm: ({ source }) => source.state.zfsVersion = version,
      finding: `FAIL root@web1 OpenZFS ${version}: ${text} -> apt-get install zfsutils-linux`,
      cure: ({ source }) => source.state.zfsVersion = "2.3.2-2",
    })),
    {
      harm: ({ source }) => source.state.zfsVersion = "2.0.7-1",
      finding: "warn root@web1 OpenZFS 2.0.7-1 cannot resume interrupted transfers reliably: 2.1 can -> " +
        "apt-get install zfsutils-linux",
      cure: ({ source }) => source.state.zfsVersion = "2.3.2-2",
    },
  ],
  "module-version": [{
    harm: ({ source }) => source.system.moduleVersion = "2.3.1-1",
    finding: "warn root@web1 zfs is 2.3.2, its kernel module 2.3.1",
    cure: ({ source }) => delete source.system.moduleVersion,
  }],
  "programs": [
    {
      harm: ({ source }) => without(source, "zstd"),
      finding: "warn root@web1 zstd: not there (at the source) -> apt-get install zstd",
      cure: ({ source }) => Object.assign(source, { programs: new Set([...source.programs, "zstd"]) }),
    },
    {
      harm: ({ destination }) => without(destination, "mbuffer", "ps"),
      finding: "warn root@nas mbuffer, ps: not there (at the destination) -> apt-get install mbuffer procps",
      cure: ({ destination }) => Object.assign(destination, { programs: new Set(["zstd", "mbuffer", "ps", "zpool"]) }),
    },
  ],
  "elevation": [
    {
      harm: ({ source }) => {
        Object.assign(source.system, { user: "b.zfs", uid: 1000 });
        source.mayElevate = false;
      },
      finding: "FAIL root@web1 sudo does not let user b.zfs run zfs without a password -> " +
        "sh -c echo 'b.zfs ALL=(root) NOPASSWD: /usr/sbin/zfs' >> /etc/sudoers.d/bzfs-b_zfs",
      cure: ({ source }) => source.mayElevate = true,
    },
    {
      harm: ({ source, job }) => {
        job.elevation = "doas";
        Object.assign(source.system, { user: "bzfs", uid: 1000 });
        source.mayElevate = false;
      },
      finding: "FAIL root@web1 doas does not let user bzfs run zfs without a password -> " +
        "sh -c echo 'permit nopass bzfs as root cmd zfs' >> /etc/doas.conf",
      cure: ({ source }) => source.mayElevate = true,
    },
  ],
  "permissions": [{
    ground: withoutElevation,
    harm: ({ source }) => source.permissions = new Set(["send", "destroy"]),
    finding: "FAIL root@web1 user bzfs lacks bookmark, mount on tank/src -> " +
      "zfs allow -u bzfs bookmark,destroy,mount,send tank/src",
    cure: "run",
  }],
  "clock": [
    {
      harm: ({ destination }) => {
        destination.system.clockAheadMs = -94_000;
        Object.assign(destination, { programs: new Set([...destination.programs, "chronyc"]) });
      },
      finding: "warn root@nas clock is 1 min 33 s behind this host's: monitoring limits are off -> chronyc makestep",
      cure: ({ destination }) => destination.system.clockAheadMs = 0,
    },
    {
      harm: ({ destination }) => {
        destination.system.clockAheadMs = 7_200_000;
        Object.assign(destination, { programs: new Set([...destination.programs, "timedatectl"]) });
      },
      finding: "warn root@nas clock is 2 h ahead of this host's: monitoring limits are off -> timedatectl set-ntp true",
      cure: ({ destination }) => destination.system.clockAheadMs = 0,
    },
  ],
  "answers": [{
    harm: ({ source }) => source.interruption = { pool: "tank", rows: 1, reason: "I/O error" },
    finding: "FAIL root@web1 zfs list: cannot iterate filesystems: I/O error",
    cure: ({ source }) => source.interruption = undefined,
  }],
  "pool-imported": [
    {
      harm: ({ destination, back }) => {
        destination.exported.set("back", back);
        destination.removePool("back");
      },
      finding: "FAIL root@nas pool back is not imported: Cannot get properties of back: no such pool available. -> " +
        "zpool import -N back",
      cure: "run",
    },
    {
      harm: ({ source, tank }) => {
        source.exported.set("tank", tank);
        source.removePool("tank");
      },
      finding: "FAIL root@web1 pool tank is not imported: Cannot get properties of tank: no such pool available. -> " +
        "zpool import tank",
      cure: "run",
    },
  ],
  "pool-health": [
    {
      harm: ({ back }) => back.state.health = "SUSPENDED",
      finding: "FAIL root@nas pool back is SUSPENDED -> zpool clear back",
      cure: "run",
    },
    {
      harm: ({ back }) => back.state.health = "DEGRADED",
      finding: "warn root@nas pool back is DEGRADED: see zpool status -v back",
    },
    {
      harm: ({ back }) => back.state.health = "FAULTED",
      finding: "FAIL root@nas pool back is FAULTED: see zpool status -v back",
    },
  ],
  "pool-writable": [{
    harm: ({ back }) => back.state.readonly = "on",
    finding: "warn root@nas pool back is imported read-only: nothing can be changed in it",
    cure: (scene) => {
      scene.perform(DESTINATION, ["zpool", "export", "back"]);
      scene.perform(DESTINATION, ["zpool", "import", "back"]);
    },
  }],
  "capacity": [
    { harm: ({ back }) => back.state.capacity = 85, finding: "warn root@nas pool back is 85 % full" },
    { harm: ({ back }) => back.state.capacity = 96, finding: "FAIL root@nas pool back is 96 % full" },
  ],
  "scrub": [
    {
      harm: ({ back, clock }) => back.state.scan = scrubbed(clock.now() - 61 * 86_400_000),
      finding: "warn root@nas the last scrub of pool back is 61 days old -> zpool scrub back",
      cure: "run",
    },
    {
      harm: ({ tank }) => delete tank.state.scan,
      finding: "warn root@web1 pool tank was never scrubbed -> zpool scrub tank",
      cure: "run",
    },
  ],
  "pool-errors": [{
    harm: ({ back }) => back.state.errors = "2 data errors, use '-v' for a list",
    finding: "FAIL root@nas pool back: 2 data errors, use '-v' for a list: see zpool status -v back",
  }],
  "features": [
    {
      harm: ({ tank }) => tank.state.features.bookmark_v2 = "disabled",
      finding: "warn root@web1 pool tank lacks bookmark_v2: bookmarks cannot stand for snapshots of encrypted datasets",
      cure: ({ tank }) => tank.state.features.bookmark_v2 = "enabled",
    },
    {
      harm: ({ back }) => back.state.features.extensible_dataset = "disabled",
      finding: "warn root@nas pool back lacks extensible_dataset: interrupted transfers begin anew",
      cure: ({ back }) => back.state.features.extensible_dataset = "enabled",
    },
    {
      harm: ({ back }) => back.state.features.large_blocks = "disabled",
      finding: "warn root@nas pool back lacks large_blocks: blocks of more than 128 KiB are split on their way",
      cure: ({ back }) => back.state.features.large_blocks = "enabled",
    },
  ],
  "delegation": [{
    ground: withoutElevation,
    harm: ({ tank }) => tank.state.delegation = "off",
    finding: "FAIL root@web1 pool tank has delegation=off -> zpool set delegation=on tank",
    cure: "run",
  }],
  "source-there": [{
    harm: ({ words }) => words.push(`${SOURCE}:tank/scr`, `${DESTINATION}:back/scr`),
    finding: "FAIL root@web1 source dataset tank/scr does not exist",
  }],
  "keys": [
    {
      ground: decrypted,
      harm: (scene) => scene.dataset("tank/src/a").keyLoaded = false,
      finding: "FAIL root@web1 the key of tank/src/a is not loaded -> zfs load-key tank/src/a",
      cure: "run",
    },
    {
      ground: decrypted,
      harm: (scene) => scene.dataset("back/dst/a").keyLoaded = false,
      finding: "FAIL root@nas the key of back/dst/a is not loaded -> zfs load-key back/dst/a",
      cure: "run",
    },
  ],
  "encryption": [
    {
      harm: (scene) => {
        encrypted(scene);
        delete scene.dataset("back/dst/a").encryptionRoot;
      },
      finding: "FAIL root@nas tank/src/a is sent raw, but back/dst/a was received decrypted: increments are refused",
    },
    {
      ground: decrypted,
      harm: (scene) => void delete scene.dataset("back/dst/a").encryptionRoot,
      finding: "warn root@nas tank/src/a is encrypted, and stored decrypted as back/dst/a: " +
        "see --zfs-send-program-opts=--raw",
      cure: (scene) => scene.dataset("back/dst/a").encryptionRoot = "back/dst/a",
    },
  ],
  "quota": [{
    harm: (scene) => {
      scene.source.write("tank/src/a", 5_000_000);
      scene.dataset("back/dst/a").local.refquota = "1048576";
    },
    finding: "FAIL root@nas refquota of back/dst/a is 1 MiB, its source refers to 4.77 MiB -> " +
      "zfs set refquota=none back/dst/a",
    cure: "run",
  }],
  "room": [{
    harm: (scene) => {
      scene.back.remove("back/dst/a");
      scene.source.write("tank/src/a", 50_000_000);
      scene.back.state.free = 1_000_000;
    },
    finding: "FAIL root@nas first replication to back/dst/a needs about 47.7 MiB, and 977 KiB are available",
    cure: (scene) => scene.back.state.free = 100_000_000,
  }],
  "mountpoint": [
    {
      harm: (scene) => scene.dataset("back/dst/a").local.mountpoint = "/",
      finding: "warn root@nas back/dst/a mountpoint=/ canmount=on would shadow / -> " +
        "zfs set canmount=noauto back/dst/a",
      cure: "run",
    },
    {
      harm: (scene) => {
        scene.dataset("back/dst").local.mountpoint = "/data";
        scene.dataset("back/dst/a").local.mountpoint = "/data";
        scene.dataset("back/dst").local.canmount = "on";
      },
      finding: "warn root@nas back/dst mountpoint=/data canmount=on would shadow /data -> " +
        "zfs set canmount=noauto back/dst",
      cure: "run",
    },
  ],
  "readonly": [{
    harm: (scene) => scene.dataset("back/dst/a").isMounted = true,
    finding: "warn root@nas back/dst/a is mounted for writing -> zfs set readonly=on back/dst/a",
    cure: "run",
  }],
  "partial-receives": [{
    harm: (scene) =>
      scene.dataset("back/dst/a").partial = {
        traits: traits(scene),
        writes: [],
        newDataset: false,
        creation: scene.daysAgo(8),
        properties: {},
      },
    finding: "warn root@nas 1 partial receive older than 7 days: back/dst/a -> " +
      "bzfs doctor --fix partial-receives --config=/etc/bzfs/fleet.yaml",
    cure: (scene) => scene.dataset("back/dst/a").partial = undefined,
  }],
  "temporary-bookmarks": [{
    harm: (scene) => bookmark(scene, ".TMPBZFS.s.a.b.c", 8),
    finding: "warn root@web1 1 temporary bookmark of old snapshots: tank/src/a#.TMPBZFS.s.a.b.c -> " +
      "bzfs doctor --fix temporary-bookmarks --config=/etc/bzfs/fleet.yaml",
    cure: (scene) => scene.perform(SOURCE, ["zfs", "destroy", "tank/src/a#.TMPBZFS.s.a.b.c"]),
  }],
  "guards": [{
    harm: (scene) => bookmark(scene, ".GUARDBZFS.a.b.c", 91),
    finding:
      "warn root@web1 tank/src/a#.GUARDBZFS.a.b.c guards a destination that /etc/bzfs/fleet.yaml does not know: " +
      "see --forget-destination",
    cure: (scene) => scene.dataset("tank/src/a").bookmarks = [],
  }],
  "holds": [{
    harm: (scene) => {
      const dataset = scene.dataset("back/dst/a");
      dataset.snapshots = [{
        tag: "old",
        guid: "5",
        createtxg: 5,
        creation: scene.daysAgo(31),
        length: 0,
        holds: ["mine"],
      }];
    },
    finding: "warn root@nas back/dst/a@old is held, 31 d old, longer than any plan keeps it -> " +
      "zfs holds back/dst/a@old",
    cure: (scene) => scene.perform(DESTINATION, ["zfs", "release", "mine", "back/dst/a@old"]),
  }],
  "job-file": [{
    harm: ({ job }) => job.jobFile = { path: "/f.yaml", problem: "it has permissions 666", isOnlyMode: true },
    finding: "FAIL localhost it has permissions 666 -> chmod go-w /f.yaml",
    cure: ({ job }) => job.jobFile = { path: "/f.yaml", problem: undefined, isOnlyMode: false },
  }],
  "review": [{
    harm: ({ job }) => job.suspicions = ["Nothing is monitored."],
    finding: "warn localhost Nothing is monitored.",
    cure: ({ job }) => job.suspicions = [],
  }],
  "overlap": [{
    harm: (scene) => scene.words = ["--recursive", `${SOURCE}:tank/src`, `${SOURCE}:tank/src/b`],
    finding: "FAIL localhost Source and destination dataset trees must not overlap! src: root@web1:tank/src, " +
      "dst: root@web1:tank/src/b",
  }],
  "shared-destination": [{
    harm: ({ words }) => words.push(`${SOURCE}:tank/other`, `${DESTINATION}:back/dst`),
    finding: "FAIL localhost several sources write to root@nas:back/dst: root@web1:tank/src, root@web1:tank/other",
    cure: ({ words }) => words.splice(-2),
  }],
  "folders": [{
    harm: ({ here }) => here.folders = [{ path: "/l", problem: "'/l' has permissions 755", isOnlyMode: true }],
    finding: "FAIL localhost '/l' has permissions 755 -> chmod 700 /l",
    cure: ({ here }) => here.folders = [],
  }],
  "log-room": [{
    harm: ({ here }) => here.logRoom = { available: 7_000_000n, size: 1_000_000_000n },
    finding: "warn localhost the file system of the logs has 7 MB left",
    cure: ({ here }) => here.logRoom = { available: 70_000_000n, size: 1_000_000_000n },
  }],
  "control-sockets": [{
    harm: ({ here }) => here.deadSockets = ["/root/.ssh/bzfs/h/c/s1"],
    finding: "warn localhost 1 control socket of no process: /root/.ssh/bzfs/h/c/s1 -> " +
      "bzfs doctor --fix control-sockets --config=/etc/bzfs/fleet.yaml",
    cure: ({ here }) => here.deadSockets = [],
  }],
  "locks": [{
    harm: ({ here }) => here.deadLocks = ["/l/.locks/a.lock"],
    finding: "warn localhost 1 lock file of no process: /l/.locks/a.lock -> " +
      "bzfs doctor --fix locks --config=/etc/bzfs/fleet.yaml",
    cure: ({ here }) => here.deadLocks = [],
  }],
  "schedule": [{
    harm: ({ here }) => here.schedules = [],
    finding: "warn localhost neither cron nor systemd of this host starts the job file -> " +
      "bzfs jobrunner --config /etc/bzfs/fleet.yaml --localhost=hub --print-schedule=cron",
    cure: ({ here }) => here.schedules = ["/etc/cron.d/bzfs"],
  }],
};

function without(host: DoctorScene["source"], ...names: string[]): void {
  Object.assign(host, { programs: new Set([...host.programs].filter((name) => !names.includes(name))) });
}

function bookmark(scene: DoctorScene, tag: string, days: number): void {
  scene.dataset("tank/src/a").bookmarks = [{
    tag,
    guid: "7",
    createtxg: 7,
    creation: scene.daysAgo(days),
    length: 0,
  }];
}

function traits(scene: DoctorScene): StreamTraits {
  return {
    toName: "tank/src/a@s",
    toGuid: "9",
    creation: scene.daysAgo(8),
    type: "filesystem",
    blockSize: 131_072,
    raw: false,
    compressed: false,
    embedded: false,
    largeBlocks: false,
  };
}

function shown({ severity, host, text, remedy }: Finding): string {
  return `${severity} ${host} ${text}${remedy === undefined ? "" : ` -> ${remedy.argv.join(" ")}`}`;
}

Deno.test("every check of the table has cases, and every case has a check", () => {
  assertEquals(CHECKS.map(({ id }) => id).toSorted(), Object.keys(CASES).toSorted());
  assert(CHECKS.length >= 25);
});

for (const [id, cases] of Object.entries(CASES)) {
  for (const { harm, finding, cure, ground = () => {} } of cases) {
    Deno.test(`check ${id}: ${finding}`, async () => {
      const scene = new DoctorScene();
      ground(scene);
      const of = async () => (await scene.examine()).filter((found) => found.id === id);
      const before = await of();
      assert(before.length > 0, "the check does not apply");
      assertEquals(before.map(({ severity }) => severity), before.map(() => "ok"), before.map(shown).join("\n"));
      harm(scene);
      const ill = (await of()).filter(({ severity }) => severity !== "ok");
      assert(ill.map(shown).includes(finding), ill.map(shown).join("\n"));
      if (cure === undefined) return;
      if (cure === "run") {
        for (const { host, remedy } of ill) if (remedy !== undefined) scene.perform(host, remedy.argv);
      } else cure(scene);
      assertEquals((await of()).filter(({ severity }) => severity !== "ok").map(shown), []);
    });
  }
}

Deno.test("a healthy pair of hosts has no finding", async () => {
  const findings = await new DoctorScene().examine();
  assertEquals(findings.filter(({ severity }) => severity !== "ok").map(shown), []);
  assert(findings.length > 40);
});

Deno.test("a host that fails keeps no other from being checked", async () => {
  const scene = new DoctorScene();
  scene.failures.set(SOURCE, new Retryable(new TimeoutError("silent")));
  scene.back.state.capacity = 99;
  const ill = (await scene.examine()).filter(({ severity }) => severity !== "ok");
  assertEquals(ill.map(shown), ["FAIL root@web1 silent", "FAIL root@nas pool back is 99 % full"]);
});

Deno.test("a host that hangs in the middle is told, and what it said before counts", async () => {
  const scene = new DoctorScene();
  scene.failures.set(DESTINATION, new Retryable(new TimeoutError("silent")));
  scene.failingFrom = "zfs list -Hp -t filesystem";
  scene.back.state.capacity = 99;
  const ill = (await scene.examine()).filter(({ severity }) => severity !== "ok");
  assertEquals(ill.map(shown), ["FAIL root@nas silent", "FAIL root@nas pool back is 99 % full"]);
});

Deno.test("what is not told is not judged", async () => {
  const scene = new DoctorScene();
  scene.failures.set(SOURCE, new Retryable(new TimeoutError("silent")));
  scene.failingFrom = "zfs list -Hp -t snapshot";
  const ids = (await scene.examine()).filter(({ host }) => host === SOURCE).map(({ id }) => id);
  assertEquals(["temporary-bookmarks", "guards", "holds"].filter((id) => ids.includes(id)), []);
  assertEquals(["source-there", "keys"].filter((id) => !ids.includes(id)), []);
});

Deno.test("no remedy takes anything away, overwrites a file, or cannot be undone", async () => {
  for (const [id, cases] of Object.entries(CASES)) {
    for (const { harm, ground = () => {} } of cases) {
      const scene = new DoctorScene();
      ground(scene);
      harm(scene);
      for (const { remedy } of (await scene.examine()).filter((finding) => finding.id === id)) {
        const line = remedy?.argv.join(" ") ?? "";
        const isGrave =
          /\bdestroy\b(?!,)|\brelease\b|\brollback\b|export|reboot|-R\b|feature@|(?<!>)>(?!>)|\brm\b| -f\b/.test(line);
        assert(!isGrave, `${id}: ${line}`);
      }
    }
  }
});

Deno.test("a pool that is only read may be imported read-only", async () => {
  const scene = new DoctorScene();
  scene.words.push("--create-bookmarks=none");
  scene.tank.state.readonly = "on";
  const found = (await scene.examine()).filter(({ id, host }) => id === "pool-writable" && host === SOURCE);
  assertEquals(found.map(({ severity }) => severity), ["ok"]);
});

Deno.test("guards are not judged without a job file: another job may have made them", async () => {
  const scene = new DoctorScene();
  bookmark(scene, ".GUARDBZFS.a.b.c", 91);
  scene.job.jobFile = undefined;
  assertEquals((await scene.examine()).filter(({ id }) => id === "guards"), []);
});

Deno.test("a pool that may be away is fine without", async () => {
  const scene = new DoctorScene();
  scene.removable = true;
  scene.destination.removePool("back");
  const ill = (await scene.examine()).filter(({ severity }) => severity !== "ok");
  assertEquals(ill.map(shown), []);
});

Deno.test("the schedule is looked for where the job file has it, under the name that it has for this host", async () => {
  const said = async (change: (job: DoctorScene["job"]) => void, schedules: string[] = []): Promise<string[]> => {
    const scene = new DoctorScene();
    scene.here.schedules = schedules;
    change(scene.job);
    return (await scene.examine()).filter(({ id }) => id === "schedule").map(shown);
  };
  const misnamed = (job: DoctorScene["job"]): void => {
    job.misnomers = ["This host is called vm."];
    job.isScheduledHere = false;
  };
  assertEquals(await said(misnamed), ["warn localhost This host is called vm."]);
  assertEquals(await said(misnamed, ["/etc/cron.d/bzfs-home"]), ["ok localhost "]);
  assertEquals(await said((job) => job.isScheduledHere = false), ["ok localhost "]);
  assertEquals(await said((job) => job.words = ["--config=/f", "--localhost=hub", "--log-dir=/l"]), [
    "warn localhost neither cron nor systemd of this host starts the job file -> bzfs jobrunner " +
    "--config /etc/bzfs/fleet.yaml --localhost=hub --log-dir=/l --print-schedule=cron",
  ]);
});

Deno.test("a job that copies nothing is a failure, other suspicions are warnings", async () => {
  const scene = new DoctorScene();
  scene.job.suspicions = ["Nothing is sent.", "Nothing is monitored."];
  scene.job.faults = new Set(["Nothing is sent."]);
  const found = (await scene.examine()).filter(({ id }) => id === "review");
  assertEquals(found.map(shown), ["FAIL localhost Nothing is sent.", "warn localhost Nothing is monitored."]);
});
