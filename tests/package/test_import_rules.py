"""Imports go one way: universes <- engine <- strategies <- reports <- front door."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# What each folder may import of the others; hedgebook.errors is open to all.
MAY_IMPORT = {
    "universes": set(),
    "engine": {"universes"},
    "strategies": {"universes", "engine"},
    "reports": {"universes", "engine", "strategies"},
}
HEAVY = {
    "arch", "clarabel", "cvxpy", "dask", "distributed", "empyrical", "exchange_calendars", "matplotlib", "optuna",
    "plotly", "pyarrow", "scipy", "skfolio", "sklearn", "statsmodels", "vectorbt",
}  # fmt: skip
SOURCES = [path for folder in MAY_IMPORT for path in sorted((ROOT / folder).rglob("*.py"))]


def imports(tree: ast.AST) -> list[tuple[int, str]]:
    """Line and absolute module of every import; relative ones stay inside their folder by construction."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.append((node.lineno, node.module or ""))
    return found


def problems(folder: str, source: str, depth: int) -> list[str]:
    """Every import of a file, `depth` folders below the root one, that breaks the rule."""
    tree = ast.parse(source)
    wrong = []
    for line, module in imports(tree):
        parts = module.split(".")
        if parts[0] in MAY_IMPORT:
            wrong.append(f"{line}: {module}: the folder is not a top-level module")
        elif parts[0] == "hedgebook":
            inner = parts[1] if len(parts) > 1 else ""
            if inner == folder or not (inner == "errors" or inner in MAY_IMPORT[folder]):
                wrong.append(f"{line}: {folder} may not import {module}")
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level > depth:
            wrong.append(f"{node.lineno}: a relative import leaves {folder}")
    for node in tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for line, module in imports(ast.Module(body=[node], type_ignores=[])):
                if module.split(".")[0] in HEAVY:
                    wrong.append(f"{line}: {module} is imported before it is used")
    return wrong


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_one_way(path: Path) -> None:
    relative = path.relative_to(ROOT)
    assert problems(relative.parts[0], path.read_text(), len(relative.parts) - 1) == []


@pytest.mark.parametrize(
    ("folder", "source"),
    [
        ("universes", "from hedgebook.engine.frictions.costs import Costs"),
        ("engine", "import hedgebook.strategies.trade.plan"),
        ("engine", "from engine.frictions.costs import Costs"),
        ("strategies", "def f():\n    from hedgebook.reports import html"),
        ("reports", "from hedgebook.front.trade import Run"),
        ("engine", "from hedgebook.engine.frictions.costs import Costs"),
        ("engine", "from ..universes import market"),
        ("engine", "import statsmodels.api"),
    ],
)
def test_the_rule_catches(folder: str, source: str) -> None:
    assert problems(folder, source, 1)


def test_kernels_know_nothing_of_pandas() -> None:
    for path in (ROOT / "engine" / "kernels").rglob("*.py"):
        roots = {module.split(".")[0] for _, module in imports(ast.parse(path.read_text()))}
        assert not roots & {"pandas", "hedgebook"}, path
