"""Books with options: full revaluation against plain Python, its slope, and rows of a file."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

import hedgebook as hb
from hedgebook.engine.options.american import american
from hedgebook.engine.options.contracts import Contracts
from hedgebook.engine.options.lines import MULTIPLIER
from hedgebook.engine.options.marks import ModelMarks
from hedgebook.engine.stress.held.options import HeldOptions, held_options
from hedgebook.errors import ParameterError
from hedgebook.reports.page.numbers import percent
from hedgebook.reports.risk.page import grounds_table, risk_verdict
from hedgebook.strategies.book.file import check_book, read_book
from hedgebook.strategies.risk.lines import line_risk
from hedgebook.strategies.risk.subject import subject_of_book
from hedgebook.universes.chains.chain import Listed
from hedgebook.universes.chains.names import parse_contract
from hedgebook.universes.market import Market
from tests.oracle.option_tree import tree_price

PUT = Listed("CRWV", date(2026, 12, 18), "put", 80.0)
CALL = Listed("META", date(2026, 9, 18), "call", 700.0)


@pytest.fixture(scope="module")
def held(market: Market) -> HeldOptions:
    row = market.session_index("2026-06-30")
    return held_options(market, row, {"META": 500.0, "CRWV": -200.0}, {PUT: -10.0, CALL: 4.0})


def test_a_change_is_that_of_each_option_priced_by_itself(held: HeldOptions) -> None:
    moves, wanted = np.array([[-0.2, 0.1], [0.03, -0.25]]), []
    for meta, crwv in moves:
        total = 500.0 * held.spots[0] * meta - 200.0 * held.spots[1] * crwv
        for k, (one, size) in enumerate(held.contracts.items(), start=2):
            spot = held.spots[held.of[k]]
            move = meta if one.ticker == "META" else crwv
            years = (np.datetime64(one.expiry) - held.session).astype(int) / 365.0
            terms = (held.lines.rate_annual, held.lines.carry_annual[k], held.lines.vol_annual[k])
            prices = [
                float(american(Contracts(one.right, s, one.strike, years, *terms), sensitivities=False)["price"][0])
                for s in (spot, spot * (1.0 + move))
            ]
            total += MULTIPLIER * size * (prices[1] - prices[0])
        wanted.append(total)
    np.testing.assert_allclose(held.changes(moves), wanted, rtol=1e-9)


def test_full_revaluation_is_the_slope_as_moves_go_to_nothing(held: HeldOptions) -> None:
    slope = held.greeks_by(held.tickers)["delta_usd"].to_numpy()
    gaps = []
    for step in (1e-2, 1e-3):
        moves = np.array([[step, -step]])
        gaps.append(abs(float(held.changes(moves)[0]) - float(slope @ moves[0])) / step)
    assert gaps[1] < gaps[0] / 5.0
    vega = float(held.by_line["vega_usd"].sum())
    up, down = (float(held.changes(np.zeros((1, 2)), step)[0]) for step in (1e-3, -1e-3))
    assert (up - down) / 0.2 == pytest.approx(vega, rel=1e-3)
    assert held.changes(np.zeros((1, 2)))[0] == 0.0


def test_var_of_a_book_rests_on_revalued_options(market: Market) -> None:
    book = hb.Book({"META": 500.0}, cash_usd=400_000.0, options={CALL: -5.0})
    found = subject_of_book(book, market, "2026-06-30")
    assert found.options is not None
    own = market.close_returns(("META",))[: market.session_index("2026-06-30") + 1, 0]
    rows = own[-len(found.history) :]
    wanted = found.options.changes(rows[:, None]) / found.positions.nav_usd
    np.testing.assert_allclose(found.history, wanted, rtol=1e-12)
    # Sold calls: gains are capped, so that the best session is worth less than by the slope.
    slope = rows * found.positions.weights[0]
    assert found.history.max() < slope.max()


@pytest.mark.parametrize(
    "text", ["CRWV 2026-12-18 P 80", "CRWV 2026-12-18 80 put", "CRWV261218P00080000", "CRWV  261218P00080000"]
)
def test_contracts_are_read_as_people_and_clearing_houses_write_them(text: str) -> None:
    assert parse_contract(text) == PUT


def test_names_that_are_no_contracts_are_none() -> None:
    assert parse_contract("BRK.B") is None
    with pytest.raises(ParameterError, match="no such expiry"):
        parse_contract("CRWV 2026-13-18 P 80")


def test_rows_of_a_file_are_contracts(tmp_path: Path, market: Market) -> None:
    path = tmp_path / "book.csv"
    path.write_text("ticker,shares\nMETA,500\nCRWV 2026-12-18 P 80,-10\nCASH,400000\n")
    book = read_book(path, market)
    assert (book.amounts, dict(book.options), book.cash_usd) == ({"META": 500.0}, {PUT: -10.0}, 400_000.0)
    path.write_text("ticker,shares\nMETA,500\nCRWV 2026-12-18 P 80,-10.5\n")
    with pytest.raises(ParameterError, match="contracts are whole"):
        read_book(path, market)
    path.write_text("ticker,shares\nCRWV 2026-12-18 P 80,-10\nCRWV261218P00080000,-5\n")
    with pytest.raises(ParameterError, match="this contract stands twice, first on line 2"):
        read_book(path, market)
    path.write_text("ticker,dollars\nMETA,500\nCRWV 2026-12-18 P 80,-10\n")
    with pytest.raises(ParameterError, match="counted in contracts"):
        read_book(path, market)


def test_what_values_shares_alone_refuses_a_book_with_options(market: Market) -> None:
    book = hb.Book({"META": 500.0}, options={CALL: -5.0})
    assert check_book(book, market) is book
    with pytest.raises(ParameterError, match="in its risk, in hedges of it and beside a ticket alone"):
        book.holdings(market, 400)
    with pytest.raises(ParameterError, match="has expired"):
        held_options(market, len(market.sessions) - 1, {}, {Listed("META", date(2026, 1, 16), "call", 700.0): 1.0})


def test_a_stock_that_did_not_print_is_named_with_its_day(market: Market) -> None:
    row = market.session_index("2026-06-30")
    close = market.close.copy()
    close[row, market.column("CRWV")] = np.nan
    halted = replace(market, close=close)
    with pytest.raises(ParameterError, match=r"no price.*a close of CRWV on 2026-06-30.*--as-of"):
        held_options(halted, row, {"META": 1.0}, {PUT: 1.0})
    # Shares of it are worth their last close.
    held = held_options(halted, row, {"CRWV": 1.0}, {CALL: 1.0})
    assert held.spots[held.tickers.index("CRWV")] == market.close[row - 1, market.column("CRWV")]


def test_the_headline_scenario_is_revalued(market: Market) -> None:
    """Sold puts lose more in a fall than by their slope: each priced by itself before and after."""
    found = hb.risk(hb.Book({"META": 500.0}, cash_usd=400_000.0, options={PUT: -40.0}), market, paths=100)
    held = found.subject.options
    assert held is not None
    lines, spots = held.lines, dict(zip(held.tickers, held.spots, strict=True))
    (k,) = np.flatnonzero(lines.options)
    years = (np.datetime64(PUT.expiry) - held.session).astype(int) / 365.0
    terms = (lines.rate_annual, lines.carry_annual[k], lines.vol_annual[k])

    def put(spot: float) -> float:
        return float(american(Contracts("put", spot, PUT.strike, years, *terms), sensitivities=False)["price"][0])

    wanted = {}
    for one in found.scenarios:
        meta, crwv = (float(one.tickers["move_frac"].get(ticker, 0.0)) for ticker in ("META", "CRWV"))
        sold = -40.0 * MULTIPLIER * (put(spots["CRWV"] * (1.0 + crwv)) - put(spots["CRWV"]))
        wanted[one.name] = (500.0 * spots["META"] * meta + sold) / found.subject.positions.nav_usd
    worst = min(wanted, key=wanted.__getitem__)
    assert f"Worst scenario: {worst}, {percent(wanted[worst], 1)}." in risk_verdict(found)
    assert {one.name: one.pnl_frac for one in found.scenarios}[worst] == pytest.approx(wanted[worst], rel=1e-6)


def test_parts_of_lines_add_up_and_are_means_over_the_tail(held: HeldOptions) -> None:
    moves, nav = np.random.default_rng(7).normal(0.0, 0.04, (60, 2)), 300_000.0
    found = line_risk(held, moves, nav, 0.9)
    each: list[list[float]] = [[float(held.changes(row[None, :])[0]) / nav for row in moves]]
    each += [[] for _ in held.names]
    for k, name in enumerate(held.names):
        size = float(held.lines.quantity[k])
        spot, of = float(held.spots[held.of[k]]), int(held.of[k])
        for row in moves:
            unit = spot * float(row[of])
            if name not in held.tickers:
                one = list(held.contracts)[k - 2]
                years = (np.datetime64(one.expiry) - held.session).astype(int) / 365.0
                terms = (held.lines.rate_annual, held.lines.carry_annual[k], held.lines.vol_annual[k])
                spots = [spot, spot * (1.0 + float(row[of]))]
                before, after = american(Contracts(one.right, spots, one.strike, years, *terms), sensitivities=False)[
                    "price"
                ]
                unit = float(after) - float(before)
            each[k + 1].append(size * unit / nav)
    worst = sorted(range(60), key=lambda t: each[0][t])
    # Six of sixty sessions lie in the tail of a tenth.
    for k, name in enumerate(held.names, start=1):
        mean = -sum(each[k][t] for t in worst[:6]) / 6.0
        assert found.loc[name, "component_es"] == pytest.approx(mean, rel=1e-7)
        rest = sorted(whole - own for whole, own in zip(each[0], each[k], strict=True))
        assert found.loc[name, "incremental_es"] == pytest.approx(
            -sum(each[0][t] for t in worst[:6]) / 6.0 + sum(rest[:6]) / 6.0, rel=1e-7
        )
    parts = found.loc[list(held.names)]
    assert parts["component_es"].sum() == pytest.approx(found.loc["book", "component_es"], rel=1e-12)
    assert parts["component_var"].sum() == pytest.approx(found.loc["book", "component_var"], rel=1e-12)
    assert (parts["marginal_es"] * parts["weight"]).to_numpy() == pytest.approx(parts["component_es"].to_numpy())


def test_a_file_may_move_volatilities_and_the_page_says_on_what_ground(market: Market, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        '[[scenarios]]\nname = "vols"\ntitle = "Vols"\n'
        'volatility = [{ of = "all", points = 0.2, reason = "a scare" }, { of = "META", points = 0.0 }]\n'
    )
    book = hb.Book({"META": 500.0}, cash_usd=400_000.0, options={PUT: -40.0, CALL: 5.0})
    found = hb.risk(book, market, paths=100, sessions=2, scenarios=path, as_of="2026-06-30")
    held = found.subject.options
    assert held is not None
    (k,) = np.flatnonzero(np.array(held.names) == str(PUT))
    years = (np.datetime64(PUT.expiry) - held.session).astype(int) / 365.0
    spot, terms = held.spots[held.of[k]], (held.lines.rate_annual, held.lines.carry_annual[k])
    vols = [held.lines.vol_annual[k], held.lines.vol_annual[k] + 0.2]
    before, after = american(Contracts("put", spot, PUT.strike, years, *terms, vols), sensitivities=False)["price"]
    (one,) = found.scenarios
    assert one.pnl_usd == pytest.approx(-40.0 * MULTIPLIER * (after - before), rel=1e-7)
    (row,) = [row for row in grounds_table(found.library).rows if row[1] == "volatility all"]
    assert row == ("vols", "volatility all", "20 points", "assumption", "a scare")
    assert found.to_dict()["positions"]["weights_by"] == "delta"
    path.write_text('[[scenarios]]\nname = "vols"\ntitle = "Vols"\nvolatility = [{ of = "all", points = 20 }]\n')
    with pytest.raises(ParameterError, match="points"):
        hb.risk(book, market, paths=100, sessions=2, scenarios=path, as_of="2026-06-30")


def test_options_of_a_book_carry_the_borrow_fee_of_their_day(market: Market) -> None:
    """CRWV cost 150 % a year to borrow in July 2025, charged by days over 360: its forward of 66 days is a quarter
    below the spot, and a put is priced by that forward, in the risk of a book as in every simulation."""
    row = market.session_index("2025-07-15")
    put = Listed("CRWV", date(2025, 9, 19), "put", 200.0)
    held = held_options(market, row, {}, {put: 1.0})
    carry = 1.5 * 365.0 / 360.0
    assert held.lines.carry_annual[0] == pytest.approx(carry, rel=1e-12)
    terms = (held.spots[0], 200.0, 66 / 365, held.lines.rate_annual, carry, held.lines.vol_annual[0])
    assert held.units[0] == pytest.approx(tree_price(False, terms, american=True, steps=801), rel=2e-3)
    free = held_options(market, row, {}, {put: 1.0}, marks=ModelMarks(market))
    assert free.units[0] < 0.7 * held.units[0]
    (quoted,) = ModelMarks(market, costs="default").marks([put], [market.sessions[row]]).mid[0]
    assert held.units[0] == pytest.approx(quoted, rel=1e-12)
