"""Capacity: how much capital a strategy carries at a share of daily volume, and before costs eat what it earns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.engine.account import Account
from hedgebook.engine.backtest.participation import LARGE_ORDER_FRAC
from hedgebook.engine.backtest.result import Backtest
from hedgebook.engine.equal import STILL
from hedgebook.engine.frictions.costs import Costs
from hedgebook.errors import ParameterError
from hedgebook.universes.brief import brief
from hedgebook.universes.market import Market

from ..strategy.given import planned
from ..strategy.setting import RunSetting
from ..strategy.strategy import Strategy
from .run import simulate_plan

SMALLEST_USD, LARGEST_USD = 1e4, 1e13
GRID_PER_DECADE = 4
BISECTIONS = 40
NOTHING_TRADED = "nothing was traded at any capital: no order was filled"


# Impact has been measured for orders of up to a tenth or so of a day's volume; from a quarter on it is extrapolated.
MEASURED_ADV_FRAC = 0.25
# Of the P&L: a share that is passed by more than this between two capitals that are all but equal has jumped.
JUMP_FRAC = 1e-4


@dataclass(frozen=True)
class Sized:
    """A strategy run with some capital: what is left of its return in each step, and its largest order.

    net_return: of capital, after limits and costs; lost_to_limits, lost_to_costs: what the account's limits and what
    costs take of the return before both; limits_share: of that return, share_eaten: by costs, of the return that the
    account's limits leave, each NaN where there is no gain to take from; largest_order_adv: over daily volume; ruined:
    whether NAV fell to zero or below, after which net_return says no more than that.
    """

    net_return: float
    lost_to_limits: float
    lost_to_costs: float
    limits_share: float
    share_eaten: float
    largest_order_adv: float
    traded: bool
    ruined: bool = False


@dataclass(frozen=True)
class Order:
    """An order by its ticker, session and mark ("open", "close" or, of two in one session, "open and close")."""

    ticker: str
    session: str
    mark: str


@brief
@dataclass(frozen=True, eq=False)
class StrategyCapacity:
    """The capital at which the largest order of a strategy is `participation` of its ticker's average daily value.

    market, costs, account: what it was run on and with; asked_participation: what was asked for; participation: the
    account's own cap where that binds first; capital_usd: NaN where no volume is known; largest: that order, None
    where none is known; unknown: tickers that are traded without a known volume, which the figure leaves out. share,
    costs_usd: the capital at which costs eat `share` of the P&L before costs in this account, NaN where it earns
    nothing before costs, 0 where costs eat more from the smallest capital on, inf where they never do; limits_usd: the
    one from which on the account's limits take that share of the P&L before limits and costs. gross_return: that P&L
    over capital, the same for any; curve: by capital in USD the columns of Sized, where gross_return - lost_to_limits
    - lost_to_costs is net_return; note, costs_note, limits_note: what each number means in words, limits_note empty
    where limits take less at any capital; warnings: what a reader must know of the prices, the plan, the costs and the
    account.
    """

    strategy: Strategy
    market: Market
    costs: Costs
    account: Account
    asked_participation: float
    participation: float
    capital_usd: float
    largest: Order | None
    unknown: tuple[str, ...]
    note: str
    share: float
    costs_usd: float
    costs_note: str
    limits_usd: float
    limits_note: str
    gross_return: float
    curve: pd.DataFrame
    warnings: tuple[str, ...] = ()

    @property
    def trade(self) -> Strategy:
        """The same under the name that it has for an event trade."""
        return self.strategy

    def to_dict(self) -> dict[str, Any]:
        """The capacity JSON-ready: USD and fractions unrounded, None for what is not a number."""
        rows = self.curve.reset_index().to_dict("records")
        return {
            "trade": self.strategy.name,
            "asked_participation": self.asked_participation,
            "participation": self.participation,
            "capacity_usd": self.capital_usd if np.isfinite(self.capital_usd) else None,
            "largest_order": None if self.largest is None else asdict(self.largest),
            "unknown_volume": list(self.unknown),
            "note": self.note,
            "share": self.share,
            "costs_capacity_usd": self.costs_usd if np.isfinite(self.costs_usd) else None,
            "costs_note": self.costs_note,
            "limits_capacity_usd": self.limits_usd if np.isfinite(self.limits_usd) else None,
            "limits_note": self.limits_note,
            "gross_return": self.gross_return,
            "curve": [{k: v if np.isfinite(v) else None for k, v in row.items()} for row in rows],
            "warnings": list(self.warnings),
        }


def strategy_capacity(
    strategy: Strategy, setting: RunSetting, *, participation: float = LARGE_ORDER_FRAC, share: float = 0.5
) -> StrategyCapacity:
    """Find the capital at which the largest order is `participation` of a day's volume, and that at which costs eat
    `share` of the P&L.

    The first is that of the strategy as it is meant, without costs in an account without limits, so that its orders
    grow with capital; a day's volume is the average daily value before the order, as in market impact. An account that
    caps what is traded in a session at less gives the headline: more than that it never orders. The second: all of
    commission, spread, slippage, impact, borrow and interest, against the same account without costs; what its limits
    take of the P&L stands apart. Only impact, and what caps leave undone, grow faster than capital; by the square-root
    law the share grows with the square root of capital. The plan is made once: it wants fractions of NAV, whatever the
    capital. Raises what the plan raises, and ParameterError for a share or a participation outside (0, 1].
    """
    _check_shares(share, participation)
    costs, limited = setting.costs, setting.account
    # What a delisting brings is no limit, and holds whatever the account may do.
    free = Account(delisting=limited.delisting, max_stale_sessions=limited.max_stale_sessions)

    def without_costs(window_sessions: int) -> Costs:
        return Costs(impact=costs.impact.model_copy(update={"y": 0.0, "window_sessions": window_sessions}))

    plan = planned(strategy, setting.market, setting.events)

    def run_with(terms: Costs, allowed: Account, capital_usd: float | None = None) -> Backtest:
        asked = strategy if capital_usd is None else strategy.replaced(capital=capital_usd)
        return simulate_plan(asked, plan, replace(setting, costs=terms, account=allowed))

    none = without_costs(costs.impact.window_sessions)
    gross = run_with(none, free)
    gross_return = gross.final_nav / gross.capital - 1.0

    def sized(capital_usd: float) -> Sized:
        before = run_with(none, limited, capital_usd)
        return _sized(gross_return, before, run_with(costs, limited, capital_usd))

    steps = round(np.log10(LARGEST_USD / SMALLEST_USD) * GRID_PER_DECADE)
    grid = np.geomspace(SMALLEST_USD, LARGEST_USD, steps + 1)
    points = [sized(float(capital)) for capital in grid]
    curve = pd.DataFrame([asdict(point) for point in points], index=pd.Index(grid, name="capital_usd"))
    costs_usd, costs_note = _crossing(grid, points, share, gross_return, sized)
    limits_usd, limits_note = _limits(grid, points, share, sized)
    found = _at_participation(gross, participation)
    cap, window = limited.orders.participation_frac, limited.orders.adv_window_sessions
    if cap is not None:
        capped = gross
        if window != none.impact.window_sessions:
            capped = run_with(without_costs(window), free)
        found = _under_cap(found, capped, cap, limited.name)
    if costs_note == NOTHING_TRADED:
        # What the account never fills has no capacity, however large its orders would be without limits.
        found = Headline(participation, float("nan"), None, NOTHING_TRADED)
    unknown, note = _without_adv(gross), found.note
    if unknown:
        note += f"; without {', '.join(unknown)}, whose volume before the order is unknown"
    return StrategyCapacity(
        strategy=strategy,
        market=setting.market,
        costs=costs,
        account=limited,
        asked_participation=participation,
        participation=found.participation,
        capital_usd=found.capital_usd,
        largest=found.largest,
        unknown=unknown,
        note=note,
        share=share,
        costs_usd=costs_usd,
        costs_note=costs_note,
        limits_usd=limits_usd,
        limits_note=limits_note,
        gross_return=gross_return,
        curve=curve.drop(columns="traded"),
        warnings=(*setting.market.warnings, *dict.fromkeys((*plan.warnings, *setting.notes))),
    )


def _check_shares(share: float, participation: float) -> None:
    if not 0.0 < share <= 1.0:
        raise ParameterError("this is not a share of the P&L", where="share", value=share, bound="above 0, up to 1")
    if not 0.0 < participation <= 1.0:
        raise ParameterError(
            "this is not a share of a day's volume",
            where="participation",
            value=participation,
            bound="above 0, up to 1; 0.1 is ten per cent",
        )


def _sized(gross_return: float, before: Backtest, run: Backtest) -> Sized:
    """What limits and costs take of a return. before: the same run without costs in the same account."""
    net, kept = (one.final_nav / one.capital - 1.0 for one in (run, before))
    if abs(gross_return - kept) <= STILL:
        # An account of another size rounds otherwise; that is no limit.
        kept = gross_return
    # Where nothing is filled nothing is eaten: that is no cost of trading.
    able = kept > STILL and run.traded
    return Sized(
        net_return=net,
        lost_to_limits=gross_return - kept,
        lost_to_costs=kept - net,
        limits_share=(gross_return - kept) / gross_return if gross_return > STILL else float("nan"),
        share_eaten=(kept - net) / kept if able else float("nan"),
        largest_order_adv=_largest_order(run),
        traded=run.traded,
        ruined=run.ruined_on is not None,
    )


@dataclass(frozen=True)
class Headline:
    """A capital, and the order of a share of its average daily value that it follows from."""

    participation: float
    capital_usd: float
    largest: Order | None
    note: str


def _at_participation(gross: Backtest, participation: float) -> Headline:
    """The capital at which the largest order of a run is a share of its average daily value; orders scale with it."""
    orders = gross.participation.orders.dropna(subset="adv_frac")
    if not len(orders):
        no_volume = "no volume is known before any order, so no capital follows from one"
        return Headline(participation, float("nan"), None, no_volume)
    row = orders.iloc[int(orders["adv_frac"].argmax())]
    capital = float(gross.capital * participation / row["adv_frac"])
    order = Order(str(row["ticker"]), f"{row['session']:%Y-%m-%d}", str(row["mark"]))
    note = (
        f"with {capital:,.0f} USD the largest order, {order.ticker} at the {order.mark} of {order.session}, is "
        f"{100.0 * participation:.4g}% of its average daily value"
    )
    return Headline(participation, capital, order, note)


def _under_cap(asked: Headline, gross: Backtest, cap: float, account: str) -> Headline:
    """The headline that was asked for, or the capital from which on the account's cap holds orders back, if lower.

    A cap holds for all orders in a ticker and session together. gross: with volumes over the window of the cap.
    """
    orders = gross.participation.orders.dropna(subset="adv_frac")
    if not len(orders):
        return asked
    by_session = orders.groupby(["session", "ticker"], sort=False)
    summed = by_session.agg(adv_frac=("adv_frac", "sum"), mark=("mark", " and ".join)).reset_index()
    row = summed.iloc[int(summed["adv_frac"].argmax())]
    capital = float(gross.capital * cap / row["adv_frac"])
    if not capital < asked.capital_usd:
        return asked
    order = Order(str(row["ticker"]), f"{row['session']:%Y-%m-%d}", str(row["mark"]))
    several = " and " in order.mark
    note = (
        f"with {capital:,.0f} USD the largest {'orders' if several else 'order'}, {order.ticker} at the {order.mark} "
        f"of {order.session}, {'are together' if several else 'is'} {100.0 * cap:.4g}% of its average daily value, the "
        f"most that account {account} trades in a session ({100.0 * asked.participation:.4g}% was asked for)"
    )
    return Headline(cap, capital, order, note)


def _without_adv(gross: Backtest) -> tuple[str, ...]:
    orders = gross.participation.orders
    return tuple(sorted(set(orders.loc[orders["adv_frac"].isna(), "ticker"])))


def _largest_order(run: Backtest) -> float:
    """The largest fill as a multiple of its ticker's average daily value before it; NaN where no volume is known."""
    known = run.participation.orders["adv_frac"].dropna()
    return float(known.max()) if len(known) else float("nan")


