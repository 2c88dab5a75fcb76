"""Figures that follow from others, as formulas: one text gives both the formula and the number that it must come to."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd

from ..grid import Grid
from ..text import all_plain
from ..values import NAME, VALUE

RELATIVE, ABSOLUTE = 1e-9, 1e-12
# What a table has at most for its rows to be formulas: beyond, a workbook takes long to open.
MOST_ROWS, MOST_RANGES = 20_000, 200
OPERATORS: dict[type[ast.operator], tuple[Callable[[Any, Any], Any], str]] = {
    ast.Add: (operator.add, "+"),
    ast.Sub: (operator.sub, "-"),
    ast.Mult: (operator.mul, "*"),
    ast.Div: (operator.truediv, "/"),
    ast.Pow: (operator.pow, "^"),
}
# Of a column of numbers: the function of Excel, that over rows that are picked by keys if there is one, and its answer.
OVER: dict[str, tuple[str, str, Callable[[Any], float]]] = {
    "sum": ("SUM", "SUMIFS", lambda x: math.fsum(x)),
    "mean": ("AVERAGE", "AVERAGEIFS", lambda x: float(x.mean()) if len(x) else math.nan),
    "stdev": ("STDEV", "", lambda x: float(x.std(ddof=1)) if len(x) > 1 else math.nan),
    "count": ("COUNT", "", lambda x: float(len(x))),
    "lowest": ("MIN", "", lambda x: float(x.min()) if len(x) else math.nan),
    "highest": ("MAX", "", lambda x: float(x.max()) if len(x) else math.nan),
    "above_zero": ('COUNTIF({},">0")', "", lambda x: float((x > 0.0).sum())),
    "last": ("", "", lambda x: float(x[-1]) if len(x) else math.nan),
}
Numbers = Any
Text = Callable[[int], str]
Term = tuple[Numbers, Text]


@dataclass(eq=False)
class Sheet:
    """A table of unrounded figures and its sheet, which is not written yet.

    formulas: by heading and row, what stands there in place of a value.
    """

    name: str
    frame: pd.DataFrame
    grid: Grid
    formulas: dict[str, dict[int, str]] = field(default_factory=dict)

    @property
    def is_list(self) -> bool:
        """Whether its rows are figures by name."""
        return list(self.frame.columns) == [NAME, VALUE]

    def put(self, column: str, row: int, text: str) -> None:
        """Let a cell hold a formula, if none stands there."""
        self.formulas.setdefault(column, {}).setdefault(row, text)

    def formula(self, column: str) -> Callable[[int], str] | None:
        """The formulas of a column by row, None where it has none."""
        found = self.formulas.get(column)
        return None if not found else lambda k: found.get(k, "")


@dataclass(frozen=True, eq=False)
class Live:
    """The tables of a workbook by name, and numbers by name with the cell that holds each."""

    sheets: Mapping[str, Sheet]
    constants: Mapping[str, tuple[float, str]] = field(default_factory=dict)

    def get(self, name: str) -> Sheet | None:
        """The table of a name, in which spaces may be written as _."""
        return self.sheets.get(name) or next((s for n, s in self.sheets.items() if plain_name(n) == name), None)

    def rule(self, table: str, target: str, expression: str) -> int:
        """Let a column, or a row of a list, follow from others wherever that gives what stands there; how many do."""
        sheet = self.get(table)
        if sheet is None or len(sheet.frame) > MOST_ROWS:
            return 0
        node = ast.parse(expression, mode="eval").body
        if sheet.is_list:
            rows = [k for k, name in enumerate(sheet.frame[NAME]) if plain_name(str(name)) == target]
            column = VALUE
        else:
            rows, column = list(range(len(sheet.frame))), target
        if not rows or column not in sheet.frame.columns:
            return 0
        try:
            values, text = _Reader(self, sheet).term(node)
        except KeyError:
            return 0
        there = numbers(sheet.frame[column])
        given = np.broadcast_to(np.asarray(values, dtype=np.float64), (len(sheet.frame),))
        count = 0
        for k in rows:
            if near(there[k], given[k]):
                sheet.put(column, k, text(k))
                count += 1
        return count

    def total(self, table: str, target: str) -> None:
        """Let a column be the sum of the ones left of it, from the first with which that holds in every row."""
        sheet = self.get(table)
        if sheet is None or sheet.is_list or target not in sheet.frame.columns or not len(sheet.frame.columns) > 1:
            return
        heads = list(sheet.frame.columns)
        last, there = heads.index(target), numbers(sheet.frame[target])
        for first in range(last - 2, -1, -1):
            parts = np.array([numbers(sheet.frame[head]) for head in heads[first:last]])
            known = np.isfinite(there)
            # An empty cell adds nothing.
            if known.any() and np.allclose(np.nansum(parts, axis=0)[known], there[known], rtol=RELATIVE, atol=ABSOLUTE):
                here = sheet.grid.here
                for k in np.flatnonzero(known).tolist():
                    sheet.put(target, k, f"SUM({here(heads[first], k)}:{here(heads[last - 1], k)})")
                return

    def link(self, table: str, other: str, key: str) -> None:
        """Let the figures of a table that stand in another one too be what stands there, by rows of the same key."""
        sheet, origin = self.get(table), self.get(other)
        if sheet is None or origin is None or key not in sheet.frame.columns or key not in origin.frame.columns:
            return
        places = {value: k for k, value in enumerate(origin.frame[key].tolist())}
        for head in sheet.frame.columns:
            if head == key or head not in origin.frame.columns:
                continue
            mine, theirs = numbers(sheet.frame[head]), numbers(origin.frame[head])
            for k, value in enumerate(sheet.frame[key].tolist()):
                row = places.get(value)
                if row is not None and mine[k] == theirs[row]:
                    sheet.put(head, k, origin.grid.cell(head, row))


class _Reader:
    """Reads an expression of a table: names are its columns, or the rows of a list, table.column those of others."""

    def __init__(self, live: Live, sheet: Sheet) -> None:
        self.live, self.sheet = live, sheet

    def term(self, node: ast.expr) -> Term:
        """The numbers of an expression by row, and what it is in a formula. Raises KeyError for what is not there."""
        if isinstance(node, ast.Constant):
            return node.value, lambda _k: f"{node.value!r}"
        if isinstance(node, ast.Name):
            return self._name(node.id)
        if isinstance(node, ast.UnaryOp):
            values, text = self.term(node.operand)
            return -values, lambda k: f"(-{text(k)})"
        if isinstance(node, ast.BinOp):
            (left, left_text), (right, right_text) = self.term(node.left), self.term(node.right)
            made, sign = OPERATORS[type(node.op)]
            with np.errstate(all="ignore"):
                values = made(np.asarray(left, dtype=np.float64), np.asarray(right, dtype=np.float64))
            return values, lambda k: f"({left_text(k)}{sign}{right_text(k)})"
        assert isinstance(node, ast.Call)
        assert isinstance(node.func, ast.Name)
        return self._call(node.func.id, node)

    def _name(self, name: str) -> Term:
        sheet = self.sheet
        if not sheet.is_list and name in sheet.frame.columns:
            return numbers(sheet.frame[name]), lambda k: sheet.grid.here(name, k)
        if sheet.is_list:
            rows = [row for row, label in enumerate(sheet.frame[NAME]) if plain_name(str(label)) == name]
            if rows:
                return _number(sheet.frame[VALUE].iloc[rows[0]]), lambda _k: sheet.grid.here(VALUE, rows[0])
        value, text = self.live.constants[name]
        return value, lambda _k: text

    def _call(self, name: str, node: ast.Call) -> Term:
        if name in OVER:
            return self._over(name, node)
        if name == "running":
            return self._running(node)
        given = [self.term(one) for one in node.args]
        values, texts = [one[0] for one in given], [one[1] for one in given]
        return _curve(name, values), lambda k: CURVES[name].format(*(text(k) for text in texts))

    def _column(self, node: ast.expr) -> tuple[Sheet, str]:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            # A name that Python keeps for itself is written with _ behind it.
            sheet, column = self.live.get(node.value.id), node.attr.rstrip("_")
            if sheet is None or column not in sheet.frame.columns:
                raise KeyError(column)
            return sheet, column
        assert isinstance(node, ast.Name)
        if self.sheet.is_list or node.id not in self.sheet.frame.columns:
            raise KeyError(node.id)
        return self.sheet, node.id

    def _over(self, name: str, node: ast.Call) -> Term:
        plain, picked, answer = OVER[name]
        sheet, column = self._column(node.args[0])
        values = numbers(sheet.frame[column])
        if not node.keywords:
            known = values[np.isfinite(values)]
            span = sheet.grid.span(column)
            text = sheet.grid.cell(column, len(values) - 1) if not plain else f"{plain}({span})"
            text = plain.format(span) if "{" in plain else text
            return answer(known), lambda _k: text
        keys = [(str(one.arg), self._key(one.value)) for one in node.keywords]
        for key, _ in keys:
            if key not in sheet.frame.columns:
                raise KeyError(key)
        masks = [_masked(sheet, keys, k) for k in range(len(self.sheet.frame))]
        found = [answer(values[mask & np.isfinite(values)]) for mask in masks]
        if picked and all(told_apart(sheet.frame[key]) for key, _ in keys):
            span = sheet.grid.span(column)
            pairs = [(sheet.grid.span(key), text) for key, (_, text) in keys]
            return np.array(found), lambda k: f"{picked}({span},{','.join(f'{s},{text(k)}' for s, text in pairs)})"
        return np.array(found), lambda k: _ranges(plain, sheet, column, masks[k])

    def _key(self, node: ast.expr) -> tuple[list[Any], Text]:
        """What picks rows: a text, or what stands in a column of this table."""
        if isinstance(node, ast.Constant):
            text = str(node.value)
            return [text] * len(self.sheet.frame), lambda _k: f'"{text}"'
        sheet, column = self._column(node)
        values = sheet.frame[column].tolist()
        # An empty cell as a condition would be read as zero.
        return values, lambda k: '"="' if empty(values[k]) else sheet.grid.here(column, k)

    def _running(self, node: ast.Call) -> Term:
        (sheet, column), (_, key) = self._column(node.args[0]), self._column(node.args[1])
        groups = sheet.frame[key].tolist()
        sums = pd.Series(numbers(sheet.frame[column])).groupby(groups, sort=False).cumsum().to_numpy()
        firsts = {group: k for k, group in reversed(list(enumerate(groups)))}
        here = sheet.grid.here
        return sums, lambda k: f"SUM({here(column, firsts[groups[k]])}:{here(column, k)})"


CURVES = {
    "root": "SQRT({0})",
    "student_p": "TDIST(ABS({0}),{1},2)",
    "normal_p": "(2*(1-NORMSDIST(ABS({0}))))",
    "student_at": "TINV({0},{1})",
}


def _curve(name: str, values: list[Any]) -> Numbers:
    from scipy import stats

    with np.errstate(all="ignore"):
        if name == "root":
            return np.sqrt(values[0])
        if name == "student_p":
            return 2.0 * stats.t.sf(np.abs(values[0]), values[1])
        if name == "normal_p":
            return 2.0 * stats.norm.sf(np.abs(values[0]))
        return stats.t.isf(np.asarray(values[0]) / 2.0, values[1])


def numbers(column: Iterable[Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The numbers of a column, NaN for everything else."""
    return np.array([_number(value) for value in column], dtype=np.float64)


