/** Scenarios about `zfs send`: what can be sent, what it says it will send. */
import { pipe, run, type Scenario, write } from "./step.ts";

export const sending: readonly Scenario[] = [
  {
    name: "estimating",
    steps: (s) => [
      run(`zfs snapshot ${s}@1`),
      write(s),
      run(`zfs snapshot ${s}@2`),
      run(`zfs snapshot ${s}@3`),
      run(`zfs bookmark ${s}@1 ${s}#1`),
      run(`zfs send --raw --compressed --large-block -v -n --parsable ${s}@2`, {
        stdout: new RegExp(`^full\t${s}@2\t(\\d+)\nsize\t\\1\n$`),
      }),
      run(`zfs send --raw --compressed -v -n --parsable -i ${s}@1 ${s}@2`, {
        stdout: new RegExp(`^incremental\t${s}@1\t${s}@2\t(\\d+)\nsize\t\\1\n$`),
      }),
      run(`zfs send --raw --compressed -v -n --parsable -I ${s}@1 ${s}@3`, {
        stdout: new RegExp(`^incremental\t1\t${s}@2\t\\d+\nincremental\t2\t${s}@3\t\\d+\nsize\t\\d+\n$`),
      }),
      run(`zfs send -v -n --parsable -i ${s}#1 ${s}@2`, {
        stdout: new RegExp(`^incremental\t${s}#1\t${s}@2\t(\\d+)\nsize\t\\1\n$`),
      }),
      run(`zfs send -v -n --parsable -I ${s}#1 ${s}@2`, {
        status: 1,
        stderr: "Error: multiple snapshots cannot be sent from a bookmark.\n",
      }),
      run(`zfs send -v -n --parsable -i ${s}#none ${s}@2`, {
        status: 1,
        stderr: `warning: cannot send '${s}@2': No such process\n`,
      }),
      run(`zfs send -v -n --parsable -i ${s}@none ${s}@2`, {
        status: 1,
        stderr: `cannot open '${s}@none': dataset does not exist\n`,
        fault: "gone",
      }),
      run(`zfs send -v -n --parsable -i ${s}@2 ${s}@1`, {
        status: 1,
        stderr: `warning: cannot send '${s}@1': not an earlier snapshot from the same fs\n`,
      }),
      run(`zfs send -v -n --parsable -I ${s}@2 ${s}@1`, {
        status: 1,
        stdout: "size\t0\n",
        stderr: `WARNING: could not send ${s}@1:\nincremental source (${s}@2) does not exist\n`,
      }),
      run(`zfs send -v -n --parsable ${s}@none`, {
        status: 1,
        stderr: `cannot open '${s}@none': dataset does not exist\n`,
        fault: "gone",
      }),
      run(`zfs send -v -n --parsable ${s}/none@none`, {
        status: 1,
        stderr: `cannot open '${s}/none@none': dataset does not exist\n`,
        fault: "gone",
      }),
    ],
  },
  {
    name: "sending-what-is-not-there",
    steps: (s, d) => [
      run(`zfs snapshot ${s}@1`),
      pipe(`${s}@none | -F -u -s ${d}/x`, {
        status: 1,
        stderr: `cannot open '${s}@none': dataset does not exist\ncannot receive: failed to read from stream\n`,
        fault: "gone",
      }),
      pipe(`-i ${s}#none ${s}@1 | -u ${d}`, {
        status: 1,
        stderr: `warning: cannot send '${s}@1': incremental source (${s}#none) does not exist\n` +
          "cannot receive: failed to read from stream\n",
      }),
      run("zfs send -n -v -t garbage", {
        status: 255,
        stderr: "cannot resume send: resume token is corrupt (invalid format)\n",
        fault: "token-stale",
      }),
      run("zfs send -n -v -t 1-ab-cd-efefef", {
        status: 255,
        stderr: "cannot resume send: resume token is corrupt (incorrect checksum)\n",
        fault: "token-stale",
      }),
    ],
  },
];
