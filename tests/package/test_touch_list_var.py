"""A method of value at risk stands in two files: its own, and the list of methods."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
import pytest

from hedgebook.engine.risk.var import methods
from hedgebook.engine.risk.var.estimate import Question, RiskEstimate, VarSettings
from hedgebook.engine.risk.var.windows import VarMethod, read_afresh
from hedgebook.reports.risk.page import terminal_tables
from hedgebook.strategies.risk.report import risk_of
from hedgebook.strategies.risk.subject import subject_of_returns

ROOT = Path(__file__).resolve().parents[2]
LIST = "engine/risk/var/methods.py"
MOST_FILES = 2
# These names also say what is meant where nobody chooses, and which methods split a book's risk by position.
ALSO_ELSEWHERE = {"historical", "gaussian", "cornish_fisher"}
SOURCES = [
    p for folder in ("universes", "engine", "strategies", "reports") for p in sorted((ROOT / folder).rglob("*.py"))
]
SOURCES += sorted(p for part in ("front", "cli") for p in (ROOT / "src/hedgebook" / part).rglob("*.py"))


@cache
def said(source: str) -> tuple[frozenset[str], frozenset[str]]:
    """The texts and the names of a module, taken from it once for all methods."""
    nodes = list(ast.walk(ast.parse(source)))
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    return frozenset(texts), frozenset(names | {node.name for node in nodes if isinstance(node, ast.alias)})


def touched(method: str, label: str, record: str, sources: dict[str, str]) -> set[str]:
    """Files that know the method: by its name or label as a text, or by the name of its record."""
    known = set()
    for where, source in sources.items():
        texts, names = said(source)
        if texts & {method, label} or record in names:
            known.add(where)
    return known


def read() -> dict[str, str]:
    return {str(path.relative_to(ROOT)): path.read_text() for path in SOURCES}


def test_each_method_stands_in_its_own_file_and_in_the_list() -> None:
    sources = read()
    assert set(methods.METHODS) > ALSO_ELSEWHERE
    for name, method in methods.METHODS.items():
        if name not in ALSO_ELSEWHERE:
            files = touched(name, method.label, name.upper(), sources)
            own = method.answer.__module__.removeprefix("hedgebook.").replace(".", "/") + ".py"
            assert files == {LIST, own}
            assert len(files) <= MOST_FILES


def test_a_third_file_is_noticed() -> None:
    sources = {**read(), "reports/risk/tables.py": 'NAMES = {"ewma": "EWMA"}'}
    assert len(touched("ewma", "EWMA", "EWMA", sources)) > MOST_FILES


def test_the_names_and_the_records_are_the_same_methods() -> None:
    assert tuple(methods.METHODS) == methods.Method.__args__  # type: ignore[attr-defined]
    labels = [method.label for method in methods.METHODS.values()]
    assert len(set(labels)) == len(labels)


@pytest.fixture
def worst(monkeypatch: pytest.MonkeyPatch) -> Callable[[np.ndarray], float]:
    """A method of our own, in the list for the length of a test: the worst return that there was."""

    def answer(returns: np.ndarray, question: Question, _: VarSettings) -> RiskEstimate:
        return question.answer("worst", -returns.min(), -returns.min(), len(returns))

    def windows(table: np.ndarray, tails: Sequence[float], _: VarSettings) -> np.ndarray:
        return np.tile(-table.min(axis=1)[:, None, None], (1, len(tails), 2))

    record = VarMethod("The worst so far", answer, read_afresh(windows), reads_sample=True)
    monkeypatch.setitem(cast(dict[str, VarMethod], methods.METHODS), "worst", record)
    return lambda values: float(-values.min())


def test_a_method_in_the_list_is_in_every_table(worst: Callable[[np.ndarray], float]) -> None:
    values = np.random.default_rng(8).standard_t(4, 300) * 0.01
    series = pd.Series(values, index=pd.bdate_range("2024-01-01", periods=300))
    report = risk_of(subject_of_returns(series))
    rows = report.var[report.var["method"] == "worst"]
    assert rows["confidence"].tolist() == [0.95, 0.99]
    assert rows["var_frac"].tolist() == [worst(values)] * 2
    assert all("worst" in frame.index for frame in report.verdicts.values())
    window = report.verdict_window
    hits = sum(values[t] < values[t - window : t].min() for t in range(window, 300))
    assert report.verdicts[0.95].loc["worst", "hits"] == hits
    shown = [row[0] for table in terminal_tables(report) for row in table.rows]
    assert shown.count("The worst so far") == 3
