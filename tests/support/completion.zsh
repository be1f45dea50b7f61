# completion.zsh SCRIPT WORDS WANTED: types WORDS and tab into an interactive zsh that has loaded SCRIPT.
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PROMPT_EOL_MARK=; autoload -Uz compinit; compinit -D -u; source ${(q)1}"
zpty -w -n shell "$2"$'\t\t\n'
local text line
for i in {1..100}; do
  while zpty -r -t shell line; do text+="$line"; done
  if [[ "$text" == *"$3"* ]]; then
    print -r -- "$3"
    zpty -d shell
    exit 0
  fi
  sleep 0.1
done
print -r -- "$text"
zpty -d shell
exit 1
