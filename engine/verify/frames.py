"""A saved run as a check reads it: frames with sound keys, aligned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hedgebook.errors import RunFolderError, VerificationError
from hedgebook.universes.brief import brief

from ..actions.share_changes import CHANGE_COLUMNS
from ..arrays import Floats, Ints
from ..kernels.book.records import Booked, Cause, columns

NAV_COLUMNS = ("session", "nav_open", "nav_close", "cash", "interest", "borrow", "return")
TRADING_COSTS = columns(Booked.TRADING)
FILL_COLUMNS = ("session", "mark", "ticker", "shares", "reference", "price", *TRADING_COSTS, "cost")
POSITION_COLUMNS = ("session", "ticker", "shares", "price", "value", "weight")
PNL_COLUMNS = ("session", "ticker", "cause", "pnl")
TEXTS = ("mark", "ticker", "cause", "status", "reason", "bucket", "leg", "exchange")
MARKS = ("open", "close")
OTHER_LEG = "other"
CAUSE_NAMES = tuple(cause.column for cause in Cause)


@brief
@dataclass(frozen=True, eq=False)
class SavedFrames:
    """Frames of a run folder with sound keys: each session, ticker and mark is known and stands once.

    tickers: those of all frames, sorted; capital in USD; pnl: None where it is not part of the check; actions: what
    corporate actions did to positions before opens, None where none did.
    """

    nav: pd.DataFrame
    fills: pd.DataFrame
    positions: pd.DataFrame
    sessions: pd.DatetimeIndex
    tickers: tuple[str, ...]
    capital: float
    pnl: pd.DataFrame | None = None
    actions: pd.DataFrame | None = None

    def table(self, rows: pd.DataFrame, column: str) -> Floats:
        """(T, N): a column added up by session and ticker, 0 without a row."""
        out = np.zeros((len(self.sessions), len(self.tickers)))
        np.add.at(out, self.cells(rows), rows[column].to_numpy())
        return out

    def cells(self, rows: pd.DataFrame) -> tuple[Ints, Ints]:
        """Session and ticker number of each row."""
        t = self.sessions.get_indexer(pd.Index(rows["session"]))
        i = pd.Index(self.tickers, dtype=object).get_indexer(pd.Index(rows["ticker"]))
        return np.asarray(t, dtype=np.int64), np.asarray(i, dtype=np.int64)

    def carried(self, held: Floats) -> tuple[Floats, Floats, Floats]:
        """(T, N) shares before each open from those at closes, what they were multiplied by on the way, and USD that
        what came then cost, negative where it was paid."""
        start = np.zeros((1, len(self.tickers)))
        had, ratio = np.vstack([start, held[:-1]]), np.ones((len(self.sessions), len(self.tickers)))
        cost = np.zeros_like(ratio)
        if self.actions is not None:
            t, i = self.cells(self.actions)
            rows = self.actions[["ratio", "shares", "price"]].to_numpy()
            for day, column, (times, shares, price) in zip(t.tolist(), i.tolist(), rows.tolist(), strict=True):
                had[day, column] = had[day, column] * times + shares
                ratio[day, column] *= times
                cost[day, column] += shares * price
        return had, ratio, cost

    def marked(self, mark: str) -> pd.DataFrame:
        """The fills of a mark."""
        return self.fills[self.fills["mark"] == mark]

    @property
    def flowed(self) -> Floats:
        """(T,) USD that positions were paid beside their prices, 0 in a run without such a column."""
        return np.asarray(self.nav.get("cash_flow", np.zeros(len(self.sessions))), dtype=np.float64)

    def of_cause(self, cause: str) -> pd.DataFrame:
        """The P&L of a cause; no row where there is none."""
        return self.pnl[self.pnl["cause"] == cause] if self.pnl is not None else self.fills.iloc[:0].assign(pnl=0.0)


def read_frames(
    nav: pd.DataFrame,
    fills: pd.DataFrame,
    positions: pd.DataFrame,
    capital: float,
    pnl: pd.DataFrame | None = None,
    actions: pd.DataFrame | None = None,
) -> SavedFrames:
    """Frames of a run folder, keys checked.

    Raises RunFolderError for missing columns, no sessions, cells that are not numbers or dates and a capital
    that is not a positive number; VerificationError for a row that stands twice or names what does not exist.
    """
    if not (np.isfinite(capital) and capital > 0):
        raise RunFolderError("capital is not an amount of money", value=capital, bound="above 0")
    nav = _frame(nav if "session" in nav else nav.reset_index(), NAV_COLUMNS, "nav", ("requirement", "cash_flow"))
    fills = _frame(fills, FILL_COLUMNS, "fills", ("status", "reason", "exchange"))
    positions = _frame(positions, POSITION_COLUMNS, "positions")
    if pnl is not None:
        # A strategy without sides has a column of nothing, and no P&L by leg.
        sides = () if "leg" not in pnl or pnl["leg"].isna().all() else ("leg",)
        pnl = _frame(pnl, PNL_COLUMNS, "pnl", ("bucket", *sides))
    if actions is not None:
        actions = _frame(actions, CHANGE_COLUMNS, "actions")
    sessions = pd.DatetimeIndex(nav["session"], name="session")
    if len(sessions) == 0:
        raise RunFolderError("there is no session", where="nav")
    if not (sessions.is_monotonic_increasing and sessions.is_unique):
        raise VerificationError("nav.parquet: the sessions do not ascend")
    keyed = {
        "fills": (fills, ["session", "mark", "ticker"]),
        "positions": (positions, ["session", "ticker"]),
        **({} if pnl is None else {"pnl": (pnl, ["session", "ticker", "cause"])}),
    }
    if actions is not None:
        _check_sessions(actions, sessions, "actions")
    for name, (frame, key) in keyed.items():
        _check_sessions(frame, sessions, name)
        if (twice := frame.duplicated(key)).any():
            row = frame.loc[twice, key].iloc[0]
            raise VerificationError(f"{name}.parquet: two rows for {', '.join(_text(x) for x in row)}")
    _check_words(fills, "fills", "mark", MARKS)
    if pnl is not None:
        _check_words(pnl, "pnl", "cause", CAUSE_NAMES)
    everything = [frame for frame, _ in keyed.values()] + ([] if actions is None else [actions])
    tickers = tuple(sorted({name for frame in everything for name in frame["ticker"]}))
    return SavedFrames(nav, fills, positions, sessions, tickers, capital, pnl, actions)


def _frame(frame: pd.DataFrame, columns: tuple[str, ...], name: str, optional: tuple[str, ...] = ()) -> pd.DataFrame:
    """The named columns, numbers as float64 and sessions as nanoseconds, rows numbered from 0."""
    if missing := [column for column in columns if column not in frame]:
        raise RunFolderError("columns are missing", where=name, value=", ".join(missing), bound=", ".join(columns))
    kept = [*columns, *(column for column in optional if column in frame)]
    out = frame.loc[:, kept].reset_index(drop=True)
    try:
        out["session"] = pd.to_datetime(out["session"]).astype("datetime64[ns]")
        for column in kept:
            if column == "leg":
                out[column] = out[column].astype(object).map(_leg)
            elif column in TEXTS:
                out[column] = out[column].astype(object).map(_text)
            elif column != "session":
                out[column] = out[column].astype(np.float64)
    except (TypeError, ValueError) as problem:
        raise RunFolderError(f"a cell cannot be read: {problem}", where=name) from None
    if (absent := out["session"].isna()).any():
        row = int(np.flatnonzero(absent)[0]) + 1
        raise RunFolderError("a row has no session", where=name, value=f"row {row} (counted from 1)")
    return out


def _check_words(frame: pd.DataFrame, name: str, column: str, known: tuple[str, ...]) -> None:
    if (odd := ~frame[column].isin(known)).any():
        value = frame.loc[odd, column].iloc[0]
        raise VerificationError(f"{name}.parquet: there is no {column} {value!r}")


def _text(value: object) -> str:
    return f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) else str(value)


def _leg(value: object) -> str:
    """The leg of a row; a ticker that stands in none is told as the figures by leg tell it."""
    return OTHER_LEG if value is None or value != value else _text(value)


def _check_sessions(frame: pd.DataFrame, sessions: pd.DatetimeIndex, name: str) -> None:
    if (unknown := ~frame["session"].isin(sessions)).any():
        day = frame.loc[unknown, "session"].iloc[0]
        raise VerificationError(f"{name}.parquet: {day:%Y-%m-%d} is not a session of nav.parquet")
