"""The risk of a run, a book or a return series, as a script asks for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from hedgebook.engine.one_thread import figures_on_one_thread, on_one_thread
from hedgebook.errors import ParameterError, RunFolderError, did_you_mean
from hedgebook.strategies.risk.report import RiskReport, risk_of
from hedgebook.strategies.risk.tails import RiskTerms
from hedgebook.universes.checks import (
    ACCOUNT,
    DAY,
    EVENTS,
    FACTOR_SET,
    LOADINGS,
    MARKET,
    NUMBER,
    PATH,
    SERIES,
    check,
    check_fields,
    either,
    many,
    maybe,
    number,
    one_of,
    takes,
    whole,
)
from hedgebook.universes.counted import counted
from hedgebook.universes.event import Events
from hedgebook.universes.raw_file import is_folder

from .replay.call import repeatable
from .result import Result, of_kind
from .tracks.benchmark import benchmark_of

if TYPE_CHECKING:
    import pandas as pd

    from hedgebook.engine.account import Account
    from hedgebook.engine.exposure.factor_file import FactorModel, Loadings
    from hedgebook.engine.exposure.factor_sets import FactorSet
    from hedgebook.engine.stress.history import Missing
    from hedgebook.reports.page.kind import ReportKind
    from hedgebook.reports.workbook.sheets.returns import Track as Returns
    from hedgebook.strategies.book.file import Book
    from hedgebook.strategies.risk.return_series import ReturnsIn
    from hedgebook.strategies.risk.subject import Subject
    from hedgebook.strategies.run.run import StrategyRun
    from hedgebook.universes.market import Market

    from .loaded import LoadedRun


# Of NAV: no account can hold more.
LARGEST_WEIGHT = 1e6


@figures_on_one_thread
@dataclass(frozen=True, eq=False)
class Risk(Result, RiskReport):
    """A risk report, with everything that can be written about it.

    `var` has one row a method and confidence: VaR and ES as positive losses, fractions of NAV over the horizon;
    `rolling` and `bands` have one row a session. A forecast of a session uses sessions before it alone. What is
    undefined, as for want of history, is NaN with the reason in `note`.
    """

    _label = ("name",)

    def _writers(self) -> ReportKind[Any]:
        from hedgebook.reports.risk.page import RISK_REPORT

        return RISK_REPORT

    def _returns(self) -> Returns | None:
        from hedgebook.reports.workbook.sheets.returns import Track

        subject = self.subject
        history = subject.history.dropna()
        name = subject.history_of or subject.name
        return Track(history.to_frame(name), subject.frequency.per_year) if len(history) else None

    def _headline(self, values: dict[str, Any]) -> dict[str, Any]:
        losses = {
            f"{kind}_{row['method']}_{row['confidence']:g}": row[f"{kind}_frac"]
            for row in values["var"]
            for kind in ("var", "es")
        }
        return {**values["figures"], **losses}

    def __repr__(self) -> str:
        first = self.var.iloc[0]
        loss = f"{first['var_frac']:.2%}".replace("nan%", "undefined")
        return (
            f"<Risk {self.subject.name}: {first['method']} VaR {loss} at "
            f"{first['confidence']:.0%}, {self.subject.frequency.count(len(self.subject.history))}>"
        )


MORE = {
    "loss": NUMBER,
    "paths": maybe(whole(1)),
    "sessions": whole(1),
    "seed": whole(0),
    "missing": one_of("common", "factor"),
    "as_of": maybe(DAY),
    "cash": maybe(number(-1e15, 1e15)),
    "chain": maybe(PATH),
    "factors": maybe(either(PATH, FACTOR_SET)),
    "loadings": maybe(either(PATH, LOADINGS)),
    "factors_in": maybe(one_of("fraction", "percent")),
}


@dataclass(frozen=True)
class RiskOptions:
    """What is asked less often. loss: of NAV, for reverse stress; paths, sessions, seed: of the simulations (paths
    None = 10,000, fewer for many hundred holdings); missing: "common" or "factor", see engine.stress.history;
    as_of: the close at which a book is valued, None = the last; cash: USD beside a book's holdings, None = what the
    book says; chain: quotes of a book's options, a file or a folder of one file a name, None = modelled quotes, which
    the report says; returns_in, benchmark_in: "fraction" or "percent", of
    a series of returns and of a benchmark's; None takes fractions and refuses what looks like percent points; tell: is
    told what is being done; factors, loadings, factors_in: of a vendor's model, as `hedgebook.backtest` takes them."""

    loss: float = 0.10
    paths: int | None = None
    sessions: int = 60
    seed: int = 0
    missing: Missing = "common"
    as_of: str | None = None
    cash: float | None = None
    chain: str | Path | None = None
    returns_in: ReturnsIn | None = None
    benchmark_in: ReturnsIn | None = None
    tell: Callable[[str], None] | None = None
    factors: FactorSet | str | Path | None = None
    loadings: Loadings | str | Path | None = None
    factors_in: Literal["fraction", "percent"] | None = None

    def __post_init__(self) -> None:
        check_fields(self, MORE)
        if self.as_of is not None:
            object.__setattr__(self, "as_of", str(self.as_of)[:10])


