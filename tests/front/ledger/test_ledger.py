"""The trial ledger: nothing is lost, the same again counts once, and a sweep can count what was tried before."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import sqlite3
from pathlib import Path
from typing import Any

import pytest

import hedgebook as hb
from benchmarks.ledger import write_many
from hedgebook.engine.sweep.overfitting.sharpe import SharpeConvention
from hedgebook.errors import InputError
from hedgebook.front.ledger.record import record_of
from hedgebook.front.ledger.store import Ledger, Record
from hedgebook.front.ledger.workspace import ledger_path
from hedgebook.front.replay.call import call_of
from hedgebook.front.replay.encode import encode_arguments
from hedgebook.front.replay.known import known, known_text
from hedgebook.front.replay.numbers import nav_digest
from hedgebook.universes.event import load_events

AXES = {"hold": [4, 6, 8, 10]}


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace of its own, which is the working directory."""
    monkeypatch.delenv("HEDGEBOOK_LEDGER")
    (tmp_path / ".hedgebook").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path / ".hedgebook" / "ledger.sqlite"


def record(identity: str, trials: int = 1, made_at: str = "2026-01-01T00:00:00+00:00") -> Record:
    return Record(made_at, "run", "x", trials, identity, "", "", "{}", "")


def test_the_nearest_workspace_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a" / ".hedgebook").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    monkeypatch.delenv("HEDGEBOOK_LEDGER")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert ledger_path(tmp_path / "a" / "b" / "c") == tmp_path / "a" / ".hedgebook" / "ledger.sqlite"
    assert ledger_path(tmp_path) == tmp_path / "data" / "hedgebook" / "ledger.sqlite"
    monkeypatch.setenv("HEDGEBOOK_LEDGER", str(tmp_path / "own.sqlite"))
    assert ledger_path(tmp_path / "a") == tmp_path / "own.sqlite"
    for word in ("off", "OFF", "0"):
        monkeypatch.setenv("HEDGEBOOK_LEDGER", word)
        assert ledger_path(tmp_path / "a") is None
        assert (hb.ledger.trials(), hb.ledger.clear(), len(hb.ledger.table())) == (0, 0, 0)


def test_a_loop_notes_nothing_unasked_and_the_same_again_counts_once(market: hb.Market, ledger: Path) -> None:
    runs = [hb.backtest(hb.trade(hold=hold), market) for hold in (5, 6, 5)]
    assert not ledger.exists()
    assert [hb.ledger.note(run) for run in runs] == [1, 2, 3]
    assert hb.ledger.trials() == 2
    hb.ledger.note(hb.backtest(hb.trade(hold=5), market, costs="none"))
    grid = hb.sweep(hb.trade(), market, **AXES)
    hb.ledger.note(grid)
    hb.ledger.note(grid)
    assert hb.ledger.trials() == 2 + 1 + 4
    table = hb.ledger.table()
    assert list(table["trials"]) == [4, 4, 1, 1, 1, 1]
    assert list(table["kind"]) == ["sweep", "sweep", "run", "run", "run", "run"]
    lines = table.loc[[1, 2, 3]]
    assert lines["result_sha256"].nunique() == lines["identity"].nunique() == 2
    assert table["data_sha256"].nunique() == 1
    assert hb.ledger.note(hb.tearsheet(runs[0])) is None
    with pytest.raises(InputError, match="only what a function"):
        hb.ledger.note(3)
    assert hb.ledger.clear() == 6
    assert hb.ledger.note(runs[0]) == 7
    assert len(hb.ledger.table(most=1)) == 1


def test_a_ticket_and_a_search_stand_in_it(market: hb.Market, ledger: Path) -> None:
    book = hb.Book({"META": 1e6, "NBIS": -2e5}, "dollars", source="mine.csv")
    ticket = hb.ticket("long-meta-short-neocloud", market)
    search = hb.find_hedge(book, market, names=1, among="benchmark", placebos=19, as_of="2026-06-30")
    for made in (ticket, ticket, search, search):
        assert hb.ledger.note(made) is not None
    lines = hb.ledger.table()
    assert lines["kind"].tolist() == ["search", "search", "ticket", "ticket"]
    assert lines["name"].tolist() == ["mine.csv", "mine.csv", "long-meta-short-neocloud", "long-meta-short-neocloud"]
    assert lines["identity"].nunique() == 2
    # A ticket looks at no outcome; a hedge is one choice, its baskets being compared by variance.
    assert hb.ledger.trials() == 1
    assert ledger.exists()


