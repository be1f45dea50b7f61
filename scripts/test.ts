/**
 * `deno task test`: installs what the tests need, runs the three suites and ends with the line `N passed, N failed`.
 *
 *     test.ts all | fast | binary | vm | soak | soak:vm [-- arguments of deno test, such as --filter NAME or a file]
 *
 * - fast: neither ZFS nor the executable. No network but the loopback.
 * - binary: the compiled executable, without ZFS.
 * - soak, soak:vm: the fast suite and the tests on real ZFS with their random tests run for long (BZFS_SOAK=1); outside
 * of `all`.
 * - vm: real ZFS: everything on the default image of the testbed, and on each other image what depends on the version
 * of   OpenZFS. The version in turn is in BZFS_TEST_ZFS, see tests/support/vm.ts; if that is set beforehand, everything
 * runs   on this version. BZFS_TEST_HOST_ZFS=1 uses the ZFS of this machine instead.
 * @module
 */
import { announce, orExplain } from "./announce.ts";
import { compile } from "./compile.ts";
import { ensureHostPackages, ensureImage, type ZfsVersion, zfsVersions } from "./testbed/image.ts";
import { usesHostZfs } from "./testbed/guest.ts";
import { follow } from "./process.ts";

interface Counts {
  readonly passed: number;
  readonly failed: number;
}

/** What failed suites said about their failures, for the end of the output: of a long output often only the end is seen. */
const failures: string[] = [];

/** Lines of a failed suite that are said again at the end. */
const MOST_FAILURE_LINES = 150;

const root = `${import.meta.dirname}/../`;
const permissions = [
  "--no-prompt",
  "--unstable-net",
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-sys",
  "--allow-run",
];
const offline = [...permissions, "--deny-net"];
/**
 * To find free ports, and to wait for servers that tests start. Newer versions of Deno than the pinned one also want each
 * socket of the file system allowed, by its whole path, which tests make up, and give `/proc` and `/dev` for all rights only.
 */
const isPinned = Deno.version.deno.startsWith("2.4.");
const loopback = isPinned
  ? [...permissions, "--allow-net=127.0.0.1"]
  : ["--no-prompt", "--unstable-net", "--allow-all"];

/**
 * Shells, a terminal, checkers of what we generate, what pipelines are made of, and an sshd that tests start
 * themselves.
 */
const packagesOfFastTests = [
  ...["bash", "zsh", "fish", "mksh", "busybox", "tmux"],
  ...["mandoc", "man-db", "pv", "mbuffer", "zstd", "lz4", "pigz", "gzip"],
  ...["openssh-client", "openssh-server", "cron", "systemd"],
  ...["prometheus", "chromium"], // promtool for metrics and alert rules; a browser for the page of `bzfs status`
];

/** Tests of what another version of OpenZFS does differently; the others would tell the same once more, slowly. */
const filesForEachVersion = ["conformance", "modes", "testbed"].map((name) => `tests/vm/${name}_test.ts`);

const SOAK = { BZFS_SOAK: "1" };

/**
 * Each group is a process, and the groups run side by side: tests of one group do not wait for programs of the other.
 * `deno test --parallel` is no choice here, since tests change the environment and the folder of their process.
 */
const FAST_GROUPS = [["unit", "laws", "sim", "parity"], ["cli"]];

const suites: Readonly<Record<string, (more: readonly string[]) => Promise<Counts>>> = {
  fast: async (more) => {
    await ensureHostPackages(packagesOfFastTests, "without-testbed");
    return await runGroups("fast", { flags: loopback, more });
  },
  binary: async (more) => {
    await compile();
    return await runSuite("binary", { folders: ["binary"], flags: offline, more });
  },
  vm: (more) => onEachVersion(more),
  soak: (more) => runGroups("soak", { flags: loopback, more, env: SOAK }),
  "soak:vm": (more) => onEachVersion(more, SOAK),
};

