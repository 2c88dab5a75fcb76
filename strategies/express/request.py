"""What is asked of a comparison of expressions, with bounds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args

import numpy as np

from hedgebook.errors import ParameterError, did_you_mean
from hedgebook.universes.checks import NAMES, Kind, check_fields, either, maybe, number, one_of, whole
from hedgebook.universes.names import listed_once

from .structures import BY_NAME, PLAIN, STRUCTURES

Equal = Literal["delta", "premium", "var"]
SWEPT: dict[str, tuple[float, float]] = {"delta": (0.02, 0.90), "days": (1, 730), "width": (0.01, 0.60)}
# What a contract costs to trade where nothing else is asked for.
COMMISSION_USD = 0.65
# Sets over all expressions; so many take half a minute and 1 GB.
MOST_SETS = 200_000
SWEEP = either(
    Kind("as in delta=0.15:0.5:0.05,days=20:90:10", lambda value: isinstance(value, str)),
    Kind("a mapping of names to values", lambda value: isinstance(value, Mapping)),
)
ASKED = {
    "equal": one_of(*get_args(Equal)),
    "delta": number(*SWEPT["delta"]),
    "wing_delta": number(*SWEPT["delta"]),
    "days": whole(1, 730),
    "width_frac": number(*SWEPT["width"]),
    "gap_frac": number(0.01, 0.90),
    "vol_fall_frac": number(0.0, 0.90),
    "confidence": number(0.5, 0.995),
    "lookback": whole(60, 2520),
    "commission_usd": maybe(number(0.0, 100.0)),
    "only": NAMES,
    "sweep": SWEEP,
    "seed": whole(0, 2**62),
}


@dataclass(frozen=True)
class ExpressAsked:
    """What is asked of a comparison of expressions.

    equal: in what they are made equal to the leg in shares: delta, premium (that of the long option at equal delta), or
    var; delta: of bought options, without sign; wing_delta: of options that are sold against them; days: calendar days
    from the entry to expiry; width_frac: distance of the strikes of a spread, a fraction of the first; gap_frac: how
    far prices gap against the trade overnight; vol_fall_frac: how much of its volatility an option loses where the
    event does nothing; confidence: of VaR over one session; lookback: sessions behind it; commission_usd: a contract,
    None = COMMISSION_USD, or nothing where trading costs nothing: one that is asked for is paid under any costs;
    only: structures that are compared, empty = all, those in shares stay; sweep: values of delta, days and width that
    are tried, "delta=0.15:0.5:0.05,days=20:90:10" or a mapping, {} = none; seed: of the luck statistics' draws.
    """

    equal: str = "delta"
    delta: float = 0.40
    wing_delta: float = 0.25
    days: int = 60
    width_frac: float = 0.15
    gap_frac: float = 0.20
    vol_fall_frac: float = 0.10
    confidence: float = 0.95
    lookback: int = 250
    commission_usd: float | None = None
    only: tuple[str, ...] = ()
    sweep: Any = field(default_factory=dict)
    seed: int = 0

    def __post_init__(self) -> None:
        check_fields(self, ASKED)
        object.__setattr__(self, "only", listed_once(self.only))
        for name in self.only:
            if name not in BY_NAME:
                raise ParameterError(
                    "there is no such expression", where="only", value=name, bound=", ".join(BY_NAME),
                    remedy=did_you_mean(name, tuple(BY_NAME)),
                )  # fmt: skip
        object.__setattr__(self, "sweep", parse_sweep(self.sweep))
        if self.sets > MOST_SETS:
            raise ParameterError(
                "these are too many sets over all expressions", where="sweep", value=f"{self.sets:,}",
                bound=f"{MOST_SETS:,}", remedy="Give fewer values, or compare fewer expressions (only).",
            )  # fmt: skip

    @classmethod
    def of(cls, **asked: Any) -> ExpressAsked:
        """The same of fields by name (`asked`). Raises ParameterError, with the closest, for one that there is not."""
        known = [one.name for one in fields(cls)]
        for name in asked:
            if name not in known:
                raise ParameterError("an expression has no such argument", where=name, remedy=did_you_mean(name, known))
        return cls(**asked)

    @property
    def names(self) -> tuple[str, ...]:
        """The structures that are compared, in their order; those in shares are always among them."""
        kept = {*self.only, *PLAIN.values()}
        return tuple(one.name for one in STRUCTURES if not self.only or one.name in kept)

    @property
    def sets(self) -> int:
        """How many sets the sweep has at most, over all structures that are compared; 0 without one."""
        if not self.sweep:
            return 0
        lengths = {name: len(values) for name, values in self.sweep.items()}
        swept = [BY_NAME[name].sized_by for name in self.names if BY_NAME[name].options]
        return sum(math.prod(lengths.get(axis, 1) for axis in axes) for axes in swept)

    @property
    def contract_fee_usd(self) -> float:
        """What a contract pays the broker."""
        return COMMISSION_USD if self.commission_usd is None else self.commission_usd

    def parameters(self) -> dict[str, Any]:
        """Every parameter by name, JSON-ready."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        return {**found, "only": list(self.only), "sweep": {name: list(v) for name, v in self.sweep.items()}}


