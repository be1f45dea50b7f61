/**
 * Completion scripts for bash, zsh and fish: options, their choices, and names of datasets.
 *
 * Datasets are asked of the local `zfs` when the user presses the key; hosts are not asked. The scripts serve both
 * programs and the name `bzfs jobrunner`.
 * @module
 */
import type { Shell } from "./command_words.ts";
import { type OptionSpec, spellingsOf, takesValue } from "./option.ts";
import type { ProgramHelp } from "./program_help.ts";

/** Renders the script for a shell. */
export function renderCompletion(shell: Shell, programs: readonly ProgramHelp[]): string {
  switch (shell) {
    case "bash":
      return bash(programs);
    case "zsh":
      return zsh(programs);
    case "fish":
      return fish(programs);
  }
}

const HEADER = "# Made by: bzfs completion";
const COMMAND_WORDS = "jobrunner help man completion";
const LIST_DATASETS = "zfs list -H -o name -t filesystem,volume 2>/dev/null";

function visible(help: ProgramHelp): OptionSpec[] {
  return help.options.filter((option) => !option.hidden);
}

/** Every spelling, single-quoted where a shell needs it. */
function spellings(help: ProgramHelp): string[] {
  return visible(help).flatMap((option) => spellingsOf(option));
}

function functionName(help: ProgramHelp): string {
  return `_${help.name}`;
}

/** In bash `=` separates words, so that `--opt=val` arrives as three words. */
function bash(programs: readonly ProgramHelp[]): string {
  const lines = [`${HEADER} bash`];
  for (const help of programs) {
    lines.push(
      "",
      `${functionName(help)}() {`,
      '  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"',
      '  if [[ "$current" == "=" ]]; then current=""; fi',
      '  if [[ "$previous" == "=" ]]; then previous="${COMP_WORDS[COMP_CWORD-2]}"; fi',
      '  case "$previous" in',
      ...visible(help).filter((option) => option.choices !== undefined).map((option) =>
        `    ${spellingsOf(option).join("|")}) COMPREPLY=($(compgen -W "${
          option.choices!.join(" ")
        }" -- "$current")); return ;;`
      ),
      ...visible(help).filter((option) => /FILE|DIR/.test(option.metavar ?? "")).map((option) =>
        `    ${option.name}) COMPREPLY=($(compgen -f -- "$current")); return ;;`
      ),
      "  esac",
      '  if [[ "$current" == -* ]]; then',
      `    COMPREPLY=($(compgen -W "${spellings(help).join(" ")}" -- "$current"))`,
      "  else",
      `    COMPREPLY=($(compgen -W "$(${LIST_DATASETS})" -- "$current"))`,
      `    if [[ $COMP_CWORD -eq 1 ]]; then COMPREPLY+=($(compgen -W "${COMMAND_WORDS}" -- "$current")); fi`,
      "  fi",
      "}",
      `complete -o nosort -F ${functionName(help)} ${help.name}`,
    );
  }
  return `${lines.join("\n")}\n`;
}

function zsh(programs: readonly ProgramHelp[]): string {
  const lines = [`#compdef ${programs.map((help) => help.name).join(" ")}`, `${HEADER} zsh`];
  lines.push(
    "",
    "_bzfs_datasets() {",
    `  local -a datasets=(\${(f)"$(${LIST_DATASETS})"})`,
    "  compadd -a datasets",
    `  if (( CURRENT == 2 )); then compadd ${COMMAND_WORDS}; fi`,
    "}",
  );
  for (const help of programs) {
    lines.push(
      "",
      `${functionName(help)}() {`,
      "  _arguments -s \\",
      ...visible(help).flatMap(zshSpecs).map((spec) => `    ${spec} \\`),
      "    '*:dataset:_bzfs_datasets'",
      "}",
      `compdef ${functionName(help)} ${help.name}`,
    );
  }
  return `${lines.join("\n")}\n`;
}

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
  const action = option.choices !== undefined
    ? `(${option.choices.join(" ")})`
    : /FILE|DIR/.test(option.metavar ?? "")
    ? "_files"
    : " ";
  return `${optional}${(option.metavar ?? "value").replace(/[[\]%]/g, "")}:${action}`;
}

function fish(programs: readonly ProgramHelp[]): string {
  const lines = [`${HEADER} fish`];
  for (const help of programs) {
    const name = help.name;
    lines.push(
      "",
      `complete -c ${name} -f -a '(${LIST_DATASETS})'`,
      `complete -c ${name} -n 'test (count (commandline -opc)) -eq 1' -a '${COMMAND_WORDS}'`,
      ...visible(help).map((option) => fishLine(name, option)),
    );
  }
  return `${lines.join("\n")}\n`;
}

function fishLine(name: string, option: OptionSpec): string {
  const words = [`complete -c ${name}`];
  for (const spelling of spellingsOf(option)) {
    words.push(spelling.startsWith("--") ? `-l ${spelling.slice(2)}` : `-s ${spelling.slice(1)}`);
  }
  words.push(`-d '${option.brief}'`);
  if (takesValue(option) && option.arity !== "optional" && option.arity !== "any") words.push("-r");
  if (option.choices !== undefined) words.push(`-a '${option.choices.join(" ")}'`);
  else if (/FILE|DIR/.test(option.metavar ?? "")) words.push("-F");
  return words.join(" ");
}
