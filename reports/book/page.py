"""The report of a hedged book: words, figures and tables in their order, without any markup."""

from __future__ import annotations

from hedgebook.strategies.book.result import BookRun, WindowRun
from hedgebook.strategies.option_hedge.run import LedgerWindow
from hedgebook.universes.counted import counted

from ..page.files import write_frame
from ..page.kind import ReportKind
from ..page.made import made_section
from ..page.numbers import day, number, percent, pnl_decimals, setting
from ..page.section import SIMULATED_BADGE, Header, Section, cards_from
from ..page.table import Table, columns
from . import options
from .figures import hedge_figure, levels_figure, windows_figure, worst_days_figure
from .summary import fills_frame, positions_frame, sessions_frame, summarise_book
from .tables import decisions_table, effect_table, holdings_table, parts_table, windows_table, worst_days_table

CONVENTIONS = (
    "The book's holdings are held from the close before each window and never traded, but for margin calls and "
    "recalls that the account enforces; book and hedge are held at the end too, valued at the last close. A hedge"
    " is decided at a close from closes up to it, and filled at the next open, a missing open at that session's "
    "close; it is sized as a fraction of NAV, so it moves with NAV over that night. Estimates take the daily "
    "returns of the book's values at the decision, held constant over the lookback."
)
IN_LEDGER = (
    "The book's holdings are held from the close before each window and never traded, but for margin calls and what "
    "ends its options; book and hedge are held at the end too, valued at the last close. A hedge is decided at a "
    "close from closes up to it, in shares and whole contracts, and filled at the next open, a missing open at that "
    "session's close. Estimates take the daily returns of the book's values at the decision, held constant over the "
    "lookback, its options as shares of the same delta."
)
EFFECTIVENESS = (
    "Effectiveness: 1 - Var(hedged)/Var(book alone) of daily P&L, both over the value of the book alone at the close "
    "before (Ederington 1979). Every session lies after the decision that hedges it, so the figure is out of sample; "
    "the first session of a window is left out, because its night was not hedged yet."
)


def book_header(run: BookRun) -> Header:
    """Title, what was hedged with what, and the outcome in one sentence."""
    asked = run.asked
    cap = "" if asked.cap is None else f", at most {setting(asked.cap)} of the gross value"
    first, last = run.windows[0].sessions[0], max(w.sessions[-1] for w in run.windows)
    when = f"{day(first)} to {day(last)}"
    if run.period.around_events:
        when = f"{len(run.windows)} event window{'s' if len(run.windows) > 1 else ''}, {when}"
    return Header(
        title=f"{', '.join(run.book.tickers[:6])}{' and others' if len(run.book.tickers) > 6 else ''} hedged with "
        f"{', '.join(asked.instruments)}",
        name=f"{run.book.source}: {asked.method.value}, lookback {asked.lookback}, set anew: {asked.rehedge}{cap}",
        event=when,
        verdict=book_verdict(run),
        badges=(*((SIMULATED_BADGE,) if run.market.provenance.simulated else ()), *options.badges(run)),
        warnings=len(run.warnings),
        figures=cards_from(
            cards(run),
            "Hedge effectiveness",
            "P&L of the book",
            "P&L of the hedge, net",
            "Beta hedged",
            "Volatility alone",
            "Beta alone",
        ),
        picture=windows_figure(run) if len(run.windows) > 1 else levels_figure(run.windows[0]),
    )


def book_verdict(run: BookRun) -> str:
    """What the hedge took away in risk and what it cost."""
    effect, cents = run.effect, pnl_decimals(run.base_usd)
    hedge = run.pnl["together"] - run.pnl["book"]
    did = f"{'earned' if hedge >= 0 else 'lost'} {number(abs(hedge), cents)} USD"
    book = run.pnl["alone"]
    alone = f"the book alone {'gained' if book >= 0 else 'lost'} {number(abs(book), cents)} USD"
    if run.ruined:
        lost = "; ".join(run.ruined)
        first = f"{alone[0].upper()}{alone[1:]}"
        return f"NAV was zero or below: {lost}. {first} and its hedge {did}, costs included."
    if effect.effectiveness != effect.effectiveness:
        return f"The book did not move, so there was nothing to hedge; {alone} and its hedge {did}, costs included."
    taken = f"took away {percent(effect.effectiveness, 1)} of the variance of the book's daily returns"
    if effect.effectiveness < 0:
        taken = f"added {percent(-effect.effectiveness, 1)} to the variance of the book's daily returns"
    said = f"The hedge {taken} over {counted(effect.sessions, 'session')} and {did}, costs included, while {alone}."
    return said + options.beside_said(run)


