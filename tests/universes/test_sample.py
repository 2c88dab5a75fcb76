"""The sample market against the shipped facts: exact where reported, within sampling error elsewhere."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hedgebook.engine.arrays import Floats
from hedgebook.errors import ParameterError
from hedgebook.universes import sample
from hedgebook.universes.calendar import trading_calendar
from hedgebook.universes.market import FIELDS, Market
from hedgebook.universes.sample import SampleFacts, read_facts, sample_market, simulate

FACTOR_ETFS = ("SPY", "SMH", "IBIT", "MTUM")
BETAS = ("beta_market", "beta_semis", "beta_bitcoin", "beta_momentum")
SEEDS = (20260701, 0, 1, 2, 12345)


def table(name: str) -> list[dict[str, str]]:
    path = Path(sample.__file__).parent / "data" / name
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


ROWS = {row["ticker"]: row for row in table("sample_market.csv")}
FACTORS = {row["factor"]: row for row in table("sample_market_factors.csv")}


@pytest.fixture(scope="module", params=SEEDS)
def market(request: pytest.FixtureRequest) -> Market:
    return sample_market(request.param)


@pytest.fixture(scope="module")
def default() -> Market:
    return sample_market()


def returns(market: Market, ticker: str) -> Floats:
    """(T - 1,) simple returns of a ticker, NaN on the event days, whose returns no model made."""
    close = market.close[:, market.column(ticker)]
    out = close[1:] / close[:-1] - 1.0
    event = market.session_index("2026-07-01")
    out[event - 1 : event + 1] = np.nan
    return np.asarray(out)


def factors(market: Market) -> Floats:
    """(T - 1, 4) market, semis, bitcoin and momentum, solved from the four funds' returns and their betas."""
    etfs = np.column_stack([returns(market, ticker) for ticker in FACTOR_ETFS])
    betas = np.array([[float(ROWS[ticker][beta]) for beta in BETAS] for ticker in FACTOR_ETFS])
    return np.linalg.solve(betas, etfs.T).T


def regress(y: Floats, x: Floats) -> tuple[Floats, Floats]:
    """Slopes of y on x and their classical standard errors, rows with NaN left out."""
    keep = np.isfinite(y) & np.isfinite(x).all(axis=1)
    design = np.column_stack([np.ones(keep.sum()), x[keep]])
    beta = np.linalg.lstsq(design, y[keep], rcond=None)[0]
    residual = y[keep] - design @ beta
    variance = residual @ residual / (len(residual) - design.shape[1])
    errors = np.sqrt(variance * np.diag(np.linalg.inv(design.T @ design)))
    return beta[1:], errors[1:]


def deviation_bound(df: float, count: int) -> float:
    """Four standard errors of a sample deviation of Student-t draws, as a fraction of the deviation."""
    kurtosis = 3.0 + 6.0 / (df - 4.0)
    return 4.0 * 0.5 * float(np.sqrt((kurtosis - 1.0) / count))


class TestReported:
    def test_event_days_are_exact_for_every_ticker(self, market: Market) -> None:
        first = market.session_index("2026-07-01")
        for ticker, row in ROWS.items():
            close = market.close[first - 1 : first + 2, market.column(ticker)]
            assert close[0] == float(row["close_2026_06_30"]), ticker
            assert abs(close[1] / close[0] - 1.0 - float(row["return_2026_07_01"])) < 1e-12, ticker
            assert abs(close[2] / close[1] - 1.0 - float(row["return_2026_07_02"])) < 1e-12, ticker

    def test_opening_gaps_are_exact_and_mara_has_none(self, market: Market) -> None:
        first = market.session_index("2026-07-01")
        missing = []
        for ticker, row in ROWS.items():
            opened = market.open[first, market.column(ticker)]
            if row["gap_2026_07_01"] == "":
                missing.append(ticker)
                assert np.isnan(opened), ticker
            else:
                gap = opened / market.close[first - 1, market.column(ticker)] - 1.0
                assert abs(gap - float(row["gap_2026_07_01"])) < 1e-12, ticker
        assert missing == ["MARA"]

    def test_flagship_moves(self, default: Market) -> None:
        first = default.session_index("2026-07-01")
        meta, nbis = default.column("META"), default.column("NBIS")
        assert default.close[first - 1, meta] == 563.29
        assert default.close[first, meta] == pytest.approx(612.916, abs=1e-3)
        assert default.open[first, nbis] == pytest.approx(276.17 * 0.87, abs=1e-9)

    def test_shipped_facts_hold_the_given_numbers(self, shared: Path) -> None:
        for name, ours in (("sample_market.csv", ROWS), ("sample_market_factors.csv", FACTORS)):
            with (shared / "facts" / name).open(encoding="utf-8", newline="") as file:
                assert list(csv.DictReader(file)) == list(ours.values())


