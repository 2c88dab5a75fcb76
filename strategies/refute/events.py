"""Trying to refute a trade on the events that it was made for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from hedgebook.engine.arrays import Flags, Floats, Ints
from hedgebook.engine.backtest.riskless import riskless_returns
from hedgebook.engine.frictions.dearer import dearer
from hedgebook.engine.refute.placebos import PlaceboDates
from hedgebook.engine.refute.scaled import Scores, independent, pair_sum
from hedgebook.engine.refute.verdict import Evidence, Veto, evidence_of
from hedgebook.engine.sweep.null import NEUTRAL_FRAC, stand_in
from hedgebook.errors import EventError, InputError, ParameterError
from hedgebook.universes.counted import counted
from hedgebook.universes.event import Event
from hedgebook.universes.market import Market

from ..run.run import StrategyRun, run_trade
from ..strategy.setting import RunSetting
from ..trade.plan import place_event, trade_tickers
from ..trade.trade import EventTrade
from .ask import RefuteOptions
from .baskets import LEAST_BASKETS, candidates, matched_baskets, swapped
from .dates import earlier_events, placebo_events
from .result import BASKETS, BENCHMARK, DATES, TWIN, Refutation, net_exposure_words
from .scores import BEYOND_BENCHMARK, BEYOND_FACTORS, RAW, Scored, Yardsticks, proxies_of, score
from .trials import Ask, Trials, run_trials


@dataclass(frozen=True, eq=False)
class EventCase:
    """What a trade on events is tested with: own, earlier and placebo trials, each scored against yardsticks."""

    trade: EventTrade
    setting: RunSetting
    options: RefuteOptions
    own: tuple[Event, ...]
    past: tuple[Event, ...]
    real: Trials
    scored: Scored
    placebos: Trials
    placebo_scored: Scored
    against: Yardsticks

    @property
    def market(self) -> Market:
        """The prices."""
        return self.setting.market

    @cached_property
    def own_rows(self) -> Ints:
        """The trials on events of its own, as rows of `real`."""
        return np.flatnonzero(self.real.asked < len(self.own))

    @cached_property
    def past_rows(self) -> Ints:
        """Those on earlier events."""
        return np.flatnonzero(self.real.asked >= len(self.own))

    @property
    def ran(self) -> list[Event]:
        """The events of its own that it was run on."""
        return [self.own[k] for k in self.real.asked[self.own_rows]]

    @cached_property
    def runs(self) -> list[StrategyRun]:
        """Its single runs on them."""
        return [run_trade(self.trade.replaced(event=event.id), event, self.setting) for event in self.ran]


def refute_events(
    trade: EventTrade, events: Sequence[Event], setting: RunSetting, options: RefuteOptions
) -> Refutation:
    """Every test of a trade on some events. Raises EventError where it can be run on none of them."""
    if trade.hindsight:
        raise ParameterError("a trade that nobody could make cannot be refuted", where="hindsight", remedy="Drop it.")
    case = _case(trade, events, setting, options)
    own = case.own_rows
    if not len(own):
        raise _never_ran(case)
    ruined = [day for run in case.runs if (day := run.backtest.ruined_on) is not None]
    return Refutation(
        name=trade.name,
        subject=f"{len(own)} of {len(events)} events",
        unit="event",
        tests=(*_date_tests(case), _basket_test(case)),
        vetoes=tuple(_vetoes(case)),
        net=float(case.real.weights[own].sum(axis=1).mean()),
        against=net_exposure_words(case.against.stands_for),
        returns=tuple(float(r) for r in case.real.returns[own]),
        events=tuple(event.id for event in case.ran),
        past=tuple(case.past[k - len(case.own)].id for k in case.real.asked[case.past_rows]),
        placebo_returns=case.placebos.returns,
        notes=(),
        simulated=setting.market.provenance.simulated,
        source=setting.market.provenance.source,
        ruined_on=min(ruined, default=None),
    )


def _never_ran(case: EventCase) -> InputError:
    """Why a trade could be run on none of its events: what its single run on the first one says."""
    first, *more = case.own
    try:
        run_trade(case.trade.replaced(event=first.id), first, case.setting)
    except InputError as problem:
        if not more:
            return problem
        said = f"the trade was run on none of its {len(case.own)} events; on {first.id}: {problem}"
        return EventError(said.removesuffix("."), where="refute")
    named = ", ".join(event.id for event in case.own)
    return EventError("the trade was run on none of the events, as nothing was filled", where="refute", value=named)


def _case(trade: EventTrade, events: Sequence[Event], setting: RunSetting, options: RefuteOptions) -> EventCase:
    library = setting.library.events
    past = earlier_events(library, events)
    real = run_trials(trade, setting, [Ask(event, trade.long, trade.short) for event in (*events, *past)])
    made_up = placebo_events(trade, setting.market, (*events, *past), library, options.dates, options.seed)
    placebos = run_trials(trade, setting, [Ask(event, trade.long, trade.short) for event in made_up])
    own = real.asked < len(events)
    net = float(real.weights[own].sum(axis=1).mean()) if own.any() else 0.0
    first = int(min([*real.known, *placebos.known], default=0))
    last = int(max([*real.exit, *placebos.exit], default=len(setting.market.sessions) - 1))
    over = slice(first, last + 1)
    words, columns = "", np.zeros(0, dtype=np.int64)
    if abs(net) > NEUTRAL_FRAC:
        words, columns = stand_in(setting.market, over)
    against = Yardsticks(
        words,
        tuple(int(column) for column in columns),
        proxies_of(setting.market, over),
        riskless_returns(setting.market.sessions, setting.costs),
    )
    return EventCase(
        trade, setting, options, tuple(events), past, real, score(setting.market, real, against), placebos,
        score(setting.market, placebos, against), against,
    )  # fmt: skip


def _date_tests(case: EventCase) -> list[Evidence]:
    """Placebo dates, benchmark and factor twin: one set of draws, three kinds of scores."""
    asks = {
        DATES: (RAW, "Did it earn more than on sessions without an event?", False),
        BENCHMARK: (BEYOND_BENCHMARK, "Did it earn more than its benchmark?", True),
        TWIN: (BEYOND_FACTORS, "Did it earn more than its factor exposures alone?", True),
    }
    scored, placebo = case.scored, case.placebo_scored
    own, past = case.own_rows, case.past_rows
    out = []
    for name, (kind, words, centred) in asks.items():
        usable = np.flatnonzero(np.isfinite(placebo.scores[:, kind]))
        known_own = own[np.isfinite(scored.scores[own, kind])]
        known_past = past[np.isfinite(scored.scores[past, kind])]
        reason = _cannot(name, len(usable), len(known_own), len(own), len(known_past), case.against)
        if reason:
            out.append(Evidence(name, words, reason=reason, worth=case.options.worth))
            continue
        values = placebo.scores[usable, kind]
        if centred:
            values = values - values.mean()
        dates = PlaceboDates(placebo.volatility[usable], values)
        scores = _scores(case, dates, known_own, known_past, scored.scores[:, kind])
        out.append(evidence_of(name, words, scores, case.options.worth))
    return out


def _cannot(name: str, placebos: int, own: int, asked: int, past: int, against: Yardsticks) -> str:
    """Why a test on dates cannot be made, empty where it can."""
    if name == TWIN and not against.factors:
        return "no factor proxy has prices over these sessions"
    if own < asked or not own:
        return f"{counted(asked - own, 'event has', 'events have')} too little history before them"
    if placebos < 20:
        few = counted(placebos, "session without an event has", "sessions without an event have")
        return f"only {few} enough history and a whole holding period"
    if own + past < 3:
        return _few_past(past)
    return ""


def _few_past(past: int) -> str:
    return f"{counted(past, 'earlier event')} of its tags cannot tell how volatile such events are; 2 are needed"


def _scores(case: EventCase, dates: PlaceboDates, own: Ints, past: Ints, values: Floats) -> Scores:
    """Scores of the events, and of as many placebo dates as they are independent events."""
    rng, draws = np.random.default_rng(case.options.seed), case.options.draws
    pairs = [_pairs(case, rows) for rows in (own, past)]
    drawn = [
        dates.draw(case.scored.volatility[rows], independent(len(rows), together), draws, rng)
        for rows, together in zip((own, past), pairs, strict=True)
    ]
    return Scores(values[own], values[past], drawn[0], drawn[1], pairs[0])


def _pairs(case: EventCase, rows: Ints) -> float:
    return pair_sum(case.real.entry[rows], case.real.exit[rows])


def _basket_test(case: EventCase) -> Evidence:
    """The trade's legs against random ones on the same events."""
    words = "Did its legs earn more than random ones like them?"
    own = case.own_rows
    rows = np.concatenate([own, case.past_rows])
    known = rows[np.isfinite(case.scored.scores[rows, RAW])]
    events = [*case.own, *case.past]
    asked = [events[k] for k in case.real.asked[known]]
    legs = [_legs(case, event) for event in asked]
    names = tuple(dict.fromkeys(ticker for pair in legs for leg in pair for ticker in leg))
    latest = int(case.real.known[own].max()) if len(own) else 0
    among, options = candidates(case.market, names), case.options
    found = matched_baskets(case.market, names, among, latest, wanted=options.baskets, seed=options.seed)
    if len(found) < LEAST_BASKETS:
        reason = f"only {len(found)} random baskets can be made of the universe; {LEAST_BASKETS} are needed"
        return Evidence(BASKETS, words, reason=reason, worth=case.options.worth)
    asks = [Ask(event, *swapped(pair, basket)) for basket in found for event, pair in zip(asked, legs, strict=True)]
    trials = run_trials(case.trade, case.setting, asks)
    scored = score(case.market, trials, case.against)
    grid = np.full(len(asks), np.nan)
    grid[trials.asked] = scored.scores[:, RAW]
    table = grid.reshape(len(found), len(asked))
    is_own = np.isin(known, own)
    return _ranked(case, words, table, is_own, known)


