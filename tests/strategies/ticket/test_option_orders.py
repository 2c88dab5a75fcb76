"""Orders of a ticket in options: sized by delta, charged and margined as the one ledger does, within what is known."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

import hedgebook as hb
from hedgebook import options
from hedgebook.engine.option_ledger.array_marks import ArrayMarks
from hedgebook.engine.option_ledger.trades import name_of
from hedgebook.engine.options.american import american
from hedgebook.engine.options.contracts import Contracts
from hedgebook.errors import ParameterError
from hedgebook.reports.ticket.options import option_orders_table
from hedgebook.reports.ticket.tables import orders_table
from hedgebook.strategies.ticket.known import carried_market
from hedgebook.strategies.ticket.limits import State
from hedgebook.universes.chains.chain import Listed
from hedgebook.universes.chains.names import parse_contract
from tests.universes.chains.made_up import made_up_chain

NAME, DAY = "long-meta-short-neocloud", "2026-06-30"
ALL = "META:call:50d:60d,CRWV:put:25d:60d,NBIS:put:30d:60d,APLD:put:30d:60d"


@pytest.fixture(scope="module")
def market() -> hb.Market:
    return hb.sample_market()


@pytest.fixture(scope="module")
def plain(market: hb.Market) -> hb.Ticket:
    return hb.ticket(NAME, market, capital=1e6)


@pytest.fixture(scope="module")
def made(market: hb.Market) -> hb.Ticket:
    return hb.ticket(NAME, market, capital=1e6, with_options="CRWV:put:25d:60d")


@pytest.fixture(scope="module")
def whole(market: hb.Market) -> hb.Ticket:
    return hb.ticket(NAME, market, capital=1e6, with_options=ALL)


def contract_of(ticket: hb.Ticket, k: int = 0) -> Listed:
    found = parse_contract(str(ticket.option_orders["symbol"].iloc[k]))
    assert found is not None
    return found


def shares_of(ticket: hb.Ticket) -> dict[str, float]:
    return dict(zip(ticket.orders["ticker"], ticket.orders["shares"], strict=True))


def test_contracts_have_the_delta_of_the_shares_that_they_stand_for(plain: hb.Ticket, made: hb.Ticket) -> None:
    (row,) = made.option_orders.to_dict("records")
    one, asked = contract_of(made), shares_of(plain)
    assert str(one) == row["contract"]
    assert (row["side"], row["replaced_shares"]) == ("buy", asked["CRWV"])
    assert shares_of(made) == {ticker: n for ticker, n in asked.items() if ticker != "CRWV"}
    marks = options.ModelMarks(made.market, costs=made.terms).marks([one], [DAY])
    spot = float(marks.spot[0, 0])
    terms = (float(marks.years[0, 0]), float(marks.rate_annual[0, 0]), float(marks.carry_annual[0, 0]))
    up, down = (
        float(
            american(Contracts("put", s, one.strike, *terms, marks.vol_annual[0, 0]), sensitivities=False)["price"][0]
        )
        for s in (spot * 1.001, spot * 0.999)
    )
    delta = (up - down) / (0.002 * spot)
    assert row["contracts"] == round(asked["CRWV"] / (100.0 * delta))
    assert row["delta_usd"] == pytest.approx(100.0 * row["contracts"] * delta * spot, rel=1e-3)
    # Sold below the model's ask by less than a cent, never above what the ledger would pay.
    assert 0.0 <= row["limit_usd"] - float(marks.ask[0, 0]) < 0.01


def still(made: hb.Ticket, sessions: NDArray[np.datetime64]) -> ArrayMarks:
    """The quote of the ticket's close on every later session."""
    contracts = [contract_of(made, k) for k in range(len(made.option_orders))]
    mid, half = (
        np.tile(made.option_orders[name].to_numpy(dtype=float), (len(sessions), 1))
        for name in ("mid_usd", "half_width_usd")
    )
    return ArrayMarks(contracts, sessions, mid, mid, half, half)


