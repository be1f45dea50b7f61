/**
 * A private ssh server on the loopback address, with keys of its own, for tests of connections.
 *
 * It needs `sshd` from the package `openssh-server`; no service and no user's settings are touched.
 * @module
 */

/** Where sshd usually is; it wants to be called by its full path. */
const PATHS = ["/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/bin/sshd"];

/** A server that runs. */
export interface Sshd {
  readonly userHost: string;
  readonly port: number;
  /** Configuration for `ssh -F` that knows keys and host. */
  readonly configFile: string;
  /** Kills the processes of all connections, masters included. */
  cut(): Promise<void>;
  stop(): Promise<void>;
}

/** Path of sshd. */
function sshdPath(): string {
  const path = PATHS.find((candidate) => {
    try {
      return Deno.statSync(candidate).isFile;
    } catch {
      return false;
    }
  });
  if (path === undefined) throw new Error("There is no sshd: install the package openssh-server (deno task test does)");
  return path;
}

/**
 * Starts a server whose files live in `folder`.
 *
 * @param settings lines of its configuration that count before ours
 */
export async function startSshd(folder: string, settings: readonly string[] = []): Promise<Sshd> {
  if (Deno.uid() === 0) await Deno.mkdir("/run/sshd", { recursive: true, mode: 0o755 });
  for (const name of ["host_key", "user_key"]) {
    await must("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", `${folder}/${name}`]);
  }
  const port = freePort();
  const server = [
    ...settings,
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${folder}/host_key`,
    `AuthorizedKeysFile ${folder}/user_key.pub`,
    `PidFile ${folder}/pid`,
    "StrictModes no",
    "UsePAM no",
    "PasswordAuthentication no",
    "PermitRootLogin prohibit-password",
    "MaxStartups 100",
  ];
  await Deno.writeTextFile(`${folder}/sshd_config`, server.join("\n") + "\n");
  const client = [
    `IdentityFile ${folder}/user_key`,
    "IdentitiesOnly yes",
    `UserKnownHostsFile ${folder}/known_hosts`,
    "StrictHostKeyChecking no",
    "LogLevel ERROR",
  ];
  const configFile = `${folder}/bzfs_ssh_config`;
  await Deno.writeTextFile(configFile, client.join("\n") + "\n", { mode: 0o600 });
  const args = ["-D", "-e", "-f", `${folder}/sshd_config`];
  const process = new Deno.Command(sshdPath(), { args, stdin: "null", stdout: "null", stderr: "null" }).spawn();
  await waitFor(port);
  const cut = async (): Promise<void> => {
    await new Deno.Command("sh", { args: ["-c", `kill $(ps -o pid= --ppid ${process.pid})`], stderr: "null" }).output();
  };
  return {
    userHost: `${(await must("id", ["-un"])).trim()}@127.0.0.1`,
    port,
    configFile,
    cut,
    async stop(): Promise<void> {
      await cut();
      process.kill("SIGTERM");
      await process.status;
    },
  };
}

async function must(program: string, args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args: [...args] }).output();
  if (!success) throw new Error(`${program} failed: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

/** A port on which nobody listens right now. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function waitFor(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  throw new Error("sshd does not listen");
}