def _ranked(case: EventCase, words: str, table: Floats, is_own: Flags, known: Ints) -> Evidence:
    """The statistic of the trade among those of (J, E) baskets, over events that enough baskets could be run on."""
    kept = np.isfinite(table).mean(axis=0) >= 0.5
    whole = np.isfinite(table[:, kept]).all(axis=1)
    reason = ""
    if not kept[is_own].all() or whole.sum() < LEAST_BASKETS:
        reason = f"only {int(whole.sum())} random baskets could be run on all events; {LEAST_BASKETS} are needed"
    own, past = is_own & kept, ~is_own & kept
    if own.sum() + past.sum() < 3:
        reason = reason or _few_past(int(past.sum()))
    if reason:
        return Evidence(BASKETS, words, reason=reason, worth=case.options.worth)
    values, together = case.scored.scores[known, RAW], _pairs(case, known[own])
    found = Scores(values[own], values[past], table[whole][:, own], table[whole][:, past], together, together)
    return evidence_of(BASKETS, words, found, case.options.worth)


def _legs(case: EventCase, event: Event) -> tuple[tuple[str, ...], tuple[str, ...]]:
    trade = case.trade
    return trade_tickers(place_event(event, case.market), case.market, trade.long, trade.short, trade.delay)


def _vetoes(case: EventCase) -> list[Veto]:
    """What a result must stand beside its tests: costs doubled, the best event dropped; and what is only told."""
    events, returns = case.ran, case.real.returns[case.own_rows]
    costly = replace(case.setting, costs=dearer(case.setting.costs, 2.0))
    out = [_veto("costs and borrow doubled", case, events, costly)]
    if len(returns) >= 5:
        without = float(np.delete(returns, int(np.argmax(returns))).mean())
        out.append(Veto("best event dropped", without, without > 0.0))
    best = [float(np.sort(run.returns.to_numpy())[:-1].sum()) for run in case.runs]
    out.append(Veto("best day dropped", float(np.mean(best)), float(np.mean(best)) > 0.0, vetoes=False))
    later = case.trade.replaced(delay=case.trade.delay + 1)
    out.append(_veto("entry one session later", case, events, case.setting, later, vetoes=False))
    if case.trade.long and case.trade.short:
        for name, one in (("long leg alone", {"short": ()}), ("short leg alone", {"long": ()})):
            alone = case.trade.replaced(**one, hedge="dollar", neutral_to=(), short_cap_frac=None)
            out.append(_veto(name, case, events, case.setting, alone, vetoes=False))
    return out


def _veto(
    name: str, case: EventCase, events: Sequence[Event], setting: RunSetting, trade: EventTrade | None = None,
    *, vetoes: bool = True,
) -> Veto:  # fmt: skip
    """The mean return of a trade on the events under other terms, NaN where it cannot be run."""
    used = trade or case.trade
    try:
        trials = run_trials(used, setting, [Ask(event, used.long, used.short) for event in events])
    except InputError:
        return Veto(name, float("nan"), False, vetoes=False)
    mean = float(trials.returns.mean()) if len(trials) else float("nan")
    return Veto(name, mean, mean > 0.0, vetoes=vetoes and bool(np.isfinite(mean)))
