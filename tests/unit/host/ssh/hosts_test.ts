import { lookAt } from "../../../../lib/host/files/files.ts";
import { Processes } from "../../../../lib/host/process/process.ts";
import { type SharingSettings, SshHosts, type SshHostsOptions } from "../../../../lib/host/ssh/ssh.ts";
import { pause, systemClock, systemRandom } from "../../../../lib/host/system.ts";
import {
  Cancelled,
  CommandError,
  exitCodeOf,
  MissingToolError,
  RefusedError,
  Retryable,
  TimeoutError,
} from "../../../../lib/model/errors.ts";
import type { Level, Logger } from "../../../../lib/model/log.ts";
import { eachLine } from "../../../../lib/zfs/lines.ts";
import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "../../../support/assert.ts";
import { Dice } from "../../../support/for_all.ts";
import { ManualClock } from "../../../support/manual_clock.ts";
import { freePort, type Sshd, startSshd } from "../../../support/sshd.ts";
import { withTempFolder } from "../../../support/temp.ts";

/** All options of hosts, by name. */
type Options = Omit<SshHostsOptions, "sharing" | "ssh"> & SharingSettings & SshHostsOptions["ssh"];

/** The same options, in their groups. */
function grouped(all: Options): SshHostsOptions {
  return { ...all, sharing: all, ssh: all };
}

/** What a test has: a server, and hosts as one process after the other sees them. */
interface Stage {
  readonly sshd: Sshd;
  readonly home: string;
  readonly records: string[];
  hosts(changes?: Partial<Options>): Promise<SshHosts>;
}

function recorder(records: string[]): Logger {
  const log = (level: Level, label: string, text: string): void => void records.push(`${level} ${label}${text}`);
  return { log, isEnabled: (level) => level !== "TRACE" };
}

/** Settings of hosts that most tests have in common. */
const SETTINGS = {
  clock: systemClock,
  random: systemRandom,
  program: "ssh",
  cipher: "",
  verbosity: 0,
  serverAliveIntervalSecs: 0,
  forwardsAgent: false,
  hostname: "here",
  pid: Deno.pid,
  reuse: true,
  exitOnShutdown: false,
  persistSecs: 90,
  marginSecs: 2,
  maxSessionsPerConnection: 8,
  liveShell: "sh",
};

async function withServer(act: (stage: Stage) => Promise<void>): Promise<void> {
  await withTempFolder((keys) =>
    withTempFolder(async (home) => {
      const sshd = await startSshd(keys);
      const records: string[] = [];
      const log = recorder(records);
      const hosts = async (changes: Partial<Options> = {}): Promise<SshHosts> => {
        const all = new SshHosts(grouped({
          ...SETTINGS,
          processes: new Processes({ log, graceMs: 500 }),
          log,
          cipher: "^aes256-gcm@openssh.com",
          serverAliveIntervalSecs: 15,
          home,
          ...changes,
        }));
        await all.prepare();
        return all;
      };
      try {
        await act({ sshd, home, records, hosts });
      } finally {
        await sshd.stop();
      }
    })
  );
}

function serverTest(name: string, act: (stage: Stage) => Promise<void>): void {
  Deno.test(name, () => withServer(act));
}

/** Names of the sockets in use and given back, of all pools. */
function sockets(home: string): { readonly used: readonly string[]; readonly free: readonly string[] } {
  const all = (kind: string): string[] =>
    [...Deno.readDirSync(`${home}/.ssh/bzfs`)].filter((pool) => pool.name !== "x").flatMap((pool) =>
      [...Deno.readDirSync(`${home}/.ssh/bzfs/${pool.name}/${kind}`)].map((entry) => entry.name)
    ).sort();
  return { used: all("used"), free: all("free") };
}

serverTest("commands run elsewhere with every word unchanged", async ({ sshd, hosts }) => {
  const all = await hosts();
  const { runner } = all.host("src", sshd);
  const dice = new Dice(5);
  const words = dice.times(
    200,
    () => dice.times(dice.integer(0, 9), () => dice.pick([..."ab'\"\\$`*? \n;&|é"])).join(""),
  );
  const result = await runner.run(["printf", "%s\\0", ...words]);
  assertEquals(result.stdout, words.join("\0") + "\0");
  const lines: string[] = [];
  assertEquals(
    (await runner.run(["sh", "-c", "echo one; echo two; exit 7"], {
      onLines: eachLine((line) => void lines.push(line)),
    })).status,
    7,
  );
  assertEquals(lines, ["one", "two"]);
  await all.close();
});

