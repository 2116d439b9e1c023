# What zsh offers after a line, one a line: complete.zsh FOLDER LINE. The folder has _kcommons. A shell
# with a terminal of its own is asked, by its own means to list what it would show.
emulate -R zsh
zmodload zsh/zpty
local folder=$1 line=$2 text
zpty asked zsh -f
zpty -w asked "PROMPT= RPROMPT= fpath=($folder \$fpath)"
zpty -w asked 'autoload -Uz compinit && compinit -u -D'
# Each match as it is added, in place of a list in columns.
zpty -w asked 'compadd() {
  if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return; fi
  local -a found
  builtin compadd -O found "$@"
  print -rl -- "MATCH "$^found
}
finished() { print END }
zle -C offered complete-word _main_complete
comppostfuncs=(finished)
bindkey "^I" offered
print -- READY'
zpty -r asked text '*READY*READY*'
zpty -n -w asked "$line"$'\t'
zpty -r -m asked text '*END*'
print -r -- "$text" | tr -d '\r' | sed -n 's/^.*MATCH //p'
zpty -d asked
