/**
 * Completion scripts for bash, zsh and fish: options, their choices, and names of datasets.
 *
 * Datasets are asked of the local `zfs` when the user presses the key; hosts are not asked. The scripts serve all
 * programs and the name `bzfs jobrunner`.
 * @module
 */
import { COMMAND_WORDS, MAN_PAGES, type Shell, SHELLS, VERB_WORDS } from "../parse/command_words.ts";
import { type CompletionKind, type OptionSpec, spellingsOf, takesValue } from "../options/option.ts";
import type { ProgramHelp } from "./help_types.ts";
import { EXAMPLES, TOPICS } from "./manual.ts";

/** Renders the script for a shell. */
export function renderCompletion(shell: Shell, programs: readonly ProgramHelp[]): string {
  return { bash, zsh, fish }[shell](programs);
}

const HEADER = "# Made by: bzfs completion";
const FIRST_WORDS = COMMAND_WORDS.join(" ");
/** What follows some of them. */
const AFTER_COMMAND = [
  ["man", MAN_PAGES.join(" ")],
  ["completion", SHELLS.join(" ")],
  ["example", EXAMPLES.join(" ")],
] as const;
/** What can be asked about with `help`, beside options. */
const HELP_WORDS = ["bzfs", "jobrunner", ...VERB_WORDS, ...TOPICS.map(({ word }) => word)].join(" ");
const LIST_DATASETS = "zfs list -H -o name -t filesystem,volume 2>/dev/null";
const FISH_DATASETS = `(command -q zfs; and ${LIST_DATASETS})`;

/** Options of `compgen`, actions of `_arguments`, and options of `complete` in fish for each kind of value. */
const IN_BASH: Kinds = { file: "-f", folder: "-d", dataset: `-W "$(${LIST_DATASETS})"`, host: "-A hostname" };
const IN_ZSH: Kinds = { file: "_files", folder: "_files -/", dataset: "_bzfs_datasets", host: "_hosts" };
const IN_FISH: Kinds = {
  file: "-F",
  folder: "-a '(__fish_complete_directories)'",
  dataset: `-a '${FISH_DATASETS}'`,
  host: "-a '(__fish_print_hostnames)'",
};

type Kinds = Readonly<Record<CompletionKind, string>>;

function visible(help: ProgramHelp): OptionSpec[] {
  return help.options.filter((option) => !option.hidden);
}

/** Every spelling. */
function spellings(help: ProgramHelp): string[] {
  return visible(help).flatMap((option) => spellingsOf(option));
}

function functionName(help: ProgramHelp): string {
  return `_${help.name.replace("-", "_")}`;
}

/** The word that a program is behind `bzfs`; `undefined` for one with a name of its own. */
function verbOf(help: ProgramHelp): string | undefined {
  return help.name.split("-")[1];
}

/** In bash `=` separates words, so that `--opt=val` arrives as three words. */
function bash(programs: readonly ProgramHelp[]): string {
  const lines = [`${HEADER} bash`];
  for (const help of programs) {
    const isVerb = verbOf(help) !== undefined;
    lines.push(
      "",
      `${functionName(help)}() {`,
      '  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"',
      '  if [[ "$current" == "=" ]]; then current=""; fi',
      '  if [[ "$previous" == "=" ]]; then previous="${COMP_WORDS[COMP_CWORD-2]}"; fi',
      ...(help.name === "bzfs" ? BASH_COMMANDS : []),
      '  case "$previous" in',
      ...visible(help).flatMap(bashCase),
      "  esac",
      '  if [[ "$current" == -* ]]; then',
      `    COMPREPLY=($(compgen -W "${spellings(help).join(" ")}" -- "$current"))`,
      ...(isVerb ? [] : [
        "  else",
        `    COMPREPLY=($(compgen -W "$(${LIST_DATASETS})" -- "$current"))`,
        `    if [[ $COMP_CWORD -eq 1 ]]; then COMPREPLY+=($(compgen -W "${FIRST_WORDS}" -- "$current")); fi`,
      ]),
      "  fi",
      "}",
      ...(isVerb ? [] : [`complete -o nosort -F ${functionName(help)} ${help.name}`]),
    );
  }
  return `${lines.join("\n")}\n`;
}

/** What can follow a word that is a command, as the first word. */
const BASH_COMMANDS = [
  '  if [[ $COMP_CWORD -ge 2 ]]; then case "${COMP_WORDS[1]}" in',
  ...["jobrunner", ...VERB_WORDS].map((word) => `    ${word}) _bzfs_${word}; return ;;`),
  ...AFTER_COMMAND.map(([word, next]) => `    ${word}) COMPREPLY=($(compgen -W "${next}" -- "$current")); return ;;`),
  "    help)",
  ...["jobrunner", ...VERB_WORDS].map((word) =>
    `      if [[ "\${COMP_WORDS[2]}" == ${word} && $COMP_CWORD -ge 3 ]]; then _bzfs_${word}; return; fi`
  ),
  '      if [[ "$current" != -* ]]; then',
  `        COMPREPLY=($(compgen -W "${HELP_WORDS}" -- "$current")); return; fi ;;`,
  "  esac; fi",
];

