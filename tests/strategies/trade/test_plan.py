"""From a trade to its schedule on small made-up markets, and everything that stands in the way of one."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.hedging.request import Method
from hedgebook.errors import EventError, ParameterError, PriceDataError, UniverseError
from hedgebook.strategies.trade.plan import TradePlan, plan_trade
from hedgebook.strategies.trade.trade import EventTrade, build_trade
from hedgebook.universes.calendar import NEW_YORK, Mark
from hedgebook.universes.event import Timing
from hedgebook.universes.market import Market
from tests import markets

MARKET = markets.dirty_market(sessions=50)  # 2026-06-01 to 2026-08-11
NEWS = markets.news(date(2026, 7, 1))


def trade(**changes: Any) -> EventTrade:
    return build_trade(
        {"name": "t", "event": NEWS.id, "long": "ACME,BOLT", "short": "CLOUD", "hold": 5, "lookback": 20} | changes
    )


def plan(
    market: Market = MARKET, timing: Timing = Timing.PRE_OPEN, day: date = date(2026, 7, 1), **changes: Any
) -> TradePlan:
    return plan_trade(trade(**changes), markets.news(day, timing), market)


@pytest.mark.parametrize(
    ("timing", "day", "known", "entry", "out"),
    [
        (Timing.PRE_OPEN, date(2026, 7, 1), "2026-06-30", "2026-07-01", "2026-07-09"),  # over the 3rd, a holiday
        (Timing.INTRADAY, date(2026, 7, 1), "2026-06-30", "2026-07-02", "2026-07-10"),
        (Timing.AFTER_CLOSE, date(2026, 7, 1), "2026-07-01", "2026-07-02", "2026-07-10"),
        (Timing.AFTER_CLOSE, date(2026, 7, 2), "2026-07-02", "2026-07-06", "2026-07-13"),
        (Timing.WEEKEND, date(2026, 7, 3), "2026-07-02", "2026-07-06", "2026-07-13"),
        (Timing.WEEKEND, date(2026, 7, 5), "2026-07-02", "2026-07-06", "2026-07-13"),
    ],
)
def test_dates(timing: Timing, day: date, known: str, entry: str, out: str) -> None:
    found = plan(timing=timing, day=day)
    assert (str(found.known_at), str(found.entry_session), str(found.exit_session)) == (known, entry, out)
    assert found.entry_mark is Mark.OPEN
    assert found.tradable
    assert found.schedule.session.astype(str).tolist() == [entry, out]
    assert found.schedule.mark.tolist() == [Mark.OPEN, Mark.CLOSE]
    ahead = plan(timing=timing, day=day, hindsight=True)
    assert (str(ahead.entry_session), ahead.entry_mark, str(ahead.exit_session)) == (known, Mark.CLOSE, out)
    assert not ahead.tradable
    assert str(ahead.first_fill.session) == entry
    ahead.schedule.check_tradable(MARKET)


def test_a_close_at_the_very_moment_of_the_news_is_not_before_it() -> None:
    moment = datetime(2026, 7, 1, 16, 0, tzinfo=NEW_YORK)
    for seconds, known in ((0, "2026-06-30"), (1, "2026-07-01")):
        event = NEWS.model_copy(
            update={"timing": Timing.AFTER_CLOSE, "announced_at": moment + timedelta(seconds=seconds)}
        )
        found = plan_trade(trade(), event, MARKET)
        assert (str(found.known_at), str(found.entry_session)) == (known, "2026-07-02")


def test_delay_and_hold_count_sessions() -> None:
    found = plan(delay=2, hold=0)
    assert (str(found.entry_session), str(found.exit_session)) == ("2026-07-06", "2026-07-06")
    assert found.schedule.mark.tolist() == [Mark.OPEN, Mark.CLOSE]
    later = plan(delay=1, hold=3)
    assert (str(later.entry_session), str(later.exit_session)) == ("2026-07-02", "2026-07-08")


def test_dollar_weights() -> None:
    found = plan(gross=1.5)
    assert found.weights() == {"ACME": 0.375, "BOLT": 0.375, "CLOUD": -0.75}
    assert [(leg.name, leg.tickers, leg.weight) for leg in found.legs] == [
        ("long", ("ACME", "BOLT"), 0.75),
        ("short", ("CLOUD",), -0.75),
    ]
    assert found.schedule.tickers == ("ACME", "BOLT", "CLOUD")
    assert found.schedule.weights.tolist() == [[0.375, 0.375, -0.75], [0.0, 0.0, 0.0]]
    assert found.hedge.method is Method.DOLLAR


@pytest.mark.parametrize(("leg", "weight"), [("long", 0.5), ("short", -0.5)])
def test_a_leg_alone_takes_all_of_gross(leg: str, weight: float) -> None:
    other = "short" if leg == "long" else "long"
    found = plan(**{leg: "ACME,CLOUD", other: ""})
    assert found.weights() == {"ACME": weight, "CLOUD": weight}
    assert [part.name for part in found.legs] == [leg]


def test_legs_by_bucket_take_the_members_listed_before_the_news() -> None:
    assert list(plan(short="renter", hold=0).weights()) == ["ACME", "BOLT", "CLOUD", "DRIFT", "LATE"]
    early = plan(day=date(2026, 6, 24), short="renter", long="maker", hold=0)  # LATE lists on that very day
    assert list(early.weights()) == ["ACME", "BOLT", "CLOUD", "DRIFT"]
    next_day = plan(day=date(2026, 6, 25), short="renter", long="maker", hold=0)
    assert "LATE" in next_day.weights()
    with pytest.raises(UniverseError, match=r"LATE was not listed on 2026-06-23.*days from 2026-06-24"):
        plan(day=date(2026, 6, 24), short="LATE")


def test_a_name_twice_in_a_leg_counts_once() -> None:
    assert plan(short="CLOUD,renter,CLOUD", long="ACME", hold=0).legs[1].tickers == ("CLOUD", "DRIFT", "LATE")


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"short": "rentr"}, UniverseError, "'rentr' is neither a bucket nor a ticker. Did you mean 'renter'"),
        ({"long": "AMCE"}, UniverseError, "'AMCE' is neither a bucket nor a ticker. Did you mean 'ACME'"),
        ({"short": "CLOUD,ACME"}, ParameterError, "long, short: ACME stands in both legs"),
        ({"short": "maker"}, ParameterError, "ACME stands in both legs"),
        (
            {"day": date(2026, 8, 12)},
            EventError,
            "do not cover event made-up-news .*2026-08-12.*2026-06-01 to 2026-08-11",
        ),
        ({"day": date(2026, 6, 1)}, EventError, "do not cover event .*first tradable session 2026-06-01"),
        ({"day": date(2025, 9, 9)}, EventError, "do not cover event .*first tradable session 2025-09-09"),
        ({"hold": 29}, ParameterError, "end 1 session before the exit .*hold 29.*delay . hold at most 28"),
        ({"hold": 20, "delay": 20}, ParameterError, "end 12 sessions before .*delay 20, hold 20.*at most 28"),
        (
            {"day": date(2026, 7, 27), "short": "DRIFT", "hold": 1},
            PriceDataError,
            "the prices of DRIFT end before the trade",
        ),
        ({"benchmark": "BENHC", "hedge": "beta"}, PriceDataError, "BENHC has no prices in .*Did you mean 'BENCH'"),
        (
            {"day": date(2026, 6, 25), "hedge": "beta"},
            ParameterError,
            "hedge=beta: .* share 1[0-9] sessions .*20 or more",
        ),
    ],
)
def test_trades_that_cannot_be_set_on_these_prices(
    changes: dict[str, Any], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        plan(**changes)


def test_the_longest_hold_fits() -> None:
    assert str(plan(hold=28).exit_session) == "2026-08-11"


def test_news_during_the_first_session_has_no_close_before_it() -> None:
    """The first fill is inside the prices, yet nothing was known: the last row must not stand in for row -1."""
    with pytest.raises(EventError, match=r"do not cover event.*a close before the news"):
        plan(timing=Timing.INTRADAY, day=date(2026, 6, 1), hold=1)
    assert str(plan(timing=Timing.AFTER_CLOSE, day=date(2026, 6, 1), hold=1).known_at) == "2026-06-01"


def test_a_member_without_prices_is_named_with_the_closest_ticker() -> None:
    columns = [i for i, t in enumerate(MARKET.tickers) if t != "LATE"]
    with pytest.raises(PriceDataError, match=r"LATE is in universe made_up but has no prices in .*--set short=A,B"):
        plan(markets.permuted(MARKET, columns), short="renter", hold=0)


def test_a_series_that_starts_after_the_news() -> None:
    """The universe knows CLOUD as listed, but its prices start later."""
    close = MARKET.close.copy()
    close[: MARKET.session_index("2026-07-02"), MARKET.column("CLOUD")] = np.nan
    with pytest.raises(
        PriceDataError, match=r"CLOUD has no price before the news .*2026-07-02.*on or before 2026-06-30"
    ):
        plan(dataclasses.replace(MARKET, close=close))
    close[:, MARKET.column("CLOUD")] = np.nan
    with pytest.raises(PriceDataError, match=r"the prices of CLOUD end before the trade .*last price never"):
        plan(dataclasses.replace(MARKET, close=close))


def test_a_bucket_with_no_member_listed_yet() -> None:
    lone = markets.made_up_universe()
    buckets = [b.model_copy(update={"members": b.members[2:]}) if b.name == "renter" else b for b in lone.buckets]
    market = dataclasses.replace(MARKET, universe=lone.model_copy(update={"buckets": tuple(buckets)}))
    with pytest.raises(ParameterError, match="no member of renter was listed on 2026-06-09"):
        plan(market, day=date(2026, 6, 10), short="renter")


def test_prices_of_closes_alone_can_be_planned_on_but_not_filled_at_the_open() -> None:
    closes = dataclasses.replace(MARKET, open=np.full_like(MARKET.open, np.nan))
    found = plan(closes)
    with pytest.raises(ParameterError, match="closes only, so nothing can be filled at an open"):
        run_schedule(closes, found.schedule, "none")
    ahead = plan(closes, hindsight=True)
    assert len(run_schedule(closes, ahead.schedule, "none", until=ahead.exit_session).fills) == 6


def test_beta_weights_balance_the_betas() -> None:
    close = MARKET.close.copy()
    bench = close[:, MARKET.column("BENCH")]
    for ticker, beta in (("ACME", 0.5), ("BOLT", 1.5), ("CLOUD", 2.0)):
        i = MARKET.column(ticker)
        moves = 1.0 + beta * np.append(0.0, bench[1:] / bench[:-1] - 1.0)
        close[:, i] = np.where(np.isfinite(close[:, i]), 40.0 * np.cumprod(moves), np.nan)
    found = plan(dataclasses.replace(MARKET, close=close), hedge="beta", day=date(2026, 7, 15), lookback=25)
    assert found.hedge.ratio == pytest.approx(0.5, rel=1e-9)
    assert found.weights() == pytest.approx({"ACME": 1 / 3, "BOLT": 1 / 3, "CLOUD": -1 / 3}, rel=1e-9)
    assert [b.beta for b in found.hedge.betas] == pytest.approx([0.5, 1.5, 2.0], rel=1e-9)
    assert found.hedge.known_at == found.known_at
    assert found.hedge.benchmark == "BENCH"
    against = dataclasses.replace(MARKET, close=np.where(np.arange(7) == 2, 1e4 / bench[:, None], close))
    with pytest.raises(ParameterError, match="the short leg's beta to BENCH is not positive"):
        plan(against, hedge="beta", day=date(2026, 7, 15), lookback=25)
