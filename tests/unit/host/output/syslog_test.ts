import { Processes } from "../../../../lib/host/process/process.ts";
import { openSyslog } from "../../../../lib/host/output/syslog.ts";
import type { SyslogPolicy } from "../../../../lib/model/job.ts";
import { MissingToolError } from "../../../../lib/model/errors.ts";
import { type Level, SILENT_LOGGER } from "../../../../lib/model/log.ts";
import { assert, assertEquals, assertThrows } from "../../../support/assert.ts";

const POLICY: SyslogPolicy = { address: "", protocol: "UDP", facility: 1, prefix: "bzfs", level: "INFO" };

const processes = new Processes({ log: SILENT_LOGGER });

async function inFolder(test: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await test(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

function record(level: Level): { readonly level: Level; readonly label: string; readonly text: string } {
  return { level, label: "", text: "" };
}

Deno.test("openSyslog() sends datagrams to a socket, with priority and prefix", () =>
  inFolder(async (dir) => {
    const server = Deno.listenDatagram({ transport: "unixpacket", path: `${dir}/log` });
    const sink = openSyslog({ policy: { ...POLICY, address: `${dir}/log` }, processes, ownSocket: `${dir}/own` });
    sink.write("one", record("INFO"));
    sink.write("dropped", record("DEBUG"));
    sink.write("two\nlines", record("ERROR"));
    const received = async (): Promise<string> => new TextDecoder().decode((await server.receive())[0]);
    assertEquals(await received(), "<14>bzfs one");
    assertEquals(await received(), "<11>bzfs two\nlines");
    server.close();
    await sink.close();
    assertEquals((await Array.fromAsync(Deno.readDir(dir))).map(({ name }) => name), ["log"]);
  }));

Deno.test("openSyslog() loses what nobody listens to, and never fails", () =>
  inFolder(async (dir) => {
    const sink = openSyslog({ policy: { ...POLICY, address: `${dir}/none` }, processes, ownSocket: `${dir}/own` });
    for (let i = 0; i < 100; i++) sink.write("x".repeat(100_000), record("INFO"));
    await sink.close();
    const nowhere = `${dir}/no/such/folder`;
    const other = openSyslog({ policy: { ...POLICY, address: `${dir}/none` }, processes, ownSocket: nowhere });
    other.write("x", record("INFO"));
    await other.close();
  }));

/** Runs with a stand-in for `logger` that notes its words and what it reads; `undefined` = there is none. */
async function withLogger(dir: string, script: string | undefined, test: () => Promise<void>): Promise<void> {
  const path = Deno.env.get("PATH") ?? "";
  if (script !== undefined) await Deno.writeTextFile(`${dir}/logger`, script, { mode: 0o700 });
  Deno.env.set("PATH", script === undefined ? dir : `${dir}:${path}`);
  try {
    await test();
  } finally {
    Deno.env.set("PATH", path);
  }
}

Deno.test("openSyslog() reaches a server through one logger", () =>
  inFolder((dir) =>
    withLogger(dir, `#!/bin/sh\necho "$*" > '${dir}/words'\ncat > '${dir}/lines'\n`, async () => {
      const policy = { ...POLICY, address: "fe80::1:514", protocol: "TCP" } as const;
      const sink = openSyslog({ policy, processes, ownSocket: `${dir}/own` });
      sink.write("one", record("INFO"));
      sink.write("two\nlines", record("ERROR"));
      await sink.close();
      const words = "--prio-prefix --rfc3164 --size=65000 -T -t bzfs -n fe80::1 -P 514\n";
      assertEquals(await Deno.readTextFile(`${dir}/words`), words);
      assertEquals(await Deno.readTextFile(`${dir}/lines`), "<14>bzfs one\n<11>bzfs two lines\n");
    })
  ));

Deno.test("openSyslog() sends a long record as one message of whole characters, by a real logger too", () =>
  inFolder(async (dir) => {
    const local = Deno.listenDatagram({ transport: "unixpacket", path: `${dir}/log` });
    const server = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
    const { port } = server.addr as Deno.NetAddr;
    for (const [receiver, address] of [[local, `${dir}/log`], [server, `127.0.0.1:${port}`]] as const) {
      const sink = openSyslog({ policy: { ...POLICY, address }, processes, ownSocket: `${dir}/own` });
      sink.write("é".repeat(40_000), record("INFO"));
      sink.write("after", record("ERROR"));
      await sink.close();
      const decoder = new TextDecoder("utf-8", { fatal: true });
      const long = decoder.decode((await receiver.receive())[0]);
      assert(/^<14>.*bzfs é{32000,}$/.test(long), long.slice(0, 100));
      assert(/^<11>.*bzfs after$/.test(decoder.decode((await receiver.receive())[0])));
      receiver.close();
    }
  }));

Deno.test("openSyslog() needs logger for a server, and survives its end", () =>
  inFolder(async (dir) => {
    const open = (): ReturnType<typeof openSyslog> =>
      openSyslog({ policy: { ...POLICY, address: "h:514" }, processes, ownSocket: `${dir}/own` });
    await withLogger(dir, undefined, () => {
      assertThrows(open, MissingToolError, "logger CLI is not available");
      return Promise.resolve();
    });
    await withLogger(dir, "#!/bin/sh\nexit 1\n", async () => {
      const sink = open();
      for (let i = 0; i < 10; i++) sink.write("x".repeat(100_000), record("INFO"));
      await sink.close();
    });
  }));
