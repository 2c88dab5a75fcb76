"""Capacity: how much capital a trade carries at a share of daily volume, and before costs eat what it earns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.engine.account import Account
from hedgebook.engine.costs import Costs
from hedgebook.engine.kernels.equal import STILL
from hedgebook.engine.participation import LARGE_ORDER_FRAC
from hedgebook.engine.result import Backtest
from hedgebook.errors import ParameterError
from hedgebook.universes.event import Event
from hedgebook.universes.market import Market

from .event_trade import EventTrade
from .run import run_trade

SMALLEST_USD, LARGEST_USD = 1e4, 1e13
GRID_PER_DECADE = 4
BISECTIONS = 40
NOTHING_TRADED = "nothing was traded at any capital: no order was filled"


# Impact has been measured for orders of up to a tenth or so of a day's volume; from a quarter on it is extrapolated.
MEASURED_ADV_FRAC = 0.25


@dataclass(frozen=True)
class Sized:
    """A trade run with some capital: net return, share of the P&L eaten by costs, largest order over daily volume."""

    net_return: float
    share_eaten: float
    largest_order_adv: float


@dataclass(frozen=True)
class Order:
    """An order by its ticker, session and mark ("open" or "close")."""

    ticker: str
    session: str
    mark: str


@dataclass(frozen=True, eq=False)
class Capacity:
    """The capital at which the largest order of a trade is `participation` of its ticker's average daily value.

    capital_usd: NaN where no volume is known; largest: that order, None where none is known; unknown: tickers that are
    traded without a known volume, which the figure leaves out. share, costs_usd: the capital at which costs eat
    `share` of the P&L before costs, NaN where the trade earns nothing before costs, 0 where costs eat more from the
    smallest capital on, inf where they never do; gross_return: P&L before costs over capital, the same for any
    capital; curve: by capital in USD the net return, the share of P&L eaten, and the largest order as a multiple of
    the average daily value of its ticker; note, costs_note: what either number means in words.
    """

    trade: EventTrade
    participation: float
    capital_usd: float
    largest: Order | None
    unknown: tuple[str, ...]
    note: str
    share: float
    costs_usd: float
    costs_note: str
    gross_return: float
    curve: pd.DataFrame

    def as_dict(self) -> dict[str, Any]:
        """The capacity JSON-ready, what is not a number as None."""
        rows = self.curve.reset_index().to_dict("records")
        return {
            "trade": self.trade.name,
            "participation": self.participation,
            "capacity_usd": self.capital_usd if np.isfinite(self.capital_usd) else None,
            "largest_order": None if self.largest is None else asdict(self.largest),
            "unknown_volume": list(self.unknown),
            "note": self.note,
            "share": self.share,
            "costs_capacity_usd": self.costs_usd if np.isfinite(self.costs_usd) else None,
            "costs_note": self.costs_note,
            "gross_return": self.gross_return,
            "curve": [{k: v if np.isfinite(v) else None for k, v in row.items()} for row in rows],
        }


def trade_capacity(
    trade: EventTrade,
    event: Event,
    market: Market,
    costs: Costs,
    account: Account | None = None,
    *,
    participation: float = LARGE_ORDER_FRAC,
    share: float = 0.5,
) -> Capacity:
    """Find the capital at which the largest order is `participation` of a day's volume, and that at which costs eat
    `share` of the P&L.

    The first is that of the trade as it is meant, without costs in an account without limits, so that its orders grow
    with capital; a day's volume is the average daily value before the order, as in market impact. The second: all of
    commission, spread, slippage, impact, borrow and interest. The P&L before costs is that of the same trade without
    costs in an account without limits. Only impact, and what caps leave undone, grow faster than capital; by the
    square-root law the share grows with the square root of capital. Raises ParameterError for a share or a
    participation outside (0, 1].
    """
    if not 0.0 < share <= 1.0:
        raise ParameterError("this is not a share of the P&L", where="share", value=share, bound="above 0, up to 1")
    if not 0.0 < participation <= 1.0:
        raise ParameterError(
            "this is not a share of a day's volume",
            where="participation",
            value=participation,
            bound="above 0, up to 1; 0.1 is ten per cent",
        )
    unlimited = Costs(impact=costs.impact.model_copy(update={"y": 0.0}))
    gross = run_trade(trade, event, market, unlimited, Account()).backtest
    gross_return = gross.final_nav / gross.capital - 1.0

    def sized(capital_usd: float) -> Sized:
        run = run_trade(trade.replaced(capital=capital_usd), event, market, costs, account).backtest
        net = run.final_nav / capital_usd - 1.0
        # Where nothing is filled nothing is eaten: that is no cost of trading.
        able = bool(gross_return) and run.traded
        eaten = (gross_return - net) / abs(gross_return) if able else float("nan")
        return Sized(net, eaten, _largest_order(run))

    steps = round(np.log10(LARGEST_USD / SMALLEST_USD) * GRID_PER_DECADE)
    grid = np.geomspace(SMALLEST_USD, LARGEST_USD, steps + 1)
    points = [sized(float(capital)) for capital in grid]
    curve = pd.DataFrame([asdict(point) for point in points], index=pd.Index(grid, name="capital_usd"))
    costs_usd, costs_note = _crossing(grid, points, share, gross_return, sized)
    capital, largest, note = _at_participation(gross, participation)
    if costs_note == NOTHING_TRADED:
        # What the account never fills has no capacity, however large its orders would be without limits.
        capital, largest, note = float("nan"), None, NOTHING_TRADED
    unknown = _without_adv(gross)
    if unknown:
        note += f"; without {', '.join(unknown)}, whose volume before the order is unknown"
    return Capacity(
        trade, participation, capital, largest, unknown, note, share, costs_usd, costs_note, gross_return, curve
    )


def _at_participation(gross: Backtest, participation: float) -> tuple[float, Order | None, str]:
    """The capital at which the largest order of a run is a share of its average daily value; orders scale with it."""
    orders = gross.participation.orders.dropna(subset="adv_frac")
    if not len(orders):
        return float("nan"), None, "no volume is known before any order, so no capital follows from one"
    row = orders.iloc[int(orders["adv_frac"].argmax())]
    capital = float(gross.capital * participation / row["adv_frac"])
    order = Order(str(row["ticker"]), f"{row['session']:%Y-%m-%d}", str(row["mark"]))
    note = (
        f"with {capital:,.0f} USD the largest order, {order.ticker} at the {order.mark} of {order.session}, is "
        f"{100.0 * participation:.4g}% of its average daily value"
    )
    return capital, order, note


def _without_adv(gross: Backtest) -> tuple[str, ...]:
    orders = gross.participation.orders
    return tuple(sorted(set(orders.loc[orders["adv_frac"].isna(), "ticker"])))


def _largest_order(run: Backtest) -> float:
    """The largest fill as a multiple of its ticker's average daily value before it; NaN where no volume is known."""
    known = run.participation.orders["adv_frac"].dropna()
    return float(known.max()) if len(known) else float("nan")


