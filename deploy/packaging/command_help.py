"""What `kcommons --help` and `kcommons COMMAND --help` say, as data: the source of the lists in the
man page and of the completions, so that neither lacks a flag."""

import dataclasses
import re
import subprocess


@dataclasses.dataclass
class Flag:
    names: list[str]
    text: str
    takes_value: bool = False
    choices: list[str] = dataclasses.field(default_factory=list)

    @property
    def is_path(self) -> bool:
        return self.takes_value and any(re.match(r"--(path\.|(.*\.)?file$)", n) for n in self.names)


@dataclasses.dataclass
class Command:
    name: str
    text: str
    flags: list[Flag]
    positional: str = ""
    positional_text: str = ""


def run(*command: str) -> subprocess.CompletedProcess:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def sections(text: str) -> dict[str, list[tuple[str, str]]]:
    """Its lists by their headings: entries of two columns, of which the second may go on below."""
    found: dict[str, list[tuple[str, str]]] = {}
    heading = ""
    for line in text.splitlines():
        entry = re.match(r"  (\S.*?)(?:  +(\S.*))?$", line)
        if re.match(r"[A-Z]\w+:$", line):
            heading = line[:-1]
        elif heading and re.match(r" {8,}\S", line):
            name, before = found[heading].pop()
            found[heading].append((name, f"{before} {line.strip()}".strip()))
        elif heading and entry:
            found.setdefault(heading, []).append((entry[1], entry[2] or ""))
    return found


def choices(text: str) -> list[str]:
    """The words of "Order: used, limit or share (default used)"; none where it is other text."""
    start = re.sub(r"^[A-Z][^:]*: ", "", text)
    words = re.match(r"[a-z]\w*(?:, [a-z]\w*)*(?:,| or) (?:or )?[a-z]\w*(?= \(|;|$)", start)
    return re.split(r", (?:or )?| or ", words[0]) if words else []


def resources(program: str) -> list[str]:
    return re.findall(r"^\| `(\w+)`", run(program, "list-resources").stdout, re.MULTILINE)


def read_flags(program: str, command: list[str], entries: list[tuple[str, str]]) -> list[Flag]:
    flags = []
    for name, text in entries:
        flag = Flag(name.split()[0].split(","), text)
        # Nothing follows it that could be its value, which is a mistake for those that take one.
        flag.takes_value = run(program, *command, flag.names[-1], "--help").returncode != 0
        if flag.takes_value:
            flag.choices = choices(text)
        if "--resource" in flag.names:
            flag.choices = resources(program)
        flags.append(flag)
    return flags


def read(program: str) -> tuple[list[Flag], list[Command]]:
    """The flags of the program itself, and its commands."""
    lists = sections(run(program, "--help").stdout)
    commands = []
    for name, text in lists["Subcommands"]:
        own = sections(run(program, name, "--help").stdout)
        command = Command(name, text, read_flags(program, [name], own["Options"]))
        for positional, about in own.get("Positionals", []):
            command.positional = re.sub(r"^[a-z]+ | REQUIRED$", "", positional)
            command.positional_text = about
        commands.append(command)
    return read_flags(program, [], lists["Options"]), commands
