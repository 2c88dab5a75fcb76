"""Verdicts on made-up markets whose truth is known, and their parts against single runs."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.engine.account import Account
from hedgebook.engine.frictions.commission import Commission
from hedgebook.engine.frictions.costs import Costs, load_costs
from hedgebook.engine.frictions.dearer import dearer
from hedgebook.engine.frictions.financing import CashInterest
from hedgebook.engine.refute.series import placebo_shifts
from hedgebook.engine.refute.verdict import Verdict, decide
from hedgebook.errors import EventError, InputError, ParameterError
from hedgebook.reports.refute.page import REFUTE_REPORT
from hedgebook.reports.refute.summary import summarise_refutation
from hedgebook.reports.refute.words import verdict_words
from hedgebook.strategies.catalogue.find import find_strategy
from hedgebook.strategies.refute.ask import RefuteOptions
from hedgebook.strategies.refute.baskets import candidates, comparable, matched_baskets, swapped
from hedgebook.strategies.refute.dates import earlier_events, first_row, placebo_events
from hedgebook.strategies.refute.events import refute_events
from hedgebook.strategies.refute.held import held_of, moves_of
from hedgebook.strategies.refute.refute import refute_strategy
from hedgebook.strategies.refute.result import BASKETS, BENCHMARK, DATES, LOOK_AHEAD, TWIN
from hedgebook.strategies.refute.trials import Ask, run_trials
from hedgebook.strategies.run.run import run_strategy, run_trade
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.universes.event import Event, EventLibrary, Timing
from hedgebook.universes.market import Market

from ...markets import market_of, numbered_universe

SESSIONS, TICKERS, HOLD = 420, 24, 4
NAMES = (*(f"T{i}" for i in range(TICKERS - 2)), "SPY", "SMH")
EVENT_ROWS = (80, 120, 150, 190, 230, 260, 300, 330, 360, 390)
FEW = RefuteOptions(dates=100, baskets=99, draws=199)
TRADE = hb.EventTrade(name="made-up", event="event-9", long=("T0",), short=("T1", "T3"), hold=HOLD)


def market_with(edge: float, seed: int = 5, ratio: float = 2.0) -> Market:
    """Random walks with a common factor; on the sessions of events the trade's tickers move `ratio` times as much, and
    T0 earns `edge` on top in the first session. T5 lists late, T7 has no volume, T9 has gaps."""
    draw = np.random.default_rng(seed)
    market, own = draw.normal(0.0, 0.008, (SESSIONS, 1)), draw.normal(0.0, 0.012, (SESSIONS, TICKERS))
    moves = market * draw.uniform(0.6, 1.4, TICKERS) + own
    for row in EVENT_ROWS:
        moves[row : row + HOLD, [0, 1, 3]] *= ratio
        moves[row, 0] += edge
    close = 100.0 * np.exp(np.cumsum(moves, axis=0))
    opens = np.vstack([np.full((1, TICKERS), 100.0), close[:-1]])
    volume = draw.lognormal(13.0, 0.3, close.shape)
    volume[:, 7] = np.nan
    for table in (opens, close):
        table[:60, 5] = np.nan
        table[200:203, 9] = np.nan
    tables = {"open": opens, "close": close, "volume": volume}
    return market_of(tables, NAMES, first="2025-01-06", universe=numbered_universe(NAMES))


def library(market: Market, rows: tuple[int, ...] = EVENT_ROWS) -> EventLibrary:
    """News before the open of some sessions."""
    return EventLibrary(
        events=tuple(
            Event(
                id=f"event-{k}", announced_on=market.sessions[row].item(), timing=Timing.PRE_OPEN, headline="made up",
                tags=("made-up",), sources=("made up",),
            )
            for k, row in enumerate(rows)
        )
    )  # fmt: skip


def setting(edge: float, costs: Costs | None = None, seed: int = 5) -> RunSetting:
    market = market_with(edge, seed)
    return RunSetting(market, costs or Costs(), Account(), events=library(market))


def test_an_edge_on_every_event_survives() -> None:
    given = setting(0.12)
    found = refute_events(TRADE, given.library.events[3:], given, FEW)
    assert found.verdict is Verdict.SURVIVES, found.table
    assert found.past == ("event-0", "event-1", "event-2")
    assert len(found.events) == 7


def test_no_edge_does_not_survive() -> None:
    survived, fewer = 0, replace(FEW, baskets=39)
    for seed in range(12):
        given = setting(0.0, seed=100 + seed)
        survived += refute_events(TRADE, given.library.events[3:], given, fewer).verdict is Verdict.SURVIVES
    # At 5 % each, more than 3 of 12 has a chance of 0.2 %.
    assert survived <= 3


def test_a_large_loss_is_refuted() -> None:
    given = setting(-0.10)
    assert refute_events(TRADE, given.library.events[3:], given, FEW).verdict is Verdict.REFUTED


def test_one_event_without_earlier_ones_is_blind() -> None:
    market = market_with(0.1)
    alone = RunSetting(market, Costs(), Account(), events=library(market, (200,)))
    trade = TRADE.replaced(event="event-0")
    found = refute_events(trade, alone.library.events, alone, FEW)
    assert found.verdict is Verdict.BLIND
    reasons = dict(zip(found.table.index, found.table["reason"], strict=True))
    assert "0 earlier events of its tags" in reasons[DATES]
    assert "0 earlier events of its tags" in reasons[BASKETS]


def test_costs_doubled_veto_what_the_tests_let_pass() -> None:
    cheap = setting(0.12)
    dear = replace(cheap, costs=Costs(commission=Commission(rate_bps=260.0)))
    found = refute_events(TRADE, cheap.library.events[3:], dear, FEW)
    veto = {one.name: one for one in found.vetoes}["costs and borrow doubled"]
    assert not veto.holds
    passed = [replace(test, p_value=0.01, control=1.0) for test in found.tests]
    assert decide(passed, found.vetoes) is Verdict.REFUTED


def test_every_trial_is_its_single_run() -> None:
    given = replace(setting(0.02), costs=load_costs("default"))
    events = given.library.events
    asks = [
        Ask(event, long, short) for event in events[:3] for long, short in ((("T0",), ("T1", "T3")), (("T2",), ("T4",)))
    ]
    trials = run_trials(TRADE, given, asks)
    assert trials.asked.tolist() == list(range(len(asks)))
    for k, ask in enumerate(asks):
        run = run_trade(TRADE.replaced(event=ask.event.id, long=ask.long, short=ask.short), ask.event, given)
        assert trials.returns[k] == pytest.approx(run.backtest.final_nav / run.backtest.capital - 1.0, abs=1e-12)
        weights = run.plan.weights()
        held = {given.market.tickers[i]: trials.weights[k, i] for i in np.flatnonzero(trials.weights[k])}
        assert held == pytest.approx(weights)
        assert given.market.sessions[trials.known[k]] == run.plan.known_at


def test_a_trial_that_cannot_be_set_up_is_left_out() -> None:
    given = setting(0.0)
    early = library(given.market, (30, 200)).events
    # T5 lists on session 60.
    trials = run_trials(TRADE, given, [Ask(event, ("T5",), ("T1",)) for event in early])
    assert trials.asked.tolist() == [1]


def test_placebo_periods_meet_no_tested_event_and_begin_at_none() -> None:
    given = setting(0.0)
    tested, other = given.library.events[3:], given.library.events[:3]
    found = placebo_events(TRADE, given.market, tested, given.library.events, 10_000, 0)
    rows = [first_row(event, given.market) for event in found]
    taken = {row + step for row in EVENT_ROWS[3:] for step in range(HOLD + 1)}
    assert rows
    for row in rows:
        assert row is not None
        assert not taken & set(range(row, row + HOLD + 1))
    assert not set(EVENT_ROWS) & set(rows)
    # A period may begin before an event that is not tested.
    assert first_row(other[0], given.market) == EVENT_ROWS[0]
    assert EVENT_ROWS[0] - 1 in rows
    assert len(placebo_events(TRADE, given.market, tested, given.library.events, 50, 0)) == 50


def test_earlier_events_share_a_tag_and_come_before() -> None:
    market = market_with(0.0)
    events = list(library(market).events)
    events[1] = events[1].model_copy(update={"tags": ("other",)})
    found = earlier_events(events, events[4:6])
    assert [event.id for event in found] == ["event-0", "event-2", "event-3"]


def test_baskets_are_distinct_and_like_what_they_stand_for() -> None:
    market = market_with(0.0)
    own = ("T0", "T1", "T3")
    among = candidates(market, own)
    found = matched_baskets(market, own, among, 250, wanted=60, seed=3)
    assert len(found) == 60
    assert len({tuple(basket.values()) for basket in found}) == 60
    for basket in found:
        assert len(set(basket.values())) == 3
        assert not set(basket.values()) & set(own)
        # Without volume it cannot be told how large T7 is.
        assert "T7" not in basket.values()
    assert swapped((("T0",), ("T1", "T3")), found[0])[1] == (found[0]["T1"], found[0]["T3"])
    assert "T5" not in comparable(market, market.tickers, 50)


def test_dearer_costs_are_a_multiple_of_every_cost() -> None:
    given = replace(setting(0.02), costs=load_costs("default"))
    event = given.library.events[4]
    once = run_trade(TRADE, event, given).backtest
    twice = run_trade(TRADE, event, replace(given, costs=dearer(given.costs, 2.0))).backtest
    for cause in ("commission", "spread", "slippage", "borrow", "impact"):
        if cause in once.pnl("cause").index:
            one, two = (float(back.pnl("cause").loc[cause].iloc[0]) for back in (once, twice))
            assert two == pytest.approx(2.0 * one, rel=0.02, abs=1e-6), cause


def test_hindsight_and_events_outside_the_prices_are_refused() -> None:
    given = setting(0.0)
    with pytest.raises(ParameterError, match="nobody could make"):
        refute_events(TRADE.replaced(hindsight=True), given.library.events[:1], given, FEW)
    late = [given.library.events[0].model_copy(update={"announced_on": given.market.sessions[-2].item()})]
    with pytest.raises(InputError, match="sessions before the exit"):
        refute_events(TRADE, late, given, FEW)
    with pytest.raises(EventError, match="on none of its 2 events; on event-0"):
        refute_events(TRADE, [late[0], late[0].model_copy(update={"id": "event-x"})], given, FEW)


def test_same_seed_same_figures() -> None:
    given = setting(0.01)
    first, second = (refute_events(TRADE, given.library.events[3:], given, FEW).table for _ in range(2))
    assert first.equals(second)


@pytest.fixture(scope="module")
def trending() -> Market:
    """T0 drifts up for good, everything else has no drift."""
    draw = np.random.default_rng(9)
    moves = draw.normal(0.0, 0.01, (SESSIONS, TICKERS))
    moves[:, 0] += 0.004
    close = 100.0 * np.exp(np.cumsum(moves, axis=0))
    tables = {"open": close * 0.999, "close": close, "volume": np.full(close.shape, 1e6)}
    return market_of(tables, NAMES, first="2025-01-06", universe=numbered_universe(NAMES))


MANY = RefuteOptions(dates=150, baskets=60, draws=199)


def test_holding_the_one_that_drifts_has_no_timing_to_test_and_survives_the_others(trending: Market) -> None:
    given = RunSetting(trending, Costs(), Account())
    strategy = hb.RebalancedBasket(name="held", long=("T0",), short=("T2",))
    found = refute_strategy(strategy, given, MANY)
    # Constant weights are the same at any other time.
    assert list(found.table.index) == [BASKETS, TWIN, BENCHMARK]
    assert "placebo dates are left out" in found.notes[0]
    assert found.verdict is Verdict.SURVIVES
    assert (found.vetoes[-1].name, found.vetoes[-1].holds) == (LOOK_AHEAD, True)
    other = refute_strategy(hb.RebalancedBasket(name="held", long=("T5",), short=("T2",)), given, MANY)
    assert other.verdict is not Verdict.SURVIVES
    assert LOOK_AHEAD not in {veto.name for veto in other.vetoes}


def risen(market: Market, ahead: int, span: int = 6) -> pd.DataFrame:
    """Long the four that rise most over `span` sessions, the last of them `ahead` ones later on, and short the others,
    every fifth close."""
    close = market.frame("close").drop(columns=["SPY", "SMH"])
    gain = (close.shift(-ahead) / close.shift(span - ahead) - 1.0).iloc[60:-10:5]
    best = gain.rank(axis=1) > len(close.columns) - 4
    return best * 0.125 - ~best * 0.5 / (len(close.columns) - 4)


def knows_next_week(market: Market) -> pd.DataFrame:
    return risen(market, 7)


def test_what_knows_next_week_is_refuted_and_a_table_of_it_says_that_nothing_can_see_that() -> None:
    given = setting(0.0)
    code = find_strategy(knows_next_week)
    found = refute_strategy(code, given, MANY)
    assert all(test.rejects for test in found.tests)
    assert found.verdict is Verdict.REFUTED
    assert "passes the tests, but knows what it could not know. It looks ahead: the order for" in verdict_words(found)
    json.dumps(summarise_refutation(found), allow_nan=False)
    table = refute_strategy(hb.weights(knows_next_week(given.market), name="table"), given, MANY)
    assert table.verdict is Verdict.SURVIVES
    assert "cannot be looked at for look-ahead" in table.notes[-1]


def test_placebos_of_decisions_on_past_returns_know_nothing_of_later_ones() -> None:
    """Decisions on 60 sessions of returns, none with an edge: turned round by nearly the whole history they would then
    be given the very returns that they were made on."""
    given = setting(0.0)
    found = refute_strategy(hb.weights(risen(given.market, 0, 60), name="past"), given, MANY)
    null = found.tests[0].null
    assert found.tests[0].name == DATES
    assert np.abs(null).max() < 5.0
    assert np.std(null) < 1.6
    assert found.tests[0].control == 1.0
    shifts = placebo_shifts(201, 10_000, np.random.default_rng(0))
    assert (shifts[0], shifts[-1], len(np.unique(shifts))) == (21, 100, 80)
    assert len(np.unique(placebo_shifts(1_000, 99, np.random.default_rng(0)))) == 99


def test_what_cannot_move_says_so_in_plain_words() -> None:
    given = setting(0.0)
    index = refute_strategy(hb.BuyAndHold(name="index", weights={"SPY": 1.0}), given, FEW)
    reasons = dict(zip(index.table.index, index.table["reason"], strict=True))
    assert reasons[TWIN] == "its factors explain all of it"
    assert index.verdict is Verdict.BLIND
    still = replace(given.market, **{name: np.full_like(given.market.close, 50.0) for name in ("open", "close")})
    flat = refute_strategy(hb.BuyAndHold(name="flat", weights={"T0": 1.0}), replace(given, market=still), FEW)
    assert flat.verdict is Verdict.BLIND
    assert "returns do not move" in verdict_words(flat)
    days = pd.DatetimeIndex(given.market.sessions[[30]].astype("datetime64[ns]"))
    nothing = hb.weights(pd.DataFrame({"T0": [0.0]}, index=days), name="nothing")
    idle = refute_strategy(nothing, given, FEW)
    assert (idle.verdict, len(idle.tests)) == (Verdict.BLIND, 4)
    assert verdict_words(idle).endswith("benchmark: it never traded.")


def test_few_sessions_cannot_answer_and_say_what_to_do(trending: Market) -> None:
    given = RunSetting(trending, Costs(), Account())
    found = refute_strategy(hb.weights(weights_from(trending, 380), name="late"), given, FEW)
    assert found.verdict is Verdict.BLIND
    assert "38 sessions; 120 are needed" in verdict_words(found)
    assert "tried on its events" in found.notes[0]


def test_what_was_ruined_is_refuted_whatever_the_tests_say(trending: Market) -> None:
    given = RunSetting(trending, Costs(), Account())
    found = refute_strategy(hb.BuyAndHold(name="ruin", weights={"T0": -1.5}), given, FEW)
    assert found.ruined_on is not None
    assert found.verdict is Verdict.REFUTED
    assert f"ruined on {found.ruined_on}" in verdict_words(found)
    assert summarise_refutation(found)["ruined_on"] == str(found.ruined_on)
    assert REFUTE_REPORT.document(found).sections
    on_events = setting(-0.12)
    lost = refute_strategy(TRADE.replaced(gross=19.0), on_events, FEW, on_events.library.events[3:])
    run = run_trade(TRADE.replaced(event="event-3", gross=19.0), on_events.library.events[3], on_events)
    assert lost.ruined_on == run.backtest.ruined_on
    assert lost.verdict is Verdict.REFUTED


@pytest.mark.parametrize("fill", ["next open", "next close"])
def test_holdings_earn_what_the_run_earned_where_nothing_costs(fill: str) -> None:
    """A free run's returns are those of its holdings, from close to open and from there to the close, to the digit."""
    market, draw = market_with(0.0), np.random.default_rng(4)
    opens = market.close / np.exp(draw.normal(0.0, 0.02, market.close.shape))
    market = replace(market, open=opens)
    table = pd.DataFrame(
        draw.normal(0.0, 0.3, (SESSIONS - 100, 3)), columns=["T0", "T2", "SPY"],
        index=pd.DatetimeIndex(market.sessions[80:-20].astype("datetime64[ns]")),
    )  # fmt: skip
    run = run_strategy(hb.weights(table, name="daily", fill=fill), RunSetting(market, Costs(), Account()))
    rows = np.searchsorted(market.sessions, run.backtest.market.sessions)[1:]
    moves = moves_of(market, rows)
    earned = moves.earned(held_of(run, market, rows, moves))
    np.testing.assert_allclose(earned, run.returns.to_numpy()[-len(rows) :], rtol=0, atol=1e-12)


