"""The report of a search for a hedge: words, figures and tables in their order."""

from __future__ import annotations

from hedgebook.strategies.finder.result import HedgeFound
from hedgebook.strategies.finder.run import BEST_KEPT
from hedgebook.universes.counted import counted

from ..page.files import write_frame
from ..page.kind import ReportKind
from ..page.made import made_section
from ..page.numbers import count, day, number, percent, setting
from ..page.section import SIMULATED_BADGE, Header, Section, cards_from
from ..page.table import Table, columns
from . import options
from .figures import frontier_figure, luck_figure
from .summary import baskets_frame, summarise_found
from .tables import NONE_WORTH, beside_table, events_table, frontier_table, top_table, winner_table

LUCKY = 0.05
OBJECTIVE = (
    "Q(w) = Var(y + Xw)/Var(y) + 2 cost(w)/(p S), least, with y the book's P&L a session and X those of the names, "
    "S = sqrt(H) SD(y) the book's deviation over the horizon of H sessions, and p what one USD less of it is worth: "
    "the hurdle Sharpe ratio times sqrt(H/252). Effectiveness is 1 - Var(y + Xw)/Var(y), net effectiveness 1 - Q. "
    "Returns expected of names are no part of it."
)
COSTS = (
    "Getting in and out once each: half spread, slippage, commission, and the square-root impact of the largest order "
    "that the limits allow of a name, so that no smaller order costs more than was counted. Sold short: the borrow fee "
    "of the horizon's calendar days on top. Interest on cash is no part of it."
)


def finder_header(found: HedgeFound) -> Header:
    """Title, what was searched, and the outcome in one sentence."""
    asked = found.asked
    kept = f", neutral to {', '.join(asked.neutral)}" if asked.neutral else ""
    best = NONE_WORTH if found.none_is_worth_it else ", ".join(found.winner.held)
    doubts = ("No better than luck",) if found.p_value > LUCKY else ()
    return Header(
        title=f"The best hedge of {_sizes(found)} for {found.subject.name}",
        name=f"{best}{kept}; objective: {asked.objective}",
        event=f"as known at the close of {day(found.sample.market.sessions[-1])}",
        verdict=verdict(found),
        badges=(*((SIMULATED_BADGE,) if found.sample.market.provenance.simulated else ()), *options.badges(found)),
        warnings=len(found.warnings),
        figures=cards_from(cards(found), "Variance taken, in sample", "Net of cost", "p-value", "Events left out"),
        picture=frontier_figure(found),
        doubts=doubts,
    )


def _sizes(found: HedgeFound) -> str:
    sizes = [step.count for step in found.steps]
    return counted(sizes[0], "name") if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]} names"


def verdict(found: HedgeFound) -> str:
    """What the best hedge takes away, what of it is luck, and what it did on events it did not know."""
    best = found.winner
    if found.none_is_worth_it:
        return (
            f"No hedge is worth its cost: of {_sizes(found)} within the limits the best basket holds nothing, as every "
            "position would cost more than the risk that it takes away is worth. A higher --hurdle-sharpe or wider "
            "limits may bring one."
        )
    luck, cost = found.luck_95, f"{number(best.cost_usd, 0)} USD of cost"
    if best.effectiveness >= 0.0:
        did = f"taken {percent(best.effectiveness, 1)} of the book's variance, {percent(best.net, 1)} net of {cost}"
    else:  # what keeps the limits may do harm
        did = f"added {percent(-best.effectiveness, 1)} to the book's variance, {percent(-best.net, 1)} with {cost}"
    said = (
        f"{', '.join(best.held)} would have {did}; one in twenty placebo books reaches {percent(luck, 1)} net by luck "
        f"(p = {number(found.p_value, 3)})."
    )
    if not found.left_out:
        return f"{said} No event lies in the sample, so nothing is known out of sample."
    plain = [(found.plain_out_of_sample(name), name) for name in found.plain]
    known = [one for one in plain if one[0] == one[0]]
    beside = f", plain {max(known)[1]} {_took(max(known)[0])}" if known else ""
    events = counted(len(found.left_out), "event")
    return f"{said} On {events} left out it {_took(found.out_of_sample)}{beside}."


def _took(effectiveness: float) -> str:
    return f"added {percent(-effectiveness, 1)}" if effectiveness < 0.0 else f"took {percent(effectiveness, 1)}"


def cards(found: HedgeFound) -> Table:
    """The figures that a reader asks for first."""
    best = found.winner
    rows = (
        ("Variance taken, in sample", percent(best.effectiveness, 1)),
        ("Net of cost", percent(best.net, 1)),
        ("p-value", number(found.p_value, 3)),
        ("Events left out", percent(found.out_of_sample, 1)),
        ("Events left out, names anew", percent(found.searched_out_of_sample, 1)),
        ("Best by luck, net (95%)", percent(found.luck_95, 1)),
        ("Expected cost", f"{number(best.cost_usd, 0)} USD"),
        ("Gross of the hedge", f"{number(best.gross_usd, 0)} USD"),
        ("Baskets", count(found.counts.baskets)),
    )
    return Table("Headline figures", columns("Figure", "Value"), rows)


