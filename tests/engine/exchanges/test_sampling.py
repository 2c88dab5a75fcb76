"""Risk and event studies over several exchanges against loops over plain dictionaries of closes.

Prices have known betas to SPY, three calendars, closes hours apart, half days, a halt, missing opens and closes.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.engine.event_study import StudyOptions, event_study
from hedgebook.engine.event_study.abnormal import abnormal_returns
from hedgebook.engine.exposure.factor_sets import FactorSet
from hedgebook.engine.exposure.factors import compounded_between
from hedgebook.engine.exposure.holdings import known_betas
from hedgebook.engine.frictions.costs import load_costs
from hedgebook.engine.stress.evaluate import index_betas
from hedgebook.strategies.book.file import Book
from hedgebook.strategies.risk.report import _setting, risk_of
from hedgebook.strategies.risk.subject import Subject, subject_of_book
from hedgebook.strategies.risk.tails import RiskTerms
from hedgebook.strategies.run.run import TradeRun, run_trade
from hedgebook.strategies.series.run import entry_beta
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.strategies.trade.trade import EventTrade
from hedgebook.universes.event import Event, dated_event
from hedgebook.universes.market import Market
from hedgebook.universes.universe import Bucket, Member, Universe

from .published import published_days

FIRST, LAST = "2024-03-04", "2025-12-30"
# TWIN is SPY itself, listed in Seoul; the others move by a multiple of SPY and on their own.
HOMES = {"SPY": "XNYS", "MATE": "XNYS", "TWIN": "XKRX", "SEOUL": "XKRX", "XETRA": "XETR"}
BETAS = {"MATE": 0.6, "TWIN": 1.0, "SEOUL": 1.4, "XETRA": 0.8}
HALT = {"SEOUL": (date(2025, 5, 12), date(2025, 5, 20))}


def days_of(code: str) -> tuple[date, ...]:
    return published_days(code, FIRST, LAST)


@cache
def prices() -> dict[str, dict[date, tuple[float, float]]]:
    """Open and close of each share by day of its exchange, NaN where it did not print; worth goes on in holidays."""
    draw = np.random.default_rng(11)
    every = [day.date() for day in pd.date_range(FIRST, LAST)]
    # A night and a day: the open has the night, the close has both.
    common = draw.normal(0.0, 0.007, (len(every), 2))
    out: dict[str, dict[date, tuple[float, float]]] = {}
    for ticker, home in HOMES.items():
        own = 0.0 if ticker in ("SPY", "TWIN") else draw.normal(0.0, 0.006, (len(every), 2))
        level = 100.0 * np.exp(np.cumsum((BETAS.get(ticker, 1.0) * common + own).ravel()))
        by_day = dict(zip(every, zip(level[0::2].tolist(), level[1::2].tolist(), strict=True), strict=True))
        halted = HALT.get(ticker, (date.max, date.max))
        found = {}
        for day in days_of(home):
            opened, closed = by_day[day]
            if draw.random() < 0.02:
                opened = float("nan")
            # TWIN has every close, so that its slope is exact.
            if halted[0] <= day <= halted[1] or (ticker in ("SEOUL", "XETRA") and draw.random() < 0.01):
                opened = closed = float("nan")
            found[day] = (opened, closed)
        out[ticker] = found
    return out


@cache
def market_of(*, acted: bool = False) -> Market:
    """acted: raw prices with a dividend of MATE, long before any window."""
    rows = [
        {"date": day, "ticker": ticker, "open": pair[0], "close": pair[1]}
        for ticker, own in prices().items()
        for day, pair in own.items()
        if np.isfinite(pair[1])
    ]
    members = [
        Member(ticker=t, company=t, first_session=date(2020, 1, 2), calendar=code, currency="USD")
        for t, code in HOMES.items()
    ]
    buckets = tuple(Bucket(name=m.ticker.lower(), role="made up", members=(m,)) for m in members)
    actions = pd.DataFrame({"date": ["2024-03-20"], "ticker": ["MATE"], "kind": ["dividend"], "value": [0.01]})
    universe = Universe(name="five", title="Five", benchmark="SPY", buckets=buckets)
    return hb.load_market(pd.DataFrame(rows), universe, actions=actions if acted else None)


def close_at(ticker: str, day: date) -> float:
    return prices()[ticker].get(day, (np.nan, np.nan))[1]


def last_close(ticker: str, day: date) -> float:
    """At its exchange's last session up to a day."""
    own = days_of(HOMES[ticker])
    return close_at(ticker, own[bisect_right(own, day) - 1])


