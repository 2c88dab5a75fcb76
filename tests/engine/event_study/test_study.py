"""What an event study leaves out, refuses and adds up, and that it never looks where it must not."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hedgebook.engine.event_study import EventStudy, EventWindow, StudyOptions, event_study
from hedgebook.engine.event_study.definitions import NAMES, TESTS
from hedgebook.errors import EventError, ParameterError, PriceDataError, UniverseError
from hedgebook.universes.event import Event, Timing, load_events
from hedgebook.universes.market import Market
from hedgebook.universes.sample import sample_market

from .markets import SESSION_0, dirty_market, event_at

SHORT = {"estimation_sessions": 60, "gap_sessions": 4, "names": ["maker", "seller"]}


@pytest.fixture(scope="module")
def market() -> Market:
    return dirty_market()


def study(market: Market, **changes: Any) -> EventStudy:
    return event_study(market, event_at(market.sessions[SESSION_0]), **{**SHORT, **changes})


def with_prices(market: Market, row: int, ticker: str, factor: float) -> Market:
    """The market with one ticker's prices of a session multiplied."""
    opens, close = market.open.copy(), market.close.copy()
    opens[row, market.column(ticker)] *= factor
    close[row, market.column(ticker)] *= factor
    return replace(market, open=opens, close=close)


class TestLeftOut:
    def test_short_histories_are_listed_with_the_reason(self, market: Market) -> None:
        found = study(market)
        # GGG begins at row 70, so rows 71 to 85 are its returns; the window is rows 26 to 85.
        assert found.excluded.set_index("ticker").loc["GGG"].tolist() == [
            "all",
            "15 returns in the estimation window, fewer than 30",
        ]
        assert "GGG" not in found.tickers.index
        assert study(market, options=StudyOptions(min_sessions=15)).tickers.loc["GGG", "sessions"] == 15

    def test_estimation_counts_only_returns_that_exist(self, market: Market) -> None:
        sessions = study(market).tickers["sessions"]
        # AAA misses one close, so two returns; BBB has its first close at row 25, so all of them.
        assert (sessions["AAA"], sessions["BBB"], sessions["DDD"]) == (58, 60, 60)

    def test_a_missing_close_takes_a_ticker_out_of_that_window_alone(self, market: Market) -> None:
        found = study(market, window=[(0, 0), (0, 8)])
        missing = found.excluded[found.excluded["ticker"] == "DDD"]
        assert missing["window"].tolist() == ["0..8"]
        assert missing["reason"].tolist() == [f"it has no return on {market.sessions[93]}"]
        kept = found.windows.groupby("window")["ticker"].agg(set)
        assert kept["0"] - kept["0..8"] == {"DDD"}
        assert np.isnan(found.abnormal.loc[3, "DDD"])

    def test_a_missing_open_takes_a_ticker_out_of_the_split_alone(self, market: Market) -> None:
        found = study(market, window=[(0, 0), "open-to-close"])
        assert "EEE" not in found.split.index
        assert "EEE" in set(found.windows.loc[found.windows["window"] == "0", "ticker"])
        reasons = found.excluded.set_index(["ticker", "window"])["reason"]
        assert reasons["EEE", "open-to-close"] == f"it has no return on {market.sessions[90]}"

    def test_what_explains_returns_is_not_studied(self, market: Market) -> None:
        found = study(market, names=["fund", "maker"])
        assert found.excluded.set_index("ticker").loc["SPY", "reason"] == "it is what the model explains returns with"
        assert "SMH" in found.tickers.index
        multi = study(market, names=["fund", "maker"], model="multi-factor")
        assert set(multi.excluded["ticker"]) == {"SPY", "SMH", "IBIT", "MTUM"}

    def test_by_default_every_bucket_but_the_benchmarks(self, market: Market) -> None:
        found = study(market, names=None)
        assert found.groups["group"].tolist() == ["portfolio", "maker", "seller"]

    def test_a_price_that_never_moves_cannot_be_tested(self, market: Market) -> None:
        close = market.close.copy()
        close[:, market.column("CCC")] = 7.0
        found = study(replace(market, close=close))
        assert "no variation" in found.excluded.set_index("ticker").loc["CCC", "reason"]

    def test_a_ticker_not_listed_yet(self) -> None:
        market = sample_market()
        found = event_study(market, load_events().get("deepseek-2025"))
        assert found.excluded.set_index("ticker").loc["CRWV", "reason"] == "it was not listed on 2025-01-27"

    def test_prices_that_begin_late_shorten_the_window(self, market: Market) -> None:
        later = market.rows(40, len(market.sessions))
        found = event_study(later, event_at(market.sessions[SESSION_0]), **SHORT)
        assert found.estimation_sessions == 45
        assert found.estimation_first == market.sessions[41]


