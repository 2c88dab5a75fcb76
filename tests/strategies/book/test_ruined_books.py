"""Hedged books and leagues past a NAV of zero: P&L and drawdown stand, what is made of returns is undefined."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.reports.book.tables import effect_table
from hedgebook.strategies.league.measures import best_of, pooled
from hedgebook.universes.market import Market
from tests.front.test_ruined_run import ENTRY, RUIN, SESSIONS, UNIVERSE

LAST = len(SESSIONS) - 1


@pytest.fixture(scope="module")
def closes() -> dict[str, list[float]]:
    """A steady index, and a ticker that goes from 20 to 48 and back to 25."""
    draw = np.random.default_rng(17)
    squeezed = 20.0 + 0.05 * draw.standard_normal(len(SESSIONS))
    squeezed[ENTRY + 1 : RUIN + 1] = [27.0, 36.0, 48.0]
    squeezed[RUIN + 1 :] = 25.0
    return {"SPY": (400.0 + draw.standard_normal(len(SESSIONS))).tolist(), "SQZ": squeezed.tolist()}


@pytest.fixture(scope="module")
def market(closes: dict[str, list[float]], tmp_path_factory: pytest.TempPathFactory) -> Market:
    folder = tmp_path_factory.mktemp("ruined")
    rows = [
        f"{day:%Y-%m-%d},{ticker},{values[max(k - 1, 0)]!r},{values[k]!r},1000000"
        for ticker, values in closes.items()
        for k, day in enumerate(SESSIONS)
    ]
    (folder / "prices.csv").write_text("date,ticker,open,close,volume\n" + "\n".join(rows) + "\n")
    (folder / "two.toml").write_text(UNIVERSE)
    return hb.load_market(folder / "prices.csv", universe=str(folder / "two.toml"))


def run(market: Market, book: hb.Book, instruments: str, method: str, last: int = LAST) -> hb.HedgedBook:
    asked = hb.HedgeBook(book, (instruments,), method, lookback=30)
    period = hb.Period(f"{SESSIONS[ENTRY]:%Y-%m-%d}", f"{SESSIONS[last]:%Y-%m-%d}")
    return hb.hedge_book(asked, market, period, "none")


def deepest(levels: list[float]) -> float:
    return min(now / max(levels[: k + 1]) - 1.0 for k, now in enumerate(levels))


def test_a_book_that_loses_everything_alone(market: Market, closes: dict[str, list[float]]) -> None:
    """Short 1,000 at 20 with 40,000 in cash: at 48 it owes 8,000, and at 25 it would have 15,000 again."""
    done = run(market, hb.Book({"SQZ": -1000.0}, "shares", 40_000.0), "SPY", "min_variance")
    levels = [40_000.0 - 1000.0 * price for price in closes["SQZ"][ENTRY - 1 :]]
    assert min(levels) < 0.0 < levels[-1]
    window, ruin = done.windows[0], RUIN - ENTRY
    np.testing.assert_allclose(window.levels["book"], levels, rtol=1e-9)
    found = window.returns["book"].to_numpy()
    np.testing.assert_allclose(found[: ruin + 1], [b / a - 1.0 for a, b in pairwise(levels[: ruin + 2])], rtol=1e-7)
    # Measured by a value that is gone, the hedged return has none either.
    assert np.isnan(window.returns[["book", "hedged"]].to_numpy()[ruin + 1 :]).all()
    assert window.drawdowns[0] == pytest.approx(deepest(levels), rel=1e-9)
    assert window.drawdowns[0] < -1.0
    assert done.pnl["alone"] == pytest.approx(levels[-1] - levels[0], rel=1e-9)
    effect = done.effect
    assert all(map(math.isnan, (effect.effectiveness, effect.volatility_book, effect.volatility_hedged)))
    assert all(map(math.isnan, (effect.beta_book, effect.beta_hedged, *done.worst_sessions)))
    days = done.worst_days(50)
    assert days["session"].max() == SESSIONS[RUIN]
    assert days["book_return"].notna().all()
    assert done.ruined[0] == f"the book alone on {SESSIONS[RUIN]:%Y-%m-%d}"


def test_a_ruin_on_the_last_session_leaves_no_volatility_either(market: Market) -> None:
    done = run(market, hb.Book({"SQZ": -1000.0}, "shares", 40_000.0), "SPY", "min_variance", RUIN)
    assert done.windows[0].returns["book"].notna().all()
    assert math.isnan(done.effect.volatility_book)
    assert math.isnan(done.effect.effectiveness)


def test_a_hedge_that_loses_everything_leaves_the_figures_of_the_book(
    market: Market, closes: dict[str, list[float]], tmp_path: Path
) -> None:
    """100 of the index hedged by as many dollars of the squeezed ticker: its loss is above the whole value."""
    done = run(market, hb.Book({"SPY": 100.0}, "shares"), "SQZ", "dollar")
    levels = [100.0 * price for price in closes["SPY"][ENTRY - 1 :]]
    short = levels[0] / closes["SQZ"][ENTRY - 1]
    entry = closes["SQZ"][ENTRY - 1]  # the open of the first session is the close before it
    hedged = [levels[0], *(a + short * (entry - b) for a, b in zip(levels[1:], closes["SQZ"][ENTRY:], strict=True))]
    assert min(levels) > 0.0 > min(hedged)
    window = done.windows[0]
    np.testing.assert_allclose(window.levels["hedged"], hedged, rtol=1e-6)
    book = np.array([b / a - 1.0 for a, b in pairwise(levels)])
    np.testing.assert_allclose(window.returns["book"], book, rtol=1e-7, atol=1e-14)
    assert np.isnan(window.returns["hedged"].to_numpy()[RUIN - ENTRY + 1 :]).all()
    assert done.effect.volatility_book == pytest.approx(book[1:].std(ddof=1) * math.sqrt(252), rel=1e-9)
    assert math.isfinite(done.effect.beta_book)
    assert all(map(math.isnan, (done.effect.effectiveness, done.effect.volatility_hedged, done.effect.beta_hedged)))
    assert window.drawdowns == pytest.approx((deepest(levels), deepest(hedged)), rel=1e-6)
    assert done.worst_sessions[0] == pytest.approx(book.min(), rel=1e-7)
    assert math.isnan(done.worst_sessions[1])
    weights = window.hedge_weights["SQZ"].to_numpy()
    assert np.isfinite(weights[: RUIN - ENTRY]).all()
    assert np.isnan(weights[RUIN - ENTRY :]).all()
    # Every output says so: the table, the page, the file.
    words = f"the book with its hedge on {SESSIONS[RUIN]:%Y-%m-%d}"
    assert done.ruined == (words,)
    table = effect_table(done)
    assert words in table.note
    assert {row[0]: row[2] for row in table.rows}["Volatility a year"] == "\u2013"
    assert any(words in warning for warning in done.warnings)
    done.save(tmp_path / "book")
    assert words in (tmp_path / "book" / "report.html").read_text(encoding="utf-8")
    summary = next(path for path in (tmp_path / "book").iterdir() if path.suffix == ".json")
    assert json.loads(summary.read_text())["hedge_effectiveness"] is None


def test_a_ruined_method_wins_nothing() -> None:
    nan = math.nan
    rows = [("x", "a", 0.1, 0.3, 2.0, 0.0), ("y", "a", 0.1, 0.3, 2.0, 0.0), ("x", "b", 0.9, 0.1, 1.0, 0.0)]
    rows += [("y", "b", -1.05, nan, 1.0, 1.0), ("x", "c", 0.2, 0.4, 3.0, 0.0), ("y", "c", 0.2, 0.4, 3.0, 0.0)]
    names = ["event", "method", "total_return", "volatility_annual", "turnover", "ruined"]
    table = pd.DataFrame(rows, columns=names).assign(problem=None, cost_frac=0.0, max_drawdown=0.0)
    found = pooled(table.assign(effectiveness_during=0.5))
    assert found["ruined"].tolist() == [0, 1, 0]
    # Two of its figures would be the best.
    assert found.loc["b", "mean_volatility"] < found.loc["a", "mean_volatility"]
    best = best_of(found)
    assert best["mean_volatility"] == ("a",)
    assert best["mean_turnover"] == ("a",)
    assert best_of(found.loc[["b"]])["mean_return"] == ()
