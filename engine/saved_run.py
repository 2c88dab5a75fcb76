"""A saved run as a check reads it: three frames, aligned, and whether they agree with another engine's books."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hedgebook.errors import RunFolderError, VerificationError

from .kernels.records import Floats
from .metrics import simple_returns

NAV_COLUMNS = ("session", "nav_open", "nav_close", "cash", "interest", "borrow", "return")
CONCESSIONS = ("spread", "slippage", "impact")
COSTS = ("commission", *CONCESSIONS)
FILL_COLUMNS = ("session", "mark", "ticker", "shares", "reference", "price", *COSTS, "cost")
POSITION_COLUMNS = ("session", "ticker", "shares", "price", "value", "weight")
PNL_COLUMNS = ("session", "ticker", "cause", "pnl")


@dataclass(frozen=True, eq=False)
class SavedRun:
    """Frames of a run folder with sound keys: each session, ticker and mark is known and stands once.

    tickers: those of fills and positions, sorted; capital in USD.
    """

    nav: pd.DataFrame
    fills: pd.DataFrame
    positions: pd.DataFrame
    sessions: pd.DatetimeIndex
    tickers: tuple[str, ...]
    capital: float

    def mismatches(
        self, cash: Floats, held: Floats, tolerance_usd: float, pnl: pd.DataFrame | None
    ) -> tuple[str, ...]:
        """What disagrees by more than a tolerance, a sentence each.

        cash: (T,) USD at closes, financing included; held: (T, N) USD, the value of each of `tickers` at closes.
        """
        gaps = {
            "nav: cash is not what the fills leave": self.nav["cash"].to_numpy() - cash,
            "nav: return is not the change of nav_close": self._return_gap(),
            **self._position_gaps(held),
            **self._fill_gaps(),
            **(self._pnl_gaps(pnl) if pnl is not None else {}),
        }
        sizes = {what: _largest(gap) for what, gap in gaps.items()}
        return tuple(f"{what}: {usd:.6g} USD" for what, usd in sizes.items() if not usd <= tolerance_usd)

    def _return_gap(self) -> Floats:
        levels = np.concatenate([[self.capital], self.nav["nav_close"].to_numpy()])
        given, wanted = self.nav["return"].to_numpy(), simple_returns(levels)
        # After a ruin no return may be given.
        gap = np.where(np.isnan(wanted), np.where(np.isnan(given), 0.0, np.nan), (given - wanted) * levels[:-1])
        return np.asarray(gap, dtype=np.float64)

    def _position_gaps(self, held: Floats) -> dict[str, Floats]:
        rows = self.positions
        t = self.sessions.get_indexer(pd.Index(rows["session"]))
        i = pd.Index(self.tickers, dtype=object).get_indexer(pd.Index(rows["ticker"]))
        nav = self.nav["nav_close"].to_numpy()[t]
        readings = {
            "shares times price": rows["shares"] * rows["price"],
            "value": rows["value"],
            "weight times NAV": rows["weight"] * nav,
        }
        gaps: dict[str, Floats] = {}
        for name, reading in readings.items():
            table = np.zeros((len(self.sessions), max(len(self.tickers), 1)))
            table[t, i] = reading.to_numpy()
            gaps[f"positions: {name} is not what the fills leave"] = table - held
        return gaps

    def _fill_gaps(self) -> dict[str, Floats]:
        fills = self.fills
        conceded = fills["shares"] * (fills["price"] - fills["reference"])
        return {
            "fills: spread, slippage and impact are not shares times (price - reference)": (
                conceded - fills[list(CONCESSIONS)].sum(axis=1)
            ).to_numpy(),
            "fills: cost is not the sum of its parts": (
                fills["cost"] - fills[list(COSTS)].sum(axis=1)
            ).to_numpy(),
        }

    def _pnl_gaps(self, pnl: pd.DataFrame) -> dict[str, Floats]:
        """Steps of NAV from close to open to close, against P&L by cause and the costs of the fills between."""
        rows = _frame(pnl, PNL_COLUMNS, "pnl")
        _check_sessions(rows, self.sessions, "pnl")

        def of(cause: str) -> Floats:
            return self._by_session(rows[rows["cause"] == cause], "pnl")

        def paid(name: str, mark: str | None = None) -> Floats:
            fills = self.fills if mark is None else self.fills[self.fills["mark"] == mark]
            return self._by_session(fills, name)

        opened, closed = self.nav["nav_open"].to_numpy(), self.nav["nav_close"].to_numpy()
        before = np.concatenate([[self.capital], closed[:-1]])
        night = self.nav["interest"].to_numpy() + of("overnight") + of("borrow") - paid("cost", "open")
        gaps = {
            "pnl: does not lead from nav_close to the next nav_open": opened - before - night,
            "pnl: does not lead from nav_open to nav_close": closed
            - opened
            - (of("intraday") - paid("cost", "close")),
            "pnl: borrow is not the borrow of nav": of("borrow") + self.nav["borrow"].to_numpy(),
        }
        return gaps | {f"pnl: {name} is not that of the fills": of(name) + paid(name) for name in COSTS}

    def _by_session(self, rows: pd.DataFrame, column: str) -> Floats:
        """(T,): a column added up by session."""
        total = rows.groupby("session")[column].sum().reindex(self.sessions, fill_value=0.0)
        return np.asarray(total, dtype=np.float64)


def read_frames(
    nav: pd.DataFrame, fills: pd.DataFrame, positions: pd.DataFrame, capital: float
) -> SavedRun:
    """Frames of a run folder, keys checked.

    Raises RunFolderError for missing columns, no sessions, cells that are not numbers or dates and a capital
    that is not a positive number; VerificationError for a row that stands twice or names what does not exist.
    """
    if not (np.isfinite(capital) and capital > 0):
        raise RunFolderError("capital is not an amount of money", value=capital, bound="above 0")
    nav = _frame(nav if "session" in nav else nav.reset_index(), NAV_COLUMNS, "nav")
    fills = _frame(fills, FILL_COLUMNS, "fills")
    positions = _frame(positions, POSITION_COLUMNS, "positions")
    sessions = pd.DatetimeIndex(nav["session"], name="session")
    if len(sessions) == 0:
        raise RunFolderError("there is no session", where="nav")
    if not (sessions.is_monotonic_increasing and sessions.is_unique):
        raise VerificationError("nav: the sessions do not ascend")
    for frame, name, key in (
        (fills, "fills", ["session", "mark", "ticker"]),
        (positions, "positions", ["session", "ticker"]),
    ):
        _check_sessions(frame, sessions, name)
        if (twice := frame.duplicated(key)).any():
            row = frame.loc[twice, key].iloc[0]
            raise VerificationError(f"{name}: two rows for {', '.join(str(x) for x in row)}")
    if (odd := ~fills["mark"].isin(("open", "close"))).any():
        raise VerificationError(f"fills: there is no mark {fills.loc[odd, 'mark'].iloc[0]!r}")
    tickers = tuple(sorted({*fills["ticker"], *positions["ticker"]}))
    return SavedRun(nav, fills, positions, sessions, tickers, capital)


def _frame(frame: pd.DataFrame, columns: tuple[str, ...], name: str) -> pd.DataFrame:
    """The named columns, numbers as float64 and sessions as nanoseconds, rows numbered from 0."""
    if missing := [column for column in columns if column not in frame]:
        raise RunFolderError(
            "columns are missing", where=name, value=", ".join(missing), bound=", ".join(columns)
        )
    out = frame.loc[:, list(columns)].reset_index(drop=True)
    try:
        out["session"] = pd.to_datetime(out["session"]).astype("datetime64[ns]")
        for column in columns:
            if column not in ("session", "mark", "ticker", "cause"):
                out[column] = out[column].astype(np.float64)
    except (TypeError, ValueError) as problem:
        raise RunFolderError(f"a cell cannot be read: {problem}", where=name) from None
    return out


def _check_sessions(frame: pd.DataFrame, sessions: pd.DatetimeIndex, name: str) -> None:
    if (unknown := ~frame["session"].isin(sessions)).any():
        day = frame.loc[unknown, "session"].iloc[0]
        raise VerificationError(f"{name}: {day:%Y-%m-%d} is not a session of nav")


def _largest(gap: Floats) -> float:
    """The largest absolute value, NaN where any is NaN, 0 of nothing."""
    return float(np.max(np.abs(gap))) if gap.size else 0.0
