import { deadSockets, removeDeadSocket } from "../../../../lib/host/ssh/ssh.ts";
import { LeasedSockets, type LeaseOptions } from "../../../../lib/host/ssh/sockets.ts";
import { systemRandom } from "../../../../lib/host/system.ts";
import { assertEquals } from "../../../support/assert.ts";
import { withTempFolder } from "../../../support/temp.ts";

const HOUR_MS = 3_600_000;

function process(pid: number, alive: readonly number[], hostname = "here"): LeaseOptions {
  return {
    pid,
    hostname,
    random: systemRandom,
    living: (pids) => Promise.resolve(new Set(pids.filter((each) => alive.includes(each)))),
  };
}

/** Puts a socket there to which nobody listens any more. Newer runtimes remove the one that they close. */
function leaveBehind(path: string): void {
  const listener = Deno.listen({ transport: "unix", path: `${path}.x` });
  Deno.renameSync(`${path}.x`, path);
  listener.close();
}

Deno.test("a socket is dead if no master listens and no process has it, and only then it is removed", () =>
  withTempFolder(async (home) => {
    const folder = `${home}/host`;
    Deno.mkdirSync(folder, { mode: 0o700 });
    const leased = async (options: LeaseOptions): Promise<string> =>
      (await new LeasedSockets(folder, HOUR_MS, options).acquire()).socket;
    const [killed, living, elsewhere, served, free] = [
      await leased(process(1, [1, 2, 9])),
      await leased(process(2, [1, 2, 9])),
      await leased(process(3, [1, 2, 9], "there")),
      await leased(process(1, [1, 2, 9])),
      `${folder}/c/sfree`,
    ];
    for (const path of [killed, living, elsewhere, free]) leaveBehind(path);
    using _ = Deno.listen({ transport: "unix", path: served });
    const doctor = process(9, [2, 9]);
    assertEquals((await deadSockets(home, doctor)).toSorted(), [killed, free].toSorted());
    const removed = await Promise.all(
      [killed, living, elsewhere, served, free].map((path) => removeDeadSocket(path, doctor)),
    );
    assertEquals(removed, [true, false, false, false, true]);
    assertEquals(await deadSockets(home, doctor), []);
    const records = [...Deno.readDirSync(`${folder}/used`)].map(({ name }) => name).toSorted();
    assertEquals(records, [living, elsewhere, served].map((path) => path.split("/").at(-1)!).toSorted());
  }));

Deno.test("a socket that somebody takes over at the same time is left alone", () =>
  withTempFolder(async (home) => {
    const folder = `${home}/host`;
    Deno.mkdirSync(folder, { mode: 0o700 });
    const { socket } = await new LeasedSockets(folder, HOUR_MS, process(1, [1])).acquire();
    leaveBehind(socket);
    Deno.writeTextFileSync(socket.replace("/c/", "/used/") + ".take", "2 here abc\n", { mode: 0o600 });
    assertEquals(await removeDeadSocket(socket, process(9, [2, 9])), false);
    assertEquals(Deno.lstatSync(socket).isSocket, true);
  }));

Deno.test("a socket whose record names nobody is left alone, by those who take over, too", () =>
  withTempFolder(async (home) => {
    const folder = `${home}/host`;
    Deno.mkdirSync(folder, { mode: 0o700 });
    const doctor = process(9, [9]);
    const again = async (): Promise<string> => (await new LeasedSockets(folder, HOUR_MS, doctor).acquire()).socket;
    const { socket } = await new LeasedSockets(folder, HOUR_MS, process(1, [1])).acquire();
    leaveBehind(socket);
    const used = socket.replace("/c/", "/used/");
    for (
      const record of ["", "1", "1 here abc", "1 here\n", "-1 here abc\n", "99999999999 here abc\n", "x 1 here abc\n"]
    ) {
      Deno.writeTextFileSync(used, record, { mode: 0o600 });
      assertEquals([await deadSockets(home, doctor), await again() === socket], [[], false], JSON.stringify(record));
      assertEquals(await removeDeadSocket(socket, doctor), false);
    }
    Deno.writeTextFileSync(used, "1 here abc\n", { mode: 0o600 });
    assertEquals([await deadSockets(home, doctor), await again() === socket], [[socket], true]);
  }));
