import { detectionScript } from "../../../lib/host/detection.ts";
import { localRunner } from "../../../lib/host/process/local_runner.ts";
import { Probe, type ProbedLocation } from "../../../lib/host/probe.ts";
import { Processes } from "../../../lib/host/process/process.ts";
import { CommandError, RefusedError, Retryable } from "../../../lib/model/errors.ts";
import { SILENT_LOGGER } from "../../../lib/model/log.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { DEFAULT_PROGRAMS } from "../../support/programs.ts";
import { type Answer, scriptedRunner } from "../../support/runner.ts";

let now = 0;

function newProbe(changes: { readonly retries?: number; readonly programs?: object } = {}): Probe {
  const policy = {
    retries: changes.retries ?? 0,
    minSleepNs: 0,
    initialMaxSleepNs: 0,
    maxSleepNs: 0,
    maxElapsedNs: 1e9,
  };
  return new Probe({
    programs: { ...DEFAULT_PROGRAMS, ...changes.programs },
    ttlMs: 1000,
    log: SILENT_LOGGER,
    retry: {
      policy,
      clock: { monotonicNs: () => now, sleep: () => Promise.resolve() },
      random: { integer: (low) => low },
      log: SILENT_LOGGER,
    },
  });
}

const HEALTHY: Answer = ([program, ...rest]) => {
  if (program === "zfs" && rest[0] === "--version") return { stdout: "zfs-2.2.2-1\n" };
  if (program === "sh") {
    return { stdout: "default_shell-/bin/bash\nsh\nzpool\nsudo\ngetconf_cpu_count-3\nuname-Linux h 6.1\n" };
  }
  if (program === "zpool") return { stdout: "size\t1\nguid\t77\ndelegation\ton\nfeature@bookmark_v2\tactive\n" };
  return { status: 1, stderr: "unexpected" };
};

function location(answer: Answer, changes: Partial<ProbedLocation> = {}): ProbedLocation {
  return {
    side: "dst",
    userHost: "al@nas",
    port: undefined,
    configFile: undefined,
    operand: "al@nas:tank/x",
    pool: "tank",
    runner: scriptedRunner(answer, "al@nas"),
    ...changes,
  };
}

Deno.test("capabilities() puts together what a healthy host says", async () => {
  const capabilities = await newProbe().capabilities(location(HEALTHY));
  assertEquals(capabilities.zfsVersion, [2, 2, 2]);
  assertEquals([...capabilities.programs], ["zpool", "sh", "sudo"]);
  assertEquals([capabilities.os, capabilities.cpus], ["Linux", 3]);
  assertEquals([...capabilities.pool], [
    ["size", "1"],
    ["guid", "77"],
    ["delegation", "on"],
    ["feature@bookmark_v2", "active"],
  ]);
});

Deno.test("capabilities() asks again only for another pool, or when the answer is old", async () => {
  const probe = newProbe();
  const runner = scriptedRunner(HEALTHY);
  const ask = async (pool: string): Promise<number> => {
    const before = runner.ran.length;
    await probe.capabilities(location(HEALTHY, { runner, pool }));
    return runner.ran.length - before;
  };
  now = 0;
  assertEquals([await ask("tank"), await ask("tank"), await ask("other"), await ask("tank")], [3, 0, 1, 0]);
  now = 1e9;
  assertEquals([await ask("tank"), await ask("other")], [3, 1]);
});

Deno.test("both sides of a pair ask one host once, and a failure is not remembered", async () => {
  const probe = newProbe();
  const runner = scriptedRunner(HEALTHY);
  await Promise.all([
    probe.capabilities(location(HEALTHY, { runner, side: "src" })),
    probe.capabilities(location(HEALTHY, { runner, side: "dst", pool: "other" })),
  ]);
  assertEquals(runner.ran.map((argv) => argv[0]), ["zfs", "sh", "zpool", "zpool"]);
  const broken = location(() => ({ status: 127 }), { userHost: "b" });
  await assertRejects(() => probe.capabilities(broken), RefusedError);
  await probe.capabilities(location(HEALTHY, { userHost: "b" }));
});

Deno.test("what is known of this host is not asked again for a local side", async () => {
  const probe = newProbe();
  const runner = scriptedRunner(HEALTHY);
  await probe.initiator(runner);
  const { programs } = await probe.capabilities(location(HEALTHY, { runner, userHost: "" }));
  assertEquals(runner.ran.map((argv) => argv[0]), ["sh", "zfs", "zpool"]);
  assertEquals([...programs], ["zpool", "sh", "sudo"]);
});

Deno.test("initiator() tells a shell whose script fails from one that cannot be run", async () => {
  const lines = "default_shell-/bin/sh\nzpool\nsh\n";
  const ask = async (exit: number): Promise<unknown> => {
    const answer: Answer = (argv) => argv[2] === "exit" ? { status: exit } : { status: 2, stdout: lines };
    const { programs, hasShell } = await newProbe().initiator(scriptedRunner(answer));
    return [hasShell, ...programs];
  };
  assertEquals(await ask(0), [true, "zpool", "sh"]);
  assertEquals(await ask(127), [false, "zpool"]);
});

