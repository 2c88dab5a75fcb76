"""Rules and sweeps over several exchanges and currencies, against the plain simulator and against single runs."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.engine.account import Account
from hedgebook.engine.backtest.result import identity_gap
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.frictions.costs import load_costs
from hedgebook.engine.kernels.book.records import CLOSE, OPEN, Booked
from hedgebook.engine.rules import Rules
from hedgebook.engine.rules.volatility import ex_ante_volatility
from hedgebook.engine.verify.vectorbt import verify_backtest
from hedgebook.universes.calendar import Mark
from hedgebook.universes.market import Market
from tests.oracle.by_hand import by_hand
from tests.oracle.inputs import OracleRow, OracleRules
from tests.oracle.simulator import simulate

from .test_currencies import RATE, in_won, with_rates
from .test_timeline import HOMES, ORDER, SLOTS, prices, sessions_of

NAN = float("nan")
# UTC hours of the slots in June and July 2026.
HOURS = {2: 0.0, 3: 6.5, 4: 7.0, OPEN: 13.5, 5: 15.5, CLOSE: 20.0}
SEOUL = 1


def drawn(seed: int, market: Market) -> tuple[hb.Schedule, list[OracleRow]]:
    """Few trades, so that rules have time; the oracle's parts from the calendars alone."""
    draw = np.random.default_rng([seed, 5])
    rows: list[tuple[int, int, list[float]]] = []
    for t in range(len(market.sessions) - 5):
        for mark in Mark:
            if draw.random() < 0.1:
                weights = np.where(draw.random(3) < 0.2, NAN, draw.uniform(-0.9, 0.9, 3))
                weights = np.where(draw.random(3) < 0.1, 0.0, weights)
                rows.append((t, int(mark), weights.tolist()))
    days = {ticker: sessions_of(ticker) for ticker in HOMES}
    first, parts = rows[0][0], []
    for k, (t, mark, weights) in enumerate(rows):
        for i, ticker in enumerate(HOMES):
            if not np.isnan(weights[i]):
                there = market.sessions[t] in days[ticker]
                later = days[ticker][days[ticker] >= market.sessions[t]][0]
                slot = SLOTS[ticker][mark if there else 0]
                line = [NAN, NAN, NAN]
                line[i] = weights[i]
                parts.append((market.session_index(later) - first, ORDER.index(slot), k, slot, line))
    parts.sort(key=lambda part: part[:3])
    out: list[OracleRow] = []
    trades: list[list[int]] = [[]]
    opened: set[int] = set()
    for n, (t, _, k, slot, line) in enumerate(parts):
        holds = any(w != 0.0 and not np.isnan(w) for w in line)
        opens = holds and k not in opened
        if opens:
            opened.add(k)
            trades.append([])
        trades[-1].append(n)
        out.append(OracleRow(t, slot, line, joins=not opens))
    for trade in trades:
        whole = [NAN, NAN, NAN]
        for n in trade:
            whole = [w if w == w and w != 0.0 else old for w, old in zip(out[n].weights, whole, strict=True)]
        for n in trade:
            out[n] = replace(out[n], whole=whole)
    schedule = hb.Schedule(
        tickers=tuple(HOMES),
        decided_at=np.full(len(rows), np.datetime64("2026-06-01", "ns")),
        session=np.array([market.sessions[t] for t, _, _ in rows]),
        mark=np.array([mark for _, mark, _ in rows]),
        weights=np.array([weights for _, _, weights in rows]),
    )
    return schedule, out


def random_rules(seed: int) -> Rules:
    draw = np.random.default_rng([seed, 6])

    def some(low: float, high: float) -> float | None:
        return float(draw.uniform(low, high)) if draw.random() < 0.5 else None

    return Rules(
        stop_loss=some(0.01, 0.06), take_profit=some(0.01, 0.06), trailing_stop=some(0.01, 0.06),
        long_stop=some(0.005, 0.03), short_stop=some(0.005, 0.03), band=some(0.05, 0.4),
        derisk_drawdown=some(0.005, 0.03), derisk_to=0.4,
        max_hold=int(draw.integers(2, 9)) if draw.random() < 0.5 else None,
        rebalance=["none", "weekly", "every:3"][seed % 3], target_vol=some(0.1, 0.4), max_scale=1.5, vol_halflife=5.0,
    )  # fmt: skip


