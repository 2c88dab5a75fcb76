"""Laws of backtests with every rule and limit: books add up, limits hold, later news changes nothing earlier."""

from __future__ import annotations

import dataclasses
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.engine.account import Account
from hedgebook.engine.backtest.result import Backtest, identity_gap
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.kernels.book.records import Reason, Status
from hedgebook.engine.rules import Rules
from hedgebook.engine.rules.volatility import ex_ante_volatility
from hedgebook.universes.calendar import Mark
from tests import markets
from tests.records import amounts as amounts_of
from tests.records import codes as codes_of

from .everything import LEGS, SESSIONS, everything, random_account, random_rules, wild_market
from .test_prefix_invariance import assert_same_until

SEEDS = st.integers(0, 2**32 - 1)
SIZES = st.sampled_from([0.3, 1.0, 2.0])


def assert_same_bits(one: Backtest, two: Backtest) -> None:
    np.testing.assert_array_equal(codes_of(one.record), codes_of(two.record))
    np.testing.assert_array_equal(amounts_of(one.record), amounts_of(two.record))
    for name in ("nav", "cash", "interest", "shares", "price", "pnl"):
        np.testing.assert_array_equal(getattr(one.record, name), getattr(two.record, name))


@given(SEEDS, SIZES)
@settings(deadline=None, max_examples=150)
def test_profit_explains_nav_with_every_rule(seed: int, size: float) -> None:
    run = everything(seed, size=size).run()
    largest = max(1.0, float(np.abs(run.record.pnl).sum()) / run.capital)
    assert identity_gap(run.record, run.capital) <= 1e-9
    assert identity_gap(run.record, run.capital) <= 1e-12 * largest
    fills, held = run.record.filled, np.zeros(len(run.market.tickers))
    np.add.at(held, fills["ticker"], fills["shares"])
    np.testing.assert_allclose(held, run.record.shares[-1], rtol=1e-9, atol=1e-9 * run.capital)


def test_the_random_runs_reach_the_rules() -> None:
    """Otherwise the laws here would hold for rules that never do anything."""
    seen: set[tuple[str, str]] = set()
    for seed in range(120):
        run = everything(seed, size=1.0).run()
        seen |= set(zip(run.orders["status"], run.orders["reason"], strict=True))
    for reason in ("stop_loss", "take_profit", "trailing_stop", "leg_stop", "max_hold", "rebalance", "band", "derisk"):
        assert ("filled", reason) in seen
    for reason in ("margin_call", "recall", "stale", "delisted"):
        assert ("filled", reason) in seen
    assert {("deferred", "rule_201"), ("rejected", "rule_201"), ("rejected", "no_locate")} <= seen
    assert {("deferred", "cap"), ("rejected", "too_small"), ("deferred", "no_open")} <= seen


@given(SEEDS, SIZES)
@settings(deadline=None, max_examples=60)
def test_everything_off_equals_the_plain_run_to_the_last_bit(seed: int, size: float) -> None:
    drawn = everything(seed, size=size)
    plain = run_schedule(drawn.market, drawn.schedule, drawn.costs)
    off = run_schedule(drawn.market, drawn.schedule, drawn.costs, Account(), rules=Rules(), legs=LEGS)
    assert_same_bits(plain, off)
    np.testing.assert_array_equal(plain.record.days, off.record.days)
    far = dict.fromkeys(("stop_loss", "take_profit", "trailing_stop", "long_stop", "short_stop"), 10.0)
    if np.abs(plain.record.nav / plain.capital - 1).max() < 0.3:
        # Beyond what a user may ask for, so that nothing can reach it.
        idle = Rules().model_copy(update=far | {"max_hold": 2000, "derisk_drawdown": 0.999})
        lenient = Account(orders={"participation_frac": None}, delisting={"recovery_frac": None})
        assert_same_bits(plain, run_schedule(drawn.market, drawn.schedule, drawn.costs, lenient, rules=idle, legs=LEGS))


