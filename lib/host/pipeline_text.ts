/**
 * A pipeline as shell text, in two forms of the same legs (spec/replication.md §10.2, §10.4).
 *
 * The plain form is what the log shows and what can be pasted. The watched form is what runs: behind each command its
 * shell tells the exit status, in a record with a random word that nobody else prints. All records go to stderr, also
 * those of remote shells: a child of Deno has no fourth descriptor, and one stream has the advantage that a cause is
 * always told before its effect, because a shell keeps its ends of the pipes open until it has told.
 * @module
 */
import type { Leg, Pipeline, Stage, StageRole } from "../plan/pipeline.ts";
import type { BothSides } from "../plan/policy.ts";
import { joinWords, quoteInsideDoubleQuotes, quoteWord } from "./shell.ts";

/** What only the host knows about a pipeline. */
export interface PipelineWords {
  /** Words that run a command at a side by ssh from here; empty = it runs here. The last one names the host. */
  readonly outer: BothSides<readonly string[]>;
  /** The same for an ssh that runs on the other side: no control socket. Only for pipelines with `nested`. */
  readonly nested: BothSides<readonly string[]>;
  /** Path of the file to which a meter appends. */
  readonly pvFile: string;
}

/** A command of a pipeline whose end is reported. */
export interface WatchedStage {
  /** Number in the reports: index in {@linkcode WatchedPipeline.stages}. */
  readonly id: number;
  /** `connect` is an ssh that runs stages of another host. */
  readonly role: StageRole | "connect";
  /** Host on which it runs, `localhost` for this one. */
  readonly host: string;
  /** The command as shell text, for messages. */
  readonly command: string;
  /** Random word in the records of the shell that reports this stage; absent if the stage is reported by no shell. */
  readonly word: string | undefined;
  /** Number of the ssh that runs the reporting shell; absent for the local shell. */
  readonly parent: number | undefined;
}

/** Text to run, and what its shells will report. */
export interface WatchedPipeline {
  readonly script: string;
  readonly stages: readonly WatchedStage[];
}

/** Records look like `bzfs-stage-0123456789abcdef 3 141`, then a line feed: word, number of the stage, exit status. */
export const RECORD_PREFIX = "bzfs-stage-";

/** Name of this host in messages. */
export const LOCAL_HOST = "localhost";

/** The text for the log. */
export function plainPipelineText(pipeline: Pipeline, words: PipelineWords): string {
  const { via, legs } = pipeline;
  if (via === "local") {
    return legs.filter((leg) => leg.stages.length > 0).map((leg) => plainLeg(leg, outerWords(leg, words), words))
      .join(" | ");
  }
  const inner = legs.map((leg) => leg.host === via ? wrappedLeg(leg, words) : nestedLeg(leg, pipeline, words));
  return `${joinWords(words.outer[via])} ${quoteWord(`sh -c ${quoteWord(inner.join(" | "))}`)}`;
}

/** The text to run. `randomWord` makes 16 hexadecimal digits. */
export function watchPipeline(pipeline: Pipeline, words: PipelineWords, randomWord: () => string): WatchedPipeline {
  const watch = new Watch(words, randomWord);
  const { via, legs } = pipeline;
  if (via === "local") {
    const shell = watch.openShell(LOCAL_HOST, undefined);
    const script = legs.flatMap((leg) => watch.leg(shell, leg, outerWords(leg, words))).join(" | ");
    return { script, stages: watch.stages };
  }
  const outer = words.outer[via];
  const script = watch.connection(watch.openShell(LOCAL_HOST, undefined), outer, (shell) =>
    legs.flatMap((leg) => {
      return watch.leg(shell, leg, leg.host === pipeline.nested ? words.nested[pipeline.nested] : []);
    }));
  return { script, stages: watch.stages };
}

/** A stage as shell text. */
export function stageText(stage: Stage, pvFile: string): string {
  const command = joinWords(stage.argv);
  return stage.role === "meter" ? `LC_ALL=C ${command} 2>> ${quoteWord(pvFile)}` : command;
}

function outerWords(leg: Leg, words: PipelineWords): readonly string[] {
  return leg.host === "local" ? [] : words.outer[leg.host];
}

