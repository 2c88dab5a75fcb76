"""The journal's file: appended to and never changed, whoever writes and whatever kills them."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from pathlib import Path

import pytest

import hedgebook as hb
from hedgebook.front.journal.keep import verify_journals
from hedgebook.front.journal.store import JournalError, JournalFile
from hedgebook.strategies.journal.state import NewEntry

NAME = "long-meta-short-neocloud"


@pytest.fixture(scope="module")
def market() -> hb.Market:
    return hb.sample_market(seed=5)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "journal.sqlite"


def test_nothing_can_be_changed_or_taken_out(path: Path) -> None:
    with JournalFile(path).writing() as writing:
        writing.append("one", [NewEntry("open", "{}"), NewEntry("mark", "{}", "2026-07-01")])
    with sqlite3.connect(path) as connection:
        for statement in ("UPDATE entries SET body = 'x'", "DELETE FROM entries"):
            with pytest.raises(sqlite3.IntegrityError, match="never changed"):
                connection.execute(statement)
    with pytest.raises(JournalError), JournalFile(path).writing() as writing:
        writing.append("one", [NewEntry("mark", "{}", "2026-07-02"), NewEntry("mark", "{}", "2026-07-01")])
    assert [one.session for one in JournalFile(path).entries("one")] == [None, "2026-07-01"]
    assert JournalFile(path).broken() == []


@pytest.mark.parametrize(
    ("statement", "number", "says"),
    [
        ("UPDATE entries SET body = replace(body, '1', '2') WHERE number = 3", 3, "content was changed"),
        ("UPDATE entries SET made_at = '2020-01-01' WHERE number = 2", 2, "content was changed"),
        ("DELETE FROM entries WHERE number = 3", 4, "entries are missing: 3"),
        ("DELETE FROM entries WHERE number = 5", 5, "missing at the end"),
    ],
)
def test_an_entry_that_was_changed_is_named(path: Path, statement: str, number: int, says: str) -> None:
    with JournalFile(path).writing() as writing:
        writing.append("one", [NewEntry("open", "{}"), *(NewEntry("mark", f'{{"a":{k}1}}', f"d{k}") for k in range(4))])
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER nothing_is_changed")
        connection.execute("DROP TRIGGER nothing_is_deleted")
        connection.execute(statement)
    found = JournalFile(path).broken()
    assert found[0].number == number
    assert says in found[0].what


def test_a_forged_row_does_not_follow_again(path: Path, market: hb.Market) -> None:
    hb.journal.open(NAME, market, as_of="2026-07-08", file=path)
    assert hb.journal.verify(file=path).sound
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER nothing_is_changed")
        connection.execute(
            "UPDATE entries SET body = replace(body, '\"nav_usd\":', '\"nav_usd\":1') WHERE session = '2026-07-06'"
        )
    found = hb.journal.verify(file=path)
    assert found.differing == ((NAME, "2026-07-06"),)
    assert [one.number for one in found.broken] == [4]
    assert not found.sound


def test_a_kill_loses_no_row_that_was_told(path: Path, market: hb.Market) -> None:
    """Children mark session by session and tell each; each is killed at some moment of it."""
    hb.journal.open(NAME, market, as_of="2026-07-01", file=path)
    days = [str(day) for day in market.sessions[market.session_index("2026-07-02") :][:19]]
    draw, told = random.Random(1), set()
    for _ in range(4):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            for day in days:
                hb.journal.mark(NAME, market, as_of=day, file=path)
                os.write(writing, f"{day}\n".encode())
            os._exit(0)
        os.close(writing)
        time.sleep(draw.uniform(0.02, 0.35))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(reading) as pipe:
            told |= set(pipe.read().split("\n")) - {""}
        state = hb.journal.show(NAME, file=path).state
        there = [row["session"] for row in state.rows]
        assert set(there) >= told
        assert there == sorted(there)
        assert verify_journals(path).sound
    assert told


def test_two_at_once_mark_each_session_once(path: Path, market: hb.Market) -> None:
    hb.journal.open(NAME, market, as_of="2026-07-01", file=path)
    children = []
    for _ in range(2):
        child = os.fork()
        if child == 0:
            for day in ("2026-07-02", "2026-07-06", "2026-07-07"):
                hb.journal.mark(NAME, market, as_of=day, file=path)
            os._exit(0)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
    rows = [row["session"] for row in hb.journal.show(NAME, file=path).state.rows]
    assert rows == ["2026-07-01", "2026-07-02", "2026-07-06", "2026-07-07"]
    assert hb.journal.verify(file=path).sound


def test_another_file_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no database of ours")
    with pytest.raises(JournalError, match="not a database"):
        hb.journal.table(text)
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE trials (a)")
    with pytest.raises(JournalError, match="another program's"):
        hb.journal.table(other)
    assert text.read_text() == "no database of ours"
