"""What a run held over time: how much, on which side, in how many tickers, and how much of it was turned over."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

# Nothing is bought or sold when a position is written off.
WRITTEN_OFF = ("delisted", "stale")


def holdings(positions: pd.DataFrame, fills: pd.DataFrame, nav: pd.DataFrame, capital_usd: float) -> pd.DataFrame:
    """By session: gross, net (fractions of NAV at the close), positions (held at the close) and turnover.

    turnover: USD bought and sold at reference prices over NAV at the close before, the initial capital first. NaN where
    the NAV that it is a fraction of is zero or below.
    """
    sessions = pd.DatetimeIndex(nav.index)
    weights = positions.groupby(positions["session"])["weight"]
    sizes = positions["weight"].abs().groupby(positions["session"])
    kept = fills if "reason" not in fills else fills[~fills["reason"].isin(WRITTEN_OFF)]
    usd = (kept["shares"].abs() * kept["reference"]).groupby(kept["session"]).sum()
    before = np.concatenate([[capital_usd], nav["nav_close"].to_numpy()[:-1]])
    table = pd.DataFrame({"gross": sizes.sum(), "net": weights.sum(), "positions": weights.size(), "turnover": usd})
    table = table.reindex(sessions).fillna(0.0).rename_axis("session")
    table.loc[nav["nav_close"].to_numpy() <= 0.0, ["gross", "net"]] = np.nan
    table["turnover"] = table["turnover"] / np.where(before > 0.0, before, np.nan)
    return table.astype({"positions": np.int64})


def holdings_by(table: pd.DataFrame, returns: pd.Series[float], period: Literal["M", "Y"]) -> pd.DataFrame:
    """The same by calendar month or year: means of gross, net and positions, sum of turnover, compounded return."""
    days = pd.DatetimeIndex(table.index).to_period(period)
    means = table[["gross", "net", "positions"]].groupby(days).mean()
    means["turnover"] = table["turnover"].groupby(days).sum(min_count=1)
    means["return"] = (1.0 + returns).groupby(days).prod(min_count=1) - 1.0
    means["sessions"] = table["gross"].groupby(days).size()
    return means.rename_axis("period")
