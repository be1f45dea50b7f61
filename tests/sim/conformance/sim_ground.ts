/**
 * The simulator as a ground for conformance scenarios.
 * @module
 */
import { execute } from "../commands/dispatch.ts";
import { SimHost, type SimVersion } from "../host.ts";
import { cutStream, EMPTY_STREAM } from "../stream.ts";
import type { Deed, Ground, Step, StepResult } from "./step.ts";

/** A fresh simulated host per scenario. */
export function simGround(version: SimVersion): Ground {
  return {
    version,
    pools: { source: "tank", destination: "back" },
    play(name: string, steps: readonly Step[]): Promise<readonly StepResult[]> {
      const host = SimHost.create({ version });
      host.addPool("tank");
      host.addPool("back");
      execute(host, ["zfs", "create", `tank/${name}`]);
      execute(host, ["zfs", "create", `back/${name}`]);
      const tokens = new Map<string, string>();
      return Promise.resolve(steps.map(({ deed }) => {
        host.clock.advance(100);
        return perform(host, deed, tokens);
      }));
    },
  };
}

function perform(host: SimHost, deed: Deed, tokens: Map<string, string>): StepResult {
  const substitute = (words: readonly string[]): string[] =>
    words.map((word) => (word.startsWith("$") ? tokens.get(word.slice(1)) ?? word : word));
  switch (deed.do) {
    case "run":
      return as(host, deed.as, () => execute(host, substitute(deed.argv)));
    case "pipe": {
      const sent = execute(host, ["zfs", "send", ...substitute(deed.send)]);
      const whole = sent.stream ?? EMPTY_STREAM;
      const stream = deed.cutAfter === undefined ? whole : cutStream(whole, deed.cutAfter);
      const received = as(host, deed.as, () => execute(host, ["zfs", "receive", ...substitute(deed.receive)], stream));
      return { ...received, stderr: `${sent.stderr}${received.stderr}` };
    }
    case "write": {
      const chunks = Math.max(1, Math.round(deed.bytes / 50_000));
      for (let i = 0; i < chunks; i++) host.write(deed.dataset, Math.round(deed.bytes / chunks));
      return { status: 0, stdout: "", stderr: "" };
    }
    case "remember": {
      const argv = ["zfs", "get", "-Hp", "-o", "value", "-s", "none", "receive_resume_token", deed.dataset];
      tokens.set(deed.name, execute(host, argv).stdout.trim());
      return { status: 0, stdout: "", stderr: "" };
    }
  }
}

function as<T>(host: SimHost, who: "user" | undefined, act: () => T): T {
  host.permissions = who && new Set();
  const result = act();
  host.permissions = undefined;
  return result;
}