def _crossing(
    grid: NDArray[np.float64],
    points: list[Sized],
    share: float,
    gross_return: float,
    sized: Callable[[float], Sized],
) -> tuple[float, str]:
    """The first capital at which the share is reached, by bisection between the points around it."""
    if not any(np.isfinite(point.largest_order_adv) or np.isfinite(point.share_eaten) for point in points):
        return float("nan"), NOTHING_TRADED
    if gross_return <= STILL:
        return float("nan"), "the trade earns nothing before costs, so there is nothing for them to eat"
    above = [k for k, point in enumerate(points) if point.share_eaten >= share]
    if not above:
        least = f"{100.0 * share:.10g}%"
        return float("inf"), f"costs eat less than {least} of the P&L at any capital up to {grid[-1]:,.0f} USD"
    first = above[0]
    if first == 0 or not np.isfinite(points[first - 1].share_eaten):
        below = "" if first == 0 else ", and below that nothing is traded"
        return 0.0, f"costs eat {points[first].share_eaten:.1%} of the P&L already at {grid[first]:,.0f} USD{below}"
    low, high = float(grid[above[0] - 1]), float(grid[above[0]])
    for _ in range(BISECTIONS):
        middle = float(np.sqrt(low * high))
        low, high = (low, middle) if sized(middle).share_eaten >= share else (middle, high)
    note = f"at {high:,.0f} USD costs eat {100.0 * share:.10g}% of the P&L"
    order = sized(high).largest_order_adv
    if order > MEASURED_ADV_FRAC:
        note += (
            f"; its largest order is then {order:.1f} times a day's volume, far beyond where the square-root law "
            "was measured, so this is an upper bound"
        )
    return high, note
