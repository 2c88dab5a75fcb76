"""Tiles against single runs: every measure, return and block moment, on markets full of dirt."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from hedgebook.engine.backtest.neutral import new_record, new_state
from hedgebook.engine.kernels.book.loop import simulate
from hedgebook.engine.kernels.book.records import ORDER, Cause, Conditions, Orders, Record
from hedgebook.engine.kernels.sets.one_by_one import SET, BatchSets, Results, Stage
from hedgebook.engine.kernels.sets.tally import MEASURES
from hedgebook.engine.kernels.sets.tiles.lanes import LANES
from hedgebook.engine.kernels.sets.tiles.run import run_tiles
from hedgebook.engine.risk.metrics import measure_levels
from tests.oracle.cases import dirty_case, ruled_case
from tests.oracle.inputs import OracleInput, OracleMargin, OracleRules
from tests.oracle.kernel_runner import kernel_inputs

SETS, TABLES = 90, 3
EVERY, IDLE, WILD = 9, 4, 7
COSTS = [Cause.COMMISSION, Cause.SPREAD, Cause.SLIPPAGE, Cause.IMPACT, Cause.BORROW]


def limited_case(seed: int) -> OracleInput:
    """A case with caps, bars, lots, minimum orders and recoveries as they come, but no rule and no margin call."""
    case = ruled_case(seed)
    shorting = dataclasses.replace(case.shorting, recall=None)
    return dataclasses.replace(case, rules=OracleRules(), margin=OracleMargin(), shorting=shorting)


def many_sets(case: OracleInput, seed: int) -> tuple[Stage, BatchSets]:
    """Sets that follow one of a few timetables, each with rows, scales and a capital of its own."""
    draw = np.random.default_rng(seed)
    prices, orders, conditions = kernel_inputs(case)
    sessions, sets = len(prices.days), np.zeros(SETS, dtype=SET)
    rows: list[tuple[float, ...]] = []
    tables: list[tuple[int, int, np.ndarray]] = []
    for _ in range(TABLES):
        first = int(draw.integers(0, sessions // 2))
        last = int(draw.integers(first + 5, sessions))
        slots = np.flatnonzero(draw.random(2 * (last - first + 1)) < draw.choice([0.05, 0.3, 0.8])) + 2 * first
        tables.append((first, last, slots if len(slots) else np.array([2 * first])))
    for s in range(SETS):
        first, last, slots = tables[draw.integers(TABLES)]
        begin = len(rows)
        for at in slots.tolist():
            scale = draw.choice([0.5, 1.0, 1.5])
            # Some hold nothing at all, and some so much that they may lose their capital.
            scale = {IDLE: 0.0, WILD: 12.0 * scale}.get(s % EVERY, scale)
            rows.append((at // 2, at % 2, draw.integers(len(orders.bank)), scale, 0, 0))
        sets[s] = (begin, len(rows), first, last, 0, 0, 0, draw.choice([1e6, 3e4]))
    benchmark = np.where(draw.random(sessions) < 0.1, np.nan, draw.normal(0.0, 0.01, sessions))
    blocks = np.arange(sessions) // 10 - 1
    one_each = conditions.tickers[None].copy(), conditions.rebalance[None].copy()
    table = np.array(rows, dtype=ORDER)
    riskless = conditions.terms["cash_rate"][0] * prices.days / 360.0
    return Stage(prices, conditions.cells, benchmark, riskless, blocks), BatchSets(
        sets, table, orders.bank, conditions.terms, *one_each, conditions.vol
    )


def swept(stage: Stage, sets: BatchSets) -> Results:
    count, sessions = len(sets.sets), len(stage.blocks)
    blocks = int(stage.blocks.max()) + 1
    totals, squares = np.zeros((count, blocks)), np.zeros((count, blocks))
    out = Results(np.full((count, len(MEASURES)), np.nan), totals, squares, np.zeros((count, sessions)))
    run_tiles(stage, sets, out, 0, count)
    return out


def alone(stage: Stage, sets: BatchSets, s: int) -> Record:
    """The record of one set's own run, cut to its sessions."""
    one, (sessions, tickers) = sets.sets[s], stage.cells.shape
    conditions = Conditions(sets.terms, sets.tickers[0], stage.cells, sets.calendars[0], sets.vol, int(one["last"]))
    orders = Orders(sets.orders[one["orders_from"] : one["orders_to"]], sets.bank)
    record, first, stop = new_record(sessions, tickers, log=20_000), int(one["first"]), int(one["last"]) + 1
    logged = simulate(stage.prices, orders, conditions, new_state(tickers, one["capital"]), record, first, stop)
    return record._replace(days=record.days[first:stop], lines=record.lines[:logged])


