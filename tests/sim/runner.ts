/**
 * A `Runner` whose commands run in a simulated host.
 * @module
 */
import { ExcessError, Retryable } from "../../lib/model/errors.ts";
import type { CommandResult, Runner, RunOptions } from "../../lib/zfs/world.ts";
import { execute } from "./commands/dispatch.ts";
import type { SimHost } from "./host.ts";

/** What a simulated runner may be told; everything has a default. */
export interface SimRunnerOptions {
  /** Virtual milliseconds per command. */
  readonly latencyMs?: number;
  readonly maxCommandLineBytes?: number;
  /** What was run is not remembered. */
  readonly isForgetful?: boolean;
}

/** Runs argv in a {@linkcode SimHost}, and remembers what it ran. */
export class SimRunner implements Runner {
  readonly host: string;
  readonly maxCommandLineBytes: number;
  /** Every command so far. */
  readonly commands: (readonly string[])[] = [];
  readonly #host: SimHost;
  readonly #latencyMs: number;
  readonly #isForgetful: boolean;

  constructor(host: SimHost, options: SimRunnerOptions = {}) {
    this.host = host.state.name;
    this.maxCommandLineBytes = options.maxCommandLineBytes ?? 2_000_000;
    this.#host = host;
    this.#latencyMs = options.latencyMs ?? 20;
    this.#isForgetful = options.isForgetful ?? false;
  }

  async run(argv: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
    await this.#host.clock.sleep(this.#latencyMs * 1e6, options);
    if (!this.#isForgetful) this.commands.push(argv);
    const { status, stdout, stderr } = execute(this.#host, argv);
    if (!options.onLines) {
      const most = options.answerBytes ?? 65_536;
      if (stdout.length <= most) return { status, stdout, stderr };
      const command = { command: argv.join(" "), host: this.host };
      throw new Retryable(new ExcessError(command, `more than ${most / 1024} KiB`));
    }
    options.onLines(stdout);
    return { status, stdout: "", stderr };
  }

  describe(argv: readonly string[]): string {
    const words = argv.map((word) => (/^[-A-Za-z0-9_@%+=:,./]+$/.test(word) ? word : `'${word}'`)).join(" ");
    return this.host === "localhost" ? words : `ssh ${this.host} ${words}`;
  }
}
