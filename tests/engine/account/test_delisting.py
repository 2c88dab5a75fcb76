"""What is left of positions that stop printing."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from hedgebook.engine.account.delisting import Delisting
from hedgebook.engine.frictions.costs import load_costs
from hedgebook.engine.kernels.book.records import Cause
from hedgebook.errors import UniverseError
from hedgebook.universes.calendar import Mark
from hedgebook.universes.market import Market
from hedgebook.universes.universe import Universe, load_universe
from tests import markets
from tests.markets import NAN

from ..small import log, pair, path, run

OPEN, CLOSE = Mark.OPEN, Mark.CLOSE


@pytest.mark.parametrize(
    ("weight", "recovery", "nav"),
    [
        (0.5, 1.0, 900.0),
        (0.5, 0.5, 700.0),
        (0.5, 0.0, 500.0),
        (-0.5, 1.0, 1100.0),
        (-0.5, 0.5, 1300.0),
        (-0.5, 0.0, 1500.0),
    ],
)
def test_a_position_is_written_off_at_what_it_recovers(weight: float, recovery: float, nav: float) -> None:
    """50 shares from 10 to 8, then nothing: 100 USD of it while it printed, the rest by the recovery."""
    market = path(10.0, 8.0, NAN, NAN, NAN, open=[10.0, 10.0, NAN, NAN, NAN])
    delisting = {"recovery_frac": recovery, "delisted": {"ACME": str(market.sessions[3])}}
    found = run(market, [(0, OPEN, [weight])], {"delisting": delisting})
    assert found.final_nav == pytest.approx(nav)
    assert log(found)[1:] == [(3, "close", "ACME", "filled", "delisted")]
    last = found.fills.iloc[-1]
    assert (last["price"], last["cost"]) == (pytest.approx(8.0 * recovery), 0.0)
    lost = -50.0 * (weight / 0.5) * 8.0 * (1 - recovery)
    assert found.record.pnl[3, 0, Cause.INTRADAY] == pytest.approx(lost)


def test_a_write_off_pays_nobody() -> None:
    market = path(10.0, 8.0, NAN, NAN, NAN, open=[10.0, 10.0, NAN, NAN, NAN])
    account = {"max_stale_sessions": 2, "delisting": {"recovery_by_ticker": {"ACME": 0.25}}}
    costs = load_costs("default").model_copy(update={"name": "default"})
    costs = costs.model_copy(update={table: type(getattr(costs, table))() for table in ("half_spread", "slippage")})
    costs = costs.model_copy(update={"borrow": type(costs.borrow)()})
    found = run(market, [(0, OPEN, [0.5])], account, costs=costs)
    assert found.fills["commission"].tolist()[1] == 0.0
    assert found.fills["price"].tolist()[1] == pytest.approx(2.0)


def test_a_halt_that_ends_in_time_costs_nothing() -> None:
    market = path(10.0, NAN, NAN, 9.0, NAN, open=[10.0, NAN, NAN, 9.5, NAN])
    account = {"max_stale_sessions": 3, "delisting": {"recovery_frac": 0.0}}
    found = run(market, [(0, OPEN, [0.5])], account)
    assert len(found.fills) == 1
    assert found.final_nav == pytest.approx(950.0)


def test_recovery_of_one_ticker_touches_no_other() -> None:
    market = pair([10.0, NAN, NAN], [20.0, NAN, NAN])
    account = {"max_stale_sessions": 2, "delisting": {"recovery_frac": 0.5, "recovery_by_ticker": {"BOLT": 0.1}}}
    found = run(market, [(0, OPEN, [0.5, 0.5])], account)
    assert found.pnl("ticker")["intraday"].to_dict() == {"ACME": pytest.approx(-250.0), "BOLT": pytest.approx(-450.0)}


def test_fractions_by_ticker_before_the_common_one() -> None:
    market = markets.dirty_market()
    found = Delisting(recovery_frac=0.4, recovery_by_ticker={"DRIFT": 0.0}).recovery(market)
    assert dict(zip(market.tickers, found, strict=True)) == dict.fromkeys(market.tickers, 0.4) | {"DRIFT": 0.0}


def test_the_universe_may_say_it_and_the_account_goes_before_it() -> None:
    market = path(10.0, 8.0, NAN, NAN, NAN, open=[10.0, 10.0, NAN, NAN, NAN])
    days = [str(day) for day in market.sessions]
    told = with_member(market, delisted=days[2], recovery_frac=0.25)
    assert run(told, [(0, OPEN, [0.5])]).final_nav == pytest.approx(600.0)
    assert log(run(told, [(0, OPEN, [0.5])]))[1:] == [(2, "close", "ACME", "filled", "delisted")]
    own = {"delisted": {"ACME": days[3]}, "recovery_by_ticker": {"ACME": 1}}
    later = run(told, [(0, OPEN, [0.5])], {"delisting": own})
    assert log(later)[1:] == [(3, "close", "ACME", "filled", "delisted")]
    assert later.final_nav == pytest.approx(900.0)
    # What the account says of any ticker gives way to what the universe says of this one.
    common = run(told, [(0, OPEN, [0.5])], {"delisting": {"recovery_frac": 0.9}})
    assert common.final_nav == pytest.approx(600.0)


def test_a_universe_file_with_a_delisting(tmp_path: Path) -> None:
    text = """title = "Own"
    [[buckets]]
    name = "own"
    role = "r"
    members = [{{ ticker = "GONE", company = "G", first_session = 2020-01-02, {} }}]
    """
    file = tmp_path / "own.toml"
    file.write_text(text.format("delisted = 2024-03-05, recovery_frac = 0.1"), encoding="utf-8")
    member = load_universe(file).by_ticker["GONE"][1]
    assert (str(member.delisted), member.recovery_frac) == ("2024-03-05", 0.1)
    for wrong, message in (
        ("delisted = 2019-03-05", r"delisted: it is delisted before its listing \(got '?2019-03-05"),
        ("recovery_frac = -0.1", r"recovery_frac: .*got -0\.1"),
    ):
        file.write_text(text.format(wrong), encoding="utf-8")
        with pytest.raises(UniverseError, match=message):
            load_universe(file)


def with_member(market: Market, **values: Any) -> Market:
    """The market with more said of ACME by its universe."""
    plain = market.universe.model_dump()
    for bucket in plain["buckets"]:
        for member in bucket["members"]:
            member |= values if member["ticker"] == "ACME" else {}
    return dataclasses.replace(market, universe=Universe.model_validate(plain))
