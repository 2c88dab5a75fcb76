"""The limits of a book, as a TOML file states them, and whether a book is within them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from hedgebook.errors import ParameterError, did_you_mean, together
from hedgebook.universes.checks import PATH, either, instance, takes
from hedgebook.universes.model import Value
from hedgebook.universes.refusal.problems import flaw
from hedgebook.universes.toml_file import find_file, name_of, read_toml, validate

# A figure this close to its bound, relative to it, is on it: sums of weights are rounded in their last digit.
EXACT = 1e-12
BOOK = "book"
Bound = Annotated[float, Field(ge=0, lt=1e6)]
UsdBound = Annotated[float, Field(ge=0, lt=1e15)]


class AtMost(Value):
    """The most that a figure may be, a fraction: `max` itself passes; `warn`: above it a word is said, None = none."""

    max: Bound
    warn: Bound | None = None
    reason: str = ""

    @model_validator(mode="after")
    def _in_order(self) -> AtMost:
        if self.warn is not None and self.warn > self.max:
            raise flaw("warn lies above max", at=("warn",), value=self.warn, remedy="Put it at or below max.")
        return self


class AtLeast(Value):
    """The least that a figure must be, a fraction: `min` itself passes; `warn`: below it a word is said."""

    min: Annotated[float, Field(gt=-1e6, lt=1e6)]
    warn: Annotated[float, Field(gt=-1e6, lt=1e6)] | None = None
    reason: str = ""

    @model_validator(mode="after")
    def _in_order(self) -> AtLeast:
        if self.warn is not None and self.warn < self.min:
            raise flaw("warn lies below min", at=("warn",), value=self.warn, remedy="Put it at or above min.")
        return self


class ByName(AtMost):
    """The same for each of several; by_name: bounds of some of them in place of `max`, to which no warn applies."""

    by_name: dict[str, Bound] = Field(default_factory=dict)


class OfBook(ByName):
    """The most that a greek of the whole book may be without its sign, USD; by_name: bounds of tickers and buckets,
    which `max` and `warn` are not of."""

    max: UsdBound
    warn: UsdBound | None = None
    by_name: dict[str, UsdBound] = Field(default_factory=dict)


class Limits(Value):
    """What a book must be within after a trade; a table that is left out limits nothing.

    name: of the file; gross, net: sums of absolute and of signed values over NAV, the latter without its sign;
    position: value of one ticker over NAV; bucket: absolute values of a bucket's tickers; factor_beta: of the book to
    a factor, without its sign; var, es: losses of one session over NAV at `confidence`; adv: an order over its
    ticker's average daily value; borrow: annual fee of a ticker held short; headroom: NAV less the maintenance
    requirement, over NAV; stress: loss of the worst scenario or replay over NAV; concentration: sum of squared shares
    of the gross value, 1 for a single name. Options count by their delta in sizes and betas, and are revalued in var,
    es and stress. Greeks of shares and options together, without their sign: delta_usd, value of as many shares;
    gamma_usd, by how much that grows where prices rise by 1 %; vega_usd, for one point of volatility; theta_usd_day, a
    calendar day.
    """

    name: str = "limits"
    confidence: Annotated[float, Field(ge=0.5, lt=1)] = 0.95
    gross: AtMost | None = None
    net: AtMost | None = None
    position: ByName | None = None
    bucket: ByName | None = None
    factor_beta: ByName | None = None
    var: AtMost | None = None
    es: AtMost | None = None
    adv: ByName | None = None
    borrow: ByName | None = None
    headroom: AtLeast | None = None
    stress: ByName | None = None
    concentration: AtMost | None = None
    delta_usd: OfBook | None = None
    gamma_usd: OfBook | None = None
    vega_usd: OfBook | None = None
    theta_usd_day: OfBook | None = None


KINDS = tuple(name for name in Limits.model_fields if name not in ("name", "confidence"))


# Of these a name without a figure is one that nothing is held or ordered of.
GREEK_KINDS = tuple(name for name in KINDS if name.startswith(("delta_", "gamma_", "vega_", "theta_")))
NOTHING_HELD = ("position", "bucket", "adv", "borrow", *GREEK_KINDS)


def check_names(limits: Limits, known: Mapping[str, Sequence[str]]) -> None:
    """Raise ParameterError for names under by_name that do not exist, all at once; known: the names by kind."""
    found = []
    for kind in KINDS:
        limit = getattr(limits, kind)
        for name in limit.by_name if isinstance(limit, ByName) else ():
            if name not in known[kind]:
                found.append(
                    ParameterError(
                        f"there is no {NOUNS[kind]} {name!r}",
                        where=f"{limits.name}: {kind}.by_name",
                        remedy=did_you_mean(name, known[kind]),
                    )
                )
    if found:
        raise together(found)


NOUNS = {
    "position": "ticker", "bucket": "bucket", "factor_beta": "factor", "adv": "ticker", "borrow": "ticker",
    "stress": "scenario or event", **dict.fromkeys(GREEK_KINDS, "ticker or bucket"),
}  # fmt: skip


@takes(name_or_path=either(PATH, instance(__name__, "Limits", "hb.Limits")))
def load_limits(name_or_path: str | Path | Limits) -> Limits:
    """The limits of a TOML file (`name_or_path`), or Limits, which are given back. Raises ParameterError."""
    if isinstance(name_or_path, Limits):
        return name_or_path
    path = find_file(name_or_path, {}, kind="limits", error=ParameterError)
    raw = read_toml(path, error=ParameterError)
    found = validate(Limits, {"name": name_of(path), **raw}, path=path, error=ParameterError)
    if not any(getattr(found, kind) is not None for kind in KINDS):
        raise ParameterError(
            "the file limits nothing", where=path.name, bound=f"tables {', '.join(KINDS)}",
            remedy="hedgebook new limits NAME writes one to start from.",
        )  # fmt: skip
    return found


class State(StrEnum):
    """What became of a limit; only the first two let a trade pass."""

    PASS = "PASS"
    WARN = "WARN"
    FAIL = "FAIL"
    NOT_EVALUATED = "NOT EVALUATED"


@dataclass(frozen=True)
class LimitResult:
    """One limit: its kind, of what, the figure (NaN = undefined), the bound, whether it is kept, and why not."""

    limit: str
    of: str
    value: float
    bound: float
    state: State
    reason: str = ""

    @property
    def kept(self) -> bool:
        """Whether the limit lets the trade pass."""
        return self.state in (State.PASS, State.WARN)


@dataclass(frozen=True)
class Measured:
    """The figures that limits look at, by kind and what they are of; reasons: why one is undefined, by kind and what.

    A kind without an entry has nothing that it applies to, as fees have none in a book without shorts.
    """

    figures: Mapping[str, Mapping[str, float]]
    reasons: Mapping[tuple[str, str], str]


def evaluate(limits: Limits, measured: Measured) -> tuple[LimitResult, ...]:
    """Every limit in the order of `Limits`: of one with several figures each that is broken or undefined, else the one
    nearest to its bound; each with a bound of its own alone. A figure that is exactly its bound passes."""
    found: list[LimitResult] = []
    for kind in KINDS:
        limit = getattr(limits, kind)
        if limit is None:
            continue
        figures = measured.figures.get(kind, {})
        own = limit.by_name if isinstance(limit, ByName) else {}
        common = {of: value for of, value in figures.items() if of == BOOK or not isinstance(limit, OfBook)}
        shared = [_one(kind, of, value, limit, None, measured) for of, value in common.items() if of not in own]
        broken = [one for one in shared if not one.kept]
        found += broken or _nearest(kind, limit, shared)
        absent = 0.0 if kind in NOTHING_HELD else math.nan
        for of, bound in own.items():
            found.append(_one(kind, of, figures.get(of, absent), limit, bound, measured))
    return tuple(found)


def _nearest(kind: str, limit: AtMost | AtLeast, kept: list[LimitResult]) -> list[LimitResult]:
    """The figure nearest to the bound that all share."""
    low = isinstance(limit, AtLeast)
    if not kept:
        bound = limit.min if isinstance(limit, AtLeast) else limit.max
        return [LimitResult(kind, "nothing", 0.0, bound, State.PASS, "there is nothing that it applies to")]
    return [(min if low else max)(kept, key=lambda one: one.value)]


def _one(
    kind: str, of: str, value: float, limit: AtMost | AtLeast, own: float | None, measured: Measured
) -> LimitResult:
    least = isinstance(limit, AtLeast)
    bound = own if own is not None else limit.min if isinstance(limit, AtLeast) else limit.max
    if math.isnan(value):
        reason = measured.reasons.get((kind, of)) or measured.reasons.get((kind, "")) or "the figure is undefined"
        return LimitResult(kind, of, value, bound, State.NOT_EVALUATED, reason)
    warn = limit.warn if own is None else None
    if _beyond(value, bound, least=least):
        return LimitResult(kind, of, value, bound, State.FAIL, "below its bound" if least else "above its bound")
    if warn is not None and _beyond(value, warn, least=least):
        return LimitResult(kind, of, value, bound, State.WARN, f"beyond its warning at {warn:g}")
    return LimitResult(kind, of, value, bound, State.PASS)


def _beyond(value: float, bound: float, *, least: bool) -> bool:
    """Whether a figure breaks a bound by more than the rounding of its last digits."""
    slack = EXACT * max(abs(bound), 1e-3)
    return value < bound - slack if least else value > bound + slack