@repeatable
@takes(
    market=maybe(MARKET),
    benchmark=maybe(either(PATH, SERIES)),
    confidence=either(NUMBER, many(NUMBER, "a list of numbers")),
    horizon=whole(1),
    scenarios=PATH,
    account=ACCOUNT,
    events=EVENTS,
)
@on_one_thread
def risk(
    subject: StrategyRun | Book | pd.Series[float] | str | Path,
    market: Market | None = None,
    *,
    benchmark: str | Path | pd.Series[float] | None = None,
    confidence: float | Sequence[float] = (0.95, 0.99),
    horizon: int = 1,
    scenarios: str | Path = "scenarios",
    account: Account | str | Path = "plain",
    events: Events = "events",
    **more: Any,
) -> Risk:
    """VaR and ES with the tests of each method, drawdowns, rolling risk, stress, reverse stress and simulations.

    subject: a run (its own market is used) or its folder, a book or a CSV of holdings, or a series of simple returns
    or a CSV of date and return. market: prices for a folder, a book or a benchmark ticker. benchmark: a ticker of the
    market (None: the universe's), a series or a CSV of returns. confidence: of VaR
    and ES, one or several between 0 and 1; horizon: sessions; scenarios, events: libraries, shipped or a TOML file;
    account: whose margin rules decide about margin calls; more: the fields of RiskOptions, by name.
    VaR and ES are positive losses, fractions of NAV; NaN where they are undefined.
    Raises an InputError that says what cannot be used.
    """
    from hedgebook.engine.account import load_account
    from hedgebook.universes.event import load_events

    if isinstance(subject, str | Path):
        check("subject", subject, PATH)
    confidences = (confidence,) if isinstance(confidence, int | float) else tuple(confidence)
    from hedgebook.strategies.risk.factor_exposure import factor_exposure

    asked = _more(more)
    model = _model(asked)
    options = RiskTerms(confidences, horizon, asked.loss, asked.paths, asked.sessions, asked.seed)
    found = subject_of(
        subject, market, as_of=asked.as_of, cash=asked.cash, missing=asked.missing, returns_in=asked.returns_in,
        chain=asked.chain,
    )  # fmt: skip
    done = risk_of(
        found,
        options,
        account=load_account(account),
        scenarios=scenarios,
        events=load_events(events).events,
        benchmark=benchmark_of(benchmark, found.market, market, asked.benchmark_in),
        tell=asked.tell or (lambda _: None),
    )
    return of_kind(Risk, done if model is None else replace(done, factors=factor_exposure(found, model)))


def _model(asked: RiskOptions) -> FactorModel | None:
    """The vendor's model that was given. Raises an InputError."""
    from hedgebook.engine.exposure.factor_file import model_of

    if asked.factors is not None:
        return model_of(asked.factors, asked.loadings, asked.factors_in)
    if asked.loadings is not None:
        raise ParameterError("loadings need the returns of their factors", where="loadings", remedy="Give factors=.")
    return None


