"""What a market says of tickers that it has no prices of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.errors import InputError
from hedgebook.universes.calendar import trading_calendar
from hedgebook.universes.market import Market
from tests.markets import universe_text

SESSIONS = trading_calendar(2026, 2026).sessions[:150]
UNIVERSE = universe_text({"own": ("ACME", "NIL"), "bench": ("BENCH",)}, "BENCH")


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """Closes and opens of ACME, BENCH and EXTRA, of which the universe lacks EXTRA."""
    draws = np.random.default_rng(5)
    parts = []
    for ticker in ("ACME", "BENCH", "EXTRA"):
        close = 100.0 * np.cumprod(1.0 + draws.normal(0.0, 0.01, len(SESSIONS)))
        parts.append(pd.DataFrame({"date": SESSIONS, "ticker": ticker, "open": close * 1.001, "close": close}))
    return pd.concat(parts)


@pytest.fixture(scope="module")
def universe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("universe") / "duo.toml"
    path.write_text(UNIVERSE, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def market(frame: pd.DataFrame, universe: Path) -> Market:
    return hb.load_market(frame, universe)


def test_a_ticker_outside_the_universe_is_told_from_one_without_prices(market: Market) -> None:
    assert market.outside == ("EXTRA",)
    cases = {
        "EXTRA": ("EXTRA is in <DataFrame> but not in universe duo.", "--universe FILE", 'market.including(["EXTRA"])'),
        "NIL": ("NIL is in universe duo but has no prices in <DataFrame>",),
        "EXTRAS": ("EXTRAS has no prices in <DataFrame>", "Did you mean 'EXTRA'?"),
    }
    for ticker, parts in cases.items():
        with pytest.raises(InputError) as caught:
            market.column(ticker)
        for part in parts:
            assert part in str(caught.value)


def test_a_member_that_was_not_asked_for_is_not_said_to_lack_prices(frame: pd.DataFrame, universe: Path) -> None:
    some = hb.load_market(frame, universe, tickers=["BENCH"])
    with pytest.raises(InputError, match="ACME is in <DataFrame> but was left out of this market"):
        some.column("ACME")


@pytest.fixture(scope="module")
def whole(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Market:
    """The same prices in a universe that has EXTRA, as the remedy says."""
    path = tmp_path_factory.mktemp("universe") / "duo.toml"
    more = '[[buckets]]\nname = "other"\nmembers = [{ ticker = "EXTRA", earlier = true }]\n'
    path.write_text(UNIVERSE + more, encoding="utf-8")
    return hb.load_market(frame, path)


def test_the_remedy_works(whole: Market, market: Market) -> None:
    """Both ways that the message names make the ticker priced."""
    assert whole.column("EXTRA") == 2
    taken = market.including(["EXTRA"])
    assert taken.bucket_of("EXTRA") == "other"
    assert taken.outside == ()
    np.testing.assert_array_equal(taken.close, whole.close)
    assert "bucket other: EXTRA stands in no bucket of universe duo" in taken.warnings[-1]
    with pytest.raises(InputError, match="EXTRAS has no prices"):
        market.including(["EXTRAS"])


def test_sessions_stay_those_of_the_market(frame: pd.DataFrame, universe: Path) -> None:
    late = frame[(frame["ticker"] != "EXTRA") | (frame["date"] >= SESSIONS[40])]
    early = late[(late["ticker"] == "EXTRA") | (late["date"] < SESSIONS[100])]
    taken = hb.load_market(early, universe).including(["EXTRA"])
    assert len(taken.sessions) == 100
    assert np.isnan(taken.close[:40, 2]).all()
    assert np.isfinite(taken.close[40:, 2]).all()
    assert taken.universe.resolve(("other",), SESSIONS[39].item()) == ()
    assert taken.universe.resolve(("other",), SESSIONS[40].item()) == ("EXTRA",)


def test_a_file_that_has_changed_is_not_read_again(frame: pd.DataFrame, universe: Path, tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    frame.to_csv(path, index=False)
    market = hb.load_market(path, universe)
    frame.assign(close=frame["close"] * 2, open=frame["open"] * 2).to_csv(path, index=False)
    with pytest.raises(InputError, match="the file has changed since it was read"):
        market.including(["EXTRA"])


def test_benchmark_and_proxies_stand_in_no_bucket(frame: pd.DataFrame) -> None:
    renamed = frame.replace({"ticker": {"BENCH": "SPY"}})
    market = hb.load_market(renamed, ["ACME"])
    assert market.tickers == ("ACME", "SPY")
    assert market.buckets == ("tickers", None)
    assert market.resolve(("SPY", "tickers"), SESSIONS[9].item()) == ("SPY", "ACME")
    own = hb.load_market(frame, hb.Universe.of("ACME", benchmark="EXTRA"))
    assert own.tickers == ("ACME", "EXTRA")


def test_every_ticker_of_a_file_is_a_universe(frame: pd.DataFrame) -> None:
    for universe in ("all", "ai_infrastructure"):  # of which the file has nothing
        market = hb.load_market(frame, universe)
        assert market.universe.tickers == ("ACME", "BENCH", "EXTRA")
    with pytest.raises(InputError, match="no ticker of the universe duo"):
        hb.load_market(frame[frame["ticker"] == "EXTRA"], UNIVERSE_OF_TWO)


UNIVERSE_OF_TWO = hb.Universe.of(["ACME", "NIL"], name="duo")


def _schedule(ticker: str) -> hb.Schedule:
    return hb.Schedule(
        (ticker,), SESSIONS[:1].astype("datetime64[ns]"), SESSIONS[1:2], np.array([1]), np.array([[0.5]])
    )


LATE = hb.Period(str(SESSIONS[130]))
ASKED: dict[str, Callable[[Market], Any]] = {
    "schedule": lambda market: hb.run_schedule(market, _schedule("EXTRA")),
    "holdings": lambda market: hb.risk(hb.Book({"EXTRA": 10.0}), market),
    "hedge": lambda market: hb.hedge_book(hb.HedgeBook(hb.Book({"ACME": 10.0}), ("EXTRA",)), market, LATE),
    "hedge's benchmark": lambda market: hb.hedge_book(
        hb.HedgeBook(hb.Book({"ACME": 10.0}), ("BENCH",), benchmark="EXTRA"), market, LATE
    ),
    "benchmark": lambda market: hb.risk(hb.Book({"ACME": 10.0}), market, benchmark="EXTRA"),
}


@pytest.mark.parametrize("place", ASKED)
def test_every_place_that_names_a_ticker_takes_one_without_a_bucket(place: str, market: Market, whole: Market) -> None:
    """It gives what the same prices give in a universe that has the ticker."""
    found, wanted = ASKED[place](market), ASKED[place](whole)
    one, other = found.to_dict(), wanted.to_dict()
    for values in (one, other):
        for key in ("warnings", "notes", "universe", "data", "versions"):
            values.pop(key, None)
    assert one == other


def test_a_file_of_holdings_may_hold_it(market: Market, tmp_path: Path) -> None:
    path = tmp_path / "book.csv"
    path.write_text("ticker,shares\nACME,1\nEXTRA,2\n", encoding="utf-8")
    book = hb.read_book(path, market)
    assert book.amounts == {"ACME": 1.0, "EXTRA": 2.0}
    found = hb.risk(path, market)
    assert any("bucket other: EXTRA" in line for line in found.subject.market.warnings)


def test_the_numbers_of_marks_are_marks(market: Market) -> None:
    assert market.mark_time(3, hb.Mark(0)) == market.mark_time(3, 0) == market.open_at[3]
    assert market.mark_time(3, hb.Mark(1)) == market.mark_time(3, 1) == market.close_at[3]
    with pytest.raises(InputError, match=r"mark: .*Mark\.OPEN, which is 0"):
        market.mark_time(3, 2)


def test_names_of_a_file_may_hold_what_a_terminal_obeys(tmp_path: Path) -> None:
    odd = "AC\x1b[31mME\x9b"
    text = UNIVERSE.replace('"ACME"', '"AC\\u001b[31mME\\u009b"').replace("NIL", "OTHER")
    (tmp_path / "odd.toml").write_text(text, encoding="utf-8")
    draws = np.random.default_rng(9)
    closes = pd.DataFrame(100.0 * np.cumprod(1.0 + draws.normal(0.0, 0.01, (len(SESSIONS), 3)), axis=0), SESSIONS)
    closes.columns = pd.Index([odd, "BENCH", "EX\x07TRA\u202e"])
    closes.rename_axis("date").to_csv(tmp_path / "closes.csv")
    found = hb.load_market(tmp_path / "closes.csv", tmp_path / "odd.toml")
    assert found.outside == ("EX\x07TRA\u202e",)
    assert found.bucket_of(odd) == "own"
    assert any("EX\x07TRA" in warning for warning in found.warnings)
    weights = pd.DataFrame({odd: [0.5]}, index=pd.DatetimeIndex([SESSIONS[20]]))
    nav = hb.backtest(weights, found, costs="none").nav["nav_close"]
    held = closes[odd].to_numpy()
    start = int(np.flatnonzero(nav.to_numpy() != nav.iloc[0])[0]) - 1
    row = closes.index.get_loc(nav.index[start])
    assert nav.iloc[-1] / nav.iloc[start] == pytest.approx(0.5 + 0.5 * held[-1] / held[row], abs=1e-9)


@pytest.mark.parametrize(("given", "meant"), [("extra", "EXTRA"), ("Acme", "ACME"), ("onw", "own")])
def test_a_name_near_a_ticker_outside_the_universe_is_proposed_as_one_within(
    market: Market, given: str, meant: str
) -> None:
    with pytest.raises(InputError, match=rf"Did you mean '{meant}'\?"):
        market.resolve([given], SESSIONS[-1].item())


def test_what_is_read_when_named_is_not_called_ignored(market: Market) -> None:
    (said,) = [note for note in market.warnings if "EXTRA" in note]
    assert said == "1 ticker outside the universe duo, read where one is named: EXTRA"
