"""Law: every set of a sweep equals its single run, with everything on, in any order and on any number of threads."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.engine.account import Account
from hedgebook.engine.backtest.result import Backtest
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.backtest.schedule import Schedule
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.kernels.book.records import ORDER, Cause
from hedgebook.engine.kernels.sets.tally import MEASURES
from hedgebook.engine.risk.metrics import measure_levels
from hedgebook.engine.rules import Rules
from hedgebook.engine.sweep.batch.batch import Batch
from hedgebook.engine.sweep.batch.run import BatchResult, run_batch
from hedgebook.engine.sweep.batch.stage import SweepSetting
from hedgebook.universes.market import Market
from tests import markets

from .everything import LEGS, SESSIONS, random_account, random_rules, wild_market

SETS = 7
SEEDS = st.integers(0, 2**32 - 1)
ONE_BLOCK_EACH = np.arange(SESSIONS, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Many:
    """Several schedules on one market, each with rules, a last session and a capital of its own."""

    market: Market
    costs: Costs
    account: Account
    schedules: list[Schedule]
    rules: list[Rules]
    last: list[int]
    capital: list[float]

    def single(self, s: int) -> Backtest:
        """One of them as a run of its own."""
        return run_schedule(
            self.market,
            self.schedules[s],
            self.costs,
            self.account.with_capital(self.capital[s]),
            rules=self.rules[s],
            legs=LEGS,
            until=self.market.sessions[self.last[s]],
        )

    def batch(self, order: list[int]) -> Batch:
        """All of them in some order; a schedule's rows stand in the bank as they come."""
        bank: list[np.ndarray] = []
        rows: list[tuple[int, int, int, float, int, int]] = []
        offsets = [0]
        for s in order:
            schedule = self.schedules[s]
            # A volatility target looks at the weights in the bank, without the scale of the order.
            scale = 2.0 if self.rules[s].target_vol is None else 1.0
            at = [self.market.column(ticker) for ticker in schedule.tickers]
            for k in range(len(schedule.session)):
                weights = np.full(len(self.market.tickers), np.nan)
                weights[at] = schedule.weights[k] / scale
                session = self.market.session_index(schedule.session[k])
                rows.append((session, int(schedule.mark[k]), len(bank), scale, 0, 0))
                bank.append(weights)
            offsets.append(len(rows))
        first = [rows[offsets[k]][0] for k in range(len(order))]
        return Batch(
            bank=np.array(bank),
            orders=np.array(rows, dtype=ORDER),
            offsets=np.array(offsets),
            first=np.array(first),
            last=np.array([self.last[s] for s in order]),
            capital=np.array([self.capital[s] for s in order]),
            rules=tuple(self.rules),
            rules_of=np.array(order),
            legs=(LEGS,),
            legs_of=np.zeros(len(order), dtype=np.int64),
            problem_of=np.full(len(order), -1),
        ).check(len(self.market.sessions), len(self.market.tickers))

    def swept(self, order: list[int], threads: int = 1) -> BatchResult:
        """The measures of all of them."""
        setting = SweepSetting(self.market, self.costs, self.account, benchmark="T4")
        return run_batch(setting, self.batch(order), ONE_BLOCK_EACH, threads=threads, keep_returns=True)


def many(seed: int) -> Many:
    """A wild market, and on it schedules that begin and end where they like."""
    draw = np.random.default_rng(seed)
    market = wild_market(seed)
    schedules, last = [], []
    for s in range(SETS):
        # The first holds nothing, the last so much that it may lose its capital.
        size = {0: 0.0, SETS - 1: 9.0}.get(s, float(draw.choice([0.3, 1.0, 2.0])))
        whole = markets.random_schedule(seed + 10 * s, market, size=size)
        first = int(draw.integers(0, len(whole.session) - 1))
        stop = int(draw.integers(first + 1, len(whole.session) + 1))
        kept = slice(first, stop)
        part = Schedule(
            whole.tickers, whole.decided_at[kept], whole.session[kept], whole.mark[kept], whole.weights[kept]
        )
        schedules.append(part)
        end = market.session_index(part.session[-1])
        last.append(int(draw.integers(end, SESSIONS)))
    return Many(
        market=market,
        costs=markets.random_costs(seed + 2),
        account=random_account(draw),
        schedules=schedules,
        rules=[random_rules(draw) for _ in range(SETS)],
        last=last,
        capital=[float(10.0 ** draw.uniform(4, 7)) for _ in range(SETS)],
    )


