/**
 * Ways to lose a backup, each built on the simulated fleet of `status_scene.ts`, and what `bzfs status` has to find.
 * @module
 */
import { poolOf, type StatusScene } from "./status_scene.ts";

/** One of them. */
export interface StatusCase {
  readonly name: string;
  /** Id of a finding that must be there; absent if there is no report at all. */
  readonly finding?: string;
  /** What `status` ends with. */
  readonly status: 1 | 2;
  /** More words for `bzfs status`. */
  readonly words?: readonly string[];
  readonly lose: (scene: StatusScene) => Promise<unknown>;
}

const SUB = "tank/data/sub";

/** Removes a dataset with what is below it. */
function destroy(scene: StatusScene, host: "web1" | "nas", name: string): Promise<void> {
  return scene.change(host, (sim) => {
    for (const { name: one } of poolOf(sim).tree(name).toReversed()) poolOf(sim).remove(one);
  });
}

/** Adds a snapshot of another name at the destination, which was created 10 minutes ago and is the newest there. */
function addOwnSnapshot(scene: StatusScene): Promise<void> {
  return scene.change("nas", (host) => {
    const dataset = poolOf(host).find("back/web1/data/sub")!;
    poolOf(host).addSnapshots([{ dataset, tag: "by-hand" }]);
    const own = dataset.snapshots.at(-1)!;
    dataset.snapshots = [...dataset.snapshots.slice(0, -1), { ...own, creation: Math.floor(Date.now() / 1000) - 600 }];
  });
}

/** Adds a dataset without a snapshot at the source, which was created so many hours ago. */
export function addBareDataset(scene: StatusScene, hours: number): Promise<void> {
  return scene.change("web1", (host) => {
    const dataset = poolOf(host).add({ name: "tank/data/bare", type: "filesystem" });
    dataset.creation = Math.floor(Date.now() / 1000 - hours * 3600);
  });
}