@given(SEEDS, SIZES)
@settings(deadline=None, max_examples=60)
def test_whole_shares_are_whole(seed: int, size: float) -> None:
    drawn = everything(seed, size=size)
    orders = drawn.account.orders.model_copy(update={"whole_shares": True})
    run = drawn.run(account=drawn.account.model_copy(update={"orders": orders}))
    assert (run.record.filled["shares"] % 1 == 0).all()
    assert (run.record.shares % 1 == 0).all()


@given(SEEDS, SIZES)
@settings(deadline=None, max_examples=60)
def test_without_a_locate_nothing_is_ever_short(seed: int, size: float) -> None:
    drawn = everything(seed, size=size)
    shorts = drawn.account.shorts.model_validate({"no_locate": [{"names": ["left", "right"]}]})
    run = drawn.run(account=drawn.account.model_copy(update={"shorts": shorts}))
    assert (run.record.shares >= 0).all()
    held = np.zeros(len(run.market.tickers))
    for line in run.record.filled:
        held[line["ticker"]] += line["shares"]
        assert held[line["ticker"]] >= -1e-9 * run.capital


@given(SEEDS, SIZES)
@settings(deadline=None, max_examples=100)
def test_no_session_trades_more_than_its_cap(seed: int, size: float) -> None:
    drawn = everything(seed, size=size)
    orders = drawn.account.orders.model_copy(update={"participation_frac": 0.002})
    run = drawn.run(account=drawn.account.model_copy(update={"orders": orders}))
    start = int(np.searchsorted(drawn.market.sessions, run.market.sessions[0]))
    cap = orders.cap_usd(drawn.market, start, SESSIONS)
    traded = np.zeros(cap.shape)
    written_off = np.isin(run.record.filled["reason"], (Reason.STALE, Reason.DELISTED))
    real = run.record.filled[~written_off]
    np.add.at(traded, (real["session"], real["ticker"]), np.abs(real["shares"]) * real["reference"])
    assert (traded <= cap * (1 + 1e-9)).all()


@given(SEEDS, st.floats(1e-4, 0.5), st.floats(1.0, 10.0))
@settings(deadline=None, max_examples=80)
def test_a_tighter_cap_never_holds_more_of_a_single_entry(seed: int, frac: float, factor: float) -> None:
    """One entry without costs, at a close where all is filled or dropped that has no cap; weights within NAV.

    The part that waits is sized on later NAVs, so only what is filled at the entry itself compares share by share.
    """
    market = wild_market(seed, missing_frac=0.0)
    weights = np.random.default_rng(seed).uniform(-0.4, 0.4, 5).tolist()
    schedule = markets.schedule_of(market, [(20, Mark.CLOSE, weights)])
    fracs = [min(frac, 1.0), min(frac * factor, 1.0), None]
    held = []
    for part in fracs:
        account = Account(capital_usd=1e7, orders={"participation_frac": part})
        found = run_schedule(market, schedule, "none", account=account, until=market.sessions[20])
        held.append(np.abs(found.record.shares[0]))
    assert (held[0] <= held[1] * (1 + 1e-12)).all()
    assert (held[1] <= held[2] * (1 + 1e-12)).all()


