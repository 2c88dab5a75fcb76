"""Tests of all strategies at once, confidence set and interval: plain Python, arch, and what luck does to them."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pandas as pd
import pytest

from hedgebook.engine.risk.bootstrap import resampled_sessions
from hedgebook.engine.sweep.overfitting.confidence_set import confidence_set
from hedgebook.engine.sweep.overfitting.interval import interval_of_draws, sharpe_interval
from hedgebook.engine.sweep.overfitting.superiority import long_run_deviation, superiority
from hedgebook.errors import ParameterError
from tests.oracle import overfitting as oracle


def sample(sessions: int = 90, strategies: int = 7, seed: int = 2) -> np.ndarray:
    rng = np.random.default_rng(seed)
    common = rng.standard_t(5, (sessions, 1)) * 0.006
    edge = np.linspace(-0.004, 0.003, strategies)
    return common + rng.normal(0, 0.01, (sessions, strategies)) * np.linspace(0.5, 2, strategies) + edge


def arch_draws(sessions: int, block: int, draws: int, seed: int) -> np.ndarray:
    from arch.bootstrap import StationaryBootstrap

    source = StationaryBootstrap(block, np.arange(sessions), seed=seed)
    return np.array([data[0][0] for data in source.bootstrap(draws)])


def test_everything_equals_the_oracle() -> None:
    returns = sample()
    draws = resampled_sessions(90, draws=150, block_length=6.0, seed=3)
    found = superiority(returns, draws=150, block_length=6.0, seed=3)
    check, spa, adjusted = oracle.superiority(returns.T.tolist(), draws.tolist(), 6.0)
    assert found.reality_check == check
    assert [found.spa_lower, found.spa_consistent, found.spa_upper] == spa
    assert len(set(spa)) > 1
    np.testing.assert_allclose(found.table["adjusted_p_value"], adjusted, rtol=1e-12)
    given = superiority(returns, block_length=6.0, drawn_sessions=draws)
    assert given.to_dict() == {**found.to_dict(), "seed": 0}


def test_long_run_deviation_equals_the_oracle() -> None:
    returns = sample(61, 3)
    for block in (1.0, 4.5, 30.0):
        expected = [oracle.long_run_deviation(column.tolist(), block) for column in returns.T]
        np.testing.assert_allclose(long_run_deviation(returns, block), expected, rtol=1e-12)
    assert long_run_deviation(np.full((30, 1), 0.1), 5.0)[0] == 0.0


def test_arch_does_not_studentise_and_scaling_by_omega_does() -> None:
    """arch 8.0.0 gives the same p-values with studentize on and off; on scaled losses it gives Hansen's, and ours."""
    from arch.bootstrap import SPA

    returns = sample(200, 9, 5)
    draws = arch_draws(200, 8, 400, 77)

    def peer(losses: np.ndarray, studentize: bool) -> list[float]:
        test = SPA(np.zeros(200), losses, block_size=8, reps=400, studentize=studentize, seed=77)
        test.compute()
        return [float(p) for p in test.pvalues]

    raw = superiority(returns, studentised=False, block_length=8, drawn_sessions=draws)
    assert peer(-returns, True) == peer(-returns, False)
    assert peer(-returns, True) == [raw.spa_lower, raw.spa_consistent, raw.spa_upper]
    assert raw.reality_check == raw.spa_upper
    ours = superiority(returns, block_length=8, drawn_sessions=draws)
    omega = ours.table["omega"].to_numpy()
    assert peer(-returns / omega, True) == [ours.spa_lower, ours.spa_consistent, ours.spa_upper]
    assert ours.spa_consistent != raw.spa_consistent


def test_stepdown_names_the_same_strategies_as_arch() -> None:
    from arch.bootstrap import StepM

    returns = sample(400, 8, 9)
    returns[:, [2, 5]] += 0.004
    draws = arch_draws(400, 5, 999, 13)
    found = superiority(returns, block_length=5, drawn_sessions=draws)
    losses = -returns / found.table["omega"].to_numpy()
    for level in (0.01, 0.05, 0.3):
        test = StepM(np.zeros(400), losses, size=level, block_size=5, reps=999, seed=13)
        test.compute()
        # arch centres as SPA's consistent choice does, so it can name more, never fewer.
        named = set(test.superior_models)
        assert set(found.superior(level)) <= named
        upper = found.table["adjusted_p_value"]
        assert all(upper[k] < 2 * level for k in named)
    assert {2, 5} <= set(found.superior(0.05))
    assert found.best in (2, 5, 7)