def subject_of(
    given: StrategyRun | Book | pd.Series[float] | str | Path,
    market: Market | None,
    *,
    as_of: str | None,
    cash: float | None,
    missing: Missing,
    returns_in: ReturnsIn | None = None,
    chain: str | Path | None = None,
) -> Subject:
    """What was given as the subject of a report. Raises an InputError."""
    from hedgebook.strategies.book.file import Book, check_book, holds_positions, read_book
    from hedgebook.strategies.risk.return_series import read_returns
    from hedgebook.strategies.risk.returns_file import name_of_series
    from hedgebook.strategies.risk.subject import subject_of_book, subject_of_returns
    from hedgebook.strategies.run.run import StrategyRun

    from .loaded import LoadedRun, load_run

    if isinstance(given, str | Path):
        path = Path(given)
        if is_folder(path):
            given = load_run(path)
        else:
            if holds_positions(path):
                priced = _needed(market, "a book")
                book = read_book(path, priced)
                return subject_of_book(book, priced.covering(book.tickers), as_of, cash, missing, chain)
            _only_books(as_of, cash, chain)
            return subject_of_returns(read_returns(path, returns_in), name_of_series(path), returns_in, path.name)
    if isinstance(given, StrategyRun):
        _only_books(as_of, cash, chain)
        if isinstance(given, LoadedRun):
            found = _subject_of_loaded(given, given.market if market is None else market, missing)
        else:
            found = _subject_of_run(given, missing)
        return _with_track(found, given)
    if isinstance(given, Book):
        priced = _needed(market, "a book")
        check_book(given, priced)
        return subject_of_book(given, priced.covering(given.tickers), as_of, cash, missing, chain)
    _only_books(as_of, cash, chain)
    return subject_of_returns(given, str(getattr(given, "name", None) or "returns"), returns_in)


def _subject_of_run(run: StrategyRun, missing: Missing) -> Subject:
    """An event trade by its entry weights as known before the news; any other strategy by what it holds at the end,
    or by its own returns where it holds nothing then."""
    from hedgebook.strategies.risk.subject import subject_of_weights

    capital, plan, opens = run.backtest.capital, run.trade_plan, run.nav["nav_open"].to_numpy()
    if plan is not None:
        weights, known_at = plan.weights(), plan.known_at
        return subject_of_weights(run.name, run.market, weights, known_at, capital, run.levels, missing, opens)
    return _closing(run, run.market, missing)


def _closing(run: StrategyRun, market: Market, missing: Missing) -> Subject:
    """What a run holds at its last close, or its own returns where it holds nothing or something without a price."""
    import numpy as np

    from hedgebook.strategies.risk.subject import subject_of_closing_weights, subject_of_returns, with_opens

    last, track = run.sessions[-1], run.returns.dropna()
    rows = run.positions[run.positions["session"] == last]
    held = dict(zip(rows["ticker"].astype(str), rows["weight"].astype(float), strict=True))
    why = "the run holds nothing at its end"
    if held and run.final_nav <= 0.0:
        why = "the run lost its whole capital"
    elif held:
        day = last.to_numpy().astype("datetime64[D]")
        closes = market.close[market.session_index(day)]
        silent = [ticker for ticker in held if np.isnan(closes[market.column(ticker)])]
        if not silent:
            found = subject_of_closing_weights(run.name, market, held, day, run.final_nav, run.levels, missing)
            return with_opens(found, run.nav["nav_open"].to_numpy())
        why = f"the run ends with {', '.join(silent)}, which has no price then"
    # Who loses more than everything has lost everything: there is no return below that.
    found = subject_of_returns(track.clip(lower=-1.0), run.name, "fraction")
    return replace(found, notes=(f"{why}: these are the risks of its own returns", *found.notes))


