"""What a run rests on: when everything happened, its legs, hedge, account, rules and costs, where prices came from."""

from __future__ import annotations

from typing import Any

from hedgebook.engine.frictions.costs import TABLES
from hedgebook.engine.hedging.request import Method
from hedgebook.strategies.run.run import StrategyRun
from hedgebook.strategies.strategy.plan import Leg
from hedgebook.strategies.trade.plan import TradePlan
from hedgebook.universes.counted import counted

from ..page.numbers import day, number, percent, setting
from .tables import table_label

CONVENTIONS = (
    "Returns are simple, close to close, the first one from the initial capital. A year has 252 sessions. Sharpe: "
    "mean over standard deviation (ddof 1), risk-free rate zero, with its standard error for independent returns; "
    "Sortino: mean over the root mean square of the losses; Calmar: yearly return over largest drawdown. Drawdowns "
    "are measured at closes from the highest NAV so far, initial capital included."
)
HEDGES = {Method.DOLLAR: "as many dollars short as long"}


def assumption_facts(run: StrategyRun) -> tuple[tuple[str, str], ...]:
    """When everything happened, what it rests on and where the prices came from."""
    source = run.market.provenance
    return (
        *_idea(run),
        *(_timing(run) if run.trade_plan is None else _trade_timing(run, run.trade_plan)),
        *((("Legs", "; ".join(_leg(leg) for leg in run.plan.legs)),) if run.plan.legs else ()),
        *((("Hedge", _hedge(run.trade_plan)),) if run.trade_plan is not None else ()),
        *((("Estimates", _estimates(run)),) if run.plan.estimates else ()),
        ("Prices", f"{source.source}, {source.first} to {source.last}{': ' if source.note else ''}{source.note}"),
        ("SHA-256 of the prices", source.sha256),
        ("Conventions", CONVENTIONS),
        ("Account", _account(run)),
        ("Rules", _rules(run)),
        *_cost_reasons(run),
        *((check.words, check.detail) for check in run.checks),
    )


def _idea(run: StrategyRun) -> tuple[tuple[str, str], ...]:
    """What the strategy is for, where it says so."""
    return tuple((name.replace("_", " ").capitalize(), said) for name, said in run.strategy.idea.items() if said)


def _timing(run: StrategyRun) -> tuple[tuple[str, str], ...]:
    schedule, sessions = run.plan.schedule, run.backtest.market.sessions
    said = "; ".join(f"{name} {_shown(value)}" for name, value in run.strategy.own_parameters().items())
    return (
        ("First order", f"{run.plan.entry_mark.label} of {run.plan.entry_session}"),
        ("Sessions", f"{sessions[0]} to {sessions[-1]}, {len(sessions)} in all"),
        ("Orders", f"{counted(len(schedule.session), 'row')} of target weights, the last for {schedule.session[-1]}"),
        *((("Parameters", said),) if said else ()),
    )