def test_timing_of_one_session_is_seen_by_placebo_dates() -> None:
    """Long for the day that rises, decided the evening before: what it earns between open and close is its own, and no
    placebo has it."""
    market = market_with(0.0)
    rise = np.random.default_rng(8).normal(0.0, 0.01, SESSIONS)
    opens, close = market.open.copy(), market.close.copy()
    close[:, 2] = 100.0 * np.exp(np.cumsum(rise))
    opens[1:, 2], opens[0, 2] = close[:-1, 2], 100.0
    days = pd.DatetimeIndex(market.sessions[1:-1].astype("datetime64[ns]"))
    knows = pd.DataFrame({"T2": np.where(rise[2:] > 0.0, 0.5, -0.5)}, index=days)
    given = RunSetting(replace(market, open=opens, close=close), Costs(), Account())
    found = refute_strategy(hb.weights(knows, name="knows"), given, MANY)
    assert found.tests[0].name == DATES
    assert found.tests[0].p_value < 0.02
    assert np.abs(np.mean(found.tests[0].null)) < 2.0 < found.tests[0].statistic


def test_an_index_that_is_held_is_as_good_as_its_own_factor_whatever_cash_earns() -> None:
    given = replace(setting(0.0), costs=Costs(cash=CashInterest(rate_annual=0.05)))
    found = refute_strategy(hb.RebalancedBasket(name="index", long=("SPY",), gross=0.5), given, FEW)
    twin = next(test for test in found.tests if test.name == TWIN)
    # A ratio of dozens is what interest alone made of it, which hardly moves.
    assert twin.reason or abs(twin.edge) < 3.0, twin
    assert found.against == f"{given.market.universe.benchmark} at the same net weight"


