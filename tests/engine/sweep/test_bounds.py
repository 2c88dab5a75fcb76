"""What is too much is refused at once, with its count and the remedy, before memory or time goes into it."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

import hedgebook as hb
from hedgebook.engine.sweep.draw import MOST_RUN, parse_draw
from hedgebook.engine.sweep.space import Axis, axis_of
from hedgebook.engine.sweep.space.adaptive import MOST_TRIALS
from hedgebook.errors import ParameterError
from hedgebook.universes.market import Market


def swept(**given: Any) -> Callable[[Market], Any]:
    held = {name: given.pop(name) for name in ("threads", "min_sessions") if name in given}
    return lambda market: hb.sweep(hb.trade(), market, options=hb.SweepOptions(**held), **given)


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (
            swept(capital="1000:100000000:1000", gross="0.001:1.0:0.001", hold="1:100", delay="0:99"),
            ("1,000,000,000,000", f"{MOST_RUN:,}", "--sample", "random:10000"),
        ),
        (swept(capital="1:1000000", sample="random:5"), ("capital", "1,000,000", "100,000", "larger step")),
        (swept(gross="0:1:1e-12"), ("gross", "1,000,000,000,001", "larger step")),
        (swept(hold=range(10**12)), ("hold", "1,000,000,000,000")),
        (swept(hold="1:1000000000000000000"), ("hold", "1,000,000,000,000,000,000")),
        (swept(hold=(day for day in count(1))), ("hold", "100,001", "100,000")),
        (swept(hold="5:9", sample="optuna:1000000000"), ("optuna:1,000,000,000", f"{MOST_TRIALS:,}", "sobol:N")),
        (swept(hold="5:9", sample="sobol:1000000000000"), ("sobol:1,000,000,000,000", "100,000,000")),
        (swept(hold="5:9", sample="lhs:1000000000000"), ("lhs:1,000,000,000,000", "100,000,000")),
        (swept(hold="5:9", sample=f"random:{'9' * 6000}"), ("random:999... (6000 digits)", "100,000,000")),
        (swept(capital="1:100000", gross="0.0001:1.0:0.0001", where="capital > 5"), ("1,000,000,000", "sample")),
        (swept(hold="5:9", sample="random:²"), ("how many sets is not said",)),
        (swept(hold="5:9", cv="cpcv:folds=1000000000"), ("cv, folds", "1,000,000,000", "sessions")),
        (swept(hold="5:9", cv="cpcv:folds=²"), ("is not a whole number",)),
        (swept(hold="5:9", cv=f"walk-forward:train={10**20}"), ("cv, train", "sessions")),
        (swept(hold="5:9", min_sessions=10**9), ("min_sessions", "1 to 10000")),
        (swept(hold="5:9", threads=10**9), ("threads", "1 to 256")),
    ],
)
def test_it_is_refused_at_once(run: Callable[[Market], Any], words: tuple[str, ...], market: Market) -> None:
    with pytest.raises(ParameterError):  # what is imported and read on the way is no part of it
        swept(hold="5:9", sample="random:0")(market)
    tracemalloc.start()
    try:
        with pytest.raises(ParameterError) as caught:
            run(market)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 100e6
    for word in words:
        assert word in str(caught.value)
    assert len(str(caught.value)) < 400


def test_what_can_be_run_is_not_refused() -> None:
    assert parse_draw("random:100000000").count == 100_000_000
    assert parse_draw("optuna:007").count == 7
    assert len(axis_of("capital", "1:100000")) == 100_000


def test_a_bound_beyond_every_number_is_refused() -> None:
    with pytest.raises(ParameterError, match="not in order"):
        Axis.between("gross", 0, 10**400)