class TestSessionZero:
    @pytest.mark.parametrize(
        ("on", "timing", "first"),
        [
            ("2026-06-30", Timing.AFTER_CLOSE, "2026-07-01"),
            ("2026-07-01", Timing.PRE_OPEN, "2026-07-01"),
            ("2026-06-30", Timing.INTRADAY, "2026-07-01"),
            ("2026-07-04", Timing.WEEKEND, "2026-07-06"),
        ],
    )
    def test_is_that_of_the_first_fill(self, on: str, timing: Timing, first: str) -> None:
        event = Event(id="e", announced_on=date.fromisoformat(on), timing=timing, headline="e", sources=("e",))
        found = event_study(sample_market(), event, names="META")
        assert str(found.first_fill) == first

    def test_estimation_ends_a_gap_before_it(self, market: Market) -> None:
        found = study(market)
        assert found.estimation_last == market.sessions[SESSION_0 - 5]
        assert found.estimation_first == market.sessions[SESSION_0 - 64]

    def test_no_price_after_a_window_or_in_the_gap_changes_it(self, market: Market) -> None:
        before = study(market, window=(0, 1))
        for row in (SESSION_0 - 3, SESSION_0 + 2, SESSION_0 + 10):
            after = study(with_prices(market, row, "AAA", 1.5), window=(0, 1))
            pd.testing.assert_frame_equal(before.tests, after.tests)
            pd.testing.assert_frame_equal(before.tickers, after.tickers)
        changed = study(with_prices(market, SESSION_0 + 1, "AAA", 1.5), window=(0, 1))
        assert not before.tests.equals(changed.tests)
        pd.testing.assert_frame_equal(before.tickers, changed.tickers)

    def test_no_event_price_reaches_the_model(self, market: Market) -> None:
        crash = study(with_prices(market, SESSION_0, "SPY", 0.7))
        pd.testing.assert_frame_equal(study(market).tickers, crash.tickers)


