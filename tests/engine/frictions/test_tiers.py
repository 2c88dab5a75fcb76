"""Tiers of liquidity against plain Python, and that they know nothing of later prices."""

from __future__ import annotations

import math
import statistics
from pathlib import Path

import numpy as np
import pytest

import hedgebook as hb
from hedgebook.engine.account import Account
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.backtest.schedule import Schedule
from hedgebook.engine.frictions.costs import load_costs
from hedgebook.engine.frictions.dearer import dearer
from hedgebook.engine.frictions.tiers import Liquidity, Tier
from hedgebook.errors import CostsError
from hedgebook.universes.calendar import Mark
from hedgebook.universes.market import Market
from tests import markets
from tests.markets import NAN

SESSIONS, ENTRY = 90, 70
TICKERS = ("ACME", "BOLT", "DRIFT")
DEFAULT = load_costs()
KEEP = Account()


def growing(seed: int = 11) -> Market:
    """BOLT trades ever more, DRIFT is listed at row 66, ACME trades a lot from the start."""
    draw = np.random.default_rng(seed)
    close = 40.0 * np.exp(np.cumsum(draw.normal(0.0, 0.02, (SESSIONS, 3)), axis=0))
    volume = np.column_stack(
        [np.full(SESSIONS, 9e7), np.geomspace(2e4, 9e7, SESSIONS), np.full(SESSIONS, 6e6)]
    ) * draw.uniform(0.9, 1.1, (SESSIONS, 3))
    close[:67, 2] = volume[:67, 2] = NAN
    opens = np.vstack([close[:1], close[:-1]])
    return markets.market_of({"open": opens, "close": close, "volume": volume}, TICKERS)


MARKET = growing()


def tier_in_plain_python(market: Market, ticker: str, row: int) -> str:
    """The name of a ticker's tier by the words of the shipped file, a number at a time."""
    i, liquidity = market.column(ticker), DEFAULT.liquidity
    rows = range(max(0, row - liquidity.window_sessions), row)
    usd = [float(market.close[t, i] * market.volume[t, i]) for t in rows]
    moves = [float(market.close[t, i] / market.close[t - 1, i]) - 1.0 for t in rows if t > 0]
    usd, moves = [x for x in usd if x == x], [x for x in moves if x == x]
    if len(usd) < 5 or len(moves) < 5:
        return liquidity.names[-1]
    mean, wild = statistics.fmean(usd), statistics.stdev(moves) * math.sqrt(252)
    for tier in liquidity.tiers:
        if mean >= tier.min_usd and (tier.max_volatility_annual is None or wild <= tier.max_volatility_annual):
            return tier.name
    raise AssertionError("the last tier takes whatever is left")


def test_every_ticker_is_in_the_tier_that_plain_python_gives_it() -> None:
    names, seen = DEFAULT.liquidity.names, set()
    for row in range(0, SESSIONS, 3):
        found = DEFAULT.liquidity.at(MARKET, row)
        for i, ticker in enumerate(TICKERS):
            expected = tier_in_plain_python(MARKET, ticker, row)
            assert names[found[i]] == expected, (row, ticker)
            seen.add(expected)
            bps = DEFAULT.half_spread.by_liquidity_bps[expected]
            assert 1e4 * DEFAULT.concession_frac("half_spread", MARKET, row)[i] == pytest.approx(bps, rel=1e-12)
    assert len(seen) >= 4


def test_fees_are_those_of_the_tier_before_the_month() -> None:
    rates = DEFAULT.borrow_rates(MARKET, 0, SESSIONS)
    months = [str(day)[:7] for day in MARKET.sessions]
    for row in range(SESSIONS):
        tier = tier_in_plain_python(MARKET, "BOLT", months.index(months[row]))
        assert rates[row, 1] == DEFAULT.borrow.by_liquidity_annual[tier]
    assert (DEFAULT.borrow_rates(MARKET, 50, 71) == rates[50:71]).all()
    assert (dearer(DEFAULT, 3.0).borrow_rates(MARKET, 50, 71) == 3.0 * rates[50:71]).all()
    thrice = dearer(DEFAULT, 3.0).concession_frac("slippage", MARKET, ENTRY)
    assert thrice == pytest.approx(3.0 * DEFAULT.concession_frac("slippage", MARKET, ENTRY), rel=1e-14)


def test_more_dollars_are_never_dearer_and_wilder_prices_never_cheaper() -> None:
    draw = np.random.default_rng(5)
    for _ in range(60):
        calm, wild = sorted(draw.uniform(0.002, 0.2, 2))
        few, many = sorted(10 ** draw.uniform(2, 8.5, 2))
        shape = draw.normal(0.0, 1.0, 80)
        shape -= shape.mean()
        closes = [50.0 * np.exp(np.cumsum(size * shape)) for size in (calm, calm, wild)]
        close = np.column_stack(closes)
        usd = np.column_stack([np.full(80, dollars) for dollars in (many, few, many)]) * 50.0
        market = markets.market_of({"close": close, "volume": usd / close}, TICKERS)
        for table in ("half_spread", "slippage"):
            cheapest, thin, nervous = DEFAULT.concession_frac(table, market, 75)
            assert cheapest <= thin
            assert cheapest <= nervous
        cheapest, thin, nervous = DEFAULT.borrow_rates(market, 75, 76)[0]
        assert cheapest <= thin
        assert cheapest <= nervous


