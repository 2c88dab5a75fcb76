"""Simulations against plain loops and closed forms, and laws: threads, seeds, scale, order, confidence."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.simulation import BLOCK, by_hand, drawn_sessions, sample
from hedgebook.engine.kernels.series.paths import chi_square, student
from hedgebook.engine.stress.gaps import gap_risk
from hedgebook.engine.stress.history import joint_history, series_history
from hedgebook.engine.stress.positions import positions_of_weights
from hedgebook.engine.stress.responses import fit_responses
from hedgebook.engine.stress.simulate import Jumps, PathPlan, fitted_df, simulate_bootstrap, simulate_factors
from hedgebook.errors import ParameterError
from hedgebook.universes.market import Market
from tests.engine.stress.books import answers, held, terms_of

BETAS = np.array([[1.0, 0.5], [2.0, -1.0], [-0.5, 0.2]])
COVARIANCE = np.array([[4e-4, 1e-4], [1e-4, 9e-4]])


def test_paths_are_those_of_a_plain_loop() -> None:
    positions, history, margin, _ = sample()
    found = simulate_bootstrap(positions, history, margin, PathPlan(200, 60, 7), block_length=BLOCK).values
    calls = 0
    for p, sessions in enumerate(drawn_sessions(len(history.returns), 7)):
        hand = by_hand(positions, history, sessions)
        np.testing.assert_allclose(found[p], hand, rtol=1e-9, atol=1e-7)
        calls += hand[2] > 0
    assert calls > 0  # otherwise the margin part was not tried


@pytest.mark.parametrize("threads", [2, 3, 5])
def test_threads_change_nothing_and_seeds_do(threads: int) -> None:
    positions, history, margin, responses = sample()
    for simulate, past in ((simulate_bootstrap, history), (simulate_factors, responses)):
        one = simulate(positions, past, margin, PathPlan(301, 10, 1, threads=1)).values
        many = simulate(positions, past, margin, PathPlan(301, 10, 1, threads=threads)).values
        np.testing.assert_array_equal(one, many)
        assert not np.array_equal(one, simulate(positions, past, margin, PathPlan(301, 10, 2)).values)


def test_normal_factors_have_the_moments_of_the_closed_form() -> None:
    positions = held([500.0, -300.0, 200.0])
    found = simulate_factors(
        positions, answers(positions, BETAS, COVARIANCE), terms_of(positions), PathPlan(200_000, 1, 5),
        factor_df=math.inf, residual_df=math.inf,
    )  # fmt: skip
    w = positions.weights
    spread = math.sqrt(w @ (BETAS @ COVARIANCE @ BETAS.T + np.eye(3) * 0.02**2) @ w)
    pnl = found.values[:, 0] / positions.nav_usd
    assert abs(pnl.mean()) < 5 * spread / math.sqrt(200_000)
    assert pnl.std() == pytest.approx(spread, rel=5 / math.sqrt(400_000))
    assert found.figures(0.99)["var"] == pytest.approx(2.3263478740408408 * spread, rel=0.02)


def test_student_tails_keep_the_variance_and_fatten() -> None:
    positions = held([500.0, -300.0, 200.0])
    responses = answers(positions, BETAS, COVARIANCE)
    plan = PathPlan(200_000, 1, 5)
    normal = simulate_factors(positions, responses, terms_of(positions), plan, factor_df=math.inf, residual_df=math.inf)
    fat = simulate_factors(positions, responses, terms_of(positions), plan, factor_df=5.0, residual_df=5.0)
    assert fat.values[:, 0].std() == pytest.approx(normal.values[:, 0].std(), rel=0.02)
    assert fat.figures(0.999)["var"] > 1.15 * normal.figures(0.999)["var"]


def test_random_numbers_have_their_distributions() -> None:
    from scipy import stats

    state, xs, cs = np.uint64(12345), [], []
    for _ in range(4000):
        # The counter comes back as a plain integer, which would be taken for a signed one.
        x, state = student(np.uint64(state), 4.0)
        c, state = chi_square(np.uint64(state), 5.0)
        xs.append(x)
        cs.append(c)
    assert stats.kstest(xs, stats.t(4.0).cdf).pvalue > 1e-4
    assert stats.kstest(cs, stats.chi2(5.0).cdf).pvalue > 1e-4


def test_events_come_as_often_as_they_are_said_to() -> None:
    positions = held([1000.0], nav=1000.0)
    responses = answers(positions, np.array([[0.0]]), np.array([[1e-12]]), own_sd=1e-9)
    jumps = Jumps(np.array([[-0.10], [-0.20]]), 0.25)
    pnl = simulate_factors(
        positions, responses, terms_of(positions), PathPlan(100_000, 1, 5), jumps=jumps, factor_df=9.0, residual_df=9.0
    ).values[:, 0]
    rounded = np.round(pnl / 1000.0, 4)
    # Events take 0.25 x -0.15 a session, and that much is given back on every one.
    for move, share in ((-0.1, 0.125), (-0.2, 0.125), (0.0, 0.75)):
        assert (rounded == round(move + 0.0375, 4)).mean() == pytest.approx(share, abs=5 * math.sqrt(share / 1e5))


def test_laws_of_the_bootstrap() -> None:
    positions, history, margin, _ = sample()
    base = simulate_bootstrap(positions, history, margin, PathPlan(500, 20, 1), block_length=BLOCK)
    # Confidence: losses grow with it.
    losses = [base.figures(c)["var"] for c in (0.5, 0.8, 0.9, 0.95, 0.99)]
    assert losses == sorted(losses)
    # Nothing held, nothing lost.
    empty = held([1e-12])
    still = simulate_bootstrap(
        empty, series_history(history.returns[:, 0], history.sessions, "A"), terms_of(empty), PathPlan(100, 5)
    )
    assert np.abs(still.values[:, 0]).max() < 1e-9
    # Twice the positions on twice the capital.
    double = held([200.0, -100.0])
    single = held([100.0, -50.0], nav=500.0)
    two = type(history)(
        ("A", "B"), history.sessions, np.ascontiguousarray(history.returns[:, :2]),
        np.ascontiguousarray(history.nights[:, :2]), {}, "common",
    )  # fmt: skip
    big = simulate_bootstrap(double, two, terms_of(double), PathPlan(200, 20, 1), block_length=BLOCK).values
    small = simulate_bootstrap(single, two, terms_of(single), PathPlan(200, 20, 1), block_length=BLOCK).values
    np.testing.assert_allclose(big[:, [0, 3, 4]], 2 * small[:, [0, 3, 4]], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(big[:, [1, 2]], small[:, [1, 2]], rtol=1e-9, atol=1e-12)


def test_missing_histories_by_policy(market: Market) -> None:
    row = market.session_index("2026-06-30")
    tickers = ("META", "CRWV")
    common = joint_history(market, tickers, row)
    returns = market.frame()[list(tickers)].iloc[: row + 1].pct_change(fill_method=None).dropna()
    np.testing.assert_allclose(common.returns, returns.to_numpy(), rtol=1e-12)
    responses = fit_responses(market, tickers, row)
    filled = joint_history(market, tickers, row, missing="factor", responses=responses)
    assert len(filled.returns) > len(common.returns)
    assert set(filled.filled) == {"CRWV"}
    own = np.isin(filled.sessions, common.sessions)
    np.testing.assert_array_equal(filled.returns[own], common.returns)
    spread = filled.returns[~own, 1].std()
    assert 0.5 < spread / common.returns[:, 1].std() < 2.0
    with pytest.raises(ParameterError, match="Did you mean 'common'"):
        joint_history(market, tickers, row, missing="comon")
    with pytest.raises(ParameterError, match="CRWV has the shortest history"):
        joint_history(market, tickers, market.session_index("2025-03-31"))


def test_gaps_by_hand(market: Market) -> None:
    row = market.session_index("2026-06-30")
    positions = positions_of_weights(market, row, {"META": 0.5, "CRWV": -0.5}, 1e6)
    history = joint_history(market, positions.tickers, row)
    opens, closes = market.frame("open")["CRWV"], market.frame("close")["CRWV"]
    nights = -0.5 * (opens / closes.shift(1) - 1).iloc[: row + 1].dropna()
    nights = nights[nights.index >= np.datetime64(history.sessions[0], "ns")]
    found = gap_risk(positions, history, 0.95)
    assert found["nights"] == len(nights)
    assert found["var"] == pytest.approx(-float(np.quantile(nights, 0.05)), rel=1e-9)
    assert found["worst"] == pytest.approx(-float(nights.min()), rel=1e-12)
    assert math.isnan(gap_risk(positions, history, 0.9999)["var"])


def test_degrees_of_freedom_are_found_again() -> None:
    draws = np.random.default_rng(4).standard_t(5.0, (20_000, 3)) * [0.01, 0.02, 0.5]
    assert fitted_df(draws) == pytest.approx(5.0, abs=0.4)


@pytest.mark.parametrize(
    "bad", [{"paths": 10}, {"sessions": 0}, {"seed": -1}, {"threads": 0}, {"paths": 10**9}, {"sessions": 10_000}]
)
def test_plans_that_cannot_be(bad: dict[str, int]) -> None:
    with pytest.raises(ParameterError):
        PathPlan(**bad)
