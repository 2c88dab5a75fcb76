"""Every method and every policy for ragged histories against plain Python."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from hedgebook.engine.hedging.estimate import HedgeEstimate, estimate_hedge, estimate_hedges
from hedgebook.engine.hedging.legs import HedgeLegs
from hedgebook.engine.hedging.request import HedgeRequest, Method, Ragged
from hedgebook.engine.kernels.fits.moments import OWN, EstimationSample, estimate_moments
from hedgebook.errors import LookAheadError, ParameterError, PriceDataError
from hedgebook.universes.market import Market
from tests.oracle import hedge as oracle

from .cases import LEGS, after, clean_market, dirty_market, two_factors

CLEAN, DIRTY = clean_market(), dirty_market()
LAST = len(CLEAN.sessions) - 1
FROM_COVARIANCES = (
    "dollar", "min_variance", "min_variance_each", "multi_min_variance", "volatility_parity", "equal_risk",
    "total_least_squares", "ridge",
)  # fmt: skip


def series(market: Market, tickers: tuple[str, ...], last: int, lookback: int) -> list[list[float]]:
    return [oracle.returns_before(market.close[:, market.column(t)].tolist(), last, lookback) for t in tickers]


def weights(found: HedgeEstimate) -> list[float]:
    return [found.weights[ticker] for ticker in LEGS.short]


@pytest.mark.parametrize("method", FROM_COVARIANCES)
@pytest.mark.parametrize(
    ("market", "policy", "lookback", "half_life"),
    [(CLEAN, "own", 60, None), (CLEAN, "error", 100, 25.0), (DIRTY, "own", 90, None), (DIRTY, "own", 120, 30.0),
     (DIRTY, "common", 90, None), (DIRTY, "common", 120, 20.0)],
)  # fmt: skip
def test_methods_that_rest_on_covariances(
    method: str, market: Market, policy: str, lookback: int, half_life: float | None
) -> None:
    request = HedgeRequest(method, lookback, half_life, ragged=policy)
    found = estimate_hedge(market, LEGS, request, after(market, LAST))
    rows = series(market, LEGS.tickers, LAST, lookback)
    ages = oracle.weights_by_age(lookback, half_life)
    expected = oracle.short_weights(method, oracle.covariances(rows, ages, common=policy == "common"), 2)
    assert not found.repaired
    assert weights(found) == pytest.approx(expected, rel=1e-9)
    assert found.ratio == pytest.approx(math.fsum(expected), rel=1e-9)
    assert found.known_at == market.sessions[LAST]
    shared = oracle.whole(*rows)
    assert found.shared == len(shared)
    own = [len(oracle.whole(r)) if policy == "own" else len(shared) for r in rows]
    assert list(found.sessions.values()) == own
    c = oracle.covariances(rows, ages, common=True)
    signed = [0.5, 0.5, *(-w for w in expected)]
    left = sum(a * b * c[i][j] for i, a in enumerate(signed) for j, b in enumerate(signed))
    bare = oracle.split(c, 2)[0]
    assert found.effectiveness == pytest.approx(1.0 - left / bare, rel=1e-9)
    assert found.residual_volatility == pytest.approx(math.sqrt(252 * left), rel=1e-9)
    hedge = [sum(w * rows[2 + i][t] for i, w in enumerate(expected)) for t in shared]
    long = [(rows[0][t] + rows[1][t]) / 2 for t in shared]
    picked = [ages[t] for t in shared]
    both, one, other = (
        oracle.covariance(a, b, picked, list(range(len(shared))))
        for a, b in ((long, hedge), (long, long), (hedge, hedge))
    )
    assert found.r_squared == pytest.approx(both**2 / one / other, rel=1e-9)


@pytest.mark.parametrize(("market", "policy"), [(CLEAN, "own"), (DIRTY, "own"), (DIRTY, "common")])
def test_beta(market: Market, policy: str) -> None:
    found = estimate_hedge(market, LEGS, HedgeRequest("beta", 90, ragged=policy), after(market, LAST))
    rows, (base,) = series(market, LEGS.tickers, LAST, 90), series(market, ("BASE",), LAST, 90)
    ages = oracle.weights_by_age(90, None)
    everyone = oracle.whole(base, *rows)
    betas = [
        oracle.betas(r, [base], ages, rows=everyone if policy == "common" else oracle.whole(base, r))[0] for r in rows
    ]
    assert [found.betas[t]["BASE"] for t in LEGS.tickers] == pytest.approx(betas, rel=1e-10)
    ratio = (sum(betas[:2]) / 2) / (sum(betas[2:]) / 3)
    assert weights(found) == pytest.approx([ratio / 3] * 3, rel=1e-10)


@pytest.mark.parametrize(("market", "policy"), [(CLEAN, "own"), (DIRTY, "own"), (DIRTY, "common")])
@pytest.mark.parametrize("neutral_to", [("dollar",), ("base",), ("dollar", "base"), ("dollar", "base", "other")])
def test_factor_neutral(market: Market, policy: str, neutral_to: tuple[str, ...]) -> None:
    factors = two_factors(market)
    request = HedgeRequest("factor_neutral", 100, 40.0, ragged=policy, neutral_to=neutral_to)
    found = estimate_hedge(market, LEGS, request, after(market, LAST), factors)
    rows = series(market, LEGS.tickers, LAST, 100)
    used = [factors.frame()[name].tolist()[LAST - 99 : LAST + 1] for name in neutral_to if name != "dollar"]
    ages = oracle.weights_by_age(100, 40.0)
    everyone = oracle.whole(*used, *rows)
    if policy == "common":
        c = [[oracle.covariance(a, b, ages, everyone) for b in rows] for a in rows]
    else:
        c = oracle.covariances(rows, ages, common=False)
    rules, targets = ([[1.0] * 3], [1.0]) if "dollar" in neutral_to else ([], [])
    if used:
        betas = [
            oracle.betas(r, used, ages, rows=everyone if policy == "common" else oracle.whole(*used, r)) for r in rows
        ]
        for f in range(len(used)):
            rules.append([betas[2 + i][f] for i in range(3)])
            targets.append((betas[0][f] + betas[1][f]) / 2)
    assert weights(found) == pytest.approx(oracle.neutral(c, 2, rules, targets), rel=1e-8)
    for rule, target in zip(rules, targets, strict=True):
        assert sum(r * w for r, w in zip(rule, weights(found), strict=True)) == pytest.approx(target, abs=1e-11)


@pytest.mark.parametrize(("market", "policy"), [(CLEAN, "own"), (DIRTY, "own"), (DIRTY, "common")])
def test_kalman(market: Market, policy: str) -> None:
    request = HedgeRequest("kalman", 80, ragged=policy, drift_per_session=0.05)
    found = estimate_hedge(market, LEGS, request, after(market, LAST))
    rows = series(market, LEGS.tickers, LAST, 80)
    c = oracle.covariances(rows, oracle.weights_by_age(80, None), common=policy == "common")
    variance, cross, short = oracle.split(c, 2)
    basket = sum(map(sum, short)) / 9
    up, down = [], []
    for t in range(80):
        legs = [[r[t] for r in part if math.isfinite(r[t])] for part in (rows[:2], rows[2:])]
        if all(legs) and (policy == "own" or len(legs[0]) + len(legs[1]) == 5):
            up.append(sum(legs[0]) / len(legs[0]))
            down.append(sum(legs[1]) / len(legs[1]))
    expected = oracle.drifting(up, down, variance - (sum(cross) / 3) ** 2 / basket, 0.05)
    assert found.ratio == pytest.approx(expected, rel=1e-9)


def test_equal_risk_contributes_equally_and_ends_at_the_long_legs_volatility() -> None:
    found = estimate_hedge(CLEAN, LEGS, HedgeRequest("equal_risk", 100), after(CLEAN, LAST))
    rows = np.array(series(CLEAN, LEGS.tickers, LAST, 100))
    c, w = np.cov(rows)[2:, 2:], np.array(weights(found))
    parts = w * (c @ w)
    np.testing.assert_allclose(parts, parts.mean(), rtol=1e-10)
    assert math.sqrt(parts.sum()) == pytest.approx(rows[:2].mean(axis=0).std(ddof=1), rel=1e-10)


def test_contradicting_correlations_are_repaired_and_reported() -> None:
    """Three series, each pair of which overlaps elsewhere: A = B, B = C, and A = -C cannot all be."""
    draw = np.random.default_rng(1)
    steps = draw.normal(0.0, 0.02, (91, 3))
    steps[1:31, 2], steps[31:61, 0], steps[61:91, 1] = np.nan, np.nan, np.nan
    steps[1:31, 1], steps[31:61, 2] = steps[1:31, 0], steps[31:61, 1]
    steps[61:91, 2] = -steps[61:91, 0]
    steps += 1e-4 * draw.normal(0.0, 1.0, steps.shape)
    returns = np.column_stack([draw.normal(0.0, 0.02, 91), steps])
    moments = estimate_moments(EstimationSample(returns[1:], np.ones(90), 4), OWN, 10, 90)
    assert moments.repaired
    values = np.linalg.eigvalsh(moments.covariance)
    assert values[0] > 0.0
    own = [np.nanvar(returns[1:, i], ddof=1) for i in range(4)]
    np.testing.assert_allclose(np.diag(moments.covariance), own, rtol=1e-12)


def test_a_table_is_every_request_at_every_decision() -> None:
    requests = [HedgeRequest(m, n) for m in ("beta", "min_variance", "equal_risk") for n in (30, 60)]
    moments = np.array([after(DIRTY, row) for row in range(LAST - 40, LAST + 1)])
    table = estimate_hedges(DIRTY, LEGS, requests, moments)
    assert table.weights.shape == (6, 41, 3)
    frame = table.frame()
    for r, d in ((0, 40), (3, 40), (5, 17), (2, 29)):
        problem = table.problem(r, d)
        row = frame.iloc[r * 41 + d]
        if problem is not None:
            assert np.isnan(row["ratio"])
            continue
        one = estimate_hedge(DIRTY, LEGS, requests[r], moments[d])
        assert one.weights == table.at(r, d).weights
        assert row["ratio"] == pytest.approx(one.ratio, rel=1e-15)
        assert (row["method"], row["lookback"]) == (requests[r].method.value, requests[r].lookback)
        assert row["known_at"] == one.known_at
    # EPSI has 44 returns at the end, so 25 decisions know 20 of them or more.
    assert int(np.isfinite(table.ratios[0]).sum()) == 25


@pytest.mark.parametrize("method", [m for m in Method if m not in (Method.DOLLAR, Method.FACTOR_NEUTRAL)])
def test_too_little_history_names_the_ticker(method: Method) -> None:
    with pytest.raises(ParameterError, match=r"EPSI has too few sessions.*got 19.*20 or more"):
        estimate_hedge(DIRTY, LEGS, HedgeRequest(method, 60), after(DIRTY, LAST - 25))
    assert estimate_hedge(DIRTY, LEGS, HedgeRequest("dollar", 60), after(DIRTY, LAST - 25)).ratio == pytest.approx(1.0)


def test_a_gap_is_refused_when_asked_to() -> None:
    with pytest.raises(ParameterError, match=r"ALFA lacks sessions in the 40"):
        estimate_hedge(DIRTY, LEGS, HedgeRequest("min_variance", 40, ragged=Ragged.ERROR), after(DIRTY, LAST))
    with pytest.raises(ParameterError, match="lacks sessions in the 200"):
        estimate_hedge(CLEAN, LEGS, HedgeRequest("min_variance", 200, ragged="error"), after(CLEAN, LAST))
    assert estimate_hedge(DIRTY, LEGS, HedgeRequest("beta", 20, min_sessions=15), after(DIRTY, LAST)).ratio > 0


def test_what_cannot_be_hedged_says_so() -> None:
    twin = CLEAN.close.copy()
    twin[:, 4] = twin[:, 3] * 2.0
    market = dataclasses.replace(CLEAN, close=twin)
    with pytest.raises(ParameterError, match="no hedge exists"):
        estimate_hedge(market, LEGS, HedgeRequest("multi_min_variance", 60), after(market, LAST))
    assert estimate_hedge(market, LEGS, HedgeRequest("ridge", 60), after(market, LAST)).ratio > 0
    inverse = CLEAN.close.copy()
    inverse[:, 3:] = 1.0 / inverse[:, 3:]
    market = dataclasses.replace(CLEAN, close=inverse)
    with pytest.raises(ParameterError, match="beta is not positive"):
        estimate_hedge(market, LEGS, HedgeRequest("beta", 60), after(market, LAST))


def test_bad_input_is_refused() -> None:
    now = after(CLEAN, LAST)
    neutral = HedgeRequest("factor_neutral", 60, neutral_to=("base",))
    with pytest.raises(ParameterError, match="no factors were given"):
        estimate_hedge(CLEAN, LEGS, neutral, now)
    wrong = HedgeRequest("factor_neutral", 60, neutral_to=("bass",))
    with pytest.raises(ParameterError, match="Did you mean 'base'"):
        estimate_hedge(CLEAN, LEGS, wrong, now, two_factors(CLEAN))
    with pytest.raises(ParameterError, match="other sessions"):
        estimate_hedge(CLEAN, LEGS, neutral, now, two_factors(CLEAN).on(CLEAN.sessions[1:]))
    with pytest.raises(ParameterError, match="before the first return"):
        estimate_hedge(CLEAN, LEGS, neutral, after(CLEAN, 0), two_factors(CLEAN))
    with pytest.raises(PriceDataError, match="NONE has no prices"):
        estimate_hedge(CLEAN, HedgeLegs(("ALFA",), ("NONE",)), HedgeRequest("dollar"), now)
    with pytest.raises(ParameterError, match="nothing to estimate"):
        estimate_hedges(CLEAN, LEGS, [], np.array([now]))


def test_factors_that_know_the_future_are_refused() -> None:
    factors = dataclasses.replace(two_factors(CLEAN), known_at=CLEAN.sessions[100])
    request = HedgeRequest("factor_neutral", 60, neutral_to=("dollar", "base"))
    with pytest.raises(LookAheadError, match="slopes rest on prices up to"):
        estimate_hedge(CLEAN, LEGS, request, after(CLEAN, 99), factors)
    assert estimate_hedge(CLEAN, LEGS, request, after(CLEAN, 100), factors).ratio == pytest.approx(1.0)


def test_weights_inside_the_long_leg() -> None:
    one = HedgeLegs(("ALFA",), LEGS.short)
    tilted = HedgeLegs(("ALFA", "BETA"), LEGS.short, (1.0, 0.0))
    for method in ("beta", "multi_min_variance", "equal_risk"):
        a, b = (estimate_hedge(CLEAN, legs, HedgeRequest(method, 80), after(CLEAN, LAST)) for legs in (one, tilted))
        assert list(a.weights.values()) == pytest.approx(list(b.weights.values()), rel=1e-12)
