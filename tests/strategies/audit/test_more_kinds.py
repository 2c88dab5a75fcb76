"""More ways of knowing too much, and strategies that look as if they did and do not."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.errors import ParameterError
from tests.cli.console import hedgebook

ROWS = slice(150, 600, 50)
Frame = pd.DataFrame


def signs(frame: Frame) -> Frame:
    return Frame(np.sign(frame.to_numpy()), frame.index, frame.columns).fillna(0.0) * 0.01


def ranked(frame: Frame) -> Frame:
    return (frame.rank(axis=1, pct=True) - 0.5).fillna(0.0) * 0.02


def sorted_by_the_mean_of_all(m: hb.Market) -> Frame:
    closes = m.frame("close")
    best = closes.pct_change(fill_method=None).mean().nlargest(5).index
    return Frame(0.1, closes.index[ROWS], best)


def scaled_by_all_history(m: hb.Market) -> Frame:
    closes = m.frame("close")
    return (((closes - closes.min()) / (closes.max() - closes.min()) - 0.5).fillna(0.0) * 0.02).iloc[ROWS]


def sized_at_the_open_it_fills(m: hb.Market) -> Frame:
    return (100.0 * m.frame("open").shift(-1) / 1e6).fillna(0.0).iloc[ROWS]


def volume_of_the_next_session(m: hb.Market) -> Frame:
    return ranked(m.frame("volume").shift(-1)).iloc[ROWS]


def weeks_labelled_at_their_start(m: hb.Market) -> Frame:
    closes = m.frame("close")
    weeks = closes.resample("W-MON", label="left", closed="left").last().reindex(closes.index, method="ffill")
    return signs(weeks / closes - 1.0).iloc[ROWS]


def gaps_drawn_through(m: hb.Market) -> Frame:
    closes = m.frame("close")
    seen = closes.copy()
    seen.iloc[ROWS] = np.nan
    return signs(seen.interpolate() - closes.shift(1)).iloc[ROWS]


def change_from_tomorrow(m: hb.Market) -> Frame:
    return signs(m.frame("close").pct_change(-1, fill_method=None)).iloc[ROWS]


def ranks_over_time(m: hb.Market) -> Frame:
    return ((m.frame("close").rank(pct=True) - 0.5).fillna(0.0) * 0.02).iloc[ROWS]


def reversed_mean(m: hb.Market) -> Frame:
    closes = m.frame("close")
    return signs(closes - closes[::-1].ewm(10).mean()[::-1]).iloc[ROWS]


def first_component(m: hb.Market) -> Frame:
    moves = m.frame("close").pct_change(fill_method=None).fillna(0.0)
    loads = np.linalg.svd(moves.to_numpy(), full_matrices=False)[2][0]
    return Frame(np.tile(loads / np.abs(loads).sum(), (9, 1)), moves.index[ROWS][:9], moves.columns)


def members_of_the_universe(m: hb.Market) -> Frame:
    names = [ticker for ticker, (bucket, _) in m.universe.by_ticker.items() if bucket == "neocloud"]
    return Frame(1.0 / len(names), m.frame("close").index[ROWS], [name for name in names if name in m.columns])


def sold_at_the_low(m: hb.Market) -> Frame:
    closes = m.frame("close")[["META"]]
    low = 300 + int(np.argmin(closes["META"].to_numpy()[300:400]))
    out = closes.iloc[[200, low]] * 0.0
    out.iloc[0] = 0.5
    return out


KEPT: dict[str, Any] = {}
BEST: str | None = None


def table_of_the_first_call(m: hb.Market) -> Frame:
    if "table" not in KEPT:
        KEPT["table"] = signs(m.frame("close").shift(-5) / m.frame("close") - 1.0).iloc[ROWS]
    return KEPT["table"]  # type: ignore[no-any-return]


def winner_of_the_first_call(m: hb.Market) -> Frame:
    global BEST
    closes = m.frame("close")
    BEST = BEST or str((closes.iloc[-1] / closes.iloc[150]).idxmax())
    return Frame(0.5, closes.index[ROWS], [BEST])


@cache
def chosen() -> list[str]:
    return []


def winner_in_a_cache(m: hb.Market) -> Frame:
    names, closes = chosen(), m.frame("close")
    if not names:
        names.append(str((closes.iloc[-1] / closes.iloc[150]).idxmax()))
    return Frame(0.5, closes.index[ROWS], names)


def winner_on_the_function(m: hb.Market) -> Frame:
    own: Any = winner_on_the_function
    closes = m.frame("close")
    if not hasattr(own, "best"):
        own.best = str((closes.iloc[-1] / closes.iloc[150]).idxmax())
    return Frame(0.5, closes.index[ROWS], [own.best])


class Remembering(hb.Strategy):
    """Keeps what it found in its class."""

    def plan(self, market: hb.Market) -> Any:
        kind: Any = type(self)
        closes = market.frame("close")
        if not hasattr(Remembering, "found"):
            kind.found = str((closes.iloc[-1] / closes.iloc[150]).idxmax())
        return Frame(0.5, closes.index[ROWS], [kind.found])


PEEKERS: dict[Any, str] = {
    sorted_by_the_mean_of_all: "close of",
    scaled_by_all_history: "close of",
    sized_at_the_open_it_fills: "open of",
    volume_of_the_next_session: "volume of",
    weeks_labelled_at_their_start: "close of",
    gaps_drawn_through: "close of",
    change_from_tomorrow: "close of",
    ranks_over_time: "close of",
    reversed_mean: "close of",
    first_component: "close of",
    members_of_the_universe: "nothing was listed later",
    sold_at_the_low: "close of META",
    table_of_the_first_call: "forgotten (in KEPT)",
    winner_of_the_first_call: "forgotten (in BEST)",
    winner_in_a_cache: "forgotten (in chosen)",
    winner_on_the_function: "forgotten (in best)",
}


@pytest.mark.parametrize("peeker", PEEKERS, ids=lambda one: one.__name__)
def test_it_is_caught(peeker: Callable[[hb.Market], Frame], market: hb.Market) -> None:
    found = hb.audit(peeker, market, decisions=5)
    assert found.leak is not None
    assert PEEKERS[peeker] in found.leak.told()


def scaled_by_the_past(m: hb.Market) -> Frame:
    closes = m.frame("close")
    low, high = closes.expanding().min(), closes.expanding().max()
    return (((closes - low) / (high - low) - 0.5).fillna(0.0) * 0.02).iloc[ROWS]


def ranks_of_a_day(m: hb.Market) -> Frame:
    return ranked(m.frame("close").pct_change(20, fill_method=None)).iloc[ROWS]


def weeks_that_have_ended(m: hb.Market) -> Frame:
    closes = m.frame("close")
    weeks = closes.resample("W-FRI").last().shift(1).reindex(closes.index, method="ffill")
    return signs(closes / weeks - 1.0).iloc[ROWS]


def turned_round_twice(m: hb.Market) -> Frame:
    closes = m.frame("close")
    return signs(closes - closes[::-1].shift(-20)[::-1]).iloc[ROWS]


def seeded_noise(m: hb.Market) -> Frame:
    days = m.frame("close").index[ROWS]
    return Frame(np.random.default_rng(3).normal(0.0, 0.01, (9, 2))[: len(days)], days, ["META", "NVDA"])


def fixed_on_a_calendar(m: hb.Market) -> Frame:
    return Frame({"META": 0.5, "NVDA": -0.5}, index=m.frame("close").index[ROWS])


def until_the_last_close(m: hb.Market) -> Frame:
    return signs(m.frame("close").pct_change(20, fill_method=None)).iloc[150::50]


SEEN: dict[int, Any] = {}


def kept_by_market(m: hb.Market) -> Frame:
    if id(m) not in SEEN:
        SEEN[id(m)] = m, ranks_of_a_day(m)
    return SEEN[id(m)][1]  # type: ignore[no-any-return]


HONEST = (
    scaled_by_the_past, ranks_of_a_day, weeks_that_have_ended, turned_round_twice, seeded_noise, fixed_on_a_calendar,
    until_the_last_close, kept_by_market,
)  # fmt: skip


@pytest.mark.parametrize("strategy", HONEST, ids=lambda one: one.__name__)
def test_what_only_looks_like_it_passes(strategy: Callable[[hb.Market], Frame], market: hb.Market) -> None:
    found = hb.audit(strategy, market, decisions=5)
    assert found.leak is None, found.leak.told()
    fixed = [note for note in found.notes if "this is a fixed plan" in note]
    assert bool(fixed) == (strategy in (seeded_noise, fixed_on_a_calendar))


def test_a_class_that_remembers_is_caught(market: hb.Market) -> None:
    found = hb.audit(Remembering, market)
    assert found.leak is not None
    assert "forgotten (in found)" in found.leak.told()


def test_decisions_that_are_not_tried_are_told(market: hb.Market) -> None:
    assert hb.audit(until_the_last_close, market, decisions=3).notes[-1].endswith("decisions=11")


def test_a_table_cannot_be_audited(market: hb.Market, tmp_path: Path) -> None:
    table = ranks_of_a_day(market)
    flags = market.frame("close")[["META"]] > 0.0
    schedule = hb.backtest(table, market).plan.schedule
    for given in (table, hb.weights(table), hb.signals(flags, ~flags), schedule):
        with pytest.raises(ParameterError, match=r"a table cannot be audited: it was made before.*Give the function"):
            hb.audit(given, market)
    file = tmp_path / "mine.py"
    file.write_text(
        "import hedgebook as hb\nimport pandas as pd\n"
        "mine = hb.weights(pd.DataFrame({'META': [0.5, 0.2]}, index=['2025-03-03', '2025-04-01']))\n"
    )
    done = hedgebook("audit", f"{file}:mine", cwd=tmp_path)
    assert done.code == 2
    assert "a table cannot be audited" in " ".join(done.err.split())