def _subject_of_loaded(run: LoadedRun, market: Market, missing: Missing) -> Subject:
    """A run from its folder, as the run itself would be."""
    import pandas as pd

    from hedgebook.strategies.risk.subject import subject_of_weights

    from .loaded import check_prices_of

    summary = run.files.summary
    check_prices_of(run.folder, run.files.summary.get("data"), market)
    try:
        trade = summary.get("known_at") is not None or "kind" not in summary
        held = summary["weights"] if trade else run.weights.iloc[-1].to_dict()
        weights = {str(name): float(value) for name, value in held.items()}
        if trade:
            pd.Timestamp(str(summary["known_at"]))
        if not all(abs(value) < LARGEST_WEIGHT for value in weights.values()):
            raise ValueError("its weights are no fractions of NAV")
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as problem:
        raise RunFolderError(
            f"summary.json does not describe the positions of a run: {problem}", where=str(run.folder),
            remedy="Run it again with --overwrite.",
        ) from None  # fmt: skip
    market = market.covering([*weights, *run.pnl_long["ticker"].astype(str).unique()])
    for ticker in weights:
        market.column(ticker)
    if trade:
        known_at, opens = str(summary["known_at"]), run.nav["nav_open"].to_numpy()
        found = subject_of_weights(run.name, market, weights, known_at, run.capital, run.levels, missing, opens)
    else:
        found = _closing(run, market, missing)
    made_in, here = summary.get("universe", market.universe.name), market.universe.name
    if made_in != here:
        told = f"the run was made in universe {made_in}, its risk is asked in {here}, whose factors and events count"
        found = replace(found, notes=(told, *found.notes))
    return found


def _with_track(subject: Subject, run: StrategyRun) -> Subject:
    """The same, with a note where the run itself says little: what is measured of a trade are the entry weights."""
    notes, traded, of_trade = [], run.traded, subject.history_of == "entry weights"
    if not traded:
        wanted = ": these are the risks of the weights that it wanted, which were never held" if of_trade else ""
        notes.append(f"the run traded nothing{wanted}")
    if of_trade and bool((run.nav[["nav_open", "nav_close"]] <= 0.0).any(axis=None)):
        notes.append("the run lost its whole capital: these are the risks of its entry weights, as known before")
    notes += _without_price(run)
    return replace(subject, notes=(*notes, *subject.notes), traded=traded)


def _without_price(run: StrategyRun) -> list[str]:
    """What a run's own returns hold that is no price of the day: positions that ended stale, and write-offs."""
    from pandas.api.types import is_numeric_dtype

    from hedgebook.engine.backtest.stale import STALE_AT_END_SESSIONS

    last = run.positions[run.positions["session"] == run.sessions[-1]]
    if "stale_sessions" not in last or not is_numeric_dtype(last["stale_sessions"]):
        raise RunFolderError(
            "positions.parquet has no numbers in its column stale_sessions", where=run.name,
            remedy="Run it again with --overwrite.",
        )  # fmt: skip
    stale = last[last["stale_sessions"] >= STALE_AT_END_SESSIONS]
    found = [
        f"{ticker} is stale at the end of the run: no price for {counted(int(count), 'session')}, so the run's own "
        "returns count it at its last price"
        for ticker, count in zip(stale["ticker"], stale["stale_sessions"], strict=True)
    ]
    written_off = run.fills[run.fills["reason"].isin(("stale", "delisted"))]
    return found + [
        f"{ticker} was written off in the run on {day:%Y-%m-%d} at {price:,.6g}, which its own returns count"
        for ticker, day, price in zip(written_off["ticker"], written_off["session"], written_off["price"], strict=True)
    ]


def _more(given: dict[str, Any]) -> RiskOptions:
    names = [part.name for part in fields(RiskOptions)]
    for name in given:
        if name not in names:
            remedy = did_you_mean(name, names)
            raise ParameterError("there is no such parameter", where="risk", value=name, remedy=remedy)
    return RiskOptions(**given)


def _needed(market: Market | None, what: str) -> Market:
    if market is None:
        raise ParameterError(f"{what} needs prices", where="market", remedy="Give a market, as hb.load_market gives.")
    return market


def _only_books(as_of: str | None, cash: float | None, chain: str | Path | None) -> None:
    for name, value in (("as_of", as_of), ("cash", cash), ("chain", chain)):
        if value is not None:
            raise ParameterError("only a book takes this", where=name, value=str(value), remedy="Leave it out.")