def wanted(run: Backtest) -> dict[str, float]:
    """The measures of a single run, from its record, empyrical and numpy."""
    levels = np.concatenate([[run.capital], run.record.days["nav_close"]])
    # A NAV of zero or below at an open is a ruin as well.
    opens = run.record.days["nav_open"]
    figures: dict[str, float] = dict(measure_levels(levels, traded=len(run.record.filled) > 0, opens=opens).to_dict())
    returns, filled, pnl = run.returns.to_numpy(), run.record.filled, run.record.pnl
    costs = [Cause.COMMISSION, Cause.SPREAD, Cause.SLIPPAGE, Cause.IMPACT, Cause.BORROW]
    figures["final_nav"] = run.final_nav
    figures["turnover"] = math.fsum(np.abs(filled["shares"]) * filled["reference"]) / run.capital
    figures["cost_frac"] = -math.fsum(pnl[:, :, costs].ravel()) / run.capital
    figures["var_historical"] = figures["es_historical"] = math.nan
    if len(filled) and (levels > 0.0).all() and (opens > 0.0).all():
        cut = np.quantile(returns, 0.05)
        figures["var_historical"], figures["es_historical"] = -cut, -returns[returns <= cut + 1e-12].mean()
    return figures


def assert_equal(found: np.ndarray, run: Backtest) -> None:
    # A sum of squares cannot tell a deviation of rounding size from none; empyrical's own is rounding there too.
    flat = np.ptp(run.returns) < 1e-9
    for name, value in wanted(run).items():
        if name not in MEASURES or (flat and name in ("sharpe", "volatility_annual")):
            continue
        ours = found[MEASURES.index(name)]
        # A growth rate raises the return of a few sessions to the power of 252: it is compared by its logarithm.
        if name in ("cagr", "calmar") and value > 1e3:
            ours, value = math.log(ours), math.log(value)
        if math.isnan(value):
            assert math.isnan(ours), (name, ours)
        else:
            assert abs(ours - value) <= 1e-10 * max(1.0, abs(value)), (name, ours, value)


@given(SEEDS)
@settings(deadline=None, max_examples=60)
def test_every_set_equals_its_single_run(seed: int) -> None:
    given_sets = many(seed)
    found = given_sets.swept(list(range(SETS)))
    for s in range(SETS):
        run = given_sets.single(s)
        assert_equal(found.measures[s], run)
        if s == 0:
            assert not run.traded
            assert np.isnan(found.measures[s, MEASURES.index("volatility_annual")])
        first = given_sets.market.session_index(given_sets.schedules[s].session[0])
        kept = np.zeros(SESSIONS)
        kept[first : given_sets.last[s] + 1] = run.returns
        np.testing.assert_allclose(found.returns[s], kept, rtol=1e-12, atol=1e-12)
        if (run.record.days["nav_close"] <= 0.0).any():
            # A lost capital: what was lost is known, and nothing of what came after.
            assert np.isnan(found.measures[s, MEASURES.index("sharpe")])
            assert np.isnan(found.totals[s]).all()
            assert np.isnan(found.squares[s]).all()
            continue
        # What cash earns over the nights before a session, but for the first, is no return of the set's own.
        excess, rate = kept.copy(), given_sets.costs.cash.rate_annual
        days = np.diff(given_sets.market.sessions).astype(np.float64)
        excess[first + 1 : given_sets.last[s] + 1] -= rate * days[first : given_sets.last[s]] / 360.0
        np.testing.assert_allclose(found.totals[s], excess, rtol=1e-12, atol=1e-9)
        np.testing.assert_allclose(found.squares[s], excess**2, rtol=1e-10, atol=1e-12)


@given(SEEDS)
@settings(deadline=None, max_examples=20)
def test_neither_order_nor_threads_change_a_set(seed: int) -> None:
    given_sets = many(seed)
    order = np.random.default_rng(seed).permutation(SETS).tolist()
    plain, mixed = given_sets.swept(list(range(SETS))), given_sets.swept(order, threads=3)
    for name in ("measures", "totals", "squares", "returns"):
        np.testing.assert_array_equal(getattr(plain, name)[order], getattr(mixed, name))


@given(SEEDS)
@settings(deadline=None, max_examples=20)
def test_beta_is_the_slope_on_the_benchmark(seed: int) -> None:
    given_sets = many(seed)
    found = given_sets.swept(list(range(SETS)))
    bench = given_sets.market.close_returns(("T4",))[:, 0]
    for s in range(SETS):
        first = given_sets.market.session_index(given_sets.schedules[s].session[0])
        span = slice(first + 1, given_sets.last[s] + 1)
        pairs = [(x, y) for x, y in zip(bench[span], found.returns[s][span], strict=True) if math.isfinite(x)]
        ours = found.measures[s, MEASURES.index("beta")]
        if len(pairs) < 2 or math.isnan(found.measures[s, MEASURES.index("volatility_annual")]):
            continue
        x, y = np.array(pairs).T
        if np.ptp(x) > 1e-9:
            slope = np.cov(x, y, ddof=1)[0, 1] / x.var(ddof=1)
            assert abs(ours - slope) <= 1e-9 * max(1.0, abs(slope))
