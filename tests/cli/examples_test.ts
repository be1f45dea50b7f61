/**
 * The job files of docs/examples against simulated hosts: each is explained, and does what its comments say.
 */
import { SimClock } from "../sim/clock.ts";
import { installSimulatedHosts } from "../sim/bin/install.ts";
import { SimHost } from "../sim/host.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { jobrunner, type RunnerResult } from "../support/jobrunner.ts";

const folder = `${import.meta.dirname}/../../docs/examples/`;

/** Where an example runs, and what comes of it. */
interface Scene {
  /** Name of this host in the example. */
  readonly localhost: string;
  /** Host -> datasets that it has at the beginning; a pool alone is empty. */
  readonly hosts: Readonly<Record<string, readonly string[]>>;
  /** More words, to keep the run short. */
  readonly words?: readonly string[];
  /** Copy, as `host:dataset` -> how many snapshots it has in the end. */
  readonly copies: Readonly<Record<string, number>>;
}

const scenes: Readonly<Record<string, Scene>> = {
  "local-backup": {
    localhost: "server",
    hosts: { localhost: ["tank/home", "tank/vm", "backup"] },
    copies: { "localhost:backup/home": 3, "localhost:backup/vm": 3 },
  },
  "one-source-two-destinations": {
    localhost: "laptop",
    hosts: { localhost: ["tank/home"], nas: ["tank"], "vault.example.com": ["archive"] },
    copies: { "nas:tank/backup/laptop/home": 2, "vault.example.com:archive/laptop/home": 1 },
  },
  "many-to-many": {
    localhost: "backup1",
    hosts: { localhost: ["pool"], web1: ["tank/data", "tank/etc"] },
    words: ["--src-host=web1", "--dst-host=backup1", "--work-period-seconds=0"],
    copies: { "localhost:pool/bak/web1/tank/data": 3, "localhost:pool/bak/web1/tank/etc": 3 },
  },
  "removable-drive": {
    localhost: "desktop",
    hosts: { localhost: ["tank/home", "usbdrive"] },
    copies: { "localhost:usbdrive/backup/home": 2 },
  },
  "hot-standby": {
    localhost: "standby",
    hosts: { localhost: ["tank"], primary: ["tank/db"] },
    words: ["--daemon-lifetime=1milliseconds"],
    copies: { "localhost:tank/standby/db": 3 },
  },
  "home": {
    localhost: "nas",
    hosts: { localhost: ["backup"], desktop: ["tank/home"] },
    copies: { "localhost:backup/desktop/home": 2 },
  },
  "two-hosts": {
    localhost: "nas",
    hosts: { localhost: ["backup"], desktop: ["tank/home"] },
    copies: { "localhost:backup/desktop/home": 2 },
  },
  "plans-per-pair": {
    localhost: "nas",
    hosts: { localhost: ["backup"], server: ["tank/home", "tank/vm", "tank/archive", "tank/cache"] },
    copies: {
      "localhost:backup/server/home": 2,
      "localhost:backup/server/vm": 2,
      "localhost:backup/server/archive": 2,
      "localhost:backup/server/cache": 1,
    },
  },
  "bastion": {
    localhost: "hub",
    hosts: { localhost: [], dmz1: ["tank/data"], dmz2: ["tank/data"], vault: ["archive"] },
    copies: { "vault:archive/dmz1/data": 2, "vault:archive/dmz2/data": 2 },
  },
};

const ACTIONS = ["--create-src-snapshots", "--replicate", "--prune-src-snapshots", "--prune-dst-snapshots"];

for (const [name, scene] of Object.entries(scenes)) {
  Deno.test(`example ${name} explains itself and runs`, async () => {
    const { localhost, hosts, copies, words = [] } = scene;
    const logs = await Deno.makeTempDir({ prefix: "bzfs-examples-" });
    try {
      await using sims = await installSimulatedHosts(hostsOf(hosts));
      await Deno.writeTextFile(`${sims.bin}/sudo`, SUDO, { mode: 0o755 });
      const file = `${logs}/${name}.yaml`;
      await Deno.writeTextFile(file, await Deno.readTextFile(`${folder}${name}.yaml`), { mode: 0o600 });
      const run = (...more: string[]): Promise<RunnerResult> =>
        jobrunner(
          [`--config=${file}`, `--localhost=${localhost}`, `--log-dir=${logs}/bzfs-logs`, ...words, ...more],
          sims,
        );
      const explained = await run("--explain", ...ACTIONS);
      assertEquals(explained.status, 0, explained.log);
      assertStringIncludes(explained.out, "\nNothing looks suspicious.\n");
      const { status, log, out } = await run(...ACTIONS);
      assertEquals(status, 0, log + out);
      for (const [copy, count] of Object.entries(copies)) {
        const [host = "", dataset = ""] = copy.split(":");
        const found = (await sims.read(host)).poolOf(dataset)?.find(dataset);
        assertEquals(found?.snapshots.length, count, `${copy}\n${out}`);
      }
      if (name === "removable-drive") await withoutDrive(run);
    } finally {
      await Deno.remove(logs, { recursive: true });
    }
  });
}

/** A drive of another name is one that is not there. */
async function withoutDrive(run: (...words: string[]) => Promise<RunnerResult>): Promise<void> {
  const { status, log } = await run("--dst-root-datasets={'desktop': 'unplugged/backup'}", ...ACTIONS);
  assertEquals(status, 0, log);
  assert(log.includes("Left out, as its removable pool is not here, never seen: -:unplugged/backup/home"), log);
}

function hostsOf(hosts: Scene["hosts"]): Record<string, SimHost> & { localhost: SimHost } {
  const entries = Object.entries(hosts).map(([name, datasets], index) =>
    [name, hostOf(name, datasets, index)] as const
  );
  return Object.fromEntries(entries) as Record<string, SimHost> & { localhost: SimHost };
}

function hostOf(name: string, datasets: readonly string[], seed: number): SimHost {
  const host = SimHost.create({ name, seed: seed + 1, clock: new SimClock(Date.now()) });
  for (const dataset of datasets) {
    const [poolName = ""] = dataset.split("/");
    const pool = host.poolOf(dataset) ?? host.addPool(poolName);
    if (dataset !== poolName) {
      pool.add({ name: dataset, type: "filesystem" });
      host.write(dataset, 300);
    }
  }
  return host;
}

/** Everybody may do everything. */
const SUDO = '#!/bin/sh\nwhile [ "${1#-}" != "$1" ]; do shift; done\nexec "$@"\n';
