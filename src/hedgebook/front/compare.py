"""Several runs or return series side by side, as a script asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgebook.engine.one_thread import figures_on_one_thread, on_one_thread
from hedgebook.errors import ParameterError
from hedgebook.strategies.tearsheet.compare import ComparisonTables, compare_tracks
from hedgebook.universes.checks import LIST_OF_NAMES, MARKET, PATH, SERIES, Kind, check, either, maybe, takes
from hedgebook.universes.raw_file import is_folder

from .replay.call import repeatable
from .result import Result
from .tearsheet import RISKLESS, UNIT, own_market

if TYPE_CHECKING:
    import pandas as pd

    from hedgebook.reports.page.kind import ReportKind
    from hedgebook.reports.workbook.sheets.returns import Track as Returns
    from hedgebook.strategies.risk.return_series import ReturnsIn
    from hedgebook.strategies.tearsheet.track import Track
    from hedgebook.universes.market import Market

MOST = 50
SUBJECTS = Kind(
    "a list of runs, run folders, series or files of returns, or names", lambda value: isinstance(value, list | tuple)
)


@figures_on_one_thread
@dataclass(frozen=True, eq=False)
class Comparison(Result, ComparisonTables):
    """A comparison, with everything that can be written about it.

    `measures` has one row a track, of the dates that all have; `own` those of each. `differences` to the reference come
    with standard error, bounds of 95 % and p-value of a paired bootstrap. Returns are fractions, annual measures are
    undefined without a regular step, and what is undefined is NaN.
    """

    _label = ("name",)

    def _writers(self) -> ReportKind[Any]:
        from hedgebook.reports.compare.page import COMPARISON_REPORT

        return COMPARISON_REPORT

    def _returns(self) -> Returns:
        import pandas as pd

        from hedgebook.engine.tearsheet.excess import riskless_return
        from hedgebook.reports.workbook.sheets.returns import Track

        named = {track.name: track.returns for track in self.tracks}
        if self.benchmark is not None:
            named[str(self.benchmark.name)] = self.benchmark
        common = pd.DataFrame({name: one.reindex(self.dates) for name, one in named.items()}, index=self.dates)
        common = common.loc[:, common.notna().all()]
        return Track(common, self.frequency.per_year, riskless_return(self.riskless_annual, self.frequency))

    def _headline(self, values: dict[str, Any]) -> Mapping[str, Any]:
        return {f"best_{key}": one["name"] for key, one in values["best"].items() if one["stands"]}

    def __repr__(self) -> str:
        return f"<Comparison of {len(self.tracks)} on {len(self.dates):,} common dates>"


@repeatable
@takes(
    subjects=SUBJECTS,
    benchmark=maybe(either(PATH, SERIES)),
    names=maybe(LIST_OF_NAMES),
    market=maybe(MARKET),
    returns_in=UNIT,
    benchmark_in=UNIT,
    riskless_annual=RISKLESS,
)
@on_one_thread
def compare(
    subjects: Sequence[Any],
    benchmark: str | Path | pd.Series[float] | None = None,
    *,
    names: Sequence[str] | None = None,
    market: Market | None = None,
    returns_in: ReturnsIn | None = None,
    benchmark_in: ReturnsIn | None = None,
    riskless_annual: float = 0.0,
) -> Comparison:
    """Measures, curves, correlations and parameters of 2 to 50 side by side, and which differences exceed their error.

    subjects: runs, sweeps (their best set) or the folders of either, Series or CSV files of returns or prices, tickers
    of the market, and strategies or their names in the catalogue, which are run on the market. benchmark: as of
    `tearsheet`. names: what they are called, one of each. market: prices for names and tickers. returns_in,
    benchmark_in: "fraction" or "percent". What comes more often is compounded to the dates of what comes less often.
    riskless_annual: a yearly rate that Sharpe ratios are in excess of, beside cash that a run names itself.
    Measures are those of the dates that all have; the best of one stands out where its lead over the next is more than
    1.96 standard errors of a paired stationary block bootstrap. Raises an InputError.
    """
    from .tracks.track import benchmark_series

    if not 2 <= len(subjects) <= MOST:
        raise ParameterError("so many cannot be compared", where="subjects", value=len(subjects), bound=f"2 to {MOST}")
    if names is not None and len(names) != len(subjects):
        raise ParameterError("one name each is needed", where="names", value=len(names), bound=str(len(subjects)))
    found = [_with_parameters(one, market, returns_in) for one in subjects]
    tracks = _told_apart([track for track, _ in found], subjects)
    if names is not None:
        tracks = [replace(track, name=str(name)) for track, name in zip(tracks, names, strict=True)]
    prices = market if market is not None else next((m for m in map(own_market, subjects) if m is not None), None)
    beside = benchmark_series(benchmark, prices, benchmark_in)
    made = compare_tracks(tracks, [parameters for _, parameters in found], beside, float(riskless_annual))
    return Comparison(**{part.name: getattr(made, part.name) for part in fields(made)})


def _told_apart(tracks: list[Track], subjects: Sequence[Any]) -> list[Track]:
    """Runs of one strategy by the names of their folders, where they have some."""
    names = [track.name for track in tracks]
    folders = [isinstance(one, str | Path) and is_folder(Path(one)) for one in subjects]
    return [
        replace(track, name=Path(subject).resolve().name) if folder and names.count(track.name) > 1 else track
        for track, subject, folder in zip(tracks, subjects, folders, strict=True)
    ]


def _with_parameters(
    given: Any, market: Market | None, returns_in: ReturnsIn | None
) -> tuple[Track, Mapping[str, Any]]:
    """The returns of one of them, and the parameters that it was run with, none for a series."""
    from hedgebook.strategies.run.tables import RunTables

    from .loaded import load_run
    from .sweep import Sweep
    from .tracks.best_set import best_of, best_of_folder, is_sweep_folder
    from .tracks.track import track_of

    if isinstance(given, str | Path):
        check("subjects", given, PATH)
    if isinstance(given, str | Path) and is_folder(Path(given)):
        if is_sweep_folder(Path(given)):
            return best_of_folder(Path(given))
        given = load_run(given)
    elif isinstance(given, Sweep):
        return best_of(given)
    elif not isinstance(given, RunTables):
        given = _run_of_strategy(given, market)
    track = track_of(given, market, None, returns_in)
    return track, _parameters(given) if isinstance(given, RunTables) else {}


def _run_of_strategy(given: Any, market: Market | None) -> Any:
    """A run of a strategy or of one that is named in the catalogue; anything else as it is."""
    from hedgebook.strategies.catalogue.find import find_strategy
    from hedgebook.strategies.strategy.strategy import Strategy

    from .run import backtest
    from .tracks.track import is_word

    named = isinstance(given, str) and not Path(given).exists() and is_word(given)
    if not named and not isinstance(given, Strategy):
        return given
    if market is None:
        if named:
            return given
        raise ParameterError("a strategy needs prices", where="market", remedy="Give a market.")
    if named and market.can_price(given):
        return given
    return backtest(find_strategy(given), market)


def _parameters(run: Any) -> Mapping[str, Any]:
    """Parameters, costs and account of a run, as its summary has them."""
    from .tracks.best_set import LEFT_OUT

    values = run.to_dict()
    found = {name: value for name, value in (values.get("parameters") or {}).items() if name not in LEFT_OUT}
    more = {name: values.get(name) for name in ("costs_name", "account", "capital") if values.get(name) is not None}
    return {"strategy": run.name, **found, **more}