serverTest("the log shows a line that a shell runs as it is", async ({ sshd, hosts, records }) => {
  const all = await hosts();
  const { runner } = all.host("dst", sshd);
  await runner.run(["echo", "it's", "a b"], { level: "DEBUG" });
  const line = records.find((record) => record.startsWith("DEBUG Executing: "))!.slice("DEBUG Executing: ".length);
  assertMatch(
    line,
    /^ssh -oBatchMode=yes -oServerAliveInterval=15 -oServerAliveCountMax=8 -x -T -a (-o\w+=\w+ )+-F \S+ -c '\^aes256/,
  );
  assertEquals(runner.describe(["echo", "it's", "a b"]), line);
  const { stdout } = await new Deno.Command("sh", { args: ["-c", line] }).output();
  assertEquals(new TextDecoder().decode(stdout), "it's a b\n");
  await all.close();
});

serverTest(
  "connections are shared up to their capacity, and the next process finds them",
  async ({ sshd, home, hosts }) => {
    const first = await hosts({ maxSessionsPerConnection: 2 });
    const host = first.host("src", sshd);
    assert(first.host("src", { ...sshd }) === host);
    await host.runner.run(["true"]);
    await host.runner.run(["true"]);
    assertEquals(sockets(home).used.length, 1);
    await Promise.all(Array.from({ length: 5 }, () => host.runner.run(["sleep", "0.3"])));
    assertEquals(sockets(home).used.length, 3);
    const dedicated = [await host.hold("dedicated"), await host.hold("dedicated")];
    assert(dedicated[0]!.words.join() !== dedicated[1]!.words.join());
    dedicated.forEach((held) => held.giveBack());
    const before = sockets(home);
    assertEquals([before.used.length, before.free.length], [5, 0]);
    await first.close();
    assertEquals(sockets(home), { used: [], free: before.used });

    const second = await hosts();
    await second.host("src", sshd).runner.run(["true"]);
    const after = sockets(home);
    assertEquals([after.used.length, after.free.length], [1, 4]);
    assert(before.used.includes(after.used[0]!));
    await second.close();
  },
);

serverTest("a connection to what a name meant before is not used", async ({ sshd, home, hosts }) => {
  await withTempFolder(async (keys) => {
    const other = await startSshd(keys);
    const [folder, elsewhere, before] = [`${home}/a`, `${home}/b`, Deno.cwd()];
    const nameMeans = async (folder: string, { configFile, port }: Sshd): Promise<void> => {
      await Deno.mkdir(folder, { recursive: true });
      const text = await Deno.readTextFile(configFile);
      await Deno.writeTextFile(`${folder}/bzfs_ssh_config`, `Host nas\nHostName 127.0.0.1\nPort ${port}\n${text}`);
    };
    /** Port at which a process in this folder reaches the host of the name. */
    const reached = async (folder: string): Promise<string> => {
      Deno.chdir(folder);
      const all = await hosts();
      const { runner } = all.host("src", { userHost: "nas", port: undefined, configFile: "bzfs_ssh_config" });
      const { stdout } = await runner.run(["sh", "-c", "echo $SSH_CONNECTION"]);
      await all.close();
      return stdout.trim().split(" ")[3]!;
    };
    try {
      await nameMeans(folder, sshd);
      await nameMeans(elsewhere, other);
      assertEquals(await reached(folder), `${sshd.port}`);
      assertEquals(await reached(elsewhere), `${other.port}`);
      await nameMeans(folder, other);
      assertEquals(await reached(folder), `${other.port}`);
    } finally {
      Deno.chdir(before);
      await other.stop();
    }
  });
});

serverTest("two processes never use the same connection", async ({ sshd, home, hosts }) => {
  const all = await Promise.all([1, Deno.pid, Deno.ppid].map((pid) => hosts({ pid })));
  const held = await Promise.all(all.map((one) => one.host("src", sshd).hold("shared")));
  assertEquals(new Set(held.map((one) => one.words.join())).size, 3);
  assertEquals(sockets(home).used.length, 3);
  await Promise.all(all.map((one) => one.close()));
});

serverTest("a connection that was cut is made again", async ({ sshd, hosts }) => {
  const all = await hosts();
  const { runner } = all.host("src", sshd);
  assertEquals((await runner.run(["echo", "1"])).stdout, "1\n");
  await sshd.cut();
  assertEquals((await runner.run(["echo", "2"])).stdout, "2\n");
  await all.close();
});

