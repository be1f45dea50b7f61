/**
 * A pipeline as shell text, in two forms of the same legs (docs/spec/replication.md §10.2, §10.4).
 *
 * The plain form is what the log shows and what can be pasted. The watched form is what runs: behind each command its
 * shell reports the exit status, in a record with a random word that nobody else prints. All records go to stderr, also
 * those of remote shells: a child of Deno has no fourth descriptor, and one stream has the advantage that a cause is
 * always reported before its effect, because a shell keeps its ends of the pipes open until it has reported.
 * @module
 */
import type { Leg, Pipeline, Stage, StageRole } from "../../model/pipeline.ts";
import type { BothSides } from "../../model/job.ts";
import { joinWords, quoteInsideDoubleQuotes, quoteWord } from "../process/shell.ts";

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
  /** `connect` is an ssh that runs stages of another host; `first` is what is done at the source before `zfs send`. */
  readonly role: StageRole | "connect" | "first";
  /** Host on which it runs, `localhost` for this one. */
  readonly host: string;
  /** The command as shell text, for messages. */
  readonly command: string;
  /** Random word in the records of the shell that reports this stage; absent if the stage is reported by no shell. */
  readonly word: string | undefined;
  /** Number of the ssh that runs the reporting shell; absent for the local shell. */
  readonly parent: number | undefined;
}

/** A command that runs on this host: a stage, or an ssh with everything behind it. */
export interface LocalCommand {
  /** Number of its stage. */
  readonly id: number;
  readonly argv: readonly string[];
  /** As shell text, redirections included. */
  readonly text: string;
  /** The stage itself; absent for an ssh. */
  readonly stage: Stage | undefined;
}

/** What runs on this host, in the order of the data, and whose ends are reported. */
export interface WatchedPipeline {
  readonly commands: readonly LocalCommand[];
  readonly stages: readonly WatchedStage[];
  /** The commands as one text for a shell that reports them. */
  readonly script: string;
}

/** Records look like `bzfs-stage-0123456789abcdef 3 141`, then a line feed: word, number of the stage, exit status. */
export const RECORD_PREFIX = "bzfs-stage-";

/** Name of this host in messages. */
const LOCAL_HOST = "localhost";

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

/**
 * The commands to run. `randomWord` makes 16 hexadecimal digits.
 *
 * @param first words of a command that runs where `zfs send` runs, and before it, which does not run if that fails; only for
 *   pipelines that this host joins
 */
export function watchPipeline(
  pipeline: Pipeline,
  words: PipelineWords,
  randomWord: () => string,
  first?: readonly string[],
): WatchedPipeline {
  const watch = new Watch(words, randomWord, first);
  const shell = watch.openShell(LOCAL_HOST, undefined);
  const commands = localCommands(pipeline, words, watch, shell);
  return { commands, stages: watch.stages, script: scriptOf(shell, commands) };
}

function localCommands(
  { via, nested, legs }: Pipeline,
  words: PipelineWords,
  watch: Watch,
  shell: ReportingShell,
): readonly LocalCommand[] {
  if (via === "local") return legs.flatMap((leg) => watch.leg(shell, leg, outerWords(leg, words)));
  const far = (other: ReportingShell): readonly LocalCommand[] =>
    legs.flatMap((leg) => watch.leg(other, leg, leg.host === nested ? words.nested[nested] : []));
  return [watch.connection(shell, words.outer[via], far, "guarded")];
}

/** A stage as shell text. */
function stageText(stage: Stage, pvFile: string): string {
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
  readonly #first: readonly string[] | undefined;

  constructor(words: PipelineWords, randomWord: () => string, first: readonly string[] | undefined) {
    this.#words = words;
    this.#randomWord = randomWord;
    this.#first = first;
  }

  openShell(host: string, parent: number | undefined): ReportingShell {
    return { host, word: `${RECORD_PREFIX}${this.#randomWord()}`, parent };
  }

  /** The commands of a leg in the pipeline of `shell`: its stages, or one ssh that runs them elsewhere. */
  leg(shell: ReportingShell, leg: Leg, prefix: readonly string[]): readonly LocalCommand[] {
    if (prefix.length === 0) return leg.stages.map((stage) => this.#stage(shell, stage));
    const isJoined = leg.stages.length > 1 || (this.#first !== undefined && leg.stages[0]!.role === "send");
    if (isJoined) return [this.connection(shell, prefix, (far) => this.leg(far, leg, []))];
    // A single command needs no shell around it: ssh hands its status on.
    const { role, argv } = leg.stages[0]!;
    const command = joinWords(argv);
    const id = this.#connect(shell, prefix, command);
    this.stages.push({ id: this.stages.length, role, host: prefix.at(-1)!, command, word: undefined, parent: id });
    return [sshCommand(id, prefix, command)];
  }

  /** An ssh whose far end runs a reporting shell with these commands. */
  connection(
    shell: ReportingShell,
    prefix: readonly string[],
    commands: (far: ReportingShell) => readonly LocalCommand[],
    kind: "plain" | "guarded" = "plain",
  ): LocalCommand {
    const id = this.#connect(shell, prefix, "sh");
    const far = this.openShell(prefix.at(-1)!, id);
    const script = kind === "guarded" ? guardedScriptOf(far, commands(far)) : scriptOf(far, commands(far));
    return sshCommand(id, prefix, `sh -c ${quoteWord(script)}`);
  }

  #connect(shell: ReportingShell, prefix: readonly string[], purpose: string): number {
    return this.#add(shell, "connect", joinWords([...prefix, purpose]));
  }

  #stage(shell: ReportingShell, stage: Stage): LocalCommand {
    const first = stage.role === "send" && this.#first !== undefined ? this.#firstText(shell, this.#first) : "";
    const id = this.#add(shell, stage.role, joinWords(stage.argv));
    return { id, argv: stage.argv, text: `${first}${stageText(stage, this.#words.pvFile)}`, stage };
  }

  /** The command that runs before `zfs send`, its report, and the end of the stage if it fails. */
  #firstText(shell: ReportingShell, argv: readonly string[]): string {
    const command = joinWords(argv);
    const id = this.#add(shell, "first", command);
    return `${command}; ${tellText(shell, id)} [ $s -eq 0 ] || exit $s; `;
  }

  #add(shell: ReportingShell, role: WatchedStage["role"], command: string): number {
    const id = this.stages.length;
    this.stages.push({ id, role, host: shell.host, command, word: shell.word, parent: shell.parent });
    return id;
  }
}

