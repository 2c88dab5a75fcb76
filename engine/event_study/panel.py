"""From a market and an event to the arrays of a study: which sessions, which tickers, which returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import EventError, ParameterError, PriceDataError, did_you_mean
from hedgebook.universes.counted import counted
from hedgebook.universes.event import Event, event_calendar
from hedgebook.universes.market import Market

from ..arrays import Floats
from ..exposure.factors import PROXIES
from ..exposure.freshness import check_fresh, stale_reason
from ..kernels.events.study import PanelBatch
from .settings import WHERE, EventWindow, ReturnKind, StudyModel

PORTFOLIO = "portfolio"


@dataclass(frozen=True)
class PanelRows:
    """Rows of the market: the first fill's session, the estimation window and the span of all windows."""

    event: int
    estimation: range
    span: range

    def window(self, window: EventWindow) -> tuple[int, int]:
        """Panel rows of a window: the span's rows follow those of the estimation window."""
        start = len(self.estimation) + self.event - self.span.start
        return start + window.first, start + window.last


@dataclass(frozen=True)
class Excluded:
    """A ticker that was left out, of one window (its label) or of all ("all"), and why."""

    ticker: str
    window: str
    reason: str


@dataclass(frozen=True)
class Explained:
    """What a model explains returns with: the tickers of its regressors, or the one subtracted as it is.

    left_out: factors that nobody asked for by name and that have no usable proxy, and why.
    """

    model: StudyModel
    benchmark: str | None
    factors: tuple[str, ...]
    proxies: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...] = ()

    @property
    def parameters(self) -> int:
        """How many degrees of freedom a ticker's estimation window loses."""
        return 1 + len(self.proxies)


@dataclass(frozen=True)
class Names:
    """Tickers in study, the bucket of each, and those that were left out before any price was looked at."""

    tickers: tuple[str, ...]
    buckets: tuple[str | None, ...]
    excluded: tuple[Excluded, ...]

    def groups(self) -> tuple[tuple[str, ...], NDArray[np.bool_]]:
        """Names and (G, N) members of the groups: all tickers, then each bucket."""
        found = tuple(dict.fromkeys(b for b in self.buckets if b is not None))
        if PORTFOLIO in found:
            raise ParameterError(
                f"a bucket called {PORTFOLIO!r} cannot be told from the portfolio of all tickers",
                where=WHERE,
                remedy="Rename the bucket.",
            )
        masks = [[True] * len(self.tickers), *([b == name for b in self.buckets] for name in found)]
        return (PORTFOLIO, *found), np.array(masks, dtype=np.bool_)


def find_rows(market: Market, event: Event, windows: Sequence[EventWindow], estimation: int, gap: int) -> PanelRows:
    """Rows of an event study; an estimation window that the prices cut short keeps what they have.

    Raises EventError where the prices do not cover the event, ParameterError where they end inside a window.
    """
    first_fill = event.first_fill(event_calendar(event)).session
    first, last = market.sessions[0], market.sessions[-1]
    if not first < first_fill <= last:
        raise EventError(
            f"the prices do not cover event {event.id}",
            where=market.provenance.source,
            value=f"first tradable session {first_fill}",
            bound=f"after {first}, up to {last}",
        )
    at = market.session_index(first_fill)
    span = range(at + min(0, *(w.first for w in windows)), at + max(0, *(w.last for w in windows)) + 1)
    if span.stop > len(market.sessions):
        raise ParameterError(
            f"the prices end {counted(span.stop - len(market.sessions), 'session')} before the window does",
            where=f"{WHERE}: window",
            value=f"event {event.id}, first fill {first_fill}, last session {last}",
            bound=f"windows up to session {len(market.sessions) - 1 - at}",
        )
    # A return needs the close before it, so row 0 has none.
    rows = PanelRows(at, range(max(1, at - gap - estimation), max(1, at - gap)), span)
    if not len(rows.estimation):
        raise EventError(
            f"there are no prices before event {event.id} to estimate from",
            where=market.provenance.source,
            value=f"first tradable session {first_fill}, gap of {counted(gap, 'session')}, prices from {first}",
            remedy="Use prices that begin earlier, or a smaller gap.",
        )
    return rows


def find_explained(
    market: Market, model: StudyModel, benchmark: str | None, factors: tuple[str, ...], rows: PanelRows
) -> Explained:
    """The model's regressors; without names, all factors whose proxy serves throughout.

    Raises ParameterError for an unknown factor and for a regressor whose prices end before the estimation window
    does, PriceDataError for one without prices.
    """
    if factors and model is not StudyModel.MULTI_FACTOR:
        raise ParameterError(
            f"model {model.value!r} takes no factors",
            where=f"{WHERE}: factors",
            value=", ".join(factors),
            remedy="Use model='multi-factor'.",
        )
    last = rows.estimation[-1]
    if model is StudyModel.MEAN_ADJUSTED:
        return Explained(model, None, (), ())
    if model is StudyModel.MULTI_FACTOR:
        for name in factors:
            if name not in PROXIES:
                raise ParameterError(
                    f"there is no factor {name!r}", where=f"{WHERE}: factors", remedy=did_you_mean(name, PROXIES)
                )
        left_out = {} if factors else _unusable(market, rows)
        names = tuple(dict.fromkeys(factors or (name for name in PROXIES if name not in left_out)))
        proxies = tuple(PROXIES[name] for name in names)
        if not proxies:
            raise PriceDataError(
                "no factor has prices that serve here",
                where=market.provenance.source,
                value="; ".join(left_out.values()),
                bound=", ".join(PROXIES.values()),
            )
        for ticker in proxies:
            check_fresh(market, ticker, last, f"{WHERE}: factors")
        return Explained(model, None, names, proxies, tuple(left_out.items()))
    ticker = benchmark or market.universe.benchmark
    check_fresh(market, ticker, last, f"{WHERE}: benchmark")
    regressors = (ticker,) if model is StudyModel.MARKET else ()
    return Explained(model, ticker, regressors, regressors)


