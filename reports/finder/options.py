"""What a page of a search for a hedge says of the options among its instruments."""

from __future__ import annotations

from typing import Any

from hedgebook.strategies.finder.result import Basket, HedgeFound
from hedgebook.universes.counted import counted

from ..page.numbers import count, number, percent
from ..page.section import quote_badges
from ..page.table import Table, columns

HOW = (
    "An option is today's contract of its kind, bought: nearest in days and delta among what exchanges list. Its past "
    "is that contract revalued under each past session's move of its stock, volatility as it stands. Its positions are "
    "USD of delta, without sign. Its cost is the spread and the commission of getting in and out, and theta over the "
    "calendar days of the horizon; what its curvature earns is no part of it, as returns expected of shares are none."
)


def badges(found: HedgeFound) -> tuple[str, ...]:
    """That quotes are modelled, where options were searched."""
    board = found.sample.board
    return quote_badges(modelled=bool(board.modelled), chain=board.chain)


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


def best_with_option(found: HedgeFound) -> Basket | None:
    """The best of the best baskets that holds an option, None where none of them does."""
    return next((one for one in found.top if any(name in found.sample.options for name, _ in _held(one))), None)


def _held(basket: Basket) -> list[tuple[str, float]]:
    return [(name, usd) for name, usd in basket.weights_usd.items() if usd]


def options_table(found: HedgeFound) -> Table | None:
    """The options of the best basket of each size and of the best with any; None where none has one."""
    if not found.sample.options:
        return None
    rows, best = [], best_with_option(found)
    shown = [(str(step.count), step.best) for step in found.steps]
    if best and all(step.best is None or step.best.names != best.names for step in found.steps):
        shown.append(("best with one", best))
    for title, basket in shown:
        for name, usd in _held(basket) if basket else ():
            one = found.sample.options.get(name)
            if one is None:
                continue
            picked = one.picked
            rows.append(
                (
                    title, str(picked.contract), number(one.contracts(usd), 1), number(usd, 0),
                    number(picked.delta, 2), number(picked.mid_usd), percent(picked.vol_annual, 0),
                    number(usd * one.trading_frac, 0), number(usd * one.theta_frac, 0),
                )
            )  # fmt: skip
    if not rows:
        return None
    names = ("Basket", "Contract", "Contracts", "Delta USD", "Delta", "Mid", "Vol", "In and out", "Theta")
    net = f"Best with one: {', '.join(best.names)}, {percent(best.net, 1)} net. " if best else ""
    note = (
        f"{net}Basket: by number of names. Mid: USD a share. In and out: spread and commission, USD; theta: USD over "
        f"{found.asked.horizon_sessions} sessions. {found.sample.quotes[:1].upper()}{found.sample.quotes[1:]}."
    )
    return Table("Options of the best baskets", columns(*names, left=2, keep=("Contracts",)), tuple(rows), note)


def options_summary(found: HedgeFound) -> dict[str, Any]:
    """Every option that was searched, for the JSON."""
    return {
        "quotes": found.sample.quotes,
        "modelled": bool(found.sample.board.modelled),
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
