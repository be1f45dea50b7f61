/** Scenarios about `zfs list`, `zfs get` and `zpool get`. */
import { run, type Scenario } from "./step.ts";

const GUID = "[0-9]{1,20}";

/** A name of 256 bytes, one more than ZFS allows. */
const tooLong = (dataset: string, mark: string): string => `${dataset}${mark}`.padEnd(256, "x");

export const listing: readonly Scenario[] = [
  {
    name: "listing-versions",
    steps: (s) => [
      run(`zfs snapshot ${s}@1`),
      run(`zfs bookmark ${s}@1 ${s}#z`),
      run(`zfs bookmark ${s}#z ${s}#a`),
      run(`zfs create ${s}/kid`),
      run(`zfs snapshot ${s}@0 ${s}/kid@1`),
      run(`zfs list -t snapshot -d 1 -Hp -o name ${s}`, { lines: [`${s}@0`, `${s}@1`] }),
      run(`zfs create ${s}/kid/kid`),
      run(`zfs create -V 4M -s ${s}/vol`),
      run(`zfs list -t filesystem,volume,snapshot -d 1 -Hp -o name ${s}`, {
        lines: [s, `${s}/kid`, `${s}/vol`, `${s}@0`, `${s}@1`],
      }),
      run(
        `zfs list -t filesystem,volume,snapshot,bookmark -d 1 -Hp -o createtxg,creation,userrefs,written,guid,name ${s} ${s}/vol`,
        {
          stdout: new RegExp(
            `^(?:\\d+\\t\\d+\\t(?:0\\t\\d+\\t${GUID}\\t${s}@[01]|-\\t-\\t${GUID}\\t${s}#[az]|` +
              `-\\t\\d+\\t${GUID}\\t${s}(?:|/kid|/vol))\\n){7}$`,
          ),
        },
      ),
      run(`zfs list -t filesystem,volume,bookmark -d 1 -Hp -o name ${s}/kid ${s}`, {
        lines: [s, `${s}#a`, `${s}#z`, `${s}/kid`, `${s}/kid/kid`, `${s}/vol`],
      }),
      run(`zfs destroy -r ${s}/kid/kid`),
      run(`zfs destroy -r ${s}/vol`),
      run(`zfs list -t snapshot,bookmark -d 1 -Hp -o name ${s} ${s}/kid`, {
        lines: [`${s}#a`, `${s}#z`, `${s}@0`, `${s}@1`, `${s}/kid@1`],
      }),
      run(`zfs list -t snapshot,bookmark -s createtxg -s type -d 1 -Hp -o name ${s}`, {
        stdout: `${s}#a\n${s}#z\n${s}@1\n${s}@0\n`,
      }),
      run(`zfs list -t snapshot,bookmark -s createtxg -s type -d 1 -Hp -o createtxg,creation,userrefs,guid,name ${s}`, {
        stdout: new RegExp(
          `^(\\d+)\\t(\\d+)\\t-\\t(${GUID})\\t${s}#a\n\\1\\t\\2\\t-\\t\\3\\t${s}#z\n\\1\\t\\2\\t0\\t\\3\\t${s}@1\n` +
            `\\d+\\t\\d+\\t0\\t${GUID}\\t${s}@0\n$`,
        ),
      }),
      run(`zfs list -t bookmark -Hp -o guid ${s}#z`, { stdout: new RegExp(`^${GUID}\n$`) }),
      run(`zfs list -t snapshot -Hp -o name ${s}`, { lines: [`${s}@0`, `${s}@1`] }),
      run(`zfs list -t filesystem,volume -s name -Hp -o name -r ${s}`, { stdout: `${s}\n${s}/kid\n` }),
      run(`zfs list -t filesystem,volume -Hp -o name ${s}`, { stdout: `${s}\n` }),
    ],
  },
  {
    name: "listing-what-is-not-there",
    steps: (s) => [
      run(`zfs snapshot ${s}@1`),
      run(`zfs list -t snapshot -d 1 -Hp -o name ${s}/none ${s} nopool/x nopool`, {
        status: 1,
        stdout: `${s}@1\n`,
        stderr: `cannot open '${s}/none': dataset does not exist\ncannot open 'nopool/x': dataset does not exist\n` +
          "cannot open 'nopool': dataset does not exist\n",
        fault: "gone",
      }),
      run(`zfs list -t bookmark -Hp -o guid ${s}#none`, {
        status: 1,
        stderr: `cannot open '${s}#none': no such pool or dataset\n`,
        fault: "gone",
      }),
      run(`zfs list -t bookmark -Hp -o guid ${s}/none#none`, {
        status: 1,
        stderr: `cannot open '${s}/none#none': dataset does not exist\n`,
        fault: "gone",
      }),
      run(`zfs list -t snapshot -Hp -o guid ${s}@none`, {
        status: 1,
        stderr: `cannot open '${s}@none': dataset does not exist\n`,
        fault: "gone",
      }),
      run(`zfs list -t filesystem,volume -s name -Hp -o volblocksize,recordsize,name -r ${s}/none`, {
        status: 1,
        stderr: `cannot open '${s}/none': dataset does not exist\n`,
      }),
      run(`zfs get -Hp -o value -s none receive_resume_token ${s}/none`, {
        status: 1,
        stderr: `cannot open '${s}/none': dataset does not exist\n`,
        fault: "gone",
      }),
      run("zpool get -Hp -o property,value all nopool", {
        status: 1,
        stderr: {
          "2.1": "cannot open 'nopool': no such pool\n",
          "2.3": "Cannot get properties of nopool: no such pool available.\n",
        },
        fault: "gone",
      }),
    ],
  },
  {
    name: "asking-for-names",
    steps: (s) => [
      run(`zfs snapshot ${s}@1`),
      run(`zfs bookmark ${s}@1 ${s}#m`),
      run(`zfs create ${s}/kid`),
      run(`zfs list -t filesystem,volume -d 0 -Hp -o guid,name ${s}`, { stdout: new RegExp(`^${GUID}\t${s}\n$`) }),
      run(`zfs list -t filesystem,volume,snapshot,bookmark -d 0 -Hp -o name ${s} ${s}@1 ${s}#m ${s}/kid ${s}`, {
        lines: [s, `${s}@1`, `${s}#m`, `${s}/kid`],
      }),
      run(
        `zfs list -t filesystem,volume,snapshot,bookmark -d 0 -Hp -o name ` +
          `${s} ${s}@2 ${s}#n ${s}/none ${s}/none@1 ${s}/none#m nopool/x nopool/x@1 nopool/x#m ${s}`,
        {
          status: 1,
          stdout: `${s}\n`,
          stderr: `cannot open '${s}@2': dataset does not exist\n` +
            `cannot open '${s}#n': no such pool or dataset\n` +
            `cannot open '${s}/none': dataset does not exist\n` +
            `cannot open '${s}/none@1': dataset does not exist\n` +
            `cannot open '${s}/none#m': dataset does not exist\n` +
            "cannot open 'nopool/x': dataset does not exist\ncannot open 'nopool/x@1': dataset does not exist\n" +
            "cannot open 'nopool/x#m': dataset does not exist\n",
          fault: "gone",
        },
      ),
      run(`zfs list -t filesystem,volume,snapshot -d 0 -Hp -o name ${s} ${s}@1%2`, {
        status: 1,
        stdout: `${s}\n`,
        stderr: `cannot open '${s}@1%2': dataset does not exist\n`,
      }),
      run(
        `zfs list -t filesystem,volume,snapshot,bookmark -d 0 -Hp -o name ${s} ${tooLong(s, "@")} ${tooLong(s, "#")}`,
        {
          status: 1,
          stdout: `${s}\n`,
          stderr: `cannot open '${tooLong(s, "@")}': name is too long\n` +
            `cannot open '${tooLong(s, "#")}': name is too long\n`,
        },
      ),
    ],
  },
  {
    name: "listing-types-and-block-sizes",
    steps: (s) => [
      run(`zfs create -o recordsize=32K ${s}/fs`),
      run(`zfs create -V 4M -s -b 16K ${s}/vol`),
      run(`zfs list -t filesystem,volume -s name -Hp -o volblocksize,recordsize,name -r ${s}`, {
        stdout: `-\t131072\t${s}\n-\t32768\t${s}/fs\n16384\t-\t${s}/vol\n`,
      }),
      run(`zfs list -t filesystem,volume -s name -Hp -o snapshots_changed,name ${s}/fs`, {
        status: { "2.1": 2, "2.3": 0 },
        stdout: { "2.1": "", "2.3": `-\t${s}/fs\n` },
        stderr: { "2.1": /^bad property list: invalid property 'snapshots_changed'\n/, "2.3": "" },
      }),
      run(`zfs snapshot ${s}/fs@1`),
      run(`zfs list -t filesystem,volume -s name -Hp -o snapshots_changed,name ${s}/fs`, {
        status: { "2.1": 2, "2.3": 0 },
        stdout: { "2.1": "", "2.3": /^\d{10}\ttank/ },
        stderr: { "2.1": /./, "2.3": "" },
      }),
    ],
  },
  {
    name: "reading-properties",
    steps: (s) => [
      run(`zfs set atime=off compression=lz4 x:y=1 x:z=a~\tb\nc ${s}`),
      run(`zfs create ${s}/kid`),
      run(`zfs get -Hp -o property -s local all ${s}`, { lines: ["atime", "compression", "x:y", "x:z"] }),
      run(`zfs get -Hp -o property,value -s local,received atime,compression,recordsize ${s}`, {
        stdout: "atime\toff\ncompression\tlz4\n",
      }),
      run(`zfs get -Hp -o property,value -s local x:z ${s}`, { stdout: "x:z\ta \tb\nc\n" }),
      run(`zfs get -Hp -o property,value -s local x:none ${s}`, { stdout: "" }),
      run(`zfs get -Hp -o property -s local all ${s}/kid`, { stdout: "" }),
      run(`zfs get -Hp -o property,value,source atime,x:y ${s}/kid`, {
        stdout: `atime\toff\tinherited from ${s}\nx:y\t1\tinherited from ${s}\n`,
      }),
      run(`zfs get -Hp -o value -s none receive_resume_token ${s}`, { stdout: "-\n" }),
      run(`zfs get -Hp -o value -s none encryptionroot ${s}`, { stdout: "-\n" }),
      run(`zfs list -t filesystem,volume -Hp -o x:y ${s}`, { stdout: "1\n" }),
      run(`zfs list -t filesystem,volume -Hp -o x:none ${s}`, { stdout: "-\n" }),
      run(`zfs set nosuch=1 ${s}`, {
        status: { "2.1": 1, "2.3": 255 },
        stderr: `cannot set property for '${s}': invalid property 'nosuch'\n`,
      }),
      run(`zfs create -V 4M -s ${s}/vol`),
      run(`zfs get -Hp -o property -s local all ${s}/vol`, { stdout: "volsize\n" }),
      run(`zfs set atime=off ${s}/vol`, {
        status: { "2.1": 1, "2.3": 255 },
        stderr: `cannot set property for '${s}/vol': 'atime' does not apply to datasets of this type\n`,
      }),
      run(`zfs set x:y=1 ${s}/none`, { status: 1, stderr: `cannot open '${s}/none': dataset does not exist\n` }),
    ],
  },
];