def _number(value: Any) -> float:
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
        return math.nan
    return float(value) if math.isfinite(value) else math.nan


def near(one: float, other: float) -> bool:
    """Whether two numbers are one and the same but for rounding."""
    return math.isclose(one, other, rel_tol=RELATIVE, abs_tol=ABSOLUTE)


def plain_name(name: str) -> str:
    """A name as an expression writes it."""
    return "".join(letter if letter.isalnum() else "_" for letter in name)


def empty(value: Any) -> bool:
    """Whether nothing stands there."""
    return value is None or value is pd.NaT or value is pd.NA or value != value


def same(value: Any, wanted: Any) -> bool:
    """Whether a value is the one that is wanted, nothing being the same as nothing."""
    return empty(value) if empty(wanted) else not empty(value) and bool(value == wanted)


def told_apart(column: pd.Series[Any]) -> bool:
    """Whether conditions of Excel tell the values of a column apart."""
    known = [value for value in column if not empty(value)]
    if all(isinstance(value, str) for value in known):
        return all_plain(sorted(set(known)))
    return all(not isinstance(value, (str, bool, np.bool_)) and math.isfinite(_number(value)) for value in known)


def _masked(sheet: Sheet, keys: list[tuple[str, tuple[list[Any], Text]]], row: int) -> np.ndarray[Any, Any]:
    tests = []
    for key, (values, _) in keys:
        wanted, column = values[row], sheet.frame[key]
        tests.append(np.array([same(one, wanted) for one in column], dtype=bool))
    return reduce(np.logical_and, tests)


def _ranges(plain: str, sheet: Sheet, column: str, mask: np.ndarray[Any, Any]) -> str:
    """A function over the rows of a mask, neighbours as one range."""
    rows = np.flatnonzero(mask)
    blocks = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)
    spans = [sheet.grid.span(column, int(block[0]), int(block[-1]) + 1) for block in blocks if len(block)]
    if len(spans) > MOST_RANGES:
        raise KeyError(column)
    return f"{plain}({','.join(spans)})"