def finder_sections(found: HedgeFound) -> tuple[Section, ...]:
    """Every section of the report, in reading order."""
    contracts = options.options_table(found)
    return (
        Section("headline", "Headline figures", cards=cards(found)),
        Section("winner", "The best hedge", tables=(winner_table(found), *((contracts,) if contracts else ()))),
        Section("frontier", "How many names", figures=(frontier_figure(found),), tables=(frontier_table(found),)),
        Section("beside", "Beside plain hedges", tables=(beside_table(found),)),
        Section("luck", "What luck finds", text=(_luck(found),), figures=(luck_figure(found),)),
        *((Section("events", "Events left out", tables=(events_table(found),)),) if found.left_out else ()),
        Section("top", "The best baskets", tables=(top_table(found),)),
        _assumptions(found),
        Section("warnings", "Warnings", text=() if found.warnings else ("None.",), items=found.warnings, end=True),
        made_section(),
    )


def _luck(found: HedgeFound) -> str:
    asked = found.asked
    kinds = {
        "dates": "the book's own returns on dates drawn anew, so that no name has any relation to it",
        "beyond": "what SPY, SMH and QQQ explain of the book on its own dates, and the rest on dates drawn anew",
    }
    return (
        f"The same search was made for {counted(asked.placebos, 'placebo book')}: {kinds[asked.placebo]}. "
        f"p = (1 + those that find as much)/(1 + {asked.placebos}) = {number(found.p_value, 3)}."
    )


def _assumptions(found: HedgeFound) -> Section:
    asked, counts, sample, source = found.asked, found.counts, found.sample, found.sample.market.provenance
    limits = [
        "no limit of volume"
        if asked.adv_frac is None
        else f"{setting(asked.adv_frac)} of a name's average daily value",
        "no limit of borrow fee"
        if asked.borrow_annual is None
        else f"no short above a fee of {setting(asked.borrow_annual)} a year",
        f"gross at most {setting(asked.budget_frac)} of the book's",
        {"both": "names may be bought and sold", "short": "names are sold only", "long": "names are bought only"}[
            asked.side
        ],
    ]
    solved = (
        f"{count(counts.baskets)}, of which {count(counts.feasible)} keep the limits: each optimum was worked out. "
        f"Of {count(counts.placebo)} pairs of basket and placebo book {count(counts.placebo_solved)} were worked out; "
        "the others cannot be better than one that was found, because an easier problem is not"
    )
    facts = (
        ("What is least", OBJECTIVE),
        *((("Expected shortfall", _shortfall(found)),) if asked.objective == "es" else ()),
        (
            "Price of risk",
            f"{number(found.risk_price, 3)} USD for each USD of deviation over "
            f"{counted(asked.horizon_sessions, 'session')} "
            f"(hurdle Sharpe {number(asked.hurdle_sharpe)}); the book's is {number(found.horizon_usd, 0)} USD",
        ),
        ("Expected cost", COSTS),
        *options.option_facts(found),
        ("Costs", found.costs_name),
        ("Limits", "; ".join(limits)),
        (
            "Neutral to",
            "; ".join(sample.definitions) + ("; dollar" if "dollar" in asked.neutral else "")
            if asked.neutral
            else "nothing",
        ),
        *((("Instruments", options.instruments_said(found)),) if found.sample.options else ()),
        ("Baskets", solved),
        (
            "Sample",
            f"{counted(len(sample.rows), 'session')} that book and names share, {day(sample.sessions[0])} to "
            f"{day(sample.sessions[-1])}, of the {asked.lookback} up to the close that is known; the book's values "
            "then, held constant",
        ),
        ("Prices", f"{source.source}, {source.first} to {source.last}{': ' if source.note else ''}{source.note}"),
        ("SHA-256 of the prices", source.sha256),
    )
    book = tuple(
        (ticker, number(usd, 0), percent(usd / found.subject.gross_usd, 1))
        for ticker, usd in found.subject.values_usd.items()
    )
    return Section(
        "assumptions",
        "Assumptions and data",
        facts=facts,
        tables=(Table("The book", columns("Ticker", "USD", "Of gross"), book),),
        end=True,
    )


def _shortfall(found: HedgeFound) -> str:
    return (
        f"Of the best {BEST_KEPT:,} baskets by variance the mean loss of the worst {percent(1 - found.asked.level, 1)} "
        "of sessions was made least, exactly on the sample, by a linear programme; net is then 1 - ES(hedged)/ES(book) "
        "less the cost at the same price of risk, ES divided by that of a normal return of deviation 1. Luck and names "
        "searched anew are by variance."
    )


FOUND_REPORT: ReportKind[HedgeFound] = ReportKind(
    "summary.json",
    summarise_found,
    finder_header,
    finder_sections,
    {"baskets.parquet": lambda found, path: write_frame(baskets_frame(found), path)},
)
