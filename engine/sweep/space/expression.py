"""Conditions over parameters, such as `delay + hold <= 21`, read as a whitelist of operations and never executed."""

from __future__ import annotations

import ast
import operator
import re
import warnings
from collections.abc import Callable, Mapping
from functools import lru_cache, reduce
from typing import Any, NoReturn

import numpy as np

from hedgebook.errors import ParameterError, did_you_mean
from hedgebook.universes.meant_number import meant_number

from .operands import Flag, Number, Operand, Text, absent, both_absent, operand_of_value
from .values import plain_value

LONGEST = 2_000
# 8% where no remainder is taken, and 1,000,000 where no list of numbers stands.
_SIGNED = re.compile(
    r"(?<![\w.])\d+(\.\d+)?\s*%(?=\s*($|\)|and\b|or\b|[<>=!]))|(?<![\w.,(])[1-9]\d{0,2}(,\d{3})+(?![\w.,)])", re.ASCII
)
BOUND = "comparisons, + - * / // % **, and, or, not, in, parentheses, min, max and abs over parameters"
WORDS = {"none": None, "true": True, "false": False}
_ARITHMETIC: dict[type[ast.operator], Any] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.FloorDiv: np.floor_divide,
    ast.Mod: np.mod,
    ast.Pow: np.power,
}
_ORDER: dict[type[ast.cmpop], Any] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_FUNCTIONS: dict[str, Any] = {"min": np.minimum, "max": np.maximum, "abs": np.abs}


@lru_cache(maxsize=256)
def parsed(text: str) -> ast.expr:
    """The condition as a tree. Raises ParameterError when it is not one expression."""
    if len(text) > LONGEST:
        raise ParameterError("the constraint is too long", where=text[:60], bound=f"{LONGEST:,} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ParameterError(
            "this constraint cannot be read",
            where="constraint",
            value=text,
            bound=BOUND,
            remedy=_meant(text) or "Compare by ==, and put names such as 'dollar' in quotes",
        ) from None


def _meant(text: str) -> str | None:
    """The condition with its percent signs and thousands separators written as plain numbers, where it has any."""
    plain = _SIGNED.sub(lambda found: meant_number(found[0]) or found[0], text)
    return f"Did you mean {plain!r}?" if plain != text else None


def names_in(text: str) -> tuple[str, ...]:
    """The names that a condition uses, in the order of their first use. Raises ParameterError."""
    tree = parsed(text)
    functions = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in functions]
    found.sort(key=lambda node: (node.lineno, node.col_offset))
    return tuple(dict.fromkeys(node.id for node in found))


def evaluate(text: str, operands: Mapping[str, Operand], count: int) -> Any:
    """(count,) bool: where the condition holds.

    operands: what each name stands for. Numbers are float64. None, and whatever is calculated from it or has no
    finite value, is below, above and equal to nothing, and differs from everything else. Raises ParameterError for
    what is not on the whitelist, for names that are unknown, and for kinds that cannot be compared.
    """
    try:
        with np.errstate(all="ignore"):
            found = _Evaluation(text, operands, count).of(parsed(text))
    except RecursionError:
        raise ParameterError("the constraint is nested too deeply", where="constraint", value=text) from None
    if not isinstance(found, Flag):
        raise ParameterError(
            "a constraint must be true or false", where="constraint", value=text, remedy="Compare it with something"
        )
    return np.broadcast_to(found.data, (count,))