class TestAddsUp:
    def test_parts_of_session_0(self, market: Market) -> None:
        split = study(market).split
        total = split["gap_abnormal"] + split["tradable_abnormal"] + split["remainder"]
        assert total.to_numpy() == pytest.approx(split["abnormal"].to_numpy(), abs=1e-14)
        one = split[split["kind"] == "ticker"]
        whole = (1 + one["gap_return"]) * (1 + one["tradable_return"]) - 1
        assert whole.to_numpy() == pytest.approx(one["return"].to_numpy(), abs=1e-14)

    def test_the_benchmarks_own_gap_is_removed(self) -> None:
        # A ticker that is the benchmark doubled in every gap and halved in every session, but for noise.
        clean = dirty_market(dirt=False)
        spy, aaa = clean.column("SPY"), clean.column("AAA")
        opens, close = clean.open.copy(), clean.close.copy()
        gaps = opens[1:, spy] / close[:-1, spy] - 1
        rest = close[:, spy] / opens[:, spy] - 1
        noise = np.random.default_rng(1).normal(0, 1e-4, (len(close), 2))
        close[0, aaa] = 50.0
        for t in range(1, len(close)):
            opens[t, aaa] = close[t - 1, aaa] * (1 + 2.0 * gaps[t - 1] + noise[t, 0])
            close[t, aaa] = opens[t, aaa] * (1 + 0.5 * rest[t] + noise[t, 1])
        split = study(replace(clean, open=opens, close=close)).split.loc["AAA"]
        assert abs(split["gap_return"]) > 10 * abs(split["gap_abnormal"])
        assert abs(split["gap_abnormal"]) < 5e-4
        assert abs(split["tradable_abnormal"]) < 5e-4

    def test_cumulated_abnormal_returns(self, market: Market) -> None:
        found = study(market, window=(-2, 3))
        car = found.windows.set_index("ticker")["car"]
        summed = found.abnormal.loc[-2:3, list(car.index)].sum(skipna=False)
        assert car.to_numpy() == pytest.approx(summed.to_numpy(), abs=1e-14)
        path = found.path[found.path["group"] == "portfolio"]
        assert path["offset"].tolist() == list(range(-2, 4))
        assert path["caar"].iloc[-1] == pytest.approx(found.groups["caar"].iloc[0], abs=1e-14)
        assert path["standard_error"].iloc[-1] == pytest.approx(found.groups["standard_error"].iloc[0], rel=1e-12)
        assert path["session"].iloc[2] == pd.Timestamp(str(market.sessions[SESSION_0]))

    def test_one_ticker_has_only_the_tests_that_one_can_have(self, market: Market) -> None:
        tests = study(market, names=["AAA"]).tests_of()
        alone = {"portfolio", "permutation", "corrado-rank"}
        assert set(tests.index[tests["p_value"].notna()]) == alone
        row = study(market, names=["AAA"]).windows.iloc[0]
        assert tests.loc["portfolio", "statistic"] == pytest.approx(row["t"], rel=1e-12)
        assert tests.loc["portfolio", "p_value"] == pytest.approx(row["p_value"], rel=1e-12)

    def test_degrees_of_freedom_by_model(self, market: Market) -> None:
        lost = {"mean-adjusted": 1, "market-adjusted": 1, "market": 2, "multi-factor": 5}
        for model, parameters in lost.items():
            found = study(market, model=model, names=["DDD"])
            assert (found.tickers["sessions"] - found.tickers["df"]).tolist() == [parameters]
            sessions = found.tickers["sessions"].iloc[0]
            assert found.tests_of().loc["portfolio", "df"] == sessions - parameters

    def test_more_windows_or_tickers_change_nothing(self, market: Market) -> None:
        alone = study(market, window=(0, 3), names=["maker"])
        among = study(market, window=[(-2, 2), (0, 3), "gap"])
        pd.testing.assert_frame_equal(alone.tests_of("maker"), among.tests_of("maker", "0..3"))

    def test_stress_is_measured_on_the_sessions_of_the_largest_moves(self, market: Market) -> None:
        offsets = range(-2, 9)
        found = study(market, names=["EEE"], window=[(d, d) for d in offsets])
        rows = list(range(SESSION_0 - 64, SESSION_0 - 4))
        spy = pd.Series(market.close[:, 0]).pct_change(fill_method=None)[rows]
        own = pd.Series(market.close[:, market.column("EEE")]).pct_change(fill_method=None)[rows]
        model = found.tickers.loc["EEE"]
        stressed = spy.abs().nlargest(3).index
        residual = (own - model["alpha"] - model["beta_SPY"] * spy)[stressed].abs()
        wanted = [(residual >= abs(found.abnormal.loc[d, "EEE"])).mean() for d in offsets]
        groups = found.groups[found.groups["group"] == "portfolio"]
        assert groups["stress_frac"].to_list() == pytest.approx(wanted)
        assert len(set(wanted)) > 2


