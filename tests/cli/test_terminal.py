"""Every command on a terminal of 60, 80 and 200 columns: numbers are whole, and long work says what it does."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hedgebook.cli.app import main

BOOK = "ticker,shares\nMETA,1200\nCRWV,-3000\nNBIS,2500\nCASH,123456.78\n"
COMMANDS: dict[str, tuple[str, ...]] = {
    "run": ("run", "--out", "OUT"),
    "hedges": ("hedges", "--methods", "dollar,beta,min_variance,min_variance_each"),
    "hedge": ("hedge", "book.csv", "--with", "QQQ,SMH,MU,MSFT,GOOGL", "--from", "2026-06-01", "--rehedge", "weekly",
              "--lookback", "60", "--out", "OUT"),
    "hedge around events": ("hedge", "book.csv", "--with", "QQQ", "--lookback", "60", "--event", "meta-compute-2026",
                            "--event", "sb-neo-2026", "--out", "OUT"),
    "sweep": ("sweep", "--grid", "hold=5:20:5", "--grid", "gross=0.123456,1,2", "--grid", "stop_loss=none,0.0512",
              "--grid", "hedge=dollar,multi_min_variance", "--out", "OUT"),
    "risk": ("risk", "book.csv", "--paths", "500", "--sessions", "10"),
    "study": ("study", "--out", "OUT"),
    "claims": ("claims",),
    "events-backtest": ("events-backtest", "--tags", "compute-resale,competition", "--out", "OUT"),
    "capacity": ("capacity",),
    "events": ("events",),
    "event": ("events", "meta-compute-2026"),
    "trades": ("trades",),
    "trade": ("trades", "long-meta-short-neocloud"),
    "results": ("trades", "--results"),
    "universes": ("universes",),
    "universe": ("universes", "ai_infrastructure"),
}  # fmt: skip
NUMBER = re.compile(r"[−-]?\d[\d,]*(?:\.\d+)?%?")
RULE = re.compile("─+")


@pytest.fixture
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "book.csv").write_text(BOOK)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")


def printed(
    name: str, width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *more: str
) -> str:
    """What a command prints in a terminal of this width."""
    monkeypatch.setenv("COLUMNS", str(width))
    arguments = [f"out-{width}-{len(more)}" if part == "OUT" else part for part in COMMANDS[name]]
    with pytest.raises(SystemExit) as end:
        main([*arguments, *more])
    shown = capsys.readouterr()
    assert end.value.code == 0, shown.err
    return shown.out


def table_lines(text: str) -> list[str]:
    """The lines of the tables: from the heading over each rule to the next line that is no row of it."""
    lines, found = text.split("\n"), []
    for at, line in enumerate(lines):
        if RULE.fullmatch(line):
            for row in lines[at + 1 :]:
                if not row.strip() or len(row) > len(line):
                    break
                found.append(row)
    return found


@pytest.mark.usefixtures("_here")
@pytest.mark.parametrize("name", COMMANDS)
def test_a_narrow_terminal_shows_the_same_numbers_whole(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wide_text = printed(name, 200, capsys, monkeypatch)
    known = set(NUMBER.findall(wide_text))
    for width in (80, 60):
        text = printed(name, width, capsys, monkeypatch)
        assert re.search(r"\d…|…\d|\d\.\.\.", text) is None
        assert max(map(len, text.split("\n"))) <= width or "Report: " in text
        # What a narrow table shows stands in the wide one too: a number that was cut would not.
        cut = [number for row in table_lines(text) for number in NUMBER.findall(row) if number not in known]
        assert cut == [], (name, width)


def numbers_of(value: Any) -> Iterator[float]:
    """Every number in a JSON value, those inside of texts too."""
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int | float):
        yield float(value)
    elif isinstance(value, str):
        yield from (float(part.replace(",", "").rstrip("%").replace("−", "-")) for part in NUMBER.findall(value))
    else:
        for part in value.values() if isinstance(value, dict) else value:
            yield from numbers_of(part)


# Tables of other commands have sums, such as costs with interest, of which the JSON has the parts.
@pytest.mark.usefixtures("_here")
@pytest.mark.parametrize("name", ["capacity", "claims", "study"])
def test_numbers_of_the_tables_are_those_of_the_json(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = printed(name, 200, capsys, monkeypatch)
    data = json.loads(printed(name, 200, capsys, monkeypatch, "--json"))
    known = [scale * value for value in numbers_of(data) for scale in (1.0, 100.0)]
    for number in {number for row in table_lines(text) for number in NUMBER.findall(row)}:
        digits = number.rstrip("%").replace(",", "").replace("−", "-")
        half = 0.5000001 * 10.0 ** -len(digits.partition(".")[2])
        assert any(abs(abs(value) - abs(float(digits))) <= half for value in known), (name, number)


def test_work_of_seconds_says_what_it_does_and_for_how_long() -> None:
    """On a terminal, in the words of its phases; a pipe stays silent."""
    code = (
        "import time\nfrom hedgebook.cli.output import progress\n"
        "with progress('First phase') as say:\n    time.sleep(1.6)\n    say('Second phase')\n    time.sleep(1.2)\n"
        "with progress('Too short to show'):\n    pass\n"
    )
    above, below = pty.openpty()
    child = subprocess.Popen([sys.executable, "-c", code], stderr=below, env={**os.environ, "TERM": "xterm"})
    os.close(below)
    told = b""
    while True:
        try:
            part = os.read(above, 4096)
        except OSError:
            break
        if not part:
            break
        told += part
    os.close(above)
    assert child.wait(timeout=60) == 0
    shown = told.decode()
    assert "First phase" in shown
    assert "Second phase" in shown
    assert "0:00:01" in shown
    assert "Too short" not in shown
    silent = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert silent.stderr == ""
