/**
 * Transcripts: command lines with what they must print, run against simulated hosts (`output_scene.ts`).
 *
 *     == a title begins a test; its steps share the hosts
 *     < name          an inline file in the private folder `$D`, up to a line that is only `<`
 *     $ command       a line for `sh`; `$BZFS` is the program. What follows is about it:
 *     ? 2             its exit status, 0 unless given
 *     > pattern       standard output has this line, behind the ones before it
 *     2> pattern      the same of standard error
 *     ! pattern       neither has such a line
 *
 * A pattern is a regular expression that is found in a line. Other lines are comments.
 * @module
 */
import { assert, assertEquals } from "./assert.ts";
import { type Run, type Scene, scene } from "./output_scene.ts";

interface Command {
  readonly script: string;
  status: number;
  readonly out: string[];
  readonly err: string[];
  readonly never: string[];
}

type Step = Command | { readonly file: string; readonly lines: string[] };

/** Registers a test for each transcript of a text. */
export function transcripts(text: string, program?: string): void {
  for (const [title, steps] of readTranscripts(text)) {
    Deno.test(title, async () => {
      await using it = await scene(program);
      for (const step of steps) await play(step, it);
    });
  }
}

/** Steps by title. */
function readTranscripts(text: string): ReadonlyMap<string, readonly Step[]> {
  const tests = new Map<string, Step[]>();
  let steps: Step[] = [];
  let file: string[] | undefined;
  for (const line of text.split("\n")) {
    const [, mark, rest = ""] = /^(==|\$|\?|>|2>|!|<)(?: (.*))?$/.exec(line) ?? [];
    const command = steps.findLast((step): step is Command => "script" in step);
    if (file !== undefined && !(mark === "<" && rest === "")) file.push(line);
    else if (mark === "<") {
      file = rest === "" ? undefined : [];
      if (file !== undefined) steps.push({ file: rest, lines: file });
    } else if (mark === "==") tests.set(rest, steps = []);
    else if (mark === "$") steps.push({ script: rest, status: 0, out: [], err: [], never: [] });
    else if (mark === "?") command!.status = Number(rest);
    else if (mark !== undefined) ({ ">": command!.out, "2>": command!.err, "!": command!.never })[mark]!.push(rest);
  }
  return tests;
}

async function play(step: Step, it: Scene): Promise<void> {
  if ("file" in step) return await Deno.writeTextFile(`${it.folder}/${step.file}`, `${step.lines.join("\n")}\n`);
  const run = await it.sh(step.script);
  const whole = `$ ${step.script}\n${run.out}--- stderr\n${run.err}`;
  assertEquals(run.status, step.status, whole);
  expectInOrder(run, "out", step.out, whole);
  expectInOrder(run, "err", step.err, whole);
  for (const pattern of step.never) {
    assert(
      !`${run.out}\n${run.err}`.split("\n").some((line) => new RegExp(pattern).test(line)),
      `! ${pattern}\n${whole}`,
    );
  }
}

function expectInOrder(run: Run, stream: "out" | "err", patterns: readonly string[], whole: string): void {
  const lines = run[stream].split("\n");
  let from = 0;
  for (const pattern of patterns) {
    const index = lines.findIndex((line, i) => i >= from && new RegExp(pattern).test(line));
    assert(index >= 0, `std${stream} lacks ${pattern}\n${whole}`);
    from = index + 1;
  }
}
