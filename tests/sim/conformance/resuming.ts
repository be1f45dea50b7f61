/** Scenarios about `zfs receive -s`, tokens, and what partial state stands in the way of. */
import { cut, type Expectation, pipe, remember, run, type Scenario, type Step, write } from "./step.ts";

const HALF = 200_000;

function threeSnapshots(s: string): Step[] {
  return [
    write(s),
    run(`zfs snapshot ${s}@1`),
    write(s),
    run(`zfs snapshot ${s}@2`),
    write(s),
    run(`zfs snapshot ${s}@3`),
  ];
}

function saved(task: string): Expectation {
  return {
    status: 1,
    stderr: new RegExp(
      `^cannot receive ${task} stream: checksum mismatch or incomplete stream\\.\nPartially received snapshot is saved\\.\n` +
        "A resuming stream can be generated on the sending system by running:\n    zfs send -t 1-[0-9a-f]+-[0-9a-f]+-[0-9a-f]+\n$",
    ),
  };
}

function blocked(task: string, dataset: string): Expectation {
  return {
    status: 1,
    stderr:
      `cannot receive ${task} stream: destination ${dataset} contains partially-complete state from "zfs receive -s".\n`,
    fault: "partial-receive-blocks",
  };
}

export const resuming: readonly Scenario[] = [
  {
    name: "resuming-a-full-stream",
    steps: (s, d) => [
      ...threeSnapshots(s),
      cut(`--raw --compressed ${s}@1 | -F -u -s ${d}/n`, HALF, saved("new filesystem")),
      run(`zfs list -t filesystem -Hp -o name ${d}/n`, { stdout: `${d}/n\n` }),
      run(`zfs list -t snapshot -d 1 -Hp -o name ${d}/n`, { stdout: "" }),
      remember("T", `${d}/n`),
      run("zfs send -n -v -t $T", {
        stdout: new RegExp(
          "^resume token contents:\nnvlist version: 0\n\tobject = 0x[0-9a-f]+\n\toffset = 0x[0-9a-f]+\n\tbytes = 0x[0-9a-f]+\n" +
            `\ttoguid = 0x[0-9a-f]+\n\ttoname = ${s}@1\n\tembedok = 1\n\tcompressok = 1\n` +
            `full send of ${s}@1 estimated size is .*\ntotal estimated size is .*\n$`,
        ),
      }),
      run("zfs send -n -v --parsable -t $T", { stdout: new RegExp(`full\t${s}@1\t(\\d+)\nsize\t\\1\n$`) }),
      pipe(`${s}@1 | -u ${d}/n`, {
        status: 1,
        stderr: `cannot receive new filesystem stream: destination '${d}/n' exists\nmust specify -F to overwrite it\n`,
      }),
      pipe(`${s}@1 | -F -u ${d}/n`, blocked("new filesystem", `${d}/n`)),
      pipe(`-i ${s}@1 ${s}@2 | -u -s ${d}/n`, blocked("incremental", `${d}/n`)),
      run(`zfs snapshot ${d}/n@x`, {
        status: 1,
        stderr: `cannot create snapshot '${d}/n@x': dataset is busy\n`,
        fault: "busy",
      }),
      pipe(`-t $T | -s -u ${d}/none`, {
        status: 1,
        stderr: `cannot receive resume stream: destination '${d}/none' does not exist\n`,
      }),
      cut(`-t $T | -s -F -u ${d}/n`, 100_000, saved("resume")),
      remember("T2", `${d}/n`),
      pipe(`-t $T2 | -s -F -u ${d}/n`),
      run(`zfs list -t snapshot -Hp -s name -o guid,creation ${d}/n@1 ${s}@1`, { stdout: /^(\d+\t\d+\n)\1$/ }),
      run(`zfs get -Hp -o value -s none receive_resume_token ${d}/n`, { stdout: "-\n" }),
    ],
  },
  {
    name: "resuming-an-incremental-stream",
    steps: (s, d) => [
      ...threeSnapshots(s),
      pipe(`${s}@1 | -u ${d}/n`),
      cut(`-i ${s}@1 ${s}@2 | -u -s ${d}/n`, HALF, saved("incremental")),
      remember("T", `${d}/n`),
      run("zfs send -n -v -t $T", {
        stdout: new RegExp(
          `\n\tfromguid = 0x[0-9a-f]+\n\tobject = [^]*\n\ttoname = ${s}@2\nsend from ${s}@1 to ${s}@2 estimated size is `,
        ),
      }),
      pipe(`-i ${s}@1 ${s}@2 | -u -s ${d}/n`, blocked("incremental", `${d}/n`)),
      run(`zfs destroy ${d}/n@1`, {
        status: 1,
        stderr: `cannot destroy '${d}/n@1': snapshot has dependent clones\n` +
          `use '-R' to destroy the following datasets:\n${d}/n/%recv\n`,
        fault: "has-clones",
      }),
      run(`zfs rollback ${d}/n@1`),
      run(`zfs list -t all -r -Hp -o name ${d}/n`, { lines: [`${d}/n`, `${d}/n@1`] }),
      pipe(`-t $T | -s -u ${d}/n`),
      cut(`-I ${s}@1 ${s}@3 | -u -s ${d}/n`, 700_000, saved("incremental")),
      remember("T3", `${d}/n`),
      run("zfs send -n -v -t $T3", { stdout: new RegExp(`\n\ttoname = ${s}@3\nsend from ${s}@2 to ${s}@3 `) }),
      pipe(`-t $T3 | -s -u ${d}/n`),
      run(`zfs list -t snapshot -d 1 -s createtxg -Hp -o name ${d}/n`, { stdout: `${d}/n@1\n${d}/n@2\n${d}/n@3\n` }),
    ],
  },
  {
    name: "aborting-a-receive",
    steps: (s, d) => [
      ...threeSnapshots(s),
      cut(`${s}@1 | -u -s ${d}/n`, HALF, saved("new filesystem")),
      run(`zfs receive -A ${d}/n`),
      run(`zfs receive -A ${d}/n`, {
        status: 2,
        stderr: new RegExp(`^cannot open '${d}/n': dataset does not exist\nusage:\n\treceive `),
        fault: "gone",
      }),
      pipe(`${s}@1 | -u ${d}/n`),
      cut(`-i ${s}@1 ${s}@2 | -u -s ${d}/n`, HALF, saved("incremental")),
      run(`zfs receive -A ${d}/n`),
      run(`zfs receive -A ${d}/n`, {
        status: 1,
        stderr: `'${d}/n' does not have any resumable receive state to abort\n`,
        fault: "gone",
      }),
      pipe(`-i ${s}@1 ${s}@2 | -u -s ${d}/n`),
    ],
  },
  {
    name: "telling-what-stands-on-what",
    steps: (s, d) => [
      ...threeSnapshots(s),
      pipe(`${s}@1 | -u ${d}/i`),
      run(`zfs get -Hp -o value -s none clones ${d}/i@1`, { stdout: /^-?\n$/ }),
      cut(`-i ${s}@1 ${s}@2 | -u -s ${d}/i`, HALF, saved("incremental")),
      run(`zfs create ${d}/e`),
      cut(`${s}@1 | -F -u -s ${d}/e`, HALF, saved("new filesystem")),
      cut(`${s}@1 | -u -s ${d}/n`, HALF, saved("new filesystem")),
      run(`zfs clone ${d}/i@1 ${d}/c`),
      run(`zfs clone ${d}/i@1 ${d}/c/d`),
      // Whether the partial receive is among them does not matter: it is left out, and aborted by itself.
      run(`zfs get -Hp -o value -s none clones ${d}/i@1`, {
        stdout: new RegExp(`^(?=(?:.*,)?${d}/c(?:,|$))(?=(?:.*,)?${d}/c/d(?:,|$)).*\n$`, "m"),
      }),
      run(`zfs list -t filesystem,volume -s name -Hp -o receive_resume_token,origin,name -r ${d}`, {
        stdout: new RegExp(
          `^-\t-\t${d}\n-\t${d}/i@1\t${d}/c\n-\t${d}/i@1\t${d}/c/d\n` +
            ["e", "i", "n"].map((name) => `1-[0-9a-f]+-[0-9a-f]+-[0-9a-f]+\t-\t${d}/${name}\n`).join("") + "$",
        ),
      }),
    ],
  },
  {
    // Why a dataset that holds a partial receive must not pass for empty: ZFS lets it go without a word.
    name: "destroying-what-was-received-in-part",
    steps: (s, d) => [
      ...threeSnapshots(s),
      run(`zfs create ${d}/e`),
      cut(`${s}@1 | -F -u -s ${d}/e`, HALF, saved("new filesystem")),
      run(`zfs destroy -v ${d}/e`, { stdout: `will destroy ${d}/e\n` }),
      cut(`${s}@1 | -u -s ${d}/n`, HALF, saved("new filesystem")),
      run(`zfs destroy -v ${d}/n`, { stdout: `will destroy ${d}/n\n` }),
      pipe(`${s}@1 | -u ${d}/i`),
      cut(`-i ${s}@1 ${s}@2 | -u -s ${d}/i`, HALF, saved("incremental")),
      run(`zfs destroy ${d}/i`, {
        status: 1,
        stderr: `cannot destroy '${d}/i': filesystem has children\n` +
          `use '-r' to destroy the following datasets:\n${d}/i/%recv\n${d}/i@1\n`,
        fault: "has-children",
      }),
      run(`zfs receive -A ${d}/i`),
      run(`zfs destroy ${d}/i@1`),
      run(`zfs destroy ${d}/i`),
      run(`zfs list -t all -r -Hp -o name ${d}`, { lines: [d] }),
    ],
  },
  {
    name: "partial-state-in-the-way-of-rollback",
    steps: (s, d) => [
      ...threeSnapshots(s),
      pipe(`${s}@1 | -u ${d}/n`),
      pipe(`-i ${s}@1 ${s}@2 | -u ${d}/n`),
      cut(`-i ${s}@2 ${s}@3 | -u -s ${d}/n`, HALF, saved("incremental")),
      run(`zfs rollback -r ${d}/n@1`, {
        status: 1,
        stderr: `cannot rollback to '${d}/n@1': clones of previous snapshots exist\n` +
          `use '-R' to force deletion of the following clones and dependents:\n${d}/n/%recv\n`,
        fault: "has-clones",
      }),
      run(`zfs rollback -r -R ${d}/n@1`),
      run(`zfs get -Hp -o value -s none receive_resume_token ${d}/n`, { stdout: "-\n" }),
      run(`zfs list -t snapshot -d 1 -Hp -o name ${d}/n`, { stdout: `${d}/n@1\n` }),
      cut(`-i ${s}@1 ${s}@2 | -u -s ${d}/n`, HALF, saved("incremental")),
      run(`zfs destroy -r ${d}/n`),
    ],
  },
  {
    name: "resuming-where-the-destination-moved-on",
    steps: (s, d) => [
      ...threeSnapshots(s),
      pipe(`${s}@1 | -u ${d}/n`),
      cut(`-i ${s}@1 ${s}@2 | -u -s ${d}/n`, HALF, saved("incremental")),
      remember("T", `${d}/n`),
      run(`zfs snapshot ${d}/n@own`),
      pipe(`-t $T | -s -u ${d}/n`, {
        status: 1,
        stderr: "cannot receive resume stream: kernel modules must be upgraded to receive this stream.\n",
      }),
      run(`zfs destroy ${d}/n@own`),
      remember("T2", `${d}/n`),
      pipe(`-t $T2 | -s -u ${d}/n`),
      pipe(`-t $T2 | -s -u ${d}/n`, {
        status: 1,
        stderr: "cannot receive resume stream: kernel modules must be upgraded to receive this stream.\n",
      }),
      pipe(`-t $T2 | -u ${d}/n`, { status: 1, stderr: "cannot receive resume stream: invalid backup stream\n" }),
    ],
  },
  {
    name: "resuming-a-full-stream-onto-an-empty-dataset",
    steps: (s, d) => [
      ...threeSnapshots(s),
      run(`zfs create ${d}/e`),
      cut(`${s}@1 | -F -u -s ${d}/e`, HALF, saved("new filesystem")),
      pipe(`${s}@1 | -F -u -s ${d}/e`, blocked("new filesystem", `${d}/e`)),
      remember("T", `${d}/e`),
      pipe(`-t $T | -F -u -s ${d}/e`),
      run(`zfs list -t snapshot -d 1 -Hp -o name ${d}/e`, { stdout: `${d}/e@1\n` }),
    ],
  },
  {
    name: "tokens-whose-source-is-gone",
    steps: (s, d) => [
      ...threeSnapshots(s),
      pipe(`${s}@1 | -u ${d}/n`),
      pipe(`-i ${s}@1 ${s}@2 | -u ${d}/n`),
      cut(`-i ${s}@2 ${s}@3 | -u -s ${d}/n`, HALF, saved("incremental")),
      remember("T", `${d}/n`),
      run(`zfs rename ${s}@3 ${s}@renamed`),
      run("zfs send -n -v -t $T", {
        stdout: new RegExp(`\n\ttoname = ${s}@3\nsend from ${s}@2 to ${s}@renamed `),
      }),
      run(`zfs rename ${s}@renamed ${s}@3`),
      run(`zfs bookmark ${s}@2 ${s}#2`),
      run(`zfs destroy ${s}@2`),
      run("zfs send -n -v -t $T", { stdout: new RegExp(`\nsend from ${s}#2 to ${s}@3 `) }),
      run(`zfs destroy ${s}#2`),
      run("zfs send -n -v -t $T", {
        status: 255,
        stdout: /^resume token contents:/,
        stderr: /^cannot resume send: incremental source 0x[0-9a-f]+ no longer exists\n$/,
        fault: "token-stale",
      }),
      run(`zfs destroy ${s}@3`),
      run("zfs send -n -v -t $T", {
        status: 255,
        stderr: `cannot resume send: '${s}@3' used in the initial send no longer exists\n`,
        fault: "token-stale",
      }),
      run(`zfs snapshot ${s}@3`),
      run("zfs send -n -v -t $T", {
        status: 255,
        stderr: `cannot resume send: '${s}@3' is no longer the same snapshot used in the initial send\n`,
        fault: "token-stale",
      }),
      pipe(`-t $T | -s -u ${d}/n`, {
        status: 1,
        stderr: `cannot resume send: '${s}@3' is no longer the same snapshot used in the initial send\n` +
          "cannot receive: failed to read from stream\n",
        fault: "token-stale",
      }),
    ],
  },
];