def worth_of(frame: pd.DataFrame, market: Market, start: int) -> list[list[list[float]]]:
    """[mark][session][ticker]: the last price in won at the rate of 17:00 in New York that is known by then."""
    rates = frame[frame["ticker"] == RATE]
    moments = [pd.Timestamp(day) + pd.Timedelta(hours=21) for day in rates["date"]]
    own = frame[frame["ticker"] == "SEOUL"].set_index("date")
    days = {ticker: set(sessions_of(ticker).tolist()) for ticker in HOMES}
    out = [[[NAN] * 3 for _ in market.sessions[start:]] for _ in ORDER]
    won = NAN
    for t, session in enumerate(market.sessions.tolist()):
        at_home, dam = session in days["HOME"], session in days["DAM"]
        for mark in ORDER:
            if mark in SLOTS["SEOUL"]:
                if session in days["SEOUL"]:
                    won = float(own.loc[pd.Timestamp(session), "open" if mark == 2 else "close"])
                continue
            if (mark == OPEN and not at_home) or (mark in SLOTS["DAM"] and not dam):
                continue
            hour = HOURS[mark] if mark != CLOSE or at_home else HOURS[5 if dam else 3]
            known = bisect_right(moments, pd.Timestamp(session) + pd.Timedelta(hours=hour)) - 1
            if t >= start:
                out[mark][t - start][SEOUL] = won * float(rates["close"].iloc[known])
    return out


@pytest.mark.parametrize("seed", range(30))
def test_rules_agree_with_the_plain_simulator(seed: int) -> None:
    frame = with_rates(prices(seed))
    market = hb.load_market(frame, in_won())
    schedule, rows = drawn(seed, market)
    rules, legs = random_rules(seed), {"HOME": "long", "SEOUL": "short", "DAM": "short"}
    costs = load_costs("none")
    done = run_schedule(market, schedule, costs, Account(capital_usd=1e6, name="none"), rules=rules, legs=legs)
    start, count = done.start, len(market.sessions) - done.start
    marks = np.full((6, count, 3), NAN)
    away = np.ones((6, count, 3), dtype=bool)
    for i, ticker in enumerate(HOMES):
        there = np.isin(market.sessions[start:], sessions_of(ticker))
        for mark, table in ((0, market.open), (1, market.close)):
            marks[SLOTS[ticker][mark], :, i] = table[start:, i]
            away[SLOTS[ticker][mark], there, i] = False
    home = np.isin(market.sessions[start:], sessions_of("HOME"))
    days = market.sessions[start:][home]
    due = np.zeros(count, dtype=bool)
    if seed % 3 == 1:  # the last session of a week in New York
        weeks = np.array([day.isocalendar()[:2] for day in days.tolist()])
        due[np.flatnonzero(home)[:-1]] = (weeks[1:] != weeks[:-1]).any(axis=1)
        due[np.flatnonzero(home)[-1]] = True  # 2026-07-24 is a Friday
    if seed % 3 == 2:  # the prices begin on a day on which all trade
        begin = int(np.searchsorted(np.flatnonzero(home), 0))
        due[np.flatnonzero(home)[begin + 3 :: 3]] = True
    vol = ex_ante_volatility(
        market, np.array([[*(row.whole or ()), NAN] for row in rows]), start, len(market.sessions), 5.0
    ).tolist()
    table = [m.tolist() for m in marks]
    case = by_hand(
        table[CLOSE], rows, opens=table[OPEN], others=table[2:], order=ORDER, capital=1e6,
        dates=[day.item() for day in market.sessions[start:]], away=away.tolist(), worth=worth_of(frame, market, start),
        cash_rate=costs.cash.rate_annual, margin_rate=costs.cash.margin_rate_annual,
        rules=OracleRules(
            **{n: NAN if getattr(rules, n) is None else getattr(rules, n) for n in (
                "stop_loss", "take_profit", "trailing_stop", "band", "target_vol", "derisk_drawdown")},
            leg_stop=tuple(NAN if x is None else x for x in (rules.long_stop, rules.short_stop)),
            max_hold=rules.max_hold or 0, derisk_to=0.4, max_scale=1.5, rebalance=due.tolist(), leg=[0, 1, 1],
            uncounted=(~home).tolist(), vol=vol,
        ),
    )  # fmt: skip
    expected = simulate(case)
    np.testing.assert_allclose(done.record.days["nav_close"], expected.nav_close, rtol=1e-10)
    np.testing.assert_allclose(done.record.shares[:, :3], np.array(expected.shares), rtol=1e-9, atol=1e-7)
    told = [(o.session, o.ticker, o.status, o.reason) for o in expected.orders]
    ours = [(x["session"], x["ticker"], x["status"], x["reason"]) for x in done.record.lines]
    assert ours == told
    assert identity_gap(done.record, done.capital) <= 1e-9
    assert verify_backtest(done).passed
    moved = done.record.of(Booked.MOVE).sum(axis=(0, 2))
    for ticker, row in done.currency_pnl().iterrows():
        assert row["total"] == pytest.approx(moved[market.column(str(ticker))], abs=1e-9 * done.capital)