/** An ssh agent, known to children until it is stopped. */
async function startAgent(folder: string): Promise<{ stop(): void }> {
  const before = Deno.env.get("SSH_AUTH_SOCK");
  const socket = `${folder}/agent`;
  const agent = new Deno.Command("ssh-agent", { args: ["-D", "-a", socket], stdout: "null", stderr: "null" }).spawn();
  while (lookAt(socket) === undefined) await pause(5);
  Deno.env.set("SSH_AUTH_SOCK", socket);
  return {
    stop(): void {
      if (before === undefined) Deno.env.delete("SSH_AUTH_SOCK");
      else Deno.env.set("SSH_AUTH_SOCK", before);
      agent.kill("SIGTERM");
    },
  };
}

/** Process id of the master of a held connection. */
async function masterOf(words: readonly string[]): Promise<string> {
  const args = [...words.slice(1, -1), "-O", "check", words.at(-1)!];
  const { stderr } = await new Deno.Command(words[0]!, { args }).output();
  return /pid=(\d+)/.exec(new TextDecoder().decode(stderr))![1]!;
}

for (const [state, signal] of [["killed", "KILL"], ["stopped", "STOP"]] as const) {
  serverTest(`a master that was ${state} is replaced by the next process`, async ({ sshd, hosts }) => {
    const first = await hosts();
    const { words } = await first.host("src", sshd).hold("shared");
    const pid = await masterOf(words);
    await first.close();
    await new Deno.Command("kill", { args: ["-s", signal, pid] }).output();
    const second = await hosts({ checkPatienceMs: 300 });
    const held = await second.host("src", sshd).hold("shared");
    assertEquals(held.words, words);
    assert(await masterOf(held.words) !== pid);
    await second.close();
    await new Deno.Command("kill", { args: ["-s", "KILL", pid] }).output();
  });
}

serverTest("with exitOnShutdown nothing is left behind", async ({ sshd, home, hosts }) => {
  Deno.mkdirSync(`${home}/.ssh/bzfs/x`, { recursive: true, mode: 0o700 });
  Deno.chmodSync(`${home}/.ssh/bzfs`, 0o700);
  Deno.writeTextFileSync(`${home}/.ssh/bzfs/x/s4194305@1@dead@h@u`, "");
  const all = await hosts({ exitOnShutdown: true });
  const held = await all.host("src", sshd).hold("dedicated");
  const socket = held.words[held.words.indexOf("-S") + 1]!;
  assertMatch(socket, new RegExp(`/x/s${Deno.pid}@\\d+@\\w{6}@127.0.0.1@\\w+$`));
  assertEquals([...Deno.readDirSync(`${home}/.ssh/bzfs/x`)].length, 1);
  assertEquals(Deno.lstatSync(socket).mode! & 0o777, 0o600);
  await all.close();
  assertEquals([...Deno.readDirSync(`${home}/.ssh/bzfs/x`)], []);
});

serverTest("without a home folder a host is reached only by connections of its own", async ({ sshd, hosts }) => {
  const home = "/dev/null/nobody";
  const reusing = await hosts({ home });
  const error = await assertRejects(async () => await reusing.host("src", sshd).runner.run(["true"]), RefusedError);
  assertStringIncludes(
    error.message,
    `Cannot make the folder '${home}/.ssh/bzfs' for ssh connections: Not a directory`,
  );
  assertStringIncludes(error.hint!, "bzfs_reuse_ssh_connection=false");
  const direct = await hosts({ home, reuse: false });
  assertEquals((await direct.host("src", sshd).runner.run(["echo", "x"])).stdout, "x\n");
  await direct.close();
});

serverTest("without reuse each command has its own connection", async ({ sshd, home, hosts }) => {
  const all = await hosts({ reuse: false });
  const { runner } = all.host("src", sshd);
  assertEquals((await runner.run(["echo", "x y"])).stdout, "x y\n");
  assert(!runner.describe(["true"]).includes(" -S "));
  assertEquals([...Deno.readDirSync(`${home}/.ssh/bzfs`)], []);
  await all.close();
});

