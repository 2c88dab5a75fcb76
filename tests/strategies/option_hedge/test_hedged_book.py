"""Books hedged with options against the plain-Python walk, and laws that hold for every one of them."""

from __future__ import annotations

import dataclasses
from datetime import date

import numpy as np
import pytest

import hedgebook as hb
from hedgebook.engine.backtest.result import identity_gap
from hedgebook.strategies.book.file import Book
from hedgebook.strategies.option_hedge.run import LedgerWindow
from hedgebook.universes.chains.chain import Listed

from .hedged import CLOUD, HELD, PAST, Prices, flat, hedged, market, oracle, prices

PUT = (False, 0.25, 40)
USD = 1e-6


def window_of(run: hb.HedgedBook) -> LedgerWindow:
    (window,) = run.windows
    assert isinstance(window, LedgerWindow)
    return window


def same_navs(window: LedgerWindow, wanted: object) -> None:
    found = window.hedged.record.days
    both = np.column_stack([found["nav_open"], found["nav_close"]])
    np.testing.assert_allclose(both, wanted.navs, rtol=0, atol=USD)  # type: ignore[attr-defined]


# Prices, days to expiry, days before it of a roll, sessions from one setting to the next; 99 = rolled alone.
CASES = [(3, 40, 0, 10), (4, 12, 0, 99), (5, 30, 6, 99), (6, 15, 0, 7), (7, 25, 3, 5)]


@pytest.mark.parametrize(("seed", "days", "left", "every"), CASES)
def test_a_put_and_shares_beside_it_are_those_of_the_walk(
    monkeypatch: pytest.MonkeyPatch, seed: int, days: int, left: int, every: int
) -> None:
    flat(monkeypatch)
    found = prices(seed)
    run = hedged(market(found), f"CLOUD:put:25d:{days}d,DRIFT", roll_days=left, rehedge=f"every:{every}")
    window = window_of(run)
    wanted = oracle(found, ["CLOUD", "DRIFT"], CLOUD, (False, 0.25, days), left, every=every)
    place = {day: t for t, day in enumerate(window.sessions.to_numpy().astype("datetime64[D]"))}
    told = [
        (place.get(one.session, -1), one.picked.contract.expiry, one.picked.contract.strike, one.contracts)
        for one in window.bought
        if one.picked is not None
    ]
    assert [one[:2] + one[3:] for one in told] == [one[:2] + one[3:] for one in wanted.case.bought]
    assert [one[2] for one in told] == pytest.approx([one[2] for one in wanted.case.bought])
    assert len(told) >= (2 if every == 99 else 4)
    same_navs(window, wanted)
    assert run.in_shares is not None
    (beside,) = run.in_shares.windows
    assert isinstance(beside, LedgerWindow)
    same_navs(beside, oracle(found, ["CLOUD", "DRIFT"], None, PUT, every=every))
    ends = set(window.hedged.fills["reason"])
    assert "order" in ends
    if every == 99 and not left:
        assert ends & {"exercised", "expired"}


def test_a_put_on_what_the_book_holds_protects_it(monkeypatch: pytest.MonkeyPatch) -> None:
    flat(monkeypatch)
    found, own = prices(8), {"CLOUD": 700.0}
    run = hedged(market(found), "CLOUD:put:30d:45d", Book(dict(own), "shares", 20_000.0))
    wanted = oracle(found, ["CLOUD"], CLOUD, (False, 0.30, 45), held=own)
    window = window_of(run)
    same_navs(window, wanted)
    assert run.in_shares is not None
    (beside,) = run.in_shares.windows
    # Of one stock the least variance is none: its shares are sold, but for what trading at the next open leaves.
    assert isinstance(beside, LedgerWindow)
    assert abs(beside.hedged.record.shares[-1, CLOUD]) < 1e-6
    same_navs(beside, oracle(found, ["CLOUD"], None, PUT, held=own))


@pytest.mark.parametrize(("seed", "text"), [(11, "CLOUD,DRIFT"), (12, "CLOUD:put:30d:30d,DRIFT"), (13, "CLOUD,DRIFT")])
def test_a_book_may_hold_options_itself(monkeypatch: pytest.MonkeyPatch, seed: int, text: str) -> None:
    flat(monkeypatch)
    found = prices(seed)
    spot = found.quoted_closes[PAST - 1]
    written = {
        Listed("CLOUD", date(2026, 7, 17), "put", round(float(spot[CLOUD]) * 0.97) + 0.3): -6.0,
        Listed("BOLT", date(2026, 9, 18), "call", round(float(spot[1]) * 1.1) + 0.2): 4.0,
    }
    run = hedged(market(found), text, Book(dict(HELD), "shares", 400_000.0, options=written), rehedge="every:6")
    wanted = oracle(
        found, ["CLOUD", "DRIFT"], CLOUD if ":" in text else None, (False, 0.30, 30), every=6, contracts=written,
        cash=400_000.0,
    )  # fmt: skip
    window = window_of(run)
    both = window.hedged.record.days
    navs = np.column_stack([both["nav_open"], both["nav_close"]])
    np.testing.assert_allclose(navs, wanted.navs, rtol=0, atol=1e-3)
    chosen = [(one.picked.contract.expiry, one.contracts) for one in window.bought if one.picked is not None]
    assert chosen == [(expiry, count) for _, expiry, _, count in wanted.case.bought]
    parts = sum(run.pnl[name] for name in ("book", "hedge", "trading", "borrow", "interest"))
    assert parts == pytest.approx(run.pnl["together"], abs=1e-9 * window.capital.usd)
    assert (run.in_shares is not None) == (":" in text)


