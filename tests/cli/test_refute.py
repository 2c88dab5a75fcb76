"""`hedgebook refute`: what it prints, writes and exits with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pypdf import PdfReader

import hedgebook as hb
from hedgebook.cli.app import app
from hedgebook.errors import InputError

FAST = ("--dates", "100", "--baskets", "20", "--draws", "199")


def refute(*arguments: str | Path) -> int:
    code = app(["refute", *map(str, arguments), *FAST], prog_name="hedgebook", standalone_mode=False)
    return int(code or 0)


def test_text_fits_80_columns_and_tells_the_rule_apart(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert refute("long-meta-short-neocloud") == 1
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    words = " ".join(out.split())
    for told in (
        "placebo dates",
        "placebo baskets",
        "factor twin",
        "benchmark",
        "Vetoes and notes",
        "Simulated history",
    ):
        assert told in words


def test_json_folder_and_documents(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "verdict"
    assert refute("long-meta-short-neocloud", "--json", "--out", out, "--pdf", "--xlsx") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["verdict"] in ("REFUTED", "UNDERPOWERED", "BLIND")
    assert told["says"].startswith(f"{told['verdict']}: ")
    held = {"refutation.json", "tests.parquet", "report.html", "report.pdf", "report.xlsx"}
    assert held <= {path.name for path in out.iterdir()}
    saved = json.loads((out / "refutation.json").read_text())
    assert saved["tests"] == told["tests"]
    for test in told["tests"].values():
        missing = [name for name in ("p_value", "statistic", "edge", "found_at", "needed") if test[name] is None]
        assert all(test["undefined"][name] for name in missing)
    text = " ".join(page.extract_text() for page in PdfReader(out / "report.pdf").pages)
    assert told["verdict"] in text
    assert "The rule" in text


def test_a_test_that_cannot_be_made_says_why(
    market: hb.Market, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    day = market.sessions[-60].item()
    (tmp_path / "events.toml").write_text(
        f'[[events]]\nid = "alone"\nannounced_on = {day}\ntiming = "pre-open"\nheadline = "h"\n'
        'tags = ["nothing-like-it"]\nsources = ["s"]\n'
    )
    code = refute("long-meta-short-neocloud", "--set", "event=alone", "--events", tmp_path / "events.toml", "--json")
    told = json.loads(capsys.readouterr().out)
    assert code == 1
    assert told["verdict"] == "BLIND"
    assert "0 earlier events of its tags" in told["tests"]["placebo dates"]["undefined"]["p_value"]
    assert told["tests"]["placebo dates"]["p_value"] is None


def test_folders_of_runs_are_taken_with_their_own_terms(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = hb.backtest("long-meta-short-neocloud", hb.sample_market(), "none")
    folder = run.save(tmp_path / "kept")
    assert refute(folder, "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["event_returns"] == [pytest.approx(run.final_nav / run.capital - 1.0, rel=1e-9)]
    with pytest.raises(InputError, match="has its parameters already"):
        refute(folder, "--set", "hold=4")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"nav\.parquet is missing"):
        refute(tmp_path / "empty")
    with pytest.raises(InputError, match="there is no trade"):
        refute(tmp_path / "nowhere")