def book_sections(run: BookRun) -> tuple[Section, ...]:
    """Every section of the report, in reading order."""
    several = len(run.windows) > 1
    middle = [Section("windows", "Event by event", figures=(windows_figure(run),), tables=(windows_table(run),))]
    return (
        Section("headline", "Headline figures", cards=cards(run), tables=(effect_table(run),)),
        *((options.options_section(run),) if run.in_shares else ()),
        *(middle if several else ()),
        *(() if several else (Section("value", "Value", figures=(levels_figure(run.windows[0]),)),)),
        Section("pnl", "Where the P&L came from", tables=(parts_table(run),)),
        Section(
            "worst", "The book's worst sessions", figures=(worst_days_figure(run),), tables=(worst_days_table(run),)
        ),
        *(_hedge(window, several) for window in run.windows),
        assumptions(run),
        Section("warnings", "Warnings", text=() if run.warnings else ("None.",), items=run.warnings, end=True),
        made_section(),
    )


def cards(run: BookRun) -> Table:
    """The figures that a reader asks for first."""
    effect, cents = run.effect, pnl_decimals(run.base_usd)
    rows = (
        ("Hedge effectiveness", percent(effect.effectiveness, 1)),
        ("Sessions, out of sample", number(effect.sessions, 0)),
        ("P&L of the book", f"{number(run.pnl['book'], cents)} USD"),
        ("P&L of the hedge, net", f"{number(run.pnl['together'] - run.pnl['book'], cents)} USD"),
        ("Volatility alone", percent(effect.volatility_book)),
        ("Volatility hedged", percent(effect.volatility_hedged)),
        ("Beta alone", number(effect.beta_book)),
        ("Beta hedged", number(effect.beta_hedged)),
    )
    return Table("Headline figures", columns("Figure", "Value"), rows, EFFECTIVENESS)


def _hedge(window: WindowRun, several: bool) -> Section:
    title = f"The hedge around {window.name}" if several else "The hedge through time"
    optional = isinstance(window, LedgerWindow) and bool(window.bought)
    figures = (hedge_figure(window),) if not several and not optional else ()
    event = window.window.event
    text = (f"{event.headline} ({event.announced_on}, {event.timing.value}).",) if event else ()
    tables = (decisions_table(window, full=True), *((options.contracts_table(window),) if optional else ()))
    return Section(f"hedge-{window.name}", title, text=text, figures=figures, tables=tables)


def options_facts(run: BookRun) -> list[tuple[str, str]]:
    """What holds for options, nothing without any."""
    if not run.asked.options:
        return []
    at = f"{counted(run.asked.roll_days, 'calendar day')} before expiry" if run.asked.roll_days else "at expiry"
    ends = "exercise at expiry opens shares that are closed at the same close"
    return [("Options", f"{options.quotes_said(run)} Rolled {at}, and when the hedge is set anew; {ends}.")]


def assumptions(run: BookRun) -> Section:
    """What was asked, what it rests on and where the prices came from."""
    asked, source, first = run.asked, run.market.provenance, run.windows[0]
    optional = ", but where an option on it is" if run.in_shares or run.book.options else ""
    facts = [
        ("Method", asked.method.value + (f", neutral to {', '.join(asked.neutral_to)}" if asked.neutral_to else "")),
        (
            "Lookback",
            f"{counted(asked.lookback, 'session')} up to the decision; ragged histories: {asked.ragged.value}",
        ),
        ("Set anew", str(asked.rehedge)),
        ("Cap", "none" if asked.cap is None else f"{setting(asked.cap)} of the book's gross value at the decision"),
        (
            "Capital",
            f"{number(first.capital.usd, 0)} USD at the first close ({first.capital.note}); percentages of "
            f"{number(first.capital.base, 0)} USD",
        ),
        *options_facts(run),
        ("Costs and account", f"{run.costs.name}; {run.account.name}"),
        ("Prices", f"{source.source}, {source.first} to {source.last}{': ' if source.note else ''}{source.note}"),
        ("SHA-256 of the prices", source.sha256),
        ("Conventions", IN_LEDGER if isinstance(first, LedgerWindow) else CONVENTIONS),
        (
            "Instruments",
            "A bucket's member joins the hedge at the first decision at which it is listed and has "
            f"{asked.request.min_sessions} returns in the lookback; one that is named itself must have them at the "
            f"start. A ticker that the book holds is never used as a hedge{optional}.",
        ),
    ]
    return Section("assumptions", "Assumptions and data", facts=tuple(facts), tables=(holdings_table(run),), end=True)


BOOK_REPORT: ReportKind[BookRun] = ReportKind(
    "summary.json",
    summarise_book,
    book_header,
    book_sections,
    {
        "sessions.parquet": lambda run, path: write_frame(sessions_frame(run), path),
        "positions.parquet": lambda run, path: write_frame(positions_frame(run), path),
        "fills.parquet": lambda run, path: write_frame(fills_frame(run), path),
    },
)
