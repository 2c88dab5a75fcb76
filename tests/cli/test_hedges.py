"""`hedgebook hedges`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .console import hedgebook


def test_the_flagship_on_the_sample_market(tmp_path: Path) -> None:
    done = hedgebook("hedges", cwd=tmp_path)
    assert done.code == 0, done.err
    assert "Simulated history, reported event-day moves" in done.out
    assert max(map(len, done.out.splitlines())) <= 80
    assert "…" not in done.out
    for method in ("dollar", "factor_neutral", "total_least_squares", "ridge"):
        assert method in done.out
    assert "no evidence that any of them is better" in " ".join(done.out.split())
    assert list(tmp_path.iterdir()) == []


def test_json_and_folder(tmp_path: Path) -> None:
    arguments = ("hedges", "--methods", "dollar,beta", "--event", "meta-compute-2026", "--event", "oracle-rpo-2025")
    done = hedgebook(*arguments, "--set", "hold=5", "--json", "--out", "league", cwd=tmp_path)
    assert done.code == 0, done.err
    found = done.json
    assert found["events"] == ["oracle-rpo-2025", "meta-compute-2026"]
    assert [row["method"] for row in found["pooled"]] == ["dollar", "beta"]
    assert {file.name for file in (tmp_path / "league").iterdir()} == {
        "league.json",
        "league.parquet",
        "report.json.gz",
        "report.html",
        "manifest.json",
    }
    assert json.loads((tmp_path / "league" / "league.json").read_text()).items() <= found.items()
    again = hedgebook(*arguments, "--out", "league", cwd=tmp_path)
    assert (again.code, again.out) == (2, "")
    assert "not empty" in again.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--methods", "dollar,betta"), "methods: there is no hedge 'betta'. Did you mean 'beta'?"),
        (("--methods", "beta,beta"), "a method stands twice"),
        (("--event", "meta-computer-2026"), "meta-computer-2026"),
        (("--tags", "capx"), "no event has the tag 'capx'. Did you mean 'capex'?"),
        (("--set", "short="), "--set"),
        (("--set", "ridge_penalty=-1"), "ridge_penalty"),
        (("--set", "neutral_to=semi", "--methods", "factor_neutral"), "Did you mean 'semis'?"),
        (("--set", "hold=2000"), "sessions before the exit"),
        (("no-such-trade",), "no-such-trade"),
        (("--costs", "absent.toml"), "absent.toml"),
    ],
)
def test_bad_input_is_one_message_and_writes_nothing(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    done = hedgebook("hedges", *arguments, "--out", "league", cwd=tmp_path)
    assert done.code == 2
    assert message in done.err
    assert len(done.err.strip().splitlines()) == 1
    assert done.out == ""
    assert list(tmp_path.iterdir()) == []


def test_bad_input_as_json(tmp_path: Path) -> None:
    done = hedgebook("hedges", "--methods", "betta", "--json", cwd=tmp_path)
    assert done.code == 2
    assert "Did you mean 'beta'?" in done.json["error"]["message"]


def test_a_run_under_a_method_of_many_weights(tmp_path: Path) -> None:
    done = hedgebook("run", "--set", "hedge=equal_risk", "--json", "--out", "mine", cwd=tmp_path)
    assert done.code == 0, done.err
    assert done.json["hedge"]["method"] == "equal_risk"
    assert len(set(done.json["hedge"]["weights"].values())) == 3
    assert hedgebook("verify", "mine", cwd=tmp_path).code == 0
    wrong = hedgebook("run", "--set", "hedge=equal-risk", cwd=tmp_path)
    assert wrong.code == 2
    assert "Did you mean 'equal_risk'?" in wrong.err