def test_costs_and_margin_are_those_of_the_ledger(made: hb.Ticket) -> None:
    """The same trade run in the one ledger, where prices and quotes stand still: in at the entry, out at its end."""
    carried = carried_market(made.market, 40, made.account.max_stale_sessions)
    assert made.exit_session is not None
    last = np.datetime64(made.exit_session, "D")
    sessions = carried.sessions[(carried.sessions >= made.entry_session) & (carried.sessions <= last)]
    bought = dict(shares_of(made))
    trades = [options.OptionTrade(ticker, made.entry_session, "open", n) for ticker, n in bought.items()]
    one, row = contract_of(made), made.option_orders.iloc[0]
    trades.append(options.OptionTrade(one, made.entry_session, "open", float(row["contracts"])))
    trades.append(options.OptionTrade(one, last, "close", None))
    trades += [options.OptionTrade(ticker, last, "close", None) for ticker in bought]
    run = options.run_options(carried, trades, still(made, sessions), made.terms, made.account, until=last)
    fills = run.fills[run.fills["ticker"] == name_of(one)]
    entry, out = fills.iloc[0], fills.iloc[1]
    assert row["spread_usd"] == pytest.approx(entry["spread"], rel=1e-12)
    assert row["commission_usd"] == pytest.approx(entry["commission"], rel=1e-12)
    assert row["cost_usd"] == pytest.approx(entry["cost"], rel=1e-12)
    table = made.costs.table
    first = run.fills[run.fills["session"] == run.fills["session"].min()]
    assert table["entry_usd"]["total"] == pytest.approx(first["cost"].sum(), rel=1e-9)
    for cause in ("spread", "commission"):
        assert table["entry_usd"][cause] == pytest.approx(first[cause].sum(), rel=1e-9)
        later = run.fills[run.fills["session"] == run.fills["session"].max()]
        assert table["later_usd"][cause] == pytest.approx(later[cause].sum(), rel=1e-9)
    assert out["spread"] > 0.0
    # What the whole book requires at the close of the entry, of NAV that has paid for it.
    assert made.margin["requirement_usd"]["after"] == pytest.approx(run.margin["book_requirement"].iloc[0], rel=1e-9)
    assert made.margin["nav_usd"]["after"] == pytest.approx(1e6 - first["cost"].sum(), rel=1e-12)
    # Alone: what the requirement is with it less what it is without.
    stock = [one for one in trades if isinstance(one.what, str)]
    rest = options.run_options(carried, [*stock, trades[len(bought)]], still(made, sessions), "none", made.account)
    without = options.run_options(
        carried, [*stock, options.OptionTrade(one, last, "open", 1.0)], still(made, sessions), "none",
        made.account,
    )  # fmt: skip
    alone = rest.margin["book_requirement"].iloc[0] - without.margin["book_requirement"].iloc[0]
    assert row["margin_usd"] == pytest.approx(alone, rel=1e-9)


def test_bought_options_lose_no_more_than_their_premium(whole: hb.Ticket) -> None:
    assert not len(whole.orders)
    assert len(whole.option_orders) == 4
    premium = float(whole.option_orders["premium_usd"].sum())
    assert whole.forecast is not None
    assert min(row[0] for row in whole.forecast.fan_usd) > -(premium + whole.costs.table["total_usd"]["total"])
    assert whole.stresses["after_frac"].min() >= -premium / whole.nav_usd - 1e-9
    # Beyond the premium, and so what its delta says.
    assert whole.stresses["after_frac"].min() < 0.0
    total = whole.costs.table.loc["total"]
    assert total["entry_usd"] == pytest.approx(whole.option_orders["cost_usd"].sum())
    assert not len(whole.shorts)
    assert whole.costs.table["total_usd"]["borrow"] == 0.0
    assert "no orders in shares" in whole.costs.note
    greeks = whole.greeks.set_index(["kind", "of"])
    assert greeks.loc[("book", "book"), "vega_usd_before"] == 0.0
    assert greeks.loc[("book", "book"), "vega_usd_after"] == pytest.approx(whole.option_orders["vega_usd"].sum())


def test_a_quote_is_the_limit_and_later_quotes_change_nothing(market: hb.Market, tmp_path: Path) -> None:
    spot = float(market.close[market.session_index(DAY), market.column("CRWV")])
    strikes = tuple(float(k) for k in range(60, 150, 5))
    kept = made_up_chain(spot=spot, vol=0.8, days=(52, 80), strikes=strikes, moment=f"{DAY}T20:00:00Z", half_width=0.07)
    kept[["bid", "ask"]] = kept[["bid", "ask"]].round(2)
    later = made_up_chain(spot=spot, vol=1.6, days=(51, 79), strikes=strikes, moment="2026-07-01T20:00:00Z")
    for name, table in (("a", kept), ("b", pd.concat([kept, later]))):
        table.to_csv(tmp_path / f"CRWV_{name}.csv", index=False)
    found = [
        hb.ticket(NAME, market, capital=1e6, with_options="CRWV:put:25d:60d", chain=tmp_path / f"CRWV_{name}.csv")
        for name in ("a", "b")
    ]
    pd.testing.assert_frame_equal(found[0].option_orders, found[1].option_orders)
    row, one = found[0].option_orders.iloc[0], contract_of(found[0])
    quote = kept[(kept["right"] == "P") & (kept["strike"] == one.strike) & (kept["expiry"] == str(one.expiry))].iloc[0]
    assert row["limit_usd"] == quote["ask"]
    assert row["spread_usd"] == pytest.approx(50.0 * row["contracts"] * (quote["ask"] - quote["bid"]))
    assert row["commission_usd"] == pytest.approx(0.65 * row["contracts"])
    assert not row["modelled"]
    told = found[0].to_dict()
    assert told["options"]["modelled"] is False
    assert told["option_orders"][0]["limit_usd"] == quote["ask"]
    free = hb.ticket(NAME, market, "none", capital=1e6, with_options="CRWV:put:25d:60d", chain=tmp_path / "CRWV_a.csv")
    assert free.option_orders["cost_usd"].tolist() == [0.0]
    assert free.option_orders["limit_usd"][0] == pytest.approx((quote["bid"] + quote["ask"]) / 2, abs=0.01)
    assert "Limit: the middle of the quote at the close of" in option_orders_table(free).note
    assert "Limit: the ask at the close of" in option_orders_table(found[0]).note
    # Three orders in shares that cost nothing are orders in shares.
    assert len(free.orders) == 3
    assert "no orders in shares" not in free.costs.note


