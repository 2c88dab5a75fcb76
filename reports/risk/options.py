"""Tables of a book's options: greeks, full revaluation beside the slope, moves of prices, volatilities and borrow."""

from __future__ import annotations

from typing import Any

import numpy as np

from hedgebook.engine.options.lines import GREEKS, MULTIPLIER
from hedgebook.engine.risk.var.historical import tail_of
from hedgebook.engine.stress.held.options import HeldOptions
from hedgebook.strategies.risk.report import RiskReport

from ..page.json import plain
from ..page.numbers import count, number, percent, setting
from ..page.section import Section, quote_badges
from ..page.table import Table, columns

NAMES = ("Delta", "Gamma", "Vega", "Theta")


def held_badges(held: HeldOptions | None) -> tuple[str, ...]:
    """That quotes of the options held are modelled, where any is; nothing without options."""
    return () if held is None else quote_badges(modelled=bool(held.modelled), chain=held.chain)


def options_sections(report: RiskReport) -> tuple[Section, ...]:
    """What is said of options, nothing for a subject without any."""
    held = report.subject.options
    if held is None:
        return ()
    text = (
        f"{held.label[:1].upper()}{held.label[1:]}. Every option is revalued in VaR, ES and all that rests on the "
        "history, in risk by position, in scenarios and replays, in reverse stress and on each simulated path. "
        "Volatilities stand still by contract unless a scenario moves them; a scenario's borrow fee is in the carry of "
        "options on the name. No time passes but on simulated paths. Exposures to factors are by delta.",
    )
    return (Section("options", "Options", text=text, tables=options_tables(report)),)


def options_tables(report: RiskReport) -> tuple[Table, ...]:
    """The tables of a report with options, none for one without."""
    held = report.subject.options
    if held is None:
        return ()
    return (held_table(held), _greeks(held), _tails(report), _scenarios(report), _grid(held))


def held_table(held: HeldOptions) -> Table:
    """Every option held: how many contracts, price, value and volatility, and whose price it is where there is a
    chain."""
    table = held.by_line[held.lines.options]
    sizes = held.lines.quantity[held.lines.options] / MULTIPLIER
    vols = held.lines.vol_annual[held.lines.options]
    rows = tuple(
        (
            str(one), number(size, 0), number(r["price"]), count(r["value_usd"]), percent(vol, 1),
            *(("model" if one in held.modelled else "quote",) if held.chain else ()),
        )
        for one, size, vol, r in zip(held.contracts, sizes, vols, table.to_dict("records"), strict=True)
    )  # fmt: skip
    names = ("Contract", "Contracts", "Price", "Value USD", "Volatility", *(("Price by",) if held.chain else ()))
    return Table("Options held", columns(*names), rows)


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


def scenario_rows(report: RiskReport) -> list[dict[str, Any]]:
    """By scenario: P&L of its moves of prices, volatilities and borrow by the slope of the book, which knows prices
    alone, and revalued; USD at the end of the path, what lent shares cost left out."""
    delta, rows = report.subject.positions.values_usd, []
    for one in report.scenarios:
        fees = float(one.tickers["borrow_usd"].sum() + one.tickers["buy_in_usd"].sum())
        slope = float(delta @ one.tickers["move_frac"].to_numpy())
        rows.append({"scenario": one.name, "linear_usd": slope, "revalued_usd": one.pnl_usd - fees})
    return rows


def _scenarios(report: RiskReport) -> Table:
    rows = tuple((str(r["scenario"]), count(r["revalued_usd"]), count(r["linear_usd"])) for r in scenario_rows(report))
    note = "P&L in USD at the end of each path, without what lent shares cost."
    return Table("Scenarios revalued", columns("Scenario", "Revalued", "By delta"), rows, note)


def _grid(held: HeldOptions) -> Table:
    grid = held.grid
    rows = tuple(
        (percent(float(move), 0), *(count(float(x)) for x in row))
        for move, row in zip(grid.index, grid.to_numpy(), strict=True)
    )
    heads = (str(name).capitalize().replace("-", "−") for name in grid.columns)
    note = "P&L in USD where all prices move at once; volatilities in points, the borrow fee in the prices of options."
    return Table("Prices, volatilities and borrow", columns("All prices", *heads), rows, note)


def held_rows(held: HeldOptions) -> list[dict[str, Any]]:
    """The options held for JSON: contracts, price in USD a share, volatility, and whether the price is modelled."""
    options = held.lines.options
    prices, vols = held.units[options], held.lines.vol_annual[options]
    return [
        {
            "contract": str(one), "contracts": n, "price_usd": float(price), "vol_annual": float(vol),
            "modelled": one in held.modelled,
        }
        for (one, n), price, vol in zip(held.contracts.items(), prices, vols, strict=True)
    ]  # fmt: skip


def summarise_options(report: RiskReport) -> dict[str, Any]:
    """The options of a report, JSON-ready; nothing for one without."""
    held = report.subject.options
    if held is None:
        return {}
    values = {
        "quotes": held.label,
        "modelled": bool(held.modelled),
        "value_usd": held.options_usd,
        "contracts": held_rows(held),
        "greeks_by_ticker": held.greeks_by(held.tickers).to_dict("index"),
        "greeks_by_bucket": held.greeks_by(held.buckets).to_dict("index"),
        "scenarios": scenario_rows(report),
        "grid_usd": {f"{move:+.2f}": row for move, row in held.grid.to_dict("index").items()},
    }
    found: dict[str, Any] = {"options": plain(values)}
    return found
