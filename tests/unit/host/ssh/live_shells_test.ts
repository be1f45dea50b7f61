/** Commands of a real remote host in shells that stay: servers that allow them, forbid them, or allow only a few. */
import { Processes } from "../../../../lib/host/process/process.ts";
import { type SshHost, SshHosts } from "../../../../lib/host/ssh/ssh.ts";
import { pause, systemClock, systemRandom } from "../../../../lib/host/system.ts";
import { Cancelled } from "../../../../lib/model/errors.ts";
import type { Logger } from "../../../../lib/model/log.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../../../support/assert.ts";
import { processTable } from "../../../support/process_table.ts";
import { type Sshd, startSshd } from "../../../support/sshd.ts";
import { withTempFolder } from "../../../support/temp.ts";
import { within } from "../../../support/within.ts";

/** A server, and a host as a run sees it. */
interface Stage {
  readonly sshd: Sshd;
  readonly host: SshHost;
  /** What the log says from DEBUG on, but for commands. */
  readonly records: readonly string[];
  /** How many live shells of ours there are. */
  shells(): Promise<number>;
}

interface Settings {
  /** How much ssh says; `ERROR` unless given. */
  readonly logLevel?: string;
  /** Lines of the server's configuration. */
  readonly server?: readonly string[];
  readonly liveShell?: string | undefined;
}

function stageTest(name: string, settings: Settings, act: (stage: Stage) => Promise<void>): void {
  Deno.test(name, () =>
    withTempFolder((keys) =>
      withTempFolder(async (home) => {
        const sshd = await startSshd(keys, settings.server);
        const { logLevel = "ERROR" } = settings;
        const configFile = `${keys}/leveled_bzfs_ssh_config`;
        const config = await Deno.readTextFile(sshd.configFile);
        await Deno.writeTextFile(configFile, config.replace("ERROR", logLevel), { mode: 0o600 });
        const records: string[] = [];
        const log: Logger = {
          log: (level, label, text) => void (level !== "TRACE" && label === "" && records.push(`${level} ${text}`)),
          isEnabled: (level) => level !== "TRACE",
        };
        const processes = new Processes({ log, graceMs: 500 });
        const hosts = new SshHosts({
          processes,
          log,
          clock: systemClock,
          random: systemRandom,
          home,
          hostname: "here",
          pid: Deno.pid,
          sharing: {
            reuse: true,
            exitOnShutdown: true,
            persistSecs: 90,
            marginSecs: 2,
            maxSessionsPerConnection: 8,
            liveShell: "sh",
            ...settings,
          },
          ssh: { program: "ssh", cipher: "", forwardsAgent: false, verbosity: 0, serverAliveIntervalSecs: 15 },
        });
        await hosts.prepare();
        const own = async (pattern: RegExp): Promise<number> =>
          (await processTable()).filter(({ command }) => command.includes(home) && pattern.test(command)).length;
        const shells = (): Promise<number> => own(/ exec sh$/);
        try {
          await act({ sshd, host: hosts.host("src", { ...sshd, configFile }), records, shells });
          await hosts.endShells();
          assertEquals(await shells(), 0);
        } finally {
          await hosts.close();
          await sshd.stop();
        }
      })
    ));
}

stageTest("commands one after the other have one session", {}, async ({ host, shells, records }) => {
  for (let index = 0; index < 20; index++) {
    assertEquals((await host.runner.run(["echo", `${index}`], { isChange: index % 2 === 0 })).stdout, `${index}\n`);
  }
  assertEquals([await shells(), records], [1, []]);
  assertEquals((await host.runner.run(["sh", "-c", "kill -9 $$"])).status, 137);
  assertEquals((await host.runner.run(["bzfs-no-such-program"])).status, 127);
});

stageTest("live shells can be switched off", { liveShell: undefined }, async ({ host, shells }) => {
  assertEquals((await host.runner.run(["echo", "x"])).stdout, "x\n");
  assertEquals(await shells(), 0);
});

stageTest(
  "commands at once have up to four shells, and sessions of their own",
  {},
  async ({ host, shells, records }) => {
    const all = Array.from({ length: 10 }, (_, index) => host.runner.run(["sh", "-c", `sleep 0.5; echo ${index}`]));
    assertEquals((await Promise.all(all)).map(({ stdout }) => stdout), all.map((_, index) => `${index}\n`));
    assertEquals([await shells(), records], [4, []]);
  },
);

stageTest(
  "a server with fewer sessions for a connection than usual has enough of them",
  { server: ["MaxSessions 8"] },
  async ({ host, records }) => {
    const all = Array.from({ length: 12 }, (_, index) => host.runner.run(["sh", "-c", `sleep 0.5; echo ${index}`]));
    assertEquals((await Promise.all(all)).map(({ stdout }) => stdout), all.map((_, index) => `${index}\n`));
    const together = await host.runner.runTogether!([["echo", "one"], ["false"], ["echo", "two"]]);
    assertEquals(together, { stdouts: ["one", undefined, "two"], stderr: "" });
    assertEquals(records, []);
  },
);

