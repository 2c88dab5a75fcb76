"""The benchmark that a report is beside, as a script or a command gives it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hedgebook.errors import ParameterError

if TYPE_CHECKING:
    import pandas as pd

    from hedgebook.strategies.risk.return_series import ReturnsIn
    from hedgebook.universes.market import Market


def benchmark_of(
    given: str | Path | pd.Series[float] | None, own: Market | None, market: Market | None, unit: ReturnsIn | None
) -> pd.Series[float] | None:
    """Returns of a benchmark by session, None without one.

    given: a ticker, a CSV of returns or a series, None = the universe's of `own`; own: the market of a run or a book,
    None for a series; market: where a ticker is looked up otherwise; unit: of returns. Raises ParameterError.
    """
    import pandas as pd

    from hedgebook.strategies.risk.return_series import checked_returns, read_returns
    from hedgebook.strategies.risk.returns_file import is_csv, name_of_series

    if isinstance(given, pd.Series):
        name = str(given.name or "benchmark")
        return checked_returns(given, name, unit, "benchmark_in").returns.rename(name)
    if given is not None and is_csv(given):
        read = checked_returns(read_returns(given, unit), Path(given).name, unit, "benchmark_in")
        return read.returns.rename(name_of_series(given))
    prices = own or market
    if prices is None:
        if given is None:
            return None
        raise ParameterError(
            "a benchmark's prices are needed", where="benchmark", value=str(given),
            remedy="Give prices, or a CSV of date and return.",
        )  # fmt: skip
    if given is None and (own is None or prices.universe.benchmark not in prices.columns):
        return None
    ticker = prices.universe.benchmark if given is None else str(given)
    prices = prices.covering([ticker])
    if ticker not in prices.columns:
        what, remedy = prices.why_unpriced(ticker)
        raise ParameterError(what, where="benchmark", remedy=remedy)
    index = pd.DatetimeIndex(prices.sessions.astype("datetime64[ns]"), name="session")
    found = pd.Series(prices.close_returns([ticker])[:, 0], index=index, name=ticker)
    venues = prices.venues
    return found if venues is None else found[venues.trades[:, venues.of[prices.column(ticker)]]]