function plainLeg(leg: Leg, prefix: readonly string[], words: PipelineWords): string {
  if (prefix.length === 0) return legText(leg, words);
  return `${joinWords(prefix)} ${quoteWord(wrappedLeg(leg, words))}`;
}

/** A leg at a host that has to be reached: a shell of its own joins several stages. */
function wrappedLeg(leg: Leg, words: PipelineWords): string {
  const text = legText(leg, words);
  return leg.stages.length > 1 ? `sh -c ${quoteInsideDoubleQuotes(text)}` : text;
}

/** The leg of the side that does not join. At the same host the blank behind the absent ssh stays. */
function nestedLeg(leg: Leg, pipeline: Pipeline, words: PipelineWords): string {
  return pipeline.nested === undefined
    ? ` ${wrappedLeg(leg, words)}`
    : plainLeg(leg, words.nested[pipeline.nested], words);
}

function legText(leg: Leg, words: PipelineWords): string {
  return leg.stages.map((stage) => stageText(stage, words.pvFile)).join(" | ");
}

/** A shell that reports. */
interface ReportingShell {
  readonly host: string;
  readonly word: string;
  readonly parent: number | undefined;
}

/** Numbers the stages and writes the text of each. */
class Watch {
  readonly stages: WatchedStage[] = [];
  readonly #words: PipelineWords;
  readonly #randomWord: () => string;

  constructor(words: PipelineWords, randomWord: () => string) {
    this.#words = words;
    this.#randomWord = randomWord;
  }

  openShell(host: string, parent: number | undefined): ReportingShell {
    return { host, word: `${RECORD_PREFIX}${this.#randomWord()}`, parent };
  }

  /** The elements of a leg in the pipeline of `shell`: its stages, or one ssh that runs them elsewhere. */
  leg(shell: ReportingShell, leg: Leg, prefix: readonly string[]): readonly string[] {
    if (prefix.length === 0) return leg.stages.map((stage) => this.#stage(shell, stage));
    if (leg.stages.length > 1) return [this.connection(shell, prefix, (far) => this.leg(far, leg, []))];
    // A single command needs no shell of ours: ssh hands its status on.
    const stage = leg.stages[0]!;
    const command = stageText(stage, this.#words.pvFile);
    const ssh = this.#connect(shell, prefix, command);
    this.stages.push({
      id: this.stages.length,
      role: stage.role,
      host: prefix.at(-1)!,
      command,
      word: undefined,
      parent: ssh,
    });
    return [reporting(shell, ssh, `${joinWords(prefix)} ${quoteWord(command)}`)];
  }

  /** An ssh whose far end runs a reporting shell with these elements. */
  connection(
    shell: ReportingShell,
    prefix: readonly string[],
    elements: (far: ReportingShell) => readonly string[],
  ): string {
    const id = this.#connect(shell, prefix, "sh");
    const far = this.openShell(prefix.at(-1)!, id);
    const remote = `sh -c ${quoteWord(elements(far).join(" | "))}`;
    return reporting(shell, id, `${joinWords(prefix)} ${quoteWord(remote)}`);
  }

  #connect(shell: ReportingShell, prefix: readonly string[], purpose: string): number {
    const command = `${joinWords(prefix)} ${quoteWord(purpose)}`;
    return this.#add(shell, { role: "connect", command });
  }

  #stage(shell: ReportingShell, stage: Stage): string {
    const text = stageText(stage, this.#words.pvFile);
    return reporting(shell, this.#add(shell, { role: stage.role, command: joinWords(stage.argv) }), text);
  }

  #add(shell: ReportingShell, stage: Pick<WatchedStage, "role" | "command">): number {
    const id = this.stages.length;
    this.stages.push({ id, host: shell.host, word: shell.word, parent: shell.parent, ...stage });
    return id;
  }
}

/** An element of a pipeline that tells its status and keeps it. */
function reporting(shell: ReportingShell, id: number, text: string): string {
  return `{ ${text}; s=$?; echo "${shell.word} ${id} $s" >&2; exit $s; }`;
}
