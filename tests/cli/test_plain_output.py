"""What files hold cannot steer a terminal: names, titles and headlines are shown, never obeyed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hedgebook.cli.output import console, print_error, print_json, print_tables
from hedgebook.cli.plain import plain, plain_cell, plain_json
from hedgebook.reports.page.table import Column, Table
from tests.cli.console import hedgebook

RED, BELL, CSI, OVERRIDE, HIDDEN = "\x1b[31m", "\x07", "\x9b2J", "\u202etxt.exe", "a\u200bb"
POISON = f"{RED}x{BELL}{CSI}{OVERRIDE}{HIDDEN}\r\u2066\ufeff\U000e0041"
OBEYED = [letter for letter in POISON if not letter.isprintable()]


def harmless(text: str) -> bool:
    return not any(letter in text for letter in OBEYED)


def test_control_characters_are_shown() -> None:
    assert plain(RED) == "\\x1b[31m"
    assert plain(OVERRIDE) == "\\u202etxt.exe"
    assert plain("\ud800") == "\\ud800"
    assert plain("one\nhedgebook: all is well") == "one\n  hedgebook: all is well"
    assert plain_cell("one\ntwo\tthree") == "one\\ntwo\\tthree"
    assert plain("Café 東京 − ± 5 % \U0001f642") == "Café 東京 − ± 5 % \U0001f642"
    assert harmless(plain(POISON))
    assert harmless(plain_cell(POISON))


def test_json_means_the_same() -> None:
    given = {POISON: ["\x7f", POISON, "東京", "\U000e0041", 'a"\\']}
    text = plain_json(json.dumps(given, ensure_ascii=False))
    assert harmless(text)
    assert "\x7f" not in text
    assert json.loads(text) == given
    assert "東京" in text


@pytest.mark.parametrize("as_json", [False, True])
def test_everything_that_is_printed_passes_there(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    print_error({"message": POISON}, as_json=as_json)
    print_json({"title": POISON})
    console().print(POISON, style="bold")
    print_tables(Table(POISON, (Column(POISON), Column("b")), ((POISON, "1"),), note=POISON))
    both = capsys.readouterr()
    assert harmless(both.out)
    assert harmless(both.err)
    assert "\\x1b" in both.out


def test_a_poisoned_universe_event_and_file_name(tmp_path: Path) -> None:
    (tmp_path / "u.toml").write_text(
        'name = "u"\ntitle = "T\\u001b[31m\\u202e"\nbenchmark = "SPY"\n'
        '[[buckets]]\nname = "a"\nrole = "R\\u0007\\u009b2J"\n'
        'members = [{ ticker = "SP\\u001bY", company = "C\\u202e", first_session = 2024-01-02 }]\n'
    )
    (tmp_path / "e.toml").write_text(
        '[[events]]\nid = "one"\nannounced_on = 2026-07-01\ntiming = "pre-open"\n'
        'headline = "H\\u001b]0;owned\\u0007\\nhedgebook: fine"\nsources = ["https://example.org/\\u001b[2J"]\n'
    )
    for given in (
        ("universes", "u.toml"),
        ("universes", "u.toml", "--json"),
        ("events", "one", "--events", "e.toml"),
        ("events", "--events", "e.toml"),
        ("check", f"no{RED}such.csv"),
        (f"un{RED}known",),
        ("run", "--set", f"ho{RED}ld=3"),
        ("run", "--costs", f"{RED}.toml"),
    ):
        done = hedgebook(*given, cwd=tmp_path)
        assert harmless(done.out), given
        assert harmless(done.err), given
        assert done.out + done.err


def test_a_name_with_a_line_break_makes_no_line_of_ours(tmp_path: Path) -> None:
    done = hedgebook("check", "no\nhedgebook: prices are fine", cwd=tmp_path)
    assert done.code == 2
    assert [line for line in done.err.splitlines() if line.startswith("hedgebook: ")] == [done.err.splitlines()[0]]
