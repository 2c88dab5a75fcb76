"""What every run can be asked for, whether it was just simulated or read back: figures that follow from its tables."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from typing import Literal, get_args

import numpy as np
import pandas as pd

from hedgebook.engine.actions.share_changes import CHANGE_COLUMNS
from hedgebook.engine.backtest import Booked, columns
from hedgebook.engine.backtest.result import PnlBy
from hedgebook.engine.risk.drawdowns import drawdown_table
from hedgebook.engine.risk.metrics import Metrics, measure_levels, ruin_levels
from hedgebook.errors import ParameterError

from .holdings import holdings
from .round_trips import round_trips

RunBy = PnlBy | Literal["leg", "strategy", "factor"]


class RunTables(ABC):
    """The tables of a run and what follows from them."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What the strategy is called."""

    @property
    @abstractmethod
    def capital(self) -> float:
        """Initial capital in USD."""

    @property
    @abstractmethod
    def opening(self) -> np.datetime64:
        """The session before the first one, whose close starts the NAV at the initial capital."""

    @property
    @abstractmethod
    def nav(self) -> pd.DataFrame:
        """NAV at both marks, cash, interest, borrow and return by session, USD."""

    @property
    @abstractmethod
    def fills(self) -> pd.DataFrame:
        """Filled orders with reference price, fill price and costs in USD."""

    @property
    def share_changes(self) -> pd.DataFrame:
        """What corporate actions did to positions, as Backtest.share_changes; no row where there were none."""
        return pd.DataFrame(columns=list(CHANGE_COLUMNS))

    @property
    @abstractmethod
    def positions(self) -> pd.DataFrame:
        """Held positions at each close."""

    @property
    @abstractmethod
    def pnl_long(self) -> pd.DataFrame:
        """P&L by session, ticker, bucket, leg (None without legs) and cause in USD, without the rows that are zero."""

    @property
    @abstractmethod
    def rejected(self) -> pd.DataFrame:
        """The orders that were rejected or deferred, with the reason."""

    @property
    def sessions(self) -> pd.DatetimeIndex:
        """The simulated sessions."""
        return pd.DatetimeIndex(self.nav.index, name="session")

    @property
    def returns(self) -> pd.Series[float]:
        """Simple returns close to close, the first from the initial capital."""
        return self.nav["return"]

    @property
    def final_nav(self) -> float:
        """NAV at the close of the last session, USD."""
        return float(self.nav["nav_close"].iloc[-1])

    @property
    def traded(self) -> bool:
        """Whether any order was filled."""
        return len(self.fills) > 0

    def open_positions(self) -> tuple[str, ...]:
        """Tickers still held after the last close."""
        held = self.positions
        return tuple(str(ticker) for ticker in held.loc[held["session"] == self.sessions[-1], "ticker"])

    @cached_property
    def levels(self) -> pd.Series[float]:
        """NAV at closes, USD, with the initial capital before it at the session before the first."""
        levels = np.concatenate([[self.capital], self.nav["nav_close"].to_numpy()])
        opening = pd.DatetimeIndex([self.opening.astype("datetime64[ns]")])
        return pd.Series(levels, index=opening.append(self.sessions), name="nav")

    @cached_property
    def metrics(self) -> Metrics:
        """Performance and risk figures of the returns; definitions stand in engine.risk.metrics.Metrics."""
        opens = self.nav["nav_open"].to_numpy()
        return measure_levels(np.asarray(self.levels, dtype=np.float64), traded=self.traded, opens=opens)

    def drawdowns(self) -> pd.DataFrame:
        """Every drawdown of the closing NAV from the initial capital on, deepest first; a ruin at an open counts."""
        marked = ruin_levels(np.asarray(self.levels, dtype=np.float64), self.nav["nav_open"].to_numpy())
        return drawdown_table(marked, pd.DatetimeIndex(self.levels.index))

    @cached_property
    def round_trips(self) -> pd.DataFrame:
        """Each time that a ticker was held, from flat to flat: when, at which prices, and what it earned in USD.

        Columns are those of strategies.run.round_trips; all rows and the interest add up to the change of NAV.
        """
        return round_trips(self.fills, self.positions, self.pnl_long, self.sessions, self.share_changes)

    @cached_property
    def holdings(self) -> pd.DataFrame:
        """By session: gross and net of NAV, how many positions, and turnover (bought and sold over the NAV before)."""
        return holdings(self.positions, self.fills, self.nav, self.capital)


def held_weights(positions: pd.DataFrame, sessions: pd.DatetimeIndex) -> pd.DataFrame:
    """(T, N): weights of positions by session and ticker, 0 where none is held."""
    tickers = list(dict.fromkeys(positions["ticker"]))
    table = positions.pivot(index="session", columns="ticker", values="weight")
    return table.reindex(index=sessions, columns=tickers).fillna(0.0).rename_axis(None, axis=1)


def causes_in(rows: pd.DataFrame) -> list[str]:
    """The causes that tables of P&L have as columns: what flows beside prices only where anything did."""
    income = [name for name in columns(Booked.INCOME) if (rows["cause"] == name).any()]
    return [*columns(~Booked.INCOME), *income]


def pnl_split(rows: pd.DataFrame, by: RunBy, sessions: pd.DatetimeIndex) -> pd.DataFrame:
    """P&L by what `by` says of its rows, with the causes as columns; rows: as RunTables.pnl_long. Raises ParameterError
    for another `by`, and for legs where there are none."""
    if by == "cause":
        return rows.groupby("cause")["pnl"].sum().reindex(causes_in(rows), fill_value=0.0).to_frame("total")
    if by not in get_args(PnlBy) and by != "leg":
        bound = ", ".join((*get_args(PnlBy), "leg"))
        raise ParameterError("P&L is not split like this", where="by", value=by, bound=bound)
    if by == "leg" and rows["leg"].isna().all():
        raise ParameterError("this strategy has no legs", where="by", value=by, bound=", ".join(get_args(PnlBy)))
    keys = rows["leg"].fillna("other") if by == "leg" else rows[by]
    table = rows.groupby([keys.rename(by), "cause"], sort=False)["pnl"].sum().unstack("cause")
    order = sessions if by == "session" else list(dict.fromkeys(keys))
    table = table.reindex(index=order, columns=causes_in(rows)).fillna(0.0).rename_axis(index=by, columns=None)
    table["total"] = table.sum(axis=1)
    return table