async function onEachVersion(
  more: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Counts> {
  await compile();
  const chosen = Deno.env.get("BZFS_TEST_ZFS");
  const versions = chosen ? [chosen as ZfsVersion] : zfsVersions;
  if (usesHostZfs()) {
    return await runSuite("vm, ZFS of this machine", { folders: ["vm"], flags: loopback, more, env });
  }
  for (const version of versions) await ensureImage(version);
  let sum: Counts = { passed: 0, failed: 0 };
  for (const version of versions) {
    const files = version === versions[0] || more.length > 0 ? more : filesForEachVersion;
    const suite = {
      folders: ["vm"],
      flags: [...loopback, "--parallel"], // each file has guests of its own, which have one processor each
      more: files,
      env: { DENO_JOBS: Deno.env.get("DENO_JOBS") ?? "2", ...env, BZFS_TEST_ZFS: version },
    };
    sum = add(sum, await runSuite(`vm, OpenZFS ${version}`, suite));
  }
  return sum;
}

interface Suite {
  readonly folders: readonly string[];
  readonly flags: readonly string[];
  readonly more: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs the fast tests; what the second group prints follows what the first one prints. */
async function runGroups(title: string, suite: Omit<Suite, "folders">): Promise<Counts> {
  if (filesIn(suite.more).length > 0) return await runSuite(title, { ...suite, folders: [] });
  const [first = [], ...others] = FAST_GROUPS;
  const late: string[] = [];
  const running = others.map((folders) => runSuite(title, { ...suite, folders }, (line) => late.push(line)));
  const counts = [await runSuite(title, { ...suite, folders: first })];
  for (const each of running) counts.push(await each);
  late.forEach((line) => console.log(line));
  return counts.reduce(add);
}

function filesIn(words: readonly string[]): readonly string[] {
  return words.filter((word) => word.endsWith("_test.ts"));
}

async function runSuite(
  title: string,
  suite: Suite,
  print: (line: string) => void = (line) => console.log(line),
): Promise<Counts> {
  const files = filesIn(suite.more);
  const folders = files.length > 0 ? files : await foldersWithTests(suite.folders);
  if (folders.length === 0) return { passed: 0, failed: 0 };
  announce(`Tests: ${title}`);
  let summary: Counts | undefined;
  let errors: string[] | undefined;
  const options = suite.more.filter((word) => !word.endsWith("_test.ts"));
  const argv = [Deno.execPath(), "test", ...suite.flags, ...options, ...folders];
  const code = await follow(argv, (line) => {
    print(line);
    if (/^\s*ERRORS\s*$/.test(withoutColors(line))) errors = [];
    if (summary === undefined) errors?.push(line);
    summary = summaryOf(line) ?? summary;
  }, { cwd: root, env: { DENO_TLS_CA_STORE: "system,mozilla", ...suite.env } });
  // A suite that ends without a summary, or badly with a good one, has failed in a way of its own.
  const { passed, failed } = summary ?? { passed: 0, failed: 0 };
  if (code !== 0) failures.push(`Tests: ${title}: status ${code}`, ...(errors ?? []).slice(0, MOST_FAILURE_LINES));
  return { passed, failed: code !== 0 && failed === 0 ? 1 : failed };
}

function withoutColors(line: string): string {
  return line.replaceAll(/\x1b\[[0-9;]*m/g, "");
}

/** Reads the closing line of `deno test`: `ok | 3 passed (2 steps) | 0 failed | 1 ignored (12ms)`. */
function summaryOf(line: string): Counts | undefined {
  const match = /^(?:ok|FAILED) \| (\d+) passed(?: \([^)]*\))? \| (\d+) failed/.exec(withoutColors(line));
  return match ? { passed: Number(match[1]), failed: Number(match[2]) } : undefined;
}

async function foldersWithTests(names: readonly string[]): Promise<readonly string[]> {
  const folders = names.map((name) => `tests/${name}`);
  const present = await Promise.all(folders.map((folder) => hasTests(`${root}${folder}`)));
  return folders.filter((_, index) => present[index]);
}

async function hasTests(folder: string): Promise<boolean> {
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (entry.name.endsWith("_test.ts")) return true;
      if (entry.isDirectory && await hasTests(`${folder}/${entry.name}`)) return true;
    }
    return false;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function add(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed };
}

/** Runs suites in turn. One that cannot even start counts as a failure and does not keep the others from running. */
async function runSuites(names: readonly string[], more: readonly string[]): Promise<Counts> {
  let sum: Counts = { passed: 0, failed: 0 };
  for (const name of names) {
    try {
      sum = add(sum, await suites[name]!(more));
    } catch (error) {
      console.error(error instanceof Error ? error.message : error);
      sum = add(sum, { passed: 0, failed: 1 });
    }
  }
  return sum;
}

const [name = "all", ...rest] = Deno.args;
const names = name === "all" ? ["fast", "binary", "vm"] : [name];
if (names.some((each) => !(each in suites))) {
  console.error(`test.ts: no suite ${name}; there are all, ${Object.keys(suites).join(", ")}`);
  Deno.exit(2);
}
if (name === "all" && !usesHostZfs()) await orExplain(() => ensureHostPackages(packagesOfFastTests));
const { passed, failed } = await runSuites(names, rest.filter((word) => word !== "--"));
if (failures.length > 0) console.log(`\n==> What failed, once more\n${failures.join("\n")}`);
console.log(`\n${passed} passed, ${failed} failed`);
Deno.exit(failed === 0 && passed > 0 ? 0 : 1);
