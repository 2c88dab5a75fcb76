"""A run read back from its folder, which can be asked for the same as one that was just made."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import pandas as pd

from hedgebook.engine.actions.share_changes import CHANGE_COLUMNS
from hedgebook.engine.exposure.attribution import FactorPnl
from hedgebook.engine.exposure.regression import Exposure
from hedgebook.engine.one_thread import figures_on_one_thread
from hedgebook.errors import ParameterError, RunFolderError
from hedgebook.reports.page.document import MANIFEST
from hedgebook.reports.run.folder import RunFiles, changed_files, copy_report, copy_run, kept_document, read_run
from hedgebook.strategies.run.exposure import TradeExposure
from hedgebook.strategies.run.tables import RunBy, held_weights, pnl_split
from hedgebook.universes.calendar import trading_calendar
from hedgebook.universes.checks import FLAG, MARKET, PATH, TEXT, maybe, takes

from .result import Writers
from .run import Run

if TYPE_CHECKING:
    import vectorbt

    from hedgebook.engine.backtest.result import Backtest
    from hedgebook.engine.verify.vectorbt import Verification
    from hedgebook.reports.page.document import Copies, Document
    from hedgebook.strategies.audit.audit import StrategyAudit
    from hedgebook.strategies.strategy.plan import Plan
    from hedgebook.strategies.strategy.strategy import Strategy
    from hedgebook.universes.event import Event
    from hedgebook.universes.market import Market

    from .replay.replay import Replay
    from .risk import Risk

REJECTED = ("session", "mark", "ticker", "status", "reason")
AGAIN = "Run the strategy again with hb.backtest for it."


@figures_on_one_thread
class LoadedRun(Run):
    """A run as its folder tells it: figures, tables and report as they were saved.

    Prices are those that were given, else read again from where the folder's manifest says; strategy, plan and
    simulation are made again from it, when they are asked for. Raises RunFolderError, with the remedy, where they
    cannot be had, or not as they were. Estimates are those that were saved, with alphas of NaN.
    """

    def __init__(self, files: RunFiles, market: Market | None = None) -> None:
        object.__setattr__(self, "_files", files)
        object.__setattr__(self, "_prices", market)

    @property
    def files(self) -> RunFiles:
        """What stands in the folder."""
        found: RunFiles = self.__dict__["_files"]
        return found

    @property
    def folder(self) -> Path:
        """Where it was read."""
        return self.files.folder

    @property
    def prices(self) -> Market | None:
        """The market that was given with the folder or read again, None where it cannot be had."""
        try:
            return self.market
        except RunFolderError:
            return None

    @property
    def market(self) -> Market:
        """The market that was given with the folder, else that of the same prices, read again.

        Raises RunFolderError where neither is to be had.
        """
        found: Market | None = self.__dict__["_prices"]
        if found is None:
            from .replay.loaded import market_of_folder

            found = market_of_folder(self.folder)
            object.__setattr__(self, "_prices", found)
        return found

    @cached_property
    def _again(self) -> Run:
        """The run made again, the same to the bit. Raises RunFolderError where it cannot be, or is another one."""
        from .replay.loaded import run_again

        return run_again(self.folder, self.market)

    @property
    def strategy(self) -> Strategy:
        """What was run, made again. Raises RunFolderError."""
        return self._remade("the strategy", "to_dict()['parameters'] has its parameters").strategy

    @property
    def plan(self) -> Plan:
        """Its plan, made again. Raises RunFolderError."""
        return self._remade("the plan", "to_dict() has its weights, estimates and event").plan

    @property
    def model(self) -> None:
        """Not in a folder: exposures and P&L by factor are as they were saved."""
        return None

    @property
    def backtest(self) -> Backtest:
        """The simulation, made again. Raises RunFolderError."""
        return self._remade("the simulation", "nav, fills, positions, pnl(...) and round_trips are").backtest

    @property
    def event(self) -> Event | None:
        """None for a strategy without one; that of an event trade is made again. Raises RunFolderError."""
        if self.files.summary.get("event") is None:
            return None
        return self._remade("the event", "to_dict()['event'] has its id, hb.events() has all of them").event

    @property
    def factor_pnl(self) -> FactorPnl | None:
        """None for a run without one; by session it is made again. Raises RunFolderError."""
        if not self.files.summary.get("pnl_by_factor"):
            return None
        return self._remade("P&L by factor and session", "to_dict()['pnl_by_factor'] has its totals").factor_pnl

    def _remade(self, what: str, instead: str) -> Run:
        if not (self.folder / MANIFEST).is_file():
            self._not_saved(what, instead)
        return self._again

    @takes(recorded=FLAG)
    def replay(self, *, recorded: bool = False, **given: Any) -> Replay:
        """Make it again from its manifest, and say whether it is the same: see `hedgebook.replay`."""
        from .replay.replay import replay

        return replay(self.folder, recorded=recorded, **{"market": self.__dict__["_prices"], **given})

    def _not_saved(self, what: str, instead: str) -> NoReturn:
        raise RunFolderError(f"{what} is not in the folder of a run; {instead}", where=str(self.folder), remedy=AGAIN)

    @property
    def name(self) -> str:
        """What the strategy is called."""
        return str(self.files.summary["trade"])

    @property
    def capital(self) -> float:
        """Initial capital in USD."""
        return float(self.files.summary["capital"])

    @property
    def opening(self) -> np.datetime64:
        """The session before the first one; where an older folder does not tell it, that of the exchange."""
        if not len(self.sessions):
            raise RunFolderError("nav.parquet has no session", where=str(self.folder), remedy=AGAIN)
        first = self.sessions[0].to_numpy().astype("datetime64[D]")
        try:
            told = np.datetime64(str(self.files.summary["opening_session"]), "D")
            if told <= first:
                return told
        except (KeyError, ValueError):
            pass
        days = trading_calendar(first.item().year - 1, first.item().year).sessions
        before: np.datetime64 = days[max(int(np.searchsorted(days, first)) - 1, 0)]
        return before

    @property
    def nav(self) -> pd.DataFrame:
        """NAV at both marks, cash, interest, borrow and return by session, USD."""
        return self.files.nav

    @property
    def fills(self) -> pd.DataFrame:
        """Filled orders with reference price, fill price and costs in USD."""
        return self.files.fills

    @property
    def traded(self) -> bool:
        """Whether any order was filled."""
        return len(self.fills) > 0

    @property
    def share_changes(self) -> pd.DataFrame:
        """What corporate actions did to positions before opens."""
        none = pd.DataFrame(columns=list(CHANGE_COLUMNS))
        return none if self.files.actions is None else self.files.actions

    @property
    def positions(self) -> pd.DataFrame:
        """Held positions at each close."""
        return self.files.positions

    @property
    def pnl_long(self) -> pd.DataFrame:
        """P&L by session, ticker, bucket, leg (None without legs) and cause in USD, without the rows that are zero."""
        return self.files.pnl

    @property
    def rejected(self) -> pd.DataFrame:
        """The orders that were rejected or deferred, with the reason."""
        rows = self.files.summary.get("rejected")
        frame = pd.DataFrame(rows if isinstance(rows, list) else [], columns=list(REJECTED))
        return frame.assign(session=pd.to_datetime(frame["session"]))

    @cached_property
    def weights(self) -> pd.DataFrame:
        """Sessions by tickers that were ever held: value at each close as a fraction of NAV, 0 where none is held."""
        return held_weights(self.positions, self.sessions)

    @takes(by=TEXT)
    def pnl(self, by: RunBy = "ticker") -> pd.DataFrame:
        """P&L in USD by ticker, bucket, leg, cause or session, with the causes as columns; by factor in total.

        Net of each ticker's own costs; interest belongs to cash. Raises ParameterError for another `by`.
        """
        if by == "factor":
            split = self.files.summary.get("pnl_by_factor")
            if not split:
                raise ParameterError("P&L was not split by factor in this run", where="by", value=by)
            return pd.DataFrame({"total": split}, dtype=np.float64).rename_axis(index="factor")
        return pnl_split(self.pnl_long, by, self.sessions)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was said of the run when it was made."""
        said = self.files.summary.get("warnings")
        return tuple(str(one) for one in said) if isinstance(said, list) else ()

    @cached_property
    def exposures(self) -> TradeExposure:
        """Factor exposure before the news (of an event trade) and during the run, as it was saved."""
        values = self.files.summary
        windows = values.get("exposure_windows") or {}
        before = _exposure(values.get("exposures"), windows.get("before"))
        during = _exposure(values.get("exposures_during"), windows.get("during"))
        factors = values.get("factor_definitions") or {}
        return TradeExposure(before, during, tuple(factors), tuple(factors.values()), ())

    def to_dict(self) -> dict[str, Any]:
        """What summary.json of its folder holds: fractions and USD unrounded, None where undefined."""
        return dict(self.files.summary)

    def _writers(self) -> Writers:
        return Writers(
            lambda run: run.to_dict(),
            lambda run, path: copy_report(run.files, path),
            lambda run, folder, **how: copy_run(run.files, folder, **how),
        )

    def _workbook(self) -> bytes:
        from hedgebook.reports.workbook.run import run_workbook, said_of_document

        values, document = self.to_dict(), kept_document(self.files)
        return run_workbook(self, values, None if document is None else said_of_document(document, values), loaded=True)

    def _document(self) -> Document:
        found = kept_document(self.files)
        return found if found is not None else self._remade("what a PDF is made of", "its report.html is")._document()

    def checked(self, *found: StrategyAudit | Verification) -> NoReturn:  # noqa: ARG002
        """Not of a run that was read back, whose report is written. Raises RunFolderError."""
        self._not_saved("what a report with checks is made of", "its own report is")

    def _manifest(self) -> Copies:
        """The manifest as it stands in the folder, if it does: a copy was made as the original was."""
        file = self.folder / MANIFEST
        return {MANIFEST: lambda path: path.write_bytes(file.read_bytes())} if file.is_file() else {}

    def risk(self, **options: Any) -> Risk:
        """The risk report of what it held, with the options of `hedgebook.risk` by name; needs its prices."""
        from .risk import risk

        return risk(self, **{"market": self.market, **options})

    def to_vectorbt(self) -> vectorbt.Portfolio:
        """The same fills as a vectorbt portfolio, financing off, valued at the prices that stand in the folder."""
        from hedgebook.engine.verify.frames import read_frames
        from hedgebook.engine.verify.vectorbt import frames_to_vectorbt

        return frames_to_vectorbt(
            read_frames(self.nav, self.fills, self.positions, self.capital, actions=self.files.actions)
        )

    def verify(self) -> Verification:
        """The folder against itself and against vectorbt, as the command `hedgebook verify` does it."""
        from dataclasses import replace

        from hedgebook.engine.verify.vectorbt import verify_frames

        files = self.files
        found = verify_frames(
            files.nav, files.fills, files.positions, self.capital, files.pnl, files.summary, files.actions
        )
        changed = [f"{name}: its bytes are not those that were written" for name in changed_files(self.folder)]
        mismatches = (*found.mismatches, *changed)
        return replace(found, mismatches=mismatches, passed=found.passed and not changed)

    def __repr__(self) -> str:
        days = self.sessions
        gain = self.final_nav / self.capital - 1.0
        return f"<Run {self.name}: {gain:+.2%} from {days[0].date()} to {days[-1].date()} (loaded from {self.folder})>"


