"""`python docs/examples.py [--peers]`: runs the examples of the pages; those of other packages with --peers.

A block after `<!-- runnable -->` is run, one after `<!-- peer -->` needs a package that the pages compare with. The
blocks of a page follow one another: Python shares its names, and commands the folder. Who imports this module decides
where: nothing here changes the working directory.
"""

from __future__ import annotations

import importlib.util
import re
import shlex
import sys
import tempfile
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
MARKED = re.compile(r"^<!-- (runnable|peer) -->\n```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """An example: its page, its line there, its language, its text, and whether it needs another package."""

    page: str
    line: int
    language: str
    text: str
    peer: bool


def blocks(page: Path) -> list[Block]:
    """The marked examples of a page, in their order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(page.name, text[: found.start(3)].count("\n") + 1, found[2], found[3], found[1] == "peer")
        for found in MARKED.finditer(text)
    ]


def pages() -> list[Path]:
    """The pages that have examples."""
    return [page for page in sorted(DOCS.glob("*.md")) if blocks(page)]


def run_page(page: Path, *, peers: bool = False) -> int:
    """Run a page's examples in the working directory, and return how many there were.

    A peer's block is left out without `peers`, or where its package is absent. Raises what an example raises, and
    AssertionError for a command that does not end with 0.
    """
    names: dict[str, Any] = {}
    count = 0
    for block in blocks(page):
        if block.peer and not (peers and _there(block)):
            continue
        if block.language == "console":
            for line in block.text.splitlines():
                _command(block, line)
        else:
            exec(compile("\n" * (block.line - 1) + block.text, f"docs/{block.page}", "exec"), names)
        count += 1
    return count


def _there(block: Block) -> bool:
    """Whether the packages that a block imports at its start are installed."""
    wanted = re.findall(r"^import (\w+)", block.text, flags=re.MULTILINE)
    return all(importlib.util.find_spec(name) for name in wanted)


def _command(block: Block, line: str) -> None:
    from hedgebook.cli.app import main

    start, *words = shlex.split(line.removeprefix("$ "))
    assert (line[:2], start) == ("$ ", "hedgebook"), f"{block.page}: {line!r} is no command of hedgebook"
    code: object = None
    try:
        main(words)
    except SystemExit as ended:
        code = ended.code
    assert code == 0, f"docs/{block.page}: {line} ended with {code}"


if __name__ == "__main__":
    for one in pages():
        with tempfile.TemporaryDirectory() as folder, chdir(folder):
            print(one.name, run_page(one, peers="--peers" in sys.argv), file=sys.stderr)
