"""A request that cannot work is refused with the parameter, its value and what would do."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from hedgebook.engine.hedging.legs import HedgeLegs
from hedgebook.engine.hedging.request import Bounds, HedgeRequest, Method, Ragged
from hedgebook.errors import ParameterError


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"method": "betta"}, "method: there is no method 'betta'. Did you mean 'beta'"),
        ({"method": "beta", "ragged": "commom"}, "Did you mean 'common'"),
        ({"method": "beta", "lookback": 10}, "lookback: out of range .got 10.*at least min_sessions, 20"),
        ({"method": "beta", "min_sessions": 2}, "min_sessions: out of range .got 2.*3 or more"),
        ({"method": "beta", "half_life_sessions": 0.0}, "half_life_sessions: out of range"),
        ({"method": "beta", "half_life_sessions": float("nan")}, "half_life_sessions: out of range"),
        ({"method": "ridge", "ridge_penalty": 0.0}, "ridge_penalty: out of range"),
        ({"method": "kalman", "drift_per_session": -0.1}, "drift_per_session: out of range"),
        ({"method": "kalman", "half_life_sessions": 20.0}, "forgets by its drift"),
        ({"method": "factor_neutral"}, "factor_neutral needs factors"),
        ({"method": "beta", "neutral_to": ("dollar",)}, "cannot be neutral to factors"),
        ({"method": "factor_neutral", "neutral_to": "dollar"}, "a tuple of factors is needed"),
        ({"method": "factor_neutral", "neutral_to": ("a", "a")}, "a factor stands twice"),
        ({"method": "beta", "bounds": Bounds()}, "beta takes no bounds"),
    ],
)
def test_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        HedgeRequest(**values)


def test_names_become_members_and_requests_are_frozen() -> None:
    request = HedgeRequest("equal_risk", ragged="common")
    assert request.method is Method.EQUAL_RISK
    assert request.ragged is Ragged.COMMON
    with pytest.raises(dataclasses.FrozenInstanceError):
        request.lookback = 5  # type: ignore[misc]
    assert hash(request) == hash(HedgeRequest(Method.EQUAL_RISK, ragged=Ragged.COMMON))


@pytest.mark.parametrize("values", [(0.5, 0.4, None), (float("nan"), 1.0, None), (0.0, 1.0, 0.0), (0.0, 1.0, -2.0)])
def test_bounds_that_contradict_each_other(values: tuple[float, float, float | None]) -> None:
    with pytest.raises(ParameterError, match="bounds"):
        Bounds(*values)


@pytest.mark.parametrize(
    ("long", "short", "weights", "message"),
    [
        ((), ("A",), None, "long: a leg needs"),
        ("A", ("B",), None, "a tuple of tickers"),
        (("A", "A"), ("B",), None, "twice"),
        (("A",), ("A", "B"), None, "A stands in both legs"),
        (("A", "B"), ("C",), (0.5, 0.4), "add up to 1"),
        (("A", "B"), ("C",), (1.0,), "add up to 1"),
    ],
)
def test_legs(long: Any, short: Any, weights: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        HedgeLegs(long, short, weights)