def test_an_option_of_the_book_that_has_ended_is_refused() -> None:
    written = {Listed("CLOUD", date(2026, 5, 15), "put", 90.0): -5.0}
    with pytest.raises(hb.InputError, match="has expired"):
        hedged(market(), "DRIFT", Book(dict(HELD), "shares", 20_000.0, options=written))


def test_a_call_replaces_what_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    flat(monkeypatch)
    found, own = prices(9), {"ACME": -900.0}
    book = Book(dict(own), "shares", 200_000.0)
    run = hedged(market(found), "CLOUD:call:40d:30d", book, rehedge="none")
    assert all(one.picked is not None and one.picked.delta > 0.0 for one in window_of(run).bought)
    with pytest.raises(hb.InputError, match="asks to buy CLOUD") as refused:
        hedged(market(found), "CLOUD:put:40d:30d", book)
    assert "CLOUD:call:40d:30d" in str(refused.value)


def test_parts_and_causes_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    flat(monkeypatch)
    run = hedged(market(), "CLOUD:put:25d:40d,DRIFT", rehedge="weekly")
    window = window_of(run)
    assert identity_gap(window.hedged.record, window.capital.usd) <= 1e-9
    assert run.in_shares is not None
    for each in (run, run.in_shares):
        parts = sum(each.pnl[name] for name in ("book", "hedge", "trading", "borrow", "interest"))
        assert parts == pytest.approx(each.pnl["together"], abs=1e-9 * window.capital.usd)
        (one,) = each.windows
        assert isinstance(one, LedgerWindow)
        causes = one.explained.drop("total").sum()
        assert causes == pytest.approx(each.pnl["together"] - each.pnl["alone"], abs=1e-9 * window.capital.usd)


def test_later_prices_change_no_decision(monkeypatch: pytest.MonkeyPatch) -> None:
    flat(monkeypatch)
    found, cut = prices(3), PAST + 25
    draw = np.random.default_rng(1)
    other = {}
    for field in dataclasses.fields(Prices):
        values = getattr(found, field.name).copy()
        values[cut + 1 :] *= np.exp(draw.normal(0.0, 0.1, values[cut + 1 :].shape))
        other[field.name] = values
    before = window_of(hedged(market(found), "CLOUD:put:25d:40d,DRIFT", rehedge="every:6"))
    after = window_of(hedged(market(Prices(**other)), "CLOUD:put:25d:40d,DRIFT", rehedge="every:6"))
    day = market(found).sessions[cut]
    known = [one for one in before.bought if one.session <= day]
    assert len(known) >= 2
    assert known == [one for one in after.bought if one.session <= day]
    assert [d for d in before.decisions if d.session <= day] == [d for d in after.decisions if d.session <= day]


def test_the_book_alone_is_that_of_a_hedge_in_shares() -> None:
    on = market(prices(5))
    options, shares = (hedged(on, text) for text in ("CLOUD:put:25d:40d", "CLOUD"))
    alone = [run.windows[0].alone.record.days["nav_close"] for run in (options, shares)]
    np.testing.assert_allclose(alone[0], alone[1], rtol=1e-12)
    assert "modelled quotes" in " ".join(options.warnings)
    assert options.modelled
    assert not shares.modelled


def test_event_windows_hold_options_too() -> None:
    on, book = hb.sample_market(), Book({"META": 100.0, "NVDA": 50.0})
    run = hb.hedge_book(hb.HedgeBook(book, "MU:put:40d:30d"), on, hb.Period(events=("meta-compute-2026",)))
    assert [window.name for window in run.windows] == ["meta-compute-2026"]
    assert run.in_shares is not None
    assert len(run.in_shares.windows) == 1


def test_a_band_sets_options_anew_where_their_delta_has_drifted(monkeypatch: pytest.MonkeyPatch) -> None:
    flat(monkeypatch)
    on = market(prices(5))
    wide, narrow = (window_of(hedged(on, "CLOUD:put:25d:60d", rehedge=f"band:{x}")) for x in (3, 0.5))
    assert len(narrow.bought) > len(wide.bought)
    first = narrow.bought[1]
    t = int(np.searchsorted(on.sessions[PAST:], first.session))
    held = float(narrow.hedge_deltas.iloc[t, 0])
    target = narrow.decisions[1].target_usd["CLOUD"]
    assert abs(held - target) > 0.5 * abs(target)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("CLOUD:put:25:60d", "no contract is near"),
        ("CLOUD:put:0d:60d", "1d to 99d"),
        ("CLOUD:put:100d:60d", "1d to 99d"),
        ("CLOUD:put:0.25d:60d", "Write 25d"),
        ("CLOUD:put:25d:60", "Write 60d"),
        ("CLOUD:put:25d:0d", "so many days ahead"),
        ("CLOUD:putt:25d:60d", "Did you mean 'put'"),
        ("put:25d:60d", "CRWV:put:25d:60d"),
        ("CLOUDD:put:25d:60d", "CLOUD"),
        ("CLOUD:put:25d:60d,CLOUD", "twice"),
        ("LATE:put:25d:60d", "LATE"),
        ("CLOUD:put:900:60d", "the nearest is"),
    ],
)
def test_bad_texts_say_what_is_wrong(monkeypatch: pytest.MonkeyPatch, text: str, said: str) -> None:
    flat(monkeypatch)
    with pytest.raises(hb.InputError) as refused:
        hedged(market(), text)
    assert said in str(refused.value)
    assert len(str(refused.value)) < 500


def test_what_belongs_to_options_needs_one() -> None:
    with pytest.raises(hb.InputError, match="no option among"):
        hb.HedgeBook("book.csv", "CLOUD", roll_days=5)
    with pytest.raises(hb.InputError, match="before it is bought"):
        hb.HedgeBook("book.csv", "CLOUD:put:25d:30d", roll_days=30)
