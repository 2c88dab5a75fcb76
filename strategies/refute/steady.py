"""Trying to refute a strategy that is always on: shifted decisions, other tickers, its factors, its benchmark."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from hedgebook.engine.arrays import Floats, Ints
from hedgebook.engine.backtest.riskless import riskless_returns
from hedgebook.engine.backtest.schedule import Schedule
from hedgebook.engine.frictions.dearer import dearer
from hedgebook.engine.refute.scaled import ROUNDING
from hedgebook.engine.refute.series import (
    PLANTED,
    WORTH_HAVING,
    SeriesScores,
    placebo_shifts,
    resampled_null,
    root_n_sharpe,
    series_evidence,
)
from hedgebook.engine.refute.verdict import Evidence, Veto
from hedgebook.engine.sweep.null import NEUTRAL_FRAC, mean_move, stand_in
from hedgebook.errors import InputError
from hedgebook.universes.counted import counted

from ..run.run import StrategyRun, run_strategy
from ..strategy.given import GivenSchedule
from ..strategy.setting import RunSetting
from ..strategy.strategy import Strategy
from .ask import RefuteOptions
from .baskets import LEAST_BASKETS, candidates, comparable, matched_baskets
from .held import Held, Moves, held_of, moves_of
from .result import BASKETS, BENCHMARK, DATES, TWIN, Refutation, net_exposure_words
from .scores import proxies_of

LEAST_SESSIONS = 120
# Holdings that earn so nearly the same at other times, as the median correlation, have no timing that could be tested.
STANDING = 0.9
NO_TIMING = (
    "Its holdings hardly change over time, so that there is no timing to test: placebo dates are left out, and the "
    "other tests decide."
)
ON_EVENTS = "A trade on an event is tried on its events instead, however few sessions it lasts."
ASKS = {
    DATES: "Did its timing earn more than the same holdings at other times?",
    BASKETS: "Did its tickers earn more than random ones like them?",
    TWIN: "Did it earn more than its factor exposures alone?",
    BENCHMARK: "Did it earn more than its benchmark?",
}
# What is left beside a benchmark or factors, as a share of the strategy's own deviation: less is rounding.
STILL_FRAC = 1e-9


@dataclass(frozen=True, eq=False)
class SteadyCase:
    """A run as arrays over its n sessions after the first: excess: (n,) net returns less what cash earns; cash: (n,)
    of it; held, moves: what it held and how the tickers moved; rows: (n,) of the market; drag: what the run's own
    returns lack of what its holdings earned, a session on average: costs, and cash where it holds none."""

    run: StrategyRun
    setting: RunSetting
    options: RefuteOptions
    excess: Floats
    cash: Floats
    held: Held
    moves: Moves
    rows: Ints
    drag: float

    @property
    def net(self) -> float:
        """Mean net weight, a fraction of NAV."""
        return float(self.held.night.sum(axis=1).mean())


def refute_steady(strategy: Strategy, setting: RunSetting, options: RefuteOptions) -> Refutation:
    """Every test of a strategy over all of its sessions; none of one that was ruined, never traded or ran for fewer
    than 120 of them, each with the reason."""
    run = run_strategy(strategy, setting)
    market, rows = setting.market, np.searchsorted(setting.market.sessions, run.backtest.market.sessions)
    told = Refutation(
        name=strategy.name,
        subject=counted(len(rows) - 1, "session"),
        unit="session",
        tests=(),
        vetoes=(),
        net=math.nan,
        against="",
        events=(),
        returns=(),
        past=(),
        placebo_returns=np.zeros(0),
        notes=(),
        simulated=market.provenance.simulated,
        source=market.provenance.source,
        ruined_on=run.backtest.ruined_on,
    )
    reason, notes = _cannot(run, len(rows) - 1)
    if reason:
        return replace(told, tests=tuple(_not_made(reason, len(rows) - 1)), notes=notes)
    case = _case(run, setting, options, rows)
    words, columns = "", np.zeros(0, dtype=np.int64)
    if abs(case.net) > NEUTRAL_FRAC:
        words, columns = stand_in(market, slice(int(case.rows[0]), int(case.rows[-1]) + 1))
    timing = _shifts(case)
    others = (_baskets(case), _twin(case), _benchmark(case, columns))
    return replace(
        told,
        tests=others if timing is None else (timing, *others),
        vetoes=tuple(_vetoes(case)),
        net=case.net,
        against=net_exposure_words(words),
        returns=tuple(float(r) for r in case.excess),
        notes=() if timing is not None else (NO_TIMING,),
    )


def _cannot(run: StrategyRun, sessions: int) -> tuple[str, tuple[str, ...]]:
    """Why nothing can be tested, empty where it can, and what else to say."""
    if run.backtest.ruined_on is not None:
        return f"it was ruined on {run.backtest.ruined_on}", ()
    if not run.backtest.traded:
        return "it never traded", ()
    if sessions < LEAST_SESSIONS:
        return f"it ran for {counted(sessions, 'session')}; {LEAST_SESSIONS} are needed", (ON_EVENTS,)
    return "", ()


def _not_made(reason: str, units: int) -> Iterator[Evidence]:
    for name, words in ASKS.items():
        yield Evidence(name, words, reason=reason, planted=PLANTED, worth=WORTH_HAVING, units=units)


def _case(run: StrategyRun, setting: RunSetting, options: RefuteOptions, rows: Ints) -> SteadyCase:
    market, inner = setting.market, rows[1:]
    returns = np.asarray(run.backtest.returns, dtype=np.float64)[-len(inner) :]
    moves = moves_of(market, inner)
    held = held_of(run, market, inner, moves)
    cash = riskless_returns(market.sessions, setting.costs)[inner]
    excess = returns - cash
    drag = float(moves.earned(held).mean() - excess.mean())
    return SteadyCase(run, setting, options, excess, cash, held, moves, inner, drag)


def _own(case: SteadyCase) -> float:
    return float(root_n_sharpe(case.excess[None, :])[0])


def _shifts(case: SteadyCase) -> Evidence | None:
    """The same decisions at other times: the weights turned round in time; None where that hardly changes them."""
    words = ASKS[DATES]
    count = len(case.excess)
    shifts = placebo_shifts(count, case.options.dates, np.random.default_rng(case.options.seed))
    columns = case.held.columns
    held, moves = case.held.of(columns), case.moves.of(columns)
    own = moves.earned(held)
    null, alike = np.empty(len(shifts)), np.empty(len(shifts))
    for k, shift in enumerate(shifts.tolist()):
        gross = moves.earned(held.turned(shift))
        null[k] = root_n_sharpe((gross - case.drag)[None, :])[0]
        alike[k] = _correlation(own, gross)
    if np.median(alike) >= STANDING:
        return None
    return series_evidence(DATES, words, SeriesScores(_own(case), null, count))


def _correlation(one: Floats, other: Floats) -> float:
    """0 where either does not move."""
    spread = float(one.std() * other.std())
    return float(((one - one.mean()) * (other - other.mean())).mean()) / spread if spread > ROUNDING**2 else 0.0


def _baskets(case: SteadyCase) -> Evidence:
    """The same decisions on other tickers: each ticker's weights given to one that is like it."""
    words = ASKS[BASKETS]
    market = case.setting.market
    columns = case.held.columns
    own = [market.tickers[i] for i in columns]
    middle = int(case.rows[len(case.rows) // 2])
    known = comparable(market, own, middle)
    among, options = candidates(market, ()), case.options
    found = matched_baskets(market, known, among, middle, wanted=options.baskets, seed=options.seed) if known else []
    if len(found) < LEAST_BASKETS:
        reason = f"only {len(found)} random baskets can be made of the universe; {LEAST_BASKETS} are needed"
        return Evidence(BASKETS, words, reason=reason, units=len(case.excess))
    source = np.array([market.column(t) for t in known], dtype=np.int64)
    rest = np.setdiff1d(columns, source)
    held = case.held.of(np.concatenate([source, rest]))
    null = np.empty(len(found))
    for k, basket in enumerate(found):
        others = np.array([market.column(basket[t]) for t in known], dtype=np.int64)
        gross = case.moves.of(np.concatenate([others, rest])).earned(held)
        null[k] = root_n_sharpe((gross - case.drag)[None, :])[0]
    return series_evidence(BASKETS, words, SeriesScores(_own(case), null, len(case.excess)))


def _twin(case: SteadyCase) -> Evidence:
    """What is left beside the factors at the betas of the whole run."""
    words = ASKS[TWIN]
    proxies = list(proxies_of(case.setting.market, slice(int(case.rows[0]), int(case.rows[-1]) + 1)))
    if not proxies:
        return Evidence(TWIN, words, reason="no factor proxy has prices over these sessions", units=len(case.excess))
    # A factor that is held is paid for: what it earns is in excess of cash, as the strategy's own returns are.
    factors = case.moves.whole[:, proxies] - case.cash[:, None]
    design = np.column_stack([np.ones(len(factors)), factors])
    betas = np.linalg.lstsq(design, case.excess, rcond=None)[0][1:]
    return _against_resamples(case, TWIN, words, case.excess - factors @ betas, "factors")


def _benchmark(case: SteadyCase, columns: Ints) -> Evidence:
    words = ASKS[BENCHMARK]
    beside = case.excess
    if len(columns):
        closes = case.setting.market.close_returns(case.setting.market.tickers)[case.rows]
        beside = case.excess - case.net * (mean_move(closes, columns) - case.cash)
    return _against_resamples(case, BENCHMARK, words, beside, "benchmark and cash")


def _against_resamples(case: SteadyCase, name: str, words: str, series: Floats, beside: str) -> Evidence:
    if not series.std() > STILL_FRAC * max(float(case.excess.std()), ROUNDING):
        reason = "its returns do not move" if not case.excess.std() > ROUNDING else f"its {beside} explain all of it"
        return Evidence(name, words, reason=reason, planted=PLANTED, worth=WORTH_HAVING, units=len(series))
    null = resampled_null(series, case.options.draws, case.options.seed)
    return series_evidence(name, words, SeriesScores(float(root_n_sharpe(series[None, :])[0]), null, len(series)))


def _vetoes(case: SteadyCase) -> list[Veto]:
    run, setting = case.run, case.setting
    schedule, found = run.plan.schedule, []
    costly = replace(setting, costs=dearer(setting.costs, 2.0))
    found.append(_veto("costs and borrow doubled", case, lambda: run_strategy(run.strategy, costly), vetoes=True))
    without = float(np.sort(case.excess)[:-1].sum())
    found.append(Veto("best day dropped", without, without > 0.0, vetoes=False))
    found.append(_veto("every order one session later", case, lambda: _alone(case, _later(schedule, setting))))
    weights = np.nan_to_num(schedule.weights)
    if (weights > 0.0).any() and (weights < 0.0).any():
        for name, clip in (("long side alone", (0.0, None)), ("short side alone", (None, 0.0))):
            side = replace(schedule, weights=np.where(np.isnan(schedule.weights), np.nan, np.clip(weights, *clip)))
            found.append(_veto(name, case, lambda side=side: _alone(case, side)))  # type: ignore[misc]
    return found


def _alone(case: SteadyCase, schedule: Schedule) -> StrategyRun:
    given = GivenSchedule(name=case.run.name, schedule=schedule, rules=case.run.strategy.rules)
    return run_strategy(given, case.setting.funded(case.run.strategy.capital))


def _later(schedule: Schedule, setting: RunSetting) -> Schedule:
    """Every row one session later; those that would come after the last session are dropped."""
    sessions = setting.market.sessions
    at = np.searchsorted(sessions, schedule.session) + 1
    kept = at < len(sessions)
    return replace(
        schedule,
        decided_at=schedule.decided_at[kept],
        session=sessions[at[kept]],
        mark=schedule.mark[kept],
        weights=schedule.weights[kept],
    )


def _veto(name: str, case: SteadyCase, make: Callable[[], StrategyRun], *, vetoes: bool = False) -> Veto:
    """The sum of returns over cash under other terms, NaN where it cannot be run."""
    try:
        run = make()
    except InputError:
        return Veto(name, float("nan"), False, vetoes=False)
    rows = np.searchsorted(case.setting.market.sessions, run.backtest.market.sessions)
    returns = np.asarray(run.backtest.returns, dtype=np.float64)[-len(rows) :][1:]
    total = float((returns - riskless_returns(case.setting.market.sessions, case.setting.costs)[rows[1:]]).sum())
    return Veto(name, total, total > 0.0, vetoes=vetoes)
