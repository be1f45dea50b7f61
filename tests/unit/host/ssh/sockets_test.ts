import { LeasedSockets, privateSockets, sweepPrivateSockets } from "../../../../lib/host/ssh/sockets.ts";
import { systemRandom } from "../../../../lib/host/system.ts";
import { RefusedError } from "../../../../lib/model/errors.ts";
import { assert, assertEquals, assertRejects } from "../../../support/assert.ts";
import { withTempFolder } from "../../../support/temp.ts";

/** A process as leases see it; `alive` are those that exist. */
function owner(
  pid: number,
  alive: readonly number[],
  hostname = "here",
): ConstructorParameters<typeof LeasedSockets>[2] {
  return {
    pid,
    hostname,
    random: systemRandom,
    living: (pids) => Promise.resolve(new Set(pids.filter((each) => alive.includes(each)))),
  };
}

const HOUR_MS = 3_600_000;

/** Puts a socket there, as a master does. */
function listen(path: string): Deno.Listener {
  return Deno.listen({ transport: "unix", path });
}

Deno.test("a socket that was given back is taken again, one in use is not", () =>
  withTempFolder(async (folder) => {
    const first = await new LeasedSockets(`${folder}/n`, HOUR_MS, owner(1, [1, 2])).acquire();
    using _ = listen(first.socket);
    const others = new LeasedSockets(`${folder}/n`, HOUR_MS, owner(2, [1, 2]));
    const second = await others.acquire();
    assert(second.socket !== first.socket);
    first.release();
    first.release();
    assertEquals((await others.acquire()).socket, first.socket);
  }));

Deno.test("what a dead process left is taken over, by one process only", () =>
  withTempFolder(async (folder) => {
    const dead = await new LeasedSockets(`${folder}/n`, HOUR_MS, owner(1, [])).acquire();
    using _ = listen(dead.socket);
    const heirs = Array.from({ length: 20 }, (_, i) => i + 2);
    const leases = await Promise.all(
      heirs.map((pid) => new LeasedSockets(`${folder}/n`, HOUR_MS, owner(pid, heirs)).acquire()),
    );
    assertEquals(leases.filter((lease) => lease.socket === dead.socket).length, 1);
    assertEquals(new Set(leases.map((lease) => lease.socket)).size, 20);
    dead.release();
    assertEquals([...Deno.readDirSync(`${folder}/n/free`)], []);
  }));

Deno.test("whose right to take over is swept away just then takes another socket", () =>
  withTempFolder(async (folder) => {
    const dead = await new LeasedSockets(`${folder}/n`, HOUR_MS, owner(1, [])).acquire();
    using _ = listen(dead.socket);
    const { renameSync } = Deno;
    let swept = 0;
    Deno.renameSync = (...args): void => {
      if (String(args[0]).endsWith(".take") && swept++ === 0) Deno.removeSync(args[0]);
      renameSync(...args);
    };
    try {
      const heir = await new LeasedSockets(`${folder}/n`, HOUR_MS, owner(2, [2])).acquire();
      assert(swept === 1 && heir.socket !== dead.socket);
    } finally {
      Deno.renameSync = renameSync;
    }
  }));

Deno.test("a process of another host counts as alive", () =>
  withTempFolder(async (folder) => {
    const far = await new LeasedSockets(`${folder}/n`, HOUR_MS, owner(1, [], "there")).acquire();
    using _ = listen(far.socket);
    const near = await new LeasedSockets(`${folder}/n`, HOUR_MS, owner(2, [2])).acquire();
    assert(near.socket !== far.socket);
  }));

Deno.test("old and missing sockets are swept out", () =>
  withTempFolder(async (folder) => {
    const sockets = new LeasedSockets(`${folder}/n`, HOUR_MS, owner(1, [1]));
    const [missing, old] = [await sockets.acquire(), await sockets.acquire()];
    using _ = listen(old.socket);
    missing.release();
    old.release();
    Deno.utimeSync(old.socket, 0, 0);
    const fresh = await sockets.acquire();
    assert(fresh.socket !== missing.socket && fresh.socket !== old.socket);
    assertEquals([...Deno.readDirSync(`${folder}/n/free`)], []);
    assertEquals([...Deno.readDirSync(`${folder}/n/used`)].length, 1);
  }));

