#!/usr/bin/env python3
"""Writes the completions of bash, zsh and fish for a kcommons, out of what its --help says.

    completions.py PROGRAM FOLDER     leaves kcommons.bash, _kcommons and kcommons.fish there
"""

import pathlib
import sys

sys.dont_write_bytecode = True
import command_help  # noqa: E402

NOTICE = "# Made from `kcommons --help` by deploy/packaging/completions.py: changes here are lost."


def quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


# --- bash -------------------------------------------------------------------------------------

# --flag=VALUE comes as three words, because bash takes the equals sign for a separator.
BASH = """\
{notice}
_kcommons() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}} command='' i
  if [[ $before == '=' ]]; then before=${{COMP_WORDS[COMP_CWORD - 2]}}; fi
  if [[ $word == '=' ]]; then word=''; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ ${{COMP_WORDS[i]}} != -* ]]; then
      command=${{COMP_WORDS[i]}}
      break
    fi
  done
  COMPREPLY=()
  case "$command $before" in
{values}
  esac
  case $command in
{flags}
  esac
}}
complete -o default -F _kcommons kcommons
"""


def bash(own: list, commands: list) -> str:
    def reply(indent: int, words: list[str]) -> str:
        return f"""{' ' * indent}mapfile -t COMPREPLY < <(compgen -W '{" ".join(words)}' -- "$word")"""

    def names(flags: list) -> list[str]:
        return [name for flag in flags for name in flag.names]

    # Files are what is left where there is no reply.
    values, free = [], []
    for command in commands:
        for flag in (f for f in command.flags if f.takes_value):
            patterns = [quoted(f"{command.name} {name}") for name in flag.names]
            if flag.choices:
                values += [f"    {' | '.join(patterns)})", reply(6, flag.choices), "      return",
                           "      ;;"]
            else:
                free += patterns
    values += ["    " + " | \\\n      ".join(free) + ") return ;;"]
    flags = ["    '')", reply(6, [c.name for c in commands] + names(own)), "      ;;"]
    for command in commands:
        flags += [f"    {command.name})"]
        flags += ["      if [[ $word != -* ]]; then return; fi"] if command.positional else []
        flags += [reply(6, names(command.flags)), "      ;;"]
    return BASH.format(notice=NOTICE, values="\n".join(values), flags="\n".join(flags))


# --- zsh --------------------------------------------------------------------------------------

ZSH = """\
#compdef kcommons
{notice}
_kcommons() {{
  local curcontext=$curcontext state line
  typeset -A opt_args
  _arguments -C \\
{own}
    '1: :->command' \\
    '*:: :->arguments'
  case $state in
    command)
      local -a commands=(
{commands}
      )
      _describe command commands
      ;;
    arguments)
      case $words[1] in
{arguments}
      esac
      ;;
  esac
}}
_kcommons "$@"
"""


def zsh_text(text: str) -> str:
    for special in "\\[]:":
        text = text.replace(special, "\\" + special)
    return text


def zsh_value(flag: command_help.Flag) -> str:
    if not flag.takes_value:
        return ""
    if flag.choices:
        return f":value:({' '.join(flag.choices)})"
    return ":file:_files" if flag.is_path else ":value:"


def zsh_flag(flag: command_help.Flag) -> list[str]:
    lines = []
    for name in flag.names:
        others = "" if "may be" in flag.text else f"({' '.join(flag.names)})"
        repeated = "" if others else "*"
        equals = "=" if flag.takes_value and name.startswith("--") else ""
        spec = f"{others}{repeated}{name}{equals}[{zsh_text(flag.text)}]{zsh_value(flag)}"
        lines.append(quoted(spec))
    return lines


def zsh(own: list, commands: list) -> str:
    arguments = []
    for command in commands:
        specs = [spec for flag in command.flags for spec in zsh_flag(flag)]
        if command.positional:
            action = "_files" if command.positional == "FILE" else ""
            specs.append(quoted(f"1:{zsh_text(command.positional_text)}:{action}"))
        arguments.append(f"        {command.name})")
        arguments.append("          _arguments \\\n            " + " \\\n            ".join(specs))
        arguments.append("          ;;")
    return ZSH.format(
        notice=NOTICE,
        own="\n".join(f"    {spec} \\" for flag in own for spec in zsh_flag(flag)),
        commands="\n".join(
            f"        {quoted(zsh_text(c.name) + ':' + c.text)}" for c in commands),
        arguments="\n".join(arguments))


# --- fish -------------------------------------------------------------------------------------


def fish(own: list, commands: list) -> str:
    def escaped(text: str) -> str:
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"

    def line(condition: str, flag: command_help.Flag) -> str:
        words = [f"complete -c kcommons -n {condition}"]
        words += [f"-l {n[2:]}" if n.startswith("--") else f"-s {n[1:]}" for n in flag.names]
        if flag.choices:
            words.append(f"-x -a '{' '.join(flag.choices)}'")
        elif flag.takes_value:
            words.append("-r -F" if flag.is_path else "-x")
        return " ".join(words + [f"-d {escaped(flag.text)}"])

    lines = [NOTICE, "complete -c kcommons -f"]
    lines += [line("__fish_use_subcommand", flag) for flag in own]
    for command in commands:
        lines.append(f"complete -c kcommons -n __fish_use_subcommand -a {command.name} "
                     f"-d {escaped(command.text)}")
        seen = f"'__fish_seen_subcommand_from {command.name}'"
        lines += [line(seen, flag) for flag in command.flags]
        if command.positional == "FILE":
            lines.append(f"complete -c kcommons -n {seen} -F")
    return "\n".join(lines) + "\n"


def main() -> None:
    program, folder = sys.argv[1:]
    own, commands = command_help.read(program)
    for name, write in (("kcommons.bash", bash), ("_kcommons", zsh), ("kcommons.fish", fish)):
        (pathlib.Path(folder) / name).write_text(write(own, commands), encoding="utf-8")


main()
