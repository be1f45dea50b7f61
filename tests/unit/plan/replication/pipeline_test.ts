import { type PipelineWords, plainPipelineText } from "../../../../lib/host/transfer/pipeline_text.ts";
import {
  isMetered,
  limitWarning,
  type PipelineEnd,
  type PipelineRequest,
  planPipeline,
  resolveR2r,
} from "../../../../lib/plan/replication/pipeline.ts";
import { receiveStage, sendStage } from "../../../support/pipeline.ts";
import { assertEquals, assertStringIncludes } from "../../../support/assert.ts";

const ALL = new Set(["sh", "ssh", "sudo", "zpool", "zstd", "mbuffer", "pv", "ps"]);

function end(userHost: string, more: Partial<PipelineEnd> = {}): PipelineEnd {
  return { userHost, nonlocal: userHost !== "", port: undefined, configFile: undefined, programs: ALL, ...more };
}

const LOCAL: PipelineRequest = {
  ends: { src: end(""), dst: end("") },
  localPrograms: ALL,
  send: ["sudo", "-n", "zfs", "send", "--raw", "s/a b@x"],
  receive: ["zfs", "receive", "-F", "-u", "-s", "-o", "p:q=it's $5", "d/a b"],
  r2r: "off",
  estimate: 5_000_000,
  label: "4.8MiB",
  blockSize: 131072,
  programs: {
    compression: "zstd",
    compressionOptions: ["-1"],
    mbuffer: "mbuffer",
    mbufferOptions: ["-q", "-m", "128M"],
    pv: "pv",
    pvOptions: ["--bytes", "--eta", "--fineta", "--average-rate"],
    ps: "ps",
    shell: "sh",
    ssh: "ssh",
    sudo: "sudo",
    zpool: "zpool",
  },
  bandwidthLimit: undefined,
  minPipeTransferSize: 1048576,
};

const PAST_US = { send: ["zfs", "send", "s/a b@x"], receive: ["zfs", "receive", "-u", "d/ab"], estimate: 10 } as const;

function text(more: Partial<PipelineRequest>, nestedPort: readonly string[] = []): string {
  const request = { ...LOCAL, ...more };
  const outer = (userHost: string, socket: string): readonly string[] =>
    userHost === "" ? [] : ["ssh", "-oBatchMode=yes", "-S", socket, userHost];
  const nested = (userHost: string): readonly string[] => [
    ...["ssh", "-oBatchMode=yes", "-oServerAliveInterval=0", "-x", "-T", "-c", "^aes256-gcm@openssh.com"],
    ...nestedPort,
    userHost,
  ];
  const { src, dst } = request.ends;
  const words: PipelineWords = {
    outer: { src: outer(src.userHost, "/k/S"), dst: outer(dst.userHost, "/k/D") },
    nested: { src: nested(src.userHost), dst: nested(dst.userHost) },
    pvFile: "/L/x.pv",
  };
  return plainPipelineText(planPipeline(request), words);
}

