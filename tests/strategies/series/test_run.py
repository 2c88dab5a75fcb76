"""A trade over many events: which are run, what they say together, and one account for all of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from hedgebook.errors import EventError, InputError, ParameterError
from hedgebook.strategies.series.choice import Overlap, Sides, parse_choice
from hedgebook.strategies.series.run import EventSeries
from hedgebook.strategies.series.statistics import clustered_mean, hit_rate, leave_one_out
from hedgebook.universes.event import Timing
from tests.oracle import event_series as oracle
from tests.oracle.event_study import clustered_mean as plain_clustered_mean
from tests.oracle.event_study import deviation
from tests.oracle.ols import simple_ols

from ..event_news import COSTS, ROWS, all_events, event_on, series, series_market

MARKET = series_market()
WINDOWS = [(row, row + 5) for row in ROWS]


def plain_prices() -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    tables = (MARKET.open, MARKET.close)
    opens, closes = ({t: table[:, i].tolist() for i, t in enumerate(MARKET.tickers)} for table in tables)
    return opens, closes


def plain_plans(rows: tuple[int, ...] = ROWS) -> list[oracle.PlainPlan]:
    return [oracle.PlainPlan(row, row + 5, {"ACME": 0.25, "BOLT": 0.25, "CLOUD": -0.5}) for row in rows]


def ids(found: EventSeries) -> list[str]:
    return [run.event.id for run in found.runs]


@pytest.mark.parametrize("overlap", ["skip", "stack", "cap", "cap:1.5", "cap:0.4"])
def test_one_account_without_costs_is_what_plain_python_holds(overlap: str) -> None:
    found = series(MARKET, overlap=overlap)
    kept = oracle.taken_when_skipping(WINDOWS) if overlap == "skip" else range(len(ROWS))
    cap = float(overlap.partition(":")[2] or 1.0) if overlap.startswith("cap") else None
    used = {"ACME", "BOLT", "CLOUD"}
    opens, closes = ({t: v for t, v in table.items() if t in used} for table in plain_prices())
    expected = oracle.account(plain_plans(tuple(ROWS[k] for k in kept)), opens, closes, 2e6, cap)
    assert found.book.record.days["nav_close"].tolist() == pytest.approx(expected, rel=1e-12)
    assert ids(found) == [f"news-{ROWS[k]}" for k in kept]
    assert found.book.open_positions() == ()


@pytest.mark.parametrize("overlap", ["stack", "cap", "cap:0.7"])
def test_events_with_other_names_leave_each_other_alone_unless_capped(overlap: str) -> None:
    """ACME is held by the first and the third event, at sizes that add up; BOLT and SPARE by the second alone."""
    legs = {60: ("ACME", "CLOUD"), 63: ("BOLT", "SPARE"), 65: ("ACME", "LATE")}
    events = tuple(
        event_on(MARKET, row, expected_winners=(long,), expected_losers=(short,)) for row, (long, short) in legs.items()
    )
    found = series(MARKET, events, sides="expected", overlap=overlap)
    plans = [oracle.PlainPlan(row, row + 5, {long: 0.5, short: -0.5}) for row, (long, short) in legs.items()]
    cap = float(overlap.partition(":")[2] or 1.0) if overlap.startswith("cap") else None
    used = {ticker for pair in legs.values() for ticker in pair}
    opens, closes = ({t: v for t, v in table.items() if t in used} for table in plain_prices())
    expected = oracle.account(plans, opens, closes, 2e6, cap)
    assert found.book.record.days["nav_close"].tolist() == pytest.approx(expected, rel=1e-12)
    at_second = found.book.fills[found.book.fills["session"] == str(MARKET.sessions[63])]
    assert set(at_second["ticker"]) == ({"BOLT", "SPARE"} if overlap == "stack" else {"ACME", "BOLT", "CLOUD", "SPARE"})


def test_the_account_differs_by_overlap() -> None:
    finals = {overlap: series(MARKET, overlap=overlap).book.final_nav for overlap in ("skip", "stack", "cap")}
    assert len(set(finals.values())) == 3
    assert series(MARKET, overlap="stack").largest_gross == pytest.approx(2.0)
    assert series(MARKET, overlap="cap").largest_gross == pytest.approx(1.0)


def test_each_event_alone_earns_what_plain_python_earns() -> None:
    found = series(MARKET, overlap="stack")
    opens, closes = plain_prices()
    for plan, value, path in zip(plain_plans(), found.returns, found.paths[0], strict=True):
        navs = oracle.account([plan], opens, closes, 2e6, None)
        assert value == pytest.approx(navs[-1] / 2e6 - 1.0, abs=1e-12)
        assert path.tolist() == pytest.approx([nav / 2e6 - 1.0 for nav in navs], abs=1e-12)
    assert found.table["pnl"].tolist() == pytest.approx((2e6 * found.returns).tolist())


def test_skipped_events_are_listed_with_the_event_that_was_held() -> None:
    found = series(MARKET)
    assert [(one.event, one.why) for one in found.left_out] == [("news-36", "overlap"), ("news-64", "overlap")]
    assert ids(found) == ["news-33", "news-60", "news-66", "news-90"]
    assert f"news-33 is held from {MARKET.sessions[33]} to {MARKET.sessions[38]}" in found.left_out[0].reason
    assert len(found.asked) == len(found.runs) + len(found.left_out)


def test_statistics_against_the_oracle() -> None:
    found = series(MARKET, overlap="stack", costs=COSTS)
    values = found.returns.tolist()
    clusters = oracle.find_clusters(WINDOWS)
    assert found.clusters.tolist() == clusters == [0, 0, 1, 1, 1, 2]
    mean, error = plain_clustered_mean(values, clusters)
    half = oracle.student_975(2) * error
    got = found.mean
    assert [got.mean, got.standard_error, got.t] == pytest.approx([mean, error, mean / error], rel=1e-12)
    assert [got.low, got.high] == pytest.approx([mean - half, mean + half], rel=1e-9)
    assert got.p_value == pytest.approx(oracle.student_two_sided(mean / error, 2), rel=1e-9)
    assert got.naive_error == pytest.approx(deviation(values) / math.sqrt(6), rel=1e-12)
    means = [math.fsum(values[:2]) / 2, math.fsum(values[2:5]) / 3, values[5]]
    assert got.mean_of_clusters == pytest.approx(math.fsum(means) / 3, rel=1e-12)
    hits = sum(v > 0 for v in values)
    assert (found.hits.hits, found.hits.events) == (hits, 6)
    assert [found.hits.low, found.hits.high] == pytest.approx(oracle.exact_interval(hits, 6), abs=1e-12)
    without = oracle.means_without_one(values)
    assert [found.without_one.low, found.without_one.high] == pytest.approx([min(without), max(without)])
    assert found.without_one.low_without == ids(found)[without.index(min(without))]
    assert found.worst == (ids(found)[values.index(min(values))], min(values))


@pytest.mark.parametrize("n", [1, 2, 7, 31])
def test_the_interval_of_the_hit_rate_is_exact(n: int) -> None:
    for hits in range(n + 1):
        values = np.array([0.01] * hits + [-0.01] * (n - hits))
        found = hit_rate(values)
        assert [found.low, found.high] == pytest.approx(oracle.exact_interval(hits, n), abs=1e-12)
        assert found.low <= hits / n == found.rate <= found.high


def test_a_return_of_zero_is_no_hit_and_one_event_has_no_error() -> None:
    assert hit_rate(np.zeros(3)).hits == 0
    alone = clustered_mean(np.array([0.2]), np.zeros(1, dtype=np.int64))
    assert alone.mean == alone.mean_of_clusters == 0.2
    assert all(math.isnan(x) for x in (alone.standard_error, alone.t, alone.p_value, alone.naive_error))
    assert leave_one_out(np.array([0.2]), ["a"]).low_without == ""
    flat = clustered_mean(np.zeros(3), np.arange(3))
    assert flat.standard_error == 0.0
    assert math.isnan(flat.t)


def test_the_adjusted_path_removes_beta_times_the_benchmark() -> None:
    found = series(MARKET, overlap="stack", costs=COSTS)
    opens, closes = plain_prices()

    def move(ticker: str, row: int) -> float:
        return closes[ticker][row] / closes[ticker][row - 1] - 1.0

    for j, (row, last) in enumerate(WINDOWS):
        beta = 0.0
        for ticker, weight in (("ACME", 0.25), ("BOLT", 0.25), ("CLOUD", -0.5)):
            history = [(move(ticker, t), move("BENCH", t)) for t in range(row - 20, row)]
            kept = [pair for pair in history if all(map(math.isfinite, pair))]
            # Missing prices leave some tickers with fewer than the 20 sessions that a slope needs.
            slope = simple_ols([y for y, _ in kept], [x for _, x in kept]).slope if len(kept) >= 20 else math.nan
            beta += weight * slope
        assert found.betas[j] == pytest.approx(beta, rel=1e-9, nan_ok=True)
        total, daily = 0.0, found.runs[j].returns.tolist()
        for k, t in enumerate(range(row, last + 1)):
            market = closes["BENCH"][t] / opens["BENCH"][t] - 1.0 if k == 0 else move("BENCH", t)
            total += daily[k] - beta * market
            assert found.paths[1][j, k] == pytest.approx(total, abs=1e-12, nan_ok=True)
    assert np.isnan(found.betas).tolist() == [True, True, False, False, False, False]


def test_the_mean_path_is_the_clustered_mean_at_every_offset() -> None:
    found = series(MARKET, overlap="stack", costs=COSTS)
    net, abnormal = found.paths
    clusters = oracle.find_clusters(WINDOWS)
    for k in range(6):
        mean, error = plain_clustered_mean(net[:, k].tolist(), clusters)
        half = oracle.student_975(2) * error
        row = found.path.loc[k]
        assert [row["mean"], row["low"], row["high"]] == pytest.approx([mean, mean - half, mean + half], rel=1e-9)
        # The first cluster has no beta, so two clusters are left for the adjusted path.
        car, car_error = plain_clustered_mean(abnormal[2:, k].tolist(), clusters[2:])
        assert [row["caar"], row["caar_error"]] == pytest.approx([car, car_error], rel=1e-9)


def test_events_that_cannot_be_set_up_are_listed_with_the_reason() -> None:
    beyond = event_on(MARKET, 40, id="past", announced_on="2027-03-01")
    late = event_on(MARKET, 117, id="cut-off")
    found = series(MARKET, (*all_events(MARKET), beyond, late), overlap="stack")
    reasons = {one.event: one.reason for one in found.left_out}
    assert reasons.keys() == {"past", "cut-off"}
    assert "do not cover event past" in reasons["past"]
    assert "end 3 sessions before the exit" in reasons["cut-off"]
    unlisted = series(MARKET, (event_on(MARKET, 12), event_on(MARKET, 33)), short="LATE")
    assert [(one.event, one.why) for one in unlisted.left_out] == [("news-12", "legs")]
    assert "LATE was not listed" in unlisted.left_out[0].reason
    gone = series(MARKET, (event_on(MARKET, 25), event_on(MARKET, 60)), short="CLOUD,LATE", sides="expected")
    assert gone.left_out == ()


def test_expected_sides_make_the_legs() -> None:
    events = (
        event_on(MARKET, 33),
        event_on(MARKET, 60, expected_winners=(), expected_losers=("maker",)),
        event_on(MARKET, 80, expected_winners=("BOLT",), expected_losers=("maker",)),
        event_on(MARKET, 90, expected_winners=(), expected_losers=()),
    )
    found = series(MARKET, events, sides="expected")
    legs = [{leg.name: leg.tickers for leg in run.plan.legs} for run in found.runs]
    assert legs == [{"long": ("ACME", "BOLT"), "short": ("CLOUD", "BENCH", "SPARE")}, {"short": ("ACME", "BOLT")}]
    assert found.one_legged == ("news-60",)
    assert any("outcome known" in warning for warning in found.warnings)
    assert not any("outcome known" in warning for warning in series(MARKET).warnings)
    assert "nothing hedges it: news-60" in " ".join(found.warnings)
    reasons = {one.event: one.reason for one in found.left_out}
    assert "BOLT stands in both legs" in reasons["news-80"]
    assert "needs a long or a short leg" in reasons["news-90"]


def test_hits_and_misses_against_plain_prices() -> None:
    opens, closes = plain_prices()
    found = series(MARKET, overlap="skip", delay=1).expectations
    assert len(found) == 3 * len(ROWS)  # skipped events have expectations too
    members = {"maker": ["ACME", "BOLT"], "CLOUD": ["CLOUD"], "fund": ["SPARE"]}
    for line in found.to_dict("records"):
        row = int(line["event"].removeprefix("news-"))

        def excess(prices: Any, start: int, stop: int, name: str = line["name"]) -> float:
            moves = [closes[t][stop] / prices[t][start] - 1.0 for t in members[name]]
            benchmark = closes["BENCH"][stop] / prices["BENCH"][start] - 1.0
            return float(math.fsum(moves) / len(moves) - benchmark)

        first, window = excess(closes, row - 1, row), excess(opens, row + 1, row + 6)
        assert [line["first_session"], line["window"]] == pytest.approx([first, window], abs=1e-12)
        up = line["expected"] == "up"
        assert line["first_hit"] is ((first > 0) is up)
        assert line["window_hit"] is ((window > 0) is up)


def test_expectations_without_prices_say_why() -> None:
    events = (
        event_on(MARKET, 90, expected_winners=("DRIFT", "LATE")),
        event_on(MARKET, 10, expected_winners=("LATE", "nobody"), expected_losers=()),
        event_on(MARKET, 118, expected_winners=("BOLT",), expected_losers=()),
    )
    found = series(MARKET, events).expectations.set_index(["event", "name"])
    assert found.loc[("news-10", "LATE"), "reason"] == "LATE was not listed on 2026-06-12"
    assert "neither a bucket nor a ticker" in found.loc[("news-10", "nobody"), "reason"]
    assert found.loc[("news-90", "DRIFT"), "first_hit"] is None
    assert found.loc[("news-90", "LATE"), "window_hit"] is not None
    assert found.loc[("news-118", "BOLT"), "reason"] == "the prices end inside the window"
    assert found.loc[("news-118", "BOLT"), "window_hit"] is None
    assert found.loc[("news-118", "BOLT"), "first_hit"] is not None


def test_tags_and_days_choose() -> None:
    assert ids(series(MARKET, tags="odd")) == ["news-33"]
    assert len(series(MARKET, tags=["odd", "even"], overlap="stack").runs) == 6
    day = str(MARKET.sessions[60])
    assert ids(series(MARKET, between=(day, None), overlap="stack"))[0] == "news-60"
    assert ids(series(MARKET, between=(None, day), overlap="stack"))[-1] == "news-60"
    assert ids(series(MARKET, between=(day, day))) == ["news-60"]


@pytest.mark.parametrize(
    ("asked", "error", "says"),
    [
        ({"tags": ""}, ParameterError, "no tag"),
        ({"tags": []}, ParameterError, "no tag"),
        ({"tags": "ood"}, EventError, "Did you mean 'odd'"),
        ({"between": ("2027-01-01", None)}, EventError, "no event lies between"),
        ({"between": ("2026-09-01", "2026-08-01")}, ParameterError, "after the last"),
        ({"between": ("today", None)}, ParameterError, "no day"),
        ({"between": "2026-07-01"}, ParameterError, "no pair"),
        ({"overlap": "stak"}, ParameterError, "skip, stack, cap"),
        ({"overlap": "cap:nan"}, ParameterError, "no limit"),
        ({"overlap": "cap:-1"}, ParameterError, "no limit"),
        ({"overlap": "stack:2"}, ParameterError, "no limit"),
        ({"sides": "both"}, ParameterError, "sides"),
        ({"short": "CLOWD"}, EventError, "Did you mean 'CLOUD'"),
        ({"benchmark": "NOPE"}, EventError, "none of 6 events .*NOPE has no prices"),
        ({"hold": 500}, EventError, "none of 6 events"),
        ({"overlap": "stack", "stop_loss": 0.1}, ParameterError, "rules"),
        ({"overlap": "cap", "rebalance": "weekly"}, ParameterError, "rules"),
    ],
)
def test_what_cannot_be_used_says_so(asked: dict[str, Any], error: type[InputError], says: str) -> None:
    with pytest.raises(error, match=says):
        series(MARKET, **asked)


def test_a_choice_from_text() -> None:
    choice = parse_choice(" a, b ,a", "expected", ("2026-07-01", None), "cap:1.5")
    assert (choice.tags, choice.sides, choice.overlap) == (("a", "b"), Sides.EXPECTED, Overlap.CAP)
    assert (str(choice.first), choice.last, choice.max_gross) == ("2026-07-01", None, 1.5)


def test_stops_of_a_leg_need_names_that_keep_their_side() -> None:
    events = (event_on(MARKET, 33), event_on(MARKET, 60, expected_winners=("CLOUD",), expected_losers=("maker",)))
    with pytest.raises(ParameterError, match="long on one event and short on another"):
        series(MARKET, events, sides="expected", long_stop=0.05)
    stopped = series(MARKET, events, long_stop=0.001, costs=COSTS)
    assert "leg_stop" in set(stopped.book.orders["reason"])
    for run in stopped.runs:
        mine = run.fills
        book = stopped.book.fills[stopped.book.fills["session"].isin(mine["session"])]
        assert mine["reason"].tolist() == book["reason"].tolist()


def test_without_a_benchmark_returns_are_raw_and_a_warning_says_so() -> None:
    import dataclasses

    at = [MARKET.column(t) for t in MARKET.tickers if t != "BENCH"]
    fields = {name: getattr(MARKET, name)[:, at] for name in ("open", "high", "low", "close", "volume")}
    bare = dataclasses.replace(MARKET, tickers=tuple(MARKET.tickers[i] for i in at), **fields)
    found = series(bare)
    assert found.benchmark is None
    assert np.isnan(found.path["caar"]).all()
    assert np.isfinite(found.path["mean"]).all()
    assert "nothing is adjusted" in " ".join(found.warnings)
    line = found.expectations.iloc[1]
    assert line["first_session"] == pytest.approx(
        bare.close[33, bare.column("CLOUD")] / bare.close[32, bare.column("CLOUD")] - 1.0
    )


def test_hindsight_enters_before_the_news_and_after_close_news_at_the_next_open() -> None:
    early = series(MARKET, hindsight=True)
    assert early.book.schedule.hindsight
    assert str(early.runs[0].plan.entry_session) == str(MARKET.sessions[32])
    assert early.paths[0].shape[1] == 7
    line = early.expectations.iloc[1]
    column, bench = MARKET.column("CLOUD"), MARKET.column("BENCH")
    close = MARKET.close
    assert line["window"] == pytest.approx(close[38, column] / close[32, column] - close[38, bench] / close[32, bench])
    late = series(MARKET, (event_on(MARKET, 33, timing=Timing.AFTER_CLOSE),))
    assert str(late.runs[0].plan.entry_session) == str(MARKET.sessions[34])
