"""Rules through whole backtests, by hand: what they decide at a close is filled at the next open."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.rules import Rules
from hedgebook.engine.rules.rules import RULE_PARAMETERS
from hedgebook.errors import ParameterError
from hedgebook.universes.calendar import Mark

from ..small import log, pair, path, run

OPEN, CLOSE = Mark.OPEN, Mark.CLOSE
LEGS = {"ACME": "long", "BOLT": "short"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("stop_loss", 0),
        ("stop_loss", -0.1),
        ("take_profit", 1.01),
        ("target_vol", 10),
        ("trailing_stop", True),
        ("trailing_stop", float("nan")),
        ("long_stop", 0),
        ("short_stop", "much"),
        ("max_hold", 0),
        ("max_hold", 2.5),
        ("band", 0),
        ("target_vol", -1),
        ("vol_halflife", 0.5),
        ("max_scale", 0),
        ("max_scale", 21),
        ("derisk_drawdown", 1.0),
        ("derisk_to", 1.0),
        ("derisk_to", -0.1),
        ("rebalance", "daily"),
        ("stop_los", 0.1),
    ],
)
def test_bad_values(name: str, value: Any) -> None:
    with pytest.raises(ParameterError, match=name):
        Rules(**{name: value})


@pytest.mark.parametrize("name", ["stop_loss", "take_profit", "trailing_stop", "long_stop", "short_stop", "band"])
def test_a_percentage_is_no_fraction(name: str) -> None:
    with pytest.raises(ParameterError, match=rf"{name}: out of range \(got 8.0\).* 8% is 0\.08"):
        Rules(**{name: 8.0})
    with pytest.raises(ParameterError, match=rf"{name}: out of range \(got '8'\).* 8% is 0\.08"):
        Rules(**{name: "8"})
    with pytest.raises(ParameterError, match=rf"{name}: this is not a number \(got True\)"):
        Rules(**{name: True})
    assert getattr(Rules(**{name: 0.08}), name) == 0.08


def test_idle_means_that_no_rule_is_on() -> None:
    assert Rules().idle
    assert Rules(vol_halflife=5, max_scale=2, derisk_to=0.1).idle
    on: dict[str, Any] = {
        "stop_loss": 0.1, "take_profit": 0.1, "trailing_stop": 0.1, "long_stop": 0.1, "short_stop": 0.1,
        "max_hold": 3, "rebalance": "weekly", "band": 0.1, "target_vol": 0.1, "derisk_drawdown": 0.1,
    }  # fmt: skip
    for name, value in on.items():
        assert not Rules(**{name: value}).idle
    assert set(on) | {"vol_halflife", "max_scale", "derisk_to"} == set(RULE_PARAMETERS)


@pytest.mark.parametrize(
    ("rule", "closes", "leaves"),
    [
        # Half of the NAV is held, so two per cent of the price are one of the trade.
        ({"stop_loss": 0.05}, [100.0, 91.0, 90.0, 100.0, 100.0], ("stop_loss", 3)),
        ({"stop_loss": 0.05}, [100.0, 91.0, 90.5, 100.0, 100.0], None),
        ({"take_profit": 0.05}, [100.0, 109.0, 110.0, 100.0, 100.0], ("take_profit", 3)),
        ({"take_profit": 0.05}, [100.0, 109.0, 109.5, 100.0, 100.0], None),
        ({"trailing_stop": 0.05}, [100.0, 120.0, 110.0, 110.0, 110.0], ("trailing_stop", 3)),
        ({"trailing_stop": 0.05}, [100.0, 120.0, 110.5, 111.0, 111.0], None),
        ({"trailing_stop": 0.05}, [100.0, 95.0, 90.0, 90.0, 90.0], ("trailing_stop", 3)),
        ({"max_hold": 2}, [100.0, 101.0, 102.0, 103.0, 104.0], ("max_hold", 3)),
        ({"max_hold": 4}, [100.0, 101.0, 102.0, 103.0, 104.0], None),
        # The first of several that apply gives its name.
        ({"max_hold": 2, "stop_loss": 0.05}, [100.0, 99.0, 90.0, 90.0, 90.0], ("stop_loss", 3)),
        ({"trailing_stop": 0.01, "take_profit": 0.05}, [100.0, 120.0, 114.0, 110.0, 110.0], ("take_profit", 2)),
    ],
)
def test_exits(rule: dict[str, Any], closes: list[float], leaves: tuple[str, int] | None) -> None:
    found = run(path(*closes), [(0, OPEN, [0.5])], rules=Rules(**rule))
    lines = [(line[4], line[0], line[1]) for line in log(found)[1:]]
    assert lines == ([(leaves[0], leaves[1], "open")] if leaves else [])
    if leaves:
        # Sessions open at the close before.
        assert found.final_nav == pytest.approx(1000 + 5 * (closes[leaves[1] - 1] - 100))


def test_a_fraction_is_of_the_nav_at_the_entry_and_counts_costs() -> None:
    costs = Costs.model_validate({"commission": {"rate_bps": 200}})
    market = path(100.0, 91.9, 91.9, 91.9)
    assert len(log(run(market, [(0, OPEN, [0.5])], rules=Rules(stop_loss=0.05)))) == 1
    assert len(log(run(market, [(0, OPEN, [0.5])], rules=Rules(stop_loss=0.05), costs=costs))) == 2


def test_a_leg_that_loses_is_closed_alone_and_not_resized_again() -> None:
    """ACME loses 20 % of its 500 USD: a tenth of the NAV at entry."""
    market = pair([100.0, 80.0, 80.0, 80.0, 80.0], [50.0] * 5)
    rows = [(0, OPEN, [0.5, -0.5])]
    found = run(market, rows, rules=Rules(long_stop=0.1, rebalance="every:2"), legs=LEGS)
    assert log(found)[2:] == [(2, "open", "ACME", "filled", "leg_stop"), (3, "open", "BOLT", "filled", "rebalance")]
    assert found.record.shares[-1, 0] == 0.0
    assert len(log(run(market, rows, rules=Rules(long_stop=0.1001), legs=LEGS))) == 2
    assert len(log(run(market, rows, rules=Rules(short_stop=0.1), legs=LEGS))) == 2
    assert len(log(run(market, rows, rules=Rules(long_stop=0.1)))) == 2
    other = {"ACME": "short", "BOLT": "long"}
    assert [line[2:] for line in log(run(market, rows, rules=Rules(short_stop=0.1), legs=other))[2:]] == [
        ("ACME", "filled", "leg_stop")
    ]


def test_a_drift_beyond_the_band_brings_all_back() -> None:
    """NAV 1075: ACME is 0.5814 of it, 16.3 % above its half, BOLT -0.5116."""
    market = pair([100.0, 125.0, 125.0], [50.0, 55.0, 55.0])
    drift = (625 / 1075 - 0.5) / 0.5
    wide, narrow = (run(market, [(0, OPEN, [0.5, -0.5])], rules=Rules(band=b)) for b in (drift + 1e-9, drift - 1e-9))
    assert len(log(wide)) == 2
    assert [line[0:3:2] + line[4:] for line in log(narrow)[2:]] == [(2, "ACME", "band"), (2, "BOLT", "band")]
    np.testing.assert_allclose(narrow.record.shares[2] * [125, 55] / 1075, [0.5, -0.5], rtol=1e-12)


def test_a_drawdown_halves_the_trade_and_a_new_high_restores_it() -> None:
    """A fall from 120 to 100: NAV from 1100 to 1000 is a drawdown of 9.1 %."""
    closes = [100.0, 120.0, 100.0, 100.0, 160.0, 160.0]
    rules = Rules(derisk_drawdown=0.09, derisk_to=0.5)
    found = run(path(*closes), [(0, OPEN, [0.5])], rules=rules)
    assert [line[0:2] + line[4:] for line in log(found)[1:]] == [(3, "open", "derisk"), (5, "open", "derisk")]
    assert found.record.shares[3, 0] == pytest.approx(2.5)
    # NAV 1000 + 2.5 * 60 = 1150 is above 1100.
    assert found.record.shares[5, 0] == pytest.approx(0.5 * 1150 / 160)
    calm = run(path(*closes), [(0, OPEN, [0.5])], rules=Rules(derisk_drawdown=0.0911))
    assert len(log(calm)) == 1


def test_a_volatility_target_scales_the_entry_and_each_rebalance() -> None:
    """Returns of one per cent up and down are 15.87 % a year; the entry at 40 % of that target is 0.63 of 0.5."""
    prices = [100.0]
    for k in range(29):
        prices.append(prices[-1] * (1.01 if k % 2 else 0.99))
    vol = 0.5 * 0.01 * 252**0.5
    market = path(*prices)
    calm = run(market, [(25, OPEN, [0.5])], rules=Rules(target_vol=0.05))
    assert calm.record.shares[0, 0] * prices[24] == pytest.approx(500 * 0.05 / vol)
    capped = run(market, [(25, OPEN, [0.5])], rules=Rules(target_vol=0.5))
    assert capped.record.shares[0, 0] * prices[24] == pytest.approx(500.0)
    geared = run(market, [(25, OPEN, [0.5])], rules=Rules(target_vol=0.5, max_scale=1.5))
    assert geared.record.shares[0, 0] * prices[24] == pytest.approx(750.0)
    unknown = run(market, [(5, OPEN, [0.5])], rules=Rules(target_vol=0.05))
    assert unknown.record.shares[0, 0] * prices[4] == pytest.approx(500.0)
    again = run(market, [(5, OPEN, [0.5])], rules=Rules(target_vol=0.05, rebalance="every:20"))
    weight = again.positions.iloc[-1]["weight"]
    assert weight == pytest.approx(0.5 * 0.05 / vol, rel=0.01)


def test_a_new_row_opens_a_new_trade_with_stops_of_its_own() -> None:
    """The first trade has lost four per cent, the second counts from there."""
    closes = [100.0, 92.0, 92.0, 84.0, 84.0]
    rows = [(0, OPEN, [0.5]), (2, OPEN, [0.5])]
    found = run(path(*closes), rows, rules=Rules(stop_loss=0.05))
    assert [line[4] for line in log(found)] == ["order", "order"]
    alone = run(path(*closes), rows[:1], rules=Rules(stop_loss=0.05))
    assert [line[4] for line in log(alone)] == ["order", "stop_loss"]


def test_a_row_of_zeros_opens_nothing() -> None:
    found = run(path(100.0, 100.0, 100.0), [(0, OPEN, [0.0]), (1, OPEN, [0.5])], rules=Rules(max_hold=1))
    assert [(line[0], line[4]) for line in log(found)] == [(1, "order")]


def test_a_leg_that_is_entered_again_loses_from_nothing() -> None:
    """ACME loses 6 % of the NAV in each of two trades: more than the stop together, less than it in either."""
    market = pair([100.0, 88.0, 88.0, 77.0, 77.0], [50.0] * 5)
    rows = [(0, OPEN, [0.5, -0.5]), (2, OPEN, [0.5, -0.5])]
    found = run(market, rows, rules=Rules(long_stop=0.1), legs=LEGS)
    assert {line[4] for line in log(found)} == {"order"}
    alone = run(market, rows[:1], rules=Rules(long_stop=0.1), legs=LEGS)
    assert [line[4] for line in log(alone)][-1] == "leg_stop"