/** Source: docs/spec/replication.md §10.5. */
const REFERENCE = {
  local: String
    .raw`sudo -n zfs send --raw 's/a b@x' | LC_ALL=C pv --bytes --eta --fineta --average-rate --force --name=4.8MiB --size=5000000 2>> /L/x.pv | zfs receive -F -u -s -o 'p:q=it'"'"'s $5' 'd/a b'`,
  pull: String
    .raw`ssh -oBatchMode=yes -S /k/S a@h1 'sh -c "sudo -n zfs send --raw '"'"'s/a b@x'"'"' | zstd -c -1 | mbuffer -s 2097152 -q -m 128M"' | mbuffer -s 2097152 -q -m 128M | zstd -dc | LC_ALL=C pv --bytes --eta --fineta --average-rate --force --name=4.8MiB --size=5000000 2>> /L/x.pv | zfs receive -F -u -s -o 'p:q=it'"'"'s $5' 'd/a b'`,
  push: String
    .raw`sudo -n zfs send --raw 's/a b@x' | LC_ALL=C pv --bytes --eta --fineta --average-rate --force --name=4.8MiB --size=10 2>> /L/x.pv | ssh -oBatchMode=yes -S /k/D b@h2 'zfs receive -F -u -s -o '"'"'p:q=it'"'"'"'"'"'"'"'"'s $5'"'"' '"'"'d/a b'"'"''`,
  pullPush: String
    .raw`ssh -oBatchMode=yes -S /k/S a@h1 'sh -c "sudo -n zfs send --raw '"'"'s/a b@x'"'"' | zstd -c -1 | mbuffer -s 2097152 -q -m 128M -R 10M"' | mbuffer -s 2097152 -q -m 128M -r 10M | LC_ALL=C pv --bytes --eta --fineta --average-rate --rate-limit=10m --force --name=4.8MiB 2>> /L/x.pv | mbuffer -s 2097152 -q -m 128M -r 10M | ssh -oBatchMode=yes -S /k/D b@h2 'sh -c "mbuffer -s 2097152 -q -m 128M -r 10M | zstd -dc | zfs receive -F -u -s -o '"'"'p:q=it'"'"'\"'"'"'\"'"'"'s \$5'"'"' '"'"'d/a b'"'"'"'`,
  noShell: String
    .raw`ssh -oBatchMode=yes -S /k/S a@h1 'sudo -n zfs send --raw '"'"'s/a b@x'"'"'' | zfs receive -F -u -s -o 'p:q=it'"'"'s $5' 'd/a b'`,
  r2rPush: String
    .raw`ssh -oBatchMode=yes -S /k/S a@h1 'sh -c '"'"'zfs send '"'"'"'"'"'"'"'"'s/a b@x'"'"'"'"'"'"'"'"' | ssh -oBatchMode=yes -oServerAliveInterval=0 -x -T -c '"'"'"'"'"'"'"'"'^aes256-gcm@openssh.com'"'"'"'"'"'"'"'"' b@h2 '"'"'"'"'"'"'"'"'zfs receive -u d/ab'"'"'"'"'"'"'"'"''"'"''`,
  r2rPull: String
    .raw`ssh -oBatchMode=yes -S /k/D b@h2 'sh -c '"'"'ssh -oBatchMode=yes -oServerAliveInterval=0 -x -T -c '"'"'"'"'"'"'"'"'^aes256-gcm@openssh.com'"'"'"'"'"'"'"'"' -p 22 a@h1 '"'"'"'"'"'"'"'"'zfs send '"'"'"'"'"'"'"'"'"'"'"'"'"'"'"'"'"'"'"'"'"'"'"'"'"'"'s/a b@x'"'"'"'"'"'"'"'"'"'"'"'"'"'"'"'"'"'"'"'"'"'"'"'"'"'"''"'"'"'"'"'"'"'"' | zfs receive -u d/ab'"'"''`,
  sameRemote: String
    .raw`ssh -oBatchMode=yes -S /k/D a@h1 'sh -c '"'"' zfs send '"'"'"'"'"'"'"'"'s/a b@x'"'"'"'"'"'"'"'"' | zfs receive -u d/ab'"'"''`,
} as const;

const H1 = end("a@h1");
const H2 = end("b@h2");

Deno.test("planPipeline() and its text agree with the reference strings of the specification", () => {
  const bare = new Set([...ALL].filter((program) => program !== "sh"));
  assertEquals(text({}), REFERENCE.local);
  assertEquals(text({ ends: { src: H1, dst: end("") } }), REFERENCE.pull);
  assertEquals(text({ ends: { src: end(""), dst: H2 }, estimate: 10 }), REFERENCE.push);
  assertEquals(text({ ends: { src: H1, dst: H2 }, bandwidthLimit: "10m" }), REFERENCE.pullPush);
  const noShell = { src: end("a@h1", { programs: bare }), dst: end("", { programs: bare }) };
  assertEquals(text({ ends: noShell }), REFERENCE.noShell);
  assertEquals(text({ ...PAST_US, ends: { src: H1, dst: H2 }, r2r: "push" }), REFERENCE.r2rPush);
  const port = { src: end("a@h1", { port: 22 }), dst: H2 };
  assertEquals(text({ ...PAST_US, ends: port, r2r: "pull" }, ["-p", "22"]), REFERENCE.r2rPull);
  assertEquals(text({ ...PAST_US, ends: { src: H1, dst: H1 }, r2r: "pull" }), REFERENCE.sameRemote);
});

