"""What the sets of a sweep are held against: cash for neutral ones, the benchmark at their weight for others."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.engine.sweep.null import family_null, net_weight


def held(given: hb.Market, long: float = 0.6, short: float = 0.0) -> pd.DataFrame:
    """Half a year of META, against MU; the second half only META, at half the weight."""
    days = pd.DatetimeIndex(given.sessions[[-140, -70]].astype("datetime64[ns]"))
    return pd.DataFrame({"META": [long, long / 2.0], "MU": [-short, 0.0]}, index=days)


def test_long_sets_are_held_against_the_benchmark_at_their_weight(market: hb.Market) -> None:
    found = hb.sweep(held, market, long=[0.6, 0.8])
    job, best = found.job, found.best.index
    long = found.best.parameters["long"]
    net = net_weight(job, best)
    # Decided at one close and filled at the next open: 70 sessions at all of it, 69 at half of it.
    assert net == pytest.approx(long * (70.0 + 0.5 * 69.0) / 139.0, abs=0.01)
    null = family_null(job, best)
    assert null is not None
    assert found.luck.null == f"SPY at a net weight of {net:.0%}"
    close = market.close[:, market.column("SPY")]
    first, last = job.span_of(best)
    rows = np.arange(first + 1, last + 1)
    expected = net * (close[rows] / close[rows - 1] - 1.0 - job.setting.riskless[rows])
    table = null.of(np.array([best]), rows)
    assert table[:, 0] == pytest.approx(expected, abs=1e-15)
    assert not null.of(np.array([best]), np.arange(first + 1)).any()
    assert any(f"in excess of {found.luck.null}" in note for note in found.luck.notes)


def test_neutral_sets_are_held_against_cash(market: hb.Market) -> None:
    found = hb.sweep(lambda given, long=0.5: held(given, long, 0.7), market, long=[0.4, 0.5])
    assert abs(net_weight(found.job, found.best.index)) < 0.2
    assert found.luck.null == "cash"
    assert "luck and cash" in found.luck.verdict or "told from luck" in found.luck.verdict


def test_both_answers_stand_everywhere(market: hb.Market) -> None:
    found = hb.sweep(held, market, long=[0.6, 0.8])
    told = found.to_dict()["overfitting"]
    assert {"finding", "choice", "null", "rank_slope", "verdict"} <= set(told)
    assert told["verdict"].startswith("The family of 2 sets ")
    assert "out of sample" in told["verdict"]