def shared_days(tickers: tuple[str, ...], until: date) -> list[date]:
    both = set(days_of("XNYS"))
    for ticker in tickers:
        both &= set(days_of(HOMES[ticker]))
    return sorted(day for day in both if day <= until)


def moves(tickers: tuple[str, ...], days: list[date], most: int) -> list[tuple[date, date, list[float]]]:
    """Start, end and returns of the last `most` steps."""
    steps = list(pairwise(days))[-most:]
    return [(a, b, [close_at(t, b) / close_at(t, a) - 1.0 for t in tickers]) for a, b in steps]


def slope(y: list[float], x: list[float]) -> float:
    n = len(x)
    mx, my = sum(x) / n, sum(y) / n
    top = sum((a - mx) * (b - my) for a, b in zip(x, y, strict=True))
    return top / sum((a - mx) ** 2 for a in x)


BOOK = Book({"TWIN": -300.0, "SEOUL": 200.0, "XETRA": 150.0, "MATE": 100.0}, cash_usd=2e5)
AS_OF = date(2025, 11, 14)


@cache
def subject() -> Subject:
    return subject_of_book(BOOK, market_of(), str(AS_OF))


def test_the_history_goes_from_one_common_day_to_the_next() -> None:
    found = subject()
    tickers = found.positions.tickers
    slow = [row for row in moves(tickers, shared_days(tickers, AS_OF), 1000) if np.isfinite(row[2]).all()]
    assert [day.item() for day in found.rows.sessions] == [end for _, end, _ in slow]
    assert found.rows.starts is not None
    assert [day.item() for day in found.rows.starts] == [start for start, _, _ in slow]
    np.testing.assert_allclose(found.rows.returns, [row for _, _, row in slow], rtol=1e-12)
    values = [sum(w * r for w, r in zip(found.positions.weights, row, strict=True)) for _, _, row in slow]
    np.testing.assert_allclose(found.history, values, rtol=1e-10, atol=1e-15)
    # A night is that before the day, from the last close of the ticker's own exchange.
    for n, ticker in enumerate(tickers):
        own = days_of(HOMES[ticker])
        for t, (_, end, _) in enumerate(slow):
            before = close_at(ticker, own[own.index(end) - 1])
            night = prices()[ticker][end][0] / before - 1.0
            np.testing.assert_allclose(found.rows.nights[t, n], night, rtol=1e-12, equal_nan=True)
    home = days_of("XNYS")
    spans = [bisect_right(home, end) - bisect_right(home, start) for start, end, _ in slow]
    days = found.days
    assert days is not None
    assert (days.returns, days.most_sessions, max(spans) > 1) == (len(slow), max(spans), True)
    assert days.mean_sessions == pytest.approx(sum(spans) / len(spans), rel=1e-12)
    assert set(days.exchanges) == {"XNYS", "XKRX", "XETR"}
    assert found.frequency.per_year == pytest.approx(252.0 * len(spans) / sum(spans), rel=1e-12)
    assert f"over {len(slow):,} returns up to 2025-11-14; the returns go between days on which XNYS, " in found.basis


def test_profit_goes_by_the_sessions_of_the_first_exchange() -> None:
    found = subject()
    tickers, weights = found.positions.tickers, found.positions.weights
    assert found.days is not None
    start = found.days.first.item()
    home = [day for day in days_of("XNYS") if start <= day <= AS_OF]
    slow = {}
    for a, b in pairwise(home):
        row = [last_close(t, b) / last_close(t, a) - 1.0 for t in tickers]
        if np.isfinite(row).all():
            slow[b] = sum(w * r for w, r in zip(weights, row, strict=True))
    assert found.pnl is not None
    assert [day.date() for day in found.pnl.index] == list(slow)
    np.testing.assert_allclose(found.pnl, list(slow.values()), rtol=1e-10, atol=1e-15)
    report = risk_of(found, RiskTerms(paths=1000, sessions=5), benchmark=spy())
    level = peak = 1.0
    worst = 0.0
    for value in slow.values():
        level *= 1.0 + value
        peak = max(peak, level)
        worst = min(worst, level / peak - 1.0)
    assert report.measures["max_drawdown"] == pytest.approx(worst, rel=1e-10)
    assert report.measures["worst_session"] == pytest.approx(min(slow.values()), rel=1e-10)
    assert report.drawdowns_of == f"today's weights held constant, {len(slow)} sessions"
    # Rolling beta pairs the same days of both.
    both = [
        (value, close_at("SPY", end) / close_at("SPY", begin) - 1.0)
        for value, begin, end in zip(
            found.history, [d.item() for d in found.rows.starts], [d.item() for d in found.rows.sessions], strict=True
        )
    ]  # fmt: skip
    last = both[-63:]
    expect = slope([y for y, _ in last], [x for _, x in last])
    assert report.rolling["beta"].iloc[-1] == pytest.approx(expect, rel=1e-9)
    deviation = float(np.std([y for y, _ in both], ddof=1))
    assert report.measures["volatility_annual"] == pytest.approx(deviation * found.frequency.per_year**0.5, rel=1e-10)


