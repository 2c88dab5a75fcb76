"""The tear sheet of any returns, as a script asks for it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgebook.engine.one_thread import figures_on_one_thread, on_one_thread
from hedgebook.reports.page.document import MANIFEST
from hedgebook.strategies.tearsheet.sheet import SheetTables, sheet_of
from hedgebook.universes.checks import MARKET, PATH, SERIES, TEXT, check, either, maybe, number, one_of, takes
from hedgebook.universes.raw_file import is_folder

from .replay.call import repeatable
from .result import Result

if TYPE_CHECKING:
    import pandas as pd

    from hedgebook.reports.page.kind import ReportKind
    from hedgebook.reports.workbook.sheets.returns import Track as Returns
    from hedgebook.strategies.risk.return_series import ReturnsIn
    from hedgebook.strategies.run.run import StrategyRun
    from hedgebook.universes.market import Market

    from .sweep import Sweep

UNIT = maybe(one_of("fraction", "percent"))
RISKLESS = number(-0.5, 0.5)


@figures_on_one_thread
@dataclass(frozen=True, eq=False)
class TearSheet(Result, SheetTables):
    """A tear sheet, with everything that can be written about it.

    Tables have one row a measure, a drawdown, a month or a date. Figures are fractions, rates and volatilities annual,
    NaN where undefined, with the reason; a moving figure uses the returns up to its date.
    """

    _label = ("name",)

    def _writers(self) -> ReportKind[Any]:
        from hedgebook.reports.tearsheet.page import SHEET_REPORT

        return SHEET_REPORT

    def _returns(self) -> Returns:
        from hedgebook.reports.workbook.sheets.returns import Track

        track, frame = self.track, self.track.returns.to_frame(self.name)
        beside = self.benchmark
        if beside is not None and bool(beside.notna().all()):
            name = str(beside.name)
            frame[name if name != self.name else f"{name} (benchmark)"] = beside.to_numpy()
        return Track(frame, track.frequency.per_year, track.riskless)

    def _headline(self, values: dict[str, Any]) -> dict[str, Any]:
        periods = {f"return_{name}": value for name, value in values["periods"].items()}
        return {**values["measures"], **periods}

    def __repr__(self) -> str:
        found = self.measures
        return (
            f"<TearSheet {self.name}: {found['total_return'].value:+.2%}, largest drawdown "
            f"{found['max_drawdown'].value:.2%}, {self.track.frequency.count(len(self.returns))}>"
        )


@repeatable
@takes(
    benchmark=maybe(either(PATH, SERIES)),
    name=maybe(TEXT),
    market=maybe(MARKET),
    returns_in=UNIT,
    benchmark_in=UNIT,
    riskless_annual=RISKLESS,
)
@on_one_thread
def tearsheet(
    returns: pd.Series[float] | StrategyRun | Sweep | str | Path,
    benchmark: str | Path | pd.Series[float] | None = None,
    *,
    name: str | None = None,
    market: Market | None = None,
    returns_in: ReturnsIn | None = None,
    benchmark_in: ReturnsIn | None = None,
    riskless_annual: float = 0.0,
) -> TearSheet:
    """All that is asked of a series of returns: measures with errors, drawdowns, months, moving figures, streaks.

    returns: a Series of simple returns with dates for an index, a run, a
    sweep (its best set) or the folder of either, a CSV of date and return, a CSV of
    date and prices or levels, or a ticker of the market. benchmark: a ticker of the market (a run's own where none is
    given), a CSV or a Series. name: in place of their own. market: prices for tickers. returns_in, benchmark_in:
    "fraction" or "percent"; None takes fractions and refuses what looks like percent points. riskless_annual: a yearly
    effective rate, 0.04 is 4 %, that Sharpe, Sortino, alpha and Treynor are in excess of. How often returns come is
    read off their dates; annual measures are undefined where these have no regular step. Figures are fractions, NaN
    where undefined, with the reason. Raises an InputError that says what cannot be used.
    """
    from .tracks.track import benchmark_series, track_of

    if isinstance(returns, str | Path):
        check("returns", returns, PATH)
    track = track_of(returns, market, name, returns_in)
    # Of a folder they are read again: only where they are needed.
    prices = market if market is not None or benchmark is None else own_market(returns)
    track = replace(track, riskless_annual=float(riskless_annual))
    made = sheet_of(track, benchmark_series(benchmark, prices, benchmark_in))
    return TearSheet(**{part.name: getattr(made, part.name) for part in fields(made)})


def own_market(given: Any) -> Market | None:
    """The market of a run that has one, else None."""
    if isinstance(given, str | Path):
        if not is_folder(Path(given)) or not (Path(given) / MANIFEST).is_file():
            return None
        from .replay.loaded import market_of_folder

        return market_of_folder(Path(given))
    from hedgebook.strategies.run.run import StrategyRun

    from .loaded import LoadedRun
    from .sweep import Sweep

    if isinstance(given, LoadedRun):
        return given.prices
    if isinstance(given, Sweep):
        return given.job.setting.market
    return given.market if isinstance(given, StrategyRun) else None