def wanted(record: Record, capital: float, nav: np.ndarray, returns: np.ndarray) -> dict[str, float]:
    figures: dict[str, float] = dict(measure_levels(nav, traded=len(record.filled) > 0).to_dict())
    figures["final_nav"] = record.days["nav_close"][-1]
    figures["total_return"] = figures["final_nav"] / capital - 1.0
    figures["turnover"] = math.fsum(np.abs(record.filled["shares"]) * record.filled["reference"]) / capital
    figures["cost_frac"] = -math.fsum(record.pnl[:, :, COSTS].ravel()) / capital
    figures["var_historical"] = figures["es_historical"] = math.nan
    if len(record.filled) and (nav > 0.0).all():
        cut = np.quantile(returns, 0.05)
        # Interest alone gives the same return for many sessions but for rounding, which must not decide the tail.
        figures["var_historical"], figures["es_historical"] = -cut, -returns[returns <= cut + 1e-12].mean()
    return {name: value for name, value in figures.items() if name in MEASURES}


def level_of(day: np.void) -> float:
    """NAV that a session is measured by: at its close, or the lower of both where nothing was left at its open."""
    opened, closed = float(day["nav_open"]), float(day["nav_close"])
    return closed if opened > 0.0 else min(opened, closed)


def assert_equal(stage: Stage, sets: BatchSets, out: Results, s: int) -> bool:
    """Hold a set against its own run; False where it lost its capital, after which it has no returns."""
    one, record = sets.sets[s], alone(stage, sets, s)
    nav = np.array([float(one["capital"]), *(level_of(day) for day in record.days)])
    returns = np.diff(nav) / nav[:-1]
    lost = np.flatnonzero(nav <= 0.0)
    if len(lost):
        returns[lost[0] :] = np.nan
    for name, value in wanted(record, float(one["capital"]), nav, returns).items():
        ours = out.rows[s, MEASURES.index(name)]
        # A growth rate raises the return of a few sessions to the power of 252; a drawdown is known to an ulp of one.
        scale = 10.0 if name in ("cagr", "calmar") and value > 1e3 else 1.0
        same = math.isnan(ours) if math.isnan(value) else abs(ours - value) <= scale * 1e-10 * max(1.0, abs(value))
        assert same, (s, name, ours, value)
    span = slice(int(one["first"]), int(one["last"]) + 1)
    np.testing.assert_allclose(out.returns[s, span], returns, rtol=1e-11, atol=1e-12)
    if len(lost):
        assert np.isnan(out.totals[s]).all()
        assert np.isnan(out.squares[s]).all()
        return False
    excess = returns.copy()
    excess[1:] -= stage.riskless[span][1:]
    for block in range(out.totals.shape[1]):
        inside = excess[stage.blocks[span] == block]
        # Who has all but lost the capital knows the rest of it to fewer digits.
        size = max(1.0, float((inside**2).sum()))
        assert abs(out.totals[s, block] - inside.sum()) <= 1e-11 * size
        assert abs(out.squares[s, block] - (inside**2).sum()) <= 1e-11 * size
    return True


@pytest.mark.parametrize("seed", range(12))
def test_sets_on_dirty_prices_equal_their_single_runs(seed: int) -> None:
    stage, sets = many_sets(dirty_case(seed), seed)
    out = swept(stage, sets)
    assert sum(assert_equal(stage, sets, out, s) for s in range(SETS)) > SETS // 2


@pytest.mark.parametrize("seed", range(40))
def test_sets_under_limits_equal_their_single_runs(seed: int) -> None:
    stage, sets = many_sets(limited_case(seed), seed)
    out = swept(stage, sets)
    for s in range(SETS):
        assert_equal(stage, sets, out, s)


def without_dates(case: OracleInput) -> OracleInput:
    """The same without dates on which a trade is brought back to its weights: those sets run one by one."""
    return dataclasses.replace(case, rules=dataclasses.replace(case.rules, rebalance=None))


def unlimited(case: OracleInput) -> OracleInput:
    """The same without what makes orders wait, so that rules alone take sets out of their tiles."""
    shorting = dataclasses.replace(case.shorting, recall=None, barred=None)
    return dataclasses.replace(case, shorting=shorting, limits=dataclasses.replace(case.limits, cap=None, lot=0))