def test_the_shipped_tiers_get_dearer_one_by_one() -> None:
    tables = (
        DEFAULT.half_spread.by_liquidity_bps,
        DEFAULT.slippage.by_liquidity_bps,
        DEFAULT.borrow.by_liquidity_annual,
    )
    for table in tables:
        assert tuple(table) == DEFAULT.liquidity.names
        assert list(table.values()) == sorted(table.values())


def test_later_prices_and_volumes_change_no_tier_and_no_fill() -> None:
    other = markets.changed_after(MARKET, ENTRY - 1, seed=3, keep_open_of_next=True)
    assert (DEFAULT.liquidity.at(other, ENTRY) == DEFAULT.liquidity.at(MARKET, ENTRY)).all()
    assert not (other.volume[ENTRY:] == MARKET.volume[ENTRY:]).all()
    rows: list[tuple[int, Mark, list[float]]] = [(ENTRY, Mark.OPEN, [0.3, -0.3, 0.2])]
    one, two = (run_schedule(m, markets.schedule_of(m, rows), "default", KEEP) for m in (MARKET, other))
    assert one.fills["price"].tolist() == two.fills["price"].tolist()


def test_one_line_names_the_tier_of_every_held_ticker() -> None:
    rows: list[tuple[int, Mark, list[float]]] = [(68, Mark.OPEN, [0.3, -0.3, 0.2])]
    said = [w for w in run_schedule(MARKET, markets.schedule_of(MARKET, rows)).warnings if "by tier of liquidity" in w]
    assert len(said) == 1
    assert f"measured over the 60 sessions before {MARKET.sessions[68]}" in said[0]
    assert f"{tier_in_plain_python(MARKET, 'BOLT', 68)}: " in said[0]
    assert "thin: DRIFT (too little history)" in said[0]


def test_a_named_ticker_or_bucket_and_a_default_of_ones_own_have_no_tier(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text("[half_spread]\nby_ticker_bps = { BOLT = 7 }\n[slippage]\ndefault_bps = 9\n")
    costs = load_costs(path)
    spread, slippage = (1e4 * costs.concession_frac(name, MARKET, ENTRY) for name in ("half_spread", "slippage"))
    assert spread[1] == pytest.approx(7.0)
    assert spread[0] == pytest.approx(DEFAULT.half_spread.by_liquidity_bps[tier_in_plain_python(MARKET, "ACME", ENTRY)])
    assert slippage == pytest.approx([9.0] * 3)
    blind = markets.market_of({"close": MARKET.close}, TICKERS)
    assert 1e4 * DEFAULT.concession_frac("half_spread", blind, ENTRY) == pytest.approx([5.0] * 3)
    assert DEFAULT.tier_notes(blind, ENTRY, TICKERS) == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[half_spread]\nby_liquidity_bps = { depe = 1 }\n", "depe"),
        ('[liquidity]\ntiers = [{ name = "a", min_usd = 5 }, { name = "b", min_usd = 9 }]\n', "the one before"),
        ('[liquidity]\ntiers = [{ name = "a", min_usd = 5 }]\n', "last tier"),
    ],
)
def test_tiers_that_make_no_sense_are_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(CostsError, match=words):
        load_costs(path)


def entered(market: Market, entry: int, size: float) -> Schedule:
    """Three tickers from one row to ten rows later."""
    weights = [size, -size, size / 2]
    rows: list[tuple[int, Mark, list[float]]] = [(entry, Mark.OPEN, weights), (entry + 10, Mark.OPEN, [0.0] * 3)]
    return markets.schedule_of(market, rows)


def test_each_set_of_a_sweep_pays_what_its_single_run_does() -> None:
    axes = {"entry": [68, 20, 45, 69, 75, 72], "size": [0.2, -0.4], "until": [str(MARKET.sessions[-1])]}
    swept = hb.sweep(entered, MARKET, "default", KEEP, metric="total_return", **axes)
    assert any("of each set as known before its first session, for ACME, BOLT, DRIFT" in w for w in swept.warnings)
    paid = set()
    for _, row in swept.table.iterrows():
        schedule = entered(MARKET, int(row["entry"]), float(row["size"]))
        run = run_schedule(MARKET, schedule, "default", KEEP, until=str(MARKET.sessions[-1]))
        assert row["total_return"] == pytest.approx(run.final_nav / run.capital - 1.0, rel=1e-11, abs=1e-13)
        paid.add(tuple(DEFAULT.concession_frac("half_spread", MARKET, int(row["entry"]))))
    assert len(paid) >= 3


def test_a_tier_of_ones_own_is_used() -> None:
    liquidity = Liquidity(tiers=(Tier(name="all"),))
    costs = hb.Costs.model_validate({"half_spread": {"by_liquidity_bps": {"all": 3}}, "liquidity": liquidity})
    assert 1e4 * costs.concession_frac("half_spread", MARKET, ENTRY) == pytest.approx([3.0] * 3)