Deno.test("capabilities() tells where zfs is if PATH does not lead to it", async () => {
  const error = await assertRejects(
    () =>
      newProbe().capabilities(
        location((argv) =>
          argv[0] === "sh" ? { stdout: "/usr/sbin/zfs\n" } : { status: 127, stderr: "sh: zfs: not found\n" }
        ),
      ),
    RefusedError,
    "zfs CLI is not available on dst host: al@nas",
  );
  assert(error.hint?.includes("/usr/sbin/zfs"));
});

Deno.test("capabilities() refuses a login shell that reads quotes in its own way", async () => {
  const fish: Answer = (argv) => argv[0] === "sh" ? { stdout: "default_shell-/usr/bin/fish\nsh\n" } : HEALTHY(argv);
  await assertRejects(() => newProbe().capabilities(location(fish)), RefusedError, "Cowardly refusing to proceed");
  await newProbe().capabilities(location(fish, { userHost: "" })).then(() => {}, (error) => {
    assert(!String(error).includes("Cowardly"));
  });
});

Deno.test("capabilities() names the host whose login shell prints text before any command, and that text", async () => {
  for (const greeting of ["Welcome to nas 7.3.1!\n", "no line feed: ", "\n\n"]) {
    const answer: Answer = (argv) => {
      const result = { stdout: "", ...HEALTHY(argv) };
      return { ...result, stdout: greeting + result.stdout };
    };
    await assertRejects(
      () => newProbe().capabilities(location(answer)),
      RefusedError,
      `dst host al@nas: the login shell prints text before any command: '${greeting.trim()}'`,
    );
  }
});

Deno.test("capabilities() says that a pool is missing", async () => {
  const answer: Answer = (argv) => {
    if (argv[0] === "zpool") return { status: 1, stderr: "cannot open 'tank': no such pool\n" };
    if (argv[1] === "list") return { status: 1, stderr: "cannot open 'tank': dataset does not exist\n" };
    return HEALTHY(argv);
  };
  await assertRejects(
    () => newProbe().capabilities(location(answer)),
    RefusedError,
    "Pool tank is not imported on al@nas (zpool import), or does not exist; it is that of the dst dataset: al@nas:tank/x",
  );
});

Deno.test("capabilities() goes on without features if zpool does not work", async () => {
  const answer: Answer = (argv) => {
    if (argv[0] === "zpool") return { status: 1, stderr: "permission denied" };
    if (argv[1] === "list") return { stdout: "tank\n" };
    return HEALTHY(argv);
  };
  assertEquals((await newProbe().capabilities(location(answer))).pool.size, 0);
});

Deno.test("capabilities() retries ssh and then refuses with its text", async () => {
  let attempts = 0;
  const broken: Answer = () => ({ status: 255, stderr: `ssh: connection ${++attempts} failed\n` });
  await assertRejects(
    () => newProbe({ retries: 2 }).capabilities(location(broken)),
    RefusedError,
    "ssh exit code 255: ssh: connection 3 failed",
  );
});

Deno.test("capabilities() retries what a runner calls retryable", async () => {
  let attempts = 0;
  const runner = {
    ...scriptedRunner(HEALTHY),
    run: (argv: readonly string[]) => {
      const result = { status: 0, stdout: "", stderr: "", ...HEALTHY(argv) };
      if (++attempts > 1) return Promise.resolve(result);
      const failure = { command: "x", host: "nas", status: 255, stderr: "", fault: "connection" as const };
      return Promise.reject(new Retryable(new CommandError(failure), { display: "ssh connect" }));
    },
  };
  await newProbe({ retries: 1 }).capabilities(location(HEALTHY, { runner }));
  assertEquals(attempts, 4);
});

Deno.test("the script runs on a real sh, and initiator() reads it", async () => {
  const processes = new Processes({ log: SILENT_LOGGER });
  const facts = await newProbe().initiator(localRunner({ processes, log: SILENT_LOGGER }));
  assert(facts.programs.has("sh"));
  assertEquals(facts.os, "Linux");
  assert(facts.cpus >= 1);
});

Deno.test("initiator() does not need a shell", async () => {
  const facts = await newProbe().initiator(scriptedRunner(() => ({ status: 127, stderr: "sh: command not found" })));
  assertEquals([...facts.programs], []);
});

Deno.test("the script does not look for disabled programs", () => {
  const script = detectionScript({ ...DEFAULT_PROGRAMS, pv: "-", compression: "lz4" });
  assert(!script.includes("pv") && script.includes("command -v lz4 > /dev/null; then printf 'zstd\\n'"));
});
