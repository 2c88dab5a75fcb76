"""P&L by factor: what the exposures earned, what was specific to the tickers, and what trading cost."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.errors import ParameterError
from hedgebook.universes.brief import brief
from hedgebook.universes.calendar import Mark
from hedgebook.universes.checks import BACKTEST, FACTOR_SET, FLAG, LOADINGS, MARKET, SESSIONS, maybe, takes
from hedgebook.universes.market import Market

from ..arrays import Floats
from ..backtest.result import Backtest
from ..kernels.book.records import Booked
from ..recorded import COST_CAUSES
from .factor_file import Loadings
from .factor_sets import FactorSet
from .holdings import known_betas

Gaps = tuple[tuple[np.datetime64, tuple[str, ...]], ...]


@brief
@dataclass(frozen=True, eq=False)
class FactorPnl:
    """P&L in USD of each session and ticker, split into factors, specific, costs; interest stands by itself.

    names: of the K factors; factor: (T, N, K); specific: (T, N); costs: (T, N, C) negative when paid, the causes of
    COST_CAUSES; interest: (T,); exposure: (T, K) USD of factor held into each session. Factors, specific, costs and
    interest add up to the change of NAV. without_beta: tickers held without a beta, whose P&L is specific. unsplit: by
    session, factors whose open is missing: what was held at the close before has their whole return, what was bought
    at the open none of it. without_factors: by session, factors without any return, whose part of the P&L is specific;
    the other factors keep theirs. backtest: whose P&L it is; definitions: what each factor is.
    """

    backtest: Backtest
    names: tuple[str, ...]
    definitions: tuple[str, ...]
    factor: Floats
    specific: Floats
    costs: Floats
    interest: Floats
    exposure: Floats
    without_beta: tuple[str, ...]
    unsplit: Gaps
    without_factors: Gaps

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be split as it should be, and what was done instead, in words."""
        told = []
        if self.without_beta:
            told.append(f"P&L by factor: no beta of {', '.join(self.without_beta)}, so all of its P&L is specific")
        for gaps, text in (
            (self.unsplit, "has no open, so its close-to-close return counts, on what was held at the close before"),
            (self.without_factors, "has no return, so its part of the P&L is specific"),
        ):
            by_name: dict[str, list[str]] = {}
            for day, names in gaps:
                for name in names:
                    by_name.setdefault(name, []).append(str(day))
            for name, days in by_name.items():
                more = f" and {len(days) - 3} more" if len(days) > 3 else ""
                told.append(f"P&L by factor: {name} {text} ({', '.join(days[:3])}{more})")
        return tuple(told)

    @cached_property
    def by_session(self) -> pd.DataFrame:
        """Rows are sessions, columns factors, specific, costs by cause, interest and total = change of NAV."""
        table = pd.DataFrame(self.factor.sum(axis=1), index=self.backtest.sessions, columns=list(self.names))
        table["specific"] = self.specific.sum(axis=1)
        for c, cause in enumerate(COST_CAUSES):
            table[cause] = self.costs[:, :, c].sum(axis=1)
        table["interest"] = self.interest
        table["total"] = table.sum(axis=1)
        return table

    @property
    def cumulated(self) -> pd.DataFrame:
        """`by_session`, summed from the first session on."""
        return self.by_session.cumsum()

    def by(self, rows: Literal["ticker", "bucket"]) -> pd.DataFrame:
        """P&L of the whole backtest by ticker or bucket; interest belongs to cash and is not in it.

        Raises ParameterError for other rows.
        """
        if rows not in ("ticker", "bucket"):
            raise ParameterError(f"P&L cannot be split by {rows!r}", where="rows", bound="ticker, bucket")
        parts = np.concatenate([self.factor, self.specific[:, :, None], self.costs], axis=2).sum(axis=0)
        held = np.flatnonzero(np.abs(self.backtest.record.pnl).sum(axis=(0, 2)) > 0)
        market = self.backtest.market
        table = pd.DataFrame(
            parts[held],
            index=pd.Index([market.tickers[i] for i in held], name="ticker"),
            columns=[*self.names, "specific", *COST_CAUSES],
        )
        if rows == "bucket":
            names = [market.bucket_of(str(ticker)) or "other" for ticker in table.index]
            table = table.groupby(names, sort=False).sum().rename_axis("bucket")
        table["total"] = table.sum(axis=1)
        return table


@takes(market=MARKET, backtest=BACKTEST, factors=FACTOR_SET, window=SESSIONS, min_sessions=maybe(SESSIONS), frozen=FLAG,
       loadings=maybe(LOADINGS))  # fmt: skip