def spy() -> pd.Series:
    own = days_of("XNYS")
    values = [close_at("SPY", b) / close_at("SPY", a) - 1.0 for a, b in pairwise(own)]
    return pd.Series(values, index=pd.DatetimeIndex(own[1:]), name="SPY")


def test_betas_are_those_of_common_days_and_a_known_one_is_found() -> None:
    found = subject()
    responses, tickers = found.responses, found.positions.tickers
    assert responses is not None
    assert responses.names == ("market",)
    rows = moves((*tickers, "SPY"), shared_days(tickers, AS_OF), 250)
    for i in range(len(tickers)):
        kept = [(row[i], row[-1]) for _, _, row in rows if np.isfinite(row[i])]
        assert responses.betas[i, 0] == pytest.approx(slope([y for y, _ in kept], [x for _, x in kept]), rel=1e-9)
        assert responses.sessions[i] == len(kept)
    assert responses.betas[tickers.index("TWIN"), 0] == pytest.approx(1.0, abs=1e-12)
    # The same by sessions of New York reads less than 1, as a close that stands still counts as no move.
    home = [day for day in days_of("XNYS") if day <= AS_OF][-251:]
    still = [
        (last_close("TWIN", b) / last_close("TWIN", a) - 1.0, close_at("SPY", b) / close_at("SPY", a) - 1.0)
        for a, b in pairwise(home)
    ]
    assert slope([y for y, _ in still], [x for _, x in still]) < 0.98
    setting = _setting(found, hb.Account())
    by_index, _ = index_betas(setting, "SPY")
    assert by_index[tickers.index("TWIN")] == pytest.approx(1.0, abs=1e-12)


def test_factors_and_a_benchmark_of_a_file_span_the_same_days() -> None:
    days = np.array(days_of("XNYS"), dtype="datetime64[D]")
    draw = np.random.default_rng(3).normal(0.0, 0.01, (len(days), 2))
    draw[40, 1] = np.nan
    starts, ends = days[[3, 30, 39, 45]], days[[5, 38, 41, 46]]
    starts[3] = np.datetime64("2024-12-25")
    found = FactorSet(("a", "b"), ("", ""), days, draw).between(starts, ends)
    for r, (a, b) in enumerate([(3, 5), (30, 38), (39, 41)]):
        for k in range(2):
            grown = 1.0
            for value in draw[a + 1 : b + 1, k]:
                grown *= 1.0 + value
            np.testing.assert_allclose(found.returns[r, k], grown - 1.0, rtol=1e-12, equal_nan=True)
    assert np.isnan(found.returns[2, 1])
    # A day that the file does not have is no day to begin at.
    assert np.isnan(found.returns[3]).all()
    assert compounded_between(days, draw, days[:0], days[:0]).shape == (0, 2)


