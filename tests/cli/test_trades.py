"""hedgebook trades --results, and each parameter of a strategy of any kind."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

import hedgebook as hb

from .console import hedgebook

# Its legs are quoted in Seoul, and a market of New York alone has no prices of them.
ABROAD = "long-meta-short-asia-memory"
CLASS = '''
"""A file."""
import hedgebook as hb


class Mine(hb.Strategy):
    """Holds META.

    share_frac: of NAV in META.
    """

    share_frac: float = 0.5

    def plan(self, market):
        return hb.weights(market.frame("close")[["META"]] * 0 + self.share_frac)
'''


def test_results_show_every_trade_whole_at_80_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    done = hedgebook("trades", "--results", cwd=tmp_path)
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert max(map(len, lines)) <= 80
    table = hb.catalogue_results(hb.sample_market()).table
    for name, row in table.iterrows():
        (line,) = [one for one in lines if one.split(" ")[0] == name]
        if name == ABROAD:
            assert math.isnan(row["total_return"])
        else:
            assert f"{abs(100 * row['total_return']):.1f}%" in line
    assert "ai_infrastructure_global" in " ".join(done.out.split())
    assert "cannot be told from luck" in " ".join(done.out.split())
    assert "Simulated history" in done.out
    assert list(tmp_path.iterdir()) == []


def test_results_as_json_on_real_prices(tmp_path: Path, real_prices: Path) -> None:
    found = hedgebook("trades", "--results", "--json", "--prices", real_prices, cwd=tmp_path).json
    assert [one["name"] for one in found["results"]] == list(hb.trades())
    assert found["note"] is None
    assert found["ran"] == found["trades"] - 1
    assert found["luck"]["superiority"]["strategies"] == found["trades"] - 1
    (left,) = [one for one in found["results"] if one["total_return"] is None]
    assert left["name"] == ABROAD


def test_results_of_a_file_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        '[a]\nkind = "buy-and-hold"\ntickers = ["META"]\n\n[b]\nevent="x"\nlong="META"\n'
    )
    done = hedgebook("trades", "mine.toml", "--results", cwd=tmp_path)
    assert done.code == 0, done.err
    assert "1 of 2 trades ran" in done.out
    assert "Not run: b: " in done.out
    wrong = hedgebook("trades", "fade-memory", "--results", cwd=tmp_path)
    assert wrong.code == 2
    assert "hedgebook run fade-memory" in wrong.err


@pytest.mark.parametrize("name", ["fade-memory", "mine.toml:basket", "mine.py:Mine"])
@pytest.mark.parametrize("command", [("trades",), ("run", "--parameters")])
def test_parameters_of_any_strategy(tmp_path: Path, name: str, command: tuple[str, ...]) -> None:
    (tmp_path / "mine.py").write_text(CLASS)
    (tmp_path / "mine.toml").write_text('[basket]\nkind = "rebalanced-basket"\nlong = ["META"]\nthesis = "Because."\n')
    before = sorted(path.name for path in tmp_path.iterdir())
    done = hedgebook(command[0], name, *command[1:], cwd=tmp_path)
    assert done.code == 0, done.err
    says = {
        "fade-memory": ("delay = 1  (whole number: >= 0, <= 252)", "sessions between the first tradable fill"),
        "mine.toml:basket": ("lookback_sessions = 120  (whole number: >= 2, <= 2,520)", "thesis         Because."),
        "mine.py:Mine": ("share_frac = 0.5  (number)", "    of NAV in META"),
    }[name]
    for said in (*says, "stop_loss = none  (number or none: > 0, < 1)"):
        assert said in done.out
    found = hedgebook(command[0], name, *command[1:], "--json", cwd=tmp_path).json["trades"][0]
    assert {one["name"] for one in found["described"]} >= {"capital", "stop_loss"}
    assert [path for path in sorted(path.name for path in tmp_path.iterdir()) if path != "__pycache__"] == before


def test_run_shows_parameters_as_they_are_set(tmp_path: Path) -> None:
    done = hedgebook("run", "meta-pullback", "--set", "hold=3", "--parameters", cwd=tmp_path)
    assert "hold = 3  (" in done.out


def test_a_file_lists_the_trades_that_can_be_used_and_says_what_is_wrong_with_the_others(tmp_path: Path) -> None:
    bad = '[off]\nkind = "pair-spread"\nfirst = "MU"\nsecond = "SNDK"\nentry_zz = 3\n'
    (tmp_path / "mine.toml").write_text(f'[fine]\nkind = "buy-and-hold"\ntickers = "SPY"\n{bad}', encoding="utf-8")
    done = hedgebook("trades", "mine.toml", cwd=tmp_path)
    assert done.code == 0, done.err
    assert "fine" in done.out
    assert "Cannot be used: mine.toml: off: a pair has no parameter 'entry_zz'. Did you mean 'entry_z'?" in done.out
    told = hedgebook("trades", "mine.toml", "--json", cwd=tmp_path).json
    assert [one["name"] for one in told["trades"]] == ["fine"]
    assert len(told["not_usable"]) == 1
