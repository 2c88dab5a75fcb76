"""The parts of a report in their order: words, figures and tables, without any markup."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hedgebook.engine.frictions.costs import TABLES
from hedgebook.engine.hedging.request import Method
from hedgebook.strategies.run.run import StrategyRun
from hedgebook.strategies.strategy.plan import Leg
from hedgebook.strategies.trade.plan import TradePlan
from hedgebook.universes.calendar import Mark
from hedgebook.universes.counted import counted

from ..page.document import Document, remembered
from ..page.html import render_document, write_page
from ..page.made import made_section
from ..page.numbers import day, number, percent, pnl_decimals, setting
from ..page.section import HINDSIGHT_BADGE, SIMULATED_BADGE, Header, Section, cards_from
from .around import around_figure
from .currencies import currencies_table, money_table
from .entry_risk import risk_by_factor_table, risk_by_ticker_table
from .equity import equity_figure
from .event_day import entry_session_pnl, event_day, event_day_table
from .factor_pnl import factor_pnl_figure, factor_pnl_table
from .figures import causes_figure, exposure_figure, holders_figure
from .holdings import holdings_figure, holdings_table
from .tables import (
    annual_table,
    cost_rates_table,
    costs_table,
    drawdown_table,
    exposure_table,
    fills_table,
    headline_table,
    margin_table,
    pnl_table,
    rejected_table,
    rule_201_table,
    stale_note,
    strategies_table,
    table_label,
)
from .through_time import pnl_through_time_figure
from .trips import round_trips_table
from .weights import weights_table

CONVENTIONS = (
    "Returns are simple, close to close, the first one from the initial capital. A year has 252 sessions. Sharpe: "
    "mean over standard deviation (ddof 1), risk-free rate zero, with its standard error for independent returns; "
    "Sortino: mean over the root mean square of the losses; Calmar: yearly return over largest drawdown. Drawdowns "
    "are measured at closes from the highest NAV so far, initial capital included."
)
EXPOSURES_OF_A_TRADE = (
    "Least squares of daily returns on the factors, with Newey-West errors. Before: the entry weights held constant "
    "over the sessions up to the last close before the news. During: the trade's own returns after the entry session."
)
EXPOSURES = (
    "Least squares of the run's own daily returns after its first session on the factors, with Newey-West errors: "
    "what it held on average, not what it holds now."
)
HEDGES = {Method.DOLLAR: "as many dollars short as long"}
MAX_DRAWDOWNS = 10
# What a reader wants to know in five seconds, as far as the run has it.
FIRST = ("Total return", "P&L", "Largest drawdown", "Sharpe ± error", "Worst session")


def header(run: StrategyRun) -> Header:
    """Title, event, verdict and badges of a run."""
    badges = [SIMULATED_BADGE] if run.market.provenance.simulated else []
    if not run.plan.tradable:
        badges.append(HINDSIGHT_BADGE)
    event = run.plan.event
    return Header(
        title=run.strategy.title or run.name,
        name=run.name,
        event="" if event is None else f"{event.headline} ({event.announced_on}, {event.timing.value})",
        verdict=verdict(run),
        badges=tuple(badges),
        warnings=len(run.warnings),
        figures=cards_from(headline_table(run), *FIRST),
        picture=equity_figure(run),
        tradable="" if run.trade_plan is None else tradable_words(run, run.trade_plan),
        good=tuple(check.words for check in run.checks if check.passed),
        doubts=tuple(check.words for check in run.checks if not check.passed),
    )


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
        f"{_gained(gain)} {number(abs(gain), cents)} USD, {percent(gain / backtest.capital)}."
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
        f"The {_noun(run)} {_gained(gain)} {number(abs(gain), cents)} USD on {capital} USD, a return of "
        f"{percent(gain / backtest.capital)}, from the {plan.entry_mark.label} of {plan.entry_session} to "
        f"the close of {backtest.market.sessions[-1]}, {net}.{stale_note(backtest)}"
    )


def _noun(run: StrategyRun) -> str:
    return "strategy" if run.trade_plan is None else "trade"


def _gained(amount: float) -> str:
    return "gained" if amount >= 0 else "lost"


def sections(run: StrategyRun) -> tuple[Section, ...]:
    """Every section of a run's report, in reading order; those that have nothing to say are left out."""
    plan = run.trade_plan
    return (
        Section("headline", "Headline figures", cards=headline_table(run), tables=(annual_table(run),)),
        *_around(run),
        Section("equity", "Equity", figures=(equity_figure(run),)),
        Section(
            "pnl",
            "Where the P&L came from",
            figures=(pnl_through_time_figure(run), causes_figure(run), holders_figure(run)),
            tables=(pnl_table(run), strategies_table(run), currencies_table(run), money_table(run), costs_table(run)),
        ),
        *(() if plan is None else (event_day_section(run, plan),)),
        *_held(run),
        *_orders(run),
        *_drawdowns(run),
        exposures(run),
        *((factor_pnl_section(run),) if plan is not None or run.traded else ()),
        *(() if plan is None else (entry_risk_section(run),)),
        *(() if plan is None else (Section("weights", "Weights", tables=(weights_table(run),)),)),
        assumptions(run),
        Section("warnings", "Warnings", text=() if run.warnings else ("None.",), items=run.warnings, end=True),
        made_section(),
    )


def _around(run: StrategyRun) -> tuple[Section, ...]:
    """The prices of an event trade's legs around its news."""
    figure = None if run.trade_plan is None else around_figure(run, run.trade_plan)
    return () if figure is None else (Section("around", "Prices around the news", figures=(figure,)),)