/** All of them. */
export const STATUS_CASES: readonly StatusCase[] = [
  {
    name: "the pool of a source is exported",
    finding: "pool-not-imported",
    status: 2,
    lose: (scene) => scene.change("web1", (host) => host.removePool("tank")),
  },
  {
    name: "the pool of a destination is exported",
    finding: "pool-not-imported",
    status: 2,
    lose: (scene) => scene.change("nas", (host) => host.removePool("back")),
  },
  {
    name: "a dataset is destroyed at the source",
    finding: "source-gone",
    status: 1,
    lose: (scene) => destroy(scene, "web1", SUB),
  },
  {
    name: "the root is destroyed at the source",
    finding: "source-missing",
    status: 2,
    lose: (scene) => destroy(scene, "web1", "tank/data"),
  },
  {
    name: "a dataset is destroyed at the destination",
    finding: "destination-gone",
    status: 2,
    lose: (scene) => destroy(scene, "nas", "back/web1/data/sub"),
  },
  {
    name: "the root is destroyed at the destination",
    finding: "destination-gone",
    status: 2,
    lose: (scene) => destroy(scene, "nas", "back/web1"),
  },
  {
    name: "a dataset is destroyed on both sides",
    finding: "both-gone",
    status: 1,
    lose: async (scene) => {
      await destroy(scene, "web1", SUB);
      await destroy(scene, "nas", "back/web1/data/sub");
    },
  },
  {
    name: "the source tree is destroyed together with its copy",
    finding: "destination-gone",
    status: 2,
    lose: async (scene) => {
      await destroy(scene, "web1", "tank/data");
      await destroy(scene, "nas", "back/web1/data");
    },
  },
  {
    name: "a dataset is destroyed on both sides, and the source is off",
    finding: "destination-gone",
    status: 2,
    lose: async (scene) => {
      await destroy(scene, "web1", SUB);
      await destroy(scene, "nas", "back/web1/data/sub");
      await scene.onSsh('[ "$host" != web1 ] || { echo "ssh: connect to host web1 port 22: No route" >&2; exit 255; }');
    },
  },
  {
    name: "a host is off",
    finding: "host-unreachable",
    status: 2,
    lose: (scene) =>
      scene.onSsh('[ "$host" != nas ] || { echo "ssh: connect to host nas port 22: No route to host" >&2; exit 255; }'),
  },
  {
    name: "the key of ssh is gone",
    finding: "host-unreachable",
    status: 2,
    lose: (scene) =>
      scene.onSsh('[ "$host" != web1 ] || { echo "root@web1: Permission denied (publickey)." >&2; exit 255; }'),
  },
  {
    name: "a host hangs",
    finding: "host-unreachable",
    status: 2,
    words: ["--query-timeout=2 seconds"],
    lose: (scene) => scene.onSsh('[ "$host" != nas ] || exec sleep 300'),
  },
  { name: "the timer is disabled", finding: "run-missing", status: 2, lose: (scene) => scene.ageState(10) },
  {
    name: "no timer ever was",
    finding: "run-missing",
    status: 1,
    lose: (scene) => Deno.remove(scene.stateFolder, { recursive: true }),
  },
  {
    name: "the plan is renamed",
    finding: "source-late",
    status: 2,
    lose: (scene) => scene.writeJobFile((text) => text.replaceAll("prod:", "production:")),
  },
  {
    name: "the clock is set back",
    finding: "clock-behind",
    status: 2,
    lose: (scene) => scene.age("web1", -5),
  },
  {
    name: "the state folder cannot be used",
    finding: "state-unreadable",
    status: 1,
    lose: async (scene) => {
      await Deno.remove(scene.stateFolder, { recursive: true });
      await Deno.writeTextFile(scene.stateFolder, "");
    },
  },
  {
    name: "others may write into the state folder",
    finding: "state-unreadable",
    status: 1,
    lose: (scene) => Deno.chmod(scene.stateFolder, 0o777),
  },
  {
    name: "a file of the state is torn",
    finding: "state-unreadable",
    status: 1,
    lose: async (scene) => {
      for await (const { name } of Deno.readDir(scene.stateFolder)) {
        if (name.startsWith("replicate-")) await Deno.truncate(`${scene.stateFolder}/${name}`, 100);
      }
    },
  },
  {
    name: "the destination is full",
    finding: "run-failed",
    status: 1,
    lose: async (scene) => {
      await scene.change("nas", (host) => void (poolOf(host).state.free = 0));
      await scene.change("web1", (host) => {
        host.write("tank/data", 5000);
        poolOf(host).addSnapshots([{ dataset: poolOf(host).find("tank/data")!, tag: newTag() }]);
      });
      await scene.run("--replicate", "--dst-host=nas");
    },
  },
  {
    name: "the destination is read-only",
    finding: "run-failed",
    status: 1,
    lose: async (scene) => {
      await scene.onSsh(
        'case "$*" in *"zfs receive"*) cat >/dev/null; echo "cannot receive: pool is read-only" >&2; exit 1 ;; esac',
      );
      await scene.change("web1", (host) => {
        poolOf(host).addSnapshots([{ dataset: poolOf(host).find("tank/data")!, tag: newTag() }]);
      });
      await scene.run("--replicate", "--dst-host=nas");
    },
  },
  {
    name: "replication fails for hours while snapshots are created",
    finding: "run-failing",
    status: 2,
    lose: async (scene) => {
      for await (const { name } of Deno.readDir(scene.stateFolder)) {
        if (!name.startsWith("replicate-")) continue;
        const state = JSON.parse(await Deno.readTextFile(`${scene.stateFolder}/${name}`));
        state.runs = state.runs.map((run: object) => ({ ...run, exitStatus: 1, error: "cannot receive" }));
        state.succeededAt = new Date(Date.now() - 9 * 3_600_000).toISOString();
        await Deno.writeTextFile(`${scene.stateFolder}/${name}`, JSON.stringify(state));
      }
    },
  },
  {
    name: "nothing is selected",
    finding: "nothing-selected",
    status: 2,
    lose: (scene) => scene.writeJobFile((text) => text.replace("bzfs: {", "bzfs: {exclude-dataset-regex: ['.*'], ")),
  },
  { name: "the job file is gone", status: 2, lose: (scene) => Deno.remove(scene.jobFile) },
  { name: "the job file is half", status: 2, lose: (scene) => Deno.truncate(scene.jobFile, 100) },
  { name: "others may write the job file", status: 2, lose: (scene) => Deno.chmod(scene.jobFile, 0o666) },
  {
    name: "no snapshots are created any more",
    finding: "source-late",
    status: 2,
    lose: (scene) => scene.age("web1", 6),
  },
  { name: "no snapshots arrive any more", finding: "route-late", status: 2, lose: (scene) => scene.age("nas", 6) },
  {
    name: "pruning has stopped",
    finding: "source-old",
    status: 2,
    lose: (scene) =>
      scene.change("web1", (host) => {
        const dataset = poolOf(host).find("tank/data")!;
        const [first] = dataset.snapshots;
        const old = {
          ...first!,
          tag: "prod_onsite_2020-01-01_00:00:00_hourly",
          guid: "4711",
          creation: 1_577_836_800,
          createtxg: 1,
        };
        dataset.snapshots = [old, ...dataset.snapshots];
      }),
  },
  {
    name: "pruning is held back",
    finding: "held-back",
    status: 1,
    lose: async (scene) => {
      await scene.change("web1", (host) => {
        const dataset = poolOf(host).find("tank/data")!;
        const first = dataset.snapshots[0]!;
        const old = Array.from({ length: 20 }, (_, i) => ({
          ...first,
          tag: `prod_onsite_2026-01-${String(i + 1).padStart(2, "0")}_00:00:00_daily`,
          guid: String(5000 + i),
          createtxg: first.createtxg - 20 + i,
          creation: first.creation - 86_400 * (40 - i),
        }));
        dataset.snapshots = [...old, ...dataset.snapshots];
      });
      await scene.writeJobFile((text) => text.replace("hourly: 3, daily: 2", "hourly: 3, daily: 1"));
      await scene.run("--prune-src-snapshots");
    },
  },
  {
    name: "a partial receive is stuck",
    finding: "partial-receive",
    status: 1,
    lose: (scene) =>
      scene.change("nas", (host) => {
        const dataset = poolOf(host).find("back/web1/data")!;
        const { guid, creation } = dataset.snapshots.at(-1)!;
        dataset.partial = {
          traits: {
            toName: "tank/data@next",
            toGuid: "4711",
            fromGuid: guid,
            creation,
            type: "filesystem",
            blockSize: 131072,
            raw: false,
            compressed: false,
            embedded: false,
            largeBlocks: false,
          },
          writes: [],
          newDataset: false,
          baseGuid: guid,
          properties: {},
        };
      }),
  },
  {
    name: "a dataset was never received",
    finding: "never-received",
    status: 2,
    lose: (scene) =>
      scene.change("web1", (host) => {
        const dataset = poolOf(host).add({ name: "tank/data/new", type: "filesystem" });
        poolOf(host).addSnapshots([{ dataset, tag: newTag() }]);
      }),
  },
  {
    name: "a dataset was created long ago, and never gets a snapshot",
    finding: "source-late",
    status: 2,
    lose: (scene) => addBareDataset(scene, 4.1),
  },
  {
    name: "another pool has the name of the destination's",
    finding: "pool-replaced",
    status: 2,
    lose: (scene) => scene.change("nas", (host) => void (poolOf(host).state.guid = "4711")),
  },
  {
    name: "the newest snapshots have names of no plan",
    finding: "source-late",
    status: 2,
    lose: (scene) =>
      scene.change("web1", (host) => {
        for (const dataset of poolOf(host).state.datasets) {
          dataset.snapshots = dataset.snapshots.map((one) => ({ ...one, tag: one.tag.replace("prod_", "manual_") }));
        }
      }),
  },
  {
    name: "a removable drive is away for longer than its limit",
    finding: "removable-away",
    status: 2,
    lose: async (scene) => {
      await scene.change("localhost", (host) => host.removePool("usb"));
      await scene.ageState(10);
    },
  },
  {
    name: "a removable drive at another host was never reached, and one of that name was seen here",
    finding: "removable-away",
    status: 2,
    lose: (scene) =>
      scene.writeJobFile((text) =>
        text.replace("schedule:", "  - {name: far, root-dataset: usb/far/^SRC_HOST, removable: true}\nschedule:")
      ),
  },
  {
    name: "a removable drive is away and never got anything",
    finding: "removable-away",
    status: 2,
    lose: async (scene) => {
      await scene.changeState("replicate", (state) => {
        state.routes = state.routes.filter(({ destination }) => destination?.host !== "hub");
      });
      await scene.change("localhost", (host) => host.removePool("usb"));
    },
  },
  {
    name: "nothing limits the age of what a destination has",
    finding: "not-monitored",
    status: 1,
    lose: (scene) =>
      scene.writeJobFile((text) =>
        text.replace("back/^SRC_HOST}", "back/^SRC_HOST, targets: [offsite]}")
          .replace("daily: 2}}}\nmon", "daily: 2}, offsite: {hourly: 3}}}\nmon")
      ),
  },
  {
    name: "the clock is set back, and no host is asked",
    finding: "clock-behind",
    status: 2,
    words: ["--offline"],
    lose: (scene) => scene.ageState(-24 * 365),
  },
  {
    name: "runs only find that another one is at work",
    finding: "run-failing",
    status: 2,
    lose: (scene) =>
      scene.changeState("replicate", (state) => {
        state.runs = state.runs.map((run) => ({ ...run, exitStatus: 4 }));
        state.succeededAt = new Date(Date.now() - 40 * 24 * 3_600_000).toISOString();
      }),
  },
  {
    name: "no run takes place, and another job file of that name has runs",
    finding: "run-missing",
    status: 2,
    lose: async (scene) => {
      await scene.ageState(10);
      await Deno.mkdir(`${scene.folder}/other`);
      const path = `${scene.folder}/other/fleet.yaml`;
      await Deno.copyFile(scene.jobFile, path);
      await scene.run(`--config=${path}`, "--create-src-snapshots", "--prune-src-snapshots", "--prune-src-bookmarks");
      await scene.run(`--config=${path}`, "--replicate", "--prune-dst-snapshots");
    },
  },
  {
    name: "no run takes place, and this host is asked under another name",
    finding: "host-not-in-job",
    status: 2,
    words: ["--localhost=hub.example.com"],
    lose: (scene) => scene.ageState(10),
  },
  {
    name: "a file of the state is torn, and no run takes place since then",
    finding: "run-missing",
    status: 2,
    lose: async (scene) => {
      const tenHoursAgo = Date.now() / 1000 - 36_000;
      for await (const { name } of Deno.readDir(scene.stateFolder)) {
        await Deno.truncate(`${scene.stateFolder}/${name}`, 100);
        await Deno.utime(`${scene.stateFolder}/${name}`, tenHoursAgo, tenHoursAgo);
      }
    },
  },
  {
    name: "the destination has other snapshots of the same names",
    finding: "diverged",
    status: 2,
    lose: (scene) =>
      scene.change("nas", (host) => {
        let next = 9000;
        for (const dataset of poolOf(host).state.datasets) {
          dataset.snapshots = dataset.snapshots.map((one) => ({ ...one, guid: String(next++) }));
        }
      }),
  },
  {
    name: "a run has found a copy that has a snapshot of its own",
    finding: "diverged",
    status: 1,
    lose: async (scene) => {
      await addOwnSnapshot(scene);
      await scene.run("--replicate", "--dst-host=nas");
    },
  },
  {
    name: "the pool of a destination is degraded",
    finding: "pool-health",
    status: 1,
    lose: (scene) => scene.change("nas", (host) => void (poolOf(host).state.health = "DEGRADED")),
  },
  {
    name: "the pool of a destination is nearly full",
    finding: "pool-full",
    status: 2,
    lose: (scene) => scene.change("nas", (host) => void (poolOf(host).state.capacity = 99)),
  },
];

function newTag(): string {
  return `prod_onsite_${new Date().toISOString().slice(0, 19).replace("T", "_")}_hourly`;
}