class TestShape:
    def test_sessions_are_those_of_the_exchange(self, default: Market) -> None:
        calendar = trading_calendar(2024, 2026).sessions
        expected = calendar[calendar <= np.datetime64("2026-09-30")]
        np.testing.assert_array_equal(default.sessions, expected)
        assert (str(default.sessions[0]), str(default.sessions[-1])) == ("2024-01-02", "2026-09-30")
        assert np.datetime64("2026-07-03") not in default.sessions

    def test_tickers_are_the_universe_in_its_order(self, default: Market) -> None:
        assert default.tickers == default.universe.tickers
        assert set(default.tickers) == set(ROWS)

    def test_listings_are_respected(self, market: Market) -> None:
        for ticker, row in ROWS.items():
            listed = market.sessions >= np.datetime64(row["first_session"])
            column = market.column(ticker)
            np.testing.assert_array_equal(np.isfinite(market.close[:, column]), listed, err_msg=ticker)
            assert np.isnan(market.open[~listed, column]).all(), ticker

    def test_only_the_known_opens_and_volumes_are_missing(self, default: Market) -> None:
        listed = np.isfinite(default.close)
        first = default.session_index("2026-07-01")
        missing = [(i, default.tickers[j]) for i, j in np.argwhere(np.isnan(default.open) & listed)]
        assert missing == [(first, "MARA")]
        without_volume = np.isnan(default.volume) & listed
        assert {default.tickers[j] for j in np.flatnonzero(without_volume.any(axis=0))} == {"MTUM"}
        assert np.isnan(default.volume[:, default.column("MTUM")]).all()

    def test_prices_are_positive_and_in_order(self, market: Market) -> None:
        listed = np.isfinite(market.close)
        assert (market.low[listed] > 0).all()
        assert (market.low[listed] <= market.close[listed]).all()
        assert (market.high[listed] >= market.close[listed]).all()
        opened = np.isfinite(market.open)
        assert (market.low[opened] <= market.open[opened]).all()
        assert (market.high[opened] >= market.open[opened]).all()
        assert (market.high[opened] > market.low[opened]).all()

    def test_volume_is_whole_shares_around_the_average_dollar_volume(self, default: Market) -> None:
        for ticker, row in ROWS.items():
            if not row["adv_usd_millions"]:
                continue
            column = default.column(ticker)
            volume = default.volume[np.isfinite(default.close[:, column]), column]
            price = default.close[np.isfinite(default.close[:, column]), column]
            assert (volume == np.round(volume)).all()
            ratio = (volume * price).mean() / (float(row["adv_usd_millions"]) * 1e6)
            # The lognormal's mean is one; 6 standard errors of it at a log deviation of at most 0.4.
            assert abs(ratio - 1.0) < 6 * 0.42 / np.sqrt(len(volume)), ticker
            assert 0.2 < np.log(volume * price).std() < 0.6, ticker

    def test_provenance_says_what_it_is(self, default: Market) -> None:
        seen = default.provenance
        assert (seen.source, seen.simulated) == ("sample", True)
        assert (seen.first, seen.last) == ("2024-01-02", "2026-09-30")
        assert seen.note == "simulated history, reported event-day moves on 2026-07-01 and 2026-07-02"
        assert len(seen.sha256) == 64

    def test_arrays_are_read_only(self, default: Market) -> None:
        with pytest.raises(ValueError, match="read-only"):
            default.close[0, 0] = 1.0


