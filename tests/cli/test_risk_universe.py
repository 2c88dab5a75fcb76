"""hedgebook risk on a universe of one's own: shipped scenarios that do not apply are left out and said."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.markets import universe_text

from .console import hedgebook

UNIVERSE = universe_text({"power": ("NEE", "DUK"), "fund": ("XLU",)}, "XLU")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    here = tmp_path_factory.mktemp("own")
    (here / "utilities.toml").write_text(UNIVERSE)
    days = [d for d in pd.bdate_range("2023-01-03", "2024-06-28") if d.month != 1 or d.day > 15]
    from hedgebook.universes.calendar import trading_calendar

    sessions = trading_calendar(2023, 2024).sessions
    days = [d for d in days if d.to_datetime64().astype("datetime64[D]") in sessions]
    draws = np.random.default_rng(8).normal(0.0003, 0.011, (len(days), 3))
    draws[:, :2] += draws[:, 2:]
    close = 60.0 * np.exp(np.cumsum(draws, axis=0))
    names = ("NEE", "DUK", "XLU")
    lines = [f"{d:%Y-%m-%d},{t},{close[k, i]:.4f}" for k, d in enumerate(days) for i, t in enumerate(names)]
    (here / "prices.csv").write_text("date,ticker,close\n" + "\n".join(lines) + "\n")
    (here / "book.csv").write_text("ticker,shares\nNEE,100\nDUK,-60\n")
    return here


def test_the_report_appears_with_what_applies(folder: Path) -> None:
    own = ("--prices", "prices.csv", "--universe", "utilities.toml")
    done = hedgebook("risk", "book.csv", *own, "--paths", "200", "--sessions", "5", "--json", cwd=folder)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["scenarios"] == []
    notes = " ".join(found["notes"])
    for name in ("glut-bull", "short-squeeze", "borrow-spike", "semis-2000", "momentum-unwind", "rising-yields"):
        assert name in notes
    assert "the universe utilities has no bucket or ticker" in notes
    assert "SMH has no prices" in notes
    assert found["by_position"]
    mine = '[[scenarios]]\nname = "mine"\ntitle = "Mine"\nmoves = [{ kind = "bucket", of = "%s", path = [-0.1] }]\n'
    (folder / "mine.toml").write_text(mine % "power")
    (folder / "typo.toml").write_text(mine % "pwoer")
    fast = ("--paths", "200", "--sessions", "5", "--json")
    good = hedgebook("risk", "book.csv", *own, "--scenarios", "mine.toml", *fast, cwd=folder)
    assert json.loads(good.out)["scenarios"][0]["moved"] == 2
    bad = hedgebook("risk", "book.csv", *own, "--scenarios", "typo.toml", *fast, cwd=folder)
    assert bad.code == 2
    assert "Did you mean 'power'" in bad.err