def test_stepdown_never_falls_and_bounds_the_single_test() -> None:
    found = superiority(sample(), draws=300, block_length=5.0).table.sort_values("t", ascending=False)
    assert found["adjusted_p_value"].is_monotonic_increasing
    alone = superiority(sample()[:, [int(found.index[0])]], draws=300, block_length=5.0).table["adjusted_p_value"]
    assert alone.iloc[0] <= found["adjusted_p_value"].iloc[0]


def test_size_and_power() -> None:
    """150 samples of 10 worthless strategies: the three p-values are rarely small; one edge is found."""
    rng, p = np.random.default_rng(0), []
    for k in range(150):
        found = superiority(rng.normal(0, 0.01, (150, 10)), draws=199, block_length=2.0, seed=k)
        p.append((found.reality_check, found.spa_consistent, found.table["adjusted_p_value"].min()))
    shares = (np.array(p) <= 0.1).mean(axis=0)
    # Three standard errors of a share of 0.1 are 0.073.
    assert (shares < 0.175).all()
    assert (shares > 0.03).all()
    edge = rng.normal(0, 0.01, (150, 10))
    edge[:, 4] += 0.004
    found = superiority(edge, draws=499)
    assert found.superior() == [4]
    assert found.spa_consistent < 0.01


def test_benchmark_gaps_and_strategies_that_equal_it() -> None:
    days = pd.bdate_range("2026-01-01", periods=90)
    frame = pd.DataFrame(sample(), index=days, columns=list("abcdefg"))
    market = pd.Series(np.random.default_rng(1).normal(0, 0.01, 90), index=days, name="market")
    frame.iloc[3, 2] = np.nan
    market.iloc[50] = np.nan
    found = superiority(frame.assign(copy=market), market, draws=200, block_length=4.0)
    assert found.sessions == 88
    keep = [t for t in range(90) if t not in (3, 50)]
    plain = (frame.to_numpy() - market.to_numpy()[:, None])[keep]
    direct = superiority(plain, draws=200, block_length=4.0)
    np.testing.assert_allclose(found.table["t"][:7], direct.table["t"], rtol=1e-12)
    assert found.table.loc["copy", ["omega", "t"]].tolist() == [0.0, 0.0]
    assert found.table.loc["copy", "adjusted_p_value"] > 0.3
    assert superiority(frame, 0.001, draws=50).table["mean_excess"]["a"] == pytest.approx(
        frame["a"].drop(days[3]).mean() - 0.001
    )


def test_nothing_is_found_where_nothing_beats_the_benchmark() -> None:
    """arch, whose statistic may be negative, comes to p-values near one half for strategies that all lose."""
    from arch.bootstrap import SPA

    losing = sample() - 0.05
    found = superiority(losing, draws=300, block_length=5.0)
    assert (found.spa_lower, found.spa_consistent, found.spa_upper) == (1.0, 1.0, 1.0)
    assert found.reality_check > 0.99
    assert found.table["adjusted_p_value"].min() > 0.99
    peer = SPA(np.zeros(90), -losing, block_size=5, reps=300, seed=1)
    peer.compute()
    assert 0.1 < peer.pvalues["consistent"] < 0.9
    idle = superiority(np.zeros((60, 2)), draws=50)
    assert (idle.reality_check, idle.spa_consistent) == (1.0, 1.0)
    assert (idle.table["adjusted_p_value"] == 1.0).all()


def test_the_same_seed_gives_the_same_numbers() -> None:
    one, two = (superiority(sample(), draws=600, seed=5) for _ in range(2))
    assert one.to_dict() == two.to_dict()
    assert one.to_dict() != superiority(sample(), draws=600, seed=6).to_dict()


def test_confidence_set_keeps_the_best_and_drops_the_worst() -> None:
    returns = pd.DataFrame(sample(400, 6, 1), columns=list("abcdef"))
    for method in ("R", "max"):
        found = confidence_set(returns, draws=300, block_length=5, method=method, seed=2)
        assert "a" not in found.included
        assert found.p_values.index[-1] in ("d", "e", "f")
        assert found.p_values.iloc[-1] == 1.0
        assert found.to_dict()["strategies"] == 6
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        confidence_set(returns, draws=50)


@pytest.mark.parametrize("method", ["R", "max"])
@pytest.mark.parametrize("count", [2, 3, 9])
def test_confidence_set_equals_another_software(method: str, count: int) -> None:
    from arch.bootstrap import MCS

    returns = sample(150, count, count) + np.linspace(0.0, 0.004, count)
    peer = MCS(pd.DataFrame(-returns), size=0.1, reps=200, block_size=7, method=method, bootstrap="stationary", seed=4)
    peer.compute()
    found = confidence_set(returns, draws=200, block_length=7, method=method, seed=4).p_values
    assert found.index.tolist() == peer.pvalues.index.tolist()
    assert found.tolist() == pytest.approx(peer.pvalues["Pvalue"].tolist(), abs=1e-12)


