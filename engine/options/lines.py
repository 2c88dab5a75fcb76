"""Positions in shares and options as arrays, and what they are worth at any prices on any day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.errors import ParameterError

from ..arrays import Flags, Floats
from .american import american
from .contracts import Contracts

MULTIPLIER = 100.0
DAYS_A_YEAR = 365.0
STOCK, CALL, PUT = 0, 1, -1
NEVER = np.datetime64("9999-12-31")
LEAST_VOL = 0.01
GREEKS = ("delta_usd", "gamma_usd", "vega_usd", "theta_usd")


@dataclass(frozen=True, eq=False)
class Lines:
    """n positions in shares and American options.

    tickers: of the underlyings; right: 1 call, -1 put, 0 shares; strike: USD a share; expiry: sessions; quantity: in
    shares of the underlying, contracts times 100, negative where sold; vol_annual, carry_annual: fractions, the carry
    dividends and borrow fee together; rate_annual: of all; above_usd: USD a share by which a quote lies above what an
    option's volatility gives, which stands still till its expiry, None = 0 of each. Strike, volatility and carry of
    shares are not read.
    Raises ParameterError for arrays of different lengths and for an option without strike, expiry or volatility.
    """

    tickers: tuple[str, ...]
    right: NDArray[np.int64]
    strike: Floats
    expiry: NDArray[np.datetime64]
    quantity: Floats
    vol_annual: Floats
    carry_annual: Floats
    rate_annual: float
    above_usd: Floats | None = None

    def __post_init__(self) -> None:
        count = len(self.tickers)
        for name, kind in (
            ("right", np.int64), ("strike", np.float64), ("expiry", "datetime64[D]"), ("quantity", np.float64),
            ("vol_annual", np.float64), ("carry_annual", np.float64), ("above_usd", np.float64),
        ):  # fmt: skip
            given = np.zeros(count) if name == "above_usd" and self.above_usd is None else getattr(self, name)
            values = np.ascontiguousarray(given, dtype=kind)
            if values.shape != (count,):
                raise ParameterError(
                    "one entry a position is needed", where=name, value=str(values.shape), bound=str(count)
                )
            object.__setattr__(self, name, values)
        bad = self.options & ~((self.strike > 0.0) & (self.vol_annual > 0.0) & np.isfinite(self.carry_annual))
        if bad.any():
            at = int(np.flatnonzero(bad)[0])
            raise ParameterError("an option needs a strike, a volatility and a carry", where=self.tickers[at])

    def __len__(self) -> int:
        return len(self.tickers)

    @property
    def options(self) -> Flags:
        """(n,) whether each is an option."""
        return np.asarray(self.right != STOCK)

    @property
    def above(self) -> Floats:
        """(n,) of `above_usd`, 0 where nothing was given."""
        return np.zeros(len(self)) if self.above_usd is None else self.above_usd

    def times(self, factor: float | Floats) -> Lines:
        """The same in other sizes; factor: one number, or (n,)."""
        return replace(self, quantity=self.quantity * factor)

    def some(self, which: Any) -> Lines:
        """Some of the positions; which: a mask (n,) or row numbers."""
        rows = np.arange(len(self))[which]
        return Lines(
            tuple(self.tickers[int(i)] for i in rows), self.right[rows], self.strike[rows], self.expiry[rows],
            self.quantity[rows], self.vol_annual[rows], self.carry_annual[rows], self.rate_annual, self.above[rows],
        )  # fmt: skip

    @classmethod
    def joined(cls, parts: Sequence[Lines], rate_annual: float) -> Lines:
        """Several lists of positions as one."""

        def column(name: str, kind: Any) -> NDArray[Any]:
            return np.concatenate([np.zeros(0, kind), *(getattr(part, name) for part in parts)])

        return cls(
            tuple(ticker for part in parts for ticker in part.tickers), column("right", np.int64),
            column("strike", np.float64), column("expiry", "datetime64[D]"), column("quantity", np.float64),
            column("vol_annual", np.float64), column("carry_annual", np.float64), rate_annual,
            column("above_usd", np.float64),
        )  # fmt: skip

    @classmethod
    def shares(cls, tickers: Sequence[str], shares: Any, rate_annual: float) -> Lines:
        """Positions in shares alone."""
        count = len(tickers)
        nothing = np.full(count, np.nan)
        return cls(
            tuple(tickers), np.zeros(count, np.int64), nothing, np.full(count, NEVER),
            np.asarray(shares, dtype=np.float64), nothing, nothing, rate_annual,
        )  # fmt: skip


def unit_values(lines: Lines, spots: Floats, on: np.datetime64, vol_add: Floats | float = 0.0) -> Floats:
    """(P, n): what one share of each position is worth at spots (P, n) on a day, USD.

    From its expiry on an option is worth what exercise gives at that spot; before it no less than nothing. vol_add:
    points added to volatilities, one number or (P, n); none falls below 0.01. NaN where a spot is NaN. Raises
    ParameterError for spots of another shape.
    """
    given = np.atleast_2d(np.asarray(spots, dtype=np.float64))
    if given.shape[1] != len(lines):
        raise ParameterError(
            "one spot a position is needed", where="spots", value=str(given.shape), bound=str(len(lines))
        )
    out = np.array(given)
    days = (lines.expiry - on).astype(np.int64)
    inner = np.maximum(lines.right * (given - lines.strike), 0.0)
    ended = lines.options & (days <= 0)
    out[:, ended] = inner[:, ended]
    live = np.flatnonzero(lines.options & (days > 0))
    if live.size:
        out[:, live] = _option_values(lines, given, live, days, vol_add)
    # A stock that is worth nothing leaves a put its strike, whenever it is exercised.
    gone = lines.options & (given <= 0.0)
    return np.where(gone, inner, out)


def _option_values(
    lines: Lines, given: Floats, live: NDArray[np.int64], days: NDArray[np.int64], vol_add: Floats | float
) -> Floats:
    shape = (len(given), live.size)
    added = np.broadcast_to(np.asarray(vol_add, dtype=np.float64), given.shape)[:, live]
    vols = np.maximum(np.broadcast_to(lines.vol_annual[live], shape) + added, LEAST_VOL)

    def spread(values: Any) -> Any:
        return np.broadcast_to(values, shape).ravel()

    spots = given[:, live].ravel()
    contracts = Contracts(
        spread(lines.right[live] == CALL), np.where(spots > 0.0, spots, np.nan), spread(lines.strike[live]),
        spread(days[live] / DAYS_A_YEAR), lines.rate_annual, spread(lines.carry_annual[live]), vols.ravel(),
    )  # fmt: skip
    values = american(contracts, sensitivities=False)["price"].to_numpy().reshape(shape)
    above = lines.above[live]
    return np.maximum(values + above, 0.0) if above.any() else np.asarray(values)


def values_usd(lines: Lines, spots: Floats, on: np.datetime64, vol_add: Floats | float = 0.0) -> Floats:
    """(P,): what all positions are worth together, USD; arguments as of `unit_values`."""
    return np.asarray(unit_values(lines, spots, on, vol_add) @ lines.quantity)


def greeks(lines: Lines, spots: Floats, on: np.datetime64) -> pd.DataFrame:
    """Sensitivities of each position in USD, a row each: price (of one share), value_usd, delta_usd (for a rise of the
    spot by all of it, so the value of as many shares), gamma_usd (by how much delta_usd grows where the spot rises by
    1 %), vega_usd (for one point of volatility), theta_usd (a calendar day).

    spots: (n,). An option that has expired has the delta of what exercise gives and nothing else.
    """
    spots = np.asarray(spots, dtype=np.float64)
    days = (lines.expiry - on).astype(np.int64)
    unit = np.zeros((len(lines), 5))
    unit[:, 0] = unit_values(lines, spots[None, :], on)[0]
    unit[:, 1] = np.where(lines.options, lines.right * (unit[:, 0] > 0.0), 1.0)
    live = np.flatnonzero(lines.options & (days > 0) & np.isfinite(spots))
    if live.size:
        found = american(
            Contracts(
                lines.right[live] == CALL, spots[live], lines.strike[live], days[live] / DAYS_A_YEAR,
                lines.rate_annual, lines.carry_annual[live], lines.vol_annual[live],
            )
        )  # fmt: skip
        unit[live, 1:] = found[["delta", "gamma", "vega", "theta_annual"]].to_numpy()
    price, delta, gamma, vega, theta = unit.T
    quantity = lines.quantity
    return pd.DataFrame(
        {
            "price": price,
            "value_usd": price * quantity,
            "delta_usd": delta * spots * quantity,
            "gamma_usd": gamma * spots**2 * quantity / 100.0,
            "vega_usd": vega * quantity / 100.0,
            "theta_usd": theta * quantity / DAYS_A_YEAR,
        }
    )