def test_without_a_benchmark_that_prints_the_mean_ticker_stands_in() -> None:
    given = setting(0.0)
    closes = given.market.close.copy()
    closes[:, NAMES.index(given.market.universe.benchmark)] = np.nan
    blind = replace(given, market=replace(given.market, close=closes))
    steady = refute_strategy(hb.RebalancedBasket(name="long", long=("T2",)), blind, FEW)
    assert steady.against == "the mean ticker of the universe at the same net weight"
    trade = TRADE.replaced(long=("T2",), short=())
    events = refute_events(trade, given.library.events[3:], blind, FEW)
    assert events.against == steady.against
    both = refute_events(trade.replaced(short=("T4",)), given.library.events[3:], blind, FEW)
    assert both.against.startswith("cash")


def weights_from(market: Market, row: int) -> pd.DataFrame:
    return pd.DataFrame({"T0": [1.0]}, index=pd.DatetimeIndex([market.sessions[row].astype("datetime64[ns]")]))


def test_the_twin_needs_a_proxy_that_prints() -> None:
    given = setting(0.0)
    unlike = replace(
        given, market=replace(given.market, tickers=(*NAMES[:-2], "X", "Y"), universe=numbered_universe(NAMES))
    )
    twin = refute_events(TRADE, given.library.events[3:], unlike, FEW).table.loc[TWIN]
    assert twin["reason"] == "no factor proxy has prices over these sessions"
    assert math.isnan(twin["p_value"])