/** What can follow an option; where the value may be left out, another option can. */
function bashCase(option: OptionSpec): string[] {
  const { choices, completes } = option;
  const candidates = choices === undefined ? completes && IN_BASH[completes] : `-W "${choices.join(" ")}"`;
  if (candidates === undefined) return [];
  const reply = `COMPREPLY=($(compgen ${candidates} -- "$current")); return`;
  const guarded = option.arity === "optional" ? `if [[ "$current" != -* ]]; then ${reply}; fi` : reply;
  return [`    ${spellingsOf(option).join("|")}) ${guarded} ;;`];
}

function zsh(programs: readonly ProgramHelp[]): string {
  const named = programs.filter((help) => verbOf(help) === undefined);
  const lines = [`#compdef ${named.map((help) => help.name).join(" ")}`, `${HEADER} zsh`];
  lines.push(
    "",
    "_bzfs_datasets() {",
    ...[...AFTER_COMMAND, ["help", HELP_WORDS]].map(([word, next]) =>
      `  if [[ "$words[2]" == ${word} ]]; then (( CURRENT > 3 )) || compadd ${next}; return; fi`
    ),
    `  local -a datasets=(\${(f)"$(${LIST_DATASETS})"})`,
    "  compadd -a datasets",
    `  if (( CURRENT == 2 )); then compadd ${FIRST_WORDS}; fi`,
    "}",
  );
  for (const help of programs) {
    lines.push(
      "",
      `${functionName(help)}() {`,
      ...(help.name === "bzfs" ? ZSH_VERBS : []),
      "  _arguments -s \\",
      ...visible(help).flatMap(zshSpecs).map((spec) => `    ${spec} \\`),
      verbOf(help) === undefined ? "    '*:dataset:_bzfs_datasets'" : "    '*: :'",
      "}",
    );
  }
  lines.push(
    "",
    "# As a file in fpath this runs as the function of its own name; sourced, it registers the functions.",
    'if [[ "${funcstack[1]}" == _bzfs* ]]; then',
    '  "_${service}" "$@"',
    "else",
    ...named.map((help) => `  compdef ${functionName(help)} ${help.name}`),
    "fi",
  );
  return `${lines.join("\n")}\n`;
}

/** Programs behind `bzfs`. */
const ZSH_VERBS = VERB_WORDS.map((word) =>
  `  if [[ "$words[2]" == ${word} ]] && (( CURRENT > 2 )); then shift words; (( CURRENT-- )); _bzfs_${word}; return; fi`
);

/** One specification per spelling. */
function zshSpecs(option: OptionSpec): string[] {
  const brief = option.brief.replace(/[[\]:]/g, "\\$&");
  return spellingsOf(option).map((spelling) => {
    const equals = takesValue(option) && spelling.startsWith("--") ? "=" : "";
    return `'*${spelling}${equals}[${brief}]${zshValue(option)}'`;
  });
}

function zshValue(option: OptionSpec): string {
  if (!takesValue(option)) return "";
  const optional = option.arity === "optional" || option.arity === "any" ? "::" : ":";
  const { choices, completes } = option;
  const action = choices === undefined ? completes === undefined ? " " : IN_ZSH[completes] : `(${choices.join(" ")})`;
  return `${optional}${(option.metavar ?? "value").replace(/[[\]%]/g, "")}:${action}`;
}

function fish(programs: readonly ProgramHelp[]): string {
  const lines = [`${HEADER} fish`];
  for (const help of programs) {
    const verb = verbOf(help);
    if (verb !== undefined) {
      const isMeant = `-n 'contains -- (commandline -opc)[2] ${verb}'`;
      lines.push("", ...visible(help).map((option) => fishLine(`bzfs ${isMeant}`, option)));
      continue;
    }
    const name = help.name;
    const verbs = name === "bzfs" ? VERB_WORDS : [];
    const others = ["help", ...AFTER_COMMAND.map(([word]) => word), ...verbs];
    const isOwn = verbs.length > 0 ? ` -n 'not contains -- (commandline -opc)[2] ${VERB_WORDS.join(" ")}'` : "";
    lines.push(
      "",
      `complete -c ${name} -f -n 'not contains -- (commandline -opc)[2] ${others.join(" ")}' -a '${FISH_DATASETS}'`,
      ...[...AFTER_COMMAND, ["help", HELP_WORDS]].map(([word, next]) =>
        `complete -c ${name} -f -n 'contains -- (commandline -opc)[2] ${word}' -a '${next}'`
      ),
      `complete -c ${name} -n 'test (count (commandline -opc)) -eq 1' -a '${FIRST_WORDS}'`,
      ...visible(help).map((option) => fishLine(`${name}${isOwn}`, option)),
    );
  }
  return `${lines.join("\n")}\n`;
}

/** @param command the program, and when the option is one of it */
function fishLine(command: string, option: OptionSpec): string {
  const words = [`complete -c ${command}`];
  for (const spelling of spellingsOf(option)) {
    words.push(spelling.startsWith("--") ? `-l ${spelling.slice(2)}` : `-s ${spelling.slice(1)}`);
  }
  words.push(`-d '${option.brief}'`);
  const needsValue = takesValue(option) && option.arity !== "optional" && option.arity !== "any";
  if (needsValue) words.push(option.completes === "file" ? "-r" : "-x"); // -x: and no file names
  if (option.choices !== undefined) words.push(`-a '${option.choices.join(" ")}'`);
  else if (option.completes !== undefined) words.push(IN_FISH[option.completes]);
  return words.join(" ");
}