def parse_sweep(given: str | Mapping[str, Any]) -> dict[str, tuple[float, ...]]:
    """Values by name of what is swept. Raises ParameterError for what is no value, out of bounds, or named twice."""
    parts: list[tuple[str, Any]] = []
    if isinstance(given, str):
        if not given.strip(", "):
            raise ParameterError(
                "nothing is named to sweep", where="sweep", value=given, bound="as in delta=0.15:0.5:0.05",
                remedy="Name delta, days or width, or leave the sweep out.",
            )  # fmt: skip
        for text in (part.strip() for part in given.split(",") if part.strip()):
            name, equals, values = (piece.strip() for piece in text.partition("="))
            if not equals:
                if not parts:
                    raise _no_sweep(text)
                # delta=0.2,0.3: a value more of the name before.
                parts[-1][1].append(text)
                continue
            parts.append((name, [values]))
    else:
        parts = [(str(name), values) for name, values in given.items()]
    found: dict[str, tuple[float, ...]] = {}
    for name, values in parts:
        if name not in SWEPT:
            raise ParameterError(
                "this cannot be swept", where="sweep", value=name, bound=", ".join(SWEPT),
                remedy=did_you_mean(name, tuple(SWEPT)),
            )  # fmt: skip
        if name in found:
            raise ParameterError("this is swept twice", where="sweep", value=name)
        found[name] = _bounded(name, values)
    return found


def _bounded(name: str, given: Any) -> tuple[float, ...]:
    listed = list(given) if isinstance(given, Sequence | np.ndarray | range) and not isinstance(given, str) else [given]
    values = sorted({value for one in listed for value in _values(name, one)})
    low, high = SWEPT[name]
    for value in values:
        if not low <= value <= high:
            raise ParameterError(
                "out of bounds", where=f"sweep, {name}", value=value, bound=f"{low:g} to {high:g}",
                remedy=_as_fraction(name, listed, value),
            )  # fmt: skip
        if name == "days" and value != int(value):
            raise ParameterError("days are whole", where="sweep, days", value=value)
    if not values:
        raise _no_sweep(f"{name}=")
    return tuple(values)


def _as_fraction(name: str, listed: Sequence[Any], value: float) -> str | None:
    """How what was written in hundredths is written as a fraction; None where that is not what is wrong."""
    low, high = SWEPT[name]
    if name == "days" or not low <= value / 100.0 <= high:
        return None
    parts = [[f"{float(piece) / 100.0:g}" for piece in str(one).split(":")] for one in listed]
    said = "20d is 0.20" if name == "delta" else "15% is 0.15"
    return f"{said}: write {name}={','.join(':'.join(pieces) for pieces in parts)}."


def _values(name: str, one: Any) -> list[float]:
    """One value, or all of FIRST:LAST:STEP, both ends among them where steps meet them."""
    try:
        if not isinstance(one, str):
            return [round(float(one), 10)]
        pieces = [float(piece) for piece in one.split(":")]
    except (TypeError, ValueError):
        raise _no_sweep(f"{name}={one}") from None
    if len(pieces) == 1:
        return [round(pieces[0], 10)]
    if len(pieces) != 3 or not np.isfinite(pieces).all() or not pieces[2] > 0.0:
        raise _no_sweep(f"{name}={one}")
    first, last, step = pieces
    if last < first:
        raise ParameterError(
            f"the first value, {first:g}, is above the last, {last:g}", where=f"sweep, {name}", value=one,
            bound="NAME=FIRST:LAST:STEP", remedy=f"Write {name}={last:g}:{first:g}:{step:g}.",
        )  # fmt: skip
    count = int((last - first) / step + 1e-9) + 1
    if count > MOST_SETS:
        raise ParameterError("these are too many values", where=f"sweep, {name}", value=count, bound=f"{MOST_SETS:,}")
    return [round(first + k * step, 10) for k in range(count)]


def _no_sweep(text: str) -> ParameterError:
    return ParameterError(
        "this is not what a sweep can read", where="sweep", value=text,
        bound="NAME=FIRST:LAST:STEP or NAME=VALUE, commas between, as in delta=0.15:0.5:0.05,days=20:90:10",
    )  # fmt: skip