def _unusable(market: Market, rows: PanelRows) -> dict[str, str]:
    """Factors that cannot explain this event, and why."""
    found = {}
    for name, ticker in PROXIES.items():
        if ticker not in market.columns:
            found[name] = f"{ticker} has no prices"
            continue
        kind = ReturnKind.CLOSE_TO_CLOSE
        known = np.isfinite(returns_of(market, [ticker], [*rows.estimation, *rows.span], kind)[:, 0])
        count = int(known[: len(rows.estimation)].sum())
        if 2 * count < len(rows.estimation):
            found[name] = f"{ticker} has {count} of {len(rows.estimation)} returns to estimate from"
        elif reason := stale_reason(market, ticker, rows.estimation[-1]):
            found[name] = reason
        elif not known[len(rows.estimation) :].all():
            found[name] = f"{ticker} lacks a return in the windows"
    return found


def find_names(market: Market, names: Sequence[str] | str | None, explained: Explained, rows: PanelRows) -> Names:
    """Tickers to study and their buckets; by default every bucket but the one that holds the benchmark.

    Raises UniverseError for an unknown name, PriceDataError for a ticker named itself that has no prices.
    """
    universe, on = market.universe, market.sessions[rows.event].item()
    wanted = _wanted(market, names)
    kept: list[str] = []
    excluded: list[Excluded] = []
    regressors = {*explained.proxies, explained.benchmark}
    for ticker in dict.fromkeys(wanted):
        found = universe.by_ticker.get(ticker)
        if ticker in regressors:
            excluded.append(Excluded(ticker, "all", "it is what the model explains returns with"))
        elif found and not found[1].listed_on(on):
            excluded.append(Excluded(ticker, "all", f"it was not listed on {on}"))
        elif ticker not in market.columns:
            excluded.append(Excluded(ticker, "all", "it has no prices"))
        elif stale := stale_reason(market, ticker, rows.estimation[-1]):
            excluded.append(Excluded(ticker, "all", stale))
        else:
            kept.append(ticker)
    return Names(tuple(kept), tuple(universe.bucket_of(t) for t in kept), tuple(excluded))


def _wanted(market: Market, names: Sequence[str] | str | None) -> list[str]:
    universe = market.universe
    if names is None:
        apart = universe.bucket_of(universe.benchmark)
        return [m.ticker for b in universe.buckets if b.name != apart for m in b.members]
    out: list[str] = []
    for name in [names] if isinstance(names, str) else names:
        if name in universe.bucket_names:
            out += [m.ticker for m in universe.bucket(name).members]
        elif name in universe.by_ticker:
            market.column(name)
            out.append(name)
        else:
            market.resolve([name], market.sessions[-1].item())
    if not out:
        raise ParameterError("there is nothing to study", where=f"{WHERE}: names", bound="names of buckets and tickers")
    return out


def returns_of(market: Market, tickers: Sequence[str], rows: Sequence[int], kind: ReturnKind) -> Floats:
    """(len(rows), N) simple returns of a kind; NaN where one of their two prices is missing."""
    at = np.asarray(rows, dtype=np.int64)
    columns = [market.column(ticker) for ticker in tickers]
    close, opens = market.close[:, columns], market.open[:, columns]
    start = opens[at] if kind is ReturnKind.OPEN_TO_CLOSE else close[at - 1]
    stop = opens[at] if kind is ReturnKind.GAP else close[at]
    out: Floats = stop / start - 1.0
    return out


def build_batch(
    market: Market,
    tickers: Sequence[str],
    explained: Explained,
    rows: PanelRows,
    kind: ReturnKind,
    past: Market | None = None,
) -> PanelBatch:
    """The panel of one event, as a batch of one: estimation window, then the span of the windows.

    past: whose rows those of the estimation window are, None: of the market.
    What is not close to close is explained by the regressors' returns between the same two marks, with
    coefficients of its own: so the benchmark's gap is removed from gaps, and its session from sessions.
    """

    def panel(names: Sequence[str]) -> Floats:
        if past is None or past is market:
            return returns_of(market, names, [*rows.estimation, *rows.span], kind)
        parts = (returns_of(past, names, rows.estimation, kind), returns_of(market, names, rows.span, kind))
        return np.vstack(parts)

    known = np.zeros(len(rows.estimation) + len(rows.span))
    if explained.model is StudyModel.MARKET_ADJUSTED and explained.benchmark:
        known = panel([explained.benchmark])[:, 0]
    return PanelBatch(
        returns=np.ascontiguousarray(panel(tickers))[None],
        known=known[None],
        factors=np.ascontiguousarray(panel(explained.proxies))[None],
        estimation=len(rows.estimation),
        estimated=explained.model is not StudyModel.MARKET_ADJUSTED,
    )


def missing_regressor(batch: PanelBatch, rows: PanelRows, sessions: NDArray[np.datetime64]) -> np.datetime64 | None:
    """The first session of the span on which a regressor has no return."""
    fine = np.isfinite(batch.factors[0]).all(axis=1) & np.isfinite(batch.known[0])
    bad = np.flatnonzero(~fine[batch.estimation :])
    return sessions[rows.span.start + int(bad[0])] if len(bad) else None
