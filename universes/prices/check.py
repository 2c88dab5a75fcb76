"""A look at a price file before it is used: what it covers, what it lacks, and what looks odd in it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from ..checks import MOVES, UNIVERSE, maybe, takes
from ..layouts.price_layout import PriceLayout
from ..market import Market
from ..quality.gate import Fault, Split, faults_of
from ..quality.rules import Severity, rules_table
from ..universe import Universe
from .confirm import Confirmed
from .load import LAYOUT, read_market
from .splits import SplitSuspect
from .stale import StaleRun, stale_runs

LARGE_MOVE_FRAC = 0.40


@dataclass(frozen=True)
class Coverage:
    """What a file has of one ticker: first and last session with a close, and the cells missing in between.

    missing_closes: sessions from first to last without a close; missing_opens, missing_volumes: sessions with
    a close that lack them; masked: closes before the member's first session, which are not used.
    """

    ticker: str
    bucket: str
    first: str
    last: str
    closes: int
    missing_closes: int
    missing_opens: int
    missing_volumes: int
    masked: int


@dataclass(frozen=True)
class LargeMove:
    """A return from one session's close to the next beyond 40 % either way, as a fraction."""

    ticker: str
    session: str
    return_frac: float


@dataclass(frozen=True)
class PriceCheck:
    """The facts of a price file that can be used.

    rows: rows in the file, of every ticker; sessions: those of the market that it makes, `first` to `last`;
    ignored: its tickers outside the universe; lacking: members of the universe without a usable close.
    stale_runs and large_moves are notes: they may be right. confirmed_moves would be refused as unadjusted
    splits if the caller or the universe had not confirmed them as real. faults: what the rules of the quality gate
    found, errors first.
    """

    source: str
    sha256: str
    universe: str
    layout: Literal["long", "wide"]
    rows: int
    sessions: int
    first: str
    last: str
    has_opens: bool
    tickers: tuple[str, ...]
    ignored: tuple[str, ...]
    lacking: tuple[str, ...]
    coverage: tuple[Coverage, ...]
    masked: dict[str, int]
    stale_runs: tuple[StaleRun, ...]
    large_moves: tuple[LargeMove, ...]
    confirmed_moves: tuple[SplitSuspect, ...]
    warnings: tuple[str, ...]
    faults: tuple[Fault, ...] = ()

    @property
    def errors(self) -> tuple[Fault, ...]:
        """The findings of severity error or refused: figures of these prices are wrong, or no command takes them."""
        return tuple(one for one in self.faults if one.severity != Severity.WARNING)

    @property
    def refused(self) -> tuple[Fault, ...]:
        """The findings for which no command takes the prices."""
        return tuple(one for one in self.faults if one.severity == Severity.REFUSED)

    @property
    def passed(self) -> bool:
        """Whether there is no finding of severity error or refused."""
        return not self.errors

    def to_dict(self) -> dict[str, object]:
        """The check as JSON-ready values; tuples become lists. passed: whether no finding is an error; rules: the table
        of what was looked for."""
        plain: dict[str, object] = _listed(asdict(self))  # type: ignore[assignment]
        return {**plain, "passed": self.passed, "errors": len(self.errors), "rules": rules_table()}

    def faults_table(self) -> pd.DataFrame:
        """`faults` with one row each."""
        return pd.DataFrame([asdict(one) for one in self.faults], columns=[part.name for part in fields(Fault)])

    def coverage_table(self) -> pd.DataFrame:
        """`coverage` with one row per ticker."""
        return pd.DataFrame([asdict(row) for row in self.coverage]).set_index("ticker")


@takes(universe=UNIVERSE, confirmed_moves=MOVES, layout=maybe(LAYOUT))
def check_prices(
    path: str | Path | pd.DataFrame,
    universe: str | Path | Universe = "ai_infrastructure",
    *,
    confirmed_moves: Confirmed = (),
    layout: str | PriceLayout | None = None,
) -> PriceCheck:
    """What a price file has for a universe, and what looks odd in it.

    path, universe, confirmed_moves, layout: as in `load_market`. Returns are simple, from one session's close to the
    next session's. Raises as `load_market` does, but lists rows that contradict themselves and unadjusted splits.
    """
    reading = read_market(path, universe, None, confirmed_moves, layout=layout, refuse=False)
    market = reading.market
    return PriceCheck(
        source=market.provenance.source,
        sha256=market.provenance.sha256,
        universe=market.universe.name,
        layout=reading.layout.kind,
        rows=reading.table.rows,
        sessions=len(market.sessions),
        first=market.provenance.first,
        last=market.provenance.last,
        has_opens=market.has_opens,
        tickers=market.tickers,
        ignored=reading.ignored,
        lacking=reading.lacking,
        coverage=tuple(_coverage(market, i, reading.masked) for i in range(len(market.tickers))),
        masked=reading.masked,
        stale_runs=stale_runs(market),
        large_moves=_large_moves(market),
        confirmed_moves=reading.confirmed,
        warnings=market.warnings,
        faults=faults_of(market, reading.masked, tuple(split_of(one) for one in reading.splits), reading.beside),
    )


def split_of(suspect: SplitSuspect) -> Split:
    """An unadjusted split as the quality gate tells of it."""
    seen = f"{suspect.move_frac:+.1%} on {suspect.session}, as a split of {suspect.ratio} does"
    return suspect.ticker, suspect.session, seen


def _listed(value: object) -> object:
    if isinstance(value, dict):
        return {key: _listed(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_listed(inner) for inner in value]
    return value


def _coverage(market: Market, i: int, masked: dict[str, int]) -> Coverage:
    priced = np.isfinite(market.close[:, i])
    at = np.flatnonzero(priced)
    return Coverage(
        ticker=market.tickers[i],
        bucket=market.bucket_of(market.tickers[i]) or "",
        first=str(market.sessions[at[0]]),
        last=str(market.sessions[at[-1]]),
        closes=len(at),
        missing_closes=int(at[-1] - at[0] + 1 - len(at)),
        missing_opens=int((priced & np.isnan(market.open[:, i])).sum()),
        missing_volumes=int((priced & np.isnan(market.volume[:, i])).sum()),
        masked=masked.get(market.tickers[i], 0),
    )


def _large_moves(market: Market) -> tuple[LargeMove, ...]:
    returns = market.close[1:] / market.close[:-1] - 1.0
    rows, columns = np.nonzero(np.abs(returns) > LARGE_MOVE_FRAC)
    return tuple(
        LargeMove(market.tickers[j], str(market.sessions[i + 1]), float(returns[i, j]))
        for i, j in zip(rows.tolist(), columns.tolist(), strict=True)
    )
