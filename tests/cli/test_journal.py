"""hedgebook journal: one line for cron, exit codes, 80 columns, and bad input of each kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from .console import Done, hedgebook

NAME = "long-meta-short-neocloud"


def journal(tmp_path: Path, *words: str | Path) -> Done:
    return hedgebook("journal", *words, "--journal", "j.sqlite", cwd=tmp_path)


def test_a_trade_from_its_opening_to_its_end(tmp_path: Path) -> None:
    opened = journal(tmp_path, "open", NAME, "--as-of", "2026-07-06", "--set", "stop_loss=0.3")
    assert opened.code == 0, opened.err
    assert opened.out.startswith(f"{NAME}  2026-07-06  day ")
    assert opened.out.rstrip().endswith("on  +3  ok")
    assert opened.out.count("\n") == 1
    assert len(opened.out) <= 81
    marked = journal(tmp_path, "mark", "--as-of", "2026-07-09", "--json")
    assert marked.code == 0, marked.err
    (told,) = marked.json["journals"]
    assert (told["new_sessions"], told["last"]["session"]) == (3, "2026-07-09")
    again = journal(tmp_path, "mark", NAME, "--as-of", "2026-07-09")
    assert (again.code, again.out.count("+0  ok")) == (0, 1)
    shown = journal(tmp_path, "show", NAME, "--out", "page")
    assert shown.code == 0, shown.err
    assert max(len(line) for line in shown.out.splitlines()) <= 80
    assert "Stop loss" in shown.out
    assert (tmp_path / "page" / "journal.json").is_file()
    listed = journal(tmp_path, "ls")
    assert NAME[:20] in listed.out
    assert max(len(line) for line in listed.out.splitlines()) <= 80
    verified = journal(tmp_path, "verify")
    assert (verified.code, verified.out.split(" rows")[0]) == (0, "6")
    closed = journal(tmp_path, "close", NAME, "--note", "done")
    assert closed.out.startswith(f"Closed {NAME} after 2026-07-09")
    assert "It still holds APLD, CRWV, META, NBIS." in closed.out
    refused = journal(tmp_path, "mark", NAME)
    assert refused.code == 2
    assert "was closed on" in refused.err


def test_an_alert_exits_with_one_and_stands_on_the_line(tmp_path: Path) -> None:
    opened = journal(tmp_path, "open", NAME, "--as-of", "2026-07-02", "--limit", "gross_frac=0.2")
    assert opened.code == 1
    assert "ALERT 2; 2026-07-01: limit gross_frac" in opened.out
    assert opened.err == ""
    again = journal(tmp_path, "mark", "--as-of", "2026-07-02")
    assert again.code == 1
    assert "ALERT 1; 2026-07-02: limit gross_frac" in again.out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("open",), "nothing to open a journal of"),
        (("open", "long-meta-short-neocluod"), "Did you mean"),
        (("open", NAME, "--limit", "gross=1"), "there is no such limit"),
        (("open", NAME, "--limit", "gross_frac"), "key=value"),
        (("open", NAME, "--as-of", "soon"), "this is no day"),
        (("open", NAME, "--name", "a b"), "cannot be named so"),
        (("open", NAME, "--fills", "none.csv"), "no such file of fills"),
        (("open", "--fills", "none.csv", "--set", "hold=3"), "no trade whose parameter"),
        (("mark",), "there is no open journal"),
        (("mark", "other"), "there is no journal 'other'"),
        (("show", "other"), "there is no journal 'other'"),
        (("close", "other"), "there is no journal 'other'"),
        (("verify", "other"), "there is no journal 'other'"),
    ],
)
def test_bad_input_exits_with_two(tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    done = journal(tmp_path, *words)
    assert done.code == 2
    assert says in done.err
    assert done.out == ""
    assert not (tmp_path / "j.sqlite").exists()