class _Evaluation:
    """One pass over the tree of a condition."""

    def __init__(self, text: str, operands: Mapping[str, Operand], count: int) -> None:
        self.text, self.operands, self.count = text, operands, count

    def fail(self, what: str, *, bound: str | None = None, remedy: str | None = None) -> NoReturn:
        raise ParameterError(what, where="constraint", value=self.text, bound=bound, remedy=remedy)

    def of(self, node: ast.expr) -> Operand:
        handlers: dict[type[ast.expr], Callable[[Any], Operand]] = {
            ast.Constant: self._constant,
            ast.Name: self._name,
            ast.BoolOp: self._logic,
            ast.UnaryOp: self._unary,
            ast.BinOp: self._arithmetic,
            ast.Compare: self._comparison,
            ast.Call: self._call,
        }
        handler = handlers.get(type(node))
        if handler is None:
            part = ast.get_source_segment(self.text.strip(), node) or type(node).__name__
            self.fail(f"{part!r} is nothing that a constraint may have", bound=BOUND, remedy=_meant(self.text))
        return handler(node)

    def _constant(self, node: ast.Constant) -> Operand:
        value = node.value
        if value is not None and not isinstance(value, bool | int | float | str):
            self.fail(f"{value!r} is nothing that a constraint may have", bound=BOUND)
        if isinstance(value, int) and abs(value) > 2**53:
            self.fail("a number is too large", bound="whole numbers up to 2^53")
        return operand_of_value(plain_value("constraint", value))

    def _name(self, node: ast.Name) -> Operand:
        if node.id in self.operands:
            return self.operands[node.id]
        if node.id.lower() in WORDS:
            return operand_of_value(WORDS[node.id.lower()])
        return self.fail(f"there is no parameter {node.id!r}", remedy=did_you_mean(node.id, self.operands))

    def _flag(self, node: ast.expr) -> Any:
        found = self.of(node)
        if not isinstance(found, Flag):
            part = ast.get_source_segment(self.text.strip(), node) or ""
            self.fail(f"{part!r} is not true or false", remedy="Compare it with something")
        return found.data

    def _number(self, node: ast.expr) -> Number:
        found = self.of(node)
        if not isinstance(found, Number):
            part = ast.get_source_segment(self.text.strip(), node) or ""
            self.fail(f"{part!r} is not a number")
        return found

    def _logic(self, node: ast.BoolOp) -> Operand:
        join = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
        return Flag(reduce(join, [self._flag(part) for part in node.values]))

    def _unary(self, node: ast.UnaryOp) -> Operand:
        if isinstance(node.op, ast.Not):
            return Flag(np.logical_not(self._flag(node.operand)))
        if isinstance(node.op, ast.Invert):
            self.fail("~ is nothing that a constraint may have", bound=BOUND, remedy="Write not")
        number = self._number(node.operand)
        return number if isinstance(node.op, ast.UAdd) else Number(np.negative(number.data))

    def _arithmetic(self, node: ast.BinOp) -> Operand:
        action = _ARITHMETIC.get(type(node.op))
        if action is None:
            self.fail(f"{type(node.op).__name__} is nothing that a constraint may have", bound=BOUND)
        data = action(self._number(node.left).data, self._number(node.right).data)
        # A division by 0 has no value; NaN stands for None everywhere here.
        return Number(np.where(np.isfinite(data), data, np.nan))

    def _call(self, node: ast.Call) -> Operand:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in _FUNCTIONS:
            self.fail(f"there is no function {name!r}", bound=BOUND, remedy=did_you_mean(name, _FUNCTIONS))
        if node.keywords or any(isinstance(part, ast.Starred) for part in node.args):
            self.fail(f"{name} takes numbers and nothing else")
        if not node.args or (name == "abs") != (len(node.args) == 1):
            self.fail(f"{name} takes {'one number' if name == 'abs' else 'two numbers or more'}")
        numbers = [self._number(part).data for part in node.args]
        return Number(np.abs(numbers[0]) if name == "abs" else reduce(_FUNCTIONS[name], numbers))

    def _comparison(self, node: ast.Compare) -> Operand:
        found: Any = True
        left = node.left
        for action, right in zip(node.ops, node.comparators, strict=True):
            found = np.logical_and(found, self._pair(left, action, right))
            left = right
        return Flag(found)

    def _pair(self, left: ast.expr, action: ast.cmpop, right: ast.expr) -> Any:
        if isinstance(action, ast.In | ast.NotIn):
            inside = self._inside(left, right)
            return np.logical_not(inside) if isinstance(action, ast.NotIn) else inside
        if type(action) in _ORDER:
            return self._ordered(self.of(left), self.of(right), _ORDER[type(action)])
        same = self._same(self.of(left), self.of(right))
        return np.logical_not(same) if isinstance(action, ast.NotEq | ast.IsNot) else same

    def _ordered(self, left: Operand, right: Operand, action: Any) -> Any:
        if left.only_none or right.only_none:
            return np.False_
        if not (isinstance(left, Number) and isinstance(right, Number)):
            self.fail("only numbers have an order", bound="== and != for names, true and false")
        return action(left.data, right.data)

    def _same(self, left: Operand, right: Operand) -> Any:
        if left.only_none or right.only_none:
            return absent(right if left.only_none else left)
        if isinstance(left, Number) and isinstance(right, Number):
            return np.equal(left.data, right.data) | both_absent(left, right)
        if isinstance(left, Text) and isinstance(right, Text):
            return left.same_as(right)
        if isinstance(left, Flag) and isinstance(right, Flag):
            return (np.equal(left.data, right.data) & ~absent(left) & ~absent(right)) | both_absent(left, right)
        remedy = "Names are in quotes, numbers are not"
        return self.fail(f"{left.said} and {right.said} can never be equal", remedy=remedy)

    def _inside(self, left: ast.expr, right: ast.expr) -> Any:
        found = self.of(left)
        if isinstance(right, ast.Tuple | ast.List | ast.Set):
            return reduce(np.logical_or, [self._same(found, self.of(part)) for part in right.elts], np.False_)
        names = self.of(right)
        if isinstance(found, Text) and isinstance(names, Text):
            return found.part_of(names)
        return self.fail("in takes a list, or a name and a basket", bound="hold in (5, 10), or 'miner' in short")