def _crossing(
    grid: NDArray[np.float64], points: list[Sized], share: float, gross_return: float, sized: Callable[[float], Sized]
) -> tuple[float, str]:
    """The first capital at which costs eat the share, by bisection between the points around it."""
    if not any(point.traded for point in points):
        return float("nan"), NOTHING_TRADED
    if not any(np.isfinite(point.share_eaten) for point in points):
        where = " in this account" if gross_return > STILL else ""
        return float("nan"), f"it earns nothing before costs{where}, so there is nothing for them to eat"
    above = [k for k, point in enumerate(points) if point.share_eaten >= share]
    if not above:
        least = f"{100.0 * share:.10g}%"
        return float("inf"), f"costs eat less than {least} of the P&L at any capital up to {grid[-1]:,.0f} USD"
    first = above[0]
    if first == 0 or not np.isfinite(points[first - 1].share_eaten):
        below = "" if first == 0 else _below(points[first - 1])
        return 0.0, f"costs eat {points[first].share_eaten:.1%} of the P&L already at {grid[first]:,.0f} USD{below}"
    high = _bisect(grid[first - 1], grid[first], lambda capital: sized(capital).share_eaten >= share)
    reached = sized(high)
    note = f"at {high:,.0f} USD costs eat {100.0 * share:.10g}% of the P&L"
    if reached.share_eaten - share > JUMP_FRAC:
        # A cap on volume, for one: from some capital on an order takes a session more, at another price.
        note = (
            f"from {high:,.0f} USD on costs eat more than {100.0 * share:.10g}% of the P&L, there "
            f"{reached.share_eaten:.1%} at once: what the account can fill changes at that capital"
        )
    order = reached.largest_order_adv
    if order > MEASURED_ADV_FRAC:
        note += (
            f"; its largest order is then {order:.1f} times a day's volume, far beyond where the square-root law "
            "was measured, so this is an upper bound"
        )
    return high, note


