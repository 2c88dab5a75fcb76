"""hedgebook risk, and hb.risk."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.engine.risk.var.value_at_risk import value_at_risk
from hedgebook.errors import ParameterError, RunFolderError
from hedgebook.reports.risk.tables import position_table

from .console import Done, hedgebook

FAST = ("--paths", "500", "--sessions", "10")
KEYS = {
    "kind", "basis", "observations", "var", "verdicts", "drawdowns", "rolling_last", "by_position", "scenarios",
    "replays", "reverse_stress", "simulations", "gaps", "notes", "simulated", "versions",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    here = tmp_path_factory.mktemp("risk")
    hb.backtest("long-meta-short-neocloud", hb.sample_market()).save(here / "run")
    draws = np.random.default_rng(3).standard_t(5, 400) * 0.01
    days = pd.bdate_range("2025-01-02", periods=400)
    pd.Series(draws, index=days, name="return").rename_axis("date").to_csv(here / "returns.csv", date_format="%Y-%m-%d")
    (here / "book.csv").write_text("ticker,shares\nNVDA,1000\nMU,500\nCRWV,-800\nCASH,100000\n")
    return here


@pytest.fixture(scope="module")
def of_run(folder: Path) -> Done:
    return hedgebook("risk", "run", "--out", "out", *FAST, cwd=folder)


def test_a_run_in_eighty_columns(of_run: Done, folder: Path) -> None:
    assert of_run.code == 0, of_run.err
    assert "Simulated history" in of_run.out
    assert "the run's own 21 sessions are too few for a tail" in of_run.out.replace("\n", " ")
    assert "…" not in of_run.out
    assert max(len(line) for line in of_run.out.splitlines() if "Report:" not in line) <= 80
    titles = ("Value at risk", "Which VaR to believe", "Drawdowns", "Rolling risk", "Scenarios", "Replay", "Reverse")
    for title in titles:
        assert title in of_run.out
    assert {f.name for f in (folder / "out").iterdir()} == {
        "risk.json",
        "report.html",
        "report.json.gz",
        "manifest.json",
    }


def test_the_folder_says_what_the_terminal_says(of_run: Done, folder: Path) -> None:
    assert of_run.code == 0
    found = json.loads((folder / "out" / "risk.json").read_text())
    assert found.keys() >= KEYS
    assert found["observations"] > 250
    assert found["first"] < found["last"] == "2026-06-30"
    assert len(found["scenarios"]) == 10
    assert len(found["replays"]) == 31
    assert any(r["later"] for r in found["replays"])
    page = (folder / "out" / "report.html").read_text()
    assert "short-squeeze" in page
    assert "http-equiv" in page
    assert 'src="http' not in page
    again = hedgebook("risk", "run", "--out", "out", *FAST, cwd=folder)
    assert again.code == 2
    assert "--overwrite" in again.err


def test_the_figures_of_a_run_are_those_of_its_weights_before_the_news() -> None:
    run = hb.backtest("long-meta-short-neocloud", hb.sample_market())
    report = hb.risk(run, paths=200, sessions=5)
    closes = run.market.frame()[list(run.plan.weights())].loc[:"2026-06-30"]
    returns = closes.pct_change(fill_method=None).dropna() @ pd.Series(run.plan.weights())
    row = report.var[(report.var["method"] == "historical") & (report.var["confidence"] == 0.95)].iloc[0]
    assert row["var_frac"] == pytest.approx(value_at_risk(returns, confidence=0.95).var_frac, rel=1e-9)
    assert row["tail_sessions"] == pytest.approx(0.05 * len(returns))
    squeeze = next(r for r in report.scenarios if r.name == "short-squeeze")
    assert squeeze.pnl_frac == pytest.approx(0.5 * -0.08 - 0.5 * 0.27, rel=1e-9)
    assert report.by_position.loc["book", "component_es"] == pytest.approx(row["es_frac"], rel=1e-9)


def test_what_the_sample_cannot_carry_is_refused_or_marked() -> None:
    days = pd.bdate_range("2026-01-02", periods=80)
    series = pd.Series(np.random.default_rng(1).normal(0, 0.01, 80), index=days)
    report = hb.risk(series, paths=200, sessions=5)
    at = report.var.set_index(["method", "confidence"])
    assert np.isnan(at.loc[("historical", 0.99), "var_frac"])
    assert "100 are needed" in at.loc[("historical", 0.99), "note"]
    assert "extrapolation" in at.loc[("gaussian", 0.99), "note"]
    assert report.verdicts == {}
    assert any("too few to backtest" in note for note in report.notes)


def test_what_has_no_quantile_has_no_parts_of_it(tmp_path: Path) -> None:
    """A quantile of 99.9 % wants 1,000 returns, and the sample market has fewer."""
    run = hb.backtest("long-meta-short-neocloud", hb.sample_market(), "none")
    report = hb.risk(run, confidence=0.999, paths=200, sessions=5)
    assert len(report.subject.history) < 1000
    assert len(report.by_position) == 0
    assert any("no quantile of 99.9% to split by position: 1000 are needed" in note for note in report.notes)
    assert report.to_dict()["by_position"] == []
    report.report(tmp_path / "r.html")


def test_the_quantile_beside_the_positions_is_of_one_session_as_they_are() -> None:
    run = hb.backtest("long-meta-short-neocloud", hb.sample_market(), "none")
    report = hb.risk(run, confidence=0.95, horizon=10, paths=200, sessions=5)
    ordered = sorted(report.subject.history.tolist())
    at = 0.05 * (len(ordered) - 1)
    low = ordered[int(at)] + (at - int(at)) * (ordered[int(at) + 1] - ordered[int(at)])
    over_ten = report.var.set_index("method").at["historical", "var_frac"]
    assert abs(over_ten) > 1.5 * abs(low)
    assert f"the quantile alone is {-low:.2%}." in position_table(report).note


def test_every_gap_of_the_verdicts_and_of_the_nights_has_its_reason() -> None:
    """No loss beyond a VaR of 99.9 % in a calm series, and too few nights for that quantile."""
    draw = np.random.default_rng(12).uniform(-0.01, 0.011, 320)
    series = pd.Series(draw, index=pd.bdate_range("2025-01-02", periods=320))
    found = hb.risk(series, confidence=(0.95, 0.999), paths=200, sessions=5).to_dict()
    tests = ("kupiec", "duration", "dynamic_quantile", "acerbi_szekely_z1", "acerbi_szekely_z2")
    gaps = 0
    for rows in found["verdicts"].values():
        for row in rows:
            missing = {name for name in tests if row.get(name, 0.0) is None}
            assert missing <= set(row["undefined"])
            assert all(row[name] is None and reason for name, reason in row["undefined"].items())
            gaps += len(missing)
            if row["hits"] == 0 and row["es_sessions"] >= 10:
                assert row["undefined"]["acerbi_szekely_z1"] == "no loss beyond the VaR on a return that has an ES"
            if row["hits"] < 2:
                assert "two losses beyond the VaR" in row["undefined"]["duration"]
    assert gaps > 0
    report = hb.risk(hb.backtest("long-meta-short-neocloud", hb.sample_market()), confidence=(0.95, 0.999), paths=200)
    nights = report.to_dict()["gaps"]
    assert nights["0.95"]["note"] is None
    assert nights["0.999"]["var"] is None
    assert nights["0.999"]["note"].endswith("nights have no quantile of 99.9%: 1000 are needed")


def test_returns_and_a_book(folder: Path) -> None:
    done = hedgebook("risk", "returns.csv", "--json", "--confidence", "0.9", *FAST, cwd=folder)
    assert done.code == 0, done.err
    found = done.json
    assert found["kind"] == "returns"
    assert found["scenarios"] == []
    returns = pd.read_csv(folder / "returns.csv")["return"]
    assert found["var"][0]["var_frac"] == pytest.approx(-np.quantile(returns, 0.1), rel=1e-9)
    book = hedgebook("risk", "book.csv", "--json", "--as-of", "2026-06-30", *FAST, cwd=folder)
    assert book.code == 0, book.err
    held = book.json["positions"]
    closes = hb.sample_market().frame().loc["2026-06-30"]
    nav = 1000 * closes["NVDA"] + 500 * closes["MU"] - 800 * closes["CRWV"] + 100_000
    assert held["nav_usd"] == pytest.approx(nav, rel=1e-12)
    assert held["weights"]["CRWV"] == pytest.approx(-800 * closes["CRWV"] / nav, rel=1e-12)
    again = hedgebook("risk", "book.csv", "--json", "--as-of", "2026-06-30", *FAST, cwd=folder)
    assert again.out == book.out


SCENARIO = '[[scenarios]]\nname = "mine"\ntitle = "Mine"\n'
BAD = [
    ("nothing.csv", None, (), "there is no such file or run folder"),
    ("bad.csv", "", (), "the file is empty"),
    ("bad.csv", "date,close\n2026-01-02,100\n", (), "returns are never guessed"),
    ("bad.csv", "date,retrun\n2026-01-02,0.1\n", (), "Is 'retrun' meant to be 'return'"),
    ("bad.csv", "dy,return\n2026-01-02,0.1\n", (), "there is no column 'date'"),
    ("bad.csv", "date,return\n", (), "there is no return in it"),
    ("bad.csv", "date,return\n2026-01-02,101.5\n", (), "line 2, column 'return'"),
    ("bad.csv", "date,return\n2026-01-02,1.2%\n2026-01-05,1.2\n", (), "some returns have a percent sign"),
    ("bad.csv", "date,return\n2026-01-02,abc\n", (), "this is not a number"),
    ("bad.csv", "date,return\n2026-01-02,nan\n", (), "this is not a number"),
    ("bad.csv", "date,return\n2026-01-02,-1.5\n", (), "no simple return"),
    ("bad.csv", "date,return\n02/01/2026,0.1\n", (), "which part is the day and which the month"),
    ("bad.csv", "date,return\n2026-01-05,0.1\n2026-01-02,0.1\n", (), "line 3, column 'date'"),
    ("bad.csv", "date,return\n2026-01-05,0.1\n2026-01-05,0.1\n", (), "stands twice"),
    ("bad.csv", "date,return\n2026-01-05,0.1,7\n", (), "3 cells for 2 columns"),
    ("bad.csv", "date,return\n2026-01-05,1.1\n2026-01-06,1.2\n", (), "look like prices"),
    ("bad.csv", "shares,name\n5,MU\n", (), "there is no column 'ticker'"),
    ("bad.csv", "ticker,shares\nMUU,5\n", (), "Did you mean 'MU'"),
    ("bad.csv", "ticker;shares\nMU;5,5\n", (), "line 1: the columns are separated by semicolons, not by commas"),
    ("bad.csv", "shares\tticker\n5\tMU\n", (), "the columns are separated by tabs, not by commas"),
    ("bad.csv", "date|return\n2026-01-02|0.1\n", (), "the columns are separated by vertical bars, not by commas"),
    ("returns.csv", None, ("--confidence", "0.05"), "Give the confidence, not the tail"),
    ("returns.csv", None, ("--horizon", "0"), "horizon: "),
    ("returns.csv", None, ("--paths", "5"), "paths"),
    ("returns.csv", None, ("--loss", "0"), "loss_frac"),
    ("returns.csv", None, ("--benchmark", "SPY"), "a benchmark's prices are needed"),
    ("returns.csv", None, ("--as-of", "2026-01-02"), "only a book takes this"),
    ("returns.csv", None, ("--scenarios", "missing.toml"), "scenario"),
    ("book.csv", None, ("--missing", "comon"), "common or factor"),
    ("book.csv", None, ("--benchmark", "SPYY"), "Did you mean 'SPY'"),
    ("book.csv", None, ("--as-of", "2026-07-04"), "is not a session"),
    ("book.csv", None, ("--as-of", "yesterday"), "this is not a date"),
    ("book.csv", None, ("--scenarios", "bad.toml"), "Did you mean 'memory'"),
]


@pytest.mark.parametrize(("name", "text", "options", "said"), BAD)
def test_bad_input(folder: Path, name: str, text: str | None, options: tuple[str, ...], said: str) -> None:
    if text is not None:
        (folder / name).write_text(text)
    (folder / "bad.toml").write_text(SCENARIO + 'moves = [{ kind = "bucket", of = "memroy", path = [0.1] }]\n')
    done = hedgebook("risk", name, "--out", "never", *options, cwd=folder)
    assert done.code == 2, done.out
    assert said in done.err
    assert done.err.count("\n") == 1
    assert done.out == ""
    assert not (folder / "never").exists()


def test_a_run_made_with_other_prices(folder: Path) -> None:
    summary = json.loads((folder / "run" / "summary.json").read_text())
    summary["data"]["sha256"] = "0" * 64
    other = folder / "other"
    other.mkdir(exist_ok=True)
    for file in (folder / "run").iterdir():
        (other / file.name).write_bytes(file.read_bytes())
    (other / "summary.json").write_text(json.dumps(summary))
    with pytest.raises(RunFolderError, match="made with other prices"):
        hb.risk(other, hb.sample_market())
    with pytest.raises(ParameterError, match="Did you mean 'paths'"):
        hb.risk(folder / "returns.csv", path=100)
    with pytest.raises(ParameterError, match="a book needs prices"):
        hb.risk(folder / "book.csv")


EVERY = {
    "one return": [0.01],
    "two returns": [0.01, -0.02],
    "five": [0.01, -0.02, 0.0, 0.003, -0.001],
    "twenty": list(np.random.default_rng(0).normal(0, 0.01, 20)),
    "nothing moves": [0.0] * 180,
    "one value": [0.0003] * 180,
    "only gains": list(np.abs(np.random.default_rng(1).normal(0, 0.01, 180))),
    "T-bills": list(np.round(0.0002 + np.random.default_rng(2).normal(0, 1e-5, 180), 5)),
    "mostly in cash": [(-1.0) ** k * 0.004 if k % 25 == 3 else 0.0 for k in range(180)],
    "one outlier": [*np.random.default_rng(3).normal(0, 0.005, 179), -0.9],
    "everything lost": [*np.random.default_rng(4).normal(0, 0.005, 100), -1.0, *[0.001] * 79],
    "no second moment": list(np.clip(np.random.default_rng(5).standard_t(2, 200) * 0.01, -1, 5)),
}


@pytest.mark.parametrize("name", list(EVERY))
def test_every_finite_series_gives_a_page(name: str, tmp_path: Path) -> None:
    values = EVERY[name]
    report = hb.risk(pd.Series(values, index=pd.bdate_range("2024-01-02", periods=len(values))), paths=200, sessions=5)
    found = report.to_dict()
    json.dumps(found, allow_nan=False)
    assert "Value at risk" in report.report(tmp_path / "r.html").read_text()
    if name == "everything lost":
        values = values[:101]  # nothing after the loss of everything is a return
    assert found["observations"] == len(values)
    if len(values) >= 30:
        historical = next(r for r in found["var"] if (r["method"], r["confidence"]) == ("historical", 0.95))
        ordered = sorted(values)
        at = 0.05 * (len(values) - 1)
        low = ordered[int(at)] + (at - int(at)) * (ordered[int(at) + 1] - ordered[int(at)])
        assert historical["var_frac"] == pytest.approx(-low, abs=1e-12)
    else:
        assert all(r["var_frac"] is None and "too few" in r["note"] for r in found["var"])
        assert any("too few to resample" in note for note in found["notes"])
    for row in found["var"]:
        assert row["es_frac"] is not None or row["note"]


def test_monthly_returns_are_annualised_by_twelve(folder: Path) -> None:
    values = np.random.default_rng(6).normal(0.006, 0.02, 160)
    months = pd.date_range("2008-01-31", periods=160, freq="ME")
    pd.Series(values, index=months, name="return").rename_axis("date").to_csv(folder / "fund.csv")
    done = hedgebook("risk", "fund.csv", *FAST, cwd=folder)
    assert done.code == 0, done.err
    text = " ".join(done.out.split())
    assert f"{100 * values.std(ddof=1) * 12**0.5:.2f}%" in text
    assert "a year has 12 months" in text
    assert "over 1 month" in text
    assert "Worst month" in text
    assert "160 months" in text
    assert "session" not in text
    assert max(len(line) for line in done.out.splitlines()) <= 80
    found = hedgebook("risk", "fund.csv", "--json", *FAST, cwd=folder).json
    assert found["frequency"] == {"name": "monthly", "unit": "month", "per_year": 12.0, "reason": None}


def test_units_are_asked_for_and_taken(folder: Path) -> None:
    days = pd.bdate_range("2025-01-02", periods=300)
    values = np.random.default_rng(7).normal(0, 0.25, 300)
    pd.Series(values, index=days, name="return").rename_axis("date").to_csv(folder / "percent.csv")
    asked = hedgebook("risk", "percent.csv", *FAST, cwd=folder)
    assert asked.code == 2
    assert "percent.csv" in asked.err
    assert "--returns-in" in asked.err
    told = hedgebook("risk", "percent.csv", "--returns-in", "percent", "--json", *FAST, cwd=folder)
    assert told.code == 0, told.err
    assert told.json["figures"]["volatility_annual"] == pytest.approx(0.01 * values.std(ddof=1) * 252**0.5, rel=1e-9)


def test_a_benchmark_with_holes_leaves_everything_else_alone() -> None:
    rng = np.random.default_rng(8)
    days = pd.bdate_range("2025-01-02", periods=200)
    mine = pd.Series(rng.normal(0, 0.01, 200), index=days)
    bench = (0.5 * mine + rng.normal(0, 0.01, 200)).rename("B").drop(days[[150, 180]])
    alone = hb.risk(mine, paths=200, sessions=5)
    beside = hb.risk(mine, benchmark=bench.tz_localize("Europe/London"), paths=200, sessions=5)
    pd.testing.assert_frame_equal(alone.rolling, beside.rolling[alone.rolling.columns])
    both = mine.drop(days[[150, 180]]).iloc[-63:]
    slope = np.polyfit(bench.iloc[-63:], both, 1)[0]
    assert beside.rolling["beta"].iloc[-1] == pytest.approx(slope, rel=1e-9)
    assert beside.benchmark_dates == 198
    assert any("198 of 200 dates" in note for note in beside.notes)
    for other, said in ((bench.iloc[:-30], "ends on"), (bench.shift(freq="4000D"), "no date in common")):
        without = hb.risk(mine, benchmark=other, paths=200, sessions=5)
        assert without.benchmark is None
        assert any(said in note for note in without.notes)
        pd.testing.assert_frame_equal(without.rolling, alone.rolling)


def test_few_returns_have_no_annual_headline() -> None:
    days = pd.bdate_range("2026-01-05", periods=11)
    from hedgebook.reports.risk.tables import figures_table

    table = figures_table(hb.risk(pd.Series(np.random.default_rng(1).normal(0, 0.01, 11), index=days)))
    assert table.rows[0][0] == "Volatility a session"
    assert table.rows[-1][0] == "Volatility annualised from 11 sessions"
