"""Parameters of a trade: what they accept, and messages that name parameter, value and bound or remedy."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from hedgebook.engine.hedging.ratio import HedgeMethod
from hedgebook.errors import ParameterError
from hedgebook.strategies.event_trade import PARAMETERS, EventTrade, build_trade

FINE: dict[str, Any] = {"name": "mine", "event": "meta-compute-2026", "long": ["META"], "short": ["neocloud"]}


@pytest.mark.parametrize(
    ("parameter", "value", "message"),
    [
        ("gross", 0, r"gross: .*greater than 0 \(got 0\)"),
        ("gross", -1.5, r"gross: .*greater than 0 \(got -1\.5\)"),
        ("gross", 20.5, r"gross: .*less than or equal to 20 \(got 20\.5\)"),
        ("gross", float("nan"), r"gross: .*\(got nan\)"),
        ("gross", "much", r"gross: .*number.*\(got 'much'\)"),
        ("hedge", "betta", r"hedge: there is no hedge 'betta'\. Did you mean 'beta'\?"),
        ("hedge", "zzz", r"hedge: there is no hedge 'zzz'\. Choose from: dollar, beta"),
        ("lookback", 19, r"lookback: .*greater than or equal to 20 \(got 19\)"),
        ("lookback", 2521, r"lookback: .*less than or equal to 2520 \(got 2521\)"),
        ("delay", -1, r"delay: .*greater than or equal to 0 \(got -1\)"),
        ("delay", 253, r"delay: .*less than or equal to 252 \(got 253\)"),
        ("hold", -1, r"hold: .*greater than or equal to 0 \(got -1\)"),
        ("hold", 2521, r"hold: .*less than or equal to 2520 \(got 2521\)"),
        ("hold", 2.5, r"hold: .*integer.*\(got 2\.5\)"),
        ("hold", "ten", r"hold: .*integer.*\(got 'ten'\)"),
        ("capital", 0, r"capital: .*greater than 0 \(got 0\)"),
        ("capital", 1e15, r"capital: .*less than 1000000000000000 \(got 1000000000000000\.0\)"),
        ("capital", float("inf"), r"capital: .*\(got inf\)"),
        ("hindsight", "perhaps", r"hindsight: .*boolean.*\(got 'perhaps'\)"),
        ("event", "", r"event: .*at least 1 character \(got ''\)"),
        ("name", "", r"name: .*at least 1 character \(got ''\)"),
        ("benchmark", 3, r"benchmark: .*string \(got 3\)"),
        ("long", [7], r"long: .*string \(got 7\)"),
        ("holdd", 3, r"a trade has no parameter 'holdd'\. Did you mean 'hold'\?"),
        ("Hold", 3, r"a trade has no parameter 'Hold'\. Did you mean 'hold'\?"),
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
        (
            {"hindsight": True, "delay": 2},
            "hindsight enters at the close before the news, so a delay has no meaning",
        ),
        ({"hedge": "beta", "short": []}, "one leg alone cannot be hedged against another; use hedge=dollar"),
        ({"hedge": "beta", "long": []}, "one leg alone cannot be hedged"),
    ],
)
def test_parameters_that_contradict_one_another(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        build_trade({**FINE, **changes})


@pytest.mark.parametrize("missing", ["name", "event"])
def test_what_a_trade_cannot_do_without(missing: str) -> None:
    with pytest.raises(ParameterError, match=f"{missing}: Field required"):
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
    assert found == (1.0, HedgeMethod.DOLLAR, 0, 20, 1e6, False, None)


def test_text_from_a_command_line_becomes_numbers() -> None:
    trade = build_trade(FINE).replaced(hold="10", gross="1.5", hindsight="true", hedge="beta", capital="5e5")
    assert (trade.hold, trade.gross, trade.hindsight, trade.hedge) == (10, 1.5, True, HedgeMethod.BETA)
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
