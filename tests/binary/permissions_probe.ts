/** Compiled by permissions_test.ts with the flags of the executable: tries things, prints how each ended as JSON. */

const [folder = ""] = Deno.args;

async function outcome(attempt: () => unknown): Promise<string> {
  try {
    await attempt();
    return "done";
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}

function run(program: string, ...args: readonly string[]): Promise<Deno.CommandOutput> {
  return new Deno.Command(program, { args: [...args] }).output();
}

const attempts: Readonly<Record<string, () => unknown>> = {
  "run sh": () => run("sh", "-c", "exit 0"),
  "run another program": () => run("id"),
  "run another program by its path": () => run("/usr/bin/id"),
  "run a program that only has the name of an allowed one": () => run(`${folder}/zstd`),
  "run itself": () => run(Deno.execPath()),
  "connect to this machine": () => Deno.connect({ hostname: "127.0.0.1", port: 9 }),
  "listen on this machine": () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  "receive UDP": () => Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 }),
  "fetch a page": () => fetch("http://127.0.0.1:9/"),
  "resolve a name": () => Deno.resolveDns("localhost", "A"),
  "use a unix datagram socket": () =>
    Deno.listenDatagram({ transport: "unixpacket", path: `${folder}/socket` }).close(),
  "load a native library": () => Deno.dlopen("libc.so.6", { getpid: { parameters: [], result: "i32" } }),
  "read another process's memory map": () => Deno.readTextFile("/proc/1/maps"),
  "ask for the kernel's release": () => Deno.osRelease(),
  "ask for the host's name": () => Deno.hostname(),
  "write and read a file": async () => {
    await Deno.writeTextFile(`${folder}/file`, "text");
    await Deno.readTextFile(`${folder}/file`);
  },
};

const outcomes: Record<string, string> = {};
for (const [name, attempt] of Object.entries(attempts)) outcomes[name] = await outcome(attempt);
console.log(JSON.stringify(outcomes));
