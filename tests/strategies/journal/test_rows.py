"""Rows of a journal: those of a backtest, one session at a time or many, and what they say of stops and shorts."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.engine.live.fills import OwnFill
from hedgebook.errors import ParameterError
from hedgebook.strategies.journal.opening import paper_trade, real_trade
from hedgebook.strategies.journal.state import Entry, JournalState, look, opening_entries, state_of
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.strategies.ticket.forecast import Forecast
from hedgebook.strategies.trade.trade import EventTrade
from hedgebook.universes.market import FIELDS, Market

NEWS = "2026-07-01"


def opened(trade: EventTrade, market: Market, **limits: float) -> JournalState:
    setting = RunSetting.named(market, "default", "plain", about=trade)
    made = opening_entries(*paper_trade(trade, setting, "own", limits), ())
    return state_of([Entry(one.kind, one.body, one.session, one.prices) for one in made])


def marked(state: JournalState, market: Market, day: str | None = None) -> JournalState:
    return look(state, market, None if day is None else np.datetime64(day)).state


@pytest.fixture(scope="module")
def market() -> Market:
    return hb.sample_market(seed=11)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture(scope="module")
def trade() -> EventTrade:
    made: EventTrade = hb.trade(hold=12, stop_loss=0.2)
    return made


@pytest.fixture(scope="module")
def whole(market: Market, trade: EventTrade) -> JournalState:
    return marked(opened(trade, market.until("2026-06-30")), market)


def test_rows_are_the_sessions_of_the_backtest(market: Market, trade: EventTrade, whole: JournalState) -> None:
    run = hb.backtest(trade, market)
    assert [row["session"] for row in whole.rows] == [str(day)[:10] for day in run.nav.index]
    assert [row["nav_usd"] for row in whole.rows] == run.nav["nav_close"].tolist()
    assert [row["requirement_usd"] for row in whole.rows] == run.nav["requirement"].tolist()
    pnl = run.pnl("ticker")["total"]
    last = whole.rows[-1]
    assert last["state"] == "over"
    for ticker, one in last["tickers"].items():
        assert one["total_usd"] == pytest.approx(pnl[ticker], rel=1e-12)
    by_cause = run.pnl("cause")["total"]
    for cause in ("commission", "spread", "slippage", "impact", "borrow"):
        assert sum(row["costs_usd"][cause] for row in whole.rows) == pytest.approx(-by_cause[cause], rel=1e-9)


def test_marked_by_session_or_at_once_gives_the_same_bytes(
    market: Market, trade: EventTrade, whole: JournalState
) -> None:
    state = opened(trade, market.until("2026-06-30"))
    for day in market.sessions[market.session_index(NEWS) :][:15]:
        state = marked(state, market.until(day))
    assert state.texts == whole.texts
    assert marked(state, market).texts == whole.texts  # and nothing after it is over
    assert all(stands == again for _, stands, again in whole.made_again())


def test_what_is_opened_late_is_what_was_opened_in_time(market: Market, trade: EventTrade, whole: JournalState) -> None:
    late = marked(opened(trade, market.until("2026-07-09")), market)
    assert late.texts == whole.texts
    assert late.trade.to_json()["schedule"] == whole.trade.to_json()["schedule"]
    plan = trade.plan(market)
    assert late.trade.schedule is not None
    assert late.trade.schedule.weights.tolist() == plan.schedule.weights.tolist()
    assert late.trade.schedule.session.tolist() == plan.schedule.session.tolist()
    assert late.trade.until == str(plan.until)


def test_no_price_after_a_session_changes_its_row(market: Market, trade: EventTrade, whole: JournalState) -> None:
    row = market.session_index("2026-07-09")
    fields = {name: getattr(market, name).copy() for name in FIELDS}
    for name in FIELDS:
        fields[name][row + 1 :] *= 1.37
    other = marked(opened(trade, market.until("2026-06-30")), dataclasses.replace(market, **fields))
    days = [one["session"] for one in whole.rows]
    same = days.index("2026-07-09") + 1
    assert other.texts[:same] == whole.texts[:same]
    assert other.texts[same] != whole.texts[same]


def test_a_stop_is_told_by_how_far_it_is_and_when_it_acts(market: Market) -> None:
    trade = hb.trade(hold=12, stop_loss=0.03, trailing_stop=0.05)
    state = marked(opened(trade, market.until("2026-06-30")), market)
    run = hb.backtest(trade, market)
    best = 0.0
    for row in state.rows:
        if not row["stops"]:
            continue
        pnl = row["nav_usd"] / 1e6 - 1.0
        best = max(best, pnl)
        assert row["stops"]["stop_loss"]["left_frac"] == pytest.approx(pnl + 0.03, abs=1e-9)
        assert row["stops"]["trailing_stop"]["left_frac"] == pytest.approx(0.05 - (best - pnl), abs=1e-9)
    left = run.fills[run.fills["reason"].isin(["stop_loss", "trailing_stop"])]
    assert len(left)
    acted = market.session_index(str(left["session"].iloc[0])[:10]) - 1
    by_day = {row["session"]: [one["kind"] for one in row["alerts"]] for row in state.rows}
    assert "exit" in by_day[str(market.sessions[acted])]
    assert sum("exit" in kinds for kinds in by_day.values()) == 1


def test_limits_borrow_and_margin_are_alerts(market: Market) -> None:
    trade = hb.trade(hold=8)
    state = marked(opened(trade, market.until("2026-06-30"), gross_frac=0.5, net_frac=0.9), market, NEWS)
    (row,) = state.rows
    values = {t: one["shares"] * one["price_usd"] / row["nav_usd"] for t, one in row["tickers"].items()}
    assert row["limits"]["gross_frac"]["value"] == pytest.approx(sum(map(abs, values.values())))
    assert row["limits"]["gross_frac"]["holds"] is False
    assert row["limits"]["net_frac"]["holds"] is True
    assert [one["kind"] for one in row["alerts"]] == ["limit"]
    assert row["borrow_annual"]
    assert set(row["borrow_annual"]) == {t for t, one in row["tickers"].items() if one["shares"] < 0.0}


def test_a_halt_is_held_at_the_last_price_and_said(market: Market, trade: EventTrade) -> None:
    start, i = market.session_index("2026-07-06"), market.column("NBIS")
    fields = {name: getattr(market, name).copy() for name in FIELDS}
    for name in FIELDS:
        fields[name][start:, i] = np.nan
    halted = dataclasses.replace(market, **fields)
    state = marked(opened(trade, market.until("2026-06-30")), halted, "2026-07-13")
    before = next(row for row in state.rows if row["session"] == "2026-07-02")
    for row in state.rows:
        if row["session"] >= "2026-07-06":
            silent = halted.session_index(row["session"]) - start + 1
            told = row["tickers"]["NBIS"]
            assert told["price_usd"] == before["tickers"]["NBIS"]["price_usd"]
            assert told["stale_sessions"] == silent
            said = [one["says"] for one in row["alerts"] if one["kind"] == "stale"] + row["notes"]
            assert len(said) == 1
            assert ("stale" in [one["kind"] for one in row["alerts"]]) == (silent >= 5)


def test_before_the_entry_it_waits(market: Market) -> None:
    trade = hb.trade(hold=4, delay=2)
    state = marked(opened(trade, market.until("2026-06-30")), market, "2026-07-02")
    assert [(row["state"], row["nav_usd"]) for row in state.rows] == [("waits", 1e6)] * 2
    assert marked(state, market, "2026-07-06").rows[-1]["state"] == "on"


def test_a_forecast_holds_its_places(whole: JournalState) -> None:
    fan = whole.trade.fan
    assert fan is not None
    assert fan.sessions == 13
    widths = [row[-1] - row[0] for row in fan.fan_usd]
    # Sums of independent draws widen as the root of their number.
    assert widths[8] / widths[0] == pytest.approx(3.0, rel=0.35)
    for row in whole.rows:
        line = fan.fan_usd[row["since_entry"] - 1]
        below = sum(row["total_usd"] > one for one in line)
        edges = (0.0, *fan.levels, 1.0)
        assert edges[below] <= row["percentile"] <= edges[below + 1]
    # The costs of entry and exit at the least: half-spread, slippage and commission of both ways.
    spent = sum(sum(row["costs_usd"].values()) for row in whole.rows)
    assert -fan.mean_usd[-1] == pytest.approx(spent, rel=0.6)


def test_own_fills_give_rows_of_their_own_prices(market: Market) -> None:
    day = np.datetime64("2026-07-01")
    row = market.session_index(day)
    i, j = market.column("META"), market.column("NBIS")
    fills = [
        OwnFill(day, "META", 700.0, float(market.open[row, i] * 1.002), 3.5),
        OwnFill(day, "NBIS", -900.0, float(market.open[row, j] * 0.997), 4.5),
    ]
    setting = RunSetting.named(market.until("2026-07-01"), "default", "plain")
    made = opening_entries(*real_trade(None, setting, "own", fills, {}), fills)
    state = marked(state_of([Entry(one.kind, one.body, one.session, one.prices) for one in made]), market, "2026-07-01")
    (told,) = state.rows
    gain = sum(
        one.shares * (market.close[row, market.column(one.ticker)] - one.price_usd) - one.commission_usd
        for one in fills
    )
    assert told["total_usd"] == pytest.approx(gain, rel=1e-9)
    assert told["costs_usd"]["commission"] == pytest.approx(8.0)
    assert told["costs_usd"]["spread"] == 0.0
    json.loads(state.texts[0])


def test_later_fills_change_no_row(market: Market) -> None:
    """Whole and broken shares, several a session, out of a ticker and into it again: rows follow again to the bit."""
    start, draw = market.session_index("2026-07-01"), np.random.default_rng(3)
    held: dict[str, float] = {}
    by_day: list[list[OwnFill]] = []
    for t in range(start, start + 14):
        today = []
        for ticker in ("META", "NBIS", "CRWV"):
            for _ in range(int(draw.integers(0, 3))):
                out = draw.random() < 0.3 and held.get(ticker, 0.0) != 0.0
                shares = -held[ticker] if out else round(float(draw.normal(0.0, 300.0)), int(t > start + 6)) or 1.0
                held[ticker] = held.get(ticker, 0.0) + shares
                price = float(market.open[t, market.column(ticker)] * draw.uniform(0.99, 1.01))
                today.append(OwnFill(market.sessions[t], ticker, shares, price, float(draw.uniform(0.0, 5.0))))
        by_day.append(today)
    first = next(k for k, today in enumerate(by_day) if {one.ticker for one in today} == {"META", "NBIS", "CRWV"})
    by_day = by_day[first:]
    setting = RunSetting.named(market, "default", "plain")
    made = opening_entries(*real_trade(None, setting, "own", by_day[0], {}), by_day[0])
    state = state_of([Entry(one.kind, one.body, one.session, one.prices) for one in made])
    for k, today in enumerate(by_day):
        day = market.sessions[start + first + k]
        state = look(state, market, day, today if k else ()).state
        assert all(stands == again for _, stands, again in state.made_again())
    wanted: dict[str, float] = {}
    for one in (one for today in by_day for one in today):
        wanted[one.ticker] = wanted.get(one.ticker, 0.0) + one.shares
    for ticker, shares in wanted.items():
        assert state.rows[-1]["tickers"][ticker]["shares"] == pytest.approx(shares, abs=1e-9)


@dataclasses.dataclass(frozen=True)
class Ticket:
    """What a journal takes of a ticket."""

    strategy: EventTrade
    event: hb.Event | None
    as_of: np.datetime64
    orders: pd.DataFrame
    account: hb.Account
    terms: hb.Costs
    forecast: Forecast | None = None


def test_a_ticket_is_followed_with_its_own_shares(market: Market, whole: JournalState, path: Path) -> None:
    shares = {"META": 820.0, "CRWV": -1801.0, "NBIS": -640.0, "APLD": -4500.0}
    orders = pd.DataFrame({"ticker": list(shares), "shares": list(shares.values())})
    account = hb.Account(capital_usd=990_000.0, orders={"whole_shares": True})
    ticket = Ticket(
        hb.trade(hold=12), None, np.datetime64("2026-06-30"), orders, account, hb.load_costs("default"),
        whole.trade.fan,
    )  # fmt: skip
    made = hb.journal.open(ticket, market, as_of="2026-07-02", file=path)
    first = made.state.rows[0]
    assert {t: one["shares"] for t, one in first["tickers"].items()} == shares
    row = market.session_index("2026-07-01")
    moved = sum(
        q * (market.close[row, market.column(t)] - market.open[row, market.column(t)]) for t, q in shares.items()
    )
    assert first["total_usd"] == pytest.approx(moved - sum(first["costs_usd"].values()), rel=1e-9)
    assert made.state.trade.fan == whole.trade.fan
    assert made.state.trade.capital_usd == 990_000.0
    assert hb.journal.verify(file=path).sound


def test_a_split_while_it_is_on_changes_no_row(market: Market, trade: EventTrade, whole: JournalState) -> None:
    # Three for one on NBIS: the vendor divides every price before it by three and multiplies every volume.
    state = marked(opened(trade, market.until("2026-06-30")), market.until("2026-07-09"))
    column, ratio = market.column("NBIS"), np.array([1 / 3, 1 / 3, 1 / 3, 1 / 3, 3.0])
    fields = {}
    for name, factor in zip(FIELDS, ratio.tolist(), strict=True):
        fields[name] = getattr(market, name).copy()
        fields[name][:, column] *= factor
    found = look(state, dataclasses.replace(market, **fields), None)
    (noticed,) = found.new_revisions
    assert noticed["revisions"] == []
    assert [(one["ticker"], round(one["factor"], 9)) for one in noticed["rescaled"]] == [("NBIS", round(1 / 3, 9))]
    assert len(found.state.rows) == len(whole.rows)
    for one, other in zip(found.state.rows, whole.rows, strict=True):
        assert one["nav_usd"] == pytest.approx(other["nav_usd"], rel=1e-12)
        assert one["costs_usd"] == pytest.approx(other["costs_usd"], rel=1e-9)
        assert {t: c["shares"] for t, c in one["tickers"].items()} == pytest.approx(
            {t: c["shares"] for t, c in other["tickers"].items()}
        )


@pytest.mark.parametrize("kind", ["basket", "hold"])
def test_the_ticket_of_a_strategy_that_decides_again(kind: str, market: Market, path: Path) -> None:
    strategy: hb.Strategy = hb.BuyAndHold(tickers=("META",))
    if kind == "basket":
        strategy = hb.RebalancedBasket(long=("META", "NVDA"), short=("MU",), every="week")
    ticket = hb.ticket(strategy, market, as_of="2026-06-30")
    made = hb.journal.open(ticket, market, as_of="2026-07-20", name="own", file=path)
    held = dict(zip(ticket.orders["ticker"], ticket.orders["shares"].tolist(), strict=True))
    for one in made.state.rows:
        assert {t: cell["shares"] for t, cell in one["tickers"].items()} == held
    # By hand: P&L from the open of the entry on, less what the engine charged.
    first, last = market.session_index("2026-07-01"), market.session_index("2026-07-20")
    gain = sum(
        q * (market.close[last, market.column(t)] - market.open[first, market.column(t)]) for t, q in held.items()
    )
    costs = sum(sum(one["costs_usd"].values()) for one in made.state.rows)
    interest = sum(one["interest_usd"] for one in made.state.rows)
    assert made.state.rows[-1]["total_usd"] == pytest.approx(gain - costs + interest, rel=1e-9)
    assert made.state.rows[-1]["percentile"] is not None
    assert any("held as they are" in note for note in made.state.trade.notes)
    assert hb.journal.verify(file=path).sound


def test_what_cannot_be_kept_is_refused(market: Market) -> None:
    setting = RunSetting.named(market, "default", "plain")
    with pytest.raises(ParameterError, match="hindsight"):
        paper_trade(hb.trade(hindsight=True), setting, "own", {})
    with pytest.raises(ParameterError, match="again and again"):
        paper_trade(hb.BuyAndHold(tickers=["META"]), setting, "own", {})
    early = RunSetting.named(market.until("2026-05-29"), "default", "plain")
    with pytest.raises(ParameterError, match="comes after the next open"):
        paper_trade(hb.trade(), early, "own", {})