@pytest.mark.parametrize(("day", "out"), [("2025-11-12", ()), ("2025-10-03", ("SEOUL",))])
def test_a_study_is_estimated_on_common_days_and_measured_at_home(day: str, out: tuple[str, ...]) -> None:
    event = dated_event(f"{day}:pre-open")
    found = event_study(market_of(), event, window=[(0, 0), (0, 5)], options=StudyOptions(draws=99))
    home = days_of("XNYS")
    zero = home.index(date.fromisoformat(day))
    tickers = tuple(found.tickers.index)
    # TWIN has nothing that SPY does not explain.
    assert set(tickers) == set(BETAS) - {"TWIN"}
    rows = moves((*tickers, "SPY"), shared_days(tickers, home[zero - 11]), 250)
    assert found.estimation_sessions == 250
    assert (found.estimation_first, found.estimation_last) == (np.datetime64(rows[0][1]), np.datetime64(rows[-1][1]))
    assert found.days is not None
    assert found.days.returns == 250
    for i, ticker in enumerate(tickers):
        kept = [(row[i], row[-1]) for _, _, row in rows if np.isfinite(row[i])]
        y, x = [pair[0] for pair in kept], [pair[1] for pair in kept]
        beta = slope(y, x)
        alpha = sum(y) / len(y) - beta * sum(x) / len(x)
        left = sum((b - alpha - beta * a) ** 2 for a, b in zip(x, y, strict=True))
        told = found.tickers.loc[ticker]
        assert told["beta_SPY"] == pytest.approx(beta, rel=1e-9)
        assert told["alpha"] == pytest.approx(alpha, rel=1e-8, abs=1e-12)
        assert told["residual_sd"] == pytest.approx((left / (len(kept) - 2)) ** 0.5, rel=1e-9)
        for label, last in (("0", 0), ("0..5", 5)):
            cars = found.windows[found.windows["ticker"] == ticker]
            cars = cars[cars["window"] == found.requested[0 if last == 0 else 1].label]["car"].tolist()
            if last == 0 and ticker in out:
                assert cars == [], label
                continue
            steps = zip(home[zero - 1 : zero + last], home[zero : zero + last + 1], strict=True)
            car = sum(
                last_close(ticker, b) / last_close(ticker, a)
                - 1.0
                - alpha
                - beta * (close_at("SPY", b) / close_at("SPY", a) - 1.0)
                for a, b in steps
            )
            if np.isfinite(car):
                assert cars == [pytest.approx(car, rel=1e-7, abs=1e-12)], (ticker, label)
    # Its path stands still while its exchange rests, and has all of it at the end.
    path = found.path[found.path["group"] == "seoul"].set_index("offset")
    car = found.windows[(found.windows["ticker"] == "SEOUL") & (found.windows["window"] == found.requested[1].label)]
    assert path["caar"][5] == pytest.approx(car["car"].item(), rel=1e-9)
    assert (path["aar"][0] == 0.0) == ("SEOUL" in out)
    assert found.abnormal["SEOUL"].sum() == pytest.approx(car["car"].item(), rel=1e-9)
    reasons = found.excluded[found.excluded["ticker"].isin(out)]["reason"].tolist()
    assert [text for text in reasons if "XKRX was closed" in text] == reasons


def test_a_share_does_not_move_while_its_exchange_rests() -> None:
    event = dated_event("2025-10-02:pre-open")
    found = abnormal_returns(market_of(), event, ("SEOUL",), 7)
    home = days_of("XNYS")
    zero = home.index(date(2025, 10, 2))
    rows = [row for _, _, row in moves(("SEOUL", "SPY"), shared_days(("SEOUL",), home[zero - 11]), 250)]
    kept = [row for row in rows if np.isfinite(row).all()]
    beta = slope([row[0] for row in kept], [row[1] for row in kept])
    alpha = sum(row[0] for row in kept) / len(kept) - beta * sum(row[1] for row in kept) / len(kept)
    due, slow = 0.0, []
    for a, b in zip(home[zero - 1 : zero + 6], home[zero : zero + 7], strict=True):
        due += alpha + beta * (close_at("SPY", b) / close_at("SPY", a) - 1.0)
        if b in days_of("XKRX"):
            slow.append(last_close("SEOUL", b) / last_close("SEOUL", a) - 1.0 - due)
            due = 0.0
        else:
            slow.append(0.0)
    assert 0.0 in slow
    np.testing.assert_allclose(found.returns[:, 0], slow, rtol=1e-9, atol=1e-13)


def test_one_exchange_keeps_every_session() -> None:
    found = subject_of_book(Book({"MATE": 10.0}, cash_usd=1e5), replace(market_of(), venues=None), "2025-11-14")
    assert (found.days, found.pnl, found.rows.starts) == (None, None, None)
    assert found.by_session is found.history
    # Nor does a book at home lose one to exchanges that it has nothing on.
    at_home = subject_of_book(Book({"MATE": 10.0}, cash_usd=1e5), market_of(), "2025-11-14")
    assert (at_home.days, at_home.pnl) == (None, None)
    assert [day.item() for day in at_home.rows.sessions] == [day for day in days_of("XNYS") if day <= AS_OF][1:]


@cache
def run_of() -> TradeRun:
    """Long TWIN and SEOUL, short MATE, over the holidays of autumn."""
    event = Event(id="made-up", announced_on=date(2025, 9, 24), timing="pre-open", headline="News", sources=("here",))
    trade = EventTrade(
        name="own",
        title="Own",
        event="made-up",
        long=("TWIN", "SEOUL"),
        short=("MATE",),
        hold=60,
        benchmark="SPY",
        lookback=120,
    )
    return run_trade(trade, event, RunSetting(market_of(), load_costs("none")))


