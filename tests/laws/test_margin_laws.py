"""Laws of margin: reporting changes nothing, dearer margin asks for more, and enforcement keeps within it."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.engine.account import Account
from hedgebook.engine.backtest.result import Backtest
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.kernels.book.records import Reason
from hedgebook.universes.calendar import Mark
from tests import markets

from .everything import Drawn, everything, wild_market
from .test_rules_laws import assert_same_bits

SEEDS = st.integers(0, 2**32 - 1)


def with_margin(drawn: Drawn, **changes: object) -> Backtest:
    margin = type(drawn.account.margin).model_validate({**drawn.account.margin.model_dump(), **changes})
    return drawn.run(account=drawn.account.model_copy(update={"margin": margin}))


@given(SEEDS, st.sampled_from([0.3, 1.0, 2.0]))
@settings(deadline=None, max_examples=80)
def test_a_report_changes_nothing_but_the_requirement(seed: int, size: float) -> None:
    drawn = everything(seed, size=size)
    off, report = with_margin(drawn, on_call="off"), with_margin(drawn, on_call="report")
    assert_same_bits(off, report)
    assert (off.nav["requirement"] == 0).all()
    assert ((report.nav["requirement"] > 0) == (np.abs(report.record.shares).sum(axis=1) > 0)).all()


@given(SEEDS)
@settings(deadline=None, max_examples=80)
def test_the_requirement_in_plain_python(seed: int) -> None:
    drawn = everything(seed, size=1.5)
    run = with_margin(drawn, on_call="report")
    rules, house = drawn.account.margin, drawn.account.margin.house_by_bucket
    for t, line in enumerate(run.record.shares.tolist()):
        needed = []
        for i, q in enumerate(line):
            if q == 0.0:
                continue
            price = float(run.record.price[t, i])
            if q > 0:
                each = rules.maintenance_long_frac * price
            elif price >= 5:
                each = max(rules.maintenance_short_frac * price, 5.0)
            else:
                each = max(price, 2.5)
            needed.append(abs(q) * each * house.get(run.market.bucket_of(run.market.tickers[i]) or "", 1.0))
        assert abs(math.fsum(needed) - run.nav["requirement"].iloc[t]) <= 1e-9 * max(1.0, math.fsum(needed))


@given(SEEDS, st.floats(1.0, 3.0))
@settings(deadline=None, max_examples=60)
def test_house_multipliers_only_ask_for_more(seed: int, factor: float) -> None:
    drawn = everything(seed)
    usual = with_margin(drawn, on_call="report", house_by_bucket={})
    house = with_margin(drawn, on_call="report", house_by_bucket={"left": factor, "right": factor})
    np.testing.assert_allclose(house.nav["requirement"], factor * usual.nav["requirement"], rtol=1e-12)
    assert (house.margin["call"] | ~usual.margin["call"]).all()


@given(SEEDS, st.sampled_from(["reduce", "liquidate"]), st.floats(0.2, 5.0))
@settings(deadline=None, max_examples=80)
def test_an_entry_never_exceeds_its_initial_requirement(seed: int, on_call: str, gross: float) -> None:
    """At a close where nothing costs anything."""
    market = wild_market(seed, missing_frac=0.0)
    weights = np.random.default_rng(seed).uniform(-gross, gross, 5)
    schedule = markets.schedule_of(market, [(20, Mark.CLOSE, weights.tolist())])
    account = Account(margin={"on_call": on_call, "house_by_bucket": {"left": 1.25}})
    held = run_schedule(market, schedule, "none", account=account).record
    house = np.array([1.25, 1.0, 1.25, 1.0, 1.25])
    initial = 0.5 * (np.abs(held.shares[0]) * held.price[0] * house).sum()
    wanted = 0.5 * (np.abs(weights) * house).sum() * 1e6
    np.testing.assert_allclose(initial, min(wanted, 1e6), rtol=1e-9)
    given_weights = held.shares[0] * held.price[0] / 1e6
    np.testing.assert_allclose(given_weights, weights * min(1.0, 1e6 / wanted), rtol=1e-9)


@given(SEEDS)
@settings(deadline=None, max_examples=80)
def test_a_call_leaves_nothing_when_it_liquidates_and_never_more_when_it_reduces(seed: int) -> None:
    """A market without gaps and an account without limits, so that every order fills at the next open."""
    market = wild_market(seed, missing_frac=0.0)
    draw = np.random.default_rng(seed)
    schedule = markets.schedule_of(market, [(20, Mark.CLOSE, draw.uniform(-0.8, 0.8, 5).tolist())])
    harsh = {"maintenance_long_frac": 0.48, "maintenance_short_frac": 0.48}
    for on_call in ("reduce", "liquidate"):
        run = run_schedule(market, schedule, "none", account=Account(margin={"on_call": on_call, **harsh}))
        for t in np.flatnonzero(run.margin["call"].to_numpy())[:-1]:
            before, after = np.abs(run.record.shares[t]), np.abs(run.record.shares[t + 1])
            if on_call == "liquidate":
                assert not after.any()
            elif t + 1 < len(run.record.shares):
                # One factor for all: nothing is closed while something else is kept.
                kept = after[before > 0] / before[before > 0]
                assert (kept > 0).all() or not kept.any()


@given(SEEDS, st.sampled_from([0.5, 1.0, 2.0]))
@settings(deadline=None, max_examples=150)
def test_a_call_never_adds_to_a_position_and_never_changes_its_side(seed: int, size: float) -> None:
    """With missing opens, caps, whole shares, smallest orders and rule 201: fill by fill."""
    drawn = everything(seed, size=size)
    run = with_margin(drawn, on_call="reduce", maintenance_long_frac=0.45, maintenance_short_frac=0.45)
    held = np.zeros(len(run.market.tickers))
    for line in run.record.filled:
        i = line["ticker"]
        before, held[i] = held[i], held[i] + line["shares"]
        if line["reason"] == Reason.MARGIN_CALL:
            rounding = 1e-9 * abs(before)
            assert abs(held[i]) <= abs(before) + rounding
            assert held[i] * before >= -rounding * abs(before)


@given(SEEDS, st.floats(0.4, 1.6))
@settings(deadline=None, max_examples=120)
def test_what_a_call_leaves_meets_what_is_required_at_the_prices_of_its_fill(seed: int, gross: float) -> None:
    """A market without gaps and an account without limits or costs: at the open after a call NAV covers what its
    positions require to be opened, and where it did before nothing is traded."""
    market = wild_market(seed, missing_frac=0.0)
    draw = np.random.default_rng(seed)
    schedule = markets.schedule_of(market, [(20, Mark.CLOSE, draw.uniform(-gross, gross, 5).tolist())])
    harsh = {"maintenance_long_frac": 0.48, "maintenance_short_frac": 0.48}
    run = run_schedule(market, schedule, "none", Account(margin={"on_call": "reduce", **harsh}))
    shares, nav = run.record.shares, run.record.nav
    for t in np.flatnonzero(run.margin["call"].to_numpy())[:-1]:
        prices = run.market.open[t + 1]
        each = np.maximum(0.5 * prices, np.where(shares[t] < 0, np.where(prices >= 5, 5.0, np.maximum(prices, 2.5)), 0))
        before, after = (math.fsum(np.abs(q) * each) for q in (shares[t], shares[t + 1]))
        if nav[t + 1, 0] >= before:
            np.testing.assert_array_equal(shares[t + 1], shares[t])
        else:
            assert after <= max(nav[t + 1, 0], 0.0) * (1 + 1e-9)
            np.testing.assert_allclose(after, max(nav[t + 1, 0], 0.0), rtol=1e-9, atol=1e-6)