def test_what_a_book_holds_of_the_contract_counts_with_net(market: hb.Market, made: hb.Ticket) -> None:
    one, wanted = contract_of(made), float(made.option_orders["contracts"][0])
    book = hb.Book({"AMD": 100.0}, cash_usd=900_000.0, options={one: 30.0})
    top, net = (
        hb.ticket(NAME, market, capital=1e6, with_options="CRWV:put:25d:60d", book=book, net=net)
        for net in (False, True)
    )
    for ticket, contracts in ((top, wanted), (net, wanted - 30.0)):
        row = ticket.option_orders.iloc[0]
        assert (row["before_contracts"], row["contracts"]) == (30.0, contracts)
        assert row["after_contracts"] == 30.0 + contracts
        assert ticket.held_options is not None
        assert ticket.held_options.contracts == {one: 30.0 + contracts}


def test_shares_that_options_stand_against_are_not_said_to_be_as_wanted(market: hb.Market) -> None:
    """A book long what the trade sells: with net the options stand for what is wanted and for what is held."""
    book = hb.Book({"CRWV": 500.0, "AMD": 100.0}, cash_usd=900_000.0)
    net = hb.ticket(NAME, market, capital=1e6, with_options="CRWV:put:25d:60d", book=book, net=True)
    alone = hb.ticket(NAME, market, capital=1e6, with_options="CRWV:put:25d:60d")
    row = next(one for one in orders_table(net).rows if one[0] == "CRWV")
    assert row[-1] == "kept; the rest in options"
    more = net.option_orders["replaced_shares"][0] - alone.option_orders["replaced_shares"][0]
    assert more == pytest.approx(-500.0, abs=1.0)


def test_another_contract_of_the_name_does_not_count_with_net_and_is_named(market: hb.Market, made: hb.Ticket) -> None:
    one, wanted = contract_of(made), float(made.option_orders["contracts"][0])
    other = replace(one, strike=one.strike - 10.0)
    book = hb.Book({}, cash_usd=900_000.0, options={other: 30.0})
    net = hb.ticket(NAME, market, capital=1e6, with_options="CRWV:put:25d:60d", book=book, net=True)
    assert net.option_orders["contracts"].tolist() == [wanted]
    assert sum(str(other) in note and "does not count" in note for note in net.notes) == 1
    assert not any("does not count" in note for note in made.notes)


def test_limits_see_the_options_and_a_journal_refuses_them(market: hb.Market, tmp_path: Path) -> None:
    limits = hb.Limits.model_validate({"vega_usd": {"max": 1.0}, "gross": {"max": 5.0}})
    found = hb.ticket(NAME, market, capital=1e6, with_options="CRWV:put:25d:60d", limits=limits)
    assert {one.limit: one.state for one in found.limits} == {"gross": State.PASS, "vega_usd": State.FAIL}
    folder = found.save(tmp_path / "t")
    rows = list(csv.DictReader((folder / "orders.csv").read_text().splitlines()))
    assert [row["contract"] for row in rows if row["contract"]] == found.option_orders["contract"].tolist()
    assert [row["ticker"] for row in rows] == [*found.orders["ticker"], "CRWV"]
    page = (folder / "report.html").read_text()
    assert "Orders in options" in page
    assert found.option_orders["contract"][0] in page
    with pytest.raises(ParameterError, match="a journal follows shares alone"):
        hb.journal.open(found, market, name="o", file=tmp_path / "journal.sqlite")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("CRWV:call:25d:60d", "the trade sells CRWV, and a bought call does the opposite"),
        ("META:put:25d:60d", "Write META:call:25d:60d"),
        ("MU:put:25d:60d", "orders no shares of MU"),
        ("crwv:put:25d:60d", "Did you mean 'CRWV'"),
        ("CRWV", "this asks for no option"),
        ("CRWV:put:25d:60d,CRWV:put:30d:60d", "twice"),
        ("CRWV:put:2:60d", "no contract is near"),
    ],
)
def test_what_cannot_stand_for_shares_is_refused(market: hb.Market, text: str, said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        hb.ticket(NAME, market, capital=1e6, with_options=text)


def test_too_little_for_a_contract_is_refused(market: hb.Market) -> None:
    with pytest.raises(ParameterError, match="less than half a contract"):
        hb.ticket(NAME, market, capital=10_000.0, with_options="CRWV:put:95d:60d")


def test_symbols_are_those_of_clearing_houses() -> None:
    from hedgebook.universes.chains.names import occ_symbol

    one = Listed("CRWV", date(2026, 9, 18), "put", 82.5)
    assert occ_symbol(one) == "CRWV260918P00082500"
    assert parse_contract(occ_symbol(one)) == one
    assert occ_symbol(Listed("TOOLONG", date(2026, 9, 18), "put", 82.5)) == ""
