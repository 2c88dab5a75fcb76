"""Events by date and as values, wherever an event is taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import hedgebook as hb
from hedgebook.errors import EventError, InputError
from hedgebook.universes.event import load_events

DAY = "2026-06-03:pre-open"
EVENT = hb.Event(
    id="own-news", announced_on="2026-06-03", timing="pre-open", headline="News.", sources=("here",), tags=("own",)
)
DOORS: dict[str, Callable[..., Any]] = {
    "run": lambda trade, market, day, given: hb.backtest(trade, market, event=given or day),
    "hedges": lambda trade, market, day, given: hb.hedges(trade, market, "dollar", on=[given or day]),
    "study": lambda _, market, day, given: hb.event_study(given or day, market, names="META"),
    "sweep": lambda trade, market, day, given: hb.sweep(
        trade, market, hold=[2, 3], event=[given.id if given else day],
        options=hb.SweepOptions(events=given or "events", min_sessions=1),
    ),
    "capacity": lambda trade, market, day, given: hb.capacity(
        trade.replaced(event=given.id if given else day), market, events=given or "events"
    ),
    "series": lambda trade, market, *_: hb.event_series(trade, market, tags="own", events=[EVENT]),
}  # fmt: skip


def _plain(found: Any) -> dict[str, Any]:
    """What was found, without what an event is called and says of itself."""
    if isinstance(found, hb.Sweep):
        return {"table": found.table.drop(columns="event").to_dict()}
    if hasattr(found, "fills"):
        return {"nav": found.nav["nav_close"].tolist()}
    values: dict[str, Any] = found.to_dict()
    for key in ("event", "events", "parameters", "trade", "versions", "neighbours", "headline", "id", "title"):
        values.pop(key, None)
    return values


@pytest.mark.parametrize("door", ["run", "sweep", "capacity", "series"])
def test_a_day_and_an_event_of_that_day_give_the_same(market: hb.Market, door: str) -> None:
    trade = hb.trade(long="META", short="neocloud", hold=3)
    one = DOORS[door](trade, market, DAY, None)
    other = DOORS[door](trade, market, DAY, EVENT)
    assert _plain(one) == _plain(other)


@pytest.mark.parametrize("door", ["hedges", "study"])
def test_other_doors_take_both(market: hb.Market, door: str) -> None:
    trade = hb.trade(long="META", short="neocloud", hold=3)
    for given in (None, EVENT):
        wanted = given.id if given else "2026-06-03-pre-open"
        assert wanted in str(DOORS[door](trade, market, DAY, given).to_dict())


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("2026-06-03", "an event by date needs its timing"),
        ("2026-06-31:pre-open", "this is no day"),
        ("2026-6-3:pre-open", "this is no day"),
        ("2026-06-03:preopen", "Did you mean 'pre-open'?"),
        ("2026-06-06:pre-open", "2026-06-06 is not a session"),
        ("2026-06-03:weekend", "2026-06-03 is a session"),
        ("2030-06-03:pre-open", "2030-06-03"),
    ],
)
def test_bad_days_have_one_error_with_its_remedy(text: str, part: str) -> None:
    with pytest.raises(InputError) as caught:
        hb.backtest(hb.trade(), hb.sample_market(), event=text)
    assert part in str(caught.value)


def test_a_strategy_without_an_event_takes_none() -> None:
    with pytest.raises(InputError, match="entered on none"):
        hb.backtest(hb.BuyAndHold(tickers="META"), hb.sample_market(), event=DAY)


def test_events_of_ones_own_stand_beside_the_shipped_ones() -> None:
    library = load_events([EVENT])
    assert library.get("own-news") is EVENT
    assert library.get("meta-compute-2026") == load_events().get("meta-compute-2026")
    assert load_events(library) is library
    with pytest.raises(EventError, match="there is no event 'own-new'"):
        library.get("own-new")