def test_expressions_of_a_view_count_and_sets_of_their_sweep(ledger: Path) -> None:
    market, name = hb.sample_market(), "long-meta-short-neocloud"
    plain = hb.express(name, market, only="put-spread")
    swept = hb.express(name, market, only="put-spread", sweep="delta=0.3,0.5,width=0.1,0.2")
    for made in (plain, plain, swept, swept):
        assert hb.ledger.note(made) is not None
    lines = hb.ledger.table()
    assert lines["kind"].tolist() == ["sweep", "sweep", "express", "express"]
    assert set(lines["name"]) == {name}
    # The legs in shares and the spread; then both legs and four spreads beside the one that is asked for.
    assert lines["trials"].tolist() == [7, 7, 3, 3]
    assert lines["identity"].nunique() == 2
    assert hb.ledger.trials() == 3 + 7
    few = hb.RefuteOptions(dates=100, baskets=20, draws=199, trials="workspace")
    assert hb.refute(name, market, "none", options=few).trials == 10 + 1
    assert ledger.exists()


def test_strategies_of_every_kind_stand_in_it(market: hb.Market, ledger: Path) -> None:
    held = hb.BuyAndHold(name="core", tickers="SPY")
    weights = market.frame("close")[["META"]].iloc[[5, 50]] * 0.0 + 0.5
    for strategy in (held, hb.weights(weights)):
        assert hb.ledger.note(hb.backtest(strategy, market, start="2026-06-01")) is not None
    assert hb.ledger.table()["name"].tolist()[-1] == "core"
    assert hb.ledger.trials() == 2
    assert ledger.exists()


def test_a_sweep_counts_what_the_workspace_tried_before(market: hb.Market, ledger: Path) -> None:
    alone = hb.sweep(hb.trade(), market, **AXES)
    assert "workspace" not in alone.luck.trials
    store = Ledger(ledger)
    store.append(record("another sweep", 996))
    counted = hb.SweepOptions(trials="workspace")
    first = hb.sweep(hb.trade(), market, options=counted, **AXES)
    assert first.luck.trials["workspace"] == 1000.0
    hb.ledger.note(first)
    again = hb.sweep(hb.trade(), market, options=counted, **AXES)
    assert again.luck.trials["workspace"] == 1000.0
    given = hb.sweep(hb.trade(), market, options=hb.SweepOptions(trials=996), **AXES)
    assert given.luck.deflated == first.luck.deflated
    for convention in SharpeConvention:
        few, many = (first.luck.deflated[name][convention.value] for name in ("all sets", "workspace"))
        assert few is not None
        assert many is not None
        assert many < few
    assert "all 1,000 trials of the workspace" in first.luck.verdict
    assert "1,000 of the workspace" in first._document().sections[0].__repr__() + str(first._document().sections)
    with pytest.raises(InputError, match="sweep, workspace"):
        hb.SweepOptions(trials="all")


def test_a_verdict_counts_what_the_workspace_tried_before(ledger: Path) -> None:
    market, name = hb.sample_market(), "long-meta-short-neocloud"
    few = {"dates": 100, "baskets": 20, "draws": 199}
    run = hb.backtest(name, market, "none")
    alone = hb.refute(run, options=hb.RefuteOptions(**few))
    assert alone.trials is None
    hb.ledger.note(run)
    hb.ledger.note(alone)
    assert hb.ledger.table()["kind"].tolist() == ["refute", "run"]
    # A run and a verdict on it are one trial.
    assert hb.ledger.trials() == 1
    Ledger(ledger).append(record("a sweep", 40))
    counted = hb.refute(run, options=hb.RefuteOptions(**few, trials="workspace"))
    by_name = hb.refute(name, market, "none", options=hb.RefuteOptions(**few, trials="workspace"))
    given = hb.refute(run, options=hb.RefuteOptions(**few, trials=40))
    assert counted.trials == by_name.trials == given.trials == 41
    assert counted.table.equals(given.table)
    weakest = max(test.p_value for test in alone.tests)
    last = counted.tests[-1]
    assert [test.name for test in counted.tests] == [*(test.name for test in alone.tests), "all trials"]
    assert last.p_value == pytest.approx(1.0 - (1.0 - weakest) ** 41)
    assert any("41 trials are counted, this strategy and 40 tried besides" in note for note in counted.notes)
    assert counted.to_dict()["trials"] == 41
    # The same again, and another strategy, of which no line is there yet.
    hb.ledger.note(counted)
    assert hb.ledger.trials() == 41
    other = hb.refute(hb.trade(name).replaced(hold=3), market, options=hb.RefuteOptions(**few, trials="workspace"))
    assert other.trials == 42
    with pytest.raises(InputError, match="workspace"):
        hb.RefuteOptions(trials="sweep")


