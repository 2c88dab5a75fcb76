"""Imports go one way: universes <- engine <- strategies <- reports <- front door."""

from __future__ import annotations

import ast
from functools import cache
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
    "arch", "clarabel", "cvxpy", "dask", "distributed", "duckdb", "empyrical", "exchange_calendars", "matplotlib",
    "optuna", "plotly", "psycopg", "pyarrow", "scipy", "skfolio", "sklearn", "sqlalchemy", "statsmodels", "vectorbt",
    "yfinance",
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


def module_name(path: Path) -> str:
    """The absolute name of a module of the source."""
    relative = path.relative_to(ROOT)
    parts = relative.parts[1:] if relative.parts[0] == "src" else ("hedgebook", *relative.parts)
    name = ".".join((*parts[:-1], path.stem))
    return name.removesuffix(".__init__")


MODULES = {module_name(path): path for path in (*SOURCES, *sorted((ROOT / "src" / "hedgebook").glob("*.py")))} | {
    module_name(path): path
    for part in ("front", "cli")
    for path in sorted((ROOT / "src/hedgebook" / part).rglob("*.py"))
}


@cache
def needs(name: str, *, late: bool) -> frozenset[str]:
    """Modules of the source that a module imports; late: those within functions too. Types alone do not count."""
    path = MODULES[name]
    package = name if path.stem == "__init__" else name.rpartition(".")[0]
    found: set[str] = set()
    waiting: list[ast.AST] = list(ast.parse(path.read_text()).body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not late:
            continue
        if isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            target = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                found |= {n for n in (f"{target}.{alias.name}", target) if n in MODULES and n != name} - (
                    {target} if f"{target}.{alias.name}" in MODULES else set()
                )
        waiting += ast.iter_child_nodes(node)
    return frozenset(found)


def circle_in(graph: dict[str, set[str]]) -> list[str]:
    """Modules that need each other, in order of the way round; empty where there are none."""
    done: set[str] = set()

    def walk(name: str, way: list[str]) -> list[str]:
        if name in way:
            return [*way[way.index(name) :], name]
        if name in done:
            return []
        for other in sorted(graph[name]):
            if found := walk(other, [*way, name]):
                return found
        done.add(name)
        return []

    return next((found for name in sorted(graph) if (found := walk(name, []))), [])


# A backtest is given as a vectorbt portfolio by a method of its own, which imports what makes one when it is called.
LATE = ("hedgebook.engine.backtest.result", "hedgebook.engine.verify.vectorbt")
# And a run is asked for its risk by a method of its own, while risk is asked of runs.
ASKED = (("hedgebook.front.run", "hedgebook.front.risk"), ("hedgebook.front.loaded", "hedgebook.front.risk"))


def test_no_modules_need_each_other() -> None:
    graph = {name: set(needs(name, late=True)) for name in MODULES}
    for name, other in (LATE, *ASKED):
        assert graph[name] >= {other}
        graph[name] -= {other}
    assert circle_in(graph) == []


def test_a_circle_is_found() -> None:
    assert circle_in({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert circle_in({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


# Each room of the engine may use those before it: numbers first, then what is paid and allowed, then what is measured
# of one series, then one portfolio through time, then what is estimated from and asked of it, then many of them.
ROOMS = (
    "arrays", "blank", "equal", "locks", "one_thread", "parallel", "peers", "kernels", "frictions", "account",
    "rules", "risk", "recorded", "actions", "exchanges", "backtest", "live", "exposure", "options", "hedging",
    "option_ledger", "event_study", "stress", "sweep", "finder", "refute", "tearsheet", "verify",
)  # fmt: skip


def test_the_rooms_of_the_engine_have_an_order() -> None:
    for name in MODULES:
        if name.startswith("hedgebook.engine."):
            room = name.split(".")[2]
            used = {other.split(".")[2] for other in needs(name, late=True) if other.startswith("hedgebook.engine.")}
            later = {other for other in used if ROOMS.index(other) > ROOMS.index(room)}
            assert later <= ({"verify"} if name == LATE[0] else set()), name


def test_kernels_are_called_by_the_engine_alone() -> None:
    for name in MODULES:
        if not name.startswith("hedgebook.engine."):
            wanted = {other for other in needs(name, late=True) if other.startswith("hedgebook.engine.kernels")}
            assert not wanted, name


def test_no_folder_is_a_corridor() -> None:
    folders = {path.parent for path in MODULES.values()}
    crowded = {f: n for f in folders if (n := len([p for p in f.glob("*.py") if p.stem != "__init__"])) > 16}
    assert not crowded
