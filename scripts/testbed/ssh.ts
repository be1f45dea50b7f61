/**
 * Scripts on a guest over multiplexed ssh: one login for each user, after which a command costs milliseconds.
 * @module
 */
import { capture, type ProcessResult } from "../process.ts";
import { mustRun, type PoolOptions, type Power, quote, type RunOptions, type TestHost } from "./host.ts";
import type { Machine } from "./qemu.ts";

/** Writes the file for `ssh -F` that leads to each guest by name. */
export async function writeSshConfig(path: string, image: string, ports: ReadonlyMap<string, number>): Promise<void> {
  const hosts = [...ports].map(([name, port]) => `Host ${name}\n  HostName 127.0.0.1\n  Port ${port}\n`);
  const common = `Host *
  User root
  IdentityFile "${image}/id_ed25519"
  IdentitiesOnly yes
  BatchMode yes
  StrictHostKeyChecking no
  UserKnownHostsFile /dev/null
  LogLevel ERROR
  ServerAliveInterval 30
`;
  await Deno.writeTextFile(path, hosts.join("") + common);
}

/** Half a second apart. */
const LOGIN_TRIES = 10;

/** A host that is a guest of the testbed. */
export class Guest implements TestHost {
  readonly #masters = new Map<string, Promise<void>>();
  readonly power: Power = {
    cut: async () => {
      await this.machine.cut();
      this.#masters.clear();
    },
    restore: () => this.machine.restore(),
  };

  constructor(private readonly machine: Machine, private readonly sshConfig: string) {}

  get name(): string {
    return this.machine.options.name;
  }

  async run(script: string, options: RunOptions = {}): Promise<ProcessResult> {
    const { user = "root", stdin, timeoutMs = 300_000 } = options;
    await this.#login(user);
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = AbortSignal.any([timeout, ...(options.signal ? [options.signal] : [])]);
    const argv = [...this.#ssh(user), "-T", this.name, script];
    const result = await capture(argv, { signal, ...(stdin === undefined ? {} : { stdin }) });
    if (result.code === 255) await this.machine.settle();
    await this.machine.check();
    if (timeout.aborted) throw await this.machine.failure(`did not finish within ${timeoutMs / 1000} s: ${script}`);
    return result;
  }

  sh(script: string, options: RunOptions = {}): Promise<string> {
    return mustRun(this, script, options);
  }

  async write(path: string, content: string | Uint8Array): Promise<void> {
    await this.sh(`cat > ${quote(path)}`, { stdin: content });
  }

  async createPool(name: string, options: PoolOptions = {}): Promise<string> {
    // /tmp is in memory. ext4 is for what does not fit there.
    const sizeMiB = options.sizeMiB ?? 512;
    const file = `${sizeMiB <= 512 && !options.onDisk ? "/tmp" : "/var/tmp"}/${name}.pool`;
    await this.sh(
      `truncate -s ${sizeMiB}M ${quote(file)}; zpool create -f ${options.options ?? ""} ${quote(name)} ${quote(file)}`,
    );
    return name;
  }

  #ssh(user: string): readonly string[] {
    return ["ssh", "-F", this.sshConfig, "-l", user, "-S", `${this.machine.options.folder}/ssh-${user}`];
  }

  #login(user: string): Promise<void> {
    let master = this.#masters.get(user);
    if (master === undefined) {
      master = this.#startMaster(user);
      this.#masters.set(user, master);
    }
    return master;
  }

  async #startMaster(user: string): Promise<void> {
    const [program = "", ...args] = [...this.#ssh(user), "-MNf", "-o", "ConnectTimeout=60", this.name];
    // Without pipes of ours: a master holds its standard error open for as long as it lives.
    const login = new Deno.Command(program, { args, stdin: "null", stdout: "null", stderr: "inherit" });
    // sshd becomes a daemon first and listens then, so a guest may say that it is ready a moment too early.
    for (let tries = 0; tries < LOGIN_TRIES; tries++) {
      if ((await login.output()).code === 0) return;
      await this.machine.settle();
      await this.machine.check();
    }
    throw await this.machine.failure(`refused the login of ${user}`);
  }
}