Deno.test("planPipeline() has one sending and one receiving command, and tells whether pv counts", () => {
  const pipeline = planPipeline({ ...LOCAL, ends: { src: H1, dst: H2 } });
  assertEquals(sendStage(pipeline).argv, LOCAL.send);
  assertEquals(receiveStage(pipeline).argv, LOCAL.receive);
  assertEquals(isMetered(pipeline), true);
  assertEquals(isMetered(planPipeline({ ...LOCAL, programs: { ...LOCAL.programs, pv: "-" } })), false);
  assertEquals(isMetered(planPipeline({ ...LOCAL, localPrograms: new Set() })), false);
});

Deno.test("planPipeline() omits the size where nobody knows it", () => {
  const sizes = (request: PipelineRequest): boolean => {
    const stages = planPipeline(request).legs.flatMap((leg) => leg.stages);
    return stages.some((stage) => stage.argv.some((word) => word.startsWith("--size=")));
  };
  assertEquals(sizes(LOCAL), true);
  assertEquals(sizes({ ...LOCAL, estimate: undefined }), false);
  assertEquals(sizes({ ...LOCAL, ends: { src: H1, dst: H2 } }), false);
  assertEquals(sizes({ ...LOCAL, ends: { src: H1, dst: H2 }, estimate: 10 }), true);
});

Deno.test("limitWarning() speaks up where neither pv nor mbuffer will be part of a transfer", () => {
  const without = (...keys: string[]): ReadonlySet<string> => ALL.difference(new Set(keys));
  const warns = (more: Partial<PipelineRequest>): boolean =>
    limitWarning({ ...LOCAL, bandwidthLimit: "10m", ...more }) !== undefined;
  const pull = { src: end("a", { programs: without("mbuffer") }), dst: end("", { programs: without("mbuffer") }) };
  const both = { src: end("a"), dst: end("b") };
  assertEquals(warns({}), false);
  assertEquals(warns({ localPrograms: without("pv") }), true); // both ends here: mbuffer has no place
  assertEquals(warns({ localPrograms: without("pv"), bandwidthLimit: undefined }), false);
  assertEquals(warns({ ends: pull, localPrograms: without("pv") }), true);
  assertEquals(warns({ ends: pull }), false);
  assertEquals(warns({ ends: { ...pull, src: end("a") }, localPrograms: without("pv") }), false);
  assertEquals(warns({ ends: both, r2r: "pull" }), false);
  assertEquals(warns({ ends: { src: end("a", { programs: without("mbuffer") }), dst: end("b") }, r2r: "push" }), false);
  assertEquals(warns({ ends: { src: end("a"), dst: end("a") }, r2r: "push" }), true); // one host: only zfs commands
  assertEquals(
    limitWarning({ ...LOCAL, bandwidthLimit: "10m", localPrograms: new Set() }),
    "--bwlimit=10m has no effect: neither pv nor mbuffer can be part of these transfers",
  );
});

Deno.test("resolveR2r() says why it falls back", () => {
  const ends = { src: H1, dst: end("b@h2", { programs: new Set(["ssh"]) }) };
  assertEquals(resolveR2r("push", ends).mode, "push");
  const { mode, warning } = resolveR2r("pull", ends);
  assertEquals(mode, "off");
  assertStringIncludes(warning ?? "", "--r2r=pull requires sh on dst host: b@h2");
  const config = { src: end("a@h1", { configFile: "/x/bzfs_ssh_config" }), dst: H2 };
  assertStringIncludes(resolveR2r("pull", config).warning ?? "", "--ssh-src-config-file");
  assertEquals(resolveR2r("push", config), { mode: "push", warning: undefined });
});
