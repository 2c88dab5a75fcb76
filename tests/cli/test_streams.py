"""Standard streams that are closed, full, without a reader or in another encoding, as shells hand them over."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hedgebook.cli import streams
from hedgebook.cli.deliver import default_folder

from .console import SCRIPT, hedgebook

RUN = ("run", "--set", "hold=4")
needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")


def shell(line: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """A line of bash in which $H is the console script."""
    known = {**os.environ, "H": str(SCRIPT), "COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb", **environment}
    return subprocess.run(["bash", "-o", "pipefail", "-c", line], cwd=cwd, env=known, capture_output=True, timeout=300)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_symbols_that_an_encoding_lacks_are_replaced(tmp_path: Path, encoding: str) -> None:
    """A title in a file of one's own has letters that neither encoding takes."""
    trade = '[over]\ntitle = "Über 利 → 3σ ‘x’"\nevent = "meta-compute-2026"\nlong = ["META"]\nshort = ["neocloud"]\n'
    (tmp_path / "mine.toml").write_text(trade + "hold = 4\n", encoding="utf-8")
    line = "$H run mine.toml:over --out r && $H trades mine.toml:over --json > j.txt && $H run mine.toml:övr"
    done = shell(line, tmp_path, PYTHONIOENCODING=encoding)
    assert done.returncode == 2, done.stderr
    out, err = done.stdout.decode(encoding), done.stderr.decode(encoding)
    assert ("?ber ? > 3s 'x'" if encoding == "ascii" else "Über ? > 3s ‘x’") in out
    assert "Report: r/report.html" in out
    assert "Traceback" not in err
    assert len(err.strip().splitlines()) == 1
    # JSON is UTF-8 for whoever reads it, so other encodings get its escapes.
    found = json.loads((tmp_path / "j.txt").read_bytes().decode("ascii"))
    assert found["trades"][0]["title"] == "Über 利 → 3σ ‘x’"


@needs_full
def test_a_full_output_is_told_with_what_is_kept(tmp_path: Path) -> None:
    commands = (f"{' '.join(RUN)} --out r", "events --json", "--help", "run --set hold=x 2> /dev/full")
    done = shell("; ".join(f"$H {command} > /dev/full; echo $?" for command in commands), tmp_path)
    assert done.stdout.split() == [b"1", b"1", b"1", b"2"]
    first, *others = done.stderr.decode().splitlines()
    assert first == "hedgebook: standard output cannot be written: No space left on device; kept: r"
    assert others == ["hedgebook: standard output cannot be written: No space left on device"] * 2
    assert (tmp_path / "r" / "report.html").is_file()


@pytest.mark.parametrize(
    "command",
    [
        "run --out a", "run --json --out a", "sweep --grid hold=3:4 --out a", "capacity", "trades", "events",
        "universes", "study meta-compute-2026", "hedges", "events-backtest", "claims", "risk x.csv", "check x.csv",
        "hedge x.csv --with memory", "verify a", "--version", "--help", "run --help", "", "run --set hold=x",
    ],
)  # fmt: skip
def test_without_an_output_no_command_begins(tmp_path: Path, command: str) -> None:
    """Nobody would see the answer: that is said at once, and not after the work with the exit code of success."""
    done = shell(f"$H {command} >&-", tmp_path)
    assert done.returncode == 2
    assert done.stderr.decode().splitlines() == [
        "hedgebook: standard output is closed, so nothing was done. Open it, as with > result.txt or > /dev/null."
    ]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["run --out a", "sweep --grid hold=3:4 --out a", "trades", "--help"])
def test_without_any_stream_no_command_begins(tmp_path: Path, command: str) -> None:
    silent = shell(f"$H {command} >&- 2>&- <&-", tmp_path)
    assert silent.returncode == 2
    assert list(tmp_path.iterdir()) == []


def test_other_closed_streams_are_no_obstacle(tmp_path: Path) -> None:
    run = " ".join(RUN)
    line = (
        f"$H {run} --out a 2>&- <&- > b.txt; echo $? >&2; "
        "$H trades 2>&- > c.txt; echo $? >&2; $H events <&- > d.txt; echo $? >&2; "
        "$H run --set hold=x --json 2>&- > e.txt"
    )
    done = shell(line, tmp_path)
    assert done.returncode == 2
    assert done.stderr.decode().splitlines() == ["0", "0", "0"]
    assert done.stdout == b""
    assert {path.suffix for path in (tmp_path / "a").iterdir()} == {".json", ".parquet", ".html", ".gz"}
    # Nothing that was meant for a closed stream got into a file that took its number.
    assert (tmp_path / "a" / "nav.parquet").read_bytes()[-4:] == b"PAR1"
    assert b"meta-compute-2026" in (tmp_path / "d.txt").read_bytes()
    assert json.loads((tmp_path / "e.txt").read_text())["error"]["kind"] == "ParameterError"