def test_what_cannot_be_written_is_one_error_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    damaged = tmp_path / "damaged.sqlite"
    damaged.write_bytes(b"this is no database" * 100)
    for path in (tmp_path / "file" / "ledger.sqlite", damaged):
        with pytest.raises(InputError, match="HEDGEBOOK_LEDGER=off"):
            Ledger(path).append(record("a"))


def test_numbers_ascend_when_the_clock_goes_back(tmp_path: Path) -> None:
    store = Ledger(tmp_path / "ledger.sqlite")
    for year in (2030, 2026, 1999):
        store.append(record(str(year), made_at=f"{year}-01-01T00:00:00+00:00"))
    assert [line["made_at"][:4] for line in store.lines()] == ["1999", "2026", "2030"]
    assert [line["number"] for line in store.lines()] == [3, 2, 1]
    store.close()
    with sqlite3.connect(tmp_path / "ledger.sqlite") as file:
        assert file.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_what_was_noted_outlives_the_kill_of_its_writer(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    context = multiprocessing.get_context("fork")
    for life in range(3):
        hears, tells = context.Pipe(duplex=False)
        writer = context.Process(target=write_and_tell, args=(path, life, tells))
        writer.start()
        tells.close()
        noted = [hears.recv() for _ in range(40 + 17 * life)]
        writer.kill()
        writer.join()
        with contextlib.suppress(EOFError):
            while True:
                noted.append(hears.recv())
        found = {line["number"]: line["identity"] for line in Ledger(path).lines()}
        assert all(found[number] == identity for number, identity in noted)
    with sqlite3.connect(path) as file:
        assert file.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def write_and_tell(path: Path, life: int, tells: Any) -> None:
    """Append lines until killed, and tell of each only when it is written."""
    store = Ledger(path)
    for i in range(100_000):
        identity = f"{life}-{i}"
        tells.send((store.append(record(identity)), identity))


def test_a_line_is_the_same_however_often_what_calls_share_was_written_down(market: hb.Market) -> None:
    made = [
        hb.backtest(hb.trade(), market), hb.backtest(hb.trade(), market, events=load_events()),
        hb.hedges(hb.trade(), market), hb.sweep(hb.trade(), market, hold=[3, 4]),
    ]  # fmt: skip
    for result in made:
        call = call_of(result)
        assert call is not None
        for _ in range(2):
            told = known(encode_arguments(call.arguments))
            assert known_text(told) == json.dumps(told, sort_keys=True, default=str)
    lines = [record_of(one) for one in (made[0], made[0], hb.backtest(hb.trade(), hb.sample_market(seed=5)))]
    first, again, other = (line for line in lines if line is not None)
    assert (first.data_sha256, first.identity) == (again.data_sha256, again.identity)
    assert other.data_sha256 != first.data_sha256
    run = made[0]
    assert isinstance(run, hb.Run)
    assert first.result_sha256 == nav_digest(run.nav)


def test_many_writers_lose_nothing(tmp_path: Path) -> None:
    path, writers, each = tmp_path / "ledger.sqlite", 4, 100
    context = multiprocessing.get_context("fork")
    jobs = [context.Process(target=write_many, args=(path, name, each)) for name in range(writers)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
        assert job.exitcode == 0
    lines = Ledger(path).lines()
    assert len(lines) == writers * each
    assert {line["identity"] for line in lines} == {f"{name}-{i}" for name in range(writers) for i in range(each)}
