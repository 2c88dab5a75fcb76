"""What the README shows works as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def python_blocks() -> list[str]:
    return re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)


def test_the_script_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (block,) = python_blocks()
    exec(compile(block, "README.md", "exec"), {})
    assert (tmp_path / "report.html").is_file()


def test_every_command_of_the_table_exists() -> None:
    from hedgebook.cli.app import app

    shown = set(re.findall(r"^\| `hedgebook ([\w-]+)", README, flags=re.MULTILINE))
    commands = {command.name for command in app.registered_commands}
    assert shown == commands | {group.name for group in app.registered_groups}


def test_the_plain_commands_are_those_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for command in ('"pip>=25" "setuptools>=77"', "--editable .", '--editable ".[dev]"'):
        assert command in README
        assert command in makefile
    assert "make test" in (ROOT / ".ci" / "run").read_text()
