"""The parts of a report in their order: words, figures and tables, without any markup."""

from __future__ import annotations

from pathlib import Path

from hedgebook.strategies.run.run import StrategyRun
from hedgebook.strategies.trade.plan import TradePlan
from hedgebook.universes.calendar import Mark

from ..page.document import Document, remembered
from ..page.html import render_document, write_page
from ..page.made import made_section
from ..page.numbers import number, percent, pnl_decimals
from ..page.section import HINDSIGHT_BADGE, SIMULATED_BADGE, Header, Section, cards_from
from .around import around_figure
from .assumptions import assumption_facts
from .entry_risk import risk_by_factor_table, risk_by_ticker_table
from .equity import equity_figure
from .event_day import entry_session_pnl, event_day, event_day_table
from .figures import causes_figure, exposure_figure, holders_figure
from .holdings import holdings_figure, holdings_table
from .orders.fills import fills_table, rejected_table
from .orders.limits import margin_table, rule_201_table
from .orders.trips import round_trips_table
from .orders.weights import weights_table
from .pnl.currencies import currencies_table, money_table
from .pnl.factor_pnl import factor_pnl_figure, factor_pnl_table
from .pnl.tables import pnl_table, strategies_table
from .pnl.through_time import pnl_through_time_figure
from .tables import annual_table, cost_rates_table, costs_table, drawdown_table, exposure_table, headline_table
from .words import gained, tradable_words, verdict

EXPOSURES_OF_A_TRADE = (
    "Least squares of daily returns on the factors, with Newey-West errors. Before: the entry weights held constant "
    "over the sessions up to the last close before the news. During: the trade's own returns after the entry session."
)
EXPOSURES = (
    "Least squares of the run's own daily returns after its first session on the factors, with Newey-West errors: "
    "what it held on average, not what it holds now."
)
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
        Section(
            "assumptions",
            "Assumptions and data",
            facts=assumption_facts(run),
            tables=(cost_rates_table(run),),
            end=True,
        ),
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
        f"{gained(earned)} {number(abs(earned), cents)} USD before costs."
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