SWEPT: dict[str, list[Any]] = {
    "hold": [2, 9], "stop_loss": [None, 0.01], "rebalance": ["none", "every:2"], "target_vol": [None, 0.15],
    "short_stop": [None, 0.01], "max_hold": [None, 3], "gross": [0.8], "delay": [0, 1],
}  # fmt: skip


def test_every_set_of_a_sweep_is_its_single_run() -> None:
    market = hb.load_market(with_rates(prices(4)), in_won())
    trade = hb.EventTrade(
        name="t", title="T", event="2026-07-01:pre-open", long=("HOME",), short=("SEOUL", "DAM"), hedge="dollar",
    )  # fmt: skip
    found = hb.sweep(trade, market, "none", **SWEPT).table
    assert len(found) == 128
    for k in range(0, 128, 5):
        row = found.iloc[k]
        values = {name: row[name] for name in SWEPT}
        values = {name: None if pd.isna(value) else value for name, value in values.items()}
        values |= {name: int(values[name]) for name in ("hold", "delay")}
        values["max_hold"] = None if values["max_hold"] is None else int(values["max_hold"])
        alone = hb.backtest(trade.replaced(**values), market, "none")
        assert row["final_nav"] == alone.final_nav


def test_a_function_that_is_swept_is_its_single_run() -> None:
    market = hb.load_market(with_rates(prices(5)), in_won())

    def strategy(market: Market, size: float = 0.5) -> hb.Schedule:
        assert market.venues is not None
        return hb.Schedule(
            tickers=("HOME", "SEOUL", "DAM"), decided_at=np.array(["2026-06-05", "2026-06-20"], dtype="datetime64[ns]"),
            session=np.array(["2026-06-10", "2026-06-26"], dtype="datetime64[D]"), mark=np.array([0, 1]),
            weights=np.array([[size, -size, -0.2], [-size, size, 0.3]]),
        )  # fmt: skip

    found = hb.sweep(strategy, market, "none", size=[0.3, 0.6], take_profit=[None, 0.01]).table
    for _, row in found.iterrows():
        rules = Rules(take_profit=None if pd.isna(row["take_profit"]) else float(row["take_profit"]))
        alone = run_schedule(market, strategy(market, row["size"]), "none", rules=rules)
        assert row["final_nav"] == alone.final_nav
    assert len(set(found["final_nav"])) == 4
