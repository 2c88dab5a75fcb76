"""What a reader is told of decisions at which an option could not do what the method asked."""

from __future__ import annotations

import pytest

from hedgebook.strategies.book.file import Book

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
