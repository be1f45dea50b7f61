/**
 * Units of `--print-schedule=systemd` under a real systemd: that of Debian, which the guest's small init hands over to.
 * The units are those that the executable prints for a job file; what tests change is what a user would: drop-ins, and
 * the hash sign in front of `OnFailure=`.
 */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { startTestbed, zfsVersions } from "../../scripts/testbed/guest.ts";
import { inGuests, PATIENCE_MS, snapshotsOf } from "../support/replicas.ts";
import { executable } from "../support/vm.ts";

// The image of this version has systemd, as sshd needs one of its programs; units are not about versions of OpenZFS.
const bed = await startTestbed({ zfs: zfsVersions[0]!, hosts: ["nas"], payload: [executable] });
const { nas } = bed.hosts;

/** This host fetches from a source that it reaches by ssh, which is itself under another name. */
const JOB_FILE = `
root-dataset-pairs: [{ src: tank/data, dst: data }]
src-hosts: [web]
dst-hosts: [{ name: nas, root-dataset: back/^SRC_HOST }]
src-snapshot-plan: { prod: { onsite: { minutely: 5 } } }
monitor-snapshot-plan: { prod: { onsite: { minutely: { warning: 1 days, critical: 2 days } } } }
bzfs: { recursive: true, force: true, force-unmount: true }
schedule: { mode: bastion, bastion: nas }
`;
const UNIT = "bzfs-fleet-backup";
const MONITOR = "bzfs-fleet-monitor";

/** What is said of a service that has ended well. */
const SUCCESS = "Result=success\nExecMainStatus=0";

/** Starts a service and waits for its end; returns what systemd says of it, as KEY=VALUE lines. */
async function run(unit: string): Promise<string> {
  return await nas.sh(`systemctl start ${unit}.service 2>&1\n${ended(unit)}`, { timeoutMs: PATIENCE_MS });
}

/** `systemctl start --wait` would need a bus. */
function ended(unit: string): string {
  return `while systemctl show -P ActiveState ${unit}.service | grep -qE '^(active|activating)'; do sleep 0.2; done
    systemctl show -p Result -p ExecMainStatus -p ConditionResult ${unit}.service`;
}

async function journalOf(unit: string, words = ""): Promise<string> {
  return await nas.sh(`journalctl --quiet --no-pager -o cat -u ${unit}.service ${words} _TRANSPORT=stdout`);
}

/** Gives a printed service another command, as a drop-in does that a user writes. */
async function replaceCommand(unit: string, command: string): Promise<void> {
  const folder = `/etc/systemd/system/${unit}.service.d`;
  await nas.sh(`mkdir -p ${folder}`);
  await nas.write(`${folder}/command.conf`, `[Service]\nExecStart=\nExecStart=${command}\n`);
  await nas.sh("systemctl daemon-reload");
}

inGuests("set up: systemd as the first process, and the units that are printed for a job file", async () => {
  // Network, modules and sshd are there already. What is left of the units that a boot has is the journal.
  await nas.sh(
    `test -x /usr/lib/systemd/systemd
    sed -i 's|^while :; do sleep 3600; done$|exec /usr/lib/systemd/systemd --unit=basic.target|' /sbin/guest-init
    tail -n 1 /sbin/guest-init | grep -q ^exec
    hostname > /etc/hostname
    printf 'Host web\\n  HostName 127.0.0.1\\n' > /etc/ssh/ssh_config.d/web.conf
    cd /usr/lib/systemd/system
    rm sysinit.target.wants/* /etc/systemd/system/*.wants/*
    ln -s ../systemd-journald.service sysinit.target.wants/
    sync`,
  );
  await nas.power!.cut();
  await nas.power!.restore();
  assertEquals(await nas.sh("cat /proc/1/comm"), "systemd");
  for (const pool of ["tank", "back"]) await nas.createPool(pool);
  await nas.sh("zfs create tank/data; zfs create tank/data/a; echo 1 > /tank/data/a/file; mkdir /etc/bzfs");
  await nas.write("/etc/bzfs/fleet.yaml", JOB_FILE);
  await nas.sh(
    `chmod 600 /etc/bzfs/fleet.yaml
    bzfs jobrunner --config /etc/bzfs/fleet.yaml --print-schedule=systemd > /tmp/units
    awk '/^# \\/etc\\/systemd\\/system\\//{file=$2; next} {print > file}' /tmp/units
    sed -i 's/^# OnFailure=/OnFailure=/' /etc/systemd/system/bzfs-*.service
    printf '%s\\n' '[Service]' Type=oneshot "ExecStart=/bin/sh -c 'echo %i >> /run/notified'" \
      > /etc/systemd/system/notify@.service
    systemctl daemon-reload`,
    { timeoutMs: PATIENCE_MS },
  );
});

