"""`python docs/commands.py > docs/commands.md`: every command with its help, as the program itself prints it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from hedgebook.cli.app import app

WIDTH = 110
HEAD = """# Commands

What `hedgebook COMMAND --help` prints, for every command. Exit codes: 0 done, 1 a check failed, 2 bad input, 130
stopped by Ctrl-C. `--json` prints one JSON object and nothing else. This page is written by `python docs/commands.py`.
"""


def commands_markdown() -> str:
    """The page as Markdown: a heading for each command, in the order of the program's own help."""
    group = typer.main.get_command(app)
    # The program's own context: options such as -h are said there.
    with group.make_context("hedgebook", [], resilient_parsing=True, max_content_width=WIDTH) as context:
        context.terminal_width = WIDTH
        found = list(_commands(group, context, ("hedgebook",)))
    listed = "".join(f"- [{' '.join(path)}](#{'-'.join(path)})\n" for path, _ in found)
    return HEAD + "\n" + listed + "".join(f"\n## {' '.join(path)}\n\n```text\n{text}\n```\n" for path, text in found)


def _commands(command: Any, parent: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each command below a group with its help."""
    for name, one in command.commands.items():
        words = (*path, name)
        if hasattr(one, "commands"):
            with one.make_context(name, [], parent=parent, resilient_parsing=True) as context:
                yield from _commands(one, context, words)
            continue
        with one.make_context(name, [], parent=parent, resilient_parsing=True) as context:
            text = one.get_help(context)
        yield words, "\n".join(line.rstrip() for line in text.strip().splitlines())


if __name__ == "__main__":
    print(commands_markdown(), end="")