function sshCommand(id: number, prefix: readonly string[], remote: string): LocalCommand {
  const argv = [...prefix, remote];
  return { id, argv, text: joinWords(argv), stage: undefined };
}

/**
 * Commands joined to a pipeline, each of which reports its status and keeps it. The last one does not exit: some shells
 * run it themselves, and what follows the pipeline must be run, too.
 */
function scriptOf(shell: ReportingShell, commands: readonly LocalCommand[]): string {
  return commands.map((command, index) => {
    const relay = needsRelay(commands[index - 1], command) ? `${RELAY} | ` : "";
    const isLast = index === commands.length - 1;
    return `${relay}${isLast ? watchedLast(shell, command) : watched(shell, command)}`;
  }).join(" | ");
}

/** What moves the bytes between two commands that cannot be killed by us. */
const RELAY = "cat";

/**
 * What runs under `sudo` cannot be killed by its caller: it ends with the pipes around it. Between two of that kind we
 * put a process of our own, with whose end both pipes break.
 */
function needsRelay(before: LocalCommand | undefined, command: LocalCommand): boolean {
  return isElevated(before) && isElevated(command);
}

function isElevated(command: LocalCommand | undefined): boolean {
  const { role, argv } = command?.stage ?? {};
  return argv !== undefined && (role === "send" || role === "receive") && argv.indexOf("zfs") > 0;
}

function watched(shell: ReportingShell, command: LocalCommand): string {
  return `{ ${command.text}; ${tellAndExit(shell, command)} }`;
}

function watchedLast(shell: ReportingShell, command: LocalCommand): string {
  return `{ ${command.text}; ${tellText(shell, command.id)} [ $s -eq 0 ] || (exit $s); }`;
}

function tellAndExit(shell: ReportingShell, { id }: LocalCommand, before = ""): string {
  return `${tellText(shell, id)} ${before}exit $s;`;
}

function tellText({ word }: ReportingShell, id: number): string {
  return `s=$?; echo "${word} ${id} $s" >&2;`;
}

/**
 * The same for a stream that does not pass through us: no pipe would break if our connection were lost, and the
 * transfer would go on. So stdin of the whole, which we hold open, is watched from where the stream begins, from where
 * it leaves the host, and from a relay. At its end the process group is killed, if it is that of this shell: not every
 * ssh server gives a session a group of its own. Otherwise those commands are, and the others follow with their pipes.
 */
function guardedScriptOf(shell: ReportingShell, commands: readonly LocalCommand[]): string {
  const elements = commands.flatMap((command, index) => {
    const relay = needsRelay(commands[index - 1], command) ? [guarded(RELAY, "<&6", UNGUARD)] : [];
    if (index > 0 && command.stage !== undefined) return [...relay, watched(shell, command)];
    return [guarded(command.text, index === 0 ? "< /dev/null" : "<&6", tellAndExit(shell, command, UNGUARD))];
  });
  return `exec 5<&0; ${elements.join(" | ")}`;
}

/**
 * Ends the guard. A shell may complain about its end: not where that would count as output of the pipeline. KILL, since
 * mksh loses a TERM to a child that it has just made.
 */
const UNGUARD = "exec 2> /dev/null; kill -s KILL $w; ";

/** A command that is killed when nothing holds descriptor 5 open any more. `tell` stands behind it. */
function guarded(text: string, input: string, tell: string): string {
  const run = `${text} ${input} 5<&- 6<&- & p=$!;`;
  const guard = "{ read x; kill -s TERM -- -$$ || kill $p; } <&5 6<&- > /dev/null 2>&1 & w=$!;";
  return `{ exec 6<&0; ${run} ${guard} exec 6<&-; wait $p; ${tell} }`;
}
