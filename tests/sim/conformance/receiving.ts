/** Scenarios about `zfs receive` of whole streams. */
import { cut, pipe, run, type Scenario, type Step, write } from "./step.ts";

/** Snapshots 1 to 5 with changes in between, except between 3 and 4. */
function fiveSnapshots(s: string): Step[] {
  return [
    write(s),
    run(`zfs snapshot ${s}@1`),
    write(s),
    run(`zfs snapshot ${s}@2`),
    write(s),
    run(`zfs snapshot ${s}@3`),
    run(`zfs snapshot ${s}@4`),
    write(s),
    run(`zfs snapshot ${s}@5`),
  ];
}

export const receiving: readonly Scenario[] = [
  {
    name: "receiving-full-streams",
    steps: (s, d) => [
      ...fiveSnapshots(s),
      pipe(`${s}@1 | -u ${d}/x/y`, {
        status: 1,
        stderr: `cannot open '${d}/x': dataset does not exist\n` +
          "cannot receive new filesystem stream: unable to restore to destination\n",
        fault: "gone",
      }),
      pipe(`${s}@1 | -u nopool/x`, {
        status: 1,
        stderr: "cannot open 'nopool': dataset does not exist\n" +
          "cannot receive new filesystem stream: unable to restore to destination\n",
        fault: "gone",
      }),
      pipe(`--raw --compressed ${s}@1 | -F -u -s ${d}/n`),
      run(`zfs get -Hp -o value -s none receive_resume_token ${d}/n`, { stdout: "-\n" }),
      run(`zfs list -t snapshot -Hp -s name -o guid,creation ${d}/n@1 ${s}@1`, { stdout: /^(\d+\t\d+\n)\1$/ }),
      pipe(`${s}@1 | -u ${d}/n`, {
        status: 1,
        stderr: `cannot receive new filesystem stream: destination '${d}/n' exists\nmust specify -F to overwrite it\n`,
      }),
      pipe(`${s}@1 | -F -u ${d}/n`, {
        status: 1,
        stderr: `cannot receive new filesystem stream: destination has snapshots (eg. ${d}/n@1)\n` +
          "must destroy them to overwrite it\n",
      }),
      run(`zfs create ${d}/e`),
      pipe(`${s}@2 | -F -u ${d}/e`),
      run(`zfs list -t snapshot -d 1 -Hp -o name ${d}/e`, { stdout: `${d}/e@2\n` }),
    ],
  },
  {
    name: "receiving-incremental-streams",
    steps: (s, d) => [
      ...fiveSnapshots(s),
      run(`zfs bookmark ${s}@4 ${s}#4`),
      pipe(`${s}@1 | -u ${d}/n`),
      pipe(`-i ${s}@1 ${s}@2 | -u ${d}/none`, {
        status: 1,
        stderr: `cannot receive incremental stream: destination '${d}/none' does not exist\n`,
      }),
      pipe(`-i ${s}@2 ${s}@3 | -u ${d}/n`, {
        status: 1,
        stderr:
          `cannot receive incremental stream: most recent snapshot of ${d}/n does not\nmatch incremental source\n`,
      }),
      pipe(`-i ${s}@1 ${s}@2 | -u -s ${d}/n`),
      pipe(`-i ${s}@1 ${s}@2 | -u -s ${d}/n`),
      pipe(`-i ${s}@1 ${s}@3 | -u -s ${d}/n`, {
        status: 1,
        stderr: `cannot receive incremental stream: destination ${d}/n has been modified\nsince most recent snapshot\n`,
      }),
      pipe(`-I ${s}@2 ${s}@4 | -u -s ${d}/n`),
      run(`zfs list -t snapshot -d 1 -s createtxg -Hp -o name ${d}/n`, {
        stdout: ["1", "2", "3", "4"].map((tag) => `${d}/n@${tag}\n`).join(""),
      }),
      run(`zfs destroy ${s}@4`),
      pipe(`-i ${s}#4 ${s}@5 | -u -s ${d}/n`),
      run(`zfs list -t snapshot -s name -Hp -o guid,creation ${d}/n@5 ${s}@5`, { stdout: /^(\d+\t\d+\n)\1$/ }),
    ],
  },
  {
    name: "receiving-onto-a-destination-that-moved-on",
    steps: (s, d) => [
      ...fiveSnapshots(s),
      pipe(`${s}@1 | -u ${d}/n`),
      run(`zfs snapshot ${d}/n@own`),
      pipe(`-i ${s}@1 ${s}@2 | -u ${d}/n`),
      run(`zfs list -t snapshot -d 1 -s createtxg -Hp -o name ${d}/n`, { stdout: `${d}/n@1\n${d}/n@own\n${d}/n@2\n` }),
      run(`zfs rollback -r ${d}/n@1`),
      run(`zfs snapshot ${d}/n@2`),
      pipe(`-i ${s}@1 ${s}@2 | -u ${d}/n`, {
        status: 1,
        stderr: `cannot restore to ${d}/n@2: destination already exists\n`,
        fault: "exists",
      }),
      pipe(`-i ${s}@1 ${s}@3 | -u -F ${d}/n`),
      run(`zfs list -t snapshot -d 1 -s createtxg -Hp -o name ${d}/n`, { stdout: `${d}/n@1\n${d}/n@3\n` }),
      run(`zfs snapshot ${d}/n@own`),
      run(`zfs hold keep ${d}/n@own`),
      pipe(`-i ${s}@3 ${s}@5 | -u -F ${d}/n`, {
        status: 1,
        stderr: "cannot receive incremental stream: dataset is busy\n",
        fault: "busy",
      }),
      run(`zfs rename ${d}/n@3 ${d}/n@renamed`),
      pipe(`-i ${s}@3 ${s}@4 | -u ${d}/n`),
      run(`zfs list -t snapshot -d 1 -s createtxg -Hp -o name ${d}/n`, {
        stdout: `${d}/n@1\n${d}/n@renamed\n${d}/n@own\n${d}/n@4\n`,
      }),
    ],
  },
  {
    name: "receiving-cut-streams-without-s",
    steps: (s, d) => [
      ...fiveSnapshots(s),
      cut(`${s}@1 | -u ${d}/n`, 0, { status: 1, stderr: "cannot receive: failed to read from stream\n" }),
      cut(`${s}@1 | -u ${d}/n`, 200_000, {
        status: 1,
        stderr: "cannot receive new filesystem stream: incomplete stream\n",
      }),
      run(`zfs list -t filesystem -r -Hp -o name ${d}`, { stdout: `${d}\n` }),
      pipe(`${s}@1 | -u ${d}/n`),
      cut(`-i ${s}@1 ${s}@2 | -u ${d}/n`, 200_000, {
        status: 1,
        stderr: "cannot receive incremental stream: incomplete stream\n",
      }),
      run(`zfs get -Hp -o value -s none receive_resume_token ${d}/n`, { stdout: "-\n" }),
      pipe(`-I ${s}@1 ${s}@5 | -u ${d}/n`),
    ],
  },
  {
    name: "receiving-properties",
    steps: (s, d) => [
      run(`zfs set x:y=src atime=off ${s}`),
      run(`zfs inherit mountpoint ${s}`),
      run(`zfs snapshot ${s}@1`),
      run(`zfs snapshot ${s}@2`),
      pipe(`${s}@1 | -u ${d}/plain`),
      run(`zfs get -Hp -o property,value -s local,received all ${d}/plain`, { stdout: "" }),
      pipe(`-p ${s}@1 | -u -o x:l=1 -o compression=off ${d}/p`),
      run(`zfs get -Hp -o property,value,source -s local,received all ${d}/p`, {
        lines: ["atime\toff\treceived", "compression\toff\tlocal", "x:l\t1\tlocal", "x:y\tsrc\treceived"],
      }),
      pipe(`-p ${s}@1 | -u -x x:y -x atime ${d}/x`),
      run(`zfs get -Hp -o property,value,source -s local,received all ${d}/x`, { stdout: "" }),
      pipe(`-I ${s}@1 ${s}@2 | -u -o x:l=2 ${d}/x`),
      run(`zfs get -Hp -o property,value,source -s local,received all ${d}/x`, { stdout: "x:l\t2\tlocal\n" }),
      pipe(`${s}@1 | -u -o volblocksize=4096 ${d}/z`, {
        status: 1,
        stderr: {
          "2.1": "cannot receive: invalid property 'volblocksize'\n",
          "2.3": "cannot receive: cannot receive: invalid property 'volblocksize'\n",
        },
      }),
      pipe(`${s}@1 | -u -x casesensitivity ${d}/z`, {
        status: 1,
        stderr: {
          "2.1": "cannot receive: invalid property 'casesensitivity'\n",
          "2.3": "cannot receive: cannot receive: invalid property 'casesensitivity'\n",
        },
      }),
      pipe(`${s}@1 | -u -o atime=off -x atime ${d}/z`, {
        status: 2,
        stderr: /^property 'atime' specified multiple times\nusage:\n\treceive /,
      }),
    ],
  },
  {
    name: "excluding-properties-by-name",
    steps: (s, d) => [
      run(`zfs create -o encryption=on -o keyformat=passphrase -o keylocation=file:///tmp/conformance.key ${s}/e`),
      run(`zfs create -V 4M -s ${s}/v`),
      run(`zfs snapshot ${s}@1 ${s}/e@1 ${s}/v@1`),
      pipe(`${s}@1 | -u -x mountpoint -x canmount -x quota -x x:y -x keyformat -x encryption -x pbkdf2iters ${d}/f`),
      pipe(`${s}/v@1 | -u -x mountpoint -x quota ${d}/v`, {
        stderr: `Warning: ${d}/v: property 'mountpoint' does not apply to datasets of this type\n` +
          `Warning: ${d}/v: property 'quota' does not apply to datasets of this type\n`,
      }),
      ...["encryption", "keyformat", "pbkdf2iters"].map((name) =>
        pipe(`--raw ${s}/e@1 | -u -x ${name} ${d}/e`, {
          status: 1,
          stderr: `cannot receive new filesystem stream: encryption property '${name}' cannot be set or excluded for ` +
            "raw streams.\n",
        })
      ),
      pipe(`--raw ${s}/e@1 | -u -x keylocation -x mountpoint ${d}/e`),
      ...["used", "type", "nosuch"].map((name) =>
        pipe(`${s}@1 | -u -x ${name} ${d}/n`, { status: 1, stderr: new RegExp(`invalid property '${name}'\n$`) })
      ),
      run(`zfs get -Hp -o property -s default,inherited,local,received,temporary all ${d}`, {
        stdout: new RegExp(
          "^(?![^]*\\b(?:used|type|volsize|encryptionroot)\\n)" +
            ["mountpoint", "canmount", "quota", "encryption", "keyformat", "pbkdf2iters", "keylocation", "volmode"]
              .map((name) => `(?=[^]*\\b${name}\\n)`).join(""),
        ),
      }),
    ],
  },
  {
    name: "receiving-volumes",
    steps: (s, d) => [
      run(`zfs create -V 4M -s -b 16K ${s}/v`),
      run(`zfs snapshot ${s}/v@1`),
      run(`zfs snapshot ${s}/v@2`),
      pipe(`${s}/v@1 | -u -o recordsize=4096 ${d}/v`, {
        status: 1,
        stderr: "cannot receive new filesystem stream: property 'recordsize' does not apply to datasets of this type\n",
      }),
      pipe(`${s}/v@1 | -F -u -s -o readonly=on -o compression=lz4 ${d}/v`),
      pipe(`-i ${s}/v@1 ${s}/v@2 | -u -s ${d}/v`),
      run(`zfs list -Hp -o name,volsize,volblocksize,recordsize ${d}/v`, { stdout: `${d}/v\t4194304\t16384\t-\n` }),
      run(`zfs get -Hp -o property -s local,received all ${d}/v`, { lines: ["compression", "readonly", "volsize"] }),
      pipe(`${s}/v@1 | -u ${d}/v/x`, {
        status: 1,
        stderr: `cannot receive new filesystem stream: parent '${d}/v' is not a filesystem\n`,
      }),
    ],
  },
  {
    name: "receiving-without-effect",
    steps: (s, d) => [
      ...fiveSnapshots(s),
      pipe(`${s}@1 | -n -v -u ${d}/n`, { stdout: `would receive full stream of ${s}@1 into ${d}/n@1\n` }),
      run(`zfs list -t filesystem -r -Hp -o name ${d}`, { stdout: `${d}\n` }),
      pipe(`${s}@1 | -u ${d}/n`),
      pipe(`-I ${s}@1 ${s}@3 | -n -v -u ${d}/n`, {
        stdout: `would receive incremental stream of ${s}@2 into ${d}/n@2\n` +
          `would receive incremental stream of ${s}@3 into ${d}/n@3\n`,
      }),
      run(`zfs list -t snapshot -d 1 -Hp -o name ${d}/n`, { stdout: `${d}/n@1\n` }),
    ],
  },
];
