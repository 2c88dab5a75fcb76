"""What a reader is told of decisions at which an option could not do what the method asked."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest

import hedgebook as hb
from hedgebook.engine.option_ledger.result import OptionRun
from hedgebook.reports.book.options import beside_table
from hedgebook.strategies.book.file import Book
from hedgebook.strategies.option_hedge.run import LedgerWindow, _chain_notes
from hedgebook.universes.chains.chain import Listed
from hedgebook.universes.counted import counted

from .hedged import flat, hedged, market, prices


def test_too_small_a_hedge_is_said_to_be_none(monkeypatch: pytest.MonkeyPatch) -> None:
    flat(monkeypatch)
    run = hedged(market(), "CLOUD:put:25d:40d", Book({"ACME": 3.0}, "shares", 1_000.0), rehedge="none")
    assert all(one.contracts == 0.0 for one in run.windows[0].bought)  # type: ignore[attr-defined]
    assert any("less than half a contract was asked for at 2 decisions, " in note for note in run.warnings)
    assert run.pnl["together"] == pytest.approx(run.pnl["alone"], abs=1e-9)


def test_a_sign_that_turns_leaves_the_option_unheld(monkeypatch: pytest.MonkeyPatch) -> None:
    """Least squares on names that move alike turns signs about: where the put's is against it, nothing is held."""
    flat(monkeypatch)
    run = hedged(market(prices(20)), "CLOUD:put:25d:40d,DRIFT,BENCH", rehedge="every:3", lookback=25)
    told = [note for note in run.warnings if "asked to buy CLOUD" in note]
    (window,) = run.windows
    none = [one for one in window.bought if one.picked is None]  # type: ignore[attr-defined]
    assert none
    assert f"at {len(none)} of {len(window.decisions)} decisions, last {none[-1].session}" in told[0]
    day = int((window.sessions.to_numpy().astype("datetime64[D]") > none[0].session).argmax())
    assert window.hedge_values.iloc[day, 0] == 0.0


@pytest.mark.parametrize(("rehedge", "left"), [("none", 5), ("every:10", 12), ("every:1", 5)])
def test_rolls_that_the_shares_do_not_follow_are_told(monkeypatch: pytest.MonkeyPatch, rehedge: str, left: int) -> None:
    flat(monkeypatch)
    run = hedged(market(), "CLOUD:put:25d:40d", rehedge=rehedge, roll_days=left)
    assert run.in_shares is not None
    (window,), (shares,) = run.windows, run.in_shares.windows
    assert isinstance(window, LedgerWindow)
    alone = {one.session for one in window.decisions} - {one.session for one in shares.decisions}
    told = [note for note in run.warnings if "differ in size" in note]
    assert len(told) == (1 if alone else 0)
    assert all(f"at {len(alone)} roll" in note for note in told)
    if rehedge != "every:10":
        assert bool(alone) == (rehedge == "none")
    # Every contract that was ever bought was filled, whether a roll or a re-hedge chose it.
    assert isinstance(window.hedged, OptionRun)
    fills = window.hedged.fills
    strikes = {name for name in fills["ticker"] if str(name).startswith("CLOUD 2")}
    rolls = len({one.session for one in window.bought if one.rolled})
    said = beside_table(run).note
    assert f"{counted(len(strikes), 'option series', 'option series')} bought, {counted(rolls, 'roll')}" in said
    assert (f"re-hedged {counted(len(window.decisions) - 1 - rolls, 'time')}" in said) == (rehedge != "none")


def test_a_chain_without_the_ticker_is_said_to_have_nothing_of_it() -> None:
    asked = hb.HedgeBook("book.csv", "CLOUD:put:25d:40d,ACME:put:25d:40d,DRIFT")
    chain = SimpleNamespace(ticker="ACME")
    held = Listed("DRIFT", date(2026, 12, 18), "put", 80.0)
    told, own = _chain_notes(asked, hb.Book({"META": 1.0}, options={held: -1.0}), (chain,))
    assert told == "the chain has no quotes of CLOUD, it has ACME: CLOUD:put:25d:40d is modelled"
    assert own == f"the chain has no quotes of DRIFT, it has ACME: {held} is modelled"
    assert not _chain_notes(asked, hb.Book({"META": 1.0}), ())
