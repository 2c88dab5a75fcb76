"""The command line: what it prints, writes and refuses; the first test through the installed console script."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from .console import hedgebook, installed

SUMMARY_KEYS = {
    "trade", "event", "announced_at", "first_fill", "tradable", "hindsight", "entry_session", "exit_session",
    "capital", "final_nav", "total_return", "max_drawdown", "sharpe", "volatility_annual", "costs",
    "pnl_by_bucket", "pnl_by_leg", "pnl_by_ticker", "exposures", "fills", "rejected", "data", "warnings", "versions",
}  # fmt: skip
FOLDER = {
    *("summary.json", "nav.parquet", "fills.parquet", "pnl.parquet", "positions.parquet", "report.html"),
    *("report.json.gz", "manifest.json"),
}


def test_run_without_arguments_is_the_flagship_on_the_sample_market(tmp_path: Path) -> None:
    done = installed("run", cwd=tmp_path)
    assert done.code == 0, done.err
    assert "Simulated history, reported event-day moves" in done.out
    assert max(len(line) for line in done.out.splitlines() if "Report:" not in line) <= 80
    folders = list((tmp_path / "runs").iterdir())
    assert len(folders) == 1
    assert folders[0].name.startswith("long-meta-short-neocloud-")
    assert {file.name for file in folders[0].iterdir()} == FOLDER
    assert str(folders[0].relative_to(tmp_path) / "report.html") in done.out.replace("\n", "")


def test_json_is_one_object_that_adds_up(tmp_path: Path) -> None:
    done = hedgebook("run", "--json", "--out", "mine", "--set", "hold=5", "--set", "capital=250000", cwd=tmp_path)
    assert done.code == 0, done.err
    found = done.json
    assert found.keys() >= SUMMARY_KEYS
    assert found["capital"] == 250_000
    assert found["data"]["simulated"] is True
    gain = found["final_nav"] - found["capital"]
    for by in ("pnl_by_ticker", "pnl_by_leg", "pnl_by_bucket"):
        assert sum(found[by].values()) - found["costs"]["interest"] == pytest.approx(gain, abs=1e-9 * 250_000)
    assert json.loads((tmp_path / "mine" / "summary.json").read_text()).items() <= found.items()
    assert {fill["session"] for fill in found["fills"]} == {"2026-07-01", "2026-07-09"}  # 2026-07-03 is a holiday


def test_real_prices_give_the_known_numbers(tmp_path: Path, real_prices: Path) -> None:
    arguments = ("run", "--prices", real_prices, "--costs", "none", "--json", "--out", "mine", "--overwrite")
    known = {("20", False): 0.0442, ("19", False): 0.1570, ("20", True): 0.1160}
    for (hold, hindsight), total_return in known.items():
        more = ("--hindsight",) if hindsight else ()
        found = hedgebook(*arguments, "--set", f"hold={hold}", *more, cwd=tmp_path).json
        assert found["total_return"] == pytest.approx(total_return, abs=1e-4)
        assert found["tradable"] is not hindsight
        assert sum(abs(cost) for cost in found["costs"].values()) == 0.0
    assert "Not tradable" in (tmp_path / "mine" / "report.html").read_text()


def test_verify_passes_an_honest_run_and_fails_a_changed_one(tmp_path: Path, real_prices: Path) -> None:
    assert hedgebook("run", "--prices", real_prices, "--out", "mine", cwd=tmp_path).code == 0
    passed = hedgebook("verify", "mine", "--json", "--prices", real_prices, cwd=tmp_path)
    assert passed.code == 0, passed.err
    assert passed.json["passed"] is True
    assert passed.json["largest_nav_difference_frac"] <= 1e-8
    nav = pd.read_parquet(tmp_path / "mine" / "nav.parquet")
    nav.loc[3, "nav_close"] += 1.0
    nav.to_parquet(tmp_path / "mine" / "nav.parquet")
    failed = hedgebook("verify", "mine", cwd=tmp_path)
    assert failed.code == 1
    assert "Traceback" not in failed.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("run", "long-meta-short-neoclod"), "Did you mean 'long-meta-short-neocloud'?"),
        (("run", "--set", "hld=3"), "Did you mean 'hold'?"),
        (("run", "--set", "hold=x"), "hold"),
        (("run", "--set", "hold=-1"), "hold"),
        (("run", "--set", "hold"), "key=value"),
        (("run", "--set", "hold=1", "--set", "hold=2"), "set twice"),
        (("run", "--set", "gross=nan"), "gross"),
        (("run", "--set", "capital=0"), "capital"),
        (("run", "--set", "short=neoclod"), "Did you mean 'neocloud'?"),
        (("run", "--set", "short=META"), "both legs"),
        (("run", "--set", "hold=2000"), "delay + hold at most"),
        (("run", "--event", "meta-compute-2025"), "Did you mean 'meta-compute-2026'?"),
        (("run", "--costs", "defalt"), "Did you mean 'default'?"),
        (("run", "--costs", "./nothing.toml"), "nothing.toml"),
        (("run", "--prices", "nothing.parquet"), "nothing.parquet"),
        (("run", "--universe", "other.toml"), "there is no such universe file"),
        (("run", "--hindsight", "--set", "delay=2"), "hindsight"),
        (("run", "--hindsigt"), "--hindsight"),
        (("runn",), "'run'"),
        (("verify", "nothing"), "nothing"),
        (("check", "nothing.csv"), "nothing.csv"),
        (("check",), "which file"),
        (("events", "deepseek-2024"), "Did you mean 'deepseek-2025'?"),
        (("trades", "x"), "long-meta-short-neocloud"),
        (("universes", "ai_infra"), "ai_infrastructure"),
    ],
)
def test_bad_input_exits_2_with_one_message_and_writes_nothing(
    tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    done = hedgebook(*arguments, cwd=tmp_path)
    assert done.code == 2
    assert says in done.err
    assert done.err.startswith("hedgebook: ")
    assert len(done.err.strip().splitlines()) == 1
    assert done.out == ""
    assert list(tmp_path.iterdir()) == []


def test_bad_input_with_json_is_one_object(tmp_path: Path) -> None:
    done = hedgebook("run", "--json", "--set", "hold=2000", cwd=tmp_path)
    assert done.code == 2
    assert done.json["error"]["kind"] == "ParameterError"
    assert "delay + hold" in done.json["error"]["bound"]


def test_an_existing_folder_is_refused_and_untouched(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    for more in ((), ("--overwrite",)):
        done = hedgebook("run", "--out", "mine", *more, cwd=tmp_path)
        assert done.code == 2
        assert "mine" in done.err
    assert [file.name for file in tmp_path.iterdir()] == ["mine"]
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


@pytest.mark.parametrize("command", ["trades", "events", "universes"])
def test_lists_speak_json_and_take_prices(tmp_path: Path, real_prices: Path, command: str) -> None:
    plain = hedgebook(command, cwd=tmp_path)
    assert plain.code == 0
    assert plain.out
    found = hedgebook(command, "--json", "--prices", real_prices, cwd=tmp_path).json[command]
    assert len(found) >= 1
    if command != "universes":
        assert all(row["covered"] is True for row in found if row.get("kind", "event-trade") == "event-trade")


def test_check_tells_what_a_file_holds(tmp_path: Path, real_prices: Path) -> None:
    done = hedgebook("check", real_prices, cwd=tmp_path)
    assert done.code == 0
    assert "2,911 sessions" in done.out
    found = hedgebook("check", "--prices", real_prices, "--json", cwd=tmp_path).json
    assert found["masked"] == {"WULF": 1750}


def test_help_names_every_command(tmp_path: Path) -> None:
    done = hedgebook(cwd=tmp_path)
    assert done.code == 0
    for command in ("run", "verify", "check", "trades", "events", "universes"):
        assert f"  {command} " in done.out
        assert "--json" in hedgebook(command, "--help", cwd=tmp_path).out
        assert "--prices" in hedgebook(command, "--help", cwd=tmp_path).out
