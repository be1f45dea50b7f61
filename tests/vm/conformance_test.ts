/**
 * The conformance suite on real ZFS. With BZFS_RECORD_SAMPLES=1 it writes the error texts that the product's diagnosis
 * must recognise to tests/samples/zfs-VERSION/, instead of comparing them.
 */
import type { CommandResult } from "../../lib/zfs/world.ts";
import { startTestbed, type TestHost, usesHostZfs } from "../../scripts/testbed/guest.ts";
import { quote } from "../../scripts/testbed/host.ts";
import { conformance } from "../sim/conformance.ts";
import type { Deed, Ground, Step, StepResult } from "../sim/conformance/step.ts";
import { doorConformance } from "../sim/door_conformance.ts";
import { zfsVersion } from "../support/vm.ts";

const version = zfsVersion();
const { hosts: { src } } = await startTestbed({ zfs: version, hosts: ["src"] });
const pools = { source: await src.createPool("tank"), destination: await src.createPool("back") };
await src.write("/tmp/conformance.key", "12345678");
if (!usesHostZfs()) await src.sh("chmod 666 /dev/zfs"); // as udev does; a guest has none

const ground: Ground = {
  version,
  pools,
  async play(name, steps): Promise<readonly StepResult[]> {
    const script = [
      "export LC_ALL=C TZ=UTC",
      `zfs create ${quote(`${pools.source}/${name}`)}; zfs create ${quote(`${pools.destination}/${name}`)}`,
      ...steps.map(({ deed }) => stepScript(deed)),
    ].join("\n");
    return readResults(await src.sh(script), steps);
  },
};

conformance(`OpenZFS ${version}`, ground, Deno.env.get("BZFS_RECORD_SAMPLES") === "1" ? "record" : "compare");

doorConformance(`OpenZFS ${version}`, {
  ignore: usesHostZfs(),
  version,
  pools,
  runner: {
    host: "src",
    maxCommandLineBytes: 100_000,
    describe: (argv) => argv.map(quote).join(" "),
    async run(argv, options = {}): Promise<CommandResult> {
      const { code, stdout, stderr } = await runAt(src, argv);
      if (!options.onLines) return { status: code, stdout, stderr };
      options.onLines(stdout);
      return { status: code, stdout: "", stderr };
    },
  },
});

async function runAt(host: TestHost, argv: readonly string[]): ReturnType<TestHost["run"]> {
  return await host.run(`export LC_ALL=C; ${argv.map(quote).join(" ")}`);
}

/** One step as shell text: prints its status, and stdout and stderr in base64, on one line. */
function stepScript(deed: Deed): string {
  const report = 'echo "$status $(base64 -w0 < /tmp/step.out) $(base64 -w0 < /tmp/step.err)"';
  const body = `{ ${deedScript(deed)}; } > /tmp/step.out 2> /tmp/step.err`;
  return `status=0; ${body} || status=$?; ${report}`;
}

function deedScript(deed: Deed): string {
  switch (deed.do) {
    case "run":
      return `${asScript(deed.as)}${deed.argv.map(wordScript).join(" ")}`;
    case "pipe": {
      const head = deed.cutAfter === undefined ? "" : `head -c ${deed.cutAfter} | `;
      const [send, receive] = [deed.send, deed.receive].map((words) => words.map(wordScript).join(" "));
      // The sender's complaint about a cut pipe is none of the scenario's, and both must not write at the same time.
      return `(set +e +o pipefail; zfs send ${send} 2> /tmp/send.err | ${head}${
        asScript(deed.as)
      }zfs receive ${receive} 2> /tmp/receive.err; ` +
        `code=$?; cat /tmp/send.err /tmp/receive.err >&2; exit $code)`;
    }
    case "write":
      return `dd if=/dev/urandom bs=1000 count=${Math.round(deed.bytes / 1000)} status=none ` +
        `of="$(zfs get -H -o value mountpoint ${quote(deed.dataset)})/$RANDOM$RANDOM"`;
    case "remember":
      return `${deed.name}=$(zfs get -Hp -o value -s none receive_resume_token ${quote(deed.dataset)})`;
  }
}

function asScript(who: "user" | undefined): string {
  return who === undefined ? "" : "runuser -u bzfsuser -- ";
}

function wordScript(word: string): string {
  return word.startsWith("$") ? `"${word}"` : quote(word);
}

function readResults(stdout: string, steps: readonly Step[]): readonly StepResult[] {
  const lines = stdout.split("\n");
  if (lines.length !== steps.length) throw new Error(`${lines.length} answers to ${steps.length} steps:\n${stdout}`);
  return lines.map((line) => {
    const [status, out = "", err = ""] = line.split(" ");
    return { status: Number(status), stdout: decode(out), stderr: decode(err) };
  });
}

function decode(base64: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
}