def _shown(value: Any) -> str:
    """A parameter as readers see it; of a strategy within another its name."""
    if isinstance(value, dict):
        named = value.get("name")
        return str(named) if named else ", ".join(f"{key} {_shown(part)}" for key, part in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(_shown(part) for part in value) or "none"
    if value is None or isinstance(value, bool):
        return "none" if value is None else "yes" if value else "no"
    return str(value)


def _trade_timing(run: StrategyRun, plan: TradePlan) -> tuple[tuple[str, str], ...]:
    held = _sessions(len(run.backtest.sessions) - 1)
    return (
        ("Announced", _announced(plan)),
        ("First tradable fill", f"{plan.first_fill.mark.label} of {plan.first_fill.session}"),
        ("Prices known by then", f"up to the close of {plan.known_at}; every estimate ends there"),
        ("Entry", _entry(plan)),
        ("Exit", f"close of {plan.exit_session}, {held} after the entry session"),
    )


def _estimates(run: StrategyRun) -> str:
    return "; ".join(
        f"{name.replace('_', ' ')} {_estimate(value) if isinstance(value, float) else value}"
        for name, value in run.plan.estimates.items()
    )


def _estimate(value: float) -> str:
    """A figure that decided; a whole number, as a count is, without decimals."""
    return number(value, 0 if value.is_integer() else 3)


def _announced(plan: TradePlan) -> str:
    event, moment = plan.event, plan.announced_at
    when = f"{moment:%Y-%m-%d %H:%M:%S} New York"
    if event.announced_at is not None:
        return when
    return f"by {when} at the latest; known is only the timing, {event.timing.value}"


def _entry(plan: TradePlan) -> str:
    text = f"{plan.entry_mark.label} of {plan.entry_session}"
    if not plan.tradable:
        return f"{text}, before the news was out: nobody could have traded this"
    return f"{text}, {_sessions(plan.trade.delay)} after the first tradable fill" if plan.trade.delay else text


def _sessions(count: int) -> str:
    return f"{count} session{'' if count == 1 else 's'}"


def _leg(leg: Leg) -> str:
    if leg.weight != leg.weight:
        return f"{leg.name} {', '.join(leg.tickers)}"
    text = f"{leg.name} {percent(abs(leg.weight))} of NAV in "
    if leg.parts is None:
        return f"{text}{', '.join(leg.tickers)}, equal weights"
    return text + ", ".join(f"{ticker} {percent(weight)}" for ticker, weight in leg.weights().items())


def _hedge(plan: TradePlan) -> str:
    hedge = plan.hedge
    if len(plan.legs) < 2:
        return "none: the trade has one leg"
    text = f"{hedge.method.value}: " + HEDGES.get(
        hedge.method, f"{number(hedge.ratio, 3)} dollars short for each dollar long"
    )
    if hedge.factors:
        text += f", no exposure to {', '.join(hedge.factors)}"
    if hedge.weights is not None and len(set(hedge.weights)) > 1:
        parts = zip(plan.legs[1].tickers, hedge.weights, strict=True)
        text += f" ({', '.join(f'{ticker} {number(weight, 3)}' for ticker, weight in parts)})"
    if hedge.benchmark:
        betas = ", ".join(f"{b.ticker} {number(b.beta)} ({b.sessions})" for b in hedge.betas)
        text += f"; betas to {hedge.benchmark} at the close of {day(hedge.known_at)} (sessions): {betas}"
    elif hedge.sessions is not None:
        text += (
            f"; estimated over the {plan.trade.lookback} sessions up to the close of {day(hedge.known_at)}, "
            f"{hedge.sessions} of which all tickers have"
        )
    return text


def _account(run: StrategyRun) -> str:
    account = run.backtest.account
    orders, parts = account.orders, [account.name]
    parts.append("whole shares" if orders.whole_shares else "fractional shares")
    if orders.min_order_usd:
        parts.append(f"orders of at least {number(orders.min_order_usd, 0)} USD")
    if orders.participation_frac is not None:
        parts.append(f"at most {setting(orders.participation_frac)} of the average daily volume a session")
    parts.append(f"margin calls: {account.margin.on_call.value}")
    parts.append(f"rule 201: {account.shorts.rule_201.value}")
    return "; ".join(parts)


def _rules(run: StrategyRun) -> str:
    given = run.strategy.rules.model_dump(mode="json", exclude_defaults=True)
    text = "; ".join(f"{name.replace('_', ' ')} {value}" for name, value in given.items())
    return f"{text}; decided at closes, filled at the next open" if text else "none: the schedule alone"


def _cost_reasons(run: StrategyRun) -> tuple[tuple[str, str], ...]:
    costs = run.backtest.costs
    reasons = {table_label(name): getattr(costs, name).reason for name in TABLES}
    return tuple((f"Why this {name}", reason) for name, reason in reasons.items() if reason)