def attribute_pnl(
    market: Market,
    backtest: Backtest,
    factors: FactorSet,
    window: int,
    *,
    min_sessions: int | None = None,
    frozen: bool = False,
    loadings: Loadings | None = None,
) -> FactorPnl:
    """Split a backtest's P&L by factor, with betas over the `window` sessions before each session.

    loadings: a vendor's, in the place of betas; those of a date count from the session after it.

    market: the whole market that the backtest ran on; frozen: keep the betas known before the first session. What was
    held overnight earns beta times the factor's overnight return, what is held after the open its intraday return; a
    set without that split gives what was held at the previous close the whole return, so that a position counts from
    the session after its entry. factors: on the sessions of the market; min_sessions: as in known_betas. Raises as
    known_betas does.
    """
    first = market.session_index(backtest.market.sessions[0])
    rows = np.arange(first, first + len(backtest.market.sessions))
    held = np.flatnonzero(np.abs(backtest.record.pnl).sum(axis=(0, 2)) > 0)
    tickers = tuple(backtest.market.tickers[i] for i in held)
    if loadings is None:
        known = known_betas(market, tickers, factors, window, min_sessions=min_sessions)
    else:
        known = loadings.pick(factors.names).known(market.sessions, tickers)
    # A session's betas were known at the close before it; before the first session of all, none were.
    before = np.concatenate([np.full((1, *known.shape[1:]), np.nan), known])[rows]
    betas = np.full((len(rows), len(backtest.market.tickers), len(factors.names)), np.nan)
    betas[:, held] = before[:1] if frozen else before
    return attribute_with(backtest, factors.on(backtest.market.sessions), betas)


def attribute_with(backtest: Backtest, factors: FactorSet, betas: Floats) -> FactorPnl:
    """Split a backtest's P&L with (T, N, K) betas, each row known before its session; factors on its sessions.

    Raises ParameterError where the shapes do not fit.
    """
    record, market = backtest.record, backtest.market
    shape = (len(market.sessions), len(market.tickers), len(factors.names))
    if betas.shape != shape or not np.array_equal(factors.sessions, market.sessions):
        raise ParameterError("betas and factors must fit the backtest", value=str(betas.shape), bound=str(shape))
    value_before, value_open = _values(backtest)
    whole = np.asarray(np.isfinite(betas).all(axis=2))
    used = np.where(whole[:, :, None], betas, 0.0)
    moves, split, seen = _moves(factors)
    factor = np.zeros(shape)
    for value, move in zip((value_before, value_open), moves, strict=True):
        factor += value[:, :, None] * used * move[:, None, :]
    gross = record.of(Booked.GROSS).sum(axis=2)
    active = np.not_equal(value_before, 0.0) | np.not_equal(value_open, 0.0)
    return FactorPnl(
        backtest=backtest,
        names=factors.names,
        definitions=factors.definitions,
        factor=factor,
        specific=gross - factor.sum(axis=2),
        costs=record.of(Booked.COST),
        interest=record.interest,
        exposure=np.asarray((value_before[:, :, None] * used).sum(axis=1)),
        without_beta=tuple(market.tickers[i] for i in np.flatnonzero((active & ~whole).any(axis=0))),
        unsplit=_gaps(factors, active, seen & ~split),
        without_factors=_gaps(factors, active, ~seen),
    )


def _moves(factors: FactorSet) -> tuple[tuple[Floats, Floats], NDArray[np.bool_], NDArray[np.bool_]]:
    """(T, K) moves that what was held at the close before has, and that what is held after the open has; where a
    factor's move is split between the two, and where it has one at all. Zero where it has none."""
    whole = factors.returns
    if factors.overnight is None or factors.intraday is None:
        seen = np.isfinite(whole)
        # No factor of such a set is ever split, which is no gap of a session.
        return (np.where(seen, whole, 0.0), np.zeros_like(whole)), seen, seen
    split = np.isfinite(factors.overnight) & np.isfinite(factors.intraday)
    seen = split | np.isfinite(whole)
    before = np.where(split, factors.overnight, np.where(seen, whole, 0.0))
    return (before, np.where(split, factors.intraday, 0.0)), split, seen


def _gaps(factors: FactorSet, active: NDArray[np.bool_], missing: NDArray[np.bool_]) -> Gaps:
    """Sessions with positions on which factors are missing, and which ones."""
    rows = np.flatnonzero(active.any(axis=1) & missing.any(axis=1))
    return tuple((factors.sessions[t], tuple(np.array(factors.names)[missing[t]].tolist())) for t in rows)


def _values(backtest: Backtest) -> tuple[Floats, Floats]:
    """(T, N) USD held at the close before each session, and after the fills of its open at the open's price."""
    record, market = backtest.record, backtest.market
    none = np.zeros((1, len(market.tickers)))
    shares_before = np.concatenate([none, record.shares[:-1]])
    price_before = np.concatenate([none, record.price[:-1]])
    after_open = record.shares.copy()
    late = record.filled[record.filled["mark"] == Mark.CLOSE]
    np.subtract.at(after_open, (late["session"], late["ticker"]), late["shares"])
    # Shares of both marks are sums of floats: what rounding leaves of a closed position is none.
    after_open[np.abs(after_open) < 1e-9 * np.maximum(np.abs(record.shares), np.abs(shares_before))] = 0.0
    price_open = np.where(np.isfinite(market.open), market.open, price_before)
    value_before = np.where(shares_before == 0.0, 0.0, shares_before * price_before)
    value_open = np.where(after_open == 0.0, 0.0, after_open * price_open)
    return value_before, value_open
