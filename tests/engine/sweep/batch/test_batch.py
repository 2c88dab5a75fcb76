"""Batches: what they refuse, what of the market they touch, and that a job's copies give the same."""

from __future__ import annotations

import dataclasses
import mmap
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hedgebook as hb
from hedgebook.engine.backtest.neutral import neutral_terms
from hedgebook.engine.kernels.book.records import COST_TERMS, MARGIN_TERMS, ORDER, RULE_TERMS, TERMS
from hedgebook.engine.kernels.sets.one_by_one import run_sets
from hedgebook.engine.kernels.sets.tiles import grouping
from hedgebook.engine.kernels.sets.tiles.run import run_tiles
from hedgebook.engine.sweep.batch.batch import Batch
from hedgebook.engine.sweep.batch.run import BatchResult, run_batch
from hedgebook.engine.sweep.batch.stage import SweepSetting, reach_of, stage_batch
from hedgebook.engine.sweep.calendar import sweep_calendar
from hedgebook.engine.sweep.job import SweepJob
from hedgebook.engine.sweep.out_of_sample.validation import Validation, lay_out
from hedgebook.engine.sweep.space import space_of
from hedgebook.errors import ParameterError
from hedgebook.strategies.sweeping.choose import sweep_strategy
from tests import markets

SESSIONS, TICKERS = 45, 5
RUN = "hedgebook.engine.sweep.batch.run"
STATM = Path("/proc/self/statm")


def resident_bytes() -> int:
    """What this process has in memory now."""
    return int(STATM.read_text().split()[1]) * mmap.PAGESIZE


def small() -> Batch:
    """Three sets, of which the second has a problem, on two of five tickers."""
    nan = float("nan")
    bank = np.array([[0.5, nan, -0.5, nan, nan], [0.0, nan, 0.0, nan, nan], [0.2, 0.0, nan, nan, nan]])
    rows = [(3, 0, 0, 1.0, 0, 0), (9, 1, 1, 1.0, 0, 0), (5, 1, 2, 2.0, 0, 0), (5 + 7, 0, 1, 1.0, 0, 0)]
    return Batch(
        bank=bank,
        orders=np.array(rows, dtype=ORDER),
        offsets=np.array([0, 2, 2, 4]),
        first=np.array([3, 0, 5]),
        last=np.array([9, 0, 14]),
        capital=np.array([1e6, 1e6, 2e6]),
        rules=(hb.Rules(),),
        rules_of=np.zeros(3, dtype=np.int64),
        legs=({},),
        legs_of=np.zeros(3, dtype=np.int64),
        problems=("not today",),
        problem_of=np.array([-1, 0, -1]),
    )


def setting() -> SweepSetting:
    market = markets.random_market(4, sessions=SESSIONS, tickers=TICKERS, missing_frac=0.05)
    return SweepSetting(market, markets.random_costs(3), hb.Account(), "T4")


def test_a_whole_batch_passes() -> None:
    assert small().check(SESSIONS, TICKERS).runs.tolist() == [True, False, True]


