"""The returns that a tear sheet or a comparison was asked of: a run, a series, a file, a ticker."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgebook.errors import ParameterError, did_you_mean
from hedgebook.universes.raw_file import is_folder

if TYPE_CHECKING:
    import pandas as pd

    from hedgebook.strategies.risk.return_series import ReturnsIn
    from hedgebook.strategies.tearsheet.track import Track
    from hedgebook.universes.market import Market

PRICE_FILES = (".parquet", ".pq")


def track_of(given: Any, market: Market | None, name: str | None = None, returns_in: ReturnsIn | None = None) -> Track:
    """The returns of a run, a sweep's best set, the folder of either, a series, a CSV or a ticker of the market.

    name: in place of its own; returns_in: unit of a series or a file of returns. Raises an InputError.
    """
    from hedgebook.strategies.tearsheet.track import track_of_returns

    if isinstance(given, str | Path):
        found = _of_text(given, market, returns_in)
    elif _is_run(given):
        found = _of_run(given)
    elif _is_sweep(given):
        from .best_set import best_of

        found = best_of(given)[0]
    else:
        found = track_of_returns(given, str(getattr(given, "name", None) or "returns"), returns_in)
    return replace(found, name=name) if name else found


def _is_run(given: Any) -> bool:
    """Whether a run was given, without loading what makes one."""
    made = sys.modules.get("hedgebook.strategies.run.tables")
    return made is not None and isinstance(given, made.RunTables)


def _is_sweep(given: Any) -> bool:
    """Whether a sweep was given, without loading what runs one."""
    made = sys.modules.get("hedgebook.front.sweep")
    return made is not None and isinstance(given, made.Sweep)


def _of_run(run: Any) -> Track:
    from hedgebook.reports.page.json import HINDSIGHT_NOTE, SIMULATED_NOTE
    from hedgebook.strategies.tearsheet.track import track_of_run

    from ..loaded import LoadedRun

    if isinstance(run, LoadedRun):
        note = str(run.files.summary.get("note"))
        return replace(track_of_run(run), simulated=SIMULATED_NOTE in note, hindsight=HINDSIGHT_NOTE in note)
    simulated = run.market.provenance.simulated
    return replace(track_of_run(run), simulated=simulated, hindsight=not run.plan.tradable)


def _of_text(given: str | Path, market: Market | None, returns_in: ReturnsIn | None) -> Track:
    from hedgebook.strategies.risk.return_series import header_of, holds_levels, read_levels, read_returns
    from hedgebook.strategies.risk.returns_file import DATES, name_of_series
    from hedgebook.strategies.tearsheet.track import track_of_levels, track_of_returns

    path = Path(given)
    if is_folder(path):
        from ..loaded import load_run
        from .best_set import best_of_folder, is_sweep_folder

        if is_sweep_folder(path):
            return best_of_folder(path)[0]
        return _of_run(load_run(path))
    if not path.exists() and market is not None and is_word(given):
        return track_of_ticker(str(given), market)
    if path.suffix.lower() in PRICE_FILES and path.exists():
        raise _which(path)
    header = header_of(path)
    if "ticker" in header:
        raise _which(path) if set(header) & set(DATES) else _no_days(path)
    if holds_levels(header):
        levels, column = read_levels(path)
        return track_of_levels(levels, path.stem, f"column {column!r} of {path.name}")
    return track_of_returns(read_returns(path, returns_in), name_of_series(path), returns_in, path.name)


def data_of(folder: Path) -> Any:
    """What the folder of a run or a sweep says of the prices that it was made with. Raises RunFolderError."""
    from hedgebook.reports.run.folder import read_run

    from .best_set import is_sweep_folder, results_of

    return results_of(folder).get("data") if is_sweep_folder(folder) else read_run(folder).summary.get("data")


def is_word(given: str | Path) -> bool:
    """Whether a text may be a ticker: no folder and no suffix of a file."""
    text = str(given)
    return text == Path(text).name and not text.lower().endswith((".csv", *PRICE_FILES)) and ".csv:" not in text.lower()


def track_of_ticker(ticker: str, market: Market) -> Track:
    """Changes of a ticker's closes. Raises ParameterError for one that the market has no price of."""
    import numpy as np
    import pandas as pd

    from hedgebook.strategies.tearsheet.track import track_of_levels

    market = market.covering([ticker])
    if ticker not in market.columns:
        near = did_you_mean(ticker, market.named)
        raise ParameterError("there is no such file, run folder or ticker", where="returns", value=ticker, remedy=near)
    closes = market.close[:, market.column(ticker)]
    known = np.isfinite(closes)
    if known.sum() < 2:
        raise ParameterError("a return needs two prices", where=ticker, value=int(known.sum()))
    index = pd.DatetimeIndex(market.sessions[known].astype("datetime64[ns]"), name="session")
    levels: pd.Series[float] = pd.Series(closes[known], index=index, name=ticker)
    found = track_of_levels(levels, ticker, f"closes of {ticker} in {market.provenance.source}")
    return replace(found, simulated=market.provenance.simulated)


def _no_days(path: Path) -> ParameterError:
    return ParameterError(
        "this file has tickers and no dates, so there are no returns in it", where=path.name,
        remedy=f"Of holdings: hedgebook risk {path.name}. Of returns: give a column date.",
    )  # fmt: skip


def _which(path: Path) -> ParameterError:
    return ParameterError(
        "this is a file of prices of several tickers", where=path.name,
        remedy=f"Say which one: hedgebook tearsheet TICKER --prices {path.name}, or in Python hb.tearsheet(ticker, "
        "market=hb.load_market(path)).",
    )  # fmt: skip


def benchmark_series(
    given: str | Path | pd.Series[float] | None, market: Market | None, unit: ReturnsIn | None
) -> pd.Series[float] | None:
    """Returns of a benchmark: a ticker of the market, a CSV of returns or of prices, or a series; None without one."""
    from hedgebook.strategies.risk.return_series import header_of, holds_levels, read_levels

    from .benchmark import benchmark_of

    if given is None:
        return None
    if isinstance(given, str | Path) and Path(given).suffix.lower() == ".csv":
        path = Path(given)
        if holds_levels(header_of(path)):
            levels, _ = read_levels(path)
            return levels.pct_change().iloc[1:].rename(path.stem)
    return benchmark_of(given, None, market, unit)
