"""Two price files held against each other: every known mistake is told as what it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hedgebook.errors import PriceDataError
from hedgebook.universes.prices.compare import Comparison, compare_prices

TICKERS = ("AAA", "BBB", "CCC", "DDD")
FIELDS = ("open", "high", "low", "close", "volume")
HOLIDAYS = ("02-17", "04-18", "05-26")
SESSIONS = pd.DatetimeIndex([d for d in pd.bdate_range("2025-02-03", "2025-06-13") if f"{d:%m-%d}" not in HOLIDAYS])


def prices() -> pd.DataFrame:
    """A long file of four random walks; opens are never a close before."""
    draw = np.random.default_rng(22)
    rows = []
    for k, ticker in enumerate(TICKERS):
        close = 50.0 * (k + 1) * np.exp(np.cumsum(draw.normal(0, 0.02, len(SESSIONS))))
        opened = close * (1 + draw.normal(0, 0.004, len(SESSIONS)))
        rows.append(
            pd.DataFrame(
                {
                    "date": SESSIONS,
                    "ticker": ticker,
                    "open": opened,
                    "high": np.maximum(opened, close) * 1.01,
                    "low": np.minimum(opened, close) * 0.99,
                    "close": close,
                    "volume": draw.integers(10_000, 90_000, len(SESSIONS)).astype(float),
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def at(frame: pd.DataFrame, ticker: str, first: int = 0, last: int | None = None) -> pd.Index:
    """Rows of a ticker, by number of the session."""
    return frame.index[frame["ticker"] == ticker][first:last]


def late(q: pd.DataFrame) -> None:
    q.loc[at(q, "BBB", 1), list(FIELDS)] = q.loc[at(q, "BBB", 0, -1), list(FIELDS)].to_numpy()


def early_since(q: pd.DataFrame) -> None:
    q.loc[at(q, "BBB", 40, -2), list(FIELDS)] = q.loc[at(q, "BBB", 42), list(FIELDS)].to_numpy()


def swap(q: pd.DataFrame) -> None:
    one, two = at(q, "AAA", 20), at(q, "DDD", 20)
    values = q.loc[one, list(FIELDS)].to_numpy()
    q.loc[one, list(FIELDS)] = q.loc[two, list(FIELDS)].to_numpy()
    q.loc[two, list(FIELDS)] = values


def other_ticker(q: pd.DataFrame) -> None:
    q.loc[at(q, "AAA"), list(FIELDS)] = q.loc[at(q, "CCC"), list(FIELDS)].to_numpy()


def ten(q: pd.DataFrame) -> None:
    q.loc[at(q, "CCC", 30, 31), ["open", "high", "low", "close"]] *= 10.0


def split(q: pd.DataFrame) -> None:
    q.loc[at(q, "CCC", 0, 50), ["open", "high", "low", "close"]] /= 7.0


def copied(q: pd.DataFrame) -> None:
    q.loc[at(q, "DDD", 11, 16), "open"] = q.loc[at(q, "DDD", 10, 15), "close"].to_numpy()


def copied_close(q: pd.DataFrame) -> None:
    q.loc[at(q, "DDD", 11, 14), "open"] = q.loc[at(q, "DDD", 11, 14), "close"]


def one_close(q: pd.DataFrame) -> None:
    q.loc[at(q, "AAA", 5, 6), "close"] *= 1.0007


def volumes(q: pd.DataFrame) -> None:
    q.loc[at(q, "BBB", 0, 9), "volume"] += np.arange(1.0, 10.0)


MISTAKES: dict[str, tuple[Callable[[pd.DataFrame], None], str, str, str, str, int]] = {
    "a session late": (late, "serious", "shifted", "BBB", "1 session later", len(SESSIONS) - 1),
    "two sessions early": (early_since, "serious", "shifted", "BBB", "2 sessions earlier", len(SESSIONS) - 42),
    "two swapped": (swap, "serious", "swapped", "AAA, DDD", "swapped", len(SESSIONS) - 20),
    "another's prices": (other_ticker, "serious", "other_ticker", "AAA", "that CCC has", len(SESSIONS)),
    "ten times, once": (ten, "serious", "factor", "CCC", "10 times", 1),
    "an odd split": (split, "serious", "factor", "CCC", "1/7 of", 50),
    "opens of the close before": (copied, "serious", "copied_open", "DDD", "5 opens of DDD repeat the close before", 5),
    "opens of the close": (copied_close, "serious", "copied_open", "DDD", "the close of the session", 3),
    "one close": (one_close, "warning", "values", "AAA", "by up to 0.07%", 1),
    "volumes": (volumes, "note", "values", "BBB", "9 volumes of BBB differ", 9),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_as_what_it_is_and_nothing_else(name: str) -> None:
    change, severity, kind, ticker, words, count = MISTAKES[name]
    a = prices()
    b = a.copy()
    change(b)
    found = compare_prices(a, b)
    assert [(f.severity, f.kind, f.ticker, f.count) for f in found.findings] == [(severity, kind, ticker, count)]
    finding = found.findings[0]
    assert words in finding.text
    example = finding.examples[0]
    key = ticker.split(",")[0]
    for frame, value in ((a, example.a), (b, example.b)):
        row = frame[(frame["ticker"] == key) & (frame["date"] == example.session)]
        assert value == row[example.field].item()
    # The other way round it is the same finding.
    assert [f.kind for f in compare_prices(b, a).findings] == [kind]


def test_equal_files_agree_whatever_their_layout_and_precision(tmp_path: Path) -> None:
    long = prices()
    wide = long.pivot(index="date", columns="ticker", values="close")
    wide.to_csv(tmp_path / "wide.csv")
    long.astype(dict.fromkeys(FIELDS, "float32")).to_parquet(tmp_path / "single.parquet")
    for other in (tmp_path / "wide.csv", tmp_path / "single.parquet", long):
        found = compare_prices(long, other)
        assert found.agree, found.findings
        assert (found.tickers, found.sessions) == (len(TICKERS), len(SESSIONS))
        assert found.compared["close"] == len(TICKERS) * len(SESSIONS)
    assert compare_prices(long, tmp_path / "wide.csv").compared["open"] == 0


def test_what_only_one_file_has() -> None:
    a = prices()
    b = a[(a["ticker"] != "CCC") & (a["date"] < SESSIONS[60]) & (a["date"] != SESSIONS[33])]
    b = b[~((b["ticker"] == "AAA") & (b["date"] == SESSIONS[7]))]
    found = compare_prices(a, b)
    assert [(f.kind, f.severity, f.ticker, f.count) for f in found.findings] == [
        ("sessions", "warning", "", 1),
        ("missing", "warning", "AAA", 1),
        ("sessions", "note", "", len(SESSIONS) - 60),
        ("ticker", "note", "CCC", 1),
    ]
    assert found.findings[0].first == f"{SESSIONS[33]:%Y-%m-%d}"


def test_dividends_in_one_file_only_are_one_finding() -> None:
    a = prices()
    b = a.copy()
    rows = at(b, "BBB")
    for k in (18, 36, 54, 72):
        b.loc[rows[:k], ["open", "high", "low", "close"]] *= 0.99
    found = [f for f in compare_prices(a, b).findings if f.field == "close"]
    assert [(f.kind, f.severity, f.count) for f in found] == [("factor", "warning", 72)]
    assert "adjusted otherwise: 0.9606 to 0.99 times" in found[0].text


def test_many_mistakes_at_once_are_all_found() -> None:
    a = prices()
    b = a.copy()
    late(b)
    ten(b)
    copied(b)
    one_close(b)
    found = compare_prices(a, b)
    assert [f.kind for f in found.findings] == ["shifted", "copied_open", "factor", "values"]
    plain = found.to_dict()
    assert plain["agree"] is False
    assert plain["findings"][0]["examples"][0].keys() == {"session", "field", "a", "b"}


def test_random_noise_is_no_pattern() -> None:
    a = prices()
    b = a.copy()
    b["close"] *= 1 + np.random.default_rng(3).normal(0, 0.003, len(b))
    found = compare_prices(a, b)
    assert {f.kind for f in found.findings} == {"values"}
    assert sum(f.count for f in found.findings) == len(b)


def test_a_universe_restricts_and_bad_files_are_refused(real_prices: Path) -> None:
    table = pd.read_parquet(real_prices)
    recent = table[table["date"] >= "2026-01-01"]

    def compared(**more: str) -> Comparison:
        return compare_prices(recent, recent, **more)

    assert compared().agree
    assert 0 < compared(universe="ai_infrastructure").tickers <= compared().tickers
    with pytest.raises(PriceDataError, match=r"no such file"):
        compare_prices(real_prices, "absent.parquet")
    with pytest.raises(PriceDataError, match=r"stands more than once|duplicate|twice"):
        compare_prices(prices(), pd.concat([prices(), prices().iloc[[3]]]))


def test_opens_that_equal_a_close_by_rounding_to_cents_are_no_copies() -> None:
    a = prices()
    a.loc[at(a, "AAA"), ["open", "high", "low", "close"]] *= 1.00003
    b = a.copy()
    cells = at(b, "AAA", 3, 9)
    a.loc[cells, "open"] = a.loc[cells, "close"] + 0.002
    b.loc[cells, "open"] = b.loc[cells, "close"]
    kinds = {one.kind for one in compare_prices(a, b).findings}
    assert kinds == {"values"}