serverTest("a host that cannot be reached is retryable, with and without master", async ({ sshd, hosts, records }) => {
  const target = { ...sshd, port: freePort() };
  const one = await hosts();
  const connect = await assertRejects(() => one.host("src", target).runner.run(["true"]), Retryable);
  assertEquals([connect.display, exitCodeOf(connect.cause)], ["ssh connect", 3]);
  assertMatch(
    connect.message,
    /^Cannot ssh into remote host via 'ssh -oBatchMode=yes .* exit'\. Fix ssh configuration first, /,
  );
  assertMatch(
    records.find((record) => record.startsWith("ERROR"))!,
    /^ERROR ssh: connect to host 127.0.0.1 port \d+: Connection refused/,
  );
  await one.close();
  const other = await hosts({ reuse: false });
  const direct = await assertRejects(() => other.host("src", target).runner.run(["true", "x"]), Retryable);
  assertEquals([direct.display, exitCodeOf(direct.cause)], ["ssh", 3]);
  assert(direct.cause instanceof CommandError && direct.cause.failure.fault === "connection");
  assertEquals(direct.cause.failure.command, "true x");
  assert(records.some((record) => /^WARN ssh: connect to host 127.0.0.1 port \d+: Connection refused/.test(record)));
});

serverTest("an abort does not wait for the command elsewhere, and names it", async ({ sshd, hosts, records }) => {
  const all = await hosts();
  const { runner } = all.host("src", sshd);
  const controller = new AbortController();
  const onLines = (): void => controller.abort(new Cancelled("SIGTERM", 15));
  const startedAt = performance.now();
  await assertRejects(
    () => runner.run(["sh", "-c", "echo x; sleep 120"], { signal: controller.signal, onLines, level: "DEBUG" }),
    Cancelled,
  );
  assert(performance.now() - startedAt < 60_000);
  const left = `WARN Interrupted. This may still be running on ${sshd.userHost}: sh -c 'echo x; sleep 120'`;
  assert(records.includes(left));
  assertEquals((await runner.run(["echo", "again"])).stdout, "again\n");
  await all.close();
});

serverTest("the longest command line that a runner claims reaches the shell there", async ({ sshd, hosts }) => {
  const all = await hosts();
  const { runner } = all.host("src", sshd);
  const fixed = ["printf", "%s\\n"];
  const words: string[] = [];
  for (let rest = runner.maxCommandLineBytes - runner.describe(fixed).length; rest > 0; rest -= 4) words.push("a b");
  let count = 0;
  const result = await runner.run([...fixed, ...words], { onLines: eachLine(() => void count++) });
  assertEquals([result.status, count], [0, words.length]);
  await all.close();
});

/** What a user may have in the ssh configuration that would change what a command is, prints or returns. */
const MEDDLING: Readonly<Record<string, (folder: string) => string>> = {
  "ForwardAgent": () => "ForwardAgent yes",
  "RemoteCommand": () => "RemoteCommand echo else",
  "RequestTTY": () => "RequestTTY force",
  "PermitLocalCommand": (folder) => `PermitLocalCommand yes\nLocalCommand echo local | tee ${folder}/ran`,
  "LocalForward": () => `ExitOnForwardFailure yes\nLocalForward 1 127.0.0.1:1\nLocalForward 127.0.0.1:1 127.0.0.1:1`,
  "SessionType": () => "IgnoreUnknown SessionType\nSessionType none",
  "ForkAfterAuthentication": () => "IgnoreUnknown ForkAfterAuthentication\nForkAfterAuthentication yes",
  "StdinNull": () => "IgnoreUnknown StdinNull\nStdinNull yes",
};

for (const [setting, lines] of Object.entries(MEDDLING)) {
  serverTest(`${setting} in an ssh configuration changes nothing`, async ({ sshd, home, hosts }) => {
    const agent = await startAgent(home);
    try {
      const configFile = `${home}/bzfs_ssh_config`;
      await Deno.writeTextFile(configFile, `${lines(home)}\n${await Deno.readTextFile(sshd.configFile)}`);
      for (const reuse of [true, false]) {
        const all = await hosts({ reuse });
        await all.learn();
        const { runner } = all.host("src", { ...sshd, configFile });
        const script = 'echo "out $#"; test -t 0 || test -t 1 || echo "no tty"; echo "agent $SSH_AUTH_SOCK"; exit 7';
        const { status, stdout } = await runner.run(["sh", "-c", script, "sh", "a b"]);
        assertEquals([status, stdout], [7, "out 1\nno tty\nagent \n"]);
        const held = await all.host("src", { ...sshd, configFile }).hold("dedicated");
        const input = new Deno.Command("sh", {
          args: ["-c", 'echo "in" | "$@" cat', "sh", ...held.words],
          stderr: "null",
        });
        const { code, stdout: bytes } = await input.output();
        assertEquals([code, new TextDecoder().decode(bytes)], [0, "in\n"]);
        held.giveBack();
        await all.close();
      }
      assertEquals([...Deno.readDirSync(home)].filter(({ name }) => name === "ran"), []);
    } finally {
      agent.stop();
    }
  });
}

