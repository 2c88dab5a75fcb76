"""What a page of a search for a hedge says of the options among its instruments."""

from __future__ import annotations

from typing import Any

from hedgebook.strategies.finder.result import HedgeFound
from hedgebook.universes.counted import counted

from ..page.numbers import count, number, percent
from ..page.table import Table, columns

MODELLED_BADGE = "Modelled option quotes: no chain was given"
HOW = (
    "An option is today's contract of its kind, bought: nearest in days and delta among what exchanges list. Its past "
    "is that contract revalued under each past session's move of its stock, volatility as it stands. Its positions are "
    "USD of delta, without sign. Its cost is the spread and the commission of getting in and out, and theta over the "
    "calendar days of the horizon; what its curvature earns is no part of it, as returns expected of shares are none."
)


def badges(found: HedgeFound) -> tuple[str, ...]:
    """That quotes are modelled, where options were searched."""
    return (MODELLED_BADGE,) if found.sample.options else ()


def option_facts(found: HedgeFound) -> tuple[tuple[str, str], ...]:
    """What holds for options, nothing without any."""
    if not found.sample.options:
        return ()
    return (("Options", f"{HOW} Quotes: {found.sample.quotes}."),)


def instruments_said(found: HedgeFound) -> str:
    """How many instruments were searched."""
    total, options = len(found.sample.problem.names), len(found.sample.options)
    shares = f"{counted(total - options, 'name')} in shares"
    return f"{count(total)} instruments: {shares} and {counted(options, 'option')}" if options else shares


def options_table(found: HedgeFound) -> Table | None:
    """The options of the best basket of each size, contract by contract; None where there are none."""
    rows = []
    for step in found.steps:
        for name, usd in (step.best.weights_usd if step.best else {}).items():
            one = found.sample.options.get(name)
            if one is None or not usd:
                continue
            picked = one.picked
            rows.append(
                (
                    str(step.count), str(picked.contract), number(one.contracts(usd), 1), number(usd, 0),
                    number(picked.delta, 2), number(picked.mid_usd), percent(picked.vol_annual, 0),
                    number(usd * one.trading_frac, 0), number(usd * one.theta_frac, 0),
                )
            )  # fmt: skip
    if not rows:
        return None
    names = ("Names", "Contract", "Contracts", "Delta USD", "Delta", "Mid", "Vol", "In and out", "Theta")
    note = (
        f"By number of names of the basket. Mid: USD a share. In and out: spread and commission, USD; theta: USD over "
        f"{found.asked.horizon_sessions} sessions. {found.sample.quotes[:1].upper()}{found.sample.quotes[1:]}."
    )
    return Table("Options of the best baskets", columns(*names, left=2, keep=("Contracts",)), tuple(rows), note)


def options_summary(found: HedgeFound) -> dict[str, Any]:
    """Every option that was searched, for the JSON."""
    return {
        "quotes": found.sample.quotes,
        "modelled": True,
        "instruments": {
            name: {
                **vars(one.picked),
                "contract": str(one.picked.contract),
                "cost_in_and_out_frac": one.trading_frac,
                "theta_frac": one.theta_frac,
                "most_delta": one.most_usd,
            }
            for name, one in found.sample.options.items()
        },
    }
