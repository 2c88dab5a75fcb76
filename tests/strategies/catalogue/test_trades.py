"""The shipped trades: each says what it is for, and can be run and audited on sample and real prices."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import hedgebook as hb
from hedgebook.strategies.catalogue.read import load_trades
from hedgebook.strategies.strategy.given import planned
from hedgebook.strategies.strategy.strategy import IDEA
from hedgebook.strategies.trade.trade import EventTrade
from hedgebook.universes.market import Market

TRADES = load_trades()
# Needs prices of Seoul; tests/front/test_abroad.py runs it on some.
ABROAD = "long-meta-short-asia-memory"
AT_HOME = [name for name in TRADES if name != ABROAD]
EVENT_TRADES = [name for name in AT_HOME if isinstance(TRADES[name], EventTrade)]
SEEDS = {
    "36Kr on the fall of storage shares, July 2026",
    "Gate Square on Meta selling compute, July 2026",
    "TradingKey on Meta selling compute, July 2026",
    "a news report on Meta Compute, July 2026",
}


@pytest.mark.parametrize("name", list(TRADES))
def test_a_trade_says_what_it_is_for(name: str) -> None:
    trade = TRADES[name]
    assert trade.title
    assert not trade.unused
    assert trade.seed in SEEDS
    for said in (trade.thesis, trade.expected_sign, trade.refuted_by):
        assert len(said) > 10
    assert 1 <= len(re.findall(r"[.!?](?: |$)", trade.thesis)) <= 2


def test_no_two_trades_are_the_same() -> None:
    ideas = [(trade.thesis, trade.title) for trade in TRADES.values()]
    asked = [str(trade.own_parameters()) for trade in TRADES.values()]
    assert len({one for one, _ in ideas}) == len({one for _, one in ideas}) == len(set(asked)) == len(TRADES)


def test_every_sentence_is_the_projects_own(shared: Path) -> None:
    """No run of seven words of an article stands in the catalogue."""

    def runs(text: str) -> set[tuple[str, ...]]:
        words = re.findall(r"[a-z0-9]+", text.lower())
        return {tuple(words[i : i + 7]) for i in range(len(words) - 6)}

    told = set().union(*(runs(path.read_text(errors="replace")) for path in (shared / "seeds").glob("*.txt")))
    assert told
    for trade in TRADES.values():
        for said in (trade.title, trade.thesis, trade.refuted_by):
            assert not runs(said) & told, said


@pytest.mark.parametrize("name", AT_HOME)
def test_it_runs_on_the_sample_and_is_as_large_as_it_says(name: str, market: Market) -> None:
    trade = TRADES[name]
    plan = planned(trade, market)
    first = sum(abs(weight) for weight in plan.weights().values())
    assert first == pytest.approx(getattr(trade, "gross", None) or 1.0)
    run = hb.backtest(name, market)
    assert np.isfinite(run.final_nav)
    assert len(run.fills) >= 2


@pytest.mark.parametrize("name", AT_HOME)
def test_it_runs_and_passes_the_audit_on_real_prices(name: str, real_market: Market) -> None:
    run = hb.backtest(name, real_market)
    assert np.isfinite(run.final_nav)
    assert len(run.fills) >= 2
    assert not run.plan.schedule.hindsight
    assert hb.audit(name, real_market, decisions=2).passed


@pytest.mark.parametrize("name", EVENT_TRADES)
def test_an_event_trade_runs_over_the_event_series(name: str, market: Market) -> None:
    series = hb.event_series(name, market, tags=["demand-shock", "oversupply"])
    assert len(series.table) >= 2


def test_words_are_no_parameters() -> None:
    trade = TRADES["fade-memory"]
    assert trade.idea == {name: getattr(trade, name) for name in IDEA}
    assert not set(IDEA) & {*trade.parameters(), *trade.own_parameters(), *type(trade).parameter_names()}
    with pytest.raises(hb.InputError, match="thesis"):
        hb.sweep(trade, hb.sample_market(), thesis=["a", "b"])


def test_a_class_may_have_a_parameter_of_that_name() -> None:
    class Drawn(hb.Strategy):
        """Draws."""

        seed: int = 3
        thesis: str = "Chance."

    drawn = Drawn(seed=5)
    assert drawn.own_parameters() == {"seed": 5}
    assert drawn.idea == {"thesis": "Chance.", "seed": None, "expected_sign": None, "refuted_by": None}
    assert hb.trade("fade-memory").replaced(hold=3).idea == TRADES["fade-memory"].idea


def test_a_run_tells_its_idea(market: Market, tmp_path: Path) -> None:
    run = hb.backtest("fade-memory", market)
    assert run.to_dict()["idea"] == run.strategy.idea
    page = run.report(tmp_path / "r.html").read_text()
    for label, said in (("Thesis", run.strategy.thesis), ("Refuted by", run.strategy.refuted_by)):
        assert label in page
        assert said.replace("'", "&#x27;")[:40] in page
    assert "thesis" not in run.summary.index


def test_the_trade_of_seoul_says_what_it_needs_where_its_shares_have_no_prices() -> None:
    trade = hb.trade(ABROAD)
    with pytest.raises(hb.InputError, match="Use --universe ai_infrastructure_global, which has it, and --prices"):
        hb.backtest(trade, hb.sample_market())
    for ticker in trade.short:
        assert hb.load_universe("ai_infrastructure_global").by_ticker[ticker][1].calendar == "XKRX"