serverTest("the agent is lent only if an option asks for it", async ({ sshd, home, hosts }) => {
  const agent = await startAgent(home);
  try {
    for (const forwardsAgent of [false, true]) {
      const all = await hosts({ forwardsAgent });
      const host = all.host("src", sshd);
      const { stdout } = await host.runner.run(["sh", "-c", 'echo "${SSH_AUTH_SOCK:+lent}"']);
      assertEquals(stdout.trim(), forwardsAgent ? "lent" : "");
      assert(host.nestedWords.includes("-a"));
      await all.close();
    }
  } finally {
    agent.stop();
  }
});

Deno.test("learn() passes only such options to ssh as it knows", () =>
  withTempFolder(async (home) => {
    for (const known of ["RemoteCommand|SessionType|ForkAfterAuthentication|StdinNull", "RemoteCommand", "Nothing"]) {
      const old = `#!/bin/sh\nfor word; do case $word in -o*) ` +
        `expr "$word" : '-o\\(${known.replaceAll("|", "\\|")}\\)=' > /dev/null || exit 255;; esac; done\n`;
      await Deno.writeTextFile(`${home}/old-ssh`, old, { mode: 0o755 });
      const log = recorder([]);
      const all = new SshHosts(grouped({
        ...SETTINGS,
        processes: new Processes({ log }),
        log,
        program: `${home}/old-ssh`,
        home,
      }));
      await all.learn();
      const { directWords, nestedWords } = all.host("src", { userHost: "h", port: undefined, configFile: undefined });
      const told = directWords.filter((word) => /^-o(Rem|Ses|For|Std)/.test(word)).map((word) =>
        word.slice(2).split("=")[0]
      );
      assertEquals(told, known === "Nothing" ? [] : known.split("|"));
      assertEquals(nestedWords.filter((word) => /^-o(Rem|Ses|For|Std)/.test(word)), []);
    }
  }));

Deno.test("a missing ssh is named", () =>
  withTempFolder(async (home) => {
    const log = recorder([]);
    const options = { ...SETTINGS, processes: new Processes({ log }), log, program: "bzfs-no-such-ssh", home };
    const target = { userHost: "h", port: undefined, configFile: undefined };
    for (const reuse of [true, false]) {
      const all = new SshHosts(grouped({ ...options, reuse }));
      await all.prepare();
      const error = await assertRejects(() => all.host("src", target).runner.run(["true"]), MissingToolError);
      assertStringIncludes(error.message, "ssh CLI is not available to talk to remote host. Install ssh first!");
      await all.close();
    }
  }));

for (const reuse of [true, false]) {
  serverTest(
    `a host that never answers is worth another attempt, a connection ${reuse ? "to share" : "for each command"}`,
    async ({ sshd, home, hosts }) => {
      const program = `${home}/silent-ssh`;
      await Deno.writeTextFile(program, `#!/bin/sh\necho started > ${home}/started\nexec sleep 1000\n`, {
        mode: 0o755,
      });
      const clock = new ManualClock();
      const log = recorder([]);
      const all = await hosts({ program, reuse, processes: new Processes({ log, graceMs: 300, clock }) });
      const run = all.host("src", sshd).runner.run(["zfs", "list", "tank"]);
      run.catch(() => {}); // looked at later
      while (!await exists(`${home}/started`)) await new Promise((resolve) => setTimeout(resolve, 5));
      await clock.pass(11 * 60_000);
      const error = await assertRejects(() => run, Retryable);
      assert(error.cause instanceof TimeoutError);
      const command = reuse ? `${program} .* -M .* exit` : "zfs list tank";
      const text = `^Command '${command}' on ${sshd.userHost} has printed nothing for 10 min, so it was ended$`;
      assertMatch(error.message, new RegExp(text));
      await all.close();
    },
  );
}

function exists(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, () => false);
}
