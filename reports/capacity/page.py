"""How much capital a strategy carries as a page, as JSON and as a folder."""

from __future__ import annotations

from typing import Any

from hedgebook.strategies.run.capacity import StrategyCapacity

from ..catalogue.tables import value_words
from ..page.json import plain, versions
from ..page.kind import ReportKind
from ..page.made import made_section
from ..page.numbers import setting
from ..page.section import SIMULATED_BADGE, Header, Section
from ..page.undefined import reasoned
from .figures import order_figure, return_figure
from .tables import capital_table, cards, sentences


def capacity_header(found: StrategyCapacity) -> Header:
    """Title, verdict and badges."""
    note = f"{found.note[0].upper()}{found.note[1:]}."
    return Header(
        title=f"How much capital {found.strategy.name} carries",
        name=found.strategy.name,
        event=found.strategy.title or "",
        verdict=" ".join((note, *sentences(found))),
        badges=(SIMULATED_BADGE,) if found.market.provenance.simulated else (),
        warnings=len(found.warnings),
        figures=cards(found),
        picture=return_figure(found),
    )


def capacity_sections(found: StrategyCapacity) -> tuple[Section, ...]:
    """Every section in reading order."""
    order = order_figure(found)
    warnings = found.warnings
    return (
        Section("capital", "By capital", tables=(capital_table(found),)),
        *(() if order is None else (Section("order", "The largest order", figures=(order,)),)),
        Section("settings", "Settings", facts=_settings(found), end=True),
        Section("warnings", "Warnings", text=() if warnings else ("None.",), items=warnings, end=True),
        made_section(),
    )


def _settings(found: StrategyCapacity) -> tuple[tuple[str, str], ...]:
    source = found.market.provenance
    values = found.strategy.parameters()
    parameters = (f"{name} {value_words(values[name])}" for name in values if name != "title" and values[name])
    return (
        ("Asked", f"the largest order {setting(found.asked_participation)} of its ticker's average daily value"),
        ("Share", f"costs, or limits, take {setting(found.share)} of the P&L"),
        ("Strategy", ", ".join(parameters)),
        ("Costs", found.costs.name),
        ("Account", found.account.name),
        ("Prices", f"{source.source}, {source.first} to {source.last}{': ' if source.note else ''}{source.note}"),
        ("SHA-256 of the prices", source.sha256),
    )


def summarise_capacity(found: StrategyCapacity) -> dict[str, Any]:
    """The capacity as one JSON-ready value: USD and fractions unrounded, None for what is not a number."""
    source = found.market.provenance
    values = {
        **StrategyCapacity.to_dict(found),
        "costs": found.costs.name,
        "account": found.account.name,
        "simulated": source.simulated,
        "data": {"source": source.source, "sha256": source.sha256},
        "versions": versions(),
    }
    return reasoned(plain(values))


CAPACITY_REPORT: ReportKind[StrategyCapacity] = ReportKind(
    "capacity.json", summarise_capacity, capacity_header, capacity_sections
)