def _exposure(table: Any, window: Any) -> Exposure | None:
    """An exposure as it was saved; None where there was none or it cannot be understood."""
    if not table or not window:
        return None
    try:
        frame = pd.DataFrame.from_dict(table, orient="index", dtype=np.float64).rename_axis("factor")
        return Exposure(
            table=frame[["beta", "stderr", "tstat"]],
            alpha=float("nan"),
            alpha_tstat=float("nan"),
            r_squared=float(window["r_squared"]),
            sessions=int(window["sessions"]),
            first=np.datetime64(window["first"], "D"),
            last=np.datetime64(window["last"], "D"),
            lags=int(window["lags"]),
        )
    except (KeyError, TypeError, ValueError):
        return None


@takes(folder=PATH, market=maybe(MARKET))
def load_run(folder: str | Path, market: Market | None = None) -> Run:
    """Read the folder of a run, which can then be asked for what a run can.

    market: that of the same prices, for what needs them; None reads them again, when they are needed, from where they
    were read then. Raises RunFolderError that names the file that is missing or damaged, and for a market of other
    prices.
    """
    files = read_run(folder)
    if market is not None:
        check_prices_of(files.folder, files.summary.get("data"), market)
    return LoadedRun(files, market)


def check_prices_of(folder: Path, told: Any, market: Market) -> None:
    """Refuse a market of other prices than `told`, the data of a run or a sweep. Raises RunFolderError."""
    data = told if isinstance(told, dict) else {}
    sha = data.get("sha256")
    if sha is None:
        raise RunFolderError(
            "it is not said which prices it was made with", where=str(folder), remedy="Run it again with --overwrite."
        )
    if sha != market.provenance.sha256:
        raise RunFolderError(
            "it was made with other prices",
            where=str(folder),
            value=market.provenance.source,
            bound=f"{data.get('source', 'other prices')}, as it was then",
            remedy="Give the same price file with --prices.",
        )
