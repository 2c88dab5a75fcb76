"""Tables of a book's options: greeks, full revaluation beside the slope, moves of prices, volatilities and borrow."""

from __future__ import annotations

from typing import Any

import numpy as np

from hedgebook.engine.options.lines import GREEKS, MULTIPLIER
from hedgebook.engine.risk.var.historical import tail_of
from hedgebook.strategies.risk.options import HeldOptions
from hedgebook.strategies.risk.report import RiskReport

from ..page.json import plain
from ..page.numbers import count, number, percent, setting
from ..page.section import Section
from ..page.table import Table, columns

MODELLED_BADGE = "Modelled option quotes: no chain was given"
NAMES = ("Delta", "Gamma", "Vega", "Theta")


def options_sections(report: RiskReport) -> tuple[Section, ...]:
    """What is said of options, nothing for a subject without any."""
    held = report.subject.options
    if held is None:
        return ()
    text = (
        f"{held.label}. VaR, ES and every figure that rests on the history revalue each option at each past session's "
        "moves, volatilities standing still by contract, and so do the headline and the picture of scenarios. Risk by "
        "position, the table of scenarios, replays, reverse stress and simulations use the shares that have the same "
        "delta.",
    )
    return (Section("options", "Options", text=text, tables=options_tables(report)),)


def scenario_fracs(report: RiskReport) -> dict[str, float]:
    """P&L of each scenario at its end, of NAV; a book's options are revalued, not taken by their slope."""
    found = {one.name: one.pnl_frac for one in report.scenarios}
    held = report.subject.options
    if held is not None:
        nav_usd = report.subject.positions.nav_usd
        for r in held.scenarios(report.scenarios).to_dict("records"):
            found[str(r["scenario"])] += (float(r["revalued_usd"]) - float(r["linear_usd"])) / nav_usd
    return found


def options_tables(report: RiskReport) -> tuple[Table, ...]:
    """The tables of a report with options, none for one without."""
    held = report.subject.options
    if held is None:
        return ()
    return (_positions(held), _greeks(held), _tails(report), _scenarios(report, held), _grid(held))


def _positions(held: HeldOptions) -> Table:
    table = held.by_line[held.lines.options]
    sizes = held.lines.quantity[held.lines.options] / MULTIPLIER
    vols = held.lines.vol_annual[held.lines.options]
    rows = tuple(
        (str(one), number(size, 0), number(r["price"]), count(r["value_usd"]), percent(vol, 1))
        for one, size, vol, r in zip(held.contracts, sizes, vols, table.to_dict("records"), strict=True)
    )
    return Table("Options held", columns("Contract", "Contracts", "Price", "Value USD", "Volatility"), rows)


def _greeks(held: HeldOptions) -> Table:
    by_ticker, by_bucket = held.greeks_by(held.tickers), held.greeks_by(held.buckets)
    total = held.by_line[list(GREEKS)].sum()
    rows = [(str(name), *(count(r[g]) for g in GREEKS)) for name, r in by_ticker.iterrows()]
    rows += [(f"bucket {name}", *(count(r[g]) for g in GREEKS)) for name, r in by_bucket.iterrows()]
    rows.append(("All", *(count(total[g]) for g in GREEKS)))
    note = (
        "USD, shares and options together. Delta: value of as many shares. Gamma: change of delta for a rise of 1%. "
        "Vega: for one point of volatility. Theta: a calendar day."
    )
    return Table("Greeks by ticker and bucket", columns("Of", *NAMES), tuple(rows), note, 1)


def _tails(report: RiskReport) -> Table:
    nav, rows = report.subject.positions.nav_usd, []
    slope = report.subject.rows.returns @ report.subject.positions.weights
    revalued = np.asarray(report.subject.history, dtype=np.float64)
    for confidence in report.options.confidences:
        full, linear = tail_of(revalued, 1.0 - confidence), tail_of(slope, 1.0 - confidence)
        for k, name in enumerate(("VaR", "ES")):
            rows.append((f"{name} {setting(confidence)}", count(full[k] * nav), count(linear[k] * nav)))
    note = "Historical, one session, USD; the difference is what curvature saves or costs in the tail."
    return Table("Full revaluation beside the slope", columns("Figure", "Revalued", "By delta"), tuple(rows), note)


def _scenarios(report: RiskReport, held: HeldOptions) -> Table:
    rows = tuple(
        (str(r["scenario"]), count(r["revalued_usd"]), count(r["linear_usd"]))
        for r in held.scenarios(report.scenarios).to_dict("records")
    )
    note = "P&L in USD of the price moves of each scenario at its end; borrow and margin are in the table of scenarios."
    return Table("Scenarios revalued", columns("Scenario", "Revalued", "By delta"), rows, note)


def _grid(held: HeldOptions) -> Table:
    grid = held.grid
    rows = tuple(
        (percent(float(move), 0), *(count(float(x)) for x in row))
        for move, row in zip(grid.index, grid.to_numpy(), strict=True)
    )
    heads = (str(name).capitalize() for name in grid.columns)
    note = "P&L in USD where all prices move at once; volatilities in points, the borrow fee in the prices of options."
    return Table("Prices, volatilities and borrow", columns("All prices", *heads), rows, note)


def summarise_options(report: RiskReport) -> dict[str, Any]:
    """The options of a report, JSON-ready; nothing for one without."""
    held = report.subject.options
    if held is None:
        return {}
    values = {
        "quotes": held.label,
        "modelled": True,
        "value_usd": held.options_usd,
        "contracts": [{"contract": str(one), "contracts": n} for one, n in held.contracts.items()],
        "greeks_by_ticker": held.greeks_by(held.tickers).to_dict("index"),
        "greeks_by_bucket": held.greeks_by(held.buckets).to_dict("index"),
        "scenarios": held.scenarios(report.scenarios).to_dict("records"),
        "grid_usd": {f"{move:+.2f}": row for move, row in held.grid.to_dict("index").items()},
    }
    found: dict[str, Any] = {"options": plain(values)}
    return found
