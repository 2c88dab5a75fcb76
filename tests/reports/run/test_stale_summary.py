"""What summary.json and the tables say of positions without a price and of orders against volume."""

from __future__ import annotations

import json

import pytest

from hedgebook.reports.page.json import plain
from hedgebook.reports.run.summary import participation_summary, stale_summary
from hedgebook.reports.run.tables import stale_note
from hedgebook.universes.calendar import Mark
from tests.engine.small import path, run
from tests.markets import NAN


def test_a_stale_position_is_json_ready_and_stands_beside_the_final_nav() -> None:
    """50 shares, from 10 to 8 and then silent: 900 USD, or 500 with nothing recovered."""
    market = path(10.0, 8.0, NAN, NAN, open=[10.0, 10.0, NAN, NAN])
    found = run(market, [(0, Mark.OPEN, [0.5])])
    told = json.loads(json.dumps(plain(stale_summary(found))))
    (one,) = told["positions"]
    assert (one["ticker"], one["sessions"], one["recovery_frac"], one["reopened_on"]) == ("ACME", 2, None, None)
    assert one["priced_on"] == str(market.sessions[1])
    assert (found.final_nav, told["final_nav_recovery_0"]) == pytest.approx((900.0, 500.0))
    assert told["final_nav_reopened"] is None
    assert f"ACME at the last price of {market.sessions[1]}" in stale_note(found)
    assert "With recovery 0 the NAV is" in stale_note(found)


def test_orders_against_volume_are_json_ready() -> None:
    market = path(*[100.0] * 12, volume=[40.0] * 12)
    found = run(market, [(10, Mark.CLOSE, [0.5])])
    told = json.loads(json.dumps(plain(participation_summary(found))))
    assert (told["limit_frac"], told["unknown"]) == (0.1, [])
    assert told["largest"] == told["above_limit"][0]
    assert told["largest"]["adv_frac"] == pytest.approx(500.0 / 4000.0)
    nothing = participation_summary(run(path(100.0, 100.0), [(0, Mark.CLOSE, [0.5])]))
    assert (nothing["largest"], nothing["unknown"]) == (None, ["ACME"])
    assert stale_note(found) == ""
