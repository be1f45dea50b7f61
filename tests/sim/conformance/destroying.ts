/** Scenarios about `zfs destroy` and `zfs rollback`. */
import { poolOf, run, type Scenario, type Step, write } from "./step.ts";

export const destroying: readonly Scenario[] = [
  {
    name: "destroying-snapshots",
    steps: (s) => [
      ...["1", "2", "3", "4", "5", "6"].map((tag) => run(`zfs snapshot ${s}@${tag}`)),
      run(`zfs destroy -n -v -p ${s}@2,4`, {
        stdout: new RegExp(`^destroy\t${s}@2\ndestroy\t${s}@4\nreclaim\t\\d+\n$`),
      }),
      run(`zfs destroy -v -n ${s}@2,none`, { stdout: new RegExp(`^would destroy ${s}@2\nwould reclaim .*\n$`) }),
      run(`zfs destroy -v ${s}@2,none`, { stdout: new RegExp(`^will destroy ${s}@2\nwill reclaim .*\n$`) }),
      run(`zfs destroy ${s}@3%4,6`),
      run(`zfs list -t snapshot -d 1 -Hp -o name ${s}`, { lines: [`${s}@1`, `${s}@5`] }),
      run(`zfs destroy ${s}@2,3`, {
        status: 1,
        stderr: "could not find any snapshots to destroy; check snapshot names.\n",
      }),
      run(`zfs destroy ${s}/none@1`, {
        status: 1,
        stderr: `cannot open '${s}/none': dataset does not exist\n`,
        fault: "gone",
      }),
      run(`zfs destroy ${s}@%`),
      run(`zfs list -t snapshot -d 1 -Hp -o name ${s}`, { stdout: "" }),
    ],
  },
  {
    // Why we name each snapshot: 1 to 3 were selected, 4 was to be kept; then somebody made 3 anew.
    name: "destroying-a-range-whose-end-was-made-anew",
    steps: (s) => [
      ...["1", "2", "3", "4"].map((tag) => run(`zfs snapshot ${s}@${tag}`)),
      run(`zfs destroy ${s}@3`),
      run(`zfs snapshot ${s}@3`),
      run(`zfs destroy -n -v ${s}@1%3`, {
        stdout: new RegExp(
          `^would destroy ${s}@1\nwould destroy ${s}@2\nwould destroy ${s}@4\nwould destroy ${s}@3\nwould reclaim .*\n$`,
        ),
      }),
      run(`zfs destroy ${s}@1,2,3`),
      run(`zfs list -t snapshot -d 1 -Hp -o name ${s}`, { stdout: `${s}@4\n` }),
    ],
  },
  {
    name: "destroying-bookmarks",
    steps: (s) => [
      run(`zfs snapshot ${s}@1`),
      run(`zfs bookmark ${s}@1 ${s}#a`),
      run(`zfs destroy ${s}@1`),
      run(`zfs list -t bookmark -d 1 -Hp -o name ${s}`, { stdout: `${s}#a\n` }),
      run(`zfs destroy ${s}#a`),
      run(`zfs destroy ${s}#a`, { status: 1, stderr: `bookmark '${s}#a' does not exist.\n`, fault: "gone" }),
      run(`zfs destroy ${s}/none#a`, { status: 1, stderr: `bookmark '${s}/none#a' does not exist.\n`, fault: "gone" }),
    ],
  },
  {
    name: "destroying-what-is-held",
    steps: (s) => {
      const held = (tag: string): Step["expected"] => ({
        status: 1,
        stderr: {
          "2.1": `cannot destroy snapshot ${s}@${tag}: dataset is busy\n`,
          "2.3":
            `cannot destroy snapshot ${s}@${tag}: it's being held. Run 'zfs holds -r ${s}@${tag}' to see holders.\n`,
        },
        fault: { "2.1": "busy", "2.3": "held" },
      });
      return [
        ...["1", "2", "3"].map((tag) => run(`zfs snapshot ${s}@${tag}`)),
        run(`zfs hold keep ${s}@2`),
        run(`zfs destroy ${s}@2`, held("2")),
        run(`zfs destroy ${s}@1,2,3`, held("2")),
        run(`zfs destroy -r ${s}`, held("2")),
        run(`zfs list -t snapshot -d 1 -Hp -o name ${s}`, { lines: [`${s}@1`, `${s}@2`, `${s}@3`] }),
        run(`zfs rollback -r ${s}@1`, {
          status: 1,
          stderr: `cannot destroy '${s}@2': dataset is busy\n`,
          fault: "busy",
        }),
        run(`zfs list -t snapshot -d 1 -Hp -o name ${s}`, { lines: [`${s}@1`, `${s}@2`] }),
      ];
    },
  },
  {
    name: "destroying-datasets",
    steps: (s) => [
      run(`zfs create -p ${s}/a/kid`),
      run(`zfs snapshot ${s}/a@1 ${s}/a/kid@2`),
      run(`zfs destroy ${s}/a`, {
        status: 1,
        stderr: `cannot destroy '${s}/a': filesystem has children\nuse '-r' to destroy the following datasets:\n` +
          `${s}/a/kid@2\n${s}/a/kid\n${s}/a@1\n`,
      }),
      run(`zfs destroy -r -v -n ${s}/a`, {
        lines: [
          `would destroy ${s}/a`,
          `would destroy ${s}/a/kid`,
          `would destroy ${s}/a/kid@2`,
          `would destroy ${s}/a@1`,
        ],
      }),
      run(`zfs destroy -r ${s}/a`),
      run(`zfs destroy -r ${s}/a`, {
        status: 1,
        stderr: `cannot open '${s}/a': dataset does not exist\n`,
        fault: "gone",
      }),
      run(`zfs destroy ${poolOf(s)}`, {
        status: 1,
        stderr: new RegExp(`^cannot destroy '${poolOf(s)}': operation does not apply to pools\n`),
      }),
    ],
  },
  {
    // Why neither -r nor -R is ever used, and why a dataset goes last.
    name: "destroying-recursively",
    steps: (s) => [
      run(`zfs create ${s}/kid`),
      run(`zfs snapshot -r ${s}@1`),
      run(`zfs snapshot -r ${s}@2`),
      run(`zfs destroy -R ${s}@1`),
      run(`zfs list -t snapshot -r -Hp -o name ${s}`, { lines: [`${s}@2`, `${s}/kid@2`] }),
      run(`zfs destroy -R ${s}/kid`),
      run(`zfs list -t all -r -Hp -o name ${s}`, { lines: [s, `${s}@2`] }),
    ],
  },
  {
    name: "destroying-from-the-leaves-up",
    steps: (s) => [
      run(`zfs create -p ${s}/a/kid`),
      run(`zfs create -V 4M -s ${s}/a/v`),
      run(`zfs snapshot ${s}/a/kid@1 ${s}/a/v@1`),
      run(`zfs bookmark ${s}/a/kid@1 ${s}/a/kid#mark`),
      run(`zfs destroy ${s}/a/v`, {
        status: 1,
        stderr: `cannot destroy '${s}/a/v': volume has children\n` +
          `use '-r' to destroy the following datasets:\n${s}/a/v@1\n`,
        fault: "has-children",
      }),
      run(`zfs destroy ${s}/a/v@1`),
      run(`zfs destroy -f -v ${s}/a/v`, { stdout: `will destroy ${s}/a/v\n` }),
      run(`zfs destroy ${s}/a/kid`, {
        status: 1,
        stderr: `cannot destroy '${s}/a/kid': filesystem has children\n` +
          `use '-r' to destroy the following datasets:\n${s}/a/kid@1\n`,
        fault: "has-children",
      }),
      run(`zfs destroy ${s}/a/kid@1`),
      run(`zfs destroy ${s}/a`, {
        status: 1,
        stderr: `cannot destroy '${s}/a': filesystem has children\n` +
          `use '-r' to destroy the following datasets:\n${s}/a/kid\n`,
        fault: "has-children",
      }),
      run(`zfs destroy ${s}/a/kid`),
      run(`zfs destroy -v ${s}/a`, { stdout: `will destroy ${s}/a\n` }),
      run(`zfs destroy ${s}/a`, {
        status: 1,
        stderr: `cannot open '${s}/a': dataset does not exist\n`,
        fault: "gone",
      }),
    ],
  },
  {
    name: "destroying-what-has-clones",
    steps: (s) => [
      ...["1", "2", "3"].map((tag) => run(`zfs snapshot ${s}@${tag}`)),
      run(`zfs create ${s}/clones`),
      run(`zfs clone ${s}@3 ${s}/clones/c`),
      run(`zfs snapshot ${s}/clones/c@c`),
      run(`zfs destroy ${s}@2,3`, {
        status: 1,
        stderr: `cannot destroy '${s}@3': snapshot has dependent clones\n` +
          `use '-R' to destroy the following datasets:\n${s}/clones/c@c\n${s}/clones/c\n`,
        fault: "has-clones",
      }),
      run(`zfs rollback -r ${s}@2`, {
        status: 1,
        stderr: `cannot rollback to '${s}@2': clones of previous snapshots exist\n` +
          `use '-R' to force deletion of the following clones and dependents:\n${s}/clones/c@c\n${s}/clones/c\n`,
        fault: "has-clones",
      }),
      run(`zfs rollback ${s}@3`),
      run(`zfs rollback -r -R ${s}@2`),
      run(`zfs list -t all -Hp -o name -r ${s}`, { lines: [s, `${s}@1`, `${s}@2`, `${s}/clones`] }),
      run(`zfs clone ${s}@2 ${s}/clones/c`),
      run(`zfs destroy -R ${s}@2`),
      run(`zfs list -t all -Hp -o name -r ${s}`, { lines: [s, `${s}@1`, `${s}/clones`] }),
    ],
  },
  {
    name: "rolling-back",
    steps: (s) => [
      run(`zfs snapshot ${s}@1`),
      write(s),
      run(`zfs snapshot ${s}@2`),
      run(`zfs bookmark ${s}@1 ${s}#1`),
      run(`zfs bookmark ${s}@2 ${s}#2`),
      write(s),
      run(`zfs rollback ${s}@2`),
      run(`zfs rollback ${s}@1`, {
        status: 1,
        stderr: `cannot rollback to '${s}@1': more recent snapshots or bookmarks exist\n` +
          `use '-r' to force deletion of the following snapshots and bookmarks:\n${s}@2\n${s}#2\n`,
      }),
      run(`zfs rollback -r ${s}@1`),
      run(`zfs list -t snapshot,bookmark -d 1 -Hp -o name ${s}`, { lines: [`${s}@1`, `${s}#1`] }),
      run(`zfs rollback ${s}@none`, {
        status: 1,
        stderr: `cannot open '${s}@none': dataset does not exist\n`,
        fault: "gone",
      }),
    ],
  },
];
