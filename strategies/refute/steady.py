"""Trying to refute a strategy that is always on: shifted decisions, other tickers, its factors, its benchmark."""

from __future__ import annotations

from collections.abc import Callable
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
from hedgebook.engine.sweep.null import NEUTRAL_FRAC
from hedgebook.errors import InputError, ParameterError

from ..run.run import StrategyRun, run_strategy
from ..strategy.given import GivenSchedule
from ..strategy.setting import RunSetting
from ..strategy.strategy import Strategy
from .ask import RefuteOptions
from .baskets import LEAST_BASKETS, candidates, comparable, matched_baskets
from .result import BASKETS, BENCHMARK, DATES, TWIN, Refutation, net_exposure_words
from .scores import proxies_of

LEAST_SESSIONS = 120
# Holdings that earn so nearly the same at other times, as the median correlation, have no timing that could be tested.
STANDING = 0.9
NO_TIMING = (
    "Its holdings hardly change over time, so that there is no timing to test: placebo dates are left out, and the "
    "other tests decide."
)
# What is left beside a benchmark or factors, as a share of the strategy's own deviation: less is rounding.
STILL_FRAC = 1e-9


@dataclass(frozen=True, eq=False)
class SteadyCase:
    """A run as arrays over its n sessions after the first: excess: (n,) net returns less what cash earns; weights:
    (n, N) held at the close before each; moves: (n, N) close-to-close returns, 0 where unknown; rows: (n,) of the
    market; drag: what the run's own returns lack of weights times moves, a session on average."""

    run: StrategyRun
    setting: RunSetting
    options: RefuteOptions
    excess: Floats
    weights: Floats
    moves: Floats
    rows: Ints
    drag: float

    @property
    def net(self) -> float:
        """Mean net weight, a fraction of NAV."""
        return float(self.weights.sum(axis=1).mean())


def refute_steady(strategy: Strategy, setting: RunSetting, options: RefuteOptions) -> Refutation:
    """Every test of a strategy over all of its sessions. Raises ParameterError for too few, or one that was ruined."""
    run = run_strategy(strategy, setting)
    case = _case(run, setting, options)
    name, market = setting.market.universe.benchmark, setting.market
    benchmark = abs(case.net) > NEUTRAL_FRAC and name in market.columns
    timing = _shifts(case)
    others = (_baskets(case), _twin(case), _benchmark(case, market.column(name) if benchmark else None))
    return Refutation(
        name=strategy.name,
        subject=f"{len(case.excess):,} sessions",
        unit="session",
        tests=others if timing is None else (timing, *others),
        vetoes=tuple(_vetoes(case)),
        net=case.net,
        against=net_exposure_words(benchmark, name),
        events=(),
        returns=tuple(float(r) for r in case.excess),
        past=(),
        placebo_returns=np.zeros(0),
        notes=() if timing is not None else (NO_TIMING,),
        simulated=setting.market.provenance.simulated,
        source=setting.market.provenance.source,
    )


def _case(run: StrategyRun, setting: RunSetting, options: RefuteOptions) -> SteadyCase:
    market, back = setting.market, run.backtest
    if back.ruined_on is not None:
        ruin = f"ruined on {back.ruined_on}"
        raise ParameterError("a ruined strategy is refuted already", where=run.name, value=ruin)
    if not back.traded:
        raise ParameterError("a strategy that never traded cannot be tried", where=run.name)
    rows = np.searchsorted(market.sessions, back.market.sessions)
    returns = np.asarray(back.returns, dtype=np.float64)[-len(rows) :][1:]
    if len(returns) < LEAST_SESSIONS:
        raise ParameterError(
            "so few sessions cannot tell a strategy from luck", where=run.name, value=len(returns),
            bound=f"at least {LEAST_SESSIONS}",
            remedy="A trade on an event is tried on its events instead: name the trade of the catalogue.",
        )  # fmt: skip
    table = run.weights
    weights = np.zeros((len(rows), len(market.tickers)))
    weights[:, [market.column(str(ticker)) for ticker in table.columns]] = table.to_numpy()[-len(rows) :]
    moves = np.nan_to_num(market.close_returns(market.tickers)[rows[1:]])
    excess = returns - riskless_returns(market.sessions, setting.costs)[rows[1:]]
    held = weights[:-1]
    drag = float((held * moves).sum(axis=1).mean() - excess.mean())
    return SteadyCase(run, setting, options, excess, held, moves, rows[1:], drag)


def _own(case: SteadyCase) -> float:
    return float(root_n_sharpe(case.excess[None, :])[0])


def _shifts(case: SteadyCase) -> Evidence | None:
    """The same decisions at other times: the weights turned round in time; None where that hardly changes them."""
    words = "Did its timing earn more than the same holdings at other times?"
    count = len(case.excess)
    shifts = placebo_shifts(count, case.options.dates, np.random.default_rng(case.options.seed))
    held = np.flatnonzero(case.weights.any(axis=0))
    weights, moves = case.weights[:, held], case.moves[:, held]
    own = (weights * moves).sum(axis=1)
    null, alike = np.empty(len(shifts)), np.empty(len(shifts))
    for k, shift in enumerate(shifts.tolist()):
        gross = (np.roll(weights, shift, axis=0) * moves).sum(axis=1)
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
    words = "Did its tickers earn more than random ones like them?"
    market = case.setting.market
    own = [market.tickers[i] for i in np.flatnonzero(case.weights.any(axis=0))]
    middle = int(case.rows[len(case.rows) // 2])
    known = comparable(market, own, middle)
    among, options = candidates(market, ()), case.options
    found = matched_baskets(market, known, among, middle, wanted=options.baskets, seed=options.seed) if known else []
    if len(found) < LEAST_BASKETS:
        reason = f"only {len(found)} random baskets can be made of the universe; {LEAST_BASKETS} are needed"
        return Evidence(BASKETS, words, reason=reason, units=len(case.excess))
    source = [market.column(t) for t in known]
    rest = np.setdiff1d(np.flatnonzero(case.weights.any(axis=0)), source)
    kept = (case.weights[:, rest] * case.moves[:, rest]).sum(axis=1)
    null = np.empty(len(found))
    for k, basket in enumerate(found):
        gross = (case.weights[:, source] * case.moves[:, [market.column(basket[t]) for t in known]]).sum(axis=1) + kept
        null[k] = root_n_sharpe((gross - case.drag)[None, :])[0]
    return series_evidence(BASKETS, words, SeriesScores(_own(case), null, len(case.excess)))


def _twin(case: SteadyCase) -> Evidence:
    """What is left beside the factors at the betas of the whole run."""
    words = "Did it earn more than its factor exposures alone?"
    proxies = list(proxies_of(case.setting.market, slice(int(case.rows[0]), int(case.rows[-1]) + 1)))
    if not proxies:
        return Evidence(TWIN, words, reason="no factor proxy has prices over these sessions", units=len(case.excess))
    factors = case.moves[:, proxies]
    design = np.column_stack([np.ones(len(factors)), factors])
    betas = np.linalg.lstsq(design, case.excess, rcond=None)[0][1:]
    return _against_resamples(case, TWIN, words, case.excess - factors @ betas, "factors")


def _benchmark(case: SteadyCase, column: int | None) -> Evidence:
    words = "Did it earn more than its benchmark?"
    beside = case.excess
    if column is not None:
        cash = riskless_returns(case.setting.market.sessions, case.setting.costs)[case.rows]
        beside = case.excess - case.net * (case.moves[:, column] - cash)
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
