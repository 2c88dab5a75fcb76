"""hedgebook study, claims and events-backtest, and their functions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import hedgebook as hb
from hedgebook.cli import main

from .console import hedgebook


def lines_fit(out: str) -> bool:
    return max(len(line) for line in out.splitlines() if "Report:" not in line) <= 80


def test_study_writes_its_folder_and_fits_a_terminal(tmp_path: Path) -> None:
    done = hedgebook("study", cwd=tmp_path)
    assert done.code == 0, done.err
    assert "Simulated history" in done.out
    assert done.out.index("Headline tests") < done.out.index("Diagnostics only, not evidence")
    for words in ("quarter-end ramp", "(sb-neo-2026)", "payrolls on 2026-07-02"):
        assert words in " ".join(done.out.split())
    assert lines_fit(done.out)
    (folder,) = (tmp_path / "runs").iterdir()
    assert folder.name.startswith("study-meta-compute-2026-")
    assert {file.name for file in folder.iterdir()} == {"study.json", "report.html", "report.json.gz", "manifest.json"}


def test_study_gives_the_known_numbers_of_real_prices(tmp_path: Path, real_prices: Path) -> None:
    arguments = ("--prices", real_prices, "--names", "META,neocloud", "--window", "0:0", "--window", "-1:1")
    found = hedgebook("study", "meta-compute-2026", *arguments, "--json", "--out", "mine", cwd=tmp_path).json
    cars = {(w["window"], w["ticker"]): w for w in found["windows"]}
    assert cars[("0", "META")]["car"] == pytest.approx(0.0919, abs=1e-3)
    assert cars[("0", "META")]["t"] == pytest.approx(4.7, abs=0.05)
    assert cars[("0", "CRWV")]["car"] == pytest.approx(-0.133, abs=1e-3)
    assert cars[("0", "NBIS")]["car"] == pytest.approx(-0.171, abs=1e-3)
    assert ("-1..1", "APLD") in cars
    assert found["windows_requested"] == ["0", "-1..1"]
    assert (found["estimation"]["sessions"], found["benchmark"]) == (250, "SPY")
    assert json.loads((tmp_path / "mine" / "study.json").read_text()).items() <= found.items()
    again = hedgebook("study", "--out", "mine", cwd=tmp_path)
    assert again.code == 2
    assert "not empty" in again.err
    assert hedgebook("study", "--out", "mine", "--overwrite", cwd=tmp_path).code == 0


def test_claims_on_real_prices_and_on_the_sample(tmp_path: Path, real_prices: Path) -> None:
    done = hedgebook("claims", "--prices", real_prices, cwd=tmp_path)
    assert done.code == 0, done.err
    assert lines_fit(done.out)
    for words in ("Names swapped (Gate Square)", "Closes mixed with early prints", "612 USD is +8.65%"):
        assert words in done.out
    found = hedgebook("claims", "meta-compute-2026", "--prices", real_prices, "--json", cwd=tmp_path).json
    assert {f["kind"] for f in found["findings"]} == {
        "names swapped",
        "closes mixed with early prints",
        "price level contradicts percentage",
    }
    sample = hedgebook("claims", cwd=tmp_path)
    assert "Simulated history" in sample.out
    assert "Cannot be checked on these prices" in sample.out
    assert list(tmp_path.iterdir()) == []


def test_events_backtest_adds_up(tmp_path: Path) -> None:
    arguments = ("--tags", "compute-resale,competition", "--set", "hold=5")
    done = hedgebook("events-backtest", "long-meta-short-neocloud", *arguments, cwd=tmp_path)
    assert done.code == 0, done.err
    assert lines_fit(done.out)
    (folder,) = (tmp_path / "runs").iterdir()
    found = json.loads((folder / "series.json").read_text())
    assert len(found["events"]) + len(found["left_out"]) == 7
    returns = [event["return"] for event in found["events"]]
    assert found["statistics"]["mean"] == pytest.approx(sum(returns) / len(returns))
    for event in found["events"]:
        single = hb.backtest(hb.trade(event=event["event"], hold=5), hb.sample_market())
        assert single.summary["total_return"] == pytest.approx(event["return"], abs=1e-12)
    stacked = hedgebook("events-backtest", *arguments, "--overlap", "stack", "--json", "--out", "s", cwd=tmp_path).json
    assert stacked["left_out"] == []
    capped = hedgebook("events-backtest", *arguments, "--overlap", "cap:0.5", "--json", "--out", "c", cwd=tmp_path).json
    assert capped["statistics"]["book_largest_gross"] == pytest.approx(0.5)
    assert stacked["statistics"]["book_largest_gross"] > 1.0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("study", "meta-compute-2025"), "Did you mean 'meta-compute-2026'?"),
        (("study", "--window", "5:0"), "ends before it begins"),
        (("study", "--window", "0:x"), "--window"),
        (("study", "meta-q2-2026", "--window", "0:90"), "the prices end"),
        (("study", "--window", "-99:0"), "estimation window"),
        (("study", "--model", "marke"), "Did you mean 'market'?"),
        (("study", "--estimation", "3"), "estimation_sessions"),
        (("study", "--gap", "-1"), "gap_sessions"),
        (("study", "--names", ","), "no name"),
        (("study", "--names", "neoclod"), "Did you mean 'neocloud'?"),
        (("study", "--names", "SPY"), "what the model explains returns with"),
        (("study", "--benchmark", "SPYY"), "Did you mean 'SPY'?"),
        (("study", "--events", "nothing.toml"), "nothing.toml"),
        (("claims", "deepseek-2025"), "no claims"),
        (("claims", "--claims", "nothing.toml"), "nothing.toml"),
        (("claims", "--prices", "nothing.csv"), "nothing.csv"),
        (("events-backtest", "nope"), "no trade 'nope'"),
        (("events-backtest", "--tags", ""), "no tag"),
        (("events-backtest", "--tags", "competitio"), "Did you mean 'competition'?"),
        (("events-backtest", "--from", "soon"), "no day"),
        (("events-backtest", "--from", "2030-01-01"), "no event lies"),
        (("events-backtest", "--overlap", "stak"), "skip, stack, cap"),
        (("events-backtest", "--sides", "mine"), "sides"),
        (("events-backtest", "--set", "short=neoclod"), "Did you mean 'neocloud'?"),
        (("events-backtest", "--set", "hold=2000"), "before the exit"),
    ],
)
def test_bad_input_exits_2_with_one_message_and_writes_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    out, err = capsys.readouterr()
    assert stop.value.code == 2, out
    assert says in err
    assert err.startswith("hedgebook: ")
    assert len(err.strip().splitlines()) == 1
    assert out == ""
    assert list(tmp_path.iterdir()) == []


def test_help_speaks_of_json_and_prices(tmp_path: Path) -> None:
    overview = hedgebook(cwd=tmp_path).out
    for command in ("study", "claims", "events-backtest"):
        assert f"  {command} " in overview
        text = hedgebook(command, "--help", cwd=tmp_path).out
        assert "--json" in text
        assert "--prices" in text


def test_the_functions_behind_them(market: hb.Market, tmp_path: Path) -> None:
    study = hb.event_study("meta-compute-2026", market)
    assert [window.label for window in study.requested] == ["0", "0..5", "open-to-close"]
    event = next(e for e in hb.events() if e.id == "meta-compute-2026")
    same = hb.event_study(event, market)
    assert same.to_dict() == study.to_dict()
    assert "meta-compute-2026" in repr(study)
    assert study.report(tmp_path / "study.html").is_file()
    short = hb.event_study(event, market.until("2026-07-02"))
    assert [window.label for window in short.requested] == ["0", "0..1", "open-to-close"]
    assert [w.label for w in hb.event_study(event, market.until("2026-07-01")).requested] == ["0", "open-to-close"]
    assert len(hb.check_claims(market).claims) == len(hb.check_claims(market, "meta-compute-2026").claims) == 39
    with pytest.raises(hb.InputError, match="no claims"):
        hb.check_claims(market, "nope")
    series = hb.event_series("long-meta-short-memory", market, tags="competition")
    assert series.report(tmp_path / "series.html").is_file()
    assert "simulated history" in repr(series)
    assert len(series.runs) + len(series.left_out) == len(series.asked)
    assert sorted(p.name for p in series.save(tmp_path / "s").iterdir()) == [
        "manifest.json",
        "report.html",
        "report.json.gz",
        "series.json",
    ]
    assert sorted(p.name for p in study.save(tmp_path / "t").iterdir()) == [
        "manifest.json",
        "report.html",
        "report.json.gz",
        "study.json",
    ]