stageTest("an abort ends the shell of its command alone", {}, async ({ host, shells }) => {
  const other = host.runner.run(["sh", "-c", "sleep 2; echo done"]);
  const controller = new AbortController();
  const onLines = (): void => controller.abort(new Cancelled("SIGTERM", 15));
  const run = host.runner.run(["sh", "-c", "echo x; sleep 60"], { signal: controller.signal, onLines });
  await assertRejects(() => within(10_000, run), Cancelled);
  assertEquals(await shells(), 1);
  assertEquals((await other).stdout, "done\n");
});

stageTest("a connection that is lost between two commands is replaced", {}, async ({ host, sshd, shells, records }) => {
  for (const isChange of [false, true]) {
    assertEquals((await host.runner.run(["echo", "x"])).stdout, "x\n");
    await sshd.cut();
    while (isChange && await shells() > 0) await pause(20);
    assertEquals((await within(20_000, host.runner.run(["echo", "y"], { isChange }))).stdout, "y\n");
  }
  assertEquals(records, []);
});

stageTest(
  "a connection that is lost within a command: a query is asked again, a change has failed",
  {},
  (stage) =>
    withTempFolder(async (folder) => {
      const { host, sshd } = stage;
      const script = `echo x >> ${folder}/ran; test -e ${folder}/cut || { sleep 60; }; echo answer`;
      for (const isChange of [false, true]) {
        await host.runner.run(["rm", "-f", `${folder}/cut`, `${folder}/ran`]);
        const run = host.runner.run(["sh", "-c", script], { isChange });
        while (await Deno.stat(`${folder}/ran`).then(() => false, () => true)) {
          await pause(20);
        }
        await Deno.writeTextFile(`${folder}/cut`, "");
        await sshd.cut();
        const { status, stdout } = await within(20_000, run);
        assertEquals([status, stdout], isChange ? [255, ""] : [0, "answer\n"]);
        assertEquals(await Deno.readTextFile(`${folder}/ran`), isChange ? "x\n" : "x\nx\n");
      }
    }),
);

const GUARD =
  'ForceCommand case "$SSH_ORIGINAL_COMMAND" in *"exec sh") echo "Not allowed: $SSH_ORIGINAL_COMMAND" >&2; ' +
  'exit 1;; *) sh -c "$SSH_ORIGINAL_COMMAND";; esac';

const FORBIDDEN: Readonly<Record<string, readonly [setting: string, says: RegExp]>> = {
  "a guard that allows single commands": [GUARD, /Not allowed: exec sh$/],
  "a guard that prints noise": [
    `ForceCommand echo hello >&2; sh -c "$SSH_ORIGINAL_COMMAND"`,
    /something else.*: hello$/,
  ],
};

for (const [what, [setting, says]] of Object.entries(FORBIDDEN)) {
  stageTest(`where a server has ${what}, commands have sessions of their own`, { server: [setting] }, async (stage) => {
    const { host, shells, records } = stage;
    for (let times = 0; times < 3; times++) {
      assertEquals((await host.runner.run(["echo", "it's"], { isChange: times === 1 })).stdout, "it's\n");
    }
    assertEquals([await shells(), records.length], [0, 1]);
    assertMatch(records[0]!, says);
  });
}

stageTest("a server with one session", { server: ["MaxSessions 1"] }, async ({ host, shells, records }) => {
  assertEquals((await host.runner.run(["echo", "x"])).stdout, "x\n");
  const all = Array.from({ length: 6 }, (_, index) => host.runner.run(["sh", "-c", `sleep 0.2; echo ${index}`]));
  assertEquals((await Promise.all(all)).map(({ stdout }) => stdout), all.map((_, index) => `${index}\n`));
  assertEquals([await shells(), records.length], [1, 1]);
  assertMatch(records[0]!, /^DEBUG No further live shell on \S+: .*refused by peer$/);
  // A transfer gets the session.
  const { words, giveBack } = await host.hold("shared");
  assertEquals(await shells(), 0);
  const { stdout, stderr } = await new Deno.Command(words[0]!, { args: [...words.slice(1), "echo", "x"] }).output();
  assertEquals([stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)), ["x\n", ""]);
  giveBack();
  assertEquals((await host.runner.run(["echo", "y"])).stdout, "y\n");
  assert(await shells() === 1);
});

const SILENT = { server: ["MaxSessions 1"], logLevel: "QUIET" };

stageTest("a shell has a session of the shared connection, or none", SILENT, async ({ host, shells, records }) => {
  assertEquals((await host.runner.run(["echo", "x"])).stdout, "x\n");
  for (let round = 0; round < 3; round++) {
    const all = ["a", "b"].map((word) => host.runner.run(["sh", "-c", `sleep 0.3; echo ${word}`]));
    assertEquals((await Promise.all(all)).map(({ stdout }) => stdout), ["a\n", "b\n"]);
    assertEquals(await shells(), 1);
  }
  assertEquals(records.length, 1);
});
