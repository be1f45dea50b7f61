/**
 * What runs cost whose other side is far away: a real sshd on this machine, behind a proxy that holds back every byte for
 * 10 ms each way. `bzfs_ssh_session=off deno task bench wan` shows what they cost with an ssh session for each command.
 * @module
 */
import { startSshd } from "../../tests/support/sshd.ts";
import { costOf } from "./cost.ts";
import { incrementsGround, programsOf } from "./increments.ts";

/** How long each byte is on its way, in one direction. */
const DELAY_MS = 10;

const SNAPSHOTS = 20;

/** A connection that takes its time. */
interface Proxy extends AsyncDisposable {
  readonly port: number;
  /** How often bytes went to the server after bytes had come from it, on all connections since the last call. */
  roundTrips(): number;
}

/** Runs a push and a pull of one new snapshot of each dataset, and a push with nothing to do. A line of figures for each. */
export async function describeWan(executable: string, datasets: number): Promise<readonly string[]> {
  await using ground = await incrementsGround(datasets, SNAPSHOTS);
  const { folder, env } = ground;
  // The far side counts its commands where the near side does.
  const variables = { ...env, BENCH_COUNT: `${folder}/count` };
  const there = Object.entries(variables).map(([name, value]) => `${name}=${value}`).join(" ");
  const keys = `${folder}/keys`;
  await Deno.mkdir(keys);
  const sshd = await startSshd(keys, [`SetEnv ${there}`]);
  try {
    await using proxy = startProxy(sshd.port);
    const config = `${folder}/bzfs_ssh_config`;
    const host = `Host far\nHostName 127.0.0.1\nPort ${proxy.port}\n`;
    await Deno.writeTextFile(config, `${host}${await Deno.readTextFile(sshd.configFile)}`, { mode: 0o600 });
    const argvOf = (source: string, destination: string): readonly string[] => [
      executable,
      `--log-dir=${folder}/bzfs-logs`,
      "--ssh-exit-on-shutdown",
      ...["src", "dst"].map((side) => `--ssh-${side}-config-file=${config}`),
      "--recursive",
      "--",
      source,
      destination,
    ];
    const push = argvOf("tank1/src", "far:tank2/dst");
    const pull = argvOf("far:tank1/src", "tank2/dst");
    const figures = async (name: string, argv: readonly string[], isIdle: boolean): Promise<string> => {
      if (!isIdle) await ground.reset();
      proxy.roundTrips();
      const { wallMs, cpuMs } = await costOf(argv, env);
      const roundTrips = proxy.roundTrips();
      await ground.check();
      const programs = await programsOf(argv, isIdle ? { ...ground, reset: () => Promise.resolve() } : ground);
      const all = [...programs.values()].reduce((sum, count) => sum + count, 0);
      const each = [...programs].map(([program, count]) => `${count} ${program}`).join(", ");
      const perDataset = (count: number): string => (count / datasets).toFixed(1);
      return `${name}, ${datasets} datasets: ${(wallMs / 1000).toFixed(2)} s wall, ${
        (cpuMs / 1000).toFixed(2)
      } s CPU, ` +
        `${perDataset(roundTrips)} round trips and ${perDataset(all)} processes for each dataset: ${each}`;
    };
    return [
      await figures("push of one new snapshot each", push, false),
      await figures("pull of one new snapshot each", pull, false),
      await figures("nothing to do", push, true),
    ];
  } finally {
    await sshd.stop();
  }
}

/** Starts a proxy in front of a port of this machine. */
function startProxy(port: number): Proxy {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections = new Set<Deno.Conn>();
  let trips = 0;
  const serve = async (near: Deno.TcpConn): Promise<void> => {
    const far = await Deno.connect({ hostname: "127.0.0.1", port });
    for (const connection of [near, far]) {
      connection.setNoDelay();
      connections.add(connection);
    }
    let isAnswered = true;
    const ask = (): void => {
      if (isAnswered) trips++;
      isAnswered = false;
    };
    await Promise.all([hold(near, far, ask), hold(far, near, () => void (isAnswered = true))]);
    for (const connection of [near, far]) connections.delete(connection);
  };
  const serving = (async () => {
    for await (const connection of listener) serve(connection).catch(() => {});
  })();
  return {
    port: (listener.addr as Deno.NetAddr).port,
    roundTrips(): number {
      const counted = trips;
      trips = 0;
      return counted;
    },
    async [Symbol.asyncDispose](): Promise<void> {
      listener.close();
      await serving;
      for (const connection of connections) connection.close();
    },
  };
}

/** Passes bytes on, each after its time, in order. */
async function hold(from: Deno.Conn, to: Deno.Conn, onArrival: () => void): Promise<void> {
  let last = Promise.resolve();
  const pass = (act: () => Promise<void>): void => {
    const due = new Promise<void>((resolve) => setTimeout(resolve, DELAY_MS));
    last = last.then(() => due).then(act).catch(() => {});
  };
  for (;;) {
    const buffer = new Uint8Array(65_536);
    const count = await from.read(buffer).catch(() => null);
    if (count === null) break;
    pass(async () => {
      onArrival();
      for (let sent = 0; sent < count;) sent += await to.write(buffer.subarray(sent, count));
    });
  }
  pass(() => to.closeWrite());
  await last;
}