def _below(point: Sized) -> str:
    return f", and below that nothing is {'earned before them' if point.traded else 'traded'}"


def _limits(
    grid: NDArray[np.float64], points: list[Sized], share: float, sized: Callable[[float], Sized]
) -> tuple[float, str]:
    """The capital from which on an account's limits take the share; NaN where there is no gain to take from.

    From above: whole shares and smallest orders take most from the smallest capital, and what caps take grows.
    """
    taken = np.array([point.limits_share for point in points])
    if np.isnan(taken).any():
        return float("nan"), ""
    of = f"{100.0 * share:.10g}% or more of the P&L before limits and costs"
    below = np.flatnonzero(taken < share)
    if not len(below):
        return 0.0, f"the account's limits take {of} at every capital, {taken.min():.1%} at the least"
    last = int(below[-1])
    if last == len(points) - 1:
        return float("inf"), ""
    high = _bisect(grid[last], grid[last + 1], lambda capital: sized(capital).limits_share >= share)
    return high, f"from {high:,.0f} USD on the account's limits take {of}"


def _bisect(low: float, high: float, reached: Callable[[float], bool]) -> float:
    """Where a capital that has not reached something and one that has meet."""
    for _ in range(BISECTIONS):
        middle = float(np.sqrt(low * high))
        low, high = (low, middle) if reached(middle) else (middle, high)
    return float(high)
