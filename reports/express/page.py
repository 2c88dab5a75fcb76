"""One view in every instrument as a page and as a folder."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from hedgebook.strategies.express.result import Expressed, Expression
from hedgebook.strategies.express.structures import PLAIN
from hedgebook.universes.counted import counted

from ..page.files import write_frame
from ..page.kind import ReportKind
from ..page.made import made_section
from ..page.numbers import count, day, number, setting
from ..page.section import MODELLED_BADGE, SIMULATED_BADGE, Header, Section, cards_from, quote_badges
from ..page.table import Table
from . import tables
from .figures import exit_figure, payoff_figure, pnl_figure
from .summary import summarise_express
from .swept import by_structure_table, map_figures, swept_table

LUCKY = 0.05


def express_header(found: Expressed) -> Header:
    """Title, verdict, badges."""
    badges = (SIMULATED_BADGE,) if found.market.provenance.simulated else ()
    badges = (*badges, *quote_badges(modelled=found.modelled, chain=found.chain is not None))
    shown = tables.cards(found)
    swept = found.swept
    lucky = swept is not None and math.isfinite(swept.spa_p) and swept.spa_p > LUCKY
    return Header(
        title=f"{found.trade.name} in every instrument",
        name=f"Equal in {tables.EQUAL_WORDS[found.asked.equal]}; {found.label}",
        event=f"{found.event.id}: {found.event.headline}",
        verdict=verdict(found),
        badges=badges,
        warnings=len(found.notes),
        figures=cards_from(shown, *(row[0] for row in shown.rows)),
        picture=payoff_figure(found, "short") or payoff_figure(found, "long"),
        doubts=("Best set no better than luck",) if lucky else (),
    )


def verdict(found: Expressed) -> str:
    """Which expression earned most on each leg, and what each of these loses where nothing happens.

    Only what is equal in the measure that was asked for is compared; the others are named with what they have of it.
    """
    said = []
    for leg, plain_name in PLAIN.items():
        whole = [one for one in found.expressions if one.structure.leg == leg]
        plain = found.of(plain_name)
        if plain is None or len(whole) < 2:
            continue
        mine = [one for one in whole if tables.is_equal(found, one)]
        apart = [one for one in whole if one not in mine]
        if len(mine) < 2:
            said.append(_apart_words(found, leg, apart))
            continue
        best = max(mine, key=lambda one: one.figures["pnl_usd"])
        safest = max(mine, key=lambda one: one.figures["against_usd"])
        own, other = count(best.figures["pnl_usd"]), count(plain.figures["pnl_usd"])
        text = f"On the {leg} leg {best.structure.title.lower()} did best: {own} USD"
        text += f", {plain.structure.title.lower()} {other} USD." if best is not plain else "."
        text += (
            f" In a gap of {setting(found.asked.gap_frac)} against it {safest.structure.title.lower()} holds up best: "
            f"{count(safest.figures['against_usd'])} USD, and {count(safest.figures['nothing_usd'])} where nothing "
            "happens."
        )
        said.append(f"{text} {_apart_words(found, leg, apart)}" if apart else text)
    swept = found.swept
    if swept is not None:
        said.append(_swept_words(found))
    return " ".join(said)


def _apart_words(found: Expressed, leg: str, apart: list[Expression]) -> str:
    """Expressions that are not equal in what was asked for, with the figure that says so."""
    figure = f"{found.asked.equal}_usd"
    told = [f"{one.structure.title.lower()} ({count(one.figures[figure])} USD)" for one in apart]
    return (
        f"Not equal in {tables.EQUAL_WORDS[found.asked.equal]} on the {leg} leg, so compared with nothing: "
        f"{', '.join(told)}."
    )


def _swept_words(found: Expressed) -> str:
    swept = found.swept
    assert swept is not None
    best = count(float(swept.table["pnl_usd"][swept.best]))
    text = f"Of {counted(swept.distinct, 'different set')} the best earned {best} USD"
    early = ""
    if swept.table["expires_before_exit"][swept.best]:
        early = (
            f" The best set has contracts that expire before the exit on {day(found.exit_session)}: its P&L is partly "
            "that of an earlier exit."
        )
    how = str(swept.table["equal"][swept.best])
    if how != found.asked.equal:
        sized, asked = tables.EQUAL_WORDS[how], tables.EQUAL_WORDS[found.asked.equal]
        early = f" It is sized by {sized}, so it is not equal to the others in {asked}.{early}"
    if swept.why:
        return f"{text}; {swept.why}.{early}"
    verdict = "no better than luck" if swept.spa_p > LUCKY else "more than luck gives to the best of so many"
    return f"{text}, which is {verdict} beside the leg in shares (p = {number(swept.spa_p, 3)}).{early}"


def express_tables(found: Expressed) -> tuple[Table, ...]:
    """What the terminal shows, in reading order."""
    swept = () if found.swept is None else (swept_table(found), by_structure_table(found))
    borrow = (tables.borrow_table(found),) if found.borrow else ()
    return (tables.compared_table(found), tables.sizes_table(found), tables.expiry_table(found), *borrow, *swept)


def express_sections(found: Expressed) -> tuple[Section, ...]:
    """Every section in reading order."""
    legs = ("short", "long")
    payoffs = tuple(one for leg in legs if (one := payoff_figure(found, leg)) is not None)  # type: ignore[arg-type]
    before = tuple(one for leg in legs if (one := exit_figure(found, leg)) is not None)  # type: ignore[arg-type]
    paths = tuple(one for leg in legs if (one := pnl_figure(found, leg)) is not None)  # type: ignore[arg-type]
    borrow: tuple[Section, ...] = ()
    swept: tuple[Section, ...] = ()
    if found.borrow:
        borrow = (Section("borrow", "What borrow decides", tables=(tables.borrow_table(found),)),)
    if found.swept is not None:
        swept = (
            Section(
                "sweep", "Sweep and luck", text=(_luck(found),), figures=map_figures(found),
                tables=(by_structure_table(found), swept_table(found)),
            ),
        )  # fmt: skip
    return (
        Section("headline", "Headline figures", cards=tables.cards(found)),
        Section("expressions", "Side by side", tables=(tables.compared_table(found),)),
        Section("sizes", "How large each is", tables=(tables.sizes_table(found),)),
        Section("payoffs", "What each pays at expiry", figures=payoffs, tables=(tables.expiry_table(found),)),
        Section("before-expiry", _exit_title(found), figures=before),
        Section("pnl", "What each earned", figures=paths, tables=(tables.explained_table(found),)),
        *borrow,
        *swept,
        Section("positions", "What each holds", tables=(tables.positions_table(found),)),
        _assumptions(found),
        Section("warnings", "Warnings", text=() if found.notes else ("None.",), items=found.notes, end=True),
        made_section(),
    )


def _exit_title(found: Expressed) -> str:
    """Before expiry only where every contract still lives then."""
    over = [np.datetime64(c.expiry, "D") <= found.exit_session for one in found.expressions for c in one.positions]
    if not any(over):
        return "What each pays at the exit, before expiry"
    return "What each pays at the exit, after expiry" if all(over) else "What each pays at the exit"


def _luck(found: Expressed) -> str:
    swept = found.swept
    assert swept is not None
    text = _swept_words(found)
    if not swept.why:
        text += (
            f" p: chance of such a best if no expression were better than the leg in shares, by Hansen's test on "
            f"{counted(swept.sessions, 'session')} of P&L beside it. Its Sharpe ratio is above the best of so many by "
            f"luck with a probability of {number(swept.deflated, 3)}. One event of "
            f"{counted(swept.sessions, 'session')} proves nothing of the next one."
        )
    return text


def _assumptions(found: Expressed) -> Section:
    asked, source = found.asked, found.market.provenance
    equal = {
        "delta": "Each structure has, name by name, the delta of the leg in shares.",
        "premium": "Structures that cost a premium spend that of the long put (short leg) or the long call (long leg) "
        "at equal delta; the others are equal in delta.",
        "var": f"Each structure is first equal in delta by name, then scaled until its {setting(asked.confidence)} VaR "
        "of one session is that of the leg in shares.",
    }[asked.equal]
    facts = (
        ("Quotes", f"{found.label}." + (" " + MODELLED_BADGE + "." if found.modelled and found.chain is None else "")),
        ("Equal in", f"{equal} Then whole contracts; shares beside options are as many as these stand for."),
        (
            "Contracts",
            f"Bought options have a delta of {asked.delta:g}, sold ones of {asked.wing_delta:g}; spreads are "
            f"{setting(asked.width_frac)} of the first strike wide; synthetics and straddles are struck at the "
            f"forward. The listed expiry closest to {asked.days} days, the listed strike closest to what is wanted.",
        ),
        (
            "Fills",
            f"Options are {AT_MID if found.at_mid else AT_QUOTES}, at the entry and at the exit, at "
            f"{number(asked.contract_fee_usd)} USD a contract each time. What expires before the exit pays "
            "what exercise gives at that close.",
        ),
        (
            "Shares",
            f"Shares alone are the trade's own run under costs {found.costs_name}. All others, those of a sweep among "
            "them, run in one simulation of shares and options. Interest on cash is left out of all.",
        ),
        ("Borrow", "The fee on short shares is the carry in the prices of options, so that both pay it."),
        (
            "Event",
            f"{found.event.id}, entry {day(found.entry)} at the {found.entry_mark}, exit {day(found.exit_session)}",
        ),
        ("Prices", f"{source.source}, {source.first} to {source.last}{': ' if source.note else ''}{source.note}"),
        ("SHA-256 of the prices", source.sha256),
    )
    return Section("assumptions", "Assumptions and data", facts=facts, end=True)


def _write_sets(found: Expressed, path: Path) -> None:
    """All sets of a sweep; an expression that was not swept has no such file."""
    if found.swept is not None:
        write_frame(found.swept.table, path)


AT_QUOTES = "bought at mid and half the spread, sold at mid less half the spread"
AT_MID = "bought and sold at mid, as costs are none"
SETS = "sweep.parquet"
EXPRESS_REPORT: ReportKind[Expressed] = ReportKind(
    "express.json", summarise_express, express_header, express_sections, {SETS: _write_sets}
)
