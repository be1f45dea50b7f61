/** Scenarios about `zfs create`, `zfs snapshot`, `zfs bookmark` and holds. */
import { poolOf, run, type Scenario } from "./step.ts";

export const creating: readonly Scenario[] = [
  {
    name: "creating-filesystems",
    steps: (s) => [
      run(`zfs create -p -u ${s}/p/q`),
      run(`zfs create -p -u ${s}/p/q`),
      run(`zfs create -p -u ${poolOf(s)}`),
      run(`zfs create ${s}/p`, {
        status: 1,
        stderr: `cannot create '${s}/p': dataset already exists\n`,
        fault: "exists",
      }),
      run(`zfs create ${s}/x/y`, { status: 1, stderr: `cannot create '${s}/x/y': parent does not exist\n` }),
      run("zfs create -p -u nopool", { status: 1, stderr: "cannot create 'nopool': missing dataset name\n" }),
      run("zfs create -p -u nopool/x", {
        status: 1,
        stderr: "cannot create 'nopool/x': no such pool 'nopool'\n",
        fault: "gone",
      }),
      run(`zfs create ${s}/a%b`, { status: 1, stderr: `cannot create '${s}/a%b': invalid character % in name\n` }),
      run(`zfs create ${s}/a~b:c.d-e`),
      run(`zfs create -V 4M -s ${s}/vol`),
      run(`zfs create ${s}/vol/x`, { status: 1, stderr: `cannot create '${s}/vol/x': parent is not a filesystem\n` }),
    ],
  },
  {
    name: "creating-snapshots",
    steps: (s, d) => [
      run(`zfs create -p -u ${s}/p/q`),
      run(`zfs snapshot ${s}@1 ${s}/p@1`),
      run(`zfs list -t snapshot -Hp -o createtxg ${s}@1 ${s}/p@1`, { stdout: /^(\d+)\n\1\n$/ }),
      run(`zfs snapshot ${s}@1`, {
        status: 1,
        stderr: `cannot create snapshot '${s}@1': dataset already exists\n`,
        fault: "exists",
      }),
      run(`zfs snapshot ${s}@2 ${s}/p@1`, {
        status: 1,
        stderr: `cannot create snapshot '${s}/p@1': dataset already exists\nno snapshots were created\n`,
      }),
      run(`zfs snapshot ${s}@2 ${s}/none@2`, {
        status: 2,
        stderr: new RegExp(`^cannot open '${s}/none': dataset does not exist\nusage:\n\tsnapshot `),
      }),
      run(`zfs snapshot -r ${s}/p@rec~a:b.c-d`),
      run(`zfs list -t snapshot -Hp -o name -r ${s}`, {
        lines: [`${s}@1`, `${s}/p@1`, `${s}/p@rec a:b.c-d`, `${s}/p/q@rec a:b.c-d`],
      }),
      run(`zfs snapshot ${s}@3 ${d}@3`, {
        status: 1,
        stderr: "cannot create snapshots : multiple snapshots of same fs not allowed\nno snapshots were created\n",
      }),
    ],
  },
  {
    name: "creating-bookmarks",
    steps: (s) => [
      run(`zfs create ${s}/kid`),
      run(`zfs snapshot ${s}@1`),
      run(`zfs snapshot ${s}@2`),
      run(`zfs bookmark ${s}@1 ${s}#a`),
      run(`zfs bookmark ${s}@1 ${s}#a`, {
        status: 1,
        stderr: `cannot create bookmark '${s}#a': bookmark exists\n`,
      }),
      run(`zfs bookmark ${s}@2 ${s}#a`, {
        status: 1,
        stderr: `cannot create bookmark '${s}#a': bookmark exists\n`,
      }),
      run(`zfs bookmark ${s}#a ${s}#b`),
      run(`zfs destroy ${s}@1`),
      run(`zfs bookmark ${s}#b ${s}#c`),
      run(`zfs list -t bookmark -d 1 -Hp -o createtxg,guid ${s}`, { stdout: /^(\d+\t\d+\n)\1\1$/ }),
      run(`zfs bookmark ${s}#none ${s}#d`, {
        status: 2,
        stderr: new RegExp(`^cannot open '${s}#none': no such pool or dataset\nusage:\n\tbookmark `),
        fault: "gone",
      }),
      run(`zfs bookmark ${s}@none ${s}#d`, {
        status: 2,
        stderr: new RegExp(`^cannot open '${s}@none': dataset does not exist\nusage:\n\tbookmark `),
        fault: "gone",
      }),
      run(`zfs bookmark ${s}@2 ${s}/kid#d`, {
        status: 1,
        stderr: `cannot create bookmark '${s}/kid#d': source is not an ancestor of the new bookmark's dataset\n`,
      }),
    ],
  },
  {
    name: "holding",
    steps: (s) => [
      run(`zfs snapshot ${s}@1`),
      run(`zfs hold keep ${s}@1`),
      run(`zfs hold keep ${s}@1`, {
        status: 1,
        stderr: `cannot hold snapshot '${s}@1': tag already exists on this dataset\n`,
      }),
      run(`zfs list -t snapshot -Hp -o userrefs ${s}@1`, { stdout: "1\n" }),
      run(`zfs release keep ${s}@1`),
      run(`zfs release keep ${s}@1`, {
        status: 1,
        stderr: `cannot release hold from snapshot '${s}@1': no such tag on this dataset\n`,
      }),
    ],
  },
];
