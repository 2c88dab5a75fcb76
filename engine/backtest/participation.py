"""Orders against the volume that was there: what share of a day's trading each of them would have been."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hedgebook.universes.brief import brief
from hedgebook.universes.market import Market

from ..arrays import Floats
from ..frictions.liquidity import average_daily_value
from ..kernels.book.records import Reason, Record
from ..recorded import MARK_LABELS

# From a tenth of a day's volume on the fills of a backtest are hard to believe.
LARGE_ORDER_FRAC = 0.10
WRITE_OFFS = (Reason.STALE, Reason.DELISTED)


@brief
@dataclass(frozen=True, eq=False)
class Participation:
    """What share of volume each filled order was.

    orders: session, mark, ticker, usd (at the reference price), adv_frac (of the average daily value of the sessions
    before, NaN = unknown), session_frac (of what was traded in that very session, known afterwards only, NaN =
    unknown), share: adv_frac, or session_frac where that is larger or the only one known. Write-offs are no orders.
    """

    orders: pd.DataFrame

    @property
    def large(self) -> pd.DataFrame:
        """The orders above a tenth of either volume, the largest share first."""
        found = self.orders[self.orders["share"] > LARGE_ORDER_FRAC]
        return found.sort_values("share", ascending=False, kind="stable", ignore_index=True)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Tickers that were traded where neither volume is known."""
        return tuple(sorted(self.orders.loc[self.orders["share"].isna(), "ticker"].unique()))

    def warnings(self) -> tuple[str, ...]:
        """The largest of the large orders and how many there are; and whose volume is unknown."""
        large, unknown, found = self.large, self.unknown, []
        if len(large):
            count = f"{len(large)} orders are" if len(large) > 1 else "an order is"
            found.append(
                f"{count} above {LARGE_ORDER_FRAC:.0%} of a day's volume{', the largest' if len(large) > 1 else ''}: "
                f"{describe(large.iloc[0])}"
            )
        if unknown:
            found.append(f"no volume, so the share of a day's volume is unknown, for {', '.join(unknown)}")
        return tuple(found)


def describe(order: pd.Series) -> str:
    """An order of Participation.orders in words."""
    shares = []
    if np.isfinite(order["adv_frac"]):
        shares.append(f"{order['adv_frac']:.1%} of its average daily value")
    if np.isfinite(order["session_frac"]):
        shares.append(f"{order['session_frac']:.1%} of what was traded in that session")
    at = f"{order['ticker']} at the {order['mark']} of {order['session']:%Y-%m-%d}"
    return f"{at}, {order['usd']:,.0f} USD, {' and '.join(shares) or 'of unknown volume'}"


def participation_of(window: Market, record: Record, adv_usd: Floats) -> Participation:
    """Every filled order of a window against volume. adv_usd: (F,) average daily value before each filled line."""
    filled = record.filled
    money = list(window.currency_columns.values())  # of which there is always enough
    real = ~np.isin(filled["reason"], WRITE_OFFS) & ~np.isin(filled["ticker"], money)
    lines, adv = filled[real], adv_usd[real]
    t, i = lines["session"], lines["ticker"]
    usd = np.abs(lines["shares"]) * lines["reference"]
    traded = window.close[t, i] * window.volume[t, i]
    with np.errstate(divide="ignore", invalid="ignore"):
        of_adv, of_session = usd / adv, np.where(traded > 0, usd / traded, np.nan)
    frame = pd.DataFrame(
        {
            "session": pd.DatetimeIndex(window.sessions.astype("datetime64[ns]"))[t],
            "mark": MARK_LABELS[lines["mark"]],
            "ticker": np.asarray(window.tickers, dtype=object)[i],
            "usd": usd,
            "adv_frac": of_adv,
            "session_frac": of_session,
            "share": np.fmax(of_adv, of_session),
        }
    )
    return Participation(frame)


def adv_of_fills(market: Market, start: int, record: Record, window_sessions: int) -> Floats:
    """(F,): average daily value of the ticker of each filled line over the sessions before it, USD, NaN = unknown."""
    filled = record.filled
    if not len(filled):
        return np.zeros(0)
    columns, which = np.unique(filled["ticker"], return_inverse=True)
    stop = start + int(filled["session"].max()) + 1
    value = average_daily_value(market, start, stop, window_sessions, columns)
    return np.asarray(value[filled["session"], which.ravel()])