def _held(run: StrategyRun) -> tuple[Section, ...]:
    """What was held over time; of a strategy that goes on for long by month or year, and its round trips, as well."""
    if not run.traded:
        return ()
    if run.trade_plan is not None:
        return (Section("holdings", "Holdings over time", figures=(holdings_figure(run),)),)
    return (
        Section("holdings", "Holdings over time", figures=(holdings_figure(run),), tables=(holdings_table(run),)),
        Section("trips", "Round trips", tables=(round_trips_table(run),)),
    )


def _orders(run: StrategyRun) -> tuple[Section, ...]:
    """Fills, orders that were not filled, and what short sales and margin asked for."""
    fills = Section("fills", "Fills", tables=(fills_table(run, detailed=True),))
    rejected = Section("rejected", "Rejected and deferred orders", tables=(rejected_table(run),))
    if run.trade_plan is not None:
        shorts = Section("shorts", "Short sales and margin", tables=(rule_201_table(run), margin_table(run)))
        return fills, rejected, shorts
    margin = margin_table(run)
    return (
        *((fills,) if run.traded else ()),
        *((rejected,) if len(run.rejected) else ()),
        *((Section("margin", "Margin", tables=(margin,)),) if margin.rows else ()),
    )


def _drawdowns(run: StrategyRun) -> tuple[Section, ...]:
    table = drawdown_table(run, limit=MAX_DRAWDOWNS)
    return () if run.trade_plan is None and not table.rows else (Section("drawdowns", "Drawdowns", tables=(table,)),)


def assumptions(run: StrategyRun) -> Section:
    """When everything happened, what it rests on and where the prices came from."""
    source = run.market.provenance
    facts = (
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
    return Section("assumptions", "Assumptions and data", facts=facts, tables=(cost_rates_table(run),), end=True)


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


def event_day_section(run: StrategyRun, plan: TradePlan) -> Section:
    """What the gap took away, and what the entry session earned."""
    cents = pnl_decimals(run.backtest.capital)
    gap, _, _ = event_day(run.market, plan).of_trade()
    gap_usd = number(gap * run.backtest.capital, cents)
    if plan.tradable:
        first = (
            f"Between the last close before the news and the open of {plan.first_fill.session} the legs moved by "
            f"{percent(gap)} of NAV, {gap_usd} USD: nobody who traded on the news could earn that."
        )
    else:
        first = f"The gap of {percent(gap)} of NAV, {gap_usd} USD, is in this P&L only because of hindsight."
    if gap != gap:
        first = "A ticker has no open on this session, so the gap of the whole trade is not known."
    earned = entry_session_pnl(run)
    second = (
        f"From the {plan.entry_mark.label} of {plan.entry_session}, its entry, to that session's close the trade "
        f"{_gained(earned)} {number(abs(earned), cents)} USD before costs."
    )
    if plan.entry_mark is Mark.CLOSE:
        second = f"It was entered at a close, so the session of its entry, {plan.entry_session}, earned nothing."
    return Section("event-day", "The event day", text=(first, second), tables=(event_day_table(run.market, plan),))


def exposures(run: StrategyRun) -> Section:
    """Factor exposures, or why there are none."""
    figure = exposure_figure(run)
    table = exposure_table(run)
    text = [EXPOSURES_OF_A_TRADE if run.trade_plan is not None else EXPOSURES]
    if figure is None:
        return Section("exposures", "Factor exposures", text=(table.note,))
    found = run.exposures
    named = "; ".join(f"{name}: {text}" for name, text in zip(found.factors, found.definitions, strict=True))
    text.append(f"Factors, each net of those before it within the sessions of its own regression: {named}.")
    return Section("exposures", "Factor exposures", text=tuple(text), figures=(figure,), tables=(table,))


def factor_pnl_section(run: StrategyRun) -> Section:
    """What the exposures earned and what was specific, or why it cannot be told apart."""
    table = factor_pnl_table(run)
    if not table.rows:
        return Section("factor-pnl", "P&L by factor", text=(table.note,))
    betas = (
        "betas over the 250 sessions before each session: what they were in it may differ, and the difference stands "
        "under specific."
        if run.trade_plan is None or run.model is not None
        else "betas known before the news, held constant: after the news they may have been others, and the difference "
        "stands under specific."
    )
    if run.model is not None and run.model.loadings is not None:
        betas = f"loadings, as {run.model.loadings.source} states them and as known at the close before each session."
    text = (
        "Each session's P&L is exposure times factor return, summed over the factors, plus what was specific to the "
        f"tickers, plus costs and interest. Exposures are the positions times their {betas}"
    )
    return Section("factor-pnl", "P&L by factor", text=(text,), figures=(factor_pnl_figure(run),), tables=(table,))


def entry_risk_section(run: StrategyRun) -> Section:
    """Whose risk it was at the entry, as known before the news."""
    tables = (risk_by_factor_table(run), risk_by_ticker_table(run))
    if not tables[0].rows:
        return Section("risk", "Risk at entry", text=(tables[0].note,))
    return Section("risk", "Risk at entry", tables=tables)


@remembered
def run_document(run: StrategyRun) -> Document:
    """What every document says of a run."""
    return Document(header(run), sections(run))


def render_report(run: StrategyRun) -> str:
    """The report of a run as HTML text."""
    return render_document(run_document(run))


def write_report(run: StrategyRun, path: str | Path) -> Path:
    """Write the report of a run to a file and return its path. Raises RunFolderError where that fails."""
    return write_page(render_report(run), path)
