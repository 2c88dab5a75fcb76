"""What a chain says of carry and borrow: forwards by expiry, and their slope over time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hedgebook.errors import PriceDataError
from hedgebook.universes.brief import brief
from hedgebook.universes.chains.chain import Snapshot
from hedgebook.universes.chains.clean import back_to_no_days
from hedgebook.universes.checks import COLUMN, instance, number, takes

from ..arrays import Floats
from .parity import DIVIDENDS, CashDividend, Pairs, early_exercise_free, implied_forward

NEAR_FRAC = 0.12
LEAST_DAYS = 5.0
# Of an expiry with hundreds of strikes so many next to the spot say all that can be said.
MOST_PAIRS = 16
LEAST_PAIRS, LEAST_EXPIRIES = 3, 3
ENOUGH = 1e-7
ROUNDS, SETTLED = 5, 1e-5
SNAPSHOT = instance("hedgebook.universes.chains.chain", "Snapshot", "a Snapshot, as chain.snapshots[0]")
CHAIN = instance("hedgebook.universes.chains.chain", "Chain", "a Chain, as read_chain(...) gives")
RATE = number(-1.0, 1.0)


@brief
@dataclass(frozen=True, eq=False)
class ChainCarry:
    """Carry of a stock as the quotes of its options imply it at one moment.

    ticker, session, moment: of the snapshot; spot: USD per share of the file, NaN where it has none; growth_annual: the
    slope of ln(forward) over years, rate less dividends less borrow, and error_annual, one standard error of it;
    offset_frac: by how much the quotes' own spot lies above the file's, which is taken out, and offset_error;
    rate_annual, dividend_yield_annual: what was assumed of them; forwards: a row an expiry with days, forward, error
    (USD), pairs and residual_frac, the distance from the line.
    """

    ticker: str
    session: np.datetime64
    moment: np.datetime64
    spot: float
    growth_annual: float
    error_annual: float
    offset_frac: float
    offset_error: float
    rate_annual: float
    dividend_yield_annual: float
    forwards: pd.DataFrame

    @property
    def borrow_annual(self) -> float:
        """The borrow fee that is left, a continuous fraction a year: rate less dividends less growth."""
        return self.rate_annual - self.dividend_yield_annual - self.growth_annual

    @property
    def funded_annual(self) -> float:
        """Growth with dividends given back: the rate at which the market funds the stock, less its borrow fee."""
        return self.growth_annual + self.dividend_yield_annual


@dataclass(frozen=True)
class Estimate:
    """value: a weighted mean, a fraction a year; error: one standard error; count: how many moments it is of."""

    value: float
    error: float
    count: int


@takes(
    snapshot=SNAPSHOT, rate_annual=RATE, dividend_yield_annual=number(-1.0, 1.0), dividends=DIVIDENDS,
)  # fmt: skip
def chain_carry(
    snapshot: Snapshot, *, rate_annual: float, dividend_yield_annual: float = 0.0,
    dividends: Sequence[CashDividend] = (),
) -> ChainCarry:  # fmt: skip
    """Carry that one snapshot of a chain implies, by parity of calls and puts without their early exercise.

    rate_annual: continuous, for discounting; dividend_yield_annual: continuous, or `dividends` of cash, whose worth at
    each expiry is given back to the forward. Strikes within 12 % of spot are used. ln(forward) runs over years with
    both an offset and a slope: a spot that is out of step with the quotes moves the offset and is no borrow.
    Raises PriceDataError where fewer than three expiries have three strikes with both a call and a put.
    """
    table = _pairs(snapshot)
    spot = _spot(table)
    for _ in range(ROUNDS):
        away = np.abs(np.log(table["strike"] / spot))
        near = table[(away <= NEAR_FRAC) & (away.groupby(table["days"]).rank(method="first") <= MOST_PAIRS)]
        forwards = _forwards(near, spot, rate_annual, snapshot.american)
        if len(forwards) < LEAST_EXPIRIES:
            raise PriceDataError(
                "too few expiries have calls and puts of one strike",
                where=f"{snapshot.ticker}, {snapshot.moment}Z",
                value=len(forwards),
                bound=f"{LEAST_EXPIRIES} expiries of {LEAST_PAIRS} strikes within {NEAR_FRAC:.0%} of spot",
            )
        years = forwards["days"].to_numpy() / 365.0
        whole = forwards["forward"].to_numpy() + _grown(dividends, years, rate_annual)
        line = _line(years, np.log(whole), forwards["error"].to_numpy() / whole)
        before, spot = spot, math.exp(line[0])
        if abs(spot / before - 1.0) < SETTLED:
            break
    given = snapshot.spot
    residual = np.log(whole) - line[0] - line[1] * years
    return ChainCarry(
        snapshot.ticker, snapshot.session, snapshot.moment, given, line[1], line[3],
        spot / given - 1.0 if given > 0.0 else math.nan, line[2], rate_annual, dividend_yield_annual,
        forwards.assign(residual_frac=residual),
    )  # fmt: skip


def _pairs(snapshot: Snapshot) -> pd.DataFrame:
    """Calls and puts of one strike side by side with their middles and half widths; spent and nearly spent left out."""
    rows = pd.DataFrame(
        {
            "days": snapshot.days, "strike": snapshot.strike, "calls": snapshot.calls,
            "mid": snapshot.mid, "half": snapshot.half_width,
        }
    )  # fmt: skip
    rows = rows[rows["days"] >= LEAST_DAYS]
    calls = rows[rows["calls"]].drop(columns="calls").set_index(["days", "strike"])
    puts = rows[~rows["calls"]].drop(columns="calls").set_index(["days", "strike"])
    return calls.add_suffix("_call").join(puts.add_suffix("_put"), how="inner").reset_index()


def _spot(table: pd.DataFrame) -> float:
    """About where the spot is by the nearest expiries, which carry moves least; NaN without pairs."""
    found = []
    for _, one in list(table.groupby("days"))[:3]:
        gap = (one["mid_call"] - one["mid_put"]).to_numpy()
        at = np.argsort(np.abs(gap), kind="stable")[:5]
        found.append(float(np.median((gap + one["strike"].to_numpy())[at])))
    days = np.unique(table["days"])[:3]
    return back_to_no_days(days, np.array(found)) if found else math.nan


def _forwards(near: pd.DataFrame, spot: float, rate: float, american: bool) -> pd.DataFrame:
    """A row an expiry: the forward of its pairs, weighted by how closely they are quoted, and its error in USD."""
    strike, years = near["strike"].to_numpy(), near["days"].to_numpy() / 365.0
    call, put = near["mid_call"].to_numpy(), near["mid_put"].to_numpy()
    if american and len(near):
        flat = np.full(len(near), spot), np.full(len(near), rate)
        freed = early_exercise_free(Pairs(flat[0], strike, years, flat[1], call, put), ENOUGH)
        forward = freed.forward
    else:
        forward = implied_forward(call, put, strike, years, rate)
    half = (near["half_call"] + near["half_put"]).to_numpy()
    out = []
    known = np.isfinite(forward)
    for days in np.unique(near["days"][known]):
        at = known & (near["days"] == days).to_numpy()
        if at.sum() >= LEAST_PAIRS:
            value, error = _weighted(forward[at], half[at])
            out.append({"days": float(days), "forward": value, "error": error, "pairs": int(at.sum())})
    return pd.DataFrame(out, columns=["days", "forward", "error", "pairs"])


def _weighted(values: Floats, half: Floats) -> tuple[float, float]:
    """The mean weighted by 1 / width^2 of values near their median, and its error from their own spread.

    The truth may lie anywhere within a quote: an error is not taken below a twentieth of the mean width over the root
    of the number of pairs.
    """
    middle = float(np.median(values))
    spread = max(1.4826 * float(np.median(np.abs(values - middle))), 1e-12)
    kept = np.abs(values - middle) <= 4.0 * spread
    kept |= np.abs(values - middle) <= 0.1 * half
    values, half = values[kept], half[kept]
    weight = 1.0 / np.maximum(half, 1e-6) ** 2
    mean = float(np.sum(weight * values) / np.sum(weight))
    effective = float(np.sum(weight) ** 2 / np.sum(weight**2))
    variance = float(np.sum(weight * (values - mean) ** 2) / np.sum(weight))
    least = 0.1 * float(np.sum(weight * half) / np.sum(weight))
    return mean, math.sqrt(max(variance, least**2) / max(effective, 1.0))


def _grown(dividends: Sequence[CashDividend], years: Floats, rate: float) -> Floats:
    """(n,) what dividends before each expiry are worth at it, USD per share."""
    out = np.zeros(len(years))
    for one in dividends:
        out += np.where(one.years <= years, one.usd * np.exp(rate * (years - one.years)), 0.0)
    return out


def _line(x: Floats, y: Floats, error: Floats) -> tuple[float, float, float, float]:
    """Offset and slope by weighted least squares, and their standard errors, not below what the line leaves over."""
    weight = 1.0 / np.maximum(error, 1e-9) ** 2
    design = np.column_stack([np.ones(len(x)), x])
    normal = design.T @ (weight[:, None] * design)
    at = np.linalg.solve(normal, design.T @ (weight * y))
    rest = y - design @ at
    excess = float(np.sum(weight * rest**2)) / max(len(x) - 2, 1)
    covariance = np.linalg.inv(normal) * max(excess, 1.0)
    return float(at[0]), float(at[1]), math.sqrt(covariance[0, 0]), math.sqrt(covariance[1, 1])


@takes(values=COLUMN, errors=COLUMN)
def mean_estimate(values: Sequence[float], errors: Sequence[float]) -> Estimate:
    """The mean of `values` weighted by one over their `errors` squared; its error at least what their spread says.

    Raises ParameterError for what is no list of numbers.
    """
    v, e = np.asarray(values, dtype=np.float64), np.asarray(errors, dtype=np.float64)
    weight = 1.0 / e**2
    mean = float(np.sum(weight * v) / np.sum(weight))
    excess = float(np.sum(weight * (v - mean) ** 2)) / max(len(v) - 1, 1)
    return Estimate(mean, math.sqrt(max(excess, 1.0) / float(np.sum(weight))), len(v))