class TestSeeds:
    @pytest.fixture
    def fresh(self) -> Iterator[None]:
        sample.simulated_market.cache_clear()
        yield
        sample.simulated_market.cache_clear()

    @pytest.mark.usefixtures("fresh")
    def test_same_seed_same_market(self) -> None:
        first = sample_market(7)
        sample.simulated_market.cache_clear()
        second = sample_market(7)
        assert first is not second
        assert first.provenance.sha256 == second.provenance.sha256
        for field in FIELDS:
            np.testing.assert_array_equal(getattr(first, field), getattr(second, field))

    def test_market_is_built_once(self) -> None:
        assert sample_market() is sample_market()

    def test_other_seed_other_history(self, default: Market) -> None:
        other = sample_market(1)
        assert other.provenance.sha256 != default.provenance.sha256
        anchor = default.session_index("2026-06-30")
        same = other.close == default.close
        assert not same[:anchor].any()
        assert same[anchor].all()

    @pytest.mark.parametrize("seed", [-1, 1.5, "7", True, None])
    def test_bad_seed_is_refused(self, seed: Any) -> None:
        with pytest.raises(ParameterError, match=r"sample_market: seed: a seed is a whole number.*0, 1, 2"):
            sample_market(seed)

    def test_draws_that_leave_no_price_are_refused(self, default: Market) -> None:
        facts = read_facts()
        wild = replace(facts, residual_sd=facts.residual_sd * 50.0)
        with pytest.raises(ParameterError, match=r"which leaves no price \(got 3\)\. Choose another seed"):
            simulate(wild, default.sessions, 3)


def with_another_ticker(facts: SampleFacts) -> SampleFacts:
    """The facts with a ticker NEW before all others, and a factor of its own before all others."""
    count = len(facts.tickers)
    loadings = np.zeros((count + 1, len(facts.factors) + 1))
    loadings[1:, 1:] = facts.loadings
    loadings[0, 0] = 1.0
    return SampleFacts(
        tickers=("NEW", *facts.tickers),
        factors=("bucket_new", *facts.factors),
        loadings=loadings,
        factor_sd=np.r_[0.01, facts.factor_sd],
        factor_df=np.r_[6.0, facts.factor_df],
        residual_sd=np.r_[0.02, facts.residual_sd],
        anchor_close_usd=np.r_[100.0, facts.anchor_close_usd],
        gap=np.r_[0.01, facts.gap],
        event_returns=np.column_stack([[0.0, 0.0], facts.event_returns]),
        adv_usd=np.r_[1e8, facts.adv_usd],
    )


