#!/usr/bin/env python3
"""Fills in the man pages of man/ what the program and its configuration say themselves, for scdoc.

    manual.py TEMPLATE VERSION PROGRAM CONFIG     writes to standard output

In a template, a line `@flags COMMAND@` is replaced by that command's flags (`@flags@`: those of the
program), `@keys@` by every key of CONFIG with its default and the comment above it.
"""

import pathlib
import re
import sys

sys.dont_write_bytecode = True
import command_help  # noqa: E402


def plain(text: str) -> str:
    """Text in which nothing is markup of scdoc."""
    return re.sub(r"([\\_*#<>~`\[\]|.-])", r"\\\1", text)


def value_of(flag: command_help.Flag) -> str:
    if not flag.takes_value:
        return ""
    # Of more it is the help that tells.
    return f" _{plain('|'.join(flag.choices) if 0 < len(flag.choices) < 7 else 'VALUE')}_"


def flags(entries: list[command_help.Flag]) -> str:
    return "\n\n".join(
        ", ".join(f"*{plain(name)}*" for name in flag.names) + f"{value_of(flag)}\n\t{plain(flag.text)}"
        for flag in entries)


def paragraphs(comment: list[str]) -> str:
    """With a paragraph that has indented lines as it is: an example."""
    blocks = []
    for block in "\n".join(comment).split("\n\n"):
        if re.search(r"^ ", block, re.MULTILINE):
            blocks.append("\t```\n" + re.sub("^", "\t", block, flags=re.MULTILINE) + "\n\t```")
        else:
            blocks.append(re.sub("^", "\t", plain(block), flags=re.MULTILINE))
    return "\n\n".join(blocks)


def keys(config: str) -> str:
    """The file begins with a comment of its own. After that, a comment belongs to the key below."""
    entries, comment, parents = [], [], []
    for line in config.split("\n\n", 1)[1].splitlines():
        key = re.match(r"( *)(\w+):(?: (.*))?$", line)
        if line.lstrip().startswith("#"):
            comment.append(line.lstrip()[1:].removeprefix(" "))
        elif key:
            parents = parents[: len(key[1]) // 2] + [key[2]]
            entry = f"*{plain('.'.join(parents))}*"
            entry += f" (default {plain(key[3])})" if key[3] else ""
            if key[3] or comment:
                entries.append(entry + ("\n" + paragraphs(comment) if comment else ""))
            comment = []
        elif line:
            sys.exit(f"manual.py: neither a comment nor a key: {line}")
    return "\n\n".join(entries)


def main() -> None:
    template, version, program, config = sys.argv[1:]
    text = pathlib.Path(template).read_text(encoding="utf-8").replace("@version@", version)
    if "@keys@" in text:
        text = text.replace("@keys@", keys(pathlib.Path(config).read_text(encoding="utf-8")))
    else:
        own, commands = command_help.read(program)
        for name, entries in [("", own)] + [(" " + c.name, c.flags) for c in commands]:
            text = text.replace(f"@flags{name}@", flags(entries))
    if unfilled := re.search(r"^@.*@$", text, re.MULTILINE):
        sys.exit(f"manual.py: {template}: {unfilled[0]} stands for nothing that the program has")
    sys.stdout.write(text)


main()