@given(SEEDS, st.floats(1e-4, 0.2), st.booleans())
@settings(deadline=None, max_examples=80)
def test_an_entry_under_a_cap_ends_where_it_would_have_been_where_prices_stand(
    seed: int, frac: float, whole: bool
) -> None:
    """At prices that do not move nothing is gained by waiting: never more shares than uncapped, in the end as many."""
    draw = np.random.default_rng(seed)
    price, volume = draw.uniform(5, 300, 3), draw.uniform(1e4, 1e6, 3)
    table = np.tile(price, (SESSIONS, 1))
    fields: Any = {"open": table, "close": table, "volume": np.tile(volume, (SESSIONS, 1))}
    names = ["T0", "T1", "T2"]
    market = markets.market_of(fields, names, universe=markets.numbered_universe(names))
    schedule = markets.schedule_of(market, [(6, Mark.OPEN, draw.uniform(-0.5, 0.5, 3).tolist())])
    plain = run_schedule(market, schedule, "none", account=Account(orders={"whole_shares": whole})).record.shares
    account = Account(orders={"participation_frac": frac, "whole_shares": whole})
    capped = run_schedule(market, schedule, "none", account=account).record.shares
    assert (np.abs(capped) <= np.abs(plain) * (1 + 1e-9)).all()
    assert (np.diff(np.abs(capped), axis=0) >= -1e-9).all()
    a_day = np.floor(frac * volume * (1 - 1e-9)) if whole else frac * volume * (1 - 1e-9)
    done = np.abs(plain[-1]) <= a_day * (SESSIONS - 6)
    np.testing.assert_allclose(capped[-1][done], plain[-1][done], rtol=1e-9)


@given(SEEDS, st.integers(2, 43), SIZES)
@settings(deadline=None, max_examples=150)
def test_later_prices_volumes_and_lows_change_nothing_earlier(seed: int, t: int, size: float) -> None:
    drawn = everything(seed, size=size)
    one, two = drawn.run(), drawn.run(market=markets.changed_after(drawn.market, t, seed + 3))
    if drawn.schedule.session[0] <= drawn.market.sessions[t]:
        assert_same_until(one, two, drawn.market.sessions[t])
        count = int(np.searchsorted(one.market.sessions, drawn.market.sessions[t], side="right"))
        np.testing.assert_array_equal(one.nav["requirement"][:count], two.nav["requirement"][:count])


@given(SEEDS, st.integers(2, 43), SIZES)
@settings(deadline=None, max_examples=100)
def test_the_low_close_and_volume_of_a_session_change_nothing_at_its_open(seed: int, t: int, size: float) -> None:
    drawn = everything(seed, size=size)
    later = markets.changed_after(drawn.market, t - 1, seed + 3, keep_open_of_next=True)
    if drawn.schedule.session[0] <= drawn.market.sessions[t]:
        assert_same_until(drawn.run(), drawn.run(market=later), drawn.market.sessions[t], marks=1)


@given(SEEDS, st.integers(2, 43))
@settings(deadline=None, max_examples=60)
def test_bars_caps_and_volatilities_are_known_before(seed: int, t: int) -> None:
    market = wild_market(seed)
    later = markets.changed_after(market, t, seed + 3)
    draw = np.random.default_rng(seed)
    account = random_account(draw)
    rules = random_rules(draw)
    orders = account.orders.model_copy(update={"participation_frac": 0.1})
    shorts = account.shorts.model_copy(update={"rule_201": "defer"})
    bank = draw.uniform(-1, 1, (2, 5))
    for known, value in (
        (t + 1, lambda m: shorts.bars(m, 0, SESSIONS).transpose(1, 0, 2)),
        (t + 2, lambda m: orders.cap_usd(m, 0, SESSIONS)),
        (t + 2, lambda m: ex_ante_volatility(m, bank, 0, SESSIONS, rules.vol_halflife).T),
    ):
        np.testing.assert_array_equal(value(market)[:known], value(later)[:known])


@given(SEEDS, st.integers(5, 43))
@settings(deadline=None, max_examples=60)
def test_a_market_that_ends_earlier_gives_the_same_beginning(seed: int, t: int) -> None:
    drawn = everything(seed)
    known = drawn.schedule.session <= drawn.market.sessions[t]
    if not known.any():
        return
    names = ("decided_at", "session", "mark", "weights")
    early = dataclasses.replace(drawn.schedule, **{name: getattr(drawn.schedule, name)[known] for name in names})
    one = drawn.run()
    two = drawn.run(market=drawn.market.until(drawn.market.sessions[t]), schedule=early)
    # Its last close is also its end, which may write off what is quiet, where the account states a recovery.
    ends = Reason.STALE in two.record.lines["reason"]
    assert_same_until(one, two, drawn.market.sessions[t], marks=1 if ends else 2)


