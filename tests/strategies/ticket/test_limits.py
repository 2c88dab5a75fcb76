"""Limits: no breach missed and none invented, against exact fractions; and what a file is refused for."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from hedgebook.engine.stress.positions import Positions
from hedgebook.errors import ParameterError
from hedgebook.strategies.ticket.limits import (
    AtLeast,
    AtMost,
    ByName,
    Limits,
    Measured,
    State,
    check_names,
    evaluate,
    load_limits,
)
from hedgebook.strategies.ticket.positions import Held, sizes
from tests.oracle.limits import breaches, figures

KINDS = ("gross", "net", "position", "bucket", "concentration")
BOUNDS = {"gross": 1.5, "net": 0.25, "position": 0.3, "bucket": 0.75, "concentration": 0.25}


def book(draw: np.random.Generator) -> tuple[Positions, float]:
    """A book of whole shares at prices in quarters, so that figures can be exactly their bounds."""
    count = int(draw.integers(1, 12))
    shares = draw.integers(-400, 401, count).astype(float)
    shares[shares == 0] = 100.0
    prices = draw.integers(4, 400, count) / 4.0
    nav = float(draw.choice([20_000.0, 50_000.0, 64_000.0, 100_000.0]))
    names = tuple(f"T{i}" for i in range(count))
    buckets = tuple(str(b) for b in draw.choice(["a", "b", "c"], count))
    return Positions(names, shares, prices, buckets, nav, np.datetime64("2026-06-30")), nav


def test_a_thousand_random_books() -> None:
    draw, exact, broken = np.random.default_rng(18), 0, 0
    for _ in range(1000):
        positions, nav = book(draw)
        values = dict(zip(positions.tickers, (positions.shares * positions.prices).tolist(), strict=True))
        buckets = {t: str(b) for t, b in zip(positions.tickers, positions.buckets, strict=True)}
        oracle = figures(values, buckets, nav)
        bounds = dict(BOUNDS)
        if draw.random() < 0.5:
            # A bound that one figure meets exactly, as far as a float can say it.
            kind = str(draw.choice(KINDS))
            bounds[kind] = float(max(oracle[kind].values()))
            exact += 1
        own = {"position": {positions.tickers[0]: float(draw.choice([0.05, 0.2, 0.4]))}, "bucket": {"b": 0.5}}
        limits = Limits(
            gross=AtMost(max=bounds["gross"]),
            net=AtMost(max=bounds["net"]),
            position=ByName(max=bounds["position"], by_name=own["position"]),
            bucket=ByName(max=bounds["bucket"], by_name=own["bucket"]),
            concentration=AtMost(max=bounds["concentration"]),
        )
        found = evaluate(limits, Measured(sizes(Held(positions, nav)), {}))
        told = {(one.limit, one.of) for one in found if one.state is State.FAIL}
        exactly = {kind: {of: Fraction(b) for of, b in by.items()} for kind, by in own.items()}
        expected = breaches(oracle, {k: Fraction(b) for k, b in bounds.items()}, exactly, Fraction(1, 10**12))
        assert told == expected
        broken += bool(expected)
        assert all(one.kept for one in found) == (not expected)
    assert exact > 400
    assert 200 < broken < 1000


def test_of_several_that_are_kept_the_nearest_is_shown() -> None:
    limits = Limits(position=ByName(max=0.5, by_name={"B": 0.9}), headroom=AtLeast(min=0.2, warn=0.4))
    measured = Measured({"position": {"A": 0.1, "B": 0.8, "C": 0.4}, "headroom": {"account": 0.3}}, {})
    assert [(r.limit, r.of, r.state) for r in evaluate(limits, measured)] == [
        ("position", "C", State.PASS),
        ("position", "B", State.PASS),
        ("headroom", "account", State.WARN),
    ]


def test_what_is_undefined_does_not_pass() -> None:
    limits = Limits(adv=ByName(max=0.05), stress=ByName(max=0.2, by_name={"squeeze": 0.1}))
    measured = Measured({"adv": {"A": math.nan}, "stress": {"other": 0.05}}, {("adv", ""): "no volume is known"})
    found = {(r.limit, r.of): r for r in evaluate(limits, measured)}
    assert found["adv", "A"].state is State.NOT_EVALUATED
    assert found["adv", "A"].reason == "no volume is known"
    assert found["stress", "squeeze"].state is State.NOT_EVALUATED
    assert not found["adv", "A"].kept


def test_a_limit_on_nothing_is_kept() -> None:
    (only,) = evaluate(Limits(borrow=ByName(max=0.1)), Measured({"borrow": {}}, {}))
    assert (only.of, only.state, only.reason) == ("nothing", State.PASS, "there is nothing that it applies to")


def test_all_problems_of_a_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[gros]\nmax = 1\n[net]\nmax = 0.5\nwarn = 0.9\n[position]\nmax = -1\n[headroom]\nmin = true\n")
    with pytest.raises(ParameterError) as caught:
        load_limits(path)
    text = str(caught.value)
    for part in ("gros", "Did you mean 'gross'?", "warn lies above max", "position.max", "headroom.min"):
        assert part in text


def test_a_file_that_limits_nothing(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("confidence = 0.9\n")
    with pytest.raises(ParameterError, match="limits nothing"):
        load_limits(path)


def test_unknown_names_are_refused() -> None:
    limits = Limits(position=ByName(max=1, by_name={"METAA": 0.1}), bucket=ByName(max=1, by_name={"memry": 0.1}))
    with pytest.raises(ParameterError) as caught:
        check_names(limits, {"position": ("META", "NVDA"), "bucket": ("memory",)})
    assert "Did you mean 'META'?" in str(caught.value)
    assert "memry" in str(caught.value)