class TestModel:
    def test_another_ticker_changes_no_other(self, default: Market) -> None:
        facts = read_facts()
        before = simulate(facts, default.sessions, 5)
        after = simulate(with_another_ticker(facts), default.sessions, 5)
        for field in FIELDS:
            np.testing.assert_array_equal(after[field][:, 1:], before[field])

    def test_factor_deviations_are_the_given_ones(self, market: Market) -> None:
        solved = factors(market)
        solved = solved[np.isfinite(solved).all(axis=1)]
        for column, name in enumerate(("market", "semis", "bitcoin", "momentum")):
            given, df = float(FACTORS[name]["sd_daily"]), float(FACTORS[name]["student_t_df"])
            # Where the fourth moment barely exists the bound is wide, as it should be.
            assert abs(solved[:, column].std(ddof=1) / given - 1.0) < deviation_bound(df, len(solved)), name

    def test_spy_is_the_market(self, market: Market) -> None:
        spy = returns(market, "SPY")
        spy = spy[np.isfinite(spy)]
        row = FACTORS["market"]
        bound = deviation_bound(float(row["student_t_df"]), len(spy))
        assert abs(spy.std(ddof=1) / float(row["sd_daily"]) - 1.0) < bound
        assert abs(spy.mean()) < 4.0 * float(row["sd_daily"]) / np.sqrt(len(spy))

    def test_factors_are_uncorrelated(self, market: Market) -> None:
        solved = factors(market)
        solved = solved[np.isfinite(solved).all(axis=1)]
        off = np.asarray(np.corrcoef(solved.T))[~np.eye(4, dtype=bool)]
        assert np.abs(off).max() < 4.5 / np.sqrt(len(solved))

    def test_factor_funds_have_no_part_of_their_own(self) -> None:
        for ticker in FACTOR_ETFS:
            assert float(ROWS[ticker]["residual_sd_daily"]) == 0.0

    def test_without_residuals_every_return_is_an_exact_sum_of_the_factors(self, default: Market) -> None:
        """SMH - 2.1623 SPY is semis, and so on: then QQQ, and META, are exact sums of what the funds give."""
        facts = read_facts()
        plain = replace(facts, residual_sd=np.zeros_like(facts.residual_sd))
        close = simulate(plain, default.sessions, 11)["close"]
        change = close[1:] / close[:-1] - 1.0
        event = default.session_index("2026-07-01")
        quiet = np.delete(change, [event - 1, event], axis=0)
        of = {ticker: quiet[:, i] for i, ticker in enumerate(facts.tickers)}
        spy = of["SPY"]
        semis = of["SMH"] - 2.1623 * spy
        bitcoin = of["IBIT"] - 1.8663 * spy - 0.1254 * semis
        momentum = of["MTUM"] - 1.4149 * spy - 0.3633 * semis - 0.0162 * bitcoin
        qqq = 1.3278 * spy + 0.1987 * semis + 0.0172 * bitcoin + 0.0683 * momentum
        meta = 1.4764 * spy - 0.1665 * semis - 0.055 * bitcoin + 0.4295 * momentum
        np.testing.assert_allclose(of["QQQ"], qqq, atol=1e-12, rtol=0)
        np.testing.assert_allclose(of["META"], meta, atol=1e-12, rtol=0)
        crwv = of["CRWV"] - 2.8721 * spy - 0.8005 * semis - 0.3747 * bitcoin - 1.8574 * momentum
        nbis = of["NBIS"] - 3.311 * spy - 0.8718 * semis - 0.4748 * bitcoin - 1.5152 * momentum
        np.testing.assert_allclose(crwv / 1.2052, nbis / 1.2984, atol=1e-12, rtol=0)
        assert crwv.std() > 0.01

    @pytest.mark.parametrize("ticker", ["META", "CRWV", "QQQ", "WDC"])
    def test_regression_recovers_the_betas(self, default: Market, ticker: str) -> None:
        beta, error = regress(returns(default, ticker), factors(default))
        given = np.array([float(ROWS[ticker][name]) for name in BETAS])
        assert (np.abs(beta - given) < 4.0 * error).all(), (ticker, beta, given, error)
        # A bound that anything passes would prove nothing.
        assert error[0] < 0.5

    def test_overnight_share_of_the_variance(self, market: Market) -> None:
        overnight = np.log(market.open[1:] / market.close[:-1])
        whole = np.log(market.close[1:] / market.close[:-1])
        event = market.session_index("2026-07-01")
        overnight[event - 1 : event + 1] = whole[event - 1 : event + 1] = np.nan
        share = np.nanvar(overnight, axis=0) / np.nanvar(whole, axis=0)
        assert abs(share.mean() - 0.4) < 0.05
        assert share.min() > 0.25
        assert share.max() < 0.6

    def test_overnight_beta_resembles_the_daily_one(self, default: Market) -> None:
        overnight = np.log(default.open[1:] / default.close[:-1])
        market_part = overnight[:, default.column("SPY")]
        beta, error = regress(overnight[:, default.column("SMH")], market_part[:, None])
        assert abs(beta[0] - 2.1623) < 5.0 * error[0]


class TestExtremes:
    """Highs and lows against a walk that is simulated step by step."""

    @pytest.mark.parametrize("end", [0.0, 0.02, -0.03])
    def test_mean_high_and_low_of_a_bridge(self, end: float) -> None:
        stream = np.random.default_rng(3)
        deviation, steps, paths = 0.03, 1000, 4000
        walk = np.cumsum(stream.standard_normal((paths, steps)) * deviation / np.sqrt(steps), axis=1)
        time = np.arange(1, steps + 1) / steps
        bridge = walk - time * (walk[:, -1:] - end)
        # A walk in steps misses the peak between them by 0.5826 deviations of a step on average.
        missed = 0.5826 * deviation / np.sqrt(steps)
        highest = np.maximum(bridge.max(axis=1), 0.0) + missed
        lowest = np.minimum(bridge.min(axis=1), 0.0) - missed
        opens, close = np.ones((200_000, 1)), np.full((200_000, 1), np.exp(end))
        uniform = 1.0 - stream.random((200_000, 1))
        variance = np.array([deviation**2])
        for expected, sign in ((highest, 1.0), (lowest, -1.0)):
            found = np.log(sample._extreme(opens, close, uniform, variance, sign=sign))
            margin = 4.0 * expected.std() / np.sqrt(paths) + 0.02 * missed
            # At a fixed end the correction is a little too large, by at most itself times P(extreme = end).
            assert abs(found.mean() - expected.mean()) < margin + 0.5 * missed
            assert abs(found.std() / expected.std() - 1.0) < 0.06
