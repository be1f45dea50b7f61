/**
 * Two guests that are set up by what README says, and to which then everything happens that docs/runbook.md is about.
 * Messages are those that the page quotes; what it says is typed, is typed, as it stands there. `deno task soak:vm` plays
 * all events, other runs those in which data is at stake: the others take ten minutes in guests without acceleration.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { startTestbed } from "../../scripts/testbed/guest.ts";
import { inGuests, PATIENCE_MS, snapshotsOf, tagsOf } from "../support/replicas.ts";
import { Reader } from "../support/runbook.ts";
import { executable, IS_SOAK, zfsVersion } from "../support/vm.ts";

const root = `${import.meta.dirname}/../../`;
const payload = [executable, executable.replace(/bzfs$/, "SHA256SUMS")];
const bed = await startTestbed({ zfs: zfsVersion(), hosts: ["desktop", "nas"], payload });
const { desktop, nas } = bed.hosts;
const book = new Reader(await Deno.readTextFile(`${root}docs/runbook.md`));

const JOB_FILE = await Deno.readTextFile(`${root}docs/examples/home.yaml`);
const RUN = "bzfs jobrunner --config /etc/bzfs/home.yaml";

/** How a script ended, all that it printed, and each part of it. */
interface Typed {
  readonly status: number;
  readonly text: string;
}

let scripts = 0;

/** Types a script at a host, in the folder with the new executable; nothing is there to be read. */
async function type(script: string, host = nas): Promise<Typed> {
  const path = `/tmp/script-${++scripts}`;
  await host.write(path, script);
  const shell = `cd /opt/payload && . /root/.bashrc && bash -euo pipefail ${path} < /dev/null`;
  const { code, stdout, stderr } = await host.run(shell, { timeoutMs: PATIENCE_MS });
  return { status: code, text: stdout + stderr };
}

/** Types what must end with this status. */
async function typed(script: string, status = 0): Promise<string> {
  const result = await type(script);
  assertEquals(result.status, status, `${script}\n${result.text}`);
  return result.text;
}

type Place = readonly [title: string, index: number];

/** Types what stands in the runbook; `others` say the same. */
async function follow([title, index]: Place, status = 0, ...others: readonly Place[]): Promise<string> {
  return await typed(book.script(title, index, ...others), status);
}

/** An output shows what sections quote: all of it, or only some of its lines. */
function assertShows(output: string, title: string, from?: number, to?: number): void {
  assertEquals(book.missing(title, output, from, to), [], output);
}

/** Snapshots of all datasets of the source, by a name that a plan of the job file could have made. */
async function snapshotAt(hour: number): Promise<void> {
  await desktop.sh(`zfs snapshot -r tank/home@mine_onsite_2026-11-28_${hour}:00:00_hourly`);
}

/** Leaves a part of a stream of a dataset at its copy. */
async function leavePartialReceive(name: string, from: string, to: string): Promise<void> {
  const { text } = await type(
    `ssh desktop zfs send -i ${from} tank/home/${name}@${to} | head -c 500000 | zfs receive -s -u backup/desktop/home/${name}`,
  );
  assertStringIncludes(text, "Partially received snapshot is saved");
}

/** An event that is played in `deno task soak:vm` only. */
function inSoak(name: string, fn: () => Promise<void>): void {
  if (IS_SOAK) inGuests(name, fn);
}