Deno.test("a folder that others can enter is refused", () =>
  withTempFolder(async (folder) => {
    Deno.mkdirSync(`${folder}/n`);
    Deno.chmodSync(`${folder}/n`, 0o755);
    const sockets = new LeasedSockets(`${folder}/n`, HOUR_MS, owner(1, [1]));
    await assertRejects(() => sockets.acquire(), RefusedError, "has permissions 755");
  }));

Deno.test("a path that is too long for a socket is refused", () =>
  withTempFolder(async (folder) => {
    const deep = `${folder}/${"x".repeat(80)}`;
    const error = await assertRejects(
      () => new LeasedSockets(deep, HOUR_MS, owner(1, [1])).acquire(),
      RefusedError,
      "path is too long",
    );
    assert(error.hint?.includes("bzfs_reuse_ssh_connection=false"));
  }));

Deno.test("many real processes never share a socket", () =>
  withTempFolder(async (folder) => {
    const leases = new URL("../../../../lib/host/ssh/sockets.ts", import.meta.url).href;
    const system = new URL("../../../../lib/host/system.ts", import.meta.url).href;
    const code = `import { LeasedSockets } from ${JSON.stringify(leases)};
      import { systemRandom } from ${JSON.stringify(system)};
      const options = { pid: Deno.pid, hostname: "h", random: systemRandom, living: (p) => Promise.resolve(new Set(p)) };
      const sockets = new LeasedSockets(Deno.args[0], 3600000, options);
      for (let i = 0; i < 50; i++) {
        const { socket, release } = await sockets.acquire();
        const mine = Deno.args[0] + "/" + socket.split("/").at(-1) + ".mine";
        Deno.mkdirSync(mine);
        try { Deno.listen({ transport: "unix", path: socket }); } catch (e) { if (e.name !== "AddrInUse") throw e; }
        Deno.removeSync(mine);
        release();
      }
      Deno.exit(0);`;
    const args = ["eval", "--no-check", code, `${folder}/n`];
    const outputs = await Promise.all([1, 2, 3, 4].map(() => new Deno.Command(Deno.execPath(), { args }).output()));
    const errors = outputs.map((output) => new TextDecoder().decode(output.stderr)).join("");
    assertEquals([outputs.map((output) => output.code), errors], [[0, 0, 0, 0], ""]);
    // A process that looks while another one is giving its socket back misses that socket, and makes one more.
    const made = [...Deno.readDirSync(`${folder}/n/c`)].length;
    assert(made <= 12, `200 leases took ${made} sockets: they are not used again`);
  }));

Deno.test("private sockets have harmless names of bounded length", () =>
  withTempFolder(async (folder) => {
    const at = (userHost: string): Promise<string> =>
      privateSockets(`${folder}/x`, userHost, owner(77, [])).acquire().then((lease) =>
        lease.socket.slice(folder.length)
      );
    assert(/^\/x\/s77@\d{10}@\w{6}@fe80__1@al$/.test(await at("al@fe80::1")));
    assert(/^\/x\/s77@\d{10}@\w{6}@nas@$/.test(await at("nas")));
    const long = await at(`${"u".repeat(60)}@${"h".repeat(60)}`);
    assert(/^\/x\/s77@\d{10}@\w{6}@h{1,45}(@u*)?$/.test(long));
    assert(folder.length + long.length + 17 <= 107);
  }));

Deno.test("private sockets of dead processes are removed", () =>
  withTempFolder(async (folder) => {
    for (const name of ["s1@a@b@h@u", "s2@a@b@h@u", "other"]) Deno.writeTextFileSync(`${folder}/${name}`, "");
    await sweepPrivateSockets(folder, owner(3, [2]));
    assertEquals([...Deno.readDirSync(folder)].map((entry) => entry.name).sort(), ["other", "s2@a@b@h@u"]);
  }));
