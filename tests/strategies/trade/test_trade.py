"""Parameters of a trade: what they accept, and messages that name parameter, value and bound or remedy."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from hedgebook.engine.hedging.request import Method
from hedgebook.engine.rules import Rules
from hedgebook.engine.rules.rebalance import Rebalance, parse_rebalance
from hedgebook.errors import ParameterError
from hedgebook.strategies.trade.trade import PARAMETERS, EventTrade, build_trade

FINE: dict[str, Any] = {"name": "mine", "event": "meta-compute-2026", "long": ["META"], "short": ["neocloud"]}


@pytest.mark.parametrize(
    ("parameter", "value", "message"),
    [
        ("gross", 0, r"gross: out of range \(got 0\)"),
        ("gross", -1.5, r"gross: out of range \(got -1\.5\)"),
        ("gross", 20.5, r"gross: out of range \(got 20\.5\)"),
        ("gross", float("nan"), r"gross: .*\(got nan\)"),
        ("gross", "much", r"gross: .*number.*\(got 'much'\)"),
        ("hedge", "betta", r"hedge: there is no hedge 'betta'\. Did you mean 'beta'\?"),
        ("hedge", "zzz", r"hedge: there is no hedge 'zzz'\. Choose from: dollar, beta"),
        ("lookback", 19, r"lookback: out of range \(got 19\)"),
        ("lookback", 2521, r"lookback: out of range \(got 2521\)"),
        ("delay", -1, r"delay: out of range \(got -1\)"),
        ("delay", 253, r"delay: out of range \(got 253\)"),
        ("hold", -1, r"hold: out of range \(got -1\)"),
        ("hold", 2521, r"hold: out of range \(got 2521\)"),
        ("hold", 2.5, r"hold: this is not a whole number \(got 2\.5\)"),
        ("hold", "ten", r"hold: this is not a whole number \(got 'ten'\)"),
        ("capital", 0, r"capital: out of range \(got 0\)"),
        ("capital", 1e15, r"capital: out of range \(got 1000000000000000\.0\)"),
        ("capital", float("inf"), r"capital: .*\(got inf\)"),
        ("hindsight", "perhaps", r"hindsight: this is neither true nor false \(got 'perhaps'\)"),
        ("event", "", r"event: this is empty \(got ''\)"),
        ("name", "", r"name: this is empty \(got ''\)"),
        ("benchmark", 3, r"benchmark: this is not text \(got 3\)"),
        ("long", [7], r"long\[0\]: this is not text \(got 7\)"),
        ("holdd", 3, r"a trade has no parameter 'holdd'\. Did you mean 'hold'\?"),
        ("Hold", 3, r"a trade has no parameter 'Hold'\. Did you mean 'hold'\?"),
        ("stop_los", 0.1, r"a trade has no parameter 'stop_los'\. Did you mean 'stop_loss'\?"),
        ("stop_loss", -0.1, r"stop_loss: out of range \(got -0\.1\)"),
        ("stop_loss", "much", r"stop_loss: .*number.*\(got 'much'\)"),
        ("take_profit", 1.5, r"take_profit: out of range \(got 1\.5\)"),
        ("trailing_stop", 0, r"trailing_stop: .*\(got 0\)"),
        ("long_stop", 0, r"long_stop: .*\(got 0\)"),
        ("short_stop", 11, r"short_stop: .*\(got 11\)"),
        ("max_hold", 0, r"max_hold: .*\(got 0\)"),
        ("max_hold", 2.5, r"max_hold: this is not a whole number \(got 2\.5\)"),
        ("rebalance", "daily", r"rebalance: rebalance is none, weekly, monthly or every:N.*\(got 'daily'\)"),
        ("band", 0, r"band: .*\(got 0\)"),
        ("target_vol", -1, r"target_vol: .*\(got -1\)"),
        ("vol_halflife", 0.5, r"vol_halflife: .*\(got 0\.5\)"),
        ("max_scale", 21, r"max_scale: .*\(got 21\)"),
        ("derisk_drawdown", 1, r"derisk_drawdown: .*\(got 1\)"),
        ("derisk_to", 1, r"derisk_to: .*\(got 1\)"),
        ("rules", {"stop_los": 1}, r"a trade has no parameter 'stop_los'\. Did you mean 'stop_loss'\?"),
    ],
)
def test_bad_parameters(parameter: str, value: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        build_trade({**FINE, parameter: value})
    with pytest.raises(ParameterError, match=message):
        build_trade(FINE).replaced(**{parameter: value})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"long": [], "short": ""}, "a trade needs a long or a short leg"),
        ({"hindsight": True, "delay": 2}, "hindsight enters at the close before the news, so a delay has no meaning"),
        ({"hedge": "beta", "short": []}, "one leg alone cannot be hedged against another; use hedge=dollar"),
        ({"hedge": "beta", "long": []}, "one leg alone cannot be hedged"),
    ],
)
def test_parameters_that_contradict_one_another(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        build_trade({**FINE, **changes})


@pytest.mark.parametrize("missing", ["name", "event"])
def test_what_a_trade_cannot_do_without(missing: str) -> None:
    with pytest.raises(ParameterError, match=f"{missing}: this key is missing"):
        build_trade({key: value for key, value in FINE.items() if key != missing})


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ("CRWV,NBIS", ("CRWV", "NBIS")),
        (" CRWV , NBIS ,", ("CRWV", "NBIS")),
        ("neocloud", ("neocloud",)),
        (["CRWV", "NBIS"], ("CRWV", "NBIS")),
        (("CRWV",), ("CRWV",)),
    ],
)
def test_legs_as_text_or_as_lists(given: Any, names: tuple[str, ...]) -> None:
    assert build_trade({**FINE, "short": given}).short == names


def test_defaults() -> None:
    trade = build_trade(FINE)
    found = (trade.gross, trade.hedge, trade.delay, trade.hold, trade.capital, trade.hindsight, trade.benchmark)
    assert found == (1.0, Method.DOLLAR, 0, 20, 1e6, False, None)


def test_text_from_a_command_line_becomes_numbers() -> None:
    trade = build_trade(FINE).replaced(hold="10", gross="1.5", hindsight="true", hedge="beta", capital="5e5")
    assert (trade.hold, trade.gross, trade.hindsight, trade.hedge) == (10, 1.5, True, Method.BETA)
    assert trade.capital == 500_000.0


def test_replaced_changes_only_what_it_is_given_and_never_the_original() -> None:
    trade = build_trade(FINE)
    other = trade.replaced(hold=3, short="CRWV")
    assert (trade.hold, trade.short) == (20, ("neocloud",))
    changed = {name for name in PARAMETERS if trade.parameters()[name] != other.parameters()[name]}
    assert changed == {"hold", "short"}
    assert trade.replaced() == trade


def test_trades_are_frozen() -> None:
    trade = build_trade(FINE)
    with pytest.raises(ValidationError, match="frozen"):
        trade.hold = 3  # type: ignore[misc]
    assert hash(trade) == hash(EventTrade.model_validate(FINE))


def test_parameters_of_rules_are_the_trades_own() -> None:
    trade = build_trade({**FINE, "stop_loss": "0.1", "rebalance": "every:5", "hold": 7})
    assert trade.rules == Rules(stop_loss=0.1, rebalance=parse_rebalance("every:5"))
    assert trade == build_trade({**FINE, "hold": 7, "rules": {"stop_loss": 0.1, "rebalance": "every:5"}})
    assert trade == build_trade({**FINE, "hold": 7, "rules": trade.rules})
    found = trade.parameters()
    assert set(found) == set(PARAMETERS)
    named = ("stop_loss", "rebalance", "take_profit", "max_scale")
    assert [found[name] for name in named] == [0.1, "every:5", None, 1.0]
    assert build_trade(found) == trade
    json.dumps(found)


def test_what_stands_flat_goes_before_what_stands_in_the_rules() -> None:
    nested = {"stop_loss": 0.1, "band": 0.2}
    trade = build_trade({**FINE, "rules": nested, "stop_loss": 0.3})
    assert (trade.rules.stop_loss, trade.rules.band) == (0.3, 0.2)
    assert nested == {"stop_loss": 0.1, "band": 0.2}


def test_replaced_keeps_the_other_rules() -> None:
    trade = build_trade({**FINE, "stop_loss": 0.1, "band": 0.2, "rebalance": "weekly"})
    other = trade.replaced(stop_loss=0.2, hold=3)
    assert other.rules == trade.rules.model_copy(update={"stop_loss": 0.2})
    assert (other.hold, trade.rules.stop_loss) == (3, 0.1)
    assert trade.replaced(stop_loss=None).rules.stop_loss is None
    assert trade.replaced(rebalance="none").rules.rebalance == Rebalance()
    assert build_trade(FINE).rules.idle


@pytest.mark.parametrize("rules", [3, "weekly", [0.1]])
def test_rules_that_are_no_table(rules: Any) -> None:
    with pytest.raises(ParameterError, match=r"rules is a table of the rules' parameters"):
        build_trade({**FINE, "rules": rules, "stop_loss": 0.1})
    with pytest.raises(ParameterError):
        build_trade({**FINE, "rules": rules})