class TestShapes:
    def test_every_test_says_what_it_is(self, market: Market) -> None:
        found = study(market)
        assert found.tests_of().index.tolist() == list(NAMES)
        assert set(found.definitions) == set(NAMES)
        assert all(test.definition.endswith(").") and test.definition.count("(") for test in TESTS)
        assert len(found.headline) + len(found.diagnostics) == len(found.tests)
        assert set(found.headline["test"]) == {"portfolio", "kolari-pynnonen", "permutation", "corrado-rank"}

    def test_json(self, market: Market) -> None:
        raw = json.dumps(study(market, window=[(0, 2), "gap"]).to_dict(), allow_nan=False)
        assert json.loads(raw)["windows_requested"] == ["0..2", "gap"]
        assert json.loads(raw)["estimation"]["sessions"] == 60

    def test_seeds(self, market: Market) -> None:
        def drawn(seed: int) -> float:
            options = StudyOptions(seed=seed, draws=999)
            return float(study(market, window=(0, 3), options=options).tests_of().loc["permutation", "p_value"])

        assert drawn(1) == drawn(1)
        assert len({drawn(seed) for seed in range(6)}) > 1

    def test_closes_alone(self, market: Market) -> None:
        bare = replace(market, open=np.full_like(market.open, np.nan))
        found = study(bare)
        assert found.split.empty
        assert "closes only" in found.warnings[0]
        with pytest.raises(ParameterError, match="closes only"):
            study(bare, window="open-to-close")

    def test_the_benchmarks_missing_open(self, market: Market) -> None:
        opens = market.open.copy()
        opens[SESSION_0, 0] = np.nan
        broken = replace(market, open=opens)
        found = study(broken)
        assert found.split.empty
        assert "SPY" in found.warnings[0]
        with pytest.raises(PriceDataError, match="SPY"):
            study(broken, window="gap")


class TestRefusals:
    @pytest.mark.parametrize(
        ("changes", "error", "message"),
        [
            ({"model": "markt"}, ParameterError, "Did you mean 'market'"),
            ({"window": (1, 0)}, ParameterError, "ends before it begins"),
            ({"window": (-5, 0)}, ParameterError, "reaches into the estimation window"),
            ({"window": (0, 400)}, ParameterError, "the prices end"),
            ({"window": "opentoclose"}, ParameterError, "Did you mean 'open-to-close'"),
            ({"window": (0, 1.5)}, ParameterError, "no window"),
            ({"window": []}, ParameterError, "no window"),
            ({"window": 3}, ParameterError, "no window"),
            ({"estimation_sessions": 5}, ParameterError, "estimation_sessions"),
            ({"estimation_sessions": 60.0}, ParameterError, "estimation_sessions"),
            ({"gap_sessions": -1}, ParameterError, "gap_sessions"),
            ({"benchmark": "SPX"}, PriceDataError, "SPX has no prices"),
            ({"names": ["makers"]}, UniverseError, "Did you mean 'maker'"),
            ({"names": []}, ParameterError, "nothing to study"),
            ({"options": StudyOptions(factors=("semis",))}, ParameterError, "takes no factors"),
            ({"options": StudyOptions(min_sessions=61)}, ParameterError, "min_sessions"),
            (
                {"model": "multi-factor", "options": StudyOptions(factors=("semi",))},
                ParameterError,
                "Did you mean 'semis'",
            ),
            ({"names": ["GGG"]}, EventError, "no ticker can be studied"),
        ],
    )
    def test_parameters(self, market: Market, changes: dict[str, Any], error: type[Exception], message: str) -> None:
        with pytest.raises(error, match=message):
            study(market, **changes)

    def test_options(self) -> None:
        with pytest.raises(ParameterError, match="draws"):
            StudyOptions(draws=5)
        with pytest.raises(ParameterError, match="seed"):
            StudyOptions(seed=-1)

    def test_an_event_outside_the_prices(self, market: Market) -> None:
        with pytest.raises(EventError, match="do not cover"):
            event_study(market, event_at("2024-07-01"), **SHORT)
        with pytest.raises(EventError, match="no prices before"):
            event_study(market, event_at(market.sessions[3]), **SHORT)

    def test_a_benchmark_without_a_return_in_the_window(self, market: Market) -> None:
        close = market.close.copy()
        close[SESSION_0, 0] = np.nan
        with pytest.raises(PriceDataError, match=f"SPY: a return of {market.sessions[SESSION_0]} is missing"):
            study(replace(market, close=close))

    def test_names_in_a_table_of_tests(self, market: Market) -> None:
        with pytest.raises(ParameterError, match="Did you mean 'maker'"):
            study(market).tests_of("makr")
        with pytest.raises(ParameterError, match="window"):
            study(market).tests_of("maker", "0..9")

    def test_windows_can_be_given_as_windows(self, market: Market) -> None:
        assert study(market, window=EventWindow(0, 2)).requested == (EventWindow(0, 2),)