def test_exposure_and_risk_of_a_run_rest_on_common_days() -> None:
    run = run_of()
    weights, known = run.plan.weights(), run.plan.known_at.item()
    tickers = tuple(weights)
    rows = [row for _, _, row in moves((*tickers, "SPY"), shared_days(tickers, known), 250)]
    pairs = [(sum(weights[t] * r for t, r in zip(tickers, row, strict=False)), row[-1]) for row in rows]
    pairs = [pair for pair in pairs if np.isfinite(pair[0])]
    before, model = run.exposures.before, run.entry_model
    assert before is not None
    assert before.sessions == len(pairs)
    assert before.table["beta"].iloc[0] == pytest.approx(slope([y for y, _ in pairs], [x for _, x in pairs]), rel=1e-9)
    assert model is not None
    assert model.days is not None
    assert model.days.returns == 250
    assert model.model.betas[tickers.index("TWIN"), 0] == pytest.approx(1.0, abs=1e-12)
    first = [[(row[i], row[-1]) for row in rows[-120:] if np.isfinite(row[i])] for i in range(len(tickers))]
    slopes = [slope([y for y, _ in one], [x for _, x in one]) for one in first]
    total = sum(weights[t] * beta for t, beta in zip(tickers, slopes, strict=True))
    assert entry_beta(market_of(), run.plan, "SPY") == pytest.approx(total, rel=1e-9)
    # A year has fewer returns between common days than sessions.
    assert run.entry_risk is not None
    vector = np.array([weights[t] for t in tickers])
    daily = float(vector @ np.array(model.model.covariance) @ vector) ** 0.5
    assert run.entry_risk.volatility == pytest.approx(daily * (252.0 / model.days.mean_sessions) ** 0.5, rel=1e-9)


def test_exposure_during_a_run_goes_by_its_nav_on_common_days() -> None:
    run = run_of()
    during = run.exposures.during
    assert during is not None
    first, last = run.sessions[0].date(), run.sessions[-1].date()
    days = [day for day in shared_days(("TWIN",), last) if day >= first]
    nav = {pd.Timestamp(str(day)).date(): value for day, value in run.nav["nav_close"].items()}
    pairs = [(nav[b] / nav[a] - 1.0, close_at("SPY", b) / close_at("SPY", a) - 1.0) for a, b in pairwise(days)]
    assert during.table["beta"].iloc[0] == pytest.approx(slope([y for y, _ in pairs], [x for _, x in pairs]), rel=1e-8)
    assert during.sessions == len(pairs)


def test_betas_through_time_are_those_of_the_last_common_day() -> None:
    market = market_of()
    factors = FactorSet(("market",), ("SPY",), market.sessions, market.close_returns(["SPY"]))
    found = known_betas(market, ("TWIN", "SEOUL"), factors, 120)
    for day in ("2025-05-02", "2025-10-08", "2025-10-10", "2025-12-24"):
        rows = moves(("TWIN", "SEOUL", "SPY"), shared_days(("TWIN",), date.fromisoformat(day)), 120)
        at = market.session_index(day)
        assert found[at, 0, 0] == pytest.approx(1.0, abs=1e-9)
        kept = [(row[1], row[2]) for _, _, row in rows if np.isfinite(row[1])]
        assert found[at, 1, 0] == pytest.approx(slope([y for y, _ in kept], [x for _, x in kept]), rel=1e-7)
    assert np.isnan(found[:10]).all()


def test_raw_prices_with_actions_are_studied_by_the_same_sessions() -> None:
    event = dated_event("2025-10-03:pre-open")
    plain, acted = (
        event_study(market_of(acted=one), event, window=[(0, 0), (0, 5)], options=StudyOptions(draws=99))
        for one in (False, True)
    )
    pd.testing.assert_frame_equal(acted.path, plain.path, rtol=1e-9)
    pd.testing.assert_frame_equal(acted.windows, plain.windows, rtol=1e-9)
    assert acted.excluded["reason"].tolist() == plain.excluded["reason"].tolist()
    risk = [subject_of_book(BOOK, market_of(acted=one), str(AS_OF)) for one in (False, True)]
    np.testing.assert_allclose(risk[1].history.iloc[-200:], risk[0].history.iloc[-200:], rtol=1e-9, atol=1e-15)
    assert risk[0].pnl is not None
    assert risk[1].pnl is not None
    np.testing.assert_allclose(risk[1].pnl.iloc[-200:], risk[0].pnl.iloc[-200:], rtol=1e-9, atol=1e-15)
