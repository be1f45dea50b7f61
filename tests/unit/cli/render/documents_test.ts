import { renderCompletion } from "../../../../lib/cli/render/completion.ts";
import {
  renderBriefing,
  renderLongHelp,
  renderOptionHelp,
  renderShortHelp,
  renderUsageError,
  renderVersion,
} from "../../../../lib/cli/render/help.ts";
import { commandOf } from "../../../../lib/cli/parse/command_words.ts";
import { parseDoctorArgv } from "../../../../lib/cli/doctor/mod.ts";
import { parseStatusArgv } from "../../../../lib/cli/status/mod.ts";
import { BZFS_HELP, JOBRUNNER_HELP, PROGRAM_HELPS } from "../../../../lib/cli/render/program_help.ts";
import { jobFileOptions, openJobFile } from "../../../../lib/cli/job_file/job_file.ts";
import { renderJobFileSchema } from "../../../../lib/cli/job_file/schema.ts";
import { parseArgv } from "../../../../lib/cli/parse/bzfs_arguments.ts";
import { parseJobrunnerArgv } from "../../../../lib/cli/jobrunner/arguments.ts";
import { UsageError } from "../../../../lib/model/errors.ts";
import { renderedDocuments } from "../../../../scripts/render_docs.ts";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "../../../support/assert.ts";
import { JOB_CONTEXT } from "../../../support/jobs.ts";

const root = `${import.meta.dirname}/../../../../`;