@pytest.mark.parametrize(
    "changes",
    [
        {"offsets": np.array([0, 2, 3, 4])},
        {"offsets": np.array([0, 2, 4])},
        {"bank": np.full((3, 4), 0.1)},
        {"bank": np.full((3, 5), np.inf)},
        {"bank": np.full((1, 5), 0.1)},
        {"first": np.array([4, 0, 5])},
        {"last": np.array([8, 0, 14])},
        {"last": np.array([9, 0, SESSIONS])},
        {"last": np.array([9, 0])},
        {"rules_of": np.array([0, 0, 1])},
        {"legs_of": np.array([0, 0, -1])},
        {"problem_of": np.array([-1, 1, -1])},
        {"problem_of": np.array([-1, -2, -1])},
        {"capital": np.array([1e6, 1e6, 0.0])},
        {"orders": small().orders[[1, 0, 2, 3]]},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_batch_that_contradicts_itself(changes: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=r"batch\."):
        dataclasses.replace(small(), **changes).check(SESSIONS, TICKERS)


def test_only_what_sets_touch_is_staged() -> None:
    staged = stage_batch(setting(), small(), np.full(SESSIONS, -1))
    assert staged is not None
    stage, sets, span = staged
    assert span == slice(3, 15)
    assert stage.prices.marks.shape == (2, 12, 2)
    assert sets.bank.shape == (3, 2)
    assert sets.sets["first"].tolist() == [0, -3, 2]


def test_a_set_with_a_problem_has_no_measures() -> None:
    found = run_batch(setting(), small(), np.arange(SESSIONS), keep_returns=True)
    assert found.problems == (None, "not today", None)
    assert np.isnan(found.measures[1]).all()
    assert not found.returns[1].any()
    assert np.isfinite(found.measures[[0, 2], 1]).all()


@pytest.mark.skipif(not STATM.exists(), reason="only Linux says how much memory a process has")
def test_rows_without_a_volatility_target_take_no_memory_for_it() -> None:
    """100,000 rows over 400 sessions: 320 MB if each had a number for every session."""
    market = markets.random_market(1, sessions=400, tickers=2)
    orders = np.zeros(100_000, dtype=ORDER)
    orders["session"], orders["row"] = np.tile(np.arange(400), 250), np.arange(len(orders))
    each = {"first": 0, "last": 399, "rules_of": 0, "legs_of": 0, "problem_of": -1}
    batch = dataclasses.replace(
        small(),
        bank=np.full((len(orders), 2), 0.1),
        orders=orders,
        offsets=np.arange(0, len(orders) + 1, 400),
        capital=np.full(250, 1e6),
        **{name: np.full(250, value) for name, value in each.items()},
    )
    here, blocks = SweepSetting(market, hb.Costs(), hb.Account()), np.full(400, -1)
    run_batch(here, batch, blocks)
    before = resident_bytes()
    staged = stage_batch(here, batch, blocks)
    assert staged is not None
    assert resident_bytes() - before < 100_000_000
    assert not (staged[1].vol[::1_000] > 0.0).any()


def test_a_batch_in_which_nothing_runs() -> None:
    none = dataclasses.replace(
        small(),
        orders=np.zeros(0, dtype=ORDER),
        offsets=np.zeros(4, dtype=np.int64),
        problem_of=np.zeros(3, dtype=np.int64),
    )
    found = run_batch(setting(), none.check(SESSIONS, TICKERS), np.arange(SESSIONS))
    assert np.isnan(found.measures).all()
    assert found.problems == ("not today",) * 3


def flagship(**axes: Any) -> SweepJob:
    market = hb.sample_market()
    strategy = sweep_strategy("long-meta-short-neocloud")
    sets = space_of(axes).retyped(strategy.typed).grid()
    here = SweepSetting(market, hb.load_costs("default"), hb.load_account("strict"), "SPY")
    on = sweep_calendar(market, strategy, sets).on
    return SweepJob(here, strategy, sets, lay_out(Validation(), on).of_session, 7)


def test_a_copy_of_a_job_gives_the_same() -> None:
    job = flagship(hold="1:9", hedge="dollar,min_variance", target_vol="none,0.2")
    job.run(1)  # fills what the copy must not need
    copy = pickle.loads(pickle.dumps(job))
    assert copy.manifest() == job.manifest()
    for k in range(-(-job.count // 7)):
        one, two = job.run(k), copy.run(k, threads=2)
        for name in ("metrics", "totals", "squares", "counts"):
            np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
        assert one.problems == two.problems
        assert {name: list(values) for name, values in job.columns(k).items()} == {
            name: list(values) for name, values in copy.columns(k).items()
        }


def test_returns_of_single_sets_are_those_of_the_sweep() -> None:
    job = flagship(hold="1:9", hedge="dollar,beta")
    returns = job.returns_of([3, 11], excess=True)
    for column, index in enumerate((3, 11)):
        found = job.run(index // 7)
        row = found.totals[index % 7]
        blocks = [returns[job.blocks == b, column].sum() for b in range(len(row))]
        np.testing.assert_allclose(row, blocks, rtol=0, atol=1e-12)
    assert not returns[job.blocks < 0].any()


def test_the_calendar_is_every_session_on_which_a_set_is_on() -> None:
    market, strategy = hb.sample_market(), sweep_strategy("long-meta-short-neocloud")
    events = ["meta-compute-2026", "deepseek-2025"]
    sets = space_of({"hold": [2, 5], "delay": [0, 3], "event": events}).grid()
    found = sweep_calendar(market, strategy, sets)
    wanted = np.zeros(len(market.sessions), dtype=np.bool_)
    windows: dict[str, list[int]] = {event: [] for event in events}
    for event in events:
        for hold, delay in ((2, 0), (2, 3), (5, 0), (5, 3)):
            run = hb.backtest(hb.trade(event=event, hold=hold, delay=delay), market)
            at = [market.session_index(day) for day in run.backtest.market.sessions]
            wanted[at] = True
            windows[event] += [at[0], at[-1]]
    np.testing.assert_array_equal(found.on, wanted)
    assert found.windows == {event: (min(rows), max(rows)) for event, rows in windows.items()}


def test_a_set_that_holds_cash_has_no_excess_return() -> None:
    """Stopped out on its second session, it earns interest from then on: no skill, and no Sharpe ratio of any size."""
    job = flagship(stop_loss=[1e-6], hold=[12])
    plain, excess = job.returns_of([0]), job.returns_of([0], excess=True)
    on = np.flatnonzero(plain[:, 0])
    flat = on[on > on[0] + 3]
    assert len(flat) >= 5
    rate, days = job.setting.costs.cash.rate_annual, np.diff(job.setting.market.sessions).astype(np.float64)
    np.testing.assert_allclose(plain[flat, 0], rate * days[flat - 1] / 360.0, rtol=1e-9)
    assert not excess[flat, 0].any()
    found = job.run(0)
    last = int(job.blocks[flat[-1]])
    assert plain[job.blocks == last, 0].all()
    assert found.totals[0, last] == found.squares[0, last] == 0.0


def both_ways(batch: Batch, threads: int = 1) -> tuple[BatchResult, BatchResult]:
    """One by one, and in tiles as far as those know what is asked."""
    blocks, reach = np.arange(SESSIONS) // 5, reach_of(setting().market, batch)
    given = {"keep_returns": True, "threads": threads}
    return run_batch(setting(), batch, blocks, **given), run_batch(setting(), batch, blocks, **given, tiled=reach)


@pytest.mark.parametrize("rules", [hb.Rules(), hb.Rules(stop_loss=0.05, band=0.1, rebalance="every:3")])
def test_tiles_change_nothing_but_last_digits(monkeypatch: pytest.MonkeyPatch, rules: hb.Rules) -> None:
    batch = dataclasses.replace(small(), rules=(rules,))
    one, _ = both_ways(batch)
    monkeypatch.setattr(f"{RUN}.run_sets", run_tiles)
    _, two = both_ways(batch, threads=2)
    for name in ("measures", "totals", "squares", "returns"):
        np.testing.assert_allclose(getattr(one, name), getattr(two, name), rtol=1e-10, atol=1e-12)


def test_tiles_know_every_term() -> None:
    """A term that is new has to be added to theirs once they do what it asks for; till then its sets go alone."""
    named = [*(term.name for term in (*COST_TERMS, *RULE_TERMS)), *MARGIN_TERMS]
    assert set(named) == grouping.KNOWN_TERMS | {"per_share"} == set(TERMS.names)


def test_sets_that_pay_by_the_share_go_alone() -> None:
    terms = neutral_terms()
    assert grouping.knows(terms).all()
    terms["per_share"] = 0.005
    assert not grouping.knows(terms).any()


@pytest.mark.parametrize(
    ("term", "rules", "account"),
    [
        ("stop_loss", hb.Rules(stop_loss=0.01), hb.Account()),
        ("max_hold", hb.Rules(max_hold=2), hb.Account()),
        ("lot", hb.Rules(), hb.Account(orders={"whole_shares": True})),
        ("low_floor", hb.Rules(), hb.load_account("strict")),
    ],
)
def test_a_set_with_a_term_that_tiles_do_not_know_goes_alone(
    monkeypatch: pytest.MonkeyPatch, term: str, rules: hb.Rules, account: hb.Account
) -> None:
    """The first set has no rule and the third has some; where costs or account ask for the term, all go alone."""
    every = account != hb.Account()
    batch = dataclasses.replace(small(), rules=(hb.Rules(), rules), rules_of=np.array([0, 0, 1]))
    monkeypatch.setattr(grouping, "KNOWN_TERMS", grouping.KNOWN_TERMS - {term})
    alone: list[list[int]] = []

    def watched(stage: Any, sets: Any, *rest: Any) -> None:
        alone.append(np.flatnonzero(sets.sets["orders_to"] > sets.sets["orders_from"]).tolist())
        run_sets(stage, sets, *rest)

    monkeypatch.setattr(f"{RUN}.run_sets", watched)
    here, blocks = SweepSetting(setting().market, setting().costs, account), np.full(SESSIONS, -1)
    one = run_batch(here, batch, blocks, keep_returns=True)
    two = run_batch(here, batch, blocks, keep_returns=True, tiled=reach_of(here.market, batch))
    assert alone == [[0, 2], [0, 2] if every else [2]]
    for name in ("measures", "returns"):
        np.testing.assert_array_equal(getattr(one, name)[2], getattr(two, name)[2])
        np.testing.assert_allclose(getattr(one, name)[0], getattr(two, name)[0], rtol=1e-10, atol=1e-12)