@pytest.mark.parametrize("seed", range(60))
def test_sets_with_rules_equal_their_single_runs(seed: int) -> None:
    case = ruled_case(seed) if seed % 6 == 0 else without_dates(ruled_case(seed))
    stage, sets = many_sets(unlimited(case) if seed % 2 else case, seed)
    sets.orders["row"] %= len(sets.vol)
    out = swept(stage, sets)
    for s in range(SETS):
        assert_equal(stage, sets, out, s)


NUMBERS = ("rows", "totals", "squares", "returns")


def assert_alone_is_the_same(stage: Stage, sets: BatchSets, out: Results, chosen: range) -> None:
    """Hold every number of some sets, bit for bit, against what they have without any other set beside them."""
    for s in chosen:
        single = swept(stage, sets._replace(sets=sets.sets[s : s + 1].copy()))
        for name in NUMBERS:
            np.testing.assert_array_equal(getattr(single, name)[0], getattr(out, name)[s], f"{name} of set {s}")


def test_a_set_does_not_depend_on_its_neighbours() -> None:
    stage, sets = many_sets(limited_case(3), 3)
    out, count = swept(stage, sets), len(sets.sets)
    order = np.random.default_rng(1).permutation(count)
    mixed = swept(stage, sets._replace(sets=sets.sets[order]))
    for name in NUMBERS:
        np.testing.assert_array_equal(getattr(mixed, name), getattr(out, name)[order])
    assert_alone_is_the_same(stage, sets, out, range(count))


def ragged(case: OracleInput, seed: int) -> OracleInput:
    """The same with names that list late, stop printing or halt, and one that falls by nine tenths in a session."""
    draw = np.random.default_rng([seed, 5])
    opens, closes = np.array(case.opens), np.array(case.closes)
    sessions, tickers = closes.shape
    late, ends, crash = (int(draw.integers(sessions // 8, sessions // 2)) for _ in range(3))
    for table in (opens, closes):
        table[crash:, 2] *= 0.1
        table[:late, 0] = np.nan
        table[sessions - ends :, tickers - 1] = np.nan
        table[draw.random(table.shape) < 0.03] = np.nan
    return dataclasses.replace(case, opens=opens.tolist(), closes=closes.tolist())


@pytest.mark.parametrize("seed", range(200, 216))
def test_no_rule_ruin_or_missing_price_of_a_neighbour_changes_a_set(seed: int) -> None:
    """A lane that leaves its tile, for any reason, must not move a digit of the others."""
    case = ragged(ruled_case(seed) if seed % 4 == 0 else without_dates(ruled_case(seed)), seed)
    stage, sets = many_sets(unlimited(case) if seed % 2 else case, seed)
    sets.orders["row"] %= len(sets.vol)
    out = swept(stage, sets)
    assert_alone_is_the_same(stage, sets, out, range(seed % 2, SETS, 2))
    for s in range(0, SETS, 5):
        assert_equal(stage, sets, out, s)


def test_some_sets_lose_their_capital_and_some_trade_nothing() -> None:
    ruined = idle = 0
    for seed in range(6):
        stage, sets = many_sets(dirty_case(seed), seed)
        out = swept(stage, sets)
        ruined += int((out.rows[:, MEASURES.index("max_drawdown")] <= -1.0).sum())
        still = out.rows[:, MEASURES.index("turnover")] == 0.0
        assert still[IDLE::EVERY].all()
        assert np.isnan(out.rows[still, MEASURES.index("sharpe")]).all()
        idle += int(still.sum())
    assert ruined > 6
    assert idle >= 60


def test_there_are_more_sets_than_lanes() -> None:
    assert SETS > LANES


@pytest.mark.parametrize("seed", range(4))
def test_prices_that_stand_still_give_returns_of_exactly_zero(seed: int) -> None:
    """Else a rounding would count as a session won or lost."""
    case = dirty_case(seed)
    for table in (case.opens, case.closes):
        for t in range(21, 29):
            table[t] = list(case.closes[20])
    nothing = {"cash_rate": 0.0, "margin_rate": 0.0, "borrow": [[0.0] * 5 for _ in case.dates]}
    still = dataclasses.replace(case, **nothing)
    stage, sets = many_sets(still, seed)
    out, standing = swept(stage, sets), 0
    for s in range(SETS):
        record = alone(stage, sets, s)
        if assert_equal(stage, sets, out, s):
            first = int(sets.sets[s]["first"])
            traded = {int(line["session"]) for line in record.filled}
            quiet = [t for t in range(22, 29) if first < t <= int(sets.sets[s]["last"]) and t not in traded]
            assert not out.returns[s, quiet].any()
            standing += len(quiet)
    assert standing > SETS