@pytest.mark.parametrize("method", ["R", "max"])
def test_rounding_moves_no_confidence_set(method: str) -> None:
    """Returns in whole per cents: draws that equal the sample are many, and each must be counted."""
    rng = np.random.default_rng(8)
    returns = rng.integers(-1, 2, (40, 5)) * 0.01
    found = confidence_set(returns, draws=200, block_length=4, method=method).p_values
    for _ in range(5):
        nudged = returns + rng.normal(0.0, 2e-16, returns.shape)
        assert confidence_set(nudged, draws=200, block_length=4, method=method).p_values.equals(found)
    with pytest.raises(ParameterError, match="same returns"):
        confidence_set(np.column_stack([returns, returns[:, 2] + 2e-16]), draws=20, method=method)


def test_a_strategy_that_is_worse_in_every_session_leaves_first() -> None:
    first, second = sample(60, 2, 5).T
    returns = np.column_stack([first, first - 1e-4, second])
    found = confidence_set(returns, draws=100).p_values
    assert found.index[0] == 1
    assert found.iloc[0] == 0.0
    assert found[0] == confidence_set(returns[:, [0, 2]], draws=100).p_values[0]


@pytest.mark.parametrize("kind", ["percentile", "basic", "bca"])
def test_interval_equals_the_oracle(kind: str) -> None:
    values = sample(120, 3)[:, 2]
    sessions = resampled_sessions(120, draws=400, block_length=5.0, seed=1)
    found = sharpe_interval(values, kind=kind, confidence=0.9, draws=400, block_length=5.0, seed=1)
    drawn = [oracle.sharpe([float(values[t]) for t in draw]) * math.sqrt(252) for draw in sessions]
    estimate = oracle.sharpe(values.tolist()) * math.sqrt(252)
    low, high = (float(x) for x in np.quantile(drawn, [0.05, 0.95]))
    if kind == "basic":
        low, high = 2 * estimate - high, 2 * estimate - low
    elif kind == "bca":
        left_out = [oracle.sharpe(np.delete(values, t).tolist()) for t in range(120)]
        low, high = oracle.bca(estimate, drawn, left_out, 0.9)
    assert (found.sharpe, found.low, found.high) == pytest.approx((estimate, low, high), rel=1e-9)
    assert found.to_dict()["kind"] == kind


def test_interval_covers_the_truth() -> None:
    """300 samples of independent returns: 90 % intervals hold the true ratio in about 90 %."""
    rng, true = np.random.default_rng(3), 0.1 * math.sqrt(252)
    for kind in ("percentile", "bca"):
        inside = 0
        for k in range(300):
            values = rng.normal(0.001, 0.01, 150)
            found = sharpe_interval(values, kind=kind, confidence=0.9, draws=300, block_length=1.0, seed=k)
            inside += found.low <= true <= found.high
        assert inside / 300 == pytest.approx(0.9, abs=0.06)


def test_bad_input() -> None:
    returns = sample()
    for bad in ({"draws": 0}, {"block_length": 0.5}, {"seed": -1}, {"benchmark": np.zeros(3)}):
        with pytest.raises(ParameterError, match=next(iter(bad))):
            superiority(returns, **bad)
    with pytest.raises(ParameterError, match="drawn_sessions"):
        superiority(returns, drawn_sessions=np.full((5, 90), 90))
    with pytest.raises(ParameterError, match="other sessions"):
        superiority(pd.DataFrame(returns), pd.Series(np.zeros(90), index=range(1, 91)))
    with pytest.raises(ParameterError, match="too few sessions"):
        superiority(returns[:10])
    with pytest.raises(ParameterError, match="infinite"):
        superiority(np.where(returns > 0.02, np.inf, returns))
    with pytest.raises(ParameterError, match="table of returns"):
        superiority(np.zeros((30, 2, 2)))
    with pytest.raises(ParameterError, match="level"):
        superiority(returns, draws=10).superior(5)
    with pytest.raises(ParameterError, match="2 to 200"):
        confidence_set(returns[:, :1])
    with pytest.raises(ParameterError, match="same returns"):
        confidence_set(returns[:, [0, 0, 1]])
    with pytest.raises(ParameterError, match="no such method"):
        confidence_set(returns, method="range")
    with pytest.raises(ParameterError, match="Did you mean 'bca'"):
        sharpe_interval(returns[:, 0], kind="bc")
    with pytest.raises(ParameterError, match="never change"):
        sharpe_interval(np.full(30, 0.01), draws=20)
    with pytest.raises(ParameterError, match="one side"):
        interval_of_draws(returns[:, 0], np.full(30, 99.0), kind="bca", confidence=0.9, block_length=1.0)
