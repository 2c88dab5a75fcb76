"""hedgebook audit: exit codes, words and JSON."""

from __future__ import annotations

from pathlib import Path

import pytest

from .console import hedgebook

PEEKER = """
import numpy as np
import hedgebook as hb

def peek(market, ahead=1):
    rows = np.arange(100, 300, 20)
    gain = np.nan_to_num(np.sign(market.close[rows + ahead] - market.close[rows])) * 0.01
    return hb.Schedule(market.tickers, market.close_at[rows], market.sessions[rows + 1], rows * 0, gain)
"""


@pytest.fixture
def peeker(tmp_path: Path) -> str:
    path = tmp_path / "mine.py"
    path.write_text(PEEKER)
    return f"{path}:peek"


def test_a_peeker_is_named_and_the_exit_code_tells(peeker: str, tmp_path: Path) -> None:
    done = hedgebook("audit", peeker, cwd=tmp_path)
    assert done.code == 1
    assert "peek LOOKS AHEAD" in done.out
    assert "changed" in done.out
    assert max(map(len, done.out.splitlines())) <= 80
    assert not done.err


def test_json_says_the_same(peeker: str, tmp_path: Path) -> None:
    done = hedgebook("audit", peeker, "--json", "--decisions", "3", cwd=tmp_path)
    assert done.code == 1
    assert done.json["strategy"] == "peek"
    assert done.json["passed"] is False
    assert done.json["leak"]["cause"].startswith("close of ")
    honest = hedgebook("audit", peeker, "--set", "ahead=-5", "--json", cwd=tmp_path)
    assert honest.code == 0
    assert honest.json["leak"] is None


def test_a_trade_of_the_catalogue_passes(tmp_path: Path) -> None:
    done = hedgebook("audit", "long-meta-short-neocloud", cwd=tmp_path)
    assert done.code == 0
    assert "no decision changed under another future" in done.out


def test_what_cannot_be_audited_is_one_message(peeker: str, tmp_path: Path) -> None:
    for arguments, words in (
        (("audit", "long-meta"), "there is no trade 'long-meta'"),
        (("audit", peeker, "--set", "behind=3"), "no parameter 'behind'"),
        (("audit", peeker, "--decisions", "0"), "--decisions"),
    ):
        done = hedgebook(*arguments, cwd=tmp_path)
        assert done.code == 2
        assert words in done.err
        assert "Traceback" not in done.err
