"""Commands on a run of a strategy without an event: run, verify, risk, capacity."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import hedgebook as hb

from .console import Done, hedgebook

STRATEGY = '''
import hedgebook as hb
import pandas as pd


def calm(market: hb.Market, window: int = 20, names: int = 3) -> pd.DataFrame:
    """Long what moved least, short what moved most, every week."""
    close = market.frame("close")
    moved = close.pct_change(window).abs().iloc[-150::5]
    rank = moved.rank(axis=1, method="first")
    last = rank.max(axis=1)
    return (0.4 / names) * (rank.le(names).astype(float) - rank.gt(last - names, axis=0).astype(float))
'''


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kinds")
    (folder / "mine.py").write_text(STRATEGY)
    return folder


@pytest.fixture(scope="module")
def made(here: Path) -> Done:
    return hedgebook("run", "mine.py:calm", "--set", "window=15", "--out", "calm", cwd=here)


def test_it_is_told_in_eighty_columns_without_words_of_news(made: Done) -> None:
    assert made.code == 0, made.err
    assert max(len(line) for line in made.out.splitlines() if "Report:" not in line) <= 80
    for title in ("Headline figures", "Holdings by month", "Round trips", "Factor exposures", "others"):
        assert title in made.out
    assert "…" not in made.out
    said = made.out.replace("Simulated history, reported event-day moves", "")
    for word in (" trade ", " news", "entry", "rule 201", "Leg"):
        assert word not in said, word


def test_its_folder_is_verified_and_what_was_changed_is_named(made: Done, here: Path) -> None:
    assert made.code == 0, made.err
    done = hedgebook("verify", "calm", "--json", cwd=here)
    assert done.code == 0, done.out + done.err
    assert done.json["passed"]
    assert done.json["mismatches"] == []
    hb.load_run(here / "calm").save(here / "other")
    fills = pd.read_parquet(here / "other" / "fills.parquet")
    fills.loc[len(fills) // 2, "price"] *= 1.0 + 1e-6
    fills.to_parquet(here / "other" / "fills.parquet")
    done = hedgebook("verify", "other", cwd=here)
    assert done.code == 1
    assert "fills.parquet" in done.out


def test_its_risk_is_that_of_what_it_holds_at_the_end(made: Done, here: Path) -> None:
    assert made.code == 0, made.err
    done = hedgebook("risk", "calm", "--paths", "200", "--sessions", "5", "--json", cwd=here)
    assert done.code == 0, done.err
    run = hb.load_run(here / "calm")
    held = {line["ticker"] for line in done.json["by_position"]} - {"book"}
    assert held == set(run.open_positions())
    assert "the weights at the run's last close" in done.json["basis"]
    assert "news" not in done.json["basis"]


def test_it_has_a_capacity(made: Done, here: Path) -> None:
    assert made.code == 0, made.err
    done = hedgebook("capacity", "mine.py:calm", "--set", "window=15", "--participation", "0.05", "--json", cwd=here)
    assert done.code == 0, done.err
    assert done.json["trade"] == "calm"
    assert done.json["capacity_usd"] > 0.0
    assert "5% of its average daily value" in done.json["note"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "momentum-unwind", "--event", "deepseek-2025"), "momentum-unwind is no event trade"),
        (("run", "mine.py:calm", "--hindsight"), "mine.py:calm is no event trade"),
        (("hedges", "mine.py:calm"), "mine.py:calm is no event trade"),
        (("run", "mine.py:calm", "--start", "soon"), "start: this is no day (got 'soon')"),
    ],
)
def test_what_only_event_trades_have_is_said(here: Path, arguments: tuple[str, ...], words: str) -> None:
    done = hedgebook(*arguments, cwd=here)
    assert done.code == 2
    assert words in done.err
    assert "Traceback" not in done.err


def test_parameters_of_a_report_name_the_strategies_within(here: Path) -> None:
    done = hedgebook("run", "glut-regime", "--out", "glut", cwd=here)
    assert done.code == 0, done.err
    page = (here / "glut" / "report.html").read_text()
    assert "when_up capex-basket" in page
    assert "{&#39;name&#39;" not in page
    assert "{'name'" not in page.partition("</main>")[0].partition("<script")[0]