inGuests("README: from an empty pair of guests to a backup that is scheduled, watched and restored", async () => {
  const imports = "sed -i '1i export ZPOOL_IMPORT_PATH=/var/tmp' /root/.bashrc"; // pools of guests are files
  await Promise.all([
    desktop.sh(
      `${imports}
      truncate -s 256M /var/tmp/tank.pool; zpool create tank /var/tmp/tank.pool
      echo passphrase-1 > /root/passphrase; echo passphrase-2 > /root/new-passphrase
      zfs create tank/home; for d in alice bob carol dave; do zfs create tank/home/$d; done
      echo Dear Bob > /tank/home/alice/letter.txt`,
      { timeoutMs: PATIENCE_MS },
    ),
    nas.sh(
      `${imports}; echo passphrase-2 > /root/new-passphrase
      truncate -s 256M /var/tmp/backup.pool; zpool create backup /var/tmp/backup.pool
      mkdir -p /etc/bzfs /etc/cron.d; rm /usr/local/bin/bzfs`,
      { timeoutMs: PATIENCE_MS },
    ),
  ]);
  const readme = await Deno.readTextFile(`${root}README.md`);
  const [, chapter = ""] = /^## Five minutes.*\n([^]*?)^## /m.exec(readme) ?? [];
  const script = chapter.replaceAll(/^ *```[^]*?^ *```$/gm, "");
  const commands = [...script.matchAll(/^ {4,}(\S.*)$/gm)].map(([, line]) => line!)
    .filter((line) => !line.startsWith("npx ")); // these start virtual machines
  const take = (start: string): string => {
    const at = commands.findIndex((line) => line.startsWith(start));
    assert(at >= 0, `README has no ${start}: ${commands.join("\n")}`);
    return commands.splice(at, 1)[0]!;
  };
  const [status, restore] = [take("bzfs status "), take("bzfs --recursive backup/")];
  for (
    const word of [
      "install ",
      "ssh ",
      "bzfs example ",
      " --explain",
      "bzfs doctor ",
      " --replicate",
      " --print-schedule=cron ",
    ]
  ) {
    assert(commands.some((line) => line.includes(word)), `README has no ${word}: ${commands.join("\n")}`);
  }
  for (const command of commands) {
    const { status, text } = await type(command);
    // These pools were never scrubbed: doctor warns.
    assert(status === 0 || (status === 1 && command.startsWith("bzfs doctor ")), `${command}\n${text}`);
  }

  const cron = await nas.sh("cat /etc/cron.d/bzfs-home");
  const lines = [...cron.matchAll(/^\S+ \* \* \* \* root (.*)$/gm)].map(([, line]) => line!);
  assertEquals(lines.length, 3, cron);
  const start = async (): Promise<void> => {
    for (const line of lines) assertEquals(await typed(`exec /bin/sh -c '${line.replaceAll("'", `'\\''`)}'`), "");
  };
  const logs = async (): Promise<number> => Number(await nas.sh("find /root/bzfs-logs -name '*.log' | wc -l"));
  const before = await logs();
  await follow(["Pause the schedule", 0]);
  await start();
  assertEquals(await logs(), before);
  await follow(["Pause the schedule", 1]);
  await start();
  assert(await logs() > before);
  const units = await typed(
    `${RUN} --print-schedule=systemd > /tmp/units; cd /tmp
    awk '/^# \\/etc\\/systemd\\/system\\//{n=split($2, p, "/"); file="/tmp/" p[n]; next} {print > file}' /tmp/units
    systemd-analyze verify --man=no /tmp/bzfs-*.service /tmp/bzfs-*.timer 2>&1; ls /tmp/bzfs-*`,
  );
  assertEquals(
    units.split("\n").filter((line) => line !== "" && !/^\/tmp\/bzfs-home-\w+\.(?:service|timer)$/.test(line)),
    [],
  );
  assertEquals(await snapshotsOf(nas, "backup/desktop/home"), await snapshotsOf(desktop, "tank/home"));

  assertMatch(await typed(status), / ok\n1 route: 1 ok, 0 warning, 0 critical\n/);
  await typed(restore);
  assertEquals(
    await desktop.sh("zfs mount tank/restored; zfs mount tank/restored/alice; cat /tank/restored/alice/*"),
    "Dear Bob",
  );
  await desktop.sh("zfs destroy -r tank/restored");
});

inGuests(
  "diverged, no common snapshot, stale resume token, dataset renamed: one run shows and mends them",
  async () => {
    await desktop.sh("head -c 2M /dev/urandom > /tank/home/dave/film; zfs rename tank/home/bob tank/home/robert");
    await snapshotAt(19);
    const [base] = (await tagsOf(nas, "backup/desktop/home/dave")).slice(-1);
    await leavePartialReceive("dave", base!, "mine_onsite_2026-11-28_19:00:00_hourly");
    await desktop.sh(
      `zfs destroy tank/home/dave@mine_onsite_2026-11-28_19:00:00_hourly
    zfs snapshot tank/home/dave@mine_onsite_2026-11-28_19:00:01_hourly`,
    );
    await nas.sh(
      `zfs snapshot backup/desktop/home/alice@by-hand
    zfs destroy -r backup/desktop/home/carol; zfs create -u backup/desktop/home/carol
    zfs snapshot backup/desktop/home/carol@other`,
    );
    const text = await typed(`${RUN} --replicate`, 3);
    for (const title of ["Diverged", "No common snapshot", "Stale resume token"]) assertShows(text, title);
    assertShows(text, "Dataset renamed", 0, 1);
    assertEquals(await tagsOf(nas, "backup/desktop/home/robert"), await tagsOf(desktop, "tank/home/robert"));
    assertEquals(await tagsOf(nas, "backup/desktop/home/dave"), await tagsOf(desktop, "tank/home/dave"));

    assertStringIncludes(await follow(["Diverged", 0]), "@by-hand");
    await follow(["No common snapshot", 0]);
    const after = await follow(["Diverged", 1], 0, ["No common snapshot", 1]);
    assertEquals(after.match(/^backup\/desktop\/home\/(?:alice|carol)_aside_/gm)?.length, 2, after);
    for (const name of ["alice", "carol"]) {
      assertEquals(await tagsOf(nas, `backup/desktop/home/${name}`), await tagsOf(desktop, `tank/home/${name}`));
    }
    const old = ["carol", "robert"]; // fewer datasets are quicker
    await nas.sh(
      `zfs list -H -o name -r backup | grep _aside_ | xargs -n 1 zfs destroy -r
    for d in ${old.join(" ")}; do zfs destroy -r backup/desktop/home/$d; done`,
    );
    await desktop.sh(`for d in ${old.join(" ")}; do zfs destroy -r tank/home/$d; done`);
  },
);

inSoak("stale resume token, cleared by hand", async () => {
  await desktop.sh("head -c 2M /dev/urandom > /tank/home/dave/film; zfs snapshot tank/home/dave@tmp");
  await leavePartialReceive("dave", "mine_onsite_2026-11-28_19:00:01_hourly", "tmp");
  assertMatch(await follow(["Stale resume token", 0]), /^backup\/desktop\/home\/dave\s+1-/m);
  await desktop.sh("zfs destroy tank/home/dave@tmp");
  await follow(["Stale resume token", 1]);
  await follow(["Diverged", 2], 0, ["No common snapshot", 2]);
});

inGuests("pool not imported, monitoring red", async () => {
  await nas.sh("zpool export backup");
  assertStringIncludes(await follow(["Monitoring red", 0], 2), "[pool-not-imported]");
  const red = await follow(["Monitoring red", 1], 2);
  for (const title of ["Monitoring red", "Pool not imported"]) assertShows(red, title);
  await follow(["Pool not imported", 0]);
  await follow(["Pool not imported", 1]);
  await follow(["Monitoring red", 2]);
  await follow(["Monitoring red", 3], 0, ["Pool not imported", 2]);
});

inSoak("copy modified", async () => {
  const again = ". /root/.bashrc; zpool export backup; zpool import backup";
  await nas.sh(
    `zfs inherit readonly backup/desktop; zfs inherit mountpoint backup/desktop
    ${again}; zfs list -H -o mounted backup/desktop/home | grep -x yes; touch /backup/desktop/home/file`,
  );
  await snapshotAt(20);
  assertShows(await typed(`${RUN} --replicate --retries=0`, 3), "Copy modified");
  await follow(["Copy modified", 0]);
  await follow(["Copy modified", 1]);
  await nas.sh(again);
  await snapshotAt(21);
  await follow(["Copy modified", 2]);
  assertEquals(await snapshotsOf(nas, "backup/desktop/home"), await snapshotsOf(desktop, "tank/home"));
});

inSoak("ssh keys rotate, host key changed", async () => {
  await nas.write("/root/.ssh/config", "Host desktop\n  IdentitiesOnly yes\n  IdentityFile /nowhere\n");
  assertShows(await typed(`${RUN} --monitor-src-snapshots --retries=0`, 2), "SSH keys rotate");
  await nas.sh("rm /root/.ssh/config");
  await follow(["SSH keys rotate", 0]);

  // The testbed believes any key; here it is as it is elsewhere.
  await nas.write(
    "/root/.ssh/config",
    "Host desktop\n  HostKeyAlias desktop\n  StrictHostKeyChecking yes\n  UserKnownHostsFile ~/.ssh/known_hosts\n  LogLevel INFO\n",
  );
  await nas.sh("echo desktop $(cut -d' ' -f1,2 /root/.ssh/id_bzfs.pub) > /root/.ssh/known_hosts");
  assertShows(await typed(`${RUN} --monitor-src-snapshots --retries=0`, 2), "Host key changed");
  await follow(["Host key changed", 0]);
  await nas.sh("rm /root/.ssh/config");
});

inGuests("status 5", async () => {
  await nas.sh(
    `zfs create -u backup/desktop/home/erin; now=$(date +%s)
    for day in $(seq 14 -1 1); do
      date -s @$((now - day * 86400)) > /dev/null
      zfs snapshot backup/desktop/home/erin@mine_onsite_$(date +%Y-%m-%d_%H:%M:%S)_daily
    done; date -s @$now > /dev/null
    sed -i 's/hourly: 48, daily: 90/hourly: 48, daily: 2/' /etc/bzfs/home.yaml`,
    { timeoutMs: PATIENCE_MS },
  );
  assertShows(await follow(["Status 5", 0], 5), "Status 5");
  assertEquals((await tagsOf(nas, "backup/desktop/home/erin")).length, 14);
  await follow(["Status 5", 1]);
  assertEquals((await tagsOf(nas, "backup/desktop/home/erin")).length, 2);
  await follow(["Status 5", 2]);
  await nas.sh("zfs destroy -r backup/desktop/home/erin");
  await nas.write("/etc/bzfs/home.yaml", JOB_FILE);
});

inSoak("pool full", async () => {
  // What a volume reserves beside its size depends on the size.
  await nas.sh("zfs create -u -o refreservation=$(($(zfs list -Hp -o avail backup) - 4000000)) backup/old-image");
  await desktop.sh("head -c 8M /dev/urandom > /tank/home/alice/photo");
  await snapshotAt(22);
  assertShows(await typed(`${RUN} --replicate --retries=0 --skip-on-error=fail`, 3), "Pool full");
  assertMatch(await follow(["Pool full", 0]), /^backup\/old-image /m);
  await follow(["Pool full", 1]);
  await nas.sh("zfs destroy backup/old-image");
  await follow(["Pool full", 2]);
  assertMatch(await nas.sh("cat /etc/bzfs/home.yaml"), /dst-snapshot-plan: .*hourly: 24, daily: 30/);
  await follow(["Pool full", 3]);
  assertEquals((await tagsOf(nas, "backup/desktop/home/alice")).at(-1), "mine_onsite_2026-11-28_22:00:00_hourly");
  await nas.write("/etc/bzfs/home.yaml", JOB_FILE);
});

inSoak("overlap, hang, logs full", async () => {
  const hanging = `#!/bin/sh\n[ "$1" = list ] && sleep 3600\nexec /usr/sbin/zfs "$@"\n`;
  await desktop.write("/usr/local/sbin/zfs", hanging);
  await desktop.sh("chmod +x /usr/local/sbin/zfs");
  const first = type(`${RUN} --replicate`);
  await nas.sh("until ls /root/bzfs-logs/.locks/*.lock; do sleep 0.5; done", { timeoutMs: PATIENCE_MS });
  assertShows(await typed(`${RUN} --replicate`, 4), "Overlap");
  assertStringIncludes(await follow(["Overlap", 0]), "home.yaml --replicate");
  await follow(["Hang", 0]);
  await follow(["Hang", 1]);
  assertEquals((await first).status, 241); // by SIGTERM
  assertShows(await follow(["Hang", 2], 3), "Hang");
  await desktop.sh("rm /usr/local/sbin/zfs; pkill -f 'sleep [3]600' || true");
  await follow(["Hang", 3]);

  await nas.sh(
    `mount -t tmpfs -o size=4m,mode=700 tmpfs /root/bzfs-logs; mkdir -m 700 /root/bzfs-logs/2026-01-01
    head -c 9M /dev/zero > /root/bzfs-logs/2026-01-01/some.log 2> /dev/null || true
    touch -d '20 days ago' /root/bzfs-logs/2026-01-01`,
  );
  assertShows(await typed(`${RUN} --monitor-dst-snapshots`, 2), "Logs full");
  for (const index of [0, 1, 2]) await follow(["Logs full", index]);
  assertMatch(await nas.sh("cat /etc/bzfs/home.yaml"), /bzfs: \{ recursive: true, log-keep: 7 days \}/);
  await nas.sh("umount /root/bzfs-logs");
  await nas.write("/etc/bzfs/home.yaml", JOB_FILE);
});

inSoak("upgrade, roll back", async () => {
  await follow(["Upgrade", 0]);
  await nas.sh("test -x /usr/local/bin/bzfs.previous && cmp /usr/local/bin/bzfs /opt/payload/bzfs");
  await nas.sh("printf '#!/bin/sh\\nexit 99\\n' > /usr/local/bin/bzfs"); // a new version that does not work
  await follow(["Roll back", 0]);
  await nas.sh("cmp /usr/local/bin/bzfs /usr/local/bin/bzfs.previous");
});

inSoak("encryption key changed", async () => {
  await desktop.sh(
    `zfs create -o encryption=on -o keyformat=passphrase -o keylocation=file:///root/passphrase tank/home/secret
    zfs snapshot tank/home/secret@mine_onsite_2026-11-28_22:30:00_hourly`,
  );
  await typed(`${RUN} --replicate`);
  await desktop.sh("zfs change-key -o keylocation=file:///root/new-passphrase tank/home/secret");
  await snapshotAt(23);
  await follow(["Encryption key changed", 0]);
  await Promise.all([
    desktop.sh("zfs destroy -r tank/home/secret"),
    nas.sh("zfs destroy -r backup/desktop/home/secret"),
  ]);
});

inGuests("restore: a file, a dataset", async () => {
  assertMatch(await follow(["Restore", 0]), /^backup\/desktop\/home\/alice@[^]*^tank /m);
  await follow(["Restore", 1]);
  await follow(["Restore", 2]);
  const names = ["letter.txt", "letter-restored.txt", "letter-from-nas.txt"];
  assertEquals(await desktop.sh(`cd /tank/home/alice && cat ${names.join(" ")} | sort -u`), "Dear Bob");
  assertStringIncludes(await follow(["Restore", 3]), "letter.txt");
  await follow(["Restore", 4]);
  await desktop.sh("zfs snapshot -r tank/home@mine_onsite_2026-11-28_23:30:00_hourly");
  const next = await typed(`${RUN} --replicate`);
  assertMatch(next, /Incremental send.* --> backup\/desktop\/home\/alice /);
  assert(!/Full send|Renaming a destination/.test(next), next);
  assertEquals(await desktop.sh("cat /tank/home/alice/letter.txt; zfs destroy -r tank/alice-damaged"), "Dear Bob");
});

inGuests("restore: a whole tree", async () => {
  const before = await snapshotsOf(nas, "backup/desktop/home");
  await desktop.sh(
    `zpool destroy tank; rm /var/tmp/tank.pool
    truncate -s 256M /var/tmp/tank.pool; zpool create tank /var/tmp/tank.pool`,
  );
  const log = await follow(["Restore", 5]);
  assert(!/Full send.* --> backup\//.test(log), log);
  const restored = await snapshotsOf(desktop, "tank/home");
  assertEquals(before.filter((line) => !restored.includes(line)), []);
  assertEquals(await desktop.sh("cat /tank/home/alice/letter.txt"), "Dear Bob");
});

inSoak("failover, failback", async () => {
  assertStringIncludes(await follow(["Failover", 0]), "letter.txt");
  await Promise.all([
    nas.sh("echo written on nas > /srv/home/alice/nas.txt"),
    desktop.sh("echo written on desktop > /tank/home/alice/late.txt"),
  ]);
  assertShows(await typed(`${RUN} --replicate --retries=0`, 3), "Failback");
  await follow(["Failback", 0]);
  await nas.sh("echo written later >> /srv/home/alice/nas.txt");
  await follow(["Failback", 1]);
  assertEquals(await desktop.sh("cat /tank/home/alice/nas.txt"), "written on nas\nwritten later");
  assertEquals(
    await desktop.sh("cat /tank/home_aside_*/alice/late.txt /tank/home/alice_aside_*/late.txt 2> /dev/null || true"),
    "written on desktop",
  );
  await snapshotAt(24);
  const log = await follow(["Failback", 2]);
  assertMatch(log, /Incremental send/);
  assert(!/Full send: .*tank\/home(?:\/alice)?@/.test(log), log);
});

inSoak("removable drive", async () => {
  const jobFile = await Deno.readTextFile(`${root}docs/examples/removable-drive.yaml`);
  await desktop.sh(
    `truncate -s 128M /var/tmp/usbdrive.pool; zpool create usbdrive /var/tmp/usbdrive.pool; zpool export usbdrive
    mkdir -p /etc/bzfs`,
  );
  await desktop.write("/etc/bzfs/usb.yaml", jobFile);
  await desktop.sh("chmod 600 /etc/bzfs/usb.yaml");
  assertShows(
    await typed("ssh desktop bzfs jobrunner --config /etc/bzfs/usb.yaml --replicate"),
    "Removable drive",
  );
  await follow(["Removable drive", 0]);
  assertMatch(await desktop.sh(". /root/.bashrc; zpool import"), /pool: usbdrive/);
});

inSoak("dataset renamed that the job file names, host renamed", async () => {
  await desktop.sh("zfs rename tank/home tank/people");
  const gone = await type(`${RUN} --replicate`);
  assert(gone.status !== 0, gone.text);
  assertShows(gone.text, "Dataset renamed", 1);
  await desktop.sh("zfs snapshot -r tank/people@mine_onsite_2026-11-29_01:00:00_hourly");
  assertStringIncludes(await follow(["Dataset renamed", 0]), "tank/people");
  const again = await follow(["Dataset renamed", 1]);
  assertMatch(again, /Incremental send/);
  assert(!/Full send/.test(again), again);
  await desktop.sh("zfs rename tank/people tank/home");
  await nas.write("/etc/bzfs/home.yaml", JOB_FILE);

  // Another name, and no connection of before: those that are open need no name.
  await nas.sh(
    "sed -i 's/^Host desktop$/Host workstation/' /etc/ssh/ssh_config.d/testbed.conf; pkill -f '^ssh: /root/.ssh/bzfs' || true",
  );
  assertShows(await typed(`${RUN} --monitor-src-snapshots --retries=0`, 2), "Host renamed");
  await desktop.sh("zfs snapshot -r tank/home@mine_onsite_2026-11-29_02:00:00_hourly");
  const last = await follow(["Host renamed", 0]);
  assertMatch(last, /Incremental send/);
  assert(!/Full send/.test(last), last);
});

inSoak("every section of the runbook has been seen, and every command of it was run", () => {
  assertEquals(book.left, []);
  return Promise.resolve();
});
