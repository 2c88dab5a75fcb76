"""The price store: what is written, kept, read again and refused."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.cli import main
from hedgebook.errors import InputError
from hedgebook.universes.store.lock import one_writer
from hedgebook.universes.store.moments import moment_text
from tests.markets import universe_text

from ..sources import fake_yfinance
from ..sources.test_yfinance import DAYS, SMALL, quoted

NAMES = ["META", "SPY", "CRWV"]
OWN = universe_text({"all": ("META", "SPY", "CRWV")}, listed={"CRWV": "2025-03-28"})


pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HEDGEBOOK_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.toml").write_text(OWN)
    return tmp_path


def long(until: int | None = None) -> pd.DataFrame:
    """Prices of three tickers of the sample market, up to a number of sessions."""
    market = hb.sample_market()
    part = market.rows(0, until) if until is not None else market
    frame = pd.concat(
        [part.frame(f)[NAMES].stack().rename(f) for f in ("open", "high", "low", "close", "volume")], axis=1
    )
    rows: pd.DataFrame = frame.rename_axis(["date", "ticker"]).dropna(how="all").reset_index()
    return rows


def test_what_was_fetched_is_read_again_bit_for_bit(home: Path) -> None:
    frame = long()
    done = hb.fetch("own.toml", frame)
    assert (done.added, done.revised, done.absent) == (len(frame), 0, ())
    direct, stored = hb.load_market(frame, "own.toml"), hb.load_market("store:", "own.toml")
    for field in ("open", "high", "low", "close", "volume"):
        np.testing.assert_array_equal(getattr(stored, field), getattr(direct, field))
    again = hb.fetch("own.toml", frame)
    assert (again.added, again.revised, again.unchanged) == (0, 0, len(frame))
    info = hb.PriceStore().info()
    assert (info.rows, info.revisions, info.fetches, info.tickers) == (len(frame), 0, 2, 3)
    assert hb.PriceStore().verify() == ()
    assert Path(done.store) == home / "data" / "prices.duckdb"


def test_a_changed_price_is_a_revision_and_an_old_run_is_reproduced() -> None:
    first = hb.fetch("own.toml", long(600))
    before = hb.load_market("store:", "own.toml")
    newer = long()
    at = newer.index[(newer["ticker"] == "META") & (newer["date"] == str(before.sessions[550]))][0]
    newer.loc[at, ["close", "high"]] = newer.loc[at, "high"] * 1.05
    done = hb.fetch("own.toml", newer)
    assert done.revised == 1
    assert done.added == len(newer) - len(long(600))
    now = hb.load_market("store:", "own.toml")
    assert now.close[550, 0] == newer.loc[at, "close"]
    then = hb.load_market(f"store:?as_of={first.retrieved_at}", "own.toml")
    np.testing.assert_array_equal(then.close, before.close)
    assert then.provenance == before.provenance
    assert hb.PriceStore().tickers().loc["META", "revisions"] == 1
    # What a market says of itself is where the same prices are, whatever is fetched later.
    hb.fetch("own.toml", long())
    np.testing.assert_array_equal(hb.load_market(now.provenance.source, "own.toml").close, now.close)
    session = str(before.sessions[550])
    for as_of, close in ((first.retrieved_at, before.close[550, 0]), (done.retrieved_at, newer.loc[at, "close"])):
        frame = hb.PriceStore().frame(["META"], start=session, until=session, as_of=as_of)
        assert frame["close"].tolist() == [close]


def test_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    def run(*arguments: str, code: int = 0) -> dict[str, Any]:
        with pytest.raises(SystemExit) as end:
            main([*arguments, "--json"])
        shown = capsys.readouterr()
        assert end.value.code == code, shown
        found: dict[str, Any] = json.loads(shown.out)
        return found

    assert "no price store yet" in run("data", "info", code=2)["error"]["message"]
    long(400).to_csv("prices.csv", index=False)
    first = run("fetch", "--universe", "own.toml", "--source", "prices.csv")
    long().to_parquet("more.parquet", index=False)
    second = run("fetch", "--universe", "own.toml", "--source", "more.parquet", "--start", "2025-06-02")
    assert second["first"] == "2025-06-02"
    assert [row["ticker"] for row in run("data", "ls")["tickers"]] == sorted(NAMES)
    assert run("data", "info")["sources"] == ["prices.csv", "more.parquet"]
    assert run("data", "verify")["passed"]
    assert run("data", "export", "out.csv")["rows"] == len(hb.PriceStore().frame())
    assert run("data", "export", "old.parquet", "--data-as-of", first["retrieved_at"])["rows"] == len(long(400))
    assert "there already" in run("data", "export", "out.csv", code=2)["error"]["message"]
    np.testing.assert_array_equal(
        hb.load_market("out.csv", "own.toml").close, hb.load_market("store:", "own.toml").close
    )
    ran = run("check", "store:", "--universe", "own.toml")
    assert ran["source"] == f"store:?as_of={second['retrieved_at']}"


def test_a_command_without_prices_says_which_it_uses() -> None:
    from hedgebook.cli.options import MarketOptions

    plain = MarketOptions().market()
    assert plain is hb.sample_market()  # nothing was ever fetched: nothing changes, and nothing is said
    hb.fetch("own.toml", long())
    own = MarketOptions(universe="own.toml").market()
    assert own.provenance.source.startswith("store:?as_of=")
    assert "prices are those of the price store" in own.warnings[0]
    usual = MarketOptions().market()
    assert usual.provenance.simulated
    assert "the price store lacks" in usual.warnings[0]
    old = MarketOptions(universe="own.toml", data_as_of=moment_text(hb.PriceStore().latest())).market()
    np.testing.assert_array_equal(old.close, own.close)
    with pytest.raises(InputError, match="only the price store remembers"):
        MarketOptions(prices="prices.csv", data_as_of="2026-01-01").market()


def test_a_store_that_is_none_is_said_and_not_used(home: Path) -> None:
    from hedgebook.cli.options import MarketOptions

    (home / "data").mkdir()
    (home / "data" / "prices.duckdb").write_bytes(b"not a database" * 1000)
    assert "the price store is not used" in MarketOptions().market().warnings[0]
    with pytest.raises(InputError, match="not a DuckDB file"):
        hb.fetch("own.toml", long())


def test_rows_that_were_changed_by_hand_are_found() -> None:
    hb.fetch("own.toml", long(300))
    hb.fetch("own.toml", long(320))
    store = hb.PriceStore()
    for change, said in (
        ("UPDATE prices SET close = close * 1.01 WHERE ticker = 'META' AND session = '2024-03-01'", "not those"),
        ("DELETE FROM prices WHERE ticker = 'SPY' AND fetch_no = 2", "are there"),
        ("DELETE FROM fetches WHERE fetch_no = 2", "belong to no fetch"),
    ):
        with duckdb.connect(str(store.path)) as made:
            made.execute(change)
        assert any(said in problem for problem in store.verify())


def test_two_fetches_at_once() -> None:
    hb.fetch("own.toml", long(300))
    with one_writer(hb.PriceStore().path), pytest.raises(InputError, match=r"another fetch is writing.*process \d+"):
        hb.fetch("own.toml", long(310))
    assert hb.fetch("own.toml", long(310)).added == 20


def test_a_change_of_scale_replaces_a_history_or_is_refused() -> None:
    hb.fetch("own.toml", long(600))
    scaled = long()
    scaled.loc[scaled["ticker"] == "META", ["open", "high", "low", "close"]] *= 0.997
    with pytest.raises(InputError, match=r"another scale.*META x 0\.997"):
        hb.fetch("own.toml", scaled, start="2026-01-02")
    assert hb.PriceStore().info().fetches == 1
    assert hb.fetch("own.toml", scaled).revised == 600
    assert hb.PriceStore().verify() == ()


@pytest.fixture
def yahoo(monkeypatch: pytest.MonkeyPatch) -> dict[str, pd.DataFrame]:
    held = {name: quoted(k, DAYS[:25]) for k, name in enumerate(("SPY", "BRK-B", "RR.L"))}
    monkeypatch.setitem(sys.modules, "yfinance", fake_yfinance.made(held))
    return held


def test_yahoo_is_asked_for_what_is_new_and_for_all_after_a_dividend(yahoo: dict[str, pd.DataFrame]) -> None:
    calls = sys.modules["yfinance"].calls
    first = hb.fetch(SMALL)
    assert (first.absent, first.added) == (("GONE",), 75)
    for k, name in enumerate(("SPY", "BRK-B", "RR.L")):
        yahoo[name] = quoted(k)  # fifteen days later, with a dividend on one of them
    yahoo["SPY"] = fake_yfinance.adjusted(quoted(0).assign(Dividends=0.0))
    yahoo["SPY"].loc[DAYS[:25], ["Open", "High", "Low", "Close", "Adj Close"]] = quoted(0, DAYS[:25])
    calls.clear()
    second = hb.fetch(SMALL)
    asked = [call["tickers"] for call in calls if call["tickers"] != ["GONE"]]
    assert asked == [["SPY", "BRK-B", "RR.L"], ["BRK-B", "RR.L"]]
    newer, anew = (call["start"] for call in calls if call["start"] is not None)
    assert str(DAYS[0].date()) < newer < str(DAYS[24].date())
    assert anew == str(DAYS[0].date())
    assert any("BRK.B, RR.L" in note for note in second.notes)
    assert second.added == 45
    assert second.revised >= 50
    store = hb.PriceStore()
    np.testing.assert_allclose(
        hb.load_market("store:", SMALL).close[:, 1], quoted(1)["Adj Close"].to_numpy(), rtol=1e-15
    )
    raw = store.frame(["BRK.B"], basis="raw")
    np.testing.assert_array_equal(raw["close"].to_numpy(), quoted(1)["Close"].to_numpy())
    actions = store.actions("BRK.B")
    assert actions["kind"].tolist() == ["split", "dividend"]
    assert actions["value"].tolist() == [2.0, 1.0]
    assert store.verify() == ()
    # An old run sees the old scale.
    old = hb.load_market(f"store:?as_of={first.retrieved_at}", SMALL)
    np.testing.assert_array_equal(old.close[:, 1], quoted(1, DAYS[:25])["Adj Close"].to_numpy())


@pytest.mark.parametrize("full", [False, True])
def test_a_part_on_a_new_scale_brings_the_whole_history(full: bool, yahoo: dict[str, pd.DataFrame]) -> None:
    hb.fetch(SMALL)
    for k, name in enumerate(("SPY", "BRK-B", "RR.L")):
        yahoo[name] = quoted(k)
    later = str(DAYS[12].date())
    done = hb.fetch(SMALL, start=later, full=full)
    assert any("whole history" in note for note in done.notes)
    expected = np.column_stack([quoted(k)["Adj Close"].to_numpy() for k in range(3)])
    np.testing.assert_allclose(hb.load_market("store:", SMALL).close, expected, rtol=1e-15)


def test_a_source_is_a_source_of_the_store(tmp_path: Path) -> None:
    made = sqlite3.connect(tmp_path / "desk.db")
    long().to_sql("bars", made, index=False)
    made.close()
    done = hb.fetch("own.toml", f"sqlite:///{tmp_path}/desk.db?table=bars", start="2026-01-02", until="2026-06-30")
    assert (done.first, done.last) == ("2026-01-02", "2026-06-30")
    assert hb.PriceStore().tickers()["source"].unique().tolist() == [f"sqlite:///{tmp_path}/desk.db?table=bars"]


def test_a_first_fetch_that_finds_no_room_leaves_no_store(home: Path) -> None:
    """A bound on the size of files stands for the disk: the tables alone fit in, what is fetched does not."""
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); import hedgebook.cli; "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000)); hedgebook.cli.main(sys.argv[1:])"
    )
    long().to_csv(home / "prices.csv", index=False)
    asked = ["fetch", "--source", "prices.csv", "--universe", "own.toml"]
    done = subprocess.run([sys.executable, "-c", code, *asked], capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert "the price store cannot be written" in done.stderr
    assert [path.name for path in (home / "data").iterdir()] == ["prices.duckdb.lock"]
    with pytest.raises(SystemExit, match="0"):
        main(asked)
    assert len(hb.PriceStore().tickers()) == len(NAMES)
