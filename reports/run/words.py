"""What a run came to, in sentences."""

from __future__ import annotations

from hedgebook.strategies.run.run import StrategyRun
from hedgebook.strategies.trade.plan import TradePlan

from ..page.numbers import number, percent, pnl_decimals
from .event_day import event_day
from .tables import stale_note


def tradable_words(run: StrategyRun, plan: TradePlan) -> str:
    """What the headlines' move was, and how much of it could be earned; nothing where an open is missing."""
    gap, _, whole = event_day(run.market, plan).of_trade()
    if not plan.tradable or gap != gap or whole != whole or not run.backtest.traded:
        return ""
    backtest = run.backtest
    cents = pnl_decimals(backtest.capital)
    gain = backtest.final_nav - backtest.capital
    return (
        f"Headline against tradable: from close to close of {plan.first_fill.session} the legs moved by "
        f"{percent(whole)} of NAV, {percent(gap)} of it before the open, which nobody could trade; the trade "
        f"{gained(gain)} {number(abs(gain), cents)} USD, {percent(gain / backtest.capital)}."
    )


def verdict(run: StrategyRun) -> str:
    """The outcome in one sentence."""
    backtest, plan = run.backtest, run.plan
    cents = pnl_decimals(backtest.capital)
    gain = backtest.final_nav - backtest.capital
    costs = sum(backtest.costs_paid.values())
    if not any(backtest.costs_paid.values()):
        net = "without any costs"
    elif costs >= 0:
        net = f"after {number(costs, cents)} USD of costs net of interest"
    else:
        net = f"with {number(-costs, cents)} USD of interest net of costs"
    capital = number(backtest.capital, cents)
    if not backtest.traded:
        return (
            f"Nothing was traded from the {plan.entry_mark.label} of {plan.entry_session} to the close of "
            f"{backtest.market.sessions[-1]}: no order was filled. {capital} USD stayed in cash and earned "
            f"{number(gain, cents)} USD of interest."
        )
    return (
        f"The {_noun(run)} {gained(gain)} {number(abs(gain), cents)} USD on {capital} USD, a return of "
        f"{percent(gain / backtest.capital)}, from the {plan.entry_mark.label} of {plan.entry_session} to "
        f"the close of {backtest.market.sessions[-1]}, {net}.{stale_note(backtest)}"
    )


def _noun(run: StrategyRun) -> str:
    return "strategy" if run.trade_plan is None else "trade"


def gained(amount: float) -> str:
    return "gained" if amount >= 0 else "lost"