inGuests("a timer starts its service, which creates snapshots, replicates and prunes", async () => {
  // A start that was missed is made up for (Persistent=), so that nothing waits for the next minute.
  await nas.sh(
    `mkdir -p /var/lib/systemd/timers; touch -d '1 hour ago' /var/lib/systemd/timers/stamp-${UNIT}.timer
    systemctl enable --now --quiet ${UNIT}.timer
    until [ -n "$(systemctl show -P ExecMainStartTimestamp ${UNIT}.service)" ]; do sleep 0.2; done
    systemctl stop ${UNIT}.timer`,
    { timeoutMs: PATIENCE_MS },
  );
  const state = await nas.sh(ended(UNIT), { timeoutMs: PATIENCE_MS });
  assertStringIncludes(state, SUCCESS, await journalOf(UNIT));
  const source = await snapshotsOf(nas, "tank/data");
  assertEquals(source.length, 2);
  assertEquals(await snapshotsOf(nas, "back/web/data"), source);
  assertMatch(await journalOf(UNIT, "-p info"), /^[-\d]+ [:\d]+ \[I\] \[bzfs_jobrunner\] Succeeded/m);
  assertEquals(await journalOf(UNIT, "-p warning"), "");
  assertEquals(await nas.sh("stat -c %a /var/log/bzfs; ls /var/log/bzfs"), "700\nbzfs-logs");
});

inGuests("a service destroys datasets that are mounted, also by force", async () => {
  await nas.sh("zfs mount -a; zfs create back/busy; zfs create back/web/data/gone; echo > /back/web/data/gone/file");
  await replaceCommand(UNIT, "/usr/sbin/zfs destroy back/busy");
  assertStringIncludes(await run(UNIT), SUCCESS, await journalOf(UNIT));
  const words = "tank/data back/web/data -r --skip-replication --delete-dst-datasets --force-unmount";
  await replaceCommand(UNIT, `/usr/local/bin/bzfs ${words} --log-dir=/var/log/bzfs/bzfs-logs`);
  assertStringIncludes(await run(UNIT), SUCCESS, await journalOf(UNIT));
  assertEquals(await nas.sh("zfs list -H -o name -r back"), "back\nback/web\nback/web/data\nback/web/data/a");
  assertEquals(await nas.sh("grep -cE '/back/(busy|web/data/gone)' /proc/mounts || true"), "0");
});

inGuests("while the file for maintenance exists, nothing is started", async () => {
  await nas.sh("touch /run/bzfs.paused");
  assertStringIncludes(await run(MONITOR), "ConditionResult=no");
  assertEquals(await nas.sh(`systemctl show -P ExecMainStartTimestamp ${MONITOR}.service; rm /run/bzfs.paused`), "");
});

inGuests(
  "monitoring finds that the pool is gone: the user's template is started, the journal says how bad it is",
  async () => {
    await nas.sh("test ! -e /run/notified; zpool export back");
    assertStringIncludes(await run(MONITOR), "Result=exit-code\nExecMainStatus=2", await journalOf(MONITOR));
    const notified = await nas.sh("until [ -s /run/notified ]; do sleep 0.2; done; cat /run/notified");
    assertEquals(notified, `${MONITOR}.service`);
    assertStringIncludes(await journalOf(MONITOR, "-p info"), "Success. Goodbye!"); // the source is well
    const errors = await journalOf(MONITOR, "-p err");
    assertMatch(errors, /^[-\d]+ [:\d]+ \[E\] /m);
    assertEquals(errors.match(/^[-\d]+ [:\d]+ \[[WIDT]\] .*/gm), null);
  },
);

inGuests(
  "after a start the ping and one hook run, outside of the sandbox; after one that found another at work, none",
  async () => {
    const unit = "bzfs-told-status";
    await nas.sh(
      `printf '#!/bin/sh\necho pinged "$@"\n' > /usr/local/bin/curl
    printf '#!/bin/sh\necho "$MONITOR_UNIT $MONITOR_EXIT_STATUS" > /etc/well\n' > /root/well
    sed 's|/etc/well|/etc/ill|' /root/well > /root/ill; chmod +x /usr/local/bin/curl /root/well /root/ill
    bzfs jobrunner --config /etc/bzfs/fleet.yaml --job-id=told --print-schedule=systemd --status-timer=/srv/bzfs.prom \
      --ping='https://hc/50%25?a=$b' --hook-success=/root/well --hook-failure=/root/ill > /tmp/units
    awk '/^# \\/etc\\/systemd\\/system\\//{file=$2; next} {print > file}' /tmp/units; systemctl daemon-reload`,
      { timeoutMs: PATIENCE_MS },
    );
    const told = async (status: number): Promise<string> => {
      await replaceCommand(unit, `/bin/sh -c 'exit ${status}'`);
      await run(unit);
      const followers = `${unit}-*.service`;
      return await nas.sh(
        `sleep 1; while systemctl list-units --no-legend '${followers}' | grep -qw activating; do sleep 0.2; done
      cat /etc/well /etc/ill 2> /dev/null || true; rm -f /etc/well /etc/ill`,
      );
    };
    const ended = [await told(0), await told(4), await told(5)];
    assertEquals(ended, [`${unit}.service 0`, "", `${unit}.service 5`]);
    const pings = await journalOf(`${unit}-ping`);
    assertEquals(pings.split("\n").filter((line) => line.startsWith("pinged")), [
      "pinged -fsS -m 10 --retry 3 -o /dev/null https://hc/50%25?a=$b",
    ]);
    await nas.sh(`rm -r /etc/systemd/system/${unit}.service.d; systemctl daemon-reload`);
    await run(unit);
    const metrics = await nas.sh(
      "stat -c %a /srv/bzfs.prom; grep -c '^bzfs_' /srv/bzfs.prom; systemctl cat bzfs-told-status.timer",
    );
    assertMatch(metrics, /^644\n[1-9]/, await journalOf(unit));
  },
);
