"""A percentage is written in one way, as 5%, wherever a person reads it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
ROOMS = ("engine", "reports", "strategies", "universes", "src/hedgebook/cli", "src/hedgebook/front")
APART = re.compile(r"[\d}] %(?!\d*[a-z{]\b|\{)")


def texts(source: str) -> list[str]:
    """Every text of a module as it is printed, {} for what is filled in; docstrings left out."""
    tree = ast.parse(source)
    left_out = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            left_out.update(id(part) for part in node.values)
            found.append("".join(str(p.value) if isinstance(p, ast.Constant) else "{}" for p in node.values))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in left_out:
            found.append(node.value)
    return found


def test_no_text_has_a_blank_before_the_sign() -> None:
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    assert len(files) > 300
    wrong = [(path.name, text) for path in files for text in texts(path.read_text()) if APART.search(text)]
    shipped = [path for room in ROOMS[:4] for path in (ROOT / room).rglob("*.toml")]
    assert len(shipped) > 3
    for path in shipped:
        said = [line for line in path.read_text().splitlines() if not line.lstrip().startswith("#")]
        wrong += [(path.name, line) for line in said if APART.search(line)]
    assert wrong == []


def test_a_blank_is_noticed() -> None:
    found = texts('"""5 % of it."""\nx = f"{a:.1f} % of it"\ny = "5 %"\nz = "5%, %d, %{y:.2%}"')
    assert [text for text in found if APART.search(text)] == ["{} % of it", "5 %"]