@given(SEEDS, st.permutations(range(5)))
@settings(deadline=None, max_examples=80)
def test_the_order_of_tickers_does_not_matter(seed: int, order: list[int]) -> None:
    """All orders of a mark are sized on one NAV, and every rule looks at sums."""
    drawn = everything(seed)
    one, two = drawn.run(), drawn.run(market=markets.permuted(drawn.market, order))
    keys = ["session", "mark", "ticker", "status", "reason"]
    left = one.orders[keys].sort_values(["session", "mark", "ticker"], kind="stable", ignore_index=True)
    right = two.orders[keys].sort_values(["session", "mark", "ticker"], kind="stable", ignore_index=True)
    assert left.equals(right)
    usd = 1e-9 * one.capital * max(1.0, float(np.abs(one.record.nav).max()) / one.capital)
    np.testing.assert_allclose(two.record.nav, one.record.nav, rtol=1e-9, atol=usd)
    np.testing.assert_allclose(two.record.shares, one.record.shares[:, order], rtol=1e-9, atol=1e-9 * one.capital)


@given(SEEDS, st.floats(1.0, 5.0))
@settings(deadline=None, max_examples=100)
def test_a_dearer_borrow_never_earns_more_of_the_same_fills(seed: int, factor: float) -> None:
    """One entry at a close, no rule that looks at NAV: the fills before the exit are the same, fees only take."""
    market = wild_market(seed, missing_frac=0.0)
    draw = np.random.default_rng(seed)
    weights = draw.uniform(-0.6, 0.6, 5).tolist()
    schedule = markets.schedule_of(market, [(20, Mark.CLOSE, weights), (35, Mark.OPEN, [0.0] * 5)])
    rules = Rules(max_hold=int(draw.integers(2, 12)))
    costs = markets.random_costs(seed)
    spike = {"names": ["left"], "first": str(market.sessions[22]), "sessions": 5, "multiple": factor}
    rates = costs.borrow.model_dump()
    dear = Costs.model_validate({**costs.model_dump(), "borrow": {**rates, "spikes": [spike]}})
    dearer = Costs.model_validate({**dear.model_dump(), "borrow": {**rates, "default_annual": 0.5, "spikes": [spike]}})
    runs = [run_schedule(market, schedule, c, rules=rules) for c in (costs, dear, dearer)]
    for cheap, expensive in pairwise(runs):
        np.testing.assert_array_equal(codes_of(cheap.record), codes_of(expensive.record))
        assert (expensive.record.nav <= cheap.record.nav + 1e-9 * cheap.capital).all()
        assert expensive.costs_paid["borrow"] >= cheap.costs_paid["borrow"] - 1e-9


@given(SEEDS)
@settings(deadline=None, max_examples=60)
def test_a_trade_that_has_ended_by_a_rule_stays_out_until_the_next_row(seed: int) -> None:
    market = wild_market(seed)
    draw = np.random.default_rng(seed)
    schedule = markets.schedule_of(market, [(20, Mark.OPEN, draw.uniform(-0.5, 0.5, 5).tolist())])
    rules = random_rules(draw).model_copy(update={"max_hold": 5})
    run = run_schedule(market, schedule, markets.random_costs(seed), rules=rules, legs=LEGS)
    exits = {"stop_loss", "take_profit", "trailing_stop", "max_hold"}
    reasons = run.fills["reason"].tolist()
    left = [k for k, reason in enumerate(reasons) if reason in exits]
    if left:
        assert set(reasons[left[0] :]) <= exits | {"leg_stop"}
    late = run.record.lines[run.record.lines["session"] > 5]
    assert not ((late["status"] == Status.FILLED) & (late["reason"] == 0)).any()
