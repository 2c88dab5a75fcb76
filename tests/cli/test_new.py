"""hedgebook new: files that run as they are, and are never written over another one."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import hedgebook as hb

from .console import hedgebook


def test_a_class_runs_is_swept_audited_and_shown_as_it_is(tmp_path: Path) -> None:
    done = hedgebook("new", "trade", "my_pair", cwd=tmp_path)
    assert done.code == 0, done.err
    assert "hedgebook run my_pair.py:MyPair" in done.out
    assert [path.name for path in tmp_path.iterdir()] == ["my_pair.py"]
    run = hedgebook("run", "my_pair.py:MyPair", "--out", "r", "--json", cwd=tmp_path)
    assert run.code == 0, run.err
    assert run.json["trade"] == "MyPair"
    assert run.json["idea"]["thesis"]
    shown = hedgebook("run", "my_pair.py:MyPair", "--parameters", cwd=tmp_path).out
    assert "window_sessions = 20  (whole number: >= 2, <= 252)\n    closes over which they are compared" in shown
    assert hedgebook("audit", "my_pair.py:MyPair", "--decisions", "3", cwd=tmp_path).code == 0
    grid = ("--grid", "window_sessions=10,20", "--grid", "gross=0.5,1", "--out", "s", "--json")
    swept = hedgebook("sweep", "my_pair.py:MyPair", *grid, cwd=tmp_path)
    assert swept.code == 0, swept.err
    assert swept.json["ran"] == 4


def test_its_weights_are_those_that_it_says(market: hb.Market, tmp_path: Path) -> None:
    assert hedgebook("new", "trade", "own", cwd=tmp_path).code == 0
    run = hb.backtest(f"{tmp_path / 'own.py'}:Own", market)
    schedule = run.plan.schedule
    close = market.frame("close")
    for i in (0, 40, len(schedule.session) - 1):
        t = int(market.session_index(schedule.session[i])) - 1
        gain = close.iloc[t] / close.iloc[t - 20] - 1.0
        rivals = [name for name in ("CRWV", "NBIS", "APLD") if gain[name] == gain[name]]
        sign = 1.0 if gain["META"] >= gain[rivals].mean() else -1.0
        weights = dict(zip(schedule.tickers, schedule.weights[i], strict=True))
        assert weights["META"] == sign * 0.5
        for name in rivals:
            assert weights[name] == pytest.approx(-sign * 0.5 / len(rivals))


def test_a_file_of_kinds_runs_as_it_is(tmp_path: Path) -> None:
    done = hedgebook("new", "trade", "both", "--toml", "--json", cwd=tmp_path)
    assert done.json["run"] == "hedgebook run both.toml"
    run = hedgebook("run", "both.toml", "--out", "r", "--json", cwd=tmp_path)
    assert run.code == 0, run.err
    assert run.json["kind"] == "combined"
    told = hedgebook("run", "both.toml", "--out", "t", cwd=tmp_path)
    assert told.code == 0, told.err
    assert "P&L by strategy" in told.out
    assert hedgebook("run", "both.toml", "--parameters", cwd=tmp_path).code == 0
    # What stands behind a # can be had by taking it away.
    path = tmp_path / "both.toml"
    path.write_text(path.read_text().replace("# stop_loss", "stop_loss"))
    assert hedgebook("run", "both.toml", "--parameters", cwd=tmp_path).out.count("stop_loss = 0.15") == 1


def test_a_universe_runs_as_it_is(tmp_path: Path) -> None:
    assert hedgebook("new", "universe", "mine", cwd=tmp_path).code == 0
    shown = hedgebook("universes", "mine.toml", "--json", cwd=tmp_path)
    assert [bucket["name"] for bucket in shown.json["buckets"]] == ["owners", "neocloud", "benchmark"]
    market, parts = hb.sample_market(), []
    for field in ("open", "high", "low", "close", "volume"):
        wide = market.frame(field)[["META", "CRWV", "NBIS", "SPY"]]
        parts.append(wide.stack().rename(field))
    table = parts[0].to_frame().join(parts[1:])
    table.index.names = ["date", "ticker"]
    table.reset_index().to_csv(tmp_path / "prices.csv", index=False)
    run = hedgebook("run", "--prices", "prices.csv", "--universe", "mine.toml", "--out", "r", "--json", cwd=tmp_path)
    assert run.code == 0, run.err
    assert set(run.json["weights"]) == {"META", "CRWV", "NBIS"}
    # The bucket that is commented out can be had by taking the # away.
    path = tmp_path / "mine.toml"
    lines = path.read_text().splitlines()
    start = lines.index("# [[buckets]]")
    lines[start : start + 6] = [line.removeprefix("# ") for line in lines[start : start + 6]]
    assert "memory" in [bucket["name"] for bucket in tomllib.loads("\n".join(lines))["buckets"]]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("trade", "my-pair"), "Write my_pair."),
        (("trade", "2nd"), "no digit first"),
        (("trade", "class"), "no word of Python"),
        (("trade", "../up"), "Write up."),
        (("trade", "a.py"), "Write a."),
        (("trade", "_"), "letters a to z"),
        (("trade", "größe"), "letters a to z"),
        (("trade", "numpy"), "Write my_numpy."),
        (("trade", "random"), "would hide the module"),
        (("universe", "two words"), "Write two_words."),
        (("trades", "x"), "Did you mean 'trade'?"),
    ],
)
def test_what_cannot_be_named_so(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    done = hedgebook("new", *arguments, cwd=tmp_path)
    assert done.code == 2
    assert says in done.err
    assert len(done.err.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
    assert list(tmp_path.parent.glob("up*")) == []


@pytest.mark.parametrize("arguments", [("trade", "mine"), ("trade", "mine", "--toml"), ("universe", "mine")])
def test_no_file_is_replaced(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    for name in ("mine.py", "mine.toml"):
        (tmp_path / name).write_text("years of work")
    done = hedgebook("new", *arguments, cwd=tmp_path)
    assert done.code == 2
    assert "there already" in done.err
    assert {path.read_text() for path in tmp_path.iterdir()} == {"years of work"}


def test_a_name_may_be_that_of_a_folder_or_of_what_the_file_imports(tmp_path: Path) -> None:
    (tmp_path / "taken.py").mkdir()
    done = hedgebook("new", "trade", "taken", cwd=tmp_path)
    assert done.code == 2
    for name in ("field", "strategy", "np"):
        assert hedgebook("new", "trade", name, cwd=tmp_path).code == 0
        called = f"{name}.py:{name.capitalize()}"
        assert hedgebook("run", called, "--out", name, cwd=tmp_path).code == 0


def test_an_event_is_appended_where_it_is_told(tmp_path: Path) -> None:
    known = ("--on", "2026-07-08", "--timing", "pre-open", "--headline", "HBM falls", "--source", "a report")
    words = ("new", "event", "hbm-2026", *known, "--tag", "memory-prices", "--loser", "memory", "--library", "own.toml")
    done = hedgebook(*words, "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    assert done.json == {"file": "own.toml", "event": "hbm-2026", "show": "hedgebook events hbm-2026 --events own.toml"}
    assert hedgebook("events", "hbm-2026", "--events", "own.toml", cwd=tmp_path).code == 0
    before = (tmp_path / "own.toml").read_bytes()
    twice = hedgebook(*words, cwd=tmp_path)
    assert twice.code == 2
    assert "this identifier is taken" in twice.err
    assert "needs --timing" in hedgebook("new", "event", "x", "--on", "2026-07-08", cwd=tmp_path).err
    assert "are of an event" in hedgebook("new", "trade", "x", "--tag", "y", cwd=tmp_path).err
    assert (tmp_path / "own.toml").read_bytes() == before