/** Runs a program that the tests need; it must be installed. */
async function run(program: string, words: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const command = new Deno.Command(program, { args: [...words], env: { LC_ALL: "C.UTF-8" }, stdin: "null" });
  const { code, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

for (const [path, text] of renderedDocuments()) {
  Deno.test(`${path} is what the option table says`, () => {
    assertEquals(Deno.readTextFileSync(root + path), text, "run scripts/render_docs.ts and review the difference");
  });
}

const PAGES = [...renderedDocuments().keys()].filter((path) => path.startsWith("docs/man/"));

/** Text of a man page, as it is read. */
async function readPage(path: string): Promise<string> {
  const { code, out, err } = await run("man", ["--warnings", "-l", root + path]);
  assertEquals([code, err], [0, ""]);
  return out.replaceAll(/.\x08/g, "");
}

for (const path of PAGES) {
  Deno.test(`${path}: mandoc has nothing to complain about`, async () => {
    assertEquals(await run("mandoc", ["-Tlint", root + path]), { code: 0, out: "", err: "" });
  });

  Deno.test(`${path}: man renders it without warnings, every name is a name, and the others are named`, async () => {
    const text = await readPage(path);
    const seeAlso = text.split(/^SEE ALSO$/m)[1]!;
    for (const other of PAGES.filter((name) => name !== path)) {
      const [, name, section] = /([^/]+)\.(\d)$/.exec(other)!;
      assertStringIncludes(seeAlso, `${name}(${section})`);
    }
    const source = Deno.readTextFileSync(root + path);
    assertEquals(source.match(/^\.TP\n(?!\\fB).*/gm), null); // each has its term
    assertEquals(source.match(/^\.TP\n.*\n(?:\.|$).*/gm), null); // and what that means
  });
}

Deno.test("the man page of job files has every field, and an example that means what docs/examples/home.yaml does", async () => {
  const text = await readPage("docs/man/bzfs-job-file.5");
  const { properties } = JSON.parse(renderJobFileSchema());
  const { bzfs, ...own } = properties;
  const hidden = BZFS_HELP.options.filter((option) => option.hidden).map(({ name }) => name.slice(2));
  const names = [...Object.keys(own), ...Object.keys(bzfs.properties).filter((name) => !hidden.includes(name))];
  assertEquals(names.filter((name) => !new RegExp(`^ {7}${name} `, "m").test(text)), []);
  const [, indented = ""] = /^EXAMPLES\n[^\n]+\n\n((?: {11}.*\n)+)/m.exec(text) ?? [];
  const optionsOf = (yaml: string): unknown =>
    jobFileOptions(openJobFile("x.yaml", new TextEncoder().encode(yaml)), "x");
  assertEquals(
    optionsOf(indented.replaceAll(/^ {11}/gm, "")),
    optionsOf(Deno.readTextFileSync(`${root}docs/examples/home.yaml`)),
  );
});

for (const help of PROGRAM_HELPS) {
  Deno.test(`help of ${help.name} fits the width, if the words do`, () => {
    for (const columns of [60, 80, 100]) {
      const body = renderLongHelp(help, columns).split("\nExamples:")[1]!;
      for (const line of body.split("\n").filter((text) => text.length > columns)) {
        assert(!line.trim().includes(" ") || line.includes('"{'), `${line.length}: ${line}`);
      }
    }
  });

  Deno.test(`examples of ${help.name} are understood by a shell and the parser`, async () => {
    const [program, verb] = commandOf(help.name).split(" ");
    for (const { command } of help.examples) {
      const { out } = await run("sh", ["-c", `${program}() { printf '%s\\0' "$@"; }; ${command}`]);
      const parse = {
        "bzfs": parseArgv,
        "bzfs_jobrunner": parseJobrunnerArgv,
        "bzfs-status": parseStatusArgv,
        "bzfs-doctor": (argv: readonly string[], environment: Parameters<typeof parseArgv>[1]) =>
          parseDoctorArgv(argv, environment, (path) => path),
      }[help.name];
      const words = out.split("\0").slice(0, -1);
      assertEquals(verb === undefined || words.shift() === verb, true);
      assertEquals(parse(words, { ...JOB_CONTEXT, files: EXAMPLE_FILES }).kind, "arguments");
    }
  });
}

/** The job file that examples speak of. */
const EXAMPLE_FILES = {
  read: () => Deno.readFileSync(new URL("../../../../docs/examples/local-backup.yaml", import.meta.url)),
};

Deno.test("renderLongHelp() of bzfs starts with five examples", () => {
  assertEquals(BZFS_HELP.examples.length, 5);
  assert(/^usage: [^]{1,400}\nExamples:\n/.test(renderLongHelp(BZFS_HELP, 80)));
});

Deno.test("renderShortHelp() hides hidden options", () => {
  const text = renderShortHelp(BZFS_HELP, 80);
  assertStringIncludes(text, "  -r, --recursive ");
  assert(!text.includes("--no-argument-file"));
  assertStringIncludes(text, "--daemon-lifetime DURATION");
});

Deno.test("renderShortHelp() has one line for all calendar anchors", () => {
  const lines = renderShortHelp(BZFS_HELP, 80).split("\n").filter((line) => /--[a-z]+ly_[a-z]/.test(line));
  assertEquals(lines.length, 1);
  assertStringIncludes(lines[0]!, "(23 of them)");
});

Deno.test("renderBriefing() tells in about ten lines how a program is used", () => {
  for (const help of PROGRAM_HELPS) {
    const lines = renderBriefing(help).trimEnd().split("\n");
    assert(lines.length <= 10 && lines[0]!.startsWith("usage: "), lines.join("\n"));
    assertEquals(lines.filter((line) => line.startsWith(`  ${commandOf(help.name)} `)).length, 4);
    assertStringIncludes(lines.at(-1)!, `${commandOf(help.name)} -h`);
  }
});

Deno.test("the man pages show examples as they are typed", async () => {
  const plain = await readPage("docs/man/bzfs.1");
  assert(/^\s+bzfs --recursive -- tank\/home backup\/home$/m.test(plain), plain.slice(0, 3000));
});

Deno.test("renderOptionHelp() shows one option, by any of its names", () => {
  for (const topic of ["--dryrun", "dryrun", "-n", "n"]) {
    assertStringIncludes(renderOptionHelp(BZFS_HELP, topic, 80), "-n, --dryrun [recv|send]");
  }
  const error = assertThrows(() => renderOptionHelp(BZFS_HELP, "dryrunn", 80), UsageError);
  assertEquals(error.hint, "Did you mean --dryrun?");
});

Deno.test("renderUsageError() has synopsis, error and hint", () => {
  assertEquals(
    renderUsageError(BZFS_HELP, new UsageError("bad", { hint: "Do better." })),
    "usage: bzfs [OPTIONS] SRC_DATASET DST_DATASET [SRC_DATASET DST_DATASET ...]\nbzfs: error: bad\nbzfs: hint: Do better.\n",
  );
});

Deno.test("renderUsageError() says how the program was called", () => {
  const typed = renderUsageError(JOBRUNNER_HELP, new UsageError("bad"));
  assertStringIncludes(typed, "usage: bzfs jobrunner --config FILE");
  assertStringIncludes(typed, "\nbzfs jobrunner: error: bad\n");
  const linked = renderUsageError(JOBRUNNER_HELP, new UsageError("bad"), "bzfs_jobrunner");
  assertStringIncludes(linked, "usage: bzfs_jobrunner --config FILE");
  assertStringIncludes(linked, "\nbzfs_jobrunner: error: bad\n");
});

Deno.test("renderVersion() names the runtime only if it is told", () => {
  const about = { version: "1.2", author: "A", runtime: undefined };
  assertEquals(renderVersion("bzfs", about), "bzfs-1.2, by A\n");
  assertEquals(renderVersion("bzfs_jobrunner", about), "bzfs_jobrunner-1.2, by A\n");
  assertEquals(renderVersion("bzfs", { ...about, runtime: "deno 2" }), "bzfs-1.2, by A\nruntime: deno 2\n");
});

/** Words that are completed, what must be among the candidates, and what must not. */
const COMPLETIONS = [
  { words: ["bzfs", "--recurs"], wanted: "--recursive", unwanted: "--retries" },
  { words: ["bzfs", "--skip-on-error", "da"], wanted: "dataset", unwanted: "tree" },
  { words: ["bzfs", "compl"], wanted: "completion", unwanted: "--" },
  { words: ["bzfs", "man", "job"], wanted: "job-file", unwanted: "jobrunner " },
  { words: ["bzfs", "status", "--o"], wanted: "--offline", unwanted: "--no-" },
  { words: ["bzfs", "completion", "fi"], wanted: "fish", unwanted: "zsh" },
  { words: ["bzfs", "--event-log", "/etc/passw"], wanted: "/etc/passwd", unwanted: "--" },
] as const;

for (const { words, wanted, unwanted } of COMPLETIONS) {
  Deno.test(`completion in bash: ${words.join(" ")}`, async () => {
    const script = `. '${root}docs/completion/bzfs.bash'; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _bzfs; ` +
      'printf "%s\\n" "${COMPREPLY[@]}"';
    const { out, err } = await run("bash", ["-c", script, "bash", ...words]);
    assertEquals(err, "");
    assert(out.split("\n").includes(wanted) && !out.includes(unwanted), out);
  });

  Deno.test(`completion in fish: ${words.join(" ")}`, async () => {
    const script = `source '${root}docs/completion/bzfs.fish'; complete -C "${words.join(" ")}"`;
    const { out, err } = await run("fish", ["--no-config", "-c", script]);
    assertEquals(err, "");
    assert(out.split(/[\t\n]/).includes(wanted) && !out.includes(unwanted), out);
  });

  Deno.test(`completion in zsh: ${words.join(" ")}`, async () => {
    const script = `${root}tests/support/completion.zsh`;
    const { code, out } = await run("zsh", ["-f", script, `${root}docs/completion/bzfs.zsh`, words.join(" "), wanted]);
    assertEquals(code, 0, out);
  });
}

Deno.test("completion in bash: behind an option whose value may be left out come options, too", async () => {
  const script = `. '${root}docs/completion/bzfs.bash'; COMP_WORDS=(bzfs --dryrun --recu); COMP_CWORD=2; _bzfs; ` +
    'printf "%s\\n" "${COMPREPLY[@]}"';
  assertEquals((await run("bash", ["-c", script])).out, "--recursive\n");
});

Deno.test("completion in bash: behind words that are commands", async () => {
  const complete = async (...words: string[]): Promise<string[]> => {
    const script = `. '${root}docs/completion/bzfs.bash'; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _bzfs; ` +
      'printf "%s\\n" "${COMPREPLY[@]}"';
    return (await run("bash", ["-c", script, "bash", ...words])).out.trim().split("\n");
  };
  assertEquals(await complete("bzfs", "man", ""), ["bzfs", "bzfs_jobrunner", "job-file", "status", "doctor"]);
  assertEquals(await complete("bzfs", "completion", "z"), ["zsh"]);
  assertEquals(await complete("bzfs", "jobrunner", "--print-s"), ["--print-schedule"]);
  assertEquals(await complete("bzfs", "help", "jobrunner", "--print-s"), ["--print-schedule"]);
  assertEquals(await complete("bzfs", "help", "job"), ["jobrunner", "job-file"]);
  assertEquals(await complete("bzfs", "help", "ret"), ["retention"]);
  assertEquals(await complete("bzfs", "example", "ho"), ["home", "hot-standby"]);
  assertEquals(await complete("bzfs", "status", "--off"), ["--offline"]);
  assertEquals(await complete("bzfs", "help", "status", "--off"), ["--offline"]);
  assertEquals(await complete("bzfs", "help", "st"), ["status"]);
  assertEquals(await complete("bzfs", "doctor", "--fi"), ["--fix"]);
});

Deno.test("completion in fish offers files only where a value is one", async () => {
  for (const words of ["bzfs ", "bzfs man ", "bzfs --log-dir /tmp ", "bzfs_jobrunner "]) {
    const script = `cd '${root}'; source docs/completion/bzfs.fish; complete -C "${words}"`;
    const { out } = await run("fish", ["--no-config", "-c", script]);
    assert(!out.includes("README.md"), out);
  }
  for (const line of Deno.readTextFileSync(`${root}docs/completion/bzfs.fish`).split("\n")) {
    if (/ -r\b/.test(line)) assertStringIncludes(line, " -F");
  }
});

Deno.test("completion in bash: --option=choice", async () => {
  const script = `. '${root}docs/completion/bzfs.bash'; COMP_WORDS=(bzfs --r2r = pu); COMP_CWORD=3; _bzfs; ` +
    'printf "%s\\n" "${COMPREPLY[@]}"';
  assertEquals((await run("bash", ["-c", script])).out, "pull\npush\n");
});

Deno.test("completion in bash: folders and no files where a folder is wanted, hosts where a host is", async () => {
  const answer = async (words: string): Promise<string> => {
    const script = `. '${root}docs/completion/bzfs.bash'; COMP_WORDS=(bzfs ${words}); COMP_CWORD=2; _bzfs; ` +
      'printf "%s\\n" "${COMPREPLY[@]}"';
    return (await run("bash", ["-c", script])).out;
  };
  const folders = await answer("--log-dir /etc/pa");
  assert(folders.includes("/etc/pam.d") && !folders.includes("/etc/passwd"), folders);
  assertEquals(await answer("--ssh-src-host localhos"), "localhost\n");
});

Deno.test("completion in fish: folders and no files where a folder is wanted", async () => {
  const script = `source '${root}docs/completion/bzfs.fish'; complete -C "bzfs --log-dir /etc/pa"`;
  const { out } = await run("fish", ["-c", script]);
  assert(out.includes("/etc/pam.d") && !out.includes("/etc/passwd"), out);
});

Deno.test("every option that names a file, a folder, a dataset or a host says so", () => {
  const kinds = { FILE: "file", DIR: "folder", DATASET: "dataset", HOST: "host" } as const;
  for (const { name, metavar, completes } of PROGRAM_HELPS.flatMap(({ options }) => options)) {
    assertEquals(completes, kinds[metavar as keyof typeof kinds], name);
  }
});

Deno.test("renderCompletion() never offers hidden options", () => {
  for (const shell of ["bash", "zsh", "fish"] as const) {
    assert(!renderCompletion(shell, PROGRAM_HELPS).includes("tmp-bookmarks"));
  }
});

const HEADING = /^##+ (?:What is different|Different) from the reference CLI,? on purpose$/m;

/** Points of the section about differences. */
async function differences(file: string): Promise<number> {
  const text = await Deno.readTextFile(new URL(`../../../../${file}`, import.meta.url));
  const [, section = ""] = text.split(HEADING);
  return section.split(/^##/m)[0]!.match(/^- /gm)?.length ?? 0;
}

Deno.test("the page for users of the reference and CHANGELOG list the same number of deliberate differences", async () => {
  const count = await differences("docs/coming-from/bzfs-python.md");
  assert(count > 50);
  assertEquals(count, await differences("CHANGELOG.md"));
});