def test_a_reader_that_goes_ends_nothing(tmp_path: Path) -> None:
    run = " ".join(RUN)
    line = (
        f"$H {run} --out a | head -1; echo $?; $H claims --json | head -1; echo $?; "
        "$H --help | true; echo $?; $H events | true; echo $?"
    )
    done = shell(line, tmp_path)
    assert done.stderr == b""
    lines = done.stdout.decode().splitlines()
    assert [word for word in lines if word.isdigit()] == ["0"] * 4
    assert (tmp_path / "a" / "report.html").is_file()
    # The exit code is that of what was found, also when nobody reads it.
    summary = json.loads((tmp_path / "a" / "summary.json").read_text())
    (tmp_path / "a" / "summary.json").write_text(json.dumps({**summary, "final_nav": summary["final_nav"] + 1.0}))
    assert shell("$H verify a | true", tmp_path).returncode == 1


def test_names_that_are_no_text(tmp_path: Path, real_prices: Path) -> None:
    if sys.getfilesystemencoding() != "utf-8":
        pytest.skip("needs file names in UTF-8")
    odd = b"\xff".decode(errors="surrogateescape")
    try:
        (tmp_path / f"p{odd}.parquet").symlink_to(real_prices)
    except OSError:
        pytest.skip("this disk takes names that are text alone")
    source = Path(__file__).parents[2] / "universes" / "data" / "ai_infrastructure.toml"
    (tmp_path / f"u{odd}.toml").write_bytes(source.read_bytes())
    line = (
        r"$H run --prices $'p\xff.parquet' --universe $'u\xff.toml' --out $'o\xff' --json > run.txt"
        r" ; $H check $'absent\xff.csv' --json"
    )
    done = shell(line, tmp_path)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr.decode()
    assert json.loads((tmp_path / "run.txt").read_text())["folder"] == f"o{odd}"
    assert json.loads((tmp_path / "run.txt").read_text())["data"]["source"] == f"p{odd}.parquet"
    # A shell's bytes are this text to Python, whatever the command: the others need no process of their own.
    prices = f"p{odd}.parquet"
    assert "o\\udcff agrees" in hedgebook("verify", f"o{odd}", "--prices", prices, cwd=tmp_path).out
    sweep = ("sweep", "--prices", prices, "--grid", "hold=3:4", "--out", f"s{odd}", "--json")
    for words in (("check", prices, "--json"), sweep):
        found = hedgebook(*words, cwd=tmp_path)
        assert found.code == 0, found.err
        assert isinstance(found.json, dict)


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("../../x", "------x-"),
        ("/etc/passwd", "-etc-passwd-"),
        ("a b:c\\d\n", "a-b-c-d--"),
        ("..", "---"),
        ("", "run-"),
        ("x" * 400, "x" * 120 + "-"),
        ("利" * 100, "利" * 40 + "-"),
        ("a\udcff", "a--"),
    ],
)
def test_a_name_is_no_path(name: str, begins: str) -> None:
    folder = default_folder(name)
    assert folder.parent == Path("runs")
    assert folder.name.startswith(begins)
    assert ".." not in folder.parts
    assert len(os.fsencode(folder.name)) < 200


def test_a_trade_whose_name_leads_out_of_runs_stays_there(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "mine.toml").write_text(
        '["../../x"]\nevent = "meta-compute-2026"\nlong = ["META"]\nshort = ["neocloud"]\nhold = 4\ntitle = "t"\n'
    )
    for words in (("run", "../mine.toml"), ("sweep", "../mine.toml:../../x", "--grid", "hold=3:4")):
        done = hedgebook(*words, cwd=tmp_path / "here")
        assert done.code == 0, done.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["here", "mine.toml"]
    assert [path.name for path in (tmp_path / "here").iterdir()] == ["runs"]
    assert len(list((tmp_path / "here" / "runs").iterdir())) == 2


def test_only_errors_of_streams_are_told_as_such() -> None:
    assert streams.refused_by_stdout(OSError(28, "No space left on device"))
    assert not streams.refused_by_stdout(OSError(28, "No space left on device", "mine.parquet"))
    assert not streams.refused_by_stdout(FileNotFoundError(2, "No such file or directory"))
